//! A recording in place of the microscope: looked at, and not changed.

use super::engine::Engine;
use super::keeping::Failed;
use super::{Notice, Window};
use crate::app::state::Action;
use crate::experiment::file::ExperimentError;
use crate::experiment::loading::load_data;
use crate::experiment::recording::Recording;
use crate::experiment::session::{RaceCommand, ScopeCommand, ScopeView, Session};
use std::path::PathBuf;
use std::sync::Arc;

impl Engine {
    /// What is shown of the microscope: the recording, where one is open. Nothing else is told of its weights.
    pub(super) fn as_recorded(&self, view: ScopeView) -> ScopeView {
        match &self.recording {
            None => view,
            Some((_, recorded)) => ScopeView {
                microscope: Arc::clone(recorded),
                switches: None,
                plane: None,
                stability: None,
                at: None,
                recalling: None,
                ..view
            },
        }
    }
}

impl Window {
    /// Opens a trace as a recording, with the data of its experiment. Asks first where training would go.
    pub(super) fn open_recording(&mut self, path: PathBuf) {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let name = name.to_string_lossy().into_owned();
        let (title, mode) = (format!("Open the recording “{name}”?"), self.engine.mode);
        self.shell.remember(&path);
        self.ask(title, "Open it", move |window| {
            window.start((name.clone(), None), false, false, move || {
                let line = |words: String| Failed::from(ExperimentError(words));
                let recording = Recording::read(&path).map_err(line)?;
                let experiment = recording.experiment.clone();
                // Where its data are not, their names are not known either.
                let data = load_data(&experiment)?;
                let mut session = Session::start_on(experiment, data, mode)?;
                let shown = recording.snapshot(&session).map_err(line)?;
                session.scope(ScopeCommand::Example(shown.subject.example));
                session.recorded = Some((name, Arc::new(shown)));
                Ok(session)
            });
        });
    }

    /// Of what has just started, shows the recording, if it is one.
    pub(super) fn follow_recording(&mut self) {
        let session = self.engine.session.as_mut();
        self.engine.recording = session.and_then(|session| session.recorded.take());
        let Some((name, recorded)) = &self.engine.recording else {
            return;
        };
        self.view.playing = false;
        self.shell.add_notice(
            "A recording.",
            &format!(
                "{name} has {} of one example, as they were. It has no weights and nothing of backprop’s update, so what is said of those stays empty. “Leave the recording” (File) goes on with its experiment.",
                crate::app::format::plural(recorded.states.len() as u64, "state", "states")
            ),
        );
    }

    /// Goes on with the experiment that the recording is of, at the same state.
    pub(super) fn leave_recording(&mut self) {
        if self.engine.recording.take().is_some() {
            self.shell.notice = None;
            // A picture of its own is asked for.
            self.engine.tell_scope(ScopeCommand::Stability);
            self.wait_for(self.view.t);
        }
    }

    /// True of what a recording cannot take, which is said.
    pub(super) fn refused_by_recording(&mut self, action: &Action) -> bool {
        let changes = match action {
            Action::Race(command) => *command != RaceCommand::Capture,
            Action::At(at) => at.is_some(),
            Action::Example(_)
            | Action::Draw(_)
            | Action::Rule { .. }
            | Action::Touch(_)
            | Action::Points(_)
            | Action::Edit(_)
            | Action::TakeUp { .. }
            | Action::Pad(_)
            | Action::Word { .. } => true,
            _ => false,
        };
        if !changes || self.engine.recording.is_none() {
            return false;
        }
        self.shell.notice = Some(Notice {
            subject: "This is a recording.".into(),
            rest: "It is shown as it was recorded and cannot be changed. “Leave the recording” (File) goes on with its experiment.".into(),
        });
        true
    }
}
