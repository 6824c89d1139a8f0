//! What playing through the states of inference pauses at.

use super::Window;
use crate::app::format;
use crate::app::state::{Halts, Notice};
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::LevelComparison;

/// What is met at state `t` and was not met at the state before, a sentence each. `limit` is that of γ, where it is known.
fn met(halts: &Halts, limit: Option<f64>, micro: &MicroscopeSnapshot, t: usize) -> Vec<String> {
    let Some(state) = micro.states.get(t) else {
        return Vec::new();
    };
    let before = t.checked_sub(1).and_then(|t| micro.states.get(t));
    let mut said = Vec::new();
    if let Some(level) = halts.captured
        && micro.capture_time(level) == Some(t)
    {
        said.push(format!("Level {level} was taken."));
    }
    if let Some(before) = before.filter(|_| halts.energy_rises) {
        let (from, to) = (before.total_energy(), state.total_energy());
        if to > from {
            let number = format::number;
            said.push(format!("F rose from {} to {}.", number(from), number(to)));
        }
    }
    if let Some(limit) = limit.filter(|_| halts.past_limit && t > 0)
        && state.gamma > limit
        && before.is_none_or(|before| before.t == 0 || before.gamma <= limit)
    {
        said.push(format!(
            "γ of this step was {}, past its stability limit {}.",
            format::number(state.gamma),
            format::number3(limit)
        ));
    }
    if let Some(bound) = halts.cosine_below {
        let worst = |levels: &[Option<LevelComparison>]| {
            let all = levels.iter().flatten().map(|l| (l.level, l.cosine));
            let all = all.filter(|(_, cosine)| *cosine < bound);
            all.min_by(|a, b| a.1.total_cmp(&b.1))
        };
        if let Some((level, cosine)) = worst(&state.levels)
            && before.is_none_or(|before| worst(&before.levels).is_none())
        {
            said.push(format!(
                "The cosine of level {level} with backprop was {}, below {}.",
                format::number(cosine),
                format::number(bound)
            ));
        }
    }
    if let Some((vertex, _)) = state.first_not_finite.filter(|at| at.1 == t)
        && halts.not_finite
    {
        let label = &micro.plan.graph.vertices[vertex].label;
        said.push(format!("A number of {label} was not finite."));
    }
    said
}

impl Window {
    /// Looks at the state that playing has come to: true if it pauses there, which is said.
    pub(super) fn halts(&mut self) -> bool {
        let Some(micro) = self.engine.micro.clone() else {
            return false;
        };
        let t = self.view.t;
        let here = (micro.generation, t);
        let before = self.player.looked.replace(here);
        if !self.view.playing {
            self.view.play_until = None;
            return false;
        }
        let mut said = match before == Some(here) {
            true => Vec::new(),
            false => {
                let limit = self.engine.stability.map(|s| s.limit);
                met(&self.view.halts, limit, &micro, t)
            }
        };
        // It goes no further than there are states.
        let until = self.view.play_until.map(|to| to.min(micro.steps));
        if said.is_empty() && until.is_none_or(|to| t < to) {
            return false;
        }
        self.view.playing = false;
        self.view.play_until = None;
        if !said.is_empty() {
            self.shell.notice = Some(Notice {
                subject: format!("Paused at t = {}.", format::count(t as u64)),
                rest: std::mem::take(&mut said).join(" "),
            });
        }
        true
    }
}
