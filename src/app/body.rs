//! The body of the window: dockable tiles per layout, and rails where it is narrow.

use super::arrangement::{Kind, build, key};
use super::explain::{self, Mark};
use super::kit::button::IconButton;
use super::kit::dropdown::Dropdown;
use super::kit::icons::Icon;
use super::kit::{card, paint, panel};
use super::layout::Layout;
use super::settings::Settings;
use super::state::{Choice, Frame};
use super::text;
use super::theme::{Theme, metrics};
use super::views::table::{Pane, Slot, View};
use egui::{
    Align, Color32, Id, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, WidgetText, pos2, vec2,
};
use egui_tiles::{
    Behavior, Container, ResizeState, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles,
    Tree, UiResponse,
};
use std::collections::BTreeMap;

/// The tiles of every layout.
#[derive(Clone, Debug)]
pub struct Trees {
    trees: BTreeMap<String, Tree<Pane>>,
    damaged: Vec<String>,
    /// The view that has the room of all, and in which layout.
    maximised: Option<(Layout, Pane)>,
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
        let mut own = Self {
            trees: BTreeMap::new(),
            damaged: Vec::new(),
            maximised: None,
        };
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

    /// Where the large view of a layout's middle stood when it was last drawn.
    pub fn rect_of_top(&self, layout: Layout, kind: Kind) -> Option<Rect> {
        let pane = *Pane::of(layout, kind, Slot::Top).first()?;
        self.rect_of(layout, kind, pane)
    }

    /// Where a view of a layout stood when it was last drawn.
    pub fn rect_of(&self, layout: Layout, kind: Kind, pane: Pane) -> Option<Rect> {
        let mut places = [Place::Centre, Place::Side].into_iter();
        places.find_map(|place| {
            let tree = self.trees.get(&key(layout, kind, place))?;
            let id = tree.tiles.find_pane(&pane)?;
            tree.is_visible(id).then(|| tree.tiles.rect(id))?
        })
    }

    /// What is remembered.
    pub fn to_json(&self) -> Option<String> {
        // By way of a value, whose keys have an order: the tiles' own have none.
        let value = serde_json::to_value(&self.trees).ok()?;
        Some(value.to_string())
    }

    /// True if the user changed something in a layout.
    pub fn changed(&self, layout: Layout) -> bool {
        let json = |tree: &Tree<Pane>| serde_json::to_value(tree).ok();
        Kind::ALL.into_iter().any(|kind| {
            [Place::Centre, Place::Side].into_iter().any(|place| {
                let own = self.trees.get(&key(layout, kind, place));
                own.is_some_and(|own| json(own) != json(&build(layout, kind, place)))
            })
        })
    }

    /// The view that has the room of all in a layout, where it stands there for that kind of data.
    pub fn maximised(&self, layout: Layout, kind: Kind) -> Option<Pane> {
        let (of, pane) = self.maximised?;
        let here = || Pane::all(layout, kind).any(|placed| placed.0 == pane);
        (of == layout && here()).then_some(pane)
    }

    /// Every view of a layout has its own room again; true if one had that of all.
    pub fn restore(&mut self, layout: Layout) -> bool {
        self.maximised.take_if(|(of, _)| *of == layout).is_some()
    }

    /// Draws the view that has the room of all. A press on the icon, a double click on its title and Escape lead back.
    pub fn show_alone(&mut self, pane: Pane, ui: &mut Ui, frame: &mut Frame<'_>) {
        let view = pane.view();
        let (caption, mut back) = ((view.caption)(frame), false);
        let bar = panel::header(ui, view.title, |ui| {
            let button = IconButton::new(Icon::Fold)
                .name("Back to all panels")
                .shortcut("Esc");
            back = button.show(ui).clicked();
            numbers(ui, view, frame);
            if let Some(tools) = view.tools() {
                tools(ui, frame);
            }
            if !caption.is_empty() {
                panel::bar_caption(ui, &caption);
            }
        });
        // The title's part of the bar; the icon answers by itself.
        let title = bar.rect.with_max_x(bar.rect.left() + 180.0);
        let title = ui.interact(title, bar.id.with("title"), Sense::click());
        if back || title.double_clicked() {
            self.maximised = None;
        }
        let rest = ui.available_rect_before_wrap();
        within(ui, rest, |ui| view.show(ui, frame));
    }

