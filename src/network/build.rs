//! From the description of a network, its list of layers, to the graph of its vertices.

use super::activation::Activation;
use super::graph::{Edge, Graph, GraphError, Op, Parameter, Role, Shape, Vertex, Window};
use super::layers::Layer;
use super::loss::Loss;

/// The most units a vertex may have, and the most vertices times units of a recurrent layer; beyond this a typing error is
/// likelier than a wish.
const MOST_UNITS: usize = 1 << 24;

/// Everything that decides what a network is.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// Shape of the input. Sequences are `features @ 1 × N`: a column per time step.
    pub input: Shape,
    /// True if the columns of the input are time steps, so that recurrent layers can run over them.
    pub time: bool,
    /// Layers from the input to the output.
    pub layers: &'a [Layer],
    /// f of the hidden layers that name none of their own.
    pub activation: Activation,
    /// The loss at the output.
    pub loss: Loss,
    /// Whether layers have biases.
    pub bias: bool,
    /// Whether skips get identity relays, so that all paths from a vertex to the output are equally long.
    pub levelled: bool,
}

impl Description<'_> {
    /// Builds the graph `input → layers`: a value vertex per layer, or per time step of a recurrent one; the last is the output
    /// (f = identity).
    ///
    /// # Errors
    /// Names the layer (counted from 1) whose size, window, skip or place cannot be.
    pub fn graph(&self) -> Result<Graph, GraphError> {
        let fail = |problem: &str| Err(GraphError::Layers(problem.into()));
        let Some(last) = self.layers.last() else {
            return fail("the network has no layers; expected at least one, the output");
        };
        let Layer::Dense { activation, .. } = last else {
            return fail("the last layer is the output and must be dense");
        };
        if activation.is_some_and(|f| f != Activation::Identity) {
            return fail(
                "the output's f is the identity (the loss brings its own softmax); drop its activation",
            );
        }
        let mut builder = Builder::new(self);
        for (i, layer) in self.layers.iter().enumerate() {
            builder.add(i + 1, layer)?;
        }
        let mut graph = builder.graph;
        graph.link();
        Ok(if self.levelled {
            graph.levelled()
        } else {
            graph
        })
    }
}

/// A graph in the making.
struct Builder<'a> {
    description: &'a Description<'a>,
    graph: Graph,
    /// The vertices of the input and of every layer so far: one, or one per time step.
    layers: Vec<Vec<usize>>,
    denses: usize,
    convs: usize,
    pools: usize,
    rnns: usize,
}

impl<'a> Builder<'a> {
    fn new(description: &'a Description<'a>) -> Self {
        let mut builder = Self {
            description,
            graph: Graph {
                vertices: Vec::new(),
                edges: Vec::new(),
                parameters: Vec::new(),
                loss: description.loss,
            },
            layers: Vec::new(),
            denses: 0,
            convs: 0,
            pools: 0,
            rnns: 0,
        };
        let name = || "input".to_owned();
        let input = description.input;
        let vertex = builder.vertex(name(), name(), input, Activation::Identity, Role::Input);
        builder.layers.push(vec![vertex]);
        builder
    }

