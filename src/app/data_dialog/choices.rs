//! What can be chosen about data before they are opened.

use super::Ready;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::field::NumberField;
use crate::app::kit::section;
use crate::app::kit::toggle;
use crate::app::panels::setting::setting;
use crate::app::theme::Theme;
use crate::app::{format, text};
use crate::data;
use crate::data::{Column, Fit, Format, LoadOptions, Preview, Scale, Shuffle};
use egui::Ui;

/// How the data are read and arranged.
pub(super) fn choices(ui: &mut Ui, options: &mut LoadOptions, ready: &Ready) {
    let (p, chosen) = (ready.loaded.preview(), ready.loaded.chosen());
    section::heading(ui, "How to read them");
    ui.add_space(3.0);
    if matches!(
        p.kind,
        Format::ImageFolder | Format::ImageZip | Format::Image
    ) {
        listed_column(ui, options, p);
        size_of_pictures(ui, options, p);
    }
    turned(ui, options, p);
    if p.kind == Format::Table {
        super::together::together(ui, options, p);
    }
    // Letters are one-hot: nothing to scale.
    if p.letters.is_empty() {
        setting(
            ui,
            "numbers",
            "How stored numbers become inputs. What is moved or divided by is worked out on the training part alone.",
            |ui| {
                let names = ["as stored", "0 to 1", "standardised"];
                let scales = [Scale::None, Scale::Unit, Scale::Standardise];
                let own = chosen.scale.unwrap_or(if ready.bytes {
                    Scale::Unit
                } else {
                    Scale::None
                });
                let mut which = scales.iter().position(|s| *s == own).unwrap_or(0);
                if Dropdown::new("Numbers", &names)
                    .width(126.0)
                    .show(ui, &mut which)
                    .changed()
                {
                    options.scale = Some(scales[which]);
                }
            },
        );
    }
    // What stays together moves the parts to the nearest sizes there are.
    let asked = options.split.filter(|_| options.split_by.is_none());
    let parts = asked.unwrap_or(p.parts);
    let drag = (p.examples as f64 / 400.0).max(0.25);
    for (part, name) in ["train on", "validate on", "test on"]
        .into_iter()
        .enumerate()
    {
        setting(ui, name, "How many examples this part has.", |ui| {
            let with = |n: usize| {
                let mut new = parts;
                new[part] = n;
                new
            };
            let check = |n: usize| {
                // The dialog names the file already.
                let words = |e: data::DataError| match e {
                    data::DataError::Split { problem, .. } => problem,
                    other => other.to_string(),
                };
                ready.loaded.may_split(with(n)).map_err(words)
            };
            let mut n = parts[part];
            NumberField::new(name, 0..=usize::MAX)
                .speed(drag)
                .width(72.0)
                .check(&check)
                .show(ui, &mut n);
            if n != parts[part] {
                options.split = Some(with(n));
                options.size = None;
            }
        });
    }
    let used: usize = parts.iter().sum();
    if used < p.examples {
        let left = format!(
            "{} of {} are in no part",
            format::count((p.examples - used) as u64),
            format::count(p.examples as u64)
        );
        let c = Theme::get(ui);
        ui.label(text::caption(left).color(c.t3));
        ui.add_space(2.0);
    }
    setting(
        ui,
        "use",
        "How many of the examples are used, each part in proportion.",
        |ui| {
            let used = options.size.unwrap_or(used.min(p.examples));
            let mut n = used;
            NumberField::new("Examples used", 1..=p.examples.max(1))
                .speed(drag)
                .width(72.0)
                .show(ui, &mut n);
            if n != used {
                // A split that was chosen keeps its proportions; otherwise the data's own has them.
                options.split = options.split.map(|split| in_proportion(split, n));
                options.size = options.split.is_none().then_some(n);
            }
        },
    );
    setting(
        ui,
        "shuffle seed",
        "The order in which examples are dealt to the parts. A test part that came with the data stays one.",
        |ui| {
            let seed = match (options.shuffle, chosen.shuffle) {
                (Some(Shuffle::Seed(seed)), _) | (None, Some(Shuffle::Seed(seed))) => seed,
                _ => 0,
            };
            let mut new = seed;
            NumberField::new("Shuffle seed", 0..=i64::MAX as u64)
                .width(72.0)
                .show(ui, &mut new);
            if new != seed {
                options.shuffle = Some(Shuffle::Seed(new));
            }
        },
    );
    // Nor to add to.
    if p.letters.is_empty() {
        setting(
            ui,
            "noise",
            "Standard deviation of noise added to every input as the network sees it, the same at every epoch.",
            |ui| {
                let own = options.noise.unwrap_or(0.0);
                let mut noise = own;
                NumberField::new("Noise", 0.0..=10.0)
                    .speed(0.01)
                    .width(72.0)
                    .show(ui, &mut noise);
                if noise != own {
                    options.noise = (noise > 0.0).then_some(noise);
                }
            },
        );
    }
}

