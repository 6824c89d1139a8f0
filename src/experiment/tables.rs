//! The series of a run as tables, for other programs.

use super::metrics::walk;
use super::provenance::Provenance;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Everything that was measured in a run, whole: nothing is thinned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllSeries {
    /// By update: the values in the order of `names`. What was not measured then is missing; what was not finite is null.
    rows: BTreeMap<u64, BTreeMap<String, Value>>,
    /// The names of the series, the loss first.
    names: Vec<String>,
}

impl AllSeries {
    /// Reads those of run `id` in a folder.
    ///
    /// # Errors
    /// As [`walk`].
    pub fn read(folder: &Path, id: &str) -> Result<Self, String> {
        let mut all = Self::default();
        walk(folder, id, |row| {
            let known = all.rows.entry(row.update).or_default();
            for (name, value) in row.values {
                if !all.names.contains(&name) {
                    all.names.push(name.clone());
                }
                known.insert(name, value);
            }
            Ok(true)
        })?;
        all.names.sort_by_key(|name| (name != "loss", name.clone()));
        Ok(all)
    }

    /// As CSV: a head line that begins with #, the names, and a line for each update that something was measured at. What was not
    /// measured then is empty, and what was not finite is nan.
    pub fn csv(&self, of: &Provenance) -> String {
        let mut text = format!("# {}; {}\n", of.line(), self.words());
        text.push_str("update");
        for name in &self.names {
            let _ = write!(text, ",{name}");
        }
        text.push('\n');
        for (update, values) in &self.rows {
            let _ = write!(text, "{update}");
            for name in &self.names {
                text.push(',');
                match values.get(name) {
                    None => {}
                    Some(Value::Null) => text.push_str("nan"),
                    Some(value) => {
                        let _ = write!(text, "{value}");
                    }
                }
            }
            text.push('\n');
        }
        text
    }

    /// As JSON: what it was made of, and of each series the updates and the values.
    pub fn json(&self, of: &Provenance) -> Value {
        let mut series = Map::new();
        for name in &self.names {
            let points = self.rows.iter();
            let points = points.filter_map(|(update, values)| Some((*update, values.get(name)?)));
            let (updates, values): (Vec<u64>, Vec<&Value>) = points.unzip();
            series.insert(name.clone(), json!({"update": updates, "value": values}));
        }
        let mut all = of.json();
        all["thinned"] = false.into();
        all["series"] = Value::Object(series);
        all
    }

    /// How much there is.
    pub fn words(&self) -> String {
        let points: usize = self.rows.values().map(BTreeMap::len).sum();
        format!(
            "{} series, {points} points, all that were noted",
            self.names.len()
        )
    }
}
