//! Verdicts over every rule, condition and kind of network, against what training does and against measured errors.

use super::{Microscope, Subject};
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;
use crate::learning::learner::method;
use crate::learning::{
    Batch, Capture, Conditions, Epsilon, Idle, Inference, Interrupt, Judgement, Learner, Method,
    OptimiserKind, OptimiserSettings, Order, Pool, Precisions, Rule, RunState, Schedule, Shared,
    Start, Uninterrupted, Verdict,
};
use crate::network::Scalar;
use std::sync::Arc;

/// α of the updates.
const RATE: f64 = 0.05;

/// Small networks of every kind: presets with changes.
const NETS: [(&str, &str); 8] = [
    ("moons", "network.layers=[{dense=5},{dense=4},{dense=2}]"),
    ("moons", "network.layers=[{dense=2}]"),
    ("moons", "network.layers=[{dense=3},{dense=2}]"),
    ("chain", "seed=3"),
    (
        "digits-mlp",
        "network.layers=[{conv=2,kernel=3,padding=1},{max_pool=2},{conv=2,kernel=3,stride=2},{dense=10}]",
    ),
    ("names-rnn", "network.layers=[{rnn=4},{dense=18}]"),
    ("names-rnn", "network.layers=[{rnn=3},{rnn=4},{dense=18}]"),
    (
        "digits-mlp",
        "network.layers=[{dense=6},{dense=6},{dense=6,skip=2},{dense=10}]",
    ),
];

fn setup<S: Scalar>((preset, change): (&str, &str), more: &[&str]) -> Setup<S> {
    let mut changes = vec![change.to_owned(), format!("dtype={}", S::NAME)];
    changes.extend(more.iter().map(|c| (*c).to_owned()));
    let experiment = Experiment::load(preset, &changes).unwrap();
    let data = load_data(&experiment).unwrap();
    Setup::new(experiment, data).unwrap()
}

fn subject(rule: Rule, inference: Inference, conditions: Conditions, rate: f64) -> Subject {
    Subject {
        update: 0,
        run: rule.name().to_owned(),
        example: 0,
        label: None,
        drawn: false,
        rule,
        inference,
        conditions,
        optimiser: OptimiserSettings::sgd(rate),
        seed: 11,
        interventions: Arc::default(),
        prior: None,
        means: None,
    }
}

/// An example to look at: of text a short one, so that phases are short.
fn example<S: Scalar>(setup: &Setup<S>) -> Batch<S> {
    let short = |i: &usize| setup.data.lengths().is_none_or(|l| l.get(*i) == Some(&5));
    let found = setup.data.split().to_look_at().clone().find(short);
    setup.example(found.unwrap())
}

fn microscope<S: Scalar>(setup: &Setup<S>, subject: &Subject) -> Microscope<S> {
    look(&begin(setup, subject), setup, subject)
}

/// A run before its first update.
fn begin<S: Scalar>(setup: &Setup<S>, subject: &Subject) -> RunState<S> {
    RunState::begin(setup.initial.clone(), subject.optimiser)
}

fn look<S: Scalar>(run: &RunState<S>, setup: &Setup<S>, subject: &Subject) -> Microscope<S> {
    let mut scope = Microscope::new(run.clone(), subject.clone(), example(setup));
    scope.run_to(usize::MAX);
    scope
}

fn judge<S: Scalar>(setup: &Setup<S>, subject: &Subject) -> Judgement {
    let scope = microscope(setup, subject);
    scope.snapshot().states.last().unwrap().judgement.unwrap()
}

/// Weights after one more update by training's own way.
fn trained<S: Scalar>(
    run: &RunState<S>,
    setup: &Setup<S>,
    subject: &Subject,
    rule: Rule,
) -> Option<Vec<S>> {
    let plan = &setup.plan;
    let way = method(plan, rule, subject.inference, &subject.conditions);
    let mut learner = Learner::from_state(run.clone(), way, false, 11);
    learner.output_precision = subject.inference.output_precision;
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let batch = Arc::new(example(setup));
    learner.update(&Pool::new(1), &batch, &never).ok()?;
    Some(learner.weights().values().to_vec())
}

