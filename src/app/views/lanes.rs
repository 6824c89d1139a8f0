//! The lanes of the race: what each has reached, what it costs, and why it stopped if it did.

use super::bands;
use super::race::loss_unit;
use super::scored;
use crate::app::commands::Command;
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::field::NumberField;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{legend, notice, paint, panel, section};
use crate::app::panels::setting::setting;
use crate::app::state::{Action, Choice, Frame, RaceAxis};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::data::Part;
use crate::experiment::lane::LaneSpec;
use crate::experiment::score::{Score, watched_part};
use crate::experiment::session::{LaneSnapshot, RaceCommand, RaceState};
use egui::{Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Draws the panel.
pub fn lanes(ui: &mut Ui, frame: &mut Frame<'_>) {
    panel::inset(8, 8).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if let RaceState::Failed(words) = &frame.race.state {
            notice::warning(ui, "The engine failed.", words);
            ui.add_space(6.0);
            if Button::new("Back to the initial weights")
                .show(ui)
                .clicked()
            {
                frame
                    .actions
                    .push(Action::Command(crate::app::commands::Command::Rewind));
            }
            section::rule(ui);
        }
        let running = frame.race.state == RaceState::Running;
        ui.horizontal(|ui| {
            let words = if running { "Pause" } else { "Train" };
            let icon = if running {
                crate::app::kit::icons::Icon::Pause
            } else {
                crate::app::kit::icons::Icon::Play
            };
            if Button::primary(words)
                .icon(icon)
                .width(104.0)
                .show(ui)
                .clicked()
            {
                frame
                    .actions
                    .push(Action::Command(crate::app::commands::Command::Train));
            }
            if Button::new("1 update")
                .hover("One update of every lane (Shift Right).")
                .show(ui)
                .clicked()
            {
                frame
                    .actions
                    .push(Action::Race(RaceCommand::RunUntil(frame.race.update + 1)));
            }
        });
        super::until::rows(ui, frame);
        section::rule(ui);
        table(ui, frame);
        section::rule(ui);
        super::runs::section(ui, frame);
        test(ui, frame);
        section::rule(ui);
        section::heading(ui, "Horizontal axis");
        ui.add_space(5.0);
        let mut axis = frame.view.race_axis as usize;
        if Segmented::new("Horizontal axis", &["updates", "time", "products"])
            .width(ui.available_width())
            .show(ui, &mut axis)
            .changed()
        {
            let axis = [RaceAxis::Updates, RaceAxis::Time, RaceAxis::Products][axis];
            frame.choose(Choice::Axis(axis));
        }
        section::rule(ui);
        let row = |ui: &mut Ui, label: &str, value: String| {
            section::value_row(ui, label, &value, metrics::ROW_SETTING)
        };
        let seed = frame.experiment.seed;
        let watched = watched_part(frame.data);
        let scored = frame.race.scored.min(frame.data.range(watched).len());
        let what = if frame.data.classes().is_empty() {
            "loss during training"
        } else {
            "accuracy during training"
        };
        let alike = frame.race.lanes.iter().all(|l| l.spec.seed == seed);
        let same = match alike {
            true => "same batches and weights",
            false => "same batches",
        };
        row(ui, same, format!("seed {seed}"));
        row(ui, what, format!("n = {}", format::count(scored as u64)));
        row(
            ui,
            "one epoch",
            format!("{} updates", format::count(frame.race.updates_per_epoch)),
        );
    });
}

/// All lanes in one table: a row each, under one head.
fn table(ui: &mut Ui, frame: &mut Frame<'_>) {
    let classes = !frame.data.classes().is_empty();
    // What tests has a column once it has been scored.
    let watched = watched_part(frame.data);
    let race = frame.race;
    let scored = |part: Part| {
        let mut scores = race.lanes.iter().flat_map(|lane| &lane.scores);
        scores.any(|s| s.1 == part)
    };
    let parts: Vec<Part> = [Part::Validation, Part::Test]
        .into_iter()
        .filter(|&part| !frame.data.range(part).is_empty())
        .filter(|&part| part == watched || scored(part))
        .collect();
    let first = |lane: &&LaneSnapshot| lane.spec.is_first();
    for (i, lane) in race.lanes.iter().filter(first).enumerate() {
        let others = race
            .lanes
            .iter()
            .any(|other| other.spec.id != lane.spec.id && other.active && other.failure.is_none());
        let seeds = bands::members(race, &lane.spec);
        let look = Look {
            seeds: &seeds,
            parts: &parts,
            classes,
            others,
            unit: loss_unit(frame),
        };
        let cells = cells(lane, &look);
        if i == 0 {
            head(ui, &cells);
        }
        one(ui, frame.actions, frame.experiment, (lane, &cells), &look);
    }
}

