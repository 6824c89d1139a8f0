//! Predicted against true, and the residuals, of targets that are values: in the units of the targets as stored.

use super::beside;
use super::scored;
use crate::app::format;
use crate::app::kit::axis::{Unit, powers_for};
use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::plot::{Plot, TOP, left_of};
use crate::app::kit::segmented::Segmented;
use crate::app::kit::shown::Fit;
use crate::app::kit::{card, focus, paint, panel};
use crate::app::naming;
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme, Tokens, metrics};
use crate::data::Part;
use crate::experiment::answers::Answers;
use crate::experiment::fitted::{Fitted, TargetFit};
use crate::experiment::session::{Beside, RaceCommand, RaceState};
use egui::{
    Align, Color32, Key, Painter, Pos2, Rangef, Rect, Response, Role, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

/// What the words of the summary mean.
const TERMS: &str = "Typical miss: the root of the mean squared miss. R²: the share of the variance that is explained; \
    0 is the mean, 1 is perfect. Loss: half the mean squared miss. The mean is that of the examples that train.";

/// The most points that are drawn.
const MOST_POINTS: usize = 2000;

/// So many points have a line each to what would be right.
const FEW: usize = 60;

/// How near the pointer takes hold of a point, in points of the screen.
const NEAR: f32 = 9.0;

/// Caption of the panel.
pub fn caption(frame: &Frame<'_>) -> String {
    target_name(frame, chosen(frame))
}

/// How many examples of a part were answered, and after which update of the lane.
fn when(frame: &Frame<'_>, fitted: &Fitted) -> String {
    let all = frame.data.range(fitted.part).len() as u64;
    let n = match fitted.examples.len() as u64 {
        n if n == all => format::count(n),
        n => format::of(n, all),
    };
    format!("update {}, n = {n}", format::count(fitted.update))
}

/// What the answers to one target are called: its name, with its number where there are several.
pub(super) fn target_name(frame: &Frame<'_>, target: usize) -> String {
    let name = frame.data.target_name().unwrap_or("target");
    match frame.data.target_len() {
        1 => name.to_owned(),
        _ => format!("{name} {}", target + 1),
    }
}

/// The target looked at.
pub(super) fn chosen(frame: &Frame<'_>) -> usize {
    let last = frame.data.target_len().saturating_sub(1);
    frame.view.target.min(last)
}

/// The pair of runs that is looked at, with its answers, where they are to the examples and of the lane that are shown.
fn pair_of<'a>(frame: &Frame<'a>, fitted: &Fitted) -> Option<(&'a Beside, &'a [Answers; 2])> {
    let beside = frame.beside?.ok()?;
    let answers = beside.answers.as_deref()?;
    let same = answers[0].part == fitted.part && beside.lane == fitted.lane;
    same.then_some((beside, answers))
}

/// Draws the view.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let area = ui.max_rect().shrink2(vec2(12.0, 6.0));
    let mut top = ui.new_child(egui::UiBuilder::new().max_rect(area));
    top.spacing_mut().item_spacing = vec2(8.0, 4.0);
    controls(&mut top, frame);
    let target = chosen(frame);
    let fitted = frame.race.fitted.clone();
    let fit = fitted
        .as_ref()
        .and_then(|f| Some((f, f.targets.get(target)?)));
    let Some((fitted, fit)) = fit else {
        let rest = area.with_min_y(top.min_rect().bottom());
        let mut rest = ui.new_child(egui::UiBuilder::new().max_rect(rest));
        panel::empty(&mut rest, &waiting(frame));
        return;
    };
    let c = Theme::get(ui);
    let (words, line) = match pair_of(frame, fitted) {
        Some((beside, answers)) => {
            let words = summary_of_pair(beside, answers, target);
            let update = format::count(beside.update);
            let n = format::count(answers[0].examples.len() as u64);
            let line = format!("Both after update {update}, n = {n}: {words}");
            (words, line)
        }
        None => {
            let words = summary(fitted, fit);
            let line = format!("U{}: {words}", &when(frame, fitted)[1..]);
            (words, line)
        }
    };
    let line = top.add(egui::Label::new(text::body(line).color(c.t1)).wrap());
    card::hover(line, TERMS);
    let plot = area.with_min_y(top.min_rect().bottom() + 2.0);
    plot_of(ui, frame, plot, (fitted, fit, target), &words);
}

