//! Writing files whole or not at all.

use std::io::{Error, Write as _};
use std::path::Path;

/// Writes `bytes` to `path`: to a temporary file beside it, which then takes its place.
///
/// # Errors
/// One line naming the file; whatever stood at `path` is still there then.
pub fn atomically(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let fail = |e: Error| format!("{}: {e}; nothing was written", path.display());
    let Some(name) = path.file_name() else {
        return Err(format!("{}: names no file", path.display()));
    };
    let mut temporary = name.to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(temporary);
    let written = std::fs::File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written
        .and_then(|()| std::fs::rename(&temporary, path))
        .map_err(|e| {
            // Best effort: the error that matters is the first one.
            let _ = std::fs::remove_file(&temporary);
            fail(e)
        })
}
