//! The inference step whose γ adapts: halved, for each example by itself, until its F does not rise.

use super::State;
use crate::learning::schedule::Schedule;
use crate::network::{Scalar, Weights};
use std::sync::Arc;

/// Most halvings; an example whose F rises at every smaller γ then stays where it is for this step.
const MOST_HALVINGS: usize = 40;

/// What a try starts from, and what each example has come to.
#[derive(Clone, Debug)]
pub(super) struct Fallback<S> {
    x: Vec<S>,
    mu: Vec<S>,
    eps: Vec<S>,
    /// γ of each example.
    gamma: Vec<f64>,
    /// F of each example in the state that `known` names.
    energy: Vec<f64>,
    /// F of each example behind this try.
    tried: Vec<f64>,
    /// The t whose F stands in `energy`: to work it out again costs a fifth of a step. `None` once values are changed in mid-phase, or a
    /// phase begins.
    known: Option<usize>,
    rises: Vec<bool>,
}

impl<S: Scalar> Fallback<S> {
    fn new(units: usize, capacity: usize) -> Self {
        let arena = || vec![S::ZERO; units];
        Self {
            x: arena(),
            mu: arena(),
            eps: arena(),
            gamma: vec![0.0; capacity],
            energy: vec![0.0; capacity],
            tried: vec![0.0; capacity],
            known: None,
            rises: vec![false; capacity],
        }
    }

    /// γ that the last step came to for one example.
    pub(super) fn gamma_of(&self, row: usize) -> f64 {
        self.gamma[row]
    }
}

impl<S: Scalar> State<S> {
    /// Values have been changed otherwise than by a step: what an adaptive one knows of F is of a state that is no longer.
    pub(super) fn forget_energy(&mut self) {
        if let Some(own) = &mut self.fallback {
            own.known = None;
        }
    }

    /// One step of γ or less per example: examples do not interact, so each has a γ of its own, and the split of a batch into
    /// shards does not show. F is compared as it is displayed, in double precision. The first try is the step of any rule.
    pub(super) fn step_adaptively(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        let (t, rows) = (self.t, self.rows);
        let mut own = self.fallback.take().unwrap_or_else(|| {
            let units = self.x.len();
            Box::new(Fallback::new(units, units / self.plan.units()))
        });
        if own.known != Some(t) {
            self.energies(&mut own.energy[..rows]);
        }
        own.gamma[..rows].fill(schedule.gamma_at(t));
        own.rises[..rows].fill(true);
        self.decide_moves(weights, schedule);
        self.keep(&mut own);
        for halvings in 0..=MOST_HALVINGS {
            if halvings > 0 {
                self.back_with_less(&own, halvings == MOST_HALVINGS);
                self.t = t;
            }
            self.make_moves(weights, schedule, false);
            self.energies(&mut own.tried[..rows]);
            for row in 0..rows {
                if !own.rises[row] {
                    continue;
                }
                let energy = own.tried[row];
                // Not "rises": an F that is NaN has not been kept from rising.
                if energy <= own.energy[row] {
                    own.rises[row] = false;
                    own.energy[row] = energy;
                } else if halvings + 1 < MOST_HALVINGS {
                    own.gamma[row] *= 0.5;
                } else {
                    own.gamma[row] = 0.0;
                }
            }
            if !own.rises[..rows].contains(&true) {
                break;
            }
        }
        // Of an example that stayed where it was, F is what it was.
        own.known = Some(self.t);
        self.fallback = Some(own);
    }

    /// What a step changes of a vertex, and a try has to find as it was: anything, and its μ. What it makes of the output
    /// does not depend on what was there.
    fn changes(&self, v: usize) -> (bool, bool) {
        let mut incoming = self.plan.graph.vertices[v].incoming.iter();
        let follows = incoming.any(|&e| self.moved[self.plan.edges[e].from]);
        (follows || self.moved[v], follows)
    }

    /// Notes where this step begins.
    fn keep(&self, own: &mut Fallback<S>) {
        for v in 0..self.plan.output() {
            let block = self.plan.block(v, self.rows);
            let (any, mu) = self.changes(v);
            if any {
                own.x[block.clone()].copy_from_slice(&self.x[block.clone()]);
                own.eps[block.clone()].copy_from_slice(&self.eps[block.clone()]);
            }
            if mu {
                own.mu[block.clone()].copy_from_slice(&self.mu[block]);
            }
        }
    }

    /// Back to where the step began, with half the Δx (or none) for the examples whose F has risen. Those of the others are made again
    /// as they were: products are of all examples.
    fn back_with_less(&mut self, own: &Fallback<S>, none: bool) {
        let plan = Arc::clone(&self.plan);
        let less = if none { S::ZERO } else { S::from_f64(0.5) };
        for v in 0..plan.output() {
            let block = plan.block(v, self.rows);
            let (any, mu) = self.changes(v);
            if any {
                self.x[block.clone()].copy_from_slice(&own.x[block.clone()]);
                self.eps[block.clone()].copy_from_slice(&own.eps[block.clone()]);
            }
            if mu {
                self.mu[block.clone()].copy_from_slice(&own.mu[block.clone()]);
            }
            if self.moved[v] {
                let dx = self.dx[block].chunks_exact_mut(plan.len_of(v));
                for (dx, _) in dx.zip(&own.rises).filter(|(_, rises)| **rises) {
                    dx.iter_mut().for_each(|dx| *dx = less * *dx);
                }
            }
        }
    }
}
