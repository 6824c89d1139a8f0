//! The window with inputs that a user makes: on the plane, in text, by a generator.

use super::commands::Command;
use super::layout::Layout;
use super::window::Window;
use super::window_test::{harness, harness_of, plane_of, press, says, settle};
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::microscope::Field;
use crate::learning::Verdict;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

#[test]
fn an_input_placed_on_the_plane_is_inferred_and_a_point_is_an_example() {
    let mut h = harness("moons");
    settle(&mut h);
    let input = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.clone().unwrap();
        [0, 1].map(|i| micro.value(0, Field::X, 0, i))
    };
    let plane = h.state().engine.plane.clone().unwrap();
    let rect = plane_of(&h);
    // No point lies in the lower left corner.
    press(&mut h, rect.left_bottom() + egui::vec2(3.0, -3.0));
    let micro = h.state().engine.micro.clone().unwrap();
    assert!(micro.subject.drawn);
    let [x, y] = input(&h);
    let width = plane.x[1] - plane.x[0];
    assert!((x - plane.x[0]).abs() < 0.05 * width && (y - plane.y[0]).abs() < 0.05 * width);
    // A click on a point looks at that example.
    let data = h.state().engine.data().unwrap().clone();
    let mut point = [0.0; 2];
    data.write_input(40, &mut point);
    let part = |v: f64, r: [f64; 2]| ((v - r[0]) / (r[1] - r[0])) as f32;
    press(
        &mut h,
        egui::pos2(
            rect.left() + part(point[0], plane.x) * rect.width(),
            rect.bottom() - part(point[1], plane.y) * rect.height(),
        ),
    );
    let subject = h.state().engine.micro.clone().unwrap().subject.clone();
    assert!(!subject.drawn);
    let mut chosen = [0.0; 2];
    data.write_input(subject.example, &mut chosen);
    let away = (chosen[0] - point[0]).hypot(chosen[1] - point[1]);
    assert!(away < 0.05 * width, "{away}");
    // Training moves the boundary.
    let before = h.state().engine.plane.clone().unwrap();
    h.state_mut().act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::RunUntil(20),
    ));
    settle(&mut h);
    let after = h.state().engine.plane.clone().unwrap();
    assert_eq!((before.update, after.update), (0, 20));
    assert_ne!(before.outputs, after.outputs);
}

#[test]
fn points_set_by_hand_become_a_data_set() {
    let mut h = harness("moons");
    settle(&mut h);
    h.get_by_label("Make points").click();
    settle(&mut h);
    let rect = plane_of(&h);
    for i in 0..4 {
        press(
            &mut h,
            rect.center() + egui::vec2(-30.0, 12.0 * i as f32 - 20.0),
        );
    }
    h.get_by_label("class B").click();
    settle(&mut h);
    for i in 0..4 {
        press(
            &mut h,
            rect.center() + egui::vec2(30.0, 12.0 * i as f32 - 20.0),
        );
    }
    h.get_by_label("8 points of 2 classes");
    // Nothing runs on them yet.
    assert_eq!(h.state().engine.data().unwrap().name(), "moons");
    h.get_by_label("Use them").click();
    settle(&mut h);
    assert_eq!(h.state().shell.notice, None);
    let data = h.state().engine.data().unwrap();
    assert_eq!((data.name(), data.len()), ("points", 8));
    assert_eq!(data.classes(), ["A", "B"]);
    // The file that would be saved holds the points and opens to the same.
    let text = h.state().document.draft.to_toml().unwrap();
    let again = Experiment::parse(&text, "saved", &[]).unwrap();
    assert_eq!(again.data.points.as_ref().map(Vec::len), Some(8));
    assert_eq!(load_data(&again).unwrap().len(), 8);
}

#[test]
fn a_recurrent_network_is_read_back_in_time_and_its_text_can_be_typed() {
    let mut h = harness("names-rnn");
    settle(&mut h);
    let data = h.state().engine.data().unwrap().clone();
    let example = data
        .split()
        .test
        .clone()
        .find(|&i| data.text(i).is_some_and(|t| t.chars().count() == 5))
        .unwrap();
    h.state_mut().act(super::state::Action::Example(example));
    settle(&mut h);
    let micro = h.state().engine.micro.clone().unwrap();
    assert_eq!((micro.steps, micro.missing_steps()), (5, 15));
    h.state_mut().act(super::state::Action::Seek(2));
    settle(&mut h);
    // At t = 2 the last letter and the one before it have been reached, the first has not.
    let letters: Vec<char> = data.text(example).unwrap().chars().collect();
    for (n, moved) in [(5, true), (4, true), (1, false)] {
        let units = micro.plan.len_of(1);
        let start = format!("h{n}, letter {}, {units}, level {}", letters[n - 1], 6 - n);
        h.get_by(|node| {
            node.label()
                .is_some_and(|l| l.starts_with(&start) && l.contains("size of ε 0 at") != moved)
        });
    }
    assert!(says(&h, "EXACT SO FAR"));
    // Another word is inferred at once, with its own number of steps.
    let field = h.get_by_label("Text");
    field.focus();
    field.type_text("x");
    settle(&mut h);
    let micro = h.state().engine.micro.clone().unwrap();
    assert!(micro.subject.drawn);
    assert_eq!((micro.steps, micro.missing_steps()), (6, 14));
}

