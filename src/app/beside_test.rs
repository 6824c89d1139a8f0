//! Two runs beside each other, by key and button, in plots, error wave and maps, with the engine on threads of its own.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, said, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn press(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).click();
    settle(h);
}

fn choose(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_role_and_label(Role::RadioButton, label).click();
    settle(h);
}

/// What is said behind these words, up to a comma.
fn number(h: &Harness<'_, Window>, begins: &str, name: &str) -> f64 {
    let all = said(h);
    let line = all.iter().find(|l| l.starts_with(begins));
    let line = line.unwrap_or_else(|| panic!("{begins}: {all:?}"));
    let rest = line[begins.len()..]
        .split_once(&format!("{name} "))
        .unwrap()
        .1;
    let end = rest.find([',', ' ', ';']).unwrap_or(rest.len());
    let plain = rest[..end].replace('−', "-").replace('+', "");
    plain.parse().unwrap_or_else(|_| panic!("{line}"))
}

#[test]
fn two_runs_are_beside_each_other_in_every_view() {
    let changes = ["learning.rule=\"il\"", "inference.steps=8"].map(str::to_owned);
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    settle(&mut h);
    h.state_mut().view.playing = false;
    h.key_press(Key::D);
    settle(&mut h);
    assert!(says(&h, "There is one run alone"));
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(30)));
    settle(&mut h);
    h.state_mut().act(Action::At(Some(10)));
    settle(&mut h);
    h.state_mut().document.draft.learning.rate = 0.02;
    settle(&mut h);
    press(&mut h, "Branch at update 10");
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(40)));
    settle(&mut h);
    h.state_mut().act(Action::Seek(4));
    h.key_press(Key::D);
    settle(&mut h);
    assert_eq!(h.state().pair(), Some(['A', 'B']));
    // A made thirty updates: there both are looked at, in both maps and their difference.
    for words in ["A after update 30", "B after update 30", "B − A"] {
        assert!(
            said(&h).iter().filter(|s| *s == words).count() >= 2,
            "{words}: {:?}",
            said(&h)
        );
    }
    let wave = |side: &str| {
        number(
            &h,
            &format!("{side}: Error wave, size of ε at t = 4: "),
            "dense 1",
        )
    };
    assert!(wave("A") > 0.0 && (wave("B") - wave("A") - wave("B − A")).abs() < 1e-3);
    let all = said(&h);
    let maps = |side: &str| {
        let begins = format!("{side}: ");
        let own = |l: &&String| l.starts_with(&begins) && l.contains(" at t = 4: x ");
        let line = all.iter().find(own).unwrap();
        let rest = line
            .split_once(": x ")
            .unwrap()
            .1
            .split_once(',')
            .unwrap()
            .0;
        rest.replace('−', "-").parse::<f64>().unwrap()
    };
    assert!(maps("A") != maps("B") && (maps("B") - maps("A") - maps("B − A")).abs() < 2e-3);
    // The network draws one of them, and says which; the inspector has the numbers of both.
    let mut sizes = Vec::new();
    for name in ["A", "B", "B − A"] {
        choose(&mut h, name);
        assert!(says(
            &h,
            &format!("{name}, update 30: predictions run right")
        ));
        sizes.push(number(&h, &format!("{name}: dense 1, "), "size of ε"));
    }
    assert!(
        sizes[0] > 0.0 && (sizes[1] - sizes[0] - sizes[2]).abs() < 1e-3,
        "{sizes:?}"
    );
    let shares = |h: &Harness<'_, Window>| -> Vec<f64> {
        let beside = h.state().engine.beside.clone().unwrap().unwrap();
        let share = |i: usize| super::views::equations::share(&beside.sides[i], 4, 3);
        vec![share(0), share(1)]
    };
    let [a, b] = shares(&h)[..] else { panic!() };
    let output = h.query_all_by(|_| true).find_map(|n| {
        let words = n.accesskit_node().description()?;
        let rest = words.strip_prefix("B − A: probabilities: ")?.to_owned();
        let own = rest.split(", ").find_map(|part| part.strip_prefix("3 "))?;
        own.replace('−', "-").parse::<f64>().ok()
    });
    assert!(
        (output.unwrap() - (b - a)).abs() < 1e-3,
        "{output:?} {a} {b}"
    );
    let rows = said(&h);
    let row = rows.iter().find_map(|line| {
        let numbers = line.strip_prefix("x ")?.replace('−', "-");
        let numbers: Option<Vec<f64>> = numbers.split(' ').map(|n| n.parse().ok()).collect();
        numbers.filter(|numbers| numbers.len() == 3)
    });
    let row = row.unwrap_or_else(|| panic!("no row of x: {rows:?}"));
    assert!(
        row[0] != row[1] && (row[1] - row[0] - row[2]).abs() < 2e-4,
        "{row:?}"
    );
    choose(&mut h, "step of A");
    assert!(says(&h, "A, update 30: predictions run right"));
    // All at an update that both have made, and before they parted.
    h.state_mut().act(Action::At(Some(20)));
    settle(&mut h);
    assert!(says(&h, "A after update 20"));
    h.state_mut().act(Action::At(Some(10)));
    settle(&mut h);
    let same = "B − A: Error wave, size of ε at t = 4: ";
    assert_eq!(number(&h, same, "dense 1"), 0.0);
    // In the plots of the race, to the last update that both have made.
    h.state_mut().act(Action::Layout(Layout::Train));
    settle(&mut h);
    let apart = number(&h, "Training loss, B − A: ", "IL");
    assert!(
        says(&h, "IL of A") && apart != 0.0 && apart.abs() < 3.0,
        "{apart}"
    );
    assert!(says(&h, " at 30"), "{:?}", said(&h));
    // In the energy over t.
    h.state_mut().act(Action::At(Some(25)));
    h.state_mut().act(Action::Layout(Layout::Explore));
    settle(&mut h);
    let energy = |name: &str| number(&h, "Energy at t = 4: ", &format!("; {name}"));
    assert!((energy("B") - energy("A") - energy("B − A")).abs() < 1e-3);
    // One press more, and one run is looked at again.
    h.key_press_modifiers(Modifiers::NONE, Key::D);
    settle(&mut h);
    assert_eq!(h.state().pair(), None);
    assert!(!says(&h, "B − A"));
    // By button; a run that is given up is beside none.
    h.state_mut().act(Action::Layout(Layout::Train));
    settle(&mut h);
    h.get_by_label("Pin A").scroll_to_me();
    settle(&mut h);
    press(&mut h, "Pin A");
    assert!(says(&h, "Training loss, B − A: "));
    h.get_by_label("Close A").scroll_to_me();
    settle(&mut h);
    press(&mut h, "Close A");
    assert_eq!(h.state().pair(), None);
    assert!(!says(&h, "B − A"));
}

