//! Datasets from NumPy arrays: an NPZ archive with the usual names, or an NPY file with its labels beside it.
//!
//! Arrays are `[examples, features]`, `[examples, rows, columns]`, `[examples, channels, rows, columns]` or the same with the channels
//! last, or, beside lengths, `[examples, steps, features]`. Labels are whole numbers, one-hot rows, or values to approximate.

use std::path::{Path, PathBuf};

use super::archive::FileArchive;
use super::dataset::Dataset;
use super::error::{DataError, Place, display_path, one_line};
use super::files;
use super::found::{Format, Found, Warning};
use super::inputs::Steps;
use super::npy::{self, Array, shape_text};
use super::numbers::Numbers;
use super::options::{Answer, LoadOptions, Rows};
use super::padded::{self, Unpadded};
use super::progress::Progress;
use super::source::Source;
use super::split::Filing;
use super::test_beside::test_file_beside;

mod targets;

use targets::targets;
pub(super) use targets::unlabelled;

/// Names of arrays in an archive, without regard to case.
const INPUTS: [&str; 5] = ["x", "images", "data", "features", "inputs"];
const LABELS: [&str; 6] = ["y", "labels", "label", "target", "targets", "classes"];
const LENGTHS: [&str; 3] = ["lengths", "length", "seq_lengths"];

/// One part of the data: inputs, labels, lengths.
struct Arrays {
    inputs: Array,
    labels: Option<Array>,
    lengths: Option<Array>,
}

/// All parts of the data, as the files have them.
struct Parts {
    train: Arrays,
    validation: Option<Arrays>,
    test: Option<Arrays>,
}

/// Loads an NPZ archive; its `x_train … y_test`, or else its `x` and `y` (with those of a test archive beside it by name).
pub(super) fn load_npz(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let mut archive = FileArchive::open(path, progress)?;
    let members = archive.names();
    let mut files = vec![path.to_owned()];
    let parts = if find(&members, &INPUTS, Some("train")).is_some() {
        let train = member_arrays(&mut archive, &members, Some("train"))?;
        let mut validation = None;
        for part in ["val", "valid", "validation"] {
            if validation.is_none() && find(&members, &INPUTS, Some(part)).is_some() {
                validation = Some(member_arrays(&mut archive, &members, Some(part))?);
            }
        }
        let test = match find(&members, &INPUTS, Some("test")) {
            Some(_) => Some(member_arrays(&mut archive, &members, Some("test"))?),
            None => None,
        };
        Parts {
            train,
            validation,
            test,
        }
    } else {
        let train = member_arrays(&mut archive, &members, None)?;
        let test = match test_file_beside(path, options) {
            Some(beside) => {
                let mut archive = FileArchive::open(&beside, progress)?;
                let members = archive.names();
                files.push(beside);
                Some(member_arrays(&mut archive, &members, None)?)
            }
            None => None,
        };
        Parts {
            train,
            validation: None,
            test,
        }
    };
    const CLASSES: [&str; 4] = [
        "target_names",
        "class_names",
        "label_names",
        "classes_names",
    ];
    const FEATURES: [&str; 3] = ["feature_names", "features_names", "column_names"];
    let (names, unread) = names_in(&mut archive, &members, &CLASSES);
    let (columns, more) = names_in(&mut archive, &members, &FEATURES);
    let mut found = assemble(Format::Npz, path, files, parts, names, options)?;
    if columns.len() == found.data.shape()[0] && found.data.lengths().is_none() {
        found.columns = columns;
    }
    found.warnings.extend(unread.into_iter().chain(more));
    Ok(found)
}

/// The words of the list called like one of `names`, where an archive has one; what is said where it cannot be read.
fn names_in(
    archive: &mut FileArchive,
    members: &[String],
    names: &[&str],
) -> (Vec<String>, Option<Warning>) {
    let Some(member) = find(members, names, None) else {
        return (Vec::new(), None);
    };
    match archive.member(member).and_then(npy::read_labels) {
        Ok(names) => {
            let all = (0..names.values.len()).map(|i| names.values.get(i) as usize);
            let words = all.filter_map(|i| names.words.get(i).cloned());
            (words.collect(), None)
        }
        // They are not needed.
        Err(error) => {
            let note = format!("the names are not read: {error}");
            (Vec::new(), Some(Warning::Reading { note }))
        }
    }
}

