//! A run at a moment, written as a folder that is whole or not there: what the window saves, by will and by itself.

use super::fitted::loss_unit;
use super::journal::{Edit, Edited, Goal};
use super::kept::{FRAMES, keep_frame};
use super::lane::LaneId;
use super::metrics::{EXTREMES, LOSSES, SPAN};
use super::race::record::LaneRecord;
use super::run_folder::{About, Claim, Moment, RECORD};
use super::save::atomically;
use super::series::Bucket;
use super::setup::Setup;
use super::window_file::{MOST_RUNS, RUNS, Story, WINDOW, WindowFile};
use crate::data::{Provenance, Targets};
use crate::learning::RunState;
use crate::network::Scalar;
use serde_json::{Value, json};
use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, Weak};

/// Where a run comes from, besides its experiment.
#[derive(Debug, Default)]
pub struct Origin {
    /// The file whose weights it began with, and its SHA-256.
    pub weights: Option<(String, String)>,
    /// Where relative paths of its data are seen from; the present folder, if nothing is said.
    pub folder: Option<PathBuf>,
    /// Why this is learnt, in a sentence.
    pub learns: String,
    /// What was noticed while the data were read.
    pub notes: Vec<String>,
    /// SHA-256 of the data's files, once it is known.
    pub hash: OnceLock<Option<String>>,
}

impl Origin {
    /// That of a run in a folder.
    pub fn of(record: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let data = &record["data"];
        let weights = &record["weights"];
        let notes = data["notes"].as_array().into_iter().flatten();
        Self {
            weights: text(&weights["file"]).zip(text(&weights["sha256"])),
            folder: text(&data["folder"]).map(PathBuf::from),
            learns: text(&data["learns"]).unwrap_or_default(),
            notes: notes.filter_map(text).collect(),
            hash: OnceLock::from(text(&data["sha256"])),
        }
    }
}

/// How a moment is written.
#[derive(Default)]
pub struct Writing<'a> {
    /// Where somebody is looking, in the words of the window.
    pub looking: Value,
    /// The update at which the run is to end.
    pub until: Option<u64>,
    /// The most bytes of key frames…
    pub budget: usize,
    /// … and the most of a lane: of a small network there are thousands, and what lies between is soon computed again.
    pub most: usize,
    /// The folder written before, with what it has: what is the same there is not written again.
    pub before: Option<(&'a Path, &'a Written)>,
}

/// What a folder was written of, by which the next one knows what is the same.
#[derive(Default)]
pub struct Written {
    /// The id of the run.
    pub id: String,
    frames: Vec<(FrameKey, Weak<dyn Any + Send + Sync>)>,
    /// The run itself: its name, updates and edits, and the weights of its lanes.
    whole: (char, u64, usize),
    lanes: Vec<Weak<dyn Any + Send + Sync>>,
    /// The runs that were kept beside it.
    kept: Vec<Self>,
}

/// A key frame: lane, update, and the edits made before it.
type FrameKey = (LaneId, u64, usize);

impl Written {
    fn has(&self, key: FrameKey, of: &Arc<dyn Any + Send + Sync>) -> bool {
        let known = self.frames.iter().find(|(own, _)| *own == key);
        known.is_some_and(|(_, weights)| same(weights, of))
    }
}

/// A number that is only watched over keeps its place in memory to itself.
fn same(weak: &Weak<dyn Any + Send + Sync>, of: &Arc<dyn Any + Send + Sync>) -> bool {
    std::ptr::addr_eq(weak.as_ptr(), Arc::as_ptr(of))
}

/// A run at a moment, of whichever number type.
pub trait Captured: Send + Sync {
    /// Updates made.
    fn update(&self) -> u64;

    /// Bytes of what its lanes have come to, without the way there.
    fn bytes(&self) -> usize;

    /// Writes it into a folder that is not there yet.
    ///
    /// # Errors
    /// One line naming the file.
    fn write(&self, folder: &Path, how: &Writing<'_>) -> Result<Written, String>;
}

/// A run at a moment: all that its folder is made of. It shares its numbers with the race.
pub struct Capture<S: Scalar> {
    /// What it began with.
    pub begun: Arc<Setup<S>>,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// Threads that share a batch.
    pub threads: usize,
    /// What was edited, in the order of updates…
    pub edits: Vec<Edit>,
    /// … and what the experiment went through by that.
    pub course: Vec<Edited>,
    /// Updates made.
    pub update: u64,
    /// The lane of the experiment's own rule.
    pub own: LaneId,
    /// What each lane had come to, before the edits behind the last update.
    pub lanes: Vec<(LaneRecord, LaneId, RunState<S>)>,
    /// Key frames.
    pub frames: Vec<(LaneId, u64, RunState<S>)>,
    /// Which run of its race it is.
    pub story: Story,
    /// Those that were kept beside it.
    pub kept: Vec<Self>,
}

impl<S: Scalar> Capture<S> {
    /// How many edits the states after `update` updates have seen.
    pub fn made(edits: &[Edit], update: u64) -> usize {
        edits.iter().take_while(|e| e.update < update).count()
    }

