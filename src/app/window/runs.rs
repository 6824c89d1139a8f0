//! Edits in mid-run, branches, and the runs that are kept beside the present one.

use super::Window;
use crate::app::commands::Command;
use crate::app::format;
use crate::app::region::Region;
use crate::app::state::Notice;
use crate::experiment::file::Experiment;
use crate::experiment::session::{
    LaneSnapshot, Met, Mode, RaceCommand, RaceSnapshot, ScopeCommand, Session, Watched,
};

impl Window {
    /// The run goes on with the draft's settings; with `branch`, in a run of its own from the update that is looked at.
    pub(super) fn take_up(&mut self, branch: bool) {
        let draft = self.document.draft.clone();
        let refused = |s: &Session| s.refuse_edit(&draft).err();
        if let Some(error) = self.engine.session.as_ref().and_then(refused) {
            self.shell.notice = Some(Notice {
                subject: "Not applied.".into(),
                rest: format!("{error}. The run goes on as it was."),
            });
            return;
        }
        self.document.has_run(&draft);
        if branch {
            self.branch(Some(draft));
            return;
        }
        // What is trained from now on is looked at.
        self.go_to(None);
        self.race_command(RaceCommand::Edit(Box::new(draft)));
    }

    /// Goes on from the update that is looked at in a run of its own, with these settings if they are given; the present one is kept.
    pub(super) fn branch(&mut self, edited: Option<Experiment>) {
        if let Some(why) = self.idle(Command::Branch) {
            self.shell.notice = Some(Notice {
                subject: "No branch.".into(),
                rest: why.into(),
            });
            return;
        }
        let at = self.shown_update();
        self.go_to(None);
        self.race_command(RaceCommand::Branch(at, edited.map(Box::new)));
    }

    /// The two runs that are looked at beside each other: those that are pinned, or the one that is and the present one.
    pub fn pair(&self) -> Option<[char; 2]> {
        let race = &self.engine.race;
        let known = |r: &char| *r == race.name || race.kept.iter().any(|kept| kept.name == *r);
        let pins: Vec<char> = self.view.pins.iter().copied().filter(known).collect();
        match pins[..] {
            [a, b] => Some([a.min(b), a.max(b)]),
            [a] if a != race.name => Some([a.min(race.name), a.max(race.name)]),
            _ => None,
        }
    }

    /// Pins the run that the present one branched off, or the last that was kept; or pins none any more.
    pub(super) fn pin(&mut self) {
        self.view.runs_chosen += 1;
        if self.pair().is_some() {
            self.view.pins.clear();
            return;
        }
        let race = &self.engine.race;
        let kept = |run: char| race.kept.iter().any(|kept| kept.name == run);
        let origin = race.from.map(|from| from.0).filter(|run| kept(*run));
        let run = origin.or_else(|| race.kept.last().map(|kept| kept.name));
        self.view.pins = run.into_iter().collect();
    }

    /// Asks the microscope for both of the pair, while there is one.
    pub(super) fn want_beside(&mut self) {
        let pair = self.pair();
        let wished = self.engine.session.as_ref().and_then(|s| s.wish().beside);
        if pair != wished {
            self.engine.tell_scope(ScopeCommand::Beside(pair));
            if self.engine.mode == Mode::InStep {
                self.poll();
            }
        }
    }

    /// What met a condition, in words.
    fn why_paused(&self, met: &Met) -> String {
        let lane = self.engine.race.label(&met.when.lane);
        let value = format::number3(met.value);
        let bound = met.when.what.bound().unwrap_or(f64::NAN);
        let classes = self.engine.data().is_none_or(|d| !d.classes().is_empty());
        let number = format::number3;
        match met.when.what {
            Watched::LossBelow(_) => {
                format!(
                    "The batch loss of {lane} was {value}, below {}.",
                    number(bound)
                )
            }
            Watched::ScoreAbove(_) if classes => format!(
                "The accuracy of {lane} was {}, above {}.",
                format::percent(met.value, 2),
                format::percent(bound, 2)
            ),
            Watched::ScoreAbove(_) => {
                format!("R² of {lane} was {value}, above {}.", number(bound))
            }
            Watched::ApartAbove(_) => format!(
                "The weights of {lane} were {value} away from BP’s, more than {}.",
                number(bound)
            ),
            Watched::CosineBelow(_) => format!(
                "The cosine of the way of {lane} with BP’s was {}, below {}.",
                format::number(met.value),
                format::number(bound)
            ),
            Watched::PastLimit => {
                let of = |l: &&LaneSnapshot| l.spec.id == met.when.lane;
                let gamma = self.engine.race.lanes.iter().find(of);
                let gamma = gamma.map_or(f64::NAN, |l| l.spec.inference.gamma);
                format!(
                    "γ of {lane} is {}, past its stability limit {value} on these weights.",
                    format::number(gamma)
                )
            }
            Watched::EnergyRises => format!(
                "F of {lane} rose at t = {} of what it infers of the example that is looked at.",
                format::count(met.value as u64)
            ),
            Watched::Stop => format!(
                "{lane} stopped: something of update {} was not finite.",
                format::count(met.value as u64)
            ),
        }
    }

    /// Takes a picture of the race up: of another run, the settings are those of its next update.
    pub(super) fn follow_run(&mut self, race: RaceSnapshot) {
        // Of what has just started, there was none before.
        let known = self.engine.race.name != char::default();
        let other = known && self.engine.race.name != race.name;
        let met = race
            .reached
            .clone()
            .filter(|_| self.engine.race.reached != race.reached);
        let refused = self.engine.race.refused < race.refused;
        self.engine.race = race;
        if refused {
            self.shell.notice = Some(Notice {
                subject: "No branch.".into(),
                rest: "That update could not be computed again. The run is as it was.".into(),
            });
        }
        if let Some(reached) = met {
            self.shell.notice = Some(Notice {
                subject: format!("Paused after update {}.", format::count(reached.update)),
                rest: reached
                    .met
                    .iter()
                    .map(|met| self.why_paused(met))
                    .collect::<Vec<_>>()
                    .join(" "),
            });
        }
        if let Some(session) = &mut self.engine.session {
            let edited = session.experiment != self.document.draft;
            session.follow_settings(&self.engine.race);
            if !edited && session.experiment != self.document.draft {
                let now = session.experiment.clone();
                self.document.has_run(&now);
                self.take_draft(now.clone(), |e| {
                    (e.learning.rule, e.inference, e.conditions, e.learning.rate)
                });
                self.document.follow(&now);
                self.shell.forget_typing = true;
            }
        }
        let repeated = self.player.region.and_then(Region::updates);
        if other || repeated.is_some_and(|[from, _]| from > self.engine.race.update) {
            self.player.region = self.player.region.filter(|r| r.updates().is_none());
        }
        if other && self.engine.mode != Mode::InStep {
            self.go_to(None);
        }
    }
}
