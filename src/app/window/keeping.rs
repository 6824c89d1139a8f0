//! What the user gave is kept: what happens where a start fails, what is asked before training is lost, and what is remembered.

use super::{Notice, OpenedRun, Window};
use crate::app::commands::Command;
use crate::app::dialog::Dialog;
use crate::app::format;
use crate::app::settings::Settings;
use crate::app::state::Action;
use crate::experiment::file::{Experiment, ExperimentError};
use crate::experiment::session::Mode;
use std::path::{Path, PathBuf};

/// Seconds of training that are lost without a word.
pub const LITTLE: f64 = 10.0;

/// What an answer does.
type Deed = Box<dyn FnOnce(&mut Window)>;

/// Something that would lose training, and waits for an answer.
pub struct Question {
    /// What is about to be done, as a question.
    pub title: String,
    /// What is done, on the button.
    pub verb: &'static str,
    /// What would be lost, in words, where it is not the present run.
    pub lost: Option<String>,
    /// What it is about, where nothing would be lost.
    pub words: Option<String>,
    /// The other answer, where it is one of its own.
    pub no: Option<&'static str>,
    /// The answer has the focus from the first frame on.
    pub focused: bool,
    go: Deed,
    otherwise: Option<Deed>,
}

/// Why a session could not be made.
pub(super) struct Failed {
    error: ExperimentError,
    /// The data could not be loaded: they may be elsewhere now.
    of_data: bool,
    /// The folder of the run that was to be opened, and its experiment where its data are missing.
    run: Option<(PathBuf, Option<Box<Experiment>>)>,
}

impl Failed {
    /// The data of an experiment could not be loaded.
    pub(super) fn of_data(error: ExperimentError) -> Self {
        Self {
            error,
            of_data: true,
            run: None,
        }
    }

    /// The data of a run are not where it says.
    pub(super) fn of_run(words: String, folder: &Path, experiment: &Experiment) -> Self {
        Self {
            run: Some((folder.to_owned(), Some(Box::new(experiment.clone())))),
            ..Self::of_data(ExperimentError(words))
        }
    }

    /// The folder of a run cannot be opened.
    pub(super) fn of_folder(words: String, folder: &Path) -> Self {
        Self {
            run: Some((folder.to_owned(), None)),
            ..Self::from(ExperimentError(words))
        }
    }
}

impl From<ExperimentError> for Failed {
    fn from(error: ExperimentError) -> Self {
        Self {
            error,
            of_data: false,
            run: None,
        }
    }
}

impl Window {
    /// A window that opens what was remembered; what cannot be read is said, and the demo takes its place.
    pub fn restore(settings: Settings, first: Experiment, mode: Mode) -> Self {
        let remembered = settings.experiment.as_deref();
        let read = remembered.map(|text| Experiment::parse(text, "the remembered experiment", &[]));
        match read {
            None => Self::new(first, settings, mode),
            Some(Ok(experiment)) => {
                let draft = settings.draft.clone();
                let mut window = Self::empty(experiment.clone(), settings, mode);
                window.engine.kept_draft = draft;
                window.open(experiment, false, false);
                window
            }
            Some(Err(error)) => {
                let mut window = Self::empty(first.clone(), settings, mode);
                window.engine.falls_back = true;
                window.shell.add_notice(
                    "The last experiment cannot be read.",
                    &format!("{error}. The demo is shown in its place."),
                );
                window.open_now(first, false, false);
                window
            }
        }
    }

    /// A window that comes back to the run in a folder, as it was closed; what cannot be opened is said, and the demo takes its place.
    pub fn reopen(settings: Settings, first: Experiment, mode: Mode, run: Option<PathBuf>) -> Self {
        let Some(folder) = run else {
            return Self::restore(settings, first, mode);
        };
        let draft = settings.draft.clone();
        let mut window = Self::empty(first, settings, mode);
        window.engine.kept_draft = draft;
        window.open_run_now(OpenedRun { folder, data: None });
        window
    }

