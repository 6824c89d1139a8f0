//! The plane of two inputs: the points, what the network says everywhere, and the boundary between its classes.

use super::beside;
use super::plane_legend;
use super::plane_shown::Shown;
use crate::app::format;
use crate::app::kit::{card, focus, paint, panel};
use crate::app::naming;
use crate::app::state::{Action, Frame};
use crate::app::text;
use crate::app::theme::{Marker, NO_TINT, Theme, Tokens, metrics};
use crate::data::Point;
use crate::experiment::microscope::Field;
use crate::experiment::plane::{Plane, SIDE};
use crate::experiment::session::Drawn;
use crate::network::Graph;
use egui::{Align, Key, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// The most points that are drawn.
const MOST_POINTS: usize = 2000;

/// How near the pointer takes hold of a point, in points of the screen.
const NEAR: f32 = 7.0;

/// Caption of the panel.
pub fn caption(frame: &Frame<'_>) -> String {
    match frame.plane {
        Some(plane) if beside::chosen(frame).is_some() => format!(
            "{}{}",
            beside::caption_of(frame),
            frame.race.label(&plane.lane)
        ),
        Some(plane) => format!(
            "{}, update {}",
            frame.race.label(&plane.lane),
            format::count(plane.update)
        ),
        None => String::new(),
    }
}

/// The colour of a class: never alone, each class has its marker too.
pub(super) fn ink(class: usize, c: &Tokens) -> egui::Color32 {
    [
        c.activity[0],
        c.activity[1],
        c.error[1],
        c.error[0],
        c.classes[0],
        c.classes[1],
    ][class % 6]
}

pub(super) fn marker_of(class: usize) -> Marker {
    [
        Marker::Circle,
        Marker::Square,
        Marker::Triangle,
        Marker::Diamond,
        Marker::TriangleDown,
        Marker::Stripe,
    ][class % 6]
}

/// Where things lie on the screen.
#[derive(Clone, Copy)]
pub(super) struct Map {
    rect: Rect,
    x: [f64; 2],
    y: [f64; 2],
}

impl Map {
    pub(super) fn to_screen(self, [x, y]: [f64; 2]) -> Pos2 {
        let part = |v: f64, r: [f64; 2]| ((v - r[0]) / (r[1] - r[0])) as f32;
        pos2(
            self.rect.left() + part(x, self.x) * self.rect.width(),
            self.rect.bottom() - part(y, self.y) * self.rect.height(),
        )
    }

    fn to_plane(self, at: Pos2) -> [f64; 2] {
        let along = |part: f32, r: [f64; 2]| r[0] + (r[1] - r[0]) * f64::from(part);
        [
            along((at.x - self.rect.left()) / self.rect.width(), self.x),
            along((self.rect.bottom() - at.y) / self.rect.height(), self.y),
        ]
    }
}

/// Draws the view: of a pair of runs the boundaries of both, on the ground of the one that is chosen, or of what the second says more.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    beside::one(ui, frame, draw);
}

