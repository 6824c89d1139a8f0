//! The window never freezes: what is pressed is answered by a frame, watched from outside.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Ranges};
use super::testing;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::Field;
use crate::experiment::session::{Drawn, Mode, RaceCommand, RaceState, Session, Work};
use crate::learning::Inference;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Runs `work` in a thread that must finish in time: a frame that waits for itself would never.
pub(super) fn watched(seconds: u64, what: &str, work: impl FnOnce() + Send + 'static) {
    let (done, finished) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match finished.recv_timeout(Duration::from_secs(seconds)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
            panic!("{what}: no frame after {seconds} s")
        }
        _ => thread
            .join()
            .unwrap_or_else(|_| panic!("{what}: see above")),
    }
}

fn harness(preset: &str, layout: Layout, size: [f32; 2], mode: Mode) -> Harness<'static, Window> {
    let settings = Settings {
        layout,
        ..Settings::default()
    };
    let window = Window::new(Experiment::load(preset, &[]).unwrap(), settings, mode);
    testing::harness(window, size, 1.0 / 60.0)
}

#[test]
fn break_it_leads_to_the_conditions_and_outlines_them_for_a_moment() {
    watched(20, "Break it", || {
        for (size, key) in [
            ([1280.0, 800.0], false),
            ([1280.0, 800.0], true),
            ([760.0, 560.0], true),
        ] {
            let mut h = harness("digits-mlp", Layout::Teach, size, Mode::InStep);
            h.run_steps(3);
            assert_eq!(h.state().shell.conditions_outlined(), None);
            if key {
                h.key_press(egui::Key::A);
            } else {
                h.get_by_label("Break it").click();
            }
            h.run_steps(4);
            assert!(
                h.state().shell.conditions_outlined().is_some(),
                "{size:?} {key}"
            );
            // It leads there: the switches can be seen and pressed.
            let switch = h.get_by_label("γ = 1").rect();
            let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
            assert!(window.contains_rect(switch), "{switch:?} in {size:?}");
            h.get_by_label("γ = 1").click();
            h.run_steps(3);
            assert_eq!(h.state().inference().2.gamma, 0.5);
            h.run_steps(200);
            assert_eq!(h.state().shell.conditions_outlined(), None, "it fades");
        }
    });
}

/// The calls that hold a lock of the context while their closure runs.
const HOLDERS: [&str; 20] = [
    "data",
    "data_mut",
    "memory",
    "memory_mut",
    "input",
    "input_mut",
    "input_for",
    "output",
    "output_mut",
    "fonts",
    "fonts_mut",
    "options",
    "options_mut",
    "style_mut_of",
    "all_styles_mut",
    "global_style_mut",
    "graphics",
    "graphics_mut",
    "tessellation_options_mut",
    "viewport",
];

/// Closures in `source` that are given to a call that holds a lock of the context, and use the context in it.
fn nested_locks(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for holder in HOLDERS {
        for (at, _) in source.match_indices(&format!(".{holder}(|")) {
            let rest = &source[at..];
            let open = rest.find('(').unwrap_or(0);
            let mut depth = 0_usize;
            let end = rest[open..]
                .char_indices()
                .find(|(_, c)| {
                    depth += usize::from(*c == '(');
                    depth -= usize::from(*c == ')');
                    depth == 0
                })
                .map_or(rest.len(), |(i, _)| open + i);
            let body = &rest[open..end];
            let words: Vec<&str> = body
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .collect();
            let uses = |w: &&str| {
                ["ui", "ctx", "context", "painter"].contains(w)
                    // A field of a response is a value; its calls ask the context.
                    || *w == "response" && body.contains("response.ctx")
            };
            if words.iter().any(uses) {
                let line = source[..at].lines().count();
                found.push(format!("line {line}: {}", body.trim()));
            }
        }
    }
    found
}

/// A closure that egui runs under the context's lock must not ask the context again: it would wait for itself for ever.
#[test]
fn no_lock_of_the_context_is_taken_inside_another() {
    let old = r#"ui.data_mut(|d| d.insert_temp(id, ui.input(|i| i.time)));"#;
    assert_eq!(nested_locks(old).len(), 1, "the freeze of Break it");
    assert!(
        nested_locks("ui.memory_mut(|m| m.focus(response.id)); ui.data(|d| d.get(id))").is_empty()
    );
    fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs")
                && !path.ends_with("freeze_test.rs")
            {
                found.push(path);
            }
        }
    }
    let mut all = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"),
        &mut all,
    );
    assert!(all.len() > 50, "{} files", all.len());
    for path in all {
        let found = nested_locks(&std::fs::read_to_string(&path).unwrap());
        assert!(found.is_empty(), "{}: {found:?}", path.display());
    }
}

/// How late this machine wakes a sleeper, worst so far: what it holds back from everybody is no fault of the window.
struct Lateness {
    stop: Arc<AtomicBool>,
    worst: Arc<AtomicU64>,
}

