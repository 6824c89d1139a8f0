//! The dialogs by kind: what each holds while it is open.

use super::data_dialog::OpenData;
use super::export_dialog::ExportFile;
use super::predict_dialog::PredictFile;
use super::purpose::Purpose;
use egui::Context;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// The open dialog.
#[derive(Default)]
pub enum Dialog {
    /// None.
    #[default]
    None,
    /// All commands, searchable.
    Palette {
        /// What is searched for.
        query: String,
        /// The chosen row.
        chosen: usize,
    },
    /// All keys.
    Keys,
    /// About this program.
    About,
    /// Data about to be opened.
    Data(Box<OpenData>),
    /// New examples, with what is said of them.
    Predict(Box<PredictFile>),
    /// What is to leave as a file.
    Export(Box<ExportFile>),
    /// A path to open or save to.
    Path {
        /// What the path is for.
        purpose: Purpose,
        /// The path typed.
        path: String,
        /// The desktop's own dialog, while it is open.
        native: Option<Receiver<Option<PathBuf>>>,
        /// What is wrong with the path.
        problem: Option<String>,
        /// How the path may go on.
        offers: Offers,
    },
}

/// How a path may go on: what its folder holds, read on a thread of its own, as a folder may be far away.
#[derive(Default)]
pub struct Offers {
    of: String,
    found: Vec<String>,
    coming: Option<Receiver<Vec<String>>>,
}

impl Offers {
    /// What there is for `path` so far.
    pub(super) fn get(&mut self, path: &str, ctx: &Context) -> Vec<String> {
        if let Some(found) = self.coming.as_ref().map(Receiver::try_recv) {
            match found {
                Ok(found) => (self.found, self.coming) = (found, None),
                Err(TryRecvError::Disconnected) => self.coming = None,
                Err(TryRecvError::Empty) => {}
            }
        }
        if self.coming.is_none() && self.of != path {
            path.clone_into(&mut self.of);
            let (sender, receiver) = channel();
            let (path, ctx) = (path.to_owned(), ctx.clone());
            std::thread::spawn(move || {
                // The dialog may have been closed in the meantime.
                let _ = sender.send(completions(&path));
                ctx.request_repaint();
            });
            self.coming = Some(receiver);
        }
        let begins = |offer: &&String| offer.starts_with(path);
        self.found.iter().filter(begins).cloned().collect()
    }
}

impl Dialog {
    /// The command palette.
    pub fn palette() -> Self {
        Self::Palette {
            query: String::new(),
            chosen: 0,
        }
    }

    /// Opening a file.
    pub fn open() -> Self {
        Self::Path {
            purpose: Purpose::Open,
            path: String::new(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// Saving the experiment.
    pub fn save() -> Self {
        Self::Path {
            purpose: Purpose::Save,
            path: "experiment.toml".into(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// A path for something, with one offered.
    pub fn asking(purpose: Purpose, path: String) -> Self {
        Self::Path {
            purpose,
            path,
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// Finding the data of an experiment; `source` is where they were.
    pub fn find(source: &str) -> Self {
        Self::Path {
            purpose: Purpose::Find,
            path: source.to_owned(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// Answering the examples of a file.
    pub fn predict() -> Self {
        Self::Path {
            purpose: Purpose::Predict,
            path: String::new(),
            native: None,
            problem: None,
            offers: Offers::default(),
        }
    }

    /// True while a dialog is open.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::None)
    }
}

/// What the desktop is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A file to read.
    File,
    /// A folder of data.
    Folder,
    /// Where to write an experiment.
    Place,
    /// Where to write a table of answers.
    Table,
    /// Where to make the folder of a run.
    NewFolder,
    /// Where to write a picture, series or an animation.
    Export,
}

/// Asks for a path and waits for the answer; none if it was cancelled.
pub type Choose = fn(Wanted) -> Option<PathBuf>;

/// The desktop's own dialog.
pub fn desktop(wanted: Wanted) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new();
    match wanted {
        Wanted::File => dialog.pick_file(),
        Wanted::Folder => dialog.pick_folder(),
        Wanted::Place => dialog.set_file_name("experiment.toml").save_file(),
        Wanted::NewFolder => dialog.set_file_name("run").save_file(),
        Wanted::Table => dialog.set_file_name("predictions.csv").save_file(),
        Wanted::Export => dialog.save_file(),
    }
}

/// Asks for a path, off the window's thread.
pub(super) fn browse(choose: Choose, wanted: Wanted, ctx: Context) -> Receiver<Option<PathBuf>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let chosen = choose(wanted);
        // The dialog of ours may have been closed in the meantime.
        let _ = sender.send(chosen);
        ctx.request_repaint();
    });
    receiver
}

fn completions(path: &str) -> Vec<String> {
    if path.is_empty() {
        return Vec::new();
    }
    let (folder, start) = path.rsplit_once('/').map_or((".", path), |(f, s)| {
        (if f.is_empty() { "/" } else { f }, s)
    });
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let prefix = path
        .rsplit_once('/')
        .map_or(String::new(), |(f, _)| format!("{f}/"));
    let mut found: Vec<String> = entries
        .take(2000)
        .filter_map(Result::ok)
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            (name.starts_with(start)
                && name != start
                && (!name.starts_with('.') || start.starts_with('.')))
            .then(|| {
                let slash = if e.file_type().is_ok_and(|t| t.is_dir()) {
                    "/"
                } else {
                    ""
                };
                format!("{prefix}{name}{slash}")
            })
        })
        .collect();
    found.sort();
    found
}
