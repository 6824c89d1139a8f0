//! What is learnt about data besides weights: all that turns new files into the same inputs, and outputs into answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Columns, Dataset, Targets};
use crate::data::error::DataError;
use crate::data::fields::DayOrder;
use crate::data::fingerprint::Provenance;
use crate::data::inputs::Affine;

/// What a number as it is handed out has to be multiplied by, and then added to, for the number as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Units {
    /// The factors, a channel each.
    pub times: Vec<f64>,
    /// The summands.
    pub plus: Vec<f64>,
}

/// How the text of a column is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case")]
pub enum Reading {
    /// As a number.
    Number,
    /// Yes or no, as 1 or 0.
    YesNo,
    /// A day, as a number.
    Date {
        /// Which part of it comes first.
        order: DayOrder,
    },
    /// A text, letter by letter.
    Letters,
    /// One of a few words, an input of 0 and 1 each.
    Category {
        /// The words, in the order of the inputs.
        words: Vec<String>,
        /// Whether one input more is for all other words.
        other: bool,
    },
}

/// A column of a table that is an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearntColumn {
    /// Its name, where the table names its columns.
    pub name: Option<String>,
    /// Its place from 1.
    pub number: usize,
    /// How it is read.
    #[serde(flatten)]
    pub reading: Reading,
    /// Whether an input more says that there was a gap.
    pub indicator: bool,
}

/// The columns of a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LearntTable {
    /// How many columns there are.
    pub columns: usize,
    /// The places, from 1, of those that are learnt.
    pub learns: Vec<usize>,
    /// Those that are inputs, in the order of the inputs.
    pub inputs: Vec<LearntColumn>,
}

/// Everything about data that was learnt from the training part, or chosen with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learnt {
    /// Channels, height and width of an example; of sequences features, 1 and the longest.
    pub shape: [usize; 3],
    /// Whether examples are sequences.
    pub sequences: bool,
    /// The classes by name; none where targets are values.
    pub classes: Vec<String>,
    /// How many numbers a target is.
    pub outputs: usize,
    /// The name of what is learnt, where it has one.
    pub target: Option<String>,
    /// What the features of text stand for.
    pub symbols: Option<Vec<char>>,
    /// The columns of a table.
    pub table: Option<LearntTable>,
    /// The byte that means 1, where inputs are stored as bytes.
    pub white: Option<u8>,
    /// Of inputs.
    pub input_units: Option<Units>,
    /// What stands in for gaps, as stored, an input each.
    pub input_gaps: Option<Vec<f64>>,
    /// Of targets that are values.
    pub target_units: Option<Units>,
}

impl Dataset {
    /// Keeps what a table says of its columns.
    pub(in crate::data) fn describe(
        &mut self,
        target: Option<String>,
        learnt: Option<LearntTable>,
    ) {
        self.columns = Some(Arc::new(Columns { target, learnt }));
    }

    /// Says where the data come from.
    pub(in crate::data) fn comes_from(&mut self, provenance: Provenance) {
        self.provenance = Some(Arc::new(provenance));
    }

    /// The files the data were read from, and what was said of them; nothing of data that are made.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_deref()
    }

    /// What is learnt about these data.
    pub fn learnt(&self) -> Learnt {
        let channels = self.shape[0];
        let units = |(times, plus): (&[f64], &[f64])| Units {
            times: times.to_vec(),
            plus: plus.to_vec(),
        };
        let bytes = self.white().map(|white| Units {
            times: vec![f64::from(white); channels],
            plus: vec![0.0; channels],
        });
        let classes = match &*self.targets {
            Targets::Classes(_) => self.classes.to_vec(),
            Targets::Values { .. } => Vec::new(),
        };
        Learnt {
            shape: self.shape,
            sequences: self.lengths.is_some(),
            classes,
            outputs: self.target_len(),
            target: self.target_name().map(str::to_owned),
            symbols: self.symbols.as_ref().map(|s| s.to_vec()),
            table: self.columns.as_ref().and_then(|c| c.learnt.clone()),
            white: self.white(),
            input_units: self.input_units().map(units).or(bytes),
            input_gaps: self.fill_values().map(<[f64]>::to_vec),
            target_units: self.target_units().map(units),
        }
    }

    /// These examples as inputs of a network that was trained on others: in their units, with stand-ins for targets.
    ///
    /// # Errors
    /// One line if they are of another kind or size.
    pub(in crate::data) fn adopt(mut self, learnt: &Learnt) -> Result<Self, DataError> {
        let fail = |problem: String| Err(DataError::invalid(&self.name, problem));
        let words = |shape: [usize; 3]| shape.map(|n| n.to_string()).join(" × ");
        let sequences = |is: bool| if is { "sequences" } else { "no sequences" };
        let own = self.lengths.is_some();
        if own != learnt.sequences {
            return fail(format!(
                "examples are {}; expected {}, as the run was trained on",
                sequences(own),
                sequences(learnt.sequences)
            ));
        }
        let len = |shape: [usize; 3]| shape.iter().product::<usize>();
        let [features, _, longest] = self.shape;
        let fits = match own {
            true => features == learnt.shape[0] && longest <= learnt.shape[2],
            false => self.input_len() == len(learnt.shape),
        };
        if !fits {
            return fail(format!(
                "examples of {}; expected {}{}, as the run was trained on",
                words(self.shape),
                if own { "at most " } else { "" },
                words(learnt.shape)
            ));
        }
        if learnt.table.is_none() && self.white() != learnt.white {
            let stored = |white: Option<u8>| if white.is_some() { "bytes" } else { "reals" };
            return fail(format!(
                "values are stored as {}; expected {}, as the run was trained on",
                stored(self.white()),
                stored(learnt.white)
            ));
        }
        self.shape = learnt.shape;
        self.affine = learnt.input_units.as_ref().map(|units| {
            Arc::new(Affine {
                shift: units.plus.clone(),
                divisor: units.times.clone(),
                gaps: learnt.input_gaps.clone().unwrap_or_default(),
            })
        });
        let channels = self
            .affine
            .as_ref()
            .map(|a| (a.shift.len(), a.divisor.len()));
        if channels.is_some_and(|n| n != (learnt.shape[0], learnt.shape[0])) {
            return fail(format!(
                "the run has units of {} inputs; expected {}",
                channels.map_or(0, |n| n.0),
                learnt.shape[0]
            ));
        }
        self.symbols = learnt.symbols.clone().map(Arc::new);
        let dim = learnt.outputs.max(1);
        self.targets = Arc::new(if learnt.classes.is_empty() {
            // Shares of 1, so that any loss takes them.
            let data = vec![1.0 / dim as f64; self.len * dim];
            Targets::Values { dim, data }
        } else {
            Targets::Classes(vec![0; self.len])
        });
        self.classes = Arc::new(learnt.classes.clone());
        Ok(self)
    }
}
