//! The energy F written down once more, by plain loops over channels, rows and columns, in double precision.
//!
//! Nothing of the engine's kernels, layouts of scratch or updates is used: this is what gradients are checked against.

use crate::learning::Energetics;
use crate::network::ops::{AveragePool, Conv, MaxPool, Step};
use crate::network::{Activation, Loss, Op, Plan, Role, Weights, Window};

/// f(x).
pub(super) fn f(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Tanh => x.tanh(),
        Activation::Relu => x.max(0.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::LeakyRelu => x.max(0.01 * x),
        Activation::Gelu => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        }
        Activation::HardTanh => x.clamp(-1.0, 1.0),
    }
}

/// Input positions under a window along one side, padding left out.
pub(super) fn under(
    window: Window,
    at: usize,
    inputs: usize,
) -> impl Iterator<Item = (usize, usize)> {
    (0..window.kernel).filter_map(move |k| {
        let place = (at * window.stride + k).checked_sub(window.padding)?;
        (place < inputs).then_some((k, place))
    })
}

/// μ of a vertex from the values x of the vertices that predict it, for one example.
///
/// `missing` time steps at the front of a sequence have value and prediction 0, and nothing is predicted from them.
pub fn prediction(
    plan: &Plan,
    weights: &Weights<f64>,
    x: &[Vec<f64>],
    missing: usize,
    vertex: usize,
) -> Vec<f64> {
    let is_missing = |v: usize| match plan.graph.vertices[v].role {
        Role::Step { step, .. } => step <= missing,
        _ => false,
    };
    if is_missing(vertex) {
        return vec![0.0; plan.graph.vertices[vertex].shape.len()];
    }
    let read = |v: usize, i: usize| match is_missing(v) {
        true => 0.0,
        false => f(plan.graph.vertices[v].activation, x[v][i]),
    };
    predicted(plan, weights, &read, vertex)
}

/// μ of a vertex, given f(x) of every unit of every vertex that predicts it.
pub fn predicted(
    plan: &Plan,
    weights: &Weights<f64>,
    known: &dyn Fn(usize, usize) -> f64,
    vertex: usize,
) -> Vec<f64> {
    let to = plan.graph.vertices[vertex].shape;
    let mut mu = vec![0.0; to.len()];
    for (_, planned) in plan.predicting(vertex) {
        let edge = &plan.graph.edges[planned.index];
        let from = plan.graph.vertices[edge.from].shape;
        let operands = plan.operands(planned);
        let read = |slot: usize, i: usize| known(operands[slot].from, i);
        let value = |i: usize| read(0, i);
        let number = |row: usize, col: usize| edge.weight.map_or(0.0, |p| weights.of(p, row, col));
        let b = edge
            .bias
            .map_or(&[][..], |p| &weights.values()[plan.parameter(p)]);
        for (i, m) in mu.iter_mut().enumerate() {
            let (channel, row, column) = to.position(i);
            *m += match edge.op {
                Op::Dense(_) => (0..from.len()).map(|j| number(i, j) * value(j)).sum(),
                Op::Step(Step { step, .. }) => (0..from.channels)
                    .map(|j| number(i, j) * value(from.index(j, 0, step - 1)))
                    .sum(),
                Op::Conv(Conv { window, .. }) => {
                    let mut sum = 0.0;
                    for (ky, y) in under(window, row, from.height) {
                        for (kx, x) in under(window, column, from.width) {
                            for c in 0..from.channels {
                                let k = (ky * window.kernel + kx) * from.channels + c;
                                sum += number(channel, k) * value(from.index(c, y, x));
                            }
                        }
                    }
                    sum
                }
                Op::MaxPool(MaxPool { window }) => {
                    let mut best = f64::NEG_INFINITY;
                    for (_, y) in under(window, row, from.height) {
                        for (_, x) in under(window, column, from.width) {
                            best = best.max(value(from.index(channel, y, x)));
                        }
                    }
                    best
                }
                Op::AveragePool(AveragePool { window }) => {
                    let (mut sum, mut count) = (0.0, 0.0);
                    for (_, y) in under(window, row, from.height) {
                        for (_, x) in under(window, column, from.width) {
                            sum += value(from.index(channel, y, x));
                            count += 1.0;
                        }
                    }
                    sum / count
                }
                // The others have no kernels that differ from their terms.
                other => {
                    let mut sum = 0.0;
                    other.terms(planned.joint, i, &read, &mut |term| {
                        sum += term.factor.value(number) * read(term.slot, term.unit);
                    });
                    sum
                }
            };
            if let Some(b) = b.get(channel) {
                *m += b;
            }
        }
    }
    mu
}

/// The loss of one output.
pub fn loss(kind: Loss, mu: &[f64], target: &[f64]) -> f64 {
    match kind {
        Loss::SquaredError => mu
            .iter()
            .zip(target)
            .map(|(m, y)| 0.5 * (y - m) * (y - m))
            .sum(),
        Loss::CrossEntropy => {
            let partition: f64 = mu.iter().map(|m| m.exp()).sum();
            mu.iter()
                .zip(target)
                .map(|(m, y)| -y * (m - partition.ln()))
                .sum()
        }
    }
}

/// F of one example whose free vertices hold `x`: p times the loss at μ⁰, and ½ π |x - μ|² + ½ λ |x|² of every hidden
/// vertex.
pub fn energy(
    plan: &Plan,
    weights: &Weights<f64>,
    x: &[Vec<f64>],
    missing: usize,
    target: &[f64],
    terms: &Energetics,
) -> f64 {
    (1..=plan.output())
        .map(|v| {
            let mu = prediction(plan, weights, x, missing, v);
            let precision = terms.precision(plan.graph.vertices[v].level);
            if v == plan.output() {
                precision * loss(plan.graph.loss, &mu, target)
            } else {
                x[v].iter()
                    .zip(&mu)
                    .map(|(x, m)| 0.5 * precision * (x - m) * (x - m) + 0.5 * terms.decay * x * x)
                    .sum()
            }
        })
        .sum()
}

/// The loss of one example after a forward pass.
pub fn forward_loss(
    plan: &Plan,
    weights: &Weights<f64>,
    input: &[f64],
    missing: usize,
    target: &[f64],
) -> f64 {
    let mut x: Vec<Vec<f64>> = vec![input.to_vec()];
    for v in 1..=plan.output() {
        let mu = prediction(plan, weights, &x, missing, v);
        x.push(mu);
    }
    loss(plan.graph.loss, &x[plan.output()], target)
}
