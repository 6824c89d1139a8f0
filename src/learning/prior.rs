//! What is expected of a freed input: it has no prediction, and so no error; without a prior nothing holds it but what it predicts.
//!
//! F gets ½ λ (x - m)ᵀ Q (x - m) over all units of the input, the clamped ones included, and only free ones move. m = 0 and Q = I is plain
//! decay; m the mean of the training examples draws towards it; Q their inverse covariance makes it a Gaussian.

use crate::network::Scalar;
use serde::{Deserialize, Serialize};

/// What a freed input is drawn to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriorKind {
    /// Nothing.
    #[default]
    None,
    /// 0: m = 0, Q = I.
    Decay,
    /// The mean of the training examples: Q = I.
    Mean,
    /// The same, with Q = 0.05 (C + 0.01 I)⁻¹, C the covariance of the training examples.
    Gaussian,
}

impl PriorKind {
    /// All kinds, in the order in which menus list them.
    pub const ALL: [Self; 4] = [Self::None, Self::Decay, Self::Mean, Self::Gaussian];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Decay => "decay",
            Self::Mean => "mean",
            Self::Gaussian => "gaussian",
        }
    }

    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Decay => "to 0",
            Self::Mean => "mean",
            Self::Gaussian => "Gaussian",
        }
    }
}

/// A prior on the input, worked out for some data.
#[derive(Clone, Debug, PartialEq)]
pub struct InputPrior {
    mean: Vec<f64>,
    /// Q, row after row; `None` is I.
    matrix: Option<Vec<f64>>,
    /// λ.
    strength: f64,
}

impl InputPrior {
    /// λ, m and Q (row after row, symmetric; `None` is I), in the stored order of units.
    ///
    /// # Panics
    /// If Q has not the square of m's length of numbers.
    pub fn new(strength: f64, mean: Vec<f64>, matrix: Option<Vec<f64>>) -> Self {
        if let Some(matrix) = &matrix {
            assert_eq!(matrix.len(), mean.len() * mean.len(), "Q is square");
        }
        Self {
            mean,
            matrix,
            strength,
        }
    }

    /// m.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// λ.
    pub fn strength(&self) -> f64 {
        self.strength
    }

    /// ½ λ (x - m)ᵀ Q (x - m) of one example.
    pub fn energy<S: Scalar>(&self, x: &[S]) -> f64 {
        let off = |(x, m): (&S, &f64)| x.to_f64() - m;
        let d: Vec<f64> = x.iter().zip(&self.mean).map(off).collect();
        let sum: f64 = (0..d.len()).map(|i| d[i] * self.row(i, &d)).sum();
        0.5 * self.strength * sum
    }

    /// λ [Q (x - m)] at one unit of an example: what draws it back, and -∂F/∂x is less by it.
    pub fn pull<S: Scalar>(&self, x: &[S], unit: usize) -> f64 {
        let Some(matrix) = &self.matrix else {
            return self.strength * (x[unit].to_f64() - self.mean[unit]);
        };
        let row = &matrix[unit * self.mean.len()..][..self.mean.len()];
        let terms = row.iter().zip(x).zip(&self.mean);
        let sum: f64 = terms.map(|((q, x), m)| q * (x.to_f64() - m)).sum();
        self.strength * sum
    }

    /// One row of Q times d.
    fn row(&self, i: usize, d: &[f64]) -> f64 {
        match &self.matrix {
            None => d[i],
            Some(matrix) => {
                let row = &matrix[i * d.len()..][..d.len()];
                row.iter().zip(d).map(|(q, d)| q * d).sum()
            }
        }
    }
}
