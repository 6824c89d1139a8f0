//! Each condition of exactness broken on its own must break exactness; and IL is another rule.

use super::Check;
use super::nets::{ARCHITECTURES, Training, plan, plan_as_is, trained, weights};
use crate::learning::compare::distance;
use crate::learning::{
    Capture, Conditions, Epsilon, Method, OptimiserSettings, Order, Precisions, Shared, Start,
};
use crate::network::{Activation, Loss, Plan, Scalar};
use std::sync::Arc;

const ONE: Training = Training {
    updates: 1,
    rows: 8,
    optimiser: OptimiserSettings::sgd(0.05),
    mean: false,
    threads: 1,
};

/// Every architecture × every condition, in single precision; the naive ε in both.
pub fn run(_quick: bool, add: &mut dyn FnMut(Check)) {
    let held = Conditions::default();
    for architecture in &ARCHITECTURES {
        let name = architecture.name;
        let plan = plan(architecture, Activation::Tanh, Loss::SquaredError);
        for (what, conditions) in [
            (
                "random start",
                Conditions {
                    start: Start::Random,
                    ..held
                },
            ),
            ("γ = 0.9", Conditions { gamma: 0.9, ..held }),
            ("γ = 0.5", Conditions { gamma: 0.5, ..held }),
            (
                "every level one step late",
                Conditions {
                    capture: Capture::Late,
                    ..held
                },
            ),
            (
                "every level at the end",
                Conditions {
                    capture: Capture::End,
                    ..held
                },
            ),
            (
                "θ changed before Δx",
                Conditions {
                    order: Order::WFirst,
                    ..held
                },
            ),
            (
                "hidden precision 0.5",
                Conditions {
                    hidden_precision: Precisions::all(0.5),
                    ..held
                },
            ),
        ] {
            let rule = |plan: &_| Method::zil(plan, &conditions);
            add(broken::<f32>(&plan, name, what, rule, 1e-3, f64::INFINITY));
        }
        if plan.shares {
            let at_once = Conditions {
                shared: Shared::AtOnce,
                ..held
            };
            let rule = |plan: &_| Method::zil(plan, &at_once);
            let what = "shared θ changed at each contribution";
            add(broken::<f32>(&plan, name, what, rule, 1e-3, f64::INFINITY));
        }
        let naive = Conditions {
            epsilon: Epsilon::Naive,
            ..held
        };
        let rule = |plan: &_| Method::zil(plan, &naive);
        // Equal in mathematics: only rounding may tell it from BP, and rounding must.
        add(broken::<f32>(&plan, name, "ε = x - μ", rule, 0.0, 1e-4));
        add(broken::<f64>(&plan, name, "ε = x - μ", rule, 0.0, 1e-12));
        let il = |plan: &_| Method::il(plan, 20, 0.1, &held);
        add(broken::<f32>(
            &plan,
            name,
            "IL, T = 20, γ = 0.1",
            il,
            1e-2,
            f64::INFINITY,
        ));
    }
    unlevelled(add);
}

/// Skips that are shorter than the way round them: with every condition held, levelled by relays they are exact, without they
/// are far off.
fn unlevelled(add: &mut dyn FnMut(Check)) {
    let zil = |plan: &_| Method::zil(plan, &Conditions::default());
    for architecture in &ARCHITECTURES {
        let (activation, loss) = (Activation::Tanh, Loss::SquaredError);
        let plan = plan_as_is(architecture, activation, loss);
        if !plan.levelled {
            let (name, what) = (architecture.name, "relays taken out");
            add(broken::<f32>(&plan, name, what, zil, 1e-1, f64::INFINITY));
            add(broken::<f64>(&plan, name, what, zil, 1e-1, f64::INFINITY));
        }
    }
}

fn broken<S: Scalar>(
    plan: &Arc<Plan>,
    name: &str,
    what: &str,
    rule: impl Fn(&Plan) -> Method,
    above: f64,
    below: f64,
) -> Check {
    let start = weights::<S>(plan, 13);
    let expected = if below.is_finite() {
        format!("bits differ, by less than {below:e} of the update")
    } else {
        format!("apart by more than {above} of the update")
    };
    let name = format!("{name}, {what}, {}", S::NAME);
    match (
        trained(&start, rule(plan), &ONE),
        trained(&start, Method::Backprop, &ONE),
    ) {
        (Ok(own), Ok(bp)) => {
            let d = distance(&own, &bp, start.values());
            let relative = d.relative_distance;
            let measured = format!("{} bits, {relative:.3e} of the update", d.differing_bits);
            let pass = d.differing_bits > 0 && relative > above && relative < below;
            Check::new(name, expected, measured, pass)
        }
        // Overflow is a way to be broken; backpropagation that overflows is not.
        (Err(e), Ok(_)) => Check::new(name, expected, e.to_string(), below.is_infinite()),
        (_, Err(e)) => Check::new(name, expected, format!("BP: {e}"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_breaks_nothing_fails_the_row() {
        let unbroken = |plan: &_| Method::zil(plan, &Conditions::default());
        let plan = plan(&ARCHITECTURES[0], Activation::Tanh, Loss::SquaredError);
        let check = broken::<f32>(&plan, "MLP", "nothing", unbroken, 1e-3, f64::INFINITY);
        assert!(!check.pass, "{check:?}");
    }
}
