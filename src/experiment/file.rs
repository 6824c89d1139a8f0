//! The experiment file: one readable, versioned TOML file that describes a run.

use crate::data;
use crate::learning::shard::{MOST_SHARDS, SHARD_ROWS};
use crate::learning::{Conditions, Inference, OptimiserKind, OptimiserSettings, Rule};
use crate::network::{Activation, Description, Init, Layer, Loss, Shape};
use serde::{Deserialize, Serialize};

pub use super::data::{Data, Split};
pub use super::error::ExperimentError;
use super::interventions::Entry;

/// The number type of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// Single precision.
    #[default]
    F32,
    /// Double precision.
    F64,
}

impl Dtype {
    /// Its name: `f32` or `f64`.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }
}

/// The network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// f of the hidden layers.
    #[serde(default = "tanh")]
    pub activation: Activation,
    /// The loss at the output; left out, what the targets call for (see [`Network::loss_for`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// How weights start.
    #[serde(default = "uniform_fan_in")]
    pub init: Init,
    /// Scales the bound of the initial weights.
    #[serde(default = "one")]
    pub gain: f64,
    /// Whether layers have biases.
    #[serde(default = "yes")]
    pub bias: bool,
    /// Whether skips get identity relays, so that all paths to the output are equally long: what Z-IL needs.
    #[serde(default = "yes")]
    pub levelled: bool,
    /// Layers from the input to the output.
    pub layers: Vec<Layer>,
}

impl Network {
    /// The network for inputs of a shape (channels, height, width), or sequences of them.
    pub fn described(&self, shape: [usize; 3], sequences: bool, loss: Loss) -> Description<'_> {
        let [channels, height, width] = shape;
        Description {
            input: Shape {
                channels,
                height,
                width,
            },
            time: sequences,
            layers: &self.layers,
            activation: self.activation,
            loss,
            bias: self.bias,
            levelled: self.levelled,
        }
    }

    /// The loss that is trained with: the one given, or else cross-entropy for classes and squared error for values.
    pub fn loss_for(&self, targets: &data::Targets) -> Loss {
        self.loss.unwrap_or(match targets {
            data::Targets::Classes(_) => Loss::CrossEntropy,
            data::Targets::Values { .. } => Loss::SquaredError,
        })
    }
}

/// What a batch's gradient is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reduction {
    /// The mean over the batch.
    #[default]
    Mean,
    /// The sum over the batch.
    Sum,
}

/// How weights learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learning {
    /// The rule that `train` takes and the window shows first.
    #[serde(default = "zil")]
    pub rule: Rule,
    /// α.
    pub rate: f64,
    /// The optimiser.
    #[serde(default)]
    pub optimiser: OptimiserKind,
    /// Momentum of SGD, 0 for none. (Adam's own is the first of its betas.)
    #[serde(default)]
    pub momentum: f64,
    /// SGD takes Nesterov's form of momentum.
    #[serde(default)]
    pub nesterov: bool,
    /// λ of weight decay.
    #[serde(default)]
    pub weight_decay: f64,
    /// Decay is of biases as well as of weights.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub decay_biases: bool,
    /// β₁ and β₂ of Adam and AdamW.
    #[serde(default = "betas")]
    pub betas: [f64; 2],
    /// ε of Adam and AdamW.
    #[serde(default = "epsilon")]
    pub epsilon: f64,
    /// Examples per update.
    pub batch: usize,
    /// Mean or sum.
    #[serde(default)]
    pub reduction: Reduction,
}

impl Learning {
    /// The optimiser's settings.
    pub fn settings(&self) -> OptimiserSettings {
        OptimiserSettings {
            kind: self.optimiser,
            rate: self.rate,
            momentum: self.momentum,
            nesterov: self.nesterov,
            weight_decay: self.weight_decay,
            decay_biases: self.decay_biases,
            betas: self.betas,
            epsilon: self.epsilon,
        }
    }

    /// Refuses settings of the optimiser that mean nothing.
    fn validate(&self, origin: &str) -> Result<(), ExperimentError> {
        let refuse = |key: &str, value: String, expected: &str| {
            Err(ExperimentError(format!(
                "{origin}: learning.{key} is {value}; expected {expected}"
            )))
        };
        if !(0.0..1.0).contains(&self.momentum) {
            let value = self.momentum.to_string();
            return refuse("momentum", value, "a number from 0 to below 1");
        }
        if self.nesterov && !self.optimiser.adapts() && self.momentum == 0.0 {
            let expected = "false, or a momentum above 0";
            return refuse("nesterov", "true".into(), expected);
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            let value = self.weight_decay.to_string();
            return refuse("weight_decay", value, "a finite number, 0 or above");
        }
        if let Some(beta) = self.betas.iter().find(|b| !(0.0..1.0).contains(*b)) {
            let value = beta.to_string();
            return refuse("betas", value, "two numbers, each from 0 to below 1");
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            let value = self.epsilon.to_string();
            return refuse("epsilon", value, "a finite number above 0");
        }
        Ok(())
    }
}

