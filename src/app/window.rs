//! The window: what it holds from frame to frame, and how time passes in it.

mod history;
mod keeping;
mod opening;
mod shell;
mod wishes;

pub use keeping::{LITTLE, Question};

use super::body;
use super::commands;
use super::dialog::{self, Dialog};
use super::kit::field;
use super::layout::Layout;
use super::pace::Motion;
use super::pad::Pad;
use super::settings::Settings;
use super::state::{Action, Frame, Rail, ViewState};
pub use super::state::{Grain, Notice};
use super::theme::Theme;
use crate::data::{Dataset, Point};
use crate::experiment::data::Data;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{MicroscopeSnapshot, SwitchRow};
use crate::experiment::plane::Plane;
use crate::experiment::session::{
    Mode, RaceCommand, RaceSnapshot, RaceState, ScopeCommand, Session, Wake, Work,
};
use crate::learning::{Conditions, Inference, Rule, Stability};
use crate::network::Layer;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Speeds of play, in inference steps per second.
pub const SPEEDS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 10.0, 30.0, 60.0];

/// Seconds the last state rests before the next round.
const REST: f64 = 1.6;

/// Seconds that what "Break it" leads to is outlined.
const MARKED: f64 = 3.0;

/// How much larger the layout for a projector is drawn.
const PRESENT_ZOOM: f32 = 1.25;

/// An experiment on its way.
struct Opening {
    name: String,
    result: Receiver<Result<Box<Session>, keeping::Failed>>,
    /// The experiment, where its data are loaded with it.
    experiment: Option<Box<Experiment>>,
    /// It only stands in for what could not be opened.
    instead: bool,
    train: bool,
    keep_view: bool,
}

/// The window.
pub struct Window {
    /// The experiment at work; none only until the first one has loaded.
    pub session: Option<Session>,
    /// The newest microscope snapshot.
    pub micro: Option<Arc<MicroscopeSnapshot>>,
    /// The newest race snapshot.
    pub race: RaceSnapshot,
    /// What each switch does.
    pub switches: Option<Arc<Vec<SwitchRow>>>,
    /// The limit of γ, once worked out.
    pub stability: Option<Stability>,
    switches_on: bool,
    /// What the network says all over the plane of two inputs.
    pub plane: Option<Arc<Plane>>,
    /// Shared by the views.
    pub view: ViewState,
    /// Remembered between runs of the program.
    pub settings: Settings,
    /// Edits that take effect with the next run.
    pub draft: Experiment,
    history: history::History,
    /// How far a step goes.
    pub grain: Grain,
    /// Index in [`SPEEDS`].
    pub speed: usize,
    /// Repeat the example instead of going on to the next.
    pub repeat: bool,
    /// Time since the cursor last moved, in seconds.
    rested: f64,
    /// A state asked for that the cursor goes to as it is computed, and the wish that asked for it.
    waiting: Option<(usize, u64)>,
    /// The newest wish that has been met.
    answered: u64,
    /// Lines to be read.
    pub notice: Option<Notice>,
    opening: Option<Opening>,
    /// Something that waits for an answer, because it would lose training.
    pub question: Option<Question>,
    /// The experiment whose data were not found, to be opened on others.
    pub lost: Option<Box<Experiment>>,
    /// What is at work only stands in for what could not be opened: it is not remembered.
    stands_in: bool,
    /// So will what is opened next.
    falls_back: bool,
    /// What the race is told once the experiment that is being opened has started.
    then: Option<RaceCommand>,
    /// Edits remembered with the experiment that is being opened.
    kept_draft: Option<String>,
    /// Text typed into fields and not taken up belongs to what is no longer there.
    forget_typing: bool,
    /// Commands that wait until a field that was typed in has taken up its text.
    later: Vec<commands::Command>,
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
    /// How sessions run.
    mode: Mode,
    /// The place in the order of examples of a demo.
    tour: usize,
    first_pause_seen: bool,
    /// Frames drawn per second, smoothed for the status bar; `None` where the clock is fixed.
    pub drawn: Option<f64>,
    last_time: Option<f64>,
    /// The window is to be closed.
    pub quit: bool,
    theme_applied: Option<Theme>,
    /// Called by the engine when it has something new, so that a window at rest need not look.
    pub wake: Option<Wake>,
    generation: u64,
    pub(super) trees: body::Trees,
    followed_update: u64,
}

/// Digits of the test part that the first launch goes through: the first is misread by an untrained net.
const TOUR: [usize; 6] = [18, 0, 7, 61, 115, 33];

impl Window {
    /// A window that loads `experiment` at once. With [`Mode::InStep`] it has loaded when this returns.
    pub fn new(experiment: Experiment, settings: Settings, mode: Mode) -> Self {
        let mut window = Self::empty(experiment.clone(), settings, mode);
        window.open(experiment, false, false);
        window
    }

