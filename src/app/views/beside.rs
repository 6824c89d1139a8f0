//! Two runs side by side: a view of the first, of the second, and of what the second is more than the first, and curves of that.

use super::race_plot::Line;
use crate::app::format;
use crate::app::kit::axis::{Unit, ceiling};
use crate::app::kit::plot::Plot;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::shown::{Fit, Shown};
use crate::app::kit::{card, legend, paint};
use crate::app::state::{Choice, Frame, Of, Side};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme};
use crate::experiment::lane::LaneSpec;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::experiment::session::Beside;
use egui::{Align, Color32, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// The height of the names of columns.
const TITLE: f32 = 18.0;

/// The names of a pair and of their difference.
pub(super) fn names([a, b]: [char; 2]) -> [String; 3] {
    [a.to_string(), b.to_string(), format!("{b} − {a}")]
}

/// Draws a view three times beside each other: of both runs, and of their difference. False if no pair is pinned, or nothing is there
/// of it yet. `left` is the room that the view needs for names at its left, which stand in the first column alone.
pub(super) fn columns(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    left: f32,
    draw: fn(&mut Ui, &mut Frame<'_>),
) -> bool {
    let area = ui.max_rect();
    let c = Theme::get(ui);
    let beside: &Beside = match frame.beside {
        None => return false,
        Some(Ok(beside)) => beside,
        Some(Err(run)) => {
            let words =
                format!("Nothing is kept of run {run} at this update: it cannot be beside.");
            title(ui, area.left_top(), area.width(), (&words, ""));
            let rest = area.with_min_y(area.top() + TITLE);
            let mut rest = ui.new_child(UiBuilder::new().max_rect(rest));
            draw(&mut rest, frame);
            return true;
        }
    };
    let names = names(beside.runs);
    let all = beside.all();
    let width = (area.width() - left) / 3.0;
    let after = beside.runs.map(|run| said_of(frame, beside, run));
    let mut x = area.left();
    for (i, (name, micro)) in names.iter().zip(all).enumerate() {
        let room = if i == 0 { width + left } else { width };
        let at = pos2(x + if i == 0 { left } else { 0.0 }, area.top());
        let rest = after.get(i).map_or("", String::as_str);
        title(ui, at, width, (name, rest));
        let rect = Rect::from_min_max(pos2(x, area.top() + TITLE), pos2(x + room, area.bottom()));
        x += room;
        let mut column = ui.new_child(UiBuilder::new().id_salt(("beside", i)).max_rect(rect));
        column.set_clip_rect(rect.intersect(ui.clip_rect()));
        let side = Side {
            name,
            difference: i == 2,
            first: i == 0,
        };
        draw(&mut column, &mut of(frame, micro, side));
    }
    // Between the columns.
    for i in 1..3 {
        let x = area.left() + left + width * i as f32 - 1.0;
        paint::vline(ui.painter(), x, area.shrink(4.0).y_range(), c.line);
    }
    true
}

/// The same frame with one of a pair in place of what is looked at.
fn of<'a>(frame: &'a mut Frame<'_>, micro: &'a MicroscopeSnapshot, side: Side<'a>) -> Frame<'a> {
    Frame {
        micro,
        side: Some(side),
        race: frame.race,
        at: frame.at,
        data: frame.data,
        experiment: frame.experiment,
        switches: frame.switches,
        plane: frame.plane,
        pair: frame.pair,
        beside: frame.beside,
        view: frame.view,
        foot: frame.foot,
        far: frame.far,
        can_take_up: frame.can_take_up,
        changed: frame.changed,
        draft: frame.draft,
        actions: frame.actions,
    }
}

/// A pair of runs as far as it is there, and which of it is drawn by views that draw one, by its place in [`Of::ALL`].
pub(super) fn chosen<'a>(frame: &Frame<'a>) -> Option<(&'a Beside, usize)> {
    let beside = frame.beside?.ok()?;
    Some((beside, frame.view.of as usize))
}

/// What a caption says of the run that is drawn: "run B, update 40: ".
pub(super) fn caption_of(frame: &Frame<'_>) -> String {
    match chosen(frame) {
        Some((beside, i)) => format!(
            "{}, update {}: ",
            names(beside.runs)[i],
            format::count(beside.update)
        ),
        None => String::new(),
    }
}

/// What is chosen of a pair, and after which update it is.
fn choice(ui: &mut Ui, frame: &mut Frame<'_>, beside: &Beside) {
    let names = names(beside.runs);
    let options = names.each_ref().map(String::as_str);
    let mut which = frame.view.of as usize;
    ui.horizontal(|ui| {
        let c = Theme::get(ui);
        let choice = Segmented::new("Run that is drawn", &options).explained_by("run of a pair");
        if choice.show(ui, &mut which).changed() {
            frame.choose(Choice::Of(Of::ALL[which.min(2)]));
        }
        let words = match beside.runs.get(which) {
            Some(run) => said_of(frame, beside, *run),
            None => format!("after update {}", format::count(beside.update)),
        };
        ui.add(egui::Label::new(text::caption(words).color(c.t2)).truncate());
    });
}

/// The height of the choice above a view.
const CHOICE: f32 = 30.0;

/// Draws a view of one of a pair of runs, or of their difference, with the choice above it; without a pair, of what is looked at.
pub(super) fn one(ui: &mut Ui, frame: &mut Frame<'_>, draw: fn(&mut Ui, &mut Frame<'_>)) {
    let Some((beside, i)) = chosen(frame) else {
        return draw(ui, frame);
    };
    let area = ui.max_rect();
    let top = Rect::from_min_size(area.min, vec2(area.width(), CHOICE));
    let top = top.shrink2(vec2(10.0, 3.0));
    let mut top = ui.new_child(UiBuilder::new().id_salt("of a pair").max_rect(top));
    choice(&mut top, frame, beside);
    let rest = area.with_min_y(area.top() + CHOICE);
    let mut rest = ui.new_child(UiBuilder::new().id_salt("one of a pair").max_rect(rest));
    let side = Side {
        name: &names(beside.runs)[i],
        difference: i == 2,
        first: true,
    };
    draw(&mut rest, &mut of(frame, beside.all()[i], side));
}

