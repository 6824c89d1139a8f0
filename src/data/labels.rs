//! Labels as they come, in words or in numbers, made into class numbers with names.

use std::collections::HashMap;

use super::dataset::numbered;

/// The most classes: as many as 16 bits tell apart.
pub(super) const MOST_CLASSES: usize = 1 << 16;
/// Labels counting from 0 are taken as class numbers up to here; beyond, the numbers that occur are the classes.
const MOST_COUNTED: i64 = 4096;

/// Collects labels in words.
#[derive(Debug, Default)]
pub(super) struct Labels {
    known: HashMap<Box<str>, u16>,
    names: Vec<String>,
    each: Vec<u16>,
}

impl Labels {
    /// Adds an example's label; `false` if that would be one class too many.
    pub(super) fn push(&mut self, label: &str) -> bool {
        let label = whole(label).map_or_else(|| label.to_owned(), |n| n.to_string());
        if let Some(&id) = self.known.get(label.as_str()) {
            self.each.push(id);
            return true;
        }
        let Ok(id) = u16::try_from(self.names.len()) else {
            return false;
        };
        self.known.insert(label.as_str().into(), id);
        self.names.push(label);
        self.each.push(id);
        true
    }

    /// How many examples have a label.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.each.len()
    }

    /// Class numbers and names: whole numbers by [`from_numbers`], anything else in alphabetical order.
    pub(super) fn finish(self) -> (Vec<u16>, Vec<String>) {
        let numbers: Option<Vec<i64>> = self.names.iter().map(|name| whole(name)).collect();
        let (place, names) = match numbers {
            Some(numbers) => from_numbers(&numbers),
            None => {
                let mut sorted = self.names.clone();
                sorted.sort_unstable();
                let rank: HashMap<&str, u16> = sorted
                    .iter()
                    .zip(0..=u16::MAX)
                    .map(|(name, id)| (name.as_str(), id))
                    .collect();
                let place = self.names.iter().map(|n| rank[n.as_str()]).collect();
                (place, sorted)
            }
        };
        let each = self.each.iter().map(|&id| place[usize::from(id)]).collect();
        (each, names)
    }
}

/// A whole number in any notation: "3", "-1", "2.0", "1.000e+00". A number with zeros in front is a name ("007").
pub(super) fn whole(text: &str) -> Option<i64> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if super::fields::is_code(digits) {
        return None;
    }
    text.parse().ok().or_else(|| {
        let starts = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        let value: f64 = text.parse().ok().filter(|_| starts)?;
        (value.fract() == 0.0 && value.abs() <= EXACT).then_some(value as i64)
    })
}

/// Class numbers and names of whole numbers. If they count from 0, the number is the class, whether or not all occur, as long as half
/// of them do; otherwise the numbers that occur are the classes, in order, named by themselves.
///
/// At most [`MOST_CLASSES`] different numbers may be given.
pub(super) fn from_numbers(labels: &[i64]) -> (Vec<u16>, Vec<String>) {
    let low = labels.iter().copied().min().unwrap_or(0);
    let high = labels.iter().copied().max().unwrap_or(0);
    let half = high as usize / 2;
    if low == 0 && high < MOST_COUNTED && distinct_up_to(labels, half) > half {
        let each = labels.iter().map(|&n| n as u16).collect();
        return (each, numbered(high as usize + 1));
    }
    let mut distinct = labels.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let each = labels
        .iter()
        .map(|n| distinct.binary_search(n).unwrap_or(0) as u16)
        .collect();
    (each, distinct.iter().map(i64::to_string).collect())
}

/// How many different numbers there are, counting no further than one beyond `most`.
pub(super) fn distinct_up_to(labels: &[i64], most: usize) -> usize {
    let mut seen = std::collections::HashSet::new();
    for label in labels {
        seen.insert(*label);
        if seen.len() > most {
            break;
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_and_numbers_keep_their_meaning() {
        let finish = |labels: &[&str]| {
            let mut all = Labels::default();
            assert!(labels.iter().all(|l| all.push(l)));
            assert_eq!(all.len(), labels.len());
            let (each, names) = all.finish();
            (each, names.join(","))
        };
        assert_eq!(finish(&["b", "a", "b"]), (vec![1, 0, 1], "a,b".into()));
        assert_eq!(finish(&["2", "0", "2.0"]), (vec![2, 0, 2], "0,1,2".into()));
        assert_eq!(
            finish(&["10", "9", "-1"]),
            (vec![2, 1, 0], "-1,9,10".into())
        );
        assert_eq!(
            finish(&["0", "1.0e+00", "0.000e+00"]),
            (vec![0, 1, 0], "0,1".into())
        );
        assert_eq!(finish(&["0", "4000"]), (vec![0, 1], "0,4000".into()));
        assert_eq!(
            finish(&["01", "1", "001"]),
            (vec![1, 2, 0], "001,01,1".into())
        );
        assert_eq!(finish(&["1", "x"]), (vec![0, 1], "1,x".into()));
        assert_eq!(finish(&["1.5", "1"]), (vec![1, 0], "1,1.5".into()));
    }

    #[test]
    fn one_class_too_many_is_noticed() {
        let mut all = Labels::default();
        assert!((0..MOST_CLASSES).all(|i| all.push(&format!("c{i}"))));
        assert!(all.push("c7") && !all.push("new"));
        assert_eq!(distinct_up_to(&[1, 1, 2, 3], 1), 2);
    }
}
