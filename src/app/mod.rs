//! The desktop window: look, widgets and panels.
//!
//! `theme`, `text` and `format` say how things look and how numbers are written; `raster` and
//! `headless` draw the same interface into a picture without a window; `kit` holds the widgets.

pub mod arrangement;
pub mod bench;
pub mod body;
pub mod commands;
pub mod data_dialog;
mod dialog;
pub mod dialogs;
#[cfg(test)]
pub mod fixture;
pub mod format;
pub mod frame_times;
#[cfg(test)]
mod freeze_test;
pub mod headless;
#[cfg(test)]
mod headline_test;
#[cfg(test)]
mod history_test;
#[cfg(test)]
mod kept_start_test;
#[cfg(test)]
mod kept_test;
pub mod kit;
pub mod layout;
pub mod memory;
#[cfg(test)]
mod numbers_test;
pub mod pace;
mod pad;
pub mod panels;
pub mod predict_dialog;
#[cfg(test)]
mod preview_test;
pub mod purpose;
pub mod raster;
#[cfg(test)]
mod regression_test;
#[cfg(test)]
mod robot;
#[cfg(test)]
mod room_test;
pub mod run;
#[cfg(test)]
mod runs_test;
pub mod scaling;
pub mod scenes;
pub mod settings;
pub mod state;
pub mod svg;
#[cfg(test)]
mod testing;
pub mod text;
pub mod theme;
#[cfg(test)]
mod validation_test;
pub mod views;
pub mod window;
#[cfg(test)]
mod window_inputs_test;
#[cfg(test)]
mod window_test;
