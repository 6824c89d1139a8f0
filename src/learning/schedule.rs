//! Learning rules as schedules over one engine: what moves when, and when each level's contribution is captured.

use crate::network::Plan;
use serde::{Deserialize, Serialize};

/// A learning rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Backpropagation, the separate reference.
    Bp,
    /// Zero-divergence inference learning: feed-forward start, γ = 1, level l captured at t = l.
    Zil,
    /// Inference learning: T steps, then every weight from the last state.
    Il,
}

impl Rule {
    /// All rules, in the order in which menus list them.
    pub const ALL: [Self; 3] = [Self::Bp, Self::Zil, Self::Il];

    /// The name in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bp => "bp",
            Self::Zil => "zil",
            Self::Il => "il",
        }
    }

    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Bp => "BP",
            Self::Zil => "Z-IL",
            Self::Il => "IL",
        }
    }
}

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
    /// Where values start.
    pub start: Start,
    /// When contributions are captured; `None` = all from the last state (IL).
    pub capture: Option<Capture>,
    /// Order of operations.
    pub order: Order,
    /// How ε is updated.
    pub epsilon: Epsilon,
    /// When contributions to shared weights are applied.
    pub shared: Shared,
    /// True if only the vertices at the front are simulated.
    pub front_only: bool,
    /// D of the network.
    pub depth: usize,
    /// A planted fault.
    pub fault: Fault,
}

impl Schedule {
    /// Inference learning: `steps` steps of rate `gamma`, every weight from the last state.
    pub fn il(plan: &Plan, steps: usize, gamma: f64, conditions: &Conditions) -> Self {
        Self {
            steps,
            gamma,
            start: conditions.start,
            capture: None,
            order: Order::CaptureXW,
            epsilon: conditions.epsilon,
            shared: Shared::Together,
            front_only: false,
            depth: plan.depth(),
            fault: Fault::None,
        }
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
            && conditions.shared == Shared::Together;
        Self {
            steps: if conditions.capture == Capture::Late {
                depth + 1
            } else {
                depth
            },
            gamma: conditions.gamma,
            start: conditions.start,
            capture: Some(conditions.capture),
            order: conditions.order,
            epsilon: conditions.epsilon,
            shared: conditions.shared,
            front_only: conditions.path == Path::Front && front_possible,
            depth,
            fault: Fault::None,
        }
    }

    /// True if weights change while the phase goes on.
    pub fn changes_weights(&self, plan: &Plan) -> bool {
        self.order == Order::WFirst || plan.shares && self.shared == Shared::AtOnce
    }

    /// The state t at which the contribution of `level` is captured.
    pub fn capture_time(&self, level: usize) -> usize {
        match self.capture {
            Some(Capture::OnTime) => level,
            Some(Capture::Late) => level + 1,
            Some(Capture::End) | None => self.steps,
        }
    }

    /// True if x of a vertex may move in the step from t to t + 1, given its shortest path to the output: its level, unless
    /// the graph has a skip that is not levelled.
    ///
    /// With a feed-forward start, and weights that stay, the errors ahead of the front are exactly 0, so nothing there would move.
    pub fn moves(&self, t: usize, level: usize) -> bool {
        if level == 0 {
            false
        } else if self.front_only {
            level == t + 1
        } else {
            self.start == Start::Random || self.shared == Shared::AtOnce || level <= t + 1
        }
    }

    /// The state at which the front reaches `level`, if there is a front.
    pub fn front_time(&self, level: usize) -> Option<usize> {
        (self.start == Start::FeedForward).then_some(level)
    }
}
