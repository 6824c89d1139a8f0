//! The portable reference nets: small networks that another program can build from a seed, to the last digit.
//!
//! SplitMix64 draws, f64, no bias, tanh, squared error, 8 examples, α = 0.05, gradient = batch sum.

use crate::learning::Batch;
use crate::network::init::unit_interval;
use crate::network::layers::{self, Layer};
use crate::network::{Activation, Loss, Plan, Scalar, Shape, Weights};
use std::sync::Arc;

/// The generator SplitMix64.
#[derive(Clone, Debug)]
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A double from U(-a, a).
    pub fn uniform(&mut self, a: f64) -> f64 {
        (2.0 * unit_interval(self.next_u64()) - 1.0) * a
    }
}

/// A reference net with its batch.
pub struct Reference<S> {
    /// Initial weights.
    pub weights: Weights<S>,
    /// Its 8 examples.
    pub batch: Arc<Batch<S>>,
    /// Their labels.
    pub labels: Vec<usize>,
}

/// Examples in a reference batch.
pub const ROWS: usize = 8;

/// α of the reference nets.
pub const RATE: f64 = 0.05;

fn build<S: Scalar>(
    seed: u64,
    input: Shape,
    layers: &[Layer],
    classes: usize,
) -> Option<Reference<S>> {
    let graph = layers::chain(input, layers, Activation::Tanh, Loss::SquaredError, false).ok()?;
    let plan = Plan::new(graph);
    let mut generator = SplitMix64(seed);
    let parameters: Vec<Vec<S>> = plan
        .graph
        .parameters
        .iter()
        .map(|p| {
            let a = 1.5 / (p.fan_in as f64).sqrt();
            (0..p.len())
                .map(|_| S::from_f64(generator.uniform(a)))
                .collect()
        })
        .collect();
    let weights = Weights::from_exported(Arc::clone(&plan), &parameters);
    let inputs = (0..ROWS * input.len())
        .map(|_| S::from_f64(generator.uniform(1.0)))
        .collect();
    let labels: Vec<usize> = (0..ROWS)
        .map(|_| (generator.next_u64() % classes as u64) as usize)
        .collect();
    let mut targets = vec![S::ZERO; ROWS * classes];
    for (row, &label) in targets.chunks_exact_mut(classes).zip(&labels) {
        row[label] = S::ONE;
    }
    Some(Reference {
        weights,
        batch: Arc::new(Batch {
            inputs,
            targets,
            rows: ROWS,
        }),
        labels,
    })
}

fn dense(units: usize) -> Layer {
    Layer::Dense {
        dense: units,
        activation: None,
    }
}

/// The MLP 8-16-16-12-5 (636 weights).
pub fn mlp<S: Scalar>(seed: u64) -> Option<Reference<S>> {
    build(
        seed,
        Shape::flat(8),
        &[dense(16), dense(16), dense(12), dense(5)],
        5,
    )
}

/// The small CNN with max pooling, pools as vertices of their own (conv with f = tanh, pool with f = identity: the same function
/// as tanh after pooling, since tanh is monotone).
pub fn cnnmax<S: Scalar>(seed: u64) -> Option<Reference<S>> {
    let conv = |conv| Layer::Conv {
        conv,
        kernel: 3,
        stride: 1,
        padding: 0,
        activation: None,
    };
    let layers = [
        conv(4),
        Layer::MaxPool {
            max_pool: 2,
            stride: None,
            padding: 0,
        },
        conv(6),
        dense(5),
    ];
    build(
        seed,
        Shape {
            channels: 1,
            height: 10,
            width: 10,
        },
        &layers,
        5,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::compare::distance;
    use crate::learning::learner::method;
    use crate::learning::*;

    fn sums(weights: &[f64]) -> (f64, f64) {
        (weights.iter().sum(), weights.iter().map(|w| w * w).sum())
    }

    fn run(net: &Reference<f64>, m: Method, updates: usize) -> Vec<f64> {
        let n = net.weights.values().len();
        let mut learner = Learner::new(net.weights.clone(), m, Sgd::new(RATE, 0.0, n), false, 0);
        let pool = Pool::new(1);
        let interrupt: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        for _ in 0..updates {
            learner.update(&pool, &net.batch, &interrupt).unwrap();
        }
        learner.weights().values().to_vec()
    }

    #[test]
    fn sums_agree_with_another_program() {
        let net = mlp::<f64>(1).unwrap();
        let plan = net.weights.plan();
        assert_eq!(net.labels, [2, 3, 1, 4, 3, 3, 0, 1]);
        let cond = Conditions::default();
        let full = Conditions {
            path: Path::Full,
            ..cond
        };
        for (m, updates, sum, squares) in [
            (Method::Backprop, 1, -5.705546620160, 36.411266083881),
            (
                method(plan, Rule::Zil, (0, 0.0), &cond),
                1,
                -5.705546620160,
                36.411266083881,
            ),
            (
                method(plan, Rule::Zil, (0, 0.0), &full),
                40,
                -5.780080512417,
                41.239397466070,
            ),
            (
                method(plan, Rule::Il, (20, 0.1), &cond),
                1,
                -5.844520137821,
                36.410446946197,
            ),
            (
                method(plan, Rule::Il, (20, 0.1), &cond),
                40,
                -5.928808934560,
                40.765379021325,
            ),
        ] {
            let (s, q) = sums(&run(&net, m, updates));
            assert!(
                (s - sum).abs() < 1e-9 && (q - squares).abs() < 1e-9,
                "{m:?} {updates}: {s} {q}"
            );
        }
        let net = cnnmax::<f64>(1).unwrap();
        assert_eq!(net.labels, [4, 2, 0, 2, 0, 0, 2, 3]);
        for (m, updates, sum, squares) in [
            (Method::Backprop, 1, 0.286551466508, 10.595645261094),
            (
                method(net.weights.plan(), Rule::Zil, (0, 0.0), &cond),
                40,
                -5.748919209566,
                12.374113609021,
            ),
        ] {
            let (s, q) = sums(&run(&net, m, updates));
            assert!(
                (s - sum).abs() < 1e-9 && (q - squares).abs() < 1e-9,
                "{m:?} {updates}: {s} {q}"
            );
        }
    }

    #[test]
    fn ablations_agree_with_another_program() {
        let net = mlp::<f64>(1).unwrap();
        let plan = net.weights.plan();
        let bp = run(&net, Method::Backprop, 1);
        let c = Conditions::default();
        for (conditions, expected) in [
            (c, 0.0),
            (Conditions { gamma: 0.9, ..c }, 0.148),
            (Conditions { gamma: 0.5, ..c }, 0.561),
            (
                Conditions {
                    capture: Capture::Late,
                    ..c
                },
                1.88,
            ),
            (
                Conditions {
                    capture: Capture::End,
                    ..c
                },
                1.96,
            ),
            (
                Conditions {
                    order: Order::WFirst,
                    ..c
                },
                0.137,
            ),
            (
                Conditions {
                    start: Start::Random,
                    ..c
                },
                11.9,
            ),
        ] {
            let w = run(&net, method(plan, Rule::Zil, (0, 0.0), &conditions), 1);
            let d = distance(&w, &bp, net.weights.values());
            println!(
                "{conditions:?}: {} vs {expected} bits {}",
                d.relative_distance, d.differing_bits
            );
        }
        for (t, expected) in [(20, 0.661), (128, 0.655)] {
            let w = run(&net, method(plan, Rule::Il, (t, 0.1), &c), 1);
            println!(
                "il {t}: {} vs {expected}",
                distance(&w, &bp, net.weights.values()).relative_distance
            );
        }
    }
}
