//! What turns a gradient into a change of weights: the same code for backpropagation and every predictive coding rule.
//!
//! g is the descent direction: the summed -∂/∂θ times `scale` (1 / B for the mean of a batch, applied once to the sum).
//! Every element is worked on alone and in one order of operations, so equal bits in give equal bits out.

use super::law::{Adam, Law as _, Sgd};
use crate::network::{Aligned, Scalar, Sum, Weights};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The kind of optimiser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimiserKind {
    /// Stochastic gradient descent: v ← m v + g, θ ← θ + α v; with Nesterov's momentum θ ← θ + α (g + m v).
    #[default]
    Sgd,
    /// Adam (Kingma and Ba 2015, algorithm 1): θ ← θ + α m̂ / (√v̂ + ε), with m̂ and v̂ the means of g and g², corrected for
    /// their start at 0.
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): θ ← θ - α λ θ, then Adam's step.
    AdamW,
}

impl OptimiserKind {
    /// All kinds, in the order in which menus list them.
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Adam, Self::AdamW];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Adam => "adam",
            Self::AdamW => "adamw",
        }
    }

    /// The name on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Adam => "Adam",
            Self::AdamW => "AdamW",
        }
    }

    /// True for the two that adapt to the size of gradients; momentum is then β₁'s part.
    pub fn adapts(self) -> bool {
        self != Self::Sgd
    }
}

/// An optimiser's settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OptimiserSettings {
    /// The kind.
    pub kind: OptimiserKind,
    /// α, the learning rate.
    pub rate: f64,
    /// m of SGD, in [0, 1).
    pub momentum: f64,
    /// SGD looks ahead by its momentum.
    pub nesterov: bool,
    /// λ: SGD and Adam add -λ θ to g; AdamW shrinks θ by α λ.
    pub weight_decay: f64,
    /// Decay is of biases as well as of weights.
    pub decay_biases: bool,
    /// β₁ and β₂ of Adam, in [0, 1).
    pub betas: [f64; 2],
    /// ε of Adam, above 0.
    pub epsilon: f64,
}

impl OptimiserSettings {
    /// Plain SGD.
    pub const fn sgd(rate: f64) -> Self {
        Self {
            kind: OptimiserKind::Sgd,
            rate,
            momentum: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            decay_biases: true,
            betas: [0.9, 0.999],
            epsilon: 1e-8,
        }
    }

    /// The same for a bias: without decay, where that is of weights alone.
    fn for_bias(&self) -> Self {
        Self {
            weight_decay: if self.decay_biases {
                self.weight_decay
            } else {
                0.0
            },
            ..*self
        }
    }

    /// Numbers kept per parameter between updates.
    pub fn memories(&self) -> usize {
        match self.kind {
            OptimiserKind::Sgd => usize::from(self.momentum != 0.0),
            OptimiserKind::Adam | OptimiserKind::AdamW => 2,
        }
    }
}

/// Bounds on what weights and an optimiser's memory hold, by absolute value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    weights: f64,
    memory: f64,
}

impl Reach {
    /// They may hold anything.
    pub const UNKNOWN: Self = Self {
        weights: f64::INFINITY,
        memory: f64::INFINITY,
    };

    /// True if nothing they hold is beyond `limit`.
    pub fn within(self, limit: f64) -> bool {
        self.weights <= limit && self.memory <= limit
    }
}

/// An optimiser with what it remembers.
#[derive(Clone, Debug)]
pub struct Optimiser<S> {
    /// Its settings.
    pub settings: OptimiserSettings,
    /// The velocity of SGD (empty without momentum), or the mean of g.
    first: Aligned<S>,
    /// The mean of g² (empty for SGD).
    second: Aligned<S>,
    /// Steps begun.
    steps: u64,
    /// Numbers that it changes.
    parameters: usize,
}

/// What a step makes of single weights (see [`Optimiser::next`]).
pub struct Next<'a, S> {
    optimiser: &'a Optimiser<S>,
    law: Single<'a, S>,
    of_biases: Single<'a, S>,
}

