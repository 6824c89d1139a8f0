//! Draws egui's shapes as SVG: text is text, lines and areas are paths, and only what has no one colour (maps, pictures, shades) is
//! raster, as an embedded PNG.
//!
//! Lengths are in points. Colours are blended as in the window, in gamma space. Text names its font and the width it takes up, so that
//! a viewer without the font keeps the layout.

use super::raster::Raster;
use base64::Engine as _;
use egui::epaint::text::Galley;
use egui::epaint::{
    ClippedShape, ColorMode, CubicBezierShape, EllipseShape, PathShape, PathStroke, RectShape,
    TextShape,
};
use egui::{
    Color32, Context, FontFamily, FontId, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind, TextureId,
    Vec2,
};
use std::fmt::Write as _;

/// Pixels per point of what is raster, at least.
const SHARPEST: f32 = 2.0;

/// A picture: what of, how large, and on what ground.
pub struct Page<'a> {
    /// Its size in points.
    pub size: Vec2,
    /// The colour of the ground.
    pub background: Color32,
    /// What it is made of and shows: JSON, for its metadata.
    pub about: &'a serde_json::Value,
    /// What it shows, in words.
    pub title: &'a str,
}

/// Draws shapes, with the textures that they use.
pub fn draw(ctx: &Context, shapes: &[ClippedShape], raster: &Raster, page: &Page<'_>) -> String {
    let (w, h) = (number(page.size.x), number(page.size.y));
    let mut canvas = Canvas {
        ctx,
        raster,
        body: String::new(),
        clips: Vec::new(),
        open: None,
        whole: Rect::from_min_size(Pos2::ZERO, page.size),
        scale: ctx.pixels_per_point().max(SHARPEST),
    };
    for clipped in shapes {
        canvas.clipped(clipped);
    }
    canvas.leave();
    let mut clips = String::new();
    for (i, clip) in canvas.clips.iter().enumerate() {
        let _ = write!(
            clips,
            "<clipPath id=\"c{i}\"><rect {}/></clipPath>",
            sides(*clip)
        );
    }
    let ground = paint("fill", page.background);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n<title>{}</title>\n\
         <metadata>{}</metadata>\n<defs>{clips}</defs>\n<rect width=\"{w}\" height=\"{h}\"{ground}/>\n{}</svg>\n",
        escaped(page.title),
        escaped(&page.about.to_string()),
        canvas.body
    )
}

struct Canvas<'a> {
    ctx: &'a Context,
    raster: &'a Raster,
    body: String,
    /// Rectangles that shapes are clipped to.
    clips: Vec<Rect>,
    /// The one of the group that is open.
    open: Option<usize>,
    whole: Rect,
    scale: f32,
}

/// A number with two decimals at most.
fn number(v: f32) -> String {
    let text = format!("{v:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML has no other signs below the space.
            c if c < ' ' && !['\n', '\t'].contains(&c) => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

/// A colour as an attribute, with its opacity where it has one.
fn paint(what: &str, colour: Color32) -> String {
    let [r, g, b, a] = colour.to_srgba_unmultiplied();
    let mut text = format!(" {what}=\"#{r:02x}{g:02x}{b:02x}\"");
    if a < 255 {
        let _ = write!(text, " {what}-opacity=\"{:.3}\"", f32::from(a) / 255.0);
    }
    text
}

/// Nothing is filled.
fn filled(colour: Color32) -> String {
    match colour {
        Color32::TRANSPARENT => " fill=\"none\"".into(),
        colour => paint("fill", colour),
    }
}

fn stroked(width: f32, colour: Color32) -> String {
    if width <= 0.0 || colour == Color32::TRANSPARENT {
        return String::new();
    }
    let colour = paint("stroke", colour);
    format!("{colour} stroke-width=\"{}\"", number(width))
}

fn line(stroke: &Stroke) -> String {
    stroked(stroke.width, stroke.color)
}

/// The line of a path; one whose colour varies is of the colour of its first point.
fn path_line(stroke: &PathStroke, bounds: Rect, first: Pos2) -> String {
    let colour = match &stroke.color {
        ColorMode::Solid(colour) => *colour,
        ColorMode::UV(of) => of(bounds, first),
    };
    stroked(stroke.width, colour)
}

fn sides(rect: Rect) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        number(rect.min.x),
        number(rect.min.y),
        number(rect.width()),
        number(rect.height())
    )
}