fn draw(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let Some(shown) = Shown::of(frame) else {
        panel::empty(ui, "Working out what the network says all over the plane.");
        return;
    };
    let plane = Arc::clone(&shown.plane);
    let all = ui.max_rect();
    let all = all.with_max_y(all.bottom() - frame.foot);
    let area = all.shrink2(vec2(12.0, 8.0));
    let beside = area.width() > area.height() + 110.0;
    let side = if beside {
        area.height() - 34.0
    } else {
        // Below stand the axis, the classes with a button beside them, and two or three lines.
        let lines = if area.width() >= plane_legend::ONE_LINE {
            2.0
        } else {
            2.0 + shown.words().len() as f32
        };
        (area.width() - 18.0).min(area.height() - 54.0 - 15.0 * lines)
    };
    let side = side.max(42.0).floor();
    let rect = Rect::from_min_size(area.min + vec2(18.0, 0.0), vec2(side, side));
    let rect = paint::snap_rect(ui.painter(), rect);
    let map = Map {
        rect,
        x: plane.x,
        y: plane.y,
    };
    let response = ui.interact(rect, ui.scope_id().with("plane"), Sense::click_and_drag());
    let subject = [0, 1].map(|i| frame.clamped().value(0, Field::X, Graph::INPUT, i));
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!(
                "{}Plane of two inputs, update {}; the microscope looks at ({}, {})",
                frame.of_side(),
                format::count(plane.update),
                format::number(subject[0]),
                format::number(subject[1])
            ),
        )
    });
    let painter = ui
        .painter()
        .with_clip_rect(rect.expand(1.0).intersect(ui.clip_rect()));
    let texture = shown.texture(ui, c);
    painter.image(
        texture.id(),
        rect,
        Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)),
        NO_TINT,
    );
    shown.boundaries(&painter, map, c);
    let nearest = match frame.view.adding {
        Some(_) => {
            for p in &frame.view.points {
                let at = map.to_screen([p.x, p.y]);
                let color = ink(p.class.into(), c);
                dot(&painter, at, marker_of(p.class.into()), color, color, c.bg1);
            }
            None
        }
        None => points(&painter, frame, map, response.hover_pos(), c),
    };
    // What the microscope looks at.
    let at = map.to_screen(subject);
    painter.circle_stroke(at, 6.5, Stroke::new(3.5, c.bg1));
    painter.circle_stroke(at, 6.5, Stroke::new(1.5, c.t1));
    ui.painter().rect_stroke(
        rect,
        0,
        Stroke::new(metrics::HAIRLINE, c.line2),
        egui::StrokeKind::Outside,
    );
    axes(ui, map, c);
    plane_legend::show(ui, frame, (area, rect, beside), &shown.words(), c);

    match frame.view.adding {
        Some(class) => add(frame, &response, map, class),
        None => look(frame, &response, map, nearest),
    }
    by_keys(ui, frame, &response, map);
    if frame.view.adding.is_some() {
        card::hover(
            response,
            "A click adds a point of the chosen class; a click with Shift (or the right button) takes the nearest away.",
        );
        return;
    }
    hover(frame, response, map, &shown, nearest);
}

/// A click on a point looks at it; anywhere else an input is placed and follows the pointer.
fn look(frame: &mut Frame<'_>, response: &egui::Response, map: Map, nearest: Option<usize>) {
    let Some(at) = response.interact_pointer_pos() else {
        return;
    };
    match nearest.filter(|_| !response.dragged()) {
        Some(example) if response.clicked() => frame.actions.push(Action::Example(example)),
        Some(_) => {}
        None if response.clicked() || response.dragged() => {
            let rect = map.rect;
            let input = map.to_plane(pos2(
                at.x.clamp(rect.left(), rect.right()),
                at.y.clamp(rect.top(), rect.bottom()),
            ));
            let meant = frame.micro.subject.label.unwrap_or(0);
            frame.actions.push(place(input, meant));
        }
        None => {}
    }
}

/// With the plane focused, arrows move the input, a fortieth of the plane at a time. Space then puts a point there, where points are made,
/// or else goes to the nearest example; Delete takes the nearest point away.
fn by_keys(ui: &Ui, frame: &mut Frame<'_>, response: &egui::Response, map: Map) {
    const PARTS: f64 = 40.0;
    focus::takes_keys(response, focus::Keys::Grid);
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(match frame.view.adding {
            Some(_) => {
                "Arrows move the place, Space puts a point there, Delete takes the nearest away."
            }
            None => "Arrows move the input, Space goes to the nearest example.",
        });
    });
    // A press by Space, or by assistive technology, which points at nothing.
    let space = response.clicked() && response.interact_pointer_pos().is_none();
    if !response.has_focus() && !space {
        return;
    }
    let focused = response.has_focus();
    let (by, delete) = ui.input(|i| {
        let presses = |key| {
            if focused {
                i.num_presses(key) as f64
            } else {
                0.0
            }
        };
        let by = [
            presses(Key::ArrowRight) - presses(Key::ArrowLeft),
            presses(Key::ArrowUp) - presses(Key::ArrowDown),
        ];
        let delete = i.key_pressed(Key::Delete) || i.key_pressed(Key::Backspace);
        (by, focused && delete)
    });
    let here = [0, 1].map(|i| frame.clamped().value(0, Field::X, Graph::INPUT, i));
    if by != [0.0, 0.0] {
        let to = [0, 1].map(|i| {
            let [from, to] = [map.x, map.y][i];
            (here[i] + by[i] * (to - from) / PARTS).clamp(from, to)
        });
        let meant = frame.micro.subject.label.unwrap_or(0);
        frame.actions.push(place(to, meant));
    } else if let Some(class) = frame.view.adding {
        let mut points = frame.view.points.clone();
        if space {
            let [x, y] = here.map(|v| (v * 1000.0).round() / 1000.0);
            points.push(Point { x, y, class });
            frame.actions.push(Action::Points(points));
        } else if delete && let Some(i) = nearest_to(here, points.iter().map(|p| [p.x, p.y])) {
            points.remove(i);
            frame.actions.push(Action::Points(points));
        }
    } else if space {
        let all = (0..frame.data.len()).map(|example| {
            let mut point = [0.0; 2];
            frame.data.write_input(example, &mut point);
            point
        });
        if let Some(example) = nearest_to(here, all) {
            frame.actions.push(Action::Example(example));
        }
    }
}

