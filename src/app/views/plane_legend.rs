//! What stands below or beside the plane of inputs: its classes, what its marks are, and points made by hand.

use super::plane::{dot, ink, marker_of, place};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::badge::chip;
use crate::app::kit::button::Button;
use crate::app::kit::{card, focus, paint};
use crate::app::naming;
use crate::app::state::{Action, Choice, Frame};
use crate::app::text;
use crate::app::theme::{Tokens, metrics};
use crate::data::points::{FEWEST, MOST_CLASSES, class_name};
use crate::experiment::microscope::Field;
use crate::network::Graph;
use egui::{Align, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The width of an area in which what the marks are has one line.
pub(super) const ONE_LINE: f32 = 360.0;

/// Classes with their markers; a click on one says what a placed input is meant as.
pub(super) fn show(
    ui: &mut Ui,
    frame: &mut Frame<'_>,
    (area, rect, beside): (Rect, Rect, bool),
    words: &[String],
    c: &Tokens,
) {
    let room = if beside {
        Rect::from_min_max(pos2(rect.right() + 16.0, rect.top()), area.max)
    } else {
        Rect::from_min_max(pos2(area.left(), rect.bottom() + 20.0), area.max)
    };
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(room));
    child.set_clip_rect(room.expand(2.0).intersect(ui.clip_rect()));
    let all = egui::ScrollArea::vertical().id_salt("plane legend");
    all.auto_shrink(false).show(&mut child, |ui| {
        ui.spacing_mut().item_spacing = vec2(10.0, 0.0);
        match frame.view.adding {
            Some(class) => making(ui, frame, class, c),
            None => classes_of(ui, frame, (beside, words), c),
        }
    });
}

/// The classes, what is looked at, and how an input or points are placed.
fn classes_of(ui: &mut Ui, frame: &mut Frame<'_>, (beside, marks): (bool, &[String]), c: &Tokens) {
    let drawn = frame.micro.subject.drawn;
    let classes: Vec<String> = frame.data.classes().iter().take(8).cloned().collect();
    let each = |ui: &mut Ui, frame: &mut Frame<'_>| {
        for (k, name) in classes.iter().enumerate() {
            let width = paint::width(ui.painter(), name, text::body_font()).ceil() + 22.0;
            let (row, response) = ui.allocate_exact_size(
                vec2(width, metrics::ROW_SETTING),
                if drawn {
                    Sense::click()
                } else {
                    Sense::hover()
                },
            );
            let meant = frame.micro.subject.label == Some(k);
            if drawn {
                focus::item(ui.scope_id(), &response);
            }
            response.widget_info(|| {
                if drawn {
                    WidgetInfo::selected(Role::RadioButton, true, meant, name)
                } else {
                    WidgetInfo::labeled(Role::Label, true, name)
                }
            });
            let y = row.center().y;
            dot(
                ui.painter(),
                pos2(row.left() + 6.0, y),
                marker_of(k),
                ink(k, c),
                ink(k, c),
                c.bg1,
            );
            let base = paint::baseline(ui.painter(), y, text::size::BODY);
            paint::write(
                ui.painter(),
                pos2(row.left() + 16.0, base),
                Align::LEFT,
                name,
                if meant {
                    text::strong_font()
                } else {
                    text::body_font()
                },
                if meant { c.t1 } else { c.t2 },
            );
            if response.clicked() {
                let input = [0, 1].map(|i| frame.clamped().value(0, Field::X, Graph::INPUT, i));
                frame.actions.push(place(input, k));
            }
            let words = match drawn {
                true => "What the placed input is meant as: the target of the output.",
                false => {
                    "An answer of the network, in its colour on the plane; the target stands bold."
                }
            };
            card::hover(response, &format!("{name}. {words}"));
        }
    };
    if beside {
        ui.with_layout(egui::Layout::top_down(Align::Min), |ui| each(ui, frame));
    } else {
        ui.horizontal_top(|ui| {
            let room = vec2(ui.available_width() - MAKE, metrics::CONTROL);
            let row = egui::Layout::left_to_right(Align::Min).with_main_wrap(true);
            ui.allocate_ui_with_layout(room, row, |ui| each(ui, frame));
            let right = egui::Layout::right_to_left(Align::Min);
            ui.with_layout(right, |ui| make_points(ui, frame));
        });
    }
    ui.add_space(4.0);
    let output = frame.micro.plan.output();
    let says = (0..frame.micro.plan.len_of(output))
        .max_by(|&a, &b| {
            let mu = |i| frame.clamped().value(0, Field::Mu, output, i);
            mu(a).total_cmp(&mu(b))
        })
        .and_then(|k| frame.data.classes().get(k).cloned())
        .unwrap_or_default();
    let about = if drawn {
        format!("placed by hand; read as {says}")
    } else {
        let name = naming::example(frame.data, frame.micro.subject.example);
        format!("{name}; read as {says}")
    };
    let mut lines = vec![(about.as_str(), "read as", c.t2)];
    let place = "drag to place an input by hand";
    let together = format!("{}; {place}", marks.join("; "));
    let one = paint::width(ui.painter(), &together, text::caption_font()) <= ui.available_width();
    if one {
        lines.push((&together, "plane", c.t3));
    } else {
        lines.extend(marks.iter().map(|words| (words.as_str(), "plane", c.t3)));
        lines.push((place, "place", c.t3));
    }
    for (words, kind, color) in lines {
        let line = ui.add(egui::Label::new(text::caption(words).color(color)).truncate());
        explain::mark(line, Mark::Words, kind);
    }
    if beside {
        ui.add_space(4.0);
        make_points(ui, frame);
    }
}