/// Loads an NPY file with the labels given or found beside it, and the test arrays that go with them by name.
pub(super) fn load_npy(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let read = |path: &Path| npy::read(Source::open_watched(path, progress)?);
    let read_labels = |path: &Path| npy::read_labels(Source::open_watched(path, progress)?);
    let inputs = read(path)?;
    let examples = inputs.shape.first().copied().unwrap_or(0);
    let mut files = vec![path.to_owned()];
    let found = || {
        // Labels of another number of examples are named rather than passed over.
        let any = labels_of(path, None).filter(|_| inputs.shape.len() >= 2);
        labels_of(path, Some(examples)).or(any)
    };
    let beside = match options.alone {
        true => None,
        false => options.labels.clone().or_else(found),
    };
    let labels = match &beside {
        Some(file) => {
            files.push(file.clone());
            Some(read_labels(file)?)
        }
        None => None,
    };
    let train = Arrays {
        inputs,
        labels,
        lengths: None,
    };
    let mut test = None;
    if options.labels.is_none()
        && beside.is_some()
        && let Some(inputs) = test_file_beside(path, options)
    {
        let inputs_read = read(&inputs)?;
        let count = inputs_read.shape.first().copied().unwrap_or(0);
        if let Some(file) = labels_of(&inputs, Some(count)) {
            let labels = Some(read_labels(&file)?);
            files.extend([inputs, file]);
            test = Some(Arrays {
                inputs: inputs_read,
                labels,
                lengths: None,
            });
        }
    }
    let parts = Parts {
        train,
        validation: None,
        test,
    };
    assemble(Format::Npy, path, files, parts, Vec::new(), options)
}

/// Loads numbers from text files that `read` reads, a row an example: the inputs, their labels, and the test files that go with them by
/// name.
pub(super) fn load_texts(
    inputs: &Path,
    labels: &Path,
    options: &LoadOptions,
    read: impl Fn(&Path) -> Result<Array, DataError>,
) -> Result<Found, DataError> {
    let part = |inputs: &Path, labels: &Path| -> Result<Arrays, DataError> {
        Ok(Arrays {
            inputs: read(inputs)?,
            labels: Some(read(labels)?),
            lengths: None,
        })
    };
    let train = part(inputs, labels)?;
    let mut files = vec![inputs.to_owned(), labels.to_owned()];
    let test = match (
        test_file_beside(inputs, options),
        test_file_beside(labels, options),
    ) {
        (Some(x), Some(y)) => {
            let test = part(&x, &y)?;
            files.extend([x, y]);
            Some(test)
        }
        _ => None,
    };
    let parts = Parts {
        train,
        validation: None,
        test,
    };
    assemble(Format::Numbers, inputs, files, parts, Vec::new(), options)
}

/// The NPY file beside `inputs` whose one dimension (or first of two) has `examples`, if that is known, and whose name goes with it.
fn labels_of(inputs: &Path, examples: Option<usize>) -> Option<PathBuf> {
    let name = inputs.file_name()?.to_str()?;
    let folder = inputs
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let fits = |path: &Path| {
        let header = Source::open(path).and_then(|mut s| npy::shape_of(&mut s));
        header.is_ok_and(|shape| {
            let count = shape.first().copied();
            shape.len() <= 2 && examples.is_none_or(|n| count == Some(n))
        })
    };
    let words = [
        ("images", "labels"),
        ("X", "y"),
        ("x", "y"),
        ("data", "labels"),
        ("data", "target"),
        ("features", "labels"),
        ("inputs", "targets"),
    ];
    for (word, other) in words {
        for (at, _) in name.match_indices(word) {
            let candidate = format!("{}{other}{}", &name[..at], &name[at + word.len()..]);
            let candidate = folder.join(candidate);
            if files::is_file(&candidate) && fits(&candidate) {
                return Some(candidate);
            }
        }
    }
    // Otherwise the only array of the right length whose name speaks of labels: `digits_X_u8.npy` goes with `digits_y_i64.npy`.
    let mut found = None;
    let mut entries: Vec<PathBuf> = files::listing(folder, 10_000).ok()?;
    entries.sort_unstable();
    for candidate in entries {
        let stem = candidate.file_stem()?.to_string_lossy().to_lowercase();
        let speaks = stem
            .split(['_', '-', '.', ' '])
            .any(|word| LABELS.contains(&word));
        let npy = candidate.extension().is_some_and(|e| e == "npy");
        if npy && speaks && candidate != inputs && files::is_file(&candidate) && fits(&candidate) {
            if found.is_some() {
                return None;
            }
            found = Some(candidate);
        }
    }
    found
}

