//! A session that has made a run of a folder again, from its beginning on: all of its updates can be looked at.

use super::{Mode, RaceCommand, ScopeCommand, Session};
use crate::experiment::file::Dtype;
use crate::experiment::kept::Kept;
use crate::experiment::lane::LaneSpec;

impl Session {
    /// Makes the lane of a run's folder again, up to its checkpoint, with every edit where it was made; the others of the race rest. It
    /// is in step with its caller.
    ///
    /// # Errors
    /// One line saying what is damaged or does not fit.
    pub fn made_again(kept: &Kept) -> Result<Self, String> {
        let mut session = match kept.experiment.dtype {
            Dtype::F32 => Self::with(kept.setup::<f32>()?, Mode::InStep),
            Dtype::F64 => Self::with(kept.setup::<f64>()?, Mode::InStep),
        };
        let own = kept.lane().id;
        for lane in LaneSpec::raced(&kept.experiment) {
            session.race(RaceCommand::Active(lane.id, lane.id == own));
        }
        for edit in kept.course.iter().take(kept.stamp.edits) {
            session.race(RaceCommand::RunUntil(edit.update));
            session.race(RaceCommand::Edit(Box::new(edit.experiment.clone())));
        }
        session.race(RaceCommand::RunUntil(kept.stamp.update));
        session.scope(ScopeCommand::Lane(own));
        Ok(session)
    }
}
