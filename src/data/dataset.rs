//! A dataset in memory: inputs, targets, and the split into train, validation and test.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rand_pcg::Pcg32;

use super::batches::generator;
use super::encoded::Encoded;
use super::error::{DataError, counted, one_line};
use super::inputs::{Affine, Inputs, Scale, Sequences, Steps};
use super::numbers::Numbers;
use super::split::{Filing, Part, Split};
use super::toys::nearly_normal;

mod arrange;
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
    /// What the stored values are like, once somebody has asked.
    stored: Arc<OnceLock<arrange::Range>>,
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
        let len = whole_examples(name, shape, values.len())?;
        let inputs = Inputs::Bytes {
            values: Arc::new(values),
            white,
        };
        Self::assemble(name, shape, len, inputs, targets, classes, filing)
    }

    /// A dataset of finite reals, used as they are. See [`Dataset::from_bytes`] for the arguments.
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
        all_finite(name, values.iter().copied())?;
        let len = whole_examples(name, shape, values.len())?;
        let inputs = Inputs::Reals(Arc::new(values));
        Self::assemble(name, shape, len, inputs, targets, classes, filing)
    }

    /// As [`Dataset::from_reals`], stored in single precision.
    ///
    /// # Errors
    /// As [`Dataset::from_reals`].
    pub fn from_singles(
        name: &str,
        shape: [usize; 3],
        values: Vec<f32>,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        all_finite(name, values.iter().map(|&v| f64::from(v)))?;
        let len = whole_examples(name, shape, values.len())?;
        let inputs = Inputs::Singles(Arc::new(values));
        Self::assemble(name, shape, len, inputs, targets, classes, filing)
    }

    /// A dataset of sequences, which may differ in length.
    ///
    /// `lengths` has the number of steps of each sequence, at least 1; `steps` hold sequence after sequence without padding, each
    /// step being one symbol below `features`, or `features` values. The shape becomes `[features, 1, longest]`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if counts or ranges do not fit together, a value is not finite, or there is no example.
    pub fn from_sequences(
        name: &str,
        features: usize,
        lengths: Vec<u32>,
        steps: Steps,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let fail = |problem: String| Err(DataError::invalid(name, problem));
        if features == 0 {
            return fail("steps of 0 features; expected at least 1".to_owned());
        }
        let mut starts = Vec::with_capacity(lengths.len() + 1);
        let mut end = 0_usize;
        starts.push(end);
        for (i, &length) in lengths.iter().enumerate() {
            if length == 0 {
                return fail(format!("sequence {i} has no step; expected at least 1"));
            }
            end = end.saturating_add(length as usize);
            starts.push(end);
        }
        let width = match &steps {
            Steps::Symbols(_) => 1,
            Steps::Singles(_) | Steps::Reals(_) => features,
        };
        if end.checked_mul(width) != Some(steps.len()) {
            return fail(format!(
                "{} for {}; expected {width} for each",
                counted(steps.len(), "value"),
                counted(end, "step")
            ));
        }
        match &steps {
            Steps::Symbols(ids) => {
                if let Some(at) = ids.iter().position(|&id| usize::from(id) >= features) {
                    return fail(format!(
                        "step {at} is symbol {}; expected below {features}",
                        ids[at]
                    ));
                }
            }
            Steps::Singles(values) => all_finite(name, values.iter().map(|&v| f64::from(v)))?,
            Steps::Reals(values) => all_finite(name, values.iter().copied())?,
        }
        let longest = lengths.iter().copied().max().unwrap_or(0) as usize;
        let len = lengths.len();
        if len == 0 {
            return fail("no sequences; expected at least 1".to_owned());
        }
        let shape = [features, 1, longest];
        let inputs = Inputs::Sequences(Arc::new(Sequences {
            features,
            starts,
            steps,
        }));
        let mut data = Self::assemble(name, shape, len, inputs, targets, classes, filing)?;
        data.lengths = Some(Arc::new(lengths));
        Ok(data)
    }

    fn assemble(
        name: &str,
        shape: [usize; 3],
        len: usize,
        inputs: Inputs,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let fail = |problem: String| Err(DataError::invalid(name, problem));
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
            len,
            classes: Arc::new(classes),
            inputs,
            order: None,
            lengths: None,
            groups: None,
            targets: Arc::new(targets),
            filing,
            split: filing.default_split(len),
            scale: None,
            affine: None,
            target_scale: None,
            target_affine: None,
            symbols: None,
            noise: None,
            stored: Arc::default(),
        })
    }

    /// A dataset of numbers as a file holds them, stored as compactly as they came. Bytes mean `byte / white`.
    ///
    /// # Errors
    /// As [`Dataset::from_bytes`] and [`Dataset::from_reals`].
    pub(super) fn from_numbers(
        name: &str,
        shape: [usize; 3],
        values: Numbers,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        match values.compact() {
            Numbers::Bytes(values) => {
                let white = white_of(&values);
                Self::from_bytes(name, shape, values, white, targets, classes, filing)
            }
            Numbers::Singles(values) => {
                Self::from_singles(name, shape, values, targets, classes, filing)
            }
            Numbers::Reals(values) => {
                Self::from_reals(name, shape, values, targets, classes, filing)
            }
            Numbers::Integers(values) => {
                let values = values.into_iter().map(|v| v as f64).collect();
                Self::from_reals(name, shape, values, targets, classes, filing)
            }
        }
    }

    /// A dataset of the rows of a table, with words and gaps. `shape` is `[inputs, 1, 1]`.
    ///
    /// # Errors
    /// As [`Dataset::from_reals`].
    pub(super) fn from_encoded(
        name: &str,
        table: Encoded,
        targets: Targets,
        classes: Vec<String>,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let (shape, len) = ([table.width(), 1, 1], table.rows());
        let inputs = Inputs::Encoded(Arc::new(table));
        Self::assemble(name, shape, len, inputs, targets, classes, filing)
    }

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
        self.refit();
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
        let (row, plane, affine) = (self.row(i), self.plane(), self.affine.as_deref());
        let padding = || convert(0.0);
        match self.noise {
            None => self.inputs.fill(row, plane, affine, out, &convert, padding),
            Some(noise) => {
                let draws = RefCell::new(noise.of_row(row));
                let noisy = |value: f64| {
                    convert(value + noise.deviation * nearly_normal(&mut draws.borrow_mut()))
                };
                self.inputs.fill(row, plane, affine, out, noisy, padding);
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

/// The byte that means 1: 255, or the highest there is where all are a handful of grey levels (such as 16, or 1).
fn white_of(values: &[u8]) -> u8 {
    let highest = values.iter().copied().max().unwrap_or(0);
    if (1..=16).contains(&highest) {
        highest
    } else {
        u8::MAX
    }
}

/// How many examples of that shape the values make.
fn whole_examples(name: &str, shape: [usize; 3], values: usize) -> Result<usize, DataError> {
    let [channels, height, width] = shape;
    let each = channels
        .checked_mul(height)
        .and_then(|n| n.checked_mul(width))
        .unwrap_or(0);
    if each == 0 {
        return Err(DataError::invalid(
            name,
            format!("shape {channels} x {height} x {width}; expected sizes of at least 1"),
        ));
    }
    if values == 0 || !values.is_multiple_of(each) {
        return Err(DataError::invalid(
            name,
            format!(
                "{} do not make whole examples of {each}",
                counted(values, "input value")
            ),
        ));
    }
    Ok(values / each)
}

fn all_finite(name: &str, values: impl Iterator<Item = f64>) -> Result<(), DataError> {
    for (at, value) in values.enumerate() {
        if !value.is_finite() {
            return Err(DataError::invalid(
                name,
                format!("input value {at} is {value}; expected a finite number"),
            ));
        }
    }
    Ok(())
}

/// Class names that are the labels themselves: "0", "1", …
pub(super) fn numbered(classes: usize) -> Vec<String> {
    (0..classes).map(|class| class.to_string()).collect()
}

#[cfg(test)]
#[path = "dataset_test.rs"]
mod tests;
