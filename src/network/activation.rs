//! Activation functions f, applied to a vertex's value x on its way to the next vertex.

use super::kernels::wide;
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
    /// f(x) = x for x > 0, [`LEAK`] · x otherwise; f'(0) = [`LEAK`].
    LeakyRelu,
    /// The Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016, section 2):
    /// f(x) = ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), not the form with erf. Its slope needs x: f is not one-to-one.
    Gelu,
    /// f(x) = x between -1 and 1, and the nearer of the two beyond; f'(±1) = 0.
    HardTanh,
}

/// The slope of the leaky relu below zero.
pub const LEAK: f64 = 0.01;

impl Activation {
    /// All activations, in the order in which menus list them.
    pub const ALL: [Self; 7] = [
        Self::Identity,
        Self::Tanh,
        Self::Relu,
        Self::Sigmoid,
        Self::LeakyRelu,
        Self::Gelu,
        Self::HardTanh,
    ];

    /// The largest |f(x)| there can be, if there is one.
    pub fn bound(self) -> Option<f64> {
        matches!(self, Self::Tanh | Self::Sigmoid | Self::HardTanh).then_some(1.0)
    }

    /// The name used in experiment files and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Tanh => "tanh",
            Self::Relu => "relu",
            Self::Sigmoid => "sigmoid",
            Self::LeakyRelu => "leaky-relu",
            Self::Gelu => "gelu",
            Self::HardTanh => "hard-tanh",
        }
    }

    /// Writes f(x) elementwise; `x` and `out` have equal length.
    pub fn apply<S: Scalar>(self, x: &[S], out: &mut [S]) {
        match self {
            Self::Identity => out.copy_from_slice(x),
            Self::Tanh => S::tanh_slice(x, out),
            // A comparison that lets NaN through.
            Self::Relu => map(x, out, |v| if v <= S::ZERO { S::ZERO } else { v }),
            Self::Sigmoid => S::sigmoid_slice(x, out),
            Self::LeakyRelu => {
                let leak = S::from_f64(LEAK);
                map(x, out, |v| if v > S::ZERO { v } else { leak * v });
            }
            Self::Gelu => S::gelu_slice(x, out),
            Self::HardTanh => map(x, out, |v| {
                // Comparisons that let NaN through.
                let low = if v < -S::ONE { -S::ONE } else { v };
                if low > S::ONE { S::ONE } else { low }
            }),
        }
    }

    /// Multiplies `pull` elementwise by f'(x), computed from the stored `fx` = f(x) where that is enough, else from `x`.
    ///
    /// Backpropagation and predictive coding both call this, so both round alike. All slices have equal length.
    pub fn times_slope<S: Scalar>(self, x: &[S], fx: &[S], pull: &mut [S]) {
        match self {
            Self::Identity => {}
            Self::Tanh => times(fx, pull, |f| S::ONE - f * f),
            Self::Relu => times(fx, pull, |f| if f > S::ZERO { S::ONE } else { S::ZERO }),
            Self::Sigmoid => times(fx, pull, |f| f * (S::ONE - f)),
            Self::LeakyRelu => {
                let leak = S::from_f64(LEAK);
                times(fx, pull, |f| if f > S::ZERO { S::ONE } else { leak });
            }
            Self::Gelu => S::times_gelu_slope(x, pull),
            Self::HardTanh => times(fx, pull, |f| {
                let inside = f > -S::ONE && f < S::ONE;
                if inside { S::ONE } else { S::ZERO }
            }),
        }
    }

    /// f'(x) of one unit (what the inspector prints).
    pub fn slope<S: Scalar>(self, x: S) -> S {
        let (mut fx, mut slope) = ([S::ZERO], [S::ONE]);
        self.apply(&[x], &mut fx);
        self.times_slope(&[x], &fx, &mut slope);
        slope[0]
    }
}

/// Writes a function of `x` elementwise.
#[inline(always)]
fn map<S: Scalar>(x: &[S], out: &mut [S], f: impl Fn(S) -> S) {
    wide(
        #[inline(always)]
        || out.iter_mut().zip(x).for_each(|(o, &v)| *o = f(v)),
    );
}

/// Multiplies elementwise by a function of `fx`.
#[inline(always)]
fn times<S: Scalar>(fx: &[S], pull: &mut [S], slope: impl Fn(S) -> S) {
    wide(
        #[inline(always)]
        || pull.iter_mut().zip(fx).for_each(|(p, &f)| *p *= slope(f)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not a number must be seen further on: f that hides it would let a broken run go on.
    #[test]
    fn no_activation_hides_nan() {
        for activation in Activation::ALL {
            let mut out = [0.0_f32; 9];
            activation.apply(&[f32::NAN; 9], &mut out);
            assert!(out.iter().all(|v| v.is_nan()), "{}", activation.name());
            let mut out = [0.0_f64; 9];
            activation.apply(&[f64::NAN; 9], &mut out);
            assert!(out.iter().all(|v| v.is_nan()), "{}", activation.name());
        }
        let mut out = [1.0_f32; 2];
        Activation::Relu.apply(&[-0.0, -1.0], &mut out);
        assert_eq!(out.map(f32::to_bits), [0, 0]);
    }
}