/// The member called like one of `names`, with `part` before or after it where one is asked for.
fn find<'a>(members: &'a [String], names: &[&str], part: Option<&str>) -> Option<&'a str> {
    let wanted: Vec<String> = match part {
        None => names.iter().map(|&name| name.to_owned()).collect(),
        Some(part) => names
            .iter()
            .flat_map(|name| {
                [
                    format!("{name}_{part}"),
                    format!("{part}_{name}"),
                    format!("{name}{part}"),
                ]
            })
            .collect(),
    };
    wanted.iter().find_map(|wanted| {
        members
            .iter()
            .find(|member| {
                let name = member.strip_suffix(".npy").unwrap_or(member);
                name.to_lowercase() == *wanted
            })
            .map(String::as_str)
    })
}

fn member_arrays(
    archive: &mut FileArchive,
    members: &[String],
    part: Option<&str>,
) -> Result<Arrays, DataError> {
    let Some(inputs) = find(members, &INPUTS, part) else {
        let found: Vec<String> = members
            .iter()
            .take(20)
            .map(|name| one_line(name.strip_suffix(".npy").unwrap_or(name)))
            .collect();
        return Err(DataError::malformed(
            archive.file(),
            Place::File,
            format!(
                "no array of inputs; expected x and y, x_train and y_train, images and labels, or data and target; found: {}",
                found.join(", ")
            ),
        ));
    };
    let inputs = npy::read(archive.member(inputs)?)?;
    let mut other = |names: &[&str]| match find(members, names, part) {
        Some(name) => npy::read_labels(archive.member(name)?).map(Some),
        None => Ok(None),
    };
    Ok(Arrays {
        inputs,
        labels: other(&LABELS)?,
        lengths: other(&LENGTHS)?,
    })
}

fn assemble(
    format: Format,
    path: &Path,
    files: Vec<PathBuf>,
    parts: Parts,
    names: Vec<String>,
    options: &LoadOptions,
) -> Result<Found, DataError> {
    let Parts {
        mut train,
        validation,
        test,
    } = parts;
    let mut examples = count(&train.inputs)?;
    let mut filing = Filing::OneFile;
    let mut labels = checked_labels(&train, examples)?;
    let mut validated = None;
    if let Some(validation) = validation {
        let more = count(&validation.inputs)?;
        labels = match (labels, checked_labels(&validation, more)?) {
            (Some(a), Some(b)) => Some(joined(a, b)?),
            (None, None) => None,
            _ => {
                let problem = "only one of the training and validation arrays has labels";
                return Err(DataError::invalid(&display_path(path), problem));
            }
        };
        train.inputs = joined(train.inputs, validation.inputs)?;
        train.lengths = match (train.lengths, validation.lengths) {
            (Some(a), Some(b)) => Some(joined(a, b)?),
            (own, _) => own,
        };
        validated = Some(more);
        examples += more;
        filing = Filing::TrainAndTest { train: examples };
    }
    if let Some(test) = &test {
        filing = Filing::TrainAndTest { train: examples };
        let more = checked_labels(test, count(&test.inputs)?)?;
        labels = match (labels, more) {
            (Some(a), Some(b)) => Some(joined(a, b)?),
            (None, None) => None,
            _ => {
                let problem = "only one of the training and test arrays has labels";
                return Err(DataError::invalid(&display_path(path), problem));
            }
        };
    }
    let labelled = labels.is_some();
    // Reals with few numbers in the last place: steps of a series with a few channels, or pictures that are very narrow.
    let narrow = match train.inputs.shape[..] {
        [_, steps, channels] if options.rows.is_none() && options.shape.is_none() => {
            let bytes = matches!(train.inputs.values, Numbers::Bytes(_));
            (!bytes && channels < 8 && steps >= 2 * channels).then_some((steps, channels))
        }
        _ => None,
    };
    let series = options.rows == Some(Rows::Series)
        || narrow.is_some()
        || train.lengths.is_some() && options.rows.is_none();
    let doubt = narrow
        .filter(|(_, channels)| *channels > 1 && train.lengths.is_none())
        .map(|(steps, channels)| {
            [
                (
                    Answer::Rows(Rows::Series),
                    format!("series of {steps} steps of {channels} numbers"),
                ),
                (
                    Answer::Rows(Rows::Features),
                    format!("pictures of {steps} x {channels}"),
                ),
            ]
        });
    let finish = |mut data: Dataset| -> Result<Found, DataError> {
        if let Some(validation) = validated {
            let test = data.len() - examples;
            data.resplit(examples - validation, validation, test)?;
        }
        let mut found = Found::new(format, files, data);
        found.labelled = labelled;
        found.validation = validated;
        found.doubt = doubt;
        Ok(found)
    };
    if series {
        let mut all = sequences(train.inputs, train.lengths)?;
        if let Some(test) = test {
            all = joined_sequences(all, sequences(test.inputs, test.lengths)?, path)?;
        }
        let targets = targets(labels, all.lengths.len(), &names, options)?;
        let name = display_path(path);
        let data =
            Dataset::from_sequences(&name, all.features, all.lengths, all.steps, targets, filing)?;
        return finish(data);
    }
    let mut inputs = train.inputs;
    if let Some(test) = test {
        inputs = joined(inputs, test.inputs)?;
    }
    let (shape, values) = pictures(inputs, options)?;
    let all = values.len() / shape.iter().product::<usize>().max(1);
    let targets = targets(labels, all, &names, options)?;
    let name = display_path(path);
    let data = Dataset::from_numbers(&name, shape, values, targets, filing)?;
    finish(data)
}

