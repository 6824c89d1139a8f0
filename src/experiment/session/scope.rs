//! The microscope's side of a session: what it looks at, and what it works out besides.

use super::beside::{Beside, Pair, Paired, Seen};
use super::control::Control;
use super::desk::{Desk, Work};
use super::wish::Wish;
use super::{Handover, News, Slot, lock, panic_text};
use crate::experiment::lane::LaneId;
use crate::experiment::microscope::{
    Microscope, MicroscopeSnapshot, STATE_BUDGET, Subject, SwitchRow,
};
use crate::experiment::plane::{Plane, PlaneWorker};
use crate::experiment::recall::{Recall, Recalled};
use crate::experiment::score::watched_part;
use crate::experiment::setup::Setup;
use crate::learning::{Batch, Inference, Interrupt, Rule, RunState, Stability, While};
use crate::network::{Scalar, Weights};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// The microscope with what it needs to change subject, in one number type.
pub(super) struct Scope<S: Scalar> {
    setup: Arc<Setup<S>>,
    microscope: Microscope<S>,
    /// What was wished last.
    wish: Wish,
    /// What the race had come to.
    run: RunState<S>,
    /// All states are wanted, whatever the wish says: newer weights came from the race.
    to_the_end: bool,
    handover: Arc<Handover<S>>,
    seen: u64,
    /// Makes updates again; away while it does.
    recall: Option<Recall<S>>,
    /// The update wished for is still to be found.
    to_recall: bool,
    /// The update of the race that `run` is of, if it is not the newest.
    at: Option<u64>,
    /// Updates made again, of those that it takes.
    recalling: Option<(u64, u64)>,
    /// Works two runs out; away while it does.
    pair: Option<Pair<S>>,
    /// Two runs side by side, as far as they are there, or the one that is not known.
    beside: Option<Result<Arc<Beside>, char>>,
    /// The table of switches, and the generation of the states it belongs to.
    switches: Option<(u64, Arc<Vec<SwitchRow>>)>,
    plane_worker: Option<PlaneWorker<S>>,
    /// The picture of the plane, and the weights it belongs to.
    plane: Option<(Arc<Weights<S>>, Arc<Plane>)>,
    /// The limit of γ with what it was worked out for; `None` inside where there is none.
    stability: Option<(LimitOf<S>, Option<Stability>)>,
    /// Limits that were asked for and given.
    limits: u64,
}

/// What the limit of γ depends on.
struct LimitOf<S> {
    weights: Arc<Weights<S>>,
    rule: Rule,
    inference: Inference,
}

impl<S> LimitOf<S> {
    /// True if the limit is the same for both: γ itself, noise and the correction do not enter it.
    fn same(&self, weights: &Arc<Weights<S>>, subject: &Subject) -> bool {
        let plain = |i: &Inference| Inference {
            gamma: 1.0,
            noise: 0.0,
            adaptive: false,
            gamma_correction: false,
            ..*i
        };
        Arc::ptr_eq(&self.weights, weights)
            && self.rule == subject.rule
            && plain(&self.inference) == plain(&subject.inference)
    }
}

/// What views get of the microscope.
#[derive(Clone)]
pub struct ScopeView {
    /// The states.
    pub microscope: Arc<MicroscopeSnapshot>,
    /// The table of switches, where asked for and worked out.
    pub switches: Option<Arc<Vec<SwitchRow>>>,
    /// What the network says all over the plane of its inputs, where asked for and where there is one.
    pub plane: Option<Arc<Plane>>,
    /// The limit of γ for the rule and weights looked at, once worked out.
    pub stability: Option<Stability>,
    /// The update of the race that the states are of, where it is not the newest that was asked for.
    pub at: Option<u64>,
    /// That update is still being computed: updates made again, of those that it takes.
    pub recalling: Option<(u64, u64)>,
    /// Two runs side by side, where asked for and worked out; or the one whose update is not known.
    pub beside: Option<Result<Arc<Beside>, char>>,
    /// The number of the wish that this is a picture of (see [`super::Session::asked`]).
    pub wish: u64,
    /// All of that wish is there; false while states are still being computed.
    pub answered: bool,
    /// A message if the engine panicked while inferring.
    pub failed: Option<String>,
}

