//! What the microscope shows: the states of one example's inference with everything that is said about them.

use super::half::Half;
use super::is_missing;
use crate::data::Dataset;
use crate::experiment::completion::Likeness;
use crate::experiment::contributions::Shares;
use crate::experiment::file::{Dtype, Experiment};
use crate::experiment::numbers::Numbers;
use crate::experiment::prior::Means;
use crate::experiment::setup::Setup;
use crate::learning::compare::Circumstances;
use crate::learning::stability::{Abandoned, Inferring};
use crate::learning::{
    Conditions, Energetics, Inference, InputPrior, Interrupt, Interventions, Judgement,
    LevelComparison, OptimiserSettings, Rule, Schedule, Stability, Standing, Verdict, rule,
};
use crate::network::{Graph, Plan, Scalar, Weights};
use std::sync::Arc;

/// Which number of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The value before f.
    X,
    /// f(x).
    Fx,
    /// The prediction.
    Mu,
    /// The error.
    Eps,
    /// The move that led to this state.
    Dx,
    /// Backpropagation's δ.
    Delta,
}

impl Field {
    /// All fields, in the order in which views list them.
    pub const ALL: [Self; 6] = [
        Self::X,
        Self::Fx,
        Self::Mu,
        Self::Eps,
        Self::Dx,
        Self::Delta,
    ];

    /// The symbol on screen.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::X => "x",
            Self::Fx => "f(x)",
            Self::Mu => "μ",
            Self::Eps => "ε",
            Self::Dx => "Δx",
            Self::Delta => "δ",
        }
    }
}

/// How near a picture that is filled in comes to the true one, over the units that are free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filled {
    /// What inference has come to.
    pub own: Likeness,
    /// The mean of all training examples.
    pub mean: Likeness,
    /// That of the example's class, if it has one.
    pub class: Option<Likeness>,
    /// Units that are free.
    pub units: usize,
}

/// What somebody has done to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// It holds a value.
    Held,
    /// It is an end's, and free.
    Freed,
    /// It is taken out.
    Lesioned,
}

/// One state of inference.
#[derive(Clone, Debug, Default)]
pub struct StateRecord {
    /// t.
    pub t: usize,
    /// x, f(x), μ, ε, Δx of every unit, in the order of [`Plan::block`] with one row.
    pub(super) fields: [Numbers; 5],
    /// γ of the step that led to this state (0 at t = 0): what an adaptive γ came to.
    pub gamma: f64,
    /// The weights that Δx of that step was computed with, and those that μ of this state was predicted with; `None` where they had
    /// moved away from the weights looked at and were not kept.
    pub(super) weights: [Option<Numbers>; 2],
    /// Energy of each vertex: p times the loss at the output, ½ π |ε|² + ½ λ |x|² elsewhere.
    pub energy: Vec<f64>,
    /// |ε| of each vertex.
    pub size: Vec<f64>,
    /// Largest magnitude of x, f(x), μ, ε, Δx of each vertex (NaN counts as infinite).
    pub(super) largest: [Vec<f64>; 5],
    /// Largest |ε - δ| of each vertex.
    pub off: Vec<f64>,
    /// Vertices of which some x is not what it was at t = 0.
    pub elsewhere: Vec<bool>,
    /// Per weighted level (output first): what would be applied if inference stopped here; `None` while nothing is captured. Where
    /// levels share weights, this is the level's own contribution to them.
    pub levels: Vec<Option<LevelComparison>>,
    /// Per shared matrix (see [`crate::experiment::contributions::shared_matrices`]): the contributions captured by now, and their sum.
    pub shares: Vec<Shares>,
    /// What would be applied if inference stopped here, against backpropagation's update: of the levels captured, and where levels
    /// share weights of their sums. `None` while nothing is captured, and of backpropagation itself.
    pub judgement: Option<Judgement>,
    /// What lasts of interventions here; `None` before the first.
    pub standing: Option<Arc<Standing>>,
    /// Vertices whose x moved in the step that led to this state.
    pub moved: Vec<bool>,
    /// Weights had changed in mid-phase by now.
    pub weights_moved: bool,
    /// The first vertex that holds a number which is not finite, of those that this or a later state reads.
    pub not_finite: Option<usize>,
    /// The first vertex and state by now at which a number that is read was not finite.
    pub first_not_finite: Option<(usize, usize)>,
}

