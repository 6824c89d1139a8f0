//! The parts panels are made of, on one page of 640×400: heads, rows, tables, bars, maps.

use egui::{Align, Layout, Pos2, Rect, Ui, UiBuilder, Vec2, pos2, vec2};

use super::badge;
use super::button::{Button, IconButton};
use super::dropdown::Dropdown;
use super::icons::Icon;
use super::maps::{self, MapAtlas, Maps};
use super::segmented::Segmented;
use super::table::{Columns, Row, Tone};
use super::{bars, card, field, notice, paint, panel, section, squares, toggle};
use crate::app::theme::{Theme, Tokens, metrics};

/// Width and height of the page.
pub const SIZE: Vec2 = vec2(640.0, 400.0);

/// What the controls of the page are set to, and the texture of its maps.
pub struct Page {
    layout: usize,
    data: usize,
    tab: usize,
    conditions: [bool; 3],
    query: String,
    maps: MapAtlas,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            layout: 0,
            data: 0,
            tab: 0,
            conditions: [true, true, false],
            query: String::new(),
            maps: MapAtlas::new("gallery"),
        }
    }
}

impl Page {
    /// Shows the page in the theme of `ui`.
    pub fn show(&mut self, ui: &mut Ui) {
        let c = Theme::get(ui);
        let page = Rect::from_min_size(ui.max_rect().min, SIZE);
        ui.painter().rect_filled(page, 0, c.bg1);
        let at = |x: f32, y: f32| page.min + vec2(x, y);
        let line = ui.painter().clone();
        paint::hline(&line, page.x_range(), at(0.0, 36.0).y, c.line);
        for x in [200.0, 420.0] {
            paint::vline(&line, at(x, 0.0).x, at(0.0, 37.0).y..=page.bottom(), c.line);
        }
        self.top(ui, at(0.0, 0.0));
        self.left(ui, at(0.0, 37.0));
        self.middle(ui, at(201.0, 37.0), c);
        right(ui, at(421.0, 37.0), c);
    }

