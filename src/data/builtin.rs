//! The datasets that come with the program: real ones, embedded, and some that are computed.

use super::builtin_sequences;
use super::dataset::{Dataset, Targets, numbered};
use super::digits;
use super::error::{DataError, Place, one_line};
use super::idx;
use super::made;
use super::options::LoadOptions;
use super::source::Source;
use super::split::Filing;
use super::toys::{self, Making};
#[cfg(doc)]
use super::toys::{MOONS_NOISE, MOONS_SIZE};

/// The names that [`load`] knows.
pub const NAMES: [&str; 12] = [
    "mnist", "digits", "fashion", "names", "vowels", "moons", "xor", "spirals", "circles",
    "stripes", "waves", "chain",
];

/// One line about each of [`NAMES`], in their order: what it is, for menus and help.
pub const DESCRIPTIONS: [&str; 12] = [
    "MNIST: 70,000 handwritten digits, 28 x 28, ten classes",
    "8 x 8 digits (UCI optdigits): 5,620 handwritten digits, ten classes",
    "Fashion-MNIST's 10,000 published test images, 28 x 28, ten kinds of clothing; 8,000 learn, 2,000 test",
    "names by language: 18,012 surnames letter by letter, 18 languages",
    "Japanese vowels: 640 utterances of 12 channels and 7 to 29 steps, nine speakers",
    "two moons: 600 points in the plane, two classes",
    "exclusive or: 600 points in four squares, two classes",
    "two spirals: 600 points in the plane, two classes",
    "a circle in a circle: 600 points in the plane, two classes",
    "stripes: 600 pictures of 8 x 8, horizontal or vertical",
    "waves: 600 sequences of 6 to 12 steps, slow or fast",
    "a chain's single example: x = 1, y = 2",
];

const CLASSES: usize = 10;

/// Name, bytes as embedded, and number of examples of an image or label file.
struct Embedded(&'static str, &'static [u8], usize);

const TRAIN_IMAGES: Embedded = Embedded(
    "mnist (train-images-idx3-ubyte.gz)",
    include_bytes!("../../datasets/mnist/train-images-idx3-ubyte.gz"),
    60_000,
);
const TRAIN_LABELS: Embedded = Embedded(
    "mnist (train-labels-idx1-ubyte.gz)",
    include_bytes!("../../datasets/mnist/train-labels-idx1-ubyte.gz"),
    60_000,
);
const TEST_IMAGES: Embedded = Embedded(
    "mnist (t10k-images-idx3-ubyte.gz)",
    include_bytes!("../../datasets/mnist/t10k-images-idx3-ubyte.gz"),
    10_000,
);
const TEST_LABELS: Embedded = Embedded(
    "mnist (t10k-labels-idx1-ubyte.gz)",
    include_bytes!("../../datasets/mnist/t10k-labels-idx1-ubyte.gz"),
    10_000,
);
const FASHION_IMAGES: Embedded = Embedded(
    "fashion (t10k-images-idx3-ubyte.gz)",
    include_bytes!("../../datasets/fashion/t10k-images-idx3-ubyte.gz"),
    10_000,
);
const FASHION_LABELS: Embedded = Embedded(
    "fashion (t10k-labels-idx1-ubyte.gz)",
    include_bytes!("../../datasets/fashion/t10k-labels-idx1-ubyte.gz"),
    10_000,
);
/// Of Fashion-MNIST's test images, in the order of the file, so many learn (the last 500 of them validate); the others test.
const FASHION_LEARN: usize = 8_000;
/// The kinds of clothing, as the authors list them.
const CLOTHES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];
/// For the CSV files the number is that of unpacked bytes.
const DIGITS_TRAIN: Embedded = Embedded(
    "digits (digits_train.csv.gz)",
    include_bytes!("../../datasets/digits/digits_train.csv.gz"),
    563_891,
);
const DIGITS_TEST: Embedded = Embedded(
    "digits (digits_test.csv)",
    include_bytes!("../../datasets/digits/digits_test.csv"),
    264_964,
);

