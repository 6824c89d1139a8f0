//! Writing files whole or not at all.

use std::fs::{File, Metadata};
use std::io::{Error, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Temporary files this old are of programs that were killed.
pub const STALE: Duration = Duration::from_secs(600);

/// Writes `bytes` to `path`: to a temporary file beside it, which then takes its place, with its permissions.
///
/// Only regular files are replaced. A link is followed; what is a device or a pipe is written into.
///
/// # Errors
/// One line naming the file; whatever stood at `path` is still there then.
pub fn atomically(path: &Path, bytes: &[u8]) -> Result<(), String> {
    atomically_by(path, |file| file.write_all(bytes))
}

/// As [`atomically`], for what is written bit by bit.
///
/// # Errors
/// One line naming the file, also where `write` gave up; whatever stood at `path` is still there then.
pub fn atomically_by(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), Error>,
) -> Result<(), String> {
    let fail = |e: Error| format!("{}: {e}; nothing was written", path.display());
    let Some((target, there)) = resolve(path).map_err(fail)? else {
        return Err(format!("{}: names no file", path.display()));
    };
    if let Some(there) = &there
        && !there.is_file()
    {
        let written = File::options().write(true).open(&target);
        return written
            .and_then(|mut file| write(&mut file))
            .map_err(|e| format!("{}: {e}", path.display()));
    }
    remove_stale(&target, STALE);
    let temporary = temporary(&target, std::process::id());
    let written = File::create(&temporary).and_then(|mut file| {
        write(&mut file)?;
        if let Some(there) = &there {
            file.set_permissions(there.permissions())?;
        }
        file.sync_all()
    });
    written
        .and_then(|()| std::fs::rename(&temporary, &target))
        .map_err(|e| {
            // Best effort: the error that matters is the first one.
            let _ = std::fs::remove_file(&temporary);
            fail(e)
        })
}

/// True if two paths lead to the same file, which is there.
pub fn same_file(a: &Path, b: &Path) -> bool {
    let real = |path| std::fs::canonicalize(path).ok();
    real(a).is_some_and(|a| real(b) == Some(a))
}

/// Sees whether a file could be written, so that it is not found out after the work. Nothing is changed.
///
/// # Errors
/// One line naming the file.
pub fn probe(path: &Path) -> Result<(), String> {
    let fail = |e: Error| format!("{}: {e}", path.display());
    let Some((target, there)) = resolve(path).map_err(fail)? else {
        return Err(format!("{}: names no file", path.display()));
    };
    match there {
        Some(there) if there.is_dir() => Err(format!("{}: is a folder", path.display())),
        // To open a pipe would wait for its reader.
        Some(there) if !there.is_file() => Ok(()),
        _ => {
            let temporary = temporary(&target, std::process::id());
            File::create(&temporary).map_err(fail)?;
            std::fs::remove_file(&temporary).map_err(fail)
        }
    }
}

/// Where a path leads, and what is there; `None` if it names no file.
fn resolve(path: &Path) -> Result<Option<(PathBuf, Option<Metadata>)>, Error> {
    if path.file_name().is_none() {
        return Ok(None);
    }
    let mut target = path.to_owned();
    // A link may lead to nothing yet, so links are followed one by one; more than this lead in a circle.
    for _ in 0..40 {
        match std::fs::symlink_metadata(&target) {
            Ok(about) if about.is_symlink() => {
                let next = std::fs::read_link(&target)?;
                let folder = target.parent().map(Path::to_owned).unwrap_or_default();
                target = folder.join(next);
            }
            Ok(about) => return Ok(Some((target, Some(about)))),
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Some((target, None))),
            Err(e) => return Err(e),
        }
    }
    Err(Error::other("links lead in a circle"))
}

fn temporary(path: &Path, process: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two that write the same file at one time have a temporary file each.
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{process}-{number}.tmp"));
    path.with_file_name(name)
}

/// Removes temporary files of `path` older than `age`, which programs that were killed left behind. What cannot be removed stays.
pub fn remove_stale(path: &Path, age: Duration) {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else {
        return;
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let name = name.to_string_lossy();
    for entry in entries.flatten() {
        let found = entry.file_name();
        let found = found.to_string_lossy();
        let process = found
            .strip_prefix(&*name)
            .and_then(|rest| rest.strip_prefix('.'));
        let process = process.and_then(|rest| rest.strip_suffix(".tmp"));
        let digits = process.map(|name| name.split('-').all(|part| part.parse::<u64>().is_ok()));
        if digits != Some(true) {
            continue;
        }
        let written = entry.metadata().and_then(|m| m.modified()).ok();
        if written
            .and_then(|t| t.elapsed().ok())
            .is_some_and(|found| found >= age)
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_replaced_and_what_is_old_and_half_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let half = temporary(&path, 1);
        std::fs::write(&half, "ha").unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * STALE;
        File::options()
            .write(true)
            .open(&half)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        let young = temporary(&path, 2);
        std::fs::write(&young, "ha").unwrap();
        probe(&path).unwrap();
        assert!(!path.exists());
        atomically(&path, b"one").unwrap();
        assert!(!half.exists() && young.exists());
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        assert!(probe(folder.path()).unwrap_err().contains("is a folder"));
        assert!(atomically(&folder.path().join("no/such/x"), b"").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_followed_a_mode_kept_and_a_device_written_into() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        symlink("target", &link).unwrap();
        atomically(&link, b"first").unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"first");
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        atomically(&link, b"second").unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read(&target).unwrap(), b"second");
        assert_eq!(
            std::fs::metadata(&target).unwrap().permissions().mode() & 0o777,
            0o640
        );
        symlink("round", folder.path().join("round")).unwrap();
        assert!(
            atomically(&folder.path().join("round"), b"")
                .unwrap_err()
                .contains("circle")
        );
        let null = folder.path().join("null");
        symlink("/dev/null", &null).unwrap();
        probe(&null).unwrap();
        atomically(&null, b"gone").unwrap();
        assert!(
            std::fs::metadata("/dev/null")
                .unwrap()
                .file_type()
                .is_char_device()
        );
    }
}
