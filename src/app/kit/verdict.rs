//! Verdicts: a sign, words in capitals, one line that says what was counted. The words themselves are the engine's
//! ([`Verdict::words`]).

use egui::{Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::icons::Icon;
use super::paint;
use crate::app::explain::{self, Mark};
use crate::app::text;
use crate::app::theme::Theme;
use crate::learning::Verdict;

/// The sign of a verdict.
pub fn sign(verdict: Verdict) -> Icon {
    match verdict {
        Verdict::Exact => Icon::Exact,
        Verdict::ExactSoFar => Icon::ExactSoFar,
        Verdict::Rounding => Icon::Rounding,
        Verdict::RightDirection => Icon::RightDirection,
        Verdict::DifferentRule => Icon::Different,
        Verdict::NoUpdate => Icon::NoUpdate,
        Verdict::NotCompared => Icon::NotCompared,
        Verdict::NotFinite => Icon::Warning,
        Verdict::Intervention => Icon::Padlock,
    }
}

/// Width of the sign and the space after it.
fn indent(size: f32) -> f32 {
    (0.8 * size).max(16.0).round() + 10.0
}

/// The words of a verdict with its number: "RIGHT DIRECTION, cosine 0.996".
pub fn with_detail(verdict: Verdict, detail: &str) -> String {
    match detail {
        "" => verdict.words().to_owned(),
        detail => format!("{}, {detail}", verdict.words()),
    }
}

/// Width that a verdict takes on one line at its full size.
pub fn width(painter: &egui::Painter, verdict: Verdict, detail: &str, size: f32) -> f32 {
    let words = with_detail(verdict, detail);
    indent(size) + paint::width(painter, &words, text::verdict_font(size)).ceil() + 1.0
}

/// A verdict with its sign. It is never wider than `ui`: a detail that has no room beside the words stands below them, and longer
/// words are set smaller.
///
/// `detail` is the number of the verdict; `size` is one of the verdict sizes of [`text::size`]; `line` says what was counted. Both
/// may be empty.
pub fn verdict(ui: &mut Ui, verdict: Verdict, detail: &str, size: f32, line: &str) -> Response {
    let fits = width(ui.painter(), verdict, detail, size) <= ui.available_width();
    let said = with_detail(verdict, detail);
    let (words, below) = if fits || detail.is_empty() {
        (said.as_str(), "")
    } else {
        (verdict.words(), detail)
    };
    let lines = Lines {
        words,
        detail: below,
        said: &said,
        line,
    };
    head(ui, verdict, size, &lines)
}

/// Only the sign and the words of a verdict; its detail is said and stands elsewhere.
pub fn bare(ui: &mut Ui, verdict: Verdict, detail: &str, size: f32) -> Response {
    let said = with_detail(verdict, detail);
    let lines = Lines {
        words: verdict.words(),
        detail: "",
        said: &said,
        line: "",
    };
    head(ui, verdict, size, &lines)
}

/// The size of a detail that stands below words of `size`.
pub fn detail_size(size: f32) -> f32 {
    (0.55 * size).clamp(text::size::TITLE, 18.0).round()
}

/// What stands beside a sign, line by line.
struct Lines<'a> {
    words: &'a str,
    /// Below the words; empty where it is among them, or elsewhere.
    detail: &'a str,
    /// Words and detail, as they are said.
    said: &'a str,
    /// What was counted; may be empty.
    line: &'a str,
}

fn head(ui: &mut Ui, verdict: Verdict, size: f32, lines: &Lines<'_>) -> Response {
    let &Lines {
        words,
        detail,
        said,
        line,
    } = lines;
    let indent = indent(size);
    let side = indent - 10.0;
    let room = ui.available_width() - indent;
    let mut fitting = size;
    while fitting > 12.0 {
        let font = text::verdict_font(fitting);
        if paint::width(ui.painter(), words, font) <= room {
            break;
        }
        fitting -= 0.5;
    }
    let head = text::line_height(size);
    let small = detail_size(size);
    let second = if detail.is_empty() { 0.0 } else { small + 6.0 };
    let below = if line.is_empty() { 0.0 } else { 17.0 };
    let (rect, response) = ui.allocate_exact_size(
        vec2(ui.available_width(), head + second + below),
        Sense::hover(),
    );
    let said = format!("{said} {line}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, said.trim_end()));
    let c = Theme::get(ui);
    let painter = ui.painter();
    let middle = rect.top() + 0.5 * head;
    let square = Rect::from_center_size(pos2(rect.left() + 0.5 * side, middle), Vec2::splat(side));
    sign(verdict).paint_bold(painter, square, c.t1);
    let left = rect.left() + indent;
    let y = paint::baseline(painter, middle, fitting);
    let font = text::verdict_font(fitting);
    paint::write_within(painter, pos2(left, y), room, words, font, c.t1);
    if !detail.is_empty() {
        let y = paint::baseline(painter, rect.top() + head + 0.5 * second - 1.0, small);
        let font = text::verdict_font(small);
        paint::write_within(painter, pos2(left, y), room, detail, font, c.t1);
    }
    if !line.is_empty() {
        let at = pos2(left, rect.top() + head + second + 12.0);
        paint::write_within(painter, at, room, line, text::caption_font(), c.t2);
    }
    explain::mark(response, Mark::Verdict, verdict.words())
}
