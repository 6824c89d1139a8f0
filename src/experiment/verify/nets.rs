//! The small networks and the random data on which claims are checked.

use super::reference::SplitMix64;
use crate::learning::learner::{Learner, Method, UpdateError};
use crate::learning::{Batch, Interrupt, Optimiser, OptimiserSettings, Pool, Uninterrupted};
use crate::network::init::{Init, initial};
use crate::network::{Activation, Description, Layer, Loss, Op, Plan, Scalar, Shape, Weights};
use std::sync::Arc;

/// A kind of network.
pub struct Architecture {
    /// Its name in rows.
    pub name: &'static str,
    /// Shape of the input.
    pub input: Shape,
    /// Layers from the input to the output.
    pub layers: fn() -> Vec<Layer>,
}

pub(super) fn dense(dense: usize) -> Layer {
    Layer::Dense {
        dense,
        skip: None,
        activation: None,
    }
}

pub(super) fn conv(conv: usize, kernel: usize, stride: usize, padding: usize) -> Layer {
    Layer::Conv {
        conv,
        kernel,
        stride,
        padding,
        skip: None,
        activation: None,
    }
}

pub(super) fn rnn(rnn: usize) -> Layer {
    Layer::Rnn {
        rnn,
        activation: None,
    }
}

/// The same layer with a skip from `back` layers before.
pub(super) fn skipping(mut layer: Layer, back: usize) -> Layer {
    if let Layer::Dense { skip, .. } | Layer::Conv { skip, .. } = &mut layer {
        *skip = Some(back);
    }
    layer
}

/// The layer before and one further back, joined; its f is that of a gate's reader.
pub(super) fn joined(name: &str, back: usize) -> Layer {
    let mut all = Op::joins();
    #[expect(clippy::expect_used, reason = "constant networks, tested below")]
    Layer::Join {
        join: all
            .find(|op| op.words().name == name)
            .expect("an operation that joins"),
        skip: back,
        activation: (back > 1).then_some(Activation::Tanh),
    }
}

/// Four features at each of six time steps.
const SEQUENCE: Shape = Shape {
    channels: 4,
    height: 1,
    width: 6,
};

const IMAGE: Shape = Shape {
    channels: 2,
    height: 8,
    width: 7,
};

/// Every kind of network that a claim of exactness is made for.
pub const ARCHITECTURES: [Architecture; 11] = [
    Architecture {
        name: "MLP",
        input: Shape {
            channels: 8,
            height: 1,
            width: 1,
        },
        layers: || vec![dense(16), dense(16), dense(12), dense(5)],
    },
    Architecture {
        name: "MLP of 12 matrices",
        input: Shape {
            channels: 8,
            height: 1,
            width: 1,
        },
        layers: || {
            let mut layers = vec![dense(12); 11];
            layers.push(dense(5));
            layers
        },
    },
    Architecture {
        name: "CNN, no pooling",
        input: IMAGE,
        layers: || vec![conv(4, 3, 1, 1), conv(5, 3, 1, 0), dense(5)],
    },
    Architecture {
        name: "CNN, stride 2",
        input: IMAGE,
        layers: || vec![conv(4, 3, 2, 1), conv(6, 2, 1, 0), dense(9), dense(5)],
    },
    Architecture {
        name: "CNN, max pool",
        input: IMAGE,
        layers: || {
            let pool = Layer::MaxPool {
                max_pool: 2,
                stride: None,
                padding: 0,
            };
            vec![conv(4, 3, 1, 1), pool, conv(6, 3, 1, 1), dense(5)]
        },
    },
    Architecture {
        name: "CNN, max pool overlapping, padded",
        input: IMAGE,
        layers: || {
            let pool = Layer::MaxPool {
                max_pool: 3,
                stride: Some(2),
                padding: 1,
            };
            vec![conv(4, 3, 1, 1), pool, dense(9), dense(5)]
        },
    },
    Architecture {
        name: "CNN, average pool",
        input: IMAGE,
        layers: || {
            let pool = Layer::AveragePool {
                average_pool: 3,
                stride: Some(2),
                padding: 1,
            };
            vec![conv(4, 3, 1, 1), pool, conv(6, 3, 1, 1), dense(5)]
        },
    },
    Architecture {
        name: "RNN, 6 steps",
        input: SEQUENCE,
        layers: || vec![rnn(10), dense(5)],
    },
    Architecture {
        name: "stacked RNN, 3 layers of 6 steps",
        input: SEQUENCE,
        layers: || vec![rnn(9), rnn(8), rnn(7), dense(6), dense(5)],
    },
    Architecture {
        name: "skips of 2, 1 and 3 layers, levelled",
        input: IMAGE,
        layers: || {
            vec![
                conv(3, 3, 2, 1),
                conv(3, 3, 1, 1),
                skipping(conv(3, 3, 1, 1), 2),
                dense(6),
                skipping(dense(6), 1),
                dense(7),
                skipping(dense(6), 3),
                dense(5),
            ]
        },
    },
    Architecture {
        name: "products and a sum, levelled",
        input: IMAGE,
        layers: || {
            vec![
                conv(3, 3, 2, 1),
                conv(3, 3, 1, 1),
                joined("product", 2),
                dense(7),
                dense(7),
                joined("sum", 2),
                joined("product", 1),
                dense(5),
            ]
        },
    },
];

