//! experiment
pub mod verify;
