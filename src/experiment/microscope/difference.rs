//! What one run's inference is more than another's, number by number.

use super::{MicroscopeSnapshot, PHASES, StateRecord};
use crate::experiment::numbers::Numbers;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl MicroscopeSnapshot {
    /// This inference less another of the same network: of every unit and state that both have, the difference of x, f(x), μ, ε, Δx and
    /// δ, rounded once to the type they were computed in, and of every vertex that of F and |ε|. What is said besides is this one's.
    pub fn less(&self, other: &Self) -> Self {
        let states = self.states.iter().zip(&other.states);
        let states: Vec<_> = states.map(|(a, b)| Arc::new(self.state(a, b))).collect();
        let delta = self.delta.less(&other.delta);
        let sizes = self.delta_sizes.iter().zip(&*other.delta_sizes);
        let largest = self.largest_of(&delta);
        let delta_sizes = sizes.zip(largest).map(|((a, b), most)| (a.0 - b.0, most));
        Self {
            delta_sizes: Arc::new(delta_sizes.collect()),
            states,
            delta,
            generation: PHASES.fetch_add(1, Ordering::Relaxed) + 1,
            ..self.clone()
        }
    }

    fn state(&self, a: &StateRecord, b: &StateRecord) -> StateRecord {
        let fields = std::array::from_fn(|i| a.fields[i].less(&b.fields[i]));
        let largest = std::array::from_fn(|i| self.largest_of(&fields[i]));
        let each = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        StateRecord {
            energy: each(&a.energy, &b.energy),
            size: each(&a.size, &b.size),
            fields,
            largest,
            ..a.clone()
        }
    }

    /// The largest magnitude of each vertex (NaN counts as infinite).
    fn largest_of(&self, numbers: &Numbers) -> Vec<f64> {
        let most = |v: usize| {
            let sizes = self.plan.block(v, 1).map(|i| numbers.get(i).abs());
            sizes.fold(0.0, |most: f64, v| {
                if v.is_nan() {
                    f64::INFINITY
                } else {
                    most.max(v)
                }
            })
        };
        (0..self.plan.graph.vertices.len()).map(most).collect()
    }
}
