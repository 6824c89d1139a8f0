//! The state of inference for some examples, and the inference step.
//!
//! State t is what holds after t steps; x, μ and ε of one t are consistent with each other. One step is, in this order:
//! all Δx from this state and the old weights, then all x, then all μ and ε.

use super::schedule::{Epsilon, Fault, Schedule, Start};
use crate::network::init::unit_interval;
use crate::network::{Graph, Plan, Presence, Scalar, Weights, ops};
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// x, μ, ε and Δx of every vertex for up to a fixed number of examples ("rows").
///
/// Arenas hold vertex after vertex, and within a vertex example after example (see [`Plan::block`]).
#[derive(Clone, Debug)]
pub struct State<S> {
    plan: Arc<Plan>,
    rows: usize,
    t: usize,
    x: Vec<S>,
    fx: Vec<S>,
    mu: Vec<S>,
    eps: Vec<S>,
    dx: Vec<S>,
    target: Vec<S>,
    argmax: Vec<u32>,
    presence: Presence,
    predicted: Vec<S>,
    scratch: Vec<S>,
    moved: Vec<bool>,
    /// Only what a front-only phase reads is kept up to date.
    lean: bool,
}

impl<S: Scalar> State<S> {
    /// Room for up to `capacity` examples of a plan.
    pub fn new(plan: Arc<Plan>, capacity: usize) -> Self {
        let arena = || vec![S::ZERO; plan.units() * capacity];
        let widest = (0..plan.graph.vertices.len())
            .map(|v| plan.len_of(v))
            .max()
            .unwrap_or(0);
        Self {
            rows: capacity,
            t: 0,
            x: arena(),
            fx: arena(),
            mu: arena(),
            eps: arena(),
            dx: arena(),
            target: vec![S::ZERO; plan.len_of(plan.output()) * capacity],
            argmax: vec![0; plan.argmax_len() * capacity],
            presence: Presence::new(Arc::clone(&plan), capacity),
            predicted: vec![S::ZERO; widest * capacity],
            scratch: vec![S::ZERO; plan.scratch],
            moved: vec![false; plan.graph.vertices.len()],
            lean: false,
            plan,
        }
    }

    /// With `lean`, ε and Δx ahead of the front are left unset (they are 0 and nobody reads them), and f(x) behind it stays:
    /// what a front-only phase may leave out. Takes effect with the next [`State::begin`].
    pub fn set_lean(&mut self, lean: bool) {
        self.lean = lean;
    }

    /// The plan it belongs to.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Examples held.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// t, the number of steps taken.
    pub fn t(&self) -> usize {
        self.t
    }

    /// Values x of a vertex (before f), example after example.
    pub fn x(&self, vertex: usize) -> &[S] {
        &self.x[self.plan.block(vertex, self.rows)]
    }

    /// f(x) of a vertex.
    pub fn fx(&self, vertex: usize) -> &[S] {
        &self.fx[self.plan.block(vertex, self.rows)]
    }

    /// Predictions μ of a vertex (of the input, which has none: zeros).
    pub fn mu(&self, vertex: usize) -> &[S] {
        &self.mu[self.plan.block(vertex, self.rows)]
    }

    /// Errors ε of a vertex.
    pub fn eps(&self, vertex: usize) -> &[S] {
        &self.eps[self.plan.block(vertex, self.rows)]
    }

    /// The Δx that led to this state.
    pub fn dx(&self, vertex: usize) -> &[S] {
        &self.dx[self.plan.block(vertex, self.rows)]
    }

    /// Targets y.
    pub fn target(&self) -> &[S] {
        &self.target[..self.rows * self.plan.len_of(self.plan.output())]
    }

    /// The winners of a max pool: stored input index per unit; empty for other vertices.
    pub fn argmax(&self, vertex: usize) -> &[u32] {
        &self.argmax[self.plan.argmax_block(vertex, self.rows)]
    }

