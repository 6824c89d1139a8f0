//! The verdict as a hero, with one dial per level: backprop's update as unit arrow, the rule's in their common plane.

use super::headline;
use super::levels;
use super::levels::{Row, rows};
use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::verdict::verdict;
use crate::app::kit::{bars, card, paint};
use crate::app::state::Frame;
use crate::app::text;
use crate::app::theme::{RuleLook as _, Theme, Tokens};
use crate::learning::{Course, LevelComparison, REFERENCE, Verdict};
use egui::{Align, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Arrows longer than this are cut, with a double tick and their true length.
const LONGEST: f64 = 1.75;

/// The height of a bar with its name and its number.
const BAR: f32 = 31.0;

/// The least height of the part with the arrows.
const LEAST_CIRCLE: f32 = 60.0;

/// How faint an arrow is that is still to come.
const GHOST: f32 = 0.45;

/// The least width of one level's dial.
const LEAST_DIAL: f32 = 96.0;

/// Draws the view.
pub fn hero(ui: &mut Ui, frame: &mut Frame<'_>) {
    let t = frame.t();
    let c = Theme::get(ui);
    let area = ui.max_rect().shrink2(vec2(16.0, 10.0));
    let rows = rows(frame.micro, t);
    let said = headline::headline(frame, t);
    let painter = ui.painter().clone();
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(area));
    child.spacing_mut().item_spacing.y = 2.0;
    let (count, of) = match said.counts {
        Some((_, all)) if said.verdict == Some(Verdict::NoUpdate) => (
            "0".to_owned(),
            format!("of {} move", levels::plural(all, "weight", "weights")),
        ),
        Some((differ, all)) => (
            format::count(differ as u64),
            format!("of {} differ", levels::plural(all, "weight", "weights")),
        ),
        None => (format::NONE.to_owned(), "weights differ".to_owned()),
    };
    let wide = paint::width(&painter, &of, text::caption_font()).max(90.0);
    child.allocate_ui(
        vec2((area.width() - wide - 20.0).max(0.0), 40.0),
        |ui| match said.verdict {
            Some(v) => _ = verdict(ui, v, &said.detail, text::size::VERDICT_HERO, ""),
            None => _ = ui.label(text::verdict(&said.detail).color(c.t3)),
        },
    );
    let y = paint::baseline(&painter, area.top() + 12.0, text::size::TITLE);
    let font = egui::FontId::new(text::size::TITLE + 2.0, text::mono_font().family);
    paint::write(
        &painter,
        pos2(area.right(), y),
        Align::RIGHT,
        &count,
        font,
        c.t1,
    );
    let y = paint::baseline(&painter, area.top() + 29.0, text::size::CAPTION);
    paint::write(
        &painter,
        pos2(area.right(), y),
        Align::RIGHT,
        &of,
        text::caption_font(),
        c.t3,
    );
    child.add(egui::Label::new(text::body(said.in_full()).color(c.t2)).wrap());
    let top = child.min_rect().bottom() + 12.0;
    let foot = 22.0;
    let dials = Rect::from_min_max(
        pos2(area.left(), top),
        pos2(area.right(), area.bottom() - foot),
    );
    // As many as can be read, around the level captured last.
    let fit = ((dials.width() / LEAST_DIAL) as usize).clamp(1, rows.len().max(1));
    let last = rows.iter().rposition(|r| r.captured.is_some()).unwrap_or(0);
    let first = (last + 1)
        .saturating_sub(fit.div_ceil(2))
        .min(rows.len() - fit.min(rows.len()));
    let width = dials.width() / fit as f32;
    for (i, row) in rows.iter().skip(first).take(fit).enumerate() {
        let rect = Rect::from_min_size(
            pos2(dials.left() + i as f32 * width, dials.top()),
            vec2(width - 18.0, dials.height()),
        );
        if i > 0 {
            paint::vline(&painter, rect.left() - 9.0, dials.y_range(), c.line);
        }
        dial(ui, frame, row, rect, c);
    }
    let y = paint::baseline(&painter, area.bottom() - 6.0, text::size::CAPTION);
    let tick = Rect::from_min_size(pos2(area.left(), area.bottom() - 12.0), vec2(2.0, 11.0));
    painter.rect_filled(tick, 0, REFERENCE.color(c));
    let part = if fit < rows.len() {
        format!("{fit} of {} levels     ", rows.len())
    } else {
        String::new()
    };
    let words = "where backprop is     cosine −1 to 1     length ×1/8 to ×8, log     relative error 1e−8 to 10, log     arrows: ΔW in the plane of both, unit = BP’s length";
    card::within(
        ui,
        pos2(area.left() + 8.0, y),
        area.width() - 8.0,
        &(part + words),
        text::caption_font(),
        c.t3,
    );
}

