//! `pcscope compare`: BP, Z-IL by both paths, and IL in lockstep; are the weights equal to the bit?

use super::common::{ExperimentArgs, interrupted, number, print, progress, write_json};
use super::{Exit, Outcome};
use crate::experiment::race::{LaneKind, Part, Race, Setup, with_setup};
use crate::learning::compare::distance;
use crate::learning::learner::Method;
use crate::learning::{Interrupt, Uninterrupted};
use crate::network::Scalar;
use serde_json::{Map, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Arguments of `compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArgs {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Updates to make.
    #[arg(long, default_value_t = 200)]
    updates: u64,
}

/// Runs the command; the claim fails if a Z-IL lane differs from BP in any bit.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &CompareArgs) -> Outcome {
    let experiment = args.experiment.load(&[])?;
    with_setup(experiment, |s| compare(args, s), |s| compare(args, s)).map_err(|e| e.to_string())?
}

fn compare<S: Scalar>(args: &CompareArgs, setup: Setup<S>) -> Outcome {
    let stop = interrupted()?;
    let setup = Arc::new(setup);
    let kinds = LaneKind::with(
        &[LaneKind::Bp, LaneKind::Zil, LaneKind::ZilFull, LaneKind::Il],
        setup.experiment.learning.rule,
    );
    let mut race = Race::new(Arc::clone(&setup), &kinds, args.experiment.threads);
    race.keep_durations(1000);
    for words in kinds.iter().filter_map(|&kind| setup.unreached(kind)) {
        eprintln!("{words}");
    }
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let bar = progress(args.updates, "updates");
    while race.updates() < args.updates && !stop.load(Ordering::Relaxed) {
        race.update(&never);
        bar.set_position(race.updates());
    }
    bar.finish_and_clear();
    let reference = Arc::clone(race.lanes[0].learner.weights());
    let mut rules = Map::new();
    let mut lines = format!(
        "{}, {} updates of {}, seed {}, {}, {} parameters\n{:<16} {:>12} {:>9} {:>10} {:>9} {:>12} {:>8} {:>11} {:>9}\n",
        setup.experiment.name,
        race.updates(),
        setup.experiment.learning.batch,
        setup.experiment.seed,
        S::NAME,
        setup.plan.parameter_count(),
        "rule",
        "loss",
        "test acc.",
        "ms/update",
        "weights ≠",
        "bits ≠",
        "max ulp",
        "rel. dist.",
        "cosine"
    );
    let (mut exact, mut moved) = (true, false);
    for i in 0..race.lanes.len() {
        let weights = Arc::clone(race.lanes[i].learner.weights());
        let test = race.score(&weights, Part::Test, usize::MAX, &never, |_| ());
        let lane = &race.lanes[i];
        let d = distance(weights.values(), reference.values(), setup.initial.values());
        let (gamma, steps) = match lane.learner.method() {
            Method::Backprop => (None, None),
            Method::Schedule(s) => (Some(s.gamma), Some(s.steps)),
        };
        let zil = matches!(lane.kind, LaneKind::Zil | LaneKind::ZilFull);
        moved |= zil && d.moved > 0;
        exact &= !zil || (d.differing_bits == 0 && lane.failure.is_none());
        let loss = lane.loss.mean();
        rules.insert(
            lane.kind.name().to_owned(),
            json!({
                "loss": number(loss),
                "test_accuracy": number(test.accuracy),
                "ms_per_update": number(lane.median_ms()),
                "differing_weights": d.differing_weights,
                "differing_bits": d.differing_bits,
                "max_ulp": d.max_ulp,
                "max_abs_difference": number(d.max_abs_difference),
                "relative_distance": number(d.relative_distance),
                "cosine": number(d.cosine),
                "gamma": gamma,
                "steps": steps,
                "diverged_at": lane.failure.as_ref().map(|f| f.update),
                "verdict": race.standing(lane).verdict().filter(|_| lane.kind != LaneKind::Bp),
            }),
        );
        lines.push_str(&format!(
            "{:<9} {:>12.9} {:>9} {:>10.3} {:>9} {:>12} {:>8} {:>11.6} {:>9.6}\n",
            lane.kind.name(),
            loss,
            if test.accuracy.is_finite() {
                format!("{:.2} %", test.accuracy * 100.0)
            } else {
                "—".into()
            },
            lane.median_ms(),
            d.differing_weights,
            d.differing_bits,
            d.max_ulp,
            d.relative_distance,
            d.cosine
        ));
        if let Some(f) = &lane.failure {
            lines.push_str(&format!("  stopped at update {}: {}\n", f.update, f.error));
        }
    }
    lines.push_str(if exact && !moved {
        "NO UPDATE: no bit of any weight has changed, so there was nothing to compare.\n"
    } else if exact {
        "Both Z-IL lanes equal BP in every bit.\n"
    } else {
        "A Z-IL lane differs from BP: a condition of exactness does not hold.\n"
    });
    if args
        .experiment
        .json
        .as_deref()
        .is_none_or(|p| p.as_os_str() != "-")
    {
        print(&lines);
    }
    if let Some(target) = &args.experiment.json {
        let report = json!({
            "experiment": setup.experiment.name,
            "updates": race.updates(),
            "batch": setup.experiment.learning.batch,
            "seed": setup.experiment.seed,
            "dtype": S::NAME,
            "threads": race.threads(),
            "parameters": setup.plan.parameter_count(),
            "rules": rules,
        });
        write_json(target, &report)?;
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    // Where nothing moves the claim has not been put to the test.
    Ok(if exact && moved {
        Exit::Done
    } else {
        Exit::Failed
    })
}
