//! What an update costs, counted.

use super::learner::Method;
use crate::network::{Graph, Plan};

/// Products of a matrix with a batch in one update (a convolution is one): what a rule costs, counted, not timed. With an
/// adaptive γ, what it costs at least: every halving evaluates the predictions again.
pub fn matrix_products(plan: &Plan, method: Method) -> usize {
    let weighted = |e: &usize| plan.edges[*e].weight.is_some();
    let into = |v: usize| {
        plan.graph.vertices[v]
            .incoming
            .iter()
            .filter(|e| weighted(e))
            .count()
    };
    let out_of = |v: usize| {
        plan.graph.vertices[v]
            .outgoing
            .iter()
            .filter(|e| weighted(e))
            .count()
    };
    let all: usize = plan.edges.iter().filter(|e| e.weight.is_some()).count();
    let output = plan.output();
    let hidden = || 1..output;
    match method {
        Method::Backprop => all + hidden().map(out_of).sum::<usize>() + all,
        Method::Schedule(s) => {
            let into_level = |level: usize| {
                plan.levels[level]
                    .edges
                    .iter()
                    .filter(|e| weighted(e))
                    .count()
            };
            let mut count = all;
            for t in 0..=s.steps {
                count += (0..plan.levels.len())
                    .filter(|&l| {
                        if s.incremental {
                            t < s.steps
                        } else {
                            s.captures(l, t)
                        }
                    })
                    .map(into_level)
                    .sum::<usize>();
                // The last state of incremental learning gives nothing, so no step leads to it.
                if t == s.steps || s.incremental && t + 1 >= s.steps {
                    continue;
                }
                let moves = |v: usize| {
                    v != Graph::INPUT
                        && v != output
                        && s.moves(t, plan.graph.vertices[v].moves_from)
                };
                count += hidden().filter(|&v| moves(v)).map(out_of).sum::<usize>();
                if !s.front_only && !s.frozen {
                    count += (1..=output)
                        .filter(|&v| {
                            s.incremental
                                || plan.graph.vertices[v]
                                    .incoming
                                    .iter()
                                    .any(|&e| moves(plan.edges[e].from))
                        })
                        .map(into)
                        .sum::<usize>();
                }
            }
            count
        }
    }
}