/// What is shown, of which part, lane and target.
fn controls(ui: &mut Ui, frame: &mut Frame<'_>) {
    let browsed = frame.race.browsed;
    ui.horizontal_wrapped(|ui| {
        let mut which = usize::from(frame.view.residuals);
        if Segmented::new("What is drawn", &["against true", "residuals"])
            .show(ui, &mut which)
            .changed()
        {
            frame.choose(Choice::Residuals(which == 1));
        }
        if let Some((lane, part)) = browsed {
            let parts = [Part::Validation, Part::Test];
            let mut chosen = usize::from(part == Part::Test);
            let none = [
                "These data have no validation part.",
                "These data have no test part.",
            ];
            let without: Vec<(usize, &str)> = (0..2)
                .filter(|&i| frame.data.range(parts[i]).is_empty())
                .map(|i| (i, none[i]))
                .collect();
            if Segmented::new("Part of the data", &["validation", "test"])
                .disabled(&without)
                .show(ui, &mut chosen)
                .changed()
            {
                let command = RaceCommand::Browse(lane, parts[chosen.min(1)]);
                frame.actions.push(Action::Race(command));
            }
            let lanes: Vec<&str> = frame.race.lanes.iter().map(|l| &*l.spec.label).collect();
            let at = frame.race.lanes.iter().position(|l| l.spec.id == lane);
            let mut chosen = at.unwrap_or(0);
            if Dropdown::new("Lane", &lanes)
                .plain()
                .show(ui, &mut chosen)
                .changed()
                && let Some(lane) = frame.race.lanes.get(chosen)
            {
                let command = RaceCommand::Browse(lane.spec.id, part);
                frame.actions.push(Action::Race(command));
            }
        }
        if frame.data.target_len() > 1 {
            let names: Vec<String> = (0..frame.data.target_len())
                .map(|i| target_name(frame, i))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut target = chosen(frame);
            if Dropdown::new("Target", &names)
                .plain()
                .show(ui, &mut target)
                .changed()
            {
                frame.choose(Choice::Target(target));
            }
        }
        if let Some((lane, part)) = browsed
            && older(frame)
        {
            let words = format!(
                "score all {}",
                format::count(frame.data.range(part).len() as u64)
            );
            if Button::plain(&words)
                .hover("Runs every example of this part through the lane's present weights.")
                .show(ui)
                .clicked()
            {
                let command = RaceCommand::Browse(lane, part);
                frame.actions.push(Action::Race(command));
            }
        }
    });
}

/// Whether there is more to be shown than is: more examples, or newer weights of a lane that rests.
fn older(frame: &Frame<'_>) -> bool {
    let Some(fitted) = &frame.race.fitted else {
        return true;
    };
    let lane = frame.race.lanes.iter().find(|l| l.spec.id == fitted.lane);
    let newer = lane.is_some_and(|l| l.updates > fitted.update);
    let rests = frame.race.state != RaceState::Running;
    newer && rests || fitted.examples.len() < frame.data.range(fitted.part).len()
}

/// What is said while nothing has been scored.
fn waiting(frame: &Frame<'_>) -> String {
    scored::waiting(frame, "the answers are set beside what is true here")
}

/// How good the answers are, in a sentence or two.
fn summary(fitted: &Fitted, fit: &TargetFit) -> String {
    if !fit.miss.is_finite() {
        return "The answers are not finite: this lane has run away.".to_owned();
    }
    let number = format::number3;
    let alone = fitted.targets.len() == 1;
    let loss = match alone {
        true => format!(" Loss {}.", number(fitted.score.loss)),
        false => String::new(),
    };
    let r2 = fit
        .r2
        .map_or_else(String::new, |r2| format!(", R² {}", format::fixed(r2, 3)));
    let rest = format!("Typical miss {}{r2}.", number(fit.miss));
    if fit.miss < fit.mean_miss {
        let mean = number(fit.mean_miss);
        return format!("{rest} Always the mean misses by {mean}.{loss}");
    }
    let mean = match alone {
        true => format!("loss {}", number(fitted.score.mean_loss)),
        false => format!("typical miss {}", number(fit.mean_miss)),
    };
    format!("No better than the mean ({mean}). {rest}{loss}")
}

/// How good the answers of both of a pair of runs are, and how much less or more the second misses.
fn summary_of_pair(beside: &Beside, answers: &[Answers; 2], target: usize) -> String {
    let names = beside::names(beside.runs);
    let number = format::number3;
    let fits = answers.each_ref().map(|a| a.targets.get(target));
    let mut words = String::new();
    for (name, fit) in names.iter().zip(fits) {
        let said = match fit {
            Some(fit) if fit.miss.is_finite() => {
                let r2 = fit.r2;
                let r2 = r2.map_or_else(String::new, |r2| format!(", R² {}", format::fixed(r2, 3)));
                format!("typical miss {}{r2}", number(fit.miss))
            }
            _ => "the answers are not finite".to_owned(),
        };
        words.push_str(&format!("{name}: {said}. "));
    }
    if let [Some(a), Some(b)] = fits {
        let more = b.miss - a.miss;
        if more.is_finite() {
            let more = signed(more, number(more));
            words.push_str(&format!("{}: {more}. ", names[2]));
        }
        words.push_str(&format!(
            "Always the mean misses by {}.",
            number(b.mean_miss)
        ));
    }
    words
}

