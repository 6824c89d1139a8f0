//! The sum of what the edges contribute to every parameter.

use super::aligned::Aligned;
use super::kernels::{Start, gemm, wide};
use super::ops::{Block, Contributions};
use super::plan::{Plan, PlannedEdge, PlannedWeight};
use super::scalar::Scalar;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// How the sum of a parameter is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    /// Nothing has been contributed.
    Nothing,
    /// As so many errors and f(x), each of one example, whose outer products add up to it.
    Factors(usize),
    /// As numbers.
    Numbers,
}

/// Σ of contributions, each the descent direction -∂F/∂θ of one edge, in the arena of parameters.
///
/// Clearing it touches no number: the first contribution to a parameter overwrites what an earlier sum left there.
#[derive(Clone, Debug)]
pub struct Gradient<S> {
    plan: Arc<Plan>,
    values: Aligned<S>,
    held: Vec<Held>,
    /// For each parameter, how many pairs of factors there is room for, and where they begin: first the errors. Then where all of
    /// them end. Empty if all sums are numbers.
    places: Vec<(usize, usize)>,
    /// Made when the first pair comes.
    factors: Aligned<S>,
    /// True while no factor of any contribution is so large that a sum might overflow.
    tame: bool,
}

impl<S: Scalar> Gradient<S> {
    /// All zeros.
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            values: Aligned::zeros(plan.parameter_count()),
            held: vec![Held::Nothing; plan.graph.parameters.len()],
            places: Vec::new(),
            factors: Aligned::default(),
            tame: true,
            plan,
        }
    }

    /// The same, but outer products that one example contributes are not written out one by one.
    pub fn of_factors(plan: Arc<Plan>) -> Self {
        let mut room = vec![0; plan.graph.parameters.len()];
        for edge in plan.edges.iter().filter(|edge| edge.sliding.is_none()) {
            if let Some(w) = &edge.weight {
                room[w.parameter] += 1;
            }
        }
        let (mut places, mut end) = (Vec::new(), 0);
        for (room, p) in room.into_iter().zip(&plan.graph.parameters) {
            let pair = p.rows + p.cols;
            // No more than the matrix itself takes.
            let room = room.min((p.len() / pair).max(1));
            places.push((room, end));
            end += room * pair;
        }
        places.push((0, end));
        Self {
            places,
            ..Self::new(plan)
        }
    }

    /// Where an edge contributes to.
    pub fn of<'a>(&'a mut self, edge: &'a PlannedEdge) -> OfEdge<'a, S> {
        OfEdge {
            gradient: self,
            edge,
        }
    }

    /// Forgets every contribution.
    pub fn clear(&mut self) {
        self.held.fill(Held::Nothing);
        self.tame = true;
    }

    /// Forgets the contributions to one parameter.
    pub fn forget(&mut self, parameter: usize) {
        self.held[parameter] = Held::Nothing;
    }

    /// The numbers of a parameter, to contribute to: true if they hold a sum already, else all of them must be overwritten.
    fn open(&mut self, parameter: usize) -> (&mut [S], bool) {
        if matches!(self.held[parameter], Held::Factors(_)) {
            self.write_out(parameter);
        }
        let before = std::mem::replace(&mut self.held[parameter], Held::Numbers);
        let values = &mut self.values[self.plan.parameter(parameter)];
        (values, before == Held::Numbers)
    }

    /// Takes the outer product of one example's error and f(x) as a contribution to a matrix, unless its sum is held as numbers.
    fn take_factors(&mut self, weight: &PlannedWeight, error: &[S], input: &[S]) -> bool {
        let parameter = weight.parameter;
        let count = match self.held[parameter] {
            Held::Nothing => 0,
            Held::Factors(count) => count,
            Held::Numbers => return false,
        };
        let Some(&(room, first)) = self.places.get(parameter) else {
            return false;
        };
        if count == room {
            return false;
        }
        if self.factors.is_empty() {
            let end = self.places.last().map_or(0, |&(_, end)| end);
            self.factors = Aligned::zeros(end);
        }
        let (rows, cols) = (weight.rows, weight.cols);
        let errors = &mut self.factors[first + count * rows..][..rows];
        errors.copy_from_slice(error);
        let inputs = &mut self.factors[first + room * rows + count * cols..][..cols];
        inputs.copy_from_slice(input);
        self.held[parameter] = Held::Factors(count + 1);
        true
    }

    /// Notes the factors of a contribution: see [`Self::is_tame`].
    fn note(&mut self, factors: &[S]) {
        self.tame = self.tame
            && wide(
                #[inline(always)]
                || all(factors, |v| v >= -S::TAME && v <= S::TAME),
            );
    }

    /// True if no sum can be NaN or infinite, judged by the factors it is made of. False says nothing.
    pub fn is_tame(&self) -> bool {
        self.tame
    }

    /// The factors of a stored matrix: of its rows and of its columns.
    #[inline(always)]
    fn split(&self, parameter: usize) -> (&[S], &[S]) {
        let p = &self.plan.graph.parameters[parameter];
        let (room, first) = self.places[parameter];
        let all = &self.factors[first..first + room * (p.rows + p.cols)];
        let (error, input) = all.split_at(room * p.rows);
        if p.input_major {
            (input, error)
        } else {
            (error, input)
        }
    }

    /// Adds the outer products up, in the order in which they came: one chain, as if each had been added to the numbers.
    fn write_out(&mut self, parameter: usize) {
        if let Held::Factors(count) = self.held[parameter] {
            let mut values = std::mem::take(&mut self.values);
            let (down, across) = self.split(parameter);
            let p = &self.plan.graph.parameters[parameter];
            let n = p.stored_width();
            let m = p.len() / n;
            let block = &mut values[self.plan.parameter(parameter)];
            let start = Start::Zero;
            gemm(m, n, count, down, (1, m), across, n, block, n, start);
            self.values = values;
            self.held[parameter] = Held::Numbers;
        }
    }

    /// Leaves no sum of several outer products to be added up while it is read.
    pub fn settle(&mut self) {
        for parameter in 0..self.held.len() {
            if matches!(self.held[parameter], Held::Factors(count) if count > 1) {
                self.write_out(parameter);
            }
        }
    }

    /// The sums: 0 for parameters that nothing was contributed to.
    pub fn values(&mut self) -> &[S] {
        for parameter in 0..self.held.len() {
            match self.held[parameter] {
                Held::Nothing => self.open(parameter).0.fill(S::ZERO),
                Held::Factors(_) => self.write_out(parameter),
                Held::Numbers => {}
            }
        }
        &self.values
    }

    /// Writes (or, with `add`, adds) a stretch of a sum.
    #[inline(always)]
    fn put(&self, at: Stretch, out: &mut [S], add: bool) {
        let put = |o: &mut S, v: S| *o = if add { *o + v } else { v };
        match self.terms(at.parameter) {
            Terms::Numbers(values) => {
                let width = self.plan.graph.parameters[at.parameter].stored_width();
                let first = self.plan.parameter(at.parameter).start;
                let values = &values[first + at.row * width + at.column..];
                out.iter_mut().zip(values).for_each(|(o, &v)| put(o, v));
            }
            Terms::Outer { down, across } => {
                let products = outer(down[at.row], &across[at.column..]);
                out.iter_mut().zip(products).for_each(|(o, v)| put(o, v));
            }
            _ => out.iter_mut().for_each(|o| put(o, S::ZERO)),
        }
    }

    /// How a sum is read.
    fn terms(&self, parameter: usize) -> Terms<'_, S> {
        match self.held[parameter] {
            Held::Nothing => Terms::Mixed,
            Held::Factors(count) => {
                debug_assert_eq!(count, 1, "see Gradient::settle");
                let (down, across) = self.split(parameter);
                Terms::Outer { down, across }
            }
            Held::Numbers => Terms::Numbers(&self.values),
        }
    }

    /// True if no sum is NaN or infinite.
    pub fn is_finite(&mut self) -> bool {
        self.tame || {
            let values = self.values();
            wide(
                #[inline(always)]
                || all(values, S::is_finite),
            )
        }
    }

    /// Becomes a copy of `other`.
    pub fn copy(&mut self, other: &mut Self) {
        self.values.copy_from_slice(other.values());
        self.held.fill(Held::Numbers);
        self.tame = other.tame;
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &mut Self) {
        self.values();
        self.tame &= other.tame;
        let (out, other) = (&mut self.values, other.values());
        wide(
            #[inline(always)]
            || {
                for (o, &v) in out.iter_mut().zip(other) {
                    *o += v;
                }
            },
        );
    }
}

