//! The headline of what is looked at: the verdict with its number, and what it is made of, in words. Every layout says the same.

use super::levels::{broken_words, plural};
use super::{contributions, steps, unrolled};
use crate::app::format;
use crate::app::kit::verdict::with_detail;
use crate::app::state::Frame;
use crate::experiment::interventions::FREE_OUTPUT;
use crate::experiment::microscope::MicroscopeSnapshot;
use crate::learning::{Course, Epsilon, Idle, Judgement, Verdict};

/// What is said at a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Headline {
    /// The verdict; `None` of backpropagation, and while nothing is captured.
    pub verdict: Option<Verdict>,
    /// The number of the verdict, or what stands in its place while there is none.
    pub detail: String,
    /// What was counted and what is to come, in sentences.
    pub sentence: String,
    /// Which condition is off and which step of the proof that breaks, where an update differs by it.
    pub why: Option<String>,
    /// The same where there is one line.
    pub short: String,
    /// Weights that differ, and weights compared.
    pub counts: Option<(usize, usize)>,
    /// Levels captured, and levels there are.
    pub levels: (usize, usize),
}

impl Headline {
    /// The sentences with what is off, in one more.
    pub fn in_short(&self) -> String {
        match &self.why {
            Some(why) => {
                let first = why.split_once(". ").map_or(why.as_str(), |(a, _)| a);
                format!("{} {}.", self.sentence, first.trim_end_matches('.'))
            }
            None => self.sentence.clone(),
        }
    }

    /// The sentences with what is off and what that does to the proof.
    pub fn in_full(&self) -> String {
        match &self.why {
            Some(why) => format!("{} {why}", self.sentence),
            None => self.sentence.clone(),
        }
    }

    /// Verdict and number, as read aloud.
    pub fn words(&self) -> String {
        match self.verdict {
            Some(verdict) => with_detail(verdict, &self.detail),
            None => self.detail.clone(),
        }
    }
}

/// The headline at state `t`.
pub fn headline(frame: &Frame<'_>, t: usize) -> Headline {
    let micro = frame.micro;
    let judgement = micro.judgement(t);
    let verdict = judgement.map(|j| j.verdict);
    let reverse = micro.subject.rule.is_reference();
    let failed = reverse && micro.states[t].first_not_finite.is_some();
    let verdict = if failed {
        Some(Verdict::NotFinite)
    } else {
        verdict
    };
    if micro.recorded {
        let sentence = format!(
            "A recording, at t = {t} of {}. It has values, errors and energies; what would be applied, beside backprop’s update, is not in its file.",
            micro.steps
        );
        return Headline {
            verdict: None,
            detail: "RECORDING".into(),
            why: None,
            short: "A recording: no update is in its file.".into(),
            counts: None,
            levels: micro.captured(t),
            sentence,
        };
    }
    let (sentence, why) = sentence(frame, t);
    let unreached = unreached(micro, t);
    Headline {
        verdict: verdict.filter(|_| !unreached),
        why,
        detail: match judgement {
            _ if unreached => "no error below the output yet".into(),
            _ if failed => place_of_fault(micro, t),
            Some(j) => detail(micro, t, &j),
            None if reverse => "BACKPROP".into(),
            None => "nothing captured yet".into(),
        },
        sentence,
        short: short(frame, t),
        counts: judgement
            .filter(|j| {
                let counted = ![Verdict::NotFinite, Verdict::Intervention].contains(&j.verdict);
                counted && !unreached
            })
            .map(|j| (j.differing_weights, j.weights)),
        levels: micro.captured(t),
    }
}

/// True where a rule that takes the last state holds what backpropagation does at the output alone: that is so before the first step of
/// inference, says nothing of the rule, and no verdict is given.
fn unreached(micro: &MicroscopeSnapshot, t: usize) -> bool {
    let exact = micro.states[t].verdict().is_some_and(Verdict::is_exact);
    let equals = micro
        .schedule
        .is_some_and(|s| s.equals_backprop(&micro.plan));
    micro.subject.rule.relaxes() && exact && !equals && !pending(micro, t).is_empty()
}

