//! The run at work, kept by itself: each minute in which something changed, and when the window is left. After a crash the next start
//! finds it.
//!
//! Every window has a place of its own in the folder of settings, locked while it lives, so that two windows keep two runs; there are
//! at most `PLACES` of them. A place holds the folder of a run, whole or not at all, and after an orderly end a mark that says so.

use super::layout::Layout;
use super::state::{Of, RunLook};
use crate::experiment::keep_run::{Captured, Writing, Written};
use crate::experiment::kept;
use crate::experiment::save_folder::{Place, recover};
use crate::experiment::session::Capturer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// At most so much training is lost.
const EVERY: Duration = Duration::from_secs(60);

/// The most bytes of key frames that are kept; what is the same as before is not written again.
const FRAMES: usize = 64 << 20;

/// The most key frames of a lane that are kept.
const MOST_FRAMES: usize = 32;

/// Runs whose lanes take more are not kept by themselves.
const MOST_BYTES: usize = 1 << 30;

/// So long the update on its way may take, in the midst of training and at the end.
const PATIENCE: [Duration; 2] = [Duration::from_secs(50), Duration::from_secs(10)];

/// The most windows whose runs are kept.
const PLACES: usize = 6;

/// What was left with "Leave it".
const LEFT: &str = "left";
/// The folder of the run in a place.
const RUN: &str = "run";
/// Held by the window that a place belongs to.
const LOCK: &str = "lock";
/// There after an orderly end.
const CLOSED: &str = "closed";

/// Where somebody is looking.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Looking {
    /// The arrangement of the window.
    pub layout: Option<Layout>,
    /// The example.
    pub example: Option<usize>,
    /// The lane whose weights are looked at.
    pub lane: Option<String>,
    /// The update, where it is not the newest.
    pub at: Option<u64>,
    /// The state.
    pub t: Option<usize>,
    /// The selected unit: its vertex…
    pub vertex: Option<String>,
    /// … and its place there.
    pub unit: Option<usize>,
    /// Steps go by updates or epochs.
    pub by_update: bool,
    /// What runs are called and how they are drawn.
    pub runs: BTreeMap<char, RunLook>,
    /// Runs that are not drawn in the plots.
    pub hidden: Vec<char>,
    /// Runs that are pinned.
    pub pins: Vec<char>,
    /// Which of a pinned pair is drawn by views that draw one.
    pub of: Of,
}

impl Looking {
    /// As a folder keeps it.
    pub fn json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// What a folder kept, as far as it can be read.
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}

/// A run that a window has left.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its folder.
    pub folder: PathBuf,
    /// The window was not closed: it ended by itself.
    pub crashed: bool,
    /// What it is, in words.
    pub words: String,
}

/// Keeps the run at work.
pub struct Autosave {
    home: PathBuf,
    own: PathBuf,
    _lock: File,
    /// What was found at the start, with the lock of its place.
    found: Mutex<Option<(PathBuf, File)>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    desk: Mutex<Desk>,
    bell: Condvar,
}

#[derive(Default)]
struct Desk {
    /// The run at work, and how many there were.
    source: Option<(u64, Capturer)>,
    looking: Looking,
    until: Option<u64>,
    closing: bool,
    /// At once (for tests).
    now: bool,
    failed: Option<String>,
}

