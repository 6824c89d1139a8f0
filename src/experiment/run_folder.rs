//! The folder of a run: `experiment.toml`, `metrics.jsonl`, `weights.safetensors` and `run.json`.
//!
//! The four carry the id of one run and are a whole set, or `run.json` is missing: it goes first and comes last. The id is a
//! function of what is trained on what, so that the same run leaves the same bytes. While a run writes, its folder is locked.

use super::batches;
use super::behind::Behind;
use super::checkpoint;
use super::save::{STALE, atomically, remove_stale, same_file};
use super::setup::Setup;
use crate::data::Learnt;
use crate::network::{Scalar, Weights};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs::{File, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The files of a run, the one first that says there is a run.
pub const FILES: [&str; 4] = [RECORD, WEIGHTS, METRICS, EXPERIMENT];
/// The checkpoint's name.
pub const WEIGHTS: &str = "weights.safetensors";
/// What a run is, and what is done of it.
pub const RECORD: &str = "run.json";
const METRICS: &str = "metrics.jsonl";
/// The weights before the first update, where batches are recorded.
pub const INITIAL: &str = "initial.safetensors";
/// The examples and the order in which they are trained on, where batches are recorded.
pub const BATCHES: &str = "batches.npz";
/// The experiment.
pub const EXPERIMENT: &str = "experiment.toml";
/// All that may be in it.
const ALL: [&str; 6] = [RECORD, WEIGHTS, METRICS, EXPERIMENT, INITIAL, BATCHES];
/// How the first line of a run's own experiment begins.
const HEAD: &str = "# pcscope run ";
/// At most so much work is lost, whatever happens.
const EVERY: Duration = Duration::from_secs(60);
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
        for file in [INITIAL, BATCHES] {
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
                "--out {folder}: {file} of a run is there already; expected another folder, or --overwrite"
            )),
            _ => Ok(()),
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
        for file in ALL {
            let path = path(file);
            // Where the folder is locked, nobody else can be writing one.
            remove_stale(
                &path,
                if self.lock.is_some() {
                    Duration::ZERO
                } else {
                    STALE
                },
            );
            match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("{}: {e}", path.display()));
                }
                _ => {}
            }
        }
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
        let file = path(METRICS);
        let metrics = File::create_new(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let mut run = RunFolder {
            metrics,
            written: 0,
            pending: String::new(),
            flushed: Instant::now(),
            saved: Instant::now(),
            record,
            id: id.clone(),
            behind: None,
            claim: self,
        };
        run.note(&json!({"run": id}));
        if let Some(epochs) = about.recorded {
            run.record_batches(setup, epochs)?;
        }
        run.checkpoint(setup, &setup.initial, 0)?;
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

/// True if recorded weights or batches carry the id of a run.
fn is_of_a_run(path: &Path) -> bool {
    if path.ends_with(INITIAL) {
        let bytes = checkpoint::read(path);
        return bytes.is_ok_and(|bytes| checkpoint::run_of(&bytes).is_some());
    }
    let archive = File::open(path).ok().map(zip::ZipArchive::new);
    archive.is_some_and(|a| a.is_ok_and(|mut a| a.by_name("run.npy").is_ok()))
}

/// Sixteen hexadecimal digits: the same for the same experiment, data and program.
fn id(experiment: &str, about: &About) -> String {
    let mut sum = Sha256::new();
    for part in [
        env!("CARGO_PKG_VERSION"),
        experiment,
        about.rule,
        about.data_hash.as_deref().unwrap_or_default(),
    ]
    .into_iter()
    // Runs that begin with drawn weights have the ids that they always had.
    .chain(about.weights.iter().map(|(_, hash)| &**hash))
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
    metrics: File,
    /// Bytes of the metrics that are in the file.
    written: u64,
    /// Lines that are not.
    pending: String,
    flushed: Instant,
    saved: Instant,
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
        let result = self
            .metrics
            .seek(SeekFrom::Start(self.written))
            .and_then(|_| self.metrics.write_all(bytes));
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

    /// True if the last checkpoint is a minute old; at the end of an epoch, if it is a second old.
    pub fn is_due(&self, epoch_ended: bool) -> bool {
        self.saved.elapsed() >= if epoch_ended { FLUSH } else { EVERY }
    }

    /// Saves the weights after `updates` updates and the metrics so far. How many updates there are stands in the checkpoint alone
    /// until the run ends: two files cannot be replaced at once. A failure leaves the last whole set.
    ///
    /// # Errors
    /// One line naming the file.
    pub fn checkpoint<S: Scalar>(
        &mut self,
        setup: &Setup<S>,
        weights: &Weights<S>,
        updates: u64,
    ) -> Result<(), String> {
        if let Some(behind) = &self.behind {
            behind.settle();
        }
        self.saved = Instant::now();
        self.flush()?;
        save(&self.weights(), &self.id, setup, weights, updates)
    }

    /// As [`RunFolder::checkpoint`], beside what goes on: nobody waits for a disk. One that would begin before the last has ended waits,
    /// and gives way to the next.
    ///
    /// # Errors
    /// One line naming the file: of the metrics, of this checkpoint, or of one before.
    pub fn checkpoint_behind<S: Scalar>(
        &mut self,
        setup: &Arc<Setup<S>>,
        weights: &Arc<Weights<S>>,
        updates: u64,
    ) -> Result<(), String> {
        self.saved = Instant::now();
        self.flush()?;
        if self.behind.is_none() {
            self.behind = Behind::new("checkpoints").ok();
        }
        let Some(behind) = &self.behind else {
            return self.checkpoint(setup, weights, updates);
        };
        let (setup, weights) = (Arc::clone(setup), Arc::clone(weights));
        let (path, id) = (self.weights(), self.id.clone());
        behind.give(Box::new(move || {
            save(&path, &id, &setup, &weights, updates)
        }));
        behind.failure().map_or(Ok(()), Err)
    }

    /// Writes what another program needs to do the same: the initial weights, and the training examples with their order.
    fn record_batches<S: Scalar>(&self, setup: &Setup<S>, epochs: u64) -> Result<(), String> {
        let folder = &self.claim.folder;
        save(&folder.join(INITIAL), &self.id, setup, &setup.initial, 0)?;
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
        self.save_record()
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

/// Saves the weights of a run.
fn save<S: Scalar>(
    path: &Path,
    id: &str,
    setup: &Setup<S>,
    weights: &Weights<S>,
    updates: u64,
) -> Result<(), String> {
    let about = checkpoint::About {
        run: Some(id),
        experiment: &setup.experiment,
        updates,
    };
    checkpoint::save(path, weights, &about)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::loading::load_data;

    fn setup(seed: u64) -> Setup<f32> {
        let experiment = Experiment::load("moons", &[format!("seed={seed}")]).unwrap();
        let data = load_data(&experiment).unwrap();
        Setup::new(experiment, data).unwrap()
    }

    fn about() -> About {
        About {
            rule: "zil",
            data_hash: None,
            threads: 1,
            learns: String::new(),
            notes: Vec::new(),
            learnt: setup(1).data.learnt(),
            weights: None,
            recorded: None,
        }
    }

    /// The ids that the files of a folder carry, in the order of [`FILES`]; none where a file is missing.
    fn ids(folder: &Path) -> Vec<Option<String>> {
        let text = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
        let field = |text: String, key: &str| {
            let value: Value = serde_json::from_str(&text).ok()?;
            Some(value[key].as_str()?.to_owned())
        };
        let weights = std::fs::read(folder.join(WEIGHTS)).ok();
        vec![
            text(RECORD).and_then(|t| field(t, "id")),
            weights.and_then(|w| checkpoint::run_of(&w)),
            text(METRICS).and_then(|t| field(t.lines().next()?.to_owned(), "run")),
            text(EXPERIMENT).and_then(|t| Some(t.lines().next()?.strip_prefix(HEAD)?.to_owned())),
        ]
    }

    #[test]
    fn the_files_of_a_run_carry_one_id_and_another_run_needs_leave() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        let first = setup(1);
        drop(Claim::new(&folder, false, "moons", None).unwrap());
        assert!(
            !home.path().join("a").exists(),
            "a refused run leaves no folder"
        );
        let mut run = Claim::new(&folder, false, "moons", None)
            .unwrap()
            .begin(&first, &about())
            .unwrap();
        let own = ids(&folder);
        assert!(own.iter().all(|i| i.is_some() && *i == own[0]), "{own:?}");
        let error = Claim::new(&folder, true, "moons", None).unwrap_err();
        assert!(error.contains("another run is writing there"), "{error}");
        run.note(&json!({"update": 1}));
        run.checkpoint(&first, &first.initial, 1).unwrap();
        run.end(1, "done", &json!({})).unwrap();
        drop(run);
        let text = std::fs::read_to_string(folder.join(METRICS)).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        let error = Claim::new(&folder, false, "moons", None).unwrap_err();
        assert!(error.contains("--overwrite"), "{error}");
        assert_eq!(ids(&folder), own, "what was refused changed nothing");
        let notes = folder.join("notes.md");
        std::fs::write(&notes, "mine").unwrap();
        // Of a run that was killed while it saved.
        let half = folder.join(format!("{WEIGHTS}.1.tmp"));
        std::fs::write(&half, "ha").unwrap();
        drop(
            Claim::new(&folder, true, "moons", None)
                .unwrap()
                .begin(&setup(2), &about())
                .unwrap(),
        );
        let other = ids(&folder);
        assert!(
            other
                .iter()
                .all(|i| i.is_some() && *i == other[0] && *i != own[0])
        );
        assert_eq!(std::fs::read_to_string(&notes).unwrap(), "mine");
        assert!(!half.exists());
        // The same run again: the same id.
        drop(
            Claim::new(&folder, true, "moons", None)
                .unwrap()
                .begin(&first, &about())
                .unwrap(),
        );
        assert_eq!(ids(&folder), own);
    }

    #[test]
    fn an_experiment_of_ones_own_is_never_replaced() {
        let home = tempfile::tempdir().unwrap();
        let own = home.path().join(EXPERIMENT);
        std::fs::write(&own, "seed = 3\n").unwrap();
        let error = Claim::new(home.path(), true, "moons", None).unwrap_err();
        assert!(error.contains("is not a run's"), "{error}");
        std::fs::write(&own, format!("{HEAD}00\nseed = 3\n")).unwrap();
        let error = Claim::new(home.path(), true, &own.to_string_lossy(), None).unwrap_err();
        assert!(
            error.contains("the experiment that is to be trained"),
            "{error}"
        );
        assert!(std::fs::read_to_string(&own).unwrap().contains("seed = 3"));
    }

    /// A run that cannot take another's place leaves a folder without `run.json`.
    #[test]
    fn a_file_in_the_way_is_told_and_leaves_no_mix() {
        let home = tempfile::tempdir().unwrap();
        drop(
            Claim::new(home.path(), false, "moons", None)
                .unwrap()
                .begin(&setup(1), &about())
                .unwrap(),
        );
        // A folder where the checkpoint should be: it cannot be removed as a file.
        std::fs::remove_file(home.path().join(WEIGHTS)).unwrap();
        std::fs::create_dir(home.path().join(WEIGHTS)).unwrap();
        let error = Claim::new(home.path(), true, "moons", None)
            .unwrap()
            .begin(&setup(2), &about())
            .unwrap_err();
        assert!(error.contains(WEIGHTS), "{error}");
        assert_eq!(ids(home.path())[0], None);
    }
}
