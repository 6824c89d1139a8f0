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

use super::matrix::ByUnit;
use super::operation::{THROUGH_WEIGHTS, Words};
use crate::network::shape::Shape;

/// μ = W f(x) + b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// Outputs.
    pub units: usize,
}

impl ByUnit for Dense {
    fn names(&self) -> Words {
        Words {
            name: "dense",
            before: "",
            equation: "W f(x) + b",
            sum: "Σ W f(x)",
            term: "W · f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn outputs(&self) -> usize {
        self.units
    }

    fn columns(&self, from: Shape) -> Shape {
        from
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
