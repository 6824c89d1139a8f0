//! `pcscope train`: trains one rule without a window.

use super::common::{ExperimentArgs, interrupted, number, print, progress, write_json};
use super::limits::{self, Limit};
use super::{Exit, Outcome};
use crate::data::{Preview, Progress};
use crate::experiment::checkpoint;
use crate::experiment::data::load_watched;
use crate::experiment::file::ExperimentError;
use crate::experiment::memory;
use crate::experiment::race::{LaneKind, Part, Race, Score, Setup, with_setup_on};
use crate::experiment::save::atomically;
use crate::learning::{Interrupt, Rule, Uninterrupted};
use crate::network::{Scalar, Weights};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The checkpoint's name in the folder of a run.
const WEIGHTS: &str = "weights.safetensors";

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
    experiment.refuse_unread().map_err(|e| e.to_string())?;
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
    let until = limits::until(&stop);
    if !args.quiet() {
        let lines = limits::before(&setup, kind, &until);
        print(&lines.iter().map(|l| format!("{l}\n")).collect::<String>());
    }
    let mut race = Race::new(Arc::clone(&setup), &[kind], args.experiment.threads);
    race.keep_durations(1000);
    let (metrics, run) = drive(args, &mut race, updates, &stop);
    let weights = Arc::clone(race.lanes[0].learner.weights());
    if let Some(out) = &args.out {
        save(out, &metrics, &setup, &weights, run.done)?;
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
        "updates": run.done,
        "loss": number(run.loss),
        "validation_accuracy": number(run.validation.accuracy),
        "test_accuracy": number(run.test.accuracy),
        "balanced_accuracy": number(run.test.balanced_accuracy),
        "test_loss": number(run.test.loss),
        "test_r2": number(run.test.r2),
        "validation_loss": number(run.validation.loss),
        "validation_r2": number(run.validation.r2),
        "loss_of_the_mean": number(run.test.mean_loss),
        "test_examples": run.test.n,
        "ms_per_update": number(race.lanes[0].median_ms()),
        "peak_memory_bytes": memory::peak(),
        "diverged_at": run.diverged.as_ref().map(|d| d.update),
        "interrupted": run.stopped,
    });
    if !args.quiet() {
        print(&text(&race, &run));
    }
    // A lane past its limit says so; one that stopped has said more.
    if run.diverged.is_none()
        && let Some(limit) = Limit::of(&setup, &weights, kind, &until).filter(Limit::is_passed)
    {
        eprintln!("{}", limit.words("on the trained weights"));
    }
    if let Some(target) = &args.experiment.json {
        write_json(target, &report)?;
    }
    if let Some(d) = &run.diverged {
        eprintln!("{}", d.line(rule, args.out.as_deref(), run.done));
        return Ok(Exit::Failed);
    }
    Ok(if run.stopped {
        Exit::Interrupted
    } else {
        Exit::Done
    })
}

/// Where a run stopped because a number was not finite.
struct Diverged {
    /// The update that could not be made, or after which outputs were not finite.
    update: u64,
    words: String,
}

impl Diverged {
    /// The line that tells of it, and of the checkpoint there is.
    fn line(&self, rule: Rule, out: Option<&Path>, done: u64) -> String {
        let kept = out.map_or_else(String::new, |out| {
            let file = out.join(WEIGHTS);
            format!(
                "; {} has the weights after update {done}, all finite",
                file.display()
            )
        });
        format!(
            "{} stopped at update {}: {}{kept}",
            rule.label(),
            self.update,
            self.words
        )
    }
}

/// What came of a run.
struct Run {
    /// Updates made.
    done: u64,
    /// Loss of the last batch.
    loss: f64,
    validation: Score,
    test: Score,
    diverged: Option<Diverged>,
    stopped: bool,
}

