//! The example browser and the confusion matrix, from the predictions the race keeps.

use super::{levels, scored};
use crate::app::format;
use crate::app::kit::badge::chip;
use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::maps::corner_tick;
use crate::app::kit::pictures::Small;
use crate::app::kit::{card, focus, legend, paint, panel};
use crate::app::naming;
use crate::app::state::{Action, BrowseOrder, Choice, Frame};
use crate::app::text;
use crate::app::theme::{NO_TINT, Theme, Tokens, metrics};
use crate::data::Part;
use crate::experiment::lane::LaneId;
use crate::experiment::score::{Prediction, watched_part};
use crate::experiment::session::RaceCommand;
use egui::{
    Align, ColorImage, Rect, Role, Sense, Stroke, TextureHandle, TextureOptions, Ui, WidgetInfo,
    pos2, vec2,
};

/// The part whose examples are browsed.
fn browsed(frame: &Frame<'_>) -> Part {
    let part = frame.race.browsed.map(|(_, part)| part);
    part.unwrap_or_else(|| watched_part(frame.data))
}

/// Examples of the browsed part, with what was predicted where something was.
fn examples(frame: &Frame<'_>) -> Vec<(usize, Option<Prediction>)> {
    let keep = |label: Option<usize>| frame.view.browse_class.is_none_or(|c| label == Some(c));
    match &frame.race.predictions {
        Some((_, _, all)) => {
            let mut left: Vec<&Prediction> = all
                .iter()
                .filter(|p| keep(Some(p.label.into())))
                .filter(|p| match frame.view.browse_cell {
                    // A cell says by itself whether its examples are wrong.
                    Some((a, b)) => usize::from(p.label) == a && usize::from(p.predicted) == b,
                    None => !frame.view.browse_wrong || p.label != p.predicted,
                })
                .collect();
            match frame.view.browse_order {
                BrowseOrder::Stored => {}
                BrowseOrder::LeastSure => {
                    left.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
                }
                BrowseOrder::HighestEnergy => left.sort_by(|a, b| b.energy.total_cmp(&a.energy)),
            }
            left.into_iter()
                .map(|p| (p.example as usize, Some(*p)))
                .collect()
        }
        None => {
            let all = frame.data.range(browsed(frame));
            all.filter(|&i| keep(frame.data.label(i)))
                .map(|i| (i, None))
                .collect()
        }
    }
}

/// Caption of the browser's panel.
pub fn caption(frame: &Frame<'_>) -> String {
    match &frame.race.predictions {
        Some((lane, update, all)) => format!(
            "{}, {}, update {}, n = {}",
            frame.race.label(lane),
            browsed(frame),
            format::count(*update),
            format::count(all.len() as u64)
        ),
        None => format!("{} examples", browsed(frame)),
    }
}

