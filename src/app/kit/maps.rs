//! Many small maps of values in one texture, drawn without smoothing at whole physical pixels.

use egui::{
    Color32, ColorImage, Context, Painter, Rect, Shape, Stroke, StrokeKind, TextureHandle,
    TextureOptions, Ui, Vec2, pos2, vec2,
};

use super::{cells, paint};
use crate::app::theme::{NO_TINT, Theme, Tokens, metrics};

/// One texture that holds `count` maps of the same size.
pub struct MapAtlas {
    name: String,
    texture: Option<TextureHandle>,
    /// Width and height of one map.
    map: [usize; 2],
    /// Maps per row of the texture.
    across: usize,
    notes: Vec<Notes>,
}

/// Maps of one size: how many there are, what they hold, and how it is coloured.
pub struct Maps<V, C> {
    /// Width and height of one map in values.
    pub size: [usize; 2],
    /// How many there are.
    pub count: usize,
    /// The largest size the colours show.
    pub range: f64,
    /// The value at a map, a row and a column.
    pub value: V,
    /// The colour of a finite value.
    pub color: C,
}

/// What a map says beside its colours.
#[derive(Clone, Debug, Default)]
struct Notes {
    /// Some value lies outside the range.
    clipped: bool,
    /// The values that are not finite numbers, as column and row.
    not_finite: Vec<[u16; 2]>,
}

/// More hatched values than this in one map are hatched as a whole.
const HATCHED: usize = 256;