impl StateRecord {
    /// F of this state.
    pub fn total_energy(&self) -> f64 {
        self.energy.iter().sum()
    }

    /// The verdict on what is captured; `None` while nothing is.
    pub fn verdict(&self) -> Option<Verdict> {
        self.judgement.map(|j| j.verdict)
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(Numbers::bytes).sum::<usize>()
    }
}

/// What the microscope looks at: the run, the update and the example, and the rule that infers.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Update whose weights are looked at.
    pub update: u64,
    /// Name of the lane the weights come from.
    pub run: String,
    /// Index of the example in its data set.
    pub example: usize,
    /// Its label, if it has a class.
    pub label: Option<usize>,
    /// True if the input was drawn by hand; `example` is then the one looked at before.
    pub drawn: bool,
    /// The rule that infers.
    pub rule: Rule,
    /// Inference of IL and its kin.
    pub inference: Inference,
    /// The conditions Z-IL runs under.
    pub conditions: Conditions,
    /// How the compared update is applied.
    pub optimiser: OptimiserSettings,
    /// Seed of a random start.
    pub seed: u64,
    /// What is done to it.
    pub interventions: Arc<Interventions>,
    /// What a freed input is drawn to.
    pub prior: Option<Arc<InputPrior>>,
    /// What is known of the input without a network, where some of it is freed.
    pub means: Option<Arc<Means>>,
}

impl Subject {
    /// An example of `data` before any update, inferred by the rule of `experiment` as it says.
    pub fn own(experiment: &Experiment, data: &Dataset, example: usize) -> Self {
        Self {
            update: 0,
            run: experiment.learning.rule.name().to_owned(),
            example,
            label: data.label(example),
            drawn: false,
            rule: experiment.learning.rule,
            inference: experiment.inference,
            conditions: experiment.conditions,
            optimiser: experiment.learning.settings(),
            seed: experiment.seed,
            interventions: Arc::default(),
            prior: None,
            means: None,
        }
    }

    /// An example that belongs to no data, inferred by a rule before any update.
    pub fn alone(rule: Rule, inference: Inference, conditions: Conditions) -> Self {
        Self {
            update: 0,
            run: rule.name().to_owned(),
            example: 0,
            label: None,
            drawn: false,
            rule,
            inference,
            conditions,
            optimiser: OptimiserSettings::sgd(0.1),
            seed: 11,
            interventions: Arc::default(),
            prior: None,
            means: None,
        }
    }

    /// The limit of γ of this inference, near the rest of the worst of the first training examples: with what lasts of the
    /// interventions done to each of them.
    ///
    /// # Errors
    /// It was interrupted.
    pub fn limit<S: Scalar>(
        &self,
        setup: &Setup<S>,
        weights: &Weights<S>,
        interrupt: &dyn Interrupt,
    ) -> Result<Option<Stability>, Abandoned> {
        let done = &self.interventions;
        let standing = (!done.is_empty()).then(|| done.standing(&setup.plan, usize::MAX));
        let of = Inferring {
            rule: self.rule,
            inference: &self.inference,
            standing: standing.as_ref(),
            prior: self.prior.as_ref(),
        };
        setup.stability(weights, &of, interrupt)
    }

    /// The name on screen of the lane the weights come from.
    pub fn run_label(&self) -> &str {
        let of = |rule: &Rule| self.run.strip_suffix("-full").unwrap_or(&self.run) == rule.name();
        rule::all().find(of).map_or(&self.run, |rule| rule.label())
    }
}

/// One row of the table of switches: what breaking one condition does to this example.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchRow {
    /// Name on screen.
    pub name: &'static str,
    /// The conditions run.
    pub conditions: Conditions,
    /// What is said of the update after the last state.
    pub judgement: Option<Judgement>,
    /// Per weighted level, output first.
    pub levels: Vec<Option<LevelComparison>>,
}

