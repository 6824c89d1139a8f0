//! A race as the folder of a run has it: its lanes, their past, and the settings it went through, to be gone on with and gone back in.

use super::era::{Era, Eras};
use super::file::{Experiment, ExperimentError};
use super::fitted::loss_unit;
use super::frames::{FRAME_BUDGET, LanePast};
use super::kept::Kept;
use super::lane::{LaneId, LaneSpec};
use super::metrics::{self, Row};
use super::race::record::LaneRecord;
use super::series::{At, Series};
use super::setup::Setup;
use super::spans::Spans;
use super::window_file::{WINDOW, WindowFile};
use crate::learning::RunState;
use crate::learning::cost::matrix_products;
use crate::network::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A race that was left.
pub struct PastRace<S: Scalar> {
    /// What each lane had come to; its state is that of before the edits that no update has seen.
    pub lanes: Vec<(LaneRecord, RunState<S>)>,
    /// What is known of the way there.
    pub past: Vec<LanePast<S>>,
    /// The settings that it went through.
    pub eras: Eras<S>,
    /// Those that the states are of.
    pub base: Era<S>,
}

/// The settings of a run, update by update, and those of its checkpoint.
type Settings<S> = (Eras<S>, Era<S>);

/// Both of a folder; `None` where no race can take them up.
fn eras_of<S: Scalar>(
    kept: &Kept,
    begun: &Arc<Setup<S>>,
) -> Result<Option<Settings<S>>, ExperimentError> {
    let first = Era::first(Arc::clone(begun));
    let (mut now, mut base) = (first.clone(), first.clone());
    let mut eras = Eras::new(first);
    let behind = kept.course.iter().enumerate();
    for (i, edited) in behind.filter(|(_, e)| e.update <= kept.stamp.update) {
        if edited.experiment != now.setup.experiment {
            let setup = Arc::new(begun.edited(edited.experiment.clone())?);
            if !now.setup.experiment.takes_up(&setup.experiment) {
                return Ok(None);
            }
            now = Era::first(setup);
            eras.set(edited.update, now.clone());
        }
        if i < kept.stamp.edits {
            base = now.clone();
        }
    }
    Ok(Some((eras, base)))
}

/// What has to be known of a lane to take it up.
struct Of<'a, S: Scalar> {
    kept: &'a Kept,
    begun: &'a Setup<S>,
    base: &'a Era<S>,
    file: Option<&'a WindowFile>,
}

impl<S: Scalar> PastRace<S> {
    /// Of a folder, with the set-up that the run began with; `None` of a run that no race can be gone on with as it was.
    ///
    /// # Errors
    /// One line: a file of it is damaged.
    pub fn of(kept: &Kept, begun: &Arc<Setup<S>>) -> Result<Option<Self>, String> {
        let raced = kept.journal.begin().is_some_and(|begin| begin.raced);
        let file = WindowFile::read(&kept.folder, &kept.id)?.filter(|_| raced);
        if raced && file.is_none() {
            return Err(format!(
                "{}: there is no {WINDOW}; expected that of the window that saved the run",
                kept.folder.display()
            ));
        }
        let rule = |e: &Experiment| e.learning.rule;
        let one_rule = kept.course.iter().map(|e| rule(&e.experiment));
        if !raced && one_rule.into_iter().any(|r| r != rule(&kept.experiment)) {
            // A run alone goes on under another rule with its own weights: no lane of a race does.
            return Ok(None);
        }
        let line = |e: ExperimentError| format!("{}: {e}", kept.folder.display());
        let Some((eras, base)) = eras_of(kept, begun).map_err(line)? else {
            return Ok(None);
        };
        if let Some(file) = &file {
            refuse_damaged(kept, file)?;
        }
        let of = Of {
            kept,
            begun,
            base: &base,
            file: file.as_ref(),
        };
        let (mut lanes, mut past, mut left) = (Vec::new(), Vec::new(), FRAME_BUDGET);
        for spec in base.lanes.iter() {
            let turns = of.turns(spec.id);
            let state = of.state(spec)?;
            let record = of.record(spec, &turns, &state)?;
            past.push(of.past(spec, (&record, turns), &state, &mut left)?);
            lanes.push((record, state));
        }
        let known = |id: LaneId| base.lane(id).is_some();
        let gone = eras.iter().flat_map(|(_, era)| era.lanes.iter());
        let gone: BTreeSet<LaneId> = gone.map(|l| l.id).filter(|id| !known(*id)).collect();
        for id in gone {
            past.push(of.past_of_gone(id, &mut left)?);
        }
        let now = eras.at(kept.stamp.update);
        let differs = now.setup.experiment != base.setup.experiment;
        Ok(Some(Self {
            lanes,
            past,
            base: if differs { base } else { now.clone() },
            eras,
        }))
    }
}

