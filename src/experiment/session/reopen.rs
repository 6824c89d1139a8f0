//! A session of a run that was left in a folder.

use super::{Mode, RaceCommand, ScopeCommand, Session};
use crate::data::Part;
use crate::experiment::estimate;
use crate::experiment::file::{Dtype, ExperimentError};
use crate::experiment::keep_run::Origin;
use crate::experiment::kept::{Kept, Past};
use crate::experiment::lane::LaneSpec;
use crate::experiment::score::watched_part;
use crate::experiment::window_file::WindowFile;
use crate::network::Scalar;
use std::sync::Arc;

impl Session {
    /// Opens a run from its folder, as its checkpoint has it: the lane of its own rule with its curves. The others of the race rest at
    /// their initial weights.
    ///
    /// # Errors
    /// One line saying what is damaged or does not fit. Nothing is started then.
    pub fn of_run(kept: &Kept, mode: Mode) -> Result<Self, String> {
        let mut session = match kept.experiment.dtype {
            Dtype::F32 => Self::of_run_in::<f32>(kept, mode),
            Dtype::F64 => Self::of_run_in::<f64>(kept, mode),
        }?;
        let part = match session.data.range(Part::Test).is_empty() {
            true => Part::Train,
            false => Part::Test,
        };
        session.race(RaceCommand::Browse(kept.stamp.lane, part));
        Ok(session)
    }

    /// Opens a run from its folder to go on with it: as [`Session::of_run`], but that the test part is not looked at.
    ///
    /// # Errors
    /// As [`Session::of_run`].
    pub fn reopen(kept: &Kept, mode: Mode) -> Result<Self, String> {
        let file = WindowFile::read(&kept.folder, &kept.id)?;
        let mut session = match kept.experiment.dtype {
            Dtype::F32 => Self::of_run_in::<f32>(kept, mode),
            Dtype::F64 => Self::of_run_in::<f64>(kept, mode),
        }?;
        let (own, watched) = (kept.stamp.lane, watched_part(&session.data));
        session.race(RaceCommand::Browse(own, watched));
        let looking = file.map(|file| file.looking).unwrap_or_default();
        session.reopened = Some((kept.folder.clone(), looking));
        Ok(session)
    }

    fn of_run_in<S: Scalar>(kept: &Kept, mode: Mode) -> Result<Self, String> {
        let line = |e: ExperimentError| e.to_string();
        let begun = kept.setup::<S>()?;
        let behind = kept
            .course
            .iter()
            .take_while(|e| e.update <= kept.stamp.update);
        let now = kept.experiment_after(behind.count().max(kept.stamp.edits));
        let setup = begun.edited(now.clone()).map_err(line)?;
        let lanes = LaneSpec::raced(now);
        estimate::refuse_lanes(now, &setup.plan, &setup.data, &lanes).map_err(line)?;
        let past = Past::of(kept, Arc::new(begun))?;
        let own = past.lane;
        let origin = Origin::of(&kept.record);
        let mut session = Self::with_past(Arc::new(setup), Some((past, origin)), mode);
        session.scope(ScopeCommand::Lane(own));
        Ok(session)
    }
}
