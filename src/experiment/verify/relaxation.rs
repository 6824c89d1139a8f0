//! Where inference goes: down in F with an adaptive γ, to a known distribution with noise, to rest below the limit of γ only.

use super::draw::{DRAWS, Draw, words};
use super::nets::{self, batch};
use super::{Check, plain};
use crate::learning::{
    Conditions, Energetics, Examples, Inference, Precisions, Rule, Schedule, Start, State,
    Uninterrupted, stability,
};
use crate::network::{Activation, Loss, Plan, Weights};
use std::sync::Arc;

/// Every row.
pub fn run(add: &mut dyn FnMut(Check)) {
    for row in 0..DRAWS {
        add(adaptive(row));
        add(noise(row));
        add(curvature(row));
        add(limit(row));
    }
}

/// With an adaptive γ no example's F ever rises, where a fixed γ makes it rise.
fn adaptive(row: u64) -> Check {
    const ROWS: usize = 6;
    const STEPS: usize = 40;
    let mut draw = Draw::new(8, row);
    let mut weights = draw.net(Activation::Tanh, Loss::CrossEntropy, 4);
    weights.change(|w| w.iter_mut().for_each(|w| *w *= 2.0));
    let plan = Arc::clone(weights.plan());
    let batch = batch::<f64>(&plan, ROWS, row);
    let (n_in, n_out) = (plan.len_of(0), plan.len_of(plan.output()));
    // One state per example, so that each one's F is the state's.
    let rises = |adaptive: bool| {
        let inference = Inference {
            adaptive,
            ..Inference::of(STEPS, 1.0)
        };
        let mut rises = 0;
        let schedule = Schedule::relaxing(&plan, &inference, &Conditions::default());
        let mut fallen = 0.0;
        for i in 0..ROWS {
            let mut state = State::new(Arc::clone(&plan), 1);
            state.follow(&schedule);
            let (x, y) = (
                &batch.inputs[i * n_in..(i + 1) * n_in],
                &batch.targets[i * n_out..(i + 1) * n_out],
            );
            state.begin(&weights, Examples::of(x, y), Start::FeedForward, 0);
            let first = state.energy();
            let mut before = first;
            for _ in 0..STEPS {
                state.step(&weights, &schedule);
                rises += usize::from(state.energy() > before);
                before = state.energy();
            }
            fallen += (first - before) / first;
        }
        (rises, fallen / ROWS as f64)
    };
    let ((fixed, _), (own, fallen)) = (rises(false), rises(true));
    Check::new(
        format!(
            "adaptive γ from 1, {}, {ROWS} examples, {STEPS} steps",
            words(&plan)
        ),
        "F rises in no step (with γ = 1 throughout it does)",
        format!(
            "{own} rises, F falls by {:.0} % (γ = 1: {fixed} rises)",
            100.0 * fallen
        ),
        own == 0 && fixed > 0 && fallen > 0.01,
    )
}

/// Noise: a single free unit between two weights settles to a normal distribution whose mean is the minimum of F and whose
/// variance is σ² / (h (1 - γ h / 2)), with h = π + p w² the curvature of F (the second factor is what finite steps add).
fn noise(row: u64) -> Check {
    const ROWS: usize = 1024;
    const STEPS: usize = 400;
    let mut draw = Draw::new(9, row);
    let plan = nets::mlp(&[1, 1, 1], Activation::Identity, Loss::SquaredError, false);
    let (v, w) = (draw.real(0.5, 1.5), draw.real(0.5, 1.5));
    let weights = Weights::from_values(Arc::clone(&plan), &[v, w]);
    let (input, target) = (draw.real(-1.0, 1.0), draw.real(-1.0, 1.0));
    let (gamma, sigma) = (draw.real(0.1, 0.3), draw.real(0.3, 1.0));
    let (p, pi) = (draw.real(0.5, 1.5), draw.real(0.5, 1.5));
    let inference = Inference {
        noise: sigma,
        output_precision: p,
        precision: Precisions::all(pi),
        ..Inference::of(STEPS, gamma)
    };
    let name = format!("noise σ = {sigma:.3}, γ = {gamma:.3}, {ROWS} chains of {STEPS} steps");
    let schedule = Schedule::relaxing(&plan, &inference, &Conditions::default());
    let mut state = State::new(Arc::clone(&plan), ROWS);
    state.follow(&schedule);
    state.begin(
        &weights,
        Examples::of(&vec![input; ROWS], &vec![target; ROWS]),
        Start::FeedForward,
        77 + row,
    );
    for _ in 0..STEPS {
        state.step(&weights, &schedule);
    }
    let h = pi + p * w * w;
    let expected = (
        (pi * v * input + p * w * target) / h,
        sigma * sigma / (h * (1.0 - gamma * h / 2.0)),
    );
    let n = ROWS as f64;
    let mean = state.x(1).iter().sum::<f64>() / n;
    let variance = state.x(1).iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    // In standard errors.
    let off = (
        (mean - expected.0).abs() / (expected.1 / n).sqrt(),
        (variance - expected.1).abs() / (expected.1 * (2.0 / n).sqrt()),
    );
    Check::new(
        name,
        format!(
            "mean {:.4}, variance {:.4} to 4 standard errors",
            expected.0, expected.1
        ),
        format!(
            "{mean:.4}, {variance:.4} ({:.1}, {:.1} standard errors)",
            off.0, off.1
        ),
        off.0 < 4.0 && off.1 < 4.0,
    )
}

