//! A dataset in memory: inputs, targets, and the split into train, validation and test.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rand_pcg::Pcg32;

use super::draws::{generator, nearly_normal};
use super::error::DataError;
use super::fingerprint::Provenance;
use super::inputs::{Affine, Inputs, Scale, Scaling};
use super::split::{Filing, Part, Split};

mod arrange;
mod assemble;
mod beyond;
mod learnt;
mod look;

pub use learnt::{Learnt, LearntColumn, LearntTable, Reading, Units};
pub use look::Look;

/// Examples with their targets and their split. Cloning is cheap: clones share the values.
///
/// Examples are numbered from 0 over all files; [`Dataset::split`] says which numbers belong to which part. The values of one input
/// are laid out channel by channel, each row by row (channel, y, x), as in the files: value (c, y, x) of shape `[channels, height,
/// width]` is at `(c * height + y) * width + x`.
///
/// Sequences have the shape `[features, 1, longest]`, and their inputs are laid out time step after time step, `features` values
/// each; a shorter sequence is padded with zeros at the front, so that all end at the last step. [`Dataset::lengths`] tells them
/// from other data.
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    shape: [usize; 3],
    len: usize,
    classes: Arc<Vec<String>>,
    inputs: Inputs,
    /// Example `i` is stored as row `order[i]`; as row `i` without it. Targets and lengths are kept in the order of examples.
    order: Option<Arc<Vec<u32>>>,
    lengths: Option<Arc<Vec<u32>>>,
    /// What the features of text stand for.
    symbols: Option<Arc<Vec<char>>>,
    /// Neighbours with the same number must not be separated by the split.
    groups: Option<Arc<Vec<u32>>>,
    targets: Arc<Targets>,
    filing: Filing,
    split: Split,
    scale: Option<Scale>,
    affine: Option<Arc<Affine>>,
    target_scale: Option<Scale>,
    target_affine: Option<Arc<Affine>>,
    noise: Option<Noise>,
    /// What a table says of its columns.
    columns: Option<Arc<Columns>>,
    provenance: Option<Arc<Provenance>>,
    /// What the stored values are like, once somebody has asked.
    stored: Arc<OnceLock<arrange::Range>>,
}

/// What a table says of its columns.
#[derive(Debug, Clone, PartialEq)]
struct Columns {
    /// The name of what is learnt.
    target: Option<String>,
    /// How its columns become inputs.
    learnt: Option<LearntTable>,
}

/// Noise added to inputs as they are handed out.
#[derive(Debug, Clone, Copy)]
struct Noise {
    deviation: f64,
    seed: u64,
}

impl Noise {
    /// The generator of one row's noise: the same at every epoch and in every order.
    fn of_row(self, row: usize) -> Pcg32 {
        generator(self.seed ^ 0x006e_6f69_7365, row as u64)
    }
}

/// What is to be learnt for each example.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// One class per example, an index into the class names. As a target vector it is one-hot.
    Classes(Vec<u16>),
    /// `dim` real values per example, example by example.
    Values {
        /// Number of values per example, at least 1.
        dim: usize,
        /// `len * dim` finite values.
        data: Vec<f64>,
    },
}

impl Targets {
    /// These targets with the names of their classes; values have none.
    pub fn named(self, classes: Vec<String>) -> NamedTargets {
        NamedTargets {
            targets: self,
            classes,
        }
    }
}

/// Targets, and what their classes are called.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTargets {
    /// What is to be learnt for each example.
    pub targets: Targets,
    /// The names of the classes; empty for [`Targets::Values`].
    pub classes: Vec<String>,
}

impl Dataset {
    /// The stored numbers of an example of a table with words and gaps, a column each.
    pub(super) fn stored_row(&self, i: usize) -> Option<Vec<f64>> {
        match &self.inputs {
            Inputs::Encoded(table) => Some(table.stored(self.row(i))),
            _ => None,
        }
    }

