//! Convolutions as matrix products that read the image where it lies: no window is copied out, and nothing is stuffed with
//! zeros.
//!
//! Positions whose windows reach over an edge form products of their own, with just the taps that meet the image; so do the
//! stride × stride interleaved classes of the input gradient. Only the weight gradient, whose sums run over positions, reads a
//! copy of the image with zeros left and right of it.

use crate::network::kernels::{Gather, Offsets, Runs, Start, add, gather_gemm};
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;
use std::collections::BTreeMap;
use std::ops::Range;

/// Images that are worked on within one product: of few positions each, they fill its tiles, and weight gradients stay in registers
/// for longer.
const TOGETHER: usize = 4;

/// An image with zeros left and right of every row, in which channels lie side by side.
#[derive(Clone, Debug, PartialEq)]
struct Bordered {
    image: Shape,
    /// Zeros on either side.
    border: usize,
}

impl Bordered {
    fn is_bare(&self) -> bool {
        self.border == 0
    }

    fn width(&self) -> usize {
        self.image.width + 2 * self.border
    }

    fn len(&self) -> usize {
        self.image.height * self.width() * self.image.channels
    }

    /// Where position (row, column) of the bordered image lies.
    fn at(&self, row: usize, column: usize) -> usize {
        (row * self.width() + column) * self.image.channels
    }

    /// Writes an image with its border.
    fn fill<S: Scalar>(&self, image: &[S], out: &mut [S]) {
        let line = self.image.width * self.image.channels;
        let border = self.border * self.image.channels;
        let lines = out.chunks_exact_mut(line + 2 * border);
        for (out, image) in lines.zip(image.chunks_exact(line)) {
            out[..border].fill(S::ZERO);
            out[border..border + line].copy_from_slice(image);
            out[border + line..].fill(S::ZERO);
        }
    }
}

/// Positions whose sums run over the same taps of the kernel.
#[derive(Clone, Debug)]
struct Part {
    /// Where the first number that each of them reads lies, and where its sum does: in the first image, in the second, …
    read: Offsets,
    written: Offsets,
    taps: Runs,
    /// Numbers of each run of taps.
    length: usize,
}

impl Part {
    /// Positions of one image.
    fn positions(&self) -> usize {
        self.read.list().len() / TOGETHER
    }
}

/// Parts in the making: positions (where they read, where they write) by what tells the parts apart.
struct Parts<K>(BTreeMap<K, Vec<(usize, usize)>>);

impl<K: Ord> Parts<K> {
    fn add(&mut self, key: K, read: usize, written: usize) {
        self.0.entry(key).or_default().push((read, written));
    }

    /// The parts, each with its runs of taps and their length; images lie `read` and `written` numbers apart.
    fn finish(
        self,
        read: usize,
        written: usize,
        taps: impl Fn(K) -> (Vec<(usize, usize)>, usize),
    ) -> Vec<Part> {
        let part = |(key, places): (K, Vec<(usize, usize)>)| {
            let (runs, length) = taps(key);
            let images = || (0..TOGETHER).flat_map(|i| places.iter().map(move |place| (i, place)));
            Part {
                read: Offsets::new(images().map(|(i, place)| i * read + place.0).collect()),
                written: Offsets::new(images().map(|(i, place)| i * written + place.1).collect()),
                taps: Runs::new(runs),
                length,
            }
        };
        self.0.into_iter().map(part).collect()
    }
}

/// A convolution worked out: where every product finds its operands.
#[derive(Clone, Debug)]
pub struct Sliding {
    window: Window,
    from: Shape,
    to: Shape,
    /// The image as the weight gradient reads it.
    image: Bordered,
    /// Output positions by the part of the kernel that meets the image: predictions.
    windows: Vec<Part>,
    /// Input positions by the taps that reach them: errors pulled back.
    reached: Vec<Part>,
    /// For each row of the kernel, one run per row of output positions at which it meets the image, of several images; and how many
    /// of one.
    place_rows: Vec<(Runs, usize)>,
    /// Channels 0, 1, … of the output, and where their rows of the weight begin.
    channels: Offsets,
    weight_rows: Offsets,
}

/// The taps of a kernel along one axis that meet the image, of the window that makes output position `at`.
fn met(at: usize, inputs: usize, window: Window) -> Range<usize> {
    let first = at * window.stride;
    let begin = window.padding.saturating_sub(first).min(window.kernel);
    let end = (inputs + window.padding).saturating_sub(first);
    begin..end.clamp(begin, window.kernel)
}

/// Along one axis, how input position `at` is reached: the first tap that any output position could reach it by (others follow a
/// stride apart), and which of these taps, counted from 0, do.
fn reaching(at: usize, outputs: usize, window: Window) -> (usize, Range<usize>) {
    let padded = at + window.padding;
    let (class, nearest) = (padded % window.stride, padded / window.stride);
    let taps = window.kernel.saturating_sub(class).div_ceil(window.stride);
    // Tap t meets output position nearest - t.
    let begin = (nearest + 1).saturating_sub(outputs).min(taps);
    (class, begin..(nearest + 1).clamp(begin, taps))
}

