//! A session: one experiment at work, its microscope and its race, each on a thread of its own, or both in step with the caller.
//!
//! Commands go in by bounded channels and are never dropped; snapshots come out by latest-wins slots that are only filled
//! when the last one was taken. The caller never waits for the engine, nor the engine for the caller.

mod racer;
mod scope;

pub use scope::{LIMIT_EXAMPLES, ScopeView};

use super::file::{Dtype, Experiment, ExperimentError};
use super::race::{LaneFailure, LaneKind, Part, Prediction, Score, Setup, load_data};
use super::series::Series;
use super::standing::Standing;
use crate::data::Dataset;
use crate::learning::{Conditions, Distance, Inference, Interrupt, Rule, Uninterrupted};
use crate::network::{Plan, Scalar, Weights};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use racer::{RaceCore, Racer};
use scope::{Scope, ScopeCore};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Locks, taking over what a panicked holder left: slots hold whole values only.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the microscope can be told.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a few hundred bytes per user action are not worth a box"
)]
pub enum ScopeCommand {
    /// Compute the next state.
    Advance,
    /// Compute states up to t.
    RunTo(usize),
    /// Start again at state 0.
    Restart,
    /// Look at another example.
    Example(usize),
    /// Look at an input made by hand.
    Draw(Arc<Drawn>),
    /// Infer by another rule.
    Rule {
        /// The rule.
        rule: Rule,
        /// Inference of IL and its kin.
        inference: Inference,
        /// The conditions of Z-IL.
        conditions: Conditions,
        /// α of the compared update.
        rate: f64,
    },
    /// Take the weights from another lane of the race.
    Lane(LaneKind),
    /// Work out what each switch does, now and after every change.
    Switches(bool),
    /// Work out what the network says all over the plane of its two inputs, now and after every change of weights.
    Plane(bool),
    /// Work out the limit of γ, now (on threads of its own the session does so whenever it rests).
    Stability,
}

/// An input made by hand, with what it is meant to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Values in the layout of the data set (channel, row, column).
    pub input: Vec<f64>,
    /// The class it is meant as.
    pub label: usize,
    /// Of a sequence, the steps it lacks at its front.
    pub missing: u32,
}

/// What the race can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum RaceCommand {
    /// Train on.
    Run,
    /// Train up to this update.
    RunUntil(u64),
    /// Tick or untick a lane, from the next update on.
    Active(LaneKind, bool),
    /// Score the whole test part and keep the predictions of this lane.
    Browse(LaneKind),
    /// Back to the initial state.
    Reset,
}

/// A race command with the update after which it took effect: with the experiment file, all a run depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct JournalEntry {
    /// Updates made before it.
    pub update: u64,
    /// The command.
    pub command: RaceCommand,
}

/// One lane, as views see it.
#[derive(Clone, Debug)]
pub struct LaneSnapshot {
    /// Which.
    pub kind: LaneKind,
    /// Ticked.
    pub active: bool,
    /// Why it stopped.
    pub failure: Option<LaneFailure>,
    /// Updates made.
    pub updates: u64,
    /// Batch loss before each update.
    pub loss: Series,
    /// Accuracy on the fixed part of the test examples.
    pub accuracy: Series,
    /// … of the validation examples.
    pub validation: Series,
    /// … of the training examples.
    pub training: Series,
    /// Relative distance to BP's weights.
    pub distance: Series,
    /// Last comparison with BP's weights; whether it is of the weights as they are, `standing` says.
    pub apart: Option<Distance>,
    /// How the weights as they are stand beside BP's.
    pub standing: Standing,
    /// Updates after which they were compared.
    pub compared: u64,
    /// Updates after which some bit differed from BP, of those.
    pub differing_updates: u64,
    /// Median milliseconds per update.
    pub median_ms: f64,
    /// Own compute time in seconds.
    pub seconds: f64,
    /// Matrix products per update.
    pub products: usize,
    /// Last scores.
    pub scores: Vec<(u64, Part, Score)>,
}

/// What the race is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RaceState {
    /// Waiting; nothing or something trained.
    #[default]
    Idle,
    /// Training.
    Running,
    /// Paused in the middle of an update.
    Paused,
    /// The engine failed; the message says how.
    Failed(String),
}

