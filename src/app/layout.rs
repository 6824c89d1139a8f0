//! The layouts: which views stand where.

use serde::{Deserialize, Serialize};

/// A named arrangement of views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Layout {
    /// Network as the hero, error wave and feature maps below.
    #[default]
    Teach,
    /// Network, wave, energy and what would be applied at each t.
    Explore,
    /// The race.
    Train,
    /// The verdict, level by level.
    Compare,
    /// Network and verdict, without chrome, in large type.
    Present,
}

impl Layout {
    /// All layouts, in the order of the tabs.
    pub const ALL: [Self; 5] = [
        Self::Teach,
        Self::Explore,
        Self::Train,
        Self::Compare,
        Self::Present,
    ];

    /// The name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Teach => "Teach",
            Self::Explore => "Explore",
            Self::Train => "Train",
            Self::Compare => "Compare",
            Self::Present => "Present",
        }
    }
}
