//! Scoring weights on examples: loss, accuracy, R², and what the network says of each.

use super::fitted::{Fitted, TargetFit};
use super::lane::LaneId;
use super::race::Race;
use crate::data::{self, Dataset, Part};
use crate::learning::{Evaluator, Interrupt, Uninterrupted};
use crate::network::{Loss, Scalar, Weights};
use std::sync::Arc;

/// Training examples that an accuracy is taken on: enough to see a gap to the test part, and no pause at the end of an epoch.
pub const TRAIN_SCORED: usize = 1000;

/// The part that is looked at while a network trains: what validates. What tests is scored on request and at the end, so that nothing is
/// chosen by it; only where nothing validates is it looked at all the time.
pub fn watched_part(data: &Dataset) -> Part {
    if data.range(Part::Validation).is_empty() {
        Part::Test
    } else {
        Part::Validation
    }
}

/// Loss and accuracy of some examples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    /// Mean loss; NaN without examples.
    pub loss: f64,
    /// Share of examples whose class is the largest output; NaN where targets are no classes, or without examples.
    pub accuracy: f64,
    /// Mean over classes of the share found; NaN as above.
    pub balanced_accuracy: f64,
    /// Share of the variance of the targets that the outputs explain, R²; NaN where targets are classes or do not vary.
    pub r2: f64,
    /// Loss of always answering the mean of the targets that train; NaN where targets are classes.
    pub mean_loss: f64,
    /// How many examples.
    pub n: usize,
    /// The first vertex that held a number which is not finite, if one did: there is no accuracy then.
    pub not_finite: Option<usize>,
}

/// How outputs fit targets that are values, in the units of the targets as stored.
pub(super) struct Fit {
    /// Whether targets are scaled.
    scaled: bool,
    /// What turns an output into a stored value, by output.
    divisor: Vec<f64>,
    shift: Vec<f64>,
    /// Mean over the examples that train.
    mean: Vec<f64>,
    /// Sums over examples: squared error, target less mean, and its square.
    error: Vec<f64>,
    sum: Vec<f64>,
    square: Vec<f64>,
    count: usize,
    /// The answers, where they are kept.
    pub(super) said: Option<Vec<f64>>,
}

impl Fit {
    /// `None` where targets are classes.
    pub(super) fn of(data: &Dataset) -> Option<Self> {
        let data::Targets::Values { dim, data: values } = data.targets() else {
            return None;
        };
        let dim = *dim;
        let (divisor, shift) = match data.target_units() {
            Some((divisor, shift)) => (divisor.to_vec(), shift.to_vec()),
            None => (vec![1.0; dim], vec![0.0; dim]),
        };
        let train = data.range(Part::Train);
        let mut mean = vec![0.0; dim];
        for i in train.clone() {
            for (mean, value) in mean.iter_mut().zip(&values[i * dim..(i + 1) * dim]) {
                *mean += value / train.len().max(1) as f64;
            }
        }
        Some(Self {
            scaled: data.target_units().is_some(),
            divisor,
            shift,
            mean,
            error: vec![0.0; dim],
            sum: vec![0.0; dim],
            square: vec![0.0; dim],
            count: 0,
            said: None,
        })
    }

    /// Takes the answer to an example up.
    pub(super) fn add<S: Scalar>(&mut self, output: &[S], target: &[S]) {
        self.count += 1;
        for (d, (o, t)) in output.iter().zip(target).enumerate() {
            let error = (o.to_f64() - t.to_f64()) * self.divisor[d];
            let off = t.to_f64() * self.divisor[d] + self.shift[d] - self.mean[d];
            self.error[d] += error * error;
            self.sum[d] += off;
            self.square[d] += off * off;
            if let Some(said) = &mut self.said {
                said.push(o.to_f64() * self.divisor[d] + self.shift[d]);
            }
        }
    }

    fn loss(&self, n: usize) -> f64 {
        0.5 * self.error.iter().sum::<f64>() / n as f64
    }

    fn mean_loss(&self, n: usize) -> f64 {
        0.5 * self.square.iter().sum::<f64>() / n as f64
    }

    /// Of one target; `None` where it does not vary.
    fn r2_of(&self, d: usize) -> Option<f64> {
        let variance = self.square[d] - self.sum[d] * self.sum[d] / self.count.max(1) as f64;
        (variance > 0.0).then(|| 1.0 - self.error[d] / variance)
    }

    /// How far each target is missed.
    pub(super) fn targets(&self) -> Vec<TargetFit> {
        (0..self.error.len()).map(|d| self.target(d)).collect()
    }

    fn target(&self, d: usize) -> TargetFit {
        let root = |sum: f64| (sum / self.count.max(1) as f64).sqrt();
        TargetFit {
            miss: root(self.error[d]),
            mean_miss: root(self.square[d]),
            mean: self.mean[d],
            r2: self.r2_of(d),
        }
    }

    /// The mean over the targets that vary.
    fn r2(&self) -> f64 {
        let (mut total, mut varied) = (0.0, 0);
        for r2 in (0..self.error.len()).filter_map(|d| self.r2_of(d)) {
            total += r2;
            varied += 1;
        }
        if varied == 0 {
            f64::NAN
        } else {
            total / f64::from(varied)
        }
    }
}

/// What a network says of one example.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Index in the data set.
    pub example: u32,
    /// Its class.
    pub label: u16,
    /// The class with the largest output.
    pub predicted: u16,
    /// How sure: the softmax share (cross-entropy) or the output of that class.
    pub confidence: f32,
    /// The energy F of the feed-forward state: the loss, since all other errors are 0 there.
    pub energy: f32,
}

