//! Edits in mid-run, branches, and the runs that are kept beside the present one.

use super::Window;
use crate::experiment::session::{Mode, RaceCommand, RaceSnapshot};

impl Window {
    /// The run goes on with the draft's settings; with `branch`, in a run of its own from the update that is looked at.
    pub(super) fn take_up(&mut self, branch: bool) {
        let draft = Box::new(self.document.draft.clone());
        if branch {
            self.branch();
        } else if self.engine.wished().is_some() {
            // What is trained from now on is looked at.
            self.go_to(None);
        }
        self.race_command(RaceCommand::Edit(draft));
    }

    /// Goes on from the update that is looked at in a run of its own; the present one is kept.
    pub(super) fn branch(&mut self) {
        let at = self.shown_update();
        self.go_to(None);
        self.race_command(RaceCommand::Branch(at));
    }

    /// Takes a picture of the race up: of another run, the settings are those of its next update.
    pub(super) fn follow_run(&mut self, race: RaceSnapshot) {
        let other = self.engine.race.name != race.name;
        self.engine.race = race;
        if let Some(session) = &mut self.engine.session {
            let edited = session.experiment != self.document.draft;
            session.follow_settings(&self.engine.race);
            if !edited && session.experiment != self.document.draft {
                let now = session.experiment.clone();
                self.take_draft(now.clone(), |e| {
                    (e.learning.rule, e.inference, e.conditions, e.learning.rate)
                });
                self.document.follow(&now);
                self.shell.forget_typing = true;
            }
        }
        if other && self.engine.mode != Mode::InStep {
            self.go_to(None);
        }
    }
}
