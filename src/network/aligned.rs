//! Numbers that begin at a cache line.

use super::scalar::Scalar;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// A vector of numbers of a fixed count whose first lies at the start of a cache line: else every vector of 64 bytes read from it
/// would be read from two lines.
pub struct Aligned<S> {
    /// A line more than is used.
    room: Vec<S>,
    first: usize,
    count: usize,
}

impl<S: Scalar> Aligned<S> {
    /// `count` zeros.
    pub fn zeros(count: usize) -> Self {
        if count == 0 {
            return Self::default();
        }
        let room = vec![S::ZERO; count + LINE / size_of::<S>()];
        // A vector that does not grow is not moved. Without an offset (as in an interpreter) only speed is lost.
        let first = room.as_ptr().align_offset(LINE);
        let first = if first <= room.len() - count {
            first
        } else {
            0
        };
        Self { room, first, count }
    }
}

impl<S> Default for Aligned<S> {
    fn default() -> Self {
        let room = Vec::new();
        Self {
            room,
            first: 0,
            count: 0,
        }
    }
}

impl<S: Clone> From<&[S]> for Aligned<S> {
    fn from(numbers: &[S]) -> Self {
        let Some(filler) = numbers.first() else {
            return Self::default();
        };
        let most = LINE / size_of::<S>();
        let mut room: Vec<S> = Vec::with_capacity(numbers.len() + most);
        let first = room.as_ptr().align_offset(LINE);
        let first = if first <= most { first } else { 0 };
        room.resize(first, filler.clone());
        room.extend_from_slice(numbers);
        Self {
            room,
            first,
            count: numbers.len(),
        }
    }
}

impl<S: Clone> Clone for Aligned<S> {
    fn clone(&self) -> Self {
        Self::from(&self[..])
    }

    fn clone_from(&mut self, other: &Self) {
        if self.count == other.count {
            self.clone_from_slice(other);
        } else {
            *self = other.clone();
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Aligned<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<S> Deref for Aligned<S> {
    type Target = [S];

    #[inline]
    fn deref(&self) -> &[S] {
        &self.room[self.first..self.first + self.count]
    }
}

impl<S> DerefMut for Aligned<S> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [S] {
        &mut self.room[self.first..self.first + self.count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins_at_a_line<S: Scalar>() {
        for count in [0, 1, 3, 16, 1000, 1 << 20] {
            let mut numbers = Aligned::<S>::zeros(count);
            assert_eq!(numbers.len(), count);
            numbers.fill(S::ONE);
            let copy = numbers.clone();
            assert_eq!(copy[..], numbers[..]);
            if count > 0 {
                assert!(numbers.as_ptr().addr().is_multiple_of(LINE));
                assert!(copy.as_ptr().addr().is_multiple_of(LINE));
            }
        }
    }

    #[test]
    fn numbers_and_their_copies_begin_at_a_line() {
        begins_at_a_line::<f32>();
        begins_at_a_line::<f64>();
    }
}
