//! Every mark that the accessibility tree has says what it is when the pointer rests on it.

use super::explain::{self, pattern};
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, until};
use super::window::Window;
use crate::experiment::file::{Experiment, PRESETS};
use crate::experiment::session::{Mode, RaceState};
use egui::accesskit::Role;
use egui::{Order, Pos2, Rect, Shape};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::collections::{BTreeMap, BTreeSet};

fn settle(h: &mut Harness<'_, Window>) {
    h.run_steps(2);
    until(h, "rest", |h| {
        let w = h.state();
        let session = w.engine.session.as_ref();
        session.is_some_and(|s| !s.race_busy())
            && w.engine.computing().is_none()
            && w.engine.micro.is_some()
            && w.engine.race.state == RaceState::Idle
    });
}

/// A mark that the tree shows.
struct Shown {
    id: u64,
    role: Role,
    name: String,
    /// What it holds, where that is not its name.
    value: String,
}

impl Shown {
    /// What kind of mark it is: its role, and its name up to what changes from state to state.
    fn kind(&self) -> String {
        let name: String = pattern(&self.name).replace(['−', '+'], "");
        let end = name.find(['#', ',', ':', '—']).unwrap_or(name.len());
        name[..end].trim().to_owned()
    }
}

/// What the tree shows.
fn marks(h: &Harness<'_, Window>) -> Vec<Shown> {
    let shows = |role: Role| {
        !matches!(
            role,
            Role::Window
                | Role::GenericContainer
                | Role::Group
                | Role::Pane
                | Role::Unknown
                | Role::ScrollView
                | Role::Splitter
                | Role::RadioGroup
        )
    };
    h.query_all_by(|_| true)
        .filter_map(|node| {
            let own = node.accesskit_node();
            let name = own.label().or_else(|| own.value())?;
            let value = own.value().unwrap_or_default();
            let number = own.numeric_value().map_or(String::new(), |v| v.to_string());
            let about = own.description().unwrap_or_default();
            let role = own.role();
            shows(role).then(|| Shown {
                id: own.locate().0.0,
                role,
                name,
                value: format!("{value} {number} {about}"),
            })
        })
        .collect()
}

/// What the card that is open says; `None` where none is.
fn card(h: &Harness<'_, Window>) -> Option<String> {
    let layers = h.ctx.memory(|m| m.areas().visible_layer_ids());
    let layer = layers
        .into_iter()
        .find(|layer| layer.order == Order::Tooltip)?;
    let area = h.ctx.memory(|m| m.area_rect(layer.id))?;
    let mut said = Vec::new();
    for clipped in &h.output().shapes {
        read(&clipped.shape, area, &mut said);
    }
    Some(said.join(" "))
}

/// What is written within a rectangle, and was not painted over.
fn read(shape: &Shape, area: Rect, said: &mut Vec<String>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|s| read(s, area, said)),
        Shape::Rect(rect) if rect.fill.a() == 255 && rect.rect.expand(2.0).contains_rect(area) => {
            said.clear();
        }
        Shape::Text(text) if area.contains(text.visual_bounding_rect().center()) => {
            said.push(text.galley.text().to_owned());
        }
        _ => {}
    }
}

/// Where a mark is, if not most of it is scrolled away.
fn in_sight(h: &Harness<'_, Window>, id: u64) -> Option<Rect> {
    h.ctx.viewport(|v| {
        let mut widgets = v.prev_pass.widgets.layers().flat_map(|(_, all)| all);
        let own = widgets.find(|w| w.id.value() == id)?;
        let seen = own.interact_rect;
        let most = seen.area() > 0.6 * own.rect.area() && seen.width() > 3.0 && seen.height() > 3.0;
        most.then_some(seen)
    })
}

/// A number in some words, and what its last digit counts.
#[derive(Clone, Copy)]
struct Written {
    value: f64,
    last: f64,
}

/// Numbers in some words: `.95`, `1,234`, `9.6k`, `1.2e−5`; signs aside.
fn numbers(words: &str) -> Vec<Written> {
    let words = words.replace(',', "").replace("e−", "e-");
    let part = |c: char| c.is_ascii_digit() || c == '.';
    let mut found = Vec::new();
    let mut rest = words.as_str();
    while let Some(from) = rest.find(|c: char| c.is_ascii_digit()) {
        let dot = rest[..from].ends_with('.');
        rest = &rest[if dot { from - 1 } else { from }..];
        let mut end = rest.find(|c: char| !part(c)).unwrap_or(rest.len());
        let places = rest[..end].trim_end_matches('.').split_once('.');
        let places = places.map_or(0, |(_, after)| after.len()) as i32;
        if let Some(power) = rest[end..].strip_prefix('e') {
            let digits = power.trim_start_matches('-');
            let digits = digits
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(digits.len());
            if digits > 0 {
                end += 1 + power.len() - power.trim_start_matches('-').len() + digits;
            }
        }
        let factor = match rest[end..].chars().next() {
            Some('k') => 1e3,
            Some('M') => 1e6,
            Some('G') => 1e9,
            _ => 1.0,
        };
        let text = rest[..end].trim_end_matches('.');
        if let Ok(value) = text.parse::<f64>() {
            let power = match text.split_once('e') {
                Some((_, power)) => 10f64.powi(power.parse().unwrap_or(0)),
                None => 1.0,
            };
            let last = 10f64.powi(-places) * factor * power;
            found.push(Written {
                value: value * factor,
                last,
            });
        }
        rest = &rest[end..];
    }
    found
}

