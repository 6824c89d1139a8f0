//! Loops that do nothing but what a kernel is limited by: what the machine's peak rates are measured with.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calls functions compiled for instructions that were detected"
    )
)]

use super::path::{self, Path};

/// Independent chains of multiply-adds: enough to hide the latency of one, few enough to stay in registers.
const CHAINS: usize = 12;

/// Runs `rounds` rounds of independent single-precision multiply-adds in registers, with the widest instructions the
/// kernels use here. Returns their sum (so that they are not optimised away) and the number of floating-point operations.
pub fn multiply_add_rate(rounds: usize) -> (f32, u64) {
    let operations = |lanes: usize| (2 * CHAINS * lanes * rounds) as u64;
    match path::best() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a path is only chosen on a machine which has its instructions.
        Path::Avx512 => (unsafe { chains_avx512(rounds) }, operations(16)),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => (unsafe { chains_avx2(rounds) }, operations(8)),
        Path::Portable => (chains::<8>(rounds, |x, y, z| x * y + z), operations(8)),
    }
}

/// The sum of a buffer, read once, in 16 interleaved vectors.
pub fn read(buffer: &[f32]) -> f32 {
    match path::best() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a path is only chosen on a machine which has its instructions.
        Path::Avx512 => unsafe { read_avx512(buffer) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Path::Avx2 => unsafe { read_avx2(buffer) },
        Path::Portable => read_body(buffer),
    }
}

/// The name of the instructions that the kernels use here.
pub fn instructions() -> &'static str {
    match path::best() {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => "AVX-512",
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => "AVX2 + FMA",
        Path::Portable => "portable",
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn chains_avx512(rounds: usize) -> f32 {
    use std::arch::x86_64::*;
    let mut sums = [_mm512_setzero_ps(); CHAINS];
    let (factor, addend) = (_mm512_set1_ps(0.999), _mm512_set1_ps(0.001));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, factor, addend);
        }
    }
    sums.into_iter().map(|s| _mm512_reduce_add_ps(s)).sum()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn chains_avx2(rounds: usize) -> f32 {
    use std::arch::x86_64::*;
    let mut sums = [_mm256_setzero_ps(); CHAINS];
    let (factor, addend) = (_mm256_set1_ps(0.999), _mm256_set1_ps(0.001));
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(*sum, factor, addend);
        }
    }
    sums.into_iter().map(|s| _mm256_cvtss_f32(s)).sum()
}

fn chains<const LANES: usize>(rounds: usize, step: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let mut sums = [[0.0f32; LANES]; CHAINS];
    for _ in 0..rounds {
        for sum in sums.iter_mut().flatten() {
            *sum = step(*sum, 0.999, 0.001);
        }
    }
    sums.into_iter().flatten().sum()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
fn read_avx512(buffer: &[f32]) -> f32 {
    read_body(buffer)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn read_avx2(buffer: &[f32]) -> f32 {
    read_body(buffer)
}

#[inline(always)]
fn read_body(buffer: &[f32]) -> f32 {
    let mut sums = [0.0f32; 128];
    for block in buffer.chunks_exact(128) {
        for (sum, &value) in sums.iter_mut().zip(block) {
            *sum += value;
        }
    }
    sums.into_iter().sum()
}
