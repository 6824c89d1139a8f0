//! Datasets that are computed: how all are made, two moons, and the chain's single example.
//!
//! The same on every machine: only additions, products, quotients and square roots, which IEEE 754 rounds in one way.

use rand_pcg::Pcg32;

use super::dataset::{Dataset, Targets};
use super::draws::{generator, nearly_normal, unit};
use super::error::DataError;
use super::inputs::Steps;
use super::split::Filing;

/// Names of generated data, whose size and noise can be chosen.
pub const NAMES: [&str; 6] = ["moons", "xor", "spirals", "circles", "stripes", "waves"];
/// How many points `moons` has unless told otherwise.
pub const MOONS_SIZE: usize = 600;
/// Standard deviation of the noise added to each coordinate of `moons` unless told otherwise.
pub const MOONS_NOISE: f64 = 0.1;
/// Standard deviation of the noise of generated data unless told otherwise: of a coordinate, a shade or a value.
pub fn usual_noise(name: &str) -> f64 {
    match name {
        "xor" => 0.05,
        "spirals" => 0.02,
        "circles" => 0.08,
        "stripes" => 0.3,
        _ => MOONS_NOISE,
    }
}

/// The most points `moons` will make.
const MOST_POINTS: usize = 1_000_000;

/// What can be chosen about a computed dataset.
pub(super) struct Making {
    /// Seed of the generator.
    pub(super) seed: u64,
    /// Number of examples, at least 6; [`MOONS_SIZE`] unless chosen.
    pub(super) size: Option<usize>,
    /// Standard deviation of the noise, 0 to 1; each dataset has its own unless chosen.
    pub(super) noise: Option<f64>,
}

/// Size, noise and a generator of its own for a dataset; `size` is 6 to [`MOST_POINTS`] and `noise` 0 to 1.
fn checked(name: &str, making: &Making, noise: f64) -> Result<(usize, f64, Pcg32), DataError> {
    let size = making.size.unwrap_or(MOONS_SIZE);
    let noise = making.noise.unwrap_or(noise);
    if !(6..=MOST_POINTS).contains(&size) {
        return Err(DataError::invalid(
            name,
            format!("size is {size}; expected 6 to {MOST_POINTS}"),
        ));
    }
    if !(0.0..=1.0).contains(&noise) {
        return Err(DataError::invalid(
            name,
            format!("noise is {noise}; expected 0 to 1"),
        ));
    }
    let stream = name
        .bytes()
        .fold(0_u64, |stream, byte| stream << 8 | u64::from(byte));
    Ok((size, noise, generator(making.seed, stream)))
}

/// Four sixths train, one sixth validates, the rest tests.
fn sixths(mut data: Dataset) -> Result<Dataset, DataError> {
    let validation = data.len() / 6;
    data.resplit(4 * validation, validation, data.len() - 5 * validation)?;
    Ok(data)
}

/// Examples of two classes in turn.
fn alternating(size: usize) -> Targets {
    Targets::Classes((0..size).map(|i| (i % 2) as u16).collect())
}

/// Examples of a shape, of two classes in turn, each made from its number, the noise and the generator.
pub(super) fn made(
    name: &str,
    making: &Making,
    noise: f64,
    shape: [usize; 3],
    classes: [&str; 2],
    mut make: impl FnMut(usize, f64, &mut Pcg32) -> Vec<f64>,
) -> Result<Dataset, DataError> {
    let (size, noise, mut generator) = checked(name, making, noise)?;
    let values = (0..size)
        .flat_map(|i| make(i, noise, &mut generator))
        .collect();
    let targets = alternating(size).named(classes.map(str::to_owned).into());
    sixths(Dataset::from_reals(
        name,
        shape,
        values,
        targets,
        Filing::OneFile,
    )?)
}