/// A number of a lane.
struct Cell {
    /// What its column is called.
    head: &'static str,
    /// What it is called by itself.
    name: String,
    /// How it is written.
    value: String,
}

/// Columns of the table; more numbers than that stand in further lines of a row.
const COLUMNS: usize = 4;

/// Where the numbers of a line stand.
fn column(line: Rect, i: usize) -> Rect {
    let wide = line.width() / COLUMNS as f32;
    let left = line.left() + (i % COLUMNS) as f32 * wide;
    Rect::from_x_y_ranges(left..=left + wide, line.y_range())
}

/// The head of the table.
fn head(ui: &mut Ui, cells: &[Cell]) {
    let c = Theme::get(ui);
    for line in cells.chunks(COLUMNS) {
        let size = vec2(ui.available_width(), 16.0);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        for (i, cell) in line.iter().enumerate() {
            let place = column(rect, i);
            let font = text::caption_font();
            let y = paint::baseline(ui.painter(), place.center().y, font.size);
            let at = pos2(place.right(), y);
            paint::write(ui.painter(), at, egui::Align::RIGHT, cell.head, font, c.t3);
            let id = ui.scope_id().with(("head", cell.head));
            let response = ui.interact(place, id, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, cell.head));
            explain::mark(response, Mark::Row, &cell.name);
        }
    }
}

/// The numbers of a lane, in the order of the columns.
fn cells(lane: &LaneSnapshot, look: &Look<'_>) -> Vec<Cell> {
    let Look {
        parts,
        classes,
        unit,
        ..
    } = *look;
    let mut all = Vec::new();
    for &part in parts {
        let score = lane.scores.iter().find(|s| s.1 == part);
        let number = |s: &Score| if classes { s.accuracy } else { s.loss };
        let score = score.filter(|(.., s)| number(s).is_finite());
        let value = score.map_or_else(
            || format::NONE.to_owned(),
            |(.., s)| match classes {
                true => format::percent(s.accuracy, 2),
                false => format::number3(s.loss),
            },
        );
        let what = match (part, classes) {
            (Part::Validation, true) => "validation".to_owned(),
            (_, true) => format!("{part} accuracy"),
            (_, false) => format!("{part} loss"),
        };
        // Scores are taken now and then: of which update this one is.
        let name = match score {
            Some((update, ..)) => format!("{what} at {}", format::count(*update)),
            None => what,
        };
        let head = match part {
            Part::Test => "test",
            Part::Train | Part::Validation => "validation",
        };
        all.push(Cell { head, name, value });
        if !classes {
            let r2 = score.filter(|(.., s)| s.r2.is_finite());
            let value =
                r2.map_or_else(|| format::NONE.to_owned(), |(.., s)| format::fixed(s.r2, 3));
            let head = if part == Part::Test {
                "test R²"
            } else {
                "R²"
            };
            let name = format!("{part} R²");
            all.push(Cell { head, name, value });
        }
    }
    let buckets = lane.loss.buckets();
    let recent = &buckets[buckets.len().saturating_sub(20)..];
    let n: u64 = recent.iter().map(|b| b.count).sum();
    let mean = recent.iter().map(|b| b.mean * b.count as f64).sum::<f64>() / n as f64;
    let loss = match n {
        0 => format::NONE.to_owned(),
        _ => format::number3(mean * unit.unwrap_or(1.0)),
    };
    let scaled = if unit.is_none() { "scaled " } else { "" };
    all.push(Cell {
        head: "loss",
        name: format!("{scaled}loss, last {}", n.max(1)),
        value: loss,
    });
    let ms = match lane.median_ms.is_finite() {
        true => format::seconds(lane.median_ms / 1e3),
        false => format::NONE.to_owned(),
    };
    all.push(Cell {
        head: "time",
        name: "per update".to_owned(),
        value: ms,
    });
    all.push(Cell {
        head: "products",
        name: "matrix products".to_owned(),
        value: lane.products.to_string(),
    });
    all
}

