//! The proof in steps, each checked against the numbers of this example; the first that fails is opened.

use super::steps;
use crate::app::format;
use crate::app::kit::icons::Icon;
use crate::app::kit::{card, paint};
use crate::app::state::Frame;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::learning::{Order, Shared, Verdict};
use egui::{Align, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// One step of the proof.
struct Step {
    name: &'static str,
    claim: &'static str,
    /// None = not decided by the states computed so far.
    holds: Option<bool>,
    /// The numbers that break it.
    evidence: String,
}

/// Largest |ε - share δ| at a vertex, and the largest |share δ|, at state t. NaN counts as infinite.
fn off(micro: &MicroscopeSnapshot, t: usize, v: usize, share: f64) -> (f64, f64) {
    if share == 1.0 {
        return (micro.states[t].off[v], micro.largest(t, Field::Delta, v));
    }
    let size = |v: f64| if v.is_nan() { f64::INFINITY } else { v.abs() };
    let (eps, delta) = (
        micro.values(t, Field::Eps, v),
        micro.values(t, Field::Delta, v),
    );
    (0..micro.plan.len_of(v))
        .map(|i| (size(eps(i) - share * delta(i)), size(share * delta(i))))
        .fold((0.0, 0.0), |(o, d): (f64, f64), (e, delta)| {
            (o.max(e), d.max(delta))
        })
}

/// What level l holds of δ at the front, where γ^l is divided out of its contribution: `None` where all of it must be there.
fn shortened(micro: &MicroscopeSnapshot) -> Option<f64> {
    let gamma = micro.subject.conditions.gamma;
    (micro.subject.inference.gamma_correction && gamma != 1.0).then_some(gamma)
}

/// What a hidden precision other than 1 does to a contribution.
fn weight_words(micro: &MicroscopeSnapshot) -> String {
    let precisions = micro.subject.conditions.hidden_precision;
    let off = |l: &usize| *l > 0 && precisions.of(*l) != 1.0;
    let first = micro.plan.weighted_levels().find(off);
    first.map_or_else(String::new, |l| {
        let v = micro.plan.levels[l].weighted[0];
        format!(
            "{} at t = {l}: ε is taken {} times, not once.",
            micro.plan.graph.vertices[v].label,
            format::number(precisions.of(l))
        )
    })
}

fn steps(micro: &MicroscopeSnapshot) -> Vec<Step> {
    let output = micro.plan.output();
    let vertices = &micro.plan.graph.vertices;
    let known = micro.states.len();
    // Time steps that the example lacks have nothing to prove.
    let present = |v: &usize| !micro.is_missing(*v);
    let hidden = || (1..output).filter(present);
    // 1. Start: every ε at t = 0 is 0, but at the output.
    let lit = hidden()
        .filter(|&v| micro.states[0].size[v] != 0.0)
        .max_by(|&a, &b| micro.states[0].size[a].total_cmp(&micro.states[0].size[b]));
    let start = Step {
        name: "Start",
        claim: "At t = 0 every ε is 0, but at the output.",
        holds: Some(lit.is_none()),
        evidence: lit.map_or_else(String::new, |v| {
            format!(
                "{}: |ε| = {} at t = 0, not 0.",
                steps::short_name(micro, v),
                format::number(micro.states[0].size[v])
            )
        }),
    };
    // 2. Front: level l first hears of it at t = l, with ε = δ.
    let all = (1..=output).filter(present).count();
    let reached: Vec<usize> = (1..=output)
        .filter(present)
        .filter(|&v| vertices[v].level < known)
        .collect();
    let gamma = shortened(micro);
    let off_at = |v: usize| {
        let level = vertices[v].level;
        let share = gamma.map_or(1.0, |g| g.powi(i32::try_from(level).unwrap_or(i32::MAX)));
        off(micro, level, v, share)
    };
    let is_wrong = |v: usize| {
        let (o, d) = off_at(v);
        // γ^l is a product of l numbers, each rounded: that much is no fault of the front.
        let rounding = if gamma.is_some() { 1e-5 * d } else { 0.0 };
        o.is_nan() || o > rounding
    };
    let wrong = reached.iter().copied().rev().find(|&v| is_wrong(v));
    let front = Step {
        name: "Front",
        claim: match gamma {
            None => "Level l first hears of it at t = l, with ε = δ.",
            Some(_) => "Level l first hears of it at t = l, with ε = γ^l δ; γ^l is divided out.",
        },
        holds: match wrong {
            Some(_) => Some(false),
            None if reached.len() == all => Some(true),
            None => None,
        },
        evidence: wrong.map_or_else(String::new, |v| {
            let level = vertices[v].level;
            let (o, d) = off_at(v);
            format!(
                "{} at t = {level}: ε is off by up to {}, where |δ| is up to {}.",
                steps::short_name(micro, v),
                format::number(o),
                format::number(d)
            )
        }),
    };
    // 3. Ahead: ahead of the front x is still the forward pass's.
    let moved = hidden().find_map(|v| {
        (1..known.min(vertices[v].level))
            .find(|&t| micro.states[t].elsewhere[v])
            .map(|t| (v, t))
    });
    let conditions = &micro.subject.conditions;
    let at_once = micro.plan.shares && conditions.shared == Shared::AtOnce;
    // What changed after the last step has changed nothing in the phase.
    let early_w = micro
        .states
        .iter()
        .any(|s| s.weights_moved && s.t < micro.steps);
    let may_change = conditions.order == Order::WFirst || at_once;
    let ahead = Step {
        name: "Ahead",
        claim: "Ahead of it, f(x) and W are still the forward pass’s.",
        holds: if moved.is_some() || early_w {
            Some(false)
        } else if known > micro.plan.depth() && !may_change || micro.finished() {
            Some(true)
        } else {
            None
        },
        evidence: moved.map_or_else(
            || {
                if at_once {
                    "Shared weights were changed before the phase was over.".into()
                } else {
                    "W of a captured level was changed before Δx behind it was computed.".into()
                }
            },
            |(v, t)| {
                format!(
                    "x of {} had moved by t = {t}, before the front came.",
                    steps::short_name(micro, v)
                )
            },
        ),
    };
    // 4. Capture: level l is taken at t = l.
    let late = micro.plan.weighted_levels().find_map(|l| {
        micro
            .capture_time(l)
            .filter(|at| *at != l)
            .map(|at| (l, at))
    });
    let capture = Step {
        name: "Capture",
        claim: "Level l is taken at t = l.",
        holds: Some(late.is_none() && micro.subject.conditions.hidden_precision.are_one()),
        evidence: late.map_or_else(
            || weight_words(micro),
            |(l, at)| {
                let v = micro.plan.levels[l].weighted[0];
                let own = micro.states.get(at).map(|s| format::number(s.size[v]));
                let right = micro.states.get(l).map(|s| format::number(s.size[v]));
                match (own, right) {
                    (Some(a), Some(b)) => format!(
                        "{}: taken at t = {at}, where |ε| = {a}, not {b}.",
                        steps::short_name(micro, v)
                    ),
                    _ => format!(
                        "{}: will be taken at t = {at}, not {l}.",
                        steps::short_name(micro, v)
                    ),
                }
            },
        ),
    };
    vec![start, front, ahead, capture]
}

/// Draws the view.
pub fn proof(ui: &mut Ui, frame: &mut Frame<'_>) {
    let micro = frame.micro;
    if !micro.subject.rule.has_conditions() {
        crate::app::kit::panel::empty(
            ui,
            "The proof is about Z-IL. Choose Z-IL in the set-up to see it checked on this example.",
        );
        return;
    }
    let margin = egui::Margin::same(8);
    egui::ScrollArea::vertical()
        .id_salt("proof")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
                list(ui, micro);
            });
        });
}

