//! Datasets made of numbers that are at hand, checked.

use super::{Dataset, NamedTargets, Targets};
use crate::data::encoded::Encoded;
use crate::data::error::{DataError, counted, one_line};
use crate::data::inputs::{Inputs, Sequences, Steps};
use crate::data::numbers::Numbers;
use crate::data::split::Filing;
use std::sync::Arc;

impl Dataset {
    /// A dataset of bytes; a byte `b` is the input value `b / white`, 0 to 1.
    ///
    /// `shape` is channels, height, width (flat features are `[n, 1, 1]`), `values` hold example after example in that layout.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if counts or ranges do not fit together, a byte exceeds `white`, or there is no example.
    pub fn from_bytes(
        name: &str,
        shape: [usize; 3],
        values: Vec<u8>,
        white: u8,
        targets: NamedTargets,
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
        Self::assemble(name, shape, len, inputs, targets, filing)
    }

    /// A dataset of finite reals, used as they are. See [`Dataset::from_bytes`] for the arguments.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if counts do not fit together, a value is not finite, or there is no example.
    pub fn from_reals(
        name: &str,
        shape: [usize; 3],
        values: Vec<f64>,
        targets: NamedTargets,
        filing: Filing,
    ) -> Result<Self, DataError> {
        all_finite(name, values.iter().copied())?;
        let len = whole_examples(name, shape, values.len())?;
        let inputs = Inputs::Reals(Arc::new(values));
        Self::assemble(name, shape, len, inputs, targets, filing)
    }

    /// As [`Dataset::from_reals`], stored in single precision.
    ///
    /// # Errors
    /// As [`Dataset::from_reals`].
    pub fn from_singles(
        name: &str,
        shape: [usize; 3],
        values: Vec<f32>,
        targets: NamedTargets,
        filing: Filing,
    ) -> Result<Self, DataError> {
        all_finite(name, values.iter().map(|&v| f64::from(v)))?;
        let len = whole_examples(name, shape, values.len())?;
        let inputs = Inputs::Singles(Arc::new(values));
        Self::assemble(name, shape, len, inputs, targets, filing)
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
        targets: NamedTargets,
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
        let mut data = Self::assemble(name, shape, len, inputs, targets, filing)?;
        data.lengths = Some(Arc::new(lengths));
        Ok(data)
    }

    fn assemble(
        name: &str,
        shape: [usize; 3],
        len: usize,
        inputs: Inputs,
        targets: NamedTargets,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let fail = |problem: String| Err(DataError::invalid(name, problem));
        let NamedTargets { targets, classes } = targets;
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
            columns: None,
            provenance: None,
            stored: Arc::default(),
        })
    }

    /// A dataset of numbers as a file holds them, stored as compactly as they came. Bytes mean `byte / white`.
    ///
    /// # Errors
    /// As [`Dataset::from_bytes`] and [`Dataset::from_reals`].
    pub(in crate::data) fn from_numbers(
        name: &str,
        shape: [usize; 3],
        values: Numbers,
        targets: NamedTargets,
        filing: Filing,
    ) -> Result<Self, DataError> {
        match values.compact() {
            Numbers::Bytes(values) => {
                let white = white_of(&values);
                Self::from_bytes(name, shape, values, white, targets, filing)
            }
            Numbers::Singles(values) => Self::from_singles(name, shape, values, targets, filing),
            Numbers::Reals(values) => Self::from_reals(name, shape, values, targets, filing),
            Numbers::Integers(values) => {
                let values = values.into_iter().map(|v| v as f64).collect();
                Self::from_reals(name, shape, values, targets, filing)
            }
        }
    }

    /// A dataset of the rows of a table, with words and gaps. `shape` is `[inputs, 1, 1]`.
    ///
    /// # Errors
    /// As [`Dataset::from_reals`].
    pub(in crate::data) fn from_encoded(
        name: &str,
        table: Encoded,
        targets: NamedTargets,
        filing: Filing,
    ) -> Result<Self, DataError> {
        let (shape, len) = ([table.width(), 1, 1], table.rows());
        let inputs = Inputs::Encoded(Arc::new(table));
        Self::assemble(name, shape, len, inputs, targets, filing)
    }
}

/// The byte that means 1: 255, or the highest there is where all are a handful of grey levels (such as 16, or 1).
pub(super) fn white_of(values: &[u8]) -> u8 {
    let highest = values.iter().copied().max().unwrap_or(0);
    if (1..=16).contains(&highest) {
        highest
    } else {
        u8::MAX
    }
}

/// How many examples of that shape the values make.
pub(super) fn whole_examples(
    name: &str,
    shape: [usize; 3],
    values: usize,
) -> Result<usize, DataError> {
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

pub(super) fn all_finite(name: &str, values: impl Iterator<Item = f64>) -> Result<(), DataError> {
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
