//! What an experiment will take, before it runs: parameters, depth, products, memory.

use super::file::{Dtype, Experiment, ExperimentError};
use super::lane::LaneSpec;
use super::loading::load_data;
use super::setup::plan_for;
use crate::data::{Dataset, Part, memory};
use crate::learning::Evaluator;
use crate::learning::cost::matrix_products;
use crate::learning::learner::Method;
use crate::learning::shard::SHARD_ROWS;
use crate::network::{Graph, Plan, Role};
use serde::Serialize;

/// An experiment's size.
#[derive(Clone, Debug, Serialize)]
pub struct Estimate {
    /// Its name.
    pub experiment: String,
    /// Its data.
    pub data: String,
    /// Examples of train, validation and test.
    pub examples: [usize; 3],
    /// Every vertex: name, shape, levels; the time steps of a recurrent layer together.
    pub vertices: Vec<(String, String, String)>,
    /// Weights and biases.
    pub parameters: usize,
    /// D.
    pub depth: usize,
    /// Matrix products per update: rule, count.
    pub products: Vec<(String, usize)>,
    /// Bytes of memory that `train` takes at its peak, program and data included: rule, bytes.
    pub training_bytes: Vec<(String, usize)>,
    /// The same for the rule of the file.
    pub memory_bytes: usize,
}

/// Bytes of memory that the program takes before it has an experiment.
const PROGRAM_BYTES: usize = 14_000_000;

/// Works out an experiment without running it.
///
/// # Errors
/// One line saying what does not fit.
pub fn of(experiment: &Experiment) -> Result<Estimate, ExperimentError> {
    let data = load_data(experiment)?;
    let plan = plan_for(experiment, &data)?;
    let lanes = LaneSpec::compared(experiment);
    let bytes = |lane: &LaneSpec| PROGRAM_BYTES + training_bytes(experiment, &plan, &data, lane);
    Ok(Estimate {
        experiment: experiment.name.clone(),
        data: data.name().to_owned(),
        examples: [
            data.split().train.len(),
            data.split().validation.len(),
            data.split().test.len(),
        ],
        vertices: vertices(&plan),
        parameters: plan.parameter_count(),
        depth: plan.depth(),
        products: lanes
            .iter()
            .map(|l| (l.id.to_string(), matrix_products(&plan, l.method(&plan))))
            .collect(),
        training_bytes: lanes.iter().map(|l| (l.id.to_string(), bytes(l))).collect(),
        memory_bytes: bytes(&LaneSpec::own(experiment)),
    })
}

/// Bytes that training one lane takes with its data, at one thread: what is touched, not what is set aside.
pub fn training_bytes(
    experiment: &Experiment,
    plan: &Plan,
    data: &Dataset,
    lane: &LaneSpec,
) -> usize {
    let method = lane.method(plan);
    let number = if experiment.dtype == Dtype::F64 { 8 } else { 4 };
    let batch = experiment.learning.batch.min(data.split().train.len());
    let shards = batch.div_ceil(SHARD_ROWS);
    let parts = [Part::Validation, Part::Test].map(|part| data.range(part).len());
    let scored = parts
        .into_iter()
        .max()
        .unwrap_or(0)
        .min(Evaluator::<f32>::ROWS);
    let scorers = scored.div_ceil(SHARD_ROWS);
    // x, f(x) and δ or ε; full dynamics keep μ and Δx as well, and an adaptive step goes back to x, μ and ε.
    let arenas = match method {
        Method::Backprop => 3,
        Method::Schedule(s) if s.front_only => 3,
        Method::Schedule(s) if s.adaptive => 8,
        Method::Schedule(_) => 5,
    };
    // Full dynamics keep what the clamped input predicts of the steps of a recurrent layer, too.
    let kept = match method {
        Method::Schedule(s) if !s.front_only => {
            plan.partly_clamped.clone().map(|v| plan.len_of(v)).sum()
        }
        _ => 0,
    };
    // Initial weights and trained ones, both with their transposed copies, and one gradient for each shard: their sum is added up
    // on the way to the weights, and what only scores never touches its own.
    let memories = lane.optimiser.memories();
    let parameters = plan.parameter_count() * (2 + memories + shards) + 2 * plan.copy_count();
    // What only scores has no δ.
    let activity = plan.units() * (arenas * batch + 2 * scored)
        + kept * batch
        + plan.scratch * (shards + scorers)
        + (plan.len_of(Graph::INPUT) + plan.len_of(plan.output())) * (batch + scored);
    let winners = plan.argmax_len() * (batch + scored) * size_of::<u32>();
    (parameters + activity) * number + winners + plan.bytes() + data.bytes()
}

