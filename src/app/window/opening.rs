//! How an experiment is opened, and how what the engine has ready is taken.

use super::{Notice, Opening, Window};
use crate::app::data_dialog::OpenData;
use crate::app::dialog::Dialog;
use crate::app::state::Action;
use crate::app::views::headline::way_back;
use crate::experiment::file::{Experiment, ExperimentError};
use crate::experiment::loading::load_data;
use crate::experiment::plane::is_plane;
use crate::experiment::session::{
    Mode, RaceCommand, RaceSnapshot, RaceState, ScopeCommand, Session,
};
use std::path::PathBuf;
use std::sync::mpsc::{TryRecvError, channel};

impl Window {
    /// Starts loading an experiment; the present one stays at work until the new one has started. Asks first where training would go.
    pub fn open(&mut self, experiment: Experiment, train: bool, keep_view: bool) {
        let title = format!("Start “{}”?", experiment.name);
        self.ask(title, "Start it", move |window| {
            window.open_now(experiment, train, keep_view);
        });
    }

    pub(super) fn open_now(&mut self, experiment: Experiment, train: bool, keep_view: bool) {
        let name = experiment.name.clone();
        let data = self
            .session
            .as_ref()
            .filter(|s| {
                s.experiment.data == experiment.data && s.experiment.seed == experiment.seed
            })
            .map(|s| s.data.clone());
        let mode = self.mode;
        let own = Some(Box::new(experiment.clone()));
        self.start((name, own), train, keep_view, move || {
            let data = match data {
                Some(data) => data,
                None => load_data(&experiment).map_err(super::keeping::Failed::of_data)?,
            };
            Ok(Session::start_on(experiment, data, mode)?)
        });
    }

    /// Makes a session away from the window's own thread.
    pub(super) fn start(
        &mut self,
        (name, experiment): (String, Option<Box<Experiment>>),
        train: bool,
        keep_view: bool,
        make: impl FnOnce() -> Result<Session, super::keeping::Failed> + Send + 'static,
    ) {
        let mode = self.mode;
        let start = move || make().map(Box::new);
        let (sender, result) = channel();
        if mode == Mode::InStep {
            let _ = sender.send(start());
        } else {
            std::thread::spawn(move || {
                // The window may have been closed in the meantime.
                let _ = sender.send(start());
            });
        }
        self.opening = Some(Opening {
            name,
            result,
            experiment,
            instead: std::mem::take(&mut self.falls_back),
            train,
            keep_view,
        });
        if mode == Mode::InStep {
            self.poll();
        }
    }

    /// The name of an experiment that is being loaded.
    pub fn opening(&self) -> Option<&str> {
        self.opening.as_ref().map(|o| o.name.as_str())
    }

    /// Takes what the engine has ready.
    pub fn poll(&mut self) {
        if let Some(opening) = &mut self.opening {
            match opening.result.try_recv() {
                Ok(Ok(session)) => {
                    let (train, keep_view) = (opening.train, opening.keep_view);
                    self.stands_in = opening.instead;
                    self.opening = None;
                    self.started(*session, train, keep_view);
                }
                Ok(Err(failed)) => {
                    let (experiment, instead) = (opening.experiment.take(), opening.instead);
                    self.opening = None;
                    self.not_started(failed, experiment, instead);
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    let instead = opening.instead;
                    self.opening = None;
                    let words = "the engine failed while loading";
                    self.not_started(ExperimentError(words.into()).into(), None, instead);
                }
            }
        }
        let Some(session) = &self.session else { return };
        if let Some(scope) = session.take_scope() {
            if let Some(text) = &scope.failed {
                self.view.playing = false;
                self.notice = Some(Notice {
                    subject: "The engine failed while inferring:".into(),
                    rest: format!("{text}. The example was started again from t = 0."),
                });
            }
            let fresh = self
                .micro
                .as_ref()
                .is_none_or(|m| m.generation != scope.microscope.generation);
            let at_end = self
                .micro
                .as_ref()
                .is_none_or(|m| self.view.t + 1 >= m.states.len());
            self.micro = Some(scope.microscope);
            if scope.answered {
                self.answered = scope.wish;
            }
            // Until all that was asked for is there, what is still being worked out is shown as it was.
            if scope.answered || scope.switches.is_some() {
                self.switches = scope.switches;
            }
            self.plane = scope.plane;
            self.stability = scope.stability;
            if let Some(micro) = &self.micro {
                self.view.look_at(micro);
                let newest = micro.states.len().saturating_sub(1);
                if fresh {
                    self.generation = micro.generation;
                    // New weights from the race: stay at the state looked at, at the end if it was the end.
                    if micro.subject.update != self.followed_update {
                        self.followed_update = micro.subject.update;
                        if at_end && self.waiting.is_none() {
                            self.view.t = newest;
                        }
                    }
                }
                if let Some((wanted, wish)) = self.waiting
                    && scope.wish >= wish
                {
                    let wanted = wanted.min(micro.steps);
                    // The picture follows what is computed.
                    self.view.t = wanted.min(newest);
                    if wanted <= newest || scope.failed.is_some() {
                        self.waiting = None;
                    }
                }
                self.view.t = self.view.t.min(newest);
                if let Some((t, v)) = micro
                    .states
                    .last()
                    .and_then(|s| s.not_finite.map(|v| (s.t, v)))
                    && self.view.playing
                {
                    self.view.playing = false;
                    self.notice = Some(Notice {
                        subject: format!(
                            "{} is not finite from t = {t}.",
                            micro.plan.graph.vertices[v].label
                        ),
                        rest: format!("Play was stopped. {}", way_back(micro, t)),
                    });
                }
            }
        }
        // What was asked for may have been there already.
        if let (Some((wanted, wish)), Some(micro)) = (self.waiting, &self.micro)
            && self.answered >= wish
        {
            self.view.t = wanted.min(micro.states.len() - 1);
            self.waiting = None;
        }
        if let Some(race) = session.take_race() {
            if let RaceState::Failed(text) = &race.state {
                self.notice = Some(Notice {
                    subject: format!("The engine failed after update {}:", race.update),
                    rest: format!(
                        "{text}. Training has stopped; “Back to the initial weights” (R) starts again."
                    ),
                });
            }
            self.race = race;
        }
    }

