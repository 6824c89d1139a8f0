//! How large γ may be: the local limit of inference, γ < 2 / λ_max of the Hessian of F over the free vertices.
//!
//! Examples do not interact, so each has a Hessian of its own and the worst example of a batch counts. The limit is local: it
//! says what happens near the point it was taken at, which here is near rest. Elsewhere the Hessian may be indefinite, where
//! plain power iteration would find the largest absolute value; Lanczos' method (1950) finds both ends of the spectrum. A
//! Hessian times a vector is a central difference of the slope of F, in double precision, with the winners of max pools held.

use super::clamps::Clamps;
use super::noise;
use super::schedule::{Conditions, Schedule};
use super::state::State;
use super::{Batch, Examples, GammaLimit, Inference, InputPrior, Interrupt, Rule, Standing};
use crate::network::{Plan, Scalar, Weights};
use std::sync::Arc;

/// Examples that the limit is the worst of, wherever it is shown.
pub const EXAMPLES: usize = 16;

/// Numbers worked on between two looks at whether to go on: a network of many units is taken by fewer examples at a time.
const AT_ONCE: usize = 1 << 17;

/// The work was interrupted before there was a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abandoned;

/// Half the distance of the two slopes that make a Hessian times a unit vector.
const H: f64 = 1e-4;

/// Most steps of Lanczos' method.
const MOST_STEPS: usize = 120;

/// The residual, relative to the eigenvalue, at which it is taken as found.
const CONVERGED: f64 = 1e-4;

/// γ that inference towards rest starts each step from; it is halved until F does not rise.
const TOWARDS_REST: f64 = 0.5;

/// The curvature of F at one point, for one example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curvature {
    /// The largest eigenvalue: at least this, and within `residual` of an eigenvalue.
    pub largest: f64,
    /// The smallest: at most this. Below 0 the Hessian is indefinite, and F has a way down whatever γ is.
    pub smallest: f64,
    /// How far from an eigenvalue `largest` may be.
    pub residual: f64,
}

/// The limit of γ for some examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stability {
    /// 2 / λ_max of the worst example; infinite where F is curved nowhere, NaN where its curvature cannot be measured.
    pub limit: f64,
    /// The worst example's number among those given.
    pub worst: usize,
    /// How many examples were looked at.
    pub examples: usize,
    /// Its curvature.
    pub curvature: Curvature,
}

impl Stability {
    /// True if the worst example's largest eigenvalue has been found to the tolerance.
    pub fn found(&self) -> bool {
        self.curvature.residual <= 10.0 * CONVERGED * self.curvature.largest.abs()
    }
}

/// What the limit of γ is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Inferring<'a> {
    /// The rule.
    pub rule: Rule,
    /// T, precisions and decay.
    pub inference: &'a Inference,
    /// What lasts of interventions: it is done to every example from t = 0 on.
    pub standing: Option<&'a Standing>,
    /// What a freed input is drawn to.
    pub prior: Option<&'a Arc<InputPrior>>,
}

impl<'a> Inferring<'a> {
    /// With nothing done.
    pub fn plainly(rule: Rule, inference: &'a Inference) -> Self {
        Self {
            rule,
            inference,
            standing: None,
            prior: None,
        }
    }
}

