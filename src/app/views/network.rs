//! The network view.
