//! What is kept from one start of the window to the next, and what is said of what cannot be.

use super::commands::Command;
use super::dialog::Dialog;
use super::kept_test::{harness, harness_of, settle, type_into, value};
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::window::Window;
use crate::app::testing;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use crate::network::Layer;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

fn csv(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    let rows: String = (0..60).map(|i| format!("{i},{}\n", i % 2)).collect();
    std::fs::write(&path, format!("a,label\n{rows}")).unwrap();
    path.to_string_lossy().into_owned()
}

/// An experiment on a table, with its hash.
fn on_table(path: &str) -> Experiment {
    Experiment::load(path, &[]).unwrap()
}

fn first() -> Experiment {
    Experiment::load("chain", &[]).unwrap()
}

/// Waits for what a window is opening on a thread of its own.
fn wait(h: &mut Harness<'_, Window>) {
    for _ in 0..2000 {
        settle(h);
        let state = h.state();
        if state.engine.opening().is_none() && state.engine.micro.is_some() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("nothing was opened");
}

#[test]
fn an_experiment_whose_data_moved_gives_way_to_the_demo_and_its_data_can_be_found() {
    for mode in [Mode::InStep, Mode::Threads(1)] {
        let folder = tempfile::tempdir().unwrap();
        let path = csv(folder.path(), "few.csv");
        let experiment = on_table(&path);
        let moved = folder.path().join("elsewhere.csv");
        std::fs::rename(&path, &moved).unwrap();
        let settings = Settings {
            experiment: experiment.to_toml().ok(),
            ..Settings::default()
        };
        let mut h = harness_of(Window::restore(settings, first(), mode));
        wait(&mut h);
        let name = |h: &Harness<'_, Window>| {
            let session = h.state().engine.session.as_ref().unwrap();
            session.experiment.name.clone()
        };
        assert_eq!(name(&h), Experiment::first_launch().unwrap().name);
        h.get_by_label_contains("few.csv: the data have moved or are gone");
        // The demo does not take its place in what is remembered.
        let kept = h.state().remembered().experiment.unwrap();
        assert_eq!(Experiment::parse(&kept, "kept", &[]).unwrap(), experiment);
        h.get_by_label("Find it…").click();
        settle(&mut h);
        assert_eq!(value(&h, "Path"), path);
        let put = |h: &mut Harness<'_, Window>, text: &str| {
            let Dialog::Path { path, .. } = &mut h.state_mut().shell.dialog else {
                panic!("no dialog");
            };
            *path = text.to_owned();
            settle(h);
            h.get_by_label("Use these data").click();
            settle(h);
        };
        put(&mut h, "nowhere.csv");
        h.get_by_label_contains("nowhere.csv: there is no such file");
        // Other data are refused by their hash, and can still be found.
        let other = folder.path().join("other.csv");
        let text = std::fs::read_to_string(&moved).unwrap();
        std::fs::write(&other, text.replace("17,", "71,")).unwrap();
        put(&mut h, &other.to_string_lossy());
        wait(&mut h);
        h.get_by_label_contains("the data have changed");
        h.get_by_label("Find it…").click();
        settle(&mut h);
        put(&mut h, &moved.to_string_lossy());
        wait(&mut h);
        assert_eq!(name(&h), experiment.name);
        assert_eq!(
            (&h.state().shell.notice, &h.state().engine.lost),
            (&None, &None)
        );
        let kept = h.state().remembered().experiment.unwrap();
        let kept = Experiment::parse(&kept, "kept", &[]).unwrap();
        assert_eq!(kept.data.source, moved.to_string_lossy());
    }
}

#[test]
fn what_cannot_be_opened_at_the_start_is_said_and_the_window_works() {
    let mut large = first();
    large.name = "far too large".into();
    let dense = |dense| Layer::Dense {
        dense,
        skip: None,
        activation: None,
    };
    large.network.layers = vec![dense(16_000_000), dense(16_000_000), dense(1)];
    let text = large.to_toml().unwrap();
    let odd = first().to_toml().unwrap().replace("rate =", "speed =");
    for (text, said) in [
        (text, "of memory, and"),
        (odd, "the remembered experiment line"),
        ("format = 7".to_owned(), "the remembered experiment"),
    ] {
        for layout in [Layout::Teach, Layout::Present] {
            let settings = Settings {
                experiment: Some(text.clone()),
                layout,
                ..Settings::default()
            };
            let mut h = harness_of(Window::restore(settings, first(), Mode::InStep));
            settle(&mut h);
            h.get_by_label_contains(said);
            assert!(h.state().engine.micro.is_some(), "{said}");
            assert!(h.query_by_label("Find it…").is_none());
            assert_eq!(h.state().remembered().experiment, Some(text.clone()));
            h.get_by_label("Dismiss").click();
            settle(&mut h);
            h.key_press(Key::ArrowRight);
            settle(&mut h);
            assert_eq!(h.state().view.t, 1);
            // Something opened by will is remembered in its place.
            h.state_mut().open_path("chain");
            settle(&mut h);
            let kept = h.state().remembered().experiment.unwrap();
            assert_eq!(Experiment::parse(&kept, "kept", &[]).unwrap(), first());
        }
    }
}

