//! One axis of a plot: where values stand on it, the round numbers at its side, and how those are written.

use crate::app::format;

/// An axis from its low to its high end, evenly or by powers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The value at its low end.
    pub low: f64,
    /// The value at its high end.
    pub high: f64,
    /// By powers; the ends are then above 0.
    pub log: bool,
}

/// What stands at an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Numbers.
    #[default]
    Plain,
    /// Shares of 1, written as percentages.
    Percent,
    /// Whole numbers.
    Whole,
}

impl Axis {
    /// Evenly between two values.
    pub fn even([low, high]: [f64; 2]) -> Self {
        Self {
            low,
            high,
            log: false,
        }
    }

    /// By powers between two values above 0.
    pub fn powers([low, high]: [f64; 2]) -> Self {
        Self {
            low,
            high,
            log: true,
        }
    }

    fn of(&self, v: f64) -> f64 {
        match self.log {
            // What is not above 0 is further down than any number.
            true => v.max(f64::MIN_POSITIVE).ln(),
            false => v,
        }
    }

    /// Where a value stands: 0 at the low end, 1 at the high one.
    pub fn share(&self, v: f64) -> f64 {
        let (low, high) = (self.of(self.low), self.of(self.high));
        (self.of(v) - low) / (high - low)
    }

    /// The value that stands there.
    pub fn value(&self, share: f64) -> f64 {
        let (low, high) = (self.of(self.low), self.of(self.high));
        let v = low + share * (high - low);
        if self.log { v.exp() } else { v }
    }

    /// The values at two shares.
    pub fn part(&self, [from, to]: [f64; 2]) -> [f64; 2] {
        [self.value(from), self.value(to)]
    }

    /// True if it shows a value.
    pub fn has(&self, v: f64) -> bool {
        (self.low..=self.high).contains(&v)
    }

    /// Round numbers on it, at most about `most` of them.
    pub fn ticks(&self, most: usize, unit: Unit) -> Vec<f64> {
        let most = most.max(2);
        if self.log {
            let powers = self.powers_of_ten(most);
            if powers.len() > 1 {
                return powers;
            }
        }
        let step = self.step(most, unit);
        let (first, last) = ((self.low / step).ceil(), (self.high / step).floor());
        let count = (last - first).clamp(-1.0, 24.0) as i64;
        let at = |i: i64| (first + i as f64) * step;
        let shown = (0..=count).map(at);
        shown.filter(|v| !self.log || *v > 0.0).collect()
    }

    /// The distance of even ticks.
    fn step(&self, most: usize, unit: Unit) -> f64 {
        let step = nice_step((self.high - self.low) / most as f64);
        match unit {
            Unit::Whole => step.ceil().max(1.0),
            Unit::Plain | Unit::Percent => step,
        }
    }

    /// 1, 2 and 5 times powers of ten, or the powers, or every so-manieth of them.
    fn powers_of_ten(&self, most: usize) -> Vec<f64> {
        let (low, high) = (self.low.log10().floor(), self.high.log10().ceil());
        let near = |v: &f64| *v >= self.low * (1.0 - 1e-9) && *v <= self.high * (1.0 + 1e-9);
        let within = |every: usize, times: &[f64]| -> Vec<f64> {
            let powers = (low as i32..=high as i32).filter(|p| p.rem_euclid(every as i32) == 0);
            // A division makes the round number that a product misses by a bit.
            let power = |p: i32, m: f64| match p {
                0.. => m * 10f64.powi(p),
                _ => m / 10f64.powi(-p),
            };
            let all = powers.flat_map(|p| times.iter().map(move |&m| power(p, m)));
            all.filter(near).collect()
        };
        for times in [&[1.0, 2.0, 5.0][..], &[1.0]] {
            let found = within(1, times);
            if found.len() <= most {
                return found;
            }
        }
        let every = ((high - low) / most as f64).ceil().max(1.0) as usize;
        within(every, &[1.0])
    }

    /// How a tick is written: with as many digits as tell it from its neighbours, by a power of ten where it is very large or small.
    pub fn words(&self, v: f64, most: usize, unit: Unit) -> String {
        match unit {
            Unit::Percent => {
                let step = if self.log { v } else { self.step(most, unit) };
                format!("{} %", written(v * 100.0, step * 100.0))
            }
            _ if self.log && self.powers_of_ten(most).len() > 1 => match v {
                1e5.. => format::scientific(v, 3),
                _ => format::number3(v),
            },
            _ => written(v, self.step(most, unit)),
        }
    }
}

/// A multiple of `step`.
fn written(v: f64, step: f64) -> String {
    // Nearly 0 is the 0 that rounding has missed.
    if v.abs() < step * 1e-6 {
        return "0".to_owned();
    }
    let places = |v: f64| v.abs().log10().floor() as i32;
    // A step of 25 has a digit more than one of 20.
    let finest = step / 10f64.powi(places(step));
    let more = i32::from((finest - finest.round()).abs() > 1e-6);
    let digits = (places(v) - places(step) + 1 + more).clamp(1, 15) as usize;
    match v.abs() {
        1e7.. | ..1e-4 => format::scientific(v, digits),
        _ => {
            let shown = format!("{:.*e}", digits - 1, v).parse().unwrap_or(v);
            match f64::fract(shown) == 0.0 {
                true => format::integer(shown as i64),
                false => format::significant(shown, digits),
            }
        }
    }
}

