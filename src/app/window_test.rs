//! The window driven through its accessibility tree, as a screen reader or a tester would.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing;
use super::window::{Notice, Window};
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::loading::load_data;
use crate::experiment::microscope::{Field, Microscope, Subject};
use crate::experiment::session::{Mode, RaceState, ScopeCommand};
use crate::experiment::setup::Setup;
use crate::learning::{Capture, Conditions, Inference, OptimiserKind, Precisions, Verdict};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::sync::Arc;

pub(super) fn harness(preset: &str) -> Harness<'static, Window> {
    harness_of(Experiment::load(preset, &[]).unwrap())
}

pub(super) fn harness_of(experiment: Experiment) -> Harness<'static, Window> {
    let window = Window::new(experiment, Settings::default(), Mode::InStep);
    testing::usual(window)
}

pub(super) fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(3);
}

/// True if something shown says these words.
pub(super) fn says(h: &Harness<'_, Window>, words: &str) -> bool {
    h.query_all_by_label_contains(words).next().is_some()
}

/// Where the plane of two inputs is drawn.
pub(super) fn plane_of(h: &Harness<'_, Window>) -> egui::Rect {
    let named = |l: &str| l.starts_with("Plane of two inputs");
    h.get_by(|node| node.label().is_some_and(|l| named(&l)))
        .rect()
}

/// A click somewhere.
pub(super) fn press(h: &mut Harness<'_, Window>, pos: egui::Pos2) {
    h.input_mut().events.push(egui::Event::PointerMoved(pos));
    h.run_steps(1);
    for pressed in [true, false] {
        h.input_mut().events.push(egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        h.run_steps(1);
    }
    settle(h);
}

#[test]
fn start_pause_step_and_step_back() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    assert_eq!(h.state().view.t, 0);
    h.get_by_label("Step forward").click();
    settle(&mut h);
    assert_eq!(h.state().view.t, 1);
    h.get_by_label("Step forward").click();
    settle(&mut h);
    h.get_by_label("Step back").click();
    settle(&mut h);
    assert_eq!(h.state().view.t, 1);
    h.get_by_label("HISTORY");
    h.get_by_label("Play or pause").click();
    // A second and a half of playing at two steps per second moves the cursor.
    h.run_steps(90);
    assert!(
        h.state().view.playing && h.state().view.t == 2,
        "t = {}",
        h.state().view.t
    );
    h.get_by_label("Play or pause").click();
    settle(&mut h);
    assert!(!h.state().view.playing);
    h.key_press(egui::Key::ArrowLeft);
    settle(&mut h);
    assert_eq!(h.state().view.t, 1);
}

#[test]
fn inference_follows_the_pen() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    let example = h.state().engine.micro.as_ref().unwrap().subject.example;
    h.key_press(egui::Key::P);
    settle(&mut h);
    let ink = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.clone().unwrap();
        (0..micro.plan.len_of(0))
            .map(|i| micro.value(0, Field::X, 0, i))
            .sum::<f64>()
    };
    assert!(h.state().engine.micro.as_ref().unwrap().subject.drawn);
    assert_eq!(ink(&h), 0.0);
    let pad = h.get_by_label("Drawing pad, 8 × 8 pixels, 0 inked").rect();
    let down = |pressed, pos| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    let (from, to) = (pad.center(), pad.center() + egui::vec2(40.0, 20.0));
    h.input_mut().events.push(egui::Event::PointerMoved(from));
    h.input_mut().events.push(down(true, from));
    h.run_steps(1);
    h.input_mut().events.push(egui::Event::PointerMoved(to));
    h.run_steps(2);
    let first = ink(&h);
    assert!(first > 1.0, "{first}");
    h.input_mut().events.push(down(false, to));
    settle(&mut h);
    h.get_by_label("Clear").click();
    settle(&mut h);
    assert_eq!(ink(&h), 0.0);
    h.get_by_label("Close the pad").click();
    settle(&mut h);
    let subject = h.state().engine.micro.as_ref().unwrap().subject.clone();
    assert!(h.state().shell.pad.is_none(), "the pad is closed");
    assert_eq!((subject.drawn, subject.example), (false, example));
}

