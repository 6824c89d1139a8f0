//! The error wave: size of ε over level and state. Its staircase is the front; a triangle marks what is captured.

use super::beside;
use super::network_pointer::error_name;
use super::steps;
use super::vertices::arrival;
use crate::app::format;
use crate::app::kit::cells::{self, Cell, Mark};
use crate::app::kit::maps::corner_tick;
use crate::app::kit::{card, focus, legend, paint};
use crate::app::state::{Action, Frame, Selection, Side};
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics, mix};
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{Capture, Course, Start};
use egui::{Align, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Room for levels at the left, beside the names.
const LEVELS: f32 = 28.0;
/// The least room for names, and the most.
const NAMES: [f32; 2] = [59.0, 120.0];
/// Room for state numbers and the legend below.
const BELOW: f32 = 46.0;
/// The narrowest cell that carries a number.
const NUMBERED: f32 = 34.0;
/// The strip grows with its panel; beyond this a cell says nothing more.
const LARGEST: egui::Vec2 = vec2(360.0, 180.0);
/// What is left of a colour where nothing reads a cell any more.
const UNREAD: f32 = 0.38;
/// Why a cell behind the front is dimmed.
const WHY_UNREAD: &str = "Nothing reads this any more: the level was captured and the front has passed. With γ = 1 errors behind the front may grow at every step, and F with them; no update takes anything from there.";

/// The cells: a column for each state, a row for each vertex.
struct Strip<'a> {
    /// Output on top.
    vertices: &'a [usize],
    /// The room it has.
    grid: Rect,
    /// The width of a column.
    column: f32,
    /// The height of a row.
    row: f32,
}

impl Strip<'_> {
    /// The cell of state `t` in row `r`.
    fn cell(&self, t: usize, r: usize) -> Rect {
        let &Self {
            grid, column, row, ..
        } = self;
        let gap = if column > 8.0 {
            2.0
        } else if column > 3.0 {
            1.0
        } else {
            0.0
        };
        Rect::from_min_size(
            pos2(grid.left() + t as f32 * column, grid.top() + r as f32 * row),
            vec2(
                (column - gap).max(1.0),
                (row - if row > 8.0 { 2.0 } else { 1.0 }).max(2.0),
            ),
        )
    }

    /// The height of all rows.
    fn height(&self) -> f32 {
        self.row * self.vertices.len() as f32
    }
}

/// Draws the view: of a pair of runs the first, the second, and their difference.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    if !beside::columns(ui, frame, NAMES[0] + LEVELS - 11.0, draw) {
        draw(ui, frame);
    }
}

/// The share of the range that a size takes up, by powers; above 1 where it is off the end. Of a difference, with its sign.
pub(super) fn share_of(size: f64, (low, high): (f64, f64)) -> f64 {
    let share = (size.abs().log10() - low) / (high - low);
    let share = if share > 1.0 { 2.0 } else { share.max(0.0) };
    share.copysign(size)
}

