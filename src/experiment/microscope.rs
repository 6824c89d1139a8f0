//! The microscope: one example's inference, state by state, beside backpropagation on the same weights.
//!
//! It holds a copy of some run's weights and never changes them. Every state that has been computed is kept, so that
//! stepping back is exact and free. At state t the comparison says what the rule would apply if it stopped at t.

mod snapshot;

pub use snapshot::{Field, FirstWrong, MicroscopeSnapshot, StateRecord, Subject, SwitchRow};

use super::contributions::{Shares, shared_matrices};
use super::numbers::Numbers;
use crate::learning::compare::{compare_level, distance};
use crate::learning::learner::{Method, method};
use crate::learning::{
    Backprop, Batch, Capture, Conditions, Distance, Epsilon, LevelComparison, Order, Path, Rule,
    Schedule, Shared, State, Verdict,
};
use crate::network::ops::part_read;
use crate::network::{Gradient, Op, Plan, Role, Scalar, Weights};
use std::sync::Arc;

/// The microscope itself, in one number type.
pub struct Microscope<S: Scalar> {
    plan: Arc<Plan>,
    weights: Arc<Weights<S>>,
    /// Weights as the phase sees them: changed in mid-phase by the ablation "θ before Δx" only.
    live: Weights<S>,
    example: Batch<S>,
    subject: Subject,
    schedule: Option<Schedule>,
    steps: usize,
    state: State<S>,
    bp: Backprop<S>,
    /// Backpropagation's gradient, and a level's own contribution to it.
    reference: Gradient<S>,
    reference_level: Gradient<S>,
    /// What has been captured, and a level's own contribution to it. The first is kept where levels share weights only.
    total: Vec<S>,
    gradient: Gradient<S>,
    /// Room for the contributions of one state of incremental learning.
    contribution: Gradient<S>,
    /// Per level, the sum of what it gave: of the rules that take it more than once, empty for the others.
    by_level: Vec<Gradient<S>>,
    captured: Vec<bool>,
    records: Vec<Arc<StateRecord>>,
    delta: Numbers,
    /// The matrices that time steps share, and what backpropagation contributes to them.
    shared: Vec<usize>,
    reference_shares: Arc<Vec<Shares>>,
    shown_weights: Numbers,
    first_wrong: Option<FirstWrong>,
    loss: f64,
    generation: u64,
}

