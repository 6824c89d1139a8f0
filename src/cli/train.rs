//! `pcscope train`: trains one rule without a window.

use super::common::{ExperimentArgs, begin_with, interrupted, number, print, progress, write_json};
use super::limits::{self, Watch};
use super::{Exit, Outcome};
use crate::data::memory;
use crate::data::{Dataset, Learnt, Part, Preview, Progress, fingerprint};
use crate::experiment::batches;
use crate::experiment::file::{Dtype, Experiment, ExperimentError};
use crate::experiment::fitted::loss_unit;
use crate::experiment::journal::Goal;
use crate::experiment::lane::LaneSpec;
use crate::experiment::loading::load_watched;
use crate::experiment::race::Race;
use crate::experiment::run_folder::{About, Claim, RunFolder};
use crate::experiment::score::Score;
use crate::experiment::setup::Setup;
use crate::experiment::trainer::{Event, Scoring, Trainer};
use crate::learning::{Interrupt, Rule, Uninterrupted};
use crate::network::Scalar;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Arguments of `train`.
#[derive(Clone, Debug, clap::Args)]
pub struct TrainArgs {
    #[command(flatten)]
    pub(super) experiment: ExperimentArgs,
    #[arg(long, help = super::common::rule_help("The learning rule"))]
    pub(super) rule: Option<String>,
    /// Go on with a run as if it had never stopped: its folder stands in the place of EXPERIMENT. --updates and --epochs count from its
    /// beginning; --set changes keys of learning, inference and conditions from there on.
    #[arg(long, conflicts_with_all = ["out", "weights", "record_batches"])]
    resume: bool,
    /// Updates to make.
    #[arg(long, conflicts_with = "epochs")]
    pub(super) updates: Option<u64>,
    /// Epochs to train (if neither is given, 1; of an experiment proposed for data as many as make about 1,000 updates).
    #[arg(long)]
    pub(super) epochs: Option<u64>,
    /// Score the validation part every so many updates (if left out, at the end of every epoch).
    #[arg(long, value_name = "UPDATES", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) evaluate_every: Option<u64>,
    /// The run's folder: metrics.jsonl as the run goes on, weights.safetensors every minute and epoch, experiment.toml, journal.jsonl,
    /// run.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Let the run take the place of another one in its folder.
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Begin with the weights of this file (safetensors, by pcscope's names or those of nn.Sequential and nn.RNN).
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Add to the run's folder what another program needs to do the same: initial.safetensors, and batches.npz with the training
    /// examples and their order.
    #[arg(long, requires = "out")]
    record_batches: bool,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &TrainArgs) -> Outcome {
    if args.resume {
        return super::resume::run(args);
    }
    let more = args.rule_change();
    // Claimed first: the result may go into the folder too.
    let claim = args.out.as_ref().map(|out| {
        let of = &args.experiment.experiment;
        Claim::new(out, args.overwrite, of, args.weights.as_deref())
    });
    let claim = claim.transpose()?;
    let (experiment, first) = args.experiment.load_with_data(&more)?;
    experiment.refuse_unread().map_err(|e| e.to_string())?;
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
    let hash = match (&claim, loaded.files()) {
        (None, _) | (_, []) => None,
        (Some(_), files) => Some(fingerprint(files, &Progress::new()).map_err(|e| e.to_string())?),
    };
    let learnt = data.learnt();
    drop((first, loaded));
    let given = Given {
        args,
        preview: &preview,
        proposed,
        hash,
        learnt,
        claim,
    };
    match experiment.dtype {
        Dtype::F32 => train::<f32>(given, begin(args, experiment, data)?),
        Dtype::F64 => train::<f64>(given, begin(args, experiment, data)?),
    }
}

fn begin<S: Scalar>(
    args: &TrainArgs,
    experiment: Experiment,
    data: Dataset,
) -> Result<Setup<S>, String> {
    let mut setup = Setup::new(experiment, data).map_err(|e| e.to_string())?;
    begin_with(&mut setup, args.weights.as_deref())?;
    Ok(setup)
}

/// What a run begins with, besides the experiment worked out.
struct Given<'a> {
    args: &'a TrainArgs,
    preview: &'a Preview,
    /// The experiment was proposed for data.
    proposed: bool,
    /// SHA-256 of the data's files, if a folder tells of it.
    hash: Option<String>,
    /// What was learnt about the data.
    learnt: Learnt,
    claim: Option<Claim>,
}

impl TrainArgs {
    /// The change of the experiment that --rule stands for.
    pub(super) fn rule_change(&self) -> Vec<String> {
        let change = |r: &String| format!("learning.rule={r}");
        self.rule.iter().map(change).collect()
    }

    /// The result goes to standard output as JSON, and nothing else does.
    pub(super) fn quiet(&self) -> bool {
        let json = self.experiment.json.as_deref();
        json.is_some_and(|p| p.as_os_str() == "-")
    }
}

