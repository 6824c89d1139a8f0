//! The inference step: all Δx from a state and the old weights, then all x, then all μ and ε.

use super::{State, weighed};
use crate::learning::noise;
use crate::learning::schedule::{Epsilon, Fault, Schedule};
use crate::network::kernels::{add, wide};
use crate::network::{Graph, Scalar, Weights};
use std::sync::Arc;

/// Numbers that one pass after another is made over while they are in the nearest cache.
const NEAR: usize = 1024;

impl<S: Scalar> State<S> {
    /// One inference step: Δx, then x, then μ and ε.
    pub fn step(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        if self.lean {
            self.step_at_front(weights, schedule);
            return;
        }
        if schedule.adapts_at(self.t) {
            self.step_adaptively(weights, schedule);
            return;
        }
        self.decide_moves(weights, schedule);
        self.make_moves(weights, schedule, false);
    }

    /// The first half of a step: Δx of every vertex that moves, from this state and these weights.
    pub(super) fn decide_moves(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        let gamma = S::from_f64(schedule.gamma_at(self.t));
        let gamma = if schedule.fault == Fault::StepSign {
            -gamma
        } else {
            gamma
        };
        let spread = schedule.spread_at(self.t);
        let plan = Arc::clone(&self.plan);
        for v in 0..plan.output() {
            self.moved[v] = self.may_move(v, schedule);
        }
        let mut next = 0;
        while next < plan.output() {
            if !self.moved[next] {
                next += 1;
                continue;
            }
            let train = self.train(1, next, |state, v| state.moved[v]);
            next = train.end;
            self.pull(weights, train.clone());
            for v in train {
                self.descend(v, gamma);
                if v == Graph::INPUT {
                    self.draw_back(gamma);
                }
                if spread > 0.0 {
                    self.disturb(v, spread);
                }
                if self.handled {
                    self.keep_held(v);
                }
            }
        }
    }

    /// True if x of a vertex may move in the next step.
    fn may_move(&self, v: usize, schedule: &Schedule) -> bool {
        self.free[v] && schedule.moves(self.t, self.arrivals[v].1)
    }

    /// The second half: every x that moves, then every μ and ε that follow. `weights_changed` says that all predictions do.
    pub(super) fn make_moves(
        &mut self,
        weights: &Weights<S>,
        schedule: &Schedule,
        weights_changed: bool,
    ) {
        let plan = Arc::clone(&self.plan);
        let (rows, output) = (self.rows, plan.output());
        let stale = |state: &Self, v: usize| {
            let mut incoming = plan.graph.vertices[v].incoming.iter();
            weights_changed || !state.frozen && incoming.any(|&e| state.moved[plan.edges[e].from])
        };
        for v in 0..output {
            if self.moved[v] {
                // What ε becomes is known at once where the prediction stays; without a prediction there is none.
                let predicted = !plan.graph.vertices[v].incoming.is_empty();
                let follows =
                    schedule.epsilon == Epsilon::Increment && predicted && !stale(self, v);
                let block = plan.block(v, rows);
                let activation = plan.graph.vertices[v].activation;
                let (x, dx) = (&mut self.x[block.clone()], &self.dx[block.clone()]);
                let (fx, eps) = (&mut self.fx[block.clone()], &mut self.eps[block.clone()]);
                let near = x.chunks_mut(NEAR).zip(dx.chunks(NEAR));
                let near = near.zip(fx.chunks_mut(NEAR).zip(eps.chunks_mut(NEAR)));
                for ((x, dx), (fx, eps)) in near {
                    add(dx, x);
                    if follows {
                        add(dx, eps);
                    }
                    if !self.frozen {
                        activation.apply(x, fx);
                    }
                }
                if !self.frozen {
                    self.presence.mask(v, &mut self.fx[block.clone()]);
                    self.clamps.silence(v, plan.len_of(v), &mut self.fx[block]);
                }
            }
        }
        let mut next = 1;
        while next <= output {
            if !stale(self, next) {
                if self.moved[next] && schedule.epsilon == Epsilon::Naive {
                    self.update_error(next, None, schedule.epsilon);
                }
                next += 1;
                continue;
            }
            let train = self.train(0, next, stale);
            self.predict(weights, train.clone());
            next = train.end;
            let mut first = 0;
            for v in train {
                self.update_error(v, Some(first), schedule.epsilon);
                first += plan.len_of(v) * rows;
            }
        }
        self.t += 1;
    }

    /// Makes γ (-π ε + f'(x) ⊙ Σ Jᵀ π ε - λ x), which is -γ ∂F/∂x, of a hidden vertex's Δx, which holds Σ Jᵀ π ε.
    pub(super) fn descend(&mut self, v: usize, gamma: S) {
        let block = self.plan.block(v, self.rows);
        let activation = self.plan.graph.vertices[v].activation;
        let precision = self.energetics.precision(self.plan.graph.vertices[v].level);
        // A frozen slope is that of the feed-forward state, whose x was μ.
        let sloped = if self.frozen { &self.mu } else { &self.x };
        let (sloped, fx) = (&sloped[block.clone()], &self.fx[block.clone()]);
        let (dx, eps) = (&mut self.dx[block.clone()], &self.eps[block.clone()]);
        // The energy has no term of the input's.
        let decay = if v == Graph::INPUT {
            0.0
        } else {
            self.energetics.decay
        };
        if precision == 1.0 && decay == 0.0 && self.presence.is_whole() {
            let near = sloped.chunks(NEAR).zip(fx.chunks(NEAR));
            let near = near.zip(dx.chunks_mut(NEAR).zip(eps.chunks(NEAR)));
            for ((x, fx), (dx, eps)) in near {
                activation.times_slope(x, fx, dx);
                wide(
                    #[inline(always)]
                    || {
                        for (dx, &e) in dx.iter_mut().zip(eps) {
                            *dx = gamma * (-e + *dx);
                        }
                    },
                );
            }
            return;
        }
        activation.times_slope(sloped, fx, dx);
        self.presence.mask(v, dx);
        let decays = decay != 0.0;
        let (precision, decay) = (S::from_f64(precision), S::from_f64(decay));
        for ((dx, &e), &x) in dx.iter_mut().zip(eps).zip(&self.x[block]) {
            *dx = if decays {
                gamma * (-(precision * e) + *dx - decay * x)
            } else {
                gamma * (-(precision * e) + *dx)
            };
        }
    }

