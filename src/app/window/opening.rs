//! How an experiment is opened, and how what the engine has ready is taken.

use super::engine::Opening;
use super::{Notice, OpenedRun, Window};
use crate::app::data_dialog::OpenData;
use crate::app::dialog::Dialog;
use crate::app::file_url;
use crate::app::format;
use crate::app::report;
use crate::app::settings::Settings;
use crate::app::state::Action;
use crate::app::state::Halts;
use crate::app::views::headline::way_back;
use crate::experiment::file::{Experiment, ExperimentError};
use crate::experiment::keep_run::is_run;
use crate::experiment::loading::load_data;
use crate::experiment::plane::is_plane;
use crate::experiment::recording::is_recording;
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
            .engine
            .session
            .as_ref()
            .filter(|s| {
                s.experiment.data == experiment.data && s.experiment.seed == experiment.seed
            })
            .map(|s| s.data.clone());
        let mode = self.engine.mode;
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
        let mode = self.engine.mode;
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
        self.engine.opening = Some(Opening {
            name,
            result,
            experiment,
            instead: std::mem::take(&mut self.engine.falls_back),
            train,
            keep_view,
        });
        if mode == Mode::InStep {
            self.poll();
        }
    }

    /// Takes what the engine has ready.
    pub fn poll(&mut self) {
        if let Some(opening) = &mut self.engine.opening {
            match opening.result.try_recv() {
                Ok(Ok(session)) => {
                    let (train, keep_view) = (opening.train, opening.keep_view);
                    self.engine.stands_in = opening.instead;
                    self.engine.opening = None;
                    self.started(*session, train, keep_view);
                }
                Ok(Err(failed)) => {
                    let (experiment, instead) = (opening.experiment.take(), opening.instead);
                    self.engine.opening = None;
                    self.not_started(failed, experiment, instead);
                }
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => {
                    let instead = opening.instead;
                    self.engine.opening = None;
                    let words = "the engine failed while loading";
                    self.not_started(ExperimentError(words.into()).into(), None, instead);
                }
            }
        }
        self.take_saved();
        let Some(session) = &self.engine.session else {
            return;
        };
        let mut missing = false;
        if let Some(scope) = session.take_scope() {
            let scope = self.engine.as_recorded(scope);
            if let Some(text) = &scope.failed {
                self.view.playing = false;
                self.shell.notice = Some(Notice {
                    subject: "The engine failed while inferring:".into(),
                    rest: format!(
                        "{text}. The example was started again from t = 0.{}",
                        self.report("inference", text)
                    ),
                });
            }
            let fresh = self
                .engine
                .micro
                .as_ref()
                .is_none_or(|m| m.generation != scope.microscope.generation);
            let at_end = self
                .engine
                .micro
                .as_ref()
                .is_none_or(|m| self.view.t + 1 >= m.states.len());
            self.engine.micro = Some(scope.microscope);
            if scope.answered {
                self.engine.answered = scope.wish;
            }
            (self.engine.at, self.engine.recalling) = (scope.at, scope.recalling);
            self.engine.beside = scope.beside;
            let current = scope.answered && scope.wish == session.asked();
            missing = current && scope.at.is_none() && session.wish().at.is_some();
            // Until all that was asked for is there, what is still being worked out is shown as it was.
            if scope.answered || scope.switches.is_some() {
                self.engine.switches = scope.switches;
            }
            self.engine.plane = scope.plane;
            self.engine.stability = scope.stability;
            if let Some(micro) = &self.engine.micro {
                self.view.look_at(micro);
                let newest = micro.states.len().saturating_sub(1);
                if fresh {
                    // New weights from the race: stay at the state looked at, at the end if it was the end.
                    if micro.subject.update != self.engine.followed_update {
                        self.engine.followed_update = micro.subject.update;
                        if at_end && self.player.waiting.is_none() {
                            self.view.t = newest;
                        }
                    }
                }
                if let Some((wanted, wish)) = self.player.waiting
                    && scope.wish >= wish
                {
                    let wanted = wanted.min(micro.steps);
                    // The picture follows what is computed.
                    self.view.t = wanted.min(newest);
                    if wanted <= newest || scope.failed.is_some() {
                        self.player.waiting = None;
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
                    self.shell.notice = Some(Notice {
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
        if let (Some((wanted, wish)), Some(micro)) = (self.player.waiting, &self.engine.micro)
            && self.engine.answered >= wish
        {
            self.view.t = wanted.min(micro.states.len() - 1);
            self.player.waiting = None;
        }
        if let Some(race) = session.take_race() {
            if let RaceState::Failed(text) = &race.state {
                self.shell.notice = Some(Notice {
                    subject: format!("The engine failed after update {}:", race.update),
                    rest: format!(
                        "{text}. Training has stopped; “Back to the initial weights” (R) starts again.{}",
                        self.report(&format!("training, after update {}", race.update), text)
                    ),
                });
            }
            self.follow_run(race);
        }
        if missing {
            self.past_is_missing();
        }
    }

    /// Writes a report of what failed, where reports are written; a sentence that says where, or why not.
    fn report(&self, what: &str, words: &str) -> String {
        let (Some(folder), Some(session)) = (&self.shell.reports, &self.engine.session) else {
            return String::new();
        };
        match report::write(folder, (what, words), &session.experiment) {
            Ok(path) => format!(
                " A report without any of your data is in {}.",
                path.display()
            ),
            Err(error) => format!(" No report could be written: {error}."),
        }
    }

    /// An update of the past was asked for that nobody can compute: the newest is looked at, and why is said.
    pub(in crate::app) fn past_is_missing(&mut self) {
        self.engine.tell_scope(ScopeCommand::At(None));
        let budget = format::bytes(self.engine.race.stored.budget as u64);
        self.shell.notice.get_or_insert(Notice {
            subject: "Not kept.".into(),
            rest: format!(
                "One update of all lanes takes more than the {budget} there are for it. The newest weights are looked at."
            ),
        });
    }

    pub(super) fn started(&mut self, session: Session, train: bool, keep_view: bool) {
        self.document.draft = session.experiment.clone();
        self.document.begins(&session.experiment);
        if !self.engine.stands_in {
            self.engine.lost = None;
        }
        self.shell.forget_typing |= !keep_view;
        if let Some(wake) = &self.engine.wake {
            session.wake_by(wake);
        }
        self.engine.session = Some(session);
        self.view.pause_when.clear();
        self.view.pause_lane = None;
        self.view.halts = Halts::default();
        self.view.play_until = None;
        self.engine.micro = None;
        self.engine.race = RaceSnapshot::default();
        self.engine.switches = None;
        self.engine.beside = None;
        self.view.pins.clear();
        self.view.not_overlaid.clear();
        self.view.run_looks.clear();
        self.player.region = None;
        self.engine.plane = None;
        self.engine.stability = None;
        self.shell.editing_layers = false;
        self.shell.pad = None;
        self.shell.word = None;
        self.shell.word_refused = None;
        self.player.waiting = None;
        self.engine.answered = 0;
        self.engine.followed_update = 0;
        self.view.browse_cell = None;
        self.view.browse_class = None;
        self.view.target = 0;
        self.view.t = 0;
        if !keep_view {
            self.view.choose = true;
            self.view.playing = !self.shell.settings.reduce_motion;
            self.player.tour = 0;
        }
        if self.engine.switches_on {
            self.engine.tell_scope(ScopeCommand::Switches(true));
        }
        if self.engine.data().is_some_and(is_plane) {
            self.engine.tell_scope(ScopeCommand::Plane(true));
        }
        self.take_kept_draft();
        if !keep_view {
            self.document.forget_edits();
        }
        self.follow_session();
        self.follow_recording();
        let then = self.engine.then.take().unwrap_or(RaceCommand::Run);
        if train {
            self.act(Action::Race(then));
        }
    }

    /// A window that shows a session in step with it, with nothing playing.
    pub fn showing(session: Session, settings: Settings) -> Self {
        let mut window = Self::empty(session.experiment.clone(), settings, Mode::InStep);
        window.started(session, false, false);
        window.view.playing = false;
        window.want_switches();
        window.poll();
        window
    }

    /// Opens an experiment file, a preset, or data (with a network proposed for them).
    pub fn open_path(&mut self, path: &str) {
        let own = match file_url::plain(path) {
            Ok(path) => path,
            Err(error) => {
                self.shell.notice = Some(Notice {
                    subject: "File refused.".into(),
                    rest: format!("{error}. Nothing was changed."),
                });
                return;
            }
        };
        let path = own.as_ref();
        let own = PathBuf::from(path);
        let is_preset = crate::experiment::file::PRESETS
            .iter()
            .any(|(name, _)| *name == path);
        if !is_preset && is_run(&own) {
            return self.open_run(OpenedRun {
                folder: own,
                data: None,
            });
        }
        if !is_preset && is_recording(&own) {
            return self.open_recording(own);
        }
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
                    self.shell.remember(&own);
                }
                self.open(experiment, false, false);
            }
            Err(error) => {
                self.shell.notice = Some(Notice {
                    subject: "File refused.".into(),
                    rest: format!("{error}. Nothing was changed."),
                });
            }
        }
    }

    /// Shows what data hold, before anything is started on them.
    pub(super) fn open_data(&mut self, path: PathBuf) {
        let data = OpenData::new(path, self.engine.mode);
        self.shell.dialog = Dialog::Data(Box::new(data));
    }

    /// Starts a session that `make` makes away from the window's own thread; the present one stays until then.
    pub(in crate::app) fn start_session(
        &mut self,
        name: String,
        make: impl FnOnce(Mode) -> Result<Session, ExperimentError> + Send + 'static,
    ) {
        let mode = self.engine.mode;
        self.ask(format!("Start “{name}”?"), "Start it", move |window| {
            window.start((name, None), false, false, move || Ok(make(mode)?));
        });
    }
}
