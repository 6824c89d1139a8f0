use super::*;
use crate::experiment::loading::load_data;
use crate::experiment::setup::Setup;
use crate::experiment::trainer::{Scoring, Trainer};
use crate::learning::RunState;
use crate::network::Scalar;
use std::sync::Arc;

fn begin() -> Begin {
    Begin {
        run: "ab".into(),
        version: "0".into(),
        settings: "cd".into(),
        data: "moons".into(),
        seed: 3,
        raced: false,
        goal: Goal {
            until: 40,
            evaluate_every: None,
        },
    }
}

#[test]
fn what_a_kill_cut_off_has_not_happened_and_what_is_damaged_is_told_by_its_line() {
    let home = tempfile::tempdir().unwrap();
    let mut journal = Journal::new(begin());
    journal.keep(home.path()).unwrap();
    let late = Edit {
        update: 9,
        set: vec![("learning.rate".into(), 0.1.into())],
    };
    let early = Edit::ticking(4, LaneId::IL, false);
    journal.note(Entry::Edit(late.clone())).unwrap();
    journal.note(Entry::Edit(early.clone())).unwrap();
    let path = home.path().join(JOURNAL);
    let whole = std::fs::read_to_string(&path).unwrap();
    assert_eq!(whole.lines().count(), 3, "{whole}");
    for cut in [whole.len(), whole.len() - 1, whole.len() - 20] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let mut again = Journal::open(home.path()).unwrap();
        let mut wanted = vec![&early, &late];
        if cut < whole.len() {
            wanted.remove(0);
        }
        assert_eq!(again.edits(), wanted);
        let goal = Goal {
            until: 80,
            evaluate_every: Some(7),
        };
        again.note(Entry::Resumed { update: 5, goal }).unwrap();
        assert_eq!(again.goal(), Some(goal));
        let read = Journal::read(home.path()).unwrap();
        assert_eq!(
            read.entries(),
            again.entries(),
            "no half line stays between"
        );
    }
    for (text, words) in [
        ("", "empty"),
        ("{}\n", "line 1: missing field `event`"),
        (
            &*whole.replace("\"edit\"", "\"edi\""),
            "line 2: unknown variant `edi`",
        ),
        (
            &whole[whole.find('\n').unwrap() + 1..],
            "line 1: expected the run's beginning",
        ),
        (&whole.repeat(2), "line 4: expected the run's beginning"),
        (&*whole.replace("\"update\":9", "\"update\":-9"), "line 2: "),
    ] {
        std::fs::write(&path, text).unwrap();
        let line = Journal::read(home.path()).unwrap_err();
        assert!(line.contains(words) && !line.contains('\n'), "{line}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}

fn experiment(preset: &str, changes: &[&str]) -> Experiment {
    let changes: Vec<String> = changes.iter().map(|c| (*c).to_owned()).collect();
    Experiment::load(preset, &changes).unwrap()
}

fn setup<S: Scalar>(experiment: Experiment) -> Arc<Setup<S>> {
    let data = load_data(&experiment).unwrap();
    Arc::new(Setup::new(experiment, data).unwrap())
}

#[test]
fn an_edit_is_the_difference_of_two_experiments_and_what_means_nothing_is_refused() {
    let before = experiment("digits-mlp", &["learning.rule=il"]);
    let after = experiment(
        "digits-mlp",
        &[
            "learning.rule=zil-then-il",
            "learning.rate=1",
            "learning.momentum=0.5",
            "learning.batch=7",
            "inference.gamma=0.03",
            "inference.steps=9",
            "inference.precision=[2, 0.5]",
            "conditions.gamma=0.5",
        ],
    );
    let edit = Edit::between(12, &before, &after);
    assert_eq!(edit.set.len(), 8, "{edit:?}");
    let mut journal = Journal::new(begin());
    journal.note(Entry::Edit(edit)).unwrap();
    // Through its text and back.
    let text = serde_json::to_string(&journal.entries()[1]).unwrap();
    let again: Entry = serde_json::from_str(&text).unwrap();
    assert_eq!(again, journal.entries()[1]);
    let course = journal.course(&before).unwrap();
    assert_eq!((course[0].update, &course[0].experiment), (12, &after));
    // What is there no more goes, too.
    let back = Edit::between(14, &after, &before);
    journal.note(Entry::Edit(back)).unwrap();
    assert_eq!(journal.course(&before).unwrap()[1].experiment, before);
    for (key, value, words) in [
        ("learning.rat", 1.into(), "unknown field `rat`"),
        ("learn.rate", 1.into(), "there is no section learn"),
        ("learning.rate", (-1).into(), "learning.rate is -1"),
        ("inference.steps", "many".into(), "invalid type"),
        ("ticked.IL", true.into(), "expected the name of a lane"),
        ("ticked.il", 1.into(), "expected true or false"),
        (
            "learning.rate",
            serde_json::Value::Null,
            "missing field `rate`",
        ),
    ] {
        let mut journal = Journal::new(begin());
        let set = vec![(key.to_owned(), value)];
        journal.note(Entry::Edit(Edit { update: 5, set })).unwrap();
        let line = journal.course(&before).unwrap_err().0;
        assert!(
            line.contains(words) && !line.contains('\n'),
            "{key}: {line}"
        );
        assert!(line.contains("update 5"), "{line}");
    }
    let own = setup::<f32>(before.clone());
    for change in ["seed=9", "dtype=f64", "network.gain=2", "data.size=100"] {
        let other = experiment("digits-mlp", &["learning.rule=il", change]);
        let line = own.edited(other).err().unwrap().0;
        let key = change.split(['=', '.']).next().unwrap();
        assert!(line.starts_with(&format!("{key} cannot change")), "{line}");
    }
}

/// Edits at updates, one after the other.
const EDITS: [(u64, &[&str]); 8] = [
    (3, &["learning.rate=0.02"]),
    (5, &["inference.gamma=0.07"]),
    (8, &["inference.steps=11"]),
    (8, &["learning.momentum=0.8"]),
    (13, &["learning.batch=9"]),
    (17, &["inference.precision=[2.0, 0.5]"]),
    (21, &["inference.adaptive=false", "inference.noise=0.02"]),
    (26, &["learning.optimiser=\"adam\"", "learning.rate=0.003"]),
];

fn journal(preset: &str, base: &[&str]) -> Journal {
    let mut journal = Journal::new(begin());
    let mut so_far = base.to_vec();
    let mut before = experiment(preset, &so_far);
    for (update, changes) in EDITS {
        so_far.extend(changes);
        let after = experiment(preset, &so_far);
        let edit = Edit::between(update, &before, &after);
        journal.note(Entry::Edit(edit)).unwrap();
        before = after;
    }
    journal
}

fn bits<S: Scalar>(trainer: &Trainer<S>) -> Vec<(LaneId, RunState<S>)> {
    let lanes = trainer.race.lanes.iter();
    lanes
        .map(|l| (l.spec.id, l.learner.state().clone()))
        .collect()
}

/// Edits of a journal, and those made by hand at their updates, lead to the same bits, whatever the number of threads and wherever the
/// run is left and gone on with.
#[test]
fn a_run_that_follows_its_journal_has_the_bits_of_one_that_was_edited() {
    for (preset, threads) in [("digits-mlp", 2), ("names-rnn", 1)] {
        let base = [
            "learning.rule=il",
            "learning.optimiser=\"sgd\"",
            "learning.batch=4",
            "inference.steps=6",
        ];
        let first = experiment(preset, &base);
        let own = setup::<f32>(first.clone());
        let course = journal(preset, &base).course(&first).unwrap();
        let mut by_hand = Trainer::raced(Arc::clone(&own), 1, Scoring::NEVER);
        let mut passed = vec![bits(&by_hand)];
        for update in 0..30 {
            for edited in course.iter().filter(|e| e.update == update) {
                by_hand.edit(&edited.experiment, &edited.ticked).unwrap();
            }
            by_hand.run(update + 1);
            passed.push(bits(&by_hand));
        }
        let mut follows = Trainer::raced(Arc::clone(&own), threads, Scoring::NEVER);
        follows.follow(&course).unwrap();
        let mut plain = Trainer::raced(Arc::clone(&own), 1, Scoring::NEVER);
        for (update, wanted) in passed.iter().enumerate() {
            follows.run(update as u64);
            plain.run(update as u64);
            for ((id, own), (_, wanted)) in bits(&follows).iter().zip(wanted) {
                assert_eq!(
                    own.differing_bits(wanted),
                    0,
                    "{preset}, {id} after {update}"
                );
            }
            let edited = update > 3;
            let same = plain.race.lanes[0]
                .learner
                .state()
                .differing_bits(&wanted[0].1)
                == 0;
            assert_eq!(
                same, !edited,
                "{preset}: edits change what comes after them"
            );
        }
        // Left anywhere, with the edits before made or not, and gone on with.
        let everywhere = [0, 3, 8, 13, 15, 21, 26, 29];
        let left = if preset == "digits-mlp" {
            &everywhere[..]
        } else {
            &[15]
        };
        for &left in left {
            let (update, wanted) = (left as u64, &passed[left]);
            let made = course.iter().take_while(|e| e.update < update).count();
            let mut again = Trainer::raced(Arc::clone(&own), 1, Scoring::NEVER);
            let states = (update, wanted.clone());
            again.resume(states, (&course, made)).unwrap();
            again.run(30);
            for ((id, own), (_, wanted)) in bits(&again).iter().zip(&passed[30]) {
                assert_eq!(
                    own.differing_bits(wanted),
                    0,
                    "{preset}, {id} left at {left}"
                );
            }
        }
    }
}

#[test]
fn a_lane_rests_while_it_is_unticked_and_the_only_lane_takes_another_rule() {
    let first = experiment("moons", &[]);
    let own = setup::<f32>(first.clone());
    let mut journal = Journal::new(begin());
    for (update, lane, active) in [(2, "il", false), (5, "il", true), (3, "bp", false)] {
        let lane = LaneId::new(lane).unwrap();
        let edit = Edit::ticking(update, lane, active);
        journal.note(Entry::Edit(edit)).unwrap();
    }
    let course = journal.course(&first).unwrap();
    let mut trainer = Trainer::raced(Arc::clone(&own), 1, Scoring::NEVER);
    trainer.follow(&course).unwrap();
    trainer.run(9);
    let made: Vec<u64> = trainer
        .race
        .lanes
        .iter()
        .map(|l| l.learner.updates())
        .collect();
    assert_eq!(made, [3, 9, 6]);
    let mut trainer = Trainer::own(Arc::clone(&own), 1, Scoring::NEVER);
    trainer.run(4);
    let before = trainer.race.lanes[0].learner.state().clone();
    let il = experiment("moons", &["learning.rule=il"]);
    trainer.edit(&il, &[]).unwrap();
    assert_eq!(trainer.race.lanes[0].spec.id, LaneId::IL);
    assert_eq!(
        trainer.race.lanes[0]
            .learner
            .state()
            .differing_bits(&before),
        0
    );
    trainer.run(8);
    // By IL from where Z-IL had come to.
    let mut alone = Trainer::own(setup::<f32>(il), 1, Scoring::NEVER);
    alone.resume((4, [(LaneId::IL, before)]), (&[], 0)).unwrap();
    alone.run(8);
    let other = alone.race.lanes[0].learner.state();
    assert_eq!(
        trainer.race.lanes[0].learner.state().differing_bits(other),
        0
    );
}