/// Compiles an architecture, with biases and with relays where skips need them.
///
/// # Panics
/// Never for the [`ARCHITECTURES`]: their windows fit.
pub fn plan(architecture: &Architecture, activation: Activation, loss: Loss) -> Arc<Plan> {
    compiled(architecture, activation, loss, true)
}

/// The same without relays.
pub fn plan_as_is(architecture: &Architecture, activation: Activation, loss: Loss) -> Arc<Plan> {
    compiled(architecture, activation, loss, false)
}

fn compiled(
    architecture: &Architecture,
    activation: Activation,
    loss: Loss,
    levelled: bool,
) -> Arc<Plan> {
    let description = Description {
        input: architecture.input,
        time: architecture.input.height == 1 && architecture.input.width > 1,
        layers: &(architecture.layers)(),
        activation,
        loss,
        bias: true,
        levelled,
    };
    #[expect(clippy::expect_used, reason = "constant networks, tested below")]
    Plan::new(
        description
            .graph()
            .expect("a constant network fits together"),
    )
}

/// A max pool, its windows side by side.
pub(super) fn max_pool(max_pool: usize) -> Layer {
    Layer::MaxPool {
        max_pool,
        stride: None,
        padding: 0,
    }
}

/// An average pool, its windows side by side.
pub(super) fn average_pool(average_pool: usize) -> Layer {
    Layer::AveragePool {
        average_pool,
        stride: None,
        padding: 0,
    }
}

/// Compiles layers that are known to fit together; inputs of one row and several columns are sequences.
///
/// # Panics
/// If they do not.
pub(super) fn network(
    input: Shape,
    layers: &[Layer],
    activation: Activation,
    loss: Loss,
) -> Arc<Plan> {
    let description = Description {
        input,
        time: input.height == 1 && input.width > 1,
        layers,
        activation,
        loss,
        bias: true,
        levelled: true,
    };
    #[expect(clippy::expect_used, reason = "constant networks")]
    Plan::new(description.graph().expect("these layers fit together"))
}

/// Compiles a chain of dense layers: units of the input, then of every layer.
///
/// # Panics
/// If there is no layer, or one without units.
pub fn mlp(widths: &[usize], activation: Activation, loss: Loss, bias: bool) -> Arc<Plan> {
    let layers: Vec<Layer> = widths[1..].iter().map(|&units| dense(units)).collect();
    let description = Description {
        input: Shape::flat(widths[0]),
        time: false,
        layers: &layers,
        activation,
        loss,
        bias,
        levelled: true,
    };
    #[expect(clippy::expect_used, reason = "dense layers of some units always fit")]
    Plan::new(description.graph().expect("dense layers fit together"))
}

