//! What validates leads; what tests is scored on request and at the end: pressed through the accessibility tree with the engine on
//! threads of its own, watched from outside.

use super::commands::Command;
use super::freeze_test::watched;
use super::kept_test::{settle, type_into};
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, says, until};
use super::window::Window;
use crate::data::Part;
use crate::experiment::file::Experiment;
use crate::experiment::session::{LaneSnapshot, Mode, RaceCommand};
use egui::Key;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn in_training(preset: &str, changes: &[&str]) -> Harness<'static, Window> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load(preset, &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    until(&mut h, "the experiment", |h| {
        h.state().engine.micro.is_some()
    });
    h.state_mut().run_command(Command::Layout(Layout::Train));
    settle(&mut h);
    h
}

fn train_to(h: &mut Harness<'_, Window>, update: u64) {
    h.state_mut()
        .act(Action::Race(RaceCommand::RunUntil(update)));
    at_rest(h, update);
}

fn at_rest(h: &mut Harness<'_, Window>, update: u64) {
    until(h, "the updates", |h| {
        h.state().engine.race.update == update && !h.state().engine.race_at_work()
    });
}

/// The updates at which a lane's last scores of a part are.
fn scored(h: &Harness<'_, Window>, part: Part) -> Vec<u64> {
    let of = |lane: &LaneSnapshot| {
        let own = lane.scores.iter().find(|s| s.1 == part);
        own.map(|s| s.0)
    };
    h.state().engine.race.lanes.iter().filter_map(of).collect()
}

const PARTS: &str = "data.split={ train = 200, validation = 50, test = 50 }";

#[test]
fn the_test_part_is_not_looked_at_until_it_is_asked_for() {
    watched(120, "the test part", || {
        let mut h = in_training("moons", &["data.size=300", PARTS, "learning.batch=10"]);
        train_to(&mut h, 30);
        let lanes = h.state().engine.race.lanes.len();
        assert_eq!(scored(&h, Part::Validation), vec![20; lanes]);
        assert!(scored(&h, Part::Test).is_empty());
        assert!(says(&h, "validation at 20 ") && !says(&h, "test accuracy"));
        assert!(says(&h, "test examples, not looked at 50"));
        // Headline and status lead with it, in the engine's own number.
        let zil = &h.state().engine.race.lanes[1];
        let (_, _, score) = zil.scores.iter().find(|s| s.1 == Part::Validation).unwrap();
        let words = format!(
            "Validation accuracy {} (Z-IL, update 20)",
            super::format::percent(score.accuracy, 2)
        );
        assert!(says(&h, &format!("differ. {words}. ")), "{words}");
        assert!(says(&h, &format!("; {words}")), "{words}");
        // So does what is browsed.
        assert_eq!(h.state().engine.race.browsed.unwrap().1, Part::Validation);
        assert!(says(&h, "n = 50, update 20"));
        // On request, with the update that it is of.
        h.get_by_label("Score the test part").click();
        until(&mut h, "the score", |h| {
            scored(h, Part::Test).len() == lanes
        });
        assert!(says(&h, "test accuracy at 30 ") && says(&h, "test examples, scored at 30 50"));
        assert!(says(&h, "(Z-IL, scored at update 30)"));
        // It stays, as of that update, while training goes on.
        train_to(&mut h, 60);
        assert_eq!(scored(&h, Part::Test), vec![30; lanes]);
        assert_eq!(scored(&h, Part::Validation), vec![60; lanes]);
        assert!(says(&h, "test accuracy at 30 ") && says(&h, "validation at 60 "));
        h.get_all_by_role_and_label(Role::RadioButton, "test")
            .next()
            .unwrap()
            .click();
        settle(&mut h);
        assert!(says(&h, "n = 50, update 30"));
    });
}

#[test]
fn a_run_with_an_end_scores_the_test_part_there() {
    watched(120, "the end", || {
        let mut h = in_training("moons", &["data.size=300", PARTS, "learning.batch=10"]);
        type_into(&mut h, "End at update", "24", Key::Enter);
        let train = |h: &mut Harness<'_, Window>| {
            h.get_by_role_and_label(Role::Button, "Train").click();
            settle(h);
        };
        train(&mut h);
        at_rest(&mut h, 24);
        let lanes = h.state().engine.race.lanes.len();
        until(&mut h, "the score", |h| {
            scored(h, Part::Test) == vec![24; lanes]
        });
        assert!(says(&h, "test accuracy at 24 "));
        // Beyond the end training goes on until it is paused, and nothing is scored by itself.
        train(&mut h);
        until(&mut h, "more updates", |h| {
            h.state().engine.race.update > 30
        });
        h.get_by_role_and_label(Role::Button, "Pause").click();
        settle(&mut h);
        assert_eq!(scored(&h, Part::Test), vec![24; lanes]);
    });
}

#[test]
fn without_a_validation_part_the_test_part_is_watched_and_that_is_said() {
    watched(120, "no validation", || {
        let parts = "data.split={ train = 200, validation = 0, test = 100 }";
        let mut h = in_training("moons", &["data.size=300", parts, "learning.batch=20"]);
        train_to(&mut h, 11);
        assert!(says(&h, "test accuracy at 10 "));
        assert!(says(&h, "(Z-IL, update 10; there is no validation part)"));
        assert!(says(
            &h,
            "These data have no validation part: the test part is scored all the time."
        ));
        assert!(h.query_by_label("Score the test part").is_none());
        // The command says why it does nothing.
        h.state_mut().run_command(Command::ScoreTest);
        settle(&mut h);
        assert!(says(&h, "Nothing to do."));
    });
}

#[test]
fn the_browser_turns_to_the_test_part_on_request() {
    watched(120, "the browser", || {
        let mut h = in_training("moons", &["data.size=300", PARTS, "learning.batch=10"]);
        train_to(&mut h, 50);
        assert!(says(&h, "Z-IL, validation, update 50, n = 50"));
        h.get_by_label("Browsed part").click();
        settle(&mut h);
        h.get_by_role_and_label(Role::ListBoxOption, "test").click();
        until(&mut h, "test examples", |h| {
            says(h, "Z-IL, test, update 50, n = 50")
        });
        let predictions = h.state().engine.race.predictions.clone().unwrap().2;
        let all = h.state().engine.data().unwrap().range(Part::Test);
        assert!(
            predictions
                .iter()
                .all(|p| all.contains(&(p.example as usize)))
        );
        // They are of that update until they are asked for again.
        train_to(&mut h, 110);
        assert!(says(&h, "Z-IL, test, update 50, n = 50"));
        h.get_by_label("score all 50").click();
        until(&mut h, "newer ones", |h| {
            says(h, "Z-IL, test, update 110, n = 50")
        });
    });
}
