//! Key frames of a race: what its lanes had come to, now and then, from which any update between is computed again to the same bits.
//!
//! A lane whose updates take long has frames closer together: where room runs short, every other frame goes of the lane in which the
//! way from one to the next stays shortest.

use super::era::{Era, Eras};
use super::lane::LaneId;
use super::race::Lane;
use crate::learning::RunState;
use crate::network::Scalar;
use std::collections::BTreeMap;

/// The most bytes that the frames of a race take.
pub const FRAME_BUDGET: usize = 256 << 20;

/// To keep a frame, its numbers are copied before the next update changes them: so much of the time of an update may go into it.
const SHARE: f64 = 0.02;
/// Bytes copied in a second, with fresh memory taken for them, as a slow machine does it.
const COPIED: f64 = 1e9;

/// What a lane had come to.
#[derive(Clone, Debug)]
pub struct Frame<S> {
    /// Updates of the race made before it.
    pub update: u64,
    /// The state of its run.
    pub run: RunState<S>,
}

/// The frames of one lane.
#[derive(Clone, Debug)]
struct Kept<S> {
    lane: LaneId,
    spacing: u64,
    /// Seconds of an update.
    cost: f64,
    frames: BTreeMap<u64, RunState<S>>,
    /// Bytes of the frames.
    bytes: usize,
    /// Behind which updates of the race it began (true) or ceased (false) to make them.
    turns: BTreeMap<u64, bool>,
    /// Updates that it had made.
    made: u64,
    /// Nothing could be kept of it.
    given_up: bool,
}

impl<S: Scalar> Kept<S> {
    /// Keeps a frame.
    fn insert(&mut self, update: u64, run: &RunState<S>) {
        let before = self.frames.insert(update, run.clone());
        self.bytes += run.bytes();
        self.bytes -= before.map_or(0, |run| run.bytes());
    }

    /// The most seconds from a frame to what lies before the next.
    fn way(&self) -> f64 {
        self.cost * self.spacing as f64
    }

    /// Doubles the spacing. The first frame stays, or nothing could be computed again.
    fn thin(&mut self) {
        self.spacing = self.spacing.saturating_mul(2);
        let (first, spacing) = (self.first(), self.spacing);
        self.frames
            .retain(|&u, _| u == first || u.is_multiple_of(spacing));
        self.bytes = self.frames.values().map(RunState::bytes).sum();
    }

    /// What is known of it up to an update.
    fn up_to(&self, update: u64) -> Self {
        let frames = self.frames.range(..=update);
        let frames: BTreeMap<u64, RunState<S>> = frames.map(|(&u, run)| (u, run.clone())).collect();
        let turns = self.turns.range(..update);
        let made = self.made_by(update);
        Self {
            lane: self.lane,
            spacing: self.spacing,
            cost: self.cost,
            bytes: frames.values().map(RunState::bytes).sum(),
            frames,
            turns: turns.map(|(&u, &on)| (u, on)).collect(),
            made,
            given_up: self.given_up,
        }
    }

    /// Updates that it had made after `update` of the race.
    fn made_by(&self, update: u64) -> u64 {
        let Some((&at, run)) = self.frames.range(..=update).next_back() else {
            return 0;
        };
        (at..update).filter(|&u| self.makes(u)).count() as u64 + run.updates
    }

    /// True if it made the update behind the first `update`.
    fn makes(&self, update: u64) -> bool {
        let last = self.turns.range(..=update).next_back();
        last.is_none_or(|(_, on)| *on)
    }

    fn first(&self) -> u64 {
        self.frames.keys().next().copied().unwrap_or(0)
    }
}

/// What is known of a lane's past, as a folder has it.
#[derive(Debug)]
pub struct LanePast<S> {
    /// The lane.
    pub lane: LaneId,
    /// What it had come to after which updates, in their order.
    pub frames: Vec<(u64, RunState<S>)>,
    /// See [`Frames::turns`].
    pub turns: BTreeMap<u64, bool>,
    /// Updates that it has made.
    pub made: u64,
    /// Seconds of an update.
    pub cost: f64,
}

