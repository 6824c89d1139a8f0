//! The race: several rules in lockstep by update, from one initial state, on the same batches.

use super::era::Eras;
use super::lane::{LaneId, LaneSpec};
use super::order::{Epochs, Order};
use super::score::{Score, Tally, watched_part};
use super::series::{At, Series};
use super::setup::Setup;
use super::spans::Spans;
use super::standing::{Lineage, Standing, Why};
use crate::data::{Part, Targets};
use crate::learning::compare::{Distance, distance};
use crate::learning::cost::matrix_products;
use crate::learning::{
    Batch, Evaluator, Interrupt, Learner, Pool, REFERENCE, RunState, UpdateError,
};
use crate::network::Scalar;
use std::sync::Arc;
use std::time::Instant;

/// Reads one number of every cache line.
fn bring_to_cache<S: Scalar>(values: &[S]) {
    let line = (64 / size_of::<S>()).max(1);
    for value in values.iter().step_by(line) {
        std::hint::black_box(*value);
    }
}

/// One lane of a race.
pub struct Lane<S: Scalar> {
    /// What it is.
    pub spec: Arc<LaneSpec>,
    /// Weights, rule and optimiser.
    pub learner: Learner<S>,
    /// False while the lane is unticked.
    pub active: bool,
    /// Why the lane stopped, if it did.
    pub failure: Option<LaneFailure>,
    /// Loss of the last batch before its update; NaN before the first.
    pub last_loss: f64,
    /// Loss of every batch before its update.
    pub loss: Series,
    /// Accuracy on the fixed test part, now and then; R² where targets are values.
    pub accuracy: Series,
    /// Accuracy on the fixed validation part.
    pub validation: Series,
    /// Accuracy on the fixed part of the training examples.
    pub training: Series,
    /// Relative distance of the weights from BP's.
    pub distance: Series,
    /// The last full comparison with BP's weights.
    pub apart: Option<Distance>,
    /// Updates after which the weights were compared with BP's.
    pub compared: Spans,
    /// Updates after which some bit differed from BP, of those.
    pub differing: Spans,
    /// Its updates, as it is set now, equal those of the lane of backpropagation in real arithmetic.
    equals: bool,
    /// The updates of the race that it has made.
    pub made: Spans,
    /// Those of them that did not equal backpropagation's in real arithmetic.
    unlike: Spans,
    /// Which updates of the race it has made.
    lineage: Lineage,
    /// Matrix products so far.
    pub worked: u64,
    /// Own compute time, in seconds.
    pub seconds: f64,
    /// Duration of recent updates, in milliseconds.
    recent: std::collections::VecDeque<f64>,
    /// Matrix products per update.
    pub products: usize,
    /// The last score on a part: (update, part, score).
    pub scores: Vec<(u64, Part, Score)>,
}

/// Where a lane stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneFailure {
    /// The update that could not be made, counted from 1.
    pub update: u64,
    /// What was not finite.
    pub error: UpdateError,
}

impl<S: Scalar> Lane<S> {
    fn new(setup: &Setup<S>, spec: LaneSpec) -> Self {
        let learner = setup.learner(&spec);
        let bp = LaneSpec::of(&setup.experiment, REFERENCE);
        Self {
            products: matrix_products(&setup.plan, learner.method()),
            equals: spec.equals(&bp, &setup.plan),
            spec: Arc::new(spec),
            learner,
            active: true,
            failure: None,
            last_loss: f64::NAN,
            loss: Series::default(),
            accuracy: Series::default(),
            validation: Series::default(),
            training: Series::default(),
            distance: Series::default(),
            apart: None,
            compared: Spans::default(),
            differing: Spans::default(),
            made: Spans::default(),
            unlike: Spans::default(),
            lineage: Lineage::default(),
            worked: 0,
            seconds: 0.0,
            recent: std::collections::VecDeque::with_capacity(64),
            scores: Vec::new(),
        }
    }

