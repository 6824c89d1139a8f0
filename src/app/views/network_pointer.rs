//! Clicks and hovers of the network: which unit lies under the pointer, and what is said of it.

use super::beside;
use super::equations::shares_of;
use super::network_layout::Column;
use super::touched;
use super::vertices::{state_of, unit_name};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::maps::value_under;
use crate::app::kit::{card, focus, paint};
use crate::app::state::{Action, Frame, Over, Selection};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::{Graph, Loss};
use egui::{Id, Rect, Role, Sense, Ui, WidgetInfo};

/// Clicks and hovers of a column: selecting units, and the card with all digits.
pub(super) fn interact(ui: &mut Ui, frame: &mut Frame<'_>, column: &Column) {
    let (micro, v, t) = (frame.micro, column.v, frame.t());
    let vertex = &micro.plan.graph.vertices[v];
    let brushes = v == Graph::INPUT && frame.view.brush && !micro.recorded;
    let sense = match brushes {
        true => Sense::click_and_drag(),
        false => Sense::click(),
    };
    let response = ui.interact(column.whole, ui.scope_id().with(("vertex", v)), sense);
    focus::item(Id::unique("network"), &response);
    let shown = column.tiles.shown();
    let part = if shown < vertex.shape.channels && !column.tiles.together() {
        let what = if vertex.shape.is_flat() {
            "units"
        } else {
            "channels"
        };
        let all = vertex.shape.channels as u64;
        format!(", {} {what} shown", format::of(shown as u64, all))
    } else {
        String::new()
    };
    let words = if v == Graph::INPUT {
        let held = touched::end_words(frame, v).unwrap_or_else(|| "clamped".to_owned());
        format!("{}, {}{part}, {held}", vertex.label, vertex.shape)
    } else {
        format!(
            "{}{}, {}{part}, level {}, size of {} {} at t = {t}, {}",
            frame.of_side(),
            vertex.label,
            vertex.shape,
            vertex.level,
            error_name(micro),
            format::number(micro.states[t].size[v]),
            state_of(frame, v)
        )
    };
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, frame.view.selection.vertex == v, &words)
    });
    if v == micro.plan.output() && micro.plan.graph.loss == Loss::CrossEntropy {
        let classes = frame.data.classes();
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_description(probabilities(frame, classes));
        });
    }
    paint::focus_ring(ui, &response, column.whole);
    let under = response
        .hover_pos()
        .or(response.interact_pointer_pos())
        .and_then(|p| {
            // A pixel of a picture in colour stands for the channel that is looked at already, else for the first.
            let selected = frame.view.selection;
            let channel = if column.tiles.together() && selected.vertex == v {
                vertex.shape.position(selected.unit).0
            } else {
                0
            };
            // The input has no error: below it stand the legends.
            let lanes = [(column.upper, Lane::Values), (column.lower, Lane::Errors)];
            let lanes = lanes
                .into_iter()
                .take(if v == Graph::INPUT { 1 } else { 2 });
            lanes
                .filter_map(|(area, lane)| {
                    unit_under(micro, column, area, channel, p).map(|unit| (unit, lane))
                })
                .next()
        });
    let over = Over::of(ui, &response, column.whole);
    frame.note_hover(v, under.map(|(unit, _)| unit), over);
    if brushes && (response.clicked() || response.dragged()) {
        if let Some((unit, _)) = under {
            touched::brush(frame, unit);
        }
    } else if response.clicked() || response.secondary_clicked() {
        let selection = match under {
            Some((unit, _)) => Selection { vertex: v, unit },
            None if frame.view.selection.vertex == v => frame.view.selection,
            None => Selection::largest(micro, v),
        };
        frame.actions.push(Action::Select(selection));
    }
    touched::menu(&response, frame);
    let Some((unit, lane)) = under else {
        let kind = if v == Graph::INPUT {
            "input"
        } else if v == micro.plan.output() {
            "output"
        } else {
            "hidden"
        };
        if let Some(text) = explain::text(Mark::Vertex, kind) {
            let range = |field| format::plus_minus(frame.view.ranges.of(field, v));
            let ranges = match kind {
                "input" => String::new(),
                _ => format!(
                    " Ranges held: x {}, ε {}.",
                    range(Field::X),
                    range(Field::Eps)
                ),
            };
            card::hover(response, &format!("{words}. {text}{ranges}"));
        }
        return;
    };
    let clamped = frame.clamped();
    let digits = |field, unit| format::exact(clamped.value(0, field, v, unit), micro.dtype());
    let name = unit_name(micro, frame.data.classes(), v, unit);
    let mut name = format!("{}{name}", frame.of_side());
    let rows = if column.tiles.together() {
        let (_, row, col) = vertex.shape.position(unit);
        name = format!("input  row {row}, column {col}");
        let colours = ["red", "green", "blue"].into_iter().enumerate();
        colours
            .map(|(channel, name)| {
                (
                    name.to_owned(),
                    digits(Field::X, vertex.shape.index(channel, row, col)),
                )
            })
            .collect()
    } else {
        let mut rows = card_rows(frame, v, unit, lane);
        let field = match lane {
            Lane::Values => Field::X,
            Lane::Errors => Field::Eps,
        };
        // Narrow columns have no room for it below.
        if v != Graph::INPUT && !(v == micro.plan.output() && lane == Lane::Values) {
            let range = frame.view.ranges.of(field, v);
            rows.push(("range held".into(), format::plus_minus(range)));
        }
        rows
    };
    response.on_hover_ui_at_pointer(|ui| card::card(ui, &name, &rows));
}

