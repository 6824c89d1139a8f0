//! The network: values above, errors below, in one geometry; predictions run right, errors run left.

use super::beside;
use super::network_arrows::{arrows, edges};
use super::network_layout::{Column, Geometry, Look, Paper, Tiles, arrange};
use super::network_legend::legends;
use super::network_pointer::interact;
use super::network_rows::rows;
use super::touched;
use super::unrolled;
use super::vertices::{at_front, foot_words, state_of, unit_rect};
use super::wave::share_of;
use crate::app::format;
use crate::app::kit::button::IconButton;
use crate::app::kit::icons::Icon;
use crate::app::kit::maps::{MapAtlas, Maps, corner_tick};
use crate::app::kit::{badge, cells, paint};
use crate::app::state::{Choice, Frame};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::learning::Course;
use crate::network::{Graph, Loss};
use egui::{Align, Rect, Sense, Stroke, Ui, pos2};
use std::sync::{Arc, Mutex, PoisonError};

/// The caption of the panel.
pub fn caption(frame: &Frame<'_>) -> String {
    let words = match frame.micro.subject.rule.course() {
        _ if unrolled::applies(frame.micro) => unrolled::caption(frame),
        Course::Reverse => "forward runs right, δ runs left".into(),
        _ if frame.micro.is_frozen(Field::Mu) => "predictions are frozen, errors run left".into(),
        _ => "predictions run right, errors run left".into(),
    };
    format!("{}{words}", beside::caption_of(frame))
}

/// Phase, state, theme, ranges, and how many channels of each vertex are shown.
type Key = (u64, usize, Theme, Vec<[u64; 2]>, Vec<usize>);

/// Textures of all maps, kept while phase, state, theme and ranges stay.
#[derive(Default)]
struct Pictures {
    key: Option<Key>,
    atlases: Vec<[Option<MapAtlas>; 2]>,
}

/// Draws the view: of a pair of runs the one that is chosen, or their difference.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    beside::one(ui, frame, draw);
}

fn draw(ui: &mut Ui, frame: &mut Frame<'_>) {
    if unrolled::applies(frame.micro) {
        unrolled::ui(ui, frame);
        return;
    }
    let area = ui.max_rect();
    let area = area.with_max_y(area.bottom() - frame.foot);
    let c = Theme::get(ui);
    let micro = frame.micro;
    let t = frame.t();
    let pixel = 1.0 / ui.pixels_per_point();
    let look = frame.view.network.clone();
    let paper = Paper {
        area,
        pixel,
        colour: frame.data.look().in_colour(),
        far: frame.far,
    };
    let geometry = arrange(&micro.plan, &paper, &look);
    // Below all columns: the wheel moves what is drawn apart, and with Ctrl draws it apart.
    let ground = ui.interact(area, ui.scope_id().with("ground"), Sense::hover());
    if let Some(at) = ground.hover_pos().filter(|_| ground.contains_pointer()) {
        let (by, wheel) = ui.input(|i| (i.zoom_delta(), i.smooth_scroll_delta()));
        let part = (at.x - area.left()) / area.width();
        let next = match by {
            1.0 => look.moved(-(wheel.x + wheel.y) / area.width()),
            by => look.zoomed(by, part),
        };
        if next != look {
            frame.choose(Choice::Network(next));
        }
    }
    let id = egui::Id::unique("network pictures");
    let pictures: Arc<Mutex<Pictures>> = ui.data_mut(|d| {
        d.get_temp_mut_or_default::<Arc<Mutex<Pictures>>>(id)
            .clone()
    });
    let mut pictures = pictures.lock().unwrap_or_else(PoisonError::into_inner);
    refresh(&mut pictures, ui, frame, &geometry);
    let painter = ui.painter().clone();
    let selected = frame.view.selection;
    if let Some(column) = geometry.columns.get(selected.vertex) {
        let rect = column.whole;
        painter.rect(
            rect,
            metrics::RADIUS_VERTEX,
            c.bg2,
            Stroke::new(1.0, c.line2),
            egui::StrokeKind::Inside,
        );
    }
    let front = front(micro, t);
    let look = heading_look(&painter, frame, &geometry);
    for column in &geometry.columns {
        heading(ui, frame, column, area, &look);
        if column.folded {
            strip(ui, frame, column, &geometry, area);
        } else {
            upper(ui, frame, &pictures, column);
            lower(ui, frame, &pictures, column, front);
            touched::marks(&painter, frame, column, c);
        }
        foot(ui, frame, column, area);
    }
    arrows(ui, frame, &geometry, t, c);
    legends(&painter, frame, &geometry, c);
    if !frame.far {
        edges(&painter, frame, &geometry, t, c);
    }
    for column in &geometry.columns {
        interact(ui, frame, column);
    }
}

