//! The window on targets that are values, and files answered from it: pressed through the accessibility tree with the engine on
//! threads of its own.

use super::commands::Command;
use super::dialog::Dialog;
use super::kept_test::{harness_of, settle};
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{says, until};
use super::window::Window;
use super::window_test::press;
use crate::data::{LoadOptions, Part, Progress, load};
use crate::experiment::file::Experiment;
use crate::experiment::fitted::Fitted;
use crate::experiment::lane::LaneId;
use crate::experiment::propose::propose;
use crate::experiment::session::{Mode, RaceCommand};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A window with the experiment proposed for a table, its engine on threads of its own.
pub(super) fn on_table(folder: &Path, text: &str) -> (PathBuf, Harness<'static, Window>) {
    let path = folder.join("flats.csv");
    std::fs::write(&path, text).unwrap();
    let loaded = load(&path, &LoadOptions::default(), &Progress::new()).unwrap();
    let experiment: Experiment = propose(&path, &loaded, &Progress::new()).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = harness_of(window);
    until(&mut h, "the experiment", |h| {
        h.state().engine.micro.is_some()
    });
    h.state_mut().run_command(Command::Layout(Layout::Train));
    settle(&mut h);
    (path, h)
}

pub(super) fn prices() -> String {
    let row = |i: usize| {
        let (area, age) = (i * 7 % 23, i * i % 17);
        format!("{area}.5,{age}.25,{}.5\n", 1000 * area + 200 * age + i)
    };
    format!("area,age,price\n{}", (0..80).map(row).collect::<String>())
}

fn fitted(h: &Harness<'_, Window>) -> Option<Arc<Fitted>> {
    h.state().engine.race.fitted.clone()
}

fn example(h: &Harness<'_, Window>) -> usize {
    h.state().engine.micro.as_ref().unwrap().subject.example
}

#[test]
fn what_is_predicted_stands_against_what_is_true() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut h) = on_table(folder.path(), &prices());
    assert!(says(
        &h,
        "Train first: the answers are set beside what is true here before the first update"
    ));
    // Untrained weights are no better than the mean, and it is said with the loss of it.
    let all = h.state().engine.data().unwrap().range(Part::Validation);
    h.get_by_label(&format!("score all {}", all.len())).click();
    until(&mut h, "first answers", |h| fitted(h).is_some());
    let first = fitted(&h).unwrap();
    assert!(first.update == 0 && first.examples == all && first.no_better_than_mean());
    assert!(says(&h, "No better than the mean (loss "));
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(400)));
    until(&mut h, "400 updates", |h| {
        fitted(h).is_some_and(|f| f.update == 400) && !h.state().engine.race_at_work()
    });
    let trained = fitted(&h).unwrap();
    let fit = trained.targets[0];
    assert!(fit.r2.unwrap() > 0.9, "{fit:?}");
    // The plot says which lane, part and update, and the engine's own numbers.
    let number = super::format::number3;
    let plot = format!(
        "Predicted against true: validation, Z-IL, update 400, n = {}. Typical miss {}, R² {}. Always the mean misses by {}. Loss {}.",
        all.len(),
        number(fit.miss),
        super::format::fixed(fit.r2.unwrap(), 3),
        number(fit.mean_miss),
        number(trained.score.loss),
    );
    let rect = h.get_by_label(&plot).rect();
    // A click on a point puts that example under the microscope.
    let data = h.state().engine.data().unwrap().clone();
    let pairs: Vec<[f64; 2]> = (all.clone())
        .map(|i| {
            [
                data.stored_target(i).unwrap()[0],
                trained.said(i, 0).unwrap(),
            ]
        })
        .collect();
    let numbers = || pairs.iter().flatten().copied();
    let (low, high) = (
        numbers().fold(f64::MAX, f64::min),
        numbers().fold(f64::MIN, f64::max),
    );
    let room = 0.06 * (high - low);
    let part = |v: f64| ((v - low + room) / (high - low + 2.0 * room)) as f32;
    let lowest = (0..pairs.len()).min_by(|&a, &b| pairs[a][0].total_cmp(&pairs[b][0]));
    let lowest = lowest.unwrap();
    let [x, y] = pairs[lowest].map(part);
    let at = rect.left_bottom() + egui::vec2(x * rect.width(), -y * rect.height());
    press(&mut h, at);
    until(&mut h, "the example", |h| example(h) == all.start + lowest);
    // So does a key of the focused plot, and a row of the list of misses.
    let next = (all.start + lowest + 1).min(all.end - 1);
    h.get_by_label(&plot).focus();
    settle(&mut h);
    h.key_press(Key::ArrowRight);
    until(&mut h, "the next example", |h| example(h) == next);
    let miss = |i: usize| (pairs[i][0] - pairs[i][1]).abs();
    let worst = (0..pairs.len()).max_by(|&a, &b| miss(a).total_cmp(&miss(b)));
    let worst = all.start + worst.unwrap();
    let first_row = |h: &Harness<'_, Window>| {
        let option = |n: &egui_kittest::Node<'_>| n.accesskit_node().role() == Role::ListBoxOption;
        h.query_all_by(|_| true)
            .find(option)
            .unwrap()
            .accesskit_node()
            .label()
    };
    let row = first_row(&h).unwrap();
    assert!(row.starts_with(&format!("{worst} ")), "{row}");
    h.get_by_label(&row).click();
    until(&mut h, "the worst example", |h| example(h) == worst);
    h.get_by_label("residuals").click();
    settle(&mut h);
    assert!(says(&h, "Residuals: validation, Z-IL, update 400"));
    // Another part, another lane.
    h.get_all_by_role_and_label(Role::RadioButton, "test")
        .next()
        .unwrap()
        .click();
    until(&mut h, "the test part", |h| {
        fitted(h).is_some_and(|f| f.part == Part::Test)
    });
    h.get_by_label("Lane").click();
    settle(&mut h);
    h.get_by_label("IL").click();
    until(&mut h, "IL", |h| {
        fitted(h).is_some_and(|f| f.lane == LaneId::IL)
    });
    assert!(says(&h, "Residuals: test, IL, update 400"));
    // R² of every lane over the updates takes the place of accuracies; nothing is no number.
    assert!(says(&h, "R² over updates: "));
    assert!(!says(&h, "NaN") && !says(&h, "Confusion"));
}