/// An experiment, as its file says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Version of this format.
    pub format: u32,
    /// The name on screen.
    #[serde(default = "unnamed")]
    pub name: String,
    /// Seed of initial weights, batch order and draws.
    #[serde(default)]
    pub seed: u64,
    /// Number type.
    #[serde(default)]
    pub dtype: Dtype,
    /// Data.
    pub data: Data,
    /// Network.
    pub network: Network,
    /// Learning.
    pub learning: Learning,
    /// Inference.
    #[serde(default)]
    pub inference: Inference,
    /// What Z-IL needs.
    #[serde(default)]
    pub conditions: Conditions,
    /// Lanes of a race besides those of the rules.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<LaneEntry>,
    /// What is done to the example that is watched.
    #[serde(
        default,
        rename = "intervention",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub interventions: Vec<Entry>,
}

fn tanh() -> Activation {
    Activation::Tanh
}
fn uniform_fan_in() -> Init {
    Init::UniformFanIn
}
fn one() -> f64 {
    1.0
}
fn yes() -> bool {
    true
}
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_true(flag: &bool) -> bool {
    *flag
}
fn zil() -> Rule {
    Conditions::RULE
}
fn unnamed() -> String {
    "unnamed experiment".into()
}
fn betas() -> [f64; 2] {
    OptimiserSettings::sgd(0.0).betas
}
fn epsilon() -> f64 {
    OptimiserSettings::sgd(0.0).epsilon
}
/// A lane as an experiment file writes it: what differs from the experiment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaneEntry {
    /// Its name.
    pub id: String,
    /// The name on screen; left out, the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The rule; left out, the experiment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Seed of initial weights and noise; the order of batches is the race's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// So many lanes alike but for their seeds, from that one on; left out, one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<u64>,
    /// Keys of the optimiser.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub learning: toml::Table,
    /// Keys of inference.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub inference: toml::Table,
    /// Keys of the conditions of Z-IL.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub conditions: toml::Table,
}

/// The presets that the binary carries: (name, file).
pub const PRESETS: [(&str, &str); 11] = [
    (
        "mnist-cnn",
        include_str!("../../assets/presets/mnist-cnn.toml"),
    ),
    (
        "mnist-mlp",
        include_str!("../../assets/presets/mnist-mlp.toml"),
    ),
    (
        "digits-mlp",
        include_str!("../../assets/presets/digits-mlp.toml"),
    ),
    (
        "names-rnn",
        include_str!("../../assets/presets/names-rnn.toml"),
    ),
    (
        "names-rnn-2",
        include_str!("../../assets/presets/names-rnn-2.toml"),
    ),
    (
        "vowels-rnn",
        include_str!("../../assets/presets/vowels-rnn.toml"),
    ),
    (
        "residual-cnn",
        include_str!("../../assets/presets/residual-cnn.toml"),
    ),
    (
        "deep-mlp",
        include_str!("../../assets/presets/deep-mlp.toml"),
    ),
    (
        "fashion-cnn",
        include_str!("../../assets/presets/fashion-cnn.toml"),
    ),
    ("moons", include_str!("../../assets/presets/moons.toml")),
    ("chain", include_str!("../../assets/presets/chain.toml")),
];

/// The version of the format that is written and read.
pub const FORMAT: u32 = 1;

/// The most inference steps an experiment may ask for.
pub const MOST_STEPS: usize = 10_000;

impl Experiment {
    /// The file's text.
    ///
    /// # Errors
    /// If a number cannot be written as TOML (a seed above 2⁶³ - 1).
    pub fn to_toml(&self) -> Result<String, ExperimentError> {
        toml::to_string(self)
            .map_err(|e| ExperimentError(format!("cannot be written as TOML: {e}")))
    }

