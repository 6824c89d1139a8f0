//! Every colour and every size of the window, for the dark theme, the light one, and the one of high contrast.
//!
//! There is no accent hue: colour means data, and what is selected, active or next is the colour of
//! text. No other file of the window may name a colour; those of rules stand in their table, `RULES`.

use egui::epaint::FontColorTransferFunction;
use egui::style::{ScrollStyle, Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, Style, vec2};

use super::text;
pub use crate::learning::Marker;
use crate::learning::Rule;

/// The themes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Theme {
    /// Light on dark, the theme of the first launch.
    #[default]
    Dark,
    /// Dark on light.
    Light,
    /// White on black, with stronger lines: for eyes that need it, and for poor projectors.
    Contrast,
}

/// The colours of a theme, under the names the design gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct Tokens {
    /// Which theme this is.
    pub theme: Theme,
    /// Behind panels; outline of the pointer.
    pub bg0: Color32,
    /// Every panel; the zero of the diverging maps.
    pub bg1: Color32,
    /// Hint bar, fields, the selected row or vertex.
    pub bg2: Color32,
    /// Hover, cards, the empty part of a bar.
    pub bg3: Color32,
    /// Hairlines and empty cells.
    pub line: Color32,
    /// Borders of controls, axes, idle arrows.
    pub line2: Color32,
    /// Values, selection, cursor.
    pub t1: Color32,
    /// Labels.
    pub t2: Color32,
    /// Captions, units, disabled text; on `bg3` captions are `t2`.
    pub t3: Color32,
    /// Text on a fill of `t1`.
    pub inverse: Color32,
    /// The track of a segmented control.
    pub track: Color32,
    /// The active segment.
    pub segment: Color32,
    /// A `t1` fill under the pointer.
    pub t1_hover: Color32,
    /// The ends of the map of ε, Δx, δ and ΔW: most negative, most positive.
    pub error: [Color32; 2],
    /// The ends of the map of x, μ and f(x): most negative, most positive.
    pub activity: [Color32; 2],
    /// The ends of the map of inputs, from 0 to 1.
    pub ramp: [Color32; 2],
    /// Not a number.
    pub nan: Color32,
    /// What was typed and cannot be taken up, never without words.
    pub refused: Color32,
    /// Light ink for numbers on coloured cells.
    pub ink_light: Color32,
    /// Dark ink for numbers on coloured cells.
    pub ink_dark: Color32,
    /// Two more colours of classes, beside the ends of the maps.
    pub classes: [Color32; 2],
}

/// A screen that shows nothing.
pub const BLANK: Color32 = Color32::BLACK;

/// The colours that a run can be drawn in, in words.
pub const RUN_COLOURS: [&str; 6] = ["blue", "orange", "violet", "green", "pink", "teal"];

impl Tokens {
    /// A colour of [`RUN_COLOURS`].
    pub fn run(&self, place: usize) -> Color32 {
        let [blue, orange] = self.error;
        let [violet, green] = self.activity;
        let [pink, teal] = self.classes;
        [blue, orange, violet, green, pink, teal][place % RUN_COLOURS.len()]
    }
}

/// The tint that leaves a picture as it is.
pub const NO_TINT: Color32 = Color32::WHITE;

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

static DARK: Tokens = Tokens {
    theme: Theme::Dark,
    bg0: rgb(0x0E1114),
    bg1: rgb(0x15191E),
    bg2: rgb(0x1D2228),
    bg3: rgb(0x2B323A),
    line: rgb(0x262C33),
    line2: rgb(0x3D4650),
    t1: rgb(0xE9ECEF),
    t2: rgb(0xA9B2BC),
    t3: rgb(0x848E9A),
    inverse: rgb(0x0E1114),
    track: rgb(0x1D2228),
    segment: rgb(0x2B323A),
    t1_hover: rgb(0xFFFFFF),
    error: [rgb(0x5AB4F0), rgb(0xF5A142)],
    activity: [rgb(0xC58AE0), rgb(0x6FCF97)],
    ramp: [rgb(0x15191E), rgb(0xE9ECEF)],
    nan: rgb(0xD0208F),
    refused: rgb(0xF0806C),
    ink_light: rgb(0xFFFFFF),
    ink_dark: rgb(0x050607),
    classes: [rgb(0xCC79A7), rgb(0x009E73)],
};

