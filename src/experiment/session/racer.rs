//! The race's side of a session: training, scoring, and what it publishes.

mod capture;

use super::captures::Captures;
use super::control::{Control, Scores};
use super::desk::Desk;
use super::parked::{KeptRun, MOST_CLOSED, MOST_RUNS, Parked, SHARE};
use super::pause::Watching;
use super::wish::Wish;
use super::{
    Handover, JournalEntry, LaneSnapshot, RaceCommand, RaceSnapshot, RaceState, SCORE_EVERY,
    SCORED, Slot, lock, panic_text,
};
use crate::data::{Part, Targets};
use crate::experiment::era::{Change, Era};
use crate::experiment::file::Experiment;
use crate::experiment::fitted::Fitted;
use crate::experiment::frames::Frames;
use crate::experiment::keep_run::{Captured, Origin};
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::race::{Lane, Race, Standings};
use crate::experiment::recall::{Recall, Recalled};
use crate::experiment::score::{Prediction, watched_part};
use crate::experiment::setup::Setup;
use crate::experiment::trainer::{Event, Scoring, Trainer};
use crate::learning::{Interrupt, RunState, While};
use crate::network::Scalar;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The race with what it publishes, in one number type.
pub(super) struct Racer<S: Scalar> {
    trainer: Trainer<S>,
    handover: Arc<Handover<S>>,
    predictions: Option<(LaneId, u64, Arc<Vec<Prediction>>)>,
    fitted: Option<Arc<Fitted>>,
    journal: Arc<Vec<JournalEntry>>,
    /// Settings that wait for the end of the update that some lanes have made.
    pending: Option<Box<Experiment>>,
    /// The settings of the next update, and when they were changed, as they are told.
    shown: Arc<Experiment>,
    edits: Arc<Vec<(u64, Vec<Change>)>>,
    name: char,
    from: Option<(char, u64)>,
    parked: Vec<Parked<S>>,
    /// Runs that were closed, the last one last.
    closed: Vec<Parked<S>>,
    kept: Arc<Vec<KeptRun>>,
    recall: Recall<S>,
    origin: Arc<Origin>,
    watching: Watching<S>,
    /// Before the first edit since the last update: what lanes had come to. However often settings change there, they change from this.
    base: Option<Standings<S>>,
    /// How often a branch could not be made.
    refused: u64,
    /// False where times must not show: pictures and tests are the same each time.
    timed: bool,
}

pub(super) trait RaceCore: Send {
    /// One update with its scoring; false if it was interrupted, to be gone on with by the next call.
    fn step(&mut self, interrupt: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> bool;
    /// True if a condition that the race pauses at has just been met; what takes long to look at is left once `interrupt` says so. `wish`
    /// says which example is looked at.
    fn pauses(&mut self, wish: &dyn Fn() -> Wish, interrupt: &dyn Interrupt) -> bool;
    /// The test part is to be scored next.
    fn score_test(&mut self);
    /// Goes on with what is to be scored; false if it was interrupted before the end.
    fn score(&mut self, interrupt: &dyn Interrupt) -> bool;
    /// True if something is to be scored.
    fn scores(&self) -> bool;
    /// Scores nothing more of what was asked for up to now.
    fn forget_scoring(&mut self);
    fn updates(&self) -> u64;
    fn any_running(&self) -> bool;
    /// Does what it is told; what takes long ends early once `alive` says so, and nothing has changed then.
    fn command(&mut self, command: RaceCommand, alive: &Arc<dyn Interrupt>);
    fn hand_over(&self);
    /// The run as it is, to be kept.
    fn capture(&mut self, alive: &Arc<dyn Interrupt>) -> Result<Arc<dyn Captured>, String>;
    fn snapshot(&self) -> RaceSnapshot;
}

/// Whose predictions are kept unless somebody asks for others: of classes those of Z-IL, of values those of the experiment's own lane, on
/// the part that is watched.
fn first_browsed<S: Scalar>(setup: &Setup<S>) -> (LaneId, Part) {
    let values = matches!(setup.data.targets(), Targets::Values { .. });
    let lane = match values {
        true => LaneSpec::own(&setup.experiment).id,
        false => LaneId::ZIL,
    };
    (lane, watched_part(&setup.data))
}

impl<S: Scalar> Racer<S> {
    pub(super) fn new(
        setup: Arc<Setup<S>>,
        lanes: Vec<LaneSpec>,
        threads: usize,
        handover: Arc<Handover<S>>,
        timed: bool,
    ) -> Self {
        let trainer = Self::trainer(setup, lanes, threads);
        let setup = Arc::clone(&trainer.race.setup);
        let racer = Self {
            shown: Arc::new(setup.experiment.clone()),
            edits: Arc::default(),
            recall: Recall::new(),
            origin: Arc::default(),
            watching: Watching::default(),
            base: None,
            refused: 0,
            pending: None,
            name: 'A',
            from: None,
            parked: Vec::new(),
            closed: Vec::new(),
            kept: Arc::default(),
            timed,
            trainer,
            handover,
            predictions: None,
            fitted: None,
            journal: Arc::default(),
        };
        racer.keep();
        racer
    }

