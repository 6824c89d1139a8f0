//! The set-up panel, in the order of a run: data, network, rule, conditions, train.

use super::{example, fold, layers};
use crate::app::commands::Command;
use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::icons::Icon;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{paint, panel, section, toggle};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{RaceCommand, RaceState};
use crate::learning::{Capture, Conditions, Epsilon, Order, Shared, Start};
use crate::network::Layer;
use egui::{Align, Margin, Rect, Ui, pos2, vec2};

/// Draws the set-up panel.
pub fn show(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    panel::header(ui, "Set-up", |_| {});
    // The way to start stays in sight, however long the rest is.
    let all = ui.available_rect_before_wrap();
    // Its height is known once it has been drawn.
    let id = ui.scope_id().with("foot");
    let before = ui.data(|d| d.get_temp::<f32>(id)).unwrap_or(100.0);
    let foot = before.clamp(60.0, (all.height() * 0.6).max(60.0));
    let low = Rect::from_min_max(pos2(all.left(), all.bottom() - foot), all.max);
    let c = Theme::get(ui);
    let used = crate::app::body::within(ui, low, |ui| {
        paint::hline(ui.painter(), low.x_range(), low.top(), c.line);
        let foot = egui::ScrollArea::vertical().id_salt("train");
        let shown = foot.show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(Margin {
                    left: 12,
                    right: 12,
                    top: 7,
                    bottom: 9,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
                    train(window, draft, ui, actions);
                })
        });
        shown.content_size.y
    });
    if (used - before).abs() > 0.5 {
        ui.data_mut(|d| d.insert_temp(id, used));
        ui.ctx().request_repaint();
    }
    let high = all.with_max_y(low.top());
    crate::app::body::within(ui, high, |ui| sections(window, draft, ui, actions));
}

fn sections(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    let shown = egui::ScrollArea::vertical()
        .id_salt("set-up")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(Margin {
                    left: 12,
                    right: 12,
                    top: 7,
                    bottom: 4,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
                    example::data(window, draft, ui, actions);
                    section::close_rule(ui);
                    layers::show(window, draft, ui, actions);
                    section::close_rule(ui);
                    super::rule::show(window, draft, ui, actions);
                    section::close_rule(ui);
                    conditions(window, draft, ui);
                });
        });
    // The conditions are to be in sight: what is read more seldom gives way.
    fold::decide(ui, shown.content_size.y, shown.inner_rect.height());
}

