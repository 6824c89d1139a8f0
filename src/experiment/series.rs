//! A series that never outgrows its budget: buckets of mean, least and most, merged in pairs when there are too many.

use serde::{Deserialize, Serialize};

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
    /// The lane's own matrix products up to its last point.
    pub products: u64,
    /// Nothing was measured between the bucket before and this one.
    pub after_gap: bool,
    /// Nothing was measured somewhere between its points.
    pub hole: bool,
}

impl Bucket {
    /// This bucket with the one after it.
    fn with(self, next: Self) -> Self {
        let (n, m) = (self.count as f64, next.count as f64);
        Self {
            mean: (self.mean * n + next.mean * m) / (n + m),
            min: self.min.min(next.min),
            max: self.max.max(next.max),
            count: self.count + next.count,
            after_gap: self.after_gap,
            hole: self.hole || next.hole || next.after_gap,
            ..next
        }
    }
}

/// When a point was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// The update of the race.
    pub update: u64,
    /// The lane's own compute time so far, in seconds.
    pub seconds: f64,
    /// The lane's own matrix products so far.
    pub products: u64,
}

/// Points in the order of updates, at most [`Series::MOST`] buckets of equal size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Series {
    buckets: Vec<Bucket>,
    per_bucket: u64,
    /// Nothing was measured since the last point.
    gap: bool,
}

/// A series in a file. Of a bucket: update, mean, least, most, points, seconds, products, 1 after a gap, 1 with a hole; what was not
/// finite is null.
#[derive(Serialize, Deserialize)]
struct Kept {
    per_bucket: u64,
    ends_in_gap: bool,
    buckets: Vec<KeptBucket>,
}

type Number = Option<f64>;
type KeptBucket = (u64, Number, Number, Number, u64, Number, u64, u8, u8);

impl From<Series> for Kept {
    fn from(series: Series) -> Self {
        let finite = |v: f64| v.is_finite().then_some(v);
        let bucket = |b: &Bucket| {
            let [mean, min, max, seconds] = [b.mean, b.min, b.max, b.seconds].map(finite);
            let (gap, hole) = (u8::from(b.after_gap), u8::from(b.hole));
            (
                b.update, mean, min, max, b.count, seconds, b.products, gap, hole,
            )
        };
        Self {
            per_bucket: series.per_bucket,
            ends_in_gap: series.gap,
            buckets: series.buckets.iter().map(bucket).collect(),
        }
    }
}

impl From<Kept> for Series {
    fn from(kept: Kept) -> Self {
        let number = |v: Number| v.unwrap_or(f64::NAN);
        let bucket = |b: &KeptBucket| Bucket {
            update: b.0,
            mean: number(b.1),
            min: number(b.2),
            max: number(b.3),
            count: b.4,
            seconds: number(b.5),
            products: b.6,
            after_gap: b.7 > 0,
            hole: b.8 > 0,
        };
        Self {
            buckets: kept.buckets.iter().map(bucket).collect(),
            per_bucket: kept.per_bucket,
            gap: kept.ends_in_gap,
        }
    }
}

impl Default for Series {
    fn default() -> Self {
        Self {
            buckets: Vec::with_capacity(Self::MOST),
            per_bucket: 1,
            gap: false,
        }
    }
}

impl Series {
    /// Most buckets kept.
    pub const MOST: usize = 1024;

    /// True if it is one that points up to `last` make: read from a file, it may be any.
    pub fn is_sound(&self, last: u64) -> bool {
        let mut before = None;
        let forward = self.buckets.iter().all(|b| {
            let after = before.is_none_or(|before| b.update >= before);
            before = Some(b.update);
            after && (1..=self.per_bucket).contains(&b.count) && b.update <= last
        });
        forward && self.buckets.len() <= Self::MOST && self.per_bucket.is_power_of_two()
    }

    /// Adds a point.
    pub fn push(&mut self, at: At, value: f64) {
        let gap = std::mem::replace(&mut self.gap, false) && !self.buckets.is_empty();
        let point = Bucket {
            update: at.update,
            mean: value,
            min: value,
            max: value,
            count: 1,
            seconds: at.seconds,
            products: at.products,
            after_gap: gap,
            hole: false,
        };
        if let Some(last) = self.buckets.last_mut()
            && last.count < self.per_bucket
            && !gap
        {
            *last = last.with(point);
            return;
        }
        if self.buckets.len() == Self::MOST {
            for i in 0..Self::MOST / 2 {
                self.buckets[i] = self.buckets[2 * i].with(self.buckets[2 * i + 1]);
            }
            self.buckets.truncate(Self::MOST / 2);
            self.per_bucket *= 2;
        }
        self.buckets.push(point);
    }

