//! Exporting from the window: pressed through the accessibility tree, with the engine on threads of its own.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn harness(updates: u64) -> Harness<'static, Window> {
    let experiment = Experiment::load("moons", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h.state_mut().act(Action::Layout(Layout::Train));
    if updates > 0 {
        let run = RaceCommand::RunUntil(updates);
        h.state_mut().act(Action::Race(run));
        settle(&mut h);
    }
    h
}

fn open(h: &mut Harness<'_, Window>) {
    h.key_press_modifiers(Modifiers::COMMAND, Key::E);
    h.run_steps(3);
}

fn press(h: &mut Harness<'_, Window>, role: Role, label: &str) {
    h.get_by_role_and_label(role, label).click();
    h.run_steps(3);
}

/// Types a path in place of the one that is offered.
fn path(h: &mut Harness<'_, Window>, path: &Path) {
    type_into(h, "Save to", &path.to_string_lossy());
}

fn type_into(h: &mut Harness<'_, Window>, label: &str, text: &str) {
    h.get_by_role_and_label(Role::TextInput, label).click();
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.run_steps(1);
    h.event(egui::Event::Text(text.to_owned()));
    h.run_steps(2);
}

/// Presses Save and waits for what is said of it.
fn save(h: &mut Harness<'_, Window>) -> String {
    press(h, Role::Button, "Save");
    let said = |h: &Harness<'_, Window>| {
        let all = testing::said(h).into_iter();
        all.into_iter()
            .find(|s| s.starts_with("Saved:") || s.starts_with("Not saved."))
    };
    until(h, "what came of it", |h| said(h).is_some());
    said(h).unwrap()
}

/// Chooses what a picture is of.
fn of(h: &mut Harness<'_, Window>, title: &str) {
    press(h, Role::ComboBox, "Of");
    press(h, Role::ListBoxOption, title);
}

fn name(h: &Harness<'_, Window>) -> String {
    let field = h.get_by_role_and_label(Role::TextInput, "Save to");
    field.accesskit_node().value().unwrap_or_default()
}

#[test]
fn pictures_of_the_window_and_of_a_view_are_saved_with_what_they_were_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| -> PathBuf { folder.path().join(name) };
    let mut h = harness(40);
    open(&mut h);
    assert_eq!(name(&h), "pcscope.png");
    press(&mut h, Role::RadioButton, "1×");
    path(&mut h, &file("all.png"));
    let said = save(&mut h);
    assert!(
        said.starts_with("Saved:") && said.contains("all.png"),
        "{said}"
    );
    let image = image::open(file("all.png")).unwrap();
    // As large as the window, with the line below.
    let size = h.state().shell.size;
    let pixels = (size.x as u32, size.y as u32 + 18);
    assert_eq!((image.width(), image.height()), pixels);
    // Once more only when that is meant.
    assert!(save(&mut h).contains("there is a file already"));
    assert!(save(&mut h).starts_with("Saved:"));
    of(&mut h, "Training loss");
    press(&mut h, Role::RadioButton, "SVG");
    path(&mut h, &file("loss.svg"));
    assert!(save(&mut h).starts_with("Saved:"));
    let svg = std::fs::read_to_string(file("loss.svg")).unwrap();
    let seed = h.state().engine.session.as_ref().unwrap().experiment.seed;
    for part in [
        ">Training loss</text>",
        "&quot;view&quot;:&quot;Loss&quot;",
        &format!("&quot;seed&quot;:{seed}"),
        "data moons",
        "update 40",
    ] {
        assert!(svg.contains(part), "{part}");
    }
    assert!(!svg.contains("<image"), "nothing of it is raster");
    // What cannot be is said in a line, and nothing is left behind.
    for (place, words) in [
        ("no/such/loss.svg", "nothing was written"),
        (".", "The name ends in"),
    ] {
        path(&mut h, &file(place));
        if place != "." {
            let said = save(&mut h);
            assert!(
                said.starts_with("Not saved.") && said.contains(words),
                "{said}"
            );
        }
        let save = h.get_by_role_and_label(Role::Button, "Save");
        assert_eq!(save.accesskit_node().is_disabled(), place == ".");
    }
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["all.png", "loss.svg"]);
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(!says(&h, "Pixels per point"));
}

