//! A copy of the window as it stands at one moment, for another thread to draw: a window of its own, with a session that looks at the
//! same run from aside.

use super::{Engine, Player, Window};
use crate::app::body::Trees;
use crate::app::pad::Pad;
use crate::app::settings::Settings;
use crate::app::state::{Action, Notice, Rail, ViewState};
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{MicroscopeSnapshot, SwitchRow};
use crate::experiment::plane::Plane;
use crate::experiment::provenance::Provenance;
use crate::experiment::session::{Aside, Beside, Mode, RaceSnapshot};
use crate::learning::{Interrupt, Stability};
use std::sync::Arc;

/// What the window shows at one moment. Dialogs and questions are left out.
pub struct Still {
    aside: Aside,
    micro: Arc<MicroscopeSnapshot>,
    race: RaceSnapshot,
    switches: Option<Arc<Vec<SwitchRow>>>,
    plane: Option<Arc<Plane>>,
    stability: Option<Stability>,
    beside: Option<Result<Arc<Beside>, char>>,
    switches_on: bool,
    at: Option<u64>,
    player: Player,
    view: ViewState,
    draft: Experiment,
    settings: Settings,
    trees: Trees,
    notice: Option<Notice>,
    pad: Option<Pad>,
    word: Option<String>,
    word_refused: Option<String>,
    editing_layers: bool,
    overlay: Option<Rail>,
    drawn: Option<f64>,
}

impl Window {
    /// What is shown now; `None` until the first experiment has loaded.
    pub fn still(&self) -> Option<Still> {
        let (engine, shell) = (&self.engine, &self.shell);
        let session = engine.session.as_ref()?;
        Some(Still {
            aside: session.aside(&engine.race),
            micro: engine.micro.clone()?,
            race: engine.race.clone(),
            switches: engine.switches.clone(),
            plane: engine.plane.clone(),
            stability: engine.stability,
            beside: engine.beside.clone(),
            switches_on: engine.switches_on,
            at: engine.at,
            player: self.player.clone(),
            view: self.view.clone(),
            draft: self.document.draft.clone(),
            settings: shell.settings.clone(),
            trees: shell.trees.clone(),
            notice: shell.notice.clone(),
            pad: shell.pad.clone(),
            word: shell.word.clone(),
            word_refused: shell.word_refused.clone(),
            editing_layers: shell.editing_layers,
            overlay: shell.overlay,
            drawn: shell.drawn,
        })
    }

    /// Takes what its engine, which is in step with it, has for the layout that is looked at.
    pub fn look(&mut self) {
        self.want_switches();
        self.poll();
    }

    /// Goes to a state of inference, or as far as there are states.
    pub fn go_to_state(&mut self, t: usize) {
        self.act(Action::Seek(t));
        self.poll();
    }

    /// Looks at the weights after an update.
    pub fn go_to_update(&mut self, update: u64) {
        self.act(Action::At(Some(update)));
        self.poll();
    }
}

impl Still {
    /// The window, and what it was made of. What takes long ends early once `interrupt` says so.
    pub fn window(self, interrupt: Arc<dyn Interrupt>) -> (Window, Provenance) {
        let (session, begun) = self.aside.session(interrupt);
        let made_of = Provenance::of_race(&begun, &self.race.edits);
        let mut window = Window::empty(self.draft, self.settings, Mode::InStep);
        window.engine = Engine {
            session: Some(session),
            micro: Some(self.micro),
            race: self.race,
            switches: self.switches,
            plane: self.plane,
            stability: self.stability,
            beside: self.beside,
            switches_on: self.switches_on,
            at: self.at,
            ..Engine::new(Mode::InStep)
        };
        window.player = Player {
            // However long it is drawn, it does not go on to the next state by itself.
            rested: f64::NEG_INFINITY,
            waiting: None,
            ..self.player
        };
        window.view = ViewState {
            choose: false,
            ..self.view
        };
        let shell = &mut window.shell;
        shell.trees = self.trees;
        shell.notice = self.notice;
        shell.pad = self.pad;
        shell.word = self.word;
        shell.word_refused = self.word_refused;
        shell.editing_layers = self.editing_layers;
        shell.overlay = self.overlay;
        shell.drawn = self.drawn;
        (window, made_of)
    }
}
