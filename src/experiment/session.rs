//! A session: one experiment at work, its microscope and its race, each on a thread of its own, or both in step with the caller.
//!
//! What the microscope is to show is one desired state in a slot where the newest counts; what the race is told waits in a row in
//! which commands of one kind become one. Neither ever blocks. Snapshots come out by latest-wins slots that are only filled when
//! the last one was taken. The caller never waits for the engine, nor the engine for the caller: also a session that is dropped
//! ends by itself, within a few steps of its work.

mod again;
mod answerer;
mod aside;
mod beside;
#[cfg(test)]
mod beside_test;
mod captures;
mod control;
mod desk;
#[cfg(test)]
mod keep_test;
mod parked;
mod pause;
mod racer;
mod reopen;
#[cfg(test)]
mod runs_test;
mod scope;
#[cfg(test)]
mod tests;
mod wish;

pub use answerer::{Answerer, Present};
pub use aside::Aside;
pub use beside::Beside;
pub use captures::Capturer;
pub use control::Control;
pub use desk::Work;
pub use parked::{KeptRun, MOST_RUNS};
pub use pause::{LIMIT_EVERY, Met, PauseWhen, Reached, Watched};
pub use scope::ScopeView;
pub use wish::{Drawn, ScopeCommand, Wish};

use super::era::{Change, Era};
use super::estimate;
use super::file::{Dtype, Experiment, ExperimentError};
use super::fitted::Fitted;
use super::frames::{FRAME_BUDGET, Frames, Stored};
use super::keep_run::Captured;
use super::lane::{LaneId, LaneSpec};
use super::loading::load_data;
use super::microscope::MicroscopeSnapshot;
use super::order::Epochs;
use super::race::LaneFailure;
use super::score::{Prediction, Score};
use super::series::Series;
use super::setup::Setup;
use super::standing::Standing;
use crate::data::{Dataset, Part, memory};
use crate::learning::{Distance, Interrupt, RunState, Uninterrupted};
use crate::network::{Plan, Scalar};
use beside::Runs;
use captures::Captures;
use desk::Desk;
use racer::{RaceCore, Racer};
use reopen::Opened;
use scope::{Scope, ScopeCore};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Locks, taking over what a panicked holder left: slots hold whole values only.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the race can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum RaceCommand {
    /// Train on.
    Run,
    /// Train up to this update.
    RunUntil(u64),
    /// Train up to this update, which is the last: what came of it is scored on the test part.
    RunToEnd(u64),
    /// A run that goes on, paused or not, does so up to this update at most, as [`RaceCommand::RunToEnd`]; without one, it has no end.
    EndAt(Option<u64>),
    /// Score the whole test part now.
    ScoreTest,
    /// Tick or untick a lane, from the next update on.
    Active(LaneId, bool),
    /// Score the whole of this part and keep the predictions of this lane on it.
    Browse(LaneId, Part),
    /// Back to the initial state.
    Reset,
    /// Goes on with the settings of this experiment, from the next update on. What no run can take up is ignored (see
    /// [`Experiment::takes_up`]).
    Edit(Box<Experiment>),
    /// Goes on from the weights after this update, in a run of its own, with these settings if they are given: the present one is kept
    /// as it is. Where that cannot be, nothing changes (see [`RaceSnapshot::refused`]).
    Branch(u64, Option<Box<Experiment>>),
    /// Goes on with a run that was kept, by its name: the present one is kept in its place.
    Take(char),
    /// Closes a run that was kept; it can be opened again until several others have been closed.
    Close(char),
    /// Keeps a run again that was closed, where there is room for it.
    Reopen(char),
    /// Pauses after the update that first meets one of these; without any, never by itself.
    PauseWhen(Vec<PauseWhen>),
    /// Somebody waits for the run as it is now (see [`Capturer`]).
    Capture,
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
    /// What it is.
    pub spec: Arc<LaneSpec>,
    /// Ticked.
    pub active: bool,
    /// Why it stopped.
    pub failure: Option<LaneFailure>,
    /// Updates made.
    pub updates: u64,
    /// Batch loss before each update.
    pub loss: Series,
    /// Accuracy on the test examples, whenever they were scored; R² where targets are values.
    pub accuracy: Series,
    /// … on the fixed part of the validation examples.
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
    /// Updates made with settings by which they do not equal BP's in real arithmetic.
    pub unlike: u64,
    /// Median milliseconds per update.
    pub median_ms: f64,
    /// Own compute time in seconds.
    pub seconds: f64,
    /// Matrix products per update.
    pub products: usize,
    /// Matrix products so far.
    pub worked: u64,
    /// Last scores, each with the update that it is of. That of the test part may be of an earlier one than the others.
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
    /// Updates of one epoch, with batches as they are now.
    pub updates_per_epoch: u64,
    /// Which updates epochs end with.
    pub epochs: Epochs,
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
    pub predictions: Option<(LaneId, u64, Arc<Vec<Prediction>>)>,
    /// The lane and part whose predictions are kept.
    pub browsed: Option<(LaneId, Part)>,
    /// The last answers kept, where targets are values.
    pub fitted: Option<Arc<Fitted>>,
    /// Everything told to this run.
    pub journal: Arc<Vec<JournalEntry>>,
    /// What is kept of the updates made.
    pub stored: Stored,
    /// The settings of the next update.
    pub experiment: Option<Arc<Experiment>>,
    /// When settings were changed, and which.
    pub edits: Arc<Vec<(u64, Vec<Change>)>>,
    /// How many branches could not be made.
    pub refused: u64,
    /// The conditions that it was paused by last.
    pub reached: Option<Reached>,
    /// The name of the run.
    pub name: char,
    /// The run that it branched off, and behind which update.
    pub from: Option<(char, u64)>,
    /// Runs that were left and are kept, in the order of their names.
    pub kept: Arc<Vec<KeptRun>>,
    /// Runs that were closed and can be opened again, the last first.
    pub closed: Arc<Vec<KeptRun>>,
}

