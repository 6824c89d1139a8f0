//! The top bar: menus, layouts, the experiment's name, the palette.

use crate::app::commands::{Command, Menu, TABLE};
use crate::app::explain::{self, Mark};
use crate::app::kit::button::IconButton;
use crate::app::kit::dropdown::{Dropdown, menu, menu_item};
use crate::app::kit::icons::Icon;
use crate::app::kit::segmented::Segmented;
use crate::app::kit::{badge, paint};
use crate::app::layout::Layout;
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use egui::{Align, Layout as Flow, Rect, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// Below this width layouts are a list and the palette is an icon.
const SMALL: f32 = 800.0;

/// Draws the top bar.
pub fn show(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>, width: f32) {
    let rect = ui.max_rect();
    let c = Theme::get(ui);
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Flow::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = 0.0;
    row.add_space(metrics::PAD);
    let (logo, response) = row.allocate_exact_size(vec2(18.0, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "pcscope"));
    explain::mark(response, Mark::Words, "pcscope");
    Icon::Logo.paint(row.painter(), logo.center(), c.t1);
    row.add_space(8.0);
    for (name, which) in [
        ("File", Menu::File),
        ("Edit", Menu::Edit),
        ("Time", Menu::Time),
        ("View", Menu::View),
        ("Help", Menu::Help),
    ] {
        menu(&mut row, name, |ui| {
            for line in TABLE.iter().filter(|r| r.menu == which) {
                let idle = window.idle(line.command);
                if menu_item(ui, line.name, line.written, idle).clicked() {
                    actions.push(Action::Command(line.command));
                    ui.close();
                }
            }
        });
    }
    let menus_end = row.min_rect().right();
    // From the right: help, palette, name.
    let mut end = Rect::from_min_max(rect.min, pos2(rect.right() - 8.0, rect.bottom()));
    let mut tail = ui.new_child(
        UiBuilder::new()
            .max_rect(end)
            .layout(Flow::right_to_left(Align::Center)),
    );
    tail.spacing_mut().item_spacing.x = 8.0;
    if IconButton::new(Icon::Help)
        .name("Keyboard")
        .shortcut("?")
        .show(&mut tail)
        .clicked()
    {
        actions.push(Action::Command(Command::Keys));
    }
    let palette = match width < SMALL {
        true => IconButton::new(Icon::Search)
            .name("Command palette")
            .shortcut("Ctrl K")
            .show(&mut tail),
        false => palette_box(&mut tail),
    };
    if palette.clicked() {
        actions.push(Action::Command(Command::Palette));
    }
    end.max.x = tail.min_rect().left() - 12.0;
    let names: Vec<&str> = Layout::ALL.iter().map(|l| l.name()).collect();
    let mut chosen = Layout::ALL
        .iter()
        .position(|l| *l == window.shell.settings.layout)
        .unwrap_or(0);
    if width < SMALL {
        // One list in place of five tabs.
        row.add_space(8.0);
        let list = Dropdown::new("Layout", &names).width(92.0);
        if list.show(&mut row, &mut chosen).changed() {
            actions.push(Action::Command(Command::Layout(Layout::ALL[chosen])));
        }
        return;
    }
    let tabs_width: f32 = names
        .iter()
        .map(|n| paint::width(ui.painter(), n, text::strong_font()).ceil() + 18.0)
        .sum();
    let mut left = rect.center().x - tabs_width / 2.0;
    if width < 1000.0 {
        left = menus_end + 16.0;
    }
    let middle = Rect::from_min_size(
        pos2(left.round(), rect.top()),
        vec2(tabs_width, rect.height()),
    );
    let mut centre = ui.new_child(
        UiBuilder::new()
            .max_rect(middle)
            .layout(Flow::left_to_right(Align::Center)),
    );
    if Segmented::new("Layout", &names)
        .show(&mut centre, &mut chosen)
        .changed()
    {
        actions.push(Action::Command(Command::Layout(Layout::ALL[chosen])));
    }
    if let Some(session) = &window.engine.session {
        let room = end.right() - middle.right() - 16.0;
        if room > 60.0 {
            let name = &session.experiment.name;
            let wide = paint::width(ui.painter(), name, text::body_font()).min(room);
            let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
            let at = pos2(end.right() - wide, y);
            paint::write_within(ui.painter(), at, room, name, text::body_font(), c.t2);
            let area = Rect::from_min_max(
                pos2(end.right() - wide, rect.top()),
                pos2(end.right(), rect.bottom()),
            );
            let response = ui.interact(area, ui.scope_id().with("name"), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
            crate::app::kit::card::hover(response, name);
        }
    }
}

/// The box that opens the palette.
fn palette_box(ui: &mut Ui) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(150.0, 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Command palette"));
    let c = Theme::get(ui);
    let border = if response.hovered() { c.t3 } else { c.line2 };
    paint::bordered(ui.painter(), rect, metrics::RADIUS, c.bg1, border);
    Icon::Search.paint(
        ui.painter(),
        pos2(rect.left() + 14.0, rect.center().y),
        c.t3,
    );
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    paint::write(
        ui.painter(),
        pos2(rect.left() + 27.0, y),
        Align::LEFT,
        "Command",
        text::body_font(),
        c.t3,
    );
    let cap = Rect::from_min_max(
        pos2(rect.right() - 52.0, rect.top() + 3.0),
        pos2(rect.right() - 3.0, rect.bottom() - 3.0),
    );
    badge::paint_key_cap(ui.painter(), cap, "Ctrl K", c);
    paint::focus_ring(ui, &response, rect);
    explain::mark(response, Mark::Button, "Command palette")
}
