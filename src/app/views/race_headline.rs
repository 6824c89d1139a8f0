//! What is said of the trained weights: how many of Z-IL's differ from BP's, or since when that is not known.

use super::levels::plural;
use crate::app::format;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneId;
use crate::experiment::session::{LaneSnapshot, RaceSnapshot, RaceState};
use crate::experiment::standing::{Standing, Why};
use crate::learning::{Distance, Verdict};

/// The headline of the race.
#[derive(Clone, Debug, PartialEq)]
pub struct RaceHeadline {
    /// A count, and what it is of: "0", "of 105,866 weights differ". `None` where nothing has been counted.
    pub count: Option<(String, String)>,
    /// Verdict and detail in its place.
    pub verdict: Option<(Verdict, String)>,
    /// What it is made of.
    pub sentence: String,
}

/// The headline of Z-IL beside BP.
pub fn race_headline(race: &RaceSnapshot, experiment: &Experiment) -> RaceHeadline {
    let all = plural(race.parameters, "weight", "weights");
    let Some(lane) = race.lanes.iter().find(|l| l.spec.id == LaneId::ZIL) else {
        return untrained(race, &all);
    };
    let shown = |verdict, detail: String, sentence: String| RaceHeadline {
        count: None,
        verdict: Some((verdict, detail)),
        sentence,
    };
    match (lane.standing, lane.apart) {
        (Standing::Compared(Verdict::NoUpdate), _) => shown(
            Verdict::NoUpdate,
            if experiment.learning.rate == 0.0 {
                "rate 0".into()
            } else {
                String::new()
            },
            format!(
                "{} made, and no bit of any weight has changed: there is nothing to compare.",
                plural_updates(lane.updates)
            ),
        ),
        (Standing::Compared(verdict), Some(apart)) => RaceHeadline {
            count: Some((
                format::count(apart.differing_weights as u64),
                format!("of {all} differ"),
            )),
            verdict: None,
            sentence: compared(race, lane, verdict, &apart, experiment),
        },
        (Standing::Not { since, why }, _) => {
            let verdict = lane.standing.verdict().unwrap_or(Verdict::NotCompared);
            let detail = match (why, since) {
                (Why::LaneStopped(update), _) => {
                    format!("Z-IL stopped at update {}", format::count(update))
                }
                (_, Some(since)) => format!("since update {}", format::count(since)),
                (_, None) => "at no update so far".into(),
            };
            let before = since.map_or_else(String::new, |since| {
                format!(" Up to update {}: {}.", format::count(since), so_far(lane))
            });
            shown(verdict, detail, format!("{}{before}", why_words(why, lane)))
        }
        _ => untrained(race, &all),
    }
}

fn plural_updates(n: u64) -> String {
    let noun = if n == 1 { "update" } else { "updates" };
    format!("{} {noun}", format::count(n))
}

fn untrained(race: &RaceSnapshot, all: &str) -> RaceHeadline {
    let sentence = match race.state {
        RaceState::Running => "Training: the first update is under way.",
        RaceState::Paused => "Training is paused within the first update.",
        RaceState::Failed(_) => "The engine failed before the first update.",
        RaceState::Idle
            if !race
                .lanes
                .windows(2)
                .all(|l| l[0].spec.seed == l[1].spec.seed) =>
        {
            "Press Train (T): the ticked lanes take the same batches."
        }
        RaceState::Idle => "Press Train (T): the ticked rules start alike, on the same batches.",
    };
    RaceHeadline {
        count: Some(("0".into(), format!("of {all} have moved"))),
        verdict: None,
        sentence: sentence.into(),
    }
}

/// What all comparisons of a lane have come to.
fn so_far(lane: &LaneSnapshot) -> String {
    if lane.differing_updates == 0 {
        match lane.compared {
            1 => "EXACT in the one update compared".into(),
            n => format!("EXACT in all {} compared", plural_updates(n)),
        }
    } else {
        format!(
            "some bit differed after {} of {}",
            format::count(lane.differing_updates),
            plural_updates(lane.compared)
        )
    }
}

