//! Headlines, read through the accessibility tree as a screen reader would: each says what was compared, and nothing else.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Action, Selection};
use super::testing::{self, rule as named, said, says};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use crate::learning::{Capture, Conditions, Epsilon, Inference, Order, Rule, Verdict};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn harness_of(experiment: Experiment, mode: Mode) -> Harness<'static, Window> {
    harness_at(experiment, mode, [1280.0, 800.0])
}

fn harness_at(experiment: Experiment, mode: Mode, size: [f32; 2]) -> Harness<'static, Window> {
    let window = Window::new(experiment, Settings::default(), mode);
    testing::harness(window, size, 1.0 / 60.0)
}

fn harness(preset: &str, changes: &[&str]) -> Harness<'static, Window> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let mut h = harness_of(Experiment::load(preset, &changes).unwrap(), Mode::InStep);
    settle(&mut h);
    h
}

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(3);
}

#[track_caller]
fn assert_says(h: &Harness<'_, Window>, words: &str) {
    let all = said(h);
    let close: Vec<&String> = all.iter().filter(|s| s.len() > 20).collect();
    assert!(
        all.iter().any(|s| s.contains(words)),
        "“{words}” is not among {close:#?}"
    );
}

#[track_caller]
fn assert_not_says(h: &Harness<'_, Window>, words: &str) {
    for s in said(h) {
        assert!(!s.contains(words), "“{words}” is said: {s}");
    }
}

fn show(h: &mut Harness<'_, Window>, layout: Layout) {
    h.state_mut().shell.settings.layout = layout;
    settle(h);
}

fn act(h: &mut Harness<'_, Window>, action: Action) {
    h.state_mut().act(action);
    h.state_mut().poll();
    settle(h);
}

fn press(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).click();
    settle(h);
}

fn rule(h: &mut Harness<'_, Window>, rule: Rule, inference: Inference, conditions: Conditions) {
    act(
        h,
        Action::Rule {
            rule,
            inference,
            conditions,
        },
    );
}

fn broken(change: impl FnOnce(&mut Conditions)) -> Conditions {
    let mut conditions = Conditions::default();
    change(&mut conditions);
    conditions
}

fn train_to(h: &mut Harness<'_, Window>, update: u64) {
    act(h, Action::Race(RaceCommand::RunUntil(update)));
}

/// The verdict at the cursor, and t.
fn at_cursor(h: &Harness<'_, Window>) -> (usize, Option<Verdict>) {
    let window = h.state();
    let micro = window.engine.micro.as_ref().unwrap();
    (window.view.t, micro.states[window.view.t].verdict())
}

// "0 of 105,866 weights differ, EXACT in all 412 updates" while BP had been unticked for 80 of them.
#[test]
fn with_bp_unticked_the_count_gives_way_to_since_when_it_is_not_compared() {
    let mut h = harness("moons", &[]);
    show(&mut h, Layout::Train);
    for _ in 0..3 {
        press(&mut h, "1 update");
    }
    assert_says(
        &h,
        "of 114 weights differ. Z-IL against BP, EXACT in all 3 updates",
    );
    press(&mut h, "Backprop (BP)");
    assert_says(&h, "EXACT in all 3 updates");
    for _ in 0..4 {
        press(&mut h, "1 update");
    }
    assert_says(&h, "NOT COMPARED, since update 3");
    assert_says(
        &h,
        "BP is unticked and has fallen behind Z-IL. Up to update 3: EXACT in all 3 updates compared.",
    );
    assert_not_says(&h, "of 114 weights differ");
    assert_says(&h, "Z-IL exactly 0 at 3");
    // Ticked again, it is behind for good.
    press(&mut h, "Backprop (BP)");
    for _ in 0..2 {
        press(&mut h, "1 update");
    }
    assert_says(&h, "NOT COMPARED, since update 3");
    assert_says(&h, "BP has made 5 updates, Z-IL 9");
    assert_not_says(&h, "of 114 weights differ");
    // The row of the table has dashes and says why.
    assert_says(
        &h,
        "Z-IL, NOT COMPARED since update 3, when 0 weights differed.",
    );
    // The curve ends where nothing was compared; that of BP's loss goes on after a gap.
    let lanes = &h.state().engine.race.lanes;
    assert_eq!(lanes[1].distance.last().unwrap().update, 3);
    let gaps: Vec<u64> = lanes[0]
        .loss
        .buckets()
        .iter()
        .filter(|b| b.after_gap)
        .map(|b| b.update)
        .collect();
    assert_eq!(gaps, [8]);
}

