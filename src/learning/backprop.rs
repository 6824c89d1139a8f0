//! Backpropagation: the reference, written on its own.
//!
//! Forward over the graph, then reverse. It shares with predictive coding only the operations' kernels, and is itself
//! checked against central differences. δ := -∂(p Loss)/∂x, so that Z-IL's ε at t = l equals it
//! (at the output, where ε stays unweighted, p ε does).

use crate::network::ops::Memo;
use crate::network::{Aligned, Gradient, Graph, Plan, Presence, Scalar, Weights};
use std::sync::Arc;

/// A unit that both passes leave alone: its x is a value, whatever predicts it, and nothing runs back through it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fixed<S> {
    /// The vertex.
    pub vertex: usize,
    /// The unit.
    pub unit: usize,
    /// x; `None` is what is predicted.
    pub value: Option<S>,
    /// It is taken out: f(x) is 0 as well.
    pub gone: bool,
}

/// Activations and δ of every vertex, for up to a fixed number of examples.
#[derive(Clone, Debug)]
pub struct Backprop<S> {
    plan: Arc<Plan>,
    rows: usize,
    x: Aligned<S>,
    fx: Aligned<S>,
    delta: Aligned<S>,
    argmax: Vec<u32>,
    presence: Presence,
    scratch: Aligned<S>,
    /// p: what the reverse pass descends is p times the loss.
    pub output_precision: f64,
    /// Units that are held or taken out, in every example.
    pub fixed: Vec<Fixed<S>>,
    /// Plants a sign error in the reverse pass (used to show that the checks notice).
    pub wrong_sign: bool,
}

impl<S: Scalar> Backprop<S> {
    /// Room for up to `capacity` examples.
    pub fn new(plan: Arc<Plan>, capacity: usize) -> Self {
        let arena = || Aligned::zeros(plan.units() * capacity);
        Self {
            rows: capacity,
            x: arena(),
            fx: arena(),
            // Made by the first reverse pass: a shard that only scores has none.
            delta: Aligned::default(),
            argmax: vec![0; plan.argmax_len() * capacity],
            presence: Presence::new(Arc::clone(&plan), capacity),
            scratch: Aligned::zeros(plan.scratch),
            output_precision: 1.0,
            fixed: Vec::new(),
            wrong_sign: false,
            plan,
        }
    }

    /// The forward pass. `inputs` is row after row; `missing` says for each row how many steps its sequence lacks at the front,
    /// and is empty if none lacks any.
    pub fn forward(&mut self, weights: &Weights<S>, inputs: &[S], missing: &[u32]) {
        let plan = &self.plan;
        self.rows = inputs.len() / plan.len_of(Graph::INPUT);
        let rows = self.rows;
        self.presence.set(rows, missing);
        let input = plan.block(Graph::INPUT, rows);
        self.fx[input].copy_from_slice(inputs);
        for fixed in self.fixed.iter().filter(|f| f.vertex == Graph::INPUT) {
            if let Some(value) = fixed.value {
                every(plan, rows, fixed, &mut self.fx).for_each(|x| *x = value);
            }
        }
        for v in 1..plan.graph.vertices.len() {
            let vertex = &plan.graph.vertices[v];
            let reach = self.presence.reach(v);
            for (others, edge) in plan.predicting(v) {
                let made = &mut self.x[plan.block(v, rows)][..reach * plan.len_of(v)];
                let memo = Memo::Note(&mut self.argmax[plan.argmax_block(v, rows)]);
                let reads = plan.reads(edge, &self.fx, rows);
                let site = weights.site(edge, reach);
                edge.op.forward(&site, reads, made, memo, others);
            }
            let block = plan.block(v, rows);
            for fixed in self.fixed.iter().filter(|f| f.vertex == v) {
                if let Some(value) = fixed.value {
                    every(plan, rows, fixed, &mut self.x).for_each(|x| *x = value);
                }
            }
            self.presence.mask(v, &mut self.x[block.clone()]);
            vertex
                .activation
                .apply(&self.x[block.clone()], &mut self.fx[block.clone()]);
            for fixed in self.fixed.iter().filter(|f| f.vertex == v && f.gone) {
                every(plan, rows, fixed, &mut self.fx).for_each(|fx| *fx = S::ZERO);
            }
            self.presence.mask(v, &mut self.fx[block]);
        }
    }