/// How many examples an array of inputs has, all of its dimensions being at least 1 and two or more.
fn count(array: &Array) -> Result<usize, DataError> {
    let fail = |problem: String| Err(DataError::malformed(&array.file, Place::File, problem));
    if array.shape.len() < 2 {
        return fail(format!(
            "inputs need at least 2 dimensions, found {}; expected (examples, features) or more",
            array.shape.len()
        ));
    }
    if array.shape.contains(&0) {
        return fail(format!(
            "dataset is empty (shape {}); expected at least 1 example",
            shape_text(&array.shape)
        ));
    }
    Ok(array.shape[0])
}

/// The labels, one for each of the examples; a second dimension of 1 is dropped.
fn checked_labels(arrays: &Arrays, examples: usize) -> Result<Option<Array>, DataError> {
    let Some(labels) = &arrays.labels else {
        return Ok(None);
    };
    let found = labels.shape.first().copied().unwrap_or(0);
    if !(1..=2).contains(&labels.shape.len()) || labels.shape.get(1) == Some(&0) {
        let found = shape_text(&labels.shape);
        let problem =
            format!("labels have the shape {found}; expected one, or one row, for each example");
        return Err(DataError::malformed(&labels.file, Place::File, problem));
    }
    if found != examples {
        let problem = format!("{examples} examples but {found} labels; expected one for each");
        return Err(DataError::malformed(&labels.file, Place::File, problem));
    }
    let mut labels = labels.clone();
    if labels.shape.get(1) == Some(&1) {
        labels.shape.truncate(1);
    }
    Ok(Some(labels))
}

/// Two arrays that differ in the first dimension only.
fn joined(mut a: Array, b: Array) -> Result<Array, DataError> {
    if a.shape[1..] != b.shape[1..] {
        let problem = format!(
            "shape {}; expected {} after the first dimension, as in {}",
            shape_text(&b.shape),
            shape_text(&a.shape[1..]),
            a.file
        );
        return Err(DataError::malformed(&b.file, Place::File, problem));
    }
    let mut b = b;
    if a.words.is_empty() != b.words.is_empty() {
        let problem = format!(
            "labels are words in one of two arrays only; expected the same as in {}",
            a.file
        );
        return Err(DataError::malformed(&b.file, Place::File, problem));
    }
    if !b.words.is_empty() {
        let mut place = Vec::with_capacity(b.words.len());
        for word in &b.words {
            let known = a.words.iter().position(|w| w == word).unwrap_or_else(|| {
                a.words.push(word.clone());
                a.words.len() - 1
            });
            place.push(known as i64);
        }
        let moved = (0..b.values.len()).map(|i| place[b.values.get(i) as usize]);
        b.values = Numbers::Integers(moved.collect());
    }
    a.shape[0] += b.shape[0];
    a.values = a.values.followed_by(b.values);
    Ok(a)
}