fn draw(ui: &mut Ui, frame: &mut Frame<'_>) {
    let named_here = frame.side.is_none_or(|side| side.first);
    let difference = frame.side.is_some_and(|side| side.difference);
    let micro = frame.micro;
    let t = frame.t();
    let c = Theme::get(ui);
    let area = ui.max_rect().shrink2(vec2(metrics::PAD, 9.0));
    let painter = ui.painter().clone();
    let plan = &micro.plan;
    // Output on top, the deepest vertex at the foot.
    let mut vertices: Vec<usize> = (1..plan.graph.vertices.len())
        .rev()
        .filter(|&v| !micro.is_missing(v))
        .collect();
    // The order of levels: in a stack of recurrent layers the front then is one staircase.
    vertices.sort_by_key(|&v| plan.graph.vertices[v].level);
    let states = micro.steps + 1;
    let wide = |&v: &usize| {
        let name = steps::row_name(frame, v);
        paint::width(&painter, &name, text::strong_font()).ceil()
    };
    // A quarter of a narrow panel at most.
    let most = match frame.side {
        Some(_) => NAMES[0],
        None => NAMES[1].min(0.25 * area.width()).max(NAMES[0]),
    };
    let names = vertices.iter().map(wide).fold(NAMES[0], f32::max).min(most);
    let grid = Rect::from_min_max(
        pos2(
            area.left()
                + if named_here {
                    names + LEVELS - 11.0
                } else {
                    0.0
                },
            area.top(),
        ),
        pos2(area.right(), area.bottom() - BELOW),
    );
    let row = (grid.height() / vertices.len() as f32).clamp(3.0, LARGEST.y);
    // Where rows are lower than their names, only some are named.
    let named = (11.0 / row).ceil() as usize;
    let column = (grid.width() / states as f32).min(LARGEST.x);
    let strip = Strip {
        vertices: &vertices,
        grid,
        column,
        row,
    };
    let decades = frame.view.ranges.decades();
    let numbers = column - 2.0 >= NUMBERED - 2.0 && row >= 14.0;
    let front = micro.schedule.is_none_or(|s| s.front_time(0).is_some());
    for (r, &v) in vertices.iter().enumerate() {
        let vertex = &plan.graph.vertices[v];
        let middle = grid.top() + (r as f32 + 0.5) * row - 1.0;
        let y = paint::baseline(&painter, middle, text::size::BODY);
        let selected = frame.view.selection.vertex == v;
        let font = if selected {
            text::strong_font()
        } else {
            text::body_font()
        };
        if named_here && r.is_multiple_of(named) {
            let name = steps::row_name(frame, v);
            card::within(
                ui,
                pos2(area.left(), y),
                names,
                &name,
                font,
                if selected { c.t1 } else { c.t2 },
            );
            paint::write(
                &painter,
                pos2(grid.left() - 12.0, y),
                Align::RIGHT,
                &vertex.level.to_string(),
                text::mono_small_font(),
                c.t3,
            );
        }
        let capture = micro
            .captured_at(v)
            .filter(|_| !micro.subject.rule.relaxes());
        for s in 0..states {
            let rect = strip.cell(s, r);
            let captured = capture == Some(s);
            let Some(record) = micro.states.get(s) else {
                let ahead = front && vertex.error_from == s && column > 6.0;
                let mark = if captured { Mark::Later } else { Mark::None };
                if ahead || (mark != Mark::None && column > 10.0) {
                    cells::paint(&painter, rect, Cell::Ahead { mark }, c);
                } else if column > 4.0 {
                    cells::paint(&painter, rect, Cell::Blank, c);
                }
                continue;
            };
            let size = record.size[v];
            let dim = is_unread(micro, v, s);
            let mark = if captured && column > 10.0 {
                Mark::Captured
            } else {
                Mark::None
            };
            if !size.is_finite() {
                cells::paint(&painter, rect, Cell::NotANumber, c);
            } else if size == 0.0 {
                if column > 4.0 {
                    cells::paint(
                        &painter,
                        rect,
                        if numbers { Cell::Zero } else { Cell::Blank },
                        c,
                    );
                }
            } else if difference {
                let share = share_of(size, decades);
                let fill = c.diverging_error(share.clamp(-1.0, 1.0), 1.0);
                painter.rect_filled(rect, if column > 6.0 { 1 } else { 0 }, fill);
                if share.abs() > 1.0 && column > 6.0 {
                    corner_tick(&painter, rect, c);
                }
                if numbers {
                    let words = format::cell(size);
                    let ink = c.ink_on(fill);
                    paint::centred(&painter, rect, &words, text::mono_small_font(), ink);
                }
            } else if numbers {
                let share = share_of(size, decades);
                let value = size;
                let cell = match dim {
                    true => Cell::Unread {
                        value,
                        share,
                        left: UNREAD,
                    },
                    false => Cell::Known { value, share, mark },
                };
                cells::paint(&painter, rect, cell, c);
            } else {
                let full = c.cividis(share_of(size, decades).min(1.0));
                let fill = if dim { mix(c.bg1, full, UNREAD) } else { full };
                painter.rect_filled(rect, if column > 6.0 { 1 } else { 0 }, fill);
                if share_of(size, decades) > 1.0 && column > 6.0 {
                    corner_tick(&painter, rect, c);
                }
            }
        }
    }
    if front {
        staircase(&painter, micro, &strip, c);
    }
    // The cursor, a column in outline.
    let cursor = strip
        .cell(t, 0)
        .union(strip.cell(t, vertices.len() - 1))
        .expand2(vec2(1.5, 4.0));
    painter.rect_stroke(
        cursor,
        metrics::RADIUS,
        Stroke::new(1.5, c.t1),
        egui::StrokeKind::Inside,
    );
    below(ui, frame, &strip, area);
    seek(ui, frame, &strip);
}

