//! `k` of `n` as squares, as for the levels captured so far.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

const SIDE: f32 = 10.0;
const PITCH: f32 = 14.0;

/// Squares beyond this many would fill a line: the words then stand alone.
const MOST: usize = 12;

/// Width of the squares for `total`, without the words beside them.
pub fn width(total: usize) -> f32 {
    if total > MOST {
        0.0
    } else {
        PITCH * total as f32
    }
}

/// `filled` squares of `total`, with "2 of 4" in words beside them and in full on hover.
pub fn squares(ui: &mut Ui, filled: usize, total: usize, what: &str) -> Response {
    let words = format!("{filled} of {total}");
    let font = text::caption_font();
    let w = paint::width(ui.painter(), &words, font.clone()).ceil();
    let row = width(total);
    let (rect, response) = ui.allocate_exact_size(vec2(row + 4.0 + w, 16.0), Sense::hover());
    let whole = format!("{words} {what}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &whole));
    let c = Theme::get(ui);
    let painter = ui.painter();
    for i in (0..total).take_while(|_| row > 0.0) {
        let corner = pos2(rect.left() + PITCH * i as f32, rect.center().y - 0.5 * SIDE);
        let square = paint::snap_rect(painter, Rect::from_min_size(corner, vec2(SIDE, SIDE)));
        if i < filled {
            painter.rect_filled(square, metrics::RADIUS_CELL, c.t1);
        } else {
            paint::bordered(painter, square, metrics::RADIUS_CELL, c.bg1, c.t3);
        }
    }
    let y = paint::baseline(painter, rect.center().y, font.size);
    let at = pos2(rect.left() + row + 4.0, y);
    paint::write(painter, at, egui::Align::LEFT, &words, font, c.t2);
    super::card::hover(response, &whole)
}
