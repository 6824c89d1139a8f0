//! What is drawn of the plane of two inputs: of one network, or of two and what one says more than the other.

use super::beside;
use super::plane::{Map, ink};
use crate::app::state::Frame;
use crate::app::theme::{Theme, Tokens, metrics, mix};
use crate::experiment::plane::{Gained, Plane, SIDE};
use egui::{ColorImage, Painter, Stroke, TextureHandle, TextureOptions, Ui};
use std::sync::Arc;

/// What is drawn of the plane.
pub(super) struct Shown {
    /// The network that the ground is of; of a difference, the second.
    pub(super) plane: Arc<Plane>,
    /// What it says more than the first, where that is drawn.
    pub(super) gained: Option<Arc<Gained>>,
    /// The first and the second of a pair.
    pub(super) pair: Option<[Arc<Plane>; 2]>,
    /// What they are called, and their difference.
    pub(super) names: [String; 3],
}

impl Shown {
    pub(super) fn of(frame: &Frame<'_>) -> Option<Self> {
        let Some((beside, i)) = beside::chosen(frame) else {
            return Some(Self {
                plane: frame.plane.cloned()?,
                gained: None,
                pair: None,
                names: Default::default(),
            });
        };
        let (pair, gained) = beside.planes.as_ref()?;
        Some(Self {
            plane: Arc::clone(&pair[i.min(1)]),
            gained: (i == 2).then(|| Arc::clone(gained)),
            pair: Some(pair.clone()),
            names: beside::names(beside.runs),
        })
    }

    /// What its lines and its ground mean.
    pub(super) fn words(&self) -> Vec<String> {
        let [a, b, _] = &self.names;
        match (&self.pair, &self.gained) {
            (Some(_), Some(_)) => vec![
                format!("solid: boundary of {b}; dashed: of {a}"),
                format!("ground: the class that {b} says more"),
            ],
            (Some(_), None) => vec![
                format!("solid: boundary of {b}; dashed: of {a}"),
                "filled: trained on".to_owned(),
            ],
            _ => vec!["line: the boundary; filled: trained on".to_owned()],
        }
    }

    /// The lines where no answer leads: of a pair of runs that of the first dashed.
    pub(super) fn boundaries(&self, painter: &Painter, map: Map, c: &Tokens) {
        let [first, second] = match &self.pair {
            Some([first, second]) => [Some(first), Some(second)],
            None => [None, Some(&self.plane)],
        };
        let line = |ends: &[[f64; 2]; 2], width| {
            painter.line_segment(ends.map(|at| map.to_screen(at)), Stroke::new(width, c.t1));
        };
        for ends in first.iter().flat_map(|plane| &plane.boundary) {
            // One piece lies in a square of the grid, the next beyond one of its sides: every other is a dash.
            let square = [0, 1].map(|i| {
                let [low, high] = [self.plane.x, self.plane.y][i];
                let middle = 0.5 * (ends[0][i] + ends[1][i]);
                ((middle - low) / (high - low) * (SIDE - 1) as f64) as usize
            });
            if (square[0] + square[1]).is_multiple_of(2) {
                line(ends, metrics::STROKE);
            }
        }
        for ends in second.iter().flat_map(|plane| &plane.boundary) {
            line(ends, metrics::STROKE);
        }
    }

    /// The picture behind the points, kept until the network changes.
    pub(super) fn texture(&self, ui: &Ui, c: &Tokens) -> TextureHandle {
        type Kept = Option<(Arc<Plane>, Option<Arc<Gained>>, Theme, TextureHandle)>;
        let (plane, gained) = (&self.plane, &self.gained);
        let id = egui::Id::unique("plane texture");
        let kept: Kept = ui.data(|d| d.get_temp(id)).unwrap_or_default();
        let same = |old: &Option<Arc<Gained>>| match (old, gained) {
            (Some(old), Some(gained)) => Arc::ptr_eq(old, gained),
            (old, gained) => old.is_none() && gained.is_none(),
        };
        if let Some((old, old_gain, theme, handle)) = kept
            && Arc::ptr_eq(&old, plane)
            && same(&old_gain)
            && theme == c.theme
        {
            return handle;
        }
        let even = 1.0 / plane.classes as f32;
        let pixels = (0..SIDE)
            .rev()
            .flat_map(|j| (0..SIDE).map(move |i| j * SIDE + i))
            .map(|p| {
                let (class, part) = match gained {
                    Some(gained) => (gained.class[p], gained.by[p].clamp(0.0, 1.0)),
                    None => {
                        let sure = (plane.confidence[p] - even) / (1.0 - even);
                        (plane.class[p], sure.clamp(0.0, 1.0))
                    }
                };
                let part = if part.is_finite() { part } else { 0.0 };
                mix(c.bg1, ink(class.into(), c), 0.5 * part)
            })
            .collect();
        let image = ColorImage::new([SIDE, SIDE], pixels);
        let handle = ui
            .ctx()
            .load_texture("plane", image, TextureOptions::NEAREST);
        let kept = (Arc::clone(plane), gained.clone(), c.theme, handle.clone());
        ui.data_mut(|d| d.insert_temp::<Kept>(id, Some(kept)));
        handle
    }
}