    /// Updates and seconds of training that opening something else, or leaving, would lose, if they are worth a question.
    pub fn at_stake(&self) -> Option<(u64, f64)> {
        // In step with the caller no clock is read, and times are not numbers.
        let race = &self.engine.race;
        let kept = race.kept.iter().flat_map(|run| &run.lanes);
        let lanes = race.lanes.iter().chain(kept).map(|l| l.seconds);
        let seconds: f64 = lanes.filter(|s| s.is_finite()).sum();
        let updates = race.update + race.kept.iter().map(|run| run.update).sum::<u64>();
        (updates > 0 && seconds > LITTLE).then_some((updates, seconds))
    }

    /// What would be lost, in words: "412 updates, 23 s of training".
    pub fn stake_in_words(&self) -> Option<String> {
        let (updates, seconds) = self.at_stake()?;
        let plural = if updates == 1 { "" } else { "s" };
        Some(format!(
            "{} update{plural}, {} of training",
            format::count(updates),
            lasting(seconds)
        ))
    }

    /// Does something that loses training: at once where there is little of it, else after one question.
    pub(super) fn ask(
        &mut self,
        title: String,
        verb: &'static str,
        go: impl FnOnce(&mut Self) + 'static,
    ) {
        if self.at_stake().is_none() {
            go(self);
        } else {
            self.shell.question = Some(Question {
                title,
                verb,
                lost: None,
                words: None,
                no: None,
                focused: false,
                go: Box::new(go),
                otherwise: None,
            });
        }
    }

    /// Asks for one of two answers; Escape is the second.
    pub(super) fn ask_either(
        &mut self,
        (title, words): (String, String),
        (verb, no): (&'static str, &'static str),
        go: impl FnOnce(&mut Self) + 'static,
        otherwise: impl FnOnce(&mut Self) + 'static,
    ) {
        self.shell.question = Some(Question {
            title,
            verb,
            lost: None,
            words: Some(words),
            no: Some(no),
            focused: false,
            go: Box::new(go),
            otherwise: Some(Box::new(otherwise)),
        });
    }

    /// Answers the question: what it is about is done, or nothing is.
    pub fn answer(&mut self, yes: bool) {
        let Some(question) = self.shell.question.take() else {
            return;
        };
        if yes {
            // The dialog that led here has done its part.
            self.shell.dialog = Dialog::None;
            (question.go)(self);
        } else if let Some(otherwise) = question.otherwise {
            otherwise(self);
        }
    }

    /// The desktop asks to close the window: true if it may be.
    pub(super) fn may_close(&mut self) -> bool {
        if self.shell.quit || self.at_stake().is_none() || self.is_kept() {
            return true;
        }
        if self.shell.question.is_none() {
            self.run_command(Command::Quit);
        }
        false
    }

    /// Starts the draft anew: what only stands in for something else does so still.
    pub(super) fn start_draft_again(&mut self, seed: u64) {
        self.engine.falls_back = self.engine.stands_in;
        let draft = Experiment {
            seed,
            ..self.document.draft.clone()
        };
        self.open_now(draft, false, true);
    }

