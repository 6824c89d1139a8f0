//! A part of a line is repeated: asked for with Shift and a drag, or by command, and given up, with the engine on threads of its own.

use super::commands::Command;
use super::region::Region;
use super::settings::Settings;
use super::state::{Action, Choice, Grain};
use super::testing::{self, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn harness() -> Harness<'static, Window> {
    let changes = ["learning.rule=\"il\"", "inference.steps=20"].map(str::to_owned);
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h.state_mut().view.playing = false;
    h
}

/// The line whose words begin so.
fn line(h: &Harness<'_, Window>, begins: &str) -> Rect {
    let mut all = h.get_all_by_role(Role::Slider);
    let own = all.find(|n| {
        n.accesskit_node()
            .label()
            .is_some_and(|l| l.starts_with(begins))
    });
    own.unwrap().rect()
}

/// A place on a line whose reach goes beyond its ends by so much.
fn at(rect: Rect, beyond: f32, share: f32) -> Pos2 {
    let rail = rect.shrink2(egui::vec2(beyond, 0.0));
    pos2(rail.left() + share * rail.width(), rail.center().y)
}

fn drag(h: &mut Harness<'_, Window>, modifiers: Modifiers, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers,
    };
    h.event(Event::ModifiersChanged(modifiers));
    h.event(Event::PointerMoved(from));
    h.event(button(from, true));
    h.run_steps(1);
    if from != to {
        for part in [0.5, 1.0] {
            h.event(Event::PointerMoved(from + part * (to - from)));
            h.run_steps(1);
        }
    }
    h.event(button(to, false));
    h.run_steps(1);
    h.event(Event::ModifiersChanged(Modifiers::NONE));
    h.run_steps(1);
}

#[test]
fn playback_repeats_a_part_of_the_states() {
    let mut h = harness();
    h.state_mut().act(Action::Seek(3));
    settle(&mut h);
    let rect = line(&h, "Inference states");
    drag(
        &mut h,
        Modifiers::SHIFT,
        at(rect, 8.0, 0.6),
        at(rect, 8.0, 0.3),
    );
    assert_eq!(h.state().player.region, Some(Region::States([6, 12])));
    assert!(
        says(&h, "t = 3 of 20, repeats t = 6 to 12"),
        "the cursor stays"
    );
    h.state_mut().act(Action::Choose(Choice::Speed(6)));
    h.key_press(Key::Space);
    until(&mut h, "the beginning", |h| h.state().view.t == 6);
    let mut seen = BTreeSet::new();
    let mut turns = 0;
    let mut before = 6;
    until(&mut h, "three turns", |h| {
        let t = h.state().view.t;
        seen.insert(t);
        turns += u32::from(t < before);
        before = t;
        turns == 3
    });
    assert_eq!(seen, (6..=12).collect());
    assert!(h.state().view.playing);
    // A click within moves the cursor alone; one outside ends it.
    h.key_press(Key::Space);
    h.run_steps(2);
    let p = at(rect, 8.0, 0.5);
    drag(&mut h, Modifiers::NONE, p, p);
    assert_eq!(h.state().view.t, 10);
    assert!(h.state().player.region.is_some());
    let p = at(rect, 8.0, 0.9);
    drag(&mut h, Modifiers::NONE, p, p);
    settle(&mut h);
    assert_eq!(h.state().player.region, None);
    assert_eq!(h.state().view.t, 18);
    assert!(!says(&h, "repeats t") && !says(&h, "repeats updates"));
}

#[test]
fn playback_repeats_a_part_of_the_updates() {
    let mut h = harness();
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(40)));
    settle(&mut h);
    let rect = line(&h, "update 40");
    // The line stands for a hundred updates.
    drag(
        &mut h,
        Modifiers::SHIFT,
        at(rect, 0.0, 0.2),
        at(rect, 0.0, 0.24),
    );
    assert_eq!(h.state().player.region, Some(Region::Updates([20, 24])));
    assert!(says(&h, "repeats updates 20 to 24"));
    assert_eq!(h.state().engine.wished(), None, "the cursor stays");
    h.state_mut().act(Action::Choose(Choice::Speed(6)));
    h.key_press(Key::Space);
    let (mut seen, mut turns, mut before) = (BTreeSet::new(), 0, None);
    until(&mut h, "two turns", |h| {
        let at = h.state().engine.at;
        seen.extend(at);
        turns += u32::from(at < before);
        before = at;
        turns == 2
    });
    assert_eq!(seen, (20..=24).collect());
    assert!(h.state().view.playing);
    h.key_press(Key::Escape);
    h.run_steps(2);
    assert_eq!(h.state().player.region, None);
    assert!(!says(&h, "repeats t") && !says(&h, "repeats updates"));
    // By commands alone, of the line that a step goes along.
    h.state_mut()
        .act(Action::Choose(Choice::Grain(Grain::Update)));
    h.state_mut().act(Action::At(Some(7)));
    settle(&mut h);
    h.state_mut().run_command(Command::RepeatFrom);
    assert_eq!(h.state().player.region, Some(Region::Updates([7, 40])));
    h.state_mut().act(Action::At(Some(9)));
    h.state_mut().run_command(Command::RepeatTo);
    assert_eq!(h.state().player.region, Some(Region::Updates([7, 9])));
    // What is no more is not repeated.
    h.state_mut().act(Action::Race(RaceCommand::Reset));
    settle(&mut h);
    assert_eq!(h.state().player.region, None);
    assert!(h.state().idle(Command::RepeatAll).is_some());
}
