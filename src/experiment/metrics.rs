//! The metrics of a run's folder, read again.

use serde_json::{Map, Value};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// Their name in a run's folder.
pub const METRICS: &str = "metrics.jsonl";

/// The longest line that is read, in bytes.
const MOST_LINE: u64 = 1 << 16;

/// The key of a line that stands for several updates: how many.
pub const SPAN: &str = "updates";

/// The key of such a line that says how many of its updates the lane made, where it did not make all of them. The loss is their mean.
pub const LOSSES: &str = "losses";

/// The least and the most of the losses that a line is the mean of.
pub const EXTREMES: [&str; 2] = ["loss_least", "loss_most"];

/// What was noted after an update, or of several up to one: a window that trains for long keeps means.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Updates made.
    pub update: u64,
    /// What was measured, by name; what was not finite is null.
    pub values: Map<String, Value>,
}

impl Row {
    /// The loss of the update's batch, where this is what was noted; NaN where it was not finite.
    pub fn loss(&self) -> Option<f64> {
        let loss = self.values.get("loss")?;
        Some(loss.as_f64().unwrap_or(f64::NAN))
    }

    /// The updates that it stands for: more than one where losses were summed up; 0 of what was noted besides.
    pub fn span(&self) -> u64 {
        match self.values.get(SPAN) {
            Some(span) => span.as_u64().unwrap_or(0),
            None => u64::from(self.values.contains_key("loss")),
        }
    }

    /// How many losses its loss is the mean of.
    pub fn losses(&self) -> u64 {
        let losses = self.values.get(LOSSES).and_then(Value::as_u64);
        losses.unwrap_or_else(|| self.span())
    }

    /// True if a score was noted.
    pub fn is_score(&self) -> bool {
        self.values.keys().any(|key| key.starts_with("validation"))
    }
}

/// Goes through the metrics of run `id`, as long as `each` is true; the bytes up to there. A line that a kill cut off is none.
///
/// # Errors
/// One line naming the file, the line and what was expected: of another run, or with an update left out or made twice.
pub fn walk(
    folder: &Path,
    id: &str,
    mut each: impl FnMut(Row) -> Result<bool, String>,
) -> Result<u64, String> {
    let path = folder.join(METRICS);
    let fail = |e: std::io::Error| format!("{}: {e}", path.display());
    let mut lines = BufReader::new(File::open(&path).map_err(fail)?);
    let (mut line, mut number, mut bytes) = (Vec::new(), 0_u64, 0_u64);
    // The last update, and the one before those that the last line stands for.
    let (mut last, mut before) = (0_u64, 0_u64);
    loop {
        line.clear();
        let mut limited = std::io::Read::take(&mut lines, MOST_LINE);
        let length = limited.read_until(b'\n', &mut line).map_err(fail)? as u64;
        number += 1;
        let wrong = |expected: &str| {
            Err(format!(
                "{}: line {number}: expected {expected}",
                path.display()
            ))
        };
        if line.last() != Some(&b'\n') {
            return match (number, length == MOST_LINE) {
                (1, _) => wrong("the id of a run"),
                (_, true) => wrong("a line of metrics"),
                (_, false) => Ok(bytes),
            };
        }
        let Ok(Value::Object(mut values)) = serde_json::from_slice(&line) else {
            return wrong("a JSON object");
        };
        if number == 1 {
            let own = values.get("run").and_then(Value::as_str);
            if own != Some(id) {
                return wrong(&format!("the id of the run, {id}"));
            }
            bytes = length;
            continue;
        }
        let Some(update) = values.remove("update").and_then(|u| u.as_u64()) else {
            return wrong("an update");
        };
        let row = Row { update, values };
        let span = row.span();
        let counted = row.losses() <= span && (row.losses() > 0) == row.loss().is_some();
        if row.values.contains_key(SPAN) && (span == 0 || !counted) {
            return wrong("as many updates as it stands for, and as many losses at most");
        }
        match last.checked_add(span).filter(|next| *next == update) {
            Some(next) if span > 0 => (before, last) = (last, next),
            // A score may be of any of the updates that the line before stands for.
            _ if span == 0 && update <= last && (update > before || update == last) => {}
            _ => return wrong(&format!("update {}", last.saturating_add(span))),
        }
        if !each(row)? {
            return Ok(bytes);
        }
        bytes += length;
    }
}
