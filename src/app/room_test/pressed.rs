//! What is pressed to have more room: titles, icons of rails, parts of the set-up, and the compact form.

use crate::app::layout::Layout;
use crate::app::settings::Settings;
use crate::app::testing::{self, says};
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use egui::accesskit::Role;
use egui::{Key, PointerButton};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn window(preset: &str, size: [f32; 2]) -> Harness<'static, Window> {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::InStep);
    let mut h = testing::harness(window, size, 1.0 / 60.0);
    h.run_steps(6);
    h
}

fn there(h: &Harness<'_, Window>, role: Role, label: &str) -> bool {
    h.query_by_role_and_label(role, label).is_some()
}

#[test]
fn a_title_pressed_twice_has_the_room_of_all_and_escape_leads_back() {
    let mut h = window("moons", [1280.0, 800.0]);
    assert!(there(&h, Role::Tab, "Error wave") && there(&h, Role::Tab, "Inspector"));
    let title = h.get_by_role_and_label(Role::Tab, "Error wave").rect();
    for _ in 0..2 {
        for pressed in [true, false] {
            let pos = title.center();
            h.event(egui::Event::PointerMoved(pos));
            h.event(egui::Event::PointerButton {
                pos,
                button: PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            h.run_steps(1);
        }
    }
    h.run_steps(4);
    assert!(!there(&h, Role::Tab, "Inspector") && !there(&h, Role::Tab, "Network"));
    let wave = h.get_by(|n| n.label().is_some_and(|l| l.starts_with("Error wave, size")));
    let large = wave.rect();
    assert!(large.width() > 350.0 && large.height() > 150.0, "{large:?}");
    h.key_press(Key::Escape);
    h.run_steps(4);
    assert!(there(&h, Role::Tab, "Inspector") && there(&h, Role::Tab, "Network"));
    // By keyboard and screen reader: an icon does the same, another leads back.
    h.get_by_label("Maximise Network").click();
    h.run_steps(4);
    assert!(!there(&h, Role::Tab, "Inspector"));
    h.get_by_label("Back to all panels").click();
    h.run_steps(4);
    assert!(there(&h, Role::Tab, "Inspector"));
}

#[test]
fn all_conditions_are_in_sight_and_what_gave_way_unfolds() {
    for preset in ["moons", "digits-mlp", "deep-mlp"] {
        let mut h = window(preset, [1280.0, 800.0]);
        h.run_steps(6);
        let train = h.get_by_role_and_label(Role::Heading, "Train").rect();
        for condition in [
            "feed-forward start",
            "γ = 1",
            "level l taken at t = l",
            "ε by increments",
            "old W until the end",
            "hidden precision 1",
        ] {
            let row = h.get_by_role_and_label(Role::Switch, condition).rect();
            assert!(
                row.bottom() < train.top(),
                "{preset}: {condition} at {row:?}"
            );
        }
    }
    let mut h = window("deep-mlp", [1280.0, 800.0]);
    h.run_steps(6);
    let unfold = |h: &Harness<'_, Window>| {
        h.query_by(|n| n.label().is_some_and(|l| l.starts_with("Unfold layers")))
            .map(|n| n.rect().center())
    };
    assert!(unfold(&h).is_some(), "thirteen layers have no room");
    h.get_by(|n| n.label().is_some_and(|l| l.starts_with("Unfold layers")))
        .click();
    h.run_steps(4);
    assert!(unfold(&h).is_none() && says(&h, "dense 11"));
    h.get_by_label("Fold layers").click();
    h.run_steps(4);
    assert!(unfold(&h).is_some());
}

#[test]
fn in_a_small_window_every_control_is_within_it() {
    let mut h = window("digits-mlp", [640.0, 480.0]);
    for layout in Layout::ALL {
        h.state_mut().shell.settings.layout = layout;
        h.run_steps(6);
        let zoom = h.ctx.zoom_factor();
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(640.0, 480.0) / zoom);
        let acts = [
            Role::Button,
            Role::MenuItem,
            Role::ComboBox,
            Role::Tab,
            Role::RadioButton,
        ];
        for node in h.query_all_by(|n| acts.contains(&n.role())) {
            let (rect, label) = (node.rect(), node.accesskit_node().label());
            assert!(
                screen.contains_rect(rect.shrink(1.0)),
                "{layout:?}: {label:?} at {rect:?}"
            );
        }
        let controls: Vec<_> = h
            .query_all_by(|n| acts.contains(&n.role()))
            .map(|found| (found.rect().shrink(1.5), found.accesskit_node().label()))
            .collect();
        for (i, (a, name)) in controls.iter().enumerate() {
            for (b, other) in &controls[i + 1..] {
                assert!(
                    !a.intersects(*b) || layout == Layout::Present,
                    "{layout:?}: {name:?} {a:?} lies on {other:?} {b:?}"
                );
            }
        }
    }
}

#[test]
fn the_network_is_drawn_apart_folded_and_seen_whole_again() {
    let mut h = window("digits-mlp", [1280.0, 800.0]);
    let column = |h: &Harness<'_, Window>, name: &str| {
        let prefix = format!("{name}, ");
        h.get_by(|n| {
            n.role() == Role::Button
                && n.label()
                    .is_some_and(|l| l.starts_with(&prefix) && l.contains("size of ε"))
        })
        .rect()
    };
    let before = column(&h, "dense 2").left() - column(&h, "dense 1").left();
    h.get_by_label("Draw the network apart").click();
    h.run_steps(4);
    let apart = column(&h, "dense 2").left() - column(&h, "dense 1").left();
    assert!(apart > 1.1 * before, "{before} {apart}");
    h.get_by_label("All of the network").click();
    h.run_steps(4);
    assert_eq!(
        column(&h, "dense 2").left() - column(&h, "dense 1").left(),
        before
    );
    let wide = column(&h, "dense 1").width();
    h.get_by_label("Fold dense 1").click();
    h.run_steps(4);
    assert!(column(&h, "dense 1").width() < 0.6 * wide);
    h.get_by_label("Unfold dense 1").click();
    h.run_steps(4);
    assert_eq!(column(&h, "dense 1").width(), wide);
}
