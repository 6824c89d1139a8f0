//! How far a race runs: some updates more, or until a condition is met.

use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::field::{self, NumberField};
use crate::app::panels::pausing::{self, MOST, USUAL};
use crate::app::state::{Action, Choice, Frame};
use crate::experiment::session::RaceCommand;
use egui::Ui;

/// Draws two rows.
pub(super) fn rows(ui: &mut Ui, frame: &mut Frame<'_>) {
    let mut next = match frame.view.run_next {
        0 => USUAL,
        next => next,
    };
    ui.add_space(4.0);
    field::row(ui, |ui| {
        let words = format::plural(next, "update", "updates");
        if NumberField::new("Updates to run", 1..=MOST)
            .width(64.0)
            .show(ui, &mut next)
            .changed()
        {
            frame.choose(Choice::RunNext(next));
        }
        let hover = format!("Trains {words} of every ticked lane, then pauses.");
        if Button::new("Run, then pause")
            .hover(&hover)
            .show(ui)
            .clicked()
        {
            let until = frame.race.update + next;
            frame
                .actions
                .push(Action::Race(RaceCommand::RunUntil(until)));
        }
    });
    ui.add_space(4.0);
    let given = pausing::Given {
        micro: frame.micro,
        race: frame.race,
        view: frame.view,
        classes: !frame.data.classes().is_empty(),
        grain: None,
    };
    pausing::button(ui, &given, frame.actions);
}
