//! Comparing what the rule has taken with what backpropagation would contribute, level by level and as one update.

use super::super::contributions::Shares;
use super::record::norm;
use super::{FirstWrong, Microscope};
use crate::learning::compare::{Circumstances, Compared, compare};
use crate::learning::optimiser::Next;
use crate::learning::{Judgement, LevelComparison, Schedule, Verdict};
use crate::network::Scalar;
use std::sync::Arc;

impl<S: Scalar> Microscope<S> {
    /// True if errors can have come to a level of a rule that takes the last state, or something has come anyway.
    pub(super) fn reached(&mut self, schedule: &Schedule, level: usize, t: usize) -> bool {
        let nearest = |&v: &usize| self.plan.graph.vertices[v].error_from;
        let nearest = self.plan.levels[level].vertices.iter().map(nearest).min();
        // What incremental learning has applied at t comes from the states before it.
        let states = if schedule.incremental { t } else { t + 1 };
        let front = schedule.front_time(nearest.unwrap_or(level)).unwrap_or(0);
        self.update.values();
        let mut numbers = self.plan.levels[level].parameters.iter();
        front < states
            || numbers.any(|&p| {
                self.update[self.plan.parameter(p)]
                    .iter()
                    .any(|&g| g != S::ZERO)
            })
    }

    /// Judges what would be applied if inference stopped here.
    pub(super) fn judge(
        &mut self,
        levels: &[Option<LevelComparison>],
        complete: bool,
    ) -> Option<Judgement> {
        let schedule = self.schedule?;
        if self.standing.is_some() {
            // Backpropagation of the network as it was says nothing of one that somebody holds.
            return Some(Judgement::without(Verdict::Intervention));
        }
        let compared: Vec<LevelComparison> = if self.plan.shares {
            self.compare_parts(&schedule)
        } else {
            levels.iter().copied().flatten().collect()
        };
        let output = self.state.eps(self.plan.output());
        let about = Circumstances {
            complete,
            equals_backprop: schedule.equals_backprop(&self.plan),
            rate: self.subject.optimiser.rate,
            no_error: output.iter().all(|&e| e == S::ZERO),
        };
        Judgement::of(&compared, about)
    }

    /// The parts of which something has been captured, where levels share weights.
    pub(super) fn compare_parts(&mut self, schedule: &Schedule) -> Vec<LevelComparison> {
        self.update.values();
        self.reference_taken.values();
        let plan = &self.plan;
        let mut taken = vec![false; plan.graph.parameters.len()];
        for level in plan.weighted_levels().filter(|&l| self.captured[l]) {
            for &p in &plan.levels[level].parameters {
                taken[p] = true;
            }
        }
        let mut compared = Vec::new();
        for (level, parameters) in &self.parts {
            let own: Vec<usize> = parameters.iter().copied().filter(|&p| taken[p]).collect();
            if !own.is_empty() {
                let (update, reference) = (&self.update, &self.reference_taken);
                compared.push(self.compare_numbers(
                    *level,
                    &own,
                    update,
                    reference,
                    Some(schedule),
                ));
            }
        }
        compared
    }

    /// Marks a level as captured, and adds backpropagation's contribution of it to what has been captured of that: once, also
    /// where the rule takes a level's more than once.
    pub(super) fn take_reference(&mut self, level: usize) {
        let again = std::mem::replace(&mut self.captured[level], true);
        if again || !self.plan.shares {
            return;
        }
        for &v in &self.plan.levels[level].vertices {
            self.bp.contribute(v, &mut self.reference_taken);
        }
    }

    /// Notes the sizes of one level's contributions to the shared matrices: the `i`-th weighted level.
    pub(super) fn note_shares(
        &self,
        shares: &mut [Shares],
        i: usize,
        level: usize,
        captured: bool,
        backprop: bool,
    ) {
        let gradient = if backprop {
            &self.reference_level
        } else {
            &self.gradient
        };
        for (share, p) in shares.iter_mut().zip(&self.shared) {
            if self.plan.levels[level].parameters.contains(p) {
                let size = || norm(&gradient[self.plan.parameter(*p)]);
                share.sizes[i] = captured.then(size);
            }
        }
    }

