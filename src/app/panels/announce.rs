//! What is said aloud as it happens: the state looked at, what is captured there, the verdict, and what the race does.
//!
//! It is a node of the accessibility tree that nobody sees. While inference plays fast, only the last of it is said: nobody can listen to ten
//! states a second.

use crate::app::format;
use crate::app::state::Frame;
use crate::app::views::{headline, steps};
use crate::app::window::{SPEEDS, Window};
use crate::experiment::session::RaceState;
use egui::{Rect, Role, Sense, Ui, WidgetInfo, accesskit, vec2};

/// States per second up to which each is said.
const SLOW: f64 = 2.0;

/// Says it.
pub fn show(window: &Window, ui: &mut Ui) {
    let words = words(window);
    let id = ui.scope_id().with("announced");
    let said: String = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let words = words.unwrap_or(said);
    ui.data_mut(|d| d.insert_temp(id, words.clone()));
    let place = Rect::from_min_size(ui.max_rect().min, vec2(1.0, 1.0));
    let response = ui.interact(place, id.with("node"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &words));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_live(accesskit::Live::Polite);
    });
}

/// What is to be said now; `None` leaves what was said.
fn words(window: &Window) -> Option<String> {
    let race = &window.engine.race;
    match race.state {
        // The curves move with every update; that it trains is said once.
        RaceState::Running => return Some("Training.".into()),
        RaceState::Paused => {
            let update = format::count(race.update);
            // Where one steps meanwhile is said with it.
            let state = window
                .with_frame(&mut Vec::new(), state)
                .unwrap_or_default();
            let paused = format!("Training is paused after update {update}. {state}");
            return Some(paused.trim_end().to_owned());
        }
        RaceState::Idle | RaceState::Failed(_) => {}
    }
    if window.view.playing && SPEEDS[window.player.speed] > SLOW {
        return None;
    }
    let mut none = Vec::new();
    window.with_frame(&mut none, state)
}

/// The state looked at: "t = 2 of 5, conv 2 captured, EXACT SO FAR, 2 of 6 levels".
fn state(frame: &mut Frame<'_>) -> String {
    let (micro, t) = (frame.micro, frame.t());
    let mut parts = vec![format!("t = {t} of {}", micro.steps)];
    if let Some(at) = frame.at {
        parts.insert(0, format!("Update {}", format::count(at)));
    }
    let captured: Vec<String> = (0..micro.plan.graph.vertices.len())
        .filter(|&v| micro.captured_at(v) == Some(t))
        .map(|v| steps::short_name(micro, v))
        .collect();
    match captured.len() {
        0 => {}
        1..=3 => parts.push(format!("{} captured", captured.join(" and "))),
        many => parts.push(format!("{many} layers captured")),
    }
    parts.push(headline::headline(frame, t).words());
    format!("{}.", parts.join(", "))
}
