//! Runs saved from the window and opened again, kept by themselves, and folders that cannot be opened; with the engine on threads.

use super::autosave::Autosave;
use super::commands::Command;
use super::dialog::Dialog;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Choice, Of, RunLook, Selection};
use super::testing::{self, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::kept::Kept;
use crate::experiment::replay::{Asked, replay};
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};

type Test = Harness<'static, Window>;

fn experiment(name: &str, changes: &[&str]) -> Experiment {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    Experiment::load(name, &changes).unwrap()
}

fn small() -> Experiment {
    let changes = ["network.layers=[{dense=8},{dense=10}]", "inference.steps=4"];
    experiment("digits-mlp", &changes)
}

fn settle(h: &mut Test) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        let still = w.engine.race.state == RaceState::Idle && w.engine.opening().is_none();
        rests && still && w.engine.micro.is_some() && w.engine.at_work() != Some("saving the run")
    });
}

fn window(experiment: Experiment) -> Test {
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h
}

fn train(h: &mut Test, to: u64) {
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(to)));
    settle(h);
}

/// Saves by keys and buttons.
fn save(h: &mut Test, folder: &Path) {
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    h.run_steps(2);
    let Dialog::Path { path, .. } = &mut h.state_mut().shell.dialog else {
        panic!("no dialog");
    };
    *path = folder.to_string_lossy().into_owned();
    h.run_steps(2);
    h.get_by_label("Save").click();
    h.run_steps(2);
}

fn saved(h: &mut Test) {
    until(h, "saved", |h| says(h, "Saved."));
    h.get_by_label("Dismiss").click();
    h.run_steps(2);
}

fn is_whole(folder: &Path) -> u64 {
    let kept = Kept::open(folder).unwrap();
    let asked = Asked {
        update: None,
        threads: 1,
        proceed: &|| true,
        progress: &|_| (),
    };
    let found = replay(&kept, &asked).unwrap();
    assert_eq!(found.differs, Vec::<String>::new());
    found.updates
}

/// Weights of the lane that is looked at, by what they make of the example.
fn seen(h: &Test) -> (u64, Vec<f64>) {
    let w = h.state();
    let micro = w.engine.micro.as_ref().unwrap();
    (w.shown_update(), micro.states[0].size.clone())
}

/// Runs beside the one that goes on come back with it, as they were called, drawn and pinned.
#[test]
fn runs_beside_another_are_saved_and_opened_with_it() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mine");
    let mut h = window(small());
    train(&mut h, 12);
    h.state_mut().act(Action::At(Some(5)));
    settle(&mut h);
    h.state_mut().run_command(Command::Branch);
    settle(&mut h);
    train(&mut h, 9);
    let look = RunLook {
        name: "first".into(),
        colour: Some(3),
    };
    h.state_mut()
        .act(Action::Choose(Choice::RunLook('A', look.clone())));
    h.state_mut().run_command(Command::Pin);
    h.state_mut()
        .act(Action::Choose(Choice::Of(Of::Difference)));
    settle(&mut h);
    save(&mut h, &folder);
    saved(&mut h);
    assert_eq!(is_whole(&folder), 9);
    let mut again = window(experiment("chain", &[]));
    again.state_mut().open_path(&folder.to_string_lossy());
    settle(&mut again);
    let w = again.state();
    let race = &w.engine.race;
    assert_eq!(
        (race.name, race.update, race.from),
        ('B', 9, Some(('A', 5)))
    );
    assert_eq!((race.kept.len(), race.kept[0].update), (1, 12));
    assert_eq!((w.pair(), w.view.of), (Some(['A', 'B']), Of::Difference));
    assert_eq!(w.view.run_looks[&'A'], look);
    // The run that was kept is gone on with; saving it there loses nothing of the other, so nothing is asked.
    again.state_mut().act(Action::Race(RaceCommand::Take('A')));
    settle(&mut again);
    train(&mut again, 14);
    save(&mut again, &folder);
    saved(&mut again);
    assert_eq!(is_whole(&folder), 14);
    assert_eq!(is_whole(&folder.join("runs/B")), 9);
}