/// What stands in the panel's bar, from the right: all of it again, closer, further, and the selected vertex folded.
pub fn tools(ui: &mut Ui, frame: &mut Frame<'_>) {
    if unrolled::applies(frame.micro) {
        return;
    }
    let look = frame.view.network.clone();
    let selected = frame.view.selection.vertex;
    let last = frame.micro.plan.output();
    let name = &frame.micro.plan.graph.vertices[selected.min(last)].label;
    let mut next = None;
    let mut press = |ui: &mut Ui, icon: Icon, name: &str, disabled: Option<&str>, to: Look| {
        let button = IconButton::new(icon).name(name).disabled(disabled);
        if button.show(ui).clicked() {
            next = Some(to);
        }
    };
    let whole = (look == Look::default()).then_some("All of it is in sight.");
    press(
        ui,
        Icon::Contract,
        "All of the network",
        whole,
        Look::default(),
    );
    let most = (look.zoom >= Look::MOST).then_some("It is drawn as far apart as can be.");
    press(
        ui,
        Icon::Plus,
        "Draw the network apart",
        most,
        look.zoomed(1.4, 0.5),
    );
    let least = (look.zoom <= 1.0).then_some("It has the width of its panel.");
    press(
        ui,
        Icon::Minus,
        "Draw it closer",
        least,
        look.zoomed(1.0 / 1.4, 0.5),
    );
    let ends = selected == 0 || selected >= last;
    let ends = ends.then_some("Input and output stay as they are; select another vertex.");
    let fold = match look.folded.contains(&selected) {
        true => format!("Unfold {name}"),
        false => format!("Fold {name}"),
    };
    press(ui, Icon::Fold, &fold, ends, look.folding(selected));
    if let Some(next) = next {
        frame.choose(Choice::Network(next));
    }
    let shape = frame.micro.plan.graph.vertices[Graph::INPUT].shape;
    let on = frame.view.brush;
    if !shape.is_flat() && !frame.micro.recorded {
        let button = IconButton::new(Icon::Pencil).name("Brush away the input");
        if button.selected(on).show(ui).clicked() {
            frame.choose(Choice::Brush(!on));
        }
    }
}

/// The vertex the front has just reached, if there is a front.
fn front(micro: &MicroscopeSnapshot, t: usize) -> Option<usize> {
    (1..micro.plan.graph.vertices.len()).find(|&v| at_front(micro, v, t))
}

