//! How a network runs and learns: state, the inference step, schedules, backpropagation, optimisers, comparison.
//!
//! No files, no clocks; threads only in [`shard`].

pub mod backprop;
pub mod clamps;
pub mod compare;
pub mod cost;
pub mod evaluator;
pub mod inference;
pub mod interventions;
mod law;
pub mod learner;
mod noise;
pub mod optimiser;
pub mod phase;
pub mod prior;
pub mod rule;
pub mod run_state;
pub mod schedule;
pub mod shard;
pub mod stability;
pub mod state;

pub use backprop::{Backprop, Fixed};
pub use clamps::{ClampError, Clamps};
pub use compare::{Distance, Idle, Judgement, LevelComparison, Verdict};
pub use evaluator::Evaluator;
pub use inference::{Energetics, Inference, Precisions, one_or_more};
pub use interventions::{
    Act, Intervention, InterventionError, Interventions, Standing, follows_start,
};
pub use learner::{Learner, Method, UpdateError, UpdateReport};
pub use optimiser::{Optimiser, OptimiserKind, OptimiserSettings};
pub use phase::{Apply, Deed, Parameters, Phase, Place};
pub use prior::{InputPrior, PriorKind};
pub use rule::{Course, GammaLimit, Marker, REFERENCE, RULES, Rule};
pub use run_state::RunState;
pub use schedule::{Capture, Conditions, Epsilon, Fault, Order, Path, Schedule, Shared, Start};
pub use shard::{Batch, Examples, Interrupt, Pool, Uninterrupted, While};
pub use stability::Stability;
pub use state::State;
