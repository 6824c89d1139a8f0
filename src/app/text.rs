//! The typefaces and type sizes: which font a word or a number is set in.
//!
//! Words are set in Inter, one embedded file per weight; numbers that can change in JetBrains Mono;
//! DejaVu Sans fills in mathematical signs. The host's fonts are never asked, so that a picture is
//! the same everywhere.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId, RichText};

/// One embedded face: its name in egui and its bytes.
struct Face(&'static str, &'static [u8]);

const INTER_REGULAR: Face = Face(
    "Inter 400",
    include_bytes!("../../assets/fonts/Inter-Regular.otf"),
);
const INTER_MEDIUM: Face = Face(
    "Inter 500",
    include_bytes!("../../assets/fonts/Inter-Medium.otf"),
);
const INTER_SEMIBOLD: Face = Face(
    "Inter 600",
    include_bytes!("../../assets/fonts/Inter-SemiBold.otf"),
);
const INTER_BOLD: Face = Face(
    "Inter 700",
    include_bytes!("../../assets/fonts/Inter-Bold.otf"),
);
const MONO_REGULAR: Face = Face(
    "JetBrains Mono 400",
    include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"),
);
const MONO_MEDIUM: Face = Face(
    "JetBrains Mono 500",
    include_bytes!("../../assets/fonts/JetBrainsMono-Medium.ttf"),
);
const MATHS: Face = Face(
    "DejaVu Sans",
    include_bytes!("../../assets/fonts/DejaVuSans.ttf"),
);

/// Signs outside plain Latin text that the app writes. A test checks that a font has each of them.
pub const SIGNS: &str = "μεγδΔΣθαηλ‖∇⊙→←↑↓≠≈≡∥×−±≤≥½²³′·…–—°ᵀ“”’⁻¹∈ℝ√∞∂";

/// The weight of a typeface. Each is a file of its own; none is made by smearing another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// 400: running text.
    Regular,
    /// 500: tabs, names, buttons.
    Medium,
    /// 600: titles and active tabs.
    SemiBold,
    /// 700: verdicts only.
    Bold,
}

/// The font family of a weight of Inter.
pub fn family(weight: Weight) -> FontFamily {
    match weight {
        Weight::Regular => FontFamily::Proportional,
        Weight::Medium => FontFamily::Name(INTER_MEDIUM.0.into()),
        Weight::SemiBold => FontFamily::Name(INTER_SEMIBOLD.0.into()),
        Weight::Bold => FontFamily::Name(INTER_BOLD.0.into()),
    }
}

/// The embedded fonts, with DejaVu Sans behind every family.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let families = [
        (family(Weight::Regular), INTER_REGULAR),
        (family(Weight::Medium), INTER_MEDIUM),
        (family(Weight::SemiBold), INTER_SEMIBOLD),
        (family(Weight::Bold), INTER_BOLD),
        (FontFamily::Monospace, MONO_REGULAR),
        (FontFamily::Name(MONO_MEDIUM.0.into()), MONO_MEDIUM),
    ];
    add(&mut fonts, &MATHS);
    for (family, face) in families {
        add(&mut fonts, &face);
        let chain = vec![face.0.to_owned(), MATHS.0.to_owned()];
        fonts.families.insert(family, chain);
    }
    fonts
}

/// The same fonts, for a scale. The library keeps the pictures of letters of every scale that was ever used: a texture of 32 MB,
/// twice, after half an hour of zooming. Definitions that differ, here by a name that nobody uses, make it begin anew.
pub fn definitions_at(pixels_per_point: f32) -> FontDefinitions {
    let mut fonts = definitions();
    let name = FontFamily::Name(format!("at {pixels_per_point}").into());
    fonts
        .families
        .insert(name, vec![INTER_REGULAR.0.to_owned()]);
    fonts
}

fn add(fonts: &mut FontDefinitions, face: &Face) {
    let data = Arc::new(FontData::from_static(face.1));
    fonts.font_data.insert(face.0.to_owned(), data);
}

/// The type sizes in points, with the names the design gives them.
pub mod size {
    /// A count as the hero of a layout.
    pub const HERO: f32 = 56.0;
    /// A verdict as the hero of a layout.
    pub const VERDICT_HERO: f32 = 32.0;
    /// A verdict in a panel.
    pub const VERDICT: f32 = 26.0;
    /// A verdict in a strip of 50, or one too long for its panel.
    pub const VERDICT_COMPACT: f32 = 20.0;
    /// Names of columns and large panels.
    pub const TITLE: f32 = 13.0;
    /// Running text, labels, tabs, buttons.
    pub const BODY: f32 = 12.0;
    /// Captions and units.
    pub const CAPTION: f32 = 11.0;
    /// Numbers beside body text.
    pub const MONO: f32 = 11.5;
    /// Numbers beside captions.
    pub const MONO_SMALL: f32 = 10.5;
}

