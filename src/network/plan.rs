//! The graph compiled once: where every vertex's units and every parameter's numbers lie.

use super::graph::{Graph, Parameter};
use super::ops::sliding::Sliding;
use super::ops::{Back, Joint, MOST_READS, Numbers, Op, Places, Reads, Site};
use std::ops::Range;
use std::sync::Arc;

/// See [`Plan::trains`].
fn trains(graph: &Graph, incoming: bool) -> Vec<Range<usize>> {
    let follows = |v: usize| {
        let (one, two) = (&graph.vertices[v - 1], &graph.vertices[v]);
        let (a, b) = if incoming {
            (&one.incoming, &two.incoming)
        } else {
            (&one.outgoing, &two.outgoing)
        };
        let alike = |(&a, &b): (&usize, &usize)| {
            let (a, b) = (&graph.edges[a], &graph.edges[b]);
            let (from, to) = if incoming {
                (a.from, b.from)
            } else {
                (a.to, b.to)
            };
            let side_by_side =
                matches!((a.op, b.op), (Op::Dense(_), Op::Dense(_))) && to == from + 1;
            let clamped = matches!((a.op, b.op), (Op::Step(_), Op::Step(_)));
            (a.weight, a.bias) == (b.weight, b.bias) && (side_by_side || incoming && clamped)
        };
        one.shape == two.shape && a.len() == b.len() && !a.is_empty() && a.iter().zip(b).all(alike)
    };
    let mut all: Vec<Range<usize>> = Vec::new();
    for v in (2..graph.vertices.len()).filter(|&v| follows(v)) {
        match all.last_mut() {
            Some(last) if last.end == v => last.end = v + 1,
            _ => all.push(v - 1..v + 1),
        }
    }
    all
}

/// See [`Plan::partly_clamped`].
fn partly_clamped(graph: &Graph) -> Range<usize> {
    let partly = |v: &usize| {
        let incoming = &graph.vertices[*v].incoming;
        incoming.len() > 1
            && incoming
                .iter()
                .enumerate()
                .all(|(i, &e)| (i == 0) == matches!(graph.edges[e].op, Op::Step(_)))
    };
    let mut all = (1..graph.vertices.len()).filter(partly);
    match all.next() {
        Some(first) => first..all.next_back().unwrap_or(first) + 1,
        None => 0..0,
    }
}

/// An edge with its geometry worked out.
#[derive(Clone, Debug)]
pub struct PlannedEdge {
    /// The edge's index in the graph.
    pub index: usize,
    /// The vertex read.
    pub from: usize,
    /// The vertex predicted.
    pub to: usize,
    /// The operation.
    pub op: Op,
    /// Which of the vertices that the operation reads this is, counted from 0.
    pub slot: usize,
    /// Numbers of the weight in the arena of parameters, rows × cols.
    pub weight: Option<PlannedWeight>,
    /// Numbers of the bias in the arena of parameters.
    pub bias: Option<PlannedBias>,
    /// The shapes it joins.
    pub joint: Joint,
    /// Where its numbers lie.
    pub places: Places,
    /// What is pulled back depends on more than the error and weights.
    looks_back: bool,
    /// Where a convolution finds its operands.
    pub sliding: Option<Arc<Sliding>>,
}

/// A weight matrix in the arena of parameters.
#[derive(Clone, Debug)]
pub struct PlannedWeight {
    /// Its index in the graph.
    pub parameter: usize,
    /// Its numbers.
    pub range: Range<usize>,
    /// Its transposed copy in the arena of copies; empty if it is stored the way predictions read it.
    pub copy: Range<usize>,
    /// Output channels.
    pub rows: usize,
    /// Inputs per output.
    pub cols: usize,
}

/// A bias in the arena of parameters.
#[derive(Clone, Debug)]
pub struct PlannedBias {
    /// Its index in the graph.
    pub parameter: usize,
    /// Its numbers.
    pub range: Range<usize>,
}

