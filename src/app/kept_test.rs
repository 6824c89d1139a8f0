//! What the user gave is kept: files are shown as they are, text that cannot be taken up stays, training goes only after a question,
//! and what was remembered opens or says why not. Typed and pressed through the accessibility tree.

use super::commands::Command;
use super::dialog::Dialog;
use super::layout::Layout;
use super::purpose::Purpose;
use super::settings::Settings;
use super::state::Action;
use super::testing;
use super::window::{LITTLE, Window};
use crate::experiment::data::Split;
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::microscope::{Microscope, Subject};
use crate::experiment::session::Mode;
use crate::experiment::setup::Setup;
use crate::learning::{Capture, OptimiserKind, Precisions};
use crate::network::{Activation, Layer};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

pub(super) fn harness_of(window: Window) -> Harness<'static, Window> {
    testing::usual(window)
}

pub(super) fn harness(preset: &str, changes: &[&str]) -> Harness<'static, Window> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load(preset, &changes).unwrap();
    let mut h = harness_of(Window::new(experiment, Settings::default(), Mode::InStep));
    settle(&mut h);
    h
}

pub(super) fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(4);
}

/// Types into a field in place of what stands there, and leaves it by `key`.
pub(super) fn type_into(h: &mut Harness<'_, Window>, field: &str, text: &str, key: Key) {
    h.get_by_label(field).focus();
    settle(h);
    h.get_by_label(field).type_text(text);
    settle(h);
    h.key_press(key);
    settle(h);
}

pub(super) fn value(h: &Harness<'_, Window>, field: &str) -> String {
    h.get_by_label(field).value().unwrap_or_default()
}

/// What is said of a field that is marked.
pub(super) fn refusal(h: &Harness<'_, Window>, field: &str) -> Option<String> {
    h.get_by_label(field).accesskit_node().description()
}

pub(super) fn write(folder: &Path, name: &str, experiment: &Experiment) -> String {
    let path = folder.join(name);
    std::fs::write(&path, experiment.to_toml().unwrap()).unwrap();
    path.to_string_lossy().into_owned()
}

/// Experiments as unusual as a file may be, one for each of what the set-up has a control for.
fn unusual() -> Vec<Experiment> {
    type Change = fn(&mut Experiment);
    let changes: [(&str, Change); 15] = [
        ("moons", |e| e.seed = 12_345_678),
        ("moons", |e| e.seed = i64::MAX as u64),
        ("digits-mlp", |e| {
            e.learning.rule = testing::rule("il");
            e.inference.steps = 2000;
            e.inference.gamma = 0.001;
        }),
        ("moons", |e| {
            e.learning.rule = testing::rule("il");
            e.inference.steps = 0;
            e.inference.gamma = 1.5;
        }),
        ("moons", |e| {
            e.conditions.gamma = 0.012_345;
            e.conditions.hidden_precision = Precisions::try_from(vec![3.25, 0.5]).unwrap();
            e.conditions.capture = Capture::End;
        }),
        ("moons", |e| e.conditions.gamma = 7.5),
        ("moons", |e| {
            e.learning.rule = testing::rule("il");
            e.inference.precision = Precisions::try_from(vec![0.25, 3.0, 123.456]).unwrap();
            e.inference.output_precision = 250.0;
            e.inference.state_decay = 0.000_012_3;
            (e.inference.noise, e.inference.adaptive) = (1e-9, false);
        }),
        ("moons", |e| {
            e.learning.rule = testing::rule("incremental");
            e.inference.adaptive = false;
            e.inference.precision = Precisions::all(1e-4);
        }),
        ("moons", |e| {
            e.learning.rate = 25.0;
            e.learning.momentum = 0.999;
            e.learning.weight_decay = 123.0;
        }),
        ("moons", |e| {
            e.learning.rate = 0.000_000_123_456_789;
            e.learning.optimiser = OptimiserKind::AdamW;
            e.learning.nesterov = true;
            e.learning.momentum = 0.5;
            e.learning.betas = [0.0, 0.999_999];
        }),
        ("moons", |e| {
            e.learning.nesterov = true;
            e.learning.momentum = 0.001;
            e.learning.batch = 4097;
        }),
        ("moons", |e| {
            (e.data.size, e.data.split) = (Some(7001), None);
            e.data.noise = Some(0.987_654);
        }),
        ("moons", |e| {
            (e.data.size, e.data.split) = (Some(6), None);
            e.learning.batch = 1;
        }),
        ("digits-mlp", |e| {
            e.data.split = Some(Split {
                train: 123,
                validation: 0,
                test: 7,
            });
            e.learning.batch = 1;
        }),
        ("digits-mlp", |e| {
            let dense = |dense, activation| Layer::Dense {
                dense,
                skip: None,
                activation,
            };
            e.network.activation = Activation::Tanh;
            e.network.gain = 0.333;
            e.network.bias = false;
            e.network.layers = vec![
                Layer::Conv {
                    conv: 5,
                    kernel: 4,
                    stride: 2,
                    padding: 0,
                    skip: None,
                    activation: Some(Activation::Relu),
                },
                Layer::AveragePool {
                    average_pool: 2,
                    stride: Some(1),
                    padding: 1,
                },
                dense(5000, None),
                dense(1, Some(Activation::Sigmoid)),
                dense(10, None),
            ];
        }),
    ];
    changes
        .into_iter()
        .map(|(preset, change)| {
            let mut experiment = Experiment::load(preset, &[]).unwrap();
            change(&mut experiment);
            experiment.validate("unusual").unwrap();
            experiment
        })
        .collect()
}

