//! The window of a test, read and pressed through its accessibility tree.

use super::theme::{self, Theme};
use super::window::Window;
use crate::experiment::session::RaceState;
use crate::learning::Rule;
use crate::learning::rule::named;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::time::{Duration, Instant};

/// A rule, by the name that files and flags have for it.
pub fn rule(name: &str) -> Rule {
    named(name).unwrap()
}

/// A window of `size` points that does not play; every frame takes `dt` seconds.
pub fn harness(mut window: Window, size: [f32; 2], dt: f32) -> Harness<'static, Window> {
    window.view.playing = false;
    let mut ready = false;
    Harness::builder()
        .with_size(size)
        .with_step_dt(dt)
        .build_ui_state(
            move |ui, window: &mut Window| {
                if !ready {
                    theme::install(ui.ctx(), Theme::Dark);
                    ready = true;
                }
                window.ui(ui);
            },
            window,
        )
}

/// The same at 1280 × 800 and 60 frames a second.
pub fn usual(window: Window) -> Harness<'static, Window> {
    harness(window, [1280.0, 800.0], 1.0 / 60.0)
}

/// Frames until something is so; a window that never comes to it fails, and says what it shows.
pub fn until(
    h: &mut Harness<'_, Window>,
    what: &str,
    mut is: impl FnMut(&Harness<'_, Window>) -> bool,
) {
    let began = Instant::now();
    while !is(h) {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "{what}: never; {:?}",
            said(h)
        );
        h.run_steps(1);
        std::thread::sleep(Duration::from_millis(2));
    }
    // What came last is drawn.
    h.run_steps(4);
}

/// Frames until what was pressed is told and the engine rests; a window that never does fails.
pub fn rests(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

/// Everything the tree says.
pub fn said(h: &Harness<'_, Window>) -> Vec<String> {
    h.query_all_by(|_| true)
        .flat_map(|node| {
            let node = node.accesskit_node();
            // Of a label the words are its value.
            [node.label(), node.value()]
        })
        .flatten()
        .collect()
}

/// True if the tree says it somewhere.
pub fn says(h: &Harness<'_, Window>, words: &str) -> bool {
    said(h).iter().any(|s| s.contains(words))
}