    /// The same without what it works with.
    fn copy(&self, setup: &Setup<S>) -> Self {
        let state = self.learner.state().clone();
        Self {
            spec: Arc::clone(&self.spec),
            learner: setup.learner_from(&self.spec, state),
            failure: self.failure.clone(),
            loss: self.loss.clone(),
            accuracy: self.accuracy.clone(),
            validation: self.validation.clone(),
            training: self.training.clone(),
            distance: self.distance.clone(),
            compared: self.compared.clone(),
            differing: self.differing.clone(),
            made: self.made.clone(),
            unlike: self.unlike.clone(),
            recent: self.recent.clone(),
            scores: self.scores.clone(),
            ..*self
        }
    }

    /// A lane that joins in the midst of a race, with what another has come to.
    fn joining(setup: &Setup<S>, spec: &LaneSpec, like: &Self) -> Self {
        let mut lane = like.copy(setup);
        lane.take_up(setup, spec, Some(like.learner.state()));
        (lane.active, lane.failure) = (true, None);
        lane
    }

    /// Goes on as `spec` says, from the state that it is in, or from `before`.
    fn take_up(&mut self, setup: &Setup<S>, spec: &LaneSpec, before: Option<&RunState<S>>) {
        let bp = LaneSpec::of(&setup.experiment, REFERENCE);
        self.equals = spec.equals(&bp, &setup.plan);
        if *self.spec != *spec || before.is_some() {
            let from = before.unwrap_or(self.learner.state()).clone();
            self.learner = setup.learner_from(spec, from);
            self.products = matrix_products(&setup.plan, self.learner.method());
            self.spec = Arc::new(spec.clone());
            self.recent.clear();
        }
    }

    /// Goes on behind `update` updates of a run that was left, from what it had come to.
    fn resume(&mut self, update: u64, state: RunState<S>) {
        (self.lineage, self.made, self.unlike) = Default::default();
        if state.updates == update {
            (1..=update).for_each(|made| {
                self.lineage.push(made);
                self.made.push(made);
            });
        } else {
            // Of one that has made fewer nobody knows which: it is like no other.
            self.lineage.push(u64::MAX);
        }
        if !self.equals {
            self.unlike = self.made.clone();
        }
        self.worked = state.updates * self.products as u64;
        self.learner.restore(state);
    }

    /// How many of its updates did not equal backpropagation's in real arithmetic.
    pub fn unlike(&self) -> u64 {
        self.unlike.count()
    }

    /// All its updates so far, and those that it would make now, equal those of backpropagation in real arithmetic.
    pub fn equals_backprop(&self) -> bool {
        self.equals && self.unlike.count() == 0
    }

    /// Is again what it was after `update` updates of the race: `run`.
    fn go_back(&mut self, setup: &Setup<S>, update: u64, run: RunState<S>) {
        for spans in [
            &mut self.compared,
            &mut self.differing,
            &mut self.made,
            &mut self.unlike,
        ] {
            spans.truncate(update);
        }
        self.loss.cut(update + 1);
        self.distance.cut(update + 1);
        // It is scored again.
        for series in [&mut self.accuracy, &mut self.validation, &mut self.training] {
            series.cut(update);
        }
        self.scores.clear();
        self.lineage = Lineage::default();
        self.made.iter().for_each(|made| self.lineage.push(made));
        self.failure = self.failure.take().filter(|f| f.update <= update);
        let last = self.loss.last();
        (self.seconds, self.worked) = last.map_or((0.0, 0), |b| (b.seconds, b.products));
        self.last_loss = last.map_or(f64::NAN, |b| b.mean);
        self.apart = None;
        self.learner = setup.learner_from(&self.spec, run);
        self.recent.clear();
    }

