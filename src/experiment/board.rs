//! The lanes of an experiment as a board: what each is set to, in what they differ, and how one is added, changed and removed. What
//! comes of it is an experiment with other entries of `[[lanes]]`, as its file has them.

use super::file::{Experiment, LaneEntry};
use super::lane::{LABEL_LETTERS, LaneId, LaneSpec};
use crate::learning::rule;

/// Something that lanes can differ in.
pub struct Setting {
    /// What it is called.
    pub name: &'static str,
    /// Its key in an entry of `[[lanes]]`.
    pub key: &'static str,
}

/// All of them, in the order of the board.
pub const SETTINGS: [Setting; 20] = {
    const fn row(name: &'static str, key: &'static str) -> Setting {
        Setting { name, key }
    }
    [
        row("rule", "rule"),
        row("steps T", "inference.steps"),
        row("γ", "inference.gamma"),
        row("γ adapts", "inference.adaptive"),
        row("noise σ", "inference.noise"),
        row("hidden precision π", "inference.precision"),
        row("output precision p", "inference.output_precision"),
        row("state decay λ", "inference.state_decay"),
        row("γ of Z-IL", "conditions.gamma"),
        row("start of Z-IL", "conditions.start"),
        row("level l taken", "conditions.capture"),
        row("ε of Z-IL", "conditions.epsilon"),
        row("order in Z-IL", "conditions.order"),
        row("precision of Z-IL", "conditions.hidden_precision"),
        row("optimiser", "learning.optimiser"),
        row("rate α", "learning.rate"),
        row("momentum m", "learning.momentum"),
        row("weight decay λ", "learning.weight_decay"),
        row("seed", "seed"),
        row("seeds", "seeds"),
    ]
};