/// The limit of γ for a rule near the rest of each example: after the T steps of `inference`, with a γ that F never rises by.
/// `None` where there is none to heed: BP has no γ, and Z-IL stops at D before anything can build up.
///
/// # Errors
/// It was interrupted; that is asked after every step.
pub fn limit<S: Scalar>(
    weights: &Weights<S>,
    of: &Inferring<'_>,
    batch: &Batch<S>,
    interrupt: &dyn Interrupt,
) -> Result<Option<Stability>, Abandoned> {
    let plan = Arc::clone(weights.plan());
    let examples = batch.rows;
    match of.rule.facts().limit {
        GammaLimit::None => return Ok(None),
        GammaLimit::Fixed(limit) => {
            return Ok(Some(Stability {
                limit,
                worst: 0,
                examples,
                curvature: Curvature {
                    largest: 2.0 / limit,
                    smallest: 2.0 / limit,
                    residual: 0.0,
                },
            }));
        }
        GammaLimit::Curvature => {}
    }
    let resting = Inference {
        adaptive: true,
        noise: 0.0,
        gamma: TOWARDS_REST,
        gamma_correction: false,
        ..*of.inference
    };
    let schedule = Schedule::relaxing(&plan, &resting, &Conditions::default());
    let wide = |values: &[S]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
    let mut weights = Weights::from_values(Arc::clone(&plan), &wide(weights.values()));
    if let Some(standing) = of.standing {
        standing.change(&mut weights);
    }
    let weights = weights;
    let rows = (AT_ONCE / plan.units().max(1)).clamp(1, examples.max(1));
    let mut state = State::new(Arc::clone(&plan), rows);
    state.follow(&schedule);
    if let Some(standing) = of.standing {
        state.expect(of.prior.cloned());
        state.stand(standing.clone());
    }
    let (n_in, n_out) = (plan.len_of(0), plan.len_of(plan.output()));
    let mut all = Vec::with_capacity(examples);
    for first in (0..examples).step_by(rows) {
        let part = first..(first + rows).min(examples);
        let narrow = batch.part(&plan, part);
        let (mut inputs, mut targets) = (wide(narrow.inputs), wide(narrow.targets));
        if let Some(standing) = of.standing {
            inputs.chunks_mut(n_in).for_each(|x| standing.enter(x));
            targets.chunks_mut(n_out).for_each(|y| standing.aim(y));
        }
        let examples = Examples {
            missing: narrow.missing,
            ..Examples::of(&inputs, &targets)
        };
        state.begin(&weights, examples, schedule.start, 0);
        for _ in 0..schedule.steps {
            if !interrupt.proceed() {
                return Err(Abandoned);
            }
            state.step(&weights, &schedule);
        }
        all.extend(curvature(&weights, &mut state, interrupt)?);
    }
    let worst = all
        .into_iter()
        .enumerate()
        .max_by(|a, b| a.1.largest.total_cmp(&b.1.largest));
    Ok(worst.map(|(worst, curvature)| Stability {
        limit: if curvature.largest <= 0.0 {
            f64::INFINITY
        } else {
            // NaN where the curvature is.
            2.0 / curvature.largest
        },
        worst,
        examples,
        curvature,
    }))
}

/// The curvature of F where `state` is, for each of its examples. The state is where it was afterwards.
///
/// # Errors
/// It was interrupted; the state may then be elsewhere.
pub fn curvature(
    weights: &Weights<f64>,
    state: &mut State<f64>,
    interrupt: &dyn Interrupt,
) -> Result<Vec<Curvature>, Abandoned> {
    let plan = Arc::clone(state.plan());
    let rows = state.rows();
    let at = state.values().to_vec();
    let mut lanczos = Lanczos::new(&plan, rows, state.clamps());
    let (mut there, mut up, mut down) = (at.clone(), at.clone(), at.clone());
    for _ in 0..MOST_STEPS.min(lanczos.units) {
        for (slope, side) in [(&mut up, H), (&mut down, -H)] {
            if !interrupt.proceed() {
                return Err(Abandoned);
            }
            for ((there, &at), &v) in there.iter_mut().zip(&at).zip(&lanczos.v) {
                *there = at + side * v;
            }
            state.place(weights, &there);
            state.slope(weights, slope);
        }
        // The slope given is that of the way down, so the difference is turned round.
        for (up, &down) in up.iter_mut().zip(&down) {
            *up = (down - *up) / (2.0 * H);
        }
        if lanczos.step(&mut up) {
            break;
        }
    }
    state.place(weights, &at);
    Ok(lanczos.rows.iter().map(Row::curvature).collect())
}

/// One example's tridiagonal matrix: α on the diagonal, β beside it (the last β leads out of it).
#[derive(Clone, Debug, Default)]
struct Row {
    alpha: Vec<f64>,
    beta: Vec<f64>,
    /// Nothing is left to find.
    ended: bool,
}

/// Lanczos' three-term recurrence, for all examples side by side. Lost orthogonality repeats eigenvalues that have been
/// found and moves none, so none is restored.
struct Lanczos<'a> {
    plan: &'a Plan,
    /// Free units: vertex and unit.
    free: Vec<(usize, usize)>,
    rows: Vec<Row>,
    /// Free units of one example.
    units: usize,
    v: Vec<f64>,
    before: Vec<f64>,
}

impl<'a> Lanczos<'a> {
    fn new(plan: &'a Plan, rows: usize, clamps: &Clamps) -> Self {
        let units = (0..plan.output()).flat_map(|v| (0..plan.len_of(v)).map(move |u| (v, u)));
        let free: Vec<_> = units
            .filter(|&(v, u)| clamps.unit_moves(plan, v, u))
            .collect();
        let mut own = Self {
            plan,
            rows: vec![Row::default(); rows],
            units: free.len(),
            free,
            v: vec![0.0; plan.units() * rows],
            before: vec![0.0; plan.units() * rows],
        };
        for row in 0..rows {
            // The same start for every example, so that it does not depend on its place in the batch.
            let key = noise::key([0x1a, 0, 0, 0]);
            let mut place = 0;
            let mut v = std::mem::take(&mut own.v);
            own.each(row, |i| {
                v[i] = noise::normal(key, place);
                place += 1;
            });
            own.v = v;
            let size = own.dot(row, &own.v, &own.v).sqrt();
            own.scale(row, 1.0 / size);
        }
        own
    }

