//! Runs in folders: saved by will while they train, opened again where they were left, kept by themselves.

use super::keeping::Failed;
use super::{Notice, Window};
use crate::app::autosave::{Autosave, Looking};
use crate::app::commands::Command;
use crate::app::dialog::Dialog;
use crate::app::format;
use crate::app::layout::Layout;
use crate::app::purpose::Purpose;
use crate::app::state::{Grain, Of, Selection};
use crate::experiment::keep_run::{Captured, Writing};
use crate::experiment::kept::Kept;
use crate::experiment::save_folder::{Place, There, there};
use crate::experiment::session::{Mode, RaceSnapshot, ScopeCommand, Session};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::Duration;

/// The most key frames of a lane in a folder that is saved by will.
const FRAMES: usize = 256;

/// So long an update may take before a run is saved.
const PATIENCE: Duration = Duration::from_secs(120);

/// A run on its way into a folder.
pub(in crate::app) struct Saving {
    pub(in crate::app) folder: PathBuf,
    name: char,
    /// Another session has begun since.
    left: bool,
    /// The update it was at.
    result: Receiver<Result<u64, String>>,
}

/// The folder that a run was saved in last, or came from.
pub(in crate::app) struct SavedRun {
    folder: PathBuf,
    /// Which run it holds, beside those that were kept; `None` of what was opened: the one that goes on then.
    name: Option<char>,
    /// The update that it was saved at.
    update: u64,
}

impl SavedRun {
    /// True if saving the present run there loses nothing: the folder holds the same run, no further on.
    fn holds(&self, folder: &Path, race: &RaceSnapshot) -> bool {
        // Whichever of the runs goes on, the others are saved beside it.
        let kept = race.kept.iter().map(|kept| (kept.name, kept.update));
        let mut all = kept.chain([(race.name, race.update)]);
        let named = |name| self.name.is_none_or(|own| own == name);
        let further = |(name, update)| named(name) && update >= self.update;
        self.folder == folder && all.any(further)
    }
}

/// All that [`Looking`] is made of, to see whether it would be another.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::app) struct Looked {
    run: usize,
    wish: u64,
    layout: Layout,
    t: usize,
    selection: Selection,
    known: bool,
    by_update: bool,
    runs: (u64, Of),
    until: Option<u64>,
}

/// A run that is opened from its folder.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedRun {
    /// The folder.
    pub folder: PathBuf,
    /// Where its data are, if not where it says.
    pub data: Option<PathBuf>,
}

