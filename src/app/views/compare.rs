//! Against backprop: the verdict at the cursor, and each level's cosine, length, relative error and differing bits.

pub use super::compare_hero::hero;
pub use super::proof::proof;
pub use super::switches::{first_wrong, switches};

use super::contributions;
use super::headline::{self, Headline};
use super::levels::{self, Row, rows};
use super::unrolled;
use crate::app::format;
use crate::app::kit::squares::{self, squares};
use crate::app::kit::verdict as kit;
use crate::app::kit::{bars, focus, paint, panel, section};
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::learning::{LevelComparison, Verdict};
use egui::{Align, Layout, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

fn plain(ui: &mut Ui, words: &str, size: f32) {
    let c = Theme::get(ui);
    let (rect, response) = ui.allocate_exact_size(
        vec2(ui.available_width(), text::line_height(size)),
        Sense::hover(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let y = paint::baseline(ui.painter(), rect.center().y, size);
    paint::write(
        ui.painter(),
        pos2(rect.left(), y),
        Align::LEFT,
        words,
        text::verdict_font(size),
        c.t1,
    );
}

/// The panel "Against backprop".
pub fn panel(ui: &mut Ui, frame: &mut Frame<'_>) {
    let t = frame.t();
    let c = Theme::get(ui);
    let rows = rows(frame.micro, t);
    let said = headline::headline(frame, t);
    egui::ScrollArea::vertical()
        .id_salt("against")
        .auto_shrink(false)
        .show(ui, |ui| {
            panel::inset(8, 6).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
                match said.verdict {
                    Some(v) => _ = kit::bare(ui, v, &said.detail, text::size::VERDICT),
                    None if frame.micro.subject.rule.is_reference() => {
                        plain(ui, &said.detail, text::size::VERDICT);
                    }
                    None => plain(ui, &said.detail, text::size::VERDICT * 0.7),
                }
                under(ui, &said);
                ui.add_space(3.0);
                ui.add(egui::Label::new(text::body(said.in_short()).color(c.t2)).wrap());
                ui.add_space(7.0);
                section::rule(ui);
                if unrolled::applies(frame.micro) {
                    contributions::table(ui, frame, &rows);
                } else {
                    table(ui, frame, &rows);
                }
            });
        });
}

/// The number of the verdict, and how many levels it is about: on one line where both have room.
fn under(ui: &mut Ui, said: &Headline) {
    let c = Theme::get(ui);
    let (done, all) = said.levels;
    // The squares say themselves how many levels there are.
    let detail = match said.verdict {
        Some(Verdict::ExactSoFar) | None => "",
        Some(_) => said.detail.as_str(),
    };
    let font = text::title_font();
    let wide = squares::width(all) + 44.0;
    let fits = paint::width(ui.painter(), detail, font.clone()) + wide <= ui.available_width();
    let line = |ui: &mut Ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 19.0), Sense::hover());
        rect
    };
    let mut rect = line(ui);
    let y = paint::baseline(ui.painter(), rect.center().y, font.size);
    let at = pos2(rect.left(), y);
    paint::write_within(ui.painter(), at, rect.width(), detail, font, c.t1);
    if !fits {
        rect = line(ui);
    }
    let room = rect.with_min_x(rect.right() - wide);
    let layout = Layout::right_to_left(Align::Center);
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(room).layout(layout));
    squares(&mut child, done, all, "levels captured");
}

/// The numbers of a level: cosine, length, relative error and bits.
fn numbers(l: &LevelComparison) -> [String; 4] {
    [
        levels::cosine(l),
        levels::length(l),
        levels::error(l),
        format::short_count(l.differing_bits),
    ]
}

/// Right edges of cosine, length, relative error and bits within a row of `width`: each column as wide as its numbers, and where
/// there is more room at its usual place.
fn columns(ui: &Ui, rows: &[Row], width: f32) -> [f32; 4] {
    let mut edges = [width * 0.40, width * 0.605, width * 0.755, width];
    let written: Vec<[String; 4]> = rows
        .iter()
        .filter_map(|row| row.captured.as_ref().map(numbers))
        .collect();
    let wide = |i: usize| {
        let one = |words: &[String; 4]| paint::width(ui.painter(), &words[i], text::mono_font());
        written.iter().map(one).fold(0.0, f32::max)
    };
    for i in (0..3).rev() {
        edges[i] = edges[i].min(edges[i + 1] - wide(i + 1) - metrics::GAP);
    }
    edges
}