/// Asks for answers to a file by the command and its dialog.
fn predict(h: &mut Harness<'_, Window>, path: &Path) {
    h.state_mut().run_command(Command::Predict);
    settle(h);
    let Dialog::Path { path: typed, .. } = &mut h.state_mut().shell.dialog else {
        panic!("no dialog");
    };
    *typed = path.to_string_lossy().into_owned();
    settle(h);
    h.get_by_label("Predict").click();
    settle(h);
}

#[test]
fn a_file_is_answered_with_the_present_weights_and_saved() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut h) = on_table(folder.path(), &prices());
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(100)));
    until(&mut h, "100 updates", |h| !h.state().engine.race_at_work());
    predict(&mut h, &folder.path().join("nowhere.csv"));
    assert!(says(&h, "nowhere.csv: there is no such file or folder"));
    h.key_press(Key::Escape);
    settle(&mut h);
    // A column that is missing is named; another order is as good.
    let wrong = folder.path().join("wrong.csv");
    std::fs::write(&wrong, "area,rooms\n1,2\n3,4\n").unwrap();
    predict(&mut h, &wrong);
    until(&mut h, "a refusal", |h| says(h, "Not predicted."));
    assert!(says(&h, "wrong.csv") && says(&h, "no column age"));
    h.get_by_label("Choose another…").click();
    settle(&mut h);
    h.key_press(Key::Escape);
    settle(&mut h);
    let new = folder.path().join("new.csv");
    std::fs::write(&new, "age,area\n1.25,7.5\n9.25,20.5\n4.25,3.5\n").unwrap();
    predict(&mut h, &new);
    until(&mut h, "answers", |h| says(h, "3 examples in new.csv: "));
    assert!(says(&h, "after update 100"));
    assert!(!says(&h, "Probabilities too"), "values have none");
    let asked = h.state().engine.session.as_ref().unwrap().answerer();
    let present = asked.answers(LaneId::ZIL, &new, &Progress::new()).unwrap();
    let answers = &present.answers;
    let second = super::format::number(answers.outputs[1].as_ref().unwrap()[0]);
    h.get_by_label(&format!("2 {second}"));
    h.get_by_label("Save").click();
    until(&mut h, "saving", |h| says(h, "Saved: 3 examples in "));
    let saved = || std::fs::read_to_string(folder.path().join("predictions.csv")).unwrap();
    assert!(saved().starts_with("example,price\n1,"));
    assert_eq!(saved(), answers.table(&present.learnt, false).unwrap());
    // Over a file that is there only once that has been said.
    std::fs::write(folder.path().join("predictions.csv"), "kept").unwrap();
    h.get_by_label("Save").click();
    until(&mut h, "a question", |h| says(h, "there is a file already"));
    assert_eq!(saved(), "kept");
    h.get_by_label("Save").click();
    until(&mut h, "saving again", |h| says(h, "Saved: 3 examples in "));
    assert!(saved().starts_with("example,price\n"));
    // The examples themselves are never written over.
    let Dialog::Predict(state) = &mut h.state_mut().shell.dialog else {
        panic!("no dialog");
    };
    state.save(&new);
    settle(&mut h);
    assert!(says(&h, "that is the file of the examples"));
    h.get_by_label("Cancel").click();
    settle(&mut h);
    assert!(!h.state().shell.dialog.is_open());
    assert!(path.exists());
}

