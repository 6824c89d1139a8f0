//! Opening the real window.

use super::settings::Settings;
use super::text;
use super::theme;
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::Mode;
use std::time::Instant;

/// The key settings are remembered under.
const STORED: &str = "pcscope";

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// An experiment file, a preset, or a file or folder of data.
    pub file: Option<String>,
    /// As at first launch, whatever was remembered.
    pub demo: bool,
    /// Print the time to the first frame, and close.
    pub timings: bool,
}

struct Native {
    window: Window,
    started: Instant,
    timings: bool,
    frames: u32,
    full_screen: bool,
}

impl eframe::App for Native {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.window.ui(ui);
        self.frames += 1;
        let ctx = ui.ctx();
        if self.timings {
            if self.frames == 1 {
                println!(
                    "first frame: {:.0} ms",
                    self.started.elapsed().as_secs_f64() * 1e3
                );
            }
            if self.window.micro.is_some() {
                println!(
                    "first digit: {:.0} ms",
                    self.started.elapsed().as_secs_f64() * 1e3
                );
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                self.timings = false;
            }
        }
        if self.window.quit {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        if self.full_screen != self.window.settings.full_screen {
            self.full_screen = self.window.settings.full_screen;
            ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(self.full_screen));
        }
        // While something moves, sixty frames a second; at rest only input wakes the window, and now and then a look
        // whether the engine has something new.
        let busy = self.window.race_at_work()
            || self.window.opening().is_some()
            || self.window.computing().is_some();
        let wait = if busy || self.window.micro.is_none() {
            16
        } else if self.window.view.playing {
            33
        } else {
            250
        };
        ctx.request_repaint_after(std::time::Duration::from_millis(wait));
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.window.settings.tiles = self.window.trees.to_json();
        eframe::set_value(storage, STORED, &self.window.settings);
    }

    /// What is remembered stands in our own settings; egui's memory would also keep the zoom of a layout.
    fn persist_egui_memory(&self) -> bool {
        false
    }

    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.window
            .settings
            .theme
            .tokens()
            .bg1
            .to_normalized_gamma_f32()
    }
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// One line: a file that cannot be used, or no display.
pub fn run(options: &Options) -> Result<(), String> {
    let started = Instant::now();
    // A file that is no use is refused before a window appears.
    let (named, other) = match &options.file {
        Some(file)
            if file.ends_with(".toml")
                || crate::experiment::file::PRESETS
                    .iter()
                    .any(|(n, _)| n == file) =>
        {
            (
                Some(Experiment::load(file, &[]).map_err(|e| e.to_string())?),
                None,
            )
        }
        Some(file) if !std::path::Path::new(file).exists() => {
            return Err(format!(
                "{file}: neither a command, a preset nor a file (see --help)"
            ));
        }
        Some(file) => {
            if crate::data::is_data(std::path::Path::new(file)).map_err(|e| e.to_string())? {
                (None, Some(file.clone()))
            } else {
                let experiment = Experiment::load(file, &[]).map_err(|e| e.to_string())?;
                (Some(experiment), None)
            }
        }
        None => (None, None),
    };
    if std::env::var_os("DISPLAY").is_none()
        && std::env::var_os("WAYLAND_DISPLAY").is_none()
        && cfg!(target_os = "linux")
    {
        return Err(
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); try: pcscope screenshot --out first.png, or pcscope verify".into(),
        );
    }
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("pcscope")
            .with_app_id("pcscope")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([720.0, 480.0]),
        ..eframe::NativeOptions::default()
    };
    let (demo, timings) = (options.demo, options.timings);
    let first = Experiment::first_launch().map_err(|e| e.to_string())?;
    eframe::run_native(
        "pcscope",
        native,
        Box::new(move |cc| {
            let remembered: Option<Settings> =
                cc.storage.and_then(|s| eframe::get_value(s, STORED));
            let settings = if demo {
                Settings::default()
            } else {
                remembered.unwrap_or_default()
            };
            cc.egui_ctx.set_fonts(text::definitions());
            theme::install(&cc.egui_ctx, settings.theme);
            let experiment = named
                .or_else(|| {
                    settings
                        .experiment
                        .as_deref()
                        .and_then(|t| Experiment::parse(t, "remembered", &[]).ok())
                })
                .unwrap_or(first);
            let threads = std::thread::available_parallelism()
                .map_or(1, std::num::NonZero::get)
                .clamp(1, 8);
            let mut window = Window::new(experiment, settings, Mode::Threads(threads));
            window.drawn = Some(60.0);
            if let Some(path) = other {
                window.open_path(&path);
            }
            Ok(Box::new(Native {
                window,
                started,
                timings,
                frames: 0,
                full_screen: false,
            }) as Box<dyn eframe::App>)
        }),
    )
    .map_err(|e| {
        format!("the window could not be opened ({e}); try: pcscope screenshot --out first.png")
    })
}
