//! Units that hold their values, and ends that do not.

use super::State;
use crate::learning::clamps::{ClampError, Clamps};
use crate::network::{Graph, Loss, Scalar};

impl<S: Scalar> State<S> {
    /// Sets which units hold their values in the phases that begin from now on. Of the units that a front-only schedule leaves out
    /// nothing can be held: while more than the two ends are clamped, all that moves is simulated.
    ///
    /// # Errors
    /// The network has no such unit, or it cannot be held or freed.
    pub fn clamp(&mut self, clamps: Clamps) -> Result<(), ClampError> {
        clamps.check(&self.plan)?;
        self.arrivals = clamps.arrivals(&self.plan);
        self.free = clamps.free_vertices(&self.plan);
        self.handled = !clamps.are_the_ends();
        self.clamps = clamps;
        Ok(())
    }

    /// Which units hold their values.
    pub fn clamps(&self) -> &Clamps {
        &self.clamps
    }

    /// The places of some units of a vertex in the arena, in every row that has the vertex's time step.
    fn places(&self, vertex: usize, unit: usize) -> impl Iterator<Item = usize> + use<S> {
        let n = self.plan.len_of(vertex);
        let first = self.plan.block(vertex, self.rows).start + unit;
        let rows: Vec<usize> = (0..self.rows)
            .filter(|&row| !self.presence.is_missing(vertex, row))
            .collect();
        rows.into_iter().map(move |row| first + row * n)
    }

    /// Puts held units of a vertex to their values, whatever was predicted of them.
    pub(super) fn hold(&mut self, vertex: usize) {
        let held: Vec<_> = self.clamps.held(vertex).collect();
        for (unit, value) in held {
            for i in self.places(vertex, unit) {
                self.x[i] = S::from_f64(value);
            }
        }
    }

    /// Takes back the Δx of units that hold their values.
    pub(super) fn keep_held(&mut self, vertex: usize) {
        let still: Vec<usize> = match vertex {
            Graph::INPUT => {
                let mut free = self.clamps.freed(vertex).peekable();
                let units = 0..self.plan.len_of(vertex);
                units
                    .filter(|unit| free.next_if_eq(unit).is_none())
                    .collect()
            }
            _ => self.clamps.held(vertex).map(|(unit, _)| unit).collect(),
        };
        for unit in still {
            for i in self.places(vertex, unit) {
                self.dx[i] = S::ZERO;
            }
        }
    }

    /// True if no output has a target.
    pub(super) fn without_target(&self) -> bool {
        let output = self.plan.output();
        self.handled && self.clamps.freed(output).count() == self.plan.len_of(output)
    }

    /// A free output has no target: its error is 0, and so is its part of the loss.
    pub(super) fn free_targets(&mut self) {
        let output = self.plan.output();
        if self.plan.graph.loss == Loss::CrossEntropy {
            if self.without_target() {
                let block = self.plan.block(output, self.rows);
                self.eps[block].fill(S::ZERO);
            }
            return;
        }
        let start = self.plan.block(output, self.rows).start;
        let free: Vec<usize> = self.clamps.freed(output).collect();
        for unit in free {
            for i in self.places(output, unit) {
                self.target[i - start] = self.mu[i];
                self.eps[i] = S::ZERO;
            }
        }
    }
}
