//! Where everything of the network view stands: columns of vertices, tiles of channels, cells of units.

use crate::network::{Plan, Shape};
use egui::{Rect, Vec2, pos2, vec2};

/// How the network is looked at: how far it is drawn apart, which part of it is seen, and which vertices are folded.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// How many times as wide as its panel it is.
    pub zoom: f32,
    /// The part of it that is seen, from 0 (the input) to 1 (the output).
    pub centre: f32,
    /// Vertices drawn as a strip.
    pub folded: Vec<usize>,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            zoom: 1.0,
            centre: 0.5,
            folded: Vec::new(),
        }
    }
}

impl Look {
    /// The most that it is drawn apart.
    pub const MOST: f32 = 6.0;

    /// Drawn apart by a factor more, the place `at` (0 is the left edge of the panel, 1 its right one) staying where it is.
    pub fn zoomed(&self, by: f32, at: f32) -> Self {
        let zoom = (self.zoom * by).clamp(1.0, Self::MOST);
        // What stands at `at` now.
        let place = (self.centre * (self.zoom - 1.0) + at) / self.zoom;
        let centre = match zoom > 1.0 {
            true => ((place * zoom - at) / (zoom - 1.0)).clamp(0.0, 1.0),
            false => 0.5,
        };
        Self {
            zoom,
            centre,
            ..self.clone()
        }
    }

    /// Moved by a part of the panel's width.
    pub fn moved(&self, by: f32) -> Self {
        let centre = match self.zoom > 1.0 {
            true => (self.centre + by / (self.zoom - 1.0)).clamp(0.0, 1.0),
            false => self.centre,
        };
        Self {
            centre,
            ..self.clone()
        }
    }

    /// With a vertex folded, or unfolded again.
    pub fn folding(&self, vertex: usize) -> Self {
        let mut folded = self.folded.clone();
        match folded.iter().position(|&v| v == vertex) {
            Some(at) => _ = folded.remove(at),
            None => folded.push(vertex),
        }
        Self {
            folded,
            ..self.clone()
        }
    }

    /// The whole area that the network is drawn in, of which `seen` is in sight.
    fn whole(&self, seen: Rect) -> Rect {
        let wide = seen.width() * self.zoom;
        let left = seen.left() - (wide - seen.width()) * self.centre;
        Rect::from_min_size(pos2(left, seen.top()), vec2(wide, seen.height()))
    }
}

/// How one vertex is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tiles {
    /// One map per channel, `columns` side by side.
    Maps {
        /// Maps side by side.
        columns: usize,
        /// Maps drawn; fewer than there are where they do not fit.
        shown: usize,
        /// Size of one map in points.
        map: Vec2,
        /// Space between maps.
        gap: f32,
        /// One map stands for all channels: a picture in colour.
        together: bool,
    },
    /// One square per unit, filled column by column.
    Cells {
        /// Cells in a column.
        rows: usize,
        /// Cells drawn.
        shown: usize,
        /// Side of a cell, its gap included.
        side: f32,
    },
    /// One row per unit with bar and number: the output, and vertices of few units.
    Rows {
        /// Rows drawn.
        shown: usize,
        /// Height of a row.
        height: f32,
        /// Width of a row.
        width: f32,
    },
}

impl Tiles {
    /// Size in points.
    pub fn size(&self) -> Vec2 {
        match *self {
            Self::Maps {
                columns,
                shown,
                map,
                gap,
                ..
            } => {
                let rows = shown.div_ceil(columns);
                vec2(
                    columns as f32 * map.x + (columns - 1) as f32 * gap,
                    rows as f32 * map.y + (rows - 1) as f32 * gap,
                )
            }
            Self::Cells { rows, shown, side } => vec2(
                (shown.div_ceil(rows) as f32 * side - 1.0).max(0.0),
                (rows.min(shown) as f32 * side - 1.0).max(0.0),
            ),
            Self::Rows {
                shown,
                height,
                width,
            } => vec2(width, shown as f32 * height),
        }
    }

    /// Where the `i`-th map, cell or row stands within `area`.
    pub fn place(&self, area: Rect, i: usize) -> Rect {
        match *self {
            Self::Maps {
                columns, map, gap, ..
            } => Rect::from_min_size(
                area.min
                    + vec2(
                        (i % columns) as f32 * (map.x + gap),
                        (i / columns) as f32 * (map.y + gap),
                    ),
                map,
            ),
            Self::Cells { rows, side, .. } => Rect::from_min_size(
                area.min + vec2((i / rows) as f32 * side, (i % rows) as f32 * side),
                Vec2::splat(side - 1.0),
            ),
            Self::Rows { height, .. } => Rect::from_min_size(
                pos2(area.left(), area.top() + i as f32 * height),
                vec2(area.width(), height),
            ),
        }
    }

