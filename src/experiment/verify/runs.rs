//! Whole runs: the same bits at any number of threads and every time; the built-in experiments, rule beside rule.

use super::Check;
use super::nets::{ARCHITECTURES, Training, plan, trained, weights};
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::setup::{Setup, with_setup};
use crate::experiment::trainer::{Scoring, Trainer};
use crate::learning::compare::distance;
use crate::learning::learner::method;
use crate::learning::{
    Conditions, Inference, Method, OptimiserSettings, Path, REFERENCE, Rule, Schedule, Start, rule,
};
use crate::network::{Activation, Loss, Scalar};
use std::sync::Arc;

/// Bits that differ from one thread's, for 2 and 4 threads and for a second run.
pub fn threads(quick: bool, add: &mut dyn FnMut(Check)) {
    let updates = if quick { 5 } else { 10 };
    let some = [0, 4, 8, 9].map(|i| &ARCHITECTURES[i]);
    for architecture in some {
        let plan = plan(architecture, Activation::Tanh, Loss::CrossEntropy);
        let start = weights::<f32>(&plan, 31);
        let held = Conditions::default();
        let full = Conditions {
            path: Path::Full,
            ..held
        };
        let random = Conditions {
            start: Start::Random,
            gamma: 0.1,
            ..held
        };
        let noisy = Inference {
            noise: 0.1,
            ..Inference::of(10, 0.1)
        };
        let adaptive = Inference {
            adaptive: true,
            ..Inference::of(10, 0.8)
        };
        let relaxing =
            |inference: Inference| Method::Schedule(Schedule::relaxing(&plan, &inference, &held));
        let by_hand = |rule: &Rule| *rule == REFERENCE || rule.has_conditions() || rule.descends();
        let others = rule::all()
            .filter(|rule| !by_hand(rule))
            .map(|rule| (rule.label(), method(&plan, rule, (10, 0.1), &held)));
        for (name, rule) in [
            ("BP", Method::Backprop),
            ("Z-IL, front only", Method::zil(&plan, &held)),
            ("Z-IL, full dynamics", Method::zil(&plan, &full)),
            ("IL", Method::il(&plan, 20, 0.1, &held)),
            ("IL, random start", Method::il(&plan, 20, 0.1, &random)),
            ("IL, noise", relaxing(noisy)),
            ("IL, adaptive γ", relaxing(adaptive)),
        ]
        .into_iter()
        .chain(others)
        {
            let run = |threads| {
                let training = Training {
                    updates,
                    rows: 130,
                    optimiser: OptimiserSettings {
                        momentum: 0.5,
                        ..OptimiserSettings::sgd(0.05)
                    },
                    mean: true,
                    threads,
                };
                trained(&start, rule, &training)
            };
            let bits: Result<Vec<u64>, _> = run(1).and_then(|one| {
                [1, 2, 4]
                    .into_iter()
                    .map(|n| Ok(distance(&run(n)?, &one, start.values()).differing_bits))
                    .collect()
            });
            let (measured, pass) = match bits {
                Ok(bits) => (
                    format!(
                        "{} again, {} with 2, {} with 4 threads",
                        bits[0], bits[1], bits[2]
                    ),
                    bits.iter().all(|&b| b == 0),
                ),
                Err(e) => (e.to_string(), false),
            };
            add(Check::new(
                format!(
                    "{}, {name}, {updates} updates of 130 examples",
                    architecture.name
                ),
                "0 bits differ",
                measured,
                pass,
            ));
        }
    }
}

/// Every built-in experiment: both Z-IL paths equal BP, IL does not.
pub fn presets(quick: bool, add: &mut dyn FnMut(Check)) {
    for (name, _) in PRESETS {
        let large = ["mnist", "names", "residual", "fashion"]
            .iter()
            .any(|data| name.starts_with(data));
        let updates = match (quick, large) {
            (true, true) => 2,
            (true, false) | (false, true) => 20,
            (false, false) => 200,
        };
        let rows = Experiment::load(name, &[]).and_then(|experiment| {
            with_setup(experiment, |s| race(s, updates), |s| race(s, updates))
        });
        match rows {
            Ok(rows) => rows.into_iter().for_each(&mut *add),
            Err(e) => add(Check::new(name, "opens", e.to_string(), false)),
        }
    }
}

fn race<S: Scalar>(setup: Setup<S>, updates: u64) -> Vec<Check> {
    let name = setup.experiment.name.clone();
    let setup = Arc::new(setup);
    let lanes = LaneSpec::compared(&setup.experiment);
    let (relaxing, exact): (Vec<_>, Vec<_>) = lanes.into_iter().partition(|l| l.id == LaneId::IL);
    let beside = exact.first().cloned().into_iter().chain(relaxing);
    let mut rows = against_first(&setup, &name, exact.clone(), updates);
    // That it differs is seen at once, and costs as much as all of the others.
    rows.extend(against_first(
        &setup,
        &name,
        beside.collect(),
        updates.min(SOME),
    ));
    rows
}

/// Updates after which a rule that differs is seen to.
const SOME: u64 = 5;

/// The lanes behind the first, against it.
fn against_first<S: Scalar>(
    setup: &Arc<Setup<S>>,
    name: &str,
    lanes: Vec<LaneSpec>,
    updates: u64,
) -> Vec<Check> {
    let mut trainer = Trainer::new(Arc::clone(setup), lanes, 2, Scoring::NEVER);
    trainer.run(updates);
    let race = trainer.race;
    let reference = race.lanes[0].learner.weights().values();
    let mut rows = Vec::new();
    for lane in &race.lanes[1..] {
        let d = distance(
            lane.learner.weights().values(),
            reference,
            setup.initial.values(),
        );
        let il = lane.spec.id == LaneId::IL;
        let failure = lane.failure.as_ref().map(|f| f.error.to_string());
        rows.push(Check::new(
            format!("{name}, {}, {} updates", lane.spec.id, race.updates()),
            if il {
                "distance from BP above 0.01"
            } else {
                "0 bits differ"
            },
            failure.clone().unwrap_or_else(|| {
                format!(
                    "{} bits, distance {:.3e}",
                    d.differing_bits, d.relative_distance
                )
            }),
            failure.is_none()
                && race.updates() == updates
                && if il {
                    d.relative_distance > 0.01
                } else {
                    d.differing_bits == 0
                },
        ));
    }
    rows
}
