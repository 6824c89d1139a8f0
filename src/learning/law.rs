//! The arithmetic of the optimisers: every weight on its own, in one pass that also adds the gradient up.

use super::optimiser::{OptimiserKind, OptimiserSettings};
use crate::network::gradient::{Reader, STRETCH, Stretch};
use crate::network::kernels::wide;
use crate::network::{Scalar, Sum, Weights};
use std::ops::Range;

/// How weights change by their gradient.
pub trait Law<S: Scalar>: Sized {
    /// Changes some weights by their gradient; `place` is where both lie in the arena of parameters.
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>);

    /// Changes whole parameters.
    fn descend(
        &mut self,
        weights: &mut Weights<S>,
        gradient: Sum<'_, S>,
        parameters: impl Iterator<Item = usize>,
    ) {
        for parameter in parameters {
            weights.change_parameter(parameter, |block, numbers| {
                wide(
                    #[inline(always)]
                    || {
                        let mut room = [S::ZERO; STRETCH];
                        for row in 0..block.rows {
                            let first = row * block.stride;
                            let numbers = &mut numbers[first..first + block.columns];
                            for (i, weights) in numbers.chunks_mut(STRETCH).enumerate() {
                                let (begin, count) = (i * STRETCH, weights.len());
                                let at = Stretch {
                                    parameter,
                                    row: block.row + row,
                                    column: block.column + begin,
                                    count,
                                };
                                let place = block.place + first + begin;
                                let mut change = Change {
                                    law: self,
                                    weights,
                                    place: place..place + count,
                                };
                                gradient.read(at, &mut room, &mut change);
                            }
                        }
                    },
                );
            });
        }
    }
}

/// Some weights about to change.
struct Change<'a, S, L> {
    law: &'a mut L,
    weights: &'a mut [S],
    place: Range<usize>,
}

impl<S: Scalar, L: Law<S>> Reader<S> for Change<'_, S, L> {
    #[inline(always)]
    fn read(&mut self, numbers: impl Iterator<Item = S>) {
        self.law.apply(self.weights, numbers, self.place.clone());
    }
}

/// Gradient descent, with momentum or not.
pub struct Sgd<'a, S> {
    rate: S,
    momentum: S,
    nesterov: bool,
    scale: S,
    decay: Option<S>,
    velocity: &'a mut [S],
}

impl<'a, S: Scalar> Sgd<'a, S> {
    /// `velocity` is empty without momentum.
    pub fn new(s: &OptimiserSettings, scale: f64, velocity: &'a mut [S]) -> Self {
        Self {
            rate: S::from_f64(s.rate),
            momentum: S::from_f64(s.momentum),
            nesterov: s.nesterov,
            scale: S::from_f64(scale),
            // Without decay no term is added: θ - 0 θ could change the sign of a zero, or spread a NaN.
            decay: (s.weight_decay != 0.0).then(|| S::from_f64(s.weight_decay)),
            velocity,
        }
    }
}

impl<S: Scalar> Law<S> for Sgd<'_, S> {
    #[inline(always)]
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>) {
        let (rate, scale) = (self.rate, self.scale);
        if self.velocity.is_empty() {
            match self.decay {
                None => weights
                    .iter_mut()
                    .zip(gradient)
                    .for_each(|(w, g)| *w += rate * (g * scale)),
                Some(decay) => weights
                    .iter_mut()
                    .zip(gradient)
                    .for_each(|(w, g)| *w += rate * (g * scale - decay * *w)),
            }
            return;
        }
        let (momentum, nesterov, decay) = (self.momentum, self.nesterov, self.decay);
        let velocity = &mut self.velocity[place];
        for ((w, v), g) in weights.iter_mut().zip(velocity).zip(gradient) {
            let g = match decay {
                None => g * scale,
                Some(decay) => g * scale - decay * *w,
            };
            *v = momentum * *v + g;
            *w += rate * if nesterov { g + momentum * *v } else { *v };
        }
    }
}

/// Adam and AdamW.
pub struct Adam<'a, S> {
    rate: S,
    root: S,
    keep: [S; 2],
    take: [S; 2],
    scale: S,
    epsilon: S,
    /// λ, added to g.
    coupled: Option<S>,
    /// 1 - α λ, which θ shrinks by.
    shrink: Option<S>,
    first: &'a mut [S],
    second: &'a mut [S],
}

impl<'a, S: Scalar> Adam<'a, S> {
    /// At step `steps` (from 1), with the means of g and g².
    pub fn new(
        s: &OptimiserSettings,
        steps: u64,
        scale: f64,
        first: &'a mut [S],
        second: &'a mut [S],
    ) -> Self {
        let [beta1, beta2] = s.betas;
        // Both means start at 0; dividing by the weight they have gathered takes that out.
        let gathered = |beta: f64| 1.0 - beta.powf(steps as f64);
        let decays = s.weight_decay != 0.0;
        let (coupled, decoupled) = (OptimiserKind::Adam, OptimiserKind::AdamW);
        Self {
            rate: S::from_f64(s.rate / gathered(beta1)),
            root: S::from_f64(gathered(beta2).sqrt()),
            keep: [S::from_f64(beta1), S::from_f64(beta2)],
            take: [S::from_f64(1.0 - beta1), S::from_f64(1.0 - beta2)],
            scale: S::from_f64(scale),
            epsilon: S::from_f64(s.epsilon),
            coupled: (decays && s.kind == coupled).then(|| S::from_f64(s.weight_decay)),
            shrink: (decays && s.kind == decoupled)
                .then(|| S::from_f64(1.0 - s.rate * s.weight_decay)),
            first,
            second,
        }
    }
}

impl<S: Scalar> Law<S> for Adam<'_, S> {
    #[inline(always)]
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>) {
        let (keep, take) = (self.keep, self.take);
        let (rate, root, epsilon) = (self.rate, self.root, self.epsilon);
        let (scale, coupled, shrink) = (self.scale, self.coupled, self.shrink);
        let first = self.first[place.clone()].iter_mut();
        let means = first.zip(&mut self.second[place]);
        for ((w, (m, v)), g) in weights.iter_mut().zip(means).zip(gradient) {
            let mut g = g * scale;
            if let Some(decay) = coupled {
                g -= decay * *w;
            }
            if let Some(shrink) = shrink {
                *w *= shrink;
            }
            *m = keep[0] * *m + take[0] * g;
            *v = keep[1] * *v + take[1] * (g * g);
            *w += rate * (*m / (v.sqrt() / root + epsilon));
        }
    }
}
