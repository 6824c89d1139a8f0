//! How far a loading is, seen and stopped from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A handle on a loading: the thread that loads counts, any other may watch or cancel.
///
/// Clones are the same handle. One handle is for one loading.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    cancelled: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// A handle on a loading that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the loading to stop; it then ends with [`DataError::Cancelled`](super::DataError::Cancelled) at its next read.
    pub fn cancel(&self) {
        self.shared.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the loading was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.shared.cancelled.load(Ordering::Relaxed)
    }

    /// Bytes read so far, as stored on disk.
    pub fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Bytes of all files opened so far; grows while the files of a folder are found.
    pub fn total(&self) -> u64 {
        self.shared.total.load(Ordering::Relaxed)
    }

    /// Share of the known bytes that has been read, 0 to 1; `None` before any file is open.
    pub fn fraction(&self) -> Option<f64> {
        let (done, total) = (self.done(), self.total());
        (total > 0).then(|| (done as f64 / total as f64).min(1.0))
    }

    /// More bytes are to come.
    pub(super) fn expect(&self, bytes: u64) {
        self.shared.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes were read.
    pub(super) fn advance(&self, bytes: u64) {
        self.shared.done.fetch_add(bytes, Ordering::Relaxed);
    }
}
