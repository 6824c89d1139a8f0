//! The inspector: one unit's numbers now and before, and the step that led here with its numbers filled in.

use super::network::unit_name;
use super::steps;
use super::terms::{Term, largest_first, predictions, pulls};
use crate::app::format;
use crate::app::kit::table::{Columns, Row, Tone};
use crate::app::kit::{paint, section};
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::learning::{Epsilon, Rule};
use crate::network::{Activation, Graph, Loss};
use egui::{Align, Margin, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Terms listed one by one; the rest is summed.
const LISTED: usize = 3;

/// Draws the view.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    egui::ScrollArea::vertical()
        .id_salt("inspector")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(Margin {
                    left: 12,
                    right: 12,
                    top: 9,
                    bottom: 8,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    let micro = frame.micro;
                    let v = frame
                        .view
                        .selection
                        .vertex
                        .min(micro.plan.graph.vertices.len() - 1);
                    let unit = frame.view.selection.unit.min(micro.plan.len_of(v) - 1);
                    let t = frame.t();
                    title(ui, frame, v, unit);
                    numbers(ui, micro, v, unit, t);
                    ui.add_space(6.0);
                    section::rule(ui);
                    step(ui, micro, v, unit, t);
                    ui.add_space(6.0);
                    section::rule(ui);
                    others(ui, frame, v, t);
                });
        });
}

fn title(ui: &mut Ui, frame: &Frame<'_>, v: usize, unit: usize) {
    let c = Theme::get(ui);
    let name = unit_name(frame.micro, frame.data.classes(), v, unit);
    let (vertex, place) = name.split_once("  ").unwrap_or((&name, ""));
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &name));
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let at = paint::write(
        ui.painter(),
        pos2(rect.left(), y),
        Align::LEFT,
        vertex,
        text::strong_font(),
        c.t1,
    );
    paint::write(
        ui.painter(),
        pos2(at.right() + 8.0, y),
        Align::LEFT,
        place,
        text::body_font(),
        c.t2,
    );
}

/// A number for the table: signed, four decimals; "0" only for exactly 0.
fn cell(value: f64) -> String {
    if value == 0.0 {
        "0".into()
    } else if value.abs() < 5e-5 || value.abs() >= 1e4 {
        format::scientific(value, 2)
    } else {
        format::signed(value, 4)
    }
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
    let identity = micro.plan.graph.vertices[v].activation == Activation::Identity;
    let fields: &[Field] = match (v, identity) {
        (Graph::INPUT, _) => &[Field::X],
        (_, true) => &[Field::X, Field::Mu, Field::Eps, Field::Delta],
        _ => &[Field::X, Field::Fx, Field::Mu, Field::Eps, Field::Delta],
    };
    let bp = micro.subject.rule == Rule::Bp;
    for &field in fields {
        let now = micro.value(t, field, v, unit);
        let label = match field {
            Field::Delta => "δ (BP)",
            Field::Eps if bp => "δ so far",
            _ => field.symbol(),
        };
        let (words, last, change) = match before {
            Some(b) if field != Field::Delta => {
                let old = micro.value(b, field, v, unit);
                (cell(now), cell(old), cell(now - old))
            }
            _ => (cell(now), String::new(), String::new()),
        };
        let values = [
            (words.as_str(), Tone::Value),
            (last.as_str(), Tone::Quiet),
            (change.as_str(), Tone::Quiet),
        ];
        let response = columns.row(ui, Row::new(label, &values));
        let meaning = match field {
            Field::X => "x, the value before f",
            Field::Fx => "f(x), what the next vertex is predicted from",
            Field::Mu => "μ, what the vertices before predict",
            Field::Eps if micro.schedule.is_some_and(|s| s.epsilon == Epsilon::Naive) => {
                "ε, the error, x − μ"
            }
            Field::Eps => "ε, the error, kept by increments",
            Field::Dx => "Δx, the last move",
            Field::Delta => "δ = −∂Loss/∂x of backprop on the same weights",
        };
        crate::app::kit::card::hover(response, &format!("{meaning}: {}", format::all_digits(now)));
    }
}

/// Two mono lines: symbols, and under each its number.
fn formula(ui: &mut Ui, parts: &[(&str, String)]) {
    let c = Theme::get(ui);
    let font = text::mono_font();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    let said = parts
        .iter()
        .map(|(s, n)| {
            if n.is_empty() {
                (*s).to_owned()
            } else {
                format!("{s} {n}")
            }
        })
        .collect::<Vec<_>>()
        .join(" ");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    let painter = ui.painter();
    let widths: Vec<f32> = parts
        .iter()
        .map(|(s, n)| {
            paint::width(painter, s, font.clone()).max(paint::width(painter, n, font.clone()))
        })
        .collect();
    let total: f32 = widths.iter().sum::<f32>() + 5.0 * (parts.len() as f32 - 1.0);
    // On a narrow panel the gaps give way first.
    let gap = if total > rect.width() {
        (5.0 - (total - rect.width()) / parts.len() as f32).max(1.0)
    } else {
        5.0
    };
    let mut x = rect.left();
    for ((symbol, number), width) in parts.iter().zip(widths) {
        let y = paint::baseline(painter, rect.top() + 8.0, text::size::MONO);
        paint::write(
            painter,
            pos2(x + width / 2.0, y),
            Align::Center,
            symbol,
            font.clone(),
            c.t2,
        );
        let y = paint::baseline(painter, rect.top() + 25.0, text::size::MONO);
        paint::write(
            painter,
            pos2(x + width / 2.0, y),
            Align::Center,
            if number.is_empty() { symbol } else { number },
            font.clone(),
            c.t1,
        );
        x += width + gap;
    }
}