impl MapAtlas {
    /// An empty atlas; `name` is for debugging.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            texture: None,
            map: [0, 0],
            across: 1,
            notes: Vec::new(),
        }
    }

    /// How many maps there are.
    pub fn count(&self) -> usize {
        self.notes.len()
    }

    /// Width and height of one map in values.
    pub fn map_size(&self) -> [usize; 2] {
        self.map
    }

    /// Has map `i` a value outside the range?
    pub fn clipped(&self, i: usize) -> bool {
        self.notes.get(i).is_some_and(|n| n.clipped)
    }

    /// Has map `i` a value that is not a finite number?
    pub fn not_finite(&self, i: usize) -> bool {
        self.notes.get(i).is_some_and(|n| !n.not_finite.is_empty())
    }

    /// Sets all maps.
    pub fn set<V, C>(&mut self, ui: &Ui, maps: Maps<V, C>)
    where
        V: FnMut(usize, usize, usize) -> f64,
        C: Fn(f64) -> Color32,
    {
        let image = self.fill(maps, Theme::get(ui));
        self.upload(ui.ctx(), image);
    }

    /// Sets one map whose pixels have their colours already, read as `pixel(row, column)`; `None` is no finite number.
    pub fn set_picture(
        &mut self,
        ui: &Ui,
        map: [usize; 2],
        mut pixel: impl FnMut(usize, usize) -> Option<Color32>,
    ) {
        let c = Theme::get(ui);
        let [w, h] = map;
        let mut image = ColorImage::filled([w.max(1), h.max(1)], Color32::TRANSPARENT);
        let mut notes = Notes::default();
        for (i, place) in image.pixels.iter_mut().enumerate().take(w * h) {
            *place = pixel(i / w, i % w).unwrap_or_else(|| {
                notes.not_finite.push([(i % w) as u16, (i / w) as u16]);
                c.nan
            });
        }
        (self.map, self.across, self.notes) = (map, 1, vec![notes]);
        self.upload(ui.ctx(), image);
    }

    fn upload(&mut self, ctx: &Context, image: ColorImage) {
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::NEAREST),
            None => {
                let texture = ctx.load_texture(&self.name, image, TextureOptions::NEAREST);
                self.texture = Some(texture);
            }
        }
    }

    fn fill<V, C>(&mut self, maps: Maps<V, C>, c: &Tokens) -> ColorImage
    where
        V: FnMut(usize, usize, usize) -> f64,
        C: Fn(f64) -> Color32,
    {
        let Maps {
            size: [w, h],
            count,
            range,
            mut value,
            color,
        } = maps;
        self.map = [w, h];
        // As many columns as make the texture about square, so that no side grows too long.
        let side = ((count * w * h) as f64).sqrt().ceil() as usize;
        self.across = side.div_ceil(w.max(1)).clamp(1, count.max(1));
        let down = count.div_ceil(self.across).max(1);
        let size = [(self.across * w).max(1), (down * h).max(1)];
        let mut image = ColorImage::filled(size, Color32::TRANSPARENT);
        self.notes.clear();
        self.notes.resize(count, Notes::default());
        for (i, notes) in self.notes.iter_mut().enumerate() {
            let (left, top) = ((i % self.across) * w, (i / self.across) * h);
            for row in 0..h {
                let start = (top + row) * size[0] + left;
                for (column, pixel) in image.pixels[start..start + w].iter_mut().enumerate() {
                    let v = value(i, row, column);
                    *pixel = if v.is_finite() {
                        notes.clipped |= v.abs() > range;
                        color(v)
                    } else {
                        notes.not_finite.push([column as u16, row as u16]);
                        c.nan
                    };
                }
            }
        }
        image
    }

    /// The part of the texture that holds map `i`.
    fn uv(&self, i: usize) -> Rect {
        let down = self.notes.len().div_ceil(self.across).max(1);
        let cell = vec2(1.0 / self.across as f32, 1.0 / down as f32);
        let place = vec2((i % self.across) as f32, (i / self.across) as f32);
        Rect::from_min_size((place * cell).to_pos2(), cell)
    }

    /// Draws map `i` into `rect`, whose size should come from [`scale`].
    ///
    /// A map with a clipped value has a tick in its upper right corner; values that are not numbers
    /// are hatched.
    pub fn draw(&self, painter: &Painter, rect: Rect, i: usize, c: &Tokens) {
        let (Some(texture), Some(notes)) = (&self.texture, self.notes.get(i)) else {
            return;
        };
        let rect = paint::snap_rect(painter, rect);
        painter.image(texture.id(), rect, self.uv(i), NO_TINT);
        if notes.clipped {
            corner_tick(painter, rect, c);
        }
        if !notes.not_finite.is_empty() {
            self.hatch(painter, rect, &notes.not_finite, c);
        }
    }

    fn hatch(&self, painter: &Painter, rect: Rect, values: &[[u16; 2]], c: &Tokens) {
        let [w, h] = self.map;
        if values.len() == w * h || values.len() > HATCHED {
            painter.rect_filled(rect, 0, c.bg1);
            cells::not_a_number(painter, rect, c);
            return;
        }
        let pixel = vec2(rect.width() / w as f32, rect.height() / h as f32);
        if pixel.min_elem() >= 3.0 {
            let stroke = Stroke::new(metrics::HAIRLINE, c.bg1);
            for [column, row] in values {
                let corner = rect.min + pixel * vec2(f32::from(*column), f32::from(*row));
                let square = Rect::from_min_size(corner, pixel);
                painter.line_segment([square.left_bottom(), square.right_top()], stroke);
            }
        }
        let stroke = Stroke::new(metrics::HAIRLINE, c.nan);
        painter.rect_stroke(rect, 0, stroke, StrokeKind::Outside);
    }
}

/// A small triangle in the upper right corner: some value lies outside the range.
pub fn corner_tick(painter: &Painter, rect: Rect, c: &Tokens) {
    let side = (0.25 * rect.width().min(rect.height())).clamp(3.0, 6.0);
    let corner = rect.right_top();
    let corners = vec![corner - vec2(side, 0.0), corner, corner + vec2(0.0, side)];
    painter.add(Shape::convex_polygon(corners, c.t1, Stroke::NONE));
}

/// The largest whole number of physical pixels per value, at least 1, with which a map of `map` values
/// fits into `room` points.
pub fn whole_pixels(map: [usize; 2], room: Vec2, pixels_per_point: f32) -> usize {
    let fit = |room: f32, n: usize| {
        // A hair above, so that a room computed as exactly fitting is not lost to rounding.
        ((room * pixels_per_point + 1e-3) / n.max(1) as f32).floor() as usize
    };
    fit(room.x, map[0]).min(fit(room.y, map[1])).max(1)
}

/// The size in points of a map at a whole number of physical pixels per value.
pub fn size_at(map: [usize; 2], pixels: usize, pixels_per_point: f32) -> Vec2 {
    vec2((map[0] * pixels) as f32, (map[1] * pixels) as f32) / pixels_per_point
}

