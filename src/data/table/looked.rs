//! What is said of every column of a table, and why it was taken as it was.

use super::*;
use crate::data::columns::{ColumnLook, Columns, Spread, Use};
use crate::data::error::grouped;
use crate::data::survey::Summary;
use crate::data::verdict::position;
use std::borrow::Cow;

/// Bars of the spread of a column of numbers.
const BARS: usize = 20;
/// Words of a category that are counted out; the rest are counted together.
const COUNTED: usize = 4;
/// Values that are quoted.
const QUOTED: usize = 3;
/// Fields that are looked at again for quotes and spreads, over all columns.
const LOOKED_AT: usize = 2_000_000;

/// How the columns of a table were taken.
pub(super) fn looked(
    form: &Form,
    survey: &Survey,
    verdict: &Verdict,
    options: &LoadOptions,
) -> Columns {
    let mut why_out: BTreeMap<usize, &String> = BTreeMap::new();
    why_out.extend(verdict.left_out.iter().map(|(c, why)| (*c, why)));
    let target = match &verdict.target {
        Target::Column(c) if form.named => form.names[*c].clone(),
        Target::Column(c) => format!("column {}", c + 1),
        Target::OneHot(_) | Target::Nothing => "what is learnt".to_owned(),
    };
    let asked = options.kind.iter();
    let asked: BTreeMap<usize, ColumnKind> = asked
        .filter_map(|(name, kind)| Some((position(&form.names, name)?, *kind)))
        .collect();
    let columns = form.names.len();
    let rows = (LOOKED_AT / columns.max(1)).max(20);
    let step = survey.rows.len().div_ceil(rows).max(1);
    let look = |c: usize| -> ColumnLook {
        let s = &survey.columns[c];
        let key = column(form, c);
        let (used, why): (Use, Cow<'static, str>) = match (verdict.roles[c], why_out.get(&c)) {
            (Role::Target, _) => (Use::Learn, verdict.why.clone().into()),
            (Role::Out, why) => (Use::Out, why.map_or("", |w| w.as_str()).to_owned().into()),
            _ if verdict.leaks.contains(&c) => {
                (Use::Input, format!("it tells {target} exactly").into())
            }
            _ => (
                Use::Input,
                "every column that is not left out is an input".into(),
            ),
        };
        let (kind, why_kind) = match asked.get(&c) {
            Some(&kind) => (kind, "as asked".into()),
            None => kind_of(s, verdict, c),
        };
        let fields = || {
            let rows = survey.rows.iter().step_by(step);
            rows.filter_map(|row| row.get(c).map(String::as_str))
                .filter(|field| {
                    !fields::is_missing(field) || *field == fields::NONE && s.takes_none()
                })
        };
        let mut quoted: Vec<String> = Vec::new();
        for field in fields() {
            let field = shortened(field);
            if !quoted.contains(&field) {
                quoted.push(field);
            }
            if quoted.len() == QUOTED {
                break;
            }
        }
        let words = s.worded() || kind == ColumnKind::Category;
        ColumnLook {
            name: match form.names[c].as_str() {
                name if form.named && !name.is_empty() => name.to_owned(),
                _ => format!("column {}", c + 1),
            },
            column: key,
            used,
            why,
            kind,
            why_kind,
            missing: s.gaps,
            quoted,
            spread: match s.present() {
                0 => Spread::Nothing,
                _ if words => Spread::Words {
                    most: most_frequent(s),
                    different: s.distinct(),
                },
                _ => Spread::Numbers {
                    minimum: s.low,
                    maximum: s.high,
                    mean: s.mean(),
                    bars: bars(s, fields().filter_map(|f| fields::number(f, form.comma))),
                },
            },
        }
    };
    Columns {
        all: (0..columns).map(look).collect(),
        doubt: verdict.doubt,
        proposed: verdict.proposed,
        instead: verdict.instead,
    }
}

/// What the fields of a column are by their content, and why.
fn kind_of(s: &Summary, verdict: &Verdict, c: usize) -> (ColumnKind, Cow<'static, str>) {
    let different = || match s.distinct() {
        Some(1) => "one value".to_owned(),
        Some(n) => format!("{} different values", grouped(n)),
        None => "many different values".to_owned(),
    };
    if verdict.roles[c] == Role::Target {
        return match verdict.kind {
            TargetKind::Values => (ColumnKind::Number, "its numbers are approximated".into()),
            TargetKind::Classes => {
                let why = format!("its values are classes: {}", different());
                (ColumnKind::Category, why.into())
            }
        };
    }
    if verdict.roles[c] == Role::Letters {
        (
            ColumnKind::Letters,
            "sentences, and nothing else is an input".into(),
        )
    } else if s.present() == 0 {
        (ColumnKind::Text, "it is empty".into())
    } else if s.is_truth() {
        (ColumnKind::Number, "all its words are yes and no".into())
    } else if s.days().is_some() {
        (ColumnKind::Date, "all its words are days".into())
    } else if !s.worded() {
        let why = match s.words {
            0 => "all its fields are numbers".into(),
            n => format!("all but {} of its fields are numbers", grouped(n as usize)).into(),
        };
        (ColumnKind::Number, why)
    } else if verdict.roles[c] == Role::Out {
        (ColumnKind::Text, different().into())
    } else if s.words == 0 {
        (
            ColumnKind::Category,
            format!("numbers with zeros in front: {}", different()).into(),
        )
    } else {
        let rest = match s.distinct() {
            Some(n) if n <= MOST_WORDS => String::new(),
            _ => format!(", {MOST_WORDS} of them inputs of their own"),
        };
        (
            ColumnKind::Category,
            format!("words: {}{rest}", different()).into(),
        )
    }
}

fn most_frequent(s: &Summary) -> Vec<(String, u64)> {
    let mut all: Vec<(String, u64)> = s
        .counted_values()
        .map(|(value, n)| (shortened(&value), u64::from(n)))
        .collect();
    all.sort_unstable_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    all.truncate(COUNTED);
    all
}

fn bars(s: &Summary, numbers: impl Iterator<Item = f64>) -> Vec<u8> {
    let range = s.high - s.low;
    if !(range > 0.0 && range.is_finite()) {
        return Vec::new();
    }
    let mut counts = [0_u32; BARS];
    for v in numbers.filter(|v| v.is_finite()) {
        let at = ((v - s.low) / range * BARS as f64) as usize;
        counts[at.min(BARS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    // What is there is seen, however little it is.
    let height = |n: u32| (n * 255).div_ceil(most) as u8;
    counts.iter().map(|n| height(*n)).collect()
}
