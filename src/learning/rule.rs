//! The learning rules: one table that schedules, menus, flags, files, words and lines of plots are made from.
//!
//! What the rest of the program asks is what a rule is like (its [`Course`], whether it reads γ, how it is drawn), not which it is:
//! a rule that is added is a name here and a row of [`RULES`].

use super::inference::Inference;
use super::schedule::{Conditions, Schedule};
use crate::network::Plan;
use serde::{Deserialize, Serialize};

/// A learning rule. All but the first are schedules over one engine (see [`Schedule`]).
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

/// How errors reach the levels, and when what they come to is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Course {
    /// A reverse pass: δ, one level after the other. There is no inference.
    Reverse,
    /// A front, one level a step; each level is taken when it is reached.
    Front,
    /// Every value moves at every step; all levels are taken from the last state.
    Relaxing,
    /// The front first, with what it gives; then every value moves, and all levels are taken again from the last state.
    FrontThenRelaxing,
}

/// What bounds γ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GammaLimit {
    /// Nothing: there is no γ, or inference ends before anything can build up.
    None,
    /// This number, whatever the weights.
    Fixed(f64),
    /// 2 / λ, with λ the largest curvature of F near rest.
    Curvature,
}

/// The shape that marks points of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// Point up.
    Triangle,
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// A square on its corner.
    Diamond,
    /// Point down.
    TriangleDown,
    /// A flat rectangle.
    Stripe,
}

/// How a rule's line is drawn in plots: colour, dash and marker each tell it apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// 0xRRGGBB on dark ground, and on light.
    pub ink: [u32; 2],
    /// Lengths of dashes and gaps in turn; empty means solid.
    pub dash: &'static [f32],
    /// The marker on its points.
    pub marker: Marker,
    /// Where markers stand, in quarters of the way from one to the next: those of rules that coincide stand side by side.
    pub quarter: usize,
}

/// One row of [`RULES`].
pub struct Facts {
    /// The rule.
    pub rule: Rule,
    /// The name in files and flags.
    pub name: &'static str,
    /// The name on screen.
    pub label: &'static str,
    /// The name on screen where there is room.
    pub long: &'static str,
    /// What it does, in one sentence.
    pub sentence: &'static str,
    /// What is seen while it runs, in one sentence.
    pub seen: &'static str,
    /// True if it stands in sight; the others are behind "More".
    pub in_sight: bool,
    /// How errors travel.
    pub course: Course,
    /// True if inference descends F in every step, so that γ can adapt to it.
    pub may_adapt: bool,
    /// The least T.
    pub least_steps: usize,
    /// What bounds γ.
    pub limit: GammaLimit,
    /// Its schedule for a network; `None` for backpropagation, which has none.
    pub schedule: fn(&Plan, &Inference, &Conditions) -> Option<Schedule>,
    /// How its lane is drawn.
    pub look: Look,
}

/// All rules, in the order of [`Rule`] and of menus.
pub static RULES: [Facts; 6] = [
    Facts {
        rule: Rule::Bp,
        name: "bp",
        label: "BP",
        long: "Backprop (BP)",
        sentence: "Backpropagation, written separately: the reference that every other rule is compared with.",
        seen: "Backprop's reverse pass reaches one level per step.",
        in_sight: true,
        course: Course::Reverse,
        may_adapt: false,
        least_steps: 0,
        limit: GammaLimit::None,
        schedule: |_, _, _| None,
        look: Look {
            ink: [0xCC79A7, 0xA8407F],
            dash: &[8.0, 6.0],
            marker: Marker::Triangle,
            quarter: 2,
        },
    },
    Facts {
        rule: Rule::Zil,
        name: "zil",
        label: "Z-IL",
        long: "Z-IL",
        sentence: "Zero-divergence inference learning: one level per step, each taken when the front reaches it. Exactly backprop while its conditions hold.",
        seen: "Blame is moving backwards, one level per step.",
        in_sight: true,
        course: Course::Front,
        may_adapt: false,
        least_steps: 0,
        limit: GammaLimit::None,
        schedule: |plan, inference, conditions| Some(Schedule::front(plan, inference, conditions)),
        look: Look {
            ink: [0x56B4E9, 0x0072B2],
            dash: &[],
            marker: Marker::Circle,
            quarter: 1,
        },
    },
    Facts {
        rule: Rule::Il,
        name: "il",
        label: "IL",
        long: "PC (inference learning, IL)",
        sentence: "Inference learning, standard predictive coding: T steps of inference, then every weight from the last state.",
        seen: "Every level moves a little, again and again.",
        in_sight: true,
        course: Course::Relaxing,
        may_adapt: true,
        least_steps: 0,
        limit: GammaLimit::Curvature,
        schedule: |plan, inference, conditions| {
            Some(Schedule::relaxing(plan, inference, conditions))
        },
        look: Look {
            ink: [0xE69F00, 0x9A6700],
            dash: &[2.0, 3.0],
            marker: Marker::Square,
            quarter: 0,
        },
    },
    Facts {
        rule: Rule::FixedPrediction,
        name: "fixed-prediction",
        label: "fixed prediction",
        long: "fixed prediction",
        sentence: "Predictions, slopes and f(x) stay those of the forward pass while x relaxes: reaches backprop as T grows, and exactly at γ = 1.",
        seen: "Values move; what they are predicted from stays as it was.",
        in_sight: false,
        course: Course::Relaxing,
        may_adapt: false,
        least_steps: 0,
        // Its dynamics are x ← (1 - γ) x + …, triangular over levels.
        limit: GammaLimit::Fixed(2.0),
        schedule: |plan, inference, conditions| {
            Some(Schedule {
                frozen: true,
                ..Schedule::relaxing(plan, inference, conditions)
            })
        },
        look: Look {
            ink: [0x009E73, 0x00664D],
            dash: &[10.0, 3.0, 2.0, 3.0],
            marker: Marker::Diamond,
            quarter: 3,
        },
    },
    Facts {
        rule: Rule::Incremental,
        name: "incremental",
        label: "incremental",
        long: "incremental",
        sentence: "Weights move at every inference step, together with x and from the same state: T small updates instead of one.",
        seen: "Values and weights move together, step by step.",
        in_sight: false,
        course: Course::Relaxing,
        may_adapt: false,
        least_steps: 1,
        limit: GammaLimit::Curvature,
        schedule: |plan, inference, conditions| {
            Some(Schedule {
                incremental: true,
                ..Schedule::relaxing(plan, inference, conditions)
            })
        },
        look: Look {
            ink: [0xF0E442, 0x5C5200],
            dash: &[5.0, 2.0, 2.0, 2.0, 2.0, 2.0],
            marker: Marker::TriangleDown,
            quarter: 3,
        },
    },
    Facts {
        rule: Rule::ZilThenIl,
        name: "zil-then-il",
        label: "Z-IL then IL",
        long: "Z-IL then IL",
        sentence: "Z-IL's contributions as the front passes, then T more steps of inference and IL's from the last state; both applied together.",
        seen: "First the front passes, then every level relaxes.",
        in_sight: false,
        course: Course::FrontThenRelaxing,
        may_adapt: true,
        least_steps: 1,
        limit: GammaLimit::Curvature,
        schedule: |plan, inference, conditions| {
            let wave = Schedule::zil(plan, conditions);
            Some(Schedule {
                steps: wave.steps + inference.steps,
                gamma: wave.gamma,
                later: Some((wave.steps, inference.gamma)),
                capture: wave.capture,
                ..Schedule::relaxing(plan, inference, conditions)
            })
        },
        look: Look {
            ink: [0x9A6BFF, 0x7A22DD],
            dash: &[14.0, 4.0],
            marker: Marker::Stripe,
            quarter: 3,
        },
    },
];

