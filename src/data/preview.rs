//! What is to be seen of data before training on them: what was recognised, counts, shape, classes, examples, and warnings.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::columns::Columns;
use super::dataset::{Dataset, LearntTable, Targets};
use super::error::{display_path, grouped, one_line};
use super::found::{Format, Found, Warning};
use super::inputs::Scale;
use super::options::Answer;
use super::split::{Filing, Part};

/// Files that are named.
const FILES: usize = 64;
/// Examples shown as pictures, and as rows of numbers.
const PICTURES: usize = 24;
const ROWS: usize = 8;
/// Values of an example shown in a row.
const ROW_VALUES: usize = 12;
/// The longest side of a thumbnail; larger pictures are shown by every n-th pixel.
const THUMBNAIL: usize = 64;
/// A class this many times the size of another makes a dataset unbalanced.
const UNBALANCED: usize = 10;

/// A look at data. Serialised, it is what `inspect --json` writes (thumbnails without their pixels).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// What is learnt, and why; or what is asked where two readings are about as likely.
    pub learns: String,
    /// The path or built-in name.
    pub file: String,
    /// What was recognised.
    pub kind: Format,
    /// Whether the file is packed with gzip.
    pub gzip: bool,
    /// The columns of a table that lists pictures which can be learnt.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed_columns: Vec<String>,
    /// The archive that the data are in: `zip` or `tar`.
    pub archive: Option<&'static str>,
    /// The first 64 of the files that were read, in the order of their examples.
    pub files: Vec<PathBuf>,
    /// How many files were read.
    pub file_count: usize,
    /// Number of examples over all parts.
    pub examples: usize,
    /// Channels, height and width of an example; `[features, 1, 1]` without rows and columns, `[features, 1, longest]` for sequences;
    /// empty for labels alone.
    pub shape: Vec<usize>,
    /// Fewest and most steps, if the examples are sequences.
    pub steps: Option<[u32; 2]>,
    /// Names of the features, where the file has names.
    pub columns: Vec<String>,
    /// The letters, one feature each, if the examples are text; else empty.
    pub letters: String,
    /// Name of what is to be learnt, where the file has one.
    pub target: Option<String>,
    /// All columns of a table, those left out among them.
    #[serde(serialize_with = "each")]
    pub all_columns: Arc<Columns>,
    /// What is asked, with both answers and what each is like, where two readings are about as likely.
    pub question: Option<[(Answer, String); 2]>,
    /// The lowest stored value.
    pub minimum: f64,
    /// The highest stored value.
    pub maximum: f64,
    /// The mean of all stored values.
    pub mean: f64,
    /// The classes; `None` if there are no labels or the targets are values.
    pub labels: Option<LabelSummary>,
    /// The targets, if they are values.
    pub values: Option<ValueSummary>,
    /// Examples to train on, to validate and to test, as arranged.
    pub parts: [usize; 3],
    /// Whether a test part came with the data.
    pub published_test: bool,
    /// How stored numbers become inputs: `None` is bytes over the byte that means 1, and reals as they are.
    pub scale: Option<Scale>,
    /// How targets that are values are scaled.
    pub target_scale: Option<Scale>,
    /// The byte that means 1, where stored numbers are bytes.
    pub white: Option<u8>,
    /// What a user should know.
    pub warnings: Vec<Warning>,
    /// A few examples as pictures, of all classes in turn; empty if the examples are none.
    pub thumbnails: Vec<Thumbnail>,
    /// The first few examples as numbers, as stored; empty for pictures.
    pub rows: Vec<Row>,
}

/// How often each class occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelSummary {
    /// Number of classes.
    pub classes: usize,
    /// Their names.
    pub names: Vec<String>,
    /// `counts[c]` examples are of class `c`; they sum to the number of examples.
    pub counts: Vec<usize>,
}

/// What targets that are values are like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueSummary {
    /// Values of an example.
    pub dim: usize,
    /// The lowest.
    pub minimum: f64,
    /// The highest.
    pub maximum: f64,
}