#[test]
fn a_network_too_large_for_memory_is_refused_while_another_is_at_work() {
    let mut h = harness("chain", &[]);
    let mut large = first();
    let dense = |dense| Layer::Dense {
        dense,
        skip: None,
        activation: None,
    };
    large.network.layers = vec![dense(16_000_000), dense(16_000_000), dense(1)];
    h.state_mut().act(Action::Open(Box::new(large)));
    settle(&mut h);
    h.get_by_label_contains("expected fewer units");
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        first()
    );
}

#[test]
fn a_damaged_arrangement_comes_back_as_it_comes_and_is_said() {
    let mut h = harness("moons", &[]);
    for layout in Layout::ALL {
        h.state_mut().shell.settings.layout = layout;
        settle(&mut h);
    }
    let tiles = h.state().remembered().tiles.unwrap();
    let table: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&tiles).unwrap();
    let one = table.keys().next().unwrap().clone();
    let with = |change: &dyn Fn(String) -> String| {
        let mut table = table.clone();
        let text = change(table[&one].to_string());
        let value = serde_json::from_str(&text).unwrap_or(serde_json::Value::Null);
        table.insert(one.clone(), value);
        serde_json::to_string(&table).unwrap()
    };
    let open = |tiles: &str| {
        let settings = Settings {
            tiles: Some(tiles.to_owned()),
            ..Settings::default()
        };
        let experiment = Experiment::load("moons", &[]).unwrap();
        let mut h = harness_of(Window::new(experiment, settings, Mode::InStep));
        for layout in Layout::ALL {
            h.state_mut().shell.settings.layout = layout;
            settle(&mut h);
        }
        h
    };
    // Whole ones stay, without a word.
    let h = open(&tiles);
    assert_eq!(h.state().shell.notice, None);
    let again: serde_json::Value =
        serde_json::from_str(&h.state().remembered().tiles.unwrap()).unwrap();
    assert_eq!(again, serde_json::Value::Object(table.clone()));
    let first_pane = |text: &str, to: &str| {
        let at = text.find("{\"Pane\":\"").map(|i| i + 9).unwrap();
        let end = at + text[at..].find('"').unwrap();
        format!("{}{to}{}", &text[..at], &text[end..])
    };
    for damaged in [
        String::new(),
        "[1, 2]".to_owned(),
        "{\"Teach".to_owned(),
        with(&|_| "7".to_owned()),
        with(&|_| "{}".to_owned()),
        with(&|text| text.replacen("\"root\":", "\"root\":77,\"was\":", 1)),
        // A view that is there twice, so that another is missing; one that nobody knows.
        with(&|text| first_pane(&text, "Loss")),
        with(&|text| first_pane(&text, "Hologram")),
        with(&|text| {
            let at = text.find("\"shares\":{\"shares\":{").unwrap();
            let colon = at + text[at + 21..].find(':').unwrap() + 21;
            format!("{}:-1e30,\"0\":{}", &text[..colon], &text[colon + 1..])
        }),
    ] {
        let h = open(&damaged);
        let notice = h
            .state()
            .shell
            .notice
            .clone()
            .unwrap_or_else(|| panic!("{damaged}"));
        assert!(notice.subject.contains("arrangement"), "{notice:?}");
        assert!(h.state().engine.micro.is_some());
    }
}

#[test]
fn edits_stay_where_a_start_fails_and_come_back_after_the_program_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = csv(folder.path(), "few.csv");
    let experiment = on_table(&path);
    let mut h = harness_of(Window::new(
        experiment.clone(),
        Settings::default(),
        Mode::InStep,
    ));
    settle(&mut h);
    type_into(&mut h, "Seed", "4321", Key::Enter);
    type_into(&mut h, "Batch", "7", Key::Enter);
    h.get_by_label("IL").click();
    settle(&mut h);
    let edited = h.state().document.draft.clone();
    assert_eq!((edited.seed, edited.learning.batch), (4321, 7));
    // Another seed deals the examples anew, and the file is gone.
    let moved = folder.path().join("moved.csv");
    std::fs::rename(&path, &moved).unwrap();
    h.get_by_label("Start new run").click();
    settle(&mut h);
    h.get_by_label_contains("Your changes are still in the set-up");
    assert_eq!(h.state().document.draft, edited);
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        experiment
    );
    // They are remembered beside the experiment that ran.
    std::fs::rename(&moved, &path).unwrap();
    let (settings, dropped) = Settings::read(&h.state().remembered().text());
    assert_eq!(dropped, None);
    let mut h = harness_of(Window::restore(settings, first(), Mode::InStep));
    settle(&mut h);
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        experiment
    );
    assert_eq!(h.state().document.draft, edited);
    assert_eq!(
        h.state().engine.micro.as_ref().unwrap().subject.rule,
        testing::rule("il")
    );
    h.get_by_label("Start new run").click();
    settle(&mut h);
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        edited
    );
}