/// The steps, one below the other, and what follows from them.
fn list(ui: &mut Ui, micro: &MicroscopeSnapshot) {
    let c = Theme::get(ui);
    let steps = steps(micro);
    let first_fail = steps.iter().position(|s| s.holds == Some(false));
    for (i, step) in steps.iter().enumerate() {
        let open = first_fail == Some(i);
        let evidence = if open && !step.evidence.is_empty() {
            let galley = ui.painter().layout(
                step.evidence.clone(),
                text::body_font(),
                c.t1,
                ui.available_width() - 46.0,
            );
            Some(galley)
        } else {
            None
        };
        let height = 40.0 + evidence.as_ref().map_or(0.0, |g| g.size().y + 8.0);
        let (rect, response) =
            ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        if open {
            ui.painter().rect(
                rect.expand2(vec2(0.0, 1.0)),
                metrics::RADIUS,
                c.bg2,
                Stroke::new(1.0, c.line2),
                egui::StrokeKind::Inside,
            );
        }
        let painter = ui.painter();
        let (icon, words) = match step.holds {
            Some(true) => (Some(Icon::Check), "holds"),
            Some(false) if open => (Some(Icon::Cross), "fails first here"),
            Some(false) => (Some(Icon::Cross), "fails too"),
            None => (None, "not decided yet"),
        };
        if let Some(icon) = icon {
            icon.paint(
                painter,
                pos2(rect.left() + 14.0, rect.top() + 12.0),
                if open { c.t1 } else { c.t2 },
            );
        }
        let base = paint::baseline(painter, rect.top() + 12.0, text::size::BODY);
        let name = format!("{}. {}", i + 1, step.name);
        let at = paint::write(
            painter,
            pos2(rect.left() + 32.0, base),
            Align::LEFT,
            &name,
            text::strong_font(),
            c.t1,
        );
        paint::write(
            painter,
            pos2(at.right() + 8.0, base),
            Align::LEFT,
            words,
            text::caption_font(),
            c.t3,
        );
        let base = paint::baseline(painter, rect.top() + 29.0, text::size::BODY);
        let (_, cut) = paint::write_within(
            painter,
            pos2(rect.left() + 32.0, base),
            rect.width() - 40.0,
            step.claim,
            text::body_font(),
            c.t2,
        );
        if let Some(galley) = evidence {
            painter.galley(pos2(rect.left() + 32.0, rect.top() + 39.0), galley, c.t1);
        }
        let said = format!(
            "{name} {words}. {} {}",
            step.claim,
            if open { step.evidence.as_str() } else { "" }
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        if cut {
            card::hover(response, step.claim);
        }
        ui.add_space(3.0);
    }
    let all_hold = first_fail.is_none() && steps.iter().all(|s| s.holds == Some(true));
    let verdict = micro.states.last().and_then(|s| s.verdict());
    let closing = match verdict.filter(|_| micro.finished()) {
        Some(Verdict::NotFinite) => "Some numbers are not finite: nothing can be compared.",
        Some(Verdict::Intervention) => {
            "Somebody has put a finger on the network: the claims above are about one that nobody touches."
        }
        Some(Verdict::NoUpdate) => "No weight moves, here as in backprop, so nothing is compared.",
        Some(Verdict::Exact) if all_hold => "Then every ΔW is made of the same bits as backprop’s.",
        Some(Verdict::Exact) => "Here that costs nothing: no weight differs in any bit.",
        Some(Verdict::Rounding) => {
            "In real numbers the two are the same; here rounding makes bits differ."
        }
        _ => "",
    };
    if !closing.is_empty() {
        ui.horizontal(|ui| {
            ui.add_space(32.0);
            ui.add(egui::Label::new(text::caption(closing).color(c.t3)).wrap());
        });
    }
}
