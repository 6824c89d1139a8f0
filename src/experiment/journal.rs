//! The journal of a run: what it began with, what was edited in its midst, where it was left and gone on with. With the experiment
//! and the data, it is all that the run depends on.
//!
//! In a run's folder it is `journal.jsonl`, a line for each entry, written when it happens.

use super::era::Change;
use super::file::{Experiment, ExperimentError};
use super::lane::LaneId;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Its name in a run's folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The largest journal that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// How the key of an edit begins that ticks a lane; the rest is its name. Other keys are those of an experiment file.
const TICKED: &str = "ticked.";

/// What happened to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Entry {
    /// It began.
    Begin(Begin),
    /// It was edited.
    Edit(Edit),
    /// It was gone on with.
    Resumed {
        /// Updates made before.
        update: u64,
        /// What it goes on to.
        #[serde(flatten)]
        goal: Goal,
    },
    /// It ended, or was ended.
    Ended {
        /// Updates made.
        update: u64,
        /// How: done, interrupted or diverged.
        state: String,
    },
}

/// What a run begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begin {
    /// Its id.
    pub run: String,
    /// The version of pcscope.
    pub version: String,
    /// SHA-256 of the experiment.
    pub settings: String,
    /// SHA-256 of the data's files; the name of built-in and generated data.
    pub data: String,
    /// The seed.
    pub seed: u64,
    /// All lanes of the experiment's race train, not its own alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub raced: bool,
    /// What it trains up to.
    #[serde(flatten)]
    pub goal: Goal,
}

/// How far a run is to go, and when it is scored on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// Updates from its beginning to its end.
    pub until: u64,
    /// The validation part is scored every so many updates; at the end of every epoch if this is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
}

/// Something changed in the midst of a run, from an update on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edit {
    /// Updates made before.
    pub update: u64,
    /// Dotted keys of the experiment file with their new values, null where a key goes; `ticked.NAME` with true or false takes a lane in
    /// or out.
    pub set: Vec<(String, serde_json::Value)>,
}

/// What a run goes on under from an edit on.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// Updates made before.
    pub update: u64,
    /// The experiment with all edits up to this one.
    pub experiment: Experiment,
    /// Lanes that this edit takes in (true) or out.
    pub ticked: Vec<(LaneId, bool)>,
}

impl Edit {
    /// The edit that makes one experiment of another.
    pub fn between(update: u64, before: &Experiment, after: &Experiment) -> Self {
        Self::of(update, before.changes(after))
    }

    /// The edit that makes these changes.
    pub fn of(update: u64, changes: Vec<Change>) -> Self {
        let set = changes.into_iter().map(|change| {
            // A key that is there no more is null.
            let value = change.to.map(serde_json::to_value);
            let value = value.and_then(Result::ok).unwrap_or_default();
            (change.key, value)
        });
        Self {
            update,
            set: set.collect(),
        }
    }

    /// The edit that ticks or unticks a lane.
    pub fn ticking(update: u64, lane: LaneId, active: bool) -> Self {
        Self {
            update,
            set: vec![(format!("{TICKED}{lane}"), active.into())],
        }
    }

    /// What an experiment becomes by it.
    fn applied(&self, to: &Experiment) -> Result<Edited, ExperimentError> {
        let origin = format!("the edit at update {}", self.update);
        let (mut keys, mut ticked) = (Vec::new(), Vec::new());
        for (key, value) in &self.set {
            let wrong = |expected: &str| {
                ExperimentError(format!("{origin}: {key} is {value}; expected {expected}"))
            };
            if let Some(name) = key.strip_prefix(TICKED) {
                let lane = LaneId::new(name).ok_or_else(|| wrong("the name of a lane"))?;
                let active = value.as_bool().ok_or_else(|| wrong("true or false"))?;
                ticked.push((lane, active));
            } else if value.is_null() {
                keys.push((key.clone(), None));
            } else {
                let value = toml::Value::try_from(value).map_err(|_| wrong("a value"))?;
                keys.push((key.clone(), Some(value)));
            }
        }
        let experiment = match keys.is_empty() {
            true => to.clone(),
            false => to.edited(&keys, &origin)?,
        };
        Ok(Edited {
            update: self.update,
            experiment,
            ticked,
        })
    }
}

/// The journal of a run, in memory alone or in a file as well.
#[derive(Debug)]
pub struct Journal {
    entries: Vec<Entry>,
    file: Option<Kept>,
}

/// The file of a journal.
#[derive(Debug)]
struct Kept {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    written: u64,
}

impl Journal {
    /// A journal that is not kept.
    pub fn new(begin: Begin) -> Self {
        Self {
            entries: vec![Entry::Begin(begin)],
            file: None,
        }
    }

    /// Keeps it in a folder that has none, with all that is in it; from now on each entry as it comes.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn keep(&mut self, folder: &Path) -> Result<(), String> {
        let path = folder.join(JOURNAL);
        let file = File::create_new(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        self.file = Some(Kept {
            path,
            file,
            written: 0,
        });
        let all = std::mem::take(&mut self.entries);
        all.into_iter().try_for_each(|entry| self.note(entry))
    }