/// A TOML value as it is read: names without hyphens, whole numbers without a point.
fn words(value: &toml::Value) -> String {
    match value {
        toml::Value::String(s) => s.replace('-', " "),
        toml::Value::Boolean(true) => "yes".into(),
        toml::Value::Boolean(false) => "no".into(),
        toml::Value::Float(v) => format!("{v}"),
        // Of precisions none means 1 everywhere.
        toml::Value::Array(all) if all.is_empty() => "1".into(),
        toml::Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

impl Setting {
    /// What a lane has of it; `None` where its rule does not read it.
    pub fn of(&self, lane: &LaneSpec, seeds: u64) -> Option<String> {
        let (section, key) = self.key.split_once('.').unwrap_or(("", self.key));
        let in_table = |table: toml::Table| table.get(key).map(words);
        let o = &lane.optimiser;
        match (section, key) {
            ("", "rule") => Some(lane.rule.label().to_owned()),
            ("", "seed") => Some(match seeds {
                0 | 1 => lane.seed.to_string(),
                n => format!("{} to {}", lane.seed, lane.seed + (n - 1)),
            }),
            ("", _) => Some(seeds.max(1).to_string()),
            // The output's precision weighs the loss of every rule.
            ("inference", _) if lane.rule.reads_inference() || key == "output_precision" => {
                in_table(toml::Table::try_from(lane.inference).ok()?)
            }
            ("conditions", _) if lane.rule.has_conditions() => {
                in_table(toml::Table::try_from(lane.conditions).ok()?)
            }
            ("learning", "optimiser") => Some(words(&toml::Value::try_from(o.kind).ok()?)),
            ("learning", "rate") => Some(format!("{}", o.rate)),
            ("learning", "momentum") if !o.kind.adapts() => Some(match o.nesterov {
                true => format!("{}, Nesterov", o.momentum),
                false => format!("{}", o.momentum),
            }),
            ("learning", "weight_decay") => Some(match o.decay_biases {
                true => format!("{}", o.weight_decay),
                false => format!("{}, weights only", o.weight_decay),
            }),
            _ => None,
        }
    }
}

/// A lane of the board with its seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The lane; the first of its seeds.
    pub lane: LaneSpec,
    /// Its seeds.
    pub seeds: u64,
    /// The place of its entry in the file; none of a lane that every race has.
    pub entry: Option<usize>,
    /// What it has of each of [`SETTINGS`].
    pub values: Vec<Option<String>>,
}

/// The lanes of an experiment's race as columns, those of seeds alone as one.
pub fn columns(experiment: &Experiment) -> Vec<Column> {
    let lanes = LaneSpec::raced(experiment);
    let first = lanes.iter().filter(|l| l.is_first());
    let column = |lane: &LaneSpec| {
        let alike = lanes
            .iter()
            .filter(|l| lane.band.is_some() && l.band == lane.band);
        let seeds = (alike.count() as u64).max(1);
        Column {
            entry: (experiment.lanes.iter()).position(|e| e.id == lane.id.name()),
            values: SETTINGS.iter().map(|s| s.of(lane, seeds)).collect(),
            lane: lane.clone(),
            seeds,
        }
    };
    first.map(column).collect()
}

/// What differs between some lanes, and what is the same for all of them: places in [`SETTINGS`]. The number of seeds is no difference.
pub fn differing(columns: &[Column]) -> (Vec<usize>, Vec<usize>) {
    let known = |i: usize| columns.iter().filter_map(move |c| c.values[i].as_ref());
    let places = (0..SETTINGS.len()).filter(|&i| SETTINGS[i].key != "seeds");
    let places = places.filter(|&i| known(i).next().is_some());
    places.partition(|&i| {
        let mut all = known(i);
        let first = all.next();
        all.any(|value| Some(value) != first)
    })
}

/// A value as it is typed: a number, a word of the file, or several numbers.
fn value(key: &str, text: &str) -> toml::Value {
    let text = text.trim();
    let parse = |text: &str| {
        let table = toml::from_str::<toml::Table>(&format!("v = {text}"));
        table.ok().and_then(|mut t| t.remove("v"))
    };
    match (text, key) {
        ("yes", _) => toml::Value::Boolean(true),
        ("no", _) => toml::Value::Boolean(false),
        _ if key.ends_with(".precision") && text.contains(' ') => {
            let parts: Vec<&str> = text.split_whitespace().collect();
            parse(&format!("[{}]", parts.join(", "))).unwrap_or_else(|| text.into())
        }
        _ => parse(text).unwrap_or_else(|| text.to_lowercase().replace(' ', "-").into()),
    }
}

/// Sets one key of an entry; without text it is as in the experiment.
fn put(entry: &mut LaneEntry, key: &str, text: &str) -> Result<(), String> {
    let text = text.trim();
    let number = || match text {
        "" => Ok(None),
        _ => {
            let fits = |n: &u64| i64::try_from(*n).is_ok();
            let read = text.replace([',', '_'], "").parse().ok().filter(fits);
            let expected = || format!("{key} is {text}; expected a whole number, 0 or above");
            read.map(Some).ok_or_else(expected)
        }
    };
    let (section, name) = key.split_once('.').unwrap_or(("", key));
    match (section, name) {
        ("", "rule") => {
            let own = |r: &crate::learning::Rule| r.label().eq_ignore_ascii_case(text);
            let found = rule::named(&text.to_lowercase()).or_else(|| rule::all().find(own));
            let names: Vec<&str> = rule::all().map(|r| r.name()).collect();
            let expected = || format!("rule is {text}; expected one of {}", names.join(", "));
            entry.rule = Some(found.ok_or_else(expected)?);
            return Ok(());
        }
        ("", "seed") => {
            entry.seed = number()?;
            return Ok(());
        }
        ("", _) => {
            entry.seeds = number()?.filter(|n| *n != 1);
            return Ok(());
        }
        _ => {}
    }
    let table = match section {
        "inference" => &mut entry.inference,
        "conditions" => &mut entry.conditions,
        _ => &mut entry.learning,
    };
    match text {
        "" => _ = table.remove(name),
        _ => _ = table.insert(name.to_owned(), value(key, text)),
    }
    Ok(())
}

/// The entry that a lane of the board has, or would have.
fn entry_of(experiment: &Experiment, column: &Column) -> LaneEntry {
    match column.entry.and_then(|i| experiment.lanes.get(i)) {
        Some(entry) => entry.clone(),
        None => LaneEntry {
            label: Some(column.lane.label.clone()),
            rule: Some(column.lane.rule),
            ..LaneEntry::default()
        },
    }
}

/// A name that no lane has: the rule's, with the next number.
fn free_id(experiment: &Experiment, rule: &str) -> Option<String> {
    let lanes = LaneSpec::raced(experiment);
    let taken = |id: &LaneId| lanes.iter().any(|l| l.id == *id);
    let all = (2..1000).map(|n| format!("{rule}-{n}"));
    // Of a long name the end is left out.
    let mut fits = all.map(|id| {
        id[id.len().saturating_sub(24)..]
            .trim_start_matches('-')
            .to_owned()
    });
    fits.find(|id| LaneId::new(id).is_some_and(|id| !taken(&id)))
}

/// An experiment whose lanes mean something; else what does not, in one line.
fn checked(next: Experiment) -> Result<Experiment, String> {
    LaneSpec::of_file(&next).map_err(|e| e.to_string())?;
    Ok(next)
}

/// The experiment with copies of a lane, each with another value of one setting: `text` has them, with commas between.
///
/// # Errors
/// One line: what cannot be, and what was expected. Nothing is added then.
pub fn added(
    experiment: &Experiment,
    copied: &Column,
    setting: &Setting,
    text: &str,
) -> Result<Experiment, String> {
    let mut next = experiment.clone();
    for text in text.split(',').map(str::trim) {
        if text.is_empty() {
            return Err(format!(
                "{}: nothing is given; expected a value",
                setting.name
            ));
        }
        let mut entry = entry_of(experiment, copied);
        put(&mut entry, setting.key, text)?;
        let rule = entry.rule.unwrap_or(experiment.learning.rule);
        let id = free_id(&next, rule.name()).ok_or("there are too many lanes")?;
        let label = match setting.key {
            "rule" => rule.label().to_owned(),
            "seeds" => format!("{}, band", copied.lane.label),
            _ => format!("{}, {} {text}", copied.lane.label, setting.name),
        };
        entry.label = Some(label.chars().take(LABEL_LETTERS).collect());
        entry.id = id;
        next.lanes.push(entry);
    }
    let next = checked(next)?;
    refuse_unread(&next, experiment.lanes.len(), setting)?;
    Ok(next)
}

/// Refuses a setting that a lane's rule does not read, of the entries from place `from` on.
fn refuse_unread(next: &Experiment, from: usize, setting: &Setting) -> Result<(), String> {
    let place = SETTINGS.iter().position(|s| s.key == setting.key);
    let mut new = columns(next).into_iter();
    let unread = new.find(|c| {
        c.entry.is_some_and(|e| e >= from) && place.is_some_and(|p| c.values[p].is_none())
    });
    match unread {
        Some(column) => Err(format!(
            "{} does not read {}; expected a setting of its own",
            column.lane.rule.label(),
            setting.name
        )),
        None => Ok(()),
    }
}

/// The experiment with another value of one setting of a lane of its file; without text it is as in the experiment.
///
/// # Errors
/// One line: what cannot be, and what was expected.
pub fn changed(
    experiment: &Experiment,
    entry: usize,
    setting: &Setting,
    text: &str,
) -> Result<Experiment, String> {
    let mut next = experiment.clone();
    let own = next.lanes.get_mut(entry).ok_or("there is no such lane")?;
    put(own, setting.key, text)?;
    let next = checked(next)?;
    match text.trim() {
        "" => {}
        _ => {
            let mut alone = next.clone();
            alone.lanes.truncate(entry + 1);
            refuse_unread(&alone, entry, setting)?;
        }
    }
    Ok(next)
}

/// The experiment with another name of a lane of its file.
///
/// # Errors
/// One line: what a name has to be.
pub fn named(experiment: &Experiment, entry: usize, label: &str) -> Result<Experiment, String> {
    let mut next = experiment.clone();
    let own = next.lanes.get_mut(entry).ok_or("there is no such lane")?;
    own.label = Some(label.to_owned());
    checked(next)
}

/// The experiment without a lane of its file.
#[must_use]
pub fn removed(experiment: &Experiment, entry: usize) -> Experiment {
    let mut next = experiment.clone();
    if entry < next.lanes.len() {
        next.lanes.remove(entry);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str) -> &'static Setting {
        SETTINGS.iter().find(|s| s.key == key).unwrap()
    }

    fn column<'a>(all: &'a [Column], label: &str) -> &'a Column {
        all.iter().find(|c| c.lane.label == label).unwrap()
    }

    #[test]
    fn what_the_board_makes_is_what_the_file_says() {
        let begun = Experiment::load("digits-mlp", &[]).unwrap();
        let all = columns(&begun);
        assert_eq!(all.len(), 3);
        let il = column(&all, "IL");
        let two = added(&begun, il, setting("inference.gamma"), "0.05, 0.2").unwrap();
        let all = columns(&two);
        let said: Vec<_> = all.iter().map(|c| &*c.lane.label).collect();
        assert_eq!(said, ["BP", "Z-IL", "IL", "IL, γ 0.05", "IL, γ 0.2"]);
        let ids: Vec<_> = all.iter().map(|c| c.lane.id.name()).collect();
        assert_eq!(ids[3..], ["il-2", "il-3"]);
        // A copy of a copy has what that differs in; several seeds of it are one column.
        let copy = added(&two, &all[4], setting("seeds"), "5").unwrap();
        let copy = named(&copy, 2, "many").unwrap();
        let copy = changed(&copy, 2, setting("inference.steps"), "80").unwrap();
        let copy = changed(&copy, 2, setting("learning.rate"), "0.01").unwrap();
        let all = columns(&copy);
        let many = column(&all, "many");
        assert_eq!(
            (
                many.seeds,
                many.lane.inference.gamma,
                many.lane.inference.steps
            ),
            (5, 0.2, 80)
        );
        assert_eq!(many.lane.optimiser.rate, 0.01);
        assert_eq!(LaneSpec::raced(&copy).len(), 10);
        // The same by its file, and by keys of the command line.
        let text = copy.to_toml().unwrap();
        assert_eq!(
            Experiment::parse(&text, "digits-mlp", &[]).unwrap().lanes,
            copy.lanes
        );
        let (differ, same) = differing(&all);
        let keys = |places: &[usize]| places.iter().map(|&i| SETTINGS[i].key).collect::<Vec<_>>();
        assert_eq!(
            keys(&differ),
            [
                "rule",
                "inference.steps",
                "inference.gamma",
                "learning.rate",
                "seed"
            ]
        );
        assert!(keys(&same).contains(&"learning.momentum") && !keys(&same).contains(&"seeds"));
        // As in the experiment again, and gone.
        let plain = changed(&copy, 2, setting("learning.rate"), "").unwrap();
        assert_eq!(
            column(&columns(&plain), "many").lane.optimiser,
            il.lane.optimiser
        );
        let gone = removed(&removed(&removed(&plain, 2), 1), 0);
        assert_eq!(gone, begun);
    }

    #[test]
    fn what_means_nothing_is_refused_in_one_line_and_nothing_is_added() {
        let begun = Experiment::load("digits-mlp", &[]).unwrap();
        let all = columns(&begun);
        for (label, key, text, words) in [
            ("BP", "inference.gamma", "0.1", "BP does not read γ"),
            (
                "IL",
                "conditions.capture",
                "late",
                "IL does not read level l taken",
            ),
            ("IL", "inference.gamma", "-1", "inference.gamma is -1"),
            ("IL", "inference.gamma", "much", "invalid type"),
            ("IL", "inference.gamma", "0.1,", "nothing is given"),
            ("IL", "inference.gamma", "", "nothing is given"),
            ("IL", "rule", "li", "rule is li; expected one of bp"),
            (
                "IL",
                "learning.optimiser",
                "adams",
                "unknown variant `adams`",
            ),
            ("IL", "seeds", "0", "seeds is 0"),
            ("IL", "seeds", "99", "99 lanes; expected at most 32"),
            ("IL", "seeds", "-3", "expected a whole number"),
            (
                "Z-IL",
                "conditions.start",
                "anywhere",
                "unknown variant `anywhere`",
            ),
        ] {
            let line = added(&begun, column(&all, label), setting(key), text).unwrap_err();
            assert!(
                line.contains(words) && !line.contains('\n'),
                "{key} {text}: {line}"
            );
        }
        let late = added(
            &begun,
            column(&all, "Z-IL"),
            setting("conditions.capture"),
            "late",
        )
        .unwrap();
        assert!(
            named(&late, 0, "")
                .unwrap_err()
                .contains("expected 1 to 24 letters")
        );
        let values = &columns(&late)[3].values;
        let place = SETTINGS
            .iter()
            .position(|s| s.key == "conditions.capture")
            .unwrap();
        assert_eq!(values[place].as_deref(), Some("late"));
        let rules = added(
            &begun,
            column(&all, "BP"),
            setting("rule"),
            "Z-IL, incremental",
        )
        .unwrap();
        assert_eq!(columns(&rules)[4].lane.rule.name(), "incremental");
    }
}
