//! The runs of a race: the present one, and those that were left and are kept.

use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::{card, field, section, toggle};
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::{RUN_COLOURS, Theme, metrics};
use crate::experiment::era::Change;
use crate::experiment::session::{KeptRun, MOST_RUNS, RaceCommand};
use egui::Ui;

/// The most letters of a run's name.
const MOST_LETTERS: usize = 24;

/// Changed settings, in words: "learning.rate 0.1 → 0.05, inference.steps 20 → 5".
pub fn in_words(changes: &[Change]) -> String {
    let each: Vec<String> = changes.iter().map(ToString::to_string).collect();
    each.join(", ")
}

/// What is known of a run besides its curves: where it branched off, and what was changed in it.
fn story(name: char, from: Option<(char, u64)>, edits: &[(u64, Vec<Change>)]) -> String {
    let mut words = match from {
        Some((other, update)) => format!(
            "Run {name} branches off run {other} after update {}.",
            format::count(update)
        ),
        None => format!("Run {name} begins at the initial weights."),
    };
    for (update, changes) in edits {
        let update = format::count(*update);
        words += &format!("\nAfter update {update}: {}", in_words(changes));
    }
    words
}

/// Draws a section of the lanes' panel; nothing as long as there is one run alone.
pub fn section(ui: &mut Ui, frame: &mut Frame<'_>) {
    let race = frame.race;
    if race.kept.is_empty() && race.closed.is_empty() {
        return;
    }
    let c = Theme::get(ui);
    section::heading(ui, "Runs");
    ui.add_space(3.0);
    let own = format!("{}, goes on", frame.called(race.name));
    let at = updates(race.update);
    let row = section::value_row(ui, &own, &at, metrics::ROW_SETTING);
    card::hover(row, &story(race.name, race.from, &race.edits));
    look(ui, frame, race.name, false);
    for run in race.kept.iter() {
        kept(ui, frame, run);
    }
    for run in race.closed.iter() {
        closed(ui, frame, run);
    }
    ui.label(text::caption("Ctrl B branches from the update that is looked at.").color(c.t3));
    section::rule(ui);
}

fn updates(n: u64) -> String {
    format!("update {}", format::count(n))
}

/// A run that was left: whether it is drawn, and what can be done with it.
fn kept(ui: &mut Ui, frame: &mut Frame<'_>, run: &KeptRun) {
    let mut on = !frame.view.not_overlaid.contains(&run.name);
    let words = format!(
        "{}, kept at {}",
        frame.called(run.name),
        updates(run.update)
    );
    let hover = format!(
        "{}\nOn: its curves are drawn in the plots, thin.",
        story(run.name, run.from, &run.edits)
    );
    if toggle::row(ui, &mut on, &words, &hover).changed() {
        frame.choose(Choice::Overlaid(run.name, on));
    }
    look(ui, frame, run.name, true);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let name = run.name;
        let hover = format!("The present run {} is kept in its place.", frame.race.name);
        let go_on = format!("Go on with {name}");
        if Button::plain(&go_on).hover(&hover).show(ui).clicked() {
            frame.actions.push(Action::Race(RaceCommand::Take(name)));
        }
        let pinned = frame.view.pins.contains(&name);
        let pin = format!("{} {name}", if pinned { "Unpin" } else { "Pin" });
        let hover = "A pinned run is looked at beside the present one, or beside another that is pinned, with what the second is more than the first (D).";
        if Button::plain(&pin).hover(hover).show(ui).clicked() {
            frame.choose(Choice::Pin(name, !pinned));
        }
        let close = format!("Close {name}");
        let hover = "It is drawn and saved no more. It can be restored until four others have been closed.";
        if Button::plain(&close).hover(hover).show(ui).clicked() {
            frame.actions.push(Action::Race(RaceCommand::Close(name)));
        }
    });
    ui.add_space(3.0);
}

/// A run that was closed.
fn closed(ui: &mut Ui, frame: &mut Frame<'_>, run: &KeptRun) {
    let words = format!(
        "{}, closed at {}",
        frame.called(run.name),
        updates(run.update)
    );
    let row = section::value_row(ui, &words, "", metrics::ROW_SETTING);
    card::hover(row, &story(run.name, run.from, &run.edits));
    let full = frame.race.kept.len() + 1 >= MOST_RUNS;
    let full = full.then_some("So many runs are kept that one has to be closed first.");
    let restore = format!("Restore {}", run.name);
    let hover = "It is kept again, as it was.";
    if Button::plain(&restore)
        .disabled(full)
        .hover(hover)
        .show(ui)
        .clicked()
    {
        frame
            .actions
            .push(Action::Race(RaceCommand::Reopen(run.name)));
    }
    ui.add_space(3.0);
}

/// What a run is called, and the colour of its curves: those of the present one have the colours of their rules.
fn look(ui: &mut Ui, frame: &mut Frame<'_>, run: char, coloured: bool) {
    let known = frame.view.run_looks.get(&run).cloned().unwrap_or_default();
    let mut new = known.clone();
    field::row(ui, |ui| {
        let width = if coloured {
            110.0
        } else {
            ui.available_width()
        };
        let what = format!("Name of run {run}");
        let typed = field::text_field(ui, &mut new.name, &what, "no name", width);
        explain::mark(typed, Mark::Field, "name of a run");
        if coloured {
            let mut names = vec!["as its rules"];
            names.extend(RUN_COLOURS);
            let mut chosen = new.colour.map_or(0, |place| place + 1);
            let what = format!("Colour of run {run}");
            let list = Dropdown::new(&what, &names).show(ui, &mut chosen);
            if list.changed() {
                new.colour = chosen.checked_sub(1);
            }
            explain::mark(list, Mark::List, "colour of a run");
        }
    });
    if new.name.chars().count() > MOST_LETTERS {
        new.name = new.name.chars().take(MOST_LETTERS).collect();
    }
    if new != known {
        frame.choose(Choice::RunLook(run, new));
    }
}
