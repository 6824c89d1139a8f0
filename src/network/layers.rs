//! The readable description of a network: a list of layers, as experiment files write it.

use super::activation::Activation;
use super::ops::Op;
use serde::{Deserialize, Serialize};

/// One layer. In a file: `{ dense = 64 }`, `{ conv = 16, kernel = 3, padding = 1, skip = 2 }`, `{ max_pool = 2 }`, `{ rnn = 64 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LayerFields", into = "LayerFields")]
pub enum Layer {
    /// Fully connected.
    Dense {
        /// Number of units.
        dense: usize,
        /// Adds f(x) of the vertex so many layers back (1: the one this layer reads anyway).
        skip: Option<usize>,
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
        /// Adds f(x) of the vertex so many layers back (1: the one this layer reads anyway).
        skip: Option<usize>,
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
    /// A recurrent layer, one vertex per time step of the data: h_n = W_ih s_n + W_hh f(h_{n-1}) + b. The next layer reads every
    /// step if it is recurrent too, else the last one only.
    Rnn {
        /// Hidden units of a step.
        rnn: usize,
        /// The f applied to this layer's x, if not the network's.
        activation: Option<Activation>,
    },
    /// The layer before and one further back, unit by unit, as a vertex of its own: a product, a sum.
    Join {
        /// The operation, one of [`Op::joins`].
        join: Op,
        /// How many layers back the other one is (1: the one before, twice).
        skip: usize,
        /// The f applied to this layer's x, if not the identity.
        activation: Option<Activation>,
    },
}

impl Layer {
    /// True if the layer also reads one further back.
    pub fn skips(&self) -> bool {
        matches!(
            self,
            Self::Dense { skip: Some(_), .. }
                | Self::Conv { skip: Some(_), .. }
                | Self::Join { .. }
        )
    }
}

/// The operation that joins layers, by its name in files.
fn joining(name: &str) -> Result<Op, String> {
    let mut all = Op::joins();
    all.find(|op| op.words().name == name).ok_or_else(|| {
        let names: Vec<String> = Op::joins()
            .map(|op| format!("{:?}", op.words().name))
            .collect();
        format!("join = {name:?}; expected {}", names.join(" or "))
    })
}

/// A layer as a file writes it: which of the first six keys is there says what it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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
    rnn: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    join: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernel: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stride: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    padding: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<usize>,
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
        match (f.dense, f.conv, f.max_pool, f.average_pool, f.rnn, f.join) {
            (Some(dense), None, None, None, None, None) => {
                refuse("kernel", f.kernel.is_some(), "dense")?;
                refuse("stride", f.stride.is_some(), "dense")?;
                refuse("padding", f.padding.is_some(), "dense")?;
                Ok(Self::Dense { dense, skip: f.skip, activation: f.activation })
            }
            (None, Some(conv), None, None, None, None) => {
                let kernel = f.kernel.ok_or("a conv layer needs a `kernel`, as in { conv = 16, kernel = 3 }")?;
                Ok(Self::Conv { conv, kernel, stride: f.stride.unwrap_or(1), padding, skip: f.skip, activation: f.activation })
            }
            (None, None, Some(max_pool), None, None, None) => {
                refuse("kernel", f.kernel.is_some(), "max_pool")?;
                refuse("skip", f.skip.is_some(), "max_pool")?;
                refuse("activation", f.activation.is_some(), "max_pool")?;
                Ok(Self::MaxPool { max_pool, stride: f.stride, padding })
            }
            (None, None, None, Some(average_pool), None, None) => {
                refuse("kernel", f.kernel.is_some(), "average_pool")?;
                refuse("skip", f.skip.is_some(), "average_pool")?;
                refuse("activation", f.activation.is_some(), "average_pool")?;
                Ok(Self::AveragePool { average_pool, stride: f.stride, padding })
            }
            (None, None, None, None, Some(rnn), None) => {
                refuse("kernel", f.kernel.is_some(), "rnn")?;
                refuse("stride", f.stride.is_some(), "rnn")?;
                refuse("padding", f.padding.is_some(), "rnn")?;
                refuse("skip", f.skip.is_some(), "rnn")?;
                Ok(Self::Rnn { rnn, activation: f.activation })
            }
            (None, None, None, None, None, Some(join)) => {
                refuse("kernel", f.kernel.is_some(), "join")?;
                refuse("stride", f.stride.is_some(), "join")?;
                refuse("padding", f.padding.is_some(), "join")?;
                let skip = f.skip.ok_or("a join layer needs a `skip`, as in { join = \"product\", skip = 2 }")?;
                Ok(Self::Join { join: joining(&join)?, skip, activation: f.activation })
            }
            _ => Err("a layer is one of { dense = N }, { conv = N, kernel = K }, { max_pool = N }, { average_pool = N }, { rnn = N }, { join = \"product\", skip = K }".into()),
        }
    }
}

impl From<Layer> for LayerFields {
    fn from(layer: Layer) -> Self {
        let pad = |padding| (padding != 0).then_some(padding);
        match layer {
            Layer::Dense {
                dense,
                skip,
                activation,
            } => Self {
                dense: Some(dense),
                skip,
                activation,
                ..Self::default()
            },
            Layer::Conv {
                conv,
                kernel,
                stride,
                padding,
                skip,
                activation,
            } => Self {
                conv: Some(conv),
                skip,
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
            Layer::Rnn { rnn, activation } => Self {
                rnn: Some(rnn),
                activation,
                ..Self::default()
            },
            Layer::Join {
                join,
                skip,
                activation,
            } => Self {
                join: Some(join.words().name.to_owned()),
                skip: Some(skip),
                activation,
                ..Self::default()
            },
        }
    }
}
