//! The one integration-test binary.
#![allow(missing_docs)] // Tests say what they test by their names.

use std::process::{Command, Output};

/// What the program makes of a command line, without a display.
fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pcscope"))
        .args(args)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .expect("the binary runs")
}

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
mod shell;
mod structure;
