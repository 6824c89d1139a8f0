//! The race at a moment, as its folder is written from it: taken between two updates, sharing its numbers with what goes on; and taken
//! up again from such a folder.

use super::{RaceCore as _, Racer, SHARE};
use crate::experiment::era::{Era, Eras};
use crate::experiment::file::Experiment;
use crate::experiment::frames::Frames;
use crate::experiment::journal::{Edit, course_of};
use crate::experiment::keep_run::{Capture, Captured, Origin};
use crate::experiment::kept::Past;
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::race::Lane;
use crate::experiment::session::lock;
use crate::experiment::session::reopen::Opened;
use crate::experiment::setup::Setup;
use crate::experiment::window_file::Story;
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
    /// Goes on where the run of a folder was left, with the runs that were kept beside it.
    pub(in crate::experiment::session) fn open(&mut self, opened: Opened<S>) {
        self.origin = Arc::new(opened.origin);
        let main = Arc::clone(&opened.past.begun);
        let alone = opened.kept.is_empty();
        for (story, past) in opened.kept {
            self.begin_again(&Arc::clone(&past.begun));
            self.go_on(past);
            (self.name, self.from) = (story.name, story.from);
            let run = self.fresh();
            let frames = {
                let mut frames = lock(&self.handover.frames);
                let budget = frames.stored().budget;
                let mut next = Frames::new(budget, Era::first(Arc::clone(&main)));
                next.rename(run);
                let mut own = std::mem::replace(&mut *frames, next);
                own.within(budget / SHARE);
                own
            };
            self.park(frames, Arc::default());
        }
        if !alone {
            self.begin_again(&main);
        }
        self.go_on(opened.past);
        (self.name, self.from) = (opened.story.name, opened.story.from);
        lock(&self.handover.runs).present = self.name;
    }

    /// Bytes of what its lanes have come to.
    pub(in crate::experiment::session) fn bytes(&self) -> usize {
        let lanes = self.race().lanes.iter();
        lanes.map(|lane| lane.learner.state().bytes()).sum()
    }

    /// All of it is as before the first update of another run.
    fn begin_again(&mut self, begun: &Arc<Setup<S>>) {
        let (threads, lanes) = (self.race().threads(), LaneSpec::raced(&begun.experiment));
        self.trainer = Self::trainer(Arc::clone(begun), lanes, threads);
        self.base = None;
        self.pending = None;
    }

    /// Goes on where a run was left.
    pub(in crate::experiment::session) fn go_on(&mut self, mut past: Past<S>) {
        let update = past.update;
        let told = past.course.iter().flat_map(|e| &e.ticked);
        let told: BTreeMap<LaneId, bool> = told.copied().collect();
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
                    let base = self.race().standings();
                    let race = &mut self.trainer.race;
                    race.edit(Arc::clone(&now.setup), &now.lanes, Some(&base));
                    // One that joins there has been ticked or unticked since.
                    for lane in &mut race.lanes {
                        let id = lane.spec.id;
                        if base.lanes.iter().all(|l| l.spec.id != id) {
                            lane.active = told.get(&id).copied().unwrap_or(true);
                        }
                    }
                    self.base = Some(base);
                }
                lock(&self.handover.frames).follow(&self.trainer.race.lanes);
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
        let within = match self.race().within_update() {
            false => None,
            true => {
                let states = self.states_at(update, alive);
                Some(states.ok_or("the update on its way could not be left out")?)
            }
        };
        let story = |name, from| Story { name, from };
        let mut present = Seen {
            lanes: &self.race().lanes,
            base: self.base.as_ref().map(|base| &*base.lanes),
            within: within.as_deref(),
            update,
            pending: self.pending.as_deref(),
            story: story(self.name, self.from),
        }
        .captured(&lock(&self.handover.frames), &self.origin)?;
        present.threads = self.race().threads();
        for parked in &self.parked {
            let seen = Seen {
                lanes: &parked.standings.lanes,
                base: parked.base.as_ref().map(|base| &*base.lanes),
                within: None,
                update: parked.standings.update,
                pending: None,
                story: story(parked.seen.name, parked.seen.from),
            };
            let mut kept = seen.captured(&parked.frames, &self.origin)?;
            kept.threads = present.threads;
            present.kept.push(kept);
        }
        Ok(Arc::new(present))
    }
}

/// What a run has come to, where its past is kept apart.
struct Seen<'a, S: Scalar> {
    lanes: &'a [Lane<S>],
    /// What they had come to before the edits behind the last update, where there are such.
    base: Option<&'a [Lane<S>]>,
    /// The same, where some lanes have made the next update.
    within: Option<&'a [(LaneId, RunState<S>, bool)]>,
    update: u64,
    pending: Option<&'a Experiment>,
    story: Story,
}

impl<S: Scalar> Seen<'_, S> {
    fn lane(&self, id: LaneId) -> Option<&Lane<S>> {
        self.lanes.iter().find(|lane| lane.spec.id == id)
    }

    fn captured(&self, frames: &Frames<S>, origin: &Arc<Origin>) -> Result<Capture<S>, String> {
        let update = self.update;
        // What the edits behind the last update have made of the lanes comes with them again.
        let base = self.base.filter(|_| update > 0).unwrap_or(self.lanes);
        let lanes = base.iter().map(|lane| {
            let id = lane.spec.id;
            let known = self.within.into_iter().flatten().find(|l| l.0 == id);
            let state = known.map_or(lane.learner.state(), |(_, run, _)| run);
            let now = self.lane(id).unwrap_or(lane);
            (now.record(update), id, state.clone())
        });
        let lanes: Vec<_> = lanes.collect();
        let begun = Arc::clone(&frames.eras().at(0).setup);
        let (mut edits, now) = settings(frames.eras(), update, self.pending);
        for lane in self.lanes {
            edits.extend(ticks(lane, &frames.turns(lane.spec.id), update));
        }
        // Also of lanes that have left: what others have of them depends on it.
        for (lane, turns) in frames.all_turns() {
            if self.lane(lane).is_none() {
                let mut on = true;
                for (at, next) in turns.range(..update) {
                    if *next != std::mem::replace(&mut on, *next) {
                        edits.push(Edit::ticking(*at, lane, *next));
                    }
                }
            }
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
        Ok(Capture {
            origin: Arc::clone(origin),
            threads: 1,
            update,
            own: own.id,
            lanes,
            frames: frames.all(update),
            begun,
            edits,
            course,
            story: self.story,
            kept: Vec::new(),
        })
    }
}