    /// At the initial weights, scored as a window wants it.
    fn trainer(setup: Arc<Setup<S>>, lanes: Vec<LaneSpec>, threads: usize) -> Trainer<S> {
        let scoring = Scoring::watched(&setup.data, SCORE_EVERY, SCORED);
        let mut trainer = Trainer::new(setup, lanes, threads, scoring);
        let (lane, part) = first_browsed(&trainer.race.setup);
        trainer.browse(lane, part);
        trainer
    }

    /// Keeps what the lanes have come to, if it is time (see `Frames::note`).
    fn keep(&self) {
        let race = self.race();
        lock(&self.handover.frames).note(race.updates(), &race.lanes);
    }

    pub(super) fn race(&self) -> &Race<S> {
        &self.trainer.race
    }

    /// Goes on with other settings, once all lanes have made the update that is on its way.
    fn edit(&mut self, experiment: Box<Experiment>) {
        if self.race().within_update() {
            self.pending = Some(experiment);
            return;
        }
        let Some(era) = Era::behind(&self.race().setup, *experiment) else {
            return;
        };
        if self.base.is_none() {
            self.base = Some(self.race().standings());
        }
        let race = &mut self.trainer.race;
        race.edit(Arc::clone(&era.setup), &era.lanes, self.base.as_ref());
        let mut frames = lock(&self.handover.frames);
        frames.set(era);
        frames.follow(&race.lanes);
    }

    fn tell_settings(&mut self) {
        let now = self.pending.as_deref();
        let now = now.unwrap_or(&self.trainer.race.setup.experiment);
        if *now != *self.shown {
            self.shown = Arc::new(now.clone());
        }
        self.edits = Arc::new(lock(&self.handover.frames).eras().changes());
    }

    /// The state of every lane that made an update, after it, and whether it was ticked; `None` if that is not known, or was interrupted.
    fn states_at(
        &mut self,
        update: u64,
        alive: &Arc<dyn Interrupt>,
    ) -> Option<Vec<(LaneId, RunState<S>, bool)>> {
        let handover = Arc::clone(&self.handover);
        let era = lock(&handover.frames).eras().made(update).clone();
        let ids = era.lanes.iter().map(|l| l.id).collect::<Vec<_>>();
        let states = ids.into_iter().map(|id| {
            let wanted = (id, update);
            let found = (self.recall).state(&handover.frames, wanted, alive, &mut |_, _| ());
            let turns = lock(&handover.frames).turns(id);
            let last = turns.range(..update).next_back();
            match found {
                Recalled::Found(run) => Some((id, run, last.is_none_or(|(_, on)| *on))),
                Recalled::Missing | Recalled::Interrupted => None,
            }
        });
        states.collect()
    }

    /// Where some lanes have made an update and others have not, they are again what they were before it; false if that is not known,
    /// or was interrupted.
    fn between_updates(&mut self, alive: &Arc<dyn Interrupt>) -> bool {
        if !self.race().within_update() {
            return true;
        }
        let made = self.race().updates();
        let Some(states) = self.states_at(made, alive) else {
            return false;
        };
        let ticked = self.ticked();
        self.base = self.back(made, states);
        self.tick(&ticked);
        if let Some(experiment) = self.pending.take() {
            self.edit(experiment);
        }
        self.tell_settings();
        true
    }

