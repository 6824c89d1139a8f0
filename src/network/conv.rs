//! Convolutions as matrix products that read the image where it lies: no window is copied out, and nothing is stuffed with
//! zeros.
//!
//! Only the image (or, going back, the error) is copied once, with a border of zeros where windows reach over the edge. The input
//! gradient falls apart into stride × stride interleaved products, each with just the taps of the kernel that meet it.

use super::graph::{Shape, Window};
use super::kernels::{Gather, Offsets, Runs, Start, gather_gemm};
use super::scalar::Scalar;

/// Images whose weight gradients are added within one product, so that its sums stay in registers for longer.
const TOGETHER: usize = 4;

/// Positions of an image with a border, in which channels lie side by side.
#[derive(Clone, Debug, PartialEq)]
struct Bordered {
    image: Shape,
    /// Zeros above, below, left, right.
    border: [usize; 4],
}

impl Bordered {
    fn new(image: Shape, rows: (usize, usize), columns: (usize, usize)) -> Self {
        Self {
            image,
            border: [rows.0, rows.1, columns.0, columns.1],
        }
    }

    fn is_bare(&self) -> bool {
        self.border == [0; 4]
    }

    fn width(&self) -> usize {
        self.border[2] + self.image.width + self.border[3]
    }

    fn len(&self) -> usize {
        (self.border[0] + self.image.height + self.border[1]) * self.width() * self.image.channels
    }

    /// Where position (row, column) of the bordered image lies.
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.width() + column) * self.image.channels
    }

    /// Writes an image with its border.
    fn fill<S: Scalar>(&self, image: &[S], out: &mut [S]) {
        let line = self.image.width * self.image.channels;
        let [above, _, left, right] = self.border.map(|b| b * self.image.channels);
        let above = above * self.width();
        let body = self.image.height * self.width() * self.image.channels;
        out[..above].fill(S::ZERO);
        out[above + body..].fill(S::ZERO);
        let lines = out[above..above + body].chunks_exact_mut(left + line + right);
        for (out, image) in lines.zip(image.chunks_exact(line)) {
            out[..left].fill(S::ZERO);
            out[left..left + line].copy_from_slice(image);
            out[left + line..].fill(S::ZERO);
        }
    }
}

/// Output positions of one remainder class of input positions, and the taps of the kernel that reach them.
#[derive(Clone, Debug)]
struct Phase {
    error_rows: Offsets,
    input_rows: Offsets,
    taps: Runs,
}

/// A convolution worked out: where every product finds its operands.
#[derive(Clone, Debug)]
pub struct Conv {
    window: Window,
    from: Shape,
    to: Shape,
    /// The image as forward and gradient read it.
    image: Bordered,
    /// The error as the input gradient reads it.
    error: Bordered,
    /// Where each window begins in the bordered image.
    windows: Offsets,
    /// Where each output position begins.
    places: Offsets,
    /// One run per row of the kernel.
    kernel_rows: Runs,
    /// One run per row of output positions, of several images.
    place_rows: Runs,
    /// Channels 0, 1, … of the output, and where their rows of the weight begin.
    channels: Offsets,
    weight_rows: Offsets,
    phases: Vec<Phase>,
}

/// The taps of a kernel along one axis that meet input positions with remainder `class` (of position + padding by stride).
fn taps(class: usize, window: Window) -> usize {
    window.kernel.saturating_sub(class).div_ceil(window.stride)
}

/// Zeros needed before and after `outputs` positions of an error, so that every tap of every input position finds one.
fn border(inputs: usize, outputs: usize, window: Window) -> (usize, usize) {
    let (mut before, mut last) = (0, 0);
    for y in window.padding..inputs + window.padding {
        let (nearest, taps) = (y / window.stride, taps(y % window.stride, window));
        if taps > 0 {
            before = before.max((taps - 1).saturating_sub(nearest));
            last = last.max(nearest);
        }
    }
    (before, (last + 1).saturating_sub(outputs))
}

