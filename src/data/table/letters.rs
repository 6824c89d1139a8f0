//! A table of texts with what is to be learnt of each: a text is read letter by letter, and is all that is read.

use std::collections::HashMap;

use super::super::dataset::Learnt;
use super::super::error::counted;
use super::super::inputs::Steps;
use super::super::text_lines::{LONGEST_TEXT, as_line, spelt};
use super::super::together::Together;
use super::super::unseen::Unseen;
use super::*;

/// The texts read so far.
#[derive(Default)]
pub(in crate::data) struct Letters {
    texts: Vec<String>,
    bytes: usize,
    /// Rows without a text.
    empty: usize,
    /// Those are examples too.
    pub(super) keeps_empty: bool,
    /// Texts that are longer than is read.
    cut: usize,
}

impl Letters {
    /// The texts of data that have been read.
    pub(in crate::data) fn of(data: &Dataset) -> Self {
        Self {
            texts: (0..data.len()).filter_map(|i| data.text(i)).collect(),
            ..Self::default()
        }
    }

    /// Takes the text of a row; false if it has none.
    pub(super) fn take(&mut self, record: &csv::ByteRecord, column: usize) -> Result<bool, String> {
        let text = field(record.get(column).unwrap_or_default());
        let (line, cut) = as_line(&text);
        if line.is_empty() && !self.keeps_empty {
            self.empty += 1;
            return Ok(false);
        }
        self.bytes += line.len();
        if self.bytes as u64 > LARGEST || self.texts.try_reserve(1).is_err() {
            return Err("not enough memory for the texts; expected a smaller table".to_owned());
        }
        self.cut += usize::from(cut);
        self.texts.push(line);
        Ok(true)
    }

    /// Adds what was noticed about the column of that name, written as `key` on the command line.
    pub(super) fn warn(&self, name: &str, key: &str, warnings: &mut Vec<Warning>) {
        let note = format!(
            "{name} is read letter by letter, and nothing else is (--kind \"{key}=category\" takes whole texts, --kind \"{key}=text\" leaves it out)"
        );
        warnings.push(Warning::Reading { note });
        if self.cut > 0 {
            let note = format!(
                "{} cut after {LONGEST_TEXT} letters",
                counted(self.cut, "text")
            );
            warnings.push(Warning::Reading { note });
        }
        if self.empty > 0 {
            warnings.push(Warning::RowsLeftOut {
                rows: self.empty,
                why: format!("{name} is empty there"),
            });
        }
    }

    /// The texts that come more than once, which are to be in one part.
    pub(super) fn copies(&self) -> Option<Together> {
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut of = Vec::with_capacity(self.texts.len());
        for text in &self.texts {
            let next = known.len() as u32;
            of.push(*known.entry(text).or_insert(next));
        }
        let count = known.len();
        (count < of.len()).then(|| Together {
            by: "a text".to_owned(),
            of,
            count,
            alone: 0,
        })
    }

    /// The examples, and their letters.
    pub(super) fn dataset(
        self,
        name: &str,
        targets: super::super::dataset::NamedTargets,
        filing: Filing,
    ) -> Result<(Dataset, String), DataError> {
        let (letters, lengths, steps) = spelt(&self.texts);
        let features = letters.len();
        let mut data = Dataset::from_sequences(name, features, lengths, steps, targets, filing)?;
        data.set_symbols(letters.clone());
        Ok((data, letters.into_iter().collect()))
    }

    /// New texts as a network reads them that was trained on others. Letters that it does not know are left out, and said.
    pub(in crate::data) fn unseen(
        self,
        file: &str,
        symbols: &[char],
        learnt: &Learnt,
    ) -> Result<Unseen, DataError> {
        let longest = learnt.shape[2];
        let places: HashMap<char, u16> = symbols.iter().copied().zip(0..=u16::MAX).collect();
        let (mut ids, mut lengths) = (Vec::new(), Vec::new());
        let (mut unknown, mut cut) = (0, 0);
        let mut unanswered = Vec::new();
        for (row, text) in self.texts.iter().enumerate() {
            let before = ids.len();
            for letter in text.chars() {
                match places.get(&letter) {
                    Some(_) if ids.len() - before == longest => {
                        cut += 1;
                        break;
                    }
                    Some(&id) => ids.push(id),
                    None => unknown += 1,
                }
            }
            if ids.len() == before {
                unanswered.push(row);
                ids.push(0);
            }
            lengths.push((ids.len() - before) as u32);
        }
        let mut notes = Vec::new();
        if unknown > 0 {
            notes.push(format!(
                "{} left out that no text has that the run was trained on",
                counted(unknown, "letter")
            ));
        }
        if cut > 0 {
            notes.push(format!(
                "{} cut after {longest} letters, the longest that the run was trained on",
                counted(cut, "text")
            ));
        }
        let targets = unlabelled(lengths.len());
        let steps = Steps::Symbols(ids);
        let features = symbols.len();
        let data =
            Dataset::from_sequences(file, features, lengths, steps, targets, Filing::OneFile)?;
        Ok(Unseen {
            data: data.adopt(learnt)?,
            unanswered,
            notes,
        })
    }
}