impl Sliding {
    /// Works out a window sliding over `from` with an output of shape `to`.
    pub fn new(window: Window, from: Shape, to: Shape) -> Self {
        let (kernel, stride, padding) = (window.kernel, window.stride, window.padding);
        let positions = |shape: Shape| {
            (0..shape.height).flat_map(move |y| (0..shape.width).map(move |x| (y, x)))
        };
        let line = kernel * from.channels;

        let mut windows = Parts(BTreeMap::new());
        for (y, x) in positions(to) {
            let (down, across) = (met(y, from.height, window), met(x, from.width, window));
            let read = if down.is_empty() || across.is_empty() {
                0
            } else {
                let row = y * stride + down.start - padding;
                from.index(0, row, x * stride + across.start - padding)
            };
            let key = [down.start, down.end, across.start, across.end];
            windows.add(key, read, to.index(0, y, x));
        }
        let windows = windows.finish(from.len(), to.len(), |[top, bottom, left, right]| {
            let row = |ky: usize| {
                let weight = (ky * kernel + left) * from.channels;
                (from.index(0, ky - top, 0), weight * to.channels)
            };
            let rows = if left < right { top..bottom } else { 0..0 };
            (rows.map(row).collect(), (right - left) * from.channels)
        });

        let mut reached = Parts(BTreeMap::new());
        for (y, x) in positions(from) {
            let (class_y, down) = reaching(y, to.height, window);
            let (class_x, across) = reaching(x, to.width, window);
            // The last tap meets the first error.
            let first = |at: usize, taps: &Range<usize>| (at + padding) / stride + 1 - taps.end;
            let read = if down.is_empty() || across.is_empty() {
                0
            } else {
                to.index(0, first(y, &down), first(x, &across))
            };
            let key = [
                class_y,
                down.start,
                down.end,
                class_x,
                across.start,
                across.end,
            ];
            reached.add(key, read, from.index(0, y, x));
        }
        let reached = reached.finish(
            to.len(),
            from.len(),
            |[class_y, top, bottom, class_x, left, right]| {
                let taps = (top..bottom).flat_map(|ty| (left..right).map(move |tx| (ty, tx)));
                let tap = |(ty, tx): (usize, usize)| {
                    let (ky, kx) = (class_y + ty * stride, class_x + tx * stride);
                    let error = to.index(0, bottom - 1 - ty, right - 1 - tx);
                    (error, (ky * kernel + kx) * from.channels)
                };
                (taps.map(tap).collect(), to.channels)
            },
        );

        let image = Bordered {
            image: from,
            border: padding,
        };
        let place_rows = |ky: usize| {
            let rows = (0..to.height).filter(|&y| met(y, from.height, window).contains(&ky));
            let rows: Vec<usize> = rows.collect();
            let run = |(i, &y): (usize, &usize)| {
                let error = i * to.len() + to.index(0, y, 0);
                (
                    error,
                    i * image.len() + image.at(y * stride + ky - padding, 0),
                )
            };
            let all = (0..TOGETHER).flat_map(|i| rows.iter().map(move |y| (i, y)));
            (Runs::new(all.map(run).collect()), rows.len())
        };
        Self {
            window,
            from,
            to,
            windows,
            reached,
            place_rows: (0..kernel).map(place_rows).collect(),
            channels: Offsets::new((0..to.channels).collect()),
            weight_rows: Offsets::new((0..to.channels).map(|o| o * kernel * line).collect()),
            image,
        }
    }

    /// Numbers of scratch that any of the operations needs.
    pub fn scratch(&self) -> usize {
        if self.image.is_bare() {
            0
        } else {
            TOGETHER * self.image.len()
        }
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
        accumulate: bool,
    ) {
        let n = self.to.channels;
        let start = match bias {
            Some(bias) if !accumulate => Start::each_row(bias),
            Some(bias) => {
                for place in out.chunks_exact_mut(n) {
                    add(bias, place);
                }
                Start::Held
            }
            None => Start::held_if(accumulate),
        };
        let lengths = (self.from.len(), self.to.len());
        Self::products(&self.windows, n, n, lengths, weight, input, out, start);
    }

    /// The error of every example pulled back to the f(x) it was predicted from; `weight` as stored (output channel × kernel
    /// position).
    pub fn pull<S: Scalar>(&self, weight: &[S], error: &[S], out: &mut [S], accumulate: bool) {
        let n = self.from.channels;
        let row = self.window.kernel * self.window.kernel * n;
        let lengths = (self.to.len(), self.from.len());
        let start = Start::held_if(accumulate);
        Self::products(&self.reached, n, row, lengths, weight, error, out, start);
    }

    /// All parts of every example, several examples at a time; `n` columns of the weight, whose rows lie `ldb` apart.
    fn products<S: Scalar>(
        parts: &[Part],
        n: usize,
        ldb: usize,
        (from, to): (usize, usize),
        weight: &[S],
        input: &[S],
        out: &mut [S],
        start: Start<'_, S>,
    ) {
        let inputs = input.chunks(TOGETHER * from);
        for (input, out) in inputs.zip(out.chunks_mut(TOGETHER * to)) {
            let images = out.len() / to;
            for part in parts {
                let rows = images * part.positions();
                let gather = Gather {
                    a_rows: part.read.first(rows),
                    a_step: 1,
                    runs: part.taps.all(),
                    length: part.length,
                    ldb,
                    c_rows: part.written.first(rows),
                    n,
                };
                gather_gemm(&gather, input, weight, out, start);
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
            for (ky, (rows, of_one)) in self.place_rows.iter().enumerate() {
                let gather = Gather {
                    a_rows: self.channels.all(),
                    a_step: self.to.channels,
                    runs: rows.first(count * of_one),
                    length: self.to.width,
                    ldb: self.window.stride * self.from.channels,
                    c_rows: self.weight_rows.all(),
                    n: line,
                };
                gather_gemm(&gather, error, images, &mut gradient[ky * line..], start);
            }
            start = Start::Held;
        }
    }
}

#[cfg(test)]
#[path = "sliding_test.rs"]
mod tests;