fn at(p: Pos2) -> String {
    format!("{} {}", number(p.x), number(p.y))
}

fn turned(angle: f32, pivot: Pos2) -> String {
    if angle == 0.0 {
        return String::new();
    }
    format!(
        " transform=\"rotate({} {})\"",
        number(angle.to_degrees()),
        at(pivot)
    )
}

fn through(points: &[Pos2], closed: bool) -> String {
    let mut path = String::new();
    for (i, p) in points.iter().enumerate() {
        let letter = if i == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{}", at(*p));
    }
    path + if closed { "Z" } else { "" }
}

impl Canvas<'_> {
    fn clipped(&mut self, clipped: &ClippedShape) {
        let clip = clipped.clip_rect.intersect(self.whole);
        let moved;
        let shape = if clipped.transform_after_tessellation == egui::emath::TSTransform::IDENTITY {
            &clipped.shape
        } else {
            let mut shape = clipped.shape.clone();
            shape.transform(clipped.transform_after_tessellation);
            moved = shape;
            &moved
        };
        let bounds = shape.visual_bounding_rect();
        if !clip.is_positive() || !bounds.intersects(clip) {
            return;
        }
        let index = match clip.contains_rect(bounds.intersect(self.whole)) {
            // What lies within needs no clip.
            true => None,
            false => Some(self.clip(clip)),
        };
        if self.open != index {
            self.leave();
            if let Some(i) = index {
                let _ = writeln!(self.body, "<g clip-path=\"url(#c{i})\">");
            }
            self.open = index;
        }
        self.shape(shape, clip);
    }

    fn clip(&mut self, clip: Rect) -> usize {
        let known = self.clips.iter().position(|c| *c == clip);
        known.unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        })
    }

    /// Closes the group that is open.
    fn leave(&mut self) {
        if self.open.take().is_some() {
            self.body.push_str("</g>\n");
        }
    }

    fn put(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn shape(&mut self, shape: &Shape, clip: Rect) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|s| self.shape(s, clip)),
            Shape::Circle(circle) => {
                let (fill, stroke) = (filled(circle.fill), line(&circle.stroke));
                let [x, y] = [circle.center.x, circle.center.y].map(number);
                let r = number(circle.radius);
                self.put(&format!(
                    "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{fill}{stroke}/>"
                ));
            }
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::LineSegment { points, stroke } if !stroke.is_empty() => {
                let d = through(points, false);
                self.put(&format!("<path d=\"{d}\" fill=\"none\"{}/>", line(stroke)));
            }
            Shape::LineSegment { .. } => {}
            Shape::Path(path) => self.path(path),
            Shape::Rect(rect) => self.rect(rect, shape, clip),
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(mesh, shape, clip),
            Shape::CubicBezier(curve) => self.cubic(curve),
            Shape::QuadraticBezier(curve) => {
                let [a, b, c] = curve.points;
                let d = format!(
                    "M{}Q{} {}{}",
                    at(a),
                    at(b),
                    at(c),
                    if curve.closed { "Z" } else { "" }
                );
                let bounds = curve.visual_bounding_rect();
                let stroke = path_line(&curve.stroke, bounds, a);
                self.put(&format!("<path d=\"{d}\"{}{stroke}/>", filled(curve.fill)));
            }
            Shape::Band(_) => self.picture(shape, clip),
        }
    }

    fn ellipse(&mut self, ellipse: &EllipseShape) {
        let [x, y, a, b] = [
            ellipse.center.x,
            ellipse.center.y,
            ellipse.radius.x,
            ellipse.radius.y,
        ]
        .map(number);
        let turned = turned(ellipse.angle, ellipse.center);
        let (fill, stroke) = (filled(ellipse.fill), line(&ellipse.stroke));
        self.put(&format!(
            "<ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{a}\" ry=\"{b}\"{turned}{fill}{stroke}/>"
        ));
    }

    fn path(&mut self, path: &PathShape) {
        let Some(first) = path.points.first() else {
            return;
        };
        let d = through(&path.points, path.closed);
        let stroke = path_line(&path.stroke, path.visual_bounding_rect(), *first);
        self.put(&format!(
            "<path d=\"{d}\"{}{stroke} stroke-linejoin=\"round\"/>",
            filled(path.fill)
        ));
    }

    fn cubic(&mut self, curve: &CubicBezierShape) {
        let [a, b, c, d] = curve.points;
        let close = if curve.closed { "Z" } else { "" };
        let path = format!("M{}C{} {} {}{close}", at(a), at(b), at(c), at(d));
        let stroke = path_line(&curve.stroke, curve.visual_bounding_rect(), a);
        self.put(&format!(
            "<path d=\"{path}\"{}{stroke}/>",
            filled(curve.fill)
        ));
    }

    fn rect(&mut self, rect: &RectShape, shape: &Shape, clip: Rect) {
        let textured = rect.brush.as_ref().is_some_and(|b| b.uv != Rect::ZERO);
        if textured || rect.blur_width > 0.0 {
            return self.picture(shape, clip);
        }
        // Lines are drawn around their middle here.
        let by = rect.stroke.width / 2.0;
        let outline = match rect.stroke_kind {
            _ if rect.stroke.is_empty() => rect.rect,
            StrokeKind::Inside => rect.rect.shrink(by),
            StrokeKind::Middle => rect.rect,
            StrokeKind::Outside => rect.rect.expand(by),
        };
        let r = rect.corner_radius;
        let round = f32::from(r.nw.max(r.ne).max(r.sw).max(r.se));
        let round = match rect.stroke_kind {
            _ if rect.stroke.is_empty() || round == 0.0 => round,
            StrokeKind::Inside => (round - by).max(0.0),
            StrokeKind::Middle => round,
            StrokeKind::Outside => round + by,
        };
        let corners = match round.min(outline.width() / 2.0).min(outline.height() / 2.0) {
            r if r <= 0.0 => String::new(),
            r => format!(" rx=\"{}\"", number(r)),
        };
        let turned = turned(rect.angle, rect.rect.center());
        let (fill, stroke) = (filled(rect.fill), line(&rect.stroke));
        let alike = r.is_same() || round == 0.0;
        if alike {
            return self.put(&format!(
                "<rect {}{corners}{turned}{fill}{stroke}/>",
                sides(outline)
            ));
        }
        let d = rounded(outline, [r.nw, r.ne, r.se, r.sw].map(f32::from));
        self.put(&format!("<path d=\"{d}\"{turned}{fill}{stroke}/>"));
    }

    /// Triangles of one colour are paths; others are raster.
    fn mesh(&mut self, mesh: &Mesh, shape: &Shape, clip: Rect) {
        let plain = mesh.texture_id == TextureId::default()
            && mesh.vertices.iter().all(|v| v.uv == egui::epaint::WHITE_UV);
        let triangles = mesh.indices.as_chunks::<3>().0;
        let corners = |t: &[u32; 3]| t.map(|i| mesh.vertices.get(i as usize));
        let one_colour = |t: &[u32; 3]| match corners(t) {
            [Some(a), Some(b), Some(c)] => a.color == b.color && b.color == c.color,
            _ => false,
        };
        if !plain || !triangles.iter().all(one_colour) {
            return self.picture(shape, clip);
        }
        let mut runs: Vec<(Color32, String)> = Vec::new();
        for triangle in triangles {
            if let [Some(a), Some(b), Some(c)] = corners(triangle) {
                let d = through(&[a.pos, b.pos, c.pos], true);
                match runs.last_mut() {
                    Some((colour, path)) if *colour == a.color => path.push_str(&d),
                    _ => runs.push((a.color, d)),
                }
            }
        }
        for (colour, d) in runs {
            // Neighbours that are smoothed by themselves would leave seams.
            self.put(&format!(
                "<path d=\"{d}\"{} shape-rendering=\"crispEdges\"/>",
                filled(colour)
            ));
        }
    }

    /// Draws a shape as an embedded picture.
    fn picture(&mut self, shape: &Shape, clip: Rect) {
        let seen = shape.visual_bounding_rect().intersect(clip);
        // Whole pixels, so that what was sharp stays so.
        let scaled = |v: f32, round: fn(f32) -> f32| round(v * self.scale) / self.scale;
        let seen = Rect::from_min_max(
            Pos2::new(
                scaled(seen.min.x, f32::floor),
                scaled(seen.min.y, f32::floor),
            ),
            Pos2::new(scaled(seen.max.x, f32::ceil), scaled(seen.max.y, f32::ceil)),
        );
        let size = seen.size() * self.scale;
        if !seen.is_positive() || size.x > 16384.0 || size.y > 16384.0 {
            return;
        }
        let mut moved = shape.clone();
        moved.translate(-seen.min.to_vec2());
        let clipped = ClippedShape {
            clip_rect: Rect::from_min_size(Pos2::ZERO, seen.size()),
            shape: moved,
            transform_after_tessellation: egui::emath::TSTransform::IDENTITY,
        };
        let primitives = self.ctx.tessellate(vec![clipped], self.scale);
        let pixels = [size.x.round() as u32, size.y.round() as u32];
        let image = (self.raster).draw(&primitives, pixels, self.scale, Color32::TRANSPARENT);
        let mut png = std::io::Cursor::new(Vec::new());
        if image.write_to(&mut png, image::ImageFormat::Png).is_err() {
            return;
        }
        let data = base64::engine::general_purpose::STANDARD.encode(png.get_ref());
        self.put(&format!(
            "<image {} preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{data}\"/>",
            sides(seen)
        ));
    }

    fn text(&mut self, text: &TextShape) {
        let turned = turned(text.angle, text.pos);
        if !turned.is_empty() {
            let _ = writeln!(self.body, "<g{turned}>");
        }
        for run in runs(text) {
            if run.background != Color32::TRANSPARENT {
                let ground = paint("fill", run.background);
                self.put(&format!("<rect {}{ground}/>", sides(run.rect)));
            }
            if !run.text.trim().is_empty() {
                self.put(&run.element());
            }
        }
        if !turned.is_empty() {
            self.body.push_str("</g>\n");
        }
        if !text.underline.is_empty() {
            let bounds = text.galley.rect.translate(text.pos.to_vec2());
            let d = through(&[bounds.left_bottom(), bounds.right_bottom()], false);
            self.put(&format!(
                "<path d=\"{d}\" fill=\"none\"{}/>",
                line(&text.underline)
            ));
        }
    }
}

