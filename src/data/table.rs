//! Tables of comma-separated values and their kin: a row an example, a column to learn, the others numbers, words, days or left out.
//!
//! The file is read as a stream: what is in memory is the numbers, and no row longer than fits. What the columns are is decided by all
//! rows: a small file is surveyed first, a large one by a spread of its rows, and read again where the whole decides otherwise.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::arrays::{flat_shape, unlabelled};
use super::dataset::{Dataset, LearntColumn, LearntTable, Targets};
use super::encoded::{Encoded, Encoding};
use super::error::{DataError, Place, one_line};
use super::fields::{self, is_missing};
use super::found::{Decided, Format, Found, Warning};
use super::inputs::Steps;
use super::labels::{Labels, MOST_CLASSES};
use super::numbers::{Growing, Numbers};
use super::options::{Answer, Column, ColumnKind, LoadOptions, Missing, TargetKind};
use super::origin::Origin;
use super::progress::Progress;
use super::source::{LARGEST, unwrap_error};
use super::split::Filing;
use super::survey::{Summary, Survey};
use super::table_layout::{self, Form, are_pixels};
use super::table_text::{Guarded, Plain, field};
use super::test_beside::test_file_beside;
use super::verdict::{self, MOST_WORDS, Role, Target, Verdict};

mod glance;
mod groups;
pub(super) mod letters;
mod looked;
mod sample;
mod told;
pub(super) mod unseen;

pub(super) use glance::glimpse;
use groups::Groups;
use letters::Letters;
use looked::looked;
use sample::{form_of, is_trailing, survey_of, surveyed};

/// The most different words of a column.
const MOST_KNOWN: usize = 1 << 16;

/// Loads a table, with the test table beside it by name.
pub(super) fn load(
    path: &Origin,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let form = form_of(path, options)?;
    let judged =
        |survey: &Survey| verdict::of(&path.name(), &form.names, form.named, survey, options);
    let (survey, mut whole) = surveyed(path, &form, progress)?;
    let mut verdict = judged(&survey)?;
    let mut survey = Rc::new(survey);
    loop {
        let mut table = Table::new(&form, verdict.clone(), Rc::clone(&survey), whole, options);
        let read = table.append(path, true, progress);
        if whole || matches!(read, Err(DataError::Cancelled { .. })) {
            return table.with_test(path, read?, options, progress);
        }
        // The rows decide that were not looked at before.
        let all = match (&read, table.running.take()) {
            (Ok(_), Some(mut all)) => {
                all.settle();
                all
            }
            _ => survey_of(path, &form, u64::MAX, progress)?.0,
        };
        whole = true;
        let better = judged(&all)?;
        let nones =
            |s: &Survey| -> Vec<bool> { s.columns.iter().map(Summary::takes_none).collect() };
        let same_nones = nones(&survey) == nones(&all);
        survey = Rc::new(all);
        let what = |v: &Verdict| (v.roles.clone(), v.target.clone(), v.kind, v.series);
        if same_nones && what(&better) == what(&verdict) {
            table.verdict = better;
            table.survey = survey;
            return table.with_test(path, read?, options, progress);
        }
        verdict = better;
    }
}

/// Names of all columns of the table at `path` and those of them that are left out unless that is chosen.
pub(super) fn left_out(path: &Origin, options: &LoadOptions) -> Result<Vec<Column>, DataError> {
    let progress = Progress::new();
    let form = form_of(path, options)?;
    let (survey, _) = surveyed(path, &form, &progress)?;
    let file = path.name();
    let verdict = verdict::of(&file, &form.names, form.named, &survey, options)?;
    let columns = verdict.left_out.iter();
    Ok(columns.map(|(c, _)| column(&form, *c)).collect())
}

/// The two columns of the table at `path` that are about as likely to be learnt, with what they are like; `None` if one is likelier.
pub(super) fn question(
    path: &Origin,
    options: &LoadOptions,
) -> Result<Option<[(Column, String); 2]>, DataError> {
    let form = form_of(path, options)?;
    let (survey, _) = surveyed(path, &form, &Progress::new())?;
    let verdict = verdict::of(&path.name(), &form.names, form.named, &survey, options)?;
    let asked = |c: usize| (column(&form, c), like(&survey, c));
    Ok(verdict.doubt.map(|[a, b]| [asked(a), asked(b)]))
}

/// What a column is like, in a few words.
fn like(survey: &Survey, c: usize) -> String {
    let s = &survey.columns[c];
    match s.distinct() {
        Some(d) if s.worded() || s.like_classes() => format!("{d} classes"),
        Some(d) => format!("{d} different values"),
        None => "many values".to_owned(),
    }
}

