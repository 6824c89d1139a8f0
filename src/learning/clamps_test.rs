//! Held and freed units: what moves, when, and whether F is still what is descended.

use super::*;
use crate::learning::{Conditions, Examples, Schedule, Start, State};
use crate::network::build::dense_plan;
use crate::network::init::{Init, initial};
use crate::network::{Activation, Weights};
use std::sync::Arc;

const INPUTS: [f64; 3] = [0.5, -0.8, 0.3];
const TARGETS: [f64; 2] = [1.0, -0.5];

fn chain() -> (Arc<Plan>, Weights<f64>) {
    let plan = dense_plan(3, &[4, 5, 4, 2], Activation::Tanh);
    let weights = initial(&plan, Init::UniformFanIn, 1.5, 3);
    (plan, weights)
}

/// A state at t = 0 under a set of clamps.
fn begun(plan: &Arc<Plan>, weights: &Weights<f64>, clamps: Clamps, il: &Schedule) -> State<f64> {
    let mut state = State::new(Arc::clone(plan), 1);
    state.clamp(clamps).unwrap();
    state.follow(il);
    let examples = Examples::of(&INPUTS, &TARGETS);
    state.begin(weights, examples, Start::FeedForward, 0);
    state
}

fn il(plan: &Plan) -> Schedule {
    Schedule::il(plan, 12, 0.1, &Conditions::default())
}

/// Central differences of F in every x, at the state's values, against -Δx/γ of the step that leaves it.
fn assert_descends(weights: &Weights<f64>, clamps: &Clamps, state: &mut State<f64>, il: &Schedule) {
    const H: f64 = 1e-5;
    let plan = Arc::clone(state.plan());
    let before = state.clone();
    state.step(weights, il);
    for v in 0..plan.output() {
        let held: Vec<usize> = match v {
            0 => (0..3)
                .filter(|u| !clamps.freed(0).any(|f| f == *u))
                .collect(),
            _ => clamps.held(v).map(|(unit, _)| unit).collect(),
        };
        for unit in 0..plan.len_of(v) {
            let dx = state.dx(v)[unit];
            if held.contains(&unit) {
                assert_eq!(dx, 0.0, "vertex {v}, unit {unit} is held");
                assert_eq!(state.x(v)[unit], before.x(v)[unit]);
                continue;
            }
            let energy = |by: f64| {
                let mut moved = before.clone();
                moved.nudge(weights, v, unit, by);
                moved.energy()
            };
            let slope = (energy(H) - energy(-H)) / (2.0 * H);
            assert!(
                (dx / il.gamma + slope).abs() < 1e-8,
                "vertex {v}, unit {unit}: {dx}, slope {slope}"
            );
        }
    }
}

#[test]
fn the_ends_alone_are_what_was_always_clamped() {
    let (plan, weights) = chain();
    let il = il(&plan);
    let mut own = begun(&plan, &weights, Clamps::default(), &il);
    let mut plain = State::new(Arc::clone(&plan), 1);
    plain.follow(&il);
    let examples = Examples::of(&INPUTS, &TARGETS);
    plain.begin(&weights, examples, Start::FeedForward, 0);
    for _ in 0..il.steps {
        own.step(&weights, &il);
        plain.step(&weights, &il);
    }
    assert_eq!(own.values(), plain.values());
    for v in 1..=plan.output() {
        let vertex = &plan.graph.vertices[v];
        let (error, moves) = Clamps::default().arrivals(&plan)[v];
        assert_eq!(error, vertex.error_from);
        assert!(v == plan.output() || moves == vertex.moves_from);
    }
}

#[test]
fn held_units_stay_and_f_is_descended_by_the_others() {
    let (plan, weights) = chain();
    let il = il(&plan);
    let clamps = Clamps::default()
        .hold(2, 1, 0.7)
        .hold(2, 4, -0.2)
        .hold(3, 0, 0.1);
    let mut state = begun(&plan, &weights, clamps.clone(), &il);
    assert_eq!(
        (state.x(2)[1], state.x(2)[4], state.x(3)[0]),
        (0.7, -0.2, 0.1)
    );
    let mut before = state.energy();
    for _ in 0..il.steps {
        assert_descends(&weights, &clamps, &mut state, &il);
        assert!(state.energy() <= before);
        before = state.energy();
    }
}