/// The rule that every other is compared with.
pub const REFERENCE: Rule = Rule::Bp;

/// The names of [`RULES`], where they must be known while the program is compiled.
const NAMES: [&str; RULES.len()] = {
    let mut names = [""; RULES.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = RULES[i].name;
        i += 1;
    }
    names
};

/// The rule of that name in files and flags.
pub fn named(name: &str) -> Option<Rule> {
    RULES.iter().find(|f| f.name == name).map(|f| f.rule)
}

/// All rules, in the order in which menus list them.
pub fn all() -> impl ExactSizeIterator<Item = Rule> {
    RULES.iter().map(|f| f.rule)
}

/// The rules that stand in sight, or those behind "More".
pub fn listed(in_sight: bool) -> Vec<Rule> {
    let listed = RULES.iter().filter(|f| f.in_sight == in_sight);
    listed.map(|f| f.rule).collect()
}

impl Rule {
    /// The row of this rule.
    pub fn facts(self) -> &'static Facts {
        &RULES[self as usize]
    }

    /// The name in files and flags.
    pub const fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// The name on screen.
    pub fn label(self) -> &'static str {
        self.facts().label
    }

    /// What it does, in one sentence.
    pub fn sentence(self) -> &'static str {
        self.facts().sentence
    }

    /// How errors travel.
    pub fn course(self) -> Course {
        self.facts().course
    }

    /// True for the rule that every other is compared with: it has δ where they have ε.
    pub fn is_reference(self) -> bool {
        self == REFERENCE
    }

    /// True if exactness depends on the conditions, as that of Z-IL does.
    pub fn has_conditions(self) -> bool {
        self.course() == Course::Front
    }

    /// True if γ and T are those of the section `[inference]`, for a part of its steps at least.
    pub fn reads_inference(self) -> bool {
        matches!(self.course(), Course::Relaxing | Course::FrontThenRelaxing)
    }

    /// True if γ and T are those of the section `[inference]`, and every level gives what the last state holds.
    ///
    /// Z-IL then IL is not among them: each of its levels is first taken when the front reaches it.
    pub fn relaxes(self) -> bool {
        self.course() == Course::Relaxing
    }

    /// True if each level is captured when the front reaches it.
    pub fn follows_front(self) -> bool {
        matches!(self.course(), Course::Front | Course::FrontThenRelaxing)
    }

    /// True if inference of this rule descends F in every step, so that γ can adapt to it.
    pub fn may_adapt(self) -> bool {
        self.facts().may_adapt
    }

    /// True if F descends from the first state to the last.
    pub fn descends(self) -> bool {
        self.relaxes() && self.may_adapt()
    }
}

impl Conditions {
    /// The rule whose exactness they are the conditions of.
    pub const RULE: Rule = Rule::Zil;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_rules_and_files_use_their_names() {
        for (i, row) in RULES.iter().enumerate() {
            assert_eq!(row.rule as usize, i);
            assert_eq!(named(row.name), Some(row.rule));
            let written = serde_json::to_string(&row.rule).unwrap();
            assert_eq!(written, format!("{:?}", row.name));
        }
        assert_eq!(named("zIL"), None);
    }

    #[test]
    fn no_two_rules_look_alike() {
        for (i, a) in RULES.iter().enumerate() {
            for b in &RULES[..i] {
                assert_ne!(a.look.marker, b.look.marker);
                assert_ne!(a.look.dash, b.look.dash);
                assert!((0..2).all(|ground| a.look.ink[ground] != b.look.ink[ground]));
            }
        }
    }
}
