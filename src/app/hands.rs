//! A finger on the network: what can be done to the unit that is selected. One list, for the menu of a node, the inspector and the keys.

use super::state::Selection;
use crate::experiment::interventions::{Entry, From, Units, What, unit_in_file};
use crate::experiment::microscope::{Hand, MicroscopeSnapshot};
use crate::network::{Graph, Loss, Plan};

/// Something that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Touch {
    /// This is done at the state that is looked at.
    Do(What),
    /// These units of the input, counted as files do, are brushed away: they set out from the training mean, and are free.
    Brush(Vec<usize>),
    /// This one, by its place among all, is taken back.
    Back(usize),
    /// All are taken back.
    Clear,
}

/// One thing that can be done, or why it cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What it is called.
    pub words: String,
    /// Its key.
    pub key: &'static str,
    /// What is asked for.
    pub touch: Touch,
    /// Why not, where it would do nothing.
    pub why_not: Option<&'static str>,
}

/// Δx of a kick by key.
pub const KICK: f64 = 0.5;

/// The key that clamps and frees, and the one that kicks.
pub const CLAMP_KEY: &str = "C";
/// See [`CLAMP_KEY`].
pub const KICK_KEY: &str = "K";

/// The units of the lower half of the input, counted as files do; of a flat one the second half.
pub fn lower_half(plan: &Plan) -> Units {
    let s = plan.graph.vertices[Graph::INPUT].shape;
    let all = s.channels * s.height * s.width;
    if s.is_flat() || s.height < 2 {
        return Units::Some((all / 2..all).collect());
    }
    let size = s.height * s.width;
    let from = s.height / 2 * s.width;
    let of = |c: usize| (c * size + from..(c + 1) * size).collect::<Vec<_>>();
    Units::Some((0..s.channels).flat_map(of).collect())
}

/// What can be done to a unit at state `t`, what is likeliest first; `entries` is what is done already.
pub fn offers(
    micro: &MicroscopeSnapshot,
    t: usize,
    at: Selection,
    entries: &[Entry],
) -> Vec<Offer> {
    let plan = &*micro.plan;
    let output = plan.output();
    let v = at.vertex.min(output);
    let unit = at.unit.min(plan.len_of(v) - 1);
    let vertex = plan.graph.vertices[v].id.clone();
    let units = Units::one(unit_in_file(plan, v, unit));
    let hand = micro.hand_on(t, v, unit);
    let gone = (hand == Some(Hand::Lesioned))
        .then_some("It is lesioned; what was done can be taken back (Ctrl Z).");
    let reference = (micro.subject.rule.is_reference())
        .then_some("Backprop has no x that moves: choose another rule.");
    let mut all = Vec::new();
    let mut offer = |words: &str, key, what, why_not: Option<&'static str>| {
        all.push(Offer {
            words: words.to_owned(),
            key,
            touch: Touch::Do(what),
            why_not,
        });
    };
    let clamp = |units: Units| What::Clamp {
        vertex: vertex.clone(),
        units,
        value: None,
    };
    let free = |units: Units, from: From| What::Free {
        vertex: vertex.clone(),
        units,
        from,
    };
    let kick = |by: f64| What::Kick {
        vertex: vertex.clone(),
        units: units.clone(),
        by,
    };
    let set = |value: f64| What::Set {
        vertex: vertex.clone(),
        units: units.clone(),
        value,
    };
    let lesion = What::Lesion {
        vertex: vertex.clone(),
        units: units.clone(),
    };
    if v == output {
        match hand {
            Some(Hand::Freed) => {
                offer(
                    "Give the output its target",
                    CLAMP_KEY,
                    clamp(Units::All),
                    None,
                );
            }
            _ => offer(
                "Free the output",
                CLAMP_KEY,
                free(Units::All, From::There),
                None,
            ),
        }
        if plan.graph.loss == Loss::CrossEntropy {
            let own = (micro.target_at(t, unit) == 1.0).then_some("It is the target already.");
            offer("Make this the target", "", What::Class(unit), own);
        }
    } else if v == Graph::INPUT {
        match hand {
            Some(Hand::Freed) => offer("Clamp it", CLAMP_KEY, clamp(units.clone()), gone),
            _ => offer("Free it", CLAMP_KEY, free(units.clone(), From::There), gone),
        }
        offer("Kick by 0.5", KICK_KEY, kick(KICK), gone.or(reference));
        offer(
            "Free the lower half",
            "",
            free(lower_half(plan), From::Mean),
            None,
        );
        offer(
            "Free all of the input",
            "",
            free(Units::All, From::Mean),
            None,
        );
        offer("Erase it", "", set(0.0), gone);
        offer("Lesion it", "", lesion, gone);
    } else {
        match hand {
            Some(Hand::Held) => offer("Free it", CLAMP_KEY, free(units.clone(), From::There), gone),
            _ => offer("Clamp it", CLAMP_KEY, clamp(units.clone()), gone),
        }
        offer("Kick by 0.5", KICK_KEY, kick(KICK), gone.or(reference));
        offer("Kick by −0.5", "", kick(-KICK), gone.or(reference));
        offer("Set it to 0", "", set(0.0), gone.or(reference));
        offer("Lesion it", "", lesion, gone);
    }
    let none = entries.is_empty().then_some("Nothing has been done.");
    all.push(Offer {
        words: "Take the last back".into(),
        key: "",
        touch: Touch::Back(entries.len().saturating_sub(1)),
        why_not: none,
    });
    all.push(Offer {
        words: "Take all back".into(),
        key: "",
        touch: Touch::Clear,
        why_not: none,
    });
    all
}

