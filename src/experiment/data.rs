//! The `[data]` section of an experiment: which data, and how they are read and arranged.

use crate::data::{
    self, Colour, Column, ColumnKind, Fit, LoadOptions, Luma, Missing, Point, Rows, Scale, Shuffle,
    TargetKind,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How many examples each part gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The first examples of the training file.
    pub train: usize,
    /// The last examples of the training file.
    pub validation: usize,
    /// The first examples of the test file.
    pub test: usize,
}

/// Where examples come from. What is left out is decided by the data (see [`LoadOptions`], which has the same choices).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// A built-in name, or the path of a file or folder: absolute, or seen from the folder of the experiment file.
    pub source: String,
    /// SHA-256 of the files (see [`data::fingerprint`]): a file that has changed since is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// Sizes of the parts; the data's own if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Uses, or makes, only so many examples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<usize>,
    /// Standard deviation of the noise of generated points, or of noise added to the scaled inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// Seed of the order in which examples are dealt to the parts, or `"none"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shuffle: Option<Shuffle>,
    /// `"none"`, `"0..1"` or `"standardise"`, learnt from the training part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// How targets that are values are scaled: as `scale`. An experiment that does not say takes them as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_scale: Option<Scale>,
    /// The column of a table to learn, by name or by number from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<Column>,
    /// The column of a table whose equal values keep rows in one part; it is no input unless its kind is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split_by: Option<Column>,
    /// The columns of a table that are no inputs. An experiment that does not say has all columns as inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drop: Option<Vec<Column>>,
    /// What columns of a table hold, by name (or number from 1): `"number"`, `"category"`, `"text"`, `"date"` or `"letters"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub kind: BTreeMap<String, ColumnKind>,
    /// What stands in for a table's gaps: `"mean"`, `"frequent"`, `"row"` or `"indicator"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// `"classes"` or `"values"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets: Option<TargetKind>,
    /// Whether the first line of a table names its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What separates the columns of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// Whether a row is `"features"` or a `"series"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Rows>,
    /// The label file of an IDX or NPY file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<PathBuf>,
    /// Number of classes where labels are numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<usize>,
    /// Channels, height and width of an example.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 3]>,
    /// Brings pictures to one size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// `"grey"`, `"rgb"` or `"stored"`. An experiment that does not say takes pictures as stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// How colours become grey: `"bt709"` or `"bt601"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grey: Option<Luma>,
    /// Whether pictures are stored with rows and columns swapped (EMNIST) and are turned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub turned: bool,
    /// Whether files that list pictures (`train.txt`, `val_annotations.txt`) say classes and parts that folders do not. An experiment that
    /// does not say takes what folders say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lists: Option<bool>,
    /// The points themselves, `[[x, y, class], …]`, if the source is `"points"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<Point>>,
}

