//! The layout for a projector, and what helps whoever presents: read from the back row, and pressed.

use super::commands::{Command, Context, TABLE, Tool};
use super::layout::Layout;
use super::palette;
use super::robot::screen::{FRAME, REST, Screen};
use super::settings::Settings;
use super::state::Action;
use super::testing::rule;
use super::theme::BLANK;
use super::window::Window;
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::session::Mode;
use crate::learning::{Conditions, Inference};
use egui::accesskit;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Shape, pos2, vec2};

/// The window that a projector of 1080 lines shows.
const PROJECTOR: egui::Vec2 = vec2(1920.0, 1080.0);

fn presents(preset: &str) -> (Window, Screen) {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let settings = Settings {
        layout: Layout::Present,
        ..Settings::default()
    };
    let mut window = Window::new(experiment, settings, Mode::InStep);
    window.view.playing = false;
    let mut screen = Screen::new(PROJECTOR);
    screen.watched = false;
    settle(&mut window, &mut screen);
    (window, screen)
}

fn settle(window: &mut Window, screen: &mut Screen) {
    for _ in 0..4 {
        screen.frame(window, REST, Vec::new());
    }
}

fn key(window: &mut Window, screen: &mut Screen, key: Key) {
    screen.key(window, key, Modifiers::NONE);
    screen.frame(window, FRAME, Vec::new());
}

/// Everything painted, without groups.
fn painted(screen: &Screen) -> Vec<Shape> {
    fn flat(shape: &Shape, all: &mut Vec<Shape>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|s| flat(s, all)),
            other => all.push(other.clone()),
        }
    }
    let mut all = Vec::new();
    screen.shapes.iter().for_each(|s| flat(&s.shape, &mut all));
    all
}

/// Every text painted, with the size of its smallest letters in pixels.
fn texts(screen: &Screen) -> Vec<(f32, String)> {
    let scale = screen.ctx.pixels_per_point();
    let text = |shape: &Shape| match shape {
        Shape::Text(text) if !text.galley.job.text.trim().is_empty() => {
            let sections = &text.galley.job.sections;
            let sizes = sections.iter().map(|s| s.format.font_id.size);
            let least = sizes.fold(f32::INFINITY, f32::min);
            Some((least * scale, text.galley.job.text.clone()))
        }
        _ => None,
    };
    painted(screen).iter().filter_map(text).collect()
}

fn shows(screen: &Screen, words: &str) -> bool {
    texts(screen).iter().any(|(_, text)| text.contains(words))
}

