//! The microscope: one example's inference, state by state, beside backpropagation on the same weights.
//!
//! It holds the state of some run and never changes it. Every state that has been computed is kept, so that
//! stepping back is exact and free. At state t the comparison says what the rule would apply if it stopped at t.

mod comparison;
mod difference;
mod half;
mod record;
mod recorded;
mod snapshot;
mod switches;
pub mod terms;

pub use half::Half;
pub use recorded::Recorded;
pub use snapshot::{Field, FirstWrong, MicroscopeSnapshot, StateRecord, Subject, SwitchRow};

use self::record::{largest, norm, side_by_side};
use super::contributions::{Shares, shared_matrices};
use super::numbers::Numbers;
use crate::learning::compare::parts;
use crate::learning::learner::{Method, method};
use crate::learning::{
    Apply, Backprop, Batch, Capture, Conditions, Course, Deed, LevelComparison, Optimiser,
    Parameters, Path, Phase, RunState, Schedule, Shared, Start, State, Verdict,
};
use crate::network::{Gradient, Plan, Role, Scalar, Sum, Weights};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Phases begun so far, by whichever microscope.
static PHASES: AtomicU64 = AtomicU64::new(0);

/// Bytes of states that the window keeps of one phase at most: a longer one is shown as far as there is room.
pub const STATE_BUDGET: usize = 1 << 30;

/// The microscope itself, in one number type.
pub struct Microscope<S: Scalar> {
    plan: Arc<Plan>,
    /// Weights as the phase begins with them.
    weights: Arc<Weights<S>>,
    /// The optimiser as the phase begins with it.
    optimiser: Arc<Optimiser<S>>,
    /// Weights and optimiser as the phase sees them: those of rules that change them in mid-phase move.
    live: RunState<S>,
    example: Batch<S>,
    subject: Subject,
    schedule: Option<Schedule>,
    /// The deeds of that schedule.
    phase: Option<Phase>,
    steps: usize,
    /// T of the phase; `steps` is less where there is no room for all of its states.
    asked: usize,
    /// Bytes that the states may take.
    budget: usize,
    state: State<S>,
    bp: Backprop<S>,
    /// Backpropagation's gradient; of the levels captured so far; and one level's own contribution.
    reference: Gradient<S>,
    reference_taken: Gradient<S>,
    reference_level: Gradient<S>,
    /// What would be applied if inference stopped here, added up as training adds it up; and a level's own contribution.
    update: Gradient<S>,
    gradient: Gradient<S>,
    /// Of rules that change weights in mid-phase: what has been captured and not applied.
    contribution: Gradient<S>,
    /// Per level, the sum of what it gave: of the rules that take it more than once, where levels share weights.
    by_level: Vec<Gradient<S>>,
    captured: Vec<bool>,
    /// What an update is judged by: parts of the parameters.
    parts: Vec<(usize, Vec<usize>)>,
    /// Vertices whose x moved in the last step.
    moved: Vec<bool>,
    /// Weights have changed in mid-phase.
    weights_moved: bool,
    /// The first number that was not finite, of those that are read: vertex and state.
    not_finite: Option<(usize, usize)>,
    records: Vec<Arc<StateRecord>>,
    delta: Numbers,
    /// Per vertex: |δ|, and the largest magnitude of δ.
    delta_sizes: Arc<Vec<(f64, f64)>>,
    /// The matrices that time steps share, and what backpropagation contributes to them.
    shared: Vec<usize>,
    reference_shares: Arc<Vec<Shares>>,
    shown_weights: Numbers,
    /// The weights of the phase as they are now, where they change and are kept; `None` where they have changed and are not.
    shown_live: Option<Numbers>,
    first_wrong: Option<FirstWrong>,
    loss: f64,
    generation: u64,
}

impl<S: Scalar> Microscope<S> {
    /// Looks at `subject` through the weights of `run`, which its optimiser would go on to change, set as the subject says;
    /// `example` is a batch of one row.
    pub fn new(run: RunState<S>, subject: Subject, example: Batch<S>) -> Self {
        let run = run.under(subject.optimiser);
        let plan = Arc::clone(run.weights.plan());
        let room = || Gradient::new(Arc::clone(&plan));
        let mut scope = Self {
            state: State::new(Arc::clone(&plan), 1),
            bp: Backprop::new(Arc::clone(&plan), 1),
            reference: room(),
            reference_taken: room(),
            reference_level: room(),
            update: room(),
            gradient: room(),
            contribution: room(),
            by_level: Vec::new(),
            captured: vec![false; plan.levels.len()],
            parts: parts(&plan),
            moved: vec![false; plan.graph.vertices.len()],
            weights_moved: false,
            not_finite: None,
            live: run.apart(),
            shown_weights: Numbers::new(run.weights.values()),
            shown_live: None,
            weights: run.weights,
            optimiser: run.optimiser,
            example,
            subject,
            schedule: None,
            phase: None,
            steps: 0,
            asked: 0,
            budget: usize::MAX,
            records: Vec::new(),
            delta: Numbers::new::<S>(&[]),
            delta_sizes: Arc::default(),
            shared: shared_matrices(&plan),
            reference_shares: Arc::default(),
            first_wrong: None,
            loss: 0.0,
            generation: 0,
            plan,
        };
        scope.restart();
        scope
    }