pub(super) trait ScopeCore: Send {
    /// Takes a wish up: another subject begins at state 0, and nothing more is computed yet.
    fn take(&mut self, wish: &Wish);
    /// True if the race has handed over what has not been looked at.
    fn news(&self) -> bool;
    /// Takes newer weights from the race; true if there were some.
    fn follow(&mut self) -> bool;
    /// Computes what the wish wants, calling `progress` after every state, and with true before what takes long besides; false if
    /// it was interrupted before the end.
    fn pursue(
        &mut self,
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(&dyn ScopeCore, bool),
    ) -> bool;
    /// True if there is a limit of γ to work out.
    fn lacks_limit(&self) -> bool;
    /// Works out the limit of γ; false if it was interrupted.
    fn find_limit(&mut self, interrupt: &dyn Interrupt) -> bool;
    /// Begins again at state 0 after a failure, without what failed besides.
    fn recover(&mut self);
    /// True if there is at least one state to look at.
    fn has_states(&self) -> bool;
    /// What there is now.
    fn view(&self, wish: u64, answered: bool) -> ScopeView;
}

/// What the microscope shows first.
pub(super) fn first_wish<S: Scalar>(setup: &Setup<S>) -> Wish {
    let e = &setup.experiment;
    let shown = setup.data.split().to_look_at();
    Wish {
        example: shown.start + first_example(shown.len()),
        drawn: None,
        rule: e.learning.rule,
        inference: e.inference,
        conditions: e.conditions,
        optimiser: e.learning.settings(),
        lane: LaneId::of(e.learning.rule),
        at: None,
        beside: None,
        up_to: 0,
        switches: false,
        plane: false,
        limits: 0,
        #[cfg(test)]
        panics: 0,
    }
}

/// The test example shown first: a three that an untrained net gets wrong in an instructive way.
fn first_example(test: usize) -> usize {
    if test > 18 { 18 } else { 0 }
}

impl<S: Scalar> Scope<S> {
    pub(super) fn new(setup: Arc<Setup<S>>, wish: Wish, handover: Arc<Handover<S>>) -> Self {
        let subject = Self::subject(&setup, &wish, 0);
        let run = setup.begin();
        let looked_at = Self::example(&setup, &wish);
        let mut microscope = Microscope::new(run.clone(), subject, looked_at);
        microscope.keep_within(STATE_BUDGET);
        Self {
            microscope,
            wish,
            run,
            to_the_end: false,
            recall: Some(Recall::new()),
            setup,
            handover,
            seen: 0,
            to_recall: false,
            at: None,
            recalling: None,
            pair: None,
            beside: None,
            switches: None,
            plane_worker: None,
            plane: None,
            stability: None,
            limits: 0,
        }
    }

    /// Begins at state 0 of what the wish and the weights say.
    fn look(&mut self) {
        let wish = &self.wish;
        let subject = Self::subject(&self.setup, wish, self.run.updates);
        let example = Self::example(&self.setup, wish);
        self.microscope.look_at(self.run.clone(), subject, example);
    }

    /// What is looked at, with the weights of a run after so many of its updates.
    pub(super) fn subject(setup: &Setup<S>, wish: &Wish, update: u64) -> Subject {
        let label = match &wish.drawn {
            Some(drawn) => Some(drawn.label),
            None => setup.data.label(wish.example),
        };
        Subject {
            update,
            run: wish.lane.name().to_owned(),
            example: wish.example,
            label,
            drawn: wish.drawn.is_some(),
            rule: wish.rule,
            inference: wish.inference,
            conditions: wish.conditions,
            optimiser: wish.optimiser,
            seed: setup.experiment.seed,
        }
    }

    /// The input that is looked at.
    pub(super) fn example(setup: &Setup<S>, wish: &Wish) -> Batch<S> {
        match &wish.drawn {
            Some(d) => setup.drawn(&d.input, d.label, d.missing),
            None => setup.example(wish.example),
        }
    }

    /// Works two runs out side by side, if that is wished for; false if it was interrupted.
    fn paired(
        &mut self,
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(&dyn ScopeCore, bool),
    ) -> bool {
        let Some(runs) = self.wish.beside else {
            (self.pair, self.beside) = (None, None);
            return true;
        };
        let new = || Pair::new(&self.setup);
        let mut pair = self.pair.take().unwrap_or_else(new);
        let (setup, wish) = (Arc::clone(&self.setup), self.wish.clone());
        let handover = Arc::clone(&self.handover);
        let seen = Seen {
            wish: &wish,
            goal: self.goal(),
            part: watched_part(&setup.data),
            subject: &|update| Self::subject(&setup, &wish, update),
            example: &|| Self::example(&setup, &wish),
        };
        let mut surveyor = self.plane_worker.take();
        let with = (&*handover, surveyor.as_mut());
        let found = pair.look(with, runs, &seen, interrupt, &mut |done, of| {
            self.recalling = Some((done, of));
            progress(self, false);
        });
        self.plane_worker = surveyor;
        self.pair = Some(pair);
        match found {
            Paired::Interrupted => return false,
            Paired::AsBefore => {}
            Paired::Missing(run) => self.beside = Some(Err(run)),
            Paired::Both(beside) => self.beside = Some(Ok(Arc::new(beside))),
        }
        self.recalling = None;
        true
    }

