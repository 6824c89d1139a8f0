//! A finger on the network, by keys, menu, buttons and fields, and what the window says of it.

use super::commands::Command;
use super::hands::Touch;
use super::settings::Settings;
use super::state::{Action, Selection};
use super::testing::{self, says};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::interventions::{Entry, From, Units, What};
use crate::experiment::microscope::{Field, Hand, MicroscopeSnapshot};
use crate::experiment::session::{Mode, RaceCommand};
use crate::learning::Verdict;
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use rand_core::{Rng as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

fn harness(changes: &[&str]) -> Harness<'static, Window> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::InStep);
    let mut h = testing::usual(window);
    h.run_steps(3);
    h
}

const IL: [&str; 3] = [
    "learning.rule=il",
    "inference.adaptive=false",
    "inference.steps=8",
];

fn at(h: &mut Harness<'_, Window>, t: usize, vertex: usize, unit: usize) {
    // All states, so that phases can be compared.
    for t in [8, t] {
        h.state_mut().act(Action::Seek(t));
        h.run_steps(2);
    }
    let selection = Selection { vertex, unit };
    h.state_mut().act(Action::Select(selection));
    h.run_steps(3);
    assert_eq!(h.state().view.t, t);
    assert_eq!(micro(h).states.len(), 9);
}

fn micro(h: &Harness<'_, Window>) -> Arc<MicroscopeSnapshot> {
    Arc::clone(h.state().engine.micro.as_ref().unwrap())
}

/// All numbers of a phase, as bits.
fn bits(m: &MicroscopeSnapshot) -> Vec<u64> {
    let units = |v: usize| 0..m.plan.len_of(v);
    let vertices = 0..m.plan.graph.vertices.len();
    let all = vertices.flat_map(|v| units(v).map(move |u| (v, u)));
    let all: Vec<_> = all.collect();
    (0..m.states.len())
        .flat_map(|t| {
            let of =
                move |(v, u): (usize, usize)| Field::ALL.map(|f| m.value(t, f, v, u).to_bits());
            all.clone().into_iter().flat_map(of).collect::<Vec<_>>()
        })
        .chain(m.states.iter().map(|s| s.total_energy().to_bits()))
        .collect()
}

#[test]
fn keys_clamp_free_and_kick_at_the_state_that_is_looked_at() {
    let mut h = harness(&IL);
    at(&mut h, 3, 1, 5);
    let before = micro(&h);
    h.key_press(Key::C);
    h.run_steps(3);
    let m = micro(&h);
    assert_eq!(h.state().view.t, 3, "the cursor stays");
    assert_eq!(m.hand_on(3, 1, 5), Some(Hand::Held));
    assert_eq!(m.hand_on(2, 1, 5), None);
    let x = |m: &MicroscopeSnapshot, t: usize| m.value(t, Field::X, 1, 5);
    assert!((3..=8).all(|t| x(&m, t) == x(&before, 3)));
    assert_ne!(x(&before, 8), x(&before, 3));
    assert_eq!(m.states[2].judgement, before.states[2].judgement);
    assert_eq!(m.states[3].verdict(), Some(Verdict::Intervention));
    assert!(says(&h, "—, intervention"), "the headline says so");
    // Again: it is as if nothing had been done, to the bit.
    h.key_press(Key::C);
    h.run_steps(3);
    assert!(bits(&micro(&h)) == bits(&before), "to the bit");
    h.key_press(Key::K);
    h.run_steps(3);
    let m = micro(&h);
    assert!((x(&m, 3) - x(&before, 3) - 0.5).abs() < 1e-6);
    let entries = &h.state().document.draft.interventions;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        entries[0].words(Some(&m.plan)),
        "kick dense 1, unit 5 by 0.5 at t = 3"
    );
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    h.run_steps(3);
    assert!(bits(&micro(&h)) == bits(&before), "to the bit");
}

