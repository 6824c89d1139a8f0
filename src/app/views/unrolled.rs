//! A recurrent network unrolled: time runs left to right, f(x) above, ε below; blame runs back in time.

use super::network_arrows::arrow;
use super::network_pointer::error_name;
use super::steps;
use super::unrolled_layout::{Block, Geometry, LEFT, Slot, arrange};
use super::unrolled_output::output;
use super::vertices::{arrival, at_front, state_of};
use crate::app::format;
use crate::app::kit::icons::Icon;
use crate::app::kit::maps::corner_tick;
use crate::app::kit::{badge, card, cells, focus, legend, paint};
use crate::app::state::{Action, Frame, Over, Selection};
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::{Graph, Role as Kind};
use egui::{
    Align, Color32, Id, Mesh, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// The narrowest column under which its range is printed.
const PRINTED: f32 = 46.0;

/// Caption of the panel.
pub fn caption(frame: &Frame<'_>) -> String {
    let (shown, all) = frame.view.found.steps_shown.get();
    let words = if shown < all {
        format!("the last {shown} of {all} steps; blame runs back in time")
    } else {
        "predictions run right, blame runs back in time".into()
    };
    match frame.view.found.units_shown.get() {
        Some((shown, all)) => {
            let part = format::of(shown as u64, all as u64);
            format!("{part} units of a step; {words}")
        }
        None => words,
    }
}

/// True if a network is drawn unrolled.
pub fn applies(micro: &MicroscopeSnapshot) -> bool {
    micro.plan.graph.steps() > 0
}

/// Draws the view.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let area = ui.max_rect();
    let area = area
        .with_max_y(area.bottom() - frame.foot)
        .shrink2(vec2(4.0, 4.0));
    let c = Theme::get(ui);
    let t = frame.t();
    let (geometry, all) = arrange(frame.micro, area);
    let shown = geometry.slots.iter().filter(|s| s.step.is_some()).count();
    frame.view.found.steps_shown.set((shown, all));
    let pixel = 1.0 / ui.pixels_per_point();
    let painter = ui.painter().with_clip_rect(area.intersect(ui.clip_rect()));
    side_names(&painter, frame, &geometry, area, c);
    for (i, slot) in geometry.slots.iter().enumerate() {
        if slot.vertices.contains(&frame.view.selection.vertex) {
            painter.rect(
                slot.whole,
                metrics::RADIUS_VERTEX,
                c.bg2,
                Stroke::new(1.0, c.line2),
                egui::StrokeKind::Inside,
            );
        }
        head(&painter, frame, slot, i, c);
        input_card(ui, frame, slot);
    }
    let activity = activity_range(frame);
    let mut tagged = false;
    let mut left_out = None;
    for slot in &geometry.slots {
        for (row, &v) in slot.vertices.iter().enumerate() {
            let units = frame.micro.plan.len_of(v);
            for lane in 0..2 {
                let room = geometry.room(slot, lane, row);
                let block = Block::fit(units, room.size() - vec2(4.0, 4.0), pixel);
                let at = Rect::from_center_size(room.center(), block.size());
                let at = Rect::from_min_size(paint::snap_rect(&painter, at).min, block.size());
                if block.shown < units {
                    left_out = Some((block.shown, units));
                }
                let drawn = Drawn {
                    v,
                    lane,
                    block,
                    at,
                    room,
                };
                units_of(&painter, frame, &drawn, activity, &mut tagged, c);
                interact(ui, frame, &drawn);
            }
        }
        foot(&painter, frame, slot, c);
    }
    arrows(&painter, frame, &geometry, t, c);
    output(ui, frame, &geometry, t, c);
    frame.view.found.units_shown.set(left_out);
    legends(&painter, frame, &geometry, activity, area, c);
}

/// ±r of f(x), one for all time steps.
fn activity_range(frame: &Frame<'_>) -> f64 {
    let vertices = &frame.micro.plan.graph.vertices;
    (0..vertices.len())
        .filter(|&v| matches!(vertices[v].role, Kind::Step { .. }) && !frame.micro.is_missing(v))
        .map(|v| frame.view.ranges.of(Field::Fx, v))
        .fold(0.0, f64::max)
}

/// The units of a vertex in one lane, as they are drawn.
struct Drawn {
    v: usize,
    lane: usize,
    block: Block,
    /// Where the block stands.
    at: Rect,
    /// What answers the pointer.
    room: Rect,
}

