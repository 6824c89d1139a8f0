//! The frame of a plot: how much of its axes is shown, the tools and gestures that change it, and lines cut to it.
//!
//! A plot fits itself to what it has, until somebody zooms, or holds its axes. What is shown is a value, [`Shown`]; tools and gestures
//! say what it should be.

use super::axis::{Axis, Unit};
use super::button::IconButton;
use super::icons::Icon;
use super::shown::{Fit, Shown};
use super::{card, paint};
use crate::app::theme::{Theme, Tokens, metrics};
use crate::app::{format, text};
use egui::{
    Align, Id, Painter, PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

/// What was done to a plot with the pointer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gesture {
    /// What is to be shown of it.
    pub shown: Option<Shown>,
    /// Where it was clicked, or what was taken hold of is now.
    pub at: Option<Pos2>,
}

/// A drag: a rectangle that is to be shown, or what was taken hold of.
#[derive(Clone, Copy)]
struct Drag {
    origin: Pos2,
    holds: bool,
}

/// Where the first button went down on a widget, in the frame in which it did: a quick hand has let go before anybody calls it a drag.
pub fn pressed(ui: &Ui, response: &Response) -> Option<Pos2> {
    let now = ui.input(|i| {
        let origin = i.pointer.press_origin().or(i.pointer.interact_pos());
        origin.filter(|_| i.pointer.primary_pressed())
    });
    now.filter(|_| response.is_pointer_button_down_on())
}

/// How near the pointer takes hold of a line, in points of the screen.
const NEAR: f32 = 6.0;
/// So far a drag has to go to mean a part of an axis.
const LEAST_DRAG: f32 = 8.0;
/// The height of a number at an upright axis, with what keeps it from the next.
const NUMBER: f32 = 11.0;
/// The side of a tool.
const TOOL: f32 = 20.0;
/// The width of all tools.
pub const TOOLS: f32 = 5.0 * TOOL + 6.0;
/// The height of the row of tools above a plot.
pub const TOP: f32 = 24.0;
/// A turn of the wheel by this many points is a factor of e.
const WHEEL: f32 = 240.0;
/// How much nearer a press of a button goes.
const NEARER: f64 = 1.5;

/// Where it is noted that nobody will use tools.
fn bare() -> Id {
    Id::unique("plots without tools")
}

/// From now on plots of this context have no tools: a figure has nobody to use them.
pub fn without_tools(ctx: &egui::Context) {
    ctx.data_mut(|d| d.insert_temp(bare(), true));
}

/// A plot where it is drawn.
pub struct Plot<'a> {
    /// What it is called in the accessibility tree.
    pub name: &'a str,
    /// What lies within the axes.
    pub rect: Rect,
    /// What it has.
    pub fit: Fit,
    /// What was chosen.
    pub shown: Shown,
    axes: [Axis; 2],
}

impl<'a> Plot<'a> {
    /// A plot in a rectangle.
    pub fn new(name: &'a str, rect: Rect, fit: Fit, shown: Shown) -> Self {
        let axes = fit.axes(&shown);
        // A tile may be drawn smaller than what stands around its plot.
        let rect = Rect::from_min_size(rect.min, rect.size().max(Vec2::splat(1.0)));
        Self {
            name,
            rect,
            fit,
            shown,
            axes,
        }
    }

    /// The axis across.
    pub fn x(&self) -> Axis {
        self.axes[0]
    }

    /// The axis upwards.
    pub fn y(&self) -> Axis {
        self.axes[1]
    }

    /// Where a value across stands, also where that is outside.
    pub fn x_of(&self, x: f64) -> f32 {
        let share = self.axes[0].share(x).clamp(-1e4, 1e4) as f32;
        self.rect.left() + self.rect.width() * share
    }

    /// Where a value upwards stands, also where that is outside.
    pub fn y_of(&self, y: f64) -> f32 {
        let share = self.axes[1].share(y).clamp(-1e4, 1e4) as f32;
        self.rect.bottom() - self.rect.height() * share
    }

    /// Where a point stands.
    pub fn at(&self, x: f64, y: f64) -> Pos2 {
        pos2(self.x_of(x), self.y_of(y))
    }

