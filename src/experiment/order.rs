//! The order in which runs go through the examples they train on.

use super::setup::Setup;
use crate::data;
use crate::learning::Batch;
use crate::network::Scalar;

/// The examples of one epoch in the order in which they come.
#[derive(Debug, Default)]
pub struct Order {
    examples: Vec<u32>,
    epoch: Option<u64>,
}

impl Order {
    /// Fills the batch of the update behind the first `update`: a function of seed, epoch and the place in the epoch alone.
    pub fn fill<S: Scalar>(&mut self, setup: &Setup<S>, update: u64, batch: &mut Batch<S>) {
        let per_epoch = setup.updates_per_epoch();
        let (epoch, position) = (update / per_epoch, (update % per_epoch) as usize);
        let train = setup.data.split().train.clone();
        if self.epoch != Some(epoch) {
            self.examples.resize(train.len(), 0);
            data::batches::fill_order(setup.experiment.seed, epoch, &mut self.examples);
            self.epoch = Some(epoch);
        }
        let size = setup.experiment.learning.batch;
        let end = ((position + 1) * size).min(train.len());
        let chosen = &mut self.examples[position * size..end];
        let examples = |i: u32| train.start + i as usize;
        if setup.plan.graph.steps() > 0 {
            // Long sequences first: shards and steps then leave out what is missing. Numbers break ties, so that the order is fixed.
            chosen.sort_unstable_by_key(|&i| (setup.missing(examples(i)), i));
        }
        setup.fill(chosen.iter().map(|&i| examples(i)), batch);
    }
}