fn caption(ui: &mut Ui, words: &str) {
    let c = Theme::get(ui);
    ui.add(egui::Label::new(text::caption(words).color(c.t3)).wrap());
    ui.add_space(5.0);
}

/// The largest terms one by one, then the rest, so that the column adds up.
fn terms(ui: &mut Ui, head: &str, factors: &str, mut terms: Vec<Term>, bias: Option<f64>) {
    let c = Theme::get(ui);
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
        paint::write(
            painter,
            pos2(rect.left(), y),
            Align::LEFT,
            label,
            font.clone(),
            if quiet { c.t3 } else { c.t2 },
        );
        let mid = rect.left() + rect.width() * 0.69;
        paint::write(
            painter,
            pos2(mid, y),
            Align::RIGHT,
            middle,
            font.clone(),
            c.t3,
        );
        paint::write(
            painter,
            pos2(rect.right(), y),
            Align::RIGHT,
            value,
            font,
            if quiet { c.t3 } else { c.t1 },
        );
    };
    line(ui, head, "", factors, true);
    let rest: f64 = terms.iter().skip(LISTED).map(Term::value).sum();
    let more = terms.len().saturating_sub(LISTED);
    for term in terms.iter().take(LISTED) {
        let middle = format!(
            "{} · {}",
            format::signed(term.weight, 3),
            format::signed(term.other, 3)
        );
        line(
            ui,
            &term.place.to_string(),
            &middle,
            &cell(term.value()),
            false,
        );
    }
    if more > 0 {
        line(
            ui,
            &format!("{} more", format::count(more as u64)),
            "",
            &cell(rest),
            false,
        );
    }
    if let Some(b) = bias {
        line(ui, "bias", "", &cell(b), false);
    }
}

