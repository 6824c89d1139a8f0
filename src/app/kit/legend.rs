//! Legends: a colour map with the numbers at its ends, and the line sample of a rule.

use egui::{Align, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::paint;
use crate::app::text;
use crate::app::theme::{Marker, RuleLook as _, Tokens, metrics};
use crate::experiment::lane::LaneSpec;
use crate::learning::Rule;

/// A colour map, as a function of a place from 0 to 1.
pub fn bar(painter: &Painter, rect: Rect, color: impl Fn(f64) -> Color32) {
    let rect = paint::snap_rect(painter, rect);
    let steps = (rect.width() * painter.pixels_per_point()).round().max(1.0) as usize;
    let mut mesh = Mesh::default();
    for i in 0..steps {
        let edge = |i: usize| rect.left() + rect.width() * i as f32 / steps as f32;
        let column = Rect::from_x_y_ranges(edge(i)..=edge(i + 1), rect.y_range());
        let place = (i as f64 + 0.5) / steps as f64;
        mesh.add_colored_rect(column, color(place));
    }
    painter.add(Shape::mesh(mesh));
}

/// A colour map with numbers below its left end, middle (if any) and right end.
pub fn bar_with_ends(
    painter: &Painter,
    rect: Rect,
    color: impl Fn(f64) -> Color32,
    ends: [&str; 3],
    c: &Tokens,
) {
    bar(painter, rect, color);
    let font = text::mono_small_font();
    let y = rect.bottom() + 10.0;
    let places = [
        (rect.left(), Align::Min),
        (rect.center().x, Align::Center),
        (rect.right(), Align::Max),
    ];
    for ((x, align), words) in places.into_iter().zip(ends) {
        paint::write(painter, pos2(x, y), align, words, font.clone(), c.t3);
    }
}

/// The place of `t` from 0 to 1 on a diverging map, from −1 to 1.
pub fn diverging(t: f64) -> f64 {
    2.0 * t - 1.0
}

/// The sample of a rule: its dash, its colour, and its marker in the middle.
pub fn rule_line(painter: &Painter, from: Pos2, width: f32, rule: Rule, look: usize, c: &Tokens) {
    let to = from + vec2(width, 0.0);
    let color = rule.color(c);
    let stroke = Stroke::new(metrics::STROKE, color);
    paint::dashes(painter, &[from, to], &dash_of(rule, look), stroke);
    marker(
        painter,
        pos2((from.x + to.x) * 0.5, from.y),
        rule.marker(),
        color,
        c.bg1,
    );
}

/// Dashes and gaps of a lane: the first of a rule has the rule's, those after it wider gaps.
pub fn dash(lane: &LaneSpec) -> Vec<f32> {
    dash_of(lane.rule, lane.look)
}

fn dash_of(rule: Rule, look: usize) -> Vec<f32> {
    let own = match (rule.dash(), look) {
        ([], 0) => &[],
        ([], _) => &[14.0, 2.0][..],
        (own, _) => own,
    };
    let wider = 1.0 + look as f32;
    let part = |(i, length): (usize, &f32)| if i % 2 == 1 { length * wider } else { *length };
    own.iter().enumerate().map(part).collect()
}

/// A marker of a series, in outline over the colour behind it.
pub fn marker(painter: &Painter, at: Pos2, marker: Marker, color: Color32, behind: Color32) {
    let stroke = Stroke::new(metrics::STROKE, color);
    let outline = |corners: &[(f32, f32)]| {
        let corners = corners.iter().map(|(x, y)| at + vec2(*x, *y)).collect();
        painter.add(Shape::convex_polygon(corners, behind, stroke));
    };
    match marker {
        Marker::Circle => _ = painter.circle(at, 3.5, behind, stroke),
        Marker::Triangle => outline(&[(0.0, -4.5), (4.0, 3.0), (-4.0, 3.0)]),
        Marker::Square => outline(&[(-3.0, -3.0), (3.0, -3.0), (3.0, 3.0), (-3.0, 3.0)]),
        Marker::TriangleDown => outline(&[(0.0, 4.5), (-4.0, -3.0), (4.0, -3.0)]),
        Marker::Stripe => outline(&[(-4.5, -2.0), (4.5, -2.0), (4.5, 2.0), (-4.5, 2.0)]),
        Marker::Diamond => outline(&[(0.0, -4.5), (4.5, 0.0), (0.0, 4.5), (-4.5, 0.0)]),
    }
}
