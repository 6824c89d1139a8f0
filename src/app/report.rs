//! A report of a failure of the engine, for those who mend it: a small text file beside the settings.
//!
//! It has the version, the place in the code, how it came there, and a hash of the settings by which two reports can be told to be of one
//! experiment. Of the data it has nothing, not even a path.

use crate::experiment::file::Experiment;
use crate::experiment::provenance::Provenance;
use crate::experiment::save::atomically;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::SystemTime;

/// So many are kept; older ones go.
const MOST: usize = 10;

/// The last panics of any thread since a report was written.
static LAST: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
/// So many of them: the first may have led to the others.
const MOST_SEEN: usize = 8;
static HOOK: Once = Once::new();

/// Where a panic was, and how it came there.
struct Seen {
    thread: String,
    place: String,
    way: String,
}

/// From now on the place of every panic is noted, and what was done about panics before is done as well.
pub fn watch() {
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            note(info);
            if !OPENING.get() {
                before(info);
            }
        }));
    });
}

thread_local! {
    /// This thread is opening the window: what fails there is said in a sentence.
    static OPENING: Cell<bool> = const { Cell::new(false) };
}

/// The window is open: what fails from now on is a fault.
pub fn opened() {
    OPENING.set(false);
}

/// Opens a window and shows it until it is closed. What the libraries of the desktop make of a display that lacks something may be a
/// panic: before [`opened`] it becomes a message.
///
/// # Errors
/// What the panic said.
pub fn opening<R>(show: impl FnOnce() -> R) -> Result<R, String> {
    OPENING.set(true);
    let result = catch_unwind(AssertUnwindSafe(show));
    let opening = OPENING.replace(false);
    result.map_err(|payload| {
        if !opening {
            resume_unwind(payload);
        }
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|t| (*t).to_owned()));
        text.unwrap_or_else(|| "no reason given".into())
    })
}

fn note(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = info.location().map_or_else(
        || "unknown".to_owned(),
        |at| format!("{}:{}:{}", from_source(at.file()), at.line(), at.column()),
    );
    let seen = Seen {
        thread: thread.name().unwrap_or("without a name").to_owned(),
        place,
        way: named_frames(&Backtrace::force_capture().to_string()),
    };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() < MOST_SEEN {
        last.push(seen);
    }
}

/// A path of the code, without what lies before it on the machine that built it.
fn from_source(file: &str) -> String {
    let parts: Vec<&str> = file.split(['/', '\\']).collect();
    let source = parts.iter().rposition(|part| *part == "src");
    let from = source.map_or(parts.len().saturating_sub(1), |i| i.saturating_sub(1));
    parts[from..].join("/")
}

/// The functions of a backtrace, without the paths of the machine that built it.
fn named_frames(trace: &str) -> String {
    let frames = trace
        .lines()
        .filter(|line| !line.trim_start().starts_with("at "));
    frames.collect::<Vec<_>>().join("\n")
}

/// The text of a report: `what` failed, with `words`, in an experiment.
fn text(what: &str, words: &str, experiment: &Experiment, now: SystemTime) -> String {
    let seen = std::mem::take(&mut *LAST.lock().unwrap_or_else(PoisonError::into_inner));
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let mut text = format!(
        "pcscope {}\n{os} {arch}, {} processors\nseconds since 1970: {seconds}\n\nwhat failed: {what}\nmessage: {words}\nsettings (SHA-256): {}\n",
        crate::cli::VERSION,
        std::thread::available_parallelism().map_or(1, usize::from),
        Provenance::of(experiment).settings,
    );
    for seen in seen {
        text += &format!(
            "\nthread: {}\nplace: {}\n\n{}\n",
            seen.thread, seen.place, seen.way
        );
    }
    text
}

/// Writes a report into a folder, and says where; older ones go.
///
/// # Errors
/// One line naming the file.
pub fn write(
    folder: &Path,
    (what, words): (&str, &str),
    experiment: &Experiment,
) -> Result<PathBuf, String> {
    let now = SystemTime::now();
    let text = text(what, words, experiment, now);
    // If it cannot be made, writing says why.
    let _ = std::fs::create_dir_all(folder);
    let since = now.duration_since(SystemTime::UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    let path = folder.join(format!("engine-{millis}.txt"));
    atomically(&path, text.as_bytes())?;
    let mut old: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("engine-") && name.ends_with(".txt"))
        })
        .collect();
    old.sort();
    for path in old.iter().rev().skip(MOST) {
        // One that stays does no harm.
        let _ = std::fs::remove_file(path);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_names_the_place_and_the_settings_and_nothing_of_the_data() {
        watch();
        let mut experiment = Experiment::load("moons", &[]).unwrap();
        experiment.data.source = "/home/me/secret/patients.csv".into();
        let thread = std::thread::Builder::new().name("race".into());
        let failed = thread.spawn(|| panic!("as a test wished")).unwrap().join();
        assert!(failed.is_err());
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("reports");
        let what = ("training, after update 3", "as a test wished");
        let path = write(&folder, what, &experiment).unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        let settings = Provenance::of(&experiment).settings;
        for said in [
            "message: as a test wished",
            "what failed: training, after update 3",
            "place: src/app/report.rs:",
            "thread: race",
            settings.as_str(),
            env!("PCSCOPE_COMMIT_WORDS"),
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        for kept in ["patients", "secret", env!("CARGO_MANIFEST_DIR")] {
            assert!(!text.contains(kept), "{kept} in {text}");
        }
        for _ in 0..MOST + 3 {
            write(&folder, what, &experiment).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), MOST);
    }
}
