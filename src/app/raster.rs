//! Draws egui's triangles into a picture on the processor, with no window and no graphics card.
//!
//! The rules: positions are snapped to 1/256 of a pixel; a pixel belongs to a triangle when its
//! centre does, by integer edge functions with the top-left rule, so that neighbours neither overlap
//! nor leave gaps; colours are premultiplied and blended in gamma space; a vertex colour is multiplied
//! by the texel, found by nearest or bilinear sampling as the texture asks. The same input gives the
//! same bytes.

use std::collections::HashMap;

use egui::epaint::{ClippedPrimitive, ImageData, Primitive, Vertex};
use egui::{
    Color32, Mesh, Rect, TextureFilter, TextureId, TextureOptions, TextureWrapMode, TexturesDelta,
};

/// Positions are whole multiples of one part in this many of a pixel.
const SUB: i64 = 256;

/// One texture as it was last set.
struct Texture {
    size: [usize; 2],
    pixels: Vec<Color32>,
    options: TextureOptions,
}

/// A rasteriser and the textures it was given.
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, Texture>,
}

impl Raster {
    /// A rasteriser without textures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over all changes of textures, and leaves `delta` empty.
    ///
    /// Textures to be freed are freed at once, so call [`Self::free`] after drawing instead when a
    /// picture still needs them.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        self.set(delta);
        self.free(delta);
    }

    /// Takes over new and changed textures.
    pub fn set(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = &change.image;
                match change.pos {
                    None => {
                        let texture = Texture {
                            size: image.size,
                            pixels: image.pixels.clone(),
                            options: change.options,
                        };
                        self.textures.insert(id, texture);
                    }
                    Some(at) => {
                        if let Some(texture) = self.textures.get_mut(&id) {
                            texture.patch(at, image);
                        }
                    }
                }
            }
        }
    }

    /// Drops the textures that are no longer used.
    pub fn free(&mut self, delta: &mut TexturesDelta) {
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// Draws tessellated shapes over `background` into a picture of `size` physical pixels.
    ///
    /// Callbacks that need a graphics card are left out.
    pub fn draw(
        &self,
        primitives: &[ClippedPrimitive],
        size: [u32; 2],
        pixels_per_point: f32,
        background: Color32,
    ) -> image::RgbaImage {
        let mut canvas = Canvas {
            width: size[0] as usize,
            height: size[1] as usize,
            pixels: vec![background; size[0] as usize * size[1] as usize],
        };
        for ClippedPrimitive {
            clip_rect,
            primitive,
        } in primitives
        {
            let Primitive::Mesh(mesh) = primitive else {
                continue;
            };
            let Some(texture) = self.textures.get(&mesh.texture_id) else {
                continue;
            };
            canvas.mesh(mesh, texture, *clip_rect, pixels_per_point);
        }
        canvas.into_image()
    }
}

impl Texture {
    /// Replaces the part of the texture that starts at `at`; whatever lies outside is ignored.
    fn patch(&mut self, at: [usize; 2], image: &egui::ColorImage) {
        let [w, h] = image.size;
        let copied = w.min(self.size[0].saturating_sub(at[0]));
        for y in 0..h.min(self.size[1].saturating_sub(at[1])) {
            let to = (at[1] + y) * self.size[0] + at[0];
            self.pixels[to..to + copied].copy_from_slice(&image.pixels[y * w..y * w + copied]);
        }
    }

    fn texel(&self, x: i64, y: i64) -> [f32; 4] {
        let x = wrap(x, self.size[0], self.options.wrap_mode);
        let y = wrap(y, self.size[1], self.options.wrap_mode);
        floats(self.pixels[y * self.size[0] + x])
    }

    /// The texel nearest to a point in texels.
    fn nearest(&self, u: f32, v: f32) -> [f32; 4] {
        self.texel(u.floor() as i64, v.floor() as i64)
    }

