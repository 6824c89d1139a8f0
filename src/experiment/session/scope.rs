//! The microscope's side of a session: what it looks at, and what it works out besides.

use super::{Drawn, Handover, ScopeCommand, lock};
use crate::experiment::microscope::{Microscope, MicroscopeSnapshot, Subject, SwitchRow};
use crate::experiment::plane::{Plane, PlaneWorker};
use crate::experiment::race::{LaneKind, Setup};
use crate::learning::{Inference, Rule, Stability};
use crate::network::{Scalar, Weights};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The microscope with what it needs to change subject, in one number type.
pub(super) struct Scope<S: Scalar> {
    setup: Arc<Setup<S>>,
    microscope: Microscope<S>,
    lane: LaneKind,
    weights: Arc<Weights<S>>,
    handover: Arc<Handover<S>>,
    seen: u64,
    switches: Option<Vec<SwitchRow>>,
    drawn: Option<Arc<Drawn>>,
    plane_worker: Option<PlaneWorker<S>>,
    plane: Option<Arc<Plane>>,
    /// The limit of γ with what it was worked out for; `None` inside where there is none.
    stability: Option<(LimitOf<S>, Option<Stability>)>,
    /// Looks in vain for something to do, in a row.
    quiet: u32,
}

/// So often in a row nothing must have happened before what can wait is worked out: while the race trains and hands over
/// weight after weight it would only take time from it.
const QUIET: u32 = 8;

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

/// Examples that the limit of γ in the window is the worst of.
pub const LIMIT_EXAMPLES: usize = 8;

/// What views get of the microscope.
#[derive(Clone)]
pub struct ScopeView {
    /// The states.
    pub microscope: Arc<MicroscopeSnapshot>,
    /// The table of switches, where asked for.
    pub switches: Option<Arc<Vec<SwitchRow>>>,
    /// What the network says all over the plane of its inputs, where asked for and where there is one.
    pub plane: Option<Arc<Plane>>,
    /// The limit of γ for the rule and weights looked at, once worked out.
    pub stability: Option<Stability>,
    /// A message if the engine panicked while inferring.
    pub failed: Option<String>,
}

pub(super) trait ScopeCore: Send {
    fn command(&mut self, command: ScopeCommand);
    /// Takes newer weights from the race; true if there were some.
    fn follow(&mut self) -> bool;
    /// Works out what can wait until there is nothing else to do; true if there was something.
    fn rest(&mut self) -> bool;
    fn view(&self) -> ScopeView;
}

impl<S: Scalar> Scope<S> {
    pub(super) fn new(setup: Arc<Setup<S>>, handover: Arc<Handover<S>>) -> Self {
        let e = &setup.experiment;
        let shown = setup.data.split().to_look_at();
        let example = shown.start + first_example(shown.len());
        let subject = Subject {
            update: 0,
            run: LaneKind::of(e.learning.rule).name().to_owned(),
            example,
            label: setup.data.label(example),
            drawn: false,
            rule: e.learning.rule,
            inference: e.inference,
            conditions: e.conditions,
            rate: e.learning.rate,
            seed: e.seed,
        };
        let weights = Arc::new(setup.initial.clone());
        let looked_at = setup.example(example);
        Self {
            microscope: Microscope::new(Arc::clone(&weights), subject, looked_at),
            lane: LaneKind::of(e.learning.rule),
            weights,
            setup,
            handover,
            seen: 0,
            switches: None,
            drawn: None,
            plane_worker: None,
            plane: None,
            stability: None,
            quiet: 0,
        }
    }

    /// Brings the picture of the plane up to date with the weights.
    fn survey(&mut self) {
        let update = self.microscope.subject().update;
        self.plane = self
            .plane_worker
            .as_mut()
            .map(|w| Arc::new(w.run(&self.weights, self.lane, update)));
    }

    fn look(&mut self, subject: Subject) {
        let example = match self.drawn.as_deref().filter(|_| subject.drawn) {
            Some(drawn) => self.setup.drawn(&drawn.input, drawn.label, drawn.missing),
            None => self.setup.example(subject.example),
        };
        self.microscope
            .look_at(Arc::clone(&self.weights), subject, example);
        if self.switches.is_some() {
            self.switches = Some(self.microscope.switches());
        }
    }
}

