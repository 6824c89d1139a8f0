//! The numbers of a view as a table, its twin: a row for each mark, made as it comes into sight; to be read, selected, copied, saved.

use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::focus::{self, Keys};
use crate::app::kit::{paint, panel};
use crate::app::state::{Action, Notice};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use egui::{Align, Event, Id, Key, Modifiers, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// The height of a row, in points. A whole number, and not more: that of the last of a million rows is one as well, to the point.
const ROW: f32 = 16.0;

/// The most rows that are copied at once: text is made while one waits.
const MOST_COPIED: usize = 50_000;

/// Rows whose numbers say how wide columns are.
const MEASURED: usize = 64;

/// One entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A name.
    Words(String),
    /// How many, or which.
    Whole(u64),
    /// A number, with all the digits it has…
    Number(f64),
    /// … and one of single precision, with those that it has.
    Single(f32),
    /// There is none.
    Nothing,
}

impl Value {
    /// A number, if there is one.
    pub fn maybe(value: Option<f64>) -> Self {
        value.map_or(Self::Nothing, Self::Number)
    }

    /// As it is read, copied and saved: the shortest digits that are this number again.
    pub fn text(&self) -> String {
        match self {
            Self::Words(words) => words.clone(),
            Self::Whole(n) => n.to_string(),
            Self::Number(v) => digits(*v, format!("{v}"), format!("{v:e}")),
            Self::Single(v) => digits(f64::from(*v), format!("{v}"), format!("{v:e}")),
            Self::Nothing => String::new(),
        }
    }
}

/// The digits of a number: very small and very large ones with their power of ten.
fn digits(v: f64, plain: String, scientific: String) -> String {
    match v {
        _ if v.is_nan() => "nan".to_owned(),
        f64::INFINITY => "inf".to_owned(),
        f64::NEG_INFINITY => "-inf".to_owned(),
        _ if v != 0.0 && !(1e-5..1e15).contains(&v.abs()) => scientific,
        _ => plain,
    }
}

/// A view's numbers: columns, and rows that are made when they are asked for.
pub struct Twin<'a> {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// How many rows there are.
    pub rows: usize,
    /// A row, with a value for each column.
    pub row: Box<dyn Fn(usize) -> Vec<Value> + 'a>,
}

impl<'a> Twin<'a> {
    /// A table with these columns.
    pub fn new(columns: &[&str], rows: usize, row: impl Fn(usize) -> Vec<Value> + 'a) -> Self {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Self::named(columns, rows, row)
    }

    /// As [`Twin::new`], of columns whose names are made.
    pub fn named(
        columns: Vec<String>,
        rows: usize,
        row: impl Fn(usize) -> Vec<Value> + 'a,
    ) -> Self {
        Self {
            columns,
            rows,
            row: Box::new(row),
        }
    }

    /// Rows that are all there.
    pub fn of_rows(columns: &[&str], rows: Vec<Vec<Value>>) -> Self {
        Self::new(columns, rows.len(), move |i| rows[i].clone())
    }

    /// Some rows as text between tabs, the names first, as spreadsheets take it.
    pub fn tabs(&self, rows: RangeInclusive<usize>) -> String {
        let mut text = self.columns.join("\t");
        for i in rows {
            text.push('\n');
            let row: Vec<String> = (self.row)(i).iter().map(Value::text).collect();
            text.push_str(&row.join("\t"));
        }
        text
    }

    /// All rows as CSV below a line that begins with #; `proceed` is asked now and then.
    pub fn csv(&self, head: &str, proceed: &dyn Fn() -> bool) -> Option<String> {
        let quoted = |words: &str| match words.contains([',', '"', '\n', '\r']) {
            true => format!("\"{}\"", words.replace('"', "\"\"")),
            false => words.to_owned(),
        };
        let names: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let mut text = format!("# {head}\n{}\n", names.join(","));
        for i in 0..self.rows {
            if i % 4096 == 0 && !proceed() {
                return None;
            }
            for (column, value) in (self.row)(i).iter().enumerate() {
                let comma = if column > 0 { "," } else { "" };
                let _ = write!(text, "{comma}{}", quoted(&value.text()));
            }
            text.push('\n');
        }
        Some(text)
    }
}

/// The rows that are selected: where the selection began, and where it ends.
#[derive(Clone, Copy, Default)]
struct Selected {
    began: usize,
    ends: usize,
    any: bool,
}

impl Selected {
    fn range(self, rows: usize) -> Option<RangeInclusive<usize>> {
        let (from, to) = (self.began.min(self.ends), self.began.max(self.ends));
        (self.any && from < rows).then(|| from..=to.min(rows - 1))
    }
}