/// The first weight whose captured contribution differs from backpropagation's.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstWrong {
    /// Parameter index.
    pub parameter: usize,
    /// Row and column within it.
    pub place: (usize, usize),
    /// The state it was taken at, and the state it should be taken at.
    pub taken: (usize, usize),
    /// The contribution taken and backpropagation's.
    pub gradient: (f64, f64),
    /// For a dense weight: ε and f(x) as taken.
    pub factors: Option<(f64, f64)>,
    /// For a dense weight: backpropagation's δ and f(x).
    pub reference: Option<(f64, f64)>,
}

/// Everything views need about the microscope, cheap to clone.
#[derive(Clone, Debug)]
pub struct MicroscopeSnapshot {
    /// The network.
    pub plan: Arc<Plan>,
    /// What is looked at.
    pub subject: Subject,
    /// T of this phase, or the last step that there is room for: states are 0..=T.
    pub steps: usize,
    /// T as it was asked for: what training takes, also where the states end before it.
    pub asked: usize,
    /// The schedule, if the rule has one.
    pub schedule: Option<Schedule>,
    /// States computed so far, from t = 0.
    pub states: Vec<Arc<StateRecord>>,
    /// Backpropagation's δ of every unit.
    pub delta: Numbers,
    /// Per vertex: |δ|, and the largest magnitude of δ (NaN counts as infinite).
    pub(super) delta_sizes: Arc<Vec<(f64, f64)>>,
    /// Per shared matrix: backpropagation's contributions, and their sum.
    pub reference_shares: Arc<Vec<Shares>>,
    /// Backpropagation's loss on this example.
    pub loss: f64,
    /// Weights looked at, in the order of [`Plan::parameter`].
    pub weights: Numbers,
    /// The target y.
    pub target: Numbers,
    /// The input of the example, before anybody touched it.
    pub truth: Numbers,
    /// Backpropagation's output, after softmax where the loss is cross-entropy.
    pub output: Numbers,
    /// The first wrong number so far, if any.
    pub first_wrong: Option<FirstWrong>,
    /// Time steps that the example lacks at its front.
    pub(super) missing: usize,
    /// Told apart from that of every other phase, of this microscope or another: whatever is kept of a phase is kept by it.
    pub generation: u64,
    /// It was read from a file: there are no weights, and nothing was compared with backpropagation's update.
    pub recorded: bool,
    /// One of the states stands between itself and the next (see [`Half`]).
    pub half: Half,
}

impl MicroscopeSnapshot {
    /// Told apart from every other phase, and from the same phase between two states: pictures are kept by it.
    pub fn picture(&self) -> u64 {
        self.generation * 3 + self.half as u64
    }

    /// The numbers of one field at state `t`, vertex after vertex.
    fn field(&self, t: usize, field: Field) -> &Numbers {
        match field {
            Field::Delta => &self.delta,
            Field::X => &self.states[t].fields[0],
            Field::Fx => &self.states[t].fields[1],
            Field::Mu => &self.states[t].fields[2],
            Field::Eps => &self.states[t].fields[3],
            Field::Dx => &self.states[t].fields[4],
        }
    }

    /// The number of one unit at state `t`.
    pub fn value(&self, t: usize, field: Field, vertex: usize, index: usize) -> f64 {
        let at = self.plan.block(vertex, 1).start + index;
        self.field(t, field).get(at)
    }

