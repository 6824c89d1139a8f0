//! The robot's keeper: starts children, counts their frames, ends one that stands still, and adds up what they found.

use super::screen::heartbeat;
use super::state::Robot;
use super::{DONE, KNOWN, MARK, RUN, Run};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// No frame for so long is a freeze.
const STILL: Duration = Duration::from_secs(2);
/// The same before the first frame: the experiment is loaded and the letters are drawn.
const FIRST: Duration = Duration::from_secs(60);
/// A child that stood still is started again this often, to find what else there is.
const AGAIN: usize = 12;
/// Of all controls, the share at which nothing may happen.
const DEAD_SHARE: f64 = 0.02;
/// The most exceptions there may be.
const EXCEPTIONS: usize = 10;
/// What need not be pressed, with the reason.
const EXCEPTION_FILE: &str = include_str!("exceptions.txt");

/// What was found in one run.
#[derive(Default)]
struct Found {
    numbers: BTreeMap<String, u64>,
    dead: Vec<String>,
    one_way: Vec<String>,
    missed: Vec<String>,
    covered: Vec<String>,
    faults: Vec<String>,
    controls: Vec<String>,
    restless: Vec<String>,
    seconds: f64,
}

/// The child's report, as lines for the parent.
pub fn report(robot: &Robot) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, control) in &robot.controls {
        *counts.entry("controls").or_default() += 1;
        let at = format!(
            "{key}  [{}, {}, {}]",
            control.name,
            control.layout.name(),
            control
                .path
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" › ")
        );
        heartbeat(&format!("control {key}"));
        if control.presses > 0 {
            *counts.entry("controls pressed").or_default() += 1;
            let alive: Vec<_> = control.ways.iter().filter(|w| *w.1).map(|w| *w.0).collect();
            let still: Vec<_> = control
                .ways
                .iter()
                .filter(|w| !*w.1)
                .map(|w| *w.0)
                .collect();
            if alive.is_empty() {
                heartbeat(&format!("dead {at}"));
            } else if !still.is_empty() {
                heartbeat(&format!(
                    "one-way {at}: nothing when {}, only when {}",
                    still.join(", "),
                    alive.join(", ")
                ));
            }
            if let Some(why) = &control.missed {
                heartbeat(&format!("covered {at}: {why}"));
            }
        } else if control.elsewhere {
            *counts.entry("pressed in the first run").or_default() += 1;
        } else {
            let why = control.missed.as_deref().unwrap_or("");
            heartbeat(&format!("missed {at}: {why}"));
        }
    }
    for (name, changed) in &robot.commands {
        *counts.entry("command rows").or_default() += 1;
        if !changed {
            heartbeat(&format!("dead command {name}"));
        }
    }
    for (name, n) in [
        ("pressed", robot.pressed),
        ("asked", robot.asked),
        ("typed", robot.typed),
        ("dragged", robot.dragged),
        ("frames", robot.screen.frames as usize),
        ("longest", robot.screen.longest_ms.round() as usize),
        ("not at rest in time", robot.restless),
    ] {
        counts.insert(name, n as u64);
    }
    for (name, n) in counts {
        heartbeat(&format!("count {n} {name}"));
    }
    heartbeat("end");
}

