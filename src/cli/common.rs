//! What the commands share: naming an experiment, changing keys, progress, JSON, Ctrl-C.

use crate::data::{self, Column, Loaded, Progress};
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::propose;
use crate::experiment::save::{atomically, probe};
use crate::experiment::setup::Setup;
use crate::learning::RULES;
use crate::network::Scalar;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The help of a flag that takes a rule.
pub fn rule_help(what: &str) -> String {
    let names: Vec<&str> = RULES.iter().map(|row| row.name).collect();
    format!("{what}: {} (the file's if left out)", names.join(", "))
}

/// The names of all presets.
pub fn presets() -> String {
    let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// All presets, a line each: the name, and what it is.
pub fn presets_in_lines() -> String {
    let mut lines = String::from("Presets:\n");
    for (name, text) in &PRESETS {
        let named = text.lines().find_map(|line| line.strip_prefix("name = "));
        let title = named.map_or("", |quoted| quoted.trim_matches('"'));
        lines += &format!("  {name:<13} {title}\n");
    }
    lines.trim_end().to_owned()
}

/// An experiment and the changes to it.
#[derive(Clone, Debug, clap::Args)]
pub struct ExperimentArgs {
    /// The experiment.
    #[arg(help = format!("An experiment file, a preset ({}), or data for which one is proposed: a path, or xor, spirals, circles, stripes, waves", presets()))]
    pub experiment: String,
    /// Change a key of the file, as in --set learning.rate=0.1.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
    /// What the columns of a table are.
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// Seed of weights, batch order and draws.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Number type: f32 or f64.
    #[arg(long)]
    pub dtype: Option<String>,
    /// Threads that share a batch; the bits are the same for any number.
    #[arg(long, default_value_t = 1)]
    pub threads: usize,
    /// Write the result as JSON to this file (- for standard output).
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// A number of threads that can be meant.
///
/// # Errors
/// One line.
pub fn threads(n: usize) -> Result<usize, String> {
    if (1..=256).contains(&n) {
        return Ok(n);
    }
    Err(format!("--threads {n}: expected a number from 1 to 256"))
}

/// What the columns of a table are: short for the keys data.label, data.split_by, data.drop and data.kind.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ColumnArgs {
    /// The column of a table to learn, by name or number (of classes in columns of 0 and 1, each of them).
    #[arg(long, value_name = "COLUMN")]
    pub target: Vec<String>,
    /// A column that is no input.
    #[arg(long, value_name = "COLUMN")]
    pub drop: Vec<String>,
    /// The column whose equal values keep rows in one part (an animal, a patient); no input unless its kind is given.
    #[arg(long, value_name = "COLUMN")]
    pub split_by: Option<String>,
    /// What a column holds: number, category, text, date or letters (a text read letter by letter).
    #[arg(long, value_name = "COLUMN=KIND")]
    pub kind: Vec<String>,
}

impl ColumnArgs {
    /// The same as changes of keys.
    ///
    /// # Errors
    /// One line: a kind without its column.
    pub fn changes(&self) -> Result<Vec<String>, String> {
        let quoted = |text: &str| match text.parse::<u32>() {
            Ok(number) => number.to_string(),
            Err(_) => toml::Value::String(text.to_owned()).to_string(),
        };
        let list = |all: &[String]| all.iter().map(|c| quoted(c)).collect::<Vec<_>>().join(", ");
        let mut changes = Vec::new();
        match &self.target[..] {
            [] => {}
            [one] => changes.push(format!("data.label={}", quoted(one))),
            all => changes.push(format!("data.label=[{}]", list(all))),
        }
        if let Some(column) = &self.split_by {
            changes.push(format!("data.split_by={}", quoted(column)));
        }
        if !self.drop.is_empty() {
            changes.push(format!("data.drop+=[{}]", list(&self.drop)));
        }
        if !self.kind.is_empty() {
            let mut pairs = Vec::new();
            for pair in &self.kind {
                let Some((column, kind)) = pair.rsplit_once('=') else {
                    return Err(format!(
                        "--kind {pair}: expected COLUMN=KIND, as in --kind zip=category"
                    ));
                };
                let text = |t: &str| toml::Value::String(t.to_owned()).to_string();
                pairs.push(format!("{} = {}", text(column), text(kind)));
            }
            changes.push(format!("data.kind+={{ {} }}", pairs.join(", ")));
        }
        Ok(changes)
    }
}

/// Begins with the weights of a file, if one is given.
///
/// # Errors
/// One line.
pub fn begin_with<S: Scalar>(setup: &mut Setup<S>, weights: Option<&Path>) -> Result<(), String> {
    match weights {
        Some(path) => setup.begin_with(path).map_err(|e| format!("--weights {e}")),
        None => Ok(()),
    }
}

impl ExperimentArgs {
    /// Loads the experiment with all changes applied.
    ///
    /// # Errors
    /// One line.
    pub fn load(&self, more: &[String]) -> Result<Experiment, String> {
        self.load_with_data(more).map(|(experiment, _)| experiment)
    }

    /// All changes of keys that flags ask for.
    ///
    /// # Errors
    /// One line.
    pub fn all_changes(&self) -> Result<Vec<String>, String> {
        let mut changes = self.changes.clone();
        if let Some(seed) = self.seed {
            if i64::try_from(seed).is_err() {
                return Err(format!(
                    "--seed {seed}: expected a number from 0 to {}",
                    i64::MAX
                ));
            }
            changes.push(format!("seed={seed}"));
        }
        if let Some(dtype) = &self.dtype {
            changes.push(format!("dtype={dtype}"));
        }
        changes.extend(self.columns.changes()?);
        Ok(changes)
    }

    /// As [`ExperimentArgs::load`]; where the experiment is proposed for data, with these as they were when it was.
    ///
    /// # Errors
    /// One line.
    pub fn load_with_data(&self, more: &[String]) -> Result<(Experiment, Option<Loaded>), String> {
        threads(self.threads)?;
        probe_json(self.json.as_deref())?;
        let mut changes = self.all_changes()?;
        changes.extend_from_slice(more);
        self.ask(&mut changes)?;
        Experiment::load_with_data(&self.experiment, &changes).map_err(|e| e.to_string())
    }
}

impl ExperimentArgs {
    /// Asks on a terminal which column is to be learnt, where two are about as likely.
    fn ask(&self, changes: &mut Vec<String>) -> Result<(), String> {
        let path = std::path::Path::new(&self.experiment);
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        if !terminal || !path.exists() || !data::is_data(path).unwrap_or(false) {
            return Ok(());
        }
        let of_data: Vec<String> = changes
            .iter()
            .filter(|change| change.trim_start().starts_with("data."))
            .cloned()
            .collect();
        let options =
            propose::options_for(&self.experiment, &of_data).map_err(|e| e.to_string())?;
        let Some(both) = data::question(path, &options).map_err(|e| e.to_string())? else {
            return Ok(());
        };
        eprintln!("{}: which column is to be learnt?", self.experiment);
        let name = |column: &Column| match column {
            Column::Number(n) => format!("column {n}"),
            Column::Name(name) => name.clone(),
            Column::OneHot(names) => names.join(", "),
        };
        for (i, (column, like)) in both.iter().enumerate() {
            eprintln!("  {}: {} ({like})", i + 1, name(column));
        }
        eprint!("1 or 2: ");
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        read.map_err(|e| format!("the answer cannot be read: {e}"))?;
        let chosen = match answer.trim() {
            "1" => &both[0].0,
            "2" => &both[1].0,
            other => {
                return Err(format!(
                    "{}: the answer is \"{other}\"; expected 1 or 2",
                    self.experiment
                ));
            }
        };
        let value = toml::Value::try_from(chosen).map_err(|e| e.to_string())?;
        changes.push(format!("data.label={value}"));
        Ok(())
    }
}

/// Tells before the work where its result cannot be written.
///
/// # Errors
/// One line naming the file.
pub fn probe_json(target: Option<&std::path::Path>) -> Result<(), String> {
    match target {
        Some(target) if target.as_os_str() != "-" => {
            probe(target).map_err(|e| format!("--json {e}"))
        }
        _ => Ok(()),
    }
}

/// Writes a JSON value to a file, whole or not at all, or to standard output for `-`.
///
/// # Errors
/// One line naming the file.
pub fn write_json(target: &std::path::Path, value: &serde_json::Value) -> Result<(), String> {
    let mut text = serde_json::to_string_pretty(value).map_err(|e| e.to_string())?;
    text.push('\n');
    if target.as_os_str() == "-" {
        print(&text);
        return Ok(());
    }
    atomically(target, text.as_bytes())
}

/// Why standard output could not be written to, if it could not.
static UNPRINTED: OnceLock<String> = OnceLock::new();

/// Prints to standard output; a reader that has gone away is no failure of ours, and [`unprinted`] tells of any other.
pub fn print(text: &str) {
    let mut output = std::io::stdout();
    if let Err(e) = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        && e.kind() != std::io::ErrorKind::BrokenPipe
    {
        let _ = UNPRINTED.set(format!("standard output: {e}"));
    }
}

/// Why something could not be printed, if so.
pub fn unprinted() -> Option<&'static str> {
    UNPRINTED.get().map(String::as_str)
}

