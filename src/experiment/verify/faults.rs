//! Faults planted on purpose: a check that would not notice them is worth nothing.

use super::Check;
use super::gradients::{TOLERANCE, backprop_error};
use super::nets::{ARCHITECTURES, Training, learner, plan, train, trained, weights};
use crate::learning::compare::distance;
use crate::learning::{Conditions, Fault, Method, OptimiserSettings, Path, Schedule};
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
        let zil = |conditions: &Conditions, fault| match Method::zil(&plan, conditions) {
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

/// The modules of predictive coding, as compiled.
const PREDICTIVE_CODING: [(&str, &str); 12] = [
    ("state", include_str!("../../learning/state.rs")),
    ("adaptive", include_str!("../../learning/state/adaptive.rs")),
    ("clamped", include_str!("../../learning/state/clamped.rs")),
    ("energy", include_str!("../../learning/state/energy.rs")),
    ("held", include_str!("../../learning/state/held.rs")),
    ("probe", include_str!("../../learning/state/probe.rs")),
    ("products", include_str!("../../learning/state/products.rs")),
    ("step", include_str!("../../learning/state/step.rs")),
    ("schedule", include_str!("../../learning/schedule.rs")),
    ("inference", include_str!("../../learning/inference.rs")),
    ("clamps", include_str!("../../learning/clamps.rs")),
    ("noise", include_str!("../../learning/noise.rs")),
];

/// What names the other side, in paths or in imports.
const NAMES_OF_BP: [&str; 4] = ["backprop", "Backprop", "learner", "Learner"];
const NAMES_OF_PC: [&str; 9] = [
    "state",
    "State",
    "schedule",
    "Schedule",
    "inference",
    "shard",
    "Shard",
    "learner",
    "Learner",
];

/// The two sides of the comparison do not call each other: read in their sources, of which none may be missing. A call planted
/// in each must be found.
fn separate(add: &mut dyn FnMut(Check)) {
    let bp = include_str!("../../learning/backprop.rs");
    let pc = || PREDICTIVE_CODING.iter().map(|(_, text)| *text);
    let from_bp = mentions(bp, &NAMES_OF_PC);
    let from_pc: usize = pc().map(|text| mentions(text, &NAMES_OF_BP)).sum();
    let missing = unlisted(PREDICTIVE_CODING[0].1);
    add(Check::new(
        "backpropagation is written separately from predictive coding",
        "0 mentions either way, in every module",
        format!("{from_bp} of PC in BP, {from_pc} of BP in PC, {missing} modules not looked at"),
        from_bp == 0 && from_pc == 0 && missing == 0,
    ));
    let planted = [
        mentions("    super::state::State::new(plan, 1);", &NAMES_OF_PC),
        mentions("    let d = super::backprop::delta(v);", &NAMES_OF_BP),
        mentions("// as backprop does", &NAMES_OF_BP),
    ];
    add(Check::new(
        "a call of the other side, planted without an import, and a comment that names it",
        "the calls are found, and the comment is not",
        format!("{planted:?} mentions"),
        planted[0] > 0 && planted[1] > 0 && planted[2] == 0,
    ));
}

/// How often code names any of some modules or types; comments do not count.
fn mentions(text: &str, names: &[&str]) -> usize {
    text.lines()
        .filter_map(|line| line.split("//").next())
        .flat_map(|code| code.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|word| names.contains(word))
        .count()
}

/// Modules that a source declares, other than tests, and that are not among those looked at.
fn unlisted(text: &str) -> usize {
    text.lines()
        .filter_map(|line| {
            line.trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .filter(|module| !module.ends_with("_test"))
        .filter(|module| PREDICTIVE_CODING.iter().all(|(name, _)| name != module))
        .count()
}
