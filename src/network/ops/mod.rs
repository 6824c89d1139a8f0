//! The operations by which vertices are predicted: a file each, and a row of the table below.
//!
//! An operation says what it makes of f(x) of the vertices it reads, how an error is pulled back to each of them, what it
//! contributes to its weights, and the terms that all this is made of. Predictive coding and backpropagation both call it, with the
//! same shapes: that is what makes equality to the bit possible.
//!
//! A new one is a file with a type that is an [`Operation`], and its row in `operations!`.

mod alone;
mod matrix;
mod operation;
pub mod sliding;

pub use alone::Alone;
pub use matrix::ByUnit;
pub use operation::{
    Back, Backward, Block, Contributions, Factor, Joint, Look, MOST_READS, Matrix, Memo, Misfit,
    Numbers, Operation, Places, Reads, Site, THROUGH_WEIGHTS, Term, Words,
};

use super::scalar::Scalar;
use super::shape::Shape;
use sliding::Sliding;
use std::sync::Arc;

/// Makes [`Op`] of the rows, each a file and the type in it. Every question is passed on to the operation by a match, so that
/// there is no dynamic dispatch within a step.
macro_rules! operations {
    ($($file:ident :: $name:ident,)*) => {
        $(pub mod $file; pub use $file::$name;)*

        /// How f(x) of some vertices enters the prediction of another.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Op {
            $(
                #[doc = concat!("See [`mod@", stringify!($file), "`].")]
                $name($name),
            )*
        }

        $(
            impl From<$name> for Op {
                fn from(own: $name) -> Self {
                    Self::$name(own)
                }
            }
        )*

        /// What [`Operation`] says of each of them.
        impl Op {
            /// The operations that layers can be joined by, in the order of the table.
            pub fn joins() -> impl Iterator<Item = Self> {
                [$($name::join().map(Self::$name)),*].into_iter().flatten()
            }

            /// How many vertices it reads.
            pub fn reads(&self) -> usize {
                match self { $(Self::$name(_) => $name::READS,)* }
            }

            /// See [`Operation::KEEPS`].
            pub fn keeps(&self) -> bool {
                match self { $(Self::$name(_) => $name::KEEPS,)* }
            }

            /// See [`Operation::LOOKS_BACK`].
            pub fn looks_back(&self) -> bool {
                match self { $(Self::$name(_) => $name::LOOKS_BACK,)* }
            }

            /// See [`Operation::BY_UNIT`].
            pub fn by_unit(&self) -> bool {
                match self { $(Self::$name(_) => $name::BY_UNIT,)* }
            }

            /// See [`Operation::words`].
            pub fn words(&self) -> Words {
                match self { $(Self::$name(own) => own.words(),)* }
            }

            /// See [`Operation::size`].
            pub fn size(&self) -> String {
                match self { $(Self::$name(own) => own.size(),)* }
            }

            /// See [`Operation::shape`].
            ///
            /// # Errors
            /// It cannot read these shapes.
            pub fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit> {
                match self { $(Self::$name(own) => own.shape(reads),)* }
            }

            /// See [`Operation::matrix`].
            pub fn matrix(&self, from: Shape) -> Option<Matrix> {
                match self { $(Self::$name(own) => own.matrix(from),)* }
            }

            /// See [`Operation::under`].
            pub fn under(&self, from: Shape) -> usize {
                match self { $(Self::$name(own) => own.under(from),)* }
            }

            /// See [`Operation::sliding`].
            pub fn sliding(&self, from: Shape, to: Shape) -> Option<Arc<Sliding>> {
                match self { $(Self::$name(own) => own.sliding(from, to),)* }
            }

            /// See [`Operation::part`].
            pub fn part(&self, from: Shape) -> std::ops::Range<usize> {
                match self { $(Self::$name(own) => own.part(from),)* }
            }

            /// See [`Operation::multiply_adds`].
            pub fn multiply_adds(&self, from: Shape, to: Shape) -> usize {
                match self { $(Self::$name(own) => own.multiply_adds(from, to),)* }
            }

            /// See [`Operation::forward`].
            pub fn forward<S: Scalar>(
                &self,
                site: &Site<'_, S>,
                reads: Reads<'_, S>,
                out: &mut [S],
                memo: Memo<'_>,
                accumulate: bool,
            ) {
                match self { $(Self::$name(own) => own.forward(site, reads, out, memo, accumulate),)* }
            }

            /// See [`Operation::pull`].
            pub fn pull<S: Scalar>(
                &self,
                site: &Site<'_, S>,
                back: &Back<'_, S>,
                out: &mut [S],
                accumulate: bool,
            ) {
                match self { $(Self::$name(own) => own.pull(site, back, out, accumulate),)* }
            }

            /// See [`Operation::gradient`].
            pub fn gradient<S: Scalar>(
                &self,
                site: &Site<'_, S>,
                error: &[S],
                reads: Reads<'_, S>,
                sums: &mut impl Contributions<S>,
                scratch: &mut [S],
            ) {
                match self { $(Self::$name(own) => own.gradient(site, error, reads, sums, scratch),)* }
            }

            /// See [`Operation::terms`].
            pub fn terms(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
                match self { $(Self::$name(own) => own.terms(at, unit, look, each),)* }
            }

            /// See [`Operation::pulls`].
            pub fn pulls(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
                match self { $(Self::$name(own) => own.pulls(at, unit, look, each),)* }
            }
        }
    };
}

operations! {
    dense::Dense,
    conv::Conv,
    max_pool::MaxPool,
    average_pool::AveragePool,
    step::Step,
    identity::Identity,
    product::Product,
    sum::Sum,
}

#[cfg(test)]
mod check;
