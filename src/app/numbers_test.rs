//! Every number is right: preset, layout, rule, unit and t are drawn, reached as a user reaches them, and what the accessibility tree
//! says is read and compared, to the digits said, with the engine's trace and with plain loops of its own ([`loops`]).
//!
//! `cargo test` draws a few; all 300: `cargo test --locked --lib numbers_test -- --ignored`.

mod loops;
mod truth;
mod user;

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::views::unrolled;
use super::window::Window;
use crate::experiment::file::{Dtype, Experiment, PRESETS};
use crate::experiment::microscope::Field;
use crate::experiment::session::Mode;
use crate::network::{Graph, Loss};
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use truth::{Checker, Truth, numbers, read};
use user::{User, name};

/// States that are looked at: steps are taken one by one.
const LAST: usize = 8;

/// A source of draws that is the same everywhere.
struct Draws(u64);

impl Draws {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }

    fn share(&mut self) -> f32 {
        self.below(10_000) as f32 / 10_000.0
    }
}

/// The ways to a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// Its mark in the network.
    Mark,
    /// Its pixel or cell among the feature maps.
    Maps,
    /// Its row in the inspector.
    Row,
    /// A cell of the error wave: the vertex with its largest unit.
    Wave,
    /// The keys that go through vertices.
    Keys,
}

/// The name a preset has in the list.
fn title(preset: &str) -> String {
    let titles = [
        ("mnist-cnn", "MNIST, CNN"),
        ("mnist-mlp", "MNIST, MLP"),
        ("digits-mlp", "8×8 digits, MLP"),
        ("moons", "Two moons"),
        ("names-rnn", "Names, RNN"),
        ("names-rnn-2", "Names, stacked RNN"),
        ("vowels-rnn", "Vowels, RNN"),
        ("residual-cnn", "Residual CNN"),
        ("deep-mlp", "Deep MLP"),
        ("fashion-cnn", "Fashion, CNN"),
        ("chain", "Chain 1-1-1-1"),
    ];
    let found = titles.iter().find(|(key, _)| *key == preset);
    found.map_or(preset, |(_, title)| title).to_owned()
}

/// Draws and checks; `each` draws are made per visit of a preset. Returns how many numbers were compared.
fn run(seed: u64, draws: usize, each: usize, presets: &[&str]) -> usize {
    let mut random = Draws(seed);
    let mut user = User::new(presets[0]);
    let (mut made, mut checked, mut visit, mut wrong) = (0, 0, 0, 0);
    let mut ways = std::collections::BTreeMap::<String, usize>::new();
    while made < draws {
        let preset = presets[visit % presets.len()];
        if visit > 0 {
            // The list of presets is in the set-up panel, which not every layout has.
            user.layout(Layout::Teach);
            user.preset(&title(preset));
        }
        visit += 1;
        let rule = [None, Some("BP"), Some("Z-IL"), Some("IL")][random.below(4)];
        if let Some(rule) = rule {
            user.layout(Layout::Teach);
            user.press(Role::RadioButton, rule);
        }
        let (experiment, subject) = {
            let window = user.h.state();
            let session = window.engine.session.as_ref().unwrap();
            let micro = window.engine.micro.as_ref().unwrap();
            (session.experiment.clone(), micro.subject.clone())
        };
        let expected = Experiment::load(preset, &[]).unwrap();
        assert_eq!(experiment.name, expected.name);
        if let Some(label) = rule {
            assert_eq!(subject.rule.label(), label);
        }
        let truth = Truth::new(&expected, &subject);
        let loops = truth.loops();
        for _ in 0..each.min(draws - made) {
            let layout = Layout::ALL[random.below(5)];
            user.layout(Layout::Teach);
            user.layout(layout);
            let steps = truth.trace.steps.min(LAST);
            let t = random.below(steps + 1);
            // The layout without chrome has no buttons.
            user.step_to(t, random.below(2) == 0 || layout == Layout::Present);
            let place = format!("{preset}, {rule:?}, {}, t = {t}", layout.name());
            let mut checker = Checker {
                truth: &truth,
                loops: &loops,
                t,
                place,
                checked: 0,
            };
            // All that is wrong is told at the end, not the first alone.
            let draw = std::panic::AssertUnwindSafe(|| {
                let way = one(&mut user, &mut random, layout, &mut checker);
                let least = if layout == Layout::Train { 1 } else { 3 };
                assert!(
                    checker.checked >= least,
                    "{}: too little was said",
                    checker.place
                );
                way
            });
            match std::panic::catch_unwind(draw) {
                Ok(way) => {
                    let way = way.map_or_else(String::new, |way| format!("{way:?} in "));
                    *ways.entry(format!("{way}{}", layout.name())).or_default() += 1;
                }
                Err(_) => wrong += 1,
            }
            checked += checker.checked;
            made += 1;
        }
    }
    assert_eq!(wrong, 0, "of {made} drawn; each is told above");
    println!("{made} drawn, {checked} numbers compared; {ways:?}");
    checked
}