/// Every layout of networks that are no chains draws every state without complaint, and the verdict at the end is EXACT.
#[test]
fn recurrent_networks_and_skips_are_shown_in_every_layout() {
    let stacked = "network.layers=[{rnn=12},{rnn=10},{dense=18}]";
    for (preset, change) in [("names-rnn", stacked), ("residual-cnn", "seed=3")] {
        let experiment = Experiment::load(preset, &[change.to_owned()]).unwrap();
        let mut h = harness_of(experiment);
        for layout in Layout::ALL {
            h.state_mut().run_command(Command::Layout(layout));
            settle(&mut h);
            h.state_mut().run_command(Command::StepForward);
            settle(&mut h);
        }
        let steps = h.state().engine.micro.as_ref().unwrap().steps;
        for _ in 0..steps {
            h.state_mut().run_command(Command::StepForward);
        }
        settle(&mut h);
        let micro = h.state().engine.micro.clone().unwrap();
        assert!(micro.finished());
        assert_eq!(micro.states[steps].verdict(), Some(Verdict::Exact));
    }
}

#[test]
fn generated_data_take_the_noise_of_their_slider_with_the_next_run() {
    let mut h = harness("moons");
    settle(&mut h);
    let before = h.state().engine.data().unwrap().clone();
    // What is generated gives way to the conditions in a window of this height.
    h.get_by(|n| {
        n.label()
            .is_some_and(|l| l.starts_with("Unfold what is generated"))
    })
    .click();
    settle(&mut h);
    h.get_by_label("noise").focus();
    h.key_press(egui::Key::ArrowRight);
    settle(&mut h);
    let noise = h.state().document.draft.data.noise.unwrap();
    assert!(noise > 0.1, "{noise}");
    let point = |data: &crate::data::Dataset| {
        let mut point = [0.0; 2];
        data.write_input(3, &mut point);
        point
    };
    assert_eq!(point(h.state().engine.data().unwrap()), point(&before));
    h.get_by_label("Start new run").click();
    settle(&mut h);
    let session = h.state().engine.session.as_ref().unwrap();
    assert_eq!(session.experiment.data.noise, Some(noise));
    assert_ne!(point(&session.data), point(&before));
}

/// Back and forth among the updates made, by keys, by the line, by buttons and by the badge.
#[test]
fn the_line_of_updates_goes_anywhere_in_the_run() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    let weights = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.clone().unwrap();
        (micro.subject.update, micro.states[0].energy.clone())
    };
    for _ in 0..5 {
        h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowRight);
        settle(&mut h);
    }
    let fifth = weights(&h);
    assert_eq!((fifth.0, h.state().engine.race.update), (5, 5));
    h.state_mut().act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::RunUntil(40),
    ));
    settle(&mut h);
    let newest = weights(&h);
    assert_eq!(newest.0, 40);
    // A click on the line, an eighth of the way of 100 updates in.
    let rail = h.get_by_label_contains("update 40, epoch").rect();
    press(
        &mut h,
        egui::pos2(rail.left() + 0.05 * rail.width(), rail.center().y),
    );
    settle(&mut h);
    let (at, seen) = (h.state().engine.at.unwrap(), weights(&h));
    assert!((4..=6).contains(&at) && seen.0 == at, "{at} {seen:?}");
    h.get_by_label("HISTORY");
    assert!(says(&h, &format!("update {at} of 40, epoch")));
    // By keys to the fifth, which is as it was.
    let mut last = at;
    while last != 5 {
        let key = if last > 5 {
            egui::Key::ArrowLeft
        } else {
            egui::Key::ArrowRight
        };
        h.key_press_modifiers(egui::Modifiers::SHIFT, key);
        settle(&mut h);
        last = h.state().engine.at.unwrap();
    }
    assert_eq!(weights(&h), fifth);
    // One forward in history makes no update.
    h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowRight);
    settle(&mut h);
    assert_eq!((weights(&h).0, h.state().engine.race.update), (6, 40));
    // The grain makes the buttons go by updates.
    h.get_by_label("update").click();
    settle(&mut h);
    h.get_by_label("Step back").click();
    settle(&mut h);
    assert_eq!(weights(&h), fifth);
    h.get_by_label("First state").click();
    settle(&mut h);
    assert_eq!((weights(&h).0, h.state().engine.at), (0, Some(0)));
    // The badge leads back.
    h.get_by_label("HISTORY").click();
    settle(&mut h);
    assert_eq!((weights(&h), h.state().engine.at), (newest.clone(), None));
    h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowLeft);
    settle(&mut h);
    assert_eq!(h.state().engine.at, Some(39));
    h.key_press(egui::Key::F);
    settle(&mut h);
    assert_eq!((weights(&h), h.state().engine.at), (newest, None));
    // Training on from history goes on from the newest.
    h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowLeft);
    settle(&mut h);
    h.state_mut().act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::RunUntil(41),
    ));
    settle(&mut h);
    assert_eq!((weights(&h).0, h.state().engine.at), (41, None));
}

/// Where the past is not kept, the window says so and looks at what it has.
#[test]
fn a_past_that_is_not_kept_is_said_and_not_shown() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    h.state_mut().act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::RunUntil(3),
    ));
    settle(&mut h);
    h.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowLeft);
    settle(&mut h);
    assert_eq!(h.state().engine.at, Some(2));
    h.state_mut().past_is_missing();
    settle(&mut h);
    let w = h.state();
    assert_eq!(
        (w.engine.at, w.engine.wished(), w.shown_update()),
        (None, None, 3)
    );
    assert!(says(&h, "Not kept."));
}
