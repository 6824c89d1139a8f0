//! The output beside an unrolled network: the classes that matter most.

use super::equations::shares_of;
use super::network_pointer::{Lane, card_rows};
use super::unrolled_layout::{Geometry, OUTPUT};
use super::vertices::state_of;
use crate::app::format;
use crate::app::kit::icons::Icon;
use crate::app::kit::{bars, card, cells, focus, paint};
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::Tokens;
use crate::experiment::microscope::Field;
use crate::network::Loss;
use egui::{Align, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The classes that matter most: the target and the largest shares above, their signed errors below.
pub(super) fn output(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    geometry: &Geometry,
    t: usize,
    c: &Tokens,
) {
    let micro = frame.micro;
    let v = micro.plan.output();
    let n = micro.plan.len_of(v);
    let mu: Vec<f64> = (0..n).map(|i| micro.value(t, Field::Mu, v, i)).collect();
    let softmax = micro.plan.graph.loss == Loss::CrossEntropy;
    let shares = match softmax {
        true => shares_of(frame),
        false => mu,
    };
    // What a share is more than another has a sign.
    let signed = !softmax || frame.difference();
    let leading = frame.clamped();
    let [upper, lower] = geometry.lanes;
    let most = ((upper.height() - 8.0) / 16.0).floor().clamp(1.0, 10.0) as usize;
    // By the shares of the first state, so that rows stay where they are while the cursor moves.
    let start: Vec<f64> = (0..n).map(|i| leading.value(0, Field::Mu, v, i)).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| {
        let target = |i: usize| micro.subject.label == Some(i);
        target(b)
            .cmp(&target(a))
            .then(start[b].total_cmp(&start[a]))
    });
    order.truncate(most);
    let painter = ui.painter().clone();
    let left = geometry.output.left();
    let y = paint::baseline(&painter, upper.top() - 34.0, text::size::TITLE);
    paint::write(
        &painter,
        pos2(left, y),
        Align::LEFT,
        "output",
        text::title_font(),
        c.t1,
    );
    let y = paint::baseline(&painter, upper.top() - 18.0, text::size::MONO_SMALL);
    let words = format!(
        "{}{}",
        format::of(order.len() as u64, n as u64),
        if softmax { ", softmax" } else { "" }
    );
    paint::write(
        &painter,
        pos2(left, y),
        Align::LEFT,
        &words,
        text::mono_small_font(),
        c.t3,
    );
    let range = frame.view.ranges.of(Field::Eps, v);
    let values = match softmax {
        true => 1.0,
        false => frame.view.ranges.of(Field::Mu, v),
    };
    for lane in 0..2 {
        let top = [upper, lower][lane].center().y - 8.0 * order.len() as f32;
        for (row, &i) in order.iter().enumerate() {
            let rect = Rect::from_min_size(
                pos2(left, top + 16.0 * row as f32),
                vec2(geometry.output.width(), 16.0),
            );
            let target = micro.subject.label == Some(i);
            let at = Selection { vertex: v, unit: i };
            let ink = if target || frame.view.selection == at {
                c.t1
            } else {
                c.t2
            };
            let base = paint::baseline(&painter, rect.center().y, text::size::MONO_SMALL);
            let name = frame
                .data
                .classes()
                .get(i)
                .cloned()
                .unwrap_or_else(|| i.to_string());
            let font = if target {
                text::strong_font()
            } else {
                text::caption_font()
            };
            paint::write_within(&painter, pos2(left, base), 56.0, &name, font, ink);
            let value = if lane == 0 {
                shares[i]
            } else {
                micro.value(t, Field::Eps, v, i)
            };
            let number = if lane == 0 && !signed {
                format::fixed(value, 2)
            } else {
                format::signed_short(value)
            };
            let right = pos2(rect.right(), base);
            paint::write(
                &painter,
                right,
                Align::RIGHT,
                &number,
                text::mono_small_font(),
                ink,
            );
            let bar = Rect::from_min_max(
                pos2(left + 60.0, rect.center().y - 2.5),
                pos2(rect.right() - 36.0, rect.center().y + 2.5),
            );
            if !value.is_finite() {
                cells::not_a_number(&painter, bar, c);
            } else if lane == 0 && !signed {
                let end = bar.left() + bar.width() * value.clamp(0.0, 1.0) as f32;
                painter.rect_filled(bar.with_max_x(end.max(bar.left() + 1.0)), 0, ink);
            } else {
                let (range, fill) = if lane == 0 {
                    (values, c.diverging_activity(value, values))
                } else {
                    (range, c.diverging_error(value, range))
                };
                let middle = bar.center().x;
                let end = middle + 0.5 * bar.width() * (value / range).clamp(-1.0, 1.0) as f32;
                let part = Rect::from_x_y_ranges(middle.min(end)..=middle.max(end), bar.y_range());
                painter.rect_filled(part, 0, fill);
                paint::vline(&painter, middle, rect.y_range(), c.line2);
                if value.abs() > range {
                    bars::clipped(&painter, bar, value > 0.0, c);
                }
            }
            let response = ui.interact(
                rect,
                ui.scope_id().with(("output row", lane, i)),
                Sense::click(),
            );
            focus::item(Id::unique("network"), &response);
            response.widget_info(|| {
                let what = if lane == 0 { "predicted" } else { "error" };
                WidgetInfo::labeled(Role::Button, true, format!("{name}, {what} {number}"))
            });
            if response.clicked() {
                frame.actions.push(Action::Select(at));
            }
            let rows = card_rows(frame, v, i, [Lane::Values, Lane::Errors][lane]);
            response.on_hover_ui_at_pointer(|ui| card::card(ui, &name, &rows));
        }
    }
    let y = paint::baseline(&painter, lower.bottom() + 5.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(left, y),
        Align::LEFT,
        "level 0",
        text::medium_font(),
        c.t1,
    );
    let words = state_of(frame, v);
    let y = paint::baseline(&painter, lower.bottom() + 31.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(left, y),
        Align::LEFT,
        &words,
        text::caption_font(),
        c.t2,
    );
    if let Some(name) = micro
        .subject
        .label
        .and_then(|l| frame.data.classes().get(l))
    {
        let y = paint::baseline(&painter, upper.bottom() + 9.0, text::size::CAPTION);
        Icon::Padlock.paint(&painter, pos2(left + 5.0, y - 4.0), c.t2);
        let at = pos2(left + 15.0, y);
        let words = format!("target {name}");
        paint::write_within(
            &painter,
            at,
            OUTPUT - 20.0,
            &words,
            text::caption_font(),
            c.t2,
        );
    }
}
