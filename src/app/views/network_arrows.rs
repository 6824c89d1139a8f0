//! What runs between the columns of the network: predictions, errors, and the strongest connections of the selected unit.

use super::network_layout::{Geometry, leads_past};
use super::terms::largest_first;
use super::vertices::{arrival, unit_rect};
use crate::app::kit::{card, paint};
use crate::app::state::Frame;
use crate::app::theme::Tokens;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::Graph;
use egui::{Color32, Rect, Sense, Stroke, Ui, pos2, vec2};

/// Arrows between the columns: predictions above, errors below.
pub(super) fn arrows(ui: &mut Ui, frame: &Frame<'_>, geometry: &Geometry, t: usize, c: &Tokens) {
    let micro = frame.micro;
    let painter = ui.painter().clone();
    let difference = frame.difference();
    for e in &micro.plan.edges {
        let (Some(a), Some(b)) = (geometry.columns.get(e.from), geometry.columns.get(e.to)) else {
            continue;
        };
        // What leads past other columns runs below them.
        let skips = leads_past(e.from, e.to);
        // Two ways that run side by side keep apart.
        let relays = matches!(
            micro.plan.graph.vertices[e.from].role,
            crate::network::Role::Relay { .. }
        );
        let (left, right) = if skips {
            (a.whole.center().x + 20.0, b.whole.center().x - 20.0)
        } else {
            (a.whole.right() - 3.0, b.whole.left() + 3.0)
        };
        if right - left < 6.0 {
            continue;
        }
        let span = (right - left).min(if skips { f32::INFINITY } else { 46.0 });
        let middle = (left + right) / 2.0;
        let (left, right) = (middle - span / 2.0, middle + span / 2.0);
        let level_of = |a: Rect, b: Rect| {
            let y = a.center().y.midpoint(b.center().y);
            if skips {
                y + geometry.tiled / 2.0 + if relays { 26.0 } else { 19.0 }
            } else {
                y
            }
        };
        let draw = |from, to, width, ink, dashed| {
            if skips {
                past(&painter, from, to, width, ink, dashed);
            } else {
                arrow(&painter, from, to, width, ink, dashed);
            }
        };
        let y = level_of(a.upper, b.upper);
        let from = &micro.plan.graph.vertices[e.from];
        let to = &micro.plan.graph.vertices[e.to];
        draw(pos2(left, y), pos2(right, y), 1.0, c.t3, false);
        let what = e.op.words().equation;
        let hit = Rect::from_center_size(pos2(middle, y), vec2(span + 6.0, 18.0));
        let response = ui.interact(
            hit,
            ui.scope_id().with(("prediction", e.index)),
            Sense::hover(),
        );
        card::hover(
            response,
            &format!(
                "Prediction of {} from {}: μ = {what}. It runs at every step in which x of {} moved.",
                to.label, from.label, from.label
            ),
        );
        if e.from == Graph::INPUT {
            continue;
        }
        let y = level_of(a.lower, b.lower);
        let (flowing, arrived) = (frame.stands(e.from), frame.stands(e.to));
        let at_front = micro.subject.rule.follows_front() && arrival(micro, e.to) == t;
        let next = arrived && (!flowing || at_front) && !difference;
        let (width, ink) = if next {
            (2.0, c.t1)
        } else if flowing {
            (1.25, c.t1)
        } else {
            (1.0, c.line2)
        };
        draw(pos2(right, y), pos2(left, y), width, ink, !flowing && !next);
        let hit = Rect::from_center_size(pos2(middle, y), vec2(span + 6.0, 18.0));
        let response = ui.interact(hit, ui.scope_id().with(("error", e.index)), Sense::hover());
        let state = if difference {
            match flowing {
                true => "The runs differ in what comes of it.",
                false => "Both runs have the same here.",
            }
        } else if next {
            "It moves in the next step."
        } else if flowing {
            "It flows."
        } else {
            "Nothing has come yet."
        };
        card::hover(
            response,
            &format!(
                "Error of {} pulled back to {}: Δx = γ (−ε + f′(x) · Σ W ε), with the W of this prediction. {state}",
                to.label, from.label
            ),
        );
    }
}

/// An arrow that leads past other columns: down, along below them, and up to its end.
fn past(
    painter: &egui::Painter,
    from: egui::Pos2,
    to: egui::Pos2,
    width: f32,
    ink: Color32,
    dashed: bool,
) {
    const RISE: f32 = 6.0;
    let stroke = Stroke::new(width, ink);
    let end = to - vec2(0.0, RISE);
    let points = [from - vec2(0.0, RISE), from, to, end];
    if dashed {
        paint::dashes(painter, &points, &[2.0, 3.0], stroke);
    } else {
        painter.add(egui::Shape::line(points.to_vec(), stroke));
    }
    let head = 4.0 + width;
    for side in [-0.8, 0.8] {
        painter.line_segment([end, end + vec2(side * head, head)], stroke);
    }
}

