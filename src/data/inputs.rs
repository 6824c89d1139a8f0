//! The values of all inputs, as compactly as they came, and the scaling that is applied as they are handed out.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::encoded::Encoded;

/// The steps of sequences, one sequence after the other without padding.
#[derive(Debug, Clone, PartialEq)]
pub enum Steps {
    /// One symbol a step, an index below the number of features. As input it is one-hot.
    Symbols(Vec<u16>),
    /// As many values a step as there are features, in single precision.
    Singles(Vec<f32>),
    /// As many values a step as there are features.
    Reals(Vec<f64>),
}

impl Steps {
    /// Number of stored values.
    pub fn len(&self) -> usize {
        match self {
            Self::Symbols(values) => values.len(),
            Self::Singles(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    /// Whether nothing is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Values beyond this are divided by the largest of them: sums of their squares would overflow.
pub(super) const HUGE: f64 = 1e150;

/// How stored numbers become inputs. What is learnt from data is learnt from the training part alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// As stored: bytes are 0 to 255.
    #[serde(rename = "none")]
    None,
    /// Bytes divided by the byte that means 1; reals moved so that each channel's training values span 0 to 1.
    #[serde(rename = "0..1")]
    Unit,
    /// Each channel with mean 0 and standard deviation 1 over the training part.
    #[serde(rename = "standardise")]
    Standardise,
}

/// The values, row after row as stored.
#[derive(Debug, Clone)]
pub(super) enum Inputs {
    /// Bytes as stored, meaning `byte / white` unless scaled otherwise.
    Bytes { values: Arc<Vec<u8>>, white: u8 },
    /// Reals in single precision.
    Singles(Arc<Vec<f32>>),
    /// Reals.
    Reals(Arc<Vec<f64>>),
    /// Sequences of different length.
    Sequences(Arc<Sequences>),
    /// Rows of a table with words or gaps.
    Encoded(Arc<Encoded>),
}

/// Sequences without their padding.
#[derive(Debug)]
pub(super) struct Sequences {
    /// Values of a step.
    pub(super) features: usize,
    /// Sequence `i` is the steps `starts[i]..starts[i + 1]`.
    pub(super) starts: Vec<usize>,
    /// All steps.
    pub(super) steps: Steps,
}

/// `(value - shift[channel]) / divisor[channel]`, in double precision.
#[derive(Debug, PartialEq)]
pub(super) struct Affine {
    pub(super) shift: Vec<f64>,
    pub(super) divisor: Vec<f64>,
    /// What stands in for gaps, unscaled; empty where there can be none.
    pub(super) gaps: Vec<f64>,
}

/// How stored values are scaled as they are handed out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scaling<'a> {
    /// The number of values of one channel in a grid.
    pub(super) plane: usize,
    /// None where they are handed out as they are.
    pub(super) affine: Option<&'a Affine>,
}

impl Affine {
    pub(super) fn apply(&self, channel: usize, value: f64) -> f64 {
        (value - self.shift[channel]) / self.divisor[channel]
    }
}

impl Inputs {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Bytes { values, .. } => values.len(),
            Self::Singles(values) => size_of_val(&values[..]),
            Self::Reals(values) => size_of_val(&values[..]),
            Self::Sequences(sequences) => {
                let steps = match &sequences.steps {
                    Steps::Symbols(values) => size_of_val(&values[..]),
                    Steps::Singles(values) => size_of_val(&values[..]),
                    Steps::Reals(values) => size_of_val(&values[..]),
                };
                steps + size_of_val(&sequences.starts[..])
            }
            Self::Encoded(table) => match &table.values {
                super::numbers::Numbers::Bytes(v) => v.len(),
                other => other.len() * size_of::<f64>(),
            },
        }
    }

    /// Whether the inputs are symbols, which no scaling changes.
    pub(super) fn symbolic(&self) -> bool {
        matches!(self, Self::Sequences(s) if matches!(s.steps, Steps::Symbols(_)))
    }

