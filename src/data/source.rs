//! A file, embedded bytes or a member of a zip archive as a stream of unpacked bytes that never takes memory on trust.

use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

pub(super) use super::error::unwrap_error;
use super::error::{DataError, Place, display_path, one_line};
pub(super) use super::files::open as open_file;
use super::memory;
use super::progress::Progress;

/// The most data bytes one file may unpack to: 4 GiB.
pub(super) const LARGEST: u64 = 4 << 30;
/// The best that deflate can do is 258 bytes for 2 bits, so n bytes unpack to at most 1032 n.
const BEST_RATIO: u64 = 1032;
/// The first piece of memory taken for data whose length is only promised; later pieces double what has arrived.
const FIRST_CHUNK: usize = 64 << 10;

/// How the bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    /// A member of a zip archive.
    Zip,
}

/// Bytes being read: from a file, from an archive, or from the program itself.
pub(super) struct Source<'a> {
    file: String,
    stored: u64,
    packing: Packing,
    taken: u64,
    progress: Progress,
    reader: Box<dyn Read + 'a>,
}

/// Passes on what another reader gives, counts it, and fails once the loading is cancelled.
pub(super) struct Watched<R> {
    inner: R,
    progress: Progress,
}

impl<R> Watched<R> {
    /// Watches `inner`, which holds `stored` bytes.
    pub(super) fn new(inner: R, stored: u64, progress: &Progress) -> Self {
        progress.expect(stored);
        let progress = progress.clone();
        Self { inner, progress }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.progress.is_cancelled() {
            return Err(io::Error::other("cancelled"));
        }
        let n = self.inner.read(buffer)?;
        self.progress.advance(n as u64);
        Ok(n)
    }
}

impl<R: Seek> Seek for Watched<R> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

impl Source<'static> {
    /// Opens a regular file. Gzip is told by its first two bytes, not by the name.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        Self::open_watched(path, &Progress::new())
    }

    /// As [`Source::open`]; reading counts in `progress` and stops when that is cancelled.
    pub(super) fn open_watched(path: &Path, progress: &Progress) -> Result<Self, DataError> {
        let file = display_path(path);
        let failed = |error: io::Error| DataError::from_io(&file, &error);
        let (mut handle, stored) = open_file(path)?;
        let mut magic = Vec::with_capacity(2);
        handle
            .by_ref()
            .take(2)
            .read_to_end(&mut magic)
            .map_err(failed)?;
        handle.rewind().map_err(failed)?;
        let handle = Watched::new(handle, stored, progress);
        let reader = BufReader::with_capacity(64 << 10, handle);
        let gzip = is_gzip(&magic);
        Ok(Self {
            file,
            stored,
            packing: if gzip { Packing::Gzip } else { Packing::Plain },
            taken: 0,
            progress: progress.clone(),
            reader: if gzip {
                Box::new(MultiGzDecoder::new(reader))
            } else {
                Box::new(reader)
            },
        })
    }
}

