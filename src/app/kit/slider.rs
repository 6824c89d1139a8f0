//! A thin slider with its value in numbers at the right.
//!
//! Drawing it never changes the value. One that lies beyond the rail's ends is shown as it is: in numbers, with a hollow knob at the
//! nearer end; only a drag, a click on the rail or an arrow key brings it onto the rail.

use egui::{Align, Key, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

use super::paint;
use crate::app::format;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A slider.
pub struct Slider<'a> {
    name: &'a str,
    range: RangeInclusive<f64>,
    log: bool,
    step: Option<f64>,
    width: f32,
    label_width: Option<f32>,
    value_width: f32,
    write: &'a dyn Fn(f64) -> String,
    tick: Option<(f64, &'a str)>,
}

impl<'a> Slider<'a> {
    /// A slider with its name at the left, over `range`.
    pub fn new(name: &'a str, range: RangeInclusive<f64>) -> Self {
        Self {
            name,
            range,
            log: false,
            step: None,
            width: 200.0,
            label_width: None,
            value_width: 36.0,
            write: &two_decimals,
            tick: None,
        }
    }

    /// Spreads the range by powers of ten. The range must be positive.
    pub fn logarithmic(mut self) -> Self {
        self.log = true;
        self
    }

    /// Rounds values to multiples of `step`, which is also what an arrow key moves.
    pub fn step(mut self, step: f64) -> Self {
        self.step = Some(step);
        self
    }

    /// Sets the width of name, rail and value together.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Sets the width of the name, so that the rails of several sliders line up.
    pub fn label_width(mut self, width: f32) -> Self {
        self.label_width = Some(width);
        self
    }

    /// Sets how the value is written.
    pub fn write(mut self, write: &'a dyn Fn(f64) -> String) -> Self {
        self.write = write;
        self
    }

    /// Marks a value, as "stability limit here 0.45", in words below the rail.
    pub fn tick(mut self, at: f64, words: &'a str) -> Self {
        self.tick = Some((at, words));
        self
    }

    /// Shows the slider. Dragging, clicking and the arrow keys change the value.
    pub fn show(self, ui: &mut Ui, value: &mut f64) -> Response {
        let words_below = self.tick.is_some_and(|t| !t.1.is_empty());
        let below = if words_below { 11.0 } else { 0.0 };
        let size = vec2(self.width, metrics::CONTROL + below);
        let (rect, whole) = ui.allocate_exact_size(size, Sense::hover());
        let row = Rect::from_min_size(rect.min, vec2(size.x, metrics::CONTROL));
        let label = self.label_width.unwrap_or_else(|| {
            (paint::width(ui.painter(), self.name, text::body_font()) + 7.0).ceil()
        });
        let (left, right) = (
            row.left() + label,
            row.right() - self.value_width - metrics::GAP,
        );
        let rail = Rect::from_min_max(
            pos2(left, row.center().y - 1.0),
            pos2(right, row.center().y + 1.0),
        );
        // A press on the name or on the number is none on the rail.
        let target = rail.expand2(vec2(7.0, 0.5 * metrics::CONTROL - 1.0));
        let id = ui.scope_id().with(("slider", self.name));
        let mut response = ui.interact(target, id, Sense::click_and_drag());
        self.interact(ui, &mut response, rail, value);
        response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), *value, self.name));
        let beyond = self.beyond(*value) != 0.0;
        let note = beyond.then(|| {
            let [from, to] = [self.range.start(), self.range.end()].map(|v| (self.write)(*v));
            let value = (self.write)(*value);
            format!("{value} stands; the rail goes from {from} to {to}.")
        });
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_value((self.write)(*value));
            node.set_min_numeric_value(*self.range.start());
            node.set_max_numeric_value(*self.range.end());
            node.add_action(egui::accesskit::Action::SetValue);
            node.add_action(egui::accesskit::Action::Increment);
            node.add_action(egui::accesskit::Action::Decrement);
            if let Some(words) = &note {
                node.set_description(words.as_str());
            }
        });
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, row, rail, *value);
        }
        let response = response.union(whole);
        match note {
            Some(words) => super::card::hover(response, &words),
            None => response,
        }
    }

    /// On which side a value lies beyond the rail: −1, 0 or 1.
    fn beyond(&self, value: f64) -> f64 {
        if value < *self.range.start() {
            -1.0
        } else if value > *self.range.end() {
            1.0
        } else {
            0.0
        }
    }

    fn interact(&self, ui: &Ui, response: &mut Response, rail: Rect, value: &mut f64) {
        let before = *value;
        if let Some(pointer) = response.interact_pointer_pos() {
            let share = f64::from((pointer.x - rail.left()) / rail.width()).clamp(0.0, 1.0);
            // A press on the knob does not move it.
            let knob = egui::lerp(rail.left()..=rail.right(), self.share(before) as f32);
            if (pointer.x - knob).abs() > 2.0 || response.drag_delta().x != 0.0 {
                *value = self.at_share(share);
            }
        }
        let mut presses = 0.0;
        super::focus::takes_keys(response, super::focus::Keys::Slider);
        if response.has_focus() {
            let (more, less) = ui.input(|i| {
                (
                    i.num_presses(Key::ArrowRight),
                    i.num_presses(Key::ArrowLeft),
                )
            });
            presses += more as f64 - less as f64;
        }
        ui.input(|i| {
            use egui::accesskit::Action;
            presses += i.num_accesskit_action_requests(response.id, Action::Increment) as f64;
            presses -= i.num_accesskit_action_requests(response.id, Action::Decrement) as f64;
        });
        if presses != 0.0 {
            let beyond = self.beyond(before);
            *value = match self.step {
                // Beyond an end, a key towards the rail goes to that end, and one away from it nowhere.
                _ if beyond * presses < 0.0 => self.held(before),
                _ if beyond != 0.0 => before,
                Some(step) if !self.log => self.held(*value + presses * step),
                _ => self.at_share((self.share(*value) + 0.01 * presses).clamp(0.0, 1.0)),
            };
        }
        let set = ui.input(|i| {
            use egui::accesskit::{Action, ActionData};
            i.accesskit_action_requests(response.id, Action::SetValue)
                .filter_map(|request| match &request.data {
                    Some(ActionData::NumericValue(v)) if v.is_finite() => Some(*v),
                    _ => None,
                })
                .last()
        });
        if let Some(to) = set {
            *value = self.held(to);
        }
        if *value != before {
            response.mark_changed();
        }
    }

    fn at_share(&self, share: f64) -> f64 {
        let (from, to) = (*self.range.start(), *self.range.end());
        let value = if self.log {
            (from.ln() + (to.ln() - from.ln()) * share).exp()
        } else {
            from + (to - from) * share
        };
        self.held(value)
    }

    /// Within the range, and on a step.
    fn held(&self, value: f64) -> f64 {
        let stepped = match self.step {
            Some(step) if step > 0.0 => (value / step).round() * step,
            _ => value,
        };
        stepped.clamp(*self.range.start(), *self.range.end())
    }

    /// Where a value lies on the rail, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let (from, to) = (*self.range.start(), *self.range.end());
        let share = if self.log {
            (value.ln() - from.ln()) / (to.ln() - from.ln())
        } else {
            (value - from) / (to - from)
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    fn paint(&self, ui: &Ui, response: &Response, row: Rect, rail: Rect, value: f64) {
        let c = Theme::get(ui);
        let painter = ui.painter();
        let y = paint::baseline(painter, row.center().y, text::size::BODY);
        let at = pos2(row.left(), y);
        paint::write(painter, at, Align::LEFT, self.name, text::body_font(), c.t2);
        let place = |v: f64| egui::lerp(rail.left()..=rail.right(), self.share(v) as f32);
        let knob = pos2(place(value), rail.center().y);
        painter.rect_filled(rail, 1, c.line2);
        painter.rect_filled(
            Rect::from_min_max(rail.min, pos2(knob.x, rail.max.y)),
            1,
            c.t2,
        );
        if let Some((at, words)) = self.tick {
            let x = paint::snap(painter, place(at)) + 0.5;
            let stroke = Stroke::new(metrics::HAIRLINE, c.t1);
            let ends = [pos2(x, rail.top() - 5.0), pos2(x, rail.bottom() + 5.0)];
            paint::dashes(painter, &ends, &[2.0, 2.0], stroke);
            let font = text::caption_font();
            let w = paint::width(painter, words, font.clone());
            let left = (x - 14.0).min(row.right() - w).max(row.left());
            let below = pos2(left, row.center().y + 20.0);
            paint::write(painter, below, Align::LEFT, words, font, c.t3);
        }
        let radius = if response.dragged() || response.hovered() {
            6.0
        } else {
            5.0
        };
        if self.beyond(value) == 0.0 {
            painter.circle_filled(knob, radius, c.t1);
        } else {
            // Hollow, with the number beside it: the value is not here.
            let stroke = Stroke::new(metrics::STROKE, c.t1);
            painter.circle(knob, radius - 1.0, c.bg1, stroke);
        }
        let font = text::mono_font();
        let y = paint::baseline(painter, row.center().y, font.size);
        let at = pos2(rail.right() + metrics::GAP, y);
        let words = (self.write)(value);
        paint::write(painter, at, Align::LEFT, &words, font, c.t1);
        let around = Rect::from_center_size(knob, vec2(12.0, 12.0));
        paint::focus_ring(ui, response, around);
    }
}

/// Two decimals, or more where two would be another number.
fn two_decimals(v: f64) -> String {
    if ((v * 100.0).round() / 100.0 - v).abs() < 1e-9 {
        format!("{v:.2}")
    } else {
        format::number(v)
    }
}
