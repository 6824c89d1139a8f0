//! The order in which an epoch visits the training examples: a function of seed, epoch and length, and of nothing else.
//!
//! An epoch is one permutation of `0..len`, drawn by a Fisher–Yates shuffle (Knuth, *The Art of Computer Programming*, volume 2,
//! algorithm P) from a generator that gives the same numbers on every machine. Batches are consecutive pieces of it; the last one is
//! shorter if the batch size does not divide `len`, and is kept, so every epoch visits every example once. Positions count from the
//! start of the training range: add its start to get the number of an example.

use super::draws::generator;
use rand_pcg::Pcg32;
use rand_pcg::rand_core::Rng;

/// The order of one epoch: a permutation of `0..len`.
///
/// # Panics
/// If `len` exceeds `u32::MAX`.
pub fn order(seed: u64, epoch: u64, len: usize) -> Vec<u32> {
    let mut positions = vec![0; len];
    fill_order(seed, epoch, &mut positions);
    positions
}

/// Overwrites `positions` with the order of one epoch over `0..positions.len()`, without allocating.
///
/// # Panics
/// If there are more than `u32::MAX` positions.
pub fn fill_order(seed: u64, epoch: u64, positions: &mut [u32]) {
    assert!(
        u32::try_from(positions.len()).is_ok(),
        "an epoch has at most {} examples",
        u32::MAX
    );
    for (position, i) in positions.iter_mut().zip(0..) {
        *position = i;
    }
    let mut generator = generator(seed, epoch);
    for last in (1..positions.len()).rev() {
        let chosen = below(&mut generator, last as u32 + 1);
        positions.swap(last, chosen as usize);
    }
}

/// How many batches an epoch of `len` examples has, the short one included. A batch size of 0 counts as 1.
pub fn batch_count(len: usize, batch: usize) -> usize {
    len.div_ceil(batch.max(1))
}

/// Batch `index` of an epoch's order: `batch` positions, or fewer in the last one. A batch size of 0 counts as 1.
///
/// # Panics
/// If `index` is not below [`batch_count`].
pub fn batch(order: &[u32], index: usize, batch: usize) -> &[u32] {
    let batch = batch.max(1);
    let start = index * batch;
    assert!(
        start < order.len(),
        "batch {index} of {}",
        batch_count(order.len(), batch)
    );
    &order[start..order.len().min(start + batch)]
}

/// A number in `0..bound`, every one equally likely (Lemire 2019: multiply, and reject the few that would be counted twice).
fn below(generator: &mut Pcg32, bound: u32) -> u32 {
    let surplus = bound.wrapping_neg() % bound;
    loop {
        let product = u64::from(generator.next_u32()) * u64::from(bound);
        if product as u32 >= surplus {
            return (product >> 32) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_comes_once() {
        for len in [0, 1, 2, 3, 64, 1000] {
            let mut seen = order(5, 2, len);
            seen.sort_unstable();
            assert_eq!(seen, (0..len as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_is_fixed_for_all_machines_and_times() {
        // From a second program, in another language, written from the published PCG32, SplitMix64 and shuffle; its PCG32 gives
        // the numbers of the PCG paper's demonstration. A change here breaks the replay of every recording.
        assert_eq!(order(0, 0, 10), FIRST_ORDER);
        assert_eq!(order(0, 1, 10), SECOND_ORDER);
        let mut reused = [77; 10];
        fill_order(0, 1, &mut reused);
        assert_eq!(reused, SECOND_ORDER);
    }

    const FIRST_ORDER: [u32; 10] = [5, 1, 7, 0, 2, 4, 3, 8, 9, 6];
    const SECOND_ORDER: [u32; 10] = [4, 5, 7, 2, 8, 0, 3, 1, 9, 6];

    #[test]
    fn seeds_and_epochs_differ() {
        let orders = [
            order(0, 0, 100),
            order(0, 1, 100),
            order(1, 0, 100),
            order(1, 1, 100),
        ];
        for (i, a) in orders.iter().enumerate() {
            assert!(orders[i + 1..].iter().all(|b| a != b));
        }
    }

    #[test]
    fn every_permutation_is_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for epoch in 0..24_000 {
            *counts.entry(order(3, epoch, 4)).or_insert(0_i32) += 1;
        }
        assert_eq!(counts.len(), 24);
        // 1,000 each, standard deviation 31.
        assert!(
            counts.values().all(|&n| (n - 1000).abs() < 155),
            "{counts:?}"
        );
    }

    #[test]
    fn the_last_batch_is_short_and_kept() {
        let order = order(1, 0, 10);
        assert_eq!(batch_count(10, 4), 3);
        let sizes: Vec<usize> = (0..3).map(|i| batch(&order, i, 4).len()).collect();
        assert_eq!(sizes, [4, 4, 2]);
        let joined: Vec<u32> = (0..3).flat_map(|i| batch(&order, i, 4)).copied().collect();
        assert_eq!(joined, order);
        assert_eq!(
            (batch_count(8, 4), batch_count(0, 4), batch_count(3, 0)),
            (2, 0, 3)
        );
    }
}