#[test]
fn series_leave_with_every_point_or_say_that_they_are_thinned() {
    let folder = tempfile::tempdir().unwrap();
    for (updates, thinned) in [(0, None), (30, Some(false)), (1_100, Some(true))] {
        let mut h = harness(updates);
        open(&mut h);
        press(&mut h, Role::RadioButton, "Series");
        let Some(thinned) = thinned else {
            assert!(says(&h, "Nothing has been trained yet."));
            let save = h.get_by_role_and_label(Role::Button, "Save");
            assert!(save.accesskit_node().is_disabled());
            continue;
        };
        assert_eq!(says(&h, "Thinned: up to 2 points are one"), thinned);
        let (csv, json) = (folder.path().join("s.csv"), folder.path().join("s.json"));
        path(&mut h, &csv);
        assert!(save(&mut h).starts_with("Saved:"));
        path(&mut h, &json);
        assert!(save(&mut h).starts_with("Saved:"));
        let text = std::fs::read_to_string(&csv).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].contains("thinned"), thinned, "{}", lines[0]);
        assert!(lines[0].contains("data moons; seed"), "{}", lines[0]);
        let names: Vec<&str> = lines[1].split(',').collect();
        let column = names.iter().position(|n| *n == "zil.loss").unwrap();
        let losses: Vec<f64> = lines[2..]
            .iter()
            .filter_map(|l| l.split(',').nth(column).unwrap().parse().ok())
            .collect();
        let race = &h.state().engine.race;
        let zil = race
            .lanes
            .iter()
            .find(|l| l.spec.rule == testing::rule("zil"));
        let own: Vec<f64> = zil.unwrap().loss.buckets().iter().map(|b| b.mean).collect();
        assert_eq!(losses, own, "to the last digit");
        let text = std::fs::read_to_string(&json).unwrap();
        let json_of: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json_of["thinned"], thinned);
        let points = json_of["series"]["zil.loss.points"]["value"].as_array();
        assert_eq!(points.is_some(), thinned);
        if let Some(points) = points {
            let all: u64 = points.iter().filter_map(serde_json::Value::as_u64).sum();
            assert_eq!(all, updates);
        }
        std::fs::remove_file(csv).unwrap();
        std::fs::remove_file(json).unwrap();
    }
}

#[test]
fn a_range_of_updates_becomes_a_gif_while_the_race_goes_on_or_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let mut h = harness(30);
    open(&mut h);
    press(&mut h, Role::RadioButton, "Animation");
    of(&mut h, "Training loss");
    press(&mut h, Role::RadioButton, "Updates");
    assert!(says(&h, "31 pictures of "), "{:?}", testing::said(&h));
    type_into_number(&mut h, "Every", "10");
    assert!(says(&h, "4 pictures of "), "{:?}", testing::said(&h));
    assert_eq!(name(&h), "loss.gif");
    path(&mut h, &file("loss.gif"));
    press(&mut h, Role::Button, "Save");
    // The window is not held up, and goes on to train.
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(45)));
    until(&mut h, "saved", |h| says(h, "Saved: 4 pictures"));
    settle(&mut h);
    assert_eq!(h.state().engine.race.update, 45);
    assert_eq!(h.state().shown_update(), 45);
    let bytes = std::fs::read(file("loss.gif")).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"update\":[0,30]") && text.contains("\"every\":10"));
    let mut decoder = gif::DecodeOptions::new().read_info(&bytes[..]).unwrap();
    let mut frames = 0;
    while decoder.read_next_frame().unwrap().is_some() {
        frames += 1;
    }
    assert_eq!(frames, 4);
    // Given up, nothing is written.
    press(&mut h, Role::RadioButton, "Picture");
    press(&mut h, Role::RadioButton, "Animation");
    press(&mut h, Role::RadioButton, "Steps of inference");
    press(&mut h, Role::RadioButton, "Updates");
    path(&mut h, &file("given up.gif"));
    press(&mut h, Role::Button, "Save");
    until(&mut h, "the first picture", |h| says(h, "picture "));
    h.get_all_by_role_and_label(Role::Button, "Cancel")
        .next()
        .unwrap()
        .click();
    until(&mut h, "given up", |h| {
        says(h, "given up: nothing was written")
    });
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(h.state().engine.race.update, 45);
}

fn type_into_number(h: &mut Harness<'_, Window>, label: &str, text: &str) {
    h.get_by_label(label).click();
    h.run_steps(3);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.run_steps(1);
    h.event(egui::Event::Text(text.to_owned()));
    h.run_steps(1);
    h.key_press(Key::Enter);
    h.run_steps(4);
}
