//! Numbers in text files: inputs and labels in files of their own (X_train.txt and y_train.txt), or the class told by file or folder.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::arrays;
use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place, display_path, one_line};
use super::files;
use super::found::{Format, Found, Warning};
use super::inputs::Steps;
use super::labels::MOST_CLASSES;
use super::lines::Lines;
use super::npy::Array;
use super::numbers::{Growing, Numbers};
use super::options::LoadOptions;
use super::pictures::part_of;
use super::progress::Progress;
use super::source::Source;
use super::split::Filing;

/// How much of a file's start is looked at.
const START: usize = 16 << 10;
/// How many files are looked at.
const LOOKED_AT: usize = 20;

/// Between numbers.
const BETWEEN: [char; 6] = [' ', '\t', ',', ';', '\r', '\n'];

/// Inputs and their labels.
pub(super) struct Pair {
    pub(super) inputs: PathBuf,
    pub(super) labels: PathBuf,
}

/// Whether the start of a file is numbers and nothing else.
fn is_numbers(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = Source::open(path).map(|source| source.take(START as u64).read_to_end(&mut start));
    let whole = start.len() < START;
    let Some(text) = String::from_utf8(start)
        .ok()
        .filter(|_| read.is_ok_and(|r| r.is_ok()))
    else {
        return false;
    };
    let mut fields: Vec<&str> = text.split(BETWEEN).filter(|f| !f.is_empty()).collect();
    if !whole {
        fields.pop();
    }
    !fields.is_empty() && fields.iter().all(|f| f.parse::<f64>().is_ok())
}

