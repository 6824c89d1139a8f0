//! Against backprop: the verdict at the cursor, and each level's cosine, length, relative error and differing bits.

pub use super::compare_hero::hero;
pub use super::proof::proof;
pub use super::switches::{first_wrong, switches};

use super::contributions;
use super::{steps, unrolled};
use crate::app::format;
use crate::app::kit::squares::{self, squares};
use crate::app::kit::verdict::{Verdict as Words, verdict};
use crate::app::kit::{bars, paint, section};
use crate::app::state::{Action, Frame, Selection};
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{
    Capture, Conditions, Epsilon, LevelComparison, Order, Rule, Shared, Start, Verdict,
};
use egui::{Align, Layout, Margin, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The kit's verdict for the engine's.
pub(super) fn words(v: Verdict) -> Words {
    match v {
        Verdict::Exact => Words::Exact,
        Verdict::Rounding => Words::Rounding,
        Verdict::RightDirectionWrongLength => Words::RightDirection,
        Verdict::DifferentRule => Words::Different,
    }
}

/// A weighted level with what was captured of it, at state t.
pub(super) struct Row {
    /// The level.
    pub level: usize,
    /// The vertex that stands there.
    pub vertex: usize,
    /// Its name.
    pub label: String,
    /// What is captured, if anything is.
    pub captured: Option<LevelComparison>,
}

/// The weighted levels that the example has, output first.
pub(super) fn rows(micro: &MicroscopeSnapshot, t: usize) -> Vec<Row> {
    micro
        .plan
        .weighted_levels()
        .zip(&micro.states[t].levels)
        .filter_map(|(level, captured)| {
            let mut present = micro.plan.levels[level]
                .vertices
                .iter()
                .filter(|&&v| !micro.is_missing(v));
            let vertex = *present.next()?;
            let more = present.count();
            let name = steps::short_name(micro, vertex);
            Some(Row {
                level,
                vertex,
                label: if more == 0 {
                    name
                } else {
                    format!("{name} + {more}")
                },
                captured: *captured,
            })
        })
        .collect()
}

/// Weights that differ, of those captured. Weights that levels share are counted once in each contribution.
pub(super) fn counts(rows: &[Row]) -> (usize, usize) {
    rows.iter()
        .filter_map(|r| r.captured)
        .fold((0, 0), |(differ, all), c| {
            (differ + c.differing_weights, all + c.weights)
        })
}

/// "a, b and c"; of many only how many.
fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        many if many.len() > 4 => format!("{} levels", many.len()),
        [one] => (*one).to_owned(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

/// Which condition is off, in words, and which step of the proof it breaks.
pub(super) fn broken_words(c: &Conditions) -> Option<String> {
    let mut parts = Vec::new();
    if c.start == Start::Random {
        parts.push("Values start at random. The proof breaks at its first step: there are errors at t = 0 that backprop knows nothing of.".to_owned());
    }
    if c.gamma != 1.0 {
        parts.push(format!("γ is {}, not 1. The proof breaks at its second step: at the front, level l has only γ to the power l of backprop’s δ.", format::number(c.gamma)));
    }
    match c.capture {
        Capture::OnTime => {}
        Capture::Late => parts.push("Each level is taken one step late. The proof breaks at its last step: when level l is read at t = l + 1, its own error has already been recomputed and is no longer backprop’s δ.".into()),
        Capture::End => parts.push("All levels are taken at t = D. The proof breaks at its last step: only the deepest level is read on time.".into()),
    }
    if c.order == Order::WFirst {
        parts.push("W changes as soon as it is captured. The proof breaks in the step itself: Δx is computed through weights that backprop has not changed yet.".into());
    }
    if c.shared == Shared::AtOnce {
        parts.push("Shared weights change with every contribution. The proof breaks at its third step: ahead of the front predictions move, and errors appear where there must be none.".into());
    }
    if c.epsilon == Epsilon::Naive {
        parts.push("ε is computed as x − μ. The proof holds, floating point does not: the difference of two nearby numbers loses bits.".into());
    }
    if c.hidden_precision != 1.0 {
        parts.push(format!("Hidden levels weigh their errors by π = {}, not 1. The proof breaks at its second step: every hidden level that blame passes multiplies it by π, so level l gives π to the power l of backprop’s.", format::number(c.hidden_precision)));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The sentence under the verdict.
pub(super) fn sentence(frame: &Frame<'_>, t: usize) -> String {
    let micro = frame.micro;
    let rows = rows(micro, t);
    let (differ, all) = counts(&rows);
    let (differ_words, all_words) = (format::count(differ as u64), format::count(all as u64));
    match micro.subject.rule {
        Rule::Bp => "Backprop itself: the reference that the other rules are compared with. Its reverse pass reaches one level per step.".into(),
        Rule::Il | Rule::FixedPrediction | Rule::Incremental => {
            let Some(verdict) = micro.states[t].verdict else {
                return "Nothing has been inferred yet.".into();
            };
            let mut words = format!("If {} stopped at t = {t}, {differ_words} of {all_words} weights would differ from backprop’s update. ", micro.subject.rule.label());
            words.push_str(match verdict {
                Verdict::Exact if rows.iter().all(|r| r.captured.is_some()) => "At γ = 1 every level has come to backprop’s δ, and stays.",
                Verdict::Exact => "Only levels the error has not passed yet can be equal.",
                Verdict::Rounding | Verdict::RightDirectionWrongLength => {
                    "It would point the same way and be shorter: a rule of its own, not a failed one."
                }
                Verdict::DifferentRule if micro.subject.rule != Rule::Il => "A rule of its own, not a failed one.",
                Verdict::DifferentRule => "Lower energy is not closer to backprop: a rule of its own, not a failed one.",
            });
            words
        }
        Rule::Zil if unrolled::applies(micro) => contributions::sentence(frame, &rows, t),
        Rule::ZilThenIl if t >= micro.steps => format!(
            "With IL’s contributions added, {differ_words} of {all_words} weights differ from backprop’s update: a rule of its own."
        ),
        Rule::Zil | Rule::ZilThenIl => {
            let pending: Vec<&str> = rows.iter().filter(|r| r.captured.is_none()).map(|r| r.label.as_str()).collect();
            let Some(verdict) = micro.states[t].verdict else {
                return format!("Nothing is captured yet; {} {} still to come.", list(&pending), if pending.len() == 1 { "is" } else { "are" });
            };
            let mut words = match verdict {
                Verdict::Exact if pending.is_empty() => format!("The update equals backprop’s, bit for bit: {differ_words} of {all_words} weights differ."),
                Verdict::Exact => format!("Captured so far equals backprop’s update, bit for bit. {differ_words} of {all_words} weights differ"),
                _ => format!("{differ_words} of {all_words} captured weights differ from backprop’s update."),
            };
            if verdict == Verdict::Exact && !pending.is_empty() {
                words.push_str(&format!("; {} {} still to come.", list(&pending), if pending.len() == 1 { "is" } else { "are" }));
            } else if let Some(why) = broken_words(&micro.subject.conditions)
                .filter(|_| micro.subject.rule == Rule::Zil)
            {
                let first = why.split_once(". ").map_or(why.as_str(), |(a, _)| a);
                words.push_str(&format!(" {}.", first.trim_end_matches('.')));
            }
            words
        }
    }
}

/// The verdict's words, or a calm word while there is none.
fn headline(ui: &mut Ui, verdict_now: Option<Verdict>, rule: Rule, size: f32) {
    match (verdict_now, rule) {
        (_, Rule::Bp) => plain(ui, "BACKPROP", size),
        (Some(v), _) => _ = verdict(ui, words(v), size, ""),
        (None, _) => plain(ui, "nothing captured yet", size * 0.7),
    }
}

fn plain(ui: &mut Ui, words: &str, size: f32) {
    let c = Theme::get(ui);
    let (rect, response) = ui.allocate_exact_size(
        vec2(ui.available_width(), text::line_height(size)),
        Sense::hover(),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    let y = paint::baseline(ui.painter(), rect.center().y, size);
    paint::write(
        ui.painter(),
        pos2(rect.left(), y),
        Align::LEFT,
        words,
        text::verdict_font(size),
        c.t1,
    );
}

/// The panel "Against backprop".
pub fn panel(ui: &mut Ui, frame: &mut Frame<'_>) {
    let t = frame.t();
    let c = Theme::get(ui);
    let rows = rows(frame.micro, t);
    let done = rows.iter().filter(|r| r.captured.is_some()).count();
    egui::ScrollArea::vertical()
        .id_salt("against")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(Margin {
                    left: 12,
                    right: 12,
                    top: 8,
                    bottom: 6,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing = vec2(6.0, 0.0);
                    let head = ui.available_rect_before_wrap();
                    let squares_width = squares::width(rows.len()) + 44.0;
                    // The longest verdict takes the whole line; the squares then stand below it.
                    let long = frame.micro.states[t].verdict
                        == Some(Verdict::RightDirectionWrongLength)
                        && frame.micro.subject.rule != Rule::Bp;
                    let room = if long { 0.0 } else { squares_width };
                    ui.allocate_ui(vec2(head.width() - room, 34.0), |ui| {
                        headline(
                            ui,
                            frame.micro.states[t].verdict,
                            frame.micro.subject.rule,
                            text::size::VERDICT,
                        );
                    });
                    let corner = if long {
                        pos2(head.left() + 34.0, head.top() + 34.0)
                    } else {
                        pos2(head.right() - squares_width + 10.0, head.top() + 7.0)
                    };
                    let corner = Rect::from_min_size(corner, vec2(squares_width, 16.0));
                    if long {
                        ui.add_space(20.0);
                    }
                    let mut child = ui.new_child(
                        egui::UiBuilder::new()
                            .max_rect(corner)
                            .layout(Layout::left_to_right(Align::Center)),
                    );
                    squares(&mut child, done, rows.len(), "levels captured");
                    ui.add_space(3.0);
                    let words = sentence(frame, t);
                    ui.add(egui::Label::new(text::body(&words).color(c.t2)).wrap());
                    ui.add_space(7.0);
                    section::rule(ui);
                    if unrolled::applies(frame.micro) {
                        contributions::table(ui, frame, &rows);
                    } else {
                        table(ui, frame, &rows);
                    }
                });
        });
}

/// Right edges of cosine, length, relative error and bits within a row of `width`.
fn columns(width: f32) -> [f32; 4] {
    [width * 0.40, width * 0.605, width * 0.755, width]
}

fn table(ui: &mut Ui, frame: &mut Frame<'_>, rows: &[Row]) {
    let c = Theme::get(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 15.0), Sense::hover());
    let at = columns(rect.width());
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    for (name, right) in ["cosine", "length", "error", "bits"].into_iter().zip(at) {
        paint::write(
            ui.painter(),
            pos2(rect.left() + right, y),
            Align::RIGHT,
            name,
            text::caption_font(),
            c.t3,
        );
    }
    for row in rows {
        let (rect, response) = ui.allocate_exact_size(
            vec2(ui.available_width(), metrics::ROW_COMPARE),
            Sense::click(),
        );
        let painter = ui.painter().clone();
        let (y1, y2) = (
            paint::baseline(&painter, rect.top() + 10.0, text::size::BODY),
            paint::baseline(&painter, rect.top() + 25.0, text::size::CAPTION),
        );
        paint::write_within(
            &painter,
            pos2(rect.left(), y1),
            70.0,
            &row.label,
            text::medium_font(),
            c.t1,
        );
        paint::write(
            &painter,
            pos2(rect.left(), y2),
            Align::LEFT,
            &format!("level {}", row.level),
            text::caption_font(),
            c.t3,
        );
        let said = match row.captured {
            Some(l) => {
                let numbers = [
                    format::cosine(l.cosine),
                    format::times(l.length),
                    if l.relative_error == 0.0 {
                        "0".to_owned()
                    } else {
                        format::number(round3(l.relative_error))
                    },
                    format::short_count(l.differing_bits),
                ];
                for (words, right) in numbers.iter().zip(at) {
                    paint::write(
                        &painter,
                        pos2(rect.left() + right, y1),
                        Align::RIGHT,
                        words,
                        text::mono_font(),
                        c.t1,
                    );
                }
                let bar = |right: f32| {
                    Rect::from_min_max(
                        pos2(rect.left() + right - 38.0, rect.top() + 19.0),
                        pos2(rect.left() + right, rect.top() + 29.0),
                    )
                };
                bars::cosine(&painter, bar(at[0]), l.cosine, false, c);
                bars::length(&painter, bar(at[1]), l.length, false, c);
                format!(
                    "{}, level {}: cosine {}, length {}, relative error {}, {} differing bits in {} of {} weights",
                    row.label,
                    row.level,
                    format::all_digits(l.cosine),
                    format::all_digits(l.length),
                    format::all_digits(l.relative_error),
                    format::count(l.differing_bits),
                    format::count(l.differing_weights as u64),
                    format::count(l.weights as u64)
                )
            }
            None => {
                let when = match (
                    frame.micro.subject.rule,
                    frame.micro.capture_time(row.level),
                ) {
                    (rule, _) if rule.relaxes() => "— no error yet".to_owned(),
                    (Rule::Bp, _) => format!("— reached at t = {}", row.level),
                    (_, Some(at)) => format!("— captured at t = {at}"),
                    _ => "—".to_owned(),
                };
                let y = paint::baseline(&painter, rect.top() + 12.0, text::size::BODY);
                paint::write(
                    &painter,
                    pos2(rect.left() + at[0] - 38.0, y),
                    Align::LEFT,
                    &when,
                    text::caption_font(),
                    c.t3,
                );
                format!("{}, level {}: {when}", row.label, row.level)
            }
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        paint::focus_ring(ui, &response, rect);
        if response.clicked() {
            frame.actions.push(Action::Select(Selection {
                vertex: row.vertex,
                unit: 0,
            }));
        }
        crate::app::kit::card::hover(response, &said);
    }
}

/// Three significant digits.
pub(super) fn round3(v: f64) -> f64 {
    format!("{v:.2e}").parse().unwrap_or(v)
}

/// The strip of a compact window, and of the layout without chrome.
pub fn strip(ui: &mut Ui, frame: &mut Frame<'_>) {
    let t = frame.t();
    let c = Theme::get(ui);
    let rows = rows(frame.micro, t);
    let (differ, all) = counts(&rows);
    let done = rows.iter().filter(|r| r.captured.is_some()).count();
    let rect = ui.max_rect().shrink2(vec2(16.0, 0.0));
    let large = rect.height() > 54.0;
    let size = if large {
        text::size::VERDICT
    } else {
        text::size::VERDICT_COMPACT
    };
    let mut row = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect)
            .layout(Layout::left_to_right(Align::Center)),
    );
    row.spacing_mut().item_spacing.x = 14.0;
    let verdict_now = frame.micro.states[t].verdict;
    let head = match (verdict_now, frame.micro.subject.rule) {
        (_, Rule::Bp) => "BACKPROP",
        (Some(v), _) => v.words(),
        (None, _) => "nothing captured yet",
    };
    let width = paint::width(row.painter(), head, text::verdict_font(size)) + size * 0.8 + 14.0;
    row.allocate_ui(vec2(width, rect.height()), |ui| {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            ui.set_width(width);
            headline(ui, verdict_now, frame.micro.subject.rule, size);
        });
    });
    let words = match (frame.micro.subject.rule, verdict_now) {
        (Rule::Bp, _) => "the reference, reaching one level per step".to_owned(),
        (_, None) => String::new(),
        (rule, _) if rule.relaxes() => format!(
            "if it stopped here {} of {} weights would differ from backprop",
            format::count(differ as u64),
            format::count(all as u64)
        ),
        (Rule::Zil, _) if unrolled::applies(frame.micro) => {
            contributions::short_sentence(frame, &rows, t)
        }
        _ => format!(
            "{} of {} captured weights differ from backprop, in any bit",
            format::count(differ as u64),
            format::count(all as u64)
        ),
    };
    let font = if large {
        text::title_font()
    } else {
        text::body_font()
    };
    let squares_width = squares::width(rows.len()) + 60.0;
    let room = (row.available_width() - squares_width).max(0.0);
    let (at, response) = row.allocate_exact_size(vec2(room, 24.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
    let y = paint::baseline(row.painter(), at.center().y, font.size);
    paint::write_within(row.painter(), pos2(at.left(), y), room, &words, font, c.t2);
    row.with_layout(Layout::right_to_left(Align::Center), |ui| {
        squares(ui, done, rows.len(), "levels captured");
    });
}
