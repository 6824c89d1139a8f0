//! Elementwise functions without branches: one scalar body, compiled for each instruction set.
//!
//! The compiler turns the loops into vector code. It may not reassociate or fuse floating-point operations on its
//! own, so a value gets the same bits wherever it stands in a slice, on every path of a machine that fuses
//! multiply-adds. A machine that does not fuse rounds more often and may give other bits, a few ulp off.
//!
//! All of them share one reduction: `x = n ln 2 + r` with `|r|` at most about `ln 2 / 2`, and
//! `exp(r) - 1 = r + r² q(r)`. The coefficients of `q` minimise the largest relative error of `exp(r) - 1`; that error
//! is far below one rounding.

#![cfg_attr(
    target_arch = "x86_64",
    expect(
        unsafe_code,
        reason = "calls functions compiled for instructions that were detected"
    )
)]

use super::path::{self, Path};

/// Defines the functions for one number type.
macro_rules! elementwise {
    (
        $name:ident, $type:ident, $bits:ident,
        entries $tanh:ident $sigmoid:ident $exp:ident $gelu:ident $gelu_slope:ident,
        mantissa $mantissa:literal, bias $bias:literal,
        round $round:literal, ln2 $ln2_high:literal $ln2_low:literal,
        exp range $exp_low:literal $exp_high:literal, tanh limit $tanh_limit:literal, gelu limit $gelu_limit:literal,
        gelu $gelu_1:literal $gelu_1_low:literal $gelu_3:literal $gelu_3_low:literal,
        q [$($q:literal),+ $(,)?]
    ) => {
        pub(crate) use $name::{$exp, $gelu, $gelu_slope, $sigmoid, $tanh};

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

            /// `(n + 2 bias, r, exp(r) - 1 - r)` with `x = n ln 2 + r`.
            #[inline(always)]
            fn reduce<const FUSED: bool>(x: $type) -> ($bits, $type, $type) {
                let rounded = fma::<FUSED>(x, std::$type::consts::LOG2_E, ROUND);
                let n = rounded - ROUND;
                let r = fma::<FUSED>(-n, $ln2_low, fma::<FUSED>(-n, $ln2_high, x));
                let mut q = Q[0];
                for &coefficient in &Q[1..] {
                    q = fma::<FUSED>(q, r, coefficient);
                }
                let base: $type = $round;
                (rounded.to_bits().wrapping_sub(base.to_bits()), r, r * r * q)
            }

            /// `numerator / (1 + z)` for `z` not negative, correct but for rounding the result: the errors of rounding the sum and
            /// the quotient are put back at the end.
            #[inline(always)]
            fn divide<const FUSED: bool>(numerator: $type, z: $type) -> $type {
                let sum = z + 1.0;
                let lost = z - (sum - 1.0);
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
                let (n, r, curve) = reduce::<FUSED>(bounded);
                // In two factors, because 2ⁿ itself may be out of range; only the second product can round.
                let half = n >> 1;
                let value = (1.0 + (r + curve)) * power_of_two(half) * power_of_two(n.wrapping_sub(half));
                if x.is_nan() { x } else { value }
            }

            /// `h / (h + 1)` with `h = (exp(2|x|) - 1) / 2`, which loses nothing for small arguments. Of all singles the worst is
            /// 1.67 ulp off.
            #[inline(always)]
            fn tanh<const FUSED: bool>(x: $type) -> $type {
                let size = x.abs();
                // Rounds to 1 from here on; the bound keeps h finite.
                let size = if size > $tanh_limit { $tanh_limit } else { size };
                let (n, r, curve) = reduce::<FUSED>(size + size);
                let scale = power_of_two(n.wrapping_sub($bias + 1));
                let h = fma::<FUSED>(scale, curve, fma::<FUSED>(scale, r, scale - 0.5));
                let quotient = h / (h + 1.0);
                // Small h are reduced by h times the quotient, whose rounding then hardly counts.
                let value = if h < 0.5 { fma::<FUSED>(-h, quotient, h) } else { quotient };
                value.copysign(x)
            }

            /// `1 / (1 + z)` or `z / (1 + z)` with `z = exp(-|x|)`, so that both tails keep their precision.
            #[inline(always)]
            fn sigmoid<const FUSED: bool>(x: $type) -> $type {
                let z = exp::<FUSED>(-x.abs());
                let value = divide::<FUSED>(if x < 0.0 { z } else { 1.0 }, z);
                if x.is_nan() { x } else { value }
            }

            /// `(w, w_low)` for GELU's `w = 2 √(2/π) (x + 0.044715 x³)`, in two parts: `exp(w)` would magnify a rounding of w.
            #[inline(always)]
            fn gelu_argument<const FUSED: bool>(x: $type) -> ($type, $type) {
                let square = x * x;
                let square_low = fma::<FUSED>(x, x, -square);
                let cubic = $gelu_3 * square;
                let cubic_low = fma::<FUSED>($gelu_3, square, -cubic);
                let cubic_low = fma::<FUSED>($gelu_3, square_low, fma::<FUSED>($gelu_3_low, square, cubic_low));
                let sum = $gelu_1 + cubic;
                let back = sum - $gelu_1;
                let sum_low = ($gelu_1 - (sum - back)) + (cubic - back);
                let sum_low = sum_low + (cubic_low + $gelu_1_low);
                let w = x * sum;
                (w, fma::<FUSED>(x, sum_low, fma::<FUSED>(x, sum, -w)))
            }

            /// `exp(-|w|)` as `(sum + sum_low) * first * second`, the last two powers of two.
            #[inline(always)]
            fn exp_in_parts<const FUSED: bool>(w: $type, w_low: $type) -> ($type, $type, $type, $type) {
                let (n, r, curve) = reduce::<FUSED>(-w.abs());
                let less_one = r + curve;
                let less_one_low = curve - (less_one - r);
                let sum = 1.0 + less_one;
                let sum_low = (less_one - (sum - 1.0)) + less_one_low;
                let size_low = if w < 0.0 { -w_low } else { w_low };
                let half = n >> 1;
                let (first, second) = (power_of_two(half), power_of_two(n.wrapping_sub(half)));
                (sum, fma::<FUSED>(-sum, size_low, sum_low), first, second)
            }

            /// `x σ(w)`, which is GELU in its tanh form, with `σ(w) = 1 / (1 + z)` or `z / (1 + z)`, `z = exp(-|w|)`.
            #[inline(always)]
            fn gelu<const FUSED: bool>(x: $type) -> $type {
                // Below this bound f rounds to -0, above it to x.
                let bounded = if x < -$gelu_limit { -$gelu_limit } else { x };
                let bounded = if bounded > $gelu_limit { $gelu_limit } else { bounded };
                let (w, w_low) = gelu_argument::<FUSED>(bounded);
                let (e, e_low, first, second) = exp_in_parts::<FUSED>(w, w_low);
                let (z, z_low) = (e * first * second, e_low * first * second);
                let below = x < 0.0;
                let product = bounded * e;
                let product_low = fma::<FUSED>(bounded, e_low, fma::<FUSED>(bounded, e, -product));
                let numerator = if below { product * first * second } else { bounded };
                let numerator_low = if below { product_low * first * second } else { 0.0 };
                let sum = 1.0 + z;
                let lost = (z - (sum - 1.0)) + z_low;
                let inverse = 1.0 / sum;
                let quotient = numerator * inverse;
                let rest = fma::<FUSED>(-quotient, lost, fma::<FUSED>(-quotient, sum, numerator) + numerator_low);
                let value = fma::<FUSED>(rest, inverse, quotient);
                let value = if x > $gelu_limit { x } else { value.copysign(x) };
                if x.is_nan() { x } else { value }
            }

            /// `f' = σ (1 + x (1 - σ) w')`.
            #[inline(always)]
            fn gelu_slope<const FUSED: bool>(x: $type) -> $type {
                let bounded = if x < -$gelu_limit { -$gelu_limit } else { x };
                let bounded = if bounded > $gelu_limit { $gelu_limit } else { bounded };
                let (w, w_low) = gelu_argument::<FUSED>(bounded);
                let (e, _, first, second) = exp_in_parts::<FUSED>(w, w_low);
                let z = e * first * second;
                let inverse = 1.0 / (1.0 + z);
                let (share, rest) = if x < 0.0 { (z * inverse, inverse) } else { (inverse, z * inverse) };
                let steep = fma::<FUSED>(3.0 * $gelu_3, bounded * bounded, $gelu_1);
                share * fma::<FUSED>(bounded * rest, steep, 1.0)
            }

            elementwise!(@function $type, $tanh, tanh, =, "Hyperbolic tangent of every element; signed zeros and NaN pass through.");
            elementwise!(@function $type, $sigmoid, sigmoid, =, "`1 / (1 + exp(-x))` of every element; NaN passes through.");
            elementwise!(@function $type, $exp, exp, =, "Exponential of every element; NaN passes through.");
            elementwise!(@function $type, $gelu, gelu, =, "`½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))` of every element; NaN passes through.");
            elementwise!(@function $type, $gelu_slope, gelu_slope, *=, "Multiplies by the slope of GELU at every element of `x`.");

            #[cfg(test)]
            pub(super) const PATHS: [fn(Path, &[$type], &mut [$type]); 4] = [$tanh::on, $sigmoid::on, $exp::on, $gelu::on];
        }
    };

    (@function $type:ident, $entry:ident, $body:ident, $assign:tt, $doc:literal) => {
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
                    *y $assign $body::<FUSED>(x);
                }
            }
        }
    };
}

