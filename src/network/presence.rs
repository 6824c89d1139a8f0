//! Which rows of a batch have which time steps.
//!
//! A sequence shorter than the longest ends with it at step N and lacks steps at its front. What would stand at a step it lacks has
//! value, f(x), prediction and error 0, whatever f(0) and the bias are, and so contributes nothing to any sum.

use super::graph::Role;
use super::plan::Plan;
use super::scalar::Scalar;
use std::sync::Arc;

/// The missing time steps of the rows of a batch.
#[derive(Clone, Debug)]
pub struct Presence {
    plan: Arc<Plan>,
    rows: usize,
    missing: Vec<u32>,
    /// At index n, the rows up to the last one that has step n.
    reach: Vec<usize>,
}

impl Presence {
    /// For batches of up to `capacity` rows.
    pub fn new(plan: Arc<Plan>, capacity: usize) -> Self {
        Self {
            rows: capacity,
            missing: Vec::with_capacity(capacity),
            reach: vec![0; plan.graph.steps() + 1],
            plan,
        }
    }

    /// Takes on a batch of `rows` rows; `missing` says for each how many steps it lacks at the front, and is empty if none does.
    pub fn set(&mut self, rows: usize, missing: &[u32]) {
        debug_assert!(missing.is_empty() || missing.len() == rows);
        self.rows = rows;
        self.missing.clear();
        self.missing.extend_from_slice(missing);
        for (step, reach) in self.reach.iter_mut().enumerate() {
            let has = |&missing: &u32| step > missing as usize;
            *reach = match missing.iter().rposition(has) {
                Some(last) => last + 1,
                None if missing.is_empty() => rows,
                None => 0,
            };
        }
    }

    /// How many rows an operation on `vertex` has to go over: those behind are missing. Few, if long sequences come first.
    pub fn reach(&self, vertex: usize) -> usize {
        match self.plan.graph.vertices[vertex].role {
            Role::Step { step, .. } => self.reach[step],
            Role::Input | Role::Layer(_) | Role::Relay { .. } => self.rows,
        }
    }

    /// True if no row lacks any step.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// True if a row lacks the time step of `vertex`.
    pub fn is_missing(&self, vertex: usize, row: usize) -> bool {
        match (self.plan.graph.vertices[vertex].role, self.missing.get(row)) {
            (Role::Step { step, .. }, Some(&missing)) => step <= missing as usize,
            _ => false,
        }
    }

    /// Sets the rows of `values` to 0 that lack the time step of `vertex`.
    pub fn mask<S: Scalar>(&self, vertex: usize, values: &mut [S]) {
        if self.missing.is_empty() {
            return;
        }
        let rows = values.chunks_exact_mut(self.plan.len_of(vertex));
        for (i, row) in rows.enumerate() {
            if self.is_missing(vertex, i) {
                row.fill(S::ZERO);
            }
        }
    }
}
