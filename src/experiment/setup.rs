//! An experiment worked out: its data, its network and the weights it begins with.

use super::checkpoint;
use super::estimate;
use super::file::{Dtype, Experiment, ExperimentError, Reduction};
use super::interventions::{self, Entry};
use super::lane::LaneSpec;
use super::loading::load_data;
use super::modules::Modules;
use super::prior::Inputs;
use crate::data::{self, Dataset};
use crate::learning::learner::Method;
use crate::learning::stability::{Abandoned, Inferring};
use crate::learning::{Batch, Interrupt, Interventions, Learner, RunState, Stability, stability};
use crate::network::init::initial;
use crate::network::{Graph, Loss, Plan, Scalar, Weights};
use std::path::Path;
use std::sync::Arc;

/// An experiment worked out: data, plan and initial weights.
#[derive(Clone)]
pub struct Setup<S> {
    /// The file.
    pub experiment: Experiment,
    /// The data.
    pub data: Dataset,
    /// The network.
    pub plan: Arc<Plan>,
    /// Weights before the first update.
    pub initial: Arc<Weights<S>>,
    /// N of the network, 0 without a recurrent layer.
    steps: u32,
    /// What is known of the inputs.
    inputs: Arc<Inputs>,
}

/// The network of an experiment for some data.
///
/// # Errors
/// One line: a layer that does not fit, or an output that does not fit the data.
pub fn plan_for(experiment: &Experiment, data: &Dataset) -> Result<Arc<Plan>, ExperimentError> {
    let n = &experiment.network;
    let loss = n.loss_for(data.targets());
    refuse_no_shares(experiment, data, loss)?;
    let graph = n
        .described(data.shape(), data.lengths().is_some(), loss)
        .graph()
        .map_err(|e| ExperimentError(format!("{}: {e}", experiment.name)))?;
    let outputs = graph.vertices[graph.output()].shape.len();
    if outputs != data.target_len() {
        return Err(ExperimentError(format!(
            "{}: the output has {outputs} units; {} has {} {}",
            experiment.name,
            data.name(),
            data.target_len(),
            if data.classes().is_empty() {
                "target values"
            } else {
                "classes"
            }
        )));
    }
    Ok(Plan::new(graph))
}

/// How far the sum of an example's targets may be from 1 where cross-entropy takes them as shares.
const SHARES_SUM: f64 = 1e-3;

/// Refuses cross-entropy on values that are no shares of 1: it has no least value there.
fn refuse_no_shares(
    experiment: &Experiment,
    data: &Dataset,
    loss: Loss,
) -> Result<(), ExperimentError> {
    if loss != Loss::CrossEntropy || !matches!(data.targets(), data::Targets::Values { .. }) {
        return Ok(());
    }
    let mut target = vec![0.0; data.target_len()];
    for example in 0..data.len() {
        data.fill_target(example, &mut target, |value| value);
        let sum: f64 = target.iter().sum();
        if target.iter().any(|y| *y < 0.0) || (sum - 1.0).abs() > SHARES_SUM {
            return Err(ExperimentError(format!(
                "{}: network.loss is cross-entropy, and the targets of example {example} of {} are no shares that sum to 1; \
                 expected squared-error for values",
                experiment.name,
                data.name()
            )));
        }
    }
    Ok(())
}

fn initial_of<S: Scalar>(experiment: &Experiment, plan: &Arc<Plan>, seed: u64) -> Weights<S> {
    let n = &experiment.network;
    initial(plan, n.init, n.gain, seed)
}

impl<S: Scalar> Setup<S> {
    /// Works an experiment out on data already loaded.
    ///
    /// # Errors
    /// One line saying what does not fit.
    pub fn new(experiment: Experiment, data: Dataset) -> Result<Self, ExperimentError> {
        debug_assert_eq!(
            S::NAME,
            experiment.dtype.name(),
            "the caller picks the type the file names"
        );
        if S::NAME == "f32"
            && let Some(line) = data.beyond_singles()
        {
            return Err(ExperimentError(line));
        }
        let plan = plan_for(&experiment, &data)?;
        estimate::refuse_too_large(&experiment, &plan, &data)?;
        let initial = Arc::new(initial_of(&experiment, &plan, experiment.seed));
        interventions::refuse_unknown(&experiment.interventions, &plan)
            .map_err(|e| ExperimentError(format!("{}: {e}", experiment.name)))?;
        let setup = Self {
            experiment,
            data,
            steps: plan.graph.steps() as u32,
            plan,
            initial,
            inputs: Arc::default(),
        };
        setup.refuse_large_prior(&setup.experiment.inference)?;
        Ok(setup)
    }

