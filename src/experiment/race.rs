//! The race: several rules in lockstep by update, from one initial state, on the same batches.

use super::estimate;
use super::file::{Dtype, Experiment, ExperimentError, Reduction};
use super::series::{At, Series};
use super::standing::{Lineage, Standing, Why};
use crate::data::{self, Dataset};
use crate::learning::Evaluator;
use crate::learning::compare::{Distance, distance};
use crate::learning::cost::matrix_products;
use crate::learning::learner::{Method, method};
use crate::learning::stability::Abandoned;
use crate::learning::{
    Batch, Conditions, Inference, Interrupt, Learner, Path, Pool, Rule, RunState, Stability,
    Uninterrupted, UpdateError, stability,
};
use crate::network::init::initial;
use crate::network::{Description, Graph, Loss, Plan, Scalar, Shape, Weights};
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

    /// `lanes` with the lane of `rule`, if it is not among them.
    pub fn with(lanes: &[Self], rule: Rule) -> Vec<Self> {
        let own = Some(Self::of(rule)).filter(|kind| !lanes.contains(kind));
        lanes.iter().copied().chain(own).collect()
    }
}

pub use super::data::load_data;
pub use crate::data::Part;

/// Training examples that an accuracy is taken on: enough to see a gap to the test part, and no pause at the end of an epoch.
pub const TRAIN_SCORED: usize = 1000;

/// All parts, in the order in which they are shown.
pub const PARTS: [Part; 3] = [Part::Train, Part::Validation, Part::Test];

/// An experiment worked out: data, plan and initial weights.
#[derive(Clone)]
pub struct Setup<S> {
    /// The file.
    pub experiment: Experiment,
    /// The data.
    pub data: Dataset,
    /// The network.
    pub plan: Arc<Plan>,
    /// Weights before the first update.
    pub initial: Weights<S>,
    /// N of the network, 0 without a recurrent layer.
    steps: u32,
}

/// The network of an experiment for some data.
///
/// # Errors
/// One line: a layer that does not fit, or an output that does not fit the data.
pub fn plan_for(experiment: &Experiment, data: &Dataset) -> Result<Arc<Plan>, ExperimentError> {
    let n = &experiment.network;
    let loss = n.loss_for(data.targets());
    refuse_no_shares(experiment, data, loss)?;
    let [channels, height, width] = data.shape();
    let description = Description {
        input: Shape {
            channels,
            height,
            width,
        },
        time: data.lengths().is_some(),
        layers: &n.layers,
        activation: n.activation,
        loss,
        bias: n.bias,
        levelled: n.levelled,
    };
    let graph = description
        .graph()
        .map_err(|e| ExperimentError(format!("{}: {e}", experiment.name)))?;
    let outputs = graph.vertices[graph.output()].shape.len();
    if outputs != data.target_len() {
        return Err(ExperimentError(format!(
            "{}: the output has {outputs} units; {} has {} {}",
            experiment.name,
            data.name(),
            data.target_len(),
            if data.classes().is_empty() {
                "target values"
            } else {
                "classes"
            }
        )));
    }
    Ok(Plan::new(graph))
}

/// How far the sum of an example's targets may be from 1 where cross-entropy takes them as shares.
const SHARES_SUM: f64 = 1e-3;

/// Refuses cross-entropy on values that are no shares of 1: it has no least value there.
fn refuse_no_shares(
    experiment: &Experiment,
    data: &Dataset,
    loss: Loss,
) -> Result<(), ExperimentError> {
    if loss != Loss::CrossEntropy || !matches!(data.targets(), data::Targets::Values { .. }) {
        return Ok(());
    }
    let mut target = vec![0.0; data.target_len()];
    for example in 0..data.len() {
        data.fill_target(example, &mut target, |value| value);
        let sum: f64 = target.iter().sum();
        if target.iter().any(|y| *y < 0.0) || (sum - 1.0).abs() > SHARES_SUM {
            return Err(ExperimentError(format!(
                "{}: network.loss is cross-entropy, and the targets of example {example} of {} are no shares that sum to 1; \
                 expected squared-error for values",
                experiment.name,
                data.name()
            )));
        }
    }
    Ok(())
}

