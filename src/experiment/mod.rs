//! experiment
pub mod bench;
pub mod checkpoint;
pub mod contributions;
pub mod data;
pub mod estimate;
pub mod file;
pub mod memory;
pub mod microscope;
pub mod numbers;
pub mod plane;
pub mod propose;
pub mod race;
pub mod save;
pub mod series;
pub mod session;
pub mod trace;
pub mod verify;