    /// Keeps no more states than fit into `bytes`, and starts again at state 0.
    pub fn keep_within(&mut self, bytes: usize) {
        self.budget = bytes;
        self.restart();
    }

    /// The most steps whose states there is room for.
    fn room(&self) -> usize {
        // δ is kept once.
        let numbers = (Field::ALL.len() - 1) * self.plan.units() * size_of::<S>();
        let rest = self.plan.graph.vertices.len() * 2 * size_of::<f64>();
        (self.budget / (numbers + rest).max(1))
            .saturating_sub(1)
            .max(1)
    }

    /// What is looked at.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Changes run, subject and example, and starts again at state 0.
    pub fn look_at(&mut self, run: RunState<S>, subject: Subject, example: Batch<S>) {
        if !Arc::ptr_eq(&run.weights, &self.weights) {
            self.shown_weights = Numbers::new(run.weights.values());
        }
        let run = run.under(subject.optimiser);
        (self.weights, self.optimiser) = (run.weights, run.optimiser);
        (self.subject, self.example) = (subject, example);
        self.restart();
    }

    /// Starts again at state 0.
    pub fn restart(&mut self) {
        self.generation = PHASES.fetch_add(1, Ordering::Relaxed) + 1;
        self.shown_live = Some(self.shown_weights.clone());
        self.records.clear();
        self.first_wrong = None;
        Arc::make_mut(&mut self.live.weights).copy_from(&self.weights);
        Arc::make_mut(&mut self.live.optimiser).copy_from(&self.optimiser);
        self.weights_moved = false;
        self.not_finite = None;
        self.moved.fill(false);
        self.captured.fill(false);
        for sum in [
            &mut self.update,
            &mut self.reference,
            &mut self.reference_taken,
            &mut self.reference_level,
        ] {
            sum.clear();
            sum.values();
        }
        let Batch {
            inputs,
            targets,
            missing,
            ..
        } = &self.example;
        self.bp.output_precision = self.subject.inference.output_precision;
        self.bp.forward(&self.weights, inputs, missing);
        self.loss = self.bp.loss(targets);
        self.bp.reverse(&self.weights, targets, &mut self.reference);
        let vertices = 0..self.plan.graph.vertices.len();
        let delta = |v| (norm(self.bp.delta(v)), largest(self.bp.delta(v)));
        self.delta_sizes = Arc::new(vertices.clone().map(delta).collect());
        self.delta = side_by_side(vertices.map(|v| self.bp.delta(v)));
        // Views show every vertex at every state, so Z-IL is watched by its full dynamics: the same bits.
        let conditions = Conditions {
            path: Path::Full,
            ..self.subject.conditions
        };
        self.schedule = match method(
            &self.plan,
            self.subject.rule,
            self.subject.inference,
            &conditions,
        ) {
            Method::Schedule(s) => Some(s),
            Method::Backprop => None,
        };
        // The front has passed an example that lacks steps at its front so many states earlier; but what is taken at t = D waits.
        let spare = match self.schedule {
            Some(s)
                if self.subject.rule.course() != Course::Front
                    || s.capture == Some(Capture::End) =>
            {
                0
            }
            // An optimiser that remembers moves shared weights at the states of those steps too.
            Some(s) if s.shared == Shared::AtOnce && self.subject.optimiser.memories() > 0 => 0,
            _ => missing_steps(&self.example),
        };
        self.asked = self.schedule.map_or(self.plan.depth(), |s| s.steps) - spare;
        self.steps = self.asked.min(self.room());
        let start = self.schedule.map_or(Start::FeedForward, |s| s.start);
        self.phase = self.schedule.map(|s| Phase::new(&self.plan, s));
        self.by_level.clear();
        self.contribution.clear();
        self.contribution.values();
        if let Some(schedule) = &self.schedule {
            if self
                .phase
                .as_ref()
                .is_some_and(|p| p.applies() == Apply::AtCapture)
            {
                // All that is applied in mid-phase is one step of the optimiser.
                self.live.begin_step();
            }
            self.state.follow(schedule);
            if self.plan.shares && (schedule.incremental || schedule.later.is_some()) {
                let room = Gradient::new(Arc::clone(&self.plan));
                self.by_level = vec![room; self.plan.levels.len()];
            }
        }
        self.state.begin(
            &self.weights,
            self.example.whole(),
            start,
            self.subject.seed,
        );
        self.reference_shares = Arc::new(self.shares_of_backprop());
        self.record(self.shown_live.clone());
    }

