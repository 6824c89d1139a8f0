//! The wave view.
use crate::app::state::Frame;
use egui::Ui;
/// x
pub fn ui(_ui: &mut Ui, _f: &mut Frame<'_>) {}
