//! The folder of a run: `experiment.toml`, `metrics.jsonl`, `weights.safetensors`, `journal.jsonl` and `run.json`.
//!
//! The five carry the id of one run and are a whole set, or `run.json` is missing: it goes first and comes last. The id is a
//! function of what is trained on what, so that the same run leaves the same bytes. While a run writes, its folder is locked.

use super::batches;
use super::behind::Behind;
use super::checkpoint;
use super::journal::{Begin, Edit, Entry, Goal, JOURNAL, Journal};
use super::kept::{FRAMES, Kept, frames};
use super::metrics::METRICS;
pub use super::moment::Moment;
use super::save::{STALE, atomically, remove_stale, same_file};
use super::setup::Setup;
use super::window_file::{self, WINDOW};
use crate::data::Learnt;
use crate::network::Scalar;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs::{File, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The files of a run, the one first that says there is a run.
pub const FILES: [&str; 5] = [RECORD, WEIGHTS, METRICS, EXPERIMENT, JOURNAL];
/// The checkpoint's name.
pub const WEIGHTS: &str = "weights.safetensors";
/// What a run is, and what is done of it.
pub const RECORD: &str = "run.json";
/// The weights before the first update, where batches are recorded or they came from a file.
pub const INITIAL: &str = "initial.safetensors";
/// The examples and the order in which they are trained on, where batches are recorded.
pub const BATCHES: &str = "batches.npz";
/// The experiment.
pub const EXPERIMENT: &str = "experiment.toml";
/// All that may be in it.
pub(super) const ALL: [&str; 8] = [
    RECORD, WEIGHTS, METRICS, EXPERIMENT, JOURNAL, INITIAL, BATCHES, WINDOW,
];
/// How the first line of a run's own experiment begins.
const HEAD: &str = "# pcscope run ";
/// At most so much work is lost, whatever happens.
const EVERY: Duration = Duration::from_secs(60);
/// Checkpoints at the ends of epochs take less than one part in so many of the time.
const PARTS: u32 = 100;
/// At most so much of the metrics is lost; and of training, where epochs are shorter.
const FLUSH: Duration = Duration::from_secs(1);

/// A folder that may be written to, locked. Unless a run begins in it, what was made of it is removed again.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    /// Folders that did not exist, innermost first.
    made: Vec<PathBuf>,
    /// Holds the lock while it lives; none where folders cannot be locked.
    lock: Option<File>,
}

impl Claim {
    /// Claims a folder for a run of the experiment at `of` (a path, or a name that is none) that begins with the file `weights`.
    ///
    /// # Errors
    /// One line: it cannot be written to, holds another run (and `overwrite` is false), is another run's at this moment, or its
    /// experiment file is no run's.
    pub fn new(
        folder: &Path,
        overwrite: bool,
        of: &str,
        weights: Option<&Path>,
    ) -> Result<Self, String> {
        let fail = |e: std::io::Error| format!("--out {}: {e}", folder.display());
        let missing = folder
            .ancestors()
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        let made: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        let mut claim = Self {
            folder: folder.to_owned(),
            made,
            lock: None,
        };
        std::fs::create_dir_all(folder).map_err(fail)?;
        // Elsewhere than on Unix a folder cannot be opened, and some file systems lock nothing.
        if let Ok(handle) = File::open(folder) {
            match handle.try_lock() {
                Ok(()) => claim.lock = Some(handle),
                Err(TryLockError::WouldBlock) => {
                    claim.made.clear();
                    return Err(format!(
                        "--out {}: another run is writing there; expected another folder",
                        folder.display()
                    ));
                }
                Err(TryLockError::Error(_)) => {}
            }
        }
        claim.refuse_others(overwrite, of)?;
        if weights.is_some_and(|weights| is_part(folder, weights)) {
            return Err(format!(
                "--out {}: --weights is a file of the run there, which would go; expected another folder",
                folder.display()
            ));
        }
        // What cannot be written is told before hours of work, not after.
        let probe = folder.join(format!("{RECORD}.{}.tmp", std::process::id()));
        File::create(&probe).map_err(fail)?;
        std::fs::remove_file(&probe).map_err(fail)?;
        Ok(claim)
    }

