//! What helps whoever shows the window to a room: a halo around the pointer, the keys that are pressed, a picture that stands, a pen
//! and a black screen. It lies over the window, belongs to no view, and is as large as the window is high.

use super::commands::{self, Command, Tool};
use super::kit::{badge, paint};
use super::state::Action;
use super::text;
use super::theme::{self, Theme, metrics};
use egui::epaint::{ClippedShape, TextShape};
use egui::{
    Align, Area, Context, CursorIcon, Event, Id, LayerId, Order, Painter, PointerButton, Pos2,
    Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use std::time::Duration;

/// Seconds that the halo stays once the pointer rests.
const RESTS: f64 = 3.0;
/// Seconds that a key is shown.
const SHOWN: f64 = 1.6;
/// Sizes are given in pixels of a window so high.
const HIGH: f32 = 1080.0;
/// Points of all strokes: beyond that the oldest strokes go.
const MOST: usize = 50_000;
/// Points of a stroke lie so far apart at least, as a part of the window.
const APART: f32 = 1e-3;

/// What is shown of a key.
#[derive(Clone, Debug, PartialEq)]
struct Echo {
    /// The key; empty where only words are shown.
    key: String,
    /// What it does.
    does: String,
    /// When it was pressed, by the clock of frames.
    at: f64,
}

/// The tools and what they have come to.
#[derive(Default)]
pub struct Presenter {
    /// A drag draws.
    pub pen: bool,
    /// The screen is black.
    pub blank: bool,
    /// What was drawn, in parts of the window.
    strokes: Vec<Vec<Pos2>>,
    drawing: bool,
    /// The picture is to stand from the end of this frame on.
    freezes: bool,
    still: Option<Vec<ClippedShape>>,
    /// Where the pointer is, and when it moved last.
    pointer: Option<(Pos2, f64)>,
    echo: Option<Echo>,
}

impl Presenter {
    /// Takes what pointer and keys did; `echoes` says whether keys are shown.
    pub fn listen(&mut self, ctx: &Context, echoes: bool, presenting: bool) {
        let typing = ctx.text_edit_focused();
        let screen = ctx.content_rect();
        let (events, now) = ctx.input(|i| (i.events.clone(), i.time));
        for event in events {
            match event {
                Event::PointerMoved(at) => {
                    self.pointer = Some((at, now));
                    if self.drawing {
                        self.draw(part(screen, at));
                    }
                }
                Event::PointerGone => (self.pointer, self.drawing) = (None, false),
                Event::PointerButton {
                    pos,
                    button: PointerButton::Primary,
                    pressed,
                    ..
                } => {
                    self.pointer = Some((pos, now));
                    // Menus and dialogs stay what they are.
                    let over = ctx.layer_id_at(pos).map(|layer| layer.order);
                    self.drawing = pressed && self.pen && over.is_none_or(|o| o <= Order::Middle);
                    if self.drawing {
                        self.strokes.push(Vec::new());
                        self.draw(part(screen, pos));
                    }
                }
                Event::Key {
                    key,
                    pressed: true,
                    repeat: false,
                    modifiers,
                    ..
                } if echoes && (!typing || modifiers.command) => {
                    let (key, does) = commands::written(key, modifiers, presenting);
                    let does = does.unwrap_or_default().to_owned();
                    self.echo = Some(Echo { key, does, at: now });
                }
                _ => {}
            }
        }
        if ctx.input(|i| i.pointer.any_down())
            && let Some(pointer) = &mut self.pointer
        {
            pointer.1 = now;
        }
    }

    /// Goes on with the last stroke.
    fn draw(&mut self, to: Pos2) {
        let Some(stroke) = self.strokes.last_mut() else {
            return;
        };
        if stroke.last().is_none_or(|last| last.distance(to) > APART) {
            stroke.push(to);
        }
        let mut points: usize = self.strokes.iter().map(Vec::len).sum();
        while points > MOST && self.strokes.len() > 1 {
            points -= self.strokes.remove(0).len();
        }
        if points > MOST
            && let Some(stroke) = self.strokes.last_mut()
        {
            stroke.drain(..MOST / 2);
        }
    }

    /// Strokes of the pen.
    pub fn strokes(&self) -> usize {
        self.strokes.len()
    }

    /// What the pen drew is gone.
    pub fn wipe(&mut self) {
        self.strokes.clear();
    }

    /// The picture stands, or is about to.
    pub fn frozen(&self) -> bool {
        self.freezes || self.still.is_some()
    }

    /// The picture stands from now on, or goes on.
    pub fn freeze(&mut self, on: bool) {
        self.freezes = on;
        self.still = None;
    }

    /// Says something where keys are shown.
    pub fn say(&mut self, words: &str, now: f64) {
        let key = self.echo.take().filter(|e| e.at == now);
        self.echo = Some(Echo {
            key: key.map_or_else(String::new, |e| e.key),
            does: words.to_owned(),
            at: now,
        });
    }

    /// The last tool that is in use is put away; false if none was.
    pub fn put_away(&mut self) -> bool {
        if self.blank {
            self.blank = false;
        } else if self.pen {
            self.pen = false;
        } else if self.frozen() {
            self.freeze(false);
        } else {
            return false;
        }
        true
    }

    /// Another layout is shown: what belonged to the picture goes.
    pub fn turn_over(&mut self) {
        self.freeze(false);
        self.wipe();
        (self.pen, self.blank, self.drawing) = (false, false, false);
    }

    /// Draws what stands in the place of the panels; false where they are drawn themselves.
    pub fn covers(&self, ui: &mut Ui, actions: &mut Vec<Action>) -> bool {
        let rect = ui.max_rect();
        if self.blank {
            ui.painter().rect_filled(rect, 0, theme::BLANK);
            let id = ui.scope_id().with("black screen");
            let response = ui.interact(rect, id, Sense::click());
            response.widget_info(|| {
                WidgetInfo::labeled(
                    Role::Button,
                    true,
                    "Black screen; a click brings the picture back",
                )
            });
            if response.clicked() {
                actions.push(Action::Command(Command::Tool(Tool::Blank)));
            }
            ui.ctx().set_cursor_icon(CursorIcon::None);
            return true;
        }
        let Some(still) = &self.still else {
            return false;
        };
        let painter = ui.painter();
        for held in still {
            let shape = set_anew(painter, held.shape.clone());
            painter.with_clip_rect(held.clip_rect).add(shape);
        }
        let c = Theme::get(ui);
        let at = pos2(rect.center().x, rect.top() + 10.0);
        let tag = badge::tag(painter, at, "picture frozen", c);
        let response = ui.interact(tag, ui.scope_id().with("frozen"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Picture frozen"));
        if response.clicked() {
            actions.push(Action::Command(Command::Tool(Tool::Freeze)));
        }
        let words = "The picture stands, and everything goes on behind it. A press here, and Escape, let it go on.";
        super::kit::card::hover(response, words);
        true
    }

    /// Draws what lies over all: ink, the halo, and the key that was pressed.
    pub fn over(&self, ctx: &Context, halo: bool) {
        if self.blank {
            return;
        }
        let now = ctx.input(|i| i.time);
        self.ink(ctx);
        if let Some((at, moved)) = self.pointer.filter(|_| halo) {
            let left = moved + RESTS - now;
            if left > 0.0 {
                ring(ctx, at);
                ctx.request_repaint_after(Duration::from_secs_f64(left));
            }
        }
        if let Some(echo) = &self.echo {
            let left = echo.at + SHOWN - now;
            if left > 0.0 {
                show(ctx, echo);
                ctx.request_repaint_after(Duration::from_secs_f64(left));
            }
        }
    }

    /// What the pen drew, and while it draws a ground that takes the pointer from what lies below.
    fn ink(&self, ctx: &Context) {
        let screen = ctx.content_rect();
        let area = || {
            Area::new(Id::unique("pen"))
                .order(Order::Middle)
                .fixed_pos(screen.min)
        };
        if self.pen {
            area().sense(Sense::click_and_drag()).show(ctx, |ui| {
                ui.set_max_size(screen.size());
                let (_, response) = ui.allocate_exact_size(screen.size(), Sense::click_and_drag());
                let n = self.strokes.len();
                let words = format!("Pen over the window, {n} strokes drawn");
                response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &words));
                self.paint(ui.painter(), screen);
                if response.hovered() || response.dragged() {
                    ctx.set_cursor_icon(CursorIcon::Crosshair);
                }
            });
        } else if !self.strokes.is_empty() {
            self.paint(&ctx.layer_painter(own("ink", Order::Middle)), screen);
        }
    }

    fn paint(&self, painter: &Painter, screen: Rect) {
        let c = Theme::of_context(painter.ctx());
        // In two colours, so that it is seen on every map.
        for (width, ink) in [(12.0, c.bg1), (7.0, c.t1)] {
            let width = width / HIGH * screen.height();
            for stroke in &self.strokes {
                let place = |p: &Pos2| screen.min + p.to_vec2() * screen.size();
                let points: Vec<Pos2> = stroke.iter().map(place).collect();
                for end in [points.first(), points.last()].into_iter().flatten() {
                    painter.circle_filled(*end, 0.5 * width, ink);
                }
                painter.add(Shape::line(points, Stroke::new(width, ink)));
            }
        }
    }

    /// Ends a frame: the picture that is to stand is that of now.
    pub fn end(&mut self, ctx: &Context) {
        if std::mem::take(&mut self.freezes) {
            self.still = Some(picture(ctx));
        }
    }
}

/// A layer of the presenter's own.
fn own(name: &'static str, order: Order) -> LayerId {
    LayerId::new(order, Id::unique(name))
}

/// A place as a part of the window.
fn part(screen: Rect, at: Pos2) -> Pos2 {
    ((at - screen.min) / screen.size()).to_pos2()
}

/// All that was painted so far, but for what helps to present.
fn picture(ctx: &Context) -> Vec<ClippedShape> {
    let pen = Id::unique("pen");
    let mut layers = vec![LayerId::background()];
    ctx.memory(|m| {
        let shown = m
            .layer_ids()
            .filter(|l| l.id != pen && l.order <= Order::Foreground);
        layers.extend(shown.filter(|l| *l != LayerId::background()));
    });
    ctx.graphics(|graphics| {
        let lists = layers.into_iter().filter_map(|layer| graphics.get(layer));
        lists.flat_map(|list| list.all_entries().cloned()).collect()
    })
}

/// Letters may lie elsewhere in their texture by now.
fn set_anew(painter: &Painter, shape: Shape) -> Shape {
    match shape {
        Shape::Text(text) => {
            let galley = painter.layout_job((*text.galley.job).clone());
            Shape::Text(TextShape { galley, ..text })
        }
        Shape::Vec(shapes) => {
            let shapes = shapes.into_iter().map(|s| set_anew(painter, s));
            Shape::Vec(shapes.collect())
        }
        other => other,
    }
}

/// The halo: a ring in two colours, so that it is seen on every map, with nothing over what it is about.
fn ring(ctx: &Context, at: Pos2) {
    let c = Theme::of_context(ctx);
    let px = ctx.content_rect().height() / HIGH;
    let painter = ctx.layer_painter(own("halo", Order::Debug));
    for (width, ink) in [(10.0, c.bg2), (6.0, c.t1)] {
        painter.circle_stroke(at, 31.0 * px, Stroke::new(width * px, ink));
    }
}

/// The key that was pressed, large, and what it does.
fn show(ctx: &Context, echo: &Echo) {
    let c = Theme::of_context(ctx);
    let screen = ctx.content_rect();
    let px = screen.height() / HIGH;
    let painter = ctx.layer_painter(own("echo", Order::Debug));
    let lines = [
        (&echo.key, text::verdict_font(64.0 * px), c.t1),
        (&echo.does, text::verdict_font(32.0 * px), c.t2),
    ];
    let lines: Vec<_> = lines.into_iter().filter(|l| !l.0.is_empty()).collect();
    let wide = |l: &(&String, egui::FontId, egui::Color32)| {
        paint::width(&painter, l.0, l.1.clone()).ceil()
    };
    let width = lines.iter().map(wide).fold(0.0, f32::max) + 72.0 * px;
    let height = lines.iter().map(|l| 1.3 * l.1.size).sum::<f32>() + 36.0 * px;
    let middle = pos2(screen.center().x, screen.bottom() - 0.3 * screen.height());
    let rect = Rect::from_center_size(middle, vec2(width, height));
    let rect = paint::snap_rect(&painter, rect);
    let edge = Stroke::new(3.0 * px, c.t1);
    painter.rect(
        rect,
        metrics::RADIUS_VERTEX,
        c.bg2,
        edge,
        StrokeKind::Inside,
    );
    let mut top = rect.top() + 18.0 * px;
    for (words, font, ink) in lines {
        let y = paint::baseline(&painter, top + 0.65 * font.size, font.size);
        top += 1.3 * font.size;
        let at = pos2(rect.center().x, y);
        paint::write(&painter, at, Align::Center, words, font, ink);
    }
}
