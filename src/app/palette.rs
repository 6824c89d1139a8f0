//! The palette: all that can be done by a name, what was done last first.
//!
//! Commands, rules, conditions, lanes, layers, presets, and files opened before; a number leads to that example or update.

use super::commands::{Command, TABLE};
use super::format;
use super::kit::dropdown::menu_item;
use super::kit::field::text_field;
use super::naming;
use super::panels::conditions::CONDITIONS;
use super::panels::example::title_of;
use super::panels::rule::adjust;
use super::state::{Action, Notice, Selection};
use super::text;
use super::theme::{Theme, metrics};
use super::views::steps;
use super::window::Window;
use crate::experiment::file::PRESETS;
use crate::experiment::session::RaceCommand;
use crate::learning::rule;
use crate::network::Graph;
use crate::network::graph::Role;
use egui::{Key, Ui};

/// Something that can be done by its name.
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Words by which it is found as well.
    also: String,
    /// How its key is written.
    written: &'static str,
    /// Why it would change nothing.
    idle: Option<&'static str>,
    /// What is done.
    actions: Vec<Action>,
}

impl Entry {
    fn new(name: String, action: Action) -> Self {
        Self {
            name,
            also: String::new(),
            written: "",
            idle: None,
            actions: vec![action],
        }
    }

    fn also(mut self, words: &str) -> Self {
        words.clone_into(&mut self.also);
        self
    }

    fn idle(mut self, why: Option<&'static str>) -> Self {
        self.idle = why;
        self
    }
}

/// All there is, in the order in which it is listed.
pub fn entries(window: &Window) -> Vec<Entry> {
    let mut all: Vec<Entry> = TABLE
        .iter()
        .filter(|row| row.command != Command::Palette)
        .map(|row| Entry {
            written: row.written,
            ..Entry::new(row.name.to_owned(), Action::Command(row.command))
                .idle(window.idle(row.command))
        })
        .collect();
    all.extend(rules(window));
    all.extend(conditions(window));
    all.extend(lanes(window));
    all.extend(layers(window));
    all.extend(PRESETS.iter().map(|(name, _)| {
        let action = Action::OpenPath((*name).to_owned());
        Entry::new(format!("Preset: {}", title_of(name)), action).also(name)
    }));
    all.extend(window.shell.settings.recent.iter().map(|path| {
        Entry::new(format!("Open: {path}"), Action::OpenPath(path.clone())).also("file data recent")
    }));
    all
}

fn rules(window: &Window) -> impl Iterator<Item = Entry> {
    let draft = &window.document.draft;
    rule::all().map(move |rule| {
        let mut new = draft.clone();
        new.learning.rule = rule;
        let said = adjust(rule, &mut new.inference);
        let mut entry = Entry::new(
            format!("Rule: {}", rule.label()),
            Action::Edit(Box::new(new)),
        )
        .also(rule.facts().long)
        .idle((rule == draft.learning.rule).then_some("This rule is shown."));
        entry.actions.extend(said.map(|rest| {
            Action::Say(Notice {
                subject: "Changed with the rule.".into(),
                rest,
            })
        }));
        entry
    })
}

fn conditions(window: &Window) -> impl Iterator<Item = Entry> {
    let draft = &window.document.draft;
    let own = CONDITIONS.iter().filter(|c| (c.applies)(window, draft));
    own.map(|condition| {
        let holds = (condition.holds)(draft);
        let mut new = draft.clone();
        condition.switch(&mut new, !holds);
        let verb = if holds { "break" } else { "hold" };
        Entry::new(
            format!("Condition: {verb} “{}”", condition.words),
            Action::Edit(Box::new(new)),
        )
        .also("exactness ablation")
    })
}

fn lanes(window: &Window) -> impl Iterator<Item = Entry> {
    window.engine.race.lanes.iter().map(|lane| {
        let verb = if lane.active { "untick" } else { "tick" };
        let command = RaceCommand::Active(lane.spec.id, !lane.active);
        Entry::new(
            format!("Lane: {verb} {}", lane.spec.label),
            Action::Race(command),
        )
    })
}