    /// Clamps input and target, and sets state 0. Returns the summed loss of the feed-forward pass.
    ///
    /// `inputs` and `targets` are row after row; `missing` says for each row how many steps its sequence lacks at the front, and is
    /// empty if none lacks any. `draw` seeds a random start and `first_row` is the number of the first row within its batch, so that
    /// a sharded batch draws the same values.
    pub fn begin(
        &mut self,
        weights: &Weights<S>,
        inputs: &[S],
        targets: &[S],
        missing: &[u32],
        start: Start,
        draw: u64,
        first_row: usize,
    ) -> f64 {
        let plan = Arc::clone(&self.plan);
        let n_in = plan.len_of(Graph::INPUT);
        self.rows = inputs.len() / n_in;
        self.t = 0;
        let rows = self.rows;
        self.presence.set(rows, missing);
        let input = plan.block(Graph::INPUT, rows);
        self.x[input.clone()].copy_from_slice(inputs);
        self.fx[input].copy_from_slice(inputs);
        self.target[..targets.len()].copy_from_slice(targets);
        if !self.lean {
            self.eps[..plan.units() * rows].fill(S::ZERO);
            self.dx[..plan.units() * rows].fill(S::ZERO);
        }
        let output = plan.output();
        for v in 1..=output {
            let block = plan.block(v, rows);
            if self.lean && v != output {
                let mut x = std::mem::take(&mut self.x);
                self.predict_into(weights, v, &mut x[block.clone()]);
                self.x = x;
            } else {
                self.predict(weights, v);
                self.mu[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
                self.x[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
            }
            if v != output {
                self.activate(v);
            }
        }
        self.output_error();
        let loss = self.loss();
        if start == Start::Random {
            self.randomise(weights, draw, first_row);
        }
        loss
    }

    /// Replaces the feed-forward start by hidden x from U(-½, ½), drawn per example.
    fn randomise(&mut self, weights: &Weights<S>, draw: u64, first_row: usize) {
        let plan = Arc::clone(&self.plan);
        let rows = self.rows;
        let output = plan.output();
        for row in 0..rows {
            let mut generator =
                Pcg64Mcg::seed_from_u64(draw.wrapping_add((first_row + row) as u64));
            for v in 1..output {
                let n = plan.len_of(v);
                let block = plan.block(v, rows);
                for x in &mut self.x[block.start + row * n..block.start + (row + 1) * n] {
                    *x = S::from_f64(unit_interval(generator.next_u64()) - 0.5);
                }
            }
        }
        for v in 1..output {
            self.presence.mask(v, &mut self.x[plan.block(v, rows)]);
            self.activate(v);
        }
        for v in 1..=output {
            self.predict(weights, v);
            let block = plan.block(v, rows);
            self.mu[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
            if v != output {
                for ((e, &x), &mu) in self.eps[block.clone()]
                    .iter_mut()
                    .zip(&self.x[block.clone()])
                    .zip(&self.mu[block.clone()])
                {
                    *e = x - mu;
                }
            }
        }
        self.output_error();
    }

    /// One inference step: Δx, then x, then μ and ε.
    pub fn step(&mut self, weights: &Weights<S>, schedule: &Schedule) {
        if self.lean {
            self.step_at_front(weights, schedule);
            return;
        }
        let plan = Arc::clone(&self.plan);
        let (rows, output) = (self.rows, plan.output());
        let gamma = S::from_f64(schedule.gamma);
        self.moved.fill(false);
        for v in 1..output {
            if !schedule.moves(self.t, plan.graph.vertices[v].nearest) {
                continue;
            }
            self.moved[v] = true;
            self.pull(weights, v);
            let block = plan.block(v, rows);
            let sign = if schedule.fault == Fault::StepSign {
                -S::ONE
            } else {
                S::ONE
            };
            for (dx, &e) in self.dx[block.clone()].iter_mut().zip(&self.eps[block]) {
                *dx = gamma * (-e + *dx) * sign;
            }
        }
        for v in 1..output {
            if self.moved[v] {
                let block = plan.block(v, rows);
                for (x, &dx) in self.x[block.clone()]
                    .iter_mut()
                    .zip(&self.dx[block.clone()])
                {
                    *x += dx;
                }
                self.activate(v);
            }
        }
        for v in 1..=output {
            // Behind a front-only wave no update will read a prediction again, so none is made.
            let stale = !schedule.front_only
                && plan.graph.vertices[v]
                    .incoming
                    .iter()
                    .any(|&e| self.moved[plan.edges[e].from]);
            if stale {
                self.predict(weights, v);
            }
            if stale || self.moved[v] {
                self.update_error(v, stale, schedule.epsilon);
            }
        }
        self.t += 1;
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
                let (error, out) = plan.read_write(&mut self.eps, edge.to, v, rows);
                let argmax = &self.argmax[plan.argmax_block(edge.to, rows)];
                ops::pull(
                    &plan,
                    edge,
                    weights,
                    reach,
                    error,
                    argmax,
                    &mut out[..reach * plan.len_of(v)],
                    &mut self.scratch,
                    i > 0,
                );
            }
            let block = plan.block(v, rows);
            vertex
                .activation
                .times_slope(&self.fx[block.clone()], &mut self.eps[block.clone()]);
            self.presence.mask(v, &mut self.eps[block.clone()]);
            // A factor of one changes no bit, so no pass is spent on it.
            if factor != S::ONE {
                self.eps[block].iter_mut().for_each(|e| *e = factor * *e);
            }
        }
        self.t += 1;
    }

    /// Re-evaluates every prediction and error after the weights were changed in mid-phase.
    pub fn weights_changed(&mut self, weights: &Weights<S>, epsilon: Epsilon) {
        self.moved.fill(false);
        for v in 1..=self.plan.output() {
            self.predict(weights, v);
            self.update_error(v, true, epsilon);
        }
    }

    /// ε ← (ε + Δx) - (μ_new - μ_old), or its naive form, for a vertex whose x has moved and whose μ may have.
    fn update_error(&mut self, v: usize, predicted: bool, epsilon: Epsilon) {
        let block = self.plan.block(v, self.rows);
        let n = block.len();
        if v == self.plan.output() {
            self.mu[block.clone()].copy_from_slice(&self.predicted[..n]);
            self.x[block].copy_from_slice(&self.predicted[..n]);
            self.output_error();
            return;
        }
        let moved = self.moved[v];
        let (eps, dx) = (&mut self.eps[block.clone()], &self.dx[block.clone()]);
        match epsilon {
            Epsilon::Increment if predicted => {
                for (((e, &dx), mu), &new) in eps
                    .iter_mut()
                    .zip(dx)
                    .zip(&mut self.mu[block])
                    .zip(&self.predicted[..n])
                {
                    let dx = if moved { dx } else { S::ZERO };
                    *e = (*e + dx) - (new - *mu);
                    *mu = new;
                }
            }
            Epsilon::Increment => {
                for (e, &dx) in eps.iter_mut().zip(dx) {
                    *e += dx;
                }
            }
            Epsilon::Naive => {
                if predicted {
                    self.mu[block.clone()].copy_from_slice(&self.predicted[..n]);
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

    /// Adds the contribution ε f(x)ᵀ of every edge into `level` to `gradient`.
    pub fn capture(&mut self, level: usize, gradient: &mut [S]) {
        for &e in &self.plan.levels[level].edges {
            let edge = &self.plan.edges[e];
            let reach = self.presence.reach(edge.to);
            let error = &self.eps[self.plan.block(edge.to, self.rows)];
            let input = &self.fx[self.plan.block(edge.from, self.rows)];
            ops::gradient(
                &self.plan,
                edge,
                reach,
                &error[..reach * self.plan.len_of(edge.to)],
                input,
                gradient,
                &mut self.scratch,
            );
        }
    }

    /// Writes the prediction of `v` from the current f(x) to `predicted`.
    fn predict(&mut self, weights: &Weights<S>, v: usize) {
        let n = self.plan.len_of(v) * self.rows;
        let mut predicted = std::mem::take(&mut self.predicted);
        self.predict_into(weights, v, &mut predicted[..n]);
        self.predicted = predicted;
    }

    fn predict_into(&mut self, weights: &Weights<S>, v: usize, out: &mut [S]) {
        let rows = self.rows;
        let reach = self.presence.reach(v);
        for (i, &e) in self.plan.graph.vertices[v].incoming.iter().enumerate() {
            let edge = &self.plan.edges[e];
            ops::forward(
                &self.plan,
                edge,
                weights,
                reach,
                &self.fx[self.plan.block(edge.from, rows)],
                &mut out[..reach * self.plan.len_of(v)],
                &mut self.argmax[self.plan.argmax_block(v, rows)],
                &mut self.scratch,
                i > 0,
            );
        }
        self.presence.mask(v, out);
    }

    /// Brings f(x) of `v` up to date.
    fn activate(&mut self, v: usize) {
        let block = self.plan.block(v, self.rows);
        self.plan.graph.vertices[v]
            .activation
            .apply(&self.x[block.clone()], &mut self.fx[block.clone()]);
        self.presence.mask(v, &mut self.fx[block]);
    }

    /// Writes f'(x) ⊙ Σ over children Jᵀ ε to Δx of `v`.
    fn pull(&mut self, weights: &Weights<S>, v: usize) {
        let rows = self.rows;
        let block = self.plan.block(v, rows);
        let reach = self.presence.reach(v);
        for (i, &e) in self.plan.graph.vertices[v].outgoing.iter().enumerate() {
            let edge = &self.plan.edges[e];
            ops::pull(
                &self.plan,
                edge,
                weights,
                reach,
                &self.eps[self.plan.block(edge.to, rows)],
                &self.argmax[self.plan.argmax_block(edge.to, rows)],
                &mut self.dx[block.clone()][..reach * self.plan.len_of(v)],
                &mut self.scratch,
                i > 0,
            );
        }
        self.plan.graph.vertices[v]
            .activation
            .times_slope(&self.fx[block.clone()], &mut self.dx[block.clone()]);
        self.presence.mask(v, &mut self.dx[block]);
    }

    /// ε⁰ from μ⁰, at every state.
    fn output_error(&mut self) {
        let output = self.plan.output();
        let n = self.plan.len_of(output);
        let block = self.plan.block(output, self.rows);
        let loss = self.plan.graph.loss;
        for ((mu, y), e) in self.mu[block.clone()]
            .chunks_exact(n)
            .zip(self.target.chunks_exact(n))
            .zip(self.eps[block].chunks_exact_mut(n))
        {
            loss.error(mu, y, e);
        }
    }

    /// Loss at the current μ⁰, summed over examples.
    pub fn loss(&self) -> f64 {
        let n = self.plan.len_of(self.plan.output());
        self.mu(self.plan.output())
            .chunks_exact(n)
            .zip(self.target.chunks_exact(n))
            .map(|(mu, y)| self.plan.graph.loss.value(mu, y))
            .sum()
    }

    /// Energy of each vertex, summed over examples: the loss at the output, ½ |ε|² elsewhere (0 for the input).
    pub fn energy_of(&self, vertex: usize) -> f64 {
        if vertex == self.plan.output() {
            return self.loss();
        }
        0.5 * self
            .eps(vertex)
            .iter()
            .map(|e| e.to_f64() * e.to_f64())
            .sum::<f64>()
    }

    /// F: the energy of all vertices.
    pub fn energy(&self) -> f64 {
        (0..self.plan.graph.vertices.len())
            .map(|v| self.energy_of(v))
            .sum()
    }

    /// The first vertex that holds a value which is not finite.
    pub fn first_not_finite(&self) -> Option<usize> {
        let bad = |v: usize| {
            self.x(v)
                .iter()
                .chain(self.mu(v))
                .chain(self.eps(v))
                .any(|value| !value.is_finite())
        };
        (0..self.plan.graph.vertices.len()).rev().find(|&v| bad(v))
    }

    /// Moves one value by hand: the increment form treats it as a Δx, and what is predicted from it follows. The step of a
    /// sequence that is missing has no value to move.
    pub fn nudge(&mut self, weights: &Weights<S>, vertex: usize, index: usize, by: S) {
        let block = self.plan.block(vertex, self.rows);
        self.x[block.start + index] += by;
        self.eps[block.start + index] += by;
        self.presence.mask(vertex, &mut self.x[block.clone()]);
        self.presence.mask(vertex, &mut self.eps[block]);
        self.activate(vertex);
        self.moved.fill(false);
        for i in 0..self.plan.graph.vertices[vertex].outgoing.len() {
            let child = self.plan.edges[self.plan.graph.vertices[vertex].outgoing[i]].to;
            self.predict(weights, child);
            self.update_error(child, true, Epsilon::Increment);
        }
    }
}