/// What is done once something more is: what says the same of the same again takes its place, and what undoes the other at one state
/// leaves neither.
pub fn with(entries: &[Entry], new: Entry) -> Vec<Entry> {
    let mut all = entries.to_vec();
    let undone = all.iter().rposition(|old| undoes(old, &new));
    if let Some(i) = undone {
        all.remove(i);
        return all;
    }
    match all.iter().rposition(|old| is_again(old, &new)) {
        Some(i) => all[i] = new,
        None => all.push(new),
    }
    all
}

/// What is done once more of the input is brushed away at a state: one stroke after the other is one thing done.
pub fn brushed(entries: &[Entry], at: usize, plan: &Plan, units: &[usize]) -> Vec<Entry> {
    let input = &plan.graph.vertices[Graph::INPUT].id;
    let mut all = entries.to_vec();
    let own = all
        .iter_mut()
        .rev()
        .find_map(|entry| match &mut entry.what {
            What::Free {
                vertex,
                units: Units::Some(known),
                from: From::Mean,
            } if entry.at == at && vertex == input => Some(known),
            _ => None,
        });
    if let Some(known) = own {
        known.extend_from_slice(units);
        known.sort_unstable();
        known.dedup();
        return all;
    }
    let mut units = units.to_vec();
    units.sort_unstable();
    units.dedup();
    all.push(Entry {
        at,
        what: What::Free {
            vertex: input.clone(),
            units: Units::Some(units),
            from: From::Mean,
        },
    });
    all
}

fn undoes(old: &Entry, new: &Entry) -> bool {
    let (
        What::Clamp {
            vertex: a,
            units: of,
            ..
        },
        What::Free {
            vertex: b,
            units: other,
            ..
        },
    ) = (match (&old.what, &new.what) {
        (clamp @ What::Clamp { .. }, free) => (clamp, free),
        (free, clamp) => (clamp, free),
    })
    else {
        return false;
    };
    old.at == new.at && a == b && of == other
}

fn is_again(old: &Entry, new: &Entry) -> bool {
    use What::{Clamp, Class, Free, Lesion, Precision, Set, Values, Weight};
    let same = match (&old.what, &new.what) {
        (
            Set {
                vertex: a,
                units: of,
                ..
            },
            Set {
                vertex: b,
                units: other,
                ..
            },
        )
        | (
            Clamp {
                vertex: a,
                units: of,
                ..
            },
            Clamp {
                vertex: b,
                units: other,
                ..
            },
        )
        | (
            Free {
                vertex: a,
                units: of,
                ..
            },
            Free {
                vertex: b,
                units: other,
                ..
            },
        )
        | (
            Lesion {
                vertex: a,
                units: of,
            },
            Lesion {
                vertex: b,
                units: other,
            },
        ) => a == b && of == other,
        (
            Weight {
                parameter: a,
                place: of,
                ..
            },
            Weight {
                parameter: b,
                place: other,
                ..
            },
        ) => a == b && of == other,
        (Precision { level: a, .. }, Precision { level: b, .. }) => a == b,
        (Class(_) | Values(_), Class(_) | Values(_)) => true,
        _ => false,
    };
    old.at == new.at && same
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: usize, what: What) -> Entry {
        Entry { at, what }
    }

    #[test]
    fn the_same_again_takes_its_place_and_the_contrary_leaves_none() {
        let set = |value: f64| What::Set {
            vertex: "dense1".into(),
            units: Units::one(3),
            value,
        };
        let clamp = What::Clamp {
            vertex: "dense1".into(),
            units: Units::one(3),
            value: None,
        };
        let free = What::Free {
            vertex: "dense1".into(),
            units: Units::one(3),
            from: From::There,
        };
        let all = with(&[], entry(2, set(0.1)));
        let all = with(&all, entry(2, set(0.2)));
        assert_eq!(all, [entry(2, set(0.2))]);
        let all = with(&all, entry(3, set(0.2)));
        assert_eq!(all.len(), 2);
        let all = with(&all, entry(3, clamp.clone()));
        assert_eq!(all.len(), 3);
        assert_eq!(with(&all, entry(3, free.clone())).len(), 2);
        assert_eq!(with(&all, entry(4, free)).len(), 4);
        let kick = What::Kick {
            vertex: "dense1".into(),
            units: Units::one(3),
            by: 0.5,
        };
        let twice = with(&with(&[], entry(1, kick.clone())), entry(1, kick));
        assert_eq!(twice.len(), 2, "a kick is one more each time");
    }
}
