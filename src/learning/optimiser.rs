//! What turns a gradient into a change of weights: the same for backpropagation and every predictive coding rule.

use crate::network::{Scalar, Weights};
use std::ops::Range;

/// SGD with momentum: v ← m v + g · scale, θ ← θ + rate · v, where g is the summed descent direction (-∂/∂θ).
///
/// `scale` is 1 / B for the mean of a batch, applied once to the sum; 1 for the sum itself.
#[derive(Clone, Debug)]
pub struct Sgd<S> {
    /// α, the learning rate.
    pub rate: f64,
    /// m in [0, 1).
    pub momentum: f64,
    velocity: Vec<S>,
}

impl<S: Scalar> Sgd<S> {
    /// At rest, for `parameters` numbers.
    pub fn new(rate: f64, momentum: f64, parameters: usize) -> Self {
        Self {
            rate,
            momentum,
            velocity: if momentum == 0.0 {
                Vec::new()
            } else {
                vec![S::ZERO; parameters]
            },
        }
    }

    /// Applies the gradient of all parameters.
    pub fn apply(&mut self, weights: &mut Weights<S>, gradient: &[S], scale: f64) {
        self.apply_to(weights, gradient, scale, std::iter::once(0..gradient.len()));
    }

    /// Applies the gradient of some ranges of parameters only.
    pub fn apply_to(
        &mut self,
        weights: &mut Weights<S>,
        gradient: &[S],
        scale: f64,
        ranges: impl Iterator<Item = Range<usize>>,
    ) {
        let (rate, momentum, scale) = (
            S::from_f64(self.rate),
            S::from_f64(self.momentum),
            S::from_f64(scale),
        );
        let velocity = &mut self.velocity;
        weights.change(|theta| {
            for range in ranges {
                let (theta, gradient) = (&mut theta[range.clone()], &gradient[range.clone()]);
                if velocity.is_empty() {
                    for (w, &g) in theta.iter_mut().zip(gradient) {
                        *w += rate * (g * scale);
                    }
                } else {
                    for ((w, v), &g) in theta.iter_mut().zip(&mut velocity[range]).zip(gradient) {
                        *v = momentum * *v + g * scale;
                        *w += rate * *v;
                    }
                }
            }
        });
    }

    /// The velocity (empty without momentum).
    pub fn velocity(&self) -> &[S] {
        &self.velocity
    }
}
