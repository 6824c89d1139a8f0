//! What a network says of examples whose targets are values, beside what they are, in the units of the targets as stored.

use super::lane::LaneId;
use super::score::Score;
use crate::data::{Dataset, Part};
use crate::network::Loss;
use std::ops::Range;

/// What a training loss has to be multiplied by to be in the unit of the targets as stored: 1 where they are not scaled; `None` where
/// several are, each by another factor.
pub fn loss_unit(data: &Dataset, loss: Loss) -> Option<f64> {
    match data.target_units() {
        Some(([divisor], _)) if loss == Loss::SquaredError => Some(divisor * divisor),
        Some(_) => None,
        None => Some(1.0),
    }
}

/// How far a network misses one of its targets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetFit {
    /// Root of the mean squared miss.
    pub miss: f64,
    /// The same of always answering the mean of the examples that train.
    pub mean_miss: f64,
    /// That mean.
    pub mean: f64,
    /// Share of the variance that is explained, R²; `None` where the targets do not vary.
    pub r2: Option<f64>,
}

/// The answers of a lane to examples of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The lane.
    pub lane: LaneId,
    /// The updates that its weights have made.
    pub update: u64,
    /// The part.
    pub part: Part,
    /// The examples, by their numbers in the data set.
    pub examples: Range<usize>,
    /// One for each target.
    pub targets: Vec<TargetFit>,
    /// Over all targets.
    pub score: Score,
    /// The answers, as many to an example as there are targets.
    pub(super) said: Vec<f64>,
}

impl Fitted {
    /// What is said of target `target` of an example; `None` if it is none of these, or if the answer is not finite.
    pub fn said(&self, example: usize, target: usize) -> Option<f64> {
        let row = example.checked_sub(self.examples.start)?;
        let dim = self.targets.len();
        let said = (target < dim).then(|| self.said.get(row * dim + target))??;
        said.is_finite().then_some(*said)
    }

    /// Whether always answering the mean of the examples that train would be at least as good.
    pub fn no_better_than_mean(&self) -> bool {
        self.score.mean_loss.is_finite() && self.score.loss >= self.score.mean_loss
    }
}