    pub(super) fn started(&mut self, session: Session, train: bool, keep_view: bool) {
        self.draft = session.experiment.clone();
        if !self.stands_in {
            self.lost = None;
        }
        self.forget_typing |= !keep_view;
        if let Some(wake) = &self.wake {
            session.wake_by(wake);
        }
        self.session = Some(session);
        self.micro = None;
        self.race = RaceSnapshot::default();
        self.switches = None;
        self.plane = None;
        self.stability = None;
        self.editing_layers = false;
        self.pad = None;
        self.word = None;
        self.word_refused = None;
        self.waiting = None;
        self.answered = 0;
        self.followed_update = 0;
        self.view.browse_cell = None;
        self.view.browse_class = None;
        self.view.t = 0;
        if !keep_view {
            self.view.choose = true;
            self.view.playing = true;
            self.tour = 0;
        }
        if self.switches_on {
            self.tell_scope(ScopeCommand::Switches(true));
        }
        if self.data().is_some_and(is_plane) {
            self.tell_scope(ScopeCommand::Plane(true));
        }
        self.take_kept_draft();
        if !keep_view {
            self.forget_edits();
        }
        let then = self.then.take().unwrap_or(RaceCommand::Run);
        if train {
            self.act(Action::Race(then));
        }
    }

    /// Opens an experiment file, a preset, or data (with a network proposed for them).
    pub fn open_path(&mut self, path: &str) {
        let own = PathBuf::from(path);
        let is_preset = crate::experiment::file::PRESETS
            .iter()
            .any(|(name, _)| *name == path);
        let data = match is_preset {
            true => Ok(false),
            false => crate::data::is_data(&own).map_err(|e| e.to_string()),
        };
        let result = match data {
            Ok(true) => return self.open_data(own.clone()),
            Ok(false) => Experiment::load(path, &[]).map_err(|e| e.to_string()),
            Err(error) => Err(error),
        };
        match result {
            Ok(experiment) => {
                if !is_preset {
                    self.remember(&own);
                }
                self.open(experiment, false, false);
            }
            Err(error) => {
                self.notice = Some(Notice {
                    subject: "File refused.".into(),
                    rest: format!("{error}. Nothing was changed."),
                });
            }
        }
    }

    /// Shows what data hold, before anything is started on them.
    pub(super) fn open_data(&mut self, path: PathBuf) {
        let data = OpenData::new(path, self.mode);
        self.dialog = Dialog::Data(Box::new(data));
    }

    /// Starts a session that `make` makes away from the window's own thread; the present one stays until then.
    pub(in crate::app) fn start_session(
        &mut self,
        name: String,
        make: impl FnOnce(Mode) -> Result<Session, ExperimentError> + Send + 'static,
    ) {
        let mode = self.mode;
        self.ask(format!("Start “{name}”?"), "Start it", move |window| {
            window.start((name, None), false, false, move || Ok(make(mode)?));
        });
    }
}