elementwise!(
    single, f32, u32,
    entries tanh_f32 sigmoid_f32 exp_f32 gelu_f32 times_gelu_slope_f32,
    mantissa 23, bias 127,
    round 12_582_912.0, ln2 0.693_145_75 1.428_606_8e-6,
    exp range -105.0 89.0, tanh limit 9.1, gelu limit 12.0,
    gelu 1.595_769_2 -4.534_068e-8 0.071_354_814 2.398_832_5e-9,
    q [
        0.000_198_458_78, 0.001_394_063_7, 0.008_333_389, 0.041_666_36, 0.166_666_66, 0.5,
    ]
);
elementwise!(
    double, f64, u64,
    entries tanh_f64 sigmoid_f64 exp_f64 gelu_f64 times_gelu_slope_f64,
    mantissa 52, bias 1023,
    round 6755399441055744.0, ln2 0.693_147_180_559_663 2.823_529_056_303_157_7e-13,
    exp range -746.0 710.0, tanh limit 19.1, gelu limit 22.0,
    gelu 1.595_769_121_605_730_8 -9.969_308_809_110_92e-17 0.071_354_816_272_600_25 -6.175_149_918_155_315e-19,
    q [
        2.087_533_274_864_967e-9, 2.510_899_036_154_241_8e-8, 2.755_740_266_525_972_4e-7,
        2.755_724_434_394_352_3e-6, 2.480_158_717_247_485_5e-5, 0.000_198_412_698_859_930_53,
        0.001_388_888_888_896_242_2, 0.008_333_333_333_321_683, 0.041_666_666_666_666_51,
        0.166_666_666_666_666_77, 0.5,
    ]
);

