//! Splitting a batch among threads without changing a bit.
//!
//! A batch is cut into shards of [`SHARD_ROWS`] rows, a rule that depends on the batch alone: also one thread works shard by
//! shard, and gradients are added in the order of the shards. The number of threads therefore never shows in the result.

use super::backprop::Backprop;
use super::schedule::Schedule;
use super::state::State;
use crate::network::{Gradient, Graph, Plan, Scalar, Weights};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// Rows of a shard.
pub const SHARD_ROWS: usize = 32;

/// Most shards in flight; a batch holds at most this many times [`SHARD_ROWS`] rows.
pub const MOST_SHARDS: usize = 512;

/// Asked once per inference step: lets a run be paused or abandoned in the middle of an update.
pub trait Interrupt: Send + Sync {
    /// May block while paused; false abandons the update (weights stay as they were).
    fn proceed(&self) -> bool;
}

/// Never interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uninterrupted;

impl Interrupt for Uninterrupted {
    fn proceed(&self) -> bool {
        true
    }
}

/// Goes on as long as a condition holds.
pub struct While<F>(pub F);

impl<F: Fn() -> bool + Send + Sync> Interrupt for While<F> {
    fn proceed(&self) -> bool {
        (self.0)()
    }
}

/// Examples side by side: inputs and targets row after row, in the stored order of units.
#[derive(Clone, Debug, Default)]
pub struct Batch<S> {
    /// Rows × units of the input vertex.
    pub inputs: Vec<S>,
    /// Rows × units of the output vertex.
    pub targets: Vec<S>,
    /// For sequences of different length, how many steps each row lacks at the front; empty if no row lacks any.
    pub missing: Vec<u32>,
    /// Number of examples.
    pub rows: usize,
}

impl<S> Batch<S> {
    /// Inputs, targets and missing steps of some rows.
    pub fn part(&self, plan: &Plan, rows: std::ops::Range<usize>) -> (&[S], &[S], &[u32]) {
        let (n_in, n_out) = (plan.len_of(Graph::INPUT), plan.len_of(plan.output()));
        let missing = if self.missing.is_empty() {
            &[]
        } else {
            &self.missing[rows.clone()]
        };
        (
            &self.inputs[rows.start * n_in..rows.end * n_in],
            &self.targets[rows.start * n_out..rows.end * n_out],
            missing,
        )
    }
}

/// What a shard is asked to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Forward only.
    Forward,
    /// Forward and reverse.
    Backprop,
    /// A phase of inference with its captures.
    Phase(Schedule),
    /// State 0 of incremental learning: its contributions, and Δx decided.
    Open(Schedule),
    /// Δx made, under the weights as they have become; then this state's contributions, and the next Δx decided.
    GoOn(Schedule),
}

/// The numbers a shard works on.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a shard is boxed as a whole, and there are few"
)]
pub enum Work<S> {
    /// For the backpropagation lane and for evaluation.
    Backprop(Backprop<S>),
    /// For predictive coding.
    Inference(State<S>),
}

/// Some rows of a batch with room for their activity and their share of the gradient.
#[derive(Clone, Debug)]
pub struct Shard<S> {
    /// Position among the shards.
    pub index: usize,
    /// Activity.
    pub work: Work<S>,
    /// Σ over rows of -∂/∂θ.
    pub gradient: Gradient<S>,
    /// Σ over rows of the loss at the feed-forward pass.
    pub loss: f64,
    /// False if the update was abandoned.
    pub finished: bool,
}

impl<S: Scalar> Shard<S> {
    /// A shard for backpropagation.
    pub fn backprop(plan: &Arc<Plan>, index: usize) -> Box<Self> {
        Self::new(
            plan,
            index,
            Work::Backprop(Backprop::new(Arc::clone(plan), SHARD_ROWS)),
        )
    }

    /// A shard for inference.
    pub fn inference(plan: &Arc<Plan>, index: usize) -> Box<Self> {
        Self::new(
            plan,
            index,
            Work::Inference(State::new(Arc::clone(plan), SHARD_ROWS)),
        )
    }

    fn new(plan: &Arc<Plan>, index: usize, work: Work<S>) -> Box<Self> {
        Box::new(Self {
            index,
            work,
            gradient: Gradient::of_factors(Arc::clone(plan)),
            loss: 0.0,
            finished: true,
        })
    }

    /// The rows of `batch` that are this shard's.
    pub fn rows_of(index: usize, batch: &Batch<S>) -> std::ops::Range<usize> {
        let start = index * SHARD_ROWS;
        start..(start + SHARD_ROWS).min(batch.rows)
    }

