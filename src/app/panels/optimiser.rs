//! The optimiser in the set-up: its kind and the numbers it takes, the same for every rule.

use super::setting::{has_room_for_words, would_be};
use crate::app::kit::card;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, Number, NumberField};
use crate::app::text;
use crate::app::theme::Theme;
use crate::experiment::file::{Experiment, Learning};
use crate::learning::{OptimiserKind, OptimiserSettings};
use egui::Ui;

/// What the list offers: the kinds, with Nesterov's momentum as one of its own.
const CHOICES: [(&str, OptimiserKind, bool); 4] = [
    ("SGD", OptimiserKind::Sgd, false),
    ("SGD, Nesterov", OptimiserKind::Sgd, true),
    ("Adam", OptimiserKind::Adam, false),
    ("AdamW", OptimiserKind::AdamW, false),
];

/// The momentum that choosing Nesterov brings where there was none.
const USUAL_MOMENTUM: f64 = 0.9;

/// A number with its symbol before it.
fn number<V: Number + Send + Sync + 'static>(
    ui: &mut Ui,
    symbol: &str,
    field: NumberField<'_, V>,
    value: &mut V,
    hover: &str,
) {
    let c = Theme::get(ui);
    card::hover(ui.label(text::body(symbol).color(c.t2)), hover);
    let response = field.show(ui, value);
    card::hover(response, hover);
}

/// Draws the rows; a change is one of the draft.
pub fn show(ui: &mut Ui, draft: &mut Experiment) {
    let now = draft.clone();
    let learning = &mut draft.learning;
    let roomy = has_room_for_words(ui);
    let taken = if roomy { 0.0 } else { 118.0 };
    let kind = |ui: &mut Ui, learning: &mut Learning| {
        let names = CHOICES.map(|(name, ..)| name);
        let own = (learning.optimiser, learning.nesterov);
        let mut chosen = CHOICES
            .iter()
            .position(|(_, kind, nesterov)| *kind == own.0 && (kind.adapts() || *nesterov == own.1))
            .unwrap_or(0);
        let list = Dropdown::new("Optimiser", &names)
            .width((ui.available_width() - taken).max(66.0))
            .show(ui, &mut chosen);
        if list.changed()
            && let Some((_, kind, nesterov)) = CHOICES.get(chosen)
        {
            (learning.optimiser, learning.nesterov) = (*kind, *nesterov);
            if *nesterov && learning.momentum == 0.0 {
                learning.momentum = USUAL_MOMENTUM;
            }
        }
        card::hover(
            list,
            "How a gradient changes the weights: the same code for BP and every other rule, so equal bits in give equal bits out. What is changed here goes into the run by Apply, or into a new one.",
        );
    };
    let [rate_words, batch_words] = match roomy {
        true => ["rate", "batch"],
        false => ["α", "B"],
    };
    let rates = |ui: &mut Ui, learning: &mut Learning| {
        let check = |v| would_be(&now, "learning.rate", |e| e.learning.rate = v);
        let rate = NumberField::new("Rate", 0.0..=f64::INFINITY)
            .speed(0.001)
            .width(36.0)
            .up_to(48.0)
            .check(&check);
        let hover = "α, the learning rate.";
        number(ui, rate_words, rate, &mut learning.rate, hover);
        let check = |v| would_be(&now, "learning.batch", |e| e.learning.batch = v);
        let field = NumberField::new("Batch", 1..=usize::MAX)
            .width(28.0)
            .up_to(46.0)
            .check(&check);
        let hover = "B, examples per update; the gradient is their mean. Changed in the midst of a run, its epoch is gone on with: every example still comes once.";
        number(ui, batch_words, field, &mut learning.batch, hover);
    };
    if roomy {
        field::row(ui, |ui| kind(ui, learning));
        ui.add_space(4.0);
        field::row(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            rates(ui, learning);
        });
    } else {
        field::row(ui, |ui| {
            // Together as wide as the narrowest panel, with a rate of three decimals.
            ui.spacing_mut().item_spacing.x = 2.0;
            kind(ui, learning);
            rates(ui, learning);
        });
    }
    ui.add_space(4.0);
    field::row(ui, |ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        if learning.optimiser.adapts() {
            let usual = OptimiserSettings::sgd(0.0).betas;
            for (i, (symbol, name)) in [("β₁", "Beta 1"), ("β₂", "Beta 2")].into_iter().enumerate()
            {
                let check = |v| would_be(&now, "learning.betas", |e| e.learning.betas[i] = v);
                let field = NumberField::new(name, 0.0..=1.0)
                    .speed(0.001)
                    .width(34.0)
                    .up_to(48.0)
                    .check(&check);
                let hover = format!(
                    "{symbol}, how long Adam remembers the gradient (β₁) and its square (β₂); usually {}.",
                    usual[i]
                );
                number(ui, symbol, field, &mut learning.betas[i], &hover);
            }
        } else {
            let check = |v| would_be(&now, "learning.momentum", |e| e.learning.momentum = v);
            let field = NumberField::new("Momentum", 0.0..=1.0)
                .width(36.0)
                .up_to(48.0)
                .check(&check);
            let hover = if learning.nesterov {
                "m, the momentum, in Nesterov's form: v ← m v + g, W ← W + α (g + m v)."
            } else {
                "m, the momentum: v ← m v + g, W ← W + α v. The same for every rule."
            };
            number(ui, "momentum", field, &mut learning.momentum, hover);
        }
        let check = |v| {
            would_be(&now, "learning.weight_decay", |e| {
                e.learning.weight_decay = v;
            })
        };
        let field = NumberField::new("Weight decay", 0.0..=f64::INFINITY)
            .speed(0.0001)
            .width(26.0)
            .up_to(60.0)
            .check(&check);
        let how = if learning.optimiser == OptimiserKind::AdamW {
            "Weight decay d: W shrinks by α d at every update, apart from the gradient."
        } else {
            "Weight decay d: −d W is added to the gradient."
        };
        let what = match learning.decay_biases {
            true => "Weights and biases alike.",
            false => "Weights alone: the file says so of biases (learning.decay_biases).",
        };
        let hover = format!("{how} {what}");
        number(ui, "decay", field, &mut learning.weight_decay, &hover);
    });
}
