//! Work that is done behind what goes on: one piece at a time, and of those that wait only the newest.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A piece of work, which may fail in one line.
pub type Work = Box<dyn FnOnce() -> Result<(), String> + Send>;

#[derive(Default)]
struct Desk {
    waits: Option<Work>,
    busy: bool,
    failed: Option<String>,
    closed: bool,
}

/// A thread that does what it was last given. Dropping it ends what is being done and what waits.
pub struct Behind {
    shared: Arc<(Mutex<Desk>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

/// A worker that panicked has left the desk as it was before its piece.
fn open(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Behind {
    /// Starts the thread, called `name`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(name: &str) -> std::io::Result<Self> {
        let shared = Arc::new((Mutex::new(Desk::default()), Condvar::new()));
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&own))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Gives it work, in place of any that waits.
    pub fn give(&self, work: Work) {
        let (desk, bell) = &*self.shared;
        open(desk).waits = Some(work);
        bell.notify_all();
    }

    /// Why a piece failed since this was last asked.
    pub fn failure(&self) -> Option<String> {
        open(&self.shared.0).failed.take()
    }

    /// Waits until nothing is being done; what waits is dropped.
    pub fn settle(&self) {
        let (desk, bell) = &*self.shared;
        let mut desk = open(desk);
        desk.waits = None;
        while desk.busy {
            desk = bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until all that was given is done; why a piece failed, as [`Behind::failure`].
    pub fn finish(mut self) -> Option<String> {
        self.close();
        self.failure()
    }

    fn close(&mut self) {
        open(&self.shared.0).closed = true;
        self.shared.1.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panics are caught.
            let _ = thread.join();
        }
    }
}

fn work((desk, bell): &(Mutex<Desk>, Condvar)) {
    let mut now = open(desk);
    loop {
        if let Some(work) = now.waits.take() {
            now.busy = true;
            drop(now);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            now = open(desk);
            now.busy = false;
            match result {
                Ok(Ok(())) => {}
                Ok(Err(words)) => now.failed = Some(words),
                Err(_) => now.failed = Some("a panic in what is done behind".into()),
            }
            bell.notify_all();
        } else if now.closed {
            return;
        } else {
            now = bell.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Behind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Behind").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_newest_is_done_the_giver_never_waits_and_failures_are_told_once() {
        let behind = Behind::new("test").unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let (done, all) = mpsc::channel();
        let note = |n: u32| {
            let done = done.clone();
            Box::new(move || done.send(n).map_err(|e| e.to_string())) as Work
        };
        let (begun, begins) = mpsc::channel();
        let first = note(1);
        behind.give(Box::new(move || {
            begun.send(()).unwrap();
            gate.recv().unwrap();
            first()
        }));
        begins.recv().unwrap();
        // While the first goes on.
        (2..100).for_each(|n| behind.give(note(n)));
        go.send(()).unwrap();
        assert_eq!(all.recv().unwrap(), 1);
        assert_eq!(all.recv().unwrap(), 99);
        behind.settle();
        assert_eq!(behind.failure(), None);
        behind.give(Box::new(|| Err("no".into())));
        // What is given is done before the end.
        let told = || {
            std::thread::yield_now();
            behind.failure()
        };
        let mut failure = told();
        while failure.is_none() {
            failure = told();
        }
        assert_eq!(failure.as_deref(), Some("no"));
        assert_eq!(behind.failure(), None);
        behind.give(note(100));
        assert_eq!(behind.finish(), None);
        assert_eq!(all.recv().unwrap(), 100);
    }
}
