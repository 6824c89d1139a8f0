//! A lane as it was after an update of a race that has gone on since: computed again from the frame before, to the same bits.

use super::era::{Era, Eras};
use super::frames::{Frame, Frames};
use super::lane::LaneId;
use super::order::Order;
use super::setup::Setup;
use crate::learning::{Batch, Interrupt, Learner, Pool, RunState, UpdateError};
use crate::network::Scalar;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// So many states passed last are kept, for steps back…
const NEAR: usize = 8;
/// … if they take no more bytes than this.
const NEAR_BYTES: usize = 64 << 20;

/// What came of a recall.
pub(super) enum Recalled<S> {
    /// The state.
    Found(RunState<S>),
    /// There is no such lane, or nothing has been kept of it.
    Missing,
    /// It was interrupted; the next call goes on where it was left.
    Interrupted,
}

/// By which lanes one comes to a state, each with the update behind which it began (see [`Eras::course`]) and its turns (see
/// [`Frames::turns`]).
type Course = [(u64, LaneId, BTreeMap<u64, bool>)];

/// As which lane update `update` was made.
fn made_as(course: &Course, update: u64) -> Option<LaneId> {
    let before = |(from, ..): &&(u64, LaneId, _)| *from < update.max(1);
    course.iter().rev().find(before).map(|(_, id, _)| *id)
}

/// A lane on its way from a frame.
struct Lane<S: Scalar> {
    id: LaneId,
    learner: Learner<S>,
    /// Updates of the race made before its state.
    at: u64,
    course: Vec<(u64, LaneId, BTreeMap<u64, bool>)>,
    /// The settings that it goes on with.
    setup: Arc<Setup<S>>,
}

impl<S: Scalar> Lane<S> {
    /// As which lane it makes the update behind the one it is at, and when that one was ticked.
    fn here(&self) -> Option<&(u64, LaneId, BTreeMap<u64, bool>)> {
        self.course.iter().rev().find(|(from, ..)| *from <= self.at)
    }

    /// Goes on with the settings of an era, from the state that it is in; false if there is no such lane then.
    fn take_up(&mut self, era: &Era<S>) -> bool {
        if Arc::ptr_eq(&self.setup, &era.setup) {
            return true;
        }
        let Some(spec) = self.here().and_then(|(_, id, _)| era.lane(*id)) else {
            return false;
        };
        self.setup = Arc::clone(&era.setup);
        self.learner = era.setup.learner_from(spec, self.learner.state().clone());
        true
    }
}

/// Computes lanes again.
pub(super) struct Recall<S: Scalar> {
    /// The run that all of it belongs to (see [`Frames::run`]).
    run: u64,
    lane: Option<Lane<S>>,
    near: VecDeque<(LaneId, u64, RunState<S>)>,
    pool: Pool<S>,
    order: Order,
    batch: Arc<Batch<S>>,
}

impl<S: Scalar> Recall<S> {
    pub(super) fn new() -> Self {
        Self {
            run: 0,
            lane: None,
            near: VecDeque::new(),
            // Bits do not depend on the number of threads, and the race may train meanwhile.
            pool: Pool::new(1),
            order: Order::default(),
            batch: Arc::default(),
        }
    }

