//! One trainer for all who train: the window, `train`, `compare` and `verify`. It makes updates, scores what came of them, and says
//! what happened, one event after the other. It can be left at any of them, and within one, and gone on with later.

use super::file::{Experiment, ExperimentError};
use super::fitted::Fitted;
use super::journal::Edited;
use super::kept::Past;
use super::lane::{LaneId, LaneSpec};
use super::race::{Lane, Race};
use super::run_folder::Moment;
use super::score::{Prediction, Score, TRAIN_SCORED, Tally, watched_part};
use super::series::At;
use super::setup::Setup;
use crate::data::{Dataset, Part};
use crate::learning::{Interrupt, RunState, Uninterrupted};
use crate::network::{Scalar, Weights};
use std::collections::VecDeque;
use std::sync::Arc;

/// What happened.
pub enum Event {
    /// Every running lane has made one more update, or has failed at it.
    Updated,
    /// A lane has been scored on a part; its curves have the point.
    Scored {
        /// The lane.
        lane: LaneId,
        /// The part.
        part: Part,
        /// The score.
        score: Score,
    },
    /// What a lane says of the examples that were asked for, whose targets are classes.
    Predicted {
        /// The lane.
        lane: LaneId,
        /// Its predictions, in the order of the examples.
        all: Vec<Prediction>,
    },
    /// The same where targets are values.
    Fitted(Box<Fitted>),
}

/// After so many updates something is to be seen, long before scores come in turn.
pub const EARLY: u64 = 10;

/// When lanes are scored while they train, and on what.
#[derive(Clone, Copy, Debug)]
pub struct Scoring {
    /// Before the first update.
    pub first: bool,
    /// After every so many updates; `None` for never.
    pub every: Option<u64>,
    /// Once more after this update, before the first of those.
    pub early: Option<u64>,
    /// After every epoch as well, on all examples.
    pub epochs: bool,
    /// On so many examples of a part, at most, where it is not for an epoch.
    pub most: usize,
    /// The parts.
    pub parts: &'static [Part],
    /// From this update on no more: who trains up to it scores what came of it all.
    pub until: u64,
}

impl Scoring {
    /// Lanes are not scored.
    pub const NEVER: Self = Self {
        first: false,
        every: None,
        early: None,
        epochs: false,
        most: 0,
        parts: &[],
        until: 0,
    };

    /// As a window wants it: what trains and what validates (see [`watched_part`]), `most` examples of each every so many updates, all
    /// of them after an epoch.
    pub fn watched(data: &Dataset, every: u64, most: usize) -> Self {
        Self {
            first: true,
            every: Some(every),
            early: Some(EARLY).filter(|early| *early < every),
            epochs: true,
            most,
            parts: match watched_part(data) {
                Part::Test => &[Part::Train, Part::Test],
                _ => &[Part::Train, Part::Validation],
            },
            until: u64::MAX,
        }
    }

    /// All validation examples after every so many updates before the last; at the end of every epoch, if nothing is said.
    pub const fn validation(every: Option<u64>, until: u64) -> Self {
        Self {
            every,
            epochs: every.is_none(),
            most: usize::MAX,
            parts: &[Part::Validation],
            until,
            ..Self::NEVER
        }
    }
}

/// Examples that are being scored.
struct Open<S: Scalar> {
    lane: LaneId,
    weights: Arc<Weights<S>>,
    /// The updates that they have made.
    weights_of: u64,
    tally: Tally,
    /// The predictions, where they are what it is for; else the score goes to the lane's curves.
    kept: Option<Vec<Prediction>>,
}

/// A race, and when it is scored.
pub struct Trainer<S: Scalar> {
    /// The race.
    pub race: Race<S>,
    scoring: Scoring,
    /// What is to be scored before the next update, in order.
    open: VecDeque<Open<S>>,
    /// The lane and part whose predictions are kept whenever lanes are scored.
    browsed: Option<(LaneId, Part)>,
    /// The initial weights have been scored, or are about to be.
    begun: bool,
    /// Edits made.
    made: usize,
    /// What is to be edited, in the order of updates.
    edits: VecDeque<Edit<S>>,
    /// The lanes of an experiment that has been edited.
    lanes: fn(&Experiment) -> Vec<LaneSpec>,
}

