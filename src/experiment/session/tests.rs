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
    session.race(RaceCommand::Browse(LaneId::BP, Part::Test));
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
                session.race(RaceCommand::Browse(LaneId::ZIL, Part::Test));
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

/// A table of 60 rows with a number to learn, the experiment proposed for it, and its data.
fn regression(folder: &tempfile::TempDir) -> (std::path::PathBuf, Experiment, Dataset) {
    use crate::data::{LoadOptions, Progress, load};
    let path = folder.path().join("prices.csv");
    let rows: String = (0..60)
        .map(|i| {
            format!(
                "{}.5,{}.25,{}.5\n",
                i * 7 % 23,
                i * i % 17,
                1000 * (i * 7 % 23) + i
            )
        })
        .collect();
    std::fs::write(&path, format!("area,age,price\n{rows}")).unwrap();
    let loaded = load(&path, &LoadOptions::default(), &Progress::new()).unwrap();
    let experiment = crate::experiment::propose::propose(&path, &loaded, &Progress::new()).unwrap();
    (path, experiment, loaded.dataset().unwrap())
}

/// The answers to values come with the score of just these answers, in the units of the file, and the present weights answer the
/// file itself with the same bits.
#[test]
fn answers_to_values_are_kept_and_scored_in_their_own_units() {
    let folder = tempfile::tempdir().unwrap();
    let (path, experiment, data) = regression(&folder);
    let own = LaneSpec::own(&experiment).id;
    let mut session = Session::start_on(experiment, data, Mode::InStep).unwrap();
    session.race(RaceCommand::RunUntil(100));
    let race = session.take_race().unwrap();
    assert!(race.predictions.is_none() && race.browsed == Some((own, Part::Validation)));
    session.race(RaceCommand::Browse(own, Part::Test));
    let race = session.take_race().unwrap();
    let fitted = race.fitted.unwrap();
    assert_eq!(
        (fitted.lane, fitted.update, fitted.part),
        (own, 100, Part::Test)
    );
    assert_eq!(fitted.examples, session.data.range(Part::Test));
    let truth = |i: usize| session.data.stored_target(i).unwrap()[0];
    assert!(truth(fitted.examples.start) >= 0.5);
    let n = fitted.examples.len() as f64;
    let sum = |of: &dyn Fn(usize) -> f64| fitted.examples.clone().map(of).sum::<f64>();
    let error = sum(&|i| (truth(i) - fitted.said(i, 0).unwrap()).powi(2));
    let mean = sum(&truth) / n;
    let spread = sum(&|i| (truth(i) - mean).powi(2));
    let near = |a: f64, b: f64| (a - b).abs() < 1e-3 * b.abs();
    let fit = fitted.targets[0];
    assert!(near(fit.miss, (error / n).sqrt()), "{fit:?}");
    assert!(near(fit.r2.unwrap(), 1.0 - error / spread), "{fit:?}");
    assert!(near(fitted.score.loss, 0.5 * error / n) && near(fitted.score.r2, fit.r2.unwrap()));
    let train = session.data.range(Part::Train);
    let of_train = train.clone().map(truth).sum::<f64>() / train.len() as f64;
    assert!(near(fit.mean, of_train));
    let always = sum(&|i| (truth(i) - of_train).powi(2));
    assert!(near(fit.mean_miss, (always / n).sqrt()));
    assert_eq!(fitted.no_better_than_mean(), error >= always);
    assert_eq!(fitted.said(fitted.examples.end, 0), None);
    assert_eq!(fitted.said(fitted.examples.start, 1), None);
    // Prices tell rows apart.
    let answers = session.answerer();
    let present = answers
        .answers(own, &path, &crate::data::Progress::new())
        .unwrap();
    assert_eq!((present.update, present.answers.outputs.len()), (100, 60));
    assert_eq!(present.learnt.target.as_deref(), Some("price"));
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<f64> = (text.lines().skip(1))
        .map(|l| l.rsplit(',').next().unwrap().parse().unwrap())
        .collect();
    for i in fitted.examples.clone() {
        let row = rows.iter().position(|price| *price == truth(i)).unwrap();
        let said = present.answers.outputs[row].as_ref().unwrap()[0];
        assert_eq!(said.to_bits(), fitted.said(i, 0).unwrap().to_bits());
    }
    // Back at the first weights nothing is kept, and the first weights answer.
    session.race(RaceCommand::Reset);
    assert!(session.take_race().unwrap().fitted.is_none());
    let first = answers
        .answers(own, &path, &crate::data::Progress::new())
        .unwrap();
    assert!(first.update == 0 && first.answers != present.answers);
    let wrong = folder.path().join("wrong.csv");
    std::fs::write(&wrong, "area,price\n1,2\n3,4\n").unwrap();
    let line = answers
        .answers(own, &wrong, &crate::data::Progress::new())
        .unwrap_err();
    assert!(line.contains("wrong.csv") && line.contains("age"), "{line}");
    let cancelled = crate::data::Progress::new();
    cancelled.cancel();
    assert!(answers.answers(own, &path, &cancelled).is_err());
}

/// While the race trains, its present weights answer, and nobody waits.
#[test]
fn a_race_at_work_answers_new_examples() {
    let folder = tempfile::tempdir().unwrap();
    let (path, experiment, data) = regression(&folder);
    let own = LaneSpec::own(&experiment).id;
    let mut session = Session::start_on(experiment, data, Mode::Threads(1)).unwrap();
    session.race(RaceCommand::Run);
    let answers = session.answerer();
    until("some hundred updates", || session.updates_made() > 200);
    let asked = || {
        answers
            .answers(own, &path, &crate::data::Progress::new())
            .unwrap()
    };
    let first = asked();
    let mut last = first.clone();
    until("newer weights", || {
        last = asked();
        last.update > first.update
    });
    assert!(first.update > 0 && last.answers != first.answers);
    let mut fitted = None;
    until("answers of the validation part", || {
        fitted = session.take_race().and_then(|r| r.fitted).or(fitted.take());
        fitted.as_ref().is_some_and(|f| f.update > 0)
    });
    let fitted = fitted.unwrap();
    assert_eq!(fitted.part, Part::Validation);
    assert!(fitted.update.is_multiple_of(SCORE_EVERY) || fitted.examples.len() < 60);
}