    /// Writes a row to `out`, whose length is that of a row. What pads a sequence comes from `padding`.
    pub(super) fn fill<T>(
        &self,
        row: usize,
        scaling: Scaling<'_>,
        out: &mut [T],
        convert: impl Fn(f64) -> T,
        padding: impl Fn() -> T,
    ) {
        let range = row * out.len()..(row + 1) * out.len();
        match self {
            Self::Bytes { values, white } => match scaling.affine {
                None => {
                    let white = f64::from(*white);
                    for (out, &byte) in out.iter_mut().zip(&values[range]) {
                        *out = convert(f64::from(byte) / white);
                    }
                }
                Some(_) => fill_grid(
                    values[range].iter().map(|&b| f64::from(b)),
                    scaling,
                    out,
                    convert,
                ),
            },
            Self::Singles(values) => fill_grid(
                values[range].iter().map(|&v| f64::from(v)),
                scaling,
                out,
                convert,
            ),
            Self::Reals(values) => {
                fill_grid(values[range].iter().copied(), scaling, out, convert);
            }
            Self::Sequences(sequences) => {
                sequences.fill(row, scaling.affine, out, convert, padding);
            }
            Self::Encoded(table) => table.fill(row, scaling.affine, out, convert),
        }
    }

    /// Calls `visit(channel, value)` for every stored value of a row; padding is no value, nor is a gap. Bytes are given as stored.
    pub(super) fn visit(
        &self,
        row: usize,
        each: usize,
        plane: usize,
        mut visit: impl FnMut(usize, f64),
    ) {
        let range = row * each..(row + 1) * each;
        match self {
            Self::Bytes { values, .. } => {
                visit_planes(&values[range], plane, |c, &byte| visit(c, f64::from(byte)));
            }
            Self::Singles(values) => {
                visit_planes(&values[range], plane, |c, &value| {
                    visit(c, f64::from(value))
                });
            }
            Self::Reals(values) => {
                visit_planes(&values[range], plane, |c, &value| visit(c, value));
            }
            Self::Encoded(table) => table.visit(row, visit),
            Self::Sequences(s) => {
                let range = s.range(row);
                let values = range.start * s.features..range.end * s.features;
                match &s.steps {
                    Steps::Symbols(ids) => {
                        for &id in &ids[range] {
                            visit(usize::from(id), 1.0);
                        }
                    }
                    Steps::Singles(all) => {
                        for (i, &value) in all[values].iter().enumerate() {
                            visit(i % s.features, f64::from(value));
                        }
                    }
                    Steps::Reals(all) => {
                        for (i, &value) in all[values].iter().enumerate() {
                            visit(i % s.features, value);
                        }
                    }
                }
            }
        }
    }

    /// A number that equal rows have in common and others do not, but for a chance of 2⁻⁶⁴ a pair.
    pub(super) fn fingerprint(&self, row: usize, each: usize, plane: usize) -> u64 {
        let mut mix = 0x9e37_79b9_7f4a_7c15_u64;
        let mut add = |bits: u64| {
            mix = (mix ^ bits).wrapping_mul(0xff51_afd7_ed55_8ccd);
            mix ^= mix >> 32;
        };
        if let Self::Bytes { values, .. } = self {
            let (whole, rest) = values[row * each..(row + 1) * each].as_chunks::<8>();
            for bytes in whole {
                add(u64::from_le_bytes(*bytes));
            }
            for &byte in rest {
                add(u64::from(byte));
            }
        } else {
            // Zero is added to make -0 the same as 0.
            self.visit(row, each, plane, |c, v| add((v + 0.0).to_bits() ^ c as u64));
        }
        mix
    }

