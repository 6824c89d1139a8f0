//! Between two states: a step of inference in its three halves, each as it stands once it is done.
//!
//! From state t on: what level by level is due is captured, with x, μ and ε as they are; then every x moves, by Δx; then μ and ε follow.
//! All numbers are those of the two states between which it lies: nothing is computed anew.

use super::{MicroscopeSnapshot, StateRecord};
use std::sync::Arc;

/// How far the step is through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Half {
    /// μ and ε of the state have followed x; what is due at it is not captured yet.
    Followed,
    /// It is captured: the state as it is kept.
    #[default]
    Captured,
    /// Every x has moved on; μ and ε have not followed yet.
    Moved,
}

impl MicroscopeSnapshot {
    /// The same with state `t` as it stands at a half of the step there; itself, where that is not known yet.
    #[must_use]
    pub fn at_half(self: &Arc<Self>, t: usize, half: Half) -> Arc<Self> {
        let Some(own) = self.states.get(t) else {
            return Arc::clone(self);
        };
        let between = match half {
            Half::Captured => return Arc::clone(self),
            Half::Followed => followed(own, t.checked_sub(1).and_then(|t| self.states.get(t))),
            Half::Moved => match self.states.get(t + 1) {
                Some(next) => self.moved(own, next),
                None => return Arc::clone(self),
            },
        };
        let mut all = (**self).clone();
        all.half = half;
        all.states[t] = Arc::new(between);
        Arc::new(all)
    }

    /// x, f(x) and Δx of the state that comes, all else of this one. The output has no x of its own: it is its prediction.
    fn moved(&self, own: &StateRecord, next: &StateRecord) -> StateRecord {
        let output = self.plan.output();
        let block = self.plan.block(output, 1);
        let mut between = own.clone();
        for field in [0, 1, 4] {
            between.fields[field] = next.fields[field].with(&own.fields[field], block.clone());
            between.largest[field].clone_from(&next.largest[field]);
            between.largest[field][output] = own.largest[field][output];
        }
        between.moved.clone_from(&next.moved);
        between.elsewhere.clone_from(&next.elsewhere);
        between.elsewhere[output] = own.elsewhere[output];
        between.gamma = next.gamma;
        between
    }

    /// Which vertices are not what they were before a half of the step at `t`, and levels captured by it.
    pub fn changed_by(&self, t: usize, half: Half) -> (Vec<usize>, Vec<usize>) {
        let vertices = 0..self.plan.graph.vertices.len();
        let (Some(own), before) = (
            self.states.get(t),
            t.checked_sub(1).and_then(|t| self.states.get(t)),
        ) else {
            return (Vec::new(), Vec::new());
        };
        let differs = |a: &StateRecord, b: &StateRecord, fields: &[usize], v: usize| {
            let block = self.plan.block(v, 1);
            let mut fields = fields.iter();
            fields.any(|&f| a.fields[f].differs(&b.fields[f], block.clone()))
        };
        match half {
            Half::Moved => {
                let next = self.states.get(t + 1);
                let moved = |&v: &usize| {
                    next.is_some_and(|n| differs(own, n, &[0], v) && v != self.plan.output())
                };
                (vertices.filter(moved).collect(), Vec::new())
            }
            Half::Followed => {
                let moved = |&v: &usize| before.is_some_and(|b| differs(own, b, &[2, 3], v));
                (vertices.filter(moved).collect(), Vec::new())
            }
            Half::Captured => {
                let levels = self.plan.weighted_levels().zip(&own.levels).enumerate();
                let taken = levels.filter(|(i, (level, now))| {
                    let earlier = before.is_some_and(|b| b.levels[*i].is_some());
                    now.is_some() && (!earlier || self.capture_time(*level) == Some(t))
                });
                (Vec::new(), taken.map(|(_, (level, _))| level).collect())
            }
        }
    }
}

/// State t before anything of it is captured: what was captured before stays.
fn followed(own: &StateRecord, before: Option<&Arc<StateRecord>>) -> StateRecord {
    let none = || own.levels.iter().map(|_| None).collect();
    StateRecord {
        levels: before.map_or_else(none, |b| b.levels.clone()),
        shares: before.map_or_else(
            || vec![super::Shares::none(own.levels.len()); own.shares.len()],
            |b| b.shares.clone(),
        ),
        judgement: before.and_then(|b| b.judgement),
        ..own.clone()
    }
}