fn dial(ui: &mut Ui, frame: &Frame<'_>, row: &Row, rect: Rect, c: &Tokens) {
    let painter = ui.painter().clone();
    let micro = frame.micro;
    let y = paint::baseline(&painter, rect.top() + 8.0, text::size::TITLE);
    card::within(
        ui,
        pos2(rect.left(), y),
        rect.width(),
        &row.label,
        text::title_font(),
        c.t1,
    );
    let taken = micro.capture_time(row.level);
    let sub = match (micro.subject.rule.course(), row.captured.is_some(), taken) {
        (Course::Front | Course::FrontThenRelaxing, true, Some(at)) => {
            format!("level {}, taken at t = {at}", row.level)
        }
        (Course::Front | Course::FrontThenRelaxing, false, Some(at)) => {
            format!("level {}, to be taken at t = {at}", row.level)
        }
        (Course::Relaxing, ..) => {
            format!("level {}, if it stopped here", row.level)
        }
        _ => format!("level {}", row.level),
    };
    let y = paint::baseline(&painter, rect.top() + 24.0, text::size::CAPTION);
    card::within(
        ui,
        pos2(rect.left(), y),
        rect.width(),
        &sub,
        text::caption_font(),
        c.t3,
    );
    let response = ui.interact(
        rect,
        ui.scope_id().with(("dial", row.level)),
        Sense::hover(),
    );
    // Where the panel is low, the lowest bars go first: the card has their numbers.
    let bars_shown = (((rect.height() - 36.0) / BAR) as usize).min(3);
    let bars_height = 3.0 + BAR * bars_shown as f32;
    let circle = Rect::from_min_max(
        pos2(rect.left(), rect.top() + 34.0),
        pos2(rect.right(), rect.bottom() - bars_height),
    );
    // What is not captured at this state, but is known of a later one, is shown as it will be.
    let coming = row
        .captured
        .is_none()
        .then(|| coming(frame, row.level))
        .flatten();
    // In a low panel the bars alone say the same.
    if circle.height() >= LEAST_CIRCLE {
        arrows(&painter, frame, circle, (row.captured, coming), c);
    }
    let Some(l) = row.captured else {
        let ghost = coming.filter(|_| circle.height() >= LEAST_CIRCLE);
        let words = match ghost {
            Some((t, _)) => format!("— the faint arrow is that of t = {t}"),
            None => "— not captured yet".to_owned(),
        };
        let said = format!(
            "{}, {sub}: not captured yet{}",
            row.label,
            ghost.map_or_else(String::new, |(t, _)| format!("; it will be at t = {t}"))
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        explain::mark(response, Mark::Words, "dials");
        let middle = (circle.bottom() + 10.0).max(rect.top() + 40.0);
        let y = paint::baseline(&painter, middle, text::size::BODY);
        if middle + 6.0 > rect.bottom() {
            return;
        }
        card::within(
            ui,
            pos2(rect.left(), y),
            rect.width(),
            &words,
            text::body_font(),
            c.t3,
        );
        return;
    };
    let bar_row = |i: usize, name: &str, value: &str| {
        let top = rect.bottom() - bars_height + 4.0 + BAR * i as f32;
        let y = paint::baseline(&painter, top + 6.0, text::size::BODY);
        paint::write(
            &painter,
            pos2(rect.left(), y),
            Align::LEFT,
            name,
            text::body_font(),
            c.t2,
        );
        paint::write(
            &painter,
            pos2(rect.right(), y),
            Align::RIGHT,
            value,
            text::mono_font(),
            c.t1,
        );
        Rect::from_min_max(
            pos2(rect.left(), top + 14.0),
            pos2(rect.right(), top + 25.0),
        )
    };
    if bars_shown > 0 {
        let bar = bar_row(0, "cosine", &levels::cosine(&l));
        if l.no_cosine().is_none() {
            bars::cosine(&painter, bar, l.cosine, true, c);
        }
    }
    if bars_shown > 1 {
        let bar = bar_row(1, "length", &levels::length(&l));
        if l.no_length().is_none() {
            bars::length(&painter, bar, l.length, true, c);
        }
    }
    if bars_shown > 2 {
        let bar = bar_row(2, "relative error", &levels::error(&l));
        let share = if l.relative_error > 0.0 {
            ((l.relative_error.log10() + 8.0) / 9.0).clamp(0.0, 1.0)
        } else {
            0.0
        };
        bars::share(&painter, bar, share, c);
        painter.rect_filled(
            Rect::from_min_size(bar.min, vec2(2.0, bar.height())),
            0,
            REFERENCE.color(c),
        );
    }
    let all = |numbers: String| format!("{}, level {}: {numbers}", row.label, row.level);
    let (said, in_full) = (all(levels::said(&l)), all(levels::in_full(&l)));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    crate::app::kit::card::hover(response, &in_full);
}

/// The first state known at which something of a level is captured that is not at the cursor: of the states that are computed, or of the
/// table of switches, which goes through all of them for these conditions too.
fn coming(frame: &Frame<'_>, level: usize) -> Option<(usize, LevelComparison)> {
    let micro = frame.micro;
    let place = micro.plan.weighted_levels().position(|l| l == level)?;
    let later = micro.states.iter().enumerate().skip(frame.t() + 1);
    let mut captured = later.filter_map(|(t, state)| Some((t, state.levels[place]?)));
    captured.next().or_else(|| {
        let own = super::switches::row_of(frame)?;
        Some((micro.capture_time(level)?, own.levels[place]?))
    })
}

/// Backprop's arrow, and the rule's in their common plane: faint where it is still to come.
fn arrows(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    circle: Rect,
    (now, coming): (Option<LevelComparison>, Option<(usize, LevelComparison)>),
    c: &Tokens,
) {
    let radius = (circle.height() / 2.0 - 4.0)
        .min(circle.width() / 4.4)
        .max(12.0);
    let centre = circle.center();
    let ring: Vec<_> = (0..=64)
        .map(|i| {
            let a = i as f32 / 64.0 * std::f32::consts::TAU;
            centre + radius * vec2(a.cos(), -a.sin())
        })
        .collect();
    paint::dashes(painter, &ring, &[1.5, 3.5], Stroke::new(1.0, c.line2));
    let bp = REFERENCE.color(c);
    arrow(painter, centre, centre + vec2(radius, 0.0), bp, true);
    let y = paint::baseline(painter, centre.y, text::size::BODY);
    let at = pos2(centre.x + radius + 5.0, y);
    let reference = paint::write(painter, at, Align::LEFT, "BP", text::body_font(), bp);
    let shown = now.or(coming.map(|later| later.1));
    let Some(l) = shown.filter(|l| l.cosine.is_finite() && l.length.is_finite()) else {
        return;
    };
    let angle = l.cosine.clamp(-1.0, 1.0).acos();
    let direction = vec2(angle.cos() as f32, -(angle.sin() as f32));
    // An arrow ends where the words above begin, and then says its length like any that is cut.
    let room = f64::from((centre.y - circle.top() - 3.0) / (radius * -direction.y).max(1e-3));
    let longest = LONGEST.min(room);
    let length = l.length.min(longest);
    let end = centre + radius * length as f32 * direction;
    let look = frame.micro.subject.rule;
    let ink = match now {
        Some(_) => look.color(c),
        None => look.color(c).gamma_multiply(GHOST),
    };
    arrow(painter, centre, end, ink, false);
    if l.length > longest {
        for s in [0.55, 0.6] {
            let at = centre + radius * (length * s) as f32 * direction;
            let across = vec2(direction.y, -direction.x) * 4.0 + direction * 2.0;
            painter.line_segment([at - across, at + across], Stroke::new(1.5, ink));
        }
    }
    let name = if l.length > longest {
        format!("{} {}", look.label(), format::times(l.length))
    } else {
        look.label().to_owned()
    };
    let width = paint::width(painter, &name, text::body_font());
    // Above the tip; beside it where the tip already stands at the upper edge; below where another word stands there.
    let top = circle.top() + 9.0;
    let crowded = end.y - 10.0 < top;
    let highest = if angle < 0.7 {
        centre.y - 14.0
    } else {
        f32::INFINITY
    };
    let middle = (end.y - 10.0).min(highest).max(top);
    let x = if crowded {
        // A shaft that comes from the right passes below the tip: the words begin beyond it.
        let below = (middle + 7.0 - end.y).max(0.0);
        let shaft = (below * direction.x / direction.y.min(-1e-3)).max(0.0);
        end.x + 9.0 + shaft
    } else {
        end.x - width / 2.0
    };
    let free = |x: f32, middle: f32| {
        let x = x.clamp(circle.left(), (circle.right() - width).max(circle.left()));
        let at = Rect::from_center_size(pos2(x + width / 2.0, middle), vec2(width, 13.0));
        (!at.expand(2.0).intersects(reference)).then_some(at)
    };
    let named = free(x, middle)
        .or_else(|| free(x, centre.y - 15.0))
        .or_else(|| free(x, centre.y + 15.0))
        .or_else(|| free(centre.x - radius, centre.y - 15.0));
    if let Some(at) = named {
        let y = paint::baseline(painter, at.center().y, text::size::BODY);
        let left = pos2(at.left(), y);
        paint::write(painter, left, Align::LEFT, &name, text::body_font(), ink);
    }
    if angle > 0.02 {
        let words = format!("{:.0}°", angle.to_degrees());
        // A narrow angle has no room between the arrows: its number then stands below them.
        let at = if angle < 0.7 {
            centre + vec2(radius * 0.5, 12.0)
        } else {
            let half = angle as f32 / 2.0;
            centre + radius * 0.42 * vec2(half.cos(), -half.sin())
        };
        let at = Rect::from_center_size(at, vec2(30.0, 12.0));
        let taken = named.is_some_and(|named| named.intersects(at)) || reference.intersects(at);
        if !taken {
            paint::centred(painter, at, &words, text::mono_small_font(), c.t2);
        }
    }
}

fn arrow(
    painter: &egui::Painter,
    from: egui::Pos2,
    to: egui::Pos2,
    color: egui::Color32,
    dashed: bool,
) {
    let stroke = Stroke::new(2.0, color);
    if dashed {
        paint::dashes(painter, &[from, to], &[6.0, 4.0], stroke);
    } else {
        painter.line_segment([from, to], stroke);
    }
    let d = (to - from).normalized();
    let side = vec2(-d.y, d.x);
    for s in [-1.0, 1.0] {
        painter.line_segment([to, to - d * 7.0 + side * s * 4.0], stroke);
    }
}
