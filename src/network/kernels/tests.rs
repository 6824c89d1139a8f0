//! Products and transposes: every path against a plain chain of fused multiply-adds, to the bit.

use super::*;

/// A small generator, so that the shapes are the same on every run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.next() as usize % bound
    }
    pub(super) fn values<S: Scalar>(&mut self, count: usize) -> Vec<S> {
        (0..count)
            .map(|_| S::from_f64(self.next() as f64 / f64::from(1u32 << 30) - 1.0))
            .collect()
    }
}

type Gemm<S> =
    fn(usize, usize, usize, &[S], (usize, usize), &[S], usize, &mut [S], usize, Start<'_, S>);

/// Every product of this machine for one type.
trait Paths: Scalar {
    fn gemms() -> Vec<(Path, Gemm<Self>)>;
}

macro_rules! paths {
    ($type:ty, $wide:ident, $narrow:ident) => {
        impl Paths for $type {
            fn gemms() -> Vec<(Path, Gemm<Self>)> {
                let function = |path| -> Gemm<Self> {
                    match path {
                        #[cfg(target_arch = "x86_64")]
                        Path::Avx512 => x86::$wide,
                        #[cfg(target_arch = "x86_64")]
                        Path::Avx2 => x86::$narrow,
                        Path::Portable => portable::gemm,
                    }
                };
                path::available()
                    .into_iter()
                    .map(|path| (path, function(path)))
                    .collect()
            }
        }
    };
}
paths!(f32, gemm_f32_avx512, gemm_f32_avx2);
paths!(f64, gemm_f64_avx512, gemm_f64_avx2);

fn same_bits<S: Scalar>(x: &[S], y: &[S]) -> bool {
    x.len() == y.len() && x.iter().zip(y).all(|(&x, &y)| x.differing_bits(y) == 0)
}

/// What the sums of a test start from.
#[derive(Clone, Copy, Debug)]
enum Begin {
    Zero,
    Held,
    SameRow,
    OwnRow,
}

impl Begin {
    const ALL: [Self; 4] = [Self::Zero, Self::Held, Self::SameRow, Self::OwnRow];

    fn start<S: Scalar>(self, given: &[S], n: usize) -> Start<'_, S> {
        match self {
            Self::Zero => Start::Zero,
            Self::Held => Start::Held,
            Self::SameRow => Start::each_row(given),
            Self::OwnRow => Start::From {
                values: given,
                stride: n,
            },
        }
    }

    fn value<S: Scalar>(self, held: S, given: &[S], i: usize, j: usize, n: usize) -> S {
        match self {
            Self::Zero => S::ZERO,
            Self::Held => held,
            Self::SameRow => given[j],
            Self::OwnRow => given[i * n + j],
        }
    }
}

struct Case<S> {
    m: usize,
    n: usize,
    k: usize,
    a: Vec<S>,
    a_strides: (usize, usize),
    b: Vec<S>,
    ldb: usize,
    c: Vec<S>,
    ldc: usize,
    given: Vec<S>,
}

impl<S: Scalar> Case<S> {
    fn random(random: &mut Random) -> Self {
        // Small sizes meet every remainder of the tiles; some large ones meet several tiles at once.
        let mut size = |small: usize, large: usize| {
            1 + if random.below(4) == 0 {
                random.below(large)
            } else {
                random.below(small)
            }
        };
        let (m, n, k) = (size(30, 90), size(40, 300), size(40, 300));
        Self::shaped(random, m, n, k)
    }

    fn shaped(random: &mut Random, m: usize, n: usize, k: usize) -> Self {
        let pad = random.below(4);
        let a_strides = match random.below(4) {
            0 => (1, m + pad),
            1 => (2, 2 * m + pad),
            _ => (k + pad, 1),
        };
        let (ldb, ldc) = (n + random.below(3), n + random.below(3));
        Case {
            m,
            n,
            k,
            a: random.values(span(m, a_strides.0, k, a_strides.1)),
            a_strides,
            b: random.values(span(k, ldb, n, 1)),
            ldb,
            c: random.values(span(m, ldc, n, 1)),
            ldc,
            given: random.values(m * n),
        }
    }

    fn run(&self, gemm: Gemm<S>, from: Begin) -> Vec<S> {
        let mut c = self.c.clone();
        gemm(
            self.m,
            self.n,
            self.k,
            &self.a,
            self.a_strides,
            &self.b,
            self.ldb,
            &mut c,
            self.ldc,
            from.start(&self.given, self.n),
        );
        c
    }