/// What can be chosen about the computed datasets.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ToyOptions {
    /// Seed of the generator; files are the same for every seed.
    pub seed: u64,
    /// Number of examples, at least 6; `None` is [`MOONS_SIZE`]. Datasets that are not computed refuse it, and so does `chain`.
    pub size: Option<usize>,
    /// Standard deviation of the noise, 0 to 1; `None` is the dataset's own, [`MOONS_NOISE`] for `moons`. Refused like `size`.
    pub noise: Option<f64>,
}

/// Loads a built-in dataset with its default split.
///
/// | name | shape | train, validation, test |
/// |---|---|---|
/// | `mnist` | 1 x 28 x 28 | 55,000, 5,000, 10,000 |
/// | `digits` | 1 x 8 x 8 | 3,323, 500, 1,797 |
/// | `fashion` | 1 x 28 x 28 | 7,500, 500, 2,000 of the published test images |
/// | `names` | 83 letters, 1 to 20 steps | eight, one and one tenth of 18,012 |
/// | `vowels` | 12 channels, 7 to 29 steps | 243, 27, 370 |
/// | `moons`, `xor`, `spirals`, `circles` | 2 features | 400, 100, 100 |
/// | `stripes` | 1 x 8 x 8 | 400, 100, 100 |
/// | `waves` | 1 value a step, 6 to 12 steps | 400, 100, 100 |
/// | `chain` | 1 feature | the same single example |
///
/// # Errors
/// [`DataError::UnknownName`] with a suggestion; [`DataError::Invalid`] for an option out of range or of another dataset.
pub fn load(name: &str, options: &ToyOptions) -> Result<Dataset, DataError> {
    if !toys::NAMES.contains(&name) && NAMES.contains(&name) {
        let option = [
            ("size", options.size.is_some()),
            ("noise", options.noise.is_some()),
        ];
        if let Some((option, _)) = option.iter().find(|(_, given)| *given) {
            return Err(DataError::invalid(
                name,
                format!(
                    "has no option \"{option}\"; expected it with {} only",
                    toys::NAMES.join(", ")
                ),
            ));
        }
    }
    let making = Making {
        seed: options.seed,
        size: options.size,
        noise: options.noise,
    };
    match name {
        "mnist" => mnist(),
        "digits" => load_digits(),
        "fashion" => fashion(),
        "names" => builtin_sequences::names(),
        "vowels" => builtin_sequences::vowels(),
        "moons" => toys::moons(&making),
        "xor" => made::xor(&making),
        "spirals" => made::spirals(&making),
        "circles" => made::circles(&making),
        "stripes" => made::stripes(&making),
        "waves" => made::waves(&making),
        "chain" => toys::chain(),
        _ => Err(unknown(name)),
    }
}

/// Loads a built-in dataset for choices made about data: those that go into making it are used up, the others are left.
pub(super) fn load_with(
    name: &str,
    options: &LoadOptions,
) -> Result<(Dataset, LoadOptions), DataError> {
    let mut rest = options.clone();
    let toy = if toys::NAMES.contains(&name) {
        ToyOptions {
            seed: options.seed,
            size: rest.size.take(),
            noise: rest.noise.take(),
        }
    } else {
        ToyOptions::default()
    };
    Ok((load(name, &toy)?, rest))
}

/// The first `count` test images of MNIST alone, unpacked without touching the rest: all are test examples, none is for training.
///
/// A window can show them before [`load`] is done; there, example `i` of this is example 60,000 + `i`.
///
/// # Errors
/// [`DataError::Invalid`] if `count` is not 1 to 10,000.
pub fn mnist_test_only(count: usize) -> Result<Dataset, DataError> {
    if !(1..=TEST_IMAGES.2).contains(&count) {
        return Err(DataError::invalid(
            "mnist",
            format!("{count} test images; expected 1 to {}", TEST_IMAGES.2),
        ));
    }
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    append_mnist(&TEST_IMAGES, &TEST_LABELS, count, &mut pixels, &mut labels)?;
    grey("mnist", 28, pixels, 255, labels, 0)
}

