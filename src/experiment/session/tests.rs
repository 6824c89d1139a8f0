//! Sessions on threads of their own: nothing long holds up what is newer.

use super::*;
use crate::experiment::microscope::MicroscopeSnapshot;
use std::time::{Duration, Instant};

/// A network slow enough to be caught at work, in a build for tests too.
fn session(rule: &str, steps: usize) -> Session {
    let changes = [
        "network.layers=[{conv=24,kernel=3,padding=1},{conv=24,kernel=3,padding=1},{dense=32},{dense=10}]".to_owned(),
        format!("learning.rule=\"{rule}\""),
        format!("inference.steps={steps}"),
    ];
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    Session::start(experiment, Mode::Threads(1)).unwrap()
}

/// How late this machine wakes a sleeper at worst, measured while `work` runs.
fn lateness<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let stop = Arc::new(AtomicBool::new(false));
    let sleeper = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let mut worst = Duration::ZERO;
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                std::thread::sleep(Duration::from_millis(1));
                worst = worst.max(started.elapsed());
            }
            worst
        }
    });
    let result = work();
    stop.store(true, Ordering::Relaxed);
    (result, sleeper.join().unwrap())
}

/// Looks until something is so; how long it took.
fn until(what: &str, mut is: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !is() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what}: never");
        std::thread::sleep(Duration::from_millis(1));
    }
    started.elapsed()
}

/// The moment from a wish to the first picture of it (or of a newer state of affairs).
fn answered(session: &Session, wish: u64) -> Duration {
    until("a picture of the wish", || {
        session.take_scope().is_some_and(|v| v.wish >= wish)
    })
}

/// What is long is left for a newer wish within 50 ms, and what the machine holds back.
#[test]
fn nothing_long_holds_up_a_newer_wish() {
    let mut session = session("il", 2000);
    let mut check =
        |what: &str, begin: &mut dyn FnMut(&mut Session), at: &dyn Fn(&Session) -> bool| {
            let (took, late) = lateness(|| {
                begin(&mut session);
                until(what, || at(&session));
                std::thread::sleep(Duration::from_millis(40));
                let example = (session.wish().example + 1) % 100;
                let wish = session.scope(ScopeCommand::Example(example));
                answered(&session, wish)
            });
            let allowed = Duration::from_millis(50) + 4 * late;
            assert!(took < allowed, "{what}: {took:?} of {allowed:?}");
        };
    check(
        "states",
        &mut |s| _ = s.scope(ScopeCommand::RunTo(usize::MAX)),
        &|s| s.work() == Work::Inferring,
    );
    check("the limit of γ", &mut |_| (), &|s| s.work() == Work::Limit);
    check(
        "switches",
        &mut |s| _ = s.scope(ScopeCommand::Switches(true)),
        &|s| s.work() == Work::Inferring,
    );
}

#[test]
fn a_wish_is_answered_whole_and_pictures_come_on_the_way() {
    let mut session = session("il", 2000);
    let wish = session.scope(ScopeCommand::RunTo(300));
    let (mut pictures, mut states) = (0, 0);
    until("all states", || {
        let Some(view) = session.take_scope() else {
            return false;
        };
        assert!(view.microscope.states.len() >= states, "states only come");
        states = view.microscope.states.len();
        pictures += 1;
        if view.answered && view.wish == wish {
            assert_eq!(states, 301);
            return true;
        }
        false
    });
    assert!(pictures > 3, "{pictures} pictures");
    // The same again is no new wish; less than there is has been answered already.
    assert_eq!(session.scope(ScopeCommand::RunTo(300)), wish);
    assert_eq!(session.scope(ScopeCommand::RunTo(4)), wish);
    // What is no example asks for nothing.
    assert_eq!(session.scope(ScopeCommand::Example(1_000_000)), wish);
}

/// The same states whether the wish was met at one go or interrupted again and again.
#[test]
fn interrupted_work_gives_the_same_numbers() {
    let numbers = |view: &ScopeView| -> Vec<Vec<f64>> {
        let states = view.microscope.states.iter();
        states.map(|s| s.energy.clone()).collect()
    };
    let experiment = session("il", 2000).experiment.clone();
    let mut still = Session::start(experiment, Mode::InStep).unwrap();
    still.scope(ScopeCommand::Example(7));
    still.scope(ScopeCommand::RunTo(60));
    let expected = numbers(&still.take_scope().unwrap());
    let mut session = session("il", 2000);
    for i in 0..40 {
        session.scope(ScopeCommand::Example(i % 9));
        session.scope(ScopeCommand::RunTo(60));
        std::thread::sleep(Duration::from_millis(if i % 7 == 0 { 30 } else { 1 }));
    }
    session.scope(ScopeCommand::Example(7));
    let wish = session.scope(ScopeCommand::RunTo(60));
    let mut last = None;
    until("the last wish", || {
        last = session.take_scope().or(last.take());
        last.as_ref().is_some_and(|v| v.answered && v.wish == wish)
    });
    assert_eq!(numbers(&last.unwrap()), expected);
}

