//! Whether a lane of a race can be compared with backpropagation's, and since when not.

use crate::learning::Verdict;

/// How a lane stands beside backpropagation's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Standing {
    /// Nothing has been trained, so there is nothing to compare.
    #[default]
    Untrained,
    /// The weights as they are have been compared.
    Compared(Verdict),
    /// They have not.
    Not {
        /// The update after which they were compared last; `None` = never.
        since: Option<u64>,
        /// Why not.
        why: Why,
    },
}

/// Why the weights of a lane have not been compared with backpropagation's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// Backpropagation takes no part.
    NoReference,
    /// The lane began with other weights, those of a seed of its own.
    OtherStart,
    /// The lane is unticked and has fallen behind.
    LaneOff,
    /// Backpropagation is unticked and has fallen behind.
    ReferenceOff,
    /// The lane stopped at this update.
    LaneStopped(u64),
    /// Backpropagation stopped at this update.
    ReferenceStopped(u64),
    /// Both train, but have not been trained on the same batches.
    OtherUpdates {
        /// Updates of the lane.
        own: u64,
        /// Updates of backpropagation.
        reference: u64,
    },
}

impl Standing {
    /// The verdict, if one can be given: [`Verdict::NotCompared`] where weights have not been compared.
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Untrained => None,
            Self::Compared(verdict) => Some(verdict),
            Self::Not {
                why: Why::LaneStopped(_),
                ..
            } => Some(Verdict::NotFinite),
            Self::Not { .. } => Some(Verdict::NotCompared),
        }
    }
}

/// Which updates of a race a lane has made, in one number: equal for two lanes that have been trained on the same batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lineage(u64);

impl Lineage {
    /// Notes an update.
    pub fn push(&mut self, update: u64) {
        // SplitMix64's mixing: neither order nor gaps collide in practice.
        let mut z = (self.0 ^ update).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.0 = z ^ z >> 31;
    }
}
