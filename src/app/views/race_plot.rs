//! How the plots of the race are drawn: lines, bands, markers, and names at their ends.

use super::bands;
pub(super) use super::bands::Line;
use super::beside;
use crate::app::kit::axis::Unit;
use crate::app::kit::plot::{Plot, TOP, left_of};
use crate::app::kit::shown::Fit;
use crate::app::kit::{card, legend, paint};
use crate::app::state::{Choice, Frame, RaceAxis};
use crate::app::theme::{RuleLook as _, Theme, Tokens, mix};
use crate::app::{format, text};
use crate::experiment::lane::LaneSpec;
use crate::experiment::series::Bucket;
use crate::experiment::session::{LaneSnapshot, RaceState};
use crate::learning::Course;
use egui::{
    Align, Color32, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

impl Line {
    /// The name of its lane, and of its run where that is not the present one.
    fn name(&self) -> String {
        match self.run {
            Some(run) => format!("{} of {run}", self.lane.label),
            None => self.lane.label.clone(),
        }
    }
}

/// The horizontal position of a bucket.
pub(super) fn along(axis: RaceAxis, b: &Bucket) -> f64 {
    match axis {
        RaceAxis::Updates => b.update as f64,
        RaceAxis::Time => b.seconds,
        RaceAxis::Products => b.products as f64,
    }
}

pub(super) fn axis_name(axis: RaceAxis) -> &'static str {
    match axis {
        RaceAxis::Updates => "updates",
        RaceAxis::Time => "s of own time",
        RaceAxis::Products => "matrix products",
    }
}

/// One plot of the race.
pub(super) struct Curves<'a> {
    /// What its axes are remembered by.
    pub(super) id: &'static str,
    pub(super) name: &'a str,
    /// What is said while no line has a point.
    pub(super) empty: &'a str,
    pub(super) lines: &'a [Line],
    /// The ends of the upright axis, evenly and by powers; which it comes with, and what stands there.
    pub(super) upright: Upright,
    /// How a value is written.
    pub(super) write: &'a dyn Fn(f64) -> String,
    /// What is written at the end of a line.
    pub(super) last: &'a dyn Fn(&Line) -> String,
    /// Whether the band between least and most is drawn.
    pub(super) band: bool,
    /// Where the row of tools ends; above the plot, if nothing is said.
    pub(super) tools: Option<Pos2>,
}

/// An upright axis as it comes.
#[derive(Clone, Copy)]
pub(super) struct Upright {
    pub(super) even: [f64; 2],
    pub(super) powers: Option<[f64; 2]>,
    pub(super) log: bool,
    pub(super) unit: Unit,
}

/// Room at the right for the names of lines.
const NAMES: f32 = 124.0;

/// How far the axis across goes: up to the present, also where nothing has been measured for a while.
fn across(frame: &Frame<'_>, lines: &[Line]) -> [f64; 2] {
    let lanes = frame.race.lanes.iter();
    let reached = lanes.map(|lane| match frame.view.race_axis {
        RaceAxis::Updates => frame.race.update as f64,
        RaceAxis::Time => lane.seconds,
        RaceAxis::Products => lane.worked as f64,
    });
    let points = lines.iter().flat_map(|l| &l.points).map(|p| p.0);
    let all = points.chain(reached).filter(|x| x.is_finite());
    match all.fold(0.0, f64::max) {
        most if most > 0.0 => [0.0, most],
        _ => [0.0, 100.0],
    }
}

