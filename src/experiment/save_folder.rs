//! Writing folders whole or not at all: what is written takes its place at once, or nothing is there.

use super::kept::FRAMES;
use super::run_folder::{ALL, EXPERIMENT, RECORD, id_of};
use super::save::STALE;
use super::window_file::RUNS;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where a run is to be saved.
pub struct Place {
    target: PathBuf,
    /// Holds the lock of what is there while it lives.
    _lock: Option<File>,
    /// Leftovers this old are of programs that were killed.
    stale: Duration,
}

/// What a run that is to be saved would take the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum There {
    /// Nothing.
    Nothing,
    /// The run of this id, or one that is damaged.
    Run(Option<String>),
}

/// What is at a path.
///
/// # Errors
/// One line: a file, or a folder with something else in it than a run.
pub fn there(target: &Path) -> Result<There, String> {
    let fail = |what: &str| Err(format!("{}: {what}", target.display()));
    let entries = match std::fs::read_dir(target) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(There::Nothing),
        Err(_) if target.is_file() => {
            return fail("is a file; expected the name of a new folder, or of a run's");
        }
        Err(e) => return fail(&e.to_string()),
    };
    let mut empty = true;
    for entry in entries.flatten() {
        empty = false;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let folders = name == FRAMES || name == RUNS;
        let own = ALL.contains(&&*name) || folders || name.ends_with(".tmp");
        if !own {
            return fail(&format!(
                "{name} is there; expected a new folder, or one with nothing but a run in it"
            ));
        }
    }
    if empty {
        return Ok(There::Nothing);
    }
    if !target.join(RECORD).exists() && id_of(&target.join(EXPERIMENT)).is_none() {
        return fail("holds no run; expected a new folder, or that of a run");
    }
    Ok(There::Run(id_of(&target.join(EXPERIMENT))))
}

impl Place {
    /// A place for a run, where there is nothing or another run.
    ///
    /// # Errors
    /// One line: something else is there, or a run is writing there at this moment.
    pub fn new(target: &Path) -> Result<Self, String> {
        let target = std::path::absolute(target).map_err(|e| e.to_string())?;
        recover(&target);
        let there = there(&target)?;
        let mut lock = None;
        if there != There::Nothing
            && let Ok(handle) = File::open(&target)
        {
            match handle.try_lock() {
                Ok(()) => lock = Some(handle),
                Err(TryLockError::WouldBlock) => {
                    return Err(format!(
                        "{}: a run is writing there; expected another folder",
                        target.display()
                    ));
                }
                Err(TryLockError::Error(_)) => {}
            }
        }
        Ok(Self {
            target,
            _lock: lock,
            stale: STALE,
        })
    }

    /// Nobody else writes beside it: whatever was left half there goes at once.
    #[must_use]
    pub fn alone(self) -> Self {
        Self {
            stale: Duration::ZERO,
            ..self
        }
    }

    /// Has `write` make a folder, which then takes the place of what is there.
    ///
    /// # Errors
    /// One line; whatever was there is still there then.
    pub fn fill<T>(&self, write: impl FnOnce(&Path) -> Result<T, String>) -> Result<T, String> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let target = &self.target;
        let fail = |e: std::io::Error| format!("{}: {e}", target.display());
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(format!("{}: names no folder", target.display()));
        };
        std::fs::create_dir_all(parent).map_err(fail)?;
        let before = format!(".{}.saving-", name.to_string_lossy());
        remove_stale(parent, &before, self.stale);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let half = parent.join(format!("{before}{}-{number}", std::process::id()));
        let done = write(&half).and_then(|done| {
            put(&half, target).map_err(fail)?;
            Ok(done)
        });
        // What was there before, or what could not be written to its end.
        let _ = std::fs::remove_dir_all(&half);
        done.map_err(|words| words.replace(&*half.to_string_lossy(), &target.to_string_lossy()))
    }
}

