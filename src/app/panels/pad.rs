//! The drawing pad: an input made with the pointer. Inference follows the pen.

use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::{card, focus, paint};
use crate::app::pad::Pad;
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use egui::{Key, Rect, Role, Sense, Ui, WidgetInfo, vec2};

/// Draws the pad, if it is open, over the width of the panel.
pub fn show(window: &Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let Some(mut pad) = window.shell.pad.clone() else {
        return;
    };
    let Some(session) = &window.engine.session else {
        return;
    };
    let classes = session.data.classes();
    let mut changed = canvas(&mut pad, ui);
    ui.add_space(6.0);
    let mut open = true;
    super::setting::setting(
        ui,
        "meant as",
        "The target y that the output is clamped to: which class your drawing is meant to be.",
        |ui| {
            let names: Vec<&str> = classes.iter().map(String::as_str).collect();
            changed |= Dropdown::new("Meant as", &names)
                .width(84.0)
                .show(ui, &mut pad.label)
                .changed();
        },
    );
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let blank = pad.ink.iter().all(|ink| *ink == 0.0);
        let why = blank.then_some("Nothing has been drawn.");
        if Button::new("Clear").disabled(why).show(ui).clicked() {
            pad.ink.fill(0.0);
            pad.pen = None;
            changed = true;
        }
        open = !Button::new("Close the pad")
            .hover("Goes back to the example looked at before.")
            .show(ui)
            .clicked();
    });
    super::reading::show(window, ui, actions);
    if changed {
        actions.push(Action::Draw(pad.drawn(&session.data)));
    }
    if open {
        if window.shell.pad.as_ref() != Some(&pad) {
            actions.push(Action::Pad(pad));
        }
    } else if let Some(micro) = &window.engine.micro {
        actions.push(Action::Example(micro.subject.example));
    }
}

/// The surface itself; true if something was drawn.
fn canvas(pad: &mut Pad, ui: &mut Ui) -> bool {
    let c = Theme::get(ui);
    let pixel = ui.pixels_per_point();
    let room = ui.available_width() * pixel;
    let cell = (room / pad.columns.max(pad.rows) as f32).floor().max(1.0) / pixel;
    let size = vec2(pad.columns as f32, pad.rows as f32) * cell;
    let (rect, response) = ui.allocate_exact_size(size, Sense::drag());
    let rect = paint::snap_rect(ui.painter(), rect);
    response.widget_info(|| {
        let inked = pad.ink.iter().filter(|v| **v > 0.0).count();
        WidgetInfo::labeled(
            Role::Image,
            true,
            format!(
                "Drawing pad, {} × {} pixels, {inked} inked",
                pad.rows, pad.columns
            ),
        )
    });
    let painter = ui.painter();
    painter.rect_filled(rect, metrics::RADIUS_CELL, c.grey(0.0));
    for (i, &ink) in pad.ink.iter().enumerate() {
        if ink > 0.0 {
            let at = vec2((i % pad.columns) as f32, (i / pad.columns) as f32) * cell;
            painter.rect_filled(
                Rect::from_min_size(rect.min + at, vec2(cell, cell)),
                0,
                c.grey(ink),
            );
        }
    }
    painter.rect_stroke(
        rect,
        metrics::RADIUS_CELL,
        egui::Stroke::new(metrics::HAIRLINE, c.line2),
        egui::StrokeKind::Inside,
    );
    if pad.ink.iter().all(|&v| v == 0.0) {
        paint::centred(painter, rect, "draw here", text::body_font(), c.t3);
    }
    let erase = ui.input(|i| i.pointer.secondary_down() || i.modifiers.shift);
    let by_keys = by_keys(pad, ui, &response);
    if response.has_focus() {
        let (at, down) = pad.held;
        let at = rect.min + at.to_vec2() * cell;
        let (radius, ink) = (0.9 * cell.max(5.0), c.t1);
        let painter = ui.painter();
        if down {
            painter.circle_filled(at, 0.5 * radius, ink);
        }
        painter.circle_stroke(at, radius, egui::Stroke::new(metrics::STROKE, ink));
    }
    let changed = match response.interact_pointer_pos() {
        Some(at) => pad.stroke(((at - rect.min) / cell).to_pos2(), erase),
        None => {
            pad.pen = None;
            false
        }
    };
    if !response.is_pointer_button_down_on() {
        pad.pen = None;
    }
    card::hover(
        response,
        "Draw with the pointer; the right button (or Shift) wipes. By keys: arrows move the pen, Space sets it down or lifts it, Delete wipes. Inference starts again from what you drew at every stroke.",
    );
    changed || by_keys
}

/// With the pad focused, arrows move a pen, Space sets it down or lifts it, Delete wipes; true if something was drawn.
fn by_keys(pad: &mut Pad, ui: &Ui, response: &egui::Response) -> bool {
    focus::takes_keys(response, focus::Keys::Grid);
    let (at, down) = pad.held;
    let words = format!(
        "Pen {} at column {}, row {}. Arrows move it, Space sets it down or lifts it, Delete wipes.",
        if down { "down" } else { "up" },
        at.x.ceil(),
        at.y.ceil()
    );
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(words);
    });
    if !response.has_focus() {
        return false;
    }
    let (by, space, wipes) = ui.input(|i| {
        let presses = |key| i.num_presses(key) as f32;
        let by = vec2(
            presses(Key::ArrowRight) - presses(Key::ArrowLeft),
            presses(Key::ArrowDown) - presses(Key::ArrowUp),
        );
        let wipes = i.key_pressed(Key::Delete) || i.key_pressed(Key::Backspace);
        (by, i.key_pressed(Key::Space), wipes)
    });
    let mut changed = by != egui::Vec2::ZERO && pad.moved(by);
    changed |= space && pad.set_down();
    changed |= wipes && pad.wipe();
    changed
}
