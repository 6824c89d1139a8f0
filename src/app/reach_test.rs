//! Smaller windows: whatever can be pressed in a large one can be reached in the compact form, and no text is cut there.

use super::layout::Layout;
use super::robot::screen::{FRAME, Node, REST, Screen};
use super::room_test::ink::Page;
use super::settings::Settings;
use super::state::{Action, Choice, Rail};
use super::window::{Grain, Window};
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand};
use egui::accesskit::{self, Role};
use egui::{Event, Modifiers, MouseWheelUnit, TouchPhase, Vec2, pos2, vec2};
use std::collections::{BTreeMap, BTreeSet};

/// Small windows: size in points of the screen, and the scale that the user has chosen.
const SMALL: [(Vec2, f32); 4] = [
    (vec2(800.0, 500.0), 1.0),
    (vec2(640.0, 480.0), 1.0),
    (vec2(1280.0, 800.0), 2.0),
    (vec2(959.0, 599.0), 1.0),
];

fn window(preset: &str, layout: Layout) -> Window {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let settings = Settings {
        layout,
        ..Settings::default()
    };
    let mut window = Window::new(experiment, settings, Mode::InStep);
    window.act(Action::Race(RaceCommand::RunUntil(3)));
    window.view.playing = false;
    window
}

fn settle(window: &mut Window, screen: &mut Screen) {
    for _ in 0..6 {
        screen.frame(window, REST, Vec::new());
    }
}

fn is_control(node: &Node) -> bool {
    let role = matches!(
        node.role,
        Role::Button
            | Role::CheckBox
            | Role::Switch
            | Role::RadioButton
            | Role::Tab
            | Role::ComboBox
            | Role::Slider
            | Role::SpinButton
            | Role::TextInput
            | Role::MenuItem
            | Role::DisclosureTriangle
    );
    role && node.seen.is_some()
}

/// Enough of a control is in sight to press it.
fn in_sight(node: &Node) -> bool {
    let least = vec2(node.rect.width().min(10.0), node.rect.height().min(10.0));
    node.seen.is_some_and(|seen| {
        seen.is_positive() && seen.width() >= least.x - 0.5 && seen.height() >= least.y - 0.5
    })
}

/// Turns the wheel over the place where a control would be until it is in sight.
fn scrolled_to(window: &mut Window, screen: &mut Screen, id: accesskit::NodeId) -> bool {
    let find = |screen: &Screen| screen.tree.iter().find(|n| n.id == id).cloned();
    let whole = screen.ctx.content_rect();
    for part in [0.5, 0.3, 0.7, 0.15, 0.85] {
        for _ in 0..12 {
            let Some(node) = find(screen) else { break };
            if in_sight(&node) {
                return true;
            }
            let x = node
                .rect
                .center()
                .x
                .clamp(whole.left() + 8.0, whole.right() - 8.0);
            let at = pos2(x, whole.top() + part * whole.height());
            screen.point(window, at);
            let away = at - node.rect.center();
            let delta = vec2(away.x.clamp(-200.0, 200.0), away.y.clamp(-200.0, 200.0));
            let wheel = Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta,
                phase: TouchPhase::Move,
                source: egui::MouseWheelSource::Wheel,
                modifiers: Modifiers::NONE,
            };
            screen.frame(window, FRAME, vec![wheel]);
            for _ in 0..12 {
                screen.frame(window, FRAME, Vec::new());
            }
        }
    }
    find(screen).is_some_and(|node| in_sight(&node))
}

/// What was found: names of controls, those that cannot be reached, and texts that are cut.
#[derive(Default)]
struct Found {
    names: BTreeSet<String>,
    controls: usize,
    /// By role and whole name: where it was not reached.
    lost: BTreeMap<String, String>,
    /// Those reached somewhere: what an opened rail covers is in sight without it.
    reached: BTreeSet<String>,
    cut: BTreeSet<String>,
}

impl Found {
    fn look(&mut self, window: &mut Window, screen: &mut Screen, place: &str) {
        for ink in Page::of(screen).cut() {
            self.cut.insert(format!(
                "{place}: {:?} {:.0} in {:.0}",
                ink.words, ink.rect, ink.clip
            ));
        }
        let all: Vec<Node> = screen
            .tree
            .iter()
            .filter(|n| is_control(n))
            .cloned()
            .collect();
        for node in all {
            self.controls += 1;
            self.names
                .insert(format!("{:?} {}", node.role, name(&node)));
            let whole = format!("{:?} {}", node.role, node.name());
            if in_sight(&node) || scrolled_to(window, screen, node.id) {
                self.reached.insert(whole);
            } else {
                let lost = format!("{place}: {whole} at {:.0}", node.rect);
                self.lost.insert(whole, lost);
            }
        }
        screen.let_go(window);
    }

