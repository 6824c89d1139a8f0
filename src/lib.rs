//! pcscope: an oscilloscope for predictive coding networks.
//!
//! The program is this library with a `main`. Dependencies point one way: [`network`] ← [`learning`] ← [`experiment`] ←
//! `app` (the window) and [`cli`], and [`data`] ← [`experiment`]. Without the default feature `window` there is no `app`.
//!
//! A network as a file writes it, ten updates by backpropagation and by Z-IL, and not one bit of their weights apart:
//!
//! ```
//! use pcscope::experiment::{file::Experiment, lane::LaneSpec, loading::load_data, setup::Setup, trainer::{Scoring, Trainer}};
//! use pcscope::learning::{Rule, compare::distance};
//! use std::sync::Arc;
//!
//! let text = r#"
//!     format = 1
//!     data = { source = "moons" }
//!     network = { layers = [{ dense = 8 }, { dense = 8 }, { dense = 2 }] }
//!     learning = { rate = 0.1, batch = 32 }
//! "#;
//! let experiment = Experiment::parse(text, "the example", &[])?;
//! let data = load_data(&experiment)?;
//! let setup = Arc::new(Setup::<f32>::new(experiment, data)?);
//! let lanes = [Rule::Bp, Rule::Zil].map(|rule| LaneSpec::of(&setup.experiment, rule));
//! let mut trainer = Trainer::new(Arc::clone(&setup), lanes, 1, Scoring::NEVER);
//! trainer.run(10);
//! let [bp, zil] = [0, 1].map(|lane| trainer.race.lanes[lane].learner.weights().values());
//! let apart = distance(zil, bp, setup.initial.values());
//! assert!(apart.moved > 0);
//! assert_eq!(apart.differing_bits, 0);
//! # Ok::<(), pcscope::experiment::file::ExperimentError>(())
//! ```
//!
//! `examples/` has the same from its parts: one phase of inference (`phase.rs`), training side by side (`exact.rs`), and a rule
//! that is made outside the crate (`own_rule.rs`).
#[cfg(feature = "window")]
pub mod app;
pub mod cli;
pub mod data;
pub mod experiment;
pub mod learning;
pub mod network;
