//! Runs of a race that were left for another and are kept: they can be looked at beside it, and gone on with.

use super::{JournalEntry, LaneSnapshot};
use crate::experiment::era::Change;
use crate::experiment::frames::Frames;
use crate::experiment::race::Standings;
pub use crate::experiment::window_file::MOST_RUNS;
use crate::network::Scalar;
use std::sync::Arc;

/// So many runs that were closed can be opened again.
pub(super) const MOST_CLOSED: usize = 4;

/// So much less is kept of the past of a run that was left than of the present one.
pub(super) const SHARE: usize = 8;

/// A run that was left, as views see it.
#[derive(Clone, Debug)]
pub struct KeptRun {
    /// Its name.
    pub name: char,
    /// Updates made.
    pub update: u64,
    /// The run that it branched off, and behind which update.
    pub from: Option<(char, u64)>,
    /// When its settings were changed, and which.
    pub edits: Arc<Vec<(u64, Vec<Change>)>>,
    /// Its lanes.
    pub lanes: Vec<LaneSnapshot>,
}

/// A run that was left.
pub(super) struct Parked<S: Scalar> {
    pub(super) seen: KeptRun,
    pub(super) standings: Standings<S>,
    /// What its lanes had come to before the first edit since their last update.
    pub(super) base: Option<Standings<S>>,
    pub(super) frames: Frames<S>,
    pub(super) journal: Arc<Vec<JournalEntry>>,
}
