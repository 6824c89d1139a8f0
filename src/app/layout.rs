//! The layouts: which views stand where.

use serde::{Deserialize, Serialize};

/// How many times as large the layout for a projector is drawn in a window of 1920 × 1080: the smallest letters then are 24 pixels high.
pub const FAR: f32 = 2.3;

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
    /// Network, wave and one sentence, without chrome, to be read from the back row.
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

    /// How many times as large it is drawn in a window of so many points: what is shown to a room has to be as large a part of the
    /// window, however large that is.
    pub fn enlarged(self, window: egui::Vec2) -> f32 {
        if self != Self::Present {
            return 1.0;
        }
        let part = (window.x / 1920.0).min(window.y / 1080.0);
        // In steps: letters are drawn anew for every one.
        let factor = (FAR * part * 20.0 + 1e-3).floor() / 20.0;
        factor.clamp(1.0, MOST_FAR)
    }
}

/// The most that a layout is enlarged.
pub const MOST_FAR: f32 = 5.0;
