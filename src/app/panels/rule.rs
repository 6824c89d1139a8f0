//! The rule in the set-up: which one, its γ and T, and what the energy weighs its terms by.

use super::setting::{has_room_for_words, setting, would_be};
use crate::app::format;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, Number, NumberField};
use crate::app::kit::segmented::Segmented;
use crate::app::kit::slider::Slider;
use crate::app::kit::{card, section, toggle};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::{Notice, Window};
use crate::experiment::file::{Experiment, MOST_STEPS};
use crate::experiment::interventions::free_input;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{
    Capture, Conditions, Course, GammaLimit, Inference, Precisions, PriorKind, Rule, Stability,
    rule,
};
use egui::Ui;

/// The precisions of the hidden levels as one field: a number for all of them, or a list from level 1 on.
#[derive(Clone, Copy, PartialEq)]
struct Levels(Precisions);

impl Number for Levels {
    fn read(text: &str) -> Option<Self> {
        let parts = text.split([' ', ';']).filter(|part| !part.is_empty());
        let list: Option<Vec<f64>> = parts.map(f64::read).collect();
        match list?.as_slice() {
            [] => None,
            [one] => Some(Self(Precisions::all(*one))),
            list => Precisions::try_from(list.to_vec()).ok().map(Self),
        }
    }

    fn exact(self) -> String {
        match self.0.list() {
            [] => "1".to_owned(),
            list => list.iter().map(|v| v.exact()).collect::<Vec<_>>().join(" "),
        }
    }

    fn short(self) -> String {
        match self.0.list() {
            [] => "1".to_owned(),
            [one] => one.short(),
            [first, .., last] => format!("{} … {}", first.short(), last.short()),
        }
    }

    fn moved(self, by: f64, speed: f64) -> Self {
        match self.0.list() {
            [] | [_] => Self(Precisions::all(self.0.of(1).moved(by, speed))),
            // A drag has no one number to move.
            _ => self,
        }
    }

    fn held(self, _least: Self, _most: Self) -> Self {
        self
    }

    fn as_f64(self) -> f64 {
        self.0.of(1)
    }

    const CALLED: &'static str = "a number, or one for each level from 1 on with spaces between";
}

/// Draws the section.
pub fn show(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    section::heading(ui, "Rule");
    ui.add_space(5.0);
    let old_rule = draft.learning.rule;
    let (mut rule, mut inference, mut conditions) = (old_rule, draft.inference, draft.conditions);
    choose(ui, &mut rule);
    ui.add_space(4.0);
    let depth = window.engine.micro.as_ref().map_or(0, |m| m.plan.depth());
    let lacking = |m: &&std::sync::Arc<_>| MicroscopeSnapshot::missing_steps(m) > 0;
    let short = window
        .engine
        .micro
        .as_ref()
        .filter(lacking)
        .map(|m| m.steps);
    match rule.course() {
        Course::Reverse => {
            section::value_row(ui, "γ", "none", metrics::ROW_SETTING);
            section::value_row(
                ui,
                "levels to reach",
                &depth.to_string(),
                metrics::ROW_SETTING,
            );
        }
        Course::Front => {
            wave(ui, depth, short, &mut inference, &mut conditions);
            levels(window, ui, &mut conditions);
        }
        _ => relaxation(window, ui, rule, depth, &mut inference),
    }
    if rule != old_rule
        && let Some(words) = adjust(rule, &mut inference)
    {
        actions.push(Action::Say(Notice {
            subject: "Changed with the rule.".into(),
            rest: words,
        }));
    }
    draft.learning.rule = rule;
    (draft.inference, draft.conditions) = (inference, conditions);
}

