//! Several vertices in one product, against one by one.

use super::*;
use crate::learning::{Conditions, Path, Schedule};
use crate::network::{Activation, Description, Init, Layer, Loss, Shape, init};

/// Values and errors after every step. Rows that all have every step are worked on together, unless it is said of each that it lacks
/// none: then vertex by vertex.
fn states(layers: &[Layer], rows: usize, one_by_one: bool, zil: bool) -> Vec<Vec<f32>> {
    let description = Description {
        input: Shape {
            channels: 3,
            height: 1,
            width: 7,
        },
        time: true,
        layers,
        activation: Activation::Tanh,
        loss: Loss::CrossEntropy,
        bias: true,
        levelled: true,
    };
    let plan = Plan::new(description.graph().unwrap());
    let mut weights: Weights<f32> = init::initial(&plan, Init::UniformFanIn, 1.5, 5);
    let schedule = if zil {
        let path = Path::Full;
        Schedule::zil(
            &plan,
            &Conditions {
                path,
                ..Conditions::default()
            },
        )
    } else {
        Schedule::il(&plan, 12, 0.1, &Conditions::default())
    };
    let number = |i: usize| ((i * 7919) % 97) as f32 / 48.5 - 1.0;
    let inputs: Vec<f32> = (0..rows * 21).map(number).collect();
    let mut targets = vec![0.0; rows * 4];
    (0..rows).for_each(|r| targets[r * 4 + r % 4] = 1.0);
    let missing = vec![0; if one_by_one { rows } else { 0 }];
    let mut state = State::new(Arc::clone(&plan), rows);
    state.follow(&schedule);
    let examples = Examples {
        missing: &missing,
        ..Examples::of(&inputs, &targets)
    };
    state.begin(&weights, examples, Start::FeedForward, 0);
    let mut all = Vec::new();
    for t in 0..schedule.steps {
        if t == 5 {
            // Weights may change under a state; what the clamped input predicts then changes too.
            weights.change(|numbers| numbers.iter_mut().for_each(|w| *w *= 0.9));
        }
        state.step(&weights, &schedule);
        let vertices = 1..=plan.output();
        all.push(
            vertices
                .flat_map(|v| [state.x(v), state.mu(v), state.eps(v)].concat())
                .collect(),
        );
    }
    all
}

#[test]
fn together_or_one_by_one_gives_the_same_bits() {
    let rnn = |rnn| Layer::Rnn {
        rnn,
        activation: None,
    };
    let output = Layer::Dense {
        dense: 4,
        skip: None,
        activation: None,
    };
    for layers in [
        vec![rnn(5), output],
        vec![rnn(4), rnn(6), output],
        vec![rnn(6), rnn(6), output],
    ] {
        for rows in [1, 3, 32] {
            for zil in [false, true] {
                let together = states(&layers, rows, false, zil);
                let single = states(&layers, rows, true, zil);
                for (t, (a, b)) in together.iter().zip(&single).enumerate() {
                    let same = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
                    assert!(
                        a.iter().zip(b).all(same),
                        "{layers:?}, {rows} rows, Z-IL {zil}: state {}",
                        t + 1
                    );
                }
            }
        }
    }
}