/// The race, as views see it.
#[derive(Clone, Debug, Default)]
pub struct RaceSnapshot {
    /// Updates made.
    pub update: u64,
    /// Updates of one epoch.
    pub updates_per_epoch: u64,
    /// What it is doing.
    pub state: RaceState,
    /// The lanes.
    pub lanes: Vec<LaneSnapshot>,
    /// Weights and biases.
    pub parameters: usize,
    /// Threads that work.
    pub threads: usize,
    /// Examples of the fixed part that accuracies during training are taken on.
    pub scored: usize,
    /// The last predictions kept: lane, update, and one per test example looked at.
    pub predictions: Option<(LaneKind, u64, Arc<Vec<Prediction>>)>,
    /// Everything told to this run.
    pub journal: Vec<JournalEntry>,
}

/// How many examples of each part are scored during training.
pub const SCORED: usize = 1000;

/// Updates between two scorings.
pub const SCORE_EVERY: u64 = 50;

/// A lane, how many updates it had made, and its weights then.
type HandedOver<S> = (LaneKind, u64, Arc<Weights<S>>);

/// Weights that travel from the race to the microscope.
struct Handover<S> {
    lanes: Mutex<Vec<HandedOver<S>>>,
    wanted: AtomicBool,
    version: AtomicU64,
}

/// Pauses and stops a race in the middle of an update.
#[derive(Default)]
pub struct Control {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Control {
    fn set(&self, edit: impl FnOnce(&mut (bool, bool))) {
        edit(&mut lock(&self.state));
        self.changed.notify_all();
    }

    /// Paused at this moment.
    pub fn paused(&self) -> bool {
        lock(&self.state).0
    }
}

impl Interrupt for Control {
    fn proceed(&self) -> bool {
        let mut state = lock(&self.state);
        while state.0 && !state.1 {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        !state.1
    }
}

/// A latest-wins slot: the producer fills it only when the consumer has taken the last value.
struct Slot<T> {
    value: Mutex<Option<T>>,
    taken: AtomicBool,
    /// Called after the slot was filled.
    wake: OnceLock<Wake>,
}

/// Tells a consumer that sleeps that there is something to take. Called on the engine's threads.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

impl<T> Slot<T> {
    fn new() -> Self {
        Self {
            value: Mutex::new(None),
            taken: AtomicBool::new(true),
            wake: OnceLock::new(),
        }
    }

    /// Fills the slot; `force` also when nobody has taken the last value.
    fn offer(&self, force: bool, make: impl FnOnce() -> T) {
        if force || self.taken.swap(false, Ordering::AcqRel) {
            let value = make();
            self.taken.store(false, Ordering::Release);
            *lock(&self.value) = Some(value);
            if let Some(wake) = self.wake.get() {
                wake();
            }
        }
    }

    fn take(&self) -> Option<T> {
        let value = lock(&self.value).take();
        if value.is_some() {
            self.taken.store(true, Ordering::Release);
        }
        value
    }
}

enum Runner {
    /// Threads of their own.
    Threads {
        scope: Sender<ScopeCommand>,
        race: Sender<RaceCommand>,
        handles: Vec<JoinHandle<()>>,
    },
    /// In step with the caller: commands are carried out at once (screenshots, tests).
    InStep {
        scope: Box<dyn ScopeCore>,
        race: Box<dyn RaceCore>,
    },
}

/// One experiment at work.
pub struct Session {
    /// The experiment, as it runs.
    pub experiment: Experiment,
    /// Its data.
    pub data: Dataset,
    /// Its network.
    pub plan: Arc<Plan>,
    runner: Runner,
    control: Arc<Control>,
    made: Arc<AtomicU64>,
    scope_slot: Arc<Slot<ScopeView>>,
    race_slot: Arc<Slot<RaceSnapshot>>,
    scope_failed: Option<String>,
}

/// How a session runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On threads of its own; the race takes this many more for its shards.
    Threads(usize),
    /// In step with the caller.
    InStep,
}

impl Session {
    /// Starts an experiment: loads its data, builds its network, and leaves the microscope at state 0.
    ///
    /// # Errors
    /// One line saying what does not fit. Nothing is started then.
    pub fn start(experiment: Experiment, mode: Mode) -> Result<Self, ExperimentError> {
        let data = load_data(&experiment)?;
        Self::start_on(experiment, data, mode)
    }

    /// Starts an experiment on data already loaded.
    ///
    /// # Errors
    /// See [`Session::start`].
    pub fn start_on(
        experiment: Experiment,
        data: Dataset,
        mode: Mode,
    ) -> Result<Self, ExperimentError> {
        match experiment.dtype {
            Dtype::F32 => Ok(Self::with(Setup::<f32>::new(experiment, data)?, mode)),
            Dtype::F64 => Ok(Self::with(Setup::<f64>::new(experiment, data)?, mode)),
        }
    }

