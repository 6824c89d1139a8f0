//! A thin slider with its value in numbers at the right.

use egui::{Align, EventFilter, Key, Rect, Response, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::ops::RangeInclusive;

use super::paint;
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};

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
        let c = Theme::get(ui);
        let words_below = self.tick.is_some_and(|t| !t.1.is_empty());
        let below = if words_below { 11.0 } else { 0.0 };
        let size = vec2(self.width, metrics::CONTROL + below);
        let (rect, mut response) = ui.allocate_exact_size(size, Sense::click_and_drag());
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
        self.interact(ui, &mut response, rail, value);
        response.widget_info(|| WidgetInfo::slider(ui.is_enabled(), *value, self.name));
        if ui.is_rect_visible(rect) {
            self.paint(ui, &response, row, rail, *value, c);
        }
        response
    }

    fn interact(&self, ui: &Ui, response: &mut Response, rail: Rect, value: &mut f64) {
        let before = *value;
        if let Some(pointer) = response.interact_pointer_pos() {
            let share = f64::from((pointer.x - rail.left()) / rail.width()).clamp(0.0, 1.0);
            *value = self.at_share(share);
        }
        if response.has_focus() {
            let filter = EventFilter {
                horizontal_arrows: true,
                ..Default::default()
            };
            ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
            let (more, less) = ui.input(|i| {
                (
                    i.num_presses(Key::ArrowRight),
                    i.num_presses(Key::ArrowLeft),
                )
            });
            let presses = more as f64 - less as f64;
            if presses != 0.0 {
                *value = match self.step {
                    Some(step) if !self.log => self.held(*value + presses * step),
                    _ => self.at_share((self.share(*value) + 0.01 * presses).clamp(0.0, 1.0)),
                };
            }
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

    fn paint(&self, ui: &Ui, response: &Response, row: Rect, rail: Rect, value: f64, c: &Tokens) {
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
        painter.circle_filled(knob, radius, c.t1);
        let font = text::mono_font();
        let y = paint::baseline(painter, row.center().y, font.size);
        let at = pos2(rail.right() + metrics::GAP, y);
        let words = (self.write)(value);
        paint::write(painter, at, Align::LEFT, &words, font, c.t1);
        let around = Rect::from_center_size(knob, vec2(12.0, 12.0));
        paint::focus_ring(ui, response, around);
    }
}

fn two_decimals(v: f64) -> String {
    format!("{v:.2}")
}