/// The next of 1, 2, 2.5 and 5 times a power of ten at or above `v`.
pub fn nice_step(v: f64) -> f64 {
    if v <= 0.0 || !v.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(v.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|s| *s >= v * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// A round number at or above `v`.
pub fn ceiling(v: f64) -> f64 {
    if v <= 0.0 || !v.is_finite() {
        return 1.0;
    }
    let power = 10f64.powf(v.log10().floor());
    [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|r| *r >= v)
        .unwrap_or(v)
}

/// The ends of an axis by powers that shows these values: those above 0 that are not smaller than the largest by more than nine powers
/// of ten, out to a round number where one is near. `None` where nothing is above 0.
pub fn powers_for(values: impl Iterator<Item = f64>) -> Option<[f64; 2]> {
    let shown = values.filter(|v| *v > 0.0 && v.is_finite());
    let (low, high) = shown.fold((f64::INFINITY, 0.0_f64), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if high <= 0.0 {
        return None;
    }
    let low = low.max(high * 1e-9);
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let round = powers.flat_map(|p| [1.0, 2.0, 5.0].map(|m| m * 10f64.powi(p)));
    let near: Vec<f64> = round
        .filter(|v| (low * 0.8..=high * 1.25).contains(v))
        .collect();
    let low = near.first().map_or(low, |v| v.min(low));
    let high = near.last().map_or(high, |v| v.max(high));
    Some([low, high.max(low * 1.5)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(axis: Axis, most: usize, unit: Unit) -> Vec<String> {
        let ticks = axis.ticks(most, unit).into_iter();
        ticks.map(|v| axis.words(v, most, unit)).collect()
    }

    #[test]
    fn what_stands_at_an_axis_can_be_read() {
        let even = |low, high| said(Axis::even([low, high]), 4, Unit::Plain);
        assert_eq!(even(0.0, 1.0), ["0", "0.25", "0.5", "0.75", "1"]);
        assert_eq!(even(0.0, 1e14), ["0", "2.5e13", "5e13", "7.5e13", "1e14"]);
        assert_eq!(even(0.0, 3e-6), ["0", "1e−6", "2e−6", "3e−6"]);
        assert_eq!(even(-1.0, 1.0), ["−1", "−0.5", "0", "0.5", "1"]);
        assert_eq!(
            even(12_000.0, 20_000.0),
            ["12,000", "14,000", "16,000", "18,000", "20,000"]
        );
        assert_eq!(
            even(0.912_31, 0.912_39),
            ["0.91232", "0.91234", "0.91236", "0.91238"]
        );
        let percent = |low, high| said(Axis::even([low, high]), 4, Unit::Percent);
        assert_eq!(percent(0.0, 1.0), ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        assert_eq!(
            percent(0.951, 0.959),
            ["95.2 %", "95.4 %", "95.6 %", "95.8 %"]
        );
        let whole = |low, high| said(Axis::even([low, high]), 4, Unit::Whole);
        assert_eq!(whole(0.0, 3.0), ["0", "1", "2", "3"]);
        assert_eq!(whole(3.2, 4.4), ["4"]);
        assert_eq!(
            whole(0.0, 4e6),
            ["0", "1,000,000", "2,000,000", "3,000,000", "4,000,000"]
        );
    }

    #[test]
    fn powers_are_as_many_as_have_room() {
        let axis = Axis::powers([0.05, 2.0]);
        let six = said(axis, 8, Unit::Plain);
        assert_eq!(six, ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(said(axis, 4, Unit::Plain), ["0.1", "1"]);
        let wide = Axis::powers([1e-9, 1e3]);
        assert_eq!(
            said(wide, 5, Unit::Plain),
            ["1e−9", "1e−6", "0.001", "1", "1,000"]
        );
        // Between two powers even steps say more than one number.
        assert_eq!(
            said(Axis::powers([0.61, 0.72]), 4, Unit::Plain),
            ["0.65", "0.7"]
        );
        assert_eq!(
            said(Axis::powers([0.5, 1.0]), 4, Unit::Percent),
            ["50 %", "100 %"]
        );
    }

    #[test]
    fn a_value_comes_back_from_where_it_stands() {
        for axis in [Axis::even([-2.0, 6.0]), Axis::powers([1e-6, 1e3])] {
            for share in [0.0, 0.25, 1.0, 1.5] {
                let back = axis.share(axis.value(share));
                assert!((back - share).abs() < 1e-12, "{axis:?} {share}");
            }
        }
        // Zero is below everything, and a number all the same.
        let zero = Axis::powers([1e-6, 1.0]).share(0.0);
        assert!(zero < -10.0 && zero.is_finite());
    }

    #[test]
    fn powers_show_what_is_above_zero() {
        let ends = |values: &[f64]| powers_for(values.iter().copied());
        assert_eq!(ends(&[]), None);
        assert_eq!(ends(&[0.0, -3.0, f64::NAN]), None);
        assert_eq!(ends(&[0.0, 0.052, 2.3]), Some([0.05, 2.3]));
        assert_eq!(ends(&[1e-30, 1.0]), Some([1e-9, 1.0]));
        let [low, high] = ends(&[0.7]).unwrap();
        assert!(low <= 0.7 && high >= 0.7 && high >= low * 1.5);
    }
}
