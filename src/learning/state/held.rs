//! Units that hold their values, and ends that do not.

use super::State;
use crate::learning::clamps::{ClampError, Clamps};
use crate::learning::interventions::{Act, Intervention, Standing};
use crate::learning::prior::InputPrior;
use crate::learning::schedule::Epsilon;
use crate::network::{Graph, Loss, Scalar, Weights};
use std::sync::Arc;

impl<S: Scalar> State<S> {
    /// Sets which units hold their values in the phases that begin from now on. Of the units that a front-only schedule leaves out
    /// nothing can be held: while more than the two ends are clamped, all that moves is simulated.
    ///
    /// # Errors
    /// The network has no such unit, or it cannot be held or freed.
    pub fn clamp(&mut self, clamps: Clamps) -> Result<(), ClampError> {
        clamps.check(&self.plan)?;
        self.arrivals = clamps.arrivals(&self.plan);
        self.hold_as(clamps);
        Ok(())
    }

    fn hold_as(&mut self, clamps: Clamps) {
        self.free = clamps.free_vertices(&self.plan);
        self.handled = !clamps.are_the_ends();
        self.lean &= !self.handled;
        self.clamps = clamps;
    }

    /// What a freed input is drawn to in the phases that begin from now on.
    pub fn expect(&mut self, prior: Option<Arc<InputPrior>>) {
        self.prior = prior;
    }

    /// The prior, if some of the input is free.
    pub(super) fn input_prior(&self) -> Option<&InputPrior> {
        self.prior.as_deref().filter(|_| self.free[Graph::INPUT])
    }

    /// What lasts of interventions when the next phase begins; after [`State::follow`]. Weights and targets are for the caller to
    /// change.
    pub fn stand(&mut self, standing: Standing) {
        self.arrivals = standing.clamps.arrivals(&self.plan);
        self.weigh(&standing);
        self.hold_as(standing.clamps);
        if self.input_prior().is_some() {
            // What draws at the input draws from t = 0 on, and errors come from there as well.
            self.move_everywhere();
        }
    }

    fn weigh(&mut self, standing: &Standing) {
        let own = (self.followed).map_or(self.energetics, |schedule| schedule.energetics);
        self.energetics = standing.energetics(own, self.plan.depth());
    }

    /// Values may have moved anywhere: no vertex waits for errors to come to it.
    fn move_everywhere(&mut self) {
        for (v, (error, moves)) in self.arrivals.iter_mut().enumerate() {
            (*error, *moves) = (0, usize::from(v != self.plan.output()));
        }
    }

    /// Does what is done at this state, now that it holds: `standing` is what lasts from here on, `acts` what is done, in order, and
    /// `targets` are y of every row as they are from here on. Weights have been changed by the caller.
    pub fn intervene(
        &mut self,
        weights: &Weights<S>,
        standing: &Standing,
        acts: &[Intervention],
        targets: &[S],
        epsilon: Epsilon,
    ) {
        self.forget_energy();
        self.weigh(standing);
        self.hold_as(standing.clamps.clone());
        self.move_everywhere();
        // The input may be another from here on.
        let plan = Arc::clone(&self.plan);
        self.clamped.forget(&plan, self.rows, self.lean);
        self.target[..targets.len()].copy_from_slice(targets);
        for one in acts {
            let (vertex, unit, to, by) = match one.act {
                Act::Clamp {
                    vertex,
                    unit,
                    value: Some(value),
                }
                | Act::Set {
                    vertex,
                    unit,
                    value,
                } => (vertex, unit, Some(value), 0.0),
                Act::Kick { vertex, unit, by } => (vertex, unit, None, by),
                _ => continue,
            };
            let predicted = !self.plan.graph.vertices[vertex].incoming.is_empty();
            for i in self.places(vertex, unit) {
                let before = self.x[i];
                self.x[i] = to.map_or(before + S::from_f64(by), S::from_f64);
                if predicted {
                    self.eps[i] += self.x[i] - before;
                }
            }
        }
        let output = self.plan.output();
        for v in 0..output {
            self.silence(v);
            if !self.frozen {
                self.activate(v);
            }
        }
        if self.frozen {
            self.moved.fill(false);
            self.output_error();
        } else {
            self.weights_changed(weights, epsilon);
        }
        (0..output).for_each(|v| self.silence(v));
    }

    /// Units that are taken out have no number.
    fn silence(&mut self, vertex: usize) {
        let (block, n) = (self.plan.block(vertex, self.rows), self.plan.len_of(vertex));
        for numbers in [
            &mut self.x,
            &mut self.fx,
            &mut self.mu,
            &mut self.eps,
            &mut self.dx,
        ] {
            self.clamps.silence(vertex, n, &mut numbers[block.clone()]);
        }
    }

    /// Takes γ times what draws a freed input to its prior off its Δx.
    pub(super) fn draw_back(&mut self, gamma: S) {
        let Some(prior) = self.prior.clone().filter(|_| self.free[Graph::INPUT]) else {
            return;
        };
        let block = self.plan.block(Graph::INPUT, self.rows);
        let n = self.plan.len_of(Graph::INPUT);
        let free: Vec<usize> = self.clamps.freed(Graph::INPUT).collect();
        let rows = self.x[block.clone()].chunks_exact(n);
        for (x, dx) in rows.zip(self.dx[block].chunks_exact_mut(n)) {
            for &unit in &free {
                dx[unit] -= gamma * S::from_f64(prior.pull(x, unit));
            }
        }
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
        let held = self.clamps.held(vertex);
        let mut all: Vec<_> = held
            .filter_map(|(unit, value)| Some((unit, value?)))
            .collect();
        all.extend(self.clamps.lesioned(vertex).map(|unit| (unit, 0.0)));
        for (unit, value) in all {
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
        let gone: Vec<usize> = self.clamps.lesioned(vertex).collect();
        for unit in still.into_iter().chain(gone) {
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
