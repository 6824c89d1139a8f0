//! The desktop window: look, widgets and panels.
//!
//! `theme`, `text` and `format` say how things look and how numbers are written; `raster` and
//! `headless` draw the same interface into a picture without a window; `kit` holds the widgets.

pub mod animation;
pub mod arrangement;
pub mod autosave;
pub mod bench;
#[cfg(test)]
mod beside_test;
#[cfg(test)]
mod board_test;
pub mod body;
#[cfg(test)]
mod comfort_test;
pub mod commands;
#[cfg(test)]
mod commands_test;
pub mod data_dialog;
mod dialog;
pub mod dialogs;
#[cfg(test)]
mod edits_test;
pub mod explain;
#[cfg(test)]
mod explained_test;
pub mod export;
mod export_dialog;
#[cfg(test)]
mod export_test;
mod exporting;
pub mod figure;
mod file_url;
#[cfg(test)]
pub mod fixture;
pub mod format;
pub mod frame_times;
#[cfg(test)]
mod freeze_test;
#[cfg(test)]
mod halves_test;
pub mod hands;
#[cfg(test)]
mod hands_test;
pub mod headless;
#[cfg(test)]
mod headline_test;
#[cfg(test)]
mod history_test;
mod icon;
#[cfg(test)]
mod kept_start_test;
#[cfg(test)]
mod kept_test;
#[cfg(test)]
mod keys_test;
pub mod kit;
pub mod layout;
pub mod memory;
mod naming;
#[cfg(test)]
mod numbers_test;
pub mod pace;
mod pad;
pub mod palette;
pub mod panels;
#[cfg(test)]
mod pausing_test;
pub mod playing;
#[cfg(test)]
mod plots_test;
pub mod predict_dialog;
pub mod presenter;
#[cfg(test)]
mod presenting_test;
#[cfg(test)]
mod preview_test;
pub mod purpose;
mod ranges;
pub mod raster;
#[cfg(test)]
mod reach_test;
#[cfg(test)]
mod recording_test;
pub mod region;
#[cfg(test)]
mod region_test;
#[cfg(test)]
mod regression_test;
pub mod remembered;
mod report;
#[cfg(test)]
mod robot;
#[cfg(test)]
mod room_test;
pub mod run;
#[cfg(test)]
mod run_folders_test;
#[cfg(test)]
mod runs_test;
mod save_place;
pub mod scaling;
pub mod scenes;
#[cfg(test)]
mod seen_test;
pub mod settings;
pub mod state;
pub mod svg;
#[cfg(test)]
mod testing;
pub mod text;
pub mod theme;
#[cfg(test)]
mod twins_test;
#[cfg(test)]
mod validation_test;
pub mod views;
pub mod window;
#[cfg(test)]
mod window_inputs_test;
#[cfg(test)]
mod window_test;
mod work;
