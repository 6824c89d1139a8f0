//! Decoders of others run behind a guard: a panic in one of them becomes the file's one line, and the program goes on.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::Path;
use std::sync::Once;

use super::error::{DataError, Place, display_path};

thread_local! {
    /// What runs on this thread is guarded.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic behind the guard was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

static HOOK: Once = Once::new();

/// Runs what reads a file; a panic in it becomes a line about that file.
///
/// # Errors
/// As `reads`, and one line for a panic.
pub(super) fn guarded<T>(
    path: &Path,
    reads: impl FnOnce() -> Result<T, DataError>,
) -> Result<T, DataError> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if GUARDED.get() {
                // The line says it; nothing else is to be printed.
                PLACE.set(place(info));
            } else {
                before(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(reads));
    GUARDED.set(outer);
    result.unwrap_or_else(|_| {
        let problem = format!(
            "its reader failed ({}); expected an undamaged file",
            PLACE.take()
        );
        Err(DataError::malformed(
            &display_path(path),
            Place::File,
            problem,
        ))
    })
}

/// Library, file and line, without what lies before them on the machine that built it.
fn place(info: &PanicHookInfo<'_>) -> String {
    let Some(at) = info.location() else {
        return "place unknown".into();
    };
    let parts: Vec<&str> = at.file().split(['/', '\\']).collect();
    let source = parts.iter().rposition(|part| *part == "src");
    let from = source.map_or(parts.len().saturating_sub(1), |i| i.saturating_sub(1));
    format!("{}, line {}", parts[from..].join("/"), at.line())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_one_line_and_the_next_file_is_read() {
        let path = Path::new("some/picture.png");
        let error = guarded(path, || -> Result<(), DataError> {
            let none: Option<u8> = std::hint::black_box(None);
            none.unwrap();
            Ok(())
        })
        .unwrap_err();
        let line = error.to_string();
        assert!(
            line.starts_with("some/picture.png: its reader failed (src/data/guard.rs, line "),
            "{line}"
        );
        assert_eq!(guarded(path, || Ok(3)).unwrap(), 3);
        assert!(!GUARDED.get());
        // Not behind the guard, a panic is one.
        assert!(catch_unwind(|| panic!("as a test wished")).is_err());
    }
}