/// An example as a small picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thumbnail {
    /// The example's number.
    pub example: usize,
    /// Its class, or nothing.
    pub label: String,
    /// Pixels from top to bottom, at most 64.
    pub height: usize,
    /// Pixels from left to right, at most 64.
    pub width: usize,
    /// Red, green and blue of each pixel, row by row.
    #[serde(skip)]
    pub rgb: Vec<u8>,
}

/// An example as numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The example's number.
    pub example: usize,
    /// Its class, or its first target value.
    pub label: String,
    /// Its first stored values; for text, the numbers of the letters.
    pub values: Vec<f64>,
    /// The letters themselves, if the examples are text.
    pub text: String,
    /// How many values are not shown.
    pub more: usize,
    /// The values as the table has them, where it has words or gaps.
    pub cells: Vec<String>,
}

fn each<S: Serializer>(columns: &Arc<Columns>, serializer: S) -> Result<S::Ok, S::Error> {
    columns.serialize(serializer)
}

impl Preview {
    /// Looks over the examples as arranged.
    pub(super) fn of(found: &Found, data: &Dataset) -> Self {
        let range = data.stored_range();
        let labels = match data.targets() {
            Targets::Classes(labels) if found.labelled => {
                let mut counts = vec![0; data.classes().len()];
                for &label in labels {
                    counts[usize::from(label)] += 1;
                }
                Some(LabelSummary {
                    classes: counts.len(),
                    names: data.classes().to_vec(),
                    counts,
                })
            }
            _ => None,
        };
        let values = match data.targets() {
            Targets::Values { dim, data } => Some(ValueSummary {
                dim: *dim,
                minimum: data.iter().copied().fold(f64::INFINITY, f64::min),
                maximum: data.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            }),
            Targets::Classes(_) => None,
        };
        let alone = found.format == Format::IdxLabels;
        let mut preview = Self {
            learns: String::new(),
            file: data.name().to_owned(),
            kind: found.format,
            gzip: found.gzip,
            archive: found.archive,
            listed_columns: found.listed_columns.clone(),
            files: found.files.iter().take(FILES).cloned().collect(),
            file_count: found.files.len(),
            examples: data.len(),
            shape: if alone {
                Vec::new()
            } else {
                data.shape().to_vec()
            },
            steps: data.lengths().map(|lengths| {
                let least = lengths.iter().copied().min().unwrap_or(0);
                [least, lengths.iter().copied().max().unwrap_or(0)]
            }),
            columns: found.columns.clone(),
            letters: found.letters.clone(),
            target: found.target.clone(),
            all_columns: Arc::clone(&found.all_columns),
            question: found.doubt.clone(),
            minimum: range.minimum,
            maximum: range.maximum,
            mean: range.mean,
            labels,
            values,
            parts: [Part::Train, Part::Validation, Part::Test].map(|part| data.range(part).len()),
            published_test: matches!(data.filing(), Filing::TrainAndTest { .. }),
            scale: data.scale(),
            target_scale: data.target_scale(),
            white: data.white(),
            warnings: found.warnings.clone(),
            thumbnails: Vec::new(),
            rows: Vec::new(),
        };
        if !alone {
            preview.warn(found, data);
            preview.show(found, data);
        }
        preview.learns = preview.learns(found);
        preview
    }

