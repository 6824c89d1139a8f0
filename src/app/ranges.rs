//! Ranges of colours, held for a whole phase: decided from what its first state knows.

use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::network::{Graph, Plan};
use std::sync::Arc;

/// The ranges of one vertex, each symmetric around 0 and never 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// ±r of x and μ.
    pub value: f64,
    /// ±r of f(x).
    pub signal: f64,
    /// ±r of ε and Δx.
    pub error: f64,
    /// ±r of backpropagation's δ.
    pub delta: f64,
}

impl Held {
    /// What vertices without ranges have: none were worked out.
    const UNKNOWN: Self = Self {
        value: 1.0,
        signal: 1.0,
        error: 1.0,
        delta: 1.0,
    };

    /// The range of a field.
    pub fn of(&self, field: Field) -> f64 {
        match field {
            Field::X | Field::Mu => self.value,
            Field::Fx => self.signal,
            Field::Eps | Field::Dx => self.error,
            Field::Delta => self.delta,
        }
    }
}

/// Colour ranges, held for a whole phase: they are decided from what its first state knows, and nothing that follows moves them.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    generation: u64,
    pub(super) plan: Option<Arc<Plan>>,
    held: Vec<Held>,
    decades: (f64, f64),
}

impl Ranges {
    /// Decides the ranges of a phase not seen before.
    ///
    /// Values and δ have what the first state needs. Errors have δ times the part of it that the rule comes to within its T steps (see
    /// `reached`), and at least what the errors of the first state need.
    pub fn update(&mut self, micro: &MicroscopeSnapshot) {
        if self.generation == micro.generation && !self.held.is_empty() {
            return;
        }
        let same_plan = self
            .plan
            .as_ref()
            .is_some_and(|p| Arc::ptr_eq(p, &micro.plan));
        // Under the pen every stroke is a new example: the ranges then only widen.
        let before = if micro.subject.drawn && same_plan {
            std::mem::take(&mut self.held)
        } else {
            Vec::new()
        };
        self.generation = micro.generation;
        self.plan = Some(Arc::clone(&micro.plan));
        let reached = reached(micro);
        let size = |field, v| largest_finite(micro, field, v);
        let vertices = 0..micro.plan.graph.vertices.len();
        let decide = |needed: &dyn Fn(usize) -> f64, old: &dyn Fn(&Held) -> f64| -> Vec<f64> {
            // Of a few units none is an outlier that may clip.
            let few = |v: usize| micro.plan.len_of(v) <= FEW;
            let part = |v: usize| if few(v) { 1.0 / UNCLIPPED } else { 1.0 };
            let mut ranges: Vec<f64> = vertices
                .clone()
                .map(|v| nice(needed(v) * part(v)))
                .collect();
            // Where the first state has nothing but zeros, what comes later is shown on the range of the others.
            let most = ranges.iter().copied().fold(0.0, f64::max);
            let most = if most > 0.0 { most } else { 1.0 };
            for (v, range) in ranges.iter_mut().enumerate() {
                if *range == 0.0 {
                    *range = most;
                }
                *range = before.get(v).map_or(*range, |held| range.max(old(held)));
            }
            ranges
        };
        let value = decide(&|v| size(Field::X, v).max(size(Field::Mu, v)), &|h| h.value);
        let signal = decide(&|v| size(Field::Fx, v), &|h| h.signal);
        let delta = decide(&|v| size(Field::Delta, v), &|h| h.delta);
        let error = decide(
            &|v| {
                let other = reached.others(micro, size(Field::X, v), v);
                let coming = size(Field::Delta, v) * reached.comes_to(micro, v);
                coming.max(other).max(size(Field::Eps, v))
            },
            &|h| h.error,
        );
        self.decades = decades(micro, &reached);
        self.held = vertices
            .map(|v| Held {
                value: value[v],
                signal: signal[v],
                error: error[v],
                delta: delta[v],
            })
            .collect();
    }

    /// The ranges of a vertex.
    pub fn held(&self, vertex: usize) -> Held {
        self.held.get(vertex).copied().unwrap_or(Held::UNKNOWN)
    }

    /// The range of a field of a vertex.
    pub fn of(&self, field: Field, vertex: usize) -> f64 {
        self.held(vertex).of(field)
    }

    /// Powers of ten between which |ε| of the vertices lies over the phase, at most four apart.
    pub fn decades(&self) -> (f64, f64) {
        self.decades
    }
}

/// What part of δ the errors come to, to first order.
struct Reached {
    /// Per vertex, the most within the phase.
    most: Vec<f64>,
    /// Per vertex, when something first comes.
    first: Vec<f64>,
}

