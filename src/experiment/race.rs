//! The race: several rules in lockstep by update, from one initial state, on the same batches.

use super::file::Experiment;
use super::score::{PARTS, Score, Tally};
use super::series::{At, Series};
use super::setup::Setup;
use super::standing::{Lineage, Standing, Why};
use crate::data::{self, Part};
use crate::learning::compare::{Distance, distance};
use crate::learning::cost::matrix_products;
use crate::learning::learner::{Method, method};
use crate::learning::{
    Batch, Conditions, Evaluator, Interrupt, Learner, Path, Pool, Rule, UpdateError,
};
use crate::network::{Plan, Scalar, Weights};
use std::sync::Arc;
use std::time::Instant;

/// One competitor of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LaneKind {
    /// Backpropagation.
    Bp,
    /// Z-IL by the front-only path (or under broken conditions, by what they need).
    Zil,
    /// Z-IL by full dynamics.
    ZilFull,
    /// Inference learning.
    Il,
    /// Fixed prediction.
    FixedPrediction,
    /// Incremental inference learning.
    Incremental,
    /// Z-IL then IL.
    ZilThenIl,
}

impl LaneKind {
    /// The key in files: the rule's name, or `zil-full`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZilFull => "zil-full",
            _ => self.rule().name(),
        }
    }

    /// The rule it runs.
    pub fn rule(self) -> Rule {
        match self {
            Self::Bp => Rule::Bp,
            Self::Zil | Self::ZilFull => Rule::Zil,
            Self::Il => Rule::Il,
            Self::FixedPrediction => Rule::FixedPrediction,
            Self::Incremental => Rule::Incremental,
            Self::ZilThenIl => Rule::ZilThenIl,
        }
    }

    /// The lane of a rule.
    pub fn of(rule: Rule) -> Self {
        match rule {
            Rule::Bp => Self::Bp,
            Rule::Zil => Self::Zil,
            Rule::Il => Self::Il,
            Rule::FixedPrediction => Self::FixedPrediction,
            Rule::Incremental => Self::Incremental,
            Rule::ZilThenIl => Self::ZilThenIl,
        }
    }

    /// How it updates in an experiment.
    pub fn method(self, experiment: &Experiment, plan: &Plan) -> Method {
        let conditions = match self {
            Self::ZilFull => Conditions {
                path: Path::Full,
                ..experiment.conditions
            },
            _ => experiment.conditions,
        };
        method(plan, self.rule(), experiment.inference, &conditions)
    }

    /// `lanes` with the lane of `rule`, if it is not among them.
    pub fn with(lanes: &[Self], rule: Rule) -> Vec<Self> {
        let own = Some(Self::of(rule)).filter(|kind| !lanes.contains(kind));
        lanes.iter().copied().chain(own).collect()
    }
}

/// Reads one number of every cache line.
fn bring_to_cache<S: Scalar>(values: &[S]) {
    let line = (64 / size_of::<S>()).max(1);
    for value in values.iter().step_by(line) {
        std::hint::black_box(*value);
    }
}

/// One lane of a race.
pub struct Lane<S: Scalar> {
    /// Which.
    pub kind: LaneKind,
    /// Weights, rule and optimiser.
    pub learner: Learner<S>,
    /// False while the lane is unticked.
    pub active: bool,
    /// Why the lane stopped, if it did.
    pub failure: Option<LaneFailure>,
    /// Loss of every batch before its update.
    pub loss: Series,
    /// Accuracy on the fixed test part, now and then.
    pub accuracy: Series,
    /// Accuracy on the fixed validation part.
    pub validation: Series,
    /// Accuracy on the fixed part of the training examples.
    pub training: Series,
    /// Relative distance of the weights from BP's.
    pub distance: Series,
    /// The last full comparison with BP's weights.
    pub apart: Option<Distance>,
    /// The update after which that was made.
    pub compared_at: Option<u64>,
    /// Updates after which the weights were compared with BP's.
    pub compared: u64,
    /// Updates after which some bit differed from BP, of those.
    pub differing_updates: u64,
    /// Its schedule equals backpropagation in real arithmetic.
    pub equals_backprop: bool,
    /// Which updates of the race it has made.
    lineage: Lineage,
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
    fn new(setup: &Setup<S>, kind: LaneKind) -> Self {
        let learner = setup.learner(kind);
        Self {
            kind,
            products: matrix_products(&setup.plan, learner.method()),
            equals_backprop: match learner.method() {
                Method::Backprop => true,
                Method::Schedule(s) => s.equals_backprop(&setup.plan),
            },
            learner,
            active: true,
            failure: None,
            loss: Series::default(),
            accuracy: Series::default(),
            validation: Series::default(),
            training: Series::default(),
            distance: Series::default(),
            apart: None,
            compared_at: None,
            compared: 0,
            differing_updates: 0,
            lineage: Lineage::default(),
            seconds: 0.0,
            recent: std::collections::VecDeque::with_capacity(64),
            scores: Vec::new(),
        }
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
            made: self.learner.updates(),
        }
    }
}

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
    order: Vec<u32>,
    update: u64,
    /// Lanes that have made the update that is on its way, where it was left in its midst.
    turns: usize,
    /// How many recent durations are kept for the median.
    keep: usize,
}