/// A column by its name, or by its number where it has none, unless that is what another one is called.
fn column(form: &Form, c: usize) -> Column {
    let number = (c + 1).to_string();
    if form.named && (!form.names[c].is_empty() || form.names.contains(&number)) {
        Column::Name(form.names[c].clone())
    } else {
        Column::Number(c + 1)
    }
}

/// Whether what is learnt was asked for as a category.
fn is_category(form: &Form, verdict: &Verdict, options: &LoadOptions) -> bool {
    let asked = |(name, kind): (&String, &ColumnKind)| {
        let column = verdict::position(&form.names, name).map(Target::Column);
        *kind == ColumnKind::Category && column.as_ref() == Some(&verdict.target)
    };
    options.kind.iter().any(asked)
}

type Fault = (Place, String);

/// The words of a column, in the order in which they came.
#[derive(Default)]
struct Words {
    known: HashMap<Box<str>, u32>,
    counts: Vec<u64>,
}

/// A table being read.
struct Table<'a> {
    form: &'a Form,
    verdict: Verdict,
    survey: Rc<Survey>,
    /// The columns that are inputs, and how.
    inputs: Vec<(usize, Role)>,
    /// What stands in for gaps.
    missing: Missing,
    /// Classes were asked for, so numbers with fractions may name them.
    asked: bool,
    /// What the rows are like that were read, where not all were looked at before.
    running: Option<Survey>,
    values: Growing,
    lengths: Vec<u32>,
    labels: Labels,
    targets: Vec<f64>,
    examples: usize,
    /// The row at hand.
    row: Vec<f64>,
    words: Vec<Words>,
    gaps: Vec<usize>,
    /// Rows left out: without a target, and with gaps.
    untold: usize,
    gapped: usize,
    latin: usize,
    notes: Vec<String>,
    /// Which rows belong together, where that is asked for.
    groups: Option<Groups>,
    /// Texts, and where they stand, where they are all that is read.
    letters: Option<(usize, Letters)>,
    /// Of rows that a network was not trained on: by input, how many words are not known. Nothing is learnt of them.
    unseen: Option<Vec<usize>>,
}