static LIGHT: Tokens = Tokens {
    theme: Theme::Light,
    bg0: rgb(0xECEEF0),
    bg1: rgb(0xF7F7F7),
    bg2: rgb(0xFFFFFF),
    bg3: rgb(0xE2E5E9),
    line: rgb(0xDDE0E4),
    line2: rgb(0xB4BBC3),
    t1: rgb(0x15191E),
    t2: rgb(0x47515B),
    t3: rgb(0x616B76),
    inverse: rgb(0xFFFFFF),
    track: rgb(0xECEEF0),
    segment: rgb(0xFFFFFF),
    t1_hover: rgb(0x2B323A),
    error: [rgb(0x2166AC), rgb(0xB35806)],
    activity: [rgb(0x762A83), rgb(0x1B7837)],
    ramp: [rgb(0xF7F7F7), rgb(0x15191E)],
    nan: rgb(0xD0208F),
    refused: rgb(0xB3261E),
    ink_light: rgb(0xFFFFFF),
    ink_dark: rgb(0x050607),
    classes: [rgb(0xA8407F), rgb(0x00664D)],
};

static CONTRAST: Tokens = Tokens {
    theme: Theme::Contrast,
    bg0: rgb(0x000000),
    bg1: rgb(0x000000),
    bg2: rgb(0x0B0E11),
    bg3: rgb(0x2B323A),
    line: rgb(0x66717D),
    line2: rgb(0x93A0AC),
    t1: rgb(0xFFFFFF),
    t2: rgb(0xF0F3F5),
    t3: rgb(0xD3DADF),
    inverse: rgb(0x000000),
    track: rgb(0x000000),
    segment: rgb(0x3D4650),
    t1_hover: rgb(0xD3DADF),
    error: [rgb(0x6CC6FF), rgb(0xFFB04D)],
    activity: [rgb(0xD9A0F5), rgb(0x7FE5A9)],
    ramp: [rgb(0x000000), rgb(0xFFFFFF)],
    nan: rgb(0xFF40B4),
    refused: rgb(0xFFA494),
    ink_light: rgb(0xFFFFFF),
    ink_dark: rgb(0x000000),
    classes: [rgb(0xE79AC5), rgb(0x21C295)],
};

/// Sizes in points, on a grid of 4.
pub mod metrics {
    /// Height of the bar of menus and layouts.
    pub const TOP_BAR: f32 = 36.0;
    /// Height of the tabs or the title of a panel.
    pub const TAB_BAR: f32 = 28.0;
    /// Height of the time bar.
    pub const TIME_BAR: f32 = 90.0;
    /// Height of the time bar in a low window.
    pub const TIME_BAR_LOW: f32 = 58.0;
    /// Height of the status bar.
    pub const STATUS_BAR: f32 = 22.0;
    /// Height of the hint bar.
    pub const HINT_BAR: f32 = 38.0;
    /// Height of the verdict strip of a compact window.
    pub const VERDICT_STRIP: f32 = 50.0;
    /// Width of the left panel.
    pub const LEFT: f32 = 200.0;
    /// Width of the left panel when it lists lanes.
    pub const LEFT_LANES: f32 = 232.0;
    /// Width of the right panel.
    pub const RIGHT: f32 = 284.0;
    /// Width of the right panel of a race or a recurrent network.
    pub const RIGHT_WIDE: f32 = 300.0;
    /// Width of a side panel folded to icons.
    pub const RAIL: f32 = 40.0;
    /// Pointer target of a rail icon.
    pub const RAIL_TARGET: f32 = 32.0;
    /// Padding inside a panel.
    pub const PAD: f32 = 12.0;
    /// Padding inside the hero.
    pub const PAD_HERO: f32 = 16.0;
    /// Space above a section's rule.
    pub const SECTION_ABOVE: f32 = 8.0;
    /// Space below a section's rule.
    pub const SECTION_BELOW: f32 = 9.0;
    /// Space between icons.
    pub const ICON_GAP: f32 = 10.0;
    /// Side of an icon.
    pub const ICON: f32 = 16.0;
    /// Height of controls and least side of a pointer target.
    pub const CONTROL: f32 = 24.0;
    /// Row of the set-up.
    pub const ROW_SETTING: f32 = 21.0;
    /// Row of a list.
    pub const ROW_LIST: f32 = 18.0;
    /// Row of a table of numbers.
    pub const ROW_TABLE: f32 = 20.0;
    /// Row of the comparison with backprop.
    pub const ROW_COMPARE: f32 = 35.0;
    /// Space between items that belong together.
    pub const GAP: f32 = 8.0;
    /// Corners of cells and maps.
    pub const RADIUS_CELL: u8 = 2;
    /// Corners of tags.
    pub const RADIUS_TAG: u8 = 3;
    /// Corners of controls and selected rows.
    pub const RADIUS: u8 = 4;
    /// Corners of the outline of a vertex.
    pub const RADIUS_VERTEX: u8 = 6;
    /// Hairlines.
    pub const HAIRLINE: f32 = 1.0;
    /// Icons, the front, the staircase, series.
    pub const STROKE: f32 = 1.5;
    /// Cursor, and the arrow that moves next.
    pub const STROKE_STRONG: f32 = 2.0;
}

