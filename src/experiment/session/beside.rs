//! Two runs side by side under the microscope: the same example, inferred alike with the weights of either after the same update.

use super::wish::Wish;
use super::{Handover, lock};
use crate::data::Part;
use crate::experiment::answers::{Answers, Asker};
use crate::experiment::frames::Frames;
use crate::experiment::lane::LaneId;
use crate::experiment::microscope::{Microscope, MicroscopeSnapshot, STATE_BUDGET, Subject};
use crate::experiment::plane::{Gained, Plane, PlaneWorker};
use crate::experiment::recall::{Recall, Recalled};
use crate::experiment::setup::Setup;
use crate::learning::{Batch, Interrupt, RunState};
use crate::network::{Scalar, Weights};
use std::sync::{Arc, Mutex};

/// Two runs side by side.
#[derive(Clone, Debug)]
pub struct Beside {
    /// Their names.
    pub runs: [char; 2],
    /// The update that the weights of both are of: the one looked at, or the last that both have made.
    pub update: u64,
    /// The lane whose weights they are.
    pub lane: LaneId,
    /// What either answers to the part that is watched, where targets are values.
    pub answers: Option<Arc<[Answers; 2]>>,
    /// What the microscope shows of either.
    pub sides: [Arc<MicroscopeSnapshot>; 2],
    /// The second less the first.
    pub difference: Arc<MicroscopeSnapshot>,
    /// What either says all over the plane of two inputs, and what the second says more, where that was asked for and there is one.
    pub planes: Option<([Arc<Plane>; 2], Arc<Gained>)>,
}

impl Beside {
    /// The first, the second, and their difference.
    pub fn all(&self) -> [&MicroscopeSnapshot; 3] {
        [&self.sides[0], &self.sides[1], &self.difference]
    }
}

/// The runs of a race, where their pasts are.
#[derive(Clone)]
pub(super) struct Runs<S> {
    /// The name of the present one.
    pub(super) present: char,
    /// Those that were left.
    pub(super) kept: Vec<(char, Arc<Mutex<Frames<S>>>)>,
}

impl<S> Default for Runs<S> {
    fn default() -> Self {
        Self {
            present: 'A',
            kept: Vec::new(),
        }
    }
}

/// What one side is worked out by.
struct Side<S: Scalar> {
    recall: Recall<S>,
    microscope: Option<Microscope<S>>,
    /// Those that it looks at.
    weights: Option<Arc<Weights<S>>>,
    /// What they say all over the plane, once that was asked for.
    plane: Option<Arc<Plane>>,
}

/// What a pair is of: of each run its number, and the update.
type Of = ([char; 2], [u64; 2], u64);

/// Works a pair out.
pub(super) struct Pair<S: Scalar> {
    sides: [Side<S>; 2],
    /// The runs and the update that the microscopes look at, with the wish that says how.
    of: Option<(Of, Wish)>,
    /// Asks either, where targets are values.
    asker: Option<Asker<S>>,
    answers: Option<(Of, LaneId, Arc<[Answers; 2]>)>,
    /// There is what has not been shown.
    news: bool,
}

/// What the microscopes look at besides the weights.
pub(super) struct Seen<'a, S: Scalar> {
    pub(super) wish: &'a Wish,
    /// The state that is wanted at last.
    pub(super) goal: usize,
    /// The part that is watched.
    pub(super) part: Part,
    pub(super) subject: &'a dyn Fn(u64) -> Subject,
    pub(super) example: &'a dyn Fn() -> Batch<S>,
}

/// What came of it.
pub(super) enum Paired {
    /// Both are there.
    Both(Beside),
    /// They are what they were.
    AsBefore,
    /// Of this run that update is not known.
    Missing(char),
    /// It was interrupted; the next call goes on where it was left.
    Interrupted,
}

impl<S: Scalar> Pair<S> {
    pub(super) fn new(setup: &Arc<Setup<S>>) -> Self {
        let side = || Side {
            recall: Recall::new(),
            microscope: None,
            weights: None,
            plane: None,
        };
        Self {
            sides: [side(), side()],
            of: None,
            asker: Asker::new(setup),
            answers: None,
            news: false,
        }
    }

    /// What is there has to be shown again.
    pub(super) fn show_again(&mut self) {
        self.news = true;
    }

    /// Where the past of a run is; `None` of the present one.
    fn frames(handover: &Handover<S>, run: char) -> Result<Option<Arc<Mutex<Frames<S>>>>, ()> {
        let runs = lock(&handover.runs);
        if runs.present == run {
            return Ok(None);
        }
        let kept = runs.kept.iter().find(|kept| kept.0 == run);
        kept.map(|kept| Some(Arc::clone(&kept.1))).ok_or(())
    }

