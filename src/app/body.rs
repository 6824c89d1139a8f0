//! The body of the window: dockable tiles per layout, and rails where it is narrow.

use super::arrangement::{Kind, build, key, panes};
use super::kit::{icons::Icon, paint, panel};
use super::layout::Layout;
use super::settings::Settings;
use super::state::Frame;
use super::text;
use super::theme::{Theme, metrics};
use super::views;
use egui::{
    Align, Color32, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, WidgetText, pos2, vec2,
};
use egui_tiles::{
    Behavior, Container, ResizeState, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles,
    Tree, UiResponse,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A view that stands in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pane {
    /// The network.
    Network,
    /// Level × t.
    Wave,
    /// Energy by level.
    Energy,
    /// Cosine and length against t.
    Stopped,
    /// Maps of the selected vertex.
    Maps,
    /// Verdict and levels.
    Against,
    /// One unit.
    Inspector,
    /// Verdict with dials.
    Dials,
    /// The proof, step by step.
    Proof,
    /// What each switch does.
    Switches,
    /// The first wrong number.
    FirstWrong,
    /// The count of differing weights.
    Count,
    /// Training loss.
    Loss,
    /// Accuracy.
    Accuracy,
    /// Distance of weights.
    Distance,
    /// Confusion matrix.
    Confusion,
    /// Examples.
    Browser,
    /// The plane of two inputs.
    Plane,
    /// What each time step contributes to a shared matrix.
    Contributions,
}

impl Pane {
    /// The title of its tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Network => "Network",
            Self::Wave => "Error wave",
            Self::Energy => "Energy",
            Self::Stopped => "If it stopped at t",
            Self::Maps => "Feature maps",
            Self::Against => "Against backprop",
            Self::Inspector => "Inspector",
            Self::Dials => "Level by level",
            Self::Proof => "The proof, step by step",
            Self::Switches => "What each switch does",
            Self::FirstWrong => "First wrong number",
            Self::Count => "Weights that differ",
            Self::Loss => "Training loss",
            Self::Accuracy => "Accuracy",
            Self::Distance => "Weight distance to BP",
            Self::Confusion => "Confusion",
            Self::Browser => "Examples",
            Self::Plane => "Plane of inputs",
            Self::Contributions => "Shared weights",
        }
    }

    /// The icon of its rail.
    pub fn icon(self) -> Icon {
        match self {
            Self::Network => Icon::Network,
            Self::Wave | Self::Energy | Self::Stopped => Icon::Wave,
            Self::Against | Self::Dials | Self::Proof => Icon::Exact,
            Self::Inspector | Self::FirstWrong | Self::Switches => Icon::Table,
            _ => Icon::Columns,
        }
    }

    /// Draws the view.
    pub fn ui(self, ui: &mut Ui, frame: &mut Frame<'_>) {
        match self {
            Self::Network => views::network::ui(ui, frame),
            Self::Wave => views::wave::ui(ui, frame),
            Self::Energy => views::energy::ui(ui, frame),
            Self::Stopped => views::energy::stopped(ui, frame),
            Self::Maps => views::maps::ui(ui, frame),
            Self::Against => views::compare::panel(ui, frame),
            Self::Inspector => views::inspector::ui(ui, frame),
            Self::Dials => views::compare::hero(ui, frame),
            Self::Proof => views::compare::proof(ui, frame),
            Self::Switches => views::compare::switches(ui, frame),
            Self::FirstWrong => views::compare::first_wrong(ui, frame),
            Self::Count => views::race::hero(ui, frame),
            Self::Loss => views::race::loss(ui, frame),
            Self::Accuracy => views::race::accuracy(ui, frame),
            Self::Distance => views::race::distance(ui, frame),
            Self::Confusion => views::browser::confusion(ui, frame),
            Self::Browser => views::browser::browser(ui, frame),
            Self::Plane => views::plane::ui(ui, frame),
            Self::Contributions => views::contributions::ui(ui, frame),
        }
    }

    /// The caption at the right of its tab bar.
    pub fn caption(self, frame: &Frame<'_>) -> String {
        match self {
            Self::Network => views::network::caption(frame),
            Self::Wave => String::new(),
            Self::Maps => views::maps::caption(frame),
            Self::Energy => views::energy::caption(frame),
            Self::Stopped => views::energy::stopped_caption(frame),
            Self::Loss => views::race::loss_caption(frame),
            Self::Distance => "1 = as far as BP itself moved".into(),
            Self::Browser => views::browser::caption(frame),
            Self::Plane => views::plane::caption(frame),
            Self::Contributions => views::contributions::caption(frame),
            _ => String::new(),
        }
    }
}