#[test]
fn the_front_starts_from_every_held_vertex() {
    let (plan, weights) = chain();
    let il = il(&plan);
    // All of vertex 1 is held, the deepest of three: errors come from it and from the output.
    let mut clamps = Clamps::default();
    for unit in 0..4 {
        clamps = clamps.hold(1, unit, 0.3);
    }
    let arrivals = clamps.arrivals(&plan);
    // (error, x) of vertices 1 to 4: vertex 1 never moves, and vertex 2 hears of the error at 3 later than of none of its own.
    assert_eq!(arrivals[1], (0, usize::MAX));
    assert_eq!(arrivals[4].0, 0);
    let mut state = begun(&plan, &weights, clamps, &il);
    let mut seen = vec![(usize::MAX, usize::MAX); plan.output() + 1];
    for t in 0..=il.steps {
        for (v, (error, moved)) in seen.iter_mut().enumerate().skip(1) {
            if *error == usize::MAX && state.eps(v).iter().any(|e| *e != 0.0) {
                *error = t;
            }
            if *moved == usize::MAX && state.dx(v).iter().any(|d| *d != 0.0) {
                *moved = t;
            }
        }
        state.step(&weights, &il);
    }
    assert_eq!(seen[1..plan.output()], arrivals[1..plan.output()]);
}

#[test]
fn a_free_output_leaves_nothing_to_do() {
    let (plan, weights) = chain();
    let il = il(&plan);
    let clamps = Clamps::default().free_all(&plan, plan.output());
    assert!(clamps.sources(&plan).is_empty());
    let mut state = begun(&plan, &weights, clamps, &il);
    for _ in 0..il.steps {
        assert_eq!(state.energy(), 0.0);
        state.step(&weights, &il);
        assert!(state.dx(2).iter().all(|d| *d == 0.0));
    }
}

#[test]
fn of_some_outputs_only_the_others_have_targets() {
    let (plan, weights) = chain();
    let il = il(&plan);
    let clamps = Clamps::default().free(plan.output(), 1);
    let mut state = begun(&plan, &weights, clamps.clone(), &il);
    for _ in 0..4 {
        let eps = state.eps(plan.output());
        assert!(eps[0] != 0.0 && eps[1] == 0.0);
        assert_descends(&weights, &clamps, &mut state, &il);
    }
}

#[test]
fn a_free_input_has_no_error_and_moves_by_what_it_predicts() {
    let (plan, weights) = chain();
    let il = il(&plan);
    let clamps = Clamps::default().free(0, 0).free(0, 2);
    let mut state = begun(&plan, &weights, clamps.clone(), &il);
    let (error, moves) = clamps.arrivals(&plan)[0];
    assert_eq!((error, moves), (usize::MAX, 4));
    for t in 1..=il.steps {
        assert_descends(&weights, &clamps, &mut state, &il);
        assert!(state.eps(0).iter().all(|e| *e == 0.0));
        let moved = state.dx(0).iter().any(|d| *d != 0.0);
        assert_eq!(moved, t >= moves, "t = {t}");
        assert_eq!(state.x(0)[1], INPUTS[1]);
    }
}

#[test]
fn what_cannot_be_held_is_named() {
    let (plan, _) = chain();
    let ends = Clamps::default;
    for (clamps, expected) in [
        (ends().hold(2, 5, 0.0), "vertex 2 has no unit 5"),
        (ends().hold(9, 0, 0.0), "vertex 9 has no unit 0"),
        (ends().hold(4, 0, 0.0), "vertex 4 is the output"),
        (ends().lesion(4, 1), "vertex 4 is the output"),
        (ends().hold(2, 0, f64::NAN), "not finite"),
        (ends().free(1, 0), "vertex 1 is not an end"),
    ] {
        let error = clamps.check(&plan).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