#[test]
fn opening_a_file_and_looking_at_it_changes_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut h = harness("chain", &[]);
    for (i, experiment) in unusual().into_iter().enumerate() {
        let path = write(folder.path(), &format!("{i}.toml"), &experiment);
        h.state_mut().open_path(&path);
        assert_eq!(h.state().shell.notice, None, "{i}");
        h.state_mut().view.playing = false;
        for layout in Layout::ALL {
            h.state_mut().shell.settings.layout = layout;
            for editing in [false, true] {
                h.state_mut().shell.editing_layers = editing;
                settle(&mut h);
            }
        }
        // Also with the pointer over the controls, and with each of them focused in turn.
        h.state_mut().shell.settings.layout = Layout::Explore;
        settle(&mut h);
        for y in (60..780).step_by(24) {
            h.hover_at(egui::pos2(150.0, y as f32));
            h.run_steps(1);
        }
        for _ in 0..40 {
            h.key_press(Key::Tab);
            h.run_steps(1);
        }
        h.key_press(Key::Escape);
        settle(&mut h);
        assert_eq!(h.state().document.draft, experiment, "{i}");
        assert!(!h.state().has_draft(), "{i}");
        // What a save writes is the same experiment.
        let saved = folder.path().join("saved.toml");
        h.state_mut().run_command(Command::Save);
        settle(&mut h);
        let Dialog::Path { path, purpose, .. } = &mut h.state_mut().shell.dialog else {
            panic!("no dialog");
        };
        assert_eq!(*purpose, Purpose::Save);
        *path = saved.to_string_lossy().into_owned();
        settle(&mut h);
        h.get_by_label("Save").click();
        settle(&mut h);
        let again = Experiment::load(&saved.to_string_lossy(), &[]).unwrap();
        assert_eq!(again, experiment, "{i}");
        std::fs::remove_file(&saved).unwrap();
    }
}

#[test]
fn numbers_outside_a_control_are_shown_as_they_are() {
    let mut h = harness("moons", &["learning.rule=il", "inference.gamma=0.001"]);
    h.get_by(|n| n.label().as_deref() == Some("γ") && n.value().as_deref() == Some("0.001"));
    assert!(refusal(&h, "γ").unwrap().contains("0.001 stands"));
    // An arrow away from the rail does nothing; one towards it goes to its end.
    h.get_by_label("γ").focus();
    h.key_press(Key::ArrowLeft);
    settle(&mut h);
    assert_eq!(h.state().document.draft.inference.gamma, 0.001);
    h.key_press(Key::ArrowRight);
    settle(&mut h);
    assert_eq!(h.state().document.draft.inference.gamma, 0.01);
    assert_eq!(refusal(&h, "γ"), None);
    let h = harness("moons", &["seed=9223372036854775807"]);
    assert_eq!(value(&h, "Seed"), "9,223,372,036,854,775,807");
    let h = harness(
        "moons",
        &["learning.rule=il", "inference.precision=[0.5, 2.0]"],
    );
    assert_eq!(value(&h, "Hidden precision"), "0.5 2");
}