fn sequences(inputs: Array, lengths: Option<Array>) -> Result<Unpadded, DataError> {
    let lengths = match lengths {
        Some(lengths) => lengths,
        None => {
            // All of full length.
            let (examples, steps) = (inputs.shape[0], inputs.shape[1]);
            Array {
                file: inputs.file.clone(),
                dtype: "<i8".to_owned(),
                shape: vec![examples],
                values: Numbers::Integers(vec![steps as i64; examples]),
                words: Vec::new(),
            }
        }
    };
    padded::unpad(inputs, &lengths)
}

fn joined_sequences(mut a: Unpadded, b: Unpadded, path: &Path) -> Result<Unpadded, DataError> {
    if a.features != b.features {
        let problem = format!(
            "{} features a step to train on but {} to test on; expected as many",
            a.features, b.features
        );
        return Err(DataError::invalid(&display_path(path), problem));
    }
    a.lengths.extend(b.lengths);
    a.steps = a.steps.followed_by(b.steps);
    Ok(a)
}

/// Channels, height and width, and the values in that order.
fn pictures(array: Array, options: &LoadOptions) -> Result<([usize; 3], Numbers), DataError> {
    let channels = |n: usize| matches!(n, 1 | 3 | 4);
    let (shape, values) = match array.shape[..] {
        [_, features] => (flat_shape(features, &array.values), array.values),
        [_, height, width] => ([1, height, width], array.values),
        [_, c, height, width] if channels(c) && !channels(width) => {
            ([c, height, width], array.values)
        }
        [_, height, width, c] if channels(c) => (
            [c, height, width],
            array.values.channels_first(c, height * width),
        ),
        // Any few channels in the last place, far fewer than rows and columns.
        [_, height, width, c] if c <= 16 && 2 * c <= height.min(width) => (
            [c, height, width],
            array.values.channels_first(c, height * width),
        ),
        [_, c, height, width] => ([c, height, width], array.values),
        _ => {
            let problem = format!(
                "shape {}; expected 2 to 4 dimensions: (examples, features), (examples, rows, columns) or with channels",
                shape_text(&array.shape)
            );
            return Err(DataError::malformed(&array.file, Place::File, problem));
        }
    };
    let each: usize = shape.iter().product();
    match options.shape {
        None => Ok((shape, values)),
        Some(wanted)
            if wanted == shape
                || shape[1..] == [1, 1] && wanted.iter().product::<usize>() == each =>
        {
            Ok((wanted, values))
        }
        Some([c, h, w]) => Err(DataError::malformed(
            &array.file,
            Place::File,
            format!(
                "examples are {} x {} x {}; expected {c} x {h} x {w}",
                shape[0], shape[1], shape[2]
            ),
        )),
    }
}

/// Rows of bytes that make a square of at least 8 by 8 are pictures (grey, or RGB of 32 by 32); all else are features.
pub(super) fn flat_shape(features: usize, values: &Numbers) -> [usize; 3] {
    let bytes = matches!(values, Numbers::Bytes(_));
    let side = features.isqrt();
    match features {
        3072 if bytes => [3, 32, 32],
        _ if bytes && side >= 8 && side * side == features => [1, side, side],
        _ => [features, 1, 1],
    }
}

/// Steps of one kind after steps of another.
impl Steps {
    fn followed_by(self, more: Self) -> Self {
        match (self, more) {
            (Self::Symbols(mut a), Self::Symbols(b)) => {
                a.extend(b);
                Self::Symbols(a)
            }
            (Self::Singles(mut a), Self::Singles(b)) => {
                a.extend(b);
                Self::Singles(a)
            }
            (a, b) => Self::Reals(a.into_reals().into_iter().chain(b.into_reals()).collect()),
        }
    }

    fn into_reals(self) -> Vec<f64> {
        match self {
            Self::Symbols(v) => v.into_iter().map(f64::from).collect(),
            Self::Singles(v) => v.into_iter().map(f64::from).collect(),
            Self::Reals(v) => v,
        }
    }
}

#[cfg(test)]
#[path = "arrays_test.rs"]
mod tests;
