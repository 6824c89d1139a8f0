//! What a freed input is drawn to, worked out of the training examples.

use super::error::ExperimentError;
use super::setup::Setup;
use crate::learning::{Batch, Inference, InputPrior, PriorKind};
use crate::network::{Graph, Scalar};
use std::sync::{Arc, OnceLock};

/// Training examples that mean and covariance are of at most: the first ones.
const MOST_EXAMPLES: usize = 10_000;

/// The largest input whose covariance is worked out.
pub const MOST_UNITS: usize = 1024;

/// Q is this times the inverse of the covariance, with [`FLOOR`] added to its diagonal.
const SCALE: f64 = 0.05;
const FLOOR: f64 = 0.01;

/// What is known of the training examples' inputs, once somebody has asked.
#[derive(Debug, Default)]
pub struct Inputs {
    mean: OnceLock<Vec<f64>>,
    precision: OnceLock<Vec<f64>>,
    means: OnceLock<Arc<Means>>,
}

impl<S: Scalar> Setup<S> {
    /// The prior that some inference asks for; `None` where it asks for none.
    ///
    /// # Errors
    /// One line: the input has too many units for a covariance.
    pub fn input_prior(
        &self,
        inference: &Inference,
    ) -> Result<Option<Arc<InputPrior>>, ExperimentError> {
        let units = self.plan.len_of(Graph::INPUT);
        let strength = inference.prior_strength;
        let prior = match inference.input_prior {
            PriorKind::None => return Ok(None),
            PriorKind::Decay => InputPrior::new(strength, vec![0.0; units], None),
            PriorKind::Mean => InputPrior::new(strength, self.mean_input().to_vec(), None),
            PriorKind::Gaussian => {
                self.refuse_large_prior(inference)?;
                let mean = self.mean_input().to_vec();
                InputPrior::new(strength, mean, Some(self.input_precision().to_vec()))
            }
        };
        Ok(Some(Arc::new(prior)))
    }

    /// Refuses a prior that the input has too many units for.
    ///
    /// # Errors
    /// One line naming the key and what was expected.
    pub(super) fn refuse_large_prior(&self, inference: &Inference) -> Result<(), ExperimentError> {
        let units = self.plan.len_of(Graph::INPUT);
        if inference.input_prior == PriorKind::Gaussian && units > MOST_UNITS {
            return Err(ExperimentError(format!(
                "{}: inference.input_prior is gaussian, and the input has {units} units; expected at most {MOST_UNITS}, or the prior mean",
                self.experiment.name
            )));
        }
        Ok(())
    }

    /// The mean of the training examples' inputs, in the stored order of units.
    pub fn mean_input(&self) -> &[f64] {
        self.inputs().mean.get_or_init(|| {
            let mut sum = vec![0.0; self.plan.len_of(Graph::INPUT)];
            let count = self.each_input(|input| {
                sum.iter_mut().zip(input).for_each(|(s, x)| *s += x);
            });
            sum.iter_mut().for_each(|s| *s /= count.max(1) as f64);
            sum
        })
    }

    /// 0.05 (C + 0.01 I)⁻¹, with C the covariance of the training examples' inputs.
    fn input_precision(&self) -> &[f64] {
        self.inputs().precision.get_or_init(|| {
            let mean = self.mean_input();
            let n = mean.len();
            let mut covariance = vec![0.0; n * n];
            let mut off = vec![0.0; n];
            let count = self.each_input(|input| {
                let pairs = off.iter_mut().zip(input).zip(mean);
                pairs.for_each(|((d, x), m)| *d = x - m);
                for (i, row) in covariance.chunks_exact_mut(n).enumerate() {
                    if off[i] != 0.0 {
                        row.iter_mut().zip(&off).for_each(|(c, d)| *c += off[i] * d);
                    }
                }
            });
            covariance
                .iter_mut()
                .for_each(|c| *c /= count.max(1) as f64);
            (0..n).for_each(|i| covariance[i * n + i] += FLOOR);
            let mut inverse = inverted(covariance, n);
            inverse.iter_mut().for_each(|q| *q *= SCALE);
            inverse
        })
    }

    /// Hands on the inputs of the first training examples; how many there were.
    fn each_input(&self, mut with: impl FnMut(&[f64])) -> usize {
        let train = self.data.split().train.clone();
        let mut wide = Vec::new();
        let mut batch = Batch::<S>::default();
        let mut count = 0;
        for example in train.take(MOST_EXAMPLES) {
            self.fill(std::iter::once(example), &mut batch);
            wide.clear();
            wide.extend(batch.inputs.iter().map(|v| v.to_f64()));
            with(&wide);
            count += 1;
        }
        count
    }
}

/// What is known without a network: means of training examples, in the stored order of units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Means {
    /// Of all.
    pub all: Vec<f64>,
    /// Of each class; empty where examples have none.
    pub classes: Vec<Vec<f64>>,
}

impl<S: Scalar> Setup<S> {
    /// Means of the training examples' inputs, of all and of each class.
    pub fn means(&self) -> Arc<Means> {
        let means = self
            .inputs()
            .means
            .get_or_init(|| Arc::new(self.work_out_means()));
        Arc::clone(means)
    }

