//! Numbers of updates, kept as the ranges that they make up.

use serde::{Deserialize, Serialize};

/// Numbers in ascending order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Spans {
    /// First and last of each range.
    ranges: Vec<(u64, u64)>,
    count: u64,
}

impl From<Spans> for Vec<(u64, u64)> {
    fn from(spans: Spans) -> Self {
        spans.ranges
    }
}

/// Whether the ranges are some is said by [`Spans::is_sound`].
impl From<Vec<(u64, u64)>> for Spans {
    fn from(ranges: Vec<(u64, u64)>) -> Self {
        let each = ranges
            .iter()
            .map(|(a, b)| b.saturating_sub(*a).saturating_add(1));
        Self {
            count: each.fold(0, u64::saturating_add),
            ranges,
        }
    }
}

impl Spans {
    /// True if its ranges stand apart in ascending order, within 1 to `last`.
    pub fn is_sound(&self, last: u64) -> bool {
        let mut before = 0;
        self.ranges.iter().all(|&(first, end)| {
            let apart = first > before && (before == 0 || first > before + 1);
            before = end;
            apart && first <= end && end <= last
        })
    }

    /// Adds a number that is larger than all before.
    pub fn push(&mut self, number: u64) {
        self.push_all(number, number);
    }

    /// Adds all from `first` to `last`, which are larger than all before.
    pub fn push_all(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        match self.ranges.last_mut() {
            Some((_, end)) if *end + 1 == first => *end = last,
            _ => self.ranges.push((first, last)),
        }
        self.count += last - first + 1;
    }

    /// Adds those of `other` above `number`, which are larger than all before.
    pub fn push_behind(&mut self, other: &Self, number: u64) {
        for &(first, last) in &other.ranges {
            self.push_all(first.max(number + 1), last);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest.
    pub fn last(&self) -> Option<u64> {
        self.ranges.last().map(|range| range.1)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Gives up those above `number`.
    pub fn truncate(&mut self, number: u64) {
        self.ranges.retain(|range| range.0 <= number);
        if let Some((_, last)) = self.ranges.last_mut() {
            *last = number.min(*last);
        }
        self.count = self.ranges.iter().map(|(a, b)| b - a + 1).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_added_whole_however_long() {
        let mut all = Spans::default();
        all.push_all(1, 1 << 60);
        all.push_all(5, 4);
        let mut spans = Spans::default();
        spans.push(3);
        spans.push_behind(&all, 3);
        assert_eq!(
            (spans.count(), spans.last()),
            ((1 << 60) - 2, Some(1 << 60))
        );
        assert!(spans.is_sound(1 << 60) && spans == Spans::from(vec![(3, 1 << 60)]));
    }

    #[test]
    fn ranges_hold_what_was_pushed_and_can_be_cut() {
        let mut spans = Spans::default();
        for number in [1, 2, 3, 7, 9, 10] {
            spans.push(number);
        }
        assert_eq!((spans.count(), spans.last()), (6, Some(10)));
        assert_eq!(spans.iter().collect::<Vec<_>>(), [1, 2, 3, 7, 9, 10]);
        for (cut, left) in [(9, 5), (8, 4), (2, 2), (0, 0)] {
            spans.truncate(cut);
            assert_eq!(spans.count(), left, "{cut}");
        }
        assert_eq!(spans, Spans::default());
    }
}
