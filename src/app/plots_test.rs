//! The axes of plots, by wheel, drag and buttons, with the engine on threads of its own: what is shown, and that nobody stops following.

use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, said, says, until};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::session::{Mode, RaceCommand, RaceState};
use egui::accesskit::{Role, Toggled};
use egui::{Event, Modifiers, PointerButton, Pos2, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        let rests = session.is_some_and(|s| !s.race_busy()) && w.engine.computing().is_none();
        rests && w.engine.micro.is_some() && w.engine.race.state == RaceState::Idle
    });
}

fn harness(settings: Settings, layout: Layout) -> Harness<'static, Window> {
    let changes = ["learning.rule=\"il\"", "inference.steps=20"].map(str::to_owned);
    let changes = if layout == Layout::Explore {
        &changes[..]
    } else {
        &[]
    };
    let experiment = Experiment::load("digits-mlp", changes).unwrap();
    let window = Window::new(experiment, settings, Mode::Threads(1));
    let mut h = testing::usual(window);
    h.state_mut().act(Action::Layout(layout));
    settle(&mut h);
    h.state_mut().view.playing = false;
    h
}

/// What a plot says of itself, and where it is.
fn plot(h: &Harness<'_, Window>, name: &str) -> (String, Rect) {
    let begins = format!("{name}: ");
    let mut all = h.get_all_by_role(Role::Image);
    let own = all.find(|n| {
        n.accesskit_node()
            .label()
            .is_some_and(|l| l.starts_with(&begins))
    });
    let own = own.unwrap_or_else(|| panic!("no plot {name}: {:?}", said(h)));
    (own.accesskit_node().label().unwrap(), own.rect())
}

/// The ends across and upwards that a plot says; none where all is shown.
fn ends(h: &Harness<'_, Window>, name: &str) -> Option<[f64; 4]> {
    let (said, _) = plot(h, name);
    let part = said
        .split_once("; shown: ")
        .or(said.split_once("; axes held at "))?;
    let plain = part
        .1
        .replace(" across, ", " to ")
        .replace(" upwards", "")
        .replace('−', "-");
    let numbers: Vec<f64> = plain.split(" to ").map(|n| n.parse().unwrap()).collect();
    Some(numbers.try_into().unwrap())
}

fn at(rect: Rect, x: f32, y: f32) -> Pos2 {
    rect.min + vec2(x, y) * rect.size()
}

fn drag(h: &mut Harness<'_, Window>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    h.event(Event::PointerMoved(from));
    h.run_steps(1);
    h.event(button(from, true));
    h.run_steps(1);
    for part in [0.5, 1.0] {
        h.event(Event::PointerMoved(from + part * (to - from)));
        h.run_steps(1);
    }
    h.event(button(to, false));
    h.run_steps(2);
}

fn double_click(h: &mut Harness<'_, Window>, pos: Pos2) {
    for pressed in [true, false, true, false] {
        h.event(Event::PointerMoved(pos));
        h.event(Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        h.run_steps(1);
    }
    h.run_steps(1);
}

fn wheel(h: &mut Harness<'_, Window>, pos: Pos2, up: f32) {
    h.event(Event::PointerMoved(pos));
    h.run_steps(1);
    h.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, up),
        modifiers: Modifiers::NONE,
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
    });
    h.run_steps(30);
}

fn press(h: &mut Harness<'_, Window>, name: &str) {
    h.get_by_label(name).click();
    h.run_steps(2);
}

const LOSS: &str = "Training loss";

