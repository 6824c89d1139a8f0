//! The hint bar of the first launch: one sentence on what is moving, and chips to go on with.

use crate::app::commands::Command;
use crate::app::explain::{self, Mark};
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::icons::Icon;
use crate::app::kit::{badge, card, paint};
use crate::app::pad;
use crate::app::state::{Action, Choice};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::learning::{Course, Verdict};
use egui::{Align, Layout, Role, Sense, Ui, UiBuilder, WidgetInfo, vec2};

/// True while the hint stands.
pub fn wanted(window: &Window) -> bool {
    !window.shell.settings.hint_closed
}

/// Draws the hint bar.
pub fn show(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let rect = ui.max_rect();
    let c = Theme::get(ui);
    ui.painter().rect_filled(rect, 0, c.bg2);
    paint::hline(ui.painter(), rect.x_range(), rect.top(), c.line);
    paint::hline(ui.painter(), rect.x_range(), rect.bottom() - 1.0, c.line);
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect.shrink2(vec2(metrics::PAD, 0.0)))
            .layout(Layout::left_to_right(Align::Center)),
    );
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 8.0;
    let broken = window.document.draft.conditions.broken() > 0;
    let words = words(window);
    let width = paint::width(ui.painter(), words, text::strong_font()).ceil();
    // Keys and buttons beside it come first.
    let others = if broken { 250.0 } else { 214.0 };
    let room = width.min((ui.available_width() - others).max(60.0));
    let (at, response) = ui.allocate_exact_size(vec2(room, metrics::CONTROL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    explain::mark(response, Mark::Words, "hint");
    let y = paint::baseline(ui.painter(), at.center().y, text::size::BODY);
    card::within(
        ui,
        egui::pos2(at.left(), y),
        room + 0.5,
        words,
        text::strong_font(),
        c.t1,
    );
    badge::key_cap(ui, "Space");
    super::super::kit::panel::bar_caption(
        ui,
        if window.view.playing {
            "pauses"
        } else {
            "plays"
        },
    );
    if broken {
        if Button::new("Hold all conditions").icon(Icon::Check).show(ui).clicked() {
            actions.push(Action::Command(Command::Mend));
        }
    } else if !window.shell.settings.broke_it
        && Button::new("Break it")
            .icon(Icon::Bolt)
            .hover("Shows the conditions of exactness at the left: switch one off and see what it costs.")
            .show(ui)
            .clicked()
    {
        actions.push(Action::Command(Command::BreakIt));
    }
    if !window.shell.settings.drew
        && window.shell.pad.is_none()
        && window.engine.data().is_some_and(pad::drawable)
        && ui.available_width() > 190.0
        && Button::new("Draw your own digit")
            .icon(Icon::Pencil)
            .hover("Opens a pad at the left: inference follows the pen.")
            .show(ui)
            .clicked()
    {
        actions.push(Action::Command(Command::Draw));
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if IconButton::new(Icon::Cross)
            .name("Close the hint (Help brings it back)")
            .show(ui)
            .clicked()
        {
            actions.push(Action::Choose(Choice::CloseHint));
        }
    });
}

/// What is moving, or what there is to see.
fn words(window: &Window) -> &'static str {
    let Some(micro) = &window.engine.micro else {
        return "";
    };
    let t = window.view.t.min(micro.states.len() - 1);
    let verdict = micro.states[t].verdict();
    let rule = micro.subject.rule;
    match rule.course() {
        _ if micro.states[t].first_not_finite.is_some() => {
            "Numbers have grown beyond what can be computed."
        }
        _ if verdict == Some(Verdict::NoUpdate) => {
            "No weight moves here: there is nothing to learn, or nothing passes."
        }
        Course::Front if micro.subject.conditions.broken() > 0 => {
            "A condition is off: this is what it costs."
        }
        Course::Front if !micro.plan.levelled => {
            "Skips are not levelled: blame comes by the short way first."
        }
        Course::Front if t >= micro.steps => {
            "Every level has been captured; now the update is applied."
        }
        _ => rule.facts().seen,
    }
}
