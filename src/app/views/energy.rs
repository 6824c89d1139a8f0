//! Energy by level over t, and what would be applied if inference stopped at t.

use super::steps;
use crate::app::format;
use crate::app::kit::{card, focus, paint};
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::{self, RuleLook as _, Theme, metrics};
use crate::learning::REFERENCE;
use egui::{
    Align, Color32, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// Caption of the energy panel.
pub fn caption(_frame: &Frame<'_>) -> String {
    "per example, stacked by level, linear".into()
}

/// Caption of the panel "If it stopped at t".
pub fn stopped_caption(_frame: &Frame<'_>) -> String {
    "cosine and length; dashed: BP".into()
}

/// Room for labels at the right, for these numbers at the left, and for t below.
fn plot_area(ui: &Ui, numbers: &[String]) -> Rect {
    let area = ui.max_rect();
    let wide = |words: &String| paint::width(ui.painter(), words, text::mono_small_font());
    let left = numbers.iter().map(wide).fold(0.0, f32::max) + 12.0;
    Rect::from_min_max(
        area.min + vec2(left.max(42.0), 12.0),
        area.max - vec2(92.0, 26.0),
    )
}

/// A number beside an axis.
fn axis_number(v: f64) -> String {
    match v.abs() {
        1e5.. => format::scientific(v, 3),
        _ => format::number3(v),
    }
}

/// A round number at or above `v`.
fn ceiling(v: f64) -> f64 {
    if v <= 0.0 || !v.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(v.log10().floor());
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|r| *r >= v)
        .unwrap_or(v)
}

fn x_of(plot: Rect, t: usize, steps: usize) -> f32 {
    plot.left() + plot.width() * t as f32 / steps.max(1) as f32
}

/// Axis of t below, and the cursor; click and drag seek. `said` says what a state holds: that of the cursor is the plot's name, that
/// under the pointer stands on its card.
fn time_axis(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    plot: Rect,
    id: &str,
    said: impl Fn(usize) -> String,
    digits: impl Fn(usize) -> (String, Vec<(String, String)>),
) {
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let steps = frame.micro.steps;
    let t = frame.t();
    paint::hline(&painter, plot.x_range(), plot.bottom(), c.line2);
    let every = ((steps as f32 * 34.0 / plot.width()).ceil() as usize).max(1);
    let every = if every == 1 {
        1
    } else {
        every.next_multiple_of(5)
    };
    let y = paint::baseline(&painter, plot.bottom() + 12.0, text::size::MONO_SMALL);
    for s in 0..=steps {
        let here = s == t;
        if here || (s % every == 0 && s.abs_diff(t) * 4 >= every * 3) {
            let words = if s == 0 && !here {
                "t = 0".to_owned()
            } else {
                s.to_string()
            };
            let (font, ink) = if here {
                (text::mono_strong_font(), c.t1)
            } else {
                (text::mono_small_font(), c.t3)
            };
            paint::write(
                &painter,
                pos2(x_of(plot, s, steps), y),
                Align::Center,
                &words,
                font,
                ink,
            );
        }
    }
    let x = x_of(plot, t, steps);
    painter.vline(
        paint::snap(&painter, x),
        plot.y_range(),
        Stroke::new(metrics::STROKE, c.t1),
    );
    let response = ui.interact(
        plot.expand2(vec2(4.0, 8.0)),
        ui.scope_id().with(id),
        Sense::click_and_drag(),
    );
    focus::takes_keys(&response, focus::Keys::Nothing);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, said(t)));
    let at = |p: Pos2| {
        let s = ((p.x - plot.left()) / plot.width() * steps as f32).round();
        (s.max(0.0) as usize).min(steps)
    };
    if let Some(p) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        frame.actions.push(Action::Seek(at(p)));
    }
    let Some(s) = response.hover_pos().map(at) else {
        return;
    };
    let known = s < frame.micro.states.len();
    response.on_hover_ui_at_pointer(|ui| {
        if known {
            let (title, rows) = digits(s);
            let rows: Vec<(&str, String)> =
                rows.iter().map(|(a, b)| (a.as_str(), b.clone())).collect();
            card::card(ui, &title, &rows);
        } else {
            card::card(
                ui,
                &format!("t = {s}"),
                &[("not computed yet", String::new())],
            );
        }
    });
}

/// Of labels with how much each stands for, those that there is room for: the others are on the card.
fn fitting(mut at: Vec<(f32, usize, f64)>, plot: Rect) -> Vec<(f32, usize)> {
    let room = ((plot.height() / LABEL) as usize).max(1);
    if at.len() > room {
        at.sort_by(|a, b| b.2.total_cmp(&a.2));
        at.truncate(room);
    }
    at.into_iter().map(|(y, v, _)| (y, v)).collect()
}