#[test]
fn a_long_phase_is_shown_as_far_as_there_is_room_and_said() {
    let mut h = harness(
        "mnist-cnn",
        &[
            "learning.rule=il",
            "inference.steps=10000",
            "data.split={train=100,validation=0,test=50}",
        ],
    );
    assert_eq!(h.state().document.draft.inference.steps, 10_000);
    let micro = h.state().engine.micro.clone().unwrap();
    assert_eq!(micro.asked, 10_000);
    assert!(micro.steps > 200 && micro.steps < 10_000, "{}", micro.steps);
    h.get_by_label_contains("training takes all 10,000");
    type_into(&mut h, "Steps T", "20", Key::Enter);
    let micro = h.state().engine.micro.clone().unwrap();
    assert_eq!((micro.asked, micro.steps), (20, 20));
    assert!(h.query_by_label_contains("training takes all").is_none());
}

#[test]
fn a_microscope_keeps_within_its_room_and_trace_has_none() {
    let changes = ["learning.rule=il".to_owned(), "inference.steps=50".into()];
    let experiment = Experiment::load("moons", &changes).unwrap();
    let data = load_data(&experiment).unwrap();
    let setup = Setup::<f32>::new(experiment.clone(), data).unwrap();
    let subject = Subject {
        update: 0,
        run: "il".into(),
        example: 0,
        label: None,
        drawn: false,
        rule: testing::rule("il"),
        inference: experiment.inference,
        conditions: experiment.conditions,
        optimiser: experiment.learning.settings(),
        seed: 0,
        interventions: std::sync::Arc::default(),
        prior: None,
        means: None,
    };
    let mut scope = Microscope::new(setup.begin(), subject, setup.example(0));
    assert_eq!(scope.snapshot().steps, 50);
    scope.keep_within(20_000);
    scope.run_to(usize::MAX);
    let snapshot = scope.snapshot();
    assert_eq!(snapshot.asked, 50);
    assert!(snapshot.steps < 50 && snapshot.finished());
    assert!(snapshot.bytes() <= 20_000, "{}", snapshot.bytes());
}

#[test]
fn text_that_cannot_be_taken_up_stays_is_marked_and_is_given_up_with_escape() {
    let mut h = harness("moons", &[]);
    let batch = h.state().document.draft.learning.batch;
    for (text, said) in [
        ("0", "expected a whole number, 1 or above"),
        ("999999999", "expected a number from 1 to 4,"),
        ("a few", "expected a whole number"),
        ("1.5", "expected a whole number"),
    ] {
        type_into(&mut h, "Batch", text, Key::Enter);
        assert_eq!(value(&h, "Batch"), text);
        let words = refusal(&h, "Batch").unwrap();
        assert!(words.contains(said.trim_end_matches("4,")), "{words}");
        assert!(words.contains(&format!("“{text}”")), "{words}");
        assert!(words.contains(&format!("{batch} stands")), "{words}");
        // The words are on screen too, below the row.
        let below = h.get_by(|n| n.label().as_deref() == Some(words.as_str()));
        assert!(below.rect().top() >= h.get_by_label("Batch").rect().bottom());
        assert_eq!(h.state().document.draft.learning.batch, batch);
        // Escape gives the text up and does no more.
        h.state_mut().shell.overlay = Some(super::state::Rail::Setup);
        h.key_press(Key::Escape);
        settle(&mut h);
        assert_eq!(value(&h, "Batch"), batch.to_string());
        assert_eq!(refusal(&h, "Batch"), None);
        assert!(h.state_mut().shell.overlay.take().is_some());
    }
    // Going elsewhere keeps it as well; a new text mends it.
    type_into(&mut h, "Batch", "0", Key::Tab);
    assert!(!h.get_by_label("Batch").is_focused());
    assert_eq!(value(&h, "Batch"), "0");
    type_into(&mut h, "Batch", "1,024", Key::Tab);
    assert_eq!(h.state().document.draft.learning.batch, 1024);
    assert_eq!(refusal(&h, "Batch"), None);
}

#[test]
fn every_number_of_the_set_up_says_its_limit() {
    for (rule, field, text, said) in [
        ("zil", "Rate", "-1", "expected a number, 0 or above"),
        ("zil", "Momentum", "1", "from 0 to below 1"),
        ("zil", "Weight decay", "-0.5", "0 or above"),
        (
            "zil",
            "Seed",
            "9223372036854775808",
            "9,223,372,036,854,775,807",
        ),
        ("il", "Steps T", "10001", "from 0 to 10,000"),
        ("incremental", "Steps T", "0", "from 1 to 10,000"),
        ("il", "Output precision", "0", "a finite number above 0"),
        ("il", "Hidden precision", "1 0", "finite numbers above 0"),
        ("il", "State decay", "-1", "0 or above"),
        ("fixed-prediction", "Noise", "-1", "0 or above"),
    ] {
        let mut h = harness("moons", &[&format!("learning.rule={rule}")]);
        let before = h.state().document.draft.clone();
        type_into(&mut h, field, text, Key::Enter);
        let words = refusal(&h, field).unwrap_or_else(|| panic!("{field} {text}"));
        assert!(words.contains(said), "{words}");
        assert_eq!(value(&h, field), text);
        assert_eq!(h.state().document.draft, before, "{field}");
    }
}

