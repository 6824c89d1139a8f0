//! The drawing pad: an input made with the pointer. Inference follows the pen.

use crate::app::kit::button::Button;
use crate::app::kit::dropdown::Dropdown;
use crate::app::kit::{card, paint};
use crate::app::state::Action;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::window::Window;
use crate::data::Dataset;
use crate::experiment::session::Drawn;
use egui::{Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use std::sync::Arc;

/// The largest side of an image that can be drawn, in pixels.
const LARGEST: usize = 64;

/// What is being drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Pad {
    rows: usize,
    columns: usize,
    /// Ink from 0 to 1, row after row.
    ink: Vec<f64>,
    /// The class it is meant as.
    label: usize,
    /// Where the pen was last, in pixels of the image.
    pen: Option<Pos2>,
}

/// True if examples of `data` can be drawn.
pub fn drawable(data: &Dataset) -> bool {
    let [channels, rows, columns] = data.shape();
    channels == 1
        && (4..=LARGEST).contains(&rows)
        && (4..=LARGEST).contains(&columns)
        && !data.classes().is_empty()
}

impl Pad {
    /// An empty pad for the examples of `data`; none if they are no grey images of a size to draw on.
    pub fn new(data: &Dataset, label: usize) -> Option<Self> {
        let [_, rows, columns] = data.shape();
        drawable(data).then(|| Self {
            rows,
            columns,
            ink: vec![0.0; rows * columns],
            label: label.min(data.classes().len() - 1),
            pen: None,
        })
    }

    /// Draws (or with `erase` wipes) a stroke from the pen's last place to `to`, in pixels; true if a pixel changed.
    pub(in crate::app) fn stroke(&mut self, to: Pos2, erase: bool) -> bool {
        let from = self.pen.replace(to).unwrap_or(to);
        // The stroke of a digit is about two pixels of 28 wide, with a soft edge of one.
        let scale = self.rows.min(self.columns) as f32 / 28.0;
        let (core, edge) = (0.75 * scale.max(0.6), 1.0);
        let along = to - from;
        let mut changed = false;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let at = pos2(column as f32 + 0.5, row as f32 + 0.5);
                let s = if along.length_sq() > 0.0 {
                    ((at - from).dot(along) / along.length_sq()).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let away = (at - (from + s * along)).length();
                let ink = f64::from((1.0 - (away - core) / edge).clamp(0.0, 1.0));
                let pixel = &mut self.ink[row * self.columns + column];
                let new = if erase {
                    pixel.min(1.0 - ink)
                } else {
                    pixel.max(ink)
                };
                changed |= new != *pixel;
                *pixel = new;
            }
        }
        changed
    }

    /// What the engine gets: ink from black to white, scaled as the examples are.
    pub fn drawn(&self, data: &Dataset) -> Arc<Drawn> {
        let look = data.look();
        Arc::new(Drawn {
            input: self.ink.iter().map(|&ink| look.input(0, ink)).collect(),
            label: self.label,
            missing: 0,
        })
    }
}

/// Draws the pad, if it is open, over the width of the panel.
pub fn show(window: &mut Window, ui: &mut Ui, actions: &mut Vec<Action>) {
    let Some(mut pad) = window.pad.take() else {
        return;
    };
    let Some(session) = &window.session else {
        return;
    };
    let classes = session.data.classes();
    let mut changed = canvas(&mut pad, ui);
    ui.add_space(6.0);
    let mut open = true;
    super::setup::setting(
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
    if changed {
        actions.push(Action::Draw(pad.drawn(&session.data)));
    }
    if open {
        window.pad = Some(pad);
    } else if let Some(micro) = &window.micro {
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
        "Draw with the pointer; the right button (or Shift) wipes. Inference starts again from what you drew at every stroke.",
    );
    changed
}
