//! The race's side of a session: training, scoring, and what it publishes.

use super::{
    Handover, JournalEntry, LaneSnapshot, RaceCommand, RaceSnapshot, RaceState, SCORE_EVERY,
    SCORED, lock,
};
use crate::experiment::race::{Lane, LaneKind, Part, Prediction, Race, Setup};
use crate::learning::{Interrupt, Uninterrupted};
use crate::network::Scalar;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The race with what it publishes, in one number type.
pub(super) struct Racer<S: Scalar> {
    race: Race<S>,
    kinds: Vec<LaneKind>,
    threads: usize,
    handover: Arc<Handover<S>>,
    predictions: Option<(LaneKind, u64, Arc<Vec<Prediction>>)>,
    browsed: LaneKind,
    journal: Vec<JournalEntry>,
    /// False where times must not show: pictures and tests are the same each time.
    timed: bool,
}

pub(super) trait RaceCore: Send {
    /// One update with its scoring; false if abandoned.
    fn update(&mut self, interrupt: &Arc<dyn Interrupt>) -> bool;
    fn updates(&self) -> u64;
    fn any_running(&self) -> bool;
    fn command(&mut self, command: RaceCommand);
    fn hand_over(&self);
    fn snapshot(&self) -> RaceSnapshot;
}

impl<S: Scalar> Racer<S> {
    pub(super) fn new(
        setup: Arc<Setup<S>>,
        kinds: &[LaneKind],
        threads: usize,
        handover: Arc<Handover<S>>,
        timed: bool,
    ) -> Self {
        Self {
            timed,
            race: Race::new(setup, kinds, threads),
            kinds: kinds.to_vec(),
            threads,
            handover,
            predictions: None,
            browsed: LaneKind::Zil,
            journal: Vec::new(),
        }
    }

    fn browse(&mut self, most: usize) {
        let kind = self.browsed;
        let Some(weights) = self
            .race
            .lane(kind)
            .map(|l| Arc::clone(l.learner.weights()))
        else {
            return;
        };
        let mut all = Vec::new();
        let interrupt: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        self.race
            .score(&weights, Part::Test, most, &interrupt, |p| all.push(p));
        self.predictions = Some((kind, self.race.updates(), Arc::new(all)));
    }
}

impl<S: Scalar> RaceCore for Racer<S> {
    fn update(&mut self, interrupt: &Arc<dyn Interrupt>) -> bool {
        if self.race.updates() == 0 {
            self.race.evaluate(SCORED, interrupt);
        }
        if !self.race.update(interrupt) {
            return false;
        }
        let per_epoch = self.race.setup.updates_per_epoch();
        let done = self.race.updates();
        if done.is_multiple_of(per_epoch) {
            self.race.evaluate(usize::MAX, interrupt);
            self.browse(usize::MAX);
        } else if done.is_multiple_of(SCORE_EVERY) {
            self.race.evaluate(SCORED, interrupt);
            self.browse(SCORED);
        }
        true
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
            RaceCommand::Active(kind, on) => {
                if let Some(lane) = self.race.lanes.iter_mut().find(|l| l.kind == kind) {
                    lane.active = on;
                }
            }
            RaceCommand::Browse(kind) => {
                self.browsed = kind;
                self.browse(usize::MAX);
            }
            RaceCommand::Reset => {
                self.race = Race::new(Arc::clone(&self.race.setup), &self.kinds, self.threads);
                self.predictions = None;
                self.journal.clear();
            }
            RaceCommand::Run | RaceCommand::RunUntil(_) => {}
        }
    }

    fn hand_over(&self) {
        *lock(&self.handover.lanes) = self
            .race
            .lanes
            .iter()
            .map(|l| (l.kind, l.learner.updates(), Arc::clone(l.learner.weights())))
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
                    kind: l.kind,
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