    /// A window in which nothing is at work or on its way.
    fn empty(draft: Experiment, settings: Settings, mode: Mode) -> Self {
        let trees = body::Trees::new(&settings);
        let damaged = trees.damage();
        let mut window = Self {
            session: None,
            micro: None,
            race: RaceSnapshot::default(),
            switches: None,
            stability: None,
            switches_on: false,
            plane: None,
            view: ViewState {
                browse_wrong: true,
                playing: true,
                choose: true,
                ..ViewState::default()
            },
            trees,
            settings,
            history: history::History::new(draft.clone()),
            draft,
            grain: Grain::Step,
            speed: 2,
            repeat: false,
            rested: 0.0,
            waiting: None,
            answered: 0,
            notice: None,
            opening: None,
            question: None,
            lost: None,
            stands_in: false,
            falls_back: false,
            then: None,
            kept_draft: None,
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
            mode,
            tour: 0,
            first_pause_seen: false,
            drawn: None,
            last_time: None,
            quit: false,
            theme_applied: None,
            wake: None,
            generation: 0,
            followed_update: 0,
        };
        if let Some(words) = damaged {
            window.add_notice("The arrangement is as it comes.", &words);
        }
        window
    }

    /// Tells the microscope something. Never waits.
    fn tell_scope(&mut self, command: ScopeCommand) {
        if let Some(session) = &mut self.session {
            session.scope(command);
        }
    }

    /// Asks for state `t` of what has been asked for: the cursor goes there as it is computed.
    pub(super) fn wait_for(&mut self, t: usize) {
        if let Some(session) = &mut self.session {
            let wish = session.scope(ScopeCommand::RunTo(t));
            self.waiting = Some((t, wish));
        }
        if self.mode == Mode::InStep {
            self.poll();
        }
    }

    /// True while the race trains (paused or not).
    pub fn race_at_work(&self) -> bool {
        matches!(self.race.state, RaceState::Running | RaceState::Paused)
    }