    fn experiment_after(&self, edits: usize) -> &super::file::Experiment {
        let last = edits.checked_sub(1).and_then(|i| self.course.get(i));
        last.map_or(&self.begun.experiment, |e| &e.experiment)
    }

    fn moment(&self, lane: LaneId, update: u64, state: &RunState<S>) -> Moment<S> {
        let edits = Self::made(&self.edits, update);
        Moment {
            experiment: Arc::new(self.experiment_after(edits).clone()),
            lane,
            state: state.clone(),
            update,
            edits,
        }
    }

    /// SHA-256 of the data's files; none of what has no files.
    fn data_hash(&self) -> Result<Option<String>, String> {
        if let Some(known) = self.origin.hash.get() {
            return Ok(known.clone());
        }
        let hash = match (
            &self.begun.experiment.data.hash,
            self.begun.data.provenance(),
        ) {
            (Some(hash), _) => Some(hash.clone()),
            (None, Some(from)) => from.hash().map_err(|e| e.to_string())?,
            (None, None) => None,
        };
        Ok(self.origin.hash.get_or_init(|| hash).clone())
    }

    /// Name, updates and edits.
    fn whole(&self) -> (char, u64, usize) {
        (self.story.name, self.update, self.edits.len())
    }

    /// The weights of all lanes.
    fn weights(&self) -> Vec<Arc<dyn Any + Send + Sync>> {
        let all = self.lanes.iter();
        all.map(|(.., state)| state.weights.clone() as _).collect()
    }

    /// Writes it beside the run that goes on, into a folder of its own in the folder of that: of one that was written before, the files
    /// are the same.
    fn write_beside(&self, folder: &Path, how: &Writing<'_>) -> Result<Written, String> {
        let name = PathBuf::from(RUNS).join(self.story.name.to_string());
        let to = folder.join(&name);
        let weights = self.weights();
        let known = how.before.and_then(|(from, before)| {
            let same = |known: &&Written| {
                let lanes = known.lanes.iter().zip(&weights);
                known.whole == self.whole()
                    && known.lanes.len() == weights.len()
                    && lanes.into_iter().all(|(weak, own)| same(weak, own))
            };
            Some((from, before.kept.iter().find(same)?))
        });
        if let Some((from, known)) = known {
            if link_all(&from.join(&name), &to).is_ok() {
                return Ok(Written {
                    id: known.id.clone(),
                    frames: known.frames.clone(),
                    whole: known.whole,
                    lanes: known.lanes.clone(),
                    kept: Vec::new(),
                });
            }
            let _ = std::fs::remove_dir_all(&to);
        }
        let how = Writing {
            budget: how.budget / MOST_RUNS,
            most: how.most,
            ..Writing::default()
        };
        self.write(&to, &how)
    }

    fn record(&self, lane: LaneId) -> Option<&LaneRecord> {
        let known = self.lanes.iter().find(|(_, id, _)| *id == lane);
        known.map(|(record, ..)| record)
    }

    /// Key frames that fit, the newest of each lane among them; those of before the first update are drawn from the seed.
    fn chosen(&self, budget: usize, most: usize) -> BTreeMap<(LaneId, u64), &RunState<S>> {
        let mut last: BTreeMap<(LaneId, u64), &RunState<S>> = BTreeMap::new();
        for (_, id, state) in self.lanes.iter().filter(|l| l.1 != self.own) {
            last.insert((*id, self.update), state);
        }
        let way = self.frames.iter().filter(|f| 0 < f.1 && f.1 < self.update);
        let way: Vec<_> = way.collect();
        let mut spacing = 1;
        loop {
            let some = way.iter().filter(|f| f.1.is_multiple_of(spacing));
            let bytes: usize = some.clone().map(|f| f.2.bytes()).sum();
            let of = |lane| some.clone().filter(|f| f.0 == lane).count();
            let fits = bytes <= budget && self.lanes.iter().all(|l| of(l.1) <= most);
            if fits || spacing > self.update {
                if fits {
                    last.extend(some.map(|(id, update, run)| ((*id, *update), run)));
                }
                return last;
            }
            spacing *= 2;
        }
    }
}

/// The lines of the metrics: a loss for each update, as far as that is known, and the scores.
fn lines(record: &LaneRecord, update: u64, (unit, values): (f64, bool)) -> Vec<Value> {
    let number = |v: f64| v.is_finite().then_some(v);
    let score = |b: &Bucket| {
        let name = if values {
            "validation_r2"
        } else {
            "validation_accuracy"
        };
        let mut line = json!({"update": b.update, name: number(b.mean)});
        if b.count > 1 {
            line["scores"] = b.count.into();
        }
        line
    };
    let mut scores = record.validation.buckets().iter().peekable();
    let (mut all, mut last) = (Vec::new(), 0);
    let mut take = |all: &mut Vec<Value>, until: u64| {
        while let Some(b) = scores.next_if(|b| b.update <= until) {
            all.push(score(b));
        }
    };
    take(&mut all, 0);
    for b in record.loss.buckets() {
        let span = b.update - last;
        let mut line = json!({"loss": number(b.mean * unit), "update": b.update});
        if span > 1 {
            line[SPAN] = span.into();
            if b.count < span {
                line[LOSSES] = b.count.into();
            }
            for (name, v) in EXTREMES.into_iter().zip([b.min, b.max]) {
                line[name] = number(v * unit).into();
            }
        }
        all.push(line);
        last = b.update;
        take(&mut all, last);
    }
    if last < update {
        all.push(json!({"update": update, SPAN: update - last, LOSSES: 0}));
        take(&mut all, update);
    }
    all
}

impl<S: Scalar> Captured for Capture<S> {
    fn update(&self) -> u64 {
        self.update
    }