/// What tests: whether it has been looked at, a button that scores it, and the update at which training ends, where it is scored too.
fn test(ui: &mut Ui, frame: &mut Frame<'_>) {
    section::heading(ui, "Test part");
    ui.add_space(3.0);
    let c = Theme::get(ui);
    let count = |part: Part| format::count(frame.data.range(part).len() as u64);
    if let Some(why) = scored::no_test(frame.data) {
        ui.add(egui::Label::new(text::caption(why).color(c.t3)).wrap());
    } else {
        let label = match scored::test_scored(frame.race) {
            None if frame.race.from.is_some() => "test examples, not by this run".to_owned(),
            None => "test examples, not looked at".to_owned(),
            Some(update) => format!("test examples, scored at {}", format::count(update)),
        };
        section::value_row(ui, &label, &count(Part::Test), metrics::ROW_SETTING);
        ui.add_space(3.0);
        if Button::new("Score the test part")
            .width(ui.available_width())
            .hover("Scores every lane's present weights on all test examples. What is chosen by the test part is tested by nothing.")
            .show(ui)
            .clicked()
        {
            frame.actions.push(Action::Command(Command::ScoreTest));
        }
    }
    ui.add_space(4.0);
    let hover = "Training stops after this update, and the test part is scored; 0 goes on until it is paused.";
    setting(ui, "end at (0: never)", hover, |ui| {
        let own = frame.view.ends_at.unwrap_or(0);
        let mut end = own;
        NumberField::new("End at update", 0..=1_000_000_000_u64)
            .speed(10.0)
            .width(84.0)
            .show(ui, &mut end);
        if end != own {
            frame.choose(Choice::EndsAt((end > 0).then_some(end)));
        }
    });
}

fn name(lane: &LaneSpec, seed: u64) -> String {
    let own = match lane.seed == seed {
        true => String::new(),
        false => format!(", seed {}", lane.seed),
    };
    own_name(lane) + &own
}

fn own_name(lane: &LaneSpec) -> String {
    match lane.rule.reads_inference() {
        false if lane.label == lane.rule.label() => lane.rule.facts().long.into(),
        false => lane.label.clone(),
        true => format!(
            "{}, T = {}, γ = {}",
            lane.label,
            lane.inference.steps,
            format::number(lane.inference.gamma)
        ),
    }
}

/// What all lanes share.
struct Look<'a> {
    /// The lane with those that differ from it by their seeds alone.
    seeds: &'a [&'a LaneSnapshot],
    /// The parts that have examples.
    parts: &'a [Part],
    /// The targets are classes.
    classes: bool,
    /// Another lane runs on.
    others: bool,
    /// What a training loss has to be multiplied by to be in the unit of the file.
    unit: Option<f64>,
}