/// The test example shown first: a three that an untrained net gets wrong in an instructive way.
fn first_example(test: usize) -> usize {
    if test > 18 { 18 } else { 0 }
}

impl<S: Scalar> ScopeCore for Scope<S> {
    fn command(&mut self, command: ScopeCommand) {
        let mut subject = self.microscope.subject().clone();
        match command {
            ScopeCommand::Advance => {
                self.microscope.advance();
            }
            ScopeCommand::RunTo(t) => self.microscope.run_to(t),
            ScopeCommand::Restart => self.microscope.restart(),
            ScopeCommand::Example(example) => {
                if example < self.setup.data.len() {
                    subject.example = example;
                    subject.label = self.setup.data.label(example);
                    subject.drawn = false;
                    self.look(subject);
                }
            }
            ScopeCommand::Draw(drawn) => {
                let data = &self.setup.data;
                if drawn.input.len() == data.input_len() && drawn.label < data.classes().len() {
                    subject.label = Some(drawn.label);
                    subject.drawn = true;
                    self.drawn = Some(drawn);
                    self.look(subject);
                }
            }
            ScopeCommand::Rule {
                rule,
                inference,
                conditions,
                rate,
            } => {
                (
                    subject.rule,
                    subject.inference,
                    subject.conditions,
                    subject.rate,
                ) = (rule, inference, conditions, rate);
                // A cursor that stands at some state stays there, as far as that state exists.
                let newest = self.microscope.newest();
                self.look(subject);
                self.microscope.run_to(newest);
            }
            ScopeCommand::Lane(kind) => {
                self.lane = kind;
                self.seen = 0;
                self.follow();
            }
            ScopeCommand::Switches(on) => {
                self.switches = on.then(|| self.microscope.switches());
            }
            ScopeCommand::Plane(on) => {
                self.plane_worker = on
                    .then(|| PlaneWorker::new(&self.setup.plan, &self.setup.data))
                    .flatten();
                self.survey();
            }
            ScopeCommand::Stability => {
                self.quiet = QUIET;
                self.rest();
            }
        }
    }

    fn follow(&mut self) -> bool {
        let version = self.handover.version.load(Ordering::Acquire);
        if version == self.seen {
            return false;
        }
        self.seen = version;
        self.quiet = 0;
        let lanes = lock(&self.handover.lanes);
        // With the lane itself gone (unticked, or a rule that is no lane), any lane's weights would mislead: keep the last.
        let Some((_, update, weights)) =
            lanes.iter().find(|(kind, ..)| *kind == self.lane).cloned()
        else {
            return false;
        };
        drop(lanes);
        self.handover.wanted.store(true, Ordering::Release);
        let mut subject = self.microscope.subject().clone();
        subject.update = update;
        subject.run = self.lane.name().to_owned();
        self.weights = weights;
        self.look(subject);
        self.microscope.run_to(usize::MAX);
        self.survey();
        true
    }

    fn rest(&mut self) -> bool {
        self.quiet = self.quiet.saturating_add(1);
        if self.quiet < QUIET {
            return false;
        }
        let subject = self.microscope.subject();
        let known = self.stability.as_ref();
        if known.is_some_and(|(of, _)| of.same(&self.weights, subject)) {
            return false;
        }
        let (rule, inference) = (subject.rule, subject.inference);
        let limit = self
            .setup
            .stability(&self.weights, rule, &inference, LIMIT_EXAMPLES);
        let of = LimitOf {
            weights: Arc::clone(&self.weights),
            rule,
            inference,
        };
        self.stability = Some((of, limit));
        true
    }

    fn view(&self) -> ScopeView {
        let subject = self.microscope.subject();
        let stability = self
            .stability
            .as_ref()
            .filter(|(of, _)| of.same(&self.weights, subject))
            .and_then(|(_, limit)| *limit);
        ScopeView {
            microscope: Arc::new(self.microscope.snapshot()),
            switches: self.switches.clone().map(Arc::new),
            plane: self.plane.clone(),
            stability,
            failed: None,
        }
    }
}