    /// The same examples numbered anew: new example `i` is the present example `order[i]`.
    ///
    /// With `groups`, one number for each new example, a run of equal numbers stays on one side of any split.
    ///
    /// # Panics
    /// If `order` is no permutation of the examples, or `groups` has another length: both come from this layer, not from files.
    pub(super) fn reorder(&mut self, order: Vec<u32>, groups: Option<Vec<u32>>) {
        let mut seen = vec![false; self.len];
        for &i in &order {
            assert!(
                !std::mem::replace(&mut seen[i as usize], true),
                "example {i} comes twice"
            );
        }
        assert_eq!(order.len(), self.len, "an order of all examples");
        assert!(groups.as_ref().is_none_or(|g| g.len() == self.len));
        let from = |i: u32| i as usize;
        let targets = match &*self.targets {
            Targets::Classes(labels) => {
                Targets::Classes(order.iter().map(|&i| labels[from(i)]).collect())
            }
            Targets::Values { dim, data } => Targets::Values {
                dim: *dim,
                data: order
                    .iter()
                    .flat_map(|&i| &data[from(i) * dim..(from(i) + 1) * dim])
                    .copied()
                    .collect(),
            },
        };
        self.targets = Arc::new(targets);
        if let Some(lengths) = &self.lengths {
            let moved = order.iter().map(|&i| lengths[from(i)]).collect();
            self.lengths = Some(Arc::new(moved));
        }
        let rows = match &self.order {
            None => order,
            Some(rows) => order.iter().map(|&i| rows[from(i)]).collect(),
        };
        self.order = Some(Arc::new(rows));
        self.groups = groups.map(Arc::new);
        self.refit();
    }

    /// The scaling asked for; `None` is the one the dataset came with (bytes over the byte that means 1, reals as they are).
    pub fn scale(&self) -> Option<Scale> {
        self.scale
    }

    /// Scales the inputs. What is learnt for it is learnt from the training part, again after each [`Dataset::resplit`].
    ///
    /// Channels are scaled each by itself (a flat feature is a channel, and so is a feature of a sequence); padding stays 0.
    /// Symbols are one-hot whatever is asked for.
    pub fn rescale(&mut self, scale: Scale) {
        self.scale = Some(scale);
        self.refit();
    }

    /// The scaling of targets that are values; `None` hands them out as they are.
    pub fn target_scale(&self) -> Option<Scale> {
        self.target_scale
    }

    /// Scales targets that are values, each by itself; what is learnt for it is learnt from the training part, again after each
    /// [`Dataset::resplit`]. Classes stay one-hot.
    pub fn rescale_targets(&mut self, scale: Scale) {
        self.target_scale = Some(scale);
        self.refit_targets();
    }

    /// What a target as it is handed out has to be multiplied by, and then added to, for the value as stored; `None` where that is
    /// the same.
    pub fn target_units(&self) -> Option<(&[f64], &[f64])> {
        let affine = self.target_affine.as_ref()?;
        Some((&affine.divisor, &affine.shift))
    }

    /// What an input as it is handed out has to be multiplied by, and then added to, for the value as stored, a channel each;
    /// `None` where nothing is scaled.
    pub fn input_units(&self) -> Option<(&[f64], &[f64])> {
        let affine = self.affine.as_ref()?;
        Some((&affine.divisor, &affine.shift))
    }

    /// What stands in for gaps, as stored, a channel each; `None` where there can be none.
    pub fn fill_values(&self) -> Option<&[f64]> {
        let affine = self.affine.as_ref()?;
        (!affine.gaps.is_empty()).then_some(&affine.gaps[..])
    }

    fn refit_targets(&mut self) {
        let (Some(scale), Targets::Values { dim, data }) = (self.target_scale, &*self.targets)
        else {
            return;
        };
        let values = Inputs::Reals(Arc::new(data.clone()));
        let rows = self.split.train.clone();
        let fitted = values.fit(scale, rows, *dim, *dim, 1);
        self.target_affine = fitted.map(Arc::new);
    }

    fn refit(&mut self) {
        self.refit_targets();
        let Some(scale) = self.scale else { return };
        let rows = self.split.train.clone().map(|i| self.row(i));
        let fitted = self
            .inputs
            .fit(scale, rows, self.input_len(), self.shape[0], self.plane());
        self.affine = fitted.map(Arc::new);
    }

    /// Where example `i` is stored.
    fn row(&self, i: usize) -> usize {
        assert!(i < self.len, "example {i} of {}", self.len);
        self.order.as_ref().map_or(i, |order| order[i] as usize)
    }

    /// Values of one channel in a grid.
    fn plane(&self) -> usize {
        self.shape[1] * self.shape[2]
    }

