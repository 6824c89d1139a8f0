//! How the plots of the race are drawn: lines, bands, markers, and names at their ends.

use super::bands;
use crate::app::kit::{card, legend, paint};
use crate::app::state::{Frame, RaceAxis};
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

/// One drawn line.
pub(super) struct Line {
    pub(super) lane: Arc<LaneSpec>,
    /// The run that it is of, where that is not the present one.
    pub(super) run: Option<char>,
    pub(super) points: Vec<(f64, Bucket)>,
    /// So many lanes, which differ by their seeds: the points are their mean, with least and most.
    pub(super) seeds: usize,
    pub(super) stopped: bool,
}

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

/// How values stand on the vertical axis.
#[derive(Clone, Copy)]
pub(super) enum Vertical {
    /// By powers, from low to high.
    Log(f64, f64),
    /// Evenly.
    Linear(f64, f64),
}

impl Vertical {
    fn share(self, v: f64) -> f32 {
        let s = match self {
            Self::Log(low, high) => (v.max(low).ln() - low.ln()) / (high.ln() - low.ln()),
            Self::Linear(low, high) => (v - low) / (high - low),
        };
        s.clamp(0.0, 1.0) as f32
    }
}

/// One plot of the race.
pub(super) struct Plot<'a> {
    pub(super) name: &'a str,
    /// What is said while no line has a point.
    pub(super) empty: &'a str,
    pub(super) lines: &'a [Line],
    pub(super) vertical: Vertical,
    /// The values with a line across.
    pub(super) ticks: &'a [f64],
    /// How a value is written.
    pub(super) write: &'a dyn Fn(f64) -> String,
    /// What is written at the end of a line.
    pub(super) last: &'a dyn Fn(&Line) -> String,
    /// Whether the band between least and most is drawn.
    pub(super) band: bool,
}

