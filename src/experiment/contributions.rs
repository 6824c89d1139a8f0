//! What each time step contributes to the matrices that all steps share, and what the contributions sum to.
//!
//! For one example a step's contribution is the outer product ε f(x)ᵀ of its error and what it was predicted from, so its size
//! (Frobenius norm) is |ε| |f(x)|. The sum is worked out as a matrix, the step nearest the output first, as rules apply it.

use super::microscope::{Field, MicroscopeSnapshot};
use crate::learning::Rule;
use crate::network::ops::part_read;
use crate::network::{Plan, Role};
use std::ops::Range;

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

/// What the time steps contribute to `parameter` by state `t`.
pub fn contributions(micro: &MicroscopeSnapshot, parameter: usize, t: usize) -> Contributions {
    let plan = &micro.plan;
    let shape = &plan.graph.parameters[parameter];
    let mut sum = vec![0.0; shape.rows * shape.cols];
    let mut reference_sum = sum.clone();
    let mut steps = Vec::new();
    let mut edges = edges_of(plan, parameter);
    edges.sort_by_key(|&e| plan.graph.vertices[plan.edges[e].to].level);
    for e in edges {
        let edge = &plan.edges[e];
        if micro.is_missing(edge.to) || micro.is_missing(edge.from) {
            continue;
        }
        let Role::Step { step, .. } = plan.graph.vertices[edge.to].role else {
            continue;
        };
        let level = plan.graph.vertices[edge.to].level;
        let part = part_read(edge.op, plan.graph.vertices[edge.from].shape);
        let read = |field: Field, state: usize, vertex: usize, range: Range<usize>| -> Vec<f64> {
            let value = micro.values(state, field, vertex);
            range.map(value).collect()
        };
        let units = 0..plan.len_of(edge.to);
        let delta = read(Field::Delta, 0, edge.to, units.clone());
        let before: Vec<f64> = part.clone().map(|i| micro.forward(edge.from, i)).collect();
        let reference = add_outer(&delta, &before, &mut reference_sum);
        let taken = match micro.subject.rule {
            Rule::Il => None,
            _ => micro.capture_time(level),
        };
        let state = match micro.subject.rule {
            Rule::Il => Some(t),
            _ => taken.filter(|&at| at <= t),
        };
        let size = state.map(|at| {
            let error = read(Field::Eps, at, edge.to, units);
            let input = read(Field::Fx, at, edge.from, part);
            add_outer(&error, &input, &mut sum)
        });
        steps.push(Contribution {
            vertex: edge.to,
            step,
            level,
            taken,
            size: size.filter(|s| *s > 0.0 || micro.subject.rule != Rule::Il),
            reference,
        });
    }
    Contributions {
        steps,
        sum: norm(&sum),
        reference_sum: norm(&reference_sum),
    }
}

/// Adds `error inputᵀ` to `sum` and returns its size.
fn add_outer(error: &[f64], input: &[f64], sum: &mut [f64]) -> f64 {
    for (row, e) in sum.chunks_exact_mut(input.len()).zip(error) {
        for (s, f) in row.iter_mut().zip(input) {
            *s += e * f;
        }
    }
    norm(error) * norm(input)
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
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
        for &p in &shared {
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
        let p = shared_matrices(&micro.plan)[0];
        let last = contributions(&micro, p, micro.states.len() - 1);
        assert!((last.sum - last.reference_sum).abs() > 1e-2 * last.reference_sum);
    }
}