/// How a learning rule is drawn: colour, dash and marker each tell it apart.
pub trait RuleLook {
    /// Lengths of dashes and gaps in turn; empty means solid.
    fn dash(self) -> &'static [f32];
    /// The marker on its series.
    fn marker(self) -> Marker;
    /// Its colour.
    fn color(self, tokens: &Tokens) -> Color32;
}

impl RuleLook for Rule {
    fn dash(self) -> &'static [f32] {
        self.facts().look.dash
    }

    fn marker(self) -> Marker {
        self.facts().look.marker
    }

    fn color(self, tokens: &Tokens) -> Color32 {
        let [dark, light] = self.facts().look.ink;
        rgb(match tokens.theme {
            Theme::Dark | Theme::Contrast => dark,
            Theme::Light => light,
        })
    }
}

impl Theme {
    /// The colours of this theme.
    pub fn tokens(self) -> &'static Tokens {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::Contrast => &CONTRAST,
        }
    }

    /// The colours in force in `ui`.
    pub fn get(ui: &egui::Ui) -> &'static Tokens {
        Self::of_visuals(ui.visuals()).tokens()
    }

    /// The colours in force in `ctx`, for painting outside any `Ui`.
    pub fn of_context(ctx: &egui::Context) -> &'static Tokens {
        Self::of_visuals(&ctx.global_style().visuals).tokens()
    }

    fn of_visuals(visuals: &egui::Visuals) -> Self {
        match visuals.dark_mode {
            false => Self::Light,
            true if visuals.panel_fill == CONTRAST.bg1 => Self::Contrast,
            true => Self::Dark,
        }
    }

    /// Makes this the theme of the whole window. The fonts are set apart, by [`install`].
    pub fn apply(self, ctx: &egui::Context) {
        let dark = match self {
            Self::Light => Self::Dark,
            own => own,
        };
        ctx.set_style_of(egui::Theme::Dark, dark.style());
        ctx.set_style_of(egui::Theme::Light, Self::Light.style());
        ctx.set_theme(match self {
            Self::Dark | Self::Contrast => egui::Theme::Dark,
            Self::Light => egui::Theme::Light,
        });
    }

    /// The complete style of egui in this theme.
    pub fn style(self) -> Style {
        let mut style = Style {
            visuals: visuals(self.tokens()),
            animation_time: 0.0,
            wrap_mode: None,
            drag_value_text_style: egui::TextStyle::Monospace,
            ..Style::default()
        };
        style.text_styles = [
            (egui::TextStyle::Heading, text::title_font()),
            (egui::TextStyle::Body, text::body_font()),
            (egui::TextStyle::Button, text::body_font()),
            (egui::TextStyle::Small, text::caption_font()),
            (egui::TextStyle::Monospace, text::mono_font()),
        ]
        .into();
        let spacing = &mut style.spacing;
        spacing.item_spacing = vec2(metrics::GAP, 4.0);
        spacing.window_margin = Margin::same(12);
        spacing.menu_margin = Margin::same(4);
        spacing.button_padding = vec2(8.0, 3.0);
        spacing.interact_size = vec2(metrics::CONTROL, metrics::CONTROL);
        spacing.icon_width = 14.0;
        spacing.icon_width_inner = 8.0;
        spacing.icon_spacing = 6.0;
        spacing.tooltip_width = 320.0;
        spacing.slider_rail_height = 2.0;
        spacing.scroll = ScrollStyle {
            bar_width: 8.0,
            floating_width: 4.0,
            ..ScrollStyle::floating()
        };
        spacing.scroll.fade.strength = 0.0;
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.35;
        style.scroll_animation = egui::style::ScrollAnimation::none();
        style
    }
}

