//! Headings, hairlines, and rows of a label and a value.

use egui::{Align, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A heading of a section, quieter than what it heads.
pub fn heading(ui: &mut Ui, words: &str) -> Response {
    heading_with(ui, words, "")
}

/// A heading with a caption at the right, as "Network … parameters".
pub fn heading_with(ui: &mut Ui, words: &str, caption: &str) -> Response {
    let size = vec2(ui.available_width(), 16.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
    let c = Theme::get(ui);
    let painter = ui.painter();
    let font = text::section_font();
    let y = paint::baseline(painter, rect.center().y, font.size);
    paint::write(
        painter,
        pos2(rect.left(), y),
        Align::LEFT,
        words,
        font,
        c.t3,
    );
    if !caption.is_empty() {
        let at = pos2(rect.right(), y);
        paint::write(
            painter,
            at,
            Align::RIGHT,
            caption,
            text::caption_font(),
            c.t3,
        );
    }
    explain::mark(response, Mark::Heading, words)
}

/// A hairline over the whole width of `ui`, with nothing above or below.
pub fn hairline(ui: &mut Ui) {
    let size = vec2(ui.available_width(), metrics::HAIRLINE);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    paint::hline(
        ui.painter(),
        rect.x_range(),
        rect.top(),
        Theme::get(ui).line,
    );
}

/// The hairline between two sections of a padded panel, reaching over the padding to its edges.
pub fn rule(ui: &mut Ui) {
    let size = vec2(
        ui.available_width(),
        metrics::SECTION_ABOVE + metrics::SECTION_BELOW,
    );
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let y = rect.top() + metrics::SECTION_ABOVE;
    let x = rect.x_range().expand(metrics::PAD);
    paint::hline(ui.painter(), x, y, Theme::get(ui).line);
}

/// [`rule`] with less room about it, for a panel that has to hold much.
pub fn close_rule(ui: &mut Ui) {
    let size = vec2(ui.available_width(), metrics::SECTION_ABOVE + 4.0);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let y = rect.top() + 5.0;
    let x = rect.x_range().expand(metrics::PAD);
    paint::hline(ui.painter(), x, y, Theme::get(ui).line);
}

/// A row with a label at the left and a number at the right.
pub fn value_row(ui: &mut Ui, label: &str, value: &str, height: f32) -> Response {
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label} {value}")));
    let cut = paint_value_row(ui, rect, label, value);
    if cut {
        super::card::hover(response, label)
    } else {
        explain::mark(response, Mark::Row, label)
    }
}

/// Draws a label and a number in a given place. Says whether the label lost its end.
pub fn paint_value_row(ui: &Ui, rect: Rect, label: &str, value: &str) -> bool {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let y = paint::baseline(painter, rect.center().y, text::size::BODY);
    let at = pos2(rect.right(), y);
    let number = paint::write(painter, at, Align::RIGHT, value, text::mono_font(), c.t1);
    let room = number.left() - metrics::GAP - rect.left();
    let at = pos2(rect.left(), y);
    paint::write_within(painter, at, room, label, text::body_font(), c.t2).1
}
