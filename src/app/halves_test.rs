//! Half steps by keys: what moves moves, what does not stays, and all numbers are those of the two states between.

use super::settings::Settings;
use super::state::{Action, Choice, Grain};
use super::testing::{self, rests, says};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::session::{Mode, ScopeCommand};
use egui::Key;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::sync::Arc;

/// Every number of a field at a state, in bits.
fn bits(micro: &MicroscopeSnapshot, t: usize, field: Field) -> Vec<u64> {
    let vertices = 0..micro.plan.graph.vertices.len();
    let all = vertices.flat_map(|v| {
        let value = micro.values(t, field, v);
        (0..micro.plan.len_of(v)).map(move |u| value(u).to_bits())
    });
    all.collect()
}

/// What views are given to draw: x, μ and ε where they look, and how many levels are captured.
fn drawn(h: &Harness<'_, Window>) -> ([Vec<u64>; 3], usize) {
    let look = |frame: &mut super::state::Frame<'_>| {
        let (micro, t) = (frame.micro, frame.t());
        let fields = [Field::X, Field::Mu, Field::Eps];
        let levels = micro.states[t].levels.iter().flatten().count();
        (fields.map(|field| bits(micro, t, field)), levels)
    };
    h.state().with_frame(&mut Vec::new(), look).unwrap()
}

fn press(h: &mut Harness<'_, Window>, key: Key) {
    h.key_press(key);
    rests(h);
}

/// Half steps through all states of a rule and back.
fn walk(changes: &[&str]) {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    rests(&mut h);
    h.state_mut()
        .engine
        .tell_scope(ScopeCommand::RunTo(usize::MAX));
    rests(&mut h);
    let micro: Arc<MicroscopeSnapshot> = h.state().engine.micro.clone().unwrap();
    let steps = micro.steps.min(3);
    let whole = |t: usize| {
        let levels = micro.states[t].levels.iter().flatten().count();
        (
            [Field::X, Field::Mu, Field::Eps].map(|f| bits(&micro, t, f)),
            levels,
        )
    };
    h.state_mut().act(Action::Seek(0));
    h.state_mut()
        .act(Action::Choose(Choice::Grain(Grain::Half)));
    rests(&mut h);
    let mut seen = vec![drawn(&h)];
    assert_eq!(seen[0], whole(0));
    let output = micro.plan.block(micro.plan.output(), 1);
    for t in 0..steps {
        press(&mut h, Key::ArrowRight);
        let ([x, mu, eps], levels) = drawn(&h);
        let (now, next) = (whole(t), whole(t + 1));
        // x alone has moved; the output's is its prediction.
        assert_eq!((h.state().view.t, levels), (t, now.1));
        assert_eq!(x[..output.start], next.0[0][..output.start]);
        assert_eq!(x[output.clone()], now.0[0][output.clone()]);
        assert_eq!([&mu, &eps], [&now.0[1], &now.0[2]]);
        assert!(says(&h, &format!("t = {t}, x")));
        seen.push(([x, mu, eps], levels));
        press(&mut h, Key::ArrowRight);
        // μ and ε have followed; nothing of the new state is captured.
        let (numbers, levels) = drawn(&h);
        assert_eq!((h.state().view.t, &numbers), (t + 1, &next.0));
        assert_eq!(levels, now.1);
        assert!(says(&h, &format!("t = {}, μ, ε", t + 1)));
        seen.push((numbers, levels));
        press(&mut h, Key::ArrowRight);
        assert_eq!(drawn(&h), next);
        assert!(says(&h, &format!("t = {}, captured", t + 1)));
        seen.push(drawn(&h));
    }
    // And back, to the same bits.
    while let Some(before) = seen.pop() {
        assert_eq!(drawn(&h), before);
        press(&mut h, Key::ArrowLeft);
    }
    // Before the first capture there is nothing.
    assert_eq!((h.state().view.t, drawn(&h).1), (0, 0));
    let there = drawn(&h);
    press(&mut h, Key::ArrowLeft);
    assert_eq!(drawn(&h), there);
    // Another grain, or a jump, shows states as they are kept.
    h.get_by_label("step").click();
    rests(&mut h);
    press(&mut h, Key::ArrowRight);
    assert_eq!(drawn(&h), whole(1));
}

#[test]
fn half_steps_move_what_they_say_and_go_back_to_the_same_bits() {
    let layers = "network.layers=[{dense=8},{dense=8},{dense=10}]";
    walk(&[layers]);
    walk(&[layers, "learning.rule=il", "inference.adaptive=false"]);
}