#[test]
fn every_rule_can_be_chosen_and_is_shown_in_every_layout() {
    let mut h = harness("moons");
    settle(&mut h);
    h.get_by_label("More").click();
    settle(&mut h);
    let rule = |h: &Harness<'_, Window>| h.state().engine.micro.as_ref().unwrap().subject.rule;
    assert_eq!(rule(&h), testing::rule("fixed-prediction"));
    h.get_by_label("More rules").click();
    settle(&mut h);
    h.get_by_label("incremental").click();
    settle(&mut h);
    assert_eq!(rule(&h), testing::rule("incremental"));
    let every_term = Inference {
        noise: 0.01,
        output_precision: 0.7,
        precision: Precisions::all(1.3),
        state_decay: 0.1,
        ..Inference::of(6, 0.1)
    };
    for chosen in crate::learning::rule::all() {
        h.state_mut().act(Action::Rule {
            rule: chosen,
            inference: every_term,
            conditions: Conditions::default(),
        });
        for layout in [
            Layout::Teach,
            Layout::Explore,
            Layout::Train,
            Layout::Compare,
            Layout::Present,
        ] {
            h.state_mut().shell.settings.layout = layout;
            for t in [0, 1, 3, usize::MAX] {
                h.state_mut().act(Action::Seek(t));
                settle(&mut h);
            }
        }
        assert_eq!(rule(&h), chosen);
        let micro = h.state().engine.micro.clone().unwrap();
        assert!(micro.finished(), "{chosen:?}");
    }
}

#[test]
fn the_limit_of_gamma_stands_at_the_slider_of_il_and_is_not_asked_of_zil() {
    let mut h = harness("moons");
    let ask = |h: &mut Harness<'_, Window>| {
        if let Some(session) = &mut h.state_mut().engine.session {
            session.scope(ScopeCommand::Stability);
        }
        settle(h);
    };
    ask(&mut h);
    assert!(h.state().engine.stability.is_none(), "Z-IL stops at D");
    h.get_by_label("IL").click();
    settle(&mut h);
    ask(&mut h);
    let limit = h.state().engine.stability.unwrap().limit;
    assert!(limit > 0.0 && limit < 2.0, "{limit}");
    // γ itself does not change it, the weights and the terms of the energy do.
    let (rule, inference, conditions) = h.state().inference();
    let mut set = |inference| {
        h.state_mut().act(Action::Rule {
            rule,
            inference,
            conditions,
        });
        settle(&mut h);
        let kept = h.state().engine.stability.is_some();
        ask(&mut h);
        (kept, h.state().engine.stability.unwrap().limit)
    };
    assert_eq!(
        set(Inference {
            gamma: 0.3,
            ..inference
        }),
        (true, limit)
    );
    let (kept, decayed) = set(Inference {
        state_decay: 1.0,
        ..inference
    });
    assert!(!kept && decayed < limit, "{decayed} of {limit}");
}

#[test]
fn the_optimiser_and_its_numbers_can_be_chosen() {
    let mut h = harness("moons");
    settle(&mut h);
    h.get_by_label("Optimiser").click();
    settle(&mut h);
    h.get_by_label("Adam").click();
    settle(&mut h);
    let learning = |h: &Harness<'_, Window>| h.state().document.draft.learning.clone();
    assert_eq!(learning(&h).optimiser, OptimiserKind::Adam);
    h.get_by_label("Beta 1");
    h.get_by_label("Optimiser").click();
    settle(&mut h);
    h.get_by_label("SGD, Nesterov").click();
    settle(&mut h);
    assert!(learning(&h).nesterov && learning(&h).momentum > 0.0);
    assert!(h.state().document.draft.validate("set-up").is_ok());
    h.get_by_label("Momentum");
    h.get_by_label("Weight decay");
}