    /// Computes the next state; false if there is none.
    pub fn advance(&mut self) -> bool {
        if self.records.len() > self.steps {
            return false;
        }
        let moved_by = self.shown_live.clone();
        if let (Some(phase), Some(schedule)) = (self.phase.take(), self.schedule) {
            for deed in phase.beyond(self.records.len() - 1) {
                match deed {
                    Deed::Apply(parameters) => self.apply(parameters),
                    moves => self.state.go(moves, &self.live.weights, &schedule),
                }
                if matches!(deed, Deed::Step | Deed::Make) {
                    for (v, moved) in self.moved.iter_mut().enumerate() {
                        *moved = self.state.has_moved(v);
                    }
                }
            }
            self.phase = Some(phase);
        }
        self.record(moved_by);
        true
    }

    /// Changes parameters by what has been captured of them, as training would; a copy of the weights is kept where that is no
    /// more than one for each level.
    fn apply(&mut self, parameters: Parameters<'_>) {
        self.contribution.settle();
        let sum = Sum {
            parts: &[&self.contribution],
        };
        self.shown_live = match parameters {
            Parameters::All => {
                self.live.step(sum, 1.0);
                self.add_up_captured();
                None
            }
            Parameters::These(some) => {
                self.live.step_some(sum, 1.0, some);
                Some(Numbers::new(self.live.weights.values()))
            }
        };
        let live = self.live.weights.values();
        let mut pairs = live.iter().zip(self.weights.values());
        self.weights_moved |= pairs.any(|(a, b)| a.differing_bits(*b) > 0);
    }

    /// Adds what incremental learning has taken of this state, and applied, to what each level has been given.
    fn add_up_captured(&mut self) {
        for level in 0..self.plan.levels.len() {
            self.state.capture(level, &mut self.update);
            if let Some(sum) = self.by_level.get_mut(level) {
                self.state.capture(level, sum);
            }
        }
    }

    /// True if contributions to shared weights change them at once.
    fn at_once(&self) -> bool {
        self.plan.shares && self.schedule.is_some_and(|s| s.shared == Shared::AtOnce)
    }

    /// True if state `t` (or the last, if that comes before) has been computed.
    pub fn has(&self, t: usize) -> bool {
        self.records.len() > t.min(self.steps)
    }

    /// F of every state computed so far.
    pub fn energies(&self) -> Vec<f64> {
        self.records.iter().map(|s| s.total_energy()).collect()
    }

    /// Increases with every restart.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Computes states up to `t` (or the last).
    pub fn run_to(&mut self, t: usize) {
        while self.records.len() <= t && self.advance() {}
    }

