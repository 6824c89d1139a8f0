//! What the present weights of a lane say of new examples, asked from any thread: neither race nor microscope waits for it.

use super::{Handover, lock};
use crate::data::{Learnt, Progress};
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::predict::{Answers, Asked};
use crate::experiment::setup::Setup;
use crate::network::{Scalar, Weights};
use std::path::Path;
use std::sync::Arc;

/// What the present weights say of new examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Present {
    /// The answers.
    pub answers: Answers,
    /// What is known of the data that the lane was trained on.
    pub learnt: Learnt,
    /// The lane's name.
    pub lane: String,
    /// The updates that its weights have made.
    pub update: u64,
}

/// Answers new examples with the present weights.
pub trait Answerer: Send + Sync {
    /// Answers every example of a file or folder, as the weights of a lane are now; `progress` can be watched, and cancels.
    ///
    /// # Errors
    /// One line: data that cannot be read or are of another kind, or outputs that are not finite.
    fn answers(&self, lane: LaneId, data: &Path, progress: &Progress) -> Result<Present, String>;
}

/// Answers with the weights that the race has handed over last.
pub(super) struct OfRace<S: Scalar> {
    pub(super) setup: Arc<Setup<S>>,
    pub(super) handover: Arc<Handover<S>>,
}

impl<S: Scalar> OfRace<S> {
    /// The weights of a lane, its name, and the updates it has made; before the first update the race has handed nothing over.
    fn present(&self, id: LaneId) -> Result<(Arc<Weights<S>>, String, u64), String> {
        let lanes = LaneSpec::raced(&self.setup.experiment);
        let spec = lanes.into_iter().find(|lane| lane.id == id);
        let spec = spec.ok_or_else(|| format!("{id}: there is no such lane"))?;
        let handed = lock(&self.handover.lanes);
        let run = handed.iter().find(|(lane, _)| *lane == id);
        let (weights, update) = match run {
            Some((_, run)) => (Arc::clone(&run.weights), run.updates),
            None => {
                let learner = self.setup.learner(&spec);
                (Arc::clone(learner.weights()), 0)
            }
        };
        Ok((weights, spec.label, update))
    }
}

impl<S: Scalar> Answerer for OfRace<S> {
    fn answers(&self, lane: LaneId, data: &Path, progress: &Progress) -> Result<Present, String> {
        let (weights, lane, update) = self.present(lane)?;
        let learnt = self.setup.data.learnt();
        let asked = Asked {
            experiment: &self.setup.experiment,
            learnt: &learnt,
            of: &lane,
            threads: 1,
        };
        let answers = asked.answers(data, progress, |_| Ok(weights))?;
        Ok(Present {
            answers,
            learnt,
            lane,
            update,
        })
    }
}
