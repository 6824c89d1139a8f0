//! What a column is by its own content and name.

use super::names::{OF_GROUPS, OF_NUMBERS, OF_ROWS, OF_TARGETS, OF_TIME, WEAK};
use super::{Judge, LONG, MOST_WORDS, Role, WHOSE, plain};
use crate::data::survey::Summary;

/// Whether a name says that a column tells whose row it is: it ends in patient, animal and the like, or so with a number.
pub(in crate::data) fn names_whose(name: &str) -> bool {
    let name = plain(name);
    let mut words = name.rsplit('_').skip_while(|w| OF_NUMBERS.contains(w));
    words.next().is_some_and(|word| OF_GROUPS.contains(&word))
}

impl Judge<'_> {
    /// Whether a column counts the rows, names them, or is empty; the reason in words.
    pub(super) fn no_input(&self, c: usize) -> Option<String> {
        let s = self.column(c);
        if s.present() == 0 {
            return Some("it is empty".to_owned());
        }
        if self.is_called(c, &OF_TIME) {
            return None;
        }
        // A sample of the rows does not count by one, but it rises without a gap.
        let by_one = s.counting && s.numbers >= 5 && s.gaps == 0;
        let named = self.is_called(c, &OF_ROWS) || self.ends_in(c, &["id", "index", "uuid"]);
        let unnamed = self.named && self.plain[c].is_empty();
        if by_one && (s.first == 0.0 || s.first == 1.0 || named) {
            return Some("it counts the rows".to_owned());
        }
        if (named || unnamed) && s.unique() && (s.whole || s.worded()) {
            return Some("a different value in every row".to_owned());
        }
        if unnamed && s.worded() {
            return Some("names of rows".to_owned());
        }
        let id = self.is_called(c, &["id", "ids", "uuid"]) || self.ends_in(c, &["id", "uuid"]);
        if id && self.many_values(c) {
            return Some("it names rows".to_owned());
        }
        if self.groups_rows(c) {
            return Some(WHOSE.to_owned());
        }
        if c == 0 && !self.named && self.numbers_rows() {
            return Some("large numbers, nearly all different, like names of rows".to_owned());
        }
        None
    }

    /// Without names: whether the first column, and no other, holds large whole numbers that hardly repeat, as in UCI's wdbc.data.
    fn numbers_rows(&self) -> bool {
        let hardly_repeats = |c: usize| {
            let s = self.column(c);
            let nearly = |d: usize| d as u64 * 10 >= s.present() * 9;
            s.words == 0 && s.whole && (s.unique() || s.distinct().is_some_and(nearly))
        };
        let s = self.column(0);
        let wide = s.high - s.low >= 10.0 * s.present() as f64;
        let large = s.present() >= 20 && s.low >= 1000.0 && wide;
        large && hardly_repeats(0) && self.len() > 2 && !(1..self.len()).any(hardly_repeats)
    }

    /// Whether a column is another one of what may be learnt: Y1 beside Y2.
    pub(super) fn other_target(&self, c: usize, learnt: &[usize]) -> Option<String> {
        let stem = |c: usize| {
            let end = self.plain[c].trim_end_matches(|d: char| d.is_ascii_digit());
            let counted = end.len() < self.plain[c].len();
            counted.then(|| end.trim_end_matches('_'))
        };
        let &[target] = learnt else { return None };
        let own = stem(target).filter(|s| self.named && OF_TARGETS.contains(s))?;
        (stem(c) == Some(own)).then(|| format!("like {} it may be learnt", self.names[target]))
    }

    pub(super) fn ends_in(&self, c: usize, words: &[&str]) -> bool {
        let last = self.plain[c].rsplit('_').next().unwrap_or_default();
        self.named && words.contains(&last)
    }

    /// More than a handful of different values.
    pub(super) fn many_values(&self, c: usize) -> bool {
        let s = self.column(c);
        (s.whole || s.worded())
            && s.distinct()
                .is_none_or(|d| d > 20 || d as u64 * 4 > s.present() && d > 5)
    }

    /// Whether a column says whose row it is: several rows each, many of them.
    pub(super) fn groups_rows(&self, c: usize) -> bool {
        let s = self.column(c);
        let words = self.plain[c].split('_');
        let called = self.named && words.into_iter().any(|w| OF_GROUPS.contains(&w));
        called && !s.unique() && (s.whole || s.worded()) && self.many_values(c)
    }

    /// Why words are no category, if they are none.
    pub(super) fn no_category(&self, c: usize) -> Option<String> {
        let s = self.column(c);
        if !s.worded() || s.is_truth() || s.days().is_some() {
            return None;
        }
        if s.unique() {
            return Some("a different word in every row".to_owned());
        }
        let many = |d: usize| d > MOST_WORDS && d as u64 * 2 >= s.present();
        if s.distinct().is_none_or(many) || s.mean_length() > LONG {
            return Some("text".to_owned());
        }
        s.constant()
            .then(|| "the same word in every row".to_owned())
    }

    /// What a column is as an input, told by its content.
    pub(super) fn own_role(&self, c: usize) -> Role {
        let s = self.column(c);
        if s.is_truth() {
            Role::Truth
        } else if let Some(order) = s.days() {
            Role::Day(order)
        } else if s.worded() {
            Role::Category
        } else {
            Role::Number
        }
    }

    /// Words, few enough to be classes.
    pub(super) fn is_class_of_words(&self, c: usize) -> bool {
        let s = self.column(c);
        s.worded() && s.days().is_none() && self.no_category(c).is_none_or(|_| s.constant())
    }

    /// Classes that count from 0 or 1 beside columns of bytes: copies of EMNIST.
    pub(super) fn many_classes(&self, c: usize) -> bool {
        let s = self.column(c);
        let Some(distinct) = s.distinct() else {
            return false;
        };
        distinct <= 1000
            && s.words == 0
            && s.counted(distinct)
            && s.numbers >= 10 * distinct as u64
            && self.len() > 16
            && self.strangers == usize::from(!are_bytes(self.column(c)))
    }

    /// Whether a name often is that of what is learnt: exactly (true), or by its last word (false).
    pub(super) fn weak_name(&self, c: usize) -> Option<bool> {
        if !self.named {
            return None;
        }
        let name = self.plain[c].as_str();
        if WEAK.contains(&name) {
            return Some(true);
        }
        let last = name.rsplit('_').next().unwrap_or_default();
        (WEAK.contains(&last) && name.contains('_')).then_some(false)
    }
}

/// Whether a column holds whole numbers from 0 to 255 alone.
pub(super) fn are_bytes(s: &Summary) -> bool {
    s.words == 0 && s.whole && s.low >= 0.0 && s.high <= 255.0
}