#[cfg(test)]
mod tests {
    use super::*;

    /// An unevaluated sum of two doubles: about 106 bits, to judge double results by.
    #[derive(Clone, Copy)]
    struct Wide(f64, f64);

    impl Wide {
        fn sum(x: f64, y: f64) -> Self {
            let s = x + y;
            let v = s - x;
            Wide(s, (x - (s - v)) + (y - v))
        }
        fn plus(self, other: Self) -> Self {
            let high = Self::sum(self.0, other.0);
            let low = Self::sum(self.1, other.1);
            let first = Self::sum(high.0, high.1 + low.0);
            Self::sum(first.0, first.1 + low.1)
        }
        fn times(self, other: Self) -> Self {
            let product = self.0 * other.0;
            let rest = self.0.mul_add(other.0, -product);
            Self::sum(product, rest + (self.0 * other.1 + self.1 * other.0))
        }
        fn over(self, other: Self) -> Self {
            let mut quotient = Wide(0.0, 0.0);
            let mut rest = self;
            for _ in 0..3 {
                let digit = Wide(rest.0 / other.0, 0.0);
                quotient = quotient.plus(digit);
                rest = rest.plus(Wide(-digit.0, 0.0).times(other));
            }
            quotient
        }
        fn scaled(self, n: i32) -> Self {
            Wide(self.0 * 2f64.powi(n), self.1 * 2f64.powi(n))
        }
    }