#[test]
fn what_is_typed_is_taken_up_with_every_digit() {
    let mut h = harness("moons", &["learning.rule=il"]);
    type_into(&mut h, "Seed", "9,007,199,254,740,993", Key::Enter);
    type_into(&mut h, "Rate", "0.000123456789", Key::Tab);
    type_into(&mut h, "Hidden precision", "0.5 2 3", Key::Enter);
    type_into(&mut h, "Steps T", "33", Key::Enter);
    let draft = &h.state().document.draft;
    assert_eq!(draft.seed, 9_007_199_254_740_993);
    assert_eq!(draft.learning.rate, 0.000_123_456_789);
    assert_eq!(draft.inference.precision.list(), [0.5, 2.0, 3.0]);
    assert_eq!(draft.inference.steps, 33);
    assert_eq!(h.state().engine.micro.as_ref().unwrap().steps, 33);
    // Looking into a field and leaving it changes nothing, although fewer digits are in sight.
    let before = draft.clone();
    h.get_by_label("Rate").focus();
    settle(&mut h);
    h.key_press(Key::Tab);
    settle(&mut h);
    assert_eq!(h.state().document.draft, before);
    // A shortcut takes up what has been typed before it is carried out.
    h.get_by_label("Batch").focus();
    settle(&mut h);
    h.get_by_label("Batch").type_text("17");
    h.run_steps(1);
    h.key_press_modifiers(Modifiers::COMMAND, Key::S);
    settle(&mut h);
    assert_eq!(h.state().document.draft.learning.batch, 17);
    assert!(h.state().shell.dialog.is_open());
}

#[test]
fn a_field_can_be_dragged_stepped_and_set_within_its_limits() {
    let mut h = harness("moons", &["learning.rule=il", "learning.momentum=0.9"]);
    h.get_by_label("Momentum").focus();
    settle(&mut h);
    for _ in 0..20 {
        h.key_press(Key::ArrowUp);
        h.run_steps(1);
    }
    settle(&mut h);
    let momentum = h.state().document.draft.learning.momentum;
    assert!((0.985..1.0).contains(&momentum), "{momentum}");
    h.get_by_label("Batch").set_text_value_accesskit("33");
    settle(&mut h);
    assert_eq!(h.state().document.draft.learning.batch, 33);
    h.get_by_label("Batch").set_text_value_accesskit("none");
    settle(&mut h);
    assert_eq!(h.state().document.draft.learning.batch, 33);
    assert!(refusal(&h, "Batch").is_some());
    assert!(value(&h, "Batch") == "none");
}

#[test]
fn a_field_can_be_dragged_and_a_slider_only_by_its_rail() {
    let mut h = harness("moons", &["learning.rule=il"]);
    // The foot of the set-up is always in sight; what is scrolled under it cannot be pressed.
    let at = h.get_by_label("Batch").rect().center();
    let before = h.state().document.draft.learning.batch;
    h.drag_at(at);
    h.run_steps(1);
    for step in 1..=10 {
        h.hover_at(at + egui::vec2(8.0 * step as f32, 0.0));
        h.run_steps(1);
    }
    h.drop_at(at + egui::vec2(80.0, 0.0));
    settle(&mut h);
    let dragged = h.state().document.draft.learning.batch;
    assert!(dragged > before, "{before} to {dragged}");
    // A press on the name of a slider, or on its number, is none on the rail; one on the rail is.
    let rail = h.get_by_label("γ").rect();
    let gamma = h.state().document.draft.inference.gamma;
    for (x, moves) in [
        (rail.left() - 10.0, false),
        (rail.right() + 20.0, false),
        (rail.left() + 0.25 * rail.width(), true),
    ] {
        let at = egui::pos2(x, rail.center().y);
        h.drag_at(at);
        h.run_steps(1);
        h.drop_at(at);
        settle(&mut h);
        assert_eq!(
            h.state().document.draft.inference.gamma != gamma,
            moves,
            "{x}"
        );
    }
}