    /// Loss of the forward pass, summed over examples.
    pub fn loss(&self, targets: &[S]) -> f64 {
        let n = self.plan.len_of(self.plan.output());
        self.output()
            .chunks_exact(n)
            .zip(targets.chunks_exact(n))
            .map(|(out, y)| self.plan.graph.loss.value(out, y))
            .sum()
    }

    /// The reverse pass: δ of every vertex from the last forward pass; adds -∂Loss/∂W of all examples to `gradient`, the
    /// contributions to shared weights in the order in which the pass meets them, the one nearest the output first.
    pub fn reverse(&mut self, weights: &Weights<S>, targets: &[S], gradient: &mut Gradient<S>) {
        let plan = Arc::clone(&self.plan);
        let plan = &*plan;
        let rows = self.rows;
        if self.delta.is_empty() {
            self.delta = Aligned::zeros(self.x.len());
        }
        let output = plan.output();
        let n = plan.len_of(output);
        let block = plan.block(output, rows);
        for ((x, y), d) in self.x[block.clone()]
            .chunks_exact(n)
            .zip(targets.chunks_exact(n))
            .zip(self.delta[block].chunks_exact_mut(n))
        {
            plan.graph.loss.error(x, y, d);
        }
        // Where p is 1 no pass is spent on it.
        if self.output_precision != 1.0 {
            let p = S::from_f64(self.output_precision);
            let delta = &mut self.delta[plan.block(output, rows)];
            delta.iter_mut().for_each(|d| *d = p * *d);
        }
        for v in (1..=output).rev() {
            let vertex = &plan.graph.vertices[v];
            if v != output {
                let reach = self.presence.reach(v);
                for (i, &e) in vertex.outgoing.iter().enumerate() {
                    let edge = &plan.edges[e];
                    let (error, delta) = plan.read_write(&mut self.delta, edge.to, v, rows);
                    let made = || (&self.fx[..], &self.x[..], &self.argmax[..]);
                    let back = plan.back(edge, made, error, rows);
                    let delta = &mut delta[..reach * plan.len_of(v)];
                    edge.op
                        .pull(&weights.site(edge, reach), &back, delta, i > 0);
                }
                let block = plan.block(v, rows);
                vertex.activation.times_slope(
                    &self.x[block.clone()],
                    &self.fx[block.clone()],
                    &mut self.delta[block.clone()],
                );
                self.presence.mask(v, &mut self.delta[block.clone()]);
                for fixed in self.fixed.iter().filter(|f| f.vertex == v) {
                    every(plan, rows, fixed, &mut self.delta).for_each(|d| *d = S::ZERO);
                }
                if self.wrong_sign {
                    self.delta[block].iter_mut().for_each(|d| *d = -*d);
                }
            }
            self.contribute(v, gradient);
        }
    }

    /// Adds δ f(x)ᵀ of every edge that predicts `vertex` to `gradient`, after the reverse pass.
    pub fn contribute(&mut self, vertex: usize, gradient: &mut Gradient<S>) {
        let (plan, rows) = (&self.plan, self.rows);
        let reach = self.presence.reach(vertex);
        for &e in &plan.graph.vertices[vertex].incoming {
            let edge = &plan.edges[e];
            let error = &self.delta[plan.block(vertex, rows)][..reach * plan.len_of(vertex)];
            let reads = plan.reads(edge, &self.fx, rows);
            let (site, scratch) = (plan.site(edge, reach), &mut self.scratch);
            edge.op
                .gradient(&site, error, reads, &mut gradient.of(edge), scratch);
        }
    }

    /// x of the output vertex after the forward pass, row after row.
    pub fn output(&self) -> &[S] {
        self.x(self.plan.output())
    }

    /// x of a vertex.
    pub fn x(&self, vertex: usize) -> &[S] {
        // The input's f is the identity, so only its f(x) is stored.
        let x = if vertex == Graph::INPUT {
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

    /// δ of a vertex after the reverse pass.
    pub fn delta(&self, vertex: usize) -> &[S] {
        &self.delta[self.plan.block(vertex, self.rows)]
    }
}

/// The numbers of a fixed unit in an arena, of every example.
fn every<'a, S>(
    plan: &Plan,
    rows: usize,
    fixed: &Fixed<S>,
    arena: &'a mut [S],
) -> impl Iterator<Item = &'a mut S> + use<'a, S> {
    let (block, n) = (plan.block(fixed.vertex, rows), plan.len_of(fixed.vertex));
    arena[block][fixed.unit..].iter_mut().step_by(n)
}
