//! Keys, focus, the palette and what is dropped, with the engine on threads of its own.

use super::commands::{Command, TABLE};
use super::layout::Layout;
use super::palette;
use super::settings::Settings;
use super::state::{Action, Choice};
use super::testing::{self, says, until};
use super::window::{Grain, Window};
use crate::data::Part;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use crate::learning::{Capture, Conditions};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Steps until the engine rests.
fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(3);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn harness(preset: &str) -> Harness<'static, Window> {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h
}

fn key(h: &mut Harness<'_, Window>, modifiers: Modifiers, key: Key) {
    h.key_press_modifiers(modifiers, key);
    settle(h);
}

fn focus(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).focus();
    settle(h);
}

/// The name of what has the focus.
fn focused(h: &Harness<'_, Window>) -> Option<String> {
    h.query_all_by(|node| node.is_focused())
        .find_map(|node| node.accesskit_node().label())
}

/// From control to control: wherever the focus is, a letter acts, but where text is typed; and the focus is seen and named.
#[test]
fn after_tab_only_text_fields_take_letters() {
    let mut h = harness("digits-mlp");
    let (mut typed, mut others) = (0, 0);
    for _ in 0..70 {
        h.key_press(Key::Tab);
        h.run_steps(2);
        let before = h.state().player.speed;
        let typing = h.ctx.text_edit_focused();
        h.key_press(Key::Period);
        h.run_steps(2);
        let acted = h.state().player.speed != before;
        assert_eq!(acted, !typing, "on {:?}", focused(&h));
        if typing {
            typed += 1;
        } else {
            others += 1;
        }
        h.state_mut().act(Action::Choose(Choice::Speed(2)));
    }
    assert!(
        typed >= 3 && others >= 40,
        "{typed} fields, {others} others"
    );
}

#[test]
fn arrows_step_unless_a_list_or_a_slider_has_the_focus() {
    let mut h = harness("digits-mlp");
    focus(&mut h, "Play or pause");
    key(&mut h, Modifiers::NONE, Key::ArrowRight);
    key(&mut h, Modifiers::NONE, Key::ArrowRight);
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    key(&mut h, Modifiers::NONE, Key::ArrowDown);
    assert_eq!(h.state().view.t, 1);
    assert_eq!(focused(&h).as_deref(), Some("Play or pause"));
    key(&mut h, Modifiers::NONE, Key::End);
    let last = h.state().engine.micro.as_ref().unwrap().states.len() - 1;
    assert_eq!(h.state().view.t, last);
    // In a row of choices they go from one to the next, and no farther.
    focus(&mut h, "step");
    for _ in 0..5 {
        key(&mut h, Modifiers::NONE, Key::ArrowRight);
    }
    assert_eq!(focused(&h).as_deref(), Some("epoch"));
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(focused(&h).as_deref(), Some("update"));
    assert_eq!(
        (h.state().view.t, h.state().player.grain),
        (last, Grain::Step)
    );
    key(&mut h, Modifiers::NONE, Key::Space);
    assert_eq!(h.state().player.grain, Grain::Update);
    // On a slider they are its own.
    let gamma = |h: &Harness<'_, Window>| h.state().document.draft.conditions.gamma;
    let before = gamma(&h);
    focus(&mut h, "γ");
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    assert!(gamma(&h) < before && h.state().engine.race.update == 0);
    // Space plays where there is nothing to press.
    key(&mut h, Modifiers::NONE, Key::Space);
    assert!(h.state().view.playing);
}

#[test]
fn left_and_the_button_do_the_same_at_every_grain() {
    let mut h = harness("digits-mlp");
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(3)));
    settle(&mut h);
    h.get_by_label("update").click();
    settle(&mut h);
    h.key_press(Key::Escape);
    settle(&mut h);
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(h.state().engine.at, Some(2));
    h.get_by_label("Step back").click();
    settle(&mut h);
    assert_eq!(h.state().engine.at, Some(1));
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(h.state().engine.at, Some(0));
    // Where the button is off, the key says why.
    assert!(h.get_by_label("Step back").accesskit_node().is_disabled());
    key(&mut h, Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(h.state().engine.at, Some(0));
    assert!(says(
        &h,
        "The weights of before the first update are shown."
    ));
}

/// Opens the palette, types, and takes the first row.
fn choose(h: &mut Harness<'_, Window>, opens: Key, words: &str) {
    h.key_press_modifiers(Modifiers::COMMAND, opens);
    h.run_steps(3);
    h.get_by_label("Search commands").type_text(words);
    h.run_steps(3);
    h.key_press(Key::Enter);
    settle(h);
    assert!(!h.state().shell.dialog.is_open(), "{words}");
}