    fn warn(&mut self, found: &Found, data: &Dataset) {
        let names = found.learnt.as_ref().map(LearntTable::input_names);
        let names = names.unwrap_or_else(|| found.columns.clone());
        if let Some(place) = data.beyond_singles_in(&names) {
            self.warnings.push(Warning::Beyond { place });
        }
        if let Some(together) = &found.together {
            let note = together.words(data);
            self.warnings.push(Warning::Together { note });
        }
        if !found.labelled {
            self.warnings.push(Warning::NoLabels);
        }
        if let Some(labels) = &self.labels {
            let mut present: Vec<(usize, &String)> = labels
                .counts
                .iter()
                .copied()
                .zip(&labels.names)
                .filter(|(count, _)| *count > 0)
                .collect();
            present.sort_by_key(|(count, _)| *count);
            let empty: Vec<String> = labels
                .counts
                .iter()
                .zip(&labels.names)
                .filter(|(count, _)| **count == 0)
                .map(|(_, name)| name.clone())
                .collect();
            if let [(_, only)] = present[..] {
                let class = only.clone();
                self.warnings.push(Warning::OneClass { class });
            }
            if let (Some(&(fewest, smallest)), Some(&(most, largest))) =
                (present.first(), present.last())
                && most >= UNBALANCED * fewest
            {
                self.warnings.push(Warning::Imbalance {
                    largest: largest.clone(),
                    most,
                    smallest: smallest.clone(),
                    fewest,
                });
            }
            if !empty.is_empty() {
                self.warnings.push(Warning::EmptyClasses { classes: empty });
            }
            let mut trained = vec![false; labels.counts.len()];
            for i in data.range(Part::Train) {
                if let Some(label) = data.label(i) {
                    trained[label] = true;
                }
            }
            let unseen: Vec<String> = (0..trained.len())
                .filter(|&c| !trained[c] && labels.counts[c] > 0)
                .map(|c| labels.names[c].clone())
                .collect();
            if !unseen.is_empty() {
                self.warnings.push(Warning::Unseen { classes: unseen });
            }
        }
        if data.shape()[1..] == [1, 1] && data.lengths().is_none() {
            let columns: Vec<String> = data
                .constant_channels()
                .into_iter()
                .map(|c| match found.columns.get(c) {
                    Some(name) => name.clone(),
                    None => (c + 1).to_string(),
                })
                .collect();
            if !columns.is_empty() && data.range(Part::Train).len() > 1 {
                self.warnings.push(Warning::ConstantColumns { columns });
            }
        }
        let examples = data.shared_with_training();
        if examples > 0 {
            self.warnings.push(Warning::Duplicates { examples });
        }
        if data.filing() != Filing::Shared {
            for (part, count) in [Part::Train, Part::Validation, Part::Test]
                .into_iter()
                .zip(self.parts)
            {
                if count == 0 {
                    let part = part.to_string();
                    self.warnings.push(Warning::EmptyPart { part });
                }
            }
        }
    }

    fn show(&mut self, found: &Found, data: &Dataset) {
        let [channels, height, width] = data.shape();
        let picture =
            matches!(channels, 1 | 3 | 4) && height > 1 && width > 1 && data.lengths().is_none();
        if picture {
            self.thumbnails = of_all_classes(data, PICTURES)
                .into_iter()
                .map(|i| self.thumbnail(data, i))
                .collect();
            return;
        }
        self.rows = of_all_classes(data, ROWS)
            .into_iter()
            .map(|i| {
                let values = data.stored_values(i, ROW_VALUES);
                let letters: Vec<char> = self.letters.chars().collect();
                let symbols = data.has_symbols();
                if let Some(stored) = data.stored_row(i) {
                    return encoded_row(found, data, i, &stored);
                }
                let steps = data.lengths().map(|lengths| lengths[i] as usize);
                let all = match steps {
                    Some(steps) if symbols => steps,
                    Some(steps) => steps * channels,
                    None => data.input_len(),
                };
                Row {
                    example: i,
                    label: label_of(data, i),
                    more: all - values.len(),
                    text: values.iter().filter_map(|&(c, _)| letters.get(c)).collect(),
                    values: values
                        .into_iter()
                        .map(|(c, v)| if symbols { c as f64 } else { v })
                        .collect(),
                    cells: Vec::new(),
                }
            })
            .collect();
    }

    /// What is learnt and why, or what is asked.
    fn learns(&self, found: &Found) -> String {
        if let Some([a, b]) = &found.doubt {
            return format!(
                "two readings are about as likely: {} ({}) or {} ({})",
                a.0, a.1, b.0, b.1
            );
        }
        let why = match (&found.why, self.kind) {
            (Some(why), _) => why.as_str(),
            (None, Format::ImageFolder | Format::ImageZip) => "the folders of the pictures",
            (None, Format::TextFolder) => "the files that the lines are in",
            (None, Format::TextClasses) => "the folders of the texts",
            (None, Format::BuiltIn) => "they come with the data",
            (None, Format::Series) => "what is at the end of each line",
            (None, Format::Cifar10) => "the first byte of each picture",
            (None, _) => "the labels that go with them",
        };
        if !found.labelled {
            return match &found.why {
                Some(why) => format!("nothing to learn: {why}"),
                None => "nothing to learn: no labels were found".to_owned(),
            };
        }
        let what = match (&self.labels, &self.values) {
            (Some(l), _) if l.classes == 1 => "1 class".to_owned(),
            (Some(l), _) => format!("{} classes", grouped(l.classes)),
            (None, Some(v)) if v.dim > 1 => format!("{} values", v.dim),
            _ => "values".to_owned(),
        };
        match &found.target {
            Some(target) => format!("learns {} ({what}): {why}", one_line(target)),
            None => format!("learns {what}: {why}"),
        }
    }

