//! A run computed again from its beginning by its journal, and compared with what its folder has.

use super::file::Dtype;
use super::fitted::loss_unit;
use super::kept::Kept;
use super::lane::{LaneId, LaneSpec};
use super::metrics;
use super::race::Race;
use super::trainer::{Event, Scoring, Trainer};
use crate::learning::{Interrupt, RunState, Uninterrupted};
use crate::network::{Scalar, Weights};
use std::path::PathBuf;
use std::sync::Arc;

/// What came of a run computed again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// Updates made again.
    pub updates: u64,
    /// Losses compared, each of an update…
    pub losses: u64,
    /// … of which so many were noted as means of several: those are compared by their least, their most and their mean.
    pub summed: u64,
    /// Key frames compared.
    pub frames: u64,
    /// Whether the checkpoint was compared, or lies behind.
    pub checkpoint: bool,
    /// Where it differs first: the first loss, the first state. None where all is equal in every bit.
    pub differs: Vec<String>,
    /// It was interrupted before the end.
    pub interrupted: bool,
}

/// How a run is computed again.
pub struct Asked<'a> {
    /// Up to this update; up to the checkpoint if nothing is said.
    pub update: Option<u64>,
    /// Threads that share a batch.
    pub threads: usize,
    /// Asked before every update whether to go on.
    pub proceed: &'a dyn Fn() -> bool,
    /// Told of every update made.
    pub progress: &'a dyn Fn(u64),
}

/// Computes a run again.
///
/// # Errors
/// One line: data that have moved, a file that is damaged, or an update that has not been made.
pub fn replay(kept: &Kept, asked: &Asked<'_>) -> Result<Replayed, String> {
    match kept.experiment.dtype {
        Dtype::F32 => again::<f32>(kept, asked),
        Dtype::F64 => again::<f64>(kept, asked),
    }
}

/// What there is to compare with after an update.
struct Target<S> {
    update: u64,
    what: String,
    /// The lane; the run's own if nothing is said.
    lane: Option<LaneId>,
    state: RunState<S>,
}

fn again<S: Scalar>(kept: &Kept, asked: &Asked<'_>) -> Result<Replayed, String> {
    let until = asked.update.unwrap_or(kept.stamp.update);
    if until > kept.stamp.update {
        return Err(format!(
            "--update {until}: {} has a checkpoint after {} updates; expected at most these",
            kept.folder.display(),
            kept.stamp.update
        ));
    }
    let mut noted = noted(kept, until)?.into_iter().peekable();
    let setup = Arc::new(kept.setup::<S>()?);
    // In the units of the targets as stored, like those that were noted.
    let unit = loss_unit(&setup.data, setup.plan.graph.loss).unwrap_or(1.0);
    let mut targets = Vec::new();
    for (update, path) in frames(kept, until) {
        let (stamp, state) = kept.frame(&path, &setup.plan)?;
        targets.push(Target {
            update,
            what: path.display().to_string(),
            lane: Some(stamp.lane),
            state,
        });
    }
    let kept_frames = targets.len() as u64;
    let reached = until == kept.stamp.update;
    if reached {
        targets.push(Target {
            update: until,
            what: format!("the checkpoint after {until} updates"),
            lane: None,
            state: kept.state(&setup.plan)?,
        });
    }
    let raced = kept.journal.begin().is_some_and(|begin| begin.raced);
    let mut trainer = match raced {
        true => Trainer::raced(setup, asked.threads, Scoring::NEVER),
        false => Trainer::own(setup, asked.threads, Scoring::NEVER),
    };
    trainer.follow(&kept.course).map_err(|e| e.to_string())?;
    let mut found = Replayed {
        frames: kept_frames,
        checkpoint: reached,
        ..Replayed::default()
    };
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let (mut loss_differs, mut state_differs) = (None, None);
    let mut made = Sum::default();
    loop {
        let done = trainer.race.updates();
        for target in targets.iter().filter(|t| t.update == done) {
            if state_differs.is_none() {
                state_differs = compared(&trainer.race, target, kept.stamp.lane);
            }
        }
        if done == until {
            break;
        }
        if !(asked.proceed)() {
            found.interrupted = true;
            break;
        }
        let Some(Event::Updated) = trainer.next(&never, &Uninterrupted) else {
            continue;
        };
        let own = own_lane(&trainer.race, kept.stamp.lane);
        if let Some(lane) = own
            && let Some(failure) = &lane.failure
            && noted.peek().is_some_and(|row| row.losses == row.span)
        {
            state_differs = Some(format!(
                "update {} cannot be made again: {}",
                failure.update, failure.error
            ));
            break;
        }
        if let Some(lane) = own.filter(|l| l.made.last() == Some(done + 1)) {
            made.add(lane.last_loss * unit);
        }
        if let Some(row) = noted.next_if(|row| row.update == done + 1) {
            found.losses += row.losses;
            found.summed += if row.span > 1 { row.losses } else { 0 };
            if loss_differs.is_none() {
                loss_differs = row.differs(&made);
            }
            made = Sum::default();
        }
        (asked.progress)(done + 1);
    }
    found.updates = trainer.race.updates();
    found.differs.extend(loss_differs);
    found.differs.extend(state_differs);
    Ok(found)
}

/// Losses, summed up.
#[derive(Default)]
struct Sum {
    count: u64,
    sum: f64,
    /// The least and the most.
    ends: Option<(f64, f64)>,
}

impl Sum {
    fn add(&mut self, loss: f64) {
        self.count += 1;
        self.sum += loss;
        let (least, most) = self.ends.unwrap_or((loss, loss));
        self.ends = Some((least.min(loss), most.max(loss)));
    }
}