    /// Says why an experiment did not start. Edits stay; where nothing is at work, the demo is.
    pub(super) fn not_started(
        &mut self,
        failed: Failed,
        experiment: Option<Box<Experiment>>,
        instead: bool,
    ) {
        let Failed {
            error,
            of_data,
            run,
        } = failed;
        // What was kept and cannot be opened stays, and is not kept over.
        let own = self.engine.autosave.as_ref();
        let of = run.as_ref().map(|(folder, _)| folder);
        let aside = own.filter(|a| of.is_some_and(|folder| a.owns(folder)));
        let aside = aside.and_then(|a| a.give_up());
        if let (Some(autosave), Some(session), true) = (own, &self.engine.session, aside.is_some())
        {
            autosave.follow(session.capturer());
        }
        let error = match &aside {
            Some(left) => ExperimentError(format!("{error}; the run stays in {}", left.display())),
            None => error,
        };
        let run = run.map(|(folder, experiment)| (aside.unwrap_or(folder), experiment));
        let experiment = match run {
            Some((folder, Some(experiment))) => {
                self.engine.lost_run = Some(folder);
                Some(experiment)
            }
            Some((_, None)) | None => experiment,
        };
        self.engine.then = None;
        let kept = |e: &&Experiment| of_data && !crate::data::is_builtin(&e.data.source);
        let lost = experiment.as_deref().filter(kept).cloned();
        if self.engine.session.is_some() {
            if lost.is_some() {
                self.engine.lost = lost.map(Box::new);
            }
            let edits = if self.has_draft() {
                " Your changes are still in the set-up."
            } else {
                ""
            };
            self.shell.notice = Some(Notice {
                subject: "Not started.".into(),
                rest: format!("{error}. The running experiment was not changed.{edits}"),
            });
            return;
        }
        if lost.is_some() {
            self.engine.lost = lost.map(Box::new);
        }
        let demo = Experiment::first_launch().ok().filter(|_| !instead);
        let words = match demo {
            Some(_) => " The demo is shown in its place; the experiment stays remembered.",
            None => "",
        };
        self.shell
            .add_notice("Not opened.", &format!("{error}.{words}"));
        if let Some(demo) = demo {
            self.engine.falls_back = true;
            self.engine.kept_draft = None;
            self.document.draft = demo.clone();
            self.open_now(demo, false, false);
        }
    }

    /// Opens the experiment whose data were not found on the data at `path`; its labels are looked for beside them.
    ///
    /// # Errors
    /// One line if there is nothing at `path`.
    pub fn find_data(&mut self, path: &Path) -> Result<(), String> {
        let Some(lost) = &self.engine.lost else {
            return Ok(());
        };
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if !absolute.exists() {
            return Err(format!(
                "{}: there is no such file or folder",
                path.display()
            ));
        }
        if let Some(folder) = self.engine.lost_run.clone() {
            self.shell.notice = None;
            self.open_run(OpenedRun {
                folder,
                data: Some(absolute),
            });
            return Ok(());
        }
        let mut experiment = (**lost).clone();
        if let Some(labels) = experiment.data.labels.as_mut().filter(|l| !l.exists())
            && let (Some(folder), Some(name)) = (absolute.parent(), labels.file_name())
        {
            let beside = folder.join(name);
            if beside.exists() {
                *labels = beside;
            }
        }
        experiment.data.source = absolute.to_string_lossy().into_owned();
        self.shell.notice = None;
        self.open(experiment, false, false);
        Ok(())
    }

    /// Takes up the edits that were remembered with the experiment that has just started.
    pub(super) fn take_kept_draft(&mut self) {
        let Some(text) = self.engine.kept_draft.take() else {
            return;
        };
        match Experiment::parse(&text, "the remembered changes", &[]) {
            Ok(draft) => {
                self.document.draft = draft;
                let (rule, inference, conditions) = self.inference();
                self.act(Action::Rule {
                    rule,
                    inference,
                    conditions,
                });
            }
            Err(error) => self.shell.add_notice(
                "Changes are lost.",
                &format!("{error}. The experiment is as it ran last."),
            ),
        }
    }

    /// What is remembered between runs of the program, as it stands now.
    pub fn remembered(&self) -> Settings {
        let mut settings = self.shell.settings.clone();
        settings.tiles = self.shell.trees.to_json();
        // What stands in for an experiment that could not be opened does not take its place.
        if let (Some(session), false) = (&self.engine.session, self.engine.stands_in) {
            settings.experiment = session.experiment.to_toml().ok();
            let edited = session.experiment != self.document.draft;
            settings.draft = edited.then(|| self.document.draft.to_toml().ok()).flatten();
        }
        settings
    }
}

/// A time in words: "23 s", "4 min", "1 h 20 min".
fn lasting(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..120 => format!("{whole} s"),
        120..3600 => format!("{} min", whole / 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::lasting;

    #[test]
    fn times_are_said_as_one_would() {
        assert_eq!(lasting(23.4), "23 s");
        assert_eq!(lasting(119.0), "119 s");
        assert_eq!(lasting(125.0), "2 min");
        assert_eq!(lasting(4800.0), "1 h 20 min");
    }
}
