//! Tables of comma-separated values and their kin: a row an example, one column to learn, all others numbers.
//!
//! The file is read as a stream: what is in memory is the numbers, and no line longer than [`LONGEST_ROW`].

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use super::arrays::flat_shape;
use super::dataset::{Dataset, Targets};
use super::error::{DataError, Place, display_path, one_line};
use super::found::{Format, Found};
use super::inputs::Steps;
use super::labels::{Labels, MOST_CLASSES, whole};
use super::numbers::{Growing, Numbers};
use super::options::{LoadOptions, TargetKind};
use super::progress::Progress;
use super::source::{LARGEST, Source, unwrap_error};
use super::split::Filing;
use super::table_layout::{self, TableLayout, are_pixels, is_missing};
use super::test_beside::test_file_beside;

/// The most bytes of a row.
const LONGEST_ROW: u64 = 16 << 20;
/// How much of the file the layout is worked out from.
const SAMPLE: usize = 1 << 20;

/// Loads a table, with the test table beside it by name.
pub(super) fn load(
    path: &Path,
    options: &LoadOptions,
    progress: &Progress,
) -> Result<Found, DataError> {
    let layout = layout_of(path, options)?;
    let mut table = Table::new(&layout, options.targets.is_some());
    let gzip = table.append(path, progress)?;
    let train = table.examples();
    let mut files = vec![path.to_owned()];
    let mut filing = Filing::OneFile;
    if let Some(beside) = test_file_beside(path) {
        table.append(&beside, progress)?;
        files.push(beside);
        filing = Filing::TrainAndTest { train };
    }
    let data = table.finish(path, filing, options)?;
    let mut found = Found::new(Format::Table, files, data);
    found.gzip = gzip;
    let mut columns = layout.names;
    let target = columns.remove(layout.target);
    if layout.header {
        found.target = Some(target);
        if !layout.series {
            found.columns = columns;
        }
    }
    Ok(found)
}

fn layout_of(path: &Path, options: &LoadOptions) -> Result<TableLayout, DataError> {
    let mut source = Source::open(path)?;
    let file = source.file().to_owned();
    if source.stored() == 0 {
        let problem = "file is empty; expected a table";
        return Err(DataError::malformed(&file, Place::File, problem));
    }
    let mut start = vec![0; SAMPLE];
    let found = source.fill(&mut start)?;
    start.truncate(found);
    if found == SAMPLE
        && let Some(end) = start.iter().rposition(|&b| b == b'\n')
    {
        start.truncate(end + 1);
    }
    table_layout::of(&file, &start, options)
}

/// A table being read.
struct Table<'a> {
    layout: &'a TableLayout,
    /// Classes were asked for, so numbers with fractions may name them.
    asked: bool,
    values: Growing,
    lengths: Vec<u32>,
    labels: Labels,
    targets: Vec<f64>,
}

impl<'a> Table<'a> {
    fn new(layout: &'a TableLayout, asked: bool) -> Self {
        Self {
            layout,
            asked,
            values: Growing::default(),
            lengths: Vec::new(),
            labels: Labels::default(),
            targets: Vec::new(),
        }
    }

    fn examples(&self) -> usize {
        match self.layout.kind {
            TargetKind::Classes => self.labels.len(),
            TargetKind::Values => self.targets.len(),
        }
    }

    /// Reads one file to its end; says whether it was packed with gzip.
    fn append(&mut self, path: &Path, progress: &Progress) -> Result<bool, DataError> {
        let source = Source::open_watched(path, progress)?;
        let (file, gzip) = (source.file().to_owned(), source.gzip());
        let before = self.examples();
        let since = Rc::new(Cell::new(0));
        let guarded = Guarded {
            source,
            since: Rc::clone(&since),
            start: true,
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.layout.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(64 << 10)
            .from_reader(guarded);
        let mut record = csv::ByteRecord::new();
        let mut header = self.layout.header;
        loop {
            since.set(0);
            match reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {}
                Err(error) => return Err(read_error(&file, error)),
            }
            let line = record.position().map_or(0, csv::Position::line) as usize;
            let columns = self.layout.names.len();
            let fits = record.len() == columns || self.layout.series && record.len() < columns;
            if !fits {
                let problem = format!("expected {columns} fields, found {}", record.len());
                return Err(DataError::malformed(&file, Place::Line(line), problem));
            }
            if std::mem::take(&mut header) {
                continue;
            }
            self.row(&record, line)
                .map_err(|(place, problem)| DataError::malformed(&file, place, problem))?;
        }
        if self.examples() == before {
            let problem = "no data rows; expected at least one";
            return Err(DataError::malformed(&file, Place::File, problem));
        }
        Ok(gzip)
    }