/// As [`made`], points in the plane: the noise is added to each coordinate.
pub(super) fn points(
    name: &str,
    making: &Making,
    noise: f64,
    classes: [&str; 2],
    mut make: impl FnMut(usize, &mut Pcg32) -> (f64, f64),
) -> Result<Dataset, DataError> {
    made(
        name,
        making,
        noise,
        [2, 1, 1],
        classes,
        |i, noise, generator| {
            let (x, y) = make(i, generator);
            vec![
                x + noise * nearly_normal(generator),
                y + noise * nearly_normal(generator),
            ]
        },
    )
}

/// As [`made`], sequences of one value a step.
pub(super) fn made_sequences(
    name: &str,
    making: &Making,
    noise: f64,
    classes: [&str; 2],
    mut make: impl FnMut(usize, f64, &mut Pcg32) -> Vec<f64>,
) -> Result<Dataset, DataError> {
    let (size, noise, mut generator) = checked(name, making, noise)?;
    let (mut lengths, mut steps) = (Vec::with_capacity(size), Vec::new());
    for i in 0..size {
        let sequence = make(i, noise, &mut generator);
        lengths.push(sequence.len() as u32);
        steps.extend(sequence);
    }
    let targets = alternating(size).named(classes.map(str::to_owned).into());
    sixths(Dataset::from_sequences(
        name,
        1,
        lengths,
        Steps::Reals(steps),
        targets,
        Filing::OneFile,
    )?)
}

/// Two interleaved half circles of radius 1, one class each: the upper one around (0, 0), the lower one around (1, 0.5).
///
/// Points alternate between the classes; angles are uniform, each coordinate gets noise.
///
/// # Errors
/// [`DataError::Invalid`] if size or noise is out of range.
pub(super) fn moons(making: &Making) -> Result<Dataset, DataError> {
    let classes = ["upper", "lower"];
    points("moons", making, MOONS_NOISE, classes, |i, generator| {
        let (cos, sin) = upper_half_circle(generator);
        if i % 2 == 1 {
            (1.0 - cos, 0.5 - sin)
        } else {
            (cos, sin)
        }
    })
}

/// One example, x = 1 with the target y = 2, in every part: what a chain of single nodes is shown on.
///
/// # Errors
/// None in practice; the signature is that of the other loaders.
pub(super) fn chain() -> Result<Dataset, DataError> {
    let targets = Targets::Values {
        dim: 1,
        data: vec![2.0],
    };
    Dataset::from_reals(
        "chain",
        [1, 1, 1],
        vec![1.0],
        targets.named(Vec::new()),
        Filing::Shared,
    )
}

/// Cosine and sine of an angle in whole turns, within 1e-15, by products and sums alone.
pub(super) fn turned(turns: f64) -> (f64, f64) {
    // Quarters of a turn are exact; what is left is at most an eighth, where the series converge at once.
    let quarters = (turns * 4.0).round();
    let angle = (turns - quarters / 4.0) * std::f64::consts::TAU;
    let square = angle * angle;
    let series = |first: f64, start: f64| {
        let (mut sum, mut term) = (first, first);
        for k in 0..9 {
            let n = 2.0 * f64::from(k) + start;
            term = -term * square / (n * (n + 1.0));
            sum += term;
        }
        sum
    };
    let (cos, sin) = (series(1.0, 1.0), series(angle, 2.0));
    match quarters.rem_euclid(4.0) as u8 {
        0 => (cos, sin),
        1 => (-sin, cos),
        2 => (-cos, -sin),
        _ => (sin, -cos),
    }
}

