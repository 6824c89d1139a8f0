//! A dataset in memory: inputs, targets, and the split into train, validation and test.

use std::ops::Range;
use std::sync::Arc;

use super::error::{DataError, counted, one_line};
use super::split::{Filing, Part, Split};

/// Examples with their targets and their split. Cloning is cheap: clones share the values.
///
/// Examples are numbered from 0 over all files; [`Dataset::split`] says which numbers belong to which part. The values of one input
/// are laid out channel by channel, each row by row (channel, y, x), as in the files: value (c, y, x) of shape `[channels, height,
/// width]` is at `(c * height + y) * width + x`.
#[derive(Debug, Clone)]
pub struct Dataset {
    name: String,
    shape: [usize; 3],
    classes: Arc<Vec<String>>,
    inputs: Inputs,
    targets: Arc<Targets>,
    filing: Filing,
    split: Split,
}

/// The values of all inputs, example by example.
#[derive(Debug, Clone)]
enum Inputs {
    /// Bytes as stored, meaning `byte / white`.
    Bytes { values: Arc<Vec<u8>>, white: u8 },
    /// Reals, used as they are.
    Reals(Arc<Vec<f64>>),
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

impl Dataset {
    /// A dataset of bytes; a byte `b` is the input value `b / white`, 0 to 1.
    ///
    /// `shape` is channels, height, width (flat features are `[n, 1, 1]`), `values` hold example after example in that layout.
    /// `classes` names the classes and is empty for [`Targets::Values`].
    ///
    /// # Errors
    /// [`DataError::Invalid`] if counts or ranges do not fit together, a byte exceeds `white`, or there is no example.
    pub fn from_bytes(
        name: &str,
        shape: [usize; 3],
        values: Vec<u8>,
        white: u8,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        if white == 0 {
            return Err(DataError::invalid(
                name,
                "the byte for 1.0 is 0; expected at least 1",
            ));
        }
        if white < u8::MAX
            && let Some(at) = values.iter().position(|&v| v > white)
        {
            return Err(DataError::invalid(
                name,
                format!("value {at} is {}; expected 0 to {white}", values[at]),
            ));
        }
        let count = values.len();
        let inputs = Inputs::Bytes {
            values: Arc::new(values),
            white,
        };
        Self::assemble(name, shape, count, inputs, targets, classes, filing)
    }

    /// A dataset of finite reals, used as they are. See [`Dataset::from_bytes`] for the arguments and errors.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if counts do not fit together, a value is not finite, or there is no example.
    pub fn from_reals(
        name: &str,
        shape: [usize; 3],
        values: Vec<f64>,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(DataError::invalid(
                name,
                format!(
                    "input value {at} is {}; expected a finite number",
                    values[at]
                ),
            ));
        }
        let count = values.len();
        Self::assemble(
            name,
            shape,
            count,
            Inputs::Reals(Arc::new(values)),
            targets,
            classes,
            filing,
        )
    }

    fn assemble(
        name: &str,
        shape: [usize; 3],
        values: usize,
        inputs: Inputs,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let fail = |problem: String| Err(DataError::invalid(name, problem));
        let [channels, height, width] = shape;
        let each = channels
            .checked_mul(height)
            .and_then(|n| n.checked_mul(width))
            .unwrap_or(0);
        if each == 0 {
            return fail(format!(
                "shape {channels} x {height} x {width}; expected sizes of at least 1"
            ));
        }
        let len = values / each;
        if len == 0 || !values.is_multiple_of(each) {
            return fail(format!(
                "{} do not make whole examples of {each}",
                counted(values, "input value")
            ));
        }
        let wanted = match &targets {
            Targets::Classes(labels) => {
                if let Some(at) = labels
                    .iter()
                    .position(|&label| usize::from(label) >= classes.len())
                {
                    return fail(format!(
                        "example {at} has class {}; expected below {}",
                        labels[at],
                        classes.len()
                    ));
                }
                labels.len()
            }
            Targets::Values { dim: 0, .. } => {
                return fail("targets of 0 values; expected at least 1".to_owned());
            }
            Targets::Values { dim, data } => {
                if let Some(at) = data.iter().position(|v| !v.is_finite()) {
                    return fail(format!(
                        "target value {at} is {}; expected a finite number",
                        data[at]
                    ));
                }
                if !data.len().is_multiple_of(*dim) {
                    return fail(format!(
                        "{} do not make whole targets of {dim}",
                        counted(data.len(), "target value")
                    ));
                }
                data.len() / dim
            }
        };
        if wanted != len {
            return fail(format!(
                "{} but {}; expected as many",
                counted(len, "input"),
                counted(wanted, "target")
            ));
        }
        if let Filing::TrainAndTest { train } = filing
            && train > len
        {
            return fail(format!("a training file of {train} among {len} examples"));
        }
        Ok(Self {
            name: one_line(name),
            shape,
            classes: Arc::new(classes),
            inputs,
            targets: Arc::new(targets),
            filing,
            split: filing.default_split(len),
        })
    }

