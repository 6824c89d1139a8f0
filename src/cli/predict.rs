//! `pcscope predict`: what a trained run says of new examples, as a table.

use super::common::{self, print};
use super::{Exit, Outcome};
use crate::experiment::predict::Answering;
use crate::experiment::save::{atomically, probe, same_file};
use std::path::PathBuf;

/// Arguments of `predict`.
#[derive(Clone, Debug, clap::Args)]
pub struct PredictArgs {
    /// The folder of a run (train --out).
    run: PathBuf,
    /// New examples: a table with the same columns in any order, or data of the kind that the run was trained on.
    data: PathBuf,
    /// The table to write (- for standard output).
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
    /// A column more for the probability of each class.
    #[arg(long)]
    probabilities: bool,
    /// Threads that share the examples; the bits are the same for any number.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &PredictArgs) -> Outcome {
    common::threads(args.threads)?;
    let printed = args.out.as_os_str() == "-";
    if !printed {
        if same_file(&args.out, &args.data) {
            return Err(format!(
                "--out {}: that is the file of the examples; expected another",
                args.out.display()
            ));
        }
        probe(&args.out).map_err(|e| format!("--out {e}"))?;
    }
    let run = Answering::open(&args.run)?;
    let answers = run.answers(&args.data, args.threads)?;
    if args.probabilities && !answers.probabilities {
        return Err(format!(
            "--probabilities: {} has no probabilities; expected a run on classes with cross-entropy",
            args.run.display()
        ));
    }
    let text = answers
        .table(&run.learnt, args.probabilities)
        .map_err(|e| format!("the table: {e}"))?;
    if printed {
        print(&text);
        return Ok(Exit::Done);
    }
    atomically(&args.out, text.as_bytes())?;
    let notes = answers.notes.iter().map(|n| format!("note: {n}\n"));
    let summary = answers.summary(&run.learnt, &args.out.display().to_string());
    print(&(notes.collect::<String>() + &summary + "\n"));
    Ok(Exit::Done)
}