/// Draws the browser.
pub fn browser(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    panel::inset(6, 4)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
            let all = examples(frame);
            let known = frame.race.predictions.is_some();
            let filtered = known || !frame.data.classes().is_empty();
            let filters = |ui: &mut Ui| {
                ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
                if known && chip(ui, "wrong", frame.view.browse_wrong).clicked() {
                    let only = !frame.view.browse_wrong;
                    frame.choose(Choice::Wrong(only));
                }
                classes(ui, frame);
                if let Some((a, b)) = frame.view.browse_cell.filter(|_| known) {
                    let name = |k: usize| frame.data.classes().get(k).map_or("?", String::as_str);
                    if chip(ui, &format!("{} as {}", name(a), name(b)), true).clicked() {
                        frame.choose(Choice::Cell(None));
                    }
                }
            };
            if filtered {
                ui.horizontal_wrapped(filters);
            }
            let counted = match (&frame.race.predictions, frame.view.browse_wrong) {
                (Some((_, _, p)), _) => {
                    let wrong = p.iter().filter(|p| p.label != p.predicted).count();
                    format!(
                        "{} of {} wrong",
                        format::count(wrong as u64),
                        format::count(p.len() as u64)
                    )
                }
                (None, _) => {
                    let examples = levels::plural(all.len(), "example", "examples");
                    // Once training runs, the room is the button's.
                    if frame.race.update > 0 {
                        examples
                    } else {
                        format!("{examples}; a click puts one under the microscope")
                    }
                }
            };
            let both = [Part::Validation, Part::Test];
            let parts = both.iter().all(|p| !frame.data.range(*p).is_empty());
            let parts = parts && !frame.data.classes().is_empty();
            let mut lists = |ui: &mut Ui| {
                if parts {
                    let mut which = usize::from(browsed(frame) == Part::Test);
                    let response = Dropdown::new("Browsed part", &["validation", "test"])
                        .plain()
                        .show(ui, &mut which);
                    if response.changed() {
                        let command = RaceCommand::Browse(LaneId::ZIL, both[which]);
                        frame.actions.push(Action::Race(command));
                    }
                    ui.add_space(6.0);
                }
                if frame.race.predictions.is_some() {
                    let mut order = frame.view.browse_order as usize;
                    let names = ["as stored", "least sure", "highest energy"];
                    let response = Dropdown::new("Order", &names)
                        .plain()
                        .show(ui, &mut order);
                    if response.changed() {
                        let order = [
                            BrowseOrder::Stored,
                            BrowseOrder::LeastSure,
                            BrowseOrder::HighestEnergy,
                        ][order];
                        frame.choose(Choice::Order(order));
                    }
                    card::hover(
                        response,
                        "Which examples come first. Energy is that of the feed-forward state: the loss.",
                    );
                }
            };
            if parts || known {
                ui.horizontal(&mut lists);
            }
            // A row of their own: beside the lists a narrow panel has no room for them.
            ui.horizontal(|ui| {
                ui.label(text::caption(&counted).color(c.t3));
                let part = browsed(frame);
                // Values are not browsed: what was said of them has a view of its own.
                let all = match frame.data.classes() {
                    [] => 0,
                    _ => frame.data.range(part).len(),
                };
                let predictions = frame.race.predictions.as_ref();
                let scored = predictions.map_or(0, |p| p.2.len());
                let older = predictions.is_some_and(|p| p.1 < frame.race.update);
                // What tests is not read again by itself.
                let older = older && part != watched_part(frame.data);
                if frame.race.update > 0 && (scored < all || older) {
                    ui.with_layout(egui::Layout::right_to_left(Align::Center), |ui| {
                        let words = format!("score all {}", format::count(all as u64));
                        let hover =
                            format!("Runs every {part} example through Z-IL’s present weights.");
                        if Button::plain(&words).hover(&hover).show(ui).clicked() {
                            frame
                                .actions
                                .push(Action::Race(RaceCommand::Browse(LaneId::ZIL, part)));
                        }
                    });
                }
            });
            if all.is_empty() {
                panel::empty(
                    ui,
                    "No example is left by these filters. Clear one of them.",
                );
                return;
            }
            grid(ui, frame, &all, c);
        });
}

/// The filter by class: a chip each, or a list where there are too many for chips.
fn classes(ui: &mut Ui, frame: &mut Frame<'_>) {
    const CHIPS: usize = 20;
    let names = frame.data.classes();
    if names.len() <= CHIPS {
        for (class, name) in names.iter().enumerate() {
            let on = frame.view.browse_class == Some(class);
            if chip(ui, name, on).clicked() {
                let class = (!on).then_some(class);
                frame.choose(Choice::Class(class));
            }
        }
        return;
    }
    let mut options = vec!["every class"];
    options.extend(names.iter().map(String::as_str));
    let mut chosen = frame.view.browse_class.map_or(0, |class| class + 1);
    if Dropdown::new("Class", &options)
        .plain()
        .show(ui, &mut chosen)
        .changed()
    {
        let class = chosen.checked_sub(1);
        frame.choose(Choice::Class(class));
    }
}