#[test]
fn the_layers_editor_refuses_in_words_and_keeps_what_it_has_no_field_for() {
    let layers = "network.layers=[{conv=4,kernel=3,stride=2,padding=0},{dense=32},{dense=10}]";
    let mut h = harness("digits-mlp", &[layers]);
    h.get_by_label("Edit layers").click();
    settle(&mut h);
    h.get_by_label("stride 2, padding 0");
    let before = h.state().document.draft.network.clone();
    for (field, text, said) in [
        ("Units", "0", "1 or above"),
        ("Units", "999999999", "16,777,216"),
        ("Kernel", "20", "20×20 window"),
    ] {
        type_into(&mut h, field, text, Key::Enter);
        let words = refusal(&h, field).unwrap_or_else(|| panic!("{field} {text}"));
        assert!(
            words.replace("16777216", "16,777,216").contains(said),
            "{words}"
        );
        assert_eq!(value(&h, field), text);
        assert_eq!(h.state().document.draft.network, before);
        h.key_press(Key::Escape);
        settle(&mut h);
    }
    // A kernel whose padding was not "same" keeps the padding it had.
    type_into(&mut h, "Kernel", "5", Key::Enter);
    type_into(&mut h, "Units", "48", Key::Enter);
    let edited = h.state().document.draft.network.clone();
    assert!(matches!(
        edited.layers[0],
        Layer::Conv {
            kernel: 5,
            padding: 0,
            stride: 2,
            ..
        }
    ));
    // Closing the editor drops nothing.
    h.get_by_label("Stop editing layers").click();
    settle(&mut h);
    assert_eq!(h.state().document.draft.network, edited);
    h.get_by_label("Start new run").click();
    settle(&mut h);
    let session = h.state().engine.session.as_ref().unwrap();
    assert_eq!(session.experiment.network, edited);
}

#[test]
fn parts_of_data_are_what_was_typed_or_refused_in_the_loaders_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("few.csv");
    let rows: String = (0..150)
        .map(|i| format!("{i},{},{}\n", i % 7, i % 2))
        .collect();
    std::fs::write(&path, format!("a,b,label\n{rows}")).unwrap();
    let mut h = harness("chain", &[]);
    h.state_mut().open_path(&path.to_string_lossy());
    settle(&mut h);
    h.get_by_label_contains("105 to train on, 15 to validate, 30 to test");
    type_into(&mut h, "train on", "500", Key::Enter);
    assert_eq!(value(&h, "train on"), "500");
    let words = refusal(&h, "train on").unwrap();
    let expected =
        "train on “500”: split wants 545 examples in all; the dataset holds 150. 105 stands.";
    assert_eq!(words, expected);
    h.get_by_label_contains("105 to train on, 15 to validate, 30 to test");
    type_into(&mut h, "train on", "0", Key::Enter);
    assert!(refusal(&h, "train on").unwrap().contains("at least 1"));
    // A part is never taken from for another: it is given up first.
    type_into(&mut h, "train on", "120", Key::Tab);
    assert!(refusal(&h, "train on").is_some());
    type_into(&mut h, "test on", "10", Key::Enter);
    assert_eq!(refusal(&h, "train on"), None);
    h.get_by_label_contains("120 to train on, 15 to validate, 10 to test");
    h.get_by_label("5 of 150 are in no part");
    type_into(&mut h, "Examples used", "29", Key::Enter);
    h.get_by_label_contains("24 to train on, 3 to validate, 2 to test");
    type_into(&mut h, "Shuffle seed", "12345678", Key::Enter);
    h.get_by_label("Open").click();
    settle(&mut h);
    assert_eq!(h.state().shell.notice, None);
    let data = &h.state().engine.session.as_ref().unwrap().experiment.data;
    assert_eq!(
        data.split,
        Some(Split {
            train: 24,
            validation: 3,
            test: 2
        })
    );
    assert_eq!(data.shuffle, Some(crate::data::Shuffle::Seed(12_345_678)));
}

/// As if so many seconds had been trained.
pub(super) fn trained(h: &mut Harness<'_, Window>, seconds: f64) {
    h.state_mut().run_command(Command::OneUpdate);
    settle(h);
    h.state_mut().engine.race.lanes[1].seconds = seconds;
}

