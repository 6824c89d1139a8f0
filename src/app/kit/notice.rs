//! Notices inside the panel they concern: what, where, what was expected, and what did not change.

use egui::text::LayoutJob;
use egui::{Response, Role, Sense, TextFormat, Ui, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// Width of the column of the sign.
pub const INDENT: f32 = 24.0;

/// A warning sign, then a paragraph that starts with `subject` in bold: "**labels.idx** holds …".
pub fn warning(ui: &mut Ui, subject: &str, rest: &str) -> Response {
    let width = ui.available_width();
    let galley = ui
        .painter()
        .layout_job(paragraph(ui, subject, rest, width - INDENT));
    let size = vec2(width, galley.size().y.max(metrics::ICON));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let words = format!("{subject} {rest}");
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &words));
    let c = Theme::get(ui);
    Icon::Warning.paint(ui.painter(), rect.min + vec2(8.0, 8.0), c.t1);
    let at = pos2(rect.left() + INDENT, rect.top());
    ui.painter().galley(at, galley, c.t2);
    response
}

/// A paragraph of body text that starts with a few bold words.
pub fn lead(ui: &mut Ui, subject: &str, rest: &str) -> Response {
    let galley = ui
        .painter()
        .layout_job(paragraph(ui, subject, rest, ui.available_width()));
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{subject} {rest}")));
    ui.painter().galley(rect.min, galley, Theme::get(ui).t2);
    response
}

fn paragraph(ui: &Ui, subject: &str, rest: &str, width: f32) -> LayoutJob {
    let c = Theme::get(ui);
    let format = |font: egui::FontId, color| TextFormat {
        line_height: Some(text::line_height(font.size)),
        font_id: font,
        color,
        ..TextFormat::default()
    };
    let mut job = LayoutJob::default();
    job.wrap.max_width = width.max(0.0);
    if !subject.is_empty() {
        job.append(subject, 0.0, format(text::medium_font(), c.t1));
        job.append(" ", 0.0, format(text::body_font(), c.t2));
    }
    job.append(rest, 0.0, format(text::body_font(), c.t2));
    job
}
