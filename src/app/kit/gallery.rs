//! All widgets, signs, colours and sizes on one page of 640×800, as the design sheet has them.

use egui::{Align, FontId, Layout, Pos2, Rect, Ui, UiBuilder, Vec2, pos2, vec2};

use super::badge::Badge;
use super::button::{Button, IconButton};
use super::cells::{self, Cell, Mark};
use super::icons::Icon;
use super::segmented::Segmented;
use super::slider::Slider;
use super::{field, legend, notice, paint, progress, section, toggle, verdict};
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme, Tokens, metrics};
use crate::learning::{Verdict, rule};

/// Width and height of the page.
pub const SIZE: Vec2 = vec2(640.0, 800.0);
/// Where the left column ends.
const SPLIT: f32 = 316.0;

/// What the controls of the page are set to.
#[derive(Clone, Debug, PartialEq)]
struct Values {
    on: bool,
    off: bool,
    rule: usize,
    rate: f64,
    gamma: f64,
}

impl Default for Values {
    fn default() -> Self {
        Self {
            on: true,
            off: false,
            rule: 1,
            rate: 0.05,
            gamma: 0.64,
        }
    }
}

/// Shows the page in the theme of `ui`.
pub fn gallery(ui: &mut Ui) {
    let page = Rect::from_min_size(ui.max_rect().min, SIZE);
    let id = ui.scope_id().with("gallery");
    let mut values: Values = ui.data_mut(|d| d.get_temp(id)).unwrap_or_default();
    let c = Theme::get(ui);
    let painter = ui.painter().with_clip_rect(page);
    painter.rect_filled(page, 0, c.bg1);
    let at = |x: f32, y: f32| page.min + vec2(x, y);
    paint::vline(&painter, at(SPLIT, 0.0).x, page.y_range(), c.line);
    for (x, width, y) in [
        (0.0, SPLIT, 224.0),
        (SPLIT, SIZE.x - SPLIT, 224.0),
        (SPLIT, SIZE.x - SPLIT, 392.0),
        (0.0, SPLIT, 512.0),
    ] {
        let left = at(x, y);
        paint::hline(&painter, left.x..=left.x + width, left.y, c.line);
    }
    verdicts(ui, at(16.0, 14.0));
    colour_maps(ui, at(16.0, 238.0), c);
    rules(ui, at(16.0, 402.0), c);
    icons(ui, at(16.0, 526.0));
    type_sizes(ui, at(16.0, 678.0), c);
    badges(ui, at(332.0, 14.0));
    controls(ui, at(332.0, 102.0), &mut values);
    cell_states(ui, at(332.0, 238.0), c);
    states(ui, at(332.0, 403.0));
    ui.data_mut(|d| d.insert_temp(id, values));
}

/// Both themes side by side, 1280×800.
pub fn both(ui: &mut Ui) {
    for (theme, x) in [(Theme::Dark, 0.0), (Theme::Light, SIZE.x)] {
        let rect = Rect::from_min_size(ui.max_rect().min + vec2(x, 0.0), SIZE);
        let mut page = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(theme as u8));
        page.set_style(theme.style());
        gallery(&mut page);
    }
}

/// Runs `contents` from a corner, in a column of the page.
fn place<R>(ui: &mut Ui, corner: Pos2, width: f32, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let rect = Rect::from_min_size(corner, vec2(width, SIZE.y));
    let layout = Layout::top_down(Align::Min);
    let salt = (corner.x as i32, corner.y as i32);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt(salt));
    inner.spacing_mut().item_spacing = Vec2::ZERO;
    contents(&mut inner)
}

fn title(ui: &mut Ui, corner: Pos2, words: &str) {
    place(ui, corner, 290.0, |ui| section::heading(ui, words));
}

fn words(ui: &Ui, at: Pos2, words: &str, font: FontId, color: egui::Color32) -> Rect {
    paint::write(ui.painter(), at, Align::LEFT, words, font, color)
}

fn verdicts(ui: &mut Ui, corner: Pos2) {
    title(ui, corner, "Verdicts: sign, words, one line");
    let lines = [
        "0 differing bits",
        "0 of what is captured",
        "the same in real arithmetic",
        "every cosine at least 0.99",
        "anything else; not “broken”",
        "nothing moves",
        "not run at this update",
        "vertex, t and the way back",
    ];
    for (i, (which, line)) in Verdict::ALL.into_iter().zip(lines).enumerate() {
        let (column, row) = (i % 2, i / 2);
        let at = corner + vec2(146.0 * column as f32, 19.0 + 46.0 * row as f32);
        let size = text::size::TITLE;
        place(ui, at, 144.0, |ui| {
            verdict::verdict(ui, which, "", size, line)
        });
    }
}