impl RaceSnapshot {
    /// What a lane is called on screen.
    pub fn label<'a>(&'a self, lane: &'a LaneId) -> &'a str {
        let known = self.lanes.iter().find(|l| l.spec.id == *lane);
        known.map_or(lane.name(), |l| &l.spec.label)
    }
}

/// How many examples of each part are scored during training.
pub const SCORED: usize = 1000;

/// Updates between two scorings.
pub const SCORE_EVERY: u64 = 50;

/// A lane, and the state of its run.
type HandedOver<S> = (LaneId, RunState<S>);

/// Weights that travel from the race to the microscope.
struct Handover<S> {
    lanes: Mutex<Vec<HandedOver<S>>>,
    /// What lanes were like before.
    frames: Mutex<Frames<S>>,
    /// Which runs there are.
    runs: Mutex<Runs<S>>,
    wanted: AtomicBool,
    version: AtomicU64,
}

/// A latest-wins slot: the producer fills it only when the consumer has taken the last value.
struct Slot<T> {
    value: Mutex<Option<T>>,
    taken: AtomicBool,
    /// Called after the slot was filled.
    wake: OnceLock<Wake>,
}

/// What there is to take, for a consumer that sleeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// All that was asked for: somebody waits for it.
    Answer,
    /// A step on the way, or what nobody asked for.
    Passing,
}

