//! The built-in sequences: names by language and Japanese vowels by speaker.

use super::archive::Archive;
use super::dataset::{Dataset, Targets, numbered};
use super::error::{DataError, Place};
use super::inputs::{Scale, Steps};
use super::npy;
use super::numbers::Numbers;
use super::padded;
use super::split::Filing;
use super::text_lines::{self, Class};

macro_rules! languages {
    ($($name:literal),* $(,)?) => {
        /// The languages and their files, one name a line.
        const LANGUAGES: &[(&str, &[u8])] = &[
            $(($name, include_bytes!(concat!("../../datasets/names/", $name, ".txt")))),*
        ];
    };
}

languages![
    "Arabic",
    "Chinese",
    "Czech",
    "Dutch",
    "English",
    "French",
    "German",
    "Greek",
    "Irish",
    "Italian",
    "Japanese",
    "Korean",
    "Polish",
    "Portuguese",
    "Russian",
    "Scottish",
    "Spanish",
    "Vietnamese",
];

/// The split of the names is the same for every run.
const NAMES_SEED: u64 = 0;
const VOWELS_TRAIN: &[u8] = include_bytes!("../../datasets/vowels/japanese_vowels_train.npz");
const VOWELS_TEST: &[u8] = include_bytes!("../../datasets/vowels/japanese_vowels_test.npz");
const SPEAKERS: usize = 9;
/// Every so many training utterances one validates: three of each speaker, since the file has thirty of each in turn.
const VALIDATION_STRIDE: usize = 10;

/// Surnames of 18 languages, letters one-hot, split once and for all (see [`text_lines::dataset`]).
pub(super) fn names() -> Result<Dataset, DataError> {
    let classes: Vec<Class<'_>> = LANGUAGES
        .iter()
        .map(|&(name, text)| Class {
            file: format!("names ({name}.txt)"),
            name: name.to_owned(),
            text,
        })
        .collect();
    text_lines::dataset("names", &classes, Some(NAMES_SEED))
}

/// Japanese Vowels: the published training and test parts, each channel standardised over the examples that train.
pub(super) fn vowels() -> Result<Dataset, DataError> {
    let (mut lengths, mut values, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let (mut features, mut train) = (0, 0);
    for bytes in [VOWELS_TRAIN, VOWELS_TEST] {
        train = lengths.len();
        let mut archive = Archive::from_bytes("vowels", bytes)?;
        let x = npy::read(archive.member("X.npy")?)?;
        let found = padded::unpad(x, &npy::read(archive.member("lengths.npy")?)?)?;
        let (Steps::Singles(steps), Numbers::Integers(classes)) =
            (found.steps, npy::read(archive.member("y.npy")?)?.values)
        else {
            let problem = "expected reals in single precision and whole labels";
            return Err(DataError::malformed("vowels", Place::File, problem));
        };
        features = found.features;
        lengths.extend(found.lengths);
        values.extend(steps);
        labels.extend(classes.into_iter().map(|class| class as u16));
    }
    let len = lengths.len();
    let mut data = Dataset::from_sequences(
        "vowels",
        features,
        lengths,
        Steps::Singles(values),
        Targets::Classes(labels).named(numbered(SPEAKERS)),
        Filing::TrainAndTest { train },
    )?;
    let validates = |i: &u32| *i as usize % VALIDATION_STRIDE == VALIDATION_STRIDE - 1;
    let (first, last): (Vec<u32>, Vec<u32>) = (0..train as u32).partition(|i| !validates(i));
    let counts = (first.len(), last.len());
    let test = train as u32..len as u32;
    data.reorder(first.into_iter().chain(last).chain(test).collect(), None);
    data.resplit(counts.0, counts.1, len - train)?;
    data.rescale(Scale::Standardise);
    Ok(data)
}