    fn thumbnail(&self, data: &Dataset, i: usize) -> Thumbnail {
        let [channels, height, width] = data.shape();
        let step = height.max(width).div_ceil(THUMBNAIL);
        let [low, high] = data.black_and_white();
        let (rows, columns) = (height.div_ceil(step), width.div_ceil(step));
        let mut rgb = vec![0; rows * columns * 3];
        let mut at = 0;
        // A picture may be large: nothing is kept of it but what is shown.
        data.each_stored(i, |value| {
            let (c, y, x) = (at / (height * width), at / width % height, at % width);
            at += 1;
            if y % step == 0 && x % step == 0 && c < 3 {
                let shade = ((value - low) / (high - low) * 255.0).round() as u8;
                let first = (y / step * columns + x / step) * 3;
                let all = if channels == 1 { 0..3 } else { c..c + 1 };
                rgb[first..first + 3][all].fill(shade);
            }
        });
        Thumbnail {
            example: i,
            label: label_of(data, i),
            height: rows,
            width: columns,
            rgb,
        }
    }

    /// The same in words, one fact a line, without line breaks.
    pub fn lines(&self) -> Vec<String> {
        const SHOWN: usize = 8;
        let mut packed = if self.gzip { ", gzip" } else { "" }.to_owned();
        if let Some(archive) = self.archive {
            packed = format!("{packed}, in a {archive} archive");
        }
        let mut lines = vec![self.learns.clone()];
        lines.push(format!("{}: {}{packed}", self.file, self.kind.words()));
        if self.files.len() > 1 {
            for file in self.files.iter().take(SHOWN) {
                lines.push(format!("  from {}", display_path(file)));
            }
            if let more @ 1.. = self.file_count.saturating_sub(SHOWN) {
                lines.push(format!("  and {} more files", grouped(more)));
            }
        }
        let noun = match self.kind {
            Format::IdxLabels => "labels",
            _ if !self.thumbnails.is_empty() => "images",
            _ => "examples",
        };
        lines.push(format!("{noun}: {}", grouped(self.examples)));
        match (&self.shape[..], self.steps) {
            (&[features, ..], Some([least, most])) => {
                lines.push(format!("shape: {features} a step, {least} to {most} steps"))
            }
            (&[features, 1, 1], None) => lines.push(format!("shape: {features} features")),
            (&[c, h, w], None) => {
                lines.push(format!(
                    "shape: {c} x {h} x {w} (channels x height x width)"
                ));
            }
            _ => {}
        }
        if !self.columns.is_empty() {
            lines.push(format!("columns: {}", listed(&self.columns)));
        }
        if self.letters.is_empty() {
            lines.push(format!(
                "values: {} to {}, mean {:.3}",
                shortest(self.minimum),
                shortest(self.maximum),
                self.mean
            ));
        } else {
            lines.push(format!("letters: {}", one_line(&self.letters)));
        }
        if let Some(labels) = &self.labels {
            lines.push(format!("classes: {}", grouped(labels.classes)));
            let counts: Vec<String> = labels
                .names
                .iter()
                .zip(&labels.counts)
                .map(|(name, &n)| format!("{name}: {}", grouped(n)))
                .collect();
            lines.push(format!("examples per class: {}", counts_listed(&counts)));
        }
        if let Some(v) = &self.values {
            lines.push(format!(
                "targets: {} values, {} to {}{}",
                v.dim,
                v.minimum,
                v.maximum,
                if self.target_scale == Some(Scale::Standardise) {
                    ", standardised over the training part"
                } else {
                    ""
                }
            ));
        }
        if self.labels.is_none() && self.values.is_none() {
            lines.push("labels: none given and none found".to_owned());
        }
        if self.kind != Format::IdxLabels {
            let [train, validation, test] = self.parts.map(grouped);
            lines.push(format!(
                "split: {train} train, {validation} validation, {test} test{}",
                if self.published_test {
                    " (as filed)"
                } else {
                    ""
                }
            ));
            lines.push(format!("scale: {}", self.scale_words()));
        }
        for row in &self.rows {
            let mut values: Vec<String> = match &row.text[..] {
                "" if !row.cells.is_empty() => row.cells.clone(),
                "" => row.values.iter().map(|v| shortest(*v)).collect(),
                text => vec![one_line(text)],
            };
            if row.more > 0 {
                values.push(format!("and {} more", row.more));
            }
            lines.push(format!(
                "  {}: {} -> {}",
                row.example,
                values.join(" "),
                row.label
            ));
        }
        for warning in &self.warnings {
            lines.push(format!("note: {warning}"));
        }
        lines
    }

