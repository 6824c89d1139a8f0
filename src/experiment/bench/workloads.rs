//! The standard workloads: networks that other predictive coding software is timed on too, and the least work they need.

use crate::network::{Activation, Description, Graph, GraphError, Layer, Loss, Plan, Shape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A network as the benchmark protocol describes it: tanh, a linear last layer, squared error, biases everywhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// One recurrent layer and one dense output, which reads its last state.
    Rnn {
        /// Time steps.
        steps: usize,
        /// Numbers read per step.
        inp: usize,
        /// Hidden units.
        hid: usize,
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
        workload(
            "rnn",
            Spec::Rnn {
                steps: 28,
                inp: 28,
                hid: 128,
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
            &Self::Rnn {
                steps,
                inp,
                hid,
                out,
            } => {
                let recurrent = Layer::Rnn {
                    rnn: hid,
                    activation: None,
                };
                let input = Shape {
                    channels: inp,
                    height: 1,
                    width: steps,
                };
                (input, vec![recurrent, dense(out)])
            }
        };
        let units = [input.height, input.width]
            .into_iter()
            .try_fold(input.channels, usize::checked_mul);
        if units.is_none_or(|n| !(1..=1 << 24).contains(&n)) {
            return Err(GraphError::Layers(format!(
                "an input of {input}: expected 1 to 16,777,216 units"
            )));
        }
        let description = Description {
            input,
            time: matches!(self, Self::Rnn { .. }),
            layers: &layers,
            activation: Activation::Tanh,
            loss: Loss::SquaredError,
            bias: true,
            levelled: true,
        };
        Ok(Plan::new(description.graph()?))
    }
}

/// The work of one update, nothing done twice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// Floating-point operations of the products (2 per multiply-add), by the model that all software is judged by: at every
    /// inference step every level is pulled and predicted.
    pub flop: f64,
    /// The same without the levels that no error has reached yet: what cannot be avoided.
    pub least_flop: f64,
    /// Bytes of weights that pass through the cache, each read once per pass over the network, then read and written
    /// once by the update.
    pub weight_bytes: f64,
    /// Evaluations of the activation function that cannot be avoided.
    pub activations: f64,
}

/// Counts what one update of `batch` examples takes: `steps` inference steps, or `None` for backpropagation and Z-IL, whose
/// minimum is the same.
pub fn work(plan: &Plan, batch: usize, steps: Option<usize>) -> Work {
    let batch = batch as f64;
    // Inference steps in which a vertex moves; backpropagation passes each once.
    let moves = |v: usize| match steps {
        Some(t) => (t + 1).saturating_sub(plan.graph.vertices[v].moves_from) as f64,
        None => 1.0,
    };
    let t = steps.unwrap_or(0) as f64;
    let mut work = Work {
        flop: 0.0,
        least_flop: 0.0,
        weight_bytes: 12.0 * plan.parameter_count() as f64,
        activations: (1..plan.output())
            .map(|v| {
                let again = if steps.is_some() { moves(v) } else { 0.0 };
                batch * plan.len_of(v) as f64 * (1.0 + again)
            })
            .sum(),
    };
    // Weights that time steps share pass once for all of them.
    let mut passes: BTreeMap<usize, f64> = BTreeMap::new();
    for edge in &plan.graph.edges {
        let flop = 2.0 * batch * plan.graph.multiply_adds(edge) as f64;
        let learns = steps.is_none_or(|t| plan.graph.vertices[edge.to].error_from <= t);
        work.flop += 2.0 * flop;
        work.least_flop += if learns { 2.0 * flop } else { flop };
        // Nothing is pulled back to a clamped input, and what it predicts never changes within an update.
        if edge.from != Graph::INPUT {
            let pulled = moves(edge.from);
            let products = if steps.is_some() { 2.0 } else { 1.0 };
            work.flop += products * t.max(1.0) * flop;
            work.least_flop += products * pulled * flop;
            for p in [edge.weight, edge.bias].into_iter().flatten() {
                let most = passes.entry(p).or_default();
                *most = most.max(pulled);
            }
        }
    }
    for (p, passes) in passes {
        work.weight_bytes += 4.0 * passes * plan.graph.parameters[p].len() as f64;
    }
    work
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
            ("rnn", 196.0, 14677.0),
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
    fn what_no_error_has_reached_is_no_work_that_must_be_done() {
        let plan = Spec::Mlp {
            sizes: vec![5, 4, 4, 3],
        }
        .plan()
        .expect("a sound network");
        let [first, second, third] = [2.0 * 20.0, 2.0 * 16.0, 2.0 * 12.0];
        let flop = |steps| work(&plan, 1, Some(steps)).least_flop;
        // T = 1: only the last hidden level moves, and the first matrix learns nothing.
        assert_eq!(flop(1), first + 2.0 * (second + third) + 2.0 * third);
        let two = 2.0 * (first + second + third) + 2.0 * (2.0 * third + second);
        assert_eq!(flop(2), two);
        assert_eq!(work(&plan, 1, Some(1)).activations, 4.0 + 8.0);
        let bp = work(&plan, 1, None);
        assert_eq!(bp.least_flop, bp.flop);
        assert_eq!(bp.activations, 8.0);
    }

    #[test]
    fn a_network_without_layers_is_refused() {
        assert!(Spec::Mlp { sizes: vec![] }.plan().is_err());
        assert!(Spec::Mlp { sizes: vec![4] }.plan().is_err());
    }

    #[test]
    fn an_input_too_large_to_count_is_refused() {
        let recurrent = |steps, inp| Spec::Rnn {
            steps,
            inp,
            hid: 3,
            out: 2,
        };
        assert!(recurrent(5, 4).plan().is_ok());
        for (steps, inp) in [(0, 4), (5, 0), (1 << 13, 1 << 12), (1 << 60, 1 << 60)] {
            assert!(recurrent(steps, inp).plan().is_err(), "{steps} × {inp}");
        }
    }
}
