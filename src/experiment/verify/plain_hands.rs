//! Inference that somebody puts a finger on, written down once more: plain loops, unit by unit, with ε = x - μ at every state.
//!
//! Nothing of the engine's state, clamps or kernels is used: this is what interventions are checked against. Terms of operations whose
//! kernels are their terms are asked of those, as in [`super::plain`].

use super::plain;
use crate::learning::{Act, Energetics, Interventions};
use crate::network::ops::{AveragePool, Conv, Factor, MaxPool, Step};
use crate::network::plan::PlannedEdge;
use crate::network::{Activation, Graph, Loss, Op, Plan, Weights};
use std::collections::BTreeSet;

/// ½ λ (x - m)ᵀ Q (x - m).
pub struct Prior {
    /// λ.
    pub strength: f64,
    /// m.
    pub mean: Vec<f64>,
    /// Q, row after row.
    pub matrix: Vec<f64>,
}

/// One example's inference.
pub struct Touched<'a> {
    plan: &'a Plan,
    done: &'a Interventions,
    prior: Option<&'a Prior>,
    /// θ as it is now.
    pub weights: Weights<f64>,
    terms: Energetics,
    /// π by level, as far as it was set.
    precisions: Vec<(usize, f64)>,
    target: Vec<f64>,
    held: BTreeSet<(usize, usize)>,
    freed: BTreeSet<(usize, usize)>,
    gone: BTreeSet<(usize, usize)>,
    cut: BTreeSet<usize>,
    /// x of every vertex; of the output it is μ.
    pub x: Vec<Vec<f64>>,
}

/// f′(x).
fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => 1.0,
        Activation::Tanh => 1.0 - x.tanh() * x.tanh(),
        Activation::Sigmoid => {
            let f = 1.0 / (1.0 + (-x).exp());
            f * (1.0 - f)
        }
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        Activation::LeakyRelu => {
            if x > 0.0 {
                1.0
            } else {
                0.01
            }
        }
        Activation::HardTanh => f64::from(u8::from(x.abs() < 1.0)),
        Activation::Gelu => {
            let c = (2.0 / std::f64::consts::PI).sqrt();
            let tanh = (c * (x + 0.044715 * x.powi(3))).tanh();
            let inner = c * (1.0 + 3.0 * 0.044715 * x * x);
            0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh * tanh) * inner
        }
    }
}

impl<'a> Touched<'a> {
    /// State 0 of an example: the forward pass through what lasts from t = 0 on, then what moves there.
    pub fn begin(
        plan: &'a Plan,
        weights: &Weights<f64>,
        (input, target): (&[f64], &[f64]),
        terms: Energetics,
        done: &'a Interventions,
        prior: Option<&'a Prior>,
    ) -> Self {
        let mut own = Self {
            plan,
            done,
            prior,
            weights: weights.clone(),
            terms,
            precisions: Vec::new(),
            target: target.to_vec(),
            held: BTreeSet::new(),
            freed: BTreeSet::new(),
            gone: BTreeSet::new(),
            cut: BTreeSet::new(),
            x: Vec::new(),
        };
        own.x = vec![input.to_vec()];
        let mut values = Vec::new();
        for one in done.at(0) {
            let value = match one.act {
                Act::Clamp {
                    vertex,
                    unit,
                    value: Some(value),
                } => Some(((vertex, unit), value)),
                // The input is what it is from the start.
                Act::Set {
                    vertex: Graph::INPUT,
                    unit,
                    value,
                } => Some(((Graph::INPUT, unit), value)),
                _ => None,
            };
            if let Some((place, value)) = value {
                values.retain(|(at, _)| *at != place);
                values.push((place, value));
            }
            own.last(&one.act);
        }
        for v in 0..plan.graph.vertices.len() {
            if v > 0 {
                own.x.push(own.predicted(v));
            }
            for ((vertex, unit), value) in &values {
                if *vertex == v && (v == Graph::INPUT || own.held.contains(&(v, *unit))) {
                    own.x[v][*unit] = *value;
                }
            }
            for &(vertex, unit) in &own.gone {
                if vertex == v {
                    own.x[v][unit] = 0.0;
                }
            }
        }
        let moves = |act: &Act| match *act {
            Act::Set { vertex, .. } => vertex != Graph::INPUT,
            Act::Kick { .. } => true,
            _ => false,
        };
        if done.at(0).iter().any(|one| moves(&one.act)) {
            done.at(0).iter().for_each(|one| own.shift(&one.act));
            own.x[plan.output()] = own.predicted(plan.output());
        }
        own
    }

