//! The browser view.
use crate::app::state::Frame;
use egui::Ui;
/// x
pub fn browser(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn confusion(_ui: &mut Ui, _f: &mut Frame<'_>) {}
/// x
pub fn caption(_f: &Frame<'_>) -> String {
    String::new()
}
