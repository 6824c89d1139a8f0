//! Steps of half a step: capture, x, μ and ε.

use super::{Grain, Window};
use crate::app::state::Action;
use crate::experiment::microscope::Half;
use crate::experiment::session::ScopeCommand;

impl Window {
    /// How far the step at the state that is shown is through, where one goes by half steps.
    pub fn half(&self) -> Option<Half> {
        let generation = self.engine.micro.as_ref()?.generation;
        let here = |h: &(u64, usize, Half)| (h.0, h.1) == (generation, self.view.t);
        let own = self.view.half.filter(here).map(|h| h.2);
        // Where nothing else was asked for, a state is shown as it is kept.
        own.or((self.player.grain == Grain::Half).then_some(Half::Captured))
    }

    /// Half a step forward or back.
    pub(super) fn half_step(&mut self, forward: bool) {
        let Some(micro) = self.engine.micro.clone() else {
            return;
        };
        let (t, half) = (self.view.t, self.half().unwrap_or_default());
        let (to, half) = match (half, forward) {
            (Half::Followed, true) | (Half::Moved, false) => (t, Half::Captured),
            (Half::Captured, true) if t < micro.steps => (t, Half::Moved),
            (Half::Moved, true) => (t + 1, Half::Followed),
            (Half::Captured, false) => (t, Half::Followed),
            (Half::Followed, false) if t > 0 => (t - 1, Half::Moved),
            // Nothing comes before the first half or after the last.
            (half, _) => (t, half),
        };
        self.act(Action::Seek(to));
        if half == Half::Moved {
            // x of the state that comes is shown, without going there.
            self.engine.tell_scope(ScopeCommand::RunTo(to + 1));
        }
        self.view.half = Some((micro.generation, to, half));
    }
}
