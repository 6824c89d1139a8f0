//! Undo and redo, as keys and without drawing.

use super::commands::Command;
use super::settings::Settings;
use super::testing;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use crate::learning::{Capture, OptimiserKind};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;

fn harness() -> Harness<'static, Window> {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::InStep);
    let mut h = testing::usual(window);
    h.run_steps(3);
    h
}

#[test]
fn what_was_pressed_is_undone_and_made_again_and_the_microscope_follows() {
    let mut h = harness();
    let file = |h: &Harness<'_, Window>| h.state().document.draft.to_toml().unwrap();
    let captured = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.as_ref().unwrap();
        (micro.subject.rule, micro.subject.conditions.capture)
    };
    let first = file(&h);
    h.get_by_label("level l taken at t = l").click();
    h.run_steps(3);
    let second = file(&h);
    assert_eq!(captured(&h), (testing::rule("zil"), Capture::Late));
    h.get_by_role_and_label(egui::accesskit::Role::RadioButton, "IL")
        .click();
    h.run_steps(3);
    let third = file(&h);
    assert_eq!(captured(&h).0, testing::rule("il"));
    assert!(first != second && second != third);
    let undo = (Modifiers::COMMAND, Key::Z);
    let redo = (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    for (keys, file_then, then) in [
        (undo, &second, (testing::rule("zil"), Capture::Late)),
        (undo, &first, (testing::rule("zil"), Capture::OnTime)),
        (redo, &second, (testing::rule("zil"), Capture::Late)),
        (redo, &third, (testing::rule("il"), Capture::Late)),
        (undo, &second, (testing::rule("zil"), Capture::Late)),
    ] {
        h.key_press_modifiers(keys.0, keys.1);
        h.run_steps(3);
        assert_eq!(&file(&h), file_then, "{keys:?}");
        assert_eq!(captured(&h), then, "{keys:?}");
    }
    // A new edit: what was undone is gone.
    h.get_by_label("γ = 1").click();
    h.run_steps(3);
    h.key_press_modifiers(redo.0, redo.1);
    h.run_steps(3);
    let notice = h.state_mut().shell.notice.take().unwrap();
    assert_eq!(notice.rest, "Nothing has been undone.");
    // Another experiment has nothing to undo.
    let other = Experiment::load("chain", &[]).unwrap();
    h.state_mut().open(other.clone(), false, false);
    h.run_steps(3);
    h.key_press_modifiers(undo.0, undo.1);
    h.run_steps(3);
    assert_eq!(h.state().document.draft, other);
}

#[test]
fn a_drag_is_one_edit() {
    let mut h = harness();
    let before = h.state().document.draft.clone();
    h.get_by_role_and_label(egui::accesskit::Role::RadioButton, "IL")
        .click();
    h.run_steps(3);
    let il = h.state().document.draft.clone();
    let rect = h
        .get_by_role_and_label(egui::accesskit::Role::Slider, "γ")
        .rect();
    h.drag_at(rect.center());
    h.run_steps(2);
    for i in 1..8 {
        let x = rect.center().x - 8.0 * i as f32;
        h.hover_at(egui::pos2(x, rect.center().y));
        h.run_steps(2);
    }
    h.drop_at(egui::pos2(rect.center().x - 60.0, rect.center().y));
    h.run_steps(3);
    assert_ne!(h.state().document.draft.inference.gamma, il.inference.gamma);
    h.state_mut().run_command(Command::Undo);
    h.run_steps(2);
    assert_eq!(h.state().document.draft, il);
    h.state_mut().run_command(Command::Undo);
    h.run_steps(2);
    assert_eq!(h.state().document.draft, before);
}

/// A thousand drawn edits of every kind of value, all undone and all made again, to the byte of the file.
#[test]
fn a_thousand_edits_are_undone_to_the_byte() {
    let mut h = harness();
    let window = h.state_mut();
    let mut random = Pcg64Mcg::seed_from_u64(13);
    let mut files = vec![window.document.draft.to_toml().unwrap()];
    for i in 0..1000_u64 {
        let n = random.next_u64();
        let e = &mut window.document.draft;
        match n % 8 {
            0 => e.seed = i + 1_000_000,
            1 => e.learning.rate = 0.001 * (i + 1) as f64,
            2 => e.inference.gamma = 0.0001 * (i + 1) as f64,
            3 => e.inference.steps = 10 + i as usize,
            4 => e.conditions.gamma = 1.0 / (i + 2) as f64,
            5 => e.learning.batch = 1 + i as usize,
            6 => e.name = format!("number {i}"),
            _ => {
                e.learning.optimiser = match e.learning.optimiser {
                    OptimiserKind::Adam => OptimiserKind::Sgd,
                    _ => OptimiserKind::Adam,
                }
            }
        }
        window.document.note_edits(false);
        files.push(window.document.draft.to_toml().unwrap());
    }
    for file in files.iter().rev().skip(1) {
        window.run_command(Command::Undo);
        assert_eq!(&window.document.draft.to_toml().unwrap(), file);
    }
    assert!(!window.document.can_go_back(false));
    for file in files.iter().skip(1) {
        window.run_command(Command::Redo);
        assert_eq!(&window.document.draft.to_toml().unwrap(), file);
    }
}

/// Types in place of what stands in a field, and stays in it.
fn type_and_stay(h: &mut Harness<'_, Window>, field: &str, text: &str) {
    h.get_by_label(field).focus();
    h.run_steps(4);
    h.get_by_label(field).type_text(text);
    h.run_steps(4);
}

/// A press elsewhere ends the typing and does its own work in the same frame.
#[test]
fn what_is_typed_counts_for_the_press_that_ends_the_typing() {
    let mut h = harness();
    let press = |h: &mut Harness<'_, Window>, name: &str| {
        h.get_by_label(name).click();
        h.run_steps(4);
    };
    let running = |h: &Harness<'_, Window>| {
        h.state()
            .engine
            .session
            .as_ref()
            .unwrap()
            .experiment
            .clone()
    };
    type_and_stay(&mut h, "Rate", "0.03");
    type_and_stay(&mut h, "Batch", "17");
    press(&mut h, "Start new run");
    let started = running(&h);
    assert_eq!((started.learning.rate, started.learning.batch), (0.03, 17));
    assert_eq!(h.state().document.draft, started);

    // Two edits in one frame.
    type_and_stay(&mut h, "Batch", "19");
    press(&mut h, "γ = 1");
    let draft = &h.state().document.draft;
    assert_eq!((draft.learning.batch, draft.conditions.gamma), (19, 0.5));
    assert_eq!(
        h.state()
            .engine
            .micro
            .as_ref()
            .unwrap()
            .subject
            .conditions
            .gamma,
        0.5
    );

    type_and_stay(&mut h, "Seed", "5");
    press(&mut h, "Discard");
    assert_eq!(h.state().document.draft, running(&h));
    assert_eq!(
        h.state()
            .engine
            .micro
            .as_ref()
            .unwrap()
            .subject
            .conditions
            .gamma,
        1.0
    );

    type_and_stay(&mut h, "Seed", "6");
    press(&mut h, "1 update");
    assert_eq!(running(&h).seed, 6);
    assert_eq!(h.state().engine.race.update, 1);
}
