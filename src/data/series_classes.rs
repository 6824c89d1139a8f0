//! The classes of a `.ts` file. Its header lists them between blanks, and what writes such files (aeon, sktime) lists classes of
//! several words so too: which words belong together is told by the labels at the ends of the lines. Classes in quotes are read as well.

use std::collections::{HashMap, HashSet};

use super::labels::MOST_CLASSES;
use super::table::shortened;

/// Of more words than these each is a class.
const MOST_PARTED: usize = 4096;

/// The classes as declared, and the labels that came.
#[derive(Default)]
pub(super) struct Classes {
    /// The words of the header, what is in quotes as one.
    words: Vec<String>,
    /// The same, to look among them.
    set: HashSet<String>,
    /// The number of each label that came.
    known: HashMap<String, u16>,
    /// The labels in the order in which they came.
    labels: Vec<String>,
    /// Where each stands there.
    places: HashMap<String, u16>,
}

/// The words of a text, what is in quotes as one; blanks within are one blank.
fn words_of(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let quoted = matches!(first, '"' | '\'')
            .then(|| rest[1..].find(first))
            .flatten()
            // A quote closes where a word ends.
            .filter(|end| {
                rest[end + 2..]
                    .chars()
                    .next()
                    .is_none_or(char::is_whitespace)
            });
        let (word, end) = match quoted {
            Some(end) => (&rest[1..=end], end + 2),
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..end], end)
            }
        };
        words.push(plain(word));
        rest = rest[end..].trim_start();
    }
    words
}

/// A label without quotes around it, and with single blanks.
fn plain(text: &str) -> String {
    let mut text = text.trim();
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|t| t.strip_suffix(quote));
        text = inner.unwrap_or(text);
    }
    let all: Vec<&str> = text.split_whitespace().collect();
    super::error::one_line(&all.join(" "))
}

impl Classes {
    /// Takes the classes of a header; those of the test file must be the same.
    pub(super) fn declare(&mut self, text: &str) -> Result<(), String> {
        let words = words_of(text);
        if words.is_empty() || words.len() > MOST_CLASSES {
            return Err(format!(
                "{} classes declared; expected 1 to {MOST_CLASSES}",
                words.len()
            ));
        }
        if !self.words.is_empty() && self.words != words {
            return Err("other classes than in the training file; expected the same".into());
        }
        self.set = words.iter().cloned().collect();
        self.words = words;
        Ok(())
    }

    /// Whether there are classes.
    pub(super) fn declared(&self) -> bool {
        !self.words.is_empty()
    }

    /// The number of the label at the end of a line, which [`Classes::finish`] turns into that of a class.
    pub(super) fn take(&mut self, label: &str) -> Result<u16, String> {
        if let Some(&known) = self.known.get(label.trim()) {
            return Ok(known);
        }
        let own = plain(label);
        if !self.is_declared(&own) {
            let some: Vec<&str> = self.words.iter().take(20).map(String::as_str).collect();
            return Err(format!(
                "label \"{}\" is not among {}",
                shortened(label.trim()),
                some.join(", ")
            ));
        }
        let next = self.labels.len();
        let number = match self.places.get(&own) {
            Some(&number) => number,
            None if next == MOST_CLASSES => {
                return Err(format!("more than {MOST_CLASSES} different labels"));
            }
            None => {
                self.labels.push(own.clone());
                self.places.insert(own, next as u16);
                next as u16
            }
        };
        if self.known.len() < 2 * MOST_CLASSES {
            self.known.insert(label.trim().to_owned(), number);
        }
        Ok(number)
    }

    /// Whether a label is a declared word, or several that stand one after the other.
    fn is_declared(&self, label: &str) -> bool {
        if self.set.contains(label) {
            return true;
        }
        let few = self.words.len() <= MOST_PARTED && label.contains(' ');
        few && (0..self.words.len()).any(|at| self.spelt(label, at).is_some())
    }

    /// Where the words of a label end, if they are those from `at` on.
    fn spelt(&self, label: &str, at: usize) -> Option<usize> {
        let mut rest = label;
        for (i, word) in self.words.iter().enumerate().skip(at) {
            rest = rest.strip_prefix(word.as_str())?;
            if rest.is_empty() {
                return Some(i + 1);
            }
            rest = rest.strip_prefix(' ')?;
        }
        None
    }

