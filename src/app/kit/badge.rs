//! Badges of the time bar, key caps, chips and tags.

use egui::{Align, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::text;
use crate::app::theme::{Theme, Tokens, metrics};

const HEIGHT: f32 = 20.0;

/// What the picture on the screen is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badge {
    /// The present, running.
    Live,
    /// The present, standing.
    Paused,
    /// A state of the past.
    History,
    /// Being computed: so many of so many.
    Computing(u64, u64),
    /// Read from a file.
    Recording,
}

impl Badge {
    /// The words of the badge.
    pub fn words(self) -> String {
        match self {
            Self::Live => "LIVE".to_owned(),
            Self::Paused => "PAUSED, LIVE".to_owned(),
            Self::History => "HISTORY".to_owned(),
            Self::Recording => "RECORDING".to_owned(),
            Self::Computing(done, total) => format!("COMPUTING {}", format::of(done, total)),
        }
    }

    /// Shows the badge. In history it can be clicked, to go back to the present.
    pub fn show(self, ui: &mut Ui) -> Response {
        let (role, sense) = match self {
            Self::History => (Role::Button, Sense::click()),
            Self::Live | Self::Paused | Self::Computing(..) | Self::Recording => {
                (Role::Label, Sense::hover())
            }
        };
        let words = self.words();
        let font = text::badge_font();
        let w = paint::width(ui.painter(), &words, font.clone()).ceil();
        let sign = match self {
            Self::Live | Self::Paused | Self::Recording => 24.5,
            Self::History => 27.0,
            Self::Computing(..) => 27.5,
        };
        let (rect, response) = ui.allocate_exact_size(vec2(sign + w + 9.0, HEIGHT), sense);
        response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), &words));
        let c = Theme::get(ui);
        let painter = ui.painter();
        let fill = if role == Role::Button && response.hovered() {
            c.bg3
        } else {
            c.bg1
        };
        paint::bordered(painter, rect, metrics::RADIUS, fill, c.line2);
        let y = rect.center().y;
        let at = |x: f32| pos2(rect.left() + x, y);
        match self {
            Self::Live => _ = painter.circle_filled(at(14.0), 4.0, c.t1),
            Self::Recording => {
                let square = Rect::from_center_size(at(14.0), vec2(8.0, 8.0));
                painter.rect_filled(square, 0.0, c.t1);
            }
            Self::Paused => {
                let stroke = Stroke::new(metrics::STROKE, c.t1);
                painter.circle_stroke(at(14.0), 3.25, stroke);
            }
            Self::History => {
                let square = Rect::from_center_size(at(15.0), vec2(13.0, 13.0));
                Icon::Clock.paint_in(painter, square, c.t1);
            }
            Self::Computing(done, total) => blocks(painter, at(9.0), done, total, c),
        }
        let baseline = paint::baseline(painter, y, font.size);
        let place = pos2(rect.left() + sign, baseline);
        paint::write(painter, place, Align::LEFT, &words, font, c.t1);
        paint::focus_ring(ui, &response, rect);
        explain::mark(response, Mark::Badge, &words)
    }
}

/// Three blocks, filled as far as the work is done; they never move by themselves.
fn blocks(painter: &egui::Painter, left: Pos2, done: u64, total: u64, c: &Tokens) {
    let full = (3 * done).div_ceil(total.max(1)).min(3);
    for i in 0..3_u8 {
        let corner = pos2(left.x + 4.5 * f32::from(i), left.y - 2.0);
        let rect = Rect::from_min_size(corner, vec2(3.5, 4.0));
        if u64::from(i) < full {
            painter.rect_filled(rect, 0, c.t1);
        } else {
            paint::bordered(painter, rect, 0, c.bg1, c.t3);
        }
    }
}

/// A key as it is printed on a keyboard, as in "Space pauses".
pub fn key_cap(ui: &mut Ui, key: &str) -> Response {
    let font = text::mono_small_font();
    let w = paint::width(ui.painter(), key, font.clone()).ceil();
    let (rect, response) = ui.allocate_exact_size(vec2(w + 12.0, 18.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, key));
    paint_key_cap(ui.painter(), rect, key, Theme::get(ui));
    explain::mark(response, Mark::Words, key)
}

/// Draws a key cap in a given place.
pub fn paint_key_cap(painter: &egui::Painter, rect: Rect, key: &str, c: &Tokens) {
    paint::bordered(painter, rect, metrics::RADIUS_TAG, c.bg2, c.line2);
    paint::centred(painter, rect, key, text::mono_small_font(), c.t1);
}

/// A tag filled with the colour of text, as "front" above a column. Returns its rectangle.
pub fn tag(painter: &egui::Painter, centre: Pos2, words: &str, c: &Tokens) -> Rect {
    let font = text::badge_font();
    let w = paint::width(painter, words, font.clone()).ceil();
    let rect = Rect::from_center_size(centre, vec2(w + 12.0, 14.0));
    let rect = paint::snap_rect(painter, rect);
    painter.rect_filled(rect, metrics::RADIUS_TAG, c.t1);
    paint::centred(painter, rect, words, font, c.inverse);
    rect
}

/// A small choice with an outline, as a filter: selected or not.
pub fn chip(ui: &mut Ui, words: &str, selected: bool) -> Response {
    let font = text::body_font();
    let w = paint::width(ui.painter(), words, font.clone()).ceil();
    let (rect, response) = ui.allocate_exact_size(vec2(w + 12.0, metrics::CONTROL), Sense::click());
    super::focus::item(ui.scope_id(), &response);
    response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), selected, words));
    let c = Theme::get(ui);
    let painter = ui.painter();
    let body = rect.shrink2(vec2(0.0, 2.0));
    let (fill, border, ink) = match (selected, response.hovered()) {
        (true, _) => (c.t1, c.t1, c.inverse),
        (false, true) => (c.bg3, c.line2, c.t1),
        (false, false) => (c.bg1, c.line2, c.t2),
    };
    paint::bordered(painter, body, 10, fill, border);
    paint::centred(painter, body, words, font, ink);
    paint::focus_ring(ui, &response, body);
    match explain::text(Mark::Button, "chip") {
        Some(text) => super::card::hover(response, &format!("{words}: {text}")),
        None => response,
    }
}
