//! Faults planted on purpose: a check that would not notice them is worth nothing.

use super::Check;
use super::gradients::{TOLERANCE, backprop_error};
use super::nets::{ARCHITECTURES, Training, learner, plan, train, trained, weights};
use crate::learning::compare::distance;
use crate::learning::learner::method;
use crate::learning::{Conditions, Fault, Method, OptimiserSettings, Path, Rule, Schedule};
use crate::network::{Activation, Loss, Scalar};

const TRAINING: Training = Training {
    updates: 3,
    rows: 8,
    optimiser: OptimiserSettings::sgd(0.05),
    mean: true,
    threads: 1,
};

/// Every planted fault.
pub fn run(_quick: bool, add: &mut dyn FnMut(Check)) {
    flipped_bit::<f32>(add);
    flipped_bit::<f64>(add);
    for architecture in [&ARCHITECTURES[0], &ARCHITECTURES[4]] {
        let plan = plan(architecture, Activation::Tanh, Loss::CrossEntropy);
        let start = weights::<f32>(&plan, 41);
        let held = Conditions::default();
        let full = Conditions {
            path: Path::Full,
            ..held
        };
        let zil =
            |conditions: &Conditions, fault| match method(&plan, Rule::Zil, (0, 0.0), conditions) {
                Method::Schedule(schedule) => Method::Schedule(Schedule { fault, ..schedule }),
                Method::Backprop => Method::Backprop,
            };
        let mut row = |what: &str, own: Result<Vec<f32>, _>, bp: Result<Vec<f32>, _>| {
            let (Ok(own), Ok(bp)): (Result<_, crate::learning::UpdateError>, Result<_, _>) =
                (own, bp)
            else {
                add(Check::new(what, "finite", "not finite", false));
                return;
            };
            let d = distance(&own, &bp, start.values());
            add(Check::new(
                format!("{}, {what}", architecture.name),
                "equality breaks",
                format!(
                    "{} bits differ, {:.2} of the update",
                    d.differing_bits, d.relative_distance
                ),
                d.differing_bits > 0 && d.relative_distance > 0.01,
            ));
        };
        let mut wrong = learner(&start, Method::Backprop, &TRAINING);
        wrong.wrong_reverse_sign = true;
        let reversed = train(&mut wrong, &TRAINING).map(|()| wrong.weights().values().to_vec());
        let bp = || trained(&start, Method::Backprop, &TRAINING);
        row(
            "a sign lost in BP's reverse pass",
            trained(&start, zil(&held, Fault::None), &TRAINING),
            reversed,
        );
        row(
            "a sign lost in the inference step, front only",
            trained(&start, zil(&held, Fault::StepSign), &TRAINING),
            bp(),
        );
        row(
            "a sign lost in the inference step, full dynamics",
            trained(&start, zil(&full, Fault::StepSign), &TRAINING),
            bp(),
        );
        let (worst, _) = backprop_error(architecture, Activation::Tanh, Loss::SquaredError, true);
        add(Check::new(
            format!(
                "{}, the same lost sign against central differences",
                architecture.name
            ),
            format!("relative error above {TOLERANCE:e}"),
            format!("{worst:.2}"),
            worst > TOLERANCE,
        ));
    }
    separate(add);
}

/// One bit of one weight flipped in trained weights is counted as one.
fn flipped_bit<S: Scalar>(add: &mut dyn FnMut(Check)) {
    let plan = plan(&ARCHITECTURES[4], Activation::Tanh, Loss::CrossEntropy);
    let start = weights::<S>(&plan, 42);
    let measured = trained(&start, Method::Backprop, &TRAINING).map(|bp| {
        let mut own = bp.clone();
        let at = own.len() / 2;
        own[at] = own[at].flip_bit(3);
        distance(&own, &bp, start.values())
    });
    add(match measured {
        Ok(d) => Check::new(
            format!("one bit of one weight flipped, {}", S::NAME),
            "1 bit of 1 weight differs",
            format!(
                "{} bit of {} weight differs",
                d.differing_bits, d.differing_weights
            ),
            d.differing_bits == 1 && d.differing_weights == 1,
        ),
        Err(e) => Check::new("one bit flipped", "finite", e.to_string(), false),
    });
}

/// The two sides of the comparison do not call each other: read in their sources, as compiled.
fn separate(add: &mut dyn FnMut(Check)) {
    let bp = include_str!("../../learning/backprop.rs");
    let pc = concat!(
        include_str!("../../learning/state.rs"),
        include_str!("../../learning/state/adaptive.rs"),
        include_str!("../../learning/state/energy.rs"),
        include_str!("../../learning/state/probe.rs"),
        include_str!("../../learning/schedule.rs")
    );
    let imports = |text: &str, words: &[&str]| {
        text.lines()
            .filter(|l| l.starts_with("use ") && words.iter().any(|w| l.contains(w)))
            .count()
    };
    let (from_bp, from_pc) = (
        imports(bp, &["state", "schedule", "shard", "learner", "learning"]),
        imports(pc, &["backprop", "Backprop", "learner"]),
    );
    add(Check::new(
        "backpropagation is written separately from predictive coding",
        "0 imports either way",
        format!("{from_bp} of PC in BP, {from_pc} of BP in PC"),
        from_bp == 0 && from_pc == 0,
    ));
}
