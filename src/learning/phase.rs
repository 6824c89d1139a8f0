//! A phase of inference: what is done at each state, and in which order, for every rule.
//!
//! A rule is a [`Schedule`]; worked out for a network it is a list of deeds. Whoever runs a phase does them one after the other on
//! states of its own: training on the shards of a batch, the microscope on one example, a search for what went wrong on both.

use super::schedule::{Order, Schedule, Shared};
use crate::network::Plan;

/// When a phase changes weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// After the last state: predictive coding as it is usual.
    AfterPhase,
    /// A parameter when the last of its contributions has been captured, or, shared and "at once", with each of them. Two of the
    /// broken conditions do so; all of it is one step of the optimiser.
    AtCapture,
    /// All of them at every state, together with x and from the same state: incremental learning, T steps of the optimiser.
    EachState,
}

/// Parameters that a deed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters<'a> {
    /// Every one.
    All,
    /// These.
    These(&'a [usize]),
}

/// One thing done in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'a> {
    /// State t holds, and nothing of it has been captured: who watches looks here, who wants to stop stops here.
    State(usize),
    /// What has been captured of these has been applied: their sums begin anew.
    Forget(Parameters<'a>),
    /// The contribution of a level is taken from the state.
    Capture(usize),
    /// What has been captured of these changes them.
    Apply(Parameters<'a>),
    /// Δx, then x, then μ and ε: the next state.
    Step,
    /// The first half of a step: Δx.
    Decide,
    /// The second half, under weights that have changed: x, then every μ and ε.
    Make,
    /// μ and ε once more, since weights have changed after the step.
    Renew,
}

/// Between two deeds of a phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    t: usize,
    deed: usize,
}

impl Place {
    /// Before the first deed.
    pub const START: Self = Self { t: 0, deed: 0 };
}

/// What is captured at one state where weights change in mid-phase or levels have times of their own.
#[derive(Clone, Debug, Default)]
struct Moment {
    levels: Vec<usize>,
    /// Shared parameters that change after the Δx of this state.
    at_once: Vec<usize>,
    /// Parameters of which nothing comes later; those of `at_once` are not among them.
    complete: Vec<usize>,
}

/// The phase of a schedule on a network.
#[derive(Clone, Debug)]
pub struct Phase {
    schedule: Schedule,
    apply: Apply,
    /// By state, as far as anything is captured.
    moments: Vec<(usize, Moment)>,
    /// Every level, for rules that capture all of them.
    levels: Vec<usize>,
    /// With old weights until the end: what is applied then.
    at_end: Vec<usize>,
}

impl Phase {
    /// The phase of `schedule` on `plan`.
    pub fn new(plan: &Plan, schedule: Schedule) -> Self {
        let apply = if schedule.incremental {
            Apply::EachState
        } else if schedule.order == Order::WFirst
            || plan.shares && schedule.shared == Shared::AtOnce
        {
            Apply::AtCapture
        } else {
            Apply::AfterPhase
        };
        let mut phase = Self {
            schedule,
            apply,
            moments: Vec::new(),
            levels: (0..plan.levels.len()).collect(),
            at_end: Vec::new(),
        };
        if apply == Apply::EachState {
            return phase;
        }
        let at_once =
            |p: &usize| schedule.shared == Shared::AtOnce && plan.graph.parameters[*p].is_shared();
        // A level after the other, not a state after the other with every level: both may be thousands.
        let times = |&l: &usize| schedule.captured_at(l).map(move |t| (t, l));
        let mut taken: Vec<(usize, usize)> = phase.levels.iter().flat_map(times).collect();
        taken.sort_unstable();
        for now in taken.chunk_by(|a, b| a.0 == b.0) {
            let t = now[0].0;
            let mut moment = Moment {
                levels: now.iter().map(|(_, level)| *level).collect(),
                ..Moment::default()
            };
            if apply == Apply::AtCapture {
                for &level in &moment.levels {
                    for &p in &plan.levels[level].parameters {
                        if at_once(&p) {
                            moment.at_once.push(p);
                        } else if plan.graph.parameters[p].levels.1 == level {
                            moment.complete.push(p);
                        }
                    }
                }
                moment.at_once.sort_unstable();
                moment.at_once.dedup();
                if schedule.order != Order::WFirst {
                    phase.at_end.append(&mut moment.complete);
                }
            }
            phase.moments.push((t, moment));
        }
        phase
    }

    /// The schedule that it follows.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// When weights change.
    pub fn applies(&self) -> Apply {
        self.apply
    }

    fn moment(&self, t: usize) -> Option<&Moment> {
        let found = self.moments.binary_search_by_key(&t, |(t, _)| *t);
        found.ok().map(|i| &self.moments[i].1)
    }

