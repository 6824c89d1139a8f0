//! Which views stand where, in every layout and for every kind of data.

use super::body::Place;
use super::layout::Layout;
use super::state::Frame;
use super::views::table::{Pane, Slot};
use super::views::unrolled;
use crate::data::Targets;
use crate::experiment::plane::is_plane;
use egui::Id;
use egui_tiles::{Linear, LinearDir, TileId, Tiles, Tree};

/// What the data and the network are like, as far as it changes which views are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Images, or numbers of any count.
    Any,
    /// Points of a plane.
    Plane,
    /// Sequences, seen by a recurrent network.
    Sequence,
    /// As the first, to be answered with values.
    Values,
    /// Sequences, seen by a recurrent network, to be answered with values.
    SequenceOfValues,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::Any,
        Self::Plane,
        Self::Sequence,
        Self::Values,
        Self::SequenceOfValues,
    ];

    /// Those whose targets are classes.
    pub const CLASSES: [Self; 3] = [Self::Any, Self::Plane, Self::Sequence];

    /// Those whose targets are values.
    pub const VALUES: [Self; 2] = [Self::Values, Self::SequenceOfValues];

    /// The kind of what is at work.
    pub fn of(frame: &Frame<'_>) -> Self {
        let values = matches!(frame.data.targets(), Targets::Values { .. });
        match (values, unrolled::applies(frame.micro)) {
            _ if is_plane(frame.data) => Self::Plane,
            (true, true) => Self::SequenceOfValues,
            (true, false) => Self::Values,
            (false, true) => Self::Sequence,
            (false, false) => Self::Any,
        }
    }
}

/// The name under which the tiles of a layout's place are remembered.
pub fn key(layout: Layout, kind: Kind, place: Place) -> String {
    match kind {
        Kind::Any => format!("{} {place:?}", layout.name()),
        _ => format!("{} {place:?} {kind:?}", layout.name()),
    }
}

/// The rows of a layout's place, from the top: how high each is, and the slots beside each other in it with their widths.
fn rows(layout: Layout, kind: Kind, place: Place) -> &'static [(f32, &'static [(Slot, f32)])] {
    match (layout, place) {
        (Layout::Train, Place::Centre) if Kind::VALUES.contains(&kind) => &[
            (112.0, &[(Slot::Strip, 1.0)]),
            (316.0, &[(Slot::TopLeft, 410.0), (Slot::Top, 336.0)]),
            (224.0, &[(Slot::LowLeft, 373.0), (Slot::LowRight, 373.0)]),
        ],
        // Of points of a plane, where they lie says most.
        (Layout::Teach, Place::Centre) if kind == Kind::Plane => &[
            (438.0, &[(Slot::TopLeft, 376.0), (Slot::Top, 420.0)]),
            (214.0, &[(Slot::LowLeft, 318.0), (Slot::LowRight, 477.0)]),
        ],
        (Layout::Teach, Place::Centre) => &[
            (438.0, &[(Slot::Top, 1.0)]),
            (214.0, &[(Slot::LowLeft, 318.0), (Slot::LowRight, 477.0)]),
        ],
        (Layout::Explore, Place::Centre) => &[
            (498.0, &[(Slot::Top, 1.0)]),
            (
                210.0,
                &[
                    (Slot::LowLeft, 400.0),
                    (Slot::LowMiddle, 300.0),
                    (Slot::LowRight, 315.0),
                ],
            ),
        ],
        (Layout::Train, Place::Centre) => &[
            (112.0, &[(Slot::Strip, 1.0)]),
            (296.0, &[(Slot::Top, 1.0)]),
            (244.0, &[(Slot::LowLeft, 373.0), (Slot::LowRight, 373.0)]),
        ],
        (Layout::Compare, Place::Centre) => &[
            (408.0, &[(Slot::Top, 1.0)]),
            (244.0, &[(Slot::LowLeft, 399.0), (Slot::LowRight, 396.0)]),
        ],
        (Layout::Present, Place::Centre) => &[(1.0, &[(Slot::Top, 1.0)])],
        (Layout::Teach | Layout::Explore | Layout::Present, Place::Side) => &[
            (308.0, &[(Slot::SideTop, 1.0)]),
            (344.0, &[(Slot::SideBottom, 1.0)]),
        ],
        (Layout::Train, Place::Side) => &[
            (364.0, &[(Slot::SideTop, 1.0)]),
            (288.0, &[(Slot::SideBottom, 1.0)]),
        ],
        (Layout::Compare, Place::Side) => &[
            (476.0, &[(Slot::SideTop, 1.0)]),
            (176.0, &[(Slot::SideBottom, 1.0)]),
        ],
    }
}

/// The views of a layout's right-hand panel.
pub fn side(layout: Layout, kind: Kind) -> Vec<Pane> {
    let slots = [Slot::SideTop, Slot::SideBottom].into_iter();
    slots
        .flat_map(|slot| Pane::of(layout, kind, slot))
        .collect()
}

/// The tiles of a layout's place, as they come.
pub fn build(layout: Layout, kind: Kind, place: Place) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    // A layout of one view needs no tab, and a strip has no room for one.
    let bare = |slot| slot == Slot::Strip || layout == Layout::Present && slot == Slot::Top;
    let mut parts = Vec::new();
    for &(height, slots) in rows(layout, kind, place) {
        let mut row = Vec::new();
        for &(slot, width) in slots {
            let panes = Pane::of(layout, kind, slot);
            let ids: Vec<_> = panes.iter().map(|p| tiles.insert_pane(*p)).collect();
            match ids[..] {
                [alone] if bare(slot) => row.push((alone, width)),
                _ => row.push((tiles.insert_tab_tile(ids), width)),
            }
        }
        match row[..] {
            [(alone, _)] => parts.push((alone, height)),
            _ => {
                let row = linear(&mut tiles, LinearDir::Horizontal, &row);
                parts.push((row, height));
            }
        }
    }
    let root = linear(&mut tiles, LinearDir::Vertical, &parts);
    Tree::new(Id::unique(("tiles", key(layout, kind, place))), root, tiles)
}

fn linear(tiles: &mut Tiles<Pane>, direction: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut container = Linear::new(direction, parts.iter().map(|p| p.0).collect());
    for &(id, share) in parts {
        container.shares.set_share(id, share);
    }
    tiles.insert_container(container)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_of_a_layout_holds_a_view_and_every_view_with_a_tile_has_its_slot() {
        for layout in Layout::ALL {
            for kind in Kind::ALL {
                let slots: Vec<Slot> = [Place::Centre, Place::Side]
                    .into_iter()
                    .flat_map(|place| rows(layout, kind, place))
                    .flat_map(|row| row.1.iter().map(|slot| slot.0))
                    .collect();
                for &slot in &slots {
                    assert!(
                        !Pane::of(layout, kind, slot).is_empty(),
                        "{layout:?} {slot:?}"
                    );
                }
                for (pane, slot) in Pane::all(layout, kind) {
                    let tile = slots.contains(&slot);
                    assert_eq!(tile, slot != Slot::TabOnly, "{layout:?} {pane:?}");
                }
            }
        }
    }
}
