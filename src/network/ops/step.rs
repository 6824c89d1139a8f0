//! Fully connected to one time step of a sequence, whose steps are the columns of the vertex read: μ = W f(x)ₙ + b.
//!
//! ```
//! use pcscope::network::Shape;
//! use pcscope::network::ops::{Alone, Step};
//!
//! // Three steps of two features; one unit reads the second of them.
//! let steps = Shape { channels: 2, height: 1, width: 3 };
//! let step = Alone::new(Step { units: 1, step: 2 }, &[steps], &[3.0, 4.0], &[])?;
//! let read = [9.0, 9.0, 1.0, 2.0, 9.0, 9.0];
//! assert_eq!(step.forward(&[&read]), [11.0]);
//! assert_eq!(step.pull(&[&read], &[2.0], 0), [0.0, 0.0, 6.0, 8.0, 0.0, 0.0]);
//! assert_eq!(step.gradient(&[&read], &[2.0]), [2.0, 4.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::matrix;
use super::operation::{
    Back, Contributions, Joint, Look, Matrix, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use std::ops::Range;

/// μ = W f(x) of one time step + b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Outputs.
    pub units: usize,
    /// n, from 1 to N: column n - 1 of the vertex read.
    pub step: usize,
}

impl Operation for Step {
    const BY_UNIT: bool = true;

    fn words(&self) -> Words {
        Words {
            name: "step",
            before: "",
            equation: "W s + b, of one time step",
            sum: "Σ W f(x)",
            term: "W · f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn shape(&self, _reads: &[Shape]) -> Result<Shape, Misfit> {
        Ok(Shape::flat(self.units))
    }

    fn matrix(&self, from: Shape) -> Option<Matrix> {
        Some(Matrix {
            rows: self.units,
            columns: Shape::flat(from.channels),
            slides: false,
        })
    }

    fn part(&self, from: Shape) -> Range<usize> {
        (self.step - 1) * from.channels..self.step * from.channels
    }

    fn multiply_adds(&self, from: Shape, to: Shape) -> usize {
        from.channels * to.len()
    }

    fn forward<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        [input, ..]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        matrix::forward(site, &self.part(site.at.from), input, out, accumulate);
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        matrix::pull(site, &self.part(site.at.from), back.error, out, accumulate);
    }

    fn gradient<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        error: &[S],
        [input, ..]: Reads<'_, S>,
        sums: &mut impl Contributions<S>,
        _scratch: &mut [S],
    ) {
        matrix::gradient(site, &self.part(site.at.from), error, input, sums);
    }

    fn terms(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        matrix::terms(self.part(at.from), unit, each);
    }

    fn pulls(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        matrix::pulls(&self.part(at.from), at.to.len(), unit, each);
    }
}

#[cfg(test)]
mod tests {
    use super::Step;
    use crate::network::ops::check::agrees_with_central_differences;
    use crate::network::shape::Shape;

    #[test]
    fn it_agrees_with_central_differences() {
        let steps = Shape {
            channels: 3,
            height: 1,
            width: 4,
        };
        for step in 1..=4 {
            agrees_with_central_differences(Step { units: 5, step }, &[steps]);
        }
    }
}
