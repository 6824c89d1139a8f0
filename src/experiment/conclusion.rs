//! What a race of backpropagation and Z-IL shows, in a sentence.

use super::lane::LaneId;
use super::race::{Lane, Race};
use crate::network::Scalar;

/// What a race shows of the claim that Z-IL equals backpropagation in every bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// No update was made.
    Untested,
    /// Backpropagation or a Z-IL lane stopped: which at which update, how many updates were compared before, and after how many
    /// of them some bit differed.
    NotFinite {
        /// Key of the lane and update.
        stopped: Vec<(LaneId, u64)>,
        /// Updates compared.
        compared: u64,
        /// Those after which a bit differed.
        differing: u64,
    },
    /// Not every lane could be compared after the last update.
    NotCompared,
    /// A bit of a Z-IL lane differs from backpropagation's.
    Differs {
        /// Key of the lane.
        lane: LaneId,
        /// Bits that differ after the last update: 0 if they did only earlier.
        bits: u64,
        /// Updates after which a bit differed.
        updates: u64,
        /// The schedule equals backpropagation in real arithmetic.
        rounding: bool,
    },
    /// No bit of any weight has changed.
    NoUpdate,
    /// Every bit of every weight is equal.
    Equal,
}

impl Conclusion {
    /// Of the lanes as they stand. `wild`: lanes whose outputs are not finite, although every update was.
    pub fn of<S: Scalar>(race: &Race<S>, wild: &[LaneId]) -> Self {
        let update = race.updates();
        if update == 0 {
            return Self::Untested;
        }
        let ids = [LaneId::BP, LaneId::ZIL, LaneId::ZIL_FULL];
        let lanes = || ids.iter().filter_map(|&id| race.lane(id));
        let zil = || lanes().filter(|l| l.spec.id != LaneId::BP);
        let stop = |lane: &Lane<S>| match &lane.failure {
            Some(failure) => Some((lane.spec.id, failure.update)),
            None => wild
                .contains(&lane.spec.id)
                .then_some((lane.spec.id, update)),
        };
        let stopped: Vec<_> = lanes().filter_map(stop).collect();
        if !stopped.is_empty() {
            return Self::NotFinite {
                stopped,
                compared: zil().map(|l| l.compared.count()).min().unwrap_or(0),
                differing: zil().map(|l| l.differing.count()).max().unwrap_or(0),
            };
        }
        if zil().count() == 0 || zil().any(|l| l.compared.last() != Some(update)) {
            return Self::NotCompared;
        }
        let apart = |lane: &Lane<S>| lane.apart.unwrap_or_default();
        if let Some(lane) = zil().max_by_key(|l| (apart(l).differing_bits, l.differing.count()))
            && lane.differing.count() > 0
        {
            return Self::Differs {
                lane: lane.spec.id,
                bits: apart(lane).differing_bits,
                updates: lane.differing.count(),
                rounding: lane.equals_backprop(),
            };
        }
        match zil().all(|l| apart(l).moved == 0) {
            true => Self::NoUpdate,
            false => Self::Equal,
        }
    }

    /// True if the claim has been put to the test and holds.
    pub fn holds(&self) -> bool {
        *self == Self::Equal
    }

    /// The sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Untested => "No update was made, so there was nothing to compare.".into(),
            Self::NotFinite {
                stopped,
                compared,
                differing,
            } => {
                let stopped: Vec<String> = stopped
                    .iter()
                    .map(|(lane, update)| format!("{lane} at update {update}"))
                    .collect();
                let before = match (compared, differing) {
                    (0, _) => "no update was compared before".into(),
                    (n, 0) => format!("of {n} compared before, none had a differing bit"),
                    (n, k) => format!("of {n} compared before, {k} had differing bits"),
                };
                format!("NOT FINITE: {}; {before}.", stopped.join(", "))
            }
            Self::NotCompared => {
                "NOT COMPARED: BP and the Z-IL lanes have not made the same updates.".into()
            }
            Self::Differs {
                lane,
                bits: 0,
                updates,
                ..
            } => format!(
                "{lane} differed from BP after {updates} of the updates, and no longer does."
            ),
            Self::Differs {
                lane,
                bits,
                rounding: true,
                ..
            } => format!("{lane} differs from BP in {bits} bits, by rounding alone."),
            Self::Differs { lane, bits, .. } => format!(
                "{lane} differs from BP in {bits} bits: a condition of exactness does not hold."
            ),
            Self::NoUpdate => {
                "NO UPDATE: no bit of any weight has changed, so there was nothing to compare."
                    .into()
            }
            Self::Equal => "Both Z-IL lanes equal BP in every bit.".into(),
        }
    }
}
