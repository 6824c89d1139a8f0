//! What was chosen in the dialogs of files and data.

use super::Window;
use crate::app::dialog::Dialog;
use crate::app::file_url;
use crate::app::predict_dialog::PredictFile;
use crate::app::purpose::Purpose;
use crate::app::save_place::there_already;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneSpec;
use crate::experiment::save::atomically;
use crate::experiment::session::Session;
use std::path::Path;

impl Window {
    /// Opens or saves what a path says. Where that cannot be, the dialog that asked stays open and says why; until a question about
    /// it is answered, it stays as well.
    pub(super) fn take_path(&mut self, purpose: Purpose, path: &str) {
        let own = match file_url::plain(path) {
            Ok(own) => own,
            Err(words) => {
                if let Dialog::Path { problem, .. } = &mut self.shell.dialog {
                    *problem = Some(words);
                }
                return;
            }
        };
        let path = Path::new(own.as_ref());
        let done = match purpose {
            Purpose::Save => self.save_at(path),
            Purpose::SaveRun => self.save_run_at(path),
            Purpose::Find => self.find_data(path),
            Purpose::Predict => match self.predict(path) {
                // Its answers take the place of the dialog.
                Ok(()) => return,
                Err(words) => Err(words),
            },
            Purpose::Open => {
                // What is said here of another path has been answered.
                let asked = std::mem::take(&mut self.shell.dialog);
                let before = self.shell.notice.take();
                self.open_path(&path.to_string_lossy());
                match self.shell.notice.take() {
                    // Refused at once: said here, where the path can be mended.
                    Some(refused) => {
                        self.shell.notice = before;
                        self.shell.dialog = asked;
                        Err(refused.rest)
                    }
                    // Data have a dialog of their own, which takes its place.
                    None if self.shell.dialog.is_open() => return,
                    None => {
                        self.shell.dialog = asked;
                        Ok(())
                    }
                }
            }
        };
        match (done, &mut self.shell.dialog) {
            (Ok(()), dialog) if self.shell.question.is_none() => *dialog = Dialog::None,
            (Err(words), Dialog::Path { problem, .. }) => *problem = Some(words),
            _ => {}
        }
    }

    /// Answers what is at a path with the present weights of the lane that is looked at.
    fn predict(&mut self, path: &Path) -> Result<(), String> {
        if !path.exists() {
            return Err(format!(
                "{}: there is no such file or folder",
                path.display()
            ));
        }
        let Some(session) = &self.engine.session else {
            return Err("nothing is open yet".into());
        };
        let looked_at = session.wish().lane;
        let lanes = LaneSpec::raced(&session.experiment);
        let values = session.data.classes().is_empty();
        let browsed = self.engine.race.browsed.filter(|_| values);
        let lane = match browsed {
            Some((lane, _)) => lane,
            None if lanes.iter().any(|lane| lane.id == looked_at) => looked_at,
            // A rule that is no lane has been trained by none.
            None => LaneSpec::own(&session.experiment).id,
        };
        let (answerer, mode) = (session.answerer(), self.engine.mode);
        let state = PredictFile::new(path.to_owned(), lane, answerer, mode);
        self.shell.dialog = Dialog::Predict(Box::new(state));
        Ok(())
    }

    /// Writes the draft to a path: over a file that is there only once that has been said.
    fn save_at(&self, path: &Path) -> Result<(), String> {
        let there = there_already(path);
        let said = match &self.shell.dialog {
            Dialog::Path { problem, .. } => problem.as_ref(),
            _ => None,
        };
        if path.exists() && said != Some(&there) {
            return Err(there);
        }
        let text = self.document.draft.to_toml().map_err(|e| e.to_string())?;
        atomically(path, text.as_bytes())
    }

    /// Starts a run of an experiment on the data that the dialog shows. Until a question about it is answered, the choices stay.
    pub(super) fn begin(&mut self, experiment: Experiment) {
        let Dialog::Data(state) = &mut self.shell.dialog else {
            return;
        };
        let data = match state.chosen().1 {
            Some(Ok(data)) => data,
            Some(Err(words)) => return state.refuse(words),
            None => return,
        };
        let path = state.chosen().0.to_owned();
        self.shell.remember(&path);
        self.start_session(experiment.name.clone(), move |mode| {
            Session::start_on(experiment, data, mode)
        });
        if self.shell.question.is_none() {
            self.shell.dialog = Dialog::None;
        }
    }
}
