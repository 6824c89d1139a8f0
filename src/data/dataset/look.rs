//! What inputs look like: the scaling undone, the stored range from black to white.

use super::Dataset;
use crate::data::inputs::Inputs;

/// How the inputs of a dataset become shades of grey or colours, whatever scaling the network sees.
///
/// Black is the lowest stored value and white the highest (0 and the byte that means 1, for bytes), in all channels alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    shape: [usize; 3],
    /// The inputs that are black and white, by channel.
    ends: Vec<[f64; 2]>,
    picture: bool,
}

impl Look {
    /// Whether examples are pictures: at least 2 by 2 pixels of 1, 3 or 4 channels.
    pub fn is_picture(&self) -> bool {
        self.picture
    }

    /// Whether the first three channels are red, green and blue.
    pub fn in_colour(&self) -> bool {
        self.picture && self.shape[0] >= 3
    }

    /// From 0 (black) to 1 (white) what an input of `channel` looks like; inputs beyond that, as noise makes them, are beyond it.
    pub fn shade(&self, channel: usize, input: f64) -> f64 {
        let [black, white] = self.ends[channel];
        (input - black) / (white - black)
    }

    /// The input of `channel` that looks like `shade`: the other way round than [`Look::shade`].
    pub fn input(&self, channel: usize, shade: f64) -> f64 {
        let [black, white] = self.ends[channel];
        black + shade * (white - black)
    }

    /// Red, green and blue of a pixel, each as [`Look::shade`]; `input` is asked for its value by channel. One channel is grey.
    pub fn rgb(&self, input: impl Fn(usize) -> f64) -> [f64; 3] {
        std::array::from_fn(|colour| {
            let channel = if self.shape[0] >= 3 { colour } else { 0 };
            self.shade(channel, input(channel))
        })
    }

    /// The inputs that are black and white, if they are the same in all channels.
    pub fn ends(&self) -> Option<[f64; 2]> {
        let first = *self.ends.first()?;
        self.ends.iter().all(|e| *e == first).then_some(first)
    }
}

impl Dataset {
    /// How inputs look, with the scaling and the split that the dataset has now.
    pub fn look(&self) -> Look {
        let [channels, height, width] = self.shape;
        let ends = self.black_and_white();
        let input = |channel: usize, stored: f64| match (&self.affine, &self.inputs) {
            (Some(affine), _) => affine.apply(channel, stored),
            (None, Inputs::Bytes { white, .. }) => stored / f64::from(*white),
            (None, _) => stored,
        };
        Look {
            shape: self.shape,
            ends: (0..channels)
                .map(|channel| ends.map(|stored| input(channel, stored)))
                .collect(),
            picture: matches!(channels, 1 | 3 | 4)
                && height > 1
                && width > 1
                && self.lengths.is_none(),
        }
    }

    /// The stored values that are black and white.
    pub(in crate::data) fn black_and_white(&self) -> [f64; 2] {
        if let Inputs::Bytes { white, .. } = &self.inputs {
            return [0.0, f64::from(*white)];
        }
        let range = self.stored_range();
        if range.maximum > range.minimum {
            [range.minimum, range.maximum]
        } else {
            // One value everywhere: black.
            [range.minimum, range.minimum + 1.0]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Filing, Targets, numbered};
    use super::*;
    use crate::data::Scale;

    fn colours(scale: Option<Scale>) -> Dataset {
        // Four examples of 2 x 2 in three channels of very different spread.
        let values = (0..48_u32)
            .map(|i| match i / 4 % 3 {
                0 => (i * 5) as u8,
                1 => 100 + (i % 4) as u8,
                _ => 255 - i as u8,
            })
            .collect();
        let targets = Targets::Classes(vec![0, 1, 0, 1]).named(numbered(2));
        let (shape, one) = ([3, 2, 2], Filing::OneFile);
        let mut data = Dataset::from_bytes("made", shape, values, 255, targets, one).unwrap();
        if let Some(scale) = scale {
            data.rescale(scale);
        }
        data
    }

    #[test]
    fn colours_are_those_of_the_file_whatever_the_scaling() {
        for scale in [
            None,
            Some(Scale::None),
            Some(Scale::Unit),
            Some(Scale::Standardise),
        ] {
            let data = colours(scale);
            let look = data.look();
            assert!(look.in_colour());
            let mut input = [0.0; 12];
            for i in 0..4 {
                data.write_input(i, &mut input);
                let bytes = data.input_bytes(i).unwrap();
                for pixel in 0..4 {
                    let rgb = look.rgb(|channel| input[channel * 4 + pixel]);
                    for (channel, shade) in rgb.into_iter().enumerate() {
                        let stored = f64::from(bytes[channel * 4 + pixel]);
                        assert!((shade * 255.0 - stored).abs() < 1e-9, "{scale:?}");
                        let back = look.input(channel, shade);
                        assert!((back - input[channel * 4 + pixel]).abs() < 1e-9);
                    }
                }
            }
        }
        assert_eq!(colours(None).look().ends(), Some([0.0, 1.0]));
        assert_eq!(colours(Some(Scale::Standardise)).look().ends(), None);
    }

    #[test]
    fn reals_run_from_the_lowest_to_the_highest_and_one_channel_is_grey() {
        let values = (0..8).map(|i| f64::from(i) - 3.0).collect();
        let targets = Targets::Classes(vec![0, 1]).named(numbered(2));
        let (shape, one) = ([1, 2, 2], Filing::OneFile);
        let mut data = Dataset::from_reals("made", shape, values, targets, one).unwrap();
        assert_eq!(data.look().ends(), Some([-3.0, 4.0]));
        data.rescale(Scale::Standardise);
        let look = data.look();
        assert!(look.is_picture() && !look.in_colour());
        let mut input = [0.0; 4];
        data.write_input(1, &mut input);
        let [red, green, blue] = look.rgb(|channel| input[channel * 4 + 3]);
        assert!((red - 1.0).abs() < 1e-12 && red == green && green == blue);
    }
}