/// A rectangle with corners of their own.
fn rounded(rect: Rect, [nw, ne, se, sw]: [f32; 4]) -> String {
    let most = rect.width().min(rect.height()) / 2.0;
    let [nw, ne, se, sw] = [nw, ne, se, sw].map(|r| r.min(most));
    let (l, r, t, b) = (rect.left(), rect.right(), rect.top(), rect.bottom());
    let to = |letter: char, x: f32, y: f32| format!("{letter}{} {}", number(x), number(y));
    let arc = |radius: f32, x: f32, y: f32| {
        let radius = number(radius);
        format!("A{radius} {radius} 0 0 1 {} {}", number(x), number(y))
    };
    [
        to('M', l + nw, t),
        to('L', r - ne, t),
        arc(ne, r, t + ne),
        to('L', r, b - se),
        arc(se, r - se, b),
        to('L', l + sw, b),
        arc(sw, l, b - sw),
        to('L', l, t + nw),
        arc(nw, l + nw, t),
    ]
    .concat()
        + "Z"
}

/// Letters of one kind on one line.
struct Run {
    text: String,
    font: FontId,
    colour: Color32,
    background: Color32,
    italic: bool,
    /// Where the first begins, on the line that they stand on.
    from: Pos2,
    /// Behind the last.
    to: f32,
    /// What they take up.
    rect: Rect,
}

