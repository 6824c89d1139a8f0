//! The compare view.
