//! `pcscope train`: trains one rule without a window.

use super::common::{ExperimentArgs, interrupted, number, print, progress, write_json};
use super::{Exit, Outcome};
use crate::experiment::checkpoint;
use crate::experiment::memory;
use crate::experiment::race::{LaneKind, Part, Race, Setup, with_setup};
use crate::experiment::save::atomically;
use crate::learning::{Interrupt, Rule, Uninterrupted};
use crate::network::Scalar;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Arguments of `train`.
#[derive(Clone, Debug, clap::Args)]
pub struct TrainArgs {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// The learning rule: bp, zil, il, fixed-prediction, incremental, zil-then-il (the file's if left out).
    #[arg(long)]
    rule: Option<String>,
    /// Updates to make.
    #[arg(long, conflicts_with = "epochs")]
    updates: Option<u64>,
    /// Epochs to train (1 if neither is given).
    #[arg(long)]
    epochs: Option<u64>,
    /// A folder that gets metrics.jsonl, experiment.toml and weights.safetensors.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &TrainArgs) -> Outcome {
    let more: Vec<String> = args
        .rule
        .iter()
        .map(|r| format!("learning.rule={r}"))
        .collect();
    let experiment = args.experiment.load(&more)?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|e| format!("--out {}: {e}", out.display()))?;
    }
    with_setup(experiment, |s| train(args, s), |s| train(args, s)).map_err(|e| e.to_string())?
}

fn train<S: Scalar>(args: &TrainArgs, setup: Setup<S>) -> Outcome {
    let stop = interrupted()?;
    let setup = Arc::new(setup);
    let per_epoch = setup.updates_per_epoch();
    let updates = args
        .updates
        .unwrap_or_else(|| args.epochs.unwrap_or(1).saturating_mul(per_epoch));
    let rule: Rule = setup.experiment.learning.rule;
    let kind = LaneKind::of(rule);
    if let Some(words) = setup.unreached(kind) {
        return Err(format!(
            "{words}; expected inference.steps of at least {}",
            setup.plan.depth()
        ));
    }
    let mut race = Race::new(Arc::clone(&setup), &[kind], args.experiment.threads);
    race.keep_durations(1000);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let bar = progress(updates, rule.label());
    let mut metrics = String::new();
    let mut last_loss = f64::NAN;
    let mut diverged = None;
    let mut stopped = false;
    while race.updates() < updates {
        if stop.load(Ordering::Relaxed) {
            stopped = true;
            break;
        }
        race.update(&never);
        let lane = &race.lanes[0];
        if let Some(failure) = &lane.failure {
            diverged = Some(failure.clone());
            break;
        }
        let done = race.updates();
        last_loss = lane.loss.last().map_or(f64::NAN, |b| b.mean);
        bar.set_position(done);
        if args.out.is_some() {
            metrics.push_str(&json!({"update": done, "loss": number(last_loss)}).to_string());
            metrics.push('\n');
        }
        if done.is_multiple_of(per_epoch) && done < updates {
            let weights = Arc::clone(race.lanes[0].learner.weights());
            let score = race.score(&weights, Part::Validation, usize::MAX, &never, |_| ());
            bar.set_message(if score.accuracy.is_finite() {
                format!("validation {:.2} %", score.accuracy * 100.0)
            } else if score.n > 0 {
                format!("validation loss {:.4}", score.loss)
            } else {
                String::new()
            });
            if args.out.is_some() {
                let line = json!({"update": done, "validation_accuracy": number(score.accuracy), "validation_loss": number(score.loss)});
                metrics.push_str(&line.to_string());
                metrics.push('\n');
            }
        }
    }
    bar.finish_and_clear();
    let weights = Arc::clone(race.lanes[0].learner.weights());
    let done = race.lanes[0].learner.updates();
    let ms = race.lanes[0].median_ms();
    let validation = race.score(&weights, Part::Validation, usize::MAX, &never, |_| ());
    let test = race.score(&weights, Part::Test, usize::MAX, &never, |_| ());
    if let Some(out) = &args.out {
        atomically(&out.join("metrics.jsonl"), metrics.as_bytes())?;
        atomically(
            &out.join("experiment.toml"),
            setup
                .experiment
                .to_toml()
                .map_err(|e| e.to_string())?
                .as_bytes(),
        )?;
        checkpoint::save(
            &out.join("weights.safetensors"),
            &weights,
            &setup.experiment,
            done,
        )?;
    }
    let report = json!({
        "experiment": setup.experiment.name,
        "rule": rule.name(),
        "seed": setup.experiment.seed,
        "dtype": S::NAME,
        "threads": race.threads(),
        "parameters": setup.plan.parameter_count(),
        "updates": done,
        "loss": number(last_loss),
        "validation_accuracy": number(validation.accuracy),
        "test_accuracy": number(test.accuracy),
        "balanced_accuracy": number(test.balanced_accuracy),
        "test_loss": number(test.loss),
        "test_examples": test.n,
        "ms_per_update": number(ms),
        "peak_memory_bytes": memory::peak(),
        "diverged_at": diverged.as_ref().map(|d| d.update),
        "interrupted": stopped,
    });
    let quiet = args
        .experiment
        .json
        .as_deref()
        .is_some_and(|p| p.as_os_str() == "-");
    if !quiet {
        let mut text = format!(
            "{}, {}, {done} updates of {}: batch loss {last_loss}",
            setup.experiment.name,
            rule.label(),
            setup.experiment.learning.batch
        );
        if test.accuracy.is_finite() {
            text.push_str(&format!(
                ", test accuracy {:.2} % ({} examples), balanced {:.2} %, test loss {}",
                test.accuracy * 100.0,
                test.n,
                test.balanced_accuracy * 100.0,
                test.loss
            ));
        } else if test.n > 0 {
            text.push_str(&format!(", test loss {} ({} examples)", test.loss, test.n));
        } else {
            text.push_str(", no test examples");
        }
        text.push_str(&format!(", {ms:.2} ms per update\n"));
        print(&text);
    }
    if let Some(target) = &args.experiment.json {
        write_json(target, &report)?;
    }
    if let Some(d) = diverged {
        eprintln!(
            "{} stopped at update {}: {}",
            rule.label(),
            d.update,
            d.error
        );
        return Ok(Exit::Failed);
    }
    Ok(if stopped {
        Exit::Interrupted
    } else {
        Exit::Done
    })
}