    /// What lasts of a thing done.
    fn last(&mut self, act: &Act) {
        let end = |v: usize| v == Graph::INPUT || v == self.plan.output();
        match *act {
            Act::Clamp { vertex, unit, .. } => {
                self.freed.remove(&(vertex, unit));
                self.held.insert((vertex, unit));
            }
            Act::Free { vertex, unit } => {
                self.held.remove(&(vertex, unit));
                if end(vertex) {
                    self.freed.insert((vertex, unit));
                }
            }
            Act::Lesion { vertex, unit } => {
                self.held.remove(&(vertex, unit));
                self.freed.remove(&(vertex, unit));
                self.gone.insert((vertex, unit));
            }
            Act::Cut { place } => {
                self.cut.insert(place);
                self.weights.change(|w| w[place] = 0.0);
            }
            Act::Weight { place, value } => {
                if !self.cut.contains(&place) {
                    self.weights.change(|w| w[place] = value);
                }
            }
            Act::Precision { level, value } => {
                self.precisions.retain(|(l, _)| *l != level);
                self.precisions.push((level, value));
            }
            Act::Target(ref target) => self.target.clone_from(target),
            Act::Set { .. } | Act::Kick { .. } => {}
        }
    }

    /// What moves of a thing done.
    fn shift(&mut self, act: &Act) {
        match *act {
            Act::Clamp {
                vertex,
                unit,
                value: Some(value),
            }
            | Act::Set {
                vertex,
                unit,
                value,
            } => {
                self.x[vertex][unit] = value;
            }
            Act::Kick { vertex, unit, by } => self.x[vertex][unit] += by,
            _ => {}
        }
        for &(v, unit) in &self.gone {
            self.x[v][unit] = 0.0;
        }
    }

    /// π of a level, p of level 0.
    fn precision(&self, level: usize) -> f64 {
        let own = self.precisions.iter().find(|(l, _)| *l == level);
        own.map_or_else(|| self.terms.precision(level), |(_, value)| *value)
    }

    /// f(x) of a unit that may be gone.
    fn read(&self, v: usize, unit: usize) -> f64 {
        if self.gone.contains(&(v, unit)) {
            return 0.0;
        }
        plain::f(self.plan.graph.vertices[v].activation, self.x[v][unit])
    }

    /// μ of a vertex.
    fn predicted(&self, v: usize) -> Vec<f64> {
        let read = |from: usize, unit: usize| self.read(from, unit);
        let mut mu = plain::predicted(self.plan, &self.weights, &read, v);
        for &(vertex, unit) in &self.gone {
            if vertex == v {
                mu[unit] = 0.0;
            }
        }
        mu
    }

    /// ε of a vertex, of the output what the loss gives.
    fn error(&self, v: usize) -> Vec<f64> {
        let mu = self.predicted(v);
        if v != self.plan.output() {
            return self.x[v].iter().zip(&mu).map(|(x, m)| x - m).collect();
        }
        let sum: f64 = mu.iter().map(|m| m.exp()).sum();
        let softmax = self.plan.graph.loss == Loss::CrossEntropy;
        let one = |(i, m): (usize, &f64)| match (self.freed.contains(&(v, i)), softmax) {
            (true, _) => 0.0,
            (_, true) => self.target[i] - m.exp() / sum,
            (_, false) => self.target[i] - m,
        };
        mu.iter().enumerate().map(one).collect()
    }

    /// ε of a vertex; of the input, which has none, zeros.
    pub fn error_of(&self, v: usize) -> Vec<f64> {
        match v {
            Graph::INPUT => vec![0.0; self.x[v].len()],
            v => self.error(v),
        }
    }