impl Data {
    /// Data with nothing chosen about them.
    pub fn from_source(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            ..Self::default()
        }
    }

    /// Data with choices made about them.
    pub fn with_options(source: impl Into<String>, options: &LoadOptions) -> Self {
        let o = options.clone();
        Self {
            source: source.into(),
            hash: None,
            split: o.split.map(|[train, validation, test]| Split {
                train,
                validation,
                test,
            }),
            size: o.size,
            noise: o.noise,
            shuffle: o.shuffle,
            scale: o.scale,
            target_scale: o.target_scale,
            label: o.label,
            split_by: o.split_by,
            drop: o.drop,
            kind: o.kind,
            missing: o.missing,
            targets: o.targets,
            header: o.header,
            delimiter: o.delimiter,
            rows: o.rows,
            labels: o.labels,
            classes: o.classes,
            shape: o.shape,
            fit: o.fit,
            colour: o.colour,
            grey: o.grey,
            turned: o.turned,
            lists: o.lists,
            points: o.points,
        }
    }

    /// The choices, as the loaders take them; `seed` is the experiment's.
    pub fn options(&self, seed: u64) -> LoadOptions {
        let d = self.clone();
        LoadOptions {
            labels: d.labels,
            classes: d.classes,
            label: d.label,
            split_by: d.split_by,
            drop: d.drop,
            kind: d.kind,
            missing: d.missing,
            targets: d.targets,
            header: d.header,
            delimiter: d.delimiter,
            rows: d.rows,
            shape: d.shape,
            fit: d.fit,
            colour: d.colour,
            grey: d.grey,
            turned: d.turned,
            lists: d.lists,
            points: d.points,
            scale: d.scale,
            target_scale: d.target_scale,
            shuffle: d.shuffle,
            size: d.size,
            split: d.split.map(|s| [s.train, s.validation, s.test]),
            noise: d.noise,
            alone: false,
            seed,
        }
    }

    /// Makes relative paths that exist beside the experiment file, in `folder`, into paths that can be opened from anywhere.
    pub(super) fn resolve(&mut self, folder: &Path) {
        let beside = |path: &Path| {
            let joined = folder.join(path);
            (path.is_relative() && joined.exists()).then_some(joined)
        };
        if !data::is_builtin(&self.source)
            && let Some(path) = beside(Path::new(&self.source))
        {
            self.source = path.to_string_lossy().into_owned();
        }
        if let Some(labels) = &mut self.labels
            && let Some(path) = beside(labels)
        {
            *labels = path;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;

    const EXPERIMENT: &str = r#"
format = 1
[data]
source = "few.csv"
[network]
layers = [{ dense = 3 }, { dense = 2 }]
[learning]
rate = 0.1
batch = 2
"#;

    #[test]
    fn choices_survive_the_file() {
        let mut experiment = Experiment::parse(EXPERIMENT, "x.toml", &[]).unwrap();
        let options = LoadOptions {
            labels: Some("y.npy".into()),
            classes: Some(3),
            label: Some(Column::Name("kind".into())),
            split_by: Some(Column::Name("patient".into())),
            drop: Some(vec![Column::Name("id".into()), Column::Number(4)]),
            kind: [("zip".to_owned(), ColumnKind::Category)].into(),
            missing: Some(Missing::Indicator),
            targets: Some(TargetKind::Values),
            header: Some(true),
            delimiter: Some('\t'),
            rows: Some(Rows::Series),
            shape: Some([1, 2, 3]),
            fit: Some(Fit {
                height: 8,
                width: 9,
                by: data::FitBy::Crop,
            }),
            colour: Some(Colour::Grey),
            grey: Some(Luma::Bt601),
            turned: true,
            lists: Some(true),
            points: Some(vec![Point::from((0.5, -1.0, 1))]),
            scale: Some(Scale::Unit),
            target_scale: Some(Scale::Standardise),
            shuffle: Some(Shuffle::Seed(7)),
            size: Some(5),
            split: Some([3, 1, 1]),
            noise: Some(0.5),
            alone: false,
            seed: 11,
        };
        experiment.data = Data::with_options("few.csv", &options);
        experiment.data.hash = Some("ab".into());
        let text = experiment.to_toml().unwrap();
        let again = Experiment::parse(&text, "x.toml", &[]).unwrap();
        assert_eq!(again.data, experiment.data);
        assert_eq!(again.data.options(11), options);
        for (word, expected) in [
            ("shuffle = \"none\"", Some(Shuffle::None)),
            ("shuffle = 3", Some(Shuffle::Seed(3))),
        ] {
            let text = EXPERIMENT.replace("[network]", &format!("{word}\n[network]"));
            let read = Experiment::parse(&text, "x.toml", &[]).unwrap();
            assert_eq!(read.data.shuffle, expected);
        }
        let wrong = EXPERIMENT.replace("[network]", "shuffle = \"yes\"\n[network]");
        let line = Experiment::parse(&wrong, "x.toml", &[])
            .unwrap_err()
            .to_string();
        assert!(line.contains("expected a seed"), "{line}");
    }
}