/// Draws the numbers of the view of this id and title in its place; `foot` points below are covered.
pub fn show(
    ui: &mut Ui,
    view: (&'static str, &'static str),
    twin: Option<Twin<'_>>,
    foot: f32,
) -> Vec<Action> {
    let mut actions = Vec::new();
    match twin {
        None => _ = panel::empty(ui, "There are no numbers yet."),
        Some(twin) => {
            let mut area = ui.available_rect_before_wrap();
            area.max.y -= foot;
            let mut above = ui.new_child(egui::UiBuilder::new().max_rect(area));
            table(&mut above, view, &twin, &mut actions);
        }
    }
    actions
}

fn table(
    ui: &mut Ui,
    view: (&'static str, &'static str),
    twin: &Twin<'_>,
    actions: &mut Vec<Action>,
) {
    let c = Theme::get(ui);
    let id = Id::unique(("numbers", view.0));
    let mut selected: Selected = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    panel::inset(8, 6).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
        ui.horizontal(|ui| {
            let chosen = selected.range(twin.rows);
            let words = match &chosen {
                Some(range) => format!(
                    "{} of {} rows",
                    format::count(range.clone().count() as u64),
                    format::count(twin.rows as u64)
                ),
                None => format!("{} rows", format::count(twin.rows as u64)),
            };
            let copy = Button::new("Copy").show(ui);
            if copy.clicked() {
                copied(ui, view.1, twin, chosen, actions);
            }
            if Button::new("Save as CSV…").show(ui).clicked() {
                actions.push(Action::SaveNumbers(view.0));
            }
            ui.label(text::caption(words).color(c.t2));
        });
        ui.add_space(4.0);
        let widths = widths(ui, twin);
        let wide: f32 = widths.iter().sum();
        let (head, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        let area = ui.available_rect_before_wrap();
        let sense = match twin.rows {
            0 => Sense::hover(),
            _ => Sense::click(),
        };
        let whole = ui.interact(area, id.with("rows"), sense);
        focus::takes_keys(&whole, Keys::Table);
        whole.widget_info(|| {
            let words = format!("Numbers of {}, {} rows", view.1, twin.rows);
            WidgetInfo::labeled(Role::Table, ui.is_enabled(), words)
        });
        let page = ((area.height() / ROW) as usize).max(2) - 1;
        let moved = whole.has_focus() && keys(ui, &mut selected, twin.rows, page);
        if whole.has_focus() && copies(ui) {
            copied(ui, view.1, twin, selected.range(twin.rows), actions);
        }
        let mut scroll = ScrollArea::both().id_salt(id).auto_shrink(false);
        let last = Id::unique(("numbers shown", view.0));
        if moved {
            // What the keys went to comes into sight.
            let top: f32 = ui.data(|d| d.get_temp(last)).unwrap_or_default();
            let at = selected.ends as f32 * ROW;
            if at < top {
                scroll = scroll.vertical_scroll_offset(at);
            } else if at + ROW > top + area.height() {
                scroll = scroll.vertical_scroll_offset(at + 2.0 * ROW - area.height());
            }
        }
        let clicked = whole.interact_pointer_pos().filter(|_| whole.clicked());
        if clicked.is_some() {
            whole.request_focus();
        }
        let out = scroll.show_rows(ui, ROW, twin.rows, |ui, range| {
            ui.set_min_width(wide);
            for i in range {
                let (rect, response) = ui
                    .allocate_exact_size(vec2(wide.max(ui.available_width()), ROW), Sense::hover());
                let row = (twin.row)(i);
                let own = selected
                    .range(twin.rows)
                    .is_some_and(|range| range.contains(&i));
                response.widget_info(|| {
                    let named = twin.columns.iter().zip(&row);
                    let words: Vec<String> = named
                        .map(|(name, value)| format!("{name} {}", value.text()))
                        .collect();
                    WidgetInfo::selected(
                        Role::ListBoxOption,
                        ui.is_enabled(),
                        own,
                        words.join(", "),
                    )
                });
                // The table answers the pointer, so that it keeps the focus.
                if clicked.is_some_and(|at| rect.contains(at)) {
                    let on = ui.input(|input| input.modifiers.shift) && selected.any;
                    let began = if on { selected.began } else { i };
                    selected = Selected {
                        began,
                        ends: i,
                        any: true,
                    };
                }
                let painter = ui.painter();
                if own || response.hovered() {
                    painter.rect_filled(rect, 0.0, if own { c.bg2 } else { c.bg3 });
                }
                let y = paint::baseline(painter, rect.center().y, text::size::CAPTION);
                let mut x = rect.left();
                for (value, width) in row.iter().zip(&widths) {
                    written(
                        painter,
                        value,
                        (x, y, *width),
                        if own { c.t1 } else { c.t2 },
                    );
                    x += width;
                }
            }
        });
        ui.data_mut(|d| d.insert_temp(last, out.state.clamped_offset().y));
        let painter = ui.painter().with_clip_rect(head.intersect(ui.clip_rect()));
        let y = paint::baseline(&painter, head.center().y, text::size::CAPTION);
        let mut x = head.left() - out.state.clamped_offset().x;
        // A name stands as what is below it does.
        let first = match twin.rows {
            0 => Vec::new(),
            _ => (twin.row)(0),
        };
        for (i, (name, width)) in twin.columns.iter().zip(&widths).enumerate() {
            let left = matches!(first.get(i), Some(Value::Words(_)));
            let (at, align) = place(left, x, *width);
            paint::write(
                &painter,
                pos2(at, y),
                align,
                name,
                text::caption_font(),
                c.t3,
            );
            x += width;
        }
        paint::hline(ui.painter(), head.x_range(), head.bottom(), c.line);
        paint::focus_ring(ui, &whole, area);
    });
    ui.data_mut(|d| d.insert_temp(id, selected));
}

