//! A few examples of data, as pictures or rows, and what their classes and numbers are like.

use super::{OpenData, counted};
use crate::app::format;
use crate::app::kit::{bars, paint, section};
use crate::app::text;
use crate::app::theme::{NO_TINT, Theme, metrics};
use crate::data::Preview;
use egui::{
    Align, Color32, ColorImage, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo,
    pos2, vec2,
};

/// Pictures or rows of a few examples, the classes with their counts, and what the numbers are like.
pub(super) fn examples(ui: &mut Ui, state: &mut OpenData, p: &Preview) {
    let c = Theme::get(ui);
    if p.thumbnails.is_empty() {
        rows(ui, p);
    } else {
        let texture = state.pictures.get_or_insert_with(|| {
            ui.ctx()
                .load_texture("preview", atlas(p), TextureOptions::NEAREST)
        });
        pictures(ui, p, texture);
    }
    ui.add_space(8.0);
    if let Some(labels) = &p.labels {
        section::heading(ui, "Classes");
        ui.add_space(3.0);
        let most = labels.counts.iter().copied().max().unwrap_or(1).max(1);
        let shown = labels.names.len().min(12);
        for (name, &count) in labels.names.iter().zip(&labels.counts).take(shown) {
            let (rect, response) = ui.allocate_exact_size(
                vec2(ui.available_width(), metrics::ROW_LIST),
                Sense::hover(),
            );
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Label, true, format!("class {name}: {count}"))
            });
            let painter = ui.painter();
            let y = paint::baseline(painter, rect.center().y, text::size::BODY);
            paint::write_within(
                painter,
                pos2(rect.left(), y),
                110.0,
                name,
                text::body_font(),
                c.t2,
            );
            let bar = Rect::from_min_max(
                pos2(rect.left() + 120.0, rect.top()),
                pos2(rect.right() - 62.0, rect.bottom()),
            );
            bars::share(painter, bar, count as f64 / most as f64, c);
            let words = format::count(count as u64);
            paint::write(
                painter,
                pos2(rect.right(), y),
                Align::RIGHT,
                &words,
                text::mono_font(),
                c.t1,
            );
        }
        if shown < labels.names.len() {
            let more = format!("and {} more", labels.names.len() - shown);
            ui.label(text::caption(more).color(c.t3));
        }
        ui.add_space(6.0);
    }
    if let Some(values) = &p.values {
        let words = format!(
            "{} to {}",
            format::number(values.minimum),
            format::number(values.maximum)
        );
        section::value_row(ui, "values to approximate", &words, metrics::ROW_SETTING);
    }
    if p.letters.is_empty() {
        let words = format!(
            "{} to {}, mean {}",
            format::number(p.minimum),
            format::number(p.maximum),
            format::number(p.mean)
        );
        section::value_row(ui, "stored numbers", &words, metrics::ROW_SETTING);
    } else {
        section::value_row(
            ui,
            "letters",
            &counted(p.letters.chars().count(), "letter"),
            metrics::ROW_SETTING,
        );
    }
}

/// Size of a cell of the atlas, in pixels.
const CELL: usize = 64;

/// All thumbnails below each other, each in the upper left of its cell.
fn atlas(p: &Preview) -> ColorImage {
    let mut image = ColorImage::filled(
        [CELL, CELL * p.thumbnails.len().max(1)],
        Color32::TRANSPARENT,
    );
    for (k, thumb) in p.thumbnails.iter().enumerate() {
        for (i, rgb) in thumb.rgb.chunks_exact(3).enumerate() {
            let (y, x) = (i / thumb.width, i % thumb.width);
            image.pixels[(k * CELL + y) * CELL + x] = Color32::from_rgb(rgb[0], rgb[1], rgb[2]);
        }
    }
    image
}

