//! How others come to the race at a moment: they ask, and wait for it on threads of their own.

use super::control::Control;
use super::{RaceCommand, lock};
use crate::experiment::keep_run::Captured;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What came of it.
type Answer = Result<Arc<dyn Captured>, String>;

/// Moments that were asked for and given.
#[derive(Default)]
pub(super) struct Captures {
    desk: Mutex<Desk>,
    given: Condvar,
    bytes: usize,
}

#[derive(Default)]
struct Desk {
    asked: u64,
    answered: u64,
    waiting: u64,
    newest: Option<Answer>,
}

impl Captures {
    /// Of a race whose lanes have come to so many bytes.
    pub(super) fn of(bytes: usize) -> Self {
        Self {
            bytes,
            ..Self::default()
        }
    }

    /// Answers all that have asked up to now.
    pub(super) fn give(&self, answer: Answer) {
        let mut desk = lock(&self.desk);
        // Nobody may wait any more: then nothing is held.
        desk.newest = (desk.waiting > 0).then_some(answer);
        desk.answered = desk.asked;
        self.given.notify_all();
    }
}

/// Comes to the race of a session at a moment. To be asked from a thread that may wait.
#[derive(Clone)]
pub struct Capturer {
    pub(super) control: Arc<Control>,
    pub(super) captures: Arc<Captures>,
    pub(super) made: Arc<AtomicU64>,
}

impl Capturer {
    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// How often the run was told something by which it becomes another one: settings, lanes, a branch.
    pub fn told(&self) -> u64 {
        self.control.told()
    }

    /// Bytes of what its lanes have come to, as they began.
    pub fn bytes(&self) -> usize {
        self.captures.bytes
    }

    /// The run after the update that it is at, as soon as that is made, or left if it is paused.
    ///
    /// # Errors
    /// One line: it took longer than `patience`, the session is gone, or nobody can tell.
    pub fn capture(&self, patience: Duration) -> Answer {
        let until = Instant::now() + patience;
        let mut desk = lock(&self.captures.desk);
        desk.asked += 1;
        desk.waiting += 1;
        let own = desk.asked;
        drop(desk);
        self.control.tell(RaceCommand::Capture);
        let mut desk = lock(&self.captures.desk);
        let answer = loop {
            if desk.answered >= own
                && let Some(answer) = &desk.newest
            {
                break answer.clone();
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.control.closed() {
                break Err("the update on its way takes too long".into());
            }
            let step = left.min(Duration::from_millis(100));
            let woken = self.captures.given.wait_timeout(desk, step);
            desk = woken.unwrap_or_else(PoisonError::into_inner).0;
        };
        desk.waiting -= 1;
        if desk.waiting == 0 {
            // Nobody else is to be given it: its numbers are let go of.
            desk.newest = None;
        }
        answer
    }
}
