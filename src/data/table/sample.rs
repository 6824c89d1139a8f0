//! A table looked over before it is read: its form, and a survey of its columns.

use crate::data::error::{DataError, Place};
use crate::data::options::LoadOptions;
use crate::data::origin::Origin;
use crate::data::progress::Progress;
use crate::data::source::open_file;
use crate::data::survey::Survey;
use crate::data::table_layout::{self, Form};
use crate::data::table_text::{Guarded, Plain, field};
use std::cell::Cell;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::rc::Rc;

/// How much of the file its form is worked out from.
pub(super) const SAMPLE: usize = 1 << 20;

/// How much of a file is surveyed before it is read; a file that is no longer is surveyed whole.
pub(super) const SURVEYED: u64 = crate::data::glimpse::LARGE;

/// How much of a longer one is surveyed from its start, and in pieces at even distances.
pub(super) const SURVEYED_AT_START: u64 = 4 << 20;

pub(super) const PIECES: u64 = 8;

pub(super) const PIECE: usize = 256 << 10;

pub(super) fn form_of(path: &Origin, options: &LoadOptions) -> Result<Form, DataError> {
    let mut source = path.open(&Progress::new())?;
    let file = source.file().to_owned();
    if source.stored() == 0 {
        let problem = "file is empty; expected a table";
        return Err(DataError::malformed(&file, Place::File, problem));
    }
    let mut start = source.next_bytes(SAMPLE)?;
    if start.len() == SAMPLE
        && let Some(end) = start.iter().rposition(|&b| b == b'\n')
    {
        start.truncate(end + 1);
    }
    table_layout::of(&file, &start, options)
}

/// What the table is like, and whether all of it was looked at.
pub(super) fn surveyed(
    path: &Origin,
    form: &Form,
    progress: &Progress,
) -> Result<(Survey, bool), DataError> {
    let source = path.open(&Progress::new())?;
    let (stored, packed) = (source.stored(), source.gzip() || !path.is_file());
    if packed || stored <= SURVEYED {
        return survey_of(path, form, SURVEYED, progress);
    }
    let (mut survey, _) = survey_of(path, form, SURVEYED_AT_START, progress)?;
    let (mut handle, _) = open_file(&path.path)?;
    let failed = |e: std::io::Error| DataError::from_io(&path.name(), &e);
    let plain = form.head.encoding == (crate::data::table_text::Encoding::Bytes { mark: 0 });
    for piece in 1..=PIECES {
        if !plain || form.blanks {
            break;
        }
        let at = stored - (stored - SURVEYED_AT_START) * (PIECES - piece) / PIECES;
        let at = at.saturating_sub(PIECE as u64);
        handle.seek(SeekFrom::Start(at)).map_err(failed)?;
        let mut bytes = Vec::with_capacity(PIECE);
        let mut part = handle.by_ref().take(PIECE as u64);
        part.read_to_end(&mut bytes).map_err(failed)?;
        let ends = |b: &u8| *b == b'\n';
        let (Some(from), Some(to)) = (bytes.iter().position(&ends), bytes.iter().rposition(ends))
        else {
            continue;
        };
        survey.jump();
        let rows = table_layout::reader(&form.head, form.delimiter);
        for record in rows
            .from_reader(&bytes[from + 1..=to.max(from)])
            .byte_records()
        {
            let Ok(record) = record else { break };
            add(&mut survey, form, &record);
        }
    }
    survey.settle();
    Ok((survey, false))
}

/// Surveys a file up to so many bytes of text; says whether that is all of it. What is wrong with it is for its reader to say.
pub(super) fn survey_of(
    path: &Origin,
    form: &Form,
    most: u64,
    progress: &Progress,
) -> Result<(Survey, bool), DataError> {
    let source = path.open(&Progress::new())?;
    let file = source.file().to_owned();
    let since = Rc::new(Cell::new(0));
    let guarded = Guarded::new(
        source,
        Plain::new(&form.head, form.blanks),
        Rc::clone(&since),
    );
    let mut reader = table_layout::reader(&form.head, form.delimiter).from_reader(guarded);
    let mut survey = Survey::new(form.names.len());
    let mut record = csv::ByteRecord::new();
    let mut rows = 0_usize;
    loop {
        since.set(0);
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) | Err(_) => {
                survey.settle();
                return Ok((survey, true));
            }
        }
        if rows.is_multiple_of(1024) && progress.is_cancelled() {
            return Err(DataError::Cancelled { file });
        }
        rows += 1;
        if rows > form.skip {
            add(&mut survey, form, &record);
        }
        if reader.position().byte() >= most {
            survey.settle();
            return Ok((survey, false));
        }
    }
}

pub(super) fn add(survey: &mut Survey, form: &Form, record: &csv::ByteRecord) {
    let columns = form.names.len();
    if record.len() != columns && !is_trailing(record, columns) {
        return;
    }
    let fields: Vec<_> = record.iter().take(columns).map(field).collect();
    survey.add(fields.iter().map(|f| f.trim()), form.comma);
}

/// Whether a row has no more than a separator after its last field.
pub(super) fn is_trailing(record: &csv::ByteRecord, columns: usize) -> bool {
    record.len() == columns + 1
        && record
            .get(columns)
            .is_some_and(|f| f.trim_ascii().is_empty())
}
