//! Two runs side by side are what either shows alone, to the bit, and their difference is theirs.

use super::*;
use crate::experiment::microscope::{Field, MicroscopeSnapshot};
use crate::experiment::plane::Gained;

fn all(micro: &MicroscopeSnapshot) -> Vec<u64> {
    let mut found = Vec::new();
    for t in 0..micro.states.len() {
        for field in Field::ALL {
            for v in 0..micro.plan.graph.vertices.len() {
                let value = micro.values(t, field, v);
                found.extend((0..micro.plan.len_of(v)).map(|i| value(i).to_bits()));
            }
        }
        found.extend(micro.states[t].size.iter().map(|s| s.to_bits()));
    }
    found
}

fn view(session: &mut Session, command: ScopeCommand) -> ScopeView {
    session.scope(command);
    session.scope(ScopeCommand::RunTo(usize::MAX));
    session.take_scope().unwrap()
}

fn both(view: &ScopeView) -> &Beside {
    view.beside.as_ref().unwrap().as_ref().unwrap()
}

#[test]
fn two_runs_side_by_side_are_what_either_is_alone() {
    let changes = ["learning.rule=\"il\"", "inference.steps=6"].map(str::to_owned);
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let faster = Experiment {
        learning: crate::experiment::file::Learning {
            rate: 0.02,
            ..experiment.learning.clone()
        },
        ..experiment.clone()
    };
    let mut session = Session::start(experiment, Mode::InStep).unwrap();
    session.race(RaceCommand::RunUntil(30));
    session.race(RaceCommand::Branch(10, Some(Box::new(faster))));
    session.race(RaceCommand::RunUntil(25));
    let pair = ScopeCommand::Beside(Some(['A', 'B']));
    let live = view(&mut session, pair.clone());
    assert!(live.answered);
    let beside = both(&live);
    assert_eq!((beside.runs, beside.update), (['A', 'B'], 25));
    assert_eq!(beside.sides[0].states.len(), 7);
    let [a, b] = beside.sides.each_ref().map(|side| all(side));
    assert_eq!(
        b,
        all(&live.microscope),
        "the present one is shown as it is"
    );
    assert_ne!(a, b);
    let difference = all(&beside.difference);
    let micro = &live.microscope;
    let units: usize = (0..micro.plan.graph.vertices.len())
        .map(|v| micro.plan.len_of(v))
        .sum();
    let each = units * Field::ALL.len() + micro.plan.graph.vertices.len();
    for (i, bits) in difference.iter().enumerate() {
        let of = |all: &[u64]| f64::from_bits(all[i]);
        let expected = of(&b) - of(&a);
        // Sizes are kept in double precision, numbers of units in their own.
        let number = i % each < units * Field::ALL.len();
        let expected = if number {
            f64::from(expected as f32)
        } else {
            expected
        };
        assert_eq!(f64::from_bits(*bits), expected);
    }
    // Before they parted they are the same.
    let past = view(&mut session, ScopeCommand::At(Some(10)));
    assert_eq!(both(&past).update, 10);
    assert!(
        all(&both(&past).difference)
            .iter()
            .all(|bits| f64::from_bits(*bits) == 0.0)
    );
    // Another example, both of it.
    let other = view(&mut session, ScopeCommand::Example(3));
    assert_eq!(both(&other).sides[0].subject.example, 3);
    // The run that was left, alone, at the same update and example.
    view(&mut session, ScopeCommand::At(None));
    let example = session.wish().example;
    let at_25 = both(&view(&mut session, ScopeCommand::Example(example + 1))).sides[0].clone();
    session.race(RaceCommand::Take('A'));
    let alone = view(&mut session, ScopeCommand::At(Some(25)));
    assert_eq!(all(&alone.microscope), all(&at_25));
    assert_eq!(both(&alone).update, 25, "the other has made no more");
    // A run that is given up is beside none.
    session.race(RaceCommand::Close('B'));
    let gone = view(&mut session, ScopeCommand::Example(5));
    assert_eq!(gone.beside.map(|b| b.map(|_| ())), Some(Err('B')));
    let none = view(&mut session, ScopeCommand::Beside(None));
    assert!(none.beside.is_none() && none.answered);
}

#[test]
fn what_two_runs_say_of_the_plane_is_what_either_says_alone() {
    let experiment = Experiment::load("moons", &[]).unwrap();
    let mut slower = experiment.clone();
    slower.learning.rate *= 0.25;
    let mut session = Session::start(experiment, Mode::InStep).unwrap();
    session.race(RaceCommand::RunUntil(60));
    session.race(RaceCommand::Branch(20, Some(Box::new(slower))));
    session.race(RaceCommand::RunUntil(60));
    let pair = ScopeCommand::Beside(Some(['A', 'B']));
    assert!(both(&view(&mut session, pair)).planes.is_none(), "unasked");
    let live = view(&mut session, ScopeCommand::Plane(true));
    let ([a, b], gained) = both(&live).planes.clone().unwrap();
    assert_eq!(live.plane.as_ref().unwrap().outputs, b.outputs);
    assert_ne!(a.outputs, b.outputs);
    // The first alone, after the same update.
    session.race(RaceCommand::Take('A'));
    let alone = view(&mut session, ScopeCommand::At(Some(60)));
    assert_eq!(alone.plane.unwrap().outputs, a.outputs);
    // Of two classes what one gains the other loses.
    let mut differs = 0;
    for p in 0..gained.by.len() {
        let class = usize::from(gained.class[p]);
        let share = |plane: &crate::experiment::plane::Plane| plane.shares[2 * p + class];
        assert_eq!(gained.by[p], share(&b) - share(&a));
        assert!(gained.by[p] >= 0.0);
        differs += usize::from(gained.by[p] > 0.1);
    }
    assert!(differs > 100, "{differs}");
    assert!(Gained::of([&a, &a]).by.iter().all(|by| *by == 0.0));
}
