//! What somebody does to the example that is looked at, while it infers.

use super::Microscope;
use crate::experiment::numbers::Numbers;
use crate::learning::{Fixed, Intervention, Standing, follows_start};
use crate::network::Scalar;
use std::sync::Arc;

impl<S: Scalar> Microscope<S> {
    /// Takes up what is done at t = 0 and lasts: of weights, input and target it is what the phase begins with, of backpropagation as
    /// well.
    pub(super) fn touch(&mut self) {
        let done = &self.subject.interventions;
        let standing = (done.active(0)).then(|| done.standing(&self.plan, 0));
        self.given = self.example.clone();
        if let Some(standing) = &standing {
            if standing.changes_weights() {
                let mut weights = (*self.weights).clone();
                standing.change(&mut weights);
                self.shown_weights = Numbers::new(weights.values());
                self.weights = Arc::new(weights);
            }
            standing.aim(&mut self.given.targets);
            standing.enter(&mut self.given.inputs);
        }
        self.bp.fixed = standing
            .as_ref()
            .map_or_else(Vec::new, |s| fixed(&self.plan, s));
    }

    /// Backpropagation on the same weights, of what the example is at t = 0: it has no steps, and of what is done later it knows
    /// nothing.
    pub(super) fn look_back(&mut self) {
        let done = &self.subject.interventions;
        self.standing = (done.active(0)).then(|| Arc::new(done.standing(&self.plan, 0)));
        let precision = self.subject.inference.output_precision;
        let standing = self.standing.as_deref();
        let own = standing.and_then(|s| s.precisions.get(&0));
        self.bp.output_precision = own.copied().unwrap_or(precision);
        self.bp
            .forward(&self.weights, &self.given.inputs, &self.given.missing);
        let mut targets = self.given.targets.clone();
        let output = self.plan.output();
        let free = standing.map_or(0, |s| s.clamps.freed(output).count());
        if free == self.plan.len_of(output) {
            // Without a target there is no loss, and no error.
            self.bp.output_precision = 0.0;
        } else if let Some(standing) = standing {
            for unit in standing.clamps.freed(output) {
                targets[unit] = self.bp.output()[unit];
            }
        }
        self.loss = match self.bp.output_precision {
            0.0 => 0.0,
            _ => self.bp.loss(&targets),
        };
        self.bp
            .reverse(&self.weights, &targets, &mut self.reference);
    }

    /// Does what is done at state t, once it holds.
    pub(super) fn intervene(&mut self, t: usize) {
        let done = Arc::clone(&self.subject.interventions);
        let acts = done.at(t);
        // What lasts from t = 0 on is part of the start.
        let moves = |one: &Intervention| follows_start(&one.act);
        let due = if t == 0 {
            acts.iter().any(moves)
        } else {
            !acts.is_empty()
        };
        let Some(schedule) = self.schedule.filter(|_| due) else {
            return;
        };
        let standing = Arc::new(done.standing(&self.plan, t));
        if t > 0 && standing.changes_weights() {
            let weights = Arc::make_mut(&mut self.live.weights);
            standing.change(weights);
            self.shown_live = Some(Numbers::new(weights.values()));
            self.weights_moved = true;
        }
        let mut targets = self.example.targets.clone();
        standing.aim(&mut targets);
        let weights = &self.live.weights;
        self.state
            .intervene(weights, &standing, acts, &targets, schedule.epsilon);
        self.standing = Some(standing);
    }

    /// What is cut stays so, whatever is learned in mid-phase.
    pub(super) fn keep_cut(&mut self) {
        let Some(standing) = self.standing.as_deref().filter(|s| !s.cut.is_empty()) else {
            return;
        };
        Arc::make_mut(&mut self.live.weights).change(|all| {
            standing.cut.iter().for_each(|&place| all[place] = S::ZERO);
        });
        if self.shown_live.is_some() {
            self.shown_live = Some(Numbers::new(self.live.weights.values()));
        }
    }
}

/// What backpropagation leaves alone: units that hold a value, and those that are taken out.
fn fixed<S: Scalar>(plan: &crate::network::Plan, standing: &Standing) -> Vec<Fixed<S>> {
    let clamps = &standing.clamps;
    let of = |vertex: usize| {
        let held = clamps.held(vertex).map(move |(unit, value)| Fixed {
            vertex,
            unit,
            value: value.map(S::from_f64),
            gone: false,
        });
        let gone = clamps.lesioned(vertex).map(move |unit| Fixed {
            vertex,
            unit,
            value: Some(S::ZERO),
            gone: true,
        });
        held.chain(gone)
    };
    (0..plan.output()).flat_map(of).collect()
}
