//! The race view.
