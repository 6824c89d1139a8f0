//! How a unit came to its numbers: the terms of its sums, from the numbers of a snapshot, and the step that moved it.

use super::snapshot::{Field, Hand, MicroscopeSnapshot};
use crate::experiment::numbers::Numbers;
use crate::learning::Energetics;
use crate::network::ops::{Factor, Joint, Look};
use crate::network::plan::PlannedEdge;
use crate::network::{Graph, Shape};

/// One term: a weight (a pool's share, f(x) of another) times an error or an f(x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Where the other factor stands.
    pub place: Place,
    /// The weight, 1 for a max pool's winner, the share for an average pool, the other factor of a product.
    pub weight: f64,
    /// ε of the unit reached, or f(x) of the unit read.
    pub other: f64,
}

impl Term {
    /// The product.
    pub fn value(&self) -> f64 {
        self.weight * self.other
    }
}

/// A unit of a vertex of some shape. Of tens of thousands of terms only a few are named: the words are made where they are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    shape: Shape,
    unit: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (channel, row, column) = self.shape.position(self.unit);
        if self.shape.is_flat() {
            write!(f, "unit {}", self.unit)
        } else {
            write!(f, "ch {channel} [{row}, {column}]")
        }
    }
}

fn place(shape: Shape, unit: usize) -> Place {
    Place { shape, unit }
}

/// The step that led to a state, for one unit: Δx = γ (−π ε + f′ · Σ Jᵀ π ε − λ x − what draws to a prior) + noise, all but γ and the noise as they stood
/// before it. Their sum is the engine's Δx up to rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// γ, as small as an adaptive step came to.
    pub gamma: f64,
    /// −π ε.
    pub own: f64,
    /// f′(x); under a frozen feed-forward state, of that.
    pub slope: f64,
    /// What Σ Jᵀ π ε adds up.
    pub pulls: Vec<Term>,
    /// λ x; `None` without decay.
    pub decay: Option<f64>,
    /// What draws a freed input to its prior, λ [Q (x − m)]; `None` where nothing does.
    pub prior: Option<f64>,
    /// The noise; `None` without.
    pub noise: Option<f64>,
    /// The energy weighs its terms, so that π ε is not ε.
    pub weighed: bool,
}

/// The step that led to state `t` of a unit that has moved; `None` at t = 0, of backpropagation, and where the weights it was made
/// with had moved and were not kept.
pub fn step(micro: &MicroscopeSnapshot, vertex: usize, unit: usize, t: usize) -> Option<Step> {
    let (schedule, before) = (micro.schedule.as_ref()?, t.checked_sub(1)?);
    let weights = micro.weights_of_move(t)?;
    let value = |field| micro.value(before, field, vertex, unit);
    let about = &micro.plan.graph.vertices[vertex];
    // A frozen slope is that of the feed-forward state, whose x was μ.
    let sloped = if schedule.frozen { Field::Mu } else { Field::X };
    let energetics = &micro.energetics(before);
    Some(Step {
        gamma: micro.states[t].gamma,
        own: -energetics.precision(about.level) * value(Field::Eps),
        slope: about.activation.slope(value(sloped)),
        pulls: pulls(micro, weights, before, vertex, unit),
        decay: (energetics.decay > 0.0 && vertex != Graph::INPUT)
            .then(|| energetics.decay * value(Field::X)),
        prior: prior(micro, before, vertex, unit),
        noise: (schedule.noise > 0.0).then(|| micro.noise(t, vertex, unit)),
        weighed: *energetics != Energetics::default(),
    })
}

/// What draws a freed unit of the input to its prior at state t.
fn prior(micro: &MicroscopeSnapshot, t: usize, vertex: usize, unit: usize) -> Option<f64> {
    let prior = micro.subject.prior.as_ref()?;
    if micro.hand_on(t, vertex, unit) != Some(Hand::Freed) || vertex != Graph::INPUT {
        return None;
    }
    let x = micro.values(t, Field::X, vertex);
    let all: Vec<f64> = (0..micro.plan.len_of(vertex)).map(x).collect();
    Some(prior.pull(&all, unit))
}

