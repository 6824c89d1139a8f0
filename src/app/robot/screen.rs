//! A window without a screen: frames with a mocked clock, the accessibility tree of each, and its picture.

use crate::app::raster::Raster;
use crate::app::theme::{self, Theme};
use crate::app::window::Window;
use egui::accesskit::{self, ActionRequest, NodeId, Role, TreeId};
use egui::epaint::ClippedShape;
use egui::{
    Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, Sense, Vec2, ViewportId,
};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

/// A node of the accessibility tree, with what egui knows of its widget.
#[derive(Clone, Debug)]
pub struct Node {
    pub id: NodeId,
    pub role: Role,
    pub label: String,
    pub value: String,
    pub toggled: Option<bool>,
    pub disabled: bool,
    /// It says that it can be clicked, focused or set.
    pub acts: bool,
    pub actions: Vec<accesskit::Action>,
    /// The whole node, in points.
    pub rect: Rect,
    /// The part of it that a pointer reaches, in points; `None` for what is no widget.
    pub seen: Option<Rect>,
    pub sense: Sense,
    /// It stands over the rest: a menu, a drop-down, a dialog.
    pub above: bool,
    /// Names of what it is in, from the outside, and of the choice it belongs to.
    pub place: Vec<String>,
}

impl Node {
    /// What it is called: its label, or else its value where that is its name.
    pub fn name(&self) -> &str {
        if self.label.is_empty() && self.role == Role::Label {
            &self.value
        } else {
            &self.label
        }
    }
}

/// The window, drawn frame by frame.
pub struct Screen {
    pub ctx: Context,
    raster: Raster,
    pub size: Vec2,
    /// Physical pixels per point before the scale that the user has chosen.
    pub native: f32,
    /// The parent watches every frame.
    pub watched: bool,
    time: f64,
    pub frames: u64,
    pub longest_ms: f64,
    pub tree: Vec<Node>,
    pub shapes: Vec<ClippedShape>,
    /// Of all pixels that views gave to textures so far.
    textures: u64,
    /// Something was copied or a page was to be opened.
    pub said: u64,
    pointer: Option<Pos2>,
}

/// What a picture is made of, drawn only where it has to be compared.
#[derive(Clone)]
pub struct Picture {
    shapes: Vec<ClippedShape>,
    textures: u64,
    scale: f32,
}

/// Called for every frame: the parent watches it.
pub fn heartbeat(line: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    // A parent that is gone cannot be told.
    let _ = writeln!(out, "{}{line}", super::MARK);
    let _ = out.flush();
}

impl Screen {
    pub fn new(size: Vec2) -> Self {
        let ctx = Context::default();
        theme::install(&ctx, Theme::Dark);
        ctx.enable_accesskit();
        Self {
            ctx,
            raster: Raster::new(),
            size,
            native: 1.0,
            watched: true,
            time: 0.0,
            frames: 0,
            longest_ms: 0.0,
            tree: Vec::new(),
            shapes: Vec::new(),
            textures: 0,
            said: 0,
            pointer: None,
        }
    }