/// What was noted of an update, or of several up to one.
struct Noted {
    update: u64,
    span: u64,
    losses: u64,
    loss: f64,
    ends: [f64; 2],
}

/// The mean of many numbers depends on the order in which they are added: so far apart, relatively, it may be.
const ROUNDING: f64 = 1e-9;

impl Noted {
    fn of(row: &metrics::Row) -> Self {
        let number = |key: &str| {
            let value = row.values.get(key).and_then(serde_json::Value::as_f64);
            value.unwrap_or(f64::NAN)
        };
        Self {
            update: row.update,
            span: row.span(),
            losses: row.losses(),
            loss: row.loss().unwrap_or(f64::NAN),
            ends: metrics::EXTREMES.map(number),
        }
    }

    /// How it differs from what was made again.
    fn differs(&self, made: &Sum) -> Option<String> {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        let of = match self.span {
            1 => format!("first at update {}: its", self.update),
            n => format!("first in the {n} updates up to {}: their", self.update),
        };
        if made.count != self.losses {
            return Some(format!(
                "{of} lane made {} updates, and {} were noted",
                made.count, self.losses
            ));
        }
        let (least, most) = made.ends?;
        let mean = made.sum / made.count as f64;
        let pairs = match self.span {
            1 => vec![("loss", mean, self.loss)],
            _ => vec![
                ("least loss", least, self.ends[0]),
                ("largest loss", most, self.ends[1]),
            ],
        };
        let differing = pairs.into_iter().find(|(_, a, b)| !same(*a, *b));
        let near = (mean - self.loss).abs() <= ROUNDING * mean.abs().max(most - least);
        let (what, own, noted) = match differing {
            Some(differing) => differing,
            None if self.span == 1 || near || !mean.is_finite() => return None,
            None => ("mean loss", mean, self.loss),
        };
        Some(format!("{of} {what} is {own}, and {noted} was noted"))
    }
}

/// What was noted of the updates up to `until`: what was summed up beyond it is left out.
fn noted(kept: &Kept, until: u64) -> Result<Vec<Noted>, String> {
    let (mut all, mut last) = (Vec::new(), 0);
    metrics::walk(&kept.folder, &kept.id, |row| {
        last = last.max(row.update);
        if row.span() > 0 && row.update <= until {
            all.push(Noted::of(&row));
        }
        Ok(row.update <= until)
    })?;
    if last < until {
        return Err(format!(
            "{}: ends at update {last}; expected {until}",
            kept.folder.join(metrics::METRICS).display()
        ));
    }
    Ok(all)
}

/// The key frames of all lanes up to an update.
fn frames(kept: &Kept, until: u64) -> Vec<(u64, PathBuf)> {
    let mut all: Vec<(u64, PathBuf)> = super::kept::frames(&kept.folder)
        .into_iter()
        .map(|(_, update, path)| (update, path))
        .filter(|(update, _)| *update <= until)
        .collect();
    all.sort();
    all
}

/// The lane of a name; the only one of a race under any. One that has still to join is the experiment's own as long.
fn own_lane<S: Scalar>(race: &Race<S>, id: LaneId) -> Option<&super::race::Lane<S>> {
    match &race.lanes[..] {
        [only] => Some(only),
        _ => {
            let own = || race.lane(LaneSpec::own(&race.setup.experiment).id);
            race.lane(id).or_else(own)
        }
    }
}

/// Where a lane differs from what was kept of it.
fn compared<S: Scalar>(race: &Race<S>, target: &Target<S>, own: LaneId) -> Option<String> {
    let what = &target.what;
    let lane = match target.lane {
        Some(id) => race.lane(id),
        None => own_lane(race, own),
    };
    let Some(lane) = lane else {
        return Some(format!("{what}: no such lane trains"));
    };
    let state = lane.learner.state();
    first_difference(state, &target.state).map(|words| format!("{what}: {words}"))
}

/// Where two states of one plan differ first: the parameter and its element, in the layout of checkpoints.
fn first_difference<S: Scalar>(own: &RunState<S>, kept: &RunState<S>) -> Option<String> {
    let plan = own.weights.plan();
    let in_weights = |what: &str, own: &Weights<S>, kept: &Weights<S>| {
        plan.graph
            .parameters
            .iter()
            .enumerate()
            .find_map(|(p, parameter)| {
                let (own, kept) = (own.exported(p), kept.exported(p));
                let mut both = own.iter().zip(&kept).enumerate();
                let (i, (a, b)) = both.find(|(_, (a, b))| a.differing_bits(**b) > 0)?;
                Some(format!(
                    "{what}{}, element {i}: {}, and {} was kept",
                    parameter.name,
                    a.to_f64(),
                    b.to_f64()
                ))
            })
    };
    if let Some(words) = in_weights("", &own.weights, &kept.weights) {
        return Some(words);
    }
    let (own_memory, kept_memory) = (own.optimiser.memory(), kept.optimiser.memory());
    let as_weights = |numbers: &[S]| Weights::from_values(Arc::clone(plan), numbers);
    let pairs = own_memory.1.iter().zip(&kept_memory.1);
    for (a, b) in pairs {
        let what = "the optimiser's memory of ";
        if let Some(words) = in_weights(what, &as_weights(a), &as_weights(b)) {
            return Some(words);
        }
    }
    // What has no number of its own in the layout of checkpoints.
    (own.differing_bits(kept) > 0).then(|| {
        format!(
            "{} updates and {} steps of the optimiser, and {} and {} were kept",
            own.updates, own_memory.0, kept.updates, kept_memory.0
        )
    })
}
