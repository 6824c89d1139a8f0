//! Which instruction set the kernels run on.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calls functions compiled for instructions that were detected"
    )
)]

use std::sync::OnceLock;

/// An implementation of the kernels. All give equal bits on a machine which can run more than one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// 512-bit vectors with masked tails.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 256-bit vectors with fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain Rust.
    Portable,
}

/// The fastest path of this machine, found once.
#[inline]
pub(super) fn best() -> Path {
    static BEST: OnceLock<Path> = OnceLock::new();
    *BEST.get_or_init(|| available()[0])
}

/// Runs `pass`, a plain loop over numbers, compiled for the widest vectors of this machine.
///
/// The compiler neither reassociates nor fuses floating-point operations, so the bits are those of any other path. `pass` must
/// be small enough to be inlined: what it calls is compiled for the plainest machine.
#[inline]
pub fn wide<R>(pass: impl FnOnce() -> R) -> R {
    on(best(), pass)
}

/// [`wide`] on one path, which the machine must have.
#[inline]
pub(super) fn on<R>(path: Path, pass: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
        fn avx512<R>(pass: impl FnOnce() -> R) -> R {
            pass()
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<R>(pass: impl FnOnce() -> R) -> R {
            pass()
        }
        match path {
            // SAFETY: a path is only chosen on a machine which has its instructions.
            Path::Avx512 => unsafe { avx512(pass) },
            // SAFETY: as above.
            Path::Avx2 => unsafe { avx2(pass) },
            Path::Portable => pass(),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    match path {
        Path::Portable => pass(),
    }
}

/// True when this machine fuses a multiplication with an addition, in which case every path does.
#[inline]
pub(super) fn fuses() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("fma")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        cfg!(target_arch = "aarch64")
    }
}

/// Every path this machine can run, fastest first.
pub(super) fn available() -> Vec<Path> {
    let mut paths = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") {
            // The function bodies name exactly these extensions.
            if has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl") {
                paths.push(Path::Avx512);
            }
            paths.push(Path::Avx2);
        }
    }
    paths.push(Path::Portable);
    paths
}
