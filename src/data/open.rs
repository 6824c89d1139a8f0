//! Data from what the user wrote: a built-in name, or the path of a file or folder.

use std::path::Path;

use super::builtin::{self, NAMES};
use super::error::DataError;
use super::load::{Loaded, load, load_builtin};
use super::options::LoadOptions;
use super::points;
use super::progress::Progress;

/// Whether `source` is the name of data that come with the program.
pub fn is_builtin(source: &str) -> bool {
    source == points::SOURCE || NAMES.contains(&source)
}

/// Loads built-in data by name, or else what is at that path.
///
/// A file that happens to be called like built-in data is reached as `./mnist`.
///
/// # Errors
/// As [`builtin::load`] and [`load`](load()); [`DataError::UnknownName`] for a bare word that is neither.
pub fn open(source: &str, options: &LoadOptions, progress: &Progress) -> Result<Loaded, DataError> {
    if options.points.is_some() && source != points::SOURCE {
        let problem = "has no option \"points\"; expected it with the source \"points\" only";
        return Err(DataError::invalid(source, problem));
    }
    if is_builtin(source) {
        return load_builtin(source, options);
    }
    let path = Path::new(source);
    let bare = !source.contains(['/', '\\', '.']);
    if bare && !path.exists() {
        return Err(builtin::unknown(source));
    }
    load(path, options, progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Part, ToyOptions};
    use std::path::PathBuf;

    fn repository(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    fn opened(path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
        open(&path.to_string_lossy(), options, &Progress::new())?.dataset()
    }

    #[test]
    fn a_training_file_brings_its_test_file() {
        let data = opened(
            &repository("datasets/mnist/train-images-idx3-ubyte.gz"),
            &LoadOptions::default(),
        )
        .unwrap();
        let built_in = builtin::load("mnist", &ToyOptions::default()).unwrap();
        assert_eq!(data.split(), built_in.split());
        assert_eq!(data.targets(), built_in.targets());
        assert!((0..70_000).all(|i| data.input_bytes(i) == built_in.input_bytes(i)));
    }

    #[test]
    fn one_file_is_split_by_itself() {
        let path = repository("tests/malformed/ok/idx-images-10.gz");
        let data = opened(&path, &LoadOptions::default()).unwrap();
        assert_eq!((data.len(), data.target_len()), (10, 10));
        assert_eq!(
            (data.range(Part::Train), data.range(Part::Test)),
            (0..7, 8..10)
        );
    }

    #[test]
    fn what_is_neither_a_name_nor_a_file_is_refused() {
        let line = |source: &str| match open(source, &LoadOptions::default(), &Progress::new()) {
            Ok(loaded) => loaded.dataset().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(line("digit").contains("did you mean \"digits\""));
        assert_eq!(
            line("no/such.gz"),
            "no/such.gz: no such file; expected the path of a data file"
        );
        let images = repository("tests/malformed/ok/idx-images-10-uncompressed");
        assert!(line(&images.to_string_lossy()).contains("no label file"));
    }

    #[test]
    fn options_are_not_ignored() {
        let line = |source: &str, options: &LoadOptions| {
            open(source, options, &Progress::new())
                .unwrap_err()
                .to_string()
        };
        let classes = LoadOptions {
            classes: Some(10),
            ..LoadOptions::default()
        };
        assert!(line("mnist", &classes).contains("no option \"classes\""));
        let size = LoadOptions {
            size: Some(30),
            seed: 5,
            ..LoadOptions::default()
        };
        let moons = open("moons", &size, &Progress::new()).unwrap();
        assert_eq!(moons.preview().examples, 30);
        let digits = open("digits", &size, &Progress::new()).unwrap();
        assert_eq!(digits.preview().parts.iter().sum::<usize>(), 30);
        let too_many = LoadOptions {
            size: Some(1_000_000),
            ..LoadOptions::default()
        };
        assert!(line("digits", &too_many).contains("expected 1 to 5,620"));
    }

    #[test]
    fn test_images_of_another_size_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, side: u8| {
            let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, side, 0, 0, 0, side];
            bytes.extend(0..2 * side * side);
            std::fs::write(folder.path().join(format!("{name}-images")), bytes).unwrap();
            std::fs::write(
                folder.path().join(format!("{name}-labels")),
                [0, 0, 8, 1, 0, 0, 0, 2, 3, 1],
            )
            .unwrap();
        };
        let train = folder.path().join("train-images");
        write("train", 2);
        write("test", 3);
        let line = opened(&train, &LoadOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("test images are 3 x 3; expected 2 x 2"),
            "{line}"
        );
        write("test", 2);
        let data = opened(&train, &LoadOptions::default()).unwrap();
        assert_eq!(
            (data.len(), data.target_len(), data.range(Part::Test)),
            (4, 4, 2..4)
        );
    }
}
