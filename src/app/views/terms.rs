//! Which terms of a long sum are shown.

/// Puts the `most` terms of largest size first, in order (of equals the first comes first), and the rest behind them in any.
pub fn largest_first<T: Copy>(terms: &mut Vec<T>, most: usize, size: impl Fn(&T) -> f64) {
    let mut sizes: Vec<(f64, usize)> = terms.iter().map(size).zip(0..).collect();
    let by_size = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let most = most.min(sizes.len());
    if most < sizes.len() {
        sizes.select_nth_unstable_by(most, by_size);
    }
    sizes[..most].sort_by(by_size);
    *terms = sizes.into_iter().map(|(_, i)| terms[i]).collect();
}
