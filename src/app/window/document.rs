//! What is edited: the draft of the next run, with the drafts that were before and those taken back.

use super::Window;
use crate::experiment::file::Experiment;

/// So many edits can be taken back.
const MOST: usize = 10_000;

/// The drafts before and after the present one. What is drawn and what trains is in no history: only what a file would hold.
struct History {
    past: Vec<Experiment>,
    future: Vec<Experiment>,
    now: Experiment,
    /// The gesture that goes on has made an edit: what follows in it belongs to that.
    within: bool,
}

impl History {
    fn new(now: Experiment) -> Self {
        Self {
            past: Vec::new(),
            future: Vec::new(),
            now,
            within: false,
        }
    }

    /// Looks whether the draft was edited. While `held` (the pointer is down), all edits are one.
    fn note(&mut self, draft: &Experiment, held: bool) {
        if self.now != *draft {
            let before = std::mem::replace(&mut self.now, draft.clone());
            if !self.within {
                self.past.push(before);
                if self.past.len() > MOST {
                    self.past.remove(0);
                }
            }
            self.future.clear();
            self.within = held;
        }
        self.within &= held;
    }

    fn undo(&mut self) -> Option<Experiment> {
        let before = self.past.pop()?;
        self.future
            .push(std::mem::replace(&mut self.now, before.clone()));
        Some(before)
    }

    fn redo(&mut self) -> Option<Experiment> {
        let after = self.future.pop()?;
        self.past
            .push(std::mem::replace(&mut self.now, after.clone()));
        Some(after)
    }
}

/// What is edited.
pub struct Document {
    /// Edits that take effect with the next run.
    pub draft: Experiment,
    history: History,
    /// Drafts that the present run has gone on with.
    ran: Vec<Experiment>,
}

impl Document {
    pub(super) fn new(draft: Experiment) -> Self {
        Self {
            history: History::new(draft.clone()),
            ran: Vec::new(),
            draft,
        }
    }

    /// Looks whether the draft was edited since the last frame, in the gesture that goes on if one does.
    pub(in crate::app) fn note_edits(&mut self, held: bool) {
        self.history.note(&self.draft, held);
    }

    /// True if there is an edit to take back, or with `redo` one that was taken back.
    pub(in crate::app) fn can_go_back(&self, redo: bool) -> bool {
        let history = &self.history;
        // What was edited in this frame is not noted yet.
        let edited = history.now != self.draft;
        match redo {
            false => edited || !history.past.is_empty(),
            true => !edited && !history.future.is_empty(),
        }
    }

    /// The draft before the last edit, or with `redo` behind the one that was taken back.
    fn back(&mut self, redo: bool) -> Option<Experiment> {
        self.note_edits(false);
        match redo {
            false => self.history.undo(),
            true => self.history.redo(),
        }
    }

    /// The run goes on with a draft.
    pub(super) fn has_run(&mut self, draft: &Experiment) {
        if !self.ran.contains(draft) {
            self.ran.push(draft.clone());
        }
    }

    /// A run begins with a draft.
    pub(super) fn begins(&mut self, draft: &Experiment) {
        self.ran = vec![draft.clone()];
    }

    /// What runs has other settings, and no edit was on its way: the draft is what runs.
    pub(super) fn follow(&mut self, experiment: &Experiment) {
        self.draft = experiment.clone();
        self.history.now = experiment.clone();
    }

    /// Another experiment has edits of its own.
    pub(super) fn forget_edits(&mut self) {
        self.history = History::new(self.draft.clone());
    }
}

impl Window {
    /// Takes the last edit of the draft back, or with `redo` makes it again. The microscope follows, as it does an edit.
    pub(super) fn go_back(&mut self, redo: bool) {
        // What the run has taken up it takes up again as it was before.
        let running = self.engine.session.as_ref().map(|s| &s.experiment);
        let in_effect = running == Some(&self.document.draft);
        let Some(draft) = self.document.back(redo) else {
            return;
        };
        self.view.points = draft.data.points.clone().unwrap_or_default();
        // What was typed and not taken up was meant for the draft before.
        self.shell.forget_typing = true;
        // A rate that the microscope took up with a rule goes back as well.
        self.take_draft(draft, |e| {
            let l = &e.learning;
            (l.rule, e.inference, e.conditions, l.rate)
        });
        if in_effect && self.document.ran.contains(&self.document.draft) && self.can_take_up() {
            self.take_up(false);
        }
    }
}
