//! The numbers θ of a network: weights and biases in one arena, with the transposed copies that predictions read where the matrix itself is stored for pulling errors back.

use super::aligned::Aligned;
use super::graph::Graph;
use super::kernels::transpose;
use super::ops::{Numbers, Site};
use super::plan::{Plan, PlannedEdge, PlannedWeight};
use super::scalar::Scalar;
use ndarray::ArrayD;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows of a block that is changed and transposed at a time: a cache line of the copy.
const BLOCK_ROWS: usize = 16;
/// Columns of such a block: what, with its gradient and its copy, fits in the nearest cache.
const BLOCK_COLUMNS: usize = 128;

/// A block of a parameter, as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// Its first stored row.
    pub row: usize,
    /// The first number of each of its rows.
    pub column: usize,
    /// How many rows.
    pub rows: usize,
    /// Numbers of each row.
    pub columns: usize,
    /// From one row to the next.
    pub stride: usize,
    /// Where its first number lies in the arena.
    pub place: usize,
}

/// Weights and biases of a plan, in one arena in the order of [`Graph::parameters`].
#[derive(Clone, Debug)]
pub struct Weights<S> {
    plan: Arc<Plan>,
    values: Aligned<S>,
    /// Transposed copies (cols × rows) of the matrices that are read both ways: a prediction then reads rows.
    copies: Aligned<S>,
    version: u64,
}