/// A judgement in one line, of a whole phase.
pub fn judged(j: &Judgement) -> String {
    let detail = match j.verdict {
        Verdict::NotFinite | Verdict::ExactSoFar => String::new(),
        _ => number_of(j),
    };
    with_detail(j.verdict, &detail)
}

/// The number of a verdict.
fn detail(micro: &MicroscopeSnapshot, t: usize, j: &Judgement) -> String {
    match j.verdict {
        Verdict::ExactSoFar => {
            let (done, all) = micro.captured(t);
            format!("{done} of {}", plural(all, "level", "levels"))
        }
        Verdict::NotFinite => place_of_fault(micro, t),
        _ => number_of(j),
    }
}

fn number_of(j: &Judgement) -> String {
    match j.verdict {
        Verdict::Exact
        | Verdict::ExactSoFar
        | Verdict::DifferentRule
        | Verdict::NotCompared
        | Verdict::Intervention
        | Verdict::NotFinite => String::new(),
        Verdict::Rounding => format!("relative error {}", format::number3(j.relative_error)),
        Verdict::RightDirection if j.wrong_length => format!(
            "cosine {}, wrong length {}",
            format::cosine(j.cosine),
            format::times(j.length)
        ),
        Verdict::RightDirection => format!("cosine {}", format::cosine(j.cosine)),
        Verdict::NoUpdate => idle_words(j.idle).into(),
    }
}

fn idle_words(idle: Option<Idle>) -> &'static str {
    match idle {
        Some(Idle::Rate) => "rate 0",
        Some(Idle::NoError) => "error 0",
        Some(Idle::NotPassed) => "no error passes",
        Some(Idle::TooSmall) => "too small",
        None => "",
    }
}

/// Why nothing moves, in a sentence.
fn idle_sentence(j: &Judgement) -> String {
    let why = match j.idle {
        Some(Idle::Rate) => "α is 0, so no update moves a weight: there is nothing to compare.",
        Some(Idle::NoError) => {
            "The output’s error is 0: there is nothing to learn from this example."
        }
        Some(Idle::NotPassed) => {
            "There is an error at the output, but it passes nowhere: every product with f′ or f(x) is 0."
        }
        Some(Idle::TooSmall) => "α times the update is too small to change a bit of any weight.",
        None => "Nothing moves.",
    };
    match j.reference_moved {
        0 => why.to_owned(),
        n => format!(
            "{why} Backprop’s update would move {}.",
            plural(n, "weight", "weights")
        ),
    }
}

/// Vertex and state of the first number that is not finite.
fn place_of_fault(micro: &MicroscopeSnapshot, t: usize) -> String {
    match micro.states[t].first_not_finite {
        Some((v, at)) => format!("{} from t = {at}", steps::short_name(micro, v)),
        None => "backprop’s own update".into(),
    }
}

/// What can be done about a number that is not finite, first seen at state `at`.
pub fn way_back(micro: &MicroscopeSnapshot, at: usize) -> &'static str {
    let front = micro.plan.depth();
    match micro.subject.rule.course() {
        Course::Relaxing if at > 0 => "Step back to see where it grew, or lower γ.",
        Course::FrontThenRelaxing if at > front => "Step back to see where it grew, or lower γ.",
        _ => {
            "The weights or the input are too large for the network: lower α, and start again from the initial weights (R)."
        }
    }
}

/// "a, b and c"; of many only how many.
fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        many if many.len() > 4 => format!("{} levels", many.len()),
        [one] => one.clone(),
        [start @ .., last] => format!("{} and {last}", start.join(", ")),
    }
}

fn is_or_are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// Names of the levels that the example has and that are not captured yet, output first.
fn pending(micro: &MicroscopeSnapshot, t: usize) -> Vec<String> {
    let rows = super::levels::rows(micro, t);
    let pending = rows.into_iter().filter(|r| r.captured.is_none());
    pending.map(|r| r.label).collect()
}