/// Reads one number of every cache line.
fn bring_to_cache<S: Scalar>(values: &[S]) {
    let line = (64 / size_of::<S>()).max(1);
    for value in values.iter().step_by(line) {
        std::hint::black_box(*value);
    }
}

impl<S: Scalar> Setup<S> {
    /// Works an experiment out on data already loaded.
    ///
    /// # Errors
    /// One line saying what does not fit.
    pub fn new(experiment: Experiment, data: Dataset) -> Result<Self, ExperimentError> {
        debug_assert_eq!(
            S::NAME,
            experiment.dtype.name(),
            "the caller picks the type the file names"
        );
        let plan = plan_for(&experiment, &data)?;
        estimate::refuse_too_large(&experiment, &plan, &data)?;
        let initial = initial(
            &plan,
            experiment.network.init,
            experiment.network.gain,
            experiment.seed,
        );
        Ok(Self {
            experiment,
            data,
            steps: plan.graph.steps() as u32,
            plan,
            initial,
        })
    }

    /// Fills a batch with examples, in the stored order of units.
    pub fn fill(&self, examples: impl Iterator<Item = usize>, batch: &mut Batch<S>) {
        let (n_in, n_out) = (
            self.plan.len_of(Graph::INPUT),
            self.plan.len_of(self.plan.output()),
        );
        let mut rows = 0;
        batch.missing.clear();
        for example in examples {
            let (a, b) = (rows * n_in, rows * n_out);
            if batch.inputs.len() < a + n_in {
                batch.inputs.resize(a + n_in, S::ZERO);
                batch.targets.resize(b + n_out, S::ZERO);
            }
            self.fill_example(
                example,
                &mut batch.inputs[a..a + n_in],
                &mut batch.targets[b..b + n_out],
            );
            rows += 1;
            batch.missing.extend(self.missing(example));
        }
        batch.inputs.truncate(rows * n_in);
        batch.targets.truncate(rows * n_out);
        batch.rows = rows;
    }

    /// How many of the N time steps an example lacks at its front; `None` if the network has no recurrent layer.
    pub fn missing(&self, example: usize) -> Option<u32> {
        let length = self.data.lengths()?.get(example)?;
        (self.steps > 0).then(|| self.steps - length)
    }

    /// One example: input in stored order, and target.
    pub fn fill_example(&self, example: usize, input: &mut [S], target: &mut [S]) {
        self.data.fill_input(example, input, S::from_f64);
        self.to_stored_order(input);
        self.data.fill_target(example, target, S::from_f64);
    }

    /// From the layout of the data (channel by channel) to the engine's, which keeps a position's channels side by side, as
    /// sequences have them already.
    fn to_stored_order(&self, input: &mut [S]) {
        let shape = self.plan.graph.vertices[Graph::INPUT].shape;
        let sequence = self.data.lengths().is_some();
        if shape.channels == 1 || shape.is_flat() || sequence {
            return;
        }
        let planes = input.to_vec();
        let places = shape.height * shape.width;
        for (i, value) in planes.into_iter().enumerate() {
            input[(i % places) * shape.channels + i / places] = value;
        }
    }

    /// An input made by hand, in the layout of the data, with the class it is meant as and, of a sequence, the steps it lacks.
    pub fn drawn(&self, values: &[f64], label: usize, missing: u32) -> Batch<S> {
        let mut inputs: Vec<S> = values.iter().map(|&v| S::from_f64(v)).collect();
        self.to_stored_order(&mut inputs);
        let mut targets = vec![S::ZERO; self.plan.len_of(self.plan.output())];
        targets[label] = S::ONE;
        Batch {
            inputs,
            targets,
            missing: if missing > 0 {
                vec![missing]
            } else {
                Vec::new()
            },
            rows: 1,
        }
    }

    /// One example as a batch of one row.
    pub fn example(&self, example: usize) -> Batch<S> {
        let mut batch = Batch::default();
        self.fill(std::iter::once(example), &mut batch);
        batch
    }

