//! The lanes of the race: what each has reached, what it costs, and why it stopped if it did.

use super::bands;
use super::race::loss_unit;
use super::scored;
use crate::app::commands::Command;
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
        for lane in frame.race.lanes.iter().filter(|l| l.spec.is_first()) {
            let classes = !frame.data.classes().is_empty();
            // What tests has a row once it has been scored.
            let scored = |part: Part| lane.scores.iter().any(|s| s.1 == part);
            let watched = watched_part(frame.data);
            let parts: Vec<Part> = [Part::Validation, Part::Test]
                .into_iter()
                .filter(|&part| !frame.data.range(part).is_empty())
                .filter(|&part| part == watched || scored(part))
                .collect();
            let others = frame.race.lanes.iter().any(|other| {
                other.spec.id != lane.spec.id && other.active && other.failure.is_none()
            });
            let seeds = bands::members(frame.race, &lane.spec);
            let rule = lane.spec.rule;
            let first = frame.race.lanes.iter().find(|l| l.spec.rule == rule);
            let is_first = first.is_some_and(|first| first.spec.id == lane.spec.id);
            let long = rule.facts().long;
            let said = lane_words(&lane.spec, seeds.len(), frame.experiment.seed);
            let long = (is_first && !said.contains(long) && long != rule.label()).then_some(long);
            let look = Look {
                long,
                seeds: &seeds,
                parts: &parts,
                classes,
                others,
                unit: loss_unit(frame),
            };
            one(ui, frame.actions, frame.experiment, lane, &look);
            section::rule(ui);
        }
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
            format::plural(frame.race.updates_per_epoch, "update", "updates"),
        );
    });
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

/// What a lane is called with what is its own; `n` of them differ by their seeds alone.
fn lane_words(lane: &LaneSpec, n: usize, seed: u64) -> String {
    match n {
        1 => name(lane, seed),
        n => format!("{}, {n} seeds", own_name(lane)),
    }
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
    /// The rule's name in full, at its first lane.
    long: Option<&'a str>,
    /// What a training loss has to be multiplied by to be in the unit of the file.
    unit: Option<f64>,
}

fn one(
    ui: &mut Ui,
    actions: &mut Vec<Action>,
    experiment: &crate::experiment::file::Experiment,
    lane: &LaneSnapshot,
    look: &Look<'_>,
) {
    let Look {
        seeds,
        parts,
        classes,
        others,
        unit,
        ..
    } = *look;
    let c = Theme::get(ui);
    let words = lane_words(&lane.spec, seeds.len(), experiment.seed);
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
    // What letters stand for is written out once, at the first lane of a rule.
    if let Some(long) = look.long {
        let response = ui.label(text::caption(long).color(c.t2));
        crate::app::kit::card::hover(response, lane.spec.rule.sentence());
    }
    for &part in parts {
        let score = lane.scores.iter().find(|s| s.1 == part);
        // Targets that are no classes have a loss and no accuracy.
        let number = |s: &Score| if classes { s.accuracy } else { s.loss };
        let score = score.filter(|(.., s)| number(s).is_finite());
        let (what, value) = match (classes, score) {
            (_, None) => (
                if classes { "accuracy" } else { "loss" },
                format::NONE.to_owned(),
            ),
            (true, Some((.., s))) => ("accuracy", format::percent(s.accuracy, 2)),
            (false, Some((.., s))) => ("loss", format::few(s.loss)),
        };
        let what = match (part, classes) {
            (Part::Validation, true) => "validation".to_owned(),
            _ => format!("{part} {what}"),
        };
        let label = match score {
            // Scores are taken now and then: of which update this one is.
            Some((update, ..)) => format!("{what} at {}", format::count(*update)),
            None => what,
        };
        section::value_row(ui, &label, &value, metrics::ROW_SETTING);
        let all = seeds.iter().flat_map(|l| &l.scores).filter(|s| s.1 == part);
        if let Some((mean, least, most)) = bands::spread(all.map(|(.., s)| number(s)))
            && seeds.len() > 1
        {
            let write = |v: f64| match classes {
                true => format::percent(v, 2),
                false => format::few(v),
            };
            let said = format!("{} to {}", write(least), write(most));
            section::value_row(ui, "mean of seeds", &write(mean), metrics::ROW_SETTING);
            section::value_row(ui, "least to most", &said, metrics::ROW_SETTING);
        }
        if let Some((.., s)) = score.filter(|(.., s)| s.r2.is_finite()) {
            let r2 = format::fixed(s.r2, 3);
            section::value_row(ui, &format!("{part} R²"), &r2, metrics::ROW_SETTING);
        }
    }
    let buckets = lane.loss.buckets();
    let recent = &buckets[buckets.len().saturating_sub(20)..];
    let n: u64 = recent.iter().map(|b| b.count).sum();
    let mean = recent.iter().map(|b| b.mean * b.count as f64).sum::<f64>() / n as f64;
    let loss = if n == 0 {
        "—".to_owned()
    } else {
        format::few(mean * unit.unwrap_or(1.0))
    };
    let scaled = if unit.is_none() { "scaled " } else { "" };
    section::value_row(
        ui,
        &format!("{scaled}loss, last {}", n.max(1)),
        &loss,
        metrics::ROW_SETTING,
    );
    let ms = if lane.median_ms.is_finite() {
        format::seconds(lane.median_ms / 1e3)
    } else {
        "—".to_owned()
    };
    section::value_row(ui, "per update", &ms, metrics::ROW_SETTING);
    section::value_row(
        ui,
        "matrix products",
        &lane.products.to_string(),
        metrics::ROW_SETTING,
    );
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