fn layers(window: &Window) -> Vec<Entry> {
    let Some(micro) = &window.engine.micro else {
        return Vec::new();
    };
    let vertices = micro.plan.graph.vertices.iter().enumerate();
    // The steps that a shorter sequence lacks are no places to look at.
    let lacking = micro.missing_steps();
    vertices
        .filter(|(_, vertex)| !matches!(vertex.role, Role::Step { step, .. } if step < lacking))
        .map(|(v, vertex)| {
            let level = match v {
                Graph::INPUT => "clamped".to_owned(),
                _ => format!("level {}", vertex.level),
            };
            let name = steps::short_name(micro, v);
            Entry::new(
                format!("Layer: {name}, {level}"),
                Action::Select(Selection::largest(micro, v)),
            )
            .also("vertex select")
        })
        .collect()
}

/// What a number leads to.
fn numbered(window: &Window, words: &[String]) -> Vec<Entry> {
    let number = words.last().and_then(|word| {
        let plain: String = word.chars().filter(|c| *c != ',').collect();
        plain.parse::<u64>().ok()
    });
    let (Some(number), Some(data)) = (number, window.engine.data()) else {
        return Vec::new();
    };
    let wants = |what: &str| words.len() == 1 || what.starts_with(words[0].as_str());
    let written = format::count(number);
    let mut found = Vec::new();
    let meant = usize::try_from(number).ok().filter(|_| wants("example"));
    for example in meant.into_iter().flat_map(|n| naming::numbered(data, n)) {
        let action = Action::Example(example);
        found.push(Entry::new(naming::example(data, example), action));
    }
    if wants("update") && number <= window.engine.race.update {
        let action = Action::At(Some(number));
        found.push(Entry::new(format!("Update {written}"), action));
    }
    found
}

/// What is found by a query: what has its words whole first, then what was used last, what begins with it, and the rest.
pub fn found(window: &Window, query: &str) -> Vec<Entry> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let recent = &window.shell.settings.recent_commands;
    let mut found: Vec<((usize, usize, bool), Entry)> = entries(window)
        .into_iter()
        .filter_map(|entry| {
            let name = entry.name.to_lowercase();
            let also = entry.also.to_lowercase();
            let has = |w: &String| name.contains(w.as_str()) || also.contains(w.as_str());
            let used = recent.iter().position(|r| *r == entry.name);
            let begins = words.first().is_some_and(|w| name.starts_with(w.as_str()));
            let place = used.unwrap_or(usize::MAX);
            let own: Vec<&str> = name.split([' ', ':', ',']).collect();
            let parts = words.iter().filter(|w| !own.contains(&w.as_str())).count();
            words
                .iter()
                .all(has)
                .then_some(((parts, place, !begins), entry))
        })
        .collect();
    found.sort_by_key(|(order, _)| *order);
    let mut all = numbered(window, &words);
    all.extend(found.into_iter().map(|(.., entry)| entry));
    all
}

/// Draws the palette; false once something was chosen.
pub(super) fn show(
    window: &Window,
    ui: &mut Ui,
    query: &mut String,
    chosen: &mut usize,
    actions: &mut Vec<Action>,
) -> bool {
    let before = query.clone();
    let field = text_field(
        ui,
        query,
        "Search commands",
        "commands, rules, conditions, layers, presets",
        ui.available_width(),
    );
    if !field.has_focus() {
        field.request_focus();
    }
    if *query != before {
        *chosen = 0;
    }
    let found = found(window, query);
    let none = found.is_empty();
    let (up, down, enter) = ui.input(|i| {
        (
            i.num_presses(Key::ArrowUp),
            i.num_presses(Key::ArrowDown),
            i.key_pressed(Key::Enter),
        )
    });
    *chosen = (*chosen + down).saturating_sub(up);
    *chosen = (*chosen).min(found.len().saturating_sub(1));
    ui.add_space(6.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut keep = true;
    for (i, entry) in found.into_iter().enumerate() {
        let response = menu_item(ui, &entry.name, entry.written, entry.idle);
        if i == *chosen {
            let c = Theme::get(ui);
            ui.painter().rect_stroke(
                response.rect,
                metrics::RADIUS_TAG,
                egui::Stroke::new(1.0, c.t3),
                egui::StrokeKind::Inside,
            );
            if down + up > 0 {
                response.scroll_to_me(None);
            }
        }
        if keep && (response.clicked() || (enter && i == *chosen)) {
            actions.push(Action::Used(entry.name));
            actions.extend(entry.actions);
            keep = false;
        }
    }
    if none {
        let c = Theme::get(ui);
        ui.label(text::body("Nothing has these letters in its name.").color(c.t2));
    }
    keep
}