fn pictures(ui: &mut Ui, p: &Preview, texture: &TextureHandle) {
    let c = Theme::get(ui);
    let cell = vec2(56.0, 68.0);
    let columns = (ui.available_width() / cell.x).floor().max(1.0) as usize;
    let shown = p.thumbnails.len().min(3 * columns);
    let size = vec2(
        ui.available_width(),
        cell.y * shown.div_ceil(columns) as f32,
    );
    let (area, response) = ui.allocate_exact_size(size, Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{shown} of the pictures")));
    let painter = ui.painter();
    for (k, thumb) in p.thumbnails.iter().take(shown).enumerate() {
        let corner = area.min + vec2((k % columns) as f32 * cell.x, (k / columns) as f32 * cell.y);
        let side = thumb.width.max(thumb.height).max(1) as f32;
        let scale = 48.0 / side;
        let rect = Rect::from_min_size(
            corner,
            vec2(thumb.width as f32, thumb.height as f32) * scale,
        );
        let all = p.thumbnails.len() as f32;
        let uv = Rect::from_min_size(
            pos2(0.0, k as f32 / all),
            vec2(
                thumb.width as f32 / CELL as f32,
                thumb.height as f32 / CELL as f32 / all,
            ),
        );
        painter.image(texture.id(), paint::snap_rect(painter, rect), uv, NO_TINT);
        let y = paint::baseline(painter, corner.y + 57.0, text::size::CAPTION);
        paint::write_within(
            painter,
            pos2(corner.x, y),
            52.0,
            &thumb.label,
            text::caption_font(),
            c.t3,
        );
    }
}

fn rows(ui: &mut Ui, p: &Preview) {
    let c = Theme::get(ui);
    let width = ui.available_width();
    // Few columns get room for their names.
    let wide = p.rows.iter().map(|r| r.values.len()).max().unwrap_or(1);
    let column = ((width - 100.0) / wide.max(1) as f32).clamp(62.0, 90.0);
    let most = (((width - 100.0) / column).floor().max(1.0)) as usize;
    let write_row = |ui: &mut Ui, cells: &[String], label: &str, head: bool| {
        let (rect, _) = ui.allocate_exact_size(vec2(width, metrics::ROW_LIST), Sense::hover());
        let painter = ui.painter();
        let font = if head {
            text::caption_font()
        } else {
            text::mono_small_font()
        };
        let ink = if head { c.t3 } else { c.t1 };
        let y = paint::baseline(painter, rect.center().y, font.size);
        for (i, words) in cells.iter().take(most).enumerate() {
            // Numbers end below each other, and names above them where they fit.
            let room = column - 8.0;
            let wide = paint::width(painter, words, font.clone()).min(room);
            let at = pos2(rect.left() + i as f32 * column + room - wide, y);
            paint::write_within(painter, at, room, words, font.clone(), ink);
        }
        let at = pos2(rect.right() - 90.0, y);
        let font = if head {
            text::caption_font()
        } else {
            text::body_font()
        };
        paint::write_within(
            painter,
            at,
            90.0,
            label,
            font,
            if head { c.t3 } else { c.t2 },
        );
    };
    let target = p.target.clone().unwrap_or_else(|| "class".into());
    if p.rows.iter().all(|r| r.text.is_empty()) {
        if !p.columns.is_empty() {
            write_row(ui, &p.columns, &target, true);
        }
        for row in &p.rows {
            let cells: Vec<String> = match row.cells.is_empty() {
                true => row.values.iter().map(|v| format::number(*v)).collect(),
                false => row.cells.clone(),
            };
            write_row(ui, &cells, &row.label, false);
        }
    } else {
        for row in &p.rows {
            section::value_row(ui, &row.text, &row.label, metrics::ROW_LIST);
        }
    }
    let wide = p
        .rows
        .iter()
        .map(|r| r.values.len() + r.more)
        .max()
        .unwrap_or(0);
    if wide > most && p.letters.is_empty() {
        let words = format!("{most} of {} numbers of each", format::count(wide as u64));
        ui.label(text::caption(words).color(c.t3));
    }
}