/// One example: its number, what is true, what was said; of a pair of runs by the second, and what the first said.
struct Point {
    example: usize,
    truth: f64,
    said: f64,
    first: Option<f64>,
}

/// What the axes are remembered by.
const FIT: &str = "Fit";

/// Where numbers lie on the screen.
struct Axes<'a> {
    plot: Plot<'a>,
    residuals: bool,
}

impl Axes<'_> {
    /// What stands across and upwards of a point.
    fn numbers(&self, point: &Point) -> (f64, f64) {
        match self.residuals {
            true => (point.said, point.truth - point.said),
            false => (point.truth, point.said),
        }
    }

    /// True if it is within the axes.
    fn has(&self, point: &Point) -> bool {
        let (x, y) = self.numbers(point);
        self.plot.has(x, y)
    }

    /// Where a point is drawn.
    fn of(&self, point: &Point) -> Pos2 {
        let (x, y) = self.numbers(point);
        self.plot.at(x, y)
    }

    /// Where it would be drawn if what was said were true.
    fn right(&self, point: &Point) -> Pos2 {
        match self.residuals {
            true => self.plot.at(point.said, 0.0),
            false => self.plot.at(point.truth, point.truth),
        }
    }
}

/// The ends of an axis with some room beyond what is shown.
fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low > high {
        return [0.0, 1.0];
    }
    // A single value has room on both sides too.
    let span = (high - low).max(high.abs().max(low.abs()) * 1e-6);
    let room = if span > 0.0 { 0.06 * span } else { 1.0 };
    [low - room, high + room]
}

