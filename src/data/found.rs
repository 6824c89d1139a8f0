//! What a loader found in a file, before anything is chosen about it.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::dataset::Dataset;
use super::error::counted;
use super::inputs::Scale;

/// The kinds of data that are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// IDX images, with or without labels beside them.
    IdxImages,
    /// IDX labels alone.
    IdxLabels,
    /// CIFAR-10's binary batches.
    Cifar10,
    /// A NumPy array, with or without an array of labels beside it.
    Npy,
    /// NumPy arrays in one archive.
    Npz,
    /// A table of comma-separated (or otherwise separated) values.
    Table,
    /// The `.ts` format of the time series archives.
    Series,
    /// A folder of pictures in a folder per class.
    ImageFolder,
    /// The same in a zip archive.
    ImageZip,
    /// One picture.
    Image,
    /// A folder of text files, one per class, an example a line.
    TextFolder,
    /// Data that come with the program.
    BuiltIn,
}

impl Format {
    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::IdxImages => "IDX images",
            Self::IdxLabels => "IDX labels",
            Self::Cifar10 => "CIFAR-10 binary batches",
            Self::Npy => "NumPy array",
            Self::Npz => "NumPy archive",
            Self::Table => "table",
            Self::Series => "time series (.ts)",
            Self::ImageFolder => "pictures in a folder per class",
            Self::ImageZip => "pictures in a zip archive, a folder per class",
            Self::Image => "one picture",
            Self::TextFolder => "lines of text, a file per class",
            Self::BuiltIn => "built in",
        }
    }
}

/// Something about data that a user should know before training on them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Warning {
    /// There is nothing to be learnt from.
    NoLabels,
    /// All examples are of one class.
    OneClass {
        /// That class.
        class: String,
    },
    /// Some class numbers have no example.
    EmptyClasses {
        /// Their names.
        classes: Vec<String>,
    },
    /// The largest class is ten times the smallest or more.
    Imbalance {
        /// The class with the most examples.
        largest: String,
        /// How many it has.
        most: usize,
        /// The class with the fewest examples, of those that have any.
        smallest: String,
        /// How many it has.
        fewest: usize,
    },
    /// Features that are the same in all examples that train.
    ConstantColumns {
        /// Their names, or numbers from 1.
        columns: Vec<String>,
    },
    /// Examples that validate or test with the inputs of one that trains.
    Duplicates {
        /// How many.
        examples: usize,
    },
    /// Lines that are in their class already.
    RepeatedLines {
        /// How many.
        lines: usize,
    },
    /// Files beside the data that are none.
    Skipped {
        /// How many.
        files: usize,
    },
    /// Pictures with transparency, which is dropped.
    Transparency {
        /// How many.
        pictures: usize,
    },
    /// A part without examples.
    EmptyPart {
        /// `train`, `validation` or `test`.
        part: String,
    },
}

/// At most eight names, and how many more there are.
fn listed(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<&str> = names.iter().take(MOST).map(String::as_str).collect();
    match names.len().saturating_sub(MOST) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLabels => write!(f, "no labels were found: there is nothing to train towards"),
            Self::OneClass { class } => {
                write!(
                    f,
                    "only one class ({class}): there is nothing to tell apart"
                )
            }
            Self::EmptyClasses { classes } => {
                write!(f, "classes without examples: {}", listed(classes))
            }
            Self::Imbalance {
                largest,
                most,
                smallest,
                fewest,
            } => write!(
                f,
                "unbalanced classes: {largest} has {}, {smallest} {}; look at balanced accuracy",
                counted(*most, "example"),
                counted(*fewest, "example")
            ),
            Self::ConstantColumns { columns } => {
                write!(
                    f,
                    "constant columns, which teach nothing: {}",
                    listed(columns)
                )
            }
            Self::Duplicates { examples } => write!(
                f,
                "{} to validate or test on {} the inputs of one to train on",
                counted(*examples, "example"),
                if *examples == 1 { "has" } else { "have" }
            ),
            Self::RepeatedLines { lines } => write!(
                f,
                "{} left out: in the same class already",
                counted(*lines, "line")
            ),
            Self::Skipped { files } => {
                write!(
                    f,
                    "{} left out: no example of this kind",
                    counted(*files, "file")
                )
            }
            Self::Transparency { pictures } => {
                write!(
                    f,
                    "transparency dropped from {}",
                    counted(*pictures, "picture")
                )
            }
            Self::EmptyPart { part } => write!(f, "the {part} part has no examples"),
        }
    }
}

/// What a loader found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) format: Format,
    /// How the file is packed: gzip or not.
    pub(super) gzip: bool,
    /// Every file that was read, in the order of its examples.
    pub(super) files: Vec<PathBuf>,
    /// The examples as filed: stored order, own split, own scale.
    pub(super) data: Dataset,
    /// Whether the data have labels; without, `data` has one class that means nothing.
    pub(super) labelled: bool,
    /// Whether the order of examples is to be shuffled unless something else is asked for.
    pub(super) shuffled: bool,
    /// The scale to take unless another is asked for.
    pub(super) scale: Option<Scale>,
    /// Examples at the end of the training file that were filed for validation.
    pub(super) validation: Option<usize>,
    /// Neighbours with the same number hold the same input and must stay on one side of the split.
    pub(super) groups: Option<Vec<u32>>,
    /// Names of the features, where they have any.
    pub(super) columns: Vec<String>,
    /// The letters in their order, if the examples are text.
    pub(super) letters: String,
    /// Name of what is to be learnt, where it has one.
    pub(super) target: Option<String>,
    /// What the loader itself noticed.
    pub(super) warnings: Vec<Warning>,
}

impl Found {
    /// Data of a format with everything else left open.
    pub(super) fn new(format: Format, files: Vec<PathBuf>, data: Dataset) -> Self {
        Self {
            format,
            gzip: false,
            files,
            data,
            labelled: true,
            shuffled: true,
            scale: None,
            validation: None,
            groups: None,
            columns: Vec::new(),
            letters: String::new(),
            target: None,
            warnings: Vec::new(),
        }
    }
}