impl<S: Scalar> Of<'_, S> {
    fn is_own(&self, lane: LaneId) -> bool {
        lane == self.kept.stamp.lane
    }

    /// Behind which updates a lane was taken in or out; beside a run alone the others never trained.
    fn turns(&self, lane: LaneId) -> BTreeMap<u64, bool> {
        match self.file.is_some() || self.is_own(lane) {
            true => told_turns(self.kept, lane, self.kept.stamp.update),
            false => BTreeMap::from([(0, false)]),
        }
    }

    fn kept_record(&self, lane: LaneId) -> Option<(&WindowFile, &LaneRecord)> {
        let file = self.file?;
        let record = file.lanes.iter().find(|l| l.lane == lane.name())?;
        Some((file, record))
    }

    /// Before its first update.
    fn initial(&self, lane: LaneId) -> RunState<S> {
        let first = LaneSpec::raced(&self.begun.experiment);
        let spec = first.into_iter().find(|spec| spec.id == lane);
        let spec = spec.unwrap_or_else(|| LaneSpec::own(&self.begun.experiment));
        self.begun.learner(&spec).state().clone()
    }

    /// What a lane had come to.
    fn state(&self, spec: &LaneSpec) -> Result<RunState<S>, String> {
        if self.is_own(spec.id) {
            return self.kept.state(&self.begun.plan);
        }
        let made = self.kept_record(spec.id);
        let Some((file, _)) = made.filter(|(_, record)| record.made.count() > 0) else {
            return Ok(self.initial(spec.id).under(spec.optimiser));
        };
        let frames = self.kept.frames(spec.id);
        let frame = frames.iter().find(|(update, _)| *update == file.update);
        let Some((_, path)) = frame else {
            return Err(format!(
                "{}: there is no key frame of lane {} after update {}; expected one whole set",
                self.kept.folder.display(),
                spec.id,
                file.update
            ));
        };
        let (_, state) = self.kept.frame::<S>(path, &self.begun.plan)?;
        Ok(state.under(spec.optimiser))
    }

    /// What it had come to besides.
    fn record(
        &self,
        spec: &LaneSpec,
        turns: &BTreeMap<u64, bool>,
        state: &RunState<S>,
    ) -> Result<LaneRecord, String> {
        let until = self.kept.stamp.update;
        let last = turns.values().next_back().copied().unwrap_or(true);
        let known = self.kept_record(spec.id);
        let (from, mut record) = match known {
            Some((file, record)) => (file.update, record.clone()),
            None => (0, empty(spec.id)),
        };
        if record.failure.is_none() {
            record.active = last;
        }
        if self.is_own(spec.id) && from < until {
            self.go_on(spec, (from, turns), &mut record)?;
        }
        if record.made.count() != state.updates {
            return Err(format!(
                "{}: lane {} has made {} updates by its weights, and {} by what was noted; expected one whole set",
                self.kept.folder.display(),
                spec.id,
                state.updates,
                record.made.count()
            ));
        }
        Ok(record)
    }

    /// The updates of the run's own lane behind `from`, by its journal and its metrics.
    fn go_on(
        &self,
        spec: &LaneSpec,
        (from, turns): (u64, &BTreeMap<u64, bool>),
        record: &mut LaneRecord,
    ) -> Result<(), String> {
        let until = self.kept.stamp.update;
        let equals = spec.equals(
            &LaneSpec::of(&self.base.setup.experiment, crate::learning::REFERENCE),
            &self.begun.plan,
        );
        let products = matrix_products(&self.begun.plan, spec.method(&self.begun.plan)) as u64;
        let made = made_by(turns, until);
        record.made.push_behind(&made, from);
        if !equals {
            record.unlike.push_behind(&made, from);
        }
        record.distance.skip();
        record.apart = None;
        let unit = loss_unit(&self.begun.data, self.begun.plan.graph.loss).unwrap_or(1.0);
        metrics::walk(&self.kept.folder, &self.kept.id, |row| {
            if row.update > until {
                return Ok(false);
            }
            if row.update > from {
                note(record, &row, (unit, products));
            }
            Ok(true)
        })?;
        Ok(())
    }

    /// Key frames of a lane up to the checkpoint; what is beyond the bytes that are left is computed again.
    fn frames(&self, lane: LaneId, left: &mut usize) -> Result<BTreeMap<u64, RunState<S>>, String> {
        let mut frames = BTreeMap::new();
        for (update, path) in self.kept.frames(lane) {
            if update > self.kept.stamp.update {
                continue;
            }
            let (_, run) = self.kept.frame::<S>(&path, &self.begun.plan)?;
            if let Some(rest) = left.checked_sub(run.bytes()) {
                *left = rest;
                frames.insert(update, run);
            }
        }
        Ok(frames)
    }

    /// What is known of a lane that has left the race.
    fn past_of_gone(&self, lane: LaneId, left: &mut usize) -> Result<LanePast<S>, String> {
        let frames = self.frames(lane, left)?;
        Ok(LanePast {
            lane,
            turns: told_turns(self.kept, lane, self.kept.stamp.update),
            made: frames.values().next_back().map_or(0, |run| run.updates),
            cost: 0.0,
            frames: frames.into_iter().collect(),
        })
    }

    /// What is known of the way there.
    fn past(
        &self,
        spec: &LaneSpec,
        (record, mut turns): (&LaneRecord, BTreeMap<u64, bool>),
        state: &RunState<S>,
        left: &mut usize,
    ) -> Result<LanePast<S>, String> {
        let until = self.kept.stamp.update;
        let mut frames = BTreeMap::from([(0, self.initial(spec.id))]);
        if self.file.is_some() || self.is_own(spec.id) {
            frames.extend(self.frames(spec.id, left)?);
        }
        if self.is_own(spec.id) {
            frames.insert(until, state.clone());
        }
        if let Some(failure) = &record.failure {
            turns.insert(failure.update - 1, false);
        }
        let made = state.updates;
        Ok(LanePast {
            lane: spec.id,
            frames: frames.into_iter().collect(),
            turns,
            made,
            cost: record.seconds / made.max(1) as f64,
        })
    }
}

