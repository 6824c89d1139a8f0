//! Where a dialog writes its file: the path, what came of writing it, and the buttons below.

use super::kit::button::Button;
use super::kit::field::text_field;
use super::kit::notice;
use super::state::Action;
use egui::{Context, Response, Ui};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

/// A path, or what is wrong with it.
pub(super) type Said = Option<Result<String, String>>;

/// What is said before a file is replaced.
pub(super) fn there_already(path: &Path) -> String {
    format!(
        "{}: there is a file already; “Save” once more replaces it",
        path.display()
    )
}

/// The field of the path, and below it what came of the last time it was written; another path forgets that.
pub(super) fn path(ui: &mut Ui, out: &mut String, hint: &str, said: &mut Said) -> Response {
    let field = text_field(ui, out, "Save to", hint, ui.available_width());
    if field.changed() {
        *said = None;
    }
    match said {
        Some(Err(words)) => {
            ui.add_space(4.0);
            notice::warning(ui, "Not saved.", words);
        }
        Some(Ok(words)) => {
            ui.add_space(4.0);
            notice::lead(ui, "Saved:", words);
        }
        None => {}
    }
    ui.add_space(6.0);
    field
}

/// What the buttons below a path do.
pub(super) struct Buttons<'a> {
    /// Why nothing can be saved now.
    pub reason: Option<&'a str>,
    /// The field was left with Enter.
    pub enter: bool,
    /// The file has been written.
    pub done: bool,
    /// Asks the desktop for a path.
    pub asks: &'a dyn Fn(Context) -> Receiver<Option<PathBuf>>,
}

impl Buttons<'_> {
    /// "Save", "Browse…", and what ends the dialog; `save` says what is to be done. False once the dialog is done with.
    pub(super) fn show(
        self,
        ui: &mut Ui,
        native: &mut Option<Receiver<Option<PathBuf>>>,
        actions: &mut Vec<Action>,
        save: impl FnOnce(&Ui) -> Action,
    ) -> bool {
        let mut keep = true;
        ui.horizontal(|ui| {
            let go = Button::primary("Save").disabled(self.reason).show(ui);
            if (go.clicked() || self.enter) && self.reason.is_none() {
                actions.push(save(ui));
            }
            let open = native.is_some().then_some("The desktop's dialog is open.");
            if Button::new("Browse…").disabled(open).show(ui).clicked() {
                *native = Some((self.asks)(ui.ctx().clone()));
            }
            let words = if self.done { "Done" } else { "Cancel" };
            if Button::plain(words).show(ui).clicked() {
                keep = false;
            }
        });
        keep
    }
}
