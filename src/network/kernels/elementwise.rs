//! Elementwise functions without branches: one scalar body, compiled for each instruction set.
//!
//! The compiler turns the loops into vector code. It may not reassociate or fuse floating-point operations on its
//! own, so a value gets the same bits wherever it stands in a slice, on every path of a machine that fuses
//! multiply-adds. A machine that does not fuse rounds more often and may give other bits, a few ulp off.
//!
//! All three functions share one reduction: `x = n ln 2 + r` with `|r|` at most about `ln 2 / 2`, and
//! `exp(r) - 1 = r + r² q(r)`. The coefficients of `q` minimise the largest relative error of `exp(r) - 1`; that error
//! is far below one rounding.

#![expect(
    unsafe_code,
    reason = "calls functions compiled for instructions that were detected"
)]

use super::path::{self, Path};

/// Defines the functions for one number type.
macro_rules! elementwise {
    (
        $name:ident, $type:ident, $bits:ident,
        entries $tanh:ident $sigmoid:ident $exp:ident,
        mantissa $mantissa:literal, bias $bias:literal,
        round $round:literal, ln2 $ln2_high:literal $ln2_low:literal,
        exp range $exp_low:literal $exp_high:literal, tanh limit $tanh_limit:literal,
        q [$($q:literal),+ $(,)?]
    ) => {
        pub(crate) use $name::{$exp, $sigmoid, $tanh};

        mod $name {
            use super::*;

            /// Coefficients of `q`, highest power first.
            const Q: &[$type] = &[$($q),+];
            /// Adding this rounds a small number to an integer and leaves it, plus twice the exponent bias, in the
            /// lowest bits.
            const ROUND: $type = $round + 2.0 * $bias as $type;

            #[inline(always)]
            fn fma<const FUSED: bool>(x: $type, y: $type, z: $type) -> $type {
                if FUSED { x.mul_add(y, z) } else { x * y + z }
            }

            /// Two raised to `biased - bias`, for a biased exponent in range.
            #[inline(always)]
            fn power_of_two(biased: $bits) -> $type {
                $type::from_bits(biased.wrapping_shl($mantissa))
            }

            /// `(n + 2 bias, exp(r) - 1)` with `x = n ln 2 + r`.
            #[inline(always)]
            fn reduce<const FUSED: bool>(x: $type) -> ($bits, $type) {
                let rounded = fma::<FUSED>(x, std::$type::consts::LOG2_E, ROUND);
                let n = rounded - ROUND;
                let r = fma::<FUSED>(-n, $ln2_low, fma::<FUSED>(-n, $ln2_high, x));
                let mut q = Q[0];
                for &coefficient in &Q[1..] {
                    q = fma::<FUSED>(q, r, coefficient);
                }
                let base: $type = $round;
                (rounded.to_bits().wrapping_sub(base.to_bits()), fma::<FUSED>(r * r, q, r))
            }

            /// `numerator / (z + offset)` for `z` not negative, correct but for rounding the result. The rounding
            /// errors of the sum and of the quotient are put back.
            #[inline(always)]
            fn divide<const FUSED: bool>(numerator: $type, z: $type, offset: $type) -> $type {
                let sum = z + offset;
                let lost = z - (sum - offset);
                let inverse = 1.0 / sum;
                let quotient = numerator * inverse;
                let rest = fma::<FUSED>(-quotient, lost, fma::<FUSED>(-quotient, sum, numerator));
                fma::<FUSED>(rest, inverse, quotient)
            }

            #[inline(always)]
            fn exp<const FUSED: bool>(x: $type) -> $type {
                // Beyond these bounds the result is 0 or infinite anyway; NaN passes both comparisons.
                let bounded = if x > $exp_high { $exp_high } else { x };
                let bounded = if bounded < $exp_low { $exp_low } else { bounded };
                let (n, less_one) = reduce::<FUSED>(bounded);
                // In two factors, because 2ⁿ itself may be out of range; only the second product can round.
                let half = n >> 1;
                let value = (1.0 + less_one) * power_of_two(half) * power_of_two(n.wrapping_sub(half));
                if x.is_nan() { x } else { value }
            }

            /// `E / (E + 2)` with `E = exp(2|x|) - 1`, which loses nothing for small arguments.
            #[inline(always)]
            fn tanh<const FUSED: bool>(x: $type) -> $type {
                let size = x.abs();
                // Rounds to 1 from here on; the bound keeps E finite.
                let size = if size > $tanh_limit { $tanh_limit } else { size };
                let (n, less_one) = reduce::<FUSED>(size + size);
                let scale = power_of_two(n.wrapping_sub($bias));
                let e = fma::<FUSED>(scale, less_one, scale - 1.0);
                let value = divide::<FUSED>(e, e, 2.0).copysign(x);
                if x.is_nan() { x } else { value }
            }

            /// `1 / (1 + z)` or `z / (1 + z)` with `z = exp(-|x|)`, so that both tails keep their precision.
            #[inline(always)]
            fn sigmoid<const FUSED: bool>(x: $type) -> $type {
                let z = exp::<FUSED>(-x.abs());
                let value = divide::<FUSED>(if x < 0.0 { z } else { 1.0 }, z, 1.0);
                if x.is_nan() { x } else { value }
            }

            elementwise!(@function $type, $tanh, tanh, "Hyperbolic tangent of every element; signed zeros and NaN pass through.");
            elementwise!(@function $type, $sigmoid, sigmoid, "`1 / (1 + exp(-x))` of every element; NaN passes through.");
            elementwise!(@function $type, $exp, exp, "Exponential of every element; NaN passes through.");

            #[cfg(test)]
            pub(super) const PATHS: [fn(Path, &[$type], &mut [$type]); 3] = [$tanh::on, $sigmoid::on, $exp::on];
        }
    };

    (@function $type:ident, $entry:ident, $body:ident, $doc:literal) => {
        #[doc = $doc]
        ///
        /// Panics unless the slices have the same length.
        pub(crate) fn $entry(x: &[$type], out: &mut [$type]) {
            $entry::on(path::best(), x, out);
        }

        mod $entry {
            use super::*;

            /// The function on one path, which the machine must have.
            pub(in super::super) fn on(path: Path, x: &[$type], out: &mut [$type]) {
                assert_eq!(x.len(), out.len(), "input and output differ in length");
                match path {
                    // SAFETY: a path is only chosen on a machine which has its instructions.
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 => unsafe { avx512(x, out) },
                    // SAFETY: as above.
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx2 => unsafe { avx2(x, out) },
                    // SAFETY: the extension was detected, and it implies avx.
                    #[cfg(target_arch = "x86_64")]
                    Path::Portable if path::fuses() => unsafe { fused(x, out) },
                    #[cfg(not(target_arch = "x86_64"))]
                    Path::Portable if path::fuses() => map::<true>(x, out),
                    Path::Portable => map::<false>(x, out),
                }
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512(x: &[$type], out: &mut [$type]) {
                map::<true>(x, out);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2(x: &[$type], out: &mut [$type]) {
                map::<true>(x, out);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx,fma")]
            fn fused(x: &[$type], out: &mut [$type]) {
                map::<true>(x, out);
            }

            #[inline(always)]
            fn map<const FUSED: bool>(x: &[$type], out: &mut [$type]) {
                for (y, &x) in out.iter_mut().zip(x) {
                    *y = $body::<FUSED>(x);
                }
            }
        }
    };
}

elementwise!(
    single, f32, u32,
    entries tanh_f32 sigmoid_f32 exp_f32,
    mantissa 23, bias 127,
    round 12_582_912.0, ln2 0.693_145_75 1.428_606_8e-6,
    exp range -105.0 89.0, tanh limit 9.1,
    q [
        0.000_198_458_78, 0.001_394_063_7, 0.008_333_389, 0.041_666_36, 0.166_666_66, 0.5,
    ]
);
elementwise!(
    double, f64, u64,
    entries tanh_f64 sigmoid_f64 exp_f64,
    mantissa 52, bias 1023,
    round 6_755_399_441_055_744.0, ln2 0.693_147_180_559_662_956_511_601_8 2.823_529_056_303_157_712_258_845e-13,
    exp range -746.0 710.0, tanh limit 19.1,
    q [
        2.087_533_274_864_966_712_9e-9, 2.510_899_036_154_241_912_4e-8, 2.755_740_266_525_972_242_5e-7,
        2.755_724_434_394_352_449_5e-6, 2.480_158_717_247_485_558_7e-5, 0.000_198_412_698_859_930_526_21,
        0.001_388_888_888_896_242_255, 0.008_333_333_333_321_682_099_3, 0.041_666_666_666_666_508_635,
        0.166_666_666_666_666_765_18, 0.5,
    ]
);
