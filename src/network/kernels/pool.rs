//! Pools: windows that slide over images whose channels lie side by side.
//!
//! Neighbouring channels are worked on at once, by one plain body without branches on numbers, which the compiler turns into vector
//! code for each instruction set. Every number is compared or added in the order of the definition: windows row by row, and
//! within a window its positions row by row. So the bits are those of a plain loop, on every path.

use super::path::{self, Path};
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;

/// A window that slides over images of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Pooling {
    window: Window,
    from: Shape,
    to: Shape,
    /// The machine must have it.
    path: Path,
}

/// One window, where it meets the image.
#[derive(Clone, Copy)]
struct Met {
    /// Stored index of the first position's first channel.
    first: usize,
    /// Rows and columns.
    rows: usize,
    columns: usize,
    /// Stored index, in what the windows make, of the first channel.
    place: usize,
}

/// Calls `$block` for all channels of a row of windows: for as many at a time as fill vectors, and for the rest in smaller blocks.
macro_rules! all_channels {
    ($pool:ident, $block:ident::<$type:ty>, $($argument:expr),+) => {{
        let channels = $pool.from.channels;
        let mut channel = 0;
        while channels - channel >= 16 {
            $pool.$block::<$type, 16>(channel, $($argument),+);
            channel += 16;
        }
        while channels - channel >= 8 {
            $pool.$block::<$type, 8>(channel, $($argument),+);
            channel += 8;
        }
        while channels - channel >= 4 {
            $pool.$block::<$type, 4>(channel, $($argument),+);
            channel += 4;
        }
        while channel < channels {
            $pool.$block::<$type, 1>(channel, $($argument),+);
            channel += 1;
        }
    }};
}

impl Pooling {
    /// `to` is what becomes of an image of shape `from`: as many channels, a position for each window.
    ///
    /// # Panics
    ///
    /// If it is not, or if a window may lie beside the image: its padding must be smaller than its kernel.
    pub fn new(window: Window, from: Shape, to: Shape) -> Self {
        let outputs = [from.height, from.width].map(|side| window.outputs(side));
        assert!(
            window.padding < window.kernel
                && outputs == [Some(to.height), Some(to.width)]
                && from.channels == to.channels
                && !from.is_empty(),
            "{window:?} does not make {to:?} of {from:?}"
        );
        Self {
            window,
            from,
            to,
            path: path::best(),
        }
    }

    /// The largest number under each window, the first of equals, written or (with `accumulate`) added to `out`, image after
    /// image; `winners` receives the stored index of each within its image. A NaN wins, the last of several: it is seen and
    /// not pooled away.
    ///
    /// # Panics
    ///
    /// If the slices are not of equally many images.
    pub fn largest<S: Scalar>(
        &self,
        images: &[S],
        out: &mut [S],
        winners: &mut [u32],
        accumulate: bool,
    ) {
        let (from, to) = self.lengths(images.len(), out.len(), Some(winners.len()));
        self.run(
            #[inline(always)]
            |pool| {
                let images = images.chunks_exact(from);
                let made = out.chunks_exact_mut(to).zip(winners.chunks_exact_mut(to));
                for (image, (out, winners)) in images.zip(made) {
                    for oy in 0..pool.to.height {
                        all_channels!(pool, largest_of::<S>, oy, image, out, winners, accumulate);
                    }
                }
            },
        );
    }

    /// Jᵀ `error` of [`Pooling::largest`]: every error is written or added to `out` where its winner stands, and 0 elsewhere.
    ///
    /// # Panics
    ///
    /// If the slices are not of equally many images.
    pub fn pull_largest<S: Scalar>(
        &self,
        error: &[S],
        winners: &[u32],
        out: &mut [S],
        accumulate: bool,
    ) {
        /// With fewer channels, picking out the winners costs less than comparing every position with them.
        const CHANNELS: usize = 8;
        let (from, to) = self.lengths(out.len(), error.len(), Some(winners.len()));
        if accumulate || !self.side_by_side() || self.from.channels < CHANNELS {
            let errors = error.chunks_exact(to).zip(winners.chunks_exact(to));
            for ((error, winners), out) in errors.zip(out.chunks_exact_mut(from)) {
                if !accumulate {
                    out.fill(S::ZERO);
                }
                for (&error, &winner) in error.iter().zip(winners) {
                    out[winner as usize] += error;
                }
            }
            return;
        }
        self.run(
            #[inline(always)]
            |pool| {
                let errors = error.chunks_exact(to).zip(winners.chunks_exact(to));
                for ((error, winners), out) in errors.zip(out.chunks_exact_mut(from)) {
                    pool.clear_rest(out);
                    for oy in 0..pool.to.height {
                        all_channels!(pool, pull_largest_of::<S>, oy, error, winners, out);
                    }
                }
            },
        );
    }

