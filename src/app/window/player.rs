//! How time passes in the window.

use super::Window;
use crate::app::pace::Motion;
use crate::app::region::Region;
use crate::app::state::{Action, Grain};
use crate::experiment::session::{Mode, RaceState, ScopeCommand, Work};

/// Speeds of play, in inference steps per second.
pub const SPEEDS: [f64; 7] = [0.5, 1.0, 2.0, 4.0, 10.0, 30.0, 60.0];

/// Seconds the last state rests before the next round.
const REST: f64 = 1.6;

/// So long the last of a part that is repeated rests before its first.
const TURN: f64 = 0.4;

/// Digits of the test part that the first launch goes through: the first is misread by an untrained net.
const TOUR: [usize; 6] = [18, 0, 7, 61, 115, 33];

/// How time passes: how far a step goes, how fast the cursor plays, and what it waits for.
#[derive(Clone)]
pub struct Player {
    /// How far a step goes.
    pub grain: Grain,
    /// Index in [`SPEEDS`].
    pub speed: usize,
    /// Repeat the example instead of going on to the next.
    pub repeat: bool,
    /// The part of a line that playback repeats.
    pub region: Option<Region>,
    /// Time since the cursor last moved, in seconds.
    pub(super) rested: f64,
    /// A state asked for that the cursor goes to as it is computed, and the wish that asked for it.
    pub(super) waiting: Option<(usize, u64)>,
    /// The place in the order of examples of a demo.
    pub(super) tour: usize,
    pub(super) first_pause_seen: bool,
    /// The phase and state that was looked at last for what playing pauses at.
    pub(super) looked: Option<(u64, usize)>,
}

impl Default for Player {
    fn default() -> Self {
        Self {
            grain: Grain::Step,
            speed: 2,
            repeat: false,
            region: None,
            rested: 0.0,
            waiting: None,
            tour: 0,
            first_pause_seen: false,
            looked: None,
        }
    }
}

impl Window {
    /// Asks for state `t` of what has been asked for: the cursor goes there as it is computed.
    pub(in crate::app) fn wait_for(&mut self, t: usize) {
        if let Some(session) = &mut self.engine.session {
            let wish = session.scope(ScopeCommand::RunTo(t));
            self.player.waiting = Some((t, wish));
        }
        if self.engine.mode == Mode::InStep {
            self.poll();
        }
    }

    /// What moves; `None` at rest, when only input or the engine's news (see [`super::Engine::wake`]) call for a frame.
    pub fn motion(&self) -> Option<Motion> {
        let training = self.engine.race.state == RaceState::Running;
        let at_work = self.engine.session.as_ref().is_some_and(|s| {
            let paused = self.engine.race.state == RaceState::Paused;
            s.asked() > self.engine.answered
                || s.work() == Work::Inferring
                || s.race_busy() && !paused
        });
        let busy = training
            || self.engine.opening.is_some()
            || at_work
            || self.engine.session.is_some() && self.engine.micro.is_none();
        // What the engine works out for the microscope calls for a frame when it is there.
        let only_asked = at_work
            && !training
            && !self.view.playing
            && self.engine.opening.is_none()
            && self.engine.micro.is_some()
            && self.engine.mode != Mode::InStep;
        let rate = if only_asked {
            10.0
        } else if busy {
            60.0
        } else if self.plays() {
            30.0
        } else {
            return None;
        };
        let pause = 1.0 / rate;
        Some(Motion { pause, training })
    }

    /// Lets `seconds` pass: playing moves the cursor.
    pub fn pass(&mut self, seconds: f64) {
        let Some(micro) = self.engine.micro.clone() else {
            return;
        };
        if self.halts() {
            return;
        }
        if !self.plays() || self.player.waiting.is_some() {
            return;
        }
        self.player.rested += seconds;
        let period = 1.0 / SPEEDS[self.player.speed];
        if let Some(region) = self.player.region {
            self.repeat(region, period, micro.steps as u64);
        } else if self.view.t >= micro.steps {
            if self.player.rested >= REST.max(period) {
                self.player.rested = 0.0;
                let recorded = self.engine.recording.is_some();
                if self.shell.settings.reduce_motion {
                    self.view.playing = false;
                } else if self.player.repeat || self.shell.pad.is_some() || recorded {
                    self.view.t = 0;
                } else {
                    self.next_in_tour();
                }
            }
        } else if self.player.rested >= period {
            self.player.rested = (self.player.rested - period).min(period);
            self.seek(self.view.t + 1);
        }
    }