/// Scoring the whole test part is left for what the race is told, and gone on with afterwards.
#[test]
fn scoring_gives_way_and_is_finished() {
    let mut session = session("zil", 20);
    let n = session.data.split().test.len();
    session.race(RaceCommand::Browse(LaneId::BP));
    let (took, late) = lateness(|| {
        std::thread::sleep(Duration::from_millis(20));
        session.race(RaceCommand::Active(LaneId::IL, false));
        until("the tick", || {
            session
                .take_race()
                .is_some_and(|r| r.lanes.iter().any(|l| l.spec.id == LaneId::IL && !l.active))
        })
    });
    let allowed = Duration::from_millis(50) + 4 * late;
    assert!(took < allowed, "{took:?} of {allowed:?}");
    let mut seen = None;
    until("the predictions", || {
        seen = session
            .take_race()
            .and_then(|r| r.predictions)
            .or(seen.take());
        seen.is_some() && !session.race_busy()
    });
    let (lane, update, all) = seen.unwrap();
    assert_eq!((lane, update, all.len()), (LaneId::BP, 0, n));
}

/// Paused in the midst of an update, the race still does what it is told; the update is made when it goes on, with the same bits.
#[test]
fn a_paused_race_does_what_it_is_told_and_goes_on_as_if_nothing_had_been() {
    let run = |disturbed: bool| {
        let mut session = session("zil", 20);
        session.race(RaceCommand::RunUntil(3));
        if disturbed {
            for _ in 0..6 {
                std::thread::sleep(Duration::from_millis(60));
                session.pause_race(true);
                std::thread::sleep(Duration::from_millis(20));
                session.race(RaceCommand::Browse(LaneId::ZIL));
                session.race(RaceCommand::Active(LaneId::BP, true));
                std::thread::sleep(Duration::from_millis(30));
                session.pause_race(false);
            }
        }
        let mut last = None;
        until("three updates", || {
            last = session.take_race().or(last.take());
            last.as_ref().is_some_and(|r| r.update == 3) && !session.race_busy()
        });
        let last = last.unwrap();
        let loss = |l: &LaneSnapshot| l.loss.buckets().iter().map(|b| b.mean).collect::<Vec<_>>();
        assert!(last.lanes.iter().all(|l| l.updates == 3));
        last.lanes.iter().map(loss).collect::<Vec<_>>()
    };
    assert_eq!(run(false), run(true));
}

/// While the race trains on, the microscope looks at an update made before, and then follows again.
#[test]
fn an_update_of_the_past_is_looked_at_while_the_race_trains() {
    let experiment = Experiment::load("digits-mlp", &[]).unwrap();
    // What the microscope showed when it was the newest.
    let mut still = Session::start(experiment.clone(), Mode::InStep).unwrap();
    still.race(RaceCommand::RunUntil(37));
    still.scope(ScopeCommand::RunTo(usize::MAX));
    let first = still.take_scope().unwrap().microscope;
    let mut session = Session::start(experiment, Mode::Threads(1)).unwrap();
    session.race(RaceCommand::RunUntil(1_000_000));
    until("updates", || session.updates_made() > 60);
    let wish = session.scope(ScopeCommand::At(Some(37)));
    let mut past = None;
    until("update 37", || {
        past = session
            .take_scope()
            .filter(|v| v.wish >= wish && v.answered);
        past.is_some()
    });
    let past = past.unwrap();
    assert_eq!((past.at, past.microscope.subject.update), (Some(37), 37));
    assert_eq!(first.subject.update, 37);
    let energies = |m: &MicroscopeSnapshot| -> Vec<Vec<u64>> {
        let bits = |e: &Vec<f64>| e.iter().map(|v| v.to_bits()).collect();
        m.states.iter().map(|s| bits(&s.energy)).collect()
    };
    assert_eq!(energies(&past.microscope), energies(&first));
    // Newer weights do not take its place.
    let made = session.updates_made();
    until("more updates", || session.updates_made() > made + 20);
    let later = session.take_scope();
    assert!(later.is_none_or(|v| v.microscope.subject.update == 37));
    session.scope(ScopeCommand::At(None));
    until("the newest", || {
        let seen = session.take_scope();
        seen.is_some_and(|v| v.at.is_none() && v.microscope.subject.update > made)
    });
    session.race(RaceCommand::RunUntil(0));
}
