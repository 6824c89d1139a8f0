//! The SHA-256 of data files, by which a file that has changed is noticed.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::error::{DataError, display_path};
use super::progress::Progress;
use super::source::open_file;

/// The SHA-256 of some files in their order, as 64 hexadecimal digits: over each file's length (8 bytes, little-endian) and content.
///
/// Names and folders do not count, so files may be moved together.
///
/// # Errors
/// One line naming a file that cannot be read; [`DataError::Cancelled`] if `progress` was cancelled.
pub fn fingerprint(files: &[PathBuf], progress: &Progress) -> Result<String, DataError> {
    let mut sum = Sha256::new();
    let mut piece = vec![0; 256 << 10];
    for path in files {
        let (mut handle, length) = open_file(path)?;
        sum.update(length.to_le_bytes());
        loop {
            let file = || display_path(path);
            if progress.is_cancelled() {
                return Err(DataError::Cancelled { file: file() });
            }
            let found = handle
                .read(&mut piece)
                .map_err(|error| DataError::from_io(&file(), &error))?;
            if found == 0 {
                break;
            }
            sum.update(&piece[..found]);
        }
    }
    Ok(sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// The length of a file and when it was last written, by which a change is noticed without reading it.
type Stamp = (u64, SystemTime);

fn stamp(path: &Path) -> Option<Stamp> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()?))
}

/// Where data come from: the files as they were when they were read, and what was said of them then.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    files: Vec<PathBuf>,
    stamps: Vec<Option<Stamp>>,
    /// Why this is learnt, in a sentence.
    pub learns: String,
    /// What was noticed while they were read.
    pub notes: Vec<String>,
}

impl Provenance {
    /// Of files that have just been read, by a reading that began then.
    pub(super) fn new(files: &[PathBuf], began: SystemTime) -> Self {
        let reading = began..=SystemTime::now();
        let as_read =
            |path: &PathBuf| stamp(path).filter(|(_, written)| !reading.contains(written));
        Self {
            files: files.to_vec(),
            stamps: files.iter().map(as_read).collect(),
            ..Self::default()
        }
    }

    /// True of data that were read from files.
    pub fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// The [`fingerprint`] of the files, as long as they are those that were read; `None` once one of them has been written to,
    /// and of data that have no files.
    ///
    /// # Errors
    /// One line naming a file that cannot be read.
    pub fn hash(&self) -> Result<Option<String>, DataError> {
        let same = || {
            let mut both = self.files.iter().zip(&self.stamps);
            both.all(|(path, then)| then.is_some() && stamp(path) == *then)
        };
        if !self.has_files() || !same() {
            return Ok(None);
        }
        let hash = fingerprint(&self.files, &Progress::new())?;
        Ok(same().then_some(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn files_that_are_written_to_after_they_were_read_have_no_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "1").unwrap();
        let now = SystemTime::now() + Duration::from_millis(1);
        let from = Provenance::new(std::slice::from_ref(&path), now);
        let known = fingerprint(std::slice::from_ref(&path), &Progress::new()).unwrap();
        assert_eq!(from.hash().unwrap(), Some(known));
        std::fs::write(&path, "12").unwrap();
        assert_eq!(from.hash().unwrap(), None);
        // Nor such as were written while they were read, or are gone.
        let began = SystemTime::now() - Duration::from_secs(10);
        assert_eq!(Provenance::new(&[path], began).hash().unwrap(), None);
        std::fs::remove_file(folder.path().join("a.csv")).unwrap();
        assert_eq!(from.hash().unwrap(), None);
        assert_eq!(Provenance::default().hash().unwrap(), None);
    }

    #[test]
    fn content_and_boundaries_count_and_names_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let of = |files: &[PathBuf]| fingerprint(files, &Progress::new()).unwrap();
        let (a, b) = (write("a", "ab"), write("b", "c"));
        let (c, d) = (write("c", "a"), write("d", "bc"));
        assert_ne!(of(&[a.clone(), b]), of(&[c, d]));
        assert_eq!(of(std::slice::from_ref(&a)), of(&[write("e", "ab")]));
        // `printf '\3\0\0\0\0\0\0\0abc' | sha256sum`
        assert_eq!(
            of(&[write("f", "abc")]),
            "ce91dc5eec0139adf091900d225971d6ad246a845bad791b5693a9d0d55dd391"
        );
        let stop = Progress::new();
        stop.cancel();
        assert!(matches!(
            fingerprint(&[a], &stop),
            Err(DataError::Cancelled { .. })
        ));
    }
}
