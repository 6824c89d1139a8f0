//! From the description of a network, its list of layers, to the graph of its vertices.

use super::activation::Activation;
use super::graph::{Graph, GraphError, Role};
use super::layers::Layer;
use super::loss::Loss;
use super::ops::{AveragePool, Conv, Dense, Identity, Matrix, MaxPool, Misfit, Op, Step};
use super::shape::Shape;
use super::sketch::{Held, Sketch};
use super::window::Window;

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
        Ok(builder.sketch.graph(self.levelled))
    }
}

/// Layers on their way to a graph.
struct Builder<'a> {
    description: &'a Description<'a>,
    sketch: Sketch,
    /// The vertices of the input and of every layer so far: one, or one per time step.
    layers: Vec<Vec<usize>>,
    denses: usize,
    convs: usize,
    pools: usize,
    rnns: usize,
    joins: usize,
}

impl<'a> Builder<'a> {
    fn new(description: &'a Description<'a>) -> Self {
        let Description {
            input, loss, bias, ..
        } = *description;
        Self {
            description,
            sketch: Sketch::new(input, loss, bias),
            layers: vec![vec![Graph::INPUT]],
            denses: 0,
            convs: 0,
            pools: 0,
            rnns: 0,
            joins: 0,
        }
    }

    /// What a layer's operation makes of what it reads.
    fn shape(&self, layer: usize, op: Op, from: &[usize]) -> Result<Shape, GraphError> {
        let made = op.shape(&self.sketch.shapes(from));
        let shape = made.map_err(|misfit| match misfit {
            Misfit::Window(window, input) => GraphError::Window {
                layer,
                what: op.words().name,
                kernel: window.kernel,
                stride: window.stride,
                padding: window.padding,
                input: input.to_string(),
            },
            Misfit::Unequal(a, b) => GraphError::Layers(format!(
                "layer {layer} ({}) joins {a} and {b}; expected equal shapes",
                op.words().name
            )),
        })?;
        // With padding, a window may fit that nothing could hold.
        let under = op.under(self.sketch.shapes(from)[0]);
        sized(layer, "the number of values under the window", under)?;
        sized(layer, "the number of units", shape.len())?;
        Ok(shape)
    }

    /// The vertex that a layer which is not recurrent reads: the last step of a recurrent one.
    fn last(&self) -> usize {
        self.sketch.vertices().len() - 1
    }

