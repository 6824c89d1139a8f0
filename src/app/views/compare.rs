//! The compare view.
use crate::app::state::Frame;
use egui::Ui;
/// x
pub fn panel(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn strip(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn hero(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn proof(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn switches(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn first_wrong(_ui: &mut Ui, _f: &mut Frame<'_>) {}
