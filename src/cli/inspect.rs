//! `pcscope inspect`: what a file holds, or exactly what is wrong with it.

use super::common::{print, write_json};
use super::{Exit, Outcome};
use crate::experiment::checkpoint;
use crate::experiment::estimate;
use crate::experiment::file::{Experiment, PRESETS};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Arguments of `inspect`.
#[derive(Clone, Debug, clap::Args)]
pub struct InspectArgs {
    /// A data file, an experiment, a preset's name or a checkpoint.
    path: String,
    /// The label file of an IDX image file.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// How many classes labels may have.
    #[arg(long)]
    classes: Option<usize>,
    /// Write the result as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// One line naming the file, the place and what was expected.
pub fn run(args: &InspectArgs) -> Outcome {
    let path = Path::new(&args.path);
    let is_preset = PRESETS.iter().any(|(name, _)| *name == args.path);
    let named = |extension: &str| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension))
    };
    let (lines, value) = if is_preset || (named("toml") && path.exists()) {
        let experiment = Experiment::load(&args.path, &[]).map_err(|e| e.to_string())?;
        let estimate = estimate::of(&experiment).map_err(|e| e.to_string())?;
        (
            estimate.lines(),
            serde_json::to_value(&estimate).map_err(|e| e.to_string())?,
        )
    } else if named("safetensors") {
        let bytes = checkpoint::read(path)?;
        let lines = checkpoint::describe(&bytes)
            .ok_or_else(|| format!("{}: not a safetensors file", path.display()))?;
        (lines.clone(), json!({"checkpoint": lines}))
    } else {
        let found = crate::data::inspect(path, args.labels.as_deref(), args.classes)
            .map_err(|e| e.to_string())?;
        (
            found.lines(),
            serde_json::to_value(&found).map_err(|e| e.to_string())?,
        )
    };
    if args.json.as_deref().is_none_or(|p| p.as_os_str() != "-") {
        print(&(lines.join("\n") + "\n"));
    }
    if let Some(target) = &args.json {
        write_json(target, &value)?;
    }
    Ok(Exit::Done)
}