/// Goes to a unit and checks everything that is said there.
fn one(user: &mut User, random: &mut Draws, layout: Layout, c: &mut Checker<'_>) -> Option<Way> {
    user.h.remove_cursor();
    user.settle();
    let has_network = matches!(layout, Layout::Teach | Layout::Explore | Layout::Present);
    let way = match layout {
        Layout::Teach => [Way::Mark, Way::Maps, Way::Row, Way::Wave, Way::Keys][random.below(5)],
        Layout::Explore => [Way::Mark, Way::Row, Way::Wave, Way::Keys][random.below(4)],
        Layout::Present => Way::Mark,
        Layout::Compare => Way::Wave,
        Layout::Train => {
            bar(user, c, layout);
            return None;
        }
    };
    let recurrent = unrolled::applies(&c.truth.trace);
    // Maps stand behind another tab where there is something to see of the data.
    if way == Way::Maps && user.places(|l| l == "Feature maps").len() == 1 {
        user.press(Role::Tab, "Feature maps");
    }
    let wanted: Option<(usize, usize)> = match way {
        Way::Keys => {
            user.h.key_press(egui::Key::CloseBracket);
            user.settle();
            None
        }
        Way::Wave => {
            let wave = user.places(|l| l.starts_with("Error wave, "));
            let rect = wave[0].1;
            let down = rect.height() * (random.share() * 0.98 + 0.01);
            let at = rect.min + egui::vec2(0.5, down);
            // A click in the wave's first column also goes to the first state.
            user.click(at);
            let t = user.h.state().view.t;
            user.step_to(c.t, true);
            assert_eq!((t, user.h.state().view.t), (0, c.t), "{}", c.place);
            None
        }
        Way::Row => {
            let rows = user.h.query_all_by_role(Role::ListBoxOption);
            let rects: Vec<egui::Rect> = rows.map(|row| row.rect()).collect();
            let clip = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1440.0, 770.0));
            let rects: Vec<egui::Rect> = rects
                .into_iter()
                .filter(|r| clip.contains_rect(*r))
                .collect();
            if let Some(rect) = rects.get(random.below(rects.len().max(1))) {
                user.click(rect.center());
            }
            None
        }
        Way::Mark | Way::Maps => {
            let trace = &c.truth.trace;
            let areas = match way {
                Way::Maps => user.places(|l| l.contains(&format!(" at t = {}: x ", c.t))),
                _ => user.places(|l| {
                    let level = l.contains(", level ") && l.contains("size of ");
                    level && !l.contains("BPTT")
                        || l.ends_with("clamped") && !l.starts_with("step")
                        || l.ends_with(", values")
                }),
            };
            assert!(!areas.is_empty(), "{}: nothing to point at", c.place);
            let mut hit = None;
            for _ in 0..40 {
                let (_, rect) = &areas[random.below(areas.len())];
                let at = rect.min + rect.size() * egui::vec2(random.share(), random.share());
                user.point(at);
                let card = user.labels().into_iter().find_map(|label| {
                    let (name, rows) = label.split_once(", ")?;
                    // A card begins with the unit's name; its place may hold commas.
                    let rows_at = [", x ", ", f(x) ", ", μ ", ", ε ", ", δ", ", softmax(μ) "]
                        .iter()
                        .filter_map(|s| label.find(s))
                        .min()?;
                    let _ = (name, rows);
                    let title = &label[..rows_at];
                    let unit = c.unit(title)?;
                    let numbers = label[rows_at + 2..].to_owned();
                    (!label.contains(" at t = ")).then_some((unit, numbers))
                });
                if let Some((unit, numbers)) = card {
                    let found = c.pairs(&numbers, unit.0, unit.1, true);
                    let least = if unit.0 == Graph::INPUT { 1 } else { 3 };
                    assert!(found >= least, "{}: {numbers}", c.place);
                    user.click(at);
                    hit = Some(unit);
                    break;
                }
            }
            let _ = trace;
            hit
        }
    };
    let labels = user.labels();
    let lines: Vec<&str> = labels.iter().map(String::as_str).collect();
    bar(user, c, layout);
    if has_network && layout != Layout::Present {
        inspector(user, c, wanted);
    }
    views(&lines, c, layout, recurrent);
    Some(way)
}