    /// How a lane updates.
    pub fn method(&self, kind: LaneKind) -> Method {
        let e = &self.experiment;
        let path = if kind == LaneKind::ZilFull {
            Path::Full
        } else {
            e.conditions.path
        };
        let conditions = Conditions {
            path,
            ..e.conditions
        };
        method(&self.plan, kind.rule(), e.inference, &conditions)
    }

    /// Examples that the limit of γ is the worst of: the first of the training part.
    pub fn limit_batch(&self) -> Batch<S> {
        let train = self.data.split().train.clone();
        let mut batch = Batch::default();
        self.fill(train.take(stability::EXAMPLES), &mut batch);
        batch
    }

    /// The limit of γ for a rule, near the rest of the worst of the first training examples (see
    /// [`crate::learning::stability`]); `None` where there is none to heed.
    ///
    /// # Errors
    /// It was interrupted.
    pub fn stability(
        &self,
        weights: &Weights<S>,
        rule: Rule,
        inference: &Inference,
        interrupt: &dyn Interrupt,
    ) -> Result<Option<Stability>, Abandoned> {
        let batch = self.limit_batch();
        stability::limit(weights, rule, inference, &batch, interrupt)
    }

    /// What a lane says of levels that T is too small for: `None` if every level learns.
    pub fn unreached(&self, kind: LaneKind) -> Option<String> {
        let Method::Schedule(schedule) = self.method(kind) else {
            return None;
        };
        let levels: Vec<String> = schedule
            .unreached(&self.plan)
            .map(|l| l.to_string())
            .collect();
        (!levels.is_empty()).then(|| {
            format!(
                "{}: T = {} is less than D = {}: level{} {} would get no update",
                kind.rule().label(),
                schedule.steps,
                schedule.depth,
                if levels.len() == 1 { "" } else { "s" },
                match &levels[..] {
                    [first, .., last] if levels.len() > 6 => format!("{first} to {last}"),
                    few => few.join(", "),
                }
            )
        })
    }

    /// A run before its first update.
    pub fn begin(&self) -> RunState<S> {
        RunState::begin(self.initial.clone(), self.experiment.learning.settings())
    }

    /// A learner at the initial weights.
    pub fn learner(&self, kind: LaneKind) -> Learner<S> {
        let mean = self.experiment.learning.reduction == Reduction::Mean;
        let mut learner =
            Learner::from_state(self.begin(), self.method(kind), mean, self.experiment.seed);
        learner.output_precision = self.experiment.inference.output_precision;
        learner
    }

    /// Updates of one epoch; the last batch may be short.
    pub fn updates_per_epoch(&self) -> u64 {
        (self
            .data
            .split()
            .train
            .len()
            .div_ceil(self.experiment.learning.batch))
        .max(1) as u64
    }
}

/// Loss and accuracy of some examples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Mean loss; NaN without examples.
    pub loss: f64,
    /// Share of examples whose class is the largest output; NaN where targets are no classes, or without examples.
    pub accuracy: f64,
    /// Mean over classes of the share found; NaN as above.
    pub balanced_accuracy: f64,
    /// Share of the variance of the targets that the outputs explain, R²; NaN where targets are classes or do not vary.
    pub r2: f64,
    /// Loss of always answering the mean of the targets that train; NaN where targets are classes.
    pub mean_loss: f64,
    /// How many examples.
    pub n: usize,
    /// The first vertex that held a number which is not finite, if one did: there is no accuracy then.
    pub not_finite: Option<usize>,
}

/// How outputs fit targets that are values, in the units of the targets as stored.
struct Fit {
    /// Whether targets are scaled.
    scaled: bool,
    /// What turns an output into a stored value, by output.
    divisor: Vec<f64>,
    shift: Vec<f64>,
    /// Mean over the examples that train.
    mean: Vec<f64>,
    /// Sums over examples: squared error, target less mean, and its square.
    error: Vec<f64>,
    sum: Vec<f64>,
    square: Vec<f64>,
    count: usize,
}

