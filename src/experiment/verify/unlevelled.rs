//! Drawn graphs with skips that are not levelled, against a loop of their own over vertices and edges: when errors arrive by two
//! ways, what moves early makes errors far from the output, and none of them may be overlooked.

use super::draw::Draw;
use super::{Check, nets, plain};
use crate::learning::{
    Conditions, Energetics, Examples, Inference, Path, Rule, Schedule, State, rule,
};
use crate::network::{
    Activation, Description, Gradient, Graph, Layer, Loss, Op, Plan, Shape, Weights,
};
use std::sync::Arc;

/// Graphs drawn.
const GRAPHS: u64 = 400;

/// What engine and loop agree to, relative to the largest number compared.
const TOLERANCE: f64 = 1e-12;

/// What central differences of F agree to.
const SLOPE: f64 = 1e-6;

/// Every row.
pub fn run(add: &mut dyn FnMut(Check)) {
    for rule in rule::all().filter(|r| r.descends() || r.has_conditions()) {
        add(row(rule));
    }
}

/// Dense layers of one width after the first, each with a skip of any length or none.
fn drawn(draw: &mut Draw, loss: Loss) -> Option<Arc<Plan>> {
    let (depth, width) = (draw.whole(4, 8), draw.whole(2, 4));
    let mut layers: Vec<Layer> = (0..depth)
        .map(|i| Layer::Dense {
            dense: width,
            skip: (i > 0 && draw.whole(0, 1) == 1).then(|| draw.whole(1, i)),
            activation: None,
        })
        .collect();
    layers.push(Layer::Dense {
        dense: 3,
        skip: None,
        activation: None,
    });
    let description = Description {
        input: Shape::flat(3),
        time: false,
        layers: &layers,
        activation: Activation::Tanh,
        loss,
        bias: true,
        levelled: false,
    };
    description.graph().ok().map(Plan::new)
}

/// One example by plain loops: ε = x - μ at every state, nothing left out because no error could have come.
struct Loop<'a> {
    plan: &'a Plan,
    weights: &'a Weights<f64>,
    target: &'a [f64],
    terms: &'a Energetics,
    x: Vec<Vec<f64>>,
    eps: Vec<Vec<f64>>,
}

impl<'a> Loop<'a> {
    fn new(
        plan: &'a Plan,
        weights: &'a Weights<f64>,
        input: &[f64],
        target: &'a [f64],
        terms: &'a Energetics,
    ) -> Self {
        let mut x = vec![input.to_vec()];
        for v in 1..=plan.output() {
            let mu = plain::prediction(plan, weights, &x, 0, v);
            x.push(mu);
        }
        let mut own = Self {
            plan,
            weights,
            target,
            terms,
            x,
            eps: Vec::new(),
        };
        own.errors();
        own
    }

    fn errors(&mut self) {
        let output = self.plan.output();
        self.eps = vec![Vec::new()];
        for v in 1..=output {
            let mu = plain::prediction(self.plan, self.weights, &self.x, 0, v);
            let error: Vec<f64> = if v == output {
                let partition: f64 = mu.iter().map(|m| m.exp()).sum();
                let says = |m: f64| match self.plan.graph.loss {
                    Loss::SquaredError => m,
                    Loss::CrossEntropy => m.exp() / partition,
                };
                let pairs = self.target.iter().zip(&mu);
                pairs.map(|(y, &m)| y - says(m)).collect()
            } else {
                self.x[v].iter().zip(&mu).map(|(x, m)| x - m).collect()
            };
            self.eps.push(error);
        }
    }

    fn precision(&self, v: usize) -> f64 {
        self.terms.precision(self.plan.graph.vertices[v].level)
    }

    /// Δx of every hidden vertex.
    fn moves(&self, gamma: f64) -> Vec<Vec<f64>> {
        let graph = &self.plan.graph;
        let mut moves = vec![Vec::new(); self.plan.output() + 1];
        for (v, moves) in moves
            .iter_mut()
            .enumerate()
            .take(self.plan.output())
            .skip(1)
        {
            *moves = (0..self.x[v].len())
                .map(|i| {
                    let back: f64 = graph
                        .edges
                        .iter()
                        .filter(|e| e.from == v)
                        .map(|e| {
                            let weigh = self.precision(e.to);
                            let error = |j: usize| weigh * self.eps[e.to][j];
                            match (e.op, e.weight) {
                                (Op::Identity(_), _) => error(i),
                                (_, Some(w)) => (0..self.eps[e.to].len())
                                    .map(|j| self.weights.of(w, j, i) * error(j))
                                    .sum(),
                                _ => f64::NAN,
                            }
                        })
                        .sum();
                    let (x, f) = (self.x[v][i], self.x[v][i].tanh());
                    gamma
                        * ((1.0 - f * f) * back
                            - self.precision(v) * self.eps[v][i]
                            - self.terms.decay * x)
                })
                .collect();
        }
        moves
    }

    fn go(&mut self, moves: &[Vec<f64>]) {
        for (x, moves) in self.x.iter_mut().zip(moves) {
            for (x, d) in x.iter_mut().zip(moves) {
                *x += d;
            }
        }
        self.errors();
    }

    /// Adds what the edges into vertices of one level contribute.
    fn contribute(&self, level: usize, into: &mut [f64]) {
        let graph = &self.plan.graph;
        for e in graph
            .edges
            .iter()
            .filter(|e| graph.vertices[e.to].level == level)
        {
            let precision = self.precision(e.to);
            for (j, error) in self.eps[e.to].iter().enumerate() {
                if let Some(w) = e.weight {
                    for (i, x) in self.x[e.from].iter().enumerate() {
                        let f = if e.from == Graph::INPUT { *x } else { x.tanh() };
                        let at = self.plan.parameter(w).start + graph.parameters[w].at(j, i);
                        into[at] += precision * error * f;
                    }
                }
                if let Some(b) = e.bias {
                    into[self.plan.parameter(b).start + j] += precision * error;
                }
            }
        }
    }
}

