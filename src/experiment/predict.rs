//! What a trained run says of examples that it was not trained on: from its folder alone, without the data it was trained on.

use super::checkpoint;
use super::file::{Dtype, Experiment};
use super::modules::Modules;
use super::run_folder::{self, EXPERIMENT, RECORD, WEIGHTS};
use super::score::largest;
use super::setup::Setup;
use crate::data::{self, Learnt, Progress, Units, Unseen};
use crate::learning::{Evaluator, Interrupt, Pool, Uninterrupted};
use crate::network::{Loss, Plan, Scalar, Weights};
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
        let folder = self.folder.display().to_string();
        let asked = Asked {
            experiment: &self.experiment,
            learnt: &self.learnt,
            of: &folder,
            threads,
        };
        match self.experiment.dtype {
            Dtype::F32 => self.answer::<f32>(&asked, data),
            Dtype::F64 => self.answer::<f64>(&asked, data),
        }
    }

    fn answer<S: Scalar>(&self, asked: &Asked<'_>, data: &Path) -> Result<Answers, String> {
        asked.answers(data, &Progress::new(), |plan| {
            checkpoint::load::<S>(&self.folder.join(WEIGHTS), plan, None).map(Arc::new)
        })
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
}

/// Who is asked for answers to new examples.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The experiment that was trained.
    pub experiment: &'a Experiment,
    /// What was learnt about its data.
    pub learnt: &'a Learnt,
    /// What a message calls it.
    pub of: &'a str,
    /// Threads that share the examples; the bits are the same for any number.
    pub threads: usize,
}

impl Asked<'_> {
    /// Answers for every example of a file or folder, with the weights that `weights` gives for the network of the experiment.
    ///
    /// # Errors
    /// One line: data that cannot be read or are of another kind, weights that do not fit, outputs that are not finite, or that it
    /// was cancelled.
    pub fn answers<S: Scalar>(
        &self,
        data: &Path,
        progress: &Progress,
        weights: impl FnOnce(&Arc<Plan>) -> Result<Arc<Weights<S>>, String>,
    ) -> Result<Answers, String> {
        let options = self.experiment.data.options(self.experiment.seed);
        let unseen =
            data::unseen(data, &options, self.learnt, progress).map_err(|e| e.to_string())?;
        let Unseen {
            data,
            unanswered,
            notes,
        } = unseen;
        let count = data.len();
        let setup = Setup::<S>::new(self.experiment.clone(), data).map_err(|e| e.to_string())?;
        let weights = weights(&setup.plan)?;
        let classes = !self.learnt.classes.is_empty();
        let probabilities = classes && setup.plan.graph.loss == Loss::CrossEntropy;
        let units = self.learnt.target_units.as_ref().filter(|_| !classes);
        let (pool, mut evaluator) = (Pool::new(self.threads), Evaluator::new(weights.plan()));
        let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
        let mut batch = Arc::default();
        let mut outputs = Vec::with_capacity(count);
        let mut shares = vec![S::ZERO; setup.plan.len_of(setup.plan.output())];
        for first in (0..count).step_by(Evaluator::<S>::ROWS) {
            if progress.is_cancelled() {
                return Err("cancelled".into());
            }
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
                self.of
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

impl Answers {
    /// The answers as a table: the number of each example from 1, its class or values, and with `probabilities` those of each class.
    /// What has no answer has empty cells.
    ///
    /// # Errors
    /// One line, if the table cannot be written.
    pub fn table(&self, learnt: &Learnt, probabilities: bool) -> Result<String, String> {
        let names = columns(learnt, probabilities);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&names).map_err(|e| e.to_string())?;
        for (i, output) in self.outputs.iter().enumerate() {
            let mut row = vec![(i + 1).to_string()];
            match output {
                Some(output) => {
                    row.extend(answer(learnt, output));
                    if probabilities {
                        row.extend(output.iter().map(f64::to_string));
                    }
                }
                None => row.resize(names.len(), String::new()),
            }
            writer.write_record(&row).map_err(|e| e.to_string())?;
        }
        let bytes = writer.into_inner().map_err(|e| e.to_string())?;
        String::from_utf8(bytes).map_err(|e| e.to_string())
    }

    /// How many examples there are: "3 examples in out.csv".
    pub fn counted(&self, file: &str) -> String {
        let n = self.outputs.iter().flatten().count();
        format!(
            "{n} {} in {file}",
            if n == 1 { "example" } else { "examples" }
        )
    }

    /// How many examples there are, and what was said of them: "3 examples in out.csv: yes 2, no 1".
    pub fn summary(&self, learnt: &Learnt, file: &str) -> String {
        let told: Vec<&Vec<f64>> = self.outputs.iter().flatten().collect();
        let mut text = self.counted(file);
        if !learnt.classes.is_empty() {
            let mut counts = vec![0_usize; learnt.classes.len()];
            told.iter().for_each(|output| counts[largest(output)] += 1);
            let mut all: Vec<(usize, &String)> = counts.into_iter().zip(&learnt.classes).collect();
            all.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
            all.retain(|(count, _)| *count > 0);
            let shown = all.iter().take(6).map(|(n, class)| format!("{class} {n}"));
            if !all.is_empty() {
                text += &format!(": {}", shown.collect::<Vec<_>>().join(", "));
            }
            let more = all.len().saturating_sub(6);
            if more > 0 {
                text += &format!(" and {more} more classes");
            }
        } else if let (Some(low), Some(high)) = (
            told.iter().map(|o| o[0]).min_by(f64::total_cmp),
            told.iter().map(|o| o[0]).max_by(f64::total_cmp),
        ) {
            text += &format!(": {low:.6} to {high:.6}");
        }
        let empty = self.outputs.len() - told.len();
        if empty > 0 {
            text += &format!(
                "; {empty} left empty: they have gaps, and the training part had none to fill them by"
            );
        }
        text
    }
}

/// The names of the columns of a table of answers.
pub fn columns(learnt: &Learnt, probabilities: bool) -> Vec<String> {
    let target = learnt.target.clone().unwrap_or_else(|| "answer".into());
    let mut names = vec!["example".to_owned()];
    if learnt.classes.is_empty() && learnt.outputs > 1 {
        names.extend((1..=learnt.outputs).map(|i| format!("{target} {i}")));
    } else {
        names.push(target);
    }
    if probabilities {
        names.extend(learnt.classes.iter().map(|class| format!("P({class})")));
    }
    names
}

/// What one example is: its class, or values.
fn answer(learnt: &Learnt, output: &[f64]) -> Vec<String> {
    match learnt.classes.get(largest(output)) {
        Some(class) => vec![class.clone()],
        None => output.iter().map(f64::to_string).collect(),
    }
}
