//! Interventions, drawn: energies, gradients and the limit of γ of a network that somebody puts a finger on.

use super::draw::Draw;
use super::gradients::nearest;
use super::nets::{self, batch, weights};
use super::plain_hands::{Prior, Touched};
use super::relaxation::eigenvalues;
use super::{Check, side_by_side};
use crate::experiment::microscope::{Field, Microscope, Subject};
use crate::learning::{
    Act, Batch, Conditions, Examples, Inference, InputPrior, Intervention, Interventions,
    OptimiserSettings, Rule, RunState, Schedule, Start, State, Uninterrupted, stability,
};
use crate::network::{Activation, Graph, Layer, Loss, Plan, Shape, Weights};
use std::sync::Arc;

/// Combinations drawn.
const DRAWS: u64 = 200;

/// Combinations of a row.
const A_ROW: u64 = 25;

/// What engine and plain loops agree to, relative to the largest number of a field.
const LOOPS: f64 = 1e-12;

/// What both agree to with central differences.
const DIFFERENCES: f64 = 1e-6;

/// What is farthest off over some combinations.
#[derive(Clone, Copy, Debug, Default)]
struct Worst {
    /// x, μ, ε and F from plain loops, and the gradient.
    loops: f64,
    /// -Δx/γ from central differences of the plain F.
    moves: f64,
    /// The gradient from them.
    gradient: f64,
    /// λ_max from the eigenvalues of the plain Hessian.
    limit: f64,
    /// Things done, and numbers compared.
    acts: usize,
    numbers: usize,
}

impl Worst {
    fn with(self, other: Self) -> Self {
        Self {
            loops: self.loops.max(other.loops),
            moves: self.moves.max(other.moves),
            gradient: self.gradient.max(other.gradient),
            limit: self.limit.max(other.limit),
            acts: self.acts + other.acts,
            numbers: self.numbers + other.numbers,
        }
    }
}

/// Every row.
pub fn run(quick: bool, add: &mut dyn FnMut(Check)) {
    let all = if quick { DRAWS / 5 } else { DRAWS };
    let jobs: Vec<u64> = (0..all).step_by(A_ROW.min(all) as usize).collect();
    let rows = |&first: &u64| {
        let end = (first + A_ROW).min(all);
        let worst = (first..end)
            .map(combination)
            .fold(Worst::default(), Worst::with);
        let name = |what: &str| format!("interventions, draws {first} to {}: {what}", end - 1);
        let row = |what: &str, of: &str, off: f64, within: f64| {
            let measured = match what {
                "x, μ, ε, F, ΔW" => format!(
                    "{off:.1e} over {} numbers, {} things done",
                    worst.numbers, worst.acts
                ),
                _ => format!("{off:.1e}"),
            };
            Check::new(
                name(what),
                format!("{of} to {within:e}"),
                measured,
                off < within,
            )
        };
        vec![
            row("x, μ, ε, F, ΔW", "plain loops", worst.loops, LOOPS),
            row(
                "Δx",
                "-γ ∂F/∂x by central differences",
                worst.moves,
                DIFFERENCES,
            ),
            row(
                "ΔW",
                "-∂F/∂θ by central differences",
                worst.gradient,
                DIFFERENCES,
            ),
            row(
                "limit of γ",
                "eigenvalues of the Hessian",
                worst.limit,
                DIFFERENCES,
            ),
        ]
    };
    side_by_side(&jobs, rows, add);
}