fn colour_maps(ui: &mut Ui, corner: Pos2, c: &Tokens) {
    title(ui, corner, "Colour maps, each with numbers");
    type Map<'a> = (&'a dyn Fn(f64) -> egui::Color32, [&'a str; 3], &'a str);
    let activity = |t| c.diverging_activity(legend::diverging(t), 1.0);
    let error = |t| c.diverging_error(legend::diverging(t), 1.0);
    let size = |t| c.cividis(t);
    let grey = |t| c.grey(t);
    let maps: [Map<'_>; 4] = [
        (&activity, ["−r", "0", "+r"], "x, f(x)"),
        (&error, ["−r", "0", "+r"], "ε, Δx, δ, ΔW"),
        (&size, ["low", "", "high"], "size of ε, energy, counts"),
        (&grey, ["0", "", "1"], "input"),
    ];
    for (i, (color, ends, name)) in maps.into_iter().enumerate() {
        let at = corner + vec2(0.0, 20.0 + 34.0 * i as f32);
        let bar = Rect::from_min_size(at, vec2(120.0, 8.0));
        legend::bar_with_ends(ui.painter(), bar, color, ends, c);
        words(ui, at + vec2(130.0, 15.0), name, text::body_font(), c.t2);
    }
}

fn rules(ui: &mut Ui, corner: Pos2, c: &Tokens) {
    title(ui, corner, "Rules: colour, dash, marker, label");
    for (i, rule) in rule::all().enumerate() {
        let at = corner + vec2(0.0, 26.0 + 20.0 * i as f32);
        legend::rule_line(ui.painter(), at, 110.0, rule, 0, c);
        let y = paint::baseline(ui.painter(), at.y + 1.0, text::size::BODY);
        let left = pos2(at.x + 120.0, y);
        words(ui, left, rule.label(), text::body_font(), rule.color(c));
    }
}

fn icons(ui: &mut Ui, corner: Pos2) {
    title(ui, corner, "Icons, 16 px grid, 1.5 px line");
    for (i, icon) in Icon::ALL.into_iter().enumerate() {
        let cell = vec2((i % 9) as f32 * 32.0, (i / 9) as f32 * 27.0);
        let target = Rect::from_center_size(corner + vec2(8.0, 29.0) + cell, Vec2::splat(24.0));
        let mut inner = ui.new_child(UiBuilder::new().max_rect(target).id_salt(i));
        IconButton::new(icon).show(&mut inner);
    }
}

fn type_sizes(ui: &mut Ui, corner: Pos2, c: &Tokens) {
    title(ui, corner, "Type");
    let samples = [
        (
            0.0,
            40.0,
            "Aa 26",
            text::verdict_font(text::size::VERDICT),
            c.t1,
        ),
        (90.0, 40.0, "Title 13", text::title_font(), c.t1),
        (152.0, 40.0, "Body 12", text::body_font(), c.t1),
        (213.0, 40.0, "Caption 11", text::caption_font(), c.t3),
        (0.0, 64.0, "mono 11.5 −0.1420", text::mono_font(), c.t1),
        (
            131.0,
            64.0,
            "mono 10.5 ± 0.15",
            text::mono_small_font(),
            c.t2,
        ),
    ];
    for (x, y, sample, font, color) in samples {
        words(ui, corner + vec2(x, y), sample, font, color);
    }
    let swatches = [
        ("bg0", c.bg0),
        ("bg1", c.bg1),
        ("bg2", c.bg2),
        ("bg3", c.bg3),
        ("line", c.line),
        ("line2", c.line2),
        ("t3", c.t3),
        ("t2", c.t2),
        ("t1", c.t1),
    ];
    for (i, (name, color)) in swatches.into_iter().enumerate() {
        let at = corner + vec2(32.0 * i as f32, 78.0);
        let rect = Rect::from_min_size(at, vec2(26.0, 17.0));
        paint::bordered(ui.painter(), rect, metrics::RADIUS, color, c.line2);
        let below = pos2(rect.center().x, rect.bottom() + 13.0);
        let font = FontId::new(9.5, egui::FontFamily::Monospace);
        paint::write(ui.painter(), below, Align::Center, name, font, c.t3);
    }
}

fn badges(ui: &mut Ui, corner: Pos2) {
    title(ui, corner, "Badges");
    let rows = [
        [Badge::Live, Badge::Paused],
        [Badge::History, Badge::Computing(412, 860)],
    ];
    for (i, row) in rows.into_iter().enumerate() {
        let at = corner + vec2(0.0, 18.0 + 28.0 * i as f32);
        place(ui, at, 300.0, |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = metrics::GAP;
                for badge in row {
                    badge.show(ui);
                }
            });
        });
    }
}

fn controls(ui: &mut Ui, corner: Pos2, values: &mut Values) {
    title(ui, corner, "Controls, 24 high");
    place(ui, corner + vec2(0.0, 18.0), 300.0, |ui| {
        ui.spacing_mut().item_spacing = vec2(metrics::GAP, metrics::GAP);
        ui.horizontal(|ui| {
            Button::primary("Train").icon(Icon::Play).show(ui);
            Button::new("1 update").show(ui);
            Button::new("Undo")
                .disabled(Some("Nothing to undo yet."))
                .show(ui);
            toggle::switch(ui, &mut values.on, "γ = 1");
            toggle::switch(ui, &mut values.off, "level l taken at t = l");
        });
        ui.horizontal(|ui| {
            Segmented::new("rule", &["BP", "Z-IL", "IL"]).show(ui, &mut values.rule);
            field::NumberField::new("learning rate", 0.0..=10.0).show(ui, &mut values.rate);
        });
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(-3.0);
        Slider::new("γ", 0.0..=1.0)
            .width(208.0)
            .tick(0.45, "stability limit here 0.45")
            .show(ui, &mut values.gamma);
    });
}

