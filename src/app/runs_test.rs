//! Edits in mid-run, branches and kept runs, by keys and buttons, with the engine on threads of its own.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, rests as settle, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn harness() -> Harness<'static, Window> {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h
}

fn train(h: &mut Harness<'_, Window>, until: u64) {
    h.state_mut()
        .act(Action::Race(RaceCommand::RunUntil(until)));
    settle(h);
}

fn scrolled(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).scroll_to_me();
    settle(h);
    press(h, label);
}

fn press(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).click();
    settle(h);
}

/// The name of the run, its updates, the γ of its conditions, and how Z-IL stands beside BP: differing bits.
fn run(h: &Harness<'_, Window>) -> (char, u64, f64, u64) {
    let w = h.state();
    let race = &w.engine.race;
    let apart = race.lanes.iter().find_map(|l| l.apart).unwrap();
    let gamma = w
        .engine
        .session
        .as_ref()
        .unwrap()
        .experiment
        .conditions
        .gamma;
    (race.name, race.update, gamma, apart.differing_bits)
}

#[test]
fn a_run_takes_an_edit_up_and_a_branch_leaves_it_as_it_was() {
    let mut h = harness();
    train(&mut h, 20);
    assert_eq!(run(&h), ('A', 20, 1.0, 0));
    press(&mut h, "γ = 1");
    assert!(h.state().has_draft() && h.state().can_take_up());
    press(&mut h, "Apply after update 20");
    assert!(!h.state().has_draft());
    assert_eq!(h.state().engine.race.edits.len(), 1);
    train(&mut h, 30);
    let edited = run(&h);
    assert_eq!((edited.0, edited.1, edited.2), ('A', 30, 0.5));
    assert!(edited.3 > 0, "Z-IL goes on as broken");
    // Taken back, it holds again from now on; what was trained with it stays.
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut h);
    assert!(!h.state().has_draft());
    assert_eq!(run(&h).2, 1.0);
    assert_eq!(h.state().engine.race.edits.len(), 2);
    // Made again after the same update: as if nothing had been taken back.
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    settle(&mut h);
    assert_eq!(run(&h).2, 0.5);
    assert_eq!(h.state().engine.race.edits.len(), 1);
    // From before the edit, without it: backprop to the bit.
    h.state_mut().act(Action::At(Some(15)));
    settle(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::B);
    settle(&mut h);
    assert_eq!((run(&h).0, run(&h).1, run(&h).3), ('B', 15, 0));
    let race = &h.state().engine.race;
    assert_eq!(
        (race.from, race.edits.len(), race.kept.len()),
        (Some(('A', 15)), 0, 1)
    );
    assert!(!h.state().has_draft(), "the draft is what runs");
    train(&mut h, 40);
    assert_eq!(run(&h), ('B', 40, 1.0, 0));
    // A branch with an edit in one press.
    h.state_mut().act(Action::At(Some(5)));
    settle(&mut h);
    press(&mut h, "level l taken at t = l");
    press(&mut h, "Branch at update 5");
    let race = &h.state().engine.race;
    assert_eq!(
        (race.name, race.update, race.from),
        ('C', 5, Some(('B', 5)))
    );
    assert_eq!(race.edits.len(), 1);
    assert!(!h.state().has_draft());
    train(&mut h, 10);
    assert!(run(&h).3 > 0);
    // The first run is gone on with as it was left, its settings too.
    h.state_mut()
        .act(Action::Command(Command::Layout(Layout::Train)));
    settle(&mut h);
    assert!(says(&h, "A, kept at update 30") && says(&h, "B, kept at update 40"));
    assert!(says(&h, "Z-IL of A") && says(&h, "BP of B"));
    h.get_by_label("Go on with A").scroll_to_me();
    settle(&mut h);
    press(&mut h, "Go on with A");
    assert_eq!(run(&h), edited);
    assert!(!h.state().has_draft());
    // Hidden, a run is not in the plots; closed, it is not there, and restored it is as it was.
    press(&mut h, "B, kept at update 40");
    assert!(!says(&h, "BP of B") && says(&h, "Z-IL of C"));
    let names = |h: &Harness<'_, Window>| -> Vec<char> {
        let kept = h.state().engine.race.kept.iter();
        kept.map(|k| k.name).collect()
    };
    scrolled(&mut h, "Close C");
    assert_eq!(names(&h), ['B']);
    assert!(!says(&h, "Z-IL of C") && says(&h, "C, closed at update 10"));
    scrolled(&mut h, "Restore C");
    assert_eq!(names(&h), ['B', 'C']);
    assert!(says(&h, "Z-IL of C") && !says(&h, "closed at"));
    scrolled(&mut h, "Go on with C");
    assert_eq!((run(&h).0, run(&h).1), ('C', 10));
    assert!(run(&h).3 > 0);
    // It can be called something, and drawn in a colour of its own.
    h.get_by_label("Name of run B").scroll_to_me();
    settle(&mut h);
    h.get_by_label("Name of run B").focus();
    h.run_steps(2);
    h.get_by_label("Name of run B").type_text("slow");
    settle(&mut h);
    assert!(says(&h, "B (slow), kept at update 40"));
    h.get_by_label("Colour of run A").scroll_to_me();
    settle(&mut h);
    h.get_by_label("Colour of run A").click();
    h.run_steps(3);
    press(&mut h, "violet");
    assert_eq!(h.state().view.run_looks[&'A'].colour, Some(2));
}

