//! Bit equality of Z-IL and backpropagation, and ε = δ at the front.

use super::nets::{self, ARCHITECTURES, Architecture, Training, batch, plan, trained};
use super::{Check, side_by_side};
use crate::learning::compare::distance;
use crate::learning::{
    Backprop, Conditions, Method, OptimiserKind, OptimiserSettings, Path, Schedule, Start, State,
};
use crate::network::{Activation, Gradient, Loss, Scalar};

/// One way to train per kind of optimiser; between them weight decay, mean and sum, one shard and several, odd and even sizes.
const TRAININGS: [Training; 5] = {
    const fn training(rows: usize, mean: bool, optimiser: OptimiserSettings) -> Training {
        Training {
            updates: 200,
            rows,
            optimiser,
            mean,
            threads: 1,
        }
    }
    const fn adapting(kind: OptimiserKind, weight_decay: f64) -> OptimiserSettings {
        OptimiserSettings {
            kind,
            weight_decay,
            ..OptimiserSettings::sgd(0.002)
        }
    }
    let momentum = OptimiserSettings {
        momentum: 0.9,
        ..OptimiserSettings::sgd(0.02)
    };
    let nesterov = OptimiserSettings {
        nesterov: true,
        weight_decay: 0.01,
        momentum: 0.8,
        ..OptimiserSettings::sgd(0.005)
    };
    [
        training(8, false, OptimiserSettings::sgd(0.01)),
        training(33, true, momentum),
        training(8, false, nesterov),
        training(7, true, adapting(OptimiserKind::Adam, 0.0)),
        training(8, false, adapting(OptimiserKind::AdamW, 0.1)),
    ]
};

/// Architecture × activation × loss × dtype × path, each trained by every optimiser.
fn weights_of<S: Scalar>(
    architecture: &Architecture,
    activation: Activation,
    loss: Loss,
    quick: bool,
    rows: &mut Vec<Check>,
) {
    let plan = plan(architecture, activation, loss);
    let start = nets::weights::<S>(&plan, 11);
    let updates = if quick { 10 } else { 200 };
    let trainings = TRAININGS.map(|t| Training { updates, ..t });
    let references = trainings.map(|t| trained(&start, Method::Backprop, &t));
    for path in [Path::Front, Path::Full] {
        let conditions = Conditions {
            path,
            ..Conditions::default()
        };
        let rule = Method::zil(&plan, &conditions);
        let (mut bits, mut moved, mut error) = (0, f64::INFINITY, None);
        for (training, reference) in trainings.iter().zip(&references) {
            match (&trained(&start, rule, training), reference) {
                (Ok(own), Ok(reference)) => {
                    bits += distance(own, reference, start.values()).differing_bits;
                    let step: f64 = reference
                        .iter()
                        .zip(start.values())
                        .map(|(a, b)| (a.to_f64() - b.to_f64()).powi(2))
                        .sum();
                    moved = step.sqrt().min(moved);
                }
                (Err(e), _) | (_, Err(e)) => error = Some(e.to_string()),
            }
        }
        rows.push(Check::new(
            format!(
                "{}, {}, {}, {}, {}",
                architecture.name,
                activation.name(),
                loss.name(),
                S::NAME,
                match path {
                    Path::Front => "front only",
                    Path::Full => "full dynamics",
                }
            ),
            format!(
                "0 bits differ after {updates} updates by each of {} optimisers",
                TRAININGS.len()
            ),
            error.clone().unwrap_or_else(|| {
                format!(
                    "{bits} bits of {} weights (|θ - θ₀| ≥ {moved:.3})",
                    start.values().len()
                )
            }),
            // Weights that never moved would agree as well; that proves nothing.
            error.is_none() && bits == 0 && moved > 1e-3,
        ));
    }
}

/// All rows of bit equality.
pub fn weights(quick: bool, add: &mut dyn FnMut(Check)) {
    let jobs: Vec<_> = ARCHITECTURES
        .iter()
        .flat_map(|a| Activation::ALL.map(|f| (a, f)))
        .collect();
    let rows = |&(architecture, activation): &(&Architecture, Activation)| {
        let mut rows = Vec::new();
        for loss in Loss::ALL {
            weights_of::<f32>(architecture, activation, loss, quick, &mut rows);
            weights_of::<f64>(architecture, activation, loss, quick, &mut rows);
        }
        rows
    };
    side_by_side(&jobs, rows, add);
}

/// ε = δ at the front, and ε = 0 ahead of it, unit by unit.
pub fn front(_quick: bool, add: &mut dyn FnMut(Check)) {
    for architecture in &ARCHITECTURES {
        for activation in Activation::ALL {
            for loss in Loss::ALL {
                add(front_of::<f32>(architecture, activation, loss));
            }
        }
    }
    add(front_of::<f64>(
        &ARCHITECTURES[4],
        Activation::Tanh,
        Loss::CrossEntropy,
    ));
}

fn front_of<S: Scalar>(architecture: &Architecture, activation: Activation, loss: Loss) -> Check {
    const ROWS: usize = 8;
    let plan = plan(architecture, activation, loss);
    let weights = nets::weights::<S>(&plan, 12);
    let batch = batch::<S>(&plan, ROWS, 200);
    let mut bp = Backprop::new(plan.clone(), ROWS);
    let mut gradient = Gradient::new(plan.clone());
    bp.forward(&weights, &batch.inputs, &batch.missing);
    bp.reverse(&weights, &batch.targets, &mut gradient);
    let conditions = Conditions {
        path: Path::Full,
        ..Conditions::default()
    };
    let schedule = Schedule::zil(&plan, &conditions);
    let mut state = State::new(plan.clone(), ROWS);
    state.begin(&weights, batch.whole(), Start::FeedForward, 0);
    let (mut equal, mut units, mut ahead) = (0, 0, 0);
    for t in 0..=schedule.steps {
        for v in 1..plan.graph.vertices.len() {
            let level = plan.graph.vertices[v].level;
            if level == t {
                units += state.eps(v).len();
                let pairs = state.eps(v).iter().zip(bp.delta(v));
                equal += pairs.filter(|(e, d)| e == d).count();
            } else if level > t {
                ahead += state.eps(v).iter().filter(|&&e| e != S::ZERO).count();
            }
        }
        if t < schedule.steps {
            state.step(&weights, &schedule);
        }
    }
    Check::new(
        format!(
            "{}, {}, {}, {}",
            architecture.name,
            activation.name(),
            loss.name(),
            S::NAME
        ),
        "ε = δ at every unit, ε = 0 ahead",
        format!("{equal} of {units} equal, {ahead} ahead not 0"),
        equal == units && ahead == 0 && units > 0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::compare::Distance;

    #[test]
    fn a_rule_that_is_not_bp_fails_the_row() {
        let plan = plan(&ARCHITECTURES[0], Activation::Tanh, Loss::SquaredError);
        let start = nets::weights::<f32>(&plan, 11);
        let training = Training {
            updates: 3,
            ..TRAININGS[0]
        };
        let bp = trained(&start, Method::Backprop, &training).unwrap();
        let late = Conditions {
            gamma: 0.999,
            ..Conditions::default()
        };
        let own = trained(&start, Method::zil(&plan, &late), &training).unwrap();
        let Distance { differing_bits, .. } = distance(&own, &bp, start.values());
        assert!(differing_bits > 0);
    }
}