impl<'a> Table<'a> {
    fn new(
        form: &'a Form,
        verdict: Verdict,
        survey: Rc<Survey>,
        whole: bool,
        options: &LoadOptions,
    ) -> Self {
        let inputs: Vec<(usize, Role)> = verdict
            .roles
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, role)| !matches!(role, Role::Out | Role::Target))
            .collect();
        let words = inputs.iter().map(|_| Words::default()).collect();
        let asked = options.targets.is_some() || is_category(form, &verdict, options);
        let letters = verdict::letters(&verdict.roles).map(|c| (c, Letters::default()));
        Self {
            form,
            verdict,
            survey,
            missing: options.missing.unwrap_or_default(),
            asked,
            running: (!whole).then(|| Survey::new(form.names.len())),
            values: Growing::default(),
            lengths: Vec::new(),
            labels: Labels::default(),
            targets: Vec::new(),
            examples: 0,
            row: Vec::new(),
            words,
            gaps: vec![0; inputs.len()],
            inputs,
            untold: 0,
            gapped: 0,
            latin: 0,
            notes: Vec::new(),
            groups: Groups::asked(form, options),
            letters,
            unseen: None,
        }
    }

    /// Reads one file to its end, `own` or the test file beside it; says whether it was packed with gzip.
    fn append(&mut self, path: &Origin, own: bool, progress: &Progress) -> Result<bool, DataError> {
        let source = path.open(progress)?;
        let (file, gzip) = (source.file().to_owned(), source.gzip());
        let before = self.examples;
        let since = Rc::new(Cell::new(0));
        let form = self.form;
        let plain = Plain::new(&form.head, form.blanks);
        let guarded = Guarded::new(source, plain, Rc::clone(&since));
        let mut reader = table_layout::reader(&form.head, form.delimiter).from_reader(guarded);
        let mut record = csv::ByteRecord::new();
        let mut skip = form.skip;
        let columns = form.names.len();
        // A line that is no row, if it is the last.
        let mut last: Option<(usize, String)> = None;
        loop {
            since.set(0);
            match reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => return Err(read_error(&file, error)),
            }
            let line = record.position().map_or(0, csv::Position::line) as usize;
            let ragged = |line: usize, found: usize| {
                let problem = format!("expected {columns} fields, found {found}");
                Err(DataError::malformed(&file, Place::Line(line), problem))
            };
            if let Some((line, _)) = last {
                return ragged(line, 1);
            }
            let fits = record.len() == columns
                || is_trailing(&record, columns)
                || self.verdict.series && record.len() < columns;
            if skip > 0 {
                // The names of a test table may be others, but not more or fewer.
                if !fits && !own {
                    return ragged(line, record.len());
                }
                skip -= 1;
                continue;
            }
            if !fits {
                let text = field(record.get(0).unwrap_or_default()).trim().to_owned();
                let words = fields::number(&text, false).is_none() && text.len() > 3;
                if record.len() == 1 && columns > 2 && words && self.examples > before {
                    last = Some((line, text));
                    continue;
                }
                return ragged(line, record.len());
            }
            self.row(&record, line)
                .map_err(|(place, problem)| DataError::malformed(&file, place, problem))?;
        }
        if let Some((line, text)) = last {
            let text = shortened(&text);
            let note = format!("line {line}, the last (\"{text}\"), is no row: left out");
            self.notes.push(note);
        }
        if self.examples == before {
            let problem = "no data rows; expected at least one";
            return Err(DataError::malformed(&file, Place::File, problem));
        }
        Ok(gzip)
    }

    fn name(&self, column: usize) -> &str {
        if self.form.named {
            &self.form.names[column]
        } else {
            "value"
        }
    }

    fn row(&mut self, record: &csv::ByteRecord, line: usize) -> Result<(), Fault> {
        let columns = self.form.names.len();
        if let Some(running) = &mut self.running {
            let kept = running.keeps();
            running.row(kept.then(|| {
                let fields = record.iter().take(columns);
                fields.map(|f| field(f).trim().to_owned()).collect()
            }));
            for (c, role) in self.verdict.roles.iter().enumerate() {
                if *role != Role::Number {
                    let text = field(record.get(c).unwrap_or_default());
                    running.columns[c].add(text.trim(), self.form.comma);
                }
            }
        }
        let place = |column: usize| Place::Field {
            line,
            column: column + 1,
        };
        let label = match &self.verdict.target {
            Target::Column(c) => match record.get(*c) {
                Some(bytes) if !self.is_gap(*c, field(bytes).trim()) => Some(*c),
                _ => {
                    self.untold += 1;
                    return Ok(());
                }
            },
            _ => None,
        };
        if let Some((column, letters)) = &mut self.letters {
            let column = *column;
            let taken = letters.take(record, column);
            if taken.map_err(|problem| (place(column), problem))? {
                self.learn(record, label, line)?;
                self.example(record);
            }
            return Ok(());
        }
        let mut row = std::mem::take(&mut self.row);
        row.clear();
        let mut gap = false;
        // Where a series has ended: the first of its missing steps.
        let mut ended = None;
        for at in 0..self.inputs.len() {
            let (column, role) = self.inputs[at];
            let Some(bytes) = record.get(column) else {
                continue;
            };
            let text = field(bytes);
            self.latin += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
            let text = text.trim();
            if self.is_gap(column, text) {
                if self.verdict.series {
                    ended.get_or_insert(column);
                    continue;
                }
                self.gap(column, text)
                    .map_err(|problem| (place(column), problem))?;
                self.gaps[at] += 1;
                gap = true;
                row.push(f64::NAN);
                continue;
            }
            if let Some(ended) = ended {
                let problem = format!("{} is missing inside the series", self.name(ended));
                return Err((place(ended), problem));
            }
            let value = self
                .value(at, column, role, text)
                .map_err(|problem| (place(column), problem))?;
            row.push(value);
        }
        if let Some(running) = &mut self.running {
            for ((column, role), value) in self.inputs.iter().zip(&row) {
                if *role == Role::Number {
                    running.columns[*column].add_number(*value);
                }
            }
        }
        if row.is_empty() {
            let problem = "no values; expected at least one in every row".to_owned();
            return Err((Place::Line(line), problem));
        }
        if gap && self.missing == Missing::Row {
            self.gapped += 1;
            self.row = row;
            return Ok(());
        }
        self.learn(record, label, line)?;
        for &value in &row {
            self.push(value)
                .map_err(|problem| (Place::Line(line), problem))?;
        }
        if self.verdict.series {
            self.lengths.push(row.len() as u32);
        }
        self.example(record);
        self.row = row;
        Ok(())
    }

    /// Whether a field stands for no value: "None" among words is a word.
    fn is_gap(&self, column: usize, text: &str) -> bool {
        if !is_missing(text) {
            return false;
        }
        let words = match self.verdict.roles[column] {
            Role::Category => true,
            Role::Target => self.verdict.kind == TargetKind::Classes,
            _ => false,
        };
        if text != fields::NONE || !words {
            return true;
        }
        match &self.unseen {
            None => !self.survey.columns[column].takes_none(),
            Some(_) => {
                let at = self.inputs.iter().position(|(c, _)| *c == column);
                !at.is_some_and(|at| self.words[at].known.contains_key(text))
            }
        }
    }

    /// Counts a row that is an example.
    fn example(&mut self, record: &csv::ByteRecord) {
        self.examples += 1;
        if let Some(groups) = &mut self.groups {
            groups.take(record);
        }
    }

    /// Refuses a gap that nothing can stand in for: a mean of one value is none.
    fn gap(&self, column: usize, text: &str) -> Result<(), String> {
        let fills = self.survey.columns[column].present() >= 2;
        if fills || self.missing == Missing::Row || self.unseen.is_some() {
            return Ok(());
        }
        let name = self.name(column);
        Err(if fields::is_nan(text) {
            format!("{name} is not finite ({text}); expected a finite number")
        } else {
            format!("{name} is missing; expected a value in every row")
        })
    }

    fn value(&mut self, at: usize, column: usize, role: Role, text: &str) -> Result<f64, String> {
        match role {
            Role::Category => {
                let words = &mut self.words[at];
                if let Some(&id) = words.known.get(text) {
                    words.counts[id as usize] += 1;
                    return Ok(f64::from(id));
                }
                let id = words.known.len() as u32;
                if let Some(unknown) = &mut self.unseen {
                    // The place behind the known words: that of all others, or none.
                    unknown[at] += 1;
                    return Ok(f64::from(id));
                }
                if id as usize == MOST_KNOWN {
                    let name = self.name(column);
                    return Err(format!(
                        "{name} has more than {MOST_KNOWN} different words; expected a category (--drop {name} leaves it out)"
                    ));
                }
                words.known.insert(one_line(text).into(), id);
                words.counts.push(1);
                Ok(f64::from(id))
            }
            Role::Truth => fields::truth(text).ok_or_else(|| {
                let name = self.name(column);
                format!("{name} is \"{}\"; expected yes or no", shortened(text))
            }),
            Role::Day(order) => fields::day(text, order).ok_or_else(|| {
                let name = self.name(column);
                format!("{name} is \"{}\"; expected a day", shortened(text))
            }),
            Role::Number | Role::Letters | Role::Out | Role::Target => number_in(
                text,
                self.form.comma,
            )
            .map_err(|problem| {
                let name = self.name(column);
                let words = self.survey.columns[column].words > 0;
                let number = (column + 1).to_string();
                let key = if self.form.named { name } else { &number };
                let way = if words {
                    format!(
                        " (--kind \"{key}=category\" reads words, --drop \"{key}\" leaves it out)"
                    )
                } else {
                    String::new()
                };
                format!("{name} {problem}{way}")
            }),
        }
    }

    fn push(&mut self, value: f64) -> Result<(), String> {
        if self.values.len() as u64 * 8 >= LARGEST * 4 {
            return Err(format!(
                "more than {} numbers; expected a smaller table",
                LARGEST / 2
            ));
        }
        self.values
            .push(value)
            .map_err(|()| "not enough memory for the numbers; expected a smaller table".to_owned())
    }

    /// Takes what is to be learnt of a row.
    fn learn(
        &mut self,
        record: &csv::ByteRecord,
        label: Option<usize>,
        line: usize,
    ) -> Result<(), Fault> {
        match (&self.verdict.target, label) {
            (Target::OneHot(all), _) => {
                let mut ones = Vec::new();
                for &c in all {
                    let text = field(record.get(c).unwrap_or_default());
                    match fields::number(text.trim(), self.form.comma) {
                        Some(0.0) => {}
                        Some(1.0) => ones.push(c),
                        _ => {
                            let place = Place::Field {
                                line,
                                column: c + 1,
                            };
                            let text = shortened(text.trim());
                            return Err((place, format!("is \"{text}\"; expected 0 or 1")));
                        }
                    }
                }
                let [one] = ones[..] else {
                    let problem = format!(
                        "{} of the columns of classes are 1; expected one",
                        ones.len()
                    );
                    return Err((Place::Line(line), problem));
                };
                let _ = self.labels.push(&self.form.names[one]);
                Ok(())
            }
            (_, Some(c)) => {
                let place = Place::Field {
                    line,
                    column: c + 1,
                };
                let text = field(record.get(c).unwrap_or_default());
                self.latin += usize::from(matches!(text, std::borrow::Cow::Owned(_)));
                self.label(text.trim(), line, place)
            }
            (_, None) => Ok(()),
        }
    }

    fn label(&mut self, text: &str, line: usize, place: Place) -> Result<(), Fault> {
        if self.verdict.kind == TargetKind::Values {
            let value = match fields::truth(text) {
                Some(truth) => truth,
                None => number_in(text, self.form.comma)
                    .map_err(|problem| (place, format!("the target {problem}")))?,
            };
            self.targets.push(value);
            return Ok(());
        }
        let fraction = text.parse::<f64>().is_ok_and(|v| v.fract() != 0.0);
        if fraction && !self.asked {
            let problem = format!(
                "label {} is not a whole number; expected whole numbers or names (data.targets = \"values\" approximates numbers)",
                one_line(text)
            );
            return Err((Place::Line(line), problem));
        }
        let label = one_line(text);
        if label.len() > 1000 {
            let problem = format!("a label of {} bytes; expected at most 1000", label.len());
            return Err((place, problem));
        }
        if self.labels.push(&label) {
            return Ok(());
        }
        let problem = format!(
            "more than {MOST_CLASSES} different labels; expected classes (data.targets = \"values\" approximates numbers)"
        );
        Err((place, problem))
    }

    /// Reads the test table beside the training table, if it has what is to be learnt, and makes a dataset of both.
    fn with_test(
        mut self,
        path: &Origin,
        gzip: bool,
        options: &LoadOptions,
        progress: &Progress,
    ) -> Result<Found, DataError> {
        let train = self.examples;
        let mut files = told::Files {
            path,
            all: vec![path.path.clone()],
            filing: Filing::OneFile,
            gzip,
            warnings: Vec::new(),
        };
        let beside = test_file_beside(&path.path, options).filter(|_| path.is_file());
        if let Some(beside) = beside {
            if let Some(target) = self.lacks_target(&beside, options)? {
                let name = beside.file_name().unwrap_or_default().to_string_lossy();
                files.warnings.push(Warning::NothingToTest {
                    file: one_line(&name),
                    target,
                });
            } else {
                self.append(&Origin::file(&beside), false, progress)?;
                files.all.push(beside);
                files.filing = Filing::TrainAndTest { train };
            }
        }
        self.found(files, options)
    }

    /// The name of what is to be learnt, if a table has all columns but that.
    fn lacks_target(
        &self,
        beside: &Path,
        options: &LoadOptions,
    ) -> Result<Option<String>, DataError> {
        let Target::Column(target) = self.verdict.target else {
            return Ok(None);
        };
        let Ok(other) = form_of(&Origin::file(beside), options) else {
            return Ok(None);
        };
        let names = &self.form.names;
        let without = names.len() == other.names.len() + 1;
        let same = !self.form.named
            || !other.names.contains(&names[target])
                && other.names.iter().all(|name| names.contains(name));
        Ok((without && same).then(|| match self.form.named {
            true => names[target].clone(),
            false => (target + 1).to_string(),
        }))
    }
}

/// A finite number, or what is wrong with the text.
pub(super) fn number(text: &str) -> Result<f64, String> {
    number_in(text, false)
}

fn number_in(text: &str, comma: bool) -> Result<f64, String> {
    match fields::number(text, comma) {
        Some(value) if value.is_finite() => Ok(value),
        Some(_) => Err(format!(
            "is not finite ({}); expected a finite number",
            shortened(text)
        )),
        None if fields::is_nan(text) => Err(format!(
            "is not finite ({}); expected a finite number",
            shortened(text)
        )),
        None => Err(format!("is \"{}\", which is not a number", shortened(text))),
    }
}

/// The text on one line, its end left out if it is long.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let start: String = text.chars().take(MOST).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    one_line(&start) + more
}

fn read_error(file: &str, error: csv::Error) -> DataError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => {
            unwrap_error(&error).unwrap_or_else(|| DataError::from_io(file, &error))
        }
        other => {
            let cause = one_line(&format!("{other:?}"));
            DataError::malformed(
                file,
                Place::File,
                format!("cannot be read ({cause}); expected a table"),
            )
        }
    }
}

#[cfg(test)]
#[path = "table_test.rs"]
mod tests;
