//! What the clamped input predicts of the steps of a recurrent layer: the part of each sum that stays while values move.

use crate::network::{Plan, Scalar, Weights};
use std::sync::Arc;

/// Parts of predictions, each with the version of the weights that it was worked out from.
#[derive(Clone, Debug, Default)]
pub(super) struct Clamped<S> {
    plan: Option<Arc<Plan>>,
    rows: usize,
    values: Vec<S>,
    versions: Vec<u64>,
}

impl<S: Scalar> Clamped<S> {
    /// Another input has been clamped. `lean`: every prediction is made once, so nothing is kept.
    pub(super) fn forget(&mut self, plan: &Arc<Plan>, rows: usize, lean: bool) {
        self.versions.clear();
        if lean || plan.partly_clamped.is_empty() {
            return;
        }
        self.rows = rows;
        self.versions.resize(plan.partly_clamped.len(), 0);
        let units: usize = plan.partly_clamped.clone().map(|v| plan.len_of(v)).sum();
        if self.values.len() < units * rows {
            self.values.resize(units * rows, S::ZERO);
        }
        self.plan = Some(Arc::clone(plan));
    }

    /// Where the part of a vertex lies, and which of them it is.
    fn place(&self, v: usize) -> Option<(usize, std::ops::Range<usize>)> {
        let plan = self.plan.as_ref()?;
        let all = &plan.partly_clamped;
        let index = v
            .checked_sub(all.start)
            .filter(|&i| i < self.versions.len())?;
        let (first, block) = (
            plan.block(all.start, self.rows).start,
            plan.block(v, self.rows),
        );
        Some((index, block.start - first..block.end - first))
    }

    /// The part of a vertex, if it was worked out from these weights.
    pub(super) fn of(&self, weights: &Weights<S>, v: usize) -> Option<&[S]> {
        let (index, place) = self.place(v)?;
        (self.versions[index] == weights.version()).then(|| &self.values[place])
    }

    /// Keeps the part of a vertex.
    pub(super) fn learn(&mut self, weights: &Weights<S>, v: usize, part: &[S]) {
        if let Some((index, place)) = self.place(v) {
            self.values[place].copy_from_slice(part);
            self.versions[index] = weights.version();
        }
    }
}
