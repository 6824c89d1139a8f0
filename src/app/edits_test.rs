//! Settings edited in the midst of a run, by the controls of the set-up, with the engine on threads of its own.

use super::panels::update_line::stops;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, rests, says};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{LaneSnapshot, Mode, RaceCommand, RaceSnapshot, Session};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn harness(changes: &[&str]) -> Harness<'static, Window> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    rests(&mut h);
    h
}

fn train(h: &mut Harness<'_, Window>, until: u64) {
    h.state_mut()
        .act(Action::Race(RaceCommand::RunUntil(until)));
    rests(h);
}

/// The loss of every batch of every lane, in bits.
fn losses(race: &RaceSnapshot) -> Vec<(String, Vec<u64>)> {
    let of = |lane: &LaneSnapshot| {
        let all = lane.loss.buckets().iter();
        let bits = all.map(|b| b.mean.to_bits()).collect();
        (lane.spec.id.to_string(), bits)
    };
    race.lanes.iter().map(of).collect()
}

#[test]
fn every_setting_is_taken_up_at_its_update_marked_undone_and_redone() {
    let mut h = harness(&["learning.rule=il", "inference.adaptive=false"]);
    let begun = h.state().document.draft.clone();
    let fields = [
        ("Batch", "7", "learning.batch 32 → 7"),
        ("Rate", "0.05", "learning.rate"),
        ("Momentum", "0.5", "learning.momentum"),
        ("Weight decay", "0.001", "learning.weight_decay"),
        ("Steps T", "5", "inference.steps"),
        ("Noise", "0.01", "inference.noise"),
        ("Hidden precision", "0.5", "inference.precision"),
        ("Output precision", "0.5", "inference.output_precision"),
        ("Batch", "50", "learning.batch 7 → 50"),
    ];
    let mut told = Vec::new();
    for (field, text, words) in fields {
        let made = 4 * (told.len() as u64 + 1);
        train(&mut h, made);
        h.get_by_label(field).set_text_value_accesskit(text);
        rests(&mut h);
        assert!(h.state().has_draft() && h.state().can_take_up(), "{field}");
        h.get_by_label(&format!("Apply after update {made}"))
            .click();
        rests(&mut h);
        assert!(!h.state().has_draft(), "{field}");
        let race = &h.state().engine.race;
        let (at, changes) = race.edits.last().unwrap();
        assert_eq!((*at, changes.len()), (made, 1));
        assert!(changes[0].to_string().contains(words), "{}", changes[0]);
        assert!(stops(race).contains(&made), "{field} has its mark");
        told.push((made, h.state().document.draft.clone()));
    }
    train(&mut h, 60);
    // Told the same without a window, to the bit.
    let mut session = Session::start(begun.clone(), Mode::InStep).unwrap();
    for (update, draft) in &told {
        session.race(RaceCommand::RunUntil(*update));
        session.race(RaceCommand::Edit(Box::new(draft.clone())));
    }
    session.race(RaceCommand::RunUntil(60));
    let other = session.take_race().unwrap();
    assert_eq!(losses(&h.state().engine.race), losses(&other));
    // Batches of 32, 7 and 50: the epoch of 1,078 examples ends when all of them have come.
    let examples = 4 * 32 + 32 * 7;
    let train_part = h.state().engine.data().unwrap().split().train.len() as u64;
    let end = 36 + (train_part - examples).div_ceil(50);
    assert_eq!(other.epochs.end(1), end);
    assert_eq!(h.state().engine.race.epochs, other.epochs);
    // All taken back after one update: the run goes on as it began. All made again: nothing was edited there.
    for _ in &told {
        h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        rests(&mut h);
    }
    assert_eq!(h.state().document.draft, begun);
    let race = &h.state().engine.race;
    assert_eq!(**race.experiment.as_ref().unwrap(), begun);
    assert_eq!(race.edits.len(), told.len() + 1);
    assert_eq!(race.edits.last().unwrap().0, 60);
    for _ in &told {
        h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        rests(&mut h);
    }
    assert_eq!(h.state().engine.race.edits.len(), told.len());
    // A step of an epoch ends where the epoch does.
    h.state_mut().player.grain = super::state::Grain::Epoch;
    h.key_press(Key::ArrowRight);
    rests(&mut h);
    let race = &h.state().engine.race;
    assert_eq!((race.update, race.epochs.at(race.update)), (end, 1.0));
    // Any update of it can be looked at, to the same bits: on the way back too.
    h.state_mut().act(Action::At(Some(20)));
    rests(&mut h);
    assert_eq!(h.state().shown_update(), 20);
    h.state_mut()
        .act(Action::Race(RaceCommand::Branch(20, None)));
    rests(&mut h);
    train(&mut h, 36);
    let race = &h.state().engine.race;
    let mut session = Session::start(begun, Mode::InStep).unwrap();
    for (update, draft) in told.iter().take_while(|t| t.0 <= 20) {
        session.race(RaceCommand::RunUntil(*update));
        session.race(RaceCommand::Edit(Box::new(draft.clone())));
    }
    session.race(RaceCommand::RunUntil(36));
    assert_eq!(losses(race), losses(&session.take_race().unwrap()));
}

#[test]
fn what_means_nothing_is_not_taken_up() {
    let mut h = harness(&[]);
    train(&mut h, 3);
    h.state_mut().document.draft.learning.batch = usize::MAX;
    h.run_steps(2);
    h.state_mut().act(Action::TakeUp { branch: false });
    rests(&mut h);
    assert!(says(&h, "Not applied.") && says(&h, "learning.batch is"));
    assert!(h.state().engine.race.edits.is_empty());
    train(&mut h, 5);
    assert_eq!(h.state().engine.race.update, 5);
}
