//! What can be said beside a name or path: how a file is read, and how its examples are arranged.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::one_line;
use super::inputs::Scale;

/// All choices about data; `None` leaves a choice to the loader, which says in its [`Preview`](super::Preview) what it took.
///
/// The first group decides how a file is read, the second how what was read is arranged: changing only the second needs no
/// reading ([`Loaded::rearranged`](super::Loaded::rearranged)).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LoadOptions {
    /// The label file of an IDX or NPY file; `None` looks beside it.
    pub labels: Option<PathBuf>,
    /// Number of classes where labels are numbers; `None` is the highest label + 1.
    pub classes: Option<usize>,
    /// The column of a table that holds what is to be learnt; `None` looks for one.
    pub label: Option<Column>,
    /// The column of a table whose equal values keep rows in one part; it is no input unless its kind is given.
    pub split_by: Option<Column>,
    /// The columns of a table that are no inputs; `None` leaves out what cannot be one (row numbers, names, empty columns).
    pub drop: Option<Vec<Column>>,
    /// What the columns of a table hold, by name (or number from 1); the others are told by their content.
    pub kind: BTreeMap<String, ColumnKind>,
    /// What stands in for a table's gaps; `None` is the mean.
    pub missing: Option<Missing>,
    /// Whether a table's or an array's labels are classes or values to approximate; `None` decides by what they look like.
    pub targets: Option<TargetKind>,
    /// Whether the first line of a table names its columns; `None` decides by what it looks like.
    pub header: Option<bool>,
    /// What separates the columns of a table; `None` takes comma, tab, semicolon or bar, whichever fits.
    pub delimiter: Option<char>,
    /// What a row of a table or of an array is; `None` decides by the columns' names, or by whether there are lengths.
    pub rows: Option<Rows>,
    /// Channels, height and width that an example must have; flat features become pictures by it.
    pub shape: Option<[usize; 3]>,
    /// Brings pictures of any size to one size; `None` requires that all have the same.
    pub fit: Option<Fit>,
    /// Grey or RGB; `None` reads pictures that are all grey as grey, else takes them as they are, and requires that all are alike.
    pub colour: Option<Colour>,
    /// How colours become grey; `None` is BT.709.
    pub grey: Option<Luma>,
    /// Whether pictures are stored with rows and columns swapped, and are to be turned.
    pub turned: bool,
    /// Whether files that list pictures say their classes and parts; not, where folders do; `None` is yes.
    pub lists: Option<bool>,
    /// How stored numbers become inputs; `None` takes what suits the data.
    pub scale: Option<Scale>,
    /// How targets that are values are scaled; `None` standardises those of files.
    pub target_scale: Option<Scale>,
    /// The order in which examples are dealt to the parts; `None` shuffles with seed 0 unless a published split is there.
    pub shuffle: Option<Shuffle>,
    /// Uses only so many examples, each part in proportion; of generated data, makes so many.
    pub size: Option<usize>,
    /// The labelled points that are all the data there are.
    pub points: Option<Vec<Point>>,
    /// Examples to train on, to validate and to test; `None` is the data's own split, or seven, one and two tenths.
    pub split: Option<[usize; 3]>,
    /// Nothing beside what is named is read: no test file and no labels that go with it by name.
    pub alone: bool,
    /// Standard deviation of the noise added to each input as the network sees it (after scaling), or that points are generated
    /// with; 0 to 10.
    pub noise: Option<f64>,
    /// Seed of that noise and of generated data.
    pub seed: u64,
}

impl LoadOptions {
    /// Whether another choice needs the file to be read again.
    pub fn reads_as(&self, other: &Self) -> bool {
        let reading = |o: &Self| Self {
            points: None,
            scale: None,
            target_scale: None,
            shuffle: None,
            size: None,
            split: None,
            noise: None,
            seed: 0,
            ..o.clone()
        };
        reading(self) == reading(other)
    }

    /// The first choice that means something for a file only, by its key; `None` if all fit built-in data.
    pub(super) fn first_for_files(&self) -> Option<&'static str> {
        [
            ("labels", self.labels.is_some()),
            ("classes", self.classes.is_some()),
            ("label", self.label.is_some()),
            ("split_by", self.split_by.is_some()),
            ("drop", self.drop.is_some()),
            ("kind", !self.kind.is_empty()),
            ("missing", self.missing.is_some()),
            ("targets", self.targets.is_some()),
            ("target_scale", self.target_scale.is_some()),
            ("header", self.header.is_some()),
            ("delimiter", self.delimiter.is_some()),
            ("rows", self.rows.is_some()),
            ("shape", self.shape.is_some()),
            ("fit", self.fit.is_some()),
            ("colour", self.colour.is_some()),
            ("grey", self.grey.is_some()),
            ("turned", self.turned),
            ("lists", self.lists.is_some()),
        ]
        .into_iter()
        .find(|(_, given)| *given)
        .map(|(key, _)| key)
    }
}