    fn work_out_means(&self) -> Means {
        let units = self.plan.len_of(Graph::INPUT);
        let mut sums = vec![(vec![0.0; units], 0_usize); self.data.classes().len()];
        let train = self.data.split().train.clone();
        let mut batch = Batch::<S>::default();
        for example in train {
            let Some((sum, count)) = self.data.label(example).and_then(|l| sums.get_mut(l)) else {
                continue;
            };
            self.fill(std::iter::once(example), &mut batch);
            let pairs = sum.iter_mut().zip(&batch.inputs);
            pairs.for_each(|(s, x)| *s += x.to_f64());
            *count += 1;
        }
        let mean = |(sum, count): (Vec<f64>, usize)| {
            sum.into_iter().map(|s| s / count.max(1) as f64).collect()
        };
        Means {
            all: self.mean_input().to_vec(),
            classes: sums.into_iter().map(mean).collect(),
        }
    }
}

/// The inverse of a symmetric, positive definite matrix, by its Cholesky factor.
fn inverted(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    // L in the lower triangle.
    for j in 0..n {
        for k in 0..j {
            let factor = a[j * n + k];
            for i in j..n {
                a[i * n + j] -= a[i * n + k] * factor;
            }
        }
        let root = a[j * n + j].sqrt();
        (j..n).for_each(|i| a[i * n + j] /= root);
    }
    // L⁻¹, row after row.
    let mut lower = vec![0.0; n * n];
    for i in 0..n {
        lower[i * n + i] = 1.0 / a[i * n + i];
        for j in 0..i {
            let sum: f64 = (j..i).map(|k| a[i * n + k] * lower[k * n + j]).sum();
            lower[i * n + j] = -sum / a[i * n + i];
        }
    }
    // L⁻ᵀ L⁻¹: the row of each k, times itself.
    let mut inverse = vec![0.0; n * n];
    for row in lower.chunks_exact(n) {
        for (i, &factor) in row.iter().enumerate() {
            if factor != 0.0 {
                let out = &mut inverse[i * n..(i + 1) * n];
                out.iter_mut().zip(row).for_each(|(o, l)| *o += factor * l);
            }
        }
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::loading::load_data;

    #[test]
    fn an_inverse_times_its_matrix_is_one() {
        let n = 7;
        let number = |i: usize, j: usize| ((i * 31 + j * 17) % 13) as f64 / 13.0;
        let mut a = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                a[i * n + j] = (0..n).map(|k| number(i, k) * number(j, k)).sum();
            }
            a[i * n + i] += 0.3;
        }
        let inverse = inverted(a.clone(), n);
        for i in 0..n {
            for j in 0..n {
                let sum: f64 = (0..n).map(|k| a[i * n + k] * inverse[k * n + j]).sum();
                let one = if i == j { 1.0 } else { 0.0 };
                assert!((sum - one).abs() < 1e-10, "[{i}, {j}]: {sum}");
            }
        }
    }

    /// Of a Gaussian prior the mean over the examples is that of a χ² of so many units, up to what is added to the diagonal.
    #[test]
    fn the_prior_of_the_digits_is_theirs() {
        let experiment = Experiment::load("digits-mlp", &["dtype=f64".to_owned()]).unwrap();
        let data = load_data(&experiment).unwrap();
        let setup = Setup::<f64>::new(experiment, data).unwrap();
        let inference = |kind| Inference {
            input_prior: kind,
            prior_strength: 2.0,
            ..Inference::default()
        };
        let of = |kind| setup.input_prior(&inference(kind)).unwrap();
        assert!(of(PriorKind::None).is_none());
        let train = setup.data.split().train.clone();
        let mean = |prior: &InputPrior| {
            let all = train
                .clone()
                .map(|i| prior.energy(&setup.example(i).inputs));
            all.sum::<f64>() / train.len() as f64
        };
        let gaussian = of(PriorKind::Gaussian).unwrap();
        let found = mean(&gaussian);
        assert!(
            found > 0.3 * SCALE * 64.0 && found < SCALE * 64.0,
            "{found}"
        );
        // Q is I: the trace of the covariance.
        let around = of(PriorKind::Mean).unwrap();
        let spread: f64 = (0..64)
            .map(|u| {
                let off = |i: usize| setup.example(i).inputs[u] - around.mean()[u];
                train.clone().map(|i| off(i) * off(i)).sum::<f64>() / train.len() as f64
            })
            .sum();
        assert!((mean(&around) - spread).abs() < 1e-9 * spread);
        let x = &setup.example(3).inputs;
        for prior in [gaussian, around, of(PriorKind::Decay).unwrap()] {
            for unit in [0, 20, 63] {
                let energy = |by: f64| {
                    let mut x = x.clone();
                    x[unit] += by;
                    prior.energy(&x)
                };
                let slope = (energy(1e-5) - energy(-1e-5)) / 2e-5;
                let pull = prior.pull(x, unit);
                assert!((pull - slope).abs() < 1e-8, "unit {unit}: {pull}, {slope}");
            }
        }
    }
}
