//! A choice of few, side by side in one track.

use egui::{Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A segmented control.
pub struct Segmented<'a> {
    name: &'a str,
    options: &'a [&'a str],
    width: Option<f32>,
    disabled: &'a [(usize, &'a str)],
    explained_by: Option<&'a str>,
}

impl<'a> Segmented<'a> {
    /// A control named `name` for the accessibility tree, as wide as its words need.
    pub fn new(name: &'a str, options: &'a [&'a str]) -> Self {
        Self {
            name,
            options,
            width: None,
            disabled: &[],
            explained_by: None,
        }
    }

    /// Spreads the options over a width: evenly where each has room so, else each as its words need.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Options that cannot be chosen now, each with the reason shown on hover.
    pub fn disabled(mut self, options: &'a [(usize, &'a str)]) -> Self {
        self.disabled = options;
        self
    }

    /// What all options mean is said by this row of the table of texts: their own words are not in it.
    pub fn explained_by(mut self, words: &'a str) -> Self {
        self.explained_by = Some(words);
        self
    }

    /// Shows the control; the response says whether the choice changed.
    pub fn show(self, ui: &mut Ui, chosen: &mut usize) -> Response {
        let c = Theme::get(ui);
        let natural: Vec<f32> = self
            .options
            .iter()
            .map(|o| paint::width(ui.painter(), o, text::strong_font()).ceil() + 18.0)
            .collect();
        let sum: f32 = natural.iter().sum();
        let width = self.width.unwrap_or(sum);
        let each = width / self.options.len().max(1) as f32;
        let spread = self.width.is_some();
        let even = natural.iter().all(|own| own - 8.0 <= each);
        let spare = (width - sum) / self.options.len().max(1) as f32;
        let (track, mut whole) =
            ui.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::hover());
        whole.widget_info(|| WidgetInfo::labeled(Role::RadioGroup, ui.is_enabled(), self.name));
        let painter = ui.painter().clone();
        paint::bordered(&painter, track, metrics::RADIUS, c.track, c.line);
        let mut left = track.left();
        for (i, option) in self.options.iter().enumerate() {
            let w = match (spread, even) {
                (true, true) => each,
                (true, false) => natural[i] + spare,
                (false, _) => natural[i],
            };
            let rect = Rect::from_min_size(pos2(left, track.top()), vec2(w, track.height()));
            let rect = paint::snap_rect(&painter, rect);
            left += w;
            let reason = self.disabled.iter().find(|d| d.0 == i).map(|d| d.1);
            let sense = if reason.is_none() {
                Sense::click()
            } else {
                Sense::hover()
            };
            let mut response = ui.interact(rect, whole.id.with(i), sense);
            if reason.is_none() {
                super::focus::item(whole.id, &response);
            }
            if response.clicked() && *chosen != i {
                *chosen = i;
                response.mark_changed();
                whole.mark_changed();
            }
            let on = *chosen == i;
            response.widget_info(|| {
                WidgetInfo::selected(Role::RadioButton, reason.is_none(), on, option)
            });
            segment(ui, rect, &response, option, on, reason.is_some());
            match reason {
                Some(reason) => _ = super::card::hover(response, reason),
                None => {
                    let words = self.explained_by.unwrap_or(option);
                    explain::mark(response, Mark::Choice, words);
                }
            }
        }
        whole
    }
}

fn segment(ui: &Ui, rect: Rect, response: &Response, option: &str, on: bool, disabled: bool) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    if on {
        paint::bordered(painter, rect, metrics::RADIUS, c.segment, c.line);
    }
    let (font, ink) = match (on, disabled) {
        (true, _) => (text::strong_font(), c.t1),
        (false, true) => (text::body_font(), c.line2),
        (false, false) if response.hovered() => (text::body_font(), c.t1),
        (false, false) => (text::body_font(), c.t2),
    };
    paint::centred(painter, rect, option, font, ink);
    paint::focus_ring(ui, response, rect.shrink(2.0));
}