    /// Gives up what was measured after `from` updates and more. Points that had been merged with such go with them, which leaves a
    /// gap.
    pub fn cut(&mut self, from: u64) {
        let first = self.buckets.iter().find(|b| b.update >= from);
        if let Some(bucket) = first {
            self.gap = bucket.count > 1;
        }
        self.buckets.retain(|b| b.update < from);
    }

    /// Notes that nothing was measured where a point would have been.
    pub fn skip(&mut self) {
        self.gap = true;
    }

    /// True if nothing has been measured since the last point where one would have been.
    pub fn ends_in_gap(&self) -> bool {
        self.gap
    }

    /// The buckets, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// The most points that a bucket sums up; 0 where there are none.
    pub fn most_points(&self) -> u64 {
        self.buckets.iter().map(|b| b.count).max().unwrap_or(0)
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

    /// How many points a group of `size` really is of: whole stored buckets.
    pub fn group_of(&self, size: u64) -> u64 {
        size.div_ceil(self.per_bucket).max(1) * self.per_bucket
    }

    /// The same series regrouped for drawing: buckets of `size` points (rounded up to whole stored buckets); a gap ends a bucket.
    pub fn grouped(&self, size: u64) -> Vec<Bucket> {
        let stored = (self.group_of(size) / self.per_bucket) as usize;
        let mut groups: Vec<Bucket> = Vec::new();
        let mut room = 0;
        for &bucket in &self.buckets {
            match groups.last_mut() {
                Some(last) if room > 0 && !bucket.after_gap => {
                    *last = last.with(bucket);
                    room -= 1;
                }
                _ => {
                    groups.push(bucket);
                    room = stored - 1;
                }
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(update: u64) -> At {
        At {
            update,
            seconds: 0.0,
            products: 3 * update,
        }
    }

    #[test]
    fn a_gap_is_kept_however_often_buckets_are_merged() {
        let mut s = Series::default();
        s.skip();
        for update in 1..=40 {
            s.push(at(update), 1.0);
        }
        s.skip();
        s.skip();
        assert!(s.ends_in_gap());
        for update in 121..=200 {
            s.push(at(update), 3.0);
        }
        assert!(!s.ends_in_gap() && !s.buckets()[0].after_gap);
        let groups = s.grouped(7);
        let gaps: Vec<u64> = groups
            .iter()
            .filter(|b| b.after_gap)
            .map(|b| b.update - b.count + 1)
            .collect();
        assert_eq!(gaps, [121]);
        assert!(groups.iter().all(|b| !b.hole && b.min == b.max));
        // Thinned until the gap lies within a bucket, it is still known of.
        for update in 201..=20_000 {
            s.push(at(update), 3.0);
        }
        assert!(s.buckets().len() <= Series::MOST);
        assert!(s.buckets().iter().any(|b| b.after_gap || b.hole));
        // As many gaps as points do not outgrow the budget.
        for update in 20_001..=30_000 {
            s.skip();
            s.push(at(update), 3.0);
        }
        assert!(s.buckets().len() <= Series::MOST);
    }

    #[test]
    fn thinning_keeps_mean_extremes_and_the_last_point() {
        let mut s = Series::default();
        let n = 10_000u64;
        for u in 1..=n {
            s.push(at(u), if u == 4321 { 1e6 } else { u as f64 });
        }
        assert!(s.buckets().len() <= Series::MOST);
        let expected = ((1..=n).map(|u| u as f64).sum::<f64>() - 4321.0 + 1e6) / n as f64;
        assert!((s.mean() - expected).abs() < 1e-6 * expected);
        assert_eq!(s.last().unwrap().update, n);
        assert_eq!(s.buckets().iter().map(|b| b.max).fold(0.0, f64::max), 1e6);
        assert_eq!(s.buckets().iter().map(|b| b.count).sum::<u64>(), n);
    }
}
