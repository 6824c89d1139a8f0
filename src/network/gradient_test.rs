//! Sums held as factors against sums held as numbers.

use super::*;
use crate::network::build::dense_plan;
use crate::network::{Activation, Description, Layer, Loss, Shape};

fn read(parts: &[&Gradient<f32>]) -> Vec<f32> {
    let (sum, mut all) = (Sum { parts }, Vec::new());
    let plan = &parts[0].plan;
    for (parameter, p) in plan.graph.parameters.iter().enumerate() {
        let width = p.stored_width();
        for row in 0..p.len() / width {
            // In pieces, the last of them short.
            for column in (0..width).step_by(64) {
                let mut room = [f32::NAN; 64];
                let out = &mut room[..64.min(width - column)];
                sum.write(
                    Stretch {
                        parameter,
                        row,
                        column,
                    },
                    out,
                );
                let place = plan.parameter(parameter).start + row * width + column;
                match sum.terms(parameter) {
                    Terms::Numbers(values) => {
                        assert_eq!(bits(&values[place..][..out.len()]), bits(out))
                    }
                    Terms::Outer { down, across } => {
                        let products: Vec<f32> = outer(down[row], &across[column..])
                            .take(out.len())
                            .collect();
                        assert_eq!(bits(&products), bits(out));
                    }
                    Terms::Pair(..) | Terms::Mixed => {}
                }
                all.extend_from_slice(out);
            }
        }
    }
    all
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

#[test]
fn factors_and_numbers_make_the_same_sums() {
    let layers = [
        Layer::Rnn {
            rnn: 150,
            activation: None,
        },
        Layer::Dense {
            dense: 3,
            skip: None,
            activation: None,
        },
    ];
    let description = Description {
        input: Shape {
            channels: 4,
            height: 1,
            width: 5,
        },
        time: true,
        layers: &layers,
        activation: Activation::Tanh,
        loss: Loss::SquaredError,
        bias: true,
        levelled: true,
    };
    let plan = Plan::new(description.graph().unwrap());
    let mut number = 1.0f32;
    let mut draw = |count: usize| -> Vec<f32> {
        let next = |_| {
            number = (number * 7.3 + 0.11) % 2.0;
            // Some products are -0.
            if number < 0.1 { -0.0 } else { number - 1.0 }
        };
        (0..count).map(next).collect()
    };
    let mut sums: Vec<[Gradient<f32>; 2]> = Vec::new();
    for _ in 0..3 {
        let mut numbers = Gradient::new(Arc::clone(&plan));
        let mut factors = Gradient::of_factors(Arc::clone(&plan));
        for edge in plan.edges.iter().rev() {
            let (error, input) = (draw(plan.len_of(edge.to)), draw(plan.len_of(edge.from)));
            for sum in [&mut numbers, &mut factors] {
                let (site, reads) = (plan.site(edge, 1), [&input[..], &[]]);
                let sums = &mut sum.of(edge);
                edge.op.gradient(&site, &error, reads, sums, &mut []);
            }
        }
        factors.settle();
        assert_eq!(bits(&read(&[&factors])), bits(&read(&[&numbers])));
        assert!(factors.is_tame());
        sums.push([numbers, factors]);
    }
    let [of_numbers, of_factors] =
        [0, 1].map(|kind| sums.iter().map(|pair| &pair[kind]).collect::<Vec<_>>());
    for count in [2, 3] {
        let expected: Vec<f32> = (0..plan.parameter_count())
            .map(|i| {
                of_numbers[..count]
                    .iter()
                    .map(|g| g.values[i])
                    .reduce(|a, b| a + b)
            })
            .map(|sum| sum.unwrap_or_default())
            .collect();
        for parts in [&of_numbers, &of_factors] {
            assert_eq!(
                bits(&read(&parts[..count])),
                bits(&expected),
                "{count} parts"
            );
        }
    }
}

#[test]
fn a_sum_that_may_overflow_is_looked_at() {
    let plan = dense_plan(1, &[1], Activation::Identity);
    for (error, tame, finite) in [
        (1.0, true, true),
        (1e20, false, true),
        (f32::MAX, false, false),
        (f32::NAN, false, false),
    ] {
        let mut sum = Gradient::of_factors(Arc::clone(&plan));
        let edge = &plan.edges[0];
        let (site, reads): (_, [&[f32]; 2]) = (plan.site(edge, 1), [&[4.0], &[]]);
        let sums = &mut sum.of(edge);
        edge.op.gradient(&site, &[error], reads, sums, &mut []);
        assert_eq!((sum.is_tame(), sum.is_finite()), (tame, finite), "{error}");
    }
}
