//! What going back takes, printed, and fails below its floor: `.ci/long/jumps` and `.ci/long/budgets`. Small, they are tests as any other.

use super::super::parked::MOST_RUNS;
use super::super::racer::{RaceCore, Racer};
use super::super::wish::Wish;
use super::super::{Handover, LaneSpec, load_data};
use super::{LaneId, Scope, ScopeCore, first_wish};
use crate::data::memory;
use crate::experiment::era::Era;
use crate::experiment::file::Experiment;
use crate::experiment::frames::{Frames, Stored};
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::setup::Setup;
use crate::learning::{Interrupt, RunState, Uninterrupted};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What is measured: preset, updates, megabytes.
const FLOOR: &str = "PCSCOPE_FLOOR";

const MB: usize = 1_000_000;

/// A race with its frames, and a microscope beside it.
struct Both {
    race: Racer<f32>,
    scope: Scope<f32>,
    handover: Arc<Handover<f32>>,
}

fn never() -> Arc<dyn Interrupt> {
    Arc::new(Uninterrupted)
}

fn setup_of(preset: &str) -> Arc<Setup<f32>> {
    let experiment = Experiment::load(preset, &[]).unwrap();
    let data = load_data(&experiment).unwrap();
    Arc::new(Setup::new(experiment, data).unwrap())
}

impl Both {
    /// Frames and states take at most so many bytes.
    fn begin(setup: &Arc<Setup<f32>>, frames: usize, states: usize) -> Self {
        let handover = Arc::new(Handover {
            lanes: Mutex::new(Vec::new()),
            frames: Mutex::new(Frames::new(frames, Era::first(Arc::clone(setup)))),
            runs: Mutex::default(),
            wanted: AtomicBool::new(true),
            version: AtomicU64::new(0),
        });
        let wish = first_wish(setup);
        let mut scope = Scope::new(Arc::clone(setup), wish, Arc::clone(&handover));
        scope.microscope.keep_within(states);
        let lanes = LaneSpec::raced(&setup.experiment);
        let race = Racer::new(Arc::clone(setup), lanes, 1, Arc::clone(&handover), true);
        Self {
            race,
            scope,
            handover,
        }
    }

    fn train(&mut self, until: u64) {
        while self.race.updates() < until {
            assert!(self.race.step(&never(), &Uninterrupted));
        }
    }

    fn stored(&self) -> Stored {
        self.handover.frames.lock().unwrap().stored()
    }

    /// The rule of a lane, as it is looked at.
    fn wish(&self, lane: &LaneSpec, at: Option<u64>) -> Wish {
        Wish {
            lane: lane.id,
            rule: lane.rule,
            at,
            up_to: usize::MAX,
            ..self.scope.wish.clone()
        }
    }

    /// All of a lane's states of inference, after an update or with the newest weights; the seconds that they took.
    fn look(&mut self, lane: &LaneSpec, at: Option<u64>) -> f64 {
        let began = Instant::now();
        let wish = self.wish(lane, at);
        self.scope.take(&wish);
        self.scope.follow();
        assert!(self.scope.pursue(&never(), &mut |_, _| ()));
        drop(self.scope.view(0, true));
        began.elapsed().as_secs_f64()
    }

    /// What is looked at: weights and optimiser, and every number of the microscope.
    fn seen(&self) -> (RunState<f32>, u64) {
        let view = self.scope.view(0, true);
        (self.scope.run.clone(), digest(&view.microscope))
    }
}

/// Every number of every state, to the bit.
fn digest(micro: &MicroscopeSnapshot) -> u64 {
    let mut sum = DefaultHasher::new();
    (micro.steps, micro.states.len(), micro.subject.update).hash(&mut sum);
    for (t, field) in (0..micro.states.len()).flat_map(|t| Field::ALL.map(|field| (t, field))) {
        for v in 0..micro.plan.graph.vertices.len() {
            let value = micro.values(t, field, v);
            for unit in 0..micro.plan.len_of(v) {
                value(unit).to_bits().hash(&mut sum);
            }
        }
    }
    for i in 0..micro.weights.len() {
        micro.weights.get(i).to_bits().hash(&mut sum);
    }
    sum.finish()
}