/// All eigenvalues of a symmetric matrix, by rotations that clear one element after the other (Jacobi 1846).
pub(super) fn eigenvalues(mut a: Vec<Vec<f64>>) -> Vec<f64> {
    let n = a.len();
    for _ in 0..60 {
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() < 1e-14 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (c * x - s * y, s * x + c * y);
                }
                let (upper, lower) = a.split_at_mut(q);
                for (x, y) in upper[p].iter_mut().zip(&mut lower[0]) {
                    (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
                }
            }
        }
    }
    (0..n).map(|i| a[i][i]).collect()
}

/// The Hessian of the plain energy over the hidden units, by second differences.
fn hessian(plan: &Plan, weights: &Weights<f64>, x: &[Vec<f64>], target: &[f64]) -> Vec<Vec<f64>> {
    const STEP: f64 = 1e-3;
    let units: Vec<(usize, usize)> = (1..plan.output())
        .flat_map(|v| (0..plan.len_of(v)).map(move |i| (v, i)))
        .collect();
    let mut x = x.to_vec();
    let terms = Energetics::default();
    let mut at = |moves: &[((usize, usize), f64)]| {
        for ((v, i), by) in moves {
            x[*v][*i] += by;
        }
        let energy = plain::energy(plan, weights, &x, 0, target, &terms);
        for ((v, i), by) in moves {
            x[*v][*i] -= by;
        }
        energy
    };
    units
        .iter()
        .map(|&a| {
            units
                .iter()
                .map(|&b| {
                    let mut corner = |i: f64, j: f64| at(&[(a, i * STEP), (b, j * STEP)]);
                    (corner(1.0, 1.0) - corner(1.0, -1.0) - corner(-1.0, 1.0) + corner(-1.0, -1.0))
                        / (4.0 * STEP * STEP)
                })
                .collect()
        })
        .collect()
}

/// Both ends of the spectrum of F's Hessian, far from rest, where it is indefinite, against all eigenvalues of the Hessian of
/// the plain energy.
fn curvature(row: u64) -> Check {
    let mut draw = Draw::new(20, row);
    let mut weights = draw.net(Activation::Tanh, Loss::SquaredError, 3);
    weights.change(|w| w.iter_mut().for_each(|w| *w *= 2.5));
    let plan = Arc::clone(weights.plan());
    let batch = batch::<f64>(&plan, 1, row);
    let mut state = State::new(Arc::clone(&plan), 1);
    state.begin(&weights, batch.whole(), Start::Random, row);
    let x: Vec<Vec<f64>> = (0..=plan.output()).map(|v| state.x(v).to_vec()).collect();
    let all = eigenvalues(hessian(&plan, &weights, &x, &batch.targets));
    let expected = all
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &e| {
            (l.min(e), h.max(e))
        });
    let name = format!("curvature of F at a random state, {}", words(&plan));
    let own = stability::curvature(&weights, &mut state, &Uninterrupted);
    let Ok([own]) = own.as_deref() else {
        return Check::new(name, "one example's", "another number", false);
    };
    let close = |a: f64, b: f64| (a - b).abs() < 1e-3 * (1.0 + b.abs());
    Check::new(
        name,
        format!(
            "largest {:.4} of {} eigenvalues, smallest {:.4}",
            expected.1,
            all.len(),
            expected.0
        ),
        format!("{:.4}, at most {:.4}", own.largest, own.smallest),
        close(own.largest, expected.1) && own.smallest > expected.0 - 1e-3,
    )
}

/// Just below 2 / λ_max inference of a linear net comes to rest, just above it runs away.
fn limit(row: u64) -> Check {
    const STEPS: usize = 1500;
    let mut draw = Draw::new(21, row);
    let weights = draw.net(Activation::Identity, Loss::SquaredError, 4);
    let plan = weights.plan();
    let batch = batch::<f64>(plan, 5, row);
    let name = format!("limit of γ of a linear net, {}", words(plan));
    let expected = "rest at 0.98 of it, none at 1.02 of it";
    let inference = Inference::of(100, 0.1);
    let found = stability::limit(
        &weights,
        &stability::Inferring::plainly(Rule::Il, &inference),
        &batch,
        &Uninterrupted,
    );
    let Ok(Some(found)) = found else {
        return Check::new(name, expected, "no limit", false);
    };
    // How far F of the worst example still is from its least, after many steps over after half as many.
    let (n_in, n_out) = (plan.len_of(0), plan.len_of(plan.output()));
    let i = found.worst;
    let (x, y) = (
        &batch.inputs[i * n_in..(i + 1) * n_in],
        &batch.targets[i * n_out..(i + 1) * n_out],
    );
    let moving = |gamma: f64| {
        let schedule = Schedule::il(plan, STEPS, gamma, &Conditions::default());
        let mut state = State::new(Arc::clone(plan), 1);
        state.begin(&weights, Examples::of(x, y), Start::FeedForward, 0);
        let mut half = 0.0;
        for t in 0..STEPS {
            state.step(&weights, &schedule);
            if t + 1 == STEPS / 2 {
                half = last_move(&state);
            }
        }
        (half, last_move(&state))
    };
    let (below, above) = (moving(0.98 * found.limit), moving(1.02 * found.limit));
    Check::new(
        name,
        expected,
        format!(
            "2 / {:.4} = {:.4}: |Δx| {:.1e} → {:.1e} below, {:.1e} → {:.1e} above",
            found.curvature.largest, found.limit, below.0, below.1, above.0, above.1
        ),
        found.found() && below.1 <= below.0 && below.1 < 1e-6 && above.1 > 1e3 * above.0,
    )
}

/// |Δx| of the step that led to a state.
fn last_move(state: &State<f64>) -> f64 {
    (1..state.plan().output())
        .flat_map(|v| state.dx(v))
        .map(|d| d * d)
        .sum::<f64>()
        .sqrt()
}