impl Fit {
    /// `None` where targets are classes.
    fn of(data: &Dataset) -> Option<Self> {
        let data::Targets::Values { dim, data: values } = data.targets() else {
            return None;
        };
        let dim = *dim;
        let (divisor, shift) = match data.target_units() {
            Some((divisor, shift)) => (divisor.to_vec(), shift.to_vec()),
            None => (vec![1.0; dim], vec![0.0; dim]),
        };
        let train = data.range(Part::Train);
        let mut mean = vec![0.0; dim];
        for i in train.clone() {
            for (mean, value) in mean.iter_mut().zip(&values[i * dim..(i + 1) * dim]) {
                *mean += value / train.len().max(1) as f64;
            }
        }
        Some(Self {
            scaled: data.target_units().is_some(),
            divisor,
            shift,
            mean,
            error: vec![0.0; dim],
            sum: vec![0.0; dim],
            square: vec![0.0; dim],
            count: 0,
        })
    }

    fn add<S: Scalar>(&mut self, output: &[S], target: &[S]) {
        self.count += 1;
        for (d, (o, t)) in output.iter().zip(target).enumerate() {
            let error = (o.to_f64() - t.to_f64()) * self.divisor[d];
            let off = t.to_f64() * self.divisor[d] + self.shift[d] - self.mean[d];
            self.error[d] += error * error;
            self.sum[d] += off;
            self.square[d] += off * off;
        }
    }

    fn loss(&self, n: usize) -> f64 {
        0.5 * self.error.iter().sum::<f64>() / n as f64
    }

    fn mean_loss(&self, n: usize) -> f64 {
        0.5 * self.square.iter().sum::<f64>() / n as f64
    }

    /// The mean over the targets that vary.
    fn r2(&self) -> f64 {
        let (mut total, mut varied) = (0.0, 0);
        for d in 0..self.error.len() {
            let variance = self.square[d] - self.sum[d] * self.sum[d] / self.count.max(1) as f64;
            if variance > 0.0 {
                total += 1.0 - self.error[d] / variance;
                varied += 1;
            }
        }
        if varied == 0 {
            f64::NAN
        } else {
            total / f64::from(varied)
        }
    }
}

