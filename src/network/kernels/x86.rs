//! Matrix products on x86-64 vectors.
//!
//! The product is cut into tiles of `MR` rows by `NV` vectors of columns which stay in registers while `p` runs.
//! Every tile size is a separate instantiation, so a short last tile costs no more per row than a full one.
//!
//! Where several tiles read the same columns of the right factor, a piece of them is first copied side by side into a
//! buffer that stays in the first-level cache; with few rows nothing is copied, and each factor is read once. Operands too
//! large or too awkwardly laid out for the caches are worked through in blocks, which are copied whole.

#![expect(
    unsafe_code,
    reason = "vector loads and stores through pointers; the entry functions check every bound"
)]

use super::x86_masks::{mask4x64, mask8, mask8x32, mask16};
use super::{Gather, Start};
use std::arch::x86_64::*;
use std::mem::MaybeUninit;

/// Bytes of a copied piece of the right factor: half of a small first-level cache.
const PANEL_BYTES: usize = 16 * 1024;

/// Bytes of a right factor from which on it is worked through block by block: what a second-level cache no longer holds.
const LARGE_BYTES: usize = 1024 * 1024;

/// Rows of the left factor this many bytes apart, or a multiple, share one set of a first-level cache, which cannot hold a line of
/// each row of a tile: such a product is worked through in blocks too.
const CROWDED_BYTES: usize = 4096;

/// Rows, columns and terms of a block. What it takes of each operand is copied to where it lies in few pages and spread over all sets
/// of the caches: rows of a wide matrix, a page or more apart, drive each other out.
const BLOCK_ROWS: usize = 64;
const BLOCK_COLUMNS: usize = 256;
const BLOCK_TERMS: usize = 128;

/// Elements beyond a row of a copy before the next begins, so that rows do not share sets: at least a cache line.
const APART: usize = 16;

/// Room for a copy of a piece of an operand, at the start of a cache line.
#[repr(align(64))]
struct Panel<T, const N: usize>([MaybeUninit<T>; N]);

/// One operand set, as the tiles see it. Strides count elements.
#[derive(Clone, Copy)]
struct Operands<T> {
    a: *const T,
    a_strides: (usize, usize),
    b: *const T,
    ldb: usize,
    c: *mut T,
    ldc: usize,
    start: From<T>,
    /// What will be read next: with every term, the second-level cache is told of the line there, the next of which lies `step`
    /// elements further.
    ahead: *const T,
    step: usize,
}

/// [`Start`] as the tiles see it.
#[derive(Clone, Copy)]
enum From<T> {
    Zero,
    Held,
    /// First element, and elements from one row to the next.
    Given(*const T, usize),
}

impl<T> From<T> {
    fn new(start: Start<'_, T>) -> Self {
        match start {
            Start::Zero => Self::Zero,
            Start::Held => Self::Held,
            Start::From { values, stride } => Self::Given(values.as_ptr(), stride),
        }
    }

    /// The same for what lies some rows down and some columns to the right.
    fn moved(self, rows: usize, columns: usize) -> Self {
        match self {
            // Wrapping: a short last stripe may leave nothing to point into.
            Self::Given(first, stride) => {
                Self::Given(first.wrapping_add(rows * stride + columns), stride)
            }
            other => other,
        }
    }

    /// Where row 0 begins and how rows follow, given those of the product; null to start from 0.
    fn rows(self, c: *const T, ldc: usize) -> (*const T, usize) {
        match self {
            Self::Zero => (std::ptr::null(), 0),
            Self::Held => (c, ldc),
            Self::Given(first, stride) => (first, stride),
        }
    }
}

