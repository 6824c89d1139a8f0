//! Small bars that compare with backprop: cosine from 0, length from ×1, and plain shares.

use egui::{Painter, Rect, Shape, Stroke, pos2};

use super::paint;
use crate::app::theme::{RuleLook as _, Tokens, metrics};
use crate::learning::REFERENCE;

/// The longest ratio a length bar shows; its axis runs from one over it to it, by powers.
pub const LENGTH_SPAN: f64 = 8.0;

/// A bar from 0 on −1 to 1. `reference` marks where backprop is, at 1.
pub fn cosine(painter: &Painter, rect: Rect, value: f64, reference: bool, c: &Tokens) {
    let at = reference.then_some(1.0);
    from_middle(painter, rect, value.clamp(-1.0, 1.0), at, c);
}

/// A bar from ×1 on an axis of powers. `reference` marks where backprop is, at ×1.
pub fn length(painter: &Painter, rect: Rect, ratio: f64, reference: bool, c: &Tokens) {
    let share = if ratio > 0.0 {
        (ratio.ln() / LENGTH_SPAN.ln()).clamp(-1.0, 1.0)
    } else {
        -1.0
    };
    let at = reference.then_some(0.0);
    from_middle(painter, rect, share, at, c);
    if !(1.0 / LENGTH_SPAN..=LENGTH_SPAN).contains(&ratio) {
        clipped(painter, rect, ratio > 1.0, c);
    }
}

/// The mark of a bar that ends where its axis does although its value lies beyond: a point at the inside of the right end, or the left
/// one.
pub fn clipped(painter: &Painter, rect: Rect, right: bool, c: &Tokens) {
    let half = (0.5 * rect.height()).clamp(2.0, 4.0);
    let (tip, back) = if right {
        (rect.right(), rect.right() - half)
    } else {
        (rect.left(), rect.left() + half)
    };
    let y = rect.center().y;
    let corners = vec![pos2(back, y - half), pos2(tip, y), pos2(back, y + half)];
    painter.add(Shape::convex_polygon(corners, c.t1, Stroke::NONE));
}

/// A bar from the left edge, for a share from 0 to 1.
pub fn share(painter: &Painter, rect: Rect, value: f64, c: &Tokens) {
    let rect = paint::snap_rect(painter, rect);
    let y = rect.center().y;
    axis(painter, rect, c);
    let right = egui::lerp(rect.left()..=rect.right(), value.clamp(0.0, 1.0) as f32);
    thick(painter, rect.left(), right, y, c);
}

fn axis(painter: &Painter, rect: Rect, c: &Tokens) {
    let y = paint::snap(painter, rect.center().y - 0.5);
    paint::hline(painter, rect.x_range(), y, c.line2);
}

fn thick(painter: &Painter, from: f32, to: f32, y: f32, c: &Tokens) {
    let y = paint::snap(painter, y - 0.5);
    let bar = Rect::from_min_max(pos2(from.min(to), y - 1.0), pos2(from.max(to), y + 2.0));
    painter.rect_filled(bar, 0, c.t1);
}

/// A bar from the middle; at the middle itself it is a dot, so that it never vanishes.
fn from_middle(painter: &Painter, rect: Rect, value: f64, reference: Option<f64>, c: &Tokens) {
    let rect = paint::snap_rect(painter, rect);
    let x = |v: f64| {
        let share = 0.5 * (v as f32 + 1.0);
        paint::snap(painter, egui::lerp(rect.left()..=rect.right(), share))
    };
    axis(painter, rect, c);
    let y = rect.center().y;
    paint::vline(painter, x(0.0), rect.y_range(), c.t3);
    if let Some(at) = reference {
        let half = 0.5 * metrics::STROKE_STRONG;
        let tick = Rect::from_x_y_ranges(x(at) - half..=x(at) + half, rect.y_range());
        painter.rect_filled(tick, 0, REFERENCE.color(c));
    }
    if value.is_nan() {
        super::cells::hatch(painter, rect, c.nan);
    } else if (x(value) - x(0.0)).abs() < 2.0 {
        painter.circle_filled(pos2(x(value) + 0.5, y), 2.0, c.t1);
    } else {
        thick(painter, x(0.0), x(value), y, c);
    }
}
