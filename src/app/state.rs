//! What views share: the one cursor, the one selection, held colour ranges, and the actions views ask for.

use crate::data::Dataset;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{Field, MicroscopeSnapshot, SwitchRow};
use crate::experiment::session::{RaceCommand, RaceSnapshot};
use crate::learning::{Conditions, Inference, Rule};

/// The unit everything points at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Vertex index in the plan.
    pub vertex: usize,
    /// Stored index of the unit within the vertex (see [`crate::network::Shape::position`]).
    pub unit: usize,
}

/// Something a view wants done. The app carries actions out after all views are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Move the inference cursor to state t (computing up to it if need be).
    Seek(usize),
    /// Select a unit.
    Select(Selection),
    /// Play or pause.
    PlayPause,
    /// Look at another example (index in the data set).
    Example(usize),
    /// Look at what was drawn on the pad.
    Draw(std::sync::Arc<crate::experiment::session::Drawn>),
    /// Change rule, T, γ or conditions of the microscope.
    Rule {
        /// The rule.
        rule: Rule,
        /// Inference of IL and its kin.
        inference: Inference,
        /// The conditions of Z-IL.
        conditions: Conditions,
    },
    /// Tell the race something.
    Race(RaceCommand),
    /// Pause or resume the race within an update.
    PauseRace(bool),
    /// Start another experiment; the present one is kept until the new one has started.
    Open(Box<Experiment>),
    /// Show another layout.
    Layout(super::layout::Layout),
    /// Run a command of the command table by its identifier.
    Command(super::commands::Command),
}

/// Colour ranges per vertex, symmetric around 0, held while an example is looked at.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    generation: u64,
    states: usize,
    /// ±r of x, μ and f(x), per vertex.
    pub activity: Vec<f64>,
    /// ±r of ε, Δx and δ, per vertex.
    pub error: Vec<f64>,
}

impl Ranges {
    /// Brings the ranges up to date with a snapshot.
    ///
    /// Activity is held at what the first state needs, errors at what backpropagation's δ needs. Only IL and its kin, whose errors start
    /// far smaller than δ, widen its error range in round steps as states arrive; nothing changes while the cursor moves.
    pub fn update(&mut self, micro: &MicroscopeSnapshot) {
        let vertices = micro.plan.graph.vertices.len();
        let fresh = self.generation != micro.generation || self.activity.len() != vertices;
        if fresh {
            self.generation = micro.generation;
            self.states = 0;
            // Under the pen every stroke is a new example: the ranges then only widen.
            let held = |old: &[f64], v: usize| {
                let kept = old.get(v).copied().filter(|_| micro.subject.drawn);
                kept.unwrap_or(0.0)
            };
            self.activity = (0..vertices)
                .map(|v| nice(micro.largest(0, Field::X, v)).max(held(&self.activity, v)))
                .collect();
            self.error = (0..vertices)
                .map(|v| nice(micro.largest(0, Field::Delta, v)).max(held(&self.error, v)))
                .collect();
        }
        if !matches!(micro.subject.rule, Rule::Bp | Rule::Zil) {
            for t in self.states..micro.states.len() {
                for v in 1..vertices {
                    let needed = nice(micro.largest(t, Field::Eps, v));
                    if t == 0 && v + 1 < vertices {
                        self.error[v] = 0.0;
                    }
                    if needed > self.error[v] {
                        self.error[v] = needed;
                    }
                }
            }
        }
        self.states = micro.states.len();
    }

    /// The range of a field of a vertex.
    pub fn of(&self, field: Field, vertex: usize) -> f64 {
        let list = match field {
            Field::X | Field::Fx | Field::Mu => &self.activity,
            Field::Eps | Field::Dx | Field::Delta => &self.error,
        };
        list.get(vertex).copied().unwrap_or(1.0)
    }
}

/// The next round number at or above 0.7 of `v`: 1, 1.5, 2, 3, 5 times a power of ten. A few outliers may clip.
pub fn nice(v: f64) -> f64 {
    if !v.is_finite() || v <= 0.0 {
        return if v > 0.0 { 1e6 } else { 0.0 };
    }
    let target = v * 0.7;
    let power = 10f64.powf(target.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|r| *r >= target * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// What stays from frame to frame and belongs to no single view.
#[derive(Clone, Debug, Default)]
pub struct ViewState {
    /// The inference cursor: the state t that every view shows.
    pub t: usize,
    /// The selected unit.
    pub selection: Selection,
    /// A unit under the pointer, shown by every view that can.
    pub hover: Option<Selection>,
    /// Held colour ranges.
    pub ranges: Ranges,
    /// Playing through inference states.
    pub playing: bool,
    /// Numbers are drawn instead of pictures where a view can (the table twin).
    pub numbers: bool,
    /// Animations are off.
    pub reduce_motion: bool,
    /// Class that the example browser is filtered by.
    pub browse_class: Option<usize>,
    /// The example browser shows wrong predictions only.
    pub browse_wrong: bool,
    /// The confusion cell (true, predicted) that filters the browser.
    pub browse_cell: Option<(usize, usize)>,
    /// The part of the data that the example browser shows.
    pub browse_page: usize,
    /// What the race's x axis counts.
    pub race_axis: RaceAxis,
    /// Channels or units that the feature maps had room for.
    pub maps_shown: usize,
    /// Points at the foot of the network view that the hint bar covers.
    pub foot: f32,
}

/// What the race's x axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RaceAxis {
    /// Updates.
    #[default]
    Updates,
    /// Each lane's own compute time, in seconds.
    Time,
    /// Matrix products.
    Products,
}

/// What a view gets to draw one frame.
pub struct Frame<'a> {
    /// The microscope: states of one example, δ, weights, comparison.
    pub micro: &'a MicroscopeSnapshot,
    /// The race.
    pub race: &'a RaceSnapshot,
    /// The data set (thumbnails, class names).
    pub data: &'a Dataset,
    /// The experiment that runs.
    pub experiment: &'a Experiment,
    /// What each switch does to this example, once worked out.
    pub switches: Option<&'a [SwitchRow]>,
    /// Shared state.
    pub view: &'a mut ViewState,
    /// Wishes of the views, carried out after the frame.
    pub actions: &'a mut Vec<Action>,
}

impl Frame<'_> {
    /// The cursor, within the states computed so far.
    pub fn t(&self) -> usize {
        self.view.t.min(self.micro.states.len().saturating_sub(1))
    }
}
