//! A graph made vertex by vertex: what lists of layers are turned into, and what a list of layers cannot say.
//!
//! ```
//! use pcscope::network::ops::{Dense, Product};
//! use pcscope::network::sketch::Sketch;
//! use pcscope::network::{Activation, Loss, Plan, Shape};
//!
//! // A gate: y = W tanh(a ⊙ b), where a = A s and b = B s.
//! let mut sketch = Sketch::new(Shape::flat(4), Loss::SquaredError, false);
//! let a = sketch.add("a", Activation::Identity, Dense { units: 3 }, &[0])?;
//! let b = sketch.add("b", Activation::Identity, Dense { units: 3 }, &[0])?;
//! let gate = sketch.add("gate", Activation::Tanh, Product, &[a, b])?;
//! sketch.add("y", Activation::Identity, Dense { units: 2 }, &[gate])?;
//! let plan = Plan::new(sketch.graph(true));
//! assert_eq!(plan.depth(), 2);
//! assert_eq!(plan.parameter_count(), 4 * 3 + 4 * 3 + 3 * 2);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::activation::Activation;
use super::graph::{Edge, Graph, Parameter, Role, Vertex};
use super::loss::Loss;
use super::ops::{Matrix, Misfit, Op};
use super::shape::Shape;

/// A graph in the making. Vertices are numbered as they come, from the clamped input, which is 0.
#[derive(Clone, Debug)]
pub struct Sketch {
    graph: Graph,
    bias: bool,
}

/// The numbers of an operation, by their places in [`Graph::parameters`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub weight: Option<usize>,
    pub bias: Option<usize>,
}

impl Sketch {
    /// Nothing but the input. `bias` says whether operations through a matrix have one.
    pub fn new(input: Shape, loss: Loss, bias: bool) -> Self {
        let mut sketch = Self {
            graph: Graph {
                vertices: Vec::new(),
                edges: Vec::new(),
                parameters: Vec::new(),
                loss,
            },
            bias,
        };
        let names = ("input".to_owned(), "input".to_owned());
        sketch.vertex(names, input, Activation::Identity, Role::Input);
        sketch
    }

    /// A vertex that is predicted by an operation on `reads`, with parameters of its own where the operation has any; the last one
    /// added is the output. Layers are counted as they come.
    ///
    /// # Errors
    /// The operation cannot read these shapes.
    ///
    /// # Panics
    /// If it reads another number of vertices, or one that is not there.
    pub fn add(
        &mut self,
        id: &str,
        activation: Activation,
        op: impl Into<Op>,
        reads: &[usize],
    ) -> Result<usize, Misfit> {
        let op = op.into();
        let shape = op.shape(&self.shapes(reads))?;
        let held = self.parameters(id, op, reads[0]);
        let role = Role::Layer(self.graph.vertices.len());
        let to = self.vertex((id.to_owned(), id.to_owned()), shape, activation, role);
        self.connect(op, reads, to, held);
        Ok(to)
    }

    /// A further operation on `reads` whose result is added to what predicts `vertex`; its parameters are called after `id`.
    ///
    /// # Panics
    /// If it makes another shape, reads another number of vertices, or one that is not there.
    pub fn also(&mut self, id: &str, vertex: usize, op: impl Into<Op>, reads: &[usize]) {
        let op = op.into();
        let made = op.shape(&self.shapes(reads));
        assert_eq!(made, Ok(self.graph.vertices[vertex].shape), "{op:?}");
        let held = self.parameters(id, op, reads[0]);
        self.connect(op, reads, vertex, held);
    }

    /// The graph, with relays in edges that span several levels if `levelled`.
    pub fn graph(mut self, levelled: bool) -> Graph {
        self.graph.link();
        if levelled {
            self.graph.levelled()
        } else {
            self.graph
        }
    }

    pub(super) fn vertices(&self) -> &[Vertex] {
        &self.graph.vertices
    }

    pub(super) fn shapes(&self, reads: &[usize]) -> Vec<Shape> {
        let vertices = &self.graph.vertices;
        reads.iter().map(|&v| vertices[v].shape).collect()
    }

    pub(super) fn vertex(
        &mut self,
        (id, label): (String, String),
        shape: Shape,
        activation: Activation,
        role: Role,
    ) -> usize {
        self.graph.vertices.push(Vertex {
            id,
            label,
            shape,
            activation,
            role,
            level: 0,
            error_from: 0,
            moves_from: 0,
            incoming: Vec::new(),
            outgoing: Vec::new(),
        });
        self.graph.vertices.len() - 1
    }

    /// An edge from each of `reads`; the first has the parameters.
    pub(super) fn connect(&mut self, op: impl Into<Op>, reads: &[usize], to: usize, held: Held) {
        let op = op.into();
        assert_eq!(reads.len(), op.reads(), "{op:?} reads so many vertices");
        for (slot, &from) in reads.iter().enumerate() {
            let Held { weight, bias } = if slot == 0 { held } else { Held::default() };
            self.graph.edges.push(Edge {
                from,
                to,
                op,
                slot,
                weight,
                bias,
            });
        }
    }

    /// The parameters of an operation that reads `from`: `id.weight` and `id.bias`.
    pub(super) fn parameters(&mut self, id: &str, op: Op, from: usize) -> Held {
        let Some(matrix) = op.matrix(self.graph.vertices[from].shape) else {
            return Held::default();
        };
        let weight = self.weight(format!("{id}.weight"), matrix);
        Held {
            weight: Some(weight),
            bias: self.bias(format!("{id}.bias"), matrix.rows, matrix.columns.len()),
        }
    }

    /// A weight matrix or kernel.
    pub(super) fn weight(&mut self, name: String, matrix: Matrix) -> usize {
        let Matrix { rows, columns, .. } = matrix;
        let cols = columns.len();
        self.graph.parameters.push(Parameter {
            name,
            rows,
            cols,
            fan_in: cols,
            is_bias: false,
            input_major: false,
            levels: (0, 0),
            export_shape: if matrix.slides {
                vec![rows, columns.channels, columns.height, columns.width]
            } else {
                vec![rows, cols]
            },
            columns,
        });
        self.graph.parameters.len() - 1
    }

    /// A bias, if the network has any.
    pub(super) fn bias(&mut self, name: String, rows: usize, fan_in: usize) -> Option<usize> {
        self.bias.then(|| {
            self.graph.parameters.push(Parameter {
                name,
                rows,
                cols: 1,
                fan_in,
                is_bias: true,
                input_major: false,
                levels: (0, 0),
                export_shape: vec![rows],
                columns: Shape::flat(1),
            });
            self.graph.parameters.len() - 1
        })
    }
}
