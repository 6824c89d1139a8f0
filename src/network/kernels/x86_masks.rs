//! Masks of the lowest lanes of a register.

use std::arch::x86_64::*;

/// The lowest `count` of 16 lanes.
#[inline]
pub(super) fn mask16(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}

/// The lowest `count` of 8 lanes.
#[inline]
pub(super) fn mask8(count: usize) -> __mmask8 {
    ((1u32 << count) - 1) as __mmask8
}

/// The lowest `count` of 8 lanes, as the sign bits of 32-bit lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn mask8x32(count: usize) -> __m256i {
    _mm256_cmpgt_epi32(
        _mm256_set1_epi32(count as i32),
        _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
    )
}

/// The lowest `count` of 4 lanes, as the sign bits of 64-bit lanes.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn mask4x64(count: usize) -> __m256i {
    _mm256_cmpgt_epi64(
        _mm256_set1_epi64x(count as i64),
        _mm256_setr_epi64x(0, 1, 2, 3),
    )
}