impl Reached {
    /// The part of δ that the error of a vertex comes to. Where weights follow at every step the error they follow is soon gone: the
    /// middle between its first touch and what it would come to without.
    fn comes_to(&self, micro: &MicroscopeSnapshot, v: usize) -> f64 {
        match &micro.schedule {
            Some(schedule) if schedule.incremental => (self.first[v] * self.most[v]).sqrt(),
            _ => self.most[v],
        }
    }

    /// The errors that come of other things than the loss: noise, and the decay of values as large as `x`.
    fn others(&self, micro: &MicroscopeSnapshot, x: f64, v: usize) -> f64 {
        let Some(schedule) = &micro.schedule else {
            return 0.0;
        };
        let vertex = &micro.plan.graph.vertices[v];
        if v == Graph::INPUT || vertex.level == 0 {
            return 0.0;
        }
        let precision = schedule.energetics.precision(vertex.level).max(1e-12);
        let decay = schedule.energetics.decay;
        // Three standard deviations of where noise and pull balance.
        let noise = 3.0 * schedule.noise / precision.sqrt();
        noise + decay / (precision + decay) * x
    }
}

/// How far the errors of a phase get, as parts of δ: e ← e + γ (p e of what is predicted − π e), which is what ε does relative to δ
/// as long as values have moved little (fixed prediction to the letter). It needs no state, so it is known at once.
fn reached(micro: &MicroscopeSnapshot) -> Reached {
    let vertices = &micro.plan.graph.vertices;
    let mut all = Reached {
        most: vec![1.0; vertices.len()],
        first: vec![1.0; vertices.len()],
    };
    let Some(schedule) = &micro.schedule else {
        return all;
    };
    let precision = |v: usize| schedule.energetics.precision(vertices[v].level);
    let output = micro.plan.output();
    let mut now = vec![0.0; vertices.len()];
    now[output] = 1.0;
    (all.most, all.first) = (now.clone(), now.clone());
    for t in 0..micro.steps {
        let gamma = schedule.gamma_at(t);
        let next = (0..vertices.len()).map(|v| {
            if v == output || v == Graph::INPUT {
                return now[v];
            }
            let outgoing = vertices[v].outgoing.iter();
            let readers = outgoing.map(|&e| micro.plan.edges[e].to);
            let pull = readers
                .map(|to| precision(to) * now[to])
                .fold(0.0, f64::max);
            now[v] + gamma * (pull - precision(v) * now[v])
        });
        // Past the limit of γ this grows without end: what grows is clipped, and marked so.
        now = next.map(|e: f64| e.clamp(-2.0, 2.0)).collect();
        for (v, e) in now.iter().enumerate() {
            all.most[v] = all.most[v].max(e.abs());
            if all.first[v] == 0.0 {
                all.first[v] = e.abs();
            }
        }
    }
    all
}

/// The decades the colours of the error wave span.
fn decades(micro: &MicroscopeSnapshot, reached: &Reached) -> (f64, f64) {
    let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
    let mut take = |size: f64| {
        if size > 0.0 && size.is_finite() {
            (low, high) = (low.min(size), high.max(size));
        }
    };
    for v in 1..micro.plan.graph.vertices.len() {
        let delta = micro.delta_size(v);
        take(delta * reached.comes_to(micro, v));
        take(delta * reached.first[v]);
        let x = largest_finite(micro, Field::X, v);
        take(reached.others(micro, x, v) * (micro.plan.len_of(v) as f64).sqrt());
        take(micro.states.first().map_or(0.0, |s| s.size[v]));
    }
    if !low.is_finite() || high <= 0.0 {
        return (-1.0, 1.0);
    }
    let (low, high) = (low.log10().floor(), high.log10().ceil());
    // Very small first touches of IL would leave the rest one colour: at most four decades.
    (low.max(high - 4.0), high.max(low + 1.0))
}

/// The largest size that is a number, of a field of a vertex at the first state.
fn largest_finite(micro: &MicroscopeSnapshot, field: Field, vertex: usize) -> f64 {
    let most = micro.largest(0, field, vertex);
    if most.is_finite() {
        return most;
    }
    let value = micro.values(0, field, vertex);
    (0..micro.plan.len_of(vertex))
        .map(|u| value(u).abs())
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max)
}

/// So many units are each looked at.
const FEW: usize = 16;

/// What part of the largest number a range reaches at least.
const UNCLIPPED: f64 = 0.7;

/// The next round number at or above 0.7 of `v`: 1, 1.5, 2, 3, 5 times a power of ten. A few outliers may clip.
pub fn nice(v: f64) -> f64 {
    if !v.is_finite() || v <= 0.0 {
        return if v > 0.0 { 1e6 } else { 0.0 };
    }
    let target = v * UNCLIPPED;
    let power = 10f64.powf(target.log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|r| *r >= target * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}
