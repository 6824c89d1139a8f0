//! The terms of one unit's sums, from the numbers of a snapshot: what predicts it, and what pulls at it.

use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::numbers::Numbers;
use crate::network::ops::part_read;
use crate::network::{Op, Shape, Window};

/// One term: a weight (or a pool's share) times an error or an f(x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Where the other factor stands.
    pub place: Place,
    /// The weight, 1 for a max pool's winner, the share for an average pool.
    pub weight: f64,
    /// ε of the unit reached, or f(x) of the unit read.
    pub other: f64,
}

impl Term {
    /// The product.
    pub fn value(&self) -> f64 {
        self.weight * self.other
    }
}

/// A unit of a vertex of some shape. Of tens of thousands of terms only a few are named: the words are made where they are shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    shape: Shape,
    unit: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (channel, row, column) = self.shape.position(self.unit);
        if self.shape.is_flat() {
            write!(f, "unit {}", self.unit)
        } else {
            write!(f, "ch {channel} [{row}, {column}]")
        }
    }
}

fn place(shape: Shape, unit: usize) -> Place {
    Place { shape, unit }
}

/// Puts the `most` terms of largest size first, in order (of equals the first comes first), and the rest behind them in any.
pub fn largest_first<T: Copy>(terms: &mut Vec<T>, most: usize, size: impl Fn(&T) -> f64) {
    let mut sizes: Vec<(f64, usize)> = terms.iter().map(size).zip(0..).collect();
    let by_size = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    let most = most.min(sizes.len());
    if most < sizes.len() {
        sizes.select_nth_unstable_by(most, by_size);
    }
    sizes[..most].sort_by(by_size);
    *terms = sizes.into_iter().map(|(_, i)| terms[i]).collect();
}

/// Positions of the window at output place `o`, within `inputs`: (offset in the window, input position).
fn covered(o: usize, w: Window, inputs: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..w.kernel).filter_map(move |k| {
        let i = (o * w.stride + k).checked_sub(w.padding)?;
        (i < inputs).then_some((k, i))
    })
}

/// The winner of a max pool's window: stored index of the first largest f(x). As in the engine, a NaN wins, the last of several.
fn winner(
    micro: &MicroscopeSnapshot,
    t: usize,
    from: usize,
    to: (usize, usize, usize),
    w: Window,
) -> Option<usize> {
    let shape = micro.plan.graph.vertices[from].shape;
    let (channel, oy, ox) = to;
    let mut best: Option<(usize, f64)> = None;
    for (_, y) in covered(oy, w, shape.height) {
        for (_, x) in covered(ox, w, shape.width) {
            let unit = shape.index(channel, y, x);
            let value = micro.value(t, Field::Fx, from, unit);
            if best.is_none_or(|(_, b)| value > b || value.is_nan()) {
                best = Some((unit, value));
            }
        }
    }
    best.map(|b| b.0)
}

/// The terms of Σ Jᵀ π ε that pull at a unit at state t through some weights, over all vertices it predicts.
pub fn pulls(
    micro: &MicroscopeSnapshot,
    weights: &Numbers,
    t: usize,
    vertex: usize,
    unit: usize,
) -> Vec<Term> {
    let plan = &micro.plan;
    let own = plan.graph.vertices[vertex].shape;
    let (channel, row, column) = own.position(unit);
    let mut terms = Vec::new();
    if micro.is_missing(vertex) {
        return terms;
    }
    for &e in &plan.graph.vertices[vertex].outgoing {
        let edge = &plan.edges[e];
        let to = plan.graph.vertices[edge.to].shape;
        let level = plan.graph.vertices[edge.to].level;
        let precision = micro
            .schedule
            .map_or(1.0, |s| s.energetics.precision(level));
        let eps = |u: usize| precision * micro.value(t, Field::Eps, edge.to, u);
        match edge.op {
            Op::Identity => terms.push(Term {
                place: place(to, unit),
                weight: 1.0,
                other: eps(unit),
            }),
            Op::Dense | Op::Step(_) => {
                let Some(w) = &edge.weight else { continue };
                let part = part_read(edge.op, own);
                if !part.contains(&unit) {
                    continue;
                }
                for r in 0..w.rows {
                    let col = unit - part.start;
                    let weight = weights.get(plan.number(w, r, col));
                    terms.push(Term {
                        place: place(to, r),
                        weight,
                        other: eps(r),
                    });
                }
            }
            Op::Conv(window) => {
                let Some(w) = &edge.weight else { continue };
                for oy in 0..to.height {
                    let Some((ky, _)) = covered(oy, window, own.height).find(|(_, i)| *i == row)
                    else {
                        continue;
                    };
                    for ox in 0..to.width {
                        let Some((kx, _)) =
                            covered(ox, window, own.width).find(|(_, i)| *i == column)
                        else {
                            continue;
                        };
                        let col = (ky * window.kernel + kx) * own.channels + channel;
                        for o in 0..to.channels {
                            let u = to.index(o, oy, ox);
                            let weight = weights.get(plan.number(w, o, col));
                            terms.push(Term {
                                place: place(to, u),
                                weight,
                                other: eps(u),
                            });
                        }
                    }
                }
            }
            Op::MaxPool(window) => {
                for oy in 0..to.height {
                    for ox in 0..to.width {
                        let near = covered(oy, window, own.height).any(|(_, i)| i == row)
                            && covered(ox, window, own.width).any(|(_, i)| i == column);
                        if near && winner(micro, t, vertex, (channel, oy, ox), window) == Some(unit)
                        {
                            let u = to.index(channel, oy, ox);
                            terms.push(Term {
                                place: place(to, u),
                                weight: 1.0,
                                other: eps(u),
                            });
                        }
                    }
                }
            }
            Op::AveragePool(window) => {
                for oy in 0..to.height {
                    for ox in 0..to.width {
                        let ys = covered(oy, window, own.height).collect::<Vec<_>>();
                        let xs = covered(ox, window, own.width).collect::<Vec<_>>();
                        if ys.iter().any(|y| y.1 == row) && xs.iter().any(|x| x.1 == column) {
                            let u = to.index(channel, oy, ox);
                            terms.push(Term {
                                place: place(to, u),
                                weight: 1.0 / (ys.len() * xs.len()) as f64,
                                other: eps(u),
                            });
                        }
                    }
                }
            }
        }
    }
    terms
}

