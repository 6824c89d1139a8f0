//! The race view.
use crate::app::state::Frame;
use egui::Ui;
/// x
pub fn lanes(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn hero(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn loss(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn accuracy(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn distance(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn loss_caption(_f: &Frame<'_>) -> String {
    String::new()
}
