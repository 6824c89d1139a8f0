//! Edits in mid-run, branches and runs that are gone on with, drawn by seed: a run is what its journal says, to the bit.

use super::parked::{MOST_CLOSED, MOST_RUNS};
use super::racer::{RaceCore, Racer};
use super::*;
use crate::experiment::race::Race;
use crate::experiment::recall::{Recall, Recalled};
use crate::learning::While;
use std::collections::BTreeMap;

/// What happened to a run, after how many updates.
#[derive(Clone)]
enum Event {
    Edit(Box<Experiment>),
    Active(LaneId, bool),
}

type Told = Vec<(u64, Event)>;

/// Lanes of every race.
const USUAL: [LaneId; 3] = [LaneId::BP, LaneId::ZIL, LaneId::IL];

const KEYS: [&str; 17] = [
    "learning.rate=0.02",
    "learning.rate=0.1",
    "learning.momentum=0.9",
    "learning.optimiser=\"adam\"",
    "learning.weight_decay=0.01",
    "learning.batch=5",
    "learning.batch=24",
    "inference.steps=5",
    "inference.gamma=0.2",
    "inference.noise=0.01",
    "inference.output_precision=0.5",
    "conditions.gamma=0.5",
    "learning.rule=\"il\"",
    "learning.rule=\"zil\"",
    // Of lanes that join, and leave with the next rule.
    "learning.rule=\"incremental\"",
    "learning.rule=\"fixed-prediction\"",
    "seed=11",
];

fn setup_of(name: &str) -> Arc<Setup<f32>> {
    let changes = match name {
        "digits-mlp" => vec!["network.layers=[{dense=8},{dense=10}]".to_owned()],
        _ => vec!["learning.batch=8".to_owned()],
    };
    let experiment = Experiment::load(name, &changes).unwrap();
    let data = load_data(&experiment).unwrap();
    Arc::new(Setup::new(experiment, data).unwrap())
}

/// Another program's way to the same state: a fresh race that is told everything at its update.
fn replayed(setup: &Arc<Setup<f32>>, told: &Told, until: u64) -> Race<f32> {
    let lanes = LaneSpec::raced(&setup.experiment);
    let mut race = Race::new(Arc::clone(setup), lanes, 1);
    for update in 0..=until {
        let now: Vec<&Event> = told
            .iter()
            .filter(|e| e.0 == update)
            .map(|e| &e.1)
            .collect();
        // Of several edits between two updates the last one counts.
        let last = now.iter().rposition(|e| matches!(e, Event::Edit(_)));
        for (i, event) in now.into_iter().enumerate() {
            match event {
                Event::Edit(_) if Some(i) != last => {}
                Event::Edit(experiment) => {
                    let era = Era::behind(&race.setup, (**experiment).clone()).unwrap();
                    race.edit(Arc::clone(&era.setup), &era.lanes, None);
                }
                Event::Active(id, on) => {
                    let lane = race.lanes.iter_mut().find(|l| l.spec.id == *id);
                    lane.unwrap().active = *on;
                }
            }
        }
        if update < until {
            assert!(race.update(&never()));
        }
    }
    race
}

