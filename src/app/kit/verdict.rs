//! Verdicts: a sign, words in capitals, one line that says what was counted.

use egui::{Align, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::paint;
use crate::app::text;
use crate::app::theme::Theme;

/// How an update compares with backprop's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every bit was counted, and none differs.
    Exact,
    /// Equal up to rounding.
    Rounding,
    /// Every cosine at least 0.99.
    RightDirection,
    /// Anything else.
    Different,
}

impl Verdict {
    /// All verdicts, from equal to different.
    pub const ALL: [Self; 4] = [
        Self::Exact,
        Self::Rounding,
        Self::RightDirection,
        Self::Different,
    ];

    /// The verdict in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "EXACT",
            Self::Rounding => "ROUNDING",
            Self::RightDirection => "RIGHT DIRECTION, WRONG LENGTH",
            Self::Different => "DIFFERENT RULE",
        }
    }

    /// Its sign.
    pub fn icon(self) -> Icon {
        match self {
            Self::Exact => Icon::Exact,
            Self::Rounding => Icon::Rounding,
            Self::RightDirection => Icon::RightDirection,
            Self::Different => Icon::Different,
        }
    }
}

/// A verdict with its sign. It is never wider than `ui`: longer words are set smaller.
///
/// `size` is one of the verdict sizes of [`text::size`]; `line` says what was counted, or is empty.
pub fn verdict(ui: &mut Ui, verdict: Verdict, size: f32, line: &str) -> Response {
    let sign = (0.8 * size).max(16.0).round();
    let indent = sign + 10.0;
    let room = ui.available_width() - indent;
    let words = verdict.words();
    let mut fitting = size;
    while fitting > 12.0 {
        let font = text::verdict_font(fitting);
        if paint::width(ui.painter(), words, font) <= room {
            break;
        }
        fitting -= 0.5;
    }
    let head = text::line_height(size);
    let below = if line.is_empty() { 0.0 } else { 17.0 };
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), head + below), Sense::hover());
    let said = format!("{words} {line}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.trim_end()));
    let c = Theme::get(ui);
    let painter = ui.painter();
    let middle = rect.top() + 0.5 * head;
    let square = Rect::from_center_size(pos2(rect.left() + 0.5 * sign, middle), Vec2::splat(sign));
    verdict.icon().paint_bold(painter, square, c.t1);
    let y = paint::baseline(painter, middle, fitting);
    let at = pos2(rect.left() + indent, y);
    let font = text::verdict_font(fitting);
    paint::write(painter, at, Align::LEFT, words, font, c.t1);
    if !line.is_empty() {
        let at = pos2(rect.left() + indent, rect.top() + head + 12.0);
        paint::write_within(painter, at, room, line, text::caption_font(), c.t2);
    }
    response
}