#[test]
fn a_run_is_saved_while_it_trains_and_opened_where_one_was_looking() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mine");
    let mut h = window(small());
    h.state_mut().act(Action::Race(RaceCommand::Run));
    until(&mut h, "ten updates", |h| h.state().engine.race.update > 10);
    save(&mut h, &folder);
    saved(&mut h);
    let first = Kept::open(&folder).unwrap().stamp.update;
    // It has gone on meanwhile, and does.
    let made = h.state().engine.race.update;
    until(&mut h, "more updates", |h| {
        h.state().engine.race.update > made + 5
    });
    assert!(first > 10 && h.state().engine.race.state == RaceState::Running);
    assert_eq!(is_whole(&folder), first);
    h.state_mut().run_command(Command::PlayPause);
    until(&mut h, "a pause", |h| {
        h.state().engine.race.state == RaceState::Paused
    });
    // Somewhere in its past, at a state of another example, in another layout.
    h.state_mut().act(Action::Layout(Layout::Compare));
    h.state_mut().act(Action::At(Some(7)));
    h.state_mut().act(Action::Example(123));
    h.run_steps(3);
    until(&mut h, "an answer", |h| {
        h.state().engine.computing().is_none()
    });
    h.state_mut().act(Action::Seek(1));
    let selection = Selection { vertex: 1, unit: 5 };
    h.state_mut().act(Action::Select(selection));
    until(&mut h, "state 1", |h| h.state().view.t == 1);
    // Over its own run nothing is asked; nor does a pause keep it from being saved.
    save(&mut h, &folder);
    saved(&mut h);
    let update = h.state().engine.race.update;
    assert_eq!(is_whole(&folder), update);
    let mut again = window(experiment("chain", &[]));
    again.state_mut().open_path(&folder.to_string_lossy());
    settle(&mut again);
    let w = again.state();
    assert_eq!(
        (w.engine.race.update, w.shown_update(), w.view.t),
        (update, 7, 1)
    );
    assert_eq!(w.engine.session.as_ref().unwrap().wish().example, 123);
    assert_eq!(
        (w.shell.settings.layout, w.view.selection),
        (Layout::Compare, selection)
    );
    assert_eq!(seen(&again), seen(&h));
    let lanes = w
        .engine
        .race
        .lanes
        .iter()
        .map(|l| (l.updates, l.loss.clone()));
    let were = h
        .state()
        .engine
        .race
        .lanes
        .iter()
        .map(|l| (l.updates, l.loss.clone()));
    assert!(lanes.eq(were));
    // Its past can be gone through, and it goes on.
    again.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    settle(&mut again);
    assert_eq!(again.state().shown_update(), 6);
    again.state_mut().run_command(Command::Follow);
    train(&mut again, update + 3);
    save(&mut again, &folder);
    saved(&mut again);
    assert_eq!(is_whole(&folder), update + 3);
    // Over another run only once that has been said.
    train(&mut h, 3);
    let mut other = window(small());
    save(&mut other, &folder);
    assert!(says(&other, "there is a run already"));
    assert_eq!(Kept::open(&folder).unwrap().stamp.update, update + 3);
    other.get_by_label("Save").click();
    saved(&mut other);
    assert_eq!(Kept::open(&folder).unwrap().stamp.update, 0);
    // What is no run's is not replaced.
    std::fs::write(folder.join("thesis.txt"), "precious").unwrap();
    save(&mut other, &folder);
    assert!(says(&other, "thesis.txt is there"));
}

/// A window whose run is kept in `home`, with what it found there; asked as at a start.
fn kept_in(home: &Path) -> (Test, bool) {
    let (autosave, found) = Autosave::begin(home, true).unwrap();
    let mode = Mode::Threads(1);
    let mut window = match &found {
        Some(found) if !found.crashed => {
            Window::reopen(Settings::default(), small(), mode, autosave.take_up())
        }
        _ => Window::new(small(), Settings::default(), mode),
    };
    window.engine.autosave = Some(autosave);
    let crashed = found.filter(|found| found.crashed);
    let asks = crashed.is_some();
    if let Some(found) = crashed {
        window.ask_to_restore(found.words);
    }
    let mut h = testing::usual(window);
    settle(&mut h);
    (h, asks)
}

/// The folders of runs that are kept in `home`.
fn runs(home: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home).unwrap().flatten();
    let runs = entries.map(|e| e.path().join("run"));
    runs.filter(|run| run.join("run.json").exists()).collect()
}

