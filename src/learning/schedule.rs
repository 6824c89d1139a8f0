//! Learning rules as schedules over one engine: what moves when, and when each level's contribution is captured.

use super::inference::{Energetics, Inference, Precisions, one_or_more};
use super::noise;
use super::rule::Rule;
use crate::network::Plan;
use serde::{Deserialize, Serialize};

/// Where values start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Every x at its prediction.
    #[default]
    FeedForward,
    /// Hidden x drawn from U(-½, ½).
    Random,
}

/// When Z-IL captures the contribution of level l.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capture {
    /// At t = l.
    #[default]
    OnTime,
    /// At t = l + 1.
    Late,
    /// All levels at t = D.
    End,
}

/// The order of operations within an inference step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Capture, then every x with the old weights; weights change after the phase.
    #[default]
    CaptureXW,
    /// A captured contribution changes the weights at once, before Δx is computed.
    WFirst,
}

/// How ε is brought up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Epsilon {
    /// ε ← (ε + Δx) - (μ_new - μ_old): exact to the bit.
    #[default]
    Increment,
    /// ε ← x - μ: equal in mathematics, not in floating point.
    Naive,
}

/// Which vertices Z-IL simulates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Only the vertices the front reaches: what backpropagation costs.
    #[default]
    Front,
    /// Every vertex at every step.
    Full,
}

/// When contributions to a parameter that several levels share are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shared {
    /// Their sum, after the phase.
    #[default]
    Together,
    /// Each one as soon as it is captured: predictions ahead of the front then move, and make errors where there must be none.
    AtOnce,
}

/// What Z-IL needs to be exact; each can be broken on its own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Conditions {
    /// Values start at the feed-forward pass.
    pub start: Start,
    /// Z-IL's own γ.
    pub gamma: f64,
    /// Level l is taken at t = l.
    pub capture: Capture,
    /// Capture, then x, then W.
    pub order: Order,
    /// The increment form of ε.
    pub epsilon: Epsilon,
    /// π of the hidden levels: one number for all of them, or one for each from level 1 on.
    #[serde(with = "one_or_more")]
    pub hidden_precision: Precisions,
    /// Contributions to shared weights are applied together.
    pub shared: Shared,
    /// Front only, or full dynamics: the same bits while all conditions hold.
    pub path: Path,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            start: Start::FeedForward,
            gamma: 1.0,
            capture: Capture::OnTime,
            order: Order::CaptureXW,
            epsilon: Epsilon::Increment,
            hidden_precision: Precisions::default(),
            shared: Shared::Together,
            path: Path::Front,
        }
    }
}

impl Conditions {
    /// How many conditions of exactness are broken (the path is not one).
    pub fn broken(&self) -> usize {
        usize::from(self.start != Start::FeedForward)
            + usize::from(self.gamma != 1.0)
            + usize::from(self.capture != Capture::OnTime)
            + usize::from(self.order != Order::CaptureXW)
            + usize::from(self.epsilon != Epsilon::Increment)
            + usize::from(!self.hidden_precision.are_one())
            + usize::from(self.shared != Shared::Together)
    }
}

/// A fault planted on purpose, so that a check can show that it would notice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// None: the engine as it is.
    #[default]
    None,
    /// The reverse pass of backpropagation loses a sign.
    ReverseSign,
    /// The inference step of predictive coding loses a sign.
    StepSign,
}

/// A rule worked out for a network: every question the engine asks while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// T: inference steps; states are t = 0..=T.
    pub steps: usize,
    /// γ, the rate of inference.
    pub gamma: f64,
    /// From this state on, another γ (Z-IL then IL).
    pub later: Option<(usize, f64)>,
    /// Where values start.
    pub start: Start,
    /// When contributions are captured; `None` = all from the last state (IL).
    pub capture: Option<Capture>,
    /// Contributions of all levels are captured from the last state as well.
    pub last: bool,
    /// Order of operations.
    pub order: Order,
    /// How ε is updated.
    pub epsilon: Epsilon,
    /// When contributions to shared weights are applied.
    pub shared: Shared,
    /// True if only the vertices at the front are simulated.
    pub front_only: bool,
    /// Predictions, slopes and presynaptic f(x) stay those of the feed-forward state.
    pub frozen: bool,
    /// Weights change at every step, from the same state as x.
    pub incremental: bool,
    /// What the energy weighs its terms by.
    pub energetics: Energetics,
    /// σ of the noise.
    pub noise: f64,
    /// γ is halved, per example, until F does not rise.
    pub adaptive: bool,
    /// Contributions of level l are divided by γ^l.
    pub corrected: bool,
    /// D of the network.
    pub depth: usize,
    /// A planted fault.
    pub fault: Fault,
}

