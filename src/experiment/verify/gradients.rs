//! Gradients against central differences of the plain energy, in double precision.

use super::nets::{ARCHITECTURES, Architecture, batch, plan, weights};
use super::plain;
use super::{Check, side_by_side};
use crate::learning::{
    Backprop, Batch, Conditions, Energetics, Precisions, Schedule, Start, State,
};
use crate::network::{Activation, Gradient, Loss, Weights};

/// Half the distance of the two points: the second is for a kink (of relu, of a maximum) that lies between the first two.
const H: [f64; 2] = [1e-5, 3e-7];

/// What both gradients must agree to, relative to the largest element of their parameter or vertex.
pub const TOLERANCE: f64 = 1e-6;

/// The error at the first distance, or at the second if the first was too far for a kink nearby. NaN counts as infinite.
pub(super) fn nearest(mut error: impl FnMut(f64) -> f64) -> f64 {
    let mut least = f64::INFINITY;
    for h in H {
        let e = error(h);
        if e < least {
            least = e;
        }
        if least < TOLERANCE {
            break;
        }
    }
    least
}

/// BP's gradient of every parameter of every architecture (between them: dense, bias, convolution with stride and padding,
/// both pools with overlap and padding), for every activation and both losses.
pub fn backprop(quick: bool, add: &mut dyn FnMut(Check)) {
    let jobs: Vec<_> = ARCHITECTURES
        .iter()
        .flat_map(|a| Activation::ALL.map(|f| (a, f)))
        .flat_map(|(a, f)| Loss::ALL.map(|loss| (a, f, loss)))
        .filter(|&(_, f, loss)| !quick || loss == Loss::CrossEntropy || f == Activation::Tanh)
        .collect();
    let row = |&(architecture, activation, loss): &(&Architecture, Activation, Loss)| {
        let (worst, count) = backprop_error(architecture, activation, loss, false);
        vec![Check::new(
            format!(
                "{}, {}, {}",
                architecture.name,
                activation.name(),
                loss.name()
            ),
            format!("relative error below {TOLERANCE:e}"),
            format!("{worst:.2e} over {count} parameters"),
            worst < TOLERANCE,
        )]
    };
    side_by_side(&jobs, row, add);
}

/// The largest relative error of BP's gradient, and how many numbers were compared.
pub fn backprop_error(
    architecture: &Architecture,
    activation: Activation,
    loss: Loss,
    wrong_sign: bool,
) -> (f64, usize) {
    // The second sequence of a recurrent network lacks steps.
    const ROWS: usize = 2;
    let plan = plan(architecture, activation, loss);
    let mut weights: Weights<f64> = weights(&plan, 21);
    let batch = batch::<f64>(&plan, ROWS, 300);
    let mut bp = Backprop::new(plan.clone(), ROWS);
    bp.wrong_sign = wrong_sign;
    let mut gradient = Gradient::new(plan.clone());
    bp.forward(&weights, &batch.inputs, &batch.missing);
    bp.reverse(&weights, &batch.targets, &mut gradient);
    let (n_in, n_out) = (plan.len_of(0), plan.len_of(plan.output()));
    let total = |weights: &Weights<f64>| -> f64 {
        (0..ROWS)
            .map(|r| {
                let input = &batch.inputs[r * n_in..(r + 1) * n_in];
                let target = &batch.targets[r * n_out..(r + 1) * n_out];
                plain::forward_loss(&plan, weights, input, missing(&batch, r), target)
            })
            .sum()
    };
    let mut worst = 0.0_f64;
    let mut count = 0;
    for p in 0..plan.graph.parameters.len() {
        let range = plan.parameter(p);
        let scale = gradient[range.clone()]
            .iter()
            .fold(1e-9_f64, |a, g| a.max(g.abs()));
        for i in range {
            let at = weights.values()[i];
            let error = nearest(|h| {
                let mut at_distance = |by: f64| {
                    weights.change(|w| w[i] = at + by);
                    total(&weights)
                };
                let rise = at_distance(h) - at_distance(-h);
                // The engine's gradient points downhill.
                (gradient[i] + rise / (2.0 * h)).abs() / scale
            });
            weights.change(|w| w[i] = at);
            worst = worst.max(error);
            count += 1;
        }
    }
    (worst, count)
}

/// The terms that the law is checked with: standard predictive coding, and every term there is.
fn terms() -> [(&'static str, Energetics); 2] {
    let hidden = Precisions::try_from(vec![0.6, 1.7, 0.9]).unwrap_or_default();
    let weighed = Energetics {
        output: 0.7,
        hidden,
        decay: 0.15,
    };
    [("", Energetics::default()), (", p, π and λ", weighed)]
}

/// -Δx/γ of every free node equals the slope of F there, and the displayed F is the plain one.
pub fn energy(quick: bool, add: &mut dyn FnMut(Check)) {
    for architecture in &ARCHITECTURES {
        for activation in Activation::ALL {
            for loss in Loss::ALL {
                if quick && activation != Activation::Tanh {
                    continue;
                }
                for (words, terms) in terms() {
                    let (worst, apart, count) = energy_error(architecture, activation, loss, terms);
                    add(Check::new(
                        format!(
                            "{}, {}, {}{words}",
                            architecture.name,
                            activation.name(),
                            loss.name()
                        ),
                        format!("∂F/∂x = -Δx/γ to {TOLERANCE:e}, F to 1e-12"),
                        format!("{worst:.2e} over {count} free nodes, F {apart:.1e}"),
                        worst < TOLERANCE && apart < 1e-12,
                    ));
                }
            }
        }
    }
}

/// Time steps that a row lacks at its front.
fn missing(batch: &Batch<f64>, row: usize) -> usize {
    batch.missing.get(row).map_or(0, |&n| n as usize)
}

fn energy_error(
    architecture: &Architecture,
    activation: Activation,
    loss: Loss,
    terms: Energetics,
) -> (f64, f64, usize) {
    let plan = plan(architecture, activation, loss);
    let weights: Weights<f64> = weights(&plan, 22);
    let batch = batch::<f64>(&plan, 1, 400);
    let lacks = missing(&batch, 0);
    let random = Schedule {
        start: Start::Random,
        energetics: terms,
        ..Schedule::il(&plan, 8, 0.1, &Conditions::default())
    };
    let mut state = State::new(plan.clone(), 1);
    state.follow(&random);
    state.begin(&weights, batch.whole(), Start::Random, 5);
    for _ in 0..3 {
        state.step(&weights, &random);
    }
    let mut x: Vec<Vec<f64>> = (0..=plan.output()).map(|v| state.x(v).to_vec()).collect();
    let displayed = state.energy();
    let plain = |x: &[Vec<f64>]| plain::energy(&plan, &weights, x, lacks, &batch.targets, &terms);
    let apart = (displayed - plain(&x)).abs() / displayed;
    state.step(&weights, &random);
    let (mut worst, mut count) = (0.0_f64, 0);
    for v in 1..plan.output() {
        let moves: Vec<f64> = state.dx(v).iter().map(|d| -d / random.gamma).collect();
        let scale = moves.iter().fold(1e-9_f64, |a, g| a.max(g.abs()));
        for (i, &expected) in moves.iter().enumerate() {
            let at = x[v][i];
            let error = nearest(|h| {
                let mut at_distance = |by: f64| {
                    x[v][i] = at + by;
                    plain(&x)
                };
                let rise = at_distance(h) - at_distance(-h);
                (rise / (2.0 * h) - expected).abs() / scale
            });
            x[v][i] = at;
            worst = worst.max(error);
            count += 1;
        }
    }
    (worst, apart, count)
}
