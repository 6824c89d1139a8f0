//! Interventions as files write them: what is read, what is refused, and what it comes to.

use super::*;
use crate::experiment::file::Experiment;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;

const ALL: &str = r#"
[[intervention]]
clamp = "dense1"
unit = 4
value = 0.5

[[intervention]]
free = "input"
unit = "32-63"
from = "mean"

[[intervention]]
set = "dense2"
unit = 3
value = -0.25
at = 2

[[intervention]]
kick = "dense2"
unit = "0, 2-4"
by = 0.5
at = 5

[[intervention]]
lesion = "dense1"
unit = 7
at = 1

[[intervention]]
cut = "dense2.weight"
place = [3, 9]

[[intervention]]
weight = "output.bias"
place = [2, 0]
value = 0.75
at = 4

[[intervention]]
precision = 1
value = 2.0

[[intervention]]
target = 7
at = 6

[[intervention]]
free = "output"
at = 8
"#;

fn digits(more: &str) -> Result<Experiment, ExperimentError> {
    let (_, preset) = crate::experiment::file::PRESETS
        .iter()
        .find(|(name, _)| *name == "digits-mlp")
        .unwrap();
    Experiment::parse(&format!("{preset}\n{more}"), "a file", &[])
}

fn setup(experiment: Experiment) -> Result<Setup<f32>, ExperimentError> {
    let data = load_data(&experiment).unwrap();
    Setup::new(experiment, data)
}

#[test]
fn every_kind_is_read_written_and_read_again() {
    let own = digits(ALL).unwrap();
    assert_eq!(own.interventions.len(), 10);
    let text = own.to_toml().unwrap();
    assert!(
        text.contains("unit = \"32-63\"") && text.contains("unit = \"0, 2-4\""),
        "{text}"
    );
    let again = Experiment::parse(&text, "written", &[]).unwrap();
    assert_eq!(again.interventions, own.interventions);
    let setup = setup(own).unwrap();
    let done = setup.interventions();
    // 1 + 2 · 32 + 1 + 4 + 1 + 1 + 1 + 1 + 1 + 10 things done to single units and numbers.
    assert_eq!(done.all().len(), 85);
    assert_eq!(
        done.standing(&setup.plan, 0).inputs[&40],
        setup.mean_input()[40]
    );
    let at: Vec<usize> = done.all().iter().map(|one| one.at).collect();
    assert!(at.is_sorted());
    assert_eq!(done.at(5).len(), 4);
    let standing = done.standing(&setup.plan, 6);
    assert_eq!(standing.clamps.freed(0).count(), 32);
    assert!(standing.clamps.is_lesioned(1, 7));
    assert_eq!(standing.target.unwrap()[7], 1.0);
    let weights = setup
        .plan
        .graph
        .parameters
        .iter()
        .position(|p| p.name == "dense2.weight");
    let place = setup.plan.parameter(weights.unwrap()).start
        + setup.plan.graph.parameters[weights.unwrap()].at(3, 9);
    assert!(standing.cut.contains(&place));
    let words: Vec<String> = (setup.experiment.interventions.iter())
        .map(|entry| entry.words(Some(&setup.plan)))
        .collect();
    assert_eq!(words[0], "clamp dense 1, unit 4 at 0.5 at t = 0");
    assert_eq!(words[1], "free 32 units of input from the mean at t = 0");
    assert_eq!(words[9], "free all of output at t = 8");
}

