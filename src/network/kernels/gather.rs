//! Products whose operands are found by offsets: what turns a convolution into matrix products without copying its windows.
//!
//! Lists of offsets know their greatest, so that checking the bounds of a product costs nothing per row.

use super::Start;
use super::path::{self, Path};
use crate::network::scalar::Scalar;

/// Offsets of rows.
#[derive(Clone, Debug)]
pub struct Offsets {
    list: Vec<usize>,
    /// The greatest among the first, for every count of them.
    most: Vec<usize>,
}

impl Offsets {
    /// Takes a list.
    pub fn new(list: Vec<usize>) -> Self {
        let mut most = vec![0];
        for &offset in &list {
            most.push(offset.max(most[most.len() - 1]));
        }
        Self { list, most }
    }

    /// The offsets.
    pub fn list(&self) -> &[usize] {
        &self.list
    }

    /// The first `count` offsets.
    pub fn first(&self, count: usize) -> SomeOffsets<'_> {
        SomeOffsets {
            list: &self.list[..count],
            most: self.most[count],
        }
    }

    /// All offsets.
    pub fn all(&self) -> SomeOffsets<'_> {
        self.first(self.list.len())
    }
}

/// Some [`Offsets`].
#[derive(Clone, Copy, Debug)]
pub struct SomeOffsets<'a> {
    list: &'a [usize],
    most: usize,
}

impl SomeOffsets<'_> {
    /// The offsets.
    pub fn list(&self) -> &[usize] {
        self.list
    }
}

/// Where runs begin, in the left and the right factor.
#[derive(Clone, Debug)]
pub struct Runs {
    left: Offsets,
    right: Offsets,
}

impl Runs {
    /// Takes a list.
    pub fn new(list: Vec<(usize, usize)>) -> Self {
        let (left, right) = list.into_iter().unzip();
        Self {
            left: Offsets::new(left),
            right: Offsets::new(right),
        }
    }

    /// The first `count` runs.
    pub fn first(&self, count: usize) -> SomeRuns<'_> {
        SomeRuns {
            left: self.left.first(count),
            right: self.right.first(count),
        }
    }

    /// All runs.
    pub fn all(&self) -> SomeRuns<'_> {
        self.first(self.left.list().len())
    }
}

/// Some [`Runs`].
#[derive(Clone, Copy, Debug)]
pub struct SomeRuns<'a> {
    left: SomeOffsets<'a>,
    right: SomeOffsets<'a>,
}

impl<'a> SomeRuns<'a> {
    /// Where they begin.
    pub fn list(&self) -> impl Iterator<Item = (usize, usize)> + 'a {
        let left = self.left.list.iter().copied();
        left.zip(self.right.list.iter().copied())
    }
}

/// Where the operands of a product lie, in elements.
///
/// Row `i` of the left factor begins at `a_rows[i]`, row `i` of the product at `c_rows[i]`. The sum runs over `runs`
/// one after the other, each `length` long: element `q` of a run that begins at `(a, b)` multiplies
/// `left[a_rows[i] + a + q * a_step]` with `right[b + q * ldb + j]`.
#[derive(Clone, Copy, Debug)]
pub struct Gather<'a> {
    /// Where each row of the left factor begins.
    pub a_rows: SomeOffsets<'a>,
    /// From one element of a run to the next, in the left factor.
    pub a_step: usize,
    /// Where each run begins, in the left and the right factor.
    pub runs: SomeRuns<'a>,
    /// Elements of every run.
    pub length: usize,
    /// From one row of the right factor to the next, within a run.
    pub ldb: usize,
    /// Where each row of the product begins.
    pub c_rows: SomeOffsets<'a>,
    /// Columns of the right factor and of the product.
    pub n: usize,
}

impl Gather<'_> {
    /// Rows of the left factor and of the product.
    pub fn rows(&self) -> usize {
        self.a_rows.list.len()
    }

    /// Panics unless every element that the product touches lies inside its slice; the vector paths rely on this.
    pub(super) fn check(&self, a_len: usize, b_len: usize, c_len: usize) {
        assert_eq!(
            self.a_rows.list.len(),
            self.c_rows.list.len(),
            "the left factor and the product differ in rows"
        );
        if self.rows() == 0 || self.n == 0 {
            return;
        }
        let fits = |parts: [Option<usize>; 3], len: usize| {
            parts
                .into_iter()
                .try_fold(0usize, |sum, part| sum.checked_add(part?))
                .is_some_and(|last| last < len)
        };
        let inside = |end: usize| end.checked_sub(1);
        assert!(
            fits([Some(self.c_rows.most), inside(self.n), Some(0)], c_len),
            "the product does not fit in {c_len} elements"
        );
        if self.length == 0 || self.runs.left.list.is_empty() {
            return;
        }
        let (a_most, b_most) = (self.runs.left.most, self.runs.right.most);
        let along = |step: usize| (self.length - 1).checked_mul(step);
        assert!(
            fits(
                [Some(self.a_rows.most), Some(a_most), along(self.a_step)],
                a_len
            ),
            "the left factor does not fit in {a_len} elements"
        );
        assert!(
            fits(
                [b_most.checked_add(self.n - 1), along(self.ldb), Some(0)],
                b_len
            ),
            "the right factor does not fit in {b_len} elements"
        );
    }
}

/// `c[c_rows[i] + j]` becomes the sum that `gather` describes: for every element one chain of multiply-adds in the order of the
/// runs, from `start`.
///
/// # Panics
///
/// If an operand does not fit in its slice.
pub fn gather_gemm<S: Scalar>(
    gather: &Gather<'_>,
    a: &[S],
    b: &[S],
    c: &mut [S],
    start: Start<'_, S>,
) {
    S::gather_gemm(gather, a, b, c, start);
}

macro_rules! gather_entry {
    ($name:ident, $type:ty, $wide:ident, $narrow:ident) => {
        /// [`gather_gemm`] for one type, on the best path this machine has.
        pub(in crate::network) fn $name(
            gather: &Gather<'_>,
            a: &[$type],
            b: &[$type],
            c: &mut [$type],
            start: Start<'_, $type>,
        ) {
            match path::best() {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => super::x86::$wide(gather, a, b, c, start),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => super::x86::$narrow(gather, a, b, c, start),
                Path::Portable => super::portable::gather_gemm(gather, a, b, c, start),
            }
        }
    };
}

gather_entry!(gather_f32, f32, gather_f32_avx512, gather_f32_avx2);
gather_entry!(gather_f64, f64, gather_f64_avx512, gather_f64_avx2);