    fn with<S: Scalar>(setup: Setup<S>, mode: Mode) -> Self {
        let setup = Arc::new(setup);
        let handover = Arc::new(Handover {
            lanes: Mutex::new(Vec::new()),
            wanted: AtomicBool::new(true),
            version: AtomicU64::new(0),
        });
        let control = Arc::new(Control::default());
        let made = Arc::new(AtomicU64::new(0));
        let scope_slot = Arc::new(Slot::new());
        let race_slot = Arc::new(Slot::new());
        let threads = match mode {
            Mode::Threads(n) => n,
            Mode::InStep => 1,
        };
        let kinds = LaneKind::with(
            &[LaneKind::Bp, LaneKind::Zil, LaneKind::Il],
            setup.experiment.learning.rule,
        );
        let scope: Box<dyn ScopeCore> =
            Box::new(Scope::new(Arc::clone(&setup), Arc::clone(&handover)));
        let race: Box<dyn RaceCore> = Box::new(Racer::new(
            Arc::clone(&setup),
            &kinds,
            threads,
            Arc::clone(&handover),
            mode != Mode::InStep,
        ));
        scope_slot.offer(true, || scope.view());
        race_slot.offer(true, || race.snapshot());
        let runner = match mode {
            Mode::InStep => Runner::InStep { scope, race },
            Mode::Threads(_) => {
                let (scope_commands, scope_queue) = bounded(256);
                let (race_commands, race_queue) = bounded(256);
                let handles = vec![
                    spawn("microscope", {
                        let slot = Arc::clone(&scope_slot);
                        move || scope_loop(scope, &scope_queue, &slot)
                    }),
                    spawn("race", {
                        let (slot, control) = (Arc::clone(&race_slot), Arc::clone(&control));
                        let made = Arc::clone(&made);
                        let wanted = Arc::clone(&handover);
                        move || {
                            race_loop(race, &race_queue, &slot, &control, &made, &move || {
                                wanted.wanted.swap(false, Ordering::AcqRel)
                            })
                        }
                    }),
                ];
                Runner::Threads {
                    scope: scope_commands,
                    race: race_commands,
                    handles: handles.into_iter().flatten().collect(),
                }
            }
        };
        Self {
            experiment: setup.experiment.clone(),
            data: setup.data.clone(),
            plan: Arc::clone(&setup.plan),
            runner,
            control,
            made,
            scope_slot,
            race_slot,
            scope_failed: None,
        }
    }

    /// Tells the microscope something.
    pub fn scope(&mut self, command: ScopeCommand) {
        match &mut self.runner {
            Runner::Threads { scope, .. } => {
                if scope.send(command).is_err() {
                    self.scope_failed = Some("the microscope's thread has ended".into());
                }
            }
            Runner::InStep { scope, .. } => {
                scope.command(command);
                self.scope_slot.offer(true, || scope.view());
            }
        }
    }

    /// Tells the race something. In step with the caller, [`RaceCommand::RunUntil`] returns when the update is reached.
    pub fn race(&mut self, command: RaceCommand) {
        match &mut self.runner {
            Runner::Threads { race, .. } => {
                let resume = matches!(command, RaceCommand::Run | RaceCommand::RunUntil(_));
                if command == RaceCommand::Reset {
                    self.control.set(|s| *s = (false, true));
                }
                // A full queue means 256 commands in one frame; the engine takes them in order, none is dropped.
                let _ = race.send(command);
                if resume {
                    self.control.set(|s| s.0 = false);
                }
            }
            Runner::InStep { scope, race } => {
                let interrupt: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
                race.command(command.clone());
                if let RaceCommand::RunUntil(update) = command {
                    while race.updates() < update && race.any_running() && race.update(&interrupt) {
                    }
                }
                race.hand_over();
                if scope.follow() {
                    self.scope_slot.offer(true, || scope.view());
                }
                self.race_slot.offer(true, || race.snapshot());
            }
        }
    }

    /// Updates made so far, without taking a snapshot.
    pub fn updates_made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Pauses the race at its next inference step, or lets it go on.
    pub fn pause_race(&self, paused: bool) {
        self.control.set(|s| s.0 = paused);
    }

    /// True while the race is paused.
    pub fn race_paused(&self) -> bool {
        self.control.paused()
    }

    /// From now on `wake` is called whenever there is something new to take. Only the first such wish counts.
    pub fn wake_by(&self, wake: &Wake) {
        let _ = self.scope_slot.wake.set(Arc::clone(wake));
        let _ = self.race_slot.wake.set(Arc::clone(wake));
    }