/// Draws a plot of lines with bands, markers and direct labels.
pub(super) fn plot(ui: &mut Ui, frame: &mut Frame<'_>, area: Rect, curves: &Curves<'_>) {
    let &Curves {
        id,
        name,
        empty,
        lines,
        upright,
        write,
        last,
        band,
        tools,
    } = curves;
    let c = Theme::get(ui);
    let axis = frame.view.race_axis;
    let fit = Fit {
        x: across(frame, lines),
        y: upright.even,
        powers: upright.powers,
        log: upright.log,
        both: false,
        of: axis as u32,
        units: [
            match axis {
                RaceAxis::Time => Unit::Plain,
                RaceAxis::Updates | RaceAxis::Products => Unit::Whole,
            },
            upright.unit,
        ],
        grows: true,
    };
    let shown = frame.shown(id);
    let top = if tools.is_some() { 10.0 } else { TOP };
    let height = area.height() - top - 24.0;
    let left = left_of(ui.painter(), fit.axes(&shown)[1], height, upright.unit);
    let pair = frame.pair.filter(|_| axis == RaceAxis::Updates);
    let strip = pair.map_or(0.0, |_| beside::strip_height(area.height()));
    let rect = Rect::from_min_max(
        area.min + vec2((left + 4.0).max(52.0), top),
        area.max - vec2(NAMES, 24.0 + strip),
    );
    let plot = Plot::new(name, rect, fit, shown);
    let at = tools.unwrap_or(pos2(area.right() - 8.0, area.top() + 0.5 * TOP));
    if let Some(shown) = plot.tools(ui, at) {
        frame.choose(Choice::Plot(id, shown));
    }
    let around = ui.painter().clone();
    let painter = plot.painter(ui);
    plot.grid(&around, c);
    let base = paint::baseline(&around, rect.bottom() + 12.0, text::size::CAPTION);
    let at = pos2(rect.right() + 24.0, base);
    let font = text::caption_font();
    paint::write(&around, at, Align::LEFT, axis_name(axis), font, c.t3);
    let nothing = match frame.race.state {
        _ if frame.race.update > 0 => (empty, empty),
        RaceState::Running => ("The first update is under way.", "Training."),
        RaceState::Paused => ("Training is paused within the first update.", "Paused."),
        RaceState::Idle | RaceState::Failed(_) => (
            "Press Train to race the ticked lanes on the same batches.",
            "Press Train.",
        ),
    };
    let points = || lines.iter().flat_map(|l| &l.points);
    let within = points().any(|(x, b)| plot.has(*x, b.mean));
    if points().next().is_none() || !within && !plot.part().is_empty() {
        let (long, short) = match points().next() {
            None => nothing,
            Some(_) => ("What there is lies outside of these axes.", "Outside."),
        };
        let wide = |words: &str| paint::width(&around, words, text::body_font());
        let room = rect.width() - 12.0;
        let words = if wide(long) <= room { long } else { short };
        let left = rect.center().x - 0.5 * wide(words).min(room);
        let base = paint::baseline(&around, rect.center().y, text::size::BODY);
        card::within(ui, pos2(left, base), room, words, text::body_font(), c.t2);
    }
    for line in lines.iter().filter(|l| band || l.seeds > 1) {
        fill_band(&painter, line, &plot, c);
    }
    // Z-IL is drawn wide under BP, so that where they coincide both are seen.
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|l| match l.lane.rule.course() {
        Course::Front => 1,
        Course::Reverse => 2,
        _ => 0,
    });
    let mut letters = Vec::new();
    for line in lines {
        let Some(run) = line.run else { continue };
        let pinned = frame.pair.is_some_and(|pair| pair.contains(&run));
        let look = frame.view.run_looks.get(&run);
        let ink = look.and_then(|look| look.colour).map(|place| c.run(place));
        left_run(&painter, line, &plot, (run, pinned, ink), &mut letters, c);
    }
    for line in order.into_iter().filter(|l| l.run.is_none()) {
        own_line(&painter, line, &plot, c);
    }
    labels(&around, lines, &plot, last, c);
    if let Some(pair) = pair.filter(|_| strip > 0.0) {
        let [.., difference] = beside::names(pair);
        let title = format!("{name}, {difference}");
        let apart = beside::apart(lines, pair, frame.race.name, ui);
        let below = Rect::from_min_max(
            pos2(area.left(), rect.bottom() + 28.0),
            pos2(rect.right(), area.bottom() - 6.0),
        );
        beside::strip(ui, &plot, below, &title, &apart);
    }
    // Where one looks, in the past of the run.
    let looked_at = frame.at.filter(|_| axis == RaceAxis::Updates);
    if let Some(at) = looked_at.filter(|at| plot.x().has(*at as f64)) {
        let x = plot.x_of(at as f64);
        around.vline(x, rect.y_range(), Stroke::new(1.5, c.t1));
        let handle = Rect::from_center_size(pos2(x, rect.bottom()), egui::vec2(4.0, 8.0));
        around.rect_filled(handle, 1, c.t1);
    }
    let said: Vec<String> = lines
        .iter()
        .filter(|l| !l.points.is_empty())
        .map(|l| format!("{} {}", l.name(), last(l)))
        .collect();
    // By keyboard its tools are reached.
    let sense = Sense::CLICK | Sense::DRAG;
    let response = ui.interact(rect, ui.scope_id().with(("plot", name)), sense);
    let said = match said.is_empty() {
        true => format!("{name}: {}", nothing.0),
        false => format!("{name}: {}{}", said.join(", "), plot.part()),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    if let Some(shown) = plot.gesture(ui, &response, None).shown {
        frame.choose(Choice::Plot(id, shown));
    }
    if let Some(p) = response.hover_pos().filter(|_| !response.dragged()) {
        let x = plot.across(p.x);
        painter.vline(p.x, rect.y_range(), Stroke::new(1.0, c.t3));
        let rows: Vec<(String, String)> = lines
            .iter()
            .filter_map(|l| {
                let (_, b) = l
                    .points
                    .iter()
                    .min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()))?;
                let spread = match b.count {
                    1 => String::new(),
                    n => format!(", {} to {} over {n}", write(b.min), write(b.max)),
                };
                let value = format!("{} at {}{spread}", write(b.mean), format::count(b.update));
                Some((l.name(), value))
            })
            .collect();
        let rows: Vec<(&str, String)> = rows.iter().map(|r| (&*r.0, r.1.clone())).collect();
        response.on_hover_ui_at_pointer(|ui| card::card(ui, name, &rows));
    }
}

