use super::*;
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;

fn setup(seed: u64) -> Setup<f32> {
    let experiment = Experiment::load("moons", &[format!("seed={seed}")]).unwrap();
    let data = load_data(&experiment).unwrap();
    Setup::new(experiment, data).unwrap()
}

fn about() -> About {
    About {
        rule: "zil",
        data_hash: None,
        threads: 1,
        learns: String::new(),
        notes: Vec::new(),
        learnt: setup(1).data.learnt(),
        weights: None,
        recorded: None,
        raced: false,
        goal: Goal {
            until: 1,
            evaluate_every: None,
        },
        folder: None,
    }
}

/// The ids that the files of a folder carry, in the order of [`FILES`]; none where a file is missing.
fn ids(folder: &Path) -> Vec<Option<String>> {
    let text = |file: &str| std::fs::read_to_string(folder.join(file)).ok();
    let field = |text: String, key: &str| {
        let value: Value = serde_json::from_str(&text).ok()?;
        Some(value[key].as_str()?.to_owned())
    };
    let weights = std::fs::read(folder.join(WEIGHTS)).ok();
    vec![
        text(RECORD).and_then(|t| field(t, "id")),
        weights.and_then(|w| checkpoint::run_of(&w)),
        text(METRICS).and_then(|t| field(t.lines().next()?.to_owned(), "run")),
        text(EXPERIMENT).and_then(|t| Some(t.lines().next()?.strip_prefix(HEAD)?.to_owned())),
        text(JOURNAL).and_then(|t| field(t.lines().next()?.to_owned(), "run")),
    ]
}

#[test]
fn the_files_of_a_run_carry_one_id_and_another_run_needs_leave() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("a/b");
    let first = setup(1);
    drop(Claim::new(&folder, false, "moons", None).unwrap());
    assert!(
        !home.path().join("a").exists(),
        "a refused run leaves no folder"
    );
    let mut run = Claim::new(&folder, false, "moons", None)
        .unwrap()
        .begin(&first, &about())
        .unwrap();
    let own = ids(&folder);
    assert!(own.iter().all(|i| i.is_some() && *i == own[0]), "{own:?}");
    let error = Claim::new(&folder, true, "moons", None).unwrap_err();
    assert!(error.contains("another run is writing there"), "{error}");
    run.note(&json!({"update": 1}));
    let moment = Moment {
        update: 1,
        ..Moment::first(&first)
    };
    run.checkpoint(&moment).unwrap();
    run.end(1, "done", &json!({})).unwrap();
    drop(run);
    let text = std::fs::read_to_string(folder.join(METRICS)).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    let error = Claim::new(&folder, false, "moons", None).unwrap_err();
    assert!(error.contains("--overwrite"), "{error}");
    assert_eq!(ids(&folder), own, "what was refused changed nothing");
    let notes = folder.join("notes.md");
    std::fs::write(&notes, "mine").unwrap();
    // Of a run that was killed while it saved.
    let half = folder.join(format!("{WEIGHTS}.1.tmp"));
    std::fs::write(&half, "ha").unwrap();
    drop(
        Claim::new(&folder, true, "moons", None)
            .unwrap()
            .begin(&setup(2), &about())
            .unwrap(),
    );
    let other = ids(&folder);
    assert!(
        other
            .iter()
            .all(|i| i.is_some() && *i == other[0] && *i != own[0])
    );
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "mine");
    assert!(!half.exists());
    // The same run again: the same id.
    drop(
        Claim::new(&folder, true, "moons", None)
            .unwrap()
            .begin(&first, &about())
            .unwrap(),
    );
    assert_eq!(ids(&folder), own);
}

#[test]
fn an_experiment_of_ones_own_is_never_replaced() {
    let home = tempfile::tempdir().unwrap();
    let own = home.path().join(EXPERIMENT);
    std::fs::write(&own, "seed = 3\n").unwrap();
    let error = Claim::new(home.path(), true, "moons", None).unwrap_err();
    assert!(error.contains("is not a run's"), "{error}");
    std::fs::write(&own, format!("{HEAD}00\nseed = 3\n")).unwrap();
    let error = Claim::new(home.path(), true, &own.to_string_lossy(), None).unwrap_err();
    assert!(
        error.contains("the experiment that is to be trained"),
        "{error}"
    );
    assert!(std::fs::read_to_string(&own).unwrap().contains("seed = 3"));
}

/// A run that cannot take another's place leaves a folder without `run.json`.
#[test]
fn a_file_in_the_way_is_told_and_leaves_no_mix() {
    let home = tempfile::tempdir().unwrap();
    drop(
        Claim::new(home.path(), false, "moons", None)
            .unwrap()
            .begin(&setup(1), &about())
            .unwrap(),
    );
    // A folder where the checkpoint should be: it cannot be removed as a file.
    std::fs::remove_file(home.path().join(WEIGHTS)).unwrap();
    std::fs::create_dir(home.path().join(WEIGHTS)).unwrap();
    let error = Claim::new(home.path(), true, "moons", None)
        .unwrap()
        .begin(&setup(2), &about())
        .unwrap_err();
    assert!(error.contains(WEIGHTS), "{error}");
    assert_eq!(ids(home.path())[0], None);
}
