//! A part of a line of time that playback repeats: how it is asked for, said and drawn.

use super::format;
use super::kit::plot::pressed;
use super::theme::Tokens;
use egui::{Id, Painter, Rect, Response, Stroke, Ui};

/// A part of one of the two lines, from its first to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Inference states.
    States([u64; 2]),
    /// Updates.
    Updates([u64; 2]),
}

impl Region {
    /// "repeats t = 3 to 7".
    pub fn words(self) -> String {
        match self {
            Self::States([from, to]) => format!("repeats t = {from} to {to}"),
            Self::Updates([from, to]) => {
                let (from, to) = (format::count(from), format::count(to));
                format!("repeats updates {from} to {to}")
            }
        }
    }

    /// Its states, where it is one of states.
    pub fn states(self) -> Option<[u64; 2]> {
        match self {
            Self::States(ends) => Some(ends),
            Self::Updates(_) => None,
        }
    }

    /// Its updates, where it is one of updates.
    pub fn updates(self) -> Option<[u64; 2]> {
        match self {
            Self::Updates(ends) => Some(ends),
            Self::States(_) => None,
        }
    }
}

/// What the pointer asks of the region of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing.
    Nothing,
    /// This part, or none; a press with Shift moves no cursor.
    Part(Option<[u64; 2]>),
    /// None any more: it was clicked outside, which moves the cursor as ever.
    Left,
}

/// A drag with Shift spans a region of a line, a click with Shift or outside of it ends it. `at` is what stands at a place across.
pub fn asked(
    ui: &Ui,
    response: &Response,
    region: Option<[u64; 2]>,
    at: &dyn Fn(f32) -> u64,
) -> Asked {
    let key: Id = response.id.with("region");
    let shift = ui.input(|i| i.modifiers.shift);
    if let Some(from) = pressed(ui, response).filter(|_| shift) {
        ui.data_mut(|d| d.insert_temp(key, at(from.x)));
    }
    if let Some(from) = ui.data(|d| d.get_temp::<u64>(key)) {
        let down = response.is_pointer_button_down_on();
        if !down {
            ui.data_mut(|d| d.remove::<u64>(key));
        }
        let to = ui
            .input(|i| i.pointer.latest_pos())
            .map_or(from, |p| at(p.x));
        return Asked::Part(match from == to {
            // Perhaps the beginning of a drag; let go of, it was a click.
            true => region.filter(|_| down),
            false => Some([from.min(to), from.max(to)]),
        });
    }
    let pointer = response.interact_pointer_pos().map(|p| at(p.x));
    match pointer.filter(|_| response.clicked()) {
        Some(here) if region.is_some_and(|[from, to]| !(from..=to).contains(&here)) => Asked::Left,
        _ => Asked::Nothing,
    }
}

/// Marks the region on its line.
pub fn paint(painter: &Painter, rect: Rect, c: &Tokens) {
    painter.rect_filled(rect, 0, c.t1.gamma_multiply(0.16));
    let stroke = Stroke::new(1.5, c.t1);
    for (x, foot) in [(rect.left(), 4.0), (rect.right(), -4.0)] {
        painter.vline(x, rect.y_range(), stroke);
        for y in [rect.top(), rect.bottom()] {
            painter.hline(x.min(x + foot)..=x.max(x + foot), y, stroke);
        }
    }
}
