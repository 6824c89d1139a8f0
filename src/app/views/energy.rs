//! Energy by level over t, and what would be applied if inference stopped at t.

use super::beside::{self, Apart};
use super::steps;
use crate::app::format;
use crate::app::kit::axis::{Unit, ceiling, powers_for};
use crate::app::kit::plot::{Plot, TOP, left_of};
use crate::app::kit::shown::Fit;
use crate::app::kit::{card, focus, paint};
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::{self, RuleLook as _, Theme, Tokens, metrics};
use crate::experiment::microscope::{MicroscopeSnapshot, StateRecord};
use crate::experiment::session::Beside;
use crate::learning::{LevelComparison, REFERENCE};
use egui::{
    Align, Color32, Mesh, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};
use std::sync::Arc;

/// Caption of the energy panel.
pub fn caption(frame: &Frame<'_>) -> String {
    match frame.shown(ENERGY).log == Some(true) && powers(frame.micro).is_some() {
        true => "per example, by level, log",
        false => "per example, stacked by level, linear",
    }
    .into()
}

/// The ends of the energies by powers; `None` where none is above 0.
fn powers(micro: &MicroscopeSnapshot) -> Option<[f64; 2]> {
    let totals = micro.states.iter().map(|s| s.total_energy());
    let each = micro.states.iter().flat_map(|s| &s.energy).copied();
    powers_for(each.chain(totals))
}

/// Caption of the panel "If it stopped at t".
pub fn stopped_caption(_frame: &Frame<'_>) -> String {
    "cosine and length; dashed: BP".into()
}

/// What the axes of these plots are remembered by.
const ENERGY: &str = "Energy";
const COSINE: &str = "Cosine";
const LENGTH: &str = "Length";

/// Room for labels at the right.
const NAMES: f32 = 92.0;
/// Room for t below.
const BELOW: f32 = 26.0;

/// A plot over the states of a phase, with its tools: in `area`, of which the foot is for t.
struct OverT<'a> {
    id: &'static str,
    name: &'a str,
    area: Rect,
    /// The ends of the upright axis, evenly and by powers.
    even: [f64; 2],
    powers: Option<[f64; 2]>,
    /// The height of the strip below it, for what two runs differ by.
    strip: f32,
}

impl<'a> OverT<'a> {
    fn plot(&self, ui: &mut Ui, frame: &mut Frame<'_>) -> Plot<'a> {
        let fit = Fit {
            x: [0.0, frame.micro.steps.max(1) as f64],
            y: self.even,
            powers: self.powers,
            log: false,
            both: false,
            of: 0,
            units: [Unit::Whole, Unit::Plain],
            grows: false,
        };
        let (area, shown) = (self.area, frame.shown(self.id));
        let upright = fit.axes(&shown)[1];
        let height = area.height() - TOP - BELOW - self.strip;
        let left = left_of(ui.painter(), upright, height, Unit::Plain);
        let rect = Rect::from_min_max(
            area.min + vec2((left + 4.0).max(42.0), TOP),
            area.max - vec2(NAMES, BELOW + self.strip),
        );
        let plot = Plot::new(self.name, rect, fit, shown);
        let at = pos2(area.right() - 6.0, area.top() + 0.5 * TOP);
        if let Some(shown) = plot.tools(ui, at) {
            frame.choose(Choice::Plot(self.id, shown));
        }
        plot.upright(ui.painter(), Theme::get(ui));
        plot
    }
}

/// What is said of states: in words, that of the cursor for the plot's name; in rows of digits, that under the pointer on its card.
struct Said<'a> {
    words: &'a dyn Fn(usize) -> String,
    digits: &'a dyn Fn(usize) -> (String, Vec<(String, String)>),
}

