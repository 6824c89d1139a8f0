//! A finger on the network that is watched: every rule obeys it, nothing is judged, and without one nothing is as it was not.

use super::*;
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::interventions::resolve;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;
use crate::learning::{Inference, Interventions, Rule};

fn setup(preset: &str, changes: &[&str]) -> Setup<f32> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load(preset, &changes).unwrap();
    let data = load_data(&experiment).unwrap();
    Setup::new(experiment, data).unwrap()
}

/// The whole phase of the first example, with these things done.
fn watched(setup: &Setup<f32>, done: Arc<Interventions>) -> MicroscopeSnapshot {
    let example = setup.data.split().to_look_at().start;
    let subject = Subject {
        interventions: done,
        prior: setup.input_prior(&setup.experiment.inference).unwrap(),
        ..Subject::own(&setup.experiment, &setup.data, example)
    };
    let mut scope = Microscope::new(setup.begin(), subject, setup.example(example));
    scope.run_to(usize::MAX);
    scope.snapshot()
}

fn done(setup: &Setup<f32>, text: &str) -> Arc<Interventions> {
    let table: toml::Table = toml::from_str(&format!("all = [{text}]")).unwrap();
    let all: Vec<_> = table["all"].clone().try_into().unwrap();
    Arc::new(resolve(&all, &setup.plan, &|_| 0.0).unwrap())
}

/// What comes later changes no state before it, in any preset; and a state that nothing was done to has its verdict.
#[test]
fn until_something_is_done_every_bit_is_as_without() {
    for (preset, _) in PRESETS {
        for rule in ["zil", "il"] {
            let changes = [
                format!("learning.rule={rule}"),
                "dtype=f32".into(),
                "inference.steps=3".into(),
                "inference.adaptive=false".into(),
            ];
            let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
            let setup = setup(preset, &changes);
            let plain = watched(&setup, Arc::default());
            let last = plain.steps.min(2);
            let vertex = &setup.plan.graph.vertices[1].id;
            let kick = done(
                &setup,
                &format!("{{kick='{vertex}',unit=0,by=0.5,at={last}}}"),
            );
            let touched = watched(&setup, kick);
            for t in 0..last {
                for field in 0..5 {
                    let (a, b) = (
                        &plain.states[t].fields[field],
                        &touched.states[t].fields[field],
                    );
                    let same = (0..a.len()).all(|i| a.get(i).to_bits() == b.get(i).to_bits());
                    assert!(same, "{preset}, {rule}, t = {t}");
                }
                assert_eq!(plain.states[t].judgement, touched.states[t].judgement);
            }
            let verdict = touched.states[last].verdict();
            assert_eq!(verdict, Some(Verdict::Intervention), "{preset}, {rule}");
            let x = |of: &MicroscopeSnapshot| of.value(last, Field::X, 1, 0);
            if !plain.is_missing(1) {
                assert!(
                    (x(&touched) - x(&plain) - 0.5).abs() < 1e-6,
                    "{preset}, {rule}"
                );
            }
        }
    }
}

/// Held units stay, lesioned ones have no number, what is cut stays 0, and it all is so under every rule.
#[test]
fn every_rule_obeys() {
    let text = "{clamp='dense1',unit=3,value=0.4},{clamp='dense2',unit=1,at=1},{lesion='dense1',unit=5},
        {lesion='dense2',unit=0,at=2},{cut='dense2.weight',place=[2,9]},{weight='output.weight',place=[1,1],value=0.7,at=1},
        {free='input',unit='0-7'},{kick='dense2',unit=4,by=0.3,at=1},{set='dense1',unit=8,value=-0.2,at=2},{target=4,at=2},
        {precision=1,value=2.0,at=1}";
    for rule in crate::learning::rule::all().filter(|r| !r.is_reference()) {
        let changes = [
            format!("learning.rule={}", rule.name()),
            "inference.steps=5".into(),
            "inference.adaptive=false".into(),
        ];
        let changes: Vec<&str> = changes.iter().map(String::as_str).collect();
        let setup = setup("digits-mlp", &changes);
        let m = watched(&setup, done(&setup, text));
        let name = rule.name();
        for t in 0..=m.steps {
            let x = |v, u| m.value(t, Field::X, v, u);
            assert!((x(1, 3) - 0.4).abs() < 1e-7, "{name}, t = {t}");
            for field in [Field::X, Field::Fx, Field::Mu, Field::Eps, Field::Dx] {
                assert_eq!(m.value(t, field, 1, 5), 0.0, "{name}, t = {t}, {field:?}");
                if t >= 2 {
                    assert_eq!(m.value(t, field, 2, 0), 0.0, "{name}, t = {t}, {field:?}");
                }
            }
            if t >= 1 {
                assert_eq!(
                    x(2, 1).to_bits(),
                    m.value(1, Field::X, 2, 1).to_bits(),
                    "{name}"
                );
            }
            let verdict = m.states[t].verdict();
            assert!(
                verdict.is_none_or(|v| v == Verdict::Intervention),
                "{name}, t = {t}"
            );
            if let Some(weights) = m.weights_of_prediction(t) {
                let p = setup
                    .plan
                    .graph
                    .parameters
                    .iter()
                    .position(|p| p.name == "dense2.weight");
                let place = setup.plan.graph.parameters[p.unwrap()].at(2, 9);
                assert_eq!(
                    weights.get(setup.plan.parameter(p.unwrap()).start + place),
                    0.0,
                    "{name}"
                );
            }
            let want = if t >= 2 { 4 } else { m.subject.label.unwrap() };
            let y = |u| m.target_at(t, u);
            assert_eq!(
                (0..10).filter(|u| y(*u) == 1.0).collect::<Vec<_>>(),
                [want],
                "{name}, t = {t}"
            );
        }
        let input = |t: usize, u: usize| m.value(t, Field::X, 0, u);
        assert!(
            (0..8).any(|u| input(m.steps, u) != input(0, u)) || m.steps < 3,
            "{name}"
        );
        assert!((8..64).all(|u| input(m.steps, u) == input(0, u)), "{name}");
    }
}