/// A network small enough for all eigenvalues.
fn network(draw: &mut Draw) -> Arc<Plan> {
    let activations = [
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Identity,
    ];
    let activation = activations[draw.whole(0, 3)];
    let loss = Loss::ALL[draw.whole(0, 1)];
    let (input, layers) = match draw.whole(0, 4) {
        0 => {
            let image = Shape {
                channels: 1,
                height: 4,
                width: 4,
            };
            let pool = match draw.whole(0, 1) {
                0 => nets::max_pool(2),
                _ => nets::average_pool(2),
            };
            (image, vec![nets::conv(2, 3, 1, 1), pool, nets::dense(3)])
        }
        1 => {
            let sequence = Shape {
                channels: 2,
                height: 1,
                width: 4,
            };
            (sequence, vec![nets::rnn(4), nets::dense(3)])
        }
        2 => {
            let all = vec![
                nets::dense(5),
                nets::dense(4),
                nets::skipping(nets::dense(5), 2),
                nets::dense(3),
            ];
            (Shape::flat(4), all)
        }
        3 => {
            let all = vec![
                nets::dense(5),
                nets::dense(5),
                nets::joined("product", 2),
                nets::dense(3),
            ];
            (Shape::flat(4), all)
        }
        _ => {
            let hidden = draw.whole(1, 4);
            let mut all: Vec<Layer> = (0..hidden).map(|_| nets::dense(draw.whole(2, 7))).collect();
            all.push(nets::dense(3));
            (Shape::flat(draw.whole(2, 6)), all)
        }
    };
    nets::network(input, &layers, activation, loss)
}

/// Something that can be done to a network, or cannot.
fn act(draw: &mut Draw, plan: &Plan) -> Act {
    let vertex = draw.whole(0, plan.output());
    let unit = draw.whole(0, plan.len_of(vertex) - 1);
    let value = draw.real(-1.0, 1.0);
    let place = draw.whole(0, plan.parameter_count() - 1);
    match draw.whole(0, 9) {
        0 => Act::Clamp {
            vertex,
            unit,
            value: Some(value),
        },
        1 => Act::Clamp {
            vertex,
            unit,
            value: None,
        },
        2 => Act::Free { vertex, unit },
        3 => Act::Free {
            vertex: Graph::INPUT,
            unit: draw.whole(0, plan.len_of(0) - 1),
        },
        4 => Act::Set {
            vertex,
            unit,
            value,
        },
        5 => Act::Kick {
            vertex,
            unit,
            by: value,
        },
        6 => Act::Lesion { vertex, unit },
        7 => Act::Weight { place, value },
        8 => match draw.whole(0, 1) {
            0 => Act::Cut { place },
            _ => Act::Precision {
                level: draw.whole(0, plan.depth()),
                value: draw.real(0.4, 2.0),
            },
        },
        _ => {
            let units = plan.len_of(plan.output());
            let mut target: Vec<f64> = (0..units).map(|_| draw.real(0.05, 1.0)).collect();
            let sum: f64 = target.iter().sum();
            target.iter_mut().for_each(|y| *y /= sum);
            Act::Target(target)
        }
    }
}

/// Things done to a network at states up to `last`; now and then all of the output is free.
fn done(draw: &mut Draw, plan: &Plan, last: usize) -> Interventions {
    let mut all = Vec::new();
    if draw.whole(0, 5) == 0 {
        let vertex = plan.output();
        let at = draw.whole(0, last);
        all.extend((0..plan.len_of(vertex)).map(|unit| Intervention {
            at,
            act: Act::Free { vertex, unit },
        }));
    }
    let wanted = all.len() + draw.whole(1, 8);
    let mut found = Interventions::new(all.clone(), plan).unwrap_or_default();
    for _ in 0..200 {
        if all.len() == wanted {
            break;
        }
        let one = Intervention {
            at: draw.whole(0, last),
            act: act(draw, plan),
        };
        all.push(one);
        match Interventions::new(all.clone(), plan) {
            Ok(done) => found = done,
            Err(_) => _ = all.pop(),
        }
    }
    found
}

/// A prior on an input, as the engine has it and as plain loops do.
fn prior(draw: &mut Draw, units: usize) -> (Prior, Arc<InputPrior>) {
    let mean: Vec<f64> = (0..units).map(|_| draw.real(-0.5, 0.5)).collect();
    let root: Vec<f64> = (0..units * units).map(|_| draw.real(-0.5, 0.5)).collect();
    let mut matrix = vec![0.0; units * units];
    for i in 0..units {
        for j in 0..units {
            let term = |k: usize| root[i * units + k] * root[j * units + k];
            matrix[i * units + j] = (0..units).map(term).sum();
        }
        matrix[i * units + i] += 0.2;
    }
    let strength = draw.real(0.1, 1.0);
    let own = InputPrior::new(strength, mean.clone(), Some(matrix.clone()));
    let plain = Prior {
        strength,
        mean,
        matrix,
    };
    (plain, Arc::new(own))
}