    fn top(&mut self, ui: &mut Ui, corner: Pos2) {
        let bar = Rect::from_min_size(corner + vec2(12.0, 0.0), vec2(616.0, 36.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(bar).layout(layout));
        IconButton::new(Icon::Logo).show(&mut ui);
        IconButton::new(Icon::Pause).filled().show(&mut ui);
        let layouts = ["Teach", "Explore", "Train"];
        Segmented::new("layout", &layouts).show(&mut ui, &mut self.layout);
        field::text_field(&mut ui, &mut self.query, "find", "Command", 110.0);
        badge::key_cap(&mut ui, "Ctrl K");
        badge::chip(&mut ui, "wrong only", true);
        badge::chip(&mut ui, "all", false);
    }

    fn left(&mut self, ui: &mut Ui, corner: Pos2) {
        let mut ui = column(ui, corner, 200.0);
        panel::header(&mut ui, "Set-up", |ui| {
            IconButton::new(Icon::Dots).show(ui);
        });
        let mut ui = column(&mut ui, corner + vec2(12.0, 36.0), 176.0);
        section::heading(&mut ui, "Data");
        let data = ["MNIST digits", "Fashion", "names of people and places"];
        Dropdown::new("data set", &data).show(&mut ui, &mut self.data);
        section::rule(&mut ui);
        section::heading_with(&mut ui, "Network", "parameters");
        section::value_row(&mut ui, "conv 1", "160", metrics::ROW_LIST);
        section::value_row(
            &mut ui,
            "dense with a long name",
            "100,416",
            metrics::ROW_LIST,
        );
        section::rule(&mut ui);
        section::heading(&mut ui, "Conditions of exactness");
        let names = ["feed-forward start", "γ = 1", "level l taken at t = l"];
        for (name, on) in names.into_iter().zip(&mut self.conditions) {
            toggle::row(&mut ui, on, name, "");
        }
        section::rule(&mut ui);
        Button::primary("Train")
            .icon(Icon::Play)
            .width(97.0)
            .show(&mut ui);
    }

    fn middle(&mut self, ui: &mut Ui, corner: Pos2, c: &Tokens) {
        let mut ui = column(ui, corner, 219.0);
        let tabs = ["Feature maps", "Energy"];
        panel::tab_bar(&mut ui, &tabs, &mut self.tab, |ui| {
            IconButton::new(Icon::Table).show(ui);
        });
        let value = |map: usize, row: usize, column: usize| match (map, row, column) {
            (3, 2, 3) => f64::NAN,
            (4, ..) => f64::NAN,
            (1, 0, 0) => 2.0,
            _ => ((map + 1) as f64 * 1.3 + row as f64 * 0.9 - column as f64 * 0.7).sin(),
        };
        let color = |v: f64| c.diverging_error(v, 1.0);
        let maps = Maps {
            size: [7, 7],
            count: 5,
            range: 1.0,
            value,
            color,
        };
        self.maps.set(&ui, maps);
        let size = maps::scale([7, 7], vec2(36.0, 36.0), ui.pixels_per_point());
        for i in 0..5 {
            let at = corner + vec2(12.0 + 40.0 * i as f32, 40.0);
            self.maps
                .draw(ui.painter(), Rect::from_min_size(at, size), i, c);
        }
        let tag = corner + vec2(40.0, 94.0);
        badge::tag(ui.painter(), tag, "front", c);
        let mut inner = column(&mut ui, corner + vec2(12.0, 110.0), 195.0);
        squares::squares(&mut inner, 2, 4, "levels captured");
        let values = [(0.789, 0.9), (-0.903, 1.46), (1.0, 1.0), (f64::NAN, 9.0)];
        for (i, (cosine, length)) in values.into_iter().enumerate() {
            let row = corner + vec2(12.0, 142.0 + 18.0 * i as f32);
            let bar = |x: f32| Rect::from_min_size(row + vec2(x, 0.0), vec2(80.0, 10.0));
            bars::cosine(ui.painter(), bar(0.0), cosine, true, c);
            bars::length(ui.painter(), bar(100.0), length, true, c);
        }
        let row = Rect::from_min_size(corner + vec2(12.0, 216.0), vec2(180.0, 10.0));
        bars::share(ui.painter(), row, 0.4, c);
        let mut inner = column(&mut ui, corner + vec2(12.0, 240.0), 195.0);
        notice::warning(
            &mut inner,
            "names.txt",
            "has a letter outside a to z in line 12. Nothing was changed.",
        );
    }
}

fn right(ui: &mut Ui, corner: Pos2, c: &Tokens) {
    let mut ui = column(ui, corner, 219.0);
    panel::header(&mut ui, "Inspector", |ui| {
        IconButton::new(Icon::Dots).show(ui);
        IconButton::new(Icon::Pin).selected(true).show(ui);
    });
    let mut inner = column(&mut ui, corner + vec2(12.0, 38.0), 195.0);
    let columns = Columns::of_widths(&[55.0, 62.0, 62.0]);
    columns.captions(&mut inner, "", &["now", "t = 1", "change"]);
    let quiet = Tone::Quiet;
    let rows = [
        ("x", ["−0.0791", "+0.0629", "−0.1420"]),
        ("μ", ["+0.0629", "+0.0629", "0"]),
        ("ε", ["−0.1420", "0", "−0.1420"]),
    ];
    for (label, [now, before, change]) in rows {
        let values = [(now, Tone::Value), (before, quiet), (change, quiet)];
        let mut row = Row::new(label, &values);
        row.selected = label == "ε";
        row.sense = egui::Sense::click();
        columns.row(&mut inner, row);
    }
    let place = Rect::from_min_size(corner + vec2(12.0, 150.0), vec2(150.0, 80.0));
    paint::bordered(
        ui.painter(),
        place.expand(8.0),
        metrics::RADIUS,
        c.bg3,
        c.line2,
    );
    let mut inner = column(&mut ui, place.min, place.width());
    let rows = [
        ("t", "2".to_owned()),
        ("size now", "1.7".to_owned()),
        ("δ", "−0.1420".to_owned()),
    ];
    card::card(&mut inner, "pool 2", &rows);
    let buttons = Rect::from_min_size(pos2(corner.x + 12.0, corner.y + 250.0), vec2(200.0, 24.0));
    let layout = Layout::left_to_right(Align::Center);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(buttons).layout(layout));
    Button::new("Break it").icon(Icon::Bolt).show(&mut inner);
    IconButton::new(Icon::StepBack).outlined().show(&mut inner);
    IconButton::new(Icon::StepForward)
        .disabled(Some("This is the last state."))
        .show(&mut inner);
}

