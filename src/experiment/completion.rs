//! Pictures completed: part of the input is free, the rest and the label are clamped, and inference fills in what is free. Beside it
//! stands what no network gives: the mean of all training examples, and the mean of the example's class.
//!
//! The mean of all correlates well with every picture, so that failure looks like success: what counts is the centred correlation, of
//! what both are more than that mean.

use super::setup::Setup;
use crate::learning::stability::Abandoned;
use crate::learning::{
    Clamps, Conditions, Examples, Inference, InputPrior, Interrupt, Schedule, Standing, State,
};
use crate::network::{Graph, Scalar, Weights};
use std::sync::Arc;

/// Examples that are completed at a time.
const ROWS: usize = 32;

/// How near a picture is to another over some units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// Their correlation.
    pub correlation: f64,
    /// The same of what both are more than the mean of all training examples; 0 where one of them is that mean.
    pub centred: f64,
    /// The root of the mean squared difference.
    pub rmse: f64,
}

impl Likeness {
    /// Of a picture with the true one, over some units; `mean` is that of all training examples.
    pub fn of(picture: &[f64], truth: &[f64], mean: &[f64], units: &[usize]) -> Self {
        let n = units.len().max(1) as f64;
        let squares = units.iter().map(|&u| (picture[u] - truth[u]).powi(2));
        let around = |of: &[f64]| units.iter().map(|&u| of[u]).sum::<f64>() / n;
        let (a, b) = (around(picture), around(truth));
        Self {
            correlation: cosine(units.iter().map(|&u| (picture[u] - a, truth[u] - b))),
            centred: cosine(
                units
                    .iter()
                    .map(|&u| (picture[u] - mean[u], truth[u] - mean[u])),
            ),
            rmse: (squares.sum::<f64>() / n).sqrt(),
        }
    }

    /// The mean over examples.
    pub fn mean(all: &[Self]) -> Self {
        let n = all.len().max(1) as f64;
        let of = |get: fn(&Self) -> f64| all.iter().map(get).sum::<f64>() / n;
        Self {
            correlation: of(|l| l.correlation),
            centred: of(|l| l.centred),
            rmse: of(|l| l.rmse),
        }
    }
}

/// The cosine of two vectors; 0 where one of them has no length.
fn cosine(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let [mut dot, mut own, mut other] = [0.0; 3];
    for (a, b) in pairs {
        dot += a * b;
        own += a * a;
        other += b * b;
    }
    match own * other {
        0.0 => 0.0,
        both => dot / both.sqrt(),
    }
}

/// What is completed, and how.
#[derive(Clone, Debug)]
pub struct Task {
    /// Units of the input that are free, stored; they set out from the training mean.
    pub free: Vec<usize>,
    /// The output has its target.
    pub label: bool,
    /// T, γ and the prior's key.
    pub inference: Inference,
    /// That prior.
    pub prior: Option<Arc<InputPrior>>,
}

/// The inputs of some examples as inference leaves them after T steps.
///
/// # Errors
/// It was interrupted, which is asked after every step.
pub fn complete<S: Scalar>(
    setup: &Setup<S>,
    weights: &Weights<S>,
    examples: &[usize],
    task: &Task,
    interrupt: &dyn Interrupt,
) -> Result<Vec<Vec<f64>>, Abandoned> {
    let plan = &setup.plan;
    let (n_in, output) = (plan.len_of(Graph::INPUT), plan.output());
    let mut clamps = task.free.iter().fold(Clamps::default(), |clamps, &unit| {
        clamps.free(Graph::INPUT, unit)
    });
    if !task.label {
        clamps = clamps.free_all(plan, output);
    }
    let standing = Standing {
        clamps,
        inputs: (task.free.iter())
            .map(|&u| (u, setup.mean_input()[u]))
            .collect(),
        ..Standing::default()
    };
    let schedule = Schedule::relaxing(plan, &task.inference, &Conditions::default());
    let mut state = State::new(Arc::clone(plan), ROWS);
    state.follow(&schedule);
    state.expect(task.prior.clone());
    state.stand(standing.clone());
    let mut all = Vec::with_capacity(examples.len());
    let mut batch = crate::learning::Batch::<S>::default();
    for some in examples.chunks(ROWS) {
        setup.fill(some.iter().copied(), &mut batch);
        batch
            .inputs
            .chunks_mut(n_in)
            .for_each(|x| standing.enter(x));
        let given = Examples {
            missing: &batch.missing,
            ..Examples::of(&batch.inputs, &batch.targets)
        };
        state.begin(weights, given, schedule.start, setup.experiment.seed);
        for _ in 0..schedule.steps {
            if !interrupt.proceed() {
                return Err(Abandoned);
            }
            state.step(weights, &schedule);
        }
        let rows = state.x(Graph::INPUT).chunks(n_in);
        all.extend(rows.map(|x| x.iter().map(|v| v.to_f64()).collect()));
    }
    Ok(all)
}

