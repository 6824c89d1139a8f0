//! What an update costs, counted.

use super::learner::Method;
use super::phase::{Deed, Phase, Place};
use super::schedule::Schedule;
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
            let moves_from = |v: usize| match v {
                Graph::INPUT => 0,
                v if v == output => 0,
                v => plan.graph.vertices[v].moves_from,
            };
            // A vertex's prediction follows the first that moves of those it reads.
            let follows_from = |v: usize| {
                let incoming = plan.graph.vertices[v].incoming.iter();
                let read = incoming.map(|&e| moves_from(plan.edges[e].from));
                read.filter(|&from| from > 0).min().unwrap_or(0)
            };
            let pulls = By::arrival(hidden().map(|v| (moves_from(v), out_of(v))));
            let follow = By::arrival((1..=output).map(|v| (follows_from(v), into(v))));
            let pulled = |t| pulls.moving(&s, t);
            let predicted = |changed: bool, t| match (s.front_only || s.frozen, changed) {
                (true, _) => 0,
                (false, true) => (1..=output).map(into).sum(),
                (false, false) => follow.moving(&s, t),
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

/// Products by the state at which what asks for them may first have moved.
struct By {
    /// Those of each state, from 1 on: what never moves is not among them.
    at: Vec<usize>,
    /// Those of each state and all before.
    until: Vec<usize>,
}

impl By {
    fn arrival(products: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut at = vec![0];
        for (from, count) in products.filter(|(from, _)| *from > 0) {
            if at.len() <= from {
                at.resize(from + 1, 0);
            }
            at[from] += count;
        }
        let mut until = at.clone();
        for t in 1..until.len() {
            until[t] += until[t - 1];
        }
        Self { at, until }
    }

    /// Those of what moves in the step from t to t + 1 (see [`Schedule::moves`]).
    fn moving(&self, schedule: &Schedule, t: usize) -> usize {
        let last = self.until.len() - 1;
        if schedule.front_only {
            self.at.get(t + 1).copied().unwrap_or(0)
        } else if schedule.everywhere() {
            self.until[last]
        } else {
            self.until[last.min(t + 1)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::{Capture, Conditions, Inference, Path, Start, rule};
    use crate::network::{Activation, Description, Layer, Loss, Shape};
    use std::sync::Arc;

    /// State after state, vertex after vertex.
    fn one_by_one(plan: &Plan, s: &Schedule) -> usize {
        let weighted = |e: &&usize| plan.edges[**e].weight.is_some();
        let vertex = |v: usize| &plan.graph.vertices[v];
        let into = |v: usize| vertex(v).incoming.iter().filter(weighted).count();
        let out_of = |v: usize| vertex(v).outgoing.iter().filter(weighted).count();
        let all: usize = (1..=plan.output()).map(into).sum();
        let moves = |v: usize, t: usize| {
            v != Graph::INPUT && v != plan.output() && s.moves(t, vertex(v).moves_from)
        };
        let mut count = all;
        for t in 0..=s.steps {
            for l in (0..plan.levels.len()).filter(|&l| s.captures(l, t)) {
                count += plan.levels[l].edges.iter().filter(weighted).count();
            }
            if t == s.steps {
                break;
            }
            for v in 1..=plan.output() {
                if moves(v, t) {
                    count += out_of(v);
                }
                let mut read = vertex(v).incoming.iter().map(|&e| plan.edges[e].from);
                if !s.front_only && !s.frozen && read.any(|from| moves(from, t)) {
                    count += into(v);
                }
            }
        }
        count
    }

    #[test]
    fn products_are_those_of_every_state_and_vertex() {
        let dense = |skip| Layer::Dense {
            dense: 4,
            skip,
            activation: None,
        };
        let layers = [dense(None), dense(None), dense(Some(2)), dense(None)];
        let rnn: Vec<Layer> = vec![
            toml::from_str::<toml::Table>("v = { rnn = 3 }").unwrap()["v"]
                .clone()
                .try_into()
                .unwrap(),
            dense(None),
        ];
        for (layers, time, levelled) in [
            (&layers[..], false, true),
            (&layers[..], false, false),
            (&rnn[..], true, true),
        ] {
            let description = Description {
                input: Shape {
                    channels: 2,
                    height: 1,
                    width: 6,
                },
                time,
                layers,
                activation: Activation::Tanh,
                loss: Loss::SquaredError,
                bias: true,
                levelled,
            };
            let plan: Arc<Plan> = Plan::new(description.graph().unwrap());
            let conditions = [
                Conditions::default(),
                Conditions {
                    path: Path::Full,
                    ..Conditions::default()
                },
                Conditions {
                    capture: Capture::Late,
                    ..Conditions::default()
                },
                Conditions {
                    start: Start::Random,
                    ..Conditions::default()
                },
            ];
            for rule in rule::all() {
                for conditions in &conditions {
                    let inference = Inference::of(9, 0.1);
                    let Some(schedule) = Schedule::of(&plan, rule, &inference, conditions) else {
                        continue;
                    };
                    // What changes weights in mid-phase is counted otherwise.
                    if schedule.incremental {
                        continue;
                    }
                    let counted = matrix_products(&plan, Method::Schedule(schedule));
                    let name = rule.name();
                    assert_eq!(
                        counted,
                        one_by_one(&plan, &schedule),
                        "{name} {conditions:?}"
                    );
                }
            }
        }
    }
}
