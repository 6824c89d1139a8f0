//! Once warm, a step allocates nothing, recording included.
#![expect(
    unsafe_code,
    reason = "a global allocator is an unsafe trait; it only counts and passes on"
)]

use pcscope::data::Part;
use pcscope::data::{Dataset, Filing, Steps, Targets};
use pcscope::experiment::estimate::training_bytes;
use pcscope::experiment::file::Experiment;
use pcscope::experiment::lane::LaneSpec;
use pcscope::experiment::loading::load_data;
use pcscope::experiment::race::Race;
use pcscope::experiment::setup::Setup;
use pcscope::learning::{Interrupt, Rule, Uninterrupted, rule};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static FIRST: Cell<usize> = const { Cell::new(0) };
}

/// The most bytes that this thread has held at once, above what it held at [`forget_peak`].
pub fn peak() -> usize {
    PEAK.with(Cell::get).saturating_sub(FIRST.with(Cell::get))
}

/// Begins to look for the most bytes anew.
pub fn forget_peak() {
    let live = LIVE.with(Cell::get);
    PEAK.with(|p| p.set(live));
    FIRST.with(|f| f.set(live));
}

fn count() {
    COUNT.with(|c| c.set(c.get() + 1));
}

fn held(more: usize, less: usize) {
    let live = LIVE.with(|l| {
        // Memory that another thread asked for may be given back here.
        l.set((l.get() + more).saturating_sub(less));
        l.get()
    });
    PEAK.with(|p| p.set(p.get().max(live)));
}

struct Counting;

// SAFETY: every call is passed to the system allocator unchanged; counting touches a thread-local that needs no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        held(layout.size(), 0);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        held(0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        held(size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn counted(run: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    run();
    COUNT.with(Cell::get) - before
}

#[test]
fn the_counter_counts() {
    assert!(counted(|| drop(std::hint::black_box(vec![1u8; 100]))) > 0);
}

#[test]
fn a_warm_update_allocates_nothing() {
    let plain = ["learning.momentum=0.9", "inference.steps=6"];
    for (preset, layers) in [
        ("digits-mlp", "network.layers=[{dense=16},{dense=10}]"),
        (
            "digits-mlp",
            "network.layers=[{conv=4,kernel=3,padding=1},{max_pool=2},{conv=4,kernel=3,stride=2,padding=1},{average_pool=2},{dense=10}]",
        ),
        (
            "digits-mlp",
            "network.layers=[{dense=16},{dense=16},{dense=16,skip=2},{dense=10}]",
        ),
        ("names-rnn", "network.layers=[{rnn=9},{rnn=8},{dense=18}]"),
    ] {
        warm_updates(preset, layers, &plain);
    }
    let mlp = "network.layers=[{dense=16},{dense=16},{dense=10}]";
    for changes in [
        ["learning.optimiser=adam", "inference.noise=0.01"],
        ["learning.weight_decay=0.01", "inference.adaptive=true"],
        [
            "inference.output_precision=0.5",
            "inference.precision=[0.7]",
        ],
    ] {
        warm_updates("digits-mlp", mlp, &changes);
    }
}

/// Sequences of a thousand and of six hundred steps, three features each.
fn long_sequences() -> Dataset {
    let lengths: Vec<u32> = (0..330)
        .map(|i| if i % 2 == 0 { 1000 } else { 600 })
        .collect();
    let count: u32 = lengths.iter().map(|length| length * 3).sum();
    let steps = (0..count).map(|i| (i as f32 * 0.37).sin()).collect();
    let labels = (0..330).map(|i| i % 2).collect();
    let classes = vec!["long".to_owned(), "short".to_owned()];
    let (steps, targets) = (Steps::Singles(steps), Targets::Classes(labels));
    let targets = targets.named(classes);
    Dataset::from_sequences("long", 3, lengths, steps, targets, Filing::OneFile)
        .expect("lengths and steps fit together")
}

#[test]
fn a_thousand_steps_are_trained_exactly_in_the_memory_predicted() {
    let changes = [
        "network.layers=[{rnn=16},{dense=2}]",
        "learning.batch=32",
        "inference.steps=3",
    ];
    let experiment = Experiment::load("names-rnn", &changes.map(str::to_owned))
        .expect("the preset with smaller layers is sound");
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    for rules in [&[Rule::Bp][..], &[Rule::Il], &[Rule::Bp, Rule::Zil]] {
        let before = LIVE.with(Cell::get);
        PEAK.with(|p| p.set(before));
        let setup = Setup::<f32>::new(experiment.clone(), long_sequences());
        let setup = Arc::new(setup.expect("a recurrent layer fits sequences"));
        let lanes = rules.iter().map(|rule| LaneSpec::of(&experiment, *rule));
        let mut race = Race::new(Arc::clone(&setup), lanes, 1);
        for _ in 0..3 {
            assert!(race.update(&never));
        }
        let weights = Arc::clone(race.lanes[0].learner.weights());
        let score = race.score(&weights, Part::Test, usize::MAX, &never, |_| ());
        assert!(score.loss.is_finite());
        if let [_, zil] = &race.lanes[..] {
            let apart = zil.apart.expect("compared with BP after every update");
            assert_eq!(apart.differing_bits, 0);
            continue;
        }
        let took = PEAK.with(Cell::get) - before;
        let lane = &race.lanes[0].spec;
        let predicted = training_bytes(&setup.experiment, &setup.plan, &setup.data, lane);
        let ratio = took as f64 / predicted as f64;
        assert!(
            (0.9..1.1).contains(&ratio),
            "{took} bytes, {predicted} predicted"
        );
    }
}

/// Every lane there is, warmed up: five more updates allocate nothing.
fn warm_updates(preset: &str, layers: &str, more: &[&str]) {
    let changes: Vec<String> = [layers, "learning.batch=40", "learning.rate=0.002"]
        .iter()
        .chain(more)
        .map(|&c| c.to_owned())
        .collect();
    let experiment =
        Experiment::load(preset, &changes).expect("the preset with smaller layers is sound");
    let data = load_data(&experiment).expect("the data are built in");
    let setup = Arc::new(Setup::<f32>::new(experiment, data).expect("the layers fit"));
    let mut lanes: Vec<LaneSpec> = rule::all()
        .map(|rule| LaneSpec::of(&setup.experiment, rule))
        .collect();
    lanes.push(LaneSpec::zil_full(&setup.experiment));
    let all = lanes.len();
    let mut race = Race::new(setup, lanes, 1);
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    for _ in 0..70 {
        race.update(&never);
    }
    let running = race.lanes.iter().filter(|l| l.running()).count();
    assert_eq!(running, all, "a lane of {changes:?} stopped");
    let made = counted(|| {
        for _ in 0..5 {
            race.update(&never);
        }
    });
    assert_eq!(made, 0, "allocations in five updates of {changes:?}");
}