    /// Playback goes on within a part of a line, and from its end to its beginning.
    fn repeat(&mut self, region: Region, period: f64, steps: u64) {
        let (now, [from, to]) = match region {
            Region::States([from, to]) => (self.view.t as u64, [from.min(steps), to.min(steps)]),
            // The next is shown once this one is.
            Region::Updates(_) if self.engine.computing().is_some() => return,
            Region::Updates(ends) => (self.shown_update(), ends),
        };
        let within = (from..to).contains(&now);
        let rest = if within { period } else { period.max(TURN) };
        if self.player.rested < rest {
            return;
        }
        self.player.rested = (self.player.rested - rest).min(period);
        let next = if within { now + 1 } else { from };
        match region {
            Region::States(_) => self.seek(next as usize),
            Region::Updates(_) => self.look_after(Some(next)),
        }
    }

    /// Playback is on, and nothing that trains keeps it.
    pub(super) fn plays(&self) -> bool {
        let kept = match self.player.region {
            Some(Region::Updates(_)) => self.engine.race.state == RaceState::Running,
            _ => self.engine.race_at_work(),
        };
        self.view.playing && !kept
    }

    /// Something moves by itself: what is trained, or playback.
    pub fn moving(&self) -> bool {
        self.engine.race.state == RaceState::Running || self.plays()
    }

    /// Repeats a part of a line, or none.
    pub(super) fn repeat_part(&mut self, region: Option<Region>) {
        self.player.region = region;
        self.player.rested = 0.0;
    }

    /// What is looked at is the first, or the last, of the part that is repeated of the line that a step goes along.
    pub(super) fn repeat_from_here(&mut self, first: bool) {
        let steps = self.engine.micro.as_ref().map_or(0, |m| m.steps) as u64;
        let states = !self.player.grain.of_updates();
        let (now, last, old) = if states {
            let old = self.player.region.and_then(Region::states);
            (self.view.t as u64, steps, old)
        } else {
            let old = self.player.region.and_then(Region::updates);
            (self.shown_update(), self.engine.race.update, old)
        };
        let [from, to] = old.unwrap_or([0, last]);
        let ends = match first {
            true => [now, to.max(now)],
            false => [from.min(now), now],
        };
        self.repeat_part(Some(match states {
            true => Region::States(ends),
            false => Region::Updates(ends),
        }));
    }

    fn next_in_tour(&mut self) {
        let Some(session) = &self.engine.session else {
            return;
        };
        let test = session.data.split().to_look_at();
        if test.len() < 2 {
            self.view.t = 0;
            return;
        }
        self.player.tour += 1;
        let next = if test.len() > TOUR[TOUR.len() - 2] {
            TOUR[self.player.tour % TOUR.len()]
        } else {
            self.player.tour % test.len()
        };
        self.act(Action::Example(test.start + next));
    }

    /// The update whose weights are to be looked at.
    pub fn shown_update(&self) -> u64 {
        self.engine.wished().unwrap_or(self.engine.race.update)
    }

    /// Looks at the weights after an update, or at the newest. While the race trains, the last made so far is the newest too.
    pub(super) fn go_to(&mut self, update: Option<u64>) {
        let at = update.filter(|u| *u < self.engine.race.update);
        if self.engine.wished() == at {
            return;
        }
        self.player.rested = 0.0;
        if at.is_some() {
            self.view.playing = false;
        }
        self.look_after(at);
    }

    /// Looks at the weights after an update, or at the newest, whether it plays or not.
    fn look_after(&mut self, update: Option<u64>) {
        let at = update.filter(|u| *u < self.engine.race.update);
        self.engine.tell_scope(ScopeCommand::At(at));
        if at.is_some() && self.player.waiting.is_none() {
            // State by state it is worked out: the cursor comes back to where it is.
            self.wait_for(self.view.t);
        }
        if self.engine.mode == Mode::InStep {
            self.poll();
        }
    }

    pub(super) fn seek(&mut self, t: usize) {
        let Some(micro) = &self.engine.micro else {
            return;
        };
        let current = self
            .engine
            .session
            .as_ref()
            .is_some_and(|s| self.engine.answered >= s.asked());
        // Of a phase that was asked for and is not there, nobody knows the last state yet: waiting ends at it.
        let t = if current { t.min(micro.steps) } else { t };
        let there = t < micro.states.len();
        if there {
            self.view.t = t;
        }
        if there && current {
            self.player.waiting = None;
        } else {
            self.wait_for(t);
        }
    }
}
