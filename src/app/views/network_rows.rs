//! Units as rows of the network: few enough that each has a name and a number.

use super::equations::shares_of;
use super::network_layout::Column;
use crate::app::format;
use crate::app::kit::icons::Icon;
use crate::app::kit::{bars, cells, paint};
use crate::app::state::{Frame, Selection};
use crate::app::text;
use crate::app::theme::Theme;
use crate::experiment::microscope::Field;
use egui::{Align, Rect, Stroke, Ui, pos2, vec2};

/// Units as rows: name, bar and number. The output shows its softmax above, its signed error below.
pub(super) fn rows(ui: &Ui, frame: &Frame<'_>, column: &Column, lane: usize) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let micro = frame.micro;
    let (v, t, shown) = (column.v, frame.t(), column.tiles.shown());
    let output = v == micro.plan.output();
    let shares = output && micro.plan.graph.loss == crate::network::Loss::CrossEntropy && lane == 0;
    let area = if lane == 0 {
        column.upper
    } else {
        column.lower
    };
    let field = if lane == 0 { Field::X } else { Field::Eps };
    let softmax = match shares {
        true => shares_of(frame),
        false => Vec::new(),
    };
    // A share is no more than 1; what one is more than another has a sign.
    let signed = !shares || frame.difference();
    let range = if shares {
        1.0
    } else {
        frame.view.ranges.of(field, v)
    };
    // Class names longer than a digit take room from the bars.
    let longest = if output {
        let names = frame.data.classes().iter().take(shown);
        names
            .map(|n| paint::width(painter, n, text::mono_strong_font()).ceil())
            .fold(0.0, f32::max)
    } else {
        0.0
    };
    let name_room = longest.clamp(14.0, 44.0);
    for i in 0..shown {
        let rect = column.tiles.place(area, i);
        let value = match softmax.get(i) {
            Some(&share) if shares => share,
            _ => micro.value(t, field, v, i),
        };
        let target = output && micro.subject.label == Some(i);
        let selected = frame.view.selection == Selection { vertex: v, unit: i };
        let ink = if target || selected { c.t1 } else { c.t2 };
        let y = paint::baseline(painter, rect.center().y, text::size::MONO_SMALL);
        let name = if output {
            frame
                .data
                .classes()
                .get(i)
                .cloned()
                .unwrap_or_else(|| i.to_string())
        } else {
            i.to_string()
        };
        let font = if target {
            text::mono_strong_font()
        } else {
            text::mono_small_font()
        };
        paint::write_within(
            painter,
            pos2(rect.left(), y),
            name_room,
            &name,
            font.clone(),
            ink,
        );
        let number = match signed {
            false => format::fixed(value, 2),
            true => format::signed_short(value),
        };
        // From afar the bar alone is read; its card has the number.
        let digits = if frame.far { 2.0 } else { 34.0 };
        if !frame.far {
            paint::write(
                painter,
                pos2(rect.right(), y),
                Align::RIGHT,
                &number,
                font,
                ink,
            );
        }
        let bar = Rect::from_min_max(
            pos2(rect.left() + name_room + 2.0, rect.center().y - 2.5),
            pos2(rect.right() - digits, rect.center().y + 2.5),
        );
        if !value.is_finite() {
            cells::not_a_number(painter, bar, c);
        } else if !signed {
            let end = bar.left() + (bar.width() * value as f32).max(1.0);
            painter.rect_filled(bar.with_max_x(end), 0, if target { c.t1 } else { c.t3 });
        } else {
            let middle = bar.center().x;
            let end = middle + 0.5 * bar.width() * (value / range).clamp(-1.0, 1.0) as f32;
            let fill = if lane == 0 {
                c.diverging_activity(value, range)
            } else {
                c.diverging_error(value, range)
            };
            painter.rect_filled(
                Rect::from_x_y_ranges(
                    middle.min(end)..=middle.max(end).max(middle + 1.0),
                    bar.y_range(),
                ),
                0,
                fill,
            );
            paint::vline(painter, middle, rect.y_range(), c.line2);
            if value.abs() > range {
                bars::clipped(painter, bar, value > 0.0, c);
            }
        }
        if target && lane == 0 && shares {
            let right = match frame.far {
                true => bar.left() + bar.width() * value as f32,
                false => rect.right(),
            };
            Icon::Padlock.paint(painter, pos2(right + 10.0, rect.center().y), c.t2);
        }
        if selected {
            painter.rect_stroke(
                rect.expand2(vec2(2.0, 0.0)),
                2,
                Stroke::new(1.0, c.t3),
                egui::StrokeKind::Outside,
            );
        }
    }
}