/// The largest crisp size in points with which a map fits into `room`.
pub fn scale(map: [usize; 2], room: Vec2, pixels_per_point: f32) -> Vec2 {
    size_at(
        map,
        whole_pixels(map, room, pixels_per_point),
        pixels_per_point,
    )
}

/// The column and row of a map drawn in `rect` that lie under a point.
pub fn value_under(map: [usize; 2], rect: Rect, point: egui::Pos2) -> Option<[usize; 2]> {
    if !rect.contains(point) {
        return None;
    }
    let share = (point - rect.min) / rect.size();
    let at = pos2(share.x * map[0] as f32, share.y * map[1] as f32);
    let hold = |v: f32, n: usize| (v as usize).min(n.saturating_sub(1));
    Some([hold(at.x, map[0]), hold(at.y, map[1])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::headless;
    use crate::app::theme::Theme;

    #[test]
    fn maps_grow_by_whole_physical_pixels() {
        let room = vec2(60.0, 60.0);
        assert_eq!(whole_pixels([28, 28], room, 1.0), 2);
        assert_eq!(whole_pixels([28, 28], room, 2.0), 4);
        assert_eq!(whole_pixels([28, 28], vec2(45.0, 45.0), 2.0), 3);
        assert_eq!(scale([28, 28], vec2(45.0, 45.0), 2.0), vec2(42.0, 42.0));
        assert_eq!(whole_pixels([28, 28], vec2(5.0, 5.0), 1.0), 1);
        assert_eq!(scale([7, 7], vec2(14.0, 14.0), 1.0), vec2(14.0, 14.0));
    }

    #[test]
    fn the_value_under_the_pointer() {
        let rect = Rect::from_min_size(pos2(10.0, 10.0), vec2(14.0, 14.0));
        assert_eq!(value_under([7, 7], rect, pos2(10.0, 10.0)), Some([0, 0]));
        assert_eq!(value_under([7, 7], rect, pos2(24.0, 17.0)), Some([6, 3]));
        assert_eq!(value_under([7, 7], rect, pos2(9.0, 17.0)), None);
    }

    /// Five maps of 3×2 whose values say where they are.
    fn number(map: usize, row: usize, column: usize) -> f64 {
        (map * 6 + row * 3 + column) as f64
    }

    #[test]
    fn every_map_shows_its_own_values_in_place() {
        let color = |v: f64| Color32::from_rgb(v as u8 * 8, 0, 0);
        let mut atlas = MapAtlas::new("numbers");
        let size = vec2(40.0, 40.0);
        for map in 0..5 {
            let shot = headless::render(size, 1.0, Theme::Dark, 2, |ui| {
                let c = Theme::get(ui);
                let maps = Maps {
                    size: [3, 2],
                    count: 5,
                    range: 100.0,
                    value: number,
                    color,
                };
                atlas.set(ui, maps);
                let painter = ui.ctx().layer_painter(egui::LayerId::debug());
                let rect = Rect::from_min_size(pos2(4.0, 4.0), vec2(12.0, 8.0));
                atlas.draw(&painter, rect, map, c);
            });
            atlas.texture = None;
            for y in 0..8 {
                for x in 0..12 {
                    let want = color(number(map, y / 4, x / 4)).to_array();
                    let got = shot.get_pixel(4 + x as u32, 4 + y as u32).0;
                    assert_eq!(got, want, "map {map} at {x} {y}");
                }
            }
        }
    }

    #[test]
    fn what_is_clipped_or_not_a_number_is_noted_per_map() {
        let c = Theme::Dark.tokens();
        let mut atlas = MapAtlas::new("notes");
        let value = |map: usize, _: usize, column: usize| match (map, column) {
            (1, 0) => 3.0,
            (2, 1) => f64::NAN,
            _ => 0.5,
        };
        let color = |v: f64| c.diverging_error(v, 1.0);
        let maps = Maps {
            size: [2, 1],
            count: 3,
            range: 1.0,
            value,
            color,
        };
        let image = atlas.fill(maps, c);
        let noted = |i| (atlas.clipped(i), atlas.not_finite(i));
        assert_eq!(
            [noted(0), noted(1), noted(2)],
            [(false, false), (true, false), (false, true)]
        );
        assert_eq!(image.pixels.iter().filter(|p| **p == c.nan).count(), 1);
    }
}
