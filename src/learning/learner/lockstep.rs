//! A phase in which all shards go state by state together: where weights change on the way, and to find what went wrong.

use super::{Learner, UpdateError, UpdateReport, scale};
use crate::learning::phase::{Deed, Parameters, Phase, Place};
use crate::learning::schedule::Schedule;
use crate::learning::shard::{Batch, Interrupt, SHARD_ROWS, Shard, Work};
use crate::learning::{Backprop, Method, State};
use crate::network::{Gradient, Scalar, Sum};
use std::ops::ControlFlow;
use std::sync::Arc;

impl<S: Scalar> Learner<S> {
    /// The ablations in which weights change when their contributions are captured: all of it one step of the optimiser.
    pub(super) fn update_in_lockstep(
        &mut self,
        batch: &Batch<S>,
        phase: &Phase,
        count: usize,
        interrupt: &dyn Interrupt,
    ) -> Result<UpdateReport, UpdateError> {
        self.keep_before();
        self.state.begin_step();
        self.in_shards = 0;
        let played = self.play(batch, phase, count, |_, _| match interrupt.proceed() {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        });
        let loss = match played {
            Played::Whole(loss) => loss / batch.rows as f64,
            Played::Left => {
                self.take_back();
                return Err(UpdateError::Abandoned);
            }
            Played::NotFinite(loss) => return Err(self.diagnose(batch, loss, Before::Kept(None))),
        };
        self.reach = self.state.optimiser.reach(&self.state.weights);
        if !self.reach.within(f64::MAX) {
            let parameter = self.first_wild(self.state.weights.values());
            self.take_back();
            return Err(self.overflow_of(parameter.unwrap_or_default(), None));
        }
        self.state.updates += 1;
        Ok(UpdateReport { loss })
    }

    /// Does the deeds of a phase on all shards together. `watch` sees each state of each shard before anything of it is captured,
    /// state by state.
    fn play(
        &mut self,
        batch: &Batch<S>,
        phase: &Phase,
        count: usize,
        mut watch: impl FnMut(&State<S>, usize) -> ControlFlow<()>,
    ) -> Played {
        let (plan, schedule) = (Arc::clone(&self.plan), *phase.schedule());
        let scale = scale(self.mean, batch.rows);
        let draw = self.draw();
        let weights = Arc::clone(&self.state.weights);
        let mut loss = 0.0;
        self.for_states(count, |state, index| {
            let examples = batch.part(&plan, Shard::<S>::rows_of(index, batch));
            state.follow(&schedule);
            loss += state.begin(&weights, examples, schedule.start, draw);
        });
        drop(weights);
        self.total.clear();
        for deed in phase.from(Place::START) {
            match deed {
                Deed::State(t) => {
                    let mut flow = ControlFlow::Continue(());
                    self.for_states(count, |state, _| {
                        if flow.is_continue() {
                            flow = watch(state, t);
                        }
                    });
                    if flow.is_break() {
                        return Played::Left;
                    }
                }
                Deed::Forget(Parameters::All) => self.total.clear(),
                Deed::Forget(Parameters::These(some)) => {
                    some.iter().for_each(|&p| self.total.forget(p));
                }
                Deed::Capture(level) => {
                    for shard in self.shards[..count].iter_mut().flatten() {
                        if let Work::Inference(state) = &mut shard.work {
                            state.capture(level, &mut self.total);
                        }
                    }
                }
                Deed::Apply(parameters) => {
                    if !self.total.is_finite() || !loss.is_finite() {
                        return Played::NotFinite(loss);
                    }
                    let sum = Sum {
                        parts: &[&self.total],
                    };
                    match parameters {
                        Parameters::All => self.state.step(sum, scale),
                        Parameters::These(some) => self.state.step_some(sum, scale, some),
                    }
                }
                moves => {
                    let weights = Arc::clone(&self.state.weights);
                    self.for_states(count, |state, _| state.go(moves, &weights, &schedule));
                }
            }
        }
        Played::Whole(loss)
    }

    fn for_states(&mut self, count: usize, mut each: impl FnMut(&mut State<S>, usize)) {
        for shard in self.shards[..count].iter_mut().flatten() {
            let index = shard.index;
            if let Work::Inference(state) = &mut shard.work {
                each(state, index);
            }
        }
    }