    /// The newest view of the microscope, if there is one not yet taken.
    pub fn take_scope(&self) -> Option<ScopeView> {
        self.scope_slot.take()
    }

    /// The newest view of the race, if there is one not yet taken.
    pub fn take_race(&self) -> Option<RaceSnapshot> {
        self.race_slot.take().map(|mut r: RaceSnapshot| {
            if r.state == RaceState::Running && self.control.paused() {
                r.state = RaceState::Paused;
            }
            r
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.control.set(|s| *s = (false, true));
        if let Runner::Threads {
            scope,
            race,
            handles,
        } = &mut self.runner
        {
            // Dropping the senders ends both loops; closed receivers below would do the same.
            *scope = bounded(0).0;
            *race = bounded(0).0;
            for handle in handles.drain(..) {
                let _ = handle.join();
            }
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .ok()
}

/// What a panic said.
fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}

fn scope_loop(
    mut scope: Box<dyn ScopeCore>,
    queue: &Receiver<ScopeCommand>,
    slot: &Slot<ScopeView>,
) {
    loop {
        let first = match queue.recv_timeout(Duration::from_millis(60)) {
            Ok(command) => Some(command),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let result = catch_unwind(AssertUnwindSafe(|| {
            let mut changed = first.is_none() && scope.rest();
            let mut next = first;
            while let Some(command) = next {
                // Slider moves coalesce: only the last of a row of settings is carried out.
                let following = queue.try_recv().ok();
                let superseded = matches!(
                    (&command, &following),
                    (ScopeCommand::Rule { .. }, Some(ScopeCommand::Rule { .. }))
                        | (ScopeCommand::Example(_), Some(ScopeCommand::Example(_)))
                        | (ScopeCommand::Draw(_), Some(ScopeCommand::Draw(_)))
                );
                if !superseded {
                    scope.command(command);
                    changed = true;
                }
                next = following;
            }
            scope.follow() || changed
        }));
        match result {
            Ok(true) => slot.offer(true, || scope.view()),
            Ok(false) => {}
            Err(payload) => {
                let text = panic_text(&*payload);
                let _ = catch_unwind(AssertUnwindSafe(|| scope.command(ScopeCommand::Restart)));
                slot.offer(true, || ScopeView {
                    failed: Some(text),
                    ..scope.view()
                });
            }
        }
    }
}

fn race_loop(
    mut race: Box<dyn RaceCore>,
    queue: &Receiver<RaceCommand>,
    slot: &Slot<RaceSnapshot>,
    control: &Arc<Control>,
    made: &AtomicU64,
    weights_wanted: &dyn Fn() -> bool,
) {
    let interrupt: Arc<dyn Interrupt> = Arc::clone(control) as Arc<dyn Interrupt>;
    let mut until = 0;
    let publish = |race: &dyn RaceCore, state: RaceState, force: bool| {
        slot.offer(force, || RaceSnapshot {
            state,
            ..race.snapshot()
        });
    };
    loop {
        let idle = race.updates() >= until || !race.any_running();
        let command = if idle {
            match queue.recv() {
                Ok(command) => Some(command),
                Err(_) => return,
            }
        } else {
            match queue.try_recv() {
                Ok(command) => Some(command),
                Err(crossbeam_channel::TryRecvError::Empty) => None,
                Err(crossbeam_channel::TryRecvError::Disconnected) => return,
            }
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if let Some(command) = command {
                match command {
                    RaceCommand::Run => until = u64::MAX,
                    RaceCommand::RunUntil(update) => until = update,
                    RaceCommand::Reset => {
                        until = 0;
                        control.set(|s| *s = (false, false));
                    }
                    RaceCommand::Active(..) | RaceCommand::Browse(_) => {}
                }
                race.command(command);
                race.hand_over();
                return true;
            }
            let kept = race.update(&interrupt);
            made.store(race.updates(), Ordering::Relaxed);
            if weights_wanted() {
                race.hand_over();
            }
            if !kept {
                until = 0;
            }
            kept
        }));
        match outcome {
            Ok(_) => {
                let done = race.updates() >= until || !race.any_running();
                if done {
                    race.hand_over();
                }
                publish(
                    &*race,
                    if done {
                        RaceState::Idle
                    } else {
                        RaceState::Running
                    },
                    done,
                );
            }
            Err(payload) => {
                until = 0;
                let text = panic_text(&*payload);
                publish(&*race, RaceState::Failed(text), true);
            }
        }
    }
}
