//! What the robot looks at: the window come to rest, all that it holds and shows, and what must not be in it.

use super::screen::{Node, Picture, REST, heartbeat};
use super::state::{PATIENCE, Robot};
use crate::app::dialog::Dialog;
use crate::app::state::{Action, Found, ViewState};
use crate::experiment::session::RaceState;
use crate::learning::GammaLimit;
use egui::accesskit::Role;
use std::time::{Duration, Instant};

/// What is looked at before and after a press.
#[derive(Clone)]
pub(super) struct Look {
    pub(super) document: String,
    pub(super) tree: String,
    pub(super) picture: Picture,
    pub(super) said: u64,
}

impl Robot {
    pub(super) fn look(&self) -> Look {
        Look {
            document: self.document(),
            tree: self.tree_text(),
            picture: self.screen.picture(),
            said: self.screen.said,
        }
    }

    /// Nothing plays and nothing trains.
    pub(super) fn quiet(&mut self) {
        self.window.view.playing = false;
        if self.window.engine.race.state == RaceState::Running {
            self.window.act(Action::PauseRace(true));
            self.window.engine.race.state = RaceState::Paused;
        }
    }

    /// Draws frames until nothing moves any more.
    pub fn settle(&mut self) {
        let began = Instant::now();
        // What stands as it stood when the window last rested needs one frame only.
        let mut last = std::mem::take(&mut self.at_rest);
        let mut same = 0;
        loop {
            // What was told to play or to train begins a little later.
            self.quiet();
            self.screen.frame(&mut self.window, REST, Vec::new());
            let dialog = match &self.window.shell.dialog {
                Dialog::Path { native, .. } => native.is_some(),
                Dialog::Export(state) => state.busy(),
                Dialog::Data(_) => {
                    let loading = |n: &Node| n.role == Role::ProgressIndicator;
                    self.screen.tree.iter().any(loading)
                }
                _ => false,
            };
            let resting = !dialog
                && self.window.motion().is_none()
                && self.window.engine.opening().is_none()
                && self.window.engine.micro.is_some()
                && !engine_works()
                && !self.limit_is_due();
            if resting {
                let now = format!("{}{}", self.document(), self.tree_text());
                same = if now == last { same + 1 } else { 0 };
                last = now;
                if same >= 1 {
                    self.at_rest = last;
                    break;
                }
            }
            if began.elapsed() > PATIENCE {
                self.restless += 1;
                let what = self.window.engine.at_work();
                let steps: Vec<String> = self.taken.iter().map(ToString::to_string).collect();
                heartbeat(&format!(
                    "restless {} {} {what:?} {:?} after {}",
                    self.window.motion().is_some(),
                    self.window.engine.opening().is_some(),
                    self.window.engine.race.state,
                    steps.join(" › ")
                ));
                break;
            }
            if !resting {
                // The engine has the processor meanwhile.
                std::thread::sleep(Duration::from_millis(12));
            }
        }
    }

    /// The limit of γ comes half a second after everything else.
    pub(super) fn limit_is_due(&mut self) -> bool {
        let Some(micro) = &self.window.engine.micro else {
            return false;
        };
        let s = &micro.subject;
        if s.rule.facts().limit == GammaLimit::None || self.window.engine.stability.is_some() {
            return false;
        }
        let inference = crate::learning::Inference {
            gamma: 1.0,
            ..s.inference
        };
        let of = format!("{:?} {inference:?} {} {}", s.rule, s.update, s.run);
        if self.limit_waited_for == of {
            return false;
        }
        // Waited for once: where there is none, it never comes.
        let began = Instant::now();
        while self.window.engine.stability.is_none()
            && began.elapsed() < Duration::from_millis(1200)
        {
            self.screen.frame(&mut self.window, REST, Vec::new());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.limit_waited_for = of;
        true
    }

    pub(super) fn fault(&mut self, words: String) {
        if self.faults.insert(words.clone()) {
            heartbeat(&format!("fault {words}"));
        }
    }

    pub(super) fn find_faults(&mut self) {
        let steps = || {
            self.taken
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" › ")
        };
        let mut found = Vec::new();
        if let Some(notice) = &self.window.shell.notice
            && notice.subject.contains("engine failed")
        {
            found.push(format!(
                "{} {} after {}",
                notice.subject,
                notice.rest,
                steps()
            ));
        }
        for words in self.screen.complaints() {
            found.push(format!("egui complains: {words} (after {})", steps()));
        }
        // Of a phase or a lane that has left the finite numbers, NaN is what there is to show.
        let micro = self.window.engine.micro.as_ref();
        let finite = micro.is_none_or(|m| m.states.iter().all(|s| s.not_finite.is_none()))
            && self
                .window
                .engine
                .race
                .lanes
                .iter()
                .all(|l| l.failure.is_none());
        for node in self.screen.tree.iter().filter(|_| finite) {
            if node.label.contains("NaN") || node.value.contains("NaN") {
                let words = if node.label.is_empty() {
                    &node.value
                } else {
                    &node.label
                };
                found.push(format!(
                    "NaN on screen: {:?} {} in {}",
                    node.role,
                    super::mask::numbers(words),
                    self.layout.name()
                ));
            }
        }
        for words in found {
            self.fault(words);
        }
    }

