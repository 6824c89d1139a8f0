//! The widgets of the window, one per file. None has the default look of the toolkit.
//!
//! Widgets take their colours from [`super::theme`], place text by its baseline through [`paint`], name
//! themselves in the accessibility tree, and can be reached and used from the keyboard.

pub mod axis;
pub mod badge;
pub mod bars;
pub mod button;
pub mod card;
pub mod cells;
pub mod dropdown;
pub mod field;
pub mod focus;
pub mod gallery;
pub mod gallery_panels;
pub mod icons;
pub mod legend;
pub mod maps;
pub mod notice;
pub mod paint;
pub mod panel;
mod pen;
pub mod pictures;
pub mod plot;
pub mod progress;
pub mod section;
pub mod segmented;
pub mod shown;
pub mod slider;
pub mod squares;
pub mod table;
pub mod toggle;
pub mod verdict;