    /// The value across that stands at a place, within the axis.
    pub fn across(&self, x: f32) -> f64 {
        let share = f64::from((x - self.rect.left()) / self.rect.width());
        self.axes[0].value(share.clamp(0.0, 1.0))
    }

    /// True if a point is within the axes.
    pub fn has(&self, x: f64, y: f64) -> bool {
        self.axes[0].has(x) && self.axes[1].has(y)
    }

    /// What of a line through these points lies within the axes.
    pub fn cut(&self, points: impl IntoIterator<Item = (f64, f64)>) -> Vec<Vec<Pos2>> {
        let place = |(x, y): (f64, f64)| [self.axes[0].share(x), self.axes[1].share(y)];
        let on_screen = |[x, y]: [f64; 2]| {
            pos2(
                self.rect.left() + self.rect.width() * x as f32,
                self.rect.bottom() - self.rect.height() * y as f32,
            )
        };
        let mut runs: Vec<Vec<Pos2>> = Vec::new();
        let mut before: Option<[f64; 2]> = None;
        // Whether the run goes on from the point before.
        let mut joined = false;
        for point in points {
            // Through what is no number goes no line.
            if !point.0.is_finite() || !point.1.is_finite() {
                (before, joined) = (None, false);
                continue;
            }
            let point = place(point);
            let Some(from) = before.replace(point) else {
                if inside(point) {
                    runs.push(vec![on_screen(point)]);
                    joined = true;
                }
                continue;
            };
            let Some([a, b]) = cut_segment(from, point) else {
                joined = false;
                continue;
            };
            if !joined {
                runs.push(vec![on_screen(a)]);
            }
            if let Some(run) = runs.last_mut() {
                run.push(on_screen(b));
            }
            joined = inside(point);
        }
        runs
    }

    /// A painter that draws nothing outside of the axes.
    pub fn painter(&self, ui: &Ui) -> Painter {
        let room = self.rect.expand(1.0).intersect(ui.clip_rect());
        ui.painter().with_clip_rect(room)
    }

    /// Lines at round numbers upwards, ticks across, and the numbers.
    pub fn grid(&self, painter: &Painter, c: &Tokens) {
        self.upright(painter, c);
        self.level(painter, c);
    }

    /// Lines at round numbers upwards, with the numbers.
    pub fn upright(&self, painter: &Painter, c: &Tokens) {
        let rect = self.rect;
        let font = text::mono_small_font();
        let most = upright(rect.height());
        let mut last = f32::INFINITY;
        for v in self.axes[1].ticks(most, self.fit.units[1]) {
            let y = self.y_of(v);
            paint::hline(painter, rect.x_range(), y, c.line);
            // In a low plot only some have a number: the card has all.
            if last - y < NUMBER {
                continue;
            }
            last = y;
            let base = paint::baseline(painter, y, text::size::MONO_SMALL);
            let words = self.axes[1].words(v, most, self.fit.units[1]);
            let at = pos2(rect.left() - 7.0, base);
            paint::write(painter, at, Align::RIGHT, &words, font.clone(), c.t3);
        }
    }

    /// Ticks across, with the numbers.
    fn level(&self, painter: &Painter, c: &Tokens) {
        let rect = self.rect;
        let font = text::mono_small_font();
        let base = paint::baseline(painter, rect.bottom() + 12.0, text::size::MONO_SMALL);
        let most = (rect.width() / 84.0) as usize;
        let most = most.clamp(2, 5);
        let mut free = f32::NEG_INFINITY;
        for v in self.axes[0].ticks(most, self.fit.units[0]) {
            let x = self.x_of(v);
            paint::vline(painter, x, rect.bottom()..=rect.bottom() + 3.0, c.line2);
            let words = self.axes[0].words(v, most, self.fit.units[0]);
            let half = 0.5 * paint::width(painter, &words, font.clone());
            if x - half > free {
                paint::write(
                    painter,
                    pos2(x, base),
                    Align::Center,
                    &words,
                    font.clone(),
                    c.t3,
                );
                free = x + half + 6.0;
            }
        }
    }

