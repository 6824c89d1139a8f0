//! Files that a network has not been trained on, read as those were that it was trained on.

use std::path::Path;

use super::arrays::unlabelled;
use super::dataset::{Dataset, Learnt, LearntColumn, LearntTable, Reading};
use super::error::{DataError, Place, display_path};
use super::found::Warning;
use super::guard::guarded;
use super::inputs::Steps;
use super::lines::Lines;
use super::load::{read, turn};
use super::options::{Colour, LoadOptions, Rows};
use super::origin::Origin;
use super::progress::Progress;
use super::recognise::{Recognised, recognise_within};
use super::split::Filing;
use super::{pictures, table, text_folder};

/// New examples.
#[derive(Debug, Clone)]
pub struct Unseen {
    /// In the order of the file, with stand-ins for targets.
    pub data: Dataset,
    /// Examples with gaps for which the training part has nothing to fill them with.
    pub unanswered: Vec<usize>,
    /// What was noticed.
    pub notes: Vec<String>,
}

/// Reads what is at `path` as inputs of a network that was trained on data of which `learnt` is known and that were read with
/// `options`. Labels need not be there, and are not looked at.
///
/// # Errors
/// One line naming the file, the place and what was expected; also if the examples are of another kind or size.
pub fn unseen(
    path: &Path,
    options: &LoadOptions,
    learnt: &Learnt,
    progress: &Progress,
) -> Result<Unseen, DataError> {
    guarded(path, || unseen_unguarded(path, options, learnt, progress))
}

fn unseen_unguarded(
    path: &Path,
    options: &LoadOptions,
    learnt: &Learnt,
    progress: &Progress,
) -> Result<Unseen, DataError> {
    // How a file is read, but nothing about which of its examples are used or what is learnt of them.
    let plain = LoadOptions {
        header: options.header,
        delimiter: options.delimiter,
        rows: options.rows.or(learnt.sequences.then_some(Rows::Series)),
        shape: options.shape,
        fit: options.fit,
        colour: Some(options.colour.unwrap_or(Colour::Stored)),
        grey: options.grey,
        turned: options.turned,
        alone: true,
        ..LoadOptions::default()
    };
    let recognised = recognise_within(path, progress);
    if let Some(symbols) = &learnt.symbols {
        let (recognised, _open) = match recognised {
            Ok((recognised, open)) => (Some(recognised), open),
            Err(_) => (None, None),
        };
        return match (recognised, &learnt.table) {
            (Some(Recognised::Table(table)), Some(columns)) => {
                let origin = Origin::file(&table);
                let read = table::unseen::load(&origin, &plain, learnt, columns, progress);
                // A text a line may have commas too.
                let lines = table.extension().is_some_and(|e| e == "txt");
                match read {
                    Err(_) if lines => texts(path, symbols, learnt, progress),
                    read => read,
                }
            }
            (Some(Recognised::PackedTable(path)), Some(columns)) => {
                table::unseen::load(&path, &plain, learnt, columns, progress)
            }
            (Some(Recognised::TextClasses(files)), _) => {
                let found = text_folder::load_classes(path, &files, progress)?;
                table::letters::Letters::of(&found.data).unseen(
                    &display_path(path),
                    symbols,
                    learnt,
                )
            }
            _ => texts(path, symbols, learnt, progress),
        };
    }
    let (recognised, _open) = recognised?;
    let pictures = match &recognised {
        Recognised::PictureFolder(path) => Some((path.clone(), false)),
        Recognised::PictureZip(path) => Some((path.clone(), true)),
        _ => None,
    };
    let origin = match recognised {
        Recognised::Table(path) => Some(Origin::file(&path)),
        Recognised::PackedTable(origin) => Some(origin),
        _ => None,
    };
    match origin {
        Some(origin) if !learnt.sequences || learnt.table.is_some() => {
            let numbers = numbers(learnt.shape.iter().product());
            let columns = learnt.table.as_ref().unwrap_or(&numbers);
            table::unseen::load(&origin, &plain, learnt, columns, progress)
        }
        None if learnt.table.is_some() && !learnt.sequences => Err(DataError::invalid(
            &display_path(path),
            "is no table; expected one, as the run was trained on",
        )),
        _ => {
            let found = match pictures {
                Some((path, zip)) => {
                    let mut found = pictures::load_unseen(&path, zip, &plain, progress)?;
                    turn(&mut found, &plain)?;
                    found
                }
                None => read(path, &plain, progress)?,
            };
            Ok(Unseen {
                data: found.data.adopt(learnt)?,
                unanswered: Vec::new(),
                notes: found.warnings.iter().map(Warning::to_string).collect(),
            })
        }
    }
}