impl<S: Scalar> Race<S> {
    /// A race of `kinds` from the initial weights of `setup`.
    pub fn new(setup: Arc<Setup<S>>, kinds: &[LaneKind], threads: usize) -> Self {
        Self {
            lanes: kinds.iter().map(|&k| Lane::new(&setup, k)).collect(),
            pool: Pool::new(threads),
            batch: Arc::default(),
            scoring: Arc::default(),
            evaluator: Evaluator::new(&setup.plan),
            order: Vec::new(),
            update: 0,
            turns: 0,
            keep: 50,
            setup,
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

    /// Epochs completed, as a whole number.
    pub fn epoch(&self) -> u64 {
        self.update / self.setup.updates_per_epoch()
    }

    /// Threads that work.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The lane of a kind.
    pub fn lane(&self, kind: LaneKind) -> Option<&Lane<S>> {
        self.lanes.iter().find(|l| l.kind == kind)
    }

    /// Fills the batch of the next update: a function of (seed, epoch) and the position in the epoch alone.
    fn next_batch(&mut self) {
        let setup = &self.setup;
        let per_epoch = setup.updates_per_epoch();
        let (epoch, position) = (self.update / per_epoch, (self.update % per_epoch) as usize);
        let train = setup.data.split().train.clone();
        if position == 0 || self.order.len() != train.len() {
            self.order.resize(train.len(), 0);
            data::batches::fill_order(setup.experiment.seed, epoch, &mut self.order);
        }
        let size = setup.experiment.learning.batch;
        let end = ((position + 1) * size).min(train.len());
        let chosen = &mut self.order[position * size..end];
        let examples = |i: u32| train.start + i as usize;
        if setup.plan.graph.steps() > 0 {
            // Long sequences first: shards and steps then leave out what is missing. Numbers break ties, so that the order is fixed.
            chosen.sort_unstable_by_key(|&i| (setup.missing(examples(i)), i));
        }
        setup.fill(
            chosen.iter().map(|&i| examples(i)),
            Arc::make_mut(&mut self.batch),
        );
    }

    /// One update of every running lane, on the same batch.
    ///
    /// A lane whose values stop being finite stops alone. An abandoned update leaves that lane and those after it behind: the
    /// next call makes it for those.
    pub fn update(&mut self, interrupt: &Arc<dyn Interrupt>) -> bool {
        self.next_batch();
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

    /// Compares every lane's weights with BP's, where both were trained on the same batches.
    fn measure_distance(&mut self) {
        let update = self.update;
        let bp = self.lane(LaneKind::Bp).filter(|bp| bp.running());
        let bp = bp.map(|bp| (Arc::clone(bp.learner.weights()), bp.lineage));
        let setup = Arc::clone(&self.setup);
        for lane in self.lanes.iter_mut().filter(|l| l.kind != LaneKind::Bp) {
            let same = |(_, lineage): &&(Arc<Weights<S>>, Lineage)| *lineage == lane.lineage;
            let Some((reference, _)) = bp.as_ref().filter(same).filter(|_| lane.running()) else {
                lane.distance.skip();
                continue;
            };
            let d = distance(
                lane.learner.weights().values(),
                reference.values(),
                setup.initial.values(),
            );
            lane.compared += 1;
            lane.differing_updates += u64::from(d.differing_bits > 0);
            lane.distance.push(lane.at(update), d.relative_distance);
            (lane.apart, lane.compared_at) = (Some(d), Some(update));
        }
    }

    /// How a lane stands beside BP's.
    pub fn standing(&self, lane: &Lane<S>) -> Standing {
        if self.update == 0 {
            return Standing::Untrained;
        }
        let since = lane.compared_at;
        let not = |why| Standing::Not { since, why };
        if let Some(failure) = &lane.failure {
            return not(Why::LaneStopped(failure.update));
        }
        let Some(bp) = self.lane(LaneKind::Bp) else {
            return not(Why::NoReference);
        };
        if let Some(failure) = &bp.failure {
            return not(Why::ReferenceStopped(failure.update));
        }
        match lane.apart {
            Some(apart) if lane.lineage == bp.lineage => {
                Standing::Compared(apart.verdict(lane.equals_backprop))
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
    pub fn note(&mut self, kind: LaneKind, tally: &Tally) {
        let (update, score) = (self.update, tally.score());
        let Some(lane) = self.lanes.iter_mut().find(|l| l.kind == kind) else {
            return;
        };
        if tally.part == PARTS[0] {
            lane.scores.clear();
        }
        lane.scores.push((update, tally.part, score));
        let at = lane.at(update);
        let series = match tally.part {
            Part::Train => &mut lane.training,
            Part::Validation => &mut lane.validation,
            Part::Test => &mut lane.accuracy,
        };
        series.push(at, score.accuracy);
    }
}

#[cfg(test)]
#[path = "race_test.rs"]
mod tests;