/// |a - b| over the largest of some numbers, but for very small ones.
fn apart(pairs: &[(f64, f64)]) -> f64 {
    let largest = pairs
        .iter()
        .fold(1e-3_f64, |most, (_, b)| most.max(b.abs()));
    let off = pairs.iter().map(|(a, b)| {
        let off = (a - b).abs() / largest;
        if off.is_nan() { f64::INFINITY } else { off }
    });
    off.fold(0.0, f64::max)
}

/// One combination: IL on one example, from the first state to the last.
fn combination(row: u64) -> Worst {
    let mut draw = Draw::new(30, row);
    let plan = network(&mut draw);
    let weights: Weights<f64> = weights(&plan, 40 + row);
    let example = Batch {
        missing: Vec::new(),
        ..(*batch::<f64>(&plan, 1, 500 + row)).clone()
    };
    let last = draw.whole(2, 5);
    let gamma = draw.real(0.05, 0.2);
    let inference = Inference {
        output_precision: draw.real(0.5, 1.5),
        precision: draw.precisions(2),
        state_decay: draw.real(0.0, 0.2),
        ..Inference::of(last + 1, gamma)
    };
    let done = Arc::new(done(&mut draw, &plan, last));
    let (plain_prior, own_prior) = prior(&mut draw, plan.len_of(Graph::INPUT));
    let expects = draw.whole(0, 1) == 1;
    let subject = Subject {
        interventions: Arc::clone(&done),
        prior: expects.then(|| Arc::clone(&own_prior)),
        ..Subject::alone(Rule::Il, inference, Conditions::default())
    };
    let run = RunState::begin(weights.clone(), OptimiserSettings::sgd(0.1));
    let mut scope = Microscope::new(run, subject, example.clone());
    scope.run_to(last);
    let taken = scope.taken().to_vec();
    scope.run_to(last + 1);
    let seen = scope.snapshot();
    let prior = expects.then_some(&plain_prior);
    let ends = (&example.inputs[..], &example.targets[..]);
    let terms = inference.energetics();
    let mut plain = Touched::begin(&plan, &weights, ends, terms, &done, prior);
    let mut worst = Worst {
        acts: done.all().len(),
        ..Worst::default()
    };
    for t in 0..=last {
        if t > 0 {
            plain.step(gamma, t);
        }
        let mut energies = vec![(seen.states[t].total_energy(), plain.energy())];
        energies.push((0.0, 0.0));
        worst.loops = worst.loops.max(apart(&energies));
        for v in 0..=plan.output() {
            let (error, x) = (plain.error_of(v), &plain.x[v]);
            for (field, numbers) in [(Field::X, x), (Field::Eps, &error)] {
                let pairs: Vec<_> = (0..plan.len_of(v))
                    .map(|u| (seen.value(t, field, v, u), numbers[u]))
                    .collect();
                worst.numbers += pairs.len();
                worst.loops = worst.loops.max(apart(&pairs));
            }
        }
    }
    let gradient = plain.gradient();
    let pairs: Vec<_> = taken
        .iter()
        .copied()
        .zip(gradient.iter().copied())
        .collect();
    worst.loops = worst.loops.max(apart(&pairs));
    // Δx of the step that leaves the last state, against F there; of what does not move there is none.
    let descent = plain.descent();
    let largest = (descent.iter()).fold(1e-3_f64, |most, (_, d)| most.max(d.abs()));
    let mut still = 0.0_f64;
    for v in 0..plan.output() {
        for unit in (0..plan.len_of(v)).filter(|&unit| !plain.moves(v, unit)) {
            still = still.max(seen.value(last + 1, Field::Dx, v, unit).abs());
        }
    }
    worst.moves = worst.moves.max(still);
    for &((v, unit), _) in &descent {
        let dx = seen.value(last + 1, Field::Dx, v, unit) / gamma;
        let at = plain.x[v][unit];
        let error = nearest(|h| {
            let mut energy = |by: f64| {
                plain.x[v][unit] = at + by;
                plain.energy()
            };
            let rise = energy(h) - energy(-h);
            (dx + rise / (2.0 * h)).abs() / largest
        });
        plain.x[v][unit] = at;
        worst.moves = worst.moves.max(error);
    }
    let largest = gradient.iter().fold(1e-3_f64, |most, g| most.max(g.abs()));
    let own = plain.weights.values().to_vec();
    for (place, &at) in own.iter().enumerate() {
        if plain.is_cut(place) {
            worst.gradient = worst.gradient.max(taken[place].abs());
            continue;
        }
        let error = nearest(|h| {
            let mut energy = |by: f64| {
                plain.weights.change(|w| w[place] = at + by);
                plain.energy()
            };
            let rise = energy(h) - energy(-h);
            (taken[place] + rise / (2.0 * h)).abs() / largest
        });
        plain.weights.change(|w| w[place] = at);
        worst.gradient = worst.gradient.max(error);
    }
    // The curvature at a drawn point, under all that lasts.
    let schedule = Schedule::relaxing(&plan, &inference, &Conditions::default());
    let mut state = State::new(Arc::clone(&plan), 1);
    state.follow(&schedule);
    state.expect(expects.then_some(own_prior));
    let standing = done.standing(&plan, usize::MAX);
    state.stand(standing.clone());
    let mut target = example.targets.clone();
    standing.aim(&mut target);
    let given = Examples::of(&example.inputs, &target);
    state.begin(&plain.weights, given, Start::Random, row);
    for v in 0..=plan.output() {
        plain.x[v] = state.x(v).to_vec();
    }
    worst.limit = limit_off(&mut plain, &mut state);
    worst
}

