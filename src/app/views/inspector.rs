//! The inspector: one unit's numbers now and before, and the step that led here with its numbers filled in.

use super::beside;
use super::equations::{Part, Sum, cell, work};
use super::steps;
use super::terms::largest_first;
use super::touched;
use super::vertices::{unit_label, unit_place};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::table::{Columns, Row, Tone};
use crate::app::kit::{card, paint, panel, section};
use crate::app::state::{Action, Choice, Frame, Of, Selection};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::file::Dtype;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::session::Beside;
use crate::learning::{Course, Epsilon};
use crate::network::{Activation, Graph};
use egui::{Align, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The height of an equation: symbols, and their numbers below.
const LINE: f32 = 34.0;

/// Points between two of its parts, and the least of them.
const GAP: f32 = 5.0;
const LEAST_GAP: f32 = 3.0;

/// How far an equation that goes on below is indented.
const INDENT: f32 = 14.0;

/// Terms listed one by one; the rest is summed.
const LISTED: usize = 3;

/// Draws the view.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    egui::ScrollArea::vertical()
        .id_salt("inspector")
        .auto_shrink(false)
        .show(ui, |ui| {
            panel::inset(9, 8).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                // Of a pair of runs the numbers of both, and the step of the one that is chosen.
                let pair = beside::chosen(frame);
                let micro = match pair {
                    Some((beside, i)) => &*beside.sides[i.min(1)],
                    None => frame.micro,
                };
                let v = frame
                    .view
                    .selection
                    .vertex
                    .min(micro.plan.graph.vertices.len() - 1);
                let unit = frame.view.selection.unit.min(micro.plan.len_of(v) - 1);
                let t = frame.view.t.min(micro.states.len().saturating_sub(1));
                title(ui, frame, v, unit);
                match pair {
                    Some((beside, _)) => of_pair(ui, beside, (v, unit), t),
                    None => {
                        numbers(ui, micro, v, unit, t);
                        touched::buttons(ui, frame, v, unit);
                        touched::list(ui, frame);
                        touched::filled(ui, micro, t);
                    }
                }
                ui.add_space(6.0);
                section::rule(ui);
                if let Some((beside, i)) = pair {
                    whose(ui, frame, beside, i);
                }
                step(ui, micro, v, unit, t);
                if pair.is_none() {
                    touched::weights(ui, frame, v, unit);
                }
                ui.add_space(6.0);
                section::rule(ui);
                match pair {
                    Some((beside, _)) => others_of_pair(ui, frame, beside, (v, t)),
                    None => others(ui, frame, v, t),
                }
            });
        });
}

fn title(ui: &mut Ui, frame: &Frame<'_>, v: usize, unit: usize) {
    let c = Theme::get(ui);
    let vertex = steps::short_name(frame.micro, v);
    let place = unit_place(frame.micro, frame.data.classes(), v, unit);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, unit_label(&vertex, &place)));
    explain::mark(response, Mark::Words, "node");
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let at = paint::write(
        ui.painter(),
        pos2(rect.left(), y),
        Align::LEFT,
        &vertex,
        text::strong_font(),
        c.t1,
    );
    paint::write(
        ui.painter(),
        pos2(at.right() + 8.0, y),
        Align::LEFT,
        &place,
        text::body_font(),
        c.t2,
    );
}

/// The fields of a unit that are listed: f(x) where it is not x.
fn fields(micro: &MicroscopeSnapshot, v: usize) -> &'static [Field] {
    let identity = micro.plan.graph.vertices[v].activation == Activation::Identity;
    match (v, identity) {
        (Graph::INPUT, _) => &[Field::X],
        (_, true) => &[Field::X, Field::Mu, Field::Eps, Field::Delta],
        _ => &[Field::X, Field::Fx, Field::Mu, Field::Eps, Field::Delta],
    }
}

/// What the row of a field is called, and what it is.
fn meaning(micro: &MicroscopeSnapshot, field: Field) -> (&'static str, &'static str) {
    let bp = micro.subject.rule.is_reference();
    let label = match field {
        Field::Delta => "δ (BP)",
        Field::Eps if bp => "δ so far",
        _ => field.symbol(),
    };
    let meaning = match field {
        Field::X => "x, the value before f",
        Field::Fx => "f(x), what the next vertex is predicted from",
        Field::Mu => "μ, what the vertices before predict",
        Field::Eps if bp => "δ, where the reverse pass has come to",
        Field::Eps if micro.schedule.is_some_and(|s| s.epsilon == Epsilon::Naive) => {
            "ε, the error, x − μ"
        }
        Field::Eps => "ε, the error, kept by increments",
        Field::Dx => "Δx, the last move",
        Field::Delta => "δ = −∂Loss/∂x of backprop on the same weights",
    };
    (label, meaning)
}