    /// The four texels around a point in texels, weighted.
    fn bilinear(&self, u: f32, v: f32) -> [f32; 4] {
        let (u, v) = (u - 0.5, v - 0.5);
        let (x, y) = (u.floor(), v.floor());
        let (fx, fy) = (u - x, v - y);
        let (x, y) = (x as i64, y as i64);
        let [a, b] = [self.texel(x, y), self.texel(x + 1, y)];
        let [c, d] = [self.texel(x, y + 1), self.texel(x + 1, y + 1)];
        std::array::from_fn(|i| {
            let top = a[i] + (b[i] - a[i]) * fx;
            let bottom = c[i] + (d[i] - c[i]) * fx;
            top + (bottom - top) * fy
        })
    }
}

fn wrap(i: i64, n: usize, mode: TextureWrapMode) -> usize {
    let n = n as i64;
    let inside = match mode {
        TextureWrapMode::ClampToEdge => i.clamp(0, n - 1),
        TextureWrapMode::Repeat => i.rem_euclid(n),
        TextureWrapMode::MirroredRepeat => {
            let j = i.rem_euclid(2 * n);
            if j < n { j } else { 2 * n - 1 - j }
        }
    };
    inside as usize
}

fn floats(c: Color32) -> [f32; 4] {
    c.to_array().map(f32::from)
}

/// A picture in the making; colours are premultiplied.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
}

/// The pixels a mesh may touch: from `min`, up to and without `max`.
#[derive(Clone, Copy)]
struct Clip {
    min: [i64; 2],
    max: [i64; 2],
}

/// A corner in physical pixels.
#[derive(Clone, Copy)]
struct Corner {
    /// Position in parts of a pixel.
    at: [i64; 2],
    /// Texture coordinates in texels.
    uv: [f32; 2],
    color: Color32,
}

impl Canvas {
    fn mesh(&mut self, mesh: &Mesh, texture: &Texture, clip: Rect, scale: f32) {
        let bound = |v: f32, n: usize| (f64::from(v * scale).round() as i64).clamp(0, n as i64);
        let clip = Clip {
            min: [
                bound(clip.min.x, self.width),
                bound(clip.min.y, self.height),
            ],
            max: [
                bound(clip.max.x, self.width),
                bound(clip.max.y, self.height),
            ],
        };
        if clip.min[0] >= clip.max[0] || clip.min[1] >= clip.max[1] {
            return;
        }
        let size = texture.size.map(|n| n as f32);
        let corner = |v: &Vertex| Corner {
            at: [snap(v.pos.x * scale), snap(v.pos.y * scale)],
            uv: [v.uv.x * size[0], v.uv.y * size[1]],
            color: v.color,
        };
        for triangle in mesh.indices.as_chunks::<3>().0 {
            let corners = triangle.map(|i| mesh.vertices.get(i as usize));
            if let [Some(a), Some(b), Some(c)] = corners {
                self.triangle([corner(a), corner(b), corner(c)], texture, clip);
            }
        }
    }

    fn triangle(&mut self, mut corners: [Corner; 3], texture: &Texture, clip: Clip) {
        if corners.iter().all(|c| c.color == Color32::TRANSPARENT) {
            return;
        }
        let area = cross(corners[0].at, corners[1].at, corners[2].at);
        if area == 0 {
            return;
        }
        if area < 0 {
            corners.swap(1, 2);
        }
        let [a, b, c] = corners;
        let edges = [edge(a.at, b.at), edge(b.at, c.at), edge(c.at, a.at)];
        let lowest = a.at[1].min(b.at[1]).min(c.at[1]);
        let highest = a.at[1].max(b.at[1]).max(c.at[1]);
        let first = ((lowest - SUB / 2).div_euclid(SUB)).max(clip.min[1]);
        let last = ((highest + SUB / 2).div_euclid(SUB) + 1).min(clip.max[1]);
        let paint = Paint::new(&corners, texture);
        for y in first..last {
            let (mut from, mut to) = (clip.min[0], clip.max[0]);
            for e in &edges {
                e.narrow(y, &mut from, &mut to);
            }
            if from < to {
                let row = y as usize * self.width;
                let pixels = &mut self.pixels[row + from as usize..row + to as usize];
                paint.span(pixels, from, y);
            }
        }
    }