/// The distance between baselines for a type size, in points.
pub fn line_height(size: f32) -> f32 {
    if size >= size::HERO {
        60.0
    } else if size >= size::VERDICT_HERO {
        36.0
    } else if size >= size::VERDICT {
        30.0
    } else if size >= size::VERDICT_COMPACT {
        24.0
    } else if size >= size::BODY {
        17.0
    } else if size >= size::MONO {
        16.0
    } else {
        14.0
    }
}

/// The height of a capital letter as a share of the type size, equal for Inter and JetBrains Mono.
pub const CAP_HEIGHT: f32 = 0.727;

/// The font of a hero count, 56 bold.
pub fn hero_font() -> FontId {
    FontId::new(size::HERO, family(Weight::Bold))
}

/// The font of a verdict at one of the three verdict sizes.
pub fn verdict_font(size: f32) -> FontId {
    FontId::new(size, family(Weight::Bold))
}

/// The font of a title, 13 semibold.
pub fn title_font() -> FontId {
    FontId::new(size::TITLE, family(Weight::SemiBold))
}

/// The font of body text, 12.
pub fn body_font() -> FontId {
    FontId::new(size::BODY, family(Weight::Regular))
}

/// The font of names and buttons, 12 medium.
pub fn medium_font() -> FontId {
    FontId::new(size::BODY, family(Weight::Medium))
}

/// The font of headings within body text and of active tabs, 12 semibold.
pub fn strong_font() -> FontId {
    FontId::new(size::BODY, family(Weight::SemiBold))
}

/// The font of captions, 11.
pub fn caption_font() -> FontId {
    FontId::new(size::CAPTION, family(Weight::Regular))
}

/// The font of section headings, 11 semibold.
pub fn section_font() -> FontId {
    FontId::new(size::CAPTION, family(Weight::SemiBold))
}

/// The font of badges and the front tag, 11 semibold.
pub fn badge_font() -> FontId {
    FontId::new(size::CAPTION, family(Weight::SemiBold))
}

/// The font of numbers beside body text, 11.5.
pub fn mono_font() -> FontId {
    FontId::new(size::MONO, FontFamily::Monospace)
}

/// The font of numbers beside captions, 10.5.
pub fn mono_small_font() -> FontId {
    FontId::new(size::MONO_SMALL, FontFamily::Monospace)
}

/// The font of numbers that are the point of their row, 11.5 medium.
pub fn mono_strong_font() -> FontId {
    FontId::new(size::MONO, FontFamily::Name(MONO_MEDIUM.0.into()))
}

fn rich(text: impl Into<String>, font: FontId) -> RichText {
    let height = line_height(font.size);
    RichText::new(text).font(font).line_height(Some(height))
}

/// A hero count.
pub fn hero(text: impl Into<String>) -> RichText {
    rich(text, hero_font())
}

/// A verdict, 26.
pub fn verdict(text: impl Into<String>) -> RichText {
    rich(text, verdict_font(size::VERDICT))
}

/// A title, 13 semibold.
pub fn title(text: impl Into<String>) -> RichText {
    rich(text, title_font())
}

/// Body text, 12.
pub fn body(text: impl Into<String>) -> RichText {
    rich(text, body_font())
}

/// A name within body text, 12 medium.
pub fn medium(text: impl Into<String>) -> RichText {
    rich(text, medium_font())
}

/// A heading within body text, 12 semibold.
pub fn strong(text: impl Into<String>) -> RichText {
    rich(text, strong_font())
}

/// A caption, 11.
pub fn caption(text: impl Into<String>) -> RichText {
    rich(text, caption_font())
}

/// A number, 11.5.
pub fn mono(text: impl Into<String>) -> RichText {
    rich(text, mono_font())
}

/// A number beside captions, 10.5.
pub fn mono_small(text: impl Into<String>) -> RichText {
    rich(text, mono_small_font())
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::epaint::TextOptions;
    use egui::epaint::text::Fonts;

    #[test]
    fn every_sign_has_a_glyph_in_every_family() {
        let mut fonts = Fonts::new(TextOptions::default(), definitions());
        let all = [
            hero_font(),
            title_font(),
            body_font(),
            medium_font(),
            mono_font(),
            mono_strong_font(),
        ];
        for font in all {
            for sign in SIGNS.chars() {
                let has = fonts.with_pixels_per_point(1.0).has_glyph(&font, sign);
                assert!(has, "{font:?} has no {sign} (U+{:04X})", sign as u32);
            }
        }
    }

    #[test]
    fn numbers_keep_their_width() {
        let mut fonts = Fonts::new(TextOptions::default(), definitions());
        let mut view = fonts.with_pixels_per_point(1.0);
        let width = view.glyph_width(&mono_font(), '0');
        for c in "123456789.-\u{2212}+×,±e%".chars() {
            assert_eq!(view.glyph_width(&mono_font(), c), width, "{c}");
        }
    }
}