/// Which level is the first to differ, and from when on; `None` if the states computed hold no such thing after `t`.
fn outlook(micro: &MicroscopeSnapshot, t: usize) -> Option<String> {
    let (at, verdict, level) = micro.first_apart().filter(|&(at, ..)| at > t)?;
    let v = micro.vertex_of(level)?;
    Some(format!(
        "At t = {at} {} breaks it: {}.",
        steps::short_name(micro, v),
        verdict.words()
    ))
}

/// What the energy has done by state `t`, of a rule that descends it.
fn energy_words(micro: &MicroscopeSnapshot, t: usize) -> String {
    let (first, now) = (
        micro.states[0].total_energy(),
        micro.states[t].total_energy(),
    );
    let moved = |word| {
        format!(
            " Energy has {word} from {} to {}",
            format::number(first),
            format::number(now)
        )
    };
    let noisy = micro.subject.inference.noise > 0.0;
    match micro.subject.rule.descends() {
        true if now < first => format!("{}.", moved("fallen")),
        true if now > first && !noisy && !micro.subject.inference.adaptive => {
            format!("{}: with this γ inference overshoots.", moved("risen"))
        }
        true if now > first => format!("{}.", moved("risen")),
        _ => String::new(),
    }
}

/// "It points the same way …", in numbers.
fn direction_words(j: &Judgement) -> String {
    let way = if j.cosine == 1.0 {
        "It points exactly the same way".to_owned()
    } else {
        format!(
            "It points the same way, cosine at least {}",
            format::cosine(j.cosine)
        )
    };
    let length = format::times(j.length);
    match (j.wrong_length, j.length < 1.0) {
        (false, _) => format!("{way}, at nearly the same length"),
        (true, true) => format!("{way}, but is as short as {length} of backprop’s"),
        (true, false) => format!("{way}, but is as long as {length} of backprop’s"),
    }
}

/// What will be said of the last state, where that is known and says something else.
fn at_the_end(micro: &MicroscopeSnapshot, t: usize) -> String {
    let last = micro.states.len() - 1;
    let (now, end) = (micro.states[t].verdict(), micro.states[last].verdict());
    match end {
        Some(end) if micro.finished() && t < last && Some(end) != now => {
            format!(" At t = {last}: {}.", end.words())
        }
        _ => String::new(),
    }
}

/// What stands under the verdict.
fn sentence(frame: &Frame<'_>, t: usize) -> (String, Option<String>) {
    let micro = frame.micro;
    if let Some((_, at)) = micro.states[t].first_not_finite
        && (micro.subject.rule.is_reference()
            || micro.states[t].verdict() == Some(Verdict::NotFinite))
    {
        let what = place_of_fault(micro, t);
        let what = what.split(" from ").next().unwrap_or_default();
        let words = format!(
            "{what} is not finite, so nothing can be compared from t = {at} on. {}",
            way_back(micro, at)
        );
        return (words, None);
    }
    if micro.touched(t) {
        return (touched(frame, t), None);
    }
    match micro.subject.rule {
        rule if rule.is_reference() => ("Backprop itself: the reference that the other rules are compared with. Its reverse pass reaches one level per step.".into(), None),
        rule if rule.relaxes() => (relaxing(micro, t), None),
        _ => capturing(frame, t),
    }
}

/// … of a network that somebody has put a finger on.
fn touched(frame: &Frame<'_>, t: usize) -> String {
    let micro = frame.micro;
    if micro.rests_at_zero(t) {
        return FREE_OUTPUT.to_owned();
    }
    let done = &frame.draft.interventions;
    let count = done.iter().filter(|one| one.at <= t).count();
    let first = done.iter().map(|one| one.at).min().unwrap_or(0);
    let what = match count {
        1 => format!("One intervention since t = {first}"),
        n => format!(
            "{} interventions since t = {first}",
            format::count(n as u64)
        ),
    };
    format!(
        "{what}: backprop knows nothing of it, so no verdict is given. Every number obeys it.{}",
        energy_words(micro, t)
    )
}

