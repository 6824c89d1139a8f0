//! Runs the interface without a window and returns what it would look like.
//!
//! The clock is fixed: each pass advances it by 1/60 s, so that the same code gives the same picture.

use std::path::Path;

use crate::experiment::provenance::Provenance;
use crate::experiment::save::atomically;
use anyhow::{Context as _, Result};
use egui::{Context, Event, Pos2, RawInput, Rect, Ui, Vec2, ViewportId};

use super::raster::Raster;
use super::svg;
use super::theme::{self, Theme};

/// Seconds between two passes.
const STEP: f64 = 1.0 / 60.0;

/// A window that exists only as a picture.
pub struct Headless {
    ctx: Context,
    raster: Raster,
    size: Vec2,
    scale: f32,
    passes: u64,
    image: image::RgbaImage,
}

impl Headless {
    /// A window of `size` points at `scale` physical pixels per point.
    pub fn new(size: Vec2, scale: f32, theme: Theme) -> Self {
        let ctx = Context::default();
        theme::install(&ctx, theme);
        Self {
            ctx,
            raster: Raster::new(),
            size,
            scale,
            passes: 0,
            image: image::RgbaImage::new(0, 0),
        }
    }

    /// The context, to set or read what the interface keeps there.
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Runs one pass with the given events, without drawing.
    pub fn pass(&mut self, events: Vec<Event>, run: impl FnMut(&mut Ui)) {
        self.step(events, run, false);
    }

    /// Runs one pass with the given events, and draws it.
    pub fn frame(&mut self, events: Vec<Event>, run: impl FnMut(&mut Ui)) -> &image::RgbaImage {
        self.step(events, run, true);
        &self.image
    }

    /// Runs one pass, and draws it as SVG (see [`super::svg`]).
    pub fn svg(&mut self, about: (&str, &serde_json::Value), run: impl FnMut(&mut Ui)) -> String {
        let mut output = self.ctx.run_ui(self.input(Vec::new()), run);
        self.passes += 1;
        self.raster.set(&mut output.textures_delta);
        let page = svg::Page {
            size: self.size / self.ctx.zoom_factor(),
            background: Theme::of_context(&self.ctx).bg1,
            title: about.0,
            about: about.1,
        };
        let text = svg::draw(&self.ctx, &output.shapes, &self.raster, &page);
        self.raster.free(&mut output.textures_delta);
        text
    }

    /// Runs one pass and tessellates it without drawing: what a frame costs the CPU of a real window.
    pub fn cost(&mut self, run: impl FnMut(&mut Ui)) {
        let mut output = self.ctx.run_ui(self.input(Vec::new()), run);
        self.passes += 1;
        self.raster.set(&mut output.textures_delta);
        let shapes = std::mem::take(&mut output.shapes);
        std::hint::black_box(self.ctx.tessellate(shapes, output.pixels_per_point));
        self.raster.free(&mut output.textures_delta);
    }

    /// The last picture drawn.
    pub fn image(&self) -> &image::RgbaImage {
        &self.image
    }

    /// The last picture drawn, taken out.
    pub fn into_image(self) -> image::RgbaImage {
        self.image
    }

    fn step(&mut self, events: Vec<Event>, run: impl FnMut(&mut Ui), draw: bool) {
        let mut output = self.ctx.run_ui(self.input(events), run);
        self.passes += 1;
        self.raster.set(&mut output.textures_delta);
        if draw {
            let shapes = std::mem::take(&mut output.shapes);
            let primitives = self.ctx.tessellate(shapes, output.pixels_per_point);
            let size = (self.size * self.scale).round();
            self.image = self.raster.draw(
                &primitives,
                [size.x as u32, size.y as u32],
                output.pixels_per_point,
                Theme::of_context(&self.ctx).bg1,
            );
        }
        self.raster.free(&mut output.textures_delta);
    }

    fn input(&self, events: Vec<Event>) -> RawInput {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(
                Pos2::ZERO,
                self.size / self.ctx.zoom_factor(),
            )),
            max_texture_side: Some(8192),
            time: Some(self.passes as f64 * STEP),
            predicted_dt: STEP as f32,
            events,
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.scale);
        }
        input
    }
}

/// Runs `passes` passes of an interface and returns the picture of the last.
///
/// Two passes settle a layout; more let animations end.
pub fn render(
    size: Vec2,
    scale: f32,
    theme: Theme,
    passes: usize,
    mut run: impl FnMut(&mut Ui),
) -> image::RgbaImage {
    let mut window = Headless::new(size, scale, theme);
    for _ in 1..passes {
        window.pass(Vec::new(), &mut run);
    }
    window.frame(Vec::new(), &mut run);
    window.into_image()
}

/// Writes a picture as PNG, with what it was made of where that is known. The file appears whole or not at all.
pub fn save_png(image: &image::RgbaImage, path: &Path, about: Option<&Provenance>) -> Result<()> {
    let bytes =
        png(image, about.map(|about| (about, ""))).with_context(|| path.display().to_string())?;
    atomically(path, &bytes).map_err(anyhow::Error::msg)
}

/// A picture as PNG; what it was made of and shows stands in its text, under the keywords Software, Source and Title.
///
/// # Errors
/// What the encoder has no room for.
pub fn png(image: &image::RgbaImage, about: Option<(&Provenance, &str)>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, image.width(), image.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    if let Some((about, title)) = about {
        encoder.add_text_chunk("Software".into(), about.program.into())?;
        let texts = [("Source", about.line()), ("Title", title.to_owned())];
        for (keyword, line) in texts.into_iter().filter(|(_, line)| !line.is_empty()) {
            // Keys and names may be in any letters, and plain text knows Latin ones only.
            match line.chars().all(|c| u32::from(c) < 256) {
                true => encoder.add_text_chunk(keyword.into(), line)?,
                false => encoder.add_itxt_chunk(keyword.into(), line)?,
            }
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(image)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::text;

    fn hello(ui: &mut Ui) {
        let fill = Theme::get(ui).bg1;
        ui.painter().rect_filled(ui.max_rect(), 0, fill);
        ui.label(text::title("ε = x − μ"));
    }

    #[test]
    fn a_picture_has_the_size_asked_for_the_panel_colour_and_ink() {
        for (theme, scale) in [(Theme::Dark, 1.0), (Theme::Light, 2.0)] {
            let image = render(Vec2::new(100.0, 40.0), scale, theme, 2, hello);
            let side = |n: f32| (n * scale) as u32;
            assert_eq!(image.dimensions(), (side(100.0), side(40.0)));
            let panel = theme.tokens().bg1;
            let corner = image.get_pixel(side(100.0) - 1, side(40.0) - 1).0;
            assert_eq!(corner, panel.to_array());
            assert!(image.pixels().any(|p| p.0 != panel.to_array()));
        }
    }

    #[test]
    fn the_same_interface_gives_the_same_bytes() {
        let size = Vec2::new(120.0, 60.0);
        let shot = || render(size, 1.5, Theme::Dark, 3, hello);
        assert_eq!(shot().into_raw(), shot().into_raw());
    }

    #[test]
    fn a_file_appears_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shot.png");
        let image = image::RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255]));
        save_png(&image, &path, None).unwrap();
        assert_eq!(image::open(&path).unwrap().to_rgba8(), image);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(save_png(&image, &folder.path().join("none/shot.png"), None).is_err());
    }
}
