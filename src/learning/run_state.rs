//! A run between two updates, as a value.

use super::optimiser::{Optimiser, OptimiserSettings};
use crate::network::{Scalar, Sum, Weights};
use std::sync::Arc;

/// All that the next update reads besides the batch: taken from a learner it can be kept, compared and given back.
///
/// A clone shares the numbers; whoever changes a shared one copies it first.
#[derive(Clone, Debug)]
pub struct RunState<S> {
    /// θ.
    pub weights: Arc<Weights<S>>,
    /// The optimiser with what it remembers.
    pub optimiser: Arc<Optimiser<S>>,
    /// Updates made. Random draws of the next update are a function of it and of the run's seed.
    pub updates: u64,
}

impl<S: Scalar> RunState<S> {
    /// Before the first update, with an optimiser at rest.
    pub fn begin(weights: impl Into<Arc<Weights<S>>>, optimiser: OptimiserSettings) -> Self {
        let weights = weights.into();
        let parameters = weights.plan().parameter_count();
        Self {
            optimiser: Arc::new(Optimiser::new(optimiser, parameters)),
            weights,
            updates: 0,
        }
    }

    /// Takes over another state of the same plan, optimiser and number type, without allocating if nothing is shared.
    pub fn copy_from(&mut self, other: &Self) {
        Arc::make_mut(&mut self.weights).copy_from(&other.weights);
        Arc::make_mut(&mut self.optimiser).copy_from(&other.optimiser);
        self.updates = other.updates;
    }

    /// A copy that shares nothing.
    pub fn apart(&self) -> Self {
        Self {
            weights: Arc::new((*self.weights).clone()),
            optimiser: Arc::new((*self.optimiser).clone()),
            updates: self.updates,
        }
    }

    /// One step of the optimiser with the gradient of all parameters (see [`Optimiser::apply`]). Updates are not counted here: a
    /// rule whose weights move in mid-phase takes several steps, or parts of one, in one update.
    pub fn step(&mut self, gradient: Sum<'_, S>, scale: f64) {
        let weights = Arc::make_mut(&mut self.weights);
        Arc::make_mut(&mut self.optimiser).apply(weights, gradient, scale);
    }

    /// Begins a step that is taken in parts (see [`Optimiser::begin_step`]).
    pub fn begin_step(&mut self) {
        Arc::make_mut(&mut self.optimiser).begin_step();
    }

    /// A part of a step: the gradient of some parameters is applied.
    pub fn step_some(&mut self, gradient: Sum<'_, S>, scale: f64, parameters: &[usize]) {
        let weights = Arc::make_mut(&mut self.weights);
        let optimiser = Arc::make_mut(&mut self.optimiser);
        optimiser.apply_to(weights, gradient, scale, parameters.iter().copied());
    }

    /// Bits in which weights and the optimiser's memory differ from another's; all of a number where one of the two has none.
    /// States after different numbers of updates differ at least in one.
    pub fn differing_bits(&self, other: &Self) -> u64 {
        let pairs = self.weights.values().iter().zip(other.weights.values());
        let weights: u64 = pairs.map(|(a, b)| u64::from(a.differing_bits(*b))).sum();
        let counts = u64::from((self.updates ^ other.updates).count_ones());
        weights + self.optimiser.differing_bits(&other.optimiser) + counts
    }

    /// Bytes of its numbers.
    pub fn bytes(&self) -> usize {
        let parameters = self.weights.plan().parameter_count();
        (1 + self.optimiser.settings.memories()) * parameters * size_of::<S>()
    }

