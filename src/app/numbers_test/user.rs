//! A window and who sits before it: presses, keys, and what the accessibility tree says.

use crate::app::layout::Layout;
use crate::app::settings::Settings;
use crate::app::testing;
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

/// What a node is called; what a label says is its value.
pub fn name(node: &egui_kittest::kittest::AccessKitNode<'_>) -> Option<String> {
    node.label()
        .or_else(|| node.value().filter(|_| node.role() == Role::Label))
}

/// The window of a user.
pub struct User {
    pub h: Harness<'static, Window>,
}

impl User {
    pub fn new(preset: &str) -> Self {
        let experiment = Experiment::load(preset, &[]).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::InStep);
        let h = testing::harness(window, [1440.0, 900.0], 0.25);
        let mut user = Self { h };
        user.settle();
        user
    }

    pub fn settle(&mut self) {
        self.h.run_steps(3);
    }

    /// All that the tree says, in its order.
    pub fn labels(&self) -> Vec<String> {
        let all = self.h.query_all_by(|node| name(node).is_some());
        all.filter_map(|node| name(&node.accesskit_node()))
            .collect()
    }

    pub fn press(&mut self, role: Role, label: &str) {
        self.h.get_by_role_and_label(role, label).click();
        self.settle();
    }

    pub fn layout(&mut self, layout: Layout) {
        // The one without chrome has no tabs.
        if self.h.query_by_label("Leave this layout").is_some() {
            self.h.get_by_label("Leave this layout").click();
            self.settle();
        }
        self.press(Role::RadioButton, layout.name());
    }

    pub fn preset(&mut self, title: &str) {
        self.h.get_by_label("Experiment").click();
        self.settle();
        self.press(Role::ListBoxOption, title);
        self.settle();
        // A new network plays, as the window does when it opens.
        if self.h.state().view.playing {
            self.h.key_press(egui::Key::Space);
            self.settle();
        }
    }

    /// Steps to a state from the first.
    pub fn step_to(&mut self, t: usize, by_key: bool) {
        self.h.key_press(egui::Key::Home);
        self.settle();
        for _ in 0..t {
            if by_key {
                self.h.key_press(egui::Key::ArrowRight);
                self.h.run_steps(1);
            } else {
                self.h.get_by_label("Step forward").click();
                self.h.run_steps(1);
            }
        }
        self.settle();
    }

    pub fn point(&mut self, at: egui::Pos2) {
        self.h.hover_at(at);
        // The card comes after a moment's rest.
        self.h.run_steps(4);
    }

    pub fn click(&mut self, pos: egui::Pos2) {
        for pressed in [true, false] {
            self.h.event(egui::Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            });
            self.h.run_steps(1);
        }
        self.h.remove_cursor();
        self.settle();
    }

    /// Rectangles of the nodes whose name begins so, in the order of the tree.
    pub fn places(&self, is: impl Fn(&str) -> bool) -> Vec<(String, egui::Rect)> {
        let nodes = self
            .h
            .query_all_by(|node| name(node).is_some_and(|l| is(&l)));
        nodes
            .filter_map(|node| Some((name(&node.accesskit_node())?, node.rect())))
            .collect()
    }
}