    /// The built-in name, or the path it was loaded from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Channels, height and width of one input; flat features are `[n, 1, 1]`, sequences `[features, 1, longest]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of values in one input: channels times height times width.
    pub fn input_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// For sequences the number of time steps of each example, in the order of examples; `None` for data without time.
    pub fn lengths(&self) -> Option<&[u32]> {
        self.lengths.as_ref().map(|lengths| lengths.as_slice())
    }

    /// The characters that the features stand for, where sequences are text.
    pub(super) fn set_symbols(&mut self, symbols: Vec<char>) {
        debug_assert_eq!(symbols.len(), self.shape[0], "one character per feature");
        self.symbols = Some(Arc::new(symbols));
    }

    /// The character that a feature stands for, where examples are text.
    pub fn symbol(&self, feature: usize) -> Option<char> {
        self.symbols.as_ref()?.get(feature).copied()
    }

    /// Example `i` as text; `None` where examples are no text.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`].
    pub fn text(&self, i: usize) -> Option<String> {
        let symbols = self.symbols.as_ref()?;
        let mut input = vec![0.0; self.input_len()];
        self.write_input(i, &mut input);
        let length = self.lengths()?[i] as usize;
        let steps = self.shape[2];
        let features = self.shape[0];
        input[(steps - length) * features..]
            .chunks_exact(features)
            .map(|step| step.iter().position(|&v| v == 1.0).map(|f| symbols[f]))
            .collect()
    }

    /// The one-hot input that stands for `text`, padded at the front to the longest sequence; `None` where examples are no text,
    /// or a character does not occur in them, or there is none or too many.
    pub fn spell(&self, text: &str) -> Option<Vec<f64>> {
        let symbols = self.symbols.as_ref()?;
        let [features, _, steps] = self.shape;
        let length = text.chars().count();
        if length == 0 || length > steps {
            return None;
        }
        let mut input = vec![0.0; self.input_len()];
        for (step, letter) in input[(steps - length) * features..]
            .chunks_exact_mut(features)
            .zip(text.chars())
        {
            step[symbols.iter().position(|&s| s == letter)?] = 1.0;
        }
        Some(input)
    }

    /// Number of examples over all parts, whether or not the split uses them.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never true: a dataset has at least one example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names of the classes; empty if the targets are values.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// All targets, in the order of the examples.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Which examples belong to which part.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// How the examples were filed, which decides what a split may take.
    pub fn filing(&self) -> Filing {
        self.filing
    }

    /// The examples of one part, as numbers for the other methods.
    pub fn range(&self, part: Part) -> Range<usize> {
        self.split.range(part)
    }

    /// Takes the first `train` examples of the training file, its last `validation`, and the first `test` of the test file.
    ///
    /// Counts may be smaller than the files. Where there is only one file, test is its end and validation the piece before.
    ///
    /// # Errors
    /// [`DataError::Split`] with both counts if a file holds fewer or `train` is 0; the split then stays as it was.
    pub fn resplit(
        &mut self,
        train: usize,
        validation: usize,
        test: usize,
    ) -> Result<(), DataError> {
        self.split = self.would_split(train, validation, test)?;
        self.refit();
        Ok(())
    }

    /// The split that [`Dataset::resplit`] would take up.
    ///
    /// # Errors
    /// As there.
    pub fn would_split(
        &self,
        train: usize,
        validation: usize,
        test: usize,
    ) -> Result<Split, DataError> {
        let split = self.filing.split(self.len(), train, validation, test);
        let split = split.and_then(|split| match &self.groups {
            None => Ok(split),
            Some(groups) => split.keeps_together(groups),
        });
        split.map_err(|problem| DataError::Split {
            dataset: self.name.clone(),
            problem,
        })
    }

    /// The class of example `i`; `None` if the targets are values.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`].
    pub fn label(&self, i: usize) -> Option<usize> {
        match &*self.targets {
            Targets::Classes(labels) => Some(usize::from(labels[i])),
            Targets::Values { .. } => None,
        }
    }

    /// The values that example `i` is to be answered with, as stored; `None` if the targets are classes.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`].
    pub fn stored_target(&self, i: usize) -> Option<&[f64]> {
        match &*self.targets {
            Targets::Classes(_) => None,
            Targets::Values { dim, data } => Some(&data[i * dim..(i + 1) * dim]),
        }
    }

