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
    /// -∂F/∂x.
    direction: Vec<S>,
    /// γ of each example.
    gamma: Vec<S>,
    energy: Vec<f64>,
    settled: Vec<bool>,
}

impl<S: Scalar> Fallback<S> {
    /// γ that the last step came to for one example.
    pub(super) fn gamma_of(&self, row: usize) -> f64 {
        self.gamma[row].to_f64()
    }
}

impl<S: Scalar> State<S> {
    /// One step of γ or less per example: examples do not interact, so each has a γ of its own, and the split of a batch into
    /// shards does not show. F is compared as it is displayed, in double precision.
    pub(super) fn step_adaptively(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        let plan = Arc::clone(&self.plan);
        let (rows, output) = (self.rows, plan.output());
        let mut own = self.fallback.take().unwrap_or_else(|| {
            let arena = || vec![S::ZERO; self.x.len()];
            let capacity = self.x.len() / plan.units();
            Box::new(Fallback {
                x: arena(),
                mu: arena(),
                eps: arena(),
                direction: arena(),
                gamma: vec![S::ZERO; capacity],
                energy: vec![0.0; capacity],
                settled: vec![false; capacity],
            })
        });
        self.moved.fill(false);
        for v in 0..output {
            if self.may_move(v, schedule) {
                self.moved[v] = true;
                self.pull(weights, v..v + 1);
                self.descend(v, S::ONE);
                if self.handled {
                    self.keep_held(v);
                }
            }
        }
        let units = plan.units() * rows;
        own.x[..units].copy_from_slice(&self.x[..units]);
        own.mu[..units].copy_from_slice(&self.mu[..units]);
        own.eps[..units].copy_from_slice(&self.eps[..units]);
        own.direction[..units].copy_from_slice(&self.dx[..units]);
        for row in 0..rows {
            own.gamma[row] = S::from_f64(schedule.gamma_at(self.t));
            own.energy[row] = self.energy_of_row(row);
            own.settled[row] = false;
        }
        let half = S::from_f64(0.5);
        for halvings in 0..=MOST_HALVINGS {
            self.attempt(weights, schedule, &own);
            for row in 0..rows {
                if own.settled[row] {
                    continue;
                }
                // Not "rises": an F that is NaN has not been kept from rising.
                if self.energy_of_row(row) <= own.energy[row] {
                    own.settled[row] = true;
                } else if halvings + 1 < MOST_HALVINGS {
                    own.gamma[row] *= half;
                } else {
                    own.gamma[row] = S::ZERO;
                }
            }
            if own.settled[..rows].iter().all(|s| *s) {
                break;
            }
        }
        self.fallback = Some(own);
        self.t += 1;
    }

    /// x, μ and ε after a step of each example's γ from where the step began.
    fn attempt(&mut self, weights: &Weights<S>, schedule: &Schedule, own: &Fallback<S>) {
        let plan = Arc::clone(&self.plan);
        let (rows, output) = (self.rows, plan.output());
        for v in 0..output {
            if !self.moved[v] {
                continue;
            }
            let n = plan.len_of(v);
            for (row, gamma) in own.gamma[..rows].iter().enumerate() {
                let start = plan.block(v, rows).start + row * n;
                for i in start..start + n {
                    let dx = *gamma * own.direction[i];
                    self.dx[i] = dx;
                    self.x[i] = own.x[i] + dx;
                }
            }
            self.activate(v);
        }
        for v in 1..=output {
            let stale = plan.graph.vertices[v]
                .incoming
                .iter()
                .any(|&e| self.moved[plan.edges[e].from]);
            if !stale && !self.moved[v] {
                continue;
            }
            let block = plan.block(v, rows);
            self.mu[block.clone()].copy_from_slice(&own.mu[block.clone()]);
            self.eps[block.clone()].copy_from_slice(&own.eps[block]);
            if stale {
                self.predict(weights, v..v + 1);
            }
            self.update_error(v, stale.then_some(0), schedule.epsilon);
        }
    }
}