/// Backpropagation takes what holds from t = 0 on: weights, target, values that are held, units that are gone.
#[test]
fn backprop_takes_what_lasts_from_the_start() {
    let setup = setup("digits-mlp", &["learning.rule=bp"]);
    let plain = watched(&setup, Arc::default());
    let text = "{clamp='dense1',unit=3,value=0.4},{lesion='dense1',unit=5},{target=4}";
    let m = watched(&setup, done(&setup, text));
    let last = m.steps;
    assert!((m.value(last, Field::X, 1, 3) - 0.4).abs() < 1e-7);
    assert_eq!(m.value(last, Field::Fx, 1, 5), 0.0);
    assert_eq!(m.value(last, Field::Delta, 1, 3), 0.0);
    assert_ne!(m.loss, plain.loss);
    let free = watched(&setup, done(&setup, "{free='output'}"));
    assert_eq!((free.loss, free.delta_size(1)), (0.0, 0.0));
}

/// With a free output nothing is to do, whatever is freed of the input; with a target the input moves.
#[test]
fn a_free_output_completes_nothing() {
    let il = [
        "learning.rule=il",
        "inference.steps=12",
        "inference.adaptive=false",
    ];
    let setup = setup("digits-mlp", &il);
    let m = watched(
        &setup,
        done(&setup, "{free='output'},{free='input',unit='32-63'}"),
    );
    assert!(m.states.iter().all(|s| s.total_energy() == 0.0));
    assert!(m.rests_at_zero(m.steps));
    let x = |t: usize, u: usize| m.value(t, Field::X, 0, u).to_bits();
    assert!((0..64).all(|u| x(m.steps, u) == x(0, u)));
    let aimed = watched(&setup, done(&setup, "{free='input',unit='32-63'}"));
    assert!(!aimed.rests_at_zero(aimed.steps));
    let x = |t: usize, u: usize| aimed.value(t, Field::X, 0, u);
    assert!((32..64).any(|u| x(aimed.steps, u) != x(0, u)));
    let mut energies = aimed.states.windows(2);
    assert!(energies.all(|p| p[1].total_energy() <= p[0].total_energy() + 1e-6));
}

/// What the inspector sums up to a step is the step, of a freed and drawn input as well.
#[test]
fn terms_of_a_touched_network_add_up() {
    let changes = [
        "learning.rule=il",
        "dtype=f64",
        "inference.steps=6",
        "inference.adaptive=false",
        "inference.input_prior=gaussian",
        "inference.state_decay=0.1",
    ];
    let owned: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("digits-mlp", &owned).unwrap();
    let data = load_data(&experiment).unwrap();
    let setup = Setup::<f64>::new(experiment, data).unwrap();
    let text = "{free='input',unit='0-40'},{precision=1,value=2.0,at=2},{weight='dense2.weight',place=[1,1],value=0.7,at=3},
        {kick='dense1',unit=2,by=0.3,at=2},{lesion='dense2',unit=0,at=1}";
    let table: toml::Table = toml::from_str(&format!("all = [{text}]")).unwrap();
    let all: Vec<_> = table["all"].clone().try_into().unwrap();
    let example = setup.data.split().to_look_at().start;
    let inference = Inference {
        ..setup.experiment.inference
    };
    let subject = Subject {
        rule: Rule::Il,
        inference,
        interventions: Arc::new(resolve(&all, &setup.plan, &|_| 0.0).unwrap()),
        prior: setup.input_prior(&inference).unwrap(),
        ..Subject::own(&setup.experiment, &setup.data, example)
    };
    let mut scope = Microscope::new(setup.begin(), subject, setup.example(example));
    scope.run_to(usize::MAX);
    let m = scope.snapshot();
    let mut seen = 0;
    for t in 1..=m.steps {
        for v in 0..m.plan.output() {
            for u in 0..m.plan.len_of(v) {
                let dx = m.value(t, Field::Dx, v, u);
                if dx == 0.0 {
                    continue;
                }
                let s = terms::step(&m, v, u, t).unwrap();
                let pull: f64 = s.pulls.iter().map(terms::Term::value).sum();
                let own = if v == 0 { 0.0 } else { s.own };
                let sum = own + s.slope * pull - s.decay.unwrap_or(0.0) - s.prior.unwrap_or(0.0);
                assert!((s.gamma * sum - dx).abs() < 1e-12, "{v}/{u} at t = {t}");
                seen += usize::from(v == 0);
            }
        }
    }
    assert!(seen > 100);
}
