//! Numeric kernels: the only place where the engine multiplies matrices.
//!
//! Every output element of a product is one chain of multiply-adds over `p = 0, 1, …, k - 1`, whatever the tile,
//! the row count or the instruction set. Computing fewer rows or columns, or splitting rows among threads,
//! therefore never changes a bit. (The payload and sign of a NaN are not part of that promise.)
//!
//! On a machine with fused multiply-add every path fuses, so all paths agree to the bit. On a machine without it
//! only [`portable`] exists, and it rounds the product before adding: results are as reproducible there, but differ
//! from those of a machine that fuses.

mod elementwise;
pub mod gather;
pub mod limits;
mod path;
mod pool;
pub mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;
#[cfg(target_arch = "x86_64")]
mod x86_masks;
#[cfg(target_arch = "x86_64")]
mod x86_transpose;

use super::scalar::Scalar;
use path::Path;
pub use path::wide;
pub use pool::Pooling;

pub(super) use elementwise::{
    exp_f32, exp_f64, gelu_f32, gelu_f64, sigmoid_f32, sigmoid_f64, tanh_f32, tanh_f64,
    times_gelu_slope_f32, times_gelu_slope_f64,
};
pub use gather::{Gather, Offsets, Runs, gather_gemm};
pub(super) use gather::{gather_f32, gather_f64};

/// What every sum of a product starts from.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, S> {
    /// 0.
    Zero,
    /// What the product's place holds.
    Held,
    /// Other numbers, row `i` of which begins at `i * stride`: with a stride of 0 every row starts from the same ones.
    From {
        /// The numbers.
        values: &'a [S],
        /// From one row to the next.
        stride: usize,
    },
}

impl<'a, S: Scalar> Start<'a, S> {
    /// Every row from the same numbers: a bias.
    pub fn each_row(values: &'a [S]) -> Self {
        Self::From { values, stride: 0 }
    }

    /// What the product's place holds, or else 0.
    pub fn held_if(held: bool) -> Self {
        if held { Self::Held } else { Self::Zero }
    }
}

impl<S: Copy + Default> Start<'_, S> {
    /// Panics unless there is a number for every element of an `m × n` product; the vector paths rely on this.
    fn check(&self, m: usize, n: usize) {
        if let Self::From { values, stride } = self {
            assert!(
                span(m, *stride, n, 1) <= values.len(),
                "what the sums start from: {m} × {n} with stride {stride} does not fit in {} elements",
                values.len()
            );
        }
    }

    /// Sets row `i` of the product to it.
    fn begin(&self, i: usize, row: &mut [S]) {
        match self {
            Self::Zero => row.fill(S::default()),
            Self::Held => {}
            Self::From { values, stride } => {
                let first = i * stride;
                row.copy_from_slice(&values[first..first + row.len()]);
            }
        }
    }
}

/// `c[i, j] = start[i, j] + sum over p of a[i, p] b[p, j]`, one chain.
///
/// `a[i, p]` is `a[i * a_strides.0 + p * a_strides.1]`; rows of `b` (length `n`, stride `ldb`) and of `c` (stride `ldc`) are contiguous.
///
/// # Panics
///
/// If a slice is too short for its shape and strides (that of `start` too), or rows of `c` overlap (`ldc < n` with more than one row).
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
    S::gemm(m, n, k, a, a_strides, b, ldb, c, ldc, start);
}

/// Elements a strided matrix view spans: one more than its largest index. Panics when that overflows.
fn span(rows: usize, row_stride: usize, cols: usize, col_stride: usize) -> usize {
    if rows == 0 || cols == 0 {
        return 0;
    }
    let last = |count: usize, stride: usize| (count - 1).checked_mul(stride);
    last(rows, row_stride)
        .zip(last(cols, col_stride))
        .and_then(|(r, c)| r.checked_add(c)?.checked_add(1))
        .expect("the strides of a matrix view overflow")
}

