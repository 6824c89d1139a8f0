//! What is seen of a finger on the network: marks on the nodes, the menu of a node, and the rows of the inspector.

use super::network_layout::Column;
use super::steps;
use super::vertices::unit_rect;
use crate::app::format;
use crate::app::hands::{Offer, Touch, offers};
use crate::app::kit::button::{Button, IconButton};
use crate::app::kit::dropdown::menu_item;
use crate::app::kit::field::{self, NumberField};
use crate::app::kit::icons::Icon;
use crate::app::kit::{card, section};
use crate::app::panels::setting::setting;
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::{Theme, Tokens};
use crate::experiment::interventions::{FREE_OUTPUT, Units, What, unit_in_file};
use crate::experiment::microscope::terms::synapses;
use crate::experiment::microscope::{Field, Hand, MicroscopeSnapshot};
use crate::network::Graph;
use egui::{Painter, Popup, Pos2, Rect, Response, Stroke, Ui, vec2};

/// How wide the menu of a node is.
const MENU_WIDTH: f32 = 220.0;

/// Weights of a unit that stand in the inspector.
const WEIGHTS: usize = 3;

/// Interventions that stand in the inspector one by one.
const LISTED: usize = 8;

/// The words below an end of the network, where somebody has changed what it is; `None` where it is as it comes.
pub(super) fn end_words(frame: &Frame<'_>, v: usize) -> Option<String> {
    let (micro, t) = (frame.micro, frame.t());
    let standing = micro.states[t].standing.as_deref()?;
    let free = standing.clamps.freed(v).count();
    let all = micro.plan.len_of(v);
    match (free, v == Graph::INPUT) {
        (0, true) => None,
        (0, false) => {
            let target = standing.target.as_ref()?;
            let classes = frame.data.classes();
            let class = target.iter().position(|y| *y == 1.0);
            Some(match class.and_then(|class| classes.get(class)) {
                Some(class) => format!("target {class}"),
                None => "another target".to_owned(),
            })
        }
        (n, true) if n < all => Some(format!("{} free", format::of(n as u64, all as u64))),
        _ => Some("free".to_owned()),
    }
}

/// Marks every unit of a column that somebody has put a finger on: a padlock holds, a ring is free, a cross is lesioned.
pub(super) fn marks(painter: &Painter, frame: &Frame<'_>, column: &Column, c: &Tokens) {
    let (micro, v, t) = (frame.micro, column.v, frame.t());
    let Some(standing) = micro.states[t].standing.as_deref() else {
        return;
    };
    let clamps = &standing.clamps;
    let all = clamps
        .held(v)
        .map(|(unit, _)| (unit, Hand::Held))
        .chain(clamps.lesioned(v).map(|unit| (unit, Hand::Lesioned)))
        .chain(clamps.freed(v).map(|unit| (unit, Hand::Freed)));
    for (unit, hand) in all {
        for area in [column.upper, column.lower] {
            // The input has no error: what stands below it is something else.
            if v == Graph::INPUT && area == column.lower {
                continue;
            }
            if let Some(rect) = unit_rect(micro, column, area, unit) {
                mark(painter, rect, hand, c);
            }
        }
    }
}

fn mark(painter: &Painter, rect: Rect, hand: Hand, c: &Tokens) {
    let side = rect.width().min(rect.height());
    let stroke = Stroke::new(1.0, c.t1);
    match hand {
        Hand::Held => {
            painter.rect_stroke(rect, 0.0, stroke, egui::StrokeKind::Inside);
            if side >= 14.0 {
                let square = Rect::from_center_size(rect.center(), vec2(9.0, 9.0));
                painter.rect_filled(square.expand(1.0), 2.0, c.bg1);
                Icon::Padlock.paint_in(painter, square, c.t1);
            }
        }
        Hand::Lesioned => {
            let r = rect.shrink(0.5);
            painter.line_segment([r.left_top(), r.right_bottom()], stroke);
            painter.line_segment([r.right_top(), r.left_bottom()], stroke);
        }
        Hand::Freed => {
            let radius = (0.25 * side).clamp(0.8, 3.0);
            painter.circle_stroke(rect.center(), radius, Stroke::new(0.8, c.t1));
        }
    }
}

/// The menu of a node: a right click opens it.
pub(super) fn menu(response: &Response, frame: &mut Frame<'_>) {
    let id = response.id.with("hands");
    if frame.micro.recorded
        || !response.secondary_clicked() && !Popup::is_id_open(&response.ctx, id)
    {
        return;
    }
    let at = frame.view.selection;
    let all = offers(frame.micro, frame.t(), at, &frame.draft.interventions);
    let vertex = &frame.micro.plan.graph.vertices[at.vertex.min(frame.micro.plan.output())];
    let title = format!("Do to {}, unit {}", vertex.label, at.unit);
    let chosen = Popup::context_menu(response)
        .id(id)
        .accessible_name(&title)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.set_max_width(MENU_WIDTH);
            let mut chosen = None;
            for offer in &all {
                if menu_item(ui, &offer.words, offer.key, offer.why_not).clicked() {
                    chosen = Some(offer.touch.clone());
                    ui.close();
                }
            }
            chosen
        })
        .and_then(|shown| shown.inner);
    frame.actions.extend(chosen.map(Action::Touch));
}