/// What changes in the midst of a run, worked out.
struct Edit<S> {
    update: u64,
    setup: Arc<Setup<S>>,
    ticked: Vec<(LaneId, bool)>,
}

impl<S: Scalar> Trainer<S> {
    /// A trainer at the initial weights.
    pub fn new(
        setup: Arc<Setup<S>>,
        lanes: impl IntoIterator<Item = LaneSpec>,
        threads: usize,
        scoring: Scoring,
    ) -> Self {
        Self {
            race: Race::new(setup, lanes, threads),
            scoring,
            open: VecDeque::new(),
            browsed: None,
            begun: false,
            made: 0,
            edits: VecDeque::new(),
            lanes: LaneSpec::raced,
        }
    }

    /// A trainer of all lanes that the window races.
    pub fn raced(setup: Arc<Setup<S>>, threads: usize, scoring: Scoring) -> Self {
        let lanes = LaneSpec::raced(&setup.experiment);
        Self::new(setup, lanes, threads, scoring)
    }

    /// A lane as it is saved, between updates.
    pub fn moment(&self, lane: &Lane<S>) -> Moment<S> {
        // An update that could not be made is made again by who goes on.
        let failed = lane.failure.as_ref().map(|f| f.update - 1);
        Moment {
            experiment: Arc::new(self.race.setup.experiment.clone()),
            lane: lane.spec.id,
            state: lane.learner.state().clone(),
            update: failed.unwrap_or(self.race.updates()),
            edits: self.made,
        }
    }

    /// A trainer of the experiment's own rule alone.
    pub fn own(setup: Arc<Setup<S>>, threads: usize, scoring: Scoring) -> Self {
        let own = |experiment: &Experiment| vec![LaneSpec::own(experiment)];
        let lanes = own(&setup.experiment);
        Self {
            lanes: own,
            ..Self::new(setup, lanes, threads, scoring)
        }
    }

    /// Edits the run as it was edited, each at its update. The bits are those of [`Trainer::edit`] called there.
    ///
    /// # Errors
    /// One line: an edit that no run can take. Nothing is edited then.
    pub fn follow(&mut self, course: &[Edited]) -> Result<(), ExperimentError> {
        let mut all = VecDeque::new();
        for edited in course {
            let setup = self.race.setup.edited(edited.experiment.clone());
            all.push_back(Edit {
                update: edited.update,
                setup: Arc::new(setup.map_err(|e| {
                    ExperimentError(format!("the edit at update {}: {e}", edited.update))
                })?),
                ticked: edited.ticked.clone(),
            });
        }
        self.edits = all;
        Ok(())
    }

    /// Goes on under an experiment edited, and with lanes ticked otherwise, from the next update on: to be called between updates.
    ///
    /// # Errors
    /// One line: no run can take this in its midst. Nothing is edited then.
    pub fn edit(
        &mut self,
        experiment: &Experiment,
        ticked: &[(LaneId, bool)],
    ) -> Result<(), ExperimentError> {
        let setup = Arc::new(self.race.setup.edited(experiment.clone())?);
        self.carry_out(&Edit {
            update: self.race.updates(),
            setup,
            ticked: ticked.to_vec(),
        });
        Ok(())
    }

    fn carry_out(&mut self, edit: &Edit<S>) {
        self.made += 1;
        if edit.setup.experiment != self.race.setup.experiment {
            let lanes = (self.lanes)(&edit.setup.experiment);
            self.race.edit(Arc::clone(&edit.setup), &lanes, None);
        }
        for (id, active) in &edit.ticked {
            if let Some(lane) = self.race.lanes.iter_mut().find(|l| l.spec.id == *id) {
                lane.active = *active;
            }
        }
    }

    /// Goes on behind `update` updates of a run that is edited like this, with lanes that had come to this behind the first `made` of
    /// the edits. To be called at the beginning, with the set-up that the run began with.
    ///
    /// # Errors
    /// One line: an edit that no run can take. Nothing is changed then.
    pub fn resume(
        &mut self,
        (update, states): (u64, impl IntoIterator<Item = (LaneId, RunState<S>)>),
        (course, made): (&[Edited], usize),
    ) -> Result<(), ExperimentError> {
        self.follow(course)?;
        for _ in 0..made.min(course.len()) {
            if let Some(edit) = self.edits.pop_front() {
                self.race.resume(edit.update, []);
                self.carry_out(&edit);
            }
        }
        self.race.resume(update, states);
        self.begun = update > 0;
        Ok(())
    }