/// A number that no other state of any weights has had.
fn next_version() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<S: Scalar> Weights<S> {
    /// All zeros.
    pub fn zeros(plan: Arc<Plan>) -> Self {
        let n = plan.parameter_count();
        Self {
            values: Aligned::zeros(n),
            copies: Aligned::zeros(plan.copy_count()),
            version: next_version(),
            plan,
        }
    }

    /// From numbers in the arena's own order.
    ///
    /// # Panics
    /// If the count differs from the plan's.
    pub fn from_values(plan: Arc<Plan>, values: &[S]) -> Self {
        assert_eq!(
            values.len(),
            plan.parameter_count(),
            "one number per parameter"
        );
        let mut weights = Self {
            copies: Aligned::zeros(plan.copy_count()),
            version: 0,
            plan,
            values: Aligned::from(values),
        };
        weights.refresh();
        weights
    }

    /// The arena.
    pub fn values(&self) -> &[S] {
        &self.values
    }

    /// A matrix as predictions read it: cols × rows.
    pub fn by_input(&self, weight: &PlannedWeight) -> &[S] {
        if self.plan.graph.parameters[weight.parameter].input_major {
            &self.values[weight.range.clone()]
        } else {
            &self.copies[weight.copy.clone()]
        }
    }

    /// An edge's operation at work on some rows, with its numbers.
    #[inline]
    pub fn site<'a>(&'a self, edge: &'a PlannedEdge, rows: usize) -> Site<'a, S> {
        Site {
            numbers: Numbers {
                values: &self.values,
                copies: &self.copies,
                places: &edge.places,
            },
            ..self.plan.site(edge, rows)
        }
    }

    /// Differs whenever the numbers may: weights of one version are equal, so what was worked out from them still holds.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// One number of a matrix.
    pub fn of(&self, parameter: usize, row: usize, col: usize) -> S {
        let place = self.plan.graph.parameters[parameter].at(row, col);
        self.values[self.plan.parameter(parameter).start + place]
    }

    /// The graph's plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Changes the numbers in place, then brings the transposed copies up to date.
    pub fn change(&mut self, edit: impl FnOnce(&mut [S])) {
        edit(&mut self.values);
        self.refresh();
    }

    /// Copies another network's numbers, of the same plan.
    pub fn copy_from(&mut self, other: &Self) {
        self.values.copy_from_slice(&other.values);
        self.copies.copy_from_slice(&other.copies);
        self.version = other.version;
    }

    fn refresh(&mut self) {
        for parameter in 0..self.plan.graph.parameters.len() {
            self.change_parameter(parameter, |_, _| {});
        }
    }

    /// Changes a parameter block by block, the transposed copy of each while it is still in the nearest cache: `edit` gets a block
    /// and its numbers, from the first to the last.
    pub fn change_parameter(&mut self, parameter: usize, mut edit: impl FnMut(Block, &mut [S])) {
        self.version = next_version();
        let p = &self.plan.graph.parameters[parameter];
        let range = self.plan.parameter(parameter);
        let values = &mut self.values[range.clone()];
        let (stride, all) = (p.stored_width(), p.len());
        let copy = &mut self.copies[self.plan.copy(parameter)];
        let widest = if copy.is_empty() {
            stride
        } else {
            BLOCK_COLUMNS
        };
        let stored_rows = all.checked_div(stride).unwrap_or(0);
        // From the last row: what was read last is changed first, and what is read next, last.
        for top in (0..stored_rows).step_by(BLOCK_ROWS).rev() {
            let rows = BLOCK_ROWS.min(stored_rows - top);
            for left in (0..stride).step_by(widest) {
                let columns = widest.min(stride - left);
                let first = top * stride + left;
                let block = Block {
                    row: top,
                    column: left,
                    rows,
                    columns,
                    stride,
                    place: range.start + first,
                };
                let end = first + (rows - 1) * stride + columns;
                edit(block, &mut values[first..end]);
                if !copy.is_empty() {
                    let to = left * stored_rows + top;
                    let (src, dst) = (&values[first..end], &mut copy[to..]);
                    transpose(rows, columns, src, stride, dst, stored_rows);
                }
            }
        }
    }

    /// Changes a parameter, then its transposed copy, if there is one, by itself: `edit` gets the number of a row, that row with
    /// some that follow it, and whether they are the copy's. It must do the same to both.
    pub fn change_both(&mut self, parameter: usize, mut edit: impl FnMut(usize, &mut [S], bool)) {
        self.version = next_version();
        let p = &self.plan.graph.parameters[parameter];
        let width = p.stored_width();
        let height = p.len().checked_div(width).unwrap_or(0);
        let mut from_the_last = |numbers: &mut [S], rows: usize, width: usize, is_copy| {
            for top in (0..rows).step_by(BLOCK_ROWS).rev() {
                let end = rows.min(top + BLOCK_ROWS);
                edit(top, &mut numbers[top * width..end * width], is_copy);
            }
        };
        let values = &mut self.values[self.plan.parameter(parameter)];
        from_the_last(values, height, width, false);
        let copy = &mut self.copies[self.plan.copy(parameter)];
        if !copy.is_empty() {
            from_the_last(copy, width, height, true);
        }
    }

    /// The numbers of one parameter in export order (PyTorch's layout).
    pub fn exported(&self, parameter: usize) -> Vec<S> {
        let p = &self.plan.graph.parameters[parameter];
        let values = &self.values[self.plan.parameter(parameter)];
        (0..p.len()).map(|e| values[p.stored_index(e)]).collect()
    }

    /// One parameter as an array in PyTorch's layout: (out, in), (out, in, k, k) or, of a bias, (out).
    ///
    /// ```
    /// use pcscope::network::{Activation, Description, Init, Layer, Loss, Plan, Shape, init::initial};
    ///
    /// let dense = |dense| Layer::Dense { dense, skip: None, activation: None };
    /// let network = Description {
    ///     input: Shape::flat(2),
    ///     time: false,
    ///     layers: &[dense(8), dense(3)],
    ///     activation: Activation::Tanh,
    ///     loss: Loss::CrossEntropy,
    ///     bias: true,
    ///     levelled: true,
    /// };
    /// let plan = Plan::new(network.graph()?);
    /// let weights = initial::<f64>(&plan, Init::UniformFanIn, 1.0, 7);
    /// let [w, b] = [0, 1].map(|parameter| weights.array(parameter));
    /// assert_eq!((w.shape(), b.shape()), (&[8, 2][..], &[8][..]));
    /// assert_eq!(w[[5, 1]], weights.of(0, 5, 1));
    /// // The prediction of the first layer for one input, as any library of arrays would have it.
    /// let x = ndarray::arr1(&[0.5, -0.25]);
    /// let mu = w.into_dimensionality::<ndarray::Ix2>().unwrap().dot(&x) + b;
    /// let row: f64 = [0, 1].map(|i| weights.of(0, 5, i) * x[i]).iter().sum();
    /// assert!((mu[5] - (row + weights.of(1, 5, 0))).abs() < 1e-12);
    /// # Ok::<(), pcscope::network::GraphError>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such parameter.
    pub fn array(&self, parameter: usize) -> ArrayD<S> {
        let shape = &self.plan.graph.parameters[parameter].export_shape[..];
        let numbers = self.exported(parameter);
        ArrayD::from_shape_vec(shape, numbers)
            .expect("a shape holds as many numbers as its parameter")
    }

    /// Sets one parameter from numbers in export order, without refreshing (use within [`Weights::change`] loops via `import_all`).
    fn import(graph: &Graph, parameter: usize, numbers: &[S], block: &mut [S]) {
        let p = &graph.parameters[parameter];
        for (e, &v) in numbers.iter().enumerate() {
            block[p.stored_index(e)] = v;
        }
    }

    /// Sets every parameter from numbers in export order.
    ///
    /// # Panics
    /// If a count differs from the plan's.
    pub fn from_exported(plan: Arc<Plan>, parameters: &[Vec<S>]) -> Self {
        let mut values = vec![S::ZERO; plan.parameter_count()];
        assert_eq!(
            parameters.len(),
            plan.graph.parameters.len(),
            "one list per parameter"
        );
        for (i, numbers) in parameters.iter().enumerate() {
            assert_eq!(
                numbers.len(),
                plan.graph.parameters[i].len(),
                "one number per element"
            );
            Self::import(&plan.graph, i, numbers, &mut values[plan.parameter(i)]);
        }
        Self::from_values(plan, &values)
    }
}
