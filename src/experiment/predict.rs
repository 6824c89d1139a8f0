//! What a trained run says of examples that it was not trained on: from its folder alone, without the data it was trained on.

use super::checkpoint;
use super::file::{Dtype, Experiment};
use super::modules::Modules;
use super::run_folder::{self, EXPERIMENT, RECORD, WEIGHTS};
use super::setup::Setup;
use crate::data::{self, Learnt, Progress, Units, Unseen};
use crate::learning::{Evaluator, Interrupt, Pool, Uninterrupted};
use crate::network::{Loss, Plan, Scalar};
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

/// All numbers are the same.
fn same(numbers: &[f64]) -> bool {
    numbers.windows(2).all(|pair| pair[0] == pair[1])
}

fn count(modules: &Modules) -> String {
    let zeros = match modules.zeros.len() {
        0 => String::new(),
        n => format!(" and {n} of zeros"),
    };
    format!("{} tensors{zeros}", modules.names.len())
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

    /// Writes the weights by PyTorch's names; says in lines which modules take them, and how they read inputs.
    ///
    /// # Errors
    /// One line: what has no counterpart there, weights that do not fit, or a file that cannot be written.
    pub fn export(&self, path: &Path) -> Result<String, String> {
        if run_folder::is_part(&self.folder, path) {
            return Err(format!(
                "--out {}: that is a file of the run itself; expected another",
                path.display()
            ));
        }
        match self.experiment.dtype {
            Dtype::F32 => self.export_as::<f32>(path),
            Dtype::F64 => self.export_as::<f64>(path),
        }
    }

    fn export_as<S: Scalar>(&self, path: &Path) -> Result<String, String> {
        let (learnt, n) = (&self.learnt, &self.experiment.network);
        let targets = match learnt.classes.is_empty() {
            true => data::Targets::Values {
                dim: learnt.outputs,
                data: Vec::new(),
            },
            false => data::Targets::Classes(Vec::new()),
        };
        let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", self.folder.display());
        let described = n.described(learnt.shape, learnt.sequences, n.loss_for(&targets));
        let plan = Plan::new(described.graph().map_err(|e| fail(&e))?);
        let modules = Modules::of(&n.layers, n.activation, &plan).map_err(|e| fail(&e))?;
        let weights = checkpoint::load::<S>(&self.folder.join(WEIGHTS), &plan, None)?;
        let units = |u: &Units| serde_json::json!({"times": u.times, "plus": u.plus});
        let about = serde_json::json!({
            "program": concat!("pcscope ", env!("CARGO_PKG_VERSION")),
            "module": modules.python,
            "call": modules.call,
            "run": run_folder::id_of(&self.folder.join(EXPERIMENT)),
            "updates": checkpoint::updates_of(&checkpoint::read(&self.folder.join(WEIGHTS))?),
            "input_units": learnt.input_units.as_ref().map(units),
            "input_gaps": learnt.input_gaps,
            "target_units": learnt.target_units.as_ref().map(units),
            "learnt": learnt,
        });
        checkpoint::save_as(path, &weights, &modules, &about)?;
        Ok(self.explained(path, &modules))
    }

    /// What was exported, a line each.
    fn explained(&self, path: &Path, modules: &Modules) -> String {
        let learnt = &self.learnt;
        let mut lines = vec![
            format!("{} in {}", count(modules), path.display()),
            format!("m = {}", modules.python),
            "m.load_state_dict(safetensors.torch.load_file(path), strict=True)".to_owned(),
            format!("outputs = {}", modules.call),
        ];
        let words = learnt.table.as_ref().is_some_and(|t| {
            let plain = |c: &data::LearntColumn| c.reading == data::Reading::Number && !c.indicator;
            !t.inputs.iter().all(plain)
        });
        lines.push(match &learnt.input_units {
            _ if learnt.symbols.is_some() => {
                "x: a 1 at the place of each letter among learnt.symbols of the metadata (key pcscope)".into()
            }
            _ if words => "x: the columns of learnt.table of the metadata (key pcscope) read as numbers, words as 0 and 1, gaps as \
                           input_gaps, then (number - plus) / times of input_units"
                .into(),
            None => "x: inputs as they are stored".into(),
            Some(u) if same(&u.times) && same(&u.plus) => match (u.times[0], u.plus[0]) {
                (times, 0.0) => format!("x = stored / {times}"),
                (times, plus) => format!("x = (stored - {plus}) / {times}"),
            },
            Some(u) => format!(
                "x = (stored - plus) / times, a number of each for {} channels: metadata, key pcscope, input_units",
                u.times.len()
            ),
        });
        let [channels, height, width] = learnt.shape;
        lines.push(match (learnt.sequences, height * width) {
            (true, _) if !modules.recurrent => format!(
                "x has shape (examples, {channels}, 1, {width}): a column a step, shorter sequences begin with zeros"
            ),
            (true, _) => format!(
                "x has shape (1, steps, {channels}): one sequence from its first step to its last, without padding"
            ),
            (false, 1) => format!("x has shape (examples, {channels})"),
            (false, _) => format!("x has shape (examples, {channels}, {height}, {width})"),
        });
        if let Some(u) = &learnt.target_units {
            lines.push(format!(
                "answer = outputs * times + plus, with times {:?} and plus {:?}",
                u.times, u.plus
            ));
        }
        lines.join("\n") + "\n"
    }

    fn run<S: Scalar>(&self, unseen: Unseen, threads: usize) -> Result<Answers, String> {
        let Unseen {
            data,
            unanswered,
            notes,
        } = unseen;
        let count = data.len();
        let setup = Setup::<S>::new(self.experiment.clone(), data).map_err(|e| e.to_string())?;
        let weights = Arc::new(checkpoint::load(
            &self.folder.join(WEIGHTS),
            &setup.plan,
            None,
        )?);
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
