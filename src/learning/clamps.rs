//! Which units hold their values while the others infer.
//!
//! As it comes, the two ends are clamped: all of the input, and the output to its target. Beside that any unit of a hidden vertex may
//! be held at a value, and units of the ends be freed. Errors then start from several places, and the front with them.

use crate::network::{Graph, Loss, Plan};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A set of clamped units, per vertex and unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clamps {
    /// Units of hidden vertices, and the values they hold.
    held: BTreeMap<(usize, usize), f64>,
    /// Units of the input and the output that are free.
    free: BTreeSet<(usize, usize)>,
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
    /// Hidden vertices are held, not the ends.
    #[error(
        "vertex {0} is an end of the network and has its value from the example; expected a hidden vertex"
    )]
    AnEnd(usize),
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
    /// Holds a unit of a hidden vertex at a value.
    #[must_use]
    pub fn hold(mut self, vertex: usize, unit: usize, value: f64) -> Self {
        self.held.insert((vertex, unit), value);
        self
    }

    /// Frees a unit of the input or the output.
    #[must_use]
    pub fn free(mut self, vertex: usize, unit: usize) -> Self {
        self.free.insert((vertex, unit));
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
        self.held.is_empty() && self.free.is_empty()
    }

    /// Looks whether a network has these units, and whether they can be held or freed.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self, plan: &Plan) -> Result<(), ClampError> {
        let ends = [Graph::INPUT, plan.output()];
        let all = self.held.keys().chain(&self.free);
        for &(vertex, unit) in all {
            let vertices = plan.graph.vertices.len();
            if vertex >= vertices || unit >= plan.len_of(vertex) {
                return Err(ClampError::NoSuchUnit { vertex, unit });
            }
        }
        for (&(vertex, unit), value) in &self.held {
            if ends.contains(&vertex) {
                return Err(ClampError::AnEnd(vertex));
            }
            if !value.is_finite() {
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

    /// The units of a hidden vertex that hold a value, with it.
    pub fn held(&self, vertex: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let units = self.held.range((vertex, 0)..=(vertex, usize::MAX));
        units.map(|(&(_, unit), &value)| (unit, value))
    }

    /// The free units of an end.
    pub fn freed(&self, vertex: usize) -> impl Iterator<Item = usize> + '_ {
        let units = self.free.range((vertex, 0)..=(vertex, usize::MAX));
        units.map(|&(_, unit)| unit)
    }

    /// True if a unit of the vertex may move: the output's x is its prediction, and moves with that alone.
    pub fn moves(&self, plan: &Plan, vertex: usize) -> bool {
        match vertex {
            Graph::INPUT => self.freed(vertex).next().is_some(),
            v if v == plan.output() => false,
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
        let mut all: Vec<usize> = self.held.keys().map(|&(v, _)| v).collect();
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
