//! Parts of the set-up that give way to what has to be in sight: folded by themselves where all of it has no room, and by hand.

use crate::app::kit::icons::Icon;
use crate::app::kit::{card, paint};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use egui::{Id, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// What folds, the first to give way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// How examples are dealt to the parts.
    Dealt,
    /// The list of layers.
    Layers,
    /// What can be chosen about generated data.
    Generated,
}

impl Part {
    const ALL: [Self; 3] = [Self::Dealt, Self::Layers, Self::Generated];

    fn id(self) -> Id {
        Id::unique(("folds", self as usize))
    }
}

/// What is known of a part from the last frame.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Its height when it was open.
    open: f32,
    /// Its height when it was folded.
    folded: f32,
    /// It is shown folded.
    is_folded: bool,
    /// Chosen by hand.
    chosen: Option<bool>,
}

fn known(ui: &Ui, part: Part) -> Known {
    ui.data(|d| d.get_temp(part.id())).unwrap_or_default()
}

fn note(ui: &Ui, part: Part, known: Known) {
    ui.data_mut(|d| d.insert_temp(part.id(), known));
}

/// Whether a part is folded now.
pub(super) fn is_folded(ui: &Ui, part: Part) -> bool {
    known(ui, part).is_folded
}

/// Whether a part has a row to fold or unfold it by: where all is in sight there is no need of one.
pub(super) fn is_offered(ui: &Ui, part: Part) -> bool {
    let known = known(ui, part);
    known.is_folded || known.chosen.is_some()
}

/// Notes how high a part came out.
pub(super) fn measured(ui: &Ui, part: Part, height: f32) {
    let mut known = known(ui, part);
    match known.is_folded {
        true => known.folded = height,
        false => known.open = height,
    }
    note(ui, part, known);
}

/// Decides what is folded in the next frame: with all open the contents would be this much higher than their room.
pub(super) fn decide(ui: &Ui, height: f32, room: f32) {
    let parts = Part::ALL.map(|part| (part, known(ui, part)));
    let hidden = |k: &Known| match k.is_folded {
        true => (k.open - k.folded).max(0.0),
        false => 0.0,
    };
    let all: f32 = height + parts.iter().map(|(_, k)| hidden(k)).sum::<f32>();
    let mut over = all - room;
    for (part, mut known) in parts {
        let own = over > 0.5;
        let fold = known.chosen.unwrap_or(own);
        if fold {
            over -= (known.open - known.folded).max(0.0);
        }
        if fold != known.is_folded {
            known.is_folded = fold;
            note(ui, part, known);
            ui.ctx().request_repaint();
        }
    }
}

/// The row of a part: what is in it, and a chevron. A press folds or unfolds it.
pub(super) fn row(ui: &mut Ui, part: Part, name: &str, summary: &str) -> Response {
    let folded = is_folded(ui, part);
    let size = vec2(ui.available_width(), metrics::ROW_LIST);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let said = match folded {
        true => format!("Unfold {name}: {summary}"),
        false => format!("Fold {name}"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::DisclosureTriangle, true, &said));
    let c = Theme::get(ui);
    let ink = if response.hovered() { c.t1 } else { c.t2 };
    let icon = match folded {
        true => Icon::ChevronRight,
        false => Icon::ChevronDown,
    };
    icon.paint(ui.painter(), pos2(rect.left() + 6.0, rect.center().y), ink);
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::BODY);
    let at = pos2(rect.left() + 18.0, y);
    let room = rect.width() - 18.0;
    let words = if folded { summary } else { name };
    card::within(ui, at, room, words, text::body_font(), ink);
    paint::focus_ring(ui, &response, rect);
    if response.clicked() {
        let mut known = known(ui, part);
        known.chosen = Some(!folded);
        note(ui, part, known);
        ui.ctx().request_repaint();
    }
    card::hover(response, &said)
}
