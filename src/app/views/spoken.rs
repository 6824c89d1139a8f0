//! Rule and verdict in one sentence, as it is read from the back row.

use super::headline::headline;
use crate::app::format;
use crate::app::state::Frame;
use crate::learning::Verdict;
use std::ops::Range;

/// What is said at a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoken {
    /// The verdict, if there is one.
    pub verdict: Option<Verdict>,
    /// Verdict and number, as every layout has them.
    pub words: String,
    /// The sentence, the fullest first, in forms that take ever less room.
    pub forms: Vec<Form>,
}

/// One form of the sentence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// All of it.
    pub words: String,
    /// What of it is said with weight, in bytes: rule and verdict, and how many weights differ.
    pub strong: Vec<Range<usize>>,
}

/// What is said at state `t`.
pub fn spoken(frame: &Frame<'_>, t: usize) -> Spoken {
    let micro = frame.micro;
    let said = headline(frame, t);
    let rule = micro.subject.rule;
    let head = |name: &str| {
        let at = format!("{name} at t = {t}");
        let detail = match said.detail.as_str() {
            "" => String::new(),
            detail => format!(", {detail}"),
        };
        match said.verdict {
            Some(v @ (Verdict::Exact | Verdict::ExactSoFar | Verdict::NotCompared)) => {
                format!("{name} is {}", v.words())
            }
            Some(v @ Verdict::Rounding) => format!("{name} is backprop but for {}", v.words()),
            Some(v @ Verdict::RightDirection) => format!("{at} has the {}{detail}", v.words()),
            Some(v @ Verdict::DifferentRule) => format!("{at} is a {}", v.words()),
            Some(v @ Verdict::NoUpdate) => format!("{name} makes {}{detail}", v.words()),
            Some(v @ Verdict::NotFinite) => format!("{name} is {}{detail}", v.words()),
            Some(Verdict::Intervention) => format!("{at}, with an intervention"),
            None if micro.recorded => format!("A recording at t = {t} of {}", micro.steps),
            None if rule.is_reference() => name.to_owned(),
            None => format!("{at}{detail}"),
        }
    };
    let captures = !rule.relaxes() && !rule.is_reference() && !micro.recorded;
    let (done, all) = said.levels;
    let levels = match said.verdict {
        Some(Verdict::NotFinite | Verdict::NoUpdate | Verdict::Intervention) | None => {
            String::new()
        }
        Some(_) if captures => format!("{done} of {all} levels captured, "),
        Some(_) => String::new(),
    };
    let counts = said.counts.map(|(differ, of)| {
        let [differ, of] = [differ, of].map(|n| format::count(n as u64));
        format!("{differ} of {of}")
    });
    let why = said.why.as_ref().map(|why| {
        let first = why
            .split_once(". ")
            .map_or(why.as_str(), |(first, _)| first);
        format!(" {}.", first.trim_end_matches('.'))
    });
    let form = |name: &str, levels: &str, why: &str| {
        let head = head(name);
        let rest = format!("{levels}{}", said.short);
        let rest = rest.trim_end_matches('.');
        let words = match rest {
            "" => format!("{head}.{why}"),
            rest => format!("{head}: {rest}.{why}"),
        };
        let count = counts.as_ref().and_then(|count| {
            let at = words[head.len()..].find(count.as_str())? + head.len();
            Some(at..at + count.len())
        });
        let strong = std::iter::once(0..head.len()).chain(count).collect();
        Form { words, strong }
    };
    let (long, short) = (rule.facts().long, rule.label());
    let mut forms = Vec::new();
    if let Some(why) = &why {
        forms.push(form(long, &levels, why));
        forms.push(form(short, &levels, why));
    }
    forms.push(form(long, &levels, ""));
    forms.push(form(short, &levels, ""));
    forms.push(form(short, "", ""));
    Spoken {
        verdict: said.verdict,
        words: said.words(),
        forms,
    }
}
