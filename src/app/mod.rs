//! The desktop window: look, widgets and panels.
//!
//! `theme`, `text` and `format` say how things look and how numbers are written; `raster` and
//! `headless` draw the same interface into a picture without a window; `kit` holds the widgets.

pub mod commands;
#[cfg(test)]
pub mod fixture;
pub mod format;
pub mod headless;
pub mod kit;
pub mod layout;
pub mod raster;
pub mod state;
pub mod text;
pub mod theme;
pub mod views;
pub mod body;
pub mod dialogs;
pub mod panels;
pub mod run;
pub mod scenes;
pub mod settings;
pub mod window;
pub mod bench;
#[cfg(test)]
mod window_test;