/// The sums that one edge contributes to.
#[derive(Debug)]
pub struct OfEdge<'a, S> {
    gradient: &'a mut Gradient<S>,
    edge: &'a PlannedEdge,
}

impl<S: Scalar> OfEdge<'_, S> {
    fn block(&mut self, parameter: usize) -> Block<'_, S> {
        let by_input = self.gradient.plan.graph.parameters[parameter].input_major;
        let (numbers, started) = self.gradient.open(parameter);
        Block {
            numbers,
            started,
            by_input,
        }
    }
}

impl<S: Scalar> Contributions<S> for OfEdge<'_, S> {
    fn note(&mut self, factors: &[S]) {
        self.gradient.note(factors);
    }

    fn matrix(&mut self) -> Option<Block<'_, S>> {
        let parameter = self.edge.weight.as_ref()?.parameter;
        Some(self.block(parameter))
    }

    fn bias(&mut self) -> Option<Block<'_, S>> {
        let parameter = self.edge.bias.as_ref()?.parameter;
        Some(self.block(parameter))
    }

    fn outer(&mut self, error: &[S], input: &[S]) -> bool {
        let weight = self.edge.weight.as_ref();
        weight.is_some_and(|w| self.gradient.take_factors(w, error, input))
    }
}

/// The first of some numbers of a parameter that lie side by side as they are stored.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// The parameter.
    pub parameter: usize,
    /// Stored row.
    pub row: usize,
    /// First number within the row.
    pub column: usize,
}