impl Conv {
    /// Works out a window sliding over `from` with an output of shape `to`.
    pub fn new(window: Window, from: Shape, to: Shape) -> Self {
        let (kernel, stride, padding) = (window.kernel, window.stride, window.padding);
        let image = Bordered::new(from, (padding, padding), (padding, padding));
        let rows = border(from.height, to.height, window);
        let columns = border(from.width, to.width, window);
        let error = Bordered::new(to, rows, columns);
        let positions = |shape: Shape| {
            (0..shape.height).flat_map(move |y| (0..shape.width).map(move |x| (y, x)))
        };
        let line = kernel * from.channels;
        let mut phases = Vec::new();
        for (class_y, class_x) in (0..stride).flat_map(|y| (0..stride).map(move |x| (y, x))) {
            let (down, across) = (taps(class_y, window), taps(class_x, window));
            let (mut error_rows, mut input_rows, mut reached) = (vec![], vec![], vec![]);
            for (ty, tx) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                let (ky, kx) = (class_y + ty * stride, class_x + tx * stride);
                // The error that tap t meets lies t positions before the one that tap 0 meets.
                let back = error.at(down - 1 - ty, across - 1 - tx);
                reached.push((back, (ky * kernel + kx) * from.channels));
            }
            for (y, x) in positions(from) {
                let (y_in, x_in) = (y + padding, x + padding);
                if y_in % stride == class_y && x_in % stride == class_x {
                    let first = |nearest: usize, before: usize, taps: usize| {
                        nearest + before + 1 - taps.max(1)
                    };
                    error_rows.push(if reached.is_empty() {
                        0
                    } else {
                        error.at(
                            first(y_in / stride, rows.0, down),
                            first(x_in / stride, columns.0, across),
                        )
                    });
                    input_rows.push(from.index(0, y, x));
                }
            }
            phases.push(Phase {
                error_rows: Offsets::new(error_rows),
                input_rows: Offsets::new(input_rows),
                taps: Runs::new(reached),
            });
        }
        let offsets = |all: &mut dyn Iterator<Item = usize>| Offsets::new(all.collect());
        let runs = |all: &mut dyn Iterator<Item = (usize, usize)>| Runs::new(all.collect());
        Self {
            window,
            from,
            to,
            windows: offsets(&mut positions(to).map(|(y, x)| image.at(y * stride, x * stride))),
            places: offsets(&mut positions(to).map(|(y, x)| to.index(0, y, x))),
            kernel_rows: runs(
                &mut (0..kernel).map(|ky| (image.at(ky, 0), ky * line * to.channels)),
            ),
            place_rows: runs(
                &mut (0..TOGETHER)
                    .flat_map(|i| (0..to.height).map(move |y| (i, y)))
                    .map(|(i, y)| {
                        let error = i * to.len() + to.index(0, y, 0);
                        (error, i * image.len() + image.at(y * stride, 0))
                    }),
            ),
            channels: offsets(&mut (0..to.channels)),
            weight_rows: offsets(&mut (0..to.channels).map(|o| o * kernel * line)),
            phases,
            image,
            error,
        }
    }

    /// Numbers of scratch that any of the operations needs.
    pub fn scratch(&self) -> usize {
        (TOGETHER * self.image.len()).max(self.error.len())
    }

    /// The prediction of every example from f(x) of the vertex read; `weight` is transposed (kernel position × output channel).
    ///
    /// Each sum starts at the bias, so that the bias costs no pass of its own, or at what `out` holds if `accumulate`.
    pub fn forward<S: Scalar>(
        &self,
        weight: &[S],
        bias: Option<&[S]>,
        input: &[S],
        out: &mut [S],
        scratch: &mut [S],
        accumulate: bool,
    ) {
        let n = self.to.channels;
        let gather = Gather {
            a_rows: &self.windows,
            a_step: 1,
            runs: self.kernel_rows.all(),
            length: self.window.kernel * self.from.channels,
            ldb: n,
            c_rows: &self.places,
            n,
        };
        let start = match bias {
            Some(bias) if !accumulate => Start::each_row(bias),
            _ => Start::held_if(accumulate),
        };
        for (image, out) in input
            .chunks_exact(self.from.len())
            .zip(out.chunks_exact_mut(self.to.len()))
        {
            if let (Some(bias), true) = (bias, accumulate) {
                for place in out.chunks_exact_mut(n) {
                    super::ops::add(bias, place);
                }
            }
            let image = Self::bordered(&self.image, image, scratch);
            gather_gemm(&gather, image, weight, out, start);
        }
    }

    /// The error of every example pulled back to the f(x) it was predicted from; `weight` as stored (output channel × kernel
    /// position).
    pub fn pull<S: Scalar>(
        &self,
        weight: &[S],
        error: &[S],
        out: &mut [S],
        scratch: &mut [S],
        accumulate: bool,
    ) {
        for (error, out) in error
            .chunks_exact(self.to.len())
            .zip(out.chunks_exact_mut(self.from.len()))
        {
            let error = Self::bordered(&self.error, error, scratch);
            for phase in &self.phases {
                let gather = Gather {
                    a_rows: &phase.error_rows,
                    a_step: 1,
                    runs: phase.taps.all(),
                    length: self.to.channels,
                    ldb: self.window.kernel * self.window.kernel * self.from.channels,
                    c_rows: &phase.input_rows,
                    n: self.from.channels,
                };
                gather_gemm(&gather, error, weight, out, Start::held_if(accumulate));
            }
        }
    }

    /// Writes (or, with `accumulate`, adds) Σ over examples and positions of error × window: the gradient of the weight.
    pub fn gradient<S: Scalar>(
        &self,
        error: &[S],
        input: &[S],
        gradient: &mut [S],
        scratch: &mut [S],
        accumulate: bool,
    ) {
        let line = self.window.kernel * self.from.channels;
        let mut start = Start::held_if(accumulate);
        if error.is_empty() && !accumulate {
            gradient.fill(S::ZERO);
        }
        let images = input.chunks(TOGETHER * self.from.len());
        for (images, error) in images.zip(error.chunks(TOGETHER * self.to.len())) {
            let count = error.len() / self.to.len();
            let images = if self.image.is_bare() {
                images
            } else {
                for (image, out) in images
                    .chunks_exact(self.from.len())
                    .zip(scratch.chunks_exact_mut(self.image.len()))
                    .take(count)
                {
                    self.image.fill(image, out);
                }
                &scratch[..count * self.image.len()]
            };
            for ky in 0..self.window.kernel {
                let gather = Gather {
                    a_rows: &self.channels,
                    a_step: self.to.channels,
                    runs: self.place_rows.first(count * self.to.height),
                    length: self.to.width,
                    ldb: self.window.stride * self.from.channels,
                    c_rows: &self.weight_rows,
                    n: line,
                };
                let (images, gradient) =
                    (&images[self.image.at(ky, 0)..], &mut gradient[ky * line..]);
                gather_gemm(&gather, error, images, gradient, start);
            }
            start = Start::Held;
        }
    }

    /// The image with its border, or itself where none is needed.
    fn bordered<'a, S: Scalar>(border: &Bordered, image: &'a [S], scratch: &'a mut [S]) -> &'a [S] {
        if border.is_bare() {
            return image;
        }
        let out = &mut scratch[..border.len()];
        border.fill(image, out);
        out
    }
}

#[cfg(test)]
#[path = "conv_test.rs"]
mod tests;