/// Tells a consumer that sleeps that there is something to take. Called on the engine's threads.
pub type Wake = Arc<dyn Fn(News) + Send + Sync>;

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
            self.put(News::Passing, make());
        }
    }

    /// Fills the slot, whether anybody has taken the last value or not.
    fn put(&self, news: News, value: T) {
        self.taken.store(false, Ordering::Release);
        *lock(&self.value) = Some(value);
        self.wake(news);
    }

    /// Tells the consumer to look.
    fn wake(&self, news: News) {
        if let Some(wake) = self.wake.get() {
            wake(news);
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

/// The two cores in step with the caller: what they are told is carried out at once (screenshots, tests).
struct InStep {
    scope: Box<dyn ScopeCore>,
    race: Box<dyn RaceCore>,
    /// What the microscope is asked for ends early once this says so.
    interrupt: Arc<dyn Interrupt>,
}

/// One experiment at work.
pub struct Session {
    /// The experiment, as it runs.
    pub experiment: Experiment,
    /// Its data.
    pub data: Dataset,
    /// Its network.
    pub plan: Arc<Plan>,
    /// None where they have threads of their own.
    in_step: Option<InStep>,
    desk: Arc<Desk>,
    control: Arc<Control>,
    made: Arc<AtomicU64>,
    scope_slot: Arc<Slot<ScopeView>>,
    race_slot: Arc<Slot<RaceSnapshot>>,
    answerer: Arc<dyn Answerer>,
    aside: Arc<dyn aside::LooksAside>,
    captures: Arc<Captures>,
    /// The folder that it was opened from, with where somebody was looking.
    pub reopened: Option<(PathBuf, Value)>,
    /// A recording of its experiment, by the name of its file.
    pub recorded: Option<(String, Arc<MicroscopeSnapshot>)>,
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
            Dtype::F32 => Ok(Self::with(setup::<f32>(experiment, data)?, mode)),
            Dtype::F64 => Ok(Self::with(setup::<f64>(experiment, data)?, mode)),
        }
    }

    fn with<S: Scalar>(setup: Setup<S>, mode: Mode) -> Self {
        Self::with_past(Arc::new(setup), None, mode)
    }

    fn with_past<S: Scalar>(setup: Arc<Setup<S>>, opened: Option<Opened<S>>, mode: Mode) -> Self {
        let handover = Arc::new(Handover {
            lanes: Mutex::new(Vec::new()),
            frames: Mutex::new(Frames::new(frame_budget(), Era::first(Arc::clone(&setup)))),
            runs: Mutex::default(),
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
        let past = opened.as_ref().map(|opened| &opened.past);
        let in_race = past.filter(|past| past.race.is_some());
        let lanes = LaneSpec::raced(in_race.map_or(&setup.experiment, |p| &p.begun.experiment));
        let first = scope::first_wish(&setup);
        let desk = Arc::new(Desk::new(first.clone()));
        let scope: Box<dyn ScopeCore> =
            Box::new(Scope::new(Arc::clone(&setup), first, Arc::clone(&handover)));
        let begun = past.map_or(&setup, |past| &past.begun);
        let mut racer = Racer::new(
            Arc::clone(begun),
            lanes,
            threads,
            Arc::clone(&handover),
            mode != Mode::InStep,
        );
        let captures = Arc::new(Captures::of(racer.bytes()));
        if let Some(opened) = opened {
            made.store(opened.past.update, Ordering::Relaxed);
            racer.open(opened);
        }
        let race: Box<dyn RaceCore> = Box::new(racer);
        let view = scope.view(0, true);
        let shown = Arc::clone(&view.microscope);
        scope_slot.offer(true, || view);
        race_slot.offer(true, || race.snapshot());
        let in_step = match mode {
            Mode::InStep => Some(InStep {
                scope,
                race,
                interrupt: never(),
            }),
            Mode::Threads(_) => {
                spawn("microscope", {
                    let (desk, slot) = (Arc::clone(&desk), Arc::clone(&scope_slot));
                    let control = Arc::clone(&control);
                    move || scope::work(scope, shown, &desk, &slot, &control)
                });
                spawn("race", {
                    let (slot, control) = (Arc::clone(&race_slot), Arc::clone(&control));
                    let (made, desk) = (Arc::clone(&made), Arc::clone(&desk));
                    let (handover, captures) = (Arc::clone(&handover), Arc::clone(&captures));
                    move || {
                        let wanted = || handover.wanted.swap(false, Ordering::AcqRel);
                        racer::work(race, &control, (&slot, &captures), &made, &wanted, &desk);
                    }
                });
                None
            }
        };
        let (experiment, data) = (setup.experiment.clone(), setup.data.clone());
        let plan = Arc::clone(&setup.plan);
        let of_race = Arc::new(answerer::OfRace { setup, handover });
        Self {
            experiment,
            data,
            plan,
            in_step,
            desk,
            control,
            made,
            scope_slot,
            race_slot,
            answerer: Arc::clone(&of_race) as _,
            aside: of_race,
            captures,
            reopened: None,
            recorded: None,
        }
    }

    /// Who comes to the race at a moment, from a thread that may wait; none where it is in step with the caller.
    pub fn capturer(&self) -> Option<Capturer> {
        self.in_step.is_none().then(|| Capturer {
            control: Arc::clone(&self.control),
            captures: Arc::clone(&self.captures),
            made: Arc::clone(&self.made),
        })
    }

    /// The race at this moment, where it is in step with the caller.
    ///
    /// # Errors
    /// One line: it has a thread of its own (see [`Session::capturer`]), or nobody can tell.
    pub fn capture(&mut self) -> Result<Arc<dyn Captured>, String> {
        match &mut self.in_step {
            Some(InStep { race, .. }) => race.capture(&never()),
            None => Err("the race is on a thread of its own".into()),
        }
    }

    /// Who answers new examples with the present weights, from whichever thread asks.
    pub fn answerer(&self) -> Arc<dyn Answerer> {
        Arc::clone(&self.answerer)
    }

    /// Tells the microscope something; the number of the wish that comes of it. Views say which wish they are a picture of.
    /// What is no example, or no input of this network, is ignored.
    pub fn scope(&mut self, command: ScopeCommand) -> u64 {
        let fits = match &command {
            ScopeCommand::Example(example) => *example < self.data.len(),
            ScopeCommand::Draw(drawn) => {
                drawn.input.len() == self.data.input_len()
                    && drawn.label < self.data.classes().len()
            }
            _ => true,
        };
        if !fits {
            return self.asked();
        }
        self.ask(|wish| wish.change(command))
    }

    /// Changes what the microscope is to show; the number of the wish. A change that changes nothing has the number of the last.
    pub fn ask(&mut self, change: impl FnOnce(&mut Wish)) -> u64 {
        let number = self.desk.ask(change);
        if let Some(InStep {
            scope, interrupt, ..
        }) = &mut self.in_step
        {
            scope.take(&self.desk.newest().1);
            scope.follow();
            scope.pursue(interrupt, &mut |_, _| ());
            self.scope_slot.offer(true, || scope.view(number, true));
        }
        number
    }

    /// The number of the newest wish: what has been asked of the microscope is there once a view says so.
    pub fn asked(&self) -> u64 {
        self.desk.number()
    }

    /// What the microscope is to show.
    pub fn wish(&self) -> Wish {
        self.desk.newest().1
    }

    /// What the microscope's thread is at.
    pub fn work(&self) -> Work {
        self.desk.work()
    }

    /// The race has something to do: it trains (paused or not), scores, or has been told something.
    pub fn race_busy(&self) -> bool {
        self.control.busy()
    }

    /// Tells the race something. In step with the caller, [`RaceCommand::RunUntil`] and [`RaceCommand::RunToEnd`] return when the update
    /// is reached.
    pub fn race(&mut self, command: RaceCommand) {
        if let RaceCommand::Edit(experiment) = &command {
            if !self.experiment.takes_up(experiment) {
                return;
            }
            self.experiment = (**experiment).clone();
        }
        let Some(InStep { scope, race, .. }) = &mut self.in_step else {
            self.control.tell(command);
            return;
        };
        race.command(command.clone(), &never());
        race.score(&Uninterrupted);
        if let RaceCommand::RunUntil(update) | RaceCommand::RunToEnd(update) = command {
            let never = never();
            while race.updates() < update
                && race.any_running()
                && race.step(&never, &Uninterrupted)
                && !race.pauses(&|| self.desk.newest().1, &Uninterrupted)
            {}
        }
        if let RaceCommand::RunToEnd(end) = command
            && (race.updates() >= end || !race.any_running())
        {
            race.score_test();
            race.score(&Uninterrupted);
        }
        race.hand_over();
        if scope.follow() {
            scope.pursue(&never(), &mut |_, _| ());
            let number = self.desk.number();
            self.scope_slot.offer(true, || scope.view(number, true));
        }
        self.race_slot.offer(true, || race.snapshot());
    }

    /// Refuses settings that the run cannot go on with: they mean nothing, or there is no memory for them.
    ///
    /// # Errors
    /// One line.
    pub fn refuse_edit(&self, draft: &Experiment) -> Result<(), ExperimentError> {
        draft.validate("set-up")?;
        estimate::refuse_growth((&self.experiment, draft), &self.plan, &self.data)
    }

    /// Updates made so far, without taking a snapshot.
    pub fn updates_made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Pauses the race after the update it is at, or within it where that is a long one; or lets it go on.
    pub fn pause_race(&self, paused: bool) {
        self.control.pause(paused);
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
        if self.control.outdated() {
            return None;
        }
        let mut race: RaceSnapshot = self.race_slot.take()?;
        if race.state == RaceState::Running && self.control.paused() {
            race.state = RaceState::Paused;
        }
        Some(race)
    }

    /// Takes the settings over that the race goes on with: another run has some of its own.
    pub fn follow_settings(&mut self, race: &RaceSnapshot) {
        if let Some(experiment) = &race.experiment
            && **experiment != self.experiment
        {
            self.experiment = (**experiment).clone();
        }
    }
}

/// The most bytes of key frames: less where the machine has little left.
fn frame_budget() -> usize {
    let left = memory::available().map_or(usize::MAX, |left| (left / 8) as usize);
    FRAME_BUDGET.min(left)
}

/// Never interrupts.
fn never() -> Arc<dyn Interrupt> {
    Arc::new(Uninterrupted)
}

/// Works an experiment out, if there is memory for all of its lanes.
fn setup<S: Scalar>(experiment: Experiment, data: Dataset) -> Result<Setup<S>, ExperimentError> {
    let setup = Setup::<S>::new(experiment, data)?;
    let (own, lanes) = (&setup.experiment, LaneSpec::raced(&setup.experiment));
    estimate::refuse_lanes(own, &setup.plan, &setup.data, &lanes)?;
    Ok(setup)
}

impl Drop for Session {
    /// Returns at once: the threads end by themselves, and free what they hold.
    fn drop(&mut self) {
        self.control.close();
        self.desk.close();
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) {
    let builder = std::thread::Builder::new().name(name.to_owned());
    if let Err(error) = builder.spawn(body) {
        // As std::thread::spawn does: a process that can have no more threads cannot go on.
        panic!("no thread for the {name}: {error}");
    }
}

/// What a panic said.
fn panic_text(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".into())
}