fn smallest(screen: &Screen) -> (f32, String) {
    let all = texts(screen).into_iter();
    all.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn node(screen: &Screen, named: impl Fn(&str) -> bool) -> Option<Rect> {
    let found = screen.tree.iter().find(|node| named(node.name()));
    found.map(|node| node.rect)
}

fn il() -> Action {
    Action::Rule {
        rule: rule("il"),
        inference: Inference::of(12, 0.1),
        conditions: Conditions::default(),
    }
}

#[test]
fn no_text_is_below_24_pixels_of_1080() {
    let mut least = (f32::INFINITY, String::new());
    let mut looked = 0;
    let mut look = |screen: &Screen, place: &str| {
        looked += 1;
        let (size, text) = smallest(screen);
        if size < least.0 {
            least = (size, format!("{text:?}, {place}"));
        }
    };
    for (preset, _) in PRESETS {
        let (mut window, mut screen) = presents(preset);
        for name in ["zil", "il"] {
            if name == "il" {
                window.act(il());
            }
            for t in [0, 2, usize::MAX] {
                window.act(Action::Seek(t));
                settle(&mut window, &mut screen);
                let place = format!("{preset}, {name}, t = {t}");
                look(&screen, &place);
                let said = texts(&screen);
                let sentence = said.iter().find(|(_, words)| {
                    let head = words.starts_with("Z-IL") || words.starts_with("PC (inference");
                    (head || words.starts_with("IL at")) && words.ends_with('.')
                });
                let (size, words) = sentence.unwrap_or_else(|| panic!("{place}: {said:?}"));
                assert!((size - 40.0).abs() < 0.1, "{place}: {words} at {size}");
                let exact = said.iter().any(|(_, words)| words.contains("EXACT"));
                assert!(!(exact && name == "il" && t == 0), "{place}");
                // What a card says there as well.
                screen.point(&mut window, screen.ctx.content_rect().center() * 0.7);
                settle(&mut window, &mut screen);
                look(&screen, &format!("{place}, card"));
                screen.let_go(&mut window);
            }
        }
    }
    // What opens over it.
    let (mut window, mut screen) = presents("moons");
    for command in [Command::Palette, Command::Keys, Command::About] {
        window.run_command(command);
        settle(&mut window, &mut screen);
        look(&screen, &format!("{command:?}"));
        window.act(Action::Close);
    }
    settle(&mut window, &mut screen);
    let tools = screen
        .tree
        .iter()
        .find(|n| n.name() == "Tools to present with");
    let tools = tools.unwrap().id;
    screen.ask(&mut window, tools, accesskit::Action::Click, None);
    settle(&mut window, &mut screen);
    assert!(shows(&screen, "Black screen, or the picture again"));
    look(&screen, "tools");
    println!(
        "the smallest of {looked} pictures: {:.2} px, {}",
        least.0, least.1
    );
    assert!(least.0 >= 24.0, "{least:?}");
}

#[test]
fn the_network_has_six_tenths_and_the_wave_four() {
    for preset in ["mnist-cnn", "digits-mlp", "moons", "names-rnn"] {
        let (_, screen) = presents(preset);
        let whole = screen.ctx.content_rect();
        let wave = node(&screen, |name| name == "Error wave").unwrap();
        let from = wave.left() / whole.width();
        assert!((0.6..0.62).contains(&from), "{preset}: {from}");
        let ends = |name: &str| name.starts_with("output, ");
        if let Some(output) = node(&screen, ends) {
            assert!(output.right() < 0.6 * whole.width(), "{preset}: {output}");
        } else {
            assert_eq!(preset, "names-rnn");
        }
        // Of the height both have more than all that stands below them.
        let line = node(&screen, |name| name.starts_with("Inference states")).unwrap();
        let sentence = node(&screen, |name| name.starts_with("Z-IL")).unwrap();
        assert!(
            sentence.top() > 0.62 * whole.height(),
            "{preset}: {sentence}"
        );
        assert!(line.top() > sentence.bottom());
        assert!(node(&screen, |name| name == "update 0").is_some());
        assert!(node(&screen, |name| name == "Play or pause").is_some());
    }
}

#[test]
fn in_every_window_it_is_as_large_a_part_of_it() {
    let (mut window, mut screen) = presents("digits-mlp");
    let at = |window: &mut Window, screen: &mut Screen, size: egui::Vec2, native: f32| {
        (screen.size, screen.native) = (size, native);
        settle(window, screen);
        let pixels = size.y * native;
        let (least, words) = smallest(screen);
        (least / pixels * 1080.0, words)
    };
    for (size, native) in [
        (vec2(1280.0, 720.0), 1.0),
        (vec2(1920.0, 1080.0), 1.0),
        (vec2(3840.0, 2160.0), 1.0),
        (vec2(1920.0, 1080.0), 2.0),
        (vec2(960.0, 540.0), 2.0),
    ] {
        let (least, words) = at(&mut window, &mut screen, size, native);
        assert!(least > 23.0, "{size} × {native}: {least} {words:?}");
    }
    // What one has chosen oneself is on top of it.
    window.shell.settings.scale = 1.2;
    let (least, words) = at(&mut window, &mut screen, PROJECTOR, 1.0);
    assert!(least > 28.0, "{least} {words:?}");
}

#[test]
fn every_tool_has_a_key_of_its_context_a_menu_entry_a_palette_entry_and_a_line_of_the_sheet() {
    let (mut window, mut screen) = presents("moons");
    let tools = [
        Tool::Halo,
        Tool::Keys,
        Tool::Freeze,
        Tool::Pen,
        Tool::Wipe,
        Tool::Blank,
    ];
    let all: Vec<String> = palette::found(&window, "")
        .into_iter()
        .map(|e| e.name)
        .collect();
    window.run_command(Command::Keys);
    settle(&mut window, &mut screen);
    let tree: Vec<String> = screen.tree.iter().map(|n| n.name().to_owned()).collect();
    for tool in tools {
        let row = TABLE
            .iter()
            .find(|r| r.command == Command::Tool(tool))
            .unwrap();
        assert_eq!(row.context, Context::Presenting);
        assert!(row.key.is_some() && all.iter().any(|name| name == row.name));
        assert!(tree.iter().any(|name| name == row.name), "{}", row.name);
    }
    assert!(tree.iter().any(|name| name == "In the layout Present"));
}

#[test]
fn the_halo_goes_with_the_pointer_and_rests_three_seconds() {
    let (mut window, mut screen) = presents("moons");
    let at = pos2(300.0, 120.0);
    let halo = |screen: &Screen| {
        let radius = 31.0 / screen.ctx.pixels_per_point();
        painted(screen).iter().any(|shape| match shape {
            Shape::Circle(c) => c.center == at && (c.radius - radius).abs() < 0.05,
            _ => false,
        })
    };
    assert!(!halo(&screen));
    screen.point(&mut window, at);
    assert!(halo(&screen));
    screen.frame(&mut window, 2.5, Vec::new());
    assert!(halo(&screen));
    screen.frame(&mut window, 1.0, Vec::new());
    assert!(!halo(&screen));
    key(&mut window, &mut screen, Key::H);
    screen.point(&mut window, at + vec2(1.0, 0.0));
    screen.point(&mut window, at);
    assert!(!halo(&screen), "H turns it off");
    key(&mut window, &mut screen, Key::H);
    screen.point(&mut window, at + vec2(1.0, 0.0));
    screen.point(&mut window, at);
    assert!(halo(&screen));
    // Elsewhere only where somebody asked for it.
    window.shell.settings.halo = None;
    window.run_command(Command::Layout(Layout::Teach));
    settle(&mut window, &mut screen);
    screen.point(&mut window, at);
    assert!(!halo(&screen));
}

#[test]
fn keys_are_shown_large_while_that_is_asked_for() {
    let (mut window, mut screen) = presents("moons");
    key(&mut window, &mut screen, Key::ArrowRight);
    assert!(!shows(&screen, "Right"));
    key(&mut window, &mut screen, Key::K);
    key(&mut window, &mut screen, Key::ArrowRight);
    let (size, _) = texts(&screen).into_iter().find(|t| t.1 == "Right").unwrap();
    assert!(size > 60.0, "{size}");
    assert!(shows(&screen, "Step forward"));
    screen.frame(&mut window, 2.0, Vec::new());
    assert!(!shows(&screen, "Step forward"));
    // What is typed is nobody's business.
    window.run_command(Command::Palette);
    settle(&mut window, &mut screen);
    key(&mut window, &mut screen, Key::T);
    assert!(
        !shows(&screen, "Train, or pause training\0") && texts(&screen).iter().all(|t| t.0 < 60.0)
    );
}

#[test]
fn the_picture_stands_while_everything_goes_on() {
    let (mut window, mut screen) = presents("digits-mlp");
    let state = |screen: &Screen| {
        // The large one, not that of an axis.
        let all = texts(screen).into_iter().filter(|t| t.0 > 50.0);
        let mut states = all.map(|t| t.1).filter(|t| t.starts_with("t = "));
        states.next().unwrap()
    };
    assert_eq!(state(&screen), "t = 0");
    key(&mut window, &mut screen, Key::S);
    settle(&mut window, &mut screen);
    assert!(shows(&screen, "picture frozen"));
    let before = screen.picture();
    key(&mut window, &mut screen, Key::ArrowRight);
    assert_eq!(window.view.t, 1);
    window.run_command(Command::OneUpdate);
    settle(&mut window, &mut screen);
    assert_eq!(window.engine.race.update, 1);
    assert_eq!(state(&screen), "t = 0");
    assert!(!screen.differ(&before, &screen.picture()));
    // Nothing of it can be pressed, and everything again once it goes on.
    assert!(node(&screen, |name| name == "Play or pause").is_none());
    key(&mut window, &mut screen, Key::S);
    settle(&mut window, &mut screen);
    assert_eq!(state(&screen), format!("t = {}", window.view.t));
    assert!(window.view.t > 0 && shows(&screen, "update 1") && !shows(&screen, "picture frozen"));
}

fn drag(window: &mut Window, screen: &mut Screen, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    screen.frame(window, FRAME, vec![Event::PointerMoved(from)]);
    screen.frame(window, FRAME, vec![button(from, true)]);
    for i in 1..=8_u8 {
        let at = from + (to - from) * (f32::from(i) / 8.0);
        screen.frame(window, FRAME, vec![Event::PointerMoved(at)]);
    }
    screen.frame(window, FRAME, vec![button(to, false)]);
    screen.frame(window, FRAME, Vec::new());
}

#[test]
fn the_pen_draws_over_the_window_and_touches_nothing() {
    let (mut window, mut screen) = presents("moons");
    key(&mut window, &mut screen, Key::P);
    settle(&mut window, &mut screen);
    assert!(window.shell.presenter.pen && window.shell.pad.is_none());
    let play = node(&screen, |name| name == "Play or pause").unwrap();
    let lines = |screen: &Screen, from: Pos2| {
        let begins = |shape: &Shape| match shape {
            Shape::Path(path) => path.points.first().is_some_and(|p| p.distance(from) < 1.0),
            _ => false,
        };
        painted(screen).iter().filter(|s| begins(s)).count()
    };
    let before = window.view.clone();
    drag(&mut window, &mut screen, play.center(), pos2(500.0, 100.0));
    let click = play.center();
    drag(&mut window, &mut screen, click, click);
    settle(&mut window, &mut screen);
    assert_eq!(window.shell.presenter.strokes(), 2);
    assert_eq!(
        (window.view.playing, window.view.t),
        (before.playing, before.t)
    );
    // In two colours.
    assert!(lines(&screen, play.center()) >= 2);
    // Laid down, what was drawn stays; and the window takes the pointer again.
    key(&mut window, &mut screen, Key::Escape);
    settle(&mut window, &mut screen);
    assert!(!window.shell.presenter.pen && window.shell.presents());
    assert!(lines(&screen, play.center()) >= 2);
    drag(&mut window, &mut screen, click, click);
    assert!(window.view.playing);
    key(&mut window, &mut screen, Key::Space);
    key(&mut window, &mut screen, Key::E);
    settle(&mut window, &mut screen);
    assert_eq!(
        (window.shell.presenter.strokes(), lines(&screen, click)),
        (0, 0)
    );
    key(&mut window, &mut screen, Key::Escape);
    assert!(!window.shell.presents(), "one more leaves the layout");
}

#[test]
fn a_pen_that_is_never_lifted_takes_bounded_memory() {
    let (mut window, mut screen) = presents("moons");
    key(&mut window, &mut screen, Key::P);
    settle(&mut window, &mut screen);
    for i in 0..30_u8 {
        let x = 40.0 + 10.0 * f32::from(i);
        drag(&mut window, &mut screen, pos2(x, 40.0), pos2(x, 200.0));
    }
    assert_eq!(window.shell.presenter.strokes(), 30);
    let moves = |i: u32| {
        let x = 100.0 + 300.0 * ((i % 97) as f32 / 97.0);
        Event::PointerMoved(pos2(x, 100.0 + (i % 89) as f32))
    };
    let down = Event::PointerButton {
        pos: pos2(100.0, 100.0),
        button: PointerButton::Primary,
        pressed: true,
        modifiers: Modifiers::NONE,
    };
    screen.frame(&mut window, FRAME, vec![down]);
    screen.frame(&mut window, FRAME, (0..60_000).map(moves).collect());
    // The first strokes give way to the last.
    assert_eq!(window.shell.presenter.strokes(), 1);
}

#[test]
fn a_black_screen_comes_and_goes_by_key_and_click() {
    let (mut window, mut screen) = presents("moons");
    let black = |screen: &Screen| {
        let picture = screen.draw(&screen.picture());
        picture.pixels().all(|p| p.0 == BLANK.to_array())
    };
    for (on, off) in [(Key::W, Key::W), (Key::B, Key::Escape)] {
        key(&mut window, &mut screen, on);
        settle(&mut window, &mut screen);
        assert!(black(&screen), "{on:?}");
        key(&mut window, &mut screen, Key::ArrowRight);
        assert!(black(&screen) && window.view.t > 0);
        key(&mut window, &mut screen, off);
        settle(&mut window, &mut screen);
        assert!(!black(&screen) && window.shell.presents());
    }
    key(&mut window, &mut screen, Key::W);
    settle(&mut window, &mut screen);
    let t = window.view.t;
    drag(
        &mut window,
        &mut screen,
        pos2(200.0, 100.0),
        pos2(200.0, 100.0),
    );
    settle(&mut window, &mut screen);
    assert!(!black(&screen) && window.view.t == t);
}

#[test]
fn elsewhere_its_keys_are_the_windows_and_it_leads_back_to_where_one_was() {
    let (mut window, mut screen) = presents("digits-mlp");
    window.run_command(Command::Layout(Layout::Explore));
    settle(&mut window, &mut screen);
    for other in [Key::H, Key::K, Key::S, Key::E, Key::W, Key::B] {
        key(&mut window, &mut screen, other);
    }
    let presenter = &window.shell.presenter;
    assert!(!presenter.blank && !presenter.frozen() && !window.shell.settings.echo_keys);
    assert_eq!(window.shell.settings.halo, None);
    key(&mut window, &mut screen, Key::P);
    assert!(window.shell.pad.is_some() && !window.shell.presenter.pen);
    key(&mut window, &mut screen, Key::P);
    for leave in [Key::Escape, Key::F11] {
        screen.key(&mut window, Key::F11, Modifiers::SHIFT);
        settle(&mut window, &mut screen);
        assert!(window.shell.presents());
        let held = if leave == Key::F11 {
            Modifiers::SHIFT
        } else {
            Modifiers::NONE
        };
        screen.key(&mut window, leave, held);
        settle(&mut window, &mut screen);
        assert_eq!(window.shell.settings.layout, Layout::Explore, "{leave:?}");
    }
    // What is asked for there leads to where it is in sight.
    window.run_command(Command::Layout(Layout::Present));
    window.run_command(Command::BreakIt);
    settle(&mut window, &mut screen);
    assert_eq!(window.shell.settings.layout, Layout::Teach);
    assert!(node(&screen, |name| name == "γ = 1").is_some());
}
