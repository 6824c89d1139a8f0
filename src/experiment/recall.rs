//! A lane as it was after an update of a race that has gone on since: computed again from the frame before, to the same bits.

use super::frames::Frames;
use super::lane::{LaneId, LaneSpec};
use super::order::Order;
use super::setup::Setup;
use crate::learning::{Batch, Interrupt, Learner, Pool, RunState, UpdateError};
use crate::network::Scalar;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// So many states passed last are kept, for steps back.
const NEAR: usize = 8;

/// What came of a recall.
pub(super) enum Recalled<S> {
    /// The state.
    Found(RunState<S>),
    /// There is no such lane, or nothing has been kept of it.
    Missing,
    /// It was interrupted; the next call goes on where it was left.
    Interrupted,
}

/// A lane on its way from a frame.
struct Lane<S: Scalar> {
    id: LaneId,
    learner: Learner<S>,
    /// Updates of the race made before its state.
    at: u64,
    /// From which updates on it took part.
    turns: BTreeMap<u64, bool>,
}

/// Computes lanes again.
pub(super) struct Recall<S: Scalar> {
    setup: Arc<Setup<S>>,
    /// The run that all of it belongs to (see [`Frames::run`]).
    run: u64,
    lane: Option<Lane<S>>,
    near: VecDeque<(LaneId, u64, RunState<S>)>,
    pool: Pool<S>,
    order: Order,
    batch: Arc<Batch<S>>,
}

impl<S: Scalar> Recall<S> {
    pub(super) fn new(setup: Arc<Setup<S>>) -> Self {
        Self {
            setup,
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
        let (run, update, frame, turns) = {
            let frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
            let update = update.min(frames.made());
            (
                frames.run(),
                update,
                frames.before(id, update),
                frames.turns(id),
            )
        };
        if run != self.run {
            (self.run, self.lane) = (run, None);
            self.near.clear();
        }
        if let Some((.., state)) = self.near.iter().find(|n| (n.0, n.1) == (id, update)) {
            return Recalled::Found(state.clone());
        }
        let Some(frame) = frame else {
            return Recalled::Missing;
        };
        let on_the_way = |l: &Lane<S>| l.id == id && (frame.update..=update).contains(&l.at);
        let mut lane = match self.lane.take().filter(on_the_way) {
            Some(lane) => Lane { turns, ..lane },
            None => {
                let specs = LaneSpec::raced(&self.setup.experiment);
                let Some(spec) = specs.into_iter().find(|s| s.id == id) else {
                    return Recalled::Missing;
                };
                let mut learner = self.setup.learner(&spec);
                learner.restore(frame.run);
                let at = frame.update;
                Lane {
                    id,
                    learner,
                    at,
                    turns,
                }
            }
        };
        let from = lane.at;
        while lane.at < update {
            let part = lane.turns.range(..=lane.at).next_back();
            if part.is_none_or(|(_, on)| *on) {
                let batch = Arc::make_mut(&mut self.batch);
                self.order.fill(&self.setup, lane.at, batch);
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
            if update - lane.at < NEAR as u64 {
                self.near
                    .push_back((id, lane.at, lane.learner.state().clone()));
                if self.near.len() > 2 * NEAR {
                    self.near.pop_front();
                }
            }
            progress(lane.at - from, update - from);
        }
        let state = lane.learner.state().clone();
        self.lane = Some(lane);
        Recalled::Found(state)
    }
}
