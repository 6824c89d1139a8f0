//! The graph of value vertices: what they read through which operations, shared parameters, levels.

use super::activation::Activation;
use super::loss::Loss;
use super::ops::{Identity, Op};
use super::shape::Shape;
use thiserror::Error;

/// What a vertex is in the description of the network. Layers and time steps are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The clamped input.
    Input,
    /// The value of a layer.
    Layer(usize),
    /// The hidden value of a recurrent layer at one time step.
    Step {
        /// The layer.
        layer: usize,
        /// n, from 1 to N: the last step is the one nearest the output.
        step: usize,
    },
    /// Carries f(x) of the vertex `source` one level nearer the output, so that a skip is as long as the way round it.
    Relay {
        /// Index of the vertex it repeats.
        source: usize,
    },
}

/// From a vertex to one that it predicts. An operation that reads several vertices has an edge from each, one behind the other.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The vertex whose f(x) is read.
    pub from: usize,
    /// The vertex whose prediction this is part of.
    pub to: usize,
    /// The operation.
    pub op: Op,
    /// Which of the vertices that the operation reads this is, counted from 0.
    pub slot: usize,
    /// Index of the weight matrix or kernel in [`Graph::parameters`].
    pub weight: Option<usize>,
    /// Index of the bias.
    pub bias: Option<usize>,
}

/// A value vertex: x, its prediction μ, its error ε.
#[derive(Clone, Debug)]
pub struct Vertex {
    /// Short name without spaces, unique: `conv1`, `output`; used in files.
    pub id: String,
    /// The name on screen: `conv 1`.
    pub label: String,
    /// Shape of x, μ and ε for one example.
    pub shape: Shape,
    /// The f applied to this vertex's x.
    pub activation: Activation,
    /// What it is in the description.
    pub role: Role,
    /// Longest path to the output; the output is level 0.
    pub level: usize,
    /// With a feed-forward start, the state at which its error may first differ from 0 (see [`Graph::arrivals`]). Equal to the
    /// level in a levelled graph; earlier where a skip is not levelled. Of the input, which has no error: `usize::MAX`.
    pub error_from: usize,
    /// … and the state at which its x may first have moved: of a free vertex the level in a levelled graph. 0 of the output,
    /// whose x is its prediction.
    pub moves_from: usize,
    /// Edges that predict this vertex.
    pub incoming: Vec<usize>,
    /// Edges that read this vertex, the one nearest the output first.
    pub outgoing: Vec<usize>,
}

/// A weight matrix `rows × cols` (row = output channel) or a bias (`cols` = 1).
///
/// A kernel's row holds its window row by row, column by column, all input channels of a place side by side.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Unique name: `conv1.weight`, `output.bias`.
    pub name: String,
    /// Output channels or units.
    pub rows: usize,
    /// Inputs per output; 1 for a bias.
    pub cols: usize,
    /// Inputs that one output sums over: what initialisation scales by.
    pub fan_in: usize,
    /// True for a bias.
    pub is_bias: bool,
    /// True if the matrix is stored cols × rows, as predictions read it: no error is ever pulled back through it, since all that
    /// it multiplies is clamped.
    pub input_major: bool,
    /// The levels of the vertices whose errors it reads: the nearest to the output and the deepest. They differ for shared weights.
    pub levels: (usize, usize),
    /// Shape in the layout of PyTorch, for export: (out, in), (out, in, k, k) or (out).
    pub export_shape: Vec<usize>,
    /// The spatial shape its columns run over, for export: columns are (row, column, channel) here, (channel, row, column) there.
    pub columns: Shape,
}

impl Parameter {
    /// Numbers held.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// True if nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if vertices of several levels are predicted with it.
    pub fn is_shared(&self) -> bool {
        self.levels.0 != self.levels.1
    }

    /// Where the number lies that `col` (in the stored order of the vertex read) is multiplied with towards output `row`.
    pub fn at(&self, row: usize, col: usize) -> usize {
        if self.input_major {
            col * self.rows + row
        } else {
            row * self.cols + col
        }
    }

    /// Numbers that lie side by side before the next stored row begins; a bias is one row.
    pub fn stored_width(&self) -> usize {
        if self.is_bias || self.input_major {
            self.rows
        } else {
            self.cols
        }
    }

    /// Row and column of a stored number: the inverse of [`Self::at`].
    pub fn place(&self, index: usize) -> (usize, usize) {
        if self.input_major {
            (index % self.rows, index / self.rows)
        } else {
            (index / self.cols, index % self.cols)
        }
    }