    /// Makes the failed update once more and names the first vertex that held a number which is not finite, of those that are
    /// read. All is then as before the update.
    pub(super) fn diagnose(&mut self, batch: &Batch<S>, loss: f64, before: Before) -> UpdateError {
        match before {
            Before::Kept(_) => self.take_back(),
            Before::Same => self.keep_before(),
        }
        let found = match self.method {
            Method::Schedule(schedule) => self.first_in_phase(batch, schedule),
            Method::Backprop => self.first_in_passes(batch),
        };
        let (vertex, t) = found.unwrap_or_else(|| {
            if loss.is_finite() {
                let (vertex, t) = self.sum_not_finite();
                return match before {
                    Before::Kept(Some(moved)) => (vertex, Some(moved)),
                    _ => (vertex, t),
                };
            }
            let output = &self.plan.graph.vertices[self.plan.output()];
            let first = matches!(self.method, Method::Schedule(_)).then_some(0);
            (format!("the loss of {}", output.label), first)
        });
        self.take_back();
        UpdateError::NotFinite { vertex, t }
    }

    /// The first vertex and state of a phase that hold a number which is read and not finite.
    fn first_in_phase(
        &mut self,
        batch: &Batch<S>,
        schedule: Schedule,
    ) -> Option<(String, Option<usize>)> {
        let plan = Arc::clone(&self.plan);
        let vertices = &plan.graph.vertices;
        // Where a rule moves the front only, what it reads of the rest has to be there as well.
        let whole = Schedule {
            front_only: false,
            ..schedule
        };
        let phase = Phase::new(&plan, whole);
        if phase.applies() == crate::learning::Apply::AtCapture {
            self.state.begin_step();
        }
        let mut first = None;
        let count = batch.rows.div_ceil(SHARD_ROWS);
        self.play(batch, &phase, count, |state, t| {
            let read = |v: usize| schedule.reads(vertices[v].level, t);
            first = state.first_not_finite_of(read).map(|v| (t, v));
            match first {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        });
        first.map(|(t, v)| (vertices[v].label.clone(), Some(t)))
    }

    /// The first vertex that the forward or the reverse pass makes a number of which is not finite.
    fn first_in_passes(&self, batch: &Batch<S>) -> Option<(String, Option<usize>)> {
        let vertices = &self.plan.graph.vertices;
        let mut bp = Backprop::new(Arc::clone(&self.plan), SHARD_ROWS);
        bp.output_precision = self.output_precision;
        let mut gradient = Gradient::new(Arc::clone(&self.plan));
        for index in 0..batch.rows.div_ceil(SHARD_ROWS) {
            let examples = batch.part(&self.plan, Shard::rows_of(index, batch));
            bp.forward(&self.state.weights, examples.inputs, examples.missing);
            let wild = |values: &[S]| values.iter().any(|x| !x.is_finite());
            if let Some(v) = (0..vertices.len()).find(|&v| wild(bp.x(v))) {
                return Some((vertices[v].label.clone(), None));
            }
            bp.reverse(&self.state.weights, examples.targets, &mut gradient);
            if let Some(v) = (1..vertices.len()).rev().find(|&v| wild(bp.delta(v))) {
                return Some((format!("δ of {}", vertices[v].label), None));
            }
        }
        None
    }

    /// Which sum of contributions is not finite, where every number that they read is, and from which state on.
    fn sum_not_finite(&mut self) -> (String, Option<usize>) {
        self.total.values();
        match self.first_wild(&self.total) {
            Some(parameter) => {
                let (label, t) = self.place_of(parameter);
                (format!("the sum of the updates of {label}"), t)
            }
            None => ("the sum of the updates".into(), None),
        }
    }
}

/// How weights and optimiser stand beside what they were before the update that failed.
#[derive(Clone, Copy)]
pub(super) enum Before {
    /// They have not changed.
    Same,
    /// They may have; [`Learner::keep_before`] was called, and weights were to move at the state given.
    Kept(Option<usize>),
}

/// How a phase ended.
enum Played {
    /// All deeds are done; the summed loss.
    Whole(f64),
    /// Who watched wanted no more.
    Left,
    /// What was to be applied is not finite, or the loss, which is given.
    NotFinite(f64),
}