    /// The tools in a row that ends at `right`: what they ask for.
    pub fn tools(&self, ui: &mut Ui, right: Pos2) -> Option<Shown> {
        if ui.data(|d| d.get_temp(bare()).unwrap_or(false)) {
            return None;
        }
        let room = Rect::from_min_max(
            pos2(right.x - TOOLS, right.y - 0.5 * TOOL),
            pos2(right.x, right.y + 0.5 * TOOL),
        );
        let layout = egui::Layout::left_to_right(Align::Center);
        let mut row = ui.new_child(UiBuilder::new().max_rect(room).layout(layout));
        row.spacing_mut().item_spacing.x = 0.0;
        let (fit, shown) = (&self.fit, &self.shown);
        let mut wanted = None;
        let log = fit.log(shown);
        let name = format!("Logarithmic axis: {}", self.name);
        let none = fit.powers.is_none();
        if log_tool(&mut row, log, none, &name).clicked() {
            wanted = Some(Shown {
                log: Some(!log),
                ..*shown
            });
        }
        let held = self.fit.is_held(shown);
        let why_held = held.then_some("The axes are held.");
        let mut tool = |icon, name: &str, on: Option<bool>, why: Option<&str>| {
            let name = format!("{name}: {}", self.name);
            let mut tool = IconButton::new(icon).name(&name).side(TOOL).disabled(why);
            if let Some(on) = on {
                tool = tool.selected(on);
            }
            tool.show(&mut row).clicked()
        };
        if tool(Icon::Pin, "Hold the axes", Some(held), None) {
            wanted = Some(fit.hold(shown));
        }
        let middle = [Some(0.5); 2];
        if tool(Icon::Plus, "Zoom in", None, why_held) {
            wanted = Some(fit.nearer(shown, NEARER, middle));
        }
        let all = (!fit.zoomed(shown)).then_some("All of it is shown.");
        if tool(Icon::Minus, "Zoom out", None, why_held.or(all)) {
            wanted = Some(fit.nearer(shown, 1.0 / NEARER, middle));
        }
        if tool(Icon::Fit, "Show all", None, why_held.or(all)) {
            wanted = Some(self.all());
        }
        wanted
    }

    /// What part is shown, in words that go on from others; nothing where it is all.
    pub fn part(&self) -> String {
        let held = self.fit.is_held(&self.shown);
        if !held && !self.fit.zoomed(&self.shown) {
            return String::new();
        }
        let ends = [0, 1].map(|i| {
            let Axis { low, high, .. } = self.axes[i];
            let (low, high) = (format::number(low), format::number(high));
            format!("{low} to {high}")
        });
        let [x, y] = ends;
        let how = if held { "axes held at" } else { "shown:" };
        format!("; {how} {x} across, {y} upwards")
    }

    /// Everything is shown.
    fn all(&self) -> Shown {
        Shown {
            x: None,
            y: None,
            ..self.shown
        }
    }