/// Which of the points is the nearest to a place.
fn nearest_to(here: [f64; 2], points: impl Iterator<Item = [f64; 2]>) -> Option<usize> {
    let away = |p: [f64; 2]| (p[0] - here[0]).hypot(p[1] - here[1]);
    let all = points.map(away).enumerate();
    all.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
}

/// A click adds a point of `class`, or takes the nearest away.
fn add(frame: &mut Frame<'_>, response: &egui::Response, map: Map, class: u16) {
    let Some(at) = response.interact_pointer_pos() else {
        return;
    };
    let mut points = frame.view.points.clone();
    let shift = response.ctx.input(|i| i.modifiers.shift);
    if response.secondary_clicked() || (response.clicked() && shift) {
        let away = |p: &Point| map.to_screen([p.x, p.y]).distance(at);
        let nearest =
            (0..points.len()).min_by(|&a, &b| away(&points[a]).total_cmp(&away(&points[b])));
        if let Some(i) = nearest.filter(|&i| away(&points[i]) < 2.0 * NEAR) {
            points.remove(i);
            frame.actions.push(Action::Points(points));
        }
    } else if response.clicked() {
        let [x, y] = map.to_plane(at).map(|v| (v * 1000.0).round() / 1000.0);
        points.push(Point { x, y, class });
        frame.actions.push(Action::Points(points));
    }
}

pub(super) fn place(input: [f64; 2], label: usize) -> Action {
    Action::Draw(Arc::new(Drawn {
        input: input.to_vec(),
        label,
        missing: 0,
    }))
}

fn hover(
    frame: &Frame<'_>,
    response: egui::Response,
    map: Map,
    shown: &Shown,
    nearest: Option<usize>,
) {
    let Some(at) = response.hover_pos() else {
        return;
    };
    let class = |k: usize| frame.data.classes().get(k).cloned().unwrap_or_default();
    let input = match nearest {
        Some(example) => {
            let mut point = [0.0; 2];
            frame.data.write_input(example, &mut point);
            point
        }
        None => map.to_plane(at),
    };
    // An example's inputs are what they are; those of a place are as fine as the picture.
    let digits = |v: f64| match nearest {
        Some(_) => format::exact(v, frame.micro.dtype()),
        None => format::number(v),
    };
    let step = |v: f64, r: [f64; 2]| {
        (((v - r[0]) / (r[1] - r[0]) * (SIDE - 1) as f64).round() as usize).min(SIDE - 1)
    };
    let plane = &shown.plane;
    let here = step(input[1], plane.y) * SIDE + step(input[0], plane.x);
    let mut rows = vec![
        ("input 1".to_owned(), digits(input[0])),
        ("input 2".to_owned(), digits(input[1])),
    ];
    let name = match nearest {
        Some(example) => {
            if let Some(label) = frame.data.label(example) {
                rows.push(("class".to_owned(), class(label)));
            }
            naming::example(frame.data, example)
        }
        None => "A click looks at this input".into(),
    };
    let mut says = |who: &str, plane: &Plane| {
        let sure = format::all_digits_f32(plane.confidence[here]);
        rows.push((
            format!("{who} says, near here"),
            class(plane.class[here].into()),
        ));
        rows.push(("how sure".to_owned(), sure));
    };
    match &shown.pair {
        Some([a, b]) => {
            says(&shown.names[0], a);
            says(&shown.names[1], b);
        }
        None => says("network", plane),
    }
    if let Some(gained) = &shown.gained {
        let by = format::all_digits_f32(gained.by[here]);
        let class = class(gained.class[here].into());
        rows.push((shown.names[2].clone(), format!("{class} by {by}")));
    }
    response.on_hover_ui_at_pointer(|ui| card::card(ui, &name, &rows));
}