/// The unit of the input under the brush and those around it, freed.
pub(super) fn brush(frame: &mut Frame<'_>, unit: usize) {
    let plan = &frame.micro.plan;
    let shape = plan.graph.vertices[Graph::INPUT].shape;
    let (_, row, column) = shape.position(unit);
    let near = |at: usize, end: usize| at.saturating_sub(1)..(at + 2).min(end);
    let mut units = Vec::new();
    for channel in 0..shape.channels {
        for y in near(row, shape.height) {
            for x in near(column, shape.width) {
                units.push((channel * shape.height + y) * shape.width + x);
            }
        }
    }
    frame.actions.push(Action::Touch(Touch::Brush(units)));
}

/// The first things that can be done, as buttons; below them the value to drag.
pub(super) fn buttons(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, unit: usize) {
    let (micro, t) = (frame.micro, frame.t());
    if micro.recorded {
        return;
    }
    let at = Selection { vertex: v, unit };
    let all = offers(micro, t, at, &frame.draft.interventions);
    let wanted = all.len() - 2;
    let mut chosen = None;
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for offer in all.iter().take(wanted) {
            if button(ui, offer).clicked() {
                chosen = Some(offer.touch.clone());
            }
        }
    });
    frame.actions.extend(chosen.map(Action::Touch));
    ui.add_space(3.0);
    value(ui, frame, v, unit, t);
    precision(ui, frame, v, t);
}

fn button(ui: &mut Ui, offer: &Offer) -> Response {
    let hover = match offer.key {
        "" => String::new(),
        key => format!("Key {key}."),
    };
    let meaning = meaning(&offer.words);
    let response = Button::new(&offer.words).disabled(offer.why_not).show(ui);
    match offer.why_not {
        Some(_) => response,
        None => card::hover(response, format!("{meaning} {hover}").trim()),
    }
}

/// What a button does, in a sentence.
fn meaning(words: &str) -> &'static str {
    match words {
        "Clamp it" => "The node holds the value it has at this state, from here on.",
        "Free it" => {
            "The node is held no more: inference moves it. Of the input, its own value moves by what it predicts."
        }
        "Kick by 0.5" | "Kick by −0.5" => {
            "x jumps at this state, and ε with it; what it predicts follows."
        }
        "Set it to 0" => "x becomes 0 at this state, and goes on from there.",
        "Erase it" => "This part of the input is 0 from this state on.",
        "Lesion it" => {
            "The node is taken out: its x, f(x), μ and ε are 0, and nothing is predicted from it."
        }
        "Free the output" => {
            "The output has no target: its error is 0. Then nothing pulls, and nothing can be filled in."
        }
        "Give the output its target" => "The output is clamped to its target again.",
        "Make this the target" => "From this state on the target is this class.",
        "Free the lower half" => {
            "The lower half of the input is set to the mean of the training examples and freed: inference fills it in."
        }
        "Free all of the input" => {
            "All of the input is set to the mean of the training examples and freed: inference makes a picture for the target."
        }
        _ => "",
    }
}

/// x of the unit, to be dragged or typed.
fn value(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, unit: usize, t: usize) {
    let micro = frame.micro;
    let moves = !micro.subject.rule.is_reference() || v == Graph::INPUT;
    let gone = micro.hand_on(t, v, unit) == Some(Hand::Lesioned);
    if v == micro.plan.output() || gone || !moves {
        return;
    }
    const HOVER: &str = "The value of this node at this state. Drag it or type another: x is set here, ε follows, and inference goes on from there. A node that is clamped holds it.";
    let mut x = micro.value(t, Field::X, v, unit);
    let mut changed = false;
    setting(ui, "set x", HOVER, |ui| {
        let field = NumberField::new("x of the node", f64::NEG_INFINITY..=f64::INFINITY)
            .speed(0.01)
            .width(64.0)
            .show(ui, &mut x);
        changed = field.changed();
        card::hover(field, HOVER);
    });
    if changed {
        let vertex = micro.plan.graph.vertices[v].id.clone();
        let units = Units::one(unit_in_file(&micro.plan, v, unit));
        let what = What::Set {
            vertex,
            units,
            value: x,
        };
        frame.actions.push(Action::Touch(Touch::Do(what)));
    }
}

/// π of the level, or p of the output.
fn precision(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, t: usize) {
    let micro = frame.micro;
    let level = micro.plan.graph.vertices[v].level;
    if v == Graph::INPUT || micro.schedule.is_none() {
        return;
    }
    const HOVER: &str = "How strongly the errors of this level pull, from this state on: the stiffness of their springs. At the output it is p, what the loss is multiplied with.";
    let mut value = micro.energetics(t).precision(level);
    let (label, name) = match level {
        0 => ("p of the output".to_owned(), "p of the output".to_owned()),
        _ => (format!("π of level {level}"), format!("π of level {level}")),
    };
    let mut changed = false;
    setting(ui, &label, HOVER, |ui| {
        let field = NumberField::new(&name, 0.001..=f64::INFINITY)
            .speed(0.01)
            .width(64.0)
            .show(ui, &mut value);
        changed = field.changed();
        card::hover(field, HOVER);
    });
    if changed {
        let what = What::Precision { level, value };
        frame.actions.push(Action::Touch(Touch::Do(what)));
    }
}

