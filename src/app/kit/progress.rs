//! Progress: the name, the amount, a thin bar and Cancel. Never a bare spinner.

use egui::{Align, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::button::Button;
use super::paint;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A row of words and Cancel over a thin bar. The response is that of Cancel.
///
/// `words` names what and how much, as "train-images, 31 of 47 MB"; `share` goes from 0 to 1.
pub fn progress(ui: &mut Ui, words: &str, share: f32) -> Response {
    let size = vec2(ui.available_width(), metrics::CONTROL + 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, words);
        info.value = Some(f64::from(share));
        info
    });
    let c = Theme::get(ui);
    let row = Rect::from_min_size(rect.min, vec2(rect.width(), metrics::CONTROL));
    let place = Rect::from_min_max(pos2(row.right() - 48.0, row.top()), row.max);
    let layout = egui::Layout::right_to_left(Align::Center);
    let mut right = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
    let cancel = Button::plain("Cancel").show(&mut right);
    let painter = ui.painter();
    let y = paint::baseline(painter, row.center().y, text::size::BODY);
    let room = cancel.rect.left() - metrics::GAP - row.left();
    let at = pos2(row.left(), y);
    paint::write_within(painter, at, room, words, text::body_font(), c.t2);
    bar(
        painter,
        Rect::from_min_max(pos2(rect.left(), row.bottom()), rect.max),
        share,
        c,
    );
    cancel
}

/// The bar alone, 4 high at the bottom of `rect`.
fn bar(painter: &egui::Painter, rect: Rect, share: f32, c: &crate::app::theme::Tokens) {
    let track = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 4.0), rect.max);
    let track = paint::snap_rect(painter, track);
    painter.rect_filled(track, metrics::RADIUS_CELL, c.bg3);
    let mut done = track;
    done.set_width(track.width() * share.clamp(0.0, 1.0));
    painter.rect_filled(done, metrics::RADIUS_CELL, c.t1);
}
