//! Room: whatever the preset, layout, size and scale, and whatever was pressed before, no text that is painted leaves its clip, and
//! none touches another; what had to lose its end is whole under the pointer.

pub(super) mod ink;
mod pressed;
mod states;

use super::layout::Layout;
use super::robot::screen::{REST, Screen};
use super::scenes;
use super::state::{Action, Choice, Rail};
use super::theme::Theme;
use super::window::Window;
use egui::accesskit::{self, Role};
use egui::{Vec2, vec2};
use ink::Page;
use states::State;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of fault that is left, by the words in it, and why.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// A size in pixels, pixels per point, and the scale that the user has chosen. All but the last two leave at least 960 × 600 points.
type Size = ([f32; 2], f32, f32);

const SIZES: [Size; 18] = [
    ([960.0, 600.0], 1.0, 1.0),
    ([1280.0, 800.0], 1.0, 1.0),
    ([1920.0, 1080.0], 1.0, 1.0),
    ([1280.0, 800.0], 1.0, 1.25),
    ([1920.0, 1080.0], 1.5, 1.0),
    ([1920.0, 1200.0], 2.0, 1.0),
    ([2560.0, 1440.0], 1.0, 1.0),
    ([1366.0, 768.0], 1.0, 1.1),
    // Where panels become rails, and just before.
    ([1000.0, 700.0], 1.0, 1.0),
    ([1180.0, 640.0], 1.0, 1.0),
    ([1600.0, 900.0], 1.0, 1.0),
    // Scales of the user that leave little, or much.
    ([1920.0, 1080.0], 1.0, 1.75),
    ([1440.0, 900.0], 1.0, 1.5),
    ([1920.0, 1080.0], 1.0, 1.2),
    ([1280.0, 800.0], 1.0, 0.8),
    ([3840.0, 2160.0], 2.0, 1.4),
    // Less than that, in the compact form.
    ([800.0, 500.0], 1.0, 1.0),
    ([640.0, 480.0], 1.0, 1.0),
];

/// So many of them are gone through in every state; those that are seen most in all.
const ALWAYS: usize = 4;

/// What was looked at, and what was found there.
#[derive(Default)]
struct Found {
    pages: usize,
    texts: usize,
    hovers: usize,
    /// By kind and words: how often, and where first.
    faults: BTreeMap<String, (usize, String)>,
    /// Texts whose end was left out, and whether the pointer brings it.
    told: BTreeMap<String, bool>,
}

/// Words without their numbers: one fault is one line.
fn kind(words: &str) -> String {
    let mut out = String::new();
    for letter in words.chars() {
        match letter {
            '0'..='9' => {
                if !out.ends_with('0') {
                    out.push('0');
                }
            }
            c => out.push(c),
        }
    }
    out
}

impl Found {
    fn fault(&mut self, what: String, place: &str, detail: &str) {
        if EXCEPTIONS.iter().any(|(words, _)| what.contains(words)) {
            return;
        }
        let entry = self.faults.entry(what);
        let (count, _) = entry.or_insert_with(|| (0, format!("{place}: {detail}")));
        *count += 1;
    }

    /// Looks at what was drawn last.
    fn look(&mut self, window: &mut Window, screen: &mut Screen, place: &str) {
        let page = Page::of(screen);
        self.pages += 1;
        if let Ok(folder) = std::env::var("PCSCOPE_ROOM_PICTURES") {
            let name = place.replace(['/', ' ', ','], "_");
            let path = std::path::Path::new(&folder).join(format!("{name}.png"));
            screen.draw(&screen.picture()).save(path).unwrap();
        }
        self.texts += page.inks.len();
        for ink in page.cut() {
            let detail = format!("{:?} {:.0} in {:.0}", ink.words, ink.rect, ink.clip);
            self.fault(format!("cut    {}", kind(&ink.words)), place, &detail);
        }
        for words in &page.narrow {
            self.fault(format!("narrow {}", kind(words)), place, words);
        }
        for (a, b) in page.touching() {
            let what = format!("touch  {} | {}", kind(&a.words), kind(&b.words));
            let detail = format!("{:?} {:.0}, {:?} {:.0}", a.words, a.rect, b.words, b.rect);
            self.fault(what, place, &detail);
        }
        let elided = page.inks.iter().filter_map(|ink| {
            let whole = ink.whole.clone()?;
            let seen = ink.rect.intersect(ink.clip);
            (!self.told.contains_key(&kind(&whole))).then_some((whole, seen.center()))
        });
        let elided: BTreeMap<String, egui::Pos2> = elided.collect();
        for (whole, at) in elided {
            self.hovers += 1;
            screen.point(window, at);
            for _ in 0..4 {
                screen.frame(window, REST, Vec::new());
            }
            let said = Page::of(screen);
            let told = tells(&said, &whole);
            self.told.insert(kind(&whole), told);
            if !told {
                self.fault(format!("unsaid {}", kind(&whole)), place, &whole);
            }
            screen.let_go(window);
            screen.frame(window, REST, Vec::new());
        }
    }
}

