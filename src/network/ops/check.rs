//! The test that every operation takes: against central differences of what it makes, and against its own terms.

use super::{Alone, Op};
use crate::network::shape::Shape;
use crate::network::window::Window;

/// Numbers between -1 and 1, no two alike.
pub fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * 2_654_435_761 + seed * 97) % 1009) as f64 / 504.5 - 1.0)
        .collect()
}

/// Windows of all kinds, with maps that they slide over.
pub fn maps() -> Vec<(Window, Shape)> {
    [
        (1, 1, 0, 3, 4),
        (3, 1, 1, 5, 4),
        (3, 2, 1, 7, 6),
        (2, 2, 0, 5, 6),
        (5, 3, 4, 4, 7),
        (2, 3, 1, 6, 5),
    ]
    .map(|(kernel, stride, padding, height, width)| {
        let window = Window {
            kernel,
            stride,
            padding,
        };
        let map = Shape {
            channels: 2,
            height,
            width,
        };
        (window, map)
    })
    .to_vec()
}

fn assert_close(own: &[f64], expected: &[f64], what: &str) {
    assert_eq!(own.len(), expected.len(), "{what}");
    for (i, (own, expected)) in own.iter().zip(expected).enumerate() {
        let apart = (own - expected).abs();
        assert!(apart < 1e-8, "{what} {i}: {own}, expected {expected}");
    }
}

/// Checks μ, Jᵀ ε and the contributions of an operation, with a bias where it has a matrix, on two examples.
pub fn agrees_with_central_differences(op: impl Into<Op>, shapes: &[Shape]) {
    const ROWS: usize = 2;
    let op: Op = op.into();
    let matrix = op.matrix(shapes[0]);
    let (rows, columns) = matrix.map_or((0, 0), |m| (m.rows, m.columns.len()));
    let alone = Alone::new(op, shapes, &numbers(rows * columns, 1), &numbers(rows, 2)).unwrap();
    let reads: Vec<Vec<f64>> = shapes
        .iter()
        .enumerate()
        .map(|(i, shape)| numbers(ROWS * shape.len(), 3 + i))
        .collect();
    let error = numbers(ROWS * alone.shape().len(), 9);
    // Σ ε μ, whose slopes are what is pulled back and what is contributed.
    let sum = |alone: &Alone, reads: &[Vec<f64>]| -> f64 {
        let reads: Vec<&[f64]> = reads.iter().map(Vec::as_slice).collect();
        let made = alone.forward(&reads);
        made.iter().zip(&error).map(|(m, e)| m * e).sum()
    };
    const H: f64 = 1e-5;
    let given: Vec<&[f64]> = reads.iter().map(Vec::as_slice).collect();
    let differences = |slot: usize| -> Vec<f64> {
        (0..reads[slot].len())
            .map(|i| {
                let at = |by: f64| {
                    let mut moved = reads.clone();
                    moved[slot][i] += by;
                    sum(&alone, &moved)
                };
                (at(H) - at(-H)) / (2.0 * H)
            })
            .collect()
    };
    for slot in 0..shapes.len() {
        let pulled = alone.pull(&given, &error, slot);
        assert_close(&pulled, &differences(slot), &format!("{op:?}, slot {slot}"));
    }
    let own = alone.numbers().to_vec();
    let differences: Vec<f64> = (0..own.len())
        .map(|i| {
            let at = |by: f64| {
                let mut moved = own.clone();
                moved[i] += by;
                sum(&alone.with(&moved), &reads)
            };
            (at(H) - at(-H)) / (2.0 * H)
        })
        .collect();
    let contributed = alone.gradient(&given, &error);
    assert_close(&contributed, &differences, &format!("{op:?}, weights"));

    // Added, and not written.
    let made = alone.forward(&given);
    let mut out = vec![0.25; made.len()];
    alone.forward_onto(&given, &mut out);
    let expected: Vec<f64> = made.iter().map(|m| m + 0.25).collect();
    assert_close(&out, &expected, &format!("{op:?}, added"));

    // The terms are of one example.
    let first: Vec<&[f64]> = given
        .iter()
        .zip(shapes)
        .map(|(read, shape)| &read[..shape.len()])
        .collect();
    let error = &error[..alone.shape().len()];
    let made = alone.forward(&first);
    assert_close(&alone.from_terms(&first), &made, &format!("{op:?}, terms"));
    for slot in 0..shapes.len() {
        let pulled = alone.pull(&first, error, slot);
        let terms = alone.pull_from_terms(&first, error, slot);
        assert_close(&terms, &pulled, &format!("{op:?}, terms of slot {slot}"));
    }
}
