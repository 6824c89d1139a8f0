//! How many examples each part has, how many are used, and noise on them, of data that are open: a change takes effect with the next run.

use super::fold::{self, Part as Fold};
use super::setting::setting;
use crate::app::format;
use crate::app::kit::card;
use crate::app::kit::field::NumberField;
use crate::app::kit::slider::Slider;
use crate::app::window::Window;
use crate::data::{Dataset, MOONS_SIZE, Part, TOYS};
use crate::experiment::data::Split;
use crate::experiment::file::Experiment;
use egui::Ui;

/// The parts, and what a field of each is called.
const PARTS: [(Part, &str); 3] = [
    (Part::Train, "train on"),
    (Part::Validation, "validate on"),
    (Part::Test, "test on"),
];

/// Draws the rows, or what they say where there is no room for them.
pub(super) fn show(window: &Window, draft: &mut Experiment, ui: &mut Ui) {
    let Some(data) = window
        .engine
        .data()
        .filter(|data| may_be_dealt(data, draft))
    else {
        return;
    };
    let top = ui.cursor().top();
    let parts = parts(data, draft);
    let counts = parts.map(|n| format::count(n as u64)).join(" / ");
    if fold::is_offered(ui, Fold::Dealt) {
        let words = format!("split {counts}");
        fold::row(ui, Fold::Dealt, "split", &words);
    }
    if !fold::is_folded(ui, Fold::Dealt) {
        rows(data, parts, draft, ui);
    }
    fold::measured(ui, Fold::Dealt, ui.cursor().top() - top);
}

/// Where all parts hold the same examples, rows that belong together have one side, or points are made by hand, nothing can be dealt
/// anew here.
fn may_be_dealt(data: &Dataset, draft: &Experiment) -> bool {
    let shared = data.len() < 4;
    !shared && draft.data.split_by.is_none() && draft.data.points.is_none()
}

/// The examples of each part in the next run.
fn parts(data: &Dataset, draft: &Experiment) -> [usize; 3] {
    let own = PARTS.map(|(part, _)| data.range(part).len());
    match (draft.data.split, draft.data.size) {
        (Some(split), _) => [split.train, split.validation, split.test],
        // Generated data have their own split, whatever their size.
        (None, Some(size)) if !is_generated(draft) => in_proportion(own, size),
        (None, _) => own,
    }
}

fn is_generated(draft: &Experiment) -> bool {
    TOYS.contains(&draft.data.source.as_str())
}

/// Parts of `size` in all, in the proportions of `parts`.
fn in_proportion(parts: [usize; 3], size: usize) -> [usize; 3] {
    let all = parts.iter().sum::<usize>().max(1) as u128;
    let [_, validation, test] = parts.map(|n| (n as u128 * size as u128 / all) as usize);
    [size - validation - test, validation, test]
}

fn rows(data: &Dataset, parts: [usize; 3], draft: &mut Experiment, ui: &mut Ui) {
    let made = draft.data.size.unwrap_or(MOONS_SIZE);
    let generated = is_generated(draft);
    let all = if generated { made } else { data.len() };
    let drag = (all as f64 / 400.0).max(0.25);
    let with = |part: usize, n: usize| {
        let mut new = parts;
        new[part] = n;
        new
    };
    let fits = |[train, validation, test]: [usize; 3]| {
        // Of another size they have not been made yet.
        let total = train.saturating_add(validation).saturating_add(test);
        match generated {
            true if total > all => Err(format!(
                "at most {} in all are made",
                format::count(all as u64)
            )),
            true if train == 0 => Err("at least 1 to train on".to_owned()),
            true => Ok(()),
            false => match data.would_split(train, validation, test) {
                Ok(_) => Ok(()),
                Err(crate::data::DataError::Split { problem, .. }) => Err(problem),
                Err(other) => Err(other.to_string()),
            },
        }
    };
    for (part, (_, name)) in PARTS.into_iter().enumerate() {
        let hover = "How many examples this part has. A change takes effect with the next run.";
        setting(ui, name, hover, |ui| {
            let mut n = parts[part];
            let check = |n: usize| fits(with(part, n));
            NumberField::new(name, 0..=usize::MAX)
                .speed(drag)
                .width(64.0)
                .check(&check)
                .show(ui, &mut n);
            if n != parts[part] {
                take(draft, with(part, n));
            }
        });
    }
    // Generated data have a size and noise of their own above.
    if generated {
        return;
    }
    let used: usize = parts.iter().sum();
    let of_size = |size: usize| in_proportion(parts, size.max(1));
    // Copies of an example stay in one part: the nearest smaller size where they do.
    let near = |size: usize| {
        let sizes = (size.saturating_sub(200)..=size).rev().map(of_size);
        sizes.into_iter().find(|parts| fits(*parts).is_ok())
    };
    // As many as the parts can have in these proportions.
    let (mut most, mut beyond) = (used, data.len() + 1);
    while most + 1 < beyond {
        let middle = most.midpoint(beyond);
        match near(middle) {
            Some(_) => most = middle,
            None => beyond = middle,
        }
    }
    let mut size = used as f64;
    let count = |v: f64| format::count(v as u64);
    let width = ui.available_width();
    let slider = Slider::new("size", 4.0..=most.max(5) as f64)
        .logarithmic()
        .write(&count)
        .width(width)
        .show(ui, &mut size);
    let size = size.round() as usize;
    if slider.changed()
        && size != used
        && let Some(parts) = near(size)
    {
        take(draft, parts);
    }
    let hover = "How many of the examples are used, each part in proportion. A change takes effect with the next run.";
    card::hover(slider, hover);
    // Noise on letters means nothing.
    if data.symbol(0).is_some() {
        return;
    }
    let own = draft.data.noise.unwrap_or(0.0);
    let mut noise = own;
    let slider = Slider::new("noise", 0.0..=1.0)
        .step(0.01)
        .width(width)
        .show(ui, &mut noise);
    if slider.changed() {
        let noise = (noise * 100.0).round() / 100.0;
        draft.data.noise = (noise > 0.0).then_some(noise);
    }
    let hover = "Standard deviation of noise added to every input as the network sees it, the same at every epoch. A change takes effect with the next run.";
    card::hover(slider, hover);
}

/// The next run has these parts. A size that was asked for is in them.
fn take(draft: &mut Experiment, [train, validation, test]: [usize; 3]) {
    if !is_generated(draft) {
        draft.data.size = None;
    }
    draft.data.split = Some(Split {
        train,
        validation,
        test,
    });
}
