//! The folder of a run, opened again: to be gone on with, computed again, or told of. Reading changes nothing.

use super::checkpoint::{self, Stamp};
use super::file::{Experiment, ExperimentError};
use super::fitted::loss_unit;
use super::journal::{Edit, Edited, Entry, Goal, Journal};
use super::kept_race::PastRace;
use super::lane::{LaneId, LaneSpec};
use super::loading::load_watched;
use super::metrics;
use super::run_folder::{self, EXPERIMENT, INITIAL, RECORD, WEIGHTS};
use super::setup::Setup;
use crate::data::{self, Progress, fingerprint};
use crate::learning::RunState;
use crate::network::{Plan, Scalar};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The key frames in a run's folder.
pub const FRAMES: &str = "frames";

/// The largest record that is read, in bytes.
const MOST_RECORD: u64 = 256 << 20;

/// A run as its folder has it: one whole set.
#[derive(Debug)]
pub struct Kept {
    /// The folder.
    pub folder: PathBuf,
    /// The id of the run.
    pub id: String,
    /// `run.json`.
    pub record: Value,
    /// The experiment that it began with.
    pub experiment: Experiment,
    /// Its journal.
    pub journal: Journal,
    /// What the experiment goes through by the edits of the journal.
    pub course: Vec<Edited>,
    /// What the checkpoint says of itself.
    pub stamp: Stamp,
    /// Where its data are, if not where it says.
    pub moved_to: Option<PathBuf>,
    /// The checkpoint.
    weights: Vec<u8>,
}

/// Reads `run.json`.
///
/// # Errors
/// One line: it is missing, or no JSON.
pub fn record(folder: &Path) -> Result<Value, String> {
    let path = folder.join(RECORD);
    if !path.exists() {
        return Err(format!(
            "{}: there is no {RECORD}; expected the folder of a run (train --out)",
            folder.display()
        ));
    }
    let fail = |problem: String| format!("{}: {problem}", path.display());
    let length = std::fs::metadata(&path)
        .map_err(|e| fail(e.to_string()))?
        .len();
    if length > MOST_RECORD {
        return Err(fail(format!(
            "{length} bytes; expected at most {MOST_RECORD}"
        )));
    }
    let text = checkpoint::read(&path)?;
    serde_json::from_slice(&text).map_err(|e| fail(format!("not JSON ({e})")))
}

