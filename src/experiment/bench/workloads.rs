//! The standard workloads: networks that other predictive coding software is timed on too, and the least work they need.

use crate::network::{Activation, Description, Graph, GraphError, Layer, Loss, Plan, Shape};
use serde::Deserialize;
use std::sync::Arc;

/// A network as the benchmark protocol describes it: tanh, a linear last layer, squared error, biases everywhere.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Spec {
    /// Fully connected: units of every layer, the input first.
    Mlp {
        /// Units.
        sizes: Vec<usize>,
    },
    /// Convolutions and one dense output.
    Cnn {
        /// Channels, height, width.
        image: [usize; 3],
        /// Output channels, kernel, stride, padding of each convolution.
        convs: Vec<[usize; 4]>,
        /// Units of the output.
        out: usize,
    },
}

/// A workload of the table.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its name.
    pub name: &'static str,
    /// Its network.
    pub spec: Spec,
}

/// The standard workloads, in the order of the table.
pub fn standard() -> Vec<Workload> {
    let workload = |name, spec| Workload { name, spec };
    let deep = [vec![784], vec![128; 8], vec![10]].concat();
    vec![
        workload(
            "mlp",
            Spec::Mlp {
                sizes: vec![784, 256, 256, 10],
            },
        ),
        workload("mlp_deep", Spec::Mlp { sizes: deep }),
        workload(
            "cnn",
            Spec::Cnn {
                image: [1, 28, 28],
                convs: vec![[16, 5, 2, 2], [32, 3, 2, 1]],
                out: 10,
            },
        ),
        workload(
            "cnn_cifar",
            Spec::Cnn {
                image: [3, 32, 32],
                convs: vec![[32, 5, 2, 2], [64, 3, 2, 1]],
                out: 10,
            },
        ),
    ]
}

impl Spec {
    /// Compiles the network.
    ///
    /// # Errors
    /// Says which layer cannot be.
    pub fn plan(&self) -> Result<Arc<Plan>, GraphError> {
        let dense = |dense| Layer::Dense {
            dense,
            skip: None,
            activation: None,
        };
        let (input, layers) = match self {
            Self::Mlp { sizes } => {
                let input = Shape::flat(sizes.first().copied().unwrap_or(0));
                (input, sizes.iter().skip(1).map(|&n| dense(n)).collect())
            }
            Self::Cnn { image, convs, out } => {
                let [channels, height, width] = *image;
                let mut layers: Vec<_> = convs
                    .iter()
                    .map(|&[conv, kernel, stride, padding]| Layer::Conv {
                        conv,
                        kernel,
                        stride,
                        padding,
                        skip: None,
                        activation: None,
                    })
                    .collect();
                layers.push(dense(*out));
                let input = Shape {
                    channels,
                    height,
                    width,
                };
                (input, layers)
            }
        };
        if input.is_empty() || input.len() > 1 << 24 {
            return Err(GraphError::Layers(format!(
                "an input of {input}: expected 1 to 16,777,216 units"
            )));
        }
        let description = Description {
            input,
            time: false,
            layers: &layers,
            activation: Activation::Tanh,
            loss: Loss::SquaredError,
            bias: true,
            levelled: true,
        };
        Ok(Plan::new(description.graph()?))
    }
}

/// The least work of one update, by the FLOP model that all software is judged by: products only, nothing done twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Floating-point operations of the products (2 per multiply-add).
    pub flop: f64,
    /// Bytes of weights that pass through the cache, each read once per pass over the network, then read and written
    /// once by the update.
    pub weight_bytes: f64,
    /// Evaluations of the activation function.
    pub activations: f64,
}

/// Counts what one update of `batch` examples takes: `steps` inference steps, or `None` for backpropagation and Z-IL, whose
/// minimum is the same.
pub fn work(plan: &Plan, batch: usize, steps: Option<usize>) -> Work {
    let batch = batch as f64;
    let (mut all, mut inner, mut weights, mut inner_weights) = (0.0, 0.0, 0.0, 0.0);
    for edge in &plan.graph.edges {
        let flop = 2.0 * batch * plan.graph.multiply_adds(edge) as f64;
        let numbers: usize = [edge.weight, edge.bias]
            .into_iter()
            .flatten()
            .map(|p| plan.graph.parameters[p].len())
            .sum();
        all += flop;
        weights += numbers as f64;
        // Nothing is pulled back to a clamped input, and what it predicts never changes within an update.
        if edge.from != Graph::INPUT {
            inner += flop;
            inner_weights += numbers as f64;
        }
    }
    let hidden: usize = (1..plan.output()).map(|v| plan.len_of(v)).sum();
    let t = steps.unwrap_or(0) as f64;
    let one_pass = if steps.is_some() { t } else { 1.0 };
    Work {
        flop: match steps {
            Some(_) => 2.0 * all + 2.0 * t * inner,
            None => 2.0 * all + inner,
        },
        weight_bytes: 4.0 * (3.0 * weights + one_pass * inner_weights),
        activations: batch * hidden as f64 * (1.0 + t),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_work_is_that_of_the_published_table() {
        // MFLOP of an update at batch 64, BP and IL with T = 128, as the table of the peers has them.
        for (name, bp, il) in [
            ("mlp", 77.5, 2300.0),
            ("mlp_deep", 70.2, 3855.0),
            ("cnn", 113.0, 7995.0),
            ("cnn_cifar", 626.0, 40467.0),
        ] {
            let workload = standard()
                .into_iter()
                .find(|w| w.name == name)
                .expect("a standard workload");
            let plan = workload.spec.plan().expect("a sound network");
            let near = |a: f64, b: f64| (a / b - 1.0).abs() < 0.005;
            let (b, i) = (work(&plan, 64, None), work(&plan, 64, Some(128)));
            assert!(near(b.flop / 1e6, bp), "{name} bp: {} MFLOP", b.flop / 1e6);
            assert!(near(i.flop / 1e6, il), "{name} il: {} MFLOP", i.flop / 1e6);
        }
    }

    #[test]
    fn a_network_without_layers_is_refused() {
        assert!(Spec::Mlp { sizes: vec![] }.plan().is_err());
        assert!(Spec::Mlp { sizes: vec![4] }.plan().is_err());
    }
}