    /// Goes on where a run was left, with the curves of its lane; other lanes rest. To be called at the beginning, with the set-up that
    /// the run began with.
    pub fn go_on(&mut self, past: Past<S>) {
        if let Some(race) = past.race {
            let _ = self.resume((past.update, []), (&past.course, past.made));
            // What was edited and no update has seen is taken up by who goes on.
            self.edits.clear();
            self.race.restore(past.update, &race.base, race.lanes);
            return;
        }
        let states = [(past.lane, past.state)];
        // What no run can take was refused when the folder was opened.
        let _ = self.resume((past.update, states), (&past.course, past.made));
        for lane in &mut self.race.lanes {
            if lane.spec.id != past.lane {
                lane.active = false;
                continue;
            }
            for (update, loss, validation) in &past.curves {
                let at = At {
                    update: *update,
                    seconds: 0.0,
                    products: *update * lane.products as u64,
                };
                if let Some(loss) = loss {
                    lane.last_loss = *loss;
                    lane.loss.push(at, *loss);
                }
                if let Some(validation) = validation {
                    lane.validation.push(at, *validation);
                }
            }
        }
    }

    /// From update `until` on lanes are not scored any more. Unless it is `scored`, what is due after the updates made is scored first.
    pub fn train_until(&mut self, until: u64, scored: bool) {
        self.scoring.until = until;
        if self.begun && !scored {
            self.score_if_due();
        }
    }

    /// Updates up to the end of epoch `epochs`, with all that is to be edited on the way.
    pub fn updates_of(&self, epochs: u64) -> u64 {
        let (mut order, mut before) = (self.race.order().clone(), &self.race.setup);
        for edit in &self.edits {
            let at = edit.update.max(self.race.updates());
            if order.updates_of(before, epochs) <= at {
                break;
            }
            order.resize(at, before, &edit.setup);
            before = &edit.setup;
        }
        order.updates_of(before, epochs)
    }

    /// Has lanes scored where that is due after the last update.
    fn score_if_due(&mut self) {
        let (s, done) = (self.scoring, self.race.updates());
        let epoch = s.epochs && self.race.epoch_ended();
        let due = s.every.is_some_and(|every| done.is_multiple_of(every)) || s.early == Some(done);
        if (epoch || due) && done < s.until {
            self.score_all(self.share());
        }
    }

    /// Has lanes scored, and their predictions kept: of what tests, only when they are asked for.
    fn score_all(&mut self, most: usize) {
        self.evaluate(most);
        let watched = watched_part(&self.race.setup.data);
        if self.browsed.is_some_and(|(_, part)| part == watched) {
            self.predict(most);
        }
    }

    /// Keeps the predictions of a lane on a part whenever lanes are scored.
    pub fn browse(&mut self, lane: LaneId, part: Part) {
        self.browsed = Some((lane, part));
    }

    /// The lane and part whose predictions are kept.
    pub fn browsed(&self) -> Option<(LaneId, Part)> {
        self.browsed
    }

    /// Begins again at the initial weights, with all lanes.
    pub fn reset(&mut self) {
        let lanes = self.race.lanes.iter().map(|lane| (*lane.spec).clone());
        self.race = Race::new(
            Arc::clone(&self.race.setup),
            lanes.collect::<Vec<_>>(),
            self.race.threads(),
        );
        self.open.clear();
        self.begun = false;
    }

    /// The race has gone to another update, or on with another run: what is shown of it is scored.
    pub fn moved(&mut self) {
        self.open.clear();
        self.begun = true;
        let most = self.share();
        self.evaluate(most);
        self.predict(most);
    }

    /// On how many examples of a part lanes are scored as they are now: on all after an epoch.
    fn share(&self) -> usize {
        if self.scoring.epochs && self.race.epoch_ended() {
            usize::MAX
        } else {
            self.scoring.most
        }
    }

