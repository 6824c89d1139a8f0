//! The operations on edges, on a batch of rows: forward, transposed (an error pulled back), and the weight gradient.
//!
//! Predictive coding and backpropagation both call these, with the same shapes: that is what makes equality to the bit possible.

use super::gradient::Gradient;
use super::graph::{Op, Shape, Window};
use super::kernels::{Start, gemm, wide};
use super::plan::{Plan, PlannedEdge};
use super::scalar::Scalar;
use super::weights::Weights;

/// Writes (or, with `accumulate`, adds) the edge's prediction for `rows` examples.
///
/// `input` is f(x) of the vertex read, `out` the prediction of the vertex reached; `argmax` receives, for a max pool,
/// the stored index of each winner within its example.
pub fn forward<S: Scalar>(
    plan: &Plan,
    edge: &PlannedEdge,
    weights: &Weights<S>,
    rows: usize,
    input: &[S],
    out: &mut [S],
    argmax: &mut [u32],
    accumulate: bool,
) {
    let (from, to) = (
        plan.graph.vertices[edge.from].shape,
        plan.graph.vertices[edge.to].shape,
    );
    match edge.op {
        Op::Dense | Op::Step(_) | Op::Conv(_) => {
            let Some(w) = &edge.weight else { return };
            let matrix = weights.by_input(w);
            let bias = edge
                .bias
                .as_ref()
                .map(|b| &weights.values()[b.range.clone()]);
            if let Some(conv) = &edge.conv {
                conv.forward(matrix, bias, input, out, accumulate);
                return;
            }
            let (n, k) = (w.rows, w.cols);
            // The chain of each sum starts at the bias, so the bias costs no pass of its own.
            let start = match bias {
                Some(bias) if !accumulate => Start::each_row(bias),
                Some(bias) => {
                    out.chunks_exact_mut(n).for_each(|row| add(bias, row));
                    Start::Held
                }
                None => Start::held_if(accumulate),
            };
            let input = &input[part_read(edge.op, from).start..];
            gemm(rows, n, k, input, (from.len(), 1), matrix, n, out, n, start);
        }
        Op::Identity if accumulate => add(input, out),
        Op::Identity => out.copy_from_slice(input),
        Op::MaxPool(window) => {
            for ((image, out), winners) in input
                .chunks_exact(from.len())
                .zip(out.chunks_exact_mut(to.len()))
                .zip(argmax.chunks_exact_mut(to.len()))
            {
                max_pool(image, from, to, window, out, winners, accumulate);
            }
        }
        Op::AveragePool(window) => {
            for (image, out) in input
                .chunks_exact(from.len())
                .zip(out.chunks_exact_mut(to.len()))
            {
                average_pool(image, from, to, window, out, accumulate);
            }
        }
    }
}

/// Writes (or adds) Jᵀ `error`: the edge's error pulled back to the f(x) it was predicted from.
pub fn pull<S: Scalar>(
    plan: &Plan,
    edge: &PlannedEdge,
    weights: &Weights<S>,
    rows: usize,
    error: &[S],
    argmax: &[u32],
    out: &mut [S],
    accumulate: bool,
) {
    let (from, to) = (
        plan.graph.vertices[edge.from].shape,
        plan.graph.vertices[edge.to].shape,
    );
    let whole = matches!(edge.op, Op::Dense | Op::Conv(_) | Op::Identity);
    if !accumulate && !whole {
        out.fill(S::ZERO);
    }
    match edge.op {
        Op::Dense | Op::Step(_) | Op::Conv(_) => {
            let Some(w) = &edge.weight else { return };
            let matrix = &weights.values()[w.range.clone()];
            let (n, k) = (w.cols, w.rows);
            let start = Start::held_if(accumulate || !whole);
            let part = part_read(edge.op, from).start;
            match &edge.conv {
                Some(conv) => conv.pull(matrix, error, out, accumulate),
                None => gemm(
                    rows,
                    n,
                    k,
                    error,
                    (k, 1),
                    matrix,
                    n,
                    &mut out[part..],
                    from.len(),
                    start,
                ),
            }
        }
        Op::Identity if accumulate => add(error, out),
        Op::Identity => out.copy_from_slice(error),
        Op::MaxPool(_) => {
            for ((error, out), winners) in error
                .chunks_exact(to.len())
                .zip(out.chunks_exact_mut(from.len()))
                .zip(argmax.chunks_exact(to.len()))
            {
                for (&e, &winner) in error.iter().zip(winners) {
                    out[winner as usize] += e;
                }
            }
        }
        Op::AveragePool(window) => {
            for (error, out) in error
                .chunks_exact(to.len())
                .zip(out.chunks_exact_mut(from.len()))
            {
                average_pool_transposed(error, from, to, window, out);
            }
        }
    }
}