    /// Calls `with` for every free unit of an example.
    fn each(&self, row: usize, mut with: impl FnMut(usize)) {
        for &(v, unit) in &self.free {
            let n = self.plan.len_of(v);
            with(self.plan.block(v, self.rows.len()).start + row * n + unit);
        }
    }

    fn dot(&self, row: usize, a: &[f64], b: &[f64]) -> f64 {
        let mut sum = 0.0;
        self.each(row, |i| sum += a[i] * b[i]);
        sum
    }

    fn scale(&mut self, row: usize, by: f64) {
        let mut v = std::mem::take(&mut self.v);
        self.each(row, |i| v[i] *= by);
        self.v = v;
    }

    /// Takes in H v; true once every example has converged.
    fn step(&mut self, product: &mut [f64]) -> bool {
        for row in 0..self.rows.len() {
            if self.rows[row].ended {
                continue;
            }
            let alpha = self.dot(row, &self.v, product);
            let beta = self.rows[row].beta.last().copied().unwrap_or(0.0);
            let (mut v, mut before) = (
                std::mem::take(&mut self.v),
                std::mem::take(&mut self.before),
            );
            self.each(row, |i| {
                product[i] -= alpha * v[i] + beta * before[i];
                before[i] = v[i];
            });
            let next = self.dot(row, product, product).sqrt();
            let own = &mut self.rows[row];
            own.alpha.push(alpha);
            own.beta.push(next);
            let found = own.curvature();
            own.ended = !next.is_finite()
                || next <= 1e-10 * (alpha.abs() + 1.0)
                || found.residual <= CONVERGED * found.largest.abs();
            let ended = own.ended;
            self.each(row, |i| v[i] = if ended { 0.0 } else { product[i] / next });
            (self.v, self.before) = (v, before);
        }
        self.rows.iter().all(|r| r.ended)
    }
}

impl Row {
    /// Eigenvalues of the tridiagonal matrix below `x`: negative pivots of T - x (Sturm's count).
    fn below(&self, x: f64) -> usize {
        let mut pivot = 1.0;
        let mut count = 0;
        for (i, alpha) in self.alpha.iter().enumerate() {
            let beta = if i == 0 { 0.0 } else { self.beta[i - 1] };
            pivot = alpha - x - beta * beta / pivot;
            if pivot == 0.0 {
                pivot = f64::MIN_POSITIVE;
            }
            count += usize::from(pivot < 0.0);
        }
        count
    }

    /// The eigenvalue with `rank` eigenvalues below it, by halving an interval that holds them all.
    fn eigenvalue(&self, rank: usize) -> f64 {
        let reach = |i: usize| {
            let left = if i == 0 { 0.0 } else { self.beta[i - 1] };
            let right = if i + 1 < self.alpha.len() {
                self.beta[i]
            } else {
                0.0
            };
            (self.alpha[i] - left - right, self.alpha[i] + left + right)
        };
        let (mut low, mut high) = (0..self.alpha.len())
            .map(reach)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), (a, b)| {
                (l.min(a), h.max(b))
            });
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if self.below(middle) > rank {
                high = middle;
            } else {
                low = middle;
            }
        }
        f64::midpoint(low, high)
    }

    fn curvature(&self) -> Curvature {
        let Some(last) = self.alpha.len().checked_sub(1) else {
            return Curvature {
                largest: f64::NAN,
                smallest: f64::NAN,
                residual: f64::INFINITY,
            };
        };
        let largest = self.eigenvalue(last);
        // The eigenvector of the largest has components of one sign up to that of β: a recurrence without cancellation.
        let (mut component, mut squares, mut pivot) = (1.0_f64, 1.0_f64, self.alpha[0] - largest);
        for i in 0..last {
            component *= -pivot / self.beta[i];
            squares += component * component;
            pivot = self.alpha[i + 1] - largest - self.beta[i] * self.beta[i] / pivot;
        }
        Curvature {
            largest,
            smallest: self.eigenvalue(0),
            residual: self.beta[last] * component.abs() / squares.sqrt(),
        }
    }
}
