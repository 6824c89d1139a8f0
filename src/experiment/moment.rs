//! A run between two updates, as it is saved.

use super::checkpoint::Stamp;
use super::file::Experiment;
use super::lane::{LaneId, LaneSpec};
use super::setup::Setup;
use crate::learning::RunState;
use crate::network::Scalar;
use std::sync::Arc;

/// A run between two updates, as it is saved.
#[derive(Clone, Debug)]
pub struct Moment<S: Scalar> {
    /// The experiment as it is then.
    pub experiment: Arc<Experiment>,
    /// The lane.
    pub lane: LaneId,
    /// What it has come to.
    pub state: RunState<S>,
    /// Updates that the run has made.
    pub update: u64,
    /// Edits that were made of it.
    pub edits: usize,
}

impl<S: Scalar> Moment<S> {
    /// What its checkpoint says of itself.
    pub(super) fn stamp(&self, run: &str) -> Stamp {
        Stamp {
            run: run.to_owned(),
            lane: self.lane,
            update: self.update,
            edits: self.edits,
        }
    }

    /// A run before its first update.
    pub fn first(setup: &Setup<S>) -> Self {
        let lane = LaneSpec::own(&setup.experiment);
        Self {
            experiment: Arc::new(setup.experiment.clone()),
            lane: lane.id,
            state: setup.begin(),
            update: 0,
            edits: 0,
        }
    }
}