/// A rail of a narrow window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rail {
    /// The set-up panel.
    Setup,
    /// The right-hand panel with this pane.
    Side(Pane),
}

/// The tiles of every layout.
#[derive(Clone, Debug)]
pub struct Trees {
    trees: BTreeMap<String, Tree<Pane>>,
    damaged: Vec<String>,
}

/// The places a layout has tiles in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The middle.
    Centre,
    /// The right.
    Side,
}

impl Trees {
    /// The trees remembered; as they come where none are, or where what is remembered cannot be.
    pub fn new(settings: &Settings) -> Self {
        let mut own = Self::none();
        let Some(text) = settings.tiles.as_deref() else {
            return own;
        };
        let Ok(read) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(text) else {
            own.damaged.push("every layout".to_owned());
            return own;
        };
        let known = || {
            let layouts = Layout::ALL.into_iter();
            let places = |layout| {
                let kinds = Kind::ALL.into_iter();
                kinds.flat_map(move |kind| {
                    [Place::Centre, Place::Side].map(|place| (layout, kind, place))
                })
            };
            layouts.flat_map(places)
        };
        for (name, value) in read {
            let place = known().find(|&(layout, kind, place)| key(layout, kind, place) == name);
            // A layout of another version is of no use here.
            let Some((layout, kind, place)) = place else {
                continue;
            };
            let fresh = || build(layout, kind, place);
            match serde_json::from_value::<Tree<Pane>>(value) {
                Ok(tree) if whole(&tree, &fresh()) => {
                    own.trees.insert(name, tree);
                }
                _ => own.damaged.push(name),
            }
        }
        own
    }

    /// What was remembered and could not be used, in words.
    pub fn damage(&self) -> Option<String> {
        (!self.damaged.is_empty()).then(|| {
            format!(
                "What was remembered of {} is of another version or damaged.",
                self.damaged.join(", ")
            )
        })
    }

    /// Nothing: stands in while the trees are lent out.
    pub fn none() -> Self {
        Self {
            trees: BTreeMap::new(),
            damaged: Vec::new(),
        }
    }

    /// Where a pane stood when it was last drawn.
    pub fn rect_of(&self, layout: Layout, kind: Kind, place: Place, pane: Pane) -> Option<Rect> {
        let tree = self.trees.get(&key(layout, kind, place))?;
        let id = tree.tiles.find_pane(&pane)?;
        tree.is_visible(id).then(|| tree.tiles.rect(id))?
    }

    /// What is remembered.
    pub fn to_json(&self) -> Option<String> {
        serde_json::to_string(&self.trees).ok()
    }

    /// True if the user changed something in a layout.
    pub fn changed(&self, layout: Layout) -> bool {
        let json = |tree: &Tree<Pane>| serde_json::to_string(tree).ok();
        Kind::ALL.into_iter().any(|kind| {
            [Place::Centre, Place::Side].into_iter().any(|place| {
                let own = self.trees.get(&key(layout, kind, place));
                own.is_some_and(|own| json(own) != json(&build(layout, kind, place)))
            })
        })
    }

    /// Forgets what the user changed in a layout.
    pub fn reset(&mut self, layout: Layout) {
        for place in [Place::Centre, Place::Side] {
            for kind in Kind::ALL {
                self.trees.remove(&key(layout, kind, place));
            }
        }
    }

