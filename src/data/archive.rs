//! Zip archives: which members there are, and each as a stream that is checked as it is unpacked.

use std::io::{Cursor, Read, Seek};

use zip::ZipArchive;

use super::error::{DataError, Place, one_line};
use super::source::Source;

/// The most members that are looked at.
const MOST_MEMBERS: usize = 1_000_000;

/// An open archive.
pub(super) struct Archive<R> {
    file: String,
    stored: u64,
    zip: ZipArchive<R>,
}

impl<'a> Archive<Cursor<&'a [u8]>> {
    /// Opens an archive in memory; `name` stands for the file in messages.
    pub(super) fn from_bytes(name: &str, bytes: &'a [u8]) -> Result<Self, DataError> {
        Self::new(one_line(name), bytes.len() as u64, Cursor::new(bytes))
    }
}

impl<R: Read + Seek> Archive<R> {
    fn new(file: String, stored: u64, reader: R) -> Result<Self, DataError> {
        match ZipArchive::new(reader) {
            Ok(zip) if zip.len() <= MOST_MEMBERS => Ok(Self { file, stored, zip }),
            Ok(zip) => Err(DataError::malformed(
                &file,
                Place::File,
                format!(
                    "zip archive of {} members; expected at most {MOST_MEMBERS}",
                    zip.len()
                ),
            )),
            Err(error) => {
                let cause = one_line(&error.to_string());
                let problem = format!("not a valid zip archive ({cause}); expected an intact one");
                Err(DataError::malformed(&file, Place::File, problem))
            }
        }
    }

    /// A member as a stream.
    pub(super) fn member(&mut self, name: &str) -> Result<Source<'_>, DataError> {
        let shown = format!("{}/{}", self.file, one_line(name));
        match self.zip.by_name(name) {
            Ok(member) => {
                // The archive's own word, so no more than the archive has.
                let stored = member.compressed_size().min(self.stored);
                Ok(Source::from_zip(&shown, stored, member))
            }
            Err(error) => {
                let cause = one_line(&error.to_string());
                let problem = format!("cannot be unpacked ({cause}); expected a plain zip member");
                Err(DataError::malformed(&shown, Place::File, problem))
            }
        }
    }
}