fn grid(ui: &mut Ui, frame: &mut Frame<'_>, all: &[(usize, Option<Prediction>)], c: &Tokens) {
    let [_, height, width] = frame.data.shape();
    let small =
        (height > 1).then(|| Small::new([width, height], vec2(64.0, 64.0), ui.pixels_per_point()));
    let size = small.map_or(vec2(56.0, 18.0), |small| small.size());
    let cell = vec2((size.x + 14.0).max(84.0), size.y + 19.0);
    let columns = ((ui.available_width() / cell.x).floor() as usize).max(1);
    let cell = vec2((ui.available_width() / columns as f32).floor(), cell.y);
    let rows = all.len().div_ceil(columns);
    egui::ScrollArea::vertical()
        .id_salt("examples")
        .auto_shrink(false)
        .show_rows(ui, cell.y, rows, |ui, range| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            let shown: Vec<(usize, Option<Prediction>)> =
                all[range.start * columns..(range.end * columns).min(all.len())].to_vec();
            let texture = small.map(|small| {
                let examples: Vec<usize> = shown.iter().map(|s| s.0).collect();
                atlas(ui, frame, &examples, small, c)
            });
            for (i, line) in shown.chunks(columns).enumerate() {
                ui.horizontal(|ui| {
                    for (j, (example, prediction)) in line.iter().enumerate() {
                        let (rect, response) = ui.allocate_exact_size(cell, Sense::click());
                        focus::item(egui::Id::unique("examples"), &response);
                        if response.gained_focus() {
                            // With a part of the rows above and below, or arrows would not find them.
                            ui.scroll_to_rect(rect.expand2(vec2(0.0, 0.3 * cell.y)), None);
                        }
                        let area = Rect::from_min_size(
                            pos2(rect.center().x - size.x / 2.0, rect.top() + 1.0),
                            size,
                        );
                        if let Some((handle, count)) = &texture {
                            let k = i * columns + j;
                            let uv = Rect::from_min_max(
                                pos2(0.0, k as f32 / *count as f32),
                                pos2(1.0, (k + 1) as f32 / *count as f32),
                            );
                            ui.painter().image(
                                handle.id(),
                                paint::snap_rect(ui.painter(), area),
                                uv,
                                NO_TINT,
                            );
                        } else {
                            features(ui, frame, *example, area, c);
                        }
                        tile(ui, frame, rect, response, *example, *prediction);
                    }
                });
            }
        });
}

/// Caption, selection and click of one example.
fn tile(
    ui: &Ui,
    frame: &mut Frame<'_>,
    rect: Rect,
    response: egui::Response,
    example: usize,
    prediction: Option<Prediction>,
) {
    let c = Theme::get(ui);
    let class = |k: usize| {
        frame
            .data
            .classes()
            .get(k)
            .cloned()
            .unwrap_or_else(|| k.to_string())
    };
    let number = format::count(naming::number(frame.data, example) as u64);
    let (names, sure, said, exact) = match prediction {
        Some(p) => {
            let (a, b) = (class(p.label.into()), class(p.predicted.into()));
            let sure = format::cell(f64::from(p.confidence));
            let said = |sure: &str, energy: &str| {
                format!("example {number}: {a}, read as {b}, sure {sure}, energy {energy}")
            };
            let short = said(&sure, &format::number3(f64::from(p.energy)));
            let digits = format::all_digits_f32;
            let exact = said(&digits(p.confidence), &digits(p.energy));
            let names = if a == b { a } else { format!("{a} as {b}") };
            (names, Some(sure), short, exact)
        }
        None => {
            let values = || {
                let stored = frame.data.stored_target(example).unwrap_or_default();
                let words: Vec<String> = stored.iter().map(|v| format::number(*v)).collect();
                words.join(", ")
            };
            let a = frame.data.label(example).map_or_else(values, class);
            let said = format!("example {number}: {a}");
            (a, None, said.clone(), said)
        }
    };
    let wrong = prediction.is_some_and(|p| p.label != p.predicted);
    let y = paint::baseline(ui.painter(), rect.bottom() - 10.0, text::size::MONO_SMALL);
    let ink = if wrong { c.t1 } else { c.t3 };
    let room = rect.width() - 8.0;
    let wide = |words: &str| paint::width(ui.painter(), words, text::mono_small_font());
    // Where names are long the number gives way: the card has it.
    let words = sure
        .map(|sure| format!("{names} {sure}"))
        .filter(|words| wide(words) <= room)
        .unwrap_or(names);
    // Letters that are all as wide as an m take more room than names have.
    let font = match wide(&words) <= room {
        true => text::mono_small_font(),
        false => text::caption_font(),
    };
    let own = paint::width(ui.painter(), &words, font.clone());
    let left = rect.center().x - own.min(room) / 2.0;
    paint::write_within(ui.painter(), pos2(left, y), room, &words, font, ink);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    if frame.micro.subject.example == example || response.hovered() || response.has_focus() {
        let stroke = Stroke::new(
            1.0,
            if frame.micro.subject.example == example {
                c.t1
            } else {
                c.line2
            },
        );
        ui.painter().rect_stroke(
            rect.shrink(1.0),
            metrics::RADIUS,
            stroke,
            egui::StrokeKind::Inside,
        );
    }
    if response.clicked() {
        frame.actions.push(Action::Example(example));
    }
    // What loses its end on the tile is whole here.
    let cut = own > room && !exact.contains(&words);
    let whole = if cut {
        format!("{words}: ")
    } else {
        String::new()
    };
    card::hover(
        response,
        &format!(
            "{whole}{exact}{}. A click puts it under the microscope.",
            part_of_features(frame)
        ),
    );
}

