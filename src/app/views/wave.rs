//! The wave view.
