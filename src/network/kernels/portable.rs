//! The plain form of every kernel: what the vector forms are tested against, and what runs where they cannot.

#![expect(
    unsafe_code,
    reason = "calls a function compiled for fused multiply-add after detecting it"
)]

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
    accumulate: bool,
) {
    super::check_operands((m, n, k), a.len(), a_strides, b.len(), ldb, c.len(), ldc);
    if super::path::fuses() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `fuses` found the fma extension, which implies avx.
        unsafe {
            gemm_fma(m, n, k, a, a_strides, b, ldb, c, ldc, accumulate);
        }
        #[cfg(not(target_arch = "x86_64"))]
        gemm_body(
            m,
            n,
            k,
            a,
            a_strides,
            b,
            ldb,
            c,
            ldc,
            accumulate,
            S::mul_add,
        );
    } else {
        gemm_body(
            m,
            n,
            k,
            a,
            a_strides,
            b,
            ldb,
            c,
            ldc,
            accumulate,
            |x, y, z| x * y + z,
        );
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
    accumulate: bool,
) {
    gemm_body(
        m,
        n,
        k,
        a,
        a_strides,
        b,
        ldb,
        c,
        ldc,
        accumulate,
        S::mul_add,
    );
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
    accumulate: bool,
    mul_add: impl Fn(S, S, S) -> S,
) {
    if n == 0 {
        return;
    }
    for i in 0..m {
        let row = &mut c[i * ldc..i * ldc + n];
        if !accumulate {
            row.fill(S::ZERO);
        }
        for p in 0..k {
            let factor = a[i * a_strides.0 + p * a_strides.1];
            for (out, &value) in row.iter_mut().zip(&b[p * ldb..p * ldb + n]) {
                *out = mul_add(factor, value, *out);
            }
        }
    }
}