fn units_of(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    drawn: &Drawn,
    activity: f64,
    tagged: &mut bool,
    c: &Tokens,
) {
    let &Drawn {
        v, lane, block, at, ..
    } = drawn;
    let (micro, t) = (frame.micro, frame.t());
    let outline = at.expand(2.0);
    let edge = |color| {
        painter.rect_stroke(
            outline,
            metrics::RADIUS_CELL,
            Stroke::new(1.0, color),
            egui::StrokeKind::Outside,
        );
    };
    if lane == 1 && !frame.stands(v) {
        edge(c.line);
        paint::centred(painter, at, "0", text::mono_small_font(), c.t3);
        return;
    }
    let (field, range) = match lane {
        0 => (Field::Fx, activity),
        _ => (Field::Eps, frame.view.ranges.of(Field::Eps, v)),
    };
    let value = micro.values(t, field, v);
    let mut mesh = Mesh::default();
    let mut clipped = false;
    for i in 0..block.shown {
        let rect = block.place(at, i);
        let number = value(i);
        if number.is_finite() {
            clipped |= number.abs() > range;
            let color = if lane == 0 {
                c.diverging_activity(number, range)
            } else {
                c.diverging_error(number, range)
            };
            mesh.add_colored_rect(rect, color);
        } else {
            cells::not_a_number(painter, rect, c);
        }
    }
    painter.add(Shape::mesh(mesh));
    if clipped {
        corner_tick(painter, at, c);
    }
    if lane == 1 {
        if at_front(micro, v, t) {
            painter.rect_stroke(
                outline,
                metrics::RADIUS,
                Stroke::new(metrics::STROKE, c.t1),
                egui::StrokeKind::Outside,
            );
            if !*tagged {
                badge::tag(
                    painter,
                    pos2(at.center().x, outline.top() - 6.0),
                    "front",
                    c,
                );
                *tagged = true;
            }
        } else {
            edge(c.line);
        }
    }
    for (which, ink) in [
        (Some(frame.view.selection), c.t1),
        (frame.view.found.hover.get(), c.t2),
    ] {
        if let Some(s) = which.filter(|s| s.vertex == v && s.unit < block.shown) {
            painter.rect_stroke(
                block.place(at, s.unit).expand(1.0),
                1,
                Stroke::new(1.0, ink),
                egui::StrokeKind::Outside,
            );
        }
    }
}

/// The letter, or the values that go in, and the step's name.
fn head(painter: &egui::Painter, frame: &Frame<'_>, slot: &Slot, index: usize, c: &Tokens) {
    let x = slot.whole.center().x;
    let top = slot.whole.top();
    let chosen = slot.vertices.contains(&frame.view.selection.vertex);
    let narrow = slot.whole.width() < 34.0;
    let Some(step) = slot.step else {
        let v = slot.vertices[0];
        let y = paint::baseline(painter, top + 15.0, text::size::BODY);
        let label = &frame.micro.plan.graph.vertices[v].label;
        let left = pos2(slot.whole.left() + 2.0, y);
        let room = slot.whole.width() - 4.0;
        paint::write_within(painter, left, room, label, text::strong_font(), c.t1);
        return;
    };
    match steps::letter(frame, step) {
        Some(letter) => {
            let size = if narrow {
                14.0
            } else {
                text::size::VERDICT_COMPACT
            };
            let y = paint::baseline(painter, top + 17.0, size);
            let font = text::verdict_font(size);
            paint::write(
                painter,
                pos2(x, y),
                Align::Center,
                &letter.to_string(),
                font,
                c.t1,
            );
        }
        None => {
            let (block, at) = input_block(painter, frame, slot);
            let features = frame.micro.plan.graph.vertices[Graph::INPUT].shape.channels;
            let range = frame.view.ranges.of(Field::X, Graph::INPUT);
            let value = frame.clamped().values(0, Field::X, Graph::INPUT);
            let mut mesh = Mesh::default();
            let mut clipped = false;
            for i in 0..block.shown {
                let number = value((step - 1) * features + i);
                clipped |= number.abs() > range;
                if number.is_finite() {
                    mesh.add_colored_rect(block.place(at, i), c.diverging_activity(number, range));
                } else {
                    cells::not_a_number(painter, block.place(at, i), c);
                }
            }
            painter.add(Shape::mesh(mesh));
            if clipped {
                corner_tick(painter, at, c);
            }
        }
    }
    let n = step - frame.micro.missing_steps();
    if !narrow || index.is_multiple_of(5) || chosen {
        let y = paint::baseline(painter, top + 40.0, text::size::MONO_SMALL);
        let words = if narrow {
            n.to_string()
        } else {
            format!("h{n}")
        };
        let ink = if chosen { c.t1 } else { c.t3 };
        paint::write(
            painter,
            pos2(x, y),
            Align::Center,
            &words,
            text::mono_small_font(),
            ink,
        );
    }
}

