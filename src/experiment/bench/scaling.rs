//! How the time of an update grows with batch, depth, width, T and the length of sequences, beside what theory says.
//!
//! All products of one network here are equally large, so that counting them tells how the work grows.

use super::machine::Machine;
use super::measure::{Timed, interleaved};
use super::workloads::Spec;
use crate::learning::Rule;
use serde::Serialize;

/// Examples per update, unless the batch is what varies.
const BATCH: usize = 64;
/// T, unless it is what varies or a network is too deep for it.
const STEPS: usize = 20;
/// Classes of a recurrent network's output, whose products are few.
const CLASSES: usize = 10;

/// What varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Examples per update.
    Batch,
    /// Weight matrices one behind the other.
    Depth,
    /// Units of every layer.
    Width,
    /// T, the inference steps of IL.
    Steps,
    /// Time steps of a recurrent network.
    Length,
}

impl Axis {
    /// All, in the order of the report.
    pub const ALL: [Self; 5] = [
        Self::Batch,
        Self::Depth,
        Self::Width,
        Self::Steps,
        Self::Length,
    ];

    /// What stands below the axis.
    pub fn label(self) -> &'static str {
        match self {
            Self::Batch => "batch (examples)",
            Self::Depth => "depth (weight matrices)",
            Self::Width => "width (units of every layer)",
            Self::Steps => "T (inference steps)",
            Self::Length => "length (time steps)",
        }
    }

    /// The networks measured, in words.
    pub fn network(self) -> &'static str {
        match self {
            Self::Batch => "three 256×256 matrices; IL with T = 20",
            Self::Depth => "128 units a layer, batch 64; IL with T = 128",
            Self::Width => "three matrices, batch 64; IL with T = 20",
            Self::Steps => "four 128×128 matrices, batch 64",
            Self::Length => "recurrent, 128 in, 128 hidden, batch 64; IL with T = 20",
        }
    }

    /// The exponent that the time approaches as the axis grows.
    pub fn theory(self) -> f64 {
        match self {
            Self::Width => 2.0,
            _ => 1.0,
        }
    }

    fn values(self) -> &'static [usize] {
        match self {
            Self::Batch => &[1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
            Self::Depth => &[2, 3, 4, 6, 8, 12, 16, 24, 32],
            Self::Width => &[32, 64, 128, 256, 512, 1024, 2048],
            Self::Steps => &[5, 10, 20, 40, 80, 160, 320],
            Self::Length => &[8, 16, 32, 64, 128, 256, 512, 1024],
        }
    }

    /// Network, batch and rules at `x`.
    fn cell(self, x: usize) -> (Spec, usize, Vec<Timed>) {
        let mlp = |matrices: usize, width| Spec::Mlp {
            sizes: vec![width; matrices + 1],
        };
        let rules = |steps| vec![Timed::Bp, Timed::Zil, Timed::Il(steps)];
        match self {
            Self::Batch => (mlp(3, 256), x, rules(STEPS)),
            // With a T of the usual size the errors would not reach the first layers of the deepest ones.
            Self::Depth => (mlp(x, 128), BATCH, rules(128)),
            Self::Width => (mlp(3, x), BATCH, rules(STEPS)),
            Self::Steps => (mlp(4, 128), BATCH, vec![Timed::Il(x)]),
            Self::Length => {
                let spec = Spec::Rnn {
                    steps: x,
                    inp: 128,
                    hid: 128,
                    out: CLASSES,
                };
                (spec, BATCH, rules(STEPS))
            }
        }
    }
}

/// The time at one place.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Batch, depth, width, T or length.
    pub x: usize,
    /// Median over chunks, in milliseconds per update.
    pub ms_per_update: f64,
    /// The shortest chunk.
    pub ms_min: f64,
    /// Operations of the matrix products that the rule makes here, in millions.
    pub mflop: f64,
}

/// One rule along an axis.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// BP, Z-IL (front only) or IL.
    pub rule: Rule,
    /// The places, from the smallest.
    pub points: Vec<Point>,
    /// The power of x that the shortest times grow with, fitted over the upper half.
    pub exponent: f64,
    /// The same of the products made: what the time would grow with if all of them took equally long.
    pub exponent_of_products: f64,
}

/// All rules along an axis.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// What varies.
    pub axis: Axis,
    /// What stands below the axis.
    pub label: &'static str,
    /// The networks, in words.
    pub network: &'static str,
    /// The exponent that theory gives for large x.
    pub theory: f64,
    /// The rules.
    pub series: Vec<Series>,
}

/// The report, as `--json` writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The limits.
    pub machine: Machine,
    /// Threads that share a batch.
    pub threads: usize,
    /// One per axis.
    pub axes: Vec<Curve>,
}

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Threads that share a batch.
    pub threads: usize,
    /// Seconds per rule and place.
    pub seconds: f64,
    /// Least number of chunks there.
    pub turns: usize,
    /// Every how manieth place is measured, counted from the largest.
    pub stride: usize,
}