/// Walks all runs, some more at once than there are processors, and fails on what must not be.
pub fn check(runs: &[Run]) {
    let known = tempfile::NamedTempFile::new().unwrap();
    let mut all = BTreeMap::new();
    // The first run presses everything; those that take samples know by it what is pressed already.
    if runs.iter().any(|run| run.sample) {
        let alone = walk(&runs[0], known.path());
        tell(&runs[0], &alone);
        std::fs::write(known.path(), pressed(&alone).join("\n")).unwrap();
        all.insert(0, alone);
    }
    let rest: Vec<_> = runs.iter().cloned().enumerate().skip(all.len()).collect();
    let queue = Mutex::new(rest.into_iter());
    let all: Mutex<BTreeMap<usize, Found>> = Mutex::new(all);
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // A child waits for its engine at times: then another one works.
    let workers = (processors + processors / 2).clamp(1, 8).min(runs.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some((i, run)) = next else { break };
                    let found = walk(&run, known.path());
                    tell(&run, &found);
                    all.lock().unwrap().insert(i, found);
                }
            });
        }
    });
    let all = all.into_inner().unwrap();
    let mut wrong = Vec::new();
    let (mut dead, mut controls) = (BTreeSet::new(), BTreeSet::new());
    let (mut missed, mut reached) = (BTreeMap::new(), BTreeSet::new());
    let mut alive = BTreeSet::new();
    for (i, found) in &all {
        let run = &runs[*i];
        wrong.extend(
            found
                .faults
                .iter()
                .map(|f| format!("{f}\n    again: {}", again(run))),
        );
        let dead_here: BTreeSet<String> = found.dead.iter().map(|w| name(w)).collect();
        let missed_here: BTreeSet<String> = found.missed.iter().map(|w| name(w)).collect();
        let pressed = pressed(found);
        alive.extend(pressed.iter().filter(|c| !dead_here.contains(*c)).cloned());
        reached.extend(pressed);
        dead.extend(dead_here);
        missed.extend(missed_here.into_iter().map(|m| (m, run.to_string())));
        controls.extend(found.controls.iter().cloned());
    }
    // What was pressed in one run, or did something in one, counts in all.
    dead.retain(|name| !alive.contains(name));
    missed.retain(|name, _| !reached.contains(name));
    wrong.extend(exceptions(&missed, &controls));
    let share = dead.len() as f64 / controls.len().max(1) as f64;
    println!(
        "{} controls by name, {} of them never did anything ({:.1} %)",
        controls.len(),
        dead.len(),
        100.0 * share
    );
    if share > DEAD_SHARE {
        wrong.push(format!(
            "nothing happens at {:.1} % of the controls, {:.0} % may be: {}",
            100.0 * share,
            100.0 * DEAD_SHARE,
            dead.into_iter().collect::<Vec<_>>().join("; ")
        ));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What a run came to.
fn tell(run: &Run, found: &Found) {
    println!("{}", line(run, found));
    for (what, list) in [
        ("freeze, panic or fault", &found.faults),
        ("nothing happened", &found.dead),
        ("never pressed", &found.missed),
        ("out of reach", &found.covered),
        ("one way only", &found.one_way),
        (
            "not at rest in time (moves, opens, works, trains)",
            &found.restless,
        ),
    ] {
        for words in list {
            println!("  {what}: {words}");
        }
    }
}

/// Names of what a run pressed.
fn pressed(found: &Found) -> Vec<String> {
    let missed: BTreeSet<String> = found.missed.iter().map(|w| name(w)).collect();
    let controls = found.controls.iter();
    controls.filter(|c| !missed.contains(*c)).cloned().collect()
}

/// The name of a control, of all that is said of it.
fn name(words: &str) -> String {
    words.split("  [").next().unwrap_or(words).to_owned()
}

fn again(run: &Run) -> String {
    format!("PCSCOPE_ROBOT=\"{run}\" cargo test --lib robot::one -- --ignored --nocapture")
}

fn line(run: &Run, found: &Found) -> String {
    let n = |name: &str| found.numbers.get(name).copied().unwrap_or(0);
    format!(
        "{run}: {} of {} controls pressed, {} were in the first run ({} clicks, {} actions of the accessibility tree, {} texts typed, {} drags), {} command rows, {} frames, the longest {} ms, {} times not at rest in time, {:.0} s",
        n("controls pressed"),
        n("controls"),
        n("pressed in the first run"),
        n("pressed"),
        n("asked"),
        n("typed"),
        n("dragged"),
        n("command rows"),
        n("frames"),
        n("longest"),
        n("not at rest in time"),
        found.seconds
    )
}

/// What was never pressed and is no exception, and exceptions that are none.
fn exceptions(missed: &BTreeMap<String, String>, seen: &BTreeSet<String>) -> Vec<String> {
    let lines: Vec<(&str, &str)> = EXCEPTION_FILE
        .lines()
        .filter(|l| !l.trim().is_empty() && !l.starts_with('#'))
        .map(|l| l.split_once(" -- ").unwrap_or((l, "")))
        .collect();
    let mut wrong = Vec::new();
    if lines.len() > EXCEPTIONS {
        wrong.push(format!("{} exceptions, {EXCEPTIONS} may be", lines.len()));
    }
    for (name, reason) in &lines {
        if reason.trim().is_empty() {
            wrong.push(format!("exceptions.txt: {name} has no reason"));
        }
        // A control of another preset says nothing.
        if seen.contains(*name) && !missed.contains_key(*name) {
            wrong.push(format!(
                "exceptions.txt: {name} was pressed and needs no exception"
            ));
        }
    }
    // What can be reached again depends on what the engine has done by then: a few names may be missed in one walk.
    let unknown = missed
        .iter()
        .filter(|(name, _)| !lines.iter().any(|(n, _)| n == name));
    let unknown: Vec<String> = unknown
        .map(|(name, run)| format!("{name} ({run})"))
        .collect();
    println!("never pressed: {}", unknown.len());
    if lines.len() + unknown.len() > EXCEPTIONS {
        wrong.extend(
            unknown
                .iter()
                .map(|words| format!("never pressed: {words}")),
        );
    }
    wrong
}

/// Walks one run, in children of its own. In the file `known` stands what other runs have pressed.
fn walk(run: &Run, known: &std::path::Path) -> Found {
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path());
    let done = folder.path().join("done");
    let mut found = Found::default();
    for _ in 0..=AGAIN {
        let ended = one_child(run, folder.path(), &done, known, &mut found);
        match ended {
            None => break,
            Some(fault) => {
                println!("{run}: {fault}");
                found.faults.push(fault);
            }
        }
    }
    found.seconds = began.elapsed().as_secs_f64();
    found
}