    /// Works on its rows of `batch`.
    pub fn run(
        &mut self,
        weights: &Weights<S>,
        batch: &Batch<S>,
        task: Task,
        draw: u64,
        interrupt: &dyn Interrupt,
    ) {
        let rows = Self::rows_of(self.index, batch);
        let first = rows.start;
        let (inputs, targets, missing) = batch.part(weights.plan(), rows);
        self.finished = true;
        match (&mut self.work, task) {
            (
                Work::Backprop(bp),
                Task::Forward | Task::Phase(_) | Task::Open(_) | Task::GoOn(_),
            ) => {
                bp.forward(weights, inputs, missing);
                self.loss = bp.loss(targets);
            }
            (Work::Backprop(bp), Task::Backprop) => {
                if !interrupt.proceed() {
                    self.finished = false;
                    return;
                }
                bp.forward(weights, inputs, missing);
                self.loss = bp.loss(targets);
                self.gradient.clear();
                bp.reverse(weights, targets, &mut self.gradient);
            }
            (Work::Inference(state), Task::Phase(schedule)) => {
                self.gradient.clear();
                state.follow(&schedule);
                let start = schedule.start;
                self.loss = state.begin(weights, inputs, targets, missing, start, draw, first);
                self.finished = run_phase(state, weights, &schedule, &mut self.gradient, interrupt);
            }
            (Work::Inference(state), Task::Open(schedule) | Task::GoOn(schedule)) => {
                if !interrupt.proceed() {
                    self.finished = false;
                    return;
                }
                if matches!(task, Task::Open(_)) {
                    state.follow(&schedule);
                    let start = schedule.start;
                    self.loss = state.begin(weights, inputs, targets, missing, start, draw, first);
                } else {
                    state.make_moves(weights, &schedule, true);
                }
                self.gradient.clear();
                for level in 0..weights.plan().levels.len() {
                    state.capture(level, &mut self.gradient);
                }
                state.decide_moves(weights, &schedule);
            }
            (Work::Inference(state), Task::Forward | Task::Backprop) => {
                let start = super::Start::FeedForward;
                self.loss = state.begin(weights, inputs, targets, missing, start, draw, first);
            }
        }
    }
}

/// Runs all steps of a schedule from state 0 and captures every contribution; false if abandoned.
pub fn run_phase<S: Scalar>(
    state: &mut State<S>,
    weights: &Weights<S>,
    schedule: &Schedule,
    gradient: &mut Gradient<S>,
    interrupt: &dyn Interrupt,
) -> bool {
    let plan = Arc::clone(state.plan());
    for t in 0..=schedule.steps {
        if !interrupt.proceed() {
            return false;
        }
        for level in 0..plan.levels.len() {
            if schedule.captures(level, t) {
                state.capture(level, gradient);
            }
        }
        if t < schedule.steps {
            state.step(weights, schedule);
        }
    }
    true
}

struct Job<S> {
    shard: Box<Shard<S>>,
    weights: Arc<Weights<S>>,
    batch: Arc<Batch<S>>,
    interrupt: Arc<dyn Interrupt>,
    task: Task,
    draw: u64,
}

impl<S: Scalar> Job<S> {
    /// Runs and gives back the shard, with every shared handle dropped.
    fn run(self) -> std::thread::Result<Box<Shard<S>>> {
        let Self {
            mut shard,
            weights,
            batch,
            interrupt,
            task,
            draw,
        } = self;
        catch_unwind(AssertUnwindSafe(|| {
            shard.run(&weights, &batch, task, draw, &*interrupt);
            drop((weights, batch, interrupt));
            shard
        }))
    }
}

/// Threads that work on shards. With one thread there is none but the caller's.
pub struct Pool<S: Scalar> {
    jobs: Option<Sender<Job<S>>>,
    queue: Receiver<Job<S>>,
    results: Receiver<std::thread::Result<Box<Shard<S>>>>,
    helpers: Vec<JoinHandle<()>>,
}

impl<S: Scalar> Pool<S> {
    /// A pool in which `threads` threads work, the caller's included.
    pub fn new(threads: usize) -> Self {
        let (jobs, queue) = bounded::<Job<S>>(MOST_SHARDS);
        let (done, results) = bounded(MOST_SHARDS);
        let helpers = (1..threads.max(1))
            .map(|_| {
                let (queue, done) = (queue.clone(), done.clone());
                std::thread::spawn(move || {
                    while let Ok(job) = queue.recv() {
                        if done.send(job.run()).is_err() {
                            break;
                        }
                    }
                })
            })
            .collect();
        Self {
            jobs: Some(jobs),
            queue,
            results,
            helpers,
        }
    }

    /// Threads that work, the caller's included.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Runs `task` on the first `count` shards and puts them back in order.
    ///
    /// # Panics
    /// Passes a panic of a shard on to the caller.
    pub fn run(
        &self,
        shards: &mut [Option<Box<Shard<S>>>],
        count: usize,
        weights: &Arc<Weights<S>>,
        batch: &Arc<Batch<S>>,
        task: Task,
        draw: u64,
        interrupt: &Arc<dyn Interrupt>,
    ) {
        if self.helpers.is_empty() || count == 1 {
            for shard in shards[..count].iter_mut().flatten() {
                shard.run(weights, batch, task, draw, &**interrupt);
            }
            return;
        }
        let mut sent = 0;
        for slot in &mut shards[..count] {
            if let (Some(jobs), Some(shard)) = (&self.jobs, slot.take()) {
                let job = Job {
                    shard,
                    weights: Arc::clone(weights),
                    batch: Arc::clone(batch),
                    interrupt: Arc::clone(interrupt),
                    task,
                    draw,
                };
                if jobs.send(job).is_ok() {
                    sent += 1;
                }
            }
        }
        let mut panic = None;
        let mut put_back = |result: std::thread::Result<Box<Shard<S>>>| match result {
            Ok(shard) => {
                let index = shard.index;
                shards[index] = Some(shard);
            }
            Err(payload) => panic = Some(payload),
        };
        let mut back = 0;
        while let Ok(job) = self.queue.try_recv() {
            put_back(job.run());
            back += 1;
        }
        while back < sent {
            let Ok(result) = self.results.recv() else {
                break;
            };
            put_back(result);
            back += 1;
        }
        if let Some(payload) = panic {
            resume_unwind(payload);
        }
    }
}

impl<S: Scalar> Drop for Pool<S> {
    fn drop(&mut self) {
        self.jobs = None;
        for helper in self.helpers.drain(..) {
            // A helper's panic has already reached the caller of `run`.
            let _ = helper.join();
        }
    }
}