    /// What is known of the inputs.
    pub(super) fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// What its file does to the example that is watched.
    pub fn interventions(&self) -> Arc<Interventions> {
        self.interventions_of(&self.experiment.interventions)
    }

    /// What some entries come to; those that the network does not have are left out.
    pub fn interventions_of(&self, entries: &[Entry]) -> Arc<Interventions> {
        let mean = |unit: usize| self.mean_input()[unit];
        let all = interventions::resolve(entries, &self.plan, &mean).or_else(|_| {
            let kept = interventions::fitting(entries, &self.plan);
            interventions::resolve(&kept, &self.plan, &mean)
        });
        Arc::new(all.unwrap_or_default())
    }

    /// The same data, network and initial weights with other settings.
    pub(super) fn under(&self, experiment: Experiment) -> Self {
        Self {
            experiment,
            ..self.clone()
        }
    }

    /// The network in PyTorch's terms.
    ///
    /// # Errors
    /// One line: what has no counterpart there.
    pub fn modules(&self) -> Result<Modules, String> {
        let n = &self.experiment.network;
        Modules::of(&n.layers, n.activation, &self.plan)
    }

    /// Begins with the weights of a file, by pcscope's names or those of PyTorch's modules. A lane of another seed draws its own
    /// all the same.
    ///
    /// # Errors
    /// One line naming the file, the tensor and what was expected.
    pub fn begin_with(&mut self, path: &Path) -> Result<(), String> {
        let weights = checkpoint::load(path, &self.plan, self.modules().ok().as_ref())?;
        self.initial = Arc::new(weights);
        Ok(())
    }

    /// The same data, network and initial weights under another experiment: what a run goes on with that is edited in its midst.
    ///
    /// # Errors
    /// One line naming the key that no run can change, or saying what is too large.
    pub fn edited(&self, experiment: Experiment) -> Result<Self, ExperimentError> {
        let own = &self.experiment;
        let fixed = [
            ("seed", own.seed == experiment.seed),
            ("dtype", own.dtype == experiment.dtype),
            ("data", own.data == experiment.data),
            ("network", own.network == experiment.network),
            (
                "learning.reduction",
                own.learning.reduction == experiment.learning.reduction,
            ),
        ];
        if let Some((key, _)) = fixed.iter().find(|(_, same)| !same) {
            return Err(ExperimentError(format!(
                "{key} cannot change in the midst of a run; expected a key of learning, inference or conditions"
            )));
        }
        estimate::refuse_too_large(&experiment, &self.plan, &self.data)?;
        interventions::refuse_unknown(&experiment.interventions, &self.plan)?;
        self.refuse_large_prior(&experiment.inference)?;
        Ok(self.under(experiment))
    }

    /// Fills a batch with examples, in the stored order of units.
    pub fn fill(&self, examples: impl Iterator<Item = usize>, batch: &mut Batch<S>) {
        let (n_in, n_out) = (
            self.plan.len_of(Graph::INPUT),
            self.plan.len_of(self.plan.output()),
        );
        let mut rows = 0;
        batch.missing.clear();
        for example in examples {
            let (a, b) = (rows * n_in, rows * n_out);
            if batch.inputs.len() < a + n_in {
                batch.inputs.resize(a + n_in, S::ZERO);
                batch.targets.resize(b + n_out, S::ZERO);
            }
            self.fill_example(
                example,
                &mut batch.inputs[a..a + n_in],
                &mut batch.targets[b..b + n_out],
            );
            rows += 1;
            batch.missing.extend(self.missing(example));
        }
        batch.inputs.truncate(rows * n_in);
        batch.targets.truncate(rows * n_out);
        batch.rows = rows;
    }

    /// How many of the N time steps an example lacks at its front; `None` if the network has no recurrent layer.
    pub fn missing(&self, example: usize) -> Option<u32> {
        let length = self.data.lengths()?.get(example)?;
        (self.steps > 0).then(|| self.steps - length)
    }

    /// One example: input in stored order, and target.
    pub fn fill_example(&self, example: usize, input: &mut [S], target: &mut [S]) {
        self.data.fill_input(example, input, S::from_f64);
        self.to_stored_order(input);
        self.data.fill_target(example, target, S::from_f64);
    }

    /// From the layout of the data (channel by channel) to the engine's, which keeps a position's channels side by side, as
    /// sequences have them already.
    fn to_stored_order(&self, input: &mut [S]) {
        let shape = self.plan.graph.vertices[Graph::INPUT].shape;
        let sequence = self.data.lengths().is_some();
        if shape.channels == 1 || shape.is_flat() || sequence {
            return;
        }
        let planes = input.to_vec();
        let places = shape.height * shape.width;
        for (i, value) in planes.into_iter().enumerate() {
            input[(i % places) * shape.channels + i / places] = value;
        }
    }

