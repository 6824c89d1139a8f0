//! Inference and backpropagation of one example written down once more, by plain loops in double precision, with ε = x − μ at every
//! state. Nothing of the engine's state, kernels or schedules is used, nor of the window's sums.

use crate::learning::Rule;
use crate::network::graph::Edge;
use crate::network::ops::{AveragePool, Conv, MaxPool, Step};
use crate::network::{Activation, Loss, Op, Plan, Role, Weights};

/// All numbers of one state, per vertex.
#[derive(Clone, Default)]
pub struct Numbers {
    pub x: Vec<Vec<f64>>,
    pub fx: Vec<Vec<f64>>,
    pub mu: Vec<Vec<f64>>,
    pub eps: Vec<Vec<f64>>,
    pub dx: Vec<Vec<f64>>,
}

impl Numbers {
    /// |ε| of a vertex.
    pub fn size(&self, v: usize) -> f64 {
        self.eps[v].iter().map(|e| e * e).sum::<f64>().sqrt()
    }
}

/// One product of a sum: what is multiplied, by what weight, and where that lies among the parameters.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// The unit predicted.
    pub to: usize,
    /// The unit read.
    pub from: usize,
    /// The weight, or the share of a pool.
    pub weight: f64,
    /// Where the weight lies; none of a share.
    pub place: Option<usize>,
}

/// What is worked out: an example and the network that sees it.
#[derive(Clone, Copy)]
pub struct Example<'a> {
    pub plan: &'a Plan,
    pub weights: &'a Weights<f64>,
    pub input: &'a [f64],
    pub target: &'a [f64],
    /// Time steps that it lacks.
    pub missing: usize,
}

/// One example with its states, as far as they were asked for.
pub struct Loops<'a> {
    plan: &'a Plan,
    weights: &'a Weights<f64>,
    target: &'a [f64],
    missing: usize,
    pub states: Vec<Numbers>,
    /// Backpropagation's δ.
    pub delta: Vec<Vec<f64>>,
    /// f(x) of the forward pass.
    forward: Vec<Vec<f64>>,
}

pub fn f(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Tanh => x.tanh(),
        Activation::Relu => x.max(0.0),
        other => panic!("{other:?} occurs in no preset"),
    }
}

pub fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => 1.0,
        Activation::Tanh => 1.0 - x.tanh() * x.tanh(),
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        other => panic!("{other:?} occurs in no preset"),
    }
}

/// What the loss says of the output: −∂Loss/∂μ.
fn output_error(loss: Loss, mu: &[f64], target: &[f64]) -> Vec<f64> {
    let sum: f64 = mu.iter().map(|m| m.exp()).sum();
    let said = |m: f64| match loss {
        Loss::SquaredError => m,
        Loss::CrossEntropy => m.exp() / sum,
    };
    mu.iter().zip(target).map(|(&m, y)| y - said(m)).collect()
}

/// The loss itself.
fn loss_of(loss: Loss, mu: &[f64], target: &[f64]) -> f64 {
    let pairs = mu.iter().zip(target);
    match loss {
        Loss::SquaredError => pairs.map(|(m, y)| 0.5 * (y - m) * (y - m)).sum(),
        Loss::CrossEntropy => {
            let sum: f64 = mu.iter().map(|m| m.exp()).sum();
            pairs.map(|(m, y)| y * (sum.ln() - m)).sum()
        }
    }
}

impl<'a> Loops<'a> {
    pub fn new(example: Example<'a>, rule: Rule, gamma: f64, last: usize) -> Self {
        let Example {
            plan,
            weights,
            input,
            target,
            missing,
        } = example;
        let mut own = Self {
            plan,
            weights,
            target,
            missing,
            states: Vec::new(),
            delta: Vec::new(),
            forward: Vec::new(),
        };
        let n = plan.graph.vertices.len();
        let zeros = || -> Vec<Vec<f64>> { (0..n).map(|v| vec![0.0; plan.len_of(v)]).collect() };
        let mut start = Numbers {
            x: zeros(),
            fx: zeros(),
            mu: zeros(),
            eps: zeros(),
            dx: zeros(),
        };
        start.x[0] = input.to_vec();
        start.fx[0] = input.to_vec();
        for v in 1..n {
            start.mu[v] = own.predict(&start.fx, v);
            start.x[v].clone_from(&start.mu[v]);
            own.apply(&mut start, v);
        }
        let output = plan.output();
        start.eps[output] = output_error(plan.graph.loss, &start.mu[output], target);
        own.forward.clone_from(&start.fx);
        own.delta = own.reverse(&start);
        for t in 0..=last {
            let state = match (rule.is_reference(), t) {
                (true, _) => own.reached(&start, t),
                (_, 0) => start.clone(),
                _ => own.step(&own.states[t - 1], gamma, rule.name() == "fixed-prediction"),
            };
            own.states.push(state);
        }
        own
    }

    fn is_missing(&self, v: usize) -> bool {
        match self.plan.graph.vertices[v].role {
            Role::Step { step, .. } => step <= self.missing,
            _ => false,
        }
    }

