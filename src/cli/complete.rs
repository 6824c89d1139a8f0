//! `pcscope complete`: pictures with a part free, filled in by inference, beside what the means alone give.

use super::common::{ExperimentArgs, interrupted, number, print, write_json};
use super::{Exit, Outcome};
use crate::experiment::checkpoint;
use crate::experiment::completion::{Found, Likeness, Task, measure};
use crate::experiment::file::Experiment;
use crate::experiment::interventions::{self, Entry, From, Units, What};
use crate::experiment::lane::LaneSpec;
use crate::experiment::setup::{Setup, with_setup};
use crate::experiment::trainer::{Scoring, Trainer};
use crate::learning::{Act, Inference, Interrupt, While};
use crate::network::{Graph, Plan, Scalar};
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Arguments of `complete`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompleteArgs {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Units of the input that are free, as in 32-63 (the second half of the rows if left out).
    #[arg(long, value_name = "UNITS")]
    free: Option<String>,
    /// The output is free as well: without a target.
    #[arg(long)]
    free_output: bool,
    /// Examples of the test part, from its first on.
    #[arg(long, default_value_t = 200)]
    examples: usize,
    /// Networks trained, each from another seed.
    #[arg(long, default_value_t = 5)]
    seeds: u64,
    /// Epochs that each is trained for.
    #[arg(long, default_value_t = 12)]
    epochs: u64,
    /// Take these weights (safetensors) and train none.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

/// What one network came to.
struct Row {
    seed: u64,
    found: Found,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &CompleteArgs) -> Outcome {
    let experiment = args.experiment.load(&[])?;
    if args.seeds == 0 || args.examples == 0 {
        let (flag, value) = match args.seeds {
            0 => ("--seeds", args.seeds),
            _ => ("--examples", args.examples as u64),
        };
        return Err(format!("{flag} {value}: expected a number from 1 on"));
    }
    let stop = interrupted()?;
    let interrupt: Arc<dyn Interrupt> = Arc::new(While(move || !stop.load(Ordering::Relaxed)));
    let quiet = (args.experiment.json.as_deref()).is_some_and(|p| p.as_os_str() == "-");
    let seeds = if args.weights.is_some() {
        1
    } else {
        args.seeds
    };
    let mut rows = Vec::new();
    for i in 0..seeds {
        let one = Experiment {
            seed: experiment.seed + i,
            ..experiment.clone()
        };
        let seed = one.seed;
        let found = with_setup(
            one,
            |s| network(args, s, &interrupt),
            |s| network(args, s, &interrupt),
        );
        let Some(found) = found.map_err(|e| e.to_string())?? else {
            return Ok(Exit::Interrupted);
        };
        if !quiet {
            if rows.is_empty() {
                print(&heading(&experiment, args, &found));
            }
            print(&line(&format!("seed {seed}"), &found.filled));
        }
        rows.push(Row { seed, found });
    }
    let median = median(&rows);
    if !quiet && rows.len() > 1 {
        print(&line("median", &median));
    }
    if !quiet && args.free_output {
        print(&format!("{}\n", interventions::FREE_OUTPUT));
    }
    if let Some(target) = &args.experiment.json {
        let said = |l: &Likeness| {
            json!({
                "correlation": number(l.correlation),
                "centred": number(l.centred),
                "rmse": number(l.rmse),
            })
        };
        let each: Vec<_> = rows
            .iter()
            .map(|row| json!({"seed": row.seed, "filled": said(&row.found.filled)}))
            .collect();
        let first = rows.first().map(|row| row.found).unwrap_or_default();
        write_json(
            target,
            &json!({
                "experiment": experiment.name,
                "examples": args.examples,
                "networks": each,
                "median": said(&median),
                "mean_of_all": said(&first.mean),
                "mean_of_class": said(&first.class),
            }),
        )?;
    }
    Ok(Exit::Done)
}

/// Trains one network, or takes the weights given, and completes; `None` if it was interrupted.
fn network<S: Scalar>(
    args: &CompleteArgs,
    mut setup: Setup<S>,
    interrupt: &Arc<dyn Interrupt>,
) -> Result<Option<Found>, String> {
    let free = free(&setup.plan, args.free.as_deref())?;
    let weights = match &args.weights {
        Some(path) => {
            let all = checkpoint::load(path, &setup.plan, setup.modules().ok().as_ref())?;
            Arc::new(all)
        }
        None => {
            setup.experiment.lanes.clear();
            let shared = Arc::new(setup.clone());
            let lanes = vec![LaneSpec::own(&setup.experiment)];
            let threads = args.experiment.threads;
            let mut trainer = Trainer::new(shared, lanes, threads, Scoring::NEVER);
            let all = trainer.updates_of(args.epochs);
            while trainer.race.updates() < all {
                if !interrupt.proceed() {
                    return Ok(None);
                }
                let next = trainer.race.updates() + 1;
                trainer.run(next);
                if trainer.race.updates() < next {
                    return Err("training stopped: something was not finite".into());
                }
            }
            Arc::clone(trainer.race.lanes[0].learner.weights())
        }
    };
    let inference: Inference = setup.experiment.inference;
    let task = Task {
        free,
        label: !args.free_output,
        prior: setup.input_prior(&inference).map_err(|e| e.to_string())?,
        inference,
    };
    let test = setup.data.split().test.clone();
    let examples: Vec<usize> = test.take(args.examples).collect();
    Ok(measure(&setup, &weights, &examples, &task, &**interrupt).ok())
}

/// Stored units of the input that are free.
fn free(plan: &Plan, units: Option<&str>) -> Result<Vec<usize>, String> {
    let shape = plan.graph.vertices[Graph::INPUT].shape;
    let half = || {
        let (from, to) = (shape.height / 2 * shape.width, shape.height * shape.width);
        let parts = (0..shape.channels).map(|c| format!("{}-{}", c * to + from, (c + 1) * to - 1));
        match shape.is_flat() {
            true => format!("{}-{}", shape.len() / 2, shape.len() - 1),
            false => parts.collect::<Vec<_>>().join(", "),
        }
    };
    let text = units.map_or_else(half, str::to_owned);
    let entry = Entry {
        at: 0,
        what: What::Free {
            vertex: plan.graph.vertices[Graph::INPUT].id.clone(),
            units: Units::parse(&text).map_err(|e| format!("--free {text}: {e}"))?,
            from: From::There,
        },
    };
    let done = interventions::resolve(&[entry], plan, &|_| 0.0);
    let done = done.map_err(|e| format!("--free {text}: {e}"))?;
    let units = done.all().iter().filter_map(|one| match one.act {
        Act::Free { unit, .. } => Some(unit),
        _ => None,
    });
    Ok(units.collect())
}

fn median(rows: &[Row]) -> Likeness {
    let of = |get: fn(&Likeness) -> f64| {
        let mut all: Vec<f64> = rows.iter().map(|row| get(&row.found.filled)).collect();
        all.sort_by(f64::total_cmp);
        let (low, high) = (all[(all.len() - 1) / 2], all[all.len() / 2]);
        f64::midpoint(low, high)
    };
    Likeness {
        correlation: of(|l| l.correlation),
        centred: of(|l| l.centred),
        rmse: of(|l| l.rmse),
    }
}

fn heading(experiment: &Experiment, args: &CompleteArgs, found: &Found) -> String {
    let i = &experiment.inference;
    let label = if args.free_output { "free" } else { "clamped" };
    let prior = match i.input_prior {
        crate::learning::PriorKind::None => "no prior".to_owned(),
        kind => format!("prior {}, λ = {}", kind.name(), i.prior_strength),
    };
    format!(
        "{}: {} test examples, output {label}, T = {}, γ = {}, {prior}\n{:<22} {:>11} {:>9} {:>8}\n{}{}",
        experiment.name,
        args.examples,
        i.steps,
        i.gamma,
        "over the free units",
        "correlation",
        "centred",
        "rmse",
        line("mean of all", &found.mean),
        line("mean of its class", &found.class),
    )
}

fn line(what: &str, l: &Likeness) -> String {
    format!(
        "{what:<22} {:>11.3} {:>9.3} {:>8.3}\n",
        l.correlation, l.centred, l.rmse
    )
}
