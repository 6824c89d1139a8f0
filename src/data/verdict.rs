//! Which column of a table is to be learnt and why, and what becomes of the others. All rows that were looked at decide.

use super::error::{DataError, Place, one_line};
use super::fields::DayOrder;
use super::options::{Column, ColumnKind, LoadOptions, Rows, TargetKind};
use super::survey::{Summary, Survey};
use super::table_layout::are_steps;

mod letters;
mod names;
mod own;
mod together;

pub(super) use letters::letters;
use names::OF_ROWS;
use own::are_bytes;
pub(super) use own::names_whose;
use together::related;

/// The most different words of a category that become inputs of their own; the rest are one more.
pub(super) const MOST_WORDS: usize = 20;
/// Why a column is no input that says whose row it is.
pub(super) const WHOSE: &str = "it names whose row it is";
/// Text longer than this on average is no category.
const LONG: f64 = 60.0;

/// What is learnt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Nothing was found that could be.
    Nothing,
    /// A column.
    Column(usize),
    /// Columns of 0 and 1, one class each.
    OneHot(Vec<usize>),
}

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is no input.
    Out,
    /// A number.
    Number,
    /// Yes or no, as 1 or 0.
    Truth,
    /// A day, as a number.
    Day(DayOrder),
    /// One of a few words.
    Category,
    /// A text, read letter by letter.
    Letters,
    /// It is learnt.
    Target,
}

/// What was decided about a table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) target: Target,
    pub(super) kind: TargetKind,
    /// Why this is learnt.
    pub(super) why: String,
    /// By column.
    pub(super) roles: Vec<Role>,
    /// Columns that are no inputs, and why.
    pub(super) left_out: Vec<(usize, String)>,
    /// Inputs that tell exactly what is to be learnt.
    pub(super) leaks: Vec<usize>,
    /// Two columns that are about as likely to be learnt.
    pub(super) doubt: Option<[usize; 2]>,
    /// What would be learnt if another column than this were not asked for.
    pub(super) proposed: Option<usize>,
    /// What would be learnt if what is learnt were not to be.
    pub(super) instead: Option<usize>,
    /// Whether a row is a series of one value a step.
    pub(super) series: bool,
}

/// A name in small letters, all but letters and digits as one `_`, and what was capitals parted.
fn plain(name: &str) -> String {
    let mut out = String::new();
    let mut small = false;
    for c in name.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && small {
                out.push('_');
            }
            small = c.is_lowercase();
            out.extend(c.to_lowercase());
        } else {
            small = false;
            if !out.ends_with('_') {
                out.push('_');
            }
        }
    }
    out.trim_matches('_').to_owned()
}

/// A table and what was asked about it, while it is judged.
struct Judge<'a> {
    file: &'a str,
    names: &'a [String],
    /// Whether the names are the file's own.
    named: bool,
    plain: Vec<String>,
    survey: &'a Survey,
    /// How many columns hold something else than bytes.
    strangers: usize,
    options: &'a LoadOptions,
}

/// The place of a column.
pub(super) fn position(names: &[String], column: &str) -> Option<usize> {
    let by_name = names.iter().position(|name| name == column);
    by_name.or_else(|| {
        let number: usize = column.parse().ok()?;
        (1..=names.len()).contains(&number).then(|| number - 1)
    })
}

/// The place of a column, or what is wrong with it.
fn found(file: &str, names: &[String], column: &str) -> Result<usize, DataError> {
    position(names, column).ok_or_else(|| {
        let problem = if column.parse::<usize>().is_ok() {
            format!("there is no column {column}; expected 1 to {}", names.len())
        } else {
            let some: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
            format!(
                "there is no column \"{}\"; expected one of {}",
                one_line(column),
                some.join(", ")
            )
        };
        DataError::malformed(file, Place::Line(1), problem)
    })
}

/// Judges a table of those names, the file's own if `named`.
pub(super) fn of(
    file: &str,
    names: &[String],
    named: bool,
    survey: &Survey,
    options: &LoadOptions,
) -> Result<Verdict, DataError> {
    let plain = names.iter().map(|name| plain(name)).collect();
    let judge = Judge {
        file,
        names,
        named,
        plain,
        survey,
        strangers: survey.columns.iter().filter(|s| !are_bytes(s)).count(),
        options,
    };
    judge.verdict()
}

