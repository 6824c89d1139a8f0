//! Convolution as networks mean it: correlation with a kernel (no flip), μ = W ∗ f(x) + b, one bias per output channel.
//!
//! A kernel's row holds its window row by row, column by column, all input channels of a place side by side. Jᵀ ε spreads each error
//! over its window, and the contribution to W is Σ over places of ε times what stands under the window.
//!
//! ```
//! use pcscope::network::{Shape, Window};
//! use pcscope::network::ops::{Alone, Conv};
//!
//! let line = Shape { channels: 1, height: 1, width: 3 };
//! let window = Window { kernel: 1, stride: 2, padding: 0 };
//! let conv = Alone::new(Conv { channels: 1, window }, &[line], &[2.0], &[0.5])?;
//! assert_eq!(conv.forward(&[&[1.0, 7.0, 3.0]]), [2.5, 6.5]);
//! assert_eq!(conv.pull(&[&[1.0, 7.0, 3.0]], &[1.0, 10.0], 0), [2.0, 0.0, 20.0]);
//! assert_eq!(conv.gradient(&[&[1.0, 7.0, 3.0]], &[1.0, 10.0]), [31.0, 11.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::matrix::gradient_of_bias;
use super::operation::{
    Back, Contributions, Factor, Joint, Look, Matrix, Memo, Misfit, Operation, Reads, Site, Term,
    Words, THROUGH_WEIGHTS,
};
use super::sliding::Sliding;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;
use std::sync::Arc;

/// μ = W ∗ f(x) + b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Output channels.
    pub channels: usize,
    /// The window of the kernel.
    pub window: Window,
}

impl Conv {
    /// The column of a kernel at which a channel of a place (row, column within the window) stands.
    fn column(&self, from: Shape, (row, column): (usize, usize), channel: usize) -> usize {
        (row * self.window.kernel + column) * from.channels + channel
    }
}

impl Operation for Conv {
    fn words(&self) -> Words {
        Words {
            name: "conv",
            before: "",
            equation: "W ∗ f(x) + b, the kernel slid over the map",
            sum: "Σ W f(x)",
            term: "W · f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn size(&self) -> String {
        format!("{0}×{0}, {1}", self.window.kernel, self.channels)
    }

    fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit> {
        let made = self.window.over(reads[0], self.channels);
        made.ok_or(Misfit::Window(self.window, reads[0]))
    }

    fn matrix(&self, from: Shape) -> Option<Matrix> {
        Some(Matrix {
            rows: self.channels,
            columns: Shape {
                channels: from.channels,
                height: self.window.kernel,
                width: self.window.kernel,
            },
            slides: true,
        })
    }

    fn under(&self, from: Shape) -> usize {
        self.window.values(from)
    }

    fn sliding(&self, from: Shape, to: Shape) -> Option<Arc<Sliding>> {
        Some(Arc::new(Sliding::new(self.window, from, to)))
    }

    fn multiply_adds(&self, from: Shape, to: Shape) -> usize {
        self.window.kernel * self.window.kernel * from.channels * to.len()
    }

    fn forward<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        [input, ..]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        let (Some(sliding), numbers) = (site.sliding, &site.numbers) else {
            return;
        };
        sliding.forward(numbers.by_input(), numbers.bias(), input, out, accumulate);
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        if let (Some(sliding), Some(kernel)) = (site.sliding, site.numbers.by_output()) {
            sliding.pull(kernel, back.error, out, accumulate);
        }
    }

    fn gradient<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        error: &[S],
        [input, ..]: Reads<'_, S>,
        sums: &mut impl Contributions<S>,
        scratch: &mut [S],
    ) {
        sums.note(error);
        sums.note(input);
        if let (Some(sliding), Some(block)) = (site.sliding, sums.matrix()) {
            sliding.gradient(error, input, block.numbers, scratch, block.started);
        }
        gradient_of_bias(error, sums);
    }

    fn terms(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let (output, row, column) = at.to.position(unit);
        for (ky, y) in self.window.under(row, at.from.height) {
            for (kx, x) in self.window.under(column, at.from.width) {
                for channel in 0..at.from.channels {
                    let weight = self.column(at.from, (ky, kx), channel);
                    each(Term {
                        slot: 0,
                        unit: at.from.index(channel, y, x),
                        factor: Factor::Weight(output, weight),
                    });
                }
            }
        }
    }

    fn pulls(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let (channel, row, column) = at.from.position(unit);
        for (ky, y) in self.window.reaching(row, at.to.height) {
            for (kx, x) in self.window.reaching(column, at.to.width) {
                let weight = self.column(at.from, (ky, kx), channel);
                for output in 0..at.to.channels {
                    each(Term {
                        slot: 0,
                        unit: at.to.index(output, y, x),
                        factor: Factor::Weight(output, weight),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Conv;
    use crate::network::ops::check::{agrees_with_central_differences, maps};

    #[test]
    fn it_agrees_with_central_differences() {
        for (window, map) in maps() {
            let channels = 3;
            agrees_with_central_differences(Conv { channels, window }, &[map]);
        }
    }
}
