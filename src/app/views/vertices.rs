//! What is said of a vertex and of one of its units, and where a unit is drawn.

use super::network_layout::{Column, Tiles};
use super::steps;
use crate::app::kit::paint;
use crate::app::state::Frame;
use crate::app::{format, text};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::learning::Course;
use crate::network::Graph;
use egui::{Rect, vec2};

/// The state at which errors first come to a vertex: backpropagation goes level by level, errors take the shortest path.
pub(super) fn arrival(micro: &MicroscopeSnapshot, v: usize) -> usize {
    let vertex = &micro.plan.graph.vertices[v];
    if micro.subject.rule.is_reference() {
        vertex.level
    } else {
        vertex.error_from
    }
}

/// True if the front has just reached a vertex.
pub(super) fn at_front(micro: &MicroscopeSnapshot, v: usize, t: usize) -> bool {
    let feed_forward = micro.schedule.is_none_or(|s| s.front_time(0).is_some());
    feed_forward && v != Graph::INPUT && arrival(micro, v) == t
}

/// Where a unit is drawn: its cell, or its pixel within its map.
pub(super) fn unit_rect(
    micro: &MicroscopeSnapshot,
    column: &Column,
    area: Rect,
    unit: usize,
) -> Option<Rect> {
    let shape = micro.plan.graph.vertices[column.v].shape;
    let (channel, row, col) = shape.position(unit);
    match column.tiles {
        Tiles::Maps {
            shown,
            map,
            together,
            ..
        } => (together || channel < shown).then(|| {
            let rect = column.tiles.place(area, if together { 0 } else { channel });
            let pixel = vec2(map.x / shape.width as f32, map.y / shape.height as f32);
            Rect::from_min_size(
                rect.min + vec2(col as f32 * pixel.x, row as f32 * pixel.y),
                pixel,
            )
        }),
        Tiles::Cells { shown, .. } | Tiles::Rows { shown, .. } => {
            (unit < shown).then(|| column.tiles.place(area, unit))
        }
    }
}

/// Level and range of a vertex, as far as there is room for them.
pub(super) fn foot_words(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    column: &Column,
) -> (String, String) {
    let v = column.v;
    let wide = |words: &str, font: egui::FontId| paint::width(painter, words, font);
    let number = frame.micro.plan.graph.vertices[v].level;
    let level = format!("level {number}");
    let range = if frame.stands(v) {
        let range = frame.view.ranges.of(Field::Eps, v);
        format!(" {}", format::plus_minus(range))
    } else {
        String::new()
    };
    let room = column.whole.width() - 2.0;
    let both = wide(&level, text::medium_font()) + wide(&range, text::mono_small_font());
    let range = if both > room { String::new() } else { range };
    if wide(&level, text::medium_font()) > room {
        (number.to_string(), range)
    } else {
        (level, range)
    }
}

/// What a vertex is doing at the cursor; of the difference of a pair, whether it is the same in both.
pub fn state_of(frame: &Frame<'_>, v: usize) -> String {
    match (frame.difference(), frame.stands(v)) {
        (false, _) => state_words(frame.micro, v, frame.t()),
        (true, true) => "ε differs".into(),
        (true, false) => "ε the same".into(),
    }
}

/// What a vertex is doing at state t.
fn state_words(micro: &MicroscopeSnapshot, v: usize, t: usize) -> String {
    let level = micro.plan.graph.vertices[v].level;
    let size = |s: usize, v: usize| micro.states[s].size[v];
    let zero = size(t, v) == 0.0;
    // An error comes in the next step where one stands at a vertex that reads this one.
    let mut readers = micro.plan.graph.vertices[v].outgoing.iter();
    let next = t < micro.steps && readers.any(|&e| size(t, micro.plan.edges[e].to) != 0.0);
    let capture = micro.captured_at(v);
    match micro.subject.rule.course() {
        Course::Relaxing => {
            if v == micro.plan.output() {
                return "recomputed each step".into();
            }
            match (0..=t).find(|&s| size(s, v) != 0.0) {
                Some(since) => format!("since t = {since}"),
                None if next => "next step".into(),
                None => "still 0".into(),
            }
        }
        Course::Reverse => match () {
            () if level > t + 1 => "not reached".into(),
            () if level == t + 1 => "next step".into(),
            () if level == t => "reached now".into(),
            () => format!("reached at {level}"),
        },
        Course::Front | Course::FrontThenRelaxing => match capture {
            Some(at) if at < t => format!("captured at {at}"),
            Some(at) if at == t => "captured now".into(),
            _ if zero && next => "next step".into(),
            _ if zero => "still 0".into(),
            Some(at) => format!("capture at {at}"),
            None => "no weights".into(),
        },
    }
}

/// Where a unit stands within its vertex: "channel 10, row 4, column 6", "unit 7", of the output its class.
pub fn unit_place(micro: &MicroscopeSnapshot, classes: &[String], v: usize, unit: usize) -> String {
    let shape = micro.plan.graph.vertices[v].shape;
    let (channel, row, column) = shape.position(unit);
    if !shape.is_flat() {
        format!("channel {channel}, row {row}, column {column}")
    } else if v == micro.plan.output() && !classes.is_empty() {
        classes.get(unit).map_or("?", String::as_str).to_owned()
    } else {
        format!("unit {unit}")
    }
}

/// A vertex and the place of a unit in it: "pool 2  channel 10, row 4, column 6".
pub fn unit_label(vertex: &str, place: &str) -> String {
    format!("{vertex}  {place}")
}

/// "pool 2  channel 10, row 4, column 6", "dense 64  unit 7", "output  3".
pub fn unit_name(micro: &MicroscopeSnapshot, classes: &[String], v: usize, unit: usize) -> String {
    let vertex = steps::short_name(micro, v);
    unit_label(&vertex, &unit_place(micro, classes, v, unit))
}
