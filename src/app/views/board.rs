//! The board of lanes: in what they differ, side by side; everything that is equal is said once. Lanes are added, named, changed and
//! removed here, in the draft of the experiment, whose file has them.

use crate::app::format;
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, NumberField};
use crate::app::kit::icons::Icon;
use crate::app::kit::{card, legend, paint, panel, section, toggle};
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::board::{self, Column, SETTINGS, Setting};
use crate::experiment::file::Experiment;
use crate::experiment::session::{RaceCommand, RaceState};
use egui::{Align, CornerRadius, Id, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// The most seeds of a lane that the field takes.
const MOST_SEEDS: u64 = 32;

/// The width of the names of settings.
const NAMES: f32 = 118.0;

/// The least width of a lane.
const LEAST: f32 = 124.0;

/// The height of a row.
const ROW: f32 = 22.0;

/// What is typed below the board, until it is taken up.
#[derive(Clone, Default)]
struct Form {
    lane: usize,
    setting: usize,
    to: String,
    refused: Option<String>,
}

/// The columns of the draft, worked out when it has changed.
fn columns_of(frame: &Frame<'_>) -> Arc<Vec<Column>> {
    let mut known = frame.view.found.board.borrow_mut();
    if let Some((of, columns)) = &*known
        && of == frame.draft
    {
        return Arc::clone(columns);
    }
    let columns = Arc::new(board::columns(frame.draft));
    *known = Some((frame.draft.clone(), Arc::clone(&columns)));
    columns
}

/// Caption of the board.
pub fn caption(frame: &Frame<'_>) -> String {
    let columns = columns_of(frame);
    let all: u64 = columns.iter().map(|c| c.seeds).sum();
    let runs = match all as usize == columns.len() {
        true => String::new(),
        false => format!(", {} with every seed", format::count(all)),
    };
    format!(
        "{} lanes{runs}; marked: not as the experiment",
        columns.len()
    )
}

/// Draws the board.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let columns = columns_of(frame);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        panel::inset(8, 8).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
            // The way to add a lane stays where it is, however many there are.
            form(ui, frame, &columns);
            if frame.changed {
                ui.add_space(8.0);
                changed(ui, frame);
            }
            ui.add_space(8.0);
            section::hairline(ui);
            ui.add_space(6.0);
            let (differ, same) = board::differing(&columns);
            table(ui, frame, &columns, &differ);
            ui.add_space(6.0);
            let c = Theme::get(ui);
            let words = alike(frame.draft, &columns, &same);
            ui.add(egui::Label::new(text::caption(words).color(c.t2)).wrap());
        });
    });
}

/// What is the same for all lanes, said once.
fn alike(experiment: &Experiment, columns: &[Column], same: &[usize]) -> String {
    let value = |i: usize| columns.iter().find_map(|c| c.values[i].clone());
    let all = same
        .iter()
        .filter_map(|&i| Some((SETTINGS[i].name, value(i)?)));
    let mut said: Vec<String> = all.map(|(name, value)| format!("{name} {value}")).collect();
    said.push(format!("batch {}", experiment.learning.batch));
    format!(
        "The same for all that have it: {}. All take the same batches; lanes of one seed begin with the same weights.",
        said.join(", ")
    )
}

/// What can be done with a board that has been changed.
fn changed(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let words = match frame.can_take_up {
        true => "Changed settings go into this run, or into a new one.",
        false => "Other lanes train in a new run; the present one is kept until it starts.",
    };
    ui.label(text::caption(words).color(c.t2));
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        if frame.can_take_up {
            let words = match frame.race.state {
                RaceState::Running => "Apply to the run now".to_owned(),
                _ => format!(
                    "Apply to the run after {}",
                    format::count(frame.race.update)
                ),
            };
            if Button::new(&words).show(ui).clicked() {
                frame.actions.push(Action::TakeUp { branch: false });
            }
        }
        if Button::new("Start these lanes").show(ui).clicked() {
            frame.actions.push(Action::Start);
        }
        if Button::plain("Discard the changes").show(ui).clicked() {
            frame.actions.push(Action::Discard);
        }
    });
}

/// Settings in rows, lanes in columns.
fn table(ui: &mut Ui, frame: &mut Frame<'_>, columns: &[Column], differ: &[usize]) {
    let room = ui.available_width() - NAMES;
    let width = (room / columns.len().max(1) as f32).clamp(LEAST, 190.0);
    let own = frame.draft.learning.rule;
    let base = columns
        .iter()
        .position(|c| c.entry.is_none() && c.lane.rule == own);
    ScrollArea::horizontal()
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ui.horizontal(|ui| {
                name(ui, "lane", ROW + 6.0);
                for column in columns {
                    head(ui, frame, column, width);
                }
            });
            if columns.iter().any(|c| c.entry.is_some()) {
                ui.horizontal(|ui| {
                    name(ui, "name", metrics::CONTROL + 4.0);
                    for column in columns {
                        rename(ui, frame, column, width);
                    }
                });
            }
            for &i in differ.iter().filter(|&&i| SETTINGS[i].key != "seed") {
                ui.horizontal(|ui| {
                    name(ui, SETTINGS[i].name, ROW);
                    for column in columns {
                        let same = base.is_none_or(|b| columns[b].values[i] == column.values[i]);
                        cell(ui, column, i, width, !same);
                    }
                });
            }
            let seed = SETTINGS.iter().position(|s| s.key == "seed").unwrap_or(0);
            ui.horizontal(|ui| {
                name(ui, "seed", ROW);
                for column in columns {
                    let same = base.is_none_or(|b| columns[b].values[seed] == column.values[seed]);
                    cell(ui, column, seed, width, !same);
                }
            });
            if columns.iter().any(|c| c.entry.is_some()) {
                ui.horizontal(|ui| {
                    name(ui, "seeds", metrics::CONTROL + 2.0);
                    for column in columns {
                        seeds(ui, frame, column, width);
                    }
                });
            }
        });
}