fn plot_of(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    area: Rect,
    (fitted, fit, target): (&Fitted, &TargetFit, usize),
    words: &str,
) {
    let c = Theme::get(ui);
    let residuals = frame.view.residuals;
    let pair = pair_of(frame, fitted);
    let every = fitted.examples.len().div_ceil(MOST_POINTS).max(1);
    let points: Vec<Point> = fitted
        .examples
        .clone()
        .step_by(every)
        .filter_map(|example| {
            let truth = *frame.data.stored_target(example)?.get(target)?;
            let [first, said] = match pair {
                Some((_, answers)) => answers.each_ref().map(|a| a.said(example, target)),
                None => [None, fitted.said(example, target)],
            };
            Some(Point {
                example,
                truth,
                said: said?,
                first,
            })
        })
        .collect();
    let said = || {
        points
            .iter()
            .flat_map(|p| p.first.into_iter().chain([p.said]))
    };
    let both = || points.iter().map(|p| p.truth).chain(said());
    let (x, y) = if residuals {
        let off = points.iter().flat_map(|p| {
            let both = p.first.into_iter().chain([p.said]);
            both.map(|said| (p.truth - said).abs())
        });
        let most = off.fold(0.0, f64::max);
        (ends(said()), ends([-most, most].into_iter()))
    } else {
        (ends(both()), ends(both()))
    };
    let title = match residuals {
        true => "Residuals",
        false => "Predicted against true",
    };
    let positive = !residuals && both().all(|v| v > 0.0);
    let shape = Fit {
        x,
        y,
        powers: powers_for(both()).filter(|_| positive),
        log: false,
        both: true,
        of: u32::from(residuals) + 2 * target as u32,
        units: [Unit::Plain; 2],
        grows: false,
    };
    let shown = frame.shown(FIT);
    let height = area.height() - TOP - 22.0;
    let left = left_of(ui.painter(), shape.axes(&shown)[1], height, Unit::Plain);
    let rect = Rect::from_min_max(area.min + vec2(left + 4.0, TOP), area.max - vec2(6.0, 22.0));
    let rect = paint::snap_rect(ui.painter(), rect);
    let axes = Axes {
        plot: Plot::new(title, rect, shape, shown),
        residuals,
    };
    let at = pos2(area.right(), area.top() + 0.5 * TOP);
    if let Some(shown) = axes.plot.tools(ui, at) {
        frame.choose(Choice::Plot(FIT, shown));
    }
    let response = ui.interact(rect, ui.scope_id().with("fit"), Sense::click_and_drag());
    let drawn = match every {
        1 => String::new(),
        _ => format!(", {} drawn", format::count(points.len() as u64)),
    };
    let lane = frame.race.label(&fitted.lane);
    let of = match &pair {
        Some((beside, _)) => {
            let [a, b] = beside.runs;
            let update = format::count(beside.update);
            format!(
                "{}, {lane}, {a} (rings) and {b} after update {update}",
                fitted.part
            )
        }
        None => format!("{}, {lane}, {}", fitted.part, when(frame, fitted)),
    };
    let described = format!("{title}: {of}{drawn}. {words}{}", axes.plot.part());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &described));
    if let Some(shown) = axes.plot.gesture(ui, &response, None).shown {
        frame.choose(Choice::Plot(FIT, shown));
    }
    let painter = axes.plot.painter(ui);
    axes.plot.grid(ui.painter(), c);
    paint::hline(ui.painter(), rect.x_range(), rect.bottom(), c.line2);
    let names = match residuals {
        true => ["predicted", "true − predicted"].map(str::to_owned),
        false => [
            format!("true {}", target_name(frame, target)),
            "predicted".to_owned(),
        ],
    };
    // Of a pair the band is the second's, and dashed lines are where the first's ends.
    let fits = match &pair {
        Some((_, answers)) => answers.each_ref().map(|a| a.targets.get(target)),
        None => [None, Some(fit)],
    };
    reference(&painter, &axes, fits, c);
    axis_names(ui.painter(), rect, &names, c);
    let lane = frame.race.lanes.iter().find(|l| l.spec.id == fitted.lane);
    let ink = lane.map_or(c.t1, |lane| lane.spec.rule.color(c));
    let inside = || points.iter().filter(|p| axes.has(p));
    if points.len() <= FEW && pair.is_none() {
        for point in inside() {
            let stroke = Stroke::new(1.0, ink.gamma_multiply(0.4));
            painter.line_segment([axes.of(point), axes.right(point)], stroke);
        }
    }
    let radius = if points.len() <= 200 { 3.5 } else { 2.2 };
    // From what the first run of a pair says to what the second does.
    for point in &points {
        let Some(said) = point.first else { continue };
        let before = Point {
            said,
            first: None,
            ..*point
        };
        let way = [axes.numbers(&before), axes.numbers(point)];
        for line in axes.plot.cut(way) {
            painter.line(line, Stroke::new(1.0, ink.gamma_multiply(0.5)));
        }
        if axes.has(&before) {
            painter.circle_stroke(axes.of(&before), radius, Stroke::new(1.0, ink));
        }
    }
    for point in inside() {
        painter.circle(axes.of(point), radius, ink, Stroke::new(1.0, c.bg1));
    }
    let looked_at = (!frame.micro.subject.drawn).then_some(frame.micro.subject.example);
    if let Some(point) = inside().find(|p| Some(p.example) == looked_at) {
        let stroke = Stroke::new(metrics::STROKE, c.t1);
        painter.circle_stroke(axes.of(point), radius + 3.0, stroke);
    }
    let near = nearest(&response, &axes, &points);
    if let Some(point) = near {
        painter.circle_stroke(axes.of(point), radius + 2.0, Stroke::new(1.0, c.t2));
        painter.line_segment([axes.of(point), axes.right(point)], Stroke::new(1.0, c.t2));
        if response.clicked() {
            frame.actions.push(Action::Example(point.example));
        }
    }
    step(ui, frame, fitted, &response);
    paint::focus_ring(ui, &response, rect);
    match near {
        Some(point) => {
            let runs = pair.as_ref().map(|(beside, _)| beside::names(beside.runs));
            let name = target_name(frame, target);
            let rows = rows_of(point, &name, runs.as_ref());
            let name = naming::example(frame.data, point.example);
            response.on_hover_ui_at_pointer(|ui| card::card(ui, &name, &rows));
        }
        None => {
            let words = "A point is an example: a click puts it under the microscope, and so do the arrow keys, one after the other. A drag shows a part.";
            card::hover(response, words);
        }
    }
}

/// What the card of a point says.
fn rows_of<'a>(point: &Point, name: &str, runs: Option<&'a [String; 3]>) -> Vec<(&'a str, String)> {
    let miss = point.truth - point.said;
    let six = |v: f64| format::significant(v, 6);
    if let (Some([a, b, difference]), Some(first)) = (runs, point.first) {
        let more = point.said - first;
        return vec![
            ("of", name.to_owned()),
            ("true", format::all_digits(point.truth)),
            (a, six(first)),
            (b, six(point.said)),
            (difference, signed(more, six(more))),
        ];
    }
    vec![
        ("of", name.to_owned()),
        ("true", format::all_digits(point.truth)),
        ("predicted", format::significant(point.said, 6)),
        (
            "true − predicted",
            signed(miss, format::significant(miss, 6)),
        ),
    ]
}