impl Judge<'_> {
    fn column(&self, c: usize) -> &Summary {
        &self.survey.columns[c]
    }

    fn len(&self) -> usize {
        self.names.len()
    }

    fn is_called(&self, c: usize, names: &[&str]) -> bool {
        self.named && names.contains(&self.plain[c].as_str())
    }

    fn verdict(&self) -> Result<Verdict, DataError> {
        let mut kinds = vec![None; self.len()];
        for (name, kind) in &self.options.kind {
            kinds[found(self.file, self.names, name)?] = Some(*kind);
        }
        let mut out: Vec<Option<String>> = vec![None; self.len()];
        if let Some(asked) = &self.options.drop {
            for column in asked {
                for c in self.places(column)? {
                    out[c] = Some("as asked".to_owned());
                }
            }
        }
        // What says which rows stay together is learnt never, and an input only if its kind is given.
        let together = match &self.options.split_by {
            None => None,
            Some(Column::OneHot(_)) => {
                let problem = "split_by has several columns; expected one".to_owned();
                return Err(DataError::malformed(self.file, Place::Line(1), problem));
            }
            Some(column) => Some(self.places(column)?[0]),
        };
        let dropped = together.is_some_and(|c| out[c].is_some());
        if let Some(c) = together.filter(|_| !dropped) {
            out[c] = Some("rows that share it stay in one part".to_owned());
        }
        let (target, why, doubt) = self.target(&out, &kinds)?;
        if let Some(c) = together.filter(|&c| kinds[c].is_some() && !dropped) {
            out[c] = None;
        }
        let learnt = match &target {
            Target::Nothing => Vec::new(),
            Target::Column(c) => vec![*c],
            Target::OneHot(all) => all.clone(),
        };
        if let Some(c) = together.filter(|c| learnt.contains(c)) {
            let problem = format!(
                "{} is learnt, and split_by names it too; expected another column",
                self.names[c]
            );
            return Err(DataError::malformed(self.file, Place::Line(1), problem));
        }
        let [proposed, instead] = self.others(&learnt, &out, &kinds);
        if self.options.drop.is_none() {
            self.leave_out(&learnt, &kinds, &mut out);
        }
        let (mut roles, mut leaks) = (Vec::new(), Vec::new());
        for c in 0..self.len() {
            if learnt.contains(&c) {
                roles.push(Role::Target);
                out[c] = None;
                continue;
            }
            if out[c].is_some() {
                roles.push(Role::Out);
                continue;
            }
            let role = match kinds[c] {
                None => self.own_role(c),
                Some(ColumnKind::Number) if self.column(c).is_truth() => Role::Truth,
                Some(ColumnKind::Number) => Role::Number,
                Some(ColumnKind::Category) => Role::Category,
                Some(ColumnKind::Letters) => Role::Letters,
                Some(ColumnKind::Text) => {
                    out[c] = Some("text, as asked".to_owned());
                    Role::Out
                }
                Some(ColumnKind::Date) => {
                    let order = self.column(c).days().unwrap_or(DayOrder::YearFirst);
                    Role::Day(order)
                }
            };
            if let Target::Column(target) = target
                && role != Role::Out
                && self.tells(c, target)
            {
                let related = self.named && related(&self.plain[c], &self.plain[target]);
                if related && self.options.drop.is_none() && kinds[c].is_none() {
                    out[c] = Some(format!("it tells {} exactly", self.names[target]));
                    roles.push(Role::Out);
                    continue;
                }
                leaks.push(c);
            }
            roles.push(role);
        }
        let inputs = |roles: &[Role]| {
            roles
                .iter()
                .filter(|r| !matches!(r, Role::Out | Role::Target))
                .count()
        };
        self.read_letters(&mut roles, &mut out)?;
        // A column with a name of its own may count by one and mean something, where nothing else does.
        if inputs(&roles) == 0 && self.options.drop.is_none() {
            for c in 0..self.len() {
                let s = self.column(c);
                let means = self.named && !self.plain[c].is_empty() && !self.is_called(c, &OF_ROWS);
                let means = means && together != Some(c);
                if out[c].is_some() && kinds[c].is_none() && means && s.words == 0 && s.numbers > 0
                {
                    roles[c] = Role::Number;
                    out[c] = None;
                }
            }
        }
        if inputs(&roles) == 0 {
            let problem = match self.len() {
                1 => "1 column; expected at least one feature and one column to learn, separated by commas, tabs or semicolons".to_owned(),
                _ => self.nothing_left(&out),
            };
            return Err(DataError::malformed(self.file, Place::Line(1), problem));
        }
        let kind = self.kind(&target, &kinds);
        let series = match self.options.rows {
            Some(rows) => rows == Rows::Series,
            None => self.named && are_steps(self.names, &learnt),
        };
        let left_out = out
            .into_iter()
            .enumerate()
            .filter_map(|(c, why)| Some((c, why?)))
            .collect();
        Ok(Verdict {
            target,
            kind,
            why,
            roles,
            left_out,
            leaks,
            doubt,
            proposed,
            instead,
            series,
        })
    }

    /// What is said where no column is left as an input: the first that is none, why, and how it becomes one. What was left out as
    /// asked needs no words.
    fn nothing_left(&self, out: &[Option<String>]) -> String {
        let own = out.iter().enumerate();
        let first = own
            .filter(|_| self.options.drop.is_none())
            .find_map(|(c, why)| Some((c, why.as_ref()?)));
        let Some((c, why)) = first else {
            return "no column is left as an input; expected one at least beside the one to learn"
                .to_owned();
        };
        let kind = match self.column(c).words {
            0 => "number",
            _ => "category",
        };
        let name = match self.names[c].trim() {
            "" => (c + 1).to_string(),
            name => one_line(name),
        };
        format!(
            "no column is left as an input beside the one to learn: {name} is none ({why}); expected one at least (--kind \"{name}={kind}\" takes it in)"
        )
    }

    fn places(&self, column: &Column) -> Result<Vec<usize>, DataError> {
        let find = |name: &str| found(self.file, self.names, name);
        match column {
            Column::Number(n) => Ok(vec![find(&n.to_string())?]),
            Column::Name(name) => Ok(vec![find(name)?]),
            Column::OneHot(names) => names.iter().map(|name| find(name)).collect(),
        }
    }

    /// Leaves out what cannot be an input.
    fn leave_out(
        &self,
        learnt: &[usize],
        kinds: &[Option<ColumnKind>],
        out: &mut [Option<String>],
    ) {
        for c in 0..self.len() {
            if learnt.contains(&c) || kinds[c].is_some() || out[c].is_some() {
                continue;
            }
            let why = self.no_input(c).or_else(|| self.no_category(c));
            out[c] = why.or_else(|| self.other_target(c, learnt));
        }
    }
}

#[cfg(test)]
#[path = "verdict_test.rs"]
mod tests;
