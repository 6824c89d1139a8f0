//! Fields: a number that can be typed or dragged, and a line of text.

use egui::{DragValue, Margin, Response, RichText, Stroke, TextEdit, Ui, vec2};
use std::ops::RangeInclusive;

use crate::app::format;
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A number field: click to type, drag sideways or use the arrow keys to change.
pub struct NumberField<'a> {
    name: &'a str,
    range: RangeInclusive<f64>,
    speed: f64,
    width: f32,
    write: fn(f64) -> String,
}

impl<'a> NumberField<'a> {
    /// A field named `name` for the accessibility tree; values are kept within `range`.
    pub fn new(name: &'a str, range: RangeInclusive<f64>) -> Self {
        Self {
            name,
            range,
            speed: 0.01,
            width: 96.0,
            write: format::number,
        }
    }

    /// How much one point of dragging changes.
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// Sets the width.
    pub fn width(mut self, width: f32) -> Self {
        self.width = width;
        self
    }

    /// Only whole numbers, with commas.
    pub fn whole(mut self) -> Self {
        self.speed = self.speed.max(0.25);
        self.write = |v| format::integer(v.round() as i64);
        self
    }

    /// Shows the field.
    pub fn show(self, ui: &mut Ui, value: &mut f64) -> Response {
        let size = vec2(self.width, metrics::CONTROL);
        let write = self.write;
        let field = DragValue::new(value)
            .range(self.range)
            .speed(self.speed)
            .custom_formatter(move |v, _| write(v))
            .custom_parser(parse)
            .clip_text(true)
            .min_size(size);
        ui.scope(|ui| {
            look(ui);
            ui.spacing_mut().interact_size = size;
            let layout = egui::Layout::top_down(egui::Align::Min);
            let add = |ui: &mut Ui| ui.add(field).accessible_name(self.name);
            ui.allocate_ui_with_layout(size, layout, add).inner
        })
        .inner
    }
}

/// Reads a number as this program writes it, with commas and the true minus sign.
fn parse(words: &str) -> Option<f64> {
    let plain: String = words
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .map(|c| if c == format::MINUS { '-' } else { c })
        .collect();
    plain.parse().ok().filter(|v: &f64| v.is_finite())
}

/// A line of text with a hint while it is empty.
pub fn text_field(ui: &mut Ui, value: &mut String, name: &str, hint: &str, width: f32) -> Response {
    let c = Theme::get(ui);
    ui.scope(|ui| {
        look(ui);
        let field = TextEdit::singleline(value)
            .font(text::body_font())
            .hint_text(RichText::new(hint).font(text::body_font()).color(c.t3))
            .margin(Margin::symmetric(8, 3))
            .align(egui::Align2::LEFT_CENTER)
            .desired_width(width - 16.0)
            .min_size(vec2(width, metrics::CONTROL));
        ui.add(field).accessible_name(name)
    })
    .inner
}

/// The look of fields: a fill of their own, a hairline, the colour of text while focused.
fn look(ui: &mut Ui) {
    let c = Theme::get(ui);
    let widgets = &mut ui.visuals_mut().widgets;
    for (state, border) in [
        (&mut widgets.inactive, c.line),
        (&mut widgets.hovered, c.line2),
        (&mut widgets.active, c.t1),
    ] {
        state.bg_fill = c.bg2;
        state.weak_bg_fill = c.bg2;
        state.bg_stroke = Stroke::new(metrics::HAIRLINE, border);
    }
    ui.spacing_mut().button_padding = vec2(8.0, 3.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_reads_back_what_it_writes() {
        for v in [0.0, 0.05, -0.142, 1234.0, -105_866.0, 2.5e-7] {
            assert_eq!(parse(&format::number(v)), Some(v));
        }
        assert_eq!(parse("nonsense"), None);
        assert_eq!(parse("NaN"), None);
    }
}