/// Numbers drawn by seed (SplitMix64).
fn drawn(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

/// Of twenty the one but the longest.
fn p95(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    let at = (seconds.len() as f64 * 0.95).ceil() as usize;
    seconds[at.saturating_sub(1)]
}

/// Trains to `updates`, goes to some of them and back, and compares with what was there first. The seconds of the jumps, by lane.
fn jumps(preset: &str, updates: u64, bytes: usize, jumps: usize) -> BTreeMap<LaneId, Vec<f64>> {
    let setup = setup_of(preset);
    let lanes = LaneSpec::raced(&setup.experiment);
    let mut draw = drawn(17);
    let targets: Vec<u64> = (0..jumps).map(|_| draw(updates)).collect();
    let mut both = Both::begin(&setup, bytes, bytes / 4);
    let mut first = BTreeMap::new();
    let mut stops = targets.clone();
    stops.push(updates);
    stops.sort_unstable();
    stops.dedup();
    let began = Instant::now();
    for stop in stops {
        both.train(stop);
        both.race.hand_over();
        for lane in &lanes {
            both.look(lane, None);
            first.insert((stop, lane.id), both.seen());
        }
    }
    let trained = began.elapsed().as_secs_f64();
    let mut seconds: BTreeMap<LaneId, Vec<f64>> = BTreeMap::new();
    let mut differ = 0;
    let mut compare = |both: &Both, at: u64, lane: LaneId| {
        let ((run, digest), (old, before)) = (both.seen(), &first[&(at, lane)]);
        let same = run.differing_bits(old) == 0 && digest == *before;
        differ += u32::from(!same);
    };
    for &target in &targets {
        for lane in &lanes {
            let took = both.look(lane, Some(target));
            seconds.entry(lane.id).or_default().push(took);
            compare(&both, target, lane.id);
        }
    }
    let mut back: f64 = 0.0;
    for lane in &lanes {
        back = back.max(both.look(lane, None));
        compare(&both, updates, lane.id);
    }
    let stored = both.stored();
    println!(
        "{preset}, {updates} updates in {trained:.0} s; {} frames of {} MB, every {} to {} updates",
        stored.frames,
        stored.bytes / MB,
        stored.spacing.0,
        stored.spacing.1
    );
    println!("  back to the newest: {back:.3} s; jumps that differ in any bit: {differ}");
    assert_eq!(differ, 0, "jumps have other bits");
    assert!(stored.bytes <= bytes);
    seconds
}

/// Prints and judges: the seconds that 95 of 100 jumps take at most (with `anywhere` all of them), by lane and of all lanes together.
fn judge(
    seconds: &BTreeMap<LaneId, Vec<f64>>,
    anywhere: bool,
    floor: &dyn Fn(Option<LaneId>) -> f64,
) {
    let count = seconds.values().next().map_or(0, Vec::len);
    let all = (0..count).map(|i| seconds.values().map(|s| s[i]).sum());
    let lanes = seconds.iter().map(|(id, s)| (Some(*id), s.clone()));
    let mut slow = Vec::new();
    for (lane, mut taken) in lanes.chain([(None, all.collect())]) {
        let (longest, p95, most) = (
            taken.iter().copied().fold(0.0, f64::max),
            p95(&mut taken),
            floor(lane),
        );
        let name = lane.map_or("together".to_owned(), |id| id.to_string());
        println!("  {name}: p95 {p95:.3} s, longest {longest:.3} s (at most {most} s)");
        if (if anywhere { longest } else { p95 }) > most {
            slow.push(name);
        }
    }
    // Unoptimised, times say nothing.
    assert!(
        slow.is_empty() || cfg!(debug_assertions),
        "too slow: {slow:?}"
    );
}

/// What the variable says: preset, updates and megabytes.
fn asked() -> (String, u64, usize) {
    let words = std::env::var(FLOOR).unwrap_or_default();
    let parts: Vec<&str> = words.split_whitespace().collect();
    match parts[..] {
        [preset, updates, mb] => (preset.into(), updates.parse().unwrap(), mb.parse().unwrap()),
        _ => panic!("{FLOOR} is {words:?}; expected such as \"mnist-cnn 5000 256\""),
    }
}

#[test]
fn a_few_jumps_have_the_bits_of_the_first_pass() {
    let taken = jumps("moons", 60, 60_000, 5);
    assert!(taken.len() >= 3 && taken.values().all(|s| s.len() == 5));
}

#[test]
#[ignore = "minutes to hours; run by .ci/long/jumps"]
fn jumps_have_the_bits_of_the_first_pass_and_are_quick() {
    let (preset, updates, mb) = asked();
    let taken = jumps(&preset, updates, mb * MB, 20);
    let floor = |lane: Option<LaneId>| match (&*preset, lane) {
        ("digits-mlp", _) => 0.5,
        (_, None) => 6.0,
        (_, Some(LaneId::BP | LaneId::ZIL)) => 1.0,
        (_, Some(_)) => 4.0,
    };
    judge(&taken, preset == "digits-mlp", &floor);
}

/// Trains and looks back within a budget; the growth of memory from its beginning on, in bytes, of which the frames have the second.
fn growth(preset: &str, updates: u64, budget: usize) -> (usize, usize) {
    let setup = setup_of(preset);
    let lanes = LaneSpec::raced(&setup.experiment);
    let mut both = Both::begin(&setup, budget - budget / 4, budget / 4);
    let resident = || memory::resident().map_or(0, |bytes| bytes as usize);
    // What training and looking need is there once they have been done.
    both.train(20);
    both.race.hand_over();
    lanes.iter().for_each(|lane| _ = both.look(lane, None));
    lanes.iter().for_each(|lane| _ = both.look(lane, Some(3)));
    let baseline = resident() - both.stored().bytes;
    let mut draw = drawn(5);
    let mut most = 0;
    for stop in (20..=updates).step_by(20) {
        both.train(stop);
        both.race.hand_over();
        let lane = &lanes[draw(lanes.len() as u64) as usize];
        let at = (stop % 100 == 0).then(|| draw(stop));
        both.look(lane, at);
        most = most.max(resident());
    }
    (most.saturating_sub(baseline), both.stored().bytes)
}

#[test]
#[ignore = "minutes; run by .ci/long/budgets"]
fn key_frames_and_microscope_keep_to_their_budget() {
    let (preset, updates, mb) = asked();
    let (grown, stored) = growth(&preset, updates, mb * MB);
    let most = mb * MB + mb * MB / 10;
    println!(
        "{preset}, {updates} updates, {mb} MB: memory has grown by {} MB (at most {}), key frames are {} MB",
        grown / MB,
        most / MB,
        stored / MB
    );
    assert!(grown <= most);
}

/// Seconds of training with frames ÷ without, blocks of both in turns.
fn cost(preset: &str, updates: u64, budget: usize) -> f64 {
    const BLOCK: u64 = 25;
    let setup = setup_of(preset);
    let mut with = Both::begin(&setup, budget, budget);
    let mut without = Both::begin(&setup, 0, budget);
    let mut ratios = Vec::new();
    for stop in (BLOCK..=updates).step_by(BLOCK as usize) {
        let time = |both: &mut Both| {
            let began = Instant::now();
            both.train(stop);
            began.elapsed().as_secs_f64()
        };
        // Who goes first changes.
        let pair = if stop % (2 * BLOCK) == 0 {
            let a = time(&mut with);
            (a, time(&mut without))
        } else {
            let b = time(&mut without);
            (time(&mut with), b)
        };
        // The first blocks find nothing in place.
        if stop > 2 * BLOCK {
            ratios.push(pair.0 / pair.1);
        }
    }
    assert_eq!(without.stored().frames, 0);
    assert!(with.stored().frames > MOST_RUNS);
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

#[test]
#[ignore = "minutes; run by .ci/long/budgets"]
fn recording_costs_training_little() {
    let (preset, updates, mb) = asked();
    let ratio = cost(&preset, updates, mb * MB);
    println!(
        "{preset}, {updates} updates: training with key frames takes {ratio:.3} times as long (at most 1.03)"
    );
    assert!(ratio <= 1.03 || cfg!(debug_assertions));
}