/// Defines one entry function and its tiles, for one number type and one instruction set.
macro_rules! gemm_kernels {
    (
        $name:ident, $entry:ident, $gather_entry:ident, $type:ty, $features:literal, $vector:ty, $lanes:literal,
        zero $zero:ident, splat $splat:ident, load $load:ident, store $store:ident, fma $fma:ident,
        mask $mask:ty, $make_mask:ident, $masked_load:ident, $masked_store:ident,
        rows $rows1:literal $rows2:literal $rows4:literal $rows8:literal $rows16:literal, gather $gather2:literal,
        tiles $tiles1:tt $tiles2:tt $tiles4:tt $tiles8:tt $tiles16:tt
    ) => {
        /// [`super::gemm`] on this type and instruction set, which the machine must have.
        pub(super) fn $entry(
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
            super::check_operands((m, n, k), a.len(), a_strides, b.len(), ldb, c.len(), ldc);
            start.check(m, n);
            if m == 0 || n == 0 {
                return;
            }
            let start = From::new(start);
            let operands = Operands { a: a.as_ptr(), a_strides, b: b.as_ptr(), ldb, c: c.as_mut_ptr(), ldc, start, ahead: b.as_ptr(), step: 0 };
            // SAFETY: the bounds of all operands were just checked, and the caller chose this function
            // because the machine has the instructions.
            unsafe { $name::product(m, n, k, operands) };
        }

        /// [`super::gather_gemm`] on this type and instruction set, which the machine must have.
        pub(super) fn $gather_entry(
            gather: &Gather<'_>,
            a: &[$type],
            b: &[$type],
            c: &mut [$type],
            start: Start<'_, $type>,
        ) {
            gather.check(a.len(), b.len(), c.len());
            start.check(gather.rows(), gather.n);
            if gather.rows() == 0 || gather.n == 0 {
                return;
            }
            // SAFETY: the bounds of all operands were just checked, and the caller chose this function
            // because the machine has the instructions.
            unsafe { $name::gather(gather, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), From::new(start)) };
        }

        mod $name {
            use super::*;

            type Tile = Operands<$type>;

            const LANES: usize = $lanes;

            /// The whole product of operands found by offsets, in tiles of at most 16 chains per lane: each row of a tile
            /// has a pointer of its own, and there are not many registers for them.
            ///
            /// # Safety
            ///
            /// [`Gather::check`] must have passed for the slices that the pointers come from, and `c` must not overlap them.
            #[target_feature(enable = $features)]
            pub(super) unsafe fn gather(
                all: &Gather<'_>,
                a: *const $type,
                b: *const $type,
                c: *mut $type,
                start: From<$type>,
            ) {
                let mut j = 0;
                while j < all.n {
                    let vectors = (all.n - j).div_ceil(LANES);
                    let width = vectors.min(2);
                    let columns = (width * LANES).min(all.n - j);
                    let (b, c, start) = (b.wrapping_add(j), c.wrapping_add(j), start.moved(0, j));
                    // SAFETY: columns `j..j + columns` lie inside both operands, and fill all but perhaps part of the
                    // last of `width` vectors.
                    unsafe {
                        if width == 2 {
                            gather_rows::<2>(all, columns, a, b, c, start);
                        } else {
                            gather_rows::<1>(all, columns, a, b, c, start);
                        }
                    }
                    j += columns;
                }
            }

            /// All rows of one stripe of columns, in tiles of nearly equal height.
            ///
            /// # Safety
            ///
            /// As for [`gather`], with `columns` reaching into the last of `NV` vectors.
            #[target_feature(enable = $features)]
            unsafe fn gather_rows<const NV: usize>(
                all: &Gather<'_>,
                columns: usize,
                a: *const $type,
                b: *const $type,
                c: *mut $type,
                start: From<$type>,
            ) {
                let m = all.rows();
                let tail = columns - (NV - 1) * LANES;
                let tiles = m.div_ceil(if NV == 2 { $gather2 } else { 8 });
                let (height, taller) = (m / tiles, m % tiles);
                let mut first = 0;
                for t in 0..tiles {
                    let mr = height + usize::from(t < taller);
                    // SAFETY: the tiles partition the rows.
                    unsafe {
                        match mr {
                            1 => gather_tile::<1, NV>(all, first, tail, a, b, c, start),
                            2 => gather_tile::<2, NV>(all, first, tail, a, b, c, start),
                            3 => gather_tile::<3, NV>(all, first, tail, a, b, c, start),
                            4 => gather_tile::<4, NV>(all, first, tail, a, b, c, start),
                            5 => gather_tile::<5, NV>(all, first, tail, a, b, c, start),
                            6 => gather_tile::<6, NV>(all, first, tail, a, b, c, start),
                            7 => gather_tile::<7, NV>(all, first, tail, a, b, c, start),
                            _ => gather_tile::<8, NV>(all, first, tail, a, b, c, start),
                        }
                    }
                    first += mr;
                }
            }

            /// `MR` rows from `first` by `NV` vectors, of which the last has `tail` columns.
            ///
            /// # Safety
            ///
            /// As for [`gather_rows`], with rows `first..first + MR` among those of `all`.
            #[target_feature(enable = $features)]
            unsafe fn gather_tile<const MR: usize, const NV: usize>(
                all: &Gather<'_>,
                first: usize,
                tail: usize,
                a: *const $type,
                b: *const $type,
                c: *mut $type,
                start: From<$type>,
            ) {
                // Indexed loops throughout: a closure would be compiled without this function's instructions.
                let mask: $mask = $make_mask(tail);
                let mut sums: [[$vector; NV]; MR] = [[$zero(); NV]; MR];
                let mut lefts = [a; MR];
                let mut outs = [c; MR];
                let (a_rows, c_rows) = (&all.a_rows.list()[first..], &all.c_rows.list()[first..]);
                for i in 0..MR {
                    lefts[i] = a.wrapping_add(a_rows[i]);
                    outs[i] = c.wrapping_add(c_rows[i]);
                }
                // SAFETY: every address below is inside an operand, as [`Gather::check`] found.
                unsafe {
                    if !matches!(start, From::Zero) {
                        for i in 0..MR {
                            let (row, _) = start.moved(first + i, 0).rows(outs[i], 0);
                            for v in 0..NV {
                                let from = row.add(v * LANES);
                                sums[i][v] = if v + 1 < NV { $load(from) } else { $masked_load(mask, from) };
                            }
                        }
                    }
                    for (a_run, b_run) in all.runs.list() {
                        let mut index = a_run;
                        let mut right_at = b.wrapping_add(b_run);
                        for _ in 0..all.length {
                            let mut right = [$zero(); NV];
                            for v in 0..NV {
                                let from = right_at.add(v * LANES);
                                right[v] = if v + 1 < NV || tail == LANES {
                                    $load(from)
                                } else {
                                    $masked_load(mask, from)
                                };
                            }
                            for i in 0..MR {
                                let left = $splat(*lefts[i].add(index));
                                for v in 0..NV {
                                    sums[i][v] = $fma(left, right[v], sums[i][v]);
                                }
                            }
                            index += all.a_step;
                            // Wrapping: after the last step this points past the operand.
                            right_at = right_at.wrapping_add(all.ldb);
                        }
                    }
                    for i in 0..MR {
                        for v in 0..NV {
                            let to = outs[i].add(v * LANES);
                            // A masked store of a whole vector is slower than a plain one.
                            if v + 1 < NV || tail == LANES {
                                $store(to, sums[i][v]);
                            } else {
                                $masked_store(to, mask, sums[i][v]);
                            }
                        }
                    }
                }
            }

            /// The whole product.
            ///
            /// # Safety
            ///
            /// The operands must lie in bounds, `c` must not overlap the others, and `m`, `n` must be positive.
            #[target_feature(enable = $features)]
            pub(super) unsafe fn product(m: usize, n: usize, k: usize, all: Tile) {
                let crowded = (all.a_strides.0 * size_of::<$type>()).is_multiple_of(CROWDED_BYTES) && k >= BLOCK_TERMS;
                if m <= $rows8 || !crowded && n * k * size_of::<$type>() <= LARGE_BYTES {
                    // SAFETY: as promised by the caller.
                    return unsafe { stripes(m, n, k, all) };
                }
                for left in (0..n).step_by(BLOCK_COLUMNS) {
                    for top in (0..m).step_by(BLOCK_ROWS) {
                        let block = Tile {
                            a: all.a.wrapping_add(top * all.a_strides.0),
                            b: all.b.wrapping_add(left),
                            c: all.c.wrapping_add(top * all.ldc + left),
                            start: all.start.moved(top, left),
                            ..all
                        };
                        let (rows, columns) = (BLOCK_ROWS.min(m - top), BLOCK_COLUMNS.min(n - left));
                        // SAFETY: the blocks partition the product, and `k` is positive.
                        unsafe { self::block(rows, columns, k, block) };
                    }
                }
            }

            /// A block of a product with copies of its operands, some terms at a time: the chain of each sum goes on from piece to piece
            /// through a copy of `c`, so no bit changes.
            ///
            /// # Safety
            ///
            /// As for [`product`], with `m` and `n` at most those of a block, and `k` positive.
            #[target_feature(enable = $features)]
            #[inline(never)] // Its copies would make the stack frame of every product large.
            unsafe fn block(m: usize, n: usize, k: usize, all: Tile) {
                /// From one row of the sums, one row of the left factor, one stripe of the right factor to the next.
                const SUMS: usize = BLOCK_COLUMNS + APART;
                const TERMS: usize = BLOCK_TERMS + APART;
                const STRIPE: usize = BLOCK_TERMS * 2 * LANES + APART;
                const STRIPES: usize = BLOCK_COLUMNS / (2 * LANES);
                let mut sums = Panel([const { MaybeUninit::<$type>::uninit() }; BLOCK_ROWS * SUMS]);
                let mut lefts = Panel([const { MaybeUninit::<$type>::uninit() }; BLOCK_ROWS * TERMS]);
                let mut rights = Panel([const { MaybeUninit::<$type>::uninit() }; STRIPES * STRIPE]);
                let sums = sums.0.as_mut_ptr().cast::<$type>();
                let lefts = lefts.0.as_mut_ptr().cast::<$type>();
                let rights = rights.0.as_mut_ptr().cast::<$type>();
                let start = match all.start {
                    From::Held => From::Given(all.c.cast_const(), all.ldc),
                    other => other,
                };
                for done in (0..k).step_by(BLOCK_TERMS) {
                    let terms = BLOCK_TERMS.min(k - done);
                    // The next piece of this block, or the first of the block to its right.
                    let next = if done + terms < k {
                        all.b.wrapping_add((done + terms) * all.ldb)
                    } else {
                        all.b.wrapping_add(BLOCK_COLUMNS)
                    };
                    // SAFETY: terms `done..done + terms` of every row and column lie inside the factors, and the copies have room for
                    // a block; each stripe begins at a column below `n`, and its sums are those of its columns.
                    unsafe {
                        for i in 0..m {
                            let from = all.a.add(i * all.a_strides.0 + done * all.a_strides.1);
                            let to = lefts.add(i * TERMS);
                            for p in 0..terms {
                                to.add(p).write(*from.add(p * all.a_strides.1));
                            }
                        }
                        for p in 0..terms {
                            let from = all.b.add((done + p) * all.ldb);
                            for j in (0..n).step_by(LANES) {
                                let value = $masked_load($make_mask(LANES.min(n - j)), from.add(j));
                                let (stripe, column) = (j / (2 * LANES), j % (2 * LANES));
                                $store(rights.add(stripe * STRIPE + p * 2 * LANES + column), value);
                            }
                        }
                        for j in (0..n).step_by(2 * LANES) {
                            let columns = (2 * LANES).min(n - j);
                            let stripe = Tile {
                                a: lefts,
                                a_strides: (TERMS, 1),
                                b: rights.add(j / (2 * LANES) * STRIPE),
                                ldb: 2 * LANES,
                                c: sums.add(j),
                                ldc: SUMS,
                                start: if done == 0 { start.moved(0, j) } else { From::Held },
                                ahead: next.wrapping_add(j),
                                step: all.ldb,
                            };
                            if columns > LANES {
                                rows::<2>(m, terms, columns, stripe);
                            } else {
                                rows::<1>(m, terms, columns, stripe);
                            }
                        }
                    }
                }
                for i in 0..m {
                    // SAFETY: row `i` of the sums has just been written, and that of the product has room for `n` of them.
                    unsafe { std::ptr::copy_nonoverlapping(sums.add(i * SUMS), all.c.add(i * all.ldc), n) };
                }
            }

            /// A product whose operands the caches hold as they lie, stripe by stripe of its columns.
            ///
            /// # Safety
            ///
            /// As for [`product`].
            #[target_feature(enable = $features)]
            unsafe fn stripes(m: usize, n: usize, k: usize, all: Tile) {
                // Wide tiles for few rows: they stream long stretches of the right factor and still keep
                // enough independent chains to hide the latency of the multiply-add.
                let widest = match m {
                    _ if m <= $rows16 => 16,
                    _ if m <= $rows8 => 8,
                    _ if m <= $rows4 => 4,
                    _ => 2,
                };
                let mut j = 0;
                while j < n {
                    let vectors = (n - j).div_ceil(LANES);
                    let mut width = widest;
                    while width > vectors {
                        width /= 2;
                    }
                    let columns = (width * LANES).min(n - j);
                    let stripe = Tile {
                        // Wrapping, because an empty `k` leaves nothing to point into.
                        b: all.b.wrapping_add(j),
                        c: all.c.wrapping_add(j),
                        start: all.start.moved(0, j),
                        ..all
                    };
                    // SAFETY: columns `j..j + columns` lie inside both operands, and fill all but perhaps part of the
                    // last of `width` vectors.
                    unsafe {
                        match width {
                            1 => packed_rows::<1>(m, k, columns, stripe),
                            2 => packed_rows::<2>(m, k, columns, stripe),
                            4 => rows::<4>(m, k, columns, stripe),
                            8 => rows::<8>(m, k, columns, stripe),
                            _ => rows::<16>(m, k, columns, stripe),
                        }
                    }
                    j += columns;
                }
            }

            /// [`rows`] with the stripe of the right factor copied, piece by piece, to where it lies side by side and
            /// aligned: rows of a power of two of columns otherwise share a few cache sets, and unaligned ones cross lines.
            ///
            /// The chain of each sum goes on from piece to piece through `c`, so no bit changes.
            ///
            /// # Safety
            ///
            /// As for [`rows`].
            #[target_feature(enable = $features)]
            #[inline(never)] // As for `block`.
            unsafe fn packed_rows<const NV: usize>(m: usize, k: usize, columns: usize, all: Tile) {
                let limit = const { if NV == 1 { $rows1 } else { $rows2 } };
                // A copy pays only where several tiles read it.
                if m < 3 * limit {
                    // SAFETY: as promised by the caller.
                    unsafe { rows::<NV>(m, k, columns, all) };
                    return;
                }
                let mut panel = Panel([const { MaybeUninit::<$type>::uninit() }; PANEL_BYTES / size_of::<$type>()]);
                let room = const { PANEL_BYTES / size_of::<$type>() / (NV * LANES) };
                let to = panel.0.as_mut_ptr().cast::<$type>();
                let tail = columns - (NV - 1) * LANES;
                let mask: $mask = $make_mask(tail);
                let mut done = 0;
                while done < k {
                    let depth = room.min(k - done);
                    for p in 0..depth {
                        for v in 0..NV {
                            // SAFETY: row `done + p` of the stripe lies inside the right factor up to the mask, and row `p`
                            // of the panel inside the panel.
                            unsafe {
                                let from = all.b.add((done + p) * all.ldb + v * LANES);
                                let value = if v + 1 < NV || tail == LANES {
                                    $load(from)
                                } else {
                                    $masked_load(mask, from)
                                };
                                $store(to.add((p * NV + v) * LANES), value);
                            }
                        }
                    }
                    let piece = Tile {
                        a: all.a.wrapping_add(done * all.a_strides.1),
                        b: to,
                        ldb: NV * LANES,
                        start: if done == 0 { all.start } else { From::Held },
                        ..all
                    };
                    // SAFETY: the piece covers terms `done..done + depth` of every sum, and its right factor was just written.
                    unsafe { rows::<NV>(m, depth, columns, piece) };
                    done += depth;
                }
                if k == 0 {
                    // SAFETY: as promised by the caller; no term is read.
                    unsafe { rows::<NV>(m, 0, columns, all) };
                }
            }

            /// All rows of one stripe of columns, in tiles of nearly equal height.
            ///
            /// # Safety
            ///
            /// As for [`product`], with `columns` reaching into the last of `NV` vectors.
            #[target_feature(enable = $features)]
            unsafe fn rows<const NV: usize>(m: usize, k: usize, columns: usize, all: Tile) {
                let limit = const {
                    match NV {
                        1 => $rows1,
                        2 => $rows2,
                        4 => $rows4,
                        8 => $rows8,
                        _ => $rows16,
                    }
                };
                let tail = columns - (NV - 1) * LANES;
                let tiles = m.div_ceil(limit);
                let (height, taller) = (m / tiles, m % tiles);
                let mut tile = all;
                for t in 0..tiles {
                    let mr = height + usize::from(t < taller);
                    // SAFETY: the tiles partition the `m` rows, and `mr` is at most `limit`.
                    unsafe {
                        match NV {
                            1 => gemm_kernels!(@tiles $tiles1 1, mr, k, tile, tail),
                            2 => gemm_kernels!(@tiles $tiles2 2, mr, k, tile, tail),
                            4 => gemm_kernels!(@tiles $tiles4 4, mr, k, tile, tail),
                            8 => gemm_kernels!(@tiles $tiles8 8, mr, k, tile, tail),
                            _ => gemm_kernels!(@tiles $tiles16 16, mr, k, tile, tail),
                        }
                    }
                    tile.a = tile.a.wrapping_add(mr * tile.a_strides.0);
                    tile.c = tile.c.wrapping_add(mr * tile.ldc);
                    tile.start = tile.start.moved(mr, 0);
                    // Two tiles fetch the two lines of a stripe; further ones find them there.
                    if t == 0 && tile.step > 0 {
                        tile.ahead = tile.ahead.wrapping_add(LANES);
                    }
                }
            }

            /// `MR` rows by `NV` vectors, of which the last has `tail` columns: one chain per element, in registers.
            ///
            /// # Safety
            ///
            /// The tile must lie in bounds.
            #[target_feature(enable = $features)]
            unsafe fn tile<const MR: usize, const NV: usize>(k: usize, tile: Tile, tail: usize) {
                let mask: $mask = $make_mask(tail);
                let mut sums: [[$vector; NV]; MR] = [[$zero(); NV]; MR];
                // SAFETY: every address below is inside an operand: rows `0..MR`, columns up to the mask, `p` in `0..k`.
                unsafe {
                    let (first, stride) = tile.start.rows(tile.c, tile.ldc);
                    if !first.is_null() {
                        for (i, row) in sums.iter_mut().enumerate() {
                            let from = first.add(i * stride);
                            for (v, sum) in row.iter_mut().enumerate() {
                                *sum = if v + 1 < NV {
                                    $load(from.add(v * LANES))
                                } else {
                                    $masked_load(mask, from.add(v * LANES))
                                };
                            }
                        }
                    }
                    let (mut a, mut b, mut ahead) = (tile.a, tile.b, tile.ahead);
                    for _ in 0..k {
                        // A hint, which may point anywhere. Tiles of few rows have no load to spare for it.
                        if NV <= 2 {
                            _mm_prefetch::<_MM_HINT_T1>(ahead.cast());
                            ahead = ahead.wrapping_add(tile.step);
                        }
                        let mut right = [$zero(); NV];
                        for v in 0..NV {
                            right[v] = if v + 1 < NV || tail == LANES {
                                $load(b.add(v * LANES))
                            } else {
                                $masked_load(mask, b.add(v * LANES))
                            };
                        }
                        for i in 0..MR {
                            let left = $splat(*a.add(i * tile.a_strides.0));
                            for v in 0..NV {
                                sums[i][v] = $fma(left, right[v], sums[i][v]);
                            }
                        }
                        // Wrapping: after the last step these point past the operands.
                        a = a.wrapping_add(tile.a_strides.1);
                        b = b.wrapping_add(tile.ldb);
                    }
                    for (i, row) in sums.iter().enumerate() {
                        let to = tile.c.add(i * tile.ldc);
                        for (v, &sum) in row.iter().enumerate() {
                            // A masked store of a whole vector is slower than a plain one.
                            if v + 1 < NV || tail == LANES {
                                $store(to.add(v * LANES), sum);
                            } else {
                                $masked_store(to.add(v * LANES), mask, sum);
                            }
                        }
                    }
                }
            }
        }
    };

    (@tiles ($($mr:literal)*) $nv:literal, $rows:ident, $k:ident, $tile:ident, $tail:ident) => {
        match $rows {
            $($mr => tile::<$mr, $nv>($k, $tile, $tail),)*
            _ => unreachable!("a tile taller than its limit"),
        }
    };
}

