//! What a network says everywhere on the plane of its two inputs: the picture behind the points of a two-input data set.

use super::lane::LaneId;
use super::score::largest;
use crate::data::Dataset;
use crate::learning::{Backprop, Interrupt};
use crate::network::loss::softmax;
use crate::network::{Graph, Loss, Plan, Scalar, Weights};
use std::sync::Arc;

/// Points along one side of the grid.
pub const SIDE: usize = 81;

/// Rows of one forward pass.
const ROWS: usize = 64;

/// The outputs of a network on an even grid over the plane of its two inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// First input at the left and right edge.
    pub x: [f64; 2],
    /// Second input at the lower and upper edge.
    pub y: [f64; 2],
    /// Units of the output.
    pub classes: usize,
    /// The output before softmax, `classes` numbers per point, the lowest row of points first.
    pub outputs: Vec<f64>,
    /// The output as shares of all, where it is softmaxed; else as it is. In the layout of `outputs`.
    pub shares: Vec<f32>,
    /// Per point: the class with the largest output.
    pub class: Vec<u16>,
    /// Per point: how sure, as in [`super::score::Prediction`].
    pub confidence: Vec<f32>,
    /// Where two classes are equal and none is larger: short pieces of line, each from one input to another.
    pub boundary: Vec<[[f64; 2]; 2]>,
    /// The lane whose weights these are.
    pub lane: LaneId,
    /// Updates they had seen.
    pub update: u64,
}

/// What one network says of the plane and another does not: per grid point the class whose share has grown most, and by how much.
#[derive(Clone, Debug, PartialEq)]
pub struct Gained {
    /// The class.
    pub class: Vec<u16>,
    /// What its share is more; 0 where both say the same.
    pub by: Vec<f32>,
}

impl Gained {
    /// What the second of two planes of one network says more than the first.
    pub fn of([first, second]: [&Plane; 2]) -> Self {
        let classes = first.classes.max(1);
        let points = first.shares.chunks_exact(classes);
        let both = points.zip(second.shares.chunks_exact(classes));
        let (class, by) = both
            .map(|(first, second)| {
                let gains = second.iter().zip(first).map(|(b, a)| b - a);
                // The first of equals.
                gains.enumerate().fold((0, 0.0), |most, (k, gain)| {
                    if gain > most.1 {
                        (k as u16, gain)
                    } else {
                        most
                    }
                })
            })
            .unzip();
        Self { class, by }
    }
}

impl Plane {
    /// The two inputs at the grid point in column `i` and row `j` (from below).
    pub fn at(&self, i: usize, j: usize) -> [f64; 2] {
        let part = |range: [f64; 2], k: usize| {
            range[0] + (range[1] - range[0]) * k as f64 / (SIDE - 1) as f64
        };
        [part(self.x, i), part(self.y, j)]
    }

    /// By how much class `k` leads all others at a grid point; negative where another leads. Zero on the boundary.
    pub fn lead(&self, k: usize, i: usize, j: usize) -> f64 {
        let start = (j * SIDE + i) * self.classes;
        let outputs = &self.outputs[start..start + self.classes];
        let best = outputs
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != k)
            .map(|(_, v)| *v)
            .fold(f64::NEG_INFINITY, f64::max);
        outputs[k] - best
    }

    /// The boundary, by marching squares over the grid of outputs.
    fn trace(&self) -> Vec<[[f64; 2]; 2]> {
        // With two classes both give the same line.
        let classes = if self.classes == 2 { 1 } else { self.classes };
        let mut pieces = Vec::new();
        for k in 0..classes {
            let lead: Vec<f64> = (0..SIDE * SIDE)
                .map(|p| self.lead(k, p % SIDE, p / SIDE))
                .collect();
            for j in 0..SIDE - 1 {
                for i in 0..SIDE - 1 {
                    let corner = |di: usize, dj: usize| {
                        let (i, j) = (i + di, j + dj);
                        (self.at(i, j), lead[j * SIDE + i])
                    };
                    let corners = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
                    let mut crossings = [[0.0; 2]; 4];
                    let mut n = 0;
                    for s in 0..4 {
                        let ((a, va), (b, vb)) = (corners[s], corners[(s + 1) % 4]);
                        if (va < 0.0) != (vb < 0.0) {
                            let part = va / (va - vb);
                            crossings[n] = [0, 1].map(|axis| a[axis] + part * (b[axis] - a[axis]));
                            n += 1;
                        }
                    }
                    let pairs = crossings[..n].chunks_exact(2);
                    pieces.extend(pairs.map(|pair| [pair[0], pair[1]]));
                }
            }
        }
        pieces
    }
}

/// True if `data` is points of a plane with classes.
pub fn is_plane(data: &Dataset) -> bool {
    data.input_len() == 2 && data.lengths().is_none() && data.classes().len() > 1
}

/// Works the picture out, with buffers that stay.
pub struct PlaneWorker<S> {
    bp: Backprop<S>,
    x: [f64; 2],
    y: [f64; 2],
}