/// How near completed pictures come to the true ones, and what the means alone do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Found {
    /// What inference fills in.
    pub filled: Likeness,
    /// The mean of all training examples.
    pub mean: Likeness,
    /// That of the example's class.
    pub class: Likeness,
}

/// Completes examples and measures.
///
/// # Errors
/// It was interrupted.
pub fn measure<S: Scalar>(
    setup: &Setup<S>,
    weights: &Weights<S>,
    examples: &[usize],
    task: &Task,
    interrupt: &dyn Interrupt,
) -> Result<Found, Abandoned> {
    let pictures = complete(setup, weights, examples, task, interrupt)?;
    let means = setup.means();
    let mut all: [Vec<Likeness>; 3] = Default::default();
    for (&example, picture) in examples.iter().zip(&pictures) {
        let truth: Vec<f64> = setup
            .example(example)
            .inputs
            .iter()
            .map(|v| v.to_f64())
            .collect();
        let of = |picture: &[f64]| Likeness::of(picture, &truth, &means.all, &task.free);
        all[0].push(of(picture));
        all[1].push(of(&means.all));
        let class = setup.data.label(example).and_then(|l| means.classes.get(l));
        all[2].push(of(class.unwrap_or(&means.all)));
    }
    let [filled, mean, class] = all.map(|all| Likeness::mean(&all));
    Ok(Found {
        filled,
        mean,
        class,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::loading::load_data;
    use crate::learning::Uninterrupted;

    #[test]
    fn the_mean_is_like_every_picture_until_it_is_taken_off() {
        let (mean, truth) = ([0.5, 1.0, 0.0, 0.25], [0.75, 1.0, 0.0, 0.0]);
        let units = [0, 1, 2, 3];
        let of = |picture: &[f64]| Likeness::of(picture, &truth, &mean, &units);
        let own = of(&truth);
        assert!((own.correlation - 1.0).abs() < 1e-12 && (own.centred - 1.0).abs() < 1e-12);
        assert_eq!(own.rmse, 0.0);
        let baseline = of(&mean);
        assert!(baseline.correlation > 0.9, "{baseline:?}");
        assert_eq!(baseline.centred, 0.0);
        assert!((baseline.rmse - 0.125_f64.sqrt() / 2.0).abs() < 1e-12);
    }

    /// The baselines are those that another program computed for the same task; a free output fills nothing in.
    #[test]
    fn baselines_are_those_of_the_digits_and_a_free_output_moves_nothing() {
        let experiment = Experiment::load("digits-mlp", &["dtype=f64".to_owned()]).unwrap();
        let data = load_data(&experiment).unwrap();
        let setup = Setup::<f64>::new(experiment, data).unwrap();
        let test = setup.data.split().test.clone();
        let examples: Vec<usize> = test.take(200).collect();
        let task = Task {
            free: (32..64).collect(),
            label: false,
            inference: Inference::of(3, 0.05),
            prior: None,
        };
        let found = measure(&setup, &setup.initial, &examples, &task, &Uninterrupted).unwrap();
        assert_eq!(found.filled, found.mean, "nothing has moved");
        assert!((found.class.centred - 0.673).abs() < 0.01, "{found:?}");
        assert!((found.class.correlation - 0.84).abs() < 0.01, "{found:?}");
        assert!((found.mean.correlation - 0.686).abs() < 0.01 && found.mean.centred == 0.0);
        let label = Task {
            label: true,
            ..task
        };
        let moved = measure(
            &setup,
            &setup.initial,
            &examples[..4],
            &label,
            &Uninterrupted,
        );
        assert_ne!(moved.unwrap().filled.centred, 0.0);
    }
}