/// The numbers of a unit in both of a pair of runs at one state, and what the second has more.
fn of_pair(ui: &mut Ui, beside: &Beside, (v, unit): (usize, usize), t: usize) {
    let micro = &*beside.sides[1];
    let width = ui.available_width();
    let columns = Columns::of_widths(&[width * 0.29, width * 0.29, width * 0.29]);
    let names = beside::names(beside.runs);
    let update = format::count(beside.update);
    let captions = names.each_ref().map(String::as_str);
    let head = columns.captions(ui, "", &captions);
    let words = format!("Both runs after update {update}, at t = {t}.");
    card::hover(head, &words);
    for &field in fields(micro, v) {
        let (label, meaning) = meaning(micro, field);
        let values = beside.all().map(|m| m.value(t, field, v, unit));
        let words = values.map(cell);
        let rows: Vec<(&str, Tone)> = words
            .iter()
            .zip([Tone::Quiet, Tone::Value, Tone::Value])
            .map(|(words, tone)| (words.as_str(), tone))
            .collect();
        let response = columns.row(ui, Row::new(label, &rows));
        let exact = |i: usize| {
            let value = format::exact(values[i], micro.dtype());
            format!("{} {value}", names[i])
        };
        let all: Vec<String> = (0..3).map(exact).collect();
        card::hover(response, &format!("{meaning}: {}", all.join("; ")));
    }
}

/// Which of a pair of runs the step below is of.
fn whose(ui: &mut Ui, frame: &mut Frame<'_>, beside: &Beside, i: usize) {
    let [a, b] = beside.runs.map(|run| format!("step of {run}"));
    // Of a difference no step is made: the second's is written down.
    let mut which = i.min(1);
    let options = [&*a, &*b];
    let choice = Segmented::new("Run whose step is shown", &options).explained_by("step of a run");
    if choice.show(ui, &mut which).changed() {
        frame.choose(Choice::Of(Of::ALL[which.min(1)]));
    }
    ui.add_space(5.0);
}

fn numbers(ui: &mut Ui, micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize) {
    let width = ui.available_width();
    let columns = Columns::of_widths(&[width * 0.29, width * 0.29, width * 0.29]);
    let before = t.checked_sub(1);
    let earlier = before.map_or_else(String::new, |b| format!("t = {b}"));
    columns.captions(
        ui,
        "",
        &[
            "now",
            &earlier,
            if before.is_some() { "change" } else { "" },
        ],
    );
    for &field in fields(micro, v) {
        let now = micro.value(t, field, v, unit);
        let (label, meaning) = meaning(micro, field);
        let (words, last, change) = match before {
            Some(b) if field != Field::Delta => {
                let old = micro.value(b, field, v, unit);
                (cell(now), cell(old), cell(now - old))
            }
            _ => (cell(now), String::new(), String::new()),
        };
        // What the rule has frozen is grey, with a snowflake.
        let frozen = micro.is_frozen(field);
        let tone = if frozen { Tone::Quiet } else { Tone::Value };
        let values = [
            (words.as_str(), tone),
            (last.as_str(), Tone::Quiet),
            (change.as_str(), Tone::Quiet),
        ];
        let response = columns.row(ui, Row::new(label, &values));
        if frozen {
            let wide = paint::width(ui.painter(), label, text::body_font());
            let at = response.rect.left_center() + vec2(wide + 11.0, 0.0);
            paint::snowflake(ui.painter(), at, Theme::get(ui).t2);
        }
        let exact = |t: usize| format::exact(micro.value(t, field, v, unit), micro.dtype());
        let words = match before {
            Some(b) if field != Field::Delta => {
                format!("{meaning}: {}; at t = {b}: {}", exact(t), exact(b))
            }
            _ => format!("{meaning}: {}", exact(t)),
        };
        let words = match frozen {
            true => format!(
                "{words}. Frozen: {} keeps that of t = 0.",
                micro.subject.rule.label()
            ),
            false => words,
        };
        card::hover(response, &words);
    }
}

