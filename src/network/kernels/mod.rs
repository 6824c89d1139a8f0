//! Numeric kernels: the only place where the engine multiplies matrices.
//!
//! Every output element of a product is one chain of multiply-adds over `p = 0, 1, …, k - 1`, whatever the tile,
//! the row count or the instruction set. Computing fewer rows or columns, or splitting rows among threads,
//! therefore never changes a bit.

pub mod portable;

use super::scalar::Scalar;

/// `c[i, j] = sum over p of a[i, p] b[p, j]`, or `c[i, j] += …` when `accumulate` (the chain then starts from `c[i, j]`).
///
/// `a[i, p]` is `a[i * a_strides.0 + p * a_strides.1]`; rows of `b` (length `n`, stride `ldb`) and of `c` (stride `ldc`) are contiguous.
pub fn gemm<S: Scalar>(
    m: usize,
    n: usize,
    k: usize,
    a: &[S],
    a_strides: (usize, usize),
    b: &[S],
    ldb: usize,
    c: &mut [S],
    ldc: usize,
    accumulate: bool,
) {
    S::gemm(m, n, k, a, a_strides, b, ldb, c, ldc, accumulate);
}

/// Writes the transpose of the row-major `rows × cols` matrix `src` to `dst` (`cols × rows`, row-major).
pub fn transpose<S: Scalar>(rows: usize, cols: usize, src: &[S], dst: &mut [S]) {
    const BLOCK: usize = 16;
    for r0 in (0..rows).step_by(BLOCK) {
        for c0 in (0..cols).step_by(BLOCK) {
            for r in r0..(r0 + BLOCK).min(rows) {
                for c in c0..(c0 + BLOCK).min(cols) {
                    dst[c * rows + r] = src[r * cols + c];
                }
            }
        }
    }
}