    /// Draws the tiles of a layout's place.
    pub fn show(&mut self, layout: Layout, place: Place, ui: &mut Ui, frame: &mut Frame<'_>) {
        let kind = Kind::of(frame);
        let tree = self
            .trees
            .entry(key(layout, kind, place))
            .or_insert_with(|| build(layout, kind, place));
        // A remembered tree that lost its panes (a newer or older version) is built anew.
        if tree.is_empty() {
            *tree = build(layout, kind, place);
        }
        let mut behavior = Look { frame };
        let before = placed(ui);
        tree.ui(&mut behavior, ui);
        name_handles(ui, before);
    }
}

/// How many widgets the layer has so far.
fn placed(ui: &Ui) -> usize {
    let layer = ui.layer_id();
    ui.viewport(|v| v.this_pass.widgets.get_layer(layer).count())
}

/// The tiles' own handles have no words for those who cannot see them: they are given some.
fn name_handles(ui: &Ui, before: usize) {
    use egui::accesskit::Role as Handle;
    let layer = ui.layer_id();
    let handles: Vec<(Id, Rect)> = ui.viewport(|v| {
        let placed = v.this_pass.widgets.get_layer(layer).skip(before);
        let handles = placed.filter(|w| w.sense.senses_drag() && w.sense.senses_click());
        handles.map(|w| (w.id, w.rect)).collect()
    });
    let thin = 2.0 * ui.style().interaction.resize_grab_radius_side + 0.5;
    for (id, rect) in handles {
        ui.accesskit_node_builder(id, |node| {
            if node.role() != Handle::Unknown || node.label().is_some() {
                return;
            }
            let (role, words) = if rect.width() <= thin {
                (Handle::Splitter, "Divider, to the left and right")
            } else if rect.height() <= thin {
                (Handle::Splitter, "Divider, up and down")
            } else {
                (
                    Handle::GenericContainer,
                    "Bar of tabs, to be dragged elsewhere",
                )
            };
            node.set_role(role);
            node.set_label(words);
        });
    }
}

/// Whether a remembered tree can be drawn, and shows each of the views of `fresh` once.
fn whole(tree: &Tree<Pane>, fresh: &Tree<Pane>) -> bool {
    let titles = |panes: Option<Vec<Pane>>| {
        panes.map(|panes| {
            let mut titles: Vec<_> = panes.into_iter().map(Pane::title).collect();
            titles.sort_unstable();
            titles
        })
    };
    let own = titles(reached(tree));
    own.is_some() && own == titles(reached(fresh)) && tree.tiles.len() <= 64
}

/// The views that are reached from the root; `None` if something is missing, is reached twice, is hidden, or has no sensible size.
fn reached(tree: &Tree<Pane>) -> Option<Vec<Pane>> {
    let (mut panes, mut seen, mut next) = (Vec::new(), Vec::new(), vec![tree.root?]);
    while let Some(id) = next.pop() {
        if seen.contains(&id) || !tree.is_visible(id) {
            return None;
        }
        seen.push(id);
        match tree.tiles.get(id)? {
            Tile::Pane(pane) => panes.push(*pane),
            Tile::Container(container) => {
                if let Container::Linear(linear) = container {
                    let share = |id: &TileId| linear.shares[*id];
                    let sound = |share: f32| (1e-3..1e6).contains(&share);
                    if !linear.children.iter().map(share).all(sound) {
                        return None;
                    }
                }
                next.extend(container.children());
            }
        }
    }
    Some(panes)
}

/// How tiles look: tab bars of 28 with hairlines, as every panel.
struct Look<'a, 'b> {
    frame: &'a mut Frame<'b>,
}

