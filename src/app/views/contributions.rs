//! What each time step contributes to a matrix that all steps share: pairs of bars, and the table beside the verdict.

use super::levels::{self, Row, plural};
use super::steps;
use crate::app::format;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::{card, focus, paint, panel, section};
use crate::app::state::{Action, Choice, Frame, Selection};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme, Tokens, metrics};
use crate::experiment::contributions::{
    Contribution, contributions, is_recurrent, shared_matrices,
};
use crate::learning::{Judgement, REFERENCE, Rule};
use crate::network::{Plan, Role as Kind};
use egui::{Align, Color32, FontId, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Caption of the panel.
pub fn caption(frame: &Frame<'_>) -> String {
    match chosen(frame) {
        Some((_, p)) => format!(
            "size of each step’s share in {}",
            name(&frame.micro.plan, p)
        ),
        None => String::new(),
    }
}

/// The shared matrix that is looked at.
fn chosen(frame: &Frame<'_>) -> Option<(usize, usize)> {
    let all = shared_matrices(&frame.micro.plan);
    let which = frame.view.shared_matrix.min(all.len().checked_sub(1)?);
    Some((which, all[which]))
}

/// W_h or W_x, with the layer where there are several.
fn name(plan: &Plan, parameter: usize) -> String {
    let what = if is_recurrent(plan, parameter) {
        "W_h"
    } else {
        "W_x"
    };
    let full = &plan.graph.parameters[parameter].name;
    let layer = full
        .strip_prefix("rnn")
        .and_then(|rest| rest.split('.').next())
        .unwrap_or("");
    let several = plan
        .graph
        .parameters
        .iter()
        .any(|p| p.name.starts_with("rnn2."));
    if several {
        format!("{what}, rnn {layer}")
    } else {
        what.into()
    }
}

/// Draws the bars, the earliest step at the left and the sum at the right.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let Some(matrix) = chosen(frame) else {
        panel::empty(ui, "No weights are shared between time steps.");
        return;
    };
    let now = contributions(frame.micro, matrix, frame.t());
    let area = ui.max_rect().shrink2(vec2(12.0, 6.0));
    let look = frame.micro.subject.rule;
    heading(ui, frame, area, look, c);
    let plot = Rect::from_min_max(area.min + vec2(30.0, 34.0), area.max - vec2(0.0, 32.0));
    if now.steps.is_empty() || plot.height() < 30.0 {
        return;
    }
    let painter = ui.painter().clone();
    let most = now
        .steps
        .iter()
        .flat_map(|s| [s.reference, s.size.unwrap_or(0.0)])
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    let top = crate::app::state::nice(most / 0.7).max(1e-12);
    let sum_top = crate::app::state::nice(now.sum.max(now.reference_sum) / 0.7).max(1e-12);
    let height = |v: f64, top: f64| ((v / top).clamp(0.0, 1.0) as f32) * plot.height();
    for k in 0..=2 {
        let y = plot.bottom() - plot.height() * k as f32 / 2.0;
        paint::hline(&painter, plot.x_range(), y, c.line);
        let words = format::number(top * f64::from(k) / 2.0);
        let base = paint::baseline(&painter, y, text::size::MONO_SMALL);
        let at = pos2(plot.left() - 5.0, base);
        paint::write(
            &painter,
            at,
            Align::RIGHT,
            &words,
            text::mono_small_font(),
            c.t3,
        );
    }
    // Steps take what the sum leaves; the sum stands apart on its own scale.
    let sum_room = 74.0_f32.min(plot.width() * 0.25);
    let each = ((plot.width() - sum_room) / now.steps.len() as f32).min(46.0);
    let left = plot.right() - sum_room - each * now.steps.len() as f32;
    for (k, step) in now.steps.iter().rev().enumerate() {
        let room = Rect::from_min_size(
            pos2(left + each * k as f32, plot.top()),
            vec2(each, plot.height() + 28.0),
        );
        one(ui, frame, step, room, plot.bottom(), &|v| height(v, top));
    }
    let x = plot.right() - sum_room + 10.0;
    paint::vline(&painter, x - 4.0, plot.y_range(), c.line2);
    let room = Rect::from_min_max(pos2(x, plot.top()), plot.max);
    let pair = Pair {
        room,
        bottom: plot.bottom(),
        own: height(now.sum, sum_top),
        reference: height(now.reference_sum, sum_top),
    };
    pair.draw(&painter, look, c);
    for (row, words, font, ink) in [
        (10.0, "sum".to_owned(), text::strong_font(), c.t1),
        (
            23.0,
            format!("to {}", format::number(sum_top)),
            text::mono_small_font(),
            c.t3,
        ),
    ] {
        let y = paint::baseline(&painter, plot.bottom() + row, font.size);
        paint::write(
            &painter,
            pos2(room.center().x, y),
            Align::Center,
            &words,
            font,
            ink,
        );
    }
    let said = format!(
        "sum: {} of BPTT’s {}",
        format::number3(now.sum),
        format::number3(now.reference_sum)
    );
    let response = ui.interact(room, ui.scope_id().with("sum"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let dtype = frame.micro.dtype();
    response.on_hover_ui_at_pointer(|ui| {
        let digits = |size| format::exact(size, dtype);
        let rows = [
            ("taken so far", digits(now.sum)),
            ("BPTT", digits(now.reference_sum)),
        ];
        card::card(ui, "Sum over time steps, its size", &rows);
    });
}

/// Which matrix, and what the two kinds of bars are.
fn heading(ui: &mut Ui, frame: &mut Frame<'_>, area: Rect, look: Rule, c: &Tokens) {
    let all = shared_matrices(&frame.micro.plan);
    let names: Vec<String> = all.iter().map(|&p| name(&frame.micro.plan, p)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let top = Rect::from_min_size(area.min, vec2(area.width(), metrics::CONTROL));
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(top)
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = 14.0;
    let mut which = frame.view.shared_matrix.min(all.len().saturating_sub(1));
    let response = Dropdown::new("Shared matrix", &names)
        .plain()
        .show(&mut row, &mut which);
    if response.changed() {
        frame.choose(Choice::Matrix(which));
    }
    for (filled, words) in [(true, frame.micro.subject.rule.label()), (false, "BPTT")] {
        if filled && frame.micro.subject.rule.is_reference() {
            continue;
        }
        let width = paint::width(row.painter(), words, text::caption_font()).ceil() + 14.0;
        let (rect, _) = row.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::hover());
        let box_at =
            Rect::from_center_size(pos2(rect.left() + 4.0, rect.center().y), vec2(8.0, 8.0));
        if filled {
            row.painter().rect_filled(box_at, 0, look.color(c));
        } else {
            outline(row.painter(), box_at, c);
        }
        let y = paint::baseline(row.painter(), rect.center().y, text::size::CAPTION);
        let at = pos2(rect.left() + 13.0, y);
        paint::write(
            row.painter(),
            at,
            Align::LEFT,
            words,
            text::caption_font(),
            c.t2,
        );
    }
}

fn outline(painter: &egui::Painter, rect: Rect, c: &Tokens) {
    let stroke = Stroke::new(1.0, REFERENCE.color(c));
    let corners = [
        rect.left_bottom(),
        rect.left_top(),
        rect.right_top(),
        rect.right_bottom(),
    ];
    paint::dashes(painter, &corners, &[3.0, 2.0], stroke);
}

/// Two bars side by side: the heights of the rule's and of backpropagation's, and where they stand.
struct Pair {
    room: Rect,
    bottom: f32,
    own: f32,
    reference: f32,
}

impl Pair {
    /// The rule's bar, filled, and backpropagation's beside it, in outline.
    fn draw(&self, painter: &egui::Painter, look: Rule, c: &Tokens) {
        let &Self {
            room,
            bottom,
            own,
            reference,
        } = self;
        let width = (room.width() * 0.36).min(16.0);
        let middle = room.center().x;
        if own > 0.0 && !look.is_reference() {
            let bar = Rect::from_min_max(
                pos2(middle - width - 1.0, bottom - own),
                pos2(middle - 1.0, bottom),
            );
            painter.rect_filled(paint::snap_rect(painter, bar), 0, look.color(c));
        }
        if reference > 0.0 {
            let bar = Rect::from_min_max(
                pos2(middle + 1.0, bottom - reference),
                pos2(middle + width + 1.0, bottom),
            );
            outline(painter, paint::snap_rect(painter, bar), c);
        }
    }
}

fn one(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    step: &Contribution,
    room: Rect,
    bottom: f32,
    height: &dyn Fn(f64) -> f32,
) {
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let now = step.taken == Some(frame.t());
    let chosen = frame.view.selection.vertex == step.vertex;
    let own = step.size.map_or(0.0, height);
    let pair = Pair {
        room,
        bottom,
        own,
        reference: height(step.reference),
    };
    pair.draw(&painter, frame.micro.subject.rule, c);
    let ink = if now || chosen { c.t1 } else { c.t2 };
    if room.width() >= 30.0
        && let Some(size) = step.size
    {
        let y = bottom - own.max(height(step.reference)) - 4.0;
        let words = format::number3(size);
        paint::write(
            &painter,
            pos2(room.center().x, y),
            Align::Center,
            &words,
            text::mono_small_font(),
            ink,
        );
    }
    let label = match (steps::letter(frame, step.step), room.width() >= 18.0) {
        (Some(letter), _) => letter.to_string(),
        (None, true) => steps::short_name(frame.micro, step.vertex),
        (None, false) => String::new(),
    };
    let y = paint::baseline(&painter, bottom + 10.0, text::size::BODY);
    let font = if now || chosen {
        text::strong_font()
    } else {
        text::body_font()
    };
    paint::write(
        &painter,
        pos2(room.center().x, y),
        Align::Center,
        &label,
        font,
        ink,
    );
    if let Some(taken) = step.taken
        && room.width() >= 16.0
    {
        let y = paint::baseline(&painter, bottom + 23.0, text::size::MONO_SMALL);
        let words = taken.to_string();
        paint::write(
            &painter,
            pos2(room.center().x, y),
            Align::Center,
            &words,
            text::mono_small_font(),
            c.t3,
        );
    }
    let name = steps::long_name(frame, step.vertex);
    let response = ui.interact(
        room,
        ui.scope_id().with(("share", step.vertex)),
        Sense::click(),
    );
    focus::item(ui.scope_id(), &response);
    let size = step
        .size
        .map_or_else(|| "not taken yet".to_owned(), format::number3);
    response.widget_info(|| {
        let words = format!("{name}: {size}, BPTT {}", format::number3(step.reference));
        WidgetInfo::labeled(Role::Button, true, words)
    });
    if response.clicked() {
        frame
            .actions
            .push(Action::Select(Selection::largest(frame.micro, step.vertex)));
    }
    let dtype = frame.micro.dtype();
    response.on_hover_ui_at_pointer(|ui| {
        let digits = |size| format::exact(size, dtype);
        let own = step.size.map_or_else(|| "not taken yet".to_owned(), digits);
        let when = step
            .taken
            .map_or_else(|| "at every t".to_owned(), |t| format!("t = {t}"));
        let rows = [
            ("taken at", when),
            ("size", own),
            ("BPTT", digits(step.reference)),
        ];
        card::card(ui, &name, &rows);
    });
}

/// Where a cell stands from the left of its row, its words and its look.
type Cell = (f32, Align, String, Color32, FontId);

/// Writes the cells of one row on one baseline.
fn cells(painter: &egui::Painter, left: f32, y: f32, row: &[Cell]) {
    for (x, align, words, ink, font) in row {
        paint::write(
            painter,
            pos2(left + x, y),
            *align,
            words,
            font.clone(),
            *ink,
        );
    }
}

/// The table beside the verdict: one short row per time step, the one nearest the output first, and the sum.
pub(super) fn table(ui: &mut Ui, frame: &mut Frame<'_>, rows: &[Row]) {
    let c = Theme::get(ui);
    let Some(matrix) = chosen(frame) else {
        return;
    };
    let (_, parameter) = matrix;
    let now = contributions(frame.micro, matrix, frame.t());
    let t = frame.t();
    let width = ui.available_width();
    let at = [14.0, 30.0, width * 0.56, width * 0.8, width];
    let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    let heads = [
        (at[0], Align::RIGHT, "t".to_owned()),
        (at[1], Align::LEFT, name(&frame.micro.plan, parameter)),
        (
            at[2],
            Align::RIGHT,
            frame.micro.subject.rule.label().to_owned(),
        ),
        (at[3], Align::RIGHT, "BPTT".to_owned()),
        (at[4], Align::RIGHT, "bits".to_owned()),
    ];
    let head = heads.map(|(x, align, words)| (x, align, words, c.t3, text::caption_font()));
    cells(ui.painter(), rect.left(), y, &head);
    for step in &now.steps {
        let (rect, response) =
            ui.allocate_exact_size(vec2(width, metrics::ROW_LIST), Sense::click());
        focus::item(ui.scope_id(), &response);
        let painter = ui.painter().clone();
        let here = step.taken == Some(t);
        if here || response.hovered() {
            paint::bordered(
                &painter,
                rect.expand2(vec2(4.0, 0.0)),
                metrics::RADIUS,
                c.bg2,
                c.line2,
            );
        }
        let y = paint::baseline(&painter, rect.center().y, text::size::BODY);
        let taken = step.size.is_some();
        let ink = if taken { c.t1 } else { c.t3 };
        let when = step.taken.map_or_else(|| "·".to_owned(), |t| t.to_string());
        let bits = rows
            .iter()
            .find(|r| r.level == step.level)
            .and_then(|r| r.captured)
            .map_or_else(String::new, |l| format::short_count(l.differing_bits));
        let own = step.size.map_or_else(|| "—".to_owned(), format::number);
        let label = steps::row_name(frame, step.vertex);
        let row = [
            (at[0], Align::RIGHT, when, ink, text::mono_font()),
            (at[1], Align::LEFT, label, ink, text::medium_font()),
            (at[2], Align::RIGHT, own, ink, text::mono_font()),
            (
                at[3],
                Align::RIGHT,
                format::number(step.reference),
                c.t3,
                text::mono_font(),
            ),
            (at[4], Align::RIGHT, bits, ink, text::mono_font()),
        ];
        cells(&painter, rect.left(), y, &row);
        let name = steps::long_name(frame, step.vertex);
        response.widget_info(|| {
            let own = step
                .size
                .map_or_else(|| "not taken yet".to_owned(), format::number);
            let words = format!(
                "{name}, level {}: {own}, BPTT {}",
                step.level,
                format::number(step.reference)
            );
            WidgetInfo::labeled(Role::Button, true, words)
        });
        paint::focus_ring(ui, &response, rect);
        if response.clicked() {
            frame
                .actions
                .push(Action::Select(Selection::largest(frame.micro, step.vertex)));
        }
        let level = rows
            .iter()
            .find(|r| r.level == step.level)
            .and_then(|r| r.captured);
        response.on_hover_ui_at_pointer(|ui| {
            let mut lines = vec![("level", step.level.to_string())];
            if let Some(l) = level {
                lines.extend([
                    ("cosine", levels::cosine(&l)),
                    ("length", levels::length(&l)),
                    ("relative error", levels::error(&l)),
                    ("differing bits", format::count(l.differing_bits)),
                ]);
                if let Some(why) = l.no_cosine() {
                    lines.push(("—", why.to_owned()));
                }
            }
            card::card(ui, &name, &lines);
        });
    }
    if let Some(first) = first_without(frame, parameter) {
        let (rect, _) = ui.allocate_exact_size(vec2(width, metrics::ROW_LIST), Sense::hover());
        let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
        let label = steps::row_name(frame, first);
        let none = "no state before it".to_owned();
        let row = [
            (at[1], Align::LEFT, label, c.t3, text::medium_font()),
            (at[4], Align::RIGHT, none, c.t3, text::caption_font()),
        ];
        cells(ui.painter(), rect.left(), y, &row);
    }
    ui.add_space(4.0);
    section::rule(ui);
    let pending = now.steps.iter().any(|s| s.size.is_none());
    let (rect, response) = ui.allocate_exact_size(vec2(width, metrics::ROW_TABLE), Sense::hover());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let (own, reference) = (format::number(now.sum), format::number(now.reference_sum));
    let wide = |words: &str, font| paint::width(ui.painter(), words, font);
    let room = at[2] - wide(&own, text::mono_font()) - metrics::GAP;
    let fits = |words: &&&str| wide(words, text::body_font()) <= room;
    let words = match pending {
        true => &["size of the sum so far", "sum so far", "so far"][..],
        false => &["size of the sum", "the sum"][..],
    };
    let words = words.iter().find(fits).or(words.last()).copied();
    let words = words.unwrap_or_default();
    let row = [
        (0.0, Align::LEFT, words.to_owned(), c.t2, text::body_font()),
        (at[2], Align::RIGHT, own, c.t1, text::mono_font()),
        (at[3], Align::RIGHT, reference, c.t3, text::mono_font()),
    ];
    cells(ui.painter(), rect.left(), y, &row);
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Label,
            true,
            format!(
                "{words}: {}, BPTT {}",
                format::number(now.sum),
                format::number(now.reference_sum)
            ),
        )
    });
}

