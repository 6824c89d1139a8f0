//! What an update costs, counted.

use super::learner::Method;
use super::phase::{Deed, Phase, Place};
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
            let moves = |v: usize, t: usize| {
                v != Graph::INPUT && v != output && s.moves(t, plan.graph.vertices[v].moves_from)
            };
            let follows = |v: usize, t: usize| {
                let mut incoming = plan.graph.vertices[v].incoming.iter();
                incoming.any(|&e| moves(plan.edges[e].from, t))
            };
            let pulled = |t| hidden().filter(|&v| moves(v, t)).map(out_of).sum::<usize>();
            let predicted = |changed: bool, t| {
                let kept = s.front_only || s.frozen;
                let anew = (1..=output).filter(|&v| !kept && (changed || follows(v, t)));
                anew.map(into).sum::<usize>()
            };
            let (mut count, mut t, mut last) = (all, 0, 0);
            for deed in Phase::new(plan, s).from(Place::START) {
                match deed {
                    Deed::State(now) => t = now,
                    Deed::Capture(level) => count += into_level(level),
                    Deed::Step => count += pulled(t) + predicted(false, t),
                    Deed::Decide => count += pulled(t),
                    // After the last change of weights nothing reads the state any more.
                    Deed::Make => last = predicted(true, t),
                    Deed::Apply(_) => count += std::mem::take(&mut last),
                    Deed::Renew => count += all,
                    Deed::Forget(_) => {}
                }
            }
            count
        }
    }
}
