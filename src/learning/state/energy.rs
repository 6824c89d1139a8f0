//! F as it is displayed: vertex by vertex and example by example, summed in double precision.

use super::State;
use crate::network::kernels::wide;
use crate::network::{Graph, Scalar};

/// The sum of squares, in eight parts that are added up last: the same bits on every machine.
#[inline(always)]
fn squares<S: Scalar>(values: &[S]) -> f64 {
    let mut parts = [0.0_f64; 8];
    let chunks = values.chunks_exact(parts.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (part, v) in parts.iter_mut().zip(chunk) {
            *part += v.to_f64() * v.to_f64();
        }
    }
    for (part, v) in parts.iter_mut().zip(rest) {
        *part += v.to_f64() * v.to_f64();
    }
    parts.iter().sum()
}

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

    /// Energy of a vertex, summed over examples: p times the loss at the output, ½ π |ε|² + ½ λ |x|² elsewhere (of the
    /// input that of its prior, if some of it is free).
    pub fn energy_of(&self, vertex: usize) -> f64 {
        if vertex == self.plan.output() {
            return self.energetics.output * self.loss();
        }
        let mut rows = vec![0.0; self.rows];
        self.add_energies(vertex, &mut rows);
        if vertex == Graph::INPUT {
            self.add_priors(&mut rows);
        }
        rows.iter().sum()
    }

    /// Adds the energy of a hidden vertex to that of each example.
    fn add_energies(&self, vertex: usize, of: &mut [f64]) {
        let n = self.plan.len_of(vertex);
        let level = self.plan.graph.vertices[vertex].level;
        let (precision, decay) = (self.energetics.precision(level), self.energetics.decay);
        let decays = decay > 0.0 && vertex != Graph::INPUT;
        let rows = self.eps(vertex).chunks_exact(n);
        let rows = rows.zip(self.x(vertex).chunks_exact(n)).zip(of);
        wide(
            #[inline(always)]
            || {
                for ((eps, x), of) in rows {
                    *of += 0.5 * precision * squares(eps);
                    if decays {
                        *of += 0.5 * decay * squares(x);
                    }
                }
            },
        );
    }

    /// Adds what a freed input is off its prior to the energy of each example.
    fn add_priors(&self, of: &mut [f64]) {
        if let Some(prior) = self.input_prior() {
            let rows = self.x(Graph::INPUT).chunks_exact(prior.mean().len());
            rows.zip(of).for_each(|(x, of)| *of += prior.energy(x));
        }
    }

    /// F: the energy of all vertices.
    pub fn energy(&self) -> f64 {
        (0..self.plan.graph.vertices.len())
            .map(|v| self.energy_of(v))
            .sum()
    }

    /// F of each example.
    pub(super) fn energies(&self, of: &mut [f64]) {
        of.fill(0.0);
        for v in 1..self.plan.output() {
            self.add_energies(v, of);
        }
        self.add_priors(of);
        if self.without_target() {
            return;
        }
        let output = self.plan.output();
        let (n, loss) = (self.plan.len_of(output), self.plan.graph.loss);
        let rows = self.mu(output).chunks_exact(n);
        for ((mu, y), of) in rows.zip(self.target().chunks_exact(n)).zip(of) {
            *of += self.energetics.output * loss.value(mu, y);
        }
    }
}
