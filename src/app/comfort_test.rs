//! Those who do not see the window well, or use no pointer: names, what is said aloud, plane and pad by keys, themes, motion. The engine
//! has threads of its own.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Choice};
use super::testing::{self, said, says, until};
use super::theme::Theme;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::Field;
use crate::experiment::session::{Mode, RaceState};
use egui::Key;
use egui::accesskit::{Action as Asked, Live};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(3);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn harness(preset: &str, settings: Settings) -> Harness<'static, Window> {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let window = Window::new(experiment, settings, Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h
}

fn key(h: &mut Harness<'_, Window>, key: Key) {
    h.key_press(key);
    settle(h);
}

/// The window has a name, and so has all that the focus can go to: in every layout, with menus, pad and sheets.
#[test]
fn the_window_and_all_that_takes_the_focus_has_a_name() {
    for preset in ["digits-mlp", "moons", "names-rnn"] {
        let mut h = harness(preset, Settings::default());
        let mut looked_at = 0;
        let mut look = |h: &Harness<'_, Window>, at: &str| {
            let root = h.root().accesskit_node();
            assert!(root.label().is_some_and(|l| l.starts_with("pcscope, ")));
            for node in h.query_all_by(|_| true) {
                let node = node.accesskit_node();
                if node.data().supports_action(Asked::Focus) {
                    looked_at += 1;
                    let named = node.label().is_some_and(|label| !label.trim().is_empty());
                    assert!(
                        named,
                        "{preset}, {at}: {:?} at {:?}",
                        node.role(),
                        node.bounding_box()
                    );
                }
            }
        };
        for layout in Layout::ALL {
            h.state_mut().shell.settings.layout = layout;
            h.run_steps(6);
            look(&h, layout.name());
        }
        h.state_mut().shell.settings.layout = Layout::Teach;
        for command in [
            Command::Keys,
            Command::Palette,
            Command::Open,
            Command::About,
        ] {
            h.state_mut().run_command(command);
            h.run_steps(6);
            look(&h, &format!("{command:?}"));
            h.state_mut().act(Action::Close);
        }
        h.state_mut().run_command(Command::Draw);
        h.run_steps(6);
        look(&h, "the pad");
        assert!(looked_at > 300, "{looked_at} nodes");
    }
}

#[test]
fn step_capture_and_verdict_are_said_aloud_and_probabilities_by_class() {
    let mut h = harness("digits-mlp", Settings::default());
    let announced = |h: &Harness<'_, Window>| -> Vec<String> {
        h.query_all_by(|node| node.live() == Live::Polite)
            .filter_map(|node| node.accesskit_node().label())
            .collect()
    };
    let depth = h.state().engine.micro.as_ref().unwrap().steps;
    let first = announced(&h);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(
        first[0].starts_with(&format!("t = 0 of {depth}, output captured, EXACT SO FAR")),
        "{first:?}"
    );
    key(&mut h, Key::ArrowRight);
    let second = announced(&h);
    assert!(
        second[0].starts_with("t = 1 of ") && second[0].contains(" captured, EXACT SO FAR"),
        "{second:?}"
    );
    key(&mut h, Key::End);
    for _ in 0..depth {
        key(&mut h, Key::ArrowRight);
    }
    assert!(
        announced(&h)[0].ends_with(", EXACT."),
        "{:?}",
        announced(&h)
    );
    let output = h.get_by(|node| {
        node.label()
            .is_some_and(|l| l.starts_with("output, 10, level 0"))
    });
    let words = output.accesskit_node().description().unwrap();
    let all: Vec<(&str, f64)> = words
        .strip_prefix("probabilities: ")
        .unwrap()
        .split(", ")
        .map(|part| part.split_once(' ').unwrap())
        .map(|(class, share)| (class, share.parse().unwrap()))
        .collect();
    assert_eq!(all.len(), 10, "{words}");
    assert!(
        (all.iter().map(|p| p.1).sum::<f64>() - 1.0).abs() < 0.02,
        "{words}"
    );
    assert!(all.windows(2).all(|two| two[0].1 >= two[1].1), "{words}");
}

/// Before its first step a rule that relaxes holds what any rule does at the output: no verdict is made of that.
#[test]
fn il_at_t_0_is_never_called_exact() {
    let mut h = harness("digits-mlp", Settings::default());
    for name in ["il", "incremental"] {
        let (_, inference, conditions) = h.state().inference();
        h.state_mut().act(Action::Rule {
            rule: testing::rule(name),
            inference,
            conditions,
        });
        settle(&mut h);
        h.state_mut().act(Action::Seek(0));
        settle(&mut h);
        for layout in [
            Layout::Present,
            Layout::Teach,
            Layout::Explore,
            Layout::Compare,
        ] {
            h.state_mut().shell.settings.layout = layout;
            settle(&mut h);
            // Of the output's own level it is true, and stands in its row; and it is what Z-IL would come to.
            let level = |s: &String| {
                s.starts_with("output, level 0: EXACT") || s.starts_with("all hold: EXACT")
            };
            let exact: Vec<String> = said(&h)
                .into_iter()
                .filter(|s| s.contains("EXACT") && !(level(s) && layout != Layout::Present))
                .collect();
            assert!(exact.is_empty(), "{name}, {layout:?}: {exact:?}");
            assert!(
                says(&h, "no error below the output yet"),
                "{name}, {layout:?}"
            );
        }
        h.state_mut().act(Action::Seek(usize::MAX));
        settle(&mut h);
        assert!(says(&h, "DIFFERENT RULE") || says(&h, "RIGHT DIRECTION"));
    }
}

