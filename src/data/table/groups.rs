//! The column whose equal values say which rows of a table belong together.

use std::collections::HashMap;

use super::super::together::Together;
use super::*;

/// The numbers of the rows read so far.
pub(super) struct Groups {
    column: usize,
    known: HashMap<Box<str>, u32>,
    of: Vec<u32>,
    count: u32,
    alone: usize,
}

impl Groups {
    /// By the column that is asked for.
    pub(super) fn asked(form: &Form, options: &LoadOptions) -> Option<Self> {
        let column = match options.split_by.as_ref()? {
            Column::Number(n) => verdict::position(&form.names, &n.to_string()),
            Column::Name(name) => verdict::position(&form.names, name),
            Column::OneHot(_) => None,
        };
        Some(Self {
            column: column?,
            known: HashMap::new(),
            of: Vec::new(),
            count: 0,
            alone: 0,
        })
    }

    /// Takes a row that is an example.
    pub(super) fn take(&mut self, record: &csv::ByteRecord) {
        let text = field(record.get(self.column).unwrap_or_default());
        let text = text.trim();
        let next = self.count;
        let number = if is_missing(text) {
            self.alone += 1;
            next
        } else if let Some(&known) = self.known.get(text) {
            known
        } else {
            self.known.insert(text.into(), next);
            next
        };
        self.count += u32::from(number == next);
        self.of.push(number);
    }

    /// Which rows belong together, by the name of the column.
    pub(super) fn finish(self, form: &Form) -> Together {
        let by = match form.named {
            true => one_line(&form.names[self.column]),
            false => format!("column {}", self.column + 1),
        };
        Together {
            by,
            of: self.of,
            count: self.count as usize,
            alone: self.alone,
        }
    }
}

/// The columns that seem to say whose rows they are: no inputs, or called like it, with three values and more that come twice and more.
pub(super) fn worth(survey: &Survey, form: &Form, verdict: &Verdict) -> Vec<usize> {
    let several = |c: usize, known: bool| {
        let s = &survey.columns[c];
        let many = s
            .distinct()
            .map_or(known, |d| d >= 3 && s.present() >= 2 * d as u64);
        many && (s.worded() || s.whole) && !s.unique()
    };
    let called = |c: usize| form.named && super::verdict::names_whose(&form.names[c]);
    (0..form.names.len())
        .filter(|&c| match verdict.roles[c] {
            Role::Target => false,
            Role::Out => verdict.left_out.iter().any(|(out, why)| {
                *out == c && !why.ends_with("as asked") && several(c, why == super::verdict::WHOSE)
            }),
            _ => called(c) && several(c, true),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Part, Shuffle, load};
    use std::collections::BTreeSet;

    /// 12 rats, 5 rows each, and two rows without one.
    fn rats() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rats.csv");
        let mut text = "rat,weight,day,kind\n".to_owned();
        for i in 0..60 {
            text += &format!(
                "r{},{}.5,{},{}\n",
                i % 12,
                i * 7 % 31,
                i % 6,
                ["a", "b"][i % 2]
            );
        }
        text += ",3.5,1,a\n,4.5,2,b\n";
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn by(column: &str) -> LoadOptions {
        LoadOptions {
            split_by: Some(Column::Name(column.to_owned())),
            ..LoadOptions::default()
        }
    }

    #[test]
    fn rows_that_share_a_value_are_in_one_part() {
        let (_folder, path) = rats();
        let open = |options: &LoadOptions| load(&path, options, &Progress::new());
        let plain = open(&LoadOptions::default()).unwrap();
        let notes = plain.preview().lines().join("\n");
        assert!(
            notes.contains("note: rat repeats: --split-by rat"),
            "{notes}"
        );
        for shuffle in [Shuffle::None, Shuffle::Seed(0), Shuffle::Seed(5)] {
            let options = LoadOptions {
                shuffle: Some(shuffle),
                ..by("rat")
            };
            let loaded = open(&options).unwrap();
            let data = loaded.dataset().unwrap();
            assert_eq!(loaded.preview().columns, ["weight", "day"]);
            let rats = |part: Part| -> BTreeSet<usize> {
                let row = |i: usize| data.stored_at(i);
                let named = data.range(part).map(row).filter(|row| *row < 60);
                named.map(|row| row % 12).collect()
            };
            let [a, b, c] = [Part::Train, Part::Validation, Part::Test].map(rats);
            assert_eq!(a.len() + b.len() + c.len(), 12);
            assert!(a.is_disjoint(&b) && a.is_disjoint(&c) && b.is_disjoint(&c));
            assert_eq!(data.range(Part::Test).len(), 12, "a fifth of 62");
            let notes = loaded.preview().lines().join("\n");
            assert!(notes.contains("note: rows that share rat stay in one part: "));
            assert!(notes.contains("2 rows without it, each alone"), "{notes}");
            let again = open(loaded.chosen()).unwrap().dataset().unwrap();
            assert_eq!(
                (again.split(), again.targets()),
                (data.split(), data.targets())
            );
        }
    }

    #[test]
    fn what_cannot_keep_rows_together_is_said() {
        let (_folder, path) = rats();
        let line = |options: &LoadOptions| match load(&path, options, &Progress::new()) {
            Ok(loaded) => loaded.dataset().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(line(&by("mouse")).contains("there is no column \"mouse\""));
        let learnt = LoadOptions {
            label: Some(Column::Name("rat".into())),
            ..by("rat")
        };
        assert!(line(&learnt).contains("rat is learnt, and split_by names it too"));
        let few = LoadOptions {
            label: Some(Column::Name("day".into())),
            ..by("kind")
        };
        assert!(line(&few).contains("kind has 2 different values to deal to 3 parts"));
        // Asked for as an input, it is one.
        let mut both = by("rat");
        both.kind.insert("rat".into(), ColumnKind::Category);
        let loaded = load(&path, &both, &Progress::new()).unwrap();
        assert_eq!(loaded.preview().columns, ["rat", "weight", "day"]);
    }
}
