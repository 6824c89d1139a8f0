//! The one integration-test binary.
#![allow(missing_docs)] // Tests say what they test by their names.

mod allocations;
mod commands;
mod damaged;
mod faults;
mod formats;
mod keep;
mod mutations;
#[cfg(feature = "window")]
mod pictures;
mod samples;
mod structure;