impl Run {
    fn element(&self) -> String {
        let (family, weight) = names(&self.font.family);
        let italic = if self.italic {
            " font-style=\"italic\""
        } else {
            ""
        };
        let width = self.to - self.from.x;
        // Of one letter there is nothing to fit.
        let fitted = match self.text.chars().count() {
            0 | 1 => String::new(),
            _ => format!(
                " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"",
                number(width)
            ),
        };
        format!(
            "<text x=\"{}\" y=\"{}\" font-family=\"{family}\" font-size=\"{}\" font-weight=\"{weight}\"{italic}{fitted}{} \
             xml:space=\"preserve\">{}</text>",
            number(self.from.x),
            number(self.from.y),
            number(self.font.size),
            paint("fill", self.colour),
            escaped(&self.text)
        )
    }
}

/// A family as a font that viewers know, with what stands in for it, and its weight.
fn names(family: &FontFamily) -> (String, String) {
    let own = match family {
        FontFamily::Proportional => "Inter 400",
        FontFamily::Monospace => "JetBrains Mono 400",
        FontFamily::Name(name) => name,
    };
    let (name, weight) = own.rsplit_once(' ').unwrap_or((own, "400"));
    let kind = if name.contains("Mono") {
        "monospace"
    } else {
        "sans-serif"
    };
    (format!("{name}, 'DejaVu Sans', {kind}"), weight.to_owned())
}