fn refresh(pictures: &mut Pictures, ui: &Ui, frame: &Frame<'_>, geometry: &Geometry) {
    let c = Theme::get(ui);
    let (micro, t) = (frame.micro, frame.t());
    let ranges: Vec<[u64; 2]> = (0..micro.plan.graph.vertices.len())
        .map(|v| [Field::X, Field::Eps].map(|field| frame.view.ranges.of(field, v).to_bits()))
        .collect();
    // Of many channels only those there is room for are painted.
    let shown = |v: usize| geometry.columns.get(v).map_or(0, |c| c.tiles.shown());
    let counts: Vec<usize> = (0..geometry.columns.len()).map(shown).collect();
    let key = (micro.picture(), t, c.theme, ranges, counts);
    if pictures.key.as_ref() == Some(&key) {
        return;
    }
    let look = frame.data.look();
    let vertices = &micro.plan.graph.vertices;
    if pictures.atlases.len() != vertices.len() {
        pictures.atlases = vertices.iter().map(|_| [None, None]).collect();
    }
    for (v, vertex) in vertices.iter().enumerate() {
        let s = vertex.shape;
        if s.is_flat() {
            continue;
        }
        for (lane, field) in [Field::X, Field::Eps].into_iter().enumerate() {
            if v == Graph::INPUT && lane == 1 {
                continue;
            }
            let range = frame.view.ranges.of(field, v);
            let color = |value: f64| match lane {
                0 => c.diverging_activity(value, range),
                _ => c.diverging_error(value, range),
            };
            let source = if v == Graph::INPUT {
                frame.clamped()
            } else {
                micro
            };
            let value = source.values(t.min(source.states.len() - 1), field, v);
            let atlas = pictures.atlases[v][lane]
                .get_or_insert_with(|| MapAtlas::new(format!("{} {lane}", vertex.id)));
            let size = [s.width, s.height];
            if v != Graph::INPUT {
                let maps = Maps {
                    size,
                    count: s.channels.min(shown(v)),
                    range,
                    value: |channel, row, column| value(s.index(channel, row, column)),
                    color,
                };
                atlas.set(ui, maps);
            } else if look.in_colour() {
                let pixel = |row, column| {
                    let rgb = look.rgb(|channel| value(s.index(channel, row, column)));
                    rgb.iter().all(|p| p.is_finite()).then(|| c.rgb(rgb))
                };
                atlas.set_picture(ui, size, pixel);
            } else {
                let maps = Maps {
                    size,
                    count: s.channels,
                    range: f64::INFINITY,
                    value: |channel, row, column| {
                        look.shade(channel, value(s.index(channel, row, column)))
                    },
                    color: |shade| c.grey(shade),
                };
                atlas.set(ui, maps);
            }
        }
    }
    pictures.key = Some(key);
}

/// How the names of vertices are written: alike for all, as large as the narrowest column allows, else by their initials.
fn heading_look(painter: &egui::Painter, frame: &Frame<'_>, geometry: &Geometry) -> Heading {
    let vertices = &frame.micro.plan.graph.vertices;
    let fits = |font: &egui::FontId| {
        let mut open = geometry.columns.iter().filter(|c| !c.folded);
        open.all(|column| {
            let own = paint::width(painter, &vertices[column.v].label, font.clone());
            own <= column.whole.width() - 1.0
        })
    };
    let fonts = [text::title_font(), text::strong_font()];
    match fonts.into_iter().find(fits) {
        Some(font) => Heading { font, short: false },
        None => Heading {
            font: text::title_font(),
            short: true,
        },
    }
}

/// See [`heading_look`].
struct Heading {
    font: egui::FontId,
    short: bool,
}

fn heading(ui: &Ui, frame: &Frame<'_>, column: &Column, area: Rect, look: &Heading) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let vertex = &frame.micro.plan.graph.vertices[column.v];
    let x = column.whole.center().x;
    let middle = if frame.far { 13.0 } else { 17.0 };
    let y = paint::baseline(painter, area.top() + middle, text::size::TITLE);
    let (room, font) = match frame.far {
        true => (column.whole.width() + 8.0, text::strong_font()),
        false => (column.whole.width(), look.font.clone()),
    };
    let fits = |words: &str| paint::width(painter, words, font.clone()) <= room;
    // "dense 11" is "d11" where columns are narrow: the card of the column has the whole name. Ends have a number nowhere.
    let initials = || {
        let mut parts = vertex.label.split_whitespace();
        let first = parts.next().and_then(|w| w.chars().next());
        let mut short = first.map_or_else(String::new, String::from);
        for part in parts {
            if part.parse::<usize>().is_err() {
                short.push(' ');
            }
            short.push_str(part);
        }
        short
    };
    let short = look.short && !frame.far && vertex.label.contains(' ');
    let name = match fits(&vertex.label) && !short {
        true => vertex.label.clone(),
        false if column.folded => initials().chars().take(3).collect(),
        false => initials(),
    };
    paint::write(painter, pos2(x, y), Align::Center, &name, font, c.t1);
    if column.folded || frame.far {
        return;
    }
    let shape = shape_words(frame.micro, frame.data.classes(), column);
    // A neighbour's words begin where the column ends: what part is shown matters more than the map's size.
    let room_of = |words: &String| {
        paint::width(painter, words, text::mono_small_font()) <= column.whole.width() + 8.0
    };
    let fitting = shape.iter().find(|words| room_of(words)).or(shape.last());
    let shape = fitting.map_or("", String::as_str);
    let y = paint::baseline(painter, area.top() + 33.0, text::size::MONO_SMALL);
    paint::write(
        painter,
        pos2(x, y),
        Align::Center,
        shape,
        text::mono_small_font(),
        c.t3,
    );
}