/// One level: which vertices stand there and which edges' contributions are captured there.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Vertices of this level.
    pub vertices: Vec<usize>,
    /// Those of them that are predicted through weights: what is captured at the level is theirs. Relays are not.
    pub weighted: Vec<usize>,
    /// Edges into those vertices.
    pub edges: Vec<usize>,
    /// Parameters to whose gradient those edges contribute.
    pub parameters: Vec<usize>,
}

/// A graph with everything that can be worked out before the first number: offsets, levels, scratch sizes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The graph.
    pub graph: Graph,
    /// Edges in forward order.
    pub edges: Vec<PlannedEdge>,
    /// Level 0 (the output) first.
    pub levels: Vec<Level>,
    /// True if all paths from a vertex to the output are equally long (see [`Graph::is_levelled`]).
    pub levelled: bool,
    /// True if some parameter predicts vertices of several levels: a recurrent network.
    pub shares: bool,
    /// Vertices side by side that are predicted, or whose errors come, through the same matrices from vertices that lie side by side
    /// as well: a product over all of them at once gives each its own bits. Of the first kind, then of the second.
    pub trains: [Vec<Range<usize>>; 2],
    /// Vertices predicted first from the clamped input and then from others: the input's part of the sum stays.
    pub partly_clamped: Range<usize>,
    /// For each vertex, the units of one example that lie before it.
    unit_offsets: Vec<usize>,
    /// For each vertex, the argmax entries of one example that lie before it.
    argmax_offsets: Vec<usize>,
    /// For each parameter, its numbers in the arena.
    parameter_ranges: Vec<Range<usize>>,
    /// For each parameter, its transposed copy in the arena of copies.
    copy_ranges: Vec<Range<usize>>,
    /// Numbers of scratch an operation may need.
    pub scratch: usize,
}

impl Plan {
    /// Compiles a graph.
    pub fn new(graph: Graph) -> Arc<Self> {
        let mut unit_offsets = vec![0];
        let mut argmax_offsets = vec![0];
        for v in &graph.vertices {
            let keeps = v.incoming.iter().any(|&e| graph.edges[e].op.keeps());
            unit_offsets.push(unit_offsets[unit_offsets.len() - 1] + v.shape.len());
            argmax_offsets.push(
                argmax_offsets[argmax_offsets.len() - 1] + if keeps { v.shape.len() } else { 0 },
            );
        }
        let mut start = 0;
        let parameter_ranges: Vec<_> = graph
            .parameters
            .iter()
            .map(|p| {
                start += p.len();
                start - p.len()..start
            })
            .collect();
        let mut start = 0;
        let copy_ranges: Vec<_> = graph
            .parameters
            .iter()
            .map(|p| {
                let len = if p.is_bias || p.input_major {
                    0
                } else {
                    p.len()
                };
                start += len;
                start - len..start
            })
            .collect();
        let edges: Vec<_> = graph
            .edges
            .iter()
            .enumerate()
            .map(|(index, e)| PlannedEdge {
                index,
                from: e.from,
                to: e.to,
                op: e.op,
                slot: e.slot,
                weight: e.weight.map(|w| PlannedWeight {
                    parameter: w,
                    range: parameter_ranges[w].clone(),
                    copy: copy_ranges[w].clone(),
                    rows: graph.parameters[w].rows,
                    cols: graph.parameters[w].cols,
                }),
                bias: e.bias.map(|b| PlannedBias {
                    parameter: b,
                    range: parameter_ranges[b].clone(),
                }),
                joint: Joint {
                    from: graph.vertices[e.from].shape,
                    to: graph.vertices[e.to].shape,
                    slot: e.slot,
                },
                places: Places {
                    matrix: e.weight.map_or(0..0, |w| parameter_ranges[w].clone()),
                    copy: e.weight.map_or(0..0, |w| copy_ranges[w].clone()),
                    bias: e.bias.map_or(0..0, |b| parameter_ranges[b].clone()),
                },
                looks_back: e.op.looks_back() || e.op.keeps(),
                sliding: {
                    let shape = |v: usize| graph.vertices[v].shape;
                    e.op.sliding(shape(e.from), shape(e.to))
                },
            })
            .collect();
        let deepest = graph.vertices.iter().map(|v| v.level).max().unwrap_or(0);
        let mut levels = vec![Level::default(); deepest + 1];
        for (i, v) in graph.vertices.iter().enumerate() {
            levels[v.level].vertices.push(i);
            if v.incoming.iter().any(|&e| graph.edges[e].weight.is_some()) {
                levels[v.level].weighted.push(i);
            }
            for &e in &v.incoming {
                levels[v.level].edges.push(e);
                levels[v.level].parameters.extend(
                    [graph.edges[e].weight, graph.edges[e].bias]
                        .into_iter()
                        .flatten(),
                );
            }
        }
        for level in &mut levels {
            level.parameters.sort_unstable();
            level.parameters.dedup();
        }
        let scratch = edges
            .iter()
            .filter_map(|e: &PlannedEdge| Some(e.sliding.as_ref()?.scratch()))
            .max()
            .unwrap_or(0);
        Arc::new(Self {
            levelled: graph.is_levelled(),
            trains: [true, false].map(|incoming| trains(&graph, incoming)),
            partly_clamped: partly_clamped(&graph),
            shares: graph.parameters.iter().any(Parameter::is_shared),
            graph,
            edges,
            levels,
            unit_offsets,
            argmax_offsets,
            parameter_ranges,
            copy_ranges,
            scratch,
        })
    }

