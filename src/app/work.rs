//! Something that is done away from the window's thread, for a dialog that waits for it.

use crate::data::Progress;
use crate::experiment::session::Mode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// Work on its way, with a handle by which it is watched and given up.
pub(super) struct Work<T, H = Progress> {
    pub(super) progress: H,
    result: Receiver<Result<T, String>>,
}

impl<T: Send + 'static, H: Clone + Default + Send + 'static> Work<T, H> {
    /// Begins a job; a window that is in step with its engine does it before this returns.
    pub(super) fn begin(
        mode: Mode,
        job: impl FnOnce(&H) -> Result<T, String> + Send + 'static,
    ) -> Self {
        let (sender, result) = channel();
        let progress = H::default();
        let handle = progress.clone();
        if mode == Mode::InStep {
            let _ = sender.send(job(&handle));
        } else {
            std::thread::spawn(move || {
                // The dialog may have been closed in the meantime.
                let _ = sender.send(job(&handle));
            });
        }
        Self { progress, result }
    }

    /// What has come of it, once it is done.
    pub(super) fn poll(&self) -> Option<Result<T, String>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err("the engine failed".into())),
        }
    }
}