    /// The name of what is learnt, where a table gives it one.
    pub fn target_name(&self) -> Option<&str> {
        self.columns.as_ref()?.target.as_deref()
    }

    /// Length of a target vector: the number of classes, or of values.
    pub fn target_len(&self) -> usize {
        match &*self.targets {
            Targets::Classes(_) => self.classes.len(),
            Targets::Values { dim, .. } => *dim,
        }
    }

    /// Writes input `i` in double precision. See [`Dataset::fill_input`].
    ///
    /// # Panics
    /// As [`Dataset::fill_input`].
    pub fn write_input(&self, i: usize, out: &mut [f64]) {
        self.fill_input(i, out, |value| value);
    }

    /// Writes input `i` as another number type without allocating; the layout is (channel, y, x), or that of sequences.
    ///
    /// Bytes become `byte / white` in double precision before `convert`. For `f32` that equals the division done in single
    /// precision, since 53 bits are more than twice 24 plus 2.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`] or `out` is not [`Dataset::input_len`] long.
    pub fn fill_input<T>(&self, i: usize, out: &mut [T], convert: impl Fn(f64) -> T) {
        assert_eq!(out.len(), self.input_len(), "length of the input buffer");
        let row = self.row(i);
        let scaling = Scaling {
            plane: self.plane(),
            affine: self.affine.as_deref(),
        };
        let padding = || convert(0.0);
        match self.noise {
            None => self.inputs.fill(row, scaling, out, &convert, padding),
            Some(noise) => {
                let draws = RefCell::new(noise.of_row(row));
                let noisy = |value: f64| {
                    convert(value + noise.deviation * nearly_normal(&mut draws.borrow_mut()))
                };
                self.inputs.fill(row, scaling, out, noisy, padding);
            }
        }
    }

    /// Writes target `i` in double precision: one-hot for a class, else its values, scaled.
    ///
    /// # Panics
    /// As [`Dataset::fill_target`].
    pub fn write_target(&self, i: usize, out: &mut [f64]) {
        self.fill_target(i, out, |value| value);
    }

    /// Writes target `i` as another number type without allocating: one-hot for a class, else its values, scaled.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`] or `out` is not [`Dataset::target_len`] long.
    pub fn fill_target<T>(&self, i: usize, out: &mut [T], convert: impl Fn(f64) -> T) {
        assert_eq!(out.len(), self.target_len(), "length of the target buffer");
        match &*self.targets {
            Targets::Classes(labels) => {
                let label = usize::from(labels[i]);
                for (class, out) in out.iter_mut().enumerate() {
                    *out = convert(if class == label { 1.0 } else { 0.0 });
                }
            }
            Targets::Values { dim, data } => {
                let values = &data[i * dim..(i + 1) * dim];
                match self.target_affine.as_deref() {
                    None => {
                        for (out, &value) in out.iter_mut().zip(values) {
                            *out = convert(value);
                        }
                    }
                    Some(affine) => {
                        for (d, (out, &value)) in out.iter_mut().zip(values).enumerate() {
                            *out = convert(affine.apply(d, value));
                        }
                    }
                }
            }
        }
    }

    /// The bytes of input `i` as stored, 0 to [`Dataset::white`], for thumbnails; `None` if the inputs are no bytes.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`].
    pub fn input_bytes(&self, i: usize) -> Option<&[u8]> {
        let (row, each) = (self.row(i), self.input_len());
        match &self.inputs {
            Inputs::Bytes { values, .. } => Some(&values[row * each..(row + 1) * each]),
            _ => None,
        }
    }

    /// Bytes that inputs and targets take in memory.
    pub fn bytes(&self) -> usize {
        let targets = match &*self.targets {
            Targets::Classes(labels) => size_of_val(&labels[..]),
            Targets::Values { data, .. } => size_of_val(&data[..]),
        };
        self.inputs.bytes() + targets
    }

    /// The stored byte that means 1.0: 255 for grey images, 16 for the 8 x 8 digits; `None` if the inputs are no bytes.
    pub fn white(&self) -> Option<u8> {
        match &self.inputs {
            Inputs::Bytes { white, .. } => Some(*white),
            _ => None,
        }
    }
}

/// Class names that are the labels themselves: "0", "1", …
pub(super) fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

#[cfg(test)]
#[path = "dataset_test.rs"]
mod tests;
