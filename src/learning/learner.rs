//! One lane of a race: weights that a rule updates, batch by batch.

mod lockstep;

use self::lockstep::Before;
use super::inference::Inference;
use super::optimiser::{Optimiser, Reach};
use super::phase::{Apply, Phase, Place};
use super::rule::Rule;
use super::run_state::RunState;
use super::schedule::{Conditions, Schedule};
use super::shard::{
    Assignment, Batch, Interrupt, MOST_SHARDS, Pool, SHARD_ROWS, Shard, Task, Work,
};
use crate::network::{Gradient, Plan, Scalar, Sum, Weights};
use std::sync::Arc;
use thiserror::Error;

/// What an update tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UpdateReport {
    /// Mean loss of the batch before the update.
    pub loss: f64,
}

/// Why an update was not made. The weights are as they were before it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// A value overflowed or is NaN.
    #[error("{} is not finite{}", vertex, match t { Some(t) => format!(" from t = {t}"), None => String::new() })]
    NotFinite {
        /// The vertex's name on screen.
        vertex: String,
        /// The state at which it was first seen, if the rule has states.
        t: Option<usize>,
    },
    /// The run was told to stop in the middle of the update.
    #[error("the update was abandoned")]
    Abandoned,
}

/// How a learner updates.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one per learner, copied once per update"
)]
pub enum Method {
    /// Backpropagation.
    Backprop,
    /// Predictive coding by a schedule.
    Schedule(Schedule),
}

impl Method {
    /// Z-IL under `conditions`.
    pub fn zil(plan: &Plan, conditions: &Conditions) -> Self {
        Self::Schedule(Schedule::zil(plan, conditions))
    }

    /// Inference learning: `steps` steps of rate `gamma`, every weight from the last state.
    pub fn il(plan: &Plan, steps: usize, gamma: f64, conditions: &Conditions) -> Self {
        Self::Schedule(Schedule::il(plan, steps, gamma, conditions))
    }
}

/// Weights with the rule and the optimiser that change them.
pub struct Learner<S: Scalar> {
    plan: Arc<Plan>,
    state: RunState<S>,
    method: Method,
    /// The deeds of one update, of a method that has states.
    phase: Option<Arc<Phase>>,
    mean: bool,
    shards: Vec<Option<Box<Shard<S>>>>,
    total: Gradient<S>,
    /// Shards whose gradients have not been added up to the total.
    in_shards: usize,
    draw_seed: u64,
    /// The state before an update that changes it in its midst; made at the first one.
    before: Option<RunState<S>>,
    /// Most products that one example adds to the sum of one parameter.
    products: f64,
    /// What weights and memory are known to hold, so that they need not be read to see that they are finite.
    reach: Reach,
    /// p, by which backpropagation weighs the loss (a schedule has its own).
    pub output_precision: f64,
    /// Plants a sign error in backpropagation's reverse pass (see [`super::Fault`]).
    pub wrong_reverse_sign: bool,
}

impl<S: Scalar> Learner<S> {
    /// A learner at `weights`. `mean`: the gradient is the batch mean (else its sum). `draw_seed` seeds random starts.
    pub fn new(
        weights: Weights<S>,
        method: Method,
        optimiser: Optimiser<S>,
        mean: bool,
        draw_seed: u64,
    ) -> Self {
        let state = RunState {
            weights: Arc::new(weights),
            optimiser: Arc::new(optimiser),
            updates: 0,
        };
        Self::from_state(state, method, mean, draw_seed)
    }

    /// A learner that goes on from `state`.
    pub fn from_state(state: RunState<S>, method: Method, mean: bool, draw_seed: u64) -> Self {
        let plan = Arc::clone(state.weights.plan());
        Self {
            total: Gradient::new(Arc::clone(&plan)),
            in_shards: 0,
            products: products_of_an_example(&plan),
            reach: Reach::UNKNOWN,
            phase: match method {
                Method::Backprop => None,
                Method::Schedule(schedule) => Some(Arc::new(Phase::new(&plan, schedule))),
            },
            plan,
            state,
            method,
            mean,
            shards: Vec::new(),
            draw_seed,
            before: None,
            output_precision: 1.0,
            wrong_reverse_sign: false,
        }
    }

    /// All that the next update reads besides the batch.
    pub fn state(&self) -> &RunState<S> {
        &self.state
    }

    /// Goes on from a state of this plan that was kept, to the same bits.
    pub fn restore(&mut self, state: RunState<S>) {
        self.state = state;
        self.reach = Reach::UNKNOWN;
        self.in_shards = 0;
    }

    /// The weights.
    pub fn weights(&self) -> &Arc<Weights<S>> {
        &self.state.weights
    }

    /// How it updates.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Updates made.
    pub fn updates(&self) -> u64 {
        self.state.updates
    }

    /// The gradient that the last update applied, before the optimiser: Σ over the batch of -∂/∂θ (of a rule whose weights change
    /// in mid-phase, what came last).
    pub fn gradient(&mut self) -> &[S] {
        if self.in_shards > 0 {
            self.add_up(self.in_shards);
        }
        self.total.values()
    }