    /// Median duration of recent updates, in milliseconds.
    pub fn median_ms(&self) -> f64 {
        let mut sorted: Vec<f64> = self.recent.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Running: ticked and not failed.
    pub fn running(&self) -> bool {
        self.active && self.failure.is_none()
    }

    /// When a point of its series is taken, after this update of the race.
    fn at(&self, update: u64) -> At {
        At {
            update,
            seconds: self.seconds,
            products: self.worked,
        }
    }
}

/// What the lanes of a race have come to, without what they work with.
pub struct Standings<S: Scalar> {
    /// The lanes.
    pub lanes: Vec<Lane<S>>,
    /// Updates made.
    pub update: u64,
    /// The settings of the next update.
    pub setup: Arc<Setup<S>>,
    /// The order of their examples.
    order: Order,
    /// See [`Race::left`].
    left: Vec<(u64, Lane<S>)>,
}

impl<S: Scalar> Standings<S> {
    fn lane(&self, id: LaneId) -> Option<&Lane<S>> {
        self.lanes.iter().find(|l| l.spec.id == id)
    }
}

/// So many lanes that left are remembered.
const MOST_LEFT: usize = 8;

/// Several lanes in lockstep.
pub struct Race<S: Scalar> {
    /// What they run.
    pub setup: Arc<Setup<S>>,
    /// The lanes; BP first where it takes part.
    pub lanes: Vec<Lane<S>>,
    pub(super) pool: Pool<S>,
    batch: Arc<Batch<S>>,
    pub(super) scoring: Arc<Batch<S>>,
    pub(super) evaluator: Evaluator<S>,
    order: Order,
    update: u64,
    /// Lanes of rules that were given up in the midst of the race, with the updates made by then: whoever goes back finds them as they
    /// were.
    left: Vec<(u64, Lane<S>)>,
    /// Lanes that have made the update that is on its way, where it was left in its midst.
    turns: usize,
    /// How many recent durations are kept for the median.
    keep: usize,
}

impl<S: Scalar> Race<S> {
    /// A race of lanes from the initial weights of `setup`, or those of their own seeds.
    pub fn new(
        setup: Arc<Setup<S>>,
        lanes: impl IntoIterator<Item = LaneSpec>,
        threads: usize,
    ) -> Self {
        let lanes = lanes.into_iter().map(|spec| Lane::new(&setup, spec));
        Self {
            lanes: lanes.collect(),
            pool: Pool::new(threads),
            batch: Arc::default(),
            scoring: Arc::default(),
            evaluator: Evaluator::new(&setup.plan),
            order: Order::default(),
            update: 0,
            left: Vec::new(),
            turns: 0,
            keep: 50,
            setup,
        }
    }

    /// The order of its examples.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Which of its updates epochs end with.
    pub fn epochs(&self) -> Epochs {
        self.order.epochs(&self.setup)
    }

    /// True if an epoch has ended with the last update.
    pub fn epoch_ended(&self) -> bool {
        self.order.ends_epoch(&self.setup, self.update)
    }

