//! What every operation can do, and what it is handed.
//!
//! An operation knows shapes and numbers: not the graph it stands in, nor who calls it.

use super::sliding::Sliding;
use crate::network::scalar::Scalar;
use crate::network::shape::Shape;
use crate::network::window::Window;
use std::ops::Range;
use std::sync::Arc;

/// The most vertices that one operation reads.
pub const MOST_READS: usize = 2;

/// f(x) of the vertices that an operation reads, for all rows; nothing behind the last.
pub type Reads<'a, S> = [&'a [S]; MOST_READS];

/// Between which shapes an operation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joint {
    /// Of the vertex read: of several the one in question.
    pub from: Shape,
    /// Of the vertex predicted.
    pub to: Shape,
    /// Which of the vertices read is in question, counted from 0.
    pub slot: usize,
}

/// Where the numbers of an operation lie; empty for what it has not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Its matrix among the numbers.
    pub matrix: Range<usize>,
    /// The transposed copy of it among the copies; empty if the matrix itself is stored as predictions read it.
    pub copy: Range<usize>,
    /// Its bias among the numbers.
    pub bias: Range<usize>,
}

/// The numbers of an operation, found where they are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a, S> {
    /// Numbers of all operations.
    pub values: &'a [S],
    /// Transposed copies of matrices.
    pub copies: &'a [S],
    /// Where those of this one lie.
    pub places: &'a Places,
}

impl<'a, S> Numbers<'a, S> {
    /// Its matrix as predictions read it: a row for each number read, a column for each output.
    #[inline]
    pub fn by_input(&self) -> &'a [S] {
        if self.places.copy.is_empty() {
            &self.values[self.places.matrix.clone()]
        } else {
            &self.copies[self.places.copy.clone()]
        }
    }

    /// Its matrix as errors are pulled back through it: a row for each output. `None` where all that is read is clamped as a rule.
    #[inline]
    pub fn by_output(&self) -> Option<&'a [S]> {
        (!self.places.copy.is_empty()).then(|| &self.values[self.places.matrix.clone()])
    }

    /// Its bias.
    #[inline]
    pub fn bias(&self) -> Option<&'a [S]> {
        (!self.places.bias.is_empty()).then(|| &self.values[self.places.bias.clone()])
    }
}

/// An operation at work.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a, S> {
    /// Where it stands.
    pub at: &'a Joint,
    /// Examples worked on.
    pub rows: usize,
    /// Its numbers.
    pub numbers: Numbers<'a, S>,
    /// Its geometry, where [`Operation::sliding`] has worked one out.
    pub sliding: Option<&'a Sliding>,
}

/// What an operation keeps of a prediction for the errors that are pulled back later, a number for each unit it predicts.
#[derive(Debug)]
pub enum Memo<'a> {
    /// To be written.
    Note(&'a mut [u32]),
    /// The prediction is made as was noted: the winners of a maximum stay who they are.
    Hold(&'a [u32]),
}

/// What an error is pulled back with.
#[derive(Clone, Copy, Debug)]
pub struct Back<'a, S> {
    /// f(x) of the vertices read, as the prediction read it. Nothing for an operation that does not look back.
    pub reads: Reads<'a, S>,
    /// The prediction of the vertex, whole: of all its operations. Nothing for an operation that does not look back.
    pub output: &'a [S],
    /// What was noted for it. Nothing for an operation that keeps nothing.
    pub memo: &'a [u32],
    /// π ε of the vertex predicted.
    pub error: &'a [S],
}

impl<'a, S> Back<'a, S> {
    /// An error alone: all that a matrix needs.
    pub fn of(error: &'a [S]) -> Self {
        Self {
            reads: [&[]; MOST_READS],
            output: &[],
            memo: &[],
            error,
        }
    }
}

/// The numbers of a parameter, to contribute to.
#[derive(Debug)]
pub struct Block<'a, S> {
    /// The numbers.
    pub numbers: &'a mut [S],
    /// They hold a sum already; else all of them must be overwritten.
    pub started: bool,
    /// A matrix is stored as predictions read it: see [`Numbers::by_input`].
    pub by_input: bool,
}

/// Where the contributions of an operation go.
pub trait Contributions<S> {
    /// Takes notice of the factors of a contribution: whether their products might overflow.
    fn note(&mut self, factors: &[S]);
    /// The sum for the matrix.
    fn matrix(&mut self) -> Option<Block<'_, S>>;
    /// The sum for the bias.
    fn bias(&mut self) -> Option<Block<'_, S>>;
    /// Takes the outer product of one example's error and f(x) for the matrix; false if that must be added up by the caller.
    fn outer(&mut self, error: &[S], input: &[S]) -> bool;
}

/// One term of a unit's sum: a factor times f(x) of a unit read (in a prediction), or times π ε of a unit predicted (where errors
/// are pulled back).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// Which of the vertices read, in a prediction; 0 else.
    pub slot: usize,
    /// The unit, stored index.
    pub unit: usize,
    /// What it is multiplied with.
    pub factor: Factor,
}

