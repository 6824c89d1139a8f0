//! What the marks of the window mean: one table of texts, `assets/texts/en.toml`, by kind of mark and by the words that the mark shows.
//!
//! Numbers in those words are written `#` in the table, so that one row explains every level and every count.

use super::kit::card;
use egui::Response;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const ENGLISH: &str = include_str!("../../assets/texts/en.toml");

/// The kinds of mark that the table has a section for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A heading of a section.
    Heading,
    /// The title of a view.
    View,
    /// A row of a label and a number.
    Row,
    /// One of several choices side by side.
    Choice,
    /// What the picture on the screen is.
    Badge,
    /// A verdict.
    Verdict,
    /// A button.
    Button,
    /// A list that opens.
    List,
    /// A field that takes a number.
    Field,
    /// The caption beside the title of a view, by that title.
    Caption,
    /// A column of the network, by what it holds.
    Vertex,
    /// An operation of a layer, by its name in files.
    Operation,
    /// A caption of columns, or words beside something.
    Words,
}

impl Mark {
    const ALL: [Self; 13] = [
        Self::Heading,
        Self::View,
        Self::Row,
        Self::Choice,
        Self::Badge,
        Self::Verdict,
        Self::Button,
        Self::List,
        Self::Field,
        Self::Caption,
        Self::Vertex,
        Self::Operation,
        Self::Words,
    ];

    fn section(self) -> &'static str {
        match self {
            Self::Heading => "headings",
            Self::View => "views",
            Self::Row => "rows",
            Self::Choice => "choices",
            Self::Badge => "badges",
            Self::Verdict => "verdicts",
            Self::Button => "buttons",
            Self::List => "lists",
            Self::Field => "fields",
            Self::Caption => "captions",
            Self::Vertex => "vertices",
            Self::Operation => "operations",
            Self::Words => "words",
        }
    }
}

static TEXTS: LazyLock<BTreeMap<(Mark, String), String>> = LazyLock::new(|| {
    // A test reads the table: what is bundled is well formed.
    let table: toml::Table = ENGLISH.parse().unwrap_or_default();
    let mut texts = BTreeMap::new();
    for mark in Mark::ALL {
        let section = table.get(mark.section()).and_then(toml::Value::as_table);
        for (words, text) in section.into_iter().flatten() {
            if let Some(text) = text.as_str() {
                texts.insert((mark, words.clone()), text.to_owned());
            }
        }
    }
    texts
});

/// The words with every number as `#`.
pub(super) fn pattern(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut before = ' ';
    let mut letters = words.chars().peekable();
    while let Some(c) = letters.next() {
        let joined = |c: char| matches!(c, ',' | '.' | '−' | 'e');
        if c.is_ascii_digit() {
            if before != '#' {
                out.push('#');
            }
            before = '#';
        } else if before == '#'
            && joined(c)
            && letters
                .peek()
                .is_some_and(|n| n.is_ascii_digit() || *n == '−')
        {
            // 2,080 and 0.5 are one number.
        } else {
            out.push(c);
            before = c;
        }
    }
    out
}

/// All that the table says.
#[cfg(test)]
pub fn texts() -> impl Iterator<Item = &'static str> {
    TEXTS.values().map(String::as_str)
}

/// What the table says of a mark with these words, if it says anything.
pub fn text(mark: Mark, words: &str) -> Option<&'static str> {
    let find = |words: &str| TEXTS.get(&(mark, words.to_owned())).map(String::as_str);
    find(words).or_else(|| find(&pattern(words)))
}

/// The mark, with its explanation on hover and focus if the table has one.
pub fn mark(response: Response, mark: Mark, words: &str) -> Response {
    match text(mark, words) {
        Some(text) => card::hover(response, text),
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_are_one_sign() {
        assert_eq!(
            pattern("dense 1 32, 2,080 parameters"),
            "dense # #, # parameters"
        );
        assert_eq!(pattern("ε 0.5737 at t = 1"), "ε # at t = #");
        assert_eq!(pattern("1.45e−7"), "#");
        assert_eq!(pattern("x, y"), "x, y");
    }

    /// Every row of the table is read, none stands for two kinds of mark, and each is a sentence.
    #[test]
    fn the_table_is_whole() {
        let table: toml::Table = ENGLISH.parse().unwrap();
        let known: BTreeSet<&str> = Mark::ALL.iter().map(|m| m.section()).collect();
        let mut rows = 0;
        for (section, texts) in &table {
            assert!(known.contains(section.as_str()), "{section}");
            rows += texts.as_table().unwrap().len();
        }
        assert_eq!(rows, TEXTS.len());
        let mut seen = BTreeSet::new();
        for ((mark, words), text) in TEXTS.iter() {
            assert!(text.ends_with('.'), "{mark:?} {words}: {text}");
            assert!(
                text.len() > 15 && text.len() < 420,
                "{mark:?} {words}: {text}"
            );
            assert!(seen.insert(text), "two marks say: {text}");
        }
    }
}
