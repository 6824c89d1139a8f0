//! Feature maps of the selected vertex: rows of x, f(x), μ, ε, Δx and δ share columns, which are channels.

use super::beside;
use super::maps_legend::legends;
use super::network_pointer::error_name;
use super::steps;
use super::vertices::unit_name;
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::maps::{MapAtlas, Maps, corner_tick, scale};
use crate::app::kit::{card, cells, focus, paint};
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::{Graph, Shape};
use egui::{Align, Key, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};
use std::sync::{Arc, Mutex, PoisonError};

/// What the panel shows, in words.
pub fn caption(frame: &Frame<'_>) -> String {
    let v = frame.view.selection.vertex;
    let Some(vertex) = frame.micro.plan.graph.vertices.get(v) else {
        return String::new();
    };
    let (shown, all) = (
        frame.view.found.maps_shown.get().min(vertex.shape.channels),
        vertex.shape.channels,
    );
    let [one, many] = if vertex.shape.is_flat() {
        ["unit", "units"]
    } else {
        ["channel", "channels"]
    };
    if v == Graph::INPUT || shown >= all {
        format!(
            "{}, {} {}",
            steps::short_name(frame.micro, v),
            format::count(all as u64),
            if all == 1 { one } else { many }
        )
    } else {
        format!(
            "{}, {} {many}, largest δ first",
            steps::short_name(frame.micro, v),
            format::of(shown as u64, all as u64)
        )
    }
}

/// Rows of a vertex, as room allows: the first ones matter most.
fn rows_of(micro: &MicroscopeSnapshot, v: usize, most: usize) -> Vec<Field> {
    if v == Graph::INPUT {
        return vec![Field::X];
    }
    let identity = micro.plan.graph.vertices[v].activation == crate::network::Activation::Identity;
    let wanted = [
        Field::X,
        Field::Mu,
        Field::Eps,
        Field::Delta,
        Field::Fx,
        Field::Dx,
    ];
    let chosen: Vec<Field> = wanted
        .into_iter()
        .filter(|f| !(identity && *f == Field::Fx))
        .take(most.max(2))
        .collect();
    Field::ALL
        .into_iter()
        .filter(|f| chosen.contains(f))
        .collect()
}

/// A field's symbol; under backpropagation ε is δ, as far as the reverse pass has come.
fn symbol(micro: &MicroscopeSnapshot, field: Field) -> &'static str {
    match field {
        Field::Eps => error_name(micro),
        _ => field.symbol(),
    }
}

fn name_of(field: Field, bp: bool) -> &'static str {
    match field {
        Field::X => "value",
        Field::Fx => "",
        Field::Mu => "predicted",
        Field::Eps if bp => "δ so far",
        Field::Eps => "= x − μ",
        Field::Dx => "last move",
        Field::Delta => "backprop",
    }
}

/// Textures and the held order of channels.
#[derive(Default)]
struct Kept {
    key: Option<(u64, usize, usize, Theme, Vec<u64>, usize)>,
    atlases: Vec<MapAtlas>,
    order_of: (u64, usize),
    order: Vec<usize>,
}

/// Channels by the size of δ, largest first: an order that stays while the cursor moves.
fn order(micro: &MicroscopeSnapshot, v: usize) -> Vec<usize> {
    let shape = micro.plan.graph.vertices[v].shape;
    let field = if v == Graph::INPUT {
        Field::X
    } else {
        Field::Delta
    };
    let value = micro.values(0, field, v);
    let mut sizes: Vec<(usize, f64)> = (0..shape.channels)
        .map(|ch| {
            let mut sum = 0.0;
            for y in 0..shape.height {
                for x in 0..shape.width {
                    sum += value(shape.index(ch, y, x)).powi(2);
                }
            }
            (ch, sum)
        })
        .collect();
    sizes.sort_by(|a, b| b.1.total_cmp(&a.1));
    sizes.into_iter().map(|s| s.0).collect()
}

/// The rows of a vertex: what stands in them, and where.
struct Grid<'a> {
    v: usize,
    t: usize,
    /// A row each.
    fields: &'a [Field],
    /// All rows, without their names.
    rect: Rect,
    /// Of one row.
    height: f32,
}