    fn vertex(
        &mut self,
        id: String,
        label: String,
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

    fn edge(&mut self, from: usize, to: usize, op: Op, weight: Option<usize>, bias: Option<usize>) {
        self.graph.edges.push(Edge {
            from,
            to,
            op,
            weight,
            bias,
        });
    }

    /// A weight matrix or kernel; `columns` is the shape one output sums over.
    fn weight(&mut self, name: String, rows: usize, columns: Shape, kernel: bool) -> usize {
        let cols = columns.len();
        self.graph.parameters.push(Parameter {
            name,
            rows,
            cols,
            fan_in: cols,
            is_bias: false,
            input_major: false,
            levels: (0, 0),
            export_shape: if kernel {
                vec![rows, columns.channels, columns.height, columns.width]
            } else {
                vec![rows, cols]
            },
            columns,
        });
        self.graph.parameters.len() - 1
    }

    /// A bias, if the network has any.
    fn bias(&mut self, name: String, rows: usize, fan_in: usize) -> Option<usize> {
        self.description.bias.then(|| {
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

    /// The vertex that a layer which is not recurrent reads: the last step of a recurrent one.
    fn last(&self) -> usize {
        self.graph.vertices.len() - 1
    }

    fn add(&mut self, number: usize, layer: &Layer) -> Result<(), GraphError> {
        let before = self.graph.vertices[self.last()].shape;
        let default = self.description.activation;
        let f = |own: Option<Activation>| own.unwrap_or(default);
        match *layer {
            Layer::Dense {
                dense,
                skip,
                activation,
            } => {
                sized(number, "dense", dense)?;
                let (id, label, f) = if number == self.description.layers.len() {
                    ("output".into(), "output".into(), Activation::Identity)
                } else {
                    let is_dense = |l: &&Layer| matches!(l, Layer::Dense { .. });
                    let hidden = self.description.layers.iter().filter(is_dense).count() - 1;
                    self.denses += 1;
                    let label = if hidden == 1 { dense } else { self.denses };
                    let (id, label) = (format!("dense{}", self.denses), format!("dense {label}"));
                    (id, label, f(activation))
                };
                self.weighted(
                    number,
                    Op::Dense,
                    Shape::flat(dense),
                    before,
                    (id, label, f),
                );
                self.skip(number, skip)
            }
            Layer::Conv {
                conv,
                kernel,
                stride,
                padding,
                skip,
                activation,
            } => {
                sized(number, "conv", conv)?;
                let window = Window {
                    kernel,
                    stride,
                    padding,
                };
                let shape = windowed(number, "conv", window, before, conv)?;
                let columns = Shape {
                    channels: before.channels,
                    height: kernel,
                    width: kernel,
                };
                self.convs += 1;
                let (id, label) = (
                    format!("conv{}", self.convs),
                    format!("conv {}", self.convs),
                );
                let names = (id, label, f(activation));
                self.weighted(number, Op::Conv(window), shape, columns, names);
                self.skip(number, skip)
            }
            Layer::MaxPool {
                max_pool,
                stride,
                padding,
            } => {
                let window = pooling(max_pool, stride, padding);
                self.pool(number, "max_pool", window, Op::MaxPool(window))
            }
            Layer::AveragePool {
                average_pool,
                stride,
                padding,
            } => {
                let window = pooling(average_pool, stride, padding);
                self.pool(number, "average_pool", window, Op::AveragePool(window))
            }
            Layer::Rnn { rnn, activation } => self.recurrent(number, rnn, f(activation)),
        }
    }

    /// A vertex predicted through a weight and a bias from the vertex before.
    fn weighted(
        &mut self,
        number: usize,
        op: Op,
        shape: Shape,
        columns: Shape,
        (id, label, f): (String, String, Activation),
    ) {
        let (from, rows) = (self.last(), shape.channels);
        let kernel = matches!(op, Op::Conv(_));
        let weight = self.weight(format!("{id}.weight"), rows, columns, kernel);
        let bias = self.bias(format!("{id}.bias"), rows, columns.len());
        let to = self.vertex(id, label, shape, f, Role::Layer(number));
        self.edge(from, to, op, Some(weight), bias);
        self.layers.push(vec![to]);
    }

    fn pool(
        &mut self,
        number: usize,
        what: &'static str,
        window: Window,
        op: Op,
    ) -> Result<(), GraphError> {
        let from = self.last();
        let before = self.graph.vertices[from].shape;
        let shape = windowed(number, what, window, before, before.channels)?;
        self.pools += 1;
        let (id, label) = (
            format!("pool{}", self.pools),
            format!("pool {}", self.pools),
        );
        let to = self.vertex(id, label, shape, Activation::Identity, Role::Layer(number));
        self.edge(from, to, op, None, None);
        self.layers.push(vec![to]);
        Ok(())
    }

    /// f(x) of the vertex `skip` layers back is added to the layer just built.
    fn skip(&mut self, layer: usize, skip: Option<usize>) -> Result<(), GraphError> {
        let Some(skip) = skip else { return Ok(()) };
        let fail = |problem| {
            Err(GraphError::Skip {
                layer,
                skip,
                problem,
            })
        };
        if skip == 0 || skip > layer {
            return fail(format!(
                "leads to no layer; expected a number from 1 to {layer}, which is the input"
            ));
        }
        let to = self.last();
        let from = self.layers[layer - skip][self.layers[layer - skip].len() - 1];
        let (source, target) = (&self.graph.vertices[from], &self.graph.vertices[to]);
        if source.shape != target.shape {
            return fail(format!(
                "adds {} ({}) to {} ({}); expected equal shapes",
                source.label, source.shape, target.label, target.shape
            ));
        }
        self.edge(from, to, Op::Identity, None, None);
        Ok(())
    }

    /// A recurrent layer: N vertices side by side, which share their parameters.
    fn recurrent(&mut self, layer: usize, rnn: usize, f: Activation) -> Result<(), GraphError> {
        sized(layer, "rnn", rnn)?;
        let below = self.layers[layer - 1].clone();
        let input = &self.graph.vertices[below[0]];
        let from_input = layer == 1;
        if from_input && !self.description.time {
            return Err(GraphError::Layers(format!(
                "layer {layer} (rnn) runs over the time steps of sequences; these data have none"
            )));
        }
        if !from_input && !matches!(input.role, Role::Step { .. }) {
            return Err(GraphError::Layers(format!(
                "layer {layer} (rnn) follows {}; expected it first or behind another rnn",
                input.label
            )));
        }
        let steps = self.description.input.width;
        sized(
            layer,
            "rnn times the number of steps",
            rnn.saturating_mul(steps),
        )?;
        self.rnns += 1;
        let which = self.rnns;
        let several = |l: &&Layer| matches!(l, Layer::Rnn { .. });
        let of = match self.description.layers.iter().filter(several).count() {
            1 => String::new(),
            _ => format!(" {which}"),
        };
        let read = input.shape.channels;
        let name = |what: &str| format!("rnn{which}.{what}");
        let from_below = self.weight(name("weight_ih"), rnn, Shape::flat(read), false);
        let from_before = self.weight(name("weight_hh"), rnn, Shape::flat(rnn), false);
        let bias = self.bias(name("bias_ih"), rnn, read);
        let mut hidden: Vec<usize> = Vec::with_capacity(steps);
        for step in 1..=steps {
            let to = self.vertex(
                name(&step.to_string()),
                format!("rnn{of}, n = {step}"),
                Shape::flat(rnn),
                f,
                Role::Step { layer, step },
            );
            // The input comes first: its part of the sum stays while the hidden values move.
            if from_input {
                self.edge(Graph::INPUT, to, Op::Step(step), Some(from_below), bias);
            } else {
                self.edge(below[step - 1], to, Op::Dense, Some(from_below), bias);
            }
            if let Some(&before) = hidden.last() {
                self.edge(before, to, Op::Dense, Some(from_before), None);
            }
            hidden.push(to);
        }
        self.layers.push(hidden);
        Ok(())
    }
}

fn pooling(size: usize, stride: Option<usize>, padding: usize) -> Window {
    Window {
        kernel: size,
        stride: stride.unwrap_or(size),
        padding,
    }
}

fn sized(layer: usize, what: &'static str, value: usize) -> Result<(), GraphError> {
    if value == 0 || value > MOST_UNITS {
        return Err(GraphError::Size {
            layer,
            what,
            value,
            expected: "a number from 1 to 16,777,216",
        });
    }
    Ok(())
}

/// The shape that a window sliding over `before` makes.
fn windowed(
    layer: usize,
    what: &'static str,
    window: Window,
    before: Shape,
    channels: usize,
) -> Result<Shape, GraphError> {
    let fit = (window.padding < window.kernel.max(1))
        .then(|| {
            Some((
                window.outputs(before.height)?,
                window.outputs(before.width)?,
            ))
        })
        .flatten();
    let Some((height, width)) = fit else {
        return Err(GraphError::Window {
            layer,
            what,
            kernel: window.kernel,
            stride: window.stride,
            padding: window.padding,
            input: before.to_string(),
        });
    };
    // With padding, a window may fit that nothing could hold.
    let under = window.kernel.saturating_mul(window.kernel);
    let under = under.saturating_mul(before.channels);
    sized(layer, "the number of values under the window", under)?;
    let shape = Shape {
        channels,
        height,
        width,
    };
    sized(layer, "the number of units", shape.len())?;
    Ok(shape)
}

/// A stack of dense layers with biases under squared error, for tests.
#[cfg(test)]
pub(crate) fn dense_plan(
    inputs: usize,
    units: &[usize],
    activation: Activation,
) -> std::sync::Arc<super::Plan> {
    let dense = |&dense: &usize| Layer::Dense {
        dense,
        skip: None,
        activation: None,
    };
    let layers: Vec<Layer> = units.iter().map(dense).collect();
    let description = Description {
        input: Shape::flat(inputs),
        time: false,
        layers: &layers,
        activation,
        loss: Loss::SquaredError,
        bias: true,
        levelled: true,
    };
    super::Plan::new(description.graph().expect("dense layers fit one another"))
}

#[cfg(test)]
#[path = "build_test.rs"]
mod tests;