    /// The definition. Without fused multiply-add in the machine, the product is rounded first.
    fn expected(&self, from: Begin) -> Vec<S> {
        let mut c = self.c.clone();
        for i in 0..self.m {
            for j in 0..self.n {
                let mut sum = from.value(c[i * self.ldc + j], &self.given, i, j, self.n);
                for p in 0..self.k {
                    let (x, y) = (
                        self.a[i * self.a_strides.0 + p * self.a_strides.1],
                        self.b[p * self.ldb + j],
                    );
                    sum = if path::fuses() {
                        x.mul_add(y, sum)
                    } else {
                        x * y + sum
                    };
                }
                c[i * self.ldc + j] = sum;
            }
        }
        c
    }
}

fn every_path_agrees<S: Paths>() {
    let mut random = Random(3);
    let mut cases: Vec<Case<S>> = (0..400).map(|_| Case::random(&mut random)).collect();
    // Every tile height, and shapes the experiments use.
    cases.extend((1..60).map(|m| Case::shaped(&mut random, m, 37, 5)));
    for (m, n, k) in [
        (64, 256, 784),
        (196, 32, 144),
        (1, 784, 256),
        (1, 10, 256),
        (256, 784, 32),
        (3, 130, 0),
        (33, 700, 600),
        (70, 301, 900),
    ] {
        cases.push(Case::shaped(&mut random, m, n, k));
    }
    for case in &cases {
        for from in Begin::ALL {
            let expected = case.expected(from);
            for (path, gemm) in S::gemms() {
                // Comparing the whole buffer also shows that nothing between the rows was written.
                assert!(
                    same_bits(&case.run(gemm, from), &expected),
                    "{} {path:?} {} × {} × {} {:?} {from:?}",
                    S::NAME,
                    case.m,
                    case.n,
                    case.k,
                    case.a_strides
                );
            }
        }
    }
}

#[test]
fn every_path_runs_the_same_chain_in_f32() {
    every_path_agrees::<f32>();
}

#[test]
fn every_path_runs_the_same_chain_in_f64() {
    every_path_agrees::<f64>();
}

fn subsets_keep_their_bits<S: Paths>() {
    let mut random = Random(4);
    for _ in 0..100 {
        let case = Case::<S>::random(&mut random);
        for (path, gemm) in S::gemms() {
            let whole = case.run(gemm, Begin::Held);
            let (i0, j0) = (random.below(case.m), random.below(case.n));
            let (m, n) = (1 + random.below(case.m - i0), 1 + random.below(case.n - j0));
            let mut part = case.c.clone();
            let (a, b) = (&case.a[i0 * case.a_strides.0..], &case.b[j0..]);
            let c = &mut part[i0 * case.ldc + j0..];
            gemm(
                m,
                n,
                case.k,
                a,
                case.a_strides,
                b,
                case.ldb,
                c,
                case.ldc,
                Start::Held,
            );
            for i in i0..i0 + m {
                let range = i * case.ldc + j0..i * case.ldc + j0 + n;
                assert!(
                    same_bits(&part[range.clone()], &whole[range]),
                    "{} {path:?} row {i}",
                    S::NAME
                );
            }
        }
    }
}

#[test]
fn computing_fewer_rows_or_columns_changes_no_bit() {
    subsets_keep_their_bits::<f32>();
    subsets_keep_their_bits::<f64>();
}

#[test]
fn splitting_the_chain_changes_no_bit() {
    let mut random = Random(5);
    let case = Case::<f32>::shaped(&mut random, 17, 45, 50);
    for (path, gemm) in f32::gemms() {
        let mut c = case.c.clone();
        let (head, rest) = (20, 30);
        gemm(
            17,
            45,
            head,
            &case.a,
            case.a_strides,
            &case.b,
            case.ldb,
            &mut c,
            case.ldc,
            Start::Zero,
        );
        let (a, b) = (
            &case.a[head * case.a_strides.1..],
            &case.b[head * case.ldb..],
        );
        gemm(
            17,
            45,
            rest,
            a,
            case.a_strides,
            b,
            case.ldb,
            &mut c,
            case.ldc,
            Start::Held,
        );
        assert!(same_bits(&c, &case.run(gemm, Begin::Zero)), "{path:?}");
    }
}

type GatherGemm<S> = fn(&Gather<'_>, &[S], &[S], &mut [S], Start<'_, S>);