/// How far the largest eigenvalue that the engine finds is from that of the Hessian of the plain F, relative to the largest by absolute
/// value.
fn limit_off(plain: &mut Touched<'_>, state: &mut State<f64>) -> f64 {
    const STEP: f64 = 1e-5;
    let units: Vec<(usize, usize)> = plain.descent().iter().map(|(unit, _)| *unit).collect();
    let rows = units.iter().map(|&(v, unit)| {
        let at = plain.x[v][unit];
        let mut down = |by: f64| {
            plain.x[v][unit] = at + by;
            plain.descent()
        };
        let (up, low) = (down(STEP), down(-STEP));
        plain.x[v][unit] = at;
        let pairs = up.iter().zip(&low);
        pairs.map(|(a, b)| (b.1 - a.1) / (2.0 * STEP)).collect()
    });
    let hessian: Vec<Vec<f64>> = rows.collect();
    let own = stability::curvature(&plain.weights, state, &Uninterrupted);
    let Ok([own]) = own.as_deref() else {
        return f64::INFINITY;
    };
    if units.is_empty() {
        // Nothing is free: there is no curvature, and no limit.
        return if own.largest.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let all = eigenvalues(hessian);
    let largest = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scale = all.iter().fold(1e-3_f64, |most, e| most.max(e.abs()));
    (own.largest - largest).abs() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of the draws of [`run`], which goes over all of them.
    #[test]
    fn drawn_interventions_are_obeyed() {
        let mut off = Vec::new();
        for row in 0..24 {
            let w = combination(row);
            let differences = [w.moves, w.gradient, w.limit];
            let agrees = w.loops < LOOPS && differences.iter().all(|d| *d < DIFFERENCES);
            if !agrees || w.acts == 0 || w.numbers < 50 {
                off.push(format!("draw {row}: {w:?}"));
            }
        }
        assert!(off.is_empty(), "{}", off.join("\n"));
    }
}