    /// True if a weight is gone.
    pub fn is_cut(&self, place: usize) -> bool {
        self.cut.contains(&place)
    }

    /// True if x of a unit moves.
    pub fn moves(&self, v: usize, unit: usize) -> bool {
        let fixed = self.held.contains(&(v, unit)) || self.gone.contains(&(v, unit));
        match v {
            Graph::INPUT => self.freed.contains(&(v, unit)) && !fixed,
            v => v != self.plan.output() && !fixed,
        }
    }

    /// Some of the input moves.
    fn input_moves(&self) -> bool {
        (0..self.x[0].len()).any(|unit| self.moves(Graph::INPUT, unit))
    }

    /// F.
    pub fn energy(&self) -> f64 {
        let output = self.plan.output();
        let mut all = 0.0;
        for v in 1..=output {
            let precision = self.precision(self.plan.graph.vertices[v].level);
            let mu = self.predicted(v);
            if v == output {
                let free = |i: usize| self.freed.contains(&(v, i));
                all += match self.plan.graph.loss {
                    Loss::SquaredError => {
                        let one = |i: usize| (self.target[i] - mu[i]).powi(2);
                        let aimed = (0..mu.len()).filter(|i| !free(*i));
                        0.5 * precision * aimed.map(one).sum::<f64>()
                    }
                    loss if !free(0) => precision * plain::loss(loss, &mu, &self.target),
                    Loss::CrossEntropy => 0.0,
                };
                continue;
            }
            for (x, m) in self.x[v].iter().zip(&mu) {
                all += 0.5 * precision * (x - m).powi(2) + 0.5 * self.terms.decay * x * x;
            }
        }
        if let Some(prior) = self.prior.filter(|_| self.input_moves()) {
            let off = |i: usize| self.x[0][i] - prior.mean[i];
            let n = prior.mean.len();
            for i in 0..n {
                for j in 0..n {
                    all += 0.5 * prior.strength * off(i) * prior.matrix[i * n + j] * off(j);
                }
            }
        }
        all
    }

    /// -∂F/∂x of every unit that moves.
    pub fn descent(&self) -> Vec<((usize, usize), f64)> {
        let plan = self.plan;
        let vertices = &plan.graph.vertices;
        let errors: Vec<Vec<f64>> = (0..vertices.len())
            .map(|v| if v == 0 { Vec::new() } else { self.error(v) })
            .collect();
        let mut back: Vec<Vec<f64>> = self.x.iter().map(|x| vec![0.0; x.len()]).collect();
        for v in 1..vertices.len() {
            let precision = self.precision(vertices[v].level);
            for (_, edge) in plan.predicting(v) {
                for (i, e) in errors[v].iter().enumerate() {
                    self.each(edge, i, &mut |from, unit, factor, _| {
                        back[from][unit] += precision * e * factor;
                    });
                }
            }
        }
        let mut all = Vec::new();
        for v in 0..plan.output() {
            for unit in (0..self.x[v].len()).filter(|&unit| self.moves(v, unit)) {
                let x = self.x[v][unit];
                let mut down = slope(vertices[v].activation, x) * back[v][unit];
                if v == Graph::INPUT {
                    if let Some(prior) = self.prior {
                        let n = prior.mean.len();
                        let term =
                            |j: usize| prior.matrix[unit * n + j] * (self.x[0][j] - prior.mean[j]);
                        down -= prior.strength * (0..n).map(term).sum::<f64>();
                    }
                } else {
                    down -= self.precision(vertices[v].level) * errors[v][unit];
                    down -= self.terms.decay * x;
                }
                all.push(((v, unit), down));
            }
        }
        all
    }