fn step(ui: &mut Ui, micro: &MicroscopeSnapshot, v: usize, unit: usize, t: usize) {
    let value = |field, t: usize| micro.value(t, field, v, unit);
    let output = v == micro.plan.output();
    let rule = micro.subject.rule;
    if v == Graph::INPUT {
        caption(
            ui,
            "The input is clamped: it has no prediction, no error and no pull.",
        );
        return;
    }
    if output {
        let softmax = micro.plan.graph.loss == Loss::CrossEntropy;
        caption(
            ui,
            if softmax {
                "the output’s error, from μ at every state"
            } else {
                "the output’s error, recomputed from μ at every state"
            },
        );
        let y = micro.target.get(unit);
        let eps = value(Field::Eps, t);
        formula(
            ui,
            &[
                ("ε", cell(eps)),
                ("=", String::new()),
                ("y", format::number(y)),
                ("−", String::new()),
                (if softmax { "softmax(μ)" } else { "μ" }, cell(y - eps)),
            ],
        );
        let (list, bias) = predictions(micro, t, v, unit);
        terms(
            ui,
            "μ = W f(x) + b, the largest terms",
            "W · f(x)",
            list,
            bias,
        );
        return;
    }
    let vertex = &micro.plan.graph.vertices[v];
    if rule == Rule::Bp {
        caption(ui, "backprop: δ from the vertices it predicts");
        let slope = vertex.activation.slope(value(Field::X, t));
        let all: f64 = pulls_of_delta(micro, t, v, unit);
        formula(
            ui,
            &[
                ("δ", cell(value(Field::Delta, t))),
                ("=", String::new()),
                ("f′", format::number3(slope)),
                ("·", String::new()),
                ("Σ W δ", cell(all)),
            ],
        );
        return;
    }
    let moved = micro.has_moved(t, v);
    if !moved {
        if t == 0 {
            caption(ui, "at t = 0: where its prediction comes from");
        } else {
            // What predicts it may have moved, or the weights.
            let predicted = value(Field::Mu, t) != value(Field::Mu, t - 1);
            let why = if predicted {
                "no error had come by then. Its prediction moved, and ε with it:"
            } else {
                "the front has not come. Its prediction:"
            };
            caption(
                ui,
                &format!("x did not move from t = {} to t = {t}: {why}", t - 1),
            );
        }
        let (list, bias) = predictions(micro, t, v, unit);
        formula(
            ui,
            &[
                ("μ", cell(value(Field::Mu, t))),
                ("=", String::new()),
                ("Σ W f(x)", cell(list.iter().map(Term::value).sum())),
                ("+", String::new()),
                ("b", cell(bias.unwrap_or(0.0))),
            ],
        );
        terms(ui, "the largest terms", "W · f(x)", list, None);
        return;
    }
    let b = t - 1;
    caption(ui, &format!("the step from t = {b} to t = {t}"));
    if micro.states[b].weights_moved {
        caption(
            ui,
            "Weights have moved since t = 0, so the sums through them are not listed.",
        );
        formula(ui, &[("Δx", cell(value(Field::Dx, t)))]);
        return;
    }
    let list = pulls(micro, b, v, unit);
    let sum: f64 = list.iter().map(Term::value).sum();
    let Some(schedule) = micro.schedule else {
        return;
    };
    // A frozen slope is that of the feed-forward state, whose x was μ.
    let held = if schedule.frozen { Field::Mu } else { Field::X };
    let slope = vertex.activation.slope(value(held, b));
    let terms_of = &schedule.energetics;
    let precision = terms_of.precision(vertex.level);
    let weighed = *terms_of != crate::learning::Energetics::default();
    let mut parts = vec![
        ("Δx", cell(value(Field::Dx, t))),
        ("=", String::new()),
        ("γ", format::number(micro.states[t].gamma)),
        ("(", String::new()),
        (
            if weighed { "−π ε" } else { "−ε" },
            cell(-precision * value(Field::Eps, b)).replace("−0", "0"),
        ),
        ("+", String::new()),
        ("f′", format::number3(slope)),
        ("·", String::new()),
        (if weighed { "Σ W π ε" } else { "Σ W ε" }, cell(sum)),
    ];
    if terms_of.decay > 0.0 {
        parts.push(("−", String::new()));
        parts.push(("λ x", cell(terms_of.decay * value(Field::X, b))));
    }
    parts.push((")", String::new()));
    if schedule.noise > 0.0 {
        parts.push(("+ noise", String::new()));
    }
    formula(ui, &parts);
    if value(Field::Mu, t) != value(Field::Mu, b) {
        ui.add_space(3.0);
        formula(
            ui,
            &[
                ("ε", cell(value(Field::Eps, t))),
                ("=", String::new()),
                ("(ε + Δx)", cell(value(Field::Eps, b) + value(Field::Dx, t))),
                ("−", String::new()),
                (
                    "(μ new − old)",
                    cell(value(Field::Mu, t) - value(Field::Mu, b)),
                ),
            ],
        );
    }
    let children: Vec<String> = vertex
        .outgoing
        .iter()
        .map(|e| steps::short_name(micro, micro.plan.edges[*e].to))
        .collect();
    let children = children.join(", ");
    if list.is_empty() {
        caption(
            ui,
            &format!(
                "nothing comes back: this unit is not the largest one under any window of {children}"
            ),
        );
        return;
    }
    let head = match list.len() {
        1 => format!("Σ over the unit of {children}"),
        n => format!("Σ over {} units of {children}", format::count(n as u64)),
    };
    terms(ui, &head, "W · ε", list, None);
}

/// Σ Jᵀ δ of a unit: at state t of the reverse pass ε of a vertex that it has reached is its δ.
fn pulls_of_delta(micro: &MicroscopeSnapshot, t: usize, v: usize, unit: usize) -> f64 {
    pulls(micro, t, v, unit).iter().map(Term::value).sum()
}

/// The units of the vertex, largest ε first; a row selects.
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
    caption(
        ui,
        &format!(
            "{}, level {}, {} of {} units, largest ε first",
            steps::short_name(micro, v),
            vertex.level,
            shown,
            format::count(n as u64)
        ),
    );
    let width = ui.available_width();
    let columns = Columns::of_widths(&[width * 0.24, width * 0.22, width * 0.24]);
    columns.captions(ui, "unit", &["x", "μ", "ε"]);
    for (u, _) in units.into_iter().take(shown) {
        let three = |field| {
            let value = micro.value(t, field, v, u);
            if value == 0.0 {
                "0".to_owned()
            } else {
                format::signed(value, 3)
            }
        };
        let (x, mu, eps) = (three(Field::X), three(Field::Mu), three(Field::Eps));
        let values = [
            (x.as_str(), Tone::Value),
            (mu.as_str(), Tone::Quiet),
            (eps.as_str(), Tone::Value),
        ];
        let (ch, r, col) = vertex.shape.position(u);
        let name = if vertex.shape.is_flat() {
            u.to_string()
        } else {
            format!("{ch} [{r}, {col}]")
        };
        let row = Row {
            selected: frame.view.selection.unit == u,
            sense: Sense::click(),
            height: metrics::ROW_LIST,
            ..Row::new(&name, &values)
        };
        if columns.row(ui, row).clicked() {
            frame
                .actions
                .push(Action::Select(Selection { vertex: v, unit: u }));
        }
    }
}