    /// Goes on under another set-up of the same data, network and weights, from the next update on. Lanes go on by their names, with
    /// what they have come to; the only lane of a race also under another name. The lane of a rule that did not race joins with what the
    /// lane of the rule before it has come to; that of a rule that is none of the usual three leaves with it.
    ///
    /// `before` is what the lanes had come to before any other settings since the last update, where there were such: those leave no
    /// trace then. To be called between updates.
    pub fn edit(
        &mut self,
        setup: Arc<Setup<S>>,
        specs: &[LaneSpec],
        before: Option<&Standings<S>>,
    ) {
        self.order.resize(self.update, &self.setup, &setup);
        let alone = self.lanes.len() == 1 && specs.len() == 1;
        let rule = |setup: &Setup<S>| LaneSpec::own(&setup.experiment).id;
        let joins = |spec: &LaneSpec| match before {
            Some(before) => before.lane(spec.id).is_none(),
            None => !alone && self.lane(spec.id).is_none(),
        };
        // With what it had come to before the lanes take anything up.
        let like = specs.iter().any(joins).then(|| match before {
            Some(before) => before.lane(rule(&before.setup)).map(|l| l.copy(&setup)),
            None => self.lane(rule(&self.setup)).map(|l| l.copy(&setup)),
        });
        let (like, joining) = (like.flatten(), specs.iter().map(joins).collect::<Vec<_>>());
        let mut old = std::mem::take(&mut self.lanes);
        for (spec, joins) in specs.iter().zip(joining) {
            let own = old.iter().position(|l| alone || l.spec.id == spec.id);
            let own = own.map(|i| old.swap_remove(i));
            let first = before.and_then(|before| before.lane(spec.id));
            self.lanes.push(match (joins, own, first, &like) {
                (true, own, _, Some(like)) => {
                    let mut lane = Lane::joining(&setup, spec, like);
                    lane.active = own.is_none_or(|own| own.active);
                    lane
                }
                (true, _, _, None) => Lane::new(&setup, spec.clone()),
                (false, Some(mut lane), first, _) => {
                    lane.take_up(&setup, spec, first.map(|lane| lane.learner.state()));
                    lane
                }
                // It had left by an edit that is taken back.
                (false, None, Some(first), _) => {
                    let mut lane = first.copy(&setup);
                    lane.take_up(&setup, spec, Some(first.learner.state()));
                    lane
                }
                (false, None, None, _) => Lane::new(&setup, spec.clone()),
            });
        }
        self.remember(old, before);
        self.setup = setup;
    }

    /// Lanes that leave with an edit can be found again.
    fn remember(&mut self, old: Vec<Lane<S>>, before: Option<&Standings<S>>) {
        let update = self.update;
        self.left.retain(|(at, _)| *at < update);
        let leaves = |id: LaneId| self.lane(id).is_none();
        let left: Vec<Lane<S>> = match before {
            Some(before) => (before.lanes.iter())
                .filter(|l| leaves(l.spec.id))
                .map(|l| l.copy(&before.setup))
                .collect(),
            None if update > 0 && self.lanes.len() > 1 => old,
            None => Vec::new(),
        };
        self.left
            .extend(left.into_iter().map(|lane| (update, lane)));
        let over = self.left.len().saturating_sub(MOST_LEFT);
        self.left.drain(..over);
    }

    /// Goes on behind `update` updates with lanes that have come to this: those of a run that was left.
    pub fn resume(&mut self, update: u64, states: impl IntoIterator<Item = (LaneId, RunState<S>)>) {
        self.update = update;
        for (id, state) in states {
            if let Some(lane) = self.lanes.iter_mut().find(|l| l.spec.id == id) {
                lane.resume(update, state);
            }
        }
    }

    /// True if some lanes have made the update that is on its way and others have not: what is told of settings waits for its end.
    pub fn within_update(&self) -> bool {
        self.turns > 0
    }

    /// Is again what it was after `update` updates, under the settings of then; `runs` has the state of every lane that made the last of
    /// them, and whether it was ticked. What had been edited behind that update is edited again: what the lanes had come to before is
    /// returned, where there is such.
    pub fn go_back(
        &mut self,
        update: u64,
        eras: &Eras<S>,
        runs: Vec<(LaneId, RunState<S>, bool)>,
    ) -> Option<Standings<S>> {
        let era = eras.made(update);
        let (mut left, kept) = std::mem::take(&mut self.left)
            .into_iter()
            .partition::<Vec<_>, _>(|(at, _)| *at >= update);
        self.edit(Arc::clone(&era.setup), &era.lanes, None);
        self.left = kept;
        for (id, run, active) in runs {
            let Some(lane) = self.lanes.iter_mut().find(|l| l.spec.id == id) else {
                continue;
            };
            // The first that left after it is the one that was there then.
            if let Some(i) = left.iter().position(|(_, l)| l.spec.id == id) {
                let spec = Arc::clone(&lane.spec);
                *lane = left.remove(i).1;
                lane.take_up(&era.setup, &spec, None);
            }
            lane.go_back(&era.setup, update, run);
            // One that has failed stands there ticked.
            lane.active = active || lane.failure.is_some();
        }
        (self.update, self.turns) = (update, 0);
        // As it was measured then.
        for index in 0..self.lanes.len() {
            let lane = &self.lanes[index];
            let last = lane.compared.last();
            if last.is_some() && lane.made.last() == last {
                let apart = self.apart(lane);
                self.lanes[index].apart = apart;
            }
        }
        let now = eras.at(update);
        let edited = now.setup.experiment != era.setup.experiment;
        let before = edited.then(|| self.standings());
        if let Some(before) = &before {
            self.edit(Arc::clone(&now.setup), &now.lanes, Some(before));
        }
        self.order = eras.order();
        before
    }

