//! Where examples come from: files and built-in datasets, read into memory, split, and put in the order of an epoch.
//!
//! This layer reads and no more: it knows no network, no learning rule, no thread and no window.
//!
//! - [`open`] takes what a user wrote, a built-in name or a path, and gives a [`Dataset`].
//! - [`builtin`] has the datasets that come with the program; [`idx`] reads the files that MNIST and its kin come in.
//! - [`inspect`](inspect()) says what a file holds without making a dataset of it.
//! - [`Dataset`] hands out inputs and targets by example number; [`Split`] says which numbers train, validate and test.
//! - [`batches`] shuffles an epoch from its seed alone.
//!
//! Loaders treat a file as a stranger: they never panic on its content, never take memory on the word of a header, and answer with
//! a [`DataError`], one line that names the file, the place and what was expected.

mod archive;
pub mod batches;
pub mod builtin;
mod builtin_sequences;
mod dataset;
mod digits;
mod error;
pub mod idx;
mod inputs;
mod inspect;
mod npy;
mod numbers;
mod open;
mod padded;
mod source;
mod split;
mod text_lines;
mod toys;

#[cfg(test)]
mod malformed_test;

pub use builtin::{NAMES, ToyOptions};
pub use dataset::{Dataset, Targets};
pub use error::{DataError, Place};
pub use idx::{IdxImages, IdxLabels, load_images, load_labels};
pub use inputs::{Scale, Steps};
pub use inspect::{Inspection, LabelSummary, inspect};
pub use open::{OpenOptions, open, open_idx};
pub use split::{Filing, Part, Split};
pub use toys::{MOONS_NOISE, MOONS_SIZE};
