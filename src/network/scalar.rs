//! The number types the engine runs in: `f32` (default) and `f64`.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A floating-point type the engine can run in.
///
/// The products and the elementwise functions are methods, so that each type has one
/// implementation which predictive coding and backpropagation both call: equal inputs give equal bits.
pub trait Scalar:
    Copy
    + Default
    + PartialEq
    + PartialOrd
    + Debug
    + Display
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// Positive zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// The name used in experiment files: `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// A bound: sums of at most 10¹² products of two numbers within it cannot overflow.
    const TAME: Self;

    /// Rounds a double to this type.
    fn from_f64(value: f64) -> Self;
    /// Widens to a double, losing nothing.
    fn to_f64(self) -> f64;
    /// True unless NaN or infinite.
    fn is_finite(self) -> bool;
    /// Square root.
    fn sqrt(self) -> Self;
    /// `self * factor + addend`, rounded once (a slow library call where the machine cannot fuse).
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// How many bits of the two representations differ: popcount of `a.to_bits() ^ b.to_bits()`.
    fn differing_bits(self, other: Self) -> u32;
    /// Distance in units in the last place, counted over the ordered representations; 0 for +0 and -0.
    fn ulp_distance(self, other: Self) -> u64;
    /// The same number with bit `bit` of its representation flipped (used to plant a fault on purpose).
    fn flip_bit(self, bit: u32) -> Self;

    /// `c[i, j] = start[i, j] + sum over p of a[i, p] b[p, j]`; see [`super::kernels::gemm`].
    fn gemm(
        m: usize,
        n: usize,
        k: usize,
        a: &[Self],
        a_strides: (usize, usize),
        b: &[Self],
        ldb: usize,
        c: &mut [Self],
        ldc: usize,
        start: super::kernels::Start<'_, Self>,
    );
    /// A product whose operands are found by offsets; see [`super::kernels::gather_gemm`].
    fn gather_gemm(
        gather: &super::kernels::Gather<'_>,
        a: &[Self],
        b: &[Self],
        c: &mut [Self],
        start: super::kernels::Start<'_, Self>,
    );
    /// Writes the transpose of a `rows × cols` matrix; see [`super::kernels::transpose`].
    fn transpose(rows: usize, cols: usize, src: &[Self], lds: usize, dst: &mut [Self], ldd: usize);
    /// Elementwise hyperbolic tangent, within 2 ulp; slices of equal length.
    fn tanh_slice(x: &[Self], out: &mut [Self]);
    /// Elementwise logistic sigmoid 1 / (1 + exp(-x)), within 2 ulp; slices of equal length.
    fn sigmoid_slice(x: &[Self], out: &mut [Self]);
    /// Elementwise exponential, within 2 ulp; slices of equal length.
    fn exp_slice(x: &[Self], out: &mut [Self]);
    /// Elementwise GELU (see [`super::Activation::Gelu`]), within 2 ulp; slices of equal length.
    fn gelu_slice(x: &[Self], out: &mut [Self]);
    /// Multiplies `pull` elementwise by the slope of GELU at `x`; slices of equal length.
    fn times_gelu_slope(x: &[Self], pull: &mut [Self]);
    /// Exponential.
    fn exp(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
}

macro_rules! scalar {
    (
        $type:ty, $name:literal, $bits:ty, $signed:ty,
        $gemm:ident, $gather:ident, $transpose:ident, $tanh:ident, $sigmoid:ident, $exp:ident,
        $gelu:ident, $gelu_slope:ident, tame $tame:literal
    ) => {
        impl Scalar for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NAME: &'static str = $name;
            const TAME: Self = $tame;

            #[inline]
            fn from_f64(value: f64) -> Self {
                value as $type
            }
            #[inline]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline]
            fn is_finite(self) -> bool {
                <$type>::is_finite(self)
            }
            #[inline]
            fn sqrt(self) -> Self {
                <$type>::sqrt(self)
            }
            #[inline]
            fn mul_add(self, factor: Self, addend: Self) -> Self {
                <$type>::mul_add(self, factor, addend)
            }
            #[inline]
            fn differing_bits(self, other: Self) -> u32 {
                (self.to_bits() ^ other.to_bits()).count_ones()
            }
            fn ulp_distance(self, other: Self) -> u64 {
                let ordered = |v: $type| {
                    let bits = v.to_bits() as $signed;
                    if bits < 0 {
                        <$signed>::MIN - bits
                    } else {
                        bits
                    }
                };
                ordered(self).abs_diff(ordered(other)).into()
            }
            fn flip_bit(self, bit: u32) -> Self {
                <$type>::from_bits(self.to_bits() ^ ((1 as $bits) << bit))
            }
            fn gemm(
                m: usize,
                n: usize,
                k: usize,
                a: &[Self],
                a_strides: (usize, usize),
                b: &[Self],
                ldb: usize,
                c: &mut [Self],
                ldc: usize,
                start: super::kernels::Start<'_, Self>,
            ) {
                super::kernels::$gemm(m, n, k, a, a_strides, b, ldb, c, ldc, start);
            }
            fn gather_gemm(
                gather: &super::kernels::Gather<'_>,
                a: &[Self],
                b: &[Self],
                c: &mut [Self],
                start: super::kernels::Start<'_, Self>,
            ) {
                super::kernels::$gather(gather, a, b, c, start);
            }
            fn transpose(
                rows: usize,
                cols: usize,
                src: &[Self],
                lds: usize,
                dst: &mut [Self],
                ldd: usize,
            ) {
                super::kernels::$transpose(rows, cols, src, lds, dst, ldd);
            }
            fn tanh_slice(x: &[Self], out: &mut [Self]) {
                super::kernels::$tanh(x, out);
            }
            fn sigmoid_slice(x: &[Self], out: &mut [Self]) {
                super::kernels::$sigmoid(x, out);
            }
            fn exp_slice(x: &[Self], out: &mut [Self]) {
                super::kernels::$exp(x, out);
            }
            fn gelu_slice(x: &[Self], out: &mut [Self]) {
                super::kernels::$gelu(x, out);
            }
            fn times_gelu_slope(x: &[Self], pull: &mut [Self]) {
                super::kernels::$gelu_slope(x, pull);
            }
            #[inline]
            fn exp(self) -> Self {
                <$type>::exp(self)
            }
            #[inline]
            fn ln(self) -> Self {
                <$type>::ln(self)
            }
        }
    };
}

scalar!(
    f32,
    "f32",
    u32,
    i32,
    gemm_f32,
    gather_f32,
    transpose_f32,
    tanh_f32,
    sigmoid_f32,
    exp_f32,
    gelu_f32,
    times_gelu_slope_f32,
    tame 1e13
);
scalar!(
    f64,
    "f64",
    u64,
    i64,
    gemm_f64,
    gather_f64,
    transpose_f64,
    tanh_f64,
    sigmoid_f64,
    exp_f64,
    gelu_f64,
    times_gelu_slope_f64,
    tame 1e140
);