/// Files to be opened, good and bad.
pub fn furnish(folder: &std::path::Path) {
    let rows: String = (0..40)
        .map(|i| format!("{i},{},{}\n", i % 7, i % 2))
        .collect();
    let saved = crate::experiment::file::Experiment::load("chain", &[]).and_then(|e| e.to_toml());
    for (name, text) in [
        ("few.csv", format!("a,b,label\n{rows}")),
        ("saved.toml", saved.unwrap_or_default()),
        ("bad.toml", "format = 1\nsed = 3\n".to_owned()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// Lines of a pipe, until it ends.
fn lines(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Runs one child to its end, or ends it; says how it failed.
fn one_child(
    run: &Run,
    folder: &std::path::Path,
    done: &std::path::Path,
    known: &std::path::Path,
    found: &mut Found,
) -> Option<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "app::robot::child",
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(RUN, run.to_string())
        .env(DONE, done)
        .env(KNOWN, known)
        .env("HOME", folder)
        .env("RUST_BACKTRACE", "0")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let out = lines(child.stdout.take().unwrap());
    let err = lines(child.stderr.take().unwrap());
    let mut record = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(done)
        .unwrap();
    let mut frames = 0_u64;
    let mut last = String::from("nothing yet");
    let (mut finished, mut frozen) = (false, None);
    let mut patience = FIRST;
    let mut since = Instant::now();
    let mut starved = starving(child.id());
    loop {
        match out.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                let Some(line) = line.strip_prefix(MARK) else {
                    continue;
                };
                let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
                match word {
                    "f" => {
                        frames += 1;
                        patience = STILL;
                        since = Instant::now();
                        starved = starving(child.id());
                    }
                    "press" => rest.clone_into(&mut last),
                    "done" => {
                        let _ = writeln!(record, "{rest}");
                    }
                    "dead" => found.dead.push(rest.to_owned()),
                    "one-way" => found.one_way.push(rest.to_owned()),
                    "missed" => found.missed.push(rest.to_owned()),
                    "covered" => found.covered.push(rest.to_owned()),
                    "control" => found.controls.push(rest.to_owned()),
                    "fault" => found.faults.push(rest.to_owned()),
                    "count" => {
                        if let Some((n, name)) = rest.split_once(' ')
                            && let Ok(n) = n.parse()
                        {
                            found.numbers.insert(name.to_owned(), n);
                        }
                    }
                    "restless" => found.restless.push(rest.to_owned()),
                    "end" => finished = true,
                    _ => {}
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                // While others had the processor, nobody stood still.
                let waited = since
                    .elapsed()
                    .saturating_sub(starving(child.id()).saturating_sub(starved));
                if !finished && waited > patience {
                    let _ = child.kill();
                    frozen = Some(format!(
                        "FREEZE: no frame for {:.1} s after frame {frames}; last: {last}",
                        since.elapsed().as_secs_f64()
                    ));
                    break;
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait().unwrap();
    let words: Vec<String> = err.iter().collect();
    // What was pressed last is not pressed again.
    if !finished {
        let _ = writeln!(record, "1 {}", last_name(&last));
    }
    let panics: Vec<String> = words
        .iter()
        .enumerate()
        .filter(|(_, l)| l.contains("panicked at"))
        .map(|(i, l)| format!("{l} {}", words.get(i + 1).map_or("", String::as_str)))
        .collect();
    match (frozen, finished) {
        (Some(frozen), _) => Some(frozen),
        (None, true) => {
            found.faults.extend(
                panics
                    .into_iter()
                    .map(|p| format!("PANIC on a thread: {p}")),
            );
            None
        }
        (None, false) => Some(format!(
            "PANIC ({status}): {}; last: {last}",
            panics.join("; ")
        )),
    }
}

/// The name under which a press is remembered as done.
fn last_name(last: &str) -> String {
    last.rsplit(" | ").next().unwrap_or_default().to_owned()
}

/// For how long the first thread of a process, which runs its only test, has waited for a processor that others had.
fn starving(process: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/schedstat")).unwrap_or_default();
    let waited = text.split_whitespace().nth(1).and_then(|n| n.parse().ok());
    Duration::from_nanos(waited.unwrap_or(0))
}
