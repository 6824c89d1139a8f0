//! What a data file holds, as lines to read and as values to serialise.

use std::path::Path;

use serde::Serialize;

use super::error::{DataError, grouped};
use super::idx::{self, labels_beside, read_magic};
use super::source::Source;

/// What `inspect` found in a file of images or labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file inspected.
    pub file: String,
    /// `"idx-images"` or `"idx-labels"`.
    pub kind: &'static str,
    /// Whether the file is packed with gzip.
    pub gzip: bool,
    /// Number of images, or of labels.
    pub examples: usize,
    /// Channels, height and width of an example; empty for labels alone.
    pub shape: Vec<usize>,
    /// The lowest value in the file, as stored (0 to 255).
    pub minimum: u8,
    /// The highest value in the file, as stored (0 to 255).
    pub maximum: u8,
    /// The mean of all values in the file, as stored (0 to 255).
    pub mean: f64,
    /// The labels: those of the file itself, those given, or those found beside the images.
    pub labels: Option<LabelSummary>,
}

/// How often each label occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelSummary {
    /// The file the labels came from.
    pub file: String,
    /// Number of classes: as given, or the highest label + 1.
    pub classes: usize,
    /// `counts[c]` examples have the label `c`; they sum to the number of examples.
    pub counts: Vec<usize>,
}

impl LabelSummary {
    fn new(labels: &idx::IdxLabels) -> Self {
        let mut counts = vec![0; labels.classes];
        for &label in &labels.labels {
            counts[usize::from(label)] += 1;
        }
        Self {
            file: labels.file.clone(),
            classes: labels.classes,
            counts,
        }
    }
}

impl Inspection {
    /// The same in words, one fact a line, without line breaks.
    pub fn lines(&self) -> Vec<String> {
        let packed = if self.gzip { ", gzip" } else { "" };
        let (what, noun) = match self.kind {
            "idx-labels" => ("IDX labels", "labels"),
            _ => ("IDX images", "images"),
        };
        let mut lines = vec![format!("{}: {what}{packed}", self.file)];
        lines.push(format!("{noun}: {}", grouped(self.examples)));
        if let [channels, height, width] = self.shape[..] {
            lines.push(format!(
                "shape: {channels} x {height} x {width} (channels x height x width)"
            ));
        }
        lines.push(format!(
            "values: {} to {}, mean {:.3}",
            self.minimum, self.maximum, self.mean
        ));
        match &self.labels {
            Some(labels) => {
                if labels.file != self.file {
                    lines.push(format!("labels: {}", labels.file));
                }
                lines.push(format!("classes: {}", labels.classes));
                let counts: Vec<String> = labels
                    .counts
                    .iter()
                    .enumerate()
                    .map(|(c, &n)| format!("{c}: {}", grouped(n)))
                    .collect();
                lines.push(format!("examples per class: {}", counts.join("; ")));
            }
            None => lines.push("labels: none given and none found beside the images".to_owned()),
        }
        lines
    }
}

/// Reads an IDX file through and says what it holds.
///
/// For images the labels are read as well: the file `labels`, or else one found beside them by name. With `classes`, each label must
/// be below it.
///
/// # Errors
/// One line with what is wrong, for the file or for its labels, as [`idx::load_images`] and [`idx::load_labels`] say it; also if
/// `labels` is given with a file that holds labels itself.
pub fn inspect(
    path: &Path,
    labels: Option<&Path>,
    classes: Option<usize>,
) -> Result<Inspection, DataError> {
    // The magic says which of the two it is; the file is then read from its start by the loader for that kind.
    let mut source = Source::open(path)?;
    let magic = read_magic(&mut source)?;
    match magic.dimensions {
        1 if labels.is_some() => Err(DataError::malformed(
            source.file(),
            source.place(3),
            "images need 3 dimensions, found 1 (a label file?); expected images, since a label file was given too",
        )),
        1 => {
            let found = idx::load_labels(path, classes, None)?;
            let summary = LabelSummary::new(&found);
            Ok(describe(
                found.file,
                "idx-labels",
                found.gzip,
                found.labels.len(),
                &[],
                &found.labels,
                Some(summary),
            ))
        }
        3 => {
            let images = idx::load_images(path)?;
            let beside = labels.map(Path::to_owned).or_else(|| labels_beside(path));
            let summary = match beside {
                Some(file) => Some(LabelSummary::new(&idx::load_labels(
                    &file,
                    classes,
                    Some(images.count),
                )?)),
                None => None,
            };
            let shape = [1, images.rows, images.cols];
            Ok(describe(
                images.file,
                "idx-images",
                images.gzip,
                images.count,
                &shape,
                &images.pixels,
                summary,
            ))
        }
        other => Err(DataError::malformed(
            source.file(),
            source.place(3),
            format!("images need 3 dimensions and labels 1, found {other}"),
        )),
    }
}

fn describe(
    file: String,
    kind: &'static str,
    gzip: bool,
    examples: usize,
    shape: &[usize],
    values: &[u8],
    labels: Option<LabelSummary>,
) -> Inspection {
    let minimum = values.iter().copied().min().unwrap_or(0);
    let maximum = values.iter().copied().max().unwrap_or(0);
    let sum: u64 = values.iter().map(|&v| u64::from(v)).sum();
    let mean = sum as f64 / values.len().max(1) as f64;
    Inspection {
        file,
        kind,
        gzip,
        examples,
        shape: shape.to_vec(),
        minimum,
        maximum,
        mean,
        labels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/malformed/ok")
            .join(name)
    }

    #[test]
    fn images_are_described_with_the_labels_beside_them() {
        let found = inspect(&file("idx-images-10.gz"), None, Some(10)).unwrap();
        assert_eq!((found.examples, &found.shape[..]), (10, &[1, 28, 28][..]));
        assert_eq!((found.minimum, found.maximum), (0, 255));
        assert_eq!(
            found.labels.as_ref().unwrap().counts,
            [1, 2, 1, 0, 2, 1, 0, 1, 0, 2]
        );
        let lines = found.lines();
        assert!(lines.iter().all(|line| !line.contains('\n')));
        assert!(
            lines[0].ends_with("idx-images-10.gz: IDX images, gzip"),
            "{lines:?}"
        );
        assert!(lines.contains(&"images: 10".to_owned()), "{lines:?}");
        assert!(
            lines.contains(&"shape: 1 x 28 x 28 (channels x height x width)".to_owned()),
            "{lines:?}"
        );
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(json["kind"], "idx-images");
        assert_eq!(json["labels"]["counts"][9], 2);
    }

    #[test]
    fn images_without_labels_and_labels_alone() {
        let found = inspect(&file("idx-images-10-uncompressed"), None, None).unwrap();
        assert!(!found.gzip && found.labels.is_none());
        assert!(found.lines().iter().any(|line| line.contains("none found")));
        let labels = inspect(&file("idx-labels-10.gz"), None, None).unwrap();
        assert_eq!(
            (labels.kind, labels.examples, labels.maximum),
            ("idx-labels", 10, 9)
        );
        let line = inspect(
            &file("idx-labels-10.gz"),
            Some(&file("idx-labels-10.gz")),
            None,
        )
        .unwrap_err()
        .to_string();
        assert!(line.contains("images need 3 dimensions, found 1"), "{line}");
    }
}
