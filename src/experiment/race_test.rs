//! What is said of lanes that were not always run: since when they are not compared, and where curves have gaps.

use super::{LaneKind, Race};
use crate::data::Part;
use crate::experiment::data::load_data;
use crate::experiment::file::Experiment;
use crate::experiment::setup::{Setup, plan_for};
use crate::experiment::standing::{Standing, Why};
use crate::learning::{Interrupt, Uninterrupted, Verdict};
use crate::network::{Loss, Plan};
use std::sync::Arc;

fn race(changes: &[&str]) -> Race<f32> {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::load("moons", &changes).unwrap();
    let data = load_data(&experiment).unwrap();
    let setup = Arc::new(Setup::new(experiment, data).unwrap());
    Race::new(setup, &[LaneKind::Bp, LaneKind::Zil, LaneKind::Il], 1)
}

fn run(race: &mut Race<f32>, updates: u64) {
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    for _ in 0..updates {
        assert!(race.update(&never));
    }
}

fn tick(race: &mut Race<f32>, kind: LaneKind, on: bool) {
    race.lanes
        .iter_mut()
        .find(|l| l.kind == kind)
        .unwrap()
        .active = on;
}

fn standing(race: &Race<f32>, kind: LaneKind) -> Standing {
    race.standing(race.lane(kind).unwrap())
}

#[test]
fn a_lane_is_compared_while_both_run_and_not_after_one_has_rested() {
    let mut race = race(&[]);
    assert_eq!(standing(&race, LaneKind::Zil), Standing::Untrained);
    run(&mut race, 7);
    assert_eq!(
        standing(&race, LaneKind::Zil),
        Standing::Compared(Verdict::Exact)
    );
    assert!(matches!(
        standing(&race, LaneKind::Il),
        Standing::Compared(Verdict::RightDirection | Verdict::DifferentRule)
    ));
    tick(&mut race, LaneKind::Bp, false);
    // A tick takes effect from the next update on: what has been compared stands.
    assert_eq!(
        standing(&race, LaneKind::Zil),
        Standing::Compared(Verdict::Exact)
    );
    run(&mut race, 5);
    let not = |why| Standing::Not {
        since: Some(7),
        why,
    };
    assert_eq!(standing(&race, LaneKind::Zil), not(Why::ReferenceOff));
    tick(&mut race, LaneKind::Bp, true);
    run(&mut race, 3);
    // BP trains again, five updates behind: the same number will never be the same batches.
    let behind = Why::OtherUpdates {
        own: 15,
        reference: 10,
    };
    assert_eq!(standing(&race, LaneKind::Zil), not(behind));
    let zil = race.lane(LaneKind::Zil).unwrap();
    assert_eq!((zil.compared, zil.differing_updates), (7, 0));
    assert_eq!(zil.distance.buckets().last().unwrap().update, 7);
    assert!(zil.distance.ends_in_gap());
    // BP's own loss has a gap where it rested.
    let bp = race.lane(LaneKind::Bp).unwrap();
    let gaps: Vec<u64> = bp
        .loss
        .buckets()
        .iter()
        .filter(|b| b.after_gap)
        .map(|b| b.update)
        .collect();
    assert_eq!(gaps, [13]);
    // Equally many updates, not the same ones.
    tick(&mut race, LaneKind::Zil, false);
    run(&mut race, 5);
    let equal = Why::OtherUpdates {
        own: 15,
        reference: 15,
    };
    tick(&mut race, LaneKind::Zil, true);
    assert_eq!(standing(&race, LaneKind::Zil), not(equal));
    run(&mut race, 2);
    let zil = race.lane(LaneKind::Zil).unwrap();
    assert_eq!(zil.compared, 7);
}

#[test]
fn lanes_that_rest_together_stay_comparable_and_the_curve_has_a_gap() {
    let mut race = race(&[]);
    run(&mut race, 4);
    for on in [false, true] {
        tick(&mut race, LaneKind::Bp, on);
        tick(&mut race, LaneKind::Zil, on);
        run(&mut race, 6);
        assert_eq!(
            standing(&race, LaneKind::Zil),
            Standing::Compared(Verdict::Exact)
        );
    }
    let zil = race.lane(LaneKind::Zil).unwrap();
    assert_eq!((zil.compared, zil.learner.updates()), (10, 10));
    let gaps: Vec<u64> = zil
        .distance
        .buckets()
        .iter()
        .filter(|b| b.after_gap)
        .map(|b| b.update)
        .collect();
    assert_eq!(gaps, [11]);
    let made: Vec<u64> = zil.distance.buckets().iter().map(|b| b.made).collect();
    assert_eq!(made, (1..=10).collect::<Vec<u64>>());
    let il = race.lane(LaneKind::Il).unwrap();
    assert_eq!(
        standing(&race, LaneKind::Il),
        Standing::Not {
            since: Some(4),
            why: Why::OtherUpdates {
                own: 16,
                reference: 10
            },
        }
    );
    assert_eq!(il.compared, 4);
}