/// Somewhere on the page all these words are to be read, over as many lines as need be.
fn tells(page: &Page, whole: &str) -> bool {
    let bare = |s: &str| s.split_whitespace().collect::<String>();
    let lines: Vec<String> = page.inks.iter().map(|i| bare(&i.words)).collect();
    lines.concat().contains(&bare(whole))
}

/// Draws until nothing moves.
fn settle(window: &mut Window, screen: &mut Screen) {
    for _ in 0..3 {
        screen.frame(window, REST, Vec::new());
    }
}

/// Shows a layout in a size; what was undone, moved or opened before is as it comes.
fn sized(window: &mut Window, screen: &mut Screen, (layout, size): (Layout, Size)) {
    let ([w, h], native, scale) = size;
    window.shell.settings.layout = layout;
    window.shell.settings.scale = scale;
    screen.size = vec2(w, h) / native;
    screen.native = native;
    window.act(Action::Choose(Choice::Overlay(None)));
    settle(window, screen);
}

/// Where that is, in words.
fn place(name: &str, (layout, ([w, h], native, scale)): (Layout, Size)) -> String {
    format!("{name} {layout:?} {w}×{h} at {native}×{scale}")
}

/// Looks at a layout in a size, at each of its tabs, and at what its rails open.
fn walk(
    found: &mut Found,
    window: &mut Window,
    screen: &mut Screen,
    (layout, size): (Layout, Size),
    name: &str,
) {
    sized(window, screen, (layout, size));
    let place = place(name, (layout, size));
    found.look(window, screen, &place);
    // What a card says in the middle of the window has room.
    screen.point(window, screen.ctx.content_rect().center());
    settle(window, screen);
    found.look(window, screen, &format!("{place}, pointer in the middle"));
    screen.let_go(window);
    settle(window, screen);
    let tabs = |screen: &Screen| -> Vec<(accesskit::NodeId, String)> {
        let tabs = screen.tree.iter().filter(|n| n.role == Role::Tab);
        tabs.map(|n| (n.id, n.label.clone())).collect()
    };
    let mut seen = BTreeSet::new();
    for (id, label) in tabs(screen) {
        // Layouts are tabs too.
        let other = Layout::ALL.iter().any(|l| l.name() == label);
        if other || !seen.insert(label.clone()) {
            continue;
        }
        screen.ask(window, id, accesskit::Action::Click, None);
        settle(window, screen);
        if window.shell.settings.layout == layout {
            found.look(window, screen, &format!("{place}, tab {label}"));
        }
    }
    if screen.size.x / size.2 < 1180.0 && layout != Layout::Present {
        let kind = window.with_frame(&mut Vec::new(), |frame| super::arrangement::Kind::of(frame));
        let side = super::arrangement::side(layout, kind.unwrap());
        let rails = side.into_iter().map(|p| Rail::Side(p.view().id));
        for rail in rails.chain([Rail::Setup]) {
            window.act(Action::Choose(Choice::Overlay(Some(rail))));
            settle(window, screen);
            found.look(window, screen, &format!("{place}, {rail:?}"));
        }
        window.act(Action::Choose(Choice::Overlay(None)));
    }
}

/// Other themes leave every text where it is: the walk goes through one of them.
fn themes(found: &mut Found, window: &mut Window, screen: &mut Screen, place: &str) {
    let mut places = |window: &mut Window, theme: Theme| {
        window.shell.settings.theme = theme;
        settle(window, screen);
        let inks = Page::of(screen).inks.into_iter();
        inks.map(|ink| (ink.words, ink.rect)).collect::<Vec<_>>()
    };
    let own = window.shell.settings.theme;
    let as_walked = places(window, own);
    for theme in [Theme::Dark, Theme::Light, Theme::Contrast] {
        let moved = places(window, theme) != as_walked;
        found.pages += 1;
        if moved {
            found.fault(format!("theme  {theme:?}"), place, "a text has moved");
        }
    }
    places(window, own);
}

