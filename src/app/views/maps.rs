//! The maps view.