    fn apply(&self, state: &mut Numbers, v: usize) {
        let activation = self.plan.graph.vertices[v].activation;
        let values = state.x[v].iter().map(|&x| {
            if self.is_missing(v) {
                0.0
            } else if v == self.plan.output() {
                x
            } else {
                f(activation, x)
            }
        });
        state.fx[v] = values.collect();
    }

    /// Every product that an edge's predictions are made of; `fx` is what the vertex read says.
    pub fn products(&self, edge: &Edge, fx: &[f64], each: &mut dyn FnMut(Product)) {
        let graph = &self.plan.graph;
        let (from, to) = (
            graph.vertices[edge.from].shape,
            graph.vertices[edge.to].shape,
        );
        let weight = |row: usize, col: usize| {
            let p = edge.weight.expect("a matrix");
            let place = self.plan.parameter(p).start + graph.parameters[p].at(row, col);
            (self.weights.of(p, row, col), Some(place))
        };
        let side = |window: crate::network::Window, at: usize, inputs: usize| {
            let all = (0..window.kernel).map(move |k| (k, at * window.stride + k));
            let inside =
                all.filter(move |(_, i)| *i >= window.padding && i - window.padding < inputs);
            inside
                .map(move |(k, i)| (k, i - window.padding))
                .collect::<Vec<_>>()
        };
        for i in 0..to.len() {
            let (channel, row, column) = to.position(i);
            let mut give = |from: usize, (weight, place): (f64, Option<usize>)| {
                each(Product {
                    to: i,
                    from,
                    weight,
                    place,
                });
            };
            match edge.op {
                Op::Dense(_) => (0..from.len()).for_each(|j| give(j, weight(i, j))),
                Op::Step(Step { step: n, .. }) => {
                    (0..from.channels).for_each(|j| give(from.index(j, 0, n - 1), weight(i, j)));
                }
                Op::Identity(_) => give(i, (1.0, None)),
                Op::Conv(Conv { window, .. }) => {
                    for (ky, y) in side(window, row, from.height) {
                        for (kx, x) in side(window, column, from.width) {
                            for c in 0..from.channels {
                                let k = (ky * window.kernel + kx) * from.channels + c;
                                give(from.index(c, y, x), weight(channel, k));
                            }
                        }
                    }
                }
                Op::MaxPool(MaxPool { window }) | Op::AveragePool(AveragePool { window }) => {
                    let mut under = Vec::new();
                    for (_, y) in side(window, row, from.height) {
                        for (_, x) in side(window, column, from.width) {
                            under.push(from.index(channel, y, x));
                        }
                    }
                    if matches!(edge.op, Op::MaxPool(_)) {
                        let mut best = under[0];
                        for &j in &under {
                            if fx[j] > fx[best] {
                                best = j;
                            }
                        }
                        give(best, (1.0, None));
                    } else {
                        let share = 1.0 / under.len() as f64;
                        under.iter().for_each(|&j| give(j, (share, None)));
                    }
                }
                other => panic!("{other:?} is in no preset"),
            }
        }
    }

    /// The bias of a unit, if its vertex has one.
    pub fn bias(&self, v: usize, unit: usize) -> Option<f64> {
        let graph = &self.plan.graph;
        let (channel, ..) = graph.vertices[v].shape.position(unit);
        let mut edges = graph.edges.iter().filter(|e| e.to == v);
        let p = edges.find_map(|e| e.bias)?;
        Some(self.weights.values()[self.plan.parameter(p).start + channel])
    }

    fn predict(&self, fx: &[Vec<f64>], v: usize) -> Vec<f64> {
        let graph = &self.plan.graph;
        let mut mu = vec![0.0; self.plan.len_of(v)];
        if self.is_missing(v) {
            return mu;
        }
        for edge in graph.edges.iter().filter(|e| e.to == v) {
            let read = &fx[edge.from];
            self.products(edge, read, &mut |p| mu[p.to] += p.weight * read[p.from]);
        }
        for (unit, m) in mu.iter_mut().enumerate() {
            *m += self.bias(v, unit).unwrap_or(0.0);
        }
        mu
    }

    /// Σ W ε for every unit of a vertex.
    fn pull(&self, fx: &[Vec<f64>], eps: &[Vec<f64>], v: usize) -> Vec<f64> {
        let mut pull = vec![0.0; self.plan.len_of(v)];
        for edge in self.plan.graph.edges.iter().filter(|e| e.from == v) {
            if !self.is_missing(edge.to) {
                let error = &eps[edge.to];
                self.products(edge, &fx[v], &mut |p| {
                    pull[p.from] += p.weight * error[p.to]
                });
            }
        }
        pull
    }

