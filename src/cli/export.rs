//! `pcscope export`: what a run has, for other programs: its weights, its series, its views.

use super::common::print;
use super::{Exit, Outcome};
use crate::experiment::predict::Answering;
use crate::experiment::provenance::Provenance;
use crate::experiment::run_folder;
use crate::experiment::save::{atomically, probe};
use crate::experiment::tables::AllSeries;
use std::path::{Path, PathBuf};

/// Arguments of `export`.
#[derive(Clone, Debug, clap::Args)]
pub struct ExportArgs {
    /// The folder of a run (train --out).
    run: PathBuf,
    /// What to export.
    #[arg(value_parser = what)]
    what: &'static Kind,
    /// The file to write; its name says in which format.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[cfg(feature = "window")]
    #[command(flatten)]
    figure: super::figure::FigureArgs,
}

/// Something that can be exported.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// How names of its files end; none for any.
    ends: &'static [&'static str],
    export: fn(&ExportArgs) -> Outcome,
}

/// All of them.
static KINDS: &[Kind] = &[
    // By the names of nn.Sequential and nn.RNN, as safetensors.
    Kind {
        name: "weights",
        ends: &[],
        export: weights,
    },
    // All that metrics.jsonl has.
    Kind {
        name: "series",
        ends: &[".csv", ".json"],
        export: series,
    },
    // A view of the window, or all of it.
    #[cfg(feature = "window")]
    Kind {
        name: "figure",
        ends: &[".svg", ".png"],
        export: |args| super::figure::export(&args.run, &args.out, &args.figure),
    },
    // The same over a range of states or updates.
    #[cfg(feature = "window")]
    Kind {
        name: "gif",
        ends: &[".gif"],
        export: |args| super::figure::animate(&args.run, &args.out, &args.figure),
    },
];

fn what(name: &str) -> Result<&'static Kind, String> {
    KINDS.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// True if the name of a file ends like this, in small or large letters.
pub(super) fn ends_in(path: &Path, end: &str) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    name.ends_with(end)
}

/// Runs the command.
///
/// # Errors
/// One line about bad input, or what PyTorch has no module for.
pub fn run(args: &ExportArgs) -> Outcome {
    let (kind, out) = (args.what, &args.out);
    if !kind.ends.is_empty() && !kind.ends.iter().any(|end| ends_in(out, end)) {
        return Err(format!(
            "--out {}: expected a name that ends in {}",
            out.display(),
            kind.ends.join(" or ")
        ));
    }
    if run_folder::is_part(&args.run, out) {
        return Err(format!(
            "--out {}: that is a file of the run itself; expected another",
            out.display()
        ));
    }
    probe(out).map_err(|e| format!("--out {e}"))?;
    (kind.export)(args)
}

fn weights(args: &ExportArgs) -> Outcome {
    let run = Answering::open(&args.run)?;
    print(&run.export(&args.out)?);
    Ok(Exit::Done)
}

fn series(args: &ExportArgs) -> Outcome {
    let of = Provenance::of_run(&args.run)?;
    let all = AllSeries::read(&args.run, of.run.as_deref().unwrap_or_default())?;
    let text = match ends_in(&args.out, ".json") {
        true => serde_json::to_string_pretty(&all.json(&of)).map_err(|e| e.to_string())? + "\n",
        false => all.csv(&of),
    };
    atomically(&args.out, text.as_bytes())?;
    print(&format!("{} in {}\n", all.words(), args.out.display()));
    Ok(Exit::Done)
}
