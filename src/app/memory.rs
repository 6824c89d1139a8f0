//! Memory that is given back.
//!
//! A window lives for hours and opens one experiment after another, each on threads of its own. Left alone, the C library of
//! Linux keeps an arena for every thread there ever was and fills them with holes: 40 MB more after ten experiments, 140 MB
//! after half an hour of use. With one arena, larger pieces taken from the system and given back to it, and the holes of the rest given
//! back whenever the window has come to rest, it stays level.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

/// So long must nothing have been drawn: the allocator is locked for some milliseconds, which no one should be able to see.
const QUIET: Duration = Duration::from_millis(1_500);

/// Above this, a piece of memory comes from the system and goes back to it, in bytes; the library would raise it by itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 128 * 1024;

/// Tells the allocator so, before any thread is started. Nothing happens where another one is used.
#[allow(unsafe_code)]
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` sets numbers of the allocator, under its own lock; what it refuses stays as it was.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
        libc::mallopt(libc::M_TRIM_THRESHOLD, LARGE);
    }
}

/// Gives memory back when the window rests.
pub struct Tidy(Option<SyncSender<()>>);

impl Tidy {
    /// Starts its thread, which sleeps but for the moments after [`Self::rested`].
    pub fn start() -> Self {
        let (sender, receiver) = sync_channel(1);
        let body = move || tidy(&receiver);
        let named = std::thread::Builder::new().name("memory".into());
        Self(named.spawn(body).is_ok().then_some(sender))
    }

    /// Says that a picture was drawn after which nothing moves. Never waits.
    pub fn rested(&self) {
        if let Some(sender) = &self.0 {
            // Full: it is awake, and counts from this picture or the one just before.
            let _ = sender.try_send(());
        }
    }
}

/// Waits for rest, then for [`QUIET`] without a word, and gives back what is free; until the window has gone.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code)]
fn tidy(words: &Receiver<()>) {
    while words.recv().is_ok() {
        loop {
            match words.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
        // SAFETY: it takes the allocator's own locks; no memory in use is touched.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}

/// Elsewhere the allocator does so by itself: the thread ends, and words to it are lost.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn tidy(_words: &std::sync::mpsc::Receiver<()>) {
    let _ = QUIET;
}
