//! What is said where an experiment cannot be used.

use thiserror::Error;

/// Why an experiment cannot be used: always one line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ExperimentError(pub String);