#[test]
fn the_first_update_takes_up_what_the_set_up_says() {
    let mut h = harness("moons", &[]);
    type_into(&mut h, "Rate", "0.25", Key::Enter);
    h.get_by_label("1 update").click();
    settle(&mut h);
    assert_eq!(h.state().engine.race.update, 1);
    let session = h.state().engine.session.as_ref().unwrap();
    assert_eq!(session.experiment.learning.rate, 0.25);
}

#[test]
fn a_change_that_cannot_be_taken_up_says_why_and_one_that_brings_another_says_which() {
    let changes = ["learning.rule=il", "inference.adaptive=true"];
    let mut h = harness("moons", &changes);
    h.get_by_label("More").click();
    settle(&mut h);
    h.get_by_label("More rules").click();
    settle(&mut h);
    h.get_by_label("incremental").click();
    settle(&mut h);
    assert!(!h.state().document.draft.inference.adaptive);
    h.get_by_label_contains("γ no longer adapts");
    // With Z-IL the correction and an adaptive γ of the file cannot both be.
    let mut h = harness(
        "moons",
        &["inference.adaptive=true", "conditions.gamma=0.5"],
    );
    let before = h.state().engine.micro.as_ref().unwrap().subject.clone();
    h.get_by_label("divide level l by γ^l").click();
    settle(&mut h);
    h.get_by_label_contains("Not taken up. set-up: inference.adaptive is true");
    assert!(h.state().document.draft.inference.gamma_correction);
    assert_eq!(h.state().engine.micro.as_ref().unwrap().subject, before);
    h.get_by_label("divide level l by γ^l").click();
    settle(&mut h);
    assert_eq!(h.state().shell.notice, None);
}

#[test]
fn the_scale_is_kept_apart_from_what_a_layout_adds() {
    let mut h = harness("moons", &[]);
    for key in [Key::Plus, Key::Equals, Key::Plus] {
        h.key_press_modifiers(Modifiers::COMMAND, key);
        settle(&mut h);
    }
    let zoom = |h: &Harness<'_, Window>| h.ctx.zoom_factor();
    assert!((zoom(&h) - 1.3).abs() < 1e-6, "{}", zoom(&h));
    // What the layout adds depends on the window, a little of which is the harness's own frame.
    let near = |zoom: f32, scale: f32| (1.44..1.51).contains(&(zoom / scale));
    let rests = |h: &mut Harness<'_, Window>| (0..6).for_each(|_| settle(h));
    h.state_mut().run_command(Command::Layout(Layout::Present));
    rests(&mut h);
    assert!(near(zoom(&h), 1.3), "{}", zoom(&h));
    h.key_press_modifiers(Modifiers::COMMAND, Key::Minus);
    rests(&mut h);
    assert!(near(zoom(&h), 1.2), "{}", zoom(&h));
    // Remembered without the layout's part, and in force from the first frame of the next window.
    let (settings, _) = Settings::read(&h.state().remembered().text());
    assert_eq!((settings.scale, settings.layout), (1.2, Layout::Present));
    let mut again = harness_of(Window::restore(settings, first(), Mode::InStep));
    rests(&mut again);
    assert!(near(zoom(&again), 1.2));
    again.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    rests(&mut again);
    assert!(near(zoom(&again), 1.0));
    again
        .state_mut()
        .run_command(Command::Layout(Layout::Teach));
    settle(&mut again);
    assert!((zoom(&again) - 1.0).abs() < 1e-6);
}

#[test]
fn saving_replaces_a_file_only_when_told_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "precious").unwrap();
    let mut h = harness("chain", &[]);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    settle(&mut h);
    let Dialog::Path { path, .. } = &mut h.state_mut().shell.dialog else {
        panic!("no dialog");
    };
    *path = file.to_string_lossy().into_owned();
    settle(&mut h);
    h.get_by_label("Save").click();
    settle(&mut h);
    h.get_by_label_contains("there is a file already");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    h.get_by_label("Save").click();
    settle(&mut h);
    assert!(!h.state().shell.dialog.is_open());
    let saved = Experiment::load(&file.to_string_lossy(), &[]).unwrap();
    assert_eq!(saved, first());
}