/// A line of the present run, with its markers, and hatched where it stopped.
fn own_line(painter: &egui::Painter, line: &Line, plot: &Plot<'_>, c: &Tokens) {
    let look = line.lane.rule;
    let width = if look.course() == Course::Front && line.lane.look == 0 {
        4.0
    } else {
        2.0
    };
    let stroke = Stroke::new(width, look.color(c));
    for run in runs(&line.points) {
        for run in plot.cut(run.iter().map(|(x, b)| (*x, b.mean))) {
            match &run[..] {
                [alone] => _ = painter.circle_filled(*alone, width * 0.75, stroke.color),
                run => paint::dashes(painter, run, &legend::dash(&line.lane), stroke),
            }
        }
    }
    let points = line.points.iter();
    let inside: Vec<Pos2> = points
        .filter(|(x, b)| plot.has(*x, b.mean))
        .map(|(x, b)| plot.at(*x, b.mean))
        .collect();
    let every = (inside.len() / 5).max(1);
    let offset = look.facts().look.quarter * every / 4;
    for p in inside.iter().skip(offset).step_by(every) {
        legend::marker(painter, *p, look.marker(), look.color(c), c.bg1);
    }
    let last = line.points.last().filter(|_| line.stopped);
    if let Some((x, b)) = last.filter(|(x, _)| plot.x().has(*x)) {
        let p = plot.at(*x, b.mean);
        let p = pos2(p.x, p.y.clamp(plot.rect.top(), plot.rect.bottom()));
        let hatch = Rect::from_min_max(pos2(p.x, plot.rect.top()), plot.rect.max);
        let hatch = hatch.with_max_x((p.x + 14.0).min(plot.rect.right()));
        crate::app::kit::cells::hatch(painter, hatch, c.nan);
        let at = pos2(
            (p.x + 4.0).min(plot.rect.right() - 2.0),
            (p.y - 4.0).max(plot.rect.top() + 10.0),
        );
        let font = text::mono_strong_font();
        paint::write(painter, at, Align::LEFT, "!", font, c.nan);
    }
}