/// The text of a galley in runs of one font and colour. Which section a letter is of, is found by counting.
fn runs(shape: &TextShape) -> Vec<Run> {
    let galley: &Galley = &shape.galley;
    let mut ends: Vec<(usize, &egui::TextFormat)> = Vec::new();
    for section in &galley.job.sections {
        ends.push((section.byte_range.end.0, &section.format));
    }
    let mut letters = galley.job.text.char_indices().peekable();
    let mut runs: Vec<Run> = Vec::new();
    for row in &galley.rows {
        let origin = shape.pos + row.pos.to_vec2();
        let mut fresh = true;
        for glyph in &row.glyphs {
            let byte = letters
                .peek()
                .map_or(galley.job.text.len(), |(byte, _)| *byte);
            if letters
                .peek()
                .is_some_and(|(_, letter)| *letter == glyph.chr)
            {
                letters.next();
            }
            let format = ends.iter().find(|(end, _)| byte < *end).or(ends.last());
            let Some((_, format)) = format else { continue };
            let vertex = row.visuals.mesh.vertices.get(glyph.first_vertex as usize);
            let drawn = vertex.map_or(format.color, |v| v.color);
            let drawn = if glyph.uv_rect.is_nothing() {
                format.color
            } else {
                drawn
            };
            let colour = shape.override_text_color.unwrap_or(match drawn {
                Color32::PLACEHOLDER => shape.fallback_color,
                colour => colour,
            });
            let colour = colour.gamma_multiply(shape.opacity_factor);
            let from = origin + glyph.pos.to_vec2();
            let to = from.x + glyph.advance_width;
            let top = from.y - glyph.font_ascent;
            let rect = Rect::from_min_max(
                Pos2::new(from.x, top),
                Pos2::new(to, top + glyph.font_height),
            );
            match runs.last_mut() {
                Some(run)
                    if !fresh
                        && run.font == format.font_id
                        && (run.colour == colour || glyph.uv_rect.is_nothing())
                        && run.background == format.background
                        && run.from.y == from.y =>
                {
                    run.text.push(glyph.chr);
                    run.to = to;
                    run.rect |= rect;
                }
                _ => runs.push(Run {
                    text: glyph.chr.to_string(),
                    font: format.font_id.clone(),
                    colour,
                    background: format.background,
                    italic: format.italics,
                    from,
                    to,
                    rect,
                }),
            }
            fresh = false;
        }
        if row.ends_with_newline {
            // It has no glyph.
            while letters.next_if(|(_, letter)| *letter != '\n').is_some() {}
            letters.next();
        }
    }
    runs
}

#[cfg(test)]
#[path = "svg_test.rs"]
mod tests;
