//! The head of a panel: its tabs or its title, and icons at the right.

use egui::{
    Align, Align2, Layout, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::{Theme, metrics};

/// Space between two tabs.
const TAB_GAP: f32 = 16.0;

/// A bar of 28 with a title at the left. `right` adds icons and captions from the right edge inwards.
pub fn header(ui: &mut Ui, title: &str, right: impl FnOnce(&mut Ui)) -> Response {
    let mut active = 0;
    tab_bar(ui, &[title], &mut active, right)
}

/// A title above what it names, without a line.
pub fn title(ui: &mut Ui, words: &str) -> Response {
    let size = vec2(ui.available_width(), metrics::TAB_BAR);
    let (bar, _) = ui.allocate_exact_size(size, Sense::hover());
    let y = paint::baseline(ui.painter(), bar.center().y, text::size::TITLE);
    let at = pos2(bar.left() + metrics::PAD, y);
    let ink = Theme::get(ui).t1;
    let rect = paint::write(
        ui.painter(),
        at,
        Align::LEFT,
        words,
        text::title_font(),
        ink,
    );
    let response = ui.interact(rect, ui.scope_id().with(words), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
    explain::mark(response, Mark::View, words)
}

/// A bar of 28 with tabs; the active one is bold. `right` adds icons and captions from the right.
///
/// The response says whether another tab was chosen.
pub fn tab_bar(
    ui: &mut Ui,
    tabs: &[&str],
    active: &mut usize,
    right: impl FnOnce(&mut Ui),
) -> Response {
    let size = vec2(ui.available_width(), metrics::TAB_BAR);
    let (bar, mut response) = ui.allocate_exact_size(size, Sense::hover());
    let c = Theme::get(ui);
    let mut x = bar.left() + metrics::PAD;
    for (i, name) in tabs.iter().enumerate() {
        // The width of the bold name in both cases, so that choosing a tab moves nothing.
        let width = paint::width(ui.painter(), name, text::strong_font()).ceil();
        let rect = Rect::from_min_size(pos2(x, bar.top()), vec2(width, bar.height() - 1.0));
        x += width + TAB_GAP;
        let alone = tabs.len() == 1;
        let sense = if alone {
            Sense::hover()
        } else {
            Sense::click()
        };
        let target = rect.expand2(vec2(0.5 * TAB_GAP, 0.0));
        let tab = ui.interact(target, response.id.with(i), sense);
        if !alone {
            super::focus::item(response.id, &tab);
        }
        if tab.clicked() && *active != i {
            *active = i;
            response.mark_changed();
        }
        let on = *active == i;
        tab.widget_info(|| {
            if alone {
                WidgetInfo::labeled(Role::Heading, true, name)
            } else {
                WidgetInfo::selected(Role::Tab, ui.is_enabled(), on, name)
            }
        });
        let (font, ink) = if on {
            (text::strong_font(), c.t1)
        } else if tab.hovered() {
            (text::body_font(), c.t1)
        } else {
            (text::body_font(), c.t3)
        };
        let y = paint::baseline(ui.painter(), bar.center().y, font.size);
        paint::write(
            ui.painter(),
            pos2(rect.left(), y),
            Align::LEFT,
            name,
            font,
            ink,
        );
        paint::focus_ring(ui, &tab, rect.expand2(vec2(4.0, -4.0)));
        explain::mark(tab, Mark::View, name);
    }
    let line = bar.bottom() - metrics::HAIRLINE;
    paint::hline(ui.painter(), bar.x_range(), line, c.line);
    let rest = Rect::from_min_max(pos2(x, bar.top()), pos2(bar.right() - metrics::GAP, line));
    trailing(ui, rest, right);
    response
}

/// Lays `contents` out from the right edge of `rect` inwards, centred on its height.
pub fn trailing(ui: &mut Ui, rect: Rect, contents: impl FnOnce(&mut Ui)) {
    let layout = Layout::right_to_left(Align::Center);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
    inner.spacing_mut().item_spacing.x = metrics::ICON_GAP + metrics::ICON - metrics::CONTROL;
    contents(&mut inner);
}

/// A caption in a bar of icons.
pub fn bar_caption(ui: &mut Ui, words: &str) -> Response {
    let font = text::body_font();
    let width = paint::width(ui.painter(), words, font.clone()).ceil();
    let (rect, response) =
        ui.allocate_exact_size(vec2(width + 8.0, metrics::CONTROL), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let c = Theme::get(ui);
    paint::centred(ui.painter(), rect, words, font, c.t2);
    explain::mark(response, Mark::Words, words)
}

/// The margins of what a panel holds.
pub fn inset(top: i8, bottom: i8) -> egui::Frame {
    egui::Frame::new().inner_margin(egui::Margin {
        left: 12,
        right: 12,
        top,
        bottom,
    })
}

/// One sentence in the middle of an empty panel, naming what to do.
pub fn empty(ui: &mut Ui, sentence: &str) -> Response {
    let c = Theme::get(ui);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, sentence));
    let galley = ui.painter().layout(
        sentence.to_owned(),
        text::body_font(),
        c.t2,
        (rect.width() - 2.0 * metrics::PAD).max(0.0),
    );
    let at =
        Align2::LEFT_TOP.anchor_size(rect.min + vec2(metrics::PAD, metrics::PAD), galley.size());
    ui.painter().galley(at.min, galley, c.t2);
    response
}