#[test]
fn two_runs_answer_the_same_examples() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut h) =
        super::regression_test::on_table(folder.path(), &super::regression_test::prices());
    settle(&mut h);
    h.state_mut().view.playing = false;
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(100)));
    settle(&mut h);
    h.state_mut().act(Action::At(Some(20)));
    settle(&mut h);
    h.state_mut().document.draft.learning.rate *= 0.5;
    settle(&mut h);
    h.state_mut().act(Action::TakeUp { branch: true });
    settle(&mut h);
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(100)));
    settle(&mut h);
    h.key_press(Key::D);
    settle(&mut h);
    assert!(
        says(&h, "A (rings) and B after update 100"),
        "{:?}",
        said(&h)
    );
    let beside = h.state().engine.beside.clone().unwrap().unwrap();
    let fitted = h.state().engine.race.fitted.clone().unwrap();
    let [a, b] = &*beside.answers.clone().unwrap();
    let mut apart = 0;
    for example in fitted.examples.clone() {
        // The present run says what it was scored by, after the same update.
        assert_eq!(b.said(example, 0), fitted.said(example, 0));
        apart += usize::from(a.said(example, 0) != b.said(example, 0));
    }
    assert!(apart > 5, "{apart}");
    // What is said of how good they are is of both.
    assert_eq!(b.targets, fitted.targets);
    let miss = |answers: &crate::experiment::answers::Answers| {
        super::format::number3(answers.targets[0].miss)
    };
    let words = [("A", a), ("B", b)].map(|(run, of)| format!("{run}: typical miss {}", miss(of)));
    assert!(
        words.iter().all(|w| says(&h, w)),
        "{words:?} {:?}",
        said(&h)
    );
    h.state_mut().act(Action::At(Some(20)));
    settle(&mut h);
    let beside = h.state().engine.beside.clone().unwrap().unwrap();
    let [a, b] = &*beside.answers.clone().unwrap();
    assert_eq!(a, b, "before they parted");
}
