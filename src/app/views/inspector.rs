//! The inspector view.
