//! Scenes as scripts: what is pressed, from a fresh start, to come to them. Replayed in the window, the state is the scene's.

use super::opened::{
    Files, beds_file, digit_files, flats_file, new_flats_file, points_file, trees_file, written,
};
use super::*;
use crate::app::state::Frame;
use crate::app::testing;
use crate::experiment::file::Split;
use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One thing that a user does.
#[derive(Clone, Copy)]
enum Press {
    /// A key, so many times.
    Key(Modifiers, Key, usize),
    /// What is called like this: a button, a tab, a switch, a choice.
    On(&'static str),
    /// A number or a word, typed into the field of this name and ended by Enter.
    Type(&'static str, &'static str),
    /// The unit of a vertex, wherever a view draws it: channel, row and column.
    Unit(&'static str, (usize, usize, usize)),
    /// A key, again and again until one sees what one looks for.
    Until(Key, fn(&Window) -> bool),
    /// A row of a list that opens, by the list's name.
    Pick(&'static str, &'static str),
    /// A file of the desktop is dropped onto the window.
    Drop(fn(&Window) -> Files),
    /// A file is dropped that is gone by then.
    Gone(&'static str),
    /// A file is named in the dialog that is open, and the button of this name pressed.
    Name(fn(&Window) -> Files, &'static str),
    /// The first row of a table, by the words over it.
    First(&'static str),
    /// A drag with Shift along a line, between these shares of it.
    Along(&'static str, [f32; 2]),
    /// A stroke of the pen over the pad, in its pixels.
    Stroke(&'static [(f32, f32)]),
}

use Press::{Along, Drop, First, Gone, Name, On, Pick, Stroke, Type, Unit, Until};

const CTRL: Modifiers = Modifiers::COMMAND;

const fn key(key: Key) -> Press {
    Press::Key(Modifiers::NONE, key, 1)
}

const fn right(times: usize) -> Press {
    Press::Key(Modifiers::NONE, Key::ArrowRight, times)
}

const TRAIN: Press = Press::Key(CTRL, Key::Num3, 1);
const RUN: Press = On("Run, then pause");

/// Half of a digit freed, one node clamped, one lesioned, one kicked, each at a state of its own.
const TOUCHED: &[Press] = &[
    On("IL"),
    key(Key::Home),
    Unit("input", (0, 5, 3)),
    On("Free the lower half"),
    right(2),
    Unit("dense1", (5, 0, 0)),
    key(Key::C),
    right(2),
    Unit("dense1", (8, 0, 0)),
    On("Lesion it"),
    right(2),
    Unit("dense2", (3, 0, 0)),
    key(Key::K),
    right(2),
];

/// What is pressed for each scene.
const SCRIPTS: &[(&str, &[Press])] = &[
    (
        "first-launch",
        &[right(2), Unit("pool2", (10, 4, 6)), key(Key::Space)],
    ),
    (
        "first-launch-light",
        &[right(2), Unit("pool2", (10, 4, 6)), key(Key::Space)],
    ),
    ("finished", &[right(5), Unit("conv1", (3, 14, 14))]),
    (
        "broken",
        &[
            On("level l taken at t = l"),
            key(Key::Home),
            right(6),
            Unit("output", (3, 0, 0)),
            Press::Key(CTRL, Key::Num4, 1),
        ],
    ),
    (
        "random-start",
        &[
            On("feed-forward start"),
            key(Key::Home),
            right(3),
            Unit("conv2", (4, 6, 6)),
        ],
    ),
    (
        "bp",
        &[On("BP"), key(Key::Home), right(3), Unit("conv2", (4, 6, 6))],
    ),
    ("race", &[TRAIN, Type("Updates to run", "200"), RUN]),
    (
        "branch",
        &[
            TRAIN,
            Type("Updates to run", "40"),
            RUN,
            Press::Key(CTRL, Key::Num1, 1),
            On("γ = 1"),
            Type("Rate", "0.2"),
            On("Apply after update 40"),
            TRAIN,
            Type("Updates to run", "80"),
            RUN,
            Press::Key(Modifiers::SHIFT, Key::ArrowLeft, 90),
            Press::Key(CTRL, Key::B, 1),
            Type("Updates to run", "50"),
            RUN,
            Press::Key(Modifiers::SHIFT, Key::ArrowLeft, 20),
            Press::Key(CTRL, Key::Num1, 1),
            On("γ = 1"),
            TRAIN,
        ],
    ),
    (
        "present",
        &[
            right(2),
            Unit("pool2", (10, 4, 6)),
            Press::Key(Modifiers::SHIFT, Key::F11, 1),
        ],
    ),
    ("compact", &[right(3), Unit("conv2", (4, 6, 6))]),
    ("moons", &[right(1), Unit("dense2", (3, 0, 0))]),
    ("plane", &[TRAIN, Type("Updates to run", "200"), RUN]),
    ("deep", &[right(6), Unit("dense6", (7, 0, 0))]),
    ("residual", &[right(4), Unit("conv2", (4, 6, 6))]),
    ("touched", TOUCHED),
    ("touched-light", TOUCHED),
    (
        "chain",
        &[
            On("IL"),
            Type("Steps T", "40"),
            key(Key::End),
            Unit("dense2", (0, 0, 0)),
            Press::Key(CTRL, Key::Num2, 1),
        ],
    ),
    (
        "numbers",
        &[right(2), Press::Key(Modifiers::NONE, Key::N, 1)],
    ),
    ("palette", &[right(2), Press::Key(CTRL, Key::K, 1)]),
    (
        "export",
        &[
            TRAIN,
            Type("Updates to run", "200"),
            RUN,
            Press::Key(CTRL, Key::E, 1),
            On("Animation"),
        ],
    ),
    (
        "il",
        &[
            On("IL"),
            Type("Steps T", "40"),
            key(Key::End),
            Press::Key(CTRL, Key::Num2, 1),
            key(Key::Home),
            right(10),
            Unit("dense1", (46, 0, 0)),
        ],
    ),
    (
        "drawn",
        &[
            Press::Key(Modifiers::NONE, Key::PageUp, 18),
            key(Key::Home),
            right(2),
            Unit("pool2", (10, 4, 6)),
            key(Key::P),
            Stroke(&[(7.0, 7.0), (20.0, 6.5), (15.5, 14.0), (13.0, 22.0)]),
            On("What do you read?"),
        ],
    ),
    (
        "rnn",
        &[
            Until(Key::PageDown, eight_letters),
            key(Key::Home),
            right(5),
            Unit("rnn1.16", (9, 0, 0)),
        ],
    ),
    (
        "rnn-stacked",
        &[
            Until(Key::PageDown, eight_letters),
            key(Key::Home),
            right(4),
            Unit("rnn2.18", (9, 0, 0)),
        ],
    ),
    ("vowels", &[right(7), Unit("rnn1.23", (9, 0, 0))]),
    ("regression", FLATS),
    (
        "residuals",
        &[
            Drop(flats_file),
            On("Open"),
            On("Play or pause"),
            TRAIN,
            Type("Updates to run", "300"),
            RUN,
            On("Largest misses"),
            First("example true said true − said"),
            On("residuals"),
        ],
    ),
    (
        "answers",
        &[
            Drop(flats_file),
            On("Open"),
            On("Play or pause"),
            TRAIN,
            Type("Updates to run", "300"),
            RUN,
            On("Largest misses"),
            First("example true said true − said"),
            Press::Key(CTRL.plus(Modifiers::SHIFT), Key::O, 1),
            Name(new_flats_file, "Predict"),
        ],
    ),
    ("columns", &[Drop(trees_file)]),
    ("question", &[Drop(beds_file)]),
    ("data", &[right(2), Drop(digit_files)]),
    ("table", &[Drop(points_file)]),
    ("refused", &[right(2), Gone("train-images-idx3-ubyte.gz")]),
    ("lanes", LANES),
    ("bands", LANES),
    (
        "pair",
        &[
            TRAIN,
            Type("Updates to run", "40"),
            RUN,
            Press::Key(Modifiers::SHIFT, Key::ArrowLeft, 30),
            Press::Key(CTRL, Key::Num1, 1),
            Type("Rate", "0.05"),
            On("Branch at update 10"),
            TRAIN,
            Type("Updates to run", "50"),
            RUN,
            key(Key::D),
            Press::Key(Modifiers::SHIFT, Key::ArrowLeft, 20),
            Press::Key(CTRL, Key::Num1, 1),
            key(Key::Home),
            right(3),
        ],
    ),
    (
        "pair-race",
        &[
            TRAIN,
            Type("Updates to run", "40"),
            RUN,
            Press::Key(Modifiers::SHIFT, Key::ArrowLeft, 30),
            Press::Key(CTRL, Key::Num1, 1),
            Type("Rate", "0.05"),
            On("Branch at update 10"),
            key(Key::Home),
            right(3),
            TRAIN,
            Type("Updates to run", "50"),
            RUN,
            key(Key::D),
        ],
    ),
    (
        "zoomed",
        &[
            Press::Key(CTRL, Key::Num2, 1),
            On("IL"),
            Type("Steps T", "60"),
            key(Key::End),
            Along("Inference states", [8.0 / 60.0, 0.5]),
            On("Logarithmic axis: Energy"),
            key(Key::Home),
            right(20),
        ],
    ),
];

/// A table of flats is opened and learnt, and the flat that is missed most looked at.
const FLATS: &[Press] = &[
    Drop(flats_file),
    On("Open"),
    // What is opened plays.
    On("Play or pause"),
    TRAIN,
    Type("Updates to run", "300"),
    RUN,
    On("Largest misses"),
    First("example true said true − said"),
];

/// Lanes are added on the board, and started.
const LANES: &[Press] = &[
    TRAIN,
    On("Board of lanes"),
    Pick("Lane of the board", "new, as IL"),
    Pick("What differs", "γ"),
    Type("To", "0.02"),
    Pick("Lane of the board", "new, as IL, γ 0.02"),
    Pick("What differs", "seeds"),
    Type("To", "5"),
    Pick("Lane of the board", "new, as Z-IL"),
    Pick("What differs", "level l taken"),
    Type("To", "late"),
    On("Start these lanes"),
    Type("Updates to run", "70"),
    RUN,
];

/// A name of eight letters is looked at.
fn eight_letters(w: &Window) -> bool {
    let example = w.engine.micro.as_ref().map(|m| m.subject.example);
    let text = w
        .engine
        .data()
        .zip(example)
        .and_then(|(data, i)| data.text(i));
    text.is_some_and(|name| name.len() == 8)
}

/// The preset of a scene; of many pictures a few, which changes nothing of what is pressed.
fn experiment(scene: &Scene) -> Experiment {
    let mut own = Experiment::load(preset(scene), &[]).unwrap();
    if own.data.source == "mnist" {
        own.data.split = Some(Split {
            train: 600,
            validation: 100,
            test: 100,
        });
    }
    if preset(scene) == "moons" {
        // What is pressed does not depend on how long IL takes.
        own.inference.steps = 2;
    }
    own
}

type Pressed = Harness<'static, Window>;

fn start(scene: &Scene) -> Pressed {
    let settings = Settings {
        theme: scene.theme,
        ..Settings::default()
    };
    let window = Window::new(experiment(scene), settings, Mode::InStep);
    // Room for all panels, whatever the size of the picture.
    let mut h = testing::harness(window, [1920.0, 1080.0], 1.0 / 60.0);
    h.run_steps(3);
    h
}

fn press(h: &mut Pressed, what: Press) {
    match what {
        Press::Key(modifiers, key, times) => {
            for _ in 0..times {
                h.key_press_modifiers(modifiers, key);
                h.run_steps(1);
            }
        }
        On(label) => {
            let roles = [
                Role::Button,
                Role::RadioButton,
                Role::CheckBox,
                Role::Switch,
                Role::Tab,
            ];
            let found = roles
                .into_iter()
                .find(|role| h.query_by_role_and_label(*role, label).is_some());
            let role = found.unwrap_or_else(|| panic!("nothing to press is called {label:?}"));
            h.get_by_role_and_label(role, label).click();
        }
        Type(label, text) => {
            h.get_by_label(label).focus();
            h.run_steps(3);
            h.get_by_label(label).type_text(text);
            h.run_steps(3);
            h.key_press(Key::Enter);
        }
        Unit(id, place) => unit(h, id, place),
        Until(key, seen) => {
            for _ in 0..400 {
                if seen(h.state()) {
                    break;
                }
                h.key_press(key);
                h.run_steps(2);
            }
            assert!(seen(h.state()), "what is looked for does not come");
        }
        Pick(list, row) => {
            h.get_by_role_and_label(Role::ComboBox, list).click();
            h.run_steps(3);
            h.get_by_role_and_label(Role::ListBoxOption, row).click();
        }
        Drop(files) => {
            let files = files(h.state());
            written(&files, |path| {
                let file = Arc::new(Dropped(path.to_owned()));
                h.input_mut().dropped_files.push(file);
                h.run_steps(3);
            });
        }
        Gone(path) => {
            let file = Arc::new(Dropped(path.into()));
            h.input_mut().dropped_files.push(file);
            h.run_steps(3);
        }
        Name(files, verb) => {
            let files = files(h.state());
            written(&files, |path| {
                h.event(Event::Text(path.to_string_lossy().into_owned()));
                h.run_steps(2);
                h.get_by_role_and_label(Role::Button, verb).click();
                h.run_steps(3);
            });
        }
        First(over) => {
            let caption = h.get_by_role_and_label(Role::Label, over).rect();
            let rows = h.query_all_by_role(Role::ListBoxOption).filter(|n| {
                let rect = n.rect();
                rect.top() >= caption.bottom() - 1.0 && caption.x_range().contains(rect.center().x)
            });
            let first = rows.min_by(|a, b| a.rect().top().total_cmp(&b.rect().top()));
            first.expect("there is a row").click();
        }
        Along(line, shares) => {
            let line = h.query_all_by_role(Role::Slider).find(|n| {
                let label = n.accesskit_node().label();
                label.is_some_and(|l| l.starts_with(line))
            });
            let rail = line.unwrap().rect().shrink2(egui::vec2(8.0, 0.0));
            let at = |share: f32| Pos2::new(rail.left() + share * rail.width(), rail.center().y);
            let [from, to] = shares.map(at);
            drag(h, Modifiers::SHIFT, &[from, from + 0.5 * (to - from), to]);
        }
        Stroke(points) => {
            let pad = h.query_all_by_role(Role::Image).find(|n| {
                let label = n.accesskit_node().label();
                label.is_some_and(|l| l.starts_with("Drawing pad"))
            });
            let rect = pad.unwrap().rect();
            let columns = h.state().shell.pad.as_ref().unwrap().columns;
            let cell = rect.width() / columns as f32;
            let points = points
                .iter()
                .map(|(x, y)| rect.min + cell * egui::vec2(*x, *y));
            drag(h, Modifiers::NONE, &points.collect::<Vec<_>>());
        }
    }
    h.run_steps(3);
}

/// The pointer is pressed at the first of these places, moved over the others, and let go.
fn drag(h: &mut Pressed, modifiers: Modifiers, way: &[Pos2]) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers,
    };
    let (Some(first), Some(last)) = (way.first(), way.last()) else {
        return;
    };
    h.event(Event::ModifiersChanged(modifiers));
    h.event(Event::PointerMoved(*first));
    h.event(button(*first, true));
    h.run_steps(1);
    for at in &way[1..] {
        h.event(Event::PointerMoved(*at));
        h.run_steps(1);
    }
    h.event(button(*last, false));
    h.run_steps(1);
    h.event(Event::ModifiersChanged(Modifiers::NONE));
}

/// A file as the desktop drops it.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("not asked for".into())
    }
}

/// Goes over the pictures of a vertex until the pointer is on the unit, and presses it there.
fn unit(h: &mut Pressed, id: &str, (channel, row, column): (usize, usize, usize)) {
    let (wanted, label) = {
        let plan = &h.state().engine.micro.as_ref().unwrap().plan;
        let vertices = &plan.graph.vertices;
        let vertex = vertices.iter().position(|v| v.id == id).unwrap();
        let unit = vertices[vertex].shape.index(channel, row, column);
        let mut said = Vec::new();
        let long = |frame: &mut Frame<'_>| crate::app::views::steps::long_name(frame, vertex);
        let label = h.state().with_frame(&mut said, long).unwrap();
        (Selection { vertex, unit }, label)
    };
    if h.state().view.selection == wanted {
        return;
    }
    // Its column of the network first, then whatever else shows the vertex that is selected.
    let begins = format!("{label}, ");
    let nodes: Vec<Rect> = h
        .query_all_by_role(Role::Button)
        .filter(|n| {
            n.accesskit_node()
                .label()
                .is_some_and(|l| l.starts_with(&begins))
        })
        .map(|n| n.rect())
        .collect();
    for rect in &nodes {
        if sought(h, *rect, wanted) {
            return;
        }
    }
    for _ in 0..h
        .state()
        .engine
        .micro
        .as_ref()
        .map_or(0, |m| m.plan.graph.vertices.len())
    {
        if h.state().view.selection.vertex != wanted.vertex {
            h.key_press(Key::CloseBracket);
            h.run_steps(2);
        }
    }
    let body = Rect::from_min_max(Pos2::new(200.0, 500.0), Pos2::new(1600.0, 960.0));
    assert!(
        sought(h, body, wanted),
        "{id} {channel} {row} {column} is drawn nowhere"
    );
}

/// Moves the pointer over a rectangle: down its middle, then in wide steps, then in narrow ones.
fn sought(h: &mut Pressed, rect: Rect, wanted: Selection) -> bool {
    let steps = |from: f32, to: f32, step: f32| {
        let count = ((to - from) / step) as usize;
        (0..=count).map(move |i| from + 2.0 + i as f32 * step)
    };
    let middle = steps(rect.top(), rect.bottom(), 6.0).map(|y| Pos2::new(rect.center().x, y));
    let grid = |step| {
        let rows = steps(rect.top(), rect.bottom(), step);
        rows.flat_map(move |y| steps(rect.left(), rect.right(), step).map(move |x| Pos2::new(x, y)))
    };
    for at in middle.chain(grid(12.0)).chain(grid(6.0)) {
        h.event(Event::PointerMoved(at));
        h.run_steps(1);
        if h.state().view.found.hover.get() != Some(wanted) {
            continue;
        }
        for pressed in [true, false] {
            h.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers: Modifiers::NONE,
            });
            h.run_steps(1);
        }
        h.event(Event::PointerGone);
        h.run_steps(2);
        return true;
    }
    false
}

/// All of a window that a scene is about.
fn state(w: &Window) -> Vec<String> {
    let race = &w.engine.race;
    let kept: Vec<_> = race
        .kept
        .iter()
        .map(|k| (k.name, k.update, k.from))
        .collect();
    let lanes: Vec<_> = (race.lanes.iter())
        .map(|l| {
            (
                l.spec.id,
                l.updates,
                l.loss.last().map(|b| b.mean.to_bits()),
            )
        })
        .collect();
    let dialog = match &w.shell.dialog {
        Dialog::None => "none".to_owned(),
        Dialog::Palette { query, .. } => format!("palette {query}"),
        Dialog::Export(state) => state.kind_of_file(),
        _ => "another".to_owned(),
    };
    let micro = w.engine.micro.as_ref().unwrap();
    vec![
        w.document.draft.to_toml().unwrap(),
        format!("{:?}", w.shell.settings.layout),
        format!(
            "t {} of {}, playing {}",
            w.view.t, micro.steps, w.view.playing
        ),
        format!("{:?}", w.view.selection),
        format!("{} {} {:?} {kept:?}", race.name, race.update, race.from),
        format!("{:?} {:?}", race.edits, w.engine.at),
        format!("{lanes:?}"),
        format!(
            "{} {} {:?} {}",
            micro.subject.example, micro.subject.update, micro.subject.rule, micro.subject.drawn
        ),
        format!(
            "{:?} {:?} {} {}",
            w.player.region, w.view.pins, w.view.residuals, w.view.asked
        ),
        format!("{:?}", w.view.plots),
        dialog,
        format!("{:?}", w.shell.notice),
    ]
}

fn check(scenes: impl Iterator<Item = &'static Scene>) {
    let mut wrong = Vec::new();
    let only = std::env::var("PCSCOPE_SCENES").unwrap_or_default();
    let wanted = |name| only.is_empty() || only.split_whitespace().any(|o| o == name);
    for scene in scenes.filter(|scene| wanted(scene.name)) {
        let Some((_, script)) = SCRIPTS.iter().find(|s| s.0 == scene.name) else {
            continue;
        };
        println!("{}", scene.name);
        let mut h = start(scene);
        script.iter().for_each(|what| press(&mut h, *what));
        let own = scene.on(experiment(scene), scene.theme).unwrap();
        for (pressed, own) in state(h.state()).into_iter().zip(state(&own)) {
            if pressed != own {
                wrong.push(format!("{}: pressed {pressed}\n  scene {own}", scene.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scene_is_a_script_of_presses() {
    let scenes: Vec<&str> = SCENES.iter().map(|s| s.name).collect();
    let mut scripts: Vec<&str> = SCRIPTS.iter().map(|s| s.0).collect();
    scripts.sort_by_key(|name| scenes.iter().position(|scene| scene == name));
    assert_eq!(scripts, scenes);
}

#[test]
fn pressed_from_a_fresh_start_a_scene_of_a_small_preset_is_what_it_is() {
    let small = |s: &&Scene| ["moons", "chain", "deep-mlp"].contains(&preset(s));
    check(SCENES.iter().filter(small));
}

#[test]
#[ignore = "a minute; run by .ci/long/scenes"]
fn pressed_from_a_fresh_start_every_scene_is_what_it_is() {
    check(SCENES.iter());
}
