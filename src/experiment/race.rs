//! The race: several rules in lockstep by update, from one initial state, on the same batches.

use super::lane::{LaneId, LaneSpec};
use super::order::Order;
use super::score::{Score, Tally, watched_part};
use super::series::{At, Series};
use super::setup::Setup;
use super::standing::{Lineage, Standing, Why};
use crate::data::{Part, Targets};
use crate::learning::compare::{Distance, distance};
use crate::learning::cost::matrix_products;
use crate::learning::{Batch, Evaluator, Interrupt, Learner, Pool, REFERENCE, UpdateError};
use crate::network::{Scalar, Weights};
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
    /// The update after which that was made.
    pub compared_at: Option<u64>,
    /// Updates after which the weights were compared with BP's.
    pub compared: u64,
    /// Updates after which some bit differed from BP, of those.
    pub differing_updates: u64,
    /// Its updates equal those of the lane of backpropagation in real arithmetic.
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
    fn new(setup: &Setup<S>, spec: LaneSpec) -> Self {
        let learner = setup.learner(&spec);
        let bp = LaneSpec::of(&setup.experiment, REFERENCE);
        Self {
            products: matrix_products(&setup.plan, learner.method()),
            equals_backprop: spec.equals(&bp, &setup.plan),
            spec: Arc::new(spec),
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
    order: Order,
    update: u64,
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
        let bp = self.lane(LaneId::BP).filter(|bp| bp.running());
        let bp = bp.map(|bp| (Arc::clone(bp.learner.weights()), bp.lineage));
        let setup = Arc::clone(&self.setup);
        let others = |l: &&mut Lane<S>| l.spec.id != LaneId::BP;
        for lane in self.lanes.iter_mut().filter(others) {
            let began_alike = lane.spec.seed == setup.experiment.seed;
            let same = |(_, lineage): &&(Arc<Weights<S>>, Lineage)| {
                began_alike && *lineage == lane.lineage
            };
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

#[cfg(test)]
#[path = "race_test.rs"]
mod tests;
