//! What may change while a run goes on, and the settings that a run has had, update by update.

use super::file::{Experiment, Learning};
use super::lane::{LaneId, LaneSpec};
use super::order::Order;
use super::setup::Setup;
use crate::network::Scalar;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One key of an experiment file that was set otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The key, as in `learning.rate`.
    pub key: String,
    /// Its value before; none if it was not there.
    pub from: Option<toml::Value>,
    /// Its value now.
    pub to: Option<toml::Value>,
}

impl Change {
    /// Which lanes of the file differ, and in what: "lane il-2 inference.gamma 0.1 → 0.05".
    fn lanes(&self) -> String {
        let entries = |value: &Option<toml::Value>| -> Vec<toml::Table> {
            let all = value.as_ref().and_then(toml::Value::as_array);
            let tables = all.into_iter().flatten().filter_map(toml::Value::as_table);
            tables.cloned().collect()
        };
        let id = |table: &toml::Table| {
            let id = table.get("id").and_then(toml::Value::as_str);
            id.unwrap_or_default().to_owned()
        };
        let (from, to) = (entries(&self.from), entries(&self.to));
        let mut said = Vec::new();
        for entry in &to {
            let name = id(entry);
            let empty = toml::Table::new();
            let before = from.iter().find(|e| id(e) == name).unwrap_or(&empty);
            let mut found = Vec::new();
            compare("", before, entry, &mut found);
            said.extend(found.iter().map(|change| format!("lane {name} {change}")));
        }
        said.join(", ")
    }
}

/// "learning.rate 0.1 → 0.05".
impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.key == "lanes" {
            return f.write_str(&self.lanes());
        }
        let or_none = |value: &Option<toml::Value>| match value {
            Some(value) => value.to_string(),
            None => "none".to_owned(),
        };
        let (from, to) = (or_none(&self.from), or_none(&self.to));
        write!(f, "{} {from} → {to}", self.key)
    }
}

impl Experiment {
    /// This experiment with what `draft` says of all that a run can take up between two updates: rule, rate, optimiser, the size of a
    /// batch, inference, conditions, and what lanes differ in. What stays as it is would make another run: data, network, seed, number
    /// type, and whether gradients are summed or averaged.
    #[must_use]
    pub fn in_run(&self, draft: &Self) -> Self {
        let learning = Learning {
            reduction: self.learning.reduction,
            ..draft.learning.clone()
        };
        Self {
            learning,
            inference: draft.inference,
            conditions: draft.conditions,
            lanes: draft.lanes.clone(),
            ..self.clone()
        }
    }

    /// True if a run of this experiment can go on as `draft` says: with the same lanes of the file, and nothing else changed that would
    /// make it another run. A rule that no lane has yet is taken up by a lane that joins (see [`super::race::Race::edit`]).
    pub fn takes_up(&self, draft: &Self) -> bool {
        let lanes = |e: &Self| {
            let all = LaneSpec::of_file(e).unwrap_or_default();
            all.into_iter().map(|l| (l.id, l.seed)).collect::<Vec<_>>()
        };
        self.in_run(draft) == *draft && lanes(self) == lanes(draft)
    }

    /// The keys in which another experiment differs, in the order of their names; of a section that was not there, the section.
    pub fn changes(&self, to: &Self) -> Vec<Change> {
        let table = |e: &Self| toml::Table::try_from(e).unwrap_or_default();
        let mut found = Vec::new();
        compare("", &table(self), &table(to), &mut found);
        found
    }
}

fn compare(before: &str, from: &toml::Table, to: &toml::Table, found: &mut Vec<Change>) {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for key in keys {
        let name = format!("{before}{key}");
        match (from.get(key), to.get(key)) {
            (Some(toml::Value::Table(from)), Some(toml::Value::Table(to))) => {
                compare(&format!("{name}."), from, to, found);
            }
            (from, to) if from != to => found.push(Change {
                key: name,
                from: from.cloned(),
                to: to.cloned(),
            }),
            _ => {}
        }
    }
}

/// The settings that a run has from an update on.
#[derive(Clone)]
pub struct Era<S> {
    /// The experiment with them, on the same data and network.
    pub setup: Arc<Setup<S>>,
    /// The lanes as they are then.
    pub lanes: Arc<Vec<LaneSpec>>,
}

impl<S: Scalar> Era<S> {
    /// The settings that a run begins with.
    pub fn first(setup: Arc<Setup<S>>) -> Self {
        Self {
            lanes: Arc::new(LaneSpec::raced(&setup.experiment)),
            setup,
        }
    }

