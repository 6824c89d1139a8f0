//! What is said where an experiment cannot be used.

use crate::data::one_line;
use std::fmt;
use thiserror::Error;

/// Why an experiment cannot be used: shown in one line, whatever was quoted from a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct ExperimentError(pub String);

impl fmt::Display for ExperimentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(&self.0))
    }
}
