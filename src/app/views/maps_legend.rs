//! The legend of the feature maps: the colours and ranges of their rows.

use crate::app::format;
use crate::app::kit::icons::Icon;
use crate::app::kit::{legend, paint};
use crate::app::state::Frame;
use crate::app::text;
use crate::app::theme::{Theme, Tokens};
use crate::experiment::microscope::Field;
use crate::network::Graph;
use egui::{Align, FontId, Rect, Ui, pos2, vec2};

/// One colour map of the legend: what is drawn in it, the ends of its range, and its colours.
type Scale = (
    String,
    [String; 2],
    String,
    fn(&Tokens, f64) -> egui::Color32,
);

/// The colour maps of the rows, each range once.
fn scales(frame: &Frame<'_>, v: usize, fields: &[Field]) -> Vec<Scale> {
    let mut groups: Vec<(Vec<Field>, f64, bool)> = Vec::new();
    for &field in fields {
        let activity = matches!(field, Field::X | Field::Fx | Field::Mu);
        let range = frame.view.ranges.of(field, v);
        let same = groups
            .iter_mut()
            .find(|(_, r, a)| *r == range && *a == activity);
        match same {
            Some((fields, ..)) => fields.push(field),
            None => groups.push((vec![field], range, activity)),
        }
    }
    groups
        .into_iter()
        .map(|(fields, range, activity)| {
            let names: Vec<&str> = fields.iter().map(|f| f.symbol()).collect();
            let color: fn(&Tokens, f64) -> egui::Color32 = if activity {
                |c, p| c.diverging_activity(legend::diverging(p), 1.0)
            } else {
                |c, p| c.diverging_error(legend::diverging(p), 1.0)
            };
            let short = format::plus_minus(range);
            (names.join(", "), format::ends(range), short, color)
        })
        .collect()
}

/// Draws the colour maps of the rows of a vertex at the foot of `area`.
pub(super) fn legends(ui: &Ui, frame: &Frame<'_>, (v, fields): (usize, &[Field]), area: Rect) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let y = area.bottom() - 5.0;
    let base = paint::baseline(painter, y, text::size::CAPTION);
    let scales = if v == Graph::INPUT {
        let ends = frame.data.look().ends();
        let known = ends.is_some();
        let ends = ends.map_or(["lowest".into(), "highest".into()], |e| {
            e.map(format::number)
        });
        let words = if known {
            "x, clamped"
        } else {
            "x, clamped; colours as stored,"
        };
        let short = ends.join(" to ");
        vec![(
            words.to_owned(),
            ends,
            short,
            (|c, p| c.grey(p)) as fn(&Tokens, f64) -> _,
        )]
    } else {
        scales(frame, v, fields)
    };
    let name = |words: &str| paint::width(painter, words, text::caption_font());
    let number = |words: &str| paint::width(painter, words, text::mono_small_font());
    // Both ends where there is room for them, else the range in one number.
    let long: f32 = scales
        .iter()
        .map(|(n, [low, high], ..)| name(n) + number(low) + number(high) + 40.0)
        .sum();
    let short: f32 = scales
        .iter()
        .map(|(n, _, short, _)| name(n) + number(short) + 34.0)
        .sum();
    let each = |taken: f32| (area.width() - taken) / scales.len() as f32;
    let both = each(long) >= 26.0;
    let bar_width = each(if both { long } else { short }).clamp(8.0, 62.0);
    let mut x = area.left();
    let write = |x: f32, words: &str, font: FontId, ink: egui::Color32| {
        paint::write(painter, pos2(x, base), Align::LEFT, words, font, ink).right()
    };
    for (names, [low, high], short, color) in &scales {
        x = write(x, names, text::caption_font(), c.t2) + 8.0;
        if both {
            x = write(x, low, text::mono_small_font(), c.t3) + 6.0;
        }
        let bar = Rect::from_min_size(pos2(x, y - 3.0), vec2(bar_width, 6.0));
        legend::bar(painter, bar, |p| color(c, p));
        let end = if both { high } else { short };
        x = write(bar.right() + 6.0, end, text::mono_small_font(), c.t3) + 20.0;
    }
    if v != Graph::INPUT && x + 80.0 < area.right() {
        let at = paint::write(
            painter,
            pos2(area.right(), base),
            Align::RIGHT,
            "range held",
            text::caption_font(),
            c.t3,
        );
        Icon::Pin.paint(painter, pos2(at.left() - 10.0, y), c.t3);
    }
}