/// Draws a plot of lines with bands, markers and direct labels.
pub(super) fn plot(ui: &mut Ui, frame: &Frame<'_>, area: Rect, plot: &Plot<'_>) {
    let &Plot {
        name,
        empty,
        lines,
        vertical,
        ticks,
        write,
        last,
        band,
    } = plot;
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let plot = Rect::from_min_max(area.min + vec2(52.0, 10.0), area.max - vec2(124.0, 24.0));
    let y_of = |v: f64| plot.bottom() - plot.height() * vertical.share(v);
    for &tick in ticks {
        let y = y_of(tick);
        paint::hline(&painter, plot.x_range(), y, c.line);
        let base = paint::baseline(&painter, y, text::size::MONO_SMALL);
        paint::write(
            &painter,
            pos2(plot.left() - 8.0, base),
            Align::RIGHT,
            &write(tick),
            text::mono_small_font(),
            c.t3,
        );
    }
    // Up to the present, also where nothing has been measured for a while.
    let lanes = frame.race.lanes.iter();
    let reached = lanes.map(|lane| match frame.view.race_axis {
        RaceAxis::Updates => frame.race.update as f64,
        RaceAxis::Time => lane.seconds,
        RaceAxis::Products => lane.worked as f64,
    });
    let most = lines
        .iter()
        .flat_map(|l| &l.points)
        .map(|p| p.0)
        .chain(reached)
        .filter(|x| x.is_finite())
        .fold(0.0, f64::max);
    let span = if most > 0.0 && most.is_finite() {
        most
    } else {
        100.0
    };
    let x_of = |x: f64| plot.left() + plot.width() * (x / span).clamp(0.0, 1.0) as f32;
    let step = nice_step(span / 4.0);
    let mut tick = 0.0;
    while tick <= span * 1.0001 {
        let base = paint::baseline(&painter, plot.bottom() + 12.0, text::size::MONO_SMALL);
        paint::vline(
            &painter,
            x_of(tick),
            plot.bottom()..=plot.bottom() + 3.0,
            c.line2,
        );
        let words = if tick >= 1.0 || tick == 0.0 {
            format::count(tick.round() as u64)
        } else {
            format::number(tick)
        };
        paint::write(
            &painter,
            pos2(x_of(tick), base),
            Align::Center,
            &words,
            text::mono_small_font(),
            c.t3,
        );
        tick += step;
    }
    let base = paint::baseline(&painter, plot.bottom() + 12.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(plot.right() + 24.0, base),
        Align::LEFT,
        axis_name(frame.view.race_axis),
        text::caption_font(),
        c.t3,
    );
    let nothing = match frame.race.state {
        _ if frame.race.update > 0 => (empty, empty),
        RaceState::Running => ("The first update is under way.", "Training."),
        RaceState::Paused => ("Training is paused within the first update.", "Paused."),
        RaceState::Idle | RaceState::Failed(_) => (
            "Press Train to race the ticked lanes on the same batches.",
            "Press Train.",
        ),
    };
    if lines.iter().all(|l| l.points.is_empty()) {
        let (long, short) = nothing;
        let fits = paint::width(&painter, long, text::body_font()) <= plot.width();
        let words = if fits { long } else { short };
        paint::centred(&painter, plot, words, text::body_font(), c.t2);
    }
    for line in lines.iter().filter(|l| band || l.seeds > 1) {
        fill_band(&painter, line, &x_of, &y_of, c);
    }
    // Z-IL is drawn wide under BP, so that where they coincide both are seen.
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|l| match l.lane.rule.course() {
        Course::Front => 1,
        Course::Reverse => 2,
        _ => 0,
    });
    let mut letters = Vec::new();
    for line in lines.iter().filter(|l| l.run.is_some()) {
        left_run(&painter, line, &x_of, &y_of, c);
        // Beside the plot stand the names of the present run.
        if let (Some(run), Some((x, b))) = (line.run, line.points.last()) {
            let at = pos2(x_of(*x), y_of(b.mean)) + vec2(-1.0, -5.0);
            let near = |(_, other): &(char, Pos2)| other.distance(at) < 12.0;
            // Lines that end together share a letter.
            if !letters.iter().any(near) {
                letters.push((run, at));
                let ink = line.lane.rule.color(c).gamma_multiply(0.7);
                let font = text::caption_font();
                paint::write(&painter, at, Align::RIGHT, &run.to_string(), font, ink);
            }
        }
    }
    for line in order.into_iter().filter(|l| l.run.is_none()) {
        let look = line.lane.rule;
        let points: Vec<Pos2> = line
            .points
            .iter()
            .map(|(x, b)| pos2(x_of(*x), y_of(b.mean)))
            .collect();
        let width = if line.lane.rule.course() == Course::Front && line.lane.look == 0 {
            4.0
        } else {
            2.0
        };
        let mut first = 0;
        for run in runs(&line.points) {
            let run = &points[first..first + run.len()];
            first += run.len();
            let stroke = Stroke::new(width, look.color(c));
            match run {
                [alone] => _ = painter.circle_filled(*alone, width * 0.75, stroke.color),
                run => paint::dashes(&painter, run, &legend::dash(&line.lane), stroke),
            }
        }
        let every = (points.len() / 5).max(1);
        let offset = look.facts().look.quarter * every / 4;
        for p in points.iter().skip(offset).step_by(every) {
            legend::marker(&painter, *p, look.marker(), look.color(c), c.bg1);
        }
        if line.stopped
            && let Some(p) = points.last()
        {
            let hatch = Rect::from_min_max(pos2(p.x, plot.top()), plot.max);
            crate::app::kit::cells::hatch(
                &painter,
                hatch.with_max_x((p.x + 14.0).min(plot.right())),
                c.nan,
            );
            let sign = pos2(
                (p.x + 4.0).min(plot.right() - 2.0),
                (p.y - 4.0).max(plot.top() + 10.0),
            );
            paint::write(
                &painter,
                sign,
                Align::LEFT,
                "!",
                text::mono_strong_font(),
                c.nan,
            );
        }
    }
    labels(&painter, lines, plot, &y_of, last, c);
    // Where one looks, in the past of the run.
    if let Some(at) = frame
        .at
        .filter(|_| frame.view.race_axis == RaceAxis::Updates)
    {
        let x = x_of(at as f64);
        painter.vline(x, plot.y_range(), Stroke::new(1.5, c.t1));
        let handle = Rect::from_center_size(pos2(x, plot.bottom()), egui::vec2(4.0, 8.0));
        painter.rect_filled(handle, 1, c.t1);
    }
    let said: Vec<String> = lines
        .iter()
        .filter(|l| !l.points.is_empty())
        .map(|l| format!("{} {}", l.name(), last(l)))
        .collect();
    let response = ui.interact(plot, ui.scope_id().with(("plot", name)), Sense::hover());
    let said = format!(
        "{name}: {}",
        if said.is_empty() {
            nothing.0.to_owned()
        } else {
            said.join(", ")
        }
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    if let Some(p) = response.hover_pos() {
        let x = f64::from((p.x - plot.left()) / plot.width()) * span;
        painter.vline(p.x, plot.y_range(), Stroke::new(1.0, c.t3));
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

pub(super) fn nice_step(v: f64) -> f64 {
    if v <= 0.0 || !v.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(v.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= v)
        .unwrap_or(10.0 * power)
}

/// Points between which something was measured throughout: a line is drawn through each such run.
pub(super) fn runs(points: &[(f64, Bucket)]) -> impl Iterator<Item = &[(f64, Bucket)]> {
    points.chunk_by(|(_, a), (_, b)| !(a.hole || b.hole || b.after_gap))
}

/// The band between least and most of a line's groups.
pub(super) fn fill_band(
    painter: &egui::Painter,
    line: &Line,
    x_of: &dyn Fn(f64) -> f32,
    y_of: &dyn Fn(f64) -> f32,
    c: &Tokens,
) {
    if line.run.is_some() {
        return;
    }
    // Z-IL's band would lie on BP's; one of the two is enough.
    if line.lane.rule.course() == Course::Front && line.lane.look == 0 {
        return;
    }
    // Opaque, with edges of its own colour: what lies below is covered, and no colour is mixed that is nobody's.
    let own = line.lane.rule.color(c);
    let color: Color32 = mix(c.bg1, own, 0.22);
    let edge = Stroke::new(1.0, mix(c.bg1, own, 0.55));
    for run in runs(&line.points) {
        let side = |of: fn(&Bucket) -> f64| -> Vec<Pos2> {
            let at = |(x, b): &(f64, Bucket)| pos2(x_of(*x), y_of(of(b)));
            run.iter().map(at).collect()
        };
        let edges = [side(|b| b.max), side(|b| b.min)];
        let mut mesh = Mesh::default();
        for (i, (x, b)) in run.iter().enumerate() {
            mesh.colored_vertex(pos2(x_of(*x), y_of(b.max)), color);
            mesh.colored_vertex(pos2(x_of(*x), y_of(b.min)), color);
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

/// Names at the ends of lines; lines that coincide share one.
pub(super) fn labels(
    painter: &egui::Painter,
    lines: &[Line],
    plot: Rect,
    y_of: &dyn Fn(f64) -> f32,
    last: &dyn Fn(&Line) -> String,
    c: &Tokens,
) {
    let mut ends: Vec<(f32, f64, Vec<&LaneSpec>, String)> = Vec::new();
    for line in lines.iter().filter(|l| l.run.is_none()) {
        let Some((_, b)) = line.points.last() else {
            continue;
        };
        match ends.iter_mut().find(|e| e.1.to_bits() == b.mean.to_bits()) {
            Some(e) => e.2.push(&line.lane),
            None => ends.push((y_of(b.mean), b.mean, vec![&*line.lane], last(line))),
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f32::NEG_INFINITY;
    for (y, _, lanes, value) in ends {
        let y = y.max(free);
        free = y + 15.0;
        let base = paint::baseline(painter, y, text::size::BODY);
        let mut x = plot.right() + 8.0;
        // Three names and a value are wider than the margin: what does not fit begins further left, over the plot.
        let words: f32 = lanes
            .iter()
            .map(|lane| paint::width(painter, &lane.label, text::body_font()) + 5.0)
            .sum::<f32>()
            + (lanes.len() - 1) as f32 * (paint::width(painter, "and", text::caption_font()) + 4.0)
            + paint::width(painter, &value, text::mono_small_font());
        x = x.min(painter.clip_rect().right() - 4.0 - words);
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

/// A line of a run that was left: thin.
fn left_run(
    painter: &egui::Painter,
    line: &Line,
    x_of: &dyn Fn(f64) -> f32,
    y_of: &dyn Fn(f64) -> f32,
    c: &Tokens,
) {
    let place = |(x, b): &(f64, Bucket)| pos2(x_of(*x), y_of(b.mean));
    let stroke = Stroke::new(1.0, line.lane.rule.color(c).gamma_multiply(0.7));
    for run in runs(&line.points) {
        let points: Vec<Pos2> = run.iter().map(place).collect();
        match &points[..] {
            [alone] => _ = painter.circle_filled(*alone, 1.0, stroke.color),
            all => paint::dashes(painter, all, &legend::dash(&line.lane), stroke),
        }
    }
}

/// The lines of the present run, and of those that were left and are drawn beside it.
pub(super) fn lines(frame: &Frame<'_>, points: impl Fn(&LaneSnapshot) -> Vec<Bucket>) -> Vec<Line> {
    let hidden = &frame.view.not_overlaid;
    let left = frame.race.kept.iter().filter(|k| !hidden.contains(&k.name));
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
