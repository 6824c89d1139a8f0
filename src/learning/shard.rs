//! Splitting a batch among threads without changing a bit.
//!
//! A batch is cut into shards of [`SHARD_ROWS`] rows, a rule that depends on the batch alone: also one thread works shard by
//! shard, and gradients are added in the order of the shards. The number of threads therefore never shows in the result.

use super::backprop::Backprop;
use super::phase::{Deed, Parameters, Phase, Place};
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

/// Some rows of a batch, as a forward pass or a phase begins with them.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a, S> {
    /// Inputs, row after row.
    pub inputs: &'a [S],
    /// Targets, row after row.
    pub targets: &'a [S],
    /// How many steps each row lacks at its front; empty if none lacks any.
    pub missing: &'a [u32],
    /// The number of the first row within its batch, so that a batch draws the same numbers however it is cut.
    pub first_row: usize,
}

impl<'a, S> Examples<'a, S> {
    /// A batch of their own, of which no row lacks a step.
    pub fn of(inputs: &'a [S], targets: &'a [S]) -> Self {
        Self {
            inputs,
            targets,
            missing: &[],
            first_row: 0,
        }
    }
}

impl<S> Batch<S> {
    /// Some of its rows.
    pub fn part(&self, plan: &Plan, rows: std::ops::Range<usize>) -> Examples<'_, S> {
        let (n_in, n_out) = (plan.len_of(Graph::INPUT), plan.len_of(plan.output()));
        let missing = if self.missing.is_empty() {
            &[]
        } else {
            &self.missing[rows.clone()]
        };
        Examples {
            inputs: &self.inputs[rows.start * n_in..rows.end * n_in],
            targets: &self.targets[rows.start * n_out..rows.end * n_out],
            missing,
            first_row: rows.start,
        }
    }

    /// All of its rows.
    pub fn whole(&self) -> Examples<'_, S> {
        Examples {
            inputs: &self.inputs,
            targets: &self.targets,
            missing: &self.missing,
            first_row: 0,
        }
    }
}

/// What a shard is asked to do.
#[derive(Clone, Debug)]
pub enum Task {
    /// Forward only.
    Forward,
    /// Forward and reverse.
    Backprop,
    /// A phase of inference from a place on, until its weights are to change or it ends.
    Play(Arc<Phase>, Place),
}

/// A task with all that shards read who do it.
#[derive(Clone)]
pub struct Assignment<S: Scalar> {
    /// θ.
    pub weights: Arc<Weights<S>>,
    /// The rows.
    pub batch: Arc<Batch<S>>,
    /// What to do with them.
    pub task: Task,
    /// Seeds random starts and noise.
    pub draw: u64,
    /// Asked once per state.
    pub interrupt: Arc<dyn Interrupt>,
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

    /// Does its part of an assignment.
    pub fn run(&mut self, assignment: &Assignment<S>) {
        let Assignment {
            weights,
            batch,
            task,
            draw,
            interrupt,
        } = assignment;
        let examples = batch.part(weights.plan(), Self::rows_of(self.index, batch));
        self.finished = true;
        match (&mut self.work, task) {
            (Work::Backprop(bp), Task::Forward | Task::Play(..)) => {
                bp.forward(weights, examples.inputs, examples.missing);
                self.loss = bp.loss(examples.targets);
            }
            (Work::Backprop(bp), Task::Backprop) => {
                if !interrupt.proceed() {
                    self.finished = false;
                    return;
                }
                bp.forward(weights, examples.inputs, examples.missing);
                self.loss = bp.loss(examples.targets);
                self.gradient.clear();
                bp.reverse(weights, examples.targets, &mut self.gradient);
            }
            (Work::Inference(state), Task::Play(phase, place)) => {
                if *place == Place::START {
                    self.gradient.clear();
                    state.follow(phase.schedule());
                    self.loss = state.begin(weights, examples, phase.schedule().start, *draw);
                }
                let gradient = &mut self.gradient;
                self.finished = play(phase, *place, state, weights, gradient, &**interrupt);
            }
            (Work::Inference(state), Task::Forward | Task::Backprop) => {
                self.loss = state.begin(weights, examples, super::Start::FeedForward, *draw);
            }
        }
    }
}

/// Does the deeds of a phase from a place on, until weights are to change or the phase ends; false if it was interrupted.
pub fn play<S: Scalar>(
    phase: &Phase,
    from: Place,
    state: &mut State<S>,
    weights: &Weights<S>,
    gradient: &mut Gradient<S>,
    interrupt: &dyn Interrupt,
) -> bool {
    for deed in phase.from(from) {
        match deed {
            Deed::State(_) if !interrupt.proceed() => return false,
            Deed::State(_) => {}
            Deed::Forget(Parameters::All) => gradient.clear(),
            Deed::Forget(Parameters::These(some)) => some.iter().for_each(|&p| gradient.forget(p)),
            Deed::Capture(level) => state.capture(level, gradient),
            Deed::Apply(_) => break,
            moves => state.go(moves, weights, phase.schedule()),
        }
    }
    true
}

struct Job<S: Scalar> {
    shard: Box<Shard<S>>,
    assignment: Assignment<S>,
}

impl<S: Scalar> Job<S> {
    /// Runs and gives back the shard, with every shared handle dropped.
    fn run(self) -> std::thread::Result<Box<Shard<S>>> {
        let Self {
            mut shard,
            assignment,
        } = self;
        catch_unwind(AssertUnwindSafe(|| {
            shard.run(&assignment);
            drop(assignment);
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

    /// Has the first `count` shards do an assignment, and puts them back in order.
    ///
    /// # Panics
    /// Passes a panic of a shard on to the caller.
    pub fn run(
        &self,
        shards: &mut [Option<Box<Shard<S>>>],
        count: usize,
        assignment: &Assignment<S>,
    ) {
        if self.helpers.is_empty() || count == 1 {
            for shard in shards[..count].iter_mut().flatten() {
                shard.run(assignment);
            }
            return;
        }
        let mut sent = 0;
        for slot in &mut shards[..count] {
            if let (Some(jobs), Some(shard)) = (&self.jobs, slot.take()) {
                let assignment = assignment.clone();
                if jobs.send(Job { shard, assignment }).is_ok() {
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