/// A folded vertex: a line of its values, and below it one in the colour of its error's size, as in the error wave.
fn strip(ui: &Ui, frame: &Frame<'_>, column: &Column, geometry: &Geometry, area: Rect) {
    let c = Theme::get(ui);
    let x = column.whole.center().x;
    let half = 0.5 * geometry.tiled;
    let bar = |y: f32| {
        let centre = pos2(x, y);
        Rect::from_center_size(centre, egui::vec2(8.0, geometry.tiled))
    };
    let upper =
        bar(column.upper.center().y).with_min_y((column.upper.center().y - half).max(area.top()));
    ui.painter().rect_filled(upper, metrics::RADIUS_CELL, c.bg3);
    let lower = bar(column.lower.center().y);
    let size = frame.micro.states[frame.t()].size[column.v];
    let (low, high) = frame.view.ranges.decades();
    if frame.difference() && size.is_finite() && frame.stands(column.v) {
        let share = share_of(size, (low, high)).clamp(-1.0, 1.0);
        let fill = c.diverging_error(share, 1.0);
        ui.painter().rect_filled(lower, metrics::RADIUS_CELL, fill);
    } else if size > 0.0 && size.is_finite() {
        let share = ((size.log10() - low) / (high - low)).clamp(0.0, 1.0);
        ui.painter()
            .rect_filled(lower, metrics::RADIUS_CELL, c.cividis(share));
    } else if size == 0.0 {
        paint::bordered(ui.painter(), lower, metrics::RADIUS_CELL, c.bg1, c.line);
    } else {
        cells::not_a_number(ui.painter(), lower, c);
    }
}

/// The shape of a vertex, or the part of it that is shown, in words: the fullest first.
fn shape_words(micro: &MicroscopeSnapshot, classes: &[String], column: &Column) -> Vec<String> {
    let v = column.v;
    let s = micro.plan.graph.vertices[v].shape;
    let (shown, all) = (column.tiles.shown(), s.channels);
    let count = if shown < all && !column.tiles.together() {
        format::of(shown as u64, all as u64)
    } else {
        format::count(all as u64)
    };
    let size = format!("{}×{}", s.height, s.width);
    if s.is_flat() {
        let softmax = v == micro.plan.output() && micro.plan.graph.loss == Loss::CrossEntropy;
        let long = softmax.then(|| format!("{count}, softmax"));
        return long.into_iter().chain([count]).collect();
    }
    match micro.subject.label.and_then(|l| classes.get(l)) {
        // What the input is, as its own heading says it best: 28×28, a 3.
        Some(class) if v == Graph::INPUT => {
            let article = if class.len() == 1 { "a " } else { "" };
            vec![format!("{size}, {article}{class}"), size]
        }
        _ => vec![format!("{count} @ {size}"), count],
    }
}

