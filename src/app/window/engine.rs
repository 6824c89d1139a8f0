//! What the window knows of the engine: what is at work there, what is on its way to be, and what it has said last.

use super::keeping::Failed;
use super::saving::{Looked, SavedRun, Saving};
use crate::app::autosave::Autosave;
use crate::data::Dataset;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{MicroscopeSnapshot, SwitchRow};
use crate::experiment::plane::Plane;
use crate::experiment::session::{
    Beside, Mode, RaceCommand, RaceSnapshot, RaceState, ScopeCommand, Session, Wake, Work,
};
use crate::learning::Stability;
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// An experiment on its way.
pub(super) struct Opening {
    pub(super) name: String,
    pub(super) result: Receiver<Result<Box<Session>, Failed>>,
    /// The experiment, where its data are loaded with it.
    pub(super) experiment: Option<Box<Experiment>>,
    /// It only stands in for what could not be opened.
    pub(super) instead: bool,
    pub(super) train: bool,
    pub(super) keep_view: bool,
}

/// A snapshot, the half of a step that it is shown at, and how it stands there.
type AtHalf = (Arc<MicroscopeSnapshot>, usize, Arc<MicroscopeSnapshot>);

/// What is at work, what is on its way to be, and what the engine has said last.
pub struct Engine {
    /// The experiment at work; none only until the first one has loaded.
    pub session: Option<Session>,
    /// The newest microscope snapshot.
    pub micro: Option<Arc<MicroscopeSnapshot>>,
    /// That one as it is drawn at half steps: of which, at which state.
    pub(super) at_half: RefCell<Option<AtHalf>>,
    /// What is shown in place of the microscope: a recording, by the name of its file.
    pub recording: Option<(String, Arc<MicroscopeSnapshot>)>,
    /// The newest race snapshot.
    pub race: RaceSnapshot,
    /// What each switch does.
    pub switches: Option<Arc<Vec<SwitchRow>>>,
    /// The limit of γ, once worked out.
    pub stability: Option<Stability>,
    pub(super) switches_on: bool,
    /// What the network says all over the plane of two inputs.
    pub plane: Option<Arc<Plane>>,
    /// The newest wish that has been met.
    pub(super) answered: u64,
    pub(super) opening: Option<Opening>,
    /// The experiment whose data were not found, to be opened on others.
    pub lost: Option<Box<Experiment>>,
    /// The folder of the run whose data were not found.
    pub(super) lost_run: Option<PathBuf>,
    /// The folder that the run was saved in last, or opened from.
    pub(super) run_folder: Option<SavedRun>,
    /// A run on its way into a folder.
    pub(super) saving: Option<Saving>,
    /// Keeps the run by itself, where there is a place for it.
    pub autosave: Option<Autosave>,
    /// Where it has been told that one is looking.
    pub(super) looked: Option<Looked>,
    /// What is at work only stands in for what could not be opened: it is not remembered.
    pub(super) stands_in: bool,
    /// So will what is opened next.
    pub(super) falls_back: bool,
    /// What the race is told once the experiment that is being opened has started.
    pub(super) then: Option<RaceCommand>,
    /// Edits remembered with the experiment that is being opened.
    pub(super) kept_draft: Option<String>,
    /// How sessions run.
    pub(super) mode: Mode,
    /// Called by the engine when it has something new, so that a window at rest need not look.
    pub wake: Option<Wake>,
    pub(super) followed_update: u64,
    /// The update of the race that is looked at, where it is not the newest.
    pub at: Option<u64>,
    /// Two runs side by side, as far as that was asked for and is there; or the one that is not known.
    pub beside: Option<Result<Arc<Beside>, char>>,
    /// It is being computed: updates made again, of those that it takes.
    pub recalling: Option<(u64, u64)>,
}

impl Engine {
    /// Nothing is at work or on its way.
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            session: None,
            micro: None,
            at_half: RefCell::default(),
            recording: None,
            race: RaceSnapshot::default(),
            switches: None,
            stability: None,
            switches_on: false,
            plane: None,
            answered: 0,
            opening: None,
            lost: None,
            lost_run: None,
            run_folder: None,
            saving: None,
            autosave: None,
            looked: None,
            stands_in: false,
            falls_back: false,
            then: None,
            kept_draft: None,
            mode,
            wake: None,
            followed_update: 0,
            at: None,
            beside: None,
            recalling: None,
        }
    }

    /// Tells the microscope something. Never waits.
    pub(in crate::app) fn tell_scope(&mut self, command: ScopeCommand) {
        if let Some(session) = &mut self.session {
            session.scope(command);
        }
    }

    /// True while the race trains (paused or not).
    pub fn race_at_work(&self) -> bool {
        matches!(self.race.state, RaceState::Running | RaceState::Paused)
    }

    /// What the engine is at besides training, in words; `None` while it rests. The first is what somebody waits for.
    pub fn at_work(&self) -> Option<&'static str> {
        let session = self.session.as_ref()?;
        if self.saving.is_some() {
            Some("saving the run")
        } else if session.asked() > self.answered {
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

    /// The data at work.
    pub fn data(&self) -> Option<&Dataset> {
        self.session.as_ref().map(|s| &s.data)
    }

    /// The update of the race that is to be looked at, where it is not the newest.
    pub fn wished(&self) -> Option<u64> {
        self.session.as_ref().and_then(|s| s.wish().at)
    }

    /// What has been asked for is not there yet: updates made again or states computed, of those that it takes.
    pub fn computing(&self) -> Option<(usize, usize)> {
        let micro = self.micro.as_ref()?;
        let session = self.session.as_ref()?;
        if session.asked() <= self.answered {
            return None;
        }
        if let Some((done, of)) = self.recalling {
            return Some((done as usize, of as usize));
        }
        let wanted = session.wish().up_to.min(micro.steps) + 1;
        Some((micro.states.len().min(wanted), wanted))
    }

    /// The name of an experiment that is being loaded.
    pub fn opening(&self) -> Option<&str> {
        self.opening.as_ref().map(|o| o.name.as_str())
    }
}