    fn bytes(&self) -> usize {
        let own: usize = self.lanes.iter().map(|(.., state)| state.bytes()).sum();
        own + self.kept.iter().map(Captured::bytes).sum::<usize>()
    }

    fn write(&self, folder: &Path, how: &Writing<'_>) -> Result<Written, String> {
        let (begun, data) = (&self.begun, &self.begun.data);
        let record = self.record(self.own);
        let record = record.ok_or_else(|| format!("{}: there is no such lane", self.own))?;
        let from = data.provenance();
        let (learns, mut notes) = match from {
            // A run from a folder keeps what was said when it began.
            Some(from) if self.origin.learns.is_empty() => (&from.learns, from.notes.clone()),
            _ => (&self.origin.learns, self.origin.notes.clone()),
        };
        let data_hash = self.data_hash()?;
        if from.is_some_and(Provenance::has_files) && data_hash.is_none() {
            notes.push("the data were written to after they were read: no hash".to_owned());
        }
        let about = About {
            rule: begun.experiment.learning.rule.name(),
            data_hash,
            threads: self.threads,
            learns: learns.clone(),
            notes,
            learnt: data.learnt(),
            weights: self.origin.weights.clone(),
            recorded: None,
            raced: true,
            goal: Goal {
                until: how.until.unwrap_or(0).max(self.update),
                evaluate_every: None,
            },
            folder: self.origin.folder.clone(),
        };
        let claim = Claim::new(folder, false, "", None)?;
        let mut run = claim.begin(&**begun, &about)?;
        for edit in &self.edits {
            run.edit(edit.clone())?;
        }
        let unit = loss_unit(data, begun.plan.graph.loss).unwrap_or(1.0);
        let values = matches!(data.targets(), Targets::Values { .. });
        let noted = lines(record, self.update, (unit, values));
        noted.iter().for_each(|line| run.note(line));
        let mut written = Written {
            id: run.id().to_owned(),
            frames: Vec::new(),
            whole: self.whole(),
            lanes: self.weights().iter().map(Arc::downgrade).collect(),
            kept: Vec::new(),
        };
        let before = how.before.filter(|(_, before)| before.id == written.id);
        for ((lane, update), state) in self.chosen(how.budget, how.most) {
            let moment = self.moment(lane, update, state);
            let key = (lane, update, moment.edits);
            let weights: Arc<dyn Any + Send + Sync> = state.weights.clone();
            let same = before.filter(|(_, before)| before.has(key, &weights));
            let linked = same.is_some_and(|(from, _)| link(from, folder, (lane, update)));
            if !linked {
                let stamp = moment.stamp(&written.id);
                keep_frame(folder, state, &moment.experiment, &stamp)?;
            }
            written.frames.push((key, Arc::downgrade(&weights)));
        }
        let file = WindowFile {
            run: written.id.clone(),
            update: self.update,
            lanes: self.lanes.iter().map(|(r, ..)| r.clone()).collect(),
            story: self.story,
            looking: how.looking.clone(),
        };
        atomically(&folder.join(WINDOW), file.text()?.as_bytes())?;
        let own = self.lanes.iter().find(|(_, id, _)| *id == self.own);
        if let Some((_, id, state)) = own {
            run.checkpoint(&self.moment(*id, self.update, state))?;
        }
        for kept in &self.kept {
            written.kept.push(kept.write_beside(folder, how)?);
        }
        let summed = record.loss.buckets().iter().any(|b| b.count > 1);
        let told = match summed {
            true => "means of several updates where a line says so: the window keeps no more",
            false => "a line for each update",
        };
        run.end(
            self.update,
            "saved",
            &json!({"updates": self.update, "losses": told}),
        )?;
        Ok(written)
    }
}

/// Makes a key frame of a folder one of another as well; false where that cannot be.
fn link(from: &Path, to: &Path, frame: (LaneId, u64)) -> bool {
    let name = super::kept::frame_name(frame);
    let folder = to.join(FRAMES);
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::hard_link(from.join(FRAMES).join(&name), folder.join(&name)))
        .is_ok()
}

/// Makes all files of a run's folder those of another one as well.
fn link_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => link_all(&entry.path(), &to)?,
            false => std::fs::hard_link(entry.path(), to)?,
        }
    }
    Ok(())
}

/// True if a folder is that of a run.
pub fn is_run(folder: &Path) -> bool {
    folder.join(RECORD).is_file()
}
