//! One frame: what has come is taken, panels and dialogs are drawn, and what they asked for is carried out.

use super::Window;
use super::shell::Counted;
use crate::app::kit::{field, focus};
use crate::app::panels::Lent;
use crate::app::state::Action;
use crate::app::{dialogs, panels};

impl Window {
    /// Draws the whole window and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        self.poll();
        let time = ui.input(|i| i.time);
        let elapsed = self
            .shell
            .last_time
            .map_or(0.0, |last| (time - last).clamp(0.0, 0.25));
        if self.shell.drawn.is_some() && elapsed > 0.0 {
            let now = 1.0 / elapsed;
            self.shell.drawn = self.shell.drawn.map(|d| d + 0.05 * (now - d));
        }
        self.shell.last_time = Some(time);
        let micro = self.engine.micro.as_ref();
        let counted = Counted {
            updates: self.engine.race.update,
            states: micro.map_or(0, |m| m.states.len() as u64),
            phase: micro.map_or(0, |m| m.generation),
        };
        self.shell.count(time, counted);
        self.shell.size = ui.max_rect().size() * ui.ctx().zoom_factor();
        self.shell.pointer = ui.input(|input| input.pointer.hover_pos());
        self.pass(elapsed);
        if self.shell.theme_applied != Some(self.shell.settings.theme) {
            self.shell.settings.theme.apply(ui.ctx());
            self.shell.theme_applied = Some(self.shell.settings.theme);
        }
        self.shell.scale(ui.ctx());
        if ui.input(|i| i.viewport().close_requested()) && !self.may_close() {
            ui.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
        if std::mem::take(&mut self.shell.forget_typing) {
            field::forget_typing(ui.ctx());
        }
        ui.ctx()
            .accesskit_node_builder(egui::accesskit_root_id(), |node| {
                node.set_label(format!("pcscope, {}", self.document.draft.name));
            });
        self.want_switches();
        self.want_beside();
        let (echoes, presents) = (self.shell.settings.echo_keys, self.shell.presents());
        self.shell.presenter.listen(ui.ctx(), echoes, presents);
        self.take_keys(ui.ctx());
        self.view.found.views.borrow_mut().clear();
        self.take_drops(ui.ctx());
        focus::begin(ui.ctx());
        let (mut actions, mut edited) = (Vec::new(), false);
        // Lent, and taken up once all is drawn: tiles, which the toolkit moves while it draws them, one draft for all panels, and the
        // dialog with its fields.
        let mut lent = Lent {
            trees: self.shell.trees.clone(),
            draft: self.document.draft.clone(),
            dialog: std::mem::take(&mut self.shell.dialog),
            question_focused: self.shell.question.as_ref().is_some_and(|q| q.focused),
        };
        if !self.shell.presenter.covers(ui, &mut actions) {
            panels::show(self, &mut lent, ui, &mut actions);
        }
        dialogs::show(self, &mut lent, ui.ctx(), &mut actions);
        self.shell.presenter.over(ui.ctx(), self.shell.halo());
        focus::settle(ui.ctx());
        self.shell.presenter.end(ui.ctx());
        self.shell.trees = lent.trees;
        self.shell.dialog = lent.dialog;
        if let Some(question) = &mut self.shell.question {
            question.focused = lent.question_focused;
        }
        if lent.draft != self.document.draft {
            // What was typed counts for the button whose press ended the typing.
            self.act(Action::Edit(Box::new(lent.draft)));
            edited = true;
        }
        self.shell.show_conditions = self.shell.show_conditions.saturating_sub(1);
        let (down, released) = ui.input(|i| (i.pointer.any_down(), i.pointer.any_released()));
        if (edited || !actions.is_empty()) && !down {
            // What was pressed is seen in this frame: laid out again it costs little, painted again it would cost most. Of a drag
            // the next frame comes anyway.
            ui.ctx().request_discard("an action");
        }
        for action in actions {
            self.act(action);
        }
        self.document.note_edits(down || released);
        self.tell_autosave();
    }
}
