//! Every mark that the accessibility tree has says what it is when the pointer rests on it.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceState};
use egui::accesskit::Role;
use egui::{Order, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::BTreeSet;

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        session.is_some_and(|s| !s.race_busy())
            && w.engine.computing().is_none()
            && w.engine.micro.is_some()
            && w.engine.race.state == RaceState::Idle
    });
}

/// What the tree shows: which, role, name.
fn marks(h: &Harness<'_, Window>) -> Vec<(u64, Role, String)> {
    let shows = |role: Role| {
        !matches!(
            role,
            Role::Window
                | Role::GenericContainer
                | Role::Group
                | Role::Pane
                | Role::Unknown
                | Role::ScrollView
                | Role::Splitter
                | Role::RadioGroup
        )
    };
    h.query_all_by(|_| true)
        .filter_map(|node| {
            let own = node.accesskit_node();
            let name = own.label().or_else(|| own.value())?;
            let role = own.role();
            shows(role).then(|| (own.locate().0.0, role, name))
        })
        .collect()
}

/// Whether a card is open.
fn explains(h: &Harness<'_, Window>) -> bool {
    let layers = h.ctx.memory(|m| m.areas().visible_layer_ids());
    layers.iter().any(|layer| layer.order == Order::Tooltip)
}

/// Where a mark is, if not most of it is scrolled away.
fn in_sight(h: &Harness<'_, Window>, id: u64) -> Option<Rect> {
    h.ctx.viewport(|v| {
        let mut widgets = v.prev_pass.widgets.layers().flat_map(|(_, all)| all);
        let own = widgets.find(|w| w.id.value() == id)?;
        let seen = own.interact_rect;
        let most = seen.area() > 0.6 * own.rect.area() && seen.width() > 3.0 && seen.height() > 3.0;
        most.then_some(seen)
    })
}

/// The marks of what is shown that say nothing when the pointer rests on them.
fn silent(h: &mut Harness<'_, Window>) -> (usize, Vec<String>) {
    // Parts fold by themselves until they fit.
    h.run_steps(12);
    let all = marks(h);
    let whole = |name: &str| name.ends_with(['.', '?']) || name.split_whitespace().count() >= 8;
    let mut pointed = 0;
    let mut silent = Vec::new();
    for (id, role, name) in &all {
        // A sentence says itself what it is.
        let sentence = *role == Role::Label && whole(name);
        let Some(rect) = in_sight(h, *id) else {
            continue;
        };
        pointed += 1;
        if sentence {
            continue;
        }
        let rests = |h: &mut Harness<'_, Window>, by: f32, steps: usize| {
            let at = in_sight(h, *id).unwrap_or(rect).center();
            h.hover_at(at + egui::vec2(by, by));
            h.run_steps(steps);
            explains(h)
        };
        // It may have moved a little, or been drawn anew: then the pointer comes once more.
        if !rests(h, 0.0, 3) && !rests(h, 1.0, 6) {
            h.hover_at(Pos2::new(-9.0, -9.0));
            h.run_steps(4);
            rests(h, 0.0, 12);
        }
        // What is being computed may have come meanwhile, and its mark gone.
        if !explains(h) && in_sight(h, *id).is_some() {
            silent.push(format!("{role:?} {name}"));
        }
    }
    h.hover_at(Pos2::new(-9.0, -9.0));
    h.run_steps(2);
    (pointed, silent)
}

#[test]
#[ignore = "minutes; .ci/run"]
fn every_mark_is_explained() {
    let mut found = BTreeSet::new();
    let mut marks = 0;
    let names = std::env::var("PCSCOPE_PRESETS")
        .unwrap_or("digits-mlp vowels-rnn mnist-cnn residual-cnn".into());
    for preset in names.split_whitespace() {
        let experiment = Experiment::load(preset, &[]).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
        let mut h = testing::usual(window);
        settle(&mut h);
        h.ctx.all_styles_mut(|style| {
            style.interaction.tooltip_delay = 0.0;
            style.interaction.tooltip_grace_time = 0.0;
            style.interaction.show_tooltips_only_when_still = false;
        });
        for layout in Layout::ALL {
            h.state_mut().act(Action::Layout(layout));
            settle(&mut h);
            let (all, own) = silent(&mut h);
            marks += all;
            found.extend(
                own.into_iter()
                    .map(|mark| format!("{preset} {layout:?}: {mark}")),
            );
        }
    }
    for mark in &found {
        println!("{mark}");
    }
    println!("{marks} marks, {} say nothing", found.len());
    assert!(found.is_empty());
}
