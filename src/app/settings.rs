//! What the window remembers between runs of the program.

use super::layout::Layout;
use super::theme::Theme;
use serde::{Deserialize, Serialize};

/// Remembered settings. Unknown or broken ones are dropped as a whole: the window then opens as at first launch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The theme.
    pub theme: Theme,
    /// The layout shown.
    pub layout: Layout,
    /// The arrangement of tiles, per layout, where the user changed it.
    pub tiles: Option<String>,
    /// The last experiment, as TOML.
    pub experiment: Option<String>,
    /// The hint bar was closed.
    pub hint_closed: bool,
    /// The chip "Break it" was used.
    pub broke_it: bool,
    /// The chip "Draw your own digit" was used.
    pub drew: bool,
    /// Something was trained.
    pub trained: bool,
    /// Files and folders opened, the latest first.
    pub recent: Vec<String>,
    /// Full screen.
    #[serde(skip)]
    pub full_screen: bool,
}
