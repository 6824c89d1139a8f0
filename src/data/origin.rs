//! Where a table's text comes from: a file, or the one table in an archive.

use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use zip::CompressionMethod;

use super::archive::FileArchive;
use super::error::{DataError, Place, display_path, one_line};
use super::files::Handle;
use super::progress::Progress;
use super::source::{Source, Watched, open_file};
use super::tar::Member;

/// A text that can be opened as often as is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The file on disk.
    pub(super) path: PathBuf,
    within: Option<Within>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Within {
    /// A member of a zip archive, by its name.
    Zip(String),
    /// A member of a tar archive (perhaps packed with gzip): its name, where it starts, and its bytes.
    Tar(String, u64, u64),
}

impl Origin {
    /// A file.
    pub(super) fn file(path: &Path) -> Self {
        let path = path.to_owned();
        Self { path, within: None }
    }

    /// A member of a zip archive.
    pub(super) fn in_zip(path: &Path, member: &str) -> Self {
        let within = Some(Within::Zip(member.to_owned()));
        Self {
            path: path.to_owned(),
            within,
        }
    }

    /// A member of a tar archive.
    pub(super) fn in_tar(path: &Path, member: Member) -> Self {
        Self {
            path: path.to_owned(),
            within: Some(Within::Tar(member.name, member.start, member.size)),
        }
    }

    /// Whether it is a file of its own.
    pub(super) fn is_file(&self) -> bool {
        self.within.is_none()
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> String {
        let path = display_path(&self.path);
        match &self.within {
            None => path,
            Some(Within::Zip(name) | Within::Tar(name, ..)) => format!("{path}/{}", one_line(name)),
        }
    }

    /// Opens it from its start.
    pub(super) fn open(&self, progress: &Progress) -> Result<Source<'static>, DataError> {
        match &self.within {
            None => Source::open_watched(&self.path, progress),
            Some(Within::Zip(member)) => self.open_zip(member, progress),
            Some(Within::Tar(_, start, size)) => {
                let mut source = Source::open_watched(&self.path, progress)?;
                let mut before = source.by_ref().take(*start);
                let skipped = io::copy(&mut before, &mut io::sink());
                if !skipped.is_ok_and(|n| n == *start) {
                    let problem = "archive is cut short; expected a complete one";
                    return Err(DataError::malformed(&self.name(), Place::File, problem));
                }
                let inside = source.take(*size);
                Ok(Source::from_zip(&self.name(), *size, progress, inside))
            }
        }
    }

    fn open_zip(&self, member: &str, progress: &Progress) -> Result<Source<'static>, DataError> {
        let fail = |problem: String| DataError::malformed(&self.name(), Place::File, problem);
        let (start, size, method, sum) =
            FileArchive::open(&self.path, &Progress::new())?.place_of(member)?;
        let (mut handle, stored) = open_file(&self.path)?;
        let failed = |e: io::Error| DataError::from_io(&self.name(), &e);
        handle.seek(SeekFrom::Start(start)).map_err(failed)?;
        let watched: Watched<Handle> = Watched::new(handle, size.min(stored), progress);
        let packed = BufReader::with_capacity(64 << 10, watched).take(size);
        let size = size.min(stored);
        match method {
            CompressionMethod::Stored => {
                let checked = Checked::new(packed, sum);
                Ok(Source::from_zip(&self.name(), size, progress, checked))
            }
            CompressionMethod::Deflated => {
                let checked = Checked::new(DeflateDecoder::new(packed), sum);
                Ok(Source::from_zip(&self.name(), size, progress, checked))
            }
            other => Err(fail(format!(
                "is packed by {other}; expected deflate, or stored"
            ))),
        }
    }
}

/// Compares the checksum at the end.
struct Checked<R> {
    inner: R,
    sum: Crc,
    expected: u32,
}

impl<R> Checked<R> {
    fn new(inner: R, expected: u32) -> Self {
        let sum = Crc::new();
        Self {
            inner,
            sum,
            expected,
        }
    }
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.sum.update(&buffer[..n]);
        if n == 0 && !buffer.is_empty() && self.sum.sum() != self.expected {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "checksum differs",
            ));
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::files::tar_members;
    use crate::data::tar::tests::tarred;

    #[test]
    fn members_of_a_tar_archive_are_read_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        let bytes = tarred(&[("a.csv", b"1,2\n"), ("b/c.csv", &[b'x'; 700])]);
        std::fs::write(&path, &bytes).unwrap();
        let members = tar_members(&path).unwrap().files;
        let place = |m: &Member| (m.name.clone(), m.start, m.size);
        assert_eq!(place(&members[0]), ("a.csv".to_owned(), 512, 4));
        assert_eq!(place(&members[1]), ("b/c.csv".to_owned(), 1536, 700));
        let origin = Origin::in_tar(&path, members[1].clone());
        let mut text = String::new();
        let mut source = origin.open(&Progress::new()).unwrap();
        source.read_to_string(&mut text).unwrap();
        assert_eq!(text.len(), 700);
        std::fs::write(&path, &bytes[..1000]).unwrap();
        let line = tar_members(&path).unwrap_err().to_string();
        assert!(line.contains("cut short"), "{line}");
    }
}