    /// What backpropagation contributes to the shared matrices, level by level.
    pub(super) fn shares_of_backprop(&mut self) -> Vec<Shares> {
        let plan = Arc::clone(&self.plan);
        let levels = plan.weighted_levels().count();
        let mut shares = vec![Shares::none(levels); self.shared.len()];
        if shares.is_empty() {
            return shares;
        }
        for (i, level) in plan.weighted_levels().enumerate() {
            self.contribution_of_backprop(level);
            self.note_shares(&mut shares, i, level, true, true);
        }
        for (share, &p) in shares.iter_mut().zip(&self.shared) {
            share.sum = norm(&self.reference[plan.parameter(p)]);
        }
        shares
    }

    /// Adds to the update what the rule takes of one level at this state, and leaves in `gradient` all that it has taken of it.
    pub(super) fn gather(&mut self, schedule: &Schedule, level: usize) {
        if !schedule.incremental {
            self.state.capture(level, &mut self.update);
        }
        let own = match self.by_level.get_mut(level) {
            Some(sum) => {
                if !schedule.incremental {
                    self.state.capture(level, sum);
                }
                Some(sum)
            }
            // Where no weight is shared, what is taken of a level is all that its weights get.
            None if !self.plan.shares => Some(&mut self.update),
            None => None,
        };
        for &p in &self.plan.levels[level].parameters {
            self.gradient.forget(p);
        }
        self.gradient.values();
        match own {
            Some(sum) => {
                sum.values();
                if let Some(standing) = &self.standing {
                    standing.sever(sum);
                }
                let values: &[S] = sum;
                for &p in &self.plan.levels[level].parameters {
                    let range = self.plan.parameter(p);
                    self.gradient[range.clone()].copy_from_slice(&values[range]);
                }
            }
            None => {
                self.state.capture(level, &mut self.gradient);
                self.gradient.values();
                if let Some(standing) = &self.standing {
                    standing.sever(&mut self.gradient);
                }
            }
        }
    }

    /// Backpropagation's contribution of one level.
    pub(super) fn contribution_of_backprop(&mut self, level: usize) {
        if !self.plan.shares {
            for &p in &self.plan.levels[level].parameters {
                let range = self.plan.parameter(p);
                self.reference_level[range.clone()].copy_from_slice(&self.reference[range]);
            }
            return;
        }
        for &p in &self.plan.levels[level].parameters {
            self.reference_level.forget(p);
        }
        self.reference_level.values();
        for &v in &self.plan.levels[level].vertices {
            self.bp.contribute(v, &mut self.reference_level);
        }
    }

    /// Compares a level's own contribution with backpropagation's.
    pub(super) fn compare_level(
        &self,
        level: usize,
        schedule: Option<&Schedule>,
    ) -> LevelComparison {
        let parameters = &self.plan.levels[level].parameters;
        // What several levels change in mid-phase is no level's own.
        let schedule = schedule.filter(|_| !self.plan.shares);
        self.compare_numbers(
            level,
            parameters,
            &self.gradient,
            &self.reference_level,
            schedule,
        )
    }

