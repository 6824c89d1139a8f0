//! The views: one file each, all drawn from one [`super::state::Frame`].

pub mod browser;
pub mod compare;
pub mod energy;
pub mod inspector;
pub mod maps;
pub mod network;
pub mod network_layout;
pub mod race;
pub mod wave;