/// Draws the points; the example under the pointer, if any.
fn points(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    map: Map,
    pointer: Option<Pos2>,
    c: &Tokens,
) -> Option<usize> {
    let data = frame.data;
    let train = data.split().train.clone();
    let every = data.len().div_ceil(MOST_POINTS).max(1);
    let mut best: Option<(f32, usize)> = None;
    let mut point = [0.0; 2];
    for example in (0..data.len()).step_by(every) {
        data.write_input(example, &mut point);
        let at = map.to_screen(point);
        let class = data.label(example).unwrap_or(0);
        let color = ink(class, c);
        dot(
            painter,
            at,
            marker_of(class),
            color,
            if train.contains(&example) {
                color
            } else {
                c.bg1
            },
            c.bg1,
        );
        if let Some(pointer) = pointer {
            let away = pointer.distance(at);
            if away < NEAR && best.is_none_or(|b| away < b.0) {
                best = Some((away, example));
            }
        }
    }
    best.map(|b| b.1)
}

/// A small marker of a class: filled where `fill` is its colour.
pub(super) fn dot(
    painter: &egui::Painter,
    at: Pos2,
    marker: Marker,
    color: egui::Color32,
    fill: egui::Color32,
    rim: egui::Color32,
) {
    let filled = fill == color;
    let stroke = if filled {
        Stroke::new(1.0, rim)
    } else {
        Stroke::new(1.0, color)
    };
    let outline = |corners: &[(f32, f32)]| {
        let corners = corners.iter().map(|(x, y)| at + vec2(*x, *y)).collect();
        painter.add(Shape::convex_polygon(corners, fill, stroke));
    };
    match marker {
        Marker::Circle => _ = painter.circle(at, 2.8, fill, stroke),
        Marker::Square => outline(&[(-2.5, -2.5), (2.5, -2.5), (2.5, 2.5), (-2.5, 2.5)]),
        Marker::Triangle => outline(&[(0.0, -3.4), (3.1, 2.3), (-3.1, 2.3)]),
        Marker::TriangleDown => outline(&[(0.0, 3.4), (-3.1, -2.3), (3.1, -2.3)]),
        Marker::Stripe => outline(&[(-3.6, -1.4), (3.6, -1.4), (3.6, 1.4), (-3.6, 1.4)]),
        Marker::Diamond => outline(&[(0.0, -3.6), (3.6, 0.0), (0.0, 3.6), (-3.6, 0.0)]),
    }
}

fn axes(ui: &Ui, map: Map, c: &Tokens) {
    let painter = ui.painter();
    let font = text::mono_small_font();
    let r = map.rect;
    let y = paint::baseline(painter, r.bottom() + 9.0, text::size::MONO_SMALL);
    let [x, y_ends] = [map.x, map.y].map(|r| {
        // Two digits of the distance between the ends.
        let decimals = (1.0 - (r[1] - r[0]).log10().floor()).clamp(0.0, 9.0) as usize;
        r.map(|v| format::fixed(v, decimals))
    });
    let ends = x;
    paint::write(
        painter,
        pos2(r.left(), y),
        Align::LEFT,
        &ends[0],
        font.clone(),
        c.t3,
    );
    paint::write(
        painter,
        pos2(r.right(), y),
        Align::RIGHT,
        &ends[1],
        font.clone(),
        c.t3,
    );
    // In a small plot the arrows alone say which input is which; in the smallest the card does.
    let wide = |words: &str, font| paint::width(painter, words, font);
    let ends_wide = ends.each_ref().map(|words| wide(words, font.clone()));
    let room = 2.0 * (0.5 * r.width() - ends_wide[0].max(ends_wide[1]) - metrics::GAP);
    let words = ["input 1 →, input 2 ↑", "1 →, 2 ↑"];
    let fits = |words: &&&str| wide(words, text::caption_font()) <= room;
    if let Some(words) = words.iter().find(fits) {
        let middle = pos2(r.center().x, y);
        paint::write(
            painter,
            middle,
            Align::Center,
            words,
            text::caption_font(),
            c.t3,
        );
    }
    let ends = y_ends;
    for (v, words) in [(r.bottom() - 5.0, &ends[0]), (r.top() + 5.0, &ends[1])] {
        let y = paint::baseline(painter, v, text::size::MONO_SMALL);
        paint::write(
            painter,
            pos2(r.left() - 3.0, y),
            Align::RIGHT,
            words,
            font.clone(),
            c.t3,
        );
    }
}
