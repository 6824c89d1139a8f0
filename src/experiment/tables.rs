//! The series of a run as tables, for other programs.

use super::metrics::{SPAN, walk};
use super::provenance::Provenance;
use super::series::{Bucket, Series};
use super::session::{LaneSnapshot, RaceSnapshot};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Everything that was measured in a run: as its folder has it, and as far as it was kept of a race, which says what it thinned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllSeries {
    /// Updates whose losses were noted as a mean of several: a window keeps no more of a long run.
    thinned: u64,
    /// By update: the values in the order of `names`. What was not measured then is missing; what was not finite is null.
    rows: BTreeMap<u64, BTreeMap<String, Value>>,
    /// The names of the series, the loss first.
    names: Vec<String>,
    /// The most points that one value is the mean of; 0 and 1 if nothing was thinned.
    most: u64,
}

/// What a lane's series are called, and which they are.
fn of_lane(lane: &LaneSnapshot, classes: bool) -> [(String, &Series); 5] {
    let id = lane.spec.id;
    let score = if classes { "accuracy" } else { "r2" };
    [
        (format!("{id}.loss"), &lane.loss),
        (format!("{id}.validation_{score}"), &lane.validation),
        (format!("{id}.test_{score}"), &lane.accuracy),
        (format!("{id}.training_{score}"), &lane.training),
        (format!("{id}.distance_to_bp"), &lane.distance),
    ]
}

impl AllSeries {
    /// Reads those of run `id` in a folder.
    ///
    /// # Errors
    /// As [`walk`].
    pub fn read(folder: &Path, id: &str) -> Result<Self, String> {
        let mut all = Self::default();
        walk(folder, id, |row| {
            if row.span() > 1 {
                all.thinned += row.span();
                all.most = all.most.max(row.losses());
            }
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

    /// Those of a race, lane by lane, with those of the runs that are kept beside it by their letters. Losses are multiplied by `unit`,
    /// scores are accuracies where there are `classes`. Where a value is the mean of several points, their least, most and count stand
    /// beside it.
    pub fn of_race(race: &RaceSnapshot, unit: f64, classes: bool) -> Self {
        let mut all = Self::default();
        let several = !race.kept.is_empty();
        let present = several.then_some(race.name);
        all.add(&race.lanes, present, (unit, classes));
        for run in race.kept.iter() {
            all.add(&run.lanes, Some(run.name), (unit, classes));
        }
        all
    }

    /// The most points that one value of a race's series is the mean of.
    pub fn thinning(race: &RaceSnapshot) -> u64 {
        let kept = race.kept.iter().flat_map(|run| &run.lanes);
        let lanes = race.lanes.iter().chain(kept);
        let most = lanes.flat_map(|lane| of_lane(lane, true).map(|(_, s)| s.most_points()));
        most.max().unwrap_or(0)
    }

    fn add(&mut self, lanes: &[LaneSnapshot], run: Option<char>, (unit, classes): (f64, bool)) {
        let run = run.map_or_else(String::new, |run| format!("{run}."));
        for lane in lanes {
            for (name, series) in of_lane(lane, classes) {
                let unit = if name.ends_with(".loss") { unit } else { 1.0 };
                self.add_series(&format!("{run}{name}"), series, unit);
            }
        }
    }

    fn add_series(&mut self, name: &str, series: &Series, unit: f64) {
        let most = series.most_points();
        let buckets = series.buckets();
        self.most = self.most.max(most);
        let mut put = |ending: &str, value: &dyn Fn(&Bucket) -> Value| {
            let name = format!("{name}{ending}");
            for bucket in buckets {
                let row = self.rows.entry(bucket.update).or_default();
                row.insert(name.clone(), value(bucket));
            }
            self.names.push(name);
        };
        match most {
            0 => {}
            1 => put("", &|b| (b.mean * unit).into()),
            _ => {
                put("", &|b| (b.mean * unit).into());
                put(".least", &|b| (b.min * unit).into());
                put(".most", &|b| (b.max * unit).into());
                put(".points", &|b| b.count.into());
            }
        }
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
        all["thinned"] = (self.most > 1).into();
        all["points_per_value"] = self.most.max(1).into();
        all["series"] = Value::Object(series);
        all
    }

    /// How much there is.
    pub fn words(&self) -> String {
        let (columns, points) = (self.names.len(), self.rows.values().map(BTreeMap::len));
        let points: usize = points.sum();
        match self.most {
            _ if self.thinned > 0 => format!(
                "{columns} series, {points} points, all that were noted; thinned: of {} updates the loss is the mean of as many as {SPAN} says",
                self.thinned
            ),
            0 | 1 => format!("{columns} series, {points} points, all that were noted"),
            most => format!(
                "{columns} columns, {points} values, thinned: a value is of up to {most} points, the last of them at the update given"
            ),
        }
    }
}
