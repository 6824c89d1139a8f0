//! Windows that slide over maps: what convolutions and pools have in common.

use super::shape::Shape;

/// The sliding window of a convolution or a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the window.
    pub kernel: usize,
    /// Step between windows, in input positions.
    pub stride: usize,
    /// Positions added on every side of the input.
    pub padding: usize,
}

impl Window {
    /// Positions along one side of the output, or `None` if the window does not fit.
    pub fn outputs(&self, inputs: usize) -> Option<usize> {
        let padded = inputs.checked_add(2 * self.padding)?;
        (self.kernel > 0 && self.stride > 0 && padded >= self.kernel)
            .then(|| (padded - self.kernel) / self.stride + 1)
    }

    /// The shape that the window makes of a map, with so many channels; `None` if it does not fit the map, or stands wholly beside
    /// it somewhere.
    pub fn over(&self, map: Shape, channels: usize) -> Option<Shape> {
        (self.padding < self.kernel.max(1)).then_some(())?;
        Some(Shape {
            channels,
            height: self.outputs(map.height)?,
            width: self.outputs(map.width)?,
        })
    }

    /// Values that stand under the window, all channels of a map.
    pub fn values(self, map: Shape) -> usize {
        let positions = self.kernel.saturating_mul(self.kernel);
        positions.saturating_mul(map.channels)
    }

    /// Along one axis of `inputs` positions, what stands under the window at output position `at`: offsets within the window and
    /// the positions they meet.
    pub fn under(self, at: usize, inputs: usize) -> impl Iterator<Item = (usize, usize)> {
        (0..self.kernel).filter_map(move |k| {
            let position = (at * self.stride + k).checked_sub(self.padding)?;
            (position < inputs).then_some((k, position))
        })
    }

    /// Along one axis, the output positions (of `outputs`) whose windows reach input position `at`, with the offset it has in each.
    pub fn reaching(self, at: usize, outputs: usize) -> impl Iterator<Item = (usize, usize)> {
        let padded = at + self.padding;
        (0..outputs).filter_map(move |o| {
            let k = padded.checked_sub(o * self.stride)?;
            (k < self.kernel).then_some((k, o))
        })
    }

    /// The stored units of one channel of a map that stand under the window at an output position, row by row.
    pub fn units(self, map: Shape, (channel, row, column): (usize, usize, usize)) -> Vec<usize> {
        let across = move |y| self.under(column, map.width).map(move |(_, x)| (y, x));
        self.under(row, map.height)
            .flat_map(|(_, y)| across(y))
            .map(|(y, x)| map.index(channel, y, x))
            .collect()
    }
}
