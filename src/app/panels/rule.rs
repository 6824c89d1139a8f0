//! The rule in the set-up: which one, its γ and T, and what the energy weighs its terms by.

use super::setup::setting;
use crate::app::format;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::NumberField;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::slider::Slider;
use crate::app::kit::{card, section, toggle};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{Capture, Conditions, Inference, Precisions, Rule, Stability};
use egui::Ui;

/// Most inference steps the window keeps the states of.
const MOST_SHOWN: f64 = 200.0;

/// Draws the section.
pub fn show(window: &mut Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    section::heading(ui, "Rule");
    ui.add_space(5.0);
    let (old_rule, old_inference, old_conditions) = window.inference();
    let (mut rule, mut inference, mut conditions) = (old_rule, old_inference, old_conditions);
    choose(ui, &mut rule);
    ui.add_space(4.0);
    let depth = window.micro.as_ref().map_or(0, |m| m.plan.depth());
    let lacking = |m: &&std::sync::Arc<_>| MicroscopeSnapshot::missing_steps(m) > 0;
    let short = window.micro.as_ref().filter(lacking).map(|m| m.steps);
    match rule {
        Rule::Bp => {
            section::value_row(ui, "γ", "none", metrics::ROW_SETTING);
            section::value_row(
                ui,
                "levels to reach",
                &depth.to_string(),
                metrics::ROW_SETTING,
            );
        }
        Rule::Zil => wave(ui, depth, short, &mut inference, &mut conditions),
        _ => relaxation(ui, rule, depth, window.stability, &mut inference),
    }
    if rule != old_rule {
        adjust(rule, &mut inference);
    }
    if (rule, inference, conditions) != (old_rule, old_inference, old_conditions) {
        actions.push(Action::Rule {
            rule,
            inference,
            conditions,
        });
    }
}

/// The rules in sight, and the others behind "More".
fn choose(ui: &mut Ui, rule: &mut Rule) {
    let first = Rule::FIRST.len();
    let others = &Rule::ALL[first..];
    let mut names: Vec<&str> = Rule::FIRST.iter().map(|r| r.label()).collect();
    names.push("More");
    let mut place = Rule::FIRST.iter().position(|r| r == rule).unwrap_or(first);
    let width = ui.available_width();
    let rules = Segmented::new("Rule", &names)
        .width(width)
        .show(ui, &mut place);
    if rules.changed() {
        *rule = Rule::FIRST.get(place).copied().unwrap_or(others[0]);
    }
    if let Some(mut which) = others.iter().position(|r| r == rule) {
        ui.add_space(4.0);
        let names: Vec<&str> = others.iter().map(|r| r.label()).collect();
        let list = Dropdown::new("More rules", &names)
            .width(width)
            .show(ui, &mut which);
        if list.changed() {
            *rule = others.get(which).copied().unwrap_or(*rule);
        }
        card::hover(list, rule.sentence());
    }
}

/// Drops from a rule what it cannot do, and gives it the steps it needs.
fn adjust(rule: Rule, inference: &mut Inference) {
    inference.adaptive &= rule.may_adapt() || !rule.relaxes();
    inference.steps = inference.steps.max(1);
}

/// γ and T of Z-IL; `short` is the T of an example that lacks time steps.
fn wave(
    ui: &mut Ui,
    depth: usize,
    short: Option<usize>,
    inference: &mut Inference,
    conditions: &mut Conditions,
) {
    let slider = Slider::new("γ", 0.05..=1.0)
        .step(0.05)
        .width(ui.available_width())
        .show(ui, &mut conditions.gamma);
    card::hover(
        slider,
        "γ, the rate of inference. Z-IL is exact at 1; below 1 level l keeps its direction and is shortened by γ to the power l. Z-IL stops at D and needs no stability limit.",
    );
    let words = match short {
        // A short sequence is through earlier than the batch it trains in.
        Some(steps) => format!("{steps} here, D = {depth}"),
        None if conditions.capture == Capture::Late => format!("{} = D + 1", depth + 1),
        None => format!("{depth} = D"),
    };
    section::value_row(ui, "steps T", &words, metrics::ROW_SETTING);
    if conditions.gamma != 1.0 || inference.gamma_correction {
        correction(ui, inference);
    }
}

fn correction(ui: &mut Ui, inference: &mut Inference) {
    toggle::row(
        ui,
        &mut inference.gamma_correction,
        "divide level l by γ^l",
        "Each contribution of level l is divided by γ to the power l, before it is summed and before the optimiser: what γ below 1 takes from Z-IL's lengths, this gives back.",
    );
}

