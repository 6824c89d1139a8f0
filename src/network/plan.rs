//! The graph compiled once: where every vertex's units and every parameter's numbers lie.

use super::conv::Conv;
use super::graph::{Graph, Op, Parameter};
use std::ops::Range;
use std::sync::Arc;

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
    /// Numbers of the weight in the arena of parameters, rows × cols.
    pub weight: Option<PlannedWeight>,
    /// Numbers of the bias in the arena of parameters.
    pub bias: Option<Range<usize>>,
    /// Where a convolution finds its operands.
    pub conv: Option<Arc<Conv>>,
}

/// A weight matrix in the arena of parameters.
#[derive(Clone, Debug)]
pub struct PlannedWeight {
    /// Its numbers.
    pub range: Range<usize>,
    /// Output channels.
    pub rows: usize,
    /// Inputs per output.
    pub cols: usize,
}

/// One level: which vertices stand there and which edges' contributions are captured there.
#[derive(Clone, Debug, Default)]
pub struct Level {
    /// Vertices of this level.
    pub vertices: Vec<usize>,
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
    /// For each vertex, the units of one example that lie before it.
    unit_offsets: Vec<usize>,
    /// For each vertex, the argmax entries of one example that lie before it.
    argmax_offsets: Vec<usize>,
    /// For each parameter, its numbers in the arena.
    parameter_ranges: Vec<Range<usize>>,
    /// Numbers of scratch an operation may need.
    pub scratch: usize,
}

impl Plan {
    /// Compiles a graph.
    pub fn new(graph: Graph) -> Arc<Self> {
        let mut unit_offsets = vec![0];
        let mut argmax_offsets = vec![0];
        for v in &graph.vertices {
            let pools = v
                .incoming
                .iter()
                .any(|&e| matches!(graph.edges[e].op, Op::MaxPool(_)));
            unit_offsets.push(unit_offsets[unit_offsets.len() - 1] + v.shape.len());
            argmax_offsets.push(
                argmax_offsets[argmax_offsets.len() - 1] + if pools { v.shape.len() } else { 0 },
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
        let edges: Vec<_> = graph
            .edges
            .iter()
            .enumerate()
            .map(|(index, e)| PlannedEdge {
                index,
                from: e.from,
                to: e.to,
                op: e.op,
                weight: e.weight.map(|w| PlannedWeight {
                    range: parameter_ranges[w].clone(),
                    rows: graph.parameters[w].rows,
                    cols: graph.parameters[w].cols,
                }),
                bias: e.bias.map(|b| parameter_ranges[b].clone()),
                conv: match e.op {
                    Op::Conv(window) => {
                        let (from, to) = (graph.vertices[e.from].shape, graph.vertices[e.to].shape);
                        Some(Arc::new(Conv::new(window, from, to)))
                    }
                    _ => None,
                },
            })
            .collect();
        let deepest = graph.vertices.iter().map(|v| v.level).max().unwrap_or(0);
        let mut levels = vec![Level::default(); deepest + 1];
        for (i, v) in graph.vertices.iter().enumerate() {
            levels[v.level].vertices.push(i);
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
            .filter_map(|e: &PlannedEdge| Some(e.conv.as_ref()?.scratch()))
            .max()
            .unwrap_or(0);
        Arc::new(Self {
            levelled: graph.is_levelled(),
            shares: graph.parameters.iter().any(Parameter::is_shared),
            graph,
            edges,
            levels,
            unit_offsets,
            argmax_offsets,
            parameter_ranges,
            scratch,
        })
    }

    /// Bytes that the graph and the plan take, names left out.
    pub fn bytes(&self) -> usize {
        let graph = &self.graph;
        let lists: usize = self
            .levels
            .iter()
            .map(|l| (l.vertices.len() + l.edges.len() + l.parameters.len()) * size_of::<usize>())
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

    /// Units of one vertex.
    pub fn len_of(&self, vertex: usize) -> usize {
        self.graph.vertices[vertex].shape.len()
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
