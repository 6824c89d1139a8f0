//! The race: the count of differing weights, loss, accuracy and distance over updates.

pub use super::lanes::lanes;

use crate::app::format;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{legend, paint};
use crate::app::state::{Frame, RaceAxis};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme, Tokens};
use crate::data::Part;
use crate::experiment::race::LaneKind;
use crate::experiment::series::Bucket;
use crate::experiment::session::LaneSnapshot;
use crate::learning::Rule;
use egui::{
    Align, Color32, Mesh, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

fn lane_of<'a>(frame: &'a Frame<'_>, kind: LaneKind) -> Option<&'a LaneSnapshot> {
    frame.race.lanes.iter().find(|l| l.kind == kind)
}

/// Count first: how many trained weights of Z-IL differ from BP's.
pub fn hero(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let area = ui.max_rect().shrink2(vec2(16.0, 8.0));
    let painter = ui.painter().clone();
    let race = frame.race;
    let zil = lane_of(frame, LaneKind::Zil);
    let apart = zil.and_then(|l| l.apart);
    let (count, rest, sentence) = match (apart, zil) {
        (Some(d), Some(lane)) => {
            let all = format::count(race.parameters as u64);
            let sentence = if lane.differing_updates == 0 {
                format!(
                    "Z-IL against BP, EXACT in all {} updates: every bit, biases included.",
                    format::count(lane.updates)
                )
            } else {
                format!(
                    "Z-IL against BP: some bit differed after {} of {} updates. A condition of exactness does not hold.",
                    format::count(lane.differing_updates),
                    format::count(lane.updates)
                )
            };
            (
                format::count(d.differing_weights as u64),
                format!("of {all} weights differ"),
                sentence,
            )
        }
        _ => (
            "0".into(),
            format!(
                "of {} weights have moved",
                format::count(race.parameters as u64)
            ),
            "Press Train (T): BP, Z-IL and IL start alike, on the same batches.".into(),
        ),
    };
    let middle = area.top() + 34.0;
    let base = paint::baseline(&painter, middle, text::size::HERO);
    let at = paint::write(
        &painter,
        pos2(area.left(), base),
        Align::LEFT,
        &count,
        text::hero_font(),
        c.t1,
    );
    let font = text::verdict_font(text::size::VERDICT_COMPACT);
    let table = 320.0;
    paint::write_within(
        &painter,
        pos2(at.right() + 12.0, base),
        (area.width() - table - at.width()).max(80.0),
        &rest,
        font,
        c.t1,
    );
    let y = paint::baseline(&painter, area.bottom() - 12.0, text::size::BODY);
    paint::write_within(
        &painter,
        pos2(area.left(), y),
        area.width() - table,
        &sentence,
        text::body_font(),
        c.t2,
    );
    let said = format!("{count} {rest}. {sentence}");
    let response = ui.interact(
        area.with_max_x(area.right() - table),
        ui.scope_id().with("count"),
        Sense::hover(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    // Differing weights, bits and distance of every lane but BP.
    let columns = [area.right() - 190.0, area.right() - 96.0, area.right()];
    let y = paint::baseline(&painter, area.top() + 16.0, text::size::CAPTION);
    for (x, name) in columns.into_iter().zip(["weights", "bits", "distance"]) {
        paint::write(
            &painter,
            pos2(x, y),
            Align::RIGHT,
            name,
            text::caption_font(),
            c.t3,
        );
    }
    for (i, lane) in race
        .lanes
        .iter()
        .filter(|l| l.kind != LaneKind::Bp)
        .enumerate()
    {
        let y = paint::baseline(
            &painter,
            area.top() + 40.0 + 24.0 * i as f32,
            text::size::BODY,
        );
        let look = lane.kind.rule();
        paint::write(
            &painter,
            pos2(area.right() - 290.0, y),
            Align::LEFT,
            lane.kind.rule().label(),
            text::body_font(),
            look.color(c),
        );
        let cells = match lane.apart {
            Some(d) => [
                format::count(d.differing_weights as u64),
                format::count(d.differing_bits),
                if d.relative_distance == 0.0 {
                    "0".to_owned()
                } else {
                    format::number3(d.relative_distance)
                },
            ],
            None => ["—".into(), "—".into(), "—".into()],
        };
        for (x, words) in columns.into_iter().zip(&cells) {
            paint::write(
                &painter,
                pos2(x, y),
                Align::RIGHT,
                words,
                text::mono_font(),
                c.t1,
            );
        }
        let hit = Rect::from_min_max(
            pos2(area.right() - 300.0, area.top() + 28.0 + 24.0 * i as f32),
            pos2(area.right(), area.top() + 52.0 + 24.0 * i as f32),
        );
        let response = ui.interact(hit, ui.scope_id().with(("apart", i)), Sense::hover());
        let said = format!(
            "{}: {} weights and {} bits differ from BP, distance {}",
            lane.kind.rule().label(),
            cells[0],
            cells[1],
            cells[2]
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        crate::app::kit::card::hover(
            response,
            &format!("{said}. Distance is |W − W of BP| over |W of BP − first W|."),
        );
    }
    paint::hline(
        &painter,
        ui.max_rect().x_range(),
        ui.max_rect().bottom() - 1.0,
        c.line,
    );
}

/// Updates per drawn point, so that a plot has at most about sixty.
fn group(update: u64) -> u64 {
    let wanted = update.div_ceil(60).max(1);
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
        .into_iter()
        .find(|g| *g >= wanted)
        .unwrap_or(wanted)
}

/// Caption of the loss panel.
pub fn loss_caption(frame: &Frame<'_>) -> String {
    let unit = if frame.experiment.network.loss == crate::network::Loss::CrossEntropy {
        "nats, log"
    } else {
        "log"
    };
    match group(frame.race.update) {
        1 => format!("{unit}; each update"),
        n => format!("{unit}; mean, min and max of {n} updates"),
    }
}

/// One drawn line.
struct Line {
    rule: Rule,
    points: Vec<(f64, Bucket)>,
    stopped: bool,
}

/// The horizontal position of a bucket.
fn along(axis: RaceAxis, lane: &LaneSnapshot, b: &Bucket) -> f64 {
    match axis {
        RaceAxis::Updates => b.update as f64,
        RaceAxis::Time => b.seconds,
        RaceAxis::Products => b.update as f64 * lane.products as f64,
    }
}

fn axis_name(axis: RaceAxis) -> &'static str {
    match axis {
        RaceAxis::Updates => "updates",
        RaceAxis::Time => "s of own time",
        RaceAxis::Products => "matrix products",
    }
}

/// How values stand on the vertical axis.
#[derive(Clone, Copy)]
enum Vertical {
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

/// Draws a plot of lines with bands, markers and direct labels.
#[expect(
    clippy::too_many_arguments,
    reason = "one place draws all plots of the race"
)]
fn plot(
    ui: &mut Ui,
    frame: &Frame<'_>,
    area: Rect,
    lines: &[Line],
    vertical: Vertical,
    ticks: &[f64],
    write: &dyn Fn(f64) -> String,
    last: &dyn Fn(&Line) -> String,
    band: bool,
    name: &str,
) {
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let plot = Rect::from_min_max(area.min + vec2(44.0, 10.0), area.max - vec2(124.0, 24.0));
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
    let most = lines
        .iter()
        .flat_map(|l| &l.points)
        .map(|p| p.0)
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
    if lines.iter().all(|l| l.points.is_empty()) {
        let long = "Press Train to race BP, Z-IL and IL from one initial state.";
        let fits = paint::width(&painter, long, text::body_font()) <= plot.width();
        let words = if fits { long } else { "Press Train." };
        paint::centred(&painter, plot, words, text::body_font(), c.t2);
    }
    if band {
        for line in lines {
            fill_band(&painter, line, &x_of, &y_of, c);
        }
    }
    // Z-IL is drawn wide under BP, so that where they coincide both are seen.
    let mut order: Vec<&Line> = lines.iter().collect();
    order.sort_by_key(|l| match l.rule {
        Rule::Zil => 1,
        Rule::Bp => 2,
        _ => 0,
    });
    for line in order {
        let look = line.rule;
        let points: Vec<Pos2> = line
            .points
            .iter()
            .map(|(x, b)| pos2(x_of(*x), y_of(b.mean)))
            .collect();
        let width = if line.rule == Rule::Zil { 4.0 } else { 2.0 };
        if points.len() > 1 {
            paint::dashes(
                &painter,
                &points,
                look.dash(),
                Stroke::new(width, look.color(c)),
            );
        }
        let every = (points.len() / 5).max(1);
        let offset = match line.rule {
            Rule::Bp => every / 2,
            Rule::Zil => every / 4,
            Rule::Il => 0,
            _ => 3 * every / 4,
        };
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
            paint::write(
                &painter,
                pos2(p.x + 4.0, p.y - 4.0),
                Align::LEFT,
                "!",
                text::mono_strong_font(),
                c.nan,
            );
        }
    }
    labels(&painter, lines, plot, &y_of, last, c);
    let said: Vec<String> = lines
        .iter()
        .filter(|l| !l.points.is_empty())
        .map(|l| format!("{} {}", l.rule.label(), last(l)))
        .collect();
    let response = ui.interact(plot, ui.scope_id().with(("plot", name)), Sense::hover());
    let said = format!(
        "{name}: {}",
        if said.is_empty() {
            "nothing trained yet".to_owned()
        } else {
            said.join(", ")
        }
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &said));
    if let Some(p) = response.hover_pos() {
        let x = f64::from((p.x - plot.left()) / plot.width()) * span;
        painter.vline(p.x, plot.y_range(), Stroke::new(1.0, c.t3));
        let rows: Vec<String> = lines
            .iter()
            .filter_map(|l| {
                let (_, b) = l
                    .points
                    .iter()
                    .min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs()))?;
                Some(format!(
                    "{} {} at update {}{}",
                    l.rule.label(),
                    write(b.mean),
                    format::count(b.update),
                    if b.count > 1 {
                        format!(", {} to {} over {}", write(b.min), write(b.max), b.count)
                    } else {
                        String::new()
                    }
                ))
            })
            .collect();
        response.on_hover_ui_at_pointer(|ui| {
            for row in rows {
                ui.label(text::body(row));
            }
        });
    }
}