    fn refuse_others(&self, overwrite: bool, of: &str) -> Result<(), String> {
        let folder = self.folder.display();
        let experiment = self.folder.join(EXPERIMENT);
        if let Ok(text) = std::fs::read(&experiment)
            && !text.starts_with(HEAD.as_bytes())
        {
            return Err(format!(
                "--out {folder}: {EXPERIMENT} there is not a run's, and is not replaced; expected another folder"
            ));
        }
        if same_file(&experiment, Path::new(of)) {
            return Err(format!(
                "--out {folder}: that is the folder of the experiment that is to be trained; expected another folder"
            ));
        }
        for file in [JOURNAL, INITIAL, BATCHES, WINDOW] {
            let path = self.folder.join(file);
            if path.symlink_metadata().is_ok() && !is_of_a_run(&path) {
                return Err(format!(
                    "--out {folder}: {file} there is not a run's, and is not replaced; expected another folder"
                ));
            }
        }
        let found = ALL
            .iter()
            .find(|f| self.folder.join(f).symlink_metadata().is_ok());
        match found {
            Some(file) if !overwrite => Err(format!(
                "--out {folder}: {file} of a run is there already; expected another folder, --overwrite, or train --resume to go on with it"
            )),
            _ => Ok(()),
        }
    }

    /// Claims the folder of a run that is to be gone on with.
    ///
    /// # Errors
    /// One line: there is none, or a run is writing there at this moment.
    pub fn again(folder: &Path) -> Result<Self, String> {
        if !folder.join(RECORD).exists() {
            return Err(format!(
                "{}: there is no {RECORD}; expected the folder of a run (train --out)",
                folder.display()
            ));
        }
        let mut claim = Self {
            folder: folder.to_owned(),
            made: Vec::new(),
            lock: None,
        };
        if let Ok(handle) = File::open(folder) {
            match handle.try_lock() {
                Ok(()) => claim.lock = Some(handle),
                Err(TryLockError::WouldBlock) => {
                    return Err(format!(
                        "{}: a run is writing there; expected one that has ended",
                        folder.display()
                    ));
                }
                Err(TryLockError::Error(_)) => {}
            }
        }
        Ok(claim)
    }