    /// Whether one map stands for all channels.
    pub fn together(&self) -> bool {
        matches!(self, Self::Maps { together: true, .. })
    }

    /// Units or channels drawn.
    pub fn shown(&self) -> usize {
        match *self {
            Self::Maps { shown, .. } | Self::Cells { shown, .. } | Self::Rows { shown, .. } => {
                shown
            }
        }
    }
}

/// One vertex's column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The vertex.
    pub v: usize,
    /// How its units are drawn.
    pub tiles: Tiles,
    /// The area of x in the upper lane.
    pub upper: Rect,
    /// The area of ε in the lower lane.
    pub lower: Rect,
    /// It is drawn as a strip.
    pub folded: bool,
    /// The whole column, both lanes and all words.
    pub whole: Rect,
}

/// The whole picture.
#[derive(Clone, Debug)]
pub struct Geometry {
    /// Columns in the order of vertices.
    pub columns: Vec<Column>,
    /// Height of one lane.
    pub lane: f32,
    /// Height of the part of a lane that tiles stand in; what leads past columns runs below it.
    pub tiled: f32,
}

/// What the picture stands on.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// Where it is.
    pub area: Rect,
    /// Size of a physical pixel in points.
    pub pixel: f32,
    /// The input's channels are drawn as one picture.
    pub colour: bool,
    /// It is read from the back row: names and states alone, without shapes, ranges and digits.
    pub far: bool,
}

impl Paper {
    /// Space above the upper lane, name and shape; between the lanes, range and target; below the lower lane, level and state.
    fn words(&self) -> [f32; 3] {
        match self.far {
            true => [26.0, 30.0, 22.0],
            false => [40.0, 33.0, 38.0],
        }
    }

    /// The width of units that are drawn as rows.
    fn rows(&self) -> f32 {
        if self.far { 58.0 } else { 90.0 }
    }

    /// The least width of a column, the least room for an arrow, and what stays free at the sides; each column has this much room.
    fn least(&self, each: f32) -> [f32; 3] {
        match (self.far, each < 88.0) {
            (true, _) => [(each - 10.0).clamp(20.0, 42.0), 10.0, 12.0],
            (false, true) => [(each - 14.0).clamp(22.0, 68.0), 14.0, 28.0],
            (false, false) => [68.0, ARROW, 28.0],
        }
    }
}

/// The least room for an arrow between two columns.
const ARROW: f32 = 20.0;

/// The width of a column that is folded.
const STRIP: f32 = 20.0;

/// Room at the foot of a lane for what leads past columns.
const PAST: f32 = 28.0;

/// True if an edge leads past the columns of other vertices.
pub fn leads_past(from: usize, to: usize) -> bool {
    to > from + 1
}

/// Works out where everything stands.
pub fn arrange(plan: &Plan, paper: &Paper, look: &Look) -> Geometry {
    let &Paper { pixel, colour, .. } = paper;
    let [head, between, foot] = paper.words();
    let area = look.whole(paper.area);
    let is_folded =
        |v: usize| v > 0 && v + 1 < plan.graph.vertices.len() && look.folded.contains(&v);
    let vertices = &plan.graph.vertices;
    let lane = ((area.height() - head - between - foot) / 2.0).max(40.0);
    let last = vertices.len() - 1;
    let skips = plan.edges.iter().any(|e| leads_past(e.from, e.to));
    let tiled = if skips { lane - PAST } else { lane };
    // Deep networks stand closer: words under their columns are shortened then.
    // The output's rows take their points whatever happens.
    let each = (area.width() - paper.rows() - 42.0) / last.max(1) as f32;
    let [least, arrow, free] = paper.least(each);
    let least_of = |v: usize| if is_folded(v) { STRIP } else { least };
    // A larger picture shows larger maps; the loop gives way where the net is too wide.
    let mut zoom = (tiled / 126.0).max(0.5);
    let mut fit = tiled;
    let mut columns;
    loop {
        columns = vertices
            .iter()
            .enumerate()
            .map(|(i, v)| {
                let room = Room {
                    // Nothing leads past the output: its rows have the whole lane.
                    lane: if i == last { lane } else { tiled },
                    fit,
                    zoom,
                    pixel,
                    rows: paper.rows(),
                };
                let together = colour && i == 0;
                if is_folded(i) {
                    return Tiles::Cells {
                        rows: 1,
                        shown: 0,
                        side: 1.0,
                    };
                }
                tiles(v.shape, &room, i == 0, i == last, together)
            })
            .collect::<Vec<Tiles>>();
        let width: f32 = taken(&columns, &least_of) + arrow * last as f32 + free;
        if width <= area.width() || zoom < 0.2 {
            break;
        }
        zoom *= 0.9;
        fit *= 0.9;
    }
    let taken = taken(&columns, &least_of);
    let gap =
        ((area.width() - free - 8.0 - taken) / last.max(1) as f32).clamp(arrow, 90.0 * look.zoom);
    let mut x = area.left() + ((area.width() - taken - gap * last as f32) / 2.0).max(8.0);
    let (top, low) = (area.top() + head, area.top() + head + lane + between);
    let snap = |v: f32| (v / pixel).round() * pixel;
    let columns = columns
        .into_iter()
        .enumerate()
        .map(|(i, tiles)| {
            let room = if i == last { lane } else { tiled };
            let size = tiles.size();
            let wide = size.x.max(least_of(i));
            let left = snap(x + (wide - size.x) / 2.0);
            let place = |y: f32| {
                Rect::from_min_size(pos2(left, snap(y + (room - size.y).max(0.0) / 2.0)), size)
            };
            let column = Column {
                v: i,
                tiles,
                upper: place(top),
                lower: place(low),
                folded: is_folded(i),
                whole: Rect::from_min_max(
                    pos2(x - 0.4 * arrow, area.top() + 2.0),
                    pos2(x + wide + 0.4 * arrow, area.bottom() - 2.0),
                ),
            };
            x += wide + gap;
            column
        })
        .collect();
    Geometry {
        columns,
        lane,
        tiled,
    }
}

