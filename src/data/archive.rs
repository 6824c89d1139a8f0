//! Zip archives: which members there are, and each as a stream that is checked as it is unpacked.

use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::error::{DataError, Place, display_path, one_line};
use super::files::Handle;
use super::progress::Progress;
use super::source::{Source, Watched, open_file};

/// The most members that are looked at.
const MOST_MEMBERS: usize = 1_000_000;

/// An open archive.
pub(super) struct Archive<R> {
    file: String,
    stored: u64,
    progress: Progress,
    zip: ZipArchive<R>,
}

/// An archive on disk.
pub(super) type FileArchive = Archive<BufReader<Watched<Handle>>>;

impl FileArchive {
    /// Opens an archive on disk and reads its table of contents.
    pub(super) fn open(path: &Path, progress: &Progress) -> Result<Self, DataError> {
        let (handle, stored) = open_file(path)?;
        let reader = BufReader::new(Watched::new(handle, stored, progress));
        let opened = Self::new(display_path(path), stored, reader);
        if progress.is_cancelled() {
            let file = display_path(path);
            return Err(DataError::Cancelled { file });
        }
        opened.map(|archive| Self {
            progress: progress.clone(),
            ..archive
        })
    }
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
            Ok(zip) if zip.len() <= MOST_MEMBERS => Ok(Self {
                file,
                stored,
                progress: Progress::new(),
                zip,
            }),
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

    /// The archive, as shown in messages.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// The members' names in alphabetical order; folders, and names that are no text, are left out.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .zip
            .file_names()
            .filter_map(|name| Some(name.ok()?.into_owned()))
            .filter(|name| !name.ends_with('/'))
            .collect();
        names.sort_unstable();
        names
    }

    /// Where a member's packed bytes start, how many they are, how they are packed, and the checksum of what they unpack to.
    pub(super) fn place_of(
        &mut self,
        name: &str,
    ) -> Result<(u64, u64, CompressionMethod, u32), DataError> {
        let shown = format!("{}/{}", self.file, one_line(name));
        let fail = |problem: String| DataError::malformed(&shown, Place::File, problem);
        match self.zip.by_name(name) {
            Ok(member) => {
                let start = member.data_start().ok_or_else(|| {
                    fail("cannot be found in the archive; expected an intact one".to_owned())
                })?;
                let size = member.compressed_size();
                Ok((start, size, member.compression(), member.crc32()))
            }
            Err(error) => {
                let cause = one_line(&error.to_string());
                Err(fail(format!(
                    "cannot be unpacked ({cause}); expected a plain zip member"
                )))
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
                Ok(Source::from_zip(&shown, stored, &self.progress, member))
            }
            Err(error) => {
                let cause = one_line(&error.to_string());
                let problem = format!("cannot be unpacked ({cause}); expected a plain zip member");
                Err(DataError::malformed(&shown, Place::File, problem))
            }
        }
    }
}
