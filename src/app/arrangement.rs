//! Which views stand where, in every layout and for every kind of data.

use super::body::{Pane, Place};
use super::layout::Layout;
use super::state::Frame;
use super::views::unrolled;
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
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Any, Self::Plane, Self::Sequence];

    /// The kind of what is at work.
    pub fn of(frame: &Frame<'_>) -> Self {
        if is_plane(frame.data) {
            Self::Plane
        } else if unrolled::applies(frame.micro) {
            Self::Sequence
        } else {
            Self::Any
        }
    }
}

/// The name under which the tiles of a layout's place are remembered.
pub fn key(layout: Layout, kind: Kind, place: Place) -> String {
    match kind {
        Kind::Any => format!("{} {place:?}", layout.name()),
        Kind::Plane | Kind::Sequence => format!("{} {place:?} {kind:?}", layout.name()),
    }
}

/// The panes of a layout, in the order in which a compact window lists them as tabs.
pub fn panes(layout: Layout, kind: Kind) -> &'static [Pane] {
    match (layout, kind) {
        (Layout::Teach | Layout::Present, Kind::Plane) => &[
            Pane::Network,
            Pane::Plane,
            Pane::Wave,
            Pane::Maps,
            Pane::Against,
            Pane::Count,
            Pane::Inspector,
        ],
        (Layout::Teach | Layout::Present, Kind::Sequence) => &[
            Pane::Network,
            Pane::Wave,
            Pane::Contributions,
            Pane::Against,
            Pane::Maps,
            Pane::Count,
            Pane::Inspector,
        ],
        (Layout::Train, Kind::Plane) => &[
            Pane::Plane,
            Pane::Loss,
            Pane::Accuracy,
            Pane::Distance,
            Pane::Confusion,
            Pane::Browser,
        ],
        (Layout::Teach | Layout::Present, _) => &[
            Pane::Network,
            Pane::Wave,
            Pane::Maps,
            Pane::Against,
            Pane::Count,
            Pane::Inspector,
        ],
        (Layout::Explore, _) => &[
            Pane::Network,
            Pane::Wave,
            Pane::Energy,
            Pane::Stopped,
            Pane::Against,
            Pane::Inspector,
        ],
        (Layout::Train, _) => &[
            Pane::Loss,
            Pane::Accuracy,
            Pane::Distance,
            Pane::Confusion,
            Pane::Browser,
        ],
        (Layout::Compare, _) => &[
            Pane::Dials,
            Pane::Proof,
            Pane::Wave,
            Pane::Switches,
            Pane::FirstWrong,
        ],
    }
}

/// The tiles of a layout's place, as they come.
pub fn build(layout: Layout, kind: Kind, place: Place) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut pane = |p: Pane| tabs(&mut tiles, &[p]);
    let (parts, direction): (Vec<(TileId, f32)>, LinearDir) = match (layout, place) {
        (Layout::Teach, Place::Centre) => {
            let network = pane(Pane::Network);
            let wave = pane(Pane::Wave);
            let maps = match kind {
                Kind::Any => pane(Pane::Maps),
                Kind::Plane => tabs(&mut tiles, &[Pane::Plane, Pane::Maps]),
                Kind::Sequence => tabs(&mut tiles, &[Pane::Contributions, Pane::Maps]),
            };
            let low = linear(
                &mut tiles,
                LinearDir::Horizontal,
                &[(wave, 318.0), (maps, 477.0)],
            );
            (vec![(network, 438.0), (low, 214.0)], LinearDir::Vertical)
        }
        (Layout::Explore, Place::Centre) => {
            let network = pane(Pane::Network);
            let (wave, energy, stopped) =
                (pane(Pane::Wave), pane(Pane::Energy), pane(Pane::Stopped));
            let low = linear(
                &mut tiles,
                LinearDir::Horizontal,
                &[(wave, 400.0), (energy, 300.0), (stopped, 315.0)],
            );
            (vec![(network, 498.0), (low, 210.0)], LinearDir::Vertical)
        }
        (Layout::Train, Place::Centre) => {
            let count = tiles.insert_pane(Pane::Count);
            let mut pane = |p: Pane| {
                let id = tiles.insert_pane(p);
                tiles.insert_tab_tile(vec![id])
            };
            let (loss, accuracy, distance) =
                (pane(Pane::Loss), pane(Pane::Accuracy), pane(Pane::Distance));
            let low = linear(
                &mut tiles,
                LinearDir::Horizontal,
                &[(accuracy, 373.0), (distance, 373.0)],
            );
            (
                vec![(count, 112.0), (loss, 296.0), (low, 244.0)],
                LinearDir::Vertical,
            )
        }
        (Layout::Compare, Place::Centre) => {
            let dials = pane(Pane::Dials);
            let (proof, wave) = (pane(Pane::Proof), pane(Pane::Wave));
            let low = linear(
                &mut tiles,
                LinearDir::Horizontal,
                &[(proof, 399.0), (wave, 396.0)],
            );
            (vec![(dials, 408.0), (low, 244.0)], LinearDir::Vertical)
        }
        (Layout::Present, Place::Centre) => {
            let network = tiles.insert_pane(Pane::Network);
            (vec![(network, 1.0)], LinearDir::Vertical)
        }
        (Layout::Teach | Layout::Explore | Layout::Present, Place::Side) => {
            let (against, inspector) = (pane(Pane::Against), pane(Pane::Inspector));
            (
                vec![(against, 308.0), (inspector, 344.0)],
                LinearDir::Vertical,
            )
        }
        (Layout::Train, Place::Side) => {
            let above = match kind {
                Kind::Any | Kind::Sequence => pane(Pane::Confusion),
                Kind::Plane => tabs(&mut tiles, &[Pane::Plane, Pane::Confusion]),
            };
            let browser = tabs(&mut tiles, &[Pane::Browser]);
            (vec![(above, 364.0), (browser, 288.0)], LinearDir::Vertical)
        }
        (Layout::Compare, Place::Side) => {
            let (switches, wrong) = (pane(Pane::Switches), pane(Pane::FirstWrong));
            (vec![(switches, 476.0), (wrong, 176.0)], LinearDir::Vertical)
        }
    };
    let root = linear(&mut tiles, direction, &parts);
    Tree::new(Id::unique(("tiles", key(layout, kind, place))), root, tiles)
}

/// Panes as tabs of one tile; the first is shown.
fn tabs(tiles: &mut Tiles<Pane>, panes: &[Pane]) -> TileId {
    let ids = panes.iter().map(|p| tiles.insert_pane(*p)).collect();
    tiles.insert_tab_tile(ids)
}

fn linear(tiles: &mut Tiles<Pane>, direction: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut container = Linear::new(direction, parts.iter().map(|p| p.0).collect());
    for &(id, share) in parts {
        container.shares.set_share(id, share);
    }
    tiles.insert_container(container)
}
