//! The SHA-256 of data files, by which a file that has changed is noticed.

use std::io::Read as _;
use std::path::PathBuf;

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

#[cfg(test)]
mod tests {
    use super::*;

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