    /// This experiment with keys set, as an edit in the midst of a run sets them; `origin` names it in messages.
    ///
    /// # Errors
    /// One line: there is no such key, or the value means nothing there.
    pub fn edited(
        &self,
        set: &[(String, Option<toml::Value>)],
        origin: &str,
    ) -> Result<Self, ExperimentError> {
        let fail = |e: &dyn std::fmt::Display| {
            ExperimentError(format!(
                "{origin}: {}",
                e.to_string().trim_end().replace('\n', " ")
            ))
        };
        let mut table = toml::Table::try_from(self).map_err(|e| fail(&e))?;
        for (key, value) in set {
            match value {
                Some(value) => put(&mut table, (key, false), value.clone(), origin)?,
                None => take(&mut table, key),
            }
        }
        let mut edited: Self = table.try_into().map_err(|e: toml::de::Error| fail(&e))?;
        if set.iter().all(|(key, _)| key != "inference.adaptive") {
            edited.let_gamma_give_way(self);
        }
        edited.validate(origin)?;
        Ok(edited)
    }

    /// Takes `adaptive` off where it went with what stood in `before`, and does not with what was changed since (see [`fixes_gamma`]):
    /// who asks for noise or another rule need not know of it.
    pub(super) fn let_gamma_give_way(&mut self, before: &Self) {
        let fixed = |e: &Self| fixes_gamma(e.learning.rule, &e.inference).is_some();
        self.inference.adaptive &= fixed(before) || !fixed(self);
    }

    /// Refuses hyperparameters that mean nothing, those of lanes left out.
    ///
    /// # Errors
    /// One line naming the key, its value and what was expected.
    pub(super) fn validate_own(&self, origin: &str) -> Result<(), ExperimentError> {
        let refuse = |key: &str, value: String, expected: &str| {
            Err(ExperimentError(format!(
                "{origin}: {key} is {value}; expected {expected}"
            )))
        };
        let (l, i) = (&self.learning, &self.inference);
        if self.format != FORMAT {
            return refuse(
                "format",
                self.format.to_string(),
                "1, the version this program reads",
            );
        }
        if !(l.rate.is_finite() && l.rate >= 0.0) {
            return refuse(
                "learning.rate",
                l.rate.to_string(),
                "a finite number, 0 or above",
            );
        }
        l.validate(origin)?;
        let most = SHARD_ROWS * MOST_SHARDS;
        if l.batch == 0 || l.batch > most {
            return refuse(
                "learning.batch",
                l.batch.to_string(),
                &format!("a number from 1 to {most}"),
            );
        }
        validate_inference(origin, l.rule, i)?;
        let gamma = self.conditions.gamma;
        if !(gamma.is_finite() && gamma > 0.0) {
            return refuse(
                "conditions.gamma",
                gamma.to_string(),
                "a finite number above 0 (1 for exactness)",
            );
        }
        let precisions = self.conditions.hidden_precision;
        if let Some(precision) = precisions.list().iter().find(|p| !positive(**p)) {
            return refuse(
                "conditions.hidden_precision",
                precision.to_string(),
                "a finite number above 0 (1 for exactness), or one for each hidden level",
            );
        }
        if !(self.network.gain.is_finite() && self.network.gain >= 0.0) {
            return refuse(
                "network.gain",
                self.network.gain.to_string(),
                "a finite number, 0 or above",
            );
        }
        if let Some(noise) = self.data.noise
            && !(noise.is_finite() && (0.0..=10.0).contains(&noise))
        {
            return refuse("data.noise", noise.to_string(), "a number from 0 to 10");
        }
        Ok(())
    }

    /// Refuses what the rule of the file would pass over in silence: Z-IL has no hidden precisions and no decay of its own.
    ///
    /// # Errors
    /// One line naming the key, and the one that Z-IL has instead.
    pub fn refuse_unread(&self) -> Result<(), ExperimentError> {
        if !self.learning.rule.has_conditions() {
            return Ok(());
        }
        match self.unread_by_zil() {
            Some((key, value, expected)) => Err(ExperimentError(format!(
                "{}: inference.{key} is {value}, which zil does not read; expected {expected}: what breaks Z-IL on purpose is \
                 conditions.hidden_precision",
                self.name
            ))),
            None => Ok(()),
        }
    }

    /// What the section of inference says that Z-IL does not read: key, value and the value that changes nothing.
    pub fn unread_by_zil(&self) -> Option<(&'static str, f64, f64)> {
        let i = &self.inference;
        let precision = i.precision.list().iter().copied().find(|p| *p != 1.0);
        let precision = precision.map(|p| ("precision", p, 1.0));
        let decay = (i.state_decay != 0.0).then_some(("state_decay", i.state_decay, 0.0));
        precision.or(decay)
    }
}

fn positive(v: f64) -> bool {
    v.is_finite() && v > 0.0
}