fn conditions(window: &Window, draft: &mut Experiment, ui: &mut Ui) {
    let (rule, old) = (draft.learning.rule, draft.conditions);
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
    let mut new = old;
    let row = |ui: &mut Ui, on: bool, words: &str, hover: &str| -> Option<bool> {
        let mut on = on;
        toggle::row(ui, &mut on, words, hover)
            .changed()
            .then_some(on)
    };
    if let Some(on) = row(
        ui,
        old.start == Start::FeedForward,
        "feed-forward start",
        "Values start at their predictions, so at t = 0 every error but the output's is exactly 0. Off: hidden x are drawn from U(−½, ½), and there are errors that backprop knows nothing of.",
    ) {
        new.start = if on {
            Start::FeedForward
        } else {
            Start::Random
        };
    }
    if let Some(on) = row(
        ui,
        old.gamma == 1.0,
        "γ = 1",
        "Each step moves x by the whole of its pull, so a level's error at the front is backprop's δ. Off: γ = 0.5, and level l is shortened by 0.5 to the power l.",
    ) {
        new.gamma = if on { 1.0 } else { 0.5 };
    }
    if let Some(on) = row(
        ui,
        old.capture == Capture::OnTime,
        "level l taken at t = l",
        "The contribution of level l is read at the moment the front reaches it. Off: one step late, when its own error has already been recomputed.",
    ) {
        new.capture = if on { Capture::OnTime } else { Capture::Late };
    }
    if old.capture != Capture::OnTime {
        let mut which = usize::from(old.capture == Capture::End);
        ui.add_space(2.0);
        if Segmented::new("Taken instead", &["one step late", "all at t = D"])
            .width(ui.available_width())
            .show(ui, &mut which)
            .changed()
        {
            new.capture = if which == 0 {
                Capture::Late
            } else {
                Capture::End
            };
        }
        ui.add_space(3.0);
    }
    if let Some(on) = row(
        ui,
        old.epsilon == Epsilon::Increment,
        "ε by increments",
        "ε ← (ε + Δx) − (μ new − μ old) keeps every bit. Off: ε ← x − μ, equal in mathematics but not in floating point.",
    ) {
        new.epsilon = if on {
            Epsilon::Increment
        } else {
            Epsilon::Naive
        };
    }
    if let Some(on) = row(
        ui,
        old.order == Order::CaptureXW,
        "old W until the end",
        "Within a step: capture, then every x with the old W, then μ and ε; W changes after the phase. Off: W changes as soon as it is captured, before Δx is computed.",
    ) {
        new.order = if on { Order::CaptureXW } else { Order::WFirst };
    }
    if let Some(on) = row(
        ui,
        old.hidden_precision == 1.0,
        "hidden precision 1",
        "Every hidden level weighs its error by 1. Off: by 0.5, and the pull that reaches level l is shortened by 0.5 to the power l − 1, its contribution by 0.5 to the power l.",
    ) {
        new.hidden_precision = if on { 1.0 } else { 0.5 };
    }
    if window.engine.micro.as_ref().is_some_and(|m| m.plan.shares)
        && let Some(on) = row(
            ui,
            old.shared == Shared::Together,
            "shared W at the end",
            "What each time step adds to the shared weights is summed and applied after the phase. Off: each share changes them at once, and predictions ahead of the front move where nothing should.",
        )
    {
        new.shared = if on { Shared::Together } else { Shared::AtOnce };
    }
    if draft.network.layers.iter().any(Layer::skips)
        && let Some(on) = row(
            ui,
            draft.network.levelled,
            "skips levelled",
            "Relays make every skip as long as the way round it, so that a vertex hears of the error once, at its level. Off: errors come by the short way first, and what is taken at t = l is only a part. Takes effect with the next run.",
        )
    {
        draft.network.levelled = on;
    }
    if new != old {
        draft.conditions = new;
        // A condition is Z-IL's: switching one shows Z-IL.
        if !rule.has_conditions() {
            draft.learning.rule = Conditions::RULE;
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

fn train(window: &Window, draft: &mut Experiment, ui: &mut Ui, actions: &mut Vec<Action>) {
    section::heading(ui, "Train");
    ui.add_space(4.0);
    super::optimiser::show(ui, draft);
    ui.add_space(5.0);
    ui.horizontal(|ui| {
        let running = window.engine.race.state == RaceState::Running;
        let words = if running { "Pause" } else { "Train" };
        let icon = if running { Icon::Pause } else { Icon::Play };
        if Button::primary(words)
            .icon(icon)
            .width((ui.available_width() - 80.0).max(70.0))
            .hover("Races BP, Z-IL and IL from one initial state on the same batches (T).")
            .show(ui)
            .clicked()
        {
            actions.push(Action::Command(Command::Train));
        }
        if Button::new("1 update")
            .width(71.0)
            .hover("One update of every lane (Shift Right).")
            .show(ui)
            .clicked()
        {
            actions.push(Action::Race(RaceCommand::RunUntil(
                window.engine.race.update + 1,
            )));
        }
    });
    if let Some(words) = trained(window) {
        ui.add_space(4.0);
        let c = Theme::get(ui);
        ui.label(text::caption(words).color(c.t3));
    }
    if window.has_draft() {
        changed(window, ui, actions);
    }
}

/// What can be done with changed settings: the run takes them up, a branch of it does, or a new run.
fn changed(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.add_space(6.0);
    let c = Theme::get(ui);
    let (made, at) = (window.engine.race.update, window.engine.wished());
    if window.can_take_up() {
        let words = match at {
            None => "Changed settings go into this run, or into a new one.".to_owned(),
            Some(at) => format!(
                "Changed settings go into a branch from update {}, or into the run as it is now.",
                format::count(at)
            ),
        };
        ui.label(text::caption(words).color(c.t2));
        ui.add_space(4.0);
        let newest = format!("Apply after update {}", format::count(made));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            if let Some(at) = at {
                let here = format!("Branch at update {}", format::count(at));
                if Button::new(&here).show(ui).clicked() {
                    actions.push(Action::TakeUp { branch: true });
                }
            }
            // While it trains, nobody knows at which update the press will come.
            let running = window.engine.race.state == RaceState::Running;
            let words = if running { "Apply now" } else { &newest };
            let hover = "All lanes go on with these settings from their next update on; the line of updates has a mark there.";
            if Button::new(words).hover(hover).show(ui).clicked() {
                actions.push(Action::TakeUp { branch: false });
            }
        });
        ui.add_space(4.0);
    } else {
        let words =
            "Changed settings take effect in a new run; the present one is kept until it starts.";
        ui.label(text::caption(words).color(c.t2));
        ui.add_space(4.0);
    }
    ui.horizontal(|ui| {
        if Button::new("Start new run").show(ui).clicked() {
            actions.push(Action::Start);
        }
        if Button::plain("Discard").show(ui).clicked() {
            actions.push(Action::Discard);
        }
    });
}

/// How far the race is, and whose weights the microscope looks at.
fn trained(window: &Window) -> Option<String> {
    let made = window.engine.race.update;
    let noun = if made == 1 { "update" } else { "updates" };
    let subject = &window.engine.micro.as_ref()?.subject;
    (made > 0).then(|| {
        format!(
            "{} {noun} trained; the microscope looks at the weights of {} at update {}",
            format::count(made),
            subject.run_label(),
            format::count(subject.update)
        )
    })
}
