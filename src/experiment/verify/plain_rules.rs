//! The learning rules written down once more: plain loops over a chain of dense layers, with ε = x - μ at every state.
//!
//! Nothing of the engine's state, schedules or kernels is used: this is what the rules are checked against. Layer l of L has
//! the vertex that matrix l predicts (counted from 1); its level is L - l. f is tanh, and the identity on the input.

use crate::learning::{Energetics, Rule};
use crate::network::{Loss, Weights};

/// One layer: its matrix (rows of inputs' weights) and bias.
#[derive(Clone)]
struct Dense {
    w: Vec<Vec<f64>>,
    b: Vec<f64>,
}

/// What a phase is run with.
pub struct Phase<'a> {
    /// The rule (not BP).
    pub rule: Rule,
    /// T; of Z-IL then IL the steps after the front.
    pub steps: usize,
    /// γ; of Z-IL then IL that of the later steps.
    pub gamma: f64,
    /// γ of Z-IL.
    pub wave_gamma: f64,
    /// Terms of the energy.
    pub energetics: &'a Energetics,
    /// Contributions of level l are divided by γ^l.
    pub corrected: bool,
    /// α of plain SGD on the batch sum.
    pub rate: f64,
}

/// x, μ and ε of one example; f(x) and slopes, which fixed prediction does not renew.
struct Example {
    target: Vec<f64>,
    x: Vec<Vec<f64>>,
    fx: Vec<Vec<f64>>,
    slope: Vec<Vec<f64>>,
    mu: Vec<Vec<f64>>,
    eps: Vec<Vec<f64>>,
}

fn predict(layer: &Dense, fx: &[f64]) -> Vec<f64> {
    layer
        .w
        .iter()
        .zip(&layer.b)
        .map(|(row, b)| row.iter().zip(fx).map(|(w, f)| w * f).sum::<f64>() + b)
        .collect()
}

fn output_error(loss: Loss, mu: &[f64], target: &[f64]) -> Vec<f64> {
    let sum: f64 = mu.iter().map(|m| m.exp()).sum();
    mu.iter()
        .zip(target)
        .map(|(m, y)| match loss {
            Loss::SquaredError => y - m,
            Loss::CrossEntropy => y - m.exp() / sum,
        })
        .collect()
}

impl Example {
    /// The feed-forward state.
    fn new(net: &[Dense], loss: Loss, input: &[f64], target: &[f64]) -> Self {
        let mut own = Self {
            target: target.to_vec(),
            x: vec![input.to_vec()],
            fx: vec![input.to_vec()],
            slope: vec![vec![1.0; input.len()]],
            mu: vec![Vec::new()],
            eps: vec![Vec::new()],
        };
        for layer in net {
            let mu = predict(layer, &own.fx[own.fx.len() - 1]);
            own.fx.push(mu.iter().map(|v| v.tanh()).collect());
            own.slope
                .push(mu.iter().map(|v| 1.0 - v.tanh() * v.tanh()).collect());
            own.eps.push(vec![0.0; mu.len()]);
            own.x.push(mu.clone());
            own.mu.push(mu);
        }
        let last = net.len();
        own.eps[last] = output_error(loss, &own.mu[last], target);
        own
    }

    /// Δx of every hidden layer, from this state and these weights.
    fn moves(&self, net: &[Dense], gamma: f64, energetics: &Energetics) -> Vec<Vec<f64>> {
        let last = net.len();
        (0..=last)
            .map(|l| {
                if l == 0 || l == last {
                    return Vec::new();
                }
                (0..self.x[l].len())
                    .map(|i| {
                        let above = energetics.precision(last - l - 1);
                        let back: f64 = (0..self.eps[l + 1].len())
                            .map(|j| net[l].w[j][i] * above * self.eps[l + 1][j])
                            .sum();
                        gamma
                            * (self.slope[l][i] * back
                                - energetics.precision(last - l) * self.eps[l][i]
                                - energetics.decay * self.x[l][i])
                    })
                    .collect()
            })
            .collect()
    }

    /// The state after those moves, under the weights as they are now.
    fn go(&mut self, net: &[Dense], loss: Loss, moves: &[Vec<f64>], frozen: bool) {
        let last = net.len();
        for (l, moves) in moves.iter().enumerate().take(last).skip(1) {
            for (x, d) in self.x[l].iter_mut().zip(moves) {
                *x += d;
            }
            if !frozen {
                self.fx[l] = self.x[l].iter().map(|v| v.tanh()).collect();
                self.slope[l] = self.fx[l].iter().map(|f| 1.0 - f * f).collect();
            }
        }
        for l in 1..=last {
            if !frozen {
                self.mu[l] = predict(&net[l - 1], &self.fx[l - 1]);
            }
            self.eps[l] = if l == last {
                output_error(loss, &self.mu[l], &self.target)
            } else {
                self.x[l]
                    .iter()
                    .zip(&self.mu[l])
                    .map(|(x, m)| x - m)
                    .collect()
            };
        }
    }