    /// The next thing that happens: what is to be scored comes first, then an update. `None` if it was interrupted (`update` is asked
    /// within an update, `scoring` between examples), to be gone on with by the next call.
    pub fn next(&mut self, update: &Arc<dyn Interrupt>, scoring: &dyn Interrupt) -> Option<Event> {
        if !self.begun {
            self.begun = true;
            if self.scoring.first {
                self.score_all(self.scoring.most);
            }
        }
        if self.scores() {
            return self.score(scoring);
        }
        while let Some(edit) = self.edits.pop_front() {
            if edit.update > self.race.updates() || self.race.within_update() {
                self.edits.push_front(edit);
                break;
            }
            self.carry_out(&edit);
        }
        if !self.race.update(update) {
            return None;
        }
        self.score_if_due();
        Some(Event::Updated)
    }

    /// Updates up to number `until`, with all that is scored before the last of them.
    pub fn run(&mut self, until: u64) {
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        while self.race.updates() < until && self.next(&never, &Uninterrupted).is_some() {}
    }

    /// True if something is to be scored.
    pub fn scores(&self) -> bool {
        !self.open.is_empty()
    }

    /// Goes on with what is to be scored first; `None` if there is nothing, or if it was interrupted before the end.
    pub fn score(&mut self, interrupt: &dyn Interrupt) -> Option<Event> {
        let now = self.open.front_mut()?;
        let mut kept = now.kept.as_mut();
        let each = |p| {
            if let Some(kept) = &mut kept {
                kept.push(p);
            }
        };
        if !(self.race).count(&mut now.tally, &now.weights, interrupt, each) {
            return None;
        }
        let mut now = self.open.pop_front()?;
        let update = now.weights_of;
        Some(match now.kept {
            Some(all) => match now.tally.fitted(now.lane, update) {
                Some(fitted) => Event::Fitted(Box::new(fitted)),
                None => Event::Predicted {
                    lane: now.lane,
                    all,
                },
            },
            None => {
                self.race.note(now.lane, &now.tally);
                Event::Scored {
                    lane: now.lane,
                    part: now.tally.part,
                    score: now.tally.score(),
                }
            }
        })
    }

    /// Scores nothing more of what was asked for up to now.
    pub fn forget_scoring(&mut self) {
        self.open.clear();
    }

    /// Scores every lane that has not failed on the whole test part, before anything else is done.
    pub fn score_test(&mut self) {
        if self.race.setup.data.range(Part::Test).is_empty() {
            return;
        }
        self.open
            .retain(|open| open.kept.is_some() || open.tally.part != Part::Test);
        for lane in self.race.lanes.iter().filter(|l| l.failure.is_none()) {
            self.open.push_back(Open {
                lane: lane.spec.id,
                weights: Arc::clone(lane.learner.weights()),
                weights_of: lane.learner.updates(),
                tally: self.race.tally(Part::Test, usize::MAX),
                kept: None,
            });
        }
    }

    /// Predictions of the browsed lane on all examples of its part, in place of those that are on their way.
    pub fn predict_all(&mut self) {
        self.open.retain(|open| open.kept.is_none());
        self.predict(usize::MAX);
    }

    /// Predictions of the browsed lane on at most so many examples of its part.
    fn predict(&mut self, most: usize) {
        let Some((lane, part)) = self
            .browsed
            .and_then(|(id, part)| Some((self.race.lane(id)?, part)))
        else {
            return;
        };
        self.open.push_back(Open {
            lane: lane.spec.id,
            weights: Arc::clone(lane.learner.weights()),
            weights_of: lane.learner.updates(),
            tally: self.race.tally(part, most).keeping(),
            kept: Some(Vec::new()),
        });
    }

    /// Scores every running lane on the first `most` examples of each part, and on at most [`TRAIN_SCORED`] of those trained on.
    fn evaluate(&mut self, most: usize) {
        self.race.skip_scores();
        for lane in self.race.lanes.iter().filter(|l| l.running()) {
            for &part in self.scoring.parts {
                let most = match part {
                    Part::Train => most.min(TRAIN_SCORED),
                    Part::Validation | Part::Test => most,
                };
                self.open.push_back(Open {
                    lane: lane.spec.id,
                    weights: Arc::clone(lane.learner.weights()),
                    weights_of: lane.learner.updates(),
                    tally: self.race.tally(part, most),
                    kept: None,
                });
            }
        }
    }
}
