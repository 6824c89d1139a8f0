//! "What do you read?": what the network says of an input made by hand, with the output freed.

use crate::app::format;
use crate::app::kit::button::Button;
use crate::app::kit::section;
use crate::app::state::{Action, Choice};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::network::Loss;
use egui::Ui;

/// So many readings are listed.
const SHOWN: usize = 3;

/// The question, and while it is asked the answer, which follows what is drawn or typed.
pub(super) fn show(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let (Some(session), Some(micro)) = (&window.engine.session, &window.engine.micro) else {
        return;
    };
    let classes = session.data.classes();
    if !micro.subject.drawn || classes.is_empty() {
        return;
    }
    let asked = window.view.asked;
    let words = match asked {
        true => "Hide the reading",
        false => "What do you read?",
    };
    ui.add_space(4.0);
    let pressed = Button::new(words)
        .hover("What the network says by itself: its output free, not clamped to what you mean.")
        .show(ui)
        .clicked();
    if pressed {
        actions.push(Action::Choose(Choice::Ask(!asked)));
    }
    if !asked {
        return;
    }
    let c = Theme::get(ui);
    ui.add_space(4.0);
    let said = readings(micro);
    let Some((first, sure)) = said.first() else {
        ui.label(text::body("The output is not finite.").color(c.t1));
        return;
    };
    let share = micro.plan.graph.loss == Loss::CrossEntropy;
    let written = |v: f64| match share {
        true => format::percent(v, 1),
        false => format::number3(v),
    };
    let name = |k: usize| classes.get(k).map_or("?", String::as_str);
    let head = format!("It reads {}, {}.", name(*first), written(*sure));
    ui.add(egui::Label::new(text::strong(head).color(c.t1)).wrap());
    for (class, value) in said.iter().skip(1).take(SHOWN - 1) {
        section::value_row(ui, name(*class), &written(*value), metrics::ROW_SETTING);
    }
    let update = format::count(micro.subject.update);
    let words = format!("output free, weights of update {update}");
    ui.add(egui::Label::new(text::caption(words).color(c.t3)).wrap());
}

/// The classes by what the free output says of each, the largest first; none where some of it is not finite.
fn readings(micro: &MicroscopeSnapshot) -> Vec<(usize, f64)> {
    let n = micro.plan.len_of(micro.plan.output());
    let mut all: Vec<(usize, f64)> = (0..n).map(|k| (k, micro.output.get(k))).collect();
    if all.iter().any(|(_, v)| !v.is_finite()) {
        return Vec::new();
    }
    // The first of equals stays first.
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}
