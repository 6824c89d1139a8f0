//! Which units hold their values while the others infer, and which are taken out.
//!
//! As it comes, the two ends are clamped: all of the input, and the output to its target. Beside that any unit of a hidden vertex may
//! be held at a value, and units of the ends be freed. Errors then start from several places, and the front with them. A unit that is
//! lesioned has value, f(x), prediction and error 0, as a time step that an example lacks: nothing is predicted from it.

use crate::network::{Graph, Loss, Plan, Scalar};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A set of clamped units, per vertex and unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clamps {
    /// Units of hidden vertices, and of the input where it is not the example's; the values they hold, or none where they hold what they
    /// have come to.
    held: BTreeMap<(usize, usize), Option<f64>>,
    /// Units of the input and the output that are free.
    free: BTreeSet<(usize, usize)>,
    /// Units that are taken out.
    lesioned: BTreeSet<(usize, usize)>,
}

/// Why a unit cannot be held or freed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ClampError {
    /// There is no such unit.
    #[error(
        "vertex {vertex} has no unit {unit}; expected one of the network's units, counted from 0"
    )]
    NoSuchUnit {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
    },
    /// The output's x is its prediction.
    #[error(
        "vertex {0} is the output, whose x is its prediction; expected a hidden vertex or the input (or another target)"
    )]
    Output(usize),
    /// What is no end is free already.
    #[error(
        "vertex {0} is not an end of the network and is free already; expected the input or the output"
    )]
    NoEnd(usize),
    /// The outputs share one softmax.
    #[error(
        "some outputs are free and some are not; under cross-entropy they share one softmax, so all are free or none"
    )]
    Shared,
    /// A value is NaN or infinite.
    #[error("unit {unit} of vertex {vertex} is to hold a value that is not finite")]
    NotFinite {
        /// The vertex.
        vertex: usize,
        /// The unit.
        unit: usize,
    },
}

impl Clamps {
    /// Holds a unit of a hidden vertex, or of the input, at a value.
    #[must_use]
    pub fn hold(mut self, vertex: usize, unit: usize, value: f64) -> Self {
        self.free.remove(&(vertex, unit));
        self.held.insert((vertex, unit), Some(value));
        self
    }

    /// Holds a unit at the value that it has come to.
    #[must_use]
    pub fn hold_there(mut self, vertex: usize, unit: usize) -> Self {
        self.free.remove(&(vertex, unit));
        self.held.insert((vertex, unit), None);
        self
    }

    /// Frees a unit of the input or the output.
    #[must_use]
    pub fn free(mut self, vertex: usize, unit: usize) -> Self {
        self.held.remove(&(vertex, unit));
        self.free.insert((vertex, unit));
        self
    }

    /// Lets go of a unit that was held or freed: it is as it comes.
    #[must_use]
    pub fn as_it_comes(mut self, vertex: usize, unit: usize) -> Self {
        self.held.remove(&(vertex, unit));
        self.free.remove(&(vertex, unit));
        self
    }

    /// Takes a unit out.
    #[must_use]
    pub fn lesion(mut self, vertex: usize, unit: usize) -> Self {
        self.lesioned.insert((vertex, unit));
        self
    }

    /// Frees all of the input or the output.
    #[must_use]
    pub fn free_all(mut self, plan: &Plan, vertex: usize) -> Self {
        let units = 0..plan.len_of(vertex);
        self.free.extend(units.map(|unit| (vertex, unit)));
        self
    }

    /// Just the two ends are clamped.
    pub fn are_the_ends(&self) -> bool {
        self.held.is_empty() && self.free.is_empty() && self.lesioned.is_empty()
    }