    fn into_image(self) -> image::RgbaImage {
        let mut bytes = Vec::with_capacity(self.pixels.len() * 4);
        for pixel in self.pixels {
            bytes.extend_from_slice(&pixel.to_srgba_unmultiplied());
        }
        image::RgbaImage::from_raw(self.width as u32, self.height as u32, bytes).unwrap_or_default()
    }
}

fn snap(v: f32) -> i64 {
    // Far outside any picture the exact place no longer matters, but sums must not overflow.
    (f64::from(v).clamp(-1e6, 1e6) * SUB as f64).round() as i64
}

/// Twice the signed area of a triangle, positive when it runs clockwise on the screen.
fn cross(a: [i64; 2], b: [i64; 2], c: [i64; 2]) -> i64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// One side of a triangle as a function that is at least 0 at the pixel centres inside.
struct Edge {
    per_x: i64,
    per_y: i64,
    at_origin: i64,
}

fn edge(a: [i64; 2], b: [i64; 2]) -> Edge {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    // A centre exactly on the side belongs to the triangle only when the side is at its top or left.
    let top_left = dy < 0 || (dy == 0 && dx > 0);
    let bias = if top_left { 0 } else { -1 };
    let half = SUB / 2;
    Edge {
        per_x: -dy * SUB,
        per_y: dx * SUB,
        at_origin: dx * (half - a[1]) - dy * (half - a[0]) + bias,
    }
}

impl Edge {
    /// Narrows the pixels `from..to` of row `y` to those inside this side.
    fn narrow(&self, y: i64, from: &mut i64, to: &mut i64) {
        let constant = self.at_origin + self.per_y * y;
        match self.per_x {
            0 if constant < 0 => *to = *from,
            0 => {}
            step if step > 0 => {
                let least = (-constant + step - 1).div_euclid(step);
                *from = (*from).max(least);
            }
            step => {
                let most = constant.div_euclid(-step);
                *to = (*to).min(most + 1);
            }
        }
    }
}

/// How a triangle colours its pixels.
enum Paint<'a> {
    /// One colour everywhere.
    Flat(Color32),
    /// A vertex colour that varies, times one texel.
    Shaded { color: [Slope; 4], texel: [f32; 4] },
    /// A vertex colour times a texture.
    Textured {
        color: [Slope; 4],
        uv: [Slope; 2],
        texture: &'a Texture,
        linear: bool,
    },
}

/// A value that varies linearly over the picture, given at pixel centres.
#[derive(Clone, Copy)]
struct Slope {
    at_origin: f64,
    per_x: f64,
    per_y: f64,
}

impl Slope {
    fn new(corners: &[Corner; 3], value: impl Fn(&Corner) -> f32) -> Self {
        let [a, b, c] = corners.each_ref().map(|k| f64::from(value(k)));
        if a == b && b == c {
            return Self {
                at_origin: a,
                per_x: 0.0,
                per_y: 0.0,
            };
        }
        let position = |k: &Corner| k.at.map(|v| v as f64 / SUB as f64 - 0.5);
        let [p, q, r] = corners.each_ref().map(position);
        let (q, r) = ([q[0] - p[0], q[1] - p[1]], [r[0] - p[0], r[1] - p[1]]);
        let area = q[0] * r[1] - q[1] * r[0];
        let per_x = ((b - a) * r[1] - (c - a) * q[1]) / area;
        let per_y = ((c - a) * q[0] - (b - a) * r[0]) / area;
        Self {
            at_origin: a - per_x * p[0] - per_y * p[1],
            per_x,
            per_y,
        }
    }

    fn at(&self, x: i64, y: i64) -> f64 {
        self.at_origin + self.per_x * x as f64 + self.per_y * y as f64
    }
}

impl<'a> Paint<'a> {
    fn new(corners: &[Corner; 3], texture: &'a Texture) -> Self {
        let [a, b, c] = corners;
        let color: [Slope; 4] =
            std::array::from_fn(|i| Slope::new(corners, |k| f32::from(k.color.to_array()[i])));
        let linear = texture.options.magnification == TextureFilter::Linear;
        if a.uv == b.uv && b.uv == c.uv {
            let texel = if linear {
                texture.bilinear(a.uv[0], a.uv[1])
            } else {
                texture.nearest(a.uv[0], a.uv[1])
            };
            if a.color == b.color && b.color == c.color {
                return Self::Flat(product(floats(a.color), texel));
            }
            return Self::Shaded { color, texel };
        }
        let uv = [
            Slope::new(corners, |k| k.uv[0]),
            Slope::new(corners, |k| k.uv[1]),
        ];
        Self::Textured {
            color,
            linear: linear && !hits_texel_centres(&uv),
            uv,
            texture,
        }
    }

