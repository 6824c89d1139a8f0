//! What a file that leaves pcscope was made of: version, settings, data and seed, by which it can be made again.

use super::era::Change;
use super::file::Experiment;
use super::journal::{Edit, Journal};
use super::kept;
use super::run_folder::{self, EXPERIMENT};
use serde_json::{Value, json};
use std::path::Path;

/// What something was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// The version that wrote the file.
    pub program: &'static str,
    /// The version that trained, where that was another.
    pub trained_by: Option<String>,
    /// The id of the run, if there is one.
    pub run: Option<String>,
    /// The experiment's name.
    pub experiment: String,
    /// SHA-256 of the experiment that it began with.
    pub settings: String,
    /// SHA-256 of the data's files; the name of built-in and generated data.
    pub data: String,
    /// The seed.
    pub seed: u64,
    /// What was edited on the way.
    pub edits: Vec<Edit>,
}

const PROGRAM: &str = concat!("pcscope ", env!("CARGO_PKG_VERSION"));

impl Provenance {
    /// Of an experiment that is no run yet.
    pub fn of(experiment: &Experiment) -> Self {
        let data = &experiment.data;
        Self {
            program: PROGRAM,
            trained_by: None,
            run: None,
            experiment: experiment.name.clone(),
            settings: experiment
                .to_toml()
                .map_or_else(|_| "unknown".into(), |t| run_folder::sha256(&t)),
            data: data.hash.clone().unwrap_or_else(|| data.source.clone()),
            seed: experiment.seed,
            edits: Vec::new(),
        }
    }

    /// Of a run that began with an experiment and was changed behind these updates.
    pub fn of_race(begun: &Experiment, edits: &[(u64, Vec<Change>)]) -> Self {
        let edits = edits.iter();
        Self {
            edits: edits.map(|(u, c)| Edit::of(*u, c.clone())).collect(),
            ..Self::of(begun)
        }
    }

    /// Of the run in a folder, of whichever version.
    ///
    /// # Errors
    /// One line: no folder of a run, or one that is damaged.
    pub fn of_run(folder: &Path) -> Result<Self, String> {
        let record = kept::record(folder)?;
        let path = folder.join(EXPERIMENT);
        let (id, text) = run_folder::experiment_of(&path)?;
        let experiment =
            Experiment::parse(&text, &path.to_string_lossy(), &[]).map_err(|e| e.to_string())?;
        if record["id"].as_str() != Some(&id) {
            return Err(format!(
                "{}: the files are of different runs; expected one whole set",
                folder.display()
            ));
        }
        let edits = match Journal::read(folder) {
            Ok(journal) => journal.edits().into_iter().cloned().collect(),
            // Runs of versions before had none.
            Err(_) if !folder.join(super::journal::JOURNAL).exists() => Vec::new(),
            Err(words) => return Err(words),
        };
        let trained_by = record["program"].as_str().map(str::to_owned);
        let data = record["data"]["sha256"].as_str();
        Ok(Self {
            trained_by: trained_by.filter(|by| by != PROGRAM),
            run: Some(id),
            settings: run_folder::sha256(&text),
            data: data.unwrap_or(&experiment.data.source).to_owned(),
            edits,
            ..Self::of(&experiment)
        })
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        json!({
            "program": self.program,
            "trained_by": self.trained_by,
            "run": self.run,
            "experiment": self.experiment,
            "settings": self.settings,
            "data": self.data,
            "seed": self.seed,
            "edits": self.edits,
        })
    }

    /// On a short line for a picture: hashes are cut.
    pub fn caption(&self) -> String {
        let short =
            |hash: &str| match hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                true => hash[..12].to_owned(),
                false => hash.to_owned(),
            };
        let mut parts = vec![self.program.to_owned()];
        parts.extend(self.run.iter().map(|id| format!("run {id}")));
        parts.push(format!("settings {}", short(&self.settings)));
        parts.push(format!("data {}", short(&self.data)));
        parts.push(format!("seed {}", self.seed));
        parts.extend(match self.edits.len() {
            0 => None,
            1 => Some("1 edit".to_owned()),
            n => Some(format!("{n} edits")),
        });
        parts.join(" · ")
    }

    /// On a line.
    pub fn line(&self) -> String {
        let mut parts = vec![self.program.to_owned()];
        parts.extend(self.trained_by.iter().map(|by| format!("trained by {by}")));
        parts.extend(self.run.iter().map(|id| format!("run {id}")));
        parts.push(format!("settings {}", self.settings));
        parts.push(format!("data {}", self.data));
        parts.push(format!("seed {}", self.seed));
        for edit in &self.edits {
            let set = edit
                .set
                .iter()
                .map(|(key, value)| format!("{key} = {value}"));
            let set: Vec<String> = set.collect();
            parts.push(format!("behind update {}: {}", edit.update, set.join(", ")));
        }
        parts.join("; ").replace(['\n', '\r'], " ")
    }
}