    /// Reads the journal of a folder. Nothing is written.
    ///
    /// # Errors
    /// One line naming the file, the line and what was expected.
    pub fn read(folder: &Path) -> Result<Self, String> {
        Self::read_whole(folder).map(|(journal, _)| journal)
    }

    fn read_whole(folder: &Path) -> Result<(Self, u64), String> {
        let path = folder.join(JOURNAL);
        let fail = |e: std::io::Error| format!("{}: {e}", path.display());
        let bytes = std::fs::metadata(&path).map_err(fail)?.len();
        if bytes > MOST_BYTES {
            return Err(format!(
                "{}: {bytes} bytes; a journal has at most {MOST_BYTES}",
                path.display()
            ));
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).map_err(fail)?).into_owned();
        // What a kill cut off has not happened.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut entries = Vec::new();
        for (i, line) in text[..whole].lines().enumerate() {
            let entry: Entry = serde_json::from_str(line)
                .map_err(|e| format!("{}: line {}: {e}", path.display(), i + 1))?;
            if matches!(entry, Entry::Begin(_)) != (i == 0) {
                return Err(format!(
                    "{}: line {}: expected the run's beginning in the first line, and there alone",
                    path.display(),
                    i + 1
                ));
            }
            entries.push(entry);
        }
        if entries.is_empty() {
            return Err(format!(
                "{}: empty; expected the journal of a run",
                path.display()
            ));
        }
        Ok((
            Self {
                entries,
                file: None,
            },
            whole as u64,
        ))
    }

    /// Opens the journal of a folder, to be gone on with.
    ///
    /// # Errors
    /// One line naming the file, the line and what was expected.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let (mut journal, written) = Self::read_whole(folder)?;
        let path = folder.join(JOURNAL);
        let file = OpenOptions::new().write(true).open(&path);
        let file = file.map_err(|e| format!("{}: {e}", path.display()))?;
        journal.file = Some(Kept {
            path,
            file,
            written,
        });
        Ok(journal)
    }

    /// Adds an entry. Where the journal is kept, it is on the disk when this returns.
    ///
    /// # Errors
    /// One line naming the file; the entry is not added then.
    pub fn note(&mut self, entry: Entry) -> Result<(), String> {
        if let Some(kept) = &mut self.file {
            let mut line = serde_json::to_string(&entry).map_err(|e| e.to_string())?;
            line.push('\n');
            let written = (kept.file.set_len(kept.written))
                .and_then(|()| kept.file.seek(SeekFrom::Start(kept.written)))
                .and_then(|_| kept.file.write_all(line.as_bytes()))
                .and_then(|()| kept.file.sync_data());
            if let Err(e) = written {
                // No half line stays behind.
                let _ = kept.file.set_len(kept.written);
                return Err(format!("{}: {e}", kept.path.display()));
            }
            kept.written += line.len() as u64;
        }
        self.entries.push(entry);
        Ok(())
    }

    /// All entries, in the order in which they came.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What the run began with.
    pub fn begin(&self) -> Option<&Begin> {
        match self.entries.first() {
            Some(Entry::Begin(begin)) => Some(begin),
            _ => None,
        }
    }

    /// How far the run is to go, as was said last.
    pub fn goal(&self) -> Option<Goal> {
        self.entries.iter().rev().find_map(|e| match e {
            Entry::Begin(begin) => Some(begin.goal),
            Entry::Resumed { goal, .. } => Some(*goal),
            Entry::Edit(_) | Entry::Ended { .. } => None,
        })
    }

    /// All edits, in the order of updates; of one update, in that in which they came.
    pub fn edits(&self) -> Vec<&Edit> {
        let mut all: Vec<&Edit> = (self.entries.iter())
            .filter_map(|e| match e {
                Entry::Edit(edit) => Some(edit),
                _ => None,
            })
            .collect();
        all.sort_by_key(|edit| edit.update);
        all
    }

    /// What an experiment goes through by the edits, one after the other.
    ///
    /// # Errors
    /// One line: an edit that means nothing.
    pub fn course(&self, begin: &Experiment) -> Result<Vec<Edited>, ExperimentError> {
        course_of(self.edits().into_iter(), begin)
    }
}

/// What an experiment goes through by edits in the order of updates.
///
/// # Errors
/// One line: an edit that means nothing.
pub fn course_of<'a>(
    edits: impl Iterator<Item = &'a Edit>,
    begin: &Experiment,
) -> Result<Vec<Edited>, ExperimentError> {
    let mut all: Vec<Edited> = Vec::new();
    for edit in edits {
        let before = all.last().map_or(begin, |e| &e.experiment);
        let edited = edit.applied(before)?;
        all.push(edited);
    }
    Ok(all)
}

#[cfg(test)]
#[path = "journal_test.rs"]
mod tests;