/// A number with its sign, also where it is positive.
pub(super) fn signed(v: f64, words: String) -> String {
    if v > 0.0 { format!("+{words}") } else { words }
}

/// The point that the pointer is at.
fn nearest<'a>(response: &Response, axes: &Axes<'_>, points: &'a [Point]) -> Option<&'a Point> {
    let pointer = response
        .hover_pos()
        .or_else(|| response.interact_pointer_pos())?;
    let away = |p: &&Point| axes.of(p).distance(pointer);
    let inside = points.iter().filter(|p| axes.has(p));
    let near = inside.min_by(|a, b| away(a).total_cmp(&away(b)))?;
    (away(&near) < NEAR).then_some(near)
}

/// With the plot focused, arrow keys go from example to example of the part.
fn step(ui: &Ui, frame: &mut Frame<'_>, fitted: &Fitted, response: &Response) {
    if !response.has_focus() || fitted.examples.is_empty() {
        return;
    }
    focus::takes_keys(response, focus::Keys::Slider);
    let pressed = |key| ui.input(|i| i.key_pressed(key));
    let (first, last) = (fitted.examples.start, fitted.examples.end - 1);
    let at = frame.micro.subject.example.clamp(first, last);
    let to = match (pressed(Key::ArrowRight), pressed(Key::ArrowLeft)) {
        (true, _) => (at + 1).min(last),
        (_, true) => at.saturating_sub(1).max(first),
        _ => return,
    };
    frame.actions.push(Action::Example(to));
}

/// What would be right, and what always answering the mean comes to.
fn reference(
    painter: &Painter,
    axes: &Axes<'_>,
    [first, fit]: [Option<&TargetFit>; 2],
    c: &Tokens,
) {
    let plot = &axes.plot;
    let rect = plot.rect;
    let Some(fit) = fit else { return };
    if axes.residuals {
        if fit.miss.is_finite() {
            let [low, high] = [-fit.miss, fit.miss].map(|v| plot.y_of(v));
            let band = Rect::from_x_y_ranges(rect.x_range(), Rangef::new(high, low));
            painter.rect_filled(band, 0, faint(c));
        }
        for miss in first
            .filter(|f| f.miss.is_finite())
            .into_iter()
            .flat_map(|f| [-f.miss, f.miss])
        {
            let y = plot.y_of(miss);
            let line = [pos2(rect.left(), y), pos2(rect.right(), y)];
            paint::dashes(painter, &line, &[4.0, 3.0], Stroke::new(1.0, c.t3));
        }
        painter.hline(rect.x_range(), plot.y_of(0.0), Stroke::new(1.0, c.t1));
        return;
    }
    let (low, high) = (plot.x().low, plot.x().high);
    for line in plot.cut([(low, low), (high, high)]) {
        painter.line(line, Stroke::new(1.0, c.t1));
    }
    if plot.y().has(fit.mean) {
        let y = plot.y_of(fit.mean);
        let line = [pos2(rect.left(), y), pos2(rect.right(), y)];
        paint::dashes(painter, &line, &[4.0, 3.0], Stroke::new(1.0, c.t3));
        let words = format!("the mean, {}", format::number(fit.mean));
        // The diagonal leaves the corner below it free, down to where the axis has its name.
        let low = y + 11.0 > rect.bottom() - 20.0;
        let (at, align) = match low {
            true => (pos2(rect.left() + 6.0, y - 4.0), Align::LEFT),
            false => (pos2(rect.right() - 4.0, y + 11.0), Align::RIGHT),
        };
        paint::write(painter, at, align, &words, text::caption_font(), c.t3);
    }
}

/// The ground of the band within which a typical miss lies.
fn faint(c: &Tokens) -> Color32 {
    c.bg3.gamma_multiply(0.6)
}

fn axis_names(painter: &Painter, rect: Rect, [x, y]: &[String; 2], c: &Tokens) {
    let font = text::caption_font();
    let at = pos2(rect.left() + 6.0, rect.top() + 11.0);
    paint::write(painter, at, Align::LEFT, y, font.clone(), c.t3);
    let room = rect.width() - 12.0;
    let wide = paint::width(painter, x, font.clone()).min(room);
    let at = pos2(rect.right() - 4.0 - wide, rect.bottom() - 6.0);
    paint::write_within(painter, at, wide + 0.5, x, font, c.t3);
}