/// True if a number that is drawn is one of those that are said, or what one of them is rounded to.
fn is_said(drawn: Written, said: &[Written]) -> bool {
    let near = |s: &Written| (s.value - drawn.value).abs() <= 0.501 * drawn.last;
    said.iter().any(near)
}

#[test]
fn numbers_are_found_in_words() {
    let values = |words: &str| -> Vec<f64> { numbers(words).iter().map(|n| n.value).collect() };
    assert_eq!(values("cosine 0.790, 1,234 of .95"), [0.79, 1234.0, 0.95]);
    assert_eq!(values("9.6k, 1.2e−5; t = 3."), [9600.0, 1.2e-5, 3.0]);
    let said = numbers("length ×9,570, cosine 0.999");
    let is = |drawn: &str| is_said(numbers(drawn)[0], &said);
    assert!(is("9.6k") && is("1.0") && !is("9.5k") && !is(".99"));
}

/// What was looked at.
#[derive(Default)]
struct Found {
    marks: usize,
    silent: BTreeSet<String>,
    /// Marks that draw a number which neither their name nor their card has.
    without: BTreeSet<String>,
    /// By what cards say: the kinds of marks that say it.
    kinds: BTreeMap<String, BTreeSet<(Role, String)>>,
    /// Kinds that have been pointed at, by layout.
    seen: BTreeSet<(&'static str, String)>,
}

impl Found {
    /// Points at the marks of what is shown, at each kind of them once.
    fn look(&mut self, h: &mut Harness<'_, Window>, preset: &str, layout: Layout) {
        let whole = |name: &str| name.ends_with(['.', '?']) || name.split_whitespace().count() >= 8;
        let shown = marks(h);
        for mark in &shown {
            let (id, role, name) = (mark.id, mark.role, &mark.name);
            let Some(rect) = in_sight(h, id) else {
                continue;
            };
            if !self
                .seen
                .insert((layout.name(), format!("{role:?} {}", pattern(name))))
            {
                continue;
            }
            self.marks += 1;
            // A sentence says itself what it is.
            if role == Role::Label && whole(name) {
                continue;
            }
            let place = format!("{preset} {layout:?}: {role:?} {name}");
            let Some(card) = rests(h, id, rect) else {
                // What is being computed may have come meanwhile, and its mark gone.
                if in_sight(h, id).is_some() {
                    self.silent.insert(place);
                }
                continue;
            };
            if !is_whole(h, mark, rect, &shown, &card) {
                self.without.insert(format!("{place}: {card:?}"));
            }
            // What is in the table is there once, of one kind.
            if !explain::texts().any(|text| card.contains(text)) {
                let kinds = self.kinds.entry(pattern(&card)).or_default();
                kinds.insert((role, mark.kind()));
            }
        }
        h.hover_at(Pos2::new(-9.0, -9.0));
        h.run_steps(2);
    }
}

/// True if every number that a mark draws is in its name, its value or its card: but for those that marks within it draw. A picture of many
/// numbers has those under the pointer.
fn is_whole(
    h: &mut Harness<'_, Window>,
    mark: &Shown,
    rect: Rect,
    all: &[Shown],
    card: &str,
) -> bool {
    let said = numbers(&format!("{} {} {card}", mark.name, mark.value));
    match mark.role {
        Role::Image => {
            let parts = [[0.5, 0.5], [0.3, 0.4], [0.7, 0.6], [0.2, 0.7], [0.8, 0.2]];
            let mut places = parts.into_iter();
            numbers(&mark.name).is_empty()
                || !numbers(card).is_empty()
                || places.any(|[x, y]| {
                    h.hover_at(rect.min + egui::vec2(x, y) * rect.size());
                    h.run_steps(3);
                    self::card(h).is_some_and(|card| !numbers(&card).is_empty())
                })
        }
        // What stands along a line are its states.
        Role::Slider => true,
        _ => {
            let inner = |at: Pos2| {
                let mut within = all.iter().filter(|other| other.id != mark.id);
                within.any(|other| {
                    in_sight(h, other.id).is_some_and(|r| r.contains(at) && r.area() < rect.area())
                })
            };
            let mut drawn = painted(h)
                .into_iter()
                .filter(|(_, at)| rect.contains(at.center()) && !inner(at.center()));
            drawn.all(|(words, _)| numbers(&words).iter().all(|n| is_said(*n, &said)))
        }
    }
}

/// Lets the pointer rest on a mark: what its card says.
fn rests(h: &mut Harness<'_, Window>, id: u64, rect: Rect) -> Option<String> {
    let at = |h: &mut Harness<'_, Window>, by: f32, steps: usize| {
        let at = in_sight(h, id).unwrap_or(rect).center();
        h.hover_at(at + egui::vec2(by, by));
        h.run_steps(steps);
        card(h)
    };
    // It may have moved a little, or been drawn anew: then the pointer comes once more.
    let found = at(h, 0.0, 3).or_else(|| at(h, 1.0, 6));
    found.or_else(|| {
        h.hover_at(Pos2::new(-9.0, -9.0));
        h.run_steps(4);
        at(h, 0.0, 12)
    })
}