#[test]
fn the_palette_has_rules_conditions_lanes_layers_and_presets_and_what_was_used_first() {
    let mut h = harness("digits-mlp");
    choose(&mut h, Key::P, "rule il");
    assert_eq!(h.state().document.draft.learning.rule, testing::rule("il"));
    choose(&mut h, Key::K, "condition taken at");
    let draft = h.state().document.draft.clone();
    assert_eq!(draft.conditions.capture, Capture::Late);
    assert_eq!(draft.learning.rule, testing::rule("zil"));
    choose(&mut h, Key::K, "hold all");
    assert_eq!(h.state().document.draft.conditions, Conditions::default());
    choose(&mut h, Key::P, "layer level 0");
    let micro = h.state().engine.micro.clone().unwrap();
    assert_eq!(h.state().view.selection.vertex, micro.plan.output());
    choose(&mut h, Key::P, "lane bp untick");
    let active = |h: &Harness<'_, Window>| h.state().engine.race.lanes[0].active;
    assert!(!active(&h));
    choose(&mut h, Key::P, "17");
    let tested = h.state().engine.data().unwrap().range(Part::Test).start;
    let example = h.state().engine.micro.as_ref().unwrap().subject.example;
    assert_eq!(example, tested + 17, "as it is numbered on screen");
    assert!(says(&h, "Example 17, "));
    choose(&mut h, Key::P, "preset two moons");
    until(&mut h, "moons", |h| {
        h.state().engine.data().is_some_and(|d| d.name() == "moons")
    });
    settle(&mut h);
    // With nothing typed, the last come first.
    let first = |h: &Harness<'_, Window>| palette::found(h.state(), "")[0].name.clone();
    assert_eq!(first(&h), "Preset: Two moons");
    // A number is no row of its own; what was used before it is.
    assert_eq!(palette::found(h.state(), "")[1].name, "Lane: untick BP");
}

#[test]
fn everything_grows_and_shrinks_by_keys_also_over_a_menu_and_a_sheet() {
    let mut h = harness("moons");
    let scale = |h: &Harness<'_, Window>| (h.state().shell.settings.scale * 10.0).round();
    h.get_by_label("View").click();
    h.run_steps(3);
    for (key, tenths) in [(Key::Plus, 11.0), (Key::Equals, 12.0), (Key::Minus, 11.0)] {
        h.key_press_modifiers(Modifiers::COMMAND, key);
        h.run_steps(3);
        assert_eq!(scale(&h), tenths);
        assert!(says(&h, "Everything larger"), "the menu stays");
    }
    h.key_press(Key::Escape);
    h.run_steps(3);
    h.key_press(Key::Questionmark);
    h.run_steps(3);
    assert!(says(&h, "On a slider"));
    for written in ["Ctrl +", "Ctrl −", "Ctrl 0"] {
        assert!(TABLE.iter().any(|row| row.written == written));
        assert!(says(&h, written), "{written} in the sheet");
    }
    h.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    h.run_steps(3);
    assert_eq!(scale(&h), 10.0);
    // Also while text is typed.
    h.state_mut().run_command(Command::Palette);
    h.run_steps(3);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Minus);
    h.run_steps(3);
    assert_eq!(scale(&h), 9.0);
}

/// A file as the desktop drops it.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("not asked for".into())
    }
}

#[test]
fn of_several_dropped_files_none_is_passed_over_in_silence() {
    let mut h = harness("moons");
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.csv", "b.csv", "c.csv"].map(|name| {
        let path = folder.path().join(name);
        let rows: String = (0..40)
            .map(|i| format!("{},{},{}\n", i, i % 7, i % 2))
            .collect();
        std::fs::write(&path, format!("x,y,label\n{rows}")).unwrap();
        path
    });
    for path in &paths {
        let file = Dropped(path.clone());
        h.input_mut().dropped_files.push(Arc::new(file));
    }
    h.run_steps(3);
    until(&mut h, "the preview", |h| says(h, "class 1: 20"));
    assert!(says(&h, "Looked at is a.csv, with what belongs to it"));
    assert!(says(&h, "not opened by themselves: b.csv, c.csv."));
}

#[test]
fn what_is_asked_for_while_a_run_is_paused_within_an_update_is_done_at_once_or_says_when() {
    let experiment = Experiment::load("digits-mlp", &["inference.steps=200".into()]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h.state_mut().run_command(Command::Layout(Layout::Train));
    h.state_mut().act(Action::Race(RaceCommand::Run));
    until(&mut h, "an update", |h| h.state().engine.race.update >= 1);
    h.key_press(Key::Space);
    h.run_steps(2);
    until(&mut h, "a pause", |h| {
        h.state().engine.race.state == RaceState::Paused
    });
    let made = h.state().engine.session.as_ref().unwrap().updates_made();
    let score = |h: &Harness<'_, Window>| {
        let lanes = h.state().engine.race.lanes.iter();
        let scored = lanes.filter(|l| l.scores.iter().any(|s| s.1 == Part::Test));
        scored.count()
    };
    assert_eq!(score(&h), 0);
    h.get_by_label("Score the test part").click();
    until(&mut h, "scores", |h| score(h) == 3);
    assert_eq!(h.state().engine.race.state, RaceState::Paused);
    // The speed of play is no speed of training: that is said.
    h.key_press(Key::Period);
    h.run_steps(2);
    assert!(says(&h, "Training goes as fast as it can"));
    // An end that is set now is the end once it goes on.
    h.state_mut()
        .act(Action::Choose(Choice::EndsAt(Some(made + 2))));
    h.run_steps(2);
    assert_eq!(h.state().engine.race.state, RaceState::Paused);
    h.key_press(Key::Space);
    until(&mut h, "the end", |h| {
        h.state().engine.race.state == RaceState::Idle && h.state().engine.race.update == made + 2
    });
}
