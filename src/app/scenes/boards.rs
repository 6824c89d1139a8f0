//! Scenes of the board of lanes.

use crate::app::arrangement::Kind;
use crate::app::layout::Layout;
use crate::app::state::Action;
use crate::app::window::Window;
use crate::experiment::board::{self, SETTINGS};
use crate::experiment::session::RaceCommand;

/// Adds lanes as the form of the board does: which is copied, what differs, and how.
fn add(window: &mut Window, changes: &[(&str, &str, &str)]) {
    for (label, key, text) in changes {
        let draft = &window.document.draft;
        let columns = board::columns(draft);
        let copied = columns.iter().find(|c| c.lane.label == *label);
        let setting = SETTINGS.iter().find(|s| s.key == *key);
        if let (Some(copied), Some(setting)) = (copied, setting)
            && let Ok(next) = board::added(draft, copied, setting, text)
        {
            window.act(Action::Edit(Box::new(next)));
        }
    }
    window.act(Action::Start);
}

/// Digits: IL with two other γ, one of five seeds, Z-IL taken late.
pub(super) fn lanes(window: &mut Window) {
    window.shell.settings.layout = Layout::Train;
    let changes = [
        ("IL", "inference.gamma", "0.02"),
        ("IL, γ 0.02", "seeds", "5"),
        ("Z-IL", "conditions.capture", "late"),
    ];
    add(window, &changes);
    window.act(Action::Race(RaceCommand::RunUntil(70)));
    window.shell.trees.bring(Layout::Train, Kind::Any, "Board");
}

/// The same with its curves, and a lane changed in the draft.
pub(super) fn bands(window: &mut Window) {
    lanes(window);
    window.shell.trees.bring(Layout::Train, Kind::Any, "Loss");
}