/// Sets the embedded fonts and the theme. Call once when the window opens.
pub fn install(ctx: &egui::Context, theme: Theme) {
    ctx.set_fonts(text::definitions());
    theme.apply(ctx);
}

fn visuals(c: &Tokens) -> egui::Visuals {
    let radius = CornerRadius::same(metrics::RADIUS);
    let state = |fill, border, ink| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(metrics::HAIRLINE, border),
        fg_stroke: Stroke::new(metrics::HAIRLINE, ink),
        corner_radius: radius,
        expansion: 0.0,
    };
    let mut v = match c.theme {
        Theme::Dark | Theme::Contrast => egui::Visuals::dark(),
        Theme::Light => egui::Visuals::light(),
    };
    v.text_options.color_transfer_function = FontColorTransferFunction::Off;
    v.text_options.font_hinting = true;
    v.weak_text_color = Some(c.t3);
    v.widgets = Widgets {
        noninteractive: state(c.bg1, c.line, c.t2),
        inactive: state(c.bg1, c.line2, c.t1),
        hovered: state(c.bg3, c.line2, c.t1),
        active: state(c.bg3, c.t1, c.t1),
        open: state(c.bg2, c.line2, c.t1),
    };
    v.selection = Selection {
        bg_fill: c.line2,
        stroke: Stroke::new(metrics::HAIRLINE, c.t1),
    };
    v.hyperlink_color = c.t1;
    v.faint_bg_color = c.bg2;
    v.extreme_bg_color = c.bg2;
    v.text_edit_bg_color = Some(c.bg2);
    v.code_bg_color = c.bg2;
    v.warn_fg_color = c.t1;
    v.error_fg_color = c.t1;
    v.window_corner_radius = radius;
    v.menu_corner_radius = radius;
    v.window_shadow = Shadow::NONE;
    v.popup_shadow = Shadow::NONE;
    v.window_fill = if c.theme == Theme::Light {
        c.bg2
    } else {
        c.bg3
    };
    v.window_stroke = Stroke::new(metrics::HAIRLINE, c.line2);
    v.panel_fill = c.bg1;
    v.text_cursor = TextCursorStyle {
        stroke: Stroke::new(metrics::STROKE, c.t1),
        blink: false,
        ..Default::default()
    };
    v.ime_composition.active_underline_stroke = Stroke::new(metrics::STROKE, c.t1);
    v.ime_composition.inactive_underline_stroke = Stroke::new(metrics::HAIRLINE, c.t2);
    v.indent_has_left_vline = false;
    v.slider_trailing_fill = true;
    v.handle_shape = egui::style::HandleShape::Circle;
    v.image_loading_spinners = false;
    v
}

impl Tokens {
    /// The colour of an error, a change or a gradient `v` on a range of ±`r`.
    pub fn diverging_error(&self, v: f64, r: f64) -> Color32 {
        self.diverging(self.error, v, r)
    }

    /// The colour of an activity or a prediction `v` on a range of ±`r`.
    pub fn diverging_activity(&self, v: f64, r: f64) -> Color32 {
        self.diverging(self.activity, v, r)
    }

