//! Noise that is a function of where it falls: (draw of the update, example, step, vertex, unit), whatever thread asks.

use crate::network::init::unit_interval;

/// SplitMix64's step and its output function.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The key of a stream: the parts are mixed in one by one, so that no two streams of a run are shifts of each other.
pub(super) fn key(parts: [u64; 4]) -> u64 {
    parts
        .into_iter()
        .fold(0, |key, part| mix(key ^ part.wrapping_add(GOLDEN)))
}

/// The draw from N(0, 1) at a place of a stream (Box and Muller 1958).
pub(super) fn normal(key: u64, place: u64) -> f64 {
    let at = |i: u64| mix(key.wrapping_add((2 * place + i + 1).wrapping_mul(GOLDEN)));
    // In (0, 1], so that the logarithm is finite.
    let radius = 1.0 - unit_interval(at(0));
    let angle = std::f64::consts::TAU * unit_interval(at(1));
    (-2.0 * radius.ln()).sqrt() * angle.cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_moments_of_the_normal_distribution() {
        let n = 200_000;
        for stream in [key([7, 0, 0, 1]), key([7, 1, 0, 1]), key([7, 0, 1, 1])] {
            let draws: Vec<f64> = (0..n).map(|i| normal(stream, i)).collect();
            let moment = |p: i32| draws.iter().map(|d| d.powi(p)).sum::<f64>() / n as f64;
            // Five standard errors of each mean.
            for (p, expected, spread) in
                [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]
            {
                let allowed = 5.0 * (f64::from(spread as u32) / n as f64).sqrt();
                assert!(
                    (moment(p) - expected).abs() < allowed,
                    "moment {p} is {}",
                    moment(p)
                );
            }
            let neighbours: f64 = draws.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / n as f64;
            assert!(neighbours.abs() < 5.0 / (n as f64).sqrt(), "{neighbours}");
        }
    }

    #[test]
    fn every_part_of_the_key_matters() {
        let base = [3, 5, 8, 13];
        let own = normal(key(base), 0);
        for part in 0..4 {
            let mut other = base;
            other[part] += 1;
            assert_ne!(normal(key(other), 0), own);
        }
        assert_eq!(normal(key(base), 0), own);
    }
}