    /// Exchanges all that its lanes have come to for what those of another run have.
    pub fn swap(&mut self, other: &mut Standings<S>) {
        std::mem::swap(&mut self.lanes, &mut other.lanes);
        std::mem::swap(&mut self.update, &mut other.update);
        std::mem::swap(&mut self.setup, &mut other.setup);
        std::mem::swap(&mut self.order, &mut other.order);
        std::mem::swap(&mut self.left, &mut other.left);
        self.turns = 0;
    }

    /// A copy of what its lanes have come to, in as little memory as can be.
    pub fn standings(&self) -> Standings<S> {
        Standings {
            lanes: self.lanes.iter().map(|l| l.copy(&self.setup)).collect(),
            update: self.update,
            setup: Arc::clone(&self.setup),
            order: self.order.clone(),
            left: (self.left.iter())
                .map(|(at, lane)| (*at, lane.copy(&self.setup)))
                .collect(),
        }
    }

    /// Keeps the durations of the last `n` updates for the median.
    pub fn keep_durations(&mut self, n: usize) {
        self.keep = n.max(1);
    }

    /// Updates made.
    pub fn updates(&self) -> u64 {
        self.update
    }

    /// Threads that work.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The lane of a name.
    pub fn lane(&self, id: LaneId) -> Option<&Lane<S>> {
        self.lanes.iter().find(|l| l.spec.id == id)
    }

    /// One update of every running lane, on the same batch.
    ///
    /// A lane whose values stop being finite stops alone. An abandoned update leaves that lane and those after it behind: the
    /// next call makes it for those.
    pub fn update(&mut self, interrupt: &Arc<dyn Interrupt>) -> bool {
        let batch = Arc::make_mut(&mut self.batch);
        self.order.fill(&self.setup, self.update, batch);
        let number = self.update + 1;
        let lanes = self.lanes.len();
        for turn in self.turns..lanes {
            self.turns = turn;
            // The lanes take turns at being first, since each finds the caches as the one before left them.
            let lane = &mut self.lanes[(turn + self.update as usize) % lanes];
            if !lane.running() {
                lane.loss.skip();
                continue;
            }
            // The comparison after the last update has read BP's weights last, once per lane. Every lane gets the same head
            // start, or the clock would favour BP.
            bring_to_cache(lane.learner.weights().values());
            let started = Instant::now();
            let result = lane.learner.update(&self.pool, &self.batch, interrupt);
            let took = started.elapsed().as_secs_f64();
            match result {
                Ok(report) => {
                    lane.seconds += took;
                    if lane.recent.len() >= self.keep {
                        lane.recent.pop_front();
                    }
                    lane.recent.push_back(took * 1e3);
                    lane.lineage.push(number);
                    lane.made.push(number);
                    if !lane.equals {
                        lane.unlike.push(number);
                    }
                    lane.worked += lane.products as u64;
                    lane.last_loss = report.loss;
                    lane.loss.push(lane.at(number), report.loss);
                }
                Err(UpdateError::Abandoned) => return false,
                Err(error) => {
                    let update = number;
                    lane.failure = Some(LaneFailure { update, error });
                }
            }
        }
        self.turns = 0;
        self.update = number;
        self.measure_distance();
        true
    }

