//! Scoring examples by forward passes.

use super::shard::{Assignment, Batch, Interrupt, Pool, SHARD_ROWS, Shard, Task, Work};
use crate::network::{Plan, Scalar, Weights};
use std::sync::Arc;

/// Runs forward passes to score examples.
pub struct Evaluator<S: Scalar> {
    shards: Vec<Option<Box<Shard<S>>>>,
    /// The first vertex that was not finite where the last loss was not.
    not_finite: Option<usize>,
}

impl<S: Scalar> Evaluator<S> {
    /// Rows of one call.
    pub const ROWS: usize = 2 * SHARD_ROWS;

    /// Room for [`Self::ROWS`] rows.
    pub fn new(plan: &Arc<Plan>) -> Self {
        Self {
            shards: (0..2).map(|i| Some(Shard::backprop(plan, i))).collect(),
            not_finite: None,
        }
    }

    /// The first vertex that was not finite in the last call of [`Self::run`], if its loss was not.
    pub fn not_finite(&self) -> Option<usize> {
        self.not_finite
    }

    /// Summed loss of at most [`Self::ROWS`] examples; `each` gets every row's number and output.
    pub fn run(
        &mut self,
        pool: &Pool<S>,
        weights: &Arc<Weights<S>>,
        batch: &Arc<Batch<S>>,
        interrupt: &Arc<dyn Interrupt>,
        mut each: impl FnMut(usize, &[S]),
    ) -> f64 {
        let plan = weights.plan();
        self.not_finite = None;
        for (i, slot) in self.shards.iter_mut().enumerate() {
            // A panic in a shard loses it; the next call starts with a fresh one.
            slot.get_or_insert_with(|| Shard::backprop(plan, i));
        }
        let count = batch.rows.div_ceil(SHARD_ROWS);
        let forward = Assignment {
            weights: Arc::clone(weights),
            batch: Arc::clone(batch),
            task: Task::Forward,
            draw: 0,
            interrupt: Arc::clone(interrupt),
        };
        pool.run(&mut self.shards, count, &forward);
        let n = plan.len_of(plan.output());
        let mut loss = 0.0;
        for shard in self.shards[..count].iter().flatten() {
            loss += shard.loss;
            if let Work::Backprop(bp) = &shard.work {
                if !shard.loss.is_finite() {
                    let wild = |v: &usize| bp.x(*v).iter().any(|x| !x.is_finite());
                    let found = (0..plan.graph.vertices.len()).find(wild);
                    self.not_finite = self.not_finite.or(found).or(Some(plan.output()));
                }
                for (i, row) in bp.output().chunks_exact(n).enumerate() {
                    each(shard.index * SHARD_ROWS + i, row);
                }
            }
        }
        loss
    }
}