/// Panics unless the operands of a product lie inside their slices; the vector paths rely on this.
fn check_operands(
    (m, n, k): (usize, usize, usize),
    a_len: usize,
    a_strides: (usize, usize),
    b_len: usize,
    ldb: usize,
    c_len: usize,
    ldc: usize,
) {
    assert!(
        span(m, a_strides.0, k, a_strides.1) <= a_len,
        "left factor: {m} × {k} with strides {a_strides:?} does not fit in {a_len} elements"
    );
    assert!(
        span(k, ldb, n, 1) <= b_len,
        "right factor: {k} × {n} with stride {ldb} does not fit in {b_len} elements"
    );
    assert!(
        span(m, ldc, n, 1) <= c_len,
        "product: {m} × {n} with stride {ldc} does not fit in {c_len} elements"
    );
    assert!(
        m <= 1 || ldc >= n,
        "rows of the product overlap: length {n}, stride {ldc}"
    );
}

macro_rules! gemm_entry {
    ($name:ident, $type:ty, $wide:ident, $narrow:ident) => {
        /// [`gemm`] for one type, on the best path this machine has.
        pub(super) fn $name(
            m: usize,
            n: usize,
            k: usize,
            a: &[$type],
            a_strides: (usize, usize),
            b: &[$type],
            ldb: usize,
            c: &mut [$type],
            ldc: usize,
            start: Start<'_, $type>,
        ) {
            match path::best() {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => x86::$wide(m, n, k, a, a_strides, b, ldb, c, ldc, start),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => x86::$narrow(m, n, k, a, a_strides, b, ldb, c, ldc, start),
                Path::Portable => portable::gemm(m, n, k, a, a_strides, b, ldb, c, ldc, start),
            }
        }
    };
}

gemm_entry!(gemm_f32, f32, gemm_f32_avx512, gemm_f32_avx2);
gemm_entry!(gemm_f64, f64, gemm_f64_avx512, gemm_f64_avx2);

/// Writes the transpose of a `rows × cols` matrix to `dst` (`cols × rows`): both row-major, their rows `lds` and `ldd` apart.
///
/// # Panics
///
/// If either slice is too short, or rows of `dst` overlap.
pub fn transpose<S: Scalar>(
    rows: usize,
    cols: usize,
    src: &[S],
    lds: usize,
    dst: &mut [S],
    ldd: usize,
) {
    S::transpose(rows, cols, src, lds, dst, ldd);
}

/// Panics unless both matrices lie inside their slices; the vector path relies on this.
fn check_transpose(
    rows: usize,
    cols: usize,
    (src_len, lds): (usize, usize),
    (dst_len, ldd): (usize, usize),
) {
    assert!(
        span(rows, lds, cols, 1) <= src_len
            && span(cols, ldd, rows, 1) <= dst_len
            && (cols <= 1 || ldd >= rows),
        "transpose of {rows} × {cols}: from {src_len} elements, {lds} apart, to {dst_len}, {ldd} apart"
    );
}

macro_rules! transpose_entry {
    ($name:ident, $type:ty) => {
        /// [`transpose`] for one type, on the best path this machine has.
        pub(super) fn $name(
            rows: usize,
            cols: usize,
            src: &[$type],
            lds: usize,
            dst: &mut [$type],
            ldd: usize,
        ) {
            match path::best() {
                // Wider vectors gain nothing here: memory is the limit.
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 | Path::Avx2 => x86_transpose::$name(rows, cols, src, lds, dst, ldd),
                Path::Portable => portable::transpose(rows, cols, src, lds, dst, ldd),
            }
        }
    };
}

transpose_entry!(transpose_f32, f32);
transpose_entry!(transpose_f64, f64);

/// `exp(x)` elementwise, in any [`Scalar`]: `out[i] = exp(x[i])`, within 2 ulp; slices of equal length.
pub fn exp_slice<S: Scalar>(x: &[S], out: &mut [S]) {
    S::exp_slice(x, out);
}

/// Adds elementwise.
#[inline(always)]
pub fn add<S: Scalar>(values: &[S], into: &mut [S]) {
    wide(
        #[inline(always)]
        || into.iter_mut().zip(values).for_each(|(o, &v)| *o += v),
    );
}

#[cfg(test)]
mod tests;