/// … of the rules that take the last state.
fn relaxing(micro: &MicroscopeSnapshot, t: usize) -> String {
    let name = micro.subject.rule.label();
    let Some(j) = micro.judgement(t) else {
        return format!("Nothing would be applied yet if {name} stopped at t = {t}.");
    };
    let (differ, all) = (
        format::count(j.differing_weights as u64),
        plural(j.weights, "weight", "weights"),
    );
    let count = if t == micro.steps {
        format!("{differ} of {all} differ from backprop’s update.")
    } else {
        format!(
            "If {name} stopped at t = {t}, {differ} of {all} would differ from backprop’s update."
        )
    };
    let to_come = pending(micro, t);
    if unreached(micro, t) {
        return format!(
            "Only the output has its error, and there any rule has backprop’s. No error has come to {} yet.{}",
            list(&to_come),
            at_the_end(micro, t)
        );
    }
    let unreached = if to_come.is_empty() {
        String::new()
    } else {
        format!(" No error has come to {} yet.", list(&to_come))
    };
    let own = " A rule of its own, not a failed one.";
    let words = match j.verdict {
        Verdict::NoUpdate => return idle_sentence(&j),
        Verdict::NotFinite | Verdict::NotCompared | Verdict::Intervention => String::new(),
        Verdict::Exact if micro.plan.depth() == 0 => {
            " There is nothing to infer: the output’s error is all there is.".into()
        }
        Verdict::Exact => " Every level has come to backprop’s δ, and stays there.".into(),
        Verdict::ExactSoFar => String::new(),
        Verdict::Rounding => format!(
            " In real numbers none would: rounding, by a relative error of at most {}.",
            format::number3(j.relative_error)
        ),
        Verdict::RightDirection => {
            format!(" {}.{}{own}", direction_words(&j), energy_words(micro, t))
        }
        Verdict::DifferentRule => {
            let unreached = micro.states[t].levels.iter().flatten();
            let without = unreached
                .filter(|l| l.size == 0.0 && l.reference_size > 0.0)
                .count();
            if t == micro.steps && without > 0 {
                format!(
                    " {} no update: T = {} is too small for the error to come that far.",
                    if without == 1 {
                        "One level gets".into()
                    } else {
                        format!("{without} levels get")
                    },
                    micro.steps
                )
            } else {
                format!("{}{own}", energy_words(micro, t))
            }
        }
    };
    format!("{count}{words}{unreached}{}", at_the_end(micro, t))
}