#[test]
fn changing_the_rule_and_breaking_a_condition_change_the_verdict() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    for _ in 0..2 {
        h.get_by_label("Step forward").click();
        settle(&mut h);
    }
    assert!(says(&h, "EXACT"));
    h.get_by_label("IL").click();
    settle(&mut h);
    assert_eq!(
        h.state().engine.micro.as_ref().unwrap().subject.rule,
        testing::rule("il")
    );
    for _ in 0..3 {
        h.get_by_label("Step forward").click();
        settle(&mut h);
    }
    let (micro, t) = (h.state().engine.micro.clone().unwrap(), h.state().view.t);
    assert_ne!(micro.states[t].verdict(), Some(Verdict::Exact));
    h.get_by_label("level l taken at t = l").click();
    settle(&mut h);
    let micro = h.state().engine.micro.clone().unwrap();
    assert_eq!(
        (micro.subject.rule, micro.subject.conditions.capture),
        (testing::rule("zil"), Capture::Late)
    );
    assert_eq!(micro.steps, 3);
    for _ in 0..3 {
        h.get_by_label("Step forward").click();
        settle(&mut h);
    }
    assert!(says(&h, "DIFFERENT RULE"));
    h.get_by_label("Hold all conditions").click();
    settle(&mut h);
    assert_eq!(
        h.state()
            .engine
            .micro
            .as_ref()
            .unwrap()
            .subject
            .conditions
            .broken(),
        0
    );
}

#[test]
fn what_the_window_shows_is_what_trace_computes() {
    let read = |seed: u64| {
        let experiment = Experiment::load("digits-mlp", &[format!("seed={seed}")]).unwrap();
        let mut window = Window::new(experiment.clone(), Settings::default(), Mode::InStep);
        window.view.playing = false;
        window.run_command(super::commands::Command::StepForward);
        let shown = window.engine.micro.clone().unwrap();
        let data = load_data(&experiment).unwrap();
        let setup = Setup::<f32>::new(experiment, data).unwrap();
        let example = setup.example(shown.subject.example);
        let subject = Subject {
            ..shown.subject.clone()
        };
        let mut scope = Microscope::new(setup.begin(), subject, example);
        scope.run_to(1);
        let traced = scope.snapshot();
        for v in 0..shown.plan.graph.vertices.len() {
            for i in 0..shown.plan.len_of(v) {
                for field in Field::ALL {
                    let (a, b) = (shown.value(1, field, v, i), traced.value(1, field, v, i));
                    assert!(
                        a.to_bits() == b.to_bits(),
                        "{field:?} of {v}/{i}: {a} and {b}"
                    );
                }
            }
        }
        shown.value(1, Field::Eps, 2, 3)
    };
    assert_ne!(read(7).to_bits(), read(8).to_bits());
}

#[test]
fn training_moves_the_weights_and_counts_no_differing_bit() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    for _ in 0..3 {
        h.get_by_label("1 update").click();
        settle(&mut h);
    }
    let race = &h.state().engine.race;
    assert_eq!(race.update, 3);
    let lane = |id| race.lanes.iter().find(|l| l.spec.id == id).unwrap();
    assert_eq!(lane(LaneId::ZIL).apart.unwrap().differing_bits, 0);
    assert!(lane(LaneId::IL).apart.unwrap().differing_bits > 0);
    assert_eq!(h.state().engine.micro.as_ref().unwrap().subject.update, 3);
}

#[test]
fn a_bad_file_gets_one_line_and_changes_nothing() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    let before = h
        .state()
        .engine
        .session
        .as_ref()
        .unwrap()
        .experiment
        .clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, "format = 1\nsed = 3\n").unwrap();
    h.state_mut().open_path(&path.to_string_lossy());
    settle(&mut h);
    let Notice { subject, rest } = h.state().shell.notice.clone().unwrap();
    assert_eq!(subject, "File refused.");
    assert!(
        rest.contains("bad.toml line 2")
            && rest.contains("did you mean `seed`")
            && rest.contains("Nothing was changed"),
        "{rest}"
    );
    h.get_by_label_contains("bad.toml");
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        before
    );
    h.get_by_label("Dismiss").click();
    settle(&mut h);
    assert!(h.state().shell.notice.is_none());
}