/// γ, T and the terms of the energy of IL and its kin.
fn relaxation(
    ui: &mut Ui,
    rule: Rule,
    depth: usize,
    stability: Option<Stability>,
    inference: &mut Inference,
) {
    let width = ui.available_width();
    let words = stability.map(|s| format!("stability limit here {}", format::number3(s.limit)));
    let mut slider = Slider::new("γ", 0.01..=1.0).logarithmic().width(width);
    if let (Some(s), Some(words)) = (stability, &words) {
        slider = slider.tick(s.limit, words);
    }
    let slider = slider.show(ui, &mut inference.gamma);
    if slider.changed() {
        inference.gamma = (inference.gamma * 1000.0).round() / 1000.0;
    }
    card::hover(slider, &limit_words(rule, stability));
    let (words, hover) = if rule == Rule::ZilThenIl {
        (
            format!("steps T, after D = {depth}"),
            "T, the steps of inference after Z-IL's own D.",
        )
    } else {
        (
            "steps T".to_owned(),
            "T, the number of inference steps before the weights are updated. Levels deeper than T get no update.",
        )
    };
    setting(ui, &words, hover, |ui| {
        let mut steps = inference.steps as f64;
        let field = NumberField::new("Steps T", 1.0..=MOST_SHOWN)
            .whole()
            .width(56.0)
            .show(ui, &mut steps);
        if field.changed() {
            inference.steps = steps.round() as usize;
        }
    });
    ui.add_space(2.0);
    terms(ui, inference);
    if rule.may_adapt() && inference.noise == 0.0 && !inference.gamma_correction {
        toggle::row(
            ui,
            &mut inference.adaptive,
            "γ adapts: F never rises",
            "At every step γ is halved, for each example by itself, until its F does not rise.",
        );
    }
    if !inference.adaptive {
        correction(ui, inference);
    }
}

/// The numbers that change the energy, or the way down it.
fn terms(ui: &mut Ui, inference: &mut Inference) {
    // All of them side by side, also in the narrowest panel.
    let fields = if inference.adaptive { 3.0 } else { 4.0 };
    let width = (ui.available_width() / fields - 18.0).clamp(22.0, 36.0);
    let number =
        |ui: &mut Ui, symbol: &str, name: &str, value: &mut f64, least: f64, hover: &str| {
            let c = Theme::get(ui);
            ui.label(text::body(symbol).color(c.t2));
            let field = NumberField::new(name, least..=100.0)
                .speed(0.005)
                .width(width)
                .show(ui, value);
            let changed = field.changed();
            card::hover(field, hover);
            changed
        };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        let p = &mut inference.output_precision;
        number(ui, "p", "Output precision", p, 0.001, "p, the precision of the output: F⁰ is p times the loss. With a small p, IL comes close to backprop.");
        // One number for all hidden levels; a file can give each its own.
        let mut hidden = inference.precision.of(1);
        if number(ui, "π", "Hidden precision", &mut hidden, 0.001, "π, the precision of every hidden level: F has ½ π |ε|². ε itself stays x − μ.") {
            inference.precision = Precisions::all(hidden);
        }
        number(ui, "λ", "State decay", &mut inference.state_decay, 0.0, "λ, state decay: F gets ½ λ |x|² over the free vertices.");
        if !inference.adaptive {
            number(ui, "σ", "Noise", &mut inference.noise, 0.0, "σ, noise: every step adds σ √(2γ) times a draw from N(0, 1), by the seed: samples of exp(−F / σ²) instead of its minimum.");
        }
    });
    ui.add_space(3.0);
}

/// What γ is, and what is known of how large it may be.
fn limit_words(rule: Rule, stability: Option<Stability>) -> String {
    let own = "γ, the rate of inference: every x moves by γ times the sum of its pulls.";
    match (rule, stability) {
        (_, None) => own.to_owned(),
        (Rule::FixedPrediction, _) => {
            format!("{own} With fixed predictions it is stable below 2, whatever the weights.")
        }
        (_, Some(s)) => {
            let (least, down) = (
                if s.found() { "" } else { "at most " },
                if s.curvature.smallest < 0.0 {
                    " Here F also bends down in some direction."
                } else {
                    ""
                },
            );
            format!(
                "{own} Above {least}{} it does not settle near rest for the worst of the first {} training examples: 2 / λ, with λ = {} the largest curvature of F there. A local limit: elsewhere the curvature is another.{down}",
                format::number3(s.limit),
                s.examples,
                format::number3(s.curvature.largest)
            )
        }
    }
}
