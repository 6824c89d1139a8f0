//! The command table: every key, menu entry and palette entry is one row.

/// Something a user can do, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Play or pause.
    PlayPause,
    /// One state forward.
    StepForward,
    /// One state back.
    StepBack,
    /// Show or hide the conditions tray.
    BreakIt,
}
