//! The program's icon: a trace on the round screen of an oscilloscope, as the logo in the window, in the colour of Z-IL.
//!
//! One description makes both the picture that the window carries and `assets/desktop/pcscope.svg`, which packages install.

use super::theme::Theme;
use crate::learning::Conditions;
use egui::{Color32, IconData, Pos2, Vec2, pos2};

/// The side of the grid that everything below is measured on.
const GRID: f32 = 16.0;
/// The radius of the ground's corners.
const CORNER: f32 = 3.5;
/// The screen's centre and radius, and the width of its rim.
const SCREEN: (Pos2, f32, f32) = (pos2(8.0, 8.0), 5.75, 0.9);
/// The trace, and its width.
const TRACE: [Pos2; 6] = [
    pos2(3.9, 8.25),
    pos2(5.7, 8.25),
    pos2(7.1, 5.0),
    pos2(9.2, 10.9),
    pos2(10.4, 8.25),
    pos2(12.1, 8.25),
];
const TRACE_WIDTH: f32 = 1.2;

/// Samples of a pixel's side: edges are shades.
const SAMPLES: usize = 4;

/// The colours of ground, rim and trace.
fn colours() -> [Color32; 3] {
    let c = Theme::Dark.tokens();
    let [_, r, g, b] = Conditions::RULE.facts().look.ink[0].to_be_bytes();
    [c.bg1, c.t1, Color32::from_rgb(r, g, b)]
}

/// The icon as pixels, for the window.
pub fn pixels(side: usize) -> IconData {
    let mut rgba = Vec::with_capacity(side * side * 4);
    let step = GRID / (side * SAMPLES) as f32;
    for y in 0..side {
        for x in 0..side {
            let (mut sum, mut inside) = ([0u32; 3], 0u32);
            for sample in 0..SAMPLES * SAMPLES {
                let (i, j) = (sample % SAMPLES, sample / SAMPLES);
                let at = Vec2::new(
                    (x * SAMPLES + i) as f32 + 0.5,
                    (y * SAMPLES + j) as f32 + 0.5,
                );
                if let Some(colour) = colour_at((at * step).to_pos2()) {
                    let [r, g, b, _] = colour.to_array().map(u32::from);
                    sum = [sum[0] + r, sum[1] + g, sum[2] + b];
                    inside += 1;
                }
            }
            // Colours are those of the part inside, the edge is in the opacity.
            rgba.extend(sum.map(|s| (s / inside.max(1)) as u8));
            rgba.push((inside * 255 / (SAMPLES * SAMPLES) as u32) as u8);
        }
    }
    IconData {
        rgba,
        width: side as u32,
        height: side as u32,
    }
}

/// What is drawn at a place of the grid; nothing outside the ground's corners.
fn colour_at(at: Pos2) -> Option<Color32> {
    let [ground, rim, trace] = colours();
    let held = |v: f32| v.clamp(CORNER, GRID - CORNER);
    if at.distance(pos2(held(at.x), held(at.y))) > CORNER {
        return None;
    }
    let near = TRACE.windows(2).map(|ends| away(at, ends[0], ends[1]));
    if near.fold(f32::INFINITY, f32::min) <= 0.5 * TRACE_WIDTH {
        return Some(trace);
    }
    let (centre, radius, width) = SCREEN;
    let on_rim = (at.distance(centre) - radius).abs() <= 0.5 * width;
    Some(if on_rim { rim } else { ground })
}

/// The distance from a segment.
fn away(at: Pos2, from: Pos2, to: Pos2) -> f32 {
    let along = to - from;
    let part = ((at - from).dot(along) / along.length_sq()).clamp(0.0, 1.0);
    at.distance(from + part * along)
}

/// The icon as SVG: what stands in `assets/desktop`.
#[cfg(test)]
fn svg() -> String {
    let [ground, rim, trace] = colours().map(|colour| {
        let [r, g, b, _] = colour.to_array();
        format!("#{r:02x}{g:02x}{b:02x}")
    });
    let (centre, radius, width) = SCREEN;
    let points: Vec<String> = TRACE.iter().map(|p| format!("{},{}", p.x, p.y)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {GRID} {GRID}\" width=\"256\" height=\"256\">\n\
         <title>pcscope</title>\n\
         <rect width=\"{GRID}\" height=\"{GRID}\" rx=\"{CORNER}\" fill=\"{ground}\"/>\n\
         <circle cx=\"{}\" cy=\"{}\" r=\"{radius}\" fill=\"none\" stroke=\"{rim}\" stroke-width=\"{width}\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"{trace}\" stroke-width=\"{TRACE_WIDTH}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n\
         </svg>\n",
        centre.x,
        centre.y,
        points.join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After a change of the icon: `PCSCOPE_WRITE_ICON=1 cargo test --lib icon` writes the file anew.
    #[test]
    fn the_installed_picture_is_the_one_that_is_drawn() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/desktop/pcscope.svg");
        if std::env::var_os("PCSCOPE_WRITE_ICON").is_some() {
            std::fs::write(path, svg()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), svg());
        let icon = pixels(32);
        assert_eq!(icon.rgba.len(), 32 * 32 * 4);
        let at = |x: usize, y: usize| {
            let pixel = 4 * (y * 32 + x);
            [0, 1, 2, 3].map(|i| icon.rgba[pixel + i])
        };
        let [ground, _, trace] = colours().map(|c| c.to_array());
        assert_eq!(at(0, 0)[3], 0, "corners are open");
        assert_eq!(at(16, 2), ground);
        assert_eq!(at(9, 16), trace);
    }

    #[test]
    fn the_desktop_file_starts_this_program_with_a_file_and_this_icon() {
        let text = include_str!("../../assets/desktop/pcscope.desktop");
        let value = |key: &str| {
            let line = text
                .lines()
                .find_map(|l| l.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default()
        };
        assert!(text.starts_with("[Desktop Entry]\nType=Application\n"));
        assert_eq!(value("Exec"), "pcscope %f");
        assert_eq!(value("Icon"), super::super::run::APP);
        // The name under which the desktop knows the window.
        assert_eq!(value("StartupWMClass"), super::super::run::APP);
        assert!(
            ["Categories", "Keywords", "MimeType"]
                .map(value)
                .iter()
                .all(|v| v.ends_with(';'))
        );
    }
}