/// What is said of a run of a pair: its name, where it has one, and the update.
fn said_of(frame: &Frame<'_>, beside: &Beside, run: char) -> String {
    let after = format!("after update {}", format::count(beside.update));
    match frame.view.run_looks.get(&run).map(|look| &*look.name) {
        None | Some("") => after,
        Some(name) => format!("“{name}”, {after}"),
    }
}

/// The name of a column, and what is said of it where there is room.
fn title(ui: &mut Ui, at: egui::Pos2, width: f32, (name, rest): (&str, &str)) {
    let c = Theme::get(ui);
    let rect = Rect::from_min_size(at, vec2(width, TITLE));
    let response = ui.interact(rect, ui.scope_id().with(name), Sense::hover());
    let words = format!("{name} {rest}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.trim_end()));
    let painter = ui.painter();
    let y = paint::baseline(painter, rect.center().y + 2.0, text::size::BODY);
    let (at, font) = (pos2(rect.left() + 12.0, y), text::strong_font());
    let name = paint::write_within(painter, at, width - 16.0, name, font, c.t1).0;
    let x = name.right() + 6.0;
    if x + paint::width(painter, rest, text::caption_font()) < rect.right() - 4.0 {
        let (at, font) = (pos2(x, y), text::caption_font());
        paint::write(painter, at, Align::LEFT, rest, font, c.t2);
    }
    let what = match rest {
        "" => "What the second run is more than the first, on the same scales.",
        _ => "The weights of this run, for the same example, inferred alike.",
    };
    card::hover(response, &format!("{}. {what}", words.trim_end()));
}

/// A curve of what the second run of a pair is more than the first.
pub(super) struct Apart {
    pub(super) name: String,
    pub(super) color: Color32,
    pub(super) dash: Vec<f32>,
    pub(super) points: Vec<(f64, f64)>,
}

/// The difference between the lines of two runs, lane by lane, wherever both have a point of the same updates.
pub(super) fn apart(lines: &[Line], [a, b]: [char; 2], present: char, ui: &Ui) -> Vec<Apart> {
    let c = Theme::get(ui);
    let of = |run: char, lane: &Arc<LaneSpec>| {
        let own = (run != present).then_some(run);
        lines
            .iter()
            .find(move |l| l.run == own && l.lane.id == lane.id)
    };
    let lanes = lines.iter().filter(|l| l.run.is_none());
    lanes
        .filter_map(|line| {
            let (first, second) = (of(a, &line.lane)?, of(b, &line.lane)?);
            let mut points = Vec::new();
            let mut from = 0;
            for (x, there) in &second.points {
                // Both go by updates.
                let rest = &first.points[from..];
                from += rest
                    .iter()
                    .take_while(|p| p.1.update < there.update)
                    .count();
                let Some((_, here)) = first.points.get(from) else {
                    break;
                };
                if (here.update, here.count) == (there.update, there.count) {
                    points.push((*x, there.mean - here.mean));
                }
            }
            (!points.is_empty()).then(|| Apart {
                name: line.lane.label.clone(),
                color: line.lane.rule.color(c),
                dash: legend::dash(&line.lane).to_vec(),
                points,
            })
        })
        .collect()
}

/// How high the strip of differences is below a plot of this height; 0 where there is no room for both.
pub(super) fn strip_height(height: f32) -> f32 {
    match height {
        170.0.. => (0.3 * height).clamp(54.0, 120.0),
        _ => 0.0,
    }
}

/// Draws what the second run is more than the first, around 0, below a plot whose axis across it shares.
pub(super) fn strip(ui: &mut Ui, above: &Plot<'_>, rect: Rect, title: &str, curves: &[Apart]) {
    let c = Theme::get(ui);
    let values = || curves.iter().flat_map(|l| &l.points).map(|p| p.1);
    let most = values()
        .map(f64::abs)
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max);
    let most = ceiling(most);
    let fit = Fit {
        y: [-most, most],
        powers: None,
        units: [above.fit.units[0], Unit::Plain],
        ..above.fit
    };
    let shown: Shown = above.shown.across();
    let rect = rect.with_min_x(above.rect.left());
    let rect = rect.with_max_x(above.rect.right());
    let plot = Plot::new(title, rect, fit, shown);
    let painter = plot.painter(ui);
    for v in [-most, most] {
        let y = plot.y_of(v);
        paint::hline(ui.painter(), rect.x_range(), y, c.line);
        let y = paint::baseline(ui.painter(), y, text::size::MONO_SMALL);
        let words = format::number3(v);
        let (at, font) = (pos2(rect.left() - 7.0, y), text::mono_small_font());
        paint::write(ui.painter(), at, Align::RIGHT, &words, font, c.t3);
    }
    painter.hline(rect.x_range(), plot.y_of(0.0), Stroke::new(1.0, c.t2));
    for curve in curves {
        for run in plot.cut(curve.points.iter().copied()) {
            match &run[..] {
                [alone] => _ = painter.circle_filled(*alone, 1.5, curve.color),
                run => paint::dashes(&painter, run, &curve.dash, Stroke::new(1.5, curve.color)),
            }
        }
    }
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    let short = title.rsplit(", ").next().unwrap_or(title);
    let (at, font) = (pos2(rect.right() + 8.0, y), text::strong_font());
    paint::write(ui.painter(), at, Align::LEFT, short, font, c.t2);
    let number = |v: f64| super::fit::signed(v, format::number3(v));
    let last = |curve: &Apart| {
        let (x, v) = curve.points.last().copied().unwrap_or_default();
        (
            curve.name.clone(),
            format!("{} at {}", number(v), format::number(x)),
        )
    };
    let each: Vec<String> = curves
        .iter()
        .map(|curve| {
            let (name, value) = last(curve);
            format!("{name} {value}")
        })
        .collect();
    let words = match each.is_empty() {
        true => format!("{title}: they have no point in common"),
        false => format!("{title}: {}", each.join(", ")),
    };
    let response = ui.interact(rect, ui.scope_id().with(("strip", title)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let Some(p) = response.hover_pos() else {
        return;
    };
    painter.vline(p.x, rect.y_range(), Stroke::new(1.0, c.t3));
    let x = plot.across(p.x);
    let rows: Vec<(&str, String)> = curves
        .iter()
        .filter_map(|curve| {
            let near = |p: &&(f64, f64)| (p.0 - x).abs();
            let nearest = curve
                .points
                .iter()
                .min_by(|a, b| near(a).total_cmp(&near(b)))?;
            let value = format::significant(nearest.1, 6);
            Some((
                &*curve.name,
                format!("{value} at {}", format::number(nearest.0)),
            ))
        })
        .collect();
    response.on_hover_ui_at_pointer(|ui| card::card(ui, title, &rows));
}
