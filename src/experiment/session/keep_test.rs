//! A run of a session, kept in a folder: computed again, gone on with, and opened as it was.

use super::*;
use crate::data::{LoadOptions, Progress, fingerprint, load};
use crate::experiment::keep_run::Writing;
use crate::experiment::kept::Kept;
use crate::experiment::propose::propose;
use crate::experiment::replay::{Asked, Replayed, replay};
use crate::experiment::save_folder::Place;
use std::collections::BTreeMap;
use std::path::Path;

fn open(name: &str, changes: &[&str]) -> Session {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load(name, &changes).unwrap();
    Session::start(experiment, Mode::InStep).unwrap()
}

fn edit(session: &mut Session, change: &str) {
    let text = session.experiment.to_toml().unwrap();
    let next = Experiment::parse(&text, "edit", &[change.to_owned()]).unwrap();
    session.race(RaceCommand::Edit(Box::new(next)));
}

fn keep(session: &mut Session, folder: &Path) {
    let captured = session.capture().unwrap();
    let how = Writing {
        budget: 64 << 20,
        most: 100,
        ..Writing::default()
    };
    let place = Place::new(folder).unwrap();
    place.fill(|half| captured.write(half, &how)).unwrap();
}

fn again(folder: &Path) -> Replayed {
    let kept = Kept::open(folder).unwrap();
    let asked = Asked {
        update: None,
        threads: 1,
        proceed: &|| true,
        progress: &|_| (),
    };
    replay(&kept, &asked).unwrap()
}

/// The files that are functions of what was done alone, with the key frames of `update`.
fn files(folder: &Path, update: u64) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for name in [
        "experiment.toml",
        "weights.safetensors",
        "metrics.jsonl",
        "journal.jsonl",
    ] {
        all.insert(name.to_owned(), std::fs::read(folder.join(name)).unwrap());
    }
    for entry in std::fs::read_dir(folder.join("frames")).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(&format!("-{update:09}.safetensors")) {
            all.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    all
}