fn upper(ui: &Ui, frame: &Frame<'_>, pictures: &Pictures, column: &Column) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let (micro, v) = (frame.micro, column.v);
    let output = micro.plan.output();
    let range = frame.view.ranges.of(Field::X, v);
    units(ui, frame, pictures, column, 0);
    // Under a picture its range; under the output the target; under the input its padlock.
    let y = paint::baseline(
        painter,
        column.upper.bottom().max(column.upper.top() + 20.0) + 12.0,
        text::size::MONO_SMALL,
    );
    let x = column.upper.center().x;
    let changed = touched::end_words(frame, v);
    if v == Graph::INPUT {
        // From afar, what it is says most: its padlock says that it is clamped.
        let class = micro
            .subject
            .label
            .and_then(|l| frame.data.classes().get(l));
        let class = class.filter(|_| frame.far && !micro.subject.drawn);
        let words = match class {
            Some(class) if class.chars().count() == 1 => &format!("a {class}"),
            Some(class) => class,
            None => "clamped",
        };
        let words = changed.as_deref().unwrap_or(words);
        let width = paint::width(painter, words, text::body_font());
        if changed.is_none() {
            Icon::Padlock.paint(painter, pos2(x - width / 2.0 - 4.0, y - 4.0), c.t2);
        }
        paint::write(
            painter,
            pos2(x - width / 2.0 + 8.0, y),
            Align::LEFT,
            words,
            text::body_font(),
            c.t2,
        );
    } else if v == output {
        let words = match (changed, micro.subject.label) {
            (Some(words), _) => words,
            (None, Some(label)) => format!(
                "target {}",
                frame.data.classes().get(label).map_or("?", String::as_str)
            ),
            (None, None) => format!("target {}", format::number(micro.target.get(0))),
        };
        paint::write(
            painter,
            pos2(x, y),
            Align::Center,
            &words,
            text::mono_small_font(),
            c.t3,
        );
    } else if !frame.far {
        paint::write(
            painter,
            pos2(x, y),
            Align::Center,
            &format::plus_minus(range),
            text::mono_small_font(),
            c.t3,
        );
    }
}

/// The units of one lane: maps, cells or rows.
fn units(ui: &Ui, frame: &Frame<'_>, pictures: &Pictures, column: &Column, lane: usize) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let (micro, v, t) = (frame.micro, column.v, frame.t());
    let field = if lane == 0 { Field::X } else { Field::Eps };
    let area = if lane == 0 {
        column.upper
    } else {
        column.lower
    };
    let range = frame.view.ranges.of(field, v);
    let color = |value: f64| {
        if lane == 0 {
            c.diverging_activity(value, range)
        } else {
            c.diverging_error(value, range)
        }
    };
    match column.tiles {
        Tiles::Maps { shown, .. } => {
            if let Some(atlas) = pictures.atlases.get(v).and_then(|a| a[lane].as_ref()) {
                for i in 0..shown {
                    atlas.draw(painter, column.tiles.place(area, i), i, c);
                }
            }
        }
        Tiles::Cells { shown, .. } => {
            for i in 0..shown {
                let rect = column.tiles.place(area, i);
                let value = micro.value(t, field, v, i);
                if value.is_finite() {
                    painter.rect_filled(rect, 0, color(value));
                    if value.abs() > range {
                        corner_tick(painter, rect, c);
                    }
                } else {
                    cells::not_a_number(painter, rect, c);
                }
            }
        }
        Tiles::Rows { .. } => rows(ui, frame, column, lane),
    }
    // The selected and the hovered unit, in both lanes.
    for (which, strong) in [
        (Some(frame.view.selection), true),
        (frame.view.found.hover.get(), false),
    ] {
        if let Some(at) = which.filter(|s| s.vertex == v)
            && let Some(rect) = unit_rect(micro, column, area, at.unit)
            && !matches!(column.tiles, Tiles::Rows { .. })
        {
            let ink = if strong { c.t1 } else { c.t2 };
            painter.rect_stroke(
                rect.expand(1.0),
                1,
                Stroke::new(1.0, ink),
                egui::StrokeKind::Outside,
            );
        }
    }
}