    fn row(&mut self, record: &csv::ByteRecord, line: usize) -> Result<(), (Place, String)> {
        let mut steps = 0;
        // Where a series has ended: the first of its missing steps.
        let mut ended = None;
        for (column, bytes) in record.iter().enumerate() {
            let place = Place::Field {
                line,
                column: column + 1,
            };
            let text = std::str::from_utf8(bytes).map_err(|_| {
                let problem = "not valid UTF-8; expected UTF-8 text";
                (Place::Line(line), problem.to_owned())
            })?;
            let text = text.trim();
            let name = &self.layout.names[column];
            let named = || {
                if self.layout.header {
                    name.as_str()
                } else {
                    "value"
                }
            };
            if is_missing(text) && self.layout.series && column != self.layout.target {
                ended.get_or_insert((place, named().to_owned()));
                continue;
            }
            if is_missing(text) {
                let problem = format!("{} is missing; expected a value in every row", named());
                return Err((place, problem));
            }
            if column == self.layout.target {
                self.label(text, line, place)?;
                continue;
            }
            if let Some((place, name)) = ended {
                return Err((place, format!("{name} is missing inside the series")));
            }
            let value =
                number(text).map_err(|problem| (place, format!("{} {problem}", named())))?;
            self.push(value).map_err(|problem| (place, problem))?;
            steps += 1;
        }
        if steps == 0 {
            let problem = "no values; expected at least one in every row".to_owned();
            return Err((Place::Line(line), problem));
        }
        if self.layout.series {
            self.lengths.push(steps);
        }
        Ok(())
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

    fn label(&mut self, text: &str, line: usize, place: Place) -> Result<(), (Place, String)> {
        if self.layout.kind == TargetKind::Values {
            let value = number(text).map_err(|problem| (place, format!("the target {problem}")))?;
            self.targets.push(value);
            return Ok(());
        }
        let fraction = whole(text).is_none() && text.parse::<f64>().is_ok();
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

    fn finish(
        self,
        path: &Path,
        filing: Filing,
        options: &LoadOptions,
    ) -> Result<Dataset, DataError> {
        let name = display_path(path);
        let (targets, classes) = match self.layout.kind {
            TargetKind::Classes => {
                let (each, names) = self.labels.finish();
                (Targets::Classes(each), names)
            }
            TargetKind::Values => {
                let data = self.targets;
                (Targets::Values { dim: 1, data }, Vec::new())
            }
        };
        let numbers = self.values.finish();
        if self.layout.series {
            let steps = match numbers {
                Numbers::Bytes(v) => Steps::Singles(v.into_iter().map(f32::from).collect()),
                Numbers::Reals(v) => Steps::Reals(v),
                Numbers::Singles(v) => Steps::Singles(v),
                Numbers::Integers(v) => Steps::Reals(v.into_iter().map(|v| v as f64).collect()),
            };
            return Dataset::from_sequences(
                &name,
                1,
                self.lengths,
                steps,
                targets,
                classes,
                filing,
            );
        }
        let features = self.layout.names.len() - 1;
        let names: Vec<String> = (0..=features)
            .filter(|&c| c != self.layout.target)
            .map(|c| self.layout.names[c].clone())
            .collect();
        let shape = match options.shape {
            Some(shape)
                if shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)) == Some(features) =>
            {
                shape
            }
            Some([c, h, w]) => {
                return Err(DataError::malformed(
                    &name,
                    Place::File,
                    format!("{features} features in a row; expected {c} x {h} x {w}"),
                ));
            }
            None if are_pixels(&names) => flat_shape(features, &numbers),
            None => [features, 1, 1],
        };
        Dataset::from_numbers(&name, shape, numbers, targets, classes, filing)
    }
}

/// A finite number, or what is wrong with the text.
pub(super) fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!(
            "is not finite ({}); expected a finite number",
            shortened(text)
        )),
        Err(_) => Err(format!("is \"{}\", which is not a number", shortened(text))),
    }
}

/// The text on one line, its end left out if it is long.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 40;
    let start: String = text.chars().take(MOST).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    one_line(&start) + more
}

/// Fails where a row would not fit in memory, and leaves out the mark that some programs put before UTF-8.
struct Guarded {
    source: Source<'static>,
    /// Bytes handed out since the last row ended.
    since: Rc<Cell<u64>>,
    start: bool,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_ROW {
            return Err(io::Error::other(DataError::malformed(
                self.source.file(),
                Place::File,
                format!(
                    "a row of more than {LONGEST_ROW} bytes (a quote that is never closed?); expected shorter rows"
                ),
            )));
        }
        if self.source.taken() > 2 * LARGEST {
            return Err(io::Error::other(DataError::malformed(
                self.source.file(),
                Place::File,
                format!(
                    "is too large; expected at most {} bytes of text",
                    2 * LARGEST
                ),
            )));
        }
        if std::mem::take(&mut self.start) {
            let mut mark = [0_u8; 3];
            let found = self.source.fill(&mut mark).map_err(io::Error::other)?;
            if mark[..found] != *b"\xef\xbb\xbf" {
                // The reader's buffer is far larger than three bytes.
                buffer[..found].copy_from_slice(&mark[..found]);
                return Ok(found);
            }
        }
        let n = self.source.read(buffer)?;
        self.since.set(self.since.get() + n as u64);
        Ok(n)
    }
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
