//! Where examples come from: files and built-in datasets, read into memory, split, and put in the order of an epoch.
//!
//! This layer reads and no more: it knows no network, no learning rule, no thread and no window.
//!
//! - [`load`](load()) recognises what is at a path, reads it as [`LoadOptions`] say, and gives a [`Loaded`]: a [`Dataset`] and a
//!   [`Preview`] of it. It runs on the calling thread; [`Progress`] lets another one watch and cancel.
//! - [`open`] takes what a user wrote, a built-in name or a path, and does the same.
//! - [`builtin`] has the datasets that come with the program; each format has a file of its own, and `recognise` a line for it.
//! - [`unseen`](unseen()) reads files that a network was not trained on as those were that it was.
//! - [`Dataset`] hands out inputs and targets by example number; [`Split`] says which numbers train, validate and test.
//! - [`batches`] shuffles an epoch from its seed alone.
//!
//! Loaders treat a file as a stranger: they never panic on its content, never take memory on the word of a header, and answer with
//! a [`DataError`], one line that names the file, the place and what was expected.

mod archive;
mod arrays;
pub mod batches;
pub mod builtin;
mod builtin_sequences;
mod cifar;
mod columns;
mod dataset;
mod digits;
mod draws;
mod encoded;
mod error;
mod fields;
mod files;
mod fingerprint;
mod foreign;
mod found;
mod glimpse;
mod guard;
pub mod idx;
mod idx_data;
mod inputs;
mod labels;
mod lines;
mod load;
mod made;
pub mod memory;
mod npy;
mod npy_header;
mod number_texts;
mod numbers;
mod open;
mod options;
mod origin;
mod padded;
mod picture;
mod pictures;
pub mod points;
mod preview;
mod progress;
mod recognise;
mod series;
mod series_classes;
mod source;
mod split;
mod survey;
mod table;
mod table_layout;
mod table_text;
mod tar;
mod test_beside;
mod text_folder;
mod text_lines;
mod together;
mod toys;
mod unseen;
mod verdict;

#[cfg(test)]
mod malformed_test;

pub use builtin::{NAMES, ToyOptions};
pub use columns::{ColumnLook, Columns, Spread, Use};
pub use dataset::{
    Dataset, Learnt, LearntColumn, LearntTable, Look, NamedTargets, Reading, Targets, Units,
};
pub(crate) use error::one_line;
pub use error::{DataError, Place};
pub use fingerprint::{Provenance, fingerprint};
pub use found::{Format, Warning};
pub use glimpse::{Glimpse, LARGE};
pub use idx::{IdxImages, IdxLabels, load_images, load_labels};
pub use inputs::{Scale, Steps};
pub use load::{Loaded, glimpse, is_data, left_out, load, question};
pub use open::{is_builtin, open};
pub use options::{
    Answer, Colour, Column, ColumnKind, Fit, FitBy, LoadOptions, Luma, Missing, Point, Rows,
    Shuffle, TargetKind,
};
pub use preview::{LabelSummary, Preview, Row, Thumbnail, ValueSummary};
pub use progress::Progress;
pub use split::{Filing, Part, Split};
pub use toys::{MOONS_NOISE, MOONS_SIZE, NAMES as TOYS, usual_noise};
pub use unseen::{Unseen, unseen};
