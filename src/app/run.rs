//! Opening the real window.

use super::autosave::Autosave;
use super::frame_times::FrameTimes;
use super::memory::Tidy;
use super::pace::Pace;
use super::settings::Settings;
use super::text;
use super::theme;
use super::window::Window;
use crate::experiment::behind::Behind;
use crate::experiment::file::Experiment;
use crate::experiment::keep_run::is_run;
use crate::experiment::recording::is_recording;
use crate::experiment::session::{Mode, News};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The name under which the desktop knows the program, and the folder of its settings.
pub(super) const APP: &str = "pcscope";

/// From something new in the engine to the frame that shows it, where nothing else moves: what comes in quick succession is drawn
/// together …
const WAKE_AFTER: Duration = Duration::from_millis(16);
/// … but for what somebody waits for.
const ANSWER_AFTER: Duration = Duration::from_millis(1);

/// How the window opens.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// An experiment file, a preset, or a file or folder of data.
    pub file: Option<String>,
    /// As at first launch, whatever was remembered.
    pub demo: bool,
    /// Print the time to the first frame, and close.
    pub timings: bool,
    /// Threads the engine works on; none for as many as there are processors, at most 8.
    pub threads: Option<usize>,
    /// Where each frame's time of laying out and tessellating is written.
    pub frame_times: Option<PathBuf>,
}

/// The smallest window, in points of the usual scale.
const LEAST: egui::Vec2 = egui::vec2(640.0, 480.0);

/// More threads than this are not taken unless asked for.
const MOST_THREADS: usize = 8;

struct Native {
    window: Window,
    started: Instant,
    timings: bool,
    frames: u32,
    /// The scale in force.
    zoom: f32,
    /// Pixels of a point as the letters were last drawn for.
    scale: f32,
    full_screen: bool,
    /// Made at the first frame, when the display is known.
    pace: Option<Pace>,
    remembering: Remembering,
    memory: Tidy,
}

/// Writes settings when they have changed, off the window's thread.
struct Remembering {
    /// Where; `None` where nothing is remembered.
    path: Option<PathBuf>,
    /// What stands there.
    written: String,
    /// From the first change on.
    behind: Option<Behind>,
}

impl Remembering {
    /// Writes `settings` unless they stand there; a line if what was written before could not be.
    fn write(&mut self, settings: &Settings) -> Option<String> {
        let path = self.path.clone()?;
        let text = settings.text();
        if text == self.written {
            return None;
        }
        self.written.clone_from(&text);
        if self.behind.is_none() {
            self.behind = Behind::new("settings").ok();
        }
        let Some(behind) = &self.behind else {
            return Settings::write(&path, &text).err();
        };
        behind.give(Box::new(move || Settings::write(&path, &text)));
        behind.failure()
    }
}

impl Drop for Remembering {
    fn drop(&mut self) {
        if let Some(words) = self.behind.take().and_then(Behind::finish) {
            eprintln!("{words}");
        }
    }
}

/// Millihertz of the display that the window is on, if it says.
fn refresh_rate(frame: &eframe::Frame) -> Option<u32> {
    let monitor = frame.winit_window()?.current_monitor()?;
    monitor.refresh_rate_millihertz()
}

