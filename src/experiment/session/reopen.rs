//! A session of a run that was left in a folder.

use super::{Mode, RaceCommand, ScopeCommand, Session};
use crate::data::Part;
use crate::experiment::estimate;
use crate::experiment::file::{Dtype, ExperimentError};
use crate::experiment::keep_run::Origin;
use crate::experiment::kept::{Kept, Past};
use crate::experiment::lane::LaneSpec;
use crate::experiment::score::watched_part;
use crate::experiment::setup::Setup;
use crate::experiment::window_file::{MOST_RUNS, RUNS, Story, WindowFile, runs};
use crate::network::Scalar;
use std::sync::Arc;

/// A run that was left, with those that were kept beside it.
pub(super) struct Opened<S: Scalar> {
    pub(super) past: Past<S>,
    pub(super) story: Story,
    pub(super) origin: Origin,
    pub(super) kept: Vec<(Story, Past<S>)>,
}

/// The runs that were kept beside that of a folder, on the data and the network that it has.
fn beside<S: Scalar>(
    kept: &Kept,
    begun: &Setup<S>,
    own: char,
) -> Result<Vec<(Story, Past<S>)>, String> {
    let folders = runs(&kept.folder);
    if folders.len() + 1 > MOST_RUNS {
        return Err(format!(
            "{}: holds {} runs; expected at most {} beside the one that goes on",
            kept.folder.join(RUNS).display(),
            folders.len(),
            MOST_RUNS - 1
        ));
    }
    let mut all = Vec::new();
    for (name, folder) in folders {
        let fail = |words: &str| format!("{}: {words}", folder.display());
        let other = Kept::open(&folder)?;
        let file = WindowFile::read(&folder, &other.id)?;
        let story = file.map(|file| file.story).filter(|s| s.name == name);
        let Some(story) = story.filter(|s| s.name != own) else {
            return Err(fail(
                "is not called what it says; expected it as a window wrote it",
            ));
        };
        let data = |kept: &Kept| kept.record["data"]["sha256"].clone();
        if data(&other) != data(kept) || other.record["weights"] != kept.record["weights"] {
            return Err(fail(
                "of other data or weights than the run beside which it was kept",
            ));
        }
        let setup = begun.edited(other.experiment.clone());
        let setup = setup.map_err(|e| fail(&e.to_string()))?;
        let past = Past::of(&other, Arc::new(setup))?;
        if past.race.is_none() {
            return Err(fail("is no race; expected it as a window wrote it"));
        }
        all.push((story, past));
    }
    Ok(all)
}

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
        let file = WindowFile::read(&kept.folder, &kept.id)?;
        let story = file.map(|file| file.story).unwrap_or_default();
        let others = beside(kept, &begun, story.name)?;
        let past = Past::of(kept, Arc::new(begun))?;
        let own = past.lane;
        let opened = Opened {
            past,
            story,
            origin: Origin::of(&kept.record),
            kept: others,
        };
        let mut session = Self::with_past(Arc::new(setup), Some(opened), mode);
        session.scope(ScopeCommand::Lane(own));
        Ok(session)
    }
}
