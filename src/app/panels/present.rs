//! The layout for a projector: the network and the error wave, rule and verdict in one sentence, and what plays, read from the back row.

use super::{time_bar, waiting};
use crate::app::arrangement::Kind;
use crate::app::body;
use crate::app::commands::{Command, Context, TABLE, row_of};
use crate::app::format;
use crate::app::kit::button::IconButton;
use crate::app::kit::dropdown::menu_item;
use crate::app::kit::icons::Icon;
use crate::app::kit::{card, paint, panel, verdict};
use crate::app::layout::{FAR, Layout};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::views::spoken::{self, Form, Spoken};
use crate::app::views::{network, plane, wave};
use crate::app::window::Window;
use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Align, FontId, Popup, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// The size of the sentence: 40 pixels of 1080.
const SENTENCE: f32 = 40.0 / FAR;
/// The size of t, of 1080.
const STATE: f32 = 52.0 / FAR;
/// The part of the width that the network has; the error wave has the rest.
const NETWORK: f32 = 0.6;
/// Lines of the sentence.
const LINES: usize = 2;
/// Height of the strip that plays.
const STRIP: f32 = 78.0;
/// Diameters of the buttons: a step, and play.
const BUTTONS: [f32; 2] = [30.0, 42.0];
/// Where network and wave have no room beside each other, one of the views is shown.
const SMALL: egui::Vec2 = vec2(700.0, 400.0);

/// Draws it.
pub fn show(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let screen = ui.available_rect_before_wrap();
    let c = Theme::get(ui);
    if window.engine.micro.is_none() {
        body::within(ui, screen, |ui| waiting(window, ui, actions));
        return;
    }
    let small = screen.width() < SMALL.x || screen.height() < SMALL.y;
    let strip = screen.with_min_y(screen.bottom() - if small { 52.0 } else { STRIP });
    let said = window.with_frame(actions, |frame| spoken::spoken(frame, frame.t()));
    let Some(said) = said else { return };
    let pad = if small { metrics::PAD } else { 20.0 };
    let room = screen.width() - 2.0 * pad - SIGN;
    let size = if small {
        SENTENCE.min(text::size::TITLE)
    } else {
        SENTENCE
    };
    let (galley, whole) = fitting(ui, &said, size, room);
    let height = (galley.size().y + if small { 12.0 } else { 20.0 }).max(34.0);
    let middle = Rect::from_x_y_ranges(screen.x_range(), strip.top() - height..=strip.top());
    let above = screen.with_max_y(middle.top());
    if small {
        let id = body::compact_tab(Layout::Present);
        let mut tab = ui.data(|d| d.get_temp::<usize>(id)).unwrap_or(0);
        body::within(ui, above, |ui| {
            window.with_frame(actions, |frame| {
                body::compact(&mut tab, Layout::Present, ui, frame);
            });
        });
        ui.data_mut(|d| d.insert_temp(id, tab));
    } else {
        views(window, ui, above, actions);
    }
    paint::hline(ui.painter(), screen.x_range(), middle.top(), c.line);
    let place = middle.shrink2(vec2(pad, 0.0));
    body::within(ui, place, |ui| {
        sentence(ui, &said, galley, whole.as_deref())
    });
    paint::hline(ui.painter(), screen.x_range(), strip.top(), c.line);
    body::within(ui, strip, |ui| self::strip(window, ui, small, actions));
}

/// Network and error wave, side by side.
fn views(window: &Window, ui: &mut Ui, area: Rect, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let x = paint::snap(ui.painter(), area.left() + NETWORK * area.width());
    let left = area.with_max_x(x).shrink2(vec2(6.0, 2.0));
    let right = area.with_min_x(x + 1.0);
    body::within(ui, left, |ui| {
        let planar = window.with_frame(actions, |frame| Kind::of(frame) == Kind::Plane);
        // Of points of a plane, where they lie can be shown in its place.
        let id = ui.scope_id().with("plane in sight");
        let mut tab = ui.data(|d| d.get_temp::<usize>(id)).unwrap_or(0);
        if planar == Some(true) {
            panel::tab_bar(ui, &["Network", "Plane of inputs"], &mut tab, |_| {});
            ui.data_mut(|d| d.insert_temp(id, tab));
        } else {
            tab = 0;
        }
        let rest = ui.available_rect_before_wrap();
        body::within(ui, rest, |ui| {
            window.with_frame(actions, |frame| match tab {
                0 => network::ui(ui, frame),
                _ => plane::ui(ui, frame),
            });
        });
    });
    paint::vline(ui.painter(), x, area.y_range(), c.line);
    body::within(ui, right, |ui| {
        panel::title(ui, "Error wave");
        let rest = ui.available_rect_before_wrap();
        body::within(ui, rest, |ui| {
            window.with_frame(actions, |frame| wave::ui(ui, frame));
        });
    });
}