#[test]
fn training_worth_more_than_ten_seconds_goes_only_after_one_question() {
    let mut h = harness("moons", &[]);
    type Way = (&'static str, fn(&mut Harness<'_, Window>));
    let ways: [Way; 5] = [
        ("rewind", |h| h.key_press(Key::R)),
        ("new seed", |h| {
            h.key_press_modifiers(Modifiers::SHIFT, Key::R)
        }),
        ("preset", |h| {
            let chain = Experiment::load("chain", &[]).unwrap();
            h.state_mut().act(Action::Open(Box::new(chain)));
        }),
        ("demo", |h| h.state_mut().run_command(Command::Demo)),
        ("path", |h| h.state_mut().open_path("digits-mlp")),
    ];
    for (name, way) in ways {
        h.state_mut().open_path("moons");
        settle(&mut h);
        h.state_mut().view.playing = false;
        // Little goes without a word.
        trained(&mut h, LITTLE - 1.0);
        way(&mut h);
        settle(&mut h);
        assert!(h.state().shell.question.is_none(), "{name}");
        assert_eq!(h.state().engine.race.update, 0, "{name}");

        h.state_mut().open_path("moons");
        settle(&mut h);
        h.state_mut().view.playing = false;
        trained(&mut h, 23.0);
        let before = h
            .state()
            .engine
            .session
            .as_ref()
            .unwrap()
            .experiment
            .clone();
        way(&mut h);
        settle(&mut h);
        h.get_by_label_contains("1 update, 23 s of training will be gone.");
        // Keys and controls below it wait.
        h.key_press(Key::T);
        h.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
        settle(&mut h);
        assert_eq!(h.state().shell.settings.layout, Layout::Teach, "{name}");
        h.key_press(Key::Escape);
        settle(&mut h);
        assert!(h.state().shell.question.is_none(), "{name}");
        let session = h.state().engine.session.as_ref().unwrap();
        assert_eq!(session.experiment, before, "{name}");
        assert_eq!(h.state().engine.race.update, 1, "{name}");
        // By its buttons, too.
        way(&mut h);
        settle(&mut h);
        h.get_by_label("Keep it").click();
        settle(&mut h);
        assert_eq!(h.state().engine.race.update, 1, "{name}");
        // And Enter does it.
        way(&mut h);
        settle(&mut h);
        h.key_press(Key::Enter);
        settle(&mut h);
        assert!(h.state().shell.question.is_none(), "{name}");
        assert_eq!(h.state().engine.race.update, 0, "{name}");
    }
}

#[test]
fn leaving_asks_once_also_where_the_desktop_closes_the_window() {
    let close = |h: &mut Harness<'_, Window>| {
        let viewports = &mut h.input_mut().viewports;
        let root = viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
        root.events.push(egui::ViewportEvent::Close);
        h.run_steps(1);
        let viewports = &mut h.input_mut().viewports;
        let root = viewports.get_mut(&egui::ViewportId::ROOT).unwrap();
        root.events.clear();
        let output = &h.output().viewport_output[&egui::ViewportId::ROOT];
        output
            .commands
            .contains(&egui::ViewportCommand::CancelClose)
    };
    let mut h = harness("moons", &[]);
    assert!(!close(&mut h), "nothing to lose");
    trained(&mut h, 23.0);
    assert!(close(&mut h));
    settle(&mut h);
    h.get_by_label("Quit?");
    assert!(close(&mut h), "the question stands");
    h.key_press(Key::Escape);
    settle(&mut h);
    assert!(!h.state().shell.quit);
    h.key_press_modifiers(Modifiers::COMMAND, Key::Q);
    settle(&mut h);
    h.get_by_label("Quit").click();
    settle(&mut h);
    assert!(h.state().shell.quit);
    assert!(!close(&mut h), "answered");
}

#[test]
fn a_question_leaves_the_dialog_it_came_from_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("few.csv");
    let rows: String = (0..40).map(|i| format!("{i},{}\n", i % 2)).collect();
    std::fs::write(&path, format!("a,label\n{rows}")).unwrap();
    let mut h = harness("moons", &[]);
    trained(&mut h, 23.0);
    h.state_mut().open_path(&path.to_string_lossy());
    settle(&mut h);
    type_into(&mut h, "test on", "3", Key::Enter);
    h.get_by_label("Open").click();
    settle(&mut h);
    h.get_by_label("Keep it").click();
    settle(&mut h);
    assert_eq!(value(&h, "test on"), "3");
    assert_eq!(h.state().engine.race.update, 1);
    h.get_by_label("Open").click();
    settle(&mut h);
    h.get_by_label("Start it").click();
    settle(&mut h);
    assert!(!h.state().shell.dialog.is_open());
    assert_eq!(h.state().engine.data().unwrap().len(), 40);
}
