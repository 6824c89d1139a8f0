//! What no rule may notice: examples given twice, units in another order. And what every rule must say: that T is too small.

use super::Check;
use super::draw::{DRAWS, Draw, TOLERANCE, failed, gradient, level_of, updated, words};
use super::nets::batch;
use crate::learning::compare::distance;
use crate::learning::learner::method;
use crate::learning::{Batch, Conditions, Inference, Method, Schedule, UpdateError, rule};
use crate::network::{Activation, Loss, Weights};
use std::sync::Arc;

/// Every row.
pub fn run(add: &mut dyn FnMut(Check)) {
    for row in 0..DRAWS {
        add(twice(row));
        add(permuted(row));
        add(too_few_steps(row));
    }
}

fn relaxing(draw: &mut Draw) -> Inference {
    Inference {
        output_precision: draw.real(0.5, 1.5),
        state_decay: draw.real(0.0, 0.2),
        ..Inference::of(draw.whole(5, 12), draw.real(0.05, 0.2))
    }
}

/// Weights after one update by the batch mean.
fn once(
    weights: &Weights<f64>,
    method: Method,
    batch: &Arc<Batch<f64>>,
) -> Result<Vec<f64>, UpdateError> {
    let learner = updated(weights, method, batch, (0.1, true))?;
    Ok(learner.weights().values().to_vec())
}

/// Every example twice: the mean, and so the update, is the same.
fn twice(row: u64) -> Check {
    let mut draw = Draw::new(5, row);
    let weights = draw.net(Activation::Tanh, Loss::CrossEntropy, 4);
    let plan = weights.plan();
    let inference = relaxing(&mut draw);
    let single = batch::<f64>(plan, draw.whole(3, 40), row);
    let double = Arc::new(Batch {
        inputs: single.inputs.repeat(2),
        targets: single.targets.repeat(2),
        missing: Vec::new(),
        rows: 2 * single.rows,
    });
    let name = format!(
        "{} examples twice, {}, every rule",
        single.rows,
        words(plan)
    );
    let mut worst = 0.0_f64;
    for rule in rule::all() {
        let rule = method(plan, rule, inference, &Conditions::default());
        match (once(&weights, rule, &single), once(&weights, rule, &double)) {
            (Ok(a), Ok(b)) => {
                worst = worst.max(distance(&b, &a, weights.values()).relative_distance)
            }
            (Err(e), _) | (_, Err(e)) => return failed(name, &e),
        }
    }
    Check::new(
        name,
        format!("the same update to {TOLERANCE:e}"),
        format!("{worst:.1e} at the worst rule"),
        worst < TOLERANCE,
    )
}

/// Hidden units in another order: the update is the same, in that order.
fn permuted(row: u64) -> Check {
    let mut draw = Draw::new(6, row);
    let weights = draw.net(Activation::Tanh, Loss::SquaredError, 4);
    let plan = weights.plan();
    let inference = relaxing(&mut draw);
    let batch = batch::<f64>(plan, 6, row);
    let hidden = draw.whole(1, plan.output() - 1);
    let n = plan.len_of(hidden);
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, draw.whole(0, i));
    }
    if order.iter().enumerate().all(|(i, o)| i == *o) {
        order.rotate_left(1);
    }
    // Rows of the matrix into the vertex, its bias, and columns of the matrix out of it.
    let permute = |values: &[f64]| {
        let mut out = values.to_vec();
        let (before, after) = (2 * (hidden - 1), 2 * hidden);
        let (into, from) = (
            &plan.graph.parameters[before],
            &plan.graph.parameters[after],
        );
        let first = |p: usize| plan.parameter(p).start;
        for (new, &old) in order.iter().enumerate() {
            for c in 0..into.cols {
                out[first(before) + into.at(new, c)] = values[first(before) + into.at(old, c)];
            }
            out[first(before + 1) + new] = values[first(before + 1) + old];
            for r in 0..from.rows {
                out[first(after) + from.at(r, new)] = values[first(after) + from.at(r, old)];
            }
        }
        out
    };
    let turned = Weights::from_values(Arc::clone(plan), &permute(weights.values()));
    let name = format!(
        "units of layer {hidden} permuted, {}, every rule",
        words(plan)
    );
    let mut worst = 0.0_f64;
    for rule in rule::all() {
        let rule = method(plan, rule, inference, &Conditions::default());
        match (once(&weights, rule, &batch), once(&turned, rule, &batch)) {
            (Ok(a), Ok(b)) => {
                let d = distance(&b, &permute(&a), turned.values());
                worst = worst.max(d.relative_distance);
            }
            (Err(e), _) | (_, Err(e)) => return failed(name, &e),
        }
    }
    Check::new(
        name,
        format!("the same update, permuted, to {TOLERANCE:e}"),
        format!("{worst:.1e} at the worst rule, order {order:?}"),
        worst < TOLERANCE,
    )
}

/// With T below D the levels deeper than T get no update, and exactly those are named.
fn too_few_steps(row: u64) -> Check {
    let mut draw = Draw::new(7, row);
    let weights = draw.net(Activation::Tanh, Loss::CrossEntropy, 5);
    let plan = weights.plan();
    let batch = batch(plan, 5, row);
    let steps = draw.whole(1, plan.depth() - 1);
    let name = format!("T = {steps} < D = {}, {}", plan.depth(), words(plan));
    let mut agree = true;
    let mut silent = Vec::new();
    for rule in rule::all().filter(|r| r.relaxes() && r.facts().least_steps == 0) {
        let inference = Inference::of(steps, 0.3);
        let Some(schedule) = Schedule::of(plan, rule, &inference, &Conditions::default()) else {
            continue;
        };
        match gradient(&weights, Method::Schedule(schedule), &batch) {
            Ok(own) => {
                silent = plan
                    .weighted_levels()
                    .filter(|&l| level_of(plan, l, &own).iter().all(|&g| g == 0.0))
                    .collect();
                agree &= silent == schedule.unreached(plan).collect::<Vec<_>>();
                agree &= silent
                    .iter()
                    .eq((steps + 1..=plan.depth()).collect::<Vec<_>>().iter());
            }
            Err(e) => return failed(name, &e),
        }
    }
    Check::new(
        name,
        "the levels deeper than T get exactly nothing, and are named",
        format!("nothing at levels {silent:?}"),
        agree && !silent.is_empty(),
    )
}
