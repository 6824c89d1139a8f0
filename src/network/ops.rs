//! The operations on edges, on a batch of rows: forward, transposed (an error pulled back), and the weight gradient.
//!
//! Predictive coding and backpropagation both call these, with the same shapes: that is what makes equality to the bit possible.

use super::gradient::Gradient;
use super::graph::{Op, Shape};
use super::kernels::{Pooling, Start, add, gemm, wide};
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
        Op::MaxPool(window) => Pooling::new(window, from, to).largest(
            &input[..rows * from.len()],
            out,
            &mut argmax[..rows * to.len()],
            accumulate,
        ),
        Op::AveragePool(window) => {
            let input = &input[..rows * from.len()];
            Pooling::new(window, from, to).mean(input, out, accumulate);
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
    let whole = !matches!(edge.op, Op::Step(_));
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
        Op::MaxPool(window) => {
            let (error, argmax) = (&error[..rows * to.len()], &argmax[..rows * to.len()]);
            Pooling::new(window, from, to).pull_largest(error, argmax, out, accumulate);
        }
        Op::AveragePool(window) => {
            let error = &error[..rows * to.len()];
            Pooling::new(window, from, to).pull_mean(error, out, accumulate);
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
