//! Switches.

use egui::{Align, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};

const SIZE: egui::Vec2 = vec2(24.0, 14.0);

/// A switch alone, named for the accessibility tree.
pub fn switch(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let (rect, mut response) =
        ui.allocate_exact_size(vec2(SIZE.x, metrics::CONTROL), Sense::click());
    flip(&mut response, on);
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, name));
    let track = Rect::from_center_size(rect.center(), SIZE);
    paint_switch(ui, track, *on);
    paint::focus_ring(ui, &response, track);
    response
}

/// A row of the set-up: words at the left, a switch at the right, "off" beside it while it is off.
///
/// The whole row is the target. `hover` says what the condition is for.
pub fn row(ui: &mut Ui, on: &mut bool, words: &str, hover: &str) -> Response {
    let size = vec2(ui.available_width(), metrics::ROW_SETTING);
    let (rect, mut response) = ui.allocate_exact_size(size, Sense::click());
    flip(&mut response, on);
    response.widget_info(|| WidgetInfo::selected(Role::Switch, ui.is_enabled(), *on, words));
    let c = Theme::get(ui);
    let painter = ui.painter();
    let track = Rect::from_center_size(pos2(rect.right() - 0.5 * SIZE.x, rect.center().y), SIZE);
    let y = paint::baseline(painter, rect.center().y, text::size::BODY);
    let mut right = track.left() - 6.0;
    if !*on {
        let at = pos2(right, y);
        let off = paint::write(painter, at, Align::RIGHT, "off", text::caption_font(), c.t1);
        right = off.left() - 6.0;
    }
    let at = pos2(rect.left(), y);
    let room = right - rect.left();
    let ink = if response.hovered() || *on {
        c.t1
    } else {
        c.t2
    };
    let (_, cut) = paint::write_within(painter, at, room, words, text::body_font(), ink);
    paint_switch(ui, track, *on);
    paint::focus_ring(ui, &response, track);
    match (cut, hover.is_empty()) {
        (false, true) => response,
        (false, false) => super::card::hover(response, hover),
        (true, true) => super::card::hover(response, words),
        (true, false) => super::card::hover(response, &format!("{words}. {hover}")),
    }
}

fn flip(response: &mut Response, on: &mut bool) {
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
}

fn paint_switch(ui: &Ui, track: Rect, on: bool) {
    let c: &Tokens = Theme::get(ui);
    let painter = ui.painter();
    let radius = (0.5 * SIZE.y) as u8;
    let (fill, border, knob) = if on {
        (c.t1, c.t1, c.inverse)
    } else {
        (c.bg3, c.line2, c.t3)
    };
    paint::bordered(painter, track, radius, fill, border);
    let inset = 0.5 * SIZE.y;
    let x = if on {
        track.right() - inset
    } else {
        track.left() + inset
    };
    painter.circle_filled(pos2(x, track.center().y), 4.0, knob);
}