impl<S: Scalar> Kept<S> {
    fn of(past: LanePast<S>) -> Self {
        // What lies at the first and last update of all may stand beside the others' spacing.
        let inner = past.frames.iter().skip(1).rev().skip(1);
        let common = inner.fold(0, |all, (update, _)| all | *update);
        let spacing = 1 << common.trailing_zeros().min(20);
        let frames: BTreeMap<u64, RunState<S>> = past.frames.into_iter().collect();
        Self {
            lane: past.lane,
            spacing: if common == 0 { 1 } else { spacing },
            cost: past.cost,
            bytes: frames.values().map(RunState::bytes).sum(),
            frames,
            turns: past.turns,
            made: past.made,
            given_up: false,
        }
    }
}

/// How much is kept, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stored {
    /// Frames of all lanes.
    pub frames: usize,
    /// Their bytes.
    pub bytes: usize,
    /// The most bytes that they may take.
    pub budget: usize,
    /// The least and the most updates from one frame of a lane to its next.
    pub spacing: (u64, u64),
}

/// The frames of all lanes of a race.
#[derive(Clone, Debug)]
pub struct Frames<S> {
    budget: usize,
    lanes: Vec<Kept<S>>,
    /// Updates made.
    made: u64,
    /// The run of all those that there were: frames of another number are of another run.
    run: u64,
    /// The settings of the run.
    eras: Eras<S>,
}

impl<S: Scalar> Frames<S> {
    /// No frames yet of a run with these settings, in at most so many bytes.
    pub fn new(budget: usize, first: Era<S>) -> Self {
        Self {
            budget,
            lanes: Vec::new(),
            made: 0,
            run: 0,
            eras: Eras::new(first),
        }
    }

    /// Forgets everything: the race begins again, with the present settings.
    pub fn clear(&mut self) {
        self.lanes.clear();
        self.eras = Eras::new(self.eras.at(self.made).clone());
        self.made = 0;
        self.run += 1;
    }

    /// These are the frames of a run that was left behind `update`, and what its settings have been.
    pub fn restore(&mut self, update: u64, eras: Eras<S>, lanes: Vec<LanePast<S>>) {
        self.lanes = lanes.into_iter().map(Kept::of).collect();
        (self.made, self.eras) = (update, eras);
        self.run += 1;
        self.fit();
    }

    /// All frames up to an update, lane by lane.
    pub fn all(&self, until: u64) -> Vec<(LaneId, u64, RunState<S>)> {
        let of = |kept: &Kept<S>| {
            let frames = kept.frames.range(..=until);
            let frames = frames.map(|(&update, run)| (kept.lane, update, run.clone()));
            frames.collect::<Vec<_>>()
        };
        self.lanes.iter().flat_map(of).collect()
    }

    /// The settings of the run, update by update.
    pub fn eras(&self) -> &Eras<S> {
        &self.eras
    }

    /// From the next update on the settings are these.
    pub fn set(&mut self, era: Era<S>) {
        self.eras.set(self.made, era);
    }

    /// A branch behind update `update`: the same past, and nothing after it. What is kept of the run that it leaves takes at most
    /// `budget` bytes from now on.
    pub fn branch(&mut self, update: u64, budget: usize, run: u64) -> Self {
        let lanes = self.lanes.iter().map(|kept| kept.up_to(update));
        let mut eras = self.eras.clone();
        eras.truncate(update);
        let mut branch = Self {
            budget: self.budget,
            lanes: lanes.collect(),
            made: update,
            run,
            eras,
        };
        branch.fit();
        self.budget = budget;
        self.fit();
        branch
    }

    /// Lanes of which nothing could be kept are kept from here on.
    pub fn begin_again(&mut self, lanes: &[Lane<S>]) {
        let made = self.made;
        for kept in self.lanes.iter_mut().filter(|k| k.given_up) {
            if let Some(lane) = lanes.iter().find(|l| l.spec.id == kept.lane) {
                kept.insert(made, lane.learner.state());
                kept.given_up = false;
            }
        }
        self.fit();
    }

    /// These are the lanes of the race from the next update on: of one that joins the way so far is another's.
    pub fn follow(&mut self, lanes: &[Lane<S>]) {
        for lane in lanes {
            let made = lane.learner.updates();
            match self.lanes.iter_mut().find(|k| k.lane == lane.spec.id) {
                Some(kept) => kept.made = made,
                None => self.lanes.push(Kept {
                    lane: lane.spec.id,
                    spacing: 1,
                    cost: 0.0,
                    frames: BTreeMap::new(),
                    bytes: 0,
                    turns: BTreeMap::new(),
                    made,
                    given_up: false,
                }),
            }
        }
    }