#[test]
fn data_are_previewed_and_open_as_an_experiment_that_runs_or_as_one_line() {
    let mut h = harness("digits-mlp");
    settle(&mut h);
    let before = h
        .state()
        .engine
        .session
        .as_ref()
        .unwrap()
        .experiment
        .clone();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("few.csv");
    let rows: String = (0..40)
        .map(|i| format!("{},{},{}\n", i * 7 % 13, i % 7, i % 2))
        .collect();
    std::fs::write(&path, format!("a,b,label\n{rows}1,x,0\n")).unwrap();
    h.state_mut()
        .run_command(super::commands::Command::OneUpdate);
    settle(&mut h);
    // Data, network and history: which examples, every weight's bits, all that was told to the run.
    let state = |h: &Harness<'_, Window>| {
        let (session, micro) = (
            h.state().engine.session.as_ref().unwrap(),
            h.state().engine.micro.as_ref().unwrap(),
        );
        let weights: Vec<u64> = (0..h.state().engine.race.parameters)
            .map(|i| micro.weights.get(i).to_bits())
            .collect();
        let (race, data) = (&h.state().engine.race, &session.data);
        let told = format!("{:?}", race.journal);
        let data = (data.name().to_owned(), data.split().clone());
        (data, micro.subject.update, weights, race.update, told)
    };
    let untouched = state(&h);
    assert_eq!(untouched.3, 1);
    h.state_mut().open_path(&path.to_string_lossy());
    settle(&mut h);
    h.get_by_label_contains("few.csv, line 42, column 2: b is \"x\"");
    assert_eq!(
        h.state().engine.session.as_ref().unwrap().experiment,
        before
    );
    assert_eq!(state(&h), untouched);
    h.key_press(egui::Key::Escape);
    settle(&mut h);
    assert!(!h.state().shell.dialog.is_open());
    for rows in [rows, "1,2,0\n3,4,1\n".to_owned()] {
        std::fs::write(&path, format!("a,b,label\n{rows}")).unwrap();
        h.state_mut().open_path(&path.to_string_lossy());
        settle(&mut h);
        // What was found is shown; nothing is started before it is asked for.
        let each = rows.lines().count() / 2;
        h.get_by_label(&format!("class 1: {each}"));
        assert_ne!(
            h.state().engine.session.as_ref().unwrap().data.len(),
            rows.lines().count()
        );
        h.get_by_label("Open").click();
        settle(&mut h);
        assert!(!h.state().shell.dialog.is_open());
        assert_eq!(h.state().shell.settings.recent, [path.to_string_lossy()]);
        assert_eq!(h.state().shell.notice, None);
        let session = h.state().engine.session.as_ref().unwrap();
        assert_eq!(session.experiment.name, "few.csv");
        assert_eq!(session.data.input_len(), 2);
        h.state_mut()
            .run_command(super::commands::Command::NextExample);
        h.state_mut()
            .run_command(super::commands::Command::OneUpdate);
        settle(&mut h);
        assert_eq!(h.state().engine.race.update, 1);
    }
}

#[test]
fn on_threads_a_run_can_be_paused_within_an_update_and_resumed() {
    let experiment = Experiment::load("digits-mlp", &["inference.steps=2000".into()]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::Threads(2));
    let wait = |window: &mut Window, what: &dyn Fn(&Window) -> bool| {
        for _ in 0..1500 {
            window.poll();
            if what(window) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("waited for fifteen seconds");
    };
    wait(&mut window, &|w| w.engine.micro.is_some());
    window.act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::Run,
    ));
    wait(&mut window, &|w| w.engine.race.update >= 2);
    window.run_command(super::commands::Command::PlayPause);
    std::thread::sleep(std::time::Duration::from_millis(100));
    window.poll();
    let at = window.engine.session.as_ref().unwrap().updates_made();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(
        window.engine.session.as_ref().unwrap().updates_made(),
        at,
        "paused"
    );
    assert_eq!(window.engine.race.state, RaceState::Paused);
    window.run_command(super::commands::Command::PlayPause);
    wait(&mut window, &|w| w.engine.race.update > at + 1);
}

