//! Lines of text by class, such as names by language: every line is a sequence of letters.
//!
//! The symbols are the characters that occur anywhere in the data, in the order of their code points. A line that occurs more than
//! once in a class counts once; a line that occurs in several classes counts once for each of them, and all its copies stay on one
//! side of the split.

use std::collections::{BTreeSet, HashMap};

use super::batches;
use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place};
use super::inputs::Steps;
use super::split::Filing;

/// The most characters of a line.
const LONGEST_LINE: usize = 10_000;

/// The most letters of a text that may have several lines.
pub(super) const LONGEST_TEXT: usize = 400;

/// A text as one line, as long as a network can be unrolled for, and whether it is longer.
pub(super) fn as_line(text: &str) -> (String, bool) {
    let mut line = String::new();
    let (mut letters, mut cut) = (0, false);
    for word in text.split_whitespace() {
        let blank = (!line.is_empty()).then_some(' ');
        for letter in blank.into_iter().chain(word.chars()) {
            if letters == LONGEST_TEXT {
                cut = true;
                break;
            }
            line.push(letter);
            letters += 1;
        }
        if cut {
            break;
        }
    }
    (line, cut)
}

/// The letters of some texts in their order, the length of each text, and its letters by number.
pub(super) fn spelt(texts: &[String]) -> (Vec<char>, Vec<u32>, Steps) {
    let alphabet: BTreeSet<char> = texts.iter().flat_map(|t| t.chars()).collect();
    let letters: Vec<char> = alphabet.into_iter().take(usize::from(u16::MAX)).collect();
    let ids: HashMap<char, u16> = letters.iter().copied().zip(0..).collect();
    let id = |c: char| ids.get(&c).copied().unwrap_or(0);
    let lengths = texts.iter().map(|t| t.chars().count() as u32).collect();
    let steps = texts.iter().flat_map(|t| t.chars()).map(id).collect();
    (letters, lengths, Steps::Symbols(steps))
}

/// The text of one class.
pub(super) struct Class<'a> {
    /// The file, as shown in messages.
    pub(super) file: String,
    /// The class's name.
    pub(super) name: String,
    /// Its lines, as stored.
    pub(super) text: &'a [u8],
}

/// The lines of all classes, in the order of the files.
pub(super) struct Collected {
    /// As filed, without a split of its own.
    pub(super) data: Dataset,
    /// A number for each example; equal lines have the same.
    groups: Vec<u32>,
    /// The letters in their order.
    pub(super) letters: String,
    /// Lines that were left out because their class has them already.
    pub(super) repeated: usize,
}