/// Room for the names of rows at the left.
const NAMES: f32 = 70.0;

/// Draws the view: of a pair of runs the first, the second, and their difference.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    if !beside::columns(ui, frame, NAMES - 4.0, draw) {
        draw(ui, frame);
    }
}

fn draw(ui: &mut Ui, frame: &mut Frame<'_>) {
    let micro = frame.micro;
    // The second of a pair says which channels come first in all columns.
    let leading = match frame.beside {
        Some(Ok(beside)) => &*beside.sides[1],
        _ => micro,
    };
    let v = frame
        .view
        .selection
        .vertex
        .min(micro.plan.graph.vertices.len() - 1);
    let area = ui.max_rect().shrink2(vec2(metrics::PAD, 9.0));
    let shape = micro.plan.graph.vertices[v].shape;
    let id = egui::Id::unique(("feature maps", frame.side.map(|side| side.name.to_owned())));
    let kept: Arc<Mutex<Kept>> =
        ui.data_mut(|d| d.get_temp_mut_or_default::<Arc<Mutex<Kept>>>(id).clone());
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.order_of != (leading.generation, v) || kept.order.len() != shape.channels {
        kept.order = order(leading, v);
        kept.order_of = (leading.generation, v);
    }
    let named = frame.side.is_none_or(|side| side.first);
    let left = if named { NAMES } else { 4.0 };
    let rect = Rect::from_min_max(area.min + vec2(left, 18.0), area.max - vec2(0.0, 22.0));
    let fields = rows_of(micro, v, (rect.height() / 31.0).floor() as usize);
    let height = rect.height() / fields.len() as f32;
    let grid = Grid {
        v,
        t: frame.t(),
        fields: &fields,
        rect,
        height,
    };
    if shape.is_flat() {
        let shown = flat(ui, frame, &grid, &kept.order);
        frame.view.found.maps_shown.set(shown);
    } else {
        let ppp = ui.pixels_per_point();
        let size = scale(
            [shape.width, shape.height],
            Vec2::splat((height - 4.0).min(rect.width())),
            ppp,
        );
        let columns =
            (((rect.width() + 3.0) / (size.x + 3.0)).floor() as usize).clamp(1, shape.channels);
        frame.view.found.maps_shown.set(columns);
        refresh(&mut kept, ui, frame, &grid, columns);
        maps(ui, frame, &grid, &kept, size, columns);
    }
    if named {
        names(ui, frame, &grid, area);
    }
    // One legend stands for all columns: they share their ranges.
    if named {
        legends(ui, frame, (grid.v, grid.fields), area);
    }
}

fn refresh(kept: &mut Kept, ui: &Ui, frame: &Frame<'_>, grid: &Grid<'_>, columns: usize) {
    let &Grid { v, t, fields, .. } = grid;
    let c = Theme::get(ui);
    let micro = frame.micro;
    let ranges = fields
        .iter()
        .map(|f| frame.view.ranges.of(*f, v).to_bits())
        .collect();
    let key = (micro.picture(), v, t, c.theme, ranges, columns);
    if kept.key.as_ref() == Some(&key) && kept.atlases.len() == fields.len() {
        return;
    }
    let shape = micro.plan.graph.vertices[v].shape;
    kept.atlases
        .resize_with(fields.len().max(kept.atlases.len()), || {
            MapAtlas::new("feature maps")
        });
    kept.atlases.truncate(fields.len());
    for (atlas, &field) in kept.atlases.iter_mut().zip(fields) {
        let range = frame.view.ranges.of(field, v);
        let activity = matches!(field, Field::X | Field::Fx | Field::Mu);
        let order = &kept.order;
        let value = micro.values(t, field, v);
        let look = frame.data.look();
        let maps = Maps {
            size: [shape.width, shape.height],
            count: columns,
            range: if v == Graph::INPUT {
                f64::INFINITY
            } else {
                range
            },
            value: |i: usize, row, column| {
                let value = value(shape.index(order[i], row, column));
                if v == Graph::INPUT {
                    look.shade(order[i], value)
                } else {
                    value
                }
            },
            color: |value| match (v, activity) {
                (Graph::INPUT, _) => c.grey(value),
                (_, true) => c.diverging_activity(value, range),
                _ => c.diverging_error(value, range),
            },
        };
        atlas.set(ui, maps);
    }
    kept.key = Some(key);
}