/// Room for the sign of a verdict.
const SIGN: f32 = 40.0;

/// The fullest form of the sentence that has room in its lines; of the last one the end is left out, and all of it told elsewhere.
fn fitting(ui: &Ui, said: &Spoken, size: f32, room: f32) -> (Arc<egui::Galley>, Option<String>) {
    let c = Theme::get(ui);
    let laid_out = |form: &Form, most: usize| {
        let format = |strong: bool| TextFormat {
            line_height: Some(1.25 * size),
            ..TextFormat::simple(
                match strong {
                    true => text::verdict_font(size),
                    false => FontId::new(size, text::family(text::Weight::Regular)),
                },
                if strong { c.t1 } else { c.t2 },
            )
        };
        let mut job = LayoutJob {
            wrap: TextWrapping {
                max_width: room,
                max_rows: most,
                ..TextWrapping::default()
            },
            ..LayoutJob::default()
        };
        let mut from = 0;
        for part in &form.strong {
            job.append(&form.words[from..part.start], 0.0, format(false));
            job.append(&form.words[part.clone()], 0.0, format(true));
            from = part.end;
        }
        job.append(&form.words[from..], 0.0, format(false));
        ui.painter().layout_job(job)
    };
    let whole = said.forms.iter().find_map(|form| {
        let galley = laid_out(form, usize::MAX);
        (galley.rows.len() <= LINES).then_some(galley)
    });
    match (whole, said.forms.last()) {
        (Some(galley), _) => (galley, None),
        (None, Some(form)) => (laid_out(form, LINES), Some(form.words.clone())),
        (None, None) => (laid_out(&Form::default(), 1), None),
    }
}

