//! pcscope: an oscilloscope for predictive coding networks.
pub mod data;
pub mod experiment;
pub mod learning;
pub mod network;
#[cfg(feature = "window")]
pub mod app;
pub mod cli;
