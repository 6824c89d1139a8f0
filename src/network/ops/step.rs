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

use super::matrix::ByUnit;
use super::operation::{THROUGH_WEIGHTS, Words};
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

impl ByUnit for Step {
    fn names(&self) -> Words {
        Words {
            name: "step",
            before: "",
            equation: "W s + b, of one time step",
            sum: "Σ W f(x)",
            term: "W · f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn outputs(&self) -> usize {
        self.units
    }

    fn columns(&self, from: Shape) -> Shape {
        Shape::flat(from.channels)
    }

    fn units_read(&self, from: Shape) -> Range<usize> {
        (self.step - 1) * from.channels..self.step * from.channels
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
