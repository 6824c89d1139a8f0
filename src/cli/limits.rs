//! What is said of how large γ may be: before a run, and of lanes that have passed their limit.

use crate::experiment::lane::LaneSpec;
use crate::experiment::setup::Setup;
use crate::learning::learner::Method;
use crate::learning::stability::Inferring;
use crate::learning::{GammaLimit, Interrupt, Schedule, Stability, While};
use crate::network::{Scalar, Weights};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Goes on until Ctrl-C.
pub fn until(stop: &AtomicBool) -> impl Interrupt {
    While(|| !stop.load(Ordering::Relaxed))
}

/// γ of a lane and the limit of it on some weights; `None` where there is none to heed.
pub struct Limit {
    lane: String,
    /// γ of the lane.
    pub gamma: f64,
    adaptive: bool,
    /// What was measured.
    pub stability: Stability,
}

impl Limit {
    /// Measures the limit.
    pub fn of<S: Scalar>(
        setup: &Setup<S>,
        weights: &Weights<S>,
        lane: &LaneSpec,
        interrupt: &dyn Interrupt,
    ) -> Option<Self> {
        let of = Inferring::plainly(lane.rule, &lane.inference);
        Self::under(setup, weights, (lane, &of), interrupt)
    }

    /// Measures the limit of a lane's inference as `of` has it, interventions among it.
    pub fn under<S: Scalar>(
        setup: &Setup<S>,
        weights: &Weights<S>,
        (lane, of): (&LaneSpec, &Inferring<'_>),
        interrupt: &dyn Interrupt,
    ) -> Option<Self> {
        let Method::Schedule(schedule) = lane.method(&setup.plan) else {
            return None;
        };
        let stability = setup.stability(weights, of, interrupt).ok()??;
        Some(Self {
            lane: lane.label.clone(),
            gamma: schedule.later.map_or(schedule.gamma, |(_, gamma)| gamma),
            adaptive: schedule.adaptive,
            stability,
        })
    }

    /// True if inference with this γ need not settle.
    pub fn is_passed(&self) -> bool {
        !self.adaptive && self.gamma > self.stability.limit
    }

    /// The limit in digits.
    pub fn digits(&self) -> String {
        match self.stability.limit {
            limit if limit.is_nan() => "cannot be measured".to_owned(),
            limit if self.stability.found() => format!("{limit:.4}"),
            limit => format!("at most {limit:.4}"),
        }
    }

    /// The limit beside γ, on a line, on weights named by `which`.
    pub fn words(&self, which: &str) -> String {
        format!(
            "{}: stability limit of γ {} {which}, γ = {}{}",
            self.lane,
            self.digits(),
            self.gamma,
            if self.is_passed() {
                ": past it, so that inference need not settle"
            } else if self.adaptive {
                ", halved where F would rise"
            } else {
                ", fixed"
            }
        )
    }
}

/// The limit, if γ of a lane stays as it is and is past it on these weights; one that is halved where F would rise cannot be.
pub fn passed<S: Scalar>(
    setup: &Setup<S>,
    weights: &Weights<S>,
    lane: &LaneSpec,
    interrupt: &dyn Interrupt,
) -> Option<Limit> {
    // To measure it takes a while.
    let adapts = lane.inference.adaptive && lane.rule.may_adapt();
    let limit = (!adapts).then(|| Limit::of(setup, weights, lane, interrupt));
    limit.flatten().filter(Limit::is_passed)
}

/// Looks at the limit while a lane trains, and says once that γ is past it.
pub struct Watch {
    /// What the last look took, and when it ended.
    took: Duration,
    ended: Instant,
    over: bool,
}

impl Watch {
    /// Looks take less than one part in so many of the time of training.
    const PARTS: u32 = 100;

    /// Begins to look, the first time after five seconds: what trains for less is told in the end.
    pub fn new() -> Self {
        Self {
            took: Duration::from_millis(50),
            ended: Instant::now(),
            over: false,
        }
    }

    /// The line that says so, if this look is the one that finds γ past its limit on these weights, those after `done` updates.
    pub fn look<S: Scalar>(
        &mut self,
        setup: &Setup<S>,
        weights: &Weights<S>,
        (lane, done): (&LaneSpec, u64),
        interrupt: &dyn Interrupt,
    ) -> Option<String> {
        // What the weights do not move is told before the run.
        let moves = lane.rule.facts().limit == GammaLimit::Curvature;
        if self.over || !moves || self.ended.elapsed() < self.took * Self::PARTS {
            return None;
        }
        let began = Instant::now();
        let limit = passed(setup, weights, lane, interrupt);
        self.ended = Instant::now();
        self.took = self.ended - began;
        self.over = limit.is_some();
        limit.map(|l| l.words(&format!("on the weights after {done} updates")))
    }
}

/// What is said of a lane before it begins with the initial weights, a line each.
pub fn before<S: Scalar>(
    setup: &Setup<S>,
    lane: &LaneSpec,
    interrupt: &dyn Interrupt,
) -> Vec<String> {
    let first = (&*setup.initial, "on the initial weights");
    before_from(setup, lane, first, interrupt)
}

/// What is said of a lane before it goes on from weights that are called `which`, a line each.
pub fn before_from<S: Scalar>(
    setup: &Setup<S>,
    lane: &LaneSpec,
    (weights, which): (&Weights<S>, &str),
    interrupt: &dyn Interrupt,
) -> Vec<String> {
    let limit = Limit::of(setup, weights, lane, interrupt);
    let mut lines: Vec<String> = limit.iter().map(|l| l.words(which)).collect();
    let (steps, rate) = (lane.inference.steps, lane.optimiser.rate);
    let schedule = Schedule::of(&setup.plan, lane.rule, &lane.inference, &lane.conditions);
    if schedule.is_some_and(|s| s.incremental) && steps > 1 {
        lines.push(format!(
            "{}: the optimiser takes T = {steps} steps an update, each of rate {rate}; a rate that suits one step an update is \
             {steps} times too large (--set learning.rate={})",
            lane.label,
            rate / steps as f64
        ));
    }
    lines
}