    /// Finds the update that is wished for, where it is not the newest; false if it was interrupted.
    fn recalled(
        &mut self,
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(&dyn ScopeCore, bool),
    ) -> bool {
        let (true, Some(update)) = (self.to_recall, self.wish.at) else {
            return true;
        };
        let Some(mut recall) = self.recall.take() else {
            return true;
        };
        let handover = Arc::clone(&self.handover);
        let wanted = (self.wish.lane, update);
        let found = recall.state(&handover.frames, wanted, interrupt, &mut |done, of| {
            self.recalling = Some((done, of));
            progress(self, false);
        });
        self.recall = Some(recall);
        match found {
            Recalled::Interrupted => return false,
            Recalled::Missing => self.at = None,
            Recalled::Found(run) => {
                (self.run, self.at) = (run, Some(update));
                self.to_the_end = true;
                self.look();
            }
        }
        (self.to_recall, self.recalling) = (false, None);
        true
    }

    /// The state that is to be computed at last.
    fn goal(&self) -> usize {
        if self.to_the_end {
            usize::MAX
        } else {
            self.wish.up_to
        }
    }
}

impl<S: Scalar> ScopeCore for Scope<S> {
    fn take(&mut self, wish: &Wish) {
        let old = std::mem::replace(&mut self.wish, wish.clone());
        #[cfg(test)]
        assert_eq!(old.panics, wish.panics, "as a test wished");
        if !old.same_phase(wish) {
            self.to_the_end &= old.same_input(wish);
            self.look();
        }
        if !old.same_phase(wish) || wish.lane != old.lane || wish.beside != old.beside {
            // Another example is not shown with this one.
            self.beside = None;
            self.pair.iter_mut().for_each(Pair::show_again);
        }
        if wish.at != old.at || wish.at.is_some() && wish.lane != old.lane {
            self.to_recall = wish.at.is_some();
            self.recalling = None;
            if wish.at.is_none() {
                // Back to the newest.
                self.at = None;
                self.seen = 0;
            }
        }
        if wish.lane != old.lane {
            // The weights of the other lane were handed over with those looked at.
            self.seen = 0;
        }
        if !wish.switches {
            self.switches = None;
        }
        if wish.plane != old.plane {
            self.pair.iter_mut().for_each(Pair::show_again);
        }
        if wish.plane != self.plane_worker.is_some() {
            self.plane = None;
            self.plane_worker = wish
                .plane
                .then(|| PlaneWorker::new(&self.setup.plan, &self.setup.data))
                .flatten();
        }
    }

    fn news(&self) -> bool {
        self.wish.at.is_none() && self.handover.version.load(Ordering::Acquire) != self.seen
    }

    fn follow(&mut self) -> bool {
        let version = self.handover.version.load(Ordering::Acquire);
        if version == self.seen || self.wish.at.is_some() {
            return false;
        }
        self.seen = version;
        let lanes = lock(&self.handover.lanes);
        // With the lane itself gone (unticked, or a rule that is no lane), any lane's weights would mislead: keep the last.
        let wanted = lanes.iter().find(|(id, _)| *id == self.wish.lane);
        let Some((_, run)) = wanted.cloned() else {
            return false;
        };
        drop(lanes);
        self.handover.wanted.store(true, Ordering::Release);
        self.run = run;
        self.to_the_end = true;
        self.look();
        true
    }

