//! `pcscope inspect`: what a file holds, or exactly what is wrong with it.

use super::common::{print, watched, write_json};
use super::{Exit, Outcome};
use crate::data::{Glimpse, LARGE, LoadOptions, Progress};
use crate::experiment::checkpoint;
use crate::experiment::estimate;
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::propose;
use serde_json::json;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// Arguments of `inspect`.
#[derive(Clone, Debug, clap::Args)]
pub struct InspectArgs {
    /// A data file or folder, the name of built-in data, an experiment, a preset's name or a checkpoint.
    path: String,
    /// The label file of an IDX image file.
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// How many classes labels may have.
    #[arg(long)]
    classes: Option<usize>,
    /// Choose how data are read, as an experiment file would, as in --set data.label=species.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    changes: Vec<String>,
    #[command(flatten)]
    columns: super::common::ColumnArgs,
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
        let experiment = Experiment::load(&args.path, &args.changes).map_err(|e| e.to_string())?;
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
        data(args)?
    };
    if args.json.as_deref().is_none_or(|p| p.as_os_str() != "-") {
        print(&(lines.join("\n") + "\n"));
    }
    if let Some(target) = &args.json {
        write_json(target, &value)?;
    }
    Ok(Exit::Done)
}

/// What a spread of its rows says of a large table, said at once on a terminal, where somebody waits.
fn first_look(path: &Path, options: &LoadOptions) -> Option<Glimpse> {
    let large = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() > LARGE);
    if !large || !std::io::stderr().is_terminal() {
        return None;
    }
    let first = crate::data::glimpse(path, options, &Progress::new());
    let first = first.ok().flatten().filter(|first| !first.whole)?;
    let rows = first.rows;
    eprintln!(
        "provisional, from {rows} rows spread over the file: {}",
        first.learns
    );
    Some(first)
}

/// The preview of data, and the network that would be proposed for them.
fn data(args: &InspectArgs) -> Result<(Vec<String>, serde_json::Value), String> {
    let mut changes = args.changes.clone();
    changes.extend(args.columns.changes()?);
    let mut options = propose::options_for(&args.path, &changes).map_err(|e| e.to_string())?;
    if args.labels.is_some() {
        options.labels.clone_from(&args.labels);
    }
    options.classes = args.classes.or(options.classes);
    let first = first_look(Path::new(&args.path), &options);
    let loaded = watched("reading", |progress| {
        crate::data::open(&args.path, &options, progress).map_err(|e| e.to_string())
    })?;
    let mut lines = loaded.preview().lines();
    if let Some(first) = first {
        let changes = loaded.preview().all_columns.changes_since(&first.columns);
        if !changes.is_empty() {
            let changes = changes.join("; ");
            lines.push(format!(
                "note: all rows say otherwise than the first look: {changes}"
            ));
        }
    }
    let mut value = serde_json::to_value(loaded.preview()).map_err(|e| e.to_string())?;
    let path = Path::new(&args.path);
    if !loaded.files().is_empty()
        && let Ok(experiment) = propose::propose(path, &loaded, &Progress::new())
    {
        let layers: Vec<String> = experiment
            .network
            .layers
            .iter()
            .map(|layer| {
                toml::Value::try_from(layer).map_or_else(|e| e.to_string(), |v| v.to_string())
            })
            .collect();
        lines.push(format!("a network that fits: {}", layers.join(", ")));
        if let Some(hash) = &experiment.data.hash {
            lines.push(format!("SHA-256: {hash}"));
        }
        value["proposal"] = serde_json::to_value(&experiment).map_err(|e| e.to_string())?;
    }
    Ok((lines, value))
}