impl Plan {
    /// Places in all: how often [`run`] calls `each`.
    pub fn places(&self) -> usize {
        Axis::ALL.iter().map(|&axis| self.values(axis).len()).sum()
    }

    fn values(&self, axis: Axis) -> Vec<usize> {
        let mut values: Vec<_> = axis
            .values()
            .iter()
            .rev()
            .step_by(self.stride)
            .copied()
            .collect();
        values.reverse();
        values
    }
}

/// Measures; `each` is called after every place.
///
/// # Errors
/// One line.
pub fn run(plan: &Plan, mut each: impl FnMut(Axis)) -> Result<Report, String> {
    let machine = Machine::measure();
    let mut axes = Vec::new();
    for axis in Axis::ALL {
        let mut points: Vec<Vec<Point>> = Vec::new();
        let mut raced = Vec::new();
        for x in plan.values(axis) {
            let (spec, batch, rules) = axis.cell(x);
            let network = spec.plan().map_err(|e| e.to_string())?;
            let runners = interleaved(
                &network,
                batch,
                &rules,
                plan.threads,
                plan.seconds,
                plan.turns,
            )?;
            points.resize(rules.len(), Vec::new());
            raced = rules.iter().map(|timed| timed.rule()).collect();
            let weights = network.edges.iter().filter_map(|e| e.weight.as_ref());
            let (count, numbers) = weights.fold((0, 0), |(n, sum), w| (n + 1, sum + w.range.len()));
            let each_product = 2.0 * batch as f64 * numbers as f64 / f64::from(count);
            for ((points, runner), rule) in points.iter_mut().zip(&runners).zip(&rules) {
                points.push(Point {
                    x,
                    ms_per_update: runner.median(),
                    ms_min: runner.least(),
                    mflop: rule.products(&network) as f64 * each_product * 1e-6,
                });
            }
            each(axis);
        }
        let series = raced
            .into_iter()
            .zip(points)
            .map(|(rule, points)| Series {
                rule,
                exponent: exponent(&points, |p| p.ms_min),
                exponent_of_products: exponent(&points, |p| p.mflop),
                points,
            })
            .collect();
        axes.push(Curve {
            axis,
            label: axis.label(),
            network: axis.network(),
            theory: axis.theory(),
            series,
        });
    }
    Ok(Report {
        machine,
        threads: plan.threads,
        axes,
    })
}

/// The slope of ln y over ln x by least squares, over the upper half of the places (at least two).
fn exponent(points: &[Point], y: impl Fn(&Point) -> f64) -> f64 {
    let upper = &points[(points.len() / 2).min(points.len().saturating_sub(2))..];
    let n = upper.len() as f64;
    let logs = || upper.iter().map(|p| ((p.x as f64).ln(), y(p).ln()));
    let (sx, sy) = logs().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mx, my) = (sx / n, sy / n);
    let covariance: f64 = logs().map(|(x, y)| (x - mx) * (y - my)).sum();
    let variance: f64 = logs().map(|(x, _)| (x - mx).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_of_a_power_is_found_in_the_upper_half() {
        let points: Vec<Point> = [1usize, 2, 4, 8, 16, 32]
            .into_iter()
            .map(|x| Point {
                x,
                // A constant hides the power where x is small.
                ms_per_update: 0.0,
                ms_min: if x < 8 {
                    7.0
                } else {
                    3.0 * (x as f64).powf(1.5)
                },
                mflop: x as f64,
            })
            .collect();
        assert!((exponent(&points, |p| p.ms_min) - 1.5).abs() < 1e-9);
        assert!((exponent(&points, |p| p.mflop) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn products_grow_as_theory_says() {
        for axis in Axis::ALL {
            let values = axis.values();
            let (half, whole) = (values[values.len() - 2], values[values.len() - 1]);
            let mflop = |x, rule: usize| {
                let (spec, batch, rules) = axis.cell(x);
                let plan = spec.plan().expect("a sound network");
                let numbers = plan.edges[0].weight.as_ref().map_or(0, |w| w.range.len());
                (rules[rule].products(&plan) * batch * numbers) as f64
            };
            let slope = |rule| {
                (mflop(whole, rule) / mflop(half, rule)).ln() / (whole as f64 / half as f64).ln()
            };
            assert!(
                (slope(0) / axis.theory() - 1.0).abs() < 0.05,
                "{axis:?}: {}",
                slope(0)
            );
        }
    }

    #[test]
    fn a_quick_run_keeps_the_largest_of_every_axis() {
        let plan = Plan {
            threads: 1,
            seconds: 0.0,
            turns: 1,
            stride: 2,
        };
        for axis in Axis::ALL {
            assert_eq!(plan.values(axis).last(), axis.values().last());
            assert!(plan.values(axis).len() >= 4);
        }
    }
}
