//! The columns of a table, each with what it is for and what it is read as, to be chosen. Only rows in sight are drawn: a table may
//! have tens of thousands.

use super::edits;
use crate::app::format;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::text_field;
use crate::app::kit::{card, paint, section};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::data::{ColumnKind, ColumnLook, Columns, LoadOptions, Spread, Use};
use egui::{Align, Layout, Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// More columns than this can be filtered by name.
const FEW: usize = 8;
/// Rows in sight, in a high window and in a low one.
const ROWS: usize = 10;
const ROWS_LOW: usize = 6;
const GAP: f32 = 8.0;
const WIDE: [f32; 4] = [84.0, 132.0, 92.0, 72.0];

const USES: [Use; 3] = [Use::Learn, Use::Input, Use::Out];
const USES_IN_WORDS: [&str; 3] = ["learn", "input", "leave out"];

/// The list of columns as it is drawn.
#[derive(Default)]
pub(super) struct Listed {
    filter: String,
    /// What `shown` was made of.
    of: Option<(Arc<Columns>, String)>,
    /// The columns in the order in which they stand.
    shown: Vec<usize>,
}

impl Listed {
    /// The columns whose name has what is filtered by: learnt ones first, left out ones last.
    fn order(&mut self, columns: &Arc<Columns>) {
        let same = |(of, filter): &(Arc<Columns>, String)| {
            Arc::ptr_eq(of, columns) && *filter == self.filter
        };
        if self.of.as_ref().is_some_and(same) {
            return;
        }
        let wanted = self.filter.to_lowercase();
        let all = columns.all.iter().enumerate();
        self.shown = all
            .filter(|(_, look)| {
                wanted.is_empty() || look.name.to_lowercase().contains(wanted.as_str())
            })
            .map(|(c, _)| c)
            .collect();
        let rank = |c: &usize| USES.iter().position(|u| *u == columns.all[*c].used);
        self.shown.sort_by_key(rank);
        self.of = Some((Arc::clone(columns), self.filter.clone()));
    }
}

/// Draws the list; `caption` says what is to be known of all of it.
pub(super) fn list(
    ui: &mut Ui,
    columns: &Arc<Columns>,
    caption: &str,
    listed: &mut Listed,
    options: &mut LoadOptions,
) {
    let c = Theme::get(ui);
    let words = super::counted(columns.all.len(), "column");
    section::heading_with(ui, &words, caption);
    ui.add_space(3.0);
    if columns.all.len() > FEW {
        let width = ui.available_width().min(220.0);
        text_field(
            ui,
            &mut listed.filter,
            "Filter columns",
            "filter by name",
            width,
        );
        ui.add_space(4.0);
    } else {
        listed.filter.clear();
    }
    listed.order(columns);
    head(ui);
    if listed.shown.is_empty() {
        let words = format!("No column's name has “{}” in it.", listed.filter);
        ui.label(text::body(words).color(c.t2));
    }
    let low = ui.ctx().content_rect().height() < 700.0;
    let rows = if low { ROWS_LOW } else { ROWS };
    let height = metrics::CONTROL + 2.0;
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical()
        .id_salt("columns")
        .max_height(height * rows as f32)
        .auto_shrink([false, true])
        .show_rows(ui, metrics::CONTROL, listed.shown.len(), |ui, range| {
            for &at in &listed.shown[range] {
                row(ui, columns, at, options);
            }
        });
    if let Some(proposed) = columns.proposed.and_then(|at| columns.all.get(at)) {
        let words = format!("Your choice; proposed was {}.", proposed.name);
        ui.label(text::caption(words).color(c.t3));
    }
}

fn head(ui: &mut Ui) {
    let c = Theme::get(ui);
    let size = vec2(ui.available_width(), metrics::ROW_LIST);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    let mut x = rect.left();
    for (words, wide) in ["use", "column", "kind", "values"].into_iter().zip(WIDE) {
        let (at, font) = (pos2(x, y), text::caption_font());
        paint::write(ui.painter(), at, Align::LEFT, words, font, c.t3);
        x += wide + GAP;
    }
}

fn row(ui: &mut Ui, columns: &Columns, at: usize, options: &mut LoadOptions) {
    let look = &columns.all[at];
    let c = Theme::get(ui);
    ui.push_id(("column", at), |ui| {
        let size = vec2(ui.available_width(), metrics::CONTROL);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            let name = format!("Use of {}", look.name);
            let mut which = USES.iter().position(|u| *u == look.used).unwrap_or(0);
            let response = Dropdown::new(&name, &USES_IN_WORDS)
                .width(WIDE[0])
                .show(ui, &mut which);
            let changed = response.changed();
            card::hover(
                response,
                &format!("{}: {}.", USES_IN_WORDS[which], look.why),
            );
            if changed {
                *options = edits::used(options, columns, at, USES[which]);
            }
            called(ui, look);
            let name = format!("Kind of {}", look.name);
            let kinds = ColumnKind::ALL.map(ColumnKind::words);
            let own = ColumnKind::ALL.iter().position(|k| *k == look.kind);
            let mut which = own.unwrap_or(0);
            let response = Dropdown::new(&name, &kinds)
                .width(WIDE[2])
                .show(ui, &mut which);
            let changed = response.changed();
            card::hover(response, &format!("{}: {}.", kinds[which], look.why_kind));
            if changed {
                *options = edits::read_as(options, columns, at, ColumnKind::ALL[which]);
            }
            spread(ui, look);
            let (rect, response) =
                ui.allocate_exact_size(vec2(ui.available_width(), size.y), Sense::hover());
            let words = described(look);
            let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
            let ink = if look.used == Use::Out { c.t3 } else { c.t2 };
            let (at, font) = (pos2(rect.left(), y), text::body_font());
            paint::write_within(ui.painter(), at, rect.width(), &words, font, ink);
            let all = whole(look);
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &all));
            card::hover(response, &all);
        });
    });
}

