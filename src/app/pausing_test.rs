//! What playing and training pause at, chosen in the card of the time bar, with the engine on threads of its own.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Grain, Notice};
use super::testing::{self, rests, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{LIMIT_EVERY, Mode, RaceCommand, RaceState, ScopeCommand};
use egui::Key;
use egui::accesskit::Role;
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

/// Opens the card, presses what is named, and closes it again.
fn switch(h: &mut Harness<'_, Window>, conditions: &[&str]) {
    h.get_by_label("Pause when…").click();
    h.run_steps(3);
    for condition in conditions {
        h.get_by_label(condition).click();
        h.run_steps(3);
    }
    h.key_press(Key::Escape);
    h.run_steps(3);
    assert!(h.query_by_label("a number is not finite").is_none());
}

/// The number of a condition that is on, typed into the card.
fn number(h: &mut Harness<'_, Window>, field: &str, text: &str) {
    h.get_by_label("Pause when…").click();
    h.run_steps(3);
    h.get_by_label(field).set_text_value_accesskit(text);
    h.run_steps(3);
    h.key_press(Key::Escape);
    h.run_steps(3);
}

fn paused(h: &mut Harness<'_, Window>) -> Notice {
    let notice = h.state_mut().shell.notice.take();
    let notice = notice.expect("why it paused is said");
    assert!(notice.subject.starts_with("Paused "), "{notice:?}");
    notice
}

/// Plays from state 0 until it pauses; the state it came to.
fn play(h: &mut Harness<'_, Window>) -> usize {
    let w = h.state_mut();
    w.player.speed = 6;
    w.player.repeat = true;
    w.act(Action::Seek(0));
    rests(h);
    h.key_press(Key::Space);
    h.run_steps(2);
    until(h, "a pause", |h| !h.state().view.playing);
    h.state().view.t
}

#[test]
fn training_pauses_at_what_is_met_first_and_says_it_with_its_number() {
    let mut h = harness(&[]);
    let conditions = [
        "the batch loss falls below",
        "the accuracy rises above",
        "weights are apart from BP’s by",
    ];
    switch(&mut h, &conditions);
    assert_eq!(h.state().view.pause_when.len(), 3);
    number(&mut h, "Batch loss", "1.5");
    number(&mut h, "Score", "0.85");
    let zil = |h: &Harness<'_, Window>| {
        let lanes = &h.state().engine.race.lanes;
        lanes
            .iter()
            .find(|l| l.spec.id == LaneId::ZIL)
            .unwrap()
            .clone()
    };
    h.state_mut().act(Action::Race(RaceCommand::Run));
    rests(&mut h);
    let notice = paused(&mut h);
    let last = *zil(&h).loss.last().unwrap();
    assert!(last.mean < 1.5 && last.update == h.state().engine.race.update);
    let before = zil(&h).loss.buckets().iter().rev().nth(1).unwrap().mean;
    assert!(before >= 1.5, "the first that is below: {before}");
    let said = super::format::number3(last.mean);
    assert_eq!(
        notice.rest,
        format!("The batch loss of Z-IL was {said}, below 1.5.")
    );
    // The next is the accuracy; the loss has to be missed first.
    h.state_mut().act(Action::Race(RaceCommand::Run));
    rests(&mut h);
    let mut notice = paused(&mut h);
    while notice.rest.contains("batch loss") {
        h.state_mut().act(Action::Race(RaceCommand::Run));
        rests(&mut h);
        notice = paused(&mut h);
    }
    assert!(
        notice.rest.contains("The accuracy of Z-IL was 8") && notice.rest.contains("above 85.00 %"),
        "{notice:?}"
    );
    assert_eq!(h.state().engine.race.update % 50, 0);
    // Switched off, nothing pauses it; what the Train layout has says the same.
    h.state_mut()
        .act(Action::Command(Command::Layout(Layout::Train)));
    rests(&mut h);
    assert!(says(&h, "Pause training when… 3 are on"));
    switch(&mut h, &conditions);
    assert!(h.state().view.pause_when.is_empty() && says(&h, "Pause training when…"));
    let made = h.state().engine.race.update;
    h.get_by_label("Run, then pause").click();
    rests(&mut h);
    assert_eq!(h.state().engine.race.update, made + 100);
    assert!(h.state().shell.notice.is_none());
}

