//! Average pooling: μ = the mean of the real (not padded) f(x) under each window; Jᵀ ε gives each of them the same share.
//!
//! ```
//! use pcscope::network::{Shape, Window};
//! use pcscope::network::ops::{Alone, AveragePool};
//!
//! let square = Shape { channels: 1, height: 2, width: 2 };
//! let window = Window { kernel: 2, stride: 2, padding: 0 };
//! let pool = Alone::new(AveragePool { window }, &[square], &[], &[])?;
//! assert_eq!(pool.forward(&[&[1.0, 4.0, 3.0, 4.0]]), [3.0]);
//! assert_eq!(pool.pull(&[&[1.0, 4.0, 3.0, 4.0]], &[2.0], 0), [0.5; 4]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::operation::{
    Back, Factor, Joint, Look, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use crate::network::kernels::Pooling;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;

/// The mean of the real values under each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// The window.
    pub window: Window,
}

impl Operation for AveragePool {
    fn words(&self) -> Words {
        Words {
            name: "average_pool",
            before: "avg ",
            equation: "the mean f(x) under each window",
            sum: "mean of f(x)",
            term: "share · f(x)",
            back: THROUGH_WEIGHTS,
        }
    }

    fn size(&self) -> String {
        format!("{0}×{0}", self.window.kernel)
    }

    fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit> {
        let made = self.window.over(reads[0], reads[0].channels);
        made.ok_or(Misfit::Window(self.window, reads[0]))
    }

    fn under(&self, from: Shape) -> usize {
        self.window.values(from)
    }

    fn forward<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        [input, ..]: Reads<'_, S>,
        out: &mut [S],
        _memo: Memo<'_>,
        accumulate: bool,
    ) {
        let input = &input[..site.rows * site.at.from.len()];
        Pooling::new(self.window, site.at.from, site.at.to).mean(input, out, accumulate);
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        let error = &back.error[..site.rows * site.at.to.len()];
        Pooling::new(self.window, site.at.from, site.at.to).pull_mean(error, out, accumulate);
    }

    fn terms(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let units = self.window.units(at.from, at.to.position(unit));
        let share = 1.0 / units.len() as f64;
        for unit in units {
            each(Term {
                slot: 0,
                unit,
                factor: Factor::Constant(share),
            });
        }
    }

    fn pulls(&self, at: Joint, unit: usize, _look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let (channel, row, column) = at.from.position(unit);
        for (_, y) in self.window.reaching(row, at.to.height) {
            for (_, x) in self.window.reaching(column, at.to.width) {
                let under = self.window.units(at.from, (channel, y, x)).len();
                each(Term {
                    slot: 0,
                    unit: at.to.index(channel, y, x),
                    factor: Factor::Constant(1.0 / under as f64),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AveragePool;
    use crate::network::ops::check::{agrees_with_central_differences, maps};

    #[test]
    fn it_agrees_with_central_differences() {
        for (window, map) in maps() {
            agrees_with_central_differences(AveragePool { window }, &[map]);
        }
    }
}