    /// The mean of the numbers under each window (padding left out), written or added to `out`.
    ///
    /// # Panics
    ///
    /// If the slices are not of equally many images.
    pub fn mean<S: Scalar>(&self, images: &[S], out: &mut [S], accumulate: bool) {
        let (from, to) = self.lengths(images.len(), out.len(), None);
        self.run(
            #[inline(always)]
            |pool| {
                let images = images.chunks_exact(from);
                for (image, out) in images.zip(out.chunks_exact_mut(to)) {
                    for oy in 0..pool.to.height {
                        all_channels!(pool, mean_of::<S>, oy, image, out, accumulate);
                    }
                }
            },
        );
    }

    /// Jᵀ `error` of [`Pooling::mean`]: every position gets its share of the errors of the windows that meet it, written or added
    /// to `out`.
    ///
    /// # Panics
    ///
    /// If the slices are not of equally many images.
    pub fn pull_mean<S: Scalar>(&self, error: &[S], out: &mut [S], accumulate: bool) {
        let (from, to) = self.lengths(out.len(), error.len(), None);
        self.run(
            #[inline(always)]
            |pool| {
                let written = !accumulate && pool.side_by_side();
                let errors = error.chunks_exact(to);
                for (error, out) in errors.zip(out.chunks_exact_mut(from)) {
                    if written {
                        pool.clear_rest(out);
                    } else if !accumulate {
                        out.fill(S::ZERO);
                    }
                    for oy in 0..pool.to.height {
                        all_channels!(pool, pull_mean_of::<S>, oy, error, out, !written);
                    }
                }
            },
        );
    }

    /// Numbers of an image, and of what is made of it. Panics unless the slices are of equally many.
    fn lengths(&self, images: usize, made: usize, winners: Option<usize>) -> (usize, usize) {
        let (from, to) = (self.from.len(), self.to.len());
        let count = made / to;
        assert!(
            made == count * to
                && images == count * from
                && winners.is_none_or(|winners| winners == made),
            "pooling {:?} to {:?}: {images} numbers, {made} made, winners {winners:?}",
            self.from,
            self.to
        );
        (from, to)
    }

    /// Runs `body` on its path. The usual window is a body of its own, in which kernel and stride are constants.
    #[inline(always)]
    fn run(self, mut body: impl FnMut(Self)) {
        /// What pools mostly are: halves of either side.
        const HALVES: Window = Window {
            kernel: 2,
            stride: 2,
            padding: 0,
        };
        path::on(
            self.path,
            #[inline(always)]
            || {
                if self.window == HALVES {
                    body(Self {
                        window: HALVES,
                        ..self
                    });
                } else {
                    body(self);
                }
            },
        );
    }

    /// Numbers of a row of the image.
    #[inline(always)]
    fn line(self) -> usize {
        self.from.width * self.from.channels
    }

    /// Where the window of output position `at` begins along one axis, and how many inputs it meets there.
    #[inline(always)]
    fn met(self, at: usize, inputs: usize) -> (usize, usize) {
        let Window {
            kernel,
            stride,
            padding,
        } = self.window;
        let start = at * stride;
        if padding == 0 {
            return (start, kernel);
        }
        let first = start.saturating_sub(padding);
        (first, (start + kernel - padding).min(inputs) - first)
    }

    /// Calls `each` with every window of output row `oy`, as far as it concerns the channels from `channel` on.
    #[inline(always)]
    fn each_window(self, oy: usize, channel: usize, mut each: impl FnMut(Met)) {
        let (y, rows) = self.met(oy, self.from.height);
        let first = y * self.line() + channel;
        let place = oy * self.to.width * self.from.channels + channel;
        for ox in 0..self.to.width {
            let (x, columns) = self.met(ox, self.from.width);
            each(Met {
                first: first + x * self.from.channels,
                rows,
                columns,
                place: place + ox * self.from.channels,
            });
        }
    }

    /// True if every position of the image is under at most one window, and only some at the lower and right edge under none.
    #[inline(always)]
    fn side_by_side(self) -> bool {
        self.window.padding == 0 && self.window.stride == self.window.kernel
    }

    /// Sets to 0 what is under no window, where these lie side by side.
    #[inline(always)]
    fn clear_rest<S: Scalar>(self, image: &mut [S]) {
        let kernel = self.window.kernel;
        let (height, width) = (self.to.height * kernel, self.to.width * kernel);
        if width < self.from.width {
            for row in image.chunks_exact_mut(self.line()) {
                row[width * self.from.channels..].fill(S::ZERO);
            }
        }
        image[height * self.line()..].fill(S::ZERO);
    }

    /// What each number under a window counts for in its mean. Most windows are whole: theirs is worked out beforehand.
    #[inline(always)]
    fn shares<S: Scalar>(self) -> impl Fn(Met) -> S {
        let whole = self.window.kernel * self.window.kernel;
        let of = |count: usize| S::ONE / S::from_f64(count as f64);
        let of_whole = of(whole);
        #[inline(always)]
        move |met| match met.rows * met.columns {
            count if count == whole => of_whole,
            count => of(count),
        }
    }
}

