//! An operation by itself, in double precision: for examples, tests and trying out.

use super::operation::{
    Back, Block, Contributions, Joint, MOST_READS, Memo, Misfit, Numbers, Places, Reads, Site,
};
use super::sliding::Sliding;
use super::{Op, Term};
use crate::network::kernels::transpose;
use crate::network::shape::Shape;
use std::sync::Arc;

/// An operation between vertices of given shapes, with its numbers.
#[derive(Clone, Debug)]
pub struct Alone {
    op: Op,
    joints: Vec<Joint>,
    to: Shape,
    /// The weight, row after row, and behind it the bias.
    numbers: Vec<f64>,
    by_input: Vec<f64>,
    places: Places,
    sliding: Option<Arc<Sliding>>,
}

/// Sums of contributions to the weight and to the bias.
struct Sums {
    /// Numbers, and whether they hold a sum.
    weight: (Vec<f64>, bool),
    bias: (Vec<f64>, bool),
}

fn block((numbers, started): &mut (Vec<f64>, bool)) -> Option<Block<'_, f64>> {
    let started = std::mem::replace(started, true);
    (!numbers.is_empty()).then_some(Block {
        numbers,
        started,
        by_input: false,
    })
}

impl Contributions<f64> for Sums {
    fn note(&mut self, _factors: &[f64]) {}

    fn matrix(&mut self) -> Option<Block<'_, f64>> {
        block(&mut self.weight)
    }

    fn bias(&mut self) -> Option<Block<'_, f64>> {
        block(&mut self.bias)
    }

    fn outer(&mut self, _error: &[f64], _input: &[f64]) -> bool {
        false
    }
}

impl Alone {
    /// An operation that reads vertices of these shapes. `weight` is row after row, a row for each output, and empty if there is none;
    /// `bias` may be left out.
    ///
    /// # Errors
    /// It cannot read these shapes.
    ///
    /// # Panics
    /// If the numbers, or the shapes, are not as many as it has.
    pub fn new(
        op: impl Into<Op>,
        reads: &[Shape],
        weight: &[f64],
        bias: &[f64],
    ) -> Result<Self, Misfit> {
        let op = op.into();
        assert_eq!(reads.len(), op.reads(), "a shape for each vertex read");
        let to = op.shape(reads)?;
        let (rows, columns) = op
            .matrix(reads[0])
            .map_or((0, 0), |m| (m.rows, m.columns.len()));
        assert_eq!(weight.len(), rows * columns, "rows × columns numbers");
        assert!(bias.is_empty() || bias.len() == rows, "one bias per row");
        let mut by_input = vec![0.0; weight.len()];
        if rows > 0 {
            transpose(rows, columns, weight, columns, &mut by_input, rows);
        }
        Ok(Self {
            op,
            joints: (0..reads.len())
                .map(|slot| Joint {
                    from: reads[slot],
                    to,
                    slot,
                })
                .collect(),
            to,
            numbers: [weight, bias].concat(),
            places: Places {
                matrix: 0..weight.len(),
                copy: 0..by_input.len(),
                bias: weight.len()..weight.len() + bias.len(),
            },
            by_input,
            sliding: op.sliding(reads[0], to),
        })
    }

    /// The shape of what it makes.
    pub fn shape(&self) -> Shape {
        self.to
    }