/// Whether text files, by class, hold numbers.
pub(super) fn all_numbers<'a>(files: impl Iterator<Item = &'a PathBuf>) -> bool {
    let mut any = false;
    files.take(LOOKED_AT).all(|file| {
        any = true;
        is_numbers(file)
    }) && any
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The labels that go with a file of inputs by its name.
pub(super) fn labels_of(inputs: &Path) -> Option<PathBuf> {
    let name = name_of(inputs);
    [
        ("X", "y"),
        ("x", "y"),
        ("data", "labels"),
        ("features", "labels"),
    ]
    .into_iter()
    .filter(|(x, _)| name.starts_with(x))
    .map(|(x, y)| inputs.with_file_name(name.replacen(x, y, 1)))
    .find(|labels| files::is_file(labels) && is_numbers(inputs) && is_numbers(labels))
}

/// Text files called X… and y… that hold numbers: the inputs to train on, and their labels; here, or in a folder to train on.
pub(super) fn pair(texts: &[PathBuf], folders: &[PathBuf]) -> Option<Pair> {
    let trained = |inputs: &&PathBuf| !name_of(inputs).to_lowercase().contains("test");
    let with_labels = |inputs: &PathBuf| {
        let labels = labels_of(inputs)?;
        let inputs = inputs.clone();
        Some(Pair { inputs, labels })
    };
    let here = texts.iter().filter(trained).find_map(with_labels);
    here.or_else(|| {
        let folder = folders.iter().find(|f| part_of(&name_of(f)) == Some(0))?;
        let mut files = files::listing(folder, 10_000).ok()?;
        files.sort_unstable();
        let text = |f: &&PathBuf| name_of(f).to_lowercase().ends_with(".txt");
        files
            .iter()
            .filter(text)
            .filter(trained)
            .find_map(with_labels)
    })
}

/// Loads inputs with their labels, and the test files that go with them by name. A list of what the classes are called
/// (`activity_labels.txt`) or of the names of the inputs (`features.txt`) beside them or above is read too.
pub(super) fn load(
    inputs: &Path,
    labels: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let mut found = arrays::load_texts(inputs, labels, options, |path| array(path, progress))?;
    let folder = inputs.parent().unwrap_or(Path::new(""));
    let list = |names: &[&str]| {
        let above = folder.parent().unwrap_or(folder);
        let all = names
            .iter()
            .flat_map(|name| [folder.join(name), above.join(name)]);
        all.filter(|path| files::is_file(path))
            .find_map(|path| numbered(&path))
    };
    if let Some(names) = list(&[
        "activity_labels.txt",
        "class_labels.txt",
        "labels_names.txt",
    ]) {
        found.data.rename_classes(&names);
    }
    if let Some(names) = list(&["features.txt", "feature_names.txt"]) {
        let columns = found.data.shape()[0];
        let all: Vec<&String> = (1..=columns)
            .filter_map(|i| names.get(&i.to_string()))
            .collect();
        let flat = found.data.shape()[1..] == [1, 1];
        if flat && names.len() == columns && all.len() == columns {
            found.columns = all.into_iter().cloned().collect();
        }
    }
    Ok(found)
}

/// A list of numbers and names, a line each: "1 WALKING".
fn numbered(path: &Path) -> Option<BTreeMap<String, String>> {
    let mut lines = Lines::new(Source::open(path).ok()?);
    let mut all = BTreeMap::new();
    while let Ok(Some((_, line))) = lines.next() {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (number, name) = line.split_once(BETWEEN)?;
        number.parse::<i64>().ok()?;
        if all.len() == MOST_CLASSES {
            return None;
        }
        all.insert(number.to_owned(), one_line(name.trim()));
    }
    (!all.is_empty()).then_some(all)
}

/// The numbers of a text file, as many in every line.
fn array(path: &Path, progress: &Progress) -> Result<Array, DataError> {
    let mut lines = Lines::new(Source::open_watched(path, progress)?);
    let file = display_path(path);
    let mut values = Growing::default();
    let (mut rows, mut columns) = (0, 0);
    while let Some((number, line)) = lines.next()? {
        let fail = |problem: String| DataError::malformed(&file, Place::Line(number), problem);
        let mut found = 0;
        for text in line.split(BETWEEN).filter(|f| !f.is_empty()) {
            let value = super::table::number(text).map_err(|p| fail(format!("a field {p}")))?;
            let room = values.push(value);
            room.map_err(|()| fail("not enough memory; expected a smaller file".to_owned()))?;
            found += 1;
        }
        if found == 0 {
            continue;
        }
        if rows == 0 {
            columns = found;
        }
        if found != columns {
            return Err(fail(format!("expected {columns} numbers, found {found}")));
        }
        rows += 1;
    }
    Ok(Array {
        file,
        dtype: "<f8".to_owned(),
        shape: vec![rows, columns],
        values: values.finish(),
        words: Vec::new(),
    })
}

/// Loads rows of numbers, a file per class.
pub(super) fn load_rows(
    folder: &Path,
    files: &[(PathBuf, String)],
    skipped: usize,
    progress: &Progress,
) -> Result<Found, DataError> {
    let name = display_path(folder);
    let mut columns = None;
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (class, (file, _)) in files.iter().enumerate() {
        let own = array(file, progress)?;
        let [rows, width] = own.shape[..] else {
            continue;
        };
        same_width(&mut columns, width, file)?;
        values.extend((0..own.values.len()).map(|i| own.values.get(i)));
        labels.extend(std::iter::repeat_n(class as u16, rows));
    }
    let classes = files.iter().map(|(_, class)| class.clone()).collect();
    let data = Dataset::from_numbers(
        &name,
        [columns.unwrap_or(0), 1, 1],
        Numbers::Reals(values),
        Targets::Classes(labels).named(classes),
        Filing::OneFile,
    )?;
    let paths = files.iter().map(|(file, _)| file.clone()).collect();
    let mut found = Found::new(Format::Numbers, paths, data);
    found.why = Some("the files that the numbers are in".to_owned());
    if skipped > 0 {
        found.warnings.push(Warning::Skipped { files: skipped });
    }
    Ok(found)
}

/// Loads numbers in a folder per class, a file an example: a single line is features, several are the steps of a series.
pub(super) fn load_files(
    folder: &Path,
    files: &[(usize, String, PathBuf)],
    progress: &Progress,
) -> Result<Found, DataError> {
    let name = display_path(folder);
    let classes: BTreeSet<&String> = files.iter().map(|(_, class, _)| class).collect();
    let classes: Vec<&String> = classes.into_iter().collect();
    let mut columns = None;
    let (mut values, mut lengths, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (_, class, file) in files {
        let own = array(file, progress)?;
        let [rows, width] = own.shape[..] else {
            continue;
        };
        if rows == 0 {
            let problem = "no numbers; expected one at least";
            return Err(DataError::malformed(&own.file, Place::File, problem));
        }
        same_width(&mut columns, width, file)?;
        values.extend((0..own.values.len()).map(|i| own.values.get(i)));
        lengths.push(rows as u32);
        labels.push(classes.binary_search(&class).unwrap_or(0) as u16);
    }
    let names = classes.iter().map(|class| one_line(class)).collect();
    let targets = Targets::Classes(labels).named(names);
    let count = |part: usize| files.iter().filter(|(p, ..)| *p == part).count();
    let (validation, test) = (count(1), count(2));
    let train = files.len() - test;
    let filing = match validation + test {
        0 => Filing::OneFile,
        _ => Filing::TrainAndTest { train },
    };
    let columns = columns.unwrap_or(0);
    let mut data = if lengths.iter().all(|rows| *rows == 1) {
        Dataset::from_numbers(
            &name,
            [columns, 1, 1],
            Numbers::Reals(values),
            targets,
            filing,
        )?
    } else {
        let steps = Steps::Reals(values);
        Dataset::from_sequences(&name, columns, lengths, steps, targets, filing)?
    };
    if validation > 0 {
        data.resplit(train - validation, validation, test)?;
    }
    let paths = files.iter().map(|(_, _, file)| file.clone()).collect();
    let mut found = Found::new(Format::Numbers, paths, data);
    found.why = Some("the folders of the numbers".to_owned());
    found.validation = (validation > 0).then_some(validation);
    Ok(found)
}

/// Refuses lines of another number of numbers than in the files before.
fn same_width(columns: &mut Option<usize>, width: usize, file: &Path) -> Result<(), DataError> {
    let first = *columns.get_or_insert(width);
    if first == width {
        return Ok(());
    }
    let problem = format!("{width} numbers in a line; expected {first}, as in the files before");
    Err(DataError::malformed(
        &display_path(file),
        Place::File,
        problem,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Part, load as load_path};

    fn written(files: &[(&str, String)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn rows(n: usize, from: usize) -> String {
        (from..from + n)
            .map(|i| format!("  {}e-001  -{}.5 {}\n", i * 7 % 11, i, i * i % 5))
            .collect()
    }

    #[test]
    fn inputs_and_labels_below_train_and_test_are_one_set() {
        let labels = |n: usize| {
            (0..n)
                .map(|i| format!("{}\n", 1 + i % 2))
                .collect::<String>()
        };
        let folder = written(&[
            ("README.txt", "about these data\n".into()),
            ("activity_labels.txt", "1 WALKING\n2 LYING DOWN\n".into()),
            (
                "features.txt",
                "1 tBodyAcc-mean()-X\n2 tBodyAcc-mean()-Y\n3 angle(X,gravity)\n".into(),
            ),
            ("train/X_train.txt", rows(24, 0)),
            ("train/y_train.txt", labels(24)),
            ("train/subject_train.txt", labels(24)),
            ("test/X_test.txt", rows(8, 24)),
            ("test/y_test.txt", labels(8)),
        ]);
        for path in [
            folder.path().to_owned(),
            folder.path().join("train"),
            folder.path().join("train/X_train.txt"),
        ] {
            let loaded = load_path(&path, &LoadOptions::default(), &Progress::new()).unwrap();
            let data = loaded.dataset().unwrap();
            assert_eq!(
                (data.len(), data.shape(), data.range(Part::Test)),
                (32, [3, 1, 1], 24..32)
            );
            assert_eq!(data.classes(), ["WALKING", "LYING DOWN"]);
            assert_eq!(loaded.preview().columns[2], "angle(X,gravity)");
            assert_eq!(data.stored_values(24, 2), [(0, 0.3), (1, -24.5)]);
        }
    }

    #[test]
    fn numbers_by_class_are_numbers_and_no_letters() {
        let folder = written(&[("run.txt", rows(20, 0)), ("walk.txt", rows(20, 30))]);
        let loaded = load_path(folder.path(), &LoadOptions::default(), &Progress::new()).unwrap();
        let data = loaded.dataset().unwrap();
        assert_eq!(
            (data.len(), data.shape(), data.lengths()),
            (40, [3, 1, 1], None)
        );
        assert_eq!(data.classes(), ["run", "walk"]);
        let files: Vec<(String, String)> = (0..24)
            .map(|i| {
                (
                    format!("{}/{i}.txt", ["up", "down"][i % 2]),
                    rows(4 + i % 3, i),
                )
            })
            .collect();
        let files: Vec<(&str, String)> =
            files.iter().map(|(n, t)| (n.as_str(), t.clone())).collect();
        let folder = written(&files);
        let loaded = load_path(folder.path(), &LoadOptions::default(), &Progress::new()).unwrap();
        let data = loaded.dataset().unwrap();
        assert_eq!((data.len(), data.shape()), (24, [3, 1, 6]));
        assert_eq!(
            data.lengths().unwrap().iter().sum::<u32>(),
            24 / 3 * (4 + 5 + 6)
        );
        let wrong = written(&[("a.txt", "1 2\n3 4\n".into()), ("b.txt", "1 2 3\n".into())]);
        let line = load_path(wrong.path(), &LoadOptions::default(), &Progress::new());
        let line = line.unwrap_err().to_string();
        assert!(
            line.contains("b.txt: 3 numbers in a line; expected 2"),
            "{line}"
        );
    }
}