/// True for a cell behind the front that nothing reads: the conditions hold, the level was captured before, and inference ends with the
/// front.
fn is_unread(micro: &MicroscopeSnapshot, v: usize, t: usize) -> bool {
    let conditions = &micro.subject.conditions;
    let on_time = conditions.capture == Capture::OnTime && conditions.start == Start::FeedForward;
    let ends = micro.subject.rule.course() == Course::Front && on_time && micro.plan.levelled;
    ends && t > arrival(micro, v) && v != micro.plan.output()
}

/// The white line between what the front has reached and what is still 0.
fn staircase(painter: &egui::Painter, micro: &MicroscopeSnapshot, strip: &Strip<'_>, c: &Tokens) {
    let &Strip {
        vertices, column, ..
    } = strip;
    let stroke = Stroke::new(metrics::STROKE, c.t1);
    let known = micro.states.len();
    let mut points = Vec::new();
    for (r, &v) in vertices.iter().enumerate() {
        // Where skips are not levelled, errors come before its level.
        let level = micro.plan.graph.vertices[v].error_from;
        if level >= known {
            continue;
        }
        let rect = strip.cell(level, r);
        if r > 0 {
            points.push(pos2(rect.left() - 1.0, rect.top() - 1.0));
        }
        points.push(pos2(rect.left() - 1.0, rect.bottom() + 1.0));
        // Vertices of one level are reached together: one step of the stairs.
        let below = vertices.get(r + 1);
        if below.is_none_or(|&next| micro.plan.graph.vertices[next].error_from != level) {
            points.push(pos2(rect.left() - 1.0 + column, rect.bottom() + 1.0));
        }
    }
    for pair in points.windows(2) {
        painter.line_segment(
            [
                paint::snap_rect(painter, Rect::from_two_pos(pair[0], pair[1])).min,
                pair[1],
            ],
            stroke,
        );
    }
}

