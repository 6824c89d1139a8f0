//! When a race pauses by itself: after the update that first meets a condition.

use crate::data::Part;
use crate::experiment::lane::LaneId;
use crate::experiment::race::{Lane, Race};
use crate::network::Scalar;

/// What is looked at after every update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Watched {
    /// The loss of the lane's last batch falls below this.
    LossBelow(f64),
    /// The lane's accuracy on the validation part (the test part where there is none) rises above this; R² where targets are values.
    ScoreAbove(f64),
    /// The lane's weights come further from backpropagation's than this (relative distance, see
    /// [`crate::learning::compare::Distance`]).
    ApartAbove(f64),
    /// Any lane stops, because something is not finite.
    Stop,
}

/// A condition on a lane of the race.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PauseWhen {
    /// The lane.
    pub lane: LaneId,
    /// What is looked at.
    pub what: Watched,
}

/// A condition was met.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// How often a race has paused by itself.
    pub number: u64,
    /// After this update.
    pub update: u64,
    /// The condition.
    pub when: PauseWhen,
    /// The number that met it; none of a lane that stopped.
    pub value: Option<f64>,
}

/// Waits for a condition to become true.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) when: PauseWhen,
    /// It was met when it was looked at last: it has to be missed first.
    met: bool,
}

impl Watch {
    pub(super) fn new<S: Scalar>(when: PauseWhen, race: &Race<S>) -> Self {
        let met = meets(&when, race).is_some();
        Self { when, met }
    }

    /// The condition, if it has become true since it was looked at last.
    pub(super) fn look<S: Scalar>(&mut self, race: &Race<S>) -> Option<Reached> {
        let value = meets(&self.when, race);
        let before = std::mem::replace(&mut self.met, value.is_some());
        let value = value.filter(|_| !before)?;
        Some(Reached {
            number: 0,
            update: race.updates(),
            when: self.when,
            value,
        })
    }
}

/// The number that meets the condition now.
fn meets<S: Scalar>(when: &PauseWhen, race: &Race<S>) -> Option<Option<f64>> {
    if when.what == Watched::Stop {
        return race
            .lanes
            .iter()
            .any(|l| l.failure.is_some())
            .then_some(None);
    }
    let lane = race.lane(when.lane)?;
    let number = |value: f64, met: bool| met.then_some(Some(value));
    match when.what {
        Watched::LossBelow(bound) if race.updates() > 0 => {
            number(lane.last_loss, lane.last_loss < bound)
        }
        Watched::ScoreAbove(bound) => {
            let score = score(lane)?;
            number(score, score > bound)
        }
        Watched::ApartAbove(bound) => {
            let apart = lane.apart?.relative_distance;
            number(apart, apart > bound)
        }
        Watched::LossBelow(_) | Watched::Stop => None,
    }
}

/// The last score of a lane, on the validation part where there is one.
fn score<S: Scalar>(lane: &Lane<S>) -> Option<f64> {
    let of = |part: Part| lane.scores.iter().find(|s| s.1 == part);
    let (.., score) = of(Part::Validation).or_else(|| of(Part::Test))?;
    Some(if score.r2.is_finite() {
        score.r2
    } else {
        score.accuracy
    })
}
