//! The state of inference for some examples: what begins it, what it holds, and what it contributes. The step is in `state/step.rs`.
//!
//! State t is what holds after t steps; x, μ and ε of one t are consistent with each other. One step is, in this order:
//! all Δx from this state and the old weights, then all x, then all μ and ε.

mod adaptive;
mod clamped;
mod energy;
mod held;
mod probe;
mod products;
mod step;

use self::clamped::Clamped;
use super::clamps::Clamps;
use super::inference::Energetics;
use super::phase::Deed;
use super::prior::InputPrior;
use super::schedule::{Schedule, Start};
use super::shard::Examples;
use crate::network::init::unit_interval;
use crate::network::{Aligned, Gradient, Graph, Plan, Presence, Scalar, Weights};
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
    x: Aligned<S>,
    fx: Aligned<S>,
    mu: Aligned<S>,
    eps: Aligned<S>,
    dx: Aligned<S>,
    target: Vec<S>,
    argmax: Vec<u32>,
    presence: Presence,
    predicted: Aligned<S>,
    clamped: Clamped<S>,
    scratch: Aligned<S>,
    moved: Vec<bool>,
    /// Which units hold their values.
    clamps: Clamps,
    /// More than the two ends is clamped, or less.
    handled: bool,
    /// For each vertex, whether its x may move.
    free: Vec<bool>,
    /// For each vertex, when its error may first stand and its x may first have moved.
    arrivals: Vec<(usize, usize)>,
    /// Only what a front-only phase reads is kept up to date.
    lean: bool,
    /// What the energy weighs its terms by.
    energetics: Energetics,
    /// Predictions, slopes and f(x) stay those of the feed-forward state.
    frozen: bool,
    /// The schedule followed, if any.
    followed: Option<Schedule>,
    /// The seed of this phase's draws, and the number of the first row within its batch.
    draw: (u64, usize),
    /// The winners of max pools stay who they are.
    winners_held: bool,
    /// What a freed input is drawn to.
    prior: Option<Arc<InputPrior>>,
    /// What an adaptive step falls back on; made at the first one.
    fallback: Option<Box<adaptive::Fallback<S>>>,
}