// "0 weights have moved, press Train" after 1,850 updates.
#[test]
fn trained_without_bp_nothing_is_said_to_be_unmoved() {
    let mut h = harness("moons", &[]);
    show(&mut h, Layout::Train);
    assert_says(&h, "0 of 114 weights have moved. Press Train (T)");
    press(&mut h, "Backprop (BP)");
    train_to(&mut h, 60);
    assert_not_says(&h, "Press Train");
    assert_not_says(&h, "have moved");
    assert_says(&h, "NOT COMPARED, at no update so far");
    assert_says(&h, "BP is unticked");
    assert_says(
        &h,
        "Weight distance to BP: Nothing has been compared with BP.",
    );
}

// "Press Train" while training.
#[test]
fn while_training_nobody_is_told_to_press_train() {
    let experiment = Experiment::load("digits-mlp", &["inference.steps=2000".into()]).unwrap();
    let mut h = harness_of(experiment, Mode::Threads(1));
    let until = |h: &mut Harness<'_, Window>, what: &dyn Fn(&Window) -> bool| {
        for _ in 0..1500 {
            h.run_steps(1);
            if what(h.state()) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("waited for fifteen seconds");
    };
    until(&mut h, &|w| w.engine.micro.is_some());
    h.state_mut().shell.settings.layout = Layout::Train;
    h.run_steps(2);
    assert_says(&h, "Press Train");
    h.state_mut().run_command(Command::Train);
    h.run_steps(2);
    assert!(h.state().engine.race_at_work());
    assert_not_says(&h, "Press Train");
    until(&mut h, &|w| w.engine.race.update >= 1);
    assert_not_says(&h, "Press Train");
    h.state_mut().run_command(Command::PlayPause);
    h.run_steps(2);
    assert_not_says(&h, "Press Train");
}

// "trained for 1 updates, looks at IL" while it follows Z-IL.
#[test]
fn the_set_up_names_the_lane_whose_weights_are_looked_at() {
    let mut h = harness("moons", &[]);
    press(&mut h, "1 update");
    assert_says(
        &h,
        "1 update trained; the microscope looks at the weights of Z-IL at update 1",
    );
    press(&mut h, "IL");
    assert_eq!(
        h.state().engine.micro.as_ref().unwrap().subject.rule,
        named("il")
    );
    press(&mut h, "1 update");
    assert_says(
        &h,
        "2 updates trained; the microscope looks at the weights of Z-IL at update 2",
    );
    assert_not_says(&h, "1 updates");
}

// The accuracy of update 0 shown at 49.
#[test]
fn a_score_says_of_which_update_it_is() {
    let mut h = harness("moons", &[]);
    show(&mut h, Layout::Train);
    // An epoch is 13 updates, and scores are taken at its end, after 10 updates and after every 50.
    train_to(&mut h, 9);
    assert_says(&h, "validation at 0 ");
    assert_says(&h, "n = 100, update 0");
    train_to(&mut h, 12);
    assert_says(&h, "validation at 10 ");
    assert_says(&h, "n = 100, update 10");
    train_to(&mut h, 14);
    assert_says(&h, "validation at 13 ");
    assert_says(&h, "n = 100, update 13");
    // A lane that rests keeps the score it had.
    press(&mut h, "Backprop (BP)");
    train_to(&mut h, 27);
    let scores: Vec<u64> = h
        .state()
        .engine
        .race
        .lanes
        .iter()
        .map(|l| l.scores[0].0)
        .collect();
    assert_eq!(scores[..2], [13, 26]);
    assert_says(&h, "validation at 13 ");
    assert_says(&h, "validation at 26 ");
}

// "test accuracy NaN".
#[test]
fn targets_without_classes_have_no_accuracy_and_nothing_reads_nan() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.csv");
    let rows: String = (0..60)
        .map(|i| {
            let x = f64::from(i) / 60.0;
            format!("{x},{},{}\n", x * x, (3.0 * x).sin())
        })
        .collect();
    std::fs::write(&path, format!("a,b,y\n{rows}")).unwrap();
    let mut h = harness("moons", &[]);
    h.state_mut().open_path(&path.to_string_lossy());
    settle(&mut h);
    press(&mut h, "Open");
    assert!(h.state().engine.data().unwrap().classes().is_empty());
    show(&mut h, Layout::Train);
    train_to(&mut h, 3);
    assert_says(&h, "0 = the mean, 1 = perfect");
    assert_says(&h, "validation loss at 3 ");
    assert_not_says(&h, "test accuracy");
    for layout in Layout::ALL {
        show(&mut h, layout);
        assert_not_says(&h, "NaN");
    }
}