    /// The seed of the random draws of update `update`: a pure function of run seed and update.
    fn draw(&self) -> u64 {
        self.draw_seed ^ (self.state.updates + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn prepare(&mut self, rows: usize) -> usize {
        let count = rows.div_ceil(SHARD_ROWS);
        assert!(
            count <= MOST_SHARDS,
            "a batch holds at most {} examples",
            MOST_SHARDS * SHARD_ROWS
        );
        for index in 0..count {
            let missing = self.shards.get(index).is_none_or(Option::is_none);
            if missing {
                let mut shard = match self.method {
                    Method::Backprop => Shard::backprop(&self.plan, index),
                    Method::Schedule(_) => Shard::inference(&self.plan, index),
                };
                if let Work::Backprop(bp) = &mut shard.work {
                    bp.wrong_sign = self.wrong_reverse_sign;
                    bp.output_precision = self.output_precision;
                }
                if index < self.shards.len() {
                    self.shards[index] = Some(shard);
                } else {
                    self.shards.push(Some(shard));
                }
            }
        }
        count
    }

    /// One update on `batch`.
    ///
    /// # Errors
    /// Names vertex and state where a value stopped being finite, or says that the update was abandoned. The weights then stay.
    pub fn update(
        &mut self,
        pool: &Pool<S>,
        batch: &Arc<Batch<S>>,
        interrupt: &Arc<dyn Interrupt>,
    ) -> Result<UpdateReport, UpdateError> {
        let count = self.prepare(batch.rows);
        self.in_shards = count;
        let phase = self.phase.clone();
        if let Some(phase) = &phase
            && phase.applies() == Apply::AtCapture
        {
            return self.update_in_lockstep(batch, phase, count, &**interrupt);
        }
        let several = phase
            .as_ref()
            .is_some_and(|p| p.applies() == Apply::EachState);
        if several {
            // An update that fails takes every one of its steps back.
            self.keep_before();
        }
        let (rows, scale) = (batch.rows, scale(self.mean, batch.rows));
        let (mut place, mut loss) = (Place::START, None);
        loop {
            // What is done until weights change, and where that is.
            let (task, change) = match &phase {
                None => (Task::Backprop, None),
                Some(phase) => match phase.next_apply(place) {
                    Some(change) => (Task::Play(Arc::clone(phase), place), Some(change)),
                    None => break,
                },
            };
            let sum = match self.run(pool, batch, task, count, interrupt) {
                Ok(sum) => sum,
                Err(error) => {
                    if several {
                        self.take_back();
                    }
                    return Err(error);
                }
            };
            let loss = *loss.get_or_insert(sum / rows as f64);
            if !loss.is_finite() || !self.sum_is_finite(count) {
                let before = match several {
                    true => Before::Kept(change.map(|(t, _)| t)),
                    false => Before::Same,
                };
                return Err(self.diagnose(batch, loss, before));
            }
            if let Err(parameter) = self.apply_within_reach(count, scale, rows, several) {
                let t = change.filter(|_| several).map(|(t, _)| t);
                return Err(self.overflow_of(parameter, t));
            }
            match change {
                Some((_, behind)) => place = behind,
                None => break,
            }
        }
        self.state.updates += 1;
        Ok(UpdateReport {
            loss: loss.unwrap_or(f64::NAN),
        })
    }

    /// Has the shards do a task; the summed loss.
    fn run(
        &mut self,
        pool: &Pool<S>,
        batch: &Arc<Batch<S>>,
        task: Task,
        count: usize,
        interrupt: &Arc<dyn Interrupt>,
    ) -> Result<f64, UpdateError> {
        // Gone before weights change, or they would be copied.
        let assignment = Assignment {
            weights: Arc::clone(&self.state.weights),
            batch: Arc::clone(batch),
            task,
            draw: self.draw(),
            interrupt: Arc::clone(interrupt),
        };
        pool.run(&mut self.shards, count, &assignment);
        let mut loss = 0.0;
        for shard in self.shards[..count].iter().flatten() {
            if !shard.finished {
                return Err(UpdateError::Abandoned);
            }
            loss += shard.loss;
        }
        Ok(loss)
    }

    /// Adds the shards' gradients up, in order.
    fn add_up(&mut self, count: usize) -> &mut Gradient<S> {
        for (i, shard) in self.shards[..count].iter_mut().flatten().enumerate() {
            if i == 0 {
                self.total.copy(&mut shard.gradient);
            } else {
                self.total.add(&mut shard.gradient);
            }
        }
        &mut self.total
    }

    /// True if the sum of the shards' gradients is finite. It is added up only where their factors leave that open.
    fn sum_is_finite(&mut self, count: usize) -> bool {
        let mut shards = self.shards[..count].iter().flatten();
        shards.all(|shard| shard.gradient.is_tame()) || { self.add_up(count).is_finite() }
    }

    /// Applies the sum of the shards' gradients. Where weights might overflow they are looked at afterwards; if one has, all is as
    /// before, and the error is its parameter. `kept`: [`Self::keep_before`] has been called for this update.
    fn apply_within_reach(
        &mut self,
        count: usize,
        scale: f64,
        rows: usize,
        kept: bool,
    ) -> Result<(), usize> {
        let tame = S::TAME.to_f64();
        // Sums that could not be told to be finite by their factors have been added up, and are anything.
        let mut shards = self.shards[..count].iter().flatten();
        let largest = match shards.all(|shard| shard.gradient.is_tame()) {
            true => self.products * rows as f64 * tame * tame * scale,
            false => f64::INFINITY,
        };
        let limit = MOST_PRODUCTS * tame * tame;
        let optimiser = &self.state.optimiser;
        let mut ahead = optimiser.ahead(self.reach, largest);
        if !ahead.within(limit) {
            ahead = optimiser.ahead(optimiser.reach(&self.state.weights), largest);
        }
        if ahead.within(limit) {
            self.apply_sum(count, scale);
            self.reach = ahead;
            return Ok(());
        }
        if !kept {
            self.keep_before();
        }
        self.apply_sum(count, scale);
        self.reach = self.state.optimiser.reach(&self.state.weights);
        if self.reach.within(f64::MAX) {
            return Ok(());
        }
        let parameter = self.first_wild(self.state.weights.values());
        self.take_back();
        Err(parameter.unwrap_or_default())
    }

    /// The parameter nearest the output that has a number which is not finite among `numbers`, one for each weight.
    fn first_wild(&self, numbers: &[S]) -> Option<usize> {
        let parameters = &self.plan.graph.parameters;
        let wild = |p| {
            let own = &numbers[self.plan.parameter(p)];
            own.iter().any(|v| !v.is_finite())
        };
        (0..parameters.len())
            .filter(|&p| wild(p))
            .min_by_key(|&p| parameters[p].levels.0)
    }

    /// The vertex nearest the output that a parameter predicts, and the state at which its contribution is captured.
    fn place_of(&self, parameter: usize) -> (String, Option<usize>) {
        let graph = &self.plan.graph;
        let own = Some(parameter);
        let predicted = graph
            .edges
            .iter()
            .filter(|e| e.weight == own || e.bias == own)
            .map(|e| &graph.vertices[e.to])
            .min_by_key(|v| v.level);
        let t = |level| match self.method {
            Method::Backprop => None,
            Method::Schedule(s) => Some(s.capture_time(level)),
        };
        match predicted {
            Some(v) => (v.label.clone(), t(v.level)),
            None => ("a parameter".into(), None),
        }
    }

    /// Says that applying made a weight that is not finite; `moved`: at the state at which weights move in mid-phase.
    fn overflow_of(&self, parameter: usize, moved: Option<usize>) -> UpdateError {
        let (label, t) = self.place_of(parameter);
        let vertex = match moved {
            Some(_) => format!("a weight of {label}, once it has moved,"),
            None => format!("a weight of {label}, once the update is applied,"),
        };
        let t = moved.or(t);
        UpdateError::NotFinite { vertex, t }
    }

    /// Applies the sum of the shards' gradients, which is added up on the way: no pass over all parameters is spent on it.
    fn apply_sum(&mut self, count: usize, scale: f64) {
        for shard in self.shards[..count].iter_mut().flatten() {
            shard.gradient.settle();
        }
        let shards = self.shards[..count].iter().flatten();
        // Room for all there can be, since an update allocates nothing.
        let mut parts = [&self.total; MOST_SHARDS];
        for (part, shard) in parts.iter_mut().zip(shards) {
            *part = &shard.gradient;
        }
        let parts = &parts[..count];
        self.state.step(Sum { parts }, scale);
    }

    /// Keeps the state as it is before the update.
    fn keep_before(&mut self) {
        match &mut self.before {
            Some(before) => before.copy_from(&self.state),
            none => *none = Some(self.state.apart()),
        }
    }

    /// The state as it was before the update.
    fn take_back(&mut self) {
        self.reach = Reach::UNKNOWN;
        if let Some(before) = &self.before {
            self.state.copy_from(before);
        }
    }
}

/// Sums of as many products of tame numbers cannot overflow: see [`Scalar::TAME`].
const MOST_PRODUCTS: f64 = 1e12;

/// Most products that one example adds to the sum of one parameter: one for each place and each step that shares it.
fn products_of_an_example(plan: &Plan) -> f64 {
    let mut products = vec![0.0_f64; plan.graph.parameters.len()];
    for edge in &plan.graph.edges {
        let shape = plan.graph.vertices[edge.to].shape;
        for parameter in [edge.weight, edge.bias].into_iter().flatten() {
            products[parameter] += (shape.height * shape.width) as f64;
        }
    }
    products.into_iter().fold(1.0, f64::max)
}

fn scale(mean: bool, rows: usize) -> f64 {
    if mean { 1.0 / rows as f64 } else { 1.0 }
}

/// The method that a rule means for a plan.
pub fn method(
    plan: &Plan,
    rule: Rule,
    inference: impl Into<Inference>,
    conditions: &Conditions,
) -> Method {
    Schedule::of(plan, rule, &inference.into(), conditions)
        .map_or(Method::Backprop, Method::Schedule)
}
