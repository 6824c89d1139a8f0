//! Looking at F from any point: values set or moved by hand, and the slope there.

use super::State;
use crate::learning::schedule::Epsilon;
use crate::network::{Graph, Scalar, Weights};

impl<S: Scalar> State<S> {
    /// Sets every hidden x, and a freed input, from an arena in the order of [`crate::network::Plan::block`], and works out f(x), μ and ε from
    /// scratch. The winners of max pools stay who they are: where two inputs of a window are equal, as on an empty background,
    /// F has a kink, and it is looked at from one side of it.
    pub fn place(&mut self, weights: &Weights<S>, x: &[S]) {
        self.forget_energy();
        let hidden = self.plan.block(1, self.rows).start
            ..self.plan.block(self.plan.output(), self.rows).start;
        self.x[hidden.clone()].copy_from_slice(&x[hidden]);
        if self.free[Graph::INPUT] {
            let input = self.plan.block(Graph::INPUT, self.rows);
            self.x[input.clone()].copy_from_slice(&x[input]);
            self.activate(Graph::INPUT);
        }
        for v in 1..self.plan.output() {
            let block = self.plan.block(v, self.rows);
            self.presence.mask(v, &mut self.x[block.clone()]);
            self.clamps
                .silence(v, self.plan.len_of(v), &mut self.x[block]);
        }
        self.winners_held = true;
        self.evaluate(weights);
        self.winners_held = false;
        self.errors_from_values();
    }

    /// Writes -∂F/∂x of every hidden vertex, and of a freed input, to `out` (0 where a unit is held), an arena in the order of [`crate::network::Plan::block`].
    pub fn slope(&mut self, weights: &Weights<S>, out: &mut [S]) {
        for v in 0..self.plan.output() {
            if v == Graph::INPUT && !self.free[v] {
                continue;
            }
            self.pull(weights, v..v + 1);
            self.descend(v, S::ONE);
            if v == Graph::INPUT {
                self.draw_back(S::ONE);
            }
            if self.handled {
                self.keep_held(v);
            }
            let block = self.plan.block(v, self.rows);
            out[block.clone()].copy_from_slice(&self.dx[block]);
        }
    }

    /// All x, in the order of [`crate::network::Plan::block`].
    pub fn values(&self) -> &[S] {
        &self.x[..self.plan.units() * self.rows]
    }

    /// Moves one value by hand: the increment form treats it as a Δx, and what is predicted from it follows. The step of a
    /// sequence that is missing has no value to move.
    pub fn nudge(&mut self, weights: &Weights<S>, vertex: usize, index: usize, by: S) {
        self.forget_energy();
        let block = self.plan.block(vertex, self.rows);
        self.x[block.start + index] += by;
        if !self.plan.graph.vertices[vertex].incoming.is_empty() {
            self.eps[block.start + index] += by;
        }
        self.presence.mask(vertex, &mut self.x[block.clone()]);
        self.presence.mask(vertex, &mut self.eps[block]);
        self.activate(vertex);
        self.moved.fill(false);
        for i in 0..self.plan.graph.vertices[vertex].outgoing.len() {
            let child = self.plan.edges[self.plan.graph.vertices[vertex].outgoing[i]].to;
            self.predict(weights, child..child + 1);
            self.update_error(child, Some(0), Epsilon::Increment);
        }
    }
}