impl Kept {
    /// Opens a folder.
    ///
    /// # Errors
    /// One line: no folder of a run, one of another version, one that is damaged, or files of different runs.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let record = record(folder)?;
        let name = folder.display();
        let program = record["program"].as_str().unwrap_or("a version unknown");
        let own = concat!("pcscope ", env!("CARGO_PKG_VERSION"));
        if program != own {
            return Err(format!(
                "{name}: a run of {program}, whose bits may differ; expected one of {own}"
            ));
        }
        let path = folder.join(EXPERIMENT);
        let (id, text) = run_folder::sealed(&path, &record)?;
        let origin = path.to_string_lossy();
        let experiment = Experiment::parse(&text, &origin, &[]).map_err(|e| e.to_string())?;
        let journal = Journal::read(folder)?;
        let file = folder.join(WEIGHTS);
        let weights = checkpoint::read(&file)?;
        let stamp = checkpoint::stamp_of(&weights).ok_or_else(|| {
            format!(
                "{}: does not say what it belongs to; expected a checkpoint of a run",
                file.display()
            )
        })?;
        let noted = journal.begin().map(|begin| begin.run.clone());
        let ids = [record["id"].as_str(), noted.as_deref(), Some(&*stamp.run)];
        if ids.iter().any(|other| *other != Some(&id)) {
            let ids = ids.map(|id| id.unwrap_or("no id"));
            return Err(format!(
                "{name}: the files are of different runs ({id}, {}); expected one whole set",
                ids.join(", ")
            ));
        }
        let course = journal.course(&experiment);
        let course = course.map_err(|e| format!("{name}: {e}"))?;
        let made = course.get(..stamp.edits);
        if made.is_none_or(|made| made.iter().any(|e| e.update > stamp.update)) {
            return Err(format!(
                "{}: {} edits were made before update {}, of which the journal has fewer; expected one whole set",
                file.display(),
                stamp.edits,
                stamp.update
            ));
        }
        Ok(Self {
            folder: folder.to_owned(),
            id,
            record,
            experiment,
            journal,
            course,
            stamp,
            moved_to: None,
            weights,
        })
    }

    /// The experiment behind so many of the edits.
    pub fn experiment_after(&self, edits: usize) -> &Experiment {
        let last = edits.checked_sub(1).and_then(|i| self.course.get(i));
        last.map_or(&self.experiment, |e| &e.experiment)
    }

    /// Adds an edit to what is known of the run; the folder is not written to.
    ///
    /// # Errors
    /// One line: it means nothing.
    pub fn edit(&mut self, edit: &Edit) -> Result<(), String> {
        self.journal.note(Entry::Edit(edit.clone()))?;
        self.course = (self.journal.course(&self.experiment)).map_err(|e| e.to_string())?;
        Ok(())
    }

    /// Whether a lane is ticked, as the journal says last.
    pub fn ticked(&self, lane: LaneId) -> bool {
        let mut told = self.course.iter().flat_map(|e| &e.ticked);
        let own = told.rfind(|(id, _)| *id == lane);
        own.is_none_or(|(_, on)| *on)
    }

    /// How far the run is to go.
    ///
    /// # Errors
    /// One line: the journal does not say.
    pub fn goal(&self) -> Result<Goal, String> {
        (self.journal.goal())
            .ok_or_else(|| format!("{}: the journal names no end", self.folder.display()))
    }

    /// The bytes of its metrics up to the checkpoint, and whether a score was noted at it.
    ///
    /// # Errors
    /// One line: they are of another run, damaged, or lack an update.
    pub fn metrics(&self) -> Result<(u64, bool), String> {
        let (mut last, mut scored) = (0, false);
        let until = self.stamp.update;
        let bytes = metrics::walk(&self.folder, &self.id, |row| {
            if row.update > until {
                return Ok(false);
            }
            last = last.max(row.update);
            scored = row.update == until && row.is_score();
            Ok(true)
        })?;
        if last != until {
            return Err(format!(
                "{}: ends at update {last}, and the checkpoint is of {until}; expected one whole set",
                self.folder.join(metrics::METRICS).display()
            ));
        }
        Ok((bytes, scored))
    }

    /// Where its data are looked for.
    fn data(&self) -> Experiment {
        let mut found = self.experiment.clone();
        // They are compared with the run's own, in its words.
        found.data.hash = None;
        if self.record["data"]["sha256"].is_null() {
            return found;
        }
        if let Some(path) = &self.moved_to {
            found.data.source = path.to_string_lossy().into_owned();
            if let Some(labels) = found.data.labels.as_mut().filter(|l| !l.exists())
                && let (Some(folder), Some(name)) = (path.parent(), labels.file_name())
                && folder.join(name).exists()
            {
                *labels = folder.join(name);
            }
            return found;
        }
        let source = PathBuf::from(&found.data.source);
        let was = self.record["data"]["folder"].as_str().map(Path::new);
        if let Some(was) = was.filter(|_| source.is_relative()) {
            found.data.resolve(was);
        }
        if !Path::new(&found.data.source).exists() {
            found.data.resolve(&self.folder);
        }
        found
    }

    /// A line that its data are not where they are looked for; `None` if there is something.
    pub fn data_missing(&self) -> Option<String> {
        let hash = self.record["data"]["sha256"].as_str()?;
        let source = self.data().data.source;
        (!Path::new(&source).exists()).then(|| {
            format!(
                "{source}: the data have moved or are gone; expected those with SHA-256 {}…",
                hash.get(..12).unwrap_or(hash)
            )
        })
    }

    /// Works the run out as it began: data, network, initial weights.
    ///
    /// # Errors
    /// One line: data that have moved or changed, or what does not fit.
    pub fn setup<S: Scalar>(&self) -> Result<Setup<S>, String> {
        let line = |e: ExperimentError| e.to_string();
        if let Some(words) = self.data_missing() {
            return Err(words);
        }
        let found = self.data();
        let hash = self.record["data"]["sha256"].as_str();
        let loaded = load_watched(&found, &Progress::new()).map_err(line)?;
        let now = match loaded.files() {
            [] => None,
            files => Some(fingerprint(files, &Progress::new()).map_err(|e| e.to_string())?),
        };
        if now.is_some() && hash.is_none() {
            return Err(format!(
                "{}: the data were written to right after the run had read them, so it cannot be told whether these are the same",
                found.data.source
            ));
        }
        if now.as_deref() != hash {
            let short =
                |hash: Option<&str>| hash.map_or("none", |h| h.get(..12).unwrap_or(h)).to_owned();
            return Err(format!(
                "{}: the data have changed since the run began (SHA-256 {}…, expected {}…)",
                found.data.source,
                short(now.as_deref()),
                short(hash)
            ));
        }
        let data: data::Dataset = loaded.dataset().map_err(|e| e.to_string())?;
        let mut setup = Setup::new(self.experiment.clone(), data).map_err(line)?;
        if !self.record["weights"].is_null() {
            setup.begin_with(&self.folder.join(INITIAL))?;
        }
        Ok(setup)
    }

    /// The lane of the run that the checkpoint has.
    pub fn lane(&self) -> LaneSpec {
        LaneSpec::own(self.experiment_after(self.stamp.edits))
    }

    /// The run as the checkpoint has it.
    ///
    /// # Errors
    /// One line: it is damaged or does not fit.
    pub fn state<S: Scalar>(&self, plan: &Arc<Plan>) -> Result<RunState<S>, String> {
        let lane = self.lane();
        let path = self.folder.join(WEIGHTS);
        if lane.id != self.stamp.lane {
            return Err(format!(
                "{}: of lane {}; expected {}",
                path.display(),
                self.stamp.lane,
                lane.id
            ));
        }
        checkpoint::load_state(&path, &self.weights, plan, lane.optimiser)
    }

    /// The key frames of a lane in the folder, in the order of updates; none where there are none.
    pub fn frames(&self, lane: LaneId) -> Vec<(u64, PathBuf)> {
        let mut all: Vec<(u64, PathBuf)> = frames(&self.folder)
            .into_iter()
            .filter(|(id, ..)| *id == lane)
            .map(|(_, update, path)| (update, path))
            .collect();
        all.sort();
        all
    }

    /// A key frame, as a lane had it whose optimiser was set like this.
    ///
    /// # Errors
    /// One line: it is damaged, does not fit, or is of another run.
    pub fn frame<S: Scalar>(
        &self,
        path: &Path,
        plan: &Arc<Plan>,
    ) -> Result<(Stamp, RunState<S>), String> {
        let bytes = checkpoint::read(path)?;
        let stamp = checkpoint::stamp_of(&bytes);
        let stamp = stamp.filter(|s| s.run == self.id && s.edits <= self.course.len());
        let Some(stamp) = stamp else {
            return Err(format!(
                "{}: expected a key frame of run {}",
                path.display(),
                self.id
            ));
        };
        let experiment = self.experiment_after(stamp.edits);
        let mut lanes = LaneSpec::raced(experiment).into_iter();
        let lane = lanes.find(|l| l.id == stamp.lane);
        let lane =
            lane.ok_or_else(|| format!("{}: there is no lane {}", path.display(), stamp.lane))?;
        let state = checkpoint::load_state(path, &bytes, plan, lane.optimiser)?;
        Ok((stamp, state))
    }
}

