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

    #[test]
    fn splitmix_draws_the_published_numbers() {
        let mut generator = SplitMix64(1);
        let drawn = [(); 3].map(|()| generator.next_u64());
        assert_eq!(
            drawn,
            [
                0x910a_2dec_8902_5cc1,
                0xbeeb_8da1_658e_ec67,
                0xf893_a2ee_fb32_555e
            ]
        );
    }
}
