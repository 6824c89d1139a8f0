//! The energy view.
