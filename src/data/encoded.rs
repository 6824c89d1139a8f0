//! Rows of a table with words and gaps: a number for each column, made into inputs as they are handed out.

use super::inputs::{Affine, HUGE, Scale};
use super::numbers::Numbers;
use super::options::Missing;

/// What a column of a table becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Encoding {
    /// So many words, each an input of 0 and 1; 0 for a number.
    pub(super) words: u32,
    /// An input more says that there was a gap.
    pub(super) indicator: bool,
}

impl Encoding {
    /// A number.
    pub(super) const NUMBER: Self = Self {
        words: 0,
        indicator: false,
    };

    /// How many inputs it becomes.
    pub(super) fn width(self) -> usize {
        (self.words as usize).max(1) + usize::from(self.indicator)
    }
}

/// Rows of a table. Not a number is a gap; a word is the index of it.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) values: Numbers,
    pub(super) columns: Vec<Encoding>,
    /// What stands in for gaps.
    pub(super) missing: Missing,
}

impl Encoded {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Number of inputs.
    pub(super) fn width(&self) -> usize {
        self.columns.iter().map(|c| c.width()).sum()
    }

    fn row(&self, row: usize) -> impl Iterator<Item = (f64, Encoding)> {
        let start = row * self.columns.len();
        let columns = self.columns.iter().enumerate();
        columns.map(move |(c, encoding)| (self.values.get(start + c), *encoding))
    }

    /// The stored numbers of a row, a gap as not a number.
    pub(super) fn stored(&self, row: usize) -> Vec<f64> {
        self.row(row).map(|(value, _)| value).collect()
    }

    /// Calls `visit(input, value)` for every input of a row that has a value.
    pub(super) fn visit(&self, row: usize, mut visit: impl FnMut(usize, f64)) {
        self.each(row, |input, value| {
            if !value.is_nan() {
                visit(input, value);
            }
        });
    }

    /// Calls `each(input, value)` for every input of a row; a gap is not a number.
    fn each(&self, row: usize, mut each: impl FnMut(usize, f64)) {
        let mut input = 0;
        for (value, encoding) in self.row(row) {
            if encoding.words == 0 {
                each(input, value);
            } else {
                for word in 0..encoding.words as usize {
                    let own = if value.is_nan() {
                        f64::NAN
                    } else {
                        f64::from(u8::from(value == word as f64))
                    };
                    each(input + word, own);
                }
            }
            input += encoding.width();
            if encoding.indicator {
                each(input - 1, f64::from(u8::from(value.is_nan())));
            }
        }
    }

    /// Writes the inputs of a row.
    pub(super) fn fill<T>(
        &self,
        row: usize,
        affine: Option<&Affine>,
        out: &mut [T],
        convert: impl Fn(f64) -> T,
    ) {
        self.each(row, |input, value| {
            let scaled = match affine {
                Some(affine) => {
                    let value = if value.is_nan() {
                        affine.gaps.get(input).copied().unwrap_or(0.0)
                    } else {
                        value
                    };
                    affine.apply(input, value)
                }
                None if value.is_nan() => 0.0,
                None => value,
            };
            out[input] = convert(scaled);
        });
    }