/// Every way to set the conditions.
fn all_conditions(shares: bool) -> Vec<Conditions> {
    let mut all = Vec::new();
    for start in [Start::FeedForward, Start::Random] {
        for gamma in [1.0, 0.5, 0.9] {
            for capture in [Capture::OnTime, Capture::Late, Capture::End] {
                for order in [Order::CaptureXW, Order::WFirst] {
                    for epsilon in [Epsilon::Increment, Epsilon::Naive] {
                        for hidden_precision in [1.0, 0.5].map(Precisions::all) {
                            for shared in [Shared::Together, Shared::AtOnce] {
                                all.push(Conditions {
                                    start,
                                    gamma,
                                    capture,
                                    order,
                                    epsilon,
                                    hidden_precision,
                                    shared,
                                    ..Conditions::default()
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    all.retain(|c| shares || c.shared == Shared::Together);
    all
}

/// Every subject that is tried on a network of depth `depth`.
fn subjects(depth: usize, shares: bool) -> Vec<Subject> {
    let mut all = Vec::new();
    for conditions in all_conditions(shares) {
        for gamma_correction in [false, true] {
            let inference = Inference {
                gamma_correction,
                ..Inference::of(3, 0.3)
            };
            all.push(subject(Rule::Zil, inference, conditions, RATE));
        }
    }
    for rule in [
        Rule::Il,
        Rule::FixedPrediction,
        Rule::Incremental,
        Rule::ZilThenIl,
    ] {
        for start in [Start::FeedForward, Start::Random] {
            for epsilon in [Epsilon::Increment, Epsilon::Naive] {
                let conditions = Conditions {
                    start,
                    epsilon,
                    ..Conditions::default()
                };
                for (steps, gamma) in [
                    (1, 1.0),
                    (depth.max(1), 1.0),
                    (depth + 2, 1.0),
                    (depth + 2, 0.4),
                    (depth + 2, 0.5),
                ] {
                    let plain = Inference::of(steps, gamma);
                    let others = [
                        plain,
                        Inference {
                            output_precision: 0.5,
                            ..plain
                        },
                        Inference {
                            precision: Precisions::all(2.0),
                            ..plain
                        },
                        Inference {
                            state_decay: 0.1,
                            ..plain
                        },
                        Inference {
                            noise: 0.05,
                            ..plain
                        },
                        Inference {
                            gamma_correction: true,
                            ..plain
                        },
                    ];
                    all.extend(others.map(|i| subject(rule, i, conditions, RATE)));
                }
            }
        }
    }
    all
}

fn schedule<S: Scalar>(setup: &Setup<S>, s: &Subject) -> Schedule {
    match method(&setup.plan, s.rule, s.inference, &s.conditions) {
        Method::Schedule(schedule) => schedule,
        Method::Backprop => panic!("{:?} has a schedule", s.rule),
    }
}

/// Runs of every optimiser: plain ones at their beginning, and those that remember after some updates of backpropagation.
fn runs<S: Scalar>(setup: &Setup<S>) -> Vec<RunState<S>> {
    let plain = OptimiserSettings::sgd(RATE);
    let with = |kind, momentum, nesterov, weight_decay| OptimiserSettings {
        kind,
        momentum,
        nesterov,
        weight_decay,
        ..plain
    };
    let all = [
        plain,
        plain,
        with(OptimiserKind::Sgd, 0.9, false, 0.0),
        with(OptimiserKind::Sgd, 0.9, true, 0.01),
        with(OptimiserKind::Adam, 0.0, false, 0.0),
        with(OptimiserKind::AdamW, 0.0, false, 0.01),
        plain,
    ];
    let run = |(i, settings)| {
        let begin = RunState::begin(setup.initial.clone(), settings);
        let mut learner = Learner::from_state(begin, Method::Backprop, false, 11);
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        let batch = Arc::new(example(setup));
        for _ in 0..i {
            learner.update(&Pool::new(1), &batch, &never).unwrap();
        }
        learner.state().clone()
    };
    all.into_iter().enumerate().map(run).collect()
}

/// EXACT is said when, and only when, training itself makes weights of the same bits, and some weight moves.
#[test]
fn exact_is_what_training_makes_of_equal_bits() {
    let mut seen = [0; 2];
    for net in NETS {
        let setup = setup::<f32>(net, &[]);
        let runs = runs(&setup);
        let all = subjects(setup.plan.depth(), setup.plan.shares);
        // Random draws are seeded by update and row: training's are others.
        let drawn = |s: &Subject| s.conditions.start == Start::Random || s.inference.noise > 0.0;
        for (i, mut s) in all.into_iter().filter(|s| !drawn(s)).enumerate() {
            let run = &runs[i % runs.len()];
            s.optimiser = run.optimiser.settings;
            let scope = look(run, &setup, &s);
            let said = scope.snapshot().states.last().unwrap().judgement.unwrap();
            let (Some(own), Some(bp)) = (
                trained(run, &setup, &s, s.rule),
                trained(run, &setup, &s, Rule::Bp),
            ) else {
                assert_eq!(said.verdict, Verdict::NotFinite, "{net:?} {s:?}");
                continue;
            };
            let differ = |a: &[f32], b: &[f32]| {
                a.iter()
                    .zip(b)
                    .filter(|(a, b)| a.to_bits() != b.to_bits())
                    .count()
            };
            let moved = differ(&own, run.weights.values());
            // What the two are judged by are the gradients that training applies.
            if !setup.plan.shares || s.rule != Rule::Incremental {
                let next = run.optimiser.next();
                let reference = (0..bp.len()).find(|&i| {
                    let w = run.weights.values()[i];
                    let r = if setup.plan.shares {
                        scope.reference_taken[i]
                    } else {
                        scope.reference[i]
                    };
                    next.weight(i, w, r).to_bits() != bp[i].to_bits()
                });
                assert_eq!(reference, None, "{net:?} {s:?}");
            }
            assert_eq!(said.differing_weights, differ(&own, &bp), "{net:?} {s:?}");
            assert_eq!(said.moved, moved, "{net:?} {s:?}");
            assert_eq!(said.weights, own.len(), "{net:?} {s:?}");
            let exact = !own.is_empty() && moved > 0 && differ(&own, &bp) == 0;
            assert_eq!(said.verdict == Verdict::Exact, exact, "{net:?} {s:?}");
            seen[usize::from(exact)] += 1;
        }
    }
    assert!(seen[0] > 500 && seen[1] > 50, "{seen:?}");
}

/// A schedule is said to equal backpropagation in real arithmetic when, and only when, nothing but rounding is measured in
/// double precision.
#[test]
fn what_equals_backprop_in_real_arithmetic_differs_by_rounding_and_nothing_else_does() {
    let mut seen = [0; 2];
    let unlevelled: &[&str] = &["network.levelled=false"];
    let nets = NETS.iter().map(|&n| (n, &[][..]));
    for (net, more) in nets.chain([(NETS[7], unlevelled)]) {
        let setup = setup::<f64>(net, more);
        for s in subjects(setup.plan.depth(), setup.plan.shares) {
            let equals = schedule(&setup, &s).equals_backprop(&setup.plan);
            let said = judge(&setup, &s);
            if said.verdict == Verdict::NotFinite {
                assert!(!equals, "{net:?} {s:?}");
                continue;
            }
            let off = said.relative_error;
            // With fixed predictions any γ comes as near as T is long; a schedule of many steps is no test.
            let converged = s.rule == Rule::FixedPrediction && s.inference.steps > 8;
            if !equals && converged && off < 1e-9 {
                continue;
            }
            assert_eq!(off < 1e-9, equals, "{off:e} for {net:?} {s:?}");
            let words = match said.verdict {
                Verdict::Exact | Verdict::Rounding => equals,
                Verdict::RightDirection => !equals && said.cosine >= 0.99,
                Verdict::DifferentRule => !equals,
                _ => false,
            };
            assert!(words, "{said:?} for {net:?} {s:?}");
            seen[usize::from(equals)] += 1;
        }
    }
    assert!(seen[0] > 500 && seen[1] > 100, "{seen:?}");
}

/// W first is another rule or, with a small rate, another length; it is no rounding, however small the error.
#[test]
fn w_first_is_never_rounding() {
    for net in NETS {
        let setup = setup::<f32>(net, &[]);
        if setup.plan.depth() == 0 {
            continue;
        }
        for rate in [0.05, 1e-3] {
            let conditions = Conditions {
                order: Order::WFirst,
                ..Conditions::default()
            };
            let said = judge(
                &setup,
                &subject(Rule::Zil, Inference::default(), conditions, rate),
            );
            assert!(
                matches!(
                    said.verdict,
                    Verdict::RightDirection | Verdict::DifferentRule
                ),
                "{net:?}: {said:?}"
            );
        }
    }
}

/// Where levels share weights, what counts is the sum that is applied: each level alone may point right.
#[test]
fn shared_weights_are_judged_by_their_sum() {
    let setup = setup::<f32>(NETS[5], &[]);
    let conditions = Conditions {
        gamma: 0.5,
        ..Conditions::default()
    };
    let s = subject(Rule::Zil, Inference::default(), conditions, RATE);
    let snapshot = microscope(&setup, &s).snapshot();
    let last = snapshot.states.last().unwrap();
    let each: Vec<_> = last.levels.iter().flatten().collect();
    assert!(
        each.len() > 3 && each.iter().all(|l| l.cosine > 0.9999),
        "{each:?}"
    );
    let said = last.judgement.unwrap();
    assert!(said.cosine < 0.99, "{said:?}");
    assert_eq!(said.verdict, Verdict::DifferentRule);
    assert_eq!(said.weights, setup.plan.parameter_count());
}

#[test]
fn nothing_moves_is_no_update_with_why() {
    let of = |more: &[&str], rate| {
        let setup = setup::<f32>(NETS[0], more);
        judge(
            &setup,
            &subject(Rule::Zil, Inference::default(), Conditions::default(), rate),
        )
    };
    let still = of(&[], 0.0);
    assert_eq!(
        (still.verdict, still.idle),
        (Verdict::NoUpdate, Some(Idle::Rate))
    );
    // Without biases: they start at 0, which any number changes.
    let tiny = of(&["network.bias=false"], 1e-30);
    assert_eq!(
        (tiny.verdict, tiny.idle),
        (Verdict::NoUpdate, Some(Idle::TooSmall))
    );
    assert_eq!(of(&[], RATE).verdict, Verdict::Exact);
    // An output that is the target already.
    let setup = setup::<f32>(NETS[0], &["network.loss=squared-error"]);
    let s = subject(Rule::Il, Inference::of(4, 0.2), Conditions::default(), RATE);
    let mut batch = example(&setup);
    let mut first = Microscope::new(begin(&setup, &s), s.clone(), batch.clone());
    first.run_to(0);
    let output = setup.plan.output();
    let shown = first.snapshot();
    let field = super::Field::Mu;
    batch.targets = (0..setup.plan.len_of(output))
        .map(|i| shown.value(0, field, output, i) as f32)
        .collect();
    let mut scope = Microscope::new(begin(&setup, &s), s, batch);
    scope.run_to(usize::MAX);
    for state in &scope.snapshot().states {
        let said = state.judgement.unwrap();
        assert_eq!(
            (said.verdict, said.idle),
            (Verdict::NoUpdate, Some(Idle::NoError))
        );
    }
}

/// What lies behind Z-IL's front is read by nothing: it may overflow while every weight is exact. IL reads all of it.
#[test]
fn only_what_is_read_can_be_not_finite() {
    // Relaxing with γ = 1 and steep weights blows up within a few steps.
    let deep = (
        "digits-mlp",
        "network.layers=[{dense=40},{dense=40},{dense=40},{dense=40},{dense=40},{dense=40},{dense=40},{dense=40},{dense=40},{dense=10}]",
    );
    let setup = setup::<f32>(
        deep,
        &[
            "network.gain=9",
            "network.activation=identity",
            "network.loss=squared-error",
        ],
    );
    let zil = subject(
        Rule::Zil,
        Inference::default(),
        Conditions::default(),
        1e-20,
    );
    let snapshot = microscope(&setup, &zil).snapshot();
    let depth = setup.plan.depth();
    let behind = (1..=setup.plan.output()).any(|v| {
        let size = snapshot.states[depth].size[v];
        !size.is_finite() || size > 1e18
    });
    assert!(
        behind,
        "nothing grew behind the front: the test shows nothing"
    );
    let said = snapshot.states[depth].judgement.unwrap();
    assert_eq!((said.verdict, said.differing_bits), (Verdict::Exact, 0));
    assert!(snapshot.states.iter().all(|s| s.not_finite.is_none()));
    // The same values are all that IL has.
    let il = subject(
        Rule::Il,
        Inference::of(60, 1.0),
        Conditions::default(),
        1e-20,
    );
    let snapshot = microscope(&setup, &il).snapshot();
    let last = snapshot.states.last().unwrap();
    assert_eq!(last.verdict(), Some(Verdict::NotFinite));
    let (vertex, t) = last.first_not_finite.unwrap();
    assert!(t > 0 && t <= 60);
    // The first values that overflow may be products: then every value of that state is finite.
    let values = snapshot.states[t].not_finite;
    assert!(values.is_none_or(|v| v == vertex), "{values:?}");
    assert_eq!(snapshot.states[t].verdict(), Some(Verdict::NotFinite));
    assert!(snapshot.states[..t].iter().all(|s| s.not_finite.is_none()));
    assert_ne!(snapshot.states[t - 1].verdict(), Some(Verdict::NotFinite));
}

/// Before the last state nothing is plainly EXACT, and where a phase will break it is known when.
#[test]
fn before_the_end_it_is_exact_so_far_and_the_break_is_known() {
    for net in NETS {
        let setup = setup::<f32>(net, &[]);
        for s in subjects(setup.plan.depth(), setup.plan.shares) {
            let snapshot = microscope(&setup, &s).snapshot();
            for state in &snapshot.states[..snapshot.steps] {
                assert_ne!(state.verdict(), Some(Verdict::Exact), "{net:?} {s:?}");
            }
            let end = snapshot.states[snapshot.steps].verdict().unwrap();
            assert_ne!(end, Verdict::ExactSoFar, "{net:?} {s:?}");
            if let Some((t, verdict, _)) = snapshot.first_apart() {
                assert!(
                    !verdict.is_exact()
                        && !snapshot.states[..t]
                            .iter()
                            .any(|s| { s.verdict().is_some_and(|v| !v.is_exact()) })
                );
            } else {
                assert_eq!(end, Verdict::Exact, "{net:?} {s:?}");
            }
        }
    }
}

/// The record of a state says whose x moved: with a skip that is not levelled, vertices move before their level.
#[test]
fn a_state_says_which_vertices_moved() {
    let setup = setup::<f32>(NETS[7], &["network.levelled=false"]);
    let s = subject(Rule::Il, Inference::of(6, 0.2), Conditions::default(), RATE);
    let snapshot = microscope(&setup, &s).snapshot();
    let mut early = 0;
    for (t, state) in snapshot.states.iter().enumerate() {
        for v in 1..setup.plan.output() {
            let moved = (0..setup.plan.len_of(v)).any(|u| {
                let x = |t| snapshot.value(t, super::Field::X, v, u);
                t > 0 && x(t) != x(t - 1)
            });
            assert!(!moved || state.moved[v], "{v} at t = {t}");
            early += usize::from(moved && t < setup.plan.graph.vertices[v].level);
        }
    }
    assert!(early > 0);
    assert!(snapshot.states[0].moved.iter().all(|m| !m));
}
