//! What the race is told: commands that wait for it, and how it is paused and stopped in the midst of its work.

use super::{RaceCommand, lock};
use crate::learning::Interrupt;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// An update that ends so soon after a pause was asked for is brought to its end, so that all that is shown is of one update.
const GRACE: Duration = Duration::from_millis(50);

/// Pauses and stops a race in the middle of an update, and holds what it was told. Nobody waits to tell it something.
#[derive(Default)]
pub struct Control {
    state: Mutex<Orders>,
    changed: Condvar,
    told: AtomicU64,
}

#[derive(Default)]
struct Orders {
    queue: VecDeque<RaceCommand>,
    /// Commands have been taken, and what came of them is not published yet.
    in_hand: bool,
    /// Since when it is to pause.
    paused: Option<Instant>,
    closed: bool,
    /// The race has something to do.
    busy: bool,
    /// It trains.
    training: bool,
}

/// What a race has to score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scores {
    /// Nothing.
    Nothing,
    /// What is due after an update: it waits while the race is paused.
    Due,
    /// What somebody asked for: also while it is paused.
    Asked,
}

impl Orders {
    /// In the midst of an update it pauses only if that is a long one.
    fn pauses_within(&self) -> bool {
        self.paused.is_some_and(|since| since.elapsed() >= GRACE)
    }

    fn stopped(&self) -> bool {
        self.closed || self.queue.contains(&RaceCommand::Reset)
    }
}

/// Puts a command behind those that wait. Of those that one would undo another of, only the newest stays: the row is never longer
/// than there are lanes and a few.
fn add(queue: &mut VecDeque<RaceCommand>, command: RaceCommand) {
    use RaceCommand::{
        Active, Branch, Browse, Capture, Edit, EndAt, PauseWhen, Reset, Run, RunToEnd, RunUntil,
        ScoreTest, Take,
    };
    // What was told to a run that is left by then is not what another one is told.
    let left = queue
        .iter()
        .rposition(|c| matches!(c, Branch(..) | Take(_)));
    let mut place = 0;
    queue.retain(|old| {
        place += 1;
        let own = left.is_none_or(|left| place > left + 1);
        match (&command, old) {
            // A run that begins again does so with the newest settings.
            (Reset, Edit(_) | PauseWhen(_) | Capture) => true,
            (Reset, _) => false,
            _ if !own => true,
            (Run | RunUntil(_) | RunToEnd(_), Run | RunUntil(_) | RunToEnd(_)) => false,
            (Browse(..), Browse(..)) | (ScoreTest, ScoreTest) => false,
            (Capture, Capture) => false,
            (EndAt(_), EndAt(_)) => false,
            (Edit(_), Edit(_)) | (PauseWhen(_), PauseWhen(_)) => false,
            (Active(new, _), Active(old, _)) => new != old,
            _ => true,
        }
    });
    queue.push_back(command);
}

impl Control {
    fn set<R>(&self, edit: impl FnOnce(&mut Orders) -> R) -> R {
        let done = edit(&mut lock(&self.state));
        self.changed.notify_all();
        done
    }

    /// Tells the race something, to be done when it next looks: between two updates, or at once while it is paused.
    pub(super) fn tell(&self, command: RaceCommand) {
        use RaceCommand::{
            Active, Branch, Close, Edit, Reopen, Reset, Run, RunToEnd, RunUntil, Take,
        };
        let runs = matches!(command, Branch(..) | Take(_) | Close(_) | Reopen(_));
        if runs || matches!(command, Active(..) | Edit(_) | Reset) {
            self.told.fetch_add(1, Ordering::Relaxed);
        }
        self.set(|s| {
            let runs = matches!(command, Run | RunUntil(_) | RunToEnd(_));
            if runs || matches!(command, Reset | Branch(..) | Take(_)) {
                s.paused = None;
            }
            s.busy = true;
            add(&mut s.queue, command);
        });
    }

    /// How often it was told something by which a run becomes another.
    pub(super) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    pub(super) fn pause(&self, paused: bool) {
        self.set(|s| {
            s.paused = paused.then(|| s.paused.unwrap_or_else(Instant::now));
        });
    }