/// Draws `steps` commands; every so often all that the race has come to is compared.
fn draw(name: &str, seed: u64, steps: usize, check_every: usize) -> usize {
    let setup = setup_of(name);
    // Room for the first frame of every lane of a run that was left, an optimiser with two memories among them.
    let budget = 500 * setup.begin().bytes();
    let handover = Arc::new(Handover {
        lanes: Mutex::new(Vec::new()),
        frames: Mutex::new(Frames::new(budget, Era::first(Arc::clone(&setup)))),
        runs: Mutex::default(),
        wanted: AtomicBool::new(false),
        version: AtomicU64::new(0),
    });
    let lanes = LaneSpec::raced(&setup.experiment);
    let mut racer = Racer::new(Arc::clone(&setup), lanes, 1, Arc::clone(&handover), false);
    let mut recall = Recall::new();
    let mut state = seed;
    let mut below = |n: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let (mut now, mut told, mut name) = (setup.experiment.clone(), Told::new(), 'A');
    // What was told to runs that were left, with the updates they had made.
    let mut left: BTreeMap<char, (Told, u64, Experiment)> = BTreeMap::new();
    let mut closed: Vec<(char, (Told, u64, Experiment))> = Vec::new();
    let mut active: BTreeMap<LaneId, bool> = BTreeMap::new();
    let (mut checked, mut midst) = (0, 0);
    for step in 0..steps {
        let choice = below(10);
        // Something that leaves the run, so that nothing else is told in the midst.
        if choice == 7 && left.len() + 1 < MOST_RUNS || choice == 8 && !left.is_empty() {
            // In the midst of an update, which some lanes have made: they go back to before it.
            let asked = AtomicU64::new(0);
            let most = below(40) as u64;
            let some: Arc<dyn Interrupt> =
                Arc::new(While(move || asked.fetch_add(1, Ordering::Relaxed) < most));
            racer.step(&some, &Uninterrupted);
            midst += usize::from(racer.race().within_update());
        }
        let made = racer.updates();
        match choice {
            0..=3 => {
                let until = made + 1 + below(6) as u64;
                while racer.updates() < until {
                    assert!(racer.step(&never(), &Uninterrupted));
                }
            }
            // What is edited once more behind an update makes a lane that joined there anew: ticks of it are told after that.
            4 | 5
                if told.iter().any(|(update, event)| {
                    let joined = |id: &LaneId| !USUAL.contains(id);
                    *update == made && matches!(event, Event::Active(id, _) if joined(id))
                }) => {}
            4 | 5 => {
                let mut table = toml::Table::try_from(&now).unwrap();
                let key = KEYS[below(KEYS.len())];
                crate::experiment::file::set(&mut table, key).unwrap();
                if key.starts_with("learning.rule") {
                    // As γ gives way to a rule that does not adapt it.
                    crate::experiment::file::set(&mut table, "inference.adaptive=false").unwrap();
                }
                let next: Experiment = table.try_into().unwrap();
                let fits = now.takes_up(&next);
                assert_eq!(fits, next.seed == now.seed);
                racer.command(RaceCommand::Edit(Box::new(next.clone())), &never());
                if fits {
                    told.push((made, Event::Edit(Box::new(next.clone()))));
                    now = next;
                }
            }
            6 => {
                let ids: Vec<LaneId> = racer.race().lanes.iter().map(|l| l.spec.id).collect();
                let id = ids[below(ids.len())];
                let on = !active.get(&id).copied().unwrap_or(true);
                if on || active.values().filter(|on| !**on).count() < 2 {
                    active.insert(id, on);
                    racer.command(RaceCommand::Active(id, on), &never());
                    told.push((made, Event::Active(id, on)));
                }
            }
            7 => {
                let at = below(made as usize + 1) as u64;
                racer.command(RaceCommand::Branch(at, None), &never());
                if left.len() + 1 < MOST_RUNS {
                    left.insert(name, (told.clone(), made, now.clone()));
                    told.retain(|(update, event)| match event {
                        Event::Edit(_) => *update <= at,
                        // Ticked or unticked since the last update.
                        Event::Active(..) => *update < at || at == made,
                    });
                    let edits = told.iter().rev().find_map(|(_, event)| match event {
                        Event::Edit(experiment) => Some((**experiment).clone()),
                        Event::Active(..) => None,
                    });
                    now = edits.unwrap_or_else(|| setup.experiment.clone());
                    name = *left.keys().next_back().unwrap().max(&name);
                    name = char::from_u32(u32::from(name) + 1).unwrap();
                }
            }
            8 => {
                let names: Vec<char> = left.keys().copied().collect();
                if let Some(&to) = names.get(below(names.len().max(1))) {
                    racer.command(RaceCommand::Take(to), &never());
                    let (kept, _, settings) = left.remove(&to).unwrap();
                    left.insert(name, (std::mem::replace(&mut told, kept), made, now));
                    (name, now) = (to, settings);
                }
            }
            _ => {
                let names: Vec<char> = left.keys().copied().collect();
                if names.len() > 4 {
                    racer.command(RaceCommand::Close(names[0]), &never());
                    let run = left.remove(&names[0]).unwrap();
                    closed.push((names[0], run));
                    closed.drain(..closed.len().saturating_sub(MOST_CLOSED));
                } else if let Some((name, run)) = closed.pop() {
                    racer.command(RaceCommand::Reopen(name), &never());
                    left.insert(name, run);
                }
            }
        }
        let seen = racer.snapshot();
        assert_eq!(seen.name, name, "step {step}");
        let kept: Vec<char> = seen.kept.iter().map(|k| k.name).collect();
        assert_eq!(kept, left.keys().copied().collect::<Vec<_>>());
        assert_eq!(**seen.experiment.as_ref().unwrap(), now, "step {step}");
        active = seen.lanes.iter().map(|l| (l.spec.id, l.active)).collect();
        let again = replayed(&setup, &told, seen.update);
        assert_eq!(again.setup.experiment, now, "step {step}");
        for (own, other) in racer.race().lanes.iter().zip(&again.lanes) {
            let (id, at) = (own.spec.id, seen.update);
            let bits = own.learner.state().differing_bits(other.learner.state());
            assert_eq!(bits, 0, "step {step}: {id:?} at {at}");
            assert_eq!(own.active, other.active);
            assert_eq!(
                (
                    &own.compared,
                    &own.differing,
                    own.equals_backprop(),
                    own.worked
                ),
                (
                    &other.compared,
                    &other.differing,
                    other.equals_backprop(),
                    other.worked
                )
            );
            assert_eq!(racer.race().standing(own), again.standing(other));
        }
        if step % check_every != 0 {
            continue;
        }
        checked += 1;
        // And so is any update of it.
        let at = below(seen.update as usize + 1) as u64;
        let again = replayed(&setup, &told, at);
        for lane in &again.lanes {
            let wanted = (lane.spec.id, at);
            let found = recall.state(&handover.frames, wanted, &never(), &mut |_, _| ());
            let Recalled::Found(run) = found else {
                panic!("step {step}: update {at} is not found");
            };
            let run = run.under(lane.spec.optimiser);
            assert_eq!(
                run.differing_bits(lane.learner.state()),
                0,
                "step {step}: recalled"
            );
        }
    }
    assert!(midst > 2, "no update was left in its midst");
    checked
}

#[test]
fn what_is_drawn_of_edits_branches_and_runs_is_what_the_journal_says() {
    for (name, seed) in [("digits-mlp", 1), ("digits-mlp", 2), ("moons", 3)] {
        assert!(draw(name, seed, 120, 10) >= 10);
    }
}

/// A thousand commands a preset, by `.ci/long/runs`.
#[test]
#[ignore = "minutes: .ci/long/runs"]
fn a_thousand_commands() {
    for name in ["digits-mlp", "names-rnn"] {
        println!("{name}: {} states compared", draw(name, 7, 1000, 25));
    }
}