/// Features that the browser draws of an example that is no picture.
const FEATURES: usize = 8;

/// ±r of their colours; what lies beyond is marked.
const FEATURE_RANGE: f64 = 2.0;

/// What part of its features is drawn, where it is not all.
fn part_of_features(frame: &Frame<'_>) -> String {
    let [_, height, _] = frame.data.shape();
    let n = frame.data.input_len();
    if height > 1 || n <= FEATURES {
        return String::new();
    }
    format!(
        "; the first {} features are drawn",
        format::of(FEATURES as u64, n as u64)
    )
}

/// Features of flat data as a small row of cells.
fn features(ui: &Ui, frame: &Frame<'_>, example: usize, area: Rect, c: &Tokens) {
    let n = frame.data.input_len();
    let mut values = vec![0.0; n];
    frame.data.write_input(example, &mut values);
    let width = area.width() / n.min(FEATURES) as f32;
    for (i, v) in values.iter().take(FEATURES).enumerate() {
        let rect = Rect::from_min_size(
            area.min + vec2(i as f32 * width, 0.0),
            vec2(width - 2.0, area.height()),
        );
        let fill = c.diverging_activity(*v, FEATURE_RANGE);
        ui.painter().rect_filled(rect, metrics::RADIUS_CELL, fill);
        if v.abs() > FEATURE_RANGE {
            corner_tick(ui.painter(), rect, c);
        }
        if width > 24.0 {
            paint::centred(
                ui.painter(),
                rect,
                &format::cell(*v),
                text::mono_small_font(),
                c.ink_on(fill),
            );
        }
    }
}

/// One texture with the pictures shown, below each other.
fn atlas(
    ui: &Ui,
    frame: &Frame<'_>,
    shown: &[usize],
    small: Small,
    c: &Tokens,
) -> (TextureHandle, usize) {
    type Kept = Option<((Vec<usize>, Theme, String, Small, Vec<f64>), TextureHandle)>;
    let id = egui::Id::unique("browser atlas");
    let mut values = vec![0.0; frame.data.input_len()];
    if let Some(&first) = shown.first() {
        frame.data.write_input(first, &mut values);
    }
    // The first picture's inputs tell whether scaling or noise have changed.
    let key = (
        shown.to_vec(),
        c.theme,
        frame.data.name().to_owned(),
        small,
        values.clone(),
    );
    let kept: Kept = ui.data(|d| d.get_temp(id)).unwrap_or_default();
    if let Some((old, handle)) = kept
        && old == key
    {
        return (handle, shown.len().max(1));
    }
    let look = frame.data.look();
    let [width, height] = small.texels();
    let mut pixels = Vec::with_capacity(shown.len() * height * width);
    for &example in shown {
        frame.data.write_input(example, &mut values);
        pixels.extend(small.pixels(&values, &look, c));
    }
    let image = ColorImage::new([width, shown.len() * height], pixels);
    let handle = ui
        .ctx()
        .load_texture("browser", image, TextureOptions::NEAREST);
    ui.data_mut(|d| d.insert_temp::<Kept>(id, Some((key, handle.clone()))));
    (handle, shown.len().max(1))
}