/// An arrow with an open head; dashed where nothing has come yet.
pub(super) fn arrow(
    painter: &egui::Painter,
    from: egui::Pos2,
    to: egui::Pos2,
    width: f32,
    ink: Color32,
    dashed: bool,
) {
    let stroke = Stroke::new(width, ink);
    if dashed {
        paint::dashes(painter, &[from, to], &[2.0, 3.0], stroke);
    } else {
        painter.line_segment([from, to], stroke);
    }
    let back = if to.x > from.x { -1.0 } else { 1.0 };
    let head = 4.0 + width;
    painter.line_segment([to, to + vec2(back * head, -head * 0.8)], stroke);
    painter.line_segment([to, to + vec2(back * head, head * 0.8)], stroke);
}

/// How many of the strongest edges of the selected unit are drawn.
const STRONGEST: usize = 6;

/// The strongest connections of the selected unit: what predicts it (above) and what pulls at it (below).
pub(super) fn edges(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    geometry: &Geometry,
    t: usize,
    c: &Tokens,
) {
    let micro = frame.micro;
    let at = frame.view.selection;
    let plan = &micro.plan;
    let Some(own) = geometry.columns.get(at.vertex) else {
        return;
    };
    // Of a difference, what the second of the pair has more than the first.
    let sides: Vec<&MicroscopeSnapshot> = match frame.beside {
        Some(Ok(beside)) if frame.difference() => vec![&beside.sides[1], &beside.sides[0]],
        _ => vec![micro],
    };
    // Where weights have moved and were not kept, nothing is known of the connections.
    let weights = sides.iter().map(|m| m.weights_of_prediction(t));
    let Some(weights) = weights.collect::<Option<Vec<_>>>() else {
        return;
    };
    let line = |from: Rect, to: Rect, share: f64, positive: bool, ends: [Color32; 2]| {
        // Rows hold names and numbers: a line ends just beside them, and in the middle of a cell or pixel.
        const BESIDE: egui::Vec2 = vec2(4.0, 0.0);
        let end = |rect: Rect, other: Rect| {
            if rect.width() < 40.0 {
                rect.center()
            } else if rect.center().x < other.center().x {
                rect.right_center() + BESIDE
            } else {
                rect.left_center() - BESIDE
            }
        };
        let (a, b) = (end(from, to), end(to, from));
        let stroke = Stroke::new(
            0.75 + 1.25 * share as f32,
            ends[usize::from(positive)].gamma_multiply(0.85),
        );
        paint::dashes(
            painter,
            &[a, b],
            if positive { &[] } else { &[3.0, 3.0] },
            stroke,
        );
    };
    // Where every unit reads all: a convolution's window is shown by the inspector.
    let vertex = &plan.graph.vertices[at.vertex];
    let incoming = vertex.incoming.iter().map(|&e| (e, true));
    // Nothing pulls at the input: it is clamped.
    let outgoing = vertex.outgoing.iter().map(|&e| (e, false));
    let outgoing = outgoing.filter(|_| at.vertex != Graph::INPUT);
    for (e, predicts) in incoming.chain(outgoing) {
        let edge = &plan.edges[e];
        let read = plan.graph.vertices[edge.from].shape;
        let all = edge.op.by_unit() && edge.op.part(read).len() == read.len();
        let (true, Some(w)) = (all, &edge.weight) else {
            continue;
        };
        let (far, field, count, colour) = if predicts {
            (edge.from, Field::Fx, w.cols, c.activity)
        } else {
            (edge.to, Field::Eps, w.rows, c.error)
        };
        let Some(other) = geometry.columns.get(far) else {
            continue;
        };
        let term = |i: usize| {
            let (row, col) = if predicts { (at.unit, i) } else { (i, at.unit) };
            let number = plan.number(w, row, col);
            let of = |side: usize| weights[side].get(number) * sides[side].value(t, field, far, i);
            match sides.len() {
                1 => of(0),
                _ => of(0) - of(1),
            }
        };
        let mut terms: Vec<(usize, f64)> = (0..count).map(|i| (i, term(i))).collect();
        largest_first(&mut terms, STRONGEST, |t| t.1.abs());
        let most = terms.first().map_or(0.0, |x| x.1.abs());
        let (ends, own_end) = if predicts {
            (other.upper, own.upper)
        } else {
            (other.lower, own.lower)
        };
        for (i, v) in terms.into_iter().take(STRONGEST).filter(|x| x.1 != 0.0) {
            if let (Some(from), Some(to)) = (
                unit_rect(micro, other, ends, i),
                unit_rect(micro, own, own_end, at.unit),
            ) {
                line(from, to, v.abs() / most, v > 0.0, colour);
            }
        }
    }
}
