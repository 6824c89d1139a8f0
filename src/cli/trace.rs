//! `pcscope trace`: one example's inference, state by state, as NPZ.

use super::common::{ExperimentArgs, number, print, write_json};
use super::limits::Limit;
use super::{Exit, Outcome};
use crate::experiment::file::ExperimentError;
use crate::experiment::interventions;
use crate::experiment::lane::LaneSpec;
use crate::experiment::microscope::{Microscope, Subject};
use crate::experiment::save::probe;
use crate::experiment::setup::{Setup, with_setup};
use crate::experiment::{checkpoint, trace};
use crate::learning::learner::Method;
use crate::learning::stability::Inferring;
use crate::learning::{Course, GammaLimit, Rule, RunState, Uninterrupted};
use crate::network::Scalar;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of `trace`.
#[derive(Clone, Debug, clap::Args)]
pub struct TraceArgs {
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// The NPZ file to write.
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
    #[arg(long, help = super::common::rule_help("The rule that infers"))]
    rule: Option<String>,
    /// Number of the example within the test part.
    #[arg(long, default_value_t = 0)]
    example: usize,
    /// Weights to infer with (safetensors); the initial ones if left out.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &TraceArgs) -> Outcome {
    let more: Vec<String> = args
        .rule
        .iter()
        .map(|r| format!("learning.rule={r}"))
        .collect();
    probe(&args.out).map_err(|e| format!("--out {e}"))?;
    let experiment = args.experiment.load(&more)?;
    experiment.refuse_unread().map_err(|e| e.to_string())?;
    with_setup(experiment, |s| infer(args, &s), |s| infer(args, &s)).map_err(|e| e.to_string())?
}

fn infer<S: Scalar>(args: &TraceArgs, setup: &Setup<S>) -> Outcome {
    let test = setup.data.split().test.clone();
    if args.example >= test.len() {
        return Err(format!(
            "--example {}: expected a number from 0 to {}",
            args.example,
            test.len().saturating_sub(1)
        ));
    }
    let example = test.start + args.example;
    let weights = match &args.weights {
        Some(path) => {
            let weights = checkpoint::load(path, &setup.plan, setup.modules().ok().as_ref())?;
            Arc::new(weights)
        }
        None => Arc::clone(&setup.initial),
    };
    let e = &setup.experiment;
    let lane = LaneSpec::own(e);
    let steps = match lane.method(&setup.plan) {
        Method::Schedule(schedule) => Some(schedule.steps),
        Method::Backprop => None,
    };
    let one_line = |error: ExperimentError| format!("{}: {error}", e.name);
    interventions::refuse_unreached(&e.interventions, steps, e.learning.rule.name())
        .map_err(one_line)?;
    let subject = Subject {
        interventions: setup.interventions(),
        prior: setup.input_prior(&e.inference).map_err(one_line)?,
        ..Subject::own(e, &setup.data, example)
    };
    let done = &subject.interventions;
    let standing = (!done.is_empty()).then(|| done.standing(&setup.plan, usize::MAX));
    let of = Inferring {
        rule: lane.rule,
        inference: &lane.inference,
        standing: standing.as_ref(),
        prior: subject.prior.as_ref(),
    };
    let limit = Limit::under(setup, &weights, (&lane, &of), &Uninterrupted);
    let stability = limit.as_ref().map(|l| &l.stability);
    let quiet = args
        .experiment
        .json
        .as_deref()
        .is_some_and(|p| p.as_os_str() == "-");
    if !quiet {
        print(&limit_words(e.learning.rule, limit.as_ref()));
        for (i, entry) in e.interventions.iter().enumerate() {
            print(&format!(
                "intervention {}: {}\n",
                i + 1,
                entry.words(Some(&setup.plan))
            ));
        }
    }
    // An optimiser's memory is no part of a checkpoint: what would be applied is its first step.
    let run = RunState::begin(weights, e.learning.settings());
    let mut scope = Microscope::new(run, subject, setup.example(example));
    scope.run_to(usize::MAX);
    let micro = scope.snapshot();
    trace::save(&args.out, &micro, e, stability)?;
    if let Some(words) = setup.unreached(&LaneSpec::own(e)) {
        eprintln!("{words}");
    }
    if !quiet {
        let mut text = format!(
            "{}, {}, test example {}: {} states written to {}\n   t            F",
            e.name,
            e.learning.rule.label(),
            args.example,
            micro.states.len(),
            args.out.display()
        );
        for v in &micro.plan.graph.vertices[1..] {
            text.push_str(&format!(" {:>12}", format!("|ε| {}", v.id)));
        }
        text.push('\n');
        if micro.rests_at_zero(micro.states.len() - 1) {
            text = format!("{}\n{text}", interventions::FREE_OUTPUT);
        }
        for s in &micro.states {
            text.push_str(&format!("{:>4} {:>12.6}", s.t, s.total_energy()));
            for size in &s.size[1..] {
                text.push_str(&format!(" {size:>12.6}"));
            }
            text.push('\n');
        }
        print(&text);
    }
    if let Some(target) = &args.experiment.json {
        let states: Vec<_> = micro
            .states
            .iter()
            .map(|s| {
                json!({
                    "t": s.t,
                    "energy": number(s.total_energy()),
                    "size": s.size.iter().map(|v| number(*v)).collect::<Vec<_>>(),
                    "levels": s.levels,
                    "verdict": s.verdict(),
                    "judgement": s.judgement,
                })
            })
            .collect();
        let vertices: Vec<_> = micro
            .plan
            .graph
            .vertices
            .iter()
            .map(|v| v.id.clone())
            .collect();
        write_json(
            target,
            &json!({
                "gamma_limit": stability.map(|s| number(s.limit)),
                "experiment": e.name,
                "example": args.example,
                "interventions": e.interventions,
                "vertices": vertices,
                "states": states,
            }),
        )?;
    }
    Ok(
        match micro
            .states
            .iter()
            .find_map(|s| s.not_finite.map(|v| (s.t, v)))
        {
            Some((t, v)) => {
                eprintln!(
                    "{} is not finite from t = {t}",
                    micro.plan.graph.vertices[v].label
                );
                Exit::Failed
            }
            None => Exit::Done,
        },
    )
}

/// What is known of how large γ may be on these weights, on a line.
fn limit_words(rule: Rule, limit: Option<&Limit>) -> String {
    let Some(limit) = limit else {
        return match rule.course() {
            Course::Reverse => String::new(),
            _ => "stability limit of γ: not needed, inference stops at D\n".into(),
        };
    };
    if let GammaLimit::Fixed(limit) = rule.facts().limit {
        return format!("stability limit of γ: {limit}, whatever the weights\n");
    }
    let s = &limit.stability;
    format!(
        "stability limit of γ here: {} (worst of the first {} training examples near rest: λ_max = {:.4}; local, \
         the curvature is another elsewhere{}){}\n",
        limit.digits(),
        s.examples,
        s.curvature.largest,
        if s.curvature.smallest < 0.0 {
            ", and here F also bends down"
        } else {
            ""
        },
        if limit.is_passed() {
            format!("; γ = {} is past it", limit.gamma)
        } else {
            String::new()
        }
    )
}
