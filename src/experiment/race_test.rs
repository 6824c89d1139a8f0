//! What is said of lanes that were not always run: since when they are not compared, and where curves have gaps.

use super::Race;
use crate::data::Part;
use crate::experiment::file::Experiment;
use crate::experiment::lane::{LaneId, LaneSpec};
use crate::experiment::loading::load_data;
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
    let lanes = LaneSpec::raced(&setup.experiment);
    Race::new(setup, lanes, 1)
}

fn run(race: &mut Race<f32>, updates: u64) {
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    for _ in 0..updates {
        assert!(race.update(&never));
    }
}

fn tick(race: &mut Race<f32>, id: LaneId, on: bool) {
    race.lanes
        .iter_mut()
        .find(|l| l.spec.id == id)
        .unwrap()
        .active = on;
}

fn standing(race: &Race<f32>, id: LaneId) -> Standing {
    race.standing(race.lane(id).unwrap())
}

#[test]
fn a_lane_is_compared_while_both_run_and_not_after_one_has_rested() {
    let mut race = race(&[]);
    assert_eq!(standing(&race, LaneId::ZIL), Standing::Untrained);
    run(&mut race, 7);
    assert_eq!(
        standing(&race, LaneId::ZIL),
        Standing::Compared(Verdict::Exact)
    );
    assert!(matches!(
        standing(&race, LaneId::IL),
        Standing::Compared(Verdict::RightDirection | Verdict::DifferentRule)
    ));
    tick(&mut race, LaneId::BP, false);
    // A tick takes effect from the next update on: what has been compared stands.
    assert_eq!(
        standing(&race, LaneId::ZIL),
        Standing::Compared(Verdict::Exact)
    );
    run(&mut race, 5);
    let not = |why| Standing::Not {
        since: Some(7),
        why,
    };
    assert_eq!(standing(&race, LaneId::ZIL), not(Why::ReferenceOff));
    tick(&mut race, LaneId::BP, true);
    run(&mut race, 3);
    // BP trains again, five updates behind: the same number will never be the same batches.
    let behind = Why::OtherUpdates {
        own: 15,
        reference: 10,
    };
    assert_eq!(standing(&race, LaneId::ZIL), not(behind));
    let zil = race.lane(LaneId::ZIL).unwrap();
    assert_eq!((zil.compared.count(), zil.differing.count()), (7, 0));
    assert_eq!(zil.distance.buckets().last().unwrap().update, 7);
    assert!(zil.distance.ends_in_gap());
    // BP's own loss has a gap where it rested.
    let bp = race.lane(LaneId::BP).unwrap();
    let gaps: Vec<u64> = bp
        .loss
        .buckets()
        .iter()
        .filter(|b| b.after_gap)
        .map(|b| b.update)
        .collect();
    assert_eq!(gaps, [13]);
    // Equally many updates, not the same ones.
    tick(&mut race, LaneId::ZIL, false);
    run(&mut race, 5);
    let equal = Why::OtherUpdates {
        own: 15,
        reference: 15,
    };
    tick(&mut race, LaneId::ZIL, true);
    assert_eq!(standing(&race, LaneId::ZIL), not(equal));
    run(&mut race, 2);
    let zil = race.lane(LaneId::ZIL).unwrap();
    assert_eq!(zil.compared.count(), 7);
}

#[test]
fn lanes_that_rest_together_stay_comparable_and_the_curve_has_a_gap() {
    let mut race = race(&[]);
    run(&mut race, 4);
    for on in [false, true] {
        tick(&mut race, LaneId::BP, on);
        tick(&mut race, LaneId::ZIL, on);
        run(&mut race, 6);
        assert_eq!(
            standing(&race, LaneId::ZIL),
            Standing::Compared(Verdict::Exact)
        );
    }
    let zil = race.lane(LaneId::ZIL).unwrap();
    assert_eq!((zil.compared.count(), zil.learner.updates()), (10, 10));
    let gaps: Vec<u64> = zil
        .distance
        .buckets()
        .iter()
        .filter(|b| b.after_gap)
        .map(|b| b.update)
        .collect();
    assert_eq!(gaps, [11]);
    let worked = zil.distance.buckets().iter().map(|b| b.products);
    let each = zil.products as u64;
    assert!(worked.eq((1..=10).map(|updates| updates * each)));
    let il = race.lane(LaneId::IL).unwrap();
    assert_eq!(
        standing(&race, LaneId::IL),
        Standing::Not {
            since: Some(4),
            why: Why::OtherUpdates {
                own: 16,
                reference: 10
            },
        }
    );
    assert_eq!(il.compared.count(), 4);
}