fn train<S: Scalar>(given: Given<'_>, setup: Setup<S>) -> Outcome {
    let Given {
        args,
        preview,
        proposed,
        hash,
        learnt,
        claim,
    } = given;
    let stop = interrupted()?;
    let setup = Arc::new(setup);
    let per_epoch = setup.updates_per_epoch();
    let rule: Rule = setup.experiment.learning.rule;
    // Of a proposal, as many epochs as bring small data to about a thousand updates.
    let epochs = match proposed {
        true => 1000_u64.div_ceil(per_epoch).clamp(1, 200),
        false => 1,
    };
    let updates = args
        .updates
        .unwrap_or_else(|| args.epochs.unwrap_or(epochs).saturating_mul(per_epoch));
    let lane = LaneSpec::own(&setup.experiment);
    refuse_unreached(&setup, &lane)?;
    let until = limits::until(&stop);
    if !args.quiet() {
        let lines = limits::before(&setup, &lane, &until);
        print(&lines.iter().map(|l| format!("{l}\n")).collect::<String>());
    }
    let goal = Goal {
        until: updates,
        evaluate_every: args.evaluate_every,
    };
    let trainer = trainer(&setup, goal, args);
    let notes = preview.warnings.iter().map(ToString::to_string);
    let told = Told {
        learns: preview.learns.clone(),
        notes: notes.collect(),
    };
    let about = About {
        rule: rule.name(),
        data_hash: hash,
        threads: trainer.race.threads(),
        learns: told.learns.clone(),
        notes: told.notes.clone(),
        learnt,
        weights: match (&claim, &args.weights) {
            (Some(_), Some(file)) => {
                let hash = fingerprint(std::slice::from_ref(file), &Progress::new());
                Some((file.display().to_string(), hash.map_err(|e| e.to_string())?))
            }
            _ => None,
        },
        recorded: args.record_batches.then(|| updates.div_ceil(per_epoch)),
        raced: false,
        goal,
        folder: None,
    };
    if let Some(epochs) = about.recorded {
        batches::refuse_too_large(&setup, epochs)?;
    }
    let folder = claim.map(|c| c.begin(&setup, &about)).transpose()?;
    finish(args, (trainer, updates), folder, &told, &stop)
}

/// Refuses a T that the front is too short for.
///
/// # Errors
/// One line.
pub(super) fn refuse_unreached<S: Scalar>(setup: &Setup<S>, lane: &LaneSpec) -> Result<(), String> {
    match setup.unreached(lane) {
        Some(words) => Err(format!(
            "{words}; expected inference.steps of at least {}",
            setup.plan.depth()
        )),
        None => Ok(()),
    }
}

/// A trainer of the experiment's own rule.
pub(super) fn trainer<S: Scalar>(
    setup: &Arc<Setup<S>>,
    goal: Goal,
    args: &TrainArgs,
) -> Trainer<S> {
    let scoring = Scoring::validation(goal.evaluate_every, goal.until);
    let mut trainer = Trainer::own(Arc::clone(setup), args.experiment.threads, scoring);
    trainer.race.keep_durations(1000);
    trainer
}

/// What is said of the data of a run.
pub(super) struct Told {
    /// Why this is learnt.
    pub learns: String,
    /// What was noticed while they were read.
    pub notes: Vec<String>,
}