fn lower(ui: &Ui, frame: &Frame<'_>, pictures: &Pictures, column: &Column, front: Option<usize>) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let v = column.v;
    if v == Graph::INPUT {
        return;
    }
    let output = v == frame.micro.plan.output();
    let zero = !frame.stands(v);
    let outline = column.lower.expand(3.0);
    if zero && !output {
        painter.rect_stroke(
            outline,
            metrics::RADIUS_CELL,
            Stroke::new(1.0, c.line),
            egui::StrokeKind::Inside,
        );
        paint::centred(painter, outline, "0", text::mono_font(), c.t3);
        return;
    }
    units(ui, frame, pictures, column, 1);
    let is_front = front == Some(v) && !output;
    if is_front {
        painter.rect_stroke(
            outline,
            metrics::RADIUS,
            Stroke::new(metrics::STROKE, c.t1),
            egui::StrokeKind::Outside,
        );
        badge::tag(
            painter,
            pos2(outline.center().x, outline.top() - 1.0),
            "front",
            c,
        );
    } else if !output {
        painter.rect_stroke(
            outline,
            metrics::RADIUS_CELL,
            Stroke::new(1.0, c.line),
            egui::StrokeKind::Inside,
        );
    }
}

/// Level and state in words, under each column.
fn foot(ui: &Ui, frame: &Frame<'_>, column: &Column, area: Rect) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let v = column.v;
    let x = column.whole.center().x;
    let (y1, y2) = (
        paint::baseline(painter, area.bottom() - 26.0, text::size::CAPTION),
        paint::baseline(painter, area.bottom() - 11.0, text::size::CAPTION),
    );
    if v == Graph::INPUT {
        return;
    }
    let strong = frame.stands(v) || v == frame.micro.plan.output();
    if frame.far {
        return far_foot(ui, frame, column, area);
    }
    let room = column.whole.width() - 2.0;
    let wide = |words: &str, font: egui::FontId| paint::width(painter, words, font);
    let (level, range) = foot_words(painter, frame, column);
    let (a, b) = (
        paint::width(painter, &level, text::medium_font()),
        paint::width(painter, &range, text::mono_small_font()),
    );
    let left = x - (a + b) / 2.0;
    paint::write(
        painter,
        pos2(left, y1),
        Align::LEFT,
        &level,
        text::medium_font(),
        if strong { c.t1 } else { c.t3 },
    );
    paint::write(
        painter,
        pos2(left + a, y1),
        Align::LEFT,
        &range,
        text::mono_small_font(),
        c.t3,
    );
    let mut words = state_of(frame, v);
    if wide(&words, text::caption_font()) > room {
        // "captured at 3" becomes "at 3", "recomputed each step" "each step"; where that is too long, the card has the words.
        let short = words.split_once(' ').map_or("", |(_, rest)| rest);
        let whole = words == "next step" || words == "still 0" || words == "no weights";
        words = if !whole && wide(short, text::caption_font()) <= room + 12.0 {
            short.to_owned()
        } else if whole && wide(&words, text::caption_font()) <= room + 12.0 {
            words
        } else {
            String::new()
        };
    }
    paint::write(
        painter,
        pos2(x, y2),
        Align::Center,
        &words,
        text::caption_font(),
        if strong { c.t2 } else { c.t3 },
    );
}

/// In one word: still 0, the front now, or the level that errors have come to.
fn far_foot(ui: &Ui, frame: &Frame<'_>, column: &Column, area: Rect) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let (micro, v, t) = (frame.micro, column.v, frame.t());
    let level = micro.plan.graph.vertices[v].level;
    let here = at_front(micro, v, t) && v != micro.plan.output();
    let moved = frame.stands(v) || v == micro.plan.output();
    let (words, short, ink) = match (here, moved) {
        (true, _) => ("now".to_owned(), "now".to_owned(), c.t1),
        (false, true) => (format!("level {level}"), level.to_string(), c.t1),
        (false, false) => ("still 0".to_owned(), String::new(), c.t3),
    };
    let font = if here {
        text::strong_font()
    } else {
        text::body_font()
    };
    let fits = paint::width(painter, &words, font.clone()) <= column.whole.width() - 8.0;
    let words = if fits { words } else { short };
    let y = paint::baseline(painter, area.bottom() - 11.0, text::size::BODY);
    let at = pos2(column.whole.center().x, y);
    paint::write(painter, at, Align::Center, &words, font, ink);
}
