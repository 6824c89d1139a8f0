//! Opens what the user named: a preset, an experiment file, data that an experiment is proposed for, or generated data.

use super::file::{Experiment, ExperimentError, PRESETS, closest, set};
use super::lane::LaneSpec;
use super::propose;
use crate::data;
use std::path::Path;

impl Experiment {
    /// A preset by name, or a file by path, with `key=value` changes applied. For the path of data, and the name of generated data
    /// that no preset has, it is the experiment that is proposed for them.
    ///
    /// # Errors
    /// One line naming the file (or flag), the place and what was expected.
    pub fn load(name_or_path: &str, changes: &[String]) -> Result<Self, ExperimentError> {
        Self::load_with_data(name_or_path, changes).map(|(experiment, _)| experiment)
    }

    /// As [`Experiment::load`]; where it is proposed for data, with these as they were when it was.
    ///
    /// # Errors
    /// As [`Experiment::load`].
    pub fn load_with_data(
        name_or_path: &str,
        changes: &[String],
    ) -> Result<(Self, Option<data::Loaded>), ExperimentError> {
        let path = Path::new(name_or_path);
        let preset = PRESETS.iter().any(|(name, _)| *name == name_or_path);
        let fail = |e: data::DataError| ExperimentError(e.to_string());
        if !preset && path.exists() && data::is_data(path).map_err(fail)? {
            return propose::for_command(name_or_path, changes);
        }
        Self::load_file(name_or_path, changes).map(|experiment| (experiment, None))
    }

    fn load_file(name_or_path: &str, changes: &[String]) -> Result<Self, ExperimentError> {
        if let Some((name, text)) = PRESETS.iter().find(|(name, _)| *name == name_or_path) {
            return Self::parse(text, &format!("preset {name}"), changes);
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            if data::TOYS.contains(&name_or_path) {
                return propose::for_command(name_or_path, changes).map(|(e, _)| e);
            }
            let presets = || PRESETS.iter().map(|(name, _)| *name);
            let made = data::TOYS.into_iter();
            let names = presets().chain(made.filter(|toy| presets().all(|name| name != *toy)));
            let hint = closest(name_or_path, names.clone())
                .map_or_else(String::new, |name| format!("; did you mean {name}?"));
            let names: Vec<_> = names.collect();
            return Err(ExperimentError(format!(
                "{name_or_path}: neither a file nor a preset or generated data ({}){hint}",
                names.join(", ")
            )));
        }
        const MOST_BYTES: u64 = 1 << 20;
        let fail = |e: std::io::Error| ExperimentError(format!("{name_or_path}: {e}"));
        let length = std::fs::metadata(path).map_err(fail)?.len();
        if length > MOST_BYTES {
            return Err(ExperimentError(format!(
                "{name_or_path}: {length} bytes; an experiment file has at most {MOST_BYTES}"
            )));
        }
        let bytes = std::fs::read(path).map_err(fail)?;
        let text = String::from_utf8(bytes).map_err(|e| {
            ExperimentError(format!(
                "{name_or_path}: byte {} is not UTF-8; expected a TOML file",
                e.utf8_error().valid_up_to()
            ))
        })?;
        let mut experiment = Self::parse(&text, name_or_path, changes)?;
        if let Some(folder) = path.parent() {
            experiment.data.resolve(folder);
        }
        Ok(experiment)
    }

    /// The default: the small CNN on MNIST.
    ///
    /// # Errors
    /// None, as long as the presets in the binary are sound (a test reads them all).
    pub fn first_launch() -> Result<Self, ExperimentError> {
        Self::load(PRESETS[0].0, &[])
    }

    /// Parses `text`; `origin` names it in messages. `changes` are `key=value` with dotted keys, as `--set` takes them.
    ///
    /// # Errors
    /// One line naming origin, line and what was expected.
    pub fn parse(text: &str, origin: &str, changes: &[String]) -> Result<Self, ExperimentError> {
        let own: Self =
            toml::from_str(text).map_err(|e| ExperimentError(explain(&e, text, origin)))?;
        if changes.is_empty() {
            own.validate(origin)?;
            return Ok(own);
        }
        // Changes go into the complete table, so that a key the file leaves to its default can be set as well.
        let mut table =
            toml::Table::try_from(&own).map_err(|e| ExperimentError(format!("{origin}: {e}")))?;
        for change in changes {
            set(&mut table, change)?;
        }
        let flags = changes
            .iter()
            .map(|c| format!("--set {c}"))
            .collect::<Vec<_>>()
            .join(" ");
        let mut changed: Self = table
            .try_into()
            .map_err(|e: toml::de::Error| ExperimentError(explain(&e, "", &flags)))?;
        let asked = |c: &String| c.trim_start().starts_with("inference.adaptive");
        if !changes.iter().any(asked) {
            changed.let_gamma_give_way(&own);
        }
        changed.validate(&flags)?;
        Ok(changed)
    }

    /// Refuses hyperparameters that mean nothing, those of lanes included.
    ///
    /// # Errors
    /// One line naming the key, its value and what was expected.
    pub fn validate(&self, origin: &str) -> Result<(), ExperimentError> {
        self.validate_own(origin)?;
        LaneSpec::of_file(self).map(|_| ())
    }
}

/// A TOML error in one line: origin, line, what was expected, and the nearest known key.
fn explain(error: &toml::de::Error, text: &str, origin: &str) -> String {
    let place = error
        .span()
        .filter(|_| !text.is_empty())
        .map_or_else(String::new, |span| {
            let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
            format!(" line {line}")
        });
    let message = error.message().replace('\n', " ");
    let hint = message
        .split_once("unknown field `")
        .and_then(|(_, rest)| rest.split_once('`'))
        .and_then(|(word, rest)| {
            let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
            closest(word, known.into_iter()).map(|k| format!("; did you mean `{k}`?"))
        })
        .unwrap_or_default();
    format!("{origin}{place}: {message}{hint}")
}
