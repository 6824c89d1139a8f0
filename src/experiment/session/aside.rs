//! A look at a run from aside: a session that has what the race had come to at one moment, and a microscope of its own in step with
//! its caller. It can be taken to any state and any update while the race itself goes on, changes or ends.

use super::answerer::OfRace;
use super::racer::RaceCore;
use super::scope::{Scope, first_wish};
use super::wish::Wish;
use super::{Desk, Handover, InStep, RaceCommand, RaceSnapshot, Session, Slot, lock};
use crate::experiment::file::Experiment;
use crate::experiment::keep_run::Captured;
use crate::learning::Interrupt;
use crate::network::Scalar;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Makes the session, and the experiment that its run began with.
type Look = dyn FnOnce(Arc<dyn Interrupt>) -> (Session, Experiment) + Send;

/// What a session looked at and had come to at one moment, for any thread to go on looking from there.
pub struct Aside(Box<Look>);

impl Aside {
    /// The session, and the experiment that its run began with. Whatever takes long ends early once `interrupt` says so; what is shown
    /// then is not all that was asked for.
    pub fn session(self, interrupt: Arc<dyn Interrupt>) -> (Session, Experiment) {
        (self.0)(interrupt)
    }
}

impl Session {
    /// What this session looks at now, to be looked at further from aside; `race` is what was last seen of the race.
    pub fn aside(&self, race: &RaceSnapshot) -> Aside {
        self.aside.of(self, race)
    }
}

/// Makes a look from aside, whatever the type of the numbers.
pub(super) trait LooksAside: Send + Sync {
    fn of(&self, session: &Session, race: &RaceSnapshot) -> Aside;
}

impl<S: Scalar> LooksAside for OfRace<S> {
    fn of(&self, session: &Session, race: &RaceSnapshot) -> Aside {
        let (setup, from) = (Arc::clone(&self.setup), Arc::clone(&self.handover));
        let wish = session.wish();
        let (experiment, data) = (session.experiment.clone(), session.data.clone());
        let (plan, race) = (Arc::clone(&session.plan), race.clone());
        let make = move |interrupt| {
            // Here, as whoever asks need not wait for the race. States are shared with it, and it copies what it changes.
            let lanes = lock(&from.lanes).clone();
            let frames = lock(&from.frames).clone();
            let begun = frames.eras().at(0).setup.experiment.clone();
            let handover = Arc::new(Handover {
                version: AtomicU64::new(from.version.load(Ordering::Acquire)),
                lanes: lanes.into(),
                frames: frames.into(),
                runs: lock(&from.runs).clone().into(),
                wanted: AtomicBool::new(false),
            });
            let first = first_wish(&setup);
            let mut scope = Scope::new(Arc::clone(&setup), first, Arc::clone(&handover));
            super::scope::ScopeCore::take(&mut scope, &wish);
            let of_race = Arc::new(OfRace { setup, handover });
            let session = Session {
                experiment,
                data,
                plan,
                in_step: Some(InStep {
                    scope: Box::new(scope),
                    race: Box::new(Rests(race)),
                    interrupt,
                }),
                desk: Arc::new(Desk::new(wish)),
                control: Arc::default(),
                made: Arc::default(),
                scope_slot: Arc::new(Slot::new()),
                race_slot: Arc::new(Slot::new()),
                answerer: Arc::clone(&of_race) as _,
                aside: of_race,
                captures: Arc::default(),
                reopened: None,
                recorded: None,
            };
            (session, begun)
        };
        Aside(Box::new(make))
    }
}

/// A race that stays as it was seen.
struct Rests(RaceSnapshot);

impl RaceCore for Rests {
    fn step(&mut self, _: &Arc<dyn Interrupt>, _: &dyn Interrupt) -> bool {
        false
    }

    fn pauses(&mut self, _: &dyn Fn() -> Wish, _: &dyn Interrupt) -> bool {
        false
    }

    fn score_test(&mut self) {}

    fn score(&mut self, _: &dyn Interrupt) -> bool {
        true
    }

    fn scores(&self) -> bool {
        false
    }

    fn forget_scoring(&mut self) {}

    fn updates(&self) -> u64 {
        self.0.update
    }

    fn any_running(&self) -> bool {
        false
    }

    fn command(&mut self, _: RaceCommand, _: &Arc<dyn Interrupt>) {}

    fn hand_over(&self) {}

    fn capture(&mut self, _: &Arc<dyn Interrupt>) -> Result<Arc<dyn Captured>, String> {
        Err("a race seen from aside is not saved".into())
    }

    fn snapshot(&self) -> RaceSnapshot {
        self.0.clone()
    }
}
