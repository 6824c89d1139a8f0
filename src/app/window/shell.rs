//! What stands around the views.

use super::keeping::Question;
use crate::app::body;
use crate::app::commands;
use crate::app::dialog::{self, Dialog};
use crate::app::layout::Layout;
use crate::app::pad::Pad;
use crate::app::presenter::Presenter;
use crate::app::settings::Settings;
use crate::app::state::{Notice, Rail};
use crate::app::theme::Theme;
use std::path::PathBuf;

/// Seconds that what "Break it" leads to is outlined.
const MARKED: f64 = 3.0;

/// Seconds between two counts of what was computed.
const COUNTED_FOR: f64 = 0.5;

/// What has been computed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    /// Updates of the race.
    pub updates: u64,
    /// States of the phase under the microscope.
    pub states: u64,
    /// Which phase that is.
    pub phase: u64,
}

/// What stands around the views: dialogs, notices, fields typed in, tiles, settings.
pub struct Shell {
    /// Remembered between runs of the program.
    pub settings: Settings,
    /// Lines to be read.
    pub notice: Option<Notice>,
    /// Something that waits for an answer, because it would lose training.
    pub question: Option<Question>,
    /// Text typed into fields and not taken up belongs to what is no longer there.
    pub(super) forget_typing: bool,
    /// Commands that wait until a field that was typed in has taken up its text.
    pub(super) later: Vec<commands::Command>,
    /// The open dialog, if any.
    pub dialog: Dialog,
    /// Asks for a path: the desktop, or a test.
    pub choose: dialog::Choose,
    /// The text being typed in place of the example's.
    pub word: Option<String>,
    /// Why the text typed last cannot be inferred.
    pub word_refused: Option<String>,
    /// The drawing pad, while it is open.
    pub pad: Option<Pad>,
    /// Layers are being edited.
    pub editing_layers: bool,
    /// A rail's overlay that is open (compact windows).
    pub overlay: Option<Rail>,
    /// "Break it": for so many frames the set-up panel scrolls to the conditions.
    pub show_conditions: u8,
    /// When the conditions were asked for, by the clock of frames: they are outlined for a moment.
    pub conditions_marked: Option<f64>,
    /// Frames drawn per second, smoothed for the status bar; `None` where the clock is fixed.
    pub drawn: Option<f64>,
    /// Updates or states computed per second, where something is at work.
    pub computed: Option<(f64, &'static str)>,
    /// When they were counted last, and how many there were.
    pub(super) counted: Option<(f64, Counted)>,
    /// The size of the window in points, as it was last drawn.
    pub size: egui::Vec2,
    /// Where the pointer is, if it is over the window.
    pub pointer: Option<egui::Pos2>,
    pub(super) last_time: Option<f64>,
    /// Where failures of the engine are reported; `None` where they are not.
    pub reports: Option<PathBuf>,
    /// The window is to be closed.
    pub quit: bool,
    pub(super) theme_applied: Option<Theme>,
    /// What helps to show the window to a room.
    pub presenter: Presenter,
    /// The layout that was shown before the one for a projector.
    pub(super) before_present: Layout,
    pub(in crate::app) trees: body::Trees,
}

impl Shell {
    /// Nothing is open.
    pub(super) fn new(settings: Settings, trees: body::Trees) -> Self {
        Self {
            trees,
            settings,
            notice: None,
            question: None,
            forget_typing: false,
            later: Vec::new(),
            dialog: Dialog::None,
            choose: dialog::desktop,
            word: None,
            word_refused: None,
            pad: None,
            editing_layers: false,
            overlay: None,
            show_conditions: 0,
            conditions_marked: None,
            drawn: None,
            computed: None,
            counted: None,
            size: egui::vec2(1280.0, 800.0),
            pointer: None,
            last_time: None,
            reports: None,
            quit: false,
            theme_applied: None,
            presenter: Presenter::default(),
            before_present: Layout::default(),
        }
    }

    /// "Break it": the set-up panel scrolls to the conditions of exactness and outlines them for a moment.
    pub(super) fn mark_conditions(&mut self) {
        self.show_setup();
        // An overlay takes a frame to find its size.
        self.show_conditions = 3;
        self.conditions_marked = Some(self.last_time.unwrap_or(0.0));
        self.overlay = Some(Rail::Setup);
    }

    /// Seconds that the conditions stay outlined, if they are.
    pub fn conditions_outlined(&self) -> Option<f64> {
        let left = self.conditions_marked? + MARKED - self.last_time?;
        (left > 0.0).then_some(left)
    }

    /// Everything is as large as the user wants it, and larger for a projector.
    pub(super) fn scale(&mut self, ctx: &egui::Context) {
        let enlarged = self.settings.layout.enlarged(self.size);
        let factor = self.settings.scale * enlarged;
        if ctx.zoom_factor() != factor {
            ctx.set_zoom_factor(factor);
        }
    }

    /// Counts what was computed since half a second ago, by the clock of frames.
    pub(super) fn count(&mut self, time: f64, now: Counted) {
        let Some((since, before)) = self.counted else {
            self.counted = Some((time, now));
            return;
        };
        let elapsed = time - since;
        if elapsed < COUNTED_FOR {
            return;
        }
        let made = |a: u64, b: u64| a.checked_sub(b).filter(|n| *n > 0);
        let rate = |n: u64| n as f64 / elapsed;
        self.computed = match (
            made(now.updates, before.updates),
            made(now.states, before.states).filter(|_| now.phase == before.phase),
        ) {
            (Some(n), _) => Some((rate(n), "updates")),
            (None, Some(n)) => Some((rate(n), "states")),
            (None, None) => None,
        };
        self.counted = Some((time, now));
    }

    /// Puts a file or folder at the head of those opened before.
    pub(in crate::app) fn remember(&mut self, path: &std::path::Path) {
        const MOST: usize = 8;
        let path = path.to_string_lossy().into_owned();
        self.settings.recent.retain(|p| *p != path);
        self.settings.recent.insert(0, path);
        self.settings.recent.truncate(MOST);
    }

    /// A notice beside what is said already.
    pub fn add_notice(&mut self, subject: &str, rest: &str) {
        self.notice = Some(match self.notice.take() {
            None => Notice {
                subject: subject.to_owned(),
                rest: rest.to_owned(),
            },
            Some(old) => Notice {
                subject: old.subject,
                rest: format!("{} {subject} {rest}", old.rest),
            },
        });
    }
}