fn mnist() -> Result<Dataset, DataError> {
    // The counts are known here, unlike those of a file, so the memory is taken at once.
    let mut pixels = Vec::with_capacity((TRAIN_IMAGES.2 + TEST_IMAGES.2) * 28 * 28);
    let mut labels = Vec::with_capacity(TRAIN_IMAGES.2 + TEST_IMAGES.2);
    append_mnist(
        &TRAIN_IMAGES,
        &TRAIN_LABELS,
        TRAIN_IMAGES.2,
        &mut pixels,
        &mut labels,
    )?;
    append_mnist(
        &TEST_IMAGES,
        &TEST_LABELS,
        TEST_IMAGES.2,
        &mut pixels,
        &mut labels,
    )?;
    grey("mnist", 28, pixels, 255, labels, TRAIN_IMAGES.2)
}

fn append_mnist(
    images: &Embedded,
    labels: &Embedded,
    count: usize,
    pixels: &mut Vec<u8>,
    classes: &mut Vec<u16>,
) -> Result<(), DataError> {
    let mut source = Source::from_bytes(images.0, images.1);
    let (found, rows, cols) = idx::append_images(&mut source, Some(count), pixels)?;
    if (found, rows, cols) != (count, 28, 28) {
        let problem =
            format!("expected {count} images of 28 x 28, found {found} of {rows} x {cols}");
        return Err(DataError::malformed(images.0, Place::File, problem));
    }
    let found = idx::read_labels(
        Source::from_bytes(labels.0, labels.1),
        Some(CLASSES),
        Some(labels.2),
    )?;
    classes.extend(
        found
            .labels
            .iter()
            .take(count)
            .map(|&label| u16::from(label)),
    );
    Ok(())
}

fn fashion() -> Result<Dataset, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    append_mnist(
        &FASHION_IMAGES,
        &FASHION_LABELS,
        FASHION_IMAGES.2,
        &mut pixels,
        &mut labels,
    )?;
    let mut data = Dataset::from_bytes(
        "fashion",
        [1, 28, 28],
        pixels,
        255,
        Targets::Classes(labels).named(CLOTHES.map(str::to_owned).into()),
        Filing::TrainAndTest {
            train: FASHION_LEARN,
        },
    )?;
    data.resplit(FASHION_LEARN - 500, 500, FASHION_IMAGES.2 - FASHION_LEARN)?;
    Ok(data)
}

fn load_digits() -> Result<Dataset, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let train = digits::append(
        Source::from_bytes(DIGITS_TRAIN.0, DIGITS_TRAIN.1),
        DIGITS_TRAIN.2,
        &mut pixels,
        &mut labels,
    )?;
    let test = digits::append(
        Source::from_bytes(DIGITS_TEST.0, DIGITS_TEST.1),
        DIGITS_TEST.2,
        &mut pixels,
        &mut labels,
    )?;
    let mut data = grey("digits", 8, pixels, digits::WHITE, labels, train)?;
    data.resplit(train.saturating_sub(500), 500, test)?;
    Ok(data)
}

fn grey(
    name: &str,
    side: usize,
    pixels: Vec<u8>,
    white: u8,
    labels: Vec<u16>,
    train: usize,
) -> Result<Dataset, DataError> {
    let filing = Filing::TrainAndTest { train };
    Dataset::from_bytes(
        name,
        [1, side, side],
        pixels,
        white,
        Targets::Classes(labels).named(numbered(CLASSES)),
        filing,
    )
}

/// The error for a name that is not built in, with the nearest one if it is near.
pub(super) fn unknown(name: &str) -> DataError {
    let wanted = name.trim().to_lowercase();
    let nearest = NAMES
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&wanted, known), *known))
        .min_by_key(|&(distance, _)| distance)
        .filter(|&(distance, known)| {
            distance <= 2 && distance < known.len().min(wanted.chars().count())
        });
    DataError::UnknownName {
        name: one_line(name),
        hint: nearest
            .map(|(_, known)| format!(" (did you mean \"{known}\"?)"))
            .unwrap_or_default(),
        expected: format!("{} or the path of a data file", NAMES.join(", ")),
    }
}

#[cfg(test)]
#[path = "builtin_test.rs"]
mod tests;