fn nice_step(v: f64) -> f64 {
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

/// The band between least and most of a line's groups.
fn fill_band(
    painter: &egui::Painter,
    line: &Line,
    x_of: &dyn Fn(f64) -> f32,
    y_of: &dyn Fn(f64) -> f32,
    c: &Tokens,
) {
    // Z-IL's band would lie on BP's; one of the two is enough.
    if line.rule == Rule::Zil {
        return;
    }
    let color: Color32 = line.rule.color(c).gamma_multiply(0.22);
    let mut mesh = Mesh::default();
    for (i, (x, b)) in line.points.iter().enumerate() {
        mesh.colored_vertex(pos2(x_of(*x), y_of(b.max)), color);
        mesh.colored_vertex(pos2(x_of(*x), y_of(b.min)), color);
        if i > 0 {
            let k = 2 * i as u32;
            mesh.add_triangle(k - 2, k - 1, k);
            mesh.add_triangle(k - 1, k, k + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Names at the ends of lines; lines that coincide share one.
fn labels(
    painter: &egui::Painter,
    lines: &[Line],
    plot: Rect,
    y_of: &dyn Fn(f64) -> f32,
    last: &dyn Fn(&Line) -> String,
    c: &Tokens,
) {
    let mut ends: Vec<(f32, f64, Vec<Rule>, String)> = Vec::new();
    for line in lines {
        let Some((_, b)) = line.points.last() else {
            continue;
        };
        match ends.iter_mut().find(|e| e.1.to_bits() == b.mean.to_bits()) {
            Some(e) => e.2.push(line.rule),
            None => ends.push((y_of(b.mean), b.mean, vec![line.rule], last(line))),
        }
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f32::NEG_INFINITY;
    for (y, _, rules, value) in ends {
        let y = y.max(free);
        free = y + 15.0;
        let base = paint::baseline(painter, y, text::size::BODY);
        let mut x = plot.right() + 8.0;
        // Three names and a value are wider than the margin: what does not fit begins further left, over the plot.
        let words: f32 = rules
            .iter()
            .map(|rule| paint::width(painter, rule.label(), text::body_font()) + 5.0)
            .sum::<f32>()
            + (rules.len() - 1) as f32 * (paint::width(painter, "and", text::caption_font()) + 4.0)
            + paint::width(painter, &value, text::mono_small_font());
        x = x.min(painter.clip_rect().right() - 4.0 - words);
        for (i, rule) in rules.iter().enumerate() {
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
                rule.label(),
                text::body_font(),
                rule.color(c),
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

fn lines(frame: &Frame<'_>, points: impl Fn(&LaneSnapshot) -> Vec<Bucket>) -> Vec<Line> {
    frame
        .race
        .lanes
        .iter()
        .map(|lane| Line {
            rule: lane.kind.rule(),
            points: points(lane)
                .into_iter()
                .map(|b| (along(frame.view.race_axis, lane, &b), b))
                .filter(|(x, b)| x.is_finite() && b.mean.is_finite())
                .collect(),
            stopped: lane.failure.is_some(),
        })
        .collect()
}

/// Training loss over updates.
pub fn loss(ui: &mut Ui, frame: &mut Frame<'_>) {
    let size = group(frame.race.update);
    let lines = lines(frame, |lane| lane.loss.grouped(size));
    let values = || lines.iter().flat_map(|l| &l.points).map(|p| p.1);
    let low = values()
        .map(|b| b.min)
        .filter(|v| *v > 0.0)
        .fold(f64::INFINITY, f64::min);
    let high = values()
        .map(|b| b.max)
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    let (low, high) = if low.is_finite() && high > 0.0 {
        (low.max(high * 1e-5), high)
    } else {
        (0.05, 2.5)
    };
    let ticks: Vec<f64> = (-6..=3)
        .flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(p)))
        .filter(|t| *t >= low * 0.8 && *t <= high * 1.25)
        .collect();
    let (low, high) = (
        ticks.first().copied().unwrap_or(low).min(low),
        ticks.last().copied().unwrap_or(high).max(high),
    );
    let area = ui.max_rect();
    let last = |l: &Line| {
        l.points
            .last()
            .map_or_else(String::new, |p| format::number3(p.1.mean))
    };
    plot(
        ui,
        frame,
        area,
        &lines,
        Vertical::Log(low, high.max(low * 1.5)),
        &ticks,
        &format::number3,
        &last,
        true,
        "Training loss",
    );
}

/// Accuracy on a part of the data; the part is chosen above the plot.
pub fn accuracy(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let area = ui.max_rect();
    let id = egui::Id::unique("accuracy part");
    let mut chosen = ui.data(|d| d.get_temp::<usize>(id)).unwrap_or(0);
    let parts = [Part::Test, Part::Validation, Part::Train];
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(Rect::from_min_size(
                area.min + vec2(12.0, 4.0),
                vec2(area.width() - 24.0, 26.0),
            ))
            .layout(egui::Layout::left_to_right(Align::Center)),
    );
    if Segmented::new("Part of the data", &["test", "validation", "train"])
        .show(&mut row, &mut chosen)
        .changed()
    {
        ui.data_mut(|d| d.insert_temp(id, chosen));
    }
    let part = parts[chosen.min(2)];
    let n = frame
        .race
        .lanes
        .iter()
        .flat_map(|l| &l.scores)
        .find(|s| s.1 == part)
        .map_or(frame.race.scored.min(frame.data.range(part).len()), |s| {
            s.2.n
        });
    row.add_space(10.0);
    row.label(text::caption(format!("n = {}", format::count(n as u64))).color(c.t3));
    let lines = lines(frame, |lane| {
        let series = match part {
            Part::Test => &lane.accuracy,
            Part::Validation => &lane.validation,
            Part::Train => &lane.training,
        };
        series.buckets().to_vec()
    });
    let last = |l: &Line| {
        l.points
            .last()
            .map_or_else(String::new, |p| format::fixed(p.1.mean * 100.0, 1))
    };
    let write = |v: f64| format!("{:.0} %", v * 100.0);
    let plot_area = area.with_min_y(area.top() + 30.0);
    plot(
        ui,
        frame,
        plot_area,
        &lines,
        Vertical::Linear(0.0, 1.0),
        &[0.0, 0.25, 0.5, 0.75, 1.0],
        &write,
        &last,
        false,
        "Accuracy",
    );
}

/// Distance of each lane's weights from BP's.
pub fn distance(ui: &mut Ui, frame: &mut Frame<'_>) {
    let size = group(frame.race.update);
    let lines: Vec<Line> = lines(frame, |lane| lane.distance.grouped(size))
        .into_iter()
        .filter(|l| l.rule != Rule::Bp)
        .collect();
    let high = lines
        .iter()
        .flat_map(|l| &l.points)
        .map(|p| p.1.max)
        .filter(|v| v.is_finite())
        .fold(1.0, f64::max);
    let high = if high <= 1.0 { 1.0 } else { nice_step(high) };
    let last = |l: &Line| match l.points.last() {
        Some(_) if l.points.iter().all(|p| p.1.max == 0.0) => "exactly 0".to_owned(),
        // The newest distance itself, as the count above the plots says it, not the mean of the last group.
        Some(p) => frame
            .race
            .lanes
            .iter()
            .find(|lane| lane.kind.rule() == l.rule)
            .and_then(|lane| lane.apart)
            .map_or_else(
                || format::number3(p.1.mean),
                |d| format::number3(d.relative_distance),
            ),
        None => String::new(),
    };
    let area = ui.max_rect();
    plot(
        ui,
        frame,
        area,
        &lines,
        Vertical::Linear(0.0, high),
        &[0.0, high / 2.0, high],
        &format::number3,
        &last,
        false,
        "Weight distance to BP",
    );
}
