//! The race's side of a session: training, scoring, and what it publishes.

use super::control::Control;
use super::desk::Desk;
use super::{
    Handover, JournalEntry, LaneSnapshot, RaceCommand, RaceSnapshot, RaceState, SCORE_EVERY,
    SCORED, Slot, lock, panic_text,
};
use crate::data::Part;
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::race::{Lane, Race};
use crate::experiment::score::{PARTS, Prediction, TRAIN_SCORED, Tally};
use crate::experiment::setup::Setup;
use crate::learning::{Interrupt, While};
use crate::network::{Scalar, Weights};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The race with what it publishes, in one number type.
pub(super) struct Racer<S: Scalar> {
    race: Race<S>,
    lanes: Vec<LaneSpec>,
    threads: usize,
    handover: Arc<Handover<S>>,
    predictions: Option<(LaneId, u64, Arc<Vec<Prediction>>)>,
    browsed: LaneId,
    journal: Vec<JournalEntry>,
    /// What is to be scored before the next update, in order. It can be left and gone on with.
    scoring: VecDeque<Scoring<S>>,
    /// The initial weights have been scored, or are about to be.
    opened: bool,
    /// False where times must not show: pictures and tests are the same each time.
    timed: bool,
}

/// Examples that are being scored.
struct Scoring<S> {
    lane: LaneId,
    weights: Arc<Weights<S>>,
    tally: Tally,
    /// The predictions, where they are what it is for; else the score goes to the lane's curves.
    kept: Option<Vec<Prediction>>,
}

pub(super) trait RaceCore: Send {
    /// One update with its scoring; false if it was interrupted, to be gone on with by the next call.
    fn step(&mut self, interrupt: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> bool;
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

impl<S: Scalar> Racer<S> {
    pub(super) fn new(
        setup: Arc<Setup<S>>,
        lanes: Vec<LaneSpec>,
        threads: usize,
        handover: Arc<Handover<S>>,
        timed: bool,
    ) -> Self {
        Self {
            timed,
            race: Race::new(setup, lanes.clone(), threads),
            lanes,
            threads,
            handover,
            predictions: None,
            browsed: LaneId::ZIL,
            journal: Vec::new(),
            scoring: VecDeque::new(),
            opened: false,
        }
    }

    /// Keeps predictions of the browsed lane on at most so many test examples.
    fn browse(&mut self, most: usize) {
        let id = self.browsed;
        let Some(lane) = self.race.lane(id) else {
            return;
        };
        self.scoring.push_back(Scoring {
            lane: id,
            weights: Arc::clone(lane.learner.weights()),
            tally: self.race.tally(Part::Test, most),
            kept: Some(Vec::new()),
        });
    }

    /// Scores every running lane on the first `most` examples of validation and test, and on at most [`TRAIN_SCORED`] of
    /// those trained on.
    fn evaluate(&mut self, most: usize) {
        self.race.skip_scores();
        for lane in self.race.lanes.iter().filter(|l| l.running()) {
            for part in PARTS {
                let most = match part {
                    Part::Train => most.min(TRAIN_SCORED),
                    Part::Validation | Part::Test => most,
                };
                self.scoring.push_back(Scoring {
                    lane: lane.spec.id,
                    weights: Arc::clone(lane.learner.weights()),
                    tally: self.race.tally(part, most),
                    kept: None,
                });
            }
        }
    }
}

impl<S: Scalar> RaceCore for Racer<S> {
    fn step(&mut self, interrupt: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> bool {
        if !self.opened {
            self.opened = true;
            self.evaluate(SCORED);
        }
        if !self.score(scoring) || !self.race.update(interrupt) {
            return false;
        }
        let done = self.race.updates();
        let all = done.is_multiple_of(self.race.setup.updates_per_epoch());
        if all || done.is_multiple_of(SCORE_EVERY) {
            let most = if all { usize::MAX } else { SCORED };
            self.evaluate(most);
            self.browse(most);
        }
        self.score(scoring)
    }

    fn score(&mut self, interrupt: &dyn Interrupt) -> bool {
        while let Some(mut now) = self.scoring.pop_front() {
            let mut kept = now.kept.as_mut();
            let done = self
                .race
                .count(&mut now.tally, &now.weights, interrupt, |p| {
                    if let Some(kept) = &mut kept {
                        kept.push(p);
                    }
                });
            if !done {
                self.scoring.push_front(now);
                return false;
            }
            match now.kept {
                Some(all) => {
                    self.predictions = Some((now.lane, self.race.updates(), Arc::new(all)));
                }
                None => self.race.note(now.lane, &now.tally),
            }
        }
        true
    }

    fn scores(&self) -> bool {
        !self.scoring.is_empty()
    }

    fn forget_scoring(&mut self) {
        self.scoring.clear();
    }

    fn updates(&self) -> u64 {
        self.race.updates()
    }

    fn any_running(&self) -> bool {
        self.race.lanes.iter().any(Lane::running)
    }

    fn command(&mut self, command: RaceCommand) {
        self.journal.push(JournalEntry {
            update: self.race.updates(),
            command: command.clone(),
        });
        match command {
            RaceCommand::Active(id, on) => {
                if let Some(lane) = self.race.lanes.iter_mut().find(|l| l.spec.id == id) {
                    lane.active = on;
                }
            }
            RaceCommand::Browse(id) => {
                self.browsed = id;
                self.scoring.retain(|s| s.kept.is_none());
                self.browse(usize::MAX);
            }
            RaceCommand::Reset => {
                self.race = Race::new(
                    Arc::clone(&self.race.setup),
                    self.lanes.clone(),
                    self.threads,
                );
                self.predictions = None;
                self.journal.clear();
                self.scoring.clear();
                self.opened = false;
            }
            RaceCommand::Run | RaceCommand::RunUntil(_) => {}
        }
    }

    fn hand_over(&self) {
        *lock(&self.handover.lanes) = self
            .race
            .lanes
            .iter()
            .map(|l| (l.spec.id, l.learner.state().clone()))
            .collect();
        self.handover.version.fetch_add(1, Ordering::AcqRel);
    }

    fn snapshot(&self) -> RaceSnapshot {
        RaceSnapshot {
            update: self.race.updates(),
            updates_per_epoch: self.race.setup.updates_per_epoch(),
            state: RaceState::Idle,
            lanes: self
                .race
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
                    standing: self.race.standing(l),
                    compared: l.compared,
                    differing_updates: l.differing_updates,
                    median_ms: if self.timed { l.median_ms() } else { f64::NAN },
                    seconds: if self.timed { l.seconds } else { f64::NAN },
                    products: l.products,
                    scores: l.scores.clone(),
                })
                .collect(),
            parameters: self.race.setup.plan.parameter_count(),
            threads: self.race.threads(),
            scored: SCORED,
            predictions: self.predictions.clone(),
            journal: self.journal.clone(),
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
                    RaceCommand::Run => until = u64::MAX,
                    RaceCommand::RunUntil(update) => until = update,
                    RaceCommand::Reset => until = 0,
                    RaceCommand::Active(..) | RaceCommand::Browse(_) => {}
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
                until = 0;
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
