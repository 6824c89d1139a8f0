//! Steps of half a step: capture, x, μ and ε.

use super::{Grain, Window};
use crate::app::state::Action;
use crate::experiment::microscope::{Half, MicroscopeSnapshot};
use crate::experiment::session::ScopeCommand;
use std::sync::Arc;

impl Window {
    /// How far the step at the state that is shown is through, where one goes by half steps.
    pub fn half(&self) -> Option<Half> {
        let generation = self.engine.micro.as_ref()?.generation;
        let here = |h: &(u64, usize, Half)| (h.0, h.1) == (generation, self.view.t);
        let own = self.view.half.filter(here).map(|h| h.2);
        // Where nothing else was asked for, a state is shown as it is kept.
        own.or((self.player.grain == Grain::Half).then_some(Half::Captured))
    }

    /// What is drawn of a snapshot: at half steps a copy with the state that is shown as it stands then, made once.
    pub(super) fn at_half(&self, micro: &Arc<MicroscopeSnapshot>) -> Arc<MicroscopeSnapshot> {
        let (t, half) = (self.view.t, self.half().unwrap_or_default());
        let mut made = self.engine.at_half.borrow_mut();
        if let Some((of, at, copy)) = &*made
            && Arc::ptr_eq(of, micro)
            && (*at, copy.half) == (t, half)
        {
            return Arc::clone(copy);
        }
        let copy = micro.at_half(t, half);
        // What is no copy is not kept beside what it is of.
        *made = (!Arc::ptr_eq(&copy, micro)).then(|| (Arc::clone(micro), t, Arc::clone(&copy)));
        copy
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