    /// From now on these are the frames of run `run`.
    pub fn rename(&mut self, run: u64) {
        self.run = run;
    }

    /// Takes at most `budget` bytes from now on.
    pub fn within(&mut self, budget: usize) {
        self.budget = budget;
        self.fit();
    }

    /// The race begins, or every running lane has made update `update`. Which have, their own counts say: a lane that was unticked in
    /// the midst of an update may have made it, and one that failed has not.
    pub fn note(&mut self, update: u64, lanes: &[Lane<S>]) {
        self.made = update;
        for lane in lanes {
            let (id, run) = (lane.spec.id, lane.learner.state());
            let Some(kept) = self.lanes.iter_mut().find(|k| k.lane == id) else {
                self.lanes.push(Kept {
                    lane: id,
                    spacing: 1,
                    cost: 0.0,
                    frames: BTreeMap::from([(update, run.clone())]),
                    bytes: run.bytes(),
                    turns: BTreeMap::new(),
                    made: run.updates,
                    given_up: false,
                });
                continue;
            };
            let part = run.updates > kept.made;
            kept.made = run.updates;
            if kept.turns.values().next_back() != Some(&part) {
                kept.turns.insert(update - 1, part);
            }
            if !part {
                continue;
            }
            kept.cost = lane.seconds / run.updates as f64;
            let copying = run.bytes() as f64 / COPIED;
            while kept.way() * SHARE < copying && kept.cost > 0.0 && kept.spacing < 1 << 20 {
                kept.thin();
            }
            // Where the first was given up, the others would be as well.
            if update.is_multiple_of(kept.spacing) && !kept.given_up {
                kept.insert(update, run);
            }
        }
        self.fit();
    }

    /// Makes frames fewer until they fit; where not even the first of each lane do, none is kept.
    fn fit(&mut self) {
        while self.bytes() > self.budget {
            let several = self.lanes.iter_mut().filter(|k| k.frames.len() > 1);
            match several.min_by(|a, b| a.way().total_cmp(&b.way())) {
                Some(nearest) => nearest.thin(),
                None => self.lanes.iter_mut().for_each(|k| {
                    k.frames.clear();
                    (k.bytes, k.given_up) = (0, true);
                }),
            }
        }
    }

    fn bytes(&self) -> usize {
        self.lanes.iter().map(|k| k.bytes).sum()
    }

    /// Updates made by the race.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Which run of the session the frames are of.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The last frame at `update` or before on the way of a lane: of its own, or of the lane that it joined with the weights of (see
    /// [`Eras::course`]).
    pub fn before(&self, lane: LaneId, update: u64) -> Option<Frame<S>> {
        let mut until = update;
        for (from, lane) in self.eras.course(lane, update).into_iter().rev() {
            // What it had come to as it joined is another's; frames of before are of another time.
            let first = if from == 0 { 0 } else { from + 1 };
            let kept = self.lanes.iter().find(|k| k.lane == lane);
            let frames = kept
                .filter(|_| first <= until)
                .map(|k| k.frames.range(first..=until));
            if let Some((&update, run)) = frames.and_then(|mut frames| frames.next_back()) {
                return Some(Frame {
                    update,
                    run: run.clone(),
                });
            }
            until = from;
        }
        None
    }

    /// See [`Frames::turns`], of all lanes that there were.
    pub fn all_turns(&self) -> impl Iterator<Item = (LaneId, &BTreeMap<u64, bool>)> {
        self.lanes.iter().map(|k| (k.lane, &k.turns))
    }

    /// Behind which updates of the race a lane began (true) or ceased (false) to make them; it makes the first, unless that is said.
    pub fn turns(&self, lane: LaneId) -> BTreeMap<u64, bool> {
        let kept = self.lanes.iter().find(|k| k.lane == lane);
        kept.map(|k| k.turns.clone()).unwrap_or_default()
    }

    /// How much is kept.
    pub fn stored(&self) -> Stored {
        let spacings = || self.lanes.iter().map(|k| k.spacing);
        Stored {
            frames: self.lanes.iter().map(|k| k.frames.len()).sum(),
            bytes: self.bytes(),
            budget: self.budget,
            spacing: (spacings().min().unwrap_or(1), spacings().max().unwrap_or(1)),
        }
    }
}