    /// The experiment, its draft, and everything the window keeps.
    pub fn document(&self) -> String {
        let w = &self.window;
        let view = ViewState {
            found: Found::default(),
            ranges: crate::app::state::Ranges::default(),
            ..w.view.clone()
        };
        let micro = w
            .engine
            .micro
            .as_ref()
            .map(|m| (&m.subject, m.states.len(), m.steps));
        let lanes: Vec<_> = w
            .engine
            .race
            .lanes
            .iter()
            .map(|l| (l.spec.id, l.active, l.updates))
            .collect();
        let dialog = match &w.shell.dialog {
            Dialog::None => "none".to_owned(),
            Dialog::Palette { query, chosen } => format!("palette {query} {chosen}"),
            Dialog::Keys => "keys".to_owned(),
            Dialog::About => "about".to_owned(),
            Dialog::Data(_) => "data".to_owned(),
            Dialog::Predict(state) => state.shown(),
            Dialog::Export(state) => state.shown(),
            Dialog::Path {
                purpose,
                path,
                problem,
                ..
            } => format!("path {purpose:?} {path} {problem:?}"),
        };
        format!(
            "{}{:?}{:?}{}{:?}{}{}{}{:?}{dialog}{:?}{:?}{:?}{}{:?}{:?}{lanes:?}{}{:?}{:?}{:?}{:?}",
            w.document.draft.to_toml().unwrap_or_else(|e| e.to_string()),
            w.engine.session.as_ref().map(|s| s.experiment.to_toml()),
            view,
            serde_json::to_string(&w.shell.settings).unwrap_or_default(),
            w.player.grain,
            w.player.speed,
            w.player.repeat,
            w.shell.settings.full_screen,
            w.shell.notice,
            w.shell.word,
            w.shell.word_refused,
            w.shell.pad,
            w.shell.editing_layers,
            w.shell.overlay,
            w.engine.race.state,
            w.engine.race.update,
            micro,
            (
                w.engine.race.predictions.as_ref().map(|p| (p.0, p.1)),
                w.engine.race.browsed,
            ),
            (w.shell.quit, w.shell.presenter.pen, w.shell.presenter.blank),
            w.shell.trees.to_json(),
        )
    }

    pub(super) fn tree_text(&self) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        for n in &self.screen.tree {
            let r = n.rect;
            let _ = writeln!(
                text,
                "{:?} {} {} {:?} {} {:.0} {:.0} {:.0} {:.0}",
                n.role,
                super::mask::times(&n.label),
                super::mask::times(&n.value),
                n.toggled,
                n.disabled,
                r.min.x,
                r.min.y,
                r.max.x,
                r.max.y
            );
        }
        text
    }
}

/// True while a thread of the engine computes, as far as the system says.
fn engine_works() -> bool {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return false;
    };
    tasks.flatten().any(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let named = stat.contains("(microscope)") || stat.contains("(race)");
        named
            && stat
                .rsplit(')')
                .next()
                .is_some_and(|rest| rest.trim_start().starts_with('R'))
    })
}