// EXACT beside "the proof breaks at its second step": changing anything while paused threw the cursor to t = 0.
#[test]
fn at_rest_the_cursor_stays_and_the_whole_schedule_is_judged() {
    let mut h = harness("digits-mlp", &[]);
    act(&mut h, Action::Seek(2));
    assert_says(&h, "EXACT");
    assert_eq!(at_cursor(&h), (2, Some(Verdict::Exact)));
    // Pressed as the demo does: the verdict falls where one looks.
    press(&mut h, "level l taken at t = l");
    assert_eq!(at_cursor(&h), (2, Some(Verdict::DifferentRule)));
    assert_says(&h, "DIFFERENT RULE");
    assert_not_says(&h, "EXACT");
    press(&mut h, "Hold all conditions");
    assert_eq!(at_cursor(&h), (2, Some(Verdict::Exact)));
    // γ: at t = 0 only the output is taken, which γ does not touch. What is to come is said.
    act(&mut h, Action::Seek(0));
    press(&mut h, "γ = 1");
    for layout in [Layout::Teach, Layout::Compare, Layout::Present] {
        show(&mut h, layout);
        assert_eq!(at_cursor(&h), (0, Some(Verdict::ExactSoFar)));
        assert_says(&h, "EXACT SO FAR");
        assert!(!said(&h).iter().any(|s| s == "EXACT"), "{layout:?}");
        assert_says(&h, "At t = 1 dense 2 breaks it: RIGHT DIRECTION.");
    }
    show(&mut h, Layout::Teach);
    act(&mut h, Action::Seek(1));
    assert_says(&h, "RIGHT DIRECTION, cosine 1");
    assert_says(&h, "wrong length ×0.5");
    // A rule, γ and T of another rule: t stays as far as it exists.
    rule(
        &mut h,
        named("il"),
        Inference::of(12, 0.1),
        Conditions::default(),
    );
    assert_eq!(at_cursor(&h).0, 1);
    act(&mut h, Action::Seek(9));
    rule(
        &mut h,
        named("il"),
        Inference::of(12, 0.2),
        Conditions::default(),
    );
    assert_eq!(at_cursor(&h).0, 9);
    rule(
        &mut h,
        named("il"),
        Inference::of(5, 0.2),
        Conditions::default(),
    );
    assert_eq!(at_cursor(&h).0, 5);
    rule(
        &mut h,
        named("zil"),
        Inference::of(5, 0.2),
        Conditions::default(),
    );
    assert_eq!(at_cursor(&h), (2, Some(Verdict::Exact)));
}