/// The width of all columns, without what lies between them.
fn taken(columns: &[Tiles], least_of: &dyn Fn(usize) -> f32) -> f32 {
    let wide = |(v, t): (usize, &Tiles)| t.size().x.max(least_of(v));
    columns.iter().enumerate().map(wide).sum()
}

/// The room that the tiles of a vertex have.
struct Room {
    /// The height for cells and rows.
    lane: f32,
    /// The height for maps.
    fit: f32,
    /// How large all is drawn.
    zoom: f32,
    /// Size of a physical pixel in points.
    pixel: f32,
    /// The width of units that are drawn as rows.
    rows: f32,
}

fn tiles(shape: Shape, room: &Room, first: bool, last: bool, together: bool) -> Tiles {
    let &Room {
        lane,
        fit,
        zoom,
        pixel,
        rows: width,
    } = room;
    let n = if together { 1 } else { shape.channels };
    if !shape.is_flat() {
        // Large maps stand four to a column, small ones eight: 16 are 4 × 4, 32 are 4 × 8.
        let (wanted, most) = match (first, shape.height >= 20) {
            (true, _) => (1, 66.0 * zoom),
            (false, true) => (4, fit),
            (false, false) => (8, fit),
        };
        let wanted = wanted.min(n);
        let physical = |rows: usize| {
            let one = (most + pixel) / rows as f32 - pixel;
            (one / (shape.height as f32 * pixel)).floor()
        };
        // Where the lane is too low for all of them at their smallest, rows are left out rather than columns added:
        // the picture keeps its width, and its label says how many are shown.
        let rows = (1..=wanted)
            .rev()
            .find(|&r| physical(r) >= 1.0)
            .unwrap_or(1);
        let map = vec2(shape.width as f32, shape.height as f32) * physical(rows).max(1.0) * pixel;
        let gap: f32 = if map.y >= 24.0 { 4.0 } else { 2.0 };
        let left = (most - rows as f32 * map.y) / (rows.max(2) - 1) as f32;
        let gap = (gap.min(left) / pixel).floor().max(1.0) * pixel;
        let widest = ((220.0 * zoom) / (map.x + gap)).floor().max(1.0) as usize;
        let columns = n.div_ceil(wanted).min(widest);
        return Tiles::Maps {
            columns,
            shown: n.min(columns * rows),
            map,
            gap,
            together,
        };
    }
    if last || n <= 4 {
        // Lower, names and numbers of rows would touch.
        let height = (lane / n.max(1) as f32).clamp(10.0, 22.0);
        let shown = n.min((lane / height).floor().max(1.0) as usize);
        return Tiles::Rows {
            shown,
            height,
            width,
        };
    }
    let rows = n.min(16);
    // Few units get larger cells.
    let most = if n <= 16 { 20.0 } else { 8.0 * zoom.max(0.6) };
    let side = (lane / rows as f32).min(most).max(3.0);
    let side = (side / pixel).floor() * pixel;
    let columns = n
        .div_ceil(rows)
        .min(((150.0 * zoom.max(1.0)) / side).floor().max(1.0) as usize);
    Tiles::Cells {
        rows,
        shown: n.min(columns * rows),
        side,
    }
}
