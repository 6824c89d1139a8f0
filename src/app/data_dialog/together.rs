//! Which rows of a table are to stay in one part.

use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::panels::setting::setting;
use crate::data::{Column, LoadOptions, Preview, Warning};
use egui::Ui;

/// The column whose equal values keep rows in one part.
pub(super) fn together(ui: &mut Ui, options: &mut LoadOptions, p: &Preview) {
    let mut names = vec!["no column"];
    names.extend(p.all_columns.all.iter().map(|look| look.name.as_str()));
    setting(
        ui,
        "keep together",
        "Rows that share a value of this column, of one patient or animal, are in one part: none is tested by what was trained on.",
        |ui| {
            let own = match &options.split_by {
                Some(Column::Name(name)) => names[1..].iter().position(|n| n == name),
                Some(Column::Number(n)) => n.checked_sub(1),
                _ => None,
            };
            let mut which = own.map_or(0, |at| at + 1);
            if Dropdown::new("Column that keeps rows together", &names)
                .width(126.0)
                .show(ui, &mut which)
                .changed()
            {
                let look = which.checked_sub(1).map(|at| &p.all_columns.all[at]);
                options.split_by = look.map(|look| look.column.clone());
                // The parts are dealt anew.
                options.split = None;
            }
        },
    );
    if options.split_by.is_none() {
        suggested(ui, options, p);
    }
}

/// A button for each column that seems to say whose rows they are.
fn suggested(ui: &mut Ui, options: &mut LoadOptions, p: &Preview) {
    for warning in &p.warnings {
        let Warning::Whose { column, .. } = warning else {
            continue;
        };
        let Some(look) = p.all_columns.all.iter().find(|look| look.name == *column) else {
            continue;
        };
        let hover = "Its values repeat: rows that share one go into one part, so that none is tested by what was trained on.";
        setting(ui, "suggested", hover, |ui| {
            let words = format!("Keep each {column} together");
            if Button::new(&words).hover(hover).show(ui).clicked() {
                options.split_by = Some(look.column.clone());
                options.split = None;
            }
        });
    }
}