impl<'a> Source<'a> {
    /// Reads from memory; `name` stands for the file in messages.
    pub(super) fn from_bytes(name: &str, bytes: &'a [u8]) -> Self {
        let gzip = is_gzip(bytes);
        let reader: Box<dyn Read + 'a> = if gzip {
            Box::new(MultiGzDecoder::new(bytes))
        } else {
            Box::new(bytes)
        };
        Self {
            file: one_line(name),
            stored: bytes.len() as u64,
            packing: if gzip { Packing::Gzip } else { Packing::Plain },
            taken: 0,
            progress: Progress::new(),
            reader,
        }
    }

    /// Reads a member of a zip archive, which takes `stored` bytes of it.
    pub(super) fn from_zip(
        name: &str,
        stored: u64,
        progress: &Progress,
        reader: impl Read + 'a,
    ) -> Self {
        Self {
            file: one_line(name),
            stored,
            packing: Packing::Zip,
            taken: 0,
            progress: progress.clone(),
            reader: Box::new(reader),
        }
    }

    /// The name used in messages.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Whether the bytes are unpacked from gzip.
    pub(super) fn gzip(&self) -> bool {
        self.packing == Packing::Gzip
    }

    /// Bytes in the file as stored.
    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    /// Unpacked bytes taken so far.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// The place of an unpacked offset, in the words that fit the file.
    pub(super) fn place(&self, offset: u64) -> Place {
        if self.packing == Packing::Gzip {
            Place::UnpackedByte(offset)
        } else {
            Place::Byte(offset)
        }
    }

    /// Reads until `buffer` is full or the data end; returns how many bytes were read.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, DataError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => {
                    filled += n;
                    self.counted(n).map_err(|e| self.failed(&e))?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Ok(filled)
    }

    /// Counts bytes that were read. What is packed may be any number of times what is stored, so that there is a look at what memory is
    /// left now and then.
    fn counted(&mut self, n: usize) -> io::Result<()> {
        let before = self.taken;
        self.taken += n as u64;
        refuse_shortage(before, self.taken, memory::available)
    }

    /// The next bytes, at most `most`: room is taken as they come.
    pub(super) fn next_bytes(&mut self, most: usize) -> Result<Vec<u8>, DataError> {
        const PIECE: usize = 64 << 10;
        let mut bytes = Vec::new();
        while bytes.len() < most {
            let (start, piece) = (bytes.len(), PIECE.min(most - bytes.len()));
            bytes.resize(start + piece, 0);
            let found = self.fill(&mut bytes[start..])?;
            bytes.truncate(start + found);
            if found < piece {
                break;
            }
        }
        Ok(bytes)
    }

    /// Refuses a promise of `expected` more bytes that this file cannot keep, before any memory is taken for it.
    ///
    /// A plain file must have exactly that many left. A packed one must be large enough to hold them at all.
    /// `meaning` says where the promise comes from, such as "10 images of 28 x 28".
    pub(super) fn check_promise(&self, expected: u64, meaning: &str) -> Result<(), DataError> {
        let left = self.stored.saturating_sub(self.taken);
        let plain = self.packing == Packing::Plain;
        let problem = if plain && left != expected {
            format!("expected {expected} data bytes ({meaning}), found {left}")
        } else if !plain && expected / BEST_RATIO > self.stored {
            let packed = match self.packing {
                Packing::Zip => "a packed member",
                _ => "a gzip file",
            };
            format!(
                "expected {expected} data bytes ({meaning}), found {packed} of {} bytes, which cannot hold them",
                self.stored
            )
        } else if expected > LARGEST {
            format!("{expected} data bytes ({meaning}) are too large; expected at most {LARGEST}")
        } else {
            return Ok(());
        };
        Err(DataError::malformed(
            &self.file,
            self.place(self.taken),
            problem,
        ))
    }

    /// Appends exactly `expected` bytes to `out` and requires the data to end there.
    ///
    /// Memory is taken as data arrive; one byte more than `expected` is read at most.
    pub(super) fn read_exactly(
        &mut self,
        expected: usize,
        meaning: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        let start = self.taken;
        self.read_some(expected, meaning, out)?;
        self.expect_end(start, expected, meaning)
    }

    fn expect_end(&mut self, start: u64, expected: usize, meaning: &str) -> Result<(), DataError> {
        let mut extra = [0_u8];
        if self.fill(&mut extra)? > 0 {
            return Err(DataError::malformed(
                &self.file,
                self.place(start + expected as u64),
                format!("expected {expected} data bytes ({meaning}), found more"),
            ));
        }
        Ok(())
    }

    /// Hands exactly `expected` bytes to `take` in pieces of whole `unit`s (at most 16 bytes each), and requires the data to end
    /// there.
    ///
    /// `take` is given each piece and its offset from the first; it may answer with an offset and what is wrong there.
    pub(super) fn read_pieces(
        &mut self,
        expected: usize,
        unit: usize,
        meaning: &str,
        mut take: impl FnMut(&[u8], u64) -> Result<(), (u64, String)>,
    ) -> Result<(), DataError> {
        let start = self.taken;
        let mut piece = vec![0; (FIRST_CHUNK / unit * unit).min(expected)];
        let mut found = 0;
        while found < expected {
            let wanted = piece.len().min(expected - found);
            let arrived = self.fill(&mut piece[..wanted])?;
            if arrived < wanted {
                return Err(DataError::malformed(
                    &self.file,
                    self.place(start),
                    format!(
                        "expected {expected} data bytes ({meaning}), found {}",
                        found + arrived
                    ),
                ));
            }
            take(&piece[..wanted], found as u64).map_err(|(offset, problem)| {
                DataError::malformed(&self.file, self.place(start + offset), problem)
            })?;
            found += wanted;
        }
        self.expect_end(start, expected, meaning)
    }

    /// Appends exactly `expected` bytes to `out` and looks no further: a checksum at the end stays unread.
    pub(super) fn read_some(
        &mut self,
        expected: usize,
        meaning: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), DataError> {
        let start = self.taken;
        let found = match append_bounded(&mut self.reader, expected, out, &mut self.taken) {
            Ok(found) => found,
            Err(error) => return Err(self.failed(&error)),
        };
        if found < expected {
            return Err(DataError::malformed(
                &self.file,
                self.place(start),
                format!("expected {expected} data bytes ({meaning}), found {found}"),
            ));
        }
        Ok(())
    }

    /// Appends all that is left to `out`, at most `most` bytes; more is an error.
    pub(super) fn read_rest(&mut self, most: usize, out: &mut Vec<u8>) -> Result<(), DataError> {
        match append_bounded(&mut self.reader, most, out, &mut self.taken) {
            Ok(found) if found < most => Ok(()),
            Ok(_) => {
                let mut extra = [0_u8];
                if self.fill(&mut extra)? == 0 {
                    return Ok(());
                }
                Err(DataError::malformed(
                    &self.file,
                    Place::File,
                    format!("is too large; expected at most {most} bytes"),
                ))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The error of a read from this source, in its words.
    pub(super) fn failed(&self, error: &io::Error) -> DataError {
        if self.progress.is_cancelled() {
            let file = self.file.clone();
            return DataError::Cancelled { file };
        }
        let place = self.place(self.taken);
        let cause = one_line(&error.to_string());
        let problem = match error.kind() {
            io::ErrorKind::OutOfMemory => {
                "not enough memory for the data; expected a smaller file".to_owned()
            }
            _ if self.packing == Packing::Zip => format!(
                "packed data are corrupt or their checksum differs ({cause}); expected an intact zip archive"
            ),
            io::ErrorKind::UnexpectedEof if self.gzip() => {
                "gzip stream is truncated; expected a complete gzip file".to_owned()
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.gzip() => {
                format!(
                    "gzip data are corrupt or their checksum differs ({cause}); expected an intact gzip file"
                )
            }
            _ => return DataError::from_io(&self.file, error),
        };
        DataError::malformed(&self.file, place, problem)
    }
}

/// For readers of other crates: an error carries the [`DataError`] that [`unwrap_error`] finds again.
impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(n) => match self.counted(n) {
                Ok(()) => Ok(n),
                Err(error) => Err(io::Error::other(self.failed(&error))),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::other(self.failed(&error))),
        }
    }
}

fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// Bytes unpacked between two looks at what memory is left.
const LOOK: u64 = 64 << 20;
/// What must be left then.
const RESERVE: u64 = 256 << 20;

/// Ends a reading that has come from `before` to `now` bytes where memory runs short. `left` is asked once for every [`LOOK`] bytes.
fn refuse_shortage(before: u64, now: u64, left: impl FnOnce() -> Option<u64>) -> io::Result<()> {
    if now / LOOK > before / LOOK && left().is_some_and(|left| left < RESERVE) {
        return Err(io::ErrorKind::OutOfMemory.into());
    }
    Ok(())
}

/// Appends up to `expected` bytes to `out` in pieces no larger than what has already arrived (or [`FIRST_CHUNK`]).
///
/// Returns how many arrived; adds them to `taken` even when an error ends the reading.
fn append_bounded(
    reader: &mut dyn Read,
    expected: usize,
    out: &mut Vec<u8>,
    taken: &mut u64,
) -> io::Result<usize> {
    let mut found = 0;
    while found < expected {
        let chunk = found.clamp(FIRST_CHUNK, LOOK as usize);
        let chunk = chunk.min(expected - found);
        out.try_reserve_exact(chunk)
            .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
        let before = out.len();
        let result = reader.take(chunk as u64).read_to_end(out);
        let arrived = out.len() - before;
        found += arrived;
        let start = *taken;
        *taken += arrived as u64;
        result?;
        refuse_shortage(start, *taken, memory::available)?;
        if arrived < chunk {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zeros without end, counting how many were asked for.
    struct Zeros(usize);

    impl Read for Zeros {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(0);
            self.0 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_reading_ends_where_memory_runs_short_and_asks_seldom() {
        let short = || Some(RESERVE - 1);
        assert!(refuse_shortage(0, LOOK - 1, || unreachable!()).is_ok());
        assert!(refuse_shortage(LOOK, 2 * LOOK - 1, || unreachable!()).is_ok());
        assert!(refuse_shortage(LOOK - 1, LOOK, || Some(RESERVE)).is_ok());
        assert!(refuse_shortage(LOOK - 1, LOOK, || None).is_ok());
        let error = refuse_shortage(LOOK - 1, LOOK, short).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::OutOfMemory);
        assert!(refuse_shortage(0, 5 * LOOK, short).is_err());
    }

    #[test]
    fn a_promise_takes_no_memory_before_data_arrive() {
        for arrived in [0_usize, 1, 100, FIRST_CHUNK, 5 * FIRST_CHUNK + 17] {
            let data = vec![7_u8; arrived];
            let (mut out, mut taken) = (Vec::new(), 0);
            let found =
                append_bounded(&mut data.as_slice(), 1 << 40, &mut out, &mut taken).unwrap();
            assert_eq!((found, taken), (arrived, arrived as u64));
            assert!(
                out.capacity() <= 2 * arrived + 2 * FIRST_CHUNK,
                "{} for {arrived}",
                out.capacity()
            );
        }
    }

    #[test]
    fn data_without_end_are_left_after_the_byte_that_is_too_many() {
        let mut zeros = Zeros(0);
        let mut source = Source {
            file: "zeros".to_owned(),
            stored: 100,
            packing: Packing::Gzip,
            taken: 0,
            progress: Progress::new(),
            reader: Box::new(&mut zeros),
        };
        let mut out = Vec::new();
        let error = source
            .read_exactly(7840, "10 images", &mut out)
            .unwrap_err();
        assert!(error.to_string().contains("found more"), "{error}");
        assert!(out.capacity() <= 7840 + 64);
        drop(source);
        assert!(zeros.0 <= 7841, "asked for {}", zeros.0);
    }

    #[test]
    fn a_gzip_file_cannot_promise_more_than_deflate_allows() {
        let source = Source::from_bytes("small", &[0x1f, 0x8b, 8, 0]);
        let line = source
            .check_promise(1 << 40, "many")
            .unwrap_err()
            .to_string();
        assert!(line.contains("cannot hold them"), "{line}");
        assert!(source.check_promise(4 * 1032, "few").is_ok());
    }

    #[test]
    fn bytes_are_appended_to_what_is_there() {
        let mut out = vec![1, 2];
        let mut source = Source::from_bytes("memory", &[3, 4, 5]);
        source.read_exactly(3, "three", &mut out).unwrap();
        assert_eq!(out, [1, 2, 3, 4, 5]);
        assert_eq!(source.taken(), 3);
    }
}