    fn diverging(&self, ends: [Color32; 2], v: f64, r: f64) -> Color32 {
        if !v.is_finite() {
            return self.nan;
        }
        let share = if r > 0.0 {
            (v / r).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        let end = if share < 0.0 { ends[0] } else { ends[1] };
        mix(self.bg1, end, share.abs() as f32)
    }

    /// The colour of an input from 0 to 1.
    pub fn grey(&self, t: f64) -> Color32 {
        if !t.is_finite() {
            return self.nan;
        }
        mix(self.ramp[0], self.ramp[1], t.clamp(0.0, 1.0) as f32)
    }

    /// A colour as data have it, each part from 0 to 1 and held there: the same in every theme.
    pub fn rgb(&self, parts: [f64; 3]) -> Color32 {
        if parts.iter().any(|p| !p.is_finite()) {
            return self.nan;
        }
        let [r, g, b] = parts.map(|p| (p.clamp(0.0, 1.0) * 255.0).round() as u8);
        Color32::from_rgb(r, g, b)
    }

    /// The ink, light or dark, that reads better on `fill`.
    pub fn ink_on(&self, fill: Color32) -> Color32 {
        if contrast(self.ink_light, fill) >= contrast(self.ink_dark, fill) {
            self.ink_light
        } else {
            self.ink_dark
        }
    }

    /// The sequential map of sizes, from 0 to 1; the same in both themes.
    pub fn cividis(&self, t: f64) -> Color32 {
        if t.is_finite() { cividis(t) } else { self.nan }
    }
}

/// Anchors of the cividis map, evenly spaced. Its lightness rises evenly, also without colour.
const CIVIDIS: [Color32; 18] = [
    rgb(0x00204C),
    rgb(0x002A66),
    rgb(0x00346E),
    rgb(0x273F6C),
    rgb(0x3C4A6B),
    rgb(0x4C556B),
    rgb(0x5B5F6D),
    rgb(0x686A70),
    rgb(0x757575),
    rgb(0x838178),
    rgb(0x928C78),
    rgb(0xA19876),
    rgb(0xB0A572),
    rgb(0xC0B26D),
    rgb(0xD1C066),
    rgb(0xE1CE5C),
    rgb(0xF3DC4F),
    rgb(0xFFEA46),
];

/// The sequential map of sizes, from 0 to 1.
pub fn cividis(t: f64) -> Color32 {
    let last = CIVIDIS.len() - 1;
    let at = t.clamp(0.0, 1.0) * last as f64;
    let i = (at as usize).min(last - 1);
    mix(CIVIDIS[i], CIVIDIS[i + 1], (at - i as f64) as f32)
}

/// The colour `t` of the way from `a` to `b`.
pub fn mix(a: Color32, b: Color32, t: f32) -> Color32 {
    let channel = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * t).round() as u8;
    Color32::from_rgb(
        channel(a.r(), b.r()),
        channel(a.g(), b.g()),
        channel(a.b(), b.b()),
    )
}