/// A table of numbers alone, which stands for other flat data.
fn numbers(columns: usize) -> LearntTable {
    let column = |number| LearntColumn {
        name: None,
        number,
        reading: Reading::Number,
        indicator: false,
    };
    LearntTable {
        columns,
        learns: Vec::new(),
        inputs: (1..=columns).map(column).collect(),
    }
}

/// A text a line, in the letters that are known.
fn texts(
    path: &Path,
    symbols: &[char],
    learnt: &Learnt,
    progress: &Progress,
) -> Result<Unseen, DataError> {
    let source = Origin::file(path).open(progress)?;
    let file = source.file().to_owned();
    let mut lines = Lines::new(source);
    let (mut ids, mut lengths) = (Vec::new(), Vec::new());
    let most = learnt.shape[2];
    while let Some((number, line)) = lines.next()? {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let fail = |problem: String| DataError::malformed(&file, Place::Line(number), problem);
        let before = ids.len();
        for letter in line.chars() {
            let place = symbols.iter().position(|&s| s == letter);
            let place = place.ok_or_else(|| {
                fail(format!(
                    "the letter {letter:?} is in no text that the run was trained on"
                ))
            })?;
            ids.push(place as u16);
        }
        let length = ids.len() - before;
        if length > most {
            return Err(fail(format!(
                "{length} letters; expected at most {most}, the longest text that the run was trained on"
            )));
        }
        lengths.push(length as u32);
    }
    let targets = unlabelled(lengths.len());
    let data = Dataset::from_sequences(
        &file,
        symbols.len(),
        lengths,
        Steps::Symbols(ids),
        targets,
        Filing::OneFile,
    )?;
    Ok(Unseen {
        data: data.adopt(learnt)?,
        unanswered: Vec::new(),
        notes: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Missing, Shuffle, load};

    fn inputs(data: &Dataset) -> Vec<Vec<u64>> {
        (0..data.len())
            .map(|i| {
                let mut input = vec![0.0; data.input_len()];
                data.write_input(i, &mut input);
                input.iter().map(|v| v.to_bits()).collect()
            })
            .collect()
    }

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What is known of data in the order of their file, by way of the text in which a run keeps it.
    fn known(path: &Path, options: &LoadOptions) -> (Learnt, LoadOptions, Vec<Vec<u64>>) {
        let options = LoadOptions {
            shuffle: Some(Shuffle::None),
            ..options.clone()
        };
        let loaded = load(path, &options, &Progress::new()).unwrap();
        let data = loaded.dataset().unwrap();
        let text = serde_json::to_string(&data.learnt()).unwrap();
        let learnt = serde_json::from_str(&text).unwrap();
        (learnt, loaded.chosen().clone(), inputs(&data))
    }

    fn rows() -> Vec<[String; 6]> {
        (0..60)
            .map(|i| {
                let gap = i % 9 == 4;
                [
                    if gap {
                        String::new()
                    } else {
                        format!("{}.5", (i * 7) % 23)
                    },
                    ["red", "green", "blue"][(i * i) % 3].to_owned(),
                    format!("2024-0{}-1{}", 1 + i % 9, i % 10),
                    ["yes", "no"][i % 2].to_owned(),
                    format!("{}", (i * 13) % 40),
                    ["calm", "storm"][(i / 3) % 2].to_owned(),
                ]
            })
            .collect()
    }

    const NAMES: [&str; 6] = ["height", "colour", "day", "wet", "count", "weather"];

    fn table(columns: &[usize]) -> String {
        let line = |row: &[String]| {
            let all: Vec<&str> = columns.iter().map(|&c| row[c].as_str()).collect();
            all.join(",") + "\n"
        };
        let names = NAMES.map(str::to_owned);
        line(&names) + &rows().iter().map(|r| line(r)).collect::<String>()
    }

    #[test]
    fn the_same_rows_are_the_same_inputs_whatever_the_order_of_columns() {
        let folder = tempfile::tempdir().unwrap();
        let whole = file(&folder, "whole.csv", &table(&[0, 1, 2, 3, 4, 5]));
        let other = file(&folder, "other.csv", &table(&[4, 2, 1, 0, 3]));
        for missing in [Missing::Mean, Missing::Frequent, Missing::Indicator] {
            let options = LoadOptions {
                missing: Some(missing),
                label: Some(Column::Name("weather".into())),
                ..LoadOptions::default()
            };
            let (learnt, options, expected) = known(&whole, &options);
            assert_eq!(learnt.classes, ["calm", "storm"]);
            for path in [&whole, &other] {
                let found = unseen(path, &options, &learnt, &Progress::new()).unwrap();
                assert_eq!(inputs(&found.data), expected, "{missing:?}");
                assert!(found.unanswered.is_empty());
                let gaps = "height: 7 gaps filled with what the training part gives";
                assert_eq!(found.notes, [gaps]);
            }
        }
    }

    #[test]
    fn words_gaps_and_columns_that_are_not_known_are_said() {
        let folder = tempfile::tempdir().unwrap();
        let whole = file(&folder, "whole.csv", &table(&[1, 4, 5]));
        let (learnt, options, _) = known(&whole, &LoadOptions::default());
        let read = |name: &str, text: &str| {
            unseen(
                &file(&folder, name, text),
                &options,
                &learnt,
                &Progress::new(),
            )
        };
        let found = read("a.csv", "count,colour\n3,red\n4,pink\n").unwrap();
        let mut input = vec![0.0; found.data.input_len()];
        found.data.write_input(1, &mut input);
        assert_eq!(input[..2], [0.0; 2]);
        assert!(
            found.notes[0].contains("colour: 1 word"),
            "{:?}",
            found.notes
        );
        let line = read("b.csv", "count,shade\n3,red\n")
            .unwrap_err()
            .to_string();
        assert!(line.contains("no column colour"), "{line}");
        // No gap was there to learn from: nothing may stand in for one in silence.
        let only = file(
            &folder,
            "only.csv",
            "a,b,kind\n1,2,x\n3,5,y\n2,2,x\n5,4,y\n",
        );
        let (learnt, options, _) = known(&only, &LoadOptions::default());
        let gaps = file(&folder, "gaps.csv", "a,b\n1,\n3,5\n");
        let found = unseen(&gaps, &options, &learnt, &Progress::new()).unwrap();
        assert_eq!(found.unanswered, [0]);
    }

    #[test]
    fn columns_without_names_are_taken_by_place() {
        let folder = tempfile::tempdir().unwrap();
        let lines = |with: bool| -> String {
            (0..40)
                .map(|i| match with {
                    true => format!("{}.5,{},{}\n", i % 7, ["a", "b"][i % 2], i * 3 % 11),
                    false => format!("{}.5,{}\n", i % 7, i * 3 % 11),
                })
                .collect()
        };
        let whole = file(&folder, "whole.csv", &lines(true));
        let options = LoadOptions {
            label: Some(Column::Number(2)),
            ..LoadOptions::default()
        };
        let (learnt, options, expected) = known(&whole, &options);
        let bare = file(&folder, "bare.csv", &lines(false));
        for path in [&whole, &bare] {
            let found = unseen(path, &options, &learnt, &Progress::new()).unwrap();
            assert_eq!(inputs(&found.data), expected);
        }
        let more = file(&folder, "more.csv", "1,2,3,4\n5,6,7,8\n");
        let line = unseen(&more, &options, &learnt, &Progress::new());
        let line = line.unwrap_err().to_string();
        assert!(line.contains("4 columns; expected the 3"), "{line}");
    }

    #[test]
    fn pictures_without_folders_for_classes_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let png = crate::data::picture::tests::png;
        let put = |name: &str, bytes: Vec<u8>| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        for i in 0..4 {
            put(
                &format!("train/{}/{i}.png", i % 2),
                png(2, 2, 3, &[i * 9; 12]),
            );
            put(&format!("new/{i}.png"), png(2, 2, 1, &[i * 9; 4]));
        }
        // Grey pictures that were stored in colour; the new ones are stored in grey.
        let (learnt, options, mut before) =
            known(&folder.path().join("train"), &LoadOptions::default());
        assert_eq!(options.colour, Some(Colour::Grey));
        let read = unseen(
            &folder.path().join("new"),
            &options,
            &learnt,
            &Progress::new(),
        );
        let after = inputs(&read.unwrap().data);
        // Those of class 0 come first.
        before.swap(1, 2);
        assert_eq!(after, before);
    }

    #[test]
    fn texts_are_spelt_in_the_letters_that_are_known() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("names")).unwrap();
        for (name, text) in [
            ("north.txt", "ada\nbo\nodd\n"),
            ("south.txt", "dado\nab\nbad\n"),
        ] {
            std::fs::write(folder.path().join("names").join(name), text).unwrap();
        }
        let (learnt, options, _) = known(&folder.path().join("names"), &LoadOptions::default());
        let new = file(&folder, "new.txt", "ada\n\ndob\n");
        let found = unseen(&new, &options, &learnt, &Progress::new()).unwrap();
        assert_eq!(found.data.text(0).as_deref(), Some("ada"));
        assert_eq!(found.data.text(1).as_deref(), Some("dob"));
        for (text, expected) in [("ada\nbox\n", "line 2"), ("adadada\n", "at most 4")] {
            let path = file(&folder, "wrong.txt", text);
            let line = unseen(&path, &options, &learnt, &Progress::new());
            let line = line.unwrap_err().to_string();
            assert!(line.contains(expected), "{line}");
        }
    }

    #[test]
    fn what_is_given_is_answered_alone() {
        let folder = tempfile::tempdir().unwrap();
        let series = |n: usize| -> String {
            let line = |i: usize| format!("{}.5,{},{}:{}\n", i % 5, i % 3, i, ["a", "b"][i % 2]);
            let head = "@problemName X\n@univariate true\n@classLabel true a b\n@data\n";
            format!("{head}{}", (0..n).map(line).collect::<String>())
        };
        let train = file(&folder, "X_TRAIN.ts", &series(24));
        file(&folder, "X_TEST.ts", &series(9));
        let loaded = load(&train, &LoadOptions::default(), &Progress::new()).unwrap();
        let data = loaded.dataset().unwrap();
        assert_eq!(data.len(), 33);
        let found = unseen(&train, loaded.chosen(), &data.learnt(), &Progress::new()).unwrap();
        assert_eq!(found.data.len(), 24, "and nothing of the file beside it");
    }

    #[test]
    fn series_in_tables_are_read_by_the_names_of_their_steps() {
        let folder = tempfile::tempdir().unwrap();
        let rows = |label: bool, steps: usize| -> String {
            let line = |i: usize| {
                let mut line: Vec<String> =
                    (0..steps).map(|s| format!("{}.25", i * s % 9)).collect();
                line.extend(label.then(|| ["a", "b"][i % 2].to_owned()));
                line.join(",") + "\n"
            };
            let mut names: Vec<String> = (0..steps).map(|s| format!("t{s}")).collect();
            names.extend(label.then(|| "kind".to_owned()));
            names.join(",") + "\n" + &(0..30).map(line).collect::<String>()
        };
        let whole = file(&folder, "whole.csv", &rows(true, 6));
        let (learnt, options, expected) = known(&whole, &LoadOptions::default());
        assert!(learnt.sequences);
        for path in [whole, file(&folder, "bare.csv", &rows(false, 6))] {
            let found = unseen(&path, &options, &learnt, &Progress::new()).unwrap();
            assert_eq!(inputs(&found.data), expected);
        }
        let short = file(&folder, "short.csv", &rows(false, 4));
        let found = unseen(&short, &options, &learnt, &Progress::new()).unwrap();
        assert_eq!(found.data.lengths(), Some(&[4; 30][..]));
        let long = file(&folder, "other.csv", "a,b,c\n1,2,3\n4,5,6\n");
        let line = unseen(&long, &options, &learnt, &Progress::new());
        let line = line.unwrap_err().to_string();
        assert!(line.contains("no column t0, t1"), "{line}");
    }
}