/// Backpropagation's δ of a unit at state `t` of its reverse pass: f′(x), and the terms of Σ Jᵀ δ.
pub fn reverse(
    micro: &MicroscopeSnapshot,
    vertex: usize,
    unit: usize,
    t: usize,
) -> (f64, Vec<Term>) {
    let x = micro.value(t, Field::X, vertex, unit);
    let slope = micro.plan.graph.vertices[vertex].activation.slope(x);
    // At state t of the reverse pass ε of a vertex that it has reached is its δ.
    (slope, pulls(micro, &micro.weights, t, vertex, unit))
}

/// The terms of Σ Jᵀ π ε that pull at a unit at state t through some weights, over all vertices it predicts.
pub fn pulls(
    micro: &MicroscopeSnapshot,
    weights: &Numbers,
    t: usize,
    vertex: usize,
    unit: usize,
) -> Vec<Term> {
    let plan = &micro.plan;
    let mut terms = Vec::new();
    if micro.is_missing(vertex) || micro.recorded {
        return terms;
    }
    for &e in &plan.graph.vertices[vertex].outgoing {
        let edge = &plan.edges[e];
        let to = &plan.graph.vertices[edge.to];
        let precision = match micro.schedule {
            Some(_) => micro.energetics(t).precision(to.level),
            None => 1.0,
        };
        each(micro, weights, t, edge, |at, look, weight| {
            edge.op.pulls(at, unit, look, &mut |term| {
                terms.push(Term {
                    place: place(to.shape, term.unit),
                    weight: term.factor.value(weight),
                    other: precision * micro.value(t, Field::Eps, edge.to, term.unit),
                });
            });
        });
    }
    terms
}

/// The terms of μ of a unit at state t through some weights, and its bias.
pub fn predictions(
    micro: &MicroscopeSnapshot,
    weights: &Numbers,
    t: usize,
    vertex: usize,
    unit: usize,
) -> (Vec<Term>, Option<f64>) {
    let plan = &micro.plan;
    let (channel, ..) = plan.graph.vertices[vertex].shape.position(unit);
    let (mut terms, mut bias) = (Vec::new(), None);
    if micro.is_missing(vertex) {
        return (terms, bias);
    }
    for (_, edge) in plan.predicting(vertex) {
        if let Some(b) = &edge.bias {
            bias = Some(weights.get(b.range.start + channel));
        }
        each(micro, weights, t, edge, |at, look, weight| {
            edge.op.terms(at, unit, look, &mut |term| {
                let from = plan.operands(edge)[term.slot].from;
                terms.push(Term {
                    place: place(plan.graph.vertices[from].shape, term.unit),
                    weight: term.factor.value(weight),
                    other: micro.value(t, Field::Fx, from, term.unit),
                });
            });
        });
    }
    (terms, bias)
}

/// A weight that a unit is predicted through.
#[derive(Clone, Debug, PartialEq)]
pub struct Synapse {
    /// The parameter's name.
    pub parameter: String,
    /// Row and column in it, as files lay it out.
    pub place: [usize; 2],
    /// The vertex that is read, and its unit.
    pub from: (usize, usize),
    /// The weight.
    pub weight: f64,
    /// f(x) of that unit.
    pub other: f64,
    /// It is the weight of these two nodes alone, so that the edge can be cut.
    pub alone: bool,
}

/// The weights through which μ of a unit is predicted at state t, the largest products first.
pub fn synapses(
    micro: &MicroscopeSnapshot,
    t: usize,
    (vertex, unit): (usize, usize),
    most: usize,
) -> Vec<Synapse> {
    let plan = &micro.plan;
    let Some(weights) = micro.weights_of_prediction(t).filter(|_| !micro.recorded) else {
        return Vec::new();
    };
    if vertex == Graph::INPUT || micro.is_missing(vertex) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (_, edge) in plan.predicting(vertex) {
        let Some(matrix) = edge.weight.as_ref() else {
            continue;
        };
        let about = &plan.graph.parameters[matrix.parameter];
        let alone = edge.op.by_unit();
        each(micro, weights, t, edge, |at, look, weight| {
            edge.op.terms(at, unit, look, &mut |term| {
                if let Factor::Weight(row, column) = term.factor {
                    let (channel, y, x) = about.columns.position(column);
                    let column_in_file =
                        (channel * about.columns.height + y) * about.columns.width + x;
                    all.push(Synapse {
                        parameter: about.name.clone(),
                        place: [row, column_in_file],
                        from: (edge.from, term.unit),
                        weight: weight(row, column),
                        other: micro.value(t, Field::Fx, edge.from, term.unit),
                        alone,
                    });
                }
            });
        });
    }
    let size = |s: &Synapse| (s.weight * s.other).abs();
    let by_size = |a: &Synapse, b: &Synapse| size(b).total_cmp(&size(a));
    if all.len() > most {
        all.select_nth_unstable_by(most, by_size);
        all.truncate(most);
    }
    all.sort_by(by_size);
    all
}