/// The rules in sight, and the others behind "More", which has the name of the chosen one of them.
fn choose(ui: &mut Ui, rule: &mut Rule) {
    let (in_sight, others) = (rule::listed(true), rule::listed(false));
    let first = in_sight.len();
    let mut names: Vec<&str> = in_sight.iter().map(|r| r.label()).collect();
    names.push(match others.contains(rule) {
        true => rule.label(),
        false => "More",
    });
    let mut place = in_sight.iter().position(|r| r == rule).unwrap_or(first);
    let width = ui.available_width();
    let rules = Segmented::new("Rule", &names)
        .width(width)
        .show(ui, &mut place);
    if rules.changed() {
        *rule = in_sight.get(place).copied().unwrap_or(others[0]);
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
    // What letters stand for is written out once.
    let long = rule.facts().long;
    if long != rule.label() {
        let c = Theme::get(ui);
        ui.add_space(2.0);
        let response = ui.label(text::caption(long).color(c.t2));
        card::hover(response, rule.sentence());
    }
}

/// Drops from a rule what it cannot do, and gives it the steps it needs; in words, if something had to change.
pub(in crate::app) fn adjust(rule: Rule, inference: &mut Inference) -> Option<String> {
    let mut said = Vec::new();
    if inference.adaptive && rule.relaxes() && !rule.may_adapt() {
        inference.adaptive = false;
        said.push(format!(
            "γ no longer adapts: the steps of {} do not descend one energy.",
            rule.label()
        ));
    }
    if inference.steps < rule.facts().least_steps {
        let (old, least) = (inference.steps, rule.facts().least_steps);
        inference.steps = least;
        said.push(format!(
            "T is {least} instead of {old}: {} needs a step of inference.",
            rule.label()
        ));
    }
    (!said.is_empty()).then(|| said.join(" "))
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

/// π of the hidden levels of Z-IL, once it is not 1.
fn levels(window: &Window, ui: &mut Ui, conditions: &mut Conditions) {
    if conditions.hidden_precision.are_one() {
        return;
    }
    const HOVER: &str = "π of the hidden levels: a number for all of them, or with spaces between those of level 1, 2 and so on. At 1 Z-IL is exact.";
    let now = &window.document.draft;
    setting(ui, "hidden precision π", HOVER, |ui| {
        let mut levels = Levels(conditions.hidden_precision);
        let [least, most] = [f64::NEG_INFINITY, f64::INFINITY].map(|v| Levels(Precisions::all(v)));
        let check = |v: Levels| {
            would_be(now, "conditions.hidden_precision", |e| {
                e.conditions.hidden_precision = v.0;
            })
        };
        let field = NumberField::new("Hidden precision of Z-IL", least..=most)
            .speed(0.005)
            .width(56.0)
            .check(&check)
            .show(ui, &mut levels);
        card::hover(field, HOVER);
        conditions.hidden_precision = levels.0;
    });
}

/// What a freed input is drawn to, where some of it is freed.
fn prior(window: &Window, ui: &mut Ui, inference: &mut Inference) {
    let now = &window.document.draft;
    let micro = window.engine.micro.as_ref();
    let freed = micro.is_some_and(|m| free_input(&now.interventions, &m.plan));
    if !freed && inference.input_prior == PriorKind::None {
        return;
    }
    const HOVER: &str = "What a freed input is drawn to: F gets ½ λ (x − m)ᵀ Q (x − m). To 0, to the mean of the training examples, or by a Gaussian with their covariance as well.";
    setting(ui, "input prior", HOVER, |ui| {
        let names = PriorKind::ALL.map(PriorKind::label);
        let kinds = PriorKind::ALL.iter();
        let mut place = kinds
            .clone()
            .position(|k| *k == inference.input_prior)
            .unwrap_or(0);
        let list = Dropdown::new("Prior of the input", &names).show(ui, &mut place);
        if list.changed() {
            inference.input_prior = PriorKind::ALL[place];
        }
        card::hover(list, HOVER);
    });
    if inference.input_prior != PriorKind::None {
        const STRENGTH: &str = "λ, how strongly the prior draws.";
        setting(ui, "strength λ", STRENGTH, |ui| {
            let check = |v| {
                would_be(now, "inference.prior_strength", |e| {
                    e.inference.prior_strength = v
                })
            };
            let field = NumberField::new("Strength of the prior", 0.0..=f64::INFINITY)
                .speed(0.005)
                .width(56.0)
                .check(&check)
                .show(ui, &mut inference.prior_strength);
            card::hover(field, STRENGTH);
        });
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
fn relaxation(window: &Window, ui: &mut Ui, rule: Rule, depth: usize, inference: &mut Inference) {
    let (now, stability) = (&window.document.draft, window.engine.stability);
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
    let (words, hover) = if rule.course() == Course::FrontThenRelaxing {
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
        let check = |v| would_be(now, "inference.steps", |e| e.inference.steps = v);
        let least = rule.facts().least_steps;
        NumberField::new("Steps T", least..=MOST_STEPS)
            .width(56.0)
            .check(&check)
            .show(ui, &mut inference.steps);
    });
    if let Some(words) = too_few(rule, inference.steps, depth) {
        let c = Theme::get(ui);
        ui.add(egui::Label::new(text::caption(words).color(c.t1)).wrap());
        ui.add_space(3.0);
    }
    if let Some(words) = cut_words(window) {
        let c = Theme::get(ui);
        ui.add(egui::Label::new(text::caption(words).color(c.t3)).wrap());
        ui.add_space(3.0);
    }
    ui.add_space(2.0);
    terms(ui, now, inference);
    prior(window, ui, inference);
    // What is on can always be switched off, also where a file has what cannot go together.
    if rule.may_adapt()
        && (inference.adaptive || inference.noise == 0.0 && !inference.gamma_correction)
    {
        toggle::row(
            ui,
            &mut inference.adaptive,
            "adaptive γ",
            "F never rises: at every step γ is halved, for each example by itself, until its F does not.",
        );
    }
    if !inference.adaptive || inference.gamma_correction {
        correction(ui, inference);
    }
}

/// What T below D means, in words.
fn too_few(rule: Rule, steps: usize, depth: usize) -> Option<String> {
    let short = rule.relaxes() && steps < depth;
    short.then(|| {
        let without = match depth - steps {
            1 => format!("level {depth} gets"),
            _ => format!("levels {} to {depth} get", steps + 1),
        };
        format!("T = {steps} is less than D = {depth}: errors come no deeper than level {steps}, and {without} no update.")
    })
}

/// What the microscope keeps of a phase that is longer than it has room for.
fn cut_words(window: &Window) -> Option<String> {
    let micro = window.engine.micro.as_ref()?;
    let asked = micro.asked;
    (asked > micro.steps).then(|| {
        format!(
            "the microscope shows the first {} steps ({} of states); training takes all {}",
            format::count(micro.steps as u64),
            format::bytes(crate::experiment::microscope::STATE_BUDGET as u64),
            format::count(asked as u64)
        )
    })
}

/// A number of the energy: its letter, its words, its name, its key in files.
struct Term {
    symbol: &'static str,
    words: &'static str,
    name: &'static str,
    key: &'static str,
    hover: &'static str,
}

/// The numbers that change the energy, or the way down it: side by side under their letters, or in words where the window is high.
fn terms(ui: &mut Ui, now: &Experiment, inference: &mut Inference) {
    // All of them side by side, also in the narrowest panel.
    let noisy = !inference.adaptive || inference.noise != 0.0;
    let roomy = has_room_for_words(ui);
    let fields = if noisy { 4.0 } else { 3.0 };
    let width = match roomy {
        true => 56.0,
        false => (ui.available_width() / fields - 18.0).clamp(22.0, 36.0),
    };
    let one = |ui: &mut Ui,
               term: &Term,
               of: fn(&mut Inference) -> &mut f64,
               inference: &mut Inference| {
        named(ui, roomy, term, |ui| {
            let check = |v| would_be(now, term.key, |e| *of(&mut e.inference) = v);
            let field = NumberField::new(term.name, 0.0..=f64::INFINITY)
                .speed(0.005)
                .width(width)
                .check(&check)
                .show(ui, of(inference));
            card::hover(field, term.hover);
        });
    };
    let mut all = |ui: &mut Ui| {
        let output = Term {
            symbol: "p",
            words: "output precision p",
            name: "Output precision",
            key: "inference.output_precision",
            hover: "p, the precision of the output: F⁰ is p times the loss. With a small p, IL comes close to backprop.",
        };
        one(ui, &output, |i| &mut i.output_precision, inference);
        let hidden = Term {
            symbol: "π",
            words: "hidden precision π",
            name: "Hidden precision",
            key: "inference.precision",
            hover: "π, the precision of every hidden level: F has ½ π |ε|². ε itself stays x − μ. Several numbers with spaces between are those of level 1, 2 and so on; deeper levels take the last.",
        };
        named(ui, roomy, &hidden, |ui| {
            let mut levels = Levels(inference.precision);
            let ends = [f64::NEG_INFINITY, f64::INFINITY];
            let [least, most] = ends.map(|v| Levels(Precisions::all(v)));
            let check = |v: Levels| would_be(now, hidden.key, |e| e.inference.precision = v.0);
            let field = NumberField::new(hidden.name, least..=most)
                .speed(0.005)
                .width(width)
                .check(&check)
                .show(ui, &mut levels);
            inference.precision = levels.0;
            card::hover(field, hidden.hover);
        });
        let decay = Term {
            symbol: "λ",
            words: "state decay λ",
            name: "State decay",
            key: "inference.state_decay",
            hover: "λ, state decay: F gets ½ λ |x|² over the free vertices.",
        };
        one(ui, &decay, |i| &mut i.state_decay, inference);
        if noisy {
            let noise = Term {
                symbol: "σ",
                words: "noise σ",
                name: "Noise",
                key: "inference.noise",
                hover: "σ, noise: every step adds σ √(2γ) times a draw from N(0, 1), by the seed: samples of exp(−F / σ²) instead of its minimum.",
            };
            one(ui, &noise, |i| &mut i.noise, inference);
        }
    };
    if roomy {
        all(ui);
    } else {
        field::row(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            all(ui);
        });
    }
    ui.add_space(3.0);
}

/// A field with its words before it in a row of its own, or with its letter among others.
fn named(ui: &mut Ui, roomy: bool, term: &Term, field: impl FnOnce(&mut Ui)) {
    if roomy {
        return setting(ui, term.words, term.hover, field);
    }
    let c = Theme::get(ui);
    let letter = ui.label(text::body(term.symbol).color(c.t2));
    card::hover(letter, term.hover);
    field(ui);
}

/// What γ is, and what is known of how large it may be.
fn limit_words(rule: Rule, stability: Option<Stability>) -> String {
    let own = "γ, the rate of inference: every x moves by γ times the sum of its pulls.";
    match (rule.facts().limit, stability) {
        (_, None) => own.to_owned(),
        (GammaLimit::Fixed(limit), _) => format!(
            "{own} With {} it is stable below {limit}, whatever the weights.",
            rule.label()
        ),
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
                "{own} Above {least}{} it does not settle near rest for the worst of the first {} training examples: 2 over the largest curvature of F there, {}. A local limit: elsewhere the curvature is another.{down}",
                format::number3(s.limit),
                s.examples,
                format::number3(s.curvature.largest)
            )
        }
    }
}