    /// Captures what this state contributes, compares, and keeps the state; `moved_by` are the weights of the step that led here.
    fn record(&mut self, moved_by: Option<Numbers>) {
        let t = self.records.len();
        let weights = [moved_by, self.shown_live.clone()];
        let plan = Arc::clone(&self.plan);
        let missing = missing_steps(&self.example);
        let mut levels: Vec<Option<LevelComparison>> = self.records.last().map_or_else(
            || vec![None; plan.weighted_levels().count()],
            |r| r.levels.clone(),
        );
        let mut shares = self.records.last().map_or_else(
            || vec![Shares::none(levels.len()); self.shared.len()],
            |r| r.shares.clone(),
        );
        let relaxes = self.subject.rule.relaxes();
        let phase = self.phase.take();
        let deeds = || phase.iter().flat_map(|p| p.at(t));
        if deeds_change(phase.as_ref()) {
            for deed in deeds() {
                match deed {
                    Deed::Forget(Parameters::All) => self.contribution.clear(),
                    Deed::Forget(Parameters::These(some)) => {
                        some.iter().for_each(|&p| self.contribution.forget(p));
                    }
                    Deed::Capture(level) => self.state.capture(level, &mut self.contribution),
                    _ => {}
                }
            }
            self.contribution.values();
        }
        if relaxes {
            // The rules that take the last state are compared as if any state were the last.
            self.captured.fill(false);
            self.reference_taken.clear();
            if self.schedule.is_some_and(|s| !s.incremental) {
                self.update.clear();
            }
        }
        let mut to_come = false;
        for (i, (slot, level)) in levels.iter_mut().zip(plan.weighted_levels()).enumerate() {
            // A level of steps that the example lacks contributes nothing to compare.
            let mut vertices = plan.levels[level].vertices.iter();
            if vertices.all(|&v| is_missing(&plan, v, missing)) {
                continue;
            }
            let Some(schedule) = self.schedule else {
                // The reverse pass of backpropagation, one level per state: compared with itself.
                if level == t {
                    self.contribution_of_backprop(level);
                    self.take_reference(level);
                    self.gradient.clear();
                    self.gradient.values();
                    self.gradient.copy_from_slice(&self.reference_level);
                    *slot = Some(self.compare_level(level, None));
                    self.note_shares(&mut shares, i, level, slot.is_some(), true);
                }
                to_come |= level > t;
                continue;
            };
            if !relaxes && !schedule.captures(level, t) {
                to_come |= t < self.steps && !self.captured[level];
                continue;
            }
            self.gather(&schedule, level);
            self.contribution_of_backprop(level);
            // Ahead of the front, and where the first errors have just come, nothing would be applied yet.
            let waits = relaxes && t < self.steps && !self.reached(&schedule, level, t);
            *slot = if waits {
                to_come = true;
                None
            } else {
                self.take_reference(level);
                Some(self.compare_level(level, Some(&schedule)))
            };
            self.note_shares(&mut shares, i, level, slot.is_some(), false);
            self.note_first_wrong(level, t);
        }
        for deed in deeds() {
            if let Deed::Apply(parameters) = deed {
                self.apply(parameters);
            }
        }
        self.phase = phase;
        self.update.values();
        for (share, &p) in shares.iter_mut().zip(&self.shared) {
            share.sum = norm(&self.update[plan.parameter(p)]);
        }
        let record = if self.schedule.is_some() {
            self.inference_record(t)
        } else {
            self.reverse_record(t)
        };
        if self.not_finite.is_none() {
            self.not_finite = record.not_finite.map(|v| (v, t));
        }
        let judgement = self.judge(&levels, t == self.steps && !to_come);
        let taken = plan.weighted_levels().find(|&l| self.captured[l]);
        let overflow = judgement.filter(|j| j.verdict == Verdict::NotFinite);
        if self.not_finite.is_none() && overflow.is_some() {
            // Every value is finite, but a product of two is not.
            let wild = levels.iter().flatten().find(|l| !l.finite).map(|l| l.level);
            let at = |l: usize| (plan.levels[l].vertices[0], t);
            self.not_finite = wild.or(taken).map(at);
        }
        self.records.push(Arc::new(StateRecord {
            judgement,
            first_not_finite: self.not_finite,
            levels,
            shares,
            moved: self.moved.clone(),
            weights_moved: self.weights_moved,
            weights,
            ..record
        }));
    }

    /// A snapshot for views.
    pub fn snapshot(&self) -> MicroscopeSnapshot {
        let mut output = self.bp.output().to_vec();
        if self.plan.graph.loss == crate::network::Loss::CrossEntropy {
            crate::network::loss::softmax(self.bp.output(), &mut output);
        }
        MicroscopeSnapshot {
            plan: Arc::clone(&self.plan),
            subject: self.subject.clone(),
            steps: self.steps,
            asked: self.asked,
            schedule: self.schedule,
            states: self.records.clone(),
            delta: self.delta.clone(),
            delta_sizes: Arc::clone(&self.delta_sizes),
            reference_shares: Arc::clone(&self.reference_shares),
            loss: self.loss,
            weights: self.shown_weights.clone(),
            target: Numbers::new(&self.example.targets),
            output: Numbers::new(&output),
            first_wrong: self.first_wrong.clone(),
            missing: missing_steps(&self.example),
            generation: self.generation,
            recorded: false,
            half: Half::default(),
        }
    }
}

/// True if weights change in mid-phase.
fn deeds_change(phase: Option<&Phase>) -> bool {
    phase.is_some_and(|p| p.applies() != Apply::AfterPhase)
}

/// Time steps that the one row of an example lacks at its front.
fn missing_steps<S>(example: &Batch<S>) -> usize {
    example.missing.first().map_or(0, |&n| n as usize)
}

fn is_missing(plan: &Plan, vertex: usize, missing: usize) -> bool {
    match plan.graph.vertices[vertex].role {
        Role::Step { step, .. } => step <= missing,
        Role::Input | Role::Layer(_) | Role::Relay { .. } => false,
    }
}

#[cfg(test)]
#[path = "microscope/verdict_test.rs"]
mod verdict_test;