impl Behavior<Pane> for Look<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile_id: TileId, pane: &mut Pane) -> UiResponse {
        ui.set_clip_rect(ui.max_rect().intersect(ui.clip_rect()));
        pane.ui(ui, self.frame);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<Pane>,
        ui: &mut Ui,
        id: Id,
        tile_id: TileId,
        state: &TabState,
    ) -> Response {
        let title = match tiles.get(tile_id) {
            Some(Tile::Pane(pane)) => pane.title(),
            _ => "tiles",
        };
        let c = Theme::get(ui);
        let width = paint::width(ui.painter(), title, text::strong_font()).ceil();
        let (_, rect) = ui.allocate_space(vec2(width + 16.0, metrics::TAB_BAR));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response
            .widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), state.active, title));
        if !state.is_being_dragged {
            let (font, ink) = if state.active {
                (text::strong_font(), c.t1)
            } else if response.hovered() {
                (text::body_font(), c.t1)
            } else {
                (text::body_font(), c.t3)
            };
            let y = paint::baseline(ui.painter(), rect.center().y, font.size);
            paint::write(
                ui.painter(),
                pos2(rect.left() + metrics::PAD, y),
                Align::LEFT,
                title,
                font,
                ink,
            );
            paint::focus_ring(ui, &response, rect.shrink2(vec2(4.0, 4.0)));
        }
        response
    }

    fn top_bar_right_ui(
        &mut self,
        tiles: &Tiles<Pane>,
        ui: &mut Ui,
        _tile_id: TileId,
        tabs: &Tabs,
        _scroll: &mut f32,
    ) {
        if let Some(Tile::Pane(pane)) = tabs.active.and_then(|id| tiles.get(id)) {
            let caption = pane.caption(self.frame);
            let taken: f32 = tabs
                .children
                .iter()
                .filter_map(|id| match tiles.get(*id) {
                    Some(Tile::Pane(pane)) => Some(pane.title()),
                    _ => None,
                })
                .map(|title| paint::width(ui.painter(), title, text::strong_font()).ceil() + 16.0)
                .sum();
            // Titles come first: a caption that would push them aside loses its end, or goes.
            let room = ui.available_width() - taken - metrics::PAD - 12.0;
            if !caption.is_empty() && room > 60.0 {
                ui.add_space(metrics::PAD - 4.0);
                let (rect, response) = ui.allocate_exact_size(
                    vec2(
                        paint::width(ui.painter(), &caption, text::caption_font())
                            .ceil()
                            .min(room),
                        metrics::TAB_BAR,
                    ),
                    Sense::hover(),
                );
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &caption));
                let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
                let c = Theme::get(ui);
                let (_, cut) = paint::write_within(
                    ui.painter(),
                    pos2(rect.left(), y),
                    rect.width() + 0.5,
                    &caption,
                    text::caption_font(),
                    c.t3,
                );
                if cut {
                    super::kit::card::hover(response, &caption);
                }
            }
        }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        metrics::TAB_BAR
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> Color32 {
        visuals.panel_fill
    }

    fn tab_bar_hline_stroke(&self, visuals: &egui::Visuals) -> Stroke {
        Stroke::new(
            metrics::HAIRLINE,
            visuals.widgets.noninteractive.bg_stroke.color,
        )
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        metrics::HAIRLINE
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions {
            all_panes_must_have_tabs: false,
            ..SimplificationOptions::OFF
        }
    }

    fn resize_stroke(&self, style: &egui::Style, state: ResizeState) -> Stroke {
        let color = match state {
            ResizeState::Idle => style.visuals.widgets.noninteractive.bg_stroke.color,
            ResizeState::Hovering | ResizeState::Dragging => {
                style.visuals.widgets.active.fg_stroke.color
            }
        };
        Stroke::new(metrics::HAIRLINE, color)
    }
}

/// The tabs of a compact window's centre.
pub fn compact(tab: &mut usize, layout: Layout, ui: &mut Ui, frame: &mut Frame<'_>) {
    let panes = panes(layout, Kind::of(frame));
    let titles: Vec<&str> = panes.iter().map(|p| p.title()).collect();
    *tab = (*tab).min(panes.len() - 1);
    panel::tab_bar(ui, &titles, tab, |_| {});
    let rest = ui.available_rect_before_wrap();
    within(ui, rest, |ui| panes[*tab].ui(ui, frame));
}

/// A child area of exactly `rect`.
pub fn within<R>(ui: &mut Ui, rect: Rect, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    contents(&mut child)
}