/// Adds the edge's contribution Σ over rows of `error` f(x)ᵀ to `gradient`.
pub fn gradient<S: Scalar>(
    plan: &Plan,
    edge: &PlannedEdge,
    rows: usize,
    error: &[S],
    input: &[S],
    gradient: &mut Gradient<S>,
    scratch: &mut [S],
) {
    debug_assert_eq!(error.len(), rows * plan.len_of(edge.to));
    let Some(w) = &edge.weight else { return };
    let (m, n) = (w.rows, w.cols);
    gradient.note(error);
    match &edge.conv {
        Some(conv) => {
            gradient.note(input);
            let (block, started) = gradient.open(w.parameter);
            conv.gradient(error, input, block, scratch, started);
        }
        None => {
            let from = plan.graph.vertices[edge.from].shape;
            let part = part_read(edge.op, from);
            if part.len() == from.len() {
                gradient.note(&input[..rows * from.len()]);
            } else {
                let rows = input.chunks_exact(from.len()).take(rows);
                rows.for_each(|row| gradient.note(&row[part.clone()]));
            }
            let input = &input[part.start..];
            if rows == 1 && gradient.take_factors(w, error, &input[..n]) {
                return gradient_of_bias(edge, error, gradient);
            }
            let (block, started) = gradient.open(w.parameter);
            let (start, width) = (Start::held_if(started), from.len());
            if plan.graph.parameters[w.parameter].input_major {
                gemm(n, m, rows, input, (1, width), error, m, block, m, start);
            } else {
                gemm(m, n, rows, error, (1, m), input, width, block, n, start);
            }
        }
    }
    gradient_of_bias(edge, error, gradient);
}

fn gradient_of_bias<S: Scalar>(edge: &PlannedEdge, error: &[S], gradient: &mut Gradient<S>) {
    let Some(bias) = &edge.bias else { return };
    let (block, started) = gradient.open(bias.parameter);
    if !started {
        block.fill(S::ZERO);
    }
    wide(
        #[inline(always)]
        || {
            error
                .chunks_exact(block.len())
                .for_each(|row| add(row, block));
        },
    );
}

/// The units of the vertex read that an operation through a matrix sums over: all, or those of one time step.
pub fn part_read(op: Op, from: Shape) -> std::ops::Range<usize> {
    match op {
        Op::Step(step) => (step - 1) * from.channels..step * from.channels,
        _ => 0..from.len(),
    }
}

/// Adds elementwise.
#[inline(always)]
pub fn add<S: Scalar>(values: &[S], into: &mut [S]) {
    wide(
        #[inline(always)]
        || into.iter_mut().zip(values).for_each(|(o, &v)| *o += v),
    );
}

/// The input rows or columns that output position `place` covers, as (first window offset, first input, count).
fn covered(place: usize, window: Window, inputs: usize) -> (usize, usize, usize) {
    let start = place * window.stride;
    let skip = window.padding.saturating_sub(start);
    let first = (start + skip).saturating_sub(window.padding);
    let end = (start + window.kernel)
        .saturating_sub(window.padding)
        .min(inputs);
    (skip, first, end.saturating_sub(first))
}

fn max_pool<S: Scalar>(
    image: &[S],
    from: Shape,
    to: Shape,
    window: Window,
    out: &mut [S],
    winners: &mut [u32],
    accumulate: bool,
) {
    let c = from.channels;
    let mut best = out.chunks_exact_mut(c).zip(winners.chunks_exact_mut(c));
    for oy in 0..to.height {
        let (_, y0, count_y) = covered(oy, window, from.height);
        for ox in 0..to.width {
            let (_, x0, count_x) = covered(ox, window, from.width);
            let Some((best, winners)) = best.next() else {
                return;
            };
            let first = (y0 * from.width + x0) * c;
            for (ch, winner) in winners.iter_mut().enumerate() {
                *winner = (first + ch) as u32;
            }
            for dy in 0..count_y {
                for dx in 0..count_x {
                    let base = ((y0 + dy) * from.width + x0 + dx) * c;
                    for (ch, winner) in winners.iter_mut().enumerate() {
                        let value = image[base + ch];
                        // A NaN wins once and stays, so that it is seen and not pooled away.
                        if value > image[*winner as usize] || value.partial_cmp(&value).is_none() {
                            *winner = (base + ch) as u32;
                        }
                    }
                }
            }
            for (b, &winner) in best.iter_mut().zip(winners.iter()) {
                let value = image[winner as usize];
                *b = if accumulate { *b + value } else { value };
            }
        }
    }
}

fn average_pool<S: Scalar>(
    image: &[S],
    from: Shape,
    to: Shape,
    window: Window,
    out: &mut [S],
    accumulate: bool,
) {
    let c = from.channels;
    let mut places = out.chunks_exact_mut(c);
    for oy in 0..to.height {
        let (_, y0, count_y) = covered(oy, window, from.height);
        for ox in 0..to.width {
            let (_, x0, count_x) = covered(ox, window, from.width);
            let Some(place) = places.next() else { return };
            let share = S::ONE / S::from_f64((count_y * count_x) as f64);
            for (ch, o) in place.iter_mut().enumerate() {
                let mut sum = S::ZERO;
                for dy in 0..count_y {
                    for dx in 0..count_x {
                        sum += image[((y0 + dy) * from.width + x0 + dx) * c + ch];
                    }
                }
                *o = if accumulate {
                    *o + sum * share
                } else {
                    sum * share
                };
            }
        }
    }
}

fn average_pool_transposed<S: Scalar>(
    error: &[S],
    from: Shape,
    to: Shape,
    window: Window,
    out: &mut [S],
) {
    let c = from.channels;
    let mut places = error.chunks_exact(c);
    for oy in 0..to.height {
        let (_, y0, count_y) = covered(oy, window, from.height);
        for ox in 0..to.width {
            let (_, x0, count_x) = covered(ox, window, from.width);
            let Some(place) = places.next() else { return };
            let share = S::ONE / S::from_f64((count_y * count_x) as f64);
            for dy in 0..count_y {
                for dx in 0..count_x {
                    let base = ((y0 + dy) * from.width + x0 + dx) * c;
                    for (o, &e) in out[base..base + c].iter_mut().zip(place) {
                        *o += e * share;
                    }
                }
            }
        }
    }
}
