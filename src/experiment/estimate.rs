//! What an experiment will take, before it runs: parameters, depth, products, memory.

use super::file::{Dtype, Experiment, ExperimentError};
use super::race::{LaneKind, load_data, plan_for};
use crate::learning::Path;
use crate::learning::learner::{matrix_products, method};
use crate::learning::shard::SHARD_ROWS;
use crate::network::{Plan, Role};
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
    /// Bytes one lane needs: weights with their transposed copy, gradients, optimiser, activity of its shards.
    pub lane_bytes: usize,
}

/// Works out an experiment without running it.
///
/// # Errors
/// One line saying what does not fit.
pub fn of(experiment: &Experiment) -> Result<Estimate, ExperimentError> {
    let data = load_data(experiment)?;
    let plan = plan_for(experiment, &data)?;
    let number = if experiment.dtype == Dtype::F64 { 8 } else { 4 };
    let shards = experiment.learning.batch.div_ceil(SHARD_ROWS);
    let n = plan.parameter_count();
    // Weights, transposed copy, initial copy, gradient sum; one gradient per shard; what the optimiser remembers.
    let parameters = n * (4 + shards + experiment.learning.settings().memories());
    let activity =
        shards * SHARD_ROWS * (5 * plan.units() + plan.argmax_len()) + shards * plan.scratch;
    Ok(Estimate {
        experiment: experiment.name.clone(),
        data: data.name().to_owned(),
        examples: [
            data.split().train.len(),
            data.split().validation.len(),
            data.split().test.len(),
        ],
        vertices: vertices(&plan),
        parameters: n,
        depth: plan.depth(),
        products: LaneKind::with(
            &[LaneKind::Bp, LaneKind::Zil, LaneKind::ZilFull, LaneKind::Il],
            experiment.learning.rule,
        )
        .into_iter()
        .map(|kind| {
            let path = if kind == LaneKind::ZilFull {
                Path::Full
            } else {
                experiment.conditions.path
            };
            let conditions = crate::learning::Conditions {
                path,
                ..experiment.conditions
            };
            let inference = experiment.inference;
            (
                kind.name().to_owned(),
                matrix_products(&plan, method(&plan, kind.rule(), inference, &conditions)),
            )
        })
        .collect(),
        lane_bytes: (parameters + activity) * number,
    })
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
        lines.push(format!(
            "memory per lane: {:.1} MB",
            self.lane_bytes as f64 / 1e6
        ));
        lines
    }
}
