//! Interventions from the window: they are edits of the draft, which the microscope follows at once, and which the run keeps in its
//! journal.

use super::Window;
use crate::app::commands::Command;
use crate::app::hands::{self, CLAMP_KEY, KICK_KEY, Touch};
use crate::app::state::{Action, Notice};
use crate::experiment::file::Experiment;
use crate::experiment::interventions::{Entry, fitting, refuse_unknown};
use crate::experiment::session::{RaceCommand, ScopeCommand};
use crate::experiment::setup::plan_for;
use std::sync::Arc;

impl Window {
    /// Does what is asked for to the network that is watched, at the state that is looked at.
    pub(super) fn touch(&mut self, touch: Touch) {
        let Some(micro) = self.engine.micro.clone() else {
            return;
        };
        let now = &self.document.draft.interventions;
        // Backpropagation has no steps: what lasts does so from the start.
        let at = match micro.subject.rule.is_reference() {
            true => 0,
            false => self.view.t.min(micro.steps),
        };
        let next = match touch {
            Touch::Do(what) => hands::with(now, Entry { at, what }),
            Touch::Brush(units) => hands::brushed(now, at, &micro.plan, &units),
            Touch::Back(i) => {
                let mut all = now.clone();
                if i < all.len() {
                    all.remove(i);
                }
                // What was about the one that is gone goes with it.
                fitting(&all, &micro.plan)
            }
            Touch::Clear => Vec::new(),
        };
        if let Err(error) = refuse_unknown(&next, &micro.plan) {
            self.shell.notice = Some(Notice {
                subject: "Not done.".into(),
                rest: format!("{error}."),
            });
            return;
        }
        self.view.playing = false;
        let draft = Experiment {
            interventions: next,
            ..self.document.draft.clone()
        };
        self.act(Action::Edit(Box::new(draft)));
    }

    /// Clamps or frees the selected unit, or kicks it.
    pub(super) fn touch_by_key(&mut self, command: Command) {
        let Some(micro) = &self.engine.micro else {
            return;
        };
        let key = if command == Command::Clamp {
            CLAMP_KEY
        } else {
            KICK_KEY
        };
        let entries = &self.document.draft.interventions;
        let t = self.view.t.min(micro.states.len().saturating_sub(1));
        let offers = hands::offers(micro, t, self.view.selection, entries);
        let offer = offers.into_iter().find(|o| o.key == key);
        let why = match &offer {
            Some(offer) => offer.why_not,
            None => Some("The output’s x is its prediction: free it, or give it another target."),
        };
        match (why, offer) {
            (None, Some(offer)) => self.act(Action::Touch(offer.touch)),
            (why, _) => {
                self.shell.notice = Some(Notice {
                    subject: "Nothing to do.".into(),
                    rest: why.unwrap_or_default().into(),
                });
            }
        }
    }

    /// Why no finger can be put on anything.
    pub(super) fn idle_of_hands(&self) -> Option<&'static str> {
        match &self.engine.micro {
            None => Some("Nothing is open yet."),
            Some(micro) if micro.recorded => Some("This is a recording."),
            Some(_) => None,
        }
    }

    /// Lets go of what a changed network does not have.
    fn fit_hands(&mut self) {
        let draft = &self.document.draft;
        let Some(data) = self
            .engine
            .data()
            .filter(|_| !draft.interventions.is_empty())
        else {
            return;
        };
        let Ok(plan) = plan_for(draft, data) else {
            return;
        };
        let kept = fitting(&draft.interventions, &plan);
        let gone = draft.interventions.len() - kept.len();
        if gone > 0 {
            self.document.draft.interventions = kept;
            self.shell.notice = Some(Notice {
                subject: "Interventions went.".into(),
                rest: format!(
                    "{} of them {} something that this network does not have.",
                    gone,
                    if gone == 1 { "is about" } else { "are about" }
                ),
            });
        }
    }

    /// Tells the microscope and the run what is done to the example, if the draft says otherwise than they know.
    pub(super) fn follow_hands(&mut self) {
        let running = self.engine.session.as_ref().map(|s| &s.experiment.network);
        // Another network waits to be started: what it has of them is watched in the present one, and told to no run.
        let other = running.is_some_and(|network| *network != self.document.draft.network);
        if other {
            self.fit_hands();
        }
        let entries = &self.document.draft.interventions;
        let Some(session) = &self.engine.session else {
            return;
        };
        if *session.wish().interventions != *entries {
            let all = Arc::new(entries.clone());
            // The cursor stays where it is, and the end of the new phase is what is asked for.
            let t = self.player.waiting.map_or(self.view.t, |(t, _)| t);
            self.engine.tell_scope(ScopeCommand::Interventions(all));
            self.engine.tell_scope(ScopeCommand::RunTo(usize::MAX));
            self.wait_for(t);
        }
        let Some(session) = self.engine.session.as_ref().filter(|_| !other) else {
            return;
        };
        // Training is not changed by it, so nothing waits to be applied: the run notes it at the update it has come to.
        let noted = Experiment {
            interventions: self.document.draft.interventions.clone(),
            ..session.experiment.clone()
        };
        if noted != session.experiment && session.refuse_edit(&noted).is_ok() {
            self.document.has_run(&noted);
            self.race_command(RaceCommand::Edit(Box::new(noted)));
        }
    }
}
