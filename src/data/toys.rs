//! Datasets that are computed: two moons, and the chain's single example.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

use super::batches::generator;
use super::dataset::{Dataset, Targets};
use super::error::DataError;
use super::split::Filing;

/// How many points `moons` has unless told otherwise.
pub const MOONS_SIZE: usize = 600;
/// Standard deviation of the noise added to each coordinate of `moons` unless told otherwise.
pub const MOONS_NOISE: f64 = 0.1;
/// The most points `moons` will make.
const MOST_POINTS: usize = 1_000_000;

/// Two interleaved half circles of radius 1, one class each: the upper one around (0, 0), the lower one around (1, 0.5).
///
/// `size` points (at least 6) alternate between the classes; angles are uniform, each coordinate gets noise of standard deviation
/// `noise` (0 to 1). Four sixths train, one sixth validates, the rest tests. The same on every machine: only additions, products,
/// quotients and square roots, which IEEE 754 rounds in one way.
///
/// # Errors
/// [`DataError::Invalid`] if `size` or `noise` is out of range.
pub(super) fn moons(seed: u64, size: usize, noise: f64) -> Result<Dataset, DataError> {
    if !(6..=MOST_POINTS).contains(&size) {
        return Err(DataError::invalid(
            "moons",
            format!("size is {size}; expected 6 to {MOST_POINTS}"),
        ));
    }
    if !(0.0..=1.0).contains(&noise) {
        return Err(DataError::invalid(
            "moons",
            format!("noise is {noise}; expected 0 to 1"),
        ));
    }
    let mut generator = generator(seed, 0x006d_6f6f_6e73);
    let mut values = Vec::with_capacity(2 * size);
    let mut labels = Vec::with_capacity(size);
    for i in 0..size {
        let lower = i % 2 == 1;
        let (cos, sin) = upper_half_circle(&mut generator);
        let (x, y) = if lower {
            (1.0 - cos, 0.5 - sin)
        } else {
            (cos, sin)
        };
        values.push(x + noise * nearly_normal(&mut generator));
        values.push(y + noise * nearly_normal(&mut generator));
        labels.push(u16::from(lower));
    }
    let classes = vec!["upper".to_owned(), "lower".to_owned()];
    let mut data = Dataset::from_reals(
        "moons",
        [2, 1, 1],
        values,
        Targets::Classes(labels),
        classes,
        Filing::OneFile,
    )?;
    let validation = size / 6;
    data.resplit(4 * validation, validation, size - 5 * validation)?;
    Ok(data)
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
        targets,
        Vec::new(),
        Filing::Shared,
    )
}

/// Uniform in [0, 1), a multiple of 2^-53.
fn unit(generator: &mut Pcg32) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
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

/// Mean 0, standard deviation 1, within 6: the sum of twelve uniform numbers less six, close to normal without a logarithm.
fn nearly_normal(generator: &mut Pcg32) -> f64 {
    (0..12).map(|_| unit(generator)).sum::<f64>() - 6.0
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
        let data = moons(4, 1000, 0.0).unwrap();
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
        let data = moons(0, MOONS_SIZE, MOONS_NOISE).unwrap();
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
            points(&moons(seed, 60, 0.1).unwrap())
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
            let line = moons(0, size, noise).unwrap_err().to_string();
            assert!(
                line.starts_with("moons: ") && line.contains("expected"),
                "{line}"
            );
        }
        for size in 6..40 {
            assert!(moons(0, size, 0.1).is_ok());
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