    /// `(n, exp(r) - 1)` with `x = n ln 2 + r`.
    fn wide_reduce(x: f64) -> (i32, Wide) {
        let n = (x / std::f64::consts::LN_2).round();
        let ln2 = Wide(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
        let r = Wide(x, 0.0).plus(Wide(-n, 0.0).times(ln2));
        let mut tail = Wide(1.0, 0.0);
        for i in (2..30).rev() {
            tail = Wide(1.0, 0.0).plus(tail.times(r).over(Wide(f64::from(i), 0.0)));
        }
        (n as i32, tail.times(r))
    }

    /// References as a value and a power of two to multiply it by, which keeps results too small for a double exact.
    fn wide_exp(x: f64) -> (Wide, i32) {
        let (n, less_one) = wide_reduce(x);
        (Wide(1.0, 0.0).plus(less_one), n)
    }
    fn wide_tanh(x: f64) -> (Wide, i32) {
        let (n, less_one) = wide_reduce(2.0 * x.abs());
        let e = less_one.scaled(n).plus(Wide(2f64.powi(n) - 1.0, 0.0));
        let value = e.over(e.plus(Wide(2.0, 0.0)));
        (value.scaled(0).times(Wide(x.signum(), 0.0)), 0)
    }
    fn wide_sigmoid(x: f64) -> (Wide, i32) {
        let (z, n) = wide_exp(-x.abs());
        let below = z.scaled(n).plus(Wide(1.0, 0.0));
        if x < 0.0 {
            (z.over(below), n)
        } else {
            (Wide(1.0, 0.0).over(below), 0)
        }
    }

    fn wide_gelu(x: f64) -> (Wide, i32) {
        // 2 √(2/π), and 0.044715 of it, to 32 digits.
        let (one, three) = (
            Wide(1.595_769_121_605_730_8, -9.969_308_809_110_92e-17),
            Wide(0.071_354_816_272_600_25, -6.175_149_918_155_315e-19),
        );
        let own = Wide(x, 0.0);
        let w = own.times(one.plus(three.times(own.times(own))));
        let size = Wide(-w.0.abs(), if w.0 < 0.0 { w.1 } else { -w.1 });
        let (z, n) = wide_exp(size.0);
        let z = z.times(Wide(1.0, 0.0).plus(Wide(size.1, 0.5 * size.1 * size.1)));
        let below = z.scaled(n).plus(Wide(1.0, 0.0));
        if x < 0.0 {
            (own.times(z).over(below), n)
        } else {
            (own.over(below), 0)
        }
    }

    fn ulp_error(got: f64, (want, n): (Wide, i32)) -> f64 {
        let size = got.abs();
        let ulp = f64::from_bits(size.to_bits() + 1) - size;
        // Scaled up in two steps, because one factor could overflow.
        let up = |v: f64| v * 2f64.powi(-n / 2) * 2f64.powi(-n - -n / 2);
        ((up(got) - want.0) - want.1).abs() / up(ulp)
    }

    /// Arguments over the whole range: both signs, magnitudes from tiny to past saturation, dense around 1.
    fn arguments(limit: f64) -> Vec<f64> {
        let mut state = 1u64;
        let mut uniform = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut all = Vec::new();
        for _ in 0..20_000 {
            let wide = limit * uniform();
            let near = 2.0 * uniform();
            let tiny = 2f64.powf(-100.0 * uniform());
            all.extend([wide, -wide, near, -near, tiny, -tiny]);
        }
        all
    }

    #[test]
    fn doubles_are_within_two_ulp() {
        type Reference = fn(f64) -> (Wide, i32);
        let cases: [(usize, &str, f64, Reference); 4] = [
            (0, "tanh", 22.0, wide_tanh),
            (1, "sigmoid", 740.0, wide_sigmoid),
            (2, "exp", 709.0, wide_exp),
            (3, "gelu", 21.0, wide_gelu),
        ];
        for (which, name, limit, reference) in cases {
            let x = arguments(limit);
            let mut y = vec![0.0; x.len()];
            for path in path::available() {
                double::PATHS[which](path, &x, &mut y);
                for (&x, &y) in x.iter().zip(&y) {
                    let error = ulp_error(y, reference(x));
                    assert!(
                        error <= 2.0,
                        "{name}({x:e}) = {y:e} on {path:?}: {error} ulp off"
                    );
                }
            }
        }
    }

    #[test]
    fn singles_are_within_two_ulp() {
        type Reference = fn(f64) -> f64;
        let references: [(&str, Reference); 4] = [
            ("tanh", f64::tanh),
            ("sigmoid", |x| {
                if x < 0.0 {
                    x.exp() / (1.0 + x.exp())
                } else {
                    1.0 / (1.0 + (-x).exp())
                }
            }),
            ("exp", f64::exp),
            ("gelu", |x| {
                let w = 2.0 * std::f64::consts::FRAC_2_PI.sqrt() * (x + 0.044715 * x * x * x);
                if x < 0.0 {
                    // Whole cubes overflow long after f has become 0.
                    if w < -700.0 {
                        -0.0
                    } else {
                        x * w.exp() / (1.0 + w.exp())
                    }
                } else {
                    x / (1.0 + (-w).exp())
                }
            }),
        ];
        // Every 997th of all representations, special values among them.
        let x: Vec<f32> = (0..=u32::MAX)
            .step_by(997)
            .map(f32::from_bits)
            .filter(|x| x.is_finite())
            .collect();
        let mut y = vec![0.0; x.len()];
        for (which, (name, reference)) in references.into_iter().enumerate() {
            for path in path::available() {
                single::PATHS[which](path, &x, &mut y);
                for (&x, &y) in x.iter().zip(&y) {
                    let want = reference(f64::from(x));
                    if y.is_infinite() {
                        assert!(want as f32 == y, "{name}({x:e}) overflows");
                        continue;
                    }
                    let ulp = f64::from(f32::from_bits(y.abs().to_bits() + 1)) - f64::from(y.abs());
                    let error = (f64::from(y) - want).abs()
                        / if ulp.is_finite() { ulp } else { 2f64.powi(104) };
                    assert!(
                        error <= 2.0,
                        "{name}({x:e}) = {y:e} on {path:?}: {error} ulp off"
                    );
                }
            }
        }
    }

    macro_rules! exactness {
        ($name:ident, $module:ident, $type:ident, $tiny:literal) => {
            #[test]
            fn $name() {
                let nan = $type::from_bits($type::NAN.to_bits() | 5);
                let inputs = [
                    0.0,
                    -0.0,
                    $type::INFINITY,
                    $type::NEG_INFINITY,
                    nan,
                    -nan,
                    $tiny,
                    -$tiny,
                    $type::MAX,
                ];
                let expected: [[$type; 9]; 4] = [
                    [0.0, -0.0, 1.0, -1.0, nan, -nan, $tiny, -$tiny, 1.0],
                    [0.5, 0.5, 1.0, 0.0, nan, -nan, 0.5, 0.5, 1.0],
                    [
                        1.0,
                        1.0,
                        $type::INFINITY,
                        0.0,
                        nan,
                        -nan,
                        1.0,
                        1.0,
                        $type::INFINITY,
                    ],
                    [
                        0.0,
                        -0.0,
                        $type::INFINITY,
                        -0.0,
                        nan,
                        -nan,
                        0.5 * $tiny,
                        -0.5 * $tiny,
                        $type::MAX,
                    ],
                ];
                let bits =
                    |values: &[$type]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                let many: Vec<$type> = (0..200)
                    .map(|i| (i - 90) as $type * 0.137)
                    .chain(inputs)
                    .collect();
                for (function, expected) in $module::PATHS.into_iter().zip(expected) {
                    let mut reference = vec![0.0; many.len()];
                    function(path::available()[0], &many, &mut reference);
                    for path in path::available() {
                        let mut got = [7.0; 9];
                        function(path, &inputs, &mut got);
                        assert_eq!(bits(&got), bits(&expected), "special values on {path:?}");
                        if path == Path::Portable && !path::fuses() {
                            continue;
                        }
                        // Every window of the same values: position, alignment and tail must not matter.
                        for start in 0..many.len() {
                            for length in [1, 3, 8, 17, 33, 70] {
                                let end = (start + length).min(many.len());
                                let mut got = vec![0.0; end - start];
                                function(path, &many[start..end], &mut got);
                                assert_eq!(
                                    bits(&got),
                                    bits(&reference[start..end]),
                                    "{path:?}, {start}..{end}"
                                );
                            }
                        }
                    }
                }
            }
        };
    }
    exactness!(singles_keep_their_bits_everywhere, single, f32, 1e-42);
    exactness!(doubles_keep_their_bits_everywhere, double, f64, 5e-322);

    #[test]
    #[should_panic(expected = "differ in length")]
    fn lengths_must_agree() {
        tanh_f32(&[0.0; 3], &mut [0.0; 4]);
    }
}