/// A window as a walk needs it, with a screen for it.
fn prepared(mut window: Window) -> (Window, Screen) {
    window.view.playing = false;
    if std::env::var("PCSCOPE_ROOM_THEME").is_ok_and(|t| t == "light") {
        window.shell.settings.theme = Theme::Light;
    }
    let mut screen = Screen::new(Vec2::ZERO);
    screen.watched = false;
    (window, screen)
}

/// Walks through presets in all of some states and sizes.
fn survey(found: &mut Found, presets: &[&str], states: &[State], sizes: &[Size]) {
    for preset in presets {
        for state in states {
            let Some(window) = state.window(preset) else {
                continue;
            };
            let (mut window, mut screen) = prepared(window);
            let name = format!("{preset} {state:?}");
            for &layout in state.layouts() {
                for &size in sizes {
                    let usual = SIZES[..ALWAYS].contains(&size) || size.0[0] < 960.0;
                    if usual || state.is_usual() {
                        walk(found, &mut window, &mut screen, (layout, size), &name);
                    }
                }
                themes(
                    found,
                    &mut window,
                    &mut screen,
                    &format!("{name} {layout:?}"),
                );
            }
        }
        println!(
            "{preset}: {} pages, {} faults",
            found.pages,
            found.faults.len()
        );
    }
}

/// Walks through scenes of the reference pictures, in their own layouts.
fn survey_scenes(found: &mut Found, scenes: &[&str], sizes: &[Size]) {
    for name in scenes {
        let scene = scenes::find(name).unwrap();
        let (mut window, mut screen) = prepared(scene.window(Theme::Dark).unwrap());
        let layout = window.shell.settings.layout;
        let dialog = window.shell.dialog.is_open();
        for &size in sizes {
            let name = format!("scene {name}");
            if dialog {
                // Nothing behind it is pressed.
                sized(&mut window, &mut screen, (layout, size));
                found.look(&mut window, &mut screen, &place(&name, (layout, size)));
            } else {
                walk(found, &mut window, &mut screen, (layout, size), &name);
            }
        }
    }
}

fn report(found: &Found) {
    println!(
        "{} pages, {} texts, {} ends brought by the pointer, {} kinds of fault, {} exceptions",
        found.pages,
        found.texts,
        found.hovers,
        found.faults.len(),
        EXCEPTIONS.len()
    );
    for (what, (count, first)) in &found.faults {
        println!("{count:6} {what}\n         {first}");
    }
}

/// Words of the environment, or else all.
fn named<'a>(variable: &str, all: &[&'a str]) -> Vec<&'a str> {
    let Ok(wanted) = std::env::var(variable) else {
        return all.to_vec();
    };
    let wanted: Vec<&str> = wanted.split([',', ' ']).collect();
    all.iter()
        .copied()
        .filter(|name| wanted.contains(name))
        .collect()
}

#[test]
fn no_text_is_cut_or_touches_another() {
    let mut found = Found::default();
    let states = [State::Fresh, State::Trained];
    survey(&mut found, &["moons", "digits-mlp"], &states, &SIZES[..2]);
    report(&found);
    assert!(found.pages > 50 && found.texts > 5000);
    assert!(found.faults.is_empty());
}

/// Minutes: `.ci/room`.
#[test]
#[ignore = "heavy: .ci/room"]
fn no_text_is_cut_or_touches_another_anywhere() {
    let all: Vec<&str> = crate::experiment::file::PRESETS
        .iter()
        .map(|p| p.0)
        .collect();
    let presets = named("PCSCOPE_ROOM_PRESETS", &all);
    let names: Vec<String> = State::ALL.iter().map(|s| format!("{s:?}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wanted = named("PCSCOPE_ROOM_STATES", &names);
    let is = |s: &&State| wanted.contains(&format!("{s:?}").as_str());
    let states: Vec<State> = State::ALL.iter().filter(is).copied().collect();
    // "2" is the first two, "8.." all from the ninth.
    let wanted = std::env::var("PCSCOPE_ROOM_SIZES").unwrap_or_default();
    let (from, to) = wanted.split_once("..").unwrap_or(("0", &wanted));
    let from = from.parse().unwrap_or(0);
    let to = to.parse().unwrap_or(SIZES.len());
    let mut found = Found::default();
    survey(&mut found, &presets, &states, &SIZES[from..to]);
    let all: Vec<&str> = scenes::SCENES.iter().map(|s| s.name).collect();
    survey_scenes(
        &mut found,
        &named("PCSCOPE_ROOM_SCENES", &all),
        &SIZES[from..to],
    );
    report(&found);
    assert!(found.faults.is_empty());
}
