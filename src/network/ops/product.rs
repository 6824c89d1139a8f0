//! The product of two vertices, unit by unit: μ = f(a) ⊙ f(b), a gate; Jᵀ ε is ε ⊙ f(b) at a, and ε ⊙ f(a) at b.
//!
//! Backpropagation multiplies with the feed-forward values of both factors. So Z-IL equals it if neither factor has moved when the
//! front passes: both stand one level behind the product, which levelling sees to (Salvatori et al. 2021, arXiv 2103.04689).
//!
//! ```
//! use pcscope::network::Shape;
//! use pcscope::network::ops::{Alone, Product};
//!
//! let product = Alone::new(Product, &[Shape::flat(2), Shape::flat(2)], &[], &[])?;
//! let (a, b) = ([1.0, 2.0], [3.0, 4.0]);
//! assert_eq!(product.forward(&[&a, &b]), [3.0, 8.0]);
//! assert_eq!(product.pull(&[&a, &b], &[1.0, 10.0], 0), [3.0, 40.0]);
//! assert_eq!(product.pull(&[&a, &b], &[1.0, 10.0], 1), [1.0, 20.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::operation::{
    Back, Backward, Factor, Joint, Look, Memo, Misfit, Operation, Reads, Site, Term, Words,
};
use crate::network::kernels::wide;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;

/// μ = f(a) ⊙ f(b).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product;

/// Through the other factor.
const GATED: Backward = Backward {
    terms: ["f(b) · ε", "f(b) · π ε", "f(b) · δ"],
    sums: ["Σ f(b) ε", "Σ f(b) π ε", "Σ f(b) δ"],
};

/// Writes or adds the products of two slices, each rounded by itself.
fn multiply<S: Scalar>(a: &[S], b: &[S], out: &mut [S], accumulate: bool) {
    wide(
        #[inline(always)]
        || {
            let all = out.iter_mut().zip(a.iter().zip(b));
            if accumulate {
                all.for_each(|(out, (&a, &b))| *out += a * b);
            } else {
                all.for_each(|(out, (&a, &b))| *out = a * b);
            }
        },
    );
}

/// The shape of two vertices that are joined unit by unit.
pub(super) fn of_equals(reads: &[Shape]) -> Result<Shape, Misfit> {
    match *reads {
        [a, b] if a != b => Err(Misfit::Unequal(a, b)),
        _ => Ok(reads[0]),
    }
}

impl Operation for Product {
    const READS: usize = 2;
    const LOOKS_BACK: bool = true;

    fn words(&self) -> Words {
        Words {
            name: "product",
            before: "",
            equation: "f(a) · f(b), unit by unit",
            sum: "f(a) · f(b)",
            term: "f(b) · f(a)",
            back: GATED,
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
        multiply(a, b, out, accumulate);
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        let other = back.reads[1 - site.at.slot];
        multiply(back.error, other, out, accumulate);
    }

    fn terms(&self, _at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
        each(Term {
            slot: 0,
            unit,
            factor: Factor::Read(look(1, unit)),
        });
    }

    fn pulls(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
        each(Term {
            slot: 0,
            unit,
            factor: Factor::Read(look(1 - at.slot, unit)),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Product;
    use crate::network::ops::check::agrees_with_central_differences;
    use crate::network::shape::Shape;

    #[test]
    fn it_agrees_with_central_differences() {
        agrees_with_central_differences(Product, &[Shape::flat(6); 2]);
    }
}