    /// The classes, and of each label that came which of them it is.
    pub(super) fn finish(self) -> (Vec<String>, Vec<u16>) {
        let single = self.labels.iter().all(|label| self.set.contains(label));
        let classes = if single {
            self.words.clone()
        } else {
            self.parted()
        };
        let mut place = HashMap::new();
        for (i, class) in classes.iter().enumerate() {
            // Of two of one name the first counts.
            place.entry(class.as_str()).or_insert(i as u16);
        }
        let places = self.labels.iter().map(|l| place.get(l.as_str()).copied());
        let places = places.map(Option::unwrap_or_default).collect();
        (classes, places)
    }

    /// The words of the header as classes: as many words as can be are labels that came, of as few pieces as can be; what is left
    /// between them are classes without examples. Labels that have no place so come last.
    fn parted(&self) -> Vec<String> {
        let n = self.words.len();
        // From each word on: words that are in no label, pieces, and where the first piece ends if it is a label.
        let mut best: Vec<(usize, usize, Option<usize>)> = vec![(0, 0, None); n + 1];
        for at in (0..n).rev() {
            let (left, pieces, _) = best[at + 1];
            best[at] = (left + 1, pieces, None);
            for label in &self.labels {
                if let Some(end) = self.spelt(label, at) {
                    let (left, pieces, _) = best[end];
                    let with = (left, pieces + 1, Some(end));
                    if (with.0, with.1) < (best[at].0, best[at].1) {
                        best[at] = with;
                    }
                }
            }
        }
        let (mut classes, mut at, mut between) = (Vec::<String>::new(), 0, Vec::new());
        while at < n {
            match best[at].2 {
                None => {
                    between.push(self.words[at].as_str());
                    at += 1;
                }
                Some(end) => {
                    if !between.is_empty() {
                        classes.push(between.join(" "));
                        between.clear();
                    }
                    classes.push(self.words[at..end].join(" "));
                    at = end;
                }
            }
        }
        if !between.is_empty() {
            classes.push(between.join(" "));
        }
        let lacking: Vec<&String> = self
            .labels
            .iter()
            .filter(|l| !classes.contains(l))
            .collect();
        let lacking: Vec<String> = lacking.into_iter().cloned().collect();
        classes.extend(lacking);
        classes.truncate(MOST_CLASSES);
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(header: &str, labels: &[&str]) -> Result<(Vec<String>, Vec<String>), String> {
        let mut all = Classes::default();
        all.declare(header)?;
        let numbers: Result<Vec<u16>, String> = labels.iter().map(|l| all.take(l)).collect();
        let numbers = numbers?;
        let (classes, places) = all.finish();
        let each = numbers
            .into_iter()
            .map(|n| classes[usize::from(places[usize::from(n)])].clone())
            .collect();
        Ok((classes, each))
    }

    #[test]
    fn words_that_belong_together_are_told_by_the_labels() {
        for (header, labels, expected) in [
            ("a b", &["b", "a"][..], &["a", "b"][..]),
            (
                "Abnormal Heart Normal Heart",
                &["Normal Heart", "Abnormal Heart"],
                &["Abnormal Heart", "Normal Heart"],
            ),
            (
                "walking standing still",
                &["standing still", "walking"],
                &["walking", "standing still"],
            ),
            (
                "\"standing still\" 'a walk'",
                &["\"a walk\"", "standing  still"],
                &["standing still", "a walk"],
            ),
            ("a a b b", &["b", "a", "a b"], &["a", "a b", "b"]),
            (
                "class one class two class three",
                &["class two", "class one"],
                &["class one", "class two", "class three"],
            ),
            ("don't 'quote", &["don't", "'quote"], &["don't", "'quote"]),
        ] {
            let (found, each) = classes(header, labels).unwrap();
            assert_eq!(found, expected, "{header}");
            let labels: Vec<String> = labels.iter().map(|l| plain(l)).collect();
            assert_eq!(each, labels, "{header}");
        }
        let line = classes("class one class two", &["class one", "one two"]).unwrap_err();
        assert_eq!(
            line,
            "label \"one two\" is not among class, one, class, two"
        );
    }
}