#[test]
fn bp_that_never_ran_has_been_compared_with_nothing() {
    let mut race = race(&[]);
    tick(&mut race, LaneId::BP, false);
    run(&mut race, 3);
    let never = Standing::Not {
        since: None,
        why: Why::ReferenceOff,
    };
    assert_eq!(standing(&race, LaneId::ZIL), never);
    assert_eq!(never.verdict(), Some(Verdict::NotCompared));
}

#[test]
fn a_rate_of_zero_moves_nothing_and_proves_nothing() {
    let mut race = race(&["learning.rate=0"]);
    run(&mut race, 3);
    assert_eq!(
        standing(&race, LaneId::ZIL),
        Standing::Compared(Verdict::NoUpdate)
    );
}

#[test]
fn trained_weights_are_rounding_only_where_the_schedule_equals_bp() {
    let mut naive = race(&["conditions.epsilon=naive"]);
    run(&mut naive, 20);
    assert_eq!(
        standing(&naive, LaneId::ZIL),
        Standing::Compared(Verdict::Rounding)
    );
    let mut late = race(&["conditions.order=w-first"]);
    run(&mut late, 20);
    assert!(matches!(
        standing(&late, LaneId::ZIL),
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
    let standing = standing(&race, LaneId::ZIL);
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
    let mut weights = (*race.setup.initial).clone();
    weights.change(|w| w.iter_mut().for_each(|w| *w *= 1e30));
    let never: Arc<dyn Interrupt> = Arc::new(Uninterrupted);
    let score = race.score(&Arc::new(weights), Part::Test, usize::MAX, &never, |_| ());
    assert!(score.accuracy.is_nan() && score.balanced_accuracy.is_nan());
    assert!(score.not_finite.is_some());
    let initial = Arc::clone(&race.setup.initial);
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
        standing(&own, LaneId::ZIL),
        Standing::Compared(Verdict::Exact)
    );
    let bp = |race: &Race<f32>| race.lanes[0].learner.weights().values().to_vec();
    assert_ne!(bp(&own), bp(&plain));
}

#[test]
fn two_ils_race_at_once_and_a_lane_of_another_seed_is_not_compared() {
    let lanes = r#"lanes+=[
        { id = "il-long", rule = "il", inference = { steps = 60 } },
        { id = "il-none", rule = "il", learning = { rate = 0 } },
        { id = "zil-slow", rule = "zil", learning = { rate = 0.01 } },
        { id = "zil-other", rule = "zil", seed = 99 }
    ]"#;
    let mut race = race(&[&lanes.replace('\n', " ")]);
    run(&mut race, 6);
    let weights = |name| {
        let lane = race.lane(LaneId::new(name).unwrap()).unwrap();
        (lane, lane.learner.weights().values())
    };
    let (il, a) = weights("il");
    let (long, b) = weights("il-long");
    assert_ne!(a, b);
    assert!(long.products > il.products);
    // The same lane by itself has the same bits.
    let alone = race_of(&race, &["inference.steps=60"]);
    assert_eq!(alone, b);
    let (none, c) = weights("il-none");
    assert_eq!(c, race.setup.initial.values());
    assert_eq!(race.standing(none), Standing::Compared(Verdict::NoUpdate));
    let (slow, _) = weights("zil-slow");
    assert!(!slow.equals_backprop() && slow.apart.unwrap().differing_bits > 0);
    let (other, _) = weights("zil-other");
    assert!(matches!(
        race.standing(other),
        Standing::Not {
            since: None,
            why: Why::OtherStart
        }
    ));
    assert_eq!(other.compared.count(), 0);
}

/// IL's weights of an experiment with these settings, after as many updates.
fn race_of(like: &Race<f32>, changes: &[&str]) -> Vec<f32> {
    let mut own = race(changes);
    run(&mut own, like.updates());
    let il = own.lane(LaneId::IL).unwrap();
    il.learner.weights().values().to_vec()
}
