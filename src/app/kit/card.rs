//! Cards at the pointer: hover texts, and hover cards with a name and rows of numbers.

use egui::{Align, Color32, FontId, Pos2, Rect, Response, Sense, Ui, pos2, vec2};

use super::{focus, paint};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// Points of width from which words are wrapped.
const WIDE: f32 = 320.0;

/// Shows one line or paragraph while the pointer rests on a widget, or it is focused by keyboard.
pub fn hover(response: Response, words: &str) -> Response {
    let show = |ui: &mut Ui| {
        let t1 = Theme::get(ui).t1;
        // Never narrower than it needs: the room that is left where it opens first may be a word wide.
        let own = paint::width(ui.painter(), words, text::body_font());
        ui.set_min_width(own.min(WIDE));
        ui.label(text::body(words).color(t1));
    };
    if focus::rests(&response) {
        egui::Tooltip::for_widget(&response).show(show);
        response
    } else if response.enabled() {
        response.on_hover_ui(show)
    } else {
        response.on_disabled_hover_ui(show)
    }
}

/// Writes one line within `room`; where it loses its end, the pointer brings the whole.
pub fn within(ui: &Ui, at: Pos2, room: f32, words: &str, font: FontId, ink: Color32) -> Rect {
    let (rect, cut) = paint::write_within(ui.painter(), at, room, words, font, ink);
    if cut {
        let place = [at.x as i32, at.y as i32];
        let id = ui.scope_id().with(("whole", words, place));
        hover(ui.interact(rect, id, Sense::hover()), words);
    }
    rect
}

/// The contents of a hover card: a name, then rows of a label and a number.
pub fn card<L: AsRef<str>>(ui: &mut Ui, name: &str, rows: &[(L, String)]) {
    let c = Theme::get(ui);
    let label_width = |label: &str| paint::width(ui.painter(), label, text::body_font());
    let value_width = |value: &str| paint::width(ui.painter(), value, text::mono_font());
    let labels = rows
        .iter()
        .map(|r| label_width(r.0.as_ref()))
        .fold(0.0, f32::max);
    let values = rows.iter().map(|r| value_width(&r.1)).fold(0.0, f32::max);
    let title = paint::width(ui.painter(), name, text::strong_font());
    let width = (labels + 16.0 + values).max(title);
    let height = 20.0 + metrics::ROW_LIST * rows.len() as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), egui::Sense::hover());
    response.widget_info(|| {
        let mut words = name.to_owned();
        for (label, value) in rows {
            words += &format!(", {} {value}", label.as_ref());
        }
        egui::WidgetInfo::labeled(egui::Role::Label, true, words)
    });
    let painter = ui.painter();
    let font = text::strong_font();
    let y = paint::baseline(painter, rect.top() + 8.0, font.size);
    paint::write(painter, pos2(rect.left(), y), Align::LEFT, name, font, c.t1);
    for (i, (label, value)) in rows.iter().enumerate() {
        let y = rect.top() + 20.0 + metrics::ROW_LIST * (i as f32 + 0.5);
        let y = paint::baseline(painter, y, text::size::BODY);
        let left = pos2(rect.left(), y);
        let label = label.as_ref();
        paint::write(painter, left, Align::LEFT, label, text::body_font(), c.t2);
        let right = pos2(rect.right(), y);
        paint::write(painter, right, Align::RIGHT, value, text::mono_font(), c.t1);
    }
}
