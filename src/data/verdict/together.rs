//! What columns are beside one another: which is learnt, whether two are as likely, and which tells which.

use std::collections::HashMap;

use super::names::{
    FIRST_MEASURE, OF_CLASSES, OF_FACTORS, OF_INPUTS, PARTS_OF_NAMES, STRONG, WEAK,
};
use super::{Judge, Target};
use crate::data::error::DataError;
use crate::data::options::{Column, ColumnKind, TargetKind};
use crate::data::table_layout::are_pixels;

/// What is learnt, why, and the two columns that are as likely where two are.
type Reading = (Target, String, Option<[usize; 2]>);

impl Judge<'_> {
    /// The column to be learnt, why, and the two that are as likely where two are.
    pub(super) fn target(
        &self,
        out: &[Option<String>],
        kinds: &[Option<ColumnKind>],
    ) -> Result<Reading, DataError> {
        if let Some(asked) = &self.options.label {
            let target = match (asked, &self.places(asked)?[..]) {
                (Column::OneHot(_), all) if all.len() > 1 => Target::OneHot(all.to_vec()),
                (_, all) => Target::Column(all[0]),
            };
            return Ok((target, "as asked".to_owned(), None));
        }
        Ok(self.own_target(out, kinds))
    }

    /// The column that would be learnt had none been asked for, if that is another; and the one that would be if those learnt were not
    /// to be.
    pub(super) fn others(
        &self,
        learnt: &[usize],
        out: &[Option<String>],
        kinds: &[Option<ColumnKind>],
    ) -> [Option<usize>; 2] {
        let column = |out: &[Option<String>]| match self.own_target(out, kinds).0 {
            Target::Column(c) if out[c].is_none() && !learnt.contains(&c) => Some(c),
            _ => None,
        };
        let mut without = out.to_vec();
        for &c in learnt {
            without[c] = Some(String::new());
        }
        let proposed = self.options.label.as_ref().and_then(|_| column(out));
        [proposed, column(&without)]
    }

    /// The column that is likeliest to be learnt, why, and the two that are as likely where two are.
    fn own_target(&self, out: &[Option<String>], kinds: &[Option<ColumnKind>]) -> Reading {
        if self.named && self.len() >= 4 && self.plain.iter().all(|n| n.starts_with("p")) {
            let pixels = |n: &String| n.trim_start_matches('_').starts_with("pixel");
            if self.plain.iter().all(pixels) && are_pixels(self.names) {
                let (first, last) = (&self.names[0], &self.names[self.len() - 1]);
                let why = format!("{first} to {last} are pictures without labels");
                return (Target::Nothing, why, None);
            }
        }
        let candidates: Vec<usize> = (0..self.len())
            .filter(|&c| out[c].is_none())
            .filter(|&c| self.is_called(c, &STRONG) || self.no_input(c).is_none())
            .collect();
        if let Some(all) = self.one_hot(&candidates) {
            let why = format!(
                "the last {} columns are one class in {0} columns",
                all.len()
            );
            return (Target::OneHot(all), why, None);
        }
        if let Some(c) = self.by_strong_name(&candidates) {
            return (Target::Column(c), "its name says so".to_owned(), None);
        }
        let fit: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|&c| self.no_category(c).is_none() || self.column(c).constant())
            .filter(|&c| kinds[c] != Some(ColumnKind::Text))
            .collect();
        // Of columns that are all left out otherwise, the last.
        let (Some(&first), Some(&last)) = (fit.first(), fit.last()) else {
            let last = self.len() - 1;
            return (Target::Column(last), "the last column".to_owned(), None);
        };
        let worded: Vec<usize> = fit
            .iter()
            .copied()
            .filter(|&c| self.is_class_of_words(c))
            .collect();
        let score = |c: usize| -> i32 {
            let s = self.column(c);
            let mut score = 0;
            if let Some(weak) = self.weak_name(c) {
                score += if weak { 60 } else { 45 };
            }
            if s.words == 0 && s.constant() {
                score -= 100;
            }
            if worded == [c] {
                score += 40;
            } else if worded.contains(&c) {
                score += 15;
            } else if s.like_classes() && (!self.named || c == last || s.like_codes())
                || self.many_classes(c)
            {
                score += 20;
            }
            score += i32::from(s.sorted()) * 10;
            score += i32::from(c == last) * 25 + i32::from(c == first && c != last) * 10;
            score - i32::from(self.is_called(c, &OF_INPUTS) || self.is_coordinate(c)) * 30
        };
        let best = |except: Option<usize>| {
            let others = fit.iter().copied().filter(|&c| Some(c) != except);
            others.max_by_key(|&c| (score(c), c))
        };
        let top = best(None).unwrap_or(last);
        let second = best(Some(top));
        let doubt = match self.named {
            false => second.filter(|&other| self.in_doubt(first, last, &worded, top, other)),
            true => self.factor_in_doubt(first, last, &worded, top),
        };
        let why = if self.weak_name(top).is_some() {
            "its name says so"
        } else if worded == [top] {
            "the only column of words"
        } else if top == last {
            "the last column"
        } else if self.column(top).like_classes() {
            match top == first {
                true => "few whole numbers that repeat, at the start",
                false => "few whole numbers that repeat",
            }
        } else {
            "the likeliest of the columns"
        };
        let doubt = doubt.map(|other| [top.min(other), top.max(other)]);
        let doubt = doubt.filter(|[a, b]| a != b);
        (Target::Column(top), why.to_owned(), doubt)
    }

    /// With names: the other column that is as likely as `top`. Of several factors of a design the first is often sorted, or one is
    /// called type or group, and what was measured stands at the end.
    fn factor_in_doubt(
        &self,
        first: usize,
        last: usize,
        worded: &[usize],
        top: usize,
    ) -> Option<usize> {
        if worded.len() < 2 || !worded.contains(&top) || !self.is_measure(last) {
            return None;
        }
        let sorted = top == first && self.weak_name(top).is_none() && self.column(top).sorted();
        (sorted || self.is_called(top, &OF_FACTORS)).then_some(last)
    }

    /// Without names: whether the first and the last column are both classes by their looks, and neither more than the other.
    pub(super) fn in_doubt(
        &self,
        first: usize,
        last: usize,
        worded: &[usize],
        top: usize,
        other: usize,
    ) -> bool {
        let class = |c: usize| worded.contains(&c) || self.column(c).like_classes();
        let ends = first != last && [first, last].contains(&top) && [first, last].contains(&other);
        let evidence = |c: usize| (worded == [c], self.column(c).sorted());
        if !ends {
            return false;
        }
        if class(first) && class(last) {
            return evidence(first) == evidence(last);
        }
        // Words first and counts last, or the other way round.
        worded == [first] && self.column(last).whole && self.column(last).words == 0
    }

    /// The column whose name says that it is learnt.
    pub(super) fn by_strong_name(&self, candidates: &[usize]) -> Option<usize> {
        if !self.named {
            return None;
        }
        let coordinates = |c: usize| self.plain[c] == "y" && self.is_coordinate(c);
        let exact = STRONG.iter().find_map(|name| {
            candidates.iter().copied().find(|&c| {
                (self.plain[c] == *name || self.plain[c].replace('_', "") == *name)
                    && !coordinates(c)
            })
        });
        exact.or_else(|| {
            let part = |c: usize| {
                let mut words = self.plain[c].split('_');
                words.any(|word| PARTS_OF_NAMES.contains(&word))
            };
            let found: Vec<usize> = candidates.iter().copied().filter(|&c| part(c)).collect();
            let class = |c: usize| self.no_category(c).is_none() || self.column(c).constant();
            match found[..] {
                [only] if class(only) => Some(only),
                _ => None,
            }
        })
    }

    /// Whether a column holds numbers that measure: no classes, no time or place, nothing that names rows.
    fn is_measure(&self, c: usize) -> bool {
        let s = self.column(c);
        !s.worded()
            && !s.like_classes()
            && self.no_input(c).is_none()
            && !self.is_called(c, &OF_INPUTS)
    }

    /// Whether a column called x, y or z is a place: the others are among the columns, and what is there is more than they are, or a
    /// measure follows them.
    pub(super) fn is_coordinate(&self, c: usize) -> bool {
        let here = |name: &str| self.plain.iter().position(|n| n == name);
        if !self.named || !matches!(self.plain[c].as_str(), "x" | "y" | "z") || here("x").is_none()
        {
            return false;
        }
        let pair = here("x").is_some_and(|x| here("y") == Some(x + 1));
        (0..self.len()).any(|o| {
            let s = self.column(o);
            let called = matches!(self.plain[o].as_str(), "x" | "y" | "z");
            let there = !called
                && (self.is_class_of_words(o) || s.like_classes() || self.weak_name(o).is_some());
            let behind = pair
                && o == self.len() - 1
                && here("y").is_some_and(|y| y < o)
                && !s.worded()
                && (self.plain[o] == "z" || !called && self.is_measure(o));
            (there || behind) && self.no_input(o).is_none() && c != o
        })
    }

    /// Three columns of 0 and 1 or more at the end, with a single 1 in every row.
    pub(super) fn one_hot(&self, candidates: &[usize]) -> Option<Vec<usize>> {
        let flag = |c: usize| {
            let s = self.column(c);
            s.words == 0 && s.gaps == 0 && s.whole && s.low == 0.0 && s.high == 1.0
        };
        let flags: Vec<usize> = candidates
            .iter()
            .rev()
            .copied()
            .take_while(|&c| flag(c))
            .collect();
        if self.survey.rows.len() < 5 || candidates.len() == flags.len() && flags.len() < 4 {
            return None;
        }
        // As many from the end as have a single 1 together in every row.
        let rows = &self.survey.rows;
        let mut ones = vec![0_u32; rows.len()];
        for (n, &c) in flags.iter().enumerate() {
            for (ones, row) in ones.iter_mut().zip(rows) {
                let one = row.get(c).and_then(|f| f.parse::<f64>().ok()) == Some(1.0);
                *ones += u32::from(one);
            }
            if ones.iter().any(|n| *n > 1) {
                return None;
            }
            if n >= 2 && ones.iter().all(|n| *n == 1) {
                return Some(flags[..=n].iter().rev().copied().collect());
            }
        }
        None
    }

    /// Classes, or values to approximate.
    pub(super) fn kind(&self, target: &Target, kinds: &[Option<ColumnKind>]) -> TargetKind {
        if let Some(kind) = self.options.targets {
            return kind;
        }
        let Target::Column(c) = *target else {
            return TargetKind::Classes;
        };
        match kinds[c] {
            Some(ColumnKind::Number | ColumnKind::Date) => return TargetKind::Values,
            Some(ColumnKind::Category | ColumnKind::Text | ColumnKind::Letters) => {
                return TargetKind::Classes;
            }
            None => {}
        }
        let s = self.column(c);
        if s.worded() || self.is_called(c, &OF_CLASSES) {
            return TargetKind::Classes;
        }
        let measure = self.named
            && WEAK[FIRST_MEASURE..]
                .iter()
                .any(|w| self.plain[c].split('_').any(|part| part == *w));
        // Two numbers, each several times, are classes; so are those of a column that is called like one.
        let few = |d: usize| d <= 2 && s.numbers >= 2 * d as u64;
        let strong = self.by_strong_name(&[c]).is_some() && s.distinct().is_some_and(|d| d <= 10);
        let classes = s.whole
            && !measure
            && (s.like_classes()
                || self.many_classes(c)
                || s.distinct().is_some_and(few)
                || strong && s.distinct().is_some_and(|d| s.numbers >= 2 * d as u64));
        if classes {
            TargetKind::Classes
        } else {
            TargetKind::Values
        }
    }

    /// Whether each value of a column goes with one value of the target and the other way round, several times each.
    pub(super) fn tells(&self, c: usize, target: usize) -> bool {
        let (own, other) = (self.column(c), self.column(target));
        let (Some(a), Some(b)) = (own.distinct(), other.distinct()) else {
            return false;
        };
        let rows = self.survey.rows.len();
        if a != b || a < 2 || rows < 3 * a || a > 200 {
            return false;
        }
        let mut there: HashMap<&str, &str> = HashMap::new();
        let mut back: HashMap<&str, &str> = HashMap::new();
        self.survey.rows.iter().all(|row| {
            let (Some(x), Some(y)) = (row.get(c), row.get(target)) else {
                return true;
            };
            *there.entry(x).or_insert(y) == y && *back.entry(y).or_insert(x) == x
        })
    }
}

/// Whether one name is made from the other: kind and kind_id.
pub(super) fn related(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> { name.split('_').map(str::to_owned).collect() };
    let (a, b) = (words(a), words(b));
    let shared = |w: &String| w.len() > 2 && b.contains(w);
    a.iter().any(shared)
}