/// What the network says of each class, the likeliest first: "probabilities: 3 0.41, 7 0.22, …".
fn probabilities(frame: &Frame<'_>, classes: &[String]) -> String {
    let shares = shares_of(frame).into_iter().enumerate();
    let mut all: Vec<(f64, String)> = shares
        .map(|(unit, share)| {
            let name = classes.get(unit).cloned();
            (share, name.unwrap_or_else(|| format!("unit {unit}")))
        })
        .collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let words: Vec<String> = all
        .into_iter()
        .map(|(share, name)| format!("{name} {}", format::number(share)))
        .collect();
    format!("{}probabilities: {}", frame.of_side(), words.join(", "))
}

/// Which lane of the network a mark stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// x, or the softmax of the output.
    Values,
    /// ε.
    Errors,
}

/// What ε is called: under backpropagation it is δ, as far as the reverse pass has come.
pub(super) fn error_name(micro: &MicroscopeSnapshot) -> &'static str {
    if micro.subject.rule.is_reference() {
        "δ so far"
    } else {
        "ε"
    }
}

/// The rows of a unit's card: what is drawn under the pointer comes first. Of the difference of a pair, what it is the difference of
/// follows.
pub(super) fn card_rows(
    frame: &Frame<'_>,
    v: usize,
    unit: usize,
    lane: Lane,
) -> Vec<(String, String)> {
    let (micro, t) = (frame.micro, frame.t());
    if v == Graph::INPUT {
        let x = frame.clamped().value(0, Field::X, v, unit);
        return vec![("x".into(), format::exact(x, micro.dtype()))];
    }
    let digits = |field| format::exact(micro.value(t, field, v, unit), micro.dtype());
    let error = (error_name(micro), digits(Field::Eps));
    let mut rows = Vec::new();
    if v == micro.plan.output() && micro.plan.graph.loss == Loss::CrossEntropy {
        let share = shares_of(frame).get(unit).copied().unwrap_or(f64::NAN);
        rows.push(("softmax(μ)", format::significant(share, 6)));
    }
    rows.extend([("x", digits(Field::X)), ("μ", digits(Field::Mu))]);
    let bp = if micro.plan.graph.steps() > 0 {
        "δ (BPTT)"
    } else {
        "δ (BP)"
    };
    match lane {
        Lane::Values => rows.push(error),
        Lane::Errors => rows.insert(0, error),
    }
    rows.push((bp, digits(Field::Delta)));
    let mut rows: Vec<_> = rows.into_iter().map(|(a, b)| (a.to_owned(), b)).collect();
    if let Some((beside, _)) = beside::chosen(frame).filter(|_| frame.difference()) {
        let (field, symbol) = match lane {
            Lane::Values => (Field::X, "x"),
            Lane::Errors => (Field::Eps, error_name(micro)),
        };
        for (run, side) in beside.runs.into_iter().zip(&beside.sides) {
            let value = side.value(t, field, v, unit);
            let value = format::exact(value, micro.dtype());
            rows.push((format!("{symbol} of {run}"), value));
        }
    }
    rows
}

/// The unit drawn under a point; of a picture in colour, that of `channel`.
fn unit_under(
    micro: &MicroscopeSnapshot,
    column: &Column,
    area: Rect,
    channel: usize,
    point: egui::Pos2,
) -> Option<usize> {
    let shape = micro.plan.graph.vertices[column.v].shape;
    (0..column.tiles.shown()).find_map(|i| {
        let rect = column.tiles.place(area, i);
        if !rect.contains(point) {
            return None;
        }
        if shape.is_flat() {
            return Some(i);
        }
        let [col, row] = value_under([shape.width, shape.height], rect, point)?;
        let channel = if column.tiles.together() { channel } else { i };
        Some(shape.index(channel, row, col))
    })
}