    /// Adds `spread` times a draw from N(0, 1) to every Δx of a vertex.
    fn disturb(&mut self, v: usize, spread: f64) {
        let (draw, first_row) = self.draw;
        let n = self.plan.len_of(v);
        let block = self.plan.block(v, self.rows);
        for (row, dx) in self.dx[block].chunks_exact_mut(n).enumerate() {
            let key = noise::key([draw, (first_row + row) as u64, self.t as u64, v as u64]);
            for (unit, dx) in dx.iter_mut().enumerate() {
                *dx += S::from_f64(spread * noise::normal(key, unit as u64));
            }
        }
        let block = self.plan.block(v, self.rows);
        self.presence.mask(v, &mut self.dx[block]);
    }

    /// The same step where only the front moves: ε there was +0 and μ stays, so that ε becomes Δx = γ f'(x) ⊙ Σ Jᵀ ε.
    ///
    /// x itself is left where it was: neither it nor its f(x) is read again once the front has passed.
    fn step_at_front(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        let plan = Arc::clone(&self.plan);
        let rows = self.rows;
        let sign = if schedule.fault == Fault::StepSign {
            -S::ONE
        } else {
            S::ONE
        };
        let factor = S::from_f64(schedule.gamma) * sign;
        let front = plan.levels.get(self.t + 1);
        for &v in front.into_iter().flat_map(|level| &level.vertices) {
            let vertex = &plan.graph.vertices[v];
            if vertex.incoming.is_empty() {
                continue;
            }
            let reach = self.presence.reach(v);
            for (i, &e) in vertex.outgoing.iter().enumerate() {
                let edge = &plan.edges[e];
                let precision = self
                    .energetics
                    .precision(plan.graph.vertices[edge.to].level);
                let (error, out) = plan.read_write(&mut self.eps, edge.to, v, rows);
                let error = weighed(precision, error, &mut self.predicted);
                // A hidden x stays where its prediction was.
                let made = || (&self.fx[..], &self.x[..], &self.argmax[..]);
                let back = plan.back(edge, made, error, rows);
                let out = &mut out[..reach * plan.len_of(v)];
                edge.op.pull(&weights.site(edge, reach), &back, out, i > 0);
            }
            let block = plan.block(v, rows);
            vertex.activation.times_slope(
                &self.x[block.clone()],
                &self.fx[block.clone()],
                &mut self.eps[block.clone()],
            );
            self.presence.mask(v, &mut self.eps[block.clone()]);
            // A factor of one changes no bit, so no pass is spent on it.
            if factor != S::ONE {
                self.eps[block].iter_mut().for_each(|e| *e = factor * *e);
            }
        }
        self.t += 1;
    }

    /// Re-evaluates every prediction and error after the weights were changed in mid-phase.
    pub(super) fn weights_changed(&mut self, weights: &Weights<S>, epsilon: Epsilon) {
        self.forget_energy();
        self.moved.fill(false);
        for v in 1..=self.plan.output() {
            self.predict(weights, v..v + 1);
            self.update_error(v, Some(0), epsilon);
        }
    }

    /// ε ← (ε + Δx) - (μ_new - μ_old), or its naive form, for a vertex whose x has moved or whose μ has: its new prediction then
    /// begins at `predicted` among those just made.
    pub(super) fn update_error(&mut self, v: usize, predicted: Option<usize>, epsilon: Epsilon) {
        let block = self.plan.block(v, self.rows);
        let news = predicted.map_or(&[][..], |first| &self.predicted[first..first + block.len()]);
        if v == self.plan.output() {
            self.mu[block.clone()].copy_from_slice(news);
            self.x[block].copy_from_slice(news);
            self.output_error();
            return;
        }
        let moved = self.moved[v];
        let (eps, dx) = (&mut self.eps[block.clone()], &self.dx[block.clone()]);
        match epsilon {
            Epsilon::Increment if predicted.is_some() => {
                let mu = &mut self.mu[block];
                let all = eps.iter_mut().zip(mu).zip(news);
                if moved {
                    wide(
                        #[inline(always)]
                        || {
                            for (((e, mu), &new), &dx) in all.zip(dx) {
                                *e = (*e + dx) - (new - *mu);
                                *mu = new;
                            }
                        },
                    );
                } else {
                    wide(
                        #[inline(always)]
                        || {
                            for ((e, mu), &new) in all {
                                *e = (*e + S::ZERO) - (new - *mu);
                                *mu = new;
                            }
                        },
                    );
                }
            }
            Epsilon::Increment => {
                wide(
                    #[inline(always)]
                    || eps.iter_mut().zip(dx).for_each(|(e, &dx)| *e += dx),
                );
            }
            Epsilon::Naive => {
                if predicted.is_some() {
                    self.mu[block.clone()].copy_from_slice(news);
                }
                for ((e, &x), &mu) in eps
                    .iter_mut()
                    .zip(&self.x[block.clone()])
                    .zip(&self.mu[block])
                {
                    *e = x - mu;
                }
            }
        }
    }
}