/// Cosine and sine of an angle uniform in (0, π): a point of the half disc, moved out to its rim.
fn upper_half_circle(generator: &mut Pcg32) -> (f64, f64) {
    loop {
        let (u, v) = (2.0 * unit(generator) - 1.0, unit(generator));
        let square = u * u + v * v;
        if square > 1e-6 && square <= 1.0 {
            let radius = square.sqrt();
            return (u / radius, v / radius);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Part;

    fn points(data: &Dataset) -> Vec<[f64; 2]> {
        (0..data.len())
            .map(|i| {
                let mut point = [0.0; 2];
                data.write_input(i, &mut point);
                point
            })
            .collect()
    }

    #[test]
    fn moons_without_noise_lie_on_their_half_circles() {
        let data = moons(&Making {
            seed: 4,
            size: Some(1000),
            noise: Some(0.0),
        })
        .unwrap();
        for (i, [x, y]) in points(&data).into_iter().enumerate() {
            let (dx, dy) = if data.label(i) == Some(0) {
                (x, y)
            } else {
                (1.0 - x, 0.5 - y)
            };
            assert!((dx * dx + dy * dy - 1.0).abs() < 1e-12 && dy >= 0.0);
        }
        let mean = points(&data).iter().step_by(2).map(|p| p[1]).sum::<f64>() / 500.0;
        assert!(
            (mean - 2.0 / std::f64::consts::PI).abs() < 0.05,
            "mean sine {mean}: angles are uniform"
        );
    }

    #[test]
    fn moons_are_balanced_bounded_and_split() {
        let data = moons(&Making {
            seed: 0,
            size: None,
            noise: None,
        })
        .unwrap();
        assert_eq!(
            (
                data.range(Part::Train),
                data.range(Part::Validation),
                data.range(Part::Test)
            ),
            (0..400, 400..500, 500..600)
        );
        let lower = |part: Part| {
            data.range(part)
                .filter(|&i| data.label(i) == Some(1))
                .count()
        };
        assert_eq!(
            (
                lower(Part::Train),
                lower(Part::Validation),
                lower(Part::Test)
            ),
            (200, 50, 50)
        );
        for [x, y] in points(&data) {
            assert!(
                (-1.7..=2.7).contains(&x) && (-1.2..=1.7).contains(&y),
                "({x}, {y})"
            );
        }
    }

    #[test]
    fn turns_are_those_of_the_standard_library() {
        for i in -50..150 {
            let turns = f64::from(i) / 37.0;
            let (cos, sin) = turned(turns);
            let (s, c) = (turns * std::f64::consts::TAU).sin_cos();
            assert!(
                (cos - c).abs() < 2e-15 * 8.0 && (sin - s).abs() < 2e-15 * 8.0,
                "{turns}"
            );
        }
        assert_eq!(turned(0.25), (0.0, 1.0));
        assert_eq!(turned(0.5), (-1.0, 0.0));
    }

    #[test]
    fn noise_has_the_standard_deviation_asked_for() {
        let mut generator = generator(1, 1);
        let draws: Vec<f64> = (0..20_000).map(|_| nearly_normal(&mut generator)).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 20_000.0;
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
    }

    #[test]
    fn a_seed_fixes_every_bit_and_another_changes_them() {
        let bits = |seed| {
            points(
                &moons(&Making {
                    seed,
                    size: Some(60),
                    noise: Some(0.1),
                })
                .unwrap(),
            )
            .concat()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<_>>()
        };
        assert_eq!(bits(3), bits(3));
        assert_ne!(bits(3), bits(4));
    }

    #[test]
    fn options_out_of_range_are_refused() {
        for (size, noise) in [
            (5, 0.1),
            (usize::MAX, 0.1),
            (600, -0.1),
            (600, f64::NAN),
            (600, 1.5),
        ] {
            let line = moons(&Making {
                seed: 0,
                size: Some(size),
                noise: Some(noise),
            })
            .unwrap_err()
            .to_string();
            assert!(
                line.starts_with("moons: ") && line.contains("expected"),
                "{line}"
            );
        }
        for size in 6..40 {
            assert!(
                moons(&Making {
                    seed: 0,
                    size: Some(size),
                    noise: Some(0.1)
                })
                .is_ok()
            );
        }
    }

    #[test]
    fn the_chain_is_one_example_everywhere() {
        let data = chain().unwrap();
        assert_eq!((data.len(), data.input_len(), data.target_len()), (1, 1, 1));
        let (mut x, mut y) = ([0.0], [0.0]);
        data.write_input(0, &mut x);
        data.write_target(0, &mut y);
        assert_eq!((x, y), ([1.0], [2.0]));
        for part in [Part::Train, Part::Validation, Part::Test] {
            assert_eq!(data.range(part), 0..1);
        }
        assert_eq!(data.label(0), None);
    }
}