/// Two mono lines: symbols, and under each its number; all digits on hover.
fn formula(ui: &mut Ui, parts: &[Part], dtype: Dtype) {
    let c = Theme::get(ui);
    let font = text::mono_font();
    let widths: Vec<f32> = parts
        .iter()
        .map(|p| {
            let wide = |words: &str| paint::width(ui.painter(), words, font.clone());
            let number = p.number.as_ref().map_or(0.0, |n| wide(&n.text));
            wide(p.symbol).max(number)
        })
        .collect();
    // On a narrow panel the gaps give way first; what still has no room goes on below.
    let room = ui.available_width();
    let total: f32 = widths.iter().sum::<f32>() + GAP * (parts.len() as f32 - 1.0);
    let over = (total - room).max(0.0) / (parts.len() as f32 - 1.0).max(1.0);
    let gap = (GAP - over).max(LEAST_GAP);
    let mut lines = vec![Vec::new()];
    let mut x = 0.0;
    for (i, width) in widths.iter().enumerate() {
        if x > 0.0 && x + width > room {
            lines.push(Vec::new());
            // A sum that goes on is indented.
            x = INDENT;
        }
        if let Some(line) = lines.last_mut() {
            line.push((i, x));
        }
        x += width + gap;
    }
    let size = vec2(room, LINE * lines.len() as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let said = parts
        .iter()
        .map(|p| match &p.number {
            Some(number) => format!("{} {}", p.symbol, number.text),
            None => p.symbol.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let painter = ui.painter();
    let rows = lines.iter().enumerate();
    let placed = rows.flat_map(|(row, line)| line.iter().map(move |at| (row, *at)));
    for (row, (i, x)) in placed {
        let (part, width) = (&parts[i], widths[i]);
        let (top, x) = (rect.top() + LINE * row as f32, rect.left() + x);
        let y = paint::baseline(painter, top + 8.0, text::size::MONO);
        paint::write(
            painter,
            pos2(x + width / 2.0, y),
            Align::Center,
            part.symbol,
            font.clone(),
            c.t2,
        );
        let y = paint::baseline(painter, top + 25.0, text::size::MONO);
        paint::write(
            painter,
            pos2(x + width / 2.0, y),
            Align::Center,
            part.number
                .as_ref()
                .map_or(part.symbol, |n| n.text.as_str()),
            font.clone(),
            c.t1,
        );
    }
    let digits = parts.iter().filter_map(|p| {
        let number = p.number.as_ref()?;
        // What was summed here, in an order of its own, has no last digit to be exact in.
        let words = if number.held {
            format::exact(number.value, dtype)
        } else {
            format::significant(number.value, 6)
        };
        Some((p.symbol, words))
    });
    let digits: Vec<(&str, String)> = digits.collect();
    response.on_hover_ui(|ui| card::card(ui, "This step in numbers", &digits));
}

fn caption(ui: &mut Ui, words: &str) {
    let c = Theme::get(ui);
    ui.add(egui::Label::new(text::caption(words).color(c.t3)).wrap());
    ui.add_space(5.0);
}

/// The largest terms one by one, then the rest, the bias and the sum, so that the column adds up.
fn terms(ui: &mut Ui, sum: &Sum, dtype: Dtype) {
    let c = Theme::get(ui);
    let mut terms = sum.terms.clone();
    largest_first(&mut terms, LISTED, |t| t.value().abs());
    ui.add_space(4.0);
    let line = |ui: &mut Ui, label: &str, middle: &str, value: &str, quiet: bool| {
        let (rect, response) = ui.allocate_exact_size(
            vec2(ui.available_width(), metrics::ROW_LIST),
            Sense::hover(),
        );
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("{label} {middle} {value}"))
        });
        let painter = ui.painter();
        let y = paint::baseline(painter, rect.center().y, text::size::MONO);
        let font = if quiet {
            text::caption_font()
        } else {
            text::mono_font()
        };
        let (ink, strong) = if quiet { (c.t3, c.t3) } else { (c.t2, c.t1) };
        let right = pos2(rect.right(), y);
        let at = paint::write(painter, right, Align::RIGHT, value, font.clone(), strong);
        let mut room = at.left() - 8.0 - rect.left();
        if !middle.is_empty() {
            let mid = pos2(rect.left() + rect.width() * 0.75, y);
            let at = paint::write(painter, mid, Align::RIGHT, middle, font.clone(), c.t3);
            room = at.left() - 6.0 - rect.left();
        }
        // Places of maps are long: they are written smaller where the factors leave no room.
        let wide = paint::width(painter, label, font.clone()) > room;
        let font = if wide { text::caption_font() } else { font };
        paint::write_within(painter, pos2(rect.left(), y), room, label, font, ink);
        match quiet {
            true => explain::mark(response, Mark::Words, "terms"),
            false => response,
        }
    };
    line(ui, &sum.head, "", sum.factors, true);
    let rest: f64 = terms.iter().skip(LISTED).map(|t| t.value()).sum();
    let more = terms.len().saturating_sub(LISTED);
    for term in terms.iter().take(LISTED) {
        let middle = format!(
            "{} · {}",
            format::column(term.weight, 3),
            format::column(term.other, 3)
        );
        let place = term.place.to_string();
        let response = line(ui, &place, &middle, &cell(term.value()), false);
        let digits = [
            ("weight", format::exact(term.weight, dtype)),
            ("times", format::exact(term.other, dtype)),
            ("is", format::significant(term.value(), 6)),
        ];
        response.on_hover_ui(|ui| card::card(ui, &place, &digits));
    }
    if more > 0 {
        let words = format!("{} more", format::count(more as u64));
        let response = line(ui, &words, "", &cell(rest), false);
        explain::mark(response, Mark::Words, "other terms");
    }
    if let Some(b) = sum.bias {
        let response = line(ui, "bias", "", &cell(b), false);
        explain::mark(response, Mark::Words, "bias");
    }
    if terms.len() + usize::from(sum.bias.is_some()) > 1 {
        let words = format!("sum, {}", sum.symbol);
        let response = line(ui, &words, "", &cell(sum.value()), false);
        explain::mark(response, Mark::Words, "sum");
    }
}

