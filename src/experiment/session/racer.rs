//! The race's side of a session: training, scoring, and what it publishes.

use super::control::Control;
use super::desk::Desk;
use super::{
    Handover, JournalEntry, LaneSnapshot, RaceCommand, RaceSnapshot, RaceState, SCORE_EVERY,
    SCORED, Slot, lock, panic_text,
};
use crate::data::{Part, Targets};
use crate::experiment::fitted::Fitted;
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::race::{Lane, Race};
use crate::experiment::score::{Prediction, watched_part};
use crate::experiment::setup::Setup;
use crate::experiment::trainer::{Event, Scoring, Trainer};
use crate::learning::{Interrupt, While};
use crate::network::Scalar;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The race with what it publishes, in one number type.
pub(super) struct Racer<S: Scalar> {
    trainer: Trainer<S>,
    handover: Arc<Handover<S>>,
    predictions: Option<(LaneId, u64, Arc<Vec<Prediction>>)>,
    fitted: Option<Arc<Fitted>>,
    journal: Vec<JournalEntry>,
    /// False where times must not show: pictures and tests are the same each time.
    timed: bool,
}

pub(super) trait RaceCore: Send {
    /// One update with its scoring; false if it was interrupted, to be gone on with by the next call.
    fn step(&mut self, interrupt: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> bool;
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
    fn command(&mut self, command: RaceCommand);
    fn hand_over(&self);
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
        let scoring = Scoring::watched(&setup.data, SCORE_EVERY, SCORED);
        let mut trainer = Trainer::new(setup, lanes, threads, scoring);
        let (lane, part) = first_browsed(&trainer.race.setup);
        trainer.browse(lane, part);
        let racer = Self {
            timed,
            trainer,
            handover,
            predictions: None,
            fitted: None,
            journal: Vec::new(),
        };
        racer.keep();
        racer
    }

    /// Keeps what the lanes have come to, if it is time (see `Frames::note`).
    fn keep(&self) {
        let race = self.race();
        lock(&self.handover.frames).note(race.updates(), &race.lanes);
    }

    fn race(&self) -> &Race<S> {
        &self.trainer.race
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
        loop {
            match self.trainer.next(interrupt, scoring) {
                None => return false,
                Some(Event::Updated) => {
                    self.keep();
                    return self.score(scoring);
                }
                Some(other) => self.note(other),
            }
        }
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

    fn command(&mut self, command: RaceCommand) {
        self.journal.push(JournalEntry {
            update: self.race().updates(),
            command: command.clone(),
        });
        match command {
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
                self.journal.clear();
                lock(&self.handover.frames).clear();
                self.keep();
            }
            RaceCommand::ScoreTest => self.trainer.score_test(),
            RaceCommand::Run | RaceCommand::RunUntil(_) | RaceCommand::RunToEnd(_) => {}
        }
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

    fn snapshot(&self) -> RaceSnapshot {
        RaceSnapshot {
            update: self.race().updates(),
            updates_per_epoch: self.race().setup.updates_per_epoch(),
            state: RaceState::Idle,
            lanes: self
                .race()
                .lanes
                .iter()
                .map(|l| LaneSnapshot {
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
                    compared: l.compared,
                    differing_updates: l.differing_updates,
                    median_ms: if self.timed { l.median_ms() } else { f64::NAN },
                    seconds: if self.timed { l.seconds } else { f64::NAN },
                    products: l.products,
                    scores: l.scores.clone(),
                })
                .collect(),
            parameters: self.race().setup.plan.parameter_count(),
            threads: self.race().threads(),
            scored: SCORED,
            predictions: self.predictions.clone(),
            browsed: self.trainer.browsed(),
            fitted: self.fitted.clone(),
            journal: self.journal.clone(),
            stored: lock(&self.handover.frames).stored(),
        }
    }
}

/// The race's thread: takes what it is told, trains, scores, and publishes.
pub(super) fn work(
    mut race: Box<dyn RaceCore>,
    control: &Arc<Control>,
    slot: &Slot<RaceSnapshot>,
    made: &AtomicU64,
    weights_wanted: &dyn Fn() -> bool,
    desk: &Desk,
) {
    let interrupt: Arc<dyn Interrupt> = Arc::clone(control) as Arc<dyn Interrupt>;
    let mut until = 0;
    // At `until` the run has come to its end.
    let mut ends = false;
    let trains = |race: &dyn RaceCore, until: u64| race.updates() < until && race.any_running();
    loop {
        let training = trains(&*race, until);
        let Some(commands) = control.next(training, race.scores()) else {
            return;
        };
        let told = !commands.is_empty();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let goes_on = While(|| control.goes_on(training));
            for command in commands {
                match command {
                    RaceCommand::Run => (until, ends) = (u64::MAX, false),
                    RaceCommand::RunUntil(update) => (until, ends) = (update, false),
                    RaceCommand::RunToEnd(update) => (until, ends) = (update, true),
                    RaceCommand::Reset => (until, ends) = (0, false),
                    RaceCommand::Active(..) | RaceCommand::Browse(..) | RaceCommand::ScoreTest => {}
                }
                race.command(command);
            }
            if told {
                race.hand_over();
                desk.nudge();
            } else if training {
                race.step(&interrupt, &goes_on);
                // Before it rests, the last update made is shown by all.
                if weights_wanted() || control.paused() {
                    race.hand_over();
                    desk.nudge();
                }
            } else {
                race.score(&goes_on);
            }
            if ends && !trains(&*race, until) {
                ends = false;
                race.score_test();
            }
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