impl<S: Scalar> Race<S> {
    /// Scores weights on the first `most` examples of a part, handing out every prediction.
    pub fn score(
        &mut self,
        weights: &Arc<Weights<S>>,
        part: Part,
        most: usize,
        interrupt: &Arc<dyn Interrupt>,
        each: impl FnMut(Prediction),
    ) -> Score {
        let mut tally = self.tally(part, most);
        self.count(&mut tally, weights, &**interrupt, each);
        tally.score()
    }

    /// A scoring of the first `most` examples of a part, not yet begun.
    pub fn tally(&self, part: Part, most: usize) -> Tally {
        let range = self.setup.data.range(part);
        let n = range.len().min(most);
        Tally {
            part,
            left: range.start..range.start + n,
            n,
            found: vec![(0, 0); self.setup.data.classes().len()],
            loss: 0.0,
            not_finite: None,
            fit: Fit::of(&self.setup.data),
            softmax: self.setup.plan.graph.loss == Loss::CrossEntropy,
        }
    }

    /// Goes on with a scoring, handing out every prediction; false if it was interrupted before the end.
    pub fn count(
        &mut self,
        tally: &mut Tally,
        weights: &Arc<Weights<S>>,
        interrupt: &dyn Interrupt,
        mut each: impl FnMut(Prediction),
    ) -> bool {
        let setup = Arc::clone(&self.setup);
        let softmax = setup.plan.graph.loss == Loss::CrossEntropy;
        let mut shares = vec![S::ZERO; setup.plan.len_of(setup.plan.output())];
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        while !tally.left.is_empty() {
            if !interrupt.proceed() {
                return false;
            }
            let first = tally.left.start;
            let rows = tally.left.len().min(Evaluator::<S>::ROWS);
            setup.fill(first..first + rows, Arc::make_mut(&mut self.scoring));
            let batch = Arc::clone(&self.scoring);
            let found = &mut tally.found;
            let fit = &mut tally.fit;
            let loss = self
                .evaluator
                .run(&self.pool, weights, &batch, &never, |row, output| {
                    if let Some(fit) = fit.as_mut() {
                        let n = output.len();
                        let target = &batch.targets[row * n..(row + 1) * n];
                        if softmax {
                            // Targets that are shares are answered with shares.
                            crate::network::loss::softmax(output, &mut shares);
                            fit.add(&shares, target);
                        } else {
                            fit.add(output, target);
                        }
                    }
                    let Some(label) = setup.data.label(first + row) else {
                        return;
                    };
                    let predicted = largest(output);
                    found[label].1 += 1;
                    found[label].0 += usize::from(predicted == label);
                    let confidence = if softmax {
                        crate::network::loss::softmax(output, &mut shares);
                        shares[predicted]
                    } else {
                        output[predicted]
                    };
                    let n = output.len();
                    let target = &batch.targets[row * n..(row + 1) * n];
                    each(Prediction {
                        energy: setup.plan.graph.loss.value(output, target) as f32,
                        example: (first + row) as u32,
                        label: label as u16,
                        predicted: predicted as u16,
                        confidence: confidence.to_f64() as f32,
                    });
                });
            tally.loss += loss;
            tally.not_finite = tally.not_finite.or(self.evaluator.not_finite());
            tally.left.start += rows;
        }
        true
    }
}

/// A scoring on its way: it can be left and gone on with.
pub struct Tally {
    /// What is scored.
    pub part: Part,
    /// Examples not yet looked at.
    left: std::ops::Range<usize>,
    n: usize,
    /// Per class: found, and looked at.
    found: Vec<(usize, usize)>,
    loss: f64,
    not_finite: Option<usize>,
    fit: Option<Fit>,
    softmax: bool,
}

impl Tally {
    /// Keeps what is said of targets that are values, for [`Self::fitted`].
    pub fn keeping(mut self) -> Self {
        if let Some(fit) = &mut self.fit {
            fit.said = Some(Vec::new());
        }
        self
    }

    /// What was said of targets that are values, once nothing is left; `None` where targets are classes, or nothing was kept.
    pub fn fitted(&mut self, lane: LaneId, update: u64) -> Option<Fitted> {
        let score = self.score();
        let end = self.left.start;
        let fit = self.fit.as_mut()?;
        let said = fit.said.take()?;
        Some(Fitted {
            lane,
            update,
            part: self.part,
            examples: end - fit.count..end,
            targets: fit.targets(),
            score,
            said,
        })
    }

    /// The score, once nothing is left.
    pub fn score(&self) -> Score {
        let seen: Vec<_> = self.found.iter().filter(|(_, n)| *n > 0).collect();
        let fit = self.fit.as_ref();
        // Of scaled targets the loss is in the units of the targets as stored.
        let stored = fit.filter(|f| f.scaled && !self.softmax);
        // An output that is not finite says nothing, also not the class that comes first.
        let said = if self.not_finite.is_some() {
            f64::NAN
        } else {
            1.0
        };
        Score {
            not_finite: self.not_finite,
            loss: stored.map_or(self.loss / self.n as f64, |f| f.loss(self.n)),
            r2: fit.map_or(f64::NAN, Fit::r2),
            mean_loss: fit.map_or(f64::NAN, |f| f.mean_loss(self.n)),
            accuracy: said * self.found.iter().map(|f| f.0).sum::<usize>() as f64
                / self.found.iter().map(|f| f.1).sum::<usize>() as f64,
            balanced_accuracy: said * seen.iter().map(|(a, b)| *a as f64 / *b as f64).sum::<f64>()
                / seen.len() as f64,
            n: self.n,
        }
    }
}

/// The index of the largest value; the first of equals.
pub fn largest<S: Scalar>(values: &[S]) -> usize {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if *v > values[best] {
            best = i;
        }
    }
    best
}
