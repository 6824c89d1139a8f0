//! The numbers θ of a network: weights and biases in one arena, with the transposed copies that predictions read.

use super::graph::Graph;
use super::kernels::transpose;
use super::plan::Plan;
use super::scalar::Scalar;
use std::sync::Arc;

/// Weights and biases of a plan, in one arena in the order of [`Graph::parameters`].
#[derive(Clone, Debug)]
pub struct Weights<S> {
    plan: Arc<Plan>,
    values: Vec<S>,
    /// Every weight matrix transposed (cols × rows), at the same offsets: a prediction then reads rows.
    transposed: Vec<S>,
}

impl<S: Scalar> Weights<S> {
    /// All zeros.
    pub fn zeros(plan: Arc<Plan>) -> Self {
        let n = plan.parameter_count();
        Self {
            plan,
            values: vec![S::ZERO; n],
            transposed: vec![S::ZERO; n],
        }
    }

    /// From numbers in the arena's own order.
    ///
    /// # Panics
    /// If the count differs from the plan's.
    pub fn from_values(plan: Arc<Plan>, values: Vec<S>) -> Self {
        assert_eq!(
            values.len(),
            plan.parameter_count(),
            "one number per parameter"
        );
        let transposed = vec![S::ZERO; values.len()];
        let mut weights = Self {
            plan,
            values,
            transposed,
        };
        weights.refresh();
        weights
    }

    /// The arena.
    pub fn values(&self) -> &[S] {
        &self.values
    }

    /// The transposed copies (see the type).
    pub fn transposed(&self) -> &[S] {
        &self.transposed
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
        self.transposed.copy_from_slice(&other.transposed);
    }

    fn refresh(&mut self) {
        for (i, p) in self.plan.graph.parameters.iter().enumerate() {
            if !p.is_bias {
                let range = self.plan.parameter(i);
                transpose(
                    p.rows,
                    p.cols,
                    &self.values[range.clone()],
                    &mut self.transposed[range],
                );
            }
        }
    }

    /// The numbers of one parameter in export order (PyTorch's layout).
    pub fn exported(&self, parameter: usize) -> Vec<S> {
        let p = &self.plan.graph.parameters[parameter];
        let values = &self.values[self.plan.parameter(parameter)];
        (0..p.len()).map(|e| values[p.stored_index(e)]).collect()
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
        Self::from_values(plan, values)
    }
}