/// Room for the button below.
const MAKE: f32 = 96.0;

fn make_points(ui: &mut Ui, frame: &mut Frame<'_>) {
    if Button::new("Make points")
        .hover("Sets labelled points by hand: an own data set.")
        .show(ui)
        .clicked()
    {
        frame.choose(Choice::Adding(Some(0)));
    }
}

/// What is made by hand: the class that is added, how many there are, and what to do with them.
fn making(ui: &mut Ui, frame: &mut Frame<'_>, class: u16, c: &Tokens) {
    let points = &frame.view.points;
    let used = points
        .iter()
        .map(|p| usize::from(p.class) + 1)
        .max()
        .unwrap_or(0);
    let offered = (used + 1).clamp(2, MOST_CLASSES);
    let count = points.len();
    let kinds = (0..used)
        .filter(|&k| points.iter().any(|p| usize::from(p.class) == k))
        .count();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
        for k in 0..offered {
            if chip(
                ui,
                &format!("class {}", class_name(k)),
                usize::from(class) == k,
            )
            .clicked()
            {
                frame.choose(Choice::Adding(Some(k as u16)));
            }
        }
    });
    let words = format!(
        "{} of {}",
        format::plural(count as u64, "point", "points"),
        format::plural(kinds as u64, "class", "classes")
    );
    ui.label(text::caption(words).color(c.t2));
    ui.add_space(3.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        let reason = if count < FEWEST {
            Some("At least six points are needed, to train, validate and test on.")
        } else if kinds < 2 || kinds < used {
            Some("Points of two classes or more are needed, and of every class up to the last.")
        } else {
            None
        };
        if Button::primary("Use them")
            .disabled(reason)
            .hover("Starts a run on these points; the present one is kept until then.")
            .show(ui)
            .clicked()
        {
            frame.actions.push(Action::UsePoints);
        }
        if Button::new("Clear").show(ui).clicked() {
            frame.actions.push(Action::Points(Vec::new()));
        }
        if Button::plain("Done")
            .hover("Looks at the data again; the points are kept.")
            .show(ui)
            .clicked()
        {
            frame.choose(Choice::Adding(None));
        }
    });
}