/// A number for JSON: `null` where it is not finite.
pub fn number(v: f64) -> serde_json::Value {
    serde_json::Number::from_f64(v).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// A progress bar on a terminal, nothing in a pipe.
pub fn progress(length: u64, what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {msg} {eta}") {
        bar.set_style(style);
    }
    bar.set_prefix(what.to_owned());
    bar
}

/// Does `work` while a bar on the terminal follows how far its reading is.
pub fn watched<R>(what: &str, work: impl FnOnce(&Progress) -> R) -> R {
    let progress = Progress::new();
    let bar = self::progress(0, what);
    if bar.is_hidden() {
        return work(&progress);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                bar.set_length(progress.total());
                bar.set_position(progress.done());
                std::thread::sleep(Duration::from_millis(50));
            }
            bar.finish_and_clear();
        });
        let result = work(&progress);
        done.store(true, Ordering::Relaxed);
        result
    })
}

/// A flag that Ctrl-C raises, and so does what ends a program from outside (SIGTERM, SIGHUP).
///
/// # Errors
/// One line if the handler cannot be set.
pub fn interrupted() -> Result<Arc<AtomicBool>, String> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = Arc::clone(&flag);
    ctrlc::set_handler(move || raised.store(true, Ordering::Relaxed))
        .map_err(|e| format!("Ctrl-C cannot be handled: {e}"))?;
    Ok(flag)
}
