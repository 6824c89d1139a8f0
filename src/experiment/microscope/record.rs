//! What is kept of a state.

use super::super::numbers::Numbers;
use super::{Microscope, StateRecord};
use crate::learning::State;
use crate::network::Scalar;

impl<S: Scalar> Microscope<S> {
    /// The numbers of all vertices, and the largest magnitude of each.
    pub(super) fn kept<'a>(
        &self,
        fields: [&dyn Fn(usize) -> &'a [S]; 5],
    ) -> ([Numbers; 5], [Vec<f64>; 5]) {
        let vertices = || 0..self.plan.graph.vertices.len();
        (
            fields.map(|get| side_by_side(vertices().map(get))),
            fields.map(|get| vertices().map(|v| largest(get(v))).collect()),
        )
    }

    pub(super) fn inference_record(&self, t: usize) -> StateRecord {
        let (plan, state) = (&self.plan, &self.state);
        let vertices = 0..plan.graph.vertices.len();
        let (fields, largest) = self.kept([
            &|v| state.x(v),
            &|v| {
                if v == plan.output() {
                    state.x(v)
                } else {
                    state.fx(v)
                }
            },
            &|v| state.mu(v),
            &|v| state.eps(v),
            &|v| state.dx(v),
        ]);
        let start = self.records.first().map(|r| &r.fields[0]);
        StateRecord {
            t,
            elsewhere: vertices
                .clone()
                .map(|v| start.is_some_and(|s| s.differs(&fields[0], plan.block(v, 1))))
                .collect(),
            off: vertices.clone().map(|v| self.off(state, v)).collect(),
            fields,
            largest,
            gamma: state.gamma_used(0),
            weights: [None, None],
            energy: vertices.clone().map(|v| state.energy_of(v)).collect(),
            size: vertices.clone().map(|v| norm(state.eps(v))).collect(),
            not_finite: state.first_not_finite_of(|v| self.is_read(v, t)),
            ..StateRecord::default()
        }
    }

    /// Backpropagation as a wave: at state t the reverse pass has reached level t, and δ stands where ε would.
    pub(super) fn reverse_record(&self, t: usize) -> StateRecord {
        let (plan, bp) = (&self.plan, &self.bp);
        let vertices = 0..plan.graph.vertices.len();
        let reached = |v: usize| v > 0 && plan.graph.vertices[v].level <= t;
        let longest = vertices.clone().map(|v| plan.len_of(v)).max();
        let zeros = vec![S::ZERO; longest.unwrap_or(0)];
        let zeros = |v: usize| &zeros[..plan.len_of(v)];
        let mu = |v: usize| if v == 0 { zeros(v) } else { bp.x(v) };
        let eps = |v: usize| if reached(v) { bp.delta(v) } else { zeros(v) };
        let (fields, largest) = self.kept([&|v| bp.x(v), &|v| bp.fx(v), &mu, &eps, &zeros]);
        StateRecord {
            t,
            fields,
            largest,
            off: vertices
                .clone()
                .map(|v| apart(eps(v), bp.delta(v)))
                .collect(),
            elsewhere: vec![false; vertices.len()],
            gamma: 0.0,
            weights: [None, None],
            energy: vertices
                .clone()
                .map(|v| {
                    if v == plan.output() {
                        bp.output_precision * self.loss
                    } else {
                        0.0
                    }
                })
                .collect(),
            size: vertices
                .clone()
                .map(|v| if reached(v) { norm(bp.delta(v)) } else { 0.0 })
                .collect(),
            not_finite: vertices.clone().find(|&v| {
                let mut values = bp
                    .x(v)
                    .iter()
                    .chain(if reached(v) { bp.delta(v) } else { &[] });
                values.any(|x| !x.is_finite())
            }),
            ..StateRecord::default()
        }
    }

    /// How far ε of a vertex is from δ. ε stays unweighted, so at the output it is p ε that δ equals.
    pub(super) fn off(&self, state: &State<S>, vertex: usize) -> f64 {
        let (p, delta) = (self.bp.output_precision, self.bp.delta(vertex));
        if vertex != self.plan.output() || p == 1.0 {
            return apart(state.eps(vertex), delta);
        }
        let weighed: Vec<S> = state
            .eps(vertex)
            .iter()
            .map(|&e| S::from_f64(p) * e)
            .collect();
        apart(&weighed, delta)
    }

    /// True if anything of a vertex is read at state t or later. What lies behind Z-IL's front is read by nothing.
    pub(super) fn is_read(&self, vertex: usize, t: usize) -> bool {
        let level = self.plan.graph.vertices[vertex].level;
        self.schedule.is_none_or(|s| s.reads(level, t))
    }
}

/// Largest magnitude; NaN counts as infinite.
pub(super) fn largest<S: Scalar>(values: &[S]) -> f64 {
    let size = |v: &S| {
        let v = v.to_f64().abs();
        if v.is_nan() { f64::INFINITY } else { v }
    };
    values.iter().map(size).fold(0.0, f64::max)
}

/// Largest distance of two numbers at one place; NaN counts as infinite.
pub(super) fn apart<S: Scalar>(a: &[S], b: &[S]) -> f64 {
    let size = |(a, b): (&S, &S)| {
        let off = (a.to_f64() - b.to_f64()).abs();
        if off.is_nan() { f64::INFINITY } else { off }
    };
    a.iter().zip(b).map(size).fold(0.0, f64::max)
}

/// Copies of slices, one after the other.
pub(super) fn side_by_side<'a, S: Scalar>(parts: impl Iterator<Item = &'a [S]>) -> Numbers {
    let mut all = Vec::new();
    parts.for_each(|part| all.extend_from_slice(part));
    Numbers::new(&all)
}

pub(super) fn norm<S: Scalar>(values: &[S]) -> f64 {
    values
        .iter()
        .map(|v| v.to_f64() * v.to_f64())
        .sum::<f64>()
        .sqrt()
}
