//! The microscope's desk: the newest wish lies on it, and what has been worked out is taken from it.

use super::lock;
use super::wish::Wish;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// What the microscope's thread is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    #[default]
    Nothing,
    /// What was asked for, or newer weights.
    Inferring,
    /// The limit of γ.
    Limit,
}

/// One slot for the newest wish, with its number. Nobody waits for anybody: the lock is held for a copy at most.
pub(super) struct Desk {
    newest: Mutex<(u64, Wish)>,
    changed: Condvar,
    /// The newest wish's number, to be looked at in the midst of work.
    number: AtomicU64,
    closed: AtomicBool,
    work: AtomicU8,
}

impl Desk {
    pub(super) fn new(wish: Wish) -> Self {
        Self {
            newest: Mutex::new((0, wish)),
            changed: Condvar::new(),
            number: AtomicU64::new(0),
            closed: AtomicBool::new(false),
            work: AtomicU8::new(0),
        }
    }

    /// Changes the wish; its number now. A change that changes nothing asks for nothing.
    pub(super) fn ask(&self, change: impl FnOnce(&mut Wish)) -> u64 {
        let mut newest = lock(&self.newest);
        let mut wish = newest.1.clone();
        change(&mut wish);
        if wish != newest.1 {
            *newest = (newest.0 + 1, wish);
            self.number.store(newest.0, Ordering::Release);
            self.changed.notify_all();
        }
        newest.0
    }

    /// Wish `number` could not be met: its states are no longer asked for, so that they can be asked for again.
    pub(super) fn retract(&self, number: u64) {
        let mut newest = lock(&self.newest);
        if newest.0 == number {
            newest.1.up_to = 0;
        }
    }

    /// The newest wish and its number.
    pub(super) fn newest(&self) -> (u64, Wish) {
        lock(&self.newest).clone()
    }

    /// The newest wish's number.
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Waits for a wish newer than `taken`, for news from elsewhere (see [`Self::nudge`]) or for a moment, and returns the wish.
    pub(super) fn wait(
        &self,
        taken: u64,
        news: &dyn Fn() -> bool,
        until: Option<Instant>,
    ) -> Option<(u64, Wish)> {
        let mut newest = lock(&self.newest);
        while newest.0 == taken && !news() && !self.closed() {
            newest = match until {
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let woken = self.changed.wait_timeout(newest, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let woken = self.changed.wait(newest);
                    woken.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        (newest.0 != taken).then(|| newest.clone())
    }

    /// There may be news.
    pub(super) fn nudge(&self) {
        // With the lock, or it could come between a look and the sleep after it.
        drop(lock(&self.newest));
        self.changed.notify_all();
    }

    /// Nobody will ask any more.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.nudge();
    }

    pub(super) fn closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn set_work(&self, work: Work) {
        self.work.store(work as u8, Ordering::Release);
    }

    pub(super) fn work(&self) -> Work {
        match self.work.load(Ordering::Acquire) {
            0 => Work::Nothing,
            1 => Work::Inferring,
            _ => Work::Limit,
        }
    }
}