/// Rows of windows, of which each does `N` neighbouring channels, from `channel` on.
impl Pooling {
    /// Calls `each` with the stored index of every position that a window meets, row by row.
    #[inline(always)]
    fn each_position(self, met: Met, mut each: impl FnMut(usize)) {
        for row in 0..met.rows {
            for column in 0..met.columns {
                each(met.first + row * self.line() + column * self.from.channels);
            }
        }
    }

    #[inline(always)]
    fn largest_of<S: Scalar, const N: usize>(
        self,
        channel: usize,
        oy: usize,
        image: &[S],
        out: &mut [S],
        winners: &mut [u32],
        accumulate: bool,
    ) {
        self.each_window(
            oy,
            channel,
            #[inline(always)]
            |met| {
                let mut best: [S; N] = block(image, met.first);
                // Of the first of these channels: the others' winners follow.
                let mut won = [met.first as u32; N];
                self.each_position(
                    met,
                    #[inline(always)]
                    |at| {
                        let values: [S; N] = block(image, at);
                        for i in 0..N {
                            let is_nan = values[i].partial_cmp(&values[i]).is_none();
                            let wins = (values[i] > best[i]) | is_nan;
                            best[i] = if wins { values[i] } else { best[i] };
                            won[i] = if wins { at as u32 } else { won[i] };
                        }
                    },
                );
                for (i, won) in won.iter_mut().enumerate() {
                    *won = won.wrapping_add(i as u32);
                }
                winners[met.place..met.place + N].copy_from_slice(&won);
                put(&best, &mut out[met.place..met.place + N], accumulate);
            },
        );
    }

    #[inline(always)]
    fn pull_largest_of<S: Scalar, const N: usize>(
        self,
        channel: usize,
        oy: usize,
        error: &[S],
        winners: &[u32],
        out: &mut [S],
    ) {
        self.each_window(
            oy,
            channel,
            #[inline(always)]
            |met| {
                let mut error: [S; N] = block(error, met.place);
                for error in &mut error {
                    // As onto a 0 that stands there: -0 becomes 0.
                    *error = S::ZERO + *error;
                }
                let winners: [u32; N] = block(winners, met.place);
                self.each_position(
                    met,
                    #[inline(always)]
                    |at| {
                        let mut pulled = [S::ZERO; N];
                        for i in 0..N {
                            let wins = winners[i] == (at as u32).wrapping_add(i as u32);
                            pulled[i] = if wins { error[i] } else { S::ZERO };
                        }
                        out[at..at + N].copy_from_slice(&pulled);
                    },
                );
            },
        );
    }

    #[inline(always)]
    fn mean_of<S: Scalar, const N: usize>(
        self,
        channel: usize,
        oy: usize,
        image: &[S],
        out: &mut [S],
        accumulate: bool,
    ) {
        let share_of = self.shares();
        self.each_window(
            oy,
            channel,
            #[inline(always)]
            |met| {
                let mut sums = [S::ZERO; N];
                self.each_position(
                    met,
                    #[inline(always)]
                    |at| {
                        let values: [S; N] = block(image, at);
                        for i in 0..N {
                            sums[i] += values[i];
                        }
                    },
                );
                let share: S = share_of(met);
                for sum in &mut sums {
                    *sum *= share;
                }
                put(&sums, &mut out[met.place..met.place + N], accumulate);
            },
        );
    }

    #[inline(always)]
    fn pull_mean_of<S: Scalar, const N: usize>(
        self,
        channel: usize,
        oy: usize,
        error: &[S],
        out: &mut [S],
        add: bool,
    ) {
        let share_of = self.shares();
        self.each_window(
            oy,
            channel,
            #[inline(always)]
            |met| {
                let share: S = share_of(met);
                let mut error: [S; N] = block(error, met.place);
                for error in &mut error {
                    *error *= share;
                }
                self.each_position(
                    met,
                    #[inline(always)]
                    |at| {
                        let out = &mut out[at..at + N];
                        let mut sums: [S; N] = if add { block(out, 0) } else { [S::ZERO; N] };
                        for i in 0..N {
                            sums[i] += error[i];
                        }
                        out.copy_from_slice(&sums);
                    },
                );
            },
        );
    }
}

/// `N` numbers from `at` on.
#[inline(always)]
fn block<T: Copy + Default, const N: usize>(numbers: &[T], at: usize) -> [T; N] {
    let mut block = [T::default(); N];
    block.copy_from_slice(&numbers[at..at + N]);
    block
}

/// Writes or adds.
#[inline(always)]
fn put<S: Scalar, const N: usize>(values: &[S; N], out: &mut [S], accumulate: bool) {
    if accumulate {
        for (out, &value) in out.iter_mut().zip(values) {
            *out += value;
        }
    } else {
        out.copy_from_slice(values);
    }
}

#[cfg(test)]
#[path = "pool_test.rs"]
mod tests;