/// The inspector: its heading, table, equations, terms, and the rows of the other units.
fn inspector(user: &User, c: &mut Checker<'_>, wanted: Option<(usize, usize)>) {
    let heading = user
        .h
        .query_all_by_role(Role::Heading)
        .filter_map(|node| name(&node.accesskit_node()))
        .find_map(|label| c.unit(&label));
    let selected = user.h.state().view.selection;
    let (v, unit) = heading.unwrap_or((selected.vertex, selected.unit));
    if let Some(wanted) = wanted {
        assert_eq!((v, unit), wanted, "{}: what was pressed", c.place);
    }
    c.place = format!("{}, vertex {v}, unit {unit}", c.place);
    let labels = user.labels();
    let start = labels
        .iter()
        .position(|l| c.unit(l).is_some() && !l.contains(" at t = "))
        .unwrap_or(0);
    let lines: Vec<&str> = labels[start..].iter().map(String::as_str).collect();
    let mut rows = 0;
    for line in &lines {
        let equation = line.contains(" = ") && !line.contains("t = ");
        if equation
            && ["Δx ", "ε ", "μ ", "δ "]
                .iter()
                .any(|s| line.starts_with(s))
        {
            c.equation(line, v, unit);
        } else if !equation && rows < 6 && c.row(line, v, unit) {
            rows += 1;
        }
    }
    let least = if v == Graph::INPUT { 1 } else { 4 };
    assert!(rows >= least, "{}: {rows} rows of the table", c.place);
    c.terms(&lines, v, unit);
}

/// The time bar: t, T and the updates made.
fn bar(user: &User, c: &mut Checker<'_>, layout: Layout) {
    let steps = c.truth.trace.steps;
    let label = format!("Inference states, t = {} of {steps}", c.t);
    let labels = user.labels();
    let said = labels.iter().find(|l| l.starts_with("Inference states"));
    assert_eq!(said, Some(&label), "{}", c.place);
    if layout != Layout::Present {
        user.h.get_by_label("update 0");
    }
    c.checked += 1;
}

