//! The step whose γ adapts: the plain step where F falls anyway, and never up where it would rise.

use super::*;
use crate::learning::{Conditions, Inference, Schedule};
use crate::network::{Activation, Description, Init, Layer, Loss, Shape, init};

const ROWS: usize = 5;

/// A small network with a pool, one batch, and a state at its beginning.
fn begun(schedule: impl Fn(&Plan) -> Schedule) -> (Weights<f32>, Schedule, State<f32>) {
    let layers: Vec<Layer> = [
        "{ conv = 3, kernel = 3, padding = 1 }",
        "{ max_pool = 2 }",
        "{ dense = 6 }",
        "{ dense = 3 }",
    ]
    .map(|layer| toml::from_str::<toml::Table>(&format!("v = {layer}")).unwrap()["v"].clone())
    .map(|layer| layer.try_into().unwrap())
    .into();
    let description = Description {
        input: Shape {
            channels: 1,
            height: 6,
            width: 6,
        },
        time: false,
        layers: &layers,
        activation: Activation::Tanh,
        loss: Loss::CrossEntropy,
        bias: true,
        levelled: true,
    };
    let plan = Plan::new(description.graph().unwrap());
    let weights: Weights<f32> = init::initial(&plan, Init::UniformFanIn, 3.0, 5);
    let schedule = schedule(&plan);
    let number = |i: usize| ((i * 7919) % 97) as f32 / 48.5 - 1.0;
    let inputs: Vec<f32> = (0..ROWS * 36).map(number).collect();
    let mut targets = vec![0.0; ROWS * 3];
    (0..ROWS).for_each(|r| targets[r * 3 + r % 3] = 1.0);
    let mut state = State::new(Arc::clone(&plan), ROWS);
    state.follow(&schedule);
    state.begin(
        &weights,
        Examples::of(&inputs, &targets),
        Start::FeedForward,
        0,
    );
    (weights, schedule, state)
}

fn with(gamma: f64, adaptive: bool) -> impl Fn(&Plan) -> Schedule {
    move |plan| {
        let inference = Inference {
            adaptive,
            ..Inference::of(30, gamma)
        };
        Schedule::relaxing(plan, &inference, &Conditions::default())
    }
}

/// F of each example.
fn f(state: &State<f32>) -> Vec<f64> {
    let mut all = vec![0.0; ROWS];
    state.energies(&mut all);
    all
}

fn bits(state: &State<f32>) -> Vec<u32> {
    let all = 1..=state.plan().output();
    let values = all.flat_map(|v| [state.x(v), state.mu(v), state.eps(v), state.dx(v)].concat());
    values.map(f32::to_bits).collect()
}

#[test]
fn where_f_falls_anyway_it_is_the_plain_step_in_every_bit() {
    let (weights, plain, mut one) = begun(with(0.02, false));
    let (_, adapts, mut two) = begun(with(0.02, true));
    for _ in 0..20 {
        one.step(&weights, &plain);
        two.step(&weights, &adapts);
        assert!((0..ROWS).all(|row| two.gamma_used(row) == 0.02));
        assert_eq!(bits(&one), bits(&two));
    }
}

#[test]
fn f_never_rises_and_each_example_halves_its_own_gamma() {
    let (weights, schedule, mut state) = begun(with(1.0, true));
    let mut before = f(&state);
    let mut unlike = false;
    for _ in 0..30 {
        state.step(&weights, &schedule);
        let now = f(&state);
        assert!(now.iter().zip(&before).all(|(now, before)| now <= before));
        let gammas: Vec<f64> = (0..ROWS).map(|row| state.gamma_used(row)).collect();
        assert!(gammas.iter().all(|g| *g == 0.0 || g.log2().fract() == 0.0));
        unlike |= gammas.iter().any(|g| *g != gammas[0]);
        // Δx is what x has moved by, and ε is still x - μ but for rounding.
        for v in 1..state.plan().output() {
            for ((x, mu), eps) in state.x(v).iter().zip(state.mu(v)).zip(state.eps(v)) {
                assert!((x - mu - eps).abs() < 1e-4);
            }
        }
        before = now;
    }
    assert!(unlike);
}

#[test]
fn a_value_moved_by_hand_raises_f_and_the_next_step_starts_from_there() {
    let (weights, schedule, mut state) = begun(with(0.3, true));
    (0..10).for_each(|_| state.step(&weights, &schedule));
    state.nudge(&weights, 3, 0, 2.0);
    let raised = f(&state)[0];
    state.step(&weights, &schedule);
    // From what F was before, no step would be small enough.
    assert!(state.gamma_used(0) > 0.0);
    assert!(f(&state)[0] <= raised);
}
