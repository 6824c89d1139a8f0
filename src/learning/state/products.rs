//! What values are read through the matrices: predictions of vertices, and errors pulled back to them.
//!
//! Vertices of one train (see [`crate::network::Plan::trains`]) share a product per matrix: each gets the bits it would get alone.

use super::{State, weighed};
use crate::network::ops::{Back, MOST_READS, Memo};
use crate::network::{Aligned, Graph, Scalar, Weights};
use std::ops::Range;
use std::sync::Arc;

impl<S: Scalar> State<S> {
    /// The vertices from `first` on whose products can be made together: as many as are of one train and `take` part, but no more
    /// than what stays in the nearest caches. `first` takes part.
    pub(super) fn train(
        &self,
        kind: usize,
        first: usize,
        take: impl Fn(&Self, usize) -> bool,
    ) -> Range<usize> {
        /// Rows of a product that are enough for its speed.
        const ROWS: usize = 128;
        let most = (ROWS / self.rows.max(1)).max(1);
        let train = self.plan.trains[kind].iter().find(|t| t.contains(&first));
        // Rows of short sequences are left out vertex by vertex.
        let together = most > 1 && self.presence.is_whole() && !self.handled;
        let (Some(train), true) = (train, together) else {
            return first..first + 1;
        };
        let end = (first + most).min(train.end);
        let end = (first + 1..end).find(|&v| !take(self, v)).unwrap_or(end);
        first..end
    }

    /// Writes the predictions of a train of vertices from the current f(x) to `predicted`.
    pub(super) fn predict(&mut self, weights: &Weights<S>, train: Range<usize>) {
        let v = train.start;
        let n = self.plan.len_of(v) * self.rows;
        let mut predicted = std::mem::take(&mut self.predicted);
        if predicted.len() < n * train.len() {
            predicted = Aligned::zeros(n * train.len());
        }
        if train.len() == 1 {
            self.predict_into(weights, v, &mut predicted[..n]);
        } else {
            self.predict_train(weights, train, &mut predicted);
        }
        self.predicted = predicted;
    }

    /// The predictions of several vertices, one product per matrix.
    fn predict_train(&mut self, weights: &Weights<S>, train: Range<usize>, predicted: &mut [S]) {
        let (rows, v) = (self.rows, train.start);
        let n = self.plan.len_of(v) * rows;
        let (all, many) = (&mut predicted[..n * train.len()], rows * train.len());
        let plan = Arc::clone(&self.plan);
        for (i, &e) in plan.graph.vertices[v].incoming.iter().enumerate() {
            let edge = &plan.edges[e];
            if edge.from == Graph::INPUT {
                for (v, out) in train.clone().zip(all.chunks_exact_mut(n)) {
                    self.predict_clamped(weights, v, out);
                }
                continue;
            }
            let first = plan.block(edge.from, rows).start;
            let read = &self.fx[first..first + many * plan.len_of(edge.from)];
            let mut reads = [&[][..]; MOST_READS];
            reads[0] = read;
            let (site, memo) = (weights.site(edge, many), Memo::Note(&mut []));
            edge.op.forward(&site, reads, all, memo, i > 0);
        }
    }

    /// What the clamped input predicts of a vertex, which comes first among what does; worked out once per version of the weights.
    fn predict_clamped(&mut self, weights: &Weights<S>, v: usize, out: &mut [S]) {
        if let Some(known) = self.clamped.of(weights, v) {
            out.copy_from_slice(known);
            return;
        }
        let (plan, rows) = (&self.plan, self.rows);
        let edge = &plan.edges[plan.graph.vertices[v].incoming[0]];
        let reach = self.presence.reach(v);
        let reads = plan.reads(edge, &self.fx, rows);
        let made = &mut out[..reach * plan.len_of(v)];
        let (site, memo) = (weights.site(edge, reach), Memo::Note(&mut []));
        edge.op.forward(&site, reads, made, memo, false);
        self.clamped.learn(weights, v, out);
    }

    pub(super) fn predict_into(&mut self, weights: &Weights<S>, v: usize, out: &mut [S]) {
        let rows = self.rows;
        let reach = self.presence.reach(v);
        let plan = Arc::clone(&self.plan);
        for (others, edge) in plan.predicting(v) {
            let stays = !self.handled && plan.partly_clamped.contains(&v);
            if !others && stays {
                self.predict_clamped(weights, v, out);
                continue;
            }
            let noted = &mut self.argmax[plan.argmax_block(v, rows)];
            let memo = match self.winners_held {
                true => Memo::Hold(noted),
                false => Memo::Note(noted),
            };
            let reads = plan.reads(edge, &self.fx, rows);
            let made = &mut out[..reach * plan.len_of(v)];
            edge.op
                .forward(&weights.site(edge, reach), reads, made, memo, others);
        }
        self.presence.mask(v, out);
        self.clamps.silence(v, self.plan.len_of(v), out);
    }

    /// Writes Σ over children Jᵀ π ε to Δx of a train of vertices.
    pub(super) fn pull(&mut self, weights: &Weights<S>, train: Range<usize>) {
        let unweighed = |v: &usize| {
            let mut outgoing = self.plan.graph.vertices[*v].outgoing.iter();
            outgoing.all(|&e| {
                let to = self.plan.edges[e].to;
                self.energetics
                    .precision(self.plan.graph.vertices[to].level)
                    == 1.0
            })
        };
        if train.len() > 1 && train.clone().all(|v| unweighed(&v)) {
            let plan = Arc::clone(&self.plan);
            let (rows, many) = (self.rows, self.rows * train.len());
            let first = plan.block(train.start, rows).start;
            let out = first..first + many * plan.len_of(train.start);
            for (i, &e) in plan.graph.vertices[train.start].outgoing.iter().enumerate() {
                let edge = &plan.edges[e];
                let first = plan.block(edge.to, rows).start;
                let error = &self.eps[first..first + many * plan.len_of(edge.to)];
                let out = &mut self.dx[out.clone()];
                let (site, back) = (weights.site(edge, many), Back::of(error));
                edge.op.pull(&site, &back, out, i > 0);
            }
        } else {
            for v in train {
                self.pull_one(weights, v);
            }
        }
    }

    /// Writes Σ over children Jᵀ π ε to Δx of `v`.
    fn pull_one(&mut self, weights: &Weights<S>, v: usize) {
        let rows = self.rows;
        let block = self.plan.block(v, rows);
        let reach = self.presence.reach(v);
        for (i, &e) in self.plan.graph.vertices[v].outgoing.iter().enumerate() {
            let edge = &self.plan.edges[e];
            let precision = self
                .energetics
                .precision(self.plan.graph.vertices[edge.to].level);
            let error = &self.eps[self.plan.block(edge.to, rows)];
            let error = weighed(precision, error, &mut self.predicted);
            let made = || (&self.fx[..], &self.mu[..], &self.argmax[..]);
            let back = self.plan.back(edge, made, error, rows);
            let out = &mut self.dx[block.clone()][..reach * self.plan.len_of(v)];
            edge.op.pull(&weights.site(edge, reach), &back, out, i > 0);
        }
    }
}
