//! The line of updates: what has been made, where one looks, and what happened on the way.

use crate::app::format;
use crate::app::kit::{card, focus, paint};
use crate::app::region::{self, Asked, Region};
use crate::app::state::{Action, Choice};
use crate::app::text;
use crate::app::theme::{Theme, Tokens};
use crate::app::window::Window;
use crate::experiment::session::{RaceCommand, RaceSnapshot};
use egui::accesskit;
use egui::{Align, Key, Painter, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Something that happened at an update.
struct Mark {
    update: u64,
    /// A lane stopped there; else something was changed.
    stop: bool,
    words: String,
}

/// What happened to a race: lanes that were ticked or unticked, and those that stopped.
fn marks(race: &RaceSnapshot) -> Vec<Mark> {
    let edits = race
        .journal
        .iter()
        .filter_map(|entry| match &entry.command {
            RaceCommand::Active(lane, on) => Some(Mark {
                update: entry.update,
                stop: false,
                words: format!(
                    "{} {}",
                    race.label(lane),
                    if *on { "ticked" } else { "unticked" }
                ),
            }),
            _ => None,
        });
    let stops = race.lanes.iter().filter_map(|lane| {
        let failure = lane.failure.as_ref()?;
        Some(Mark {
            update: failure.update,
            stop: true,
            words: format!("{} stopped: {}", lane.spec.label, failure.error),
        })
    });
    let settings = race.edits.iter().map(|(update, changes)| Mark {
        update: *update,
        stop: false,
        words: crate::app::views::in_words(changes),
    });
    let branch = race.from.map(|(from, update)| Mark {
        update,
        stop: false,
        words: format!("run {} branches off run {from}", race.name),
    });
    let ticks = edits.chain(stops);
    ticks.chain(settings).chain(branch).collect()
}

/// Updates that the whole line stands for.
fn span(race: &RaceSnapshot) -> u64 {
    let (made, first) = (race.update.max(1), race.epochs.end(1).max(1));
    if race.update < first {
        first.min(made.div_ceil(100) * 100)
    } else {
        // Up to the end of the epoch that the last update belongs to.
        race.epochs.end(race.epochs.whole(made - 1) + 1)
    }
}

/// The stops of the line: its ends, epochs, and what happened; keys and commands go from one to the next.
pub fn stops(race: &RaceSnapshot) -> Vec<u64> {
    let epochs = (0..=race.epochs.whole(race.update)).map(|epoch| race.epochs.end(epoch));
    let marks = marks(race).into_iter().map(|m| m.update);
    let mut all: Vec<u64> = epochs.chain(marks).chain([race.update]).collect();
    all.retain(|u| *u <= race.update);
    all.sort_unstable();
    all.dedup();
    all
}

/// Draws the line; a click or a drag goes to an update, and so do the arrows while it has the focus.
pub fn show(window: &Window, ui: &mut Ui, rail: Rect, actions: &mut Vec<Action>) {
    let c = Theme::get(ui);
    let race = &window.engine.race;
    let (per, span) = (race.updates_per_epoch, span(race));
    let x_of = |u: u64| rail.left() + rail.width() * (u as f32 / span as f32).min(1.0);
    let shown = window.shown_update();
    let response = ui.interact(
        rail.expand2(vec2(0.0, 6.0)),
        ui.scope_id().with("update line"),
        Sense::click_and_drag(),
    );
    let at = |x: f32| {
        let share = f64::from((x - rail.left()) / rail.width()).clamp(0.0, 1.0);
        ((share * span as f64).round() as u64).min(race.update)
    };
    let epoch = format::fixed(race.epochs.at(shown), 2);
    let words = match (race.update, window.engine.wished()) {
        (0, _) => "update 0, not trained yet".to_owned(),
        (made, Some(at)) => format!(
            "update {} of {}, epoch {epoch}",
            format::count(at),
            format::count(made)
        ),
        (made, None) => format!("update {}, epoch {epoch}", format::count(made)),
    };
    let repeated = window.player.region.and_then(Region::updates);
    let words = match window.player.region.filter(|_| repeated.is_some()) {
        Some(region) => format!("{words}, {}", region.words()),
        None => words,
    };
    response.widget_info(|| WidgetInfo::slider(race.update > 0, shown as f64, &words));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_min_numeric_value(0.0);
        node.set_max_numeric_value(race.update as f64);
        node.add_action(accesskit::Action::SetValue);
        node.add_action(accesskit::Action::Increment);
        node.add_action(accesskit::Action::Decrement);
    });
    let asked = region::asked(ui, &response, repeated, &at);
    match asked {
        Asked::Part(part) => {
            let part = part.filter(|_| race.update > 0).map(Region::Updates);
            actions.push(Action::Choose(Choice::Repeat(part)));
        }
        Asked::Left => actions.push(Action::Choose(Choice::Repeat(None))),
        Asked::Nothing => {}
    }
    if let Some(to) = wanted(ui, &response, race, shown, &at)
        && to != shown
        && !matches!(asked, Asked::Part(_))
    {
        actions.push(Action::At(Some(to)));
    }
    let painter = ui.painter().clone();
    painter.rect_filled(rail, 2, c.bg2);
    painter.rect_filled(rail.with_max_x(x_of(race.update)), 2, c.bg3);
    ticks(&painter, rail, race, span, c);
    if let Some([from, to]) = repeated {
        let band = Rect::from_x_y_ranges(
            x_of(from) - 2.0..=x_of(to) + 2.0,
            rail.center().y - 7.0..=rail.center().y + 7.0,
        );
        region::paint(&painter, band, c);
    }
    let marks = marks(race);
    for mark in &marks {
        let x = x_of(mark.update);
        if mark.stop {
            let (a, b) = (vec2(3.5, 3.5), vec2(3.5, -3.5));
            let at = pos2(x, rail.center().y);
            painter.line_segment([at - a, at + a], Stroke::new(1.5, c.t1));
            painter.line_segment([at - b, at + b], Stroke::new(1.5, c.t1));
        } else {
            let top = pos2(x, rail.top() - 1.0);
            paint::capture_mark(&painter, top, 6.0, c.t2, true);
        }
    }
    let x = x_of(shown).max(rail.left() + 2.0);
    let handle = Rect::from_center_size(pos2(x, rail.center().y), vec2(4.0, 12.0));
    painter.rect_filled(handle, 1, c.t1);
    if race.update == 0 {
        let y = paint::baseline(&painter, rail.center().y, text::size::CAPTION);
        let width = paint::width(&painter, &words, text::caption_font());
        let behind = Rect::from_min_size(
            pos2(rail.left() + 12.0, rail.top() - 4.0),
            vec2(width + 12.0, rail.height() + 8.0),
        );
        painter.rect_filled(behind, 0, c.bg1);
        let place = pos2(rail.left() + 18.0, y);
        paint::write(
            &painter,
            place,
            Align::LEFT,
            &words,
            text::caption_font(),
            c.t3,
        );
    }
    paint::focus_ring(ui, &response, rail.expand(3.0));
    let here = response.hover_pos().map(|pointer| at(pointer.x));
    let happened: String = marks
        .iter()
        .filter(|m| here.is_some_and(|u| x_of(u.max(m.update)) - x_of(u.min(m.update)) < 4.0))
        .map(|m| format!("\n{}: {}", format::count(m.update), m.words))
        .collect();
    let hover = match here.filter(|_| race.update > 0) {
        None => format!(
            "{words}; one epoch is {}",
            format::plural(per, "update", "updates")
        ),
        Some(u) => format!(
            "update {}; a click looks at it, a drag with Shift repeats a part. {}{happened}",
            format::count(u),
            kept(race)
        ),
    };
    card::hover(response, &hover);
}