/// Every product by offsets of this machine for one type.
trait GatherPaths: Paths {
    fn gathers() -> Vec<(Path, GatherGemm<Self>)>;
}

macro_rules! gather_paths {
    ($type:ty, $wide:ident, $narrow:ident) => {
        impl GatherPaths for $type {
            fn gathers() -> Vec<(Path, GatherGemm<Self>)> {
                let function = |path| -> GatherGemm<Self> {
                    match path {
                        #[cfg(target_arch = "x86_64")]
                        Path::Avx512 => x86::$wide,
                        #[cfg(target_arch = "x86_64")]
                        Path::Avx2 => x86::$narrow,
                        Path::Portable => portable::gather_gemm,
                    }
                };
                path::available()
                    .into_iter()
                    .map(|path| (path, function(path)))
                    .collect()
            }
        }
    };
}
gather_paths!(f32, gather_f32_avx512, gather_f32_avx2);
gather_paths!(f64, gather_f64_avx512, gather_f64_avx2);

/// Random offsets, none of them regular; the operands end right after the last element that is touched.
fn gathered_products<S: GatherPaths + std::panic::RefUnwindSafe + std::panic::UnwindSafe>() {
    let mut random = Random(8);
    for case in 0..300 {
        let (m, n) = (1 + random.below(40), 1 + random.below(70));
        let (length, count) = (random.below(20), random.below(6));
        let (a_step, ldb) = (random.below(4), n + random.below(3));
        let offsets = |count: usize, random: &mut Random| -> Vec<usize> {
            (0..count).map(|_| random.below(200)).collect()
        };
        let a_rows = offsets(m, &mut random);
        let runs: Vec<_> = (0..count)
            .map(|_| (random.below(100), random.below(100)))
            .collect();
        let mut c_rows: Vec<_> = (0..m).map(|i| i * (n + 2) + random.below(3)).collect();
        c_rows.reverse();
        let (a_offsets, c_offsets) = (Offsets::new(a_rows.clone()), Offsets::new(c_rows.clone()));
        let all_runs = Runs::new(runs.clone());
        let gather = Gather {
            a_rows: a_offsets.all(),
            a_step,
            runs: all_runs.all(),
            length,
            ldb,
            c_rows: c_offsets.all(),
            n,
        };
        let given: Vec<S> = random.values(m * n);
        let most = |all: &mut dyn Iterator<Item = usize>| all.max().unwrap_or(0);
        let span = |step: usize| length.saturating_sub(1) * step;
        let a_len = most(&mut a_rows.iter().copied())
            + most(&mut runs.iter().map(|r| r.0))
            + span(a_step)
            + 1;
        let b_len = most(&mut runs.iter().map(|r| r.1)) + span(ldb) + n;
        let (a, b): (Vec<S>, Vec<S>) = (random.values(a_len), random.values(b_len));
        let c: Vec<S> = random.values(c_rows[0] + n);
        for from in Begin::ALL {
            let mut expected = c.clone();
            for (i, (&a_row, &c_row)) in a_rows.iter().zip(&c_rows).enumerate() {
                for j in 0..n {
                    let mut sum = from.value(c[c_row + j], &given, i, j, n);
                    for &(a_run, b_run) in &runs {
                        for q in 0..length {
                            let (x, y) = (a[a_row + a_run + q * a_step], b[b_run + q * ldb + j]);
                            sum = if path::fuses() {
                                x.mul_add(y, sum)
                            } else {
                                x * y + sum
                            };
                        }
                    }
                    expected[c_row + j] = sum;
                }
            }
            for (path, product) in S::gathers() {
                let mut got = c.clone();
                product(&gather, &a, &b, &mut got, from.start(&given, n));
                assert!(
                    same_bits(&got, &expected),
                    "{} {path:?} case {case} {from:?}",
                    S::NAME
                );
                if length > 0 && count > 0 {
                    let short = |a: &[S], b: &[S], mut c: Vec<S>| {
                        let start = from.start(&given, n);
                        std::panic::catch_unwind(move || product(&gather, a, b, &mut c, start))
                            .is_err()
                    };
                    assert!(
                        short(&a[..a_len - 1], &b, c.clone()),
                        "{path:?}: left factor"
                    );
                    assert!(
                        short(&a, &b[..b_len - 1], c.clone()),
                        "{path:?}: right factor"
                    );
                    assert!(
                        short(&a, &b, c[..c.len() - 1].to_vec()),
                        "{path:?}: product"
                    );
                }
            }
        }
    }
}

