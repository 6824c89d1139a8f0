//! A folder of text files, one per class and named like it, with an example a line.

use std::path::{Path, PathBuf};

use super::dataset::{Dataset, Targets};
use super::error::{DataError, display_path};
use super::found::{Format, Found, Warning};
use super::labels::MOST_CLASSES;
use super::progress::Progress;
use super::source::{LARGEST, Source};
use super::split::Filing;
use super::text_lines::{self, Class, LONGEST_TEXT, as_line, spelt};

/// Loads the text files of a folder, `skipped` others being left out.
pub(super) fn load(
    folder: &Path,
    files: &[PathBuf],
    skipped: usize,
    progress: &Progress,
) -> Result<Found, DataError> {
    let name = display_path(folder);
    if files.len() > MOST_CLASSES {
        let problem = format!(
            "{} text files; expected at most {MOST_CLASSES}",
            files.len()
        );
        return Err(DataError::invalid(&name, problem));
    }
    let mut texts = Vec::with_capacity(files.len());
    let mut left = LARGEST as usize;
    for file in files {
        let mut text = Vec::new();
        Source::open_watched(file, progress)?.read_rest(left, &mut text)?;
        left -= text.len();
        texts.push(text);
    }
    let classes: Vec<Class<'_>> = files
        .iter()
        .zip(&texts)
        .map(|(file, text)| Class {
            file: display_path(file),
            name: class_name(file),
            text,
        })
        .collect();
    let collected = text_lines::collect(&name, &classes)?;
    let (letters, repeated) = (collected.letters.clone(), collected.repeated);
    let (data, groups) = collected.grouped();
    let mut found = Found::new(Format::TextFolder, files.to_vec(), data);
    found.letters = letters;
    found.groups = Some(groups);
    if repeated > 0 {
        let warning = Warning::RepeatedLines { lines: repeated };
        found.warnings.push(warning);
    }
    if skipped > 0 {
        found.warnings.push(Warning::Skipped { files: skipped });
    }
    Ok(found)
}

/// Loads texts in a folder per class: part (0 to train, 1 to validate, 2 to test), class and file of each.
pub(super) fn load_classes(
    folder: &Path,
    files: &[(usize, String, PathBuf)],
    progress: &Progress,
) -> Result<Found, DataError> {
    let name = display_path(folder);
    let mut classes: Vec<&String> = files.iter().map(|(_, class, _)| class).collect();
    classes.sort_unstable();
    classes.dedup();
    if classes.len() > MOST_CLASSES {
        let problem = format!("{} classes; expected at most {MOST_CLASSES}", classes.len());
        return Err(DataError::invalid(&name, problem));
    }
    let mut left = LARGEST as usize;
    let mut texts = Vec::with_capacity(files.len());
    let mut cut = 0;
    for (_, _, file) in files {
        let mut bytes = Vec::new();
        Source::open_watched(file, progress)?.read_rest(left, &mut bytes)?;
        left -= bytes.len();
        let text = super::table_text::field(&bytes);
        let (mut short, longer) = as_line(&text);
        cut += usize::from(longer);
        if short.is_empty() {
            short.push(' ');
        }
        texts.push(short);
    }
    let (letters, lengths, steps) = spelt(&texts);
    let labels = files
        .iter()
        .map(|(_, class, _)| classes.binary_search(&class).unwrap_or(0) as u16)
        .collect();
    let count = |part: usize| files.iter().filter(|(p, ..)| *p == part).count();
    let (validation, test) = (count(1), count(2));
    let train = files.len() - test;
    let filing = match validation + test {
        0 => Filing::OneFile,
        _ => Filing::TrainAndTest { train },
    };
    let names = classes.iter().map(|c| super::error::one_line(c)).collect();
    let mut data = Dataset::from_sequences(
        &name,
        letters.len(),
        lengths,
        steps,
        Targets::Classes(labels).named(names),
        filing,
    )?;
    data.set_symbols(letters.clone());
    if validation > 0 {
        data.resplit(train - validation, validation, test)?;
    }
    let paths = files.iter().map(|(_, _, file)| file.clone()).collect();
    let mut found = Found::new(Format::TextClasses, paths, data);
    found.letters = letters.into_iter().collect();
    found.validation = (validation > 0).then_some(validation);
    if cut > 0 {
        found.warnings.push(Warning::Reading {
            note: format!(
                "{} cut after {LONGEST_TEXT} letters",
                super::error::counted(cut, "text")
            ),
        });
    }
    Ok(found)
}

/// The file's name without its endings.
pub(super) fn class_name(file: &Path) -> String {
    let name = file
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let name = name.strip_suffix(".txt").unwrap_or(name);
    super::error::one_line(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{LoadOptions, Part, load as load_path};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn lines_written_are_read_and_copies_stay_together(
            classes in prop::collection::vec(prop::collection::btree_set("[a-zäß ]{0,5}[a-zäß]", 1..12), 2..5),
            seed in any::<u64>(),
        ) {
            let folder = tempfile::tempdir().unwrap();
            for (i, lines) in classes.iter().enumerate() {
                let text: String = lines.iter().map(|line| format!("{line}\n\n")).collect();
                std::fs::write(folder.path().join(format!("c{i}.txt")), text).unwrap();
            }
            let options = LoadOptions {
                shuffle: Some(crate::data::Shuffle::Seed(seed)),
                ..LoadOptions::default()
            };
            // Copies may leave nothing to train on; that is said.
            let Ok(loaded) = load_path(folder.path(), &options, &Progress::new()) else {
                return Ok(());
            };
            let data = loaded.dataset().unwrap();
            let mut written: Vec<(String, usize)> = classes
                .iter()
                .enumerate()
                .flat_map(|(class, lines)| lines.iter().map(move |line| (line.trim().to_owned(), class)))
                .collect();
            written.sort();
            written.dedup();
            let mut letters: Vec<char> = written.iter().flat_map(|(line, _)| line.chars()).collect();
            letters.sort_unstable();
            letters.dedup();
            let line = |i: usize| -> String {
                data.stored_values(i, usize::MAX).into_iter().map(|(c, _)| letters[c]).collect()
            };
            let mut read: Vec<(String, usize)> = (0..data.len()).filter_map(|i| Some((line(i), data.label(i)?))).collect();
            read.sort();
            prop_assert_eq!(&read, &written);
            for (a, b) in [(Part::Train, Part::Validation), (Part::Train, Part::Test), (Part::Validation, Part::Test)] {
                prop_assert!(data.range(a).all(|i| data.range(b).all(|j| line(i) != line(j))));
            }
        }
    }
}
