//! Passed on as it is: μ = f(x), Jᵀ ε = ε. A skip, or a relay that carries f(x) a level on.
//!
//! ```
//! use pcscope::network::Shape;
//! use pcscope::network::ops::{Alone, Identity};
//!
//! let skip = Alone::new(Identity, &[Shape::flat(2)], &[], &[])?;
//! assert_eq!(skip.forward(&[&[1.0, 2.0]]), [1.0, 2.0]);
//! assert_eq!(skip.pull(&[&[1.0, 2.0]], &[3.0, 4.0], 0), [3.0, 4.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::operation::{
    Back, Factor, Joint, Look, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use crate::network::kernels::add;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;

/// μ = f(x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity;

/// Writes or adds the numbers.
pub(super) fn pass<S: Scalar>(numbers: &[S], out: &mut [S], accumulate: bool) {
    if accumulate {
        add(numbers, out);
    } else {
        out.copy_from_slice(&numbers[..out.len()]);
    }
}

/// The one term: a unit as it is.
pub(super) fn as_it_is(slot: usize, unit: usize, each: &mut dyn FnMut(Term)) {
    each(Term {
        slot,
        unit,
        factor: Factor::Constant(1.0),
    });
}

impl Operation for Identity {
    fn words(&self) -> Words {
        Words {
            name: "identity",
            before: "",
            equation: "f(x) as it is",
            sum: "f(x)",
            term: "f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit> {
        Ok(reads[0])
    }

    fn forward<S: Scalar>(
        &self,
        _site: &Site<'_, S>,
        [input, ..]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        pass(input, out, accumulate);
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
        as_it_is(0, unit, each);
    }

    fn pulls(&self, _at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        as_it_is(0, unit, each);
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use crate::network::ops::check::agrees_with_central_differences;
    use crate::network::shape::Shape;

    #[test]
    fn it_agrees_with_central_differences() {
        agrees_with_central_differences(Identity, &[Shape::flat(6)]);
    }
}
