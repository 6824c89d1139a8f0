//! When a race pauses by itself: after the update that first meets a condition.

use super::SCORE_EVERY;
use super::scope::Scope;
use super::wish::Wish;
use crate::data::Part;
use crate::experiment::lane::LaneId;
use crate::experiment::microscope::{Microscope, STATE_BUDGET};
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
    /// F rises from one state to the next while the lane infers the example that is looked at, with the weights after the update: by its
    /// own rule, states and all, as the microscope does. Backpropagation infers nothing.
    EnergyRises,
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
            Self::PastLimit | Self::EnergyRises | Self::Stop => None,
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
            Self::PastLimit | Self::EnergyRises | Self::Stop => self,
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
    /// The number that met it: the loss, score, distance or cosine, the limit of γ, the state at which F rose, the update that could not
    /// be made.
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
struct Watch {
    when: PauseWhen,
    /// It was met when it was looked at last: it has to be missed first.
    met: bool,
    /// After which update that was.
    looked: Option<u64>,
}

/// Whether, and where, F rises while a lane infers.
type Rises<'a, S> = &'a mut dyn FnMut(&Lane<S>) -> Result<Option<usize>, Abandoned>;

impl Watch {
    /// Of a race as it stands now. What takes long is looked at after the next update first.
    fn new<S: Scalar>(when: PauseWhen, race: &Race<S>) -> Self {
        let met = meets(&when, race).is_some();
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
    fn look<S: Scalar>(
        &mut self,
        race: &Race<S>,
        rises: Rises<'_, S>,
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
            Watched::EnergyRises => {
                let lane = race.lane(self.when.lane).filter(|l| l.running());
                let rose = lane.map(rises).transpose()?.flatten();
                rose.map(|t| Met {
                    when: self.when,
                    value: t as f64,
                })
            }
            _ => meets(&self.when, race),
        };
        self.looked = Some(made);
        let before = std::mem::replace(&mut self.met, found.is_some());
        Ok(found.filter(|_| !before))
    }
}

/// All conditions of a race.
pub(super) struct Watching<S: Scalar> {
    all: Vec<Watch>,
    /// Those that it was paused by last.
    pub(super) reached: Option<Reached>,
    /// What has been met by the last update, while not all has been looked at.
    met: Vec<Met>,
    half_looked: bool,
    /// The last update has not been looked at.
    unlooked: bool,
    /// Infers the example that is looked at.
    microscope: Option<Microscope<S>>,
}

impl<S: Scalar> Default for Watching<S> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            reached: None,
            met: Vec::new(),
            half_looked: false,
            unlooked: false,
            microscope: None,
        }
    }
}

impl<S: Scalar> Watching<S> {
    /// The race is to pause at these.
    pub(super) fn watch(&mut self, when: Vec<PauseWhen>, race: &Race<S>) {
        // One that goes on has been looked at already.
        let old = std::mem::take(&mut self.all);
        let mut old: Vec<Option<Watch>> = old.into_iter().map(Some).collect();
        let mut known = |when: &PauseWhen| {
            let same = |w: &&mut Option<Watch>| w.as_ref().is_some_and(|w| w.when == *when);
            old.iter_mut().find(same).and_then(Option::take)
        };
        self.all = (when.into_iter())
            .map(|when| known(&when).unwrap_or_else(|| Watch::new(when, race)))
            .collect();
    }

    /// An update has been made.
    pub(super) fn updated(&mut self) {
        self.unlooked = true;
    }

    /// What belongs to the last update comes before the next one: something is to be scored, or not all has been looked at.
    pub(super) fn waits(&self, scores: bool) -> bool {
        self.unlooked && (self.half_looked || scores)
    }

    /// The race has come to another state, by other means than an update.
    pub(super) fn moved(&mut self, race: &Race<S>) {
        (self.unlooked, self.half_looked) = (false, false);
        self.met.clear();
        let all = self.all.iter();
        self.all = all.map(|w| Watch::new(w.when, race)).collect();
    }

    /// True if the last update has met a condition first, once each; `wish` says which example is looked at.
    pub(super) fn look(
        &mut self,
        race: &Race<S>,
        wish: &dyn Fn() -> Wish,
        interrupt: &dyn Interrupt,
    ) -> bool {
        if !self.unlooked {
            return false;
        }
        let microscope = &mut self.microscope;
        let mut rises = |lane: &Lane<S>| risen(race, lane, microscope, (wish, interrupt));
        for watch in &mut self.all {
            match watch.look(race, &mut rises, interrupt) {
                Ok(met) => self.met.extend(met),
                // It is looked at again before the next update.
                Err(Abandoned) => {
                    self.half_looked = true;
                    return false;
                }
            }
        }
        (self.unlooked, self.half_looked) = (false, false);
        let met = std::mem::take(&mut self.met);
        if met.is_empty() {
            return false;
        }
        self.reached = Some(Reached {
            number: self.reached.as_ref().map_or(1, |last| last.number + 1),
            update: race.updates(),
            met,
        });
        true
    }
}

/// The first state at which F is higher than at the one before, in what a lane infers of the example that is looked at; none where it
/// falls all the way.
fn risen<S: Scalar>(
    race: &Race<S>,
    lane: &Lane<S>,
    microscope: &mut Option<Microscope<S>>,
    (wish, interrupt): (&dyn Fn() -> Wish, &dyn Interrupt),
) -> Result<Option<usize>, Abandoned> {
    let spec = &lane.spec;
    if spec.rule.is_reference() {
        return Ok(None);
    }
    let wish = Wish {
        rule: spec.rule,
        inference: spec.inference,
        conditions: spec.conditions,
        optimiser: spec.optimiser,
        lane: spec.id,
        ..wish()
    };
    let run = lane.learner.state().clone();
    let mut subject = Scope::<S>::subject(&race.setup, &wish, run.updates);
    subject.seed = spec.seed;
    let example = Scope::<S>::example(&race.setup, &wish);
    match microscope {
        Some(microscope) => microscope.look_at(run, subject, example),
        None => {
            let mut new = Microscope::new(run, subject, example);
            new.keep_within(STATE_BUDGET / 4);
            *microscope = Some(new);
        }
    }
    let Some(microscope) = microscope else {
        return Ok(None);
    };
    while microscope.advance() {
        if !interrupt.proceed() {
            return Err(Abandoned);
        }
    }
    let energies = microscope.energies();
    let rose = energies.windows(2).position(|pair| pair[1] > pair[0]);
    Ok(rose.map(|before| before + 1))
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
        Watched::LossBelow(_) | Watched::PastLimit | Watched::EnergyRises | Watched::Stop => None,
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
