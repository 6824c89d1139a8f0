//! Tar archives: which members there are and where each begins. Nothing is written to disk, links and devices lead nowhere, and what
//! a header claims is neither read nor made room for before its bytes are there.

use std::io::{Read, Seek};

use tar::{Archive, Entries, EntryType, PaxExtensions};

use super::error::{DataError, Place, counted, one_line, unwrap_error};

/// The bytes of a header; members are filled up to as many.
const BLOCK: u64 = 512;
/// The most members that are looked at.
const MOST_MEMBERS: usize = 1_000_000;
/// The most bytes of a name, or of the header that has it.
const LONGEST_NAME: u64 = 4096;
const LARGEST_HEADER: u64 = 64 << 10;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// With `/` between folders, none of which is `.` or `..`.
    pub(super) name: String,
    /// Where its bytes begin in the archive, unpacked.
    pub(super) start: u64,
    /// How many they are.
    pub(super) size: u64,
}

/// What is in an archive.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members {
    /// In the order of the archive.
    pub(super) files: Vec<Member>,
    /// What was left out.
    pub(super) notes: Vec<String>,
}

/// Whether a file begins like a tar archive.
pub(super) fn looks_like(start: &[u8]) -> bool {
    start.get(257..262) == Some(b"ustar")
}

/// The members of an archive that is read from its start to its end.
pub(super) fn members(file: &str, reader: impl Read) -> Result<Members, DataError> {
    let mut counted = Counted {
        inner: reader,
        bytes: 0,
    };
    let (found, end) = {
        let mut archive = Archive::new(&mut counted);
        let entries = archive.entries().map_err(|e| failed(file, &e))?;
        walk(file, entries, None)?
    };
    ends(file, end, counted.bytes)?;
    Ok(found)
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

/// Requires the empty block after the last member, without which more may have followed.
fn ends(file: &str, end: u64, length: u64) -> Result<(), DataError> {
    if end.saturating_add(BLOCK) <= length {
        return Ok(());
    }
    let problem = "tar archive is cut short; expected a complete one";
    Err(DataError::malformed(file, Place::File, problem))
}

/// The members of an archive of `length` bytes in which the content of members can be passed over.
pub(super) fn members_within(
    file: &str,
    reader: impl Read + Seek,
    length: u64,
) -> Result<Members, DataError> {
    let mut archive = Archive::new(reader);
    let entries = archive.entries_with_seek().map_err(|e| failed(file, &e))?;
    let (found, end) = walk(file, entries, Some(length))?;
    ends(file, end, length)?;
    Ok(found)
}

fn failed(file: &str, error: &std::io::Error) -> DataError {
    if let Some(own) = unwrap_error(error) {
        return own;
    }
    let cause = one_line(&error.to_string());
    let problem = format!("tar archive is damaged or cut short ({cause}); expected a complete one");
    DataError::malformed(file, Place::File, problem)
}

/// Goes from header to header. They are taken one by one as they stand (`raw`): the library would read long names and extended
/// headers of any length. Returns where the last member ends as well.
fn walk<R: Read>(
    file: &str,
    entries: Entries<'_, R>,
    length: Option<u64>,
) -> Result<(Members, u64), DataError> {
    let fail = |problem: String| DataError::malformed(file, Place::File, problem);
    let mut found = Members::default();
    let mut end = 0;
    let mut others = 0;
    let mut outside = 0;
    // What an extended header says of the next member.
    let mut next = Extended::default();
    for (count, entry) in entries.raw(true).enumerate() {
        let mut entry = entry.map_err(|e| failed(file, &e))?;
        if count >= MOST_MEMBERS {
            let problem = format!("tar archive of more than {MOST_MEMBERS} members");
            return Err(fail(format!("{problem}; expected at most {MOST_MEMBERS}")));
        }
        let (kind, size) = (entry.header().entry_type(), entry.size());
        let start = entry.raw_file_position();
        end = start
            .saturating_add(size)
            .checked_next_multiple_of(BLOCK)
            .unwrap_or(u64::MAX);
        if let Some(length) = length {
            ends(file, end, length)?;
        }
        match kind {
            EntryType::GNULongName | EntryType::XHeader => {
                if size > LARGEST_HEADER {
                    return Err(fail(format!(
                        "a header of {size} bytes in the tar archive; expected at most {LARGEST_HEADER}"
                    )));
                }
                let mut bytes = Vec::new();
                let read = entry.by_ref().take(size).read_to_end(&mut bytes);
                read.map_err(|e| failed(file, &e))?;
                next.read(kind, &bytes);
                continue;
            }
            // The target of a link, and what holds for all members.
            EntryType::GNULongLink | EntryType::XGlobalHeader => continue,
            _ => {}
        }
        let Extended {
            name,
            size: said,
            sparse,
        } = std::mem::take(&mut next);
        let name = name
            .unwrap_or_else(|| String::from_utf8_lossy(&entry.header().path_bytes()).into_owned());
        if name.len() as u64 > LONGEST_NAME {
            let problem = format!("a name of {} bytes in the tar archive", name.len());
            return Err(fail(format!("{problem}; expected at most {LONGEST_NAME}")));
        }
        let shown = one_line(&name);
        if kind == EntryType::GNUSparse || sparse {
            return Err(fail(format!(
                "{shown} is stored with its holes left out (sparse); expected tar without --sparse"
            )));
        }
        if said.is_some_and(|said| said != size) {
            return Err(fail(format!(
                "{shown} has two sizes in the tar archive; expected one"
            )));
        }
        if kind.is_dir() || name.ends_with('/') {
            continue;
        }
        if !matches!(kind, EntryType::Regular | EntryType::Continuous) {
            others += 1;
            continue;
        }
        match inside(&name) {
            Some(name) => found.files.push(Member { name, start, size }),
            None => outside += 1,
        }
    }
    if others > 0 {
        let what = counted(others, "link or device");
        let what = what.replace("link or devices", "links or devices");
        found.notes.push(format!("{what} in the archive left out"));
    }
    if outside > 0 {
        let what = counted(outside, "member");
        found.notes.push(format!(
            "{what} with a name that leads out of the archive left out"
        ));
    }
    Ok((found, end))
}

/// A name in its plainest form; `None` if it leads out of the archive, or nowhere.
pub(super) fn inside(name: &str) -> Option<String> {
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let plain = !parts.is_empty() && !parts.contains(&"..") && !name.contains('\0');
    plain.then(|| parts.join("/"))
}

/// What an extended header says of the member after it.
#[derive(Default)]
struct Extended {
    name: Option<String>,
    size: Option<u64>,
    sparse: bool,
}

impl Extended {
    fn read(&mut self, kind: EntryType, bytes: &[u8]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if kind == EntryType::GNULongName {
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            self.name = Some(text(&bytes[..end]));
            return;
        }
        for said in PaxExtensions::new(bytes).flatten() {
            match said.key_bytes() {
                b"path" => self.name = Some(text(said.value_bytes())),
                b"size" => self.size = said.value().ok().and_then(|v| v.parse().ok()),
                key => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
        }
    }
}

#[cfg(test)]
#[path = "tar_test.rs"]
pub(super) mod tests;
