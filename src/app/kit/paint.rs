//! Drawing shared by the widgets: text placed by its baseline, crisp lines, dashes, the focus ring.

use std::sync::Arc;

use egui::epaint::TextShape;
use egui::{
    Align, Color32, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Response, Shape, Stroke,
    StrokeKind, Ui, pos2, vec2,
};

use crate::app::text::CAP_HEIGHT;
use crate::app::theme::{Theme, metrics};

/// The nearest physical pixel edge to a position in points.
pub fn snap(painter: &Painter, v: f32) -> f32 {
    let scale = painter.pixels_per_point();
    (v * scale).round() / scale
}

/// A rectangle with its edges moved to the nearest physical pixel edges.
pub fn snap_rect(painter: &Painter, rect: Rect) -> Rect {
    Rect::from_min_max(
        pos2(snap(painter, rect.min.x), snap(painter, rect.min.y)),
        pos2(snap(painter, rect.max.x), snap(painter, rect.max.y)),
    )
}

/// The baseline that centres capitals and digits of a type size on `y`.
pub fn baseline(painter: &Painter, y: f32, size: f32) -> f32 {
    snap(painter, y + 0.5 * CAP_HEIGHT * size)
}

/// The width of one line of text.
pub fn width(painter: &Painter, text: &str, font: FontId) -> f32 {
    layout(painter, text, font).size().x
}

fn layout(painter: &Painter, text: &str, font: FontId) -> Arc<Galley> {
    painter.layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
}

/// Writes one line whose baseline is `at.y`; `at.x` is its left edge, middle or right edge.
///
/// Returns the rectangle of the line. Texts of different fonts with the same `at.y` share a baseline.
pub fn write(
    painter: &Painter,
    at: Pos2,
    align: Align,
    text: &str,
    font: FontId,
    color: Color32,
) -> Rect {
    place(painter, at, align, layout(painter, text, font), color)
}

/// [`write()`], losing the end of the text with "…" beyond `room`. The flag says whether it did.
pub fn write_within(
    painter: &Painter,
    at: Pos2,
    room: f32,
    text: &str,
    font: FontId,
    color: Color32,
) -> (Rect, bool) {
    let format = egui::TextFormat::simple(font, Color32::PLACEHOLDER);
    let mut job = egui::text::LayoutJob::single_section(text.to_owned(), format);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(0.0));
    let galley = painter.layout_job(job);
    let cut = galley.elided;
    (place(painter, at, Align::LEFT, galley, color), cut)
}

fn place(painter: &Painter, at: Pos2, align: Align, galley: Arc<Galley>, color: Color32) -> Rect {
    let to_baseline = galley.rows.first().map_or(0.0, |row| {
        row.pos.y + row.glyphs.first().map_or(0.0, |glyph| glyph.pos.y)
    });
    let x = match align {
        Align::Min => at.x,
        Align::Center => at.x - 0.5 * galley.size().x,
        Align::Max => at.x - galley.size().x,
    };
    let top_left = pos2(snap(painter, x), snap(painter, at.y) - to_baseline);
    let rect = Rect::from_min_size(top_left, galley.size());
    painter.add(TextShape::new(top_left, galley, color));
    rect
}

/// A horizontal hairline whose upper edge is at `y`.
pub fn hline(painter: &Painter, x: impl Into<egui::Rangef>, y: f32, color: Color32) {
    let (x, y) = (x.into(), snap(painter, y));
    let rect = Rect::from_min_max(pos2(x.min, y), pos2(x.max, y + metrics::HAIRLINE));
    painter.rect_filled(rect, 0, color);
}

/// A vertical hairline whose left edge is at `x`.
pub fn vline(painter: &Painter, x: f32, y: impl Into<egui::Rangef>, color: Color32) {
    let (x, y) = (snap(painter, x), y.into());
    let rect = Rect::from_min_max(pos2(x, y.min), pos2(x + metrics::HAIRLINE, y.max));
    painter.rect_filled(rect, 0, color);
}

/// A rectangle with a border of one hairline inside its edge.
pub fn bordered(
    painter: &Painter,
    rect: Rect,
    radius: impl Into<CornerRadius>,
    fill: Color32,
    border: Color32,
) {
    let stroke = Stroke::new(metrics::HAIRLINE, border);
    painter.rect(rect, radius, fill, stroke, StrokeKind::Inside);
}

