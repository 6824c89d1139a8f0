//! What the microscope is to show: one desired state, changed where it is asked for; the newest counts.

use crate::experiment::interventions::Entry;
use crate::experiment::lane::LaneId;
use crate::learning::{Conditions, Inference, OptimiserSettings, Rule};
use std::sync::Arc;

/// What the microscope can be told: each changes the one [`Wish`].
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "a few hundred bytes per user action are not worth a box"
)]
pub enum ScopeCommand {
    /// Compute states up to t.
    RunTo(usize),
    /// Look at another example.
    Example(usize),
    /// Look at an input made by hand.
    Draw(Arc<Drawn>),
    /// Infer by another rule.
    Rule {
        /// The rule.
        rule: Rule,
        /// Inference of IL and its kin.
        inference: Inference,
        /// The conditions of Z-IL.
        conditions: Conditions,
        /// How the compared update is applied.
        optimiser: OptimiserSettings,
    },
    /// Do these things to the example, and no others.
    Interventions(Arc<Vec<Entry>>),
    /// Take the weights from another lane of the race.
    Lane(LaneId),
    /// Look at the weights after so many updates of the race, or at the newest, whatever they come to.
    At(Option<u64>),
    /// Look at these two runs of the race side by side, or at none.
    Beside(Option<[char; 2]>),
    /// Work out what each switch does, now and after every change.
    Switches(bool),
    /// Work out what the network says all over the plane of its two inputs, now and after every change of weights.
    Plane(bool),
    /// Work out the limit of γ, now (on threads of its own the session does so whenever it rests).
    Stability,
}

/// An input made by hand, with what it is meant to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Values in the layout of the data set (channel, row, column).
    pub input: Vec<f64>,
    /// The class it is meant as.
    pub label: usize,
    /// Of a sequence, the steps it lacks at its front.
    pub missing: u32,
}

/// Everything the microscope is to show. A newer wish takes the place of an older one, whether that has been met or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Index of the example in its data set; with `drawn`, the one looked at before.
    pub example: usize,
    /// An input made by hand in its place.
    pub drawn: Option<Arc<Drawn>>,
    /// The rule that infers.
    pub rule: Rule,
    /// Inference of IL and its kin.
    pub inference: Inference,
    /// The conditions of Z-IL.
    pub conditions: Conditions,
    /// How the compared update is applied.
    pub optimiser: OptimiserSettings,
    /// What is done to the example.
    pub interventions: Arc<Vec<Entry>>,
    /// The lane of the race whose weights are looked at.
    pub lane: LaneId,
    /// After so many updates of the race; `None` follows it.
    pub at: Option<u64>,
    /// States up to this one.
    pub up_to: usize,
    /// Two runs of the race side by side.
    pub beside: Option<[char; 2]>,
    /// The table of switches.
    pub switches: bool,
    /// The plane of two inputs.
    pub plane: bool,
    /// How often the limit of γ was asked for at once.
    pub limits: u64,
    /// How often the engine was to panic.
    #[cfg(test)]
    pub panics: u64,
}

impl Wish {
    /// Changes the wish. Of another input, state 0 is wanted.
    pub fn change(&mut self, command: ScopeCommand) {
        let mut new = self.clone();
        match command {
            ScopeCommand::RunTo(t) => new.up_to = new.up_to.max(t),
            ScopeCommand::Example(example) => (new.example, new.drawn) = (example, None),
            ScopeCommand::Draw(drawn) => new.drawn = Some(drawn),
            ScopeCommand::Rule {
                rule,
                inference,
                conditions,
                optimiser,
            } => {
                (new.rule, new.inference, new.conditions, new.optimiser) =
                    (rule, inference, conditions, optimiser)
            }
            ScopeCommand::Interventions(all) => new.interventions = all,
            ScopeCommand::Lane(id) => new.lane = id,
            ScopeCommand::At(update) => new.at = update,
            ScopeCommand::Beside(runs) => new.beside = runs,
            ScopeCommand::Switches(on) => new.switches = on,
            ScopeCommand::Plane(on) => new.plane = on,
            ScopeCommand::Stability => new.limits += 1,
        }
        // Inferred in another way, as many states are wanted as before.
        if !new.same_input(self) {
            new.up_to = 0;
        }
        *self = new;
    }

    /// True if both look at the same input.
    pub fn same_input(&self, other: &Self) -> bool {
        self.example == other.example && self.drawn == other.drawn
    }

    /// True if both want states of one phase of inference: the same input, inferred in the same way.
    pub fn same_phase(&self, other: &Self) -> bool {
        self.same_input(other)
            && self.rule == other.rule
            && self.inference == other.inference
            && self.conditions == other.conditions
            && self.optimiser == other.optimiser
            && self.interventions == other.interventions
    }
}
