//! A row of the set-up, and whether what is typed into it can be taken up.

use crate::app::kit::{card, field, paint};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::file::{Experiment, ExperimentError};
use egui::{Align, Layout, Sense, Ui, pos2, vec2};

/// A label at the left of a row of 24, then whatever `right` puts at its right end.
pub(in crate::app) fn setting(ui: &mut Ui, label: &str, hover: &str, right: impl FnOnce(&mut Ui)) {
    let c = Theme::get(ui);
    field::row(ui, |ui| {
        let width = paint::width(ui.painter(), label, text::body_font()).ceil();
        let (rect, response) =
            ui.allocate_exact_size(vec2(width, metrics::CONTROL), Sense::hover());
        let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
        paint::write(
            ui.painter(),
            pos2(rect.left(), y),
            Align::LEFT,
            label,
            text::body_font(),
            c.t2,
        );
        if !hover.is_empty() {
            card::hover(response, hover);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), right);
    });
}

/// Windows so high have room for words in place of letters in the set-up.
const HIGH: f32 = 1000.0;

/// True where the set-up says in words what it says in letters elsewhere.
pub(in crate::app) fn has_room_for_words(ui: &Ui) -> bool {
    ui.ctx().content_rect().height() >= HIGH
}

/// Whether an experiment would still be one after a change of what `key` names in its file, in the engine's own words.
pub(in crate::app) fn would_be(
    now: &Experiment,
    key: &str,
    change: impl FnOnce(&mut Experiment),
) -> Result<(), String> {
    let mut new = now.clone();
    change(&mut new);
    let origin = "set-up: ";
    let words = |e: ExperimentError| e.to_string().trim_start_matches(origin).to_owned();
    let found = new.validate("set-up").map_err(words);
    match found {
        // What was wrong before is not this change's doing.
        Err(error) if now.validate("set-up").map_err(words) != Err(error.clone()) => {
            // The field names itself and what was typed.
            let own = error.strip_prefix(key).and_then(|e| e.split_once("; "));
            Err(own.map_or_else(|| error.clone(), |(_, expected)| expected.to_owned()))
        }
        _ => Ok(()),
    }
}