    /// Looks at both runs, and by the surveyor, where there is one, at the plane of both. `progress` is told how many updates of how many
    /// have been made again.
    pub(super) fn look(
        &mut self,
        (handover, surveyor): (&Handover<S>, Option<&mut PlaneWorker<S>>),
        runs: [char; 2],
        seen: &Seen<'_, S>,
        interrupt: &Arc<dyn Interrupt>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Paired {
        let mut pasts = Vec::with_capacity(2);
        for run in runs {
            match Self::frames(handover, run) {
                Ok(past) => pasts.push(past),
                Err(()) => return Paired::Missing(run),
            }
        }
        let past = |i: usize| pasts[i].as_deref().unwrap_or(&handover.frames);
        let known = |i: usize| {
            let frames = lock(past(i));
            (frames.run(), frames.made())
        };
        let (a, b) = (known(0), known(1));
        let shown = seen.wish.at.unwrap_or(u64::MAX);
        let update = shown.min(a.1).min(b.1);
        let of = (runs, [a.0, b.0], update);
        let same = |(before, wish): &(Of, Wish)| {
            *before == of && wish.same_phase(seen.wish) && wish.lane == seen.wish.lane
        };
        if !self.of.as_ref().is_some_and(same) {
            self.of = None;
            for (i, name) in runs.into_iter().enumerate() {
                let wanted = (seen.wish.lane, update);
                let side = &mut self.sides[i];
                match side.recall.state(past(i), wanted, interrupt, progress) {
                    Recalled::Found(run) => side.look_at(run, seen),
                    Recalled::Missing => return Paired::Missing(name),
                    Recalled::Interrupted => return Paired::Interrupted,
                }
            }
            self.of = Some((of, seen.wish.clone()));
            self.news = true;
        }
        for side in &mut self.sides {
            let Some(microscope) = &mut side.microscope else {
                continue;
            };
            while !microscope.has(seen.goal) {
                if !interrupt.proceed() {
                    return Paired::Interrupted;
                }
                if !microscope.advance() {
                    break;
                }
                self.news = true;
            }
        }
        let Some(answers) = self.answers(of, seen, &**interrupt) else {
            return Paired::Interrupted;
        };
        if let Some(worker) = surveyor {
            for side in &mut self.sides {
                let Some(weights) = side.weights.as_ref().filter(|_| side.plane.is_none()) else {
                    continue;
                };
                let plane = worker.run(weights, seen.wish.lane, of.2, &**interrupt);
                let Some(plane) = plane else {
                    return Paired::Interrupted;
                };
                side.plane = Some(Arc::new(plane));
                self.news = true;
            }
        }
        let [Some(a), Some(b)] = self.sides.each_ref().map(|side| side.microscope.as_ref()) else {
            return Paired::AsBefore;
        };
        if !std::mem::take(&mut self.news) {
            return Paired::AsBefore;
        }
        let planes = self.sides.each_ref().map(|side| side.plane.clone());
        let (a, b) = (a.snapshot(), b.snapshot());
        Paired::Both(Beside {
            runs,
            update,
            lane: seen.wish.lane,
            answers,
            difference: Arc::new(b.less(&a)),
            planes: match planes {
                [Some(a), Some(b)] if seen.wish.plane => {
                    let gained = Arc::new(Gained::of([&a, &b]));
                    Some(([a, b], gained))
                }
                _ => None,
            },
            sides: [Arc::new(a), Arc::new(b)],
        })
    }
}

impl<S: Scalar> Pair<S> {
    /// What both answer to the part that is watched, where targets are values; `None` if it was interrupted.
    fn answers(
        &mut self,
        of: Of,
        seen: &Seen<'_, S>,
        interrupt: &dyn Interrupt,
    ) -> Option<Option<Arc<[Answers; 2]>>> {
        let Some(asker) = &mut self.asker else {
            return Some(None);
        };
        let lane = seen.wish.lane;
        if let Some((before, whose, answers)) = &self.answers
            && (*before, *whose) == (of, lane)
        {
            return Some(Some(Arc::clone(answers)));
        }
        let mut ask = |side: &Side<S>| {
            let weights = side.weights.as_ref()?;
            asker.ask(weights, seen.part, interrupt)
        };
        let both = Arc::new([ask(&self.sides[0])?, ask(&self.sides[1])?]);
        self.answers = Some((of, lane, Arc::clone(&both)));
        self.news = true;
        Some(Some(both))
    }
}

impl<S: Scalar> Side<S> {
    /// Begins at state 0 with the weights of a run.
    fn look_at(&mut self, run: RunState<S>, seen: &Seen<'_, S>) {
        let same = |old: &Arc<Weights<S>>| Arc::ptr_eq(old, &run.weights);
        if !self.weights.as_ref().is_some_and(same) {
            self.plane = None;
        }
        self.weights = Some(Arc::clone(&run.weights));
        let (subject, example) = ((seen.subject)(run.updates), (seen.example)());
        match &mut self.microscope {
            Some(microscope) => microscope.look_at(run, subject, example),
            None => {
                let mut microscope = Microscope::new(run, subject, example);
                // With their difference, less than the one that is always there.
                microscope.keep_within(STATE_BUDGET / 4);
                self.microscope = Some(microscope);
            }
        }
    }
}
