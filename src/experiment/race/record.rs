//! What a lane has come to besides its weights, as it is kept in the folder of a run and taken up again: curves, comparisons, scores.

use super::{Lane, LaneFailure, Race};
use crate::data::Part;
use crate::experiment::era::Era;
use crate::experiment::score::Score;
use crate::experiment::series::Series;
use crate::experiment::spans::Spans;
use crate::experiment::standing::Lineage;
use crate::learning::compare::Distance;
use crate::learning::{RunState, UpdateError};
use crate::network::Scalar;
use serde::{Deserialize, Serialize};

/// Numbers in JSON, which has none that is not finite: null stands for those.
pub mod or_null {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    /// Writes a number.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        value.is_finite().then_some(*value).serialize(to)
    }

    /// Reads a number.
    ///
    /// # Errors
    /// Neither a number nor null.
    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<f64, D::Error> {
        Option::deserialize(from).map(|value| value.unwrap_or(f64::NAN))
    }
}

/// What a lane has come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LaneRecord {
    /// Its name.
    pub lane: String,
    /// Ticked.
    pub active: bool,
    /// Why it stopped.
    pub failure: Option<FailureRecord>,
    /// Loss of every batch before its update.
    pub loss: Series,
    /// Accuracy on the test part, or R².
    pub accuracy: Series,
    /// … on the validation part.
    pub validation: Series,
    /// … of the training examples.
    pub training: Series,
    /// Relative distance to BP's weights.
    pub distance: Series,
    /// Updates of the race after which it was compared with BP.
    pub compared: Spans,
    /// Updates after which some bit differed from BP, of those.
    pub differing: Spans,
    /// Updates of the race that it has made.
    pub made: Spans,
    /// Those of them that did not equal backpropagation's in real arithmetic.
    pub unlike: Spans,
    /// Matrix products so far.
    pub worked: u64,
    /// Own compute time in seconds.
    #[serde(with = "or_null")]
    pub seconds: f64,
    /// The last comparison with BP.
    pub apart: Option<ApartRecord>,
    /// The last scores.
    pub scores: Vec<ScoreRecord>,
}

/// Where a lane stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureRecord {
    /// The update that could not be made, counted from 1.
    pub update: u64,
    /// The vertex that was not finite.
    pub vertex: String,
    /// The state at which that was first seen.
    pub t: Option<usize>,
}

/// How far a lane was from BP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApartRecord {
    differing_weights: usize,
    differing_bits: u64,
    max_ulp: u64,
    #[serde(with = "or_null")]
    max_abs_difference: f64,
    #[serde(with = "or_null")]
    relative_distance: f64,
    #[serde(with = "or_null")]
    cosine: f64,
    moved: usize,
}

impl From<Distance> for ApartRecord {
    fn from(d: Distance) -> Self {
        Self {
            differing_weights: d.differing_weights,
            differing_bits: d.differing_bits,
            max_ulp: d.max_ulp,
            max_abs_difference: d.max_abs_difference,
            relative_distance: d.relative_distance,
            cosine: d.cosine,
            moved: d.moved,
        }
    }
}

impl From<ApartRecord> for Distance {
    fn from(d: ApartRecord) -> Self {
        Self {
            differing_weights: d.differing_weights,
            differing_bits: d.differing_bits,
            max_ulp: d.max_ulp,
            max_abs_difference: d.max_abs_difference,
            relative_distance: d.relative_distance,
            cosine: d.cosine,
            moved: d.moved,
        }
    }
}

/// A score, and what it is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreRecord {
    update: u64,
    part: String,
    #[serde(with = "or_null")]
    loss: f64,
    #[serde(with = "or_null")]
    accuracy: f64,
    #[serde(with = "or_null")]
    balanced_accuracy: f64,
    #[serde(with = "or_null")]
    r2: f64,
    #[serde(with = "or_null")]
    mean_loss: f64,
    n: usize,
    not_finite: Option<usize>,
}

/// The parts by the names of files.
const PARTS: [(Part, &str); 3] = [
    (Part::Train, "train"),
    (Part::Validation, "validation"),
    (Part::Test, "test"),
];

impl ScoreRecord {
    fn of((update, part, score): &(u64, Part, Score)) -> Self {
        let name = PARTS.iter().find(|(p, _)| p == part);
        Self {
            update: *update,
            part: name.map_or("", |(_, name)| name).to_owned(),
            loss: score.loss,
            accuracy: score.accuracy,
            balanced_accuracy: score.balanced_accuracy,
            r2: score.r2,
            mean_loss: score.mean_loss,
            n: score.n,
            not_finite: score.not_finite,
        }
    }