    /// `before` with other settings; `None` if a run cannot take them up.
    pub fn behind(before: &Setup<S>, experiment: Experiment) -> Option<Self> {
        if !before.experiment.takes_up(&experiment) {
            return None;
        }
        let lanes = LaneSpec::raced(&experiment);
        Some(Self {
            setup: Arc::new(before.under(experiment)),
            lanes: Arc::new(lanes),
        })
    }

    /// A lane as it is then.
    pub fn lane(&self, id: LaneId) -> Option<&LaneSpec> {
        self.lanes.iter().find(|lane| lane.id == id)
    }
}

/// The settings of a run, update by update.
#[derive(Clone)]
pub struct Eras<S>(BTreeMap<u64, Era<S>>);

impl<S: Scalar> Eras<S> {
    /// A run whose settings have not changed.
    pub fn new(first: Era<S>) -> Self {
        Self(BTreeMap::from([(0, first)]))
    }

    /// After `update` updates of the race the settings are these. What was set after equally many, and not yet used, is gone; where
    /// it comes to what was before, nothing has changed.
    pub fn set(&mut self, update: u64, era: Era<S>) {
        if update > 0 {
            self.0.remove(&update);
            if self.at(update).setup.experiment == era.setup.experiment {
                return;
            }
        }
        self.0.insert(update, era);
    }

    /// The settings of the update behind the first `update`.
    pub fn at(&self, update: u64) -> &Era<S> {
        let before = self.0.range(..=update).next_back();
        before.expect("a run has settings from update 0 on").1
    }

    /// The settings of the last of the first `update` updates.
    pub fn made(&self, update: u64) -> &Era<S> {
        self.at(update.saturating_sub(1))
    }

    /// By which lanes that of `id` has come to what it is after `update` updates, each with the update behind which it began: what has
    /// joined was the experiment's own lane before. Empty where nobody knows such a lane.
    pub fn course(&self, id: LaneId, update: u64) -> Vec<(u64, LaneId)> {
        let within = update.saturating_sub(1);
        let here = self.0.range(..=within).next_back().map_or(0, |(at, _)| *at);
        if self.0.range(here..).all(|(_, era)| era.lane(id).is_none()) {
            return Vec::new();
        }
        let (mut lane, mut all) = (id, Vec::<(u64, LaneId)>::new());
        for (&at, era) in self.0.range(..=within).rev() {
            if era.lane(lane).is_none() {
                lane = LaneSpec::own(&era.setup.experiment).id;
            }
            match all.last_mut() {
                Some(last) if last.1 == lane => last.0 = at,
                _ => all.push((at, lane)),
            }
        }
        all.reverse();
        all
    }

    /// When settings changed after the first of all, and from what to what.
    pub fn changes(&self) -> Vec<(u64, Vec<Change>)> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs
            .map(|((_, before), (&update, after))| {
                let (from, to) = (&before.setup.experiment, &after.setup.experiment);
                (update, from.changes(to))
            })
            .collect()
    }

    /// All of them, with the updates made before.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Era<S>)> {
        self.0.iter().map(|(&update, era)| (update, era))
    }

    /// The order of the examples of a run with these settings.
    pub fn order(&self) -> Order {
        let mut order = Order::default();
        let mut before = self.at(0);
        for (&update, era) in &self.0 {
            order.resize(update, &before.setup, &era.setup);
            before = era;
        }
        order
    }

    /// Nothing is known of what was set after more than `update` updates.
    pub fn truncate(&mut self, update: u64) {
        self.0.retain(|&at, _| at <= update);
    }
}

impl<S> std::fmt::Debug for Eras<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_up_what_concerns_its_updates_alone() {
        let own = Experiment::load("digits-mlp", &[]).unwrap();
        let with = |change: &str| Experiment::load("digits-mlp", &[change.to_owned()]).unwrap();
        for change in [
            "learning.rate=0.01",
            "learning.optimiser=\"adam\"",
            "learning.batch=3",
            "learning.weight_decay=0.5",
            "inference.steps=3",
            "inference.noise=0.25",
            "conditions.gamma=0.5",
            "learning.rule=\"bp\"",
            // A lane joins that did not race.
            "learning.rule=\"incremental\"",
        ] {
            assert!(own.takes_up(&with(change)), "{change}");
        }
        for change in [
            "learning.reduction=\"sum\"",
            "seed=9",
            "dtype=\"f64\"",
            "network.gain=2",
            "lanes+=[{ id = \"more\", rule = \"il\" }]",
        ] {
            assert!(!own.takes_up(&with(change)), "{change}");
        }
        assert_eq!(own.changes(&own), []);
        let changes = own.changes(&with("inference.steps=3"));
        let from = own.inference.steps;
        let said: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(said, [format!("inference.steps {from} → 3")]);
    }
}