#[test]
fn bp_that_never_ran_has_been_compared_with_nothing() {
    let mut race = race(&[]);
    tick(&mut race, LaneKind::Bp, false);
    run(&mut race, 3);
    let never = Standing::Not {
        since: None,
        why: Why::ReferenceOff,
    };
    assert_eq!(standing(&race, LaneKind::Zil), never);
    assert_eq!(never.verdict(), Some(Verdict::NotCompared));
}

#[test]
fn a_rate_of_zero_moves_nothing_and_proves_nothing() {
    let mut race = race(&["learning.rate=0"]);
    run(&mut race, 3);
    assert_eq!(
        standing(&race, LaneKind::Zil),
        Standing::Compared(Verdict::NoUpdate)
    );
}

#[test]
fn trained_weights_are_rounding_only_where_the_schedule_equals_bp() {
    let mut naive = race(&["conditions.epsilon=naive"]);
    run(&mut naive, 20);
    assert_eq!(
        standing(&naive, LaneKind::Zil),
        Standing::Compared(Verdict::Rounding)
    );
    let mut late = race(&["conditions.order=w-first"]);
    run(&mut late, 20);
    assert!(matches!(
        standing(&late, LaneKind::Zil),
        Standing::Compared(Verdict::RightDirection | Verdict::DifferentRule)
    ));
}

#[test]
fn a_lane_that_overflowed_is_not_finite() {
    let mut race = race(&[
        "learning.rate=1e30",
        "network.activation=relu",
        "network.loss=squared-error",
    ]);
    run(&mut race, 20);
    let standing = standing(&race, LaneKind::Zil);
    assert_eq!(standing.verdict(), Some(Verdict::NotFinite), "{standing:?}");
}

/// An experiment on two inputs and one or more targets that are values, without a word on the loss unless `more` says one.
fn on_values(header: &str, rows: &[&str], more: &[&str]) -> Result<Arc<Plan>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.csv");
    std::fs::write(&path, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
    let columns: Vec<&str> = header.split(',').skip(2).collect();
    let text = format!(
        "format = 1\n[data]\nsource = {path:?}\nlabel = {columns:?}\ntargets = \"values\"\n[network]\nlayers = [{{ dense = {} }}]\n[learning]\nrate = 0.1\nbatch = 2\n",
        columns.len()
    );
    let more: Vec<String> = more.iter().map(|c| (*c).to_owned()).collect();
    let experiment = Experiment::parse(&text, "values.toml", &more).map_err(|e| e.to_string())?;
    let data = load_data(&experiment).map_err(|e| e.to_string())?;
    plan_for(&experiment, &data).map_err(|e| e.to_string())
}

#[test]
fn values_train_with_squared_error_and_cross_entropy_takes_shares_only() {
    let one = ["0.1,0.2,3.5", "0.3,0.1,-2.5", "0.2,0.4,1.25", "0.5,0.6,7.5"];
    let plan = on_values("a,b,y", &one, &[]).unwrap();
    assert_eq!(plan.graph.loss, Loss::SquaredError);
    let line = on_values("a,b,y", &one, &["network.loss=cross-entropy"]).unwrap_err();
    assert!(
        line.contains("network.loss is cross-entropy")
            && line.contains("expected squared-error")
            && !line.contains('\n'),
        "{line}"
    );
    let classes = Experiment::load("moons", &[]).unwrap();
    let data = load_data(&classes).unwrap();
    let plan = plan_for(&classes, &data).unwrap();
    assert_eq!(plan.graph.loss, Loss::CrossEntropy);
}

#[test]
fn outputs_that_are_not_finite_have_no_accuracy() {
    let mut race = race(&["network.activation=relu"]);
    let mut weights = race.setup.initial.clone();
    weights.change(|w| w.iter_mut().for_each(|w| *w *= 1e30));
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let score = race.score(&Arc::new(weights), Part::Test, usize::MAX, &never, |_| ());
    assert!(score.accuracy.is_nan() && score.balanced_accuracy.is_nan());
    assert!(score.not_finite.is_some());
    let initial = Arc::new(race.setup.initial.clone());
    let score = race.score(&initial, Part::Test, usize::MAX, &never, |_| ());
    assert!(score.accuracy.is_finite() && score.not_finite.is_none());
}

#[test]
fn the_output_precision_is_of_bp_and_both_paths_of_zil() {
    let mut own = race(&["inference.output_precision=0.4"]);
    let mut plain = race(&[]);
    run(&mut own, 6);
    run(&mut plain, 6);
    assert_eq!(
        standing(&own, LaneKind::Zil),
        Standing::Compared(Verdict::Exact)
    );
    let bp = |race: &Race<f32>| race.lanes[0].learner.weights().values().to_vec();
    assert_ne!(bp(&own), bp(&plain));
}