enum Single<'a, S> {
    Sgd(Sgd<'a, S>),
    Adam(Adam<'a, S>),
}

impl<S: Scalar> Next<'_, S> {
    /// What becomes of the weight at `place` in the arena of parameters, now `weight`, by `gradient`: the bits of the step itself.
    pub fn weight(&self, place: usize, weight: S, gradient: S) -> S {
        self.by(&self.law, place, weight, gradient)
    }

    /// The same of a bias.
    pub fn bias(&self, place: usize, weight: S, gradient: S) -> S {
        self.by(&self.of_biases, place, weight, gradient)
    }

    fn by(&self, law: &Single<'_, S>, place: usize, weight: S, gradient: S) -> S {
        let memory = |of: &[S]| of.get(place).copied().unwrap_or(S::ZERO);
        let (mut first, mut second) = (
            memory(&self.optimiser.first),
            memory(&self.optimiser.second),
        );
        let mut weight = weight;
        match law {
            Single::Sgd(law) if self.optimiser.first.is_empty() => law.plain(&mut weight, gradient),
            Single::Sgd(law) => law.with_velocity(&mut weight, &mut first, gradient),
            Single::Adam(law) => law.one(&mut weight, &mut first, &mut second, gradient),
        }
        weight
    }
}

impl<S: Scalar> Optimiser<S> {
    /// At rest, for `parameters` numbers.
    pub fn new(settings: OptimiserSettings, parameters: usize) -> Self {
        let room = |wanted: bool| Aligned::zeros(if wanted { parameters } else { 0 });
        Self {
            settings,
            first: room(settings.memories() > 0),
            second: room(settings.memories() > 1),
            steps: 0,
            parameters,
        }
    }

    /// What it remembers: the steps it has begun, and the numbers that its settings keep for each parameter, in their order.
    pub fn memory(&self) -> (u64, Vec<&[S]>) {
        let kept = [&self.first[..], &self.second[..]];
        let kept = kept.into_iter().take(self.settings.memories());
        (self.steps, kept.collect())
    }

    /// With a memory that was kept (see [`Optimiser::memory`]) of `parameters` numbers; `None` if these settings keep another.
    pub fn remembering(
        settings: OptimiserSettings,
        parameters: usize,
        (steps, kept): (u64, &[Vec<S>]),
    ) -> Option<Self> {
        let mut own = Self::new(settings, parameters);
        let fits = kept.iter().all(|k| k.len() == parameters);
        if kept.len() != settings.memories() || !fits {
            return None;
        }
        for (to, from) in [&mut own.first, &mut own.second].into_iter().zip(kept) {
            to.copy_from_slice(from);
        }
        own.steps = steps;
        Some(own)
    }

    /// Takes over another's memory, of the same settings and size, without allocating.
    pub fn copy_from(&mut self, other: &Self) {
        self.settings = other.settings;
        self.first.clone_from(&other.first);
        self.second.clone_from(&other.second);
        self.steps = other.steps;
        self.parameters = other.parameters;
    }

    /// The same memory under other settings, where they remember the same; else at rest.
    pub fn under(&self, settings: OptimiserSettings) -> Self {
        let same =
            settings.kind == self.settings.kind && settings.memories() == self.settings.memories();
        if same {
            return Self {
                settings,
                ..self.clone()
            };
        }
        let parameters = self.parameters;
        Self::new(settings, parameters)
    }

    /// Bits in which what it remembers differs from another's; all of a number that one of the two does not keep.
    pub fn differing_bits(&self, other: &Self) -> u64 {
        let of = |a: &[S], b: &[S]| -> u64 {
            let shared: u64 = a
                .iter()
                .zip(b)
                .map(|(a, b)| u64::from(a.differing_bits(*b)))
                .sum();
            shared + (a.len().abs_diff(b.len()) * size_of::<S>() * 8) as u64
        };
        of(&self.first, &other.first)
            + of(&self.second, &other.second)
            + u64::from((self.steps ^ other.steps).count_ones())
    }