/// What the other views say of this state.
fn views(lines: &[&str], c: &mut Checker<'_>, layout: Layout, recurrent: bool) {
    let t = c.t;
    let (truth, loops) = (c.truth, c.loops);
    let trace = &truth.trace;
    for line in lines {
        if let Some((head, sizes)) = line
            .split_once(": ")
            .filter(|(head, _)| head.starts_with("Error wave, "))
        {
            assert!(head.ends_with(&format!("t = {t}")), "{}: {head}", c.place);
            c.per_vertex(
                sizes,
                |v| trace.states[t].size[v],
                |v| loops.states[t].size(v),
            );
        }
        if let Some(rest) = line.strip_prefix(&format!("Energy at t = {t}: ")) {
            let (total, parts) = rest.split_once(" (").unwrap();
            let plain: f64 = (1..trace.plan.graph.vertices.len())
                .map(|v| loops.energy(t, v))
                .sum();
            c.same(
                read(total).unwrap(),
                trace.states[t].total_energy(),
                plain,
                "F",
            );
            c.per_vertex(
                parts.trim_end_matches(')'),
                |v| trace.states[t].energy[v],
                |v| loops.energy(t, v),
            );
        }
        if let Some((name, rest)) = line.split_once(&format!(" at t = {t}: x ")) {
            let (v, unit) = c
                .unit(name)
                .unwrap_or_else(|| panic!("{}: {name}", c.place));
            let found = c.pairs(&format!("x {rest}"), v, unit, false);
            assert!(found >= 1, "{}: {line}", c.place);
        }
        if line.ends_with(" levels captured") {
            let said = numbers(line);
            let levels = trace.plan.weighted_levels().zip(&trace.states[t].levels);
            let present = levels.filter(|(l, _)| {
                let vertices = &trace.plan.levels[*l].vertices;
                vertices.iter().any(|&v| !trace.is_missing(v))
            });
            let present: Vec<bool> = present.map(|(_, captured)| captured.is_some()).collect();
            let captured = present.iter().filter(|c| **c).count();
            assert_eq!(said[0].value as usize, captured, "{}: {line}", c.place);
            assert_eq!(said[1].value as usize, present.len(), "{}: {line}", c.place);
            c.checked += 2;
        }
        against(line, c);
    }
    if trace.subject.rule.has_conditions() && layout != Layout::Train {
        let says = lines
            .iter()
            .any(|l| *l == "EXACT" || l.starts_with("EXACT "));
        let equal = trace.states[t]
            .levels
            .iter()
            .flatten()
            .all(|l| l.differing_bits == 0);
        assert!(equal && says, "{}: the verdict", c.place);
        c.checked += 1;
    }
    if recurrent && trace.plan.graph.loss == Loss::CrossEntropy {
        outputs(lines, c);
    }
}

/// A row of the comparison with backpropagation: cosine and length of a level.
fn against(line: &str, c: &mut Checker<'_>) {
    let Some((_, rest)) = line.split_once(", level ") else {
        return;
    };
    let (Some((level, rest)), Some((_, cosine)), Some((_, length))) = (
        rest.split_once(": "),
        rest.split_once("cosine "),
        rest.split_once("length "),
    ) else {
        return;
    };
    let number = |text: &str| read(text.split([',', ' ']).next().unwrap());
    // A dash stands where there is none.
    let (Some(cosine), Some(length)) = (number(cosine), number(length)) else {
        return;
    };
    let level: usize = level
        .parse()
        .unwrap_or_else(|_| panic!("{}: {line}, {rest}", c.place));
    let trace = &c.truth.trace;
    // Taken when it was captured.
    let at = match trace.subject.rule.reads_inference() {
        true => c.t,
        false => level,
    };
    let (plain_cosine, plain_length) = c.loops.against(level, at);
    let engine = trace.states[c.t]
        .levels
        .iter()
        .flatten()
        .find(|l| l.level == level);
    let engine = engine.unwrap_or_else(|| panic!("{}: {line}", c.place));
    // Where errors are hardly larger than what single precision leaves of x − μ, their direction is that of its rounding: there the
    // engine's own comparison is all there is to compare with.
    let sizes = trace.plan.levels[level].vertices.iter();
    let smallest = sizes
        .filter(|&&v| !trace.is_missing(v))
        .map(|&v| c.loops.states[at].size(v))
        .fold(f64::INFINITY, f64::min);
    let trusted = trace.dtype() == Dtype::F64 || smallest > 1e-4;
    let plain = |own: f64, engine: f64| {
        if trusted && own.is_finite() {
            own
        } else {
            engine
        }
    };
    let (plain_cosine, plain_length) = (
        plain(plain_cosine, engine.cosine),
        plain(plain_length, engine.length),
    );
    c.same(cosine, engine.cosine, plain_cosine, "cosine");
    c.same(length, engine.length, plain_length, "length");
}

