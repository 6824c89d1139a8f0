//! The plain form of every kernel: what the vector forms are tested against, and what runs where they cannot.

use crate::network::scalar::Scalar;

/// See [`super::gemm`].
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
    for i in 0..m {
        let row = &mut c[i * ldc..i * ldc + n];
        if !accumulate {
            row.fill(S::ZERO);
        }
        for p in 0..k {
            let factor = a[i * a_strides.0 + p * a_strides.1];
            for (out, &value) in row.iter_mut().zip(&b[p * ldb..p * ldb + n]) {
                *out += factor * value;
            }
        }
    }
}
