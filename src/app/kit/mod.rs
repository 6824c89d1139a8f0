//! The widgets of the window, one per file.