    /// The built-in name, or the path it was loaded from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Channels, height and width of one input; flat features are `[n, 1, 1]`.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Number of values in one input: channels times height times width.
    pub fn input_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Number of examples over all parts, whether or not the split uses them.
    pub fn len(&self) -> usize {
        let values = match &self.inputs {
            Inputs::Bytes { values, .. } => values.len(),
            Inputs::Reals(values) => values.len(),
        };
        values / self.input_len()
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
        let split = self.filing.split(self.len(), train, validation, test);
        self.split = split.map_err(|problem| DataError::Split {
            dataset: self.name.clone(),
            problem,
        })?;
        Ok(())
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

    /// Writes input `i` as another number type without allocating; layout (channel, y, x).
    ///
    /// Bytes become `byte / white` in double precision before `convert`. For `f32` that equals the division done in single
    /// precision, since 53 bits are more than twice 24 plus 2.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`] or `out` is not [`Dataset::input_len`] long.
    pub fn fill_input<T>(&self, i: usize, out: &mut [T], convert: impl Fn(f64) -> T) {
        let range = self.values_of(i);
        assert_eq!(out.len(), range.len(), "length of the input buffer");
        match &self.inputs {
            Inputs::Bytes { values, white } => {
                let white = f64::from(*white);
                for (out, &byte) in out.iter_mut().zip(&values[range]) {
                    *out = convert(f64::from(byte) / white);
                }
            }
            Inputs::Reals(values) => {
                for (out, &value) in out.iter_mut().zip(&values[range]) {
                    *out = convert(value);
                }
            }
        }
    }

    /// Writes target `i` in double precision: one-hot for a class, else its values.
    ///
    /// # Panics
    /// As [`Dataset::fill_target`].
    pub fn write_target(&self, i: usize, out: &mut [f64]) {
        self.fill_target(i, out, |value| value);
    }

    /// Writes target `i` as another number type without allocating: one-hot for a class, else its values.
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
                for (out, &value) in out.iter_mut().zip(&data[i * dim..(i + 1) * dim]) {
                    *out = convert(value);
                }
            }
        }
    }

    /// The bytes of input `i` as stored, 0 to [`Dataset::white`], for thumbnails; `None` if the inputs are reals.
    ///
    /// # Panics
    /// If `i` is not below [`Dataset::len`].
    pub fn input_bytes(&self, i: usize) -> Option<&[u8]> {
        match &self.inputs {
            Inputs::Bytes { values, .. } => Some(&values[self.values_of(i)]),
            Inputs::Reals(_) => None,
        }
    }

    /// The stored byte that means 1.0: 255 for grey images, 16 for the 8 x 8 digits; `None` if the inputs are reals.
    pub fn white(&self) -> Option<u8> {
        match &self.inputs {
            Inputs::Bytes { white, .. } => Some(*white),
            Inputs::Reals(_) => None,
        }
    }

    fn values_of(&self, i: usize) -> Range<usize> {
        let each = self.input_len();
        i * each..(i + 1) * each
    }
}

/// Class names that are the labels themselves: "0", "1", …
pub(super) fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

#[cfg(test)]
#[path = "dataset_test.rs"]
mod tests;