fn table(ui: &mut Ui, frame: &mut Frame<'_>, rows: &[Row]) {
    let c = Theme::get(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 15.0), Sense::hover());
    let at = columns(ui, rows, rect.width());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    for (name, right) in ["cosine", "length", "error", "bits"].into_iter().zip(at) {
        paint::write(
            ui.painter(),
            pos2(rect.left() + right, y),
            Align::RIGHT,
            name,
            text::caption_font(),
            c.t3,
        );
    }
    for row in rows {
        let (rect, response) = ui.allocate_exact_size(
            vec2(ui.available_width(), metrics::ROW_COMPARE),
            Sense::click(),
        );
        focus::item(ui.scope_id(), &response);
        let painter = ui.painter().clone();
        let (y1, y2) = (
            paint::baseline(&painter, rect.top() + 10.0, text::size::BODY),
            paint::baseline(&painter, rect.top() + 25.0, text::size::CAPTION),
        );
        let first = row.captured.as_ref().map_or(0.0, |l| {
            paint::width(&painter, &levels::cosine(l), text::mono_font())
        });
        paint::write_within(
            &painter,
            pos2(rect.left(), y1),
            (at[0] - first - metrics::GAP).clamp(20.0, 70.0),
            &row.label,
            text::medium_font(),
            c.t1,
        );
        paint::write(
            &painter,
            pos2(rect.left(), y2),
            Align::LEFT,
            &format!("level {}", row.level),
            text::caption_font(),
            c.t3,
        );
        let (said, in_full) = match row.captured {
            Some(l) => {
                let numbers = numbers(&l);
                for (words, right) in numbers.iter().zip(at) {
                    paint::write(
                        &painter,
                        pos2(rect.left() + right, y1),
                        Align::RIGHT,
                        words,
                        text::mono_font(),
                        c.t1,
                    );
                }
                let bar = |right: f32| {
                    Rect::from_min_max(
                        pos2(rect.left() + right - 38.0, rect.top() + 19.0),
                        pos2(rect.left() + right, rect.top() + 29.0),
                    )
                };
                if l.no_cosine().is_none() {
                    bars::cosine(&painter, bar(at[0]), l.cosine, false, c);
                }
                if l.no_length().is_none() {
                    bars::length(&painter, bar(at[1]), l.length, false, c);
                }
                let all = |numbers: String| {
                    format!(
                        "{}, level {}: {}{numbers}, {} in {} of {}",
                        row.label,
                        row.level,
                        frame
                            .micro
                            .level_verdict(frame.t(), &l)
                            .map_or_else(String::new, |v| format!("{}, ", v.words())),
                        format::plural(l.differing_bits, "differing bit", "differing bits"),
                        format::count(l.differing_weights as u64),
                        levels::plural(l.weights, "weight", "weights")
                    )
                };
                (all(levels::said(&l)), all(levels::in_full(&l)))
            }
            None => {
                let when = match (
                    frame.micro.subject.rule,
                    frame.micro.capture_time(row.level),
                ) {
                    (rule, _) if rule.relaxes() => "— no error yet".to_owned(),
                    (rule, _) if rule.is_reference() => format!("— reached at t = {}", row.level),
                    (_, Some(at)) => format!("— to come at t = {at}"),
                    _ => "—".to_owned(),
                };
                let y = paint::baseline(&painter, rect.top() + 12.0, text::size::BODY);
                paint::write(
                    &painter,
                    pos2(rect.left() + at[0] - 38.0, y),
                    Align::LEFT,
                    &when,
                    text::caption_font(),
                    c.t3,
                );
                let words = format!("{}, level {}: {when}", row.label, row.level);
                (words.clone(), words)
            }
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        paint::focus_ring(ui, &response, rect);
        if response.clicked() {
            let selection = Selection::largest(frame.micro, row.vertex);
            frame.actions.push(Action::Select(selection));
        }
        crate::app::kit::card::hover(response, &in_full);
    }
}

/// The strip of a compact window, and of the layout without chrome.
pub fn strip(ui: &mut Ui, frame: &mut Frame<'_>) {
    let t = frame.t();
    let c = Theme::get(ui);
    let said = headline::headline(frame, t);
    let rect = ui.max_rect().shrink2(vec2(16.0, 0.0));
    let large = rect.height() > 54.0;
    let size = if large {
        text::size::VERDICT
    } else {
        text::size::VERDICT_COMPACT
    };
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = 14.0;
    let painter = row.painter().clone();
    // The squares at the right say how many levels there are.
    let detail = match said.verdict {
        Some(Verdict::ExactSoFar) => "",
        _ => said.detail.as_str(),
    };
    let width = match said.verdict {
        Some(v) => kit::width(&painter, v, detail, size),
        None => paint::width(&painter, detail, text::verdict_font(size)).ceil() + 1.0,
    };
    row.allocate_ui(vec2(width, rect.height()), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(width);
            match said.verdict {
                Some(v) => _ = kit::verdict(ui, v, detail, size, ""),
                None => plain(ui, detail, size),
            }
        });
    });
    let words = &said.short;
    let (done, all) = said.levels;
    let font = if large {
        text::title_font()
    } else {
        text::body_font()
    };
    let squares_width = squares::width(all) + 60.0;
    let room = (row.available_width() - squares_width).max(0.0);
    let (at, response) = row.allocate_exact_size(vec2(room, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let y = paint::baseline(row.painter(), at.center().y, font.size);
    let whole = said.in_full();
    let cut = paint::width(row.painter(), words, font.clone()) > room;
    // A few letters of a sentence say nothing: the verdict then stands alone.
    if !cut || room > 200.0 {
        paint::write_within(row.painter(), pos2(at.left(), y), room, words, font, c.t2);
    }
    let whole = match cut && !whole.contains(words.as_str()) {
        true => format!("{}. {whole}", words.trim_end_matches('.')),
        false => whole,
    };
    crate::app::kit::card::hover(response, if cut { &whole } else { words });
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        squares(ui, done, all, "levels captured");
    });
}
