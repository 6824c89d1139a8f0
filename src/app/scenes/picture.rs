//! Scenes as pictures: as pixels, or as shapes.

use super::{Scene, preset};
use crate::app::headless::Headless;
use crate::app::theme::Theme;
use crate::app::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::provenance::Provenance;

impl Scene {
    /// Draws the scene.
    ///
    /// # Errors
    /// One line.
    pub fn render(
        &self,
        size: (u32, u32),
        scale: f32,
        theme: Theme,
    ) -> Result<image::RgbaImage, String> {
        let (mut window, mut headless) = self.settled(size, scale, theme)?;
        headless.frame(Vec::new(), |ui| window.ui(ui));
        Ok(headless.into_image())
    }

    /// Draws the scene as SVG.
    ///
    /// # Errors
    /// One line.
    pub fn svg(&self, size: (u32, u32), theme: Theme) -> Result<String, String> {
        let (mut window, mut headless) = self.settled(size, 1.0, theme)?;
        let about = self.provenance()?.json();
        let title = format!("pcscope: {}", self.about);
        Ok(headless.svg((&title, &about), |ui| window.ui(ui)))
    }

    /// What the scene shows.
    ///
    /// # Errors
    /// One line.
    pub fn provenance(&self) -> Result<Provenance, String> {
        let experiment = Experiment::load(preset(self), &[]).map_err(|e| e.to_string())?;
        Ok(Provenance::of(&experiment))
    }

    /// Some passes for layout to settle; the clock is fixed and nothing plays, so the state stays as it is.
    fn settled(
        &self,
        size: (u32, u32),
        scale: f32,
        theme: Theme,
    ) -> Result<(Window, Headless), String> {
        let mut window = self.window(theme)?;
        let mut headless = Headless::new(egui::vec2(size.0 as f32, size.1 as f32), scale, theme);
        for _ in 0..5 {
            headless.pass(Vec::new(), |ui| window.ui(ui));
        }
        Ok((window, headless))
    }
}