    /// A layout with all its tabs, and all that its rails open.
    fn walk(&mut self, window: &mut Window, screen: &mut Screen, place: &str) {
        for grain in [Grain::Update, Grain::Step] {
            window.act(Action::Choose(Choice::Grain(grain)));
            settle(window, screen);
            self.look(window, screen, place);
        }
        let layouts = Layout::ALL.map(Layout::name);
        let tabs = screen.tree.iter().filter(|n| n.role == Role::Tab);
        let tabs: Vec<(accesskit::NodeId, String)> = tabs
            .filter(|n| !layouts.contains(&n.name()))
            .map(|n| (n.id, n.name().to_owned()))
            .collect();
        for (id, tab) in tabs {
            screen.ask(window, id, accesskit::Action::Click, None);
            settle(window, screen);
            self.look(window, screen, &format!("{place}, {tab}"));
        }
        // Where tabs have no room, a list of views.
        let list = screen
            .tree
            .iter()
            .find(|n| n.role == Role::ComboBox && n.name() == "View");
        let list = list.map(|n| n.id);
        let mut i = 0;
        while let Some(list) = list {
            screen.ask(window, list, accesskit::Action::Click, None);
            settle(window, screen);
            let views = screen.tree.iter().filter(|n| n.role == Role::ListBoxOption);
            let views: Vec<_> = views.map(|n| (n.id, n.name().to_owned())).collect();
            let Some((id, view)) = views.get(i) else {
                screen.key(window, egui::Key::Escape, Modifiers::NONE);
                break;
            };
            screen.ask(window, *id, accesskit::Action::Click, None);
            settle(window, screen);
            self.look(window, screen, &format!("{place}, {view}"));
            i += 1;
        }
        let rails = ["Set-up", "Lanes"];
        let kind = window.with_frame(&mut Vec::new(), |frame| super::arrangement::Kind::of(frame));
        let side = super::arrangement::side(window.shell.settings.layout, kind.unwrap());
        let side = side.into_iter().map(|pane| pane.view());
        let side = side.map(|view| (Rail::Side(view.id), view.title));
        for (rail, title) in side.chain([(Rail::Setup, "")]) {
            let has = |n: &Node| {
                n.name() == title && n.role == Role::Button
                    || title.is_empty() && rails.contains(&n.name()) && n.role == Role::Button
            };
            if !screen.tree.iter().any(has) {
                continue;
            }
            window.act(Action::Choose(Choice::Overlay(Some(rail))));
            settle(window, screen);
            self.look(window, screen, &format!("{place}, {rail:?}"));
            window.act(Action::Choose(Choice::Overlay(None)));
            settle(window, screen);
        }
    }
}

/// What a control is called, without what changes from moment to moment.
fn name(node: &Node) -> String {
    bare(node.name())
}

fn bare(words: &str) -> String {
    let words = words.split([',', ':']).next().unwrap_or(words);
    let bare = words.chars().filter(|c| !c.is_ascii_digit());
    bare.collect::<String>().trim().to_owned()
}

/// What a large window has in another form: tabs for tiles, lists for rows of choices.
fn has_another_form(named: &str) -> bool {
    let (role, name) = named.split_once(' ').unwrap_or((named, ""));
    let layouts = Layout::ALL.map(Layout::name);
    let grains = ["half", "step", "update", "epoch"];
    name.starts_with("Maximise ")
        || layouts.contains(&name)
        || grains.contains(&name) && role == "RadioButton"
        // Views are tabs or in a list there.
        || super::views::table::VIEWS.iter().any(|view| bare(view.title) == name)
        // The hint has no room: what it offers is in the menus.
        || name == "Break it"
        || name.starts_with("Close the hint")
        // Parts of the set-up fold by themselves.
        || name.starts_with("Fold ")
        || name.starts_with("Unfold ")
}

fn survey(presets: &[&str], sizes: &[(Vec2, f32)]) {
    let (mut controls, mut places) = (0, 0);
    let mut wrong = BTreeSet::new();
    for preset in presets {
        for layout in Layout::ALL {
            let mut large = Found::default();
            let mut w = window(preset, layout);
            let mut screen = Screen::new(vec2(1280.0, 800.0));
            screen.watched = false;
            large.walk(&mut w, &mut screen, "large");
            for &(size, scale) in sizes {
                let mut w = window(preset, layout);
                w.shell.settings.scale = scale;
                let mut screen = Screen::new(size);
                screen.watched = false;
                let mut small = Found::default();
                let place = format!("{preset} {layout:?} {size} at {scale}");
                small.walk(&mut w, &mut screen, &place);
                (controls, places) = (controls + small.controls, places + 1);
                let missing = large.names.difference(&small.names);
                let missing = missing.filter(|name| !has_another_form(name));
                wrong.extend(missing.map(|name| format!("missing {place}: {name}")));
                let lost = small.lost.iter();
                let lost = lost.filter(|(whole, _)| !small.reached.contains(*whole));
                wrong.extend(lost.map(|(_, words)| format!("lost    {words}")));
                wrong.extend(
                    small
                        .cut
                        .into_iter()
                        .map(|words| format!("cut     {words}")),
                );
            }
        }
    }
    println!(
        "{controls} controls in {places} small windows, {} faults",
        wrong.len()
    );
    for words in &wrong {
        println!("{words}");
    }
    assert!(wrong.is_empty());
}

#[test]
fn in_a_small_window_every_control_is_reached_and_no_text_is_cut() {
    survey(&["moons"], &SMALL[1..3]);
}

#[test]
#[ignore = "minutes"]
fn in_every_small_window_every_control_is_reached_and_no_text_is_cut() {
    survey(
        &[
            "moons",
            "digits-mlp",
            "mnist-cnn",
            "names-rnn",
            "deep-mlp",
            "residual-cnn",
        ],
        &SMALL,
    );
}