fn below(ui: &Ui, frame: &Frame<'_>, strip: &Strip<'_>, area: Rect) {
    let &Strip { grid, column, .. } = strip;
    let c = Theme::get(ui);
    let painter = ui.painter();
    let (micro, t) = (frame.micro, frame.t());
    let (low, high) = frame.view.ranges.decades();
    let foot = grid.top() + strip.height();
    let y = paint::baseline(painter, foot + 12.0, text::size::MONO_SMALL);
    let last = micro.steps.to_string();
    let room = paint::width(painter, &last, text::mono_small_font()) + 8.0;
    let every = (room.max(26.0) / column).ceil().max(1.0) as usize;
    let every = if every == 1 {
        1
    } else {
        every.next_multiple_of(5)
    };
    for s in 0..=micro.steps {
        let x = grid.left() + (s as f32 + 0.5) * column - 1.0;
        let here = s == t;
        let near = s.abs_diff(t) < every && every > 1;
        if here || (s % every == 0 && !near) {
            let (font, ink) = if here {
                (text::mono_strong_font(), c.t1)
            } else {
                (text::mono_small_font(), c.t3)
            };
            let words = if s == 0 && !here && column > 22.0 {
                "t = 0".to_owned()
            } else {
                s.to_string()
            };
            paint::write(painter, pos2(x, y), Align::Center, &words, font, ink);
        }
    }
    if let Some(side) = frame.side {
        let high = format::number(10f64.powf(high));
        return side_legend(ui, side, &format::number(10f64.powf(low)), &high, area);
    }
    let line = area.bottom() - 9.0;
    let y = paint::baseline(painter, line, text::size::CAPTION);
    let words = if micro.subject.rule.is_reference() {
        "size of δ"
    } else {
        "size of ε"
    };
    paint::write(
        painter,
        pos2(area.left(), y),
        Align::LEFT,
        words,
        text::caption_font(),
        c.t2,
    );
    let bar = Rect::from_min_size(pos2(area.left() + 54.0, line - 7.0), vec2(96.0, 6.0));
    let ends = [
        format::number(10f64.powf(low)),
        if low < -2.0 {
            String::new()
        } else {
            "log".to_owned()
        },
        format::number(10f64.powf(high)),
    ];
    legend::bar_with_ends(
        painter,
        bar,
        |p| c.cividis(p),
        [&ends[0], &ends[1], &ends[2]],
        c,
    );
    let mut x = area.right();
    let mut note = |words: &str, sign: Sign| {
        let room = x - bar.right() - 30.0;
        if paint::width(painter, words, text::caption_font()) > room {
            return;
        }
        let at = paint::write(
            painter,
            pos2(x, y),
            Align::RIGHT,
            words,
            text::caption_font(),
            c.t3,
        );
        match sign {
            Sign::None => {}
            Sign::Capture => {
                paint::capture_mark(painter, pos2(at.left() - 9.0, line), 7.0, c.t1, true);
            }
            Sign::Front => {
                // One stair, as in the picture above.
                let (left, right) = (at.left() - 20.0, at.left() - 5.0);
                let middle = (left + right) / 2.0;
                let stair = [
                    pos2(left, line - 4.0),
                    pos2(middle, line - 4.0),
                    pos2(middle, line + 4.0),
                    pos2(right, line + 4.0),
                ];
                painter.line(stair.to_vec(), egui::Stroke::new(1.5, c.t1));
            }
        }
        x = at.left() - 26.0;
    };
    match (
        micro.subject.rule.course(),
        micro.schedule.is_some_and(|s| s.front_time(0).is_none()),
    ) {
        (_, true) => note("random start: no front", Sign::None),
        (Course::Relaxing, _) => {
            // With γ past its limit it does not.
            let all = |t: usize| micro.states[t].size.iter().sum::<f64>();
            let (now, before) = (all(t), all(t.saturating_sub(1)));
            let grows = now > before || now.is_nan() || before.is_nan();
            let hidden = t > micro.plan.depth();
            note(
                match (hidden, grows) {
                    (true, true) => "errors grow here",
                    (true, false) => "after the front the strip relaxes",
                    (false, _) => "the front is on its way",
                },
                Sign::None,
            )
        }
        (Course::Reverse, _) => note("reverse pass, a level a step", Sign::None),
        (Course::Front | Course::FrontThenRelaxing, _) => {
            note("front", Sign::Front);
            note("captured", Sign::Capture);
            let dim = (1..micro.plan.graph.vertices.len()).any(|v| is_unread(micro, v, t));
            if dim {
                note("dim: read by nothing", Sign::None);
            }
        }
    }
}

/// The legend of one column of a pair: the runs share one, and their difference has both signs of it.
fn side_legend(ui: &Ui, side: Side<'_>, low: &str, high: &str, area: Rect) {
    let c = Theme::get(ui);
    let line = area.bottom() - 9.0;
    let wide = (area.width() - 14.0).clamp(20.0, 96.0);
    let bar = Rect::from_min_size(pos2(area.left() + 2.0, line - 7.0), vec2(wide, 6.0));
    if side.difference {
        let ends = [&*format!("−{high}"), "", &*format!("+{high}")];
        let color = |p| c.diverging_error(legend::diverging(p), 1.0);
        legend::bar_with_ends(ui.painter(), bar, color, ends, c);
    } else if side.first {
        legend::bar_with_ends(ui.painter(), bar, |p| c.cividis(p), [low, "log", high], c);
    }
}

