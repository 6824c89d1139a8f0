//! An experiment at work: its file, one example under the microscope, rules in a race, and the claims that are checked.
//!
//! This layer stands on [`crate::learning`] and [`crate::data`]. It knows files, clocks and threads, and no window: what the window
//! and the command line both need is here.
//!
//! - [`mod@file`] is the experiment file; [`microscope`] runs one example state by state beside backpropagation; [`race`] trains
//!   several rules in lockstep.
//! - [`session`] puts a microscope and a race on threads of their own: the window asks it, and takes what is ready.
//! - [`verify`] checks every claim against independent references; [`mod@bench`] measures.
pub mod answers;
pub mod batches;
pub mod behind;
pub mod bench;
pub mod board;
pub mod checkpoint;
pub mod completion;
pub mod conclusion;
pub mod contributions;
pub mod data;
pub mod era;
mod error;
pub mod estimate;
pub mod file;
pub mod fitted;
pub mod frames;
pub mod interventions;
pub mod journal;
pub mod keep_run;
pub mod kept;
pub mod kept_race;
pub mod lane;
pub mod loading;
pub mod metrics;
pub mod microscope;
pub mod modules;
pub mod moment;
pub mod numbers;
mod open;
pub mod order;
pub mod plane;
pub mod predict;
pub mod prior;
pub mod propose;
pub mod provenance;
pub mod race;
mod recall;
pub mod recording;
pub mod replay;
pub mod run_folder;
pub mod save;
pub mod save_folder;
pub mod score;
pub mod series;
pub mod session;
pub mod setup;
pub mod spans;
pub mod standing;
pub mod tables;
pub mod trace;
pub mod trainer;
pub mod verify;
pub mod window_file;