    fn scale_words(&self) -> String {
        let words = match (self.scale, self.white) {
            _ if !self.letters.is_empty() => "a letter is 1 among zeros",
            (None, _) if self.rows.is_empty() => "as pictures, black 0 and white 1",
            (None, Some(white)) => return format!("bytes over {white}, 0 to 1"),
            (None | Some(Scale::None), _) => "as stored",
            (Some(Scale::Unit), _) => "each feature's training values span 0 to 1",
            (Some(Scale::Standardise), _) => {
                "each feature with mean 0 and deviation 1 over the training part"
            }
        };
        words.to_owned()
    }
}

/// A row of a table with words and gaps, as the table has it.
fn encoded_row(found: &Found, data: &Dataset, i: usize, stored: &[f64]) -> Row {
    let words = |c: usize| {
        let name = found.columns.get(c)?;
        found.words.iter().find(|(column, _)| column == name)
    };
    let cell = |(c, value): (usize, &f64)| match words(c) {
        _ if value.is_nan() => "?".to_owned(),
        Some((_, words)) => words.get(*value as usize).cloned().unwrap_or_default(),
        None => shortest(*value),
    };
    let shown = stored.iter().take(ROW_VALUES);
    Row {
        example: i,
        label: label_of(data, i),
        values: shown
            .clone()
            .map(|v| if v.is_nan() { 0.0 } else { *v })
            .collect(),
        text: String::new(),
        more: stored.len().saturating_sub(ROW_VALUES),
        cells: shown.enumerate().map(cell).collect(),
    }
}

/// The fewest digits that tell a number: those of single precision where it is one, as files of singles hold.
fn shortest(value: f64) -> String {
    let single = value as f32;
    if f64::from(single) == value {
        single.to_string()
    } else {
        value.to_string()
    }
}

fn listed(names: &[String]) -> String {
    shortened(names, ", ", 20)
}

fn counts_listed(counts: &[String]) -> String {
    shortened(counts, "; ", 100)
}

fn shortened(all: &[String], between: &str, most: usize) -> String {
    let mut text = all[..all.len().min(most)].join(between);
    if all.len() > most {
        text.push_str(&format!("{between}and {} more", all.len() - most));
    }
    text
}

/// The class's name, or the first target value.
fn label_of(data: &Dataset, i: usize) -> String {
    match data.targets() {
        Targets::Classes(labels) => data.classes()[usize::from(labels[i])].clone(),
        Targets::Values { dim, data } => data[i * dim].to_string(),
    }
}

/// At most `most` examples of the training part, of every class in turn as long as there are any.
fn of_all_classes(data: &Dataset, most: usize) -> Vec<usize> {
    let range = data.range(Part::Train);
    let Targets::Classes(labels) = data.targets() else {
        return range.take(most).collect();
    };
    let each = most.div_ceil(data.classes().len().max(1)).max(1);
    let mut taken = vec![0; data.classes().len()];
    let mut chosen = Vec::new();
    for i in range {
        let class = usize::from(labels[i]);
        if taken[class] < each {
            taken[class] += 1;
            chosen.push((taken[class], class, i));
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().take(most).map(|(_, _, i)| i).collect()
}