    /// -∂F/∂θ, in the order of the arena; what is cut has none.
    pub fn gradient(&self) -> Vec<f64> {
        let plan = self.plan;
        let mut all = vec![0.0; plan.parameter_count()];
        for v in 1..plan.graph.vertices.len() {
            let precision = self.precision(plan.graph.vertices[v].level);
            let error = self.error(v);
            for (_, edge) in plan.predicting(v) {
                for (i, e) in error.iter().enumerate() {
                    if let Some(bias) = &edge.bias {
                        let (channel, ..) = plan.graph.vertices[v].shape.position(i);
                        all[bias.range.start + channel] += precision * e;
                    }
                    self.each(edge, i, &mut |from, unit, _, place| {
                        if let Some(place) = place {
                            all[place] += precision * e * self.read(from, unit);
                        }
                    });
                }
            }
        }
        self.cut.iter().for_each(|&place| all[place] = 0.0);
        all
    }

    /// The units that output `i` of an edge reads: vertex, unit, ∂μ/∂f(x), and the place of the weight between, if there is one.
    fn each(
        &self,
        edge: &PlannedEdge,
        i: usize,
        with: &mut dyn FnMut(usize, usize, f64, Option<usize>),
    ) {
        let plan = self.plan;
        let own = &plan.graph.edges[edge.index];
        let (from, to) = (own.from, own.to);
        let (shape, (channel, row, column)) = (
            plan.graph.vertices[from].shape,
            plan.graph.vertices[to].shape.position(i),
        );
        let mut weighed = |row: usize, col: usize, unit: usize| {
            let Some(p) = own.weight else { return };
            let place = plan.parameter(p).start + plan.graph.parameters[p].at(row, col);
            with(from, unit, self.weights.values()[place], Some(place));
        };
        match own.op {
            Op::Dense(_) => (0..shape.len()).for_each(|j| weighed(i, j, j)),
            Op::Step(Step { step, .. }) => {
                (0..shape.channels).for_each(|j| weighed(i, j, shape.index(j, 0, step - 1)));
            }
            Op::Conv(Conv { window, .. }) => {
                for (ky, y) in plain::under(window, row, shape.height) {
                    for (kx, x) in plain::under(window, column, shape.width) {
                        for c in 0..shape.channels {
                            let k = (ky * window.kernel + kx) * shape.channels + c;
                            weighed(channel, k, shape.index(c, y, x));
                        }
                    }
                }
            }
            Op::MaxPool(MaxPool { window }) => {
                let mut best: Option<(usize, f64)> = None;
                for (_, y) in plain::under(window, row, shape.height) {
                    for (_, x) in plain::under(window, column, shape.width) {
                        let unit = shape.index(channel, y, x);
                        let value = self.read(from, unit);
                        if best.is_none_or(|(_, most)| value > most) {
                            best = Some((unit, value));
                        }
                    }
                }
                if let Some((unit, _)) = best {
                    with(from, unit, 1.0, None);
                }
            }
            Op::AveragePool(AveragePool { window }) => {
                let mut units = Vec::new();
                for (_, y) in plain::under(window, row, shape.height) {
                    for (_, x) in plain::under(window, column, shape.width) {
                        units.push(shape.index(channel, y, x));
                    }
                }
                let share = 1.0 / units.len() as f64;
                units
                    .into_iter()
                    .for_each(|unit| with(from, unit, share, None));
            }
            other => {
                let operands = plan.operands(edge);
                let read = |slot: usize, unit: usize| self.read(operands[slot].from, unit);
                let number = |_: usize, _: usize| 0.0;
                other.terms(edge.joint, i, &read, &mut |term| {
                    let (vertex, unit) = (operands[term.slot].from, term.unit);
                    with(vertex, unit, term.factor.value(number), None);
                    // By the other factor of a product, it is this one.
                    if let Factor::Read(_) = term.factor {
                        let own = read(term.slot, unit);
                        with(operands[1 - term.slot].from, unit, own, None);
                    }
                });
            }
        }
    }

    /// Goes on to the next state, which is `t`.
    pub fn step(&mut self, gamma: f64, t: usize) {
        for ((v, unit), down) in self.descent() {
            self.x[v][unit] += gamma * down;
        }
        for one in self.done.at(t) {
            self.shift(&one.act);
            self.last(&one.act);
        }
        for &(v, unit) in &self.gone {
            self.x[v][unit] = 0.0;
        }
        let output = self.plan.output();
        self.x[output] = self.predicted(output);
    }
}
