//! What a trained run says of examples that it was not trained on: from its folder alone, without the data it was trained on.

use super::checkpoint;
use super::file::{Dtype, Experiment};
use super::run_folder::{self, EXPERIMENT, RECORD, WEIGHTS};
use super::setup::Setup;
use crate::data::{self, Learnt, Progress, Unseen};
use crate::learning::{Evaluator, Interrupt, Pool, Uninterrupted};
use crate::network::{Loss, Scalar};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of a run, opened to answer.
#[derive(Clone, Debug)]
pub struct Answering {
    folder: PathBuf,
    experiment: Experiment,
    /// What was learnt about its data.
    pub learnt: Learnt,
}

/// What a run says of new examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The outputs of each example in the order of the file; `None` where a gap has nothing to stand in for it. Of classes that
    /// train with cross-entropy they are probabilities, of values they are in the units of the targets as stored.
    pub outputs: Vec<Option<Vec<f64>>>,
    /// Whether outputs are probabilities of classes.
    pub probabilities: bool,
    /// What was noticed while the file was read.
    pub notes: Vec<String>,
}

impl Answering {
    /// Opens the folder of a run.
    ///
    /// # Errors
    /// One line: a file of it is missing or damaged, or they belong to different runs.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let record = folder.join(RECORD);
        if !record.exists() {
            return Err(format!(
                "{}: there is no {RECORD}; expected the folder of a run (train --out)",
                folder.display()
            ));
        }
        let text = checkpoint::read(&record)?;
        let fail = |problem: String| format!("{}: {problem}", record.display());
        let value: serde_json::Value =
            serde_json::from_slice(&text).map_err(|e| fail(format!("not JSON ({e})")))?;
        let learnt = value["data"]["learnt"].clone();
        if learnt.is_null() {
            return Err(fail(
                "does not say what was learnt about the data; expected a run of this version"
                    .into(),
            ));
        }
        let learnt: Learnt =
            serde_json::from_value(learnt).map_err(|e| fail(format!("data.learnt: {e}")))?;
        let path = folder.join(EXPERIMENT);
        let experiment =
            Experiment::load(&path.to_string_lossy(), &[]).map_err(|e| e.to_string())?;
        let ids = [
            value["id"].as_str().map(str::to_owned),
            run_folder::id_of(&path),
            checkpoint::run_of(&checkpoint::read(&folder.join(WEIGHTS))?),
        ];
        if ids[0].is_none() || ids.iter().any(|id| *id != ids[0]) {
            return Err(fail(format!(
                "the files are of different runs ({}); expected one whole set",
                ids.map(|id| id.unwrap_or_else(|| "no id".into()))
                    .join(", ")
            )));
        }
        Ok(Self {
            folder: folder.to_owned(),
            experiment,
            learnt,
        })
    }

    /// Answers for every example of a file or folder.
    ///
    /// # Errors
    /// One line: data that cannot be read or are of another kind, or weights that do not fit.
    pub fn answers(&self, data: &Path, threads: usize) -> Result<Answers, String> {
        let options = self.experiment.data.options(self.experiment.seed);
        let unseen = data::unseen(data, &options, &self.learnt, &Progress::new())
            .map_err(|e| e.to_string())?;
        match self.experiment.dtype {
            Dtype::F32 => self.run::<f32>(unseen, threads),
            Dtype::F64 => self.run::<f64>(unseen, threads),
        }
    }

    fn run<S: Scalar>(&self, unseen: Unseen, threads: usize) -> Result<Answers, String> {
        let Unseen {
            data,
            unanswered,
            notes,
        } = unseen;
        let count = data.len();
        let setup = Setup::<S>::new(self.experiment.clone(), data).map_err(|e| e.to_string())?;
        let weights = Arc::new(checkpoint::load(&self.folder.join(WEIGHTS), &setup.plan)?);
        let classes = !self.learnt.classes.is_empty();
        let probabilities = classes && setup.plan.graph.loss == Loss::CrossEntropy;
        let units = self.learnt.target_units.as_ref().filter(|_| !classes);
        let (pool, mut evaluator) = (Pool::new(threads), Evaluator::new(&setup.plan));
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        let mut batch = Arc::default();
        let mut outputs = Vec::with_capacity(count);
        let mut shares = vec![S::ZERO; setup.plan.len_of(setup.plan.output())];
        for first in (0..count).step_by(Evaluator::<S>::ROWS) {
            let rows = first..(first + Evaluator::<S>::ROWS).min(count);
            setup.fill(rows, Arc::make_mut(&mut batch));
            let each = |_: usize, output: &[S]| {
                let output = if probabilities {
                    crate::network::loss::softmax(output, &mut shares);
                    &shares
                } else {
                    output
                };
                let stored = |(i, v): (usize, &S)| match units {
                    Some(units) => v.to_f64() * units.times[i] + units.plus[i],
                    None => v.to_f64(),
                };
                outputs.push(Some(
                    output.iter().enumerate().map(stored).collect::<Vec<f64>>(),
                ));
            };
            evaluator.run(&pool, &weights, &batch, &never, each);
        }
        let finite = |o: &Option<Vec<f64>>| o.iter().flatten().all(|v| v.is_finite());
        if let Some(row) = outputs.iter().position(|o| !finite(o)) {
            return Err(format!(
                "{}: the outputs of example {row} are not finite; expected inputs of about the size of those it was trained on",
                self.folder.display()
            ));
        }
        for row in unanswered {
            outputs[row] = None;
        }
        Ok(Answers {
            outputs,
            probabilities,
            notes,
        })
    }
}