#[test]
fn while_it_trains_a_run_takes_edits_up_and_is_branched() {
    let mut h = harness();
    h.state_mut().act(Action::Race(RaceCommand::Run));
    until(&mut h, "ten updates", |h| h.state().engine.race.update > 10);
    for on in [false, true, false] {
        h.get_by_label("γ = 1").click();
        h.run_steps(3);
        h.get_by_label("Apply now").click();
        h.run_steps(3);
        let gamma = if on { 1.0 } else { 0.5 };
        let made = h.state().engine.race.update;
        until(&mut h, "three updates more", |h| {
            h.state().engine.race.update > made + 3
        });
        let session = h.state().engine.session.as_ref().unwrap();
        assert_eq!(session.experiment.conditions.gamma, gamma);
        assert!(h.state().engine.race.state == RaceState::Running);
    }
    assert_eq!(h.state().engine.race.edits.len(), 3);
    h.state_mut().act(Action::At(Some(4)));
    h.run_steps(3);
    h.state_mut().run_command(Command::Branch);
    settle(&mut h);
    let race = &h.state().engine.race;
    assert_eq!(
        (race.name, race.update, race.kept[0].edits.len()),
        ('B', 4, 3)
    );
    assert_eq!(run(&h), ('B', 4, 1.0, 0));
}

#[test]
fn what_makes_another_run_is_not_taken_up() {
    let mut h = harness();
    train(&mut h, 3);
    h.state_mut().document.draft.seed = 5;
    h.run_steps(2);
    assert!(h.state().has_draft() && !h.state().can_take_up());
    assert!(h.query_by_label_contains("Apply after").is_none());
    h.state_mut().run_command(Command::Undo);
    settle(&mut h);
    // As many runs as are kept are enough.
    for _ in 0..9 {
        h.state_mut().run_command(Command::Branch);
        settle(&mut h);
    }
    assert_eq!(h.state().engine.race.kept.len(), 7);
    assert!(says(&h, "one has to be closed first"));
    // An edit that was meant for a branch goes nowhere else.
    let name = h.state().engine.race.name;
    h.state_mut().act(Action::At(Some(1)));
    settle(&mut h);
    h.get_by_label("γ = 1").click();
    settle(&mut h);
    h.state_mut().act(Action::TakeUp { branch: true });
    settle(&mut h);
    let race = &h.state().engine.race;
    assert_eq!((race.name, race.edits.len()), (name, 0));
    assert!(h.state().has_draft());
}

#[test]
fn a_branch_at_the_beginning_is_edited_and_no_run_is_lost() {
    let mut h = harness();
    train(&mut h, 5);
    h.state_mut().act(Action::At(Some(0)));
    settle(&mut h);
    h.state_mut().run_command(Command::Branch);
    settle(&mut h);
    h.get_by_label("γ = 1").click();
    settle(&mut h);
    train(&mut h, 3);
    let race = &h.state().engine.race;
    assert_eq!((race.name, race.update, race.kept.len()), ('B', 3, 1));
    assert_eq!(run(&h).2, 0.5);
    // What was never taken up is not taken up by redo.
    h.get_by_label("level l taken at t = l").click();
    settle(&mut h);
    h.state_mut().run_command(Command::Undo);
    settle(&mut h);
    assert!(!h.state().has_draft());
    h.state_mut().run_command(Command::Redo);
    settle(&mut h);
    assert!(h.state().has_draft());
}

#[test]
fn a_rule_that_no_lane_has_is_taken_up_by_one_that_joins_and_leaves_with_it() {
    let mut h = harness();
    train(&mut h, 20);
    let lanes = |h: &Harness<'_, Window>| -> Vec<(String, u64)> {
        let lanes = h.state().engine.race.lanes.iter();
        lanes.map(|l| (l.spec.id.to_string(), l.updates)).collect()
    };
    let usual = |updates: u64| -> Vec<(String, u64)> {
        let names = ["bp", "zil", "il"];
        names.map(|name| (name.to_owned(), updates)).into()
    };
    let draft = h.state().document.draft.clone();
    let inference = crate::learning::Inference {
        adaptive: false,
        ..draft.inference
    };
    h.state_mut().act(Action::Rule {
        rule: testing::rule("incremental"),
        inference,
        conditions: draft.conditions,
    });
    settle(&mut h);
    assert!(h.state().can_take_up());
    press(&mut h, "Apply after update 20");
    assert!(h.state().shell.notice.is_none() && !h.state().has_draft());
    train(&mut h, 26);
    let mut joined = usual(26);
    joined.push(("incremental".to_owned(), 26));
    assert_eq!(lanes(&h), joined);
    assert_eq!(h.state().engine.race.edits.len(), 1);
    // Taken back it leaves, made again at once it has never left; what it was is found in its past.
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut h);
    assert_eq!(lanes(&h), usual(26));
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    settle(&mut h);
    assert_eq!(lanes(&h), joined);
    h.state_mut().act(Action::At(Some(23)));
    settle(&mut h);
    h.key_press_modifiers(Modifiers::COMMAND, Key::B);
    settle(&mut h);
    let back = lanes(&h);
    assert_eq!((back.len(), &back[3]), (4, &("incremental".to_owned(), 23)));
}