    /// Leaves the present run for a branch of it behind `update`; false if that is not known, or there are as many runs as can be.
    fn branch(&mut self, update: u64, alive: &Arc<dyn Interrupt>) -> bool {
        if update > self.race().updates() || self.parked.len() + 1 >= MOST_RUNS {
            return false;
        }
        if !self.between_updates(alive) {
            return false;
        }
        let Some(states) = self.states_at(update, alive) else {
            return false;
        };
        // Lanes that were ticked or unticked since the last update are so.
        let ticked = match update == self.race().updates() {
            true => self.ticked(),
            false => Vec::new(),
        };
        let run = self.fresh();
        let frames = {
            let mut frames = lock(&self.handover.frames);
            let budget = frames.stored().budget;
            let branch = frames.branch(update, budget / SHARE, run);
            std::mem::replace(&mut *frames, branch)
        };
        let closed = self.closed.iter().map(|p| p.seen.name);
        let names = self.parked.iter().map(|p| p.seen.name).chain(closed);
        let last = names.chain([self.name]).max().unwrap_or('A');
        let from = (self.name, update);
        let journal = Arc::clone(&self.journal);
        Arc::make_mut(&mut self.journal).retain(|entry| entry.update < update);
        self.park(frames, journal);
        let before = self.back(update, states);
        self.tick(&ticked);
        self.name = char::from_u32(u32::from(last) + 1).unwrap_or('?');
        self.from = Some(from);
        self.moved();
        self.base = before;
        true
    }

    /// The race is again what it was after `update`; what its lanes had come to before what was edited behind it is returned.
    fn back(
        &mut self,
        update: u64,
        states: Vec<(LaneId, RunState<S>, bool)>,
    ) -> Option<Standings<S>> {
        let eras = lock(&self.handover.frames).eras().clone();
        let before = self.trainer.race.go_back(update, &eras, states);
        lock(&self.handover.frames).follow(&self.trainer.race.lanes);
        before
    }

    fn ticked(&self) -> Vec<(LaneId, bool)> {
        let lanes = self.race().lanes.iter();
        lanes.map(|l| (l.spec.id, l.active)).collect()
    }

    fn tick(&mut self, ticked: &[(LaneId, bool)]) {
        for lane in &mut self.trainer.race.lanes {
            if let Some((_, on)) = ticked.iter().find(|(id, _)| *id == lane.spec.id) {
                // One that has failed stands there ticked.
                lane.active = *on || lane.failure.is_some();
            }
        }
    }

    /// Keeps the present run.
    fn park(&mut self, frames: Frames<S>, journal: Arc<Vec<JournalEntry>>) {
        let seen = KeptRun {
            name: self.name,
            update: self.race().updates(),
            from: self.from,
            edits: Arc::clone(&self.edits),
            lanes: self.lanes(),
        };
        let standings = self.race().standings();
        let base = self.base.take();
        self.parked.push(Parked {
            base,
            seen,
            standings,
            frames,
            journal,
        });
        self.tell_kept();
    }

    fn tell_kept(&mut self) {
        self.parked.sort_by_key(|p| p.seen.name);
        self.kept = Arc::new(self.parked.iter().map(|p| p.seen.clone()).collect());
        // Of what was left nothing changes, and a copy shares what it has.
        let pasts = self.parked.iter();
        let pasts = pasts.map(|p| (p.seen.name, Arc::new(Mutex::new(p.frames.clone()))));
        lock(&self.handover.runs).kept = pasts.collect();
    }

    /// Closes a run that was kept.
    fn close(&mut self, name: char) {
        if let Some(at) = self.parked.iter().position(|p| p.seen.name == name) {
            let mut closed = self.parked.remove(at);
            let budget = lock(&self.handover.frames).stored().budget;
            closed.frames.within(budget / SHARE / 2);
            self.closed.push(closed);
            let over = self.closed.len().saturating_sub(MOST_CLOSED);
            self.closed.drain(..over);
            self.tell_kept();
        }
    }