    /// Colours the pixels of row `y` that start at column `x`.
    fn span(&self, pixels: &mut [Color32], x: i64, y: i64) {
        match self {
            Self::Flat(color) if color.a() == 255 => pixels.fill(*color),
            Self::Flat(color) => {
                for pixel in pixels {
                    *pixel = over(*color, *pixel);
                }
            }
            Self::Shaded { color, texel } => {
                let (mut at, step) = start(color, x, y);
                for pixel in pixels {
                    *pixel = over(product(at, *texel), *pixel);
                    advance(&mut at, step);
                }
            }
            Self::Textured {
                color,
                uv,
                texture,
                linear,
            } => {
                let (mut at, step) = start(color, x, y);
                let (mut place, uv_step) = start(uv, x, y);
                for pixel in pixels {
                    let [u, v] = place;
                    let texel = if *linear {
                        texture.bilinear(u, v)
                    } else {
                        texture.nearest(u, v)
                    };
                    *pixel = over(product(at, texel), *pixel);
                    advance(&mut at, step);
                    advance(&mut place, uv_step);
                }
            }
        }
    }
}

/// Does every pixel centre fall on the centre of a texel, as with text? Then nearest is bilinear.
fn hits_texel_centres(uv: &[Slope; 2]) -> bool {
    let near = |v: f64, w: f64| (v - w).abs() < 1e-4;
    let centre = |v: f64| near(v - v.floor(), 0.5);
    near(uv[0].per_x, 1.0)
        && near(uv[0].per_y, 0.0)
        && near(uv[1].per_x, 0.0)
        && near(uv[1].per_y, 1.0)
        && centre(uv[0].at_origin)
        && centre(uv[1].at_origin)
}

fn start<const N: usize>(slopes: &[Slope; N], x: i64, y: i64) -> ([f32; N], [f32; N]) {
    (
        slopes.map(|s| s.at(x, y) as f32),
        slopes.map(|s| s.per_x as f32),
    )
}

fn advance<const N: usize>(at: &mut [f32; N], step: [f32; N]) {
    for (v, d) in at.iter_mut().zip(step) {
        *v += d;
    }
}

/// The product of a vertex colour and a texel.
fn product(color: [f32; 4], texel: [f32; 4]) -> Color32 {
    let [r, g, b, a]: [u8; 4] = std::array::from_fn(|i| {
        // `as` saturates: nothing outside 0 to 255 gets through.
        (color[i].clamp(0.0, 255.0) * texel[i] / 255.0 + 0.5) as u8
    });
    Color32::from_rgba_premultiplied(r, g, b, a)
}

/// `top` blended over `below`.
fn over(top: Color32, below: Color32) -> Color32 {
    let keep = u32::from(255 - top.a());
    if keep == 0 {
        return top;
    }
    let (t, b) = (top.to_array(), below.to_array());
    let [r, g, b, a]: [u8; 4] = std::array::from_fn(|i| {
        // Rounded division by 255.
        let product = u32::from(b[i]) * keep + 128;
        let kept = (product + (product >> 8)) >> 8;
        (u32::from(t[i]) + kept).min(255) as u8
    });
    Color32::from_rgba_premultiplied(r, g, b, a)
}

#[cfg(test)]
impl egui_kittest::TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.apply(delta);
    }

    fn render(
        &mut self,
        ctx: &egui::Context,
        output: &egui::FullOutput,
    ) -> Result<image::RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let primitives = ctx.tessellate(output.shapes.clone(), scale);
        let size = [size.x.round() as u32, size.y.round() as u32];
        Ok(self.draw(&primitives, size, scale, Color32::TRANSPARENT))
    }
}

#[cfg(test)]
mod tests;