/// Refuses inference that means nothing, and what a rule cannot do.
fn validate_inference(origin: &str, rule: Rule, i: &Inference) -> Result<(), ExperimentError> {
    let refuse = |key: &str, value: String, expected: &str| {
        Err(ExperimentError(format!(
            "{origin}: inference.{key} is {value}; expected {expected}"
        )))
    };
    let least = rule.facts().least_steps;
    if !(least..=MOST_STEPS).contains(&i.steps) {
        let expected = format!("a number from {least} to {MOST_STEPS}");
        return refuse("steps", i.steps.to_string(), &expected);
    }
    if !positive(i.gamma) {
        return refuse("gamma", i.gamma.to_string(), "a finite number above 0");
    }
    for (key, value) in [
        ("noise", i.noise),
        ("state_decay", i.state_decay),
        ("prior_strength", i.prior_strength),
    ] {
        if !(value.is_finite() && value >= 0.0) {
            return refuse(key, value.to_string(), "a finite number, 0 or above");
        }
    }
    if !positive(i.output_precision) {
        let value = i.output_precision.to_string();
        return refuse("output_precision", value, "a finite number above 0");
    }
    if let Some(value) = i.precision.list().iter().find(|v| !positive(**v)) {
        let expected = "finite numbers above 0, from level 1 on";
        return refuse("precision", value.to_string(), expected);
    }
    match fixes_gamma(rule, i).filter(|_| i.adaptive) {
        Some(why) => refuse("adaptive", "true".into(), &format!("false with {why}")),
        None => Ok(()),
    }
}

/// What γ cannot adapt beside; `None` where it can, or where nothing asks it to.
fn fixes_gamma(rule: Rule, i: &Inference) -> Option<String> {
    if rule.relaxes() && !rule.may_adapt() {
        let rule = rule.name();
        return Some(format!("{rule}: its steps do not descend one energy"));
    }
    if i.noise > 0.0 {
        return Some("noise, which raises the energy by chance".into());
    }
    i.gamma_correction
        .then(|| "gamma_correction, which needs one γ".into())
}

/// The known word nearest to a misspelt one.
pub fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .min()
        .filter(|(distance, k)| *distance <= 2.max(k.len() / 3))
        .map(|(_, k)| k)
}

/// Applies one `key=value`; a value that is no TOML is taken as a string.
pub(super) fn set(table: &mut toml::Table, change: &str) -> Result<(), ExperimentError> {
    let Some((key, value)) = change.split_once('=') else {
        return Err(ExperimentError(format!(
            "--set {change}: expected key=value, as in --set learning.rate=0.1"
        )));
    };
    let value = value.trim();
    // key+=value adds to a list or table.
    let (key, more) = match key.trim().strip_suffix('+') {
        Some(key) => (key, true),
        None => (key, false),
    };
    let parsed = toml::from_str::<toml::Table>(&format!("v = {value}"))
        .ok()
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    let change = format!("--set {change}");
    put(table, (key.trim(), more), parsed, &change)
}

/// Takes a key out of a table, if it is there.
fn take(table: &mut toml::Table, key: &str) {
    match key.split_once('.') {
        Some((section, key)) => {
            if let Some(toml::Value::Table(inner)) = table.get_mut(section) {
                take(inner, key);
            }
        }
        None => {
            table.remove(key);
        }
    }
}

/// Puts a value in a dotted key, or adds it to what is there; `origin` names it in messages.
fn put(
    table: &mut toml::Table,
    (key, more): (&str, bool),
    parsed: toml::Value,
    origin: &str,
) -> Result<(), ExperimentError> {
    let mut at = table;
    let path: Vec<&str> = key.split('.').collect();
    for (i, part) in path.iter().enumerate() {
        if i + 1 == path.len() {
            // A whole number is welcome where a real one stands.
            let parsed = match (at.get(*part), &parsed) {
                (Some(toml::Value::Float(_)), toml::Value::Integer(n)) => {
                    toml::Value::Float(*n as f64)
                }
                (Some(toml::Value::Array(old)), toml::Value::Array(new)) if more => {
                    let new = new.iter().filter(|v| !old.contains(v));
                    toml::Value::Array(old.iter().chain(new).cloned().collect())
                }
                (Some(toml::Value::Table(old)), toml::Value::Table(new)) if more => {
                    let both = old.clone().into_iter().chain(new.clone());
                    toml::Value::Table(both.collect())
                }
                _ => parsed,
            };
            at.insert((*part).to_owned(), parsed);
            return Ok(());
        }
        let known: Vec<String> = at.keys().cloned().collect();
        match at.get_mut(*part) {
            Some(toml::Value::Table(inner)) => at = inner,
            _ => {
                let hint = closest(part, known.iter().map(String::as_str))
                    .map_or_else(String::new, |k| format!("; did you mean {k}?"));
                return Err(ExperimentError(format!(
                    "{origin}: there is no section {part}{hint}"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "file_test.rs"]
mod tests;