// The same on threads of their own, where the engine answers later.
#[test]
fn on_threads_the_cursor_stays_too() {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let until = |window: &mut Window, what: &dyn Fn(&Window) -> bool| {
        for _ in 0..1500 {
            window.poll();
            if what(window) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("waited for fifteen seconds");
    };
    until(&mut window, &|w| w.engine.micro.is_some());
    window.view.playing = false;
    window.act(Action::Seek(2));
    until(&mut window, &|w| w.view.t == 2);
    window.act(Action::Rule {
        rule: named("zil"),
        inference: Inference::default(),
        conditions: broken(|c| c.capture = Capture::Late),
    });
    until(&mut window, &|w| {
        let micro = w.engine.micro.as_ref().unwrap();
        micro.subject.conditions.capture == Capture::Late && micro.finished()
    });
    assert_eq!(window.view.t, 2);
}

// While playing, plain EXACT is said at the last state and not before.
#[test]
fn exact_is_said_at_the_end_and_exact_so_far_before() {
    let mut h = harness("digits-mlp", &[]);
    let steps = h.state().engine.micro.as_ref().unwrap().steps;
    for t in 0..=steps {
        act(&mut h, Action::Seek(t));
        for layout in [Layout::Teach, Layout::Compare, Layout::Present] {
            show(&mut h, layout);
            let plain = said(&h).iter().any(|s| s == "EXACT");
            let so_far = said(&h).iter().any(|s| s.starts_with("EXACT SO FAR"));
            assert_eq!(
                (plain, so_far),
                (t == steps, t < steps),
                "{layout:?}, t = {t}"
            );
        }
        assert_says(&h, &format!("{} of {} levels captured", t + 1, steps + 1));
    }
}

// EXACT where nothing moved.
#[test]
fn where_nothing_moves_there_is_no_update_and_no_number_reads_nan() {
    let mut h = harness("moons", &["learning.rate=0"]);
    for rules in [named("zil"), testing::rule("il")] {
        rule(&mut h, rules, Inference::of(4, 0.2), Conditions::default());
        act(&mut h, Action::Seek(usize::MAX));
        for layout in [Layout::Teach, Layout::Compare, Layout::Present] {
            show(&mut h, layout);
            assert_says(&h, "NO UPDATE, rate 0");
            assert_not_says(&h, "EXACT");
            assert_not_says(&h, "NaN");
        }
    }
    show(&mut h, Layout::Train);
    train_to(&mut h, 3);
    assert_says(&h, "NO UPDATE, rate 0");
    assert_says(&h, "no bit of any weight has changed");
    assert_not_says(&h, "EXACT");
    assert_not_says(&h, "NaN");
}

// "NaN ×NaN" where no error passes.
#[test]
fn cells_without_a_number_show_a_dash_and_say_why() {
    // Inputs below 0 into weights of 1 and relu: every hidden unit is at rest, f′ = 0.
    let text = "format = 1\nname = \"dead\"\nseed = 1\n[data]\nsource = \"points\"\n\
        points = [[-1.0, -2.0, 0], [-2.0, -1.0, 1], [-1.0, -1.0, 0], \
        [-2.0, -2.0, 1], [-3.0, -1.0, 0], [-3.0, -2.0, 1], [-1.0, -3.0, 0], [-2.0, -3.0, 1]]\n\
        [network]\nactivation = \"relu\"\nloss = \"cross-entropy\"\ninit = \"ones\"\n\
        layers = [{ dense = 3 }, { dense = 3 }, { dense = 2 }]\n\
        [learning]\nrule = \"zil\"\nrate = 0.1\nbatch = 2\n";
    let mut h = harness_of(Experiment::parse(text, "dead", &[]).unwrap(), Mode::InStep);
    settle(&mut h);
    act(&mut h, Action::Seek(usize::MAX));
    let micro = h.state().engine.micro.clone().unwrap();
    let last = &micro.states[micro.steps];
    let deep = last.levels[1].unwrap_or_else(|| panic!("{:?} {:?}", micro.subject, last.levels));
    assert!(
        deep.cosine.is_nan() && deep.reference_size == 0.0,
        "{deep:?}"
    );
    for layout in [Layout::Teach, Layout::Compare, Layout::Explore] {
        show(&mut h, layout);
        assert_not_says(&h, "NaN");
        assert_says(&h, "EXACT");
    }
    show(&mut h, Layout::Teach);
    assert_says(
        &h,
        "dense 2, level 1: NO UPDATE, cosine —, length —, relative error — (no error passes here, and none does in backprop)",
    );
}

// "a rule of its own, not a failed one" over an inference that is all NaN.
#[test]
fn an_inference_that_overflows_names_vertex_and_state_and_the_way_back() {
    let mut h = harness(
        "digits-mlp",
        &[
            "network.activation=identity",
            "network.loss=squared-error",
            "network.gain=4",
        ],
    );
    rule(
        &mut h,
        named("il"),
        Inference::of(200, 1.0),
        Conditions::default(),
    );
    act(&mut h, Action::Seek(200));
    assert_eq!(at_cursor(&h), (200, Some(Verdict::NotFinite)));
    let micro = h.state().engine.micro.clone().unwrap();
    let (v, t) = micro.states[200].first_not_finite.unwrap();
    let label = micro.plan.graph.vertices[v].label.clone();
    for layout in [Layout::Teach, Layout::Compare, Layout::Explore] {
        show(&mut h, layout);
        assert_says(&h, &format!("NOT FINITE, {label} from t = {t}"));
        assert_says(&h, "Step back to see where it grew, or lower γ.");
        assert_not_says(&h, "rule of its own");
        assert_not_says(&h, "cosine NaN");
    }
    show(&mut h, Layout::Present);
    assert_says(&h, "NOT FINITE");
    show(&mut h, Layout::Teach);
    // One state before it there is a comparison, and the energy is said to have risen.
    act(&mut h, Action::Seek(t - 1));
    assert_ne!(at_cursor(&h).1, Some(Verdict::NotFinite));
    assert_says(&h, "Energy has risen from");
    assert_not_says(&h, "ower energy");
    assert_says(&h, &format!("At t = {}: NOT FINITE.", 200));
}

// "lower energy" where γ is past its limit; and where it is not, the two energies shown.
#[test]
fn the_energy_that_is_spoken_of_is_the_one_shown() {
    let mut h = harness("digits-mlp", &[]);
    rule(
        &mut h,
        named("il"),
        Inference::of(30, 0.1),
        Conditions::default(),
    );
    act(&mut h, Action::Seek(30));
    let micro = h.state().engine.micro.clone().unwrap();
    let energies = [0, 30].map(|t| micro.states[t].total_energy());
    assert!(energies[1] < energies[0]);
    let [first, last] = energies.map(super::format::number);
    assert_says(&h, &format!("Energy has fallen from {first} to {last}."));
}

// RIGHT DIRECTION has its number, and "wrong length" only where a length is wrong.
#[test]
fn the_number_stands_in_the_headline() {
    let mut h = harness("digits-mlp", &[]);
    let conditions = broken(|c| c.order = Order::WFirst);
    rule(&mut h, named("zil"), Inference::default(), conditions);
    act(&mut h, Action::Seek(usize::MAX));
    let micro = h.state().engine.micro.clone().unwrap();
    let j = micro.judgement(micro.steps).unwrap();
    // ROUNDING for w-first at a relative error of 0.053.
    assert_not_says(&h, "ROUNDING");
    assert_ne!(j.verdict, Verdict::Rounding);
    if j.verdict == Verdict::RightDirection {
        assert_says(
            &h,
            &format!(
                "RIGHT DIRECTION, cosine {}",
                super::format::cosine(j.cosine)
            ),
        );
        assert_eq!(says(&h, "wrong length"), j.wrong_length);
    }
    let conditions = broken(|c| c.epsilon = Epsilon::Naive);
    rule(&mut h, named("zil"), Inference::default(), conditions);
    act(&mut h, Action::Seek(usize::MAX));
    let micro = h.state().engine.micro.clone().unwrap();
    let j = micro.judgement(micro.steps).unwrap();
    assert_eq!(j.verdict, Verdict::Rounding);
    let error = super::format::number3(j.relative_error);
    for layout in [Layout::Teach, Layout::Compare, Layout::Present] {
        show(&mut h, layout);
        assert_says(&h, &format!("ROUNDING, relative error {error}"));
    }
}

// RIGHT DIRECTION for an RNN whose summed update points elsewhere.
#[test]
fn a_recurrent_network_is_judged_by_the_sum_it_applies() {
    let mut h = harness("names-rnn", &["network.layers=[{rnn=12},{dense=18}]"]);
    let conditions = broken(|c| c.gamma = 0.5);
    rule(&mut h, named("zil"), Inference::default(), conditions);
    act(&mut h, Action::Seek(usize::MAX));
    let micro = h.state().engine.micro.clone().unwrap();
    let j = micro.judgement(micro.steps).unwrap();
    let each = micro.states[micro.steps].levels.iter().flatten();
    assert!(each.clone().all(|l| l.cosine > 0.999));
    assert_eq!(j.verdict, Verdict::DifferentRule, "{j:?}");
    assert_says(&h, "DIFFERENT RULE");
    assert_not_says(&h, "RIGHT DIRECTION");
    // What each switch does: numbers for the levels that the example has.
    show(&mut h, Layout::Compare);
    let row = said(&h)
        .into_iter()
        .find(|s| s.starts_with("γ = 0.5: "))
        .unwrap();
    assert!(
        row.starts_with("γ = 0.5: DIFFERENT RULE, level 0 cosine 1"),
        "{row}"
    );
    assert!(row.contains("level 1 cosine"), "{row}");
}

// "nothing moved" beside a change of −0.0158.
#[test]
fn the_inspector_says_nothing_moved_only_of_what_did_not() {
    let layers = "network.layers=[{dense=6},{dense=6},{dense=6,skip=2},{dense=10}]";
    let mut h = harness("digits-mlp", &[layers, "network.levelled=false"]);
    rule(
        &mut h,
        named("il"),
        Inference::of(6, 0.2),
        Conditions::default(),
    );
    show(&mut h, Layout::Explore);
    for t in 1..=4 {
        act(&mut h, Action::Seek(t));
        let micro = h.state().engine.micro.clone().unwrap();
        for vertex in 1..micro.plan.output() {
            for unit in 0..micro.plan.len_of(vertex) {
                let x = |t| micro.value(t, crate::experiment::microscope::Field::X, vertex, unit);
                if x(t) == x(t - 1) {
                    continue;
                }
                act(&mut h, Action::Select(Selection { vertex, unit }));
                assert_not_says(&h, "nothing moved");
                assert_not_says(&h, "x did not move");
                break;
            }
        }
    }
}

/// Every verdict in every layout, with every rule: no two headlines of one frame contradict each other.
#[test]
fn all_layouts_say_the_same() {
    let mut h = harness("moons", &[]);
    let subjects = [
        (named("zil"), Inference::default(), Conditions::default()),
        (
            named("zil"),
            Inference::default(),
            broken(|c| c.epsilon = Epsilon::Naive),
        ),
        (
            named("zil"),
            Inference::default(),
            broken(|c| c.gamma = 0.5),
        ),
        (
            named("zil"),
            Inference::default(),
            broken(|c| c.capture = Capture::End),
        ),
        (named("il"), Inference::of(6, 0.1), Conditions::default()),
        (
            named("fixed-prediction"),
            Inference::of(6, 1.0),
            Conditions::default(),
        ),
        (
            named("incremental"),
            Inference::of(3, 0.1),
            Conditions::default(),
        ),
        (
            named("zil-then-il"),
            Inference::of(3, 0.1),
            Conditions::default(),
        ),
        (named("bp"), Inference::default(), Conditions::default()),
    ];
    for (which, inference, conditions) in subjects {
        rule(&mut h, which, inference, conditions);
        for t in [0, 1, 2, usize::MAX] {
            act(&mut h, Action::Seek(t));
            let (t, verdict) = at_cursor(&h);
            let words = match (which, verdict) {
                (rule, _) if rule.is_reference() => "BACKPROP",
                (_, None) => "nothing captured yet",
                // Of the output alone, which has backprop's error in any rule, no verdict is made.
                (rule, Some(Verdict::ExactSoFar)) if rule.relaxes() && inference.gamma != 1.0 => {
                    "no error below the output yet"
                }
                (_, Some(verdict)) => verdict.words(),
            };
            for layout in [
                Layout::Teach,
                Layout::Explore,
                Layout::Compare,
                Layout::Present,
            ] {
                show(&mut h, layout);
                if layout == Layout::Compare && which.is_reference() {
                    continue;
                }
                let heads = said(&h);
                let head =
                    |s: &&String| s.as_str() == words || s.starts_with(&format!("{words}, "));
                assert!(
                    heads.iter().any(|s| head(&s)),
                    "{words}, {which:?}, t = {t}, {layout:?}"
                );
            }
        }
    }
}

/// Weights that are not compared in a training window are no obstacle to a fresh start.
#[test]
fn after_a_fresh_start_lanes_are_compared_again() {
    let mut h = harness("moons", &[]);
    show(&mut h, Layout::Train);
    press(&mut h, "Z-IL");
    train_to(&mut h, 5);
    assert_says(&h, "NOT COMPARED, at no update so far");
    assert_says(&h, "Z-IL is unticked");
    h.state_mut().run_command(Command::Rewind);
    settle(&mut h);
    assert_eq!(h.state().engine.race.state, RaceState::Idle);
    train_to(&mut h, 2);
    assert_says(&h, "EXACT in all 2 updates");
}

/// In a small window the strip of the race speaks of the trained weights, not of the example under the microscope.
#[test]
fn the_strip_of_a_small_window_says_what_the_race_has_compared() {
    let experiment = Experiment::load("moons", &[]).unwrap();
    let mut h = harness_at(experiment, Mode::InStep, [960.0, 600.0]);
    show(&mut h, Layout::Train);
    train_to(&mut h, 3);
    assert_says(
        &h,
        "0 of 114 weights differ. Z-IL against BP, EXACT in all 3 updates",
    );
    act(&mut h, Action::Race(RaceCommand::Active(LaneId::BP, false)));
    train_to(&mut h, 5);
    assert_says(&h, "NOT COMPARED, since update 3");
    assert!(!said(&h).iter().any(|s| s == "EXACT"));
}
