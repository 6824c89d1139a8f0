//! Operations through a matrix in which every output sums over the stored units that are read.

use super::operation::{
    Back, Contributions, Factor, Joint, Look, Matrix, Memo, Misfit, Operation, Reads, Site, Term,
    Words,
};
use crate::network::kernels::{Start, add, gemm, wide};
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use std::ops::Range;

/// What tells one of them from another: all else follows.
pub trait ByUnit: Copy + std::fmt::Debug + PartialEq {
    /// See [`Operation::words`].
    fn names(&self) -> Words;
    /// Outputs.
    fn outputs(&self) -> usize;
    /// The shape that one output sums over.
    fn columns(&self, from: Shape) -> Shape;
    /// See [`Operation::part`].
    fn units_read(&self, from: Shape) -> Range<usize> {
        0..from.len()
    }
}

impl<T: ByUnit> Operation for T {
    const BY_UNIT: bool = true;

    fn words(&self) -> Words {
        self.names()
    }

    fn shape(&self, _reads: &[Shape]) -> Result<Shape, Misfit> {
        Ok(Shape::flat(self.outputs()))
    }

    fn matrix(&self, from: Shape) -> Option<Matrix> {
        Some(Matrix {
            rows: self.outputs(),
            columns: self.columns(from),
            slides: false,
        })
    }

    fn part(&self, from: Shape) -> Range<usize> {
        self.units_read(from)
    }

    fn multiply_adds(&self, from: Shape, to: Shape) -> usize {
        self.columns(from).len() * to.len()
    }

    fn forward<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        [input, ..]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        let part = self.units_read(site.at.from);
        forward(site, &part, input, out, accumulate);
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        let part = self.units_read(site.at.from);
        pull(site, &part, back.error, out, accumulate);
    }

    fn gradient<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        error: &[S],
        [input, ..]: Reads<'_, S>,
        sums: &mut impl Contributions<S>,
        _scratch: &mut [S],
    ) {
        let part = self.units_read(site.at.from);
        gradient(site, &part, error, input, sums);
    }

    fn terms(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        for (column, read) in self.units_read(at.from).enumerate() {
            each(Term {
                slot: 0,
                unit: read,
                factor: Factor::Weight(unit, column),
            });
        }
    }

    fn pulls(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let part = self.units_read(at.from);
        if !part.contains(&unit) {
            return;
        }
        for row in 0..at.to.len() {
            each(Term {
                slot: 0,
                unit: row,
                factor: Factor::Weight(row, unit - part.start),
            });
        }
    }
}

/// μ = W f(x) + b over the units in `part`.
fn forward<S: Scalar>(
    site: &Site<'_, S>,
    part: &Range<usize>,
    input: &[S],
    out: &mut [S],
    accumulate: bool,
) {
    let (n, k, width) = (site.at.to.len(), part.len(), site.at.from.len());
    let numbers = &site.numbers;
    // The chain of each sum starts at the bias, so the bias costs no pass of its own.
    let start = match numbers.bias() {
        Some(bias) if !accumulate => Start::each_row(bias),
        Some(bias) => {
            out.chunks_exact_mut(n).for_each(|row| add(bias, row));
            Start::Held
        }
        None => Start::held_if(accumulate),
    };
    let input = &input[part.start..];
    let matrix = numbers.by_input();
    gemm(site.rows, n, k, input, (width, 1), matrix, n, out, n, start);
}

/// Wᵀ `error` at the units in `part`, and 0 beside them.
fn pull<S: Scalar>(
    site: &Site<'_, S>,
    part: &Range<usize>,
    error: &[S],
    out: &mut [S],
    accumulate: bool,
) {
    let (n, k, width) = (part.len(), site.at.to.len(), site.at.from.len());
    let whole = n == width;
    if !accumulate && !whole {
        out.fill(S::ZERO);
    }
    let start = Start::held_if(accumulate || !whole);
    let out = &mut out[part.start..];
    let Some(matrix) = site.numbers.by_output() else {
        // Every row by itself, through the matrix as predictions read it: the same chains of sums.
        let matrix = site.numbers.by_input();
        let rows = error.chunks_exact(k).take(site.rows);
        for (error, out) in rows.zip(out.chunks_mut(width)) {
            gemm(n, 1, k, matrix, (k, 1), error, 1, out, 1, start);
        }
        return;
    };
    gemm(site.rows, n, k, error, (k, 1), matrix, n, out, width, start);
}

/// Adds Σ over rows of `error` f(x)ᵀ over the units in `part`, and what `error` contributes to the bias.
fn gradient<S: Scalar>(
    site: &Site<'_, S>,
    part: &Range<usize>,
    error: &[S],
    input: &[S],
    sums: &mut impl Contributions<S>,
) {
    let (m, n, width, rows) = (site.at.to.len(), part.len(), site.at.from.len(), site.rows);
    sums.note(error);
    if n == width {
        sums.note(&input[..rows * width]);
    } else {
        let rows = input.chunks_exact(width).take(rows);
        rows.for_each(|row| sums.note(&row[part.clone()]));
    }
    let input = &input[part.start..];
    if !(rows == 1 && sums.outer(error, &input[..n])) {
        let Some(block) = sums.matrix() else { return };
        let start = Start::held_if(block.started);
        let out = block.numbers;
        if block.by_input {
            gemm(n, m, rows, input, (1, width), error, m, out, m, start);
        } else {
            gemm(m, n, rows, error, (1, m), input, width, out, n, start);
        }
    }
    gradient_of_bias(error, sums);
}

/// Adds what `error` contributes to the bias: its sum over rows and places.
pub(super) fn gradient_of_bias<S: Scalar>(error: &[S], sums: &mut impl Contributions<S>) {
    let Some(block) = sums.bias() else { return };
    let out = block.numbers;
    if !block.started {
        out.fill(S::ZERO);
    }
    wide(
        #[inline(always)]
        || {
            error.chunks_exact(out.len()).for_each(|row| add(row, out));
        },
    );
}