fn maps(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    grid: &Grid<'_>,
    kept: &Kept,
    size: Vec2,
    columns: usize,
) {
    let &Grid {
        v, fields, height, ..
    } = grid;
    let shown = &kept.order[..columns];
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let micro = frame.micro;
    let shape = micro.plan.graph.vertices[v].shape;
    // On whole pixels, as it is drawn: the value under the pointer is the one that is seen there.
    let place = |row: usize, i: usize| {
        let corner = pos2(
            grid.rect.left() + i as f32 * (size.x + 3.0),
            grid.rect.top() + row as f32 * height + (height - size.y) / 2.0,
        );
        let corner = paint::snap_rect(&painter, Rect::from_min_size(corner, size)).min;
        Rect::from_min_size(corner, size)
    };
    let mut free = f32::NEG_INFINITY;
    for (i, channel) in shown.iter().enumerate() {
        let x = place(0, i).center().x;
        let y = paint::baseline(&painter, grid.rect.top() - 8.0, text::size::MONO_SMALL);
        // Where maps are narrower than their numbers, some go without: the card has them.
        paint::write_where_free(&painter, pos2(x, y), &channel.to_string(), &mut free, c.t3);
        for (row, atlas) in kept.atlases.iter().enumerate() {
            atlas.draw(&painter, place(row, i), i, c);
        }
    }
    let last = shown.len().saturating_sub(1);
    let area = place(0, 0).union(place(fields.len() - 1, last));
    let response = ui.interact(area, ui.scope_id().with("maps"), Sense::click());
    let at = frame.view.selection;
    let (channel, y, x) = shape.position(at.unit);
    let pixel = vec2(size.x / shape.width as f32, size.y / shape.height as f32);
    if let Some(i) = shown
        .iter()
        .position(|s| *s == channel)
        .filter(|_| at.vertex == v)
    {
        for row in 0..fields.len() {
            let rect = Rect::from_min_size(
                place(row, i).min + vec2(x as f32 * pixel.x, y as f32 * pixel.y),
                pixel,
            );
            painter.rect_stroke(
                rect.expand(1.0),
                1,
                Stroke::new(1.0, c.t1),
                egui::StrokeKind::Outside,
            );
        }
    }
    let under = |p: egui::Pos2| {
        (0..fields.len())
            .flat_map(|r| (0..shown.len()).map(move |i| (r, i)))
            .find_map(|(r, i)| {
                let rect = place(r, i);
                let [col, row] =
                    crate::app::kit::maps::value_under([shape.width, shape.height], rect, p)?;
                Some((fields[r], shape.index(shown[i], row, col)))
            })
    };
    read(frame, response, grid, (under, &[]));
}