/// Axis of t below, and the cursor: a click seeks, and so does a drag of the cursor; any other drag shows a part.
fn time_axis(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    id: &'static str,
    plot: &Plot<'_>,
    said: &Said<'_>,
) {
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let steps = frame.micro.steps;
    let t = frame.t();
    let rect = plot.rect;
    paint::hline(&painter, rect.x_range(), rect.bottom(), c.line2);
    let axis = plot.x();
    let seen = (axis.high - axis.low) as f32;
    let every = ((seen * 34.0 / rect.width()).ceil() as usize).max(1);
    let every = if every == 1 {
        1
    } else {
        every.next_multiple_of(5)
    };
    let y = paint::baseline(&painter, rect.bottom() + 12.0, text::size::MONO_SMALL);
    for s in (0..=steps).filter(|s| axis.has(*s as f64)) {
        let here = s == t;
        if here || (s % every == 0 && s.abs_diff(t) * 2 >= every) {
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
            let at = pos2(plot.x_of(s as f64), y);
            paint::write(&painter, at, Align::Center, &words, font, ink);
        }
    }
    let x = plot.x_of(t as f64);
    if axis.has(t as f64) {
        painter.vline(
            paint::snap(&painter, x),
            rect.y_range(),
            Stroke::new(metrics::STROKE, c.t1),
        );
    }
    let response = ui.interact(
        rect.expand2(vec2(4.0, 8.0)),
        ui.scope_id().with(id),
        Sense::click_and_drag(),
    );
    focus::takes_keys(&response, focus::Keys::Nothing);
    let words = (said.words)(t) + &plot.part();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let at = |p: Pos2| (plot.across(p.x).round().max(0.0) as usize).min(steps);
    let gesture = plot.gesture(ui, &response, Some(x));
    if let Some(shown) = gesture.shown {
        frame.choose(Choice::Plot(id, shown));
    }
    if let Some(p) = gesture.at {
        frame.actions.push(Action::Seek(at(p)));
    }
    paint::focus_ring(ui, &response, rect);
    let Some(s) = response.hover_pos().map(at) else {
        return;
    };
    let known = s < frame.micro.states.len();
    response.on_hover_ui_at_pointer(|ui| {
        if known {
            let (title, rows) = (said.digits)(s);
            let rows: Vec<(&str, String)> =
                rows.iter().map(|(a, b)| (a.as_str(), b.clone())).collect();
            card::card(ui, &title, &rows);
        } else {
            card::card(
                ui,
                &format!("{} at t = {s}", plot.name),
                &[("not computed yet", String::new())],
            );
        }
    });
}