impl<S: Scalar> Microscope<S> {
    /// Looks at `subject` through `weights`; `example` is a batch of one row.
    pub fn new(weights: Arc<Weights<S>>, subject: Subject, example: Batch<S>) -> Self {
        let plan = Arc::clone(weights.plan());
        let n = plan.parameter_count();
        let mut scope = Self {
            state: State::new(Arc::clone(&plan), 1),
            bp: Backprop::new(Arc::clone(&plan), 1),
            reference: Gradient::new(Arc::clone(&plan)),
            reference_level: Gradient::new(Arc::clone(&plan)),
            total: vec![S::ZERO; n],
            gradient: Gradient::new(Arc::clone(&plan)),
            contribution: Gradient::new(Arc::clone(&plan)),
            by_level: Vec::new(),
            captured: vec![false; plan.levels.len()],
            live: (*weights).clone(),
            shown_weights: Numbers::new(weights.values()),
            weights,
            example,
            subject,
            schedule: None,
            steps: 0,
            records: Vec::new(),
            delta: Numbers::new::<S>(&[]),
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

    /// What is looked at.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Changes weights, subject and example, and starts again at state 0.
    pub fn look_at(&mut self, weights: Arc<Weights<S>>, subject: Subject, example: Batch<S>) {
        if !Arc::ptr_eq(&weights, &self.weights) {
            self.shown_weights = Numbers::new(weights.values());
        }
        (self.weights, self.subject, self.example) = (weights, subject, example);
        self.restart();
    }

    /// Starts again at state 0.
    pub fn restart(&mut self) {
        self.generation += 1;
        self.records.clear();
        self.first_wrong = None;
        self.live.copy_from(&self.weights);
        self.total.fill(S::ZERO);
        self.reference.fill(S::ZERO);
        self.captured.fill(false);
        let Batch {
            inputs,
            targets,
            missing,
            ..
        } = &self.example;
        self.bp.forward(&self.weights, inputs, missing);
        self.loss = self.bp.loss(targets);
        self.bp.reverse(&self.weights, targets, &mut self.reference);
        let delta: Vec<S> = (0..self.plan.graph.vertices.len())
            .flat_map(|v| self.bp.delta(v).to_vec())
            .collect();
        self.delta = Numbers::new(&delta);
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
            Some(s) if self.subject.rule != Rule::Zil || s.capture == Some(Capture::End) => 0,
            _ => missing_steps(&self.example),
        };
        self.steps = self.schedule.map_or(self.plan.depth(), |s| s.steps) - spare;
        let start = self
            .schedule
            .map_or(crate::learning::Start::FeedForward, |s| s.start);
        self.by_level.clear();
        if let Some(schedule) = &self.schedule {
            self.state.follow(schedule);
            if schedule.incremental || schedule.later.is_some() {
                let room = Gradient::new(Arc::clone(&self.plan));
                self.by_level = vec![room; self.plan.levels.len()];
            }
        }
        self.state.begin(
            &self.weights,
            inputs,
            targets,
            missing,
            start,
            self.subject.seed,
            0,
        );
        self.reference_shares = Arc::new(self.shares_of_backprop());
        self.record();
    }

    /// Computes the next state; false if there is none.
    pub fn advance(&mut self) -> bool {
        if self.records.len() > self.steps {
            return false;
        }
        if let Some(schedule) = self.schedule {
            if schedule.incremental {
                self.step_incrementally(&schedule);
            } else {
                self.state.step(&self.live, &schedule);
                self.change_at_once(&schedule);
            }
        }
        self.record();
        true
    }

    /// A step in which the weights move too, from the same state as x; what each level has been given adds up.
    fn step_incrementally(&mut self, schedule: &Schedule) {
        self.state.decide_moves(&self.live, schedule);
        self.contribution.fill(S::ZERO);
        for (level, sum) in self.by_level.iter_mut().enumerate() {
            self.state.capture(level, &mut self.contribution);
            self.state.capture(level, sum);
        }
        let (rate, contribution) = (S::from_f64(self.subject.rate), &self.contribution);
        self.live.change(|theta| {
            for (w, &g) in theta.iter_mut().zip(contribution.iter()) {
                *w += rate * g;
            }
        });
        self.state.make_moves(&self.live, schedule, true);
    }

    /// The ablation "shared weights at once": what the last state contributed changes them, and every prediction with them.
    fn change_at_once(&mut self, schedule: &Schedule) {
        let plan = Arc::clone(&self.plan);
        if !plan.shares || schedule.shared != Shared::AtOnce {
            return;
        }
        let t = self.records.len() - 1;
        let rate = S::from_f64(self.subject.rate);
        for level in plan.weighted_levels() {
            if schedule.capture_time(level) != t {
                continue;
            }
            // The last level captured: its contribution still stands in the gradient.
            let gradient = &self.gradient;
            let shared = |p: &&usize| plan.graph.parameters[**p].is_shared();
            self.live.change(|theta| {
                for &p in plan.levels[level].parameters.iter().filter(shared) {
                    for i in plan.parameter(p) {
                        theta[i] += rate * gradient[i];
                    }
                }
            });
            self.state.weights_changed(&self.live, schedule.epsilon);
        }
    }

    /// Computes states up to `t` (or the last).
    pub fn run_to(&mut self, t: usize) {
        while self.records.len() <= t && self.advance() {}
    }

    /// Captures what this state contributes, compares, and keeps the state.
    fn record(&mut self) {
        let t = self.records.len();
        let plan = Arc::clone(&self.plan);
        let rate = self.subject.rate;
        let missing = missing_steps(&self.example);
        let mut levels: Vec<Option<LevelComparison>> = self.records.last().map_or_else(
            || vec![None; plan.weighted_levels().count()],
            |r| r.levels.clone(),
        );
        let mut shares = self.records.last().map_or_else(
            || vec![Shares::none(levels.len()); self.shared.len()],
            |r| r.shares.clone(),
        );
        if self.subject.rule.relaxes() {
            self.total.fill(S::ZERO);
        }
        for (i, (slot, level)) in levels.iter_mut().zip(plan.weighted_levels()).enumerate() {
            // A level of steps that the example lacks contributes nothing to compare.
            let mut vertices = plan.levels[level].vertices.iter();
            if vertices.all(|&v| is_missing(&plan, v, missing)) {
                continue;
            }
            let Some(schedule) = self.schedule else {
                // The reverse pass of backpropagation, one level per state: compared with itself.
                if level == t {
                    self.captured[level] = true;
                    self.contribution_of_backprop(level);
                    for &p in &plan.levels[level].parameters {
                        for n in plan.parameter(p) {
                            self.total[n] += self.reference_level[n];
                        }
                    }
                    *slot = Some(self.compare(level, &self.reference_level, rate));
                    self.note_shares(&mut shares, i, level, slot.is_some(), true);
                }
                continue;
            };
            // The rules that take the last state are compared as if any state were the last.
            let relaxes = self.subject.rule.relaxes();
            if !relaxes && !schedule.captures(level, t) {
                continue;
            }
            self.gather(&schedule, level);
            self.contribution_of_backprop(level);
            let nothing = |i: usize| self.gradient[i] == S::ZERO;
            let silent = plan.levels[level]
                .parameters
                .iter()
                .all(|&p| plan.parameter(p).all(nothing));
            *slot = if relaxes && silent {
                None
            } else {
                self.captured[level] = true;
                Some(self.compare(level, &self.gradient, rate))
            };
            self.note_shares(&mut shares, i, level, slot.is_some(), false);
            self.note_first_wrong(level, t);
            if schedule.order == Order::WFirst {
                let sum: &[S] = if plan.shares {
                    &self.total
                } else {
                    &self.gradient
                };
                let (rate, gradient) = (S::from_f64(rate), sum);
                let complete = |p: &&usize| plan.graph.parameters[**p].levels.1 == level;
                self.live.change(|theta| {
                    for &p in plan.levels[level].parameters.iter().filter(complete) {
                        for i in plan.parameter(p) {
                            theta[i] += rate * gradient[i];
                        }
                    }
                });
            }
        }
        for (share, &p) in shares.iter_mut().zip(&self.shared) {
            share.sum = norm(&self.total[plan.parameter(p)]);
        }
        let captured: Vec<LevelComparison> = levels.iter().copied().flatten().collect();
        let record = if self.schedule.is_some() {
            self.inference_record(t)
        } else {
            self.reverse_record(t)
        };
        self.records.push(Arc::new(StateRecord {
            verdict: Verdict::of(&captured),
            total: (plan.shares && self.schedule.is_some()).then(|| self.compare_total()),
            levels,
            shares,
            ..record
        }));
    }

    /// Notes the sizes of one level's contributions to the shared matrices: the `i`-th weighted level.
    fn note_shares(
        &self,
        shares: &mut [Shares],
        i: usize,
        level: usize,
        captured: bool,
        backprop: bool,
    ) {
        let gradient = if backprop {
            &self.reference_level
        } else {
            &self.gradient
        };
        for (share, p) in shares.iter_mut().zip(&self.shared) {
            if self.plan.levels[level].parameters.contains(p) {
                let size = || norm(&gradient[self.plan.parameter(*p)]);
                share.sizes[i] = captured.then(size);
            }
        }
    }

    /// What backpropagation contributes to the shared matrices, level by level.
    fn shares_of_backprop(&mut self) -> Vec<Shares> {
        let plan = Arc::clone(&self.plan);
        let levels = plan.weighted_levels().count();
        let mut shares = vec![Shares::none(levels); self.shared.len()];
        if shares.is_empty() {
            return shares;
        }
        for (i, level) in plan.weighted_levels().enumerate() {
            self.contribution_of_backprop(level);
            self.note_shares(&mut shares, i, level, true, true);
        }
        for (share, &p) in shares.iter_mut().zip(&self.shared) {
            share.sum = norm(&self.reference[plan.parameter(p)]);
        }
        shares
    }

    /// Leaves in `gradient` what the rule would apply of one level if it stopped at this state, and adds it to the total.
    fn gather(&mut self, schedule: &Schedule, level: usize) {
        let plan = Arc::clone(&self.plan);
        let numbers = || {
            let parameters = plan.levels[level].parameters.iter();
            parameters.flat_map(|&p| plan.parameter(p))
        };
        for i in numbers() {
            self.gradient[i] = S::ZERO;
        }
        if !schedule.incremental {
            self.state.capture(level, &mut self.gradient);
        }
        if plan.shares {
            for i in numbers() {
                self.total[i] += self.gradient[i];
            }
        }
        if let Some(sum) = self.by_level.get_mut(level) {
            for i in numbers() {
                sum[i] += self.gradient[i];
                self.gradient[i] = sum[i];
            }
            if plan.shares && schedule.incremental {
                for i in numbers() {
                    self.total[i] += self.gradient[i];
                }
            }
        }
    }

    /// Backpropagation's contribution of one level.
    fn contribution_of_backprop(&mut self, level: usize) {
        for &p in &self.plan.levels[level].parameters {
            self.reference_level[self.plan.parameter(p)].fill(S::ZERO);
        }
        for &v in &self.plan.levels[level].vertices {
            self.bp.contribute(v, &mut self.reference_level);
        }
    }

    /// Everything captured, applied to a copy of the weights, against backpropagation's whole gradient.
    fn compare_total(&self) -> Distance {
        let rate = S::from_f64(self.subject.rate);
        let start = self.weights.values();
        let after = |gradient: &[S]| -> Vec<S> {
            let pairs = start.iter().zip(gradient);
            pairs.map(|(&w, &g)| w + rate * g).collect()
        };
        distance(&after(&self.total), &after(&self.reference), start)
    }

    fn compare(&self, level: usize, gradient: &[S], rate: f64) -> LevelComparison {
        compare_level(
            &self.plan,
            level,
            self.weights.values(),
            gradient,
            &self.reference_level,
            rate,
            1.0,
        )
    }

    fn inference_record(&self, t: usize) -> StateRecord {
        let (plan, state) = (&self.plan, &self.state);
        let vertices = 0..plan.graph.vertices.len();
        let arena = |get: &dyn Fn(usize) -> Vec<S>| {
            Numbers::new(&vertices.clone().flat_map(get).collect::<Vec<S>>())
        };
        StateRecord {
            t,
            fields: [
                arena(&|v| state.x(v).to_vec()),
                arena(&|v| {
                    if v == plan.output() {
                        state.x(v).to_vec()
                    } else {
                        state.fx(v).to_vec()
                    }
                }),
                arena(&|v| state.mu(v).to_vec()),
                arena(&|v| state.eps(v).to_vec()),
                arena(&|v| state.dx(v).to_vec()),
            ],
            gamma: state.gamma_used(0),
            energy: vertices.clone().map(|v| state.energy_of(v)).collect(),
            size: vertices.clone().map(|v| norm(state.eps(v))).collect(),
            levels: Vec::new(),
            shares: Vec::new(),
            total: None,
            verdict: None,
            not_finite: state.first_not_finite(),
        }
    }

    /// Backpropagation as a wave: at state t the reverse pass has reached level t, and δ stands where ε would.
    fn reverse_record(&self, t: usize) -> StateRecord {
        let (plan, bp) = (&self.plan, &self.bp);
        let vertices = 0..plan.graph.vertices.len();
        let reached = |v: usize| v > 0 && plan.graph.vertices[v].level <= t;
        let zeros = |v: usize| vec![S::ZERO; plan.len_of(v)];
        let arena = |get: &dyn Fn(usize) -> Vec<S>| {
            Numbers::new(&vertices.clone().flat_map(get).collect::<Vec<S>>())
        };
        StateRecord {
            t,
            fields: [
                arena(&|v| bp.x(v).to_vec()),
                arena(&|v| bp.fx(v).to_vec()),
                arena(&|v| if v == 0 { zeros(v) } else { bp.x(v).to_vec() }),
                arena(&|v| {
                    if reached(v) {
                        bp.delta(v).to_vec()
                    } else {
                        zeros(v)
                    }
                }),
                arena(&|v| zeros(v)),
            ],
            gamma: 0.0,
            energy: vertices
                .clone()
                .map(|v| if v == plan.output() { self.loss } else { 0.0 })
                .collect(),
            size: vertices
                .clone()
                .map(|v| if reached(v) { norm(bp.delta(v)) } else { 0.0 })
                .collect(),
            levels: Vec::new(),
            shares: Vec::new(),
            total: None,
            verdict: None,
            not_finite: vertices
                .rev()
                .find(|&v| bp.x(v).iter().any(|x| !x.is_finite())),
        }
    }

    fn note_first_wrong(&mut self, level: usize, t: usize) {
        if self.first_wrong.is_some() || self.subject.rule != Rule::Zil {
            return;
        }
        for &e in &self.plan.levels[level].edges {
            let edge = &self.plan.edges[e];
            let (Some(w), Some(parameter)) = (&edge.weight, self.plan.graph.edges[e].weight) else {
                continue;
            };
            let rate = S::from_f64(self.subject.rate);
            // The largest of the wrong numbers of this level: the first one in storage order may be a rounding away from right.
            let worst = w
                .range
                .clone()
                .filter(|&i| {
                    let old = self.weights.values()[i];
                    (old + rate * self.gradient[i])
                        .differing_bits(old + rate * self.reference_level[i])
                        > 0
                })
                .max_by(|&a, &b| {
                    let off = |i: usize| {
                        (self.gradient[i].to_f64() - self.reference_level[i].to_f64()).abs()
                    };
                    off(a).total_cmp(&off(b))
                });
            let Some(i) = worst else { continue };
            let place = self.plan.graph.parameters[parameter].place(i - w.range.start);
            let dense = matches!(edge.op, Op::Dense | Op::Step(_));
            let part = part_read(edge.op, self.plan.graph.vertices[edge.from].shape).start;
            let pair = |error: &[S], input: &[S]| {
                dense.then(|| (error[place.0].to_f64(), input[part + place.1].to_f64()))
            };
            self.first_wrong = Some(FirstWrong {
                parameter,
                place,
                taken: (t, level),
                gradient: (self.gradient[i].to_f64(), self.reference_level[i].to_f64()),
                factors: pair(self.state.eps(edge.to), self.state.fx(edge.from)),
                reference: pair(self.bp.delta(edge.to), self.bp.fx(edge.from)),
            });
            return;
        }
    }

    /// What each switch does to this example, one at a time: every condition broken on its own, and all of them held.
    pub fn switches(&self) -> Vec<SwitchRow> {
        let held = Conditions::default();
        let broken = Conditions::default;
        let rows = [
            ("all hold", held),
            (
                "γ = 0.5",
                Conditions {
                    gamma: 0.5,
                    ..broken()
                },
            ),
            (
                "one step late",
                Conditions {
                    capture: crate::learning::Capture::Late,
                    ..broken()
                },
            ),
            (
                "all taken at t = D",
                Conditions {
                    capture: crate::learning::Capture::End,
                    ..broken()
                },
            ),
            (
                "random start",
                Conditions {
                    start: crate::learning::Start::Random,
                    ..broken()
                },
            ),
            (
                "W before Δx",
                Conditions {
                    order: Order::WFirst,
                    ..broken()
                },
            ),
            (
                "naive ε",
                Conditions {
                    epsilon: Epsilon::Naive,
                    ..broken()
                },
            ),
            (
                "hidden precision 0.5",
                Conditions {
                    hidden_precision: 0.5,
                    ..broken()
                },
            ),
            (
                "shared W at once",
                Conditions {
                    shared: Shared::AtOnce,
                    ..broken()
                },
            ),
        ];
        let applies = |row: &(_, Conditions)| row.1.shared == Shared::Together || self.plan.shares;
        rows.into_iter()
            .filter(applies)
            .map(|(name, conditions)| {
                let subject = Subject {
                    rule: Rule::Zil,
                    conditions,
                    ..self.subject.clone()
                };
                let mut scope = Self::new(Arc::clone(&self.weights), subject, self.example.clone());
                scope.run_to(usize::MAX);
                let last = scope.records.last();
                SwitchRow {
                    name,
                    conditions,
                    verdict: last.and_then(|r| r.verdict),
                    levels: last.map(|r| r.levels.clone()).unwrap_or_default(),
                }
            })
            .collect()
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
            schedule: self.schedule,
            states: self.records.clone(),
            delta: self.delta.clone(),
            reference_shares: Arc::clone(&self.reference_shares),
            loss: self.loss,
            weights: self.shown_weights.clone(),
            target: Numbers::new(&self.example.targets),
            output: Numbers::new(&output),
            first_wrong: self.first_wrong.clone(),
            missing: missing_steps(&self.example),
            generation: self.generation,
        }
    }
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

fn norm<S: Scalar>(values: &[S]) -> f64 {
    values
        .iter()
        .map(|v| v.to_f64() * v.to_f64())
        .sum::<f64>()
        .sqrt()
}
