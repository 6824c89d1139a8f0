//! The portable reference nets: small networks that another program can build from a seed, to the last digit.
//!
//! SplitMix64 draws, f64, no bias, tanh, squared error, 8 examples, α = 0.05, gradient = batch sum.

use crate::learning::learner::UpdateError;
use crate::learning::{
    Batch, Interrupt, Learner, Method, Optimiser, OptimiserSettings, Pool, Uninterrupted,
};
use crate::network::init::unit_interval;
use crate::network::{Activation, Description, Graph, Layer, Loss, Plan, Scalar, Shape, Weights};
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
    time: bool,
    layers: &[Layer],
    classes: usize,
) -> Option<Reference<S>> {
    let description = Description {
        input,
        time,
        layers,
        activation: Activation::Tanh,
        loss: Loss::SquaredError,
        bias: false,
        levelled: true,
    };
    let plan = Plan::new(description.graph().ok()?);
    let steps = if time { input.width } else { 1 };
    Some(Reference::drawn(seed, plan, steps, classes))
}

impl<S: Scalar> Reference<S> {
    /// Weights in the order of the parameters, inputs step after step, each for all examples, then labels.
    pub fn drawn(seed: u64, plan: Arc<Plan>, steps: usize, classes: usize) -> Self {
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
        let input = plan.len_of(Graph::INPUT);
        let weights = Weights::from_exported(plan, &parameters);
        let mut inputs = vec![S::ZERO; ROWS * input];
        // Without time the whole input is the one step.
        let units = input / steps;
        for step in 0..steps {
            for row in inputs.chunks_exact_mut(input) {
                for value in &mut row[step * units..(step + 1) * units] {
                    *value = S::from_f64(generator.uniform(1.0));
                }
            }
        }
        let labels: Vec<usize> = (0..ROWS)
            .map(|_| (generator.next_u64() % classes as u64) as usize)
            .collect();
        let mut targets = vec![S::ZERO; ROWS * classes];
        for (row, &label) in targets.chunks_exact_mut(classes).zip(&labels) {
            row[label] = S::ONE;
        }
        Self {
            weights,
            batch: Arc::new(Batch {
                inputs,
                targets,
                missing: Vec::new(),
                rows: ROWS,
            }),
            labels,
        }
    }

    /// The weights after so many updates on the batch, by plain descent of rate [`RATE`] on its sum.
    ///
    /// # Errors
    /// A number stopped being finite.
    pub fn updated(&self, m: Method, updates: usize) -> Result<Vec<S>, UpdateError> {
        let optimiser = Optimiser::new(OptimiserSettings::sgd(RATE), self.weights.values().len());
        let mut learner = Learner::new(self.weights.clone(), m, optimiser, false, 0);
        let pool = Pool::new(1);
        let interrupt: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        for _ in 0..updates {
            learner.update(&pool, &self.batch, &interrupt)?;
        }
        Ok(learner.weights().values().to_vec())
    }
}

fn dense(units: usize) -> Layer {
    Layer::Dense {
        dense: units,
        skip: None,
        activation: None,
    }
}

/// The MLP 8-16-16-12-5 (636 weights).
pub fn mlp<S: Scalar>(seed: u64) -> Option<Reference<S>> {
    build(
        seed,
        Shape::flat(8),
        false,
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
        skip: None,
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
        false,
        &layers,
        5,
    )
}

/// The many-to-one RNN of 6 steps of 4 features, 10 hidden units and 3 classes (170 weights).
pub fn rnn<S: Scalar>(seed: u64) -> Option<Reference<S>> {
    let recurrent = Layer::Rnn {
        rnn: 10,
        activation: None,
    };
    let input = Shape {
        channels: 4,
        height: 1,
        width: 6,
    };
    build(seed, input, true, &[recurrent, dense(3)], 3)
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