/// Where a value is written within its column: names by their left edge, numbers by their right one.
fn place(left: bool, x: f32, width: f32) -> (f32, Align) {
    match left {
        true => (x + 2.0, Align::LEFT),
        false => (x + width - metrics::GAP, Align::RIGHT),
    }
}

fn written(
    painter: &egui::Painter,
    value: &Value,
    (x, y, width): (f32, f32, f32),
    ink: egui::Color32,
) {
    let words = value.text();
    let left = matches!(value, Value::Words(_));
    let font = match left {
        true => text::caption_font(),
        false => text::mono_small_font(),
    };
    let (at, align) = place(left, x, width);
    paint::write(painter, pos2(at, y), align, &words, font, ink);
}

/// How wide each column is: as its name and as the widest of some of its values, those at both ends among them.
fn widths(ui: &Ui, twin: &Twin<'_>) -> Vec<f32> {
    let painter = ui.painter();
    let mut widths: Vec<f32> = twin
        .columns
        .iter()
        .map(|name| paint::width(painter, name, text::caption_font()))
        .collect();
    let spread = (twin.rows / MEASURED).max(1);
    let some = (0..twin.rows)
        .step_by(spread)
        .chain(twin.rows.checked_sub(1));
    for i in some {
        for (width, value) in widths.iter_mut().zip((twin.row)(i)) {
            let font = match value {
                Value::Words(_) => text::caption_font(),
                // The longest that a number can be.
                _ => text::mono_small_font(),
            };
            *width = width.max(paint::width(painter, &value.text(), font));
        }
    }
    widths
        .iter()
        .map(|width| (width + 2.0 * metrics::GAP).ceil())
        .collect()
}

/// Moves the selection by keys; true if it moved.
fn keys(ui: &Ui, selected: &mut Selected, rows: usize, page: usize) -> bool {
    let Some(last) = rows.checked_sub(1) else {
        return false;
    };
    let pressed: Vec<(Key, Modifiers)> = ui.input(|input| {
        let keys = input.events.iter().filter_map(|event| match event {
            Event::Key {
                key,
                modifiers,
                pressed: true,
                ..
            } => Some((*key, *modifiers)),
            _ => None,
        });
        keys.collect()
    });
    let mut moved = false;
    for (key, modifiers) in pressed {
        let here = selected.ends.min(last);
        let to = match key {
            Key::A if modifiers.command => {
                *selected = Selected {
                    began: 0,
                    ends: last,
                    any: true,
                };
                continue;
            }
            Key::ArrowDown if !selected.any => 0,
            Key::ArrowDown => (here + 1).min(last),
            Key::ArrowUp => here.saturating_sub(1),
            Key::PageDown => (here + page).min(last),
            Key::PageUp => here.saturating_sub(page),
            Key::Home => 0,
            Key::End => last,
            _ => continue,
        };
        let on = modifiers.shift && selected.any;
        let began = if on { selected.began } else { to };
        *selected = Selected {
            began,
            ends: to,
            any: true,
        };
        moved = true;
    }
    moved
}

/// True if what is selected is to be copied.
fn copies(ui: &Ui) -> bool {
    ui.input(|input| {
        input
            .events
            .iter()
            .any(|event| matches!(event, Event::Copy))
    })
}

fn copied(
    ui: &Ui,
    title: &str,
    twin: &Twin<'_>,
    chosen: Option<RangeInclusive<usize>>,
    actions: &mut Vec<Action>,
) {
    let Some(range) = chosen.or_else(|| Some(0..=twin.rows.checked_sub(1)?)) else {
        return;
    };
    let say = |subject: String, rest: &str| {
        Action::Say(Notice {
            subject,
            rest: rest.to_owned(),
        })
    };
    let n = range.clone().count();
    if n > MOST_COPIED {
        actions.push(say(
            format!("{} rows are not copied.", format::count(n as u64)),
            "At most 50,000 are copied at once; select fewer, or save all of them as CSV.",
        ));
        return;
    }
    ui.ctx().copy_text(twin.tabs(range));
    actions.push(say(
        format!("{} rows of {} are copied.", format::count(n as u64), title),
        "Their values stand between tabs, below the names of the columns.",
    ));
}
