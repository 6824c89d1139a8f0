//! Clicks and hovers of the network: which unit lies under the pointer, and what is said of it.

use super::network::{state_words, unit_name};
use super::network_layout::Column;
use crate::app::format;
use crate::app::kit::{card, paint};
use crate::app::state::{Action, Frame, Selection};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::Graph;
use egui::{Rect, Role, Sense, Ui, WidgetInfo};

/// Clicks and hovers of a column: selecting units, and the card with all digits.
pub(super) fn interact(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, column: &Column, t: usize) {
    let micro = frame.micro;
    let vertex = &micro.plan.graph.vertices[v];
    let response = ui.interact(
        column.whole,
        ui.scope_id().with(("vertex", v)),
        Sense::click(),
    );
    let words = format!(
        "{}, {}, level {}, size of ε {} at t = {t}, {}",
        vertex.label,
        vertex.shape,
        vertex.level,
        format::all_digits(micro.states[t].size[v]),
        if v == Graph::INPUT {
            "clamped".to_owned()
        } else {
            state_words(micro, v, t)
        }
    );
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, frame.view.selection.vertex == v, &words)
    });
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
            let lane = if column.lower.expand(4.0).contains(p) {
                column.lower
            } else {
                column.upper
            };
            unit_under(micro, v, column, lane, channel, p)
        });
    if response.hovered() {
        frame.view.hover = under.map(|unit| Selection { vertex: v, unit });
    } else if frame.view.hover.is_some_and(|h| h.vertex == v)
        && !ui.rect_contains_pointer(column.whole)
    {
        frame.view.hover = None;
    }
    if response.clicked() {
        let unit = under.unwrap_or(if frame.view.selection.vertex == v {
            frame.view.selection.unit
        } else {
            0
        });
        frame
            .actions
            .push(Action::Select(Selection { vertex: v, unit }));
    }
    if let Some(unit) = under {
        let name = unit_name(micro, frame.data.classes(), v, unit);
        let (_, row, col) = vertex.shape.position(unit);
        response.on_hover_ui_at_pointer(|ui| {
            if column.tiles.together() {
                let name = format!("input  row {row}, column {col}");
                let rows: Vec<(&str, String)> = ["red", "green", "blue"]
                    .into_iter()
                    .enumerate()
                    .map(|(channel, name)| {
                        let unit = vertex.shape.index(channel, row, col);
                        (name, format::all_digits(micro.value(t, Field::X, v, unit)))
                    })
                    .collect();
                card::card(ui, &name, &rows);
                return;
            }
            let digits = |field| format::all_digits(micro.value(t, field, v, unit));
            let mut rows = vec![("x", digits(Field::X))];
            if v != Graph::INPUT {
                rows.extend([
                    ("μ", digits(Field::Mu)),
                    ("ε", digits(Field::Eps)),
                    ("δ (BP)", digits(Field::Delta)),
                ]);
            }
            card::card(ui, &name, &rows);
        });
    }
}

/// The unit drawn under a point; of a picture in colour, that of `channel`.
fn unit_under(
    micro: &MicroscopeSnapshot,
    v: usize,
    column: &Column,
    area: Rect,
    channel: usize,
    point: egui::Pos2,
) -> Option<usize> {
    let shape = micro.plan.graph.vertices[v].shape;
    (0..column.tiles.shown()).find_map(|i| {
        let rect = column.tiles.place(area, i);
        if !rect.contains(point) {
            return None;
        }
        if shape.is_flat() {
            return Some(i);
        }
        let p = (point - rect.min) / rect.size();
        let col = ((p.x * shape.width as f32) as usize).min(shape.width - 1);
        let row = ((p.y * shape.height as f32) as usize).min(shape.height - 1);
        let channel = if column.tiles.together() { channel } else { i };
        Some(shape.index(channel, row, col))
    })
}