fn called(ui: &mut Ui, look: &ColumnLook) {
    let c = Theme::get(ui);
    let size = vec2(WIDE[1], metrics::CONTROL);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let (font, ink) = match look.used {
        Use::Learn => (text::strong_font(), c.t1),
        Use::Input => (text::body_font(), c.t1),
        Use::Out => (text::body_font(), c.t3),
    };
    let y = paint::baseline(ui.painter(), rect.center().y, font.size);
    let at = pos2(rect.left(), y);
    paint::write_within(ui.painter(), at, rect.width(), &look.name, font, ink);
}

/// How numbers are spread, or how large the most frequent words are.
fn spread(ui: &mut Ui, look: &ColumnLook) {
    let c = Theme::get(ui);
    let size = vec2(WIDE[3], metrics::CONTROL);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let rect = paint::snap_rect(ui.painter(), rect.shrink2(vec2(0.0, 5.0)));
    let ink = match look.used {
        Use::Learn => c.t1,
        Use::Input => c.t2,
        Use::Out => c.line2,
    };
    match &look.spread {
        Spread::Nothing => {}
        Spread::Numbers { bars, .. } => {
            let wide = rect.width() / bars.len().max(1) as f32;
            for (i, bar) in bars.iter().enumerate() {
                let height = rect.height() * f32::from(*bar) / 255.0;
                let left = rect.left() + i as f32 * wide;
                let from = pos2(left, rect.bottom() - height);
                let bar = Rect::from_min_max(from, pos2(left + wide - 0.7, rect.bottom()));
                ui.painter().rect_filled(bar, 0, ink);
            }
        }
        Spread::Words { most, .. } => {
            let all: u64 = most.iter().map(|(_, n)| n).sum();
            let mut left = rect.left();
            for (i, (_, n)) in most.iter().enumerate() {
                let wide = rect.width() * (*n as f64 / all.max(1) as f64) as f32;
                let to = pos2(left + (wide - 1.0).max(0.5), rect.bottom() - 2.0);
                let bar = Rect::from_min_max(pos2(left, rect.top() + 2.0), to);
                let ink = ink.gamma_multiply(1.0 - 0.2 * i as f32);
                ui.painter().rect_filled(bar, metrics::RADIUS_CELL, ink);
                left += wide;
            }
        }
    }
}

/// What is in a column, or why it is left out, in a few words.
fn described(look: &ColumnLook) -> String {
    let values = values(look);
    match look.used {
        Use::Out if values.is_empty() => look.why.to_string(),
        Use::Out => format!("{}; {values}", look.why),
        Use::Learn | Use::Input => values,
    }
}

fn values(look: &ColumnLook) -> String {
    let mut words = match &look.spread {
        Spread::Nothing => String::new(),
        Spread::Numbers {
            minimum,
            maximum,
            mean,
            ..
        } if minimum < maximum => format!(
            "{} to {}, mean {}",
            format::number(*minimum),
            format::number(*maximum),
            format::number(*mean)
        ),
        Spread::Numbers { minimum, .. } => format!("always {}", format::number(*minimum)),
        Spread::Words { most, different } => match most.first() {
            Some((_, n)) if *n > 1 && look.kind != ColumnKind::Date => {
                let each = |(word, n): &(String, u64)| format!("{word} {}", format::count(*n));
                let shown: Vec<String> = most.iter().map(each).collect();
                let more = different.is_none_or(|d| d > most.len());
                format!("{}{}", shown.join(", "), if more { ", …" } else { "" })
            }
            _ => {
                let more = different.is_none_or(|d| d > look.quoted.len());
                let end = if more { ", …" } else { "" };
                format!("{}{end}", look.quoted.join(", "))
            }
        },
    };
    if look.missing > 0 {
        let gap = if words.is_empty() { "" } else { "; " };
        words += &format!("{gap}{} missing", format::count(look.missing));
    }
    words
}

/// All that is known of a column, for a card and for assistive technology.
fn whole(look: &ColumnLook) -> String {
    let used = USES.iter().position(|u| *u == look.used).unwrap_or(0);
    let mut words = format!(
        "{}: {} ({}); {} ({})",
        look.name,
        USES_IN_WORDS[used],
        look.why,
        look.kind.words(),
        look.why_kind
    );
    let values = values(look);
    if !values.is_empty() {
        words += &format!(". {values}");
    }
    if !look.quoted.is_empty() && matches!(look.spread, Spread::Numbers { .. }) {
        words += &format!(". First {}", look.quoted.join(", "));
    }
    words + "."
}
