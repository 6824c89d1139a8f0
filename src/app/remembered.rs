//! What widgets remember, carried from the screen to a picture of it.

use super::body::compact_tab;
use super::layout::Layout;
use super::views::race;
use egui::{Context, Id};

/// What the widgets of the screen remember and a picture shows: where lists are scrolled to, which tab and which part are in front.
/// Textures, which are of one screen alone, are not of it.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    kept: String,
    chosen: Vec<(Id, usize)>,
}

impl Remembered {
    /// What is remembered now.
    pub fn of(ctx: &Context) -> Self {
        let parts = [true, false].map(race::part_id);
        let tabs = Layout::ALL.map(compact_tab);
        ctx.data(|data| Self {
            kept: serde_json::to_string(data).unwrap_or_default(),
            chosen: (parts.into_iter().chain(tabs))
                .filter_map(|id| Some((id, data.get_temp(id)?)))
                .collect(),
        })
    }

    /// A context is to remember it.
    pub fn give(self, ctx: &Context) {
        ctx.data_mut(|data| {
            if let Ok(kept) = serde_json::from_str(&self.kept) {
                *data = kept;
            }
            for (id, chosen) in self.chosen {
                data.insert_temp(id, chosen);
            }
        });
    }
}
