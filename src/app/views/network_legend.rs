//! The legends of the network, below its input: what the colours of values and errors mean, and where their ranges stand.

use super::network_layout::Geometry;
use super::vertices::foot_words;
use crate::app::kit::icons::Icon;
use crate::app::kit::{legend, paint};
use crate::app::state::Frame;
use crate::app::text;
use crate::app::theme::Tokens;
use egui::{Align, Rect, pos2, vec2};

/// The two colour maps and the note on held ranges, under the input.
pub(super) fn legends(painter: &egui::Painter, frame: &Frame<'_>, geometry: &Geometry, c: &Tokens) {
    let Some(input) = geometry.columns.first() else {
        return;
    };
    let left = input.whole.left() + if frame.far { 4.0 } else { 8.0 };
    let top = input
        .lower
        .top()
        .min(input.lower.center().y - geometry.lane / 2.0)
        + 8.0;
    let delta = frame.micro.subject.rule.is_reference();
    let width = match frame.far {
        true => (input.whole.width() - 12.0).max(34.0),
        false => (input.whole.width() - 16.0).clamp(60.0, 84.0),
    };
    let difference = frame.side.filter(|side| side.difference);
    let value = if frame.far { "value" } else { "before f" };
    let error = if frame.far { "error" } else { "= x − μ" };
    let rows: [(&str, &str, bool); 2] = match (difference, delta) {
        (Some(side), true) => [("x", side.name, true), ("δ", side.name, false)],
        (Some(side), false) => [("x", side.name, true), ("ε", side.name, false)],
        (None, true) => [("x", value, true), ("δ", "backprop", false)],
        (None, false) => [("x", value, true), ("ε", error, false)],
    };
    // What stands at the foot of the column comes first: in a low panel the maps come closer, then lose their numbers.
    let foot = input.whole.bottom() + 2.0 - if frame.far { 0.0 } else { 38.0 };
    let each = ((foot - top) / 2.0).min(48.0);
    let numbered = each >= 33.0 && !frame.far;
    for (i, (symbol, words, activity)) in rows.into_iter().enumerate() {
        let y = top + each.max(18.0) * i as f32;
        if y + 15.0 > foot {
            break;
        }
        let base = paint::baseline(painter, y, text::size::BODY);
        paint::write(
            painter,
            pos2(left, base),
            Align::LEFT,
            symbol,
            text::strong_font(),
            c.t1,
        );
        paint::write(
            painter,
            pos2(left + 13.0, base),
            Align::LEFT,
            words,
            text::caption_font(),
            c.t3,
        );
        let bar = Rect::from_min_size(pos2(left, y + 9.0), vec2(width, 6.0));
        let color = |p: f64| {
            let v = legend::diverging(p);
            if activity {
                c.diverging_activity(v, 1.0)
            } else {
                c.diverging_error(v, 1.0)
            }
        };
        if numbered {
            legend::bar_with_ends(painter, bar, color, ["−r", "0", "+r"], c);
        } else {
            legend::bar(painter, bar, color);
        }
    }
    if frame.far {
        return;
    }
    let tight = input.whole.width() < 76.0;
    let printed =
        geometry.columns.iter().skip(1).all(|column| {
            !frame.stands(column.v) || !foot_words(painter, frame, column).1.is_empty()
        });
    let area_bottom = input.whole.bottom() + 2.0;
    let y1 = paint::baseline(painter, area_bottom - 26.0, text::size::CAPTION);
    let y2 = paint::baseline(painter, area_bottom - 11.0, text::size::CAPTION);
    Icon::Pin.paint(painter, pos2(left + 5.0, y1 - 4.0), c.t3);
    paint::write(
        painter,
        pos2(left + 15.0, y1),
        Align::LEFT,
        if tight { "held" } else { "ranges held" },
        text::caption_font(),
        c.t3,
    );
    paint::write(
        painter,
        pos2(left, y2),
        Align::LEFT,
        if tight || !printed {
            "±r on cards"
        } else {
            "±r under each"
        },
        text::caption_font(),
        c.t3,
    );
}
