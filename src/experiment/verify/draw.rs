//! Networks and parameters drawn anew for every row of a law, by a fixed seed, and what the rows say of them.

use super::Check;
use super::nets;
use super::reference::SplitMix64;
use crate::learning::{
    Batch, Interrupt, Learner, Method, Optimiser, OptimiserSettings, Pool, Precisions,
    Uninterrupted, UpdateError,
};
use crate::network::{Activation, Loss, Plan, Weights};
use std::sync::Arc;

/// Rows of each law.
pub(super) const DRAWS: u64 = 4;

/// What the engine and plain loops agree to.
pub(super) const TOLERANCE: f64 = 1e-10;

/// Draws of whole numbers and reals.
pub(super) struct Draw(SplitMix64);

impl Draw {
    pub(super) fn new(law: u64, row: u64) -> Self {
        Self(SplitMix64(1000 * law + row))
    }
    pub(super) fn whole(&mut self, from: usize, to: usize) -> usize {
        from + (self.0.next_u64() % (to - from + 1) as u64) as usize
    }
    pub(super) fn real(&mut self, from: f64, to: f64) -> f64 {
        f64::midpoint(from, to) + self.0.uniform((to - from) / 2.0)
    }
    pub(super) fn precisions(&mut self, count: usize) -> Precisions {
        let list: Vec<f64> = (0..count).map(|_| self.real(0.4, 2.0)).collect();
        Precisions::try_from(list).unwrap_or_default()
    }

    /// A chain of dense layers with biases, with 2 to `most` hidden layers.
    pub(super) fn net(&mut self, activation: Activation, loss: Loss, most: usize) -> Weights<f64> {
        let hidden = self.whole(2, most);
        let widths: Vec<usize> = (0..hidden + 2).map(|_| self.whole(3, 7)).collect();
        let plan = nets::mlp(&widths, activation, loss, true);
        nets::weights(&plan, self.0.next_u64())
    }
}

pub(super) fn words(plan: &Plan) -> String {
    let sizes: Vec<String> = (0..=plan.output())
        .map(|v| plan.len_of(v).to_string())
        .collect();
    format!("MLP {}", sizes.join("-"))
}

/// A learner behind one update of a batch; `mean` over its examples, or else their sum.
pub(super) fn updated(
    weights: &Weights<f64>,
    method: Method,
    batch: &Arc<Batch<f64>>,
    (rate, mean): (f64, bool),
) -> Result<Learner<f64>, UpdateError> {
    let optimiser = Optimiser::new(OptimiserSettings::sgd(rate), weights.values().len());
    let mut learner = Learner::new(weights.clone(), method, optimiser, mean, 3);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    learner.update(&Pool::new(1), batch, &never)?;
    Ok(learner)
}

/// Σ over the batch of what a method would apply, before the optimiser.
pub(super) fn gradient(
    weights: &Weights<f64>,
    method: Method,
    batch: &Arc<Batch<f64>>,
) -> Result<Vec<f64>, UpdateError> {
    let mut learner = updated(weights, method, batch, (0.0, false))?;
    Ok(learner.gradient().to_vec())
}

/// Numbers of the weights of one level.
pub(super) fn level_of(plan: &Plan, level: usize, values: &[f64]) -> Vec<f64> {
    plan.levels[level]
        .parameters
        .iter()
        .flat_map(|&p| values[plan.parameter(p)].to_vec())
        .collect()
}

pub(super) fn length(v: &[f64]) -> f64 {
    v.iter().map(|g| g * g).sum::<f64>().sqrt()
}

/// |a - b| / |b|.
pub(super) fn apart(a: &[f64], b: &[f64]) -> f64 {
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    length(&difference) / length(b)
}

pub(super) fn failed(name: String, error: &UpdateError) -> Check {
    Check::new(name, "finite", error.to_string(), false)
}