    /// One step of inference.
    fn step(&self, old: &Numbers, gamma: f64, frozen: bool) -> Numbers {
        let graph = &self.plan.graph;
        let output = self.plan.output();
        let mut new = old.clone();
        for v in 1..output {
            if self.is_missing(v) {
                continue;
            }
            let pull = self.pull(&old.fx, &old.eps, v);
            #[expect(
                clippy::needless_range_loop,
                reason = "a plain loop, as in the formula"
            )]
            for i in 0..self.plan.len_of(v) {
                let at = if frozen { old.mu[v][i] } else { old.x[v][i] };
                let pulled = slope(graph.vertices[v].activation, at) * pull[i];
                new.dx[v][i] = gamma * (pulled - old.eps[v][i]);
                new.x[v][i] = old.x[v][i] + new.dx[v][i];
            }
            if !frozen {
                self.apply(&mut new, v);
            }
        }
        for v in 1..=output {
            if !frozen {
                new.mu[v] = self.predict(&new.fx, v);
            }
            if v == output {
                new.x[v].clone_from(&new.mu[v]);
                new.fx[v].clone_from(&new.mu[v]);
                new.eps[v] = output_error(graph.loss, &new.mu[v], self.target);
            } else if !self.is_missing(v) {
                let pairs = new.x[v].iter().zip(&new.mu[v]);
                new.eps[v] = pairs.map(|(x, m)| x - m).collect();
            }
        }
        new
    }

    /// δ of every vertex but the input.
    fn reverse(&self, start: &Numbers) -> Vec<Vec<f64>> {
        let output = self.plan.output();
        let mut delta = start.eps.clone();
        for v in (1..output).rev() {
            if self.is_missing(v) {
                continue;
            }
            let pull = self.pull(&start.fx, &delta, v);
            let activation = self.plan.graph.vertices[v].activation;
            let both = pull.iter().zip(&start.x[v]);
            delta[v] = both.map(|(p, &x)| slope(activation, x) * p).collect();
        }
        delta
    }

    /// Backpropagation as a wave: δ of the levels that the reverse pass has reached.
    fn reached(&self, start: &Numbers, t: usize) -> Numbers {
        let mut state = start.clone();
        for v in 1..self.plan.graph.vertices.len() {
            if self.plan.graph.vertices[v].level <= t {
                state.eps[v].clone_from(&self.delta[v]);
            } else {
                state.eps[v].fill(0.0);
            }
        }
        state
    }

    /// What vertices of a level contribute to every parameter: ε f(x)ᵀ and ε.
    fn gradient(&self, level: usize, eps: &[Vec<f64>], fx: &[Vec<f64>]) -> Vec<f64> {
        let graph = &self.plan.graph;
        let mut gradient = vec![0.0; self.plan.parameter_count()];
        for edge in &graph.edges {
            if graph.vertices[edge.to].level != level || self.is_missing(edge.to) {
                continue;
            }
            let (error, read) = (&eps[edge.to], &fx[edge.from]);
            if edge.weight.is_some() {
                self.products(edge, read, &mut |p| {
                    if let Some(place) = p.place {
                        gradient[place] += error[p.to] * read[p.from];
                    }
                });
            }
            if let Some(b) = edge.bias {
                let start = self.plan.parameter(b).start;
                for (unit, e) in error.iter().enumerate() {
                    gradient[start + graph.vertices[edge.to].shape.position(unit).0] += e;
                }
            }
        }
        gradient
    }

    /// Cosine and ratio of lengths of what a level would contribute at state `t` against backpropagation's.
    pub fn against(&self, level: usize, t: usize) -> (f64, f64) {
        let own = self.gradient(level, &self.states[t].eps, &self.states[t].fx);
        let bp = self.gradient(level, &self.delta, &self.forward);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (a, b) = (dot(&own, &own).sqrt(), dot(&bp, &bp).sqrt());
        (dot(&own, &bp) / (a * b), a / b)
    }

    /// Energy of a vertex at state `t`.
    pub fn energy(&self, t: usize, v: usize) -> f64 {
        let state = &self.states[t];
        if v == self.plan.output() {
            loss_of(self.plan.graph.loss, &state.mu[v], self.target)
        } else {
            0.5 * state.eps[v].iter().map(|e| e * e).sum::<f64>()
        }
    }

    /// The products of a unit's prediction at state `t`: weight, f(x), and the product.
    pub fn predicts(&self, t: usize, v: usize, unit: usize) -> Vec<[f64; 3]> {
        let mut all = Vec::new();
        for edge in self.plan.graph.edges.iter().filter(|e| e.to == v) {
            let read = &self.states[t].fx[edge.from];
            self.products(edge, read, &mut |p| {
                if p.to == unit {
                    all.push([p.weight, read[p.from], p.weight * read[p.from]]);
                }
            });
        }
        all
    }

    /// The products of what pulls at a unit at state `t`: weight, ε, and the product.
    pub fn pulls(&self, t: usize, v: usize, unit: usize) -> Vec<[f64; 3]> {
        let mut all = Vec::new();
        let state = &self.states[t];
        for edge in self.plan.graph.edges.iter().filter(|e| e.from == v) {
            let error = &state.eps[edge.to];
            self.products(edge, &state.fx[v], &mut |p| {
                if p.from == unit {
                    all.push([p.weight, error[p.to], p.weight * error[p.to]]);
                }
            });
        }
        all
    }
}
