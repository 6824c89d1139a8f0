//! Losses at the output: the energy term F⁰ and the output error ε⁰ = -∂Loss/∂μ⁰.

use super::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// What the output is scored by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// ½ Σ (y - μ)², with ε⁰ = y - μ.
    SquaredError,
    /// Softmax and cross-entropy, -Σ y ln softmax(μ), with ε⁰ = y - softmax(μ) Σ y (of classes Σ y = 1). Unit: nats.
    CrossEntropy,
}

impl Loss {
    /// Both losses, in the order in which menus list them.
    pub const ALL: [Self; 2] = [Self::CrossEntropy, Self::SquaredError];

    /// The name used in experiment files and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredError => "squared-error",
            Self::CrossEntropy => "cross-entropy",
        }
    }

    /// The loss of one example: `mu` the predicted output, `target` y, both of the output's length.
    ///
    /// Summed in double precision whatever `S` is, so that printed losses do not depend on an accumulation order in single.
    pub fn value<S: Scalar>(self, mu: &[S], target: &[S]) -> f64 {
        match self {
            Self::SquaredError => {
                let mut sum = 0.0;
                for (m, y) in mu.iter().zip(target) {
                    let d = y.to_f64() - m.to_f64();
                    sum += d * d;
                }
                0.5 * sum
            }
            Self::CrossEntropy => {
                let top = mu
                    .iter()
                    .map(|m| m.to_f64())
                    .fold(f64::NEG_INFINITY, f64::max);
                let mut partition = 0.0;
                let mut dot = 0.0;
                let mut mass = 0.0;
                for (m, y) in mu.iter().zip(target) {
                    // A NaN in mu must come out as NaN, which `max` above would hide.
                    partition += (m.to_f64() - top).exp();
                    dot += y.to_f64() * (m.to_f64() - top);
                    mass += y.to_f64();
                }
                mass * partition.ln() - dot
            }
        }
    }

    /// Writes ε⁰ = -∂Loss/∂μ for one example.
    pub fn error<S: Scalar>(self, mu: &[S], target: &[S], error: &mut [S]) {
        match self {
            Self::SquaredError => {
                for ((e, &m), &y) in error.iter_mut().zip(mu).zip(target) {
                    *e = y - m;
                }
            }
            Self::CrossEntropy => {
                softmax(mu, error);
                let mut mass = S::ZERO;
                target.iter().for_each(|&y| mass += y);
                for (e, &y) in error.iter_mut().zip(target) {
                    *e = y - mass * *e;
                }
            }
        }
    }
}

/// Writes softmax(mu), shifted by the largest entry so that nothing overflows.
pub fn softmax<S: Scalar>(mu: &[S], out: &mut [S]) {
    let mut top = mu[0];
    for &m in mu {
        if m > top {
            top = m;
        }
    }
    let mut sum = S::ZERO;
    for (o, &m) in out.iter_mut().zip(mu) {
        *o = (m - top).exp();
        sum += *o;
    }
    for o in out.iter_mut() {
        *o = *o / sum;
    }
}