#[test]
fn the_menu_of_a_node_and_the_inspector_offer_the_same() {
    let mut h = harness(&IL);
    at(&mut h, 2, 2, 3);
    let columns = h.query_all_by(|n| {
        let label = n.label().unwrap_or_default();
        n.role() == Role::Button && label.starts_with("dense 2, ")
    });
    let area = |n: &egui_kittest::Node<'_>| n.rect().area();
    let column = columns.max_by(|a, b| area(a).total_cmp(&area(b))).unwrap();
    let place = column.rect().center();
    h.hover_at(place);
    h.run_steps(2);
    for pressed in [true, false] {
        h.event(egui::Event::PointerButton {
            pos: place,
            button: egui::PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        h.run_steps(2);
    }
    let chosen = h.state().view.selection;
    assert_eq!(chosen.vertex, 2, "a right click selects what it is about");
    let items: Vec<String> = h
        .query_all_by(|n| n.role() == Role::MenuItem)
        .filter_map(|n| n.accesskit_node().label())
        .collect();
    for wanted in [
        "Clamp it",
        "Kick by 0.5",
        "Kick by −0.5",
        "Set it to 0",
        "Lesion it",
        "Take all back",
    ] {
        assert!(items.iter().any(|i| i == wanted), "{wanted}: {items:?}");
    }
    h.get_by_role_and_label(Role::MenuItem, "Lesion it").click();
    h.run_steps(3);
    let m = micro(&h);
    assert_eq!(m.hand_on(2, 2, chosen.unit), Some(Hand::Lesioned));
    let buttons = ["Clamp it", "Kick by 0.5", "Lesion it"];
    for wanted in buttons {
        assert!(
            h.query_by_role_and_label(Role::Button, wanted).is_some(),
            "{wanted}"
        );
    }
    let back = format!("Take back: lesion dense 2, unit {} at t = 2", chosen.unit);
    h.get_by_role_and_label(Role::Button, &back).click();
    h.run_steps(3);
    assert!(h.state().document.draft.interventions.is_empty());
    assert_eq!(micro(&h).hand_on(2, 2, chosen.unit), None);
}

#[test]
fn values_precisions_and_weights_are_typed_into_the_inspector() {
    let mut h = harness(&IL);
    at(&mut h, 2, 1, 4);
    h.get_by_label("x of the node")
        .set_text_value_accesskit("0.25");
    h.run_steps(3);
    assert_eq!(micro(&h).value(2, Field::X, 1, 4), 0.25);
    h.get_by_label("π of level 2").set_text_value_accesskit("2");
    h.run_steps(3);
    let m = micro(&h);
    assert_eq!(
        (m.energetics(2).precision(2), m.energetics(1).precision(2)),
        (2.0, 1.0)
    );
    let name = h
        .query_all_by(|n| n.role() == Role::SpinButton || n.role() == Role::TextInput)
        .filter_map(|n| n.accesskit_node().label())
        .find(|l| l.starts_with("W from input, unit "))
        .expect("a weight");
    h.get_by_label(&name).set_text_value_accesskit("1.5");
    h.run_steps(3);
    let m = micro(&h);
    let entry = h
        .state()
        .document
        .draft
        .interventions
        .last()
        .unwrap()
        .clone();
    assert!(
        matches!(entry.what, What::Weight { value: 1.5, .. }),
        "{entry:?}"
    );
    assert_ne!(m.value(2, Field::Mu, 1, 4), 0.0);
    assert_eq!(h.state().document.draft.interventions.len(), 3);
    // Typed once more, it is another value of the same, not one more.
    h.get_by_label("x of the node")
        .set_text_value_accesskit("0.5");
    h.run_steps(3);
    assert_eq!(h.state().document.draft.interventions.len(), 3);
    assert_eq!(micro(&h).value(2, Field::X, 1, 4), 0.5);
}

#[test]
fn half_a_digit_is_freed_and_a_free_output_is_said_to_fill_in_nothing() {
    let mut h = harness(&IL);
    at(&mut h, 0, 0, 40);
    h.get_by_role_and_label(Role::Button, "Free the lower half")
        .click();
    h.run_steps(3);
    let m = micro(&h);
    assert_eq!(m.hand_on(0, 0, 32), Some(Hand::Freed));
    assert_eq!(m.hand_on(0, 0, 31), None);
    let found = m.filled(8).unwrap();
    assert_eq!(found.units, 32);
    assert!(found.class.unwrap().centred > 0.0 && found.mean.centred.abs() < 1e-3);
    assert!(says(&h, "mean of its class"));
    let output = m.plan.output();
    at(&mut h, 0, output, 0);
    h.key_press(Key::C);
    h.run_steps(3);
    let m = micro(&h);
    assert!(m.states.iter().all(|s| s.total_energy() == 0.0));
    assert!(says(&h, "F = 0 at every t"), "the theorem is said");
}

/// The run notes what is done at the update it has come to: a mark on the line of updates, and training is as without.
#[test]
fn what_is_done_is_in_the_journal_of_the_run_and_changes_no_training() {
    let run = |touched: bool| {
        let mut h = harness(&IL);
        h.state_mut().act(Action::Race(RaceCommand::RunUntil(5)));
        h.run_steps(3);
        if touched {
            at(&mut h, 2, 1, 4);
            h.key_press(Key::K);
            h.run_steps(3);
            assert!(!h.state().has_draft(), "nothing waits to be applied");
        }
        h.state_mut().act(Action::Race(RaceCommand::RunUntil(9)));
        h.run_steps(3);
        h
    };
    let (plain, touched) = (run(false), run(true));
    let edits = &touched.state().engine.race.edits;
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].0, 5);
    assert_eq!(
        edits[0].1[0].to_string(),
        "kick dense1, unit 4 by 0.5 at t = 2"
    );
    assert!(super::panels::update_line::stops(&touched.state().engine.race).contains(&5));
    let losses = |h: &Harness<'_, Window>| -> Vec<u64> {
        let lanes = h.state().engine.race.lanes.iter();
        let all = lanes.flat_map(|l| l.loss.buckets().iter().map(|b| b.mean.to_bits()));
        all.collect()
    };
    assert_eq!(losses(&plain), losses(&touched));
}