/// Labels at the right that do not overlap: pushed apart in order.
fn spread(mut at: Vec<(f32, usize)>, low: f32, high: f32) -> Vec<(f32, usize)> {
    at.sort_by(|a, b| a.0.total_cmp(&b.0));
    let step = 12.0;
    // Where there is no room for all, some are on the card only.
    let room = (((high - low) / step) as usize + 1).max(1);
    let every = at.len().div_ceil(room).max(1);
    let mut at: Vec<(f32, usize)> = at.into_iter().step_by(every).collect();
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
    // Stacked from the output up; levels are told apart by greys and labels, not by colours.
    // The input has energy where it is freed and drawn to something.
    let drawn_back = micro.states.iter().any(|s| s.energy[0] != 0.0);
    let first = usize::from(!drawn_back);
    let order: Vec<usize> = (first..micro.plan.graph.vertices.len()).rev().collect();
    let totals = micro.states.iter().map(|s| s.total_energy());
    let top = totals.filter(|e| e.is_finite()).fold(0.0, f64::max);
    let both = frame.beside.and_then(Result::ok);
    let over_t = OverT {
        id: ENERGY,
        name: "Energy",
        area: ui.max_rect(),
        even: [0.0, ceiling(top)],
        powers: powers(micro),
        strip: match &both {
            Some(_) => beside::strip_height(ui.max_rect().height()),
            None => 0.0,
        },
    };
    let plot = over_t.plot(ui, frame);
    let (around, painter) = (ui.painter().clone(), plot.painter(ui));
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
        let from = plot.x_of(known.saturating_sub(1) as f64);
        let to = plot.x_of((micro.states.len() - 1) as f64);
        let rest = plot.rect.with_min_x(from).with_max_x(to.max(from + 8.0));
        crate::app::kit::cells::hatch(&painter, rest.intersect(plot.rect), c.nan);
    }
    let labels = if plot.y().log {
        by_level(&painter, &plot, drawn, &order, c)
    } else {
        stacked(&painter, &plot, drawn, &order, &grey, c)
    };
    if let Some(both) = both {
        overlaid(ui, &plot, both, over_t.strip);
    }
    // Where the last state known is further right, the names stand at the edge.
    let end = plot.x_of(drawn.len().saturating_sub(1) as f64);
    let end = end.clamp(plot.rect.left(), plot.rect.right());
    for (y, v) in spread(labels, plot.rect.top() + 5.0, plot.rect.bottom() - 12.0) {
        let words = steps::short_name(micro, v);
        let base = paint::baseline(&around, y, text::size::CAPTION);
        let at = paint::write(
            &around,
            pos2(end + 6.0, base),
            Align::LEFT,
            &words,
            text::caption_font(),
            c.t2,
        );
        paint::write(
            &around,
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
    let words = |t: usize| {
        let parts: Vec<String> = order
            .iter()
            .map(|&v| {
                let energy = in_words(micro.states[t].energy[v]);
                format!("{} {energy}", steps::short_name(micro, v))
            })
            .collect();
        let total = in_words(micro.states[t].total_energy());
        let beside = energies(both, t).map(|(name, v)| format!("; {name} {}", in_words(v)));
        let beside: String = beside.collect();
        format!("Energy at t = {t}: {total} ({}){beside}", parts.join(", "))
    };
    let digits = |t: usize| {
        let exact = |energy| format::exact(energy, micro.dtype());
        let mut rows = vec![("F".to_owned(), exact(micro.states[t].total_energy()))];
        rows.extend(order.iter().map(|&v| {
            let name = steps::short_name(micro, v);
            (name, exact(micro.states[t].energy[v]))
        }));
        rows.extend(energies(both, t).map(|(name, v)| (format!("F of {name}"), exact(v))));
        (format!("Energy at t = {t}"), rows)
    };
    let said = Said {
        words: &words,
        digits: &digits,
    };
    time_axis(ui, frame, ENERGY, &plot, &said);
    if !plot.x().has(t as f64) {
        return;
    }
    let x = plot.x_of(t as f64);
    let words = in_words(total);
    // By powers the line of the sum is at the top.
    let down = if plot.y().log { 20.0 } else { 8.0 };
    let y = plot.rect.top() + down;
    let (at, align) = if x < plot.rect.center().x {
        (pos2(x + 5.0, y), Align::LEFT)
    } else {
        (pos2(x - 5.0, y), Align::RIGHT)
    };
    paint::write(&around, at, align, &words, text::mono_font(), c.t1);
}

/// The energies one on the other; where the name of each belongs.
fn stacked(
    painter: &Painter,
    plot: &Plot<'_>,
    drawn: &[Arc<StateRecord>],
    order: &[usize],
    grey: &dyn Fn(usize) -> Color32,
    c: &Tokens,
) -> Vec<(f32, usize)> {
    let mut below = vec![0.0; drawn.len()];
    let mut labels = Vec::new();
    for (i, &v) in order.iter().enumerate() {
        let states = drawn.iter().zip(&below);
        let above: Vec<f64> = states.map(|(s, b)| b + s.energy[v]).collect();
        let mut mesh = Mesh::default();
        for (s, (lo, hi)) in below.iter().zip(&above).enumerate() {
            mesh.colored_vertex(plot.at(s as f64, *hi), grey(i));
            mesh.colored_vertex(plot.at(s as f64, *lo), grey(i));
            if s > 0 {
                let k = 2 * s as u32;
                mesh.add_triangle(k - 2, k - 1, k);
                mesh.add_triangle(k - 1, k, k + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
        for run in plot.cut(over_states(&above)) {
            painter.add(Shape::line(run, Stroke::new(1.0, c.bg1)));
        }
        if let (Some(low), Some(high)) = (below.last(), above.last()) {
            labels.push((plot.y_of((low + high) / 2.0), v));
        }
        below = above;
    }
    labels
}

/// By powers nothing can be stacked: a line for each level, and a stronger one for their sum; where the name of each belongs.
fn by_level(
    painter: &Painter,
    plot: &Plot<'_>,
    drawn: &[Arc<StateRecord>],
    order: &[usize],
    c: &Tokens,
) -> Vec<(f32, usize)> {
    let total: Vec<f64> = drawn.iter().map(|s| s.total_energy()).collect();
    let mut labels = Vec::new();
    for (i, &v) in order.iter().enumerate() {
        let own: Vec<f64> = drawn.iter().map(|s| s.energy[v]).collect();
        for run in plot.cut(over_states(&own)) {
            let dash = DASHES[i % DASHES.len()];
            paint::dashes(painter, &run, dash, Stroke::new(1.5, c.t2));
        }
        if let Some(last) = own.last() {
            labels.push((plot.y_of(*last), v));
        }
    }
    for run in plot.cut(over_states(&total)) {
        painter.add(Shape::line(run, Stroke::new(2.0, c.t1)));
    }
    labels
}

/// The energies of a pair of runs at a state, and what the second is more.
fn energies(both: Option<&Beside>, t: usize) -> impl Iterator<Item = (String, f64)> {
    both.into_iter().flat_map(move |both| {
        let all = both.all();
        let of = move |micro: &MicroscopeSnapshot| micro.states.get(t).map(|s| s.total_energy());
        let each = beside::names(both.runs).into_iter().zip(all.map(of));
        each.filter_map(|(name, energy)| Some((name, energy?)))
    })
}

/// The energies of a pair of runs over those of the present one, and below what the second is more.
fn overlaid(ui: &mut Ui, plot: &Plot<'_>, both: &Beside, strip: f32) {
    let c = Theme::get(ui);
    let totals = |micro: &MicroscopeSnapshot| -> Vec<f64> {
        micro.states.iter().map(|s| s.total_energy()).collect()
    };
    let painter = plot.painter(ui);
    let dashes: [&[f32]; 2] = [&[5.0, 3.0], &[]];
    for (i, side) in both.sides.iter().enumerate() {
        for run in plot.cut(over_states(&totals(side))) {
            paint::dashes(&painter, &run, dashes[i], Stroke::new(1.5, c.t1));
            if let Some(end) = run.last() {
                let at = *end + vec2(-3.0, -4.0 - 9.0 * i as f32);
                let (words, font) = (both.runs[i].to_string(), text::strong_font());
                paint::write(&painter, at, Align::RIGHT, &words, font, c.t1);
            }
        }
    }
    if strip > 0.0 {
        let [.., name] = beside::names(both.runs);
        let rect = plot.rect;
        let below = Rect::from_min_max(
            pos2(rect.left(), rect.bottom() + 28.0),
            pos2(rect.right(), rect.bottom() + BELOW + strip - 6.0),
        );
        let apart = Apart {
            name: "F".to_owned(),
            color: c.t1,
            dash: Vec::new(),
            points: over_states(&totals(&both.difference)).collect(),
        };
        beside::strip(ui, plot, below, &format!("Energy, {name}"), &[apart]);
    }
}

/// Values with the states that they are of.
fn over_states(values: &[f64]) -> impl Iterator<Item = (f64, f64)> {
    values.iter().enumerate().map(|(s, v)| (s as f64, *v))
}

/// Lines of one colour are told apart by dashes.
const DASHES: [&[f32]; 6] = [
    &[],
    &[8.0, 3.0],
    &[2.0, 2.0],
    &[8.0, 3.0, 2.0, 3.0],
    &[4.0, 2.0],
    &[1.0, 3.0],
];

/// Draws cosine and length of every level against t.
pub fn stopped(ui: &mut Ui, frame: &mut Frame<'_>) {
    let area = ui.max_rect();
    let micro = frame.micro;
    if micro.subject.rule.is_reference() {
        crate::app::kit::panel::empty(
            ui,
            "Backprop is the reference: its cosine and length are 1 by definition.",
        );
        return;
    }
    let (upper, lower) = area.split_top_bottom_at_fraction(0.5);
    let levels: Vec<usize> = micro.plan.weighted_levels().collect();
    let series = |get: &dyn Fn(&LevelComparison) -> f64| -> Vec<Vec<Option<f64>>> {
        let of =
            |s: &StateRecord, i: usize| s.levels[i].as_ref().map(get).filter(|v| v.is_finite());
        let each = 0..levels.len();
        each.map(|i| micro.states.iter().map(|s| of(s, i)).collect())
            .collect()
    };
    let cosines = series(&|l| l.cosine);
    let lengths = series(&|l| l.length);
    let all = |series: &[Vec<Option<f64>>]| -> Vec<f64> {
        series
            .iter()
            .flatten()
            .flatten()
            .copied()
            .chain([1.0])
            .collect()
    };
    let (cosine, length) = (all(&cosines), all(&lengths));
    let low = match cosine.iter().copied().fold(1.0, f64::min) {
        0.5.. => 0.5,
        0.0.. => 0.0,
        _ => -1.0,
    };
    let high = ceiling(length.iter().copied().fold(1.0, f64::max));
    let cosine = Chart {
        over_t: OverT {
            id: COSINE,
            name: "Cosine to BP",
            area: upper,
            even: [low, 1.0],
            powers: powers_for(cosine.into_iter()),
            strip: 0.0,
        },
        caption: "cosine to BP",
        levels: &levels,
        series: &cosines,
        get: |l| l.cosine,
    };
    cosine.draw(ui, frame);
    let length = Chart {
        over_t: OverT {
            id: LENGTH,
            name: "Length beside BP",
            area: lower,
            even: [0.0, high.max(1.0)],
            powers: powers_for(length.into_iter()),
            strip: 0.0,
        },
        caption: "length, BP = 1",
        levels: &levels,
        series: &lengths,
        get: |l| l.length,
    };
    length.draw(ui, frame);
}

/// A number of each level against t.
struct Chart<'a> {
    over_t: OverT<'a>,
    /// What it is of, above it.
    caption: &'a str,
    levels: &'a [usize],
    /// A level each; nothing where none was captured or compared.
    series: &'a [Vec<Option<f64>>],
    get: fn(&LevelComparison) -> f64,
}

impl Chart<'_> {
    fn draw(&self, ui: &mut Ui, frame: &mut Frame<'_>) {
        let &Self {
            ref over_t,
            caption,
            levels,
            series,
            get,
        } = self;
        let c = Theme::get(ui);
        let t = frame.t();
        let both = frame.beside.and_then(Result::ok);
        let micro = frame.micro;
        let plot = over_t.plot(ui, frame);
        let rect = plot.rect;
        let (around, painter) = (ui.painter().clone(), plot.painter(ui));
        let base = paint::baseline(&around, rect.top() - 9.0, text::size::CAPTION);
        let at = pos2(rect.left() + 4.0, base);
        let font = text::caption_font();
        card::within(ui, at, rect.width() - 24.0, caption, font, c.t2);
        let bp = plot.cut([(plot.x().low, 1.0), (plot.x().high, 1.0)]);
        for line in bp {
            let stroke = Stroke::new(1.0, REFERENCE.color(c));
            paint::dashes(&painter, &line, &[6.0, 4.0], stroke);
        }
        // Levels share the rule's colour; dashes and labels tell them apart.
        let color: Color32 = micro.subject.rule.color(c);
        let mut labels = Vec::new();
        for (i, values) in series.iter().enumerate() {
            let dash = DASHES[i % DASHES.len()];
            // Where nothing was captured or compared, the line has a gap.
            let states: Vec<(usize, Option<f64>)> = values.iter().copied().enumerate().collect();
            for run in states.split(|s| s.1.is_none()) {
                let run = run.iter().filter_map(|(s, v)| Some((*s as f64, (*v)?)));
                for run in plot.cut(run) {
                    match &run[..] {
                        [alone] => _ = painter.circle_filled(*alone, 2.5, color),
                        run => paint::dashes(&painter, run, dash, Stroke::new(1.5, color)),
                    }
                }
            }
            // Of a pair of runs the same, thin.
            for (side, run) in both
                .iter()
                .flat_map(|both| both.sides.iter().zip(both.runs))
            {
                let of = |s: &Arc<StateRecord>| s.levels[i].as_ref().map(get);
                let known = side.states.iter().enumerate();
                let known = known.filter_map(|(s, state)| Some((s as f64, of(state)?)));
                for line in plot.cut(known.filter(|p| p.1.is_finite())) {
                    let thin = Stroke::new(1.0, color.gamma_multiply(0.7));
                    paint::dashes(&painter, &line, dash, thin);
                    if let Some(end) = line.last() {
                        let (at, font) = (*end + vec2(-2.0, -3.0), text::caption_font());
                        paint::write(&painter, at, Align::RIGHT, &run.to_string(), font, c.t2);
                    }
                }
            }
            let last = states.iter().rev().find_map(|s| s.1);
            if let (Some(last), Some(v)) = (last, values.get(t).copied().flatten()) {
                let y = plot.y_of(last).clamp(rect.top(), rect.bottom());
                labels.push((y, i, v));
            }
        }
        let places = spread(
            labels.iter().map(|l| (l.0, l.1)).collect(),
            rect.top() + 5.0,
            rect.bottom() - 2.0,
        );
        let name = |i: usize| steps::short_name(micro, micro.plan.levels[levels[i]].weighted[0]);
        for (y, i) in places {
            let value = labels.iter().find(|l| l.1 == i).map_or(f64::NAN, |l| l.2);
            let base = paint::baseline(&around, y, text::size::CAPTION);
            let at = paint::write(
                &around,
                pos2(rect.right() + 6.0, base),
                Align::LEFT,
                &name(i),
                text::caption_font(),
                c.t2,
            );
            paint::write(
                &around,
                pos2(at.right() + 5.0, base),
                Align::LEFT,
                &format::cell(value),
                text::mono_small_font(),
                c.t1,
            );
        }
        let each = |t: usize, words: &dyn Fn(f64) -> String| -> Vec<(String, String)> {
            let value = |i: usize| series[i].get(t).copied().flatten();
            let in_words = |v: Option<f64>| v.map_or_else(|| format::NONE.to_owned(), words);
            let with_both = |i: usize| {
                let own = in_words(value(i));
                let Some(both) = both else { return own };
                let of = |side: usize| {
                    let state = both.sides[side].states.get(t)?;
                    state.levels[i].as_ref().map(get).filter(|v| v.is_finite())
                };
                let all = [of(0), of(1), of(1).zip(of(0)).map(|(b, a)| b - a)];
                let all = beside::names(both.runs).into_iter().zip(all);
                let all: Vec<String> = all
                    .map(|(name, v)| format!("{name} {}", in_words(v)))
                    .collect();
                format!("{own} ({})", all.join("; "))
            };
            (0..levels.len()).map(|i| (name(i), with_both(i))).collect()
        };
        let title = |t: usize| format!("{} if it stopped at t = {t}", over_t.name);
        let words = |t: usize| {
            let each = each(t, &format::number).into_iter();
            let each: Vec<String> = each.map(|(name, v)| format!("{name} {v}")).collect();
            format!("{}: {}", title(t), each.join(", "))
        };
        let digits = |t: usize| (title(t), each(t, &|v| format::significant(v, 6)));
        let said = Said {
            words: &words,
            digits: &digits,
        };
        time_axis(ui, frame, over_t.id, &plot, &said);
    }
}
