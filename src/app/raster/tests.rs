//! What the rasteriser must get right, pixel by pixel.

use super::*;
use egui::epaint::{ImageDelta, WHITE_UV};
use egui::{ColorImage, Pos2, pos2};

fn raster(image: ColorImage, options: TextureOptions) -> Raster {
    let mut delta = TexturesDelta::default();
    delta.push(TextureId::default(), ImageDelta::full(image, options));
    let mut raster = Raster::new();
    raster.apply(&mut delta);
    raster
}

fn white() -> Raster {
    raster(
        ColorImage::filled([1, 1], Color32::WHITE),
        TextureOptions::NEAREST,
    )
}

fn shot(raster: &Raster, mesh: Mesh, clip: Rect, n: u32) -> image::RgbaImage {
    let primitive = ClippedPrimitive {
        clip_rect: clip,
        primitive: Primitive::Mesh(mesh),
    };
    raster.draw(&[primitive], [n, n], 1.0, Color32::BLACK)
}

fn rect(x0: f32, y0: f32, x1: f32, y1: f32) -> Rect {
    Rect::from_min_max(pos2(x0, y0), pos2(x1, y1))
}

fn solid(area: Rect, color: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(area, color);
    mesh
}

const ALL: Rect = Rect::EVERYTHING;

#[test]
fn a_rectangle_covers_its_pixels_and_no_other() {
    let got = shot(
        &white(),
        solid(rect(1.0, 2.0, 3.0, 5.0), Color32::WHITE),
        ALL,
        6,
    );
    for (x, y, pixel) in got.enumerate_pixels() {
        let inside = (1..3).contains(&x) && (2..5).contains(&y);
        assert_eq!(pixel[0], if inside { 255 } else { 0 }, "{x} {y}");
    }
}

#[test]
fn the_clip_rectangle_is_rounded_to_pixels() {
    let mesh = solid(rect(0.0, 0.0, 8.0, 8.0), Color32::WHITE);
    let got = shot(&white(), mesh, rect(1.6, -3.0, 4.4, 3.0), 8);
    let lit = got.enumerate_pixels().filter(|(_, _, p)| p[0] == 255);
    let lit: Vec<_> = lit.map(|(x, y, _)| (x, y)).collect();
    assert_eq!(lit.len(), 2 * 3);
    assert!(
        lit.iter()
            .all(|(x, y)| (2..4).contains(x) && (0..3).contains(y))
    );
}

#[test]
fn half_covered_white_over_black_is_grey_and_shared_sides_are_drawn_once() {
    let half = Color32::from_rgba_premultiplied(128, 128, 128, 128);
    let got = shot(&white(), solid(rect(0.0, 0.0, 7.0, 7.0), half), ALL, 7);
    assert!(got.pixels().all(|p| p.0 == [128, 128, 128, 255]));
    // A fan around a centre on a pixel centre, the hardest case for the top-left rule.
    let mut fan = Mesh::default();
    let centre = pos2(3.5, 3.5);
    fan.colored_vertex(centre, half);
    for i in 0..7 {
        let angle = std::f32::consts::TAU * i as f32 / 7.0;
        fan.colored_vertex(centre + 30.0 * egui::Vec2::angled(angle), half);
        fan.add_triangle(0, 1 + i, 1 + (i + 1) % 7);
    }
    let got = shot(&white(), fan, ALL, 7);
    assert!(got.pixels().all(|p| p.0 == [128, 128, 128, 255]));
}

#[test]
fn blending_numbers() {
    let c = Color32::from_rgba_premultiplied;
    assert_eq!(
        over(c(10, 20, 30, 255), c(200, 0, 0, 255)),
        c(10, 20, 30, 255)
    );
    assert_eq!(over(c(0, 0, 0, 0), c(7, 8, 9, 255)), c(7, 8, 9, 255));
    assert_eq!(
        over(c(51, 0, 0, 51), c(100, 200, 255, 255)),
        c(131, 160, 204, 255)
    );
    assert_eq!(over(c(200, 0, 0, 0), c(100, 0, 0, 255)), c(255, 0, 0, 255));
    assert_eq!(product([255.0; 4], [128.0; 4]), c(128, 128, 128, 128));
    assert_eq!(product([100.0; 4], [51.0; 4]), c(20, 20, 20, 20));
}

fn checker() -> ColorImage {
    let [b, w] = [Color32::BLACK, Color32::WHITE];
    ColorImage::new([2, 2], vec![b, w, w, b])
}

fn textured(area: Rect) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_rect_with_uv(area, rect(0.0, 0.0, 1.0, 1.0), Color32::WHITE);
    mesh
}

#[test]
fn nearest_makes_blocks_and_linear_blends() {
    let area = rect(0.0, 0.0, 4.0, 4.0);
    let sharp = shot(
        &raster(checker(), TextureOptions::NEAREST),
        textured(area),
        ALL,
        4,
    );
    for (x, y, pixel) in sharp.enumerate_pixels() {
        let lit = (x / 2 + y / 2) % 2 == 1;
        assert_eq!(pixel[0], if lit { 255 } else { 0 });
    }
    let soft = shot(
        &raster(checker(), TextureOptions::LINEAR),
        textured(area),
        ALL,
        4,
    );
    let row: Vec<u8> = (0..4).map(|x| soft.get_pixel(x, 0)[0]).collect();
    assert_eq!(row, [0, 64, 191, 255]);
}

#[test]
fn a_partial_update_changes_only_its_part() {
    let mut raster = raster(checker(), TextureOptions::NEAREST);
    let patch = ColorImage::filled([1, 1], Color32::from_rgb(9, 9, 9));
    let mut delta = TexturesDelta::default();
    let id = TextureId::default();
    delta.push(
        id,
        ImageDelta::partial([1, 1], patch, TextureOptions::NEAREST),
    );
    raster.apply(&mut delta);
    let got = shot(&raster, textured(rect(0.0, 0.0, 2.0, 2.0)), ALL, 2);
    let levels: Vec<u8> = got.pixels().map(|p| p[0]).collect();
    assert_eq!(levels, [0, 255, 255, 9]);
    delta.free(id);
    raster.apply(&mut delta);
    assert!(raster.textures.is_empty());
}

#[test]
fn colours_run_evenly_between_corners() {
    let mut mesh = Mesh::default();
    let black_to_white = [Color32::BLACK, Color32::WHITE];
    for (x, color) in [(0.0, black_to_white[0]), (10.0, black_to_white[1])] {
        for y in [0.0, 10.0] {
            mesh.vertices.push(Vertex {
                pos: Pos2::new(x, y),
                uv: WHITE_UV,
                color,
            });
        }
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(1, 2, 3);
    let got = shot(&white(), mesh, ALL, 10);
    for (x, _, pixel) in got.enumerate_pixels() {
        assert_eq!(
            f32::from(pixel[0]),
            (25.5 * (x as f32 + 0.5)).round().min(255.0)
        );
    }
}
