//! What each switch does to the same example and weights, and the first wrong number.

use crate::app::format;
use crate::app::kit::{bars, paint, panel, table};
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::learning::{Conditions, Rule};
use egui::{Align, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// The table of switches; a row breaks that condition.
pub fn switches(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let Some(rows) = frame.switches else {
        panel::empty(ui, "Working out what each switch does to this example…");
        return;
    };
    let micro = frame.micro;
    let own = Conditions {
        path: Conditions::default().path,
        ..micro.subject.conditions
    };
    egui::ScrollArea::vertical().id_salt("switches").auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin { left: 8, right: 8, top: 8, bottom: 6 }).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.horizontal(|ui| {
                ui.add_space(4.0);
                ui.add(egui::Label::new(text::body("The same example and the same weights, one switch at a time. Pick a row to break it.").color(c.t2)).wrap());
            });
            ui.add_space(6.0);
            let width = ui.available_width();
            let levels: Vec<usize> = micro.plan.weighted_levels().collect();
            let right = |i: usize| width - 8.0 - (levels.len() - 1 - i) as f32 * 40.0;
            let (rect, _) = ui.allocate_exact_size(vec2(width, 16.0), Sense::hover());
            let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
            paint::write(ui.painter(), pos2(rect.left() + 8.0, y), Align::LEFT, "level", text::caption_font(), c.t3);
            for (i, level) in levels.iter().enumerate() {
                paint::write(ui.painter(), pos2(rect.left() + right(i), y), Align::RIGHT, &level.to_string(), text::mono_small_font(), c.t3);
            }
            for row in rows {
                let (rect, response) = ui.allocate_exact_size(vec2(width, 62.0), Sense::click());
                let selected = micro.subject.rule == Rule::Zil && row.conditions == own;
                let painter = ui.painter().clone();
                if selected || response.hovered() {
                    let stroke = Stroke::new(1.0, if selected { c.line2 } else { c.line });
                    painter.rect(rect.shrink2(vec2(0.0, 1.0)), metrics::RADIUS, c.bg2, stroke, egui::StrokeKind::Inside);
                }
                let verdict = row.verdict.map_or("nothing captured", |v| v.words());
                let y = paint::baseline(&painter, rect.top() + 12.0, text::size::BODY);
                paint::write(&painter, pos2(rect.left() + 8.0, y), Align::LEFT, row.name, text::medium_font(), c.t1);
                let name_end = rect.left() + 8.0 + paint::width(&painter, row.name, text::medium_font());
                let room = rect.right() - 8.0 - name_end - 8.0;
                let w = paint::width(&painter, verdict, text::caption_font()).min(room);
                paint::write_within(&painter, pos2(rect.right() - 8.0 - w, y), room, verdict, text::caption_font(), if selected { c.t1 } else { c.t3 });
                let (yc, yl) = (
                    paint::baseline(&painter, rect.top() + 28.0, text::size::CAPTION),
                    paint::baseline(&painter, rect.top() + 49.0, text::size::CAPTION),
                );
                paint::write(&painter, pos2(rect.left() + 8.0, yc), Align::LEFT, "cosine", text::caption_font(), c.t3);
                paint::write(&painter, pos2(rect.left() + 8.0, yl), Align::LEFT, "length", text::caption_font(), c.t3);
                let mut said = format!("{}: {verdict}", row.name);
                for (i, level) in row.levels.iter().enumerate() {
                    let x = rect.left() + right(i);
                    let Some(l) = level else {
                        paint::write(&painter, pos2(x, yc), Align::RIGHT, "—", text::mono_small_font(), c.t3);
                        continue;
                    };
                    paint::write(&painter, pos2(x, yc), Align::RIGHT, &format::cell(l.cosine), text::mono_small_font(), c.t1);
                    paint::write(&painter, pos2(x, yl), Align::RIGHT, &format::cell(l.length), text::mono_small_font(), c.t1);
                    let bar = Rect::from_min_max(pos2(x - 28.0, rect.top() + 33.0), pos2(x, rect.top() + 41.0));
                    bars::cosine(&painter, bar, l.cosine, false, c);
                    said.push_str(&format!(", level {} cosine {} length {}", l.level, format::number(l.cosine), format::number(l.length)));
                }
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, &said));
                paint::focus_ring(ui, &response, rect.shrink(2.0));
                if response.clicked() {
                    frame.actions.push(Action::Rule {
                        rule: Rule::Zil,
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
        let words = if micro.subject.rule == Rule::Zil {
            "None so far: every captured number is backprop’s, to the bit."
        } else {
            "This is about Z-IL: the first number that is not backprop’s when a condition is off."
        };
        panel::empty(ui, words);
        return;
    };
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
            let title = format!("{label}, weight [{}, {}]", wrong.place.0, wrong.place.1);
            ui.label(text::medium(&title).color(c.t1));
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
                let weighed = micro.subject.conditions.hidden_precision != 1.0;
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
