//! Laws of the rules, each on networks and parameters drawn anew for every row (by a fixed seed, so that a row repeats itself).

use super::draw::{DRAWS, Draw, TOLERANCE, apart, failed, gradient, level_of, words};
use super::nets::{self, Training, batch, trained};
use super::{Check, plain_rules, relaxation, symmetries, unlevelled};
use crate::learning::compare::distance;
use crate::learning::learner::method;
use crate::learning::{
    Conditions, Energetics, Inference, Interrupt, Learner, Method, Optimiser, OptimiserSettings,
    Path, Pool, Rule, Schedule, Start, State, Uninterrupted, rule,
};
use crate::network::{Activation, Gradient, Loss};
use std::sync::Arc;

/// Every law.
pub fn run(_quick: bool, add: &mut dyn FnMut(Check)) {
    for row in 0..DRAWS {
        add(fixed_prediction(row));
        add(first_touch(row));
        add(precisions(row));
        add(linear_equilibrium(row));
    }
    for rule in rule::all().filter(|rule| !rule.is_reference()) {
        for row in 0..DRAWS {
            add(plain(rule, row));
        }
    }
    symmetries::run(add);
    relaxation::run(add);
    unlevelled::run(add);
    for architecture in [&nets::ARCHITECTURES[0], &nets::ARCHITECTURES[4]] {
        add(fixed_at_one(architecture));
    }
}

/// Fixed prediction: cosine 1 with BP at every level, and the length ratio of level l is P(Binomial(T, γ) ≥ l).
fn fixed_prediction(row: u64) -> Check {
    let mut draw = Draw::new(1, row);
    let weights = draw.net(Activation::Tanh, Loss::CrossEntropy, 4);
    let plan = weights.plan();
    let (steps, gamma) = (draw.whole(plan.depth(), 25), draw.real(0.05, 0.95));
    let batch = batch(plan, 5, row);
    let rule = method(
        plan,
        Rule::FixedPrediction,
        (steps, gamma),
        &Conditions::default(),
    );
    let name = format!(
        "fixed prediction, {}, T = {steps}, γ = {gamma:.3}",
        words(plan)
    );
    let (own, bp) = match (
        gradient(&weights, rule, &batch),
        gradient(&weights, Method::Backprop, &batch),
    ) {
        (Ok(own), Ok(bp)) => (own, bp),
        (Err(e), _) | (_, Err(e)) => return failed(name, &e),
    };
    // 1 - Σ below l of the binomial probabilities, each from the one before.
    let at_least = |level: usize| {
        let mut term = (1.0 - gamma).powi(steps as i32);
        let mut below = 0.0;
        for k in 0..level {
            below += term;
            term *= (steps - k) as f64 / (k + 1) as f64 * gamma / (1.0 - gamma);
        }
        1.0 - below
    };
    let worst = plan
        .weighted_levels()
        .map(|l| {
            let share = at_least(l);
            let scaled: Vec<f64> = level_of(plan, l, &bp).iter().map(|g| g * share).collect();
            apart(&level_of(plan, l, &own), &scaled)
        })
        .fold(0.0, f64::max);
    Check::new(
        name,
        format!("level l is P(Binomial(T, γ) ≥ l) of BP to {TOLERANCE:e}"),
        format!("{worst:.1e} at the worst of {} levels", plan.depth() + 1),
        worst < TOLERANCE,
    )
}

/// Fixed prediction at γ = 1 stays where the front brought it: BP to the bit, however long it runs.
fn fixed_at_one(architecture: &nets::Architecture) -> Check {
    let plan = nets::plan(architecture, Activation::Tanh, Loss::CrossEntropy);
    let start = nets::weights::<f32>(&plan, 51);
    let training = Training {
        updates: 20,
        rows: 33,
        optimiser: OptimiserSettings {
            momentum: 0.9,
            ..OptimiserSettings::sgd(0.02)
        },
        mean: true,
        threads: 1,
    };
    let steps = plan.depth() + 3;
    let rule = method(
        &plan,
        Rule::FixedPrediction,
        (steps, 1.0),
        &Conditions::default(),
    );
    let name = format!(
        "fixed prediction, {}, γ = 1, T = D + 3, f32",
        architecture.name
    );
    match (
        trained(&start, rule, &training),
        trained(&start, Method::Backprop, &training),
    ) {
        (Ok(own), Ok(bp)) => {
            let d = distance(&own, &bp, start.values());
            Check::new(
                name,
                "0 bits differ from BP after 20 updates",
                format!("{} bits", d.differing_bits),
                d.differing_bits == 0 && bp != start.values(),
            )
        }
        (Err(e), _) | (_, Err(e)) => failed(name, &e),
    }
}

