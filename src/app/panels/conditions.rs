//! The conditions of exactness: a table of switches, which the set-up panel draws and the palette lists.

use crate::app::kit::segmented::Segmented;
use crate::app::kit::{section, toggle};
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::learning::{Capture, Conditions, Epsilon, Order, Precisions, Shared, Start};
use crate::network::Layer;
use egui::{Align, Rect, Ui, pos2};

/// One switch.
pub struct Condition {
    /// What holds, in words.
    pub words: &'static str,
    /// Why it matters, and what is done where it does not hold.
    pub hover: &'static str,
    /// True where it can be broken: a network without shared weights or skips has nothing to break.
    pub applies: fn(&Window, &Experiment) -> bool,
    /// True if it holds.
    pub holds: fn(&Experiment) -> bool,
    set: fn(&mut Experiment, bool),
    /// It is Z-IL's: switching it shows Z-IL.
    own: bool,
}

impl Condition {
    /// Holds it, or breaks it.
    pub fn switch(&self, draft: &mut Experiment, on: bool) {
        (self.set)(draft, on);
        if self.own && !draft.learning.rule.has_conditions() {
            draft.learning.rule = Conditions::RULE;
        }
    }
}

fn always(_: &Window, _: &Experiment) -> bool {
    true
}

/// All of them, in the order in which they are drawn.
pub static CONDITIONS: [Condition; 8] = [
    Condition {
        words: "feed-forward start",
        hover: "Values start at their predictions, so at t = 0 every error but the output's is exactly 0. Off: hidden x are drawn from U(−½, ½), and there are errors that backprop knows nothing of.",
        applies: always,
        holds: |e| e.conditions.start == Start::FeedForward,
        set: |e, on| {
            e.conditions.start = if on {
                Start::FeedForward
            } else {
                Start::Random
            };
        },
        own: true,
    },
    Condition {
        words: "γ = 1",
        hover: "Each step moves x by the whole of its pull, so a level's error at the front is backprop's δ. Off: γ = 0.5, and level l is shortened by 0.5 to the power l.",
        applies: always,
        holds: |e| e.conditions.gamma == 1.0,
        set: |e, on| e.conditions.gamma = if on { 1.0 } else { 0.5 },
        own: true,
    },
    Condition {
        words: "level l taken at t = l",
        hover: "The contribution of level l is read at the moment the front reaches it. Off: one step late, when its own error has already been recomputed.",
        applies: always,
        holds: |e| e.conditions.capture == Capture::OnTime,
        set: |e, on| e.conditions.capture = if on { Capture::OnTime } else { Capture::Late },
        own: true,
    },
    Condition {
        words: "ε by increments",
        hover: "ε ← (ε + Δx) − (μ new − μ old) keeps every bit. Off: ε ← x − μ, equal in mathematics but not in floating point.",
        applies: always,
        holds: |e| e.conditions.epsilon == Epsilon::Increment,
        set: |e, on| {
            e.conditions.epsilon = if on {
                Epsilon::Increment
            } else {
                Epsilon::Naive
            };
        },
        own: true,
    },
    Condition {
        words: "old W until the end",
        hover: "Within a step: capture, then every x with the old W, then μ and ε; W changes after the phase. Off: W changes as soon as it is captured, before Δx is computed.",
        applies: always,
        holds: |e| e.conditions.order == Order::CaptureXW,
        set: |e, on| e.conditions.order = if on { Order::CaptureXW } else { Order::WFirst },
        own: true,
    },
    Condition {
        words: "hidden precision 1",
        hover: "Every hidden level weighs its error by 1. Off: by 0.5, and the pull that reaches level l is shortened by 0.5 to the power l − 1, its contribution by 0.5 to the power l.",
        applies: always,
        holds: |e| e.conditions.hidden_precision.are_one(),
        set: |e, on| {
            e.conditions.hidden_precision = Precisions::all(if on { 1.0 } else { 0.5 });
        },
        own: true,
    },
    Condition {
        words: "shared W at the end",
        hover: "What each time step adds to the shared weights is summed and applied after the phase. Off: each share changes them at once, and predictions ahead of the front move where nothing should.",
        applies: |w, _| w.engine.micro.as_ref().is_some_and(|m| m.plan.shares),
        holds: |e| e.conditions.shared == Shared::Together,
        set: |e, on| e.conditions.shared = if on { Shared::Together } else { Shared::AtOnce },
        own: true,
    },
    Condition {
        words: "skips levelled",
        hover: "Relays make every skip as long as the way round it, so that a vertex hears of the error once, at its level. Off: errors come by the short way first, and what is taken at t = l is only a part. Takes effect with the next run.",
        applies: |_, e| e.network.layers.iter().any(Layer::skips),
        holds: |e| e.network.levelled,
        set: |e, on| e.network.levelled = on,
        own: false,
    },
];

/// Draws the section.
pub fn show(window: &Window, draft: &mut Experiment, ui: &mut Ui) {
    let rule = draft.learning.rule;
    let response = section::heading(
        ui,
        if rule.has_conditions() {
            "Conditions of exactness"
        } else {
            "Conditions of exactness (Z-IL)"
        },
    );
    if window.shell.show_conditions > 0 {
        response.scroll_to_me(Some(Align::TOP));
    }
    ui.add_space(3.0);
    let top = ui.cursor().top();
    for condition in &CONDITIONS {
        if !(condition.applies)(window, draft) {
            continue;
        }
        let was = (condition.holds)(draft);
        let mut on = was;
        if toggle::row(ui, &mut on, condition.words, condition.hover).changed() {
            condition.switch(draft, on);
        }
        // What it is taken at instead stands below it, as long as it was so when the frame began.
        let late = draft.conditions.capture != Capture::OnTime;
        if condition.words == "level l taken at t = l" && late && !was {
            instead(ui, draft);
        }
    }
    // "Break it" leads here: the block is outlined for a moment.
    if let Some(left) = window.shell.conditions_outlined() {
        ui.request_repaint_after_secs(left as f32);
        let c = Theme::get(ui);
        let block = Rect::from_min_max(
            pos2(ui.min_rect().left() - 6.0, top - 4.0),
            pos2(ui.min_rect().right() + 6.0, ui.cursor().top() + 2.0),
        );
        ui.painter().rect_stroke(
            block,
            metrics::RADIUS,
            egui::Stroke::new(1.5, c.t1),
            egui::StrokeKind::Inside,
        );
    }
}

/// When levels are taken where it is not at t = l.
fn instead(ui: &mut Ui, draft: &mut Experiment) {
    let mut which = usize::from(draft.conditions.capture == Capture::End);
    ui.add_space(2.0);
    if Segmented::new("Taken instead", &["one step late", "all at t = D"])
        .width(ui.available_width())
        .show(ui, &mut which)
        .changed()
    {
        draft.conditions.capture = if which == 0 {
            Capture::Late
        } else {
            Capture::End
        };
        if !draft.learning.rule.has_conditions() {
            draft.learning.rule = Conditions::RULE;
        }
    }
    ui.add_space(3.0);
}