/// Hands on what an operation's terms are looked up with: its shapes, f(x) of what it reads at state t, and its matrix.
fn each(
    micro: &MicroscopeSnapshot,
    weights: &Numbers,
    t: usize,
    edge: &PlannedEdge,
    with: impl FnOnce(Joint, Look<'_>, &dyn Fn(usize, usize) -> f64),
) {
    let plan = &micro.plan;
    let operands = plan.operands(edge);
    let look = |slot: usize, unit: usize| micro.value(t, Field::Fx, operands[slot].from, unit);
    let weight = |row: usize, column: usize| {
        let matrix = edge.weight.as_ref();
        matrix.map_or(0.0, |w| weights.get(plan.number(w, row, column)))
    };
    with(edge.joint, &look, &weight);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::session::{Mode, ScopeCommand, Session};

    /// Largest error of μ and of Δx rebuilt from terms, over every unit of every hidden vertex.
    fn rebuilt(preset: &str, changes: &[&str], t: usize) -> f64 {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let experiment = Experiment::load(preset, &changes).unwrap();
        let mut session = Session::start(experiment, Mode::InStep).unwrap();
        session.scope(ScopeCommand::RunTo(t));
        let m = &session.take_scope().unwrap().microscope;
        let mut worst = 0.0_f64;
        for v in 1..m.plan.output() {
            for u in 0..m.plan.len_of(v) {
                let (terms, bias) = predictions(m, &m.weights, t, v, u);
                let mu = terms.iter().map(Term::value).sum::<f64>() + bias.unwrap_or(0.0);
                worst = worst.max((mu - m.value(t, Field::Mu, v, u)).abs());
                if m.plan.graph.vertices[v].level <= t {
                    let s = step(m, v, u, t).unwrap();
                    let pull: f64 = s.pulls.iter().map(Term::value).sum();
                    let decay = s.decay.unwrap_or(0.0);
                    let dx = s.gamma * (s.own + s.slope * pull - decay);
                    worst = worst.max((dx - m.value(t, Field::Dx, v, u)).abs());
                }
            }
        }
        worst
    }

    #[test]
    fn terms_add_up_to_the_engines_numbers() {
        let il = &["learning.rule=il", "inference.steps=8", "dtype=f64"];
        assert!(rebuilt("digits-mlp", il, 6) < 1e-12);
        let layers = "network.layers=[{conv=3,kernel=3,padding=1},{max_pool=2},{conv=4,kernel=3,stride=2,padding=1},{average_pool=2},{dense=6},{dense=10}]";
        assert!(rebuilt("digits-mlp", &[il[0], il[1], il[2], layers], 7) < 1e-12);
        let skips = "network.layers=[{dense=6},{dense=6},{dense=6,skip=2},{dense=10}]";
        assert!(rebuilt("digits-mlp", &[il[0], il[1], il[2], skips], 7) < 1e-12);
        let joined = "network.layers=[{dense=6},{dense=6},{join='product',skip=2,activation='tanh'},{dense=6},{join='sum',skip=1},{dense=10}]";
        assert!(rebuilt("digits-mlp", &[il[0], il[1], il[2], joined], 7) < 1e-12);
        let weighed = "inference.precision=[0.7]";
        let decays = "inference.state_decay=0.1";
        assert!(
            rebuilt(
                "digits-mlp",
                &[il[0], il[1], il[2], joined, weighed, decays],
                7
            ) < 1e-12
        );
        let stacked = "network.layers=[{rnn=6},{rnn=5},{dense=18}]";
        assert!(rebuilt("names-rnn", &[il[0], il[1], il[2], stacked], 7) < 1e-12);
    }
}