    /// Compares two updates of some parameters, applied to copies of the weights. What a schedule changes in mid-phase, in several
    /// steps, has been applied to a copy already.
    pub(super) fn compare_numbers(
        &self,
        level: usize,
        parameters: &[usize],
        gradient: &[S],
        reference: &[S],
        schedule: Option<&Schedule>,
    ) -> LevelComparison {
        let (next, within) = (self.optimiser.next(), self.live.optimiser.within());
        let (before, live) = (self.weights.values(), self.live.weights.values());
        // What this state contributes to shared weights changes them after the next step.
        let now: &[S] = &self.contribution;
        let t = self.records.len();
        let contributes = |p: usize| {
            let levels = &self.plan.levels;
            let is_now = |s: &Schedule| {
                (0..levels.len())
                    .any(|l| s.capture_time(l) == t && levels[l].parameters.contains(&p))
            };
            schedule.is_some_and(is_now)
        };
        let (next, within) = (&next, &within);
        let numbers = parameters.iter().flat_map(|&p| {
            let shared = self.plan.graph.parameters[p].is_shared();
            let incremental = schedule.is_some_and(|s| s.incremental);
            let at_once = schedule.is_some() && self.at_once() && shared;
            let contributes = at_once && contributes(p);
            let is_bias = self.plan.graph.parameters[p].is_bias;
            let by = move |of: &Next<'_, S>, i: usize, from: S, g: S| match is_bias {
                true => of.bias(i, from, g),
                false => of.weight(i, from, g),
            };
            self.plan.parameter(p).map(move |i| Compared {
                before: before[i],
                after: if incremental {
                    live[i]
                } else if contributes {
                    by(within, i, live[i], now[i])
                } else if at_once {
                    live[i]
                } else {
                    by(next, i, before[i], gradient[i])
                },
                reference_after: by(next, i, before[i], reference[i]),
                gradient: gradient[i],
                reference: reference[i],
            })
        });
        compare(level, numbers)
    }

    pub(super) fn note_first_wrong(&mut self, level: usize, t: usize) {
        let touched = self.standing.is_some();
        if self.first_wrong.is_some() || touched || !self.subject.rule.has_conditions() {
            return;
        }
        let next = self.optimiser.next();
        let differs = |i: usize, is_bias: bool| {
            let old = self.weights.values()[i];
            let after = |g| match is_bias {
                true => next.bias(i, old, g),
                false => next.weight(i, old, g),
            };
            let (own, right) = (self.gradient[i], self.reference_level[i]);
            after(own).differing_bits(after(right)) > 0
        };
        let off = |i: usize| (self.gradient[i].to_f64() - self.reference_level[i].to_f64()).abs();
        // The largest of the wrong numbers of this level: the first one in storage order may be a rounding away from right.
        let worst = |range: std::ops::Range<usize>, is_bias: bool| {
            let wrong = range.filter(|i| differs(*i, is_bias));
            wrong.max_by(|&a, &b| off(a).total_cmp(&off(b)))
        };
        let edges = || self.plan.levels[level].edges.iter();
        let weights = edges().filter_map(|&e| {
            let edge = &self.plan.edges[e];
            let w = edge.weight.as_ref()?;
            Some((e, w.parameter, worst(w.range.clone(), false)?))
        });
        // Where only biases differ, f(x) is 0 throughout.
        let biases = edges().filter_map(|&e| {
            let range = self.plan.edges[e].bias.as_ref()?.range.clone();
            Some((e, self.plan.graph.edges[e].bias?, worst(range, true)?))
        });
        let Some((e, parameter, i)) = weights.chain(biases).next() else {
            return;
        };
        let edge = &self.plan.edges[e];
        let numbers = self.plan.parameter(parameter);
        let place = self.plan.graph.parameters[parameter].place(i - numbers.start);
        let by_unit = edge.op.by_unit() && !self.plan.graph.parameters[parameter].is_bias;
        let part = edge
            .op
            .part(self.plan.graph.vertices[edge.from].shape)
            .start;
        let pair = |error: &[S], input: &[S]| {
            by_unit.then(|| (error[place.0].to_f64(), input[part + place.1].to_f64()))
        };
        self.first_wrong = Some(FirstWrong {
            parameter,
            place,
            taken: (t, level),
            gradient: (self.gradient[i].to_f64(), self.reference_level[i].to_f64()),
            factors: pair(self.state.eps(edge.to), self.state.fx(edge.from)),
            reference: pair(self.bp.delta(edge.to), self.bp.fx(edge.from)),
        });
    }
}