/// Removes what programs that were killed left of a folder: whoever writes one at this moment has it locked, or has just begun.
fn remove_stale(parent: &Path, before: &str, age: Duration) {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    for entry in entries {
        if !entry.file_name().to_string_lossy().starts_with(before) {
            continue;
        }
        let written = entry.metadata().and_then(|m| m.modified()).ok();
        let old = written.and_then(|t| t.elapsed().ok());
        let held = File::open(entry.path()).is_ok_and(|f| f.try_lock().is_err());
        if !held && old.is_some_and(|old| old >= age) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Puts a folder in its place. What was there is at `half` then.
fn put(half: &Path, target: &Path) -> std::io::Result<()> {
    match std::fs::rename(half, target) {
        Err(_) if target.exists() => exchange(half, target),
        done => done,
    }
}

#[cfg(target_os = "linux")]
fn exchange(half: &Path, target: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, half, CWD, target, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(()),
        // Not every file system can.
        Err(_) => one_after_the_other(half, target),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(half: &Path, target: &Path) -> std::io::Result<()> {
    one_after_the_other(half, target)
}

/// What stood in the place, where one folder can only follow the other.
const BEFORE: &str = "-before";

/// Puts back what stood at a place, if a program was killed between taking it away and putting another there.
pub fn recover(target: &Path) {
    let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
        return;
    };
    if target.exists() {
        return;
    }
    let begins = format!(".{}.saving-", name.to_string_lossy());
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let before = entries.filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with(&begins) && name.ends_with(BEFORE)
    });
    let written = |entry: &std::fs::DirEntry| entry.metadata().and_then(|m| m.modified()).ok();
    if let Some(newest) = before.max_by_key(written) {
        let _ = std::fs::rename(newest.path(), target);
    }
}

/// Between the two steps there is none of the name; should the second fail, the first is taken back.
fn one_after_the_other(half: &Path, target: &Path) -> std::io::Result<()> {
    let mut name = half.file_name().unwrap_or_default().to_owned();
    name.push(BEFORE);
    let aside = half.with_file_name(name);
    std::fs::rename(target, &aside)?;
    if let Err(e) = std::fs::rename(half, target) {
        std::fs::rename(&aside, target)?;
        return Err(e);
    }
    std::fs::rename(&aside, half)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, text: &str) -> Result<(), String> {
        std::fs::create_dir(folder).map_err(|e| e.to_string())?;
        std::fs::write(folder.join(EXPERIMENT), text).map_err(|e| e.to_string())
    }

    #[test]
    fn a_folder_takes_the_place_of_a_run_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("deep/run");
        let names = || {
            let entries = std::fs::read_dir(target.parent().unwrap()).unwrap();
            entries.flatten().count()
        };
        let read = || std::fs::read_to_string(target.join(EXPERIMENT)).unwrap();
        let put = |text: &str| Place::new(&target)?.fill(|folder| write(folder, text));
        let (one, two) = ("# pcscope run 1\n", "# pcscope run 2\n");
        put(one).unwrap();
        assert_eq!((&*read(), names()), (one, 1));
        assert_eq!(there(&target).unwrap(), There::Run(Some("1".into())));
        put(two).unwrap();
        assert_eq!((&*read(), names()), (two, 1));
        // What cannot be written leaves what is there; the line names the place, and nothing is left beside it.
        let place = Place::new(&target).unwrap();
        let failed = place.fill(|half| {
            write(half, one)?;
            Err::<(), _>(format!("{}: no", half.join("x").display()))
        });
        assert_eq!(failed, Err(format!("{}: no", target.join("x").display())));
        assert_eq!((&*read(), names()), (two, 1));
        drop(place);
        // What a kill left goes once it is old, and where nobody else writes at once.
        let half = target.parent().unwrap().join(".run.saving-1-0");
        std::fs::create_dir(&half).unwrap();
        put(one).unwrap();
        assert_eq!(names(), 2);
        let alone = Place::new(&target).unwrap().alone();
        alone.fill(|folder| write(folder, two)).unwrap();
        assert_eq!((&*read(), names()), (two, 1));
        drop(alone);
        // While somebody writes there, nobody else does.
        let lock = File::open(&target).unwrap();
        lock.lock().unwrap();
        assert!(put(one).unwrap_err().contains("a run is writing there"));
        drop(lock);
        std::fs::write(target.join("mine.txt"), "precious").unwrap();
        assert!(put(one).unwrap_err().contains("mine.txt is there"));
        assert_eq!(read(), two);
    }

    #[test]
    fn without_a_way_to_exchange_one_step_follows_the_other() {
        let home = tempfile::tempdir().unwrap();
        let (half, target) = (home.path().join("half"), home.path().join("run"));
        write(&half, "new").unwrap();
        write(&target, "old").unwrap();
        one_after_the_other(&half, &target).unwrap();
        let read = |f: &Path| std::fs::read_to_string(f.join(EXPERIMENT)).unwrap();
        assert_eq!((&*read(&target), &*read(&half)), ("new", "old"));
        // Killed in between: what was there is put back.
        let aside = home.path().join(".run.saving-7-0-before");
        std::fs::rename(&target, &aside).unwrap();
        recover(&target);
        assert_eq!((&*read(&target), aside.exists()), ("new", false));
        std::fs::rename(&half, &aside).unwrap();
        recover(&target);
        assert_eq!((&*read(&target), aside.exists()), ("new", true));
    }
}