impl Window {
    /// See [`Window::idle`].
    pub(super) fn idle_of_folders(&self, command: Command) -> Option<&'static str> {
        let recording = self.engine.recording.is_some();
        match command {
            Command::LeaveRecording if !recording => Some("No recording is open."),
            Command::SaveRun if recording => Some("This is a recording."),
            Command::SaveRun if self.engine.session.is_none() => Some("Nothing is open yet."),
            Command::SaveRun if self.engine.saving.is_some() => Some("A run is being saved."),
            _ => None,
        }
    }

    /// Where a run is offered to be saved: where it was saved last, or came from.
    pub(super) fn save_run_dialog(&self) -> Dialog {
        let known = self.engine.run_folder.as_ref().map(|saved| &saved.folder);
        let path = known.map(|folder| folder.to_string_lossy().into_owned());
        let own = || {
            let name = self.engine.session.as_ref().map(|s| &*s.experiment.name);
            let letters = name.unwrap_or("run").chars().map(|c| match c {
                c if c.is_alphanumeric() => c.to_ascii_lowercase(),
                _ => '-',
            });
            let name: String = letters.take(40).collect();
            let parts: Vec<&str> = name.split('-').filter(|part| !part.is_empty()).collect();
            format!("{}-run", parts.join("-"))
        };
        Dialog::asking(Purpose::SaveRun, path.unwrap_or_else(own))
    }

    /// Saves the present run in a folder, on a thread of its own: over another run only once that has been said.
    pub(super) fn save_run_at(&mut self, path: &Path) -> Result<(), String> {
        let folder = std::path::absolute(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let said = match &self.shell.dialog {
            Dialog::Path { problem, .. } => problem.as_deref(),
            _ => None,
        };
        let words = format!(
            "{}: there is a run already. Save again to replace it",
            folder.display()
        );
        let race = &self.engine.race;
        let own = self
            .engine
            .run_folder
            .as_ref()
            .is_some_and(|saved| saved.holds(&folder, race));
        if let There::Run(_) = there(&folder)?
            && !own
            && said != Some(&words)
        {
            return Err(words);
        }
        let place = Place::new(&folder)?;
        let (looking, until) = (self.looking().json(), self.view.ends_at);
        let Some(session) = &mut self.engine.session else {
            return Err("nothing is open yet".into());
        };
        let write = move |captured: Arc<dyn Captured>| {
            let how = Writing {
                looking,
                until,
                budget: usize::MAX,
                most: FRAMES,
                before: None,
            };
            place.fill(|half| captured.write(half, &how))?;
            Ok(captured.update())
        };
        let (sender, result) = channel();
        match session.capturer() {
            None => {
                let _ = sender.send(session.capture().and_then(write));
            }
            Some(capturer) => {
                let wake = self.engine.wake.clone();
                std::thread::spawn(move || {
                    // The window may have been closed in the meantime.
                    let _ = sender.send(capturer.capture(PATIENCE).and_then(write));
                    if let Some(wake) = wake {
                        wake(crate::experiment::session::News::Answer);
                    }
                });
            }
        }
        self.engine.saving = Some(Saving {
            folder,
            name: self.engine.race.name,
            left: false,
            result,
        });
        self.take_saved();
        Ok(())
    }

    /// Says what came of a run that was being saved.
    pub(super) fn take_saved(&mut self) {
        let Some(saving) = &self.engine.saving else {
            return;
        };
        let result = match saving.result.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) => return,
            Err(TryRecvError::Disconnected) => Err("the program failed while it saved".into()),
        };
        let folder = saving.folder.clone();
        let notice = match result {
            Ok(update) => {
                let name = saving.name;
                self.shell.remember(&folder);
                // Another run may have begun meanwhile, whose folder this is not.
                self.engine.run_folder = (!saving.left).then(|| SavedRun {
                    folder: folder.clone(),
                    name: Some(name),
                    update,
                });
                Notice {
                    subject: "Saved.".into(),
                    rest: format!(
                        "Run {name} after update {} is in {}.",
                        format::count(update),
                        folder.display()
                    ),
                }
            }
            Err(words) => Notice {
                subject: "Not saved.".into(),
                rest: format!("{words}. The run goes on."),
            },
        };
        self.engine.saving = None;
        self.shell.notice = Some(notice);
    }

    /// Opens the run in a folder. Asks first where training would go.
    pub fn open_run(&mut self, run: OpenedRun) {
        let title = format!("Open the run in “{}”?", name_of(&run.folder));
        self.ask(title, "Open it", move |window| window.open_run_now(run));
    }

    /// Opens the run in a folder; the present one stays at work until it has been read.
    pub(super) fn open_run_now(&mut self, run: OpenedRun) {
        let name = name_of(&run.folder);
        let mode = self.engine.mode;
        self.start((name, None), false, false, move || reopened(&run, mode));
    }

    /// What has just started is kept from now on; of a run that was opened, one looks where one was looking.
    pub(super) fn follow_session(&mut self) {
        let Some(session) = &self.engine.session else {
            return;
        };
        let autosave = self.engine.autosave.as_ref();
        if let Some(autosave) = autosave {
            autosave.follow(session.capturer());
        }
        self.engine.run_folder = None;
        self.engine.lost_run = None;
        if let Some(saving) = &mut self.engine.saving {
            saving.left = true;
        }
        if let Some((folder, looking)) = session.reopened.clone() {
            if autosave.is_none_or(|a| !a.has(&folder)) {
                self.shell.remember(&folder);
                self.engine.run_folder = Some(SavedRun {
                    folder,
                    name: None,
                    update: session.updates_made(),
                });
            }
            self.look_where(&Looking::read(&looking));
        }
    }

    /// Where one is looking.
    pub fn looking(&self) -> Looking {
        let wish = self.engine.session.as_ref().map(Session::wish);
        let selection = self.view.selection;
        let micro = self.engine.micro.as_ref();
        let vertex = micro.and_then(|m| m.plan.graph.vertices.get(selection.vertex));
        Looking {
            layout: Some(self.shell.settings.layout),
            example: wish.as_ref().map(|wish| wish.example),
            lane: wish.as_ref().map(|wish| wish.lane.name().to_owned()),
            at: wish.as_ref().and_then(|wish| wish.at),
            t: Some(self.player.waiting.map_or(self.view.t, |(t, _)| t)),
            vertex: vertex.map(|v| v.id.clone()),
            unit: Some(selection.unit),
            by_update: self.player.grain.of_updates(),
            runs: self.view.run_looks.clone(),
            hidden: self.view.not_overlaid.clone(),
            pins: self.view.pins.clone(),
            of: self.view.of,
        }
    }

    /// Looks where somebody was looking when the run that has just started was saved.
    pub(super) fn look_where(&mut self, looking: &Looking) {
        use crate::experiment::lane::LaneId;
        if let Some(layout) = looking.layout {
            self.shell.settings.layout = layout;
        }
        self.view.playing = false;
        self.view.run_looks.clone_from(&looking.runs);
        self.view.not_overlaid.clone_from(&looking.hidden);
        self.view.pins.clone_from(&looking.pins);
        self.view.of = looking.of;
        if looking.by_update {
            self.player.grain = Grain::Update;
        }
        let Some(session) = &mut self.engine.session else {
            return;
        };
        if let Some(example) = looking.example {
            session.scope(ScopeCommand::Example(example));
        }
        if let Some(lane) = looking.lane.as_deref().and_then(LaneId::new) {
            session.scope(ScopeCommand::Lane(lane));
        }
        if let Some(at) = looking.at.filter(|at| *at < session.updates_made()) {
            session.scope(ScopeCommand::At(Some(at)));
        }
        let vertices = &session.plan.graph.vertices;
        let vertex = vertices
            .iter()
            .position(|v| Some(&*v.id) == looking.vertex.as_deref());
        if let Some(vertex) = vertex {
            let last = session.plan.len_of(vertex).saturating_sub(1);
            self.view.selection = Selection {
                vertex,
                unit: looking.unit.unwrap_or(0).min(last),
            };
            self.view.choose = false;
            self.view.ranges = Default::default();
        }
        self.wait_for(looking.t.unwrap_or(0));
    }

    /// The window is about to end: what is being saved comes to its end, and what was trained is kept.
    pub fn leave(&mut self) {
        if let Some(session) = &self.engine.session {
            // An update that takes long is left.
            session.pause_race(true);
        }
        let saving = self.engine.saving.take();
        let saved = saving.map(|saving| saving.result.recv_timeout(PATIENCE));
        if let Some(Ok(Err(words))) = saved {
            eprintln!("{words}");
        }
        self.tell_autosave();
        if let Some(Err(words)) = self.engine.autosave.take().map(Autosave::close) {
            eprintln!("the run was not kept: {words}");
        }
    }

    /// Tells who keeps the run by itself where one is looking.
    pub(super) fn tell_autosave(&mut self) {
        let Some(autosave) = &self.engine.autosave else {
            return;
        };
        let session = self.engine.session.as_ref();
        let now = Looked {
            run: session.map_or(0, |s| Arc::as_ptr(&s.plan) as usize),
            wish: session.map_or(0, Session::asked),
            layout: self.shell.settings.layout,
            t: self.player.waiting.map_or(self.view.t, |(t, _)| t),
            selection: self.view.selection,
            known: self.engine.micro.is_some(),
            by_update: self.player.grain.of_updates(),
            runs: (self.view.runs_chosen, self.view.of),
            until: self.view.ends_at,
        };
        // Names are made where one looks elsewhere, not in every frame.
        if self.engine.looked != Some(now) {
            autosave.look(self.looking(), self.view.ends_at);
            self.engine.looked = Some(now);
        }
    }

    /// What is trained is kept when the window is left, so that nothing would be lost by it.
    pub(super) fn is_kept(&self) -> bool {
        let autosave = self.engine.autosave.as_ref();
        autosave.is_some_and(|a| a.works())
    }

    /// Asks once whether the run of a window that ended without being closed is to be gone on with.
    pub fn ask_to_restore(&mut self, words: String) {
        self.ask_either(
            ("Restore the last run?".to_owned(), words),
            ("Restore it", "Leave it"),
            |window| {
                let folder = window.engine.autosave.as_ref().and_then(|a| a.take_up());
                match folder {
                    Some(folder) => window.open_run_now(OpenedRun { folder, data: None }),
                    None => window.shell.add_notice("Not restored.", "The run cannot be moved to where this window keeps its own; it stays where it is."),
                }
            },
            |window| {
                let left = window.engine.autosave.as_ref().and_then(|a| a.set_aside());
                if let Some(left) = left {
                    window.shell.add_notice(
                        "Left.",
                        &format!(
                            "The run stays in {} until another is left there.",
                            left.display()
                        ),
                    );
                }
            },
        );
    }
}

/// A session of a run in its folder; where its data have moved, that is said apart.
fn reopened(run: &OpenedRun, mode: Mode) -> Result<Session, Failed> {
    let line = |words: String| Failed::of_folder(words, &run.folder);
    let mut kept = Kept::open(&run.folder).map_err(line)?;
    kept.moved_to.clone_from(&run.data);
    match kept.data_missing() {
        Some(words) => Err(Failed::of_run(words, &run.folder, &kept.experiment)),
        None => Session::reopen(&kept, mode).map_err(line),
    }
}

/// What a folder is called.
fn name_of(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or(folder.as_os_str());
    name.to_string_lossy().into_owned()
}