    /// Looks whether a network has these units, and whether they can be held or freed.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self, plan: &Plan) -> Result<(), ClampError> {
        let ends = [Graph::INPUT, plan.output()];
        let all = self.held.keys().chain(&self.free).chain(&self.lesioned);
        for &(vertex, unit) in all {
            let vertices = plan.graph.vertices.len();
            if vertex >= vertices || unit >= plan.len_of(vertex) {
                return Err(ClampError::NoSuchUnit { vertex, unit });
            }
        }
        let output = |&&(vertex, _): &&(usize, usize)| vertex == plan.output();
        if let Some(&(vertex, _)) = self.held.keys().chain(&self.lesioned).find(output) {
            return Err(ClampError::Output(vertex));
        }
        for (&(vertex, unit), value) in &self.held {
            if value.is_some_and(|v| !v.is_finite()) {
                return Err(ClampError::NotFinite { vertex, unit });
            }
        }
        let hidden = self.free.iter().find(|(v, _)| !ends.contains(v));
        if let Some(&(vertex, _)) = hidden {
            return Err(ClampError::NoEnd(vertex));
        }
        let outputs = self.freed(plan.output()).count();
        let some = outputs > 0 && outputs < plan.len_of(plan.output());
        if some && plan.graph.loss == Loss::CrossEntropy {
            return Err(ClampError::Shared);
        }
        Ok(())
    }

    /// The units of a vertex that hold a value, with it; without one, where they hold what they have come to.
    pub fn held(&self, vertex: usize) -> impl Iterator<Item = (usize, Option<f64>)> + '_ {
        let units = self.held.range((vertex, 0)..=(vertex, usize::MAX));
        units.map(|(&(_, unit), &value)| (unit, value))
    }

    /// The units of a vertex that are taken out.
    pub fn lesioned(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        let units = self.lesioned.range((vertex, 0)..=(vertex, usize::MAX));
        units.map(|&(_, unit)| unit)
    }

    /// True if a unit is taken out.
    pub fn is_lesioned(&self, vertex: usize, unit: usize) -> bool {
        self.lesioned.contains(&(vertex, unit))
    }

    /// True if a unit of the network holds its value, as the example or somebody set it. The output's, where it has a target.
    pub fn is_held(&self, plan: &Plan, vertex: usize, unit: usize) -> bool {
        let end = vertex == Graph::INPUT || vertex == plan.output();
        match end {
            true => !self.free.contains(&(vertex, unit)),
            false => self.held.contains_key(&(vertex, unit)),
        }
    }

    /// True if x of a unit may move.
    pub fn unit_moves(&self, plan: &Plan, vertex: usize, unit: usize) -> bool {
        vertex != plan.output()
            && !self.is_held(plan, vertex, unit)
            && !self.is_lesioned(vertex, unit)
    }

    /// Sets the units of a vertex that are taken out to 0 in `values`, example after example of `units` numbers each.
    pub fn silence<S: Scalar>(&self, vertex: usize, units: usize, values: &mut [S]) {
        if self.lesioned.is_empty() {
            return;
        }
        for unit in self.lesioned(vertex) {
            values[unit..]
                .iter_mut()
                .step_by(units)
                .for_each(|v| *v = S::ZERO);
        }
    }

    /// The free units of an end.
    pub fn freed(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        let units = self.free.range((vertex, 0)..=(vertex, usize::MAX));
        units.map(|&(_, unit)| unit)
    }

    /// True if a unit of the vertex may move: the output's x is its prediction, and moves with that alone.
    pub fn moves(&self, plan: &Plan, vertex: usize) -> bool {
        let gone = self.lesioned(vertex).next().is_some();
        match vertex {
            v if v == plan.output() => false,
            v if gone => (0..plan.len_of(v)).any(|unit| self.unit_moves(plan, v, unit)),
            Graph::INPUT => self.freed(vertex).next().is_some(),
            v => self.held(v).count() < plan.len_of(v),
        }
    }

    /// For each vertex, whether a unit of it may move.
    pub fn free_vertices(&self, plan: &Plan) -> Vec<bool> {
        let all = 0..plan.graph.vertices.len();
        all.map(|v| self.moves(plan, v)).collect()
    }

    /// Where errors may stand at t = 0 of a feed-forward start: the output, unless all of it is free, and every vertex with a held
    /// unit.
    pub fn sources(&self, plan: &Plan) -> Vec<usize> {
        let output = plan.output();
        let hidden = self.held.keys().filter(|(v, _)| *v != Graph::INPUT);
        let mut all: Vec<usize> = hidden.map(|&(v, _)| v).collect();
        all.dedup();
        if self.freed(output).count() < plan.len_of(output) {
            all.push(output);
        }
        all
    }

    /// For each vertex the state at which its error may first differ from 0, and at which its x may first have moved: see
    /// [`Graph::arrivals`].
    pub fn arrivals(&self, plan: &Plan) -> Vec<(usize, usize)> {
        let free = |v: usize| v == plan.output() || self.moves(plan, v);
        plan.graph.arrivals(&self.sources(plan), free)
    }
}

#[cfg(test)]
#[path = "clamps_test.rs"]
mod tests;
