//! Computed points in the plane (XOR, two spirals, two circles), stripes, and short sequences.

use super::dataset::Dataset;
use super::draws::{nearly_normal, unit};
use super::error::DataError;
use super::toys::{self, Making, turned};

/// Points uniform in the square from -1 to 1, in the class "same" where both coordinates have the same sign, else "different": the
/// exclusive or of two signs.
pub(super) fn xor(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["same", "different"];
    toys::points(
        "xor",
        making,
        toys::usual_noise("xor"),
        classes,
        |i, generator| {
            // Kept a little away from the axes, so that without noise the classes are apart.
            let (x, y) = (0.05 + 0.95 * unit(generator), 0.05 + 0.95 * unit(generator));
            let side = if unit(generator) < 0.5 { 1.0 } else { -1.0 };
            let other = if i % 2 == 0 { side } else { -side };
            (side * x, other * y)
        },
    )
}

/// Two spirals around the origin, each a turn and a half long and half a turn from the other, radius up to 1.
pub(super) fn spirals(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["first", "second"];
    toys::points(
        "spirals",
        making,
        toys::usual_noise("spirals"),
        classes,
        |i, generator| {
            // The square root makes points as dense outside as inside.
            let along = unit(generator).sqrt();
            let half = if i % 2 == 0 { 0.0 } else { 0.5 };
            let (cos, sin) = turned(1.5 * along + half);
            (along * cos, along * sin)
        },
    )
}

/// A circle of radius 0.5 inside one of radius 1.
pub(super) fn circles(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["inner", "outer"];
    toys::points(
        "circles",
        making,
        toys::usual_noise("circles"),
        classes,
        |i, generator| {
            let (cos, sin) = turned(unit(generator));
            let radius = if i % 2 == 0 { 0.5 } else { 1.0 };
            (radius * cos, radius * sin)
        },
    )
}

/// Pictures of 8 x 8 with stripes two pixels wide at any offset, black 0 and white 1: horizontal or vertical.
pub(super) fn stripes(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["horizontal", "vertical"];
    toys::made(
        "stripes",
        making,
        toys::usual_noise("stripes"),
        [1, 8, 8],
        classes,
        |i, noise, generator| {
            let offset = (unit(generator) * 4.0) as usize;
            let mut picture = Vec::with_capacity(64);
            for y in 0..8 {
                for x in 0..8 {
                    let along = if i % 2 == 0 { y } else { x };
                    let white = (along + offset) / 2 % 2 == 1;
                    let shade = if white { 1.0 } else { 0.0 };
                    picture.push(shade + noise * nearly_normal(generator));
                }
            }
            picture
        },
    )
}

/// Short sequences of one value a step, 6 to 12 steps of a wave that begins anywhere: a slow one of 12 steps a period, or a fast one
/// of 5.
pub(super) fn waves(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["slow", "fast"];
    toys::made_sequences(
        "waves",
        making,
        toys::usual_noise("waves"),
        classes,
        |i, noise, generator| {
            let length = 6 + (unit(generator) * 7.0) as usize;
            let period = if i % 2 == 0 { 12.0 } else { 5.0 };
            let start = unit(generator);
            (0..length)
                .map(|step| {
                    turned(start + step as f64 / period).1 + noise * nearly_normal(generator)
                })
                .collect()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Part, Targets};

    const CLEAN: Making = Making {
        seed: 3,
        size: None,
        noise: Some(0.0),
    };

    fn points(data: &Dataset) -> Vec<([f64; 2], usize)> {
        (0..data.len())
            .map(|i| {
                let mut point = [0.0; 2];
                data.write_input(i, &mut point);
                (point, data.label(i).unwrap())
            })
            .collect()
    }

    #[test]
    fn points_without_noise_lie_where_their_class_says() {
        for ([x, y], class) in points(&xor(&CLEAN).unwrap()) {
            assert_eq!(class == 0, (x > 0.0) == (y > 0.0));
        }
        for ([x, y], class) in points(&circles(&CLEAN).unwrap()) {
            let radius = if class == 0 { 0.5 } else { 1.0 };
            assert!((x.hypot(y) - radius).abs() < 1e-12);
        }
        for ([x, y], class) in points(&spirals(&CLEAN).unwrap()) {
            let angle = y.atan2(x) / std::f64::consts::TAU;
            let along = 1.5 * x.hypot(y) + if class == 0 { 0.0 } else { 0.5 };
            let off = (angle - along).rem_euclid(1.0);
            assert!(off.min(1.0 - off) < 1e-9, "{off}");
        }
    }

    #[test]
    fn stripes_and_waves_without_noise_are_what_their_class_says() {
        let data = stripes(&CLEAN).unwrap();
        let mut picture = [0.0; 64];
        for i in 0..data.len() {
            data.write_input(i, &mut picture);
            let rows_alike = (0..8).all(|y| {
                picture[8 * y..8 * y + 8]
                    .iter()
                    .all(|&v| v == picture[8 * y])
            });
            assert_eq!(rows_alike, data.label(i) == Some(0));
            assert_eq!(picture.iter().sum::<f64>(), 32.0);
        }
        let data = waves(&CLEAN).unwrap();
        let lengths = data.lengths().unwrap();
        assert_eq!(
            (lengths.iter().min(), lengths.iter().max()),
            (Some(&6), Some(&12))
        );
        for i in 0..data.len() {
            // A sampled wave s obeys s(n + 1) + s(n - 1) = 2 cos(2 pi / period) s(n).
            let values: Vec<f64> = data
                .stored_values(i, 99)
                .into_iter()
                .map(|(_, v)| v)
                .collect();
            let period = if data.label(i) == Some(0) { 12.0 } else { 5.0 };
            let twice = 2.0 * (std::f64::consts::TAU / period).cos();
            assert!(
                values
                    .windows(3)
                    .all(|v| (v[0] + v[2] - twice * v[1]).abs() < 1e-12)
            );
        }
    }

    #[test]
    fn all_are_balanced_split_and_fixed_by_their_seed() {
        type Make = fn(&Making) -> Result<Dataset, DataError>;
        for make in [xor as Make, spirals, circles, stripes, waves] {
            let of = |seed| {
                make(&Making {
                    seed,
                    size: Some(60),
                    noise: None,
                })
                .unwrap()
            };
            let data = of(1);
            let counts = [Part::Train, Part::Validation, Part::Test].map(|p| data.range(p).len());
            assert_eq!(counts, [40, 10, 10], "{}", data.name());
            let Targets::Classes(labels) = data.targets() else {
                panic!("classes");
            };
            assert_eq!(labels.iter().filter(|&&l| l == 1).count(), 30);
            let bits = |data: &Dataset| -> Vec<u64> {
                (0..60)
                    .flat_map(|i| data.stored_values(i, 99))
                    .map(|(_, v)| v.to_bits())
                    .collect()
            };
            assert_eq!(bits(&data), bits(&of(1)));
            assert_ne!(bits(&data), bits(&of(2)));
            let wrong = Making {
                seed: 0,
                size: Some(5),
                noise: None,
            };
            assert!(
                make(&wrong)
                    .unwrap_err()
                    .to_string()
                    .contains("size is 5; expected 6 to")
            );
        }
    }
}
