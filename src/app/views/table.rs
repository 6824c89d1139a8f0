//! The table of views: what stands in tiles, where, and for which data. A view that is added is a file and a row here.

use super::{
    board, browser, compare, contributions, energy, fit, inspector, maps, misses, network, plane,
    race, twin, twins, wave,
};
use crate::app::arrangement::Kind;
use crate::app::kit::icons::Icon;
use crate::app::layout::Layout;
use crate::app::state::Frame;
use egui::Ui;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where a view stands in a layout. Views that share a slot are tabs of one tile, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A low strip above everything, without tabs.
    Strip,
    /// The large one of the middle.
    Top,
    /// At its left, where there are two.
    TopLeft,
    /// Below it, from the left.
    LowLeft,
    /// Below it, between two others.
    LowMiddle,
    /// Below it, on the right.
    LowRight,
    /// The upper one of the right-hand panel.
    SideTop,
    /// The lower one of the right-hand panel.
    SideBottom,
    /// No tile: only a tab where the window is too small for tiles.
    TabOnly,
}

/// One row of [`VIEWS`].
pub struct View {
    /// The name under which layouts remember it.
    pub id: &'static str,
    /// The title of its tab.
    pub title: &'static str,
    /// The icon of its rail.
    pub icon: Icon,
    /// Draws it.
    pub ui: fn(&mut Ui, &mut Frame<'_>),
    /// The caption at the right of its tab bar; empty for none.
    pub caption: fn(&Frame<'_>) -> String,
    /// Its numbers as a table.
    pub twin: twins::Make,
    /// The layouts that have it, and where.
    pub places: &'static [(Layout, Slot)],
    /// The kinds of data that it is for.
    pub applies: &'static [Kind],
}

fn no_caption(_: &Frame<'_>) -> String {
    String::new()
}

/// All views, in the order in which tabs list them.
pub static VIEWS: [View; 23] = [
    View {
        id: "Dials",
        title: "Level by level",
        icon: Icon::Exact,
        ui: compare::hero,
        caption: no_caption,
        twin: twins::against,
        places: &[(Layout::Compare, Slot::Top)],
        applies: &Kind::ALL,
    },
    View {
        id: "Network",
        title: "Network",
        icon: Icon::Network,
        ui: network::ui,
        caption: network::caption,
        twin: twins::network,
        places: &[
            (Layout::Teach, Slot::Top),
            (Layout::Explore, Slot::Top),
            (Layout::Present, Slot::Top),
        ],
        applies: &Kind::ALL,
    },
    View {
        id: "Plane",
        title: "Plane of inputs",
        icon: Icon::Plane,
        ui: plane::ui,
        caption: plane::caption,
        twin: twins::plane,
        places: &[
            (Layout::Teach, Slot::TopLeft),
            (Layout::Train, Slot::SideTop),
            (Layout::Present, Slot::TabOnly),
        ],
        applies: &[Kind::Plane],
    },
    View {
        id: "Proof",
        title: "The proof, step by step",
        icon: Icon::Exact,
        ui: compare::proof,
        caption: no_caption,
        twin: twins::proof,
        places: &[(Layout::Compare, Slot::LowLeft)],
        applies: &Kind::ALL,
    },
    View {
        id: "Wave",
        title: "Error wave",
        icon: Icon::Wave,
        ui: wave::ui,
        caption: no_caption,
        twin: twins::wave,
        places: &[
            (Layout::Teach, Slot::LowLeft),
            (Layout::Explore, Slot::LowLeft),
            (Layout::Compare, Slot::LowRight),
            (Layout::Present, Slot::TabOnly),
        ],
        applies: &Kind::ALL,
    },
    View {
        id: "Contributions",
        title: "Shared weights",
        icon: Icon::Columns,
        ui: contributions::ui,
        caption: contributions::caption,
        twin: twins::shares,
        places: &[
            (Layout::Teach, Slot::LowRight),
            (Layout::Present, Slot::TabOnly),
        ],
        applies: &[Kind::Sequence, Kind::SequenceOfValues],
    },
    View {
        id: "Energy",
        title: "Energy",
        icon: Icon::Curve,
        ui: energy::ui,
        caption: energy::caption,
        twin: twins::energy,
        places: &[(Layout::Explore, Slot::LowMiddle)],
        applies: &Kind::ALL,
    },
    View {
        id: "Stopped",
        title: "If it stopped at t",
        icon: Icon::Curve,
        ui: energy::stopped,
        caption: energy::stopped_caption,
        twin: twins::stopped,
        places: &[(Layout::Explore, Slot::LowRight)],
        applies: &Kind::ALL,
    },
    View {
        id: "Maps",
        title: "Feature maps",
        icon: Icon::Grid,
        ui: maps::ui,
        caption: maps::caption,
        twin: twins::maps,
        places: &[
            (Layout::Teach, Slot::LowRight),
            (Layout::Present, Slot::TabOnly),
        ],
        applies: &Kind::ALL,
    },
    View {
        id: "Against",
        title: "Against backprop",
        icon: Icon::Exact,
        ui: compare::panel,
        caption: no_caption,
        twin: twins::against,
        places: &[
            (Layout::Teach, Slot::SideTop),
            (Layout::Explore, Slot::SideTop),
            (Layout::Present, Slot::SideTop),
        ],
        applies: &Kind::ALL,
    },
    View {
        id: "Count",
        title: "Weights that differ",
        icon: Icon::Columns,
        ui: race::hero,
        caption: no_caption,
        twin: twins::count,
        places: &[
            (Layout::Teach, Slot::TabOnly),
            (Layout::Train, Slot::Strip),
            (Layout::Present, Slot::TabOnly),
        ],
        applies: &Kind::ALL,
    },
    View {
        id: "Fit",
        title: "Predicted against true",
        icon: Icon::Plane,
        ui: fit::ui,
        caption: fit::caption,
        twin: twins::fit,
        places: &[(Layout::Train, Slot::TopLeft)],
        applies: &Kind::VALUES,
    },
    View {
        id: "Loss",
        title: "Training loss",
        icon: Icon::Curve,
        ui: race::loss,
        caption: race::loss_caption,
        twin: twins::loss,
        places: &[(Layout::Train, Slot::Top)],
        applies: &Kind::ALL,
    },
    View {
        id: "Board",
        title: "Board of lanes",
        icon: Icon::Table,
        ui: board::ui,
        caption: board::caption,
        twin: twins::lanes,
        places: &[(Layout::Train, Slot::Top)],
        applies: &Kind::ALL,
    },
    View {
        id: "Accuracy",
        title: "Accuracy",
        icon: Icon::Curve,
        ui: race::accuracy,
        caption: race::accuracy_caption,
        twin: twins::scores,
        places: &[(Layout::Train, Slot::LowLeft)],
        applies: &Kind::CLASSES,
    },
    View {
        id: "Explained",
        title: "R² over updates",
        icon: Icon::Curve,
        ui: race::explained,
        caption: race::explained_caption,
        twin: twins::scores,
        places: &[(Layout::Train, Slot::LowLeft)],
        applies: &Kind::VALUES,
    },
    View {
        id: "Distance",
        title: "Weight distance to BP",
        icon: Icon::Curve,
        ui: race::distance,
        caption: race::distance_caption,
        twin: twins::distance,
        places: &[(Layout::Train, Slot::LowRight)],
        applies: &Kind::ALL,
    },
    View {
        id: "Switches",
        title: "What each switch does",
        icon: Icon::Swap,
        ui: compare::switches,
        caption: no_caption,
        twin: twins::switches,
        places: &[(Layout::Compare, Slot::SideTop)],
        applies: &Kind::ALL,
    },
    View {
        id: "FirstWrong",
        title: "First wrong number",
        icon: Icon::Different,
        ui: compare::first_wrong,
        caption: no_caption,
        twin: twins::first_wrong,
        places: &[(Layout::Compare, Slot::SideBottom)],
        applies: &Kind::ALL,
    },
    View {
        id: "Confusion",
        title: "Confusion",
        icon: Icon::Grid,
        ui: browser::confusion,
        caption: no_caption,
        twin: twins::confusion,
        places: &[(Layout::Train, Slot::SideTop)],
        applies: &Kind::CLASSES,
    },
    View {
        id: "Misses",
        title: "Largest misses",
        icon: Icon::Misses,
        ui: misses::ui,
        caption: misses::caption,
        twin: twins::fit,
        places: &[(Layout::Train, Slot::SideTop)],
        applies: &Kind::VALUES,
    },
    View {
        id: "Browser",
        title: "Examples",
        icon: Icon::Pictures,
        ui: browser::browser,
        caption: browser::caption,
        twin: twins::examples,
        places: &[(Layout::Train, Slot::SideBottom)],
        applies: &Kind::ALL,
    },
    View {
        id: "Inspector",
        title: "Inspector",
        icon: Icon::Lens,
        ui: inspector::ui,
        caption: no_caption,
        twin: twins::inspector,
        places: &[
            (Layout::Teach, Slot::SideBottom),
            (Layout::Explore, Slot::SideBottom),
            (Layout::Present, Slot::SideBottom),
        ],
        applies: &Kind::ALL,
    },
];

impl View {
    /// Draws it: its picture, or its numbers where those are chosen.
    pub fn show(&'static self, ui: &mut Ui, frame: &mut Frame<'_>) {
        let place = (self.id, ui.max_rect().intersect(ui.clip_rect()));
        frame.view.found.views.borrow_mut().push(place);
        match frame.view.numbers.contains(self.id) {
            true => {
                // What the hint bar covers is no place for rows.
                let foot = if self.id == "Network" {
                    frame.foot
                } else {
                    0.0
                };
                let actions = twin::show(ui, (self.id, self.title), (self.twin)(frame), foot);
                frame.actions.extend(actions);
            }
            false => (self.ui)(ui, frame),
        }
    }

    /// What stands in its bar beside the title, if it has tools.
    pub fn tools(&self) -> Option<fn(&mut Ui, &mut Frame<'_>)> {
        (self.id == "Network").then_some(network::tools)
    }

    /// Where it stands in a layout for a kind of data, if it does.
    fn slot(&self, layout: Layout, kind: Kind) -> Option<Slot> {
        let here = self.places.iter().find(|place| place.0 == layout);
        here.filter(|_| self.applies.contains(&kind))
            .map(|place| place.1)
    }
}

/// A view that stands in a tile.
#[derive(Clone, Copy)]
pub struct Pane(&'static View);

impl Pane {
    /// Those of a layout for a kind of data, with their slots.
    pub fn all(layout: Layout, kind: Kind) -> impl Iterator<Item = (Self, Slot)> {
        let placed = move |view: &'static View| Some((Self(view), view.slot(layout, kind)?));
        VIEWS.iter().filter_map(placed)
    }

    /// Those that share a slot of a layout.
    pub fn of(layout: Layout, kind: Kind, slot: Slot) -> Vec<Self> {
        let here = Self::all(layout, kind).filter(|placed| placed.1 == slot);
        here.map(|placed| placed.0).collect()
    }

    /// The view of that id.
    pub fn named(id: &str) -> Option<Self> {
        VIEWS.iter().find(|view| view.id == id).map(Self)
    }

    /// The row.
    pub fn view(self) -> &'static View {
        self.0
    }
}

impl PartialEq for Pane {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Pane {}

impl std::fmt::Debug for Pane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}

impl Serialize for Pane {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.0.id)
    }
}