/// Collects lines by class.
///
/// Lines are trimmed; empty ones are left out.
///
/// # Errors
/// One line naming file and line: text that is not UTF-8, a line beyond 10,000 characters, a class without lines, no class at all.
pub(super) fn collect(name: &str, classes: &[Class<'_>]) -> Result<Collected, DataError> {
    let mut groups: HashMap<&str, u32> = HashMap::new();
    // For every group the classes it occurs in, as example numbers in the order of the files.
    let mut members: Vec<(u32, &str, u16)> = Vec::new();
    let mut repeated = 0;
    for (class, of) in classes.iter().enumerate() {
        let before = members.len();
        let class = class as u16;
        let mut seen = std::collections::HashSet::new();
        for (index, line) in of.text.split(|&byte| byte == b'\n').enumerate() {
            let place = Place::Line(index + 1);
            let Ok(line) = std::str::from_utf8(line) else {
                let problem = "not valid UTF-8; expected one line of UTF-8 text per example";
                return Err(DataError::malformed(&of.file, place, problem));
            };
            let line = line.trim_start_matches('\u{feff}').trim();
            if line.is_empty() {
                continue;
            }
            if !seen.insert(line) {
                repeated += 1;
                continue;
            }
            let length = line.chars().count();
            if length > LONGEST_LINE {
                let problem = format!("{length} characters; expected at most {LONGEST_LINE}");
                return Err(DataError::malformed(&of.file, place, problem));
            }
            let next = groups.len() as u32;
            let group = *groups.entry(line).or_insert(next);
            members.push((group, line, class));
        }
        if members.len() == before {
            let problem = format!(
                "class {} has no samples; expected at least one line",
                of.name
            );
            return Err(DataError::malformed(&of.file, Place::File, problem));
        }
    }
    let alphabet: BTreeSet<char> = groups.keys().flat_map(|line| line.chars()).collect();
    let ids: HashMap<char, u16> = alphabet.iter().copied().zip(0..=u16::MAX).collect();
    if ids.len() < alphabet.len() {
        let problem = format!(
            "{} different characters; expected at most 65536",
            alphabet.len()
        );
        return Err(DataError::invalid(name, problem));
    }
    let mut lengths = Vec::with_capacity(members.len());
    let mut symbols = Vec::new();
    for (_, line, _) in &members {
        let before = symbols.len();
        symbols.extend(line.chars().filter_map(|c| ids.get(&c).copied()));
        lengths.push((symbols.len() - before) as u32);
    }
    let labels = members.iter().map(|&(_, _, class)| class).collect();
    let names = classes.iter().map(|class| class.name.clone()).collect();
    let mut data = Dataset::from_sequences(
        name,
        alphabet.len(),
        lengths,
        Steps::Symbols(symbols),
        Targets::Classes(labels).named(names),
        Filing::OneFile,
    )?;
    data.set_symbols(alphabet.iter().copied().collect());
    let groups = members.iter().map(|&(group, _, _)| group).collect();
    Ok(Collected {
        data,
        groups,
        letters: alphabet.into_iter().collect(),
        repeated,
    })
}

impl Collected {
    /// The examples with equal lines beside each other, and their numbers in that order, each a run.
    pub(super) fn grouped(self) -> (Dataset, Vec<u32>) {
        let Self {
            mut data, groups, ..
        } = self;
        let mut order: Vec<u32> = (0..groups.len() as u32).collect();
        order.sort_by_key(|&example| groups[example as usize]);
        let numbers: Vec<u32> = order.iter().map(|&e| groups[e as usize]).collect();
        data.reorder(order, Some(numbers.clone()));
        (data, numbers)
    }
}

/// Makes a dataset of lines by class.
///
/// The distinct lines are shuffled by `seed` (or kept in order without one); the first eight tenths of the examples train, a tenth
/// validates and a tenth tests, each cut moved on to the end of a line's copies.
///
/// # Errors
/// As [`collect`].
pub(super) fn dataset(
    name: &str,
    classes: &[Class<'_>],
    seed: Option<u64>,
) -> Result<Dataset, DataError> {
    let Collected {
        mut data, groups, ..
    } = collect(name, classes)?;
    let distinct = groups.iter().copied().max().map_or(0, |g| g as usize + 1);
    let rank = match seed {
        None => (0..distinct as u32).collect(),
        Some(seed) => {
            let mut rank = vec![0; distinct];
            for (place, group) in batches::order(seed, 0, distinct).into_iter().enumerate() {
                rank[group as usize] = place as u32;
            }
            rank
        }
    };
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    let rank_of = |example: u32| rank[groups[example as usize] as usize];
    order.sort_by_key(|&example| rank_of(example));
    let numbers: Vec<u32> = order.iter().map(|&example| rank_of(example)).collect();
    data.reorder(order, Some(numbers.clone()));
    let cut = |tenths: usize| {
        let at = numbers.len() * tenths / 10;
        let whole = (at.max(1)..numbers.len()).find(|&i| numbers[i] != numbers[i - 1]);
        whole.unwrap_or(numbers.len())
    };
    let (first, second) = (cut(8), cut(9));
    data.resplit(first, second - first, numbers.len() - second)?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;

    fn class<'a>(name: &str, text: &'a str) -> Class<'a> {
        Class {
            file: format!("{name}.txt"),
            name: name.to_owned(),
            text: text.as_bytes(),
        }
    }

    #[test]
    fn a_line_counts_once_for_each_class_and_its_copies_stay_together() {
        let a: Vec<String> = (0..40).map(|i| format!("n{i}")).collect();
        let text = a.join("\n");
        let doubled = format!("{text}\n\n{text}\nonly\n");
        for seed in 0..20 {
            let classes = [class("A", &text), class("B", &doubled)];
            let data = dataset("made", &classes, Some(seed)).unwrap();
            assert_eq!((data.len(), data.classes().len()), (81, 2));
            assert_eq!(collect("made", &classes).unwrap().repeated, 40);
            let parts = [Part::Train, Part::Validation, Part::Test];
            let inputs = |part: Part| -> BTreeSet<Vec<u64>> {
                let row = |i: usize| {
                    let mut out = vec![0.0; data.input_len()];
                    data.write_input(i, &mut out);
                    out.iter().map(|v| v.to_bits()).collect()
                };
                data.range(part).map(row).collect()
            };
            let all = parts.map(|part| data.range(part).len());
            assert_eq!(all.iter().sum::<usize>(), 81);
            let distinct: usize = parts.map(|part| inputs(part).len()).iter().sum();
            assert_eq!(distinct, 41, "a name lies in two parts");
        }
        let mut data = dataset("made", &[class("A", &text), class("B", &doubled)], None).unwrap();
        let line = data.resplit(41, 20, 20).unwrap_err().to_string();
        assert!(
            line.contains("copies of one example in train and validation"),
            "{line}"
        );
        data.resplit(40, 20, 21).unwrap();
    }

    #[test]
    fn letters_are_one_hot_and_end_at_the_last_step() {
        let data = dataset(
            "made",
            &[class("A", "ba\r\nc"), class("B", "\u{feff}abc")],
            None,
        )
        .unwrap();
        assert_eq!(
            (data.shape(), data.lengths()),
            ([3, 1, 3], Some(&[2, 1, 3][..]))
        );
        let mut out = [9.0; 9];
        data.write_input(0, &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        data.write_input(1, &mut out);
        assert_eq!(out, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn what_is_wrong_is_named_by_file_and_line() {
        let line = |classes: &[Class<'_>]| dataset("made", classes, None).unwrap_err().to_string();
        assert!(
            line(&[class("A", "x"), class("B", " \n")])
                .starts_with("B.txt: class B has no samples")
        );
        let latin = Class {
            file: "L.txt".into(),
            name: "L".into(),
            text: b"ok\nM\xfcller",
        };
        assert!(line(&[latin]).starts_with("L.txt, line 2: not valid UTF-8"));
        assert!(
            line(&[class("A", &"x".repeat(10_001))]).contains("A.txt, line 1: 10001 characters")
        );
    }
}