/// … of the rules that capture each level once.
fn capturing(frame: &Frame<'_>, t: usize) -> (String, Option<String>) {
    let micro = frame.micro;
    let rule = micro.subject.rule;
    let to_come = pending(micro, t);
    let still =
        |names: &[String]| format!("{} {} still to come", list(names), is_or_are(names.len()));
    let broken = broken_words(micro).filter(|_| rule.has_conditions());
    let ahead = outlook(micro, t);
    let Some(j) = micro.judgement(t) else {
        let words = format!("Nothing is captured yet; {}.", still(&to_come));
        return match ahead {
            Some(ahead) => (format!("{words} {ahead}"), broken),
            None => (words, None),
        };
    };
    let differ = format::count(j.differing_weights as u64);
    let captured = plural(j.weights, "captured weight", "captured weights");
    let all = plural(j.weights, "weight", "weights");
    match j.verdict {
        Verdict::NoUpdate => (idle_sentence(&j), None),
        Verdict::NotFinite | Verdict::NotCompared | Verdict::Intervention => (
            "Backprop’s own update is not finite, so there is nothing to compare with.".into(),
            None,
        ),
        Verdict::Exact => {
            let words = if unrolled::applies(micro) {
                format!("{}.", contributions::summed(&j))
            } else {
                format!("The update equals backprop’s, bit for bit: {differ} of {all} differ.")
            };
            match broken {
                Some(_) => (
                    format!("{words} A condition is off, and here it costs nothing."),
                    None,
                ),
                None => (words, None),
            }
        }
        Verdict::ExactSoFar => {
            let words = if unrolled::applies(micro) {
                contributions::so_far(frame, t)
            } else {
                format!("{differ} of {captured} differ from backprop’s update, in any bit.")
            };
            match (ahead, to_come.is_empty(), micro.finished()) {
                (Some(ahead), ..) => (format!("{words} {ahead}"), broken),
                // How many are to come, these words say themselves.
                _ if unrolled::applies(micro) => (words, None),
                (None, true, _) => (format!("{words} More inference is to come."), None),
                (None, false, true) => (
                    format!(
                        "{words} {}, and will be equal too.",
                        sentence_case(&still(&to_come))
                    ),
                    None,
                ),
                (None, false, false) => (
                    format!("{words} {}.", sentence_case(&still(&to_come))),
                    None,
                ),
            }
        }
        Verdict::Rounding => (
            format!(
                "{differ} of {captured} differ from backprop’s update, by rounding alone: in real numbers the two are the same."
            ),
            broken.filter(|_| micro.subject.conditions.epsilon == Epsilon::Naive),
        ),
        Verdict::RightDirection => (
            format!(
                "{differ} of {captured} differ from backprop’s update. {}.",
                direction_words(&j)
            ),
            broken,
        ),
        Verdict::DifferentRule
            if rule.course() == Course::FrontThenRelaxing && t == micro.steps =>
        {
            (
                format!(
                    "With IL’s contributions added, {differ} of {all} differ from backprop’s update: a rule of its own."
                ),
                None,
            )
        }
        Verdict::DifferentRule => (
            format!("{differ} of {captured} differ from backprop’s update."),
            broken,
        ),
    }
}

/// The first letter of a sentence. Names of vertices are written small elsewhere.
fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// One line.
fn short(frame: &Frame<'_>, t: usize) -> String {
    let micro = frame.micro;
    let rule = micro.subject.rule;
    if let Some((_, at)) = micro.states[t].first_not_finite
        && (rule.is_reference() || micro.states[t].verdict() == Some(Verdict::NotFinite))
    {
        return way_back(micro, at).into();
    }
    if rule.is_reference() {
        return "the reference, reaching one level per step".into();
    }
    if micro.touched(t) {
        return match micro.rests_at_zero(t) {
            true => "a free output: nothing pulls, F = 0 at every t".into(),
            false => "backprop knows nothing of interventions".into(),
        };
    }
    let Some(j) = micro.judgement(t) else {
        return outlook(micro, t).unwrap_or_default();
    };
    if unreached(micro, t) {
        return "only the output has its error, and there any rule has backprop’s".into();
    }
    let differ = format::count(j.differing_weights as u64);
    let all = plural(j.weights, "weight", "weights");
    match j.verdict {
        Verdict::NoUpdate => idle_sentence(&j),
        Verdict::ExactSoFar if outlook(micro, t).is_some() => {
            format!(
                "{differ} of {all} differ. {}",
                outlook(micro, t).unwrap_or_default()
            )
        }
        _ if rule.relaxes() && t < micro.steps => {
            format!("if it stopped here {differ} of {all} would differ from backprop")
        }
        Verdict::Exact if unrolled::applies(micro) => contributions::summed(&j),
        _ if unrolled::applies(micro) && rule.has_conditions() => {
            contributions::equal_words(frame, t)
        }
        Verdict::Exact => format!("{differ} of {all} differ from backprop, in any bit"),
        _ => format!(
            "{differ} of {} differ from backprop, in any bit",
            plural(j.weights, "captured weight", "captured weights")
        ),
    }
}