/// At its first touch ε of level l is γ^l δ, for any γ, also in IL; so Z-IL divided by γ^l is BP, to the bit where γ is a
/// power of two.
fn first_touch(row: u64) -> Check {
    let mut draw = Draw::new(2, row);
    let weights = draw.net(Activation::Gelu, Loss::SquaredError, 5);
    let plan = weights.plan();
    let gamma = draw.real(0.1, 1.4);
    let batch = batch(plan, 6, row);
    let name = format!("γ^l at first touch, {}, γ = {gamma:.3}", words(plan));
    let mut bp = crate::learning::Backprop::new(Arc::clone(plan), batch.rows);
    let mut reference = Gradient::new(Arc::clone(plan));
    bp.forward(&weights, &batch.inputs, &[]);
    bp.reverse(&weights, &batch.targets, &mut reference);
    let schedule = Schedule::il(plan, plan.depth(), gamma, &Conditions::default());
    let mut state = State::new(Arc::clone(plan), batch.rows);
    state.follow(&schedule);
    state.begin(&weights, batch.whole(), Start::FeedForward, 0);
    let mut worst = 0.0_f64;
    for t in 0..=plan.depth() {
        for &v in &plan.levels[t].vertices {
            let scaled: Vec<f64> = bp
                .delta(v)
                .iter()
                .map(|d| d * gamma.powi(t as i32))
                .collect();
            worst = worst.max(apart(state.eps(v), &scaled));
        }
        state.step(&weights, &schedule);
    }
    let corrected = |gamma: f64| {
        let inference = Inference {
            gamma_correction: true,
            ..Inference::default()
        };
        let conditions = Conditions {
            gamma,
            ..Conditions::default()
        };
        gradient(
            &weights,
            method(plan, Rule::Zil, inference, &conditions),
            &batch,
        )
    };
    match (corrected(gamma), corrected(0.5)) {
        (Ok(own), Ok(half)) => {
            let given_back = apart(&own, &reference);
            let bits = distance(&half, &reference, &reference).differing_bits;
            Check::new(
                name,
                format!("ε = γ^l δ and Z-IL / γ^l = BP to {TOLERANCE:e}; 0 bits differ at γ = 0.5"),
                format!("ε {worst:.1e}, corrected {given_back:.1e}; {bits} bits"),
                worst < TOLERANCE && given_back < TOLERANCE && bits == 0,
            )
        }
        (Err(e), _) | (_, Err(e)) => failed(name, &e),
    }
}

/// Z-IL with precisions is BP times the product of π over the levels that blame has passed.
fn precisions(row: u64) -> Check {
    let mut draw = Draw::new(3, row);
    let weights = draw.net(Activation::Tanh, Loss::CrossEntropy, 5);
    let plan = weights.plan();
    let batch = batch(plan, 4, row);
    let energetics = Energetics {
        output: draw.real(0.3, 2.0),
        hidden: draw.precisions(plan.depth()),
        decay: 0.0,
    };
    let conditions = Conditions {
        path: Path::Full,
        ..Conditions::default()
    };
    let schedule = Schedule {
        energetics,
        ..Schedule::zil(plan, &conditions)
    };
    let printed: Vec<String> = (0..=plan.depth())
        .map(|l| format!("{:.2}", energetics.precision(l)))
        .collect();
    let name = format!(
        "product of precisions, {}, π = {}",
        words(plan),
        printed.join(", ")
    );
    match (
        gradient(&weights, Method::Schedule(schedule), &batch),
        gradient(&weights, Method::Backprop, &batch),
    ) {
        (Ok(own), Ok(bp)) => {
            let mut product = 1.0;
            let mut worst = 0.0_f64;
            for l in 0..=plan.depth() {
                product *= energetics.precision(l);
                let scaled: Vec<f64> = level_of(plan, l, &bp).iter().map(|g| g * product).collect();
                worst = worst.max(apart(&level_of(plan, l, &own), &scaled));
            }
            Check::new(
                name,
                format!("level l is BP times the product of π to l, to {TOLERANCE:e}"),
                format!("{worst:.1e} at the worst level"),
                worst < TOLERANCE,
            )
        }
        (Err(e), _) | (_, Err(e)) => failed(name, &e),
    }
}

/// Solves S a = b by elimination with the largest pivot.
fn solve(mut s: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = (k..n)
            .max_by(|&i, &j| s[i][k].abs().total_cmp(&s[j][k].abs()))
            .unwrap_or(k);
        s.swap(k, pivot);
        b.swap(k, pivot);
        for i in k + 1..n {
            let share = s[i][k] / s[k][k];
            let above = s[k].clone();
            for (own, up) in s[i].iter_mut().zip(&above).skip(k) {
                *own -= share * up;
            }
            b[i] -= share * b[k];
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| s[k][j] * b[j]).sum();
        b[k] = (b[k] - known) / s[k][k];
    }
    b
}