/// Makes the updates and scores what came of them; the metrics are lines of JSON.
fn drive<S: Scalar>(
    args: &TrainArgs,
    race: &mut Race<S>,
    updates: u64,
    stop: &AtomicBool,
) -> (String, Run) {
    let setup = Arc::clone(&race.setup);
    let per_epoch = setup.updates_per_epoch();
    let bar = progress(updates, race.lanes[0].kind.rule().label());
    let mut metrics = String::new();
    let mut note = |line: serde_json::Value| {
        if args.out.is_some() {
            metrics.push_str(&line.to_string());
            metrics.push('\n');
        }
    };
    // In the units of the targets as stored, like the losses of the parts.
    let unit = match setup.data.target_units() {
        Some(([divisor], _)) => divisor * divisor,
        _ => 1.0,
    };
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let (mut loss, mut diverged, mut stopped) = (f64::NAN, None, false);
    while race.updates() < updates && diverged.is_none() {
        if stop.load(Ordering::Relaxed) {
            stopped = true;
            break;
        }
        race.update(&never);
        let lane = &race.lanes[0];
        if let Some(failure) = &lane.failure {
            diverged = Some(Diverged {
                update: failure.update,
                words: failure.error.to_string(),
            });
            break;
        }
        let done = race.updates();
        loss = lane.loss.last().map_or(f64::NAN, |b| b.mean * unit);
        bar.set_position(done);
        note(json!({"update": done, "loss": number(loss)}));
        if done.is_multiple_of(per_epoch) && done < updates {
            let score = score(race, Part::Validation, usize::MAX);
            diverged = wild(race, Part::Validation, &score);
            bar.set_message(if score.accuracy.is_finite() {
                format!("validation {:.2} %", score.accuracy * 100.0)
            } else if score.n > 0 {
                format!("validation loss {:.4}", score.loss)
            } else {
                String::new()
            });
            note(
                json!({"update": done, "validation_accuracy": number(score.accuracy), "validation_loss": number(score.loss)}),
            );
        }
    }
    bar.finish_and_clear();
    // Nothing is scored of weights whose next update is not finite.
    let most = if diverged.is_some() { 0 } else { usize::MAX };
    let validation = score(race, Part::Validation, most);
    let test = score(race, Part::Test, most);
    let diverged = diverged
        .or_else(|| wild(race, Part::Validation, &validation))
        .or_else(|| wild(race, Part::Test, &test));
    let done = race.lanes[0].learner.updates();
    let run = Run {
        done,
        loss,
        validation,
        test,
        diverged,
        stopped,
    };
    (metrics, run)
}

fn score<S: Scalar>(race: &mut Race<S>, part: Part, most: usize) -> Score {
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let weights = Arc::clone(race.lanes[0].learner.weights());
    race.score(&weights, part, most, &never, |_| ())
}

/// A run whose weights are finite and whose outputs are not has diverged as well.
fn wild<S: Scalar>(race: &Race<S>, part: Part, score: &Score) -> Option<Diverged> {
    let label = &race.setup.plan.graph.vertices[score.not_finite?].label;
    let part = match part {
        Part::Train => "training",
        Part::Validation => "validation",
        Part::Test => "test",
    };
    Some(Diverged {
        update: race.updates(),
        words: format!("{label} is not finite from t = 0 on {part} examples"),
    })
}

/// Saves what a run leaves.
fn save<S: Scalar>(
    out: &Path,
    metrics: &str,
    setup: &Setup<S>,
    weights: &Weights<S>,
    done: u64,
) -> Result<(), String> {
    atomically(&out.join("metrics.jsonl"), metrics.as_bytes())?;
    let experiment = setup.experiment.to_toml().map_err(|e| e.to_string())?;
    atomically(&out.join("experiment.toml"), experiment.as_bytes())?;
    checkpoint::save(&out.join(WEIGHTS), weights, &setup.experiment, done)
}

/// A run in words.
fn text<S: Scalar>(race: &Race<S>, run: &Run) -> String {
    let experiment = &race.setup.experiment;
    let (test, validation) = (&run.test, &run.validation);
    let ms = race.lanes[0].median_ms();
    let or_none = |v: f64, shown: String| if v.is_finite() { shown } else { "—".into() };
    let mut text = format!(
        "{}, {}, {} updates of {}: batch loss {}",
        experiment.name,
        race.lanes[0].kind.rule().label(),
        run.done,
        experiment.learning.batch,
        or_none(run.loss, run.loss.to_string())
    );
    if run.diverged.is_some() {
        text.push_str(if race.setup.data.classes().is_empty() {
            ", test loss —"
        } else {
            ", test accuracy —"
        });
    } else if test.n == 0 {
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
    text + &format!(", {} ms per update\n", or_none(ms, format!("{ms:.2}")))
}
