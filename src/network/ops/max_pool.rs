//! Max pooling: μ = the largest f(x) under each window; padding counts as -∞, the first maximum wins, and a NaN wins over all.
//!
//! Jᵀ ε goes to the winners, which are noted when the prediction is made.
//!
//! ```
//! use pcscope::network::{Shape, Window};
//! use pcscope::network::ops::{Alone, MaxPool};
//!
//! let line = Shape { channels: 1, height: 2, width: 2 };
//! let window = Window { kernel: 2, stride: 2, padding: 0 };
//! let pool = Alone::new(MaxPool { window }, &[line], &[], &[])?;
//! assert_eq!(pool.forward(&[&[1.0, 4.0, 3.0, 4.0]]), [4.0]);
//! assert_eq!(pool.pull(&[&[1.0, 4.0, 3.0, 4.0]], &[2.0], 0), [0.0, 2.0, 0.0, 0.0]);
//! # Ok::<(), pcscope::network::ops::Misfit>(())
//! ```

use super::operation::{
    Back, Factor, Joint, Look, Memo, Misfit, Operation, Reads, Site, Term, Words, THROUGH_WEIGHTS,
};
use crate::network::kernels::Pooling;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;

/// The largest value under each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// The window.
    pub window: Window,
}

impl MaxPool {
    /// The unit that wins at an output position: the first largest. As in the kernels, a NaN wins, the last of several.
    fn winner(
        &self,
        from: Shape,
        place: (usize, usize, usize),
        look: Look<'_>,
    ) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for unit in self.window.units(from, place) {
            let value = look(0, unit);
            if best.is_none_or(|(_, best)| value > best || value.is_nan()) {
                best = Some((unit, value));
            }
        }
        best.map(|best| best.0)
    }
}

impl Operation for MaxPool {
    const KEEPS: bool = true;

    fn words(&self) -> Words {
        Words {
            name: "max_pool",
            before: "max ",
            equation: "the largest f(x) under each window",
            sum: "largest f(x)",
            term: "f(x)",
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
        memo: Memo<'_>,
        accumulate: bool,
    ) {
        let (from, to) = (site.at.from, site.at.to);
        let input = &input[..site.rows * from.len()];
        match memo {
            Memo::Note(winners) => {
                let winners = &mut winners[..site.rows * to.len()];
                Pooling::new(self.window, from, to).largest(input, out, winners, accumulate);
            }
            Memo::Hold(winners) => {
                let winners = winners.chunks_exact(to.len());
                let rows = input.chunks_exact(from.len()).zip(winners);
                for ((read, winners), out) in rows.zip(out.chunks_exact_mut(to.len())) {
                    for (out, &winner) in out.iter_mut().zip(winners) {
                        let value = read[winner as usize];
                        *out = if accumulate { *out + value } else { value };
                    }
                }
            }
        }
    }

    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    ) {
        let (from, to) = (site.at.from, site.at.to);
        let made = site.rows * to.len();
        let (error, winners) = (&back.error[..made], &back.memo[..made]);
        Pooling::new(self.window, from, to).pull_largest(error, winners, out, accumulate);
    }

    fn terms(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
        if let Some(winner) = self.winner(at.from, at.to.position(unit), look) {
            each(Term {
                slot: 0,
                unit: winner,
                factor: Factor::Constant(1.0),
            });
        }
    }

    fn pulls(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term)) {
        let (channel, row, column) = at.from.position(unit);
        for (_, y) in self.window.reaching(row, at.to.height) {
            for (_, x) in self.window.reaching(column, at.to.width) {
                if self.winner(at.from, (channel, y, x), look) == Some(unit) {
                    each(Term {
                        slot: 0,
                        unit: at.to.index(channel, y, x),
                        factor: Factor::Constant(1.0),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MaxPool;
    use crate::network::ops::check::{agrees_with_central_differences, maps};

    #[test]
    fn it_agrees_with_central_differences() {
        for (window, map) in maps() {
            agrees_with_central_differences(MaxPool { window }, &[map]);
        }
    }
}