/// The terms of μ of a unit at state t through some weights, and its bias.
pub fn predictions(
    micro: &MicroscopeSnapshot,
    weights: &Numbers,
    t: usize,
    vertex: usize,
    unit: usize,
) -> (Vec<Term>, Option<f64>) {
    let plan = &micro.plan;
    let own = plan.graph.vertices[vertex].shape;
    let (channel, row, column) = own.position(unit);
    let (mut terms, mut bias) = (Vec::new(), None);
    if micro.is_missing(vertex) {
        return (terms, bias);
    }
    for &e in &plan.graph.vertices[vertex].incoming {
        let edge = &plan.edges[e];
        let from = plan.graph.vertices[edge.from].shape;
        let fx = |u: usize| micro.value(t, Field::Fx, edge.from, u);
        if let Some(b) = &edge.bias {
            bias = Some(weights.get(b.range.start + channel));
        }
        match edge.op {
            Op::Identity => terms.push(Term {
                place: place(from, unit),
                weight: 1.0,
                other: fx(unit),
            }),
            Op::Dense | Op::Step(_) => {
                let Some(w) = &edge.weight else { continue };
                for (i, u) in part_read(edge.op, from).enumerate() {
                    let weight = weights.get(plan.number(w, unit, i));
                    terms.push(Term {
                        place: place(from, u),
                        weight,
                        other: fx(u),
                    });
                }
            }
            Op::Conv(window) => {
                let Some(w) = &edge.weight else { continue };
                for (ky, y) in covered(row, window, from.height) {
                    for (kx, x) in covered(column, window, from.width) {
                        for ch in 0..from.channels {
                            let u = from.index(ch, y, x);
                            let col = (ky * window.kernel + kx) * from.channels + ch;
                            let weight = weights.get(plan.number(w, channel, col));
                            terms.push(Term {
                                place: place(from, u),
                                weight,
                                other: fx(u),
                            });
                        }
                    }
                }
            }
            Op::MaxPool(window) => {
                if let Some(u) = winner(micro, t, edge.from, (channel, row, column), window) {
                    terms.push(Term {
                        place: place(from, u),
                        weight: 1.0,
                        other: fx(u),
                    });
                }
            }
            Op::AveragePool(window) => {
                let ys: Vec<_> = covered(row, window, from.height).collect();
                let xs: Vec<_> = covered(column, window, from.width).collect();
                for (_, y) in &ys {
                    for (_, x) in &xs {
                        let u = from.index(channel, *y, *x);
                        terms.push(Term {
                            place: place(from, u),
                            weight: 1.0 / (ys.len() * xs.len()) as f64,
                            other: fx(u),
                        });
                    }
                }
            }
        }
    }
    (terms, bias)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::Fixture;

    /// Largest error of μ and of Δx rebuilt from terms, over every unit of every hidden vertex.
    fn rebuilt(preset: &str, changes: &[&str], t: usize) -> f64 {
        let f = Fixture::new(preset, changes, t);
        let m = &f.micro;
        let gamma = m.schedule.unwrap().gamma;
        let mut worst = 0.0_f64;
        for v in 1..m.plan.output() {
            for u in 0..m.plan.len_of(v) {
                let (terms, bias) = predictions(m, &m.weights, t, v, u);
                let mu = terms.iter().map(Term::value).sum::<f64>() + bias.unwrap_or(0.0);
                worst = worst.max((mu - m.value(t, Field::Mu, v, u)).abs());
                if m.plan.graph.vertices[v].level <= t {
                    let pull: f64 = pulls(m, &m.weights, t - 1, v, u)
                        .iter()
                        .map(Term::value)
                        .sum();
                    let slope =
                        m.plan.graph.vertices[v]
                            .activation
                            .slope(m.value(t - 1, Field::X, v, u));
                    let dx = gamma * (-m.value(t - 1, Field::Eps, v, u) + slope * pull);
                    worst = worst.max((dx - m.value(t, Field::Dx, v, u)).abs());
                }
            }
        }
        worst
    }

    #[test]
    fn terms_add_up_to_the_engines_numbers() {
        let il = &["learning.rule=il", "inference.steps=8", "dtype=f64"];
        assert!(rebuilt("digits-mlp", il, 6) < 1e-12);
        let layers = "network.layers=[{conv=3,kernel=3,padding=1},{max_pool=2},{conv=4,kernel=3,stride=2,padding=1},{average_pool=2},{dense=6},{dense=10}]";
        assert!(rebuilt("digits-mlp", &[il[0], il[1], il[2], layers], 7) < 1e-12);
        let skips = "network.layers=[{dense=6},{dense=6},{dense=6,skip=2},{dense=10}]";
        assert!(rebuilt("digits-mlp", &[il[0], il[1], il[2], skips], 7) < 1e-12);
        let stacked = "network.layers=[{rnn=6},{rnn=5},{dense=18}]";
        assert!(rebuilt("names-rnn", &[il[0], il[1], il[2], stacked], 7) < 1e-12);
    }
}