    /// What the pointer asks for: the wheel and a drag show a part, the other buttons move it, and a double click shows all again,
    /// where a click has no meaning of its own. A drag that begins at `hold` moves what is there.
    pub fn gesture(&self, ui: &Ui, response: &Response, hold: Option<f32>) -> Gesture {
        let mut found = Gesture::default();
        let key: Id = response.id.with("drag");
        let pointer = response.interact_pointer_pos();
        if let Some(origin) = pressed(ui, response) {
            let near = hold.is_some_and(|x| (x - origin.x).abs() <= NEAR);
            let drag = Drag {
                origin,
                holds: near,
            };
            ui.data_mut(|d| d.insert_temp(key, drag));
        }
        let drag = ui.data(|d| d.get_temp::<Drag>(key));
        if let (Some(drag), Some(to)) = (drag, ui.input(|i| i.pointer.latest_pos())) {
            let down = response.is_pointer_button_down_on();
            if drag.holds {
                found.at = (to.x != drag.origin.x).then_some(to);
            } else if !self.fit.is_held(&self.shown) {
                let parts = self.band(drag.origin, to);
                match down {
                    true => self.rubber(ui, parts),
                    false => found.shown = Some(self.fit.zoom(&self.shown, parts)),
                }
            }
            if !down {
                ui.data_mut(|d| d.remove::<Drag>(key));
            }
        }
        if response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle)
        {
            let by = response.drag_delta() / self.rect.size();
            found.shown = Some(self.fit.moved(&self.shown, vec2(-by.x, by.y)));
        }
        if response.clicked() {
            found.at = pointer;
        }
        if response.double_clicked() && hold.is_none() && self.fit.zoomed(&self.shown) {
            found.shown = Some(self.all());
        }
        if let Some(shown) = self.wheel(ui, response) {
            found.shown = Some(shown);
        }
        found.shown = found
            .shown
            .filter(|shown| *shown != self.shown && !self.fit.is_held(&self.shown));
        found
    }

    /// The wheel over the plot, or over the numbers of one of its axes.
    fn wheel(&self, ui: &Ui, response: &Response) -> Option<Shown> {
        let pointer = ui.input(|i| i.pointer.hover_pos())?;
        let rect = self.rect;
        let left = Rect::from_x_y_ranges(rect.left() - 40.0..=rect.left(), rect.y_range());
        let below = Rect::from_x_y_ranges(rect.x_range(), rect.bottom()..=rect.bottom() + 20.0);
        let share = (pointer - rect.left_bottom()) / rect.size();
        let (x, y) = (Some(f64::from(share.x)), Some(f64::from(-share.y)));
        let about = if response.hovered() && rect.contains(pointer) {
            [x, y]
        } else if ui.rect_contains_pointer(left) {
            [None, y]
        } else if ui.rect_contains_pointer(below) {
            [x, None]
        } else {
            return None;
        };
        let (turned, pinched) = ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
        if self.fit.is_held(&self.shown) || turned == Vec2::ZERO && pinched == 1.0 {
            return None;
        }
        let factor = f64::from(pinched * (turned.y / WHEEL).exp());
        let mut shown = self.shown;
        if factor != 1.0 {
            shown = self.fit.nearer(&shown, factor, about);
        }
        if turned.x != 0.0 {
            let by = vec2(-turned.x / rect.width(), 0.0);
            shown = self.fit.moved(&shown, by);
        }
        Some(shown)
    }

    /// The shares between two places; an axis along which they are near is shown as it is.
    fn band(&self, from: Pos2, to: Pos2) -> [[f64; 2]; 2] {
        let share = |p: Pos2| {
            let share = (p - self.rect.left_bottom()) / self.rect.size();
            [share.x, -share.y].map(|s| f64::from(s).clamp(0.0, 1.0))
        };
        let (a, b) = (share(from), share(to));
        let far = [(to.x - from.x).abs(), (to.y - from.y).abs()];
        [0, 1].map(|i| match far[i] >= LEAST_DRAG && a[i] != b[i] {
            true => [a[i].min(b[i]), a[i].max(b[i])],
            false => [0.0, 1.0],
        })
    }

    /// The rectangle that is dragged.
    fn rubber(&self, ui: &Ui, [x, y]: [[f64; 2]; 2]) {
        if [x, y] == [[0.0, 1.0]; 2] {
            return;
        }
        let c = Theme::get(ui);
        let (w, h) = (self.rect.width(), self.rect.height());
        let rect = Rect::from_min_max(
            pos2(
                self.rect.left() + w * x[0] as f32,
                self.rect.bottom() - h * y[1] as f32,
            ),
            pos2(
                self.rect.left() + w * x[1] as f32,
                self.rect.bottom() - h * y[0] as f32,
            ),
        );
        let stroke = Stroke::new(metrics::HAIRLINE, c.t2);
        let fill = c.t1.gamma_multiply(0.12);
        ui.painter().rect(rect, 0, fill, stroke, StrokeKind::Inside);
    }
}

/// How many numbers have room at an upright axis.
fn upright(height: f32) -> usize {
    // As many as say something, where there is room for more.
    ((height / 26.0) as usize).clamp(2, 8)
}

/// The room that the numbers at the left of an upright axis of this height take.
pub fn left_of(painter: &Painter, axis: Axis, height: f32, unit: Unit) -> f32 {
    let most = upright(height);
    let width = |v| {
        let words = axis.words(v, most, unit);
        paint::width(painter, &words, text::mono_small_font())
    };
    let ticks = axis.ticks(most, unit).into_iter();
    ticks.map(width).fold(0.0, f32::max).ceil() + 7.0
}