    /// An input made by hand, in the layout of the data, with the class it is meant as and, of a sequence, the steps it lacks.
    pub fn drawn(&self, values: &[f64], label: usize, missing: u32) -> Batch<S> {
        let mut inputs: Vec<S> = values.iter().map(|&v| S::from_f64(v)).collect();
        self.to_stored_order(&mut inputs);
        let mut targets = vec![S::ZERO; self.plan.len_of(self.plan.output())];
        targets[label] = S::ONE;
        Batch {
            inputs,
            targets,
            missing: if missing > 0 {
                vec![missing]
            } else {
                Vec::new()
            },
            rows: 1,
        }
    }

    /// One example as a batch of one row.
    pub fn example(&self, example: usize) -> Batch<S> {
        let mut batch = Batch::default();
        self.fill(std::iter::once(example), &mut batch);
        batch
    }

    /// Examples that the limit of γ is the worst of: the first of the training part.
    pub fn limit_batch(&self) -> Batch<S> {
        let train = self.data.split().train.clone();
        let mut batch = Batch::default();
        self.fill(train.take(stability::EXAMPLES), &mut batch);
        batch
    }

    /// The limit of γ for a rule, near the rest of the worst of the first training examples (see
    /// [`crate::learning::stability`]); `None` where there is none to heed.
    ///
    /// # Errors
    /// It was interrupted.
    pub fn stability(
        &self,
        weights: &Weights<S>,
        of: &Inferring<'_>,
        interrupt: &dyn Interrupt,
    ) -> Result<Option<Stability>, Abandoned> {
        let batch = self.limit_batch();
        stability::limit(weights, of, &batch, interrupt)
    }

    /// What a lane says of levels that T is too small for: `None` if every level learns.
    pub fn unreached(&self, lane: &LaneSpec) -> Option<String> {
        let Method::Schedule(schedule) = lane.method(&self.plan) else {
            return None;
        };
        let levels: Vec<String> = schedule
            .unreached(&self.plan)
            .map(|l| l.to_string())
            .collect();
        (!levels.is_empty()).then(|| {
            format!(
                "{}: T = {} is less than D = {}: level{} {} would get no update",
                lane.label,
                schedule.steps,
                schedule.depth,
                if levels.len() == 1 { "" } else { "s" },
                match &levels[..] {
                    [first, .., last] if levels.len() > 6 => format!("{first} to {last}"),
                    few => few.join(", "),
                }
            )
        })
    }

    /// A run before its first update.
    pub fn begin(&self) -> RunState<S> {
        RunState::begin(
            Arc::clone(&self.initial),
            self.experiment.learning.settings(),
        )
    }

    /// A lane's learner at the initial weights of its seed.
    pub fn learner(&self, lane: &LaneSpec) -> Learner<S> {
        let weights = if lane.seed == self.experiment.seed {
            Arc::clone(&self.initial)
        } else {
            Arc::new(initial_of(&self.experiment, &self.plan, lane.seed))
        };
        self.learner_from(lane, RunState::begin(weights, lane.optimiser))
    }

    /// A lane's learner that goes on from a state of its run, under the lane's settings: what its optimiser remembers stays if it is of
    /// the same kind.
    pub fn learner_from(&self, lane: &LaneSpec, run: RunState<S>) -> Learner<S> {
        let run = run.under(lane.optimiser);
        let mean = self.experiment.learning.reduction == Reduction::Mean;
        let mut learner = Learner::from_state(run, lane.method(&self.plan), mean, lane.seed);
        learner.output_precision = lane.inference.output_precision;
        learner
    }

    /// Updates of one epoch; the last batch may be short.
    pub fn updates_per_epoch(&self) -> u64 {
        (self
            .data
            .split()
            .train
            .len()
            .div_ceil(self.experiment.learning.batch))
        .max(1) as u64
    }
}

/// Loads an experiment's data and calls the continuation of its number type.
pub fn with_setup<R>(
    experiment: Experiment,
    single: impl FnOnce(Setup<f32>) -> R,
    double: impl FnOnce(Setup<f64>) -> R,
) -> Result<R, ExperimentError> {
    let data = load_data(&experiment)?;
    Ok(match experiment.dtype {
        Dtype::F32 => single(Setup::new(experiment, data)?),
        Dtype::F64 => double(Setup::new(experiment, data)?),
    })
}