/// Where the values stand that go in at a time step.
fn input_block(painter: &egui::Painter, frame: &Frame<'_>, slot: &Slot) -> (Block, Rect) {
    let features = frame.micro.plan.graph.vertices[Graph::INPUT].shape.channels;
    let middle = pos2(slot.whole.center().x, slot.whole.top() + 17.0);
    let room = Rect::from_center_size(middle, vec2(slot.whole.width() - 8.0, 30.0));
    let block = Block::fit(features, room.size(), 1.0 / painter.pixels_per_point());
    let at = Rect::from_center_size(room.center(), block.size());
    let at = Rect::from_min_size(paint::snap_rect(painter, at).min, block.size());
    (block, at)
}

/// What goes in at a time step, on hover: its letter, or the value under the pointer.
fn input_card(ui: &Ui, frame: &Frame<'_>, slot: &Slot) {
    let Some(step) = slot.step else { return };
    let micro = frame.micro;
    let features = micro.plan.graph.vertices[Graph::INPUT].shape.channels;
    let n = format::count((step - micro.missing_steps()) as u64);
    let area = slot.whole.with_max_y(slot.whole.top() + 34.0);
    let response = ui.interact(area, ui.scope_id().with(("goes in", step)), Sense::hover());
    if let Some(letter) = steps::letter(frame, step) {
        let words = format!("step {n}, letter {letter}, clamped");
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        card::hover(
            response,
            &format!("{words}: its input is 1, those of the other letters are 0"),
        );
        return;
    }
    let words = format!(
        "step {n}, {}, clamped",
        format::plural(features as u64, "input", "inputs")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let (block, at) = input_block(ui.painter(), frame, slot);
    if let Some(i) = response.hover_pos().and_then(|p| block.under(at, p)) {
        let clamped = frame.clamped();
        let x = clamped.value(0, Field::X, Graph::INPUT, (step - 1) * features + i);
        let title = format!("step {n}  input {i}");
        response.on_hover_ui_at_pointer(|ui| {
            card::card(ui, &title, &[("x", format::exact(x, micro.dtype()))]);
        });
    }
}

/// Level, range and state under a column.
fn foot(painter: &egui::Painter, frame: &Frame<'_>, slot: &Slot, c: &Tokens) {
    // Of several layers the top one speaks: it is reached first.
    let Some(&v) = slot.vertices.last() else {
        return;
    };
    let (x, wide) = (slot.whole.center().x, slot.whole.width());
    let level = frame.micro.plan.graph.vertices[v].level;
    let moved = frame.stands(v);
    let ink = if moved { c.t1 } else { c.t3 };
    let line =
        |k: f32, size: f32| paint::baseline(painter, slot.whole.bottom() - 35.0 + 13.0 * k, size);
    let words = if wide >= PRINTED {
        format!("level {level}")
    } else {
        level.to_string()
    };
    if wide < 30.0 && !level.is_multiple_of(2) {
        return;
    }
    let y = line(0.0, text::size::CAPTION);
    paint::write(
        painter,
        pos2(x, y),
        Align::Center,
        &words,
        text::medium_font(),
        ink,
    );
    if wide < PRINTED {
        return;
    }
    if moved {
        let range = format::plus_minus(frame.view.ranges.of(Field::Eps, v));
        let y = line(1.0, text::size::MONO_SMALL);
        paint::write(
            painter,
            pos2(x, y),
            Align::Center,
            &range,
            text::mono_small_font(),
            c.t3,
        );
    }
    let words = state_of(frame, v);
    let words = words.strip_prefix("captured ").unwrap_or(&words);
    let y = line(2.0, text::size::CAPTION);
    let ink = if moved { c.t2 } else { c.t3 };
    paint::write(
        painter,
        pos2(x, y),
        Align::Center,
        words,
        text::caption_font(),
        ink,
    );
}

fn side_names(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    geometry: &Geometry,
    area: Rect,
    c: &Tokens,
) {
    let left = area.left() + 8.0;
    let write = |y: f32, words: &str, strong: bool| {
        let (font, ink) = if strong {
            (text::strong_font(), c.t1)
        } else {
            (text::caption_font(), c.t3)
        };
        let y = paint::baseline(painter, y, font.size);
        paint::write(painter, pos2(left, y), Align::LEFT, words, font, ink);
    };
    let text_input = steps::letter(frame, frame.micro.plan.graph.steps()).is_some();
    write(
        area.top() + 19.0,
        if text_input { "letter" } else { "input" },
        false,
    );
    write(area.top() + 42.0, "step", false);
    let f = frame
        .micro
        .plan
        .graph
        .vertices
        .iter()
        .find(|v| matches!(v.role, Kind::Step { .. }))
        .map_or("", |v| v.activation.name());
    let [upper, lower] = geometry.lanes;
    let stacked = geometry.layers > 1;
    let named = |lane: Rect| {
        if stacked {
            lane.top() + 8.0
        } else {
            lane.center().y - 8.0
        }
    };
    write(named(upper), "f(x)", true);
    if !stacked {
        write(upper.center().y + 8.0, f, false);
    }
    let (symbol, words) = match (frame.side, frame.micro.subject.rule.is_reference()) {
        (Some(side), true) if side.difference => ("δ", side.name),
        (Some(side), false) if side.difference => ("ε", side.name),
        (_, true) => ("δ", "backprop"),
        (_, false) => ("ε", "= x − μ"),
    };
    write(named(lower), symbol, true);
    if !stacked {
        write(lower.center().y + 8.0, words, false);
    }
    let Some(slot) = geometry.slots.first().filter(|s| s.vertices.len() > 1) else {
        return;
    };
    for lane in 0..2 {
        for row in 0..slot.vertices.len() {
            let y = geometry.room(slot, lane, row).center().y;
            let y = paint::baseline(painter, y, text::size::CAPTION);
            let words = format!("rnn {}", row + 1);
            let right = pos2(area.left() + LEFT + 2.0, y);
            paint::write(
                painter,
                right,
                Align::RIGHT,
                &words,
                text::caption_font(),
                c.t3,
            );
        }
    }
}

fn arrows(painter: &egui::Painter, frame: &Frame<'_>, geometry: &Geometry, t: usize, c: &Tokens) {
    let micro = frame.micro;
    let style = |from: usize, to: usize| -> (f32, Color32, bool) {
        let (flowing, arrived) = (frame.stands(from), frame.stands(to));
        let at_front = micro.subject.rule.has_conditions() && arrival(micro, to) == t;
        let next = (!flowing && arrived || at_front) && !frame.difference();
        match (next, flowing) {
            (true, _) => (2.0, c.t1, false),
            (false, true) => (1.25, c.t1, false),
            (false, false) => (1.0, c.line2, true),
        }
    };
    for pair in geometry.slots.windows(2) {
        let rows = pair[0].vertices.len().min(pair[1].vertices.len());
        for row in 0..rows {
            // A later layer reads the top recurrent one.
            let a = if pair[1].step.is_none() {
                pair[0].vertices.len() - 1
            } else {
                row
            };
            let (from, to) = (pair[0].vertices[a], pair[1].vertices[row]);
            let edge = pair[1].whole.left();
            let y = geometry.room(&pair[0], 0, a).center().y;
            let half = (pair[0].whole.width() * 0.08).clamp(2.5, 6.0);
            arrow(
                painter,
                pos2(edge - half, y),
                pos2(edge + half, y),
                1.0,
                c.t3,
                false,
            );
            let y = geometry.room(&pair[0], 1, a).center().y;
            let (width, ink, dashed) = style(from, to);
            arrow(
                painter,
                pos2(edge + half, y),
                pos2(edge - half, y),
                width,
                ink,
                dashed,
            );
        }
    }
    if let Some(last) = geometry.slots.last() {
        let row = last.vertices.len() - 1;
        let edge = last.whole.right() + 4.0;
        let y = geometry.room(last, 0, row).center().y;
        arrow(
            painter,
            pos2(edge - 4.0, y),
            pos2(edge + 8.0, y),
            1.0,
            c.t3,
            false,
        );
        let y = geometry.room(last, 1, row).center().y;
        let (width, ink, dashed) = style(last.vertices[row], micro.plan.output());
        arrow(
            painter,
            pos2(edge + 8.0, y),
            pos2(edge - 4.0, y),
            width,
            ink,
            dashed,
        );
    }
    // Between the layers of one step.
    for slot in geometry.slots.iter().filter(|s| s.vertices.len() > 1) {
        for row in 1..slot.vertices.len() {
            for lane in 0..2 {
                let (above, below) = (
                    geometry.room(slot, lane, row),
                    geometry.room(slot, lane, row - 1),
                );
                let (x, y) = (above.center().x, (above.bottom() + below.top()) / 2.0);
                let (from, to) = (pos2(x, y + 4.0), pos2(x, y - 4.0));
                if lane == 0 {
                    painter.line_segment([from, to], Stroke::new(1.0, c.t3));
                } else {
                    let (width, ink, _) = style(slot.vertices[row - 1], slot.vertices[row]);
                    painter.line_segment([to, from], Stroke::new(width, ink));
                }
            }
        }
    }
}

fn legends(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    geometry: &Geometry,
    activity: f64,
    area: Rect,
    c: &Tokens,
) {
    let y = area.bottom() - 11.0;
    let base = paint::baseline(painter, y, text::size::CAPTION);
    let mut x = area.left() + 8.0;
    let word = |x: &mut f32, words: &str, ink: Color32| {
        let rect = paint::write(
            painter,
            pos2(*x, base),
            Align::LEFT,
            words,
            text::caption_font(),
            ink,
        );
        *x = rect.right() + 6.0;
    };
    let bar = |x: &mut f32, activity: bool| {
        let rect = Rect::from_min_size(pos2(*x, y - 3.0), vec2(64.0, 6.0));
        legend::bar(painter, rect, |p| {
            let v = legend::diverging(p);
            if activity {
                c.diverging_activity(v, 1.0)
            } else {
                c.diverging_error(v, 1.0)
            }
        });
        *x = rect.right() + 6.0;
    };
    let [low, high] = format::ends(activity);
    word(&mut x, &format!("f(x)  {low}"), c.t3);
    bar(&mut x, true);
    word(&mut x, &high, c.t3);
    x += 16.0;
    word(
        &mut x,
        if frame.micro.subject.rule.is_reference() {
            "δ  −r"
        } else {
            "ε  −r"
        },
        c.t3,
    );
    bar(&mut x, false);
    let printed = geometry.slots.iter().all(|s| s.whole.width() >= PRINTED);
    let end = if frame.far {
        "+r"
    } else if printed {
        "+r, printed under each step"
    } else {
        "+r, of each step on its card"
    };
    word(&mut x, end, c.t3);
    if frame.far {
        return;
    }
    x += 16.0;
    Icon::Pin.paint(painter, pos2(x + 5.0, y), c.t3);
    x += 15.0;
    word(&mut x, "ranges held", c.t3);
}

fn interact(ui: &mut Ui, frame: &mut Frame<'_>, drawn: &Drawn) {
    let &Drawn {
        v,
        lane,
        block,
        at,
        room,
    } = drawn;
    let (micro, t) = (frame.micro, frame.t());
    let vertex = &micro.plan.graph.vertices[v];
    let response = ui.interact(room, ui.scope_id().with(("step", v, lane)), Sense::click());
    focus::item(Id::unique("network"), &response);
    let name = format!("{}{}", frame.of_side(), steps::long_name(frame, v));
    response.widget_info(|| {
        let words = if lane == 0 {
            format!("{name}, values")
        } else {
            format!(
                "{name}, {}, level {}, size of {} {} at t = {t}, {}",
                vertex.shape,
                vertex.level,
                error_name(micro),
                format::number(micro.states[t].size[v]),
                state_of(frame, v)
            )
        };
        WidgetInfo::selected(Role::Button, true, frame.view.selection.vertex == v, words)
    });
    paint::focus_ring(ui, &response, room);
    let under = response
        .hover_pos()
        .or(response.interact_pointer_pos())
        .and_then(|p| block.under(at, p));
    frame.note_hover(v, under, Over::of(ui, &response, room));
    if response.clicked() || response.secondary_clicked() {
        let selection = match under {
            Some(unit) => Selection { vertex: v, unit },
            None if frame.view.selection.vertex == v => frame.view.selection,
            None => Selection::largest(micro, v),
        };
        frame.actions.push(Action::Select(selection));
    }
    super::touched::menu(&response, frame);
    let range = match lane {
        0 => activity_range(frame),
        _ => frame.view.ranges.of(Field::Eps, v),
    };
    if let Some(unit) = under {
        let title = format!("{name}  unit {unit}");
        response.on_hover_ui_at_pointer(|ui| {
            let digits = |field| format::exact(micro.value(t, field, v, unit), micro.dtype());
            let mut rows = vec![
                ("f(x)", digits(Field::Fx)),
                ("x", digits(Field::X)),
                ("μ", digits(Field::Mu)),
                (error_name(micro), digits(Field::Eps)),
                ("δ (BPTT)", digits(Field::Delta)),
            ];
            // What is drawn under the pointer comes first.
            if lane == 1 {
                rows.swap(0, 3);
            }
            rows.push(("range held", format::plus_minus(range)));
            card::card(ui, &title, &rows);
        });
    }
}