    /// The same weights with an optimiser set otherwise. What it remembers stays if it is of the same kind.
    pub fn under(&self, settings: OptimiserSettings) -> Self {
        if settings == self.optimiser.settings {
            return self.clone();
        }
        Self {
            optimiser: Arc::new(self.optimiser.under(settings)),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::{
        Batch, Conditions, Inference, Interrupt, Learner, OptimiserKind, Pool, Uninterrupted,
        learner::method,
    };
    use crate::network::Activation;
    use crate::network::build::dense_plan;

    fn batch(update: u64) -> Arc<Batch<f32>> {
        let number = |i: u64| (((i * 37 + update * 101) % 19) as f32 - 9.0) / 9.0;
        Arc::new(Batch {
            inputs: (0..3 * 5).map(number).collect(),
            targets: (0..2 * 5).map(|i| number(i + 7)).collect(),
            missing: Vec::new(),
            rows: 5,
        })
    }

    fn train(learner: &mut Learner<f32>, updates: std::ops::Range<u64>) -> RunState<f32> {
        let (pool, never) = (Pool::new(1), Arc::new(Uninterrupted) as Arc<dyn Interrupt>);
        for u in updates {
            learner.update(&pool, &batch(u), &never).unwrap();
        }
        learner.state().clone()
    }

    /// Every rule and optimiser, random starts and weights that move in mid-phase among them: a run that is put back to a state
    /// goes on from it to the same bits, and so does another learner.
    #[test]
    fn a_run_goes_on_from_a_state_that_was_kept() {
        let plan = dense_plan(3, &[4, 2], Activation::Tanh);
        let random = Conditions {
            start: crate::learning::Start::Random,
            ..Conditions::default()
        };
        let w_first = Conditions {
            order: crate::learning::Order::WFirst,
            ..Conditions::default()
        };
        for kind in OptimiserKind::ALL {
            for momentum in [0.0, 0.9] {
                for rule in crate::learning::rule::all() {
                    for conditions in [Conditions::default(), random, w_first] {
                        let settings = OptimiserSettings {
                            kind,
                            momentum,
                            ..OptimiserSettings::sgd(0.02)
                        };
                        let begin = RunState::begin(
                            Weights::from_values(
                                Arc::clone(&plan),
                                &(0..plan.parameter_count())
                                    .map(|i| ((i * 7 % 11) as f32 - 5.0) / 8.0)
                                    .collect::<Vec<_>>(),
                            ),
                            settings,
                        );
                        let method = method(&plan, rule, Inference::of(6, 0.1), &conditions);
                        let learner = || Learner::from_state(begin.clone(), method, true, 3);
                        let mut first = learner();
                        let kept = train(&mut first, 0..4);
                        let wanted = train(&mut first, 4..9);
                        assert_eq!((kept.updates, wanted.updates), (4, 9));
                        assert_ne!(kept.differing_bits(&wanted), 0, "{rule:?}");
                        first.restore(kept.clone());
                        assert_eq!(
                            train(&mut first, 4..9).differing_bits(&wanted),
                            0,
                            "{rule:?} {kind:?} {momentum}"
                        );
                        let mut second = learner();
                        second.restore(kept.apart());
                        assert_eq!(
                            train(&mut second, 4..9).differing_bits(&wanted),
                            0,
                            "{rule:?} {kind:?} {momentum}"
                        );
                    }
                }
            }
        }
    }

    /// What an update would make of one weight is what it makes of it.
    #[test]
    fn one_weight_ahead_is_the_weight_after() {
        let plan = dense_plan(3, &[4, 2], Activation::Tanh);
        for kind in OptimiserKind::ALL {
            for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
                for weight_decay in [0.0, 0.1] {
                    let settings = OptimiserSettings {
                        kind,
                        momentum,
                        nesterov,
                        weight_decay,
                        ..OptimiserSettings::sgd(0.02)
                    };
                    let values: Vec<f32> = (0..plan.parameter_count())
                        .map(|i| i as f32 / 7.0 - 1.0)
                        .collect();
                    let begin =
                        RunState::begin(Weights::from_values(Arc::clone(&plan), &values), settings);
                    let method = method(
                        &plan,
                        crate::learning::REFERENCE,
                        Inference::of(6, 0.1),
                        &Conditions::default(),
                    );
                    // Of a sum, not a mean: nothing is scaled.
                    let mut learner = Learner::from_state(begin, method, false, 3);
                    for u in 0..4 {
                        let before = learner.state().apart();
                        train(&mut learner, u..u + 1);
                        let gradient = learner.gradient().to_vec();
                        let ahead = before.optimiser.next();
                        for (i, (&w, &g)) in
                            before.weights.values().iter().zip(&gradient).enumerate()
                        {
                            let after = learner.weights().values()[i];
                            assert_eq!(
                                ahead.weight(i, w, g).to_bits(),
                                after.to_bits(),
                                "{settings:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}