/// Edits, lanes in and out, an edit that no update has seen: a run that is left there and opened again goes on to the same bits.
#[test]
fn a_run_is_kept_computed_again_and_opened_as_it_was() {
    let home = tempfile::tempdir().unwrap();
    let (first, second, third) = (
        home.path().join("a"),
        home.path().join("b"),
        home.path().join("c"),
    );
    for (name, changes) in [
        (
            "digits-mlp",
            &["network.layers=[{dense=8},{dense=10}]", "inference.steps=4"][..],
        ),
        ("names-rnn", &["learning.batch=8", "inference.steps=4"]),
    ] {
        let mut own = open(name, changes);
        own.race(RaceCommand::RunUntil(9));
        edit(&mut own, "learning.rate=0.02");
        own.race(RaceCommand::RunUntil(13));
        own.race(RaceCommand::Active(LaneId::IL, false));
        own.race(RaceCommand::RunUntil(17));
        edit(&mut own, "learning.momentum=0.4");
        own.race(RaceCommand::Active(LaneId::IL, true));
        own.race(RaceCommand::RunUntil(21));
        // Seen by no update yet, and with a memory that the one before has not.
        edit(&mut own, "learning.optimiser=\"adam\"");
        own.race(RaceCommand::Active(LaneId::BP, false));
        keep(&mut own, &first);
        let found = again(&first);
        assert_eq!(
            (found.differs, found.updates, found.losses),
            (vec![], 21, 21),
            "{name}"
        );
        assert!(found.frames > 0 && found.checkpoint, "{}", found.frames);
        let kept = Kept::open(&first).unwrap();
        let mut opened = Session::of_run(&kept, Mode::InStep).unwrap();
        assert_eq!(opened.experiment, own.experiment);
        let (mut race, mut same) = (opened.take_race().unwrap(), own.take_race().unwrap());
        assert!(
            race.update == 21 && race.edits.len() >= 2,
            "{:?}",
            race.edits
        );
        assert_eq!(race.edits, same.edits);
        for (lane, was) in race.lanes.iter().zip(&same.lanes) {
            assert_eq!((lane.active, lane.updates), (was.active, was.updates));
            assert_eq!(lane.loss, was.loss);
            assert_eq!(
                (&lane.distance, &lane.validation),
                (&was.distance, &was.validation)
            );
            assert_eq!((lane.apart, lane.standing), (was.apart, was.standing));
            assert_eq!(
                (lane.compared, lane.unlike, lane.worked),
                (was.compared, was.unlike, was.worked)
            );
        }
        // Anywhere in its past, as if it had never been left.
        for at in [0, 5, 16, 20] {
            for session in [&mut opened, &mut own] {
                session.scope(ScopeCommand::Lane(LaneId::IL));
                session.scope(ScopeCommand::At(Some(at)));
            }
            let views = [&opened, &own].map(|s| s.take_scope().unwrap());
            let [a, b] = views.map(|v| (v.at, v.microscope.states.last().unwrap().size.clone()));
            assert_eq!(a, b, "{name} at {at}");
            assert_eq!(a.0, Some(at));
        }
        // What is kept of it again is the same.
        keep(&mut opened, &second);
        assert_eq!(files(&first, 21), files(&second, 21));
        for session in [&mut opened, &mut own] {
            session.scope(ScopeCommand::At(None));
            edit(session, "learning.rate=0.005");
            session.race(RaceCommand::RunUntil(30));
        }
        (race, same) = (opened.take_race().unwrap(), own.take_race().unwrap());
        let means = |lane: &LaneSnapshot| -> Vec<(u64, u64)> {
            let buckets = lane.loss.buckets().iter();
            buckets.map(|b| (b.update, b.mean.to_bits())).collect()
        };
        for (lane, was) in race.lanes.iter().zip(&same.lanes) {
            assert_eq!(means(lane), means(was));
        }
        keep(&mut opened, &second);
        keep(&mut own, &third);
        assert_eq!(files(&second, 30), files(&third, 30));
        assert_eq!(again(&second).differs, Vec::<String>::new());
        // A branch is a run of its own.
        own.race(RaceCommand::Branch(11, None));
        own.race(RaceCommand::RunUntil(15));
        keep(&mut own, &third);
        let found = again(&third);
        assert_eq!((found.differs, found.updates), (vec![], 15));
    }
}

/// A long run keeps means, and says so; a lane that has stopped stays stopped.
/// What was read and said of the data when they were loaded is kept, not what the file holds by then.
#[test]
fn a_run_keeps_what_was_said_of_its_data_and_their_hash_unless_they_were_written_to() {
    let home = tempfile::tempdir().unwrap();
    let table = home.path().join("leaves.csv");
    let rows = (0..60).map(|i| format!("{},{},{}\n", i % 7, i % 5, ["a", "b"][i % 2]));
    let text = "long,wide,kind\n".to_owned() + &rows.collect::<String>();
    let begin = || {
        std::fs::write(&table, &text).unwrap();
        // The time of a file is that of a clock that ticks a few hundred times a second.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let loaded = load(&table, &LoadOptions::default(), &Progress::new()).unwrap();
        let mut experiment = propose(&table, &loaded, &Progress::new()).unwrap();
        experiment.data.hash = None;
        let data = loaded.dataset().unwrap();
        let mut session = Session::start_on(experiment, data, Mode::InStep).unwrap();
        session.race(RaceCommand::RunUntil(2));
        session
    };
    let record = |session: &mut Session, name: &str| {
        let folder = home.path().join(name);
        keep(session, &folder);
        (
            crate::experiment::kept::record(&folder).unwrap()["data"].clone(),
            Kept::open(&folder).and_then(|kept| kept.setup::<f32>().map(drop)),
        )
    };
    let (data, opened) = record(&mut begin(), "as-read");
    let files = [table.clone()];
    let hash = fingerprint(&files, &Progress::new()).unwrap();
    assert_eq!(data["sha256"], hash);
    assert!(data["learns"].as_str().unwrap().starts_with("learns kind"));
    assert_eq!(opened, Ok(()));
    let mut session = begin();
    std::fs::write(&table, text.replace("6,", "9,")).unwrap();
    let (data, opened) = record(&mut session, "changed");
    assert!(data["sha256"].is_null());
    let notes = data["notes"].as_array().unwrap();
    let said = "the data were written to after they were read: no hash";
    assert!(notes.iter().any(|note| note == said), "{notes:?}");
    assert!(opened.unwrap_err().contains("were written to right after"));
}