    /// What its next step, of an unscaled gradient, makes of single weights: for looking, nothing is changed.
    pub fn next(&self) -> Next<'_, S> {
        self.look(self.steps + 1)
    }

    /// What the step that has begun makes of single weights it has not changed yet.
    pub fn within(&self) -> Next<'_, S> {
        self.look(self.steps)
    }

    fn look(&self, step: u64) -> Next<'_, S> {
        let law = |settings: &OptimiserSettings| match settings.kind {
            OptimiserKind::Sgd => Single::Sgd(Sgd::new(settings, 1.0, &mut [])),
            OptimiserKind::Adam | OptimiserKind::AdamW => {
                Single::Adam(Adam::new(settings, step, 1.0, &mut [], &mut []))
            }
        };
        Next {
            optimiser: self,
            law: law(&self.settings),
            of_biases: law(&self.settings.for_bias()),
        }
    }

    /// One step with the gradient of all parameters.
    pub fn apply(&mut self, weights: &mut Weights<S>, gradient: Sum<'_, S>, scale: f64) {
        self.begin_step();
        // The output's first, as they were read last.
        let parameters = (0..weights.plan().graph.parameters.len()).rev();
        self.apply_to(weights, gradient, scale, parameters);
    }

    /// What weights and memory hold, by reading them; infinite if a number of either is not finite.
    pub fn reach(&self, weights: &Weights<S>) -> Reach {
        // A maximum alone would pass over NaN.
        let known = |v: f64| if v.is_finite() { v } else { f64::INFINITY };
        let largest = |values: &[S]| {
            let sizes = values.iter().map(|v| known(v.to_f64().abs()));
            sizes.fold(0.0, f64::max)
        };
        let second = if self.second.iter().all(|v| v.is_finite()) {
            0.0
        } else {
            f64::INFINITY
        };
        Reach {
            weights: largest(weights.values()),
            memory: largest(&self.first).max(second),
        }
    }

    /// What they can hold after a step with gradients of at most `gradient`, already scaled. NaN or infinite says nothing.
    pub fn ahead(&self, reach: Reach, gradient: f64) -> Reach {
        /// More than the rounding of a step adds.
        const ROUNDING: f64 = 1.0 + 1e-5;
        /// Gradients below lose digits when they are squared in single precision.
        const FADING: f64 = 1e-15;
        let s = &self.settings;
        let g = gradient + s.weight_decay * reach.weights;
        if !s.kind.adapts() {
            let memory = s.momentum * reach.memory + g;
            return Reach {
                weights: (reach.weights + s.rate * (g + memory)) * ROUNDING,
                memory: if s.momentum == 0.0 {
                    0.0
                } else {
                    memory * ROUNDING
                },
            };
        }
        // The mean of g by the root of the mean of g², both with the weight they have gathered, by Cauchy and Schwarz.
        let [beta1, beta2] = s.betas;
        let ratio = 1.0 / ((1.0 - beta2) * (1.0 - beta1 * beta1 / beta2)).sqrt();
        let faded = FADING / ((1.0 - beta1) * S::from_f64(s.epsilon).to_f64());
        let step = s.rate * (ratio + faded);
        Reach {
            weights: (reach.weights * (1.0 + s.rate * s.weight_decay) + step) * ROUNDING,
            memory: reach.memory.max(g) * ROUNDING,
        }
    }

    /// Begins a step: the parameters given to [`Self::apply_to`] until the next one belong to it.
    pub fn begin_step(&mut self) {
        self.steps += 1;
    }

    /// Applies the gradient of some parameters within a step.
    pub fn apply_to(
        &mut self,
        weights: &mut Weights<S>,
        gradient: Sum<'_, S>,
        scale: f64,
        parameters: impl Iterator<Item = usize>,
    ) {
        let settings = self.settings;
        if settings.decay_biases || settings.weight_decay == 0.0 {
            self.descend(&settings, weights, (gradient, scale), parameters);
            return;
        }
        let plan = Arc::clone(weights.plan());
        for parameter in parameters {
            let own = match plan.graph.parameters[parameter].is_bias {
                true => settings.for_bias(),
                false => settings,
            };
            self.descend(&own, weights, (gradient, scale), std::iter::once(parameter));
        }
    }

    fn descend(
        &mut self,
        settings: &OptimiserSettings,
        weights: &mut Weights<S>,
        (gradient, scale): (Sum<'_, S>, f64),
        parameters: impl Iterator<Item = usize>,
    ) {
        let (first, second) = (&mut self.first[..], &mut self.second[..]);
        match settings.kind {
            OptimiserKind::Sgd => {
                let mut law = Sgd::new(settings, scale, first);
                law.descend(weights, gradient, parameters);
            }
            OptimiserKind::Adam | OptimiserKind::AdamW => {
                let mut law = Adam::new(settings, self.steps, scale, first, second);
                law.descend(weights, gradient, parameters);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::build::dense_plan;
    use crate::network::{Activation, Gradient};

    /// Every way to be set that a run can ask for.
    fn all_settings() -> Vec<OptimiserSettings> {
        let plain = OptimiserSettings::sgd(0.03);
        let mut all = vec![plain];
        for momentum in [0.0, 0.9] {
            for nesterov in [false, true] {
                for weight_decay in [0.0, 0.1] {
                    all.push(OptimiserSettings {
                        momentum,
                        nesterov: nesterov && momentum > 0.0,
                        weight_decay,
                        ..plain
                    });
                }
            }
        }
        for kind in [OptimiserKind::Adam, OptimiserKind::AdamW] {
            for weight_decay in [0.0, 0.1] {
                for betas in [[0.9, 0.999], [0.0, 0.5]] {
                    all.push(OptimiserSettings {
                        kind,
                        weight_decay,
                        betas,
                        ..plain
                    });
                }
            }
        }
        all
    }

    fn start<S: Scalar>(values: &[f64]) -> Weights<S> {
        let plan = dense_plan(1, &[2], Activation::Identity);
        let values: Vec<S> = values.iter().map(|&v| S::from_f64(v)).collect();
        Weights::from_values(plan, &values)
    }

    const THETA: [f64; 4] = [0.5, -1.5, 0.0, 2.0];

    /// The summed gradient of update `t`.
    fn gradient(t: usize) -> [f64; 4] {
        [1.0, -0.3, 0.02, -2.0].map(|g| g * (1.0 + (t as f64 * 0.7).sin()))
    }

    /// θ after some updates, one weight at a time, by the sums that the recursions stand for.
    fn by_sums(s: &OptimiserSettings, updates: usize, scale: f64) -> Vec<f64> {
        THETA
            .iter()
            .enumerate()
            .map(|(i, &first)| {
                let mut theta = first;
                let mut seen: Vec<f64> = Vec::new();
                for t in 0..updates {
                    let coupled = if s.kind == OptimiserKind::AdamW {
                        0.0
                    } else {
                        s.weight_decay
                    };
                    seen.push(gradient(t)[i] * scale - coupled * theta);
                    let n = seen.len();
                    // Σ over the past of weight^(age) times its value.
                    let sum = |beta: f64, value: &dyn Fn(f64) -> f64| -> f64 {
                        seen.iter()
                            .enumerate()
                            .map(|(k, &g)| beta.powi((n - 1 - k) as i32) * value(g))
                            .sum()
                    };
                    if s.kind == OptimiserKind::Sgd {
                        let v = sum(s.momentum, &|g| g);
                        let step = if s.nesterov {
                            seen[n - 1] + s.momentum * v
                        } else {
                            v
                        };
                        theta += s.rate * step;
                    } else {
                        if s.kind == OptimiserKind::AdamW {
                            theta -= s.rate * s.weight_decay * theta;
                        }
                        // A weighted mean: the sum over the sum of its weights.
                        let mean = |beta: f64, value: &dyn Fn(f64) -> f64| {
                            sum(beta, value) / sum(beta, &|_| 1.0)
                        };
                        let m = mean(s.betas[0], &|g| g);
                        let v = mean(s.betas[1], &|g| g * g);
                        theta += s.rate * m / (v.sqrt() + s.epsilon);
                    }
                }
                theta
            })
            .collect()
    }

    /// Some numbers as a gradient.
    fn held<S: Scalar>(weights: &Weights<S>, numbers: &[S]) -> Gradient<S> {
        let mut gradient = Gradient::new(Arc::clone(weights.plan()));
        gradient.values();
        gradient.copy_from_slice(numbers);
        gradient
    }

    fn apply<S: Scalar>(
        optimiser: &mut Optimiser<S>,
        weights: &mut Weights<S>,
        numbers: &[S],
        scale: f64,
    ) {
        let gradient = held(weights, numbers);
        let parts = &[&gradient];
        optimiser.apply(weights, Sum { parts }, scale);
    }

    #[test]
    fn every_optimiser_is_the_sum_it_stands_for() {
        for settings in all_settings() {
            let mut weights = start::<f64>(&THETA);
            let mut optimiser = Optimiser::new(settings, 4);
            for t in 0..30 {
                apply(&mut optimiser, &mut weights, &gradient(t), 0.25);
                let expected = by_sums(&settings, t + 1, 0.25);
                for (own, right) in weights.values().iter().zip(&expected) {
                    assert!(
                        (own - right).abs() < 1e-12,
                        "{settings:?}, update {t}: {own}, expected {right}"
                    );
                }
            }
        }
    }

    /// With decay on weights alone a matrix moves as with it, a bias as without; by parts as by the whole, and as was said before.
    #[test]
    fn decay_of_weights_alone_leaves_biases() {
        let plan = dense_plan(3, &[4, 2], Activation::Tanh);
        let count = plan.parameter_count();
        let values: Vec<f64> = (0..count).map(|i| (i as f64 * 0.7).sin()).collect();
        for kind in OptimiserKind::ALL {
            for momentum in [0.0, 0.9] {
                let with = |weight_decay, decay_biases| {
                    let settings = OptimiserSettings {
                        kind,
                        momentum,
                        weight_decay,
                        decay_biases,
                        ..OptimiserSettings::sgd(0.03)
                    };
                    let mut weights = Weights::from_values(Arc::clone(&plan), &values);
                    let mut optimiser = Optimiser::new(settings, count);
                    for t in 0..5 {
                        let g: Vec<f64> = (0..count).map(|i| ((i + t) as f64).cos()).collect();
                        let said: Vec<f64> = (plan.graph.parameters.iter().enumerate())
                            .flat_map(|(p, about)| {
                                plan.parameter(p).map(move |i| (i, about.is_bias))
                            })
                            .map(|(i, is_bias)| match is_bias {
                                true => optimiser.next().bias(i, weights.values()[i], g[i]),
                                false => optimiser.next().weight(i, weights.values()[i], g[i]),
                            })
                            .collect();
                        apply(&mut optimiser, &mut weights, &g, 1.0);
                        assert_eq!(weights.values(), said, "{kind:?}");
                    }
                    weights
                };
                let (own, all, none) = (with(0.5, false), with(0.5, true), with(0.0, true));
                for (p, about) in plan.graph.parameters.iter().enumerate() {
                    let range = plan.parameter(p);
                    let same = if about.is_bias { &none } else { &all };
                    assert_eq!(own.values()[range.clone()], same.values()[range.clone()]);
                    assert_ne!(all.values()[range.clone()], none.values()[range]);
                }
            }
        }
    }

    /// No step leads beyond what was said of it before, also where gradients are so small that their squares fade.
    #[test]
    fn what_can_be_reached_bounds_what_is() {
        for settings in all_settings() {
            for size in [1e-25_f32, 1e-3, 1.0, 1e15] {
                let mut weights = start::<f32>(&THETA);
                let mut optimiser = Optimiser::new(settings, 4);
                let mut ahead = optimiser.reach(&weights);
                for t in 0..50 {
                    let numbers = gradient(t).map(|g| g as f32 * size);
                    let largest = numbers.iter().fold(0.0_f32, |most, g| most.max(g.abs()));
                    ahead = optimiser.ahead(ahead, f64::from(largest) * 0.25);
                    apply(&mut optimiser, &mut weights, &numbers, 0.25);
                    let now = optimiser.reach(&weights);
                    assert!(
                        now.weights <= ahead.weights && now.memory <= ahead.memory,
                        "{settings:?}, {size}, update {t}: {now:?} beyond {ahead:?}"
                    );
                }
            }
        }
        let optimiser = Optimiser::<f32>::new(OptimiserSettings::sgd(0.1), 4);
        for wild in [f64::NAN, f64::INFINITY] {
            let weights = start::<f32>(&[0.5, wild, 0.0, 2.0]);
            assert!(!optimiser.reach(&weights).within(f64::MAX));
            assert!(!optimiser.ahead(Reach::UNKNOWN, wild).within(f64::MAX));
        }
    }

    #[test]
    fn the_first_step_of_adam_is_alpha_by_sign() {
        let settings = OptimiserSettings {
            kind: OptimiserKind::Adam,
            ..OptimiserSettings::sgd(0.1)
        };
        let mut weights = start::<f64>(&THETA);
        let mut optimiser = Optimiser::new(settings, 4);
        apply(&mut optimiser, &mut weights, &[3.0, -1e-3, 0.0, 5e4], 1.0);
        for (own, right) in weights.values().iter().zip([0.6, -1.6, 0.0, 2.1]) {
            assert!((own - right).abs() < 1e-5, "{own}, expected {right}");
        }
    }

    #[test]
    fn parts_and_the_whole_give_the_same_bits() {
        for settings in all_settings() {
            let (mut whole, mut parts) = (start::<f32>(&THETA), start::<f32>(&THETA));
            let mut one = Optimiser::new(settings, 4);
            let mut other = one.clone();
            for t in 0..20 {
                let g = gradient(t).map(|g| g as f32);
                apply(&mut one, &mut whole, &g, 0.5);
                other.begin_step();
                for parameter in [1, 0] {
                    let g = held(&parts, &g);
                    let sum = Sum { parts: &[&g] };
                    other.apply_to(&mut parts, sum, 0.5, std::iter::once(parameter));
                }
                let bits =
                    |w: &Weights<f32>| w.values().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&whole), bits(&parts), "{settings:?}, update {t}");
            }
        }
    }

    #[test]
    fn one_outer_product_changes_a_matrix_and_its_copy_like_its_numbers() {
        let plan = dense_plan(3, &[37, 21], Activation::Tanh);
        let mut number = 0.7f32;
        let mut draw = |count: usize| -> Vec<f32> {
            let next = |_| {
                number = (number * 7.3 + 0.11) % 2.0;
                if number < 0.1 { -0.0 } else { number - 1.0 }
            };
            (0..count).map(next).collect()
        };
        let start = draw(plan.parameter_count());
        let factors: Vec<[Vec<f32>; 2]> = plan
            .edges
            .iter()
            .map(|edge| [plan.len_of(edge.to), plan.len_of(edge.from)].map(&mut draw))
            .collect();
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        for settings in all_settings() {
            for scale in [1.0, 0.5] {
                let sums = [
                    Gradient::of_factors(Arc::clone(&plan)),
                    Gradient::new(Arc::clone(&plan)),
                ];
                let [outer, numbers] = sums.map(|mut sum| {
                    for (edge, [error, input]) in plan.edges.iter().zip(&factors) {
                        let (site, reads) = (plan.site(edge, 1), [&input[..], &[]]);
                        let sums = &mut sum.of(edge);
                        edge.op.gradient(&site, error, reads, sums, &mut []);
                    }
                    let mut weights = Weights::from_values(Arc::clone(&plan), &start);
                    let mut optimiser = Optimiser::new(settings, start.len());
                    for _ in 0..3 {
                        optimiser.apply(&mut weights, Sum { parts: &[&sum] }, scale);
                    }
                    weights
                });
                assert_eq!(bits(outer.values()), bits(numbers.values()), "{settings:?}");
                for weight in plan.edges.iter().filter_map(|edge| edge.weight.as_ref()) {
                    let stored = outer.values()[weight.range.clone()].iter().enumerate();
                    let p = &plan.graph.parameters[weight.parameter];
                    for (i, value) in stored {
                        let (row, col) = p.place(i);
                        let read = outer.by_input(weight)[col * weight.rows + row];
                        assert_eq!(read.to_bits(), value.to_bits(), "{settings:?}");
                    }
                }
            }
        }
    }
}