impl Schedule {
    /// The schedule of a rule for a network; `None` for backpropagation, which has none.
    pub fn of(
        plan: &Plan,
        rule: Rule,
        inference: &Inference,
        conditions: &Conditions,
    ) -> Option<Self> {
        let facts = rule.facts();
        let schedule = (facts.schedule)(plan, inference, conditions)?;
        Some(Self {
            adaptive: schedule.adaptive && facts.may_adapt,
            ..schedule
        })
    }

    /// T steps in which every vertex moves, every weight from the last state.
    pub fn relaxing(plan: &Plan, inference: &Inference, conditions: &Conditions) -> Self {
        Self {
            steps: inference.steps,
            gamma: inference.gamma,
            later: None,
            start: conditions.start,
            capture: None,
            last: true,
            order: Order::CaptureXW,
            epsilon: conditions.epsilon,
            shared: Shared::Together,
            front_only: false,
            frozen: false,
            incremental: false,
            energetics: inference.energetics(),
            noise: inference.noise,
            adaptive: inference.adaptive,
            corrected: inference.gamma_correction,
            depth: plan.depth(),
            fault: Fault::None,
        }
    }

    /// Z-IL as the section `[inference]` has it: of that it reads the precision of the output and the correction.
    pub(super) fn front(plan: &Plan, inference: &Inference, conditions: &Conditions) -> Self {
        let zil = Self::zil(plan, conditions);
        Self {
            corrected: inference.gamma_correction,
            energetics: Energetics {
                output: inference.output_precision,
                ..zil.energetics
            },
            ..zil
        }
    }

    /// Inference learning: `steps` steps of rate `gamma`, every weight from the last state.
    pub fn il(plan: &Plan, steps: usize, gamma: f64, conditions: &Conditions) -> Self {
        Self::relaxing(plan, &Inference::of(steps, gamma), conditions)
    }

    /// Z-IL under `conditions`. The front-only path is taken where the conditions allow it: what happens behind the front
    /// is never read then.
    pub fn zil(plan: &Plan, conditions: &Conditions) -> Self {
        let depth = plan.depth();
        let front_possible = plan.levelled
            && conditions.start == Start::FeedForward
            && conditions.capture == Capture::OnTime
            && conditions.order == Order::CaptureXW
            && conditions.epsilon == Epsilon::Increment
            && conditions.hidden_precision.are_one()
            && conditions.shared == Shared::Together;
        Self {
            steps: if conditions.capture == Capture::Late {
                depth + 1
            } else {
                depth
            },
            gamma: conditions.gamma,
            later: None,
            start: conditions.start,
            capture: Some(conditions.capture),
            last: false,
            order: conditions.order,
            epsilon: conditions.epsilon,
            shared: conditions.shared,
            front_only: conditions.path == Path::Front && front_possible,
            frozen: false,
            incremental: false,
            energetics: Energetics {
                hidden: conditions.hidden_precision,
                ..Energetics::default()
            },
            noise: 0.0,
            adaptive: false,
            corrected: false,
            depth,
            fault: Fault::None,
        }
    }

    /// γ of the step from t to t + 1.
    pub fn gamma_at(&self, t: usize) -> f64 {
        match self.later {
            Some((from, gamma)) if t >= from => gamma,
            _ => self.gamma,
        }
    }

    /// The noise that the step from t to t + 1 adds to Δx of one unit of a batch's first example; `draw` is the seed of the phase.
    pub fn noise_at(&self, draw: u64, t: usize, vertex: usize, unit: usize) -> f64 {
        if self.noise == 0.0 {
            return 0.0;
        }
        self.spread_at(t)
            * noise::normal(noise::key([draw, 0, t as u64, vertex as u64]), unit as u64)
    }

    /// The standard deviation of the noise of the step from t to t + 1.
    pub(super) fn spread_at(&self, t: usize) -> f64 {
        self.noise * (2.0 * self.gamma_at(t)).sqrt()
    }

    /// True if the step from t to t + 1 halves γ until F does not rise.
    pub fn adapts_at(&self, t: usize) -> bool {
        self.adaptive && self.later.is_none_or(|(from, _)| t >= from)
    }

    /// The state t at which the contribution of `level` is captured (the first time, if twice).
    pub fn capture_time(&self, level: usize) -> usize {
        match self.capture {
            Some(Capture::OnTime) => level,
            Some(Capture::Late) => level + 1,
            Some(Capture::End) => self.later.map_or(self.steps, |(from, _)| from),
            None => self.steps,
        }
    }

    /// True if the contribution of `level` is captured at state t.
    pub fn captures(&self, level: usize, t: usize) -> bool {
        self.capture.is_some() && self.capture_time(level) == t || self.last && t == self.steps
    }