#[test]
fn conditions_of_several_lanes_and_of_the_way_they_go_pause_too() {
    let mut h = harness(&[
        "learning.rule=il",
        "inference.adaptive=false",
        "inference.gamma=0.9",
    ]);
    switch(
        &mut h,
        &[
            "γ is past its stability limit",
            "the cosine with BP falls below",
            "a lane stops: not finite",
        ],
    );
    // Of another lane it stays, under its name.
    h.get_by_label("Pause when…").click();
    h.run_steps(3);
    let bp = "Z-IL";
    let lanes = h.query_all_by_role_and_label(Role::RadioButton, bp);
    let lane = lanes.max_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
    lane.unwrap().click();
    h.run_steps(3);
    h.get_by_label("the cosine with BP falls below").click();
    h.run_steps(3);
    assert_eq!(h.state().view.pause_when.len(), 4);
    assert!(says(&h, "IL: γ is past its stability limit"));
    h.key_press(Key::Escape);
    h.state_mut().act(Action::Race(RaceCommand::Run));
    rests(&mut h);
    let notice = paused(&mut h);
    assert_eq!(h.state().engine.race.update, 1);
    assert!(
        notice
            .rest
            .contains("γ of IL is 0.9, past its stability limit 0."),
        "{notice:?}"
    );
    // Met, it has to be missed first.
    h.state_mut()
        .act(Action::Race(RaceCommand::RunUntil(2 * LIMIT_EVERY)));
    rests(&mut h);
    let race = &h.state().engine.race;
    let il = race.lanes.iter().find(|l| l.spec.id == LaneId::IL).unwrap();
    let cosine = il.apart.map_or(f64::NAN, |d| d.cosine);
    let said = h.state().shell.notice.as_ref().map(|n| n.rest.clone());
    match said {
        // Whichever comes first at such a γ.
        Some(words) if words.contains("cosine") => {
            assert!(
                cosine < 0.99 && words.contains(&super::format::number(cosine)),
                "{words}"
            );
        }
        Some(words) => assert!(words.contains("IL stopped: something of update"), "{words}"),
        None => assert_eq!(race.update, 2 * LIMIT_EVERY),
    }
}

#[test]
fn playing_pauses_where_a_level_is_taken_and_goes_on_from_there() {
    let mut h = harness(&["network.layers=[{dense=8},{dense=8},{dense=10}]"]);
    switch(&mut h, &["a level is taken, number"]);
    let deepest = h.state().view.halts.captured.unwrap();
    assert_eq!(deepest, 2);
    number(&mut h, "Level that is taken", "1");
    assert_eq!(play(&mut h), 1);
    assert_eq!(
        paused(&mut h),
        Notice {
            subject: "Paused at t = 1.".into(),
            rest: "Level 1 was taken.".into()
        }
    );
    // One more press goes on, round again, to the same place.
    h.key_press(Key::Space);
    h.run_steps(1);
    assert!(h.state().view.playing && h.state().shell.notice.is_none());
    until(&mut h, "a pause", |h| !h.state().view.playing);
    assert_eq!(h.state().view.t, 1);
    paused(&mut h);
}

#[test]
fn playing_pauses_where_the_energy_rises_a_cosine_falls_or_a_number_is_not_finite() {
    let mut h = harness(&[
        "learning.rule=il",
        "inference.adaptive=false",
        "inference.gamma=1",
        "inference.steps=400",
    ]);
    h.state_mut()
        .engine
        .tell_scope(ScopeCommand::RunTo(usize::MAX));
    rests(&mut h);
    let micro = h.state().engine.micro.clone().unwrap();
    let energy = |t: usize| micro.states[t].total_energy();
    let rises = (1..=micro.steps)
        .find(|&t| energy(t) > energy(t - 1))
        .unwrap();
    switch(&mut h, &["the energy rises"]);
    assert_eq!(play(&mut h), rises);
    let number = super::format::number;
    let said = format!(
        "F rose from {} to {}.",
        number(energy(rises - 1)),
        number(energy(rises))
    );
    assert_eq!(paused(&mut h).rest, said);
    switch(
        &mut h,
        &["the energy rises", "a level’s cosine falls below"],
    );
    let low = |t: usize| {
        let all = micro.states[t].levels.iter().flatten().map(|l| l.cosine);
        all.fold(1.0, f64::min) < 0.99
    };
    let falls = (0..=micro.steps).find(|&t| low(t)).unwrap();
    assert_eq!(play(&mut h), falls);
    assert!(paused(&mut h).rest.contains("with backprop was"));
    // Nothing of the usual kind overflows: of one that goes wild the first such state is found.
    switch(
        &mut h,
        &["a level’s cosine falls below", "a number is not finite"],
    );
    let wild = micro.states.iter().find_map(|s| s.first_not_finite);
    match wild {
        Some((_, t)) => {
            assert_eq!(play(&mut h), t);
            assert!(paused(&mut h).rest.contains("was not finite"));
        }
        None => assert!(micro.states.iter().all(|s| s.not_finite.is_none())),
    }
}