/// Accessible numbers of the selected unit, hover card and click, shared by maps and cells.
fn read(
    frame: &mut Frame<'_>,
    response: egui::Response,
    grid: &Grid<'_>,
    (under, order): (impl Fn(egui::Pos2) -> Option<(Field, usize)>, &[usize]),
) {
    let &Grid { v, t, fields, .. } = grid;
    let micro = frame.micro;
    let unit = frame.view.selection.unit.min(micro.plan.len_of(v) - 1);
    let numbers: Vec<String> = fields
        .iter()
        .map(|f| {
            let value = micro.value(t, *f, v, unit);
            format!("{} {}", symbol(micro, *f), format::number(value))
        })
        .collect();
    let words = format!(
        "{}{} at t = {t}: {}",
        frame.of_side(),
        unit_name(micro, frame.data.classes(), v, unit),
        numbers.join(", ")
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &words));
    let pointed = response
        .hover_pos()
        .or(response.interact_pointer_pos())
        .and_then(under);
    focus::takes_keys(&response, focus::Keys::Grid);
    if let Some(unit) = by_arrows(&response, (micro.plan.graph.vertices[v].shape, order), unit) {
        frame
            .actions
            .push(Action::Select(Selection { vertex: v, unit }));
    }
    // By Space, one unit after the other.
    let next = response
        .interact_pointer_pos()
        .is_none()
        .then(|| (unit + 1) % micro.plan.len_of(v));
    if response.clicked()
        && let Some(unit) = pointed.map(|(_, unit)| unit).or(next)
    {
        frame
            .actions
            .push(Action::Select(Selection { vertex: v, unit }));
    }
    if let Some((_, unit)) = pointed.filter(|_| response.secondary_clicked()) {
        let at = Selection { vertex: v, unit };
        frame.actions.push(Action::Select(at));
    }
    super::touched::menu(&response, frame);
    if let Some((field, unit)) = pointed {
        let name = unit_name(micro, frame.data.classes(), v, unit);
        let name = format!("{}{name}", frame.of_side());
        // Of a difference, what it is the difference of.
        let of = frame.side.filter(|side| side.difference);
        let of = of.and(frame.beside).and_then(Result::ok);
        response.on_hover_ui_at_pointer(|ui| {
            // What is drawn under the pointer comes first.
            let others = fields.iter().copied().filter(|f| *f != field);
            let rows: Vec<(&str, String)> = std::iter::once(field)
                .chain(others)
                .map(|f| {
                    let digits = format::exact(micro.value(t, f, v, unit), micro.dtype());
                    (symbol(micro, f), digits)
                })
                .collect();
            let [a, b] = of.map_or([' '; 2], |of| of.runs).map(|run| run.to_string());
            let both = of.into_iter().flat_map(|of| {
                let digits = |i: usize| {
                    let value = of.sides[i].value(t, field, v, unit);
                    format::exact(value, micro.dtype())
                };
                [(a.as_str(), digits(0)), (b.as_str(), digits(1))]
            });
            let rows: Vec<(&str, String)> = rows.into_iter().chain(both).collect();
            card::card(ui, &name, &rows);
        });
    } else {
        explain::mark(response, Mark::Words, "maps");
    }
}

/// The unit beside or below, where the view has the focus and an arrow is pressed: within a map, or along the row of units in the order
/// in which they are shown.
fn by_arrows(
    response: &egui::Response,
    (shape, order): (Shape, &[usize]),
    unit: usize,
) -> Option<usize> {
    if !response.has_focus() {
        return None;
    }
    let (right, down) = response.ctx.input(|i| {
        let presses = |key| i.num_presses(key) as isize;
        (
            presses(Key::ArrowRight) - presses(Key::ArrowLeft),
            presses(Key::ArrowDown) - presses(Key::ArrowUp),
        )
    });
    let held = |from: usize, by: isize, end: usize| from.saturating_add_signed(by).min(end - 1);
    let to = if let Some(last) = order.len().checked_sub(1) {
        let at = order.iter().position(|u| *u == unit);
        let to = at.map_or(0, |at| held(at, right, last + 1));
        if right == 0 { unit } else { order[to] }
    } else {
        let (channel, row, column) = shape.position(unit);
        let (row, column) = (
            held(row, down, shape.height),
            held(column, right, shape.width),
        );
        shape.index(channel, row, column)
    };
    (to != unit).then_some(to)
}