/// The factor of a term.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Factor {
    /// A number of the operation's matrix: (row, column).
    Weight(usize, usize),
    /// A number that belongs to the operation: 1 where a value is passed on, the share of a mean.
    Constant(f64),
    /// f(x) of a unit of another vertex read.
    Read(f64),
}

impl Factor {
    /// The number, given those of the matrix.
    pub fn value(self, weight: impl FnOnce(usize, usize) -> f64) -> f64 {
        match self {
            Self::Weight(row, column) => weight(row, column),
            Self::Constant(value) | Self::Read(value) => value,
        }
    }
}

/// Gives f(x) of a unit of one of the vertices read: (which of them, unit).
pub type Look<'a> = &'a dyn Fn(usize, usize) -> f64;

/// What an operation is called, and how formulas write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The name that files use.
    pub name: &'static str,
    /// What a list puts before the name of a vertex that does not say it; else empty.
    pub before: &'static str,
    /// What its part of μ is.
    pub equation: &'static str,
    /// Its terms, summed.
    pub sum: &'static str,
    /// One term.
    pub term: &'static str,
    /// What is pulled back through it.
    pub back: Backward,
}

/// How formulas write what is pulled back: of ε, of π ε, and of δ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backward {
    /// One term.
    pub terms: [&'static str; 3],
    /// The terms, summed.
    pub sums: [&'static str; 3],
}

/// Through weights, those of a pool and of a skip among them.
pub const THROUGH_WEIGHTS: Backward = Backward {
    terms: ["W · ε", "W · π ε", "W · δ"],
    sums: ["Σ W ε", "Σ W π ε", "Σ W δ"],
};

/// The weight matrix of an operation: rows are outputs, columns what one of them sums over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matrix {
    /// Output channels or units.
    pub rows: usize,
    /// The shape that columns run over.
    pub columns: Shape,
    /// A kernel, which slides.
    pub slides: bool,
}

/// Why an operation cannot read what it is to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The window does not fit the map.
    Window(Window, Shape),
    /// The shapes read are not equal.
    Unequal(Shape, Shape),
}

/// What every operation can do. Slices hold example after example, in the stored order of units.
pub trait Operation: Copy + std::fmt::Debug + PartialEq {
    /// How many vertices it reads.
    const READS: usize = 1;
    /// It keeps a number per unit for the errors pulled back later: see [`Memo`].
    const KEEPS: bool = false;
    /// What is pulled back depends on what was read or made: on more than the error, weights and the memo.
    const LOOKS_BACK: bool = false;
    /// Every output sums over the stored units of the part it reads, a weight for each: see [`Self::part`].
    const BY_UNIT: bool = false;

    /// Its names and formulas.
    fn words(&self) -> Words;

    /// What it is told apart by beside its shapes: `3×3`; empty if nothing.
    fn size(&self) -> String {
        String::new()
    }

    /// Itself, if two layers of one shape can be joined by it.
    fn join() -> Option<Self> {
        None
    }

    /// The shape of what it makes.
    ///
    /// # Errors
    /// It cannot read these shapes.
    fn shape(&self, reads: &[Shape]) -> Result<Shape, Misfit>;

    /// Its weight matrix, if it has any.
    fn matrix(&self, _from: Shape) -> Option<Matrix> {
        None
    }

    /// Values under its window, if it has one that slides; else 1.
    fn under(&self, _from: Shape) -> usize {
        1
    }

    /// What of its geometry is worked out once.
    fn sliding(&self, _from: Shape, _to: Shape) -> Option<Arc<Sliding>> {
        None
    }

    /// The stored units of the vertex read that it reads.
    fn part(&self, from: Shape) -> Range<usize> {
        0..from.len()
    }

    /// Multiply-adds of one example's prediction.
    fn multiply_adds(&self, _from: Shape, _to: Shape) -> usize {
        0
    }

    /// Writes (or, with `accumulate`, adds) its part of the prediction.
    fn forward<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        reads: Reads<'_, S>,
        out: &mut [S],
        memo: Memo<'_>,
        accumulate: bool,
    );

    /// Writes (or adds) Jᵀ `error`: pulled back to f(x) of the vertex read that is in question.
    fn pull<S: Scalar>(
        &self,
        site: &Site<'_, S>,
        back: &Back<'_, S>,
        out: &mut [S],
        accumulate: bool,
    );

    /// Adds the contribution of `error` to its weights, the descent direction summed over rows. Without weights there is none.
    fn gradient<S: Scalar>(
        &self,
        _site: &Site<'_, S>,
        _error: &[S],
        _reads: Reads<'_, S>,
        _sums: &mut impl Contributions<S>,
        _scratch: &mut [S],
    ) {
    }

    /// Gives the terms that add up to a unit's prediction, but for the bias: as the equation says, without kernels.
    fn terms(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term));

    /// Gives the terms that pull at a unit of the vertex read that is in question.
    fn pulls(&self, at: Joint, unit: usize, look: Look<'_>, each: &mut dyn FnMut(Term));
}
