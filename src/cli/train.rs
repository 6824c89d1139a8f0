//! `pcscope train`: trains one rule without a window.

use super::common::{ExperimentArgs, interrupted, number, print, progress, write_json};
use super::{Exit, Outcome};
use crate::data::{Preview, Progress};
use crate::experiment::checkpoint;
use crate::experiment::data::load_watched;
use crate::experiment::file::ExperimentError;
use crate::experiment::memory;
use crate::experiment::race::{LaneKind, Part, Race, Setup, with_setup_on};
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
    /// Epochs to train (if neither is given, 1; of an experiment proposed for data as many as make about 1,000 updates).
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
    let (experiment, first) = args.experiment.load_with_data(&more)?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out).map_err(|e| format!("--out {}: {e}", out.display()))?;
    }
    let line = |e: ExperimentError| e.to_string();
    let loaded = load_watched(&experiment, &Progress::new()).map_err(line)?;
    let data = loaded.dataset().map_err(|e| e.to_string())?;
    // Why a column is learnt was decided when the experiment was proposed.
    let preview = first.as_ref().unwrap_or(&loaded).preview().clone();
    if !args.quiet() && !loaded.files().is_empty() {
        let notes = preview.warnings.iter().map(|w| format!("note: {w}\n"));
        print(&(preview.learns.clone() + "\n" + &notes.collect::<String>()));
    }
    let proposed = first.is_some();
    drop((first, loaded));
    with_setup_on(
        experiment,
        data,
        |s| train(args, s, &preview, proposed),
        |s| train(args, s, &preview, proposed),
    )
    .map_err(line)?
}

impl TrainArgs {
    /// The result goes to standard output as JSON, and nothing else does.
    fn quiet(&self) -> bool {
        let json = self.experiment.json.as_deref();
        json.is_some_and(|p| p.as_os_str() == "-")
    }
}

fn train<S: Scalar>(
    args: &TrainArgs,
    setup: Setup<S>,
    preview: &Preview,
    proposed: bool,
) -> Outcome {
    let stop = interrupted()?;
    let setup = Arc::new(setup);
    let per_epoch = setup.updates_per_epoch();
    // Of a proposal, as many epochs as bring small data to about a thousand updates.
    let epochs = match proposed {
        true => 1000_u64.div_ceil(per_epoch).clamp(1, 200),
        false => 1,
    };
    let updates = args
        .updates
        .unwrap_or_else(|| args.epochs.unwrap_or(epochs).saturating_mul(per_epoch));
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
    // In the units of the targets as stored, like the losses of the parts.
    let unit = match setup.data.target_units() {
        Some(([divisor], _)) => divisor * divisor,
        _ => 1.0,
    };
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
        last_loss = lane.loss.last().map_or(f64::NAN, |b| b.mean * unit);
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
        "learns": preview.learns,
        "notes": preview.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
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
        "test_r2": number(test.r2),
        "validation_loss": number(validation.loss),
        "validation_r2": number(validation.r2),
        "loss_of_the_mean": number(test.mean_loss),
        "test_examples": test.n,
        "ms_per_update": number(ms),
        "peak_memory_bytes": memory::peak(),
        "diverged_at": diverged.as_ref().map(|d| d.update),
        "interrupted": stopped,
    });
    if !args.quiet() {
        let mut text = format!(
            "{}, {}, {done} updates of {}: batch loss {last_loss}",
            setup.experiment.name,
            rule.label(),
            setup.experiment.learning.batch
        );
        if test.n == 0 {
            text.push_str(", nothing to test on");
        } else if test.accuracy.is_finite() {
            text.push_str(&format!(
                ", test accuracy {:.2} % ({} examples), balanced {:.2} %, test loss {}",
                test.accuracy * 100.0,
                test.n,
                test.balanced_accuracy * 100.0,
                test.loss
            ));
        } else {
            if validation.n > 0 {
                text.push_str(&format!(", validation loss {}", validation.loss));
                if validation.r2.is_finite() {
                    text.push_str(&format!(", R² {:.3}", validation.r2));
                }
            }
            text.push_str(&format!(", test loss {}", test.loss));
            if test.r2.is_finite() {
                text.push_str(&format!(", R² {:.3}", test.r2));
            }
            text.push_str(&format!(" ({} examples)", test.n));
            if test.loss >= test.mean_loss {
                text.push_str(&format!(
                    ", no better than the mean (loss {})",
                    test.mean_loss
                ));
            }
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