fn one(
    ui: &mut Ui,
    actions: &mut Vec<Action>,
    experiment: &crate::experiment::file::Experiment,
    (lane, cells): (&LaneSnapshot, &[Cell]),
    look: &Look<'_>,
) {
    let Look {
        seeds,
        parts,
        classes,
        others,
        ..
    } = *look;
    let c = Theme::get(ui);
    let words = match seeds.len() {
        1 => name(&lane.spec, experiment.seed),
        n => format!("{}, {n} seeds", own_name(&lane.spec)),
    };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), metrics::CONTROL), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, lane.active, &words));
    let painter = ui.painter().clone();
    let tick = Rect::from_center_size(pos2(rect.left() + 7.0, rect.center().y), vec2(14.0, 14.0));
    if lane.active {
        painter.rect_filled(tick, 3, c.t1);
        let stroke = Stroke::new(2.0, c.inverse);
        painter.line_segment(
            [tick.min + vec2(3.0, 7.5), tick.min + vec2(6.0, 10.5)],
            stroke,
        );
        painter.line_segment(
            [tick.min + vec2(6.0, 10.5), tick.min + vec2(11.0, 4.0)],
            stroke,
        );
    } else {
        paint::bordered(&painter, tick, 3, c.bg1, c.t3);
    }
    let y = paint::baseline(&painter, rect.center().y, text::size::BODY);
    paint::write_within(
        &painter,
        pos2(rect.left() + 22.0, y),
        rect.width() - 70.0,
        &words,
        text::strong_font(),
        c.t1,
    );
    legend::rule_line(
        &painter,
        pos2(rect.right() - 36.0, rect.center().y),
        36.0,
        lane.spec.rule,
        lane.spec.look,
        c,
    );
    paint::focus_ring(ui, &response, rect);
    if response.clicked() {
        for seed in seeds {
            let active = RaceCommand::Active(seed.spec.id, !lane.active);
            actions.push(Action::Race(active));
        }
    }
    crate::app::kit::card::hover(
        response,
        &format!("{words}. Ticked lanes train; a tick takes effect from the next update on."),
    );
    for line in cells.chunks(COLUMNS) {
        let size = vec2(ui.available_width(), metrics::ROW_LIST);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        for (i, cell) in line.iter().enumerate() {
            let place = column(rect, i);
            let font = text::mono_font();
            let y = paint::baseline(ui.painter(), place.center().y, font.size);
            let at = pos2(place.right(), y);
            paint::write(
                ui.painter(),
                at,
                egui::Align::RIGHT,
                &cell.value,
                font,
                c.t1,
            );
            let id = ui.scope_id().with(("number", lane.spec.id, cell.head));
            let response = ui.interact(place, id, Sense::hover());
            let words = format!("{} {}", cell.name, cell.value);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
            match explain::text(Mark::Row, &cell.name) {
                Some(text) => crate::app::kit::card::hover(response, &format!("{words}. {text}")),
                None => crate::app::kit::card::hover(response, &words),
            };
        }
    }
    for &part in parts.iter().filter(|_| seeds.len() > 1) {
        // Targets that are no classes have a loss and no accuracy.
        let number = |s: &Score| if classes { s.accuracy } else { s.loss };
        let all = seeds.iter().flat_map(|l| &l.scores).filter(|s| s.1 == part);
        let Some((mean, least, most)) = bands::spread(all.map(|(.., s)| number(s))) else {
            continue;
        };
        let write = |v: f64| match classes {
            true => format::percent(v, 2),
            false => format::number3(v),
        };
        let said = format!("{} to {}", write(least), write(most));
        section::value_row(ui, "mean of seeds", &write(mean), metrics::ROW_SETTING);
        section::value_row(ui, "least to most", &said, metrics::ROW_SETTING);
    }
    ui.add_space(3.0);
    if let Some(failure) = &lane.failure {
        ui.add_space(4.0);
        let subject = format!(
            "{} stopped at update {}.",
            lane.spec.label,
            format::count(failure.update)
        );
        notice::warning(
            ui,
            &subject,
            &match others {
                true => format!("{}. The other lanes run on.", failure.error),
                false => format!("{}.", failure.error),
            },
        );
        ui.add_space(6.0);
        // Z-IL and BP have no γ to blame.
        let relaxes = lane.spec.rule.reads_inference();
        let half = if relaxes {
            "Halve γ and retry"
        } else {
            "Halve α and retry"
        };
        ui.horizontal(|ui| {
            if Button::new(half).show(ui).clicked() {
                let mut next = experiment.clone();
                let entry = next.lanes.iter_mut().find(|e| e.id == lane.spec.id.name());
                let (gamma, rate) = (
                    lane.spec.inference.gamma / 2.0,
                    lane.spec.optimiser.rate / 2.0,
                );
                match (entry, relaxes) {
                    // A lane of the file has numbers of its own.
                    (Some(entry), true) => _ = entry.inference.insert("gamma".into(), gamma.into()),
                    (Some(entry), false) => _ = entry.learning.insert("rate".into(), rate.into()),
                    (None, true) => next.inference.gamma = gamma,
                    (None, false) => next.learning.rate = rate,
                }
                actions.push(Action::Open(Box::new(next)));
            }
            if Button::plain("Start again").show(ui).clicked() {
                actions.push(Action::Command(crate::app::commands::Command::Rewind));
            }
        });
    }
}