impl<'de> Deserialize<'de> for Pane {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let id = String::deserialize(d)?;
        Self::named(&id)
            .ok_or_else(|| serde::de::Error::custom(format!("no view is called {id:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn views_are_told_apart_and_each_has_a_place() {
        let ids: HashSet<_> = VIEWS.iter().map(|view| view.id).collect();
        let titles: HashSet<_> = VIEWS.iter().map(|view| view.title).collect();
        assert_eq!((ids.len(), titles.len()), (VIEWS.len(), VIEWS.len()));
        for view in &VIEWS {
            assert!(!view.places.is_empty() && !view.applies.is_empty());
            let layouts: HashSet<_> = view.places.iter().map(|place| place.0).collect();
            assert_eq!(layouts.len(), view.places.len(), "{}", view.id);
        }
    }

    #[test]
    fn icons_of_a_rail_are_told_apart() {
        use crate::app::arrangement::side;
        for layout in Layout::ALL {
            for kind in Kind::ALL {
                let icons: Vec<&str> = side(layout, kind)
                    .iter()
                    .map(|pane| pane.view().icon.name())
                    .collect();
                let apart: HashSet<_> = icons.iter().collect();
                assert_eq!(apart.len(), icons.len(), "{layout:?} {kind:?} {icons:?}");
            }
        }
    }

    #[test]
    fn a_pane_is_remembered_by_its_name() {
        for view in &VIEWS {
            let text = serde_json::to_string(&Pane(view)).unwrap();
            assert_eq!(text, format!("{:?}", view.id));
            assert_eq!(serde_json::from_str::<Pane>(&text).unwrap(), Pane(view));
        }
        assert!(serde_json::from_str::<Pane>("\"Nothing\"").is_err());
    }
}