fn open(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place that nobody holds.
struct Free {
    path: PathBuf,
    lock: File,
    /// When its run was saved, and whether the window was closed after it.
    run: Option<(SystemTime, bool)>,
}

fn free(home: &Path) -> std::io::Result<Vec<Free>> {
    let mut all = Vec::new();
    for number in 1..=2 * PLACES {
        let path = home.join(number.to_string());
        if !path.exists() && all.iter().any(|place: &Free| place.run.is_none()) {
            continue;
        }
        std::fs::create_dir_all(&path)?;
        let lock = File::create(path.join(LOCK))?;
        if lock.try_lock().is_err() {
            continue;
        }
        recover(&path.join(RUN));
        let saved = std::fs::metadata(path.join(RUN).join("run.json"));
        let run = saved.and_then(|about| about.modified()).ok();
        let closed = path.join(CLOSED).exists();
        all.push(Free {
            run: run.map(|saved| (saved, closed)),
            path,
            lock,
        });
    }
    Ok(all)
}

impl Autosave {
    /// Takes a place in `home`. With `restores`, the run that was kept last and belongs to no window is found and held.
    ///
    /// # Errors
    /// The folder cannot be written to, or all places are taken.
    pub fn begin(home: &Path, restores: bool) -> Result<(Self, Option<Found>), String> {
        let fail = |e: std::io::Error| format!("{}: {e}", home.display());
        let mut places = free(home).map_err(fail)?;
        for _ in 0..20 {
            if places.iter().any(|place| place.run.is_none()) {
                break;
            }
            // Another window that starts at this moment holds all of them for a moment.
            drop(places);
            std::thread::sleep(Duration::from_millis(25));
            places = free(home).map_err(fail)?;
        }
        let mut kept: Vec<usize> = (0..places.len())
            .filter(|i| places[*i].run.is_some())
            .collect();
        kept.sort_by_key(|i| places[*i].run);
        // The oldest give way.
        let many = kept.len().saturating_sub(PLACES);
        for i in kept.drain(..many) {
            let _ = std::fs::remove_dir_all(places[i].path.join(RUN));
            places[i].run = None;
        }
        let newest = kept.last().copied().filter(|_| restores);
        let found = newest.map(|i| places.remove(i));
        let own = places.into_iter().find(|place| place.run.is_none());
        let own = own.ok_or_else(|| format!("{}: all places are taken", home.display()))?;
        let _ = std::fs::remove_file(own.path.join(CLOSED));
        let told = found.as_ref().map(|place| Found {
            folder: place.path.join(RUN),
            crashed: !place.run.is_some_and(|(_, closed)| closed),
            words: words(&place.path.join(RUN), place.run.map(|(saved, _)| saved)),
        });
        let shared = Arc::new(Shared::default());
        let thread = {
            let (shared, place) = (Arc::clone(&shared), own.path.clone());
            let builder = std::thread::Builder::new().name("autosave".into());
            builder.spawn(move || work(&shared, &place)).ok()
        };
        let own = Self {
            home: home.to_owned(),
            own: own.path,
            _lock: own.lock,
            found: Mutex::new(found.map(|place| (place.path, place.lock))),
            shared,
            thread,
        };
        Ok((own, told))
    }

    /// From now on this run is kept; what was kept of the one before goes with the first update of this one.
    pub fn follow(&self, capturer: Option<Capturer>) {
        let mut desk = open(&self.shared.desk);
        let number = desk.source.as_ref().map_or(0, |(number, _)| *number);
        desk.source = capturer.map(|capturer| (number + 1, capturer));
    }

    /// Somebody is looking here, and the run ends there.
    pub fn look(&self, looking: Looking, until: Option<u64>) {
        let mut desk = open(&self.shared.desk);
        (desk.looking, desk.until) = (looking, until);
    }

    /// The run at work is not too large, and what was kept last could be kept.
    pub fn works(&self) -> bool {
        let runs = self.thread.as_ref().is_some_and(|t| !t.is_finished());
        let desk = open(&self.shared.desk);
        let fits = (desk.source.as_ref()).is_some_and(|(_, run)| run.bytes() <= MOST_BYTES);
        runs && fits && desk.failed.is_none()
    }

    /// Takes the run over that was found at the start: its folder, which is the one of this window now.
    pub fn take_up(&self) -> Option<PathBuf> {
        let (place, _lock) = self.held()?;
        let own = self.own.join(RUN);
        // What is on the screen goes no further here: the folder is that of the run from now on.
        let mut desk = open(&self.shared.desk);
        std::fs::rename(place.join(RUN), &own).ok()?;
        desk.source = None;
        Some(own)
    }

    /// True of the folder of its own run.
    pub fn owns(&self, folder: &Path) -> bool {
        folder == self.own.join(RUN)
    }

    /// True of a folder among those that are kept by themselves, and go by themselves.
    pub fn has(&self, folder: &Path) -> bool {
        folder.starts_with(&self.home)
    }

    /// Puts the run that was taken up, and could not be opened, aside.
    pub fn give_up(&self) -> Option<PathBuf> {
        self.leave(&self.own)
    }

    /// Puts the run that was found at the start where it stays until another is left.
    pub fn set_aside(&self) -> Option<PathBuf> {
        let (place, _lock) = self.held()?;
        self.leave(&place)
    }

    fn leave(&self, place: &Path) -> Option<PathBuf> {
        let left = self.home.join(LEFT);
        // What was left before goes once another has its place.
        let before = self.home.join(format!("{LEFT}-before"));
        let _ = std::fs::remove_dir_all(&before);
        let moved = std::fs::rename(&left, &before).is_ok();
        if std::fs::rename(place.join(RUN), &left).is_err() {
            if moved {
                let _ = std::fs::rename(&before, &left);
            }
            return None;
        }
        let _ = std::fs::remove_dir_all(&before);
        Some(left)
    }

    fn held(&self) -> Option<(PathBuf, File)> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.take()
    }

    /// Keeps the run now, if it has changed, without waiting.
    pub fn now(&self) {
        open(&self.shared.desk).now = true;
        self.shared.bell.notify_all();
    }

    /// Keeps the run as it is, and says that the window was closed.
    ///
    /// # Errors
    /// One line, if it could not be kept: then what was kept before is asked about at the next start.
    pub fn close(mut self) -> Result<(), String> {
        let ended = self.end(true);
        if let Some(words) = open(&self.shared.desk).failed.take() {
            return Err(words);
        }
        ended?;
        let _ = File::create(self.own.join(CLOSED));
        Ok(())
    }

    fn end(&mut self, keeps: bool) -> Result<(), String> {
        let mut desk = open(&self.shared.desk);
        desk.closing = true;
        if !keeps {
            desk.source = None;
        }
        drop(desk);
        self.shared.bell.notify_all();
        match self.thread.take().map(std::thread::JoinHandle::join) {
            Some(Err(_)) => Err("what keeps the run failed".into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Autosave {
    fn drop(&mut self) {
        let _ = self.end(false);
    }
}

/// What a run is, and how long ago it was saved: "digits-mlp, 412 updates, saved 2 minutes ago".
fn words(folder: &Path, saved: Option<SystemTime>) -> String {
    let record = kept::record(folder).unwrap_or_default();
    let updates = record["updates"].as_u64().unwrap_or(0);
    let rule = record["rule"].as_str().unwrap_or("a run").to_owned();
    let data = record["data"]["source"].as_str().unwrap_or("its data");
    let data = Path::new(data).file_name().unwrap_or_default();
    let ago = saved.and_then(|saved| saved.elapsed().ok());
    let ago = ago.map_or_else(String::new, |ago| {
        format!(", saved {}", super::format::ago(ago))
    });
    let plural = if updates == 1 { "" } else { "s" };
    format!(
        "{rule} on {}, {} update{plural}{ago}",
        data.to_string_lossy(),
        super::format::count(updates)
    )
}

/// What has been kept.
#[derive(Default)]
struct State {
    /// The run, its updates, and what it was told.
    of: Option<(u64, u64, u64)>,
    written: Option<Written>,
}

fn work(shared: &Shared, place: &Path) {
    let mut state = State::default();
    let mut next = Instant::now() + EVERY;
    let mut desk = open(&shared.desk);
    loop {
        let left = next.saturating_duration_since(Instant::now());
        if !left.is_zero() && !desk.closing && !desk.now {
            let woken = shared.bell.wait_timeout(desk, left);
            desk = woken.unwrap_or_else(PoisonError::into_inner).0;
            continue;
        }
        next = Instant::now() + EVERY;
        desk.now = false;
        let (closing, source) = (desk.closing, desk.source.clone());
        let (looking, until) = (desk.looking.clone(), desk.until);
        drop(desk);
        let outcome = source.map_or(Ok(()), |source| {
            keep(&mut state, (&source.1, source.0), place, closing, &|| {
                (looking.json(), until)
            })
        });
        desk = open(&shared.desk);
        desk.failed = outcome.err();
        if closing {
            return;
        }
    }
}

/// Keeps a run if it has changed since.
fn keep(
    state: &mut State,
    (capturer, number): (&Capturer, u64),
    place: &Path,
    closing: bool,
    looked: &dyn Fn() -> (Value, Option<u64>),
) -> Result<(), String> {
    let target = place.join(RUN);
    let (made, told) = (capturer.updates(), capturer.told());
    if state.of == Some((number, made, told)) && !closing {
        return Ok(());
    }
    if made == 0 {
        // What was trained before has been given up for something else.
        if state.of.is_some_and(|(of, ..)| of == number) || number > 1 {
            let _ = std::fs::remove_dir_all(&target);
            *state = State::default();
        }
        return Ok(());
    }
    let captured: Arc<dyn Captured> = capturer.capture(PATIENCE[usize::from(closing)])?;
    if captured.bytes() > MOST_BYTES {
        return Err("the run takes more than is kept by itself".into());
    }
    let (looking, until) = looked();
    let how = Writing {
        looking,
        until,
        budget: FRAMES,
        most: MOST_FRAMES,
        before: state.written.as_ref().map(|written| (&*target, written)),
    };
    let place = Place::new(&target)?.alone();
    let written = place.fill(|half| captured.write(half, &how))?;
    state.of = Some((number, captured.update(), told));
    state.written = Some(written);
    Ok(())
}