/// The contrast of two opaque colours, from 1 to 21, as web accessibility guidelines define it.
pub fn contrast(a: Color32, b: Color32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The relative luminance of an opaque colour, from 0 to 1.
pub fn luminance(c: Color32) -> f32 {
    let linear = egui::Rgba::from(c);
    0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_on_every_panel() {
        for c in [&DARK, &LIGHT, &CONTRAST] {
            for (name, ink) in [
                ("t1", c.t1),
                ("t2", c.t2),
                ("t3", c.t3),
                ("refused", c.refused),
            ] {
                for (panel, fill) in [("bg0", c.bg0), ("bg1", c.bg1), ("bg2", c.bg2)] {
                    let got = contrast(ink, fill);
                    assert!(got >= 4.5, "{:?} {name} on {panel}: {got:.2}", c.theme);
                }
            }
            assert!(contrast(c.inverse, c.t1) >= 4.5);
            assert!(contrast(c.t2, c.bg3) >= 4.5, "labels on cards");
            for step in 0..=100 {
                let fill = cividis(f64::from(step) / 100.0);
                let got = contrast(c.ink_on(fill), fill);
                assert!(got >= 4.5, "{:?} cividis {step}: {got:.2}", c.theme);
            }
        }
    }

    #[test]
    fn rules_read_as_text_of_a_legend() {
        for c in [&DARK, &LIGHT, &CONTRAST] {
            for rule in crate::learning::rule::all() {
                assert!(contrast(rule.color(c), c.bg1) >= 4.5, "{rule:?}");
            }
        }
    }

    /// What a dichromat's eye makes of a colour, in linear light (Machado, Oliveira and Fernandes 2009, severity 1).
    fn seen(matrix: &[[f64; 3]; 3], c: Color32) -> [f64; 3] {
        let linear = egui::Rgba::from(c);
        let own = [linear.r(), linear.g(), linear.b()].map(f64::from);
        matrix.map(|row| {
            let sum: f64 = row.iter().zip(own).map(|(m, v)| m * v).sum();
            sum.clamp(0.0, 1.0)
        })
    }

    /// CIELAB of linear sRGB, by D65.
    fn lab([r, g, b]: [f64; 3]) -> [f64; 3] {
        let f = |t: f64| match t > 216.0 / 24389.0 {
            true => t.cbrt(),
            false => (24389.0 / 27.0 * t + 16.0) / 116.0,
        };
        let x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
        let y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
        let z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn rules_are_told_apart_by_eyes_that_lack_a_cone() {
        #[rustfmt::skip]
        let eyes = [
            ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            ("protan", [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
            ("deutan", [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
            ("tritan", [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
        ];
        let rules: Vec<Rule> = crate::learning::rule::all().collect();
        for c in [&DARK, &LIGHT, &CONTRAST] {
            for (eye, matrix) in &eyes {
                for (i, a) in rules.iter().enumerate() {
                    for b in &rules[i + 1..] {
                        let [la, lb] = [a, b].map(|rule| lab(seen(matrix, rule.color(c))));
                        let apart: f64 = la.iter().zip(lb).map(|(p, q)| (p - q).powi(2)).sum();
                        let apart = apart.sqrt();
                        assert!(
                            apart >= 12.0,
                            "{eye}, {:?}: {a:?} and {b:?} {apart:.1}",
                            c.theme
                        );
                    }
                }
            }
        }
    }

    /// White on black: text at 7 to 1, lines and borders that are seen.
    #[test]
    fn high_contrast_is_high() {
        let c = &CONTRAST;
        for fill in [c.bg0, c.bg1, c.bg2, c.bg3] {
            for ink in [c.t1, c.t2, c.t3, c.refused] {
                assert!(contrast(ink, fill) >= 5.5, "{ink:?} on {fill:?}");
            }
        }
        for ink in [c.t1, c.t2, c.t3, c.refused] {
            assert!(contrast(ink, c.bg1) >= 10.0);
        }
        assert!(contrast(c.line2, c.bg1) >= 7.0 && contrast(c.line, c.bg1) >= 4.0);
        for end in c.error.iter().chain(&c.activity) {
            assert!(contrast(*end, c.bg1) >= 7.0);
        }
        let ctx = egui::Context::default();
        for theme in [Theme::Dark, Theme::Light, Theme::Contrast] {
            theme.apply(&ctx);
            assert_eq!(Theme::of_context(&ctx).theme, theme);
        }
    }

    #[test]
    fn maps_meet_the_panel_at_zero_and_their_ends_at_the_range() {
        for c in [&DARK, &LIGHT, &CONTRAST] {
            assert_eq!(c.diverging_error(0.0, 1.0), c.bg1);
            assert_eq!(c.diverging_activity(0.0, 1.0), c.bg1);
            assert_eq!(c.diverging_error(-2.0, 1.0), c.error[0]);
            assert_eq!(c.diverging_activity(0.5, 0.5), c.activity[1]);
            assert_eq!(c.diverging_error(1.0, 0.0), c.bg1, "no range, no colour");
            assert_eq!(c.diverging_error(f64::NAN, 1.0), c.nan);
            assert_eq!(c.diverging_error(f64::INFINITY, 1.0), c.nan);
            assert_eq!(c.grey(1.0), c.t1);
        }
    }

    #[test]
    fn cividis_lightens_all_the_way() {
        let mut before = -1.0;
        for step in 0..=64 {
            let l = luminance(cividis(f64::from(step) / 64.0));
            assert!(l > before, "at {step}");
            before = l;
        }
    }
}