impl<S: Scalar> PlaneWorker<S> {
    /// A worker for the points of `data`; none if they do not lie on a plane.
    pub fn new(plan: &Arc<Plan>, data: &Dataset) -> Option<Self> {
        if !is_plane(data) || plan.len_of(Graph::INPUT) != 2 {
            return None;
        }
        let mut range = [[f64::INFINITY, f64::NEG_INFINITY]; 2];
        let mut point = [0.0; 2];
        for example in 0..data.len() {
            data.write_input(example, &mut point);
            for (r, v) in range.iter_mut().zip(point) {
                *r = [r[0].min(v), r[1].max(v)];
            }
        }
        // One scale for both inputs, so that a circle is round; a tenth of the width stays free around the points.
        let centre = range.map(|r| 0.5 * (r[0] + r[1]));
        let half = range
            .map(|r| 0.5 * (r[1] - r[0]))
            .into_iter()
            .fold(0.0, f64::max)
            * 1.1;
        let half = if half > 0.0 && half.is_finite() {
            half
        } else {
            1.0
        };
        let side = |c: f64| [c - half, c + half];
        Some(Self {
            bp: Backprop::new(Arc::clone(plan), ROWS),
            x: side(centre[0]),
            y: side(centre[1]),
        })
    }

    /// The picture for `weights`; `None` if it was interrupted.
    pub fn run(
        &mut self,
        weights: &Weights<S>,
        lane: LaneId,
        update: u64,
        interrupt: &dyn Interrupt,
    ) -> Option<Plane> {
        let plan = weights.plan();
        let classes = plan.len_of(plan.output());
        let mut plane = Plane {
            x: self.x,
            y: self.y,
            classes,
            outputs: Vec::with_capacity(SIDE * SIDE * classes),
            shares: Vec::with_capacity(SIDE * SIDE * classes),
            class: Vec::with_capacity(SIDE * SIDE),
            confidence: Vec::with_capacity(SIDE * SIDE),
            boundary: Vec::new(),
            lane,
            update,
        };
        let points: Vec<S> = (0..SIDE * SIDE)
            .flat_map(|p| plane.at(p % SIDE, p / SIDE))
            .map(S::from_f64)
            .collect();
        let mut shares = vec![S::ZERO; classes];
        let cross_entropy = plan.graph.loss == Loss::CrossEntropy;
        for rows in points.chunks(2 * ROWS) {
            if !interrupt.proceed() {
                return None;
            }
            self.bp.forward(weights, rows, &[]);
            for output in self.bp.output().chunks_exact(classes) {
                let class = largest(output);
                match cross_entropy {
                    true => softmax(output, &mut shares),
                    false => shares.copy_from_slice(output),
                }
                let sure = shares[class];
                plane
                    .shares
                    .extend(shares.iter().map(|v| v.to_f64() as f32));
                plane.outputs.extend(output.iter().map(|v| v.to_f64()));
                plane.class.push(class as u16);
                plane.confidence.push(sure.to_f64() as f32);
            }
        }
        plane.boundary = plane.trace();
        Some(plane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::loading::load_data;
    use crate::experiment::setup::Setup;
    use crate::learning::{Batch, Evaluator, Interrupt, Pool, Uninterrupted};

    #[test]
    #[allow(clippy::field_reassign_with_default)]
    fn the_picture_agrees_with_the_outputs_at_its_points() {
        let experiment = Experiment::load("moons", &[]).unwrap();
        let data = load_data(&experiment).unwrap();
        let setup = Setup::<f32>::new(experiment, data).unwrap();
        let mut worker = PlaneWorker::new(&setup.plan, &setup.data).unwrap();
        let plane = worker
            .run(&setup.initial, LaneId::ZIL, 3, &Uninterrupted)
            .unwrap();
        assert_eq!(plane.class.len(), SIDE * SIDE);
        assert_eq!((plane.classes, plane.update), (2, 3));
        // Every point of the data lies inside, and the spans are equal.
        let mut point = [0.0; 2];
        for i in 0..setup.data.len() {
            setup.data.write_input(i, &mut point);
            assert!(plane.x[0] < point[0] && point[0] < plane.x[1]);
            assert!(plane.y[0] < point[1] && point[1] < plane.y[1]);
        }
        assert!(((plane.x[1] - plane.x[0]) - (plane.y[1] - plane.y[0])).abs() < 1e-12);
        // Another way through the engine says the same of one point.
        let (i, j) = (17, 60);
        let mut batch = Batch::default();
        batch.inputs = plane.at(i, j).iter().map(|&v| v as f32).collect();
        batch.targets = vec![1.0, 0.0];
        batch.rows = 1;
        let batch = Arc::new(batch);
        let none: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        let mut seen = Vec::new();
        Evaluator::new(&setup.plan).run(
            &Pool::new(1),
            &setup.initial.clone(),
            &batch,
            &none,
            |_, out| seen = out.to_vec(),
        );
        let start = (j * SIDE + i) * 2;
        for (a, b) in plane.outputs[start..start + 2].iter().zip(&seen) {
            assert!((a - f64::from(*b)).abs() < 1e-5, "{a} {b}");
        }
        let lead = plane.lead(0, i, j);
        assert!((lead - f64::from(seen[0] - seen[1])).abs() < 1e-5);
        assert_eq!(plane.class[j * SIDE + i] == 0, lead >= 0.0);
        // On the boundary neither class leads: so says the network itself.
        assert!(!plane.boundary.is_empty());
        let scale = plane.outputs.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
        let mut bp = Backprop::new(Arc::clone(&setup.plan), 1);
        for [at, _] in plane.boundary.iter().step_by(7) {
            bp.forward(&setup.initial, &at.map(|v| v as f32), &[]);
            let lead = f64::from(bp.output()[0] - bp.output()[1]);
            assert!(lead.abs() < 0.01 * scale, "{lead} at {at:?}");
        }
    }

    #[test]
    fn images_are_no_plane() {
        let experiment = Experiment::load("digits-mlp", &[]).unwrap();
        let data = load_data(&experiment).unwrap();
        assert!(!is_plane(&data));
    }
}