    fn pursue(
        &mut self,
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(&dyn ScopeCore, bool),
    ) -> bool {
        if !self.recalled(interrupt, progress) {
            return false;
        }
        let whole = interrupt;
        let interrupt = &**whole;
        while !self.microscope.has(self.goal()) {
            if !interrupt.proceed() {
                return false;
            }
            if !self.microscope.advance() {
                break;
            }
            progress(self, false);
        }
        if !self.paired(whole, progress) {
            return false;
        }
        let generation = self.microscope.generation();
        if self.wish.switches && self.switches.as_ref().is_none_or(|s| s.0 != generation) {
            progress(self, true);
            let Some(rows) = self.microscope.switches(interrupt) else {
                return false;
            };
            self.switches = Some((generation, Arc::new(rows)));
        }
        let surveyed = |weights: &Arc<Weights<S>>| Arc::ptr_eq(weights, &self.run.weights);
        if let Some(worker) = &mut self.plane_worker
            && !self.plane.as_ref().is_some_and(|p| surveyed(&p.0))
        {
            let update = self.microscope.subject().update;
            let Some(plane) = worker.run(&self.run.weights, self.wish.lane, update, interrupt)
            else {
                return false;
            };
            self.plane = Some((Arc::clone(&self.run.weights), Arc::new(plane)));
        }
        if self.limits != self.wish.limits {
            if self.lacks_limit() && !self.find_limit(interrupt) {
                return false;
            }
            self.limits = self.wish.limits;
        }
        true
    }

    fn lacks_limit(&self) -> bool {
        let subject = self.microscope.subject();
        let known = self.stability.as_ref();
        !known.is_some_and(|(of, _)| of.same(&self.run.weights, subject))
    }

    fn find_limit(&mut self, interrupt: &dyn Interrupt) -> bool {
        let subject = self.microscope.subject();
        let (rule, inference) = (subject.rule, subject.inference);
        let of = LimitOf {
            weights: Arc::clone(&self.run.weights),
            rule,
            inference,
        };
        let limit = self
            .setup
            .stability(&self.run.weights, rule, &inference, interrupt);
        let found = limit.is_ok();
        if let Ok(limit) = limit {
            self.stability = Some((of, limit));
        }
        found
    }

    fn recover(&mut self) {
        let subject = self.microscope.subject();
        // What failed is not tried again by itself.
        let of = LimitOf {
            weights: Arc::clone(&self.run.weights),
            rule: subject.rule,
            inference: subject.inference,
        };
        if self.lacks_limit() {
            self.stability = Some((of, None));
        }
        self.limits = self.wish.limits;
        self.to_the_end = false;
        (self.to_recall, self.recalling) = (false, None);
        (self.pair, self.beside) = (None, None);
        self.recall = Some(Recall::new());
        self.wish.up_to = 0;
        self.look();
    }

    fn has_states(&self) -> bool {
        self.microscope.has(0)
    }

    fn view(&self, wish: u64, answered: bool) -> ScopeView {
        let subject = self.microscope.subject();
        let generation = self.microscope.generation();
        ScopeView {
            microscope: Arc::new(self.microscope.snapshot()),
            switches: self
                .switches
                .as_ref()
                .filter(|s| s.0 == generation)
                .map(|s| Arc::clone(&s.1)),
            plane: self.plane.as_ref().map(|p| Arc::clone(&p.1)),
            stability: self
                .stability
                .as_ref()
                .filter(|(of, _)| of.same(&self.run.weights, subject))
                .and_then(|(_, limit)| *limit),
            wish,
            answered,
            beside: self.beside.clone(),
            at: self.at,
            recalling: self.recalling,
            failed: None,
        }
    }
}

/// So long nothing must have happened before what can wait is worked out.
const QUIET: Duration = Duration::from_millis(480);

/// From one picture of a phase that takes long to the next.
const PROGRESS: Duration = Duration::from_millis(20);

/// So long a wish is worked on before a newer one takes its place: under the pen and the slider the picture follows.
const SLICE: Duration = Duration::from_millis(20);

/// How often it is looked whether pictures have been let go of.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Pictures that were handed out. Whoever drops the last handle pays for it, and with many states that takes long: it is never
/// the window, as the microscope keeps a handle until all others are gone.
struct HandedOut(Vec<Arc<MicroscopeSnapshot>>);

impl HandedOut {
    fn add(&mut self, view: &ScopeView) {
        self.tidy();
        self.0.push(Arc::clone(&view.microscope));
        if let Some(Ok(beside)) = &view.beside {
            let own = beside.sides.iter().chain([&beside.difference]);
            for picture in own {
                if !self.0.iter().any(|kept| Arc::ptr_eq(kept, picture)) {
                    self.0.push(Arc::clone(picture));
                }
            }
        }
    }

