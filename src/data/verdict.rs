//! Which column of a table is to be learnt and why, and what becomes of the others. All rows that were looked at decide.

use std::collections::HashMap;

use super::error::{DataError, Place, one_line};
use super::fields::DayOrder;
use super::options::{Column, ColumnKind, LoadOptions, Rows, TargetKind};
use super::survey::{Summary, Survey};
use super::table_layout::{are_pixels, are_steps};

mod names;

use names::{
    FIRST_MEASURE, OF_CLASSES, OF_GROUPS, OF_INPUTS, OF_ROWS, OF_TIME, PARTS_OF_NAMES, STRONG, WEAK,
};

/// The most different words of a category that become inputs of their own; the rest are one more.
pub(super) const MOST_WORDS: usize = 20;
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
        let (target, why, doubt) = self.target(&mut out, &kinds)?;
        let learnt = match &target {
            Target::Nothing => Vec::new(),
            Target::Column(c) => vec![*c],
            Target::OneHot(all) => all.clone(),
        };
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
        // A column with a name of its own may count by one and mean something, where nothing else does.
        if inputs(&roles) == 0 && self.options.drop.is_none() {
            for c in 0..self.len() {
                let s = self.column(c);
                let means = self.named && !self.plain[c].is_empty() && !self.is_called(c, &OF_ROWS);
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

    /// Whether a column counts the rows, names them, or is empty; the reason in words.
    fn no_input(&self, c: usize) -> Option<String> {
        let s = self.column(c);
        if s.present() == 0 {
            return Some("it is empty".to_owned());
        }
        if self.is_called(c, &OF_TIME) {
            return None;
        }
        // A sample of the rows does not count by one, but it rises without a gap.
        let by_one = s.counting && s.numbers >= 5 && s.gaps == 0;
        let named = self.is_called(c, &OF_ROWS) || self.ends_in(c, &["id", "index", "uuid"]);
        let unnamed = self.named && self.plain[c].is_empty();
        if by_one && (s.first == 0.0 || s.first == 1.0 || named) {
            return Some("it counts the rows".to_owned());
        }
        if (named || unnamed) && s.unique() && (s.whole || s.worded()) {
            return Some("a different value in every row".to_owned());
        }
        if unnamed && s.worded() {
            return Some("names of rows".to_owned());
        }
        let id = self.is_called(c, &["id", "ids", "uuid"]) || self.ends_in(c, &["id", "uuid"]);
        if id && self.many_values(c) {
            return Some("it names rows".to_owned());
        }
        if self.groups_rows(c) {
            return Some("it names whose row it is".to_owned());
        }
        None
    }

    fn ends_in(&self, c: usize, words: &[&str]) -> bool {
        let last = self.plain[c].rsplit('_').next().unwrap_or_default();
        self.named && words.contains(&last)
    }

    /// More than a handful of different values.
    fn many_values(&self, c: usize) -> bool {
        let s = self.column(c);
        (s.whole || s.worded())
            && s.distinct()
                .is_none_or(|d| d > 20 || d as u64 * 4 > s.present() && d > 5)
    }

    /// Whether a column says whose row it is: several rows each, many of them.
    fn groups_rows(&self, c: usize) -> bool {
        let s = self.column(c);
        let words = self.plain[c].split('_');
        let called = self.named && words.into_iter().any(|w| OF_GROUPS.contains(&w));
        called && !s.unique() && (s.whole || s.worded()) && self.many_values(c)
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
            out[c] = self.no_input(c).or_else(|| self.no_category(c));
        }
    }

    /// Why words are no category, if they are none.
    fn no_category(&self, c: usize) -> Option<String> {
        let s = self.column(c);
        if !s.worded() || s.is_truth() || s.days().is_some() {
            return None;
        }
        if s.unique() {
            return Some("a different word in every row".to_owned());
        }
        let many = |d: usize| d > MOST_WORDS && d as u64 * 2 >= s.present();
        if s.distinct().is_none_or(many) || s.mean_length() > LONG {
            return Some("text".to_owned());
        }
        s.constant()
            .then(|| "the same word in every row".to_owned())
    }

    /// What a column is as an input, told by its content.
    fn own_role(&self, c: usize) -> Role {
        let s = self.column(c);
        if s.is_truth() {
            Role::Truth
        } else if let Some(order) = s.days() {
            Role::Day(order)
        } else if s.worded() {
            Role::Category
        } else {
            Role::Number
        }
    }

    /// The column to be learnt, why, and the two that are as likely where two are.
    fn target(
        &self,
        out: &mut [Option<String>],
        kinds: &[Option<ColumnKind>],
    ) -> Result<(Target, String, Option<[usize; 2]>), DataError> {
        if let Some(asked) = &self.options.label {
            let target = match (asked, &self.places(asked)?[..]) {
                (Column::OneHot(_), all) if all.len() > 1 => Target::OneHot(all.to_vec()),
                (_, all) => Target::Column(all[0]),
            };
            return Ok((target, "as asked".to_owned(), None));
        }
        if self.named && self.len() >= 4 && self.plain.iter().all(|n| n.starts_with("p")) {
            let pixels = |n: &String| n.trim_start_matches('_').starts_with("pixel");
            if self.plain.iter().all(pixels) && are_pixels(self.names) {
                let (first, last) = (&self.names[0], &self.names[self.len() - 1]);
                let why = format!("{first} to {last} are pictures without labels");
                return Ok((Target::Nothing, why, None));
            }
        }
        let candidates: Vec<usize> = (0..self.len())
            .filter(|&c| out[c].is_none())
            .filter(|&c| self.is_called(c, &STRONG) || self.no_input(c).is_none())
            .collect();
        if let Some(all) = self.one_hot(&candidates) {
            let why = format!(
                "the last {} columns are one class in {0} columns",
                all.len()
            );
            return Ok((Target::OneHot(all), why, None));
        }
        if let Some(c) = self.by_strong_name(&candidates) {
            return Ok((Target::Column(c), "its name says so".to_owned(), None));
        }
        let fit: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|&c| self.no_category(c).is_none() || self.column(c).constant())
            .filter(|&c| kinds[c] != Some(ColumnKind::Text))
            .collect();
        // Of columns that are all left out otherwise, the last.
        let (Some(&first), Some(&last)) = (fit.first(), fit.last()) else {
            let last = self.len() - 1;
            return Ok((Target::Column(last), "the last column".to_owned(), None));
        };
        let worded: Vec<usize> = fit
            .iter()
            .copied()
            .filter(|&c| self.is_class_of_words(c))
            .collect();
        let score = |c: usize| -> i32 {
            let s = self.column(c);
            let mut score = 0;
            if let Some(weak) = self.weak_name(c) {
                score += if weak { 60 } else { 45 };
            }
            if s.words == 0 && s.constant() {
                score -= 100;
            }
            if worded == [c] {
                score += 40;
            } else if worded.contains(&c) {
                score += 15;
            } else if s.like_classes() || self.many_classes(c) {
                score += 20;
            }
            score += i32::from(s.sorted()) * 10;
            score += i32::from(c == last) * 25 + i32::from(c == first && c != last) * 10;
            score - i32::from(self.is_called(c, &OF_INPUTS) || self.is_coordinate(c)) * 30
        };
        let best = |except: Option<usize>| {
            let others = fit.iter().copied().filter(|&c| Some(c) != except);
            others.max_by_key(|&c| (score(c), c))
        };
        let top = best(None).unwrap_or(last);
        let second = best(Some(top));
        let doubt =
            second.filter(|&other| !self.named && self.in_doubt(first, last, &worded, top, other));
        let why = if self.weak_name(top).is_some() {
            "its name says so"
        } else if worded == [top] {
            "the only column of words"
        } else if top == last {
            "the last column"
        } else if self.column(top).like_classes() {
            "the only one of few whole numbers that repeat, at the start or end"
        } else {
            "the likeliest of the columns"
        };
        let doubt = doubt.map(|other| [top.min(other), top.max(other)]);
        Ok((Target::Column(top), why.to_owned(), doubt))
    }

    /// Without names: whether the first and the last column are both classes by their looks, and neither more than the other.
    fn in_doubt(
        &self,
        first: usize,
        last: usize,
        worded: &[usize],
        top: usize,
        other: usize,
    ) -> bool {
        let class = |c: usize| worded.contains(&c) || self.column(c).like_classes();
        let ends = first != last && [first, last].contains(&top) && [first, last].contains(&other);
        let evidence = |c: usize| (worded == [c], self.column(c).sorted());
        if !ends {
            return false;
        }
        if class(first) && class(last) {
            return evidence(first) == evidence(last);
        }
        // Words first and counts last, or the other way round.
        worded == [first] && self.column(last).whole && self.column(last).words == 0
    }

    /// Words, few enough to be classes.
    fn is_class_of_words(&self, c: usize) -> bool {
        let s = self.column(c);
        s.worded() && s.days().is_none() && self.no_category(c).is_none_or(|_| s.constant())
    }

    /// Classes that count from 0 or 1 beside columns of bytes: copies of EMNIST.
    fn many_classes(&self, c: usize) -> bool {
        let s = self.column(c);
        let Some(distinct) = s.distinct() else {
            return false;
        };
        let bytes = |o: usize| {
            let s = self.column(o);
            s.words == 0 && s.whole && s.low >= 0.0 && s.high <= 255.0
        };
        distinct <= 1000
            && s.words == 0
            && s.counted(distinct)
            && s.numbers >= 10 * distinct as u64
            && self.len() > 16
            && (0..self.len()).all(|o| o == c || bytes(o))
    }

    /// The column whose name says that it is learnt.
    fn by_strong_name(&self, candidates: &[usize]) -> Option<usize> {
        if !self.named {
            return None;
        }
        let coordinates = |c: usize| self.plain[c] == "y" && self.is_coordinate(c);
        let exact = STRONG.iter().find_map(|name| {
            candidates.iter().copied().find(|&c| {
                (self.plain[c] == *name || self.plain[c].replace('_', "") == *name)
                    && !coordinates(c)
            })
        });
        exact.or_else(|| {
            let part = |c: usize| {
                let mut words = self.plain[c].split('_');
                words.any(|word| PARTS_OF_NAMES.contains(&word))
            };
            let found: Vec<usize> = candidates.iter().copied().filter(|&c| part(c)).collect();
            let class = |c: usize| self.no_category(c).is_none() || self.column(c).constant();
            match found[..] {
                [only] if class(only) => Some(only),
                _ => None,
            }
        })
    }

    /// Whether a column called x, y or z is a place: the others are among the columns, and what is there is more than they are.
    fn is_coordinate(&self, c: usize) -> bool {
        let here = |name: &str| self.plain.iter().position(|n| n == name);
        if !self.named || !matches!(self.plain[c].as_str(), "x" | "y" | "z") || here("x").is_none()
        {
            return false;
        }
        (0..self.len()).any(|o| {
            let s = self.column(o);
            !matches!(self.plain[o].as_str(), "x" | "y" | "z")
                && self.no_input(o).is_none()
                && (self.is_class_of_words(o) || s.like_classes() || self.weak_name(o).is_some())
        })
    }

    /// Whether a name often is that of what is learnt: exactly (true), or by its last word (false).
    fn weak_name(&self, c: usize) -> Option<bool> {
        if !self.named {
            return None;
        }
        let name = self.plain[c].as_str();
        if WEAK.contains(&name) {
            return Some(true);
        }
        let last = name.rsplit('_').next().unwrap_or_default();
        (WEAK.contains(&last) && name.contains('_')).then_some(false)
    }

    /// Three columns of 0 and 1 or more at the end, with a single 1 in every row.
    fn one_hot(&self, candidates: &[usize]) -> Option<Vec<usize>> {
        let flag = |c: usize| {
            let s = self.column(c);
            s.words == 0 && s.gaps == 0 && s.whole && s.low == 0.0 && s.high == 1.0
        };
        let flags: Vec<usize> = candidates
            .iter()
            .rev()
            .copied()
            .take_while(|&c| flag(c))
            .collect();
        // As many from the end as have a single 1 together in every row.
        let single = |all: &[usize]| {
            self.survey.rows.iter().all(|row| {
                let ones = |c: &usize| row.get(*c).and_then(|f| f.parse::<f64>().ok()) == Some(1.0);
                all.iter().filter(|c| ones(c)).count() == 1
            })
        };
        if self.survey.rows.len() < 5 || candidates.len() == flags.len() && flags.len() < 4 {
            return None;
        }
        (3..=flags.len()).find(|&n| single(&flags[..n])).map(|n| {
            let mut all = flags[..n].to_vec();
            all.reverse();
            all
        })
    }

    /// Classes, or values to approximate.
    fn kind(&self, target: &Target, kinds: &[Option<ColumnKind>]) -> TargetKind {
        if let Some(kind) = self.options.targets {
            return kind;
        }
        let Target::Column(c) = *target else {
            return TargetKind::Classes;
        };
        match kinds[c] {
            Some(ColumnKind::Number | ColumnKind::Date) => return TargetKind::Values,
            Some(ColumnKind::Category | ColumnKind::Text) => return TargetKind::Classes,
            None => {}
        }
        let s = self.column(c);
        if s.worded() || self.is_called(c, &OF_CLASSES) {
            return TargetKind::Classes;
        }
        let measure = self.named
            && WEAK[FIRST_MEASURE..]
                .iter()
                .any(|w| self.plain[c].split('_').any(|part| part == *w));
        // Two numbers, each several times, are classes; so are those of a column that is called like one.
        let few = |d: usize| d <= 2 && s.numbers >= 2 * d as u64;
        let strong = self.by_strong_name(&[c]).is_some() && s.distinct().is_some_and(|d| d <= 10);
        let classes = s.whole
            && !measure
            && (s.like_classes()
                || self.many_classes(c)
                || s.distinct().is_some_and(few)
                || strong && s.distinct().is_some_and(|d| s.numbers >= 2 * d as u64));
        if classes {
            TargetKind::Classes
        } else {
            TargetKind::Values
        }
    }

    /// Whether each value of a column goes with one value of the target and the other way round, several times each.
    fn tells(&self, c: usize, target: usize) -> bool {
        let (own, other) = (self.column(c), self.column(target));
        let (Some(a), Some(b)) = (own.distinct(), other.distinct()) else {
            return false;
        };
        let rows = self.survey.rows.len();
        if a != b || a < 2 || rows < 3 * a || a > 200 {
            return false;
        }
        let mut there: HashMap<&str, &str> = HashMap::new();
        let mut back: HashMap<&str, &str> = HashMap::new();
        self.survey.rows.iter().all(|row| {
            let (Some(x), Some(y)) = (row.get(c), row.get(target)) else {
                return true;
            };
            *there.entry(x).or_insert(y) == y && *back.entry(y).or_insert(x) == x
        })
    }
}

/// Whether one name is made from the other: kind and kind_id.
fn related(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> { name.split('_').map(str::to_owned).collect() };
    let (a, b) = (words(a), words(b));
    let shared = |w: &String| w.len() > 2 && b.contains(w);
    a.iter().any(shared)
}

#[cfg(test)]
#[path = "verdict_test.rs"]
mod tests;
