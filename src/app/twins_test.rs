//! The tables of numbers: of every view, read, selected, copied and saved through the accessibility tree, with the engine on threads.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, rests, said, says, until};
use super::views::table::VIEWS;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::Field;
use crate::experiment::session::{Mode, RaceCommand};
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn trained(preset: &str, updates: u64) -> Window {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::InStep);
    window.act(Action::Race(RaceCommand::RunUntil(updates)));
    window.poll();
    window
}

/// Every view of every kind of data has its numbers: as many in a row as there are columns, whichever row is asked for.
#[test]
fn every_view_has_its_numbers_as_a_table() {
    for preset in ["moons", "digits-mlp", "vowels-rnn", "chain"] {
        let window = trained(preset, 11);
        for view in &VIEWS {
            window.with_frame(&mut Vec::new(), |frame| {
                use super::arrangement::Kind;
                if !view.applies.contains(&Kind::of(frame)) {
                    return;
                }
                let Some(twin) = (view.twin)(frame) else {
                    // Worked out only where somebody looks at it, or there is nothing wrong.
                    let late = ["Switches", "FirstWrong", "Plane", "Confusion"];
                    assert!(late.contains(&view.id), "{preset}: {}", view.id);
                    return;
                };
                let last = twin.rows.checked_sub(1);
                for i in [Some(0), Some(twin.rows / 2), last].into_iter().flatten() {
                    let row = (twin.row)(i);
                    assert_eq!(row.len(), twin.columns.len(), "{preset}: {}", view.id);
                }
                let csv = twin.csv("made of", &|| true).unwrap();
                assert_eq!(csv.lines().count(), twin.rows + 2, "{preset}: {}", view.id);
                assert_eq!(twin.csv("made of", &|| false).is_none(), twin.rows > 0);
            });
        }
    }
}

/// Every number of the network's table is that of the engine, to the last digit.
#[test]
fn the_numbers_of_the_network_are_the_engines() {
    let window = trained("digits-mlp", 3);
    window.with_frame(&mut Vec::new(), |frame| {
        let view = VIEWS.iter().find(|view| view.id == "Network").unwrap();
        let twin = (view.twin)(frame).unwrap();
        let micro = frame.micro;
        let fields = [
            Field::X,
            Field::Fx,
            Field::Mu,
            Field::Eps,
            Field::Dx,
            Field::Delta,
        ];
        let mut i = 0;
        for v in 0..micro.plan.graph.vertices.len() {
            for unit in 0..micro.plan.len_of(v) {
                let row = (twin.row)(i);
                for (value, field) in row[2..].iter().zip(fields) {
                    let read: f32 = value.text().parse().unwrap();
                    let own = micro.value(frame.t(), field, v, unit) as f32;
                    assert_eq!(read.to_bits(), own.to_bits(), "row {i}, {field:?}");
                }
                i += 1;
            }
        }
        assert_eq!(i, twin.rows);
    });
}

fn harness() -> Harness<'static, Window> {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    h.state_mut().act(Action::Layout(Layout::Explore));
    rests(&mut h);
    h.state_mut().view.playing = false;
    h
}

#[test]
fn numbers_are_shown_selected_and_copied_by_pointer_and_keys() {
    let mut h = harness();
    let button = "Numbers of Network";
    h.get_by_role_and_label(Role::Button, button).click();
    h.run_steps(3);
    let rows = |h: &Harness<'_, Window>| -> Vec<String> {
        let all = h.get_all_by_role(Role::ListBoxOption);
        all.filter_map(|n| n.accesskit_node().label())
            .filter(|label| label.starts_with("vertex "))
            .collect()
    };
    let first = rows(&h)[0].clone();
    let x = h
        .state()
        .engine
        .micro
        .as_ref()
        .unwrap()
        .value(0, Field::X, 0, 0) as f32;
    assert!(first.contains(&format!("x {x},")), "{first}");
    // A row, and with Shift those up to another.
    h.get_by_role_and_label(Role::ListBoxOption, &first).click();
    h.run_steps(2);
    assert!(says(&h, "1 of 122 rows"), "{:?}", said(&h));
    for _ in 0..3 {
        h.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
        h.run_steps(1);
    }
    h.run_steps(2);
    assert!(says(&h, "4 of 122 rows"), "{:?}", said(&h));
    h.event(Event::Copy);
    h.run_steps(2);
    assert!(says(&h, "4 rows of Network are copied."), "{:?}", said(&h));
    let state = h.state();
    state.with_frame(&mut Vec::new(), |frame| {
        let view = VIEWS.iter().find(|view| view.id == "Network").unwrap();
        let text = (view.twin)(frame).unwrap().tabs(0..=3);
        assert_eq!(text.lines().count(), 5);
        assert!(text.starts_with("vertex\tplace\tx\t"), "{text}");
    });
    // To the end, which is not in sight: it comes there.
    h.key_press(Key::End);
    h.run_steps(4);
    assert!(
        rows(&h).iter().any(|row| row.starts_with("vertex output")),
        "{:?}",
        rows(&h)
    );
    // The key leads back, and again to the numbers of the large view.
    h.key_press(Key::Escape);
    h.run_steps(1);
    h.key_press(Key::N);
    h.run_steps(3);
    assert!(rows(&h).is_empty());
    assert!(h.query_by_role_and_label(Role::Button, button).is_some());
    h.key_press(Key::N);
    h.run_steps(3);
    assert!(!rows(&h).is_empty());
}

#[test]
fn numbers_are_saved_with_what_they_were_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("energy.csv");
    let mut h = harness();
    h.get_by_role_and_label(Role::Button, "Numbers of Energy")
        .click();
    h.run_steps(3);
    h.get_by_role_and_label(Role::Button, "Save as CSV…")
        .click();
    h.run_steps(3);
    let field = h.get_by_role_and_label(Role::TextInput, "Save to");
    assert_eq!(
        field.accesskit_node().value().as_deref(),
        Some("energy.csv")
    );
    field.click();
    h.run_steps(2);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.run_steps(1);
    h.event(Event::Text(out.to_string_lossy().into_owned()));
    h.run_steps(2);
    h.get_by_role_and_label(Role::Button, "Save").click();
    until(&mut h, "saved", |h| says(h, "Saved:"));
    let text = std::fs::read_to_string(&out).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("# pcscope ") && lines[0].ends_with("; Energy"),
        "{text}"
    );
    assert!(lines[1].starts_with("t,γ of the step,F,"), "{text}");
    let micro = h.state().engine.micro.as_ref().unwrap();
    assert_eq!(lines.len(), micro.states.len() + 2);
    let f: f64 = lines[2].split(',').nth(2).unwrap().parse().unwrap();
    assert_eq!(f.to_bits(), micro.states[0].total_energy().to_bits());
}