fn column(ui: &mut Ui, corner: Pos2, width: f32) -> Ui {
    let rect = Rect::from_min_size(corner, vec2(width, SIZE.y));
    let salt = (corner.x as i32, corner.y as i32);
    let mut inner = ui.new_child(
        UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min))
            .id_salt(salt),
    );
    inner.spacing_mut().item_spacing = Vec2::ZERO;
    inner
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::headless::{self, Headless};
    use crate::app::theme;
    use egui_kittest::kittest::Queryable as _;

    #[test]
    fn the_page_draws_in_both_themes() {
        for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            for scale in [1.0, 2.0] {
                let mut page = Page::default();
                let image = headless::render(SIZE, scale, theme, 3, |ui| page.show(ui));
                assert_eq!(image.width(), (SIZE.x * scale) as u32);
                if let Some(folder) = std::env::var_os("PCSCOPE_PICTURES") {
                    let file = format!("panels-{name}-{scale}.png");
                    let path = std::path::Path::new(&folder).join(file);
                    headless::save_png(&image, &path, None).unwrap();
                }
            }
        }
    }

    /// The harness panics on a glyph no font has, and on an input without a name.
    #[test]
    fn every_control_can_be_found_by_name_and_used() {
        let mut harness = egui_kittest::Harness::builder()
            .with_size(SIZE)
            .with_context_setup(|ctx| theme::install(ctx, Theme::Light))
            .build_ui_state(|ui, page: &mut Page| page.show(ui), Page::default());
        harness.run();
        harness.get_by_label("Explore").click();
        harness.get_by_label("Energy").click();
        harness.get_by_label("level l taken at t = l").click();
        harness.get_by_label("data set").click();
        harness.run();
        harness.get_by_label("Fashion").click();
        harness.run();
        let page = harness.state();
        assert_eq!((page.layout, page.tab, page.data), (1, 1, 1));
        assert!(page.conditions[2]);
    }

    #[test]
    fn a_slider_and_a_switch_work_from_the_keyboard() {
        use super::super::slider::Slider;
        use egui::Key;
        let run = |ui: &mut Ui, state: &mut (f64, bool)| {
            Slider::new("γ", 0.0..=1.0).step(0.1).show(ui, &mut state.0);
            toggle::switch(ui, &mut state.1, "old W");
        };
        let mut harness = egui_kittest::Harness::builder()
            .with_context_setup(|ctx| theme::install(ctx, Theme::Dark))
            .build_ui_state(run, (0.5, false));
        for key in [Key::Tab, Key::ArrowRight, Key::ArrowRight] {
            harness.key_press(key);
            harness.run();
        }
        assert!((harness.state().0 - 0.7).abs() < 1e-9);
        for key in [Key::Tab, Key::Space] {
            harness.key_press(key);
            harness.run();
        }
        assert!(harness.state().1);
    }

    #[test]
    fn an_open_list_of_options_is_drawn() {
        let mut window = Headless::new(SIZE, 1.0, Theme::Dark);
        let mut page = Page::default();
        let at = pos2(60.0, 101.0);
        window.pass(Vec::new(), |ui| page.show(ui));
        window.pass(vec![egui::Event::PointerMoved(at)], |ui| page.show(ui));
        for pressed in [true, false] {
            let press = egui::Event::PointerButton {
                pos: at,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            };
            window.pass(vec![press], |ui| page.show(ui));
        }
        window.pass(Vec::new(), |ui| page.show(ui));
        let image = window.frame(Vec::new(), |ui| page.show(ui)).clone();
        assert!(egui::Popup::is_any_open(window.ctx()));
        if let Some(folder) = std::env::var_os("PCSCOPE_PICTURES") {
            let path = std::path::Path::new(&folder).join("panels-open.png");
            headless::save_png(&image, &path, None).unwrap();
        }
    }
}
