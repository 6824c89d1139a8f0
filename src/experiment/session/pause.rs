//! When a race pauses by itself: after the update that first meets a condition.

use super::SCORE_EVERY;
use crate::data::Part;
use crate::experiment::lane::LaneId;
use crate::experiment::race::{Lane, Race};
use crate::experiment::setup::Setup;
use crate::learning::learner::Method;
use crate::learning::stability::{Abandoned, Inferring};
use crate::learning::{Interrupt, Stability};
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
    /// The cosine of all that the lane's weights have moved with what backpropagation's have falls below this.
    CosineBelow(f64),
    /// The lane's γ, where it stays as it is, comes to lie above its stability limit on the weights. It is looked at after the first
    /// update and after every [`LIMIT_EVERY`], since it takes as long as many updates.
    PastLimit,
    /// Any lane stops, because something is not finite.
    Stop,
}

/// Updates from one look at the limit of γ to the next.
pub const LIMIT_EVERY: u64 = SCORE_EVERY;

impl Watched {
    /// True if both look at the same, whatever the number.
    pub fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The number that it is met by, where there is one.
    pub fn bound(&self) -> Option<f64> {
        match *self {
            Self::LossBelow(v)
            | Self::ScoreAbove(v)
            | Self::ApartAbove(v)
            | Self::CosineBelow(v) => Some(v),
            Self::PastLimit | Self::Stop => None,
        }
    }

    /// The same with another number, where there is one.
    #[must_use]
    pub fn with(self, bound: f64) -> Self {
        match self {
            Self::LossBelow(_) => Self::LossBelow(bound),
            Self::ScoreAbove(_) => Self::ScoreAbove(bound),
            Self::ApartAbove(_) => Self::ApartAbove(bound),
            Self::CosineBelow(_) => Self::CosineBelow(bound),
            Self::PastLimit | Self::Stop => self,
        }
    }
}

/// A condition on a lane of the race.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PauseWhen {
    /// The lane.
    pub lane: LaneId,
    /// What is looked at.
    pub what: Watched,
}

/// A condition that was met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Met {
    /// The condition; of a lane that stopped, that lane.
    pub when: PauseWhen,
    /// The number that met it: the loss, score, distance or cosine, the limit of γ, the update that could not be made.
    pub value: f64,
}

/// Conditions were met.
#[derive(Clone, Debug, PartialEq)]
pub struct Reached {
    /// How often a race has paused by itself.
    pub number: u64,
    /// After this update.
    pub update: u64,
    /// All that were met first by it.
    pub met: Vec<Met>,
}

/// Waits for a condition to become true.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) when: PauseWhen,
    /// It was met when it was looked at last: it has to be missed first.
    met: bool,
    /// After which update that was.
    looked: Option<u64>,
}

impl Watch {
    /// Of a race as it stands now. What a limit was before is not asked: it is looked at after the next update first.
    pub(super) fn new<S: Scalar>(when: PauseWhen, race: &Race<S>) -> Self {
        let met = when.what != Watched::PastLimit && meets(&when, race).is_some();
        Self {
            when,
            met,
            looked: None,
        }
    }

    /// The condition, if it has become true since it was looked at last; once after each update.
    ///
    /// # Errors
    /// What takes long was interrupted: it is to be looked at again.
    pub(super) fn look<S: Scalar>(
        &mut self,
        race: &Race<S>,
        interrupt: &dyn Interrupt,
    ) -> Result<Option<Met>, Abandoned> {
        let made = race.updates();
        let due =
            self.when.what != Watched::PastLimit || made == 1 || made.is_multiple_of(LIMIT_EVERY);
        if self.looked == Some(made) || !due {
            return Ok(None);
        }
        let found = match self.when.what {
            Watched::PastLimit => {
                let lane = race.lane(self.when.lane).filter(|l| l.running());
                let limit = lane.map(|lane| passed(&race.setup, lane, interrupt));
                limit.transpose()?.flatten().map(|limit| Met {
                    when: self.when,
                    value: limit,
                })
            }
            _ => meets(&self.when, race),
        };
        self.looked = Some(made);
        let before = std::mem::replace(&mut self.met, found.is_some());
        Ok(found.filter(|_| !before))
    }
}

/// The number that meets the condition now.
fn meets<S: Scalar>(when: &PauseWhen, race: &Race<S>) -> Option<Met> {
    if when.what == Watched::Stop {
        let mut stopped = race
            .lanes
            .iter()
            .filter_map(|l| Some((l, l.failure.as_ref()?)));
        let (lane, failure) = stopped.next()?;
        return Some(Met {
            when: PauseWhen {
                lane: lane.spec.id,
                ..*when
            },
            value: failure.update as f64,
        });
    }
    let lane = race.lane(when.lane)?;
    let found = |value: f64, met: bool| met.then_some(Met { when: *when, value });
    match when.what {
        Watched::LossBelow(bound) if race.updates() > 0 => {
            found(lane.last_loss, lane.last_loss < bound)
        }
        Watched::ScoreAbove(bound) => {
            let score = score(lane)?;
            found(score, score > bound)
        }
        Watched::ApartAbove(bound) => {
            let apart = lane.apart?.relative_distance;
            found(apart, apart > bound)
        }
        Watched::CosineBelow(bound) => {
            let cosine = lane.apart?.cosine;
            found(cosine, cosine < bound)
        }
        Watched::LossBelow(_) | Watched::PastLimit | Watched::Stop => None,
    }
}

/// The limit of γ, if that of a lane stays as it is and is past it.
fn passed<S: Scalar>(
    setup: &Setup<S>,
    lane: &Lane<S>,
    interrupt: &dyn Interrupt,
) -> Result<Option<f64>, Abandoned> {
    let schedule = match lane.spec.method(&setup.plan) {
        Method::Schedule(schedule) if !schedule.adaptive => schedule,
        _ => return Ok(None),
    };
    let gamma = schedule.later.map_or(schedule.gamma, |(_, gamma)| gamma);
    let (rule, inference) = (lane.spec.rule, &lane.spec.inference);
    let of = Inferring::plainly(rule, inference);
    let found = setup.stability(lane.learner.weights(), &of, interrupt)?;
    let past = |s: &Stability| gamma > s.limit;
    Ok(found.filter(past).map(|s| s.limit))
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