/// The name of a row.
fn name(ui: &mut Ui, words: &str, height: f32) {
    let c = Theme::get(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(NAMES, height), Sense::hover());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let at = pos2(rect.left(), y);
    paint::write_within(
        ui.painter(),
        at,
        NAMES - 6.0,
        words,
        text::body_font(),
        c.t2,
    );
}

/// The top of a column: whether the lane trains, its name, its line.
fn head(ui: &mut Ui, frame: &mut Frame<'_>, column: &Column, width: f32) {
    let c = Theme::get(ui);
    let lane = &column.lane;
    let (rect, _) = ui.allocate_exact_size(vec2(width, ROW + 6.0), Sense::hover());
    let inner = rect.shrink2(vec2(4.0, 2.0));
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .id_salt(lane.id)
            .max_rect(inner)
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = 4.0;
    let raced = super::bands::members(frame.race, lane);
    if let Some(first) = raced.first() {
        let mut on = first.active;
        let what = format!("{} trains", lane.label);
        if toggle::switch(&mut row, &mut on, &what).changed() {
            for seed in &raced {
                let tick = RaceCommand::Active(seed.spec.id, on);
                frame.actions.push(Action::Race(tick));
            }
        }
    } else {
        let new = row.label(text::caption("new").color(c.t3));
        card::hover(new, "It trains once these lanes are started.");
    }
    let end = match column.entry {
        Some(_) => inner.right() - 22.0,
        None => inner.right(),
    };
    let left = row.cursor().left();
    let line = 26.0_f32.min((end - left) * 0.35);
    let y = paint::baseline(ui.painter(), inner.center().y, text::size::BODY);
    let (room, at) = (end - line - 6.0 - left, pos2(left, y));
    let font = text::strong_font();
    paint::write_within(ui.painter(), at, room, &lane.label, font, c.t1);
    let line_at = pos2(end - line - 2.0, inner.center().y);
    legend::rule_line(ui.painter(), line_at, line, lane.rule, lane.look, c);
    if let Some(entry) = column.entry {
        let place = Rect::from_min_max(pos2(end, inner.top()), inner.max);
        let mut row = ui.new_child(
            egui::UiBuilder::new()
                .id_salt((lane.id, "x"))
                .max_rect(place),
        );
        let remove = format!("Remove {}", lane.label);
        let button = IconButton::new(Icon::Cross).name(&remove).side(20.0);
        if button.show(&mut row).clicked() {
            let next = board::removed(frame.draft, entry);
            frame.actions.push(Action::Edit(Box::new(next)));
        }
    }
}

/// The name of a lane of the file, to be typed.
fn rename(ui: &mut Ui, frame: &mut Frame<'_>, column: &Column, width: f32) {
    ui.allocate_ui(vec2(width, metrics::CONTROL + 4.0), |ui| {
        ui.set_min_size(vec2(width, metrics::CONTROL + 4.0));
        let Some(entry) = column.entry else {
            return;
        };
        let id = Id::unique(("board name", column.lane.id));
        let typed: Option<String> = ui.data(|d| d.get_temp(id));
        let mut words = typed.clone().unwrap_or_else(|| column.lane.label.clone());
        let what = format!("Name of {}", column.lane.id);
        let response = field::text_field(ui, &mut words, &what, "", width - 8.0);
        if response.changed() {
            let next = board::named(frame.draft, entry, &words);
            match next {
                Ok(next) => {
                    ui.data_mut(|d| d.remove_temp::<String>(id));
                    frame.actions.push(Action::Edit(Box::new(next)));
                }
                // What cannot be a name yet stays as it is typed.
                Err(_) => ui.data_mut(|d| _ = d.insert_temp(id, words)),
            }
        } else if !response.has_focus() && typed.is_some() {
            ui.data_mut(|d| d.remove_temp::<String>(id));
        }
    });
}