impl Lateness {
    fn new() -> Self {
        let own = Self {
            stop: Arc::default(),
            worst: Arc::default(),
        };
        let (stop, worst) = (Arc::clone(&own.stop), Arc::clone(&own.worst));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                std::thread::sleep(Duration::from_millis(2));
                let late = started.elapsed().as_micros() as u64;
                worst.fetch_max(late, Ordering::Relaxed);
            }
        });
        own
    }

    /// So many seconds, and what the machine held back.
    fn allow(&self, seconds: f64) -> f64 {
        seconds + 4.0 * self.worst.load(Ordering::Relaxed) as f64 / 1e6
    }
}

impl Drop for Lateness {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// A convolutional network for the digits: two hundred of its states take long enough to be in the way.
const CNN: &str = "network.layers=[{conv=6,kernel=3,padding=1},{max_pool=2},{dense=16},{dense=10}]";
/// One whose limit of γ takes long.
const WIDE: &str =
    "network.layers=[{conv=16,kernel=3,padding=1},{conv=16,kernel=3,padding=1},{dense=10}]";

/// A window on the engine's threads without drawing, with the longest time that one call took.
struct Watched {
    window: Window,
    late: Lateness,
    longest: f64,
}

impl Watched {
    fn new(preset: &str, changes: &[&str]) -> Self {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let experiment = Experiment::load(preset, &changes).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
        let mut own = Self {
            window,
            late: Lateness::new(),
            longest: 0.0,
        };
        own.until(20.0, "the first picture", |w| w.engine.micro.is_some());
        own.window.view.playing = false;
        own
    }

    /// One call of the window's own thread, timed.
    fn call(&mut self, what: &str, call: impl FnOnce(&mut Window)) {
        let started = Instant::now();
        call(&mut self.window);
        let took = started.elapsed().as_secs_f64();
        self.longest = self.longest.max(took);
        let allowed = self.late.allow(0.1);
        assert!(took < allowed, "{what} took {took:.3} s of {allowed:.3}");
    }

    /// Frames without drawing, until something is so; how long it took.
    fn until(&mut self, seconds: f64, what: &str, is: impl Fn(&Window) -> bool) -> f64 {
        let started = Instant::now();
        loop {
            self.call("poll", Window::poll);
            let took = started.elapsed().as_secs_f64();
            if is(&self.window) {
                return took;
            }
            let allowed = self.late.allow(seconds);
            assert!(took < allowed, "{what}: not after {took:.2} s");
            std::thread::sleep(Duration::from_millis(4));
        }
    }