/// What stands before a word of the legend.
enum Sign {
    None,
    Capture,
    Front,
}

/// Click and drag move the cursor; hovering says what a cell holds.
fn seek(ui: &mut Ui, frame: &mut Frame<'_>, strip: &Strip<'_>) {
    let &Strip {
        vertices,
        grid,
        column,
        row,
    } = strip;
    let (micro, t) = (frame.micro, frame.t());
    let rect = Rect::from_min_size(
        grid.min,
        vec2(column * (micro.steps + 1) as f32, strip.height()),
    );
    let response = ui.interact(rect, ui.scope_id().with("wave"), Sense::click_and_drag());
    focus::takes_keys(&response, focus::Keys::Nothing);
    let sizes: Vec<String> = vertices
        .iter()
        .map(|&v| {
            format!(
                "{} {}",
                steps::short_name(micro, v),
                format::number(micro.states[t].size[v])
            )
        })
        .collect();
    response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!(
                "{}Error wave, size of {} at t = {t}: {}",
                frame.of_side(),
                error_name(micro),
                sizes.join(", ")
            ),
        )
    });
    let at = |p: egui::Pos2| {
        let s = (((p.x - rect.left()) / column).max(0.0) as usize).min(micro.steps);
        let r = (((p.y - rect.top()) / row).max(0.0) as usize).min(vertices.len() - 1);
        (s, vertices[r])
    };
    if let Some(p) = response.interact_pointer_pos()
        && (response.clicked() || response.dragged())
    {
        let (s, v) = at(p);
        frame.actions.push(Action::Seek(s));
        if response.clicked() && frame.view.selection.vertex != v {
            let selection = Selection::largest(micro, v);
            frame.actions.push(Action::Select(selection));
        }
    }
    if let Some((s, v)) = response.hover_pos().map(at) {
        let vertex = &micro.plan.graph.vertices[v];
        let digits = |size: f64| format::exact(size, micro.dtype());
        let bp = micro.subject.rule.is_reference();
        let here = micro.states.get(s);
        let size = here.map_or_else(|| "not computed yet".into(), |r| digits(r.size[v]));
        let mut rows = vec![(if bp { "|δ| so far" } else { "|ε| here" }, size)];
        let front = micro.schedule.is_some_and(|s| s.front_time(0).is_some());
        if front && let Some(record) = micro.states.get(arrival(micro, v)) {
            rows.push(("|ε| at its front", digits(record.size[v])));
        }
        rows.push(("|δ| of backprop", digits(micro.delta_size(v))));
        // Of a difference, what it is the difference of.
        let of = frame.side.filter(|side| side.difference);
        let of = of.and(frame.beside).and_then(Result::ok);
        let [a, b] = of.map_or([' '; 2], |of| of.runs).map(|run| run.to_string());
        let side = |i: usize| Some(digits(of?.sides[i].states.get(s)?.size[v]));
        rows.extend(side(0).map(|size| (a.as_str(), size)));
        rows.extend(side(1).map(|size| (b.as_str(), size)));
        response.on_hover_ui_at_pointer(|ui| {
            card::card(
                ui,
                &format!(
                    "{}{}, level {}, t = {s}",
                    frame.of_side(),
                    steps::row_name(frame, v),
                    vertex.level
                ),
                &rows,
            );
            if here.is_some() && is_unread(micro, v, s) {
                ui.add_space(4.0);
                ui.set_max_width(320.0);
                let c = Theme::get(ui);
                ui.add(egui::Label::new(text::body(WHY_UNREAD).color(c.t1)).wrap());
            }
        });
    }
}