/// Where the front stands and what has been taken, in words, while all of it equals BPTT's.
pub(super) fn so_far(frame: &Frame<'_>, t: usize) -> String {
    let micro = frame.micro;
    let rows = levels::rows(micro, t);
    let equal = equal_words(frame, t);
    let here = rows.iter().find(|r| micro.capture_time(r.level) == Some(t));
    let taken = |r: &&Row| {
        r.captured
            .is_some_and(|l| l.differing_bits == 0 && l.moved > 0)
    };
    match here.filter(taken) {
        Some(row) => format!(
            "At t = {t} the error stands at {}. It equals BPTT’s δ, now and only now, so its share of the shared weights is taken and added. {equal}.",
            steps::long_name(frame, row.vertex)
        ),
        None => format!("{equal}."),
    }
}

/// How many contributions equal BPTT's.
pub(super) fn equal_words(frame: &Frame<'_>, t: usize) -> String {
    let rows = levels::rows(frame.micro, t);
    let taken: Vec<_> = rows.iter().filter_map(|r| r.captured).collect();
    let equal = taken.iter().filter(|l| l.differing_bits == 0).count();
    let still = match rows.len() - taken.len() {
        0 => String::new(),
        n => format!("; {n} to come"),
    };
    format!(
        "{equal} of {} contributions taken equal BPTT’s, bit for bit{still}",
        taken.len()
    )
}

/// How many weights differ once all contributions have been summed and applied.
pub(super) fn summed(j: &Judgement) -> String {
    format!(
        "All contributions are summed: {} of {} differ from BPTT’s update, in any bit",
        format::count(j.differing_weights as u64),
        plural(j.weights, "weight", "weights")
    )
}

/// The first step of the example, where it contributes nothing to the matrix: nothing came before it.
fn first_without(frame: &Frame<'_>, parameter: usize) -> Option<usize> {
    let micro = frame.micro;
    let plan = &micro.plan;
    if !is_recurrent(plan, parameter) {
        return None;
    }
    let first = micro.missing_steps() + 1;
    let layer = plan
        .graph
        .edges
        .iter()
        .find(|e| e.weight == Some(parameter))
        .map(|e| plan.graph.vertices[e.to].role)?;
    let Kind::Step { layer, .. } = layer else {
        return None;
    };
    (1..plan.graph.vertices.len())
        .find(|&v| plan.graph.vertices[v].role == Kind::Step { layer, step: first })
}