/// Draws the confusion matrix.
pub fn confusion(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let Some((lane, _, predictions)) = &frame.race.predictions else {
        let answers = format!(
            "the {} examples are read and their mistakes counted here",
            browsed(frame)
        );
        let words = scored::waiting(frame, &answers);
        panel::empty(ui, &words);
        return;
    };
    let classes = frame.data.classes();
    let n = classes.len();
    if n == 0 || n > 20 {
        panel::empty(ui, "The confusion matrix is drawn for 2 to 20 classes.");
        return;
    }
    let mut counts = vec![0u32; n * n];
    for p in predictions.iter() {
        counts[usize::from(p.label) * n + usize::from(p.predicted)] += 1;
    }
    let mistakes = |i: usize| if i / n == i % n { 0 } else { counts[i] };
    let worst = (0..n * n).max_by_key(|&i| mistakes(i)).unwrap_or(0);
    let most = mistakes(worst).max(1);
    let area = ui.max_rect().shrink2(vec2(12.0, 8.0));
    let painter = ui.painter().clone();
    let grid = Rect::from_min_max(
        area.min + vec2(34.0, 32.0),
        pos2(area.right(), area.bottom() - 34.0),
    );
    let side = (grid.width() / n as f32)
        .min(grid.height() / n as f32)
        .floor();
    let base = paint::baseline(&painter, area.top() + 6.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(grid.left(), base),
        Align::LEFT,
        &format!("predicted by {}", frame.race.label(lane)),
        text::caption_font(),
        c.t3,
    );
    // Above the rows' names, which may be as wide as their room.
    let corner = paint::baseline(&painter, grid.top() - 8.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(grid.left() - 5.0, corner),
        Align::RIGHT,
        "true",
        text::caption_font(),
        c.t3,
    );
    // As many letters as stand apart above the columns; of rows that are lower than a line, some.
    let wide = |name: &str| paint::width(&painter, name, text::mono_small_font()) + 3.0;
    let start = |name: &str, n: usize| -> String { name.chars().take(n).collect() };
    let fits = |n: &usize| classes.iter().all(|name| wide(&start(name, *n)) <= side);
    let letters = [3, 2, 1].into_iter().find(fits).unwrap_or(1);
    let every = (11.0 / side.max(1.0)).ceil().max(1.0) as usize;
    for (k, name) in classes.iter().enumerate().step_by(every) {
        let short = start(name, letters);
        let y = paint::baseline(&painter, grid.top() - 8.0, text::size::MONO_SMALL);
        paint::write(
            &painter,
            pos2(grid.left() + (k as f32 + 0.5) * side, y),
            Align::Center,
            &short,
            text::mono_small_font(),
            c.t3,
        );
        let y = paint::baseline(
            &painter,
            grid.top() + (k as f32 + 0.5) * side,
            text::size::MONO_SMALL,
        );
        paint::write(
            &painter,
            pos2(grid.left() - 5.0, y),
            Align::RIGHT,
            &short,
            text::mono_small_font(),
            c.t3,
        );
    }
    for (i, &count) in counts.iter().enumerate().take(n * n) {
        let rect = Rect::from_min_size(
            grid.min + vec2((i % n) as f32 * side, (i / n) as f32 * side),
            vec2(side - 2.0, side - 2.0),
        );
        let diagonal = i / n == i % n;
        let ink = if diagonal || count == 0 {
            painter.rect_stroke(
                rect,
                metrics::RADIUS_CELL,
                Stroke::new(1.0, c.line),
                egui::StrokeKind::Inside,
            );
            c.t2
        } else {
            let fill = c.cividis(f64::from(count) / f64::from(most));
            painter.rect_filled(rect, metrics::RADIUS_CELL, fill);
            c.ink_on(fill)
        };
        if count > 0 && side >= 15.0 {
            let words = if count > 999 {
                format::cell(f64::from(count))
            } else {
                count.to_string()
            };
            paint::centred(&painter, rect, &words, text::mono_small_font(), ink);
        }
        let at = (i / n, i % n);
        let chosen = frame.view.browse_cell == Some(at);
        if chosen || (i == worst && frame.view.browse_cell.is_none() && mistakes(worst) > 0) {
            painter.rect_stroke(
                rect.expand(1.0),
                metrics::RADIUS_TAG,
                Stroke::new(1.5, c.t1),
                egui::StrokeKind::Outside,
            );
        }
        let response = ui.interact(rect, ui.scope_id().with(("confusion", i)), Sense::click());
        focus::item(ui.scope_id(), &response);
        let said = format!(
            "{} read as {}: {}",
            classes[at.0],
            classes[at.1],
            format::count(count.into())
        );
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
        if response.clicked() {
            let cell = (!chosen).then_some(at);
            frame.choose(Choice::Cell(cell));
        }
        if response.hovered() {
            crate::app::kit::card::hover(response, &said);
        }
    }
    let y = area.bottom() - 8.0;
    let base = paint::baseline(&painter, y - 6.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(grid.left(), base),
        Align::LEFT,
        "mistakes",
        text::caption_font(),
        c.t3,
    );
    let bar = Rect::from_min_size(pos2(grid.left() + 54.0, y - 12.0), vec2(72.0, 6.0));
    legend::bar_with_ends(
        &painter,
        bar,
        |p| c.cividis(p),
        ["0", "", &format::count(most.into())],
        c,
    );
    if mistakes(worst) > 0 {
        let words = format!(
            "{} read as {}: {}",
            classes[worst / n],
            classes[worst % n],
            format::count(mistakes(worst).into())
        );
        // Long names stand above the legend, at its right where there is room.
        let wide = paint::width(&painter, &words, text::body_font());
        let base = if wide > area.right() - bar.right() - 14.0 {
            base - 15.0
        } else {
            base
        };
        paint::write(
            &painter,
            pos2(area.right(), base),
            Align::RIGHT,
            &words,
            text::body_font(),
            c.t1,
        );
    }
}
