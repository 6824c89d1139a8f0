//! What each switch does to the same example and weights, and the first wrong number.

use super::headline;
use super::levels;
use crate::app::format;
use crate::app::kit::{bars, focus, paint, panel, table};
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::{FirstWrong, SwitchRow};
use crate::learning::{Conditions, Verdict};
use egui::{Align, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// The row of the conditions that the microscope runs under, if the table has one.
pub(super) fn row_of<'a>(frame: &Frame<'a>) -> Option<&'a SwitchRow> {
    let subject = &frame.micro.subject;
    let own = Conditions {
        path: Conditions::default().path,
        ..subject.conditions
    };
    let mut rows = frame.switches?.iter();
    rows.find(|row| subject.rule.has_conditions() && row.conditions == own)
}

/// The table of switches; a row breaks that condition.
pub fn switches(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let Some(rows) = frame.switches else {
        panel::empty(ui, "Working out what each switch does to this example…");
        return;
    };
    let micro = frame.micro;
    let chosen = row_of(frame).map(|row| row.conditions);
    egui::ScrollArea::vertical().id_salt("switches").auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin { left: 8, right: 8, top: 8, bottom: 6 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| {
                ui.add_space(4.0);
                ui.add(egui::Label::new(text::body("The same example and the same weights, one switch at a time. Pick a row to break it.").color(c.t2)).wrap());
            });
            ui.add_space(6.0);
            let width = ui.available_width();
            // The levels that the example has, output first, as many as there is room for.
            let present = |&(_, level): &(usize, usize)| {
                micro.vertex_of(level).is_some()
            };
            let mut levels: Vec<(usize, usize)> =
                micro.plan.weighted_levels().enumerate().filter(present).collect();
            let all = levels.len();
            levels.truncate((((width - 56.0) / 40.0) as usize).max(1));
            let right = |i: usize| width - 8.0 - (levels.len() - 1 - i) as f32 * 40.0;
            let (rect, response) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
            let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
            paint::write(ui.painter(), pos2(rect.left() + 8.0, y), Align::LEFT, "level", text::caption_font(), c.t3);
            for (i, (_, level)) in levels.iter().enumerate() {
                paint::write(ui.painter(), pos2(rect.left() + right(i), y), Align::RIGHT, &level.to_string(), text::mono_small_font(), c.t3);
            }
            if levels.len() < all {
                let words = format!("The {} levels nearest the output, of {all}; the verdict is about all.", levels.len());
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
                crate::app::kit::card::hover(response, &words);
            }
            for row in rows {
                let (rect, response) = ui.allocate_exact_size(vec2(width, 62.0), Sense::click());
                focus::item(ui.scope_id(), &response);
                let selected = chosen == Some(row.conditions);
                let painter = ui.painter().clone();
                if selected || response.hovered() {
                    let stroke = Stroke::new(1.0, if selected { c.line2 } else { c.line });
                    painter.rect(rect.shrink2(vec2(0.0, 1.0)), metrics::RADIUS, c.bg2, stroke, egui::StrokeKind::Inside);
                }
                let in_full = row.judgement.as_ref().map_or_else(|| "nothing captured".to_owned(), headline::judged);
                let y = paint::baseline(&painter, rect.top() + 12.0, text::size::BODY);
                paint::write(&painter, pos2(rect.left() + 8.0, y), Align::LEFT, row.name, text::medium_font(), c.t1);
                let name_end = rect.left() + 8.0 + paint::width(&painter, row.name, text::medium_font());
                let room = rect.right() - 8.0 - name_end - 8.0;
                let fits = paint::width(&painter, &in_full, text::caption_font()) <= room;
                let verdict = match &row.judgement {
                    Some(j) if !fits => j.verdict.words(),
                    _ => in_full.as_str(),
                };
                let w = paint::width(&painter, verdict, text::caption_font()).min(room);
                paint::write_within(&painter, pos2(rect.right() - 8.0 - w, y), room, verdict, text::caption_font(), if selected { c.t1 } else { c.t3 });
                let (yc, yl) = (
                    paint::baseline(&painter, rect.top() + 28.0, text::size::CAPTION),
                    paint::baseline(&painter, rect.top() + 49.0, text::size::CAPTION),
                );
                paint::write(&painter, pos2(rect.left() + 8.0, yc), Align::LEFT, "cosine", text::caption_font(), c.t3);
                paint::write(&painter, pos2(rect.left() + 8.0, yl), Align::LEFT, "length", text::caption_font(), c.t3);
                let mut said = format!("{}: {in_full}", row.name);
                for (i, &(place, _)) in levels.iter().enumerate() {
                    let x = rect.left() + right(i);
                    let Some(l) = row.levels.get(place).and_then(Option::as_ref) else {
                        paint::write(&painter, pos2(x, yc), Align::RIGHT, format::NONE, text::mono_small_font(), c.t3);
                        continue;
                    };
                    let cell = |v: f64, missing: bool| if missing { format::NONE.to_owned() } else { format::cell(v) };
                    let (no_cosine, no_length) = (l.no_cosine().is_some(), l.no_length().is_some());
                    paint::write(&painter, pos2(x, yc), Align::RIGHT, &cell(l.cosine, no_cosine), text::mono_small_font(), c.t1);
                    paint::write(&painter, pos2(x, yl), Align::RIGHT, &cell(l.length, no_length), text::mono_small_font(), c.t1);
                    if !no_cosine {
                        let bar = Rect::from_min_max(pos2(x - 28.0, rect.top() + 33.0), pos2(x, rect.top() + 41.0));
                        bars::cosine(&painter, bar, l.cosine, false, c);
                    }
                    let why = l.no_cosine().or_else(|| l.no_length()).map_or_else(String::new, |why| format!(" ({why})"));
                    said.push_str(&format!(", level {} cosine {} length {}{why}", l.level, levels::cosine(l), levels::length(l)));
                }
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &said));
                paint::focus_ring(ui, &response, rect.shrink(2.0));
                if response.clicked() {
                    frame.actions.push(Action::Rule {
                        rule: Conditions::RULE,
                        inference: micro.subject.inference,
                        conditions: Conditions { path: micro.subject.conditions.path, ..row.conditions },
                    });
                }
                crate::app::kit::card::hover(response, &said);
            }
        });
    });
}