    /// Keeps a run again that was closed.
    fn reopen(&mut self, name: char) {
        if self.parked.len() + 1 < MOST_RUNS
            && let Some(at) = self.closed.iter().position(|p| p.seen.name == name)
        {
            let mut opened = self.closed.remove(at);
            let budget = lock(&self.handover.frames).stored().budget;
            opened.frames.within(budget / SHARE);
            self.parked.push(opened);
            self.tell_kept();
        }
    }

    /// Goes on with a run that was kept.
    fn take(&mut self, name: char, alive: &Arc<dyn Interrupt>) {
        let Some(at) = self.parked.iter().position(|p| p.seen.name == name) else {
            return;
        };
        if !self.between_updates(alive) {
            return;
        }
        let run = self.fresh();
        let mut parked = self.parked.remove(at);
        let frames = {
            let mut frames = lock(&self.handover.frames);
            let budget = frames.stored().budget;
            let mut left = std::mem::replace(&mut *frames, parked.frames);
            left.within(budget / SHARE);
            frames.within(budget);
            frames.rename(run);
            left
        };
        let journal = std::mem::replace(&mut self.journal, parked.journal);
        self.park(frames, journal);
        self.trainer.race.swap(&mut parked.standings);
        lock(&self.handover.frames).begin_again(&self.trainer.race.lanes);
        (self.name, self.from) = (parked.seen.name, parked.seen.from);
        self.moved();
        self.base = parked.base;
    }

    /// A number of frames that no run has had.
    fn fresh(&self) -> u64 {
        let parked = self.parked.iter().chain(&self.closed);
        let parked = parked.map(|p| p.frames.run());
        let present = lock(&self.handover.frames).run();
        parked.fold(present, u64::max) + 1
    }

    /// The race has come to another state, by other means than an update.
    fn moved(&mut self) {
        self.pending = None;
        self.base = None;
        self.watching.moved(&self.trainer.race);
        self.predictions = None;
        self.fitted = None;
        self.trainer.moved();
    }

    fn lanes(&self) -> Vec<LaneSnapshot> {
        self.race().lanes.iter().map(|l| self.lane(l)).collect()
    }