    fn site(&self, slot: usize, rows: usize) -> Site<'_, f64> {
        Site {
            at: &self.joints[slot],
            rows,
            numbers: Numbers {
                values: &self.numbers,
                copies: &self.by_input,
                places: &self.places,
            },
            sliding: self.sliding.as_deref(),
        }
    }

    fn columns(&self) -> usize {
        let matrix = self.op.matrix(self.joints[0].from);
        matrix.map_or(0, |m| m.columns.len())
    }

    /// The reads of a call, and its rows.
    fn given<'a>(&self, reads: &[&'a [f64]]) -> (Reads<'a, f64>, usize) {
        let mut all: Reads<'a, f64> = [&[]; MOST_READS];
        all[..reads.len()].copy_from_slice(reads);
        (all, reads[0].len() / self.joints[0].from.len())
    }

    /// The prediction from f(x) of the vertices read, for as many examples as are given, and what is noted of it.
    fn made(&self, reads: &[&[f64]]) -> (Vec<f64>, Vec<u32>) {
        let (all, rows) = self.given(reads);
        let mut out = vec![0.0; rows * self.to.len()];
        let mut memo = vec![0; if self.op.keeps() { out.len() } else { 0 }];
        let note = Memo::Note(&mut memo);
        self.op
            .forward(&self.site(0, rows), all, &mut out, note, false);
        (out, memo)
    }

    /// μ from f(x) of the vertices read, for as many examples as are given.
    pub fn forward(&self, reads: &[&[f64]]) -> Vec<f64> {
        self.made(reads).0
    }

    /// μ added to what `out` holds.
    pub fn forward_onto(&self, reads: &[&[f64]], out: &mut [f64]) {
        let (all, rows) = self.given(reads);
        let mut memo = vec![0; out.len()];
        let note = Memo::Note(&mut memo);
        self.op.forward(&self.site(0, rows), all, out, note, true);
    }

    /// Jᵀ `error` at the vertex read in `slot`, counted from 0.
    pub fn pull(&self, reads: &[&[f64]], error: &[f64], slot: usize) -> Vec<f64> {
        let (all, rows) = self.given(reads);
        let (output, memo) = self.made(reads);
        let mut out = vec![0.0; rows * self.joints[slot].from.len()];
        let back = Back {
            reads: all,
            output: &output,
            memo: &memo,
            error,
        };
        self.op.pull(&self.site(slot, rows), &back, &mut out, false);
        out
    }

    /// What `error` contributes to the weight, row after row, and behind it to the bias: the direction of descent.
    pub fn gradient(&self, reads: &[&[f64]], error: &[f64]) -> Vec<f64> {
        let (all, rows) = self.given(reads);
        let mut sums = Sums {
            weight: (vec![0.0; self.places.matrix.len()], false),
            bias: (vec![0.0; self.places.bias.len()], false),
        };
        let scratch = self.sliding.as_ref().map_or(0, |s| s.scratch());
        let mut scratch = vec![0.0; scratch];
        let site = self.site(0, rows);
        self.op.gradient(&site, error, all, &mut sums, &mut scratch);
        [sums.weight.0, sums.bias.0].concat()
    }

    fn value(&self, term: Term, other: f64) -> f64 {
        let columns = self.columns();
        let weight = |row: usize, column: usize| self.numbers[row * columns + column];
        other * term.factor.value(weight)
    }

    /// μ of one example, added up from its terms and the bias.
    pub fn from_terms(&self, reads: &[&[f64]]) -> Vec<f64> {
        let unit = |unit: usize| {
            let (channel, ..) = self.to.position(unit);
            let bias = &self.numbers[self.places.bias.clone()];
            let mut sum = bias.get(channel).copied().unwrap_or(0.0);
            let look = |slot: usize, unit: usize| reads[slot][unit];
            self.op.terms(self.joints[0], unit, &look, &mut |term| {
                sum += self.value(term, reads[term.slot][term.unit]);
            });
            sum
        };
        (0..self.to.len()).map(unit).collect()
    }

    /// Jᵀ `error` of one example, added up from its terms.
    pub fn pull_from_terms(&self, reads: &[&[f64]], error: &[f64], slot: usize) -> Vec<f64> {
        let unit = |unit: usize| {
            let mut sum = 0.0;
            let look = |slot: usize, unit: usize| reads[slot][unit];
            self.op.pulls(self.joints[slot], unit, &look, &mut |term| {
                sum += self.value(term, error[term.unit]);
            });
            sum
        };
        (0..self.joints[slot].from.len()).map(unit).collect()
    }

    /// The same with other numbers in its weight and bias, in the order of [`Self::gradient`].
    ///
    /// # Panics
    /// If they are not as many.
    #[must_use]
    pub fn with(&self, numbers: &[f64]) -> Self {
        let mut own = self.clone();
        own.numbers.copy_from_slice(numbers);
        let (weight, columns) = (&own.numbers[own.places.matrix.clone()], own.columns());
        if let Some(rows) = weight.len().checked_div(columns) {
            transpose(rows, columns, weight, columns, &mut own.by_input, rows);
        }
        own
    }

    /// Its weight, and behind it its bias.
    pub fn numbers(&self) -> &[f64] {
        &self.numbers
    }
}
