//! The runs of a race: the present one, and those that were left and are kept.

use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::{card, section, toggle};
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::era::Change;
use crate::experiment::session::RaceCommand;
use egui::Ui;

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
    if race.kept.is_empty() {
        return;
    }
    let c = Theme::get(ui);
    section::heading(ui, "Runs");
    ui.add_space(3.0);
    let updates = |n: u64| format!("update {}", format::count(n));
    let own = format!("{}, goes on", race.name);
    let row = section::value_row(ui, &own, &updates(race.update), metrics::ROW_SETTING);
    card::hover(row, &story(race.name, race.from, &race.edits));
    for run in race.kept.iter() {
        let mut on = !frame.view.not_overlaid.contains(&run.name);
        let words = format!("{}, kept at {}", run.name, updates(run.update));
        let hover = format!(
            "{}\nOn: its curves are drawn in the plots, thin.",
            story(run.name, run.from, &run.edits)
        );
        if toggle::row(ui, &mut on, &words, &hover).changed() {
            frame.choose(Choice::Overlaid(run.name, on));
        }
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            let name = run.name;
            let hover = format!("The present run {} is kept in its place.", race.name);
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
            let close = format!("Give up {name}");
            if Button::plain(&close).show(ui).clicked() {
                frame.actions.push(Action::CloseRun(name));
            }
        });
    }
    ui.label(text::caption("Ctrl B branches from the update that is looked at.").color(c.t3));
    section::rule(ui);
}
