//! `pcscope compare`: BP, Z-IL by both paths, and IL in lockstep; are the weights equal to the bit?

use super::common::{ExperimentArgs, begin_with, interrupted, number, print, progress, write_json};
use super::limits::{self, Limit};
use super::{Exit, Outcome};
use crate::data::Part;
use crate::experiment::conclusion::Conclusion;
use crate::experiment::estimate;
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::race::{Lane, Race};
use crate::experiment::score::Score;
use crate::experiment::setup::{Setup, with_setup};
use crate::experiment::trainer::{Scoring, Trainer};
use crate::learning::compare::{Distance, distance};
use crate::learning::learner::Method;
use crate::learning::{Interrupt, Uninterrupted};
use crate::network::Scalar;
use serde_json::{Map, json};
use std::path::PathBuf;
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
    /// A lane of its own besides those of the rules: a name, and what differs from the experiment, as in
    /// il-128:rule=il,inference.steps=128,learning.rate=0.01,seed=2 (may be given several times)
    #[arg(long, value_name = "NAME:KEY=VALUE,...", value_parser = lane)]
    lane: Vec<String>,
    /// Begin with the weights of this file (safetensors, by pcscope's names or those of nn.Sequential and nn.RNN).
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

/// Cuts at commas, but for those within brackets and quotes.
fn pairs(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut from) = (0_i32, false, 0);
    let mut all = Vec::new();
    for (i, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth <= 0 => {
                all.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    all.push(&text[from..]);
    all
}

/// A lane as a flag writes it, in the words of a file.
fn lane(flag: &str) -> Result<String, String> {
    let (id, keys) = flag.split_once(':').unwrap_or((flag, ""));
    let mut entry = format!("id = {}", toml::Value::from(id.trim()));
    let mut seen = Vec::new();
    for pair in pairs(keys)
        .into_iter()
        .filter(|pair| !pair.trim().is_empty())
    {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(format!("{pair} is no KEY=VALUE"));
        };
        let (key, value) = (key.trim(), value.trim());
        let known = ["label", "rule", "seed", "seeds"].contains(&key)
            || ["learning.", "inference.", "conditions."]
                .iter()
                .any(|section| key.starts_with(section));
        if !known || toml::from_str::<toml::Table>(&format!("{key} = 0")).is_err() {
            return Err(format!(
                "{key}; expected label, rule, seed, seeds, or a key of learning, inference or conditions"
            ));
        }
        if seen.contains(&key) {
            return Err(format!("{key} stands there twice; expected it once"));
        }
        seen.push(key);
        let parses =
            key != "label" && toml::from_str::<toml::Table>(&format!("v = {value}")).is_ok();
        let value = match parses {
            true => value.to_owned(),
            false => toml::Value::from(value.trim_matches('"')).to_string(),
        };
        entry.push_str(&format!(", {key} = {value}"));
    }
    Ok(format!("lanes+=[{{ {entry} }}]"))
}

/// Runs the command; the claim fails if a Z-IL lane differs from BP in any bit.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &CompareArgs) -> Outcome {
    if args.updates == 0 {
        return Err("--updates 0: nothing would be compared; expected a number from 1".into());
    }
    let experiment = args.experiment.load(&args.lane)?;
    experiment.refuse_unread().map_err(|e| e.to_string())?;
    with_setup(experiment, |s| compare(args, s), |s| compare(args, s)).map_err(|e| e.to_string())?
}

fn compare<S: Scalar>(args: &CompareArgs, mut setup: Setup<S>) -> Outcome {
    begin_with(&mut setup, args.weights.as_deref())?;
    let stop = interrupted()?;
    let setup = Arc::new(setup);
    let lanes = LaneSpec::compared(&setup.experiment);
    estimate::refuse_lanes(&setup.experiment, &setup.plan, &setup.data, &lanes)
        .map_err(|e| e.to_string())?;
    let until = limits::until(&stop);
    for words in warnings(&setup, &lanes, &until) {
        eprintln!("{words}");
    }
    let threads = args.experiment.threads;
    let mut trainer = Trainer::new(Arc::clone(&setup), lanes, threads, Scoring::NEVER);
    trainer.race.keep_durations(1000);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let bar = progress(args.updates, "updates");
    while trainer.race.updates() < args.updates && !stop.load(Ordering::Relaxed) {
        trainer.next(&never, &Uninterrupted);
        bar.set_position(trainer.race.updates());
    }
    bar.finish_and_clear();
    let mut race = trainer.race;
    let mut rules = Map::new();
    let mut lines = heading(&race);
    let mut wild = Vec::new();
    for i in 0..race.lanes.len() {
        let weights = Arc::clone(race.lanes[i].learner.weights());
        let test = race.score(&weights, Part::Test, usize::MAX, &never, |_| ());
        let lane = &race.lanes[i];
        if test.not_finite.is_some() {
            wild.push(lane.spec.id);
        }
        let limit = Limit::of(&setup, &weights, &lane.spec, &until);
        let row = Row {
            race: &race,
            lane,
            test: &test,
            limit: limit.as_ref(),
        };
        rules.insert(lane.spec.id.to_string(), row.json());
        lines.push_str(&row.text());
    }
    let conclusion = Conclusion::of(&race, &wild);
    lines.push_str(&conclusion.sentence());
    lines.push('\n');
    let json = args.experiment.json.as_deref();
    if json.is_none_or(|p| p.as_os_str() != "-") {
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
            "conclusion": conclusion.sentence(),
            "rules": rules,
        });
        write_json(target, &report)?;
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    // Where nothing moves the claim has not been put to the test.
    Ok(if conclusion.holds() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// What is to be said before the race.
fn warnings<S: Scalar>(
    setup: &Setup<S>,
    lanes: &[LaneSpec],
    interrupt: &dyn Interrupt,
) -> Vec<String> {
    let mut lines: Vec<String> = lanes.iter().filter_map(|l| setup.unreached(l)).collect();
    if let Some((key, value, _)) = setup.experiment.unread_by_zil() {
        lines.push(format!(
            "Z-IL does not read inference.{key} = {value}: its lanes and BP run without it"
        ));
    }
    // Of the lane that was asked for; those past their limit say so in the end.
    let own = LaneSpec::own(&setup.experiment);
    lines.extend(limits::before(setup, &own, interrupt));
    lines
}

/// Columns that the names of lanes take.
fn width<S: Scalar>(race: &Race<S>) -> usize {
    let names = race.lanes.iter().map(|l| l.spec.id.name().len());
    names.max().unwrap_or(0).max(8)
}

fn heading<S: Scalar>(race: &Race<S>) -> String {
    let (setup, width) = (&race.setup, width(race));
    format!(
        "{}, {} updates of {}, seed {}, {}, {} parameters\n{:<width$} {:>12} {:>9} {:>10} {:>9} {:>12} {:>10} {:>11} {:>9}\n",
        setup.experiment.name,
        race.updates(),
        setup.experiment.learning.batch,
        setup.experiment.seed,
        S::NAME,
        setup.plan.parameter_count(),
        "lane",
        "loss",
        "test acc.",
        "ms/update",
        "weights ≠",
        "bits ≠",
        "max ulp",
        "rel. dist.",
        "cosine"
    )
}

/// One lane after the race.
struct Row<'a, S: Scalar> {
    race: &'a Race<S>,
    lane: &'a Lane<S>,
    test: &'a Score,
    limit: Option<&'a Limit>,
}