/// The first weight whose captured contribution is not backprop's.
pub fn first_wrong(ui: &mut Ui, frame: &mut Frame<'_>) {
    let micro = frame.micro;
    let Some(wrong) = &micro.first_wrong else {
        let words = match micro.judgement(frame.t()).map(|j| j.verdict) {
            _ if !micro.subject.rule.has_conditions() => {
                "This is about Z-IL: the first number that is not backprop’s when a condition is off."
            }
            None => "Nothing is captured yet.",
            Some(v) if v.is_exact() => {
                "None so far: every captured number is backprop’s, to the bit."
            }
            Some(Verdict::Intervention) => {
                "Nothing is compared while somebody has a finger on the network."
            }
            Some(Verdict::NoUpdate) => "None: no weight moves, here as in backprop.",
            Some(_) => "No single contribution differs by a bit; their sum does.",
        };
        panel::empty(ui, words);
        return;
    };
    egui::ScrollArea::vertical()
        .id_salt("first wrong")
        .auto_shrink(false)
        .show(ui, |ui| number(ui, frame, wrong));
}

/// What was taken of a weight, and what backprop has.
fn number(ui: &mut Ui, frame: &Frame<'_>, wrong: &FirstWrong) {
    let micro = frame.micro;
    let c = Theme::get(ui);
    egui::Frame::new()
        .inner_margin(egui::Margin {
            left: 12,
            right: 12,
            top: 10,
            bottom: 6,
        })
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let parameter = &micro.plan.graph.parameters[wrong.parameter];
            let vertex = parameter.name.split('.').next().unwrap_or_default();
            let label = micro
                .plan
                .graph
                .vertices
                .iter()
                .find(|v| v.id == vertex)
                .map_or(vertex, |v| v.label.as_str());
            let title = match parameter.is_bias {
                true => format!("{label}, bias [{}]", wrong.place.1.max(wrong.place.0)),
                false => format!("{label}, weight [{}, {}]", wrong.place.0, wrong.place.1),
            };
            ui.label(text::medium(&title).color(c.t1));
            if wrong.taken.0 > frame.t() {
                let words = format!("still to come: it will be taken at t = {}", wrong.taken.0);
                ui.label(text::caption(words).color(c.t3));
            }
            ui.add_space(2.0);
            let width = ui.available_width();
            let columns = table::Columns::of_widths(&[width * 0.3, width * 0.3]);
            columns.captions(ui, "", &["taken", "backprop"]);
            let mut line = |name: &str, taken: String, right: String| {
                columns.row(
                    ui,
                    table::Row::new(
                        name,
                        &[(&taken, table::Tone::Value), (&right, table::Tone::Quiet)],
                    ),
                );
            };
            line(
                "state",
                format!("t = {}", wrong.taken.0),
                format!("t = {}", wrong.taken.1),
            );
            if let (Some(own), Some(right)) = (wrong.factors, wrong.reference) {
                line("ε", format::signed(own.0, 4), format::signed(right.0, 4));
                line("f(x)", format::signed(own.1, 4), format::signed(right.1, 4));
                let weighed = !micro.subject.conditions.hidden_precision.are_one();
                line(
                    if weighed {
                        "ΔW = π ε f(x)"
                    } else {
                        "ΔW = ε f(x)"
                    },
                    format::signed(wrong.gradient.0, 4),
                    format::signed(wrong.gradient.1, 4),
                );
            } else {
                line(
                    "ΔW = Σ ε f(x)",
                    format::signed(wrong.gradient.0, 4),
                    format::signed(wrong.gradient.1, 4),
                );
            }
        });
}
