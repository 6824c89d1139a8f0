//! The arithmetic of the optimisers: every weight on its own, in one pass that also adds the gradient up.

use super::optimiser::{OptimiserKind, OptimiserSettings};
use crate::network::gradient::{Stretch, Terms, outer};
use crate::network::kernels::wide;
use crate::network::weights::Block;
use crate::network::{Scalar, Sum, Weights};
use std::ops::Range;

/// Most numbers that are added up at a time where a sum is held in several ways.
const STRETCH: usize = 128;

/// How weights change by their gradient.
pub trait Law<S: Scalar>: Sized {
    /// True if what becomes of a weight depends on more than the weight and its gradient.
    fn remembers(&self) -> bool;

    /// Changes some weights by their gradient; `place` is where both lie in the arena of parameters, which only a law that
    /// remembers looks at.
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>);

    /// Changes whole parameters.
    fn descend(
        &mut self,
        weights: &mut Weights<S>,
        gradient: Sum<'_, S>,
        parameters: impl Iterator<Item = usize>,
    ) {
        for parameter in parameters {
            match gradient.terms(parameter) {
                // What becomes of a matrix becomes of its transposed copy, with the factors in each other's place: two passes that
                // write lines as they lie cost less than one that transposes.
                Terms::Outer { down, across } if !self.remembers() => {
                    weights.change_both(parameter, |first, rows, is_copy| {
                        let (down, across) = if is_copy {
                            (across, down)
                        } else {
                            (down, across)
                        };
                        self.add_outer(rows, &down[first..], across);
                    });
                }
                Terms::Outer { down, across } => {
                    weights.change_parameter(parameter, |block, numbers| {
                        self.rows(block, numbers, |at| {
                            outer(down[at.row], &across[at.column..])
                        });
                    })
                }
                Terms::Numbers(values) => weights.change_parameter(parameter, |block, numbers| {
                    self.rows(block, numbers, |at| values[at.place..].iter().copied());
                }),
                Terms::Pair(first, second) => {
                    weights.change_parameter(parameter, |block, numbers| {
                        self.rows(block, numbers, |at| {
                            let pairs = first[at.place..].iter().zip(&second[at.place..]);
                            pairs.map(|(&a, &b)| a + b)
                        });
                    })
                }
                Terms::Mixed => weights.change_parameter(parameter, |block, numbers| {
                    self.mixed(block, numbers, gradient, parameter);
                }),
            }
        }
    }

    /// Changes the rows of a block by what `read` finds from the first number of each on.
    #[inline(always)]
    fn rows<I: Iterator<Item = S>>(
        &mut self,
        block: Block,
        numbers: &mut [S],
        read: impl Fn(RowStart) -> I,
    ) {
        wide(
            #[inline(always)]
            || {
                for row in 0..block.rows {
                    let first = row * block.stride;
                    let place = block.place + first;
                    let at = RowStart {
                        row: block.row + row,
                        column: block.column,
                        place,
                    };
                    let weights = &mut numbers[first..first + block.columns];
                    self.apply(weights, read(at), place..place + block.columns);
                }
            },
        );
    }

    /// Changes some rows of a matrix by those of an outer product.
    fn add_outer(&mut self, rows: &mut [S], down: &[S], across: &[S]) {
        wide(
            #[inline(always)]
            || {
                // Downwards: for rows upwards the compiler's test whether `rows` and `across` overlap always fails.
                for (row, &factor) in rows.chunks_exact_mut(across.len()).zip(down) {
                    self.apply(row, outer(factor, across), 0..0);
                }
            },
        );
    }

    /// Changes a block by a sum that is held in several ways.
    fn mixed(&mut self, block: Block, numbers: &mut [S], gradient: Sum<'_, S>, parameter: usize) {
        wide(
            #[inline(always)]
            || {
                let mut room = [S::ZERO; STRETCH];
                for row in 0..block.rows {
                    let first = row * block.stride;
                    let row_of_block = &mut numbers[first..first + block.columns];
                    for (i, weights) in row_of_block.chunks_mut(STRETCH).enumerate() {
                        let (begin, count) = (i * STRETCH, weights.len());
                        let at = Stretch {
                            parameter,
                            row: block.row + row,
                            column: block.column + begin,
                        };
                        let sum = &mut room[..count];
                        gradient.write(at, sum);
                        let place = block.place + first + begin;
                        self.apply(weights, sum.iter().copied(), place..place + count);
                    }
                }
            },
        );
    }
}

