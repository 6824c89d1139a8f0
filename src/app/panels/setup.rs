//! The set-up panel, in the order of a run: data, network, rule, conditions, train.

use super::{example, fold, layers};
use crate::app::commands::Command;
use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::icons::Icon;
use crate::app::kit::{paint, panel, section};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::Theme;
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{RaceCommand, RaceState};
use egui::{Margin, Rect, Ui, pos2, vec2};

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
                    super::conditions::show(window, draft, ui);
                });
        });
    // The conditions are to be in sight: what is read more seldom gives way.
    fold::decide(ui, shown.content_size.y, shown.inner_rect.height());
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
