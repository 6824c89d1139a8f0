//! pcscope: an oscilloscope for predictive coding networks.
#[cfg(feature = "window")]
pub mod app;
pub mod cli;
pub mod data;
pub mod experiment;
pub mod learning;
pub mod network;
