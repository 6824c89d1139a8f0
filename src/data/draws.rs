//! Numbers drawn for data: the same on every machine.

use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// A generator of its own for each (seed, epoch).
pub(super) fn generator(seed: u64, stream: u64) -> Pcg32 {
    // Neighbouring seeds and epochs are spread over the whole state and stream, which PCG does not do by itself.
    let state = spread(seed ^ spread(stream));
    Pcg32::new(state, spread(state ^ stream))
}

/// Uniform in [0, 1), a multiple of 2^-53.
pub(super) fn unit(generator: &mut Pcg32) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Mean 0, standard deviation 1, within 6: the sum of twelve uniform numbers less six, close to normal without a logarithm.
pub(super) fn nearly_normal(generator: &mut Pcg32) -> f64 {
    (0..12).map(|_| unit(generator)).sum::<f64>() - 6.0
}

/// The finalising function of SplitMix64 (Steele, Lea and Flood 2014): a permutation of the 64-bit numbers that mixes all bits.
fn spread(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