#[test]
fn products_by_offsets_run_the_same_chain_on_every_path() {
    gathered_products::<f32>();
    gathered_products::<f64>();
}

#[test]
fn empty_products() {
    for (path, gemm) in f32::gemms() {
        let mut c = [3.0; 6];
        gemm(0, 3, 2, &[], (2, 1), &[0.0; 6], 3, &mut c, 3, Start::Zero);
        gemm(2, 0, 2, &[0.0; 4], (2, 1), &[], 3, &mut c, 3, Start::Zero);
        gemm(2, 3, 0, &[], (2, 1), &[], 3, &mut c, 3, Start::Held);
        assert_eq!(c, [3.0; 6], "{path:?}");
        gemm(2, 3, 0, &[], (2, 1), &[], 3, &mut c, 3, Start::Zero);
        assert_eq!(c, [0.0; 6], "{path:?}");
    }
}

#[test]
fn operands_out_of_bounds_are_refused() {
    let run =
        |gemm: Gemm<f32>, a: usize, b: usize, c: usize, strides: (usize, usize), ldc: usize| {
            std::panic::catch_unwind(|| {
                gemm(
                    4,
                    5,
                    6,
                    &vec![0.0; a],
                    strides,
                    &vec![0.0; b],
                    5,
                    &mut vec![0.0; c],
                    ldc,
                    Start::Zero,
                );
            })
            .is_ok()
        };
    for (path, gemm) in f32::gemms() {
        assert!(run(gemm, 24, 30, 20, (6, 1), 5), "{path:?}");
        assert!(!run(gemm, 23, 30, 20, (6, 1), 5), "{path:?}: left factor");
        assert!(!run(gemm, 24, 29, 20, (6, 1), 5), "{path:?}: right factor");
        assert!(!run(gemm, 24, 30, 19, (6, 1), 5), "{path:?}: product");
        assert!(
            !run(gemm, 24, 30, 20, (6, 1), 4),
            "{path:?}: overlapping rows"
        );
        assert!(
            !run(gemm, 24, 30, 20, (usize::MAX / 2, 1), 5),
            "{path:?}: overflow"
        );
    }
}

#[test]
fn a_start_out_of_bounds_is_refused() {
    for (path, gemm) in f32::gemms() {
        let run = |values: usize, stride: usize| {
            std::panic::catch_unwind(|| {
                let values = &vec![0.0; values];
                let start = Start::From { values, stride };
                gemm(
                    4,
                    5,
                    6,
                    &[0.0; 24],
                    (6, 1),
                    &[0.0; 30],
                    5,
                    &mut [0.0; 20],
                    5,
                    start,
                );
            })
            .is_ok()
        };
        assert!(run(5, 0) && run(20, 5), "{path:?}");
        assert!(!run(4, 0) && !run(19, 5), "{path:?}");
    }
}

fn transposes<S: Scalar>() {
    let mut random = Random(6);
    for _ in 0..200 {
        let (rows, cols) = (random.below(40), random.below(40));
        let (lds, ldd) = (cols + random.below(3), rows + random.below(3));
        let src: Vec<S> = random.values(span(rows, lds, cols, 1));
        let mut best: Vec<S> = random.values(span(cols, ldd, rows, 1));
        let (before, mut plain) = (best.clone(), best.clone());
        transpose(rows, cols, &src, lds, &mut best, ldd);
        portable::transpose(rows, cols, &src, lds, &mut plain, ldd);
        for (i, &value) in best.iter().enumerate() {
            let (c, r) = (i / ldd, i % ldd);
            let expected = if r < rows {
                src[r * lds + c]
            } else {
                before[i]
            };
            assert_eq!(value, expected, "{rows} × {cols}");
        }
        assert!(same_bits(&best, &plain));
    }
}

#[test]
fn transposes_every_shape() {
    transposes::<f32>();
    transposes::<f64>();
}

#[test]
fn transpose_refuses_short_slices_and_overlaps() {
    let run = |src: usize, lds: usize, dst: usize, ldd: usize| {
        std::panic::catch_unwind(|| {
            transpose(3, 4, &vec![0.0f32; src], lds, &mut vec![0.0; dst], ldd);
        })
        .is_ok()
    };
    assert!(run(12, 4, 12, 3) && run(14, 5, 15, 4));
    assert!(!run(11, 4, 12, 3) && !run(12, 4, 11, 3) && !run(12, 4, 12, 2));
}