    fn lane(&self, l: &Lane<S>) -> LaneSnapshot {
        LaneSnapshot {
            spec: Arc::clone(&l.spec),
            active: l.active,
            failure: l.failure.clone(),
            updates: l.learner.updates(),
            loss: l.loss.clone(),
            accuracy: l.accuracy.clone(),
            validation: l.validation.clone(),
            training: l.training.clone(),
            distance: l.distance.clone(),
            apart: l.apart,
            standing: self.race().standing(l),
            compared: l.compared.count(),
            differing_updates: l.differing.count(),
            unlike: l.unlike(),
            median_ms: if self.timed { l.median_ms() } else { f64::NAN },
            seconds: if self.timed { l.seconds } else { f64::NAN },
            products: l.products,
            worked: l.worked,
            scores: l.scores.clone(),
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Predicted { lane, all } => {
                self.predictions = Some((lane, self.trainer.race.updates(), Arc::new(all)));
            }
            Event::Fitted(fitted) => self.fitted = Some(Arc::new(*fitted)),
            Event::Updated | Event::Scored { .. } => {}
        }
    }
}

impl<S: Scalar> RaceCore for Racer<S> {
    fn step(&mut self, interrupt: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> bool {
        if self.watching.waits(self.trainer.scores()) {
            return self.score(scoring);
        }
        loop {
            match self.trainer.next(interrupt, scoring) {
                None => return false,
                Some(Event::Updated) => {
                    self.watching.updated();
                    self.base = None;
                    self.keep();
                    if let Some(experiment) = self.pending.take() {
                        self.edit(experiment);
                        self.tell_settings();
                    }
                    return self.score(scoring);
                }
                Some(other) => self.note(other),
            }
        }
    }

    fn pauses(&mut self, wish: &dyn Fn() -> Wish, interrupt: &dyn Interrupt) -> bool {
        // What is scored after an update belongs to it.
        let scores = self.trainer.scores();
        !scores && self.watching.look(&self.trainer.race, wish, interrupt)
    }

    fn score_test(&mut self) {
        self.trainer.score_test();
    }

    fn score(&mut self, interrupt: &dyn Interrupt) -> bool {
        while self.trainer.scores() {
            let Some(event) = self.trainer.score(interrupt) else {
                return false;
            };
            self.note(event);
        }
        true
    }

    fn scores(&self) -> bool {
        self.trainer.scores()
    }

    fn forget_scoring(&mut self) {
        self.trainer.forget_scoring();
    }

    fn updates(&self) -> u64 {
        self.race().updates()
    }

    fn any_running(&self) -> bool {
        self.race().lanes.iter().any(Lane::running)
    }

    fn command(&mut self, command: RaceCommand, alive: &Arc<dyn Interrupt>) {
        // What changes nothing of the run, and may come with every frame of a drag, is no part of its story.
        if !matches!(command, RaceCommand::PauseWhen(_) | RaceCommand::Capture) {
            let journal = Arc::make_mut(&mut self.journal);
            journal.push(JournalEntry {
                update: self.trainer.race.updates(),
                command: command.clone(),
            });
        }
        match command {
            RaceCommand::Edit(experiment) => self.edit(experiment),
            RaceCommand::PauseWhen(when) => {
                self.watching.watch(when, &self.trainer.race);
            }
            RaceCommand::Branch(update, edit) => {
                if self.branch(update, alive) {
                    edit.into_iter().for_each(|edit| self.edit(edit));
                } else {
                    self.refused += 1;
                }
            }
            RaceCommand::Take(name) => self.take(name, alive),
            RaceCommand::Close(name) => self.close(name),
            RaceCommand::Reopen(name) => self.reopen(name),
            RaceCommand::Active(id, on) => {
                if let Some(lane) = self.trainer.race.lanes.iter_mut().find(|l| l.spec.id == id) {
                    lane.active = on;
                }
            }
            RaceCommand::Browse(lane, part) => {
                self.trainer.browse(lane, part);
                self.trainer.predict_all();
            }
            RaceCommand::Reset => {
                self.trainer.reset();
                self.predictions = None;
                self.fitted = None;
                self.journal = Arc::default();
                lock(&self.handover.frames).clear();
                self.base = None;
                self.keep();
                if let Some(experiment) = self.pending.take() {
                    self.edit(experiment);
                }
            }
            RaceCommand::ScoreTest => self.trainer.score_test(),
            RaceCommand::Run
            | RaceCommand::RunUntil(_)
            | RaceCommand::RunToEnd(_)
            | RaceCommand::EndAt(_)
            | RaceCommand::Capture => {}
        }
        lock(&self.handover.runs).present = self.name;
        self.tell_settings();
    }

    fn hand_over(&self) {
        *lock(&self.handover.lanes) = self
            .race()
            .lanes
            .iter()
            .map(|l| (l.spec.id, l.learner.state().clone()))
            .collect();
        self.handover.version.fetch_add(1, Ordering::AcqRel);
    }

    fn capture(&mut self, alive: &Arc<dyn Interrupt>) -> Result<Arc<dyn Captured>, String> {
        self.moment(alive)
    }

    fn snapshot(&self) -> RaceSnapshot {
        let frames = lock(&self.handover.frames);
        RaceSnapshot {
            update: self.race().updates(),
            updates_per_epoch: self.race().setup.updates_per_epoch(),
            epochs: self.race().epochs(),
            state: RaceState::Idle,
            lanes: self.lanes(),
            parameters: self.race().setup.plan.parameter_count(),
            threads: self.race().threads(),
            scored: SCORED,
            predictions: self.predictions.clone(),
            browsed: self.trainer.browsed(),
            fitted: self.fitted.clone(),
            journal: Arc::clone(&self.journal),
            stored: frames.stored(),
            experiment: Some(Arc::clone(&self.shown)),
            edits: Arc::clone(&self.edits),
            reached: self.watching.reached.clone(),
            refused: self.refused,
            name: self.name,
            from: self.from,
            kept: Arc::clone(&self.kept),
            closed: Arc::new(self.closed.iter().rev().map(|p| p.seen.clone()).collect()),
        }
    }
}

/// The race's thread: takes what it is told, trains, scores, and publishes.
pub(super) fn work(
    mut race: Box<dyn RaceCore>,
    control: &Arc<Control>,
    (slot, captures): (&Slot<RaceSnapshot>, &Captures),
    made: &AtomicU64,
    weights_wanted: &dyn Fn() -> bool,
    desk: &Desk,
) {
    let interrupt: Arc<dyn Interrupt> = Arc::clone(control) as Arc<dyn Interrupt>;
    let alive: Arc<dyn Interrupt> = {
        let control = Arc::clone(control);
        Arc::new(While(move || !control.stopped()))
    };
    let mut until = 0;
    // At `until` the run has come to its end.
    let mut ends = false;
    // Somebody waits for what is being scored.
    let mut asked = false;
    let wish = || desk.newest().1;
    let trains = |race: &dyn RaceCore, until: u64| race.updates() < until && race.any_running();
    loop {
        let training = trains(&*race, until);
        let scores = match (race.scores(), asked) {
            (false, _) => Scores::Nothing,
            (true, false) => Scores::Due,
            (true, true) => Scores::Asked,
        };
        let Some(commands) = control.next(training, scores) else {
            return;
        };
        let told = !commands.is_empty();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let scoring = asked;
            let goes_on = While(|| control.goes_on(training, scoring));
            for command in commands {
                match command {
                    RaceCommand::Capture => {
                        captures.give(race.capture(&alive));
                        continue;
                    }
                    RaceCommand::Run => (until, ends) = (u64::MAX, false),
                    RaceCommand::RunUntil(update) => (until, ends) = (update, false),
                    RaceCommand::RunToEnd(update) => (until, ends) = (update, true),
                    RaceCommand::EndAt(Some(end)) if until > end && training => {
                        (until, ends) = (end, true);
                    }
                    RaceCommand::EndAt(None) if ends => (until, ends) = (u64::MAX, false),
                    RaceCommand::EndAt(_) => {}
                    RaceCommand::Reset | RaceCommand::Branch(..) | RaceCommand::Take(_) => {
                        (until, ends) = (0, false);
                    }
                    RaceCommand::Browse(..) | RaceCommand::ScoreTest => asked = true,
                    RaceCommand::Active(..)
                    | RaceCommand::Edit(_)
                    | RaceCommand::Close(_)
                    | RaceCommand::Reopen(_)
                    | RaceCommand::PauseWhen(_) => {}
                }
                race.command(command, &alive);
            }
            if told {
                race.hand_over();
                desk.nudge();
            } else if training && !(asked && control.paused()) {
                race.step(&interrupt, &goes_on);
                if race.pauses(&wish, &goes_on) {
                    (until, ends) = (0, false);
                }
                // Before it rests, the last update made is shown by all.
                if weights_wanted() || control.paused() {
                    race.hand_over();
                    desk.nudge();
                }
            } else {
                race.score(&goes_on);
                // What was due after an update may have been scored with it.
                if training && race.pauses(&wish, &goes_on) {
                    (until, ends) = (0, false);
                }
            }
            if ends && !trains(&*race, until) {
                ends = false;
                race.score_test();
            }
            asked &= race.scores();
            made.store(race.updates(), Ordering::Relaxed);
        }));
        let state = match outcome {
            Ok(()) if trains(&*race, until) => RaceState::Running,
            Ok(()) => {
                if training {
                    race.hand_over();
                    desk.nudge();
                }
                RaceState::Idle
            }
            Err(payload) => {
                (until, ends) = (0, false);
                race.forget_scoring();
                RaceState::Failed(panic_text(&*payload))
            }
        };
        let news = told || control.paused() || state != RaceState::Running;
        slot.offer(news, || RaceSnapshot {
            state,
            ..race.snapshot()
        });
    }
}