/// The sign of the verdict and the sentence.
fn sentence(ui: &mut Ui, said: &Spoken, galley: Arc<egui::Galley>, whole: Option<&str>) {
    let c = Theme::get(ui);
    let rect = ui.max_rect();
    let side = 24.0;
    let square = Rect::from_center_size(
        pos2(rect.left() + 0.5 * side, rect.center().y),
        vec2(side, side),
    );
    let response = ui.interact(square, ui.scope_id().with("verdict"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said.words));
    match said.verdict {
        Some(v) => {
            verdict::sign(v).paint_bold(ui.painter(), square, c.t1);
            crate::app::explain::mark(response, crate::app::explain::Mark::Verdict, v.words());
        }
        None => _ = card::hover(response, &said.words),
    }
    let at = pos2(rect.left() + SIGN, rect.center().y - 0.5 * galley.size().y);
    let at = pos2(at.x, paint::snap(ui.painter(), at.y));
    let place = Rect::from_min_size(at, galley.size());
    let words = galley.text().to_owned();
    let response = ui.interact(place, ui.scope_id().with("sentence"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    ui.painter().galley(at, galley, c.t1);
    if let Some(whole) = whole {
        card::hover(response, whole);
    }
}

/// What plays: a step back, play, a step on, where one is, the line of states, and the tools.
fn strip(window: &Window, ui: &mut Ui, small: bool, actions: &mut Vec<Action>) {
    let rect = ui.max_rect();
    let Some(micro) = window.engine.micro.clone() else {
        return;
    };
    let [step, play] = BUTTONS.map(|side| if small { 0.8 * side } else { side });
    let pad = if small { metrics::PAD } else { 16.0 };
    let mut x = rect.left() + pad;
    let moves = if window.moving() {
        Icon::Pause
    } else {
        Icon::Play
    };
    for (icon, command, side) in [
        (Icon::StepBack, Command::StepBack, step),
        (moves, Command::PlayPause, play),
        (Icon::StepForward, Command::StepForward, step),
    ] {
        let square =
            Rect::from_center_size(pos2(x + 0.5 * side, rect.center().y), vec2(side, side));
        if round(ui, square, icon, command, window.idle(command)) {
            actions.push(Action::Command(command));
        }
        x += side + 7.0;
    }
    x = where_one_is(window, ui, pos2(x + 9.0, rect.center().y), small) + 30.0;
    let end = tail(window, ui, rect, &micro, actions);
    let line = Rect::from_min_max(
        pos2(x, rect.center().y - 14.0),
        pos2(end, rect.center().y + 12.0),
    );
    if line.width() > 100.0 {
        time_bar::large_line(window, ui, &micro, line, actions);
    }
}

/// A button in a circle; true if it was pressed. The one that plays is filled.
fn round(ui: &mut Ui, rect: Rect, icon: Icon, command: Command, idle: Option<&str>) -> bool {
    let c = Theme::get(ui);
    let enabled = idle.is_none();
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.interact(rect, ui.scope_id().with(command), sense);
    let (name, key) = row_of(command).map_or(("", ""), |row| (row.name, row.written));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let plays = command == Command::PlayPause;
    let hot = enabled && response.hovered();
    let (fill, ink, edge) = match (plays, hot, enabled) {
        (true, false, _) => (c.t1, c.inverse, c.t1),
        (true, true, _) => (c.t1_hover, c.inverse, c.t1_hover),
        (false, true, _) => (c.bg3, c.t1, c.t2),
        (false, false, true) => (c.bg1, c.t1, c.line2),
        (false, false, false) => (c.bg1, c.line2, c.line),
    };
    let painter = ui.painter();
    painter.circle(
        rect.center(),
        0.5 * rect.width(),
        fill,
        egui::Stroke::new(1.0, edge),
    );
    let side = vec2(0.5, 0.5) * rect.size();
    icon.paint_bold(painter, Rect::from_center_size(rect.center(), side), ink);
    paint::focus_ring(ui, &response, rect);
    let words = idle.map_or_else(|| format!("{name}  ({key})"), str::to_owned);
    card::hover(response, &words).clicked()
}

/// t of T, and below it the update; the right edge of both.
fn where_one_is(window: &Window, ui: &mut Ui, at: egui::Pos2, small: bool) -> f32 {
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let large = if small {
        text::size::VERDICT_COMPACT
    } else {
        STATE
    };
    let mono = |size: f32| FontId::new(size, text::mono_font().family);
    let steps = window.engine.micro.as_ref().map_or(0, |m| m.steps);
    let state = format!("t = {}", window.view.t);
    let of = format!("of {steps}");
    let upper = paint::baseline(&painter, at.y - 9.0, large);
    let first = paint::write(
        &painter,
        pos2(at.x, upper),
        Align::LEFT,
        &state,
        mono(large),
        c.t1,
    );
    let next = pos2(first.right() + 8.0, upper);
    let second = paint::write(
        &painter,
        next,
        Align::LEFT,
        &of,
        mono(text::size::TITLE),
        c.t3,
    );
    let update = format!("update {}", format::count(window.shown_update()));
    let small_font = mono(text::size::MONO);
    let lower = paint::baseline(&painter, at.y + 16.0, small_font.size);
    let third = paint::write(
        &painter,
        pos2(at.x, lower),
        Align::LEFT,
        &update,
        small_font,
        c.t2,
    );
    let all = first.union(second).union(third);
    for (name, words, rect, hover) in [
        (
            "state",
            format!("{state} {of}"),
            first.union(second),
            "The inference state shown, of T",
        ),
        (
            "update",
            update,
            third,
            "The weights looked at are those after this update",
        ),
    ] {
        let response = ui.interact(rect, ui.scope_id().with(name), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        card::hover(response, hover);
    }
    all.right()
}

/// What the picture is, the tools, and the way back; the left edge of all.
fn tail(
    window: &Window,
    ui: &mut Ui,
    rect: Rect,
    micro: &Arc<crate::experiment::microscope::MicroscopeSnapshot>,
    actions: &mut Vec<Action>,
) -> f32 {
    // Where it is high enough, in two rows: the line of states has the width.
    let high = rect.height() > 70.0;
    let rect = rect.shrink2(vec2(metrics::PAD, 0.0));
    let [above, below] = match high {
        true => [-14.0, 15.0].map(|by| {
            let middle = pos2(rect.center().x, rect.center().y + by);
            Rect::from_center_size(middle, vec2(rect.width(), 26.0))
        }),
        false => [rect; 2],
    };
    let line = |rect: Rect| {
        UiBuilder::new()
            .max_rect(rect)
            .layout(egui::Layout::right_to_left(Align::Center))
    };
    let mut row = ui.new_child(line(below));
    row.spacing_mut().item_spacing.x = 6.0;
    let leave = IconButton::new(Icon::Cross)
        .name("Leave this layout")
        .shortcut("Esc")
        .show(&mut row);
    if leave.clicked() {
        actions.push(Action::Command(Command::Layout(Layout::Present)));
    }
    let tools = IconButton::new(Icon::Dots)
        .name("Tools to present with")
        .show(&mut row);
    Popup::menu(&tools)
        .accessible_name("Tools to present with")
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_max_width(320.0);
            let more = [Command::FullScreen, Command::Palette, Command::Keys];
            let own = |row: &&crate::app::commands::Row| {
                row.context == Context::Presenting || more.contains(&row.command)
            };
            for line in TABLE.iter().filter(own) {
                let idle = window.idle(line.command);
                if menu_item(ui, line.name, line.written, idle).clicked() {
                    actions.push(Action::Command(line.command));
                    ui.close();
                }
            }
        });
    let badge = time_bar::badge(window, micro);
    let badge = match high {
        true => badge.show(&mut ui.new_child(line(above))),
        false => badge.show(&mut row),
    };
    if badge.clicked() {
        actions.push(Action::Command(Command::Last));
    }
    row.min_rect().left().min(badge.rect.left())
}