    /// Forgets what the user changed in a layout.
    pub fn reset(&mut self, layout: Layout) {
        self.maximised = None;
        for place in [Place::Centre, Place::Side] {
            for kind in Kind::ALL {
                self.trees.remove(&key(layout, kind, place));
            }
        }
    }

    /// Brings a view to the front of its tile, where it shares one.
    pub fn bring(&mut self, layout: Layout, kind: Kind, id: &str) {
        for place in [Place::Centre, Place::Side] {
            let fresh = || build(layout, kind, place);
            let tree = self.trees.entry(key(layout, kind, place));
            let wanted = |tile: &Tile<Pane>| matches!(tile, Tile::Pane(p) if p.view().id == id);
            tree.or_insert_with(fresh)
                .make_active(|_, tile| wanted(tile));
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
        let mut behavior = Look {
            frame,
            maximise: None,
        };
        let before = placed(ui);
        tree.ui(&mut behavior, ui);
        let asked = behavior.maximise;
        name_handles(ui, before);
        if let Some(pane) = asked {
            self.maximised = Some((layout, pane));
        }
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
            let mut titles: Vec<_> = panes.into_iter().map(|p| p.view().title).collect();
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

/// Room for the tools of a view in its bar.
const TOOLS: f32 = 124.0;

/// How tiles look: tab bars of 28 with hairlines, as every panel.
struct Look<'a, 'b> {
    frame: &'a mut Frame<'b>,
    /// The view that is to have the room of all.
    maximise: Option<Pane>,
}

impl Behavior<Pane> for Look<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile_id: TileId, pane: &mut Pane) -> UiResponse {
        ui.set_clip_rect(ui.max_rect().intersect(ui.clip_rect()));
        pane.view().show(ui, self.frame);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.view().title.into()
    }

    fn tab_ui(
        &mut self,
        tiles: &mut Tiles<Pane>,
        ui: &mut Ui,
        id: Id,
        tile_id: TileId,
        state: &TabState,
    ) -> Response {
        let pane = match tiles.get(tile_id) {
            Some(Tile::Pane(pane)) => Some(*pane),
            _ => None,
        };
        let title = pane.map_or("tiles", |pane| pane.view().title);
        let c = Theme::get(ui);
        let width = paint::width(ui.painter(), title, text::strong_font()).ceil();
        let (_, rect) = ui.allocate_space(vec2(width + 16.0, metrics::TAB_BAR));
        let response = ui.interact(rect, id, Sense::click_and_drag());
        response
            .widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), state.active, title));
        if response.double_clicked() {
            self.maximise = pane;
        }
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
        explain::mark(response, Mark::View, title)
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
            let caption = (pane.view().caption)(self.frame);
            let taken: f32 = tabs
                .children
                .iter()
                .filter_map(|id| match tiles.get(*id) {
                    Some(Tile::Pane(pane)) => Some(pane.view().title),
                    _ => None,
                })
                .map(|title| paint::width(ui.painter(), title, text::strong_font()).ceil() + 16.0)
                .sum();
            // Titles come first: an icon or a caption that would push them aside loses its end, or goes.
            if ui.available_width() - taken > metrics::CONTROL + metrics::PAD {
                ui.add_space(4.0);
                let name = format!("Maximise {}", pane.view().title);
                let button = IconButton::new(Icon::Fit).name(&name);
                if button.show(ui).clicked() {
                    self.maximise = Some(*pane);
                }
            }
            if ui.available_width() - taken > 2.0 * metrics::CONTROL + metrics::PAD {
                numbers(ui, pane.view(), self.frame);
            }
            let tools = pane.view().tools();
            if let Some(tools) = tools.filter(|_| ui.available_width() - taken > TOOLS) {
                tools(ui, self.frame);
            }
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
                let meaning = explain::text(Mark::Caption, pane.view().title);
                match (cut, meaning) {
                    (true, Some(text)) => _ = card::hover(response, &format!("{caption}. {text}")),
                    (true, None) => _ = card::hover(response, &caption),
                    (false, Some(text)) => _ = card::hover(response, text),
                    (false, None) => {}
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

/// The switch between a view's picture and its numbers.
fn numbers(ui: &mut Ui, view: &'static View, frame: &mut Frame<'_>) {
    let on = frame.view.numbers.contains(view.id);
    let (icon, name) = match on {
        true => (view.icon, format!("Picture of {}", view.title)),
        false => (Icon::Table, format!("Numbers of {}", view.title)),
    };
    if IconButton::new(icon)
        .name(&name)
        .shortcut("N")
        .show(ui)
        .clicked()
    {
        frame.choose(Choice::Numbers(view.id));
    }
}

/// Where it is remembered which view of a layout is in front in a small window.
pub fn compact_tab(layout: Layout) -> Id {
    Id::unique(("compact tab", layout))
}

/// The tabs of a compact window's centre.
pub fn compact(tab: &mut usize, layout: Layout, ui: &mut Ui, frame: &mut Frame<'_>) {
    // What is a strip in a large window is one here.
    let panes = Pane::all(layout, Kind::of(frame)).filter(|placed| placed.1 != Slot::Strip);
    let panes: Vec<Pane> = panes.map(|placed| placed.0).collect();
    let titles: Vec<&str> = panes.iter().map(|p| p.view().title).collect();
    *tab = (*tab).min(panes.len() - 1);
    let wide = |title: &&str| paint::width(ui.painter(), title, text::strong_font()) + 16.0;
    let tools = panes[*tab].view().tools();
    // Whichever view is in front, its tools have their room.
    let any = panes.iter().any(|pane| pane.view().tools().is_some());
    let beside_tabs = metrics::CONTROL + 4.0 + if any { TOOLS } else { 0.0 };
    let taken: f32 = titles.iter().map(wide).sum::<f32>() + metrics::PAD + beside_tabs;
    let room = ui.available_width();
    let front = panes[*tab].view();
    let beside = |ui: &mut Ui| {
        numbers(ui, front, frame);
        if let Some(tools) = tools {
            tools(ui, frame);
        }
    };
    if taken <= room {
        panel::tab_bar(ui, &titles, tab, beside);
    } else {
        // A list in place of tabs that would not all be seen.
        let bar = Rect::from_min_size(ui.cursor().min, vec2(room, metrics::TAB_BAR));
        ui.allocate_rect(bar, Sense::hover());
        let mut row = ui.new_child(
            egui::UiBuilder::new()
                .max_rect(bar.shrink2(vec2(metrics::PAD, 1.0)))
                .layout(egui::Layout::left_to_right(Align::Center)),
        );
        Dropdown::new("View", &titles)
            .width(190.0)
            .show(&mut row, tab);
        let rest = bar.with_min_x(row.min_rect().right() + 8.0);
        panel::trailing(ui, rest.with_max_x(bar.right() - metrics::GAP), beside);
        let line = bar.bottom() - metrics::HAIRLINE;
        let c = Theme::get(ui);
        paint::hline(ui.painter(), bar.x_range(), line, c.line);
    }
    let rest = ui.available_rect_before_wrap();
    within(ui, rest, |ui| panes[*tab].view().show(ui, frame));
}

/// A child area of exactly `rect`.
pub fn within<R>(ui: &mut Ui, rect: Rect, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    contents(&mut child)
}