/// Points between which something was measured throughout: a line is drawn through each such run.
pub(super) fn runs(points: &[(f64, Bucket)]) -> impl Iterator<Item = &[(f64, Bucket)]> {
    points.chunk_by(|(_, a), (_, b)| !(a.hole || b.hole || b.after_gap))
}

/// The band between least and most of a line's groups.
pub(super) fn fill_band(painter: &egui::Painter, line: &Line, plot: &Plot<'_>, c: &Tokens) {
    if line.run.is_some() {
        return;
    }
    // Z-IL's band would lie on BP's; one of the two is enough.
    if line.lane.rule.course() == Course::Front && line.lane.look == 0 {
        return;
    }
    // Grey, with edges of its own colour: a dark orange is a brown, and colours that are mixed are nobody's. Opaque, so that what lies
    // below is covered.
    let own = line.lane.rule.color(c);
    let color: Color32 = mix(c.bg1, c.t3, 0.2);
    let edge = Stroke::new(1.0, mix(c.bg1, own, 0.7));
    for run in runs(&line.points) {
        let side = |of: fn(&Bucket) -> f64| -> Vec<Pos2> {
            let at = |(x, b): &(f64, Bucket)| plot.at(*x, of(b));
            run.iter().map(at).collect()
        };
        let edges = [side(|b| b.max), side(|b| b.min)];
        let mut mesh = Mesh::default();
        for (i, (x, b)) in run.iter().enumerate() {
            mesh.colored_vertex(plot.at(*x, b.max), color);
            mesh.colored_vertex(plot.at(*x, b.min), color);
            if i > 0 {
                let k = 2 * i as u32;
                mesh.add_triangle(k - 2, k - 1, k);
                mesh.add_triangle(k - 1, k, k + 1);
            }
        }
        painter.add(Shape::mesh(mesh));
        for points in edges {
            painter.add(Shape::line(points, edge));
        }
    }
}

