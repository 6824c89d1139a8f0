//! How a network runs and learns: state, the inference step, schedules, backpropagation, optimisers, comparison.
//!
//! No files, no clocks; threads only in [`shard`].

pub mod backprop;
pub mod compare;
pub mod learner;
pub mod optimiser;
pub mod schedule;
pub mod shard;
pub mod state;

pub use backprop::Backprop;
pub use compare::{Distance, LevelComparison, Verdict};
pub use learner::{Learner, Method, UpdateError, UpdateReport};
pub use optimiser::Sgd;
pub use schedule::{
    Capture, Conditions, Epsilon, Fault, Order, Path, Rule, Schedule, Shared, Start,
};
pub use shard::{Batch, Interrupt, Pool, Uninterrupted};
pub use state::State;
