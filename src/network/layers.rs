//! The readable description of a network: a list of layers, as experiment files write it.

use super::activation::Activation;
use super::graph::{Edge, Graph, GraphError, Op, Parameter, Shape, Vertex, Window};
use super::loss::Loss;
use serde::{Deserialize, Serialize};

/// One layer. In a file: `{ dense = 64 }`, `{ conv = 16, kernel = 3, padding = 1 }`, `{ max_pool = 2 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LayerFields", into = "LayerFields")]
pub enum Layer {
    /// Fully connected.
    Dense {
        /// Number of units.
        dense: usize,
        /// The f applied to this layer's x, if not the network's.
        activation: Option<Activation>,
    },
    /// 2-d convolution.
    Conv {
        /// Output channels.
        conv: usize,
        /// Rows and columns of the kernel.
        kernel: usize,
        /// Step between windows.
        stride: usize,
        /// Zeros added on every side.
        padding: usize,
        /// The f applied to this layer's x, if not the network's.
        activation: Option<Activation>,
    },
    /// Max pooling as a vertex of its own (f = identity).
    MaxPool {
        /// Window size.
        max_pool: usize,
        /// Step; the window size if left out.
        stride: Option<usize>,
        /// Positions added on every side, counted as -∞.
        padding: usize,
    },
    /// Average pooling as a vertex of its own (f = identity).
    AveragePool {
        /// Window size.
        average_pool: usize,
        /// Step; the window size if left out.
        stride: Option<usize>,
        /// Positions added on every side, left out of the mean.
        padding: usize,
    },
}

/// A layer as a file writes it: which of the first four keys is there says what it is.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LayerFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    dense: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conv: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_pool: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    average_pool: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stride: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    padding: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activation: Option<Activation>,
}

impl TryFrom<LayerFields> for Layer {
    type Error = String;

    fn try_from(f: LayerFields) -> Result<Self, String> {
        let refuse = |key: &str, given: bool, what: &str| {
            if given {
                Err(format!("a {what} layer takes no `{key}`"))
            } else {
                Ok(())
            }
        };
        let padding = f.padding.unwrap_or(0);
        match (f.dense, f.conv, f.max_pool, f.average_pool) {
            (Some(dense), None, None, None) => {
                refuse("kernel", f.kernel.is_some(), "dense")?;
                refuse("stride", f.stride.is_some(), "dense")?;
                refuse("padding", f.padding.is_some(), "dense")?;
                Ok(Self::Dense { dense, activation: f.activation })
            }
            (None, Some(conv), None, None) => {
                let kernel = f.kernel.ok_or("a conv layer needs a `kernel`, as in { conv = 16, kernel = 3 }")?;
                Ok(Self::Conv { conv, kernel, stride: f.stride.unwrap_or(1), padding, activation: f.activation })
            }
            (None, None, Some(max_pool), None) => {
                refuse("kernel", f.kernel.is_some(), "max_pool")?;
                refuse("activation", f.activation.is_some(), "max_pool")?;
                Ok(Self::MaxPool { max_pool, stride: f.stride, padding })
            }
            (None, None, None, Some(average_pool)) => {
                refuse("kernel", f.kernel.is_some(), "average_pool")?;
                refuse("activation", f.activation.is_some(), "average_pool")?;
                Ok(Self::AveragePool { average_pool, stride: f.stride, padding })
            }
            _ => Err("a layer is one of { dense = N }, { conv = N, kernel = K }, { max_pool = N }, { average_pool = N }".into()),
        }
    }
}

impl From<Layer> for LayerFields {
    fn from(layer: Layer) -> Self {
        let pad = |padding| (padding != 0).then_some(padding);
        match layer {
            Layer::Dense { dense, activation } => Self {
                dense: Some(dense),
                activation,
                ..Self::default()
            },
            Layer::Conv {
                conv,
                kernel,
                stride,
                padding,
                activation,
            } => Self {
                conv: Some(conv),
                kernel: Some(kernel),
                stride: (stride != 1).then_some(stride),
                padding: pad(padding),
                activation,
                ..Self::default()
            },
            Layer::MaxPool {
                max_pool,
                stride,
                padding,
            } => Self {
                max_pool: Some(max_pool),
                stride,
                padding: pad(padding),
                ..Self::default()
            },
            Layer::AveragePool {
                average_pool,
                stride,
                padding,
            } => Self {
                average_pool: Some(average_pool),
                stride,
                padding: pad(padding),
                ..Self::default()
            },
        }
    }
}

/// The most units a layer may have; beyond this a typing error is likelier than a wish.
const MOST_UNITS: usize = 1 << 24;