#[test]
fn the_next_so_many_steps_updates_or_epochs_are_run_at_a_press() {
    let mut h = harness(&["learning.rule=il", "inference.steps=30"]);
    let run = |h: &mut Harness<'_, Window>, grain, count: &str| {
        h.state_mut().player.grain = grain;
        h.state_mut().player.speed = 6;
        h.run_steps(2);
        h.get_by_label("Pause when…").click();
        h.run_steps(3);
        h.get_by_label("To run").set_text_value_accesskit(count);
        h.run_steps(3);
        h.get_by_label("Run").click();
        h.run_steps(3);
    };
    h.state_mut().act(Action::Seek(2));
    rests(&mut h);
    run(&mut h, Grain::Step, "7");
    until(&mut h, "a pause", |h| !h.state().view.playing);
    assert_eq!(h.state().view.t, 9);
    run(&mut h, Grain::Step, "100");
    until(&mut h, "a pause", |h| !h.state().view.playing);
    assert_eq!(h.state().view.t, 30, "there are no more");
    run(&mut h, Grain::Update, "5");
    rests(&mut h);
    assert_eq!(h.state().engine.race.update, 5);
    run(&mut h, Grain::Epoch, "2");
    rests(&mut h);
    let race = &h.state().engine.race;
    assert_eq!(race.update, race.epochs.end(2));
}

#[test]
fn a_race_that_is_paused_heeds_the_end_that_is_set_then() {
    let mut h = harness(&[]);
    h.state_mut()
        .act(Action::Command(Command::Layout(Layout::Train)));
    h.run_steps(2);
    for resume in ["Space", "Run, then pause"] {
        h.state_mut().act(Action::Race(RaceCommand::Run));
        let made = h.state().engine.race.update;
        until(&mut h, "some updates", |h| {
            h.state().engine.race.update > made + 5
        });
        h.key_press(Key::Space);
        h.run_steps(2);
        until(&mut h, "the pause", |h| {
            h.state().engine.race.state == RaceState::Paused
        });
        let end = h.state().engine.race.update + 30;
        let field = h.get_by_label("End at update");
        field.set_text_value_accesskit(&end.to_string());
        h.run_steps(3);
        assert_eq!(h.state().engine.race.state, RaceState::Paused);
        match resume {
            "Space" => h.key_press(Key::Space),
            _ => h.get_by_label(resume).click(),
        }
        rests(&mut h);
        assert_eq!(h.state().engine.race.update, end, "{resume}");
        assert!(says(&h, &format!("scored at {end}")), "{resume}");
        h.get_by_label("End at update")
            .set_text_value_accesskit("0");
        h.run_steps(3);
    }
}

#[test]
fn training_pauses_where_the_energy_rises_in_what_a_lane_infers() {
    let mut h = harness(&[
        "learning.rule=il",
        "inference.adaptive=false",
        "inference.gamma=0.02",
        "inference.steps=12",
    ]);
    switch(&mut h, &["the energy rises in its inference"]);
    let rises = |h: &mut Harness<'_, Window>| {
        h.state_mut()
            .engine
            .tell_scope(ScopeCommand::RunTo(usize::MAX));
        rests(h);
        let micro = h.state().engine.micro.clone().unwrap();
        let energy = |t: usize| micro.states[t].total_energy();
        (1..=micro.steps).find(|&t| energy(t) > energy(t - 1))
    };
    // At a small γ it falls all the way.
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(8)));
    rests(&mut h);
    assert!(h.state().shell.notice.is_none());
    assert_eq!((h.state().engine.race.update, rises(&mut h)), (8, None));
    // With a large one it rises after the next update, and the microscope sees it where that is said.
    let mut draft = h.state().document.draft.clone();
    draft.inference.gamma = 1.0;
    h.state_mut().act(Action::Edit(Box::new(draft)));
    rests(&mut h);
    h.state_mut().act(Action::TakeUp { branch: false });
    rests(&mut h);
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(40)));
    rests(&mut h);
    let rest = paused(&mut h).rest;
    let t = rises(&mut h).unwrap();
    let said =
        format!("F of IL rose at t = {t} of what it infers of the example that is looked at.");
    assert_eq!((h.state().engine.race.update, rest), (9, said));
    // Backprop infers nothing.
    h.state_mut()
        .act(Action::Choose(super::state::Choice::PauseLane(LaneId::BP)));
    switch(
        &mut h,
        &[
            "the energy rises in its inference",
            "IL: the energy rises in its inference",
        ],
    );
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(20)));
    rests(&mut h);
    assert_eq!(h.state().engine.race.update, 20);
}
