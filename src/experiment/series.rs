//! A series that never outgrows its budget: buckets of mean, least and most, merged in pairs when there are too many.

/// Some consecutive points of a series, summed up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The update after which its last point was taken.
    pub update: u64,
    /// Mean of its points.
    pub mean: f64,
    /// The least of them.
    pub min: f64,
    /// The most of them.
    pub max: f64,
    /// How many points.
    pub count: u64,
    /// The lane's own compute time up to its last point, in seconds.
    pub seconds: f64,
}

/// Points in the order of updates, at most [`Series::MOST`] buckets of equal size.
#[derive(Clone, Debug)]
pub struct Series {
    buckets: Vec<Bucket>,
    per_bucket: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self {
            buckets: Vec::with_capacity(Self::MOST),
            per_bucket: 1,
        }
    }
}

impl Series {
    /// Most buckets kept.
    pub const MOST: usize = 1024;

    /// Adds the point of `update`, with the lane's compute time so far.
    pub fn push(&mut self, update: u64, value: f64, seconds: f64) {
        if let Some(last) = self.buckets.last_mut()
            && last.count < self.per_bucket
        {
            let n = last.count as f64;
            last.mean = (last.mean * n + value) / (n + 1.0);
            last.min = last.min.min(value);
            last.max = last.max.max(value);
            last.count += 1;
            last.update = update;
            last.seconds = seconds;
            return;
        }
        if self.buckets.len() == Self::MOST {
            for i in 0..Self::MOST / 2 {
                let (a, b) = (self.buckets[2 * i], self.buckets[2 * i + 1]);
                let (n, m) = (a.count as f64, b.count as f64);
                self.buckets[i] = Bucket {
                    update: b.update,
                    mean: (a.mean * n + b.mean * m) / (n + m),
                    min: a.min.min(b.min),
                    max: a.max.max(b.max),
                    count: a.count + b.count,
                    seconds: b.seconds,
                };
            }
            self.buckets.truncate(Self::MOST / 2);
            self.per_bucket *= 2;
        }
        self.buckets.push(Bucket {
            update,
            mean: value,
            min: value,
            max: value,
            count: 1,
            seconds,
        });
    }

    /// The buckets, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Points per full bucket.
    pub fn per_bucket(&self) -> u64 {
        self.per_bucket
    }

    /// The last bucket.
    pub fn last(&self) -> Option<&Bucket> {
        self.buckets.last()
    }

    /// Mean over all points.
    pub fn mean(&self) -> f64 {
        let (sum, n) = self.buckets.iter().fold((0.0, 0), |(s, n), b| {
            (s + b.mean * b.count as f64, n + b.count)
        });
        sum / n as f64
    }

    /// The same series regrouped for drawing: buckets of `size` points (rounded up to whole stored buckets).
    pub fn grouped(&self, size: u64) -> Vec<Bucket> {
        let stored = size.div_ceil(self.per_bucket).max(1) as usize;
        self.buckets
            .chunks(stored)
            .map(|chunk| {
                let last = chunk[chunk.len() - 1];
                let n: u64 = chunk.iter().map(|b| b.count).sum();
                Bucket {
                    mean: chunk.iter().map(|b| b.mean * b.count as f64).sum::<f64>() / n as f64,
                    min: chunk.iter().map(|b| b.min).fold(f64::INFINITY, f64::min),
                    max: chunk
                        .iter()
                        .map(|b| b.max)
                        .fold(f64::NEG_INFINITY, f64::max),
                    count: n,
                    ..last
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_mean_extremes_and_the_last_point() {
        let mut s = Series::default();
        let n = 10_000u64;
        for u in 1..=n {
            s.push(u, if u == 4321 { 1e6 } else { u as f64 }, 0.0);
        }
        assert!(s.buckets().len() <= Series::MOST);
        let expected = ((1..=n).map(|u| u as f64).sum::<f64>() - 4321.0 + 1e6) / n as f64;
        assert!((s.mean() - expected).abs() < 1e-6 * expected);
        assert_eq!(s.last().unwrap().update, n);
        assert_eq!(s.buckets().iter().map(|b| b.max).fold(0.0, f64::max), 1e6);
        assert_eq!(s.buckets().iter().map(|b| b.count).sum::<u64>(), n);
    }
}
