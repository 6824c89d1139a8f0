//! The shape of what a vertex holds, and the order in which it is stored.

/// The shape of a vertex: `channels @ height × width`; a flat vertex of n units is `n @ 1 × 1`.
///
/// Units are stored position by position, all channels of a position side by side (see [`Shape::index`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Number of channels (feature maps), or of units when flat.
    pub channels: usize,
    /// Rows of each map.
    pub height: usize,
    /// Columns of each map.
    pub width: usize,
}

impl Shape {
    /// A flat shape of `units` units.
    pub fn flat(units: usize) -> Self {
        Self {
            channels: units,
            height: 1,
            width: 1,
        }
    }

    /// Units in all.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// True if a dimension is zero.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// True if there is one position only.
    pub fn is_flat(&self) -> bool {
        self.height == 1 && self.width == 1
    }

    /// Where unit (channel, row, column) is stored: `(row * width + column) * channels + channel`.
    pub fn index(&self, channel: usize, row: usize, column: usize) -> usize {
        (row * self.width + column) * self.channels + channel
    }

    /// The (channel, row, column) of a stored unit: the inverse of [`Shape::index`].
    pub fn position(&self, index: usize) -> (usize, usize, usize) {
        let place = index / self.channels;
        (
            index % self.channels,
            place / self.width,
            place % self.width,
        )
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_flat() {
            write!(f, "{}", self.channels)
        } else {
            write!(f, "{} @ {}×{}", self.channels, self.height, self.width)
        }
    }
}