/// The largest difference relative to the largest number.
fn off(a: impl IntoIterator<Item = f64>, b: &[f64]) -> f64 {
    let size = b.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let worst = a
        .into_iter()
        .zip(b)
        .fold(0.0_f64, |m, (a, b)| m.max((a - b).abs()));
    if worst == 0.0 { 0.0 } else { worst / size }
}

/// (Δx, Δθ, slope of F) of one drawn graph, each as it is off; and whether it moves anything before its shortest path says so.
fn one(rule: Rule, draw: &mut Draw) -> Option<([f64; 3], bool)> {
    let loss = [Loss::SquaredError, Loss::CrossEntropy][draw.whole(0, 1)];
    let plan = drawn(draw, loss)?;
    let weights = nets::weights::<f64>(&plan, draw.whole(0, 1 << 30) as u64);
    let batch = nets::batch::<f64>(&plan, 1, draw.whole(0, 1 << 30) as u64);
    let relaxes = rule.relaxes();
    let inference = if relaxes {
        Inference {
            output_precision: draw.real(0.5, 1.5),
            precision: draw.precisions(2),
            state_decay: [0.0, draw.real(0.01, 0.2)][draw.whole(0, 1)],
            ..Inference::of(draw.whole(2, 9), draw.real(0.02, 0.3))
        }
    } else {
        Inference::default()
    };
    let conditions = Conditions {
        path: Path::Full,
        ..Conditions::default()
    };
    let schedule = Schedule::of(&plan, rule, &inference, &conditions)?;
    let mut state = State::new(Arc::clone(&plan), 1);
    state.follow(&schedule);
    let (inputs, targets) = (&batch.inputs, &batch.targets);
    state.begin(&weights, Examples::of(inputs, targets), schedule.start, 0);
    let mut own = Loop::new(&plan, &weights, inputs, targets, &schedule.energetics);
    let mut gradient = Gradient::new(Arc::clone(&plan));
    let mut expected = vec![0.0; plan.parameter_count()];
    let mut worst = [0.0_f64; 3];
    for t in 0..=schedule.steps {
        for level in (0..plan.levels.len()).filter(|&l| schedule.captures(l, t)) {
            state.capture(level, &mut gradient);
            own.contribute(level, &mut expected);
        }
        if t == schedule.steps {
            break;
        }
        let gamma = schedule.gamma_at(t);
        let moves = own.moves(gamma);
        if t + 1 == schedule.steps {
            worst[2] = slopes(&own, &moves, gamma);
        }
        own.go(&moves);
        state.step(&weights, &schedule);
        let flat: Vec<f64> = moves.into_iter().flatten().collect();
        let engine = (1..plan.output()).flat_map(|v| state.dx(v).iter().copied());
        worst[0] = worst[0].max(off(engine, &flat));
    }
    worst[1] = off(gradient.iter().copied(), &expected);
    let shortest = shortest_paths(&plan.graph);
    let early = |v: usize| plan.graph.vertices[v].error_from < shortest[v];
    Some((worst, (1..plan.output()).any(early)))
}

/// Central differences of the plain F against -Δx / γ, of every free unit.
fn slopes(own: &Loop<'_>, moves: &[Vec<f64>], gamma: f64) -> f64 {
    const H: f64 = 1e-5;
    let mut x = own.x.clone();
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for v in 1..own.plan.output() {
        for (i, d) in moves[v].iter().enumerate() {
            let mut at = |by: f64| {
                x[v][i] = own.x[v][i] + by;
                let f = plain::energy(own.plan, own.weights, &x, 0, own.target, own.terms);
                x[v][i] = own.x[v][i];
                f
            };
            found.push((at(H) - at(-H)) / (2.0 * H));
            expected.push(-d / gamma);
        }
    }
    off(found, &expected)
}

fn shortest_paths(graph: &Graph) -> Vec<usize> {
    let mut paths = vec![0; graph.vertices.len()];
    for v in (0..graph.output()).rev() {
        let readers = graph.edges.iter().filter(|e| e.from == v);
        paths[v] = readers.map(|e| paths[e.to] + 1).min().unwrap_or(0);
    }
    paths
}

fn row(rule: Rule) -> Check {
    let mut worst = [0.0_f64; 3];
    let (mut graphs, mut early) = (0, 0);
    for i in 0..GRAPHS {
        let mut draw = Draw::new(30 + rule as u64, i);
        if let Some((off, by_another_way)) = one(rule, &mut draw) {
            graphs += 1;
            early += usize::from(by_another_way);
            for (worst, off) in worst.iter_mut().zip(off) {
                // A NaN is kept.
                if off.is_nan() || off > *worst {
                    *worst = off;
                }
            }
        }
    }
    Check::new(
        format!("{}, drawn graphs that are not levelled", rule.label()),
        format!(
            "Δx and Δθ of a loop over vertices to {TOLERANCE:e}, central differences of F to {SLOPE:e}, on {GRAPHS} graphs"
        ),
        format!(
            "{:.1e}, {:.1e}, {:.1e} on {graphs} graphs; in {early} an error comes before the shortest path",
            worst[0], worst[1], worst[2]
        ),
        graphs == GRAPHS
            && early > 0
            && worst[0] < TOLERANCE
            && worst[1] < TOLERANCE
            && worst[2] < SLOPE,
    )
}