impl<S: Scalar> State<S> {
    /// Room for up to `capacity` examples of a plan.
    pub fn new(plan: Arc<Plan>, capacity: usize) -> Self {
        let arena = || Aligned::zeros(plan.units() * capacity);
        // The input has no prediction.
        let widest = (1..plan.graph.vertices.len())
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
            predicted: Aligned::zeros(widest * capacity),
            clamped: Clamped::default(),
            scratch: Aligned::zeros(plan.scratch),
            moved: vec![false; plan.graph.vertices.len()],
            clamps: Clamps::default(),
            handled: false,
            free: Clamps::default().free_vertices(&plan),
            arrivals: Clamps::default().arrivals(&plan),
            lean: false,
            energetics: Energetics::default(),
            frozen: false,
            followed: None,
            draw: (0, 0),
            winners_held: false,
            prior: None,
            fallback: None,
            plan,
        }
    }

    /// Sets what the next [`State::begin`] starts: the terms of the energy, what stays frozen, and how much is simulated.
    ///
    /// Front-only phases leave ε and Δx ahead of the front unset (they are 0 and nobody reads them) and f(x) behind it as it
    /// was. A state that has followed no schedule has precision 1 and no decay.
    pub fn follow(&mut self, schedule: &Schedule) {
        self.lean = schedule.front_only && !self.handled;
        self.energetics = schedule.energetics;
        self.frozen = schedule.frozen;
        self.followed = Some(*schedule);
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
        // The input's f is the identity, and a lean state stores it once.
        let x = if vertex == Graph::INPUT && self.lean {
            &self.fx
        } else {
            &self.x
        };
        &x[self.plan.block(vertex, self.rows)]
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

    /// γ of the step that led to this state, for one example; 0 at t = 0.
    pub fn gamma_used(&self, row: usize) -> f64 {
        let (Some(before), Some(schedule)) = (self.t.checked_sub(1), &self.followed) else {
            return 0.0;
        };
        match &self.fallback {
            Some(own) if schedule.adapts_at(before) => own.gamma_of(row),
            _ => schedule.gamma_at(before),
        }
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
    /// `draw` seeds a random start and noise, which are drawn per row of the batch.
    pub fn begin(
        &mut self,
        weights: &Weights<S>,
        examples: Examples<'_, S>,
        start: Start,
        draw: u64,
    ) -> f64 {
        let Examples {
            inputs,
            targets,
            missing,
            first_row,
        } = examples;
        let plan = Arc::clone(&self.plan);
        let n_in = plan.len_of(Graph::INPUT);
        self.rows = inputs.len() / n_in;
        self.t = 0;
        self.forget_energy();
        self.draw = (draw, first_row);
        let rows = self.rows;
        self.presence.set(rows, missing);
        self.clamped.forget(&plan, rows, self.lean);
        let input = plan.block(Graph::INPUT, rows);
        if !self.lean {
            self.x[input.clone()].copy_from_slice(inputs);
        }
        self.fx[input].copy_from_slice(inputs);
        if self.handled {
            self.hold(Graph::INPUT);
            self.activate(Graph::INPUT);
        }
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
                self.predict(weights, v..v + 1);
                self.mu[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
                self.x[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
            }
            if v != output {
                if self.handled {
                    self.hold(v);
                }
                self.activate(v);
            }
        }
        self.output_error();
        let loss = self.loss();
        if start == Start::Random {
            self.randomise(weights, draw, first_row);
        } else if self.handled {
            self.errors_from_values();
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
            self.hold(v);
        }
        if !self.frozen {
            self.evaluate(weights);
        }
        self.errors_from_values();
    }

    /// f(x) and every prediction from the values as they are.
    fn evaluate(&mut self, weights: &Weights<S>) {
        let plan = Arc::clone(&self.plan);
        let (rows, output) = (self.rows, plan.output());
        for v in 1..output {
            self.activate(v);
        }
        for v in 1..=output {
            self.predict(weights, v..v + 1);
            let block = plan.block(v, rows);
            self.mu[block.clone()].copy_from_slice(&self.predicted[..block.len()]);
        }
        let block = plan.block(output, rows);
        self.x[block.clone()].copy_from_slice(&self.mu[block]);
    }

    /// ε = x - μ of every hidden vertex, and ε⁰.
    fn errors_from_values(&mut self) {
        let plan = Arc::clone(&self.plan);
        for v in 1..plan.output() {
            let block = plan.block(v, self.rows);
            for ((e, &x), &mu) in self.eps[block.clone()]
                .iter_mut()
                .zip(&self.x[block.clone()])
                .zip(&self.mu[block.clone()])
            {
                *e = x - mu;
            }
        }
        self.output_error();
    }

    /// Does what a deed of a phase asks of values, predictions and errors; the others change nothing here.
    pub fn go(&mut self, deed: Deed<'_>, weights: &Weights<S>, schedule: &Schedule) {
        match deed {
            Deed::Step => self.step(weights, schedule),
            Deed::Decide => self.decide_moves(weights, schedule),
            Deed::Make => self.make_moves(weights, schedule, true),
            Deed::Renew => self.weights_changed(weights, schedule.epsilon),
            Deed::State(_) | Deed::Forget(_) | Deed::Capture(_) | Deed::Apply(_) => {}
        }
    }

    /// Adds the contribution π ε f(x)ᵀ of every edge into `level` to `gradient` (divided by γ^l if the schedule says so).
    pub fn capture(&mut self, level: usize, gradient: &mut Gradient<S>) {
        let factor = self.followed.map_or(1.0, |s| {
            let energetics = self.energetics;
            Schedule { energetics, ..s }.contribution_factor(level, self.t)
        });
        for &e in &self.plan.levels[level].edges {
            let edge = &self.plan.edges[e];
            let reach = self.presence.reach(edge.to);
            let error = &self.eps[self.plan.block(edge.to, self.rows)];
            let error = weighed(factor, error, &mut self.predicted);
            let reads = self.plan.reads(edge, &self.fx, self.rows);
            let error = &error[..reach * self.plan.len_of(edge.to)];
            let (site, scratch) = (self.plan.site(edge, reach), &mut self.scratch);
            edge.op
                .gradient(&site, error, reads, &mut gradient.of(edge), scratch);
        }
    }

    /// Brings f(x) of `v` up to date.
    fn activate(&mut self, v: usize) {
        let block = self.plan.block(v, self.rows);
        self.plan.graph.vertices[v]
            .activation
            .apply(&self.x[block.clone()], &mut self.fx[block.clone()]);
        self.presence.mask(v, &mut self.fx[block.clone()]);
        self.clamps
            .silence(v, self.plan.len_of(v), &mut self.fx[block]);
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
        if self.handled {
            self.free_targets();
        }
    }

    /// The first vertex that holds a value which is not finite.
    pub fn first_not_finite(&self) -> Option<usize> {
        self.first_not_finite_of(|_| true)
    }

    /// The first of some vertices that holds a value which is not finite: at t = 0 the first that the forward pass comes to,
    /// later the one nearest the output, where errors come from.
    pub fn first_not_finite_of(&self, which: impl Fn(usize) -> bool) -> Option<usize> {
        let bad = |v: &usize| {
            let values = self.x(*v).iter().chain(self.mu(*v)).chain(self.eps(*v));
            which(*v) && values.copied().any(|value| !value.is_finite())
        };
        let mut vertices = 0..self.plan.graph.vertices.len();
        if self.t == 0 {
            vertices.find(bad)
        } else {
            vertices.rev().find(bad)
        }
    }

    /// True if x of a vertex moved in the step that led to this state.
    pub fn has_moved(&self, vertex: usize) -> bool {
        self.moved[vertex]
    }
}

/// An error times its precision; the error itself where that is 1, so that not even a zero changes its sign.
fn weighed<'a, S: Scalar>(factor: f64, error: &'a [S], room: &'a mut [S]) -> &'a [S] {
    if factor == 1.0 {
        return error;
    }
    let factor = S::from_f64(factor);
    let out = &mut room[..error.len()];
    for (o, &e) in out.iter_mut().zip(error) {
        *o = factor * e;
    }
    out
}

#[cfg(test)]
#[path = "state/adaptive_test.rs"]
mod adaptive_test;
#[cfg(test)]
#[path = "state/products_test.rs"]
mod products_test;
