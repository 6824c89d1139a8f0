//! A text as a stream of lines, none of which may be longer than fits in memory.

use std::io::{BufRead as _, BufReader, Read as _};

use super::error::{DataError, Place};
use super::source::{Source, unwrap_error};

/// The most bytes of a line.
const LONGEST: u64 = 64 << 20;

/// The lines of a text.
pub(super) struct Lines {
    file: String,
    reader: BufReader<Source<'static>>,
    number: usize,
    bytes: Vec<u8>,
}

impl Lines {
    /// Reads a source line by line.
    pub(super) fn new(source: Source<'static>) -> Self {
        Self {
            file: source.file().to_owned(),
            reader: BufReader::with_capacity(64 << 10, source),
            number: 0,
            bytes: Vec::new(),
        }
    }

    /// The next line with its number from 1; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(usize, &str)>, DataError> {
        self.bytes.clear();
        self.number += 1;
        let place = Place::Line(self.number);
        let read = (&mut self.reader)
            .take(LONGEST)
            .read_until(b'\n', &mut self.bytes);
        match read {
            Ok(0) => return Ok(None),
            Ok(n) if n as u64 == LONGEST => {
                let problem = format!("a line of {LONGEST} bytes or more; expected shorter lines");
                return Err(DataError::malformed(&self.file, place, problem));
            }
            Ok(_) => {}
            Err(error) => {
                return Err(
                    unwrap_error(&error).unwrap_or_else(|| DataError::from_io(&self.file, &error))
                );
            }
        }
        match std::str::from_utf8(&self.bytes) {
            Ok(line) => Ok(Some((self.number, line))),
            Err(_) => {
                let problem = "not valid UTF-8; expected UTF-8 text";
                Err(DataError::malformed(&self.file, place, problem))
            }
        }
    }
}
