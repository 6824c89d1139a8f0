//! The sum of two vertices, unit by unit: μ = f(a) + f(b); Jᵀ ε is ε at both.
//!
//! ```
//! use pcscope::network::Shape;
//! use pcscope::network::ops::{Alone, Sum};
//!
//! let sum = Alone::new(Sum, &[Shape::flat(2), Shape::flat(2)], &[], &[])?;
//! assert_eq!(sum.forward(&[&[1.0, 2.0], &[3.0, 4.0]]), [4.0, 6.0]);
//! assert_eq!(sum.pull(&[&[1.0, 2.0], &[3.0, 4.0]], &[5.0, 6.0], 1), [5.0, 6.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::identity::{as_it_is, pass};
use super::operation::{
    Back, Joint, Look, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use super::product::of_equals;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;

/// μ = f(a) + f(b).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum;

impl Operation for Sum {
    const READS: usize = 2;

    fn words(&self) -> Words {
        Words {
            name: "sum",
            before: "",
            equation: "f(a) + f(b), unit by unit",
            sum: "f(a) + f(b)",
            term: "f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn join() -> Option<Self> {
        Some(Self)
    }

    fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit> {
        of_equals(reads)
    }

    fn forward<S: Scalar>(
        &self,
        _site: &Site<'_, S>,
        [a, b]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        pass(a, out, accumulate);
        pass(b, out, true);
    }

    fn pull<S: Scalar>(
        &self,
        _site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        pass(back.error, out, accumulate);
    }

    fn terms(&self, _at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        (0..Self::READS).for_each(|slot| as_it_is(slot, unit, each));
    }

    fn pulls(&self, _at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        as_it_is(0, unit, each);
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;
    use crate::network::ops::check::agrees_with_central_differences;
    use crate::network::shape::Shape;

    #[test]
    fn it_agrees_with_central_differences() {
        agrees_with_central_differences(Sum, &[Shape::flat(6); 2]);
    }
}