#[test]
fn a_window_at_rest_asks_for_no_frame_and_is_woken_by_the_engine() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let woken = Arc::new(AtomicUsize::new(0));
    let times = || woken.load(Ordering::SeqCst);
    let until = |what: &mut dyn FnMut() -> bool| {
        for _ in 0..1500 {
            if what() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("waited for fifteen seconds");
    };
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let counter = Arc::clone(&woken);
    window.engine.wake = Some(Arc::new(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    }));
    assert!(window.motion().is_some(), "opening");
    until(&mut || {
        window.poll();
        window.engine.micro.is_some()
    });
    assert!(window.motion().is_some(), "playing");
    window.run_command(Command::PlayPause);
    assert_eq!(window.motion(), None);
    let before = times();
    window.act(Action::Seek(1));
    assert!(window.motion().is_some(), "waiting for a state");
    until(&mut || times() > before);
    until(&mut || {
        window.poll();
        window.view.t == 1 && window.motion().is_none()
    });
    let before = times();
    window.run_command(Command::OneUpdate);
    until(&mut || times() > before);
    until(&mut || {
        window.poll();
        window.engine.race.update == 1 && window.motion().is_none()
    });
}

#[test]
fn a_diverging_run_names_vertex_and_step_and_leaves_a_way_back() {
    let experiment = Experiment::load(
        "digits-mlp",
        &[
            "learning.rate=1e30".into(),
            "network.activation=relu".into(),
            "network.loss=squared-error".into(),
        ],
    )
    .unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::InStep);
    window.act(super::state::Action::Race(
        crate::experiment::session::RaceCommand::RunUntil(20),
    ));
    let failure = window.engine.race.lanes[1]
        .failure
        .clone()
        .expect("Z-IL stops");
    assert!(
        failure.error.to_string().contains("is not finite from t ="),
        "{}",
        failure.error
    );
    window.run_command(super::commands::Command::Rewind);
    assert_eq!(window.engine.race.update, 0);
    assert!(window.engine.race.lanes.iter().all(|l| l.failure.is_none()));
}

/// What lies below the fold of the palette is reached with the wheel, and by those who ask for it.
#[test]
fn the_last_rows_of_the_palette_can_be_scrolled_to() {
    for wheel in [false, true] {
        let mut h = harness("digits-mlp");
        h.run_steps(3);
        h.state_mut().run_command(Command::Palette);
        h.run_steps(3);
        if wheel {
            h.hover_at(egui::pos2(640.0, 400.0));
            for _ in 0..20 {
                h.event(egui::Event::MouseWheel {
                    unit: egui::MouseWheelUnit::Point,
                    delta: egui::vec2(0.0, -400.0),
                    phase: egui::TouchPhase::Move,
                    source: egui::MouseWheelSource::Wheel,
                    modifiers: egui::Modifiers::NONE,
                });
                h.run_steps(2);
            }
        } else {
            h.get_by_label("About pcscope").scroll_to_me();
        }
        h.run_steps(30);
        let rect = h.get_by_label("About pcscope").rect();
        assert!(rect.bottom() < 790.0, "{rect:?}, by the wheel: {wheel}");
    }
}

#[test]
fn a_layout_that_was_changed_can_be_reset_from_the_menu() {
    let mut h = harness("moons");
    settle(&mut h);
    let reset = |h: &mut Harness<'_, Window>| {
        h.get_by_label("View").click();
        settle(h);
        let row = h.get_by(|node| {
            node.label()
                .is_some_and(|l| l.starts_with("Reset this layout"))
        });
        let enabled = !row.accesskit_node().is_disabled();
        row.click();
        settle(h);
        enabled
    };
    assert!(!reset(&mut h), "it is as it comes");
    h.key_press(egui::Key::Escape);
    settle(&mut h);
    let mut dividers = h.get_all_by_label("Divider, up and down");
    let divider = dividers.next().unwrap().rect().center();
    drop(dividers);
    for (pressed, by) in [(true, 0.0), (false, 60.0)] {
        let pos = divider - egui::vec2(0.0, by);
        h.input_mut().events.push(egui::Event::PointerMoved(pos));
        h.run_steps(2);
        h.input_mut().events.push(egui::Event::PointerButton {
            pos,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        h.run_steps(2);
    }
    assert!(reset(&mut h), "a tile has another size");
    assert!(!reset(&mut h), "it is as it came again");
}
