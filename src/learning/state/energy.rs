//! F as it is displayed: vertex by vertex and example by example, summed in double precision.

use super::State;
use crate::network::{Graph, Scalar};

impl<S: Scalar> State<S> {
    /// Loss at the current μ⁰, summed over examples; 0 where the output is free.
    pub fn loss(&self) -> f64 {
        if self.without_target() {
            return 0.0;
        }
        let n = self.plan.len_of(self.plan.output());
        self.mu(self.plan.output())
            .chunks_exact(n)
            .zip(self.target.chunks_exact(n))
            .map(|(mu, y)| self.plan.graph.loss.value(mu, y))
            .sum()
    }

    /// Energy of a vertex, summed over examples: p times the loss at the output, ½ π |ε|² + ½ λ |x|² elsewhere (0 for the
    /// input).
    pub fn energy_of(&self, vertex: usize) -> f64 {
        if vertex == self.plan.output() {
            return self.energetics.output * self.loss();
        }
        self.energy_of_rows(vertex, 0..self.rows)
    }

    /// Energy of a hidden vertex over some of the examples.
    fn energy_of_rows(&self, vertex: usize, rows: std::ops::Range<usize>) -> f64 {
        let n = self.plan.len_of(vertex);
        let units = rows.start * n..rows.end * n;
        let squares = |values: &[S]| -> f64 {
            values[units.clone()]
                .iter()
                .map(|e| e.to_f64() * e.to_f64())
                .sum()
        };
        let precision = self
            .energetics
            .precision(self.plan.graph.vertices[vertex].level);
        let own = 0.5 * precision * squares(self.eps(vertex));
        if self.energetics.decay > 0.0 && vertex != Graph::INPUT {
            own + 0.5 * self.energetics.decay * squares(self.x(vertex))
        } else {
            own
        }
    }

    /// F: the energy of all vertices.
    pub fn energy(&self) -> f64 {
        (0..self.plan.graph.vertices.len())
            .map(|v| self.energy_of(v))
            .sum()
    }

    /// F of one example.
    pub(super) fn energy_of_row(&self, row: usize) -> f64 {
        let output = self.plan.output();
        let n = self.plan.len_of(output);
        let units = row * n..(row + 1) * n;
        let loss = match self.without_target() {
            true => 0.0,
            false => {
                let (mu, target) = (&self.mu(output)[units.clone()], &self.target()[units]);
                self.plan.graph.loss.value(mu, target)
            }
        };
        let hidden: f64 = (1..output)
            .map(|v| self.energy_of_rows(v, row..row + 1))
            .sum();
        self.energetics.output * loss + hidden
    }
}