    /// Bytes that the graph and the plan take, names left out.
    pub fn bytes(&self) -> usize {
        let graph = &self.graph;
        let lists: usize = self
            .levels
            .iter()
            .map(|l| {
                (l.vertices.len() + l.weighted.len() + l.edges.len() + l.parameters.len())
                    * size_of::<usize>()
            })
            .sum();
        size_of_val(&graph.vertices[..])
            + size_of_val(&graph.edges[..])
            + size_of_val(&self.edges[..])
            + size_of_val(&self.levels[..])
            // Every edge stands in the lists of its two ends.
            + (2 * graph.edges.len() + 2 * graph.vertices.len()) * size_of::<usize>()
            + lists
    }

    /// Units of one example in all vertices.
    pub fn units(&self) -> usize {
        self.unit_offsets[self.unit_offsets.len() - 1]
    }

    /// Argmax entries of one example.
    pub fn argmax_len(&self) -> usize {
        self.argmax_offsets[self.argmax_offsets.len() - 1]
    }

    /// Weights and biases in all.
    pub fn parameter_count(&self) -> usize {
        self.graph.parameter_count()
    }

    /// Where `vertex` lies in an arena that holds `rows` examples: `rows` rows of its units.
    pub fn block(&self, vertex: usize, rows: usize) -> Range<usize> {
        self.unit_offsets[vertex] * rows..self.unit_offsets[vertex + 1] * rows
    }

    /// Where the argmax of `vertex` lies.
    pub fn argmax_block(&self, vertex: usize, rows: usize) -> Range<usize> {
        self.argmax_offsets[vertex] * rows..self.argmax_offsets[vertex + 1] * rows
    }

    /// The numbers of parameter `index` in the arena of parameters.
    pub fn parameter(&self, index: usize) -> Range<usize> {
        self.parameter_ranges[index].clone()
    }

    /// Where one number of a matrix lies in the arena of parameters; see [`Parameter::at`].
    pub fn number(&self, weight: &PlannedWeight, row: usize, col: usize) -> usize {
        weight.range.start + self.graph.parameters[weight.parameter].at(row, col)
    }

    /// The transposed copy of parameter `index` in the arena of copies; empty if it has none.
    pub fn copy(&self, index: usize) -> Range<usize> {
        self.copy_ranges[index].clone()
    }

    /// Numbers of all transposed copies.
    pub fn copy_count(&self) -> usize {
        self.copy_ranges.last().map_or(0, |last| last.end)
    }

    /// Units of one vertex.
    pub fn len_of(&self, vertex: usize) -> usize {
        self.graph.vertices[vertex].shape.len()
    }