/// What a network says of one example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Index in the data set.
    pub example: u32,
    /// Its class.
    pub label: u16,
    /// The class with the largest output.
    pub predicted: u16,
    /// How sure: the softmax share (cross-entropy) or the output of that class.
    pub confidence: f32,
    /// The energy F of the feed-forward state: the loss, since all other errors are 0 there.
    pub energy: f32,
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
    pool: Pool<S>,
    batch: Arc<Batch<S>>,
    scoring: Arc<Batch<S>>,
    evaluator: Evaluator<S>,
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
        if setup.steps > 0 {
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
                    lane.failure = Some(LaneFailure {
                        update: number,
                        error,
                    })
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

    /// Scores weights on the first `most` examples of a part, handing out every prediction.
    pub fn score(
        &mut self,
        weights: &Arc<Weights<S>>,
        part: Part,
        most: usize,
        interrupt: &Arc<dyn Interrupt>,
        each: impl FnMut(Prediction),
    ) -> Score {
        let mut tally = self.tally(part, most);
        self.count(&mut tally, weights, &**interrupt, each);
        tally.score()
    }

    /// A scoring of the first `most` examples of a part, not yet begun.
    pub fn tally(&self, part: Part, most: usize) -> Tally {
        let range = self.setup.data.range(part);
        let n = range.len().min(most);
        Tally {
            part,
            left: range.start..range.start + n,
            n,
            found: vec![(0, 0); self.setup.data.classes().len()],
            loss: 0.0,
            not_finite: None,
            fit: Fit::of(&self.setup.data),
            softmax: self.setup.plan.graph.loss == Loss::CrossEntropy,
        }
    }

    /// Goes on with a scoring, handing out every prediction; false if it was interrupted before the end.
    pub fn count(
        &mut self,
        tally: &mut Tally,
        weights: &Arc<Weights<S>>,
        interrupt: &dyn Interrupt,
        mut each: impl FnMut(Prediction),
    ) -> bool {
        let setup = Arc::clone(&self.setup);
        let softmax = setup.plan.graph.loss == Loss::CrossEntropy;
        let mut shares = vec![S::ZERO; setup.plan.len_of(setup.plan.output())];
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        while !tally.left.is_empty() {
            if !interrupt.proceed() {
                return false;
            }
            let first = tally.left.start;
            let rows = tally.left.len().min(Evaluator::<S>::ROWS);
            setup.fill(first..first + rows, Arc::make_mut(&mut self.scoring));
            let batch = Arc::clone(&self.scoring);
            let found = &mut tally.found;
            let fit = &mut tally.fit;
            let loss = self
                .evaluator
                .run(&self.pool, weights, &batch, &never, |row, output| {
                    if let Some(fit) = fit.as_mut() {
                        let n = output.len();
                        fit.add(output, &batch.targets[row * n..(row + 1) * n]);
                    }
                    let Some(label) = setup.data.label(first + row) else {
                        return;
                    };
                    let predicted = largest(output);
                    found[label].1 += 1;
                    found[label].0 += usize::from(predicted == label);
                    let confidence = if softmax {
                        crate::network::loss::softmax(output, &mut shares);
                        shares[predicted]
                    } else {
                        output[predicted]
                    };
                    let n = output.len();
                    let target = &batch.targets[row * n..(row + 1) * n];
                    each(Prediction {
                        energy: setup.plan.graph.loss.value(output, target) as f32,
                        example: (first + row) as u32,
                        label: label as u16,
                        predicted: predicted as u16,
                        confidence: confidence.to_f64() as f32,
                    });
                });
            tally.loss += loss;
            tally.not_finite = tally.not_finite.or(self.evaluator.not_finite());
            tally.left.start += rows;
        }
        true
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

/// A scoring on its way: it can be left and gone on with.
pub struct Tally {
    part: Part,
    /// Examples not yet looked at.
    left: std::ops::Range<usize>,
    n: usize,
    /// Per class: found, and looked at.
    found: Vec<(usize, usize)>,
    loss: f64,
    not_finite: Option<usize>,
    fit: Option<Fit>,
    softmax: bool,
}

impl Tally {
    /// The score, once nothing is left.
    pub fn score(&self) -> Score {
        let seen: Vec<_> = self.found.iter().filter(|(_, n)| *n > 0).collect();
        let fit = self.fit.as_ref();
        // Of scaled targets the loss is in the units of the targets as stored.
        let stored = fit.filter(|f| f.scaled && !self.softmax);
        // An output that is not finite says nothing, also not the class that comes first.
        let said = if self.not_finite.is_some() {
            f64::NAN
        } else {
            1.0
        };
        Score {
            not_finite: self.not_finite,
            loss: stored.map_or(self.loss / self.n as f64, |f| f.loss(self.n)),
            r2: fit.map_or(f64::NAN, Fit::r2),
            mean_loss: fit.map_or(f64::NAN, |f| f.mean_loss(self.n)),
            accuracy: said * self.found.iter().map(|f| f.0).sum::<usize>() as f64
                / self.found.iter().map(|f| f.1).sum::<usize>() as f64,
            balanced_accuracy: said * seen.iter().map(|(a, b)| *a as f64 / *b as f64).sum::<f64>()
                / seen.len() as f64,
            n: self.n,
        }
    }
}

/// The index of the largest value; the first of equals.
pub fn largest<S: Scalar>(values: &[S]) -> usize {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if *v > values[best] {
            best = i;
        }
    }
    best
}

/// Loads an experiment's data and calls the continuation of its number type.
pub fn with_setup<R>(
    experiment: Experiment,
    single: impl FnOnce(Setup<f32>) -> R,
    double: impl FnOnce(Setup<f64>) -> R,
) -> Result<R, ExperimentError> {
    let data = load_data(&experiment)?;
    Ok(match experiment.dtype {
        Dtype::F32 => single(Setup::new(experiment, data)?),
        Dtype::F64 => double(Setup::new(experiment, data)?),
    })
}

#[cfg(test)]
#[path = "race_test.rs"]
mod tests;