fn keep_now(h: &Test, home: &Path, update: u64) {
    let began = std::time::Instant::now();
    while !runs(home)
        .iter()
        .any(|run| Kept::open(run).is_ok_and(|kept| kept.stamp.update == update))
    {
        h.state().engine.autosave.as_ref().unwrap().now();
        assert!(
            began.elapsed().as_secs() < 60,
            "update {update} is not kept"
        );
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_run_is_kept_by_itself_and_after_a_crash_asked_for_once() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("deep/autosave");
    let (mut h, asks) = kept_in(&home);
    assert!(!asks && runs(&home).is_empty());
    train(&mut h, 12);
    keep_now(&h, &home, 12);
    assert_eq!(is_whole(&runs(&home)[0]), 12);
    train(&mut h, 20);
    keep_now(&h, &home, 20);
    let own = runs(&home);
    assert_eq!(own.len(), 1);
    assert_eq!(is_whole(&own[0]), 20);
    // Another window at the same time has a place of its own, and asks nothing.
    let (mut second, asks) = kept_in(&home);
    assert!(!asks);
    train(&mut second, 5);
    keep_now(&second, &home, 5);
    assert_eq!(runs(&home).len(), 2);
    assert_eq!(is_whole(&own[0]), 20);
    second.state_mut().leave();
    drop(second);
    // The first ends without being closed; its run is the older one.
    drop(h);
    // What was closed comes back by itself…
    let (mut h, asks) = kept_in(&home);
    assert!(!asks);
    assert_eq!(h.state().engine.race.update, 5);
    assert!(!says(&h, "Restore the last run?"));
    // … and is left again, with nothing to be asked: its run is kept.
    train(&mut h, 7);
    h.state_mut().leave();
    assert_eq!(h.state().engine.session.as_ref().unwrap().updates_made(), 7);
    drop(h);
    let newest = runs(&home);
    assert_eq!(newest.len(), 2);
    // Of what was not closed, the next start asks, if it is the newest.
    let closed = newest.iter().find(|run| **run != own[0]).unwrap();
    std::fs::remove_dir_all(closed).unwrap();
    let (mut h, asks) = kept_in(&home);
    assert!(asks && says(&h, "Restore the last run?") && says(&h, "20 updates"));
    h.get_by_label("Restore it").click();
    until(&mut h, "the run", |h| h.state().engine.race.update == 20);
    settle(&mut h);
    assert_eq!(runs(&home).len(), 1);
    train(&mut h, 22);
    keep_now(&h, &home, 22);
    drop(h);
    // Left, it is not asked for again, and stays where it is said to be.
    let (mut h, asks) = kept_in(&home);
    assert!(asks);
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(says(&h, "stays in"));
    assert_eq!(Kept::open(&home.join("left")).unwrap().stamp.update, 22);
    drop(h);
    let (h, asks) = kept_in(&home);
    assert!(!asks && h.state().engine.race.update == 0);
}

#[test]
fn what_is_trained_no_more_is_kept_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (mut h, _) = kept_in(folder.path());
    train(&mut h, 4);
    keep_now(&h, folder.path(), 4);
    h.state_mut().open_path("chain");
    settle(&mut h);
    h.state().engine.autosave.as_ref().unwrap().now();
    h.state_mut().leave();
    assert!(runs(folder.path()).is_empty());
}

/// Puts something else into a file.
fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from), "{file}: {from}");
    std::fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
}

/// Changes a bit near the end of a file.
fn flip(folder: &Path, file: &str) {
    let mut bytes = std::fs::read(folder.join(file)).unwrap();
    let last = bytes.len() - 3;
    bytes[last] ^= 1;
    std::fs::write(folder.join(file), bytes).unwrap();
}