/// Bytes that racing these lanes takes besides data and plan, which stand already.
fn bytes_of(experiment: &Experiment, plan: &Plan, data: &Dataset, lanes: &[LaneSpec]) -> usize {
    let stands = plan.bytes().saturating_add(data.bytes());
    let own = |lane: &LaneSpec| training_bytes(experiment, plan, data, lane).saturating_sub(stands);
    lanes.iter().map(own).fold(0, usize::saturating_add)
}

/// Refuses what there is no memory to race in these lanes, before any is taken. Where the system does not say what it has, nothing is
/// refused.
///
/// # Errors
/// One line: what it takes, and what there is.
pub fn refuse_lanes(
    experiment: &Experiment,
    plan: &Plan,
    data: &Dataset,
    lanes: &[LaneSpec],
) -> Result<(), ExperimentError> {
    let needed = bytes_of(experiment, plan, data, lanes);
    match memory::available() {
        Some(free) if needed as u64 > free => {
            let gb = |bytes: f64| format!("{:.1} GB", bytes / 1e9);
            Err(ExperimentError(format!(
                "{}: takes about {} of memory, and {} are free; expected fewer units, a smaller batch or fewer examples",
                experiment.name,
                gb(needed as f64),
                gb(free as f64)
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses what there is no memory to go on with in the midst of a run: what the lanes take more than before.
///
/// # Errors
/// One line: what it takes, and what there is.
pub fn refuse_growth(
    (before, after): (&Experiment, &Experiment),
    plan: &Plan,
    data: &Dataset,
) -> Result<(), ExperimentError> {
    let needed = |e: &Experiment| bytes_of(e, plan, data, &LaneSpec::raced(e));
    match needed(after) > needed(before) {
        true => refuse_lanes(after, plan, data, &LaneSpec::raced(after)),
        false => Ok(()),
    }
}

/// As [`refuse_lanes`], for the rule of the file alone.
///
/// # Errors
/// As there.
pub fn refuse_too_large(
    experiment: &Experiment,
    plan: &Plan,
    data: &Dataset,
) -> Result<(), ExperimentError> {
    let own = [LaneSpec::own(experiment)];
    refuse_lanes(experiment, plan, data, &own)
}

fn vertices(plan: &Plan) -> Vec<(String, String, String)> {
    let steps = plan.graph.steps();
    let mut lines = Vec::new();
    for v in &plan.graph.vertices {
        match v.role {
            Role::Step { step: 1, .. } => {
                let layer = v.label.split(", ").next().unwrap_or_default();
                let levels = format!("levels {} to {}", v.level + 1 - steps, v.level);
                lines.push((layer.into(), format!("{} × {steps} steps", v.shape), levels));
            }
            Role::Step { .. } => {}
            Role::Input | Role::Layer(_) | Role::Relay { .. } => {
                let level = format!("level {}", v.level);
                lines.push((v.label.clone(), v.shape.to_string(), level));
            }
        }
    }
    lines
}

impl Estimate {
    /// The estimate in words, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!("experiment: {}", self.experiment),
            format!(
                "data: {}, {} train, {} validation, {} test",
                self.data, self.examples[0], self.examples[1], self.examples[2]
            ),
        ];
        for (name, shape, level) in &self.vertices {
            lines.push(format!("  {name:<10} {shape:<14} {level}"));
        }
        lines.push(format!("parameters: {}", self.parameters));
        lines.push(format!("D: {}", self.depth));
        let products: Vec<_> = self
            .products
            .iter()
            .map(|(rule, n)| format!("{rule} {n}"))
            .collect();
        lines.push(format!(
            "matrix products per update: {}",
            products.join(", ")
        ));
        let bytes: Vec<_> = self
            .training_bytes
            .iter()
            .map(|(rule, bytes)| format!("{rule} {:.1} MB", *bytes as f64 / 1e6))
            .collect();
        lines.push(format!("memory to train: {}", bytes.join(", ")));
        lines
    }
}