    /// The state of a lane after `update` updates of the race (after all of them, if there are not so many). `progress` is told how
    /// many of how many have been made again.
    pub(super) fn state(
        &mut self,
        frames: &Mutex<Frames<S>>,
        (id, update): (LaneId, u64),
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Recalled<S> {
        let (run, update, frame, course, eras) = {
            let frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
            let update = update.min(frames.made());
            (
                frames.run(),
                update,
                frames.before(id, update),
                (frames.eras().course(id, update).into_iter())
                    .map(|(from, id)| (from, id, frames.turns(id)))
                    .collect::<Vec<_>>(),
                frames.eras().clone(),
            )
        };
        if run != self.run {
            (self.run, self.lane) = (run, None);
            self.near.clear();
        }
        let made = made_as(&course, update);
        if let Some((.., state)) = self
            .near
            .iter()
            .find(|n| (Some(n.0), n.1) == (made, update))
        {
            return Recalled::Found(state.clone());
        }
        let Some(frame) = frame else {
            return Recalled::Missing;
        };
        self.order.follow(eras.order());
        let on_the_way = |l: &Lane<S>| {
            let same = made_as(&l.course, l.at) == made_as(&course, l.at);
            l.id == id && same && (frame.update..=update).contains(&l.at)
        };
        let mut lane = match self.lane.take().filter(on_the_way) {
            Some(lane) => Lane { course, ..lane },
            None => match Self::begin(id, frame, course, &eras) {
                Some(lane) => lane,
                None => return Recalled::Missing,
            },
        };
        let from = lane.at;
        let near = NEAR.min(NEAR_BYTES / lane.learner.state().bytes().max(1));
        while lane.at < update {
            if !lane.take_up(eras.at(lane.at)) {
                return Recalled::Missing;
            }
            let turns = lane.here().map(|(.., turns)| turns);
            let part = turns.and_then(|turns| turns.range(..=lane.at).next_back());
            if part.is_none_or(|(_, on)| *on) {
                let batch = Arc::make_mut(&mut self.batch);
                self.order.fill(&lane.setup, lane.at, batch);
                // An update that could not be made left the lane as it was.
                let made = lane.learner.update(&self.pool, &self.batch, interrupt);
                if made == Err(UpdateError::Abandoned) || !interrupt.proceed() {
                    if made.is_ok() {
                        lane.at += 1;
                    }
                    self.lane = Some(lane);
                    return Recalled::Interrupted;
                }
            }
            lane.at += 1;
            if update - lane.at < near as u64 {
                let state = lane.learner.state().clone();
                let made = made_as(&lane.course, lane.at).unwrap_or(id);
                self.near.push_back((made, lane.at, state));
                if self.near.len() > near {
                    self.near.pop_front();
                }
            }
            progress(lane.at - from, update - from);
        }
        let state = lane.learner.state().clone();
        self.lane = Some(lane);
        Recalled::Found(state)
    }

    /// A lane at its frame; `None` if there is no such lane then.
    fn begin(
        id: LaneId,
        frame: Frame<S>,
        course: Vec<(u64, LaneId, BTreeMap<u64, bool>)>,
        eras: &Eras<S>,
    ) -> Option<Lane<S>> {
        // As it was when it was kept: what was edited behind that is taken up with the next update.
        let era = eras.made(frame.update);
        let spec = made_as(&course, frame.update).and_then(|id| era.lane(id))?;
        Some(Lane {
            id,
            learner: era.setup.learner_from(spec, frame.run),
            at: frame.update,
            setup: Arc::clone(&era.setup),
            course,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::file::Experiment;
    use crate::experiment::lane::LaneSpec;
    use crate::experiment::loading::load_data;
    use crate::experiment::race::Race;
    use crate::learning::{Uninterrupted, While};
    use std::sync::atomic::{AtomicU64, Ordering};

    fn setup(changes: &[&str]) -> Arc<Setup<f32>> {
        let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
        let experiment = Experiment::load("digits-mlp", &changes).unwrap();
        let data = load_data(&experiment).unwrap();
        Arc::new(Setup::new(experiment, data).unwrap())
    }

    fn first(setup: &Arc<Setup<f32>>) -> Era<f32> {
        Era::first(Arc::clone(setup))
    }

    fn never() -> Arc<dyn Interrupt> {
        Arc::new(Uninterrupted)
    }

    /// A race of so many updates, a lane resting in the middle; what every lane was after each.
    fn raced(
        setup: &Arc<Setup<f32>>,
        updates: u64,
        frames: &Mutex<Frames<f32>>,
    ) -> Vec<Vec<(LaneId, RunState<f32>)>> {
        let lanes = LaneSpec::raced(&setup.experiment);
        let mut race = Race::new(Arc::clone(setup), lanes, 2);
        let all = |race: &Race<f32>| {
            let states = race
                .lanes
                .iter()
                .map(|l| (l.spec.id, l.learner.state().clone()));
            states.collect()
        };
        let note = |race: &Race<f32>| frames.lock().unwrap().note(race.updates(), &race.lanes);
        note(&race);
        let (mut passed, mut part_made) = (vec![all(&race)], false);
        for update in 0..updates {
            if update == updates / 3 || update == updates / 2 {
                race.lanes[1].active ^= true;
                // In the midst of the update after, once some lanes have made it.
                let asked = AtomicU64::new(0);
                let some: Arc<dyn Interrupt> =
                    Arc::new(While(move || asked.fetch_add(1, Ordering::Relaxed) < 12));
                // Lanes take turns at being first.
                if !race.update(&some) {
                    let before: &Vec<(LaneId, RunState<f32>)> = &passed[update as usize];
                    let mut both = race.lanes.iter().zip(before);
                    part_made |= both.any(|(l, old)| l.learner.updates() > old.1.updates);
                    race.lanes[0].active = false;
                    assert!(race.update(&never()));
                    race.lanes[0].active = true;
                    note(&race);
                    passed.push(all(&race));
                    continue;
                }
            } else {
                assert!(race.update(&never()));
            }
            note(&race);
            passed.push(all(&race));
        }
        assert!(part_made, "no update was left in its midst");
        passed
    }

    #[test]
    fn any_update_is_computed_again_to_the_same_bits_within_the_budget() {
        for changes in [
            &["seed=3"][..],
            &[
                "learning.optimiser=\"adam\"",
                "learning.rate=0.003",
                "inference.noise=0.01",
                "inference.adaptive=false",
            ],
        ] {
            let setup = setup(changes);
            // Room for a dozen frames of three lanes.
            let one = setup.begin().bytes();
            let budget = 12 * one;
            let frames = Mutex::new(Frames::new(budget, first(&setup)));
            let passed = raced(&setup, 90, &frames);
            let stored = frames.lock().unwrap().stored();
            assert!(stored.bytes <= budget && stored.frames >= 6, "{stored:?}");
            let mut recall = Recall::new();
            // Forth and back, near and far, and beyond the end, which is the end.
            for update in [90, 89, 88, 3, 4, 60, 0, 31, 44, 45, 46, 30, 29, 77, 200] {
                for (id, first) in &passed[update.min(90)] {
                    let wanted = (*id, update as u64);
                    match recall.state(&frames, wanted, &never(), &mut |_, _| ()) {
                        Recalled::Found(again) => {
                            assert_eq!(again.differing_bits(first), 0, "{id:?} at {update}");
                        }
                        _ => panic!("{id:?} at {update}"),
                    }
                }
            }
            frames.lock().unwrap().clear();
            let gone = recall.state(&frames, (LaneId::BP, 5), &never(), &mut |_, _| ());
            assert!(matches!(gone, Recalled::Missing), "of another run");
        }
    }

    #[test]
    fn where_not_one_frame_of_each_lane_fits_none_is_kept() {
        let setup = setup(&[]);
        let frames = Mutex::new(Frames::new(3 * setup.begin().bytes() - 1, first(&setup)));
        raced(&setup, 9, &frames);
        let stored = frames.lock().unwrap().stored();
        assert_eq!((stored.frames, stored.bytes), (0, 0));
        let mut recall = Recall::new();
        let gone = recall.state(&frames, (LaneId::BP, 5), &never(), &mut |_, _| ());
        assert!(matches!(gone, Recalled::Missing));
    }

    #[test]
    fn a_recall_that_is_interrupted_goes_on_where_it_was_left() {
        let setup = setup(&[]);
        let frames = Mutex::new(Frames::new(3 * setup.begin().bytes(), first(&setup)));
        let passed = raced(&setup, 42, &frames);
        assert_eq!(
            frames.lock().unwrap().stored().frames,
            3,
            "the first of each lane"
        );
        let mut recall = Recall::new();
        let (id, wanted) = (LaneId::ZIL, (LaneId::ZIL, 42));
        let (mut calls, mut least) = (0, 0);
        let found = loop {
            calls += 1;
            assert!(calls < 100);
            let asked = AtomicU64::new(0);
            let some: Arc<dyn Interrupt> =
                Arc::new(While(move || asked.fetch_add(1, Ordering::Relaxed) < 40));
            let mut of = 0;
            match recall.state(&frames, wanted, &some, &mut |_, all| of = all) {
                Recalled::Interrupted => {
                    assert!(of == 0 || of <= 42 - least, "nothing is made twice");
                    least = 42 - of;
                }
                Recalled::Found(run) => break run,
                Recalled::Missing => panic!("missing"),
            }
        };
        assert!(calls > 2, "{calls}");
        let first = &passed[42].iter().find(|l| l.0 == id).unwrap().1;
        assert_eq!(found.differing_bits(first), 0);
    }
}