/// A column of a table, or several that say one thing together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// By its number, counted from 1 (or by its name, where the header has that number as a name).
    Number(usize),
    /// By its name.
    Name(String),
    /// Columns of 0 and 1 with a single 1 in every row: one class each.
    OneHot(Vec<String>),
}

/// One of two readings that are about as likely. Written out it is what the command line calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// This column is to be learnt.
    Learn(Column),
    /// That is what the rows are.
    Rows(Rows),
}

impl Answer {
    /// The choices with this one made.
    pub fn chosen(&self, options: &LoadOptions) -> LoadOptions {
        let mut chosen = options.clone();
        match self {
            Self::Learn(column) => chosen.label = Some(column.clone()),
            Self::Rows(rows) => chosen.rows = Some(*rows),
        }
        chosen
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Learn(Column::Number(n)) => write!(f, "--target {n}"),
            Self::Learn(Column::Name(name)) => write!(f, "--target \"{}\"", one_line(name)),
            Self::Learn(Column::OneHot(names)) => write!(f, "--target {names:?}"),
            Self::Rows(Rows::Series) => write!(f, "--set data.rows=series"),
            Self::Rows(Rows::Features) => write!(f, "--set data.rows=features"),
        }
    }
}

/// What the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers, in any notation; yes and no, true and false are 1 and 0.
    Number,
    /// One of a few words, each an input of its own that is 0 or 1.
    Category,
    /// Words that are no input.
    Text,
    /// Days, as numbers counted from 1970.
    Date,
    /// A text that is read letter by letter, and nothing beside it.
    Letters,
}

impl ColumnKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Number,
        Self::Category,
        Self::Text,
        Self::Date,
        Self::Letters,
    ];

    /// Its word in files and on the command line.
    pub fn words(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Text => "text",
            Self::Date => "date",
            Self::Letters => "letters",
        }
    }
}

/// What stands in for an empty field of an input. What is learnt for it is learnt from the training part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The mean; for a category the share of each word.
    #[default]
    Mean,
    /// The most frequent value.
    Frequent,
    /// Nothing: rows with gaps are left out.
    Row,
    /// The mean, and an input of its own says that it was a gap.
    Indicator,
}

/// What is to be learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// One of several classes.
    Classes,
    /// Real numbers.
    Values,
}

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rows {
    /// Features that stand beside each other.
    Features,
    /// A series: one value a step (of a table), or the second dimension is time (of an array).
    Series,
}

/// The size that pictures are brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Pixels from top to bottom, 1 to 1,024.
    pub height: usize,
    /// Pixels from left to right, 1 to 1,024.
    pub width: usize,
    /// How.
    #[serde(default)]
    pub by: FitBy,
}

/// How a picture is brought to another size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FitBy {
    /// The whole picture, stretched or squeezed.
    #[default]
    Resize,
    /// The middle of the picture in the new proportions, then resized.
    Crop,
}

/// The channels of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// One channel; colours become their luma.
    Grey,
    /// Three channels: red, green, blue.
    Rgb,
    /// One where pictures are stored in grey, three where in colour, whatever is in them.
    Stored,
}

/// How red, green and blue are weighed where colours become grey.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Luma {
    /// 0.2126, 0.7152 and 0.0722 (ITU-R BT.709).
    #[default]
    Bt709,
    /// 0.299, 0.587 and 0.114 (ITU-R BT.601), as Pillow and torchvision do.
    Bt601,
}

/// The order in which examples are dealt to the parts. In a file: a seed, or `"none"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shuffle {
    /// As stored.
    None,
    /// Shuffled by this seed. A test part that came with the data stays a test part.
    Seed(u64),
}

impl Serialize for Shuffle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_str("none"),
            Self::Seed(seed) => serializer.serialize_u64(*seed),
        }
    }
}

impl<'de> Deserialize<'de> for Shuffle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "shuffle: expected a seed (a whole number, 0 or above) or \"none\""
        )]
        enum Written {
            Seed(u64),
            Word(None),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum None {
            None,
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Seed(seed) => Self::Seed(seed),
            Written::Word(None::None) => Self::None,
        })
    }
}

/// A point with its class, written `[x, y, class]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64, u16)", into = "(f64, f64, u16)")]
pub struct Point {
    /// The first input.
    pub x: f64,
    /// The second input.
    pub y: f64,
    /// The class, from 0.
    pub class: u16,
}

impl From<(f64, f64, u16)> for Point {
    fn from((x, y, class): (f64, f64, u16)) -> Self {
        Self { x, y, class }
    }
}

impl From<Point> for (f64, f64, u16) {
    fn from(point: Point) -> Self {
        (point.x, point.y, point.class)
    }
}
