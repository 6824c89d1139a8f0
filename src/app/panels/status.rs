//! The status bar: number type, threads, seed, conditions, energy, rates and memory.

use crate::app::explain::{self, Mark};
use crate::app::format;
use crate::app::kit::paint;
use crate::app::text;
use crate::app::theme::{Theme, metrics};
use crate::app::views::scored;
use crate::app::window::Window;
use crate::experiment::microscope::STATE_BUDGET;
use crate::experiment::session::RaceState;
use crate::learning::Course;
use egui::{Align, Role, Sense, Ui, WidgetInfo, pos2};

/// Draws the status bar.
pub fn show(window: &Window, ui: &mut Ui) {
    let rect = ui.max_rect();
    let c = Theme::get(ui);
    let mut left: Vec<String> = Vec::new();
    let mut right: Vec<String> = Vec::new();
    let work = window.engine.at_work();
    if let Some(session) = &window.engine.session {
        let threads = window.engine.race.threads.max(1);
        left.push(format!(
            "{}, {threads} thread{}",
            session.experiment.dtype.name(),
            if threads == 1 { "" } else { "s" }
        ));
        left.push(format!("seed {}", session.experiment.seed));
    }
    if let Some(micro) = &window.engine.micro {
        let broken = micro.subject.conditions.broken();
        if broken > 0 && micro.subject.rule.has_conditions() {
            left.push(format!(
                "{broken} condition{} off",
                if broken == 1 { "" } else { "s" }
            ));
        }
        let t = window.view.t.min(micro.states.len() - 1);
        let energy = micro.states[t].total_energy();
        let change = t
            .checked_sub(1)
            .map(|b| energy - micro.states[b].total_energy());
        let words = match (micro.subject.rule.course(), change) {
            (course, _) if course != Course::Reverse && !energy.is_finite() => {
                "energy not finite".into()
            }
            (Course::Reverse, _) => format!("loss {}", format::number(micro.loss)),
            (Course::Front, _)
                if micro.subject.conditions.start == crate::learning::Start::Random =>
            {
                format!("energy {}", format::number(energy))
            }
            (Course::Front, _) => format!(
                "energy {}, may rise behind the front",
                format::number(energy)
            ),
            (_, Some(d)) if d < 0.0 => format!("energy {}, falling", format::number(energy)),
            (_, Some(d)) if d > 0.0 => format!("energy {}, rising", format::number(energy)),
            _ => format!("energy {}", format::number(energy)),
        };
        left.push(words);
        right.push(format!(
            "{} of {} kept, {} of {}",
            micro.states.len(),
            format::plural(micro.steps as u64 + 1, "state", "states"),
            format::bytes(micro.bytes() as u64),
            format::bytes(STATE_BUDGET as u64)
        ));
    }
    if window.engine.race.update > 0 || window.engine.race_at_work() {
        if let Some(session) = &window.engine.session
            && let Some(words) = scored::sentence(&window.engine.race, &session.data)
        {
            left.push(words.trim_end_matches('.').to_owned());
        }
        let rates: Vec<String> = window
            .engine
            .race
            .lanes
            .iter()
            .filter(|l| l.median_ms.is_finite())
            .map(|l| format!("{} {} ms", l.spec.label, format::number(l.median_ms)))
            .collect();
        if !rates.is_empty() {
            left.push(format!("{} per update", rates.join(", ")));
        }
        if window.engine.race.state == RaceState::Paused {
            left.push("training paused within an update".into());
        }
    }
    if let Some(work) = work {
        right.insert(0, work.to_owned());
    }
    if let Some(drawn) = window.shell.drawn {
        let words = match window.motion() {
            Some(_) => match window.shell.computed {
                Some((rate, what)) => {
                    let rate = format::count(rate.round().max(1.0) as u64);
                    format!("computed {rate} {what}/s, drawn {drawn:.0}/s")
                }
                None => format!("drawn {drawn:.0}/s"),
            },
            None if work.is_none() => "at rest".into(),
            None => String::new(),
        };
        if !words.is_empty() {
            right.insert(0, words);
        }
    }
    let y = paint::baseline(ui.painter(), rect.center().y, text::size::CAPTION);
    let mut end = rect.right() - metrics::PAD;
    for words in right.iter().rev() {
        let at = paint::write(
            ui.painter(),
            pos2(end, y),
            Align::RIGHT,
            words,
            text::caption_font(),
            c.t3,
        );
        end = at.left() - 20.0;
    }
    let mut x = rect.left() + metrics::PAD;
    for words in &left {
        let width = paint::width(ui.painter(), words, text::caption_font());
        if x + width > end {
            break;
        }
        paint::write(
            ui.painter(),
            pos2(x, y),
            Align::LEFT,
            words,
            text::caption_font(),
            c.t3,
        );
        x += width + 20.0;
    }
    paint::hline(ui.painter(), rect.x_range(), rect.top(), c.line);
    let all = left
        .iter()
        .chain(&right)
        .cloned()
        .collect::<Vec<_>>()
        .join("; ");
    let response = ui.interact(rect, ui.scope_id().with("status"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &all));
    explain::mark(response, Mark::Words, "status");
}