impl eframe::App for Native {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let began = Instant::now();
        self.window.ui(ui);
        if self.frames == 0 {
            super::report::opened();
        }
        self.frames += 1;
        let ctx = ui.ctx();
        self.zoom = ctx.zoom_factor();
        if self.scale != ctx.pixels_per_point() {
            self.scale = ctx.pixels_per_point();
            ctx.set_fonts(text::definitions_at(self.scale));
        }
        if self.timings {
            if self.frames == 1 {
                println!(
                    "first frame: {:.0} ms",
                    self.started.elapsed().as_secs_f64() * 1e3
                );
            }
            if self.window.engine.micro.is_some() {
                println!(
                    "first digit: {:.0} ms",
                    self.started.elapsed().as_secs_f64() * 1e3
                );
                ctx.send_viewport_cmd(egui::ViewportCommand::Close);
                self.timings = false;
            }
        }
        if self.window.shell.quit {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        if self.full_screen != self.window.shell.settings.full_screen {
            self.full_screen = self.window.shell.settings.full_screen;
            ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(self.full_screen));
        }
        let pace = self
            .pace
            .get_or_insert_with(|| Pace::new(refresh_rate(frame)));
        match self.window.motion() {
            Some(motion) => {
                let pause = pace.pause(ctx.input(|i| i.time), motion);
                // Counted from the beginning of this frame, or a beat of the display would be missed.
                let pause = Duration::from_secs_f64(pause);
                ctx.request_repaint_after(pause.saturating_sub(began.elapsed()));
            }
            // One more frame, so that what says whether something moves is right.
            None if pace.rest() => ctx.request_repaint(),
            None => self.memory.rested(),
        }
    }

    /// Called now and then, and at the end. What is remembered stands in a file of our own; the place and size of the window are
    /// kept by the library, counted in the scale of that moment.
    fn save(&mut self, _storage: &mut dyn eframe::Storage) {
        let settings = Settings {
            zoom: self.zoom,
            ..self.window.remembered()
        };
        if let Some(words) = self.remembering.write(&settings) {
            self.window.shell.add_notice("Not remembered.", &words);
        }
    }

    /// The window is gone by now: what was trained is kept.
    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.window.leave();
    }

    /// It would also keep the zoom of a layout.
    fn persist_egui_memory(&self) -> bool {
        false
    }

    /// What every panel lies on. Clearing is nearly free; a filled rectangle under each of them is not, without a GPU.
    fn clear_color(&self, _visuals: &egui::Visuals) -> [f32; 4] {
        self.window
            .shell
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
    super::memory::give_back();
    // A file that is no use is refused before a window appears.
    let file = match &options.file {
        Some(file) => Some(super::file_url::plain(file)?.into_owned()),
        None => None,
    };
    let (named, other) = match &file {
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
            let path = std::path::Path::new(file);
            if is_run(path)
                || is_recording(path)
                || crate::data::is_data(path).map_err(|e| e.to_string())?
            {
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
    let mut native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title(APP)
            .with_app_id(APP)
            .with_icon(super::icon::pixels(64))
            .with_inner_size([1280.0, 800.0]),
        // What is drawn are colours of a legend: a shade is the value it stands for, and noise on it a quarter of a frame without a GPU.
        dithering: false,
        ..eframe::NativeOptions::default()
    };
    let (demo, timings) = (options.demo, options.timings);
    let threads = options.threads.unwrap_or_else(|| {
        std::thread::available_parallelism()
            .map_or(1, std::num::NonZero::get)
            .clamp(1, MOST_THREADS)
    });
    let times = match &options.frame_times {
        Some(path) => Some(FrameTimes::create(path, started)?),
        None => None,
    };
    let first = Experiment::first_launch().map_err(|e| e.to_string())?;
    let path = eframe::storage_dir(APP).map(|folder| folder.join("settings.json"));
    let (remembered, damage) = path
        .as_deref()
        .map_or_else(Default::default, Settings::load);
    // The size of the window is remembered in points of the scale in which it was closed.
    let ctx = egui::Context::default();
    ctx.set_zoom_factor(remembered.zoom);
    native.viewport.min_inner_size = Some(LEAST / remembered.zoom);
    // A look at the demo changes nothing of what is remembered.
    let remembers = !demo && !timings;
    // A run that was left is come back to where nothing else was asked for.
    let home = path.as_deref().and_then(|path| path.parent());
    let home = home.filter(|_| remembers);
    let kept = home.map(|home| Autosave::begin(&home.join("autosave"), options.file.is_none()));
    let (autosave, found) = match kept {
        Some(Ok((autosave, found))) => (Some(autosave), found),
        Some(Err(words)) => {
            eprintln!("runs are not kept by themselves: {words}");
            (None, None)
        }
        None => (None, None),
    };
    native.persist_window = remembers;
    let none_yet = path.as_deref().is_some_and(|path| !path.exists());
    let remembering = Remembering {
        path: path.filter(|_| remembers),
        written: if damage.is_none() {
            remembered.text()
        } else {
            String::new()
        },
        behind: None,
    };
    super::report::watch();
    let reports = eframe::storage_dir(APP).map(|folder| folder.join("reports"));
    let shown = super::report::opening(|| {
        eframe::run_native_ext(
            APP,
            native,
            Some(ctx),
            Box::new(move |cc| {
                // Versions before this one kept their settings in the library's file.
                let older = cc.storage.filter(|_| none_yet);
                let older = older.and_then(|storage| eframe::get_value(storage, APP));
                let settings = if demo {
                    Settings::default()
                } else {
                    older.unwrap_or(remembered)
                };
                cc.egui_ctx.set_fonts(text::definitions());
                theme::install(&cc.egui_ctx, settings.theme);
                if let Some(times) = times {
                    cc.egui_ctx.add_plugin(times);
                }
                let mode = Mode::Threads(threads);
                let zoom = settings.zoom;
                let mut window = match (named, &autosave, &found) {
                    (Some(experiment), ..) => Window::new(experiment, settings, mode),
                    (None, Some(kept), Some(found)) if !found.crashed => {
                        Window::reopen(settings, first, mode, kept.take_up())
                    }
                    (None, ..) => Window::restore(settings, first, mode),
                };
                window.engine.autosave = autosave;
                if let Some(found) = found.filter(|found| found.crashed) {
                    window.ask_to_restore(format!("The window was not closed: {}.", found.words));
                }
                if let (Some(words), false) = (damage, demo) {
                    window.shell.add_notice("Settings are dropped.", &words);
                }
                window.shell.drawn = Some(60.0);
                window.shell.reports = reports;
                let ctx = cc.egui_ctx.clone();
                window.engine.wake = Some(Arc::new(move |news| {
                    ctx.request_repaint_after(match news {
                        News::Answer => ANSWER_AFTER,
                        News::Passing => WAKE_AFTER,
                    });
                }));
                if let Some(path) = other {
                    window.open_path(&path);
                }
                Ok(Box::new(Native {
                    window,
                    started,
                    timings,
                    frames: 0,
                    zoom,
                    scale: cc.egui_ctx.pixels_per_point(),
                    full_screen: false,
                    pace: None,
                    remembering,
                    memory: Tidy::start(),
                }) as Box<dyn eframe::App>)
            }),
        )
    });
    let words = match shown {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => not_opened(&error),
        Err(panic) => without(&format!(
            "the window could not be opened ({})",
            shortly(&panic)
        )),
    };
    tell_on_the_desktop(&words);
    Err(words)
}

/// What can be done where there is no window.
fn without(why: &str) -> String {
    format!("{why}. Without a window: pcscope screenshot --out first.png, pcscope --help")
}

/// Why the window cannot be opened, in a plain sentence.
fn not_opened(error: &eframe::Error) -> String {
    use eframe::Error::{Glutin, NoGlutinConfigs, OpenGL};
    let words = match error {
        // What it was asked for is of no use to anybody.
        NoGlutinConfigs(_, why) => why.to_string(),
        other => other.to_string(),
    };
    let why = match error {
        Glutin(_) | NoGlutinConfigs(..) | OpenGL(_) => format!(
            "OpenGL cannot be used on this display ({}). The window needs OpenGL 2.1 or OpenGL ES 2.0; a driver that draws in software is enough (Mesa: libgl1-mesa-dri and libegl1 on Debian)",
            shortly(&words)
        ),
        _ => format!("the window could not be opened ({})", shortly(&words)),
    };
    without(&why)
}

/// An error on one line of moderate length, without places of code.
fn shortly(error: &str) -> String {
    const MOST: usize = 100;
    let words = error.split_whitespace().collect::<Vec<_>>().join(" ");
    // "… at …/src/mod.rs:788: what it is": what it is.
    let words = match words.rfind(".rs:") {
        Some(at) => {
            let rest = &words[at + 4..];
            let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':');
            rest.trim().to_owned()
        }
        None => words,
    };
    match words.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// Who started the program from a menu of the desktop sees no terminal: there it is said in a dialog, where the desktop has one.
fn tell_on_the_desktop(words: &str) {
    use std::io::IsTerminal as _;
    if std::io::stderr().is_terminal() || std::env::var_os("XDG_CURRENT_DESKTOP").is_none() {
        return;
    }
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title(APP)
        .set_description(words)
        .show();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_there_is_no_window_is_one_plain_sentence() {
        let place = "winit EventLoopError: os error at /a/winit/src/linux/mod.rs:788: Failed to open\nconnection";
        assert_eq!(shortly(place), "Failed to open connection");
        let panic =
            super::super::report::opening(|| -> () { panic!("a display: \"no such extension\"") });
        let words = without(&format!("not opened ({})", shortly(&panic.unwrap_err())));
        assert!(words.starts_with(
            "not opened (a display: \"no such extension\"). Without a window: pcscope "
        ));
        assert_eq!(words.lines().count(), 1);
        // Once it is open, a panic is one.
        let later = std::panic::catch_unwind(|| {
            super::super::report::opening(|| -> () {
                super::super::report::opened();
                panic!("as a test wished");
            })
        });
        assert!(later.is_err());
        assert_eq!(super::super::report::opening(|| 3), Ok(3));
    }
}
