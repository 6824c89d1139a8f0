//! A network in PyTorch's terms: the modules it is made of, and the names of its parameters in them.

use crate::network::{Activation, Graph, Layer, Plan};

/// The modules of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modules {
    /// Python that makes them, with `nn` for `torch.nn`: an `nn.Sequential`, or an `nn.ModuleDict` of an `nn.RNN` and an
    /// `nn.Sequential` behind its last step.
    pub python: String,
    /// Python that turns inputs `x` into outputs with the module `m`.
    pub call: &'static str,
    /// The name there of each parameter, in the order of the graph.
    pub names: Vec<String>,
    /// Parameters that are zeros there, by name, each beside one of the same shape by its place in the graph.
    pub zeros: Vec<(String, usize)>,
}

/// The module of an activation.
fn activation(f: Activation) -> &'static str {
    match f {
        Activation::Identity => "nn.Identity()",
        Activation::Tanh => "nn.Tanh()",
        Activation::Relu => "nn.ReLU()",
        Activation::Sigmoid => "nn.Sigmoid()",
        Activation::LeakyRelu => "nn.LeakyReLU(0.01)",
        Activation::Gelu => "nn.GELU(approximate=\"tanh\")",
        Activation::HardTanh => "nn.Hardtanh()",
    }
}

/// Modules in a row, with the names of their parameters.
#[derive(Default)]
struct Row {
    prefix: &'static str,
    parts: Vec<String>,
    names: Vec<String>,
}

impl Row {
    /// A module with parameters.
    fn weighted(&mut self, part: String, bias: bool) {
        let at = self.parts.len();
        self.parts.push(part);
        let names = ["weight", "bias"].into_iter().take(1 + usize::from(bias));
        let prefix = self.prefix;
        self.names
            .extend(names.map(|name| format!("{prefix}{at}.{name}")));
    }

    fn python(&self) -> String {
        format!("nn.Sequential({})", self.parts.join(", "))
    }
}

impl Modules {
    /// Of the layers of a network, whose activation is `f` where they name none.
    ///
    /// What is not recurrent reads sequences as maps of one row, a column a step; shorter ones begin with zeros.
    ///
    /// # Errors
    /// One line: what has no counterpart there.
    pub fn of(layers: &[Layer], f: Activation, plan: &Plan) -> Result<Self, String> {
        let graph = &plan.graph;
        let has_bias = graph.parameters.iter().any(|p| p.is_bias);
        let python = |bias| if bias { "" } else { ", bias=False" };
        if let Some(i) = layers.iter().position(Layer::skips) {
            return Err(format!(
                "layer {} has a skip, which nn.Sequential has not; weights.safetensors has its weights by pcscope's own names",
                i + 1
            ));
        }
        let recurrent = layers
            .iter()
            .take_while(|l| matches!(l, Layer::Rnn { .. }))
            .count();
        let (mut names, mut zeros, mut rnn) = (Vec::new(), Vec::new(), String::new());
        let mut row = Row::default();
        let mut before = graph.vertices[Graph::INPUT].shape;
        // A map stays one where it has shrunk to a single place.
        let mut map = !before.is_flat();
        if recurrent > 0 {
            let of = |layer: &Layer| match *layer {
                Layer::Rnn { rnn, activation } => Some((rnn, activation.unwrap_or(f))),
                _ => None,
            };
            let first = layers.first().and_then(of);
            let alike = layers[..recurrent].iter().all(|l| of(l) == first);
            let (Some((units, own)), true) = (first, alike) else {
                return Err("its recurrent layers differ, and those of one nn.RNN do not".into());
            };
            if !matches!(own, Activation::Tanh | Activation::Relu) {
                return Err(format!(
                    "its recurrent layers have {}; nn.RNN has tanh and relu",
                    own.name()
                ));
            }
            if recurrent == layers.len() {
                return Err("it ends in a recurrent layer; expected a dense one behind it".into());
            }
            for layer in 0..recurrent {
                names.extend(["weight_ih", "weight_hh"].map(|part| format!("rnn.{part}_l{layer}")));
                if has_bias {
                    zeros.push((format!("rnn.bias_hh_l{layer}"), names.len()));
                    names.push(format!("rnn.bias_ih_l{layer}"));
                }
            }
            rnn = format!(
                "nn.RNN({}, {units}, num_layers={recurrent}, nonlinearity=\"{}\", batch_first=True{})",
                before.channels,
                own.name(),
                python(has_bias)
            );
            row.prefix = "head.";
            before = crate::network::Shape::flat(units);
            map = false;
        }
        for (i, layer) in layers.iter().enumerate().skip(recurrent) {
            let mut own = None;
            if let Layer::MaxPool {
                max_pool: window,
                padding,
                ..
            }
            | Layer::AveragePool {
                average_pool: window,
                padding,
                ..
            } = *layer
                && padding > window / 2
            {
                return Err(format!(
                    "layer {} pads by {padding}, more than half of its window of {window}, which PyTorch refuses",
                    i + 1
                ));
            }
            map |= !matches!(layer, Layer::Dense { .. });
            match *layer {
                Layer::Dense {
                    dense, activation, ..
                } => {
                    if std::mem::take(&mut map) {
                        row.parts.push("nn.Flatten()".into());
                    }
                    let part = format!("nn.Linear({}, {dense}{})", before.len(), python(has_bias));
                    row.weighted(part, has_bias);
                    own = Some(activation.unwrap_or(f));
                }
                Layer::Conv {
                    conv,
                    kernel,
                    stride,
                    padding,
                    activation,
                    ..
                } => {
                    let part = format!(
                        "nn.Conv2d({}, {conv}, {kernel}, stride={stride}, padding={padding}{})",
                        before.channels,
                        python(has_bias)
                    );
                    row.weighted(part, has_bias);
                    own = Some(activation.unwrap_or(f));
                }
                Layer::MaxPool {
                    max_pool,
                    stride,
                    padding,
                } => row.parts.push(format!(
                    "nn.MaxPool2d({max_pool}, stride={}, padding={padding})",
                    stride.unwrap_or(max_pool)
                )),
                Layer::AveragePool {
                    average_pool,
                    stride,
                    padding,
                } => row.parts.push(format!(
                    "nn.AvgPool2d({average_pool}, stride={}, padding={padding}, count_include_pad=False)",
                    stride.unwrap_or(average_pool)
                )),
                Layer::Rnn { .. } => {
                    return Err(format!("layer {} is recurrent behind one that is not", i + 1));
                }
            }
            // What the last layer says is x, before f.
            if let Some(own) = own.filter(|_| i + 1 < layers.len()) {
                row.parts.push(activation(own).into());
            }
            let number = i + 1;
            let vertex = graph
                .vertices
                .iter()
                .find(|v| v.role == crate::network::Role::Layer(number));
            before = vertex.map_or(before, |v| v.shape);
        }
        names.append(&mut row.names);
        if names.len() != graph.parameters.len() {
            return Err(format!(
                "it has {} parameters, and its modules {}",
                graph.parameters.len(),
                names.len()
            ));
        }
        let (python, call) = if recurrent > 0 {
            (
                format!(
                    "nn.ModuleDict({{\"rnn\": {rnn}, \"head\": {}}})",
                    row.python()
                ),
                "m[\"head\"](m[\"rnn\"](x)[0][:, -1])",
            )
        } else {
            (row.python(), "m(x)")
        };
        Ok(Self {
            python,
            call,
            names,
            zeros,
        })
    }
}
