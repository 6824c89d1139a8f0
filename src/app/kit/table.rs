//! Rows of numbers that line up: a label at the left, numbers by their right edge in mono.

use egui::{Align, Color32, CornerRadius, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};

/// The columns of a table: the right edge of each, as distance from the table's right edge.
#[derive(Clone, Debug)]
pub struct Columns {
    from_right: Vec<f32>,
}

/// How strongly a number is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// The value now.
    #[default]
    Value,
    /// A value before, a change, a unit.
    Quiet,
}

impl Tone {
    fn color(self, c: &Tokens) -> Color32 {
        match self {
            Self::Value => c.t1,
            Self::Quiet => c.t3,
        }
    }
}

impl Columns {
    /// Columns from left to right, each with the width given; the last ends at the right edge.
    pub fn of_widths(widths: &[f32]) -> Self {
        let mut from_right = Vec::with_capacity(widths.len());
        for i in 0..widths.len() {
            from_right.push(widths[i + 1..].iter().sum());
        }
        Self { from_right }
    }

    /// The right edge of column `i` within `rect`.
    pub fn right_edge(&self, i: usize, rect: Rect) -> f32 {
        rect.right() - self.from_right.get(i).copied().unwrap_or(0.0)
    }

    /// A row of captions.
    pub fn captions(&self, ui: &mut Ui, label: &str, captions: &[&str]) -> Response {
        let (rect, response) = allocate(ui, metrics::ROW_LIST, Sense::hover());
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Label, true, format!("{label} {}", captions.join(" ")))
        });
        let c = Theme::get(ui);
        let painter = ui.painter();
        let font = text::caption_font();
        let y = paint::baseline(painter, rect.center().y, font.size);
        let at = pos2(rect.left(), y);
        paint::write(painter, at, Align::LEFT, label, font.clone(), c.t3);
        for (i, caption) in captions.iter().enumerate() {
            let at = pos2(self.right_edge(i, rect), y);
            paint::write(painter, at, Align::RIGHT, caption, font.clone(), c.t3);
        }
        let words = format!("{label} {}", captions.join(" "));
        explain::mark(response, Mark::Words, words.trim())
    }

    /// A row of numbers. With a `Sense` that clicks it can be selected.
    pub fn row(&self, ui: &mut Ui, row: Row<'_>) -> Response {
        let (rect, response) = allocate(ui, row.height, row.sense);
        response.widget_info(|| {
            let mut words = row.label.to_owned();
            for (value, _) in row.values {
                words.push(' ');
                words += value;
            }
            let role = if row.sense.senses_click() {
                Role::ListBoxOption
            } else {
                Role::Label
            };
            WidgetInfo::selected(role, ui.is_enabled(), row.selected, words)
        });
        if row.sense.senses_click() {
            super::focus::item(ui.scope_id(), &response);
        }
        let c = Theme::get(ui);
        let painter = ui.painter();
        if row.selected || (row.sense.senses_click() && response.hovered()) {
            let around = rect.expand2(vec2(0.5 * metrics::PAD, 0.0));
            let fill = if row.selected { c.bg2 } else { c.bg3 };
            let radius = CornerRadius::same(metrics::RADIUS);
            painter.rect_filled(around, radius, fill);
        }
        let y = paint::baseline(painter, rect.center().y, text::size::BODY);
        let (font, ink) = if row.selected {
            (text::strong_font(), c.t1)
        } else {
            (text::body_font(), c.t2)
        };
        let mut first = rect.right();
        for (i, (value, tone)) in row.values.iter().enumerate() {
            let at = pos2(self.right_edge(i, rect), y);
            let ink = tone.color(c);
            let got = paint::write(painter, at, Align::RIGHT, value, text::mono_font(), ink);
            if !value.is_empty() {
                first = first.min(got.left());
            }
        }
        let room = first - metrics::GAP - rect.left();
        let at = pos2(rect.left(), y);
        let (_, cut) = paint::write_within(painter, at, room, row.label, font, ink);
        paint::focus_ring(ui, &response, rect);
        if cut {
            super::card::hover(response, row.label)
        } else {
            response
        }
    }
}

/// A row of a table.
pub struct Row<'a> {
    /// The label at the left.
    pub label: &'a str,
    /// The numbers, one per column.
    pub values: &'a [(&'a str, Tone)],
    /// Whether the row is selected.
    pub selected: bool,
    /// Whether it can be clicked.
    pub sense: Sense,
    /// Its height.
    pub height: f32,
}

impl<'a> Row<'a> {
    /// A row that is only read.
    pub fn new(label: &'a str, values: &'a [(&'a str, Tone)]) -> Self {
        Self {
            label,
            values,
            selected: false,
            sense: Sense::hover(),
            height: metrics::ROW_TABLE,
        }
    }
}

fn allocate(ui: &mut Ui, height: f32, sense: Sense) -> (Rect, Response) {
    ui.allocate_exact_size(vec2(ui.available_width(), height), sense)
}