fn inside([x, y]: [f64; 2]) -> bool {
    (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
}

/// What of a segment lies in the unit square.
fn cut_segment(a: [f64; 2], b: [f64; 2]) -> Option<[[f64; 2]; 2]> {
    let (mut first, mut last) = (0.0_f64, 1.0_f64);
    for i in 0..2 {
        let d = b[i] - a[i];
        if d == 0.0 {
            if !(0.0..=1.0).contains(&a[i]) {
                return None;
            }
            continue;
        }
        let (enters, leaves) = ((0.0 - a[i]) / d, (1.0 - a[i]) / d);
        first = first.max(enters.min(leaves));
        last = last.min(enters.max(leaves));
    }
    let on = |s: f64| match s {
        // An end that is within stays to the bit.
        0.0 => a,
        1.0 => b,
        s => [0, 1].map(|i| (a[i] + s * (b[i] - a[i])).clamp(0.0, 1.0)),
    };
    (first <= last).then(|| [on(first), on(last)])
}

/// The switch between an even axis and one by powers.
fn log_tool(ui: &mut Ui, on: bool, none: bool, name: &str) -> Response {
    let sense = if none { Sense::hover() } else { Sense::click() };
    let (rect, response) = ui.allocate_exact_size(vec2(TOOL + 6.0, TOOL), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, !none, on, name));
    let c = Theme::get(ui);
    let hot = response.hovered() && !none;
    if on || hot {
        let ground = rect.shrink2(vec2(0.0, 2.0));
        ui.painter().rect_filled(ground, metrics::RADIUS, c.bg3);
    }
    let ink = match (none, on || hot) {
        (true, _) => c.line2,
        (false, true) => c.t1,
        (false, false) => c.t3,
    };
    paint::centred(ui.painter(), rect, "log", text::caption_font(), ink);
    paint::focus_ring(ui, &response, rect.shrink(2.0));
    let words = match none {
        true => format!("{name}. It needs values above 0."),
        false => name.to_owned(),
    };
    card::hover(response, &words)
}

#[cfg(test)]
mod tests {
    use super::super::shown::tests::FIT;
    use super::*;

    #[test]
    fn no_line_goes_through_what_is_no_number() {
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0));
        let plot = Plot::new("", rect, FIT, Shown::default());
        let points = [0.5, 1.0, f64::NAN, 1.0, 1.5, f64::INFINITY];
        let runs = plot.cut((0..).map(|i| f64::from(i) * 100.0).zip(points));
        assert_eq!(runs.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
        assert!(
            runs.iter()
                .flatten()
                .all(|p| p.x.is_finite() && p.y.is_finite())
        );
    }

    #[test]
    fn lines_are_cut_to_the_axes() {
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0));
        let part = FIT.zoom(&Shown::default(), [[0.5, 0.6], [0.0, 0.5]]);
        let plot = Plot::new("", rect, FIT, part);
        // In, out over the top, and in again; the ends are where it crosses.
        let runs = plot.cut([(500.0, 0.5), (550.0, 1.5), (600.0, 0.5), (700.0, 0.5)]);
        let told: Vec<Vec<[i32; 2]>> = runs
            .iter()
            .map(|run| {
                run.iter()
                    .map(|p| [p.x.round() as i32, p.y.round() as i32])
                    .collect()
            })
            .collect();
        assert_eq!(
            told,
            [vec![[0, 50], [25, 0]], vec![[75, 0], [100, 50], [100, 50]]]
        );
        // A point alone, one far away, and a line through everything.
        assert_eq!(plot.cut([(550.0, 0.5)]).len(), 1);
        assert_eq!(plot.cut([(50.0, 0.5)]).len(), 0);
        let across = plot.cut([(-1e9, 0.5), (1e9, 0.5)]);
        assert_eq!(across.len(), 1);
        assert!(across[0].iter().all(|p| rect.expand(0.1).contains(*p)));
        // By powers, zero is below.
        let log = Shown {
            log: Some(true),
            ..Shown::default()
        };
        let plot = Plot::new("", rect, FIT, log);
        let falls = plot.cut([(0.0, 1.0), (10.0, 0.0)]);
        assert!((falls[0].last().unwrap().y - 100.0).abs() < 0.1);
    }
}