/// A linear net's energy at equilibrium: F* = ½ rᵀ (I / p + Σ_l A_l A_lᵀ / π_l)⁻¹ r, with r the error of the forward pass and
/// A_l the product of the matrices from hidden level l to the output.
fn linear_equilibrium(row: u64) -> Check {
    const STEPS: usize = 4000;
    let mut draw = Draw::new(4, row);
    let weights = draw.net(Activation::Identity, Loss::SquaredError, 4);
    let plan = weights.plan();
    let batch = batch(plan, 1, row);
    let energetics = Energetics {
        output: draw.real(0.3, 2.0),
        hidden: draw.precisions(plan.depth()),
        decay: 0.0,
    };
    let outputs = plan.len_of(plan.output());
    let mut forward = crate::learning::Backprop::new(Arc::clone(plan), 1);
    forward.forward(&weights, &batch.inputs, &[]);
    let error: Vec<f64> = batch
        .targets
        .iter()
        .zip(forward.output())
        .map(|(y, m)| y - m)
        .collect();
    // From the output inwards: A, then A W, and so on.
    let mut through: Vec<Vec<f64>> = (0..outputs)
        .map(|i| (0..outputs).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    let mut spread = vec![vec![0.0; outputs]; outputs];
    for level in 0..=plan.depth() {
        for (i, line) in spread.iter_mut().enumerate() {
            for (j, s) in line.iter_mut().enumerate() {
                let dot: f64 = through[i].iter().zip(&through[j]).map(|(a, b)| a * b).sum();
                *s += dot / energetics.precision(level);
            }
        }
        let p = plan.levels[level].parameters[0];
        let columns = plan.graph.parameters[p].cols;
        through = through
            .iter()
            .map(|a| {
                (0..columns)
                    .map(|c| {
                        a.iter()
                            .enumerate()
                            .map(|(r, a)| a * weights.of(p, r, c))
                            .sum()
                    })
                    .collect()
            })
            .collect();
    }
    let closed: f64 = 0.5
        * error
            .iter()
            .zip(solve(spread, error.clone()))
            .map(|(r, s)| r * s)
            .sum::<f64>();
    let inference = Inference {
        output_precision: energetics.output,
        precision: energetics.hidden,
        adaptive: true,
        ..Inference::of(STEPS, 0.5)
    };
    let schedule = Schedule::relaxing(plan, &inference, &Conditions::default());
    let mut state = State::new(Arc::clone(plan), 1);
    state.follow(&schedule);
    state.begin(&weights, batch.whole(), Start::FeedForward, 0);
    for _ in 0..STEPS {
        state.step(&weights, &schedule);
    }
    let energy = state.energy();
    Check::new(
        format!("equilibrium of a linear net, {}", words(plan)),
        format!("F = {closed:.10}, in closed form"),
        format!("{energy:.10} after {STEPS} steps"),
        (energy - closed).abs() < 1e-9,
    )
}

/// One update by a rule with drawn settings, against the rule written down in plain loops.
fn plain(rule: Rule, row: u64) -> Check {
    const RATE: f64 = 0.05;
    let mut draw = Draw::new(10 + rule as u64, row);
    let loss = Loss::ALL[draw.whole(0, 1)];
    let weights = draw.net(Activation::Tanh, loss, 4);
    let plan = weights.plan();
    let batch = batch::<f64>(plan, 3, row);
    let inference = Inference {
        output_precision: draw.real(0.4, 1.5),
        precision: draw.precisions(2),
        state_decay: draw.real(0.01, 0.3),
        gamma_correction: draw.whole(0, 1) == 1,
        ..Inference::of(draw.whole(plan.depth(), 15), draw.real(0.05, 0.25))
    };
    let conditions = Conditions {
        gamma: draw.real(0.5, 1.0),
        hidden_precision: draw.precisions(3),
        ..Conditions::default()
    };
    let energetics = if rule == Rule::Zil {
        Energetics {
            output: inference.output_precision,
            hidden: conditions.hidden_precision,
            decay: 0.0,
        }
    } else {
        inference.energetics()
    };
    let phase = plain_rules::Phase {
        rule,
        steps: inference.steps,
        gamma: inference.gamma,
        wave_gamma: conditions.gamma,
        energetics: &energetics,
        corrected: inference.gamma_correction,
        rate: RATE,
    };
    let expected = plain_rules::updated(&weights, &batch.inputs, &batch.targets, &phase);
    let name = format!(
        "{}, {}, {}, T = {}, γ = {:.3}{}",
        rule.label(),
        words(plan),
        loss.name(),
        inference.steps,
        if rule == Rule::Zil {
            conditions.gamma
        } else {
            inference.gamma
        },
        if inference.gamma_correction {
            ", divided by γ^l"
        } else {
            ""
        }
    );
    let optimiser = Optimiser::new(OptimiserSettings::sgd(RATE), weights.values().len());
    let own = method(plan, rule, inference, &conditions);
    let mut learner = Learner::new(weights.clone(), own, optimiser, false, 3);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    if let Err(e) = learner.update(&Pool::new(1), &batch, &never) {
        return failed(name, &e);
    }
    let worst = distance(learner.weights().values(), &expected, weights.values()).relative_distance;
    Check::new(
        name,
        format!("plain loops agree to {TOLERANCE:e} of the update"),
        format!("{worst:.1e}"),
        worst < TOLERANCE,
    )
}
