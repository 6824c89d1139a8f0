//! A network in PyTorch's terms: the modules it is made of, and the names of its parameters in them.

use crate::network::{Activation, Graph, Layer, Plan, Role, Shape};

/// The modules of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modules {
    /// Python that makes them, with `nn` for `torch.nn`: an `nn.Sequential`, or an `nn.ModuleDict` of an `nn.RNN` and an
    /// `nn.Sequential` behind its last step.
    pub python: String,
    /// Python that turns inputs `x` into outputs with the module `m`.
    pub call: &'static str,
    /// It begins with an `nn.RNN`, which reads sequences step by step.
    pub recurrent: bool,
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

/// The modules that are not recurrent, in a row, with the names of their parameters.
struct Row<'a> {
    plan: &'a Plan,
    prefix: &'static str,
    parts: Vec<String>,
    names: Vec<String>,
    /// What the next module reads.
    before: Shape,
    /// That has places: a map stays one where it has shrunk to a single place.
    map: bool,
    bias: bool,
}

impl Row<'_> {
    /// A module with parameters.
    fn weighted(&mut self, part: &str) {
        let (at, prefix) = (self.parts.len(), self.prefix);
        self.parts.push(format!("{part}{})", bias_words(self.bias)));
        let names = ["weight", "bias"]
            .into_iter()
            .take(1 + usize::from(self.bias));
        self.names
            .extend(names.map(|name| format!("{prefix}{at}.{name}")));
    }

    /// A window that is pooled: the module's name, its size, step and padding, and what else it is told.
    fn pool(
        &mut self,
        name: &str,
        [size, stride, padding]: [usize; 3],
        more: &str,
    ) -> Result<(), String> {
        if padding > size / 2 {
            return Err(format!(
                "pads by {padding}, more than half of its window of {size}, which PyTorch refuses"
            ));
        }
        self.parts.push(format!(
            "nn.{name}({size}, stride={stride}, padding={padding}{more})"
        ));
        Ok(())
    }

    /// Layer `number`, whose activation is `f` where it names none; the last says its x, before f.
    fn layer(
        &mut self,
        number: usize,
        layer: &Layer,
        f: Activation,
        last: bool,
    ) -> Result<(), String> {
        self.map |= !matches!(layer, Layer::Dense { .. });
        let own = match *layer {
            Layer::Dense {
                dense, activation, ..
            } => {
                if std::mem::take(&mut self.map) {
                    self.parts.push("nn.Flatten()".into());
                }
                self.weighted(&format!("nn.Linear({}, {dense}", self.before.len()));
                Some(activation.unwrap_or(f))
            }
            Layer::Conv {
                conv,
                kernel,
                stride,
                padding,
                activation,
                ..
            } => {
                let channels = self.before.channels;
                self.weighted(&format!(
                    "nn.Conv2d({channels}, {conv}, {kernel}, stride={stride}, padding={padding}"
                ));
                Some(activation.unwrap_or(f))
            }
            Layer::MaxPool {
                max_pool,
                stride,
                padding,
            } => {
                let window = [max_pool, stride.unwrap_or(max_pool), padding];
                self.pool("MaxPool2d", window, "")?;
                None
            }
            Layer::AveragePool {
                average_pool,
                stride,
                padding,
            } => {
                let window = [average_pool, stride.unwrap_or(average_pool), padding];
                self.pool("AvgPool2d", window, ", count_include_pad=False")?;
                None
            }
            Layer::Rnn { .. } => return Err("is recurrent behind one that is not".into()),
            Layer::Join { .. } => return Err("joins two layers, which nn.Sequential cannot".into()),
        };
        if let Some(own) = own.filter(|_| !last) {
            self.parts.push(activation(own).into());
        }
        let vertices = &self.plan.graph.vertices;
        let vertex = vertices.iter().find(|v| v.role == Role::Layer(number));
        self.before = vertex.map_or(self.before, |v| v.shape);
        Ok(())
    }

    fn python(&self) -> String {
        format!("nn.Sequential({})", self.parts.join(", "))
    }
}