    fn rule(&mut self, gamma: f64, steps: usize) {
        let (_, inference, conditions) = self.window.inference();
        let inference = Inference {
            gamma,
            steps,
            ..inference
        };
        let rule = testing::rule("il");
        self.call("a new γ", |w| {
            w.act(Action::Rule {
                rule,
                inference,
                conditions,
            });
        });
    }
}

fn working_on_the_limit(window: &Window) -> bool {
    let work = window.engine.session.as_ref().map(Session::work);
    work == Some(Work::Limit)
}

#[test]
fn experiments_open_at_once_while_the_limit_of_gamma_is_worked_out() {
    watched(120, "opening in a row", || {
        let mut own = Watched::new("digits-mlp", &[WIDE]);
        own.rule(0.1, 200);
        let mut longest = 0.0_f64;
        for name in ["one", "another", "a third"] {
            own.until(20.0, "the limit is begun", working_on_the_limit);
            // It says so.
            assert_eq!(
                own.window.engine.at_work(),
                Some("working out the limit of γ")
            );
            let mut experiment = Experiment::load("digits-mlp", &[WIDE.to_owned()]).unwrap();
            experiment.name = name.into();
            experiment.seed += 1;
            own.call("open", |w| w.open(experiment, false, true));
            let took = own.until(2.0, name, |w| {
                w.engine.micro.is_some()
                    && w.engine
                        .session
                        .as_ref()
                        .is_some_and(|s| s.experiment.name == name)
            });
            longest = longest.max(took);
            own.rule(0.1, 200);
        }
        eprintln!(
            "opened within {longest:.2} s, longest call {:.4} s",
            own.longest
        );
    });
}

#[test]
fn after_a_long_drag_of_gamma_a_step_is_answered_at_once() {
    watched(120, "dragging γ", || {
        let mut own = Watched::new("digits-mlp", &[CNN]);
        own.rule(0.3, 200);
        let mut pictures = std::collections::HashSet::new();
        for i in 0..200 {
            own.rule(0.1 + 0.001 * f64::from(i), 200);
            // Asked for and not there: it is said, and frames keep coming.
            assert!(own.window.engine.computing().is_some() && own.window.motion().is_some());
            own.call("poll", Window::poll);
            let micro = own.window.engine.micro.clone().unwrap();
            pictures.insert(micro.generation);
            std::thread::sleep(Duration::from_millis(8));
        }
        assert!(pictures.len() > 20, "{} pictures followed", pictures.len());
        own.call("step", |w| w.act(Action::Seek(1)));
        let took = own.until(1.0, "the step", |w| {
            w.view.t == 1 && w.engine.micro.as_ref().unwrap().subject.inference.gamma > 0.298
        });
        own.until(60.0, "the whole phase", |w| w.engine.computing().is_none());
        let micro = own.window.engine.micro.clone().unwrap();
        assert!(micro.finished(), "at rest, all of the last γ is there");
        own.until(30.0, "rest", |w| w.motion().is_none());
        eprintln!(
            "{} pictures, step after {took:.3} s, longest call {:.4} s",
            pictures.len(),
            own.longest
        );
    });
}

/// At T = 200 with the cursor at the end, every stroke asks for two hundred states.
#[test]
fn inference_follows_three_hundred_strokes() {
    watched(120, "drawing", || {
        let mut own = Watched::new("digits-mlp", &[CNN]);
        own.rule(0.1, 200);
        own.call("the end", |w| w.act(Action::Seek(200)));
        own.until(60.0, "the end", |w| w.view.t == 200);
        own.call("the pad", |w| w.run_command(Command::Draw));
        let n = own.window.engine.data().unwrap().input_len();
        let ink = |w: &Window| {
            let micro = w.engine.micro.as_ref().unwrap();
            (0..n)
                .filter(|&i| micro.value(0, Field::X, 0, i) > 0.0)
                .count()
        };
        let mut seen = std::collections::HashSet::new();
        for i in 1..=300 {
            let mut input = vec![0.0; n];
            input[..i % n].fill(0.7);
            let drawn = Arc::new(Drawn {
                input,
                label: 3,
                missing: 0,
            });
            own.call("a stroke", |w| w.act(Action::Draw(drawn)));
            own.call("poll", Window::poll);
            seen.insert(ink(&own.window));
            std::thread::sleep(Duration::from_millis(6));
        }
        assert!(
            seen.len() > 20,
            "{} strokes were seen as they came",
            seen.len()
        );
        own.until(1.0, "the last stroke", |w| ink(w) == 300 % n);
        // The cursor comes back to where it was.
        own.until(60.0, "its end", |w| {
            w.view.t == 200 && w.engine.computing().is_none()
        });
        eprintln!("{} pictures, longest call {:.4} s", seen.len(), own.longest);
    });
}

#[test]
fn a_panic_of_the_microscope_gives_a_notice_and_leaves_a_way_on() {
    watched(60, "after a panic", || {
        let mut own = Watched::new("digits-mlp", &[]);
        let folder = tempfile::tempdir().unwrap();
        own.window.shell.reports = Some(folder.path().to_path_buf());
        own.call("step", |w| w.act(Action::Seek(2)));
        own.until(5.0, "a step", |w| w.view.t == 2);
        own.call("a fault", |w| {
            w.engine
                .session
                .as_mut()
                .unwrap()
                .ask(|wish| wish.panics += 1);
        });
        own.until(5.0, "the notice", |w| w.shell.notice.is_some());
        let notice = own.window.shell.notice.take().unwrap();
        assert_eq!(notice.subject, "The engine failed while inferring:");
        assert!(notice.rest.contains("as a test wished"), "{}", notice.rest);
        // It is reported where the notice says.
        let report = std::fs::read_dir(folder.path()).unwrap().next().unwrap();
        let report = report.unwrap().path();
        assert!(
            notice
                .rest
                .ends_with(&format!("is in {}.", report.display()))
        );
        let text = std::fs::read_to_string(report).unwrap();
        assert!(text.contains("what failed: inference"), "{text}");
        own.until(5.0, "the example from its start", |w| {
            w.view.t == 0 && w.motion().is_none()
        });
        own.call("the same step", |w| w.act(Action::Seek(2)));
        own.until(5.0, "a step again", |w| w.view.t == 2);
    });
}

#[test]
fn a_session_at_work_is_dropped_at_once_and_its_memory_soon() {
    watched(60, "dropping", || {
        let mut own = Watched::new(
            "digits-mlp",
            &[WIDE, "inference.steps=200", "learning.rule=\"il\""],
        );
        own.call("train", |w| w.act(Action::Race(RaceCommand::Run)));
        own.until(20.0, "training", |w| {
            w.engine.race.state == RaceState::Running
        });
        own.call("a long phase", |w| w.act(Action::Seek(200)));
        std::thread::sleep(Duration::from_millis(100));
        let plan = Arc::downgrade(&own.window.engine.session.as_ref().unwrap().plan);
        own.call("drop", |w| {
            w.engine.session = None;
            w.engine.micro = None;
            // What was drawn last is told from what comes by its plan, a few KB.
            w.view.ranges = Ranges::default();
        });
        let (started, allowed) = (Instant::now(), own.late.allow(3.0));
        while plan.strong_count() > 0 {
            let waited = started.elapsed().as_secs_f64();
            assert!(waited < allowed, "still held after {waited:.1} s");
            std::thread::sleep(Duration::from_millis(5));
        }
        eprintln!("freed after {:.3} s", started.elapsed().as_secs_f64());
    });
}