    /// All numbers of one vertex at state `t`, by unit: for those who read many.
    pub fn values(&self, t: usize, field: Field, vertex: usize) -> impl Fn(usize) -> f64 + '_ {
        let start = self.plan.block(vertex, 1).start;
        let numbers = self.field(t, field);
        move |index| numbers.get(start + index)
    }

    /// Largest magnitude of a field over one vertex at state `t` (NaN counts as infinite).
    pub fn largest(&self, t: usize, field: Field, vertex: usize) -> f64 {
        match field {
            Field::Delta => self.delta_sizes[vertex].1,
            Field::X => self.states[t].largest[0][vertex],
            Field::Fx => self.states[t].largest[1][vertex],
            Field::Mu => self.states[t].largest[2][vertex],
            Field::Eps => self.states[t].largest[3][vertex],
            Field::Dx => self.states[t].largest[4][vertex],
        }
    }

    /// |δ| of one vertex.
    pub fn delta_size(&self, vertex: usize) -> f64 {
        self.delta_sizes[vertex].0
    }

    /// The type that everything here was computed in.
    pub fn dtype(&self) -> Dtype {
        self.weights.dtype()
    }

    /// The weights that the move which led to state `t` was computed with; `None` if they had moved and were not kept.
    pub fn weights_of_move(&self, t: usize) -> Option<&Numbers> {
        self.states[t].weights[0].as_ref()
    }

    /// The weights that μ of state `t` was predicted with; `None` if they had moved and were not kept.
    pub fn weights_of_prediction(&self, t: usize) -> Option<&Numbers> {
        self.states[t].weights[1].as_ref()
    }

    /// The noise in the Δx that led to state `t` of a unit: 0 without noise.
    pub fn noise(&self, t: usize, vertex: usize, unit: usize) -> f64 {
        match (&self.schedule, t.checked_sub(1)) {
            (Some(schedule), Some(before)) if !self.is_missing(vertex) => {
                schedule.noise_at(self.subject.seed, before, vertex, unit)
            }
            _ => 0.0,
        }
    }

    /// Time steps that the example lacks at its front.
    pub fn missing_steps(&self) -> usize {
        self.missing
    }

    /// True if a vertex belongs to a time step that the example lacks: all its numbers are 0 and nothing is predicted from it.
    pub fn is_missing(&self, vertex: usize) -> bool {
        is_missing(&self.plan, vertex, self.missing)
    }

    /// True if a field of every vertex stays that of state 0, whatever x does: the rule has frozen it.
    pub fn is_frozen(&self, field: Field) -> bool {
        let frozen = self.schedule.is_some_and(|s| s.frozen);
        frozen && matches!(field, Field::Mu | Field::Fx)
    }

    /// True if x of a vertex moved in the step that led to state `t`.
    pub fn has_moved(&self, t: usize, vertex: usize) -> bool {
        self.states[t].moved.get(vertex).copied().unwrap_or(false)
    }

    /// What is said of the update at state `t`.
    pub fn judgement(&self, t: usize) -> Option<Judgement> {
        self.states[t].judgement
    }

    /// What the energy weighs its terms by at state `t`; of backpropagation, which has none, 1.
    pub fn energetics(&self, t: usize) -> Energetics {
        let own = self
            .schedule
            .map_or_else(Energetics::default, |s| s.energetics);
        match self.states.get(t).and_then(|s| s.standing.as_deref()) {
            Some(standing) => standing.energetics(own, self.plan.depth()),
            None => own,
        }
    }

    /// True if somebody has put a finger on the network by state `t`.
    pub fn touched(&self, t: usize) -> bool {
        self.states.get(t).is_some_and(|s| s.standing.is_some())
    }

    /// True if the output has had no target up to state `t`, and nothing has pulled at anything: F was 0 throughout.
    pub fn rests_at_zero(&self, t: usize) -> bool {
        let output = self.plan.output();
        let states = self.states.get(..=t).unwrap_or_default();
        let free = |s: &Arc<StateRecord>| {
            let clamps = s
                .standing
                .as_deref()
                .map(|s| s.clamps.freed(output).count());
            clamps == Some(self.plan.len_of(output)) && s.total_energy() == 0.0
        };
        !states.is_empty() && states.iter().all(free)
    }

    /// What inference has filled into the freed part of the input at state `t`, beside what no network gives.
    pub fn filled(&self, t: usize) -> Option<Filled> {
        let means = self.subject.means.as_ref()?;
        let clamps = &self.states.get(t)?.standing.as_deref()?.clamps;
        let free: Vec<usize> = clamps.freed(Graph::INPUT).collect();
        if free.is_empty() {
            return None;
        }
        let units = 0..self.plan.len_of(Graph::INPUT);
        let x = self.values(t, Field::X, Graph::INPUT);
        let picture: Vec<f64> = units.clone().map(x).collect();
        let truth: Vec<f64> = units.map(|u| self.truth.get(u)).collect();
        let of = |other: &[f64]| Likeness::of(other, &truth, &means.all, &free);
        let class = self.subject.label.and_then(|l| means.classes.get(l));
        Some(Filled {
            own: of(&picture),
            mean: of(&means.all),
            class: class.map(|class| of(class)),
            units: free.len(),
        })
    }

    /// y of one unit at state `t`: that of the example, unless another was set.
    pub fn target_at(&self, t: usize, unit: usize) -> f64 {
        let standing = self.states[t].standing.as_deref();
        match standing.and_then(|s| s.target.as_ref()) {
            Some(target) => target[unit],
            None => self.target.get(unit),
        }
    }

    /// What is known of a unit at state `t` that holds it, takes it out, or frees it at an end.
    pub fn hand_on(&self, t: usize, vertex: usize, unit: usize) -> Option<Hand> {
        let clamps = &self.states.get(t)?.standing.as_deref()?.clamps;
        let end = vertex == Graph::INPUT || vertex == self.plan.output();
        if clamps.is_lesioned(vertex, unit) {
            Some(Hand::Lesioned)
        } else if clamps.held(vertex).any(|(u, _)| u == unit) {
            Some(Hand::Held)
        } else if end && !clamps.is_held(&self.plan, vertex, unit) {
            Some(Hand::Freed)
        } else {
            None
        }
    }

    /// The verdict on one level's own contribution at state `t`; `None` of backpropagation's.
    pub fn level_verdict(&self, t: usize, level: &LevelComparison) -> Option<Verdict> {
        if self.touched(t) {
            return Some(Verdict::Intervention);
        }
        let about = Circumstances {
            complete: true,
            equals_backprop: self.schedule?.equals_backprop(&self.plan),
            rate: self.subject.optimiser.rate,
            no_error: false,
        };
        Judgement::of(std::slice::from_ref(level), about).map(|j| j.verdict)
    }

    /// Levels captured at state `t`, and weighted levels that the example has.
    pub fn captured(&self, t: usize) -> (usize, usize) {
        let present = self.plan.weighted_levels().zip(&self.states[t].levels);
        let present = present.filter(|(level, _)| {
            let mut vertices = self.plan.levels[*level].weighted.iter();
            !vertices.all(|&v| self.is_missing(v))
        });
        present.fold((0, 0), |(done, all), (_, captured)| {
            (done + usize::from(captured.is_some()), all + 1)
        })
    }

    /// The first state computed at which the update is no longer backpropagation's, with its verdict, and the level nearest the
    /// output that differs there by what it contributes itself.
    pub fn first_apart(&self) -> Option<(usize, Verdict, usize)> {
        let apart = |s: &&Arc<StateRecord>| {
            s.verdict()
                .is_some_and(|v| !v.is_exact() && v != Verdict::Intervention)
        };
        let state = self.states.iter().find(apart)?;
        let differs = |l: &&LevelComparison| l.differing_bits > 0;
        let level = state.levels.iter().flatten().find(differs);
        Some((state.t, state.verdict()?, level.map_or(0, |l| l.level)))
    }

    /// True once every state has been computed.
    pub fn finished(&self) -> bool {
        self.states.len() > self.steps
    }

    /// The state at which a level is captured, if the rule captures it.
    pub fn capture_time(&self, level: usize) -> Option<usize> {
        (!self.plan.levels.get(level)?.parameters.is_empty())
            .then(|| self.schedule.map_or(level, |s| s.capture_time(level)))
    }

    /// The state at which what a vertex contributes is captured, if it is predicted through weights.
    pub fn captured_at(&self, vertex: usize) -> Option<usize> {
        let level = self.plan.graph.vertices[vertex].level;
        let weighted = self.plan.levels[level].weighted.contains(&vertex);
        weighted.then(|| self.capture_time(level)).flatten()
    }

    /// The vertex that a weighted level is named after: the first one there that is predicted through weights and that the example
    /// has.
    pub fn vertex_of(&self, level: usize) -> Option<usize> {
        let mut weighted = self.plan.levels[level].weighted.iter().copied();
        weighted.find(|&v| !self.is_missing(v))
    }

    /// Memory of the states kept, in bytes.
    pub fn bytes(&self) -> usize {
        self.states.iter().map(|s| s.bytes()).sum()
    }
}