/// Flat vertices: a cell per unit, with its number where cells are wide. Returns how many units are shown.
fn flat(ui: &mut Ui, frame: &mut Frame<'_>, grid: &Grid<'_>, order: &[usize]) -> usize {
    let &Grid {
        v,
        t,
        fields,
        height,
        ..
    } = grid;
    let c = Theme::get(ui);
    let painter = ui.painter().clone();
    let micro = frame.micro;
    let n = order.len();
    let numbered = n <= 12;
    let width = if numbered {
        (grid.rect.width() / n as f32).clamp(30.0, 56.0)
    } else {
        18.0
    };
    let shown = n.min((grid.rect.width() / width).floor().max(1.0) as usize);
    // A small vertex keeps its units in their own order, as long as all have room.
    let natural: Vec<usize> = (0..n).collect();
    let order = if numbered && shown == n {
        &natural
    } else {
        order
    };
    let cell_height = (height - 5.0).min(26.0);
    let place = |row: usize, i: usize| {
        Rect::from_min_size(
            pos2(
                grid.rect.left() + i as f32 * width,
                grid.rect.top() + row as f32 * height + (height - cell_height) / 2.0,
            ),
            vec2(width - 2.0, cell_height),
        )
    };
    let mut free = f32::NEG_INFINITY;
    for (i, &unit) in order[..shown].iter().enumerate() {
        let y = paint::baseline(&painter, grid.rect.top() - 8.0, text::size::MONO_SMALL);
        let at = pos2(place(0, i).center().x, y);
        paint::write_where_free(&painter, at, &unit.to_string(), &mut free, c.t3);
        for (row, &field) in fields.iter().enumerate() {
            let rect = place(row, i);
            let value = micro.value(t, field, v, unit);
            let range = frame.view.ranges.of(field, v);
            if !value.is_finite() {
                cells::not_a_number(&painter, rect, c);
                continue;
            }
            let activity = matches!(field, Field::X | Field::Fx | Field::Mu);
            let fill = if activity {
                c.diverging_activity(value, range)
            } else {
                c.diverging_error(value, range)
            };
            if value == 0.0 {
                painter.rect_stroke(
                    rect,
                    metrics::RADIUS_CELL,
                    Stroke::new(1.0, c.line),
                    egui::StrokeKind::Inside,
                );
            } else {
                painter.rect_filled(rect, metrics::RADIUS_CELL, fill);
                if value.abs() > range {
                    corner_tick(&painter, rect, c);
                }
            }
            if numbered {
                let ink = if value == 0.0 { c.t3 } else { c.ink_on(fill) };
                let words = format::cell(value);
                paint::centred_where_fits(&painter, rect, &words, text::mono_small_font(), ink);
            }
            if frame.view.selection == (Selection { vertex: v, unit }) {
                painter.rect_stroke(
                    rect.expand(1.0),
                    metrics::RADIUS_CELL,
                    Stroke::new(1.0, c.t1),
                    egui::StrokeKind::Outside,
                );
            }
        }
    }
    let area = place(0, 0).union(place(fields.len() - 1, shown - 1));
    let response = ui.interact(area, ui.scope_id().with("cells"), Sense::click());
    let under = |p: egui::Pos2| {
        (0..fields.len())
            .flat_map(|r| (0..shown).map(move |i| (r, i)))
            .find(|(r, i)| place(*r, *i).contains(p))
            .map(|(r, i)| (fields[r], order[i]))
    };
    read(frame, response, grid, (under, &order[..shown]));
    shown
}

fn names(ui: &Ui, frame: &Frame<'_>, grid: &Grid<'_>, area: Rect) {
    let c = Theme::get(ui);
    let painter = ui.painter();
    let flat = frame.micro.plan.graph.vertices[grid.v].shape.is_flat();
    let y = paint::baseline(painter, grid.rect.top() - 8.0, text::size::CAPTION);
    paint::write(
        painter,
        pos2(area.left(), y),
        Align::LEFT,
        if flat { "unit" } else { "channel" },
        text::caption_font(),
        c.t3,
    );
    let bp = frame.micro.subject.rule.is_reference();
    for (row, field) in grid.fields.iter().enumerate() {
        let y = paint::baseline(
            painter,
            grid.rect.top() + (row as f32 + 0.5) * grid.height,
            text::size::BODY,
        );
        let symbol = field.symbol();
        let at = paint::write(
            painter,
            pos2(area.left(), y),
            Align::LEFT,
            symbol,
            text::strong_font(),
            c.t1,
        );
        let frozen = frame.micro.is_frozen(*field);
        let left = at.right() + if frozen { 17.0 } else { 5.0 };
        if frozen {
            let middle = y - 0.5 * text::CAP_HEIGHT * text::size::BODY;
            paint::snowflake(painter, pos2(at.right() + 9.0, middle), c.t2);
        }
        let room = grid.rect.left() - left - 5.0;
        card::within(
            ui,
            pos2(left, y),
            room,
            if frozen {
                "frozen"
            } else {
                name_of(*field, bp)
            },
            text::caption_font(),
            c.t3,
        );
    }
}