    /// Goes on with the run of the folder from its checkpoint, as far as `goal` says: what was noted behind it goes.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn resume(self, kept: Kept, goal: Goal, edits: Vec<Edit>) -> Result<RunFolder, String> {
        let (written, _) = kept.metrics()?;
        let mut journal = Journal::open(&self.folder)?;
        let path = self.folder.join(METRICS);
        let fail = |e: std::io::Error| format!("{}: {e}", path.display());
        let metrics = File::options().write(true).open(&path).map_err(fail)?;
        self.remove_stale();
        for edit in edits {
            journal.note(Entry::Edit(edit))?;
        }
        journal.note(Entry::Resumed {
            update: kept.stamp.update,
            goal,
        })?;
        metrics.set_len(written).map_err(fail)?;
        let mut record = kept.record;
        for gone in ["updates", "results"] {
            record.as_object_mut().and_then(|r| r.remove(gone));
        }
        record["state"] = "running".into();
        let run = RunFolder {
            behind: None,
            claim: self,
            id: kept.id,
            record,
            metrics: Arc::new(metrics),
            journal,
            written,
            pending: String::new(),
            flushed: Instant::now(),
            saved: Instant::now(),
            took: Arc::default(),
        };
        run.save_record()?;
        Ok(run)
    }

    /// Removes what runs that were killed have left half.
    fn remove_stale(&self) {
        for file in ALL {
            // Where the folder is locked, nobody else can be writing one.
            let age = match self.lock.is_some() {
                true => Duration::ZERO,
                false => STALE,
            };
            remove_stale(&self.folder.join(file), age);
        }
    }

    /// Begins a run: the files of the run before go, those of this one come, with the weights as they are before the first update.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn begin<S: Scalar>(
        mut self,
        setup: &Setup<S>,
        about: &About,
    ) -> Result<RunFolder, String> {
        let experiment = setup.experiment.to_toml().map_err(|e| e.to_string())?;
        let id = id(&experiment, about);
        self.made.clear();
        let path = |file: &str| self.folder.join(file);
        self.remove_stale();
        for file in ALL {
            let path = path(file);
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("{}: {e}", path.display()));
                }
                _ => {}
            }
        }
        for (.., frame) in frames(&self.folder) {
            std::fs::remove_file(&frame).map_err(|e| format!("{}: {e}", frame.display()))?;
        }
        // What else is in there is not ours.
        let _ = std::fs::remove_dir(path(FRAMES));
        for (_, run) in window_file::runs(&self.folder) {
            let _ = std::fs::remove_dir_all(run);
        }
        let _ = std::fs::remove_dir(path(window_file::RUNS));
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let record = json!({
            "id": id,
            "program": concat!("pcscope ", env!("CARGO_PKG_VERSION")),
            "began": now.map_or(0, |d| d.as_secs()),
            "machine": {
                "system": std::env::consts::OS,
                "processor": std::env::consts::ARCH,
                "threads": about.threads,
            },
            "rule": about.rule,
            "seed": setup.experiment.seed,
            "dtype": S::NAME,
            "parameters": setup.plan.parameter_count(),
            "data": data(setup, about),
            "weights": about.weights.as_ref().map(|(file, hash)| json!({"file": file, "sha256": hash})),
        });
        let text = format!("{HEAD}{id}\n{experiment}");
        atomically(&path(EXPERIMENT), text.as_bytes())?;
        let mut journal = Journal::new(begin(setup, about, &id, &experiment));
        journal.keep(&self.folder)?;
        let file = path(METRICS);
        let metrics = File::create_new(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut run = RunFolder {
            metrics: Arc::new(metrics),
            journal,
            written: 0,
            pending: String::new(),
            flushed: Instant::now(),
            saved: Instant::now(),
            took: Arc::default(),
            record,
            id: id.clone(),
            behind: None,
            claim: self,
        };
        run.note(&json!({"run": id}));
        if let Some(epochs) = about.recorded {
            run.record_batches(setup, epochs)?;
        }
        if about.recorded.is_some() || about.weights.is_some() {
            run.record_initial(setup)?;
        }
        run.checkpoint(&Moment::first(setup))?;
        run.record["state"] = "running".into();
        run.save_record()?;
        Ok(run)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // A refused run leaves no folder. One that holds something by now stays.
        for folder in &self.made {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// What a run is, besides its experiment.
#[derive(Clone, Debug)]
pub struct About {
    /// The name of the rule.
    pub rule: &'static str,
    /// SHA-256 of the data's files (see [`crate::data::fingerprint`]), where there are any.
    pub data_hash: Option<String>,
    /// Threads that share a batch.
    pub threads: usize,
    /// Why this is learnt, in a sentence.
    pub learns: String,
    /// What was noticed while the data were read.
    pub notes: Vec<String>,
    /// Everything that was learnt from the training part besides weights.
    pub learnt: Learnt,
    /// The file whose weights it begins with, and its SHA-256; none where they are drawn.
    pub weights: Option<(String, String)>,
    /// So many epochs of batches are recorded.
    pub recorded: Option<u64>,
    /// All lanes of the experiment's race train, not its own alone.
    pub raced: bool,
    /// How far it is to go.
    pub goal: Goal,
    /// Where relative paths of the data are seen from; the present folder, if nothing is said.
    pub folder: Option<PathBuf>,
}

/// The beginning of a run, for its journal.
fn begin<S: Scalar>(setup: &Setup<S>, about: &About, id: &str, experiment: &str) -> Begin {
    Begin {
        run: id.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: sha256(experiment),
        data: match &about.data_hash {
            Some(hash) => hash.clone(),
            None => setup.experiment.data.source.clone(),
        },
        seed: setup.experiment.seed,
        raced: about.raced,
        goal: about.goal,
    }
}

pub(super) fn sha256(text: &str) -> String {
    let sum = Sha256::digest(text);
    sum.iter().map(|b| format!("{b:02x}")).collect()
}

/// The id of a run and its experiment's text, of a folder with this record: the file must be as the run wrote it.
///
/// # Errors
/// One line.
pub(super) fn sealed(path: &Path, record: &Value) -> Result<(String, String), String> {
    let (id, own) = experiment_of(path)?;
    let known = |value: &Value| value.as_str().map(str::to_owned);
    let rule = known(&record["rule"]).unwrap_or_default();
    let (data, weights) = (
        known(&record["data"]["sha256"]),
        known(&record["weights"]["sha256"]),
    );
    if id != identity(&own, &rule, data.as_deref(), weights.as_deref()) {
        return Err(format!(
            "{}: has changed since the run began; expected it as the run wrote it",
            path.display()
        ));
    }
    Ok((id, own))
}

/// The id of a run, and its experiment's text.
///
/// # Errors
/// One line.
pub(super) fn experiment_of(path: &Path) -> Result<(String, String), String> {
    let wrong = |what: &str| Err(format!("{}: {what}", path.display()));
    let Ok(text) = String::from_utf8(checkpoint::read(path)?) else {
        return wrong("not UTF-8; expected the experiment of a run");
    };
    match text.strip_prefix(HEAD).and_then(|t| t.split_once('\n')) {
        Some((id, own)) => Ok((id.to_owned(), own.to_owned())),
        None => wrong("does not name its run; expected the experiment of a run"),
    }
}

/// The id that the experiment file of a run begins with.
pub fn id_of(experiment: &Path) -> Option<String> {
    let text = std::fs::read_to_string(experiment).ok()?;
    let line = text.lines().next()?;
    line.strip_prefix(HEAD).map(str::to_owned)
}

/// True if a path leads to one of the files of the run in a folder.
pub fn is_part(folder: &Path, path: &Path) -> bool {
    ALL.iter().any(|file| same_file(&folder.join(file), path))
}

/// True if a journal, recorded weights or batches carry the id of a run.
fn is_of_a_run(path: &Path) -> bool {
    if path.ends_with(JOURNAL) {
        let folder = path.parent().unwrap_or(Path::new("."));
        return Journal::read(folder).is_ok();
    }
    if path.ends_with(WINDOW) {
        let known = std::fs::read(path)
            .ok()
            .filter(|text| text.starts_with(b"{\"run\":"));
        return known.is_some();
    }
    if path.ends_with(INITIAL) {
        let bytes = checkpoint::read(path);
        return bytes.is_ok_and(|bytes| checkpoint::run_of(&bytes).is_some());
    }
    let archive = File::open(path).ok().map(zip::ZipArchive::new);
    archive.is_some_and(|a| a.is_ok_and(|mut a| a.by_name("run.npy").is_ok()))
}

/// Sixteen hexadecimal digits: the same for the same experiment, data and program.
fn id(experiment: &str, about: &About) -> String {
    let weights = about.weights.as_ref().map(|(_, hash)| &**hash);
    identity(experiment, about.rule, about.data_hash.as_deref(), weights)
}

fn identity(experiment: &str, rule: &str, data: Option<&str>, weights: Option<&str>) -> String {
    let mut sum = Sha256::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        experiment,
        rule,
        data.unwrap_or_default(),
    ]
    .into_iter()
    // Runs that begin with drawn weights have the ids that they always had.
    .chain(weights)
    {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part);
    }
    sum.finalize()[..8]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// Where the data are, how they were dealt out, and everything that was learnt from the training part.
fn data<S: Scalar>(setup: &Setup<S>, about: &About) -> Value {
    let (data, own) = (&setup.data, &setup.experiment.data);
    let split = data.split();
    let part = |r: &std::ops::Range<usize>| json!([r.start, r.end]);
    json!({
        "source": own.source,
        "folder": about.folder.clone().or_else(|| std::env::current_dir().ok()),
        "sha256": about.data_hash,
        "examples": data.len(),
        "order": serde_json::to_value(own.shuffle).unwrap_or_default(),
        "split": {
            "train": part(&split.train),
            "validation": part(&split.validation),
            "test": part(&split.test),
        },
        "learns": about.learns,
        "notes": about.notes,
        "learnt": about.learnt,
    })
}

/// The folder of a run that goes on.
#[derive(Debug)]
pub struct RunFolder {
    /// Saves checkpoints beside training; from the first on. It ends before the claim does.
    behind: Option<Behind>,
    claim: Claim,
    id: String,
    record: Value,
    journal: Journal,
    metrics: Arc<File>,
    /// Bytes of the metrics that are in the file.
    written: u64,
    /// Lines that are not.
    pending: String,
    flushed: Instant,
    saved: Instant,
    /// Microseconds that the last checkpoint took beside training.
    took: Arc<AtomicU64>,
}

impl RunFolder {
    /// Adds a line to the metrics; it is in the file a second later at most, if lines go on coming.
    pub fn note(&mut self, line: &impl Serialize) {
        // A line of numbers and words can always be written.
        self.pending
            .push_str(&serde_json::to_string(line).unwrap_or_default());
        self.pending.push('\n');
        if self.flushed.elapsed() >= FLUSH {
            // A failure is told by the next checkpoint; the lines are kept.
            let _ = self.flush();
        }
    }

    fn flush(&mut self) -> Result<(), String> {
        self.flushed = Instant::now();
        let bytes = self.pending.as_bytes();
        let mut metrics = &*self.metrics;
        let result = metrics
            .seek(SeekFrom::Start(self.written))
            .and_then(|_| metrics.write_all(bytes));
        match result {
            Ok(()) => {
                self.written += bytes.len() as u64;
                self.pending.clear();
                Ok(())
            }
            Err(e) => {
                // No half line stays behind.
                let _ = self.metrics.set_len(self.written);
                Err(format!(
                    "{}: {e}",
                    self.claim.folder.join(METRICS).display()
                ))
            }
        }
    }

    /// True if the last checkpoint is a minute old; at the end of an epoch, if it is a second old, and saving takes less than a
    /// hundredth of the time.
    pub fn is_due(&self, epoch_ended: bool) -> bool {
        let took = Duration::from_micros(self.took.load(Ordering::Relaxed));
        let often = FLUSH.max(took * PARTS).min(EVERY);
        self.saved.elapsed() >= if epoch_ended { often } else { EVERY }
    }

    /// Saves what the run has come to, and the metrics so far. How many updates there are stands in the checkpoint alone
    /// until the run ends: two files cannot be replaced at once. A failure leaves the last whole set.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn checkpoint<S: Scalar>(&mut self, moment: &Moment<S>) -> Result<(), String> {
        if let Some(behind) = &self.behind {
            behind.settle();
        }
        self.saved = Instant::now();
        self.flush()?;
        // A checkpoint never is of more updates than the metrics.
        let _ = self.metrics.sync_data();
        save(&self.weights(), &self.id, moment)
    }

    /// As [`RunFolder::checkpoint`], beside what goes on: nobody waits for a disk. One that would begin before the last has ended waits,
    /// and gives way to the next.
    ///
    /// # Errors
    /// One line naming the file: of the metrics, of this checkpoint, or of one before.
    pub fn checkpoint_behind<S: Scalar>(&mut self, moment: Moment<S>) -> Result<(), String> {
        self.saved = Instant::now();
        self.flush()?;
        if self.behind.is_none() {
            self.behind = Behind::new("checkpoints").ok();
        }
        let Some(behind) = &self.behind else {
            return self.checkpoint(&moment);
        };
        let (path, id) = (self.weights(), self.id.clone());
        let (took, metrics) = (Arc::clone(&self.took), Arc::clone(&self.metrics));
        behind.give(Box::new(move || {
            let began = Instant::now();
            // A checkpoint never is of more updates than the metrics. Where a file system cannot tell, it stays untold.
            let _ = metrics.sync_data();
            let saved = save(&path, &id, &moment);
            took.store(began.elapsed().as_micros() as u64, Ordering::Relaxed);
            saved
        }));
        behind.failure().map_or(Ok(()), Err)
    }

    /// Writes the weights that the run begins with.
    fn record_initial<S: Scalar>(&self, setup: &Setup<S>) -> Result<(), String> {
        let about = checkpoint::About {
            run: Some(&self.id),
            experiment: &setup.experiment,
            updates: 0,
        };
        checkpoint::save(&self.claim.folder.join(INITIAL), &setup.initial, &about)
    }

    /// Writes what another program needs to do the same beside the initial weights: the training examples with their order.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn record_batches<S: Scalar>(&self, setup: &Setup<S>, epochs: u64) -> Result<(), String> {
        let folder = &self.claim.folder;
        let path = folder.join(BATCHES);
        let bytes = batches::archive(setup, epochs, &self.id);
        let bytes = bytes.map_err(|e| format!("{}: {e}", path.display()))?;
        atomically(&path, &bytes)
    }

    /// Says how the run ended, after its last checkpoint.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn end(&mut self, updates: u64, state: &str, results: &Value) -> Result<(), String> {
        self.record["state"] = state.into();
        self.record["updates"] = updates.into();
        self.record["results"] = results.clone();
        self.journal.note(Entry::Ended {
            update: updates,
            state: state.to_owned(),
        })?;
        self.save_record()
    }

    /// Notes an edit, before it is made.
    ///
    /// # Errors
    /// One line naming the file; the edit is not to be made then.
    pub fn edit(&mut self, edit: Edit) -> Result<(), String> {
        self.journal.note(Entry::Edit(edit))
    }

    /// The id of the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn save_record(&self) -> Result<(), String> {
        let mut text = serde_json::to_string_pretty(&self.record).map_err(|e| e.to_string())?;
        text.push('\n');
        atomically(&self.claim.folder.join(RECORD), text.as_bytes())
    }

    /// The checkpoint's path.
    pub fn weights(&self) -> PathBuf {
        self.claim.folder.join(WEIGHTS)
    }
}

/// Saves what a run has come to.
fn save<S: Scalar>(path: &Path, id: &str, moment: &Moment<S>) -> Result<(), String> {
    checkpoint::save_state(path, &moment.state, &moment.experiment, &moment.stamp(id))
}

#[cfg(test)]
#[path = "run_folder_test.rs"]
mod tests;