/// Whether a column is of sentences rather than of names: three words and more in a text, in the mean.
pub(in crate::data) fn sentences(survey: &Survey, c: usize) -> bool {
    let texts = survey.rows.iter().filter_map(|row| row.get(c));
    let (mut all, mut words) = (0, 0);
    for text in texts.filter(|t| !is_missing(t)) {
        all += 1;
        words += text.split_whitespace().count();
    }
    all > 0 && words >= 3 * all && survey.columns[c].worded()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Part, Shuffle, load, unseen};

    fn written(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn message(i: usize) -> String {
        match i % 3 {
            0 => format!("free prize, call {i} now"),
            1 => format!("see you at {i} then"),
            _ => "ok  thank you".to_owned(),
        }
    }

    fn messages() -> String {
        let kind = |i: usize| if i.is_multiple_of(3) { "spam" } else { "ham" };
        (0..60)
            .map(|i| format!("{}\t{}\n", kind(i), message(i)))
            .collect()
    }

    #[test]
    fn a_table_of_sentences_and_classes_is_read_letter_by_letter() {
        let quoted: String = (0..60)
            .map(|i| format!("{},\"{}\",,\n", ["spam", "ham", "ham"][i % 3], message(i)))
            .collect();
        for (name, text) in [
            ("SMSSpamCollection", messages()),
            ("spam.csv", format!("v1,v2,,\n{quoted}")),
            ("named.csv", format!("label,text,,\n{quoted}")),
        ] {
            let (_folder, path) = written(name, &text);
            let options = LoadOptions {
                shuffle: Some(Shuffle::None),
                ..LoadOptions::default()
            };
            let loaded = load(&path, &options, &Progress::new()).unwrap();
            let notes = loaded.preview().lines().join("\n");
            assert!(notes.contains("is read letter by letter"), "{notes}");
            let data = loaded.dataset().unwrap();
            let mut classes = data.classes().to_vec();
            classes.sort();
            assert_eq!(
                (data.len(), classes.join(" ")),
                (60, "ham spam".into()),
                "{name}"
            );
            // Copies of a text are in one part.
            let texts = |part: Part| -> std::collections::BTreeSet<String> {
                data.range(part).filter_map(|i| data.text(i)).collect()
            };
            assert!(texts(Part::Train).contains("ok thank you"));
            assert!(!texts(Part::Test).contains("ok thank you"));
            assert!(texts(Part::Test).is_disjoint(&texts(Part::Train)));
            let again = load(&path, loaded.chosen(), &Progress::new()).unwrap();
            assert_eq!(again.dataset().unwrap().targets(), data.targets());
        }
    }

    #[test]
    fn the_kind_of_a_column_decides_otherwise() {
        let rows: String = (0..40)
            .map(|i| format!("{},{},{}\n", ["red", "blue"][i % 2], i % 7, message(i)))
            .collect();
        let (_folder, path) = written(
            "t.csv",
            &format!("class,size,text\n{}", rows.replace("prize,", "prize")),
        );
        let with = |kind: Option<ColumnKind>| {
            let mut options = LoadOptions::default();
            options
                .kind
                .extend(kind.map(|kind| ("text".to_owned(), kind)));
            load(&path, &options, &Progress::new()).unwrap()
        };
        assert_eq!(with(None).preview().columns, ["size"]);
        let letters = with(Some(ColumnKind::Letters));
        assert_eq!(letters.preview().columns, ["text"]);
        let notes = letters.preview().lines().join("\n");
        assert!(
            notes.contains("left out: size (a text is read alone)"),
            "{notes}"
        );
        assert_eq!(letters.chosen().kind["text"], ColumnKind::Letters);
    }

    #[test]
    fn new_texts_are_read_in_the_letters_that_are_known() {
        let (folder, path) = written("sms.tsv", &format!("label\ttext\n{}", messages()));
        let loaded = load(&path, &LoadOptions::default(), &Progress::new()).unwrap();
        let learnt = loaded.dataset().unwrap().learnt();
        let new = folder.path().join("new.csv");
        let long = "a prize ".repeat(60);
        std::fs::write(
            &new,
            format!("id,text\n1,\"see you, Ω\"\n2,\n3,{long}\n4,ok\n"),
        )
        .unwrap();
        let found = unseen(&new, loaded.chosen(), &learnt, &Progress::new()).unwrap();
        assert_eq!((found.data.len(), &found.unanswered[..]), (4, &[1][..]));
        assert_eq!(found.data.text(3).as_deref(), Some("ok"));
        assert_eq!(found.data.text(0).as_deref(), Some("see you, "));
        let notes = found.notes.join("\n");
        assert!(
            notes.contains("1 letter left out") && notes.contains("1 text cut after"),
            "{notes}"
        );
        let lacking = folder.path().join("lacking.csv");
        std::fs::write(&lacking, "id,size\n1,2\n3,4\n").unwrap();
        let line = unseen(&lacking, loaded.chosen(), &learnt, &Progress::new());
        let line = line.unwrap_err().to_string();
        assert!(line.contains("no column text"), "{line}");
    }
}
