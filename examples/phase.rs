//! One phase of inference: the values of a small network relax, and the energy F falls.
//!
//! `cargo run --example phase` prints, for every state t, F and the size of the error of every vertex. The error enters at the
//! output and comes one level further with each step.

use pcscope::learning::{Conditions, Examples, Schedule, State};
use pcscope::network::init::initial;
use pcscope::network::{Activation, Description, GraphError, Init, Layer, Loss, Plan, Shape};
use std::sync::Arc;

fn main() -> Result<(), GraphError> {
    let dense = |dense| Layer::Dense {
        dense,
        skip: None,
        activation: None,
    };
    let network = Description {
        input: Shape::flat(2),
        time: false,
        layers: &[dense(8), dense(8), dense(2)],
        activation: Activation::Tanh,
        loss: Loss::CrossEntropy,
        bias: true,
        levelled: true,
    };
    let plan = Plan::new(network.graph()?);
    let weights = initial::<f64>(&plan, Init::UniformFanIn, 1.0, 7);

    // One example, of the first of two classes.
    let (input, target) = ([0.8, -0.4], [1.0, 0.0]);
    let il = Schedule::il(&plan, 20, 0.1, &Conditions::default());
    let mut state = State::new(Arc::clone(&plan), 1);
    state.follow(&il);
    let loss = state.begin(&weights, Examples::of(&input, &target), il.start, 0);
    println!("loss of the forward pass: {loss:.6}");

    // The input has no prediction, and so no error.
    let vertices = || (1..=plan.output()).rev();
    let names = vertices().map(|v| format!("{:>10}", plan.graph.vertices[v].label));
    println!(" t         F{}", names.collect::<String>());
    loop {
        let sizes = vertices().map(|v| {
            let square: f64 = state.eps(v).iter().map(|e| e * e).sum();
            format!("{:10.6}", square.sqrt())
        });
        let sizes: String = sizes.collect();
        println!("{:2}  {:8.6}{sizes}", state.t(), state.energy());
        if state.t() == il.steps {
            return Ok(());
        }
        state.step(&weights, &il);
    }
}