    /// The distance of a lane from BP, where both were trained on the same batches from the same beginning.
    fn apart(&self, lane: &Lane<S>) -> Option<Distance> {
        let bp = self.lane(LaneId::BP)?;
        let alike = lane.spec.id != LaneId::BP
            && lane.spec.seed == self.setup.experiment.seed
            && lane.lineage == bp.lineage;
        alike.then(|| {
            distance(
                lane.learner.weights().values(),
                bp.learner.weights().values(),
                self.setup.initial.values(),
            )
        })
    }

    /// Compares every lane's weights with BP's, and notes it.
    fn measure_distance(&mut self) {
        let update = self.update;
        let reference = self.lane(LaneId::BP).is_some_and(Lane::running);
        for index in 0..self.lanes.len() {
            let lane = &self.lanes[index];
            if lane.spec.id == LaneId::BP {
                continue;
            }
            let compared = reference && lane.running();
            let apart = compared.then(|| self.apart(lane)).flatten();
            let lane = &mut self.lanes[index];
            let Some(d) = apart else {
                lane.distance.skip();
                continue;
            };
            lane.compared.push(update);
            if d.differing_bits > 0 {
                lane.differing.push(update);
            }
            lane.distance.push(lane.at(update), d.relative_distance);
            lane.apart = Some(d);
        }
    }

    /// How a lane stands beside BP's.
    pub fn standing(&self, lane: &Lane<S>) -> Standing {
        if self.update == 0 {
            return Standing::Untrained;
        }
        let since = lane.compared.last();
        let not = |why| Standing::Not { since, why };
        if let Some(failure) = &lane.failure {
            return not(Why::LaneStopped(failure.update));
        }
        let Some(bp) = self.lane(LaneId::BP) else {
            return not(Why::NoReference);
        };
        if let Some(failure) = &bp.failure {
            return not(Why::ReferenceStopped(failure.update));
        }
        if lane.spec.seed != self.setup.experiment.seed {
            return not(Why::OtherStart);
        }
        match lane.apart {
            Some(apart) if lane.lineage == bp.lineage => {
                Standing::Compared(apart.verdict(lane.equals_backprop()))
            }
            _ if !bp.active => not(Why::ReferenceOff),
            _ if !lane.active => not(Why::LaneOff),
            _ => not(Why::OtherUpdates {
                own: lane.learner.updates(),
                reference: bp.learner.updates(),
            }),
        }
    }

    /// Nothing is noted of the lanes that do not run: a curve has a gap there.
    pub fn skip_scores(&mut self) {
        for lane in self.lanes.iter_mut().filter(|l| !l.running()) {
            for series in [&mut lane.accuracy, &mut lane.validation, &mut lane.training] {
                series.skip();
            }
        }
    }

    /// Notes a score of a lane in its series.
    pub fn note(&mut self, id: LaneId, tally: &Tally) {
        let (update, score) = (self.update, tally.score());
        let Some(lane) = self.lanes.iter_mut().find(|l| l.spec.id == id) else {
            return;
        };
        // Of one update, and of each part once. What tests keeps its score where it is not looked at all the time.
        let test = watched_part(&self.setup.data) != Part::Test;
        lane.scores
            .retain(|s| s.1 != tally.part && (s.0 == update || test && s.1 == Part::Test));
        lane.scores.push((update, tally.part, score));
        let at = lane.at(update);
        let series = match tally.part {
            Part::Train => &mut lane.training,
            Part::Validation => &mut lane.validation,
            Part::Test => &mut lane.accuracy,
        };
        let values = matches!(self.setup.data.targets(), Targets::Values { .. });
        series.push(at, if values { score.r2 } else { score.accuracy });
    }
}

pub mod record;

#[cfg(test)]
#[path = "race_test.rs"]
mod tests;
