//! The views: one file each, all drawn from one [`super::state::Frame`].

pub mod browser;
pub mod compare;
mod compare_hero;
pub mod contributions;
pub mod energy;
pub mod equations;
pub mod fit;
pub mod headline;
pub mod inspector;
mod lanes;
pub mod levels;
pub mod maps;
pub mod misses;
pub mod network;
mod network_arrows;
pub mod network_layout;
mod network_legend;
mod network_pointer;
mod network_rows;
pub mod plane;
mod proof;
pub mod race;
mod race_headline;
mod race_plot;
mod runs;
pub mod steps;
mod switches;
pub mod table;
pub mod terms;
pub mod unrolled;
mod unrolled_layout;
mod unrolled_output;
pub mod vertices;
pub mod wave;

pub use runs::in_words;