    /// Draws a frame `dt` seconds after the last one.
    pub fn frame(&mut self, window: &mut Window, dt: f64, events: Vec<Event>) {
        let began = Instant::now();
        self.time += dt;
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(
                Pos2::ZERO,
                self.size / self.ctx.zoom_factor(),
            )),
            max_texture_side: Some(8192),
            time: Some(self.time),
            predicted_dt: dt as f32,
            events,
            focused: true,
            ..RawInput::default()
        };
        if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
            viewport.native_pixels_per_point = Some(self.native);
        }
        let mut output = self.ctx.run_ui(input, |ui| window.ui(ui));
        let mut hash = DefaultHasher::new();
        for (id, changes) in &output.textures_delta.set {
            // The first texture holds letters: it fills as they are used.
            if *id != egui::TextureId::default() {
                for change in changes {
                    let egui::ImageData::Color(image) = &change.image;
                    image.size.hash(&mut hash);
                    image.pixels.hash(&mut hash);
                }
                self.textures ^= hash.finish();
            }
        }
        self.raster.set(&mut output.textures_delta);
        self.raster.free(&mut output.textures_delta);
        self.shapes = std::mem::take(&mut output.shapes);
        self.said += output.platform_output.commands.len() as u64;
        if let Some(update) = output.platform_output.accesskit_update.take() {
            self.tree = self.nodes(&update);
        }
        self.frames += 1;
        self.longest_ms = self.longest_ms.max(began.elapsed().as_secs_f64() * 1e3);
        if self.watched {
            heartbeat("f");
        }
    }

    /// The tree in the order in which it is read, each node with its place.
    fn nodes(&self, update: &accesskit::TreeUpdate) -> Vec<Node> {
        let by_id: HashMap<NodeId, &accesskit::Node> =
            update.nodes.iter().map(|(id, n)| (*id, n)).collect();
        let widgets: HashMap<NodeId, egui::WidgetRect> = self.ctx.viewport(|v| {
            let layers = v.prev_pass.widgets.layers();
            layers
                .flat_map(|(_, widgets)| widgets.iter().map(|w| (w.id.accesskit_id(), *w)))
                .collect()
        });
        let mut found = Vec::with_capacity(update.nodes.len());
        let Some(root) = update.tree.as_ref().map(|t| t.root) else {
            return found;
        };
        let mut stack = vec![(root, Vec::new())];
        let mut group = String::new();
        while let Some((id, place)) = stack.pop() {
            let Some(node) = by_id.get(&id) else { continue };
            let label = node.label().unwrap_or_default().to_owned();
            let role = node.role();
            if role == Role::RadioGroup {
                group.clone_from(&label);
            }
            let mut inner: Vec<String> = place.clone();
            if !label.is_empty() && !node.children().is_empty() && role != Role::Window {
                inner.push(label.clone());
            }
            for child in node.children().iter().rev() {
                stack.push((*child, inner.clone()));
            }
            let widget = widgets.get(&id);
            let actions: Vec<_> = ACTIONS
                .into_iter()
                .filter(|a| node.supports_action(*a))
                .collect();
            let mut place = place;
            if role == Role::RadioButton {
                place.push(group.clone());
            }
            let rect = node.bounds().map_or(Rect::NOTHING, |b| {
                Rect::from_min_max(
                    Pos2::new(b.x0 as f32, b.y0 as f32),
                    Pos2::new(b.x1 as f32, b.y1 as f32),
                )
            });
            found.push(Node {
                id,
                role,
                label,
                value: node.value().map_or_else(
                    || {
                        node.numeric_value()
                            .map_or(String::new(), |v| v.to_string())
                    },
                    str::to_owned,
                ),
                toggled: node.toggled().map(|t| t == accesskit::Toggled::True),
                disabled: node.is_disabled() || widget.is_some_and(|w| !w.enabled),
                acts: !actions.is_empty(),
                actions,
                rect,
                seen: widget.map(|w| w.interact_rect.intersect(self.ctx.content_rect())),
                sense: widget.map_or(Sense::empty(), |w| w.sense),
                above: widget.is_some_and(|w| w.layer_id.order > egui::Order::Middle),
                place,
            });
        }
        found
    }

    /// What was drawn last.
    pub fn picture(&self) -> Picture {
        Picture {
            shapes: self.shapes.clone(),
            textures: self.textures,
            scale: self.ctx.pixels_per_point(),
        }
    }

    /// True if two pictures differ, in the pixels of a texture or of the whole.
    pub fn differ(&self, a: &Picture, b: &Picture) -> bool {
        if a.textures != b.textures || a.scale != b.scale {
            return true;
        }
        a.shapes != b.shapes && self.draw(a) != self.draw(b)
    }

    /// The pixels of a picture.
    pub fn draw(&self, picture: &Picture) -> image::RgbaImage {
        let primitives = self.ctx.tessellate(picture.shapes.clone(), picture.scale);
        self.raster.draw(
            &primitives,
            [self.size.x, self.size.y].map(|side| (side * self.native).round() as u32),
            picture.scale,
            Theme::of_context(&self.ctx).bg1,
        )
    }

    /// Text drawn that is egui's own complaint about two widgets of one name.
    pub fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        for clipped in &self.shapes {
            texts(&clipped.shape, &mut |text| {
                if text.contains("ID clash")
                    || text.contains("use of widget ID")
                    || text.contains("changed id")
                {
                    found.push(text.replace('\n', " "));
                }
            });
        }
        found
    }

    /// Moves the pointer, in a frame of its own.
    pub fn point(&mut self, window: &mut Window, to: Pos2) {
        self.pointer = Some(to);
        self.frame(window, FRAME, vec![Event::PointerMoved(to)]);
    }

    /// Presses or releases the pointer where it is.
    pub fn button(&mut self, window: &mut Window, pressed: bool) {
        if let Some(pos) = self.pointer {
            let button = PointerButton::Primary;
            let modifiers = Modifiers::NONE;
            let event = Event::PointerButton {
                pos,
                button,
                pressed,
                modifiers,
            };
            self.frame(window, FRAME, vec![event]);
        }
    }

    /// The pointer is over the window, or something has the focus.
    pub fn held(&self) -> bool {
        self.pointer.is_some() || self.ctx.memory(|m| m.focused().is_some())
    }

    /// Takes the pointer away, and the focus from whatever has it.
    pub fn let_go(&mut self, window: &mut Window) {
        if let Some(focused) = self.ctx.memory(|m| m.focused()) {
            self.ctx.memory_mut(|m| m.surrender_focus(focused));
        }
        let gone = self.pointer.take().map(|_| Event::PointerGone);
        self.frame(window, REST, gone.into_iter().collect());
    }

    /// Presses and releases a key.
    pub fn key(&mut self, window: &mut Window, key: egui::Key, modifiers: Modifiers) {
        // As a keyboard of Linux says it.
        let modifiers = Modifiers {
            ctrl: modifiers.ctrl || modifiers.command,
            ..modifiers
        };
        for pressed in [true, false] {
            let event = Event::Key {
                key,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers,
            };
            self.frame(window, FRAME, vec![event]);
        }
    }

    /// Asks a node for an action, as a screen reader does.
    pub fn ask(
        &mut self,
        window: &mut Window,
        node: NodeId,
        action: accesskit::Action,
        data: Option<accesskit::ActionData>,
    ) {
        let request = ActionRequest {
            action,
            target_tree: TreeId::ROOT,
            target_node: node,
            data,
        };
        self.frame(window, FRAME, vec![Event::AccessKitActionRequest(request)]);
    }

    /// The widget that a click here would reach, or the pointer would drag.
    pub fn hit(&self, click: bool) -> Option<NodeId> {
        self.ctx.viewport(|v| {
            let hit = if click { v.hits.click } else { v.hits.drag };
            hit.map(|w| w.id.accesskit_id())
        })
    }
}

/// Seconds of a frame while something is pressed.
pub const FRAME: f64 = 1.0 / 60.0;
/// Seconds of a frame while the window comes to rest: animations end in a few of them.
pub const REST: f64 = 0.2;

/// The actions that make a node one to be pressed.
const ACTIONS: [accesskit::Action; 7] = [
    accesskit::Action::Click,
    accesskit::Action::Focus,
    accesskit::Action::SetValue,
    accesskit::Action::Increment,
    accesskit::Action::Decrement,
    accesskit::Action::Expand,
    accesskit::Action::Collapse,
];

fn texts(shape: &egui::Shape, each: &mut impl FnMut(&str)) {
    match shape {
        egui::Shape::Text(text) => each(text.galley.text()),
        egui::Shape::Vec(shapes) => shapes.iter().for_each(|s| texts(s, each)),
        _ => {}
    }
}
