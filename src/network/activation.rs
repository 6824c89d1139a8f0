//! Activation functions f, applied to a vertex's value x on its way to the next vertex.

use super::scalar::Scalar;
use serde::{Deserialize, Serialize};

/// The function f of a vertex: its value `x` is held *before* f, and `f(x)` is what the next vertex is predicted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// f(x) = x.
    Identity,
    /// f(x) = tanh x.
    Tanh,
    /// f(x) = max(0, x); f'(0) = 0.
    Relu,
    /// f(x) = 1 / (1 + exp(-x)).
    Sigmoid,
}

impl Activation {
    /// All activations, in the order in which menus list them.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Tanh, Self::Relu, Self::Sigmoid];

    /// The name used in experiment files and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Sigmoid => "sigmoid",
        }
    }

    /// Writes f(x) elementwise; `x` and `out` have equal length.
    pub fn apply<S: Scalar>(self, x: &[S], out: &mut [S]) {
        match self {
            Self::Identity => out.copy_from_slice(x),
            Self::Tanh => S::tanh_slice(x, out),
            Self::Relu => {
                for (o, &v) in out.iter_mut().zip(x) {
                    *o = if v > S::ZERO { v } else { S::ZERO };
                }
            }
            Self::Sigmoid => S::sigmoid_slice(x, out),
        }
    }

    /// Multiplies `pull` elementwise by f'(x), computed from the stored `fx` = f(x).
    ///
    /// Backpropagation and predictive coding both call this, so both round alike.
    pub fn times_slope<S: Scalar>(self, fx: &[S], pull: &mut [S]) {
        match self {
            Self::Identity => {}
            Self::Tanh => {
                for (p, &f) in pull.iter_mut().zip(fx) {
                    *p *= S::ONE - f * f;
                }
            }
            Self::Relu => {
                for (p, &f) in pull.iter_mut().zip(fx) {
                    *p *= if f > S::ZERO { S::ONE } else { S::ZERO };
                }
            }
            Self::Sigmoid => {
                for (p, &f) in pull.iter_mut().zip(fx) {
                    *p *= f * (S::ONE - f);
                }
            }
        }
    }

    /// f'(x) from f(x), for one unit (what the inspector prints).
    pub fn slope<S: Scalar>(self, fx: S) -> S {
        let mut slope = [S::ONE];
        self.times_slope(&[fx], &mut slope);
        slope[0]
    }
}