    fn add(&mut self, number: usize, layer: &Layer) -> Result<(), GraphError> {
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
                self.weighted(number, Dense { units: dense }, (id, label, f))?;
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
                let op = Conv {
                    channels: conv,
                    window,
                };
                self.convs += 1;
                let (id, label) = (
                    format!("conv{}", self.convs),
                    format!("conv {}", self.convs),
                );
                let names = (id, label, f(activation));
                self.weighted(number, op, names)?;
                self.skip(number, skip)
            }
            Layer::MaxPool {
                max_pool,
                stride,
                padding,
            } => {
                let window = pooling(max_pool, stride, padding);
                self.pool(number, MaxPool { window }.into())
            }
            Layer::AveragePool {
                average_pool,
                stride,
                padding,
            } => {
                let window = pooling(average_pool, stride, padding);
                self.pool(number, AveragePool { window }.into())
            }
            Layer::Rnn { rnn, activation } => self.recurrent(number, rnn, f(activation)),
            Layer::Join {
                join,
                skip,
                activation,
            } => self.join(number, join, skip, activation),
        }
    }

    /// A vertex predicted through a weight and a bias from the vertex before.
    fn weighted(
        &mut self,
        number: usize,
        op: impl Into<Op>,
        (id, label, f): (String, String, Activation),
    ) -> Result<(), GraphError> {
        let (from, op) = (self.last(), op.into());
        let shape = self.shape(number, op, &[from])?;
        let held = self.sketch.parameters(&id, op, from);
        let role = Role::Layer(number);
        let to = self.sketch.vertex((id, label), shape, f, role);
        self.sketch.connect(op, &[from], to, held);
        self.layers.push(vec![to]);
        Ok(())
    }

    fn pool(&mut self, number: usize, op: Op) -> Result<(), GraphError> {
        let from = self.last();
        let shape = self.shape(number, op, &[from])?;
        self.pools += 1;
        let names = (
            format!("pool{}", self.pools),
            format!("pool {}", self.pools),
        );
        self.without_weights((number, names), op, shape, Activation::Identity, &[from]);
        Ok(())
    }

    /// A layer whose operation has no weights.
    fn without_weights(
        &mut self,
        (number, names): (usize, (String, String)),
        op: Op,
        shape: Shape,
        f: Activation,
        reads: &[usize],
    ) {
        let to = self.sketch.vertex(names, shape, f, Role::Layer(number));
        self.sketch.connect(op, reads, to, Held::default());
        self.layers.push(vec![to]);
    }

    /// The vertex that reads the layer before and the one `skip` layers back; f is the identity unless the layer says otherwise.
    fn join(
        &mut self,
        layer: usize,
        op: Op,
        skip: usize,
        activation: Option<Activation>,
    ) -> Result<(), GraphError> {
        let reads = [self.last(), self.back(layer, skip)?];
        let shape = self.shape(layer, op, &reads)?;
        self.joins += 1;
        let name = op.words().name;
        let names = (
            format!("{name}{}", self.joins),
            format!("{name} {}", self.joins),
        );
        let f = activation.unwrap_or(Activation::Identity);
        self.without_weights((layer, names), op, shape, f, &reads);
        Ok(())
    }

    /// The vertex that a skip of layer `layer` leads to.
    fn back(&self, layer: usize, skip: usize) -> Result<usize, GraphError> {
        if skip == 0 || skip > layer {
            let problem = format!(
                "leads to no layer; expected a number from 1 to {layer}, which is the input"
            );
            return Err(GraphError::Skip {
                layer,
                skip,
                problem,
            });
        }
        let vertices = &self.layers[layer - skip];
        Ok(vertices[vertices.len() - 1])
    }

    /// f(x) of the vertex `skip` layers back is added to the layer just built.
    fn skip(&mut self, layer: usize, skip: Option<usize>) -> Result<(), GraphError> {
        let Some(skip) = skip else { return Ok(()) };
        let (from, to) = (self.back(layer, skip)?, self.last());
        let vertices = self.sketch.vertices();
        let (source, target) = (&vertices[from], &vertices[to]);
        if source.shape != target.shape {
            let problem = format!(
                "adds {} ({}) to {} ({}); expected equal shapes",
                source.label, source.shape, target.label, target.shape
            );
            return Err(GraphError::Skip {
                layer,
                skip,
                problem,
            });
        }
        self.sketch.connect(Identity, &[from], to, Held::default());
        Ok(())
    }

    /// A recurrent layer: N vertices side by side, which share their parameters.
    fn recurrent(&mut self, layer: usize, rnn: usize, f: Activation) -> Result<(), GraphError> {
        sized(layer, "rnn", rnn)?;
        let below = self.layers[layer - 1].clone();
        let input = &self.sketch.vertices()[below[0]];
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
        let square = |columns| Matrix {
            rows: rnn,
            columns: Shape::flat(columns),
            slides: false,
        };
        let from_below = self.sketch.weight(name("weight_ih"), square(read));
        let from_before = self.sketch.weight(name("weight_hh"), square(rnn));
        let bias = self.sketch.bias(name("bias_ih"), rnn, read);
        let mut hidden: Vec<usize> = Vec::with_capacity(steps);
        for step in 1..=steps {
            let names = (name(&step.to_string()), format!("rnn{of}, n = {step}"));
            let role = Role::Step { layer, step };
            let to = self.sketch.vertex(names, Shape::flat(rnn), f, role);
            // The input comes first: its part of the sum stays while the hidden values move.
            let below_weights = Held {
                weight: Some(from_below),
                bias,
            };
            if from_input {
                let op = Step { units: rnn, step };
                self.sketch.connect(op, &[Graph::INPUT], to, below_weights);
            } else {
                let op = Dense { units: rnn };
                self.sketch
                    .connect(op, &[below[step - 1]], to, below_weights);
            }
            if let Some(&before) = hidden.last() {
                let before_weights = Held {
                    weight: Some(from_before),
                    bias: None,
                };
                let op = Dense { units: rnn };
                self.sketch.connect(op, &[before], to, before_weights);
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
