//! The browser view.