/// Builds the chain `input → layers`; every layer is a value vertex, the last one the output (f = identity).
///
/// # Errors
/// Names the layer (counted from 1) whose size or window cannot be.
pub fn chain(
    input: Shape,
    layers: &[Layer],
    activation: Activation,
    loss: Loss,
    bias: bool,
) -> Result<Graph, GraphError> {
    if layers.is_empty() {
        return Err(GraphError::Layers(
            "the network has no layers; expected at least one, the output".into(),
        ));
    }
    if !matches!(layers[layers.len() - 1], Layer::Dense { .. }) {
        return Err(GraphError::Layers(
            "the last layer is the output and must be dense".into(),
        ));
    }
    let mut graph = Graph {
        vertices: Vec::new(),
        edges: Vec::new(),
        parameters: Vec::new(),
        loss,
    };
    let vertex = |id: String, label: String, shape, activation| Vertex {
        id,
        label,
        shape,
        activation,
        level: 0,
        incoming: Vec::new(),
        outgoing: Vec::new(),
    };
    graph.vertices.push(vertex(
        "input".into(),
        "input".into(),
        input,
        Activation::Identity,
    ));
    let hidden_dense = layers
        .iter()
        .filter(|l| matches!(l, Layer::Dense { .. }))
        .count()
        - 1;
    let (mut convs, mut pools, mut denses) = (0, 0, 0);
    for (i, layer) in layers.iter().enumerate() {
        let from = graph.vertices.len() - 1;
        let before = graph.vertices[from].shape;
        let last = i + 1 == layers.len();
        let number = i + 1;
        let size = |what, value: usize| {
            if value == 0 || value > MOST_UNITS {
                Err(GraphError::Size {
                    layer: number,
                    what,
                    value,
                    expected: "a number from 1 to 16,777,216",
                })
            } else {
                Ok(())
            }
        };
        let windowed = |what, window: Window, channels| {
            let fit = (window.padding < window.kernel.max(1))
                .then(|| {
                    Some((
                        window.outputs(before.height)?,
                        window.outputs(before.width)?,
                    ))
                })
                .flatten();
            fit.map(|(height, width)| Shape {
                channels,
                height,
                width,
            })
            .ok_or(GraphError::Window {
                layer: number,
                what,
                kernel: window.kernel,
                stride: window.stride,
                padding: window.padding,
                input: before.to_string(),
            })
        };
        let (op, shape, f, id, label) = match *layer {
            Layer::Dense {
                dense,
                activation: own,
            } => {
                size("dense", dense)?;
                if last {
                    if own.is_some_and(|f| f != Activation::Identity) {
                        return Err(GraphError::Layers(
                            "the output's f is the identity (the loss brings its own softmax); drop its activation".into(),
                        ));
                    }
                    (
                        Op::Dense,
                        Shape::flat(dense),
                        Activation::Identity,
                        "output".to_owned(),
                        "output".to_owned(),
                    )
                } else {
                    denses += 1;
                    let label = if hidden_dense == 1 {
                        format!("dense {dense}")
                    } else {
                        format!("dense {denses}")
                    };
                    (
                        Op::Dense,
                        Shape::flat(dense),
                        own.unwrap_or(activation),
                        format!("dense{denses}"),
                        label,
                    )
                }
            }
            Layer::Conv {
                conv,
                kernel,
                stride,
                padding,
                activation: own,
            } => {
                size("conv", conv)?;
                let window = Window {
                    kernel,
                    stride,
                    padding,
                };
                let shape = windowed("conv", window, conv)?;
                convs += 1;
                (
                    Op::Conv(window),
                    shape,
                    own.unwrap_or(activation),
                    format!("conv{convs}"),
                    format!("conv {convs}"),
                )
            }
            Layer::MaxPool {
                max_pool,
                stride,
                padding,
            } => {
                let window = Window {
                    kernel: max_pool,
                    stride: stride.unwrap_or(max_pool),
                    padding,
                };
                let shape = windowed("max_pool", window, before.channels)?;
                pools += 1;
                (
                    Op::MaxPool(window),
                    shape,
                    Activation::Identity,
                    format!("pool{pools}"),
                    format!("pool {pools}"),
                )
            }
            Layer::AveragePool {
                average_pool,
                stride,
                padding,
            } => {
                let window = Window {
                    kernel: average_pool,
                    stride: stride.unwrap_or(average_pool),
                    padding,
                };
                let shape = windowed("average_pool", window, before.channels)?;
                pools += 1;
                (
                    Op::AveragePool(window),
                    shape,
                    Activation::Identity,
                    format!("pool{pools}"),
                    format!("pool {pools}"),
                )
            }
        };
        size("the number of units", shape.len())?;
        let (weight, bias) = match op {
            Op::MaxPool(_) | Op::AveragePool(_) => (None, None),
            Op::Dense | Op::Conv(_) => {
                let columns = match op {
                    Op::Conv(w) => Shape {
                        channels: before.channels,
                        height: w.kernel,
                        width: w.kernel,
                    },
                    _ => before,
                };
                let cols = columns.len();
                let export_shape = match op {
                    Op::Conv(w) => vec![shape.channels, before.channels, w.kernel, w.kernel],
                    _ => vec![shape.channels, cols],
                };
                graph.parameters.push(Parameter {
                    name: format!("{id}.weight"),
                    rows: shape.channels,
                    cols,
                    fan_in: cols,
                    is_bias: false,
                    level: 0,
                    export_shape,
                    columns,
                });
                let weight = graph.parameters.len() - 1;
                let bias = bias.then(|| {
                    graph.parameters.push(Parameter {
                        name: format!("{id}.bias"),
                        rows: shape.channels,
                        cols: 1,
                        fan_in: cols,
                        is_bias: true,
                        level: 0,
                        export_shape: vec![shape.channels],
                        columns: Shape::flat(1),
                    });
                    graph.parameters.len() - 1
                });
                (Some(weight), bias)
            }
        };
        graph.vertices.push(vertex(id, label, shape, f));
        graph.edges.push(Edge {
            from,
            to: from + 1,
            op,
            weight,
            bias,
        });
    }
    graph.link();
    Ok(graph)
}
