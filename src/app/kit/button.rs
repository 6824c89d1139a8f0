//! Buttons: with words, or with an icon alone.

use egui::{Align, Color32, CornerRadius, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// How much a button stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// The one thing to do: filled with the colour of text.
    Primary,
    /// Anything else: an outline.
    #[default]
    Secondary,
    /// Words alone, as "Cancel" beside a bar.
    Plain,
}

/// A button with words.
pub struct Button<'a> {
    label: &'a str,
    icon: Option<Icon>,
    emphasis: Emphasis,
    disabled: Option<&'a str>,
    hover: Option<&'a str>,
    width: Option<f32>,
}

impl<'a> Button<'a> {
    /// An outlined button.
    pub fn new(label: &'a str) -> Self {
        Self {
            label,
            icon: None,
            emphasis: Emphasis::Secondary,
            disabled: None,
            hover: None,
            width: None,
        }
    }

    /// A filled button, at most one per panel.
    pub fn primary(label: &'a str) -> Self {
        Self {
            emphasis: Emphasis::Primary,
            ..Self::new(label)
        }
    }

    /// Words alone.
    pub fn plain(label: &'a str) -> Self {
        Self {
            emphasis: Emphasis::Plain,
            ..Self::new(label)
        }
    }

    /// Puts an icon before the words.
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// Disables the button and says why on hover; `None` leaves it enabled.
    pub fn disabled(mut self, reason: Option<&'a str>) -> Self {
        self.disabled = reason;
        self
    }

    /// Says more on hover.
    pub fn hover(mut self, text: &'a str) -> Self {
        self.hover = Some(text);
        self
    }

    /// Gives the button a width instead of the one its words need.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Shows the button.
    pub fn show(self, ui: &mut Ui) -> Response {
        let c = Theme::get(ui);
        let enabled = self.disabled.is_none() && ui.is_enabled();
        let font = match self.emphasis {
            Emphasis::Primary => text::strong_font(),
            Emphasis::Secondary | Emphasis::Plain => text::body_font(),
        };
        let words = paint::width(ui.painter(), self.label, font.clone()).ceil();
        let icon = if self.icon.is_some() { 18.0 } else { 0.0 };
        let pad = match self.emphasis {
            Emphasis::Plain => 0.0,
            _ if self.icon.is_some() => 10.0,
            _ => 11.0,
        };
        let natural = words + icon + 2.0 * pad;
        let size = vec2(self.width.unwrap_or(natural), metrics::CONTROL);
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let (rect, response) = ui.allocate_exact_size(size, sense);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, self.label));
        if ui.is_rect_visible(rect) {
            let hot = enabled && (response.hovered() || response.is_pointer_button_down_on());
            let (fill, border, ink) = match (self.emphasis, enabled) {
                (Emphasis::Plain, true) => (Color32::TRANSPARENT, Color32::TRANSPARENT, c.t1),
                (Emphasis::Plain, false) => (Color32::TRANSPARENT, Color32::TRANSPARENT, c.t3),
                (_, false) => (Color32::TRANSPARENT, c.line, c.t3),
                (Emphasis::Primary, true) => {
                    let fill = if hot { c.t1_hover } else { c.t1 };
                    (fill, fill, c.inverse)
                }
                (Emphasis::Secondary, true) if hot => (c.bg3, c.line2, c.t1),
                (Emphasis::Secondary, true) => (Color32::TRANSPARENT, c.line2, c.t1),
            };
            let painter = ui.painter();
            paint::bordered(painter, rect, metrics::RADIUS, fill, border);
            let left = rect.center().x - 0.5 * (words + icon);
            if let Some(shape) = self.icon {
                let centre = pos2(left + 6.0, rect.center().y);
                let side = if shape == Icon::Play { 12.0 } else { 15.0 };
                let square = Rect::from_center_size(centre, vec2(side, side));
                let tone = match self.emphasis {
                    Emphasis::Secondary if enabled => c.t2,
                    _ => ink,
                };
                shape.paint_in(painter, square, tone);
            }
            let y = paint::baseline(painter, rect.center().y, font.size);
            let at = pos2(left + icon, y);
            paint::write(painter, at, Align::LEFT, self.label, font, ink);
            if hot && self.emphasis == Emphasis::Plain {
                let under = (left + icon)..=(left + icon + words);
                paint::hline(painter, under, y + 2.0, c.t2);
            }
            paint::focus_ring(ui, &response, rect);
        }
        match self.disabled.or(self.hover) {
            Some(text) => super::card::hover(response, text),
            None => explain::mark(response, Mark::Button, self.label),
        }
    }
}