/// Goes through all layouts of all presets, or of those in PCSCOPE_PRESETS, with cards that open at once.
fn through(mut look: impl FnMut(&mut Harness<'_, Window>, &str, Layout)) {
    let all: Vec<&str> = PRESETS.iter().map(|p| p.0).collect();
    let names = std::env::var("PCSCOPE_PRESETS").unwrap_or(all.join(" "));
    for preset in names.split_whitespace() {
        let experiment = Experiment::load(preset, &[]).unwrap();
        let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
        let mut h = testing::usual(window);
        settle(&mut h);
        h.ctx.all_styles_mut(|style| {
            style.interaction.tooltip_delay = 0.0;
            style.interaction.tooltip_grace_time = 0.0;
            style.interaction.show_tooltips_only_when_still = false;
        });
        for layout in Layout::ALL {
            h.state_mut().act(Action::Layout(layout));
            settle(&mut h);
            h.state_mut().act(Action::Seek(1));
            // Parts fold by themselves until they fit.
            h.run_steps(12);
            look(&mut h, preset, layout);
        }
    }
}

/// Words as they are painted, with where they are seen.
fn painted(h: &Harness<'_, Window>) -> Vec<(String, Rect)> {
    fn of(shape: &Shape, clip: Rect, found: &mut Vec<(String, Rect)>) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|s| of(s, clip, found)),
            Shape::Text(text) => {
                let whole = text.visual_bounding_rect();
                let seen = whole.intersect(clip);
                if seen.is_positive() && seen.area() > 0.6 * whole.area() {
                    found.push((text.galley.text().to_owned(), seen));
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for clipped in &h.output().shapes {
        of(&clipped.shape, clipped.clip_rect, &mut found);
    }
    found
}

/// Whatever is written somewhere has a card, whether the tree has a mark for it or not.
#[test]
#[ignore = "minutes"]
fn every_word_is_explained() {
    let (mut silent, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut words = 0;
    through(|h, preset, layout| {
        h.hover_at(Pos2::new(-9.0, -9.0));
        h.run_steps(2);
        for (text, rect) in painted(h) {
            let sentence = text.ends_with(['.', '?']) || text.split_whitespace().count() >= 8;
            if sentence || !seen.insert((layout.name(), pattern(&text))) {
                continue;
            }
            words += 1;
            let said = (0..2).any(|by| {
                h.hover_at(rect.center() + egui::vec2(by as f32, 0.0));
                h.run_steps(3);
                card(h).is_some()
            });
            if !said {
                silent.insert(format!("{layout:?}: {text} ({preset})"));
            }
        }
    });
    for words in &silent {
        println!("mute  {words}");
    }
    println!("{words} words, {} have no card", silent.len());
    assert!(silent.is_empty());
}

#[test]
#[ignore = "minutes; .ci/run"]
fn every_mark_is_explained() {
    let mut found = Found::default();
    through(|h, preset, layout| found.look(h, preset, layout));
    let is_two = |kinds: &BTreeSet<(Role, String)>| {
        // A field and the label before it are one.
        let fields = kinds.iter().filter(|k| k.0 == Role::SpinButton).count();
        kinds.len() > 1 + fields
    };
    let two = found.kinds.iter().filter(|(_, kinds)| is_two(kinds));
    let two: Vec<_> = two.collect();
    for mark in &found.silent {
        println!("silent   {mark}");
    }
    for mark in &found.without {
        println!("without  {mark}");
    }
    for (card, kinds) in &two {
        println!("two      {card:?}: {kinds:?}");
    }
    println!(
        "{} marks, {} say nothing, {} do not say their number, {} texts for two kinds",
        found.marks,
        found.silent.len(),
        found.without.len(),
        two.len()
    );
    assert!(found.silent.is_empty());
    // What is left can only become less.
    assert!(found.without.len() <= 19 && two.len() <= 1);
}