#[test]
fn what_does_not_exist_is_refused_in_one_line_with_what_was_expected() {
    for (text, said) in [
        (
            "clamp = \"dens1\"",
            "there is no vertex dens1; expected one of input, dense1, dense2, output; did you mean dense1?",
        ),
        (
            "kick = \"dense1\"\nunit = 32\nby = 1.0",
            "dense1 has 32 units; unit is 32; expected a number from 0 to 31",
        ),
        ("kick = \"dense1\"", "kick lacks by"),
        ("set = \"dense1\"", "set lacks value"),
        ("free = \"dense1\"\nvalue = 1.0", "free has no value"),
        ("at = 3", "expected one of clamp, free, set"),
        ("clamp = \"dense1\"\nfree = \"dense1\"", "clamp and free"),
        (
            "cut = \"dense1.weight\"\nplace = [32, 0]",
            "dense1.weight is 32 × 64; place is [32, 0]; expected [0, 0] to [31, 63]",
        ),
        ("cut = \"dense1.bias\"\nplace = [3, 0]", "it is a bias"),
        (
            "weight = \"dense1\"\nplace = [3, 0]\nvalue = 1.0",
            "there is no parameter dense1",
        ),
        (
            "precision = 3\nvalue = 1.0",
            "level 3 has no precision of its own; expected 0 (the output) to 2",
        ),
        ("precision = 1\nvalue = 0.0", "the precision is 0"),
        (
            "target = 10",
            "target is class 10; expected a number from 0 to 9",
        ),
        (
            "target = [1.0, 0.0]",
            "a target of 2; the output has 10 units",
        ),
        ("lesion = \"output\"\nunit = 1", "output is the output"),
        ("free = \"output\"\nunit = 1", "all are free or none"),
        ("free = \"dense1\"\nunit = 1", "dense1 is not an end"),
        ("free = \"dense1\"\nfrom = 0.5", "dense1 is not the input"),
        ("free = \"input\"\nfrom = \"media\"", "\"mean\" or a number"),
        ("clamp = \"dense1\"\nunit = \"5-3\"", "rising order"),
        ("clamp = \"dense1\"\nunit = \"0-99999999999\"", "fewer"),
        ("clamp = \"dense1\"\nunits = 3", "unknown field"),
    ] {
        let more = format!("[[intervention]]\n{text}\n");
        let error = digits(&more)
            .and_then(|e| setup(e).map(|_| ()))
            .unwrap_err();
        let error = error.to_string();
        assert!(error.contains(said), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let conv = Experiment::load(
        "mnist-cnn",
        &["intervention=[{kick='conv1',unit=[16,0,0],by=1.0}]".to_owned()],
    );
    let error = setup(conv.unwrap()).map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("unit is [16, 0, 0]") && error.contains("[channel, row, column] up to ["),
        "{error}"
    );
    let conv = Experiment::load(
        "mnist-cnn",
        &["intervention=[{cut='conv1.weight',place=[0,0]}]".to_owned()],
    );
    let error = setup(conv.unwrap()).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("shared over positions"), "{error}");
    let entries = &digits(ALL).unwrap().interventions;
    let line = |steps, rule| {
        refuse_unreached(entries, steps, rule)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        line(Some(7), "il"),
        "intervention 10: at is 8; expected a state from 0 to T = 7"
    );
    assert!(line(None, "bp").starts_with("intervention 3: bp has no steps"));
    assert!(refuse_unreached(entries, Some(8), "il").is_ok());
}

/// Units are counted as files lay maps out, whatever the engine stores.
#[test]
fn units_of_maps_are_counted_channel_by_channel() {
    let load = |text: &str| {
        let own = Experiment::load("mnist-cnn", &[text.to_owned()]).unwrap();
        let setup = setup(own).unwrap();
        let one = setup.interventions().all()[0].clone();
        (one, setup.plan.graph.vertices[1].shape, setup)
    };
    let (by_number, shape, setup) = load("intervention=[{kick='conv1',unit=785,by=1.0}]");
    let (by_place, ..) = load("intervention=[{kick='conv1',unit=[1,0,1],by=1.0}]");
    assert_eq!((shape.height, shape.width), (28, 28));
    assert_eq!(by_number, by_place);
    let Act::Kick { vertex, unit, .. } = by_number.act else {
        panic!("a kick")
    };
    assert_eq!(shape.position(unit), (1, 0, 1));
    assert_eq!(unit_in_file(&setup.plan, vertex, unit), 785);
}

/// Another network keeps the entries that it has.
#[test]
fn entries_that_fit_are_kept() {
    let mut own = digits(ALL).unwrap();
    own.network.layers.remove(1);
    let all = std::mem::take(&mut own.interventions);
    let setup = setup(own).unwrap();
    let kept = fitting(&all, &setup.plan);
    let expected: Vec<Entry> = [0, 1, 4, 6, 7, 8, 9].map(|i| all[i].clone()).into();
    assert_eq!(kept, expected);
    assert_eq!(setup.interventions_of(&all).all().len(), 79);
}

/// What is done in the midst of a run is an entry of its journal, and comes out of it as it went in.
#[test]
fn a_journal_has_them_as_edits() {
    use crate::experiment::journal::{Edit, course_of};
    let (none, all) = (digits("").unwrap(), digits(ALL).unwrap());
    assert!(none.takes_up(&all) && all.takes_up(&none));
    let there = Edit::between(5, &none, &all);
    let back = Edit::between(9, &all, &none);
    assert_eq!(
        (there.set.len(), there.set[0].0.as_str()),
        (1, "intervention")
    );
    let text = serde_json::to_string(&[there, back]).unwrap();
    let edits: Vec<Edit> = serde_json::from_str(&text).unwrap();
    let course = course_of(edits.iter(), &none).unwrap();
    assert_eq!(course[0].experiment, all);
    assert_eq!(course[1].experiment, none);
    let said = none.changes(&all)[0].to_string();
    assert_eq!(said, "10 interventions");
    let mut one = none.clone();
    one.interventions.push(all.interventions[0].clone());
    assert_eq!(
        none.changes(&one)[0].to_string(),
        "clamp dense1, unit 4 at 0.5 at t = 0"
    );
    assert_eq!(
        one.changes(&none)[0].to_string(),
        "taken back: clamp dense1, unit 4 at 0.5 at t = 0"
    );
}