/// What is kept, in words.
fn kept(race: &RaceSnapshot) -> String {
    let s = race.stored;
    if s.frames == 0 {
        let budget = format::bytes(s.budget as u64);
        return format!("None is kept: one of all lanes takes more than {budget}.");
    }
    let every = match s.spacing {
        (1, 1) => "Every update is kept".to_owned(),
        (a, b) if a == b => format!("Every {} updates are kept", format::count(a)),
        (a, b) => format!(
            "Every {} to {} updates are kept",
            format::count(a),
            format::count(b)
        ),
    };
    format!(
        "{every} ({} of {}); any between is computed again to the same bits.",
        format::bytes(s.bytes as u64),
        format::bytes(s.budget as u64)
    )
}

/// The update that a press, a drag, a key or the accessibility tree asks for.
fn wanted(
    ui: &Ui,
    response: &Response,
    race: &RaceSnapshot,
    shown: u64,
    at: &dyn Fn(f32) -> u64,
) -> Option<u64> {
    use accesskit::{Action as Asked, ActionData};
    let mut to = None;
    if let Some(pointer) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        to = Some(at(pointer.x));
    }
    let mut by = 0_i64;
    if response.has_focus() {
        focus::takes_keys(response, focus::Keys::Line);
        ui.input(|i| {
            by += i.num_presses(Key::ArrowRight) as i64 - i.num_presses(Key::ArrowLeft) as i64;
            if i.key_pressed(Key::Home) {
                to = Some(0);
            }
            if i.key_pressed(Key::End) {
                to = Some(race.update);
            }
        });
    }
    ui.input(|i| {
        by += i.num_accesskit_action_requests(response.id, Asked::Increment) as i64;
        by -= i.num_accesskit_action_requests(response.id, Asked::Decrement) as i64;
        for request in i.accesskit_action_requests(response.id, Asked::SetValue) {
            if let Some(ActionData::NumericValue(v)) = &request.data
                && v.is_finite()
            {
                to = Some(v.round().max(0.0) as u64);
            }
        }
    });
    if by != 0 {
        to = Some(shown.saturating_add_signed(by));
    }
    to.map(|u| u.min(race.update))
}

/// A tick per epoch, or per 100 updates before the first one ends, no closer than can be told apart.
fn ticks(painter: &Painter, rail: Rect, race: &RaceSnapshot, span: u64, c: &Tokens) {
    let least = ((span as f32 * 4.0 / rail.width()).ceil() as u64).max(1);
    let (first, epochs) = (race.epochs.end(1).max(1), race.epochs.whole(span));
    // So many epochs from one tick to the next.
    let every = least.div_ceil((span / epochs.max(1)).max(1)).max(1);
    let of_epochs = (every..=epochs).step_by(every as usize);
    let all: Vec<u64> = match span > first {
        true => of_epochs.map(|epoch| race.epochs.end(epoch)).collect(),
        false => (1..)
            .map(|i| i * 100 * least.div_ceil(100))
            .take_while(|u| *u < span)
            .collect(),
    };
    for u in all.into_iter().filter(|u| *u < span) {
        let x = rail.left() + rail.width() * u as f32 / span as f32;
        paint::vline(painter, x, rail.y_range(), c.line2);
    }
}