    /// `None` of a part that nobody knows.
    fn score(&self) -> Option<(u64, Part, Score)> {
        let (part, _) = PARTS.iter().find(|(_, name)| *name == self.part)?;
        let score = Score {
            loss: self.loss,
            accuracy: self.accuracy,
            balanced_accuracy: self.balanced_accuracy,
            r2: self.r2,
            mean_loss: self.mean_loss,
            n: self.n,
            not_finite: self.not_finite,
        };
        Some((self.update, *part, score))
    }
}

impl LaneRecord {
    /// What is wrong with it, in a race that is at `update`; `None` of a sound one.
    pub fn fault(&self, update: u64) -> Option<&'static str> {
        let spans = [&self.compared, &self.differing, &self.made, &self.unlike];
        let curves = [
            &self.loss,
            &self.accuracy,
            &self.validation,
            &self.training,
            &self.distance,
        ];
        let failed = self.failure.as_ref();
        if spans.iter().any(|s| !s.is_sound(update)) {
            Some("updates that do not add up")
        } else if curves.iter().any(|c| !c.is_sound(update)) {
            Some("a curve that does not go forward")
        } else if failed.is_some_and(|f| f.update == 0 || f.update > update) {
            Some("a stop at an update that was not made")
        } else if self.scores.iter().any(|s| s.score().is_none()) {
            Some("a score of no part")
        } else {
            None
        }
    }
}

impl<S: Scalar> Lane<S> {
    /// What it had come to after `update` updates of the race.
    pub fn record(&self, update: u64) -> LaneRecord {
        // Of an update that some lanes have made and others have not, nothing is kept.
        let cut = |series: &Series, from: u64| {
            let mut series = series.clone();
            series.cut(from);
            series
        };
        let spans = |spans: &Spans| {
            let mut spans = spans.clone();
            spans.truncate(update);
            spans
        };
        let failure = self.failure.as_ref().filter(|f| f.update <= update);
        LaneRecord {
            lane: self.spec.id.name().to_owned(),
            active: self.active,
            failure: failure.and_then(|f| match &f.error {
                UpdateError::NotFinite { vertex, t } => Some(FailureRecord {
                    update: f.update,
                    vertex: vertex.clone(),
                    t: *t,
                }),
                UpdateError::Abandoned => None,
            }),
            loss: cut(&self.loss, update + 1),
            accuracy: cut(&self.accuracy, update + 1),
            validation: cut(&self.validation, update + 1),
            training: cut(&self.training, update + 1),
            distance: cut(&self.distance, update + 1),
            compared: spans(&self.compared),
            differing: spans(&self.differing),
            made: spans(&self.made),
            unlike: spans(&self.unlike),
            worked: self.worked,
            seconds: self.seconds,
            apart: self.apart.map(ApartRecord::from),
            scores: self.scores.iter().map(ScoreRecord::of).collect(),
        }
    }

    /// Is again what it was.
    fn restore(&mut self, record: LaneRecord) {
        self.active = record.active;
        self.failure = record.failure.map(|f| LaneFailure {
            update: f.update,
            error: UpdateError::NotFinite {
                vertex: f.vertex,
                t: f.t,
            },
        });
        self.last_loss = record.loss.last().map_or(f64::NAN, |b| b.mean);
        self.loss = record.loss;
        self.accuracy = record.accuracy;
        self.validation = record.validation;
        self.training = record.training;
        self.distance = record.distance;
        self.compared = record.compared;
        self.differing = record.differing;
        self.made = record.made;
        self.unlike = record.unlike;
        self.worked = record.worked;
        self.seconds = if record.seconds.is_finite() {
            record.seconds
        } else {
            0.0
        };
        self.apart = record.apart.map(Distance::from);
        self.scores = record.scores.iter().filter_map(|s| s.score()).collect();
        self.lineage = Lineage::default();
        self.made.iter().for_each(|made| self.lineage.push(made));
    }
}

impl<S: Scalar> Race<S> {
    /// Is again what it was after `update` updates, under the settings of then; of every lane what it had come to. A lane that is not
    /// among them is as it begins.
    pub fn restore(&mut self, update: u64, era: &Era<S>, lanes: Vec<(LaneRecord, RunState<S>)>) {
        self.setup = std::sync::Arc::clone(&era.setup);
        for (record, run) in lanes {
            let named = |l: &&mut Lane<S>| l.spec.id.name() == record.lane;
            if let Some(lane) = self.lanes.iter_mut().find(named) {
                lane.learner = era.setup.learner_from(&lane.spec, run);
                lane.recent.clear();
                lane.restore(record);
            }
        }
        (self.update, self.turns) = (update, 0);
    }
}