/// A lane of which nothing was noted yet.
fn empty(lane: LaneId) -> LaneRecord {
    LaneRecord {
        lane: lane.name().to_owned(),
        active: true,
        failure: None,
        loss: Series::default(),
        accuracy: Series::default(),
        validation: Series::default(),
        training: Series::default(),
        distance: Series::default(),
        compared: Spans::default(),
        differing: Spans::default(),
        made: Spans::default(),
        unlike: Spans::default(),
        worked: 0,
        seconds: 0.0,
        apart: None,
        scores: Vec::new(),
    }
}

/// What a line of the metrics says goes into the curves; of updates that were summed up as one point.
fn note(record: &mut LaneRecord, row: &Row, (unit, products): (f64, u64)) {
    let losses = row.losses();
    record.worked += products * losses;
    let at = At {
        update: row.update,
        seconds: record.seconds,
        products: record.worked,
    };
    match row.loss() {
        Some(loss) => record.loss.push(at, loss / unit),
        None if row.span() > 0 => record.loss.skip(),
        None => {}
    }
    let scored = ["validation_accuracy", "validation_r2"];
    let score = scored.iter().find_map(|key| row.values.get(*key)?.as_f64());
    if let Some(score) = score {
        record.validation.push(at, score);
    }
}

/// Behind which updates the journal of a run takes a lane in (true) or out, up to `until`.
fn told_turns(kept: &Kept, lane: LaneId, until: u64) -> BTreeMap<u64, bool> {
    let mut turns = BTreeMap::new();
    let mut on = true;
    for edited in kept.course.iter().filter(|e| e.update <= until) {
        for (_, active) in edited.ticked.iter().filter(|(id, _)| *id == lane) {
            if *active != on {
                on = *active;
                turns.insert(edited.update, on);
            }
        }
    }
    turns
}

/// The updates that a lane made which was taken in and out like this, up to `until`.
fn made_by(turns: &BTreeMap<u64, bool>, until: u64) -> Spans {
    // By ranges: how many updates there are is only what a file says.
    let mut made = Spans::default();
    let (mut from, mut on) = (0, true);
    for (&behind, &turn) in turns {
        let behind = behind.min(until);
        if on {
            made.push_all(from + 1, behind);
        }
        (from, on) = (behind, turn);
    }
    if on {
        made.push_all(from + 1, until);
    }
    made
}

/// Refuses a folder whose window's file is damaged: of other lanes, or with what does not add up.
///
/// # Errors
/// One line naming the file and the lane.
fn refuse_damaged(kept: &Kept, file: &WindowFile) -> Result<(), String> {
    let path = kept.folder.join(WINDOW);
    let specs = LaneSpec::raced(kept.experiment_after(kept.stamp.edits));
    let (own, wanted): (Vec<&str>, Vec<&str>) = (
        file.lanes.iter().map(|l| &*l.lane).collect(),
        specs.iter().map(|l| l.id.name()).collect(),
    );
    if own != wanted {
        return Err(format!(
            "{}: has lanes {}; expected {}",
            path.display(),
            own.join(", "),
            wanted.join(", ")
        ));
    }
    if file.update > kept.stamp.update {
        return Err(format!(
            "{}: of update {}, and the checkpoint is of {}; expected one whole set",
            path.display(),
            file.update,
            kept.stamp.update
        ));
    }
    for record in &file.lanes {
        if let Some(fault) = record.fault(file.update) {
            return Err(format!(
                "{}: lane {} has {fault}; expected it as a window wrote it",
                path.display(),
                record.lane
            ));
        }
    }
    Ok(())
}
