//! `pcscope replay`: a run computed again from its seed and journal, and compared with what its folder has.

use super::common::{self, interrupted, print, probe_json, progress, write_json};
use super::{Exit, Outcome};
use crate::experiment::kept::Kept;
use crate::experiment::replay::{Asked, Replayed, replay};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Arguments of `replay`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// The folder of a run (train --out).
    run: PathBuf,
    /// Compute up to this update (to the checkpoint if left out).
    #[arg(long, value_name = "N")]
    update: Option<u64>,
    /// Threads that share a batch; the bits are the same for any number.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Write the result as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line about bad input.
pub fn run(args: &ReplayArgs) -> Outcome {
    common::threads(args.threads)?;
    probe_json(args.json.as_deref())?;
    let kept = Kept::open(&args.run)?;
    let stop = interrupted()?;
    let bar = progress(args.update.unwrap_or(kept.stamp.update), "replay");
    let found = replay(
        &kept,
        &Asked {
            update: args.update,
            threads: args.threads,
            proceed: &|| !stop.load(Ordering::Relaxed),
            progress: &|update| bar.set_position(update),
        },
    )?;
    bar.finish_and_clear();
    if args.json.as_ref().is_none_or(|p| p.as_os_str() != "-") {
        print(&(words(&args.run.display().to_string(), &found) + "\n"));
    }
    if let Some(target) = &args.json {
        let report = json!({
            "run": kept.id,
            "updates": found.updates,
            "losses": found.losses,
            "summed": found.summed,
            "frames": found.frames,
            "checkpoint": found.checkpoint,
            "equal": found.differs.is_empty(),
            "differs": found.differs,
            "threads": args.threads,
            "interrupted": found.interrupted,
        });
        write_json(target, &report)?;
    }
    Ok(match found {
        Replayed {
            interrupted: true, ..
        } => Exit::Interrupted,
        Replayed { differs, .. } if differs.is_empty() => Exit::Done,
        Replayed { .. } => Exit::Failed,
    })
}

/// What was compared, and what came of it.
fn words(run: &str, found: &Replayed) -> String {
    if found.interrupted {
        return format!("{run}: interrupted behind update {}", found.updates);
    }
    if !found.differs.is_empty() {
        return format!("{run}: DIFFERS, {}", found.differs.join("; "));
    }
    let summed = match found.summed {
        0 => String::new(),
        n => format!(" ({n} of them noted as means, by the least and the most of each)"),
    };
    let mut what = vec![format!("{} losses{summed}", found.losses)];
    match found.frames {
        0 => {}
        1 => what.push("1 key frame".into()),
        n => what.push(format!("{n} key frames")),
    }
    if found.checkpoint {
        what.push("the checkpoint (weights and the optimiser's memory)".into());
    }
    format!(
        "{run}: {} updates computed again, equal in every bit: {}",
        found.updates,
        what.join(", ")
    )
}
