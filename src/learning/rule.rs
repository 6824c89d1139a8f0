//! The learning rules by name: one table that menus, flags and files are made from.

use serde::{Deserialize, Serialize};

/// A learning rule. All but the first are schedules over one engine (see [`super::Schedule`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Backpropagation, the separate reference.
    Bp,
    /// Zero-divergence inference learning: feed-forward start, γ = 1, level l captured at t = l.
    Zil,
    /// Inference learning: T steps, then every weight from the last state.
    Il,
    /// IL whose predictions, slopes and presynaptic f(x) stay those of the feed-forward state (Millidge et al. 2020).
    FixedPrediction,
    /// IL whose weights move at every step, together with x and from the same state (Salvatori et al. 2022, "iPC").
    Incremental,
    /// Z-IL's capture, then T more steps and IL's capture from the last state; the sum of both is applied once.
    ZilThenIl,
}

impl Rule {
    /// All rules, in the order in which menus list them.
    pub const ALL: [Self; 6] = [
        Self::Bp,
        Self::Zil,
        Self::Il,
        Self::FixedPrediction,
        Self::Incremental,
        Self::ZilThenIl,
    ];

    /// The rules that stand in sight; the others are behind "More".
    pub const FIRST: [Self; 3] = [Self::Bp, Self::Zil, Self::Il];

    /// The name in files and flags.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bp => "bp",
            Self::Zil => "zil",
            Self::Il => "il",
            Self::FixedPrediction => "fixed-prediction",
            Self::Incremental => "incremental",
            Self::ZilThenIl => "zil-then-il",
        }
    }

    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Bp => "BP",
            Self::Zil => "Z-IL",
            Self::Il => "IL",
            Self::FixedPrediction => "fixed prediction",
            Self::Incremental => "incremental",
            Self::ZilThenIl => "Z-IL then IL",
        }
    }

    /// What it does, in one sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Bp => {
                "Backpropagation, written separately: the reference that every other rule is compared with."
            }
            Self::Zil => {
                "Zero-divergence inference learning: one level per step, each taken when the front reaches it. Exactly backprop while its conditions hold."
            }
            Self::Il => {
                "Inference learning, standard predictive coding: T steps of inference, then every weight from the last state."
            }
            Self::FixedPrediction => {
                "Predictions, slopes and f(x) stay those of the forward pass while x relaxes: reaches backprop as T grows, and exactly at γ = 1."
            }
            Self::Incremental => {
                "Weights move at every inference step, together with x and from the same state: T small updates instead of one."
            }
            Self::ZilThenIl => {
                "Z-IL's contributions as the front passes, then T more steps of inference and IL's from the last state; both applied together."
            }
        }
    }

    /// True if γ and T are those of the section `[inference]`, and every level gives what the last state holds.
    ///
    /// Z-IL then IL is not among them: each of its levels is first taken when the front reaches it.
    pub fn relaxes(self) -> bool {
        matches!(self, Self::Il | Self::FixedPrediction | Self::Incremental)
    }

    /// True if each level is captured when the front reaches it.
    pub fn follows_front(self) -> bool {
        matches!(self, Self::Zil | Self::ZilThenIl)
    }

    /// True if inference of this rule descends F in every step, so that γ can adapt to it.
    pub fn may_adapt(self) -> bool {
        matches!(self, Self::Il | Self::ZilThenIl)
    }
}