fn cell_states(ui: &mut Ui, corner: Pos2, c: &Tokens) {
    title(ui, corner, "Cells of the wave and of maps");
    let known = |value, share, mark| Cell::Known { value, share, mark };
    let later = Mark::None;
    let samples = [
        (known(1.4, 0.62, Mark::None), "known"),
        (Cell::Zero, "exactly 0"),
        (known(0.95, 0.49, Mark::Captured), "captured"),
        (Cell::Ahead { mark: later }, "front comes here"),
        (Cell::Blank, "not computed"),
        (known(211.0, 1.2, Mark::None), "above the range"),
        (Cell::NotANumber, "not a number"),
        (Cell::Frozen { value: 0.3 }, "frozen"),
    ];
    for (i, (cell, name)) in samples.into_iter().enumerate() {
        let at = corner + vec2((i % 2) as f32 * 150.0, 20.0 + (i / 2) as f32 * 32.0);
        let rect = Rect::from_min_size(at, vec2(34.0, 20.0));
        cells::paint(ui.painter(), rect, cell, c);
        let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
        let left = pos2(rect.right() + metrics::GAP, y);
        words(ui, left, name, text::body_font(), c.t2);
    }
}

fn states(ui: &mut Ui, corner: Pos2) {
    let width = 296.0;
    title(ui, corner, "Empty");
    place(ui, corner + vec2(0.0, 22.0), width, |ui| {
        notice::lead(ui, "", "Select a vertex in the network to see its maps.")
    });
    title(ui, corner + vec2(0.0, 48.0), "Loading");
    place(ui, corner + vec2(0.0, 66.0), width, |ui| {
        progress::progress(ui, "train-images, 31 of 47 MB", 31.0 / 47.0)
    });
    title(ui, corner + vec2(0.0, 110.0), "File refused");
    place(ui, corner + vec2(0.0, 131.0), width, |ui| {
        let rest = "holds 9 labels for 10 images (byte\u{a0}4). Expected 10. Nothing was changed.";
        notice::warning(ui, "labels.idx", rest)
    });
    title(ui, corner + vec2(0.0, 186.0), "Diverged");
    place(ui, corner + vec2(0.0, 207.0), width, |ui| {
        let rest = "dense 64 is not finite from t = 14. The other lanes run on.";
        notice::warning(ui, "IL stopped at update 112.", rest);
    });
    place(ui, corner + vec2(notice::INDENT, 249.0), width, |ui| {
        two_buttons(ui, Button::new("Back to t = 13"), "Halve γ and retry")
    });
    let asked = corner + vec2(0.0, 290.0);
    title(ui, asked, "Edit while in HISTORY, asked once");
    place(ui, asked + vec2(0.0, 22.0), width, |ui| {
        notice::lead(ui, "", "You are at update 412 of 860.")
    });
    place(ui, asked + vec2(0.0, 46.0), width, |ui| {
        two_buttons(ui, Button::primary("Branch from here"), "Back to live")
    });
}

fn two_buttons(ui: &mut Ui, first: Button<'_>, second: &str) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = metrics::GAP;
        first.show(ui);
        Button::new(second).show(ui);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::headless;
    use crate::app::theme;

    /// Writes the page as a picture when asked to, for a look at it.
    fn keep(image: &image::RgbaImage, name: &str) {
        if let Some(folder) = std::env::var_os("PCSCOPE_PICTURES") {
            let path = std::path::Path::new(&folder).join(name);
            headless::save_png(image, &path, None).unwrap();
        }
    }

    #[test]
    fn the_page_draws_in_both_themes_and_at_both_scales() {
        for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            for scale in [1.0, 2.0] {
                let image = headless::render(SIZE, scale, theme, 3, gallery);
                assert_eq!(image.width(), (SIZE.x * scale) as u32);
                keep(&image, &format!("gallery-{name}-{scale}.png"));
            }
        }
        let wide = vec2(2.0 * SIZE.x, SIZE.y);
        let image = headless::render(wide, 1.0, Theme::Dark, 3, both);
        keep(&image, "gallery-both.png");
    }

    /// The harness panics on a glyph no font has, and on an input without a name.
    #[test]
    fn every_control_of_the_page_has_a_name_and_every_sign_a_glyph() {
        use egui_kittest::kittest::Queryable as _;
        let mut harness = egui_kittest::Harness::builder()
            .with_size(SIZE)
            .renderer(crate::app::raster::Raster::new())
            .with_context_setup(|ctx| theme::install(ctx, Theme::Dark))
            .build_ui(gallery);
        harness.run();
        harness.get_by_label("Train").click();
        harness.get_by_label("γ = 1").click();
        harness.get_by_label("IL").click();
        harness.run();
        let image = harness.render().unwrap();
        assert_eq!(image.width(), SIZE.x as u32);
    }
}
