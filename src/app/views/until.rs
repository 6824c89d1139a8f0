//! How far a race runs: some updates more, or until a condition is met.

use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::card;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::{self, NumberField};
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::Theme;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{PauseWhen, RaceCommand, Watched};
use egui::Ui;

/// Updates that are run at a press, where nobody has said how many.
const USUAL: u64 = 100;

/// The most updates that are run at a press.
const MOST: u64 = 1_000_000;

/// A condition with a usual number, by its place in the list.
fn condition(which: usize) -> Option<Watched> {
    match which {
        1 => Some(Watched::LossBelow(0.1)),
        2 => Some(Watched::ScoreAbove(0.9)),
        3 => Some(Watched::ApartAbove(0.01)),
        4 => Some(Watched::Stop),
        _ => None,
    }
}

/// Its place in the list.
fn place(what: Option<Watched>) -> usize {
    match what {
        None => 0,
        Some(Watched::LossBelow(_)) => 1,
        Some(Watched::ScoreAbove(_)) => 2,
        Some(Watched::ApartAbove(_)) => 3,
        Some(Watched::Stop) => 4,
    }
}

/// Draws two rows.
pub(super) fn rows(ui: &mut Ui, frame: &mut Frame<'_>) {
    let mut next = match frame.view.run_next {
        0 => USUAL,
        next => next,
    };
    ui.add_space(4.0);
    field::row(ui, |ui| {
        let words = format!("{} updates", format::count(next));
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
    let now = frame.view.pause_when;
    // Of the lane whose weights are looked at.
    let own = LaneId::new(&frame.micro.subject.run);
    let own = own.unwrap_or_else(|| LaneId::of(frame.experiment.learning.rule));
    let lane = now.map_or(own, |when| when.lane);
    let label = frame.race.label(&lane).to_owned();
    let score = match frame.data.classes().is_empty() {
        true => "R² above",
        false => "accuracy above",
    };
    let names = [
        "never",
        "loss below",
        score,
        "apart from BP",
        "a lane stops",
    ];
    let hover = format!(
        "Pauses after the first update that meets it. Of {label}: its batch loss; its score on the validation part (the test part where \
         there is none); the relative distance of its weights from BP’s."
    );
    let told = |what: Option<Watched>| {
        let when = what.map(|what| PauseWhen { lane, what });
        Action::Race(RaceCommand::PauseWhen(when))
    };
    let mut asked = None;
    field::row(ui, |ui| {
        let c = Theme::get(ui);
        let label = ui.label(text::body("pause if").color(c.t2));
        card::hover(label, &hover);
        let what = now.map(|when| when.what);
        let mut which = place(what);
        // Before the number, which is not always there: what is open stays the same widget.
        if Dropdown::new("Pause when", &names)
            .width(104.0)
            .show(ui, &mut which)
            .changed()
        {
            asked = Some(condition(which));
        }
        let number = match what {
            Some(Watched::LossBelow(v) | Watched::ScoreAbove(v) | Watched::ApartAbove(v)) => {
                Some(v)
            }
            Some(Watched::Stop) | None => None,
        };
        if let Some(mut value) = number
            && NumberField::new("Pause at", 0.0..=1e9)
                .width(54.0)
                .show(ui, &mut value)
                .changed()
        {
            asked = Some(match what {
                Some(Watched::LossBelow(_)) => Some(Watched::LossBelow(value)),
                Some(Watched::ScoreAbove(_)) => Some(Watched::ScoreAbove(value)),
                _ => Some(Watched::ApartAbove(value)),
            });
        }
    });
    if let Some(what) = asked {
        frame.actions.push(told(what));
    }
}