impl<S: Scalar> Row<'_, S> {
    /// The distance from BP's weights, where both have made the same updates.
    fn apart(&self) -> Option<Distance> {
        let (lane, race) = (self.lane, self.race);
        if lane.failure.is_some() || race.updates() == 0 {
            return None;
        }
        if lane.spec.id != LaneId::BP {
            return lane
                .apart
                .filter(|_| lane.compared.last() == Some(race.updates()));
        }
        let own = lane.learner.weights().values();
        Some(distance(own, own, race.setup.initial.values()))
    }

    /// Accuracy as shown: none of a lane that stopped.
    fn accuracy(&self) -> f64 {
        match self.lane.failure {
            Some(_) => f64::NAN,
            None => self.test.accuracy,
        }
    }

    fn json(&self) -> serde_json::Value {
        let lane = self.lane;
        let (gamma, steps) = match lane.learner.method() {
            Method::Backprop => (None, None),
            Method::Schedule(s) => (Some(s.gamma), Some(s.steps)),
        };
        let d = self.apart();
        let real = |of: fn(&Distance) -> f64| d.as_ref().map(|d| number(of(d)));
        json!({
            "loss": number(lane.loss.mean()),
            "test_accuracy": number(self.accuracy()),
            "ms_per_update": number(lane.median_ms()),
            "differing_weights": d.map(|d| d.differing_weights),
            "differing_bits": d.map(|d| d.differing_bits),
            "max_ulp": d.map(|d| d.max_ulp),
            "max_abs_difference": real(|d| d.max_abs_difference),
            "relative_distance": real(|d| d.relative_distance),
            "cosine": real(|d| d.cosine),
            "gamma": gamma,
            "gamma_limit": self.limit.map(|l| number(l.stability.limit)),
            "steps": steps,
            "rule": lane.spec.rule.name(),
            "rate": lane.spec.optimiser.rate,
            "seed": lane.spec.seed,
            "diverged_at": lane.failure.as_ref().map(|f| f.update),
            "verdict": self.race.standing(lane).verdict().filter(|_| lane.spec.id != LaneId::BP),
        })
    }

    fn text(&self) -> String {
        let (lane, width) = (self.lane, width(self.race));
        let none = || "—".to_owned();
        let d = self.apart();
        let of = |show: fn(&Distance) -> String| d.as_ref().map_or_else(none, show);
        let real = |v: f64, shown: String| if v.is_finite() { shown } else { none() };
        let (loss, accuracy) = (lane.loss.mean(), self.accuracy());
        let mut text = format!(
            "{:<width$} {:>12} {:>9} {:>10} {:>9} {:>12} {:>10} {:>11} {:>9}\n",
            lane.spec.id.name(),
            real(loss, format!("{loss:.9}")),
            real(accuracy, format!("{:.2} %", accuracy * 100.0)),
            real(lane.median_ms(), format!("{:.3}", lane.median_ms())),
            of(|d| d.differing_weights.to_string()),
            of(|d| d.differing_bits.to_string()),
            of(|d| d.max_ulp.to_string()),
            of(|d| format!("{:.6}", d.relative_distance)),
            of(|d| format!("{:.6}", d.cosine)),
        );
        if let Some(f) = &lane.failure {
            text.push_str(&format!("  stopped at update {}: {}\n", f.update, f.error));
        } else if let Some(v) = self.test.not_finite {
            let label = &self.race.setup.plan.graph.vertices[v].label;
            text.push_str(&format!("  {label} is not finite on examples to test\n"));
        }
        if let Some(limit) = self.limit.filter(|l| l.is_passed()) {
            text.push_str(&format!("  {}\n", limit.words("on its weights now")));
        }
        text
    }
}