/// One stroke of the brush is one thing done; what it went over is free, and sets out from the mean.
#[test]
fn a_stroke_of_the_brush_frees_what_it_goes_over() {
    let mut h = harness(&IL);
    at(&mut h, 0, 0, 40);
    h.get_by_role_and_label(Role::Button, "Brush away the input")
        .click();
    h.run_steps(3);
    assert!(h.state().view.brush);
    let columns = h.query_all_by(|n| {
        let label = n.label().unwrap_or_default();
        n.role() == Role::Button && label.starts_with("input, ")
    });
    let area = |n: &egui_kittest::Node<'_>| n.rect().area();
    let rect = columns
        .max_by(|a, b| area(a).total_cmp(&area(b)))
        .unwrap()
        .rect();
    let mut y = rect.top();
    // The picture stands somewhere in its column.
    h.drag_at(egui::pos2(rect.center().x, y));
    while y < rect.bottom() {
        h.hover_at(egui::pos2(rect.center().x, y));
        h.run_steps(1);
        y += 4.0;
    }
    h.drop_at(egui::pos2(rect.center().x, rect.bottom()));
    h.run_steps(3);
    let entries = &h.state().document.draft.interventions;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let m = micro(&h);
    let freed = (0..64).filter(|u| m.hand_on(0, 0, *u) == Some(Hand::Freed));
    assert!(freed.count() >= 16, "{entries:?}");
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    h.run_steps(3);
    assert!(h.state().document.draft.interventions.is_empty());
}

/// A hundred drawn things done and all taken back: every bit is as it was.
#[test]
fn undo_of_a_hundred_restores_every_bit() {
    let mut h = harness(&IL);
    at(&mut h, 4, 1, 4);
    let before = bits(&micro(&h));
    let first = h.state().document.draft.clone();
    let window = h.state_mut();
    let mut random = Pcg64Mcg::seed_from_u64(18);
    let plan = Arc::clone(&window.engine.micro.as_ref().unwrap().plan);
    let (mut done, mut tries) = (0, 0);
    while done < 100 {
        tries += 1;
        assert!(tries < 5000);
        let n = random.next_u64();
        let v = (n % 4) as usize;
        let unit = (n >> 8) as usize % plan.len_of(v);
        let value = ((n >> 16) % 2000) as f64 / 1000.0 - 1.0;
        let vertex = plan.graph.vertices[v].id.clone();
        let units = Units::one(unit);
        let parameter = plan.graph.parameters[(n >> 40) as usize % 6].clone();
        let place = [
            (n >> 8) as usize % parameter.rows,
            (n >> 24) as usize % parameter.cols,
        ];
        let parameter = parameter.name;
        let what = match (n >> 32) % 10 {
            0 => What::Clamp {
                vertex,
                units,
                value: None,
            },
            1 => What::Clamp {
                vertex,
                units,
                value: Some(value),
            },
            2 => What::Free {
                vertex,
                units,
                from: From::There,
            },
            3 => What::Set {
                vertex,
                units,
                value,
            },
            4 => What::Kick {
                vertex,
                units,
                by: value,
            },
            5 => What::Lesion { vertex, units },
            6 => What::Cut { parameter, place },
            7 => What::Weight {
                parameter,
                place,
                value,
            },
            8 => What::Precision {
                level: (n >> 8) as usize % 3,
                value: value.abs() + 0.1,
            },
            _ => What::Class((n >> 8) as usize % 10),
        };
        window.view.t = (n >> 50) as usize % 9;
        let draft = window.document.draft.clone();
        window.act(Action::Touch(Touch::Do(what)));
        window.document.note_edits(false);
        window.shell.notice = None;
        done += usize::from(window.document.draft != draft);
    }
    assert!(bits(window.engine.micro.as_ref().unwrap()) != before);
    for _ in 0..100 {
        window.run_command(Command::Undo);
    }
    window.poll();
    assert_eq!(window.document.draft, first);
    h.run_steps(3);
    assert!(bits(&micro(&h)) == before, "to the bit");
}

/// Another network keeps what it has; the window says what went.
#[test]
fn another_network_lets_go_of_what_it_does_not_have() {
    let mut h = harness(&IL);
    let both = [("dense1", 3), ("dense2", 2)];
    h.state_mut().view.t = 0;
    for (vertex, unit) in both {
        let what = What::Lesion {
            vertex: vertex.into(),
            units: Units::one(unit),
        };
        h.state_mut().act(Action::Touch(Touch::Do(what)));
    }
    let mut draft = h.state().document.draft.clone();
    draft.network.layers.remove(1);
    h.state_mut().act(Action::Edit(Box::new(draft)));
    h.run_steps(3);
    let window = h.state_mut();
    let kept: Vec<&Entry> = window.document.draft.interventions.iter().collect();
    assert_eq!(kept.len(), 1);
    let notice = window.shell.notice.take().unwrap();
    assert!(notice.rest.contains("1 of them"), "{notice:?}");
    window.act(Action::Start);
    h.run_steps(3);
    let m = micro(&h);
    assert_eq!(m.hand_on(0, 1, 3), Some(Hand::Lesioned));
}