#[test]
fn a_long_run_says_what_it_sums_up_and_one_that_stopped_stays_so() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("long");
    let mut own = open("moons", &["inference.steps=1", "learning.batch=2"]);
    own.race(RaceCommand::RunUntil(1500));
    own.race(RaceCommand::Active(LaneId::ZIL, false));
    own.race(RaceCommand::RunUntil(1510));
    own.race(RaceCommand::Active(LaneId::ZIL, true));
    own.race(RaceCommand::RunUntil(1520));
    keep(&mut own, &folder);
    let found = again(&folder);
    assert_eq!(
        (&found.differs, found.updates, found.losses),
        (&vec![], 1520, 1510)
    );
    assert!(found.summed > 900, "{}", found.summed);
    let record = std::fs::read_to_string(folder.join("run.json")).unwrap();
    assert!(record.contains("means of several updates"));
    // A loss that is not what was made is found.
    let metrics = folder.join("metrics.jsonl");
    let text = std::fs::read_to_string(&metrics).unwrap();
    let least = text.find("\"loss_least\":0.").unwrap() + 13;
    let digit = if &text[least + 2..least + 3] == "9" {
        "8"
    } else {
        "9"
    };
    std::fs::write(
        &metrics,
        format!("{}0.{digit}{}", &text[..least], &text[least + 3..]),
    )
    .unwrap();
    assert!(
        again(&folder).differs[0].contains("least loss is"),
        "{:?}",
        again(&folder).differs
    );

    let stopped = home.path().join("stopped");
    let wild = [
        "network.layers=[{dense=8},{dense=10}]",
        "network.activation=relu",
        "network.loss=squared-error",
        "inference.steps=2",
    ];
    let mut own = open("digits-mlp", &wild);
    own.race(RaceCommand::RunUntil(4));
    edit(&mut own, "learning.rate=1e30");
    own.race(RaceCommand::RunUntil(12));
    let was = own.take_race().unwrap();
    let fate = |race: &RaceSnapshot| {
        let lanes = race.lanes.iter();
        lanes
            .map(|l| (l.failure.clone(), l.updates))
            .collect::<Vec<_>>()
    };
    assert!(
        fate(&was).iter().any(|(failed, _)| failed.is_some()),
        "{:?}",
        fate(&was)
    );
    keep(&mut own, &stopped);
    assert_eq!(again(&stopped).differs, Vec::<String>::new());
    let opened = Session::of_run(&Kept::open(&stopped).unwrap(), Mode::InStep).unwrap();
    assert_eq!(fate(&opened.take_race().unwrap()), fate(&was));
}

