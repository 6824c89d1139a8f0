//! A phase that was recorded: what the microscope shows of it is what the file has, and nothing is computed again.

use super::record::{apart, largest, norm};
use super::snapshot::{MicroscopeSnapshot, StateRecord, Subject};
use super::{Half, PHASES};
use crate::experiment::contributions::{Shares, shared_matrices};
use crate::experiment::numbers::Numbers;
use crate::learning::learner::{Method, method};
use crate::learning::{Conditions, Path};
use crate::network::{Plan, Scalar};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a file has of a phase. Numbers of units stand in the order of [`Plan::block`] with one row.
pub struct Recorded<S> {
    /// What was looked at.
    pub subject: Subject,
    /// x, f(x), μ, ε and Δx of every state.
    pub states: Vec<[Vec<S>; 5]>,
    /// γ of the step that led to each state.
    pub gamma: Vec<f64>,
    /// Energy of each vertex at each state.
    pub energy: Vec<Vec<f64>>,
    /// Backpropagation's δ.
    pub delta: Vec<S>,
    /// y, and backpropagation's output.
    pub ends: [Vec<S>; 2],
    /// Backpropagation's loss.
    pub loss: f64,
    /// Time steps that the example lacks at its front.
    pub missing: usize,
}

impl MicroscopeSnapshot {
    /// What is seen of a recording. It has no weights and no comparison with backpropagation's update.
    pub fn recorded<S: Scalar>(plan: &Arc<Plan>, of: &Recorded<S>) -> Self {
        let vertices = || 0..plan.graph.vertices.len();
        fn part<'a, S>(plan: &Plan, numbers: &'a [S], v: usize) -> &'a [S] {
            &numbers[plan.block(v, 1)]
        }
        let levels = plan.weighted_levels().count();
        let shared = shared_matrices(plan).len();
        let shares = || vec![Shares::none(levels); shared];
        let first = of.states.first().map(|fields| Numbers::new(&fields[0]));
        let record = |(t, all): (usize, &[Vec<S>; 5])| {
            let fields = all.each_ref().map(|numbers| Numbers::new(numbers));
            let [x, _, _, eps, dx] = all;
            let finite = |v: usize| {
                let mut both = part(plan, x, v).iter().chain(part(plan, eps, v));
                both.all(|value| value.is_finite())
            };
            Arc::new(StateRecord {
                t,
                gamma: of.gamma[t],
                weights: [None, None],
                energy: of.energy[t].clone(),
                size: vertices().map(|v| norm(part(plan, eps, v))).collect(),
                largest: all
                    .each_ref()
                    .map(|n| vertices().map(|v| largest(part(plan, n, v))).collect()),
                off: vertices()
                    .map(|v| apart(part(plan, eps, v), part(plan, &of.delta, v)))
                    .collect(),
                elsewhere: vertices()
                    .map(|v| {
                        let block = plan.block(v, 1);
                        first.as_ref().is_some_and(|f| f.differs(&fields[0], block))
                    })
                    .collect(),
                standing: of.subject.interventions.active(t).then(|| {
                    let done = &of.subject.interventions;
                    Arc::new(done.standing(plan, t))
                }),
                levels: vec![None; levels],
                shares: shares(),
                moved: vertices()
                    .map(|v| part(plan, dx, v).iter().any(|d| d.to_f64() != 0.0))
                    .collect(),
                not_finite: vertices().find(|v| !finite(*v)),
                fields,
                ..StateRecord::default()
            })
        };
        let conditions = Conditions {
            path: Path::Full,
            ..of.subject.conditions
        };
        let schedule = match method(plan, of.subject.rule, of.subject.inference, &conditions) {
            Method::Schedule(schedule) => Some(schedule),
            Method::Backprop => None,
        };
        let steps = of.states.len() - 1;
        let delta_sizes = vertices().map(|v| {
            let own = part(plan, &of.delta, v);
            (norm(own), largest(own))
        });
        Self {
            plan: Arc::clone(plan),
            subject: of.subject.clone(),
            steps,
            asked: steps,
            schedule,
            states: of.states.iter().enumerate().map(record).collect(),
            delta: Numbers::new(&of.delta),
            delta_sizes: Arc::new(delta_sizes.collect()),
            reference_shares: Arc::new(shares()),
            loss: of.loss,
            weights: Numbers::new::<S>(&[]),
            target: Numbers::new(&of.ends[0]),
            truth: Numbers::new::<S>(&[]),
            output: Numbers::new(&of.ends[1]),
            first_wrong: None,
            missing: of.missing,
            generation: PHASES.fetch_add(1, Ordering::Relaxed) + 1,
            half: Half::default(),
            recorded: true,
        }
    }
}
