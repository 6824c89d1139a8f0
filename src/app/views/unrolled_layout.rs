//! Where everything of an unrolled network stands: a column per time step, a block of cells per vertex.

use crate::experiment::microscope::MicroscopeSnapshot;
use crate::network::Role;
use egui::{Rect, pos2, vec2};

/// A column: one time step with a block per recurrent layer, or a later layer with one block.
pub(super) struct Slot {
    /// n, for a time step.
    pub(super) step: Option<usize>,
    /// The vertices, the one nearest the input first.
    pub(super) vertices: Vec<usize>,
    /// The whole column.
    pub(super) whole: Rect,
}

/// How the units of a vertex stand in a block.
#[derive(Clone, Copy)]
pub(super) struct Block {
    columns: usize,
    pub(super) shown: usize,
    cell: f32,
}

impl Block {
    /// The largest cells that show all units in `room`; some units are left out where a pixel each is too much.
    pub(super) fn fit(units: usize, room: egui::Vec2, pixel: f32) -> Self {
        let mut best = (0.0, 1);
        for columns in 1..=units.min(64) {
            let rows = units.div_ceil(columns);
            let cell = (room.x / columns as f32).min(room.y / rows as f32);
            if cell > best.0 + 1e-3 {
                best = (cell, columns);
            }
        }
        let cell = ((best.0.min(16.0) / pixel).floor() * pixel).max(pixel);
        let columns = best.1.min((room.x / cell).floor().max(1.0) as usize);
        let rows = ((room.y / cell).floor().max(1.0) as usize).min(units.div_ceil(columns));
        Self {
            columns,
            shown: units.min(columns * rows),
            cell,
        }
    }

    pub(super) fn size(self) -> egui::Vec2 {
        let rows = self.shown.div_ceil(self.columns);
        vec2(self.columns as f32, rows as f32) * self.cell
    }

    pub(super) fn place(self, at: Rect, i: usize) -> Rect {
        let corner = at.min
            + vec2(
                (i % self.columns) as f32 * self.cell,
                (i / self.columns) as f32 * self.cell,
            );
        let gap = if self.cell >= 5.0 { 1.0 } else { 0.0 };
        Rect::from_min_size(corner, egui::Vec2::splat(self.cell - gap))
    }

    pub(super) fn under(self, at: Rect, point: egui::Pos2) -> Option<usize> {
        let p = (point - at.min) / self.cell;
        (p.x >= 0.0 && p.y >= 0.0 && (p.x as usize) < self.columns)
            .then(|| p.y as usize * self.columns + p.x as usize)
            .filter(|i| *i < self.shown)
    }
}

/// Where everything stands.
pub(super) struct Geometry {
    pub(super) slots: Vec<Slot>,
    /// Upper and lower lane.
    pub(super) lanes: [Rect; 2],
    pub(super) output: Rect,
    pub(super) layers: usize,
}

impl Geometry {
    /// The rectangle of row `row` (0 is nearest the input, at the bottom) of a slot in a lane.
    pub(super) fn room(&self, slot: &Slot, lane: usize, row: usize) -> Rect {
        let lane = self.lanes[lane];
        let rows = if slot.step.is_some() { self.layers } else { 1 };
        let height = lane.height() / rows as f32;
        let bottom = lane.bottom() - row as f32 * height;
        Rect::from_x_y_ranges(
            slot.whole.left() + 4.0..=slot.whole.right() - 4.0,
            bottom - height + 4.0..=bottom - 4.0,
        )
    }
}

/// Names at the left.
pub(super) const LEFT: f32 = 62.0;
/// The output at the right.
pub(super) const OUTPUT: f32 = 138.0;
/// Letters above the upper lane.
const HEAD: f32 = 52.0;
/// Between the lanes.
const MIDDLE: f32 = 18.0;
/// Level, range and state, and below them the legend.
const FOOT: f32 = 66.0;
/// The narrowest column.
const NARROW: f32 = 20.0;
/// The widest column.
const WIDE: f32 = 84.0;

pub(super) fn arrange(micro: &MicroscopeSnapshot, area: Rect) -> (Geometry, usize) {
    let vertices = &micro.plan.graph.vertices;
    let absent = micro.missing_steps();
    let all = micro.plan.graph.steps() - absent;
    let later: Vec<usize> = (1..micro.plan.output())
        .filter(|&v| matches!(vertices[v].role, Role::Layer(_)))
        .collect();
    let middle = Rect::from_min_max(
        area.min + vec2(LEFT, 0.0),
        pos2(area.right() - OUTPUT - 18.0, area.bottom()),
    );
    let most = ((middle.width() / NARROW).floor() as usize).saturating_sub(later.len());
    let shown = all.min(most.max(1));
    let width = (middle.width() / (shown + later.len()) as f32).clamp(NARROW, WIDE);
    let first = micro.plan.graph.steps() - shown + 1;
    let mut left = middle.left() + (middle.width() - width * (shown + later.len()) as f32) / 2.0;
    let mut slots = Vec::with_capacity(shown + later.len());
    let mut slot = |step: Option<usize>, vertices: Vec<usize>| {
        let whole = Rect::from_min_size(
            pos2(left, area.top() + 2.0),
            vec2(width, area.height() - 28.0),
        );
        left += width;
        slots.push(Slot {
            step,
            vertices,
            whole,
        });
    };
    let mut layers = 1;
    for n in first..=micro.plan.graph.steps() {
        let own: Vec<usize> = (1..vertices.len())
            .filter(|&v| matches!(vertices[v].role, Role::Step { step, .. } if step == n))
            .collect();
        layers = layers.max(own.len());
        slot(Some(n), own);
    }
    for v in later {
        slot(None, vec![v]);
    }
    let lane = ((area.height() - HEAD - MIDDLE - FOOT) / 2.0).max(30.0);
    let top = area.top() + HEAD;
    let lane_at =
        |top: f32| Rect::from_min_max(pos2(middle.left(), top), pos2(middle.right(), top + lane));
    let geometry = Geometry {
        slots,
        lanes: [lane_at(top), lane_at(top + lane + MIDDLE)],
        output: Rect::from_min_max(
            pos2(area.right() - OUTPUT - 6.0, top),
            pos2(area.right() - 8.0, top + 2.0 * lane + MIDDLE),
        ),
        layers,
    };
    (geometry, all)
}
