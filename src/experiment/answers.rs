//! What a network says of the examples of a part whose targets are values, worked out for one that asks: in the units of the targets
//! as stored.

use super::fitted::TargetFit;
use super::score::Fit;
use super::setup::Setup;
use crate::data::{Part, Targets};
use crate::learning::{Batch, Evaluator, Interrupt, Pool, Uninterrupted};
use crate::network::{Loss, Scalar, Weights};
use std::ops::Range;
use std::sync::Arc;

/// The answers to the examples of one part.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The part.
    pub part: Part,
    /// The examples, by their numbers in the data set.
    pub examples: Range<usize>,
    /// How far each target is missed.
    pub targets: Vec<TargetFit>,
    /// As many to an example as there are targets.
    said: Vec<f64>,
}

impl Answers {
    /// What is said of target `target` of an example; `None` if it is none of these, or if the answer is not finite.
    pub fn said(&self, example: usize, target: usize) -> Option<f64> {
        let row = example.checked_sub(self.examples.start)?;
        let dim = self.said.len() / self.examples.len().max(1);
        let said = (target < dim).then(|| self.said.get(row * dim + target))??;
        said.is_finite().then_some(*said)
    }
}

/// Asks networks.
pub(super) struct Asker<S: Scalar> {
    setup: Arc<Setup<S>>,
    evaluator: Evaluator<S>,
    pool: Pool<S>,
    batch: Arc<Batch<S>>,
}

impl<S: Scalar> Asker<S> {
    /// `None` where targets are classes.
    pub(super) fn new(setup: &Arc<Setup<S>>) -> Option<Self> {
        matches!(setup.data.targets(), Targets::Values { .. }).then(|| Self {
            evaluator: Evaluator::new(&setup.plan),
            pool: Pool::new(1),
            batch: Arc::default(),
            setup: Arc::clone(setup),
        })
    }

    /// The answers to a part; `None` if it was interrupted.
    pub(super) fn ask(
        &mut self,
        weights: &Arc<Weights<S>>,
        part: Part,
        interrupt: &dyn Interrupt,
    ) -> Option<Answers> {
        let setup = &self.setup;
        let examples = setup.data.range(part);
        let n = setup.plan.len_of(setup.plan.output());
        let mut fit = Fit::of(&setup.data)?;
        fit.said = Some(Vec::with_capacity(examples.len() * n));
        let softmax = setup.plan.graph.loss == Loss::CrossEntropy;
        let mut shares = vec![S::ZERO; n];
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        let mut first = examples.start;
        while first < examples.end {
            if !interrupt.proceed() {
                return None;
            }
            let rows = (examples.end - first).min(Evaluator::<S>::ROWS);
            setup.fill(first..first + rows, Arc::make_mut(&mut self.batch));
            let (pool, batch) = (&self.pool, &self.batch);
            self.evaluator
                .run(pool, weights, batch, &never, |row, output| {
                    let output = match softmax {
                        true => {
                            crate::network::loss::softmax(output, &mut shares);
                            &shares
                        }
                        false => output,
                    };
                    fit.add(output, &batch.targets[row * n..(row + 1) * n]);
                });
            first += rows;
        }
        Some(Answers {
            part,
            examples,
            targets: fit.targets(),
            said: fit.said.unwrap_or_default(),
        })
    }
}