/// What a lane has of a setting; marked where it is not as in the experiment.
fn cell(ui: &mut Ui, column: &Column, place: usize, width: f32, marked: bool) {
    let c = Theme::get(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    let value = column.values[place].as_deref();
    let words = value.unwrap_or(format::NONE);
    let marked = marked && value.is_some();
    let said = format!(
        "{} of {} {words}{}",
        SETTINGS[place].name,
        column.lane.label,
        if marked { ", differs" } else { "" }
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let painter = ui.painter();
    let font = text::mono_font();
    let room = width - 16.0;
    if marked {
        let wide = paint::width(painter, words, font.clone()).min(room);
        let around = Rect::from_min_size(rect.min + vec2(2.0, 2.0), vec2(wide + 12.0, ROW - 4.0));
        painter.rect_filled(around, CornerRadius::same(metrics::RADIUS_TAG), c.bg3);
    }
    let ink = match (value, marked) {
        (None, _) => c.t3,
        (_, true) => c.t1,
        (_, false) => c.t2,
    };
    let y = paint::baseline(painter, rect.center().y, text::size::BODY);
    let (_, cut) = paint::write_within(painter, pos2(rect.left() + 8.0, y), room, words, font, ink);
    if cut {
        card::hover(response, words);
    }
}

/// How many seeds of a lane of the file train.
fn seeds(ui: &mut Ui, frame: &mut Frame<'_>, column: &Column, width: f32) {
    ui.allocate_ui(vec2(width, metrics::CONTROL + 2.0), |ui| {
        ui.set_min_size(vec2(width, metrics::CONTROL + 2.0));
        let Some(entry) = column.entry else {
            return;
        };
        let mut count = column.seeds;
        let what = format!("Seeds of {}", column.lane.label);
        let next = |n: u64| board::changed(frame.draft, entry, seeds_setting(), &n.to_string());
        let check = |n: u64| next(n).map(|_| ());
        let number = NumberField::new(&what, 1..=MOST_SEEDS).width(52.0);
        let response = number.speed(0.1).check(&check).show(ui, &mut count);
        if response.changed()
            && let Ok(next) = next(count)
        {
            frame.actions.push(Action::Edit(Box::new(next)));
        }
        card::hover(
            response,
            "So many lanes alike but for their seeds, drawn as one line: their mean, in a band from the least to the most.",
        );
    });
}

fn seeds_setting() -> &'static Setting {
    &SETTINGS[SETTINGS.len() - 1]
}

/// A lane is added, or one of the file is changed.
fn form(ui: &mut Ui, frame: &mut Frame<'_>, columns: &[Column]) {
    let id = Id::unique("board form");
    let mut form: Form = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    let of_file: Vec<&Column> = columns.iter().filter(|c| c.entry.is_some()).collect();
    let new = columns.iter().map(|c| format!("new, as {}", c.lane.label));
    let own = of_file.iter().map(|c| c.lane.label.clone());
    let lanes: Vec<String> = new.chain(own).collect();
    let lanes: Vec<&str> = lanes.iter().map(String::as_str).collect();
    let settings: Vec<&str> = SETTINGS.iter().map(|s| s.name).collect();
    form.lane = form.lane.min(lanes.len().saturating_sub(1));
    let c = Theme::get(ui);
    let (mut asked, mut edited) = (false, false);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        ui.label(text::body("lane").color(c.t2));
        let list = Dropdown::new("Lane of the board", &lanes).width(150.0);
        edited |= list.show(ui, &mut form.lane).changed();
        ui.label(text::body("change").color(c.t2));
        let list = Dropdown::new("What differs", &settings).width(150.0);
        edited |= list.show(ui, &mut form.setting).changed();
        ui.label(text::body("to").color(c.t2));
        let typed = field::text_field(ui, &mut form.to, "To", "0.05, 0.2", 120.0);
        edited |= typed.changed();
        asked |= typed.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
        let values = form.to.split(',').filter(|v| !v.trim().is_empty()).count();
        let words = match (form.lane < columns.len(), values) {
            (false, _) => "Change the lane".to_owned(),
            (true, 0 | 1) => "Add the lane".to_owned(),
            (true, n) => format!("Add {n} lanes"),
        };
        let hover = "Several values with commas between make as many lanes. A lane of the file without a value is as the experiment again.";
        asked |= Button::new(&words).icon(Icon::Plus).hover(hover).show(ui).clicked();
    });
    if edited {
        form.refused = None;
    }
    if asked {
        let setting = &SETTINGS[form.setting.min(SETTINGS.len() - 1)];
        let next = match columns.get(form.lane) {
            Some(copied) => board::added(frame.draft, copied, setting, &form.to),
            None => {
                let entry = of_file.get(form.lane - columns.len()).and_then(|c| c.entry);
                board::changed(frame.draft, entry.unwrap_or(usize::MAX), setting, &form.to)
            }
        };
        match next {
            Ok(next) => {
                // Places behind the new lanes are other places now.
                form = Form {
                    setting: form.setting,
                    ..Form::default()
                };
                frame.actions.push(Action::Edit(Box::new(next)));
            }
            Err(words) => form.refused = Some(words),
        }
    }
    if let Some(words) = &form.refused {
        ui.add_space(4.0);
        field::refusal(ui, words);
    }
    ui.data_mut(|d| d.insert_temp(id, form));
}