    /// What the engine is at besides training, in words; `None` while it rests. The first is what somebody waits for.
    pub fn engine_at_work(&self) -> Option<&'static str> {
        let session = self.session.as_ref()?;
        if session.asked() > self.answered {
            Some("computing")
        } else if self.race_at_work() {
            // The microscope follows what is trained.
            None
        } else if session.work() == Work::Inferring {
            Some("computing")
        } else if session.race_busy() {
            Some("scoring")
        } else if session.work() == Work::Limit {
            Some("working out the limit of γ")
        } else {
            None
        }
    }

    /// What moves; `None` at rest, when only input or the engine's news (see [`Self::wake`]) call for a frame.
    pub fn motion(&self) -> Option<Motion> {
        let training = self.race.state == RaceState::Running;
        let at_work = self.session.as_ref().is_some_and(|s| {
            let paused = self.race.state == RaceState::Paused;
            s.asked() > self.answered || s.work() == Work::Inferring || s.race_busy() && !paused
        });
        let busy = training
            || self.opening.is_some()
            || at_work
            || self.session.is_some() && self.micro.is_none();
        // What the engine works out for the microscope calls for a frame when it is there.
        let only_asked = at_work
            && !training
            && !self.view.playing
            && self.opening.is_none()
            && self.micro.is_some()
            && self.mode != Mode::InStep;
        let rate = if only_asked {
            10.0
        } else if busy {
            60.0
        } else if self.view.playing && !self.race_at_work() {
            30.0
        } else {
            return None;
        };
        let pause = 1.0 / rate;
        Some(Motion { pause, training })
    }

    /// Settings have been changed that only a new run can take up.
    pub fn has_draft(&self) -> bool {
        self.session.as_ref().is_some_and(|s| {
            let mut own = s.experiment.clone();
            // What the microscope takes up at once is no draft until something has been trained with the old value.
            if self.race.update == 0 {
                own.learning.rule = self.draft.learning.rule;
                own.inference = self.draft.inference;
                own.conditions = self.draft.conditions;
            }
            own != self.draft
        })
    }

    /// The rule, inference and conditions of the microscope.
    pub fn inference(&self) -> (Rule, Inference, Conditions) {
        let d = &self.draft;
        (d.learning.rule, d.inference, d.conditions)
    }

    /// Lets `seconds` pass: playing moves the cursor.
    pub fn pass(&mut self, seconds: f64) {
        let Some(micro) = self.micro.clone() else {
            return;
        };
        if !self.view.playing || self.race_at_work() || self.waiting.is_some() {
            return;
        }
        self.rested += seconds;
        let period = 1.0 / SPEEDS[self.speed];
        if self.view.t >= micro.steps {
            if self.rested >= REST.max(period) {
                self.rested = 0.0;
                if self.repeat || self.pad.is_some() {
                    self.view.t = 0;
                } else {
                    self.next_in_tour();
                }
            }
        } else if self.rested >= period {
            self.rested = (self.rested - period).min(period);
            self.seek(self.view.t + 1);
        }
    }

    fn next_in_tour(&mut self) {
        let Some(session) = &self.session else { return };
        let test = session.data.split().to_look_at();
        if test.len() < 2 {
            self.view.t = 0;
            return;
        }
        self.tour += 1;
        let next = if test.len() > TOUR[TOUR.len() - 2] {
            TOUR[self.tour % TOUR.len()]
        } else {
            self.tour % test.len()
        };
        self.act(Action::Example(test.start + next));
    }

    fn seek(&mut self, t: usize) {
        let Some(micro) = &self.micro else { return };
        let current = self
            .session
            .as_ref()
            .is_some_and(|s| self.answered >= s.asked());
        // Of a phase that was asked for and is not there, nobody knows the last state yet: waiting ends at it.
        let t = if current { t.min(micro.steps) } else { t };
        let there = t < micro.states.len();
        if there {
            self.view.t = t;
        }
        if there && current {
            self.waiting = None;
        } else {
            self.wait_for(t);
        }
    }

    /// "Break it": the set-up panel scrolls to the conditions of exactness and outlines them for a moment.
    pub(super) fn mark_conditions(&mut self) {
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

    /// Commands of the keyboard. A field that is typed in takes up its text before one is carried out.
    fn take_keys(&mut self, ctx: &egui::Context) {
        let typed_in = field::typed_in(ctx);
        let pressed = commands::pressed(ctx);
        let mut wanted = std::mem::take(&mut self.later);
        if self.question.is_some() {
            wanted.clear();
        } else if let (Some(field), false) = (typed_in, pressed.is_empty()) {
            ctx.memory_mut(|m| m.surrender_focus(field));
            ctx.request_repaint();
            self.later = pressed;
        } else {
            wanted.extend(pressed);
        }
        for command in wanted {
            self.run_command(command);
        }
        // Escape in a field gives up what was typed there, and no more.
        if ctx.input(|i| i.key_pressed(egui::Key::Escape)) && typed_in.is_none() {
            self.escape();
        }
    }

    /// Everything is as large as the user wants it, and larger for a projector.
    fn scale(&mut self, ctx: &egui::Context) {
        let enlarged = if self.settings.layout == Layout::Present {
            PRESENT_ZOOM
        } else {
            1.0
        };
        let factor = self.settings.scale * enlarged;
        if ctx.zoom_factor() != factor {
            ctx.set_zoom_factor(factor);
        }
    }

    fn escape(&mut self) {
        if self.question.is_some() {
            self.answer(false);
        } else if self.dialog.is_open() {
            self.dialog = Dialog::None;
        } else if self.overlay.is_some() {
            self.overlay = None;
        } else if self.settings.layout == Layout::Present {
            self.settings.layout = Layout::Teach;
        }
    }

    /// A file dropped onto the window is opened like one chosen in the dialog.
    fn take_drops(&mut self, ctx: &egui::Context) {
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|f| f.path().to_path_buf()));
        if let Some(path) = dropped {
            self.open_path(&path.to_string_lossy());
        }
    }

    /// Makes a draft of an experiment on points made by hand, with as many outputs as they have classes.
    fn take_points(&mut self, points: Vec<Point>) {
        let classes = points.iter().map(|p| usize::from(p.class) + 1).max();
        let outputs = classes.unwrap_or(0).max(2);
        if let Some(Layer::Dense { dense, .. }) = self.draft.network.layers.last_mut() {
            *dense = outputs;
        }
        self.draft.name = "Points made by hand".into();
        self.draft.data = Data {
            points: Some(points.clone()),
            ..Data::from_source(crate::data::points::SOURCE)
        };
        self.view.points = points;
    }

    /// Puts a file or folder at the head of those opened before.
    pub(super) fn remember(&mut self, path: &std::path::Path) {
        const MOST: usize = 8;
        let path = path.to_string_lossy().into_owned();
        self.settings.recent.retain(|p| *p != path);
        self.settings.recent.insert(0, path);
        self.settings.recent.truncate(MOST);
    }

    /// Lends views what they draw from; `None` until the first experiment has loaded.
    pub fn with_frame<R>(
        &self,
        actions: &mut Vec<Action>,
        run: impl FnOnce(&mut Frame<'_>) -> R,
    ) -> Option<R> {
        let session = self.session.as_ref()?;
        let micro = self.micro.as_ref()?;
        let mut frame = Frame {
            micro,
            race: &self.race,
            data: &session.data,
            experiment: &session.experiment,
            switches: self.switches.as_ref().map(|s| s.as_slice()),
            plane: self.plane.as_ref(),
            view: &self.view,
            foot: 0.0,
            actions,
        };
        Some(run(&mut frame))
    }

    /// The data at work.
    pub fn data(&self) -> Option<&Dataset> {
        self.session.as_ref().map(|s| &s.data)
    }

    /// What has been asked for is not there yet: states computed of those asked for.
    pub fn computing(&self) -> Option<(usize, usize)> {
        let micro = self.micro.as_ref()?;
        let session = self.session.as_ref()?;
        if session.asked() <= self.answered {
            return None;
        }
        let wanted = session.wish().up_to.min(micro.steps) + 1;
        Some((micro.states.len().min(wanted), wanted))
    }
}
