//! experiment
pub mod bench;
pub mod checkpoint;
pub mod data;
pub mod estimate;
pub mod file;
pub mod microscope;
pub mod numbers;
pub mod propose;
pub mod race;
pub mod save;
pub mod series;
pub mod session;
pub mod trace;
pub mod verify;