    /// Where the export-order element `e` (row-major in [`Parameter::export_shape`]) is stored.
    pub fn stored_index(&self, e: usize) -> usize {
        let (row, col) = (e / self.cols, e % self.cols);
        let per_channel = self.columns.height * self.columns.width;
        let (channel, place) = (col / per_channel, col % per_channel);
        let (y, x) = (place / self.columns.width, place % self.columns.width);
        self.at(row, self.columns.index(channel, y, x))
    }
}

/// Why a graph cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GraphError {
    /// A window is larger than what it slides over.
    #[error(
        "layer {layer} ({what}): a {kernel}×{kernel} window with stride {stride} and padding {padding} does not fit an input of {input}"
    )]
    Window {
        /// Position in the list of layers, counted from 1.
        layer: usize,
        /// The operation's name.
        what: &'static str,
        /// Window size.
        kernel: usize,
        /// Step.
        stride: usize,
        /// Padding.
        padding: usize,
        /// The input's shape.
        input: String,
    },
    /// A size is zero or beyond what is sensible.
    #[error("layer {layer}: {what} is {value}, expected {expected}")]
    Size {
        /// Position in the list of layers, counted from 1.
        layer: usize,
        /// The field.
        what: &'static str,
        /// Its value.
        value: usize,
        /// What would be accepted.
        expected: &'static str,
    },
    /// A skip that leads nowhere or joins shapes that differ.
    #[error("layer {layer}: skip = {skip} {problem}")]
    Skip {
        /// Position in the list of layers, counted from 1.
        layer: usize,
        /// How many layers back.
        skip: usize,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// The list of layers is unusable as a whole.
    #[error("{0}")]
    Layers(String),
}

/// A directed acyclic graph from the input vertex to the output vertex.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Vertices in forward order: the input first, the output last.
    pub vertices: Vec<Vertex>,
    /// Edges in forward order.
    pub edges: Vec<Edge>,
    /// Weights and biases; several edges may share one.
    pub parameters: Vec<Parameter>,
    /// The loss at the output.
    pub loss: Loss,
}

impl Graph {
    /// Index of the clamped input vertex.
    pub const INPUT: usize = 0;

    /// Index of the output vertex.
    pub fn output(&self) -> usize {
        self.vertices.len() - 1
    }

    /// D: the level of the deepest vertex that has a prediction. A chain of L matrices has D = L - 1.
    pub fn depth(&self) -> usize {
        self.vertices
            .iter()
            .filter(|v| !v.incoming.is_empty())
            .map(|v| v.level)
            .max()
            .unwrap_or(0)
    }

    /// Weights and biases in all.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }

    /// Fills in levels, `incoming` and `outgoing` of vertices, and the levels of parameters, from the edges.
    pub fn link(&mut self) {
        for v in &mut self.vertices {
            v.incoming.clear();
            v.outgoing.clear();
        }
        for (i, e) in self.edges.iter().enumerate() {
            self.vertices[e.to].incoming.push(i);
            self.vertices[e.from].outgoing.push(i);
        }
        for v in (0..self.vertices.len()).rev() {
            let readers = || {
                let edges = self.vertices[v].outgoing.iter();
                edges.map(|&e| &self.vertices[self.edges[e].to])
            };
            let level = readers().map(|r| r.level + 1).max().unwrap_or(0);
            self.vertices[v].level = level;
        }
        let sources = [self.output()];
        let arrivals = self.arrivals(&sources, |v| v != Self::INPUT);
        for (v, (error, moves)) in arrivals.into_iter().enumerate() {
            self.vertices[v].error_from = error;
            self.vertices[v].moves_from = if v == self.output() { 0 } else { moves };
        }
        for v in 0..self.vertices.len() {
            let mut outgoing = std::mem::take(&mut self.vertices[v].outgoing);
            // One order of summation for every rule: the reader nearest the output first.
            outgoing.sort_by_key(|&e| (self.vertices[self.edges[e].to].level, e));
            self.vertices[v].outgoing = outgoing;
        }
        for p in &mut self.parameters {
            p.levels = (usize::MAX, 0);
            p.input_major = !p.is_bias;
        }
        for e in &self.edges {
            let level = self.vertices[e.to].level;
            if let Some(w) = e.weight {
                self.parameters[w].input_major &= e.from == Self::INPUT && e.op.by_unit();
            }
            for p in [e.weight, e.bias].into_iter().flatten() {
                let (nearest, deepest) = self.parameters[p].levels;
                self.parameters[p].levels = (nearest.min(level), deepest.max(level));
            }
        }
    }