/// The rows of the output beside an unrolled network.
fn outputs(lines: &[&str], c: &mut Checker<'_>) {
    let output = c.truth.trace.plan.output();
    for line in lines {
        for what in [", predicted ", ", error "] {
            let Some((name, number)) = line.split_once(what) else {
                continue;
            };
            let Some(unit) = c.truth.classes.iter().position(|k| k == name) else {
                continue;
            };
            let said = read(number).unwrap();
            let plain = if what == ", predicted " {
                c.share(unit)
            } else {
                c.plain(Field::Eps, c.t, output, unit)
            };
            c.near(said, plain, line);
        }
    }
}

#[test]
fn a_few_drawn_numbers_are_the_engines_and_those_of_plain_loops() {
    let presets = ["digits-mlp", "chain", "names-rnn", "moons", "mnist-cnn"];
    assert!(run(1, 30, 6, &presets) > 500);
}

#[test]
#[ignore = "minutes: run by hand, .ci/long/numbers"]
fn three_hundred_drawn_numbers_are_the_engines_and_those_of_plain_loops() {
    let presets: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    assert!(run(2, 300, 7, &presets) > 5000);
}

/// A preset is chosen while another one is paused.
#[test]
fn after_a_change_of_preset_everything_is_of_the_new_one() {
    let mut user = User::new("digits-mlp");
    user.step_to(2, true);
    let before = user.h.state().view.ranges.clone();
    for preset in ["chain", "moons", "digits-mlp"] {
        user.preset(&title(preset));
        let window = user.h.state();
        let micro = window.engine.micro.as_ref().unwrap();
        let ranges = &window.view.ranges;
        let mut fresh = super::state::Ranges::default();
        fresh.update(micro);
        for v in 0..micro.plan.graph.vertices.len() {
            assert_eq!(ranges.held(v), fresh.held(v), "{preset}");
        }
        // What is inspected is not all zeros.
        let at = window.view.selection;
        let delta = |u| micro.value(0, Field::Delta, at.vertex, u).abs();
        let largest = (0..micro.plan.len_of(at.vertex))
            .map(delta)
            .fold(0.0, f64::max);
        assert!(delta(at.unit) == largest && largest > 0.0, "{preset}");
    }
    let micro = user.h.state().engine.micro.clone().unwrap();
    let v = micro.plan.output() - 1;
    assert_eq!(user.h.state().view.ranges.held(v), before.held(v));
}

/// Ranges are decided once: nothing moves them while inference plays.
#[test]
fn held_ranges_do_not_move_through_a_phase() {
    for (preset, change) in [
        ("digits-mlp", "learning.rule=il"),
        ("digits-mlp", "learning.rule=zil-then-il"),
        ("digits-mlp", "learning.rule=incremental"),
        ("mnist-cnn", "learning.rule=il"),
        ("names-rnn", "learning.rule=il"),
        ("chain", "inference.steps=200"),
        ("digits-mlp", "conditions.start=random"),
    ] {
        let steps = if preset == "chain" {
            "inference.steps=200"
        } else {
            "inference.steps=20"
        };
        let changes = [change.to_owned(), steps.to_owned()];
        let experiment = Experiment::load(preset, &changes).unwrap();
        let mut window = Window::new(experiment, Settings::default(), Mode::InStep);
        let shown = |w: &Window| {
            let n = w.engine.micro.as_ref().unwrap().plan.graph.vertices.len();
            let held = (0..n).map(|v| w.view.ranges.held(v)).collect::<Vec<_>>();
            (held, w.view.ranges.decades())
        };
        let start = shown(&window);
        for t in 1..=20 {
            window.act(Action::Seek(t));
            assert_eq!(shown(&window), start, "{preset}, {change}, t = {t}");
        }
        window.run_command(Command::Last);
        assert_eq!(shown(&window), start);
        let micro = window.engine.micro.as_ref().unwrap();
        for v in 1..micro.plan.graph.vertices.len() {
            if micro.is_missing(v) {
                continue;
            }
            let most = (0..micro.states.len())
                .map(|t| micro.largest(t, Field::Eps, v))
                .fold(0.0, f64::max);
            let range = window.view.ranges.of(Field::Eps, v);
            // Neither blank nor one flat colour.
            let share = most / range;
            assert!(
                (0.1..3.0).contains(&share),
                "{preset}, {change}, vertex {v}: ε comes to {most} of ± {range}"
            );
        }
    }
}

