//! `pcscope export`: a run's weights for other programs.

use super::common::print;
use super::{Exit, Outcome};
use crate::experiment::predict::Answering;
use crate::experiment::save::probe;
use std::path::PathBuf;

/// Arguments of `export`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    /// The folder of a run (train --out).
    run: PathBuf,
    /// What to export.
    #[arg(value_enum)]
    what: What,
    /// The file to write (safetensors).
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What there is to export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// The weights, by the names of nn.Sequential and nn.RNN.
    Weights,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input, or what PyTorch has no module for.
pub fn run(args: &ExportArgs) -> Outcome {
    probe(&args.out).map_err(|e| format!("--out {e}"))?;
    let run = Answering::open(&args.run)?;
    let What::Weights = args.what;
    print(&run.export(&args.out)?);
    Ok(Exit::Done)
}