/// A folder that is damaged, of another version, or whose data moved: one line, and what runs goes on.
#[test]
fn a_folder_that_cannot_be_opened_is_one_line_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let table = home.path().join("few.csv");
    let rows: String = (0..60).map(|i| format!("{i},{}\n", i % 2)).collect();
    std::fs::write(&table, format!("a,label\n{rows}")).unwrap();
    let good = home.path().join("good");
    let mut h = window(experiment(&table.to_string_lossy(), &["learning.batch=8"]));
    train(&mut h, 6);
    save(&mut h, &good);
    saved(&mut h);
    let mut h = window(small());
    train(&mut h, 3);
    type Damage = (&'static str, fn(&Path), &'static str);
    let table: [Damage; 14] = [
        (
            "version",
            |f| change(f, "run.json", "pcscope 0.1.0", "pcscope 9.1.0"),
            "pcscope 9.1.0",
        ),
        ("record", |f| change(f, "run.json", "{", "["), "not JSON"),
        (
            "experiment",
            |f| change(f, "experiment.toml", "batch = 8", "batch = 9"),
            "has changed since the run began",
        ),
        (
            "no weights",
            |f| std::fs::remove_file(f.join("weights.safetensors")).unwrap(),
            "weights.safetensors",
        ),
        (
            "weights",
            |f| flip(f, "weights.safetensors"),
            "not those that were saved",
        ),
        (
            "cut",
            |f| std::fs::write(f.join("weights.safetensors"), "x").unwrap(),
            "does not say what it belongs to",
        ),
        (
            "metrics",
            |f| change(f, "metrics.jsonl", "\"update\":3", "\"update\":4"),
            "expected update 3",
        ),
        (
            "journal",
            |f| std::fs::write(f.join("journal.jsonl"), "").unwrap(),
            "expected the journal of a run",
        ),
        (
            "no window",
            |f| std::fs::remove_file(f.join("window.json")).unwrap(),
            "there is no window.json",
        ),
        (
            "window",
            |f| change(f, "window.json", "\"lanes\":", "\"lines\":"),
            "not what a window writes",
        ),
        (
            "lanes",
            |f| change(f, "window.json", "\"lane\":\"bp\"", "\"lane\":\"pb\""),
            "has lanes pb",
        ),
        (
            "spans",
            |f| change(f, "window.json", "\"made\":[[1,6]]", "\"made\":[[1,600]]"),
            "updates that do not add up",
        ),
        (
            "frames",
            |f| std::fs::remove_dir_all(f.join("frames")).unwrap(),
            "there is no key frame of lane",
        ),
        (
            "frame",
            |f| {
                let own = std::fs::read_dir(f.join("frames")).unwrap().flatten();
                own.for_each(|e| flip(&f.join("frames"), &e.file_name().to_string_lossy()));
            },
            "not those that were saved",
        ),
    ];
    for (what, damage, words) in table {
        let folder = home.path().join(what);
        std::fs::create_dir_all(folder.join("frames")).unwrap();
        for from in [good.clone(), good.join("frames")] {
            for entry in std::fs::read_dir(&from).unwrap().flatten() {
                let to = folder.join(entry.path().strip_prefix(&good).unwrap());
                if entry.path().is_file() {
                    std::fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        damage(&folder);
        h.state_mut().open_path(&folder.to_string_lossy());
        until(&mut h, what, |h| h.state().shell.notice.is_some());
        settle(&mut h);
        let notice = h.state().shell.notice.clone().unwrap();
        assert!(notice.rest.contains(words), "{what}: {notice:?}");
        assert!(!notice.rest.contains('\n'), "{what}: {notice:?}");
        let w = h.state();
        assert_eq!(
            w.engine.session.as_ref().unwrap().experiment,
            small(),
            "{what}"
        );
        assert_eq!(
            (w.engine.race.update, &w.document.draft),
            (3, &small()),
            "{what}"
        );
        h.get_by_label("Dismiss").click();
        h.run_steps(2);
    }
    // Data that have moved are asked for.
    let moved = home.path().join("elsewhere.csv");
    std::fs::rename(home.path().join("few.csv"), &moved).unwrap();
    h.state_mut().open_path(&good.to_string_lossy());
    until(&mut h, "a word", |h| {
        says(h, "the data have moved or are gone")
    });
    assert_eq!(h.state().engine.race.update, 3);
    h.get_by_label("Find it…").click();
    h.run_steps(2);
    let Dialog::Path { path, .. } = &mut h.state_mut().shell.dialog else {
        panic!("no dialog");
    };
    *path = moved.to_string_lossy().into_owned();
    h.run_steps(2);
    h.get_by_label("Use these data").click();
    until(&mut h, "the run", |h| h.state().engine.race.update == 6);
    // Saved from there, it is the same run.
    settle(&mut h);
    let next = home.path().join("next");
    save(&mut h, &next);
    saved(&mut h);
    let [a, b] = [&good, &next].map(|f| std::fs::read(f.join("weights.safetensors")).unwrap());
    assert_eq!(a, b);
}
