//! experiment
pub mod file;
pub mod microscope;
pub mod numbers;
pub mod race;
pub mod series;
pub mod session;
pub mod verify;