/// Argument order of the other masked loads.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn masked_load_8x32(mask: __m256i, from: *const f32) -> __m256 {
    // SAFETY: the caller promises that the unmasked lanes are readable.
    unsafe { _mm256_maskload_ps(from, mask) }
}

/// Argument order of the other masked loads.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn masked_load_4x64(mask: __m256i, from: *const f64) -> __m256d {
    // SAFETY: the caller promises that the unmasked lanes are readable.
    unsafe { _mm256_maskload_pd(from, mask) }
}

gemm_kernels!(
    f32_avx512, gemm_f32_avx512, gather_f32_avx512, f32, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", __m512, 16,
    zero _mm512_setzero_ps, splat _mm512_set1_ps, load _mm512_loadu_ps, store _mm512_storeu_ps, fma _mm512_fmadd_ps,
    mask __mmask16, mask16, _mm512_maskz_loadu_ps, _mm512_mask_storeu_ps,
    rows 24 14 6 3 1, gather 8,
    tiles (1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
        (1 2 3 4 5 6 7 8 9 10 11 12 13 14) (1 2 3 4 5 6) (1 2 3) (1)
);
gemm_kernels!(
    f64_avx512, gemm_f64_avx512, gather_f64_avx512, f64, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", __m512d, 8,
    zero _mm512_setzero_pd, splat _mm512_set1_pd, load _mm512_loadu_pd, store _mm512_storeu_pd, fma _mm512_fmadd_pd,
    mask __mmask8, mask8, _mm512_maskz_loadu_pd, _mm512_mask_storeu_pd,
    rows 24 14 6 3 1, gather 8,
    tiles (1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24)
        (1 2 3 4 5 6 7 8 9 10 11 12 13 14) (1 2 3 4 5 6) (1 2 3) (1)
);
gemm_kernels!(
    f32_avx2, gemm_f32_avx2, gather_f32_avx2, f32, "avx2,fma", __m256, 8,
    zero _mm256_setzero_ps, splat _mm256_set1_ps, load _mm256_loadu_ps, store _mm256_storeu_ps, fma _mm256_fmadd_ps,
    mask __m256i, mask8x32, masked_load_8x32, _mm256_maskstore_ps,
    rows 12 6 3 1 0, gather 6,
    tiles (1 2 3 4 5 6 7 8 9 10 11 12) (1 2 3 4 5 6) (1 2 3) (1) ()
);
gemm_kernels!(
    f64_avx2, gemm_f64_avx2, gather_f64_avx2, f64, "avx2,fma", __m256d, 4,
    zero _mm256_setzero_pd, splat _mm256_set1_pd, load _mm256_loadu_pd, store _mm256_storeu_pd, fma _mm256_fmadd_pd,
    mask __m256i, mask4x64, masked_load_4x64, _mm256_maskstore_pd,
    rows 12 6 3 1 0, gather 6,
    tiles (1 2 3 4 5 6 7 8 9 10 11 12) (1 2 3 4 5 6) (1 2 3) (1) ()
);
