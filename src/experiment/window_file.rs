//! `window.json` in the folder of a run that a window saved: what all lanes of its race had come to besides their weights, and where
//! somebody was looking.

use super::race::record::LaneRecord;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Its name in a run's folder.
pub const WINDOW: &str = "window.json";

/// The largest that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The most runs of a race, the present one among them.
pub const MOST_RUNS: usize = 8;

/// In the folder of a run: those of the runs that were kept beside it, each by its name.
pub const RUNS: &str = "runs";

/// The folders of runs that were kept beside the one of a folder, with their names, in the order of those.
pub fn runs(folder: &Path) -> Vec<(char, PathBuf)> {
    let entries = std::fs::read_dir(folder.join(RUNS));
    let named = |path: PathBuf| {
        let mut letters = path.file_name()?.to_str()?.chars();
        let name = letters.next().filter(|_| letters.next().is_none())?;
        path.join(WINDOW).is_file().then_some((name, path))
    };
    let entries = entries.into_iter().flatten().flatten();
    let mut all: Vec<_> = entries.filter_map(|entry| named(entry.path())).collect();
    all.sort();
    all
}

/// What a run is called among those of a race, and which one it branched off, behind which update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Its name.
    pub name: char,
    /// The run that it branched off, and behind which update.
    pub from: Option<(char, u64)>,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            name: 'A',
            from: None,
        }
    }
}

/// What a window adds to the folder of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowFile {
    /// The id of the run.
    pub run: String,
    /// Updates of the race made when it was saved.
    pub update: u64,
    /// The lanes, in their order.
    pub lanes: Vec<LaneRecord>,
    /// Which run of the race it is.
    #[serde(default)]
    pub story: Story,
    /// Where somebody was looking, in the words of the window.
    #[serde(default)]
    pub looking: Value,
}

impl WindowFile {
    /// Reads that of a folder; `None` where no window saved it.
    ///
    /// # Errors
    /// One line naming the file and what was expected.
    pub fn read(folder: &Path, run: &str) -> Result<Option<Self>, String> {
        let path = folder.join(WINDOW);
        let fail = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
        let length = match std::fs::metadata(&path) {
            Ok(about) => about.len(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(fail(&e)),
        };
        if length > MOST_BYTES {
            return Err(fail(&format!(
                "{length} bytes; expected at most {MOST_BYTES}"
            )));
        }
        let bytes = std::fs::read(&path).map_err(|e| fail(&e))?;
        let own: Self = serde_json::from_slice(&bytes)
            .map_err(|e| fail(&format!("not what a window writes ({e})")))?;
        if own.run != run {
            return Err(fail(&format!("of run {}; expected {run}", own.run)));
        }
        Ok(Some(own))
    }

    /// Its text.
    ///
    /// # Errors
    /// One line.
    pub fn text(&self) -> Result<String, String> {
        let mut text = serde_json::to_string(self).map_err(|e| e.to_string())?;
        text.push('\n');
        Ok(text)
    }
}
