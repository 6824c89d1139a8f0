//! The race at a moment, as its folder is written from it: taken between two updates, sharing its numbers with what goes on; and taken
//! up again from such a folder.

use super::{RaceCore as _, Racer};
use crate::experiment::era::Eras;
use crate::experiment::file::Experiment;
use crate::experiment::journal::{Edit, course_of};
use crate::experiment::keep_run::{Capture, Captured, Origin};
use crate::experiment::kept::Past;
use crate::experiment::lane::LaneSpec;
use crate::experiment::race::Lane;
use crate::experiment::session::lock;
use crate::learning::{Interrupt, RunState};
use crate::network::Scalar;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was set otherwise up to an update, edit by edit, and what it came to.
fn settings<S: Scalar>(
    eras: &Eras<S>,
    update: u64,
    pending: Option<&Experiment>,
) -> (Vec<Edit>, Experiment) {
    let mut now = eras.at(0).setup.experiment.clone();
    let mut edits = Vec::new();
    let later = eras.iter().filter(|(at, _)| 0 < *at && *at <= update);
    let later = later.map(|(at, era)| (at, &era.setup.experiment));
    for (at, next) in later.chain(pending.map(|next| (update, next))) {
        edits.push(Edit::between(at, &now, next));
        now = next.clone();
    }
    (edits, now)
}

/// When a lane was taken in or out up to an update.
fn ticks<S: Scalar>(lane: &Lane<S>, turns: &BTreeMap<u64, bool>, update: u64) -> Vec<Edit> {
    let stopped = lane.failure.as_ref().filter(|f| f.update <= update);
    // One that stopped makes no more, ticked or not.
    let end = stopped.map_or(update, |f| f.update - 1);
    let (mut on, mut edits) = (true, Vec::new());
    let told = turns.range(..end).map(|(at, on)| (*at, *on));
    let now = stopped.is_none().then_some((update, lane.active));
    for (at, next) in told.chain(now) {
        if next != on {
            edits.push(Edit::ticking(at, lane.spec.id, next));
            on = next;
        }
    }
    edits
}

impl<S: Scalar> Racer<S> {
    /// Says where the run comes from.
    pub(in crate::experiment::session) fn comes_from(&mut self, origin: Origin) {
        self.origin = Arc::new(origin);
    }

    /// Bytes of what its lanes have come to.
    pub(in crate::experiment::session) fn bytes(&self) -> usize {
        let lanes = self.race().lanes.iter();
        lanes.map(|lane| lane.learner.state().bytes()).sum()
    }

    /// Goes on where a run was left.
    pub(in crate::experiment::session) fn go_on(&mut self, mut past: Past<S>) {
        let update = past.update;
        let way = past.race.as_mut().map(|race| {
            let base = race.base.setup.experiment.clone();
            (base, race.eras.clone(), std::mem::take(&mut race.past))
        });
        self.trainer.go_on(past);
        match way {
            Some((base, eras, past)) => {
                let now = eras.at(update).clone();
                lock(&self.handover.frames).restore(update, eras, past);
                if now.setup.experiment != base {
                    let lanes = self.race().lanes.iter();
                    let states: Vec<_> = lanes.map(|l| l.learner.state().clone()).collect();
                    let race = &mut self.trainer.race;
                    race.edit(Arc::clone(&now.setup), &now.lanes, Some(&states));
                    self.base = Some(states);
                }
            }
            None => {
                lock(&self.handover.frames).clear();
                self.keep();
            }
        }
        self.tell_settings();
        self.hand_over();
    }

    /// The run as it is after its last update; what some lanes have made of the next one is left out.
    ///
    /// # Errors
    /// One line: it cannot be told, or was interrupted.
    pub(super) fn moment(
        &mut self,
        alive: &Arc<dyn Interrupt>,
    ) -> Result<Arc<dyn Captured>, String> {
        let update = self.race().updates();
        let states: Vec<RunState<S>> = if self.race().within_update() {
            let states = self.states_at(update, alive);
            let states = states.ok_or("the update on its way could not be left out")?;
            states.into_iter().map(|(run, _)| run).collect()
        } else {
            match &self.base {
                Some(base) if update > 0 => base.clone(),
                _ => (self.race().lanes.iter())
                    .map(|l| l.learner.state().clone())
                    .collect(),
            }
        };
        let frames = lock(&self.handover.frames);
        let begun = Arc::clone(&frames.eras().at(0).setup);
        let (mut edits, now) = settings(frames.eras(), update, self.pending.as_deref());
        for lane in &self.race().lanes {
            edits.extend(ticks(lane, &frames.turns(lane.spec.id), update));
        }
        edits.sort_by_key(|edit| edit.update);
        let course = course_of(edits.iter(), &begun.experiment).map_err(|e| e.to_string())?;
        let last = course.last().map_or(&begun.experiment, |e| &e.experiment);
        if *last != now {
            return Err("the settings of this run cannot be told as edits".into());
        }
        let made = Capture::<S>::made(&edits, update).checked_sub(1);
        let before = made.and_then(|i| course.get(i));
        let own = LaneSpec::own(before.map_or(&begun.experiment, |e| &e.experiment));
        let lanes = self.race().lanes.iter().zip(states);
        Ok(Arc::new(Capture {
            origin: Arc::clone(&self.origin),
            threads: self.race().threads(),
            update,
            own: own.id,
            lanes: lanes
                .map(|(lane, state)| (lane.record(update), lane.spec.id, state))
                .collect(),
            frames: frames.all(update),
            begun,
            edits,
            course,
        }))
    }
}