/// A dashed rectangle of one hairline, inside `rect`.
pub fn dashed_rect(painter: &Painter, rect: Rect, color: Color32) {
    let rect = snap_rect(painter, rect);
    let dash = [3.0, 2.0];
    for y in [rect.top(), rect.bottom() - metrics::HAIRLINE] {
        for (from, to) in runs(rect.left(), rect.right(), dash) {
            hline(painter, from..=to, y, color);
        }
    }
    for x in [rect.left(), rect.right() - metrics::HAIRLINE] {
        for (from, to) in runs(rect.top(), rect.bottom(), dash) {
            vline(painter, x, from..=to, color);
        }
    }
}

/// Dashes from `from` to `to`, placed so that both ends are covered.
fn runs(from: f32, to: f32, [dash, gap]: [f32; 2]) -> impl Iterator<Item = (f32, f32)> {
    let length = (to - from).max(0.0);
    let count = (((length - dash) / (dash + gap)).round()).max(1.0);
    let pitch = (length - dash) / count;
    (0..=count as usize).map(move |i| {
        let start = from + pitch * i as f32;
        (start, (start + dash).min(to))
    })
}

/// A line through `points`, with dashes and gaps of the given lengths in turn; none means solid.
pub fn dashes(painter: &Painter, points: &[Pos2], pattern: &[f32], stroke: Stroke) {
    if pattern.is_empty() {
        painter.add(Shape::line(points.to_vec(), stroke));
        return;
    }
    let lengths: Vec<f32> = pattern.iter().copied().step_by(2).collect();
    let gaps: Vec<f32> = pattern.iter().copied().skip(1).step_by(2).collect();
    painter.extend(Shape::dashed_line_with_offset(
        points, stroke, &lengths, &gaps, 0.0,
    ));
}

/// A small triangle that points down, filled or in outline, as capture marks are.
pub fn capture_mark(painter: &Painter, centre: Pos2, side: f32, color: Color32, filled: bool) {
    let (w, h) = (0.5 * side, 0.5 * side);
    let corners = vec![
        centre + vec2(-w, -h),
        centre + vec2(w, -h),
        centre + vec2(0.0, h),
    ];
    if filled {
        painter.add(Shape::convex_polygon(corners, color, Stroke::NONE));
    } else {
        painter.add(Shape::closed_line(
            corners,
            Stroke::new(metrics::HAIRLINE, color),
        ));
    }
}

/// The sign of what is frozen.
pub fn snowflake(painter: &Painter, centre: Pos2, color: Color32) {
    let square = Rect::from_center_size(centre, vec2(11.0, 11.0));
    super::icons::Icon::Snowflake.paint_in(painter, square, color);
}

/// Outlines a widget that has the keyboard focus.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        super::focus::ringed(response);
        let ring = rect.expand(2.0);
        let stroke = Stroke::new(metrics::STROKE, Theme::get(ui).t1);
        let radius = CornerRadius::same(metrics::RADIUS + 2);
        ui.painter()
            .rect_stroke(ring, radius, stroke, StrokeKind::Outside);
    }
}

/// Writes one line centred in `rect`, unless it is wider than that: the mark's card has it then.
pub fn centred_where_fits(painter: &Painter, rect: Rect, text: &str, font: FontId, color: Color32) {
    if width(painter, text, font.clone()) <= rect.width() - 2.0 {
        centred(painter, rect, text, font, color);
    }
}

/// Writes a small number centred at a place in a row of them, unless it would touch the one before, which ends at `free`.
pub fn write_where_free(painter: &Painter, at: Pos2, text: &str, free: &mut f32, color: Color32) {
    let font = crate::app::text::mono_small_font();
    let half = 0.5 * width(painter, text, font.clone());
    if at.x - half >= *free {
        *free = at.x + half + 4.0;
        write(painter, at, Align::Center, text, font, color);
    }
}

/// Writes one line of body text centred in `rect`.
pub fn centred(painter: &Painter, rect: Rect, text: &str, font: FontId, color: Color32) {
    let y = baseline(painter, rect.center().y, font.size);
    write(
        painter,
        pos2(rect.center().x, y),
        Align::Center,
        text,
        font,
        color,
    );
}
