//! A whole example as a small picture, grey or in colour, at whole physical pixels.

use egui::{Color32, ColorImage, Vec2};

use super::maps;
use crate::app::theme::Tokens;
use crate::data::Look;

/// How an example of some size is drawn in a room: large ones averaged down, small ones enlarged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Small {
    /// Width and height of the example.
    whole: [usize; 2],
    /// So many pixels of the example a side become one.
    step: usize,
    /// So many physical pixels a side each of those takes.
    zoom: usize,
    pixels_per_point: f32,
}

impl Small {
    /// The largest picture of an example of `whole` (width, height) that fits into `room`, in points.
    pub fn new(whole: [usize; 2], room: Vec2, pixels_per_point: f32) -> Self {
        let step =
            |side: usize, room: f32| side.div_ceil(((room * pixels_per_point) as usize).max(1));
        let step = step(whole[0], room.x).max(step(whole[1], room.y)).max(1);
        let reduced = whole.map(|side| side.div_ceil(step));
        Self {
            whole,
            step,
            zoom: maps::whole_pixels(reduced, room, pixels_per_point),
            pixels_per_point,
        }
    }

    /// Width and height of the texture.
    pub fn texels(&self) -> [usize; 2] {
        self.whole.map(|side| side.div_ceil(self.step))
    }

    /// Width and height on the screen, in points.
    pub fn size(&self) -> Vec2 {
        maps::size_at(self.texels(), self.zoom, self.pixels_per_point)
    }

    /// The texture of the example whose inputs are `values`.
    pub fn image(&self, values: &[f64], look: &Look, c: &Tokens) -> ColorImage {
        ColorImage::new(self.texels(), self.pixels(values, look, c))
    }

    /// Its pixels, row by row.
    pub fn pixels(&self, values: &[f64], look: &Look, c: &Tokens) -> Vec<Color32> {
        let ([width, height], [across, down]) = (self.whole, self.texels());
        let mut pixels = Vec::with_capacity(across * down);
        for row in 0..down {
            let rows = row * self.step..((row + 1) * self.step).min(height);
            for column in 0..across {
                let columns = column * self.step..((column + 1) * self.step).min(width);
                let count = (rows.len() * columns.len()) as f64;
                let mean = |channel: usize| {
                    let at = channel * width * height;
                    let lines = rows.clone().map(|y| {
                        let from = at + y * width;
                        &values[from + columns.start..from + columns.end]
                    });
                    lines.flatten().sum::<f64>() / count
                };
                pixels.push(colour(look, mean, c));
            }
        }
        pixels
    }
}

/// The colour of a pixel whose input in each channel `value` gives.
pub fn colour(look: &Look, value: impl Fn(usize) -> f64, c: &Tokens) -> Color32 {
    if look.in_colour() {
        c.rgb(look.rgb(value))
    } else {
        c.grey(look.shade(0, value(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::theme::Theme;
    use crate::data::{Dataset, Filing, Targets};
    use egui::vec2;

    fn one(shape: [usize; 3], values: Vec<u8>) -> (Vec<f64>, Look) {
        let targets = Targets::Classes(vec![0]).named(vec!["only".to_owned()]);
        let data = Dataset::from_bytes("one", shape, values, 255, targets, Filing::Shared).unwrap();
        let mut input = vec![0.0; data.input_len()];
        data.write_input(0, &mut input);
        (input, data.look())
    }

    #[test]
    fn a_picture_in_colour_is_drawn_in_its_colours() {
        let c = Theme::Dark.tokens();
        let bytes = [[255, 0, 10, 20], [0, 255, 30, 40], [7, 8, 50, 60]].concat();
        let (input, look) = one([3, 2, 2], bytes);
        let small = Small::new([2, 2], vec2(56.0, 56.0), 1.0);
        assert_eq!(small.size(), vec2(56.0, 56.0));
        let wanted = [(255, 0, 7), (0, 255, 8), (10, 30, 50), (20, 40, 60)];
        let wanted = wanted.map(|(r, g, b)| Color32::from_rgb(r, g, b));
        assert_eq!(small.pixels(&input, &look, c), wanted);
    }

    #[test]
    fn a_large_picture_is_averaged_down_to_its_room() {
        let c = Theme::Dark.tokens();
        let bytes = (0..100 * 60)
            .map(|i| if i % 2 == 0 { 0 } else { 254 })
            .collect();
        let (input, look) = one([1, 60, 100], bytes);
        let small = Small::new([100, 60], vec2(50.0, 50.0), 1.0);
        assert_eq!((small.texels(), small.size()), ([50, 30], vec2(50.0, 30.0)));
        let pixels = small.pixels(&input, &look, c);
        assert_eq!(pixels.len(), 1500);
        assert!(pixels.iter().all(|p| *p == c.grey(127.0 / 255.0)));
    }
}