    /// What is done at state t before it is left.
    pub fn at(&self, t: usize) -> impl Iterator<Item = Deed<'_>> {
        let moment = self.moment(t);
        let levels: &[usize] = match (self.apply, moment) {
            (Apply::EachState, _) if t < self.schedule.steps => &self.levels,
            (_, Some(moment)) => &moment.levels,
            _ => &[],
        };
        let forgotten = match self.apply {
            Apply::EachState if !levels.is_empty() => Some(Parameters::All),
            // What was captured before has been applied already; what is captured now is added up and applied once.
            _ => moment.and_then(|m| these(&m.at_once)),
        };
        let complete = moment.and_then(|m| these(&m.complete));
        let capture = levels.iter().map(|&level| Deed::Capture(level));
        std::iter::once(Deed::State(t))
            .chain(forgotten.map(Deed::Forget))
            .chain(capture)
            .chain(complete.map(Deed::Apply))
    }

    /// What leads from state t to the next; of the last state, what ends the phase.
    pub fn beyond(&self, t: usize) -> impl Iterator<Item = Deed<'_>> {
        let at_once = self.moment(t).and_then(|m| these(&m.at_once));
        let last = t == self.schedule.steps;
        let all = Some(Deed::Apply(Parameters::All));
        let deeds = match (self.apply, last) {
            (Apply::AfterPhase, false) => [Some(Deed::Step), None, None],
            (Apply::AfterPhase, true) => [all, None, None],
            (Apply::AtCapture, false) => {
                let renew = at_once.map(|_| Deed::Renew);
                [Some(Deed::Step), at_once.map(Deed::Apply), renew]
            }
            (Apply::AtCapture, true) => {
                let at_end = these(&self.at_end).map(Deed::Apply);
                [at_once.map(Deed::Apply), at_end, None]
            }
            (Apply::EachState, false) => [Some(Deed::Decide), all, Some(Deed::Make)],
            (Apply::EachState, true) => [None; 3],
        };
        deeds.into_iter().flatten()
    }

    /// All deeds from a place on.
    pub fn from(&self, place: Place) -> impl Iterator<Item = Deed<'_>> {
        let states = place.t..=self.schedule.steps;
        let all = states.flat_map(|t| self.at(t).chain(self.beyond(t)));
        all.skip(place.deed)
    }

    /// The first deed from a place on that changes weights: the state at which it does, and the place behind it.
    pub fn next_apply(&self, place: Place) -> Option<(usize, Place)> {
        let mut skipped = place.deed;
        for t in place.t..=self.schedule.steps {
            let deeds = self.at(t).chain(self.beyond(t)).enumerate();
            for (i, deed) in deeds.skip(skipped) {
                if matches!(deed, Deed::Apply(_)) {
                    return Some((t, Place { t, deed: i + 1 }));
                }
            }
            skipped = 0;
        }
        None
    }
}

/// Some parameters, if there are any.
fn these(parameters: &[usize]) -> Option<Parameters<'_>> {
    (!parameters.is_empty()).then_some(Parameters::These(parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::{Conditions, Inference, Rule};
    use crate::network::Activation;
    use crate::network::build::dense_plan;

    fn deeds(rule: Rule, steps: usize, conditions: &Conditions) -> Vec<String> {
        let plan = dense_plan(3, &[4, 2], Activation::Tanh);
        let schedule = Schedule::of(&plan, rule, &Inference::of(steps, 0.1), conditions).unwrap();
        let phase = Phase::new(&plan, schedule);
        let name = |deed: Deed| match deed {
            Deed::State(t) => format!("{t}:"),
            Deed::Capture(l) => format!("take {l}"),
            Deed::Apply(Parameters::All) => "apply".into(),
            Deed::Apply(Parameters::These(p)) => format!("apply {p:?}"),
            Deed::Forget(_) => "forget".into(),
            other => format!("{other:?}").to_lowercase(),
        };
        phase.from(Place::START).map(name).collect()
    }

    #[test]
    fn every_rule_is_a_list_of_deeds() {
        let held = Conditions::default();
        let w_first = Conditions {
            order: Order::WFirst,
            ..held
        };
        let zil = ["0:", "take 0", "step", "1:", "take 1", "apply"];
        assert_eq!(deeds(Rule::Zil, 0, &held), zil);
        // The level of the input has no weights, and gives nothing.
        let all = ["take 0", "take 1", "take 2"];
        let il = [&["0:", "step", "1:", "step", "2:"][..], &all, &["apply"]];
        assert_eq!(deeds(Rule::Il, 2, &held), il.concat());
        let first = [
            "0:",
            "take 0",
            "apply [2, 3]",
            "step",
            "1:",
            "take 1",
            "apply [0, 1]",
        ];
        assert_eq!(deeds(Rule::Zil, 0, &w_first), first);
        let each = [&["forget"][..], &all, &["decide", "apply", "make"]].concat();
        let twice = [["0:"].as_slice(), &each, &["1:"], &each, &["2:"]].concat();
        assert_eq!(deeds(Rule::Incremental, 2, &held), twice);
    }

    #[test]
    fn a_phase_goes_on_behind_each_change_of_weights() {
        let plan = dense_plan(3, &[4, 2], Activation::Tanh);
        let all = Conditions::default();
        for rule in [Rule::Zil, Rule::Il, Rule::Incremental, Rule::ZilThenIl] {
            let schedule = Schedule::of(&plan, rule, &Inference::of(3, 0.1), &all).unwrap();
            let phase = Phase::new(&plan, schedule);
            let (mut place, mut parts, mut changes) = (Place::START, Vec::new(), 0);
            while let Some((_, behind)) = phase.next_apply(place) {
                let own = phase
                    .from(place)
                    .take_while(|d| !matches!(d, Deed::Apply(_)));
                parts.extend(own);
                parts.push(Deed::Apply(Parameters::All));
                (place, changes) = (behind, changes + 1);
            }
            parts.extend(phase.from(place));
            assert!(parts.iter().copied().eq(phase.from(Place::START)));
            assert_eq!(changes, if rule == Rule::Incremental { 3 } else { 1 });
        }
    }
}