#[test]
fn zooming_follows_what_is_trained() {
    let mut h = harness(Settings::default(), Layout::Train);
    h.state_mut().act(Action::Race(RaceCommand::Run));
    until(&mut h, "sixty updates", |h| {
        h.state().engine.race.update > 60
    });
    assert_eq!(ends(&h, LOSS), None);
    // By the wheel at the newest end: it goes along.
    let (_, rect) = plot(&h, LOSS);
    wheel(&mut h, at(rect, 0.999, 0.5), 400.0);
    let first = ends(&h, LOSS).unwrap();
    let width = first[1] - first[0];
    let made = h.state().engine.race.update;
    assert!(
        first[0] > 0.0 && width < 0.5 * made as f64,
        "{first:?} of {made}"
    );
    until(&mut h, "forty more", |h| {
        h.state().engine.race.update > made + 40
    });
    let later = ends(&h, LOSS).unwrap();
    assert!(later[1] >= (made + 40) as f64, "{later:?}");
    assert!((later[1] - later[0] - width).abs() < 0.05 * width);
    // By a drag in the past: it stays there, and nothing else has moved.
    press(&mut h, "Show all: Training loss");
    assert_eq!(ends(&h, LOSS), None);
    drag(&mut h, at(rect, 0.2, 0.3), at(rect, 0.4, 0.31));
    let part = ends(&h, LOSS).unwrap();
    let made = h.state().engine.race.update;
    until(&mut h, "ten more", |h| {
        h.state().engine.race.update > made + 10
    });
    let still = ends(&h, LOSS).unwrap();
    assert_eq!(part[..2], still[..2], "the upright axis fits itself still");
    let w = h.state();
    assert_eq!(w.engine.race.state, RaceState::Running);
    assert_eq!((w.engine.at, w.engine.wished()), (None, None));
    double_click(&mut h, at(rect, 0.7, 0.5));
    assert_eq!(ends(&h, LOSS), None);
    // By buttons alone, and held while more comes.
    press(&mut h, "Zoom in: Training loss");
    let near = ends(&h, LOSS).unwrap();
    press(&mut h, "Hold the axes: Training loss");
    let held = ends(&h, LOSS).unwrap();
    let made = h.state().engine.race.update;
    until(&mut h, "thirty more", |h| {
        h.state().engine.race.update > made + 30
    });
    wheel(&mut h, at(rect, 0.5, 0.5), 400.0);
    assert_eq!(ends(&h, LOSS).unwrap(), held);
    press(&mut h, "Hold the axes: Training loss");
    assert_eq!(ends(&h, LOSS).unwrap()[..2], near[..2]);
    press(&mut h, "Zoom out: Training loss");
    let far = ends(&h, LOSS);
    assert!(
        far.is_none_or(|far| far[0] < near[0] && far[1] > near[1]),
        "{far:?}"
    );
    press(&mut h, "Show all: Training loss");
    assert_eq!(ends(&h, LOSS), None);
    assert_eq!(h.state().engine.race.state, RaceState::Running);
}

fn is_log(h: &Harness<'_, Window>, name: &str) -> bool {
    let name = format!("Logarithmic axis: {name}");
    let tool = h.get_by_label(&name);
    tool.accesskit_node().toggled() == Some(Toggled::True)
}

#[test]
fn which_axis_a_plot_has_is_remembered() {
    let mut h = harness(Settings::default(), Layout::Train);
    h.state_mut().act(Action::Race(RaceCommand::RunUntil(30)));
    settle(&mut h);
    let distance = "Weight distance to BP";
    assert!(is_log(&h, LOSS) && !is_log(&h, "Accuracy") && !is_log(&h, distance));
    press(&mut h, "Logarithmic axis: Training loss");
    press(&mut h, "Logarithmic axis: Accuracy");
    assert!(!is_log(&h, LOSS) && is_log(&h, "Accuracy"));
    assert!(says(&h, "nats, linear"));
    let text = h.state().remembered().text();
    let (settings, damage) = Settings::read(&text);
    assert_eq!(damage, None);
    let mut again = harness(settings, Layout::Train);
    again
        .state_mut()
        .act(Action::Race(RaceCommand::RunUntil(10)));
    settle(&mut again);
    assert!(!is_log(&again, LOSS) && is_log(&again, "Accuracy") && !is_log(&again, distance));
}

#[test]
fn over_t_a_drag_shows_a_part_and_the_cursor_is_taken_by_its_line() {
    let mut h = harness(Settings::default(), Layout::Explore);
    h.state_mut().act(Action::Seek(usize::MAX));
    settle(&mut h);
    let steps = h.state().engine.micro.as_ref().unwrap().steps;
    let energy = |h: &Harness<'_, Window>| {
        let t = h.state().view.t;
        plot(h, &format!("Energy at t = {t}"))
            .1
            .shrink2(vec2(4.0, 8.0))
    };
    let rect = energy(&h);
    assert_eq!(h.state().view.t, steps);
    drag(&mut h, at(rect, 0.1, 0.5), at(rect, 0.6, 0.51));
    assert_eq!(h.state().view.t, steps, "a drag elsewhere is no seeking");
    let part = ends(&h, &format!("Energy at t = {steps}")).unwrap();
    assert!(
        (part[0] - 2.0).abs() < 0.3 && (part[1] - 12.0).abs() < 0.3,
        "{part:?}"
    );
    press(&mut h, "Show all: Energy");
    assert!(!says(&h, "; shown: "));
    drag(&mut h, at(rect, 1.0, 0.5), at(rect, 0.0, 0.5));
    assert_eq!(h.state().view.t, 0);
    // A click seeks.
    let half = pos2(rect.center().x, rect.center().y);
    h.event(Event::PointerMoved(half));
    for pressed in [true, false] {
        h.event(Event::PointerButton {
            pos: half,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    settle(&mut h);
    assert!(h.state().view.t > 0 && h.state().view.t < steps);
    // Level by level where it cannot be stacked, and the same numbers.
    let before = plot(&h, &format!("Energy at t = {}", h.state().view.t)).0;
    press(&mut h, "Logarithmic axis: Energy");
    assert!(says(&h, "per example, by level, log"));
    assert_eq!(
        plot(&h, &format!("Energy at t = {}", h.state().view.t)).0,
        before
    );
}