/// Parts of `size` in all, in the proportions of `parts`.
pub(super) fn in_proportion(parts: [usize; 3], size: usize) -> [usize; 3] {
    let all = parts.iter().sum::<usize>().max(1) as u128;
    let [_, validation, test] = parts.map(|n| (n as u128 * size as u128 / all) as usize);
    [size - validation - test, validation, test]
}

/// Of a table that lists pictures, the column that is learnt.
fn listed_column(ui: &mut Ui, options: &mut LoadOptions, p: &Preview) {
    let names: Vec<&str> = p.listed_columns.iter().map(String::as_str).collect();
    let learnt = |name: &&str| p.target.as_deref() == Some(*name);
    let (Some(own), 2..) = (names.iter().position(learnt), names.len()) else {
        return;
    };
    setting(
        ui,
        "learn",
        "The column of the list that says what each picture is.",
        |ui| {
            let mut which = own;
            if Dropdown::new("Column to learn", &names)
                .width(126.0)
                .show(ui, &mut which)
                .changed()
            {
                options.label = Some(Column::Name(names[which].to_owned()));
            }
        },
    );
}

pub(super) fn size_of_pictures(ui: &mut Ui, options: &mut LoadOptions, p: &Preview) {
    let [_, height, width] = p.shape[..] else {
        return;
    };
    setting(
        ui,
        "size",
        "Brings every picture to this many pixels a side.",
        |ui| {
            let sizes = [height.max(width), 16, 28, 32, 64];
            let own = format!("{height} × {width}");
            let names = [own.as_str(), "16 × 16", "28 × 28", "32 × 32", "64 × 64"];
            let mut which = 0;
            if Dropdown::new("Size", &names)
                .width(126.0)
                .show(ui, &mut which)
                .changed()
                && which > 0
            {
                options.fit = Some(Fit {
                    height: sizes[which],
                    width: sizes[which],
                    by: data::FitBy::Resize,
                });
            }
        },
    );
    setting(
        ui,
        "colours",
        "Grey pictures have one channel, colours three. Pictures that are stored in colour and grey all over are read as grey, unless they are to be as stored.",
        |ui| {
            let names = ["grey", "colour", "as stored"];
            let colours = [data::Colour::Grey, data::Colour::Rgb, data::Colour::Stored];
            let read = usize::from(p.shape[0] == 3);
            let chosen = options
                .colour
                .and_then(|c| colours.iter().position(|o| *o == c));
            let mut which = chosen.unwrap_or(read);
            if Dropdown::new("Colours", &names)
                .width(126.0)
                .show(ui, &mut which)
                .changed()
            {
                options.colour = Some(colours[which]);
            }
        },
    );
    if options.colour == Some(data::Colour::Grey) {
        setting(
            ui,
            "grey by",
            "How red, green and blue are weighed: 0.2126, 0.7152 and 0.0722 by BT.709; 0.299, 0.587 and 0.114 by BT.601, as Pillow and torchvision do.",
            |ui| {
                let names = ["BT.709", "BT.601"];
                let weights = [data::Luma::Bt709, data::Luma::Bt601];
                let own = options.grey.unwrap_or_default();
                let mut which = weights.iter().position(|w| *w == own).unwrap_or(0);
                if Dropdown::new("Grey by", &names)
                    .width(126.0)
                    .show(ui, &mut which)
                    .changed()
                {
                    options.grey = Some(weights[which]);
                }
            },
        );
    }
}

/// Whether rows and columns of pictures are swapped.
fn turned(ui: &mut Ui, options: &mut LoadOptions, p: &Preview) {
    if p.thumbnails.is_empty() {
        return;
    }
    toggle::row(
        ui,
        &mut options.turned,
        "turned",
        "Swaps rows and columns of every picture: EMNIST stores its letters so.",
    );
}
