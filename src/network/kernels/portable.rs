//! The plain form of every kernel: what the vector forms are tested against, and what runs where they cannot.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calls a function compiled for fused multiply-add after detecting it"
    )
)]

use super::{Gather, Start};
use crate::network::scalar::Scalar;

/// See [`super::gemm`]. Fuses each multiply-add where the machine can; elsewhere it rounds the product first.
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
    start: Start<'_, S>,
) {
    super::check_operands((m, n, k), a.len(), a_strides, b.len(), ldb, c.len(), ldc);
    start.check(m, n);
    if super::path::fuses() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `fuses` found the fma extension, which implies avx.
        unsafe {
            gemm_fma(m, n, k, a, a_strides, b, ldb, c, ldc, start);
        }
        #[cfg(not(target_arch = "x86_64"))]
        gemm_body(m, n, k, a, a_strides, b, ldb, c, ldc, start, S::mul_add);
    } else {
        gemm_body(m, n, k, a, a_strides, b, ldb, c, ldc, start, |x, y, z| {
            x * y + z
        });
    }
}

/// The body compiled so that `mul_add` is an instruction and not a library call.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx,fma")]
fn gemm_fma<S: Scalar>(
    m: usize,
    n: usize,
    k: usize,
    a: &[S],
    a_strides: (usize, usize),
    b: &[S],
    ldb: usize,
    c: &mut [S],
    ldc: usize,
    start: Start<'_, S>,
) {
    gemm_body(m, n, k, a, a_strides, b, ldb, c, ldc, start, S::mul_add);
}

#[inline(always)]
fn gemm_body<S: Scalar>(
    m: usize,
    n: usize,
    k: usize,
    a: &[S],
    a_strides: (usize, usize),
    b: &[S],
    ldb: usize,
    c: &mut [S],
    ldc: usize,
    start: Start<'_, S>,
    mul_add: impl Fn(S, S, S) -> S,
) {
    if n == 0 {
        return;
    }
    for i in 0..m {
        let row = &mut c[i * ldc..i * ldc + n];
        start.begin(i, row);
        for p in 0..k {
            let factor = a[i * a_strides.0 + p * a_strides.1];
            for (out, &value) in row.iter_mut().zip(&b[p * ldb..p * ldb + n]) {
                *out = mul_add(factor, value, *out);
            }
        }
    }
}

/// See [`super::gather_gemm`]. Fuses each multiply-add where the machine can; elsewhere it rounds the product first.
pub fn gather_gemm<S: Scalar>(
    gather: &Gather<'_>,
    a: &[S],
    b: &[S],
    c: &mut [S],
    start: Start<'_, S>,
) {
    gather.check(a.len(), b.len(), c.len());
    start.check(gather.rows(), gather.n);
    if super::path::fuses() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `fuses` found the fma extension, which implies avx.
        unsafe {
            gather_fma(gather, a, b, c, start);
        }
        #[cfg(not(target_arch = "x86_64"))]
        gather_body(gather, a, b, c, start, S::mul_add);
    } else {
        gather_body(gather, a, b, c, start, |x, y, z| x * y + z);
    }
}

/// The body compiled so that `mul_add` is an instruction and not a library call.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx,fma")]
fn gather_fma<S: Scalar>(gather: &Gather<'_>, a: &[S], b: &[S], c: &mut [S], start: Start<'_, S>) {
    gather_body(gather, a, b, c, start, S::mul_add);
}

#[inline(always)]
fn gather_body<S: Scalar>(
    gather: &Gather<'_>,
    a: &[S],
    b: &[S],
    c: &mut [S],
    start: Start<'_, S>,
    mul_add: impl Fn(S, S, S) -> S,
) {
    let n = gather.n;
    let rows = gather.a_rows.list().iter().zip(gather.c_rows.list());
    for (i, (&a_row, &c_row)) in rows.enumerate() {
        if n == 0 {
            return;
        }
        let row = &mut c[c_row..c_row + n];
        start.begin(i, row);
        for (a_run, b_run) in gather.runs.list() {
            for q in 0..gather.length {
                let factor = a[a_row + a_run + q * gather.a_step];
                let from = b_run + q * gather.ldb;
                for (out, &value) in row.iter_mut().zip(&b[from..from + n]) {
                    *out = mul_add(factor, value, *out);
                }
            }
        }
    }
}

/// See [`super::transpose`].
pub fn transpose<S: Scalar>(
    rows: usize,
    cols: usize,
    src: &[S],
    lds: usize,
    dst: &mut [S],
    ldd: usize,
) {
    /// Side of the squares moved at once: a few cache lines on either side.
    const SIDE: usize = 8;
    super::check_transpose(rows, cols, (src.len(), lds), (dst.len(), ldd));
    for c0 in (0..cols - cols % SIDE).step_by(SIDE) {
        for r0 in (0..rows - rows % SIDE).step_by(SIDE) {
            let from: [&[S]; SIDE] = std::array::from_fn(|i| {
                let at = (r0 + i) * lds + c0;
                &src[at..at + SIDE]
            });
            for i in 0..SIDE {
                let at = (c0 + i) * ldd + r0;
                for (to, row) in dst[at..at + SIDE].iter_mut().zip(&from) {
                    *to = row[i];
                }
            }
        }
    }
    transpose_strips(rows, cols, SIDE, src, lds, dst, ldd);
}

/// Transposes what squares of side `side` leave over: a strip at the right and one at the bottom.
pub(super) fn transpose_strips<S: Scalar>(
    rows: usize,
    cols: usize,
    side: usize,
    src: &[S],
    lds: usize,
    dst: &mut [S],
    ldd: usize,
) {
    let (square_rows, square_cols) = (rows - rows % side, cols - cols % side);
    for c in 0..cols {
        let first = if c < square_cols { square_rows } else { 0 };
        for r in first..rows {
            dst[c * ldd + r] = src[r * lds + c];
        }
    }
}