    /// For each vertex the state at which its error may first differ from 0, and the one at which its x may first have moved, when
    /// at t = 0 only `sources` have errors; `usize::MAX` for never. `free` says whose x may move (of the output with its prediction);
    /// what has no prediction, the input, has no error.
    ///
    /// In the step from t to t + 1 a free x moves if its own error or that of a vertex it predicts stands at t. An error stands at
    /// t if its own x has moved by then, or its prediction has: the x of a vertex that predicts it. Where a skip is not levelled
    /// the second way may be the shorter one: what moved early in the graph makes errors far from the output.
    pub fn arrivals(&self, sources: &[usize], free: impl Fn(usize) -> bool) -> Vec<(usize, usize)> {
        let mut error = vec![usize::MAX; self.vertices.len()];
        let mut queue = std::collections::VecDeque::new();
        for &v in sources {
            error[v] = 0;
            queue.push_back(v);
        }
        let parents = |v: usize| {
            let incoming = self.vertices[v].incoming.iter();
            incoming.map(|&e| self.edges[e].from)
        };
        let children = |v: usize| {
            let outgoing = self.vertices[v].outgoing.iter();
            outgoing.map(|&e| self.edges[e].to)
        };
        // What stands at t moves its own vertex and those that predict it; their errors, and those of all they predict, stand
        // at t + 1. The queue is in the order of t.
        while let Some(v) = queue.pop_front() {
            let next = error[v] + 1;
            for moved in std::iter::once(v).chain(parents(v)).filter(|&v| free(v)) {
                for reached in std::iter::once(moved).chain(children(moved)) {
                    let has_error = !self.vertices[reached].incoming.is_empty();
                    if has_error && error[reached] == usize::MAX {
                        error[reached] = next;
                        queue.push_back(reached);
                    }
                }
            }
        }
        let moves = |v: usize| {
            let stands = std::iter::once(v).chain(children(v)).map(|v| error[v]);
            let first = stands.min().filter(|_| free(v));
            first.map_or(usize::MAX, |t| t.saturating_add(1))
        };
        let all = 0..self.vertices.len();
        all.map(|v| (error[v], moves(v))).collect()
    }

    /// Levels between the two ends of an edge. The clamped input has no error, so how far it lies from its readers is all one.
    fn gap(&self, edge: &Edge) -> usize {
        if edge.from == Self::INPUT {
            return 0;
        }
        self.vertices[edge.from].level - self.vertices[edge.to].level - 1
    }

    /// True if all paths from a vertex to the output are equally long (the clamped input excepted).
    pub fn is_levelled(&self) -> bool {
        self.edges.iter().all(|e| self.gap(e) == 0)
    }

    /// The same function with a chain of identity relays in every edge that spans several levels; skips from one vertex share it.
    pub fn levelled(self) -> Self {
        let gaps: Vec<usize> = self.edges.iter().map(|e| self.gap(e)).collect();
        let relays: Vec<usize> = self
            .vertices
            .iter()
            .map(|v| v.outgoing.iter().map(|&e| gaps[e]).max().unwrap_or(0))
            .collect();
        let mut next = 0;
        let moved: Vec<usize> = relays
            .iter()
            .map(|relays| {
                next += 1 + relays;
                next - 1 - relays
            })
            .collect();
        let mut graph = Self {
            vertices: Vec::with_capacity(next),
            edges: Vec::new(),
            parameters: self.parameters,
            loss: self.loss,
        };
        for (v, vertex) in self.vertices.into_iter().enumerate() {
            for &e in &vertex.incoming {
                let from = moved[self.edges[e].from] + gaps[e];
                graph.edges.push(Edge {
                    from,
                    to: moved[v],
                    ..self.edges[e].clone()
                });
            }
            let source = moved[v];
            let repeated = vertex.clone();
            graph.vertices.push(vertex);
            for relay in 1..=relays[v] {
                let which = if relays[v] == 1 {
                    String::new()
                } else {
                    format!(" {relay}")
                };
                graph.edges.push(Edge {
                    from: source + relay - 1,
                    to: source + relay,
                    op: Op::Identity(Identity),
                    slot: 0,
                    weight: None,
                    bias: None,
                });
                graph.vertices.push(Vertex {
                    id: format!("{}.relay{relay}", repeated.id),
                    label: format!("{} relay{which}", repeated.label),
                    activation: Activation::Identity,
                    role: Role::Relay { source },
                    ..repeated.clone()
                });
            }
        }
        graph.link();
        graph
    }

    /// N: the time steps that recurrent layers run over; 0 without any.
    pub fn steps(&self) -> usize {
        let steps = self.vertices.iter().map(|v| match v.role {
            Role::Step { step, .. } => step,
            _ => 0,
        });
        steps.max().unwrap_or(0)
    }

    /// Multiply-adds of one example's forward pass, per edge.
    pub fn multiply_adds(&self, edge: &Edge) -> usize {
        let shape = |v: usize| self.vertices[v].shape;
        if edge.slot > 0 {
            return 0;
        }
        edge.op.multiply_adds(shape(edge.from), shape(edge.to))
    }
}