    /// The states at which the contribution of `level` is captured: none, one or two.
    pub fn captured_at(&self, level: usize) -> impl Iterator<Item = usize> + use<> {
        let first = self.capture.map(|_| self.capture_time(level));
        let last = self.last.then_some(self.steps);
        let steps = self.steps;
        let both = first.into_iter().chain(last.filter(|t| first != Some(*t)));
        both.filter(move |&t| t <= steps)
    }

    /// What the contribution of `level`, captured at state t, is multiplied by.
    pub fn contribution_factor(&self, level: usize, t: usize) -> f64 {
        let precision = self.energetics.precision(level);
        if !self.corrected {
            return precision;
        }
        let gamma = if self.last && t == self.steps {
            self.later.map_or(self.gamma, |(_, gamma)| gamma)
        } else {
            self.gamma
        };
        precision / gamma.powi(i32::try_from(level).unwrap_or(i32::MAX))
    }

    /// True if values may move ahead of a front, or there is no front.
    pub fn everywhere(&self) -> bool {
        self.start == Start::Random
            || self.shared == Shared::AtOnce
            || self.noise > 0.0
            || self.energetics.decay > 0.0
            || self.incremental
    }

    /// True if x of a vertex may move in the step from t to t + 1, given the state at which it may first have moved (see
    /// [`crate::network::Graph::arrivals`]): its level, unless the graph has a skip that is not levelled.
    ///
    /// With a feed-forward start, and weights that stay, the errors ahead of the front are exactly 0, so nothing there would move.
    pub fn moves(&self, t: usize, moves_from: usize) -> bool {
        if moves_from == 0 {
            false
        } else if self.front_only {
            moves_from == t + 1
        } else {
            self.everywhere() || moves_from <= t + 1
        }
    }

    /// True if in real arithmetic the update of the whole schedule equals backpropagation's of p Loss, whatever the example and
    /// the weights: what is left of a difference then is rounding.
    ///
    /// Z-IL: feed-forward start, each level taken when the front reaches it (where level l has γ^l of δ, so γ must be 1, or
    /// divided out), one path length to every vertex, hidden precision 1, and weights that stay until the end. How ε is kept does not
    /// matter here. Fixed prediction: at γ = 1 (or γ π = 1 at every hidden level) level l holds δ from
    /// t = l on, wherever values started and whatever the paths.
    pub fn equals_backprop(&self, plan: &Plan) -> bool {
        let depth = plan.depth();
        if self.fault != Fault::None {
            return false;
        }
        if depth == 0 {
            // Nothing is free to move: the output's error is all there is, and must be taken once in all.
            let taken = match self.incremental {
                true => self.steps,
                false => (0..=self.steps).filter(|&t| self.captures(0, t)).count(),
            };
            let once = !self.incremental || taken == 1;
            return once && taken == 1;
        }
        if self.energetics.decay != 0.0 || self.noise != 0.0 || self.incremental {
            return false;
        }
        if self.frozen {
            // Then γ π of a level brings its error to rest in one step; what it contributes carries π.
            let at_rest = (1..=depth).all(|l| self.gamma * self.energetics.precision(l) == 1.0);
            return self.capture.is_none()
                && at_rest
                && (self.gamma == 1.0 || !self.corrected)
                && self.steps >= depth;
        }
        (1..=depth).all(|l| self.energetics.precision(l) == 1.0)
            && self.capture == Some(Capture::OnTime)
            && !self.last
            && self.start == Start::FeedForward
            && self.order == Order::CaptureXW
            && (self.shared == Shared::Together || !plan.shares)
            && (self.gamma == 1.0 || self.corrected && self.gamma > 0.0)
            && plan.levelled
    }

    /// True if only what stands at the front is read of a state, and nothing behind it ever again.
    pub fn reads_front_only(&self) -> bool {
        self.capture == Some(Capture::OnTime) && !self.last
    }

    /// True if anything of a vertex at `level` is read at state t or later. What lies behind Z-IL's front is read by nothing.
    pub fn reads(&self, level: usize, t: usize) -> bool {
        level >= t || !self.reads_front_only()
    }

    /// The state at which the front reaches `level`, if there is a front.
    pub fn front_time(&self, level: usize) -> Option<usize> {
        (self.start == Start::FeedForward).then_some(level)
    }

    /// Weighted levels that get no update because T is too small for the front to reach them.
    pub fn unreached<'a>(&self, plan: &'a Plan) -> impl Iterator<Item = usize> + use<'a> {
        let front =
            self.start == Start::FeedForward && self.noise == 0.0 && self.energetics.decay == 0.0;
        let reached = match (front, self.incremental) {
            (false, _) => usize::MAX,
            (true, false) => self.steps,
            // Its last state gives nothing.
            (true, true) => self.steps.saturating_sub(1),
        };
        let unreached = move |&v: &usize| plan.graph.vertices[v].error_from > reached;
        plan.weighted_levels()
            .filter(move |&l| plan.levels[l].vertices.iter().any(unreached))
    }
}