/// The largest weights that the unit is predicted through: each can be dragged, and where it joins two nodes alone, cut.
pub(super) fn weights(ui: &mut Ui, frame: &mut Frame<'_>, v: usize, unit: usize) {
    let (micro, t) = (frame.micro, frame.t());
    let all = synapses(micro, t, (v, unit), WEIGHTS);
    if all.is_empty() {
        return;
    }
    const HOVER: &str = "A weight that this node is predicted through, the largest products first. Drag it or type another: it is so from this state on, for this example alone; training keeps its own.";
    let mut touch = None;
    for synapse in &all {
        let (from, source) = synapse.from;
        let name = format!("W from {}, unit {source}", steps::short_name(micro, from));
        let (mut weight, mut changed) = (synapse.weight, false);
        setting(ui, &name, HOVER, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if synapse.alone {
                let cut = format!(
                    "Cut the edge from {}, unit {source}",
                    steps::short_name(micro, from)
                );
                let why = (weight == 0.0).then_some("It is 0 already.");
                let icon = IconButton::new(Icon::Cross).name(&cut).disabled(why);
                if icon.show(ui).clicked() {
                    touch = Some(What::Cut {
                        parameter: synapse.parameter.clone(),
                        place: synapse.place,
                    });
                }
            }
            let field = NumberField::new(&name, f64::NEG_INFINITY..=f64::INFINITY)
                .speed(0.01)
                .width(64.0)
                .show(ui, &mut weight);
            changed = field.changed();
            card::hover(field, HOVER);
        });
        if changed {
            touch = Some(What::Weight {
                parameter: synapse.parameter.clone(),
                place: synapse.place,
                value: weight,
            });
        }
    }
    let touch = touch.map(Touch::Do).map(Action::Touch);
    frame.actions.extend(touch);
}

/// What has been done, one line each, with a way back.
pub(super) fn list(ui: &mut Ui, frame: &mut Frame<'_>) {
    let c = Theme::get(ui);
    let entries = &frame.draft.interventions;
    if entries.is_empty() || frame.micro.recorded {
        return;
    }
    ui.add_space(6.0);
    section::rule(ui);
    section::heading(ui, "Interventions");
    let mut touch = None;
    let first = entries.len().saturating_sub(LISTED);
    for (i, entry) in entries.iter().enumerate().skip(first) {
        let words = entry.words(Some(&frame.micro.plan));
        field::row(ui, |ui| {
            let back = format!("Take back: {words}");
            if IconButton::new(Icon::Cross).name(&back).show(ui).clicked() {
                touch = Some(Touch::Back(i));
            }
            let label = egui::Label::new(text::caption(&words).color(c.t2)).wrap();
            let label = ui.add(label);
            card::hover(label, &words);
        });
    }
    if first > 0 {
        let words = format!("and {} before", format::count(first as u64));
        ui.label(text::caption(words).color(c.t3));
    }
    if entries.len() > 1 && Button::new("Take all back").show(ui).clicked() {
        touch = Some(Touch::Clear);
    }
    frame.actions.extend(touch.map(Action::Touch));
}

/// What inference has filled into a freed input, beside what no network gives; or why it fills in nothing.
pub(super) fn filled(ui: &mut Ui, micro: &MicroscopeSnapshot, t: usize) {
    let c = Theme::get(ui);
    let Some(found) = micro.filled(t) else {
        return;
    };
    ui.add_space(6.0);
    section::rule(ui);
    section::heading(ui, "Filled in");
    let line = |ui: &mut Ui, what: &str, centred: f64, plain: f64| {
        let words = format!(
            "{}, centred {}",
            format::column(plain, 3),
            format::column(centred, 3)
        );
        section::value_row(ui, what, &words, 20.0);
    };
    line(ui, "inference", found.own.centred, found.own.correlation);
    line(
        ui,
        "mean of all",
        found.mean.centred,
        found.mean.correlation,
    );
    if let Some(class) = found.class {
        line(ui, "mean of its class", class.centred, class.correlation);
    }
    let words = if micro.rests_at_zero(t) {
        FREE_OUTPUT.to_owned()
    } else {
        format!(
            "Correlation with the true picture over the {} free units; centred: of what both are more than the mean of all. The mean of all alone does well without it, so that failure looks like success.",
            format::count(found.units as u64)
        )
    };
    ui.add(egui::Label::new(text::caption(words).color(c.t3)).wrap());
}

/// A mark on the line of states where something is done.
pub fn line_mark(painter: &Painter, at: Pos2, c: &Tokens) {
    let points = [
        at + vec2(0.0, 3.0),
        at + vec2(-3.5, 9.0),
        at + vec2(3.5, 9.0),
    ];
    let fill = egui::Shape::convex_polygon(points.to_vec(), c.t1, Stroke::NONE);
    painter.add(fill);
}
