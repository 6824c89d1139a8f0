//! What a loader found in a file, before anything is chosen about it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use serde::Serialize;

use super::columns::Columns;
use super::dataset::{Dataset, LearntTable};
use super::error::counted;
use super::inputs::Scale;
use super::options::{Answer, Column, ColumnKind, Missing, TargetKind};
use super::together::Together;

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
    /// Numbers in text files.
    Numbers,
    /// A folder of texts in a folder per class.
    TextClasses,
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
            Self::Numbers => "numbers in text files",
            Self::TextClasses => "texts in a folder per class",
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
    /// How the text of a table was read, in words.
    Reading {
        /// What was noticed.
        note: String,
    },
    /// Columns of a table that are no inputs.
    LeftOut {
        /// Each with the reason in brackets.
        columns: Vec<String>,
    },
    /// An input that tells exactly what is to be learnt.
    Leak {
        /// The input.
        column: String,
        /// What is learnt.
        target: String,
    },
    /// A column that is no input and says whose rows they are.
    Whose {
        /// Its name.
        column: String,
        /// How it is written on the command line.
        key: String,
    },
    /// A value that single precision cannot hold.
    Beyond {
        /// Where it is, and what, in words.
        place: String,
    },
    /// Rows that are dealt to the parts as one.
    Together {
        /// By what, and how many each part has, in words.
        note: String,
    },
    /// Words that become inputs of 0 and 1.
    Categories {
        /// The columns, each with its words in brackets.
        columns: Vec<String>,
    },
    /// Days that become numbers.
    Days {
        /// The columns.
        columns: Vec<String>,
    },
    /// Fields without a value.
    Gaps {
        /// How many.
        gaps: usize,
        /// The columns, each with its number of gaps.
        columns: Vec<String>,
        /// What stands in for them, in words.
        instead: String,
    },
    /// Rows of a table that are no examples.
    RowsLeftOut {
        /// How many.
        rows: usize,
        /// Why.
        why: String,
    },
    /// Whole numbers that are taken as classes without an order.
    NumbersAsClasses,
    /// A file beside the data that is for predictions.
    NothingToTest {
        /// Its name.
        file: String,
        /// The column it lacks.
        target: String,
    },
    /// Classes that no example to train on has.
    Unseen {
        /// Their names.
        classes: Vec<String>,
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
    /// Pictures with transparency, which are laid over one colour.
    Transparency {
        /// How many.
        pictures: usize,
        /// Over black, because white would hide what is in them; else over white.
        black: bool,
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
            Self::Reading { note } | Self::Together { note } => f.write_str(note),
            Self::Beyond { place } => write!(f, "{place}: --dtype f64 trains with it"),
            Self::Whose { column, key } => write!(
                f,
                "{column} repeats: --split-by {key} keeps rows that share it in one part, so that none is tested by what was trained on"
            ),
            Self::LeftOut { columns } => write!(f, "left out: {}", listed(columns)),
            Self::Leak { column, target } => write!(
                f,
                "{column} tells {target} exactly, which may give the answer away; --drop leaves it out"
            ),
            Self::Categories { columns } => {
                write!(f, "words become inputs of 0 and 1: {}", listed(columns))
            }
            Self::Days { columns } => {
                write!(f, "days become numbers: {}", listed(columns))
            }
            Self::Gaps {
                gaps,
                columns,
                instead,
            } => write!(
                f,
                "{} in {}: {instead} (data.missing is \"mean\", \"frequent\", \"row\" or \"indicator\")",
                counted(*gaps, "gap"),
                listed(columns)
            ),
            Self::RowsLeftOut { rows, why } => {
                write!(f, "{} left out: {why}", counted(*rows, "row"))
            }
            Self::NumbersAsClasses => write!(
                f,
                "numbers are taken as classes without an order; data.targets = \"values\" approximates them"
            ),
            Self::NothingToTest { file, target } => write!(
                f,
                "{file} has no column {target}: it is for predictions, and the test part is taken from the training table"
            ),
            Self::Unseen { classes } => write!(
                f,
                "classes that no example to train on has: {}",
                listed(classes)
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
            Self::Transparency { pictures, black } => {
                write!(
                    f,
                    "{} with transparency laid over {}",
                    counted(*pictures, "picture"),
                    if *black { "black" } else { "white" }
                )
            }
            Self::EmptyPart { part } => write!(f, "the {part} part has no examples"),
        }
    }
}

/// What was decided about the columns of a table, to be kept with what is made of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decided {
    /// What is learnt.
    pub(super) label: Column,
    pub(super) targets: TargetKind,
    /// What is left out.
    pub(super) drop: Vec<Column>,
    /// What is no plain number.
    pub(super) kind: BTreeMap<String, ColumnKind>,
    /// What stands in for gaps, if there are any.
    pub(super) missing: Option<Missing>,
}

/// What a loader found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) format: Format,
    /// How the file is packed: gzip or not.
    pub(super) gzip: bool,
    /// The archive it is in: zip or tar.
    pub(super) archive: Option<&'static str>,
    /// Every file that was read, in the order of its examples.
    pub(super) files: Vec<PathBuf>,
    /// When their reading began.
    pub(super) began: SystemTime,
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
    /// Rows of a table that are dealt to the parts as one.
    pub(super) together: Option<Together>,
    /// Names of the features, where they have any.
    pub(super) columns: Vec<String>,
    /// The letters in their order, if the examples are text.
    pub(super) letters: String,
    /// Name of what is to be learnt, where it has one.
    pub(super) target: Option<String>,
    /// Why that is learnt, in words.
    pub(super) why: Option<String>,
    /// Pictures that are stored in colour were read as grey, because they are.
    pub(super) made_grey: bool,
    /// Files that list pictures said something of them.
    pub(super) listed: bool,
    /// The columns of such a file that can be learnt.
    pub(super) listed_columns: Vec<String>,
    /// Two readings that are about as likely, and what they are like.
    pub(super) doubt: Option<[(Answer, String); 2]>,
    /// The columns of a table, those left out among them.
    pub(super) all_columns: Arc<Columns>,
    /// The columns that become several inputs, each with its words.
    pub(super) words: Vec<(String, Vec<String>)>,
    /// What was decided about a table.
    pub(super) decided: Option<Decided>,
    /// How its columns are read, where a row is not a series.
    pub(super) learnt: Option<LearntTable>,
    /// What the loader itself noticed.
    pub(super) warnings: Vec<Warning>,
}

impl Found {
    /// Data of a format with everything else left open.
    pub(super) fn new(format: Format, files: Vec<PathBuf>, data: Dataset) -> Self {
        Self {
            format,
            gzip: false,
            archive: None,
            files,
            began: SystemTime::now(),
            data,
            labelled: true,
            shuffled: true,
            scale: None,
            validation: None,
            groups: None,
            together: None,
            columns: Vec::new(),
            letters: String::new(),
            target: None,
            why: None,
            made_grey: false,
            listed: false,
            listed_columns: Vec::new(),
            doubt: None,
            all_columns: Arc::default(),
            words: Vec::new(),
            decided: None,
            learnt: None,
            warnings: Vec::new(),
        }
    }
}