    /// Adds the contribution of layer l, times a factor.
    fn contribute(&self, l: usize, factor: f64, into: &mut Dense) {
        for (j, e) in self.eps[l].iter().enumerate() {
            for (w, f) in into.w[j].iter_mut().zip(&self.fx[l - 1]) {
                *w += factor * e * f;
            }
            into.b[j] += factor * e;
        }
    }
}

fn zero(net: &[Dense]) -> Vec<Dense> {
    net.iter()
        .map(|d| Dense {
            w: vec![vec![0.0; d.w[0].len()]; d.w.len()],
            b: vec![0.0; d.b.len()],
        })
        .collect()
}

fn add(net: &mut [Dense], gradient: &[Dense], rate: f64) {
    for (own, g) in net.iter_mut().zip(gradient) {
        for (row, g) in own.w.iter_mut().zip(&g.w) {
            for (w, g) in row.iter_mut().zip(g) {
                *w += rate * g;
            }
        }
        for (b, g) in own.b.iter_mut().zip(&g.b) {
            *b += rate * g;
        }
    }
}

/// Weights after one update of a batch, in the order of the arena (matrix and bias of each layer in turn).
pub fn updated(
    weights: &Weights<f64>,
    inputs: &[f64],
    targets: &[f64],
    phase: &Phase<'_>,
) -> Vec<f64> {
    let plan = weights.plan();
    let loss = plan.graph.loss;
    let mut net: Vec<Dense> = (0..plan.graph.parameters.len() / 2)
        .map(|l| {
            let matrix = &plan.graph.parameters[2 * l];
            let row = |r| (0..matrix.cols).map(move |c| weights.of(2 * l, r, c));
            Dense {
                w: (0..matrix.rows).map(|r| row(r).collect()).collect(),
                b: weights.exported(2 * l + 1),
            }
        })
        .collect();
    let (n_in, n_out) = (net[0].w[0].len(), net[net.len() - 1].w.len());
    let mut batch: Vec<Example> = inputs
        .chunks(n_in)
        .zip(targets.chunks(n_out))
        .map(|(x, y)| Example::new(&net, loss, x, y))
        .collect();
    let last = net.len();
    let depth = last - 1;
    let wave = if phase.rule.follows_front() { depth } else { 0 };
    let relaxing = if phase.rule == Rule::Zil {
        0
    } else {
        phase.steps
    };
    let factor = |level: usize, gamma: f64| {
        let precision = phase.energetics.precision(level);
        let over = (0..level).fold(1.0, |product, _| product * gamma);
        if phase.corrected {
            precision / over
        } else {
            precision
        }
    };
    let mut gradient = zero(&net);
    for t in 0..=wave + relaxing {
        let gamma = if t < wave {
            phase.wave_gamma
        } else {
            phase.gamma
        };
        let end = t == wave + relaxing;
        if phase.rule == Rule::Incremental {
            gradient = zero(&net);
        }
        for example in &batch {
            for l in 1..=last {
                let level = last - l;
                if phase.rule.follows_front() && level == t {
                    example.contribute(l, factor(level, phase.wave_gamma), &mut gradient[l - 1]);
                }
                let relaxed = phase.rule != Rule::Zil && end && phase.rule != Rule::Incremental;
                if relaxed || phase.rule == Rule::Incremental {
                    example.contribute(l, factor(level, phase.gamma), &mut gradient[l - 1]);
                }
            }
        }
        if end {
            break;
        }
        let moves: Vec<_> = batch
            .iter()
            .map(|e| e.moves(&net, gamma, phase.energetics))
            .collect();
        if phase.rule == Rule::Incremental {
            add(&mut net, &gradient, phase.rate);
        }
        for (example, moves) in batch.iter_mut().zip(&moves) {
            example.go(&net, loss, moves, phase.rule == Rule::FixedPrediction);
        }
    }
    if phase.rule != Rule::Incremental {
        add(&mut net, &gradient, phase.rate);
    }
    let mut updated = vec![0.0; plan.parameter_count()];
    for (l, d) in net.iter().enumerate() {
        let (matrix, first) = (&plan.graph.parameters[2 * l], plan.parameter(2 * l).start);
        for (r, row) in d.w.iter().enumerate() {
            for (c, &w) in row.iter().enumerate() {
                updated[first + matrix.at(r, c)] = w;
            }
        }
        updated[plan.parameter(2 * l + 1)].copy_from_slice(&d.b);
    }
    updated
}