/// A button with an icon alone; its name is on hover and in the accessibility tree.
pub struct IconButton<'a> {
    icon: Icon,
    name: &'a str,
    shortcut: Option<&'a str>,
    side: f32,
    filled: bool,
    outlined: bool,
    selected: Option<bool>,
    disabled: Option<&'a str>,
}

impl<'a> IconButton<'a> {
    /// An icon in a target of 24.
    pub fn new(icon: Icon) -> Self {
        Self {
            icon,
            name: icon.name(),
            shortcut: None,
            side: metrics::CONTROL,
            filled: false,
            outlined: false,
            selected: None,
            disabled: None,
        }
    }

    /// Names what it does here, when the icon's own name is too general.
    pub fn name(mut self, name: &'a str) -> Self {
        self.name = name;
        self
    }

    /// Shows the key that does the same, on hover.
    pub fn shortcut(mut self, key: &'a str) -> Self {
        self.shortcut = Some(key);
        self
    }

    /// Sets the side of the pointer target, as 32 in a rail.
    pub fn side(mut self, side: f32) -> Self {
        self.side = side;
        self
    }

    /// Fills the target with the colour of text, as play and pause are.
    pub fn filled(mut self) -> Self {
        self.filled = true;
        self
    }

    /// Draws a border around the target.
    pub fn outlined(mut self) -> Self {
        self.outlined = true;
        self
    }

    /// Makes it a switch that is on or off.
    pub fn selected(mut self, on: bool) -> Self {
        self.selected = Some(on);
        self
    }

    /// Disables the button and says why on hover; `None` leaves it enabled.
    pub fn disabled(mut self, reason: Option<&'a str>) -> Self {
        self.disabled = reason;
        self
    }

    /// Shows the button.
    pub fn show(self, ui: &mut Ui) -> Response {
        let c = Theme::get(ui);
        let enabled = self.disabled.is_none() && ui.is_enabled();
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let (rect, response) = ui.allocate_exact_size(vec2(self.side, self.side), sense);
        response.widget_info(|| match self.selected {
            Some(on) => WidgetInfo::selected(Role::Button, enabled, on, self.name),
            None => WidgetInfo::labeled(Role::Button, enabled, self.name),
        });
        if ui.is_rect_visible(rect) {
            let hot = enabled && (response.hovered() || response.is_pointer_button_down_on());
            let on = self.selected == Some(true);
            let fill = match (self.filled, hot || on) {
                (true, true) if hot => c.t1_hover,
                (true, _) => c.t1,
                (false, true) => c.bg3,
                (false, false) => Color32::TRANSPARENT,
            };
            let ink = match (enabled, self.filled, hot || on) {
                (false, ..) => c.line2,
                (true, true, _) => c.inverse,
                (true, false, true) => c.t1,
                (true, false, false) => c.t2,
            };
            let painter = ui.painter();
            if self.outlined {
                paint::bordered(painter, rect, metrics::RADIUS, fill, c.line2);
            } else {
                painter.rect_filled(rect, CornerRadius::same(metrics::RADIUS), fill);
            }
            self.icon.paint(painter, rect.center(), ink);
            paint::focus_ring(ui, &response, rect.shrink(2.0));
        }
        let text = match (self.disabled, self.shortcut) {
            // What it is, and why not now.
            (Some(reason), _) => format!("{}. {reason}", self.name),
            (None, Some(key)) => format!("{}  ({key})", self.name),
            (None, None) => self.name.to_owned(),
        };
        super::card::hover(response, &text)
    }
}
