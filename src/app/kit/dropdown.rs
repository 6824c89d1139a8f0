//! Drop-downs and the rows of menus.

use egui::{
    Align, Align2, Color32, CornerRadius, Id, Popup, Rect, Response, Role, Sense, Ui, WidgetInfo,
    pos2, vec2,
};

use super::icons::Icon;
use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// A choice of many: the chosen words and a chevron; the others open below.
pub struct Dropdown<'a> {
    name: &'a str,
    options: &'a [&'a str],
    width: Option<f32>,
    bordered: bool,
}

impl<'a> Dropdown<'a> {
    /// A drop-down named `name` for the accessibility tree.
    pub fn new(name: &'a str, options: &'a [&'a str]) -> Self {
        Self {
            name,
            options,
            width: None,
            bordered: true,
        }
    }

    /// Sets the width.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Leaves out the border, as in a heading.
    pub fn plain(mut self) -> Self {
        self.bordered = false;
        self
    }

    /// Shows the drop-down; the response says whether the choice changed.
    pub fn show(self, ui: &mut Ui, chosen: &mut usize) -> Response {
        let words = self.options.get(*chosen).copied().unwrap_or("");
        let c = Theme::get(ui);
        let pad = if self.bordered { 9.0 } else { 0.0 };
        let natural = paint::width(ui.painter(), words, text::body_font()).ceil();
        let width = self.width.unwrap_or(natural + 14.0 + 2.0 * pad);
        let (rect, mut response) =
            ui.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::click());
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::ComboBox, ui.is_enabled(), self.name);
            info.current_text_value = Some(words.to_owned());
            info
        });
        let painter = ui.painter();
        if self.bordered {
            let fill = if response.hovered() { c.bg3 } else { c.bg2 };
            paint::bordered(painter, rect, metrics::RADIUS, fill, c.line);
        }
        let y = paint::baseline(painter, rect.center().y, text::size::BODY);
        let at = pos2(rect.left() + pad, y);
        let room = rect.width() - 2.0 * pad - 14.0;
        let (end, cut) = paint::write_within(painter, at, room, words, text::body_font(), c.t1);
        let chevron = if self.bordered {
            rect.right() - pad - 4.0
        } else {
            end.right() + 7.0
        };
        let square = Rect::from_center_size(pos2(chevron, rect.center().y + 0.5), vec2(12.0, 12.0));
        Icon::ChevronDown.paint_in(painter, square, c.t2);
        paint::focus_ring(ui, &response, rect);
        let picked = Popup::menu(&response)
            .id(popup_id(&response))
            .accessible_name(self.name)
            .show(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let mut picked = None;
                let width = menu_width(ui, self.options).max(rect.width() - 10.0);
                for (i, option) in self.options.iter().enumerate() {
                    if option_row(ui, option, i == *chosen, width).clicked() {
                        picked = Some(i);
                        ui.close();
                    }
                }
                picked
            })
            .and_then(|shown| shown.inner);
        if let Some(i) = picked
            && i != *chosen
        {
            *chosen = i;
            response.mark_changed();
        }
        match explain::text(Mark::List, self.name) {
            Some(text) if cut => super::card::hover(response, &format!("{words}. {text}")),
            Some(text) => super::card::hover(response, text),
            None if cut => super::card::hover(response, words),
            None => response,
        }
    }
}

fn popup_id(response: &Response) -> Id {
    response.id.with("options")
}

fn menu_width(ui: &Ui, options: &[&str]) -> f32 {
    let width = |o: &&str| paint::width(ui.painter(), o, text::body_font()).ceil() + 34.0;
    options.iter().map(width).fold(0.0, f32::max)
}

/// A row of a list of options, with a check mark when it is the chosen one.
fn option_row(ui: &mut Ui, words: &str, chosen: bool, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::click());
    super::focus::item(ui.scope_id(), &response);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, words));
    let c = Theme::get(ui);
    highlight(ui, rect, &response);
    if chosen {
        let square = Rect::from_center_size(rect.left_center() + vec2(12.0, 0.0), vec2(12.0, 12.0));
        Icon::Check.paint_in(ui.painter(), square, c.t1);
    }
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let at = pos2(rect.left() + 24.0, y);
    paint::write(
        ui.painter(),
        at,
        Align::LEFT,
        words,
        text::body_font(),
        c.t1,
    );
    response
}

/// A row of a menu: words at the left, its key at the right. Disabled with a reason, it says why.
pub fn menu_item(ui: &mut Ui, words: &str, key: &str, disabled: Option<&str>) -> Response {
    let enabled = disabled.is_none();
    let size = vec2(ui.available_width().max(180.0), metrics::CONTROL);
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(size, sense);
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, enabled, words));
    let c = Theme::get(ui);
    if enabled {
        super::focus::item(ui.scope_id(), &response);
        highlight(ui, rect, &response);
    }
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let ink = if enabled { c.t1 } else { c.t3 };
    let at = pos2(rect.left() + 8.0, y);
    paint::write(ui.painter(), at, Align::LEFT, words, text::body_font(), ink);
    let at = pos2(rect.right() - 8.0, y);
    paint::write(
        ui.painter(),
        at,
        Align::RIGHT,
        key,
        text::mono_small_font(),
        c.t2,
    );
    match disabled {
        Some(reason) => super::card::hover(response, reason),
        None => response,
    }
}

/// How wide the menus of the menu bar are: names and keys with room between.
const MENU_WIDTH: f32 = 250.0;

/// A word of the menu bar that opens a menu below it.
pub fn menu<R>(ui: &mut Ui, words: &str, contents: impl FnOnce(&mut Ui) -> R) -> Option<R> {
    let width = paint::width(ui.painter(), words, text::body_font()).ceil() + 16.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::click());
    super::focus::item(ui.scope_id(), &response);
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, ui.is_enabled(), words));
    let response = explain::mark(response, Mark::Button, words);
    let c = Theme::get(ui);
    let open = Popup::is_id_open(ui.ctx(), popup_id(&response));
    let fill = if open || response.hovered() {
        c.bg3
    } else {
        Color32::TRANSPARENT
    };
    let radius = CornerRadius::same(metrics::RADIUS);
    ui.painter().rect_filled(rect, radius, fill);
    let ink = if open || response.hovered() {
        c.t1
    } else {
        c.t2
    };
    let middle = Align2::CENTER_CENTER.anchor_size(rect.center(), rect.size());
    paint::centred(ui.painter(), middle, words, text::body_font(), ink);
    paint::focus_ring(ui, &response, rect.shrink(2.0));
    Popup::menu(&response)
        .id(popup_id(&response))
        .accessible_name(words)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            // Rows take the width there is, which is the window's unless it is held.
            ui.set_max_width(MENU_WIDTH);
            contents(ui)
        })
        .map(|shown| shown.inner)
}

fn highlight(ui: &Ui, rect: Rect, response: &Response) {
    if response.hovered() || response.has_focus() {
        let c = Theme::get(ui);
        let fill = if c.bg3 == ui.visuals().window_fill {
            c.line2
        } else {
            c.bg3
        };
        ui.painter()
            .rect_filled(rect, CornerRadius::same(metrics::RADIUS_TAG), fill);
    }
}