    /// Lets go of pictures that nobody else holds; true if there are others than the last.
    fn tidy(&mut self) -> bool {
        let last = self.0.len().saturating_sub(1);
        let mut i = 0;
        self.0.retain(|picture| {
            i += 1;
            i > last || Arc::strong_count(picture) > 1
        });
        self.0.len() > 1
    }
}

/// The microscope's thread: takes the newest wish, works on it until it is met or a newer one has come, and rests.
pub(super) fn work(
    mut core: Box<dyn ScopeCore>,
    first: Arc<MicroscopeSnapshot>,
    desk: &Arc<Desk>,
    slot: &Slot<ScopeView>,
    race: &Control,
) {
    let mut taken = 0;
    let mut quiet_since = Instant::now();
    let mut handed_out = HandedOut(vec![first]);
    while !desk.closed() {
        let due = core.lacks_limit().then(|| quiet_since + QUIET);
        let old = handed_out.tidy().then(|| Instant::now() + LOOK_AGAIN);
        let until = match (due, old) {
            (Some(due), Some(old)) => Some(due.min(old)),
            (due, old) => due.or(old),
        };
        let newer = desk.wait(taken, &|| core.news(), until);
        if desk.closed() {
            break;
        }
        let began = Instant::now();
        let asked = newer.is_some();
        if asked || core.news() {
            desk.set_work(Work::Inferring);
            if let Some((number, _)) = &newer {
                taken = *number;
            }
            let watched = Arc::clone(desk);
            let superseded: Arc<dyn Interrupt> = Arc::new(While(move || {
                let newer = watched.number() != taken && began.elapsed() >= SLICE;
                !(watched.closed() || newer)
            }));
            let mut shown = began;
            let result = catch_unwind(AssertUnwindSafe(|| {
                if let Some((_, wish)) = &newer {
                    core.take(wish);
                }
                core.follow();
                core.pursue(&superseded, &mut |core, now| {
                    // Of newer weights that nobody asked for, only the whole phase is shown.
                    if asked && (now || shown.elapsed() >= PROGRESS) {
                        let view = core.view(taken, false);
                        handed_out.add(&view);
                        slot.put(News::Passing, view);
                        shown = Instant::now();
                    }
                })
            }));
            quiet_since = Instant::now();
            let view = match result {
                Ok(finished) if finished || asked => core.view(taken, finished),
                Ok(_) => continue,
                Err(payload) => failure(&mut *core, desk, taken, &*payload, &handed_out),
            };
            handed_out.add(&view);
            if desk.number() == taken {
                desk.set_work(Work::Nothing);
            }
            let answers = asked && view.answered;
            slot.put(if answers { News::Answer } else { News::Passing }, view);
        } else if due.is_some_and(|due| began >= due) {
            // While the race trains, it would only take time from it.
            if race.trains() {
                quiet_since = began;
                continue;
            }
            desk.set_work(Work::Limit);
            slot.wake(News::Passing);
            let quiet = While(|| !(desk.closed() || desk.number() != taken || race.trains()));
            let found = catch_unwind(AssertUnwindSafe(|| core.find_limit(&quiet)));
            let view = match found {
                Ok(true) => Some(core.view(taken, true)),
                Ok(false) => None,
                Err(payload) => Some(failure(&mut *core, desk, taken, &*payload, &handed_out)),
            };
            desk.set_work(Work::Nothing);
            quiet_since = Instant::now();
            if let Some(view) = view {
                handed_out.add(&view);
                slot.put(News::Passing, view);
            } else {
                slot.wake(News::Passing);
            }
        }
    }
    // The window drops its picture about now.
    let end = Instant::now() + Duration::from_secs(2);
    let _ = slot.take();
    while Instant::now() < end && handed_out.0.iter().any(|p| Arc::strong_count(p) > 1) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What is shown after a panic: the example from t = 0, or where that cannot be computed the last picture.
fn failure(
    core: &mut dyn ScopeCore,
    desk: &Desk,
    taken: u64,
    payload: &(dyn std::any::Any + Send),
    handed_out: &HandedOut,
) -> ScopeView {
    let recovered = catch_unwind(AssertUnwindSafe(|| core.recover())).is_ok();
    desk.retract(taken);
    let mut view = core.view(taken, true);
    if !(recovered && core.has_states())
        && let Some(last) = handed_out.0.last()
    {
        view.microscope = Arc::clone(last);
    }
    ScopeView {
        failed: Some(panic_text(payload)),
        ..view
    }
}

#[cfg(test)]
#[path = "floors_test.rs"]
mod floors;
