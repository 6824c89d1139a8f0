//! One cell of the error wave: a size as colour and number, and every other state a cell can be in.

use egui::{Align, Color32, Painter, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::paint;
use crate::app::format;
use crate::app::text;
use crate::app::theme::{Tokens, metrics, mix};

/// The narrowest cell that has room for its number.
pub const NUMBER_WIDTH: f32 = 34.0;

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// Not computed: an empty outline.
    Blank,
    /// Exactly 0.
    Zero,
    /// A known size, with its place on the colour map from 0 to 1; beyond 1 it is above the range.
    Known {
        /// The size.
        value: f64,
        /// Its place on the map.
        share: f64,
        /// The capture mark, if any.
        mark: Mark,
    },
    /// A known size that nothing reads any more.
    Unread {
        /// The size.
        value: f64,
        /// Its place on the map.
        share: f64,
        /// What is left of its colour, from 0 to 1.
        left: f32,
    },
    /// The front will come here.
    Ahead {
        /// The capture mark, if any.
        mark: Mark,
    },
    /// A size that no longer changes because the level is frozen.
    Frozen {
        /// The size.
        value: f64,
    },
    /// Not a number, or infinite.
    NotANumber,
}

/// Whether a level's update is captured in a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// Not here.
    #[default]
    None,
    /// Captured here.
    Captured,
    /// Will be captured here.
    Later,
}

/// Draws a cell.
pub fn paint(painter: &Painter, rect: Rect, cell: Cell, c: &Tokens) {
    let rect = paint::snap_rect(painter, rect);
    let radius = metrics::RADIUS_CELL;
    match cell {
        Cell::Blank => paint::bordered(painter, rect, radius, Color32::TRANSPARENT, c.line),
        Cell::Zero => {
            paint::bordered(painter, rect, radius, Color32::TRANSPARENT, c.line);
            number(painter, rect, "0", c.t3, false);
        }
        Cell::Known { value, share, mark } => {
            let fill = c.cividis(share);
            let ink = c.ink_on(fill);
            if share > 1.0 {
                cut_corner(painter, rect, fill);
            } else {
                painter.rect_filled(rect, radius, fill);
            }
            let marked = mark != Mark::None;
            if marked {
                let x = if rect.width() >= NUMBER_WIDTH {
                    rect.left() + 6.0
                } else {
                    rect.center().x
                };
                let at = pos2(x, rect.center().y - 0.5);
                paint::capture_mark(painter, at, 5.0, ink, mark == Mark::Captured);
            }
            number(painter, rect, &format::cell(value), ink, marked);
        }
        Cell::Unread { value, share, left } => {
            let fill = mix(c.bg1, c.cividis(share), left);
            if share > 1.0 {
                cut_corner(painter, rect, fill);
            } else {
                painter.rect_filled(rect, radius, fill);
            }
            number(painter, rect, &format::cell(value), c.t2, false);
        }
        Cell::Ahead { mark } => {
            paint::dashed_rect(painter, rect, c.t3);
            if mark != Mark::None {
                let at = pos2(rect.left() + 6.0, rect.center().y - 0.5);
                paint::capture_mark(painter, at, 5.0, c.t2, false);
            }
        }
        Cell::Frozen { value } => {
            painter.rect_filled(rect, radius, c.bg3);
            paint::snowflake(painter, pos2(rect.left() + 7.0, rect.center().y), c.t1);
            number(painter, rect, &format::cell(value), c.t2, true);
        }
        Cell::NotANumber => not_a_number(painter, rect, c),
    }
}

/// The number of a cell that is wide enough: centred, or at the right beside a mark.
fn number(painter: &Painter, rect: Rect, text: &str, ink: Color32, beside_mark: bool) {
    if rect.width() < NUMBER_WIDTH {
        return;
    }
    // A large cell has a larger number.
    let size = (0.3 * rect.height()).min(0.16 * rect.width());
    let size = size.clamp(text::size::MONO_SMALL, text::size::VERDICT);
    let font = egui::FontId::new(size, text::mono_font().family);
    let y = paint::baseline(painter, rect.center().y, font.size);
    let (x, align) = if beside_mark && rect.width() < 60.0 {
        (rect.right() - 2.0, Align::Max)
    } else {
        (rect.center().x, Align::Center)
    };
    paint::write(painter, pos2(x, y), align, text, font, ink);
}

/// A filled cell whose upper right corner is cut: the value lies above the range.
fn cut_corner(painter: &Painter, rect: Rect, fill: Color32) {
    let cut = 6.0_f32.min(0.4 * rect.height());
    let corners = vec![
        rect.left_top(),
        pos2(rect.right() - cut, rect.top()),
        pos2(rect.right(), rect.top() + cut),
        rect.right_bottom(),
        rect.left_bottom(),
    ];
    painter.add(Shape::convex_polygon(corners, fill, Stroke::NONE));
}

/// A hatched cell with an exclamation mark, in the colour kept for what is not a number.
pub fn not_a_number(painter: &Painter, rect: Rect, c: &Tokens) {
    let inside = painter.with_clip_rect(rect.shrink(1.0).intersect(painter.clip_rect()));
    hatch(&inside, rect, c.nan);
    let stroke = Stroke::new(metrics::STROKE, c.nan);
    painter.rect_stroke(rect, metrics::RADIUS_CELL, stroke, StrokeKind::Inside);
    if rect.width() >= 12.0 {
        let font = text::badge_font();
        let plate = Rect::from_center_size(rect.center(), vec2(7.0, 13.0)).intersect(rect);
        painter.rect_filled(plate, 0, c.bg1);
        paint::centred(painter, rect, "!", font, c.t1);
    }
}

/// Diagonal lines over `rect`, as drawn over anything that is not a number.
pub fn hatch(painter: &Painter, rect: Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let stroke = Stroke::new(metrics::STROKE, color);
    let mut x = rect.left() - rect.height() + 3.0;
    while x < rect.right() {
        let points = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
        painter.line_segment(points, stroke);
        x += 9.0;
    }
}