    pub(super) fn close(&self) {
        self.set(|s| s.closed = true);
    }

    /// Nobody will tell it anything any more.
    pub(super) fn closed(&self) -> bool {
        lock(&self.state).closed
    }

    /// It is to end, or to begin again.
    pub(super) fn stopped(&self) -> bool {
        lock(&self.state).stopped()
    }

    /// Paused at this moment.
    pub fn paused(&self) -> bool {
        lock(&self.state).paused.is_some()
    }

    /// The race trains at this moment, and is not paused.
    pub(super) fn trains(&self) -> bool {
        let state = lock(&self.state);
        state.training && state.paused.is_none()
    }

    /// The race has something to do, or has not yet looked at what it was told.
    pub(super) fn busy(&self) -> bool {
        lock(&self.state).busy
    }

    /// What it was told has not been taken up yet: a picture of the race made before would be old.
    pub(super) fn outdated(&self) -> bool {
        let state = lock(&self.state);
        state.in_hand || !state.queue.is_empty()
    }

    /// For the race: what it was told, or nothing while it has something to do. Waits with nothing to do, or paused, unless it was
    /// asked for a score meanwhile. `None` once nobody will tell it anything.
    pub(super) fn next(&self, training: bool, scoring: Scores) -> Option<Vec<RaceCommand>> {
        let mut state = lock(&self.state);
        state.in_hand = false;
        state.training = training;
        loop {
            if state.closed {
                return None;
            }
            if !state.queue.is_empty() {
                state.in_hand = true;
                return Some(state.queue.drain(..).collect());
            }
            state.busy = training || scoring != Scores::Nothing;
            let rests = training && state.paused.is_some() && scoring != Scores::Asked;
            if state.busy && !rests {
                return Some(Vec::new());
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// False once a scoring should be left for later: it was told something, or is to pause and nobody asked for the scores.
    pub(super) fn goes_on(&self, training: bool, asked: bool) -> bool {
        let state = lock(&self.state);
        let rests = training && state.paused.is_some() && !asked;
        !state.closed && state.queue.is_empty() && !rests
    }
}

impl Interrupt for Control {
    /// Paused in the midst of an update, a race stays there until it goes on; told something meanwhile, it comes out, and makes
    /// the update again later.
    fn proceed(&self) -> bool {
        let mut state = lock(&self.state);
        while state.pauses_within() && !state.closed && state.queue.is_empty() {
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
        !state.stopped() && !state.pauses_within()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;
    use crate::experiment::lane::LaneId;

    const BP: LaneId = LaneId::BP;
    const ZIL: LaneId = LaneId::ZIL;
    const IL: LaneId = LaneId::IL;

    #[test]
    fn commands_of_one_kind_become_one_and_no_other_is_dropped() {
        use RaceCommand::{Active, Browse, Reset, Run, RunUntil};
        let control = Control::default();
        control.tell(Active(BP, false));
        for i in 0..10_000 {
            control.tell(RunUntil(i));
            control.tell(Active(IL, i % 2 == 0));
            control.tell(Browse(if i % 2 == 0 { BP } else { ZIL }, Part::Test));
        }
        let row = control.next(false, Scores::Nothing).unwrap();
        assert_eq!(
            row,
            [
                Active(BP, false),
                RunUntil(9999),
                Active(IL, false),
                Browse(ZIL, Part::Test)
            ]
        );
        assert!(control.outdated() && control.busy());
        // Back to the start: what came before it is void, what comes after it counts.
        control.tell(Run);
        assert!(control.proceed());
        control.tell(Reset);
        assert!(!control.proceed(), "an update is left at once");
        control.tell(RunUntil(3));
        assert_eq!(
            control.next(true, Scores::Nothing).unwrap(),
            [Reset, RunUntil(3)]
        );
        assert!(control.proceed());
        control.close();
        assert!(!control.proceed() && control.next(false, Scores::Nothing).is_none());
    }
}
