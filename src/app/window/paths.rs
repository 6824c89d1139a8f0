//! What was chosen in the dialogs of files and data.

use super::Window;
use crate::app::dialog::{Dialog, Purpose};
use crate::experiment::file::Experiment;
use crate::experiment::save::atomically;
use crate::experiment::session::Session;
use std::path::Path;

impl Window {
    /// Opens or saves what a path says. Where that cannot be, the dialog that asked stays open and says why; until a question about
    /// it is answered, it stays as well.
    pub(super) fn take_path(&mut self, purpose: Purpose, path: &Path) {
        let done = match purpose {
            Purpose::Save => self.save_at(path),
            Purpose::Find => self.find_data(path),
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

    /// Writes the draft to a path: over a file that is there only once that has been said.
    fn save_at(&self, path: &Path) -> Result<(), String> {
        let there = format!(
            "{}: there is a file already; “Save” once more replaces it",
            path.display()
        );
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