/// Initial weights with biases that are not zero (a bias that starts at zero hides errors).
pub fn weights<S: Scalar>(plan: &Arc<Plan>, seed: u64) -> Weights<S> {
    // The slope of a sigmoid is at most ¼, that of GELU ½ at 0: with larger weights the deep levels still get a gradient to
    // speak of.
    let gain = match plan.graph.vertices[1].activation {
        Activation::Sigmoid => 5.0,
        Activation::Gelu => 2.5,
        _ => 1.4,
    };
    let mut weights = initial(plan, Init::UniformFanIn, gain, seed);
    let mut generator = SplitMix64(seed);
    let biases: Vec<_> = plan
        .graph
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, p)| p.is_bias)
        .flat_map(|(i, _)| plan.parameter(i))
        .collect();
    weights.change(|values| {
        for i in biases {
            values[i] = S::from_f64(generator.uniform(0.3));
        }
    });
    weights
}

/// Random inputs with one-hot targets. Of a recurrent network every third sequence is whole and the others are shorter.
pub fn batch<S: Scalar>(plan: &Plan, rows: usize, seed: u64) -> Arc<Batch<S>> {
    let mut generator = SplitMix64(seed);
    let (inputs, outputs) = (plan.len_of(0), plan.len_of(plan.output()));
    let mut targets = vec![S::ZERO; rows * outputs];
    let mut values: Vec<S> = (0..rows * inputs)
        .map(|_| S::from_f64(generator.uniform(1.0)))
        .collect();
    for row in targets.chunks_exact_mut(outputs) {
        row[(generator.next_u64() % outputs as u64) as usize] = S::ONE;
    }
    let steps = plan.graph.steps();
    let mut missing = Vec::new();
    if steps > 0 {
        for (i, row) in values.chunks_exact_mut(inputs).enumerate() {
            let lacks = if i % 3 == 0 {
                0
            } else {
                generator.next_u64() as usize % steps
            };
            row[..lacks * inputs / steps].fill(S::ZERO);
            missing.push(lacks as u32);
        }
    }
    Arc::new(Batch {
        inputs: values,
        targets,
        missing,
        rows,
    })
}

/// How a run is trained.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Updates made.
    pub updates: usize,
    /// Examples per batch.
    pub rows: usize,
    /// The optimiser.
    pub optimiser: OptimiserSettings,
    /// Batch mean (else sum).
    pub mean: bool,
    /// Threads.
    pub threads: usize,
}

/// A learner at `start`.
pub fn learner<S: Scalar>(start: &Weights<S>, method: Method, training: &Training) -> Learner<S> {
    let optimiser = Optimiser::new(training.optimiser, start.values().len());
    Learner::new(start.clone(), method, optimiser, training.mean, 7)
}

/// Trains over batches that differ from update to update.
///
/// # Errors
/// Names the vertex that stopped being finite.
pub fn train<S: Scalar>(learner: &mut Learner<S>, training: &Training) -> Result<(), UpdateError> {
    let pool = Pool::new(training.threads);
    let interrupt: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let plan = Arc::clone(learner.weights().plan());
    let batches: Vec<_> = (0..5)
        .map(|i| batch(&plan, training.rows, 100 + i))
        .collect();
    for update in 0..training.updates {
        learner.update(&pool, &batches[update % batches.len()], &interrupt)?;
    }
    Ok(())
}

/// Weights after training by `method`.
///
/// # Errors
/// As [`train`].
pub fn trained<S: Scalar>(
    start: &Weights<S>,
    method: Method,
    training: &Training,
) -> Result<Vec<S>, UpdateError> {
    let mut learner = learner(start, method, training);
    train(&mut learner, training)?;
    Ok(learner.weights().values().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_networks_compile() {
        for architecture in &ARCHITECTURES {
            for loss in Loss::ALL {
                let plan = plan(architecture, Activation::Tanh, loss);
                assert_eq!(plan.len_of(plan.output()), 5, "{}", architecture.name);
            }
        }
    }
}