/// Runs beside another, one of them of a branch that has made nothing, and a rule that was taken up on the way.
#[test]
fn runs_that_are_kept_beside_another_are_kept_and_opened_with_it() {
    let home = tempfile::tempdir().unwrap();
    let [first, second, third] = ["a", "b", "c"].map(|name| home.path().join(name));
    let mut own = open(
        "digits-mlp",
        &[
            "network.layers=[{dense=8},{dense=10}]",
            "inference.steps=4",
            "inference.adaptive=false",
        ],
    );
    let told = |session: &mut Session, command: RaceCommand| {
        session.race(command);
        let race = session.take_race().unwrap();
        session.follow_settings(&race);
        race
    };
    own.race(RaceCommand::RunUntil(9));
    edit(&mut own, "learning.rule=\"incremental\"");
    own.race(RaceCommand::RunUntil(12));
    own.race(RaceCommand::Active(
        LaneId::new("incremental").unwrap(),
        false,
    ));
    own.race(RaceCommand::RunUntil(14));
    told(&mut own, RaceCommand::Branch(6, None));
    edit(&mut own, "learning.rate=0.02");
    own.race(RaceCommand::RunUntil(10));
    told(&mut own, RaceCommand::Branch(0, None));
    let was = told(&mut own, RaceCommand::Take('A'));
    assert_eq!((was.name, was.update, was.lanes.len()), ('A', 14, 4));
    keep(&mut own, &first);
    for (folder, updates) in [(first.clone(), 14), (first.join("runs/B"), 10)] {
        let found = again(&folder);
        assert_eq!((found.differs, found.updates), (vec![], updates));
    }
    let reopened = || Session::of_run(&Kept::open(&first).unwrap(), Mode::InStep);
    let mut opened = reopened().unwrap();
    let now = opened.take_race().unwrap();
    let story = |race: &RaceSnapshot| {
        let kept = race.kept.iter();
        let kept = kept.map(|k| (k.name, k.update, k.from, k.edits.len()));
        (race.name, race.from, race.update, kept.collect::<Vec<_>>())
    };
    assert_eq!(story(&now), story(&was));
    let expected = vec![('B', 10, Some(('A', 6)), 1), ('C', 0, Some(('B', 0)), 0)];
    assert_eq!(story(&now).3, expected);
    for (kept, were) in now.kept.iter().zip(was.kept.iter()) {
        for (lane, was) in kept.lanes.iter().zip(&were.lanes) {
            assert_eq!((&lane.loss, lane.updates), (&was.loss, was.updates));
        }
    }
    // A lane that joined comes from the lane of the rule before, also in a past of before.
    for at in [5, 9, 11, 13] {
        for session in [&mut opened, &mut own] {
            session.scope(ScopeCommand::Lane(LaneId::new("incremental").unwrap()));
            session.scope(ScopeCommand::At(Some(at)));
        }
        let views = [&opened, &own].map(|s| s.take_scope().unwrap());
        let [a, b] = views.map(|v| (v.at, v.microscope.states[0].size.clone()));
        assert_eq!(a, b, "at {at}");
        assert_eq!(a.0, Some(at));
    }
    // Either goes on, and another is gone on with, to the same bits.
    for session in [&mut opened, &mut own] {
        session.scope(ScopeCommand::At(None));
        session.race(RaceCommand::RunUntil(17));
        told(session, RaceCommand::Take('B'));
        session.race(RaceCommand::RunUntil(15));
    }
    keep(&mut opened, &second);
    keep(&mut own, &third);
    assert_eq!(files(&second, 15), files(&third, 15));
    let a = |folder: &Path| files(&folder.join("runs/A"), 17);
    assert_eq!(a(&second), a(&third));
    // What has not changed is not written again.
    let captured = own.capture().unwrap();
    let how = Writing {
        budget: 64 << 20,
        most: 100,
        ..Writing::default()
    };
    let written = captured.write(&home.path().join("d"), &how).unwrap();
    let how = Writing {
        before: Some((&home.path().join("d"), &written)),
        budget: 64 << 20,
        most: 100,
        ..Writing::default()
    };
    captured.write(&home.path().join("e"), &how).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let file = |name: &str| home.path().join(name).join("runs/A/weights.safetensors");
        let number = |name: &str| std::fs::metadata(file(name)).unwrap().ino();
        assert_eq!(number("d"), number("e"));
    }
    // What is damaged beside it is said in a line, and nothing is opened.
    let weights = first.join("runs/B/weights.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let refused = |words: &str| {
        let line = reopened().err().unwrap();
        assert!(line.contains(words) && !line.contains('\n'), "{line}");
    };
    refused("runs/B/weights.safetensors");
    std::fs::write(&weights, &bytes).unwrap();
    std::fs::rename(first.join("runs/B"), first.join("runs/D")).unwrap();
    refused("is not called what it says");
    std::fs::remove_dir_all(first.join("runs/D")).unwrap();
    assert_eq!(reopened().unwrap().take_race().unwrap().kept.len(), 1);
}