    /// Learns the scaling from some rows; `None` where the values are handed out without it.
    pub(super) fn fit(
        &self,
        scale: Scale,
        rows: impl Iterator<Item = usize> + Clone,
        each: usize,
        channels: usize,
        plane: usize,
    ) -> Option<Affine> {
        let fixed = |divisor: f64| Affine {
            shift: vec![0.0; channels],
            divisor: vec![divisor; channels],
            gaps: Vec::new(),
        };
        if let Self::Encoded(table) = self {
            return Some(table.fit(scale, rows));
        }
        if self.symbolic() {
            return None;
        }
        match (scale, self) {
            (Scale::None, Self::Bytes { .. }) => return Some(fixed(1.0)),
            (Scale::Unit, Self::Bytes { .. }) | (Scale::None, _) => return None,
            (Scale::Unit | Scale::Standardise, _) => {}
        }
        let mut low = vec![f64::INFINITY; channels];
        let mut high = vec![f64::NEG_INFINITY; channels];
        let mut sum = vec![0.0; channels];
        let mut count = vec![0_u64; channels];
        for row in rows.clone() {
            self.visit(row, each, plane, |c, v| {
                low[c] = low[c].min(v);
                high[c] = high[c].max(v);
                sum[c] += v;
                count[c] += 1;
            });
        }
        let mut affine = Affine {
            shift: vec![0.0; channels],
            divisor: vec![1.0; channels],
            gaps: Vec::new(),
        };
        let mut square = vec![0.0; channels];
        if scale == Scale::Standardise {
            for c in 0..channels {
                affine.shift[c] = sum[c] / count[c].max(1) as f64;
            }
            for row in rows {
                self.visit(row, each, plane, |c, v| {
                    square[c] += (v - affine.shift[c]).powi(2);
                });
            }
        }
        for c in 0..channels {
            let largest = low[c].abs().max(high[c].abs());
            let (shift, divisor) = if count[c] == 0 {
                (0.0, 1.0)
            } else if largest > HUGE {
                (0.0, largest)
            } else if low[c] == high[c] {
                // A constant channel becomes 0 rather than a division by 0 or by the rounding error of its mean.
                (low[c], 1.0)
            } else if scale == Scale::Unit {
                (low[c], high[c] - low[c])
            } else {
                (affine.shift[c], (square[c] / count[c] as f64).sqrt())
            };
            affine.shift[c] = shift;
            affine.divisor[c] = if divisor > 0.0 { divisor } else { 1.0 };
        }
        Some(affine)
    }
}

/// Calls `visit(channel, value)` for the values of a grid, without a division for each.
fn visit_planes<V>(values: &[V], plane: usize, mut visit: impl FnMut(usize, &V)) {
    for (channel, values) in values.chunks(plane).enumerate() {
        for value in values {
            visit(channel, value);
        }
    }
}

fn fill_grid<T>(
    values: impl Iterator<Item = f64>,
    scaling: Scaling<'_>,
    out: &mut [T],
    convert: impl Fn(f64) -> T,
) {
    let Scaling { plane, affine } = scaling;
    match affine {
        None => {
            for (out, value) in out.iter_mut().zip(values) {
                *out = convert(value);
            }
        }
        Some(affine) => {
            for (i, (out, value)) in out.iter_mut().zip(values).enumerate() {
                *out = convert(affine.apply(i / plane, value));
            }
        }
    }
}

impl Sequences {
    /// The steps of a sequence.
    pub(super) fn range(&self, row: usize) -> Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    /// Writes a sequence time step after time step so that it ends with `out`; what is before it becomes 0.
    fn fill<T>(
        &self,
        row: usize,
        affine: Option<&Affine>,
        out: &mut [T],
        convert: impl Fn(f64) -> T,
        pad: impl Fn() -> T,
    ) {
        let range = self.range(row);
        let width = self.features;
        let start = out.len() - range.len() * width;
        let (padding, steps) = out.split_at_mut(start);
        for out in padding {
            *out = pad();
        }
        let values = range.start * width..range.end * width;
        let scaled = |i: usize, value: f64| match affine {
            None => value,
            Some(affine) => affine.apply(i % width, value),
        };
        match &self.steps {
            Steps::Symbols(ids) => {
                for (step, &id) in steps.chunks_exact_mut(width).zip(&ids[range]) {
                    for (feature, out) in step.iter_mut().enumerate() {
                        *out = convert(if feature == usize::from(id) { 1.0 } else { 0.0 });
                    }
                }
            }
            Steps::Singles(all) => {
                for (i, (out, &value)) in steps.iter_mut().zip(&all[values]).enumerate() {
                    *out = convert(scaled(i, f64::from(value)));
                }
            }
            Steps::Reals(all) => {
                for (i, (out, &value)) in steps.iter_mut().zip(&all[values]).enumerate() {
                    *out = convert(scaled(i, value));
                }
            }
        }
    }
}