    /// Learns the scaling and what stands in for gaps from some rows. Words stay 0 and 1.
    pub(super) fn fit(&self, scale: Scale, rows: impl Iterator<Item = usize> + Clone) -> Affine {
        let width = self.width();
        let mut low = vec![f64::INFINITY; width];
        let mut high = vec![f64::NEG_INFINITY; width];
        let mut sum = vec![0.0; width];
        let mut count = vec![0_u64; width];
        for row in rows.clone() {
            self.visit(row, |c, v| {
                low[c] = low[c].min(v);
                high[c] = high[c].max(v);
                sum[c] += v;
                count[c] += 1;
            });
        }
        let mean: Vec<f64> = (0..width)
            .map(|c| {
                let mean = sum[c] / count[c].max(1) as f64;
                if mean.is_finite() { mean } else { 0.0 }
            })
            .collect();
        let mut square = vec![0.0; width];
        for row in rows.clone() {
            self.visit(row, |c, v| square[c] += (v - mean[c]).powi(2));
        }
        let mut numbers = Vec::with_capacity(width);
        for encoding in &self.columns {
            let number = encoding.words == 0;
            let own = (encoding.words as usize).max(1);
            numbers.extend(std::iter::repeat_n(number, own));
            numbers.extend(encoding.indicator.then_some(false));
        }
        let mut affine = Affine {
            shift: vec![0.0; width],
            divisor: vec![1.0; width],
            gaps: mean.clone(),
        };
        if self.missing == Missing::Frequent {
            affine.gaps = self.most_frequent(rows, width);
        }
        for c in (0..width).filter(|&c| numbers[c] && count[c] > 0) {
            let largest = low[c].abs().max(high[c].abs());
            let (shift, divisor) = match scale {
                Scale::None => (0.0, 1.0),
                _ if largest > HUGE => (0.0, largest),
                _ if low[c] == high[c] => (low[c], 1.0),
                Scale::Unit => (low[c], high[c] - low[c]),
                Scale::Standardise => (mean[c], (square[c] / count[c] as f64).sqrt()),
            };
            affine.shift[c] = shift;
            affine.divisor[c] = if divisor > 0.0 { divisor } else { 1.0 };
        }
        affine
    }

    /// The most frequent value of each input (of a category, that of its most frequent word), the lowest of several.
    fn most_frequent(&self, rows: impl Iterator<Item = usize>, width: usize) -> Vec<f64> {
        let mut counts: Vec<std::collections::BTreeMap<u64, u32>> =
            vec![Default::default(); self.columns.len()];
        for row in rows {
            for (count, (value, _)) in counts.iter_mut().zip(self.row(row)) {
                if !value.is_nan() {
                    *count.entry((value + 0.0).to_bits()).or_insert(0) += 1;
                }
            }
        }
        let mut out = Vec::with_capacity(width);
        for (count, encoding) in counts.iter().zip(&self.columns) {
            let best = count
                .iter()
                .max_by(|a, b| {
                    let lower = f64::from_bits(*b.0).total_cmp(&f64::from_bits(*a.0));
                    a.1.cmp(b.1).then(lower)
                })
                .map_or(0.0, |(bits, _)| f64::from_bits(*bits));
            if encoding.words == 0 {
                out.push(best);
            } else {
                out.extend((0..encoding.words).map(|w| f64::from(u8::from(best == f64::from(w)))));
            }
            out.extend(encoding.indicator.then_some(0.0));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_one_hot_and_gaps_are_filled_from_the_rows_that_train() {
        let gap = f64::NAN;
        let table = |missing, indicator| Encoded {
            values: Numbers::Reals(vec![1.0, 0.0, gap, 1.0, 3.0, gap, 3.0, 1.0, 90.0, 2.0]),
            columns: vec![
                Encoding {
                    words: 0,
                    indicator,
                },
                Encoding {
                    words: 3,
                    indicator: false,
                },
            ],
            missing,
        };
        let row = |table: &Encoded, scale, row| {
            let affine = table.fit(scale, 0..4);
            let mut out = vec![9.0; table.width()];
            table.fill(row, Some(&affine), &mut out, |v| v);
            out
        };
        let mean = table(Missing::Mean, false);
        assert_eq!(row(&mean, Scale::None, 0), [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(row(&mean, Scale::None, 1), [7.0 / 3.0, 0.0, 1.0, 0.0]);
        assert_eq!(row(&mean, Scale::None, 2), [3.0, 1.0 / 3.0, 2.0 / 3.0, 0.0]);
        assert!(row(&mean, Scale::Standardise, 1)[0].abs() < 1e-15);
        let frequent = table(Missing::Frequent, false);
        assert_eq!(row(&frequent, Scale::None, 1), [3.0, 0.0, 1.0, 0.0]);
        assert_eq!(row(&frequent, Scale::None, 2), [3.0, 0.0, 1.0, 0.0]);
        let told = table(Missing::Indicator, true);
        assert_eq!(row(&told, Scale::Unit, 0), [0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(row(&told, Scale::Unit, 1)[1..], [1.0, 0.0, 1.0, 0.0]);
    }
}