    /// An edge's operation at work on some rows, without numbers: what contributions need. See
    /// [`Weights::site`](super::Weights::site).
    #[inline]
    pub fn site<'a, S>(&self, edge: &'a PlannedEdge, rows: usize) -> Site<'a, S> {
        Site {
            at: &edge.joint,
            rows,
            numbers: Numbers {
                values: &[],
                copies: &[],
                places: &edge.places,
            },
            sliding: edge.sliding.as_deref(),
        }
    }

    /// What an error is pulled back with through an edge, for `rows` examples: `made` lends the arenas of f(x) and of predictions, and
    /// what was noted.
    #[inline]
    pub fn back<'a, S>(
        &self,
        edge: &PlannedEdge,
        made: impl FnOnce() -> (&'a [S], &'a [S], &'a [u32]),
        error: &'a [S],
        rows: usize,
    ) -> Back<'a, S> {
        if !edge.looks_back {
            return Back::of(error);
        }
        let (fx, mu, argmax) = made();
        Back {
            reads: self.reads(edge, fx, rows),
            output: &mu[self.block(edge.to, rows)],
            memo: &argmax[self.argmax_block(edge.to, rows)],
            error,
        }
    }

    /// All edges of the operation that an edge is part of: one for each vertex it reads.
    pub fn operands(&self, edge: &PlannedEdge) -> &[PlannedEdge] {
        &self.edges[edge.index - edge.slot..][..edge.op.reads()]
    }

    /// What the operation of an edge reads of an arena of f(x) that holds `rows` examples.
    #[inline]
    pub fn reads<'a, S>(&self, edge: &PlannedEdge, fx: &'a [S], rows: usize) -> Reads<'a, S> {
        if edge.op.reads() > 1 {
            return self.reads_of_several(edge, fx, rows);
        }
        let mut reads: Reads<'a, S> = [&[]; MOST_READS];
        reads[0] = &fx[self.block(edge.from, rows)];
        reads
    }

    fn reads_of_several<'a, S>(
        &self,
        edge: &PlannedEdge,
        fx: &'a [S],
        rows: usize,
    ) -> Reads<'a, S> {
        let mut reads: Reads<'a, S> = [&[]; MOST_READS];
        for (read, edge) in reads.iter_mut().zip(self.operands(edge)) {
            *read = &fx[self.block(edge.from, rows)];
        }
        reads
    }

    /// The edges by which a vertex is predicted, one for each operation: the first it reads through. With each, whether others came
    /// before.
    pub fn predicting(&self, vertex: usize) -> impl Iterator<Item = (bool, &PlannedEdge)> {
        let incoming = self.graph.vertices[vertex].incoming.iter();
        let all = incoming.map(|&e| &self.edges[e]);
        all.enumerate()
            .filter(|(_, edge)| edge.slot == 0)
            .map(|(i, edge)| (i > 0, edge))
    }

    /// D, see [`Graph::depth`].
    pub fn depth(&self) -> usize {
        self.graph.depth()
    }

    /// The output vertex.
    pub fn output(&self) -> usize {
        self.graph.output()
    }

    /// Levels that have weights, output first.
    pub fn weighted_levels(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.levels.len()).filter(|&l| !self.levels[l].parameters.is_empty())
    }

    /// Two arena blocks at once, `a` to read and `b` to write; they never overlap, since vertices differ.
    pub fn read_write<'a, S>(
        &self,
        arena: &'a mut [S],
        a: usize,
        b: usize,
        rows: usize,
    ) -> (&'a [S], &'a mut [S]) {
        let (ra, rb) = (self.block(a, rows), self.block(b, rows));
        if ra.start < rb.start {
            let (left, right) = arena.split_at_mut(rb.start);
            (&left[ra], &mut right[..rb.end - rb.start])
        } else {
            let (left, right) = arena.split_at_mut(ra.start);
            (&right[..ra.end - ra.start], &mut left[rb])
        }
    }
}