/// Names at the ends of lines; lines that coincide share one. A line whose newest point is further right has no value there.
pub(super) fn labels(
    painter: &egui::Painter,
    lines: &[Line],
    plot: &Plot<'_>,
    last: &dyn Fn(&Line) -> String,
    c: &Tokens,
) {
    let mut ends: Vec<(f32, f64, Vec<&LaneSpec>, String)> = Vec::new();
    let (high, plot_rect) = (plot.x().high, plot.rect);
    for line in lines.iter().filter(|l| l.run.is_none()) {
        let Some((_, b)) = line.points.iter().rev().find(|(x, _)| *x <= high) else {
            continue;
        };
        let newest = line.points.last().is_some_and(|(x, _)| *x <= high);
        let value = if newest { last(line) } else { String::new() };
        let y = plot.y_of(b.mean).clamp(plot_rect.top(), plot_rect.bottom());
        match ends.iter_mut().find(|e| e.1.to_bits() == b.mean.to_bits()) {
            Some(e) => e.2.push(&line.lane),
            None => ends.push((y, b.mean, vec![&*line.lane], value)),
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f32::NEG_INFINITY;
    for (y, _, lanes, value) in ends {
        let y = y.max(free);
        free = y + 15.0;
        let base = paint::baseline(painter, y, text::size::BODY);
        let mut x = plot_rect.right() + 8.0;
        // Three names and a value are wider than the margin: what does not fit begins further left, over the plot.
        let words: f32 = lanes
            .iter()
            .map(|lane| paint::width(painter, &lane.label, text::body_font()) + 5.0)
            .sum::<f32>()
            + (lanes.len() - 1) as f32 * (paint::width(painter, "and", text::caption_font()) + 4.0)
            + paint::width(painter, &value, text::mono_small_font());
        x = x.min(painter.clip_rect().right() - 4.0 - words);
        if x < plot_rect.right() {
            // Where it begins over the plot, no line runs through it.
            let plate = Rect::from_min_max(pos2(x - 3.0, y - 7.0), pos2(x + words + 2.0, y + 7.0));
            painter.rect_filled(plate, 2, c.bg1);
        }
        for (i, lane) in lanes.iter().enumerate() {
            if i > 0 {
                let at = paint::write(
                    painter,
                    pos2(x, base),
                    Align::LEFT,
                    "and",
                    text::caption_font(),
                    c.t3,
                );
                x = at.right() + 4.0;
            }
            let at = paint::write(
                painter,
                pos2(x, base),
                Align::LEFT,
                &lane.label,
                text::body_font(),
                lane.rule.color(c),
            );
            x = at.right() + 5.0;
        }
        paint::write(
            painter,
            pos2(x, base),
            Align::LEFT,
            &value,
            text::mono_small_font(),
            c.t2,
        );
    }
}

/// A line of a run that was left: thin, or strong where it is pinned, with the run's letter at its end.
fn left_run(
    painter: &egui::Painter,
    line: &Line,
    plot: &Plot<'_>,
    (run, pinned, ink): (char, bool, Option<Color32>),
    letters: &mut Vec<(char, Pos2)>,
    c: &Tokens,
) {
    let color = ink.unwrap_or_else(|| line.lane.rule.color(c));
    let stroke = match pinned {
        true => Stroke::new(1.5, color),
        false => Stroke::new(1.0, color.gamma_multiply(0.7)),
    };
    let letter = run;
    for run in runs(&line.points) {
        for run in plot.cut(run.iter().map(|(x, b)| (*x, b.mean))) {
            match &run[..] {
                [alone] => _ = painter.circle_filled(*alone, 1.0, stroke.color),
                all => paint::dashes(painter, all, &legend::dash(&line.lane), stroke),
            }
        }
    }
    let mut inside = line.points.iter().rev();
    let last = inside.find(|(x, b)| plot.has(*x, b.mean));
    if let Some((x, b)) = last {
        // Beside the plot stand the names of the present run.
        let corner = plot.rect.left_top() + vec2(10.0, 12.0);
        let at = (plot.at(*x, b.mean) + vec2(-1.0, -5.0)).max(corner);
        // Lines that end together share a letter; another one's stands further left.
        let near = |at: Pos2| move |(_, other): &&(char, Pos2)| other.distance(at) < 12.0;
        if letters.iter().any(|l| l.0 == letter && near(at)(&l)) {
            return;
        }
        let mut at = at;
        while letters.iter().any(|l| near(at)(&l)) && at.x > corner.x {
            at.x -= 12.0;
        }
        letters.push((letter, at));
        let font = match pinned {
            true => text::strong_font(),
            false => text::caption_font(),
        };
        let ink = stroke.color;
        paint::write(painter, at, Align::RIGHT, &letter.to_string(), font, ink);
    }
}

/// The lines of the present run, and of those that were left and are drawn beside it.
pub(super) fn lines(frame: &Frame<'_>, points: impl Fn(&LaneSnapshot) -> Vec<Bucket>) -> Vec<Line> {
    let hidden = &frame.view.not_overlaid;
    let pinned = |name| frame.pair.is_some_and(|pair| pair.contains(name));
    let kept = frame.race.kept.iter();
    let left = kept.filter(|k| !hidden.contains(&k.name) || pinned(&k.name));
    let left = left.flat_map(|k| {
        let lanes = k.lanes.iter().filter(|lane| lane.active);
        lanes.map(move |lane| (Some(k.name), lane))
    });
    let present = frame.race.lanes.iter().map(|lane| (None, lane));
    let lines = present.chain(left).map(|(run, lane)| Line {
        lane: Arc::clone(&lane.spec),
        run,
        points: points(lane)
            .into_iter()
            .map(|b| (along(frame.view.race_axis, &b), b))
            .filter(|(x, b)| x.is_finite() && b.mean.is_finite())
            .collect(),
        seeds: 1,
        stopped: lane.failure.is_some(),
    });
    bands::merged(lines.collect())
}