/// What a module without biases is told.
fn bias_words(bias: bool) -> &'static str {
    if bias { "" } else { ", bias=False" }
}

/// Units and activation of recurrent layers that one `nn.RNN` can be.
fn alike(layers: &[Layer], f: Activation) -> Result<(usize, Activation), String> {
    let of = |layer: &Layer| match *layer {
        Layer::Rnn { rnn, activation } => Some((rnn, activation.unwrap_or(f))),
        _ => None,
    };
    let first = layers.first().and_then(of);
    let (Some((units, own)), true) = (first, layers.iter().all(|l| of(l) == first)) else {
        return Err("its recurrent layers differ, and those of one nn.RNN do not".into());
    };
    match own {
        Activation::Tanh | Activation::Relu => Ok((units, own)),
        _ => Err(format!(
            "its recurrent layers have {}; nn.RNN has tanh and relu",
            own.name()
        )),
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
        if let Some(i) = layers.iter().position(Layer::skips) {
            return Err(format!(
                "layer {} has a skip, which nn.Sequential has not; weights.safetensors has its weights by pcscope's own names",
                i + 1
            ));
        }
        let bias = graph.parameters.iter().any(|p| p.is_bias);
        let input = graph.vertices[Graph::INPUT].shape;
        let mut row = Row {
            plan,
            prefix: "",
            parts: Vec::new(),
            names: Vec::new(),
            before: input,
            map: !input.is_flat(),
            bias,
        };
        let deep = layers
            .iter()
            .take_while(|l| matches!(l, Layer::Rnn { .. }))
            .count();
        let (mut zeros, mut rnn) = (Vec::new(), String::new());
        if deep > 0 {
            if deep == layers.len() {
                return Err("it ends in a recurrent layer; expected a dense one behind it".into());
            }
            let (units, own) = alike(&layers[..deep], f)?;
            for layer in 0..deep {
                let parts = ["weight_ih", "weight_hh"];
                row.names
                    .extend(parts.map(|part| format!("rnn.{part}_l{layer}")));
                if bias {
                    zeros.push((format!("rnn.bias_hh_l{layer}"), row.names.len()));
                    row.names.push(format!("rnn.bias_ih_l{layer}"));
                }
            }
            rnn = format!(
                "nn.RNN({}, {units}, num_layers={deep}, nonlinearity=\"{}\", batch_first=True{})",
                input.channels,
                own.name(),
                bias_words(bias)
            );
            (row.prefix, row.before, row.map) = ("head.", Shape::flat(units), false);
        }
        for (i, layer) in layers.iter().enumerate().skip(deep) {
            let number = i + 1;
            row.layer(number, layer, f, number == layers.len())
                .map_err(|problem| format!("layer {number} {problem}"))?;
        }
        if row.names.len() != graph.parameters.len() {
            return Err(format!(
                "it has {} parameters, and its modules {}",
                graph.parameters.len(),
                row.names.len()
            ));
        }
        let recurrent = deep > 0;
        let (python, call) = match recurrent {
            true => (
                format!(
                    "nn.ModuleDict({{\"rnn\": {rnn}, \"head\": {}}})",
                    row.python()
                ),
                "m[\"head\"](m[\"rnn\"](x)[0][:, -1])",
            ),
            false => (row.python(), "m(x)"),
        };
        Ok(Self {
            python,
            call,
            recurrent,
            names: row.names,
            zeros,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::experiment::file::{Experiment, PRESETS};
    use crate::experiment::loading::load_data;
    use crate::experiment::setup::plan_for;

    /// As the README says.
    #[test]
    fn every_preset_without_a_skip_has_modules() {
        for (name, _) in PRESETS {
            let experiment = Experiment::load(name, &[]).unwrap();
            let plan = plan_for(&experiment, &load_data(&experiment).unwrap()).unwrap();
            let n = &experiment.network;
            let modules = super::Modules::of(&n.layers, n.activation, &plan);
            assert_eq!(
                modules.is_err(),
                name == "residual-cnn",
                "{name}: {modules:?}"
            );
        }
    }
}