fn step(ui: &mut Ui, micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize) {
    let worked = work(micro, v, unit, t);
    for words in &worked.captions {
        caption(ui, words);
    }
    for (i, equation) in worked.equations.iter().enumerate() {
        if i > 0 {
            ui.add_space(3.0);
        }
        formula(ui, equation, micro.dtype());
    }
    if let Some(sum) = &worked.sum {
        terms(ui, sum, micro.dtype());
    }
    if let Some(words) = &worked.note {
        ui.add_space(4.0);
        caption(ui, words);
    }
}

/// The units of the vertex in both of a pair of runs, where they differ most first; a row selects.
fn others_of_pair(ui: &mut Ui, frame: &mut Frame<'_>, beside: &Beside, (v, t): (usize, usize)) {
    let micro = &*beside.sides[1];
    let n = micro.plan.len_of(v);
    let (field, symbol) = match (v, micro.subject.rule.course()) {
        (Graph::INPUT, _) => (Field::X, "x"),
        (_, Course::Reverse) => (Field::Eps, "δ so far"),
        _ => (Field::Eps, "ε"),
    };
    let differences = beside.difference.values(t, field, v);
    let mut units: Vec<(usize, f64)> = (0..n).map(|u| (u, differences(u))).collect();
    let shown = n.min(14);
    largest_first(&mut units, shown, |u| u.1.abs());
    let names = beside::names(beside.runs);
    let units_shown = format::of(shown as u64, n as u64);
    let words = format!(
        "{}, {symbol} of {units_shown} units, largest {} first",
        steps::short_name(micro, v),
        names[2],
    );
    caption(ui, &words);
    let width = ui.available_width();
    let columns = Columns::of_widths(&[width * 0.24, width * 0.24, width * 0.26]);
    columns.captions(ui, "unit", &names.each_ref().map(String::as_str));
    for (u, _) in units.into_iter().take(shown) {
        let values = beside.all().map(|m| m.value(t, field, v, u));
        let words = values.map(|value| format::column(value, 3));
        let rows: Vec<(&str, Tone)> = words
            .iter()
            .zip([Tone::Quiet, Tone::Quiet, Tone::Value])
            .map(|(words, tone)| (words.as_str(), tone))
            .collect();
        let name = in_vertex(micro, v, u);
        let row = Row {
            selected: frame.view.selection.unit == u,
            sense: Sense::click(),
            height: metrics::ROW_LIST,
            ..Row::new(&name, &rows)
        };
        let response = columns.row(ui, row);
        if response.clicked() {
            let selection = Selection { vertex: v, unit: u };
            frame.actions.push(Action::Select(selection));
        }
        let digits = names.iter().zip(values);
        let digits: Vec<(&str, String)> = digits
            .map(|(name, value)| (name.as_str(), format::exact(value, micro.dtype())))
            .collect();
        let title = unit_place(micro, frame.data.classes(), v, u);
        response.on_hover_ui(|ui| card::card(ui, &format!("{title}, {symbol}"), &digits));
    }
}