/// The sum of some gradients (each after [`Gradient::settle`]), added up in their order where it is read.
#[derive(Clone, Copy, Debug)]
pub struct Sum<'a, S> {
    /// The gradients.
    pub parts: &'a [&'a Gradient<S>],
}

/// How the sum of a parameter is read.
#[derive(Clone, Copy, Debug)]
pub enum Terms<'a, S> {
    /// In an arena of parameters.
    Numbers(&'a [S]),
    /// As what lies in two arenas, to be added up.
    Pair(&'a [S], &'a [S]),
    /// As one outer product: the factors of the stored rows, and of the numbers within each.
    Outer {
        /// A factor for each row.
        down: &'a [S],
        /// A factor for each number of a row.
        across: &'a [S],
    },
    /// Anything else: by [`Sum::write`].
    Mixed,
}

/// The numbers of a row of an outer product, each added to 0, as a chain of multiply-adds gives it: never -0.
#[inline(always)]
pub fn outer<S: Scalar>(down: S, across: &[S]) -> impl Iterator<Item = S> + '_ {
    across.iter().map(move |&v| down * v + S::ZERO)
}

impl<'a, S: Scalar> Sum<'a, S> {
    /// How the sum of a parameter is read.
    pub fn terms(&self, parameter: usize) -> Terms<'a, S> {
        match self.parts {
            [only] => only.terms(parameter),
            [first, second] => match (first.terms(parameter), second.terms(parameter)) {
                (Terms::Numbers(first), Terms::Numbers(second)) => Terms::Pair(first, second),
                _ => Terms::Mixed,
            },
            _ => Terms::Mixed,
        }
    }

    /// Writes a stretch of the sum, however it is held.
    #[inline(always)]
    pub fn write(&self, at: Stretch, out: &mut [S]) {
        for (i, part) in self.parts.iter().enumerate() {
            part.put(at, out, i > 0);
        }
    }
}

/// The numbers as they stand: those of a parameter that nothing was contributed to since [`Gradient::clear`], or just one outer
/// product of a [`Gradient::of_factors`], are left from before.
impl<S> Deref for Gradient<S> {
    type Target = [S];

    fn deref(&self) -> &[S] {
        &self.values
    }
}

impl<S> DerefMut for Gradient<S> {
    fn deref_mut(&mut self) -> &mut [S] {
        &mut self.values
    }
}

/// True if all values pass. Without a way out of the inner loop, it becomes vector code.
#[inline(always)]
fn all<S: Scalar>(values: &[S], passes: impl Fn(S) -> bool) -> bool {
    values
        .chunks(1024)
        .all(|some| some.iter().fold(true, |all, &v| all & passes(v)))
}

#[cfg(test)]
#[path = "gradient_test.rs"]
mod tests;
