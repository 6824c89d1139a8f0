//! The largest misses of targets that are values: which examples, what is true, what was said.

use super::fit::{chosen, signed, target_name};
use crate::app::format;
use crate::app::kit::panel;
use crate::app::kit::table::{Columns, Row, Tone};
use crate::app::naming;
use crate::app::state::{Action, Frame};
use crate::app::theme::metrics;
use crate::experiment::fitted::Fitted;
use egui::{Sense, Ui};
use std::sync::Arc;

/// So many are listed.
const MOST: usize = 200;

/// The target that is missed.
pub fn caption(frame: &Frame<'_>) -> String {
    match &frame.race.fitted {
        Some(fitted) => format!("{}, {}", target_name(frame, chosen(frame)), fitted.part),
        None => String::new(),
    }
}

/// Draws the view.
pub fn ui(ui: &mut Ui, frame: &mut Frame<'_>) {
    let Some(fitted) = frame.race.fitted.clone() else {
        panel::empty(
            ui,
            "Once answers have been scored, the examples that were missed most are listed here.",
        );
        return;
    };
    let target = chosen(frame);
    let worst = worst(ui, frame, &fitted, target);
    panel::inset(6, 4).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let columns = Columns::of_widths(&[66.0, 66.0, 74.0]);
        columns.captions(ui, "example", &["true", "said", "true − said"]);
        egui::ScrollArea::vertical()
            .id_salt("misses")
            .auto_shrink(false)
            .show_rows(ui, metrics::ROW_TABLE, worst.len(), |ui, range| {
                for &example in &worst[range] {
                    one(ui, frame, &columns, (&fitted, example, target));
                }
            });
    });
}

fn one(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    columns: &Columns,
    (fitted, example, target): (&Fitted, usize, usize),
) {
    let Some([truth, said]) = pair(frame, fitted, example, target) else {
        return;
    };
    let label = format::count(naming::number(frame.data, example) as u64);
    let miss = truth - said;
    // A column has room for eight digits.
    let write = |v: f64| match v.abs() {
        1e6.. => format::scientific(v, 4),
        _ => format::number(v),
    };
    let [truth, said] = [truth, said].map(write);
    let miss = signed(miss, write(miss));
    let values = [
        (truth.as_str(), Tone::Value),
        (said.as_str(), Tone::Quiet),
        (miss.as_str(), Tone::Value),
    ];
    let subject = &frame.micro.subject;
    let row = Row {
        selected: !subject.drawn && subject.example == example,
        sense: Sense::click(),
        ..Row::new(&label, &values)
    };
    if columns.row(ui, row).clicked() {
        frame.actions.push(Action::Example(example));
    }
}

/// What is true and what was said.
fn pair(frame: &Frame<'_>, fitted: &Fitted, example: usize, target: usize) -> Option<[f64; 2]> {
    let truth = *frame.data.stored_target(example)?.get(target)?;
    Some([truth, fitted.said(example, target)?])
}

/// The examples that are missed most, kept until there are other answers.
fn worst(ui: &Ui, frame: &Frame<'_>, fitted: &Arc<Fitted>, target: usize) -> Arc<Vec<usize>> {
    type Kept = Option<(Arc<Fitted>, usize, Arc<Vec<usize>>)>;
    let id = egui::Id::unique("largest misses");
    let kept: Kept = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if let Some((of, at, worst)) = kept
        && Arc::ptr_eq(&of, fitted)
        && at == target
    {
        return worst;
    }
    let examples = fitted.examples.clone();
    let mut all: Vec<(f64, usize)> = examples
        .filter_map(|example| {
            let [truth, said] = pair(frame, fitted, example, target)?;
            Some(((truth - said).abs(), example))
        })
        .collect();
    // The first of equals stands first.
    let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if all.len() > MOST {
        all.select_nth_unstable_by(MOST, order);
        all.truncate(MOST);
    }
    all.sort_unstable_by(order);
    let worst = Arc::new(all.into_iter().map(|miss| miss.1).collect::<Vec<_>>());
    let kept = Some((Arc::clone(fitted), target, Arc::clone(&worst)));
    ui.data_mut(|d| d.insert_temp::<Kept>(id, kept));
    worst
}
