//! The test file that goes with a training file by its name.

use std::path::{Path, PathBuf};

use super::files::{is_file, is_folder};
use super::options::LoadOptions;

/// Words for training in names, and those for testing in their place.
const WORDS: [(&str, [&str; 2]); 3] = [
    ("train", ["t10k", "test"]),
    ("TRAIN", ["TEST", "T10K"]),
    ("Train", ["Test", "T10k"]),
];

/// The file beside `path` whose name says "test" (or "t10k") where that of `path` says "train"; `None` if there is none.
///
/// "training" becomes "testing" or "test"; one of the two may be packed with gzip. Below a folder to train on, the file may be in the
/// one to test on beside that. What is to be read alone has none.
pub(super) fn test_file_beside(path: &Path, options: &LoadOptions) -> Option<PathBuf> {
    if options.alone {
        return None;
    }
    let name = path.file_name()?.to_str()?;
    for (word, others) in WORDS {
        let Some(at) = name.find(word) else { continue };
        let (before, after) = (&name[..at], &name[at + word.len()..]);
        let short = after.strip_prefix("ing").unwrap_or(after);
        let found = others
            .iter()
            .flat_map(|other| [after, short].map(|after| format!("{before}{other}{after}")))
            .flat_map(|name| {
                let packed = match name.strip_suffix(".gz") {
                    Some(plain) => plain.to_owned(),
                    None => format!("{name}.gz"),
                };
                [name, packed]
            })
            .flat_map(|name| {
                let there = other_folder(path).map(|folder| folder.join(&name));
                [Some(path.with_file_name(name)), there]
            })
            .flatten()
            .find(|candidate| is_file(candidate));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Of a file in a folder called like training, the one called like testing beside that.
fn other_folder(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let name = folder.file_name()?.to_str()?;
    let of = |(word, others): &(&str, [&str; 2])| {
        let at = name.find(word)?;
        let (before, after) = (&name[..at], &name[at + word.len()..]);
        let named = |other: &&str| folder.with_file_name(format!("{before}{other}{after}"));
        others.iter().map(named).find(|f| is_folder(f))
    };
    WORDS.iter().find_map(of)
}
