//! Transposes on x86-64 vectors, square by square in registers.

#![expect(
    unsafe_code,
    reason = "vector loads and stores through pointers; the entry functions check every bound"
)]

use std::arch::x86_64::*;

macro_rules! transpose_kernel {
    ($name:ident, $squares:ident, $square:ident, $type:ty, $side:literal) => {
        /// [`super::transpose`] with 256-bit vectors, which the machine must have.
        pub(super) fn $name(
            rows: usize,
            cols: usize,
            src: &[$type],
            lds: usize,
            dst: &mut [$type],
            ldd: usize,
        ) {
            super::check_transpose(rows, cols, (src.len(), lds), (dst.len(), ldd));
            // SAFETY: both matrices lie inside their slices, and the caller chose this function because the
            // machine has the instructions.
            unsafe { $squares(rows, cols, src.as_ptr(), lds, dst.as_mut_ptr(), ldd) };
            super::portable::transpose_strips(rows, cols, $side, src, lds, dst, ldd);
        }

        /// Transposes every whole square.
        ///
        /// # Safety
        ///
        /// Both matrices must be readable and writable, their rows `lds` and `ldd` apart.
        #[target_feature(enable = "avx2")]
        unsafe fn $squares(
            rows: usize,
            cols: usize,
            src: *const $type,
            lds: usize,
            dst: *mut $type,
            ldd: usize,
        ) {
            for c in (0..cols - cols % $side).step_by($side) {
                for r in (0..rows - rows % $side).step_by($side) {
                    // SAFETY: the square at row `r`, column `c` lies inside the matrix.
                    unsafe { $square(src.add(r * lds + c), lds, dst.add(c * ldd + r), ldd) };
                }
            }
        }
    };
}

transpose_kernel!(transpose_f32, squares_f32, square_f32, f32, 8);
transpose_kernel!(transpose_f64, squares_f64, square_f64, f64, 4);

/// Transposes an 8 × 8 square.
///
/// # Safety
///
/// Eight rows of eight elements must be readable at `src` and writable at `dst`, with the given strides.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn square_f32(src: *const f32, src_stride: usize, dst: *mut f32, dst_stride: usize) {
    // SAFETY: as promised by the caller.
    let row = |i: usize| unsafe { _mm256_loadu_ps(src.add(i * src_stride)) };
    // Rows i and i + 4 share a register, one in each half, so that no step has to cross the halves.
    let paired = |i: usize| {
        let (upper, lower) = (row(i), row(i + 4));
        (
            _mm256_permute2f128_ps::<0x20>(upper, lower),
            _mm256_permute2f128_ps::<0x31>(upper, lower),
        )
    };
    let (a, b, c, d) = (paired(0), paired(1), paired(2), paired(3));
    for (half, (a, b, c, d)) in [(a.0, b.0, c.0, d.0), (a.1, b.1, c.1, d.1)]
        .into_iter()
        .enumerate()
    {
        let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        let columns = [
            _mm256_shuffle_ps::<0b01_00_01_00>(ab_low, cd_low),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab_low, cd_low),
            _mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high),
        ];
        for (i, column) in columns.into_iter().enumerate() {
            // SAFETY: as promised by the caller.
            unsafe { _mm256_storeu_ps(dst.add((4 * half + i) * dst_stride), column) };
        }
    }
}

/// Transposes a 4 × 4 square.
///
/// # Safety
///
/// Four rows of four elements must be readable at `src` and writable at `dst`, with the given strides.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn square_f64(src: *const f64, src_stride: usize, dst: *mut f64, dst_stride: usize) {
    // SAFETY: as promised by the caller.
    let row = |i: usize| unsafe { _mm256_loadu_pd(src.add(i * src_stride)) };
    let paired = |i: usize| {
        let (upper, lower) = (row(i), row(i + 2));
        (
            _mm256_permute2f128_pd::<0x20>(upper, lower),
            _mm256_permute2f128_pd::<0x31>(upper, lower),
        )
    };
    let (a, b) = (paired(0), paired(1));
    for (half, (a, b)) in [(a.0, b.0), (a.1, b.1)].into_iter().enumerate() {
        let columns = [_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b)];
        for (i, column) in columns.into_iter().enumerate() {
            // SAFETY: as promised by the caller.
            unsafe { _mm256_storeu_pd(dst.add((2 * half + i) * dst_stride), column) };
        }
    }
}