/// A run that was left, as a race goes on with it.
pub struct Past<S: Scalar> {
    /// What it began with.
    pub begun: Arc<Setup<S>>,
    /// Updates made.
    pub update: u64,
    /// The lane that the folder has.
    pub lane: LaneId,
    /// What it had come to.
    pub state: RunState<S>,
    /// The edits of the run…
    pub course: Vec<Edited>,
    /// … of which so many were made.
    pub made: usize,
    /// Update, mean loss of its batch, and accuracy on the validation part, where they were noted.
    pub curves: Vec<(u64, Option<f64>, Option<f64>)>,
    /// All lanes with the way there, where a race can go on as it was.
    pub race: Option<PastRace<S>>,
}

impl<S: Scalar> Past<S> {
    /// Of a folder, with the set-up that the run began with.
    ///
    /// # Errors
    /// One line: a file of it is damaged.
    pub fn of(kept: &Kept, begun: Arc<Setup<S>>) -> Result<Self, String> {
        let unit = loss_unit(&begun.data, begun.plan.graph.loss).unwrap_or(1.0);
        let mut curves = Vec::new();
        metrics::walk(&kept.folder, &kept.id, |row| {
            let within = row.update <= kept.stamp.update;
            if within {
                let score = ["validation_accuracy", "validation_r2"];
                let score = score
                    .iter()
                    .find_map(|name| row.values.get(*name)?.as_f64());
                curves.push((row.update, row.loss().map(|loss| loss / unit), score));
            }
            Ok(within)
        })?;
        Ok(Self {
            update: kept.stamp.update,
            lane: kept.stamp.lane,
            state: kept.state(&begun.plan)?,
            course: kept.course.clone(),
            made: kept.stamp.edits,
            curves,
            race: PastRace::of(kept, &begun)?,
            begun,
        })
    }
}

/// What the key frame of a lane after an update is called.
pub(super) fn frame_name((lane, update): (LaneId, u64)) -> String {
    format!("{lane}-{update:09}.safetensors")
}

/// Keeps a key frame in a run's folder.
///
/// # Errors
/// One line naming the file.
pub fn keep_frame<S: Scalar>(
    folder: &Path,
    state: &RunState<S>,
    experiment: &Experiment,
    stamp: &Stamp,
) -> Result<(), String> {
    let folder = folder.join(FRAMES);
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let file = folder.join(frame_name((stamp.lane, stamp.update)));
    checkpoint::save_state(&file, state, experiment, stamp)
}

/// The key frames in a folder, by their names.
pub(super) fn frames(folder: &Path) -> Vec<(LaneId, u64, PathBuf)> {
    let entries = std::fs::read_dir(folder.join(FRAMES));
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_suffix(".safetensors")?;
        let (lane, update) = name.rsplit_once('-')?;
        let (lane, update) = (LaneId::new(lane)?, update.parse().ok()?);
        Some((lane, update, path))
    };
    let entries = entries.into_iter().flatten().flatten();
    entries.filter_map(|entry| named(entry.path())).collect()
}