/// The height of a label.
const LABEL: f32 = 12.0;

/// Labels at the right that do not overlap: pushed apart in order.
fn spread(mut at: Vec<(f32, usize)>, low: f32, high: f32) -> Vec<(f32, usize)> {
    at.sort_by(|a, b| a.0.total_cmp(&b.0));
    let step = LABEL;
    let mut least = low;
    for a in &mut at {
        a.0 = a.0.max(least);
        least = a.0 + step;
    }
    // From the foot back up, where that went too far down.
    let mut most = high.max(low);
    for a in at.iter_mut().rev() {
        a.0 = a.0.min(most);
        most = a.0 - step;
    }
    at
}

/// An energy, if it is a number.
fn in_words(energy: f64) -> String {
    if energy.is_finite() {
        format::number(energy)
    } else {
        "not finite".to_owned()
    }
}

/// Draws the energy.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let micro = frame.micro;
    let t = frame.t();
    if micro.subject.rule.is_reference() {
        crate::app::kit::panel::empty(
            ui,
            "Backprop has no energy that relaxes. Choose IL or Z-IL to see it by level.",
        );
        return;
    }
    let painter = ui.painter().clone();
    let finite = |s: &std::sync::Arc<crate::experiment::microscope::StateRecord>| {
        Some(s.total_energy()).filter(|e| e.is_finite())
    };
    let top = ceiling(micro.states.iter().filter_map(finite).fold(0.0, f64::max));
    let ticks = [0, 1, 2, 3].map(|i| top * f64::from(i) / 3.0);
    let numbers = ticks.map(axis_number);
    let plot = plot_area(ui, &numbers);
    let y_of = |e: f64| plot.bottom() - plot.height() * (e / top).clamp(0.0, 1.0) as f32;
    for (value, words) in ticks.into_iter().zip(&numbers) {
        let y = y_of(value);
        if value > 0.0 {
            paint::hline(&painter, plot.x_range(), y, c.line);
        }
        paint::write(
            &painter,
            pos2(
                plot.left() - 6.0,
                paint::baseline(&painter, y, text::size::MONO_SMALL),
            ),
            Align::RIGHT,
            words,
            text::mono_small_font(),
            c.t3,
        );
    }
    // Stacked from the output up; levels are told apart by greys and labels, not by colours.
    let order: Vec<usize> = (1..micro.plan.graph.vertices.len()).rev().collect();
    let grey = |i: usize| {
        theme::mix(
            c.t1,
            c.bg3,
            0.15 + 0.8 * i as f32 / order.len().max(1) as f32,
        )
    };
    // From the first state on whose energy is not a number there is nothing to stack.
    let known = micro
        .states
        .iter()
        .position(|s| s.energy.iter().any(|e| !e.is_finite()))
        .unwrap_or(micro.states.len());
    let drawn = &micro.states[..known];
    if known < micro.states.len() {
        let from = x_of(plot, known.saturating_sub(1), micro.steps);
        let to = x_of(plot, micro.states.len() - 1, micro.steps);
        let rest = plot.with_min_x(from).with_max_x(to.max(from + 8.0));
        crate::app::kit::cells::hatch(&painter, rest.intersect(plot), c.nan);
    }
    let mut below = vec![0.0; drawn.len()];
    let mut labels = Vec::new();
    for (i, &v) in order.iter().enumerate() {
        let above: Vec<f64> = drawn
            .iter()
            .zip(&below)
            .map(|(s, b)| b + s.energy[v])
            .collect();
        let mut mesh = Mesh::default();
        for (s, (lo, hi)) in below.iter().zip(&above).enumerate() {
            let x = x_of(plot, s, micro.steps);
            mesh.colored_vertex(pos2(x, y_of(*hi)), grey(i));
            mesh.colored_vertex(pos2(x, y_of(*lo)), grey(i));
            if s > 0 {
                let k = 2 * s as u32;
                mesh.add_triangle(k - 2, k - 1, k);
                mesh.add_triangle(k - 1, k, k + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
        let line: Vec<Pos2> = above
            .iter()
            .enumerate()
            .map(|(s, e)| pos2(x_of(plot, s, micro.steps), y_of(*e)))
            .collect();
        painter.add(Shape::line(line, Stroke::new(1.0, c.bg1)));
        if let (Some(low), Some(high)) = (below.last(), above.last()) {
            labels.push((y_of((low + high) / 2.0), v, high - low));
        }
        below = above;
    }
    // While states are still to come labels stand within the plot, and at its top the sum.
    let inside = drawn.len() <= micro.steps;
    let top = plot.top() + if inside { 20.0 } else { 0.0 };
    let room = plot.with_min_y(top);
    for (y, v) in spread(fitting(labels, room), top, plot.bottom() - 6.0) {
        let words = steps::short_name(micro, v);
        let base = paint::baseline(&painter, y, text::size::CAPTION);
        let x = x_of(plot, drawn.len().saturating_sub(1), micro.steps).max(plot.left()) + 6.0;
        let at = paint::write(
            &painter,
            pos2(x, base),
            Align::LEFT,
            &words,
            text::caption_font(),
            c.t2,
        );
        paint::write(
            &painter,
            pos2(at.right() + 5.0, base),
            Align::LEFT,
            &if micro.states[t].energy[v].is_finite() {
                format::cell(micro.states[t].energy[v])
            } else {
                format::NONE.to_owned()
            },
            text::mono_small_font(),
            c.t3,
        );
    }
    let total = micro.states[t].total_energy();
    let said = |t: usize| {
        let parts: Vec<String> = order
            .iter()
            .map(|&v| {
                let energy = in_words(micro.states[t].energy[v]);
                format!("{} {energy}", steps::short_name(micro, v))
            })
            .collect();
        let total = in_words(micro.states[t].total_energy());
        format!("Energy at t = {t}: {total} ({})", parts.join(", "))
    };
    let digits = |t: usize| {
        let exact = |energy| format::exact(energy, micro.dtype());
        let mut rows = vec![("F".to_owned(), exact(micro.states[t].total_energy()))];
        rows.extend(order.iter().map(|&v| {
            let name = steps::short_name(micro, v);
            (name, exact(micro.states[t].energy[v]))
        }));
        (format!("Energy at t = {t}"), rows)
    };
    time_axis(ui, frame, plot, "energy", said, digits);
    let x = x_of(plot, t, frame.micro.steps);
    let words = in_words(total);
    let wide = paint::width(&painter, &words, text::mono_font());
    let left = x < plot.center().x || x - 5.0 - wide < plot.left();
    let (at, align) = if left {
        (pos2(x + 5.0, plot.top() + 8.0), Align::LEFT)
    } else {
        (pos2(x - 5.0, plot.top() + 8.0), Align::RIGHT)
    };
    paint::write(&painter, at, align, &words, text::mono_font(), c.t1);
}

/// Draws cosine and length of every level against t.
pub fn stopped(ui: &mut Ui, frame: &mut Frame<'_>) {
    let micro = frame.micro;
    if micro.subject.rule.is_reference() {
        crate::app::kit::panel::empty(
            ui,
            "Backprop is the reference: its cosine and length are 1 by definition.",
        );
        return;
    }
    let plot = plot_area(ui, &[]);
    let gap = 26.0;
    let half = (plot.height() - gap) / 2.0;
    let upper = Rect::from_min_size(plot.min, vec2(plot.width(), half));
    let lower = Rect::from_min_size(
        pos2(plot.left(), plot.top() + half + gap),
        vec2(plot.width(), half),
    );
    let levels: Vec<usize> = micro.plan.weighted_levels().collect();
    let series = |get: &dyn Fn(&crate::learning::LevelComparison) -> f64| -> Vec<Vec<Option<f64>>> {
        (0..levels.len())
            .map(|i| {
                micro
                    .states
                    .iter()
                    .map(|s| s.levels[i].as_ref().map(get).filter(|v| v.is_finite()))
                    .collect()
            })
            .collect()
    };
    let cosines = series(&|l| l.cosine);
    let lengths = series(&|l| l.length);
    let range = |all: &[Vec<Option<f64>>]| {
        all.iter()
            .flatten()
            .flatten()
            .fold((1.0_f64, 1.0_f64), |(lo, hi), v| (lo.min(*v), hi.max(*v)))
    };
    let (low, _) = range(&cosines);
    let low = if low >= 0.5 {
        0.5
    } else if low >= 0.0 {
        0.0
    } else {
        -1.0
    };
    let (_, high) = range(&lengths);
    let high = ceiling(high.min(8.0)).max(1.0);
    let cosine = Chart {
        name: "cosine to BP",
        levels: &levels,
        series: &cosines,
        low,
        high: 1.0,
    };
    cosine.draw(ui, frame, upper);
    let length = Chart {
        name: "length, BP = 1",
        levels: &levels,
        series: &lengths,
        low: 0.0,
        high,
    };
    length.draw(ui, frame, lower);
    let name = |l: &usize| steps::short_name(micro, micro.plan.levels[*l].weighted[0]);
    let said = |t: usize| {
        let words = |x: Option<f64>| x.map_or_else(|| format::NONE.to_owned(), format::number);
        let each: Vec<String> = levels
            .iter()
            .enumerate()
            .map(|(i, l)| {
                let (cosine, length) = (words(cosines[i][t]), words(lengths[i][t]));
                format!("{} cosine {cosine} length {length}", name(l))
            })
            .collect();
        format!("If it stopped at t = {t}: {}", each.join(", "))
    };
    let digits = |t: usize| {
        let words = |x: Option<f64>| {
            x.map_or_else(|| format::NONE.to_owned(), |x| format::significant(x, 6))
        };
        let rows = levels.iter().enumerate().map(|(i, l)| {
            let (cosine, length) = (words(cosines[i][t]), words(lengths[i][t]));
            (name(l), format!("cosine {cosine}, length {length}"))
        });
        (format!("If it stopped at t = {t}"), rows.collect())
    };
    time_axis(ui, frame, plot, "stopped", said, digits);
}

/// A number of each level against t.
struct Chart<'a> {
    name: &'a str,
    levels: &'a [usize],
    /// A level each; nothing where none was captured or compared.
    series: &'a [Vec<Option<f64>>],
    /// What stands at the foot.
    low: f64,
    /// What stands at the top.
    high: f64,
}

impl Chart<'_> {
    fn draw(&self, ui: &Ui, frame: &Frame<'_>, plot: Rect) {
        let &Self {
            name,
            levels,
            series,
            low,
            high,
        } = self;
        let c = Theme::get(ui);
        let t = frame.t();
        let micro = frame.micro;
        let painter = ui.painter();
        let y_of = |v: f64| {
            plot.bottom() - plot.height() * ((v - low) / (high - low)).clamp(0.0, 1.0) as f32
        };
        let base = paint::baseline(painter, plot.top() - 6.0, text::size::CAPTION);
        paint::write(
            painter,
            pos2(plot.left() + 4.0, base),
            Align::LEFT,
            name,
            text::caption_font(),
            c.t2,
        );
        for value in [low, low.midpoint(high), high] {
            let y = y_of(value);
            paint::hline(painter, plot.x_range(), y, c.line);
            paint::write(
                painter,
                pos2(
                    plot.left() - 6.0,
                    paint::baseline(painter, y, text::size::MONO_SMALL),
                ),
                Align::RIGHT,
                &format::number(value),
                text::mono_small_font(),
                c.t3,
            );
        }
        let bp = REFERENCE.color(c);
        paint::dashes(
            painter,
            &[pos2(plot.left(), y_of(1.0)), pos2(plot.right(), y_of(1.0))],
            &[6.0, 4.0],
            Stroke::new(1.0, bp),
        );
        let color: Color32 = micro.subject.rule.color(c);
        // Levels share the rule's colour; dashes and labels tell them apart.
        let dashes: [&[f32]; 6] = [
            &[],
            &[8.0, 3.0],
            &[2.0, 2.0],
            &[8.0, 3.0, 2.0, 3.0],
            &[4.0, 2.0],
            &[1.0, 3.0],
        ];
        let mut labels = Vec::new();
        for (i, values) in series.iter().enumerate() {
            // Where nothing was captured or compared, the line has a gap.
            let mut runs: Vec<Vec<Pos2>> = vec![Vec::new()];
            for (s, v) in values.iter().enumerate() {
                match v {
                    Some(v) => {
                        let point = pos2(x_of(plot, s, micro.steps), y_of(*v));
                        if let Some(run) = runs.last_mut() {
                            run.push(point);
                        }
                    }
                    None => runs.push(Vec::new()),
                }
            }
            let points: Vec<Pos2> = runs.iter().flatten().copied().collect();
            for run in &runs {
                if run.len() > 1 {
                    paint::dashes(
                        painter,
                        run,
                        dashes[i % dashes.len()],
                        Stroke::new(1.5, color),
                    );
                } else if let Some(p) = run.first() {
                    painter.circle_filled(*p, 2.5, color);
                }
            }
            if let (Some(p), Some(v)) = (points.last(), values.get(t).copied().flatten()) {
                labels.push((p.y, i, v));
            }
        }
        let places = spread(
            fitting(
                labels.iter().map(|l| (l.0, l.1, -(l.1 as f64))).collect(),
                plot,
            ),
            plot.top(),
            plot.bottom(),
        );
        for (y, i) in places {
            let v = micro.plan.levels[levels[i]].weighted[0];
            let value = labels.iter().find(|l| l.1 == i).map_or(f64::NAN, |l| l.2);
            let base = paint::baseline(painter, y, text::size::CAPTION);
            let x = plot.right() + 6.0;
            let at = paint::write(
                painter,
                pos2(x, base),
                Align::LEFT,
                &steps::short_name(micro, v),
                text::caption_font(),
                c.t2,
            );
            paint::write(
                painter,
                pos2(at.right() + 5.0, base),
                Align::LEFT,
                &format::cell(value),
                text::mono_small_font(),
                c.t1,
            );
        }
    }
}
