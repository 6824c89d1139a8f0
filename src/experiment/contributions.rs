//! What each time step contributes to the matrices that all steps share, and what the contributions sum to: the sizes (Frobenius
//! norms) of what the microscope's engine captured.

use super::microscope::MicroscopeSnapshot;
use crate::network::{Plan, Role};

/// Sizes of what the levels contribute to one shared matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shares {
    /// Per weighted level (output first): the size of its contribution; `None` while nothing is captured.
    pub sizes: Vec<Option<f64>>,
    /// The size of the sum.
    pub sum: f64,
}

impl Shares {
    /// Nothing captured of so many levels.
    pub(super) fn none(levels: usize) -> Self {
        Self {
            sizes: vec![None; levels],
            sum: 0.0,
        }
    }
}

/// One time step's part in a shared matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// The vertex whose error is read.
    pub vertex: usize,
    /// The time step, from 1 to N.
    pub step: usize,
    /// Its level.
    pub level: usize,
    /// The state at which the rule takes it, if it takes it once.
    pub taken: Option<usize>,
    /// The size of what has been taken by now; `None` while nothing has.
    pub size: Option<f64>,
    /// The size of backpropagation's contribution.
    pub reference: f64,
}

/// All contributions to one shared matrix at a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Contributions {
    /// One per time step that contributes, the one nearest the output first.
    pub steps: Vec<Contribution>,
    /// The size of the sum of what has been taken by now.
    pub sum: f64,
    /// The size of the sum of backpropagation's contributions.
    pub reference_sum: f64,
}

/// Parameters (no biases) that several time steps share, the recurrent ones first.
pub fn shared_matrices(plan: &Plan) -> Vec<usize> {
    let mut found: Vec<usize> = (0..plan.graph.parameters.len())
        .filter(|&p| !plan.graph.parameters[p].is_bias && edges_of(plan, p).len() > 1)
        .collect();
    found.sort_by_key(|&p| !is_recurrent(plan, p));
    found
}

/// True if a shared matrix leads from one time step to the next.
pub fn is_recurrent(plan: &Plan, parameter: usize) -> bool {
    edges_of(plan, parameter).iter().any(|&e| {
        let edge = &plan.edges[e];
        let layer = |v: usize| match plan.graph.vertices[v].role {
            Role::Step { layer, .. } => Some(layer),
            _ => None,
        };
        layer(edge.from).is_some() && layer(edge.from) == layer(edge.to)
    })
}

fn edges_of(plan: &Plan, parameter: usize) -> Vec<usize> {
    let uses = |e: &usize| plan.graph.edges[*e].weight == Some(parameter);
    (0..plan.edges.len()).filter(uses).collect()
}

/// What the time steps contribute to the `which`-th of the [`shared_matrices`], `parameter`, by state `t`.
pub fn contributions(
    micro: &MicroscopeSnapshot,
    (which, parameter): (usize, usize),
    t: usize,
) -> Contributions {
    let plan = &micro.plan;
    let (own, reference) = (
        &micro.states[t].shares[which],
        &micro.reference_shares[which],
    );
    // Where a level's size stands among those of the weighted levels.
    let mut place = vec![0; plan.levels.len()];
    for (i, level) in plan.weighted_levels().enumerate() {
        place[level] = i;
    }
    let mut steps: Vec<Contribution> = edges_of(plan, parameter)
        .into_iter()
        .map(|e| &plan.edges[e])
        .filter(|edge| !micro.is_missing(edge.to) && !micro.is_missing(edge.from))
        .filter_map(|edge| {
            let vertex = &plan.graph.vertices[edge.to];
            let Role::Step { step, .. } = vertex.role else {
                return None;
            };
            let level = vertex.level;
            let i = place[level];
            let at_every_state = micro.subject.rule.relaxes();
            Some(Contribution {
                vertex: edge.to,
                step,
                level,
                taken: micro.capture_time(level).filter(|_| !at_every_state),
                size: own.sizes[i],
                reference: reference.sizes[i].unwrap_or(0.0),
            })
        })
        .collect();
    steps.sort_by_key(|c| c.level);
    Contributions {
        steps,
        sum: own.sum,
        reference_sum: reference.sum,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::session::{Mode, ScopeCommand, Session};

    fn snapshot(changes: &[&str], t: usize) -> std::sync::Arc<MicroscopeSnapshot> {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let experiment = Experiment::load("names-rnn", &changes).unwrap();
        let mut session = Session::start(experiment, Mode::InStep).unwrap();
        session.scope(ScopeCommand::RunTo(t));
        session.take_scope().unwrap().microscope
    }

    #[test]
    fn contributions_appear_with_the_front_and_equal_backpropagations() {
        let micro = snapshot(&[], usize::MAX);
        let shared = shared_matrices(&micro.plan);
        assert_eq!(shared.len(), 2);
        assert!(is_recurrent(&micro.plan, shared[0]) && !is_recurrent(&micro.plan, shared[1]));
        for p in shared.iter().copied().enumerate() {
            for t in 0..micro.states.len() {
                let now = contributions(&micro, p, t);
                for c in &now.steps {
                    assert_eq!(c.size.is_some(), c.level <= t, "t = {t}, level {}", c.level);
                    if let Some(size) = c.size {
                        assert!((size - c.reference).abs() <= 1e-6 * c.reference);
                    }
                }
            }
            let last = contributions(&micro, p, micro.states.len() - 1);
            assert!(last.reference_sum > 0.0);
            assert!((last.sum - last.reference_sum).abs() <= 1e-6 * last.reference_sum);
            // The sum is no larger than its parts together, and here clearly smaller: they do not all point one way.
            let parts: f64 = last.steps.iter().map(|c| c.reference).sum();
            assert!(last.reference_sum < parts);
        }
    }

    #[test]
    fn taken_late_they_differ() {
        let micro = snapshot(&["conditions.capture=late"], usize::MAX);
        let p = (0, shared_matrices(&micro.plan)[0]);
        let last = contributions(&micro, p, micro.states.len() - 1);
        assert!((last.sum - last.reference_sum).abs() > 1e-2 * last.reference_sum);
    }

    #[test]
    fn frozen_predictions_contribute_what_backpropagation_does() {
        let changes = [
            "learning.rule=fixed-prediction",
            "inference.gamma=1.0",
            "inference.steps=24",
        ];
        let micro = snapshot(&changes, usize::MAX);
        for p in shared_matrices(&micro.plan).into_iter().enumerate() {
            let last = contributions(&micro, p, micro.states.len() - 1);
            for c in &last.steps {
                let size = c.size.unwrap();
                assert!((size - c.reference).abs() <= 1e-5 * c.reference, "{c:?}");
            }
            assert!((last.sum - last.reference_sum).abs() <= 1e-5 * last.reference_sum);
        }
    }
}
