//! The tables of interventions as TOML has them: flat, with one key that says what is done.

use super::{Entry, From, Units, What};
use serde::{Deserialize, Serialize};

/// An entry as its table has it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Raw {
    #[serde(skip_serializing_if = "Option::is_none")]
    clamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kick: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lesion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<RawTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<RawUnits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<[usize; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<RawFrom>,
    #[serde(skip_serializing_if = "is_zero")]
    at: usize,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_zero(at: &usize) -> bool {
    *at == 0
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a class (a whole number), or a list with a value for each output"
)]
pub enum RawTarget {
    Class(usize),
    Values(Vec<f64>),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mean {
    Mean,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "\"mean\" or a number")]
enum RawFrom {
    Mean(Mean),
    Value(f64),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a number, ranges as in \"32-63, 70\", or [channel, row, column]"
)]
enum RawUnits {
    One(usize),
    At([usize; 3]),
    Ranges(String),
}

impl Units {
    fn raw(self) -> Option<RawUnits> {
        match self {
            Self::All => None,
            Self::At(place) => Some(RawUnits::At(place)),
            Self::Some(all) if all.len() == 1 => Some(RawUnits::One(all[0])),
            Self::Some(all) => {
                let runs = all.chunk_by(|a, b| a + 1 == *b);
                let runs = runs.map(|run| match run {
                    [first, .., last] => format!("{first}-{last}"),
                    [one] => one.to_string(),
                    [] => String::new(),
                });
                Some(RawUnits::Ranges(runs.collect::<Vec<_>>().join(", ")))
            }
        }
    }
}

impl TryFrom<Raw> for Entry {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let units = match raw.unit.clone() {
            None => Units::All,
            Some(RawUnits::One(unit)) => Units::one(unit),
            Some(RawUnits::At(place)) => Units::At(place),
            Some(RawUnits::Ranges(text)) => Units::parse(&text)?,
        };
        const KINDS: &str = "one of clamp, free, set, kick, lesion, cut, weight, precision, target";
        let kinds = [
            ("clamp", raw.clamp.is_some()),
            ("free", raw.free.is_some()),
            ("set", raw.set.is_some()),
            ("kick", raw.kick.is_some()),
            ("lesion", raw.lesion.is_some()),
            ("cut", raw.cut.is_some()),
            ("weight", raw.weight.is_some()),
            ("precision", raw.precision.is_some()),
            ("target", raw.target.is_some()),
        ];
        let named: Vec<&str> = kinds.iter().filter(|k| k.1).map(|k| k.0).collect();
        let [kind] = named[..] else {
            return Err(match named[..] {
                [] => format!("an intervention says what it does; expected {KINDS}"),
                _ => format!(
                    "an intervention is {}; expected {KINDS}",
                    named.join(" and ")
                ),
            });
        };
        let lacks = |key: &str, words: &str| format!("{kind} lacks {key}; expected {words}");
        let of_unit = ["clamp", "free", "set", "kick", "lesion"].contains(&kind);
        let of_weight = ["cut", "weight"].contains(&kind);
        let reads_value = ["clamp", "set", "weight", "precision"].contains(&kind);
        for (key, given, read) in [
            ("unit", raw.unit.is_some(), of_unit),
            ("place", raw.place.is_some(), of_weight),
            ("value", raw.value.is_some(), reads_value),
            ("by", raw.by.is_some(), kind == "kick"),
            ("from", raw.from.is_some(), kind == "free"),
        ] {
            if given && !read {
                return Err(format!("{kind} has no {key}; expected it without"));
            }
        }
        let value = || raw.value.ok_or_else(|| lacks("value", "a number"));
        let place = || raw.place.ok_or_else(|| lacks("place", "[row, column]"));
        let what = match (raw.clamp, raw.free, raw.set, raw.kick, raw.lesion) {
            (Some(vertex), ..) => What::Clamp {
                vertex,
                units,
                value: raw.value,
            },
            (_, Some(vertex), ..) => What::Free {
                vertex,
                units,
                from: match raw.from {
                    None => From::There,
                    Some(RawFrom::Mean(_)) => From::Mean,
                    Some(RawFrom::Value(value)) => From::Value(value),
                },
            },
            (_, _, Some(vertex), ..) => What::Set {
                vertex,
                units,
                value: value()?,
            },
            (.., Some(vertex), _) => What::Kick {
                vertex,
                units,
                by: raw.by.ok_or_else(|| lacks("by", "a number, Δx"))?,
            },
            (.., Some(vertex)) => What::Lesion { vertex, units },
            _ => match (raw.cut, raw.weight, raw.precision, raw.target) {
                (Some(parameter), ..) => What::Cut {
                    parameter,
                    place: place()?,
                },
                (_, Some(parameter), ..) => What::Weight {
                    parameter,
                    place: place()?,
                    value: value()?,
                },
                (_, _, Some(level), _) => What::Precision {
                    level,
                    value: value()?,
                },
                (.., Some(RawTarget::Class(class))) => What::Class(class),
                (.., Some(RawTarget::Values(values))) => What::Values(values),
                _ => return Err(format!("expected {KINDS}")),
            },
        };
        Ok(Self { at: raw.at, what })
    }
}

impl std::convert::From<Entry> for Raw {
    fn from(entry: Entry) -> Self {
        let at = Self {
            at: entry.at,
            ..Self::default()
        };
        match entry.what {
            What::Clamp {
                vertex,
                units,
                value,
            } => Self {
                clamp: Some(vertex),
                unit: units.raw(),
                value,
                ..at
            },
            What::Free {
                vertex,
                units,
                from,
            } => Self {
                free: Some(vertex),
                unit: units.raw(),
                from: match from {
                    From::There => None,
                    From::Mean => Some(RawFrom::Mean(Mean::Mean)),
                    From::Value(value) => Some(RawFrom::Value(value)),
                },
                ..at
            },
            What::Set {
                vertex,
                units,
                value,
            } => Self {
                set: Some(vertex),
                unit: units.raw(),
                value: Some(value),
                ..at
            },
            What::Kick { vertex, units, by } => Self {
                kick: Some(vertex),
                unit: units.raw(),
                by: Some(by),
                ..at
            },
            What::Lesion { vertex, units } => Self {
                lesion: Some(vertex),
                unit: units.raw(),
                ..at
            },
            What::Cut { parameter, place } => Self {
                cut: Some(parameter),
                place: Some(place),
                ..at
            },
            What::Weight {
                parameter,
                place,
                value,
            } => Self {
                weight: Some(parameter),
                place: Some(place),
                value: Some(value),
                ..at
            },
            What::Precision { level, value } => Self {
                precision: Some(level),
                value: Some(value),
                ..at
            },
            What::Class(class) => Self {
                target: Some(RawTarget::Class(class)),
                ..at
            },
            What::Values(values) => Self {
                target: Some(RawTarget::Values(values)),
                ..at
            },
        }
    }
}