/// Below the input stand the legends: no pixel of it is under the pointer there.
#[test]
fn only_what_is_drawn_is_under_the_pointer() {
    let mut user = User::new("digits-mlp");
    let named = |l: &str| l.starts_with("input, ") && l.ends_with("clamped");
    let column = user.places(named)[0].1;
    let card = |user: &User| {
        let labels = user.labels();
        labels.into_iter().find(|l| l.starts_with("input  "))
    };
    let mut over_picture = 0;
    for i in 0..12 {
        for k in 0..4 {
            let part = egui::vec2((k as f32 + 0.5) / 4.0, (i as f32 + 0.5) / 12.0);
            user.point(column.min + column.size() * part);
            let found = card(&user);
            over_picture += usize::from(found.is_some());
            assert!(
                part.y < 0.5 || found.is_none(),
                "{found:?} over the legends, at {part:?} of the column"
            );
        }
    }
    assert!(over_picture >= 4, "{over_picture}");
}

/// Paused, every count of updates is the same: race and microscope stand after the same one.
#[test]
fn a_paused_race_and_the_microscope_stand_at_one_update() {
    let experiment = Experiment::load("moons", &[]).unwrap();
    let mut window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let wait = |window: &mut Window, what: &dyn Fn(&Window) -> bool| {
        for _ in 0..6000 {
            window.poll();
            if what(window) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let seen = window.engine.micro.as_ref().map(|m| m.subject.update);
        panic!(
            "waited for a minute: {seen:?} seen, {} counted",
            window.engine.race.update
        );
    };
    wait(&mut window, &|w| w.engine.micro.is_some());
    window.act(Action::Race(crate::experiment::session::RaceCommand::Run));
    for round in 1..=3 {
        let before = window.engine.race.update;
        wait(&mut window, &|w| w.engine.race.update >= before + 20);
        window.run_command(Command::PlayPause);
        let made = |w: &Window| w.engine.session.as_ref().unwrap().updates_made();
        wait(&mut window, &|w| {
            let seen = w.engine.micro.as_ref().unwrap().subject.update;
            seen == w.engine.race.update && seen == made(w)
        });
        let at = made(&window);
        std::thread::sleep(std::time::Duration::from_millis(100));
        window.poll();
        assert_eq!(
            (made(&window), window.engine.race.update),
            (at, at),
            "round {round}"
        );
        window.run_command(Command::PlayPause);
    }
}

#[test]
fn updates_are_counted_once_for_all_panels() {
    let mut user = User::new("digits-mlp");
    for n in 1..=2 {
        user.h.get_by_label("1 update").click();
        user.settle();
        let counts = user.places(|l| l.contains(&format!("update {n}")));
        // The read-out, the line of updates, and the set-up panel.
        assert!(counts.len() >= 3, "{counts:?}");
        let other = user.places(|l| l.contains(&format!("update {}", n - 1)));
        assert!(other.is_empty(), "{other:?}");
    }
}

/// What is not wide enough for its digits says so by a power of ten, never by a zero.
#[test]
fn names_have_the_digits_that_are_drawn() {
    for preset in ["mnist-cnn", "names-rnn", "chain"] {
        let mut user = User::new(preset);
        user.step_to(2, true);
        for layout in Layout::ALL {
            user.layout(Layout::Teach);
            user.layout(layout);
            for label in user.labels() {
                let long = label.split([' ', ',', '(', ')']).find(|word| {
                    let digits = word.chars().filter(char::is_ascii_digit).count();
                    word.contains('.') && digits > 7
                });
                assert!(long.is_none(), "{preset}, {}: {label}", layout.name());
            }
        }
    }
}
