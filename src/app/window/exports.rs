//! Exports: what the dialog offers of the window, and how they are begun.

use super::Window;
use crate::app::arrangement::Kind;
use crate::app::dialog::Dialog;
use crate::app::export::Of;
use crate::app::export_dialog::{ExportFile, Has};
use crate::app::exporting;
use crate::app::state::Choice;
use crate::app::views::table::{Pane, Slot, VIEWS};
use crate::experiment::tables::AllSeries;
use egui::Rect;
use std::path::PathBuf;

impl Window {
    /// Opens the dialog on what is shown.
    pub(super) fn ask_to_export(&mut self) {
        let kind = self.with_frame(&mut Vec::new(), |frame| Kind::of(frame));
        let Some(kind) = kind else { return };
        let layout = self.shell.settings.layout;
        let views = VIEWS.iter().filter(|view| view.applies.contains(&kind));
        let views = views.map(|view| {
            let tile = Pane::named(view.id);
            let tile = tile.and_then(|pane| self.shell.trees.rect_of(layout, kind, pane));
            (Of::View(view), tile.map(|tile| tile.size()))
        });
        let all = std::iter::once((Of::Window, Some(self.shell.size)));
        let offers = all.chain(views).collect();
        let state = ExportFile::new(offers, self.shell.settings.theme, &self.has());
        self.shell.dialog = Dialog::Export(Box::new(state));
    }

    /// Asks where the numbers of a view are to be saved.
    pub(super) fn ask_to_save_numbers(&mut self, id: &str) {
        self.ask_to_export();
        if let Dialog::Export(state) = &mut self.shell.dialog {
            state.number(id);
        }
    }

    /// Shows the numbers of the view that the pointer is over, or the picture again; without one those of the large view.
    pub(super) fn numbers_of_what_is_pointed_at(&mut self) {
        let kind = self.with_frame(&mut Vec::new(), |frame| Kind::of(frame));
        let Some(kind) = kind else { return };
        let views = self.view.found.views.borrow();
        let over = |rect: &Rect| self.shell.pointer.is_some_and(|at| rect.contains(at));
        let pointed = views.iter().find(|(_, rect)| over(rect));
        let large = || {
            views
                .iter()
                .max_by(|a, b| a.1.area().total_cmp(&b.1.area()))
        };
        let drawn = pointed.or_else(large).map(|view| view.0);
        drop(views);
        // Before anything has been drawn, that of the layout.
        let top = Pane::of(self.shell.settings.layout, kind, Slot::Top);
        if let Some(id) = drawn.or_else(|| Some(top.first()?.view().id)) {
            self.choose(Choice::Numbers(id));
        }
    }

    /// How much there is to be exported.
    pub(in crate::app) fn has(&self) -> Has {
        let race = &self.engine.race;
        Has {
            states: self.engine.micro.as_ref().map_or(0, |m| m.steps as u64),
            updates: race.update,
            kept: race.kept.len(),
            thinned: AllSeries::thinning(race),
        }
    }

    /// Begins the export that the dialog describes.
    pub(super) fn export(&mut self) {
        let (still, has, mode) = (self.still(), self.has(), self.engine.mode);
        let data = self.engine.session.as_ref();
        let data = data.map_or_else(PathBuf::new, |s| s.experiment.data.source.clone().into());
        let (Dialog::Export(state), Some(still)) = (&mut self.shell.dialog, still) else {
            return;
        };
        let remembered = state.remembered();
        state.begin(&has, (&data, mode), move |export, out, course| {
            exporting::write(export, (still, remembered), out, course)
        });
    }
}