/// Where a row of a block begins.
#[derive(Clone, Copy)]
pub struct RowStart {
    row: usize,
    column: usize,
    /// In the arena of parameters.
    place: usize,
}

/// Gradient descent, with momentum or not.
pub struct Sgd<'a, S> {
    rate: S,
    momentum: S,
    nesterov: bool,
    /// What gradients are scaled by, unless it is 1.
    scale: Option<S>,
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
            scale: (scale != 1.0).then(|| S::from_f64(scale)),
            // Without decay no term is added: θ - 0 θ could change the sign of a zero, or spread a NaN.
            decay: (s.weight_decay != 0.0).then(|| S::from_f64(s.weight_decay)),
            velocity,
        }
    }
}

impl<S: Scalar> Law<S> for Sgd<'_, S> {
    fn remembers(&self) -> bool {
        !self.velocity.is_empty()
    }

    #[inline(always)]
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>) {
        match self.scale {
            None => self.scaled(weights, gradient, place),
            Some(scale) => self.scaled(weights, gradient.map(|g| g * scale), place),
        }
    }
}

impl<S: Scalar> Sgd<'_, S> {
    /// [`Law::apply`] with the gradient already scaled.
    #[inline(always)]
    fn scaled(
        &mut self,
        weights: &mut [S],
        gradient: impl Iterator<Item = S>,
        place: Range<usize>,
    ) {
        if self.velocity.is_empty() {
            // Told apart outside the loop, which is compiled for wide vectors.
            match self.decay {
                None => weights
                    .iter_mut()
                    .zip(gradient)
                    .for_each(|(w, g)| *w += self.rate * g),
                Some(_) => weights
                    .iter_mut()
                    .zip(gradient)
                    .for_each(|(w, g)| self.plain(w, g)),
            }
            return;
        }
        let law = Sgd {
            velocity: &mut [],
            ..*self
        };
        let velocity = &mut self.velocity[place];
        for ((w, v), g) in weights.iter_mut().zip(velocity).zip(gradient) {
            law.with_velocity(w, v, g);
        }
    }

    /// Changes one weight by its scaled gradient, without momentum.
    #[inline(always)]
    pub fn plain(&self, w: &mut S, g: S) {
        *w += self.rate
            * match self.decay {
                None => g,
                Some(decay) => g - decay * *w,
            };
    }

    /// Changes one weight and its velocity by its scaled gradient.
    #[inline(always)]
    pub fn with_velocity(&self, w: &mut S, v: &mut S, g: S) {
        let g = match self.decay {
            None => g,
            Some(decay) => g - decay * *w,
        };
        *v = self.momentum * *v + g;
        *w += self.rate
            * if self.nesterov {
                g + self.momentum * *v
            } else {
                *v
            };
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
    fn remembers(&self) -> bool {
        true
    }

    #[inline(always)]
    fn apply(&mut self, weights: &mut [S], gradient: impl Iterator<Item = S>, place: Range<usize>) {
        let law = Adam {
            first: &mut [],
            second: &mut [],
            ..*self
        };
        let first = self.first[place.clone()].iter_mut();
        let means = first.zip(&mut self.second[place]);
        for ((w, (m, v)), g) in weights.iter_mut().zip(means).zip(gradient) {
            law.one(w, m, v, g);
        }
    }
}

impl<S: Scalar> Adam<'_, S> {
    /// Changes one weight and its means by its gradient.
    #[inline(always)]
    pub fn one(&self, w: &mut S, m: &mut S, v: &mut S, g: S) {
        let mut g = g * self.scale;
        if let Some(decay) = self.coupled {
            g -= decay * *w;
        }
        if let Some(shrink) = self.shrink {
            *w *= shrink;
        }
        *m = self.keep[0] * *m + self.take[0] * g;
        *v = self.keep[1] * *v + self.take[1] * (g * g);
        *w += self.rate * (*m / (v.sqrt() / self.root + self.epsilon));
    }
}