/// Trains up to update `updates`, and tells what came of it.
pub(super) fn finish<S: Scalar>(
    args: &TrainArgs,
    (mut trainer, updates): (Trainer<S>, u64),
    mut folder: Option<RunFolder>,
    told: &Told,
    stop: &AtomicBool,
) -> Outcome {
    let run = drive(&mut trainer, updates, &mut folder, stop);
    let until = limits::until(stop);
    let race = &trainer.race;
    let (setup, lane) = (&race.setup, &race.lanes[0].spec);
    let rule = lane.rule;
    let weights = Arc::clone(race.lanes[0].learner.weights());
    let report = json!({
        "experiment": setup.experiment.name,
        "rule": rule.name(),
        "learns": told.learns,
        "notes": told.notes,
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
    // Printed whether or not it can be saved.
    if !args.quiet() {
        print(&text(race, &run));
    }
    let saved = folder.as_mut().map_or(Ok(()), |folder| {
        let state = match (&run.diverged, run.stopped) {
            (Some(_), _) => "diverged",
            (None, true) => "interrupted",
            (None, false) => "done",
        };
        folder
            .checkpoint(&trainer.moment(&race.lanes[0]))
            .and_then(|()| folder.end(run.done, state, &report))
    });
    // A lane past its limit says so; one that stopped has said more.
    if run.diverged.is_none()
        && let Some(limit) = limits::passed(setup, &weights, lane, &until)
    {
        eprintln!("{}", limit.words("on the trained weights"));
    }
    if let Some(target) = &args.experiment.json {
        write_json(target, &report)?;
    }
    saved?;
    if let Some(d) = &run.diverged {
        let kept = folder.as_ref().map(RunFolder::weights);
        eprintln!("{}", d.line(rule, kept.as_deref(), run.done));
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
    fn line(&self, rule: Rule, kept: Option<&Path>, done: u64) -> String {
        let kept = kept.map_or_else(String::new, |file| {
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

/// What is noted of an update. A loss that is not finite is null.
#[derive(serde::Serialize)]
struct Line {
    loss: f64,
    update: u64,
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

/// Makes the updates and scores what came of them; the folder gets metrics and checkpoints.
fn drive<S: Scalar>(
    trainer: &mut Trainer<S>,
    updates: u64,
    folder: &mut Option<RunFolder>,
    stop: &AtomicBool,
) -> Run {
    let setup = Arc::clone(&trainer.race.setup);
    let bar = progress(updates, &trainer.race.lanes[0].spec.label);
    // Told once; what is kept for the next checkpoint is not lost by it.
    let mut unsaved = false;
    // In the units of the targets as stored, like the losses of the parts.
    let unit = loss_unit(&setup.data, setup.plan.graph.loss).unwrap_or(1.0);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let (mut watch, until) = (Watch::new(), limits::until(stop));
    let (mut loss, mut diverged, mut stopped) = (f64::NAN, None, false);
    while (trainer.race.updates() < updates || trainer.scores()) && diverged.is_none() {
        if stop.load(Ordering::Relaxed) && !trainer.scores() {
            stopped = true;
            break;
        }
        let event = trainer.next(&never, &Uninterrupted);
        let (race, done) = (&trainer.race, trainer.race.updates());
        let lane = &race.lanes[0];
        match event {
            Some(Event::Updated) => {
                if let Some(failure) = &lane.failure {
                    diverged = Some(Diverged {
                        update: failure.update,
                        words: failure.error.to_string(),
                    });
                    break;
                }
                loss = lane.last_loss * unit;
                bar.set_position(done);
                if let Some(folder) = folder {
                    folder.note(&Line { loss, update: done });
                }
                let weights = lane.learner.weights();
                if let Some(words) = watch.look(&race.setup, weights, (&lane.spec, done), &until) {
                    eprintln!("{words}");
                }
            }
            Some(Event::Scored { part, score, .. }) => {
                diverged = wild(race, part, &score);
                bar.set_message(if score.accuracy.is_finite() {
                    format!("validation {:.2} %", score.accuracy * 100.0)
                } else if score.n > 0 && score.r2.is_finite() {
                    format!("validation R² {:.3}", score.r2)
                } else if score.n > 0 {
                    format!("validation loss {:.4}", score.loss)
                } else {
                    String::new()
                });
                if let Some(folder) = folder {
                    let values = score.r2.is_finite() && !score.accuracy.is_finite();
                    let (name, of) = match values {
                        true => ("validation_r2", score.r2),
                        false => ("validation_accuracy", score.accuracy),
                    };
                    folder.note(
                        &json!({"update": done, name: number(of), "validation_loss": number(score.loss)}),
                    );
                }
            }
            Some(Event::Predicted { .. } | Event::Fitted(_)) | None => {}
        }
        let ended = race.epoch_ended() && done < updates;
        if let Some(folder) = folder
            && diverged.is_none()
            && !trainer.scores()
            && folder.is_due(ended)
        {
            match folder.checkpoint_behind(trainer.moment(lane)) {
                Err(words) if !unsaved => {
                    unsaved = true;
                    eprintln!("warning: {words}; the run goes on, and it is tried again");
                }
                _ => {}
            }
        }
    }
    bar.finish_and_clear();
    let race = &mut trainer.race;
    // Nothing is scored of weights whose next update is not finite.
    let most = if diverged.is_some() { 0 } else { usize::MAX };
    let validation = score(race, Part::Validation, most);
    let test = score(race, Part::Test, most);
    let diverged = diverged
        .or_else(|| wild(race, Part::Validation, &validation))
        .or_else(|| wild(race, Part::Test, &test));
    let done = race.lanes[0].learner.updates();
    Run {
        done,
        loss,
        validation,
        test,
        diverged,
        stopped,
    }
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

/// A run in words.
fn text<S: Scalar>(race: &Race<S>, run: &Run) -> String {
    let experiment = &race.setup.experiment;
    let (test, validation) = (&run.test, &run.validation);
    let ms = race.lanes[0].median_ms();
    let or_none = |v: f64, shown: String| if v.is_finite() { shown } else { "—".into() };
    let mut text = format!(
        "{}, {}, {} updates of {}: batch loss {}",
        experiment.name,
        &race.lanes[0].spec.label,
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
