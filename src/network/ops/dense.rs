//! Fully connected: μ = W f(x) + b, Jᵀ ε = Wᵀ ε, and ε f(x)ᵀ contributed to W, ε to b.
//!
//! ```
//! use pcscope::network::Shape;
//! use pcscope::network::ops::{Alone, Dense};
//!
//! // Two units read, one made: W = (3 4), b = 0.5.
//! let dense = Alone::new(Dense { units: 1 }, &[Shape::flat(2)], &[3.0, 4.0], &[0.5])?;
//! assert_eq!(dense.forward(&[&[1.0, 2.0]]), [11.5]);
//! assert_eq!(dense.pull(&[&[1.0, 2.0]], &[2.0], 0), [6.0, 8.0]);
//! assert_eq!(dense.gradient(&[&[1.0, 2.0]], &[2.0]), [2.0, 4.0, 2.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::matrix;
use super::operation::{
    Back, Contributions, Joint, Look, Matrix, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;

/// μ = W f(x) + b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Outputs.
    pub units: usize,
}

impl Operation for Dense {
    const BY_UNIT: bool = true;

    fn words(&self) -> Words {
        Words {
            name: "dense",
            before: "",
            equation: "W f(x) + b",
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
            columns: from,
            slides: false,
        })
    }

    fn multiply_adds(&self, from: Shape, to: Shape) -> usize {
        from.len() * to.len()
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
    use super::Dense;
    use crate::network::ops::check::agrees_with_central_differences;
    use crate::network::shape::Shape;

    #[test]
    fn it_agrees_with_central_differences() {
        let map = Shape {
            channels: 2,
            height: 3,
            width: 2,
        };
        agrees_with_central_differences(Dense { units: 5 }, &[Shape::flat(7)]);
        agrees_with_central_differences(Dense { units: 1 }, &[map]);
    }
}
