//! What lanes have been scored at, in words. The part that validates leads; what tests is said once it has been scored.

use crate::app::format;
use crate::app::state::Frame;
use crate::data::{Dataset, Part};
use crate::experiment::lane::LaneId;
use crate::experiment::score::{Score, watched_part};
use crate::experiment::session::{LaneSnapshot, RaceSnapshot, RaceState, SCORE_EVERY};
use crate::experiment::trainer::EARLY;

/// What is said of answers that there are none of yet: when lanes are scored by themselves.
pub(super) fn waiting(frame: &Frame<'_>, answers: &str) -> String {
    let when = format!(
        "before the first update, after the {EARLY}th, after every {SCORE_EVERY}th and at the end of every epoch"
    );
    match frame.race.state {
        RaceState::Idle if frame.race.update == 0 => format!("Train first: {answers} {when}."),
        RaceState::Running | RaceState::Paused => format!("Training: {answers} {when}."),
        _ => {
            let first = answers.chars().next().map(char::to_uppercase);
            let first: String = first.into_iter().flatten().collect();
            format!("{first}{} {when}.", answers.get(1..).unwrap_or_default())
        }
    }
}

/// A score in a few words: "accuracy 96.20 %", or "R² 0.753, loss 12.3" where targets are values. `None` if it is not finite.
fn score_words(score: &Score, data: &Dataset) -> Option<String> {
    if !data.classes().is_empty() {
        let share = score.accuracy.is_finite();
        return share.then(|| format!("accuracy {}", format::percent(score.accuracy, 2)));
    }
    let loss = score.loss.is_finite();
    let loss = loss.then(|| format!("loss {}", format::number3(score.loss)))?;
    Some(if score.r2.is_finite() {
        format!("R² {}, {loss}", format::fixed(score.r2, 3))
    } else {
        loss
    })
}

/// A lane's last score of a part; that of weights that nothing has trained says nothing.
fn on(lane: &LaneSnapshot, part: Part) -> Option<&(u64, Part, Score)> {
    lane.scores.iter().find(|s| s.1 == part && s.0 > 0)
}

/// The lane that is spoken of: Z-IL's, else the first that has been scored.
fn spoken_of(race: &RaceSnapshot, part: Part) -> Option<&LaneSnapshot> {
    let scored = || race.lanes.iter().filter(|lane| on(lane, part).is_some());
    scored()
        .find(|lane| lane.spec.id == LaneId::ZIL)
        .or_else(|| scored().next())
}

/// How the race does on the part that is watched, and on the test part if that has been scored; `None` while nothing has been.
pub fn sentence(race: &RaceSnapshot, data: &Dataset) -> Option<String> {
    let watched = watched_part(data);
    let words = |part: Part| {
        let lane = spoken_of(race, part)?;
        let (update, _, score) = on(lane, part)?;
        let (words, update) = (score_words(score, data)?, format::count(*update));
        let lane = &lane.spec.label;
        Some(match (part, watched) {
            (Part::Test, Part::Test) => {
                format!("Test {words} ({lane}, update {update}; there is no validation part).")
            }
            (Part::Test, _) => format!("Test {words} ({lane}, scored at update {update})."),
            _ => format!("Validation {words} ({lane}, update {update})."),
        })
    };
    let leads = words(watched);
    let test = (watched != Part::Test).then(|| words(Part::Test)).flatten();
    match (leads, test) {
        (Some(leads), Some(test)) => Some(format!("{leads} {test}")),
        (leads, test) => leads.or(test),
    }
}

/// The update at which the test part was scored last, where it is not watched all the time.
pub fn test_scored(race: &RaceSnapshot) -> Option<u64> {
    let all = race.lanes.iter().flat_map(|lane| &lane.scores);
    all.filter(|s| s.1 == Part::Test).map(|s| s.0).max()
}

/// Why the test part cannot be scored by itself, if so.
pub fn no_test(data: &Dataset) -> Option<&'static str> {
    if data.range(Part::Test).is_empty() {
        Some("These data have no test part.")
    } else if watched_part(data) == Part::Test {
        Some("These data have no validation part: the test part is scored all the time.")
    } else {
        None
    }
}
