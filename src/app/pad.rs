//! What is drawn by hand: the ink of a drawing pad.

use crate::data::Dataset;
use crate::experiment::session::Drawn;
use egui::{Pos2, pos2};
use std::sync::Arc;

/// The largest side of an image that can be drawn, in pixels.
const LARGEST: usize = 64;

/// What is being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad {
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Ink from 0 to 1, row after row.
    pub(super) ink: Vec<f64>,
    /// The class it is meant as.
    pub(super) label: usize,
    /// Where the pen was last, in pixels of the image.
    pub(super) pen: Option<Pos2>,
    /// Where the pen is that keys move, and whether it is set down.
    pub(super) held: (Pos2, bool),
}

/// True if examples of `data` can be drawn.
pub fn drawable(data: &Dataset) -> bool {
    let [channels, rows, columns] = data.shape();
    channels == 1
        && (4..=LARGEST).contains(&rows)
        && (4..=LARGEST).contains(&columns)
        && !data.classes().is_empty()
}

impl Pad {
    /// An empty pad for the examples of `data`; none if they are no grey images of a size to draw on.
    pub fn new(data: &Dataset, label: usize) -> Option<Self> {
        let [_, rows, columns] = data.shape();
        drawable(data).then(|| Self {
            rows,
            columns,
            ink: vec![0.0; rows * columns],
            label: label.min(data.classes().len() - 1),
            pen: None,
            held: (
                pos2((columns / 2) as f32 + 0.5, (rows / 2) as f32 + 0.5),
                false,
            ),
        })
    }

    /// Draws (or with `erase` wipes) a stroke from the pen's last place to `to`, in pixels; true if a pixel changed.
    pub fn stroke(&mut self, to: Pos2, erase: bool) -> bool {
        let from = self.pen.replace(to).unwrap_or(to);
        // The stroke of a digit is about two pixels of 28 wide, with a soft edge of one.
        let scale = self.rows.min(self.columns) as f32 / 28.0;
        let (core, edge) = (0.75 * scale.max(0.6), 1.0);
        let along = to - from;
        let mut changed = false;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let at = pos2(column as f32 + 0.5, row as f32 + 0.5);
                let s = if along.length_sq() > 0.0 {
                    ((at - from).dot(along) / along.length_sq()).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let away = (at - (from + s * along)).length();
                let ink = f64::from((1.0 - (away - core) / edge).clamp(0.0, 1.0));
                let pixel = &mut self.ink[row * self.columns + column];
                let new = if erase {
                    pixel.min(1.0 - ink)
                } else {
                    pixel.max(ink)
                };
                changed |= new != *pixel;
                *pixel = new;
            }
        }
        changed
    }

    /// Moves the pen that keys hold by so many pixels, drawing where it is set down; true if a pixel changed.
    pub fn moved(&mut self, by: egui::Vec2) -> bool {
        let (from, down) = self.held;
        let to = (from + by).clamp(
            pos2(0.5, 0.5),
            pos2(self.columns as f32 - 0.5, self.rows as f32 - 0.5),
        );
        self.held.0 = to;
        down && self.touch(from, to, false)
    }

    /// Sets that pen down, or lifts it; true if a pixel changed.
    pub fn set_down(&mut self) -> bool {
        self.held.1 = !self.held.1;
        let at = self.held.0;
        self.held.1 && self.touch(at, at, false)
    }

    /// Wipes where that pen is; true if a pixel changed.
    pub fn wipe(&mut self) -> bool {
        let at = self.held.0;
        self.touch(at, at, true)
    }

    fn touch(&mut self, from: Pos2, to: Pos2, erase: bool) -> bool {
        let pointer = self.pen.replace(from);
        let changed = self.stroke(to, erase);
        self.pen = pointer;
        changed
    }

    /// What the engine gets: ink from black to white, scaled as the examples are.
    pub fn drawn(&self, data: &Dataset) -> Arc<Drawn> {
        let look = data.look();
        Arc::new(Drawn {
            input: self.ink.iter().map(|&ink| look.input(0, ink)).collect(),
            label: self.label,
            missing: 0,
        })
    }
}