#[test]
fn classes_are_saved_with_their_probabilities_where_that_is_ticked() {
    let folder = tempfile::tempdir().unwrap();
    let row = |i: usize| {
        format!(
            "{},{}\n",
            i * 7 % 23,
            ["no", "yes"][usize::from(i * 7 % 23 > 11)]
        )
    };
    let text = format!("size,large\n{}", (0..80).map(row).collect::<String>());
    let (_, mut h) = on_table(folder.path(), &text);
    let new = folder.path().join("new.csv");
    std::fs::write(&new, "size\n2\n21\n").unwrap();
    // Also before the first update.
    predict(&mut h, &new);
    until(&mut h, "answers", |h| says(h, "2 examples in new.csv: "));
    assert!(says(&h, "after update 0"));
    h.get_by_label("Probabilities too").click();
    settle(&mut h);
    h.get_by_label("Save").click();
    until(&mut h, "saving", |h| says(h, "Saved: 2 examples in "));
    let saved = std::fs::read_to_string(folder.path().join("predictions.csv")).unwrap();
    assert!(saved.starts_with("example,large,P(no),P(yes)\n"), "{saved}");
    for line in saved.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [no, yes] = [cells[2], cells[3]].map(|p| p.parse::<f64>().unwrap());
        assert!((no + yes - 1.0).abs() < 1e-6);
        assert_eq!(cells[1], if yes > no { "yes" } else { "no" });
    }
}

#[test]
fn what_is_drawn_or_typed_is_read_with_the_output_free() {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let mut h = harness_of(Window::new(
        experiment,
        Settings::default(),
        Mode::Threads(1),
    ));
    until(&mut h, "the experiment", |h| {
        h.state().engine.micro.is_some()
    });
    h.key_press(Key::P);
    until(&mut h, "an empty pad", |h| {
        h.state().engine.micro.as_ref().unwrap().subject.drawn
    });
    let pad = h.get_by_label("Drawing pad, 8 × 8 pixels, 0 inked").rect();
    press(&mut h, pad.center());
    h.get_by_label("What do you read?").click();
    settle(&mut h);
    let reads = |h: &Harness<'_, Window>| {
        let micro = h.state().engine.micro.as_ref().unwrap();
        let best = (0..10).max_by(|&a, &b| micro.output.get(a).total_cmp(&micro.output.get(b)));
        let best = best.unwrap();
        let share = super::format::percent(micro.output.get(best), 1);
        (format!("It reads {best}, {share}."), micro.subject.label)
    };
    let (words, meant) = reads(&h);
    assert!(says(&h, &words), "{words}");
    // What it is meant as is nothing to the answer.
    h.get_by_label("Meant as").click();
    settle(&mut h);
    let other = (meant.unwrap() + 1) % 10;
    h.get_by(|n| n.role() == Role::ListBoxOption && n.label() == Some(other.to_string()))
        .click();
    until(&mut h, "another class", |h| reads(h).1 == Some(other));
    assert_eq!(reads(&h).0, words);
    assert!(says(&h, &words) && says(&h, "output free, weights of update 0"));
    h.get_by_label("Hide the reading").click();
    settle(&mut h);
    assert!(!says(&h, "It reads"));
    // A typed text as well.
    let experiment = Experiment::load("names-rnn", &[]).unwrap();
    let mut h = harness_of(Window::new(
        experiment,
        Settings::default(),
        Mode::Threads(1),
    ));
    until(&mut h, "the names", |h| h.state().engine.micro.is_some());
    h.get_by_label("Text").focus();
    h.get_by_label("Text").type_text("x");
    until(&mut h, "a word", |h| {
        h.state().engine.micro.as_ref().unwrap().subject.drawn
    });
    h.get_by_label("What do you read?").click();
    until(&mut h, "a reading", |h| says(h, "It reads "));
}