fn compared(
    race: &RaceSnapshot,
    lane: &LaneSnapshot,
    verdict: Verdict,
    apart: &Distance,
    experiment: &Experiment,
) -> String {
    let resting = if race.update > lane.updates {
        format!(" Both rest since update {}.", format::count(lane.updates))
    } else {
        String::new()
    };
    let distance = format::number3(apart.relative_distance);
    let words = match verdict {
        Verdict::Exact if lane.differing_updates == 0 => format!(
            "Z-IL against BP, EXACT in {}: every bit, biases included.",
            match lane.compared {
                1 => "the one update".into(),
                n => format!("all {}", plural_updates(n)),
            }
        ),
        Verdict::Exact => format!("Z-IL against BP: equal now; {}.", so_far(lane)),
        Verdict::Rounding => format!(
            "Z-IL against BP: ROUNDING, relative distance {distance}. In real numbers the two are the same; {}.",
            so_far(lane)
        ),
        Verdict::RightDirection => format!(
            "Z-IL against BP: RIGHT DIRECTION, cosine {}, relative distance {distance}. {}",
            format::cosine(apart.cosine),
            condition_words(lane, experiment)
        ),
        verdict => format!(
            "Z-IL against BP: {}, relative distance {distance}. {}",
            verdict.words(),
            condition_words(lane, experiment)
        ),
    };
    format!("{words}{resting}")
}

/// What is off in the run.
fn condition_words(lane: &LaneSnapshot, experiment: &Experiment) -> String {
    match experiment.conditions.broken() {
        0 if lane.unlike > 0 && lane.unlike < lane.updates => format!(
            "Conditions of exactness were off in {} of its {}.",
            format::count(lane.unlike),
            plural_updates(lane.updates)
        ),
        0 if !experiment.network.levelled => "Skips are not levelled.".into(),
        0 => String::new(),
        1 => "A condition of exactness is off in this run.".into(),
        n => format!("{n} conditions of exactness are off in this run."),
    }
}

/// Why a lane is not compared, in a sentence.
pub fn why_words(why: Why, lane: &LaneSnapshot) -> String {
    let name = &lane.spec.label;
    match why {
        Why::NoReference => "BP takes no part in this run.".into(),
        Why::LaneOff => format!("{name} is unticked and has fallen behind BP."),
        Why::ReferenceOff => format!("BP is unticked and has fallen behind {name}."),
        Why::OtherStart => format!(
            "{name} began with other weights, those of seed {}: there is nothing to compare.",
            lane.spec.seed
        ),
        Why::LaneStopped(_) => match &lane.failure {
            Some(failure) => format!("{}. Halve the rate, or start again (R).", failure.error),
            None => "Start again (R).".into(),
        },
        Why::ReferenceStopped(update) => {
            format!("BP stopped at update {}.", format::count(update))
        }
        Why::OtherUpdates { own, reference } if own != reference => format!(
            "BP has made {}, {name} {}: they no longer had the same batches. Start again (R) to compare.",
            plural_updates(reference),
            format::count(own)
        ),
        Why::OtherUpdates { .. } => format!(
            "BP and {name} have made equally many updates, but not on the same batches. Start again (R) to compare."
        ),
    }
}

/// Numbers of a lane's row, and what is said of it: weights, bits and distance, or dashes and why.
pub fn row(lane: &LaneSnapshot) -> ([String; 3], String) {
    let none = || [(); 3].map(|()| format::NONE.to_owned());
    let name = &lane.spec.label;
    match (lane.standing, lane.apart) {
        (Standing::Compared(verdict), Some(d)) => {
            let distance = match d.relative_distance {
                0.0 => "0".to_owned(),
                v if v.is_nan() => format::NONE.to_owned(),
                v => format::number3(v),
            };
            let cells = [
                format::count(d.differing_weights as u64),
                format::count(d.differing_bits),
                distance,
            ];
            let said = format!(
                "{name}, {}: {} and {} differ from BP, distance {}",
                verdict.words(),
                plural(d.differing_weights, "weight", "weights"),
                format::plural(d.differing_bits, "bit", "bits"),
                cells[2]
            );
            (cells, said)
        }
        (Standing::Not { since, why }, last) => {
            let verdict = lane.standing.verdict().unwrap_or(Verdict::NotCompared);
            let since = match (since, last) {
                (Some(update), Some(d)) => format!(
                    " since update {}, when {} differed",
                    format::count(update),
                    plural(d.differing_weights, "weight", "weights")
                ),
                _ => String::new(),
            };
            let said = format!(
                "{name}, {}{since}. {}",
                verdict.words(),
                why_words(why, lane)
            );
            (none(), said)
        }
        _ => (none(), format!("{name}: nothing trained yet")),
    }
}
