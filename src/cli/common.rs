//! What the commands share: naming an experiment, changing keys, progress, JSON, Ctrl-C.

use crate::data::Progress;
use crate::experiment::file::Experiment;
use crate::experiment::save::atomically;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// An experiment and the changes to it.
#[derive(Clone, Debug, clap::Args)]
pub struct ExperimentArgs {
    /// An experiment file, a preset (mnist-cnn, mnist-mlp, digits-mlp, names-rnn, names-rnn-2, vowels-rnn, residual-cnn, deep-mlp,
    /// fashion-cnn, moons, chain), or data for which one is proposed: a path, or xor, spirals, circles, stripes, waves.
    pub experiment: String,
    /// Change a key of the file, as in --set learning.rate=0.1.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub changes: Vec<String>,
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

impl ExperimentArgs {
    /// Loads the experiment with all changes applied.
    ///
    /// # Errors
    /// One line.
    pub fn load(&self, more: &[String]) -> Result<Experiment, String> {
        threads(self.threads)?;
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
        changes.extend_from_slice(more);
        Experiment::load(&self.experiment, &changes).map_err(|e| e.to_string())
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

/// Prints to standard output; a reader that has gone away is no failure of ours.
pub fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
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

/// A flag that Ctrl-C raises.
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