#[test]
fn the_plane_and_the_pad_are_used_by_keys() {
    let mut h = harness("moons", Settings::default());
    let input = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.clone().unwrap();
        [0, 1].map(|i| micro.value(0, Field::X, 0, i))
    };
    let named = |h: &mut Harness<'_, Window>, start: &str| {
        h.get_by(|node| node.label().is_some_and(|l| l.starts_with(start)))
            .focus();
        settle(h);
    };
    named(&mut h, "Plane of two inputs");
    let (before, plane) = (input(&h), h.state().engine.plane.clone().unwrap());
    key(&mut h, Key::ArrowRight);
    key(&mut h, Key::ArrowUp);
    let after = input(&h);
    assert!(h.state().engine.micro.as_ref().unwrap().subject.drawn);
    for (i, range) in [plane.x, plane.y].into_iter().enumerate() {
        let step = (range[1] - range[0]) / 40.0;
        assert!(
            (after[i] - before[i] - step).abs() < 1e-5,
            "{before:?} {after:?}"
        );
    }
    assert_eq!(h.state().view.t, 0, "arrows did not step");
    // Space goes to an example that is near.
    key(&mut h, Key::Space);
    assert!(!h.state().engine.micro.as_ref().unwrap().subject.drawn);
    // A point is put, and taken away.
    h.state_mut().act(Action::Choose(Choice::Adding(Some(1))));
    settle(&mut h);
    named(&mut h, "Plane of two inputs");
    key(&mut h, Key::Space);
    let points = h.state().view.points.clone();
    assert_eq!((points.len(), points[0].class), (1, 1));
    key(&mut h, Key::Delete);
    assert!(h.state().view.points.is_empty());

    let mut h = harness("digits-mlp", Settings::default());
    key(&mut h, Key::P);
    named(&mut h, "Drawing pad");
    let inked = |h: &Harness<'_, Window>| {
        let pad = h.state().shell.pad.clone().unwrap();
        pad.ink.iter().filter(|v| **v > 0.0).count()
    };
    key(&mut h, Key::ArrowDown);
    assert_eq!(inked(&h), 0, "the pen is up");
    key(&mut h, Key::Space);
    let dot = inked(&h);
    assert!(dot > 0);
    key(&mut h, Key::ArrowDown);
    key(&mut h, Key::ArrowDown);
    assert!(inked(&h) > dot, "a line");
    assert!(h.state().engine.micro.as_ref().unwrap().subject.drawn);
    key(&mut h, Key::Space);
    let line = inked(&h);
    key(&mut h, Key::ArrowLeft);
    key(&mut h, Key::ArrowUp);
    assert_eq!(inked(&h), line, "lifted");
    key(&mut h, Key::ArrowRight);
    key(&mut h, Key::Delete);
    assert!(inked(&h) < line, "wiped");
}

#[test]
fn with_reduced_motion_nothing_moves_by_itself() {
    let settings = Settings {
        reduce_motion: true,
        ..Settings::default()
    };
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let window = Window::new(experiment, settings, Mode::Threads(1));
    assert!(!window.view.playing);
    let mut h = testing::usual(window);
    settle(&mut h);
    let at = |h: &Harness<'_, Window>| {
        let subject = &h.state().engine.micro.as_ref().unwrap().subject;
        (h.state().view.t, subject.example)
    };
    let (t, example) = at(&h);
    assert_eq!(t, 0);
    h.run_steps(90);
    assert_eq!(at(&h), (t, example));
    // Somebody asks: it plays to the end, and stays there.
    h.state_mut().act(Action::Choose(Choice::Speed(6)));
    h.key_press(Key::Space);
    until(&mut h, "playing", |h| h.state().view.playing);
    until(&mut h, "the end", |h| !h.state().view.playing);
    let last = h.state().engine.micro.as_ref().unwrap().steps;
    assert_eq!(at(&h), (last, example));
    h.state_mut().run_command(Command::Motion);
    h.key_press(Key::Space);
    until(&mut h, "the next example", |h| at(h).1 != example);
}

#[test]
fn high_contrast_is_a_theme_of_its_own_and_every_layout_is_drawn_in_it() {
    let mut h = harness("moons", Settings::default());
    h.state_mut().run_command(Command::Contrast);
    for layout in Layout::ALL {
        h.state_mut().shell.settings.layout = layout;
        settle(&mut h);
        assert_eq!(Theme::of_context(&h.ctx).theme, Theme::Contrast);
    }
    h.state_mut().run_command(Command::Theme);
    settle(&mut h);
    assert_eq!(Theme::of_context(&h.ctx).theme, Theme::Light);
}