/// A unit within its vertex, in short: "7", "3 [4, 6]".
fn in_vertex(micro: &MicroscopeSnapshot, v: usize, unit: usize) -> String {
    let shape = micro.plan.graph.vertices[v].shape;
    let (channel, row, column) = shape.position(unit);
    match shape.is_flat() {
        true => unit.to_string(),
        false => format!("{channel} [{row}, {column}]"),
    }
}

/// The units of the vertex, the largest error first; a row selects.
fn others(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, t: usize) {
    let micro = frame.micro;
    let n = micro.plan.len_of(v);
    let field = if v == Graph::INPUT {
        Field::X
    } else {
        Field::Eps
    };
    let mut units: Vec<(usize, f64)> = (0..n).map(|u| (u, micro.value(t, field, v, u))).collect();
    let shown = n.min(14);
    largest_first(&mut units, shown, |u| u.1.abs());
    let vertex = &micro.plan.graph.vertices[v];
    let (what, error) = match (v, micro.subject.rule.course()) {
        (Graph::INPUT, _) => ("x", "ε"),
        (_, Course::Reverse) => ("δ so far", "δ so far"),
        _ => ("ε", "ε"),
    };
    let units_shown = match n {
        1 => "1 unit".to_owned(),
        _ => format!(
            "{} units, largest {what} first",
            format::of(shown as u64, n as u64)
        ),
    };
    let level = match v {
        Graph::INPUT => touched::end_words(frame, v).unwrap_or_else(|| "clamped".to_owned()),
        _ => format!("level {}", vertex.level),
    };
    let all = format!("{}, {level}, {units_shown}", steps::short_name(micro, v));
    let ink = Theme::get(ui).t3;
    let all = ui.add(egui::Label::new(text::caption(all).color(ink)).wrap());
    explain::mark(all, Mark::Words, "units");
    ui.add_space(5.0);
    let width = ui.available_width();
    let columns = Columns::of_widths(&[width * 0.24, width * 0.22, width * 0.24]);
    let fields: &[Field] = match v {
        Graph::INPUT => &[Field::X],
        _ => &[Field::X, Field::Mu, Field::Eps],
    };
    let heads = ["x", "μ", error];
    let columns = if v == Graph::INPUT {
        Columns::of_widths(&[width * 0.24])
    } else {
        columns
    };
    columns.captions(ui, "unit", &heads[..fields.len()]);
    for (u, _) in units.into_iter().take(shown) {
        let value = |field: Field| micro.value(t, field, v, u);
        let words: Vec<String> = fields
            .iter()
            .map(|&f| format::column(value(f), 3))
            .collect();
        let values: Vec<(&str, Tone)> = words
            .iter()
            .zip([Tone::Value, Tone::Quiet, Tone::Value])
            .map(|(words, tone)| (words.as_str(), tone))
            .collect();
        let name = in_vertex(micro, v, u);
        let row = Row {
            selected: frame.view.selection.unit == u,
            sense: Sense::click(),
            height: metrics::ROW_LIST,
            ..Row::new(&name, &values)
        };
        let response = columns.row(ui, row);
        if response.clicked() {
            frame
                .actions
                .push(Action::Select(Selection { vertex: v, unit: u }));
        }
        let digits: Vec<(&str, String)> = heads
            .iter()
            .zip(fields)
            .map(|(&head, &f)| (head, format::exact(value(f), micro.dtype())))
            .collect();
        let title = unit_place(micro, frame.data.classes(), v, u);
        response.on_hover_ui(|ui| card::card(ui, &title, &digits));
    }
}
